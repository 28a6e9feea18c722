// SPDX-License-Identifier: MIT
// Primitives 156, 158, 159, 235: comparing byte strings, the step of hashes.
#include "prim_fixture.h"

static Oop map(int64_t shift) {
    Oop bytes = new_bytes(256);
    for (int i = 0; i < 256; i++)
        object_bytes(bytes)[i] = (uint8_t)(i + shift);
    return bytes;
}

static void equal_bytes_are_equal(void **state) {
    (void)state;
    ANSWERS(TRUE_OOP, prim_bytes_equal, new_string("abc"), new_string("abc"));
    ANSWERS(FALSE_OOP, prim_bytes_equal, new_string("abc"), new_string("abd"));
    ANSWERS(FALSE_OOP, prim_bytes_equal, new_string("abc"), new_string("ab"));
    ANSWERS(TRUE_OOP, prim_bytes_equal, new_string(""), new_bytes(0));
    FAILS(BAD_RECEIVER, prim_bytes_equal, INT(3), new_bytes(0));
    FAILS(BAD_RECEIVER, prim_bytes_equal, new_words32(1), new_bytes(4));
    FAILS(BAD_ARGUMENT, prim_bytes_equal, new_bytes(4), new_words32(1));
    FAILS(BAD_ARGUMENT, prim_bytes_equal, new_bytes(4), NIL);
}

static void comparing_answers_the_difference(void **state) {
    (void)state;
    ANSWERS(INT(-1), prim_compare_bytes, new_string("abc"), new_string("abd"));
    ANSWERS(INT(0), prim_compare_bytes, new_string("abc"), new_string("abc"));
    ANSWERS(INT(2), prim_compare_bytes, new_string("abcd"), new_string("ab"));
    ANSWERS(INT(255), prim_compare_bytes, new_string("a"), new_string("b"), map(-98));
}

static void comparing_refuses_odd_operands(void **state) {
    (void)state;
    Oop string = new_string("abc");
    Oop odd[] = {INT(3),
                 NIL,
                 new_array(3),
                 new_words32(2),
                 new_shorts(2),
                 forwarder_to(string),
                 new_method(0, "\x78", 1)};
    for (size_t i = 0; i < sizeof odd / sizeof *odd; i++) {
        FAILS(BAD_ARGUMENT, prim_compare_bytes, odd[i], string);
        FAILS(BAD_ARGUMENT, prim_compare_bytes, string, odd[i]);
        FAILS(BAD_ARGUMENT, prim_compare_bytes, string, string, odd[i]);
        FAILS(BAD_ARGUMENT, prim_string_compare, NIL, odd[i], string, map(0));
        FAILS(BAD_ARGUMENT, prim_string_compare, NIL, string, odd[i], map(0));
        FAILS(BAD_ARGUMENT, prim_string_compare, NIL, string, string, odd[i]);
    }
    FAILS(BAD_ARGUMENT, prim_compare_bytes, string, string, new_bytes(255));
    FAILS(BAD_ARGUMENT_COUNT, prim_compare_bytes, string);
    FAILS(BAD_ARGUMENT_COUNT, prim_compare_bytes, NIL, string, string, map(0));
}

static void collation_answers_one_two_or_three(void **state) {
    (void)state;
    ANSWERS(INT(1), prim_string_compare, NIL, new_string("a"), new_string("b"), map(0));
    ANSWERS(INT(2), prim_string_compare, NIL, new_string("b"), new_string("b"), map(0));
    ANSWERS(INT(3), prim_string_compare, NIL, new_string("ba"), new_string("b"), map(0));
    ANSWERS(INT(3), prim_string_compare, NIL, new_string("a"), new_string("b"), map(-98));
}

static void hashes_are_multiplied(void **state) {
    (void)state;
    ANSWERS(INT(4993575), prim_hash_multiply, INT(3));
    ANSWERS(INT((-1664525) & 0xFFFFFFF), prim_hash_multiply, INT(-1));
    ANSWERS(INT(1664525), prim_hash_multiply, new_large_word(false, 1ull << 62 | 1));
    ANSWERS(INT(1664525 * 2), prim_hash_multiply, NIL, INT(2));
}

static void hashes_are_those_of_integers(void **state) {
    (void)state;
    Oop odd[] = {NIL,
                 CHARACTER(3),
                 REAL(1.5),
                 new_string("abcd"),
                 new_large_word(true, 1ull << 62),
                 new_large(false, "\1", 1),
                 forwarder_to(new_large_word(false, 1ull << 62))};
    for (size_t i = 0; i < sizeof odd / sizeof *odd; i++)
        FAILS(BAD_RECEIVER, prim_hash_multiply, odd[i]);
    FAILS(BAD_ARGUMENT_COUNT, prim_hash_multiply, NIL, NIL, INT(3));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        PRIM_TEST(equal_bytes_are_equal),
        PRIM_TEST(comparing_answers_the_difference),   PRIM_TEST(comparing_refuses_odd_operands),
        PRIM_TEST(collation_answers_one_two_or_three), PRIM_TEST(hashes_are_multiplied),
        PRIM_TEST(hashes_are_those_of_integers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
