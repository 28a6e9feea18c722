// SPDX-License-Identifier: MIT
// Comparing, searching, hashing and translating bytes, and the run-length code of bitmaps.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "base/bits.h"
#include "base/bytes.h"

static Bytes text(const char *string) { return (Bytes){(const uint8_t *)string, strlen(string)}; }

static const uint8_t *identity(void) {
    static uint8_t table[256];
    for (int i = 0; i < 256; i++)
        table[i] = (uint8_t)i;
    return table;
}

static const uint8_t *upper(void) {
    static uint8_t table[256];
    for (int i = 0; i < 256; i++)
        table[i] = (uint8_t)(i >= 'a' && i <= 'z' ? i - 32 : i);
    return table;
}

static void compare_finds_the_first_difference(void **state) {
    (void)state;
    assert_int_equal(bytes_compare(text("abc"), text("abd"), NULL), -1);
    assert_int_equal(bytes_compare(text("abz"), text("abc"), NULL), 'z' - 'c');
    assert_int_equal(bytes_compare(text("abc"), text("abc"), NULL), 0);
}

static void compare_of_a_prefix_is_the_difference_in_size(void **state) {
    (void)state;
    assert_int_equal(bytes_compare(text("ab"), text("abcd"), NULL), -2);
    assert_int_equal(bytes_compare(text("abcd"), text(""), NULL), 4);
    assert_int_equal(bytes_compare(text(""), text(""), NULL), 0);
}

static void compare_treats_bytes_as_unsigned(void **state) {
    (void)state;
    assert_int_equal(bytes_compare(text("\xFF"), text("\x01"), NULL), 254);
}

static void compare_obeys_the_order(void **state) {
    (void)state;
    assert_int_equal(bytes_compare(text("ABC"), text("abc"), upper()), 0);
    assert_int_equal(bytes_compare(text("ABD"), text("abc"), upper()), 1);
    assert_true(bytes_compare(text("ABC"), text("abc"), identity()) < 0);
}

static void find_starts_where_told(void **state) {
    (void)state;
    assert_int_equal(bytes_find(text("hello"), 'l', 0), 2);
    assert_int_equal(bytes_find(text("hello"), 'l', 3), 3);
    assert_int_equal(bytes_find(text("hello"), 'l', 4), 5);
    assert_int_equal(bytes_find(text("hello"), 'l', 99), 5);
    assert_int_equal(bytes_find(text(""), 'l', 0), 0);
}

static void find_in_set_uses_the_map(void **state) {
    (void)state;
    uint8_t map[256] = {0};
    map['x'] = 1;
    map[255] = 7;
    assert_int_equal(bytes_find_in_set(text("abxx"), map, 0), 2);
    assert_int_equal(bytes_find_in_set(text("abxx"), map, 3), 3);
    assert_int_equal(bytes_find_in_set(text("ab\xFF"), map, 0), 2);
    assert_int_equal(bytes_find_in_set(text("abc"), map, 0), 3);
    assert_int_equal(bytes_find_in_set(text("xbc"), map, 50), 3);
}

static void find_bytes_finds_the_first_occurrence(void **state) {
    (void)state;
    assert_int_equal(bytes_find_bytes(text("hello"), text("lo"), identity(), 0), 3);
    assert_int_equal(bytes_find_bytes(text("aaab"), text("aab"), identity(), 0), 1);
    assert_int_equal(bytes_find_bytes(text("abab"), text("ab"), identity(), 1), 2);
    assert_int_equal(bytes_find_bytes(text("hello"), text("LO"), upper(), 0), 3);
}

static void find_bytes_finds_nothing(void **state) {
    (void)state;
    assert_int_equal(bytes_find_bytes(text("hello"), text("x"), identity(), 0), 5);
    assert_int_equal(bytes_find_bytes(text("hello"), text(""), identity(), 0), 5);
    assert_int_equal(bytes_find_bytes(text("he"), text("hello"), identity(), 0), 2);
    assert_int_equal(bytes_find_bytes(text("hello"), text("lo"), identity(), 4), 5);
    assert_int_equal(bytes_find_bytes(text("hello"), text("lo"), identity(), 400), 5);
}

static void hash_is_that_of_smalltalk(void **state) {
    (void)state;
    assert_int_equal(bytes_hash(text("hello"), 0), 112365512);
    assert_int_equal(bytes_hash(text("hello"), 7), 16861779);
    assert_int_equal(bytes_hash(text(""), 7), 7);
    assert_int_equal(bytes_hash((Bytes){(const uint8_t *)"\1\2\3", 3}, 7), 151339041);
}

static void translate_replaces_each_byte(void **state) {
    (void)state;
    uint8_t bytes[] = "hello";
    bytes_translate(bytes + 1, 3, upper());
    assert_string_equal(bytes, "hELLo");
}

// ---- bitmaps

static size_t compress(const uint32_t *words, size_t count, uint8_t *code) {
    return bitmap_compress((const uint8_t *)words, count, code);
}

static void compress_writes_runs(void **state) {
    (void)state;
    const uint32_t words[] = {0x05050505, 0x05050505, 0x01020304, 0x01020304, 7, 8};
    const uint8_t expected[] = {6,                     // words
                                2 * 4 + 1, 5,          // twice the byte 5
                                2 * 4 + 2, 1, 2, 3, 4, // twice a word
                                2 * 4 + 3, 0, 0, 0, 7, 0, 0, 0, 8};
    uint8_t code[64];
    assert_int_equal(compress(words, 6, code), sizeof expected);
    assert_memory_equal(code, expected, sizeof expected);
}

static void numbers_take_one_two_or_five_bytes(void **state) {
    (void)state;
    enum { COUNT = 2000 };
    uint32_t *words = calloc(COUNT, 4);
    uint8_t code[16];
    // 56 words: the run's number is 225, the first of two bytes
    assert_int_equal(compress(words, 56, code), 1 + 2 + 1);
    assert_int_equal(code[1], 224);
    assert_int_equal(code[2], 225);
    assert_int_equal(compress(words, 55, code), 1 + 1 + 1);
    // 1984 words: 7937 takes five bytes
    assert_int_equal(compress(words, 1984, code), 2 + 5 + 1);
    assert_int_equal(code[2], 255);
    assert_int_equal(code[5], 7937 >> 8);
    assert_int_equal(compress(words, 1983, code), 2 + 2 + 1);
    free(words);
}

static void an_empty_bitmap_is_one_byte(void **state) {
    (void)state;
    uint8_t code[8];
    assert_int_equal(compress(NULL, 0, code), 1);
    assert_int_equal(code[0], 0);
}

static void check_round_trip(const uint32_t *words, size_t count) {
    uint8_t *code = malloc(bitmap_code_bound(count));
    uint32_t *back = malloc(count * 4 + 4);
    memset(back, 0xA5, count * 4 + 4);
    size_t used = compress(words, count, code);
    assert_true(used <= bitmap_code_bound(count));
    size_t number_bytes = code[0] <= 223 ? 1 : code[0] == 255 ? 5 : 2;
    Bytes runs = {code + number_bytes, used - number_bytes};
    assert_true(bitmap_decompress(runs, (uint8_t *)back, count));
    assert_memory_equal(back, words, count * 4);
    assert_int_equal(back[count], 0xA5A5A5A5);
    free(back);
    free(code);
}

static void round_trips_of_random_bitmaps(void **state) {
    (void)state;
    enum { LIMIT = 5000 };
    uint32_t *words = malloc(LIMIT * 4), seed = 1;
    for (int round = 0; round < 60; round++) {
        size_t count = (size_t)round * 83;
        for (size_t i = 0; i < count; i++) {
            seed = seed * 1664525u + 1013904223u;
            unsigned kind = seed >> 29;
            words[i] = kind < 3 && i > 0 ? words[i - 1]
                       : kind < 5        ? (seed >> 8 & 3) * 0x01010101u
                                         : seed;
        }
        check_round_trip(words, count);
    }
    free(words);
}

static void bad_code_is_refused_and_nothing_written(void **state) {
    (void)state;
    const uint8_t too_many[] = {1 * 4 + 1, 9, 3 * 4 + 1, 5};
    const uint8_t cut_byte[] = {1 * 4 + 1, 9, 1 * 4 + 1};
    const uint8_t cut_word[] = {1 * 4 + 1, 9, 1 * 4 + 2, 1, 2, 3};
    const uint8_t cut_words[] = {1 * 4 + 1, 9, 2 * 4 + 3, 1, 2, 3, 4, 5};
    const uint8_t cut_number[] = {1 * 4 + 1, 9, 255, 0, 0};
    const uint8_t cut_short_number[] = {1 * 4 + 1, 9, 230};
    const uint8_t huge[] = {1 * 4 + 1, 9, 255, 255, 255, 255, 255, 0};
    const Bytes codes[] = {{too_many, sizeof too_many},
                           {cut_byte, sizeof cut_byte},
                           {cut_word, sizeof cut_word},
                           {cut_words, sizeof cut_words},
                           {cut_number, sizeof cut_number},
                           {cut_short_number, sizeof cut_short_number},
                           {huge, sizeof huge}};
    for (size_t i = 0; i < sizeof codes / sizeof *codes; i++) {
        uint32_t words[3] = {1, 2, 3};
        assert_false(bitmap_decompress(codes[i], (uint8_t *)words, 3));
        assert_int_equal(words[0], 1);
    }
}

static void skipped_words_stay(void **state) {
    (void)state;
    const uint8_t code[] = {2 * 4 + 0, 1 * 4 + 1, 9};
    uint32_t words[3] = {1, 2, 3};
    assert_true(bitmap_decompress((Bytes){code, sizeof code}, (uint8_t *)words, 3));
    assert_int_equal(words[0], 1);
    assert_int_equal(words[1], 2);
    assert_int_equal(words[2], 0x09090909);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(compare_finds_the_first_difference),
        cmocka_unit_test(compare_of_a_prefix_is_the_difference_in_size),
        cmocka_unit_test(compare_treats_bytes_as_unsigned),
        cmocka_unit_test(compare_obeys_the_order),
        cmocka_unit_test(find_starts_where_told),
        cmocka_unit_test(find_in_set_uses_the_map),
        cmocka_unit_test(find_bytes_finds_the_first_occurrence),
        cmocka_unit_test(find_bytes_finds_nothing),
        cmocka_unit_test(hash_is_that_of_smalltalk),
        cmocka_unit_test(translate_replaces_each_byte),
        cmocka_unit_test(compress_writes_runs),
        cmocka_unit_test(numbers_take_one_two_or_five_bytes),
        cmocka_unit_test(an_empty_bitmap_is_one_byte),
        cmocka_unit_test(round_trips_of_random_bitmaps),
        cmocka_unit_test(bad_code_is_refused_and_nothing_written),
        cmocka_unit_test(skipped_words_stay),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
