// SPDX-License-Identifier: MIT
// Decoding: every byte of both bytecode sets, written down a second time and independently of the
// tables, after the descriptions of the sets (Blue Book with the closure bytecodes; SistaV1).
#include "bytecode/instruction.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

// Decodes these bytes, which must be exactly one instruction.
static Instruction decode(bool sista, const uint8_t *bytes, uint32_t count) {
    Instruction in;
    assert_true(instruction_decode(bytes, count, 0, sista, &in));
    assert_int_equal(in.length, count);
    return in;
}
#define V3(...)    decode(false, (const uint8_t[]){__VA_ARGS__}, sizeof((uint8_t[]){__VA_ARGS__}))
#define SISTA(...) decode(true, (const uint8_t[]){__VA_ARGS__}, sizeof((uint8_t[]){__VA_ARGS__}))

static void is(Instruction in, BytecodeOp op, int64_t a, int64_t b, int64_t c) {
    assert_string_equal(bytecode_op_name(in.op), bytecode_op_name(op));
    assert_int_equal(in.a, a);
    assert_int_equal(in.b, b);
    assert_int_equal(in.c, c);
}

// One-byte bytecodes first ... last with operand a counting up from `a`.
static void is_run(bool sista, int first, int last, BytecodeOp op, int a, int b) {
    for (int byte = first; byte <= last; byte++)
        is(decode(sista, (const uint8_t[]){(uint8_t)byte}, 1), op, a + byte - first, b, 0);
}
static void is_one(bool sista, int byte, BytecodeOp op) { is_run(sista, byte, byte, op, 0, 0); }

static const BytecodeOp arithmetic[] = {
    BC_SEND_ADD,           BC_SEND_SUBTRACT,         BC_SEND_LESS,    BC_SEND_GREATER,
    BC_SEND_LESS_OR_EQUAL, BC_SEND_GREATER_OR_EQUAL, BC_SEND_EQUAL,   BC_SEND_NOT_EQUAL,
    BC_SEND_MULTIPLY,      BC_SEND_DIVIDE,           BC_SEND_MODULO,  BC_SEND_MAKE_POINT,
    BC_SEND_BIT_SHIFT,     BC_SEND_INTEGER_DIVIDE,   BC_SEND_BIT_AND, BC_SEND_BIT_OR,
};

static void v3_pushes(void **state) {
    (void)state;
    is_run(false, 0, 15, BC_PUSH_RECEIVER_VARIABLE, 0, 0);
    is_run(false, 16, 31, BC_PUSH_TEMP, 0, 0);
    is_run(false, 32, 63, BC_PUSH_LITERAL, 0, 0);
    is_run(false, 64, 95, BC_PUSH_LITERAL_VARIABLE, 0, 0);
    is_one(false, 112, BC_PUSH_RECEIVER);
    is_one(false, 113, BC_PUSH_TRUE);
    is_one(false, 114, BC_PUSH_FALSE);
    is_one(false, 115, BC_PUSH_NIL);
    is_run(false, 116, 119, BC_PUSH_INTEGER, -1, 0);
    is_one(false, 136, BC_DUP);
    is_one(false, 137, BC_PUSH_THIS_CONTEXT);
    is(V3(128, 0x3F), BC_PUSH_RECEIVER_VARIABLE, 63, 0, 0);
    is(V3(128, 0x40), BC_PUSH_TEMP, 0, 0, 0);
    is(V3(128, 0x81), BC_PUSH_LITERAL, 1, 0, 0);
    is(V3(128, 0xFF), BC_PUSH_LITERAL_VARIABLE, 63, 0, 0);
    is(V3(138, 5), BC_PUSH_NEW_ARRAY, 5, 0, 0);
    is(V3(138, 127), BC_PUSH_NEW_ARRAY, 127, 0, 0);
    is(V3(138, 128), BC_PUSH_ARRAY_OF_TOP, 0, 0, 0);
    is(V3(138, 0x83), BC_PUSH_ARRAY_OF_TOP, 3, 0, 0);
}

static void v3_stores(void **state) {
    (void)state;
    is_run(false, 96, 103, BC_POP_INTO_RECEIVER_VARIABLE, 0, 0);
    is_run(false, 104, 111, BC_POP_INTO_TEMP, 0, 0);
    is_one(false, 135, BC_POP);
    is(V3(129, 0x01), BC_STORE_RECEIVER_VARIABLE, 1, 0, 0);
    is(V3(129, 0x42), BC_STORE_TEMP, 2, 0, 0);
    is(V3(129, 0x82), BC_UNUSED, 129, 0, 0);
    is(V3(129, 0xC3), BC_STORE_LITERAL_VARIABLE, 3, 0, 0);
    is(V3(130, 0x01), BC_POP_INTO_RECEIVER_VARIABLE, 1, 0, 0);
    is(V3(130, 0x7F), BC_POP_INTO_TEMP, 63, 0, 0);
    is(V3(130, 0x80), BC_UNUSED, 130, 0, 0);
    is(V3(130, 0xC3), BC_POP_INTO_LITERAL_VARIABLE, 3, 0, 0);
}

static void v3_double_extended(void **state) {
    (void)state;
    is(V3(132, 0x1F, 200), BC_SEND, 200, 31, 0);
    is(V3(132, 0x22, 7), BC_SUPER_SEND, 7, 2, 0);
    is(V3(132, 0x40, 255), BC_PUSH_RECEIVER_VARIABLE, 255, 0, 0);
    is(V3(132, 0x60, 254), BC_PUSH_LITERAL, 254, 0, 0);
    is(V3(132, 0x80, 253), BC_PUSH_LITERAL_VARIABLE, 253, 0, 0);
    is(V3(132, 0xA0, 252), BC_STORE_RECEIVER_VARIABLE, 252, 0, 0);
    is(V3(132, 0xC0, 251), BC_POP_INTO_RECEIVER_VARIABLE, 251, 0, 0);
    is(V3(132, 0xE0, 250), BC_STORE_LITERAL_VARIABLE, 250, 0, 0);
}

static void v3_returns_and_jumps(void **state) {
    (void)state;
    const BytecodeOp returns[] = {BC_RETURN_RECEIVER, BC_RETURN_TRUE, BC_RETURN_FALSE,
                                  BC_RETURN_NIL,      BC_RETURN_TOP,  BC_BLOCK_RETURN_TOP};
    for (int i = 0; i < 6; i++)
        is_one(false, 120 + i, returns[i]);
    is_run(false, 126, 127, BC_UNUSED, 126, 0);
    is_run(false, 144, 151, BC_JUMP, 1, 0);
    is_run(false, 152, 159, BC_JUMP_IF_FALSE, 1, 0);
    is(V3(160, 0), BC_JUMP, -1024, 0, 0);
    is(V3(163, 245), BC_JUMP, -11, 0, 0);
    is(V3(164, 3), BC_JUMP, 3, 0, 0);
    is(V3(167, 255), BC_JUMP, 1023, 0, 0);
    is(V3(168, 2), BC_JUMP_IF_TRUE, 2, 0, 0);
    is(V3(171, 255), BC_JUMP_IF_TRUE, 1023, 0, 0);
    is(V3(172, 2), BC_JUMP_IF_FALSE, 2, 0, 0);
    is(V3(175, 255), BC_JUMP_IF_FALSE, 1023, 0, 0);
}

// The 32 bytes from `first` on.
static void are_special_sends(bool is_sista, int first) {
    const BytecodeOp special[] = {
        BC_SEND_AT,      BC_SEND_AT_PUT,    BC_SEND_SIZE,  BC_SEND_NEXT,          BC_SEND_NEXT_PUT,
        BC_SEND_AT_END,  BC_SEND_IDENTICAL, BC_SEND_CLASS, BC_SEND_NOT_IDENTICAL, BC_SEND_VALUE,
        BC_SEND_VALUE_1, BC_SEND_DO,        BC_SEND_NEW,   BC_SEND_NEW_1,         BC_SEND_X,
        BC_SEND_Y,
    };
    const int arguments[] = {1, 2, 0, 0, 1, 0, 1, 0, 1, 0, 1, 1, 0, 1, 0, 0};
    for (int i = 0; i < 16; i++)
        is_run(is_sista, first + i, first + i, arithmetic[i], i, 1);
    for (int i = 0; i < 16; i++)
        is_run(is_sista, first + 16 + i, first + 16 + i, special[i], 16 + i, arguments[i]);
}

static void v3_sends(void **state) {
    (void)state;
    are_special_sends(false, 176);
    is_run(false, 208, 223, BC_SEND, 0, 0);
    is_run(false, 224, 239, BC_SEND, 0, 1);
    is_run(false, 240, 255, BC_SEND, 0, 2);
    is(V3(131, 0xFF), BC_SEND, 31, 7, 0);
    is(V3(131, 0x20), BC_SEND, 0, 1, 0);
    is(V3(133, 0x41), BC_SUPER_SEND, 1, 2, 0);
    is(V3(134, 0x40), BC_SEND, 0, 1, 0);
    is(V3(134, 0xFF), BC_SEND, 63, 3, 0);
}

static void v3_closures_and_primitives(void **state) {
    (void)state;
    is(V3(139, 0x75, 0x01), BC_CALL_PRIMITIVE, 0x175, 0, 0);
    is(V3(140, 3, 4), BC_PUSH_REMOTE_TEMP, 3, 4, 0);
    is(V3(141, 3, 4), BC_STORE_REMOTE_TEMP, 3, 4, 0);
    is(V3(142, 3, 4), BC_POP_INTO_REMOTE_TEMP, 3, 4, 0);
    is(V3(143, 0x21, 0x01, 0x02), BC_PUSH_CLOSURE, 1, 2, 258);
}

static void sista_pushes(void **state) {
    (void)state;
    is_run(true, 0, 15, BC_PUSH_RECEIVER_VARIABLE, 0, 0);
    is_run(true, 16, 31, BC_PUSH_LITERAL_VARIABLE, 0, 0);
    is_run(true, 32, 63, BC_PUSH_LITERAL, 0, 0);
    is_run(true, 64, 75, BC_PUSH_TEMP, 0, 0);
    const BytecodeOp ops[] = {BC_PUSH_RECEIVER, BC_PUSH_TRUE, BC_PUSH_FALSE, BC_PUSH_NIL};
    for (int i = 0; i < 4; i++)
        is_one(true, 76 + i, ops[i]);
    is_run(true, 80, 81, BC_PUSH_INTEGER, 0, 0);
    is_one(true, 82, BC_PUSH_THIS_CONTEXT);
    is(SISTA(225, 1, 82), BC_PUSH_THIS_PROCESS, 0, 0, 0);
    is(SISTA(225, 2, 82), BC_UNUSED, 82, 0, 0);
    is_one(true, 83, BC_DUP);
    is(SISTA(226, 9), BC_PUSH_RECEIVER_VARIABLE, 9, 0, 0);
    is(SISTA(224, 1, 226, 9), BC_PUSH_RECEIVER_VARIABLE, 265, 0, 0);
    is(SISTA(227, 200), BC_PUSH_LITERAL_VARIABLE, 200, 0, 0);
    is(SISTA(224, 255, 228, 255), BC_PUSH_LITERAL, 65535, 0, 0);
    is(SISTA(229, 12), BC_PUSH_TEMP, 12, 0, 0);
    is(SISTA(231, 127), BC_PUSH_NEW_ARRAY, 127, 0, 0);
    is(SISTA(231, 131), BC_PUSH_ARRAY_OF_TOP, 3, 0, 0);
}

static void sista_integers_and_characters(void **state) {
    (void)state;
    is(SISTA(232, 255), BC_PUSH_INTEGER, 255, 0, 0);
    is(SISTA(225, 1, 232, 0), BC_PUSH_INTEGER, 256, 0, 0);
    is(SISTA(225, 127, 232, 255), BC_PUSH_INTEGER, 32767, 0, 0);
    is(SISTA(225, 255, 232, 255), BC_PUSH_INTEGER, -1, 0, 0);
    is(SISTA(225, 128, 232, 0), BC_PUSH_INTEGER, -32768, 0, 0);
    is(SISTA(225, 1, 225, 2, 232, 3), BC_PUSH_INTEGER, 66051, 0, 0);
    is(SISTA(225, 255, 225, 254, 232, 3), BC_PUSH_INTEGER, -509, 0, 0);
    is(SISTA(225, 1, 225, 255, 232, 3), BC_PUSH_INTEGER, 130819, 0, 0);
    is(SISTA(225, 0, 225, 127, 232, 3), BC_PUSH_INTEGER, 32515, 0, 0);
    is(SISTA(225, 127, 225, 255, 225, 255, 232, 255), BC_PUSH_INTEGER, INT32_MAX, 0, 0);
    is(SISTA(225, 128, 225, 0, 225, 0, 232, 0), BC_PUSH_INTEGER, INT32_MIN, 0, 0);
    Instruction in;
    const uint8_t ambiguous[] = {225, 0, 225, 128, 232, 0};
    assert_false(instruction_decode(ambiguous, sizeof ambiguous, 0, true, &in));
    is(SISTA(233, 97), BC_PUSH_CHARACTER, 97, 0, 0);
    is(SISTA(225, 3, 233, 187), BC_PUSH_CHARACTER, 955, 0, 0);
}

static void sista_stores(void **state) {
    (void)state;
    is_run(true, 200, 207, BC_POP_INTO_RECEIVER_VARIABLE, 0, 0);
    is_run(true, 208, 215, BC_POP_INTO_TEMP, 0, 0);
    is_one(true, 216, BC_POP);
    is(SISTA(224, 2, 240, 1), BC_POP_INTO_RECEIVER_VARIABLE, 513, 0, 0);
    is(SISTA(224, 2, 241, 1), BC_POP_INTO_LITERAL_VARIABLE, 513, 0, 0);
    is(SISTA(242, 70), BC_POP_INTO_TEMP, 70, 0, 0);
    is(SISTA(224, 2, 243, 1), BC_STORE_RECEIVER_VARIABLE, 513, 0, 0);
    is(SISTA(224, 2, 244, 1), BC_STORE_LITERAL_VARIABLE, 513, 0, 0);
    is(SISTA(245, 70), BC_STORE_TEMP, 70, 0, 0);
    is(SISTA(251, 3, 4), BC_PUSH_REMOTE_TEMP, 3, 4, 0);
    is(SISTA(252, 3, 4), BC_STORE_REMOTE_TEMP, 3, 4, 0);
    is(SISTA(253, 3, 4), BC_POP_INTO_REMOTE_TEMP, 3, 4, 0);
}

static void sista_returns_and_jumps(void **state) {
    (void)state;
    const BytecodeOp returns[] = {BC_RETURN_RECEIVER,  BC_RETURN_TRUE, BC_RETURN_FALSE,
                                  BC_RETURN_NIL,       BC_RETURN_TOP,  BC_BLOCK_RETURN_NIL,
                                  BC_BLOCK_RETURN_TOP, BC_NOP};
    for (int i = 0; i < 8; i++)
        is_one(true, 88 + i, returns[i]);
    is(SISTA(224, 1, 93), BC_UNUSED, 93, 0, 0);
    is(SISTA(224, 1, 94), BC_UNUSED, 94, 0, 0);
    is_run(true, 176, 183, BC_JUMP, 1, 0);
    is_run(true, 184, 191, BC_JUMP_IF_TRUE, 1, 0);
    is_run(true, 192, 199, BC_JUMP_IF_FALSE, 1, 0);
    is(SISTA(237, 255), BC_JUMP, 255, 0, 0);
    is(SISTA(225, 255, 237, 243), BC_JUMP, -13, 0, 0);
    is(SISTA(225, 1, 238, 4), BC_JUMP_IF_TRUE, 260, 0, 0);
    is(SISTA(225, 1, 239, 4), BC_JUMP_IF_FALSE, 260, 0, 0);
}

static void sista_sends(void **state) {
    (void)state;
    are_special_sends(true, 96);
    is_run(true, 128, 143, BC_SEND, 0, 0);
    is_run(true, 144, 159, BC_SEND, 0, 1);
    is_run(true, 160, 175, BC_SEND, 0, 2);
    is(SISTA(234, 0xFF), BC_SEND, 31, 7, 0);
    is(SISTA(225, 1, 234, 0), BC_SEND, 0, 8, 0);
    is(SISTA(224, 1, 234, 64), BC_SEND, 40, 0, 0);
    is(SISTA(225, 255, 234, 0), BC_SEND, 0, -8, 0);
    is(SISTA(235, 9), BC_SUPER_SEND, 1, 1, 0);
    is(SISTA(225, 1, 235, 1), BC_SUPER_SEND, 0, 9, 0);
    is(SISTA(225, 64, 235, 9), BC_DIRECTED_SUPER_SEND, 1, 1, 0);
    is(SISTA(224, 1, 225, 65, 235, 9), BC_DIRECTED_SUPER_SEND, 33, 9, 0);
}

static void sista_closures_and_primitives(void **state) {
    (void)state;
    is(SISTA(248, 0x75, 0x01), BC_CALL_PRIMITIVE, 0x175, 0, 0);
    is(SISTA(248, 0x75, 0x81), BC_CALL_PRIMITIVE, 0x175, 1, 0);
    is(SISTA(249, 7, 0x42), BC_PUSH_FULL_CLOSURE, 7, 2, 1);
    is(SISTA(224, 1, 249, 7, 0x83), BC_PUSH_FULL_CLOSURE, 263, 3, 2);
    is(SISTA(250, 0x0A, 200), BC_PUSH_CLOSURE, 2, 1, 200);
    is(SISTA(224, 0x21, 225, 1, 250, 0x0A, 200), BC_PUSH_CLOSURE, 10, 17, 456);
}

static void sista_stops(void **state) {
    (void)state;
    is_run(true, 84, 87, BC_UNUSED, 84, 0);
    is_one(true, 217, BC_TRAP);
    is_run(true, 218, 223, BC_UNUSED, 218, 0);
    is(SISTA(230, 1), BC_UNUSED, 230, 0, 0);
    is(SISTA(236, 7), BC_INLINE_PRIMITIVE, 7, 0, 0);
    is(SISTA(246, 1), BC_UNUSED, 246, 0, 0);
    is(SISTA(247, 1), BC_UNUSED, 247, 0, 0);
    is(SISTA(254, 1, 2), BC_BRANCH_IF_NOT_INSTANCE, 1, 2, 0);
    is(SISTA(255, 1, 2), BC_UNUSED, 255, 0, 0);
}

static void prefixes_belong_to_the_instruction_behind(void **state) {
    (void)state;
    Instruction in = SISTA(225, 1, 237, 2);
    assert_true(in.is_prefixed && in.takes_prefix);
    assert_int_equal(instruction_jump_target(&in), 4 + 258);
    in = SISTA(225, 1, 96);
    assert_true(in.is_prefixed);
    assert_false(in.takes_prefix);
    in = SISTA(95);
    assert_true(in.takes_prefix);
    assert_false(in.is_prefixed);
}

static void too_many_prefixes_do_not_decode(void **state) {
    (void)state;
    uint8_t code[32];
    Instruction in;
    for (unsigned count = 0; count <= 8; count++) {
        for (unsigned i = 0; i < count; i++)
            code[2 * i] = 225, code[2 * i + 1] = 1;
        code[2 * count] = 95;
        assert_int_equal(instruction_decode(code, sizeof code, 0, true, &in),
                         count <= INSTRUCTION_PREFIX_LIMIT);
    }
}

// With a limit in the middle of it no instruction decodes, and no byte behind it is read.
static void every_cut_is_noticed(void **state) {
    (void)state;
    for (int sista = 0; sista <= 1; sista++) {
        for (unsigned byte = 0; byte < 256; byte++) {
            unsigned length = bytecode_length(sista, (uint8_t)byte);
            assert_in_range(length, 1, INSTRUCTION_LONGEST);
            uint8_t *code = test_calloc(1, length);
            Instruction in;
            code[0] = (uint8_t)byte;
            for (unsigned limit = 0; limit < length; limit++)
                assert_false(instruction_decode(code, limit, 0, sista, &in));
            bool is_prefix = sista && (byte == 224 || byte == 225);
            assert_int_equal(instruction_decode(code, length, 0, sista, &in), !is_prefix);
            test_free(code);
        }
    }
}

static void instructions_follow_each_other(void **state) {
    (void)state;
    const uint8_t code[] = {0, 0, 0, 80, 225, 1, 232, 0, 96, 92};
    const uint32_t pcs[] = {3, 4, 8, 9};
    const BytecodeOp ops[] = {BC_PUSH_INTEGER, BC_PUSH_INTEGER, BC_SEND_ADD, BC_RETURN_TOP};
    uint32_t pc = 3;
    for (int i = 0; i < 4; i++) {
        Instruction in;
        assert_true(instruction_decode(code, sizeof code, pc, true, &in));
        assert_int_equal(in.pc, pcs[i]);
        assert_int_equal(in.op, ops[i]);
        pc = instruction_next_pc(&in);
    }
    assert_int_equal(pc, sizeof code);
}

static void effect_is(Instruction in, int64_t pops, int64_t pushes) {
    StackEffect effect = instruction_stack_effect(&in);
    assert_int_equal(effect.pops, pops);
    assert_int_equal(effect.pushes, pushes);
}

static void stack_effects(void **state) {
    (void)state;
    effect_is(V3(16), 0, 1);
    effect_is(V3(104), 1, 0);
    effect_is(V3(129, 0x40), 1, 1);
    effect_is(V3(136), 1, 2);
    effect_is(V3(138, 0x85), 5, 1);
    effect_is(V3(131, 0x60), 4, 1);
    effect_is(V3(133, 0x60), 4, 1);
    effect_is(V3(143, 0x21, 0, 9), 2, 1);
    effect_is(V3(193), 3, 1);
    effect_is(V3(198), 2, 1);
    effect_is(V3(152), 1, 0);
    effect_is(V3(124), 1, 0);
    effect_is(SISTA(225, 64, 235, 3), 5, 1);
    effect_is(SISTA(249, 0, 3), 3, 1);
    effect_is(SISTA(249, 0, 0x83), 4, 1);
    effect_is(SISTA(249, 0, 0x43), 3, 1);
}

static void flows(void **state) {
    (void)state;
    assert_int_equal(bytecode_op_flow(BC_PUSH_TEMP), FLOW_NEXT);
    assert_int_equal(bytecode_op_flow(BC_JUMP), FLOW_JUMP);
    assert_int_equal(bytecode_op_flow(BC_JUMP_IF_TRUE), FLOW_BRANCH);
    assert_int_equal(bytecode_op_flow(BC_SEND), FLOW_SEND);
    assert_int_equal(bytecode_op_flow(BC_BLOCK_RETURN_NIL), FLOW_RETURN);
    assert_int_equal(bytecode_op_flow(BC_PUSH_CLOSURE), FLOW_BLOCK);
    assert_int_equal(bytecode_op_flow(BC_UNUSED), FLOW_STOP);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(v3_pushes),
        cmocka_unit_test(v3_stores),
        cmocka_unit_test(v3_double_extended),
        cmocka_unit_test(v3_returns_and_jumps),
        cmocka_unit_test(v3_sends),
        cmocka_unit_test(v3_closures_and_primitives),
        cmocka_unit_test(sista_pushes),
        cmocka_unit_test(sista_integers_and_characters),
        cmocka_unit_test(sista_stores),
        cmocka_unit_test(sista_returns_and_jumps),
        cmocka_unit_test(sista_sends),
        cmocka_unit_test(sista_closures_and_primitives),
        cmocka_unit_test(sista_stops),
        cmocka_unit_test(prefixes_belong_to_the_instruction_behind),
        cmocka_unit_test(too_many_prefixes_do_not_decode),
        cmocka_unit_test(every_cut_is_noticed),
        cmocka_unit_test(instructions_follow_each_other),
        cmocka_unit_test(stack_effects),
        cmocka_unit_test(flows),
    };
    return cmocka_run_group_tests_name("decode", tests, NULL, NULL);
}
