// SPDX-License-Identifier: MIT
// What an encoder writes is what the decoder reads, for every operand that it accepts; and what it
// must accept it does.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

#include "compile/encoder.h"

static bool encodes(const Encoder *encoder, BytecodeOp op, int64_t a, int64_t b, int64_t c) {
    return encoder->encode(op, a, b, c).count != 0;
}

// Encodes and decodes; false when the encoder refuses.
static bool round_trip(const Encoder *encoder, BytecodeOp op, int64_t a, int64_t b, int64_t c) {
    Encoded encoded = encoder->encode(op, a, b, c);
    Instruction in;
    if (!encoded.count) return false;
    assert_true(
        instruction_decode(encoded.bytes, encoded.count, 0, encoder == &encoder_sista, &in));
    if (in.op != op || in.a != a || in.b != b || in.c != c)
        print_error("%s %lld %lld %lld came back as %s %lld %lld %lld\n", bytecode_op_name(op),
                    (long long)a, (long long)b, (long long)c, bytecode_op_name(in.op),
                    (long long)in.a, (long long)in.b, (long long)in.c);
    assert_int_equal(in.op, op);
    assert_true(in.a == a && in.b == b && in.c == c);
    // A store into a far literal variable of V3 is a store and a pop.
    if (in.length != encoded.count) assert_int_equal(op, BC_POP_INTO_LITERAL_VARIABLE);
    return true;
}

static const BytecodeOp indexed[] = {
    BC_PUSH_RECEIVER_VARIABLE,
    BC_PUSH_LITERAL_VARIABLE,
    BC_PUSH_LITERAL,
    BC_PUSH_TEMP,
    BC_STORE_RECEIVER_VARIABLE,
    BC_STORE_LITERAL_VARIABLE,
    BC_STORE_TEMP,
    BC_POP_INTO_RECEIVER_VARIABLE,
    BC_POP_INTO_TEMP,
    BC_PUSH_INTEGER,
    BC_PUSH_NEW_ARRAY,
    BC_PUSH_ARRAY_OF_TOP,
    BC_CALL_PRIMITIVE,
    BC_JUMP,
    BC_JUMP_IF_TRUE,
    BC_JUMP_IF_FALSE,
};
static const BytecodeOp plain[] = {
    BC_PUSH_RECEIVER, BC_PUSH_TRUE,        BC_PUSH_FALSE,        BC_PUSH_NIL,        BC_DUP,
    BC_POP,           BC_RETURN_TRUE,      BC_RETURN_NIL,        BC_RETURN_RECEIVER, BC_RETURN_TOP,
    BC_RETURN_FALSE,  BC_BLOCK_RETURN_TOP, BC_PUSH_THIS_CONTEXT,
};

static void round_trips(const Encoder *encoder) {
    for (size_t i = 0; i < sizeof plain / sizeof *plain; i++)
        assert_true(round_trip(encoder, plain[i], 0, 0, 0));
    for (size_t i = 0; i < sizeof indexed / sizeof *indexed; i++)
        for (int64_t a = -33000; a < 70000; a++)
            if (a != 0 || (indexed[i] != BC_JUMP && indexed[i] != BC_JUMP_IF_TRUE))
                round_trip(encoder, indexed[i], a, 0, 0);
    for (int64_t selector = 0; selector < 2000; selector++)
        for (int64_t arguments = 0; arguments < 34; arguments++) {
            round_trip(encoder, BC_SEND, selector, arguments, 0);
            round_trip(encoder, BC_SUPER_SEND, selector, arguments, 0);
            round_trip(encoder, BC_DIRECTED_SUPER_SEND, selector, arguments, 0);
        }
    for (int64_t index = 0; index < 300; index++)
        for (int64_t vector = 0; vector < 300; vector++)
            round_trip(encoder, BC_PUSH_REMOTE_TEMP, index, vector, 0);
}

static void sista_round_trips(void **state) {
    (void)state;
    round_trips(&encoder_sista);
    for (int64_t literal = 0; literal < 40000; literal += 7)
        for (int64_t copied = 0; copied < 66; copied++)
            round_trip(&encoder_sista, BC_PUSH_FULL_CLOSURE, literal, copied, 0);
    assert_true(round_trip(&encoder_sista, BC_PUSH_THIS_PROCESS, 0, 0, 0));
}

static void v3plus_round_trips(void **state) {
    (void)state;
    round_trips(&encoder_v3plus);
    for (int64_t arguments = 0; arguments < 18; arguments++)
        for (int64_t copied = 0; copied < 18; copied++)
            for (int64_t size = 0; size < 70000; size += 997)
                round_trip(&encoder_v3plus, BC_PUSH_CLOSURE, arguments, copied, size);
}

static void what_must_be_accepted_is(void **state) {
    (void)state;
    assert_true(encodes(&encoder_sista, BC_JUMP, -32768, 0, 0));
    assert_true(encodes(&encoder_sista, BC_JUMP, 32767, 0, 0));
    assert_false(encodes(&encoder_sista, BC_JUMP, 32768, 0, 0));
    assert_false(encodes(&encoder_sista, BC_JUMP_IF_TRUE, -1, 0, 0));
    assert_true(encodes(&encoder_sista, BC_PUSH_LITERAL, 32767, 0, 0));
    assert_true(encodes(&encoder_sista, BC_PUSH_TEMP, 63, 0, 0));
    assert_false(encodes(&encoder_sista, BC_PUSH_TEMP, 64, 0, 0));
    assert_true(encodes(&encoder_v3plus, BC_PUSH_LITERAL, 255, 0, 0));
    assert_false(encodes(&encoder_v3plus, BC_PUSH_LITERAL, 256, 0, 0));
    assert_true(encodes(&encoder_v3plus, BC_JUMP, -1024, 0, 0));
    assert_false(encodes(&encoder_v3plus, BC_JUMP, 1024, 0, 0));
    assert_false(encodes(&encoder_v3plus, BC_PUSH_THIS_PROCESS, 0, 0, 0));
    for (int op = BC_SEND_ADD; op <= BC_SEND_Y; op++) {
        assert_int_equal(encoder_sista.encode((BytecodeOp)op, 0, 0, 0).bytes[0],
                         96 + op - BC_SEND_ADD);
        assert_int_equal(encoder_v3plus.encode((BytecodeOp)op, 0, 0, 0).bytes[0],
                         176 + op - BC_SEND_ADD);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sista_round_trips),
        cmocka_unit_test(v3plus_round_trips),
        cmocka_unit_test(what_must_be_accepted_is),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
