// SPDX-License-Identifier: MIT
// Primitives 20 to 37: every pair of interesting integers, compared with 128-bit arithmetic.
#include "integers.h"

typedef Wide (*Model)(Wide x, Wide y);
static Wide floor_quotient(Wide x, Wide y) {
    return x / y - (x % y != 0 && (x % y < 0) != (y < 0));
}
static Wide plus(Wide x, Wide y) { return x + y; }
static Wide minus(Wide x, Wide y) { return x - y; }
static Wide quotient(Wide x, Wide y) { return x / y; }
static Wide remainder_of(Wide x, Wide y) { return x % y; }
static Wide modulo(Wide x, Wide y) { return x - y * floor_quotient(x, y); }

typedef enum Kind { ANY, DIVIDES, DIVIDES_EXACTLY } Kind;

static void pair(PrimitiveFunction function, Model model, Kind kind, Wide x, Wide y) {
    bool possible = kind == ANY || (y != 0 && (kind == DIVIDES || x % y == 0));
    Wide expected = possible ? model(x, y) : 0;
    Outcome outcome = CALL(function, integer_of_wide(x), integer_of_wide(y));
    if (possible && wide_fits_magnitude(expected))
        assert_answered(outcome, expected);
    else
        assert_int_equal(outcome, OUTCOME_FAILED);
}
static void pairs(PrimitiveFunction function, Model model, Kind kind) {
    for (int i = 0; i < INTERESTING_COUNT; i++)
        for (int j = 0; j < INTERESTING_COUNT; j++)
            pair(function, model, kind, interesting[i], interesting[j]);
}

static void sums(void **state) { (void)state, pairs(prim_large_add, plus, ANY); }
static void differences(void **state) { (void)state, pairs(prim_large_subtract, minus, ANY); }
static void remainders(void **state) {
    (void)state, pairs(prim_large_remainder, remainder_of, DIVIDES);
}
static void exact_quotients(void **state) {
    (void)state, pairs(prim_large_divide, quotient, DIVIDES_EXACTLY);
}
static void modulos(void **state) { (void)state, pairs(prim_large_modulo, modulo, DIVIDES); }
static void floors(void **state) {
    (void)state, pairs(prim_large_floor_divide, floor_quotient, DIVIDES);
}
static void quotients(void **state) { (void)state, pairs(prim_large_quotient, quotient, DIVIDES); }

// Products of two 64-bit magnitudes take 128 bits and a sign: one more than the model has.
static void products(void **state) {
    (void)state;
    for (int i = 0; i < INTERESTING_COUNT; i++)
        for (int j = 0; j < INTERESTING_COUNT; j++) {
            Wide x = interesting[i], y = interesting[j], product;
            bool fits = !__builtin_mul_overflow(x, y, &product) && wide_fits_magnitude(product);
            Outcome outcome = CALL(prim_large_multiply, integer_of_wide(x), integer_of_wide(y));
            if (fits)
                assert_answered(outcome, product);
            else
                assert_int_equal(outcome, OUTCOME_FAILED);
        }
}

static void relation(PrimitiveFunction function, bool for_less, bool for_equal, bool for_more) {
    for (int i = 0; i < INTERESTING_COUNT; i++)
        for (int j = 0; j < INTERESTING_COUNT; j++) {
            Wide x = interesting[i], y = interesting[j];
            Outcome outcome = CALL(function, integer_of_wide(x), integer_of_wide(y));
            bool fits = wide_fits_signed(x) && wide_fits_signed(y);
            assert_int_equal(outcome, fits ? OUTCOME_ANSWERED : OUTCOME_FAILED);
            bool expected = x < y ? for_less : x > y ? for_more : for_equal;
            if (fits) OOP_EQUAL(TOP, expected ? TRUE_OOP : FALSE_OOP);
        }
}
static void comparisons(void **state) {
    (void)state;
    relation(prim_large_less, true, false, false);
    relation(prim_large_greater, false, false, true);
    relation(prim_large_less_or_equal, true, true, false);
    relation(prim_large_greater_or_equal, false, true, true);
    relation(prim_large_equal, false, true, false);
    relation(prim_large_not_equal, true, false, true);
}

static void bits(void **state) {
    (void)state;
    Oop x = integer_of_wide(UINT64_MAX), y = integer_of_wide((Wide)1 << 63);
    assert_normal(ANSWER(prim_large_bit_and, x, y), (Wide)1 << 63);
    assert_normal(ANSWER(prim_large_bit_or, y, INT(1)), ((Wide)1 << 63) + 1);
    assert_normal(ANSWER(prim_large_bit_xor, x, x), 0);
    FAILS(BAD_ARGUMENT, prim_large_bit_and, x, INT(-1));
    FAILS(BAD_RECEIVER, prim_large_bit_xor, integer_of_wide(-((Wide)1 << 62)), INT(1));
    FAILS(BAD_RECEIVER, prim_large_bit_or, integer_of_wide((Wide)1 << 64), INT(1));
}

static unsigned bits_of_size(Wide x) {
    unsigned bits = 0;
    for (UnsignedWide size = x < 0 ? 0 - (UnsignedWide)x : (UnsignedWide)x; size; size >>= 1)
        bits++;
    return bits;
}

static void shift(Wide x, int64_t places) {
    bool fits = places < 64 && (places < 0 || bits_of_size(x) + places <= 64);
    Outcome outcome = CALL(prim_large_bit_shift, integer_of_wide(x), INT(places));
    if (fits)
        assert_answered(outcome, places < 0 ? x >> -places : x * ((Wide)1 << places));
    else
        assert_int_equal(outcome, OUTCOME_FAILED);
}
static void shifts(void **state) {
    (void)state;
    for (int i = 0; i < INTERESTING_COUNT; i++)
        for (int64_t places = -70; places <= 70; places++)
            shift(interesting[i], places);
}
static void shifts_by_very_many_places(void **state) {
    (void)state;
    FAILS(BAD_ARGUMENT, prim_large_bit_shift, INT(1), integer_of_wide((Wide)1 << 61));
    FAILS(BAD_ARGUMENT, prim_large_bit_shift, INT(0), INT((int64_t)small_max));
    ANSWERS(INT(-1), prim_large_bit_shift, INT(-5), INT((int64_t)small_min));
    ANSWERS(INT(0), prim_large_bit_shift, INT(5), INT((int64_t)small_min));
}

static void numbers_of_more_than_64_bits_are_refused(void **state) {
    (void)state;
    Oop large = integer_of_wide((Wide)1 << 64);
    for (unsigned number = 20; number <= 37; number++) {
        FAILS(BAD_RECEIVER, primitive_numbered(number)->function, large, INT(1));
        FAILS(BAD_ARGUMENT, primitive_numbered(number)->function, INT(1), large);
    }
}

static void other_objects_are_refused(void **state) {
    (void)state;
    for (unsigned number = 20; number <= 37; number++)
        for (unsigned i = 0; i < NOT_A_NUMBER_COUNT; i++) {
            PrimitiveFunction function = primitive_numbered(number)->function;
            FAILS(BAD_RECEIVER, function, not_a_number(i), INT(1));
            FAILS(BAD_ARGUMENT, function, INT(1), not_a_number(i));
        }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        PRIM_TEST(sums),
        PRIM_TEST(differences),
        PRIM_TEST(products),
        PRIM_TEST(remainders),
        PRIM_TEST(exact_quotients),
        PRIM_TEST(modulos),
        PRIM_TEST(floors),
        PRIM_TEST(quotients),
        PRIM_TEST(comparisons),
        PRIM_TEST(bits),
        PRIM_TEST(shifts),
        PRIM_TEST(shifts_by_very_many_places),
        PRIM_TEST(numbers_of_more_than_64_bits_are_refused),
        PRIM_TEST(other_objects_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
