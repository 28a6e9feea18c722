// SPDX-License-Identifier: MIT
// Recordings: nodes carry the concrete values of their rows, predicates become conditions, constant
// numbers fold, reads find what was written, and everything prints readably.
#include "object/record.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "object/header.h"
#include "object/ops.h"
#include "object/raw.h"

static Recording recording;

static int set_up(void **state) {
    (void)state;
    record_begin(&recording, NULL);
    return 0;
}
static int tear_down(void **state) {
    (void)state;
    record_end(&recording);
    return 0;
}

static Oop input_int(const char *name, int64_t value) {
    return (Oop){record_input(RECORD_OOP, name, raw_from_int(value))};
}

static void prints_as(uint64_t handle, const char *expected) {
    char *text = NULL;
    size_t size;
    FILE *out = open_memstream(&text, &size);
    record_print_expression(out, handle);
    fclose(out);
    assert_string_equal(text, expected);
    free(text);
}

static void all_print_as(const char *expected) {
    char *text = NULL;
    size_t size;
    FILE *out = open_memstream(&text, &size);
    record_print_conditions(out, &recording);
    record_print_effects(out, &recording);
    fclose(out);
    assert_string_equal(text, expected);
    free(text);
}

static void operations_compute_and_record(void **state) {
    (void)state;
    Oop x = input_int("x", 4), y = input_int("y", 5);
    Num sum = num_add(num_from_oop(x), num_from_oop(y));
    assert_int_equal(record_bits(sum.handle), 9);
    prints_as(sum.handle, "num_add(num_from_oop(x), num_from_oop(y))");
    Oop answer = oop_from_num(sum);
    assert_int_equal(record_bits(answer.handle), raw_from_int(9));
    Real half = real_div(real_from_num(sum), real(2.0));
    prints_as(half.handle, "real_div(real_from_num(num_add(num_from_oop(x), num_from_oop(y))), 2)");
    assert_true(real_eq(half, real(4.5)));
}

static void predicates_become_conditions(void **state) {
    (void)state;
    Oop x = input_int("x", 4);
    assert_true(oop_is_int(x));
    assert_false(num_lt(num_from_oop(x), num(3)));
    all_print_as("  oop_is_int(x)\n  not num_lt(num_from_oop(x), 3)\n");
}

static void overflow_asks_and_answers(void **state) {
    (void)state;
    Num x = {record_input(RECORD_NUM, "x", INT64_MAX)}, result;
    assert_true(num_add_overflows(x, num(1), &result));
    assert_int_equal(record_bits(result.handle), (uint64_t)INT64_MIN);
    prints_as(result.handle, "num_add(x, 1)");
    assert_false(num_mul_overflows(x, num(1), &result));
    prints_as(result.handle, "num_mul(x, 1)");
    all_print_as("  num_add_overflows(x, 1)\n  not num_mul_overflows(x, 1)\n");
}

static void constant_numbers_fold(void **state) {
    (void)state;
    Num sum = num_add(num(2), num(3));
    prints_as(sum.handle, "5");
    assert_true(num_lt(sum, num(6)));
    prints_as(oop_from_num(sum).handle, "oop 5");
    prints_as(real_add(real(1), real(0.5)).handle, "1.5");
    prints_as(word_or(word(0xF0), word(0xF)).handle, "0xff");
    all_print_as("");
}

static void loops_record_their_bound(void **state) {
    (void)state;
    Num limit = {record_input(RECORD_NUM, "limit", 2)};
    int rounds = 0;
    NUM_LOOP(i, num(0), limit) rounds++;
    assert_int_equal(rounds, 2);
    all_print_as("  num_lt(0, limit)\n  num_lt(1, limit)\n  not num_lt(2, limit)\n");
}

static void concrete_values_are_conditions(void **state) {
    (void)state;
    Num x = {record_input(RECORD_NUM, "x", 12)};
    assert_int_equal(num_concrete(num_add(x, num(1))), 13);
    assert_int_equal(num_concrete(num(7)), 7);
    all_print_as("  num_add(x, 1) is 13\n");
}

// An object of three slots in plain memory.
static Oop input_object(uint64_t words[4], const char *name) {
    words[0] = header_make(3, FORMAT_INDEXABLE, 51);
    for (int i = 1; i < 4; i++)
        words[i] = raw_from_int(i);
    return (Oop){record_input(RECORD_OOP, name, (uint64_t)(uintptr_t)words)};
}

static void note_store(const char *operation, Oop object, Num index, Oop value) {
    const uint64_t operands[] = {object.handle, index.handle, value.handle};
    record_effect(operation, operands, 3);
}

static void reads_record_where_they_read(void **state) {
    (void)state;
    uint64_t words[4];
    Oop object = input_object(words, "object");
    Oop value = slot_at(object, num(2));
    assert_int_equal(record_bits(value.handle), raw_from_int(3));
    prints_as(value.handle, "slot_at(object, 2)");
    assert_true(object_is_array_format(object));
    assert_int_equal(record_bits(slot_count(object).handle), 3);
    all_print_as("  object_is_array_format(object)\n");
}

static void reads_find_what_was_written(void **state) {
    (void)state;
    uint64_t words[4];
    Oop object = input_object(words, "object"), x = input_int("x", 77);
    words[2] = raw_from_int(77);
    note_store("slot_at_put", object, num(1), x);
    prints_as(slot_at(object, num(1)).handle, "x");
    prints_as(slot_at(object, num(0)).handle, "slot_at(object, 0)");
    // What was written since in another way hides it.
    note_store("word64_at_put", object, num(1), x);
    prints_as(slot_at(object, num(1)).handle, "slot_at(object, 1)");
    all_print_as("  ! slot_at_put(object, 1, x)\n  ! word64_at_put(object, 1, x)\n");
}

static void results_are_numbered(void **state) {
    (void)state;
    prints_as(record_result(RECORD_OOP, "new object", 8), "new object 1");
    prints_as(record_result(RECORD_OOP, "new object", 16), "new object 2");
    prints_as(record_named_constant(RECORD_OOP, "nil", 24), "nil");
    prints_as(oop_none().handle, "none");
}

static void header_writes_are_effects(void **state) {
    (void)state;
    uint64_t words[4];
    Oop object = input_object(words, "object");
    object_set_hash(object, num(99));
    object_set_class_and_format(object, num(50), num(FORMAT_64BIT));
    assert_int_equal(header_hash(words[0]), 99);
    assert_int_equal(header_class_index(words[0]), 50);
    assert_int_equal(header_format(words[0]), FORMAT_64BIT);
    assert_ptr_equal(object_bytes(object), words + 1);
    all_print_as("  ! object_set_hash(object, 99)\n"
                 "  ! object_set_class_and_format(object, 50, 9)\n"
                 "  ! object_bytes(object)\n");
}

int main(void) {
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(operations_compute_and_record), TEST(predicates_become_conditions),
        TEST(overflow_asks_and_answers),     TEST(constant_numbers_fold),
        TEST(loops_record_their_bound),      TEST(concrete_values_are_conditions),
        TEST(reads_record_where_they_read),  TEST(reads_find_what_was_written),
        TEST(results_are_numbered),          TEST(header_writes_are_effects),
    };
    return cmocka_run_group_tests_name("record", tests, NULL, NULL);
}
