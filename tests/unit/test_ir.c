// SPDX-License-Identifier: MIT
// IR: lists, printing, what is sound; and the encodings of encodings.tbl, as a disassembler reads
// them.
#include "jit/backend.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "tool/listing.h"

#include <cmocka.h>

typedef struct Encoding {
    IrIns in;
    const char *text, *machine[2];
} Encoding;
static const Encoding encodings[] = {
#define ENCODING(NAME, a, b, c, extra, imm, text, x64, arm64)                                      \
    {{IR_##NAME, a, b, c, extra, imm}, text, {x64, arm64}},
#include "unit/encodings.tbl"
#undef ENCODING
};
enum { ENCODING_COUNT = sizeof encodings / sizeof *encodings };

static void instructions_are_printed(void **state) {
    (void)state;
    char text[200];
    for (unsigned i = 0; i < ENCODING_COUNT; i++) {
        const char *expected = encodings[i].text;
        assert_int_equal(ir_print(&encodings[i].in, text, sizeof text), strlen(expected));
        assert_string_equal(text, expected);
        char cut[8]; // as snprintf: cut off, and the length that was wanted
        assert_int_equal(ir_print(&encodings[i].in, cut, sizeof cut), strlen(expected));
        assert_memory_equal(cut, expected, strnlen(cut, sizeof cut));
    }
}

static void disassembled(Listing *listing, const uint8_t *bytes, uint32_t size, char *text,
                         size_t room) {
    size_t length = 0;
    text[0] = 0;
    for (uint32_t at = 0; at < size;) {
        char one[200];
        at += (uint32_t)listing_instruction(listing, bytes + at, size - at, 0x10000 + at, one,
                                            sizeof one);
        length += (size_t)snprintf(text + length, room - length, "%s%s", length ? "; " : "", one);
    }
}

static void encodings_are_as_expected(void **state) {
    (void)state;
    if (!listing_is_built_in()) {
        print_message("Capstone is not there\n");
        skip();
    }
    const uint64_t labels[] = {0x10100};
    for (unsigned k = 0; k < 2; k++) {
        Listing *listing = listing_open(backend_at(k));
        for (unsigned i = 0; i < ENCODING_COUNT; i++) {
            uint8_t bytes[128];
            char text[512];
            uint32_t size = backend_at(k)->encode(&encodings[i].in, 0x10000, labels, bytes);
            assert_int_equal(backend_at(k)->encode(&encodings[i].in, 0x10000, NULL, bytes), size);
            backend_at(k)->encode(&encodings[i].in, 0x10000, labels, bytes);
            disassembled(listing, bytes, size, text, sizeof text);
            assert_string_equal(text, encodings[i].machine[k]);
        }
        listing_close(listing);
    }
}

static void every_instruction_has_encodings(void **state) {
    (void)state;
    for (unsigned op = 0; op < IR_OP_COUNT; op++) {
        bool found = op == IR_LABEL || op == IR_DATA || op == IR_ALIGN;
        for (unsigned i = 0; i < ENCODING_COUNT && !found; i++)
            found = encodings[i].in.op == op;
        if (!found) fail_msg("%s is in no row of encodings.tbl", ir_op_name(op));
    }
}

static void what_is_not_sound_is_found(void **state) {
    (void)state;
    IrCode code;
    ir_init(&code);
    ir_new_label(&code);
    static const IrIns bad[] = {
        {.op = IR_OP_COUNT},
        {.op = IR_MOVE, .a = REGISTER_COUNT},
        {.op = IR_MOVE, .b = REGISTER_COUNT},
        {.op = IR_LOAD_INDEXED, .c = R_SP},
        {.op = IR_LOAD, .imm = INT64_C(1) << 31},
        {.op = IR_PUSH_CONSTANT, .imm = INT64_C(1) << 31},
        {.op = IR_SHIFT_LEFT_CONSTANT, .imm = 64},
        {.op = IR_SHIFT_RIGHT_CONSTANT, .imm = -1},
        {.op = IR_COMPARE32_CONSTANT, .imm = INT64_C(1) << 32},
        {.op = IR_COMPARE8_MEMORY, .extra = 256},
        {.op = IR_DIVIDE, .a = R_T2},
        {.op = IR_FLOAT_ADD, .a = FLOAT_REGISTER_COUNT},
        {.op = IR_JUMP, .extra = 1},
        {.op = IR_JUMP, .extra = -1},
        {.op = IR_JUMP_IF, .c = CONDITION_COUNT},
        {.op = IR_JUMP_IF_FLOAT, .c = COND_BELOW},
        {.op = IR_ALIGN, .imm = 32},
        {.op = IR_ALIGN, .imm = 3},
        {.op = IR_RETURN, .imm = 8192},
        {.op = IR_TAKE_LINK, .a = R_SP},
        {.op = IR_CALL_C, .imm = -8},
    };
    for (unsigned i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_false(ir_is_sound(&code, &bad[i]));
    for (unsigned i = 0; i < ENCODING_COUNT; i++)
        assert_true(ir_is_sound(&code, &encodings[i].in));
    ir_release(&code);
}

static void lists_grow_and_keep_their_bytecodes(void **state) {
    (void)state;
    IrCode code;
    ir_init(&code);
    for (uint32_t i = 0; i < 1000; i++) {
        ir_at_pc(&code, i / 3);
        ir_i(&code, IR_PUSH_CONSTANT, i);
    }
    assert_int_equal(code.count, 1000);
    for (uint32_t i = 0; i < 1000; i++) {
        assert_int_equal(code.instructions[i].imm, i);
        assert_int_equal(code.pcs[i], i / 3);
    }
    ir_release(&code);
    assert_int_equal(code.count, 0);
}

static void opposite_conditions_exclude_each_other(void **state) {
    (void)state;
    for (unsigned k = 0; backend_at(k); k++)
        for (unsigned c = 0; c < CONDITION_COUNT; c++) {
            uint8_t one[64], other[64];
            IrIns in = {.op = IR_JUMP_CODE_IF, .c = (uint8_t)c, .imm = 0x10100};
            uint32_t size = backend_at(k)->encode(&in, 0x10000, NULL, one);
            in.c = (uint8_t)condition_opposite(c);
            backend_at(k)->encode(&in, 0x10000, NULL, other);
            unsigned differing = 0;
            for (uint32_t i = 0; i < size; i++)
                differing += (unsigned)__builtin_popcount(one[i] ^ other[i]);
            assert_int_equal(differing, 1); // both machines pair them by the lowest bit
        }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(instructions_are_printed),
        cmocka_unit_test(encodings_are_as_expected),
        cmocka_unit_test(every_instruction_has_encodings),
        cmocka_unit_test(what_is_not_sound_is_found),
        cmocka_unit_test(lists_grow_and_keep_their_bytecodes),
        cmocka_unit_test(opposite_conditions_exclude_each_other),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
