// SPDX-License-Identifier: MIT
// The bytecode verifier: what a good method's summary says; that each rule refuses a method that
// breaks it, saying so; that no bytes at all make it crash.
#include "bytecode/summary.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "synthetic.h"

static ObjectPool pool;
static Oop
    literals[4]; // a symbol, an association, a compiled block with room for one, a class binding
enum { SYMBOL, ASSOCIATION, BLOCK, BINDING };

static int set_up(void **state) {
    (void)state;
    pool.used_words = 0;
    literals[SYMBOL] = pool_string(&pool, "foo:bar:");
    literals[ASSOCIATION] = pool_association(&pool);
    uint8_t code[] = {79, 94};
    literals[BLOCK] = pool_method(&pool, (MethodParts){.sista = true,
                                                       .arguments = 1,
                                                       .temps = 2,
                                                       .literals = literals,
                                                       .literal_count = 1,
                                                       .code = code,
                                                       .code_size = sizeof code});
    literals[BINDING] = pool_association(&pool);
    return 0;
}

// The method under test: two arguments, three temporaries, four literals. The first bytecode is at
// byte offset 40, Smalltalk's pc 41.
static MethodParts standard(bool sista, const uint8_t *code, size_t size) {
    return (MethodParts){.sista = sista,
                         .arguments = 2,
                         .temps = 3,
                         .literals = literals,
                         .literal_count = 4,
                         .code = code,
                         .code_size = size};
}
enum { FIRST = 40 };

static MethodSummary accept_parts(MethodParts parts) {
    MethodSummary summary;
    Diagnosis diagnosis = {""};
    Status status = bytecode_verify(pool_method(&pool, parts), &summary, &diagnosis);
    if (status != STATUS_OK) print_error("refused: %s\n", diagnosis.text);
    assert_int_equal(status, STATUS_OK);
    return summary;
}
static MethodSummary accept(bool sista, const uint8_t *code, size_t size) {
    return accept_parts(standard(sista, code, size));
}
static void accepts(bool sista, const uint8_t *code, size_t size) {
    MethodSummary summary = accept(sista, code, size);
    summary_free(&summary);
}

static void refuses_method(Oop method, const char *reason) {
    MethodSummary summary;
    Diagnosis diagnosis = {""};
    assert_int_equal(bytecode_verify(method, &summary, &diagnosis), STATUS_CORRUPT);
    if (!strstr(diagnosis.text, reason)) print_error("said instead: %s\n", diagnosis.text);
    assert_non_null(strstr(diagnosis.text, reason));
}
static void refuses_parts(MethodParts parts, const char *reason) {
    refuses_method(pool_method(&pool, parts), reason);
}
static void refuses(const char *reason, bool sista, const uint8_t *code, size_t size) {
    refuses_parts(standard(sista, code, size), reason);
}

// ---- summaries

static void summary_of_a_plain_method(void **state) {
    (void)state;
    MethodSummary s = accept(false, BYTES(16, 17, 176, 124));
    assert_int_equal(s.first_pc, FIRST);
    assert_int_equal(s.end_pc, FIRST + 4);
    assert_int_equal(s.argument_count, 2);
    assert_int_equal(s.temp_count, 3);
    assert_int_equal(s.max_stack, 2);
    assert_int_equal(s.highest_receiver_variable, -1);
    assert_int_equal(s.primitive, 0);
    assert_false(s.is_sista || s.has_large_frame || s.uses_super || s.makes_closures);
    const int16_t depths[] = {0, 1, 2, 1};
    assert_memory_equal(s.depth_at, depths, sizeof depths);
    assert_null(s.least_depth_at);
    assert_int_equal(s.block_count, 0);
    summary_free(&s);
}

static void trailer_and_dead_code_are_not_looked_at(void **state) {
    (void)state;
    MethodSummary s = accept(false, BYTES(117, 124, 126, 135, 132, 1, 2));
    assert_int_equal(s.end_pc, FIRST + 2);
    summary_free(&s);
    s = accept(false, BYTES(144, 126, 120));
    assert_int_equal(s.end_pc, FIRST + 3);
    const int16_t depths[] = {0, SUMMARY_NOT_A_PC, 0};
    assert_memory_equal(s.depth_at, depths, sizeof depths);
    summary_free(&s);
}

static void long_instructions_have_one_pc(void **state) {
    (void)state;
    MethodSummary s = accept(true, BYTES(225, 1, 232, 0, 92));
    const int16_t depths[] = {0, -1, -1, -1, 1};
    assert_memory_equal(s.depth_at, depths, sizeof depths);
    assert_true(s.is_sista);
    summary_free(&s);
}

static void highest_receiver_variable_is_found(void **state) {
    (void)state;
    MethodSummary s = accept(false, BYTES(3, 99, 132, 64, 77, 135, 118, 129, 5, 124));
    assert_int_equal(s.highest_receiver_variable, 77);
    summary_free(&s);
    // In a block too.
    s = accept(false, BYTES(143, 0, 0, 2, 7, 125, 124));
    assert_int_equal(s.highest_receiver_variable, 7);
    summary_free(&s);
}

static void primitives_are_found(void **state) {
    (void)state;
    MethodParts parts = standard(false, BYTES(139, 60, 0, 120));
    parts.has_primitive = true;
    MethodSummary s = accept_parts(parts);
    assert_int_equal(s.primitive, 60);
    assert_false(s.stores_primitive_error);
    summary_free(&s);
    // A quick primitive reads the receiver without any bytecode.
    parts = standard(true, BYTES(248, 0x0A, 0x01, 88));
    parts.has_primitive = true;
    s = accept_parts(parts);
    assert_int_equal(s.primitive, 266);
    assert_int_equal(s.highest_receiver_variable, 2);
    summary_free(&s);
}

static void error_of_a_primitive_is_stored(void **state) {
    (void)state;
    MethodParts parts = standard(true, BYTES(248, 60, 0, 245, 2, 66, 92));
    parts.has_primitive = true;
    MethodSummary s = accept_parts(parts);
    assert_true(s.stores_primitive_error);
    assert_int_equal(s.depth_at[5], 0);
    summary_free(&s);
    parts = standard(false, BYTES(139, 60, 0, 129, 0x42, 120));
    parts.has_primitive = true;
    s = accept_parts(parts);
    assert_true(s.stores_primitive_error);
    summary_free(&s);
    // Elsewhere a store wants its operand, and without a temporary there is no place for it.
    parts = standard(false, BYTES(139, 60, 0, 129, 0x41, 120));
    parts.has_primitive = true;
    parts.temps = 2;
    refuses_parts(parts, "operands wanted");
    parts = standard(true, BYTES(248, 60, 0, 95, 245, 2, 88));
    parts.has_primitive = true;
    refuses_parts(parts, "pc 45: 1 operands wanted, 0 there");
}

static void super_and_closures_are_noted(void **state) {
    (void)state;
    MethodSummary s = accept(false, BYTES(112, 133, 0, 124));
    assert_true(s.uses_super);
    assert_false(s.makes_closures);
    summary_free(&s);
    s = accept(true, BYTES(80, 249, 2, 1, 92));
    assert_true(s.makes_closures);
    assert_int_equal(s.block_count, 0);
    summary_free(&s);
}

static void loops_are_followed_once(void **state) {
    (void)state;
    // i := 0. [i < 100] whileTrue: [i := i + 1]. ^ i
    MethodSummary s = accept(
        false, BYTES(117, 106, 18, 118, 178, 172, 7, 18, 118, 176, 106, 163, 245, 126, 18, 124));
    const int16_t depths[] = {0, 1, 0, 1, 2, 1, -1, 0, 1, 2, 1, 0, -1, -1, 0, 1};
    assert_memory_equal(s.depth_at, depths, sizeof depths);
    summary_free(&s);
}

// ---- blocks

static void old_blocks_are_summarised(void **state) {
    (void)state;
    // [:x | | y | y := x. [y]] with one copied value outside and one inside
    const uint8_t code[] = {118, 143,  0x11, 0, 11, 115, 16,  106, 18,
                            143, 0x10, 0,    2, 16, 125, 125, 124};
    MethodSummary s = accept(false, code, sizeof code);
    assert_int_equal(s.block_count, 2);
    const BlockRange *outer = summary_block_at(&s, FIRST + 5);
    const BlockRange *inner = summary_block_at(&s, FIRST + 13);
    assert_non_null(outer);
    assert_non_null(inner);
    assert_ptr_equal(outer, s.blocks);
    assert_int_equal(outer->end_pc, FIRST + 16);
    assert_int_equal(outer->argument_count, 1);
    assert_int_equal(outer->copied_count, 1);
    assert_int_equal(outer->max_stack, 2);
    assert_int_equal(inner->argument_count, 0);
    assert_int_equal(inner->copied_count, 1);
    assert_int_equal(inner->max_stack, 1);
    assert_null(summary_block_at(&s, FIRST));
    assert_null(summary_block_at(&s, FIRST + 6));
    summary_free(&s);
}

static void frames_may_go_on_where_depth_and_block_agree(void **state) {
    (void)state;
    MethodSummary s = accept(false, BYTES(118, 143, 0x10, 0, 3, 16, 136, 125, 201, 124));
    const BlockRange *block = summary_block_at(&s, FIRST + 5);
    assert_non_null(block);
    assert_true(summary_accepts(&s, NULL, FIRST, 0));
    assert_true(summary_accepts(&s, NULL, FIRST + 8, 1));
    assert_false(summary_accepts(&s, NULL, FIRST + 8, 0));
    assert_false(summary_accepts(&s, NULL, FIRST + 8, 2));
    assert_false(summary_accepts(&s, NULL, FIRST + 2, 0)); // inside of an instruction
    assert_false(summary_accepts(&s, NULL, FIRST - 1, 0));
    assert_false(summary_accepts(&s, NULL, FIRST + 10, 0));
    assert_true(summary_accepts(&s, block, FIRST + 5, 0));
    assert_true(summary_accepts(&s, block, FIRST + 6, 1));
    assert_false(summary_accepts(&s, NULL, FIRST + 5, 0)); // the block's, not the method's
    assert_false(summary_accepts(&s, block, FIRST, 0));
    assert_false(summary_accepts(&s, block, FIRST + 8, 1));
    summary_free(&s);
}

static void block_code_stays_in_its_block(void **state) {
    (void)state;
    // Runs off its end into the method's code.
    refuses("pc 45: the way on leads into another block", false, BYTES(143, 0, 0, 1, 115, 124));
    refuses("into another block", false, BYTES(143, 0, 0, 3, 164, 1, 125, 124));
    refuses("into another block", false, BYTES(143, 0, 0, 2, 163, 250, 124));
    // The method's code jumps into the block: before, and after it was seen.
    refuses("also reached", false, BYTES(113, 172, 5, 143, 0, 0, 2, 115, 125, 135, 120));
    refuses("into another block", false, BYTES(143, 0, 0, 2, 115, 125, 135, 163, 251));
    refuses("a block of 0 bytes", false, BYTES(143, 0, 0, 0, 124));
    refuses("a block of 9 bytes", false, BYTES(143, 0, 0, 9, 115, 125, 124));
    refuses("leads out of the method", false, BYTES(143, 0, 0, 2, 115, 125));
    refuses("a block of -256 bytes", true, BYTES(225, 255, 250, 0, 0, 92));
}

static void overlapping_blocks_are_refused(void **state) {
    (void)state;
    // The second block begins inside the method but ends behind the first one's end.
    refuses("also reached", false, BYTES(143, 0, 0, 6, 143, 0, 0, 4, 115, 125, 125, 120, 120, 120));
}

static void block_temporaries_are_pushed_nils(void **state) {
    (void)state;
    accepts(false, BYTES(143, 0, 0, 6, 115, 119, 104, 16, 125, 125, 201, 124));
    // One argument, one copied value, one pushed: 0 to 2 are there, 3 is not.
    accepts(false, BYTES(118, 143, 0x11, 0, 4, 115, 18, 125, 125, 124));
    refuses("temporary 3 of 3", false, BYTES(118, 143, 0x11, 0, 4, 115, 19, 125, 125, 124));
    // What is popped cannot be the place to pop into.
    refuses("temporary 0 of 0", false, BYTES(143, 0, 0, 3, 115, 104, 126, 124));
    // Declared temporaries of the method are not the block's.
    refuses("temporary 0 of 0", false, BYTES(143, 0, 0, 2, 16, 125, 124));
}

static void nesting_is_limited(void **state) {
    (void)state;
    for (int depth = 30; depth <= 34; depth++) {
        uint8_t code[256];
        int at = 0, left = depth * 5 - 3;
        for (int i = 0; i < depth; i++, left -= 5) {
            memcpy(code + at, (uint8_t[]){143, 0, 0, (uint8_t)left}, 4);
            at += 4;
        }
        code[at++] = 115;
        for (int i = 0; i <= depth; i++)
            code[at++] = 125;
        MethodParts parts = standard(false, code, (size_t)at);
        if (depth <= 32) {
            MethodSummary s = accept_parts(parts);
            assert_int_equal(s.block_count, depth);
            summary_free(&s);
        } else {
            refuses_parts(parts, "too many blocks");
        }
    }
}

// ---- stack depths

static void underflow_is_refused(void **state) {
    (void)state;
    refuses("pc 41: 1 operands wanted, 0 there", false, BYTES(135, 120));
    refuses("pc 42: 2 operands wanted, 1 there", false, BYTES(117, 176, 124));
    refuses("pc 43: 3 operands wanted, 2 there", false, BYTES(117, 117, 240, 124));
    refuses("pc 41: 1 operands wanted, 0 there", false, BYTES(124));
    refuses("pc 41: 1 operands wanted, 0 there", false, BYTES(136, 124));
    refuses("4 operands wanted, 3 there", false, BYTES(117, 117, 117, 138, 132, 124));
    refuses("9 operands wanted, 8 there", true,
            BYTES(80, 80, 80, 80, 80, 80, 80, 80, 225, 1, 234, 0, 92));
    refuses("2 operands wanted, 1 there", true, BYTES(76, 225, 64, 235, 0, 92));
}

static void frames_have_a_size(void **state) {
    (void)state;
    for (int large = 0; large <= 1; large++) {
        uint8_t code[64];
        int room = (large ? 56 : 16) - 3;
        memset(code, 117, sizeof code);
        code[room] = 124;
        MethodParts parts = standard(false, code, (size_t)room + 1);
        parts.large_frame = large;
        MethodSummary s = accept_parts(parts);
        assert_int_equal(s.max_stack, room);
        assert_int_equal(s.has_large_frame, large);
        summary_free(&s);
        code[room] = 117, code[room + 1] = 124;
        parts.code_size++;
        refuses_parts(parts, "the frame is too small");
    }
}

static void block_frames_have_a_size(void **state) {
    (void)state;
    // 15 arguments, one copied value: no operand fits.
    accepts(false, BYTES(118, 143, 0x1F, 0, 1, 120, 124));
    refuses("the frame is too small", false, BYTES(118, 143, 0x1F, 0, 2, 115, 125, 124));
    refuses("do not fit the frame", false, BYTES(118, 118, 143, 0x2F, 0, 1, 120, 124));
}

static void different_depths_are_kept_apart(void **state) {
    (void)state;
    // true ifFalse: leaves nothing, otherwise an integer; then another one is returned.
    MethodSummary s = accept(false, BYTES(113, 152, 119, 118, 124));
    assert_non_null(s.least_depth_at);
    const int16_t least[] = {0, 1, 0, 0, 1}, greatest[] = {0, 1, 0, 1, 2};
    assert_memory_equal(s.least_depth_at, least, sizeof least);
    assert_memory_equal(s.depth_at, greatest, sizeof greatest);
    assert_int_equal(s.max_stack, 2);
    assert_true(summary_accepts(&s, NULL, FIRST + 4, 1));
    assert_true(summary_accepts(&s, NULL, FIRST + 4, 2));
    assert_false(summary_accepts(&s, NULL, FIRST + 4, 0));
    assert_false(summary_accepts(&s, NULL, FIRST + 4, 3));
    summary_free(&s);
    // The least depth decides what may be popped.
    refuses("pc 44: 1 operands wanted, 0 there", false, BYTES(113, 152, 119, 135, 120));
    // Every round leaves one more.
    refuses("the frame is too small", false, BYTES(117, 163, 253));
    refuses("operands wanted", false, BYTES(117, 135, 117, 117, 135, 135, 163, 253));
}

// ---- ways

static void ways_stay_in_the_method(void **state) {
    (void)state;
    refuses("pc 41: the way on leads out of the method", false, BYTES(117));
    refuses("out of the method", false, BYTES(164, 200, 120));
    refuses("out of the method", false, BYTES(163, 200, 120)); // back into the literals
    refuses("out of the method", false, BYTES(113, 172, 50, 120));
    refuses("cut off", false, BYTES(132, 0));
    refuses("cut off", true, BYTES(225, 1));
    refuses("cut off", true, BYTES(225, 1, 237));
}

static void jumps_meet_instruction_boundaries(void **state) {
    (void)state;
    refuses("middle of an instruction", false, BYTES(128, 0x40, 135, 163, 252));
    refuses("overlaps", false, BYTES(113, 172, 1, 128, 0x70, 124));
    // Behind a prefix there is no boundary either.
    refuses("middle of an instruction", true, BYTES(225, 1, 232, 0, 216, 225, 255, 237, 249));
    accepts(true, BYTES(225, 1, 232, 0, 216, 225, 255, 237, 247));
}

static void conditional_jumps_go_both_ways(void **state) {
    (void)state;
    accepts(true, BYTES(77, 225, 255, 238, 251, 88));
    refuses("leads out of the method", true, BYTES(77, 225, 255, 239, 250, 88));
}

static void prefixes_want_their_instruction(void **state) {
    (void)state;
    refuses("a prefix before an instruction that takes none", true, BYTES(225, 1, 77, 92));
    refuses("a prefix before an instruction that takes none", true, BYTES(224, 1, 88));
    refuses("bad prefixes", true, BYTES(225, 1, 225, 1, 225, 1, 225, 1, 95, 88));
    accepts(true, BYTES(224, 1, 95, 88));
}

static void unused_bytecodes_end_a_way(void **state) {
    (void)state;
    accepts(false, BYTES(126));
    accepts(false, BYTES(129, 0x80));
    accepts(true, BYTES(217));
    accepts(true, BYTES(236, 0));
    accepts(true, BYTES(77, 184, 84, 255, 0, 0));
}

// ---- operands

static void temporaries_are_in_range(void **state) {
    (void)state;
    accepts(false, BYTES(18, 106, 120));
    refuses("pc 41: temporary 3 of 3", false, BYTES(19, 124));
    refuses("temporary 3 of 3", false, BYTES(117, 107, 120));
    refuses("temporary 63 of 3", false, BYTES(117, 129, 0x7F, 124));
    refuses("temporary 3 of 3", false, BYTES(140, 0, 3, 124));
    refuses("temporary 3 of 3", false, BYTES(117, 141, 0, 3, 124));
    refuses("temporary 3 of 3", false, BYTES(117, 142, 0, 3, 120));
    refuses("temporary 200 of 3", true, BYTES(229, 200, 92));
}

static void literals_are_in_range(void **state) {
    (void)state;
    accepts(false, BYTES(35, 124));
    refuses("literal 4 of 4", false, BYTES(36, 124));
    refuses("literal 4 of 4", false, BYTES(68, 124));
    refuses("literal 31 of 4", false, BYTES(112, 131, 31, 124));
    refuses("literal 255 of 4", false, BYTES(112, 132, 0x20, 255, 124));
    refuses("literal 65535 of 4", true, BYTES(224, 255, 228, 255, 92));
    refuses("literal 9 of 4", true, BYTES(249, 9, 0, 92));
}

static void literals_are_of_their_kind(void **state) {
    (void)state;
    accepts(false, BYTES(65, 130, 0xC1, 120));
    refuses("literal 0 is no association", false, BYTES(64, 124));
    refuses("literal 2 is no association", false, BYTES(117, 129, 0xC2, 124));
    refuses("literal 0 is no compiled block", true, BYTES(249, 0, 0, 92));
    accepts(true, BYTES(80, 80, 249, 2, 0x81, 92));
    refuses("2 copied values, but the block has room for 1", true, BYTES(80, 80, 249, 2, 2, 92));
    Oop saved = literals[SYMBOL];
    literals[SYMBOL] = pool_int(3);
    refuses("literal 0 is no selector", false, BYTES(112, 208, 124));
    refuses("literal 0 is no association", false, BYTES(64, 124));
    literals[SYMBOL] = saved;
}

static void forwarded_literals_are_followed(void **state) {
    (void)state;
    Oop forwarder = pool_object(&pool, CLASS_INDEX_FORWARDER, FORMAT_FORWARDER, 1);
    pool_put(forwarder, 0, literals[ASSOCIATION]);
    literals[SYMBOL] = forwarder;
    accepts(false, BYTES(64, 124));
    pool_put(forwarder, 0, literals[BLOCK]);
    refuses("literal 0 is no association", false, BYTES(64, 124));
}

static void super_sends_name_the_class(void **state) {
    (void)state;
    accepts(false, BYTES(112, 133, 0, 124));
    literals[BINDING] = pool_int(1);
    refuses("does not name the class", false, BYTES(112, 133, 0, 124));
    literals[BINDING] = pool_object(&pool, 51, FORMAT_INDEXABLE, 1);
    refuses("does not name the class", false, BYTES(112, 133, 0, 124));
    literals[BINDING] = literals[BLOCK];
    accepts(false, BYTES(112, 133, 0, 124));
    literals[BINDING] = pool_int(1);
    // The directed one brings its class along.
    accepts(true, BYTES(76, 17, 225, 64, 235, 0, 92));
}

static void other_operands_are_in_range(void **state) {
    (void)state;
    refuses("a send with -8 arguments", true, BYTES(76, 225, 255, 234, 0, 92));
    refuses("character code -256", true, BYTES(225, 255, 233, 0, 92));
    refuses("character code 1073741824", true, BYTES(225, 64, 225, 0, 225, 0, 233, 0, 92));
    refuses("receiver variable 65536", true, BYTES(224, 1, 224, 0, 226, 0, 92));
    accepts(true, BYTES(224, 255, 226, 255, 92));
}

// SistaV1: blocks of Opal's that only return say so, and have none.
static void accepts_without_primitive(void) {
    MethodParts parts = standard(true, BYTES(88));
    parts.has_primitive = true;
    MethodSummary summary = accept_parts(parts);
    assert_int_equal(summary.primitive, 0);
    summary_free(&summary);
}

static void primitives_stand_first(void **state) {
    (void)state;
    refuses("a primitive where none may be", false, BYTES(139, 60, 0, 120));
    MethodParts parts = standard(false, BYTES(120));
    parts.has_primitive = true;
    refuses_parts(parts, "says that there is a primitive");
    accepts_without_primitive();
    parts = standard(false, BYTES(139, 60, 0, 139, 60, 0, 120));
    parts.has_primitive = true;
    refuses_parts(parts, "pc 44: a primitive where none may be");
    parts = standard(true, BYTES(248, 60, 0x80, 88));
    parts.has_primitive = true;
    refuses_parts(parts, "a primitive where none may be");
}

// ---- headers

static void headers_are_checked(void **state) {
    (void)state;
    refuses_method(pool_int(7), "no compiled method");
    refuses_method(literals[SYMBOL], "no compiled method");
    refuses_method(pool_object(&pool, 1025, FORMAT_COMPILED_METHOD, 0), "no compiled method");
    Oop method = pool_method(&pool, standard(false, BYTES(120)));
    pool_put(method, 0, literals[SYMBOL]);
    refuses_method(method, "no compiled method");
    method = pool_object(&pool, 1025, FORMAT_COMPILED_METHOD, 3);
    pool_put(method, 0, pool_int(3)); // three literals, but room for two
    refuses_method(method, "no compiled method");
    pool_put(method, 0, pool_int(2));
    refuses_method(method, "no code");
    pool_put(method, 0, pool_int(1 | 17 << 18));
    refuses_method(method, "17 temporaries do not fit");
}

// Of faulty code in which arguments have one name, compilers say that it has fewer temporaries than
// arguments. Whoever activates it has pushed all of these, so they count.
static void arguments_are_temporaries(void **state) {
    (void)state;
    MethodParts parts = standard(false, BYTES(17, 124));
    parts.temps = 1;
    MethodSummary s = accept_parts(parts);
    assert_int_equal(s.argument_count, 2);
    assert_int_equal(s.temp_count, 2);
    summary_free(&s);
    parts = standard(false, BYTES(18, 124));
    parts.temps = 1;
    refuses_parts(parts, "temporary 2 of 2");
    // The frame holds them; the error of a primitive has no place.
    parts = standard(false, BYTES(117, 117, 117, 117, 117, 117, 117, 117, 117, 117, 124));
    parts.temps = 0;
    parts.arguments = 7;
    refuses_parts(parts, "the frame is too small");
    parts = standard(true, BYTES(248, 1, 0, 245, 1, 92));
    parts.has_primitive = true;
    parts.temps = 1;
    refuses_parts(parts, "1 operands wanted, 0 there");
    // A block with one argument has no room for what is copied.
    uint8_t code[] = {64, 94};
    literals[BLOCK] = pool_method(&pool, (MethodParts){.sista = true,
                                                       .arguments = 1,
                                                       .literals = literals,
                                                       .literal_count = 1,
                                                       .code = code,
                                                       .code_size = sizeof code});
    accepts(true, BYTES(249, 2, 0, 92));
    refuses("1 copied values, but the block has room for 0", true, BYTES(79, 249, 2, 1, 92));
}

static void unused_bytes_are_no_code(void **state) {
    (void)state;
    // The body's last word has one byte of code; the seven others, although they would be fine
    // instructions, are not the method's.
    Oop method = pool_method(&pool, standard(false, BYTES(117)));
    memset((void *)(uintptr_t)(oop_bits(method) + 8 + FIRST + 1), 124, 7);
    refuses_method(method, "leads out of the method");
}

static void long_methods_are_verified(void **state) {
    (void)state;
    static uint8_t code[6001];
    for (size_t i = 0; i < 6000; i += 2)
        code[i] = 117, code[i + 1] = 135;
    code[6000] = 120;
    MethodSummary s = accept(false, code, sizeof code);
    assert_int_equal(s.end_pc, FIRST + 6001);
    assert_int_equal(s.depth_at[5999], 1);
    summary_free(&s);
}

// ---- anything at all

static const uint8_t seeds[][24] = {
    {117, 106, 18, 118, 178, 172, 6, 18, 118, 176, 106, 163, 246, 18, 124},
    {118, 143, 0x11, 0, 11, 115, 16, 106, 18, 143, 0x10, 0, 2, 16, 125, 125, 124},
    {139, 60, 0, 129, 0x42, 112, 133, 0, 64, 130, 0xC1, 132, 1, 0, 124},
    {248, 60, 0, 245, 2, 80, 249, 2, 1, 225, 1, 232, 7, 231, 130, 92},
    {77, 184, 80, 81, 176, 83, 225, 255, 237, 251, 251, 0, 0, 252, 1, 1, 92},
    {76, 224, 0, 234, 0, 225, 64, 235, 0, 250, 8, 2, 64, 94, 216, 88},
};

// Mutated code in an allocation of its own, so that address sanitizers see every byte read
// behind it. A refusal has its reason, and what is accepted keeps a few promises.
static void random_code_never_crashes(void **state) {
    (void)state;
    unsigned random = 12345, accepted = 0;
    MethodParts parts = standard(false, seeds[0], sizeof seeds[0]);
    for (int round = 0; round < 100000; round++) {
        uint8_t code[24];
        random = random * 1664525 + 1013904223;
        memcpy(code, seeds[(random >> 16) % 6], sizeof code);
        parts.sista = (random >> 20 & 7) < 4;
        parts.has_primitive = code[0] == 139 || code[0] == 248;
        for (unsigned i = random >> 28 & 3; i < 4; i++) {
            random = random * 1664525 + 1013904223;
            code[(random >> 16) % sizeof code] = (uint8_t)(random >> 24);
        }
        parts.code = code;
        pool.used_words = 256;
        MethodSummary s;
        Diagnosis diagnosis = {""};
        if (bytecode_verify(pool_method(&pool, parts), &s, &diagnosis) != STATUS_OK) {
            assert_true(diagnosis.text[0] != 0);
            continue;
        }
        accepted++;
        assert_in_range(s.end_pc, FIRST + 1, FIRST + sizeof code);
        assert_in_range(s.max_stack + s.temp_count, 3, 16);
        for (uint32_t i = 0; i < s.end_pc - s.first_pc; i++)
            assert_in_range(s.depth_at[i] + 1, 0, 17);
        summary_free(&s);
    }
    assert_in_range(accepted, 1000, 99000);
}

int main(void) {
#define TEST(name) cmocka_unit_test_setup(name, set_up)
    const struct CMUnitTest tests[] = {
        TEST(summary_of_a_plain_method),
        TEST(trailer_and_dead_code_are_not_looked_at),
        TEST(long_instructions_have_one_pc),
        TEST(highest_receiver_variable_is_found),
        TEST(primitives_are_found),
        TEST(error_of_a_primitive_is_stored),
        TEST(super_and_closures_are_noted),
        TEST(loops_are_followed_once),
        TEST(old_blocks_are_summarised),
        TEST(frames_may_go_on_where_depth_and_block_agree),
        TEST(block_code_stays_in_its_block),
        TEST(overlapping_blocks_are_refused),
        TEST(block_temporaries_are_pushed_nils),
        TEST(nesting_is_limited),
        TEST(underflow_is_refused),
        TEST(frames_have_a_size),
        TEST(block_frames_have_a_size),
        TEST(different_depths_are_kept_apart),
        TEST(ways_stay_in_the_method),
        TEST(jumps_meet_instruction_boundaries),
        TEST(conditional_jumps_go_both_ways),
        TEST(prefixes_want_their_instruction),
        TEST(unused_bytecodes_end_a_way),
        TEST(temporaries_are_in_range),
        TEST(literals_are_in_range),
        TEST(literals_are_of_their_kind),
        TEST(forwarded_literals_are_followed),
        TEST(super_sends_name_the_class),
        TEST(other_operands_are_in_range),
        TEST(primitives_stand_first),
        TEST(headers_are_checked),
        TEST(arguments_are_temporaries),
        TEST(unused_bytes_are_no_code),
        TEST(long_methods_are_verified),
        TEST(random_code_never_crashes),
    };
    return cmocka_run_group_tests_name("bytecode verify", tests, NULL, NULL);
}
