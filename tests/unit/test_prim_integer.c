// SPDX-License-Identifier: MIT
// Primitives 1 to 19: each with every pair of interesting integers, compared with what 128-bit
// arithmetic says about the answer and about whether there is one.
#include "integers.h"

static Wide floor_quotient(Wide x, Wide y) {
    return x / y - (x % y != 0 && (x % y < 0) != (y < 0));
}

typedef Wide (*Model)(Wide x, Wide y);
static Wide plus(Wide x, Wide y) { return x + y; }
static Wide minus(Wide x, Wide y) { return x - y; }
static Wide times(Wide x, Wide y) { return x * y; }
static Wide quotient(Wide x, Wide y) { return x / y; }
static Wide modulo(Wide x, Wide y) { return x - y * floor_quotient(x, y); }

// For SmallIntegers with a SmallInteger answer: it; for everything else: failure.
static void small_pairs(PrimitiveFunction function, Model model, bool divides, bool exactly) {
    for (int i = 0; i < INTERESTING_COUNT; i++)
        for (int j = 0; j < INTERESTING_COUNT; j++) {
            Wide x = interesting[i], y = interesting[j];
            bool small = wide_is_small(x) && wide_is_small(y) && !(divides && y == 0);
            if (small && exactly) small = x % y == 0;
            Wide expected = small ? model(x, y) : 0;
            Outcome outcome = CALL(function, integer_of_wide(x), integer_of_wide(y));
            if (small && wide_is_small(expected))
                assert_answered(outcome, expected);
            else
                assert_int_equal(outcome, OUTCOME_FAILED);
        }
}

static void add(void **state) { (void)state, small_pairs(prim_integer_add, plus, false, false); }
static void subtract(void **state) {
    (void)state, small_pairs(prim_integer_subtract, minus, false, false);
}
static void multiply(void **state) {
    (void)state, small_pairs(prim_integer_multiply, times, false, false);
}
static void divide(void **state) {
    (void)state, small_pairs(prim_integer_divide, quotient, true, true);
}
static void modulo_of_all(void **state) {
    (void)state, small_pairs(prim_integer_modulo, modulo, true, false);
}
static void floor_divide(void **state) {
    (void)state, small_pairs(prim_integer_floor_divide, floor_quotient, true, false);
}
static void truncated_quotient(void **state) {
    (void)state, small_pairs(prim_integer_quotient, quotient, true, false);
}

static void signs_of_division(void **state) {
    (void)state;
    ANSWERS(INT(-4), prim_integer_floor_divide, INT(-7), INT(2));
    ANSWERS(INT(-3), prim_integer_quotient, INT(-7), INT(2));
    ANSWERS(INT(1), prim_integer_modulo, INT(-7), INT(2));
    ANSWERS(INT(-1), prim_integer_modulo, INT(7), INT(-2));
    ANSWERS(INT(0), prim_integer_modulo, INT(-8), INT(2));
}

static void failures_name_the_operand(void **state) {
    (void)state;
    FAILS(BAD_RECEIVER, prim_integer_add, NIL, INT(1));
    FAILS(BAD_RECEIVER, prim_integer_add, REAL(1.0), INT(1));
    FAILS(BAD_ARGUMENT, prim_integer_add, INT(1), REAL(1.0));
    FAILS(BAD_ARGUMENT, prim_integer_quotient, INT(1), INT(0));
    FAILS(BAD_RECEIVER, prim_integer_equal, NIL, INT(0));
    FAILS(BAD_ARGUMENT, prim_integer_bit_and, INT(1), INT(-1));
    FAILS(BAD_RECEIVER, prim_integer_bit_or, INT(-1), INT(1));
    FAILS(GENERIC, prim_integer_add, INT((int64_t)small_max), INT(1));
    FAILS(GENERIC, prim_integer_floor_divide, INT((int64_t)small_min), INT(-1));
}

static void other_objects_are_refused_everywhere(void **state) {
    (void)state;
    for (unsigned number = 1; number <= 17; number++)
        for (unsigned i = 0; i < NOT_A_NUMBER_COUNT; i++) {
            PrimitiveFunction function = primitive_numbered(number)->function;
            FAILS(BAD_RECEIVER, function, not_a_number(i), INT(1));
            FAILS(BAD_ARGUMENT, function, INT(1), not_a_number(i));
        }
}

// ---- comparisons

typedef bool (*Relation)(Wide x, Wide y);
static bool lt(Wide x, Wide y) { return x < y; }
static bool gt(Wide x, Wide y) { return x > y; }
static bool le(Wide x, Wide y) { return x <= y; }
static bool ge(Wide x, Wide y) { return x >= y; }
static bool eq(Wide x, Wide y) { return x == y; }
static bool ne(Wide x, Wide y) { return x != y; }

static void relation(PrimitiveFunction function, Relation model, bool (*accepts)(Wide)) {
    for (int i = 0; i < INTERESTING_COUNT; i++)
        for (int j = 0; j < INTERESTING_COUNT; j++) {
            Wide x = interesting[i], y = interesting[j];
            Outcome outcome = CALL(function, integer_of_wide(x), integer_of_wide(y));
            bool accepted = accepts(x) && accepts(y);
            assert_int_equal(outcome, accepted ? OUTCOME_ANSWERED : OUTCOME_FAILED);
            if (accepted) OOP_EQUAL(TOP, model(x, y) ? TRUE_OOP : FALSE_OOP);
        }
}
static void order_of_small_integers(void **state) {
    (void)state;
    relation(prim_integer_less, lt, wide_is_small);
    relation(prim_integer_greater, gt, wide_is_small);
    relation(prim_integer_less_or_equal, le, wide_is_small);
    relation(prim_integer_greater_or_equal, ge, wide_is_small);
}
static void equality_of_64_bits(void **state) {
    (void)state;
    relation(prim_integer_equal, eq, wide_fits_signed);
    relation(prim_integer_not_equal, ne, wide_fits_signed);
}

// ---- bits

static Wide bit_and(Wide x, Wide y) { return x & y; }
static Wide bit_or(Wide x, Wide y) { return x | y; }
static Wide bit_xor(Wide x, Wide y) { return x ^ y; }

static void natural_pairs(PrimitiveFunction function, Model model) {
    for (int i = 0; i < INTERESTING_COUNT; i++)
        for (int j = 0; j < INTERESTING_COUNT; j++) {
            Wide x = interesting[i], y = interesting[j];
            Outcome outcome = CALL(function, integer_of_wide(x), integer_of_wide(y));
            if (x >= 0 && y >= 0)
                assert_answered(outcome, model(x, y));
            else
                assert_int_equal(outcome, OUTCOME_FAILED);
        }
}
static void bits_of_naturals(void **state) {
    (void)state;
    natural_pairs(prim_integer_bit_and, bit_and);
    natural_pairs(prim_integer_bit_or, bit_or);
    natural_pairs(prim_large_bit_xor, bit_xor);
}

static void exclusive_or_of_any_small_integers(void **state) {
    (void)state;
    for (int i = 0; i < INTERESTING_COUNT; i++)
        for (int j = 0; j < INTERESTING_COUNT; j++) {
            Wide x = interesting[i], y = interesting[j];
            Outcome outcome = CALL(prim_integer_bit_xor, integer_of_wide(x), integer_of_wide(y));
            if ((x >= 0 && y >= 0) || (wide_is_small(x) && wide_is_small(y)))
                assert_answered(outcome, x ^ y);
            else
                assert_int_equal(outcome, OUTCOME_FAILED);
        }
}

static void shifts_of_64_bits(void **state) {
    (void)state;
    for (int i = 0; i < INTERESTING_COUNT; i++)
        for (int64_t places = -63; places <= 63; places++) {
            Wide x = interesting[i];
            Wide shifted = places < 0 ? x >> -places : x * ((Wide)1 << (places < 62 ? places : 0));
            Outcome outcome = CALL(prim_integer_bit_shift, integer_of_wide(x), INT(places));
            bool fits = wide_fits_signed(x) && places >= -61 && places <= 61;
            if (fits && wide_fits_signed(shifted))
                assert_answered(outcome, shifted);
            else
                assert_int_equal(outcome, OUTCOME_FAILED);
        }
}

static void shifts_by_large_numbers_fail(void **state) {
    (void)state;
    FAILS(BAD_ARGUMENT, prim_integer_bit_shift, INT(1), integer_of_wide((Wide)1 << 61));
    FAILS(BAD_ARGUMENT, prim_integer_bit_shift, INT(1), INT((int64_t)small_min));
    FAILS(BAD_ARGUMENT, prim_integer_bit_shift, INT(0), INT(62));
}

// ---- 18 and 19

static void points_are_made_of_numbers(void **state) {
    (void)state;
    Oop point = ANSWER(prim_make_point, INT(3), REAL(4.5));
    assert_int_equal(CLASS_OF(point), cls.point);
    OOP_EQUAL(field_at(point, POINT_X), INT(3));
    OOP_EQUAL(field_at(point, POINT_Y), REAL(4.5));
    ANSWER(prim_make_point, INT(3), new_boxed_float(1e100));
    FAILS(BAD_ARGUMENT, prim_make_point, INT(3), NIL);
    FAILS(BAD_ARGUMENT, prim_make_point, INT(3), CHARACTER('y'));
    FAILS(BAD_ARGUMENT, prim_make_point, INT(3), integer_of_wide((Wide)1 << 70));
}

static void nineteen_always_fails(void **state) {
    (void)state;
    FAILS(GENERIC, prim_always_fails, INT(1));
    FAILS(GENERIC, prim_always_fails, INT(1), INT(2), INT(3));
}

// ---- 575

static void high_bits_are_counted_from_one(void **state) {
    (void)state;
    ANSWERS(INT(0), prim_integer_high_bit, INT(0));
    ANSWERS(INT(1), prim_integer_high_bit, INT(1));
    ANSWERS(INT(2), prim_integer_high_bit, INT(3));
    ANSWERS(INT(3), prim_integer_high_bit, INT(4));
    ANSWERS(INT(60), prim_integer_high_bit, INT((1ll << 60) - 1));
    FAILS(BAD_RECEIVER, prim_integer_high_bit, INT(-1));
    FAILS(BAD_RECEIVER, prim_integer_high_bit, NIL);
    FAILS(BAD_RECEIVER, prim_integer_high_bit, REAL(1.0));
    FAILS(BAD_RECEIVER, prim_integer_high_bit, new_large_word(false, 1ull << 62));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        PRIM_TEST(high_bits_are_counted_from_one),
        PRIM_TEST(add),
        PRIM_TEST(subtract),
        PRIM_TEST(multiply),
        PRIM_TEST(divide),
        PRIM_TEST(modulo_of_all),
        PRIM_TEST(floor_divide),
        PRIM_TEST(truncated_quotient),
        PRIM_TEST(signs_of_division),
        PRIM_TEST(failures_name_the_operand),
        PRIM_TEST(other_objects_are_refused_everywhere),
        PRIM_TEST(order_of_small_integers),
        PRIM_TEST(equality_of_64_bits),
        PRIM_TEST(bits_of_naturals),
        PRIM_TEST(exclusive_or_of_any_small_integers),
        PRIM_TEST(shifts_of_64_bits),
        PRIM_TEST(shifts_by_large_numbers_fail),
        PRIM_TEST(points_are_made_of_numbers),
        PRIM_TEST(nineteen_always_fails),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
