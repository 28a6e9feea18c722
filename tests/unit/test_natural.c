// SPDX-License-Identifier: MIT
// Naturals against two oracles: 128-bit arithmetic of the compiler for short numbers, and for long
// ones sums and products as learnt at school, byte by byte. Operands are random, with many digits
// that are all zeros or all ones: those are the ones that carry, borrow, and make a guessed digit
// of a quotient wrong.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "base/natural.h"
#include "base/random.h"

typedef unsigned __int128 Wide;
enum { CASES = 2000, MOST_DIGITS = 300, MOST_BYTES = MOST_DIGITS * 8 };

// ---- random operands

static uint64_t random_state;
static int start_random(void **state) {
    (void)state;
    random_state = 0x9E3779B97F4A7C15u;
    return 0;
}
static uint64_t random_word(void) { return random_next(&random_state); }
static size_t random_below(size_t limit) { return (size_t)(random_word() % limit); }
static Digit random_digit(void) {
    switch (random_below(8)) {
    case 0:
        return 0;
    case 1:
        return ~(Digit)0;
    case 2:
        return (Digit)1 << 63;
    case 3:
        return ~(Digit)0 >> 1;
    case 4:
        return random_below(3);
    default:
        return random_word();
    }
}
static Natural random_natural(Digit *to, size_t most) {
    size_t count = random_below(most + 1);
    for (size_t i = 0; i < count; i++)
        to[i] = random_digit();
    return natural_of(to, count);
}
static Natural random_positive(Digit *to, size_t most) {
    Natural a = random_natural(to, most);
    if (a.count) return a;
    to[0] = 1 + random_below(9);
    return (Natural){to, 1};
}

// ---- 128 bits

static Natural natural_of_wide(Digit to[2], Wide value) {
    to[0] = (Digit)value;
    to[1] = (Digit)(value >> 64);
    return natural_of(to, 2);
}
static Wide wide_of(Natural a) {
    assert_true(a.count <= 2);
    Wide low = a.count > 0 ? a.digits[0] : 0, high = a.count > 1 ? a.digits[1] : 0;
    return high << 64 | low;
}
#define WIDE_EQUAL(x, y) assert_true((Wide)(x) == (Wide)(y))

static void short_numbers_agree_with_128_bits(void **state) {
    (void)state;
    for (int i = 0; i < CASES; i++) {
        Digit x[2], y[2], to[4], rest[4], scratch[4];
        Natural a = random_natural(x, 2), b = random_natural(y, 2);
        Wide p = wide_of(a), q = wide_of(b);
        assert_int_equal(natural_compare(a, b), p < q ? -1 : p > q);
        if (p + q >= p) WIDE_EQUAL(wide_of(natural_add(to, a, b)), p + q);
        if (p >= q) WIDE_EQUAL(wide_of(natural_subtract(to, a, b)), p - q);
        WIDE_EQUAL(wide_of(natural_bitwise(to, BITS_AND, a, b)), p & q);
        WIDE_EQUAL(wide_of(natural_bitwise(to, BITS_OR, a, b)), p | q);
        WIDE_EQUAL(wide_of(natural_bitwise(to, BITS_XOR, a, b)), p ^ q);
        size_t places = random_below(130);
        WIDE_EQUAL(wide_of(natural_shift_right(to, a, places)), places < 128 ? p >> places : 0);
        if (q == 0) continue;
        Division division = natural_divide(to, rest, a, b, scratch);
        WIDE_EQUAL(wide_of(division.quotient), p / q);
        WIDE_EQUAL(wide_of(division.remainder), p % q);
    }
}

static void products_of_digits_agree_with_128_bits(void **state) {
    (void)state;
    for (int i = 0; i < CASES; i++) {
        Digit x[1], y[1], to[2];
        Natural a = random_natural(x, 1), b = random_natural(y, 1);
        WIDE_EQUAL(wide_of(natural_multiply(to, a, b, NULL)), wide_of(a) * wide_of(b));
    }
}

static void left_shifts_agree_with_128_bits(void **state) {
    (void)state;
    for (int i = 0; i < CASES; i++) {
        Digit x[2], to[5];
        Wide value = (Wide)random_digit() << random_below(64);
        Natural a = natural_of_wide(x, value);
        size_t places = random_below(128 - natural_bit_count(a) + 1);
        assert_true(natural_shifted_digits(a, places) <= 3);
        WIDE_EQUAL(wide_of(natural_shift_left(to, a, places)), places < 128 ? value << places : 0);
    }
}

static void bits_are_found_in_ranges(void **state) {
    (void)state;
    for (int i = 0; i < CASES; i++) {
        Digit x[2];
        Wide value = (Wide)1 << random_below(128) | (Wide)1 << random_below(128);
        Natural a = natural_of_wide(x, value);
        size_t first = random_below(140), last = random_below(140);
        bool any = false;
        for (size_t bit = first; bit <= last && bit < 128; bit++)
            any |= (value >> bit & 1) != 0;
        assert_int_equal(natural_has_bits(a, first, last), any);
    }
    assert_false(natural_has_bits((Natural){NULL, 0}, 0, 1000));
}

// ---- byte by byte

typedef struct School {
    uint8_t bytes[2 * MOST_BYTES + 16];
} School;

static School *school(int which) {
    static School numbers[8];
    memset(&numbers[which], 0, sizeof numbers[which]);
    return &numbers[which];
}
static School *school_of(int which, Natural a) {
    School *number = school(which);
    natural_store(a, number->bytes, sizeof number->bytes);
    return number;
}
static School *school_sum(int which, const School *a, const School *b) {
    School *sum = school(which);
    unsigned carry = 0;
    for (size_t i = 0; i < sizeof sum->bytes; i++) {
        carry += a->bytes[i] + b->bytes[i];
        sum->bytes[i] = (uint8_t)carry;
        carry >>= 8;
    }
    return sum;
}
static size_t school_size(const School *a) {
    size_t size = sizeof a->bytes;
    while (size && a->bytes[size - 1] == 0)
        size--;
    return size;
}
static School *school_product(int which, const School *a, const School *b) {
    School *product = school(which);
    size_t a_size = school_size(a), b_size = school_size(b);
    for (size_t i = 0; i < a_size; i++) {
        unsigned carry = 0;
        for (size_t j = 0; j < b_size || carry; j++) {
            carry += (j < b_size ? a->bytes[i] * b->bytes[j] : 0) + product->bytes[i + j];
            product->bytes[i + j] = (uint8_t)carry;
            carry >>= 8;
        }
    }
    return product;
}
static void assert_same(const School *expected, Natural actual) {
    School *number = school_of(7, actual);
    assert_memory_equal(expected->bytes, number->bytes, sizeof number->bytes);
    assert_true(actual.count == 0 || actual.digits[actual.count - 1] != 0);
}

static void sums_and_differences_of_long_numbers(void **state) {
    (void)state;
    for (int i = 0; i < CASES / 4; i++) {
        Digit x[MOST_DIGITS], y[MOST_DIGITS], to[MOST_DIGITS + 1], back[MOST_DIGITS + 1];
        Natural a = random_natural(x, 40), b = random_natural(y, 40);
        Natural sum = natural_add(to, a, b);
        assert_same(school_sum(2, school_of(0, a), school_of(1, b)), sum);
        assert_int_equal(natural_compare(natural_subtract(back, sum, a), b), 0);
        assert_int_equal(natural_compare(natural_subtract(back, sum, sum), natural_of(x, 0)), 0);
    }
}

static void sums_may_lie_where_an_operand_was(void **state) {
    (void)state;
    Digit x[3] = {~(Digit)0, ~(Digit)0, 0}, one[1] = {1};
    Natural sum = natural_add(x, (Natural){x, 2}, (Natural){one, 1});
    assert_int_equal(sum.count, 3);
    assert_int_equal(x[2], 1);
    Natural back = natural_subtract(x, sum, (Natural){one, 1});
    assert_int_equal(back.count, 2);
    assert_int_equal(x[0], ~(Digit)0);
}

static Natural multiply(Digit *to, Natural a, Natural b) {
    size_t room = natural_multiply_scratch(a.count, b.count);
    Digit *scratch = malloc((room + 1) * sizeof(Digit)); // exact, so that a sanitizer sees more
    assert_non_null(scratch);
    Natural product = natural_multiply(to, a, b, scratch);
    free(scratch);
    return product;
}

static void assert_product(Natural a, Natural b) {
    Digit *to = malloc((a.count + b.count + 1) * sizeof(Digit));
    assert_same(school_product(2, school_of(0, a), school_of(1, b)), multiply(to, a, b));
    free(to);
}

static void products_of_short_rows(void **state) {
    (void)state;
    for (int i = 0; i < CASES / 4; i++) {
        Digit x[20], y[20];
        assert_product(random_natural(x, 20), random_natural(y, 20));
    }
}

static void products_of_long_rows(void **state) {
    (void)state;
    for (int i = 0; i < 60; i++) {
        Digit x[MOST_DIGITS], y[MOST_DIGITS];
        assert_product(random_natural(x, MOST_DIGITS), random_natural(y, MOST_DIGITS));
    }
}

// Every way of cutting: lengths around the threshold and its multiples, full of ones.
static void products_of_ones_of_all_lengths(void **state) {
    (void)state;
    static const size_t lengths[] = {31, 32, 33, 63, 64, 65, 66, 97, 129, 130};
    enum { COUNT = sizeof lengths / sizeof *lengths };
    Digit ones[MOST_DIGITS];
    memset(ones, 0xFF, sizeof ones);
    for (int i = 0; i < COUNT; i++)
        for (int j = i; j < COUNT; j++)
            assert_product((Natural){ones, lengths[i]}, (Natural){ones, lengths[j]});
}

// (a + b)(a - b) = a^2 - b^2, beyond what the school can do in time.
static void products_of_very_long_rows(void **state) {
    (void)state;
    enum { LONG = 4000 };
    Digit *rows = malloc(9 * (2 * LONG + 4) * sizeof(Digit));
    Digit *row[9];
    for (int i = 0; i < 9; i++)
        row[i] = rows + i * (2 * LONG + 4);
    for (int i = 0; i < LONG; i++)
        row[0][i] = random_digit(), row[1][i] = random_digit();
    row[0][LONG - 1] |= (Digit)1 << 63, row[1][LONG - 1] = 5;
    Natural a = {row[0], LONG}, b = {row[1], LONG};
    Natural sum = natural_add(row[2], a, b), difference = natural_subtract(row[3], a, b);
    Natural left = multiply(row[4], sum, difference);
    Natural right = natural_subtract(row[7], multiply(row[5], a, a), multiply(row[6], b, b));
    assert_int_equal(natural_compare(left, right), 0);
    free(rows);
}

static void assert_division(Natural a, Natural b) {
    Digit *quotient = malloc((a.count + 1) * sizeof(Digit));
    Digit *remainder = malloc((a.count + 1) * sizeof(Digit));
    Digit *scratch = malloc((b.count + 1) * sizeof(Digit));
    Division division = natural_divide(quotient, remainder, a, b, scratch);
    assert_int_equal(natural_compare(division.remainder, b), -1);
    School *product = school_product(2, school_of(0, division.quotient), school_of(1, b));
    assert_same(school_sum(3, product, school_of(4, division.remainder)), a);
    free(quotient), free(remainder), free(scratch);
}

static void quotients_times_divisors_give_dividends(void **state) {
    (void)state;
    for (int i = 0; i < CASES / 2; i++) {
        Digit x[MOST_DIGITS], y[MOST_DIGITS];
        Natural a = random_natural(x, 30);
        assert_division(a, random_positive(y, 15));
    }
}

static void quotients_of_products_are_exact(void **state) {
    (void)state;
    for (int i = 0; i < CASES / 4; i++) {
        Digit x[10], y[10], product[20], quotient[20], remainder[21], scratch[20];
        Natural a = random_natural(x, 10), b = random_positive(y, 10);
        Division division =
            natural_divide(quotient, remainder, multiply(product, a, b), b, scratch);
        assert_int_equal(natural_compare(division.quotient, a), 0);
        assert_int_equal(division.remainder.count, 0);
    }
}

// The guess is one too large after both corrections, so that the divisor is added back.
static void a_guess_too_large_is_taken_back(void **state) {
    (void)state;
    Digit a[] = {0, 0, (Digit)1 << 63, ~(Digit)0 >> 1}, b[] = {1, 0, (Digit)1 << 63};
    assert_division((Natural){a, 4}, (Natural){b, 3});
    Digit c[] = {3, 0, (Digit)1 << 63}, d[] = {1, 0, (Digit)1 << 61};
    assert_division((Natural){c, 3}, (Natural){d, 3});
    Digit e[] = {0, ~(Digit)0 - 1, (Digit)1 << 63}, f[] = {~(Digit)0, (Digit)1 << 63};
    assert_division((Natural){e, 3}, (Natural){f, 2});
}

static void a_smaller_dividend_is_the_remainder(void **state) {
    (void)state;
    Digit a[] = {7, 9}, b[] = {0, 0, 1}, quotient[3], remainder[3], scratch[3];
    Division division =
        natural_divide(quotient, remainder, (Natural){a, 2}, (Natural){b, 3}, scratch);
    assert_int_equal(division.quotient.count, 0);
    assert_int_equal(natural_compare(division.remainder, (Natural){a, 2}), 0);
}

static void shifts_left_and_right_undo_each_other(void **state) {
    (void)state;
    for (int i = 0; i < CASES / 4; i++) {
        Digit x[30], to[50], back[50];
        Natural a = random_natural(x, 30);
        size_t places = random_below(1000);
        Natural shifted = natural_shift_left(to, a, places);
        assert_true(shifted.count <= natural_shifted_digits(a, places));
        if (a.count) assert_int_equal(natural_bit_count(shifted), natural_bit_count(a) + places);
        assert_int_equal(natural_compare(natural_shift_right(back, shifted, places), a), 0);
    }
}

// ---- loading and storing

static void bytes_are_loaded_without_leading_zeros(void **state) {
    (void)state;
    const uint8_t bytes[] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 0, 0};
    Digit to[2] = {~(Digit)0, ~(Digit)0};
    Natural a = natural_load(to, bytes, sizeof bytes);
    assert_int_equal(a.count, 2);
    assert_int_equal(a.digits[0], 0x0807060504030201);
    assert_int_equal(a.digits[1], 9);
    assert_int_equal(natural_byte_count(a), 9);
    assert_int_equal(natural_load(to, bytes + 9, 2).count, 0);
    assert_int_equal(natural_load(to, bytes, 0).count, 0);
}

static void numbers_are_stored_in_the_room_given(void **state) {
    (void)state;
    Digit digits[] = {0x0807060504030201, 9};
    uint8_t bytes[12];
    memset(bytes, 0xEE, sizeof bytes);
    natural_store((Natural){digits, 2}, bytes, 11);
    assert_memory_equal(bytes, "\1\2\3\4\5\6\7\10\11\0\0\xEE", 12);
    memset(bytes, 0xEE, sizeof bytes);
    natural_store((Natural){digits, 2}, bytes, 3);
    assert_memory_equal(bytes, "\1\2\3\xEE", 4);
}

static void bits_and_bytes_are_counted(void **state) {
    (void)state;
    Digit x[2] = {0, 1};
    assert_int_equal(natural_bit_count((Natural){x, 2}), 65);
    assert_int_equal(natural_byte_count((Natural){x, 2}), 9);
    assert_int_equal(natural_bit_count((Natural){x, 0}), 0);
    assert_false(natural_fits_digit((Natural){x, 2}));
    assert_int_equal(natural_low_digit((Natural){x, 0}), 0);
}

// ---- Montgomery

static HalfDigit negated_inverse(HalfDigit m) {
    HalfDigit inverse = 1;
    for (int i = 0; i < 5; i++)
        inverse *= 2 - m * inverse;
    return 0 - inverse;
}

// answer * 2^(32 n) and a * b leave the same rest.
static void montgomery_products_have_the_right_rest(void **state) {
    (void)state;
    for (int i = 0; i < CASES; i++) {
        size_t count = 1 + random_below(2);
        uint64_t mask = ~0ull >> (64 - 32 * count);
        uint64_t modulus = (random_digit() & mask) | 1;
        uint64_t a = random_digit() % modulus, b = random_digit() % modulus;
        HalfDigit x[2], y[2], m[2], to[3];
        half_digits_load(x, count, (uint8_t *)&a, 8);
        half_digits_load(y, count, (uint8_t *)&b, 8);
        half_digits_load(m, count, (uint8_t *)&modulus, 8);
        montgomery_multiply(to, x, y, m, count, negated_inverse(m[0]));
        uint64_t answer = to[0] | (count > 1 ? (uint64_t)to[1] << 32 : 0);
        assert_int_equal(to[count], 0);
        assert_true(answer < modulus);
        Wide radix = ((Wide)mask + 1) % modulus;
        assert_true((Wide)answer * radix % modulus == (Wide)a * b % modulus);
    }
}

static void montgomery_survives_operands_that_are_too_large(void **state) {
    (void)state;
    HalfDigit ones[4], to[5];
    memset(ones, 0xFF, sizeof ones);
    montgomery_multiply(to, ones, ones, ones, 4, 0xFFFFFFFF);
    assert_int_equal(to[4], 0);
    HalfDigit zero[1] = {0};
    montgomery_multiply(to, ones, ones, zero, 1, 7);
    assert_int_equal(to[1], 0);
}

int main(void) {
#define TEST(f) cmocka_unit_test_setup(f, start_random)
    const struct CMUnitTest tests[] = {
        TEST(short_numbers_agree_with_128_bits),
        TEST(products_of_digits_agree_with_128_bits),
        TEST(left_shifts_agree_with_128_bits),
        TEST(bits_are_found_in_ranges),
        TEST(sums_and_differences_of_long_numbers),
        TEST(sums_may_lie_where_an_operand_was),
        TEST(products_of_short_rows),
        TEST(products_of_long_rows),
        TEST(products_of_ones_of_all_lengths),
        TEST(products_of_very_long_rows),
        TEST(quotients_times_divisors_give_dividends),
        TEST(quotients_of_products_are_exact),
        TEST(a_guess_too_large_is_taken_back),
        TEST(a_smaller_dividend_is_the_remainder),
        TEST(shifts_left_and_right_undo_each_other),
        TEST(bytes_are_loaded_without_leading_zeros),
        TEST(numbers_are_stored_in_the_room_given),
        TEST(bits_and_bytes_are_counted),
        TEST(montgomery_products_have_the_right_rest),
        TEST(montgomery_survives_operands_that_are_too_large),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
