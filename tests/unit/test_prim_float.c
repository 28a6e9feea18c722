// SPDX-License-Identifier: MIT
// Primitives 38 to 59 and 541 to 559: every pair of interesting floats and integers through both
// sets, compared bit by bit with what C computes.
#include "integers.h"

#include <float.h>
#include <math.h>

static const double values[] = {
    0.0,
    -0.0,
    1.0,
    -1.0,
    0.5,
    1.5,
    -2.5,
    1.0 / 3,
    7.0,
    1e-100,
    1e100,
    -1e100,
    3e38,
    1e-310,
    5e-324,
    1e300,
    DBL_MAX,
    DBL_MIN,
    4503599627370497.0,
    INFINITY,
    -INFINITY,
    NAN,
};
enum { VALUE_COUNT = sizeof values / sizeof *values };

static Oop float_of(double value) {
    return real_fits_small_float(real(value)) ? REAL(value) : new_boxed_float(value);
}
static double double_of(Oop oop) {
    double value;
    if (oop_is_small_float(oop)) {
        Word bits = word_from_real(real_from_small_float(oop));
        int64_t raw = num_concrete(num_from_word(bits));
        memcpy(&value, &raw, 8);
    } else {
        assert_int_equal(CLASS_OF(oop), cls.boxed_float);
        memcpy(&value, object_bytes(oop), 8);
        assert_false(real_fits_small_float(real(value)));
    }
    return value;
}
// The same bits; any NaN for a NaN.
static void assert_real(Oop actual, double expected) {
    double value = double_of(actual);
    if (isnan(expected))
        assert_true(isnan(value));
    else
        assert_memory_equal(&value, &expected, 8);
}

// Which floats are immediate: both zeros, and exponents 896 to 1151 but for 896 without a fraction.
static void small_floats_have_middle_exponents(void **state) {
    (void)state;
    const uint64_t fractions[] = {0, 1, 1ull << 51, (1ull << 52) - 1};
    for (uint64_t sign = 0; sign < 2; sign++)
        for (uint64_t exponent = 0; exponent < 2048; exponent++)
            for (int i = 0; i < 4; i++) {
                uint64_t bits = sign << 63 | exponent << 52 | fractions[i];
                bool fits = exponent == 896 ? i > 0 : exponent > 896 && exponent < 1152;
                if (exponent == 0 && i == 0) fits = true;
                double value;
                memcpy(&value, &bits, 8);
                assert_int_equal(real_fits_small_float(real(value)), fits);
                if (fits) assert_real(REAL(value), value);
            }
}

static PrimitiveFunction numbered(unsigned number) {
    assert_non_null(primitive_numbered(number)->function);
    return primitive_numbered(number)->function;
}
// Of the two sets: may the receiver be sent this one?
static bool takes(unsigned number, Oop receiver) {
    return number < 500 || oop_is_small_float(receiver);
}

// ---- two operands

typedef double (*Model)(double, double);
static double plus(double x, double y) { return x + y; }
static double minus(double x, double y) { return x - y; }
static double times(double x, double y) { return x * y; }
static double over(double x, double y) { return x / y; }

static void arithmetic(unsigned number, Model model, bool divides) {
    for (int i = 0; i < VALUE_COUNT; i++)
        for (int j = 0; j < VALUE_COUNT; j++) {
            double x = values[i], y = values[j];
            Oop receiver = float_of(x);
            Outcome outcome = CALL(numbered(number), receiver, float_of(y));
            bool fails = !takes(number, receiver) || (divides && y == 0);
            assert_int_equal(outcome, fails ? OUTCOME_FAILED : OUTCOME_ANSWERED);
            if (!fails) assert_real(TOP, model(x, y));
        }
}
#define BOTH(test, number, call)                                                                   \
    static void test(void **state) {                                                               \
        (void)state;                                                                               \
        for (unsigned n = number; n <= number + 500; n += 500)                                     \
            call;                                                                                  \
    }
BOTH(sums, 41, arithmetic(n, plus, false))
BOTH(differences, 42, arithmetic(n, minus, false))
BOTH(products, 49, arithmetic(n, times, false))
BOTH(quotients, 50, arithmetic(n, over, true))

typedef bool (*Relation)(double, double);
static bool lt(double x, double y) { return x < y; }
static bool gt(double x, double y) { return x > y; }
static bool le(double x, double y) { return x <= y; }
static bool ge(double x, double y) { return x >= y; }
static bool eq(double x, double y) { return x == y; }
static bool ne(double x, double y) { return x != y; }

static void relation(unsigned number, Relation model) {
    for (int i = 0; i < VALUE_COUNT; i++)
        for (int j = 0; j < VALUE_COUNT; j++) {
            Oop receiver = float_of(values[i]);
            Outcome outcome = CALL(numbered(number), receiver, float_of(values[j]));
            assert_int_equal(outcome, takes(number, receiver) ? OUTCOME_ANSWERED : OUTCOME_FAILED);
            if (outcome == OUTCOME_ANSWERED)
                OOP_EQUAL(TOP, model(values[i], values[j]) ? TRUE_OOP : FALSE_OOP);
        }
}
BOTH(less, 43, relation(n, lt))
BOTH(greater, 44, relation(n, gt))
BOTH(less_or_equal, 45, relation(n, le))
BOTH(greater_or_equal, 46, relation(n, ge))
BOTH(equal, 47, relation(n, eq))
BOTH(not_equal, 48, relation(n, ne))

static void small_integers_are_arguments(void **state) {
    (void)state;
    assert_real(ANSWER(prim_small_float_add, REAL(1.5), INT(2)), 3.5);
    assert_real(ANSWER(prim_float_multiply, new_boxed_float(1e100), INT(-3)), 1e100 * -3);
    ANSWERS(TRUE_OOP, prim_small_float_less, REAL(1.5), INT(2));
    ANSWERS(TRUE_OOP, prim_float_equal, INT(2), REAL(2.0));
    FAILS(BAD_ARGUMENT, prim_small_float_divide, REAL(1.5), INT(0));
}

// As a double it would compare equal to its neighbours.
static void integers_that_no_double_holds_are_refused(void **state) {
    (void)state;
    FAILS(BAD_ARGUMENT, prim_small_float_equal, REAL(9007199254740992.0), INT((1ll << 53) + 1));
    FAILS(BAD_ARGUMENT, prim_small_float_less, REAL(0.5), INT((int64_t)small_max));
    ANSWERS(TRUE_OOP, prim_small_float_greater, REAL(0.5), INT((int64_t)small_min));
    FAILS(BAD_ARGUMENT, prim_float_add, REAL(0.5), integer_of_wide((Wide)1 << 64));
}

static void other_objects_are_refused(void **state) {
    (void)state;
    for (unsigned set = 0; set <= 500; set += 500)
        for (unsigned number = set + 41; number <= set + 50; number++)
            for (unsigned i = 0; i < NOT_A_NUMBER_COUNT; i++) {
                FAILS(BAD_RECEIVER, numbered(number), not_a_number(i), REAL(1.0));
                FAILS(BAD_ARGUMENT, numbered(number), REAL(1.0), not_a_number(i));
            }
    FAILS(BAD_RECEIVER, prim_small_float_add, INT(1), REAL(1.0));
}

// ---- one operand

static double fraction(double x) {
    double whole;
    return modf(x, &whole);
}
static void function_of(unsigned number, double (*model)(double), bool (*defined)(double)) {
    for (int i = 0; i < VALUE_COUNT; i++) {
        Oop receiver = float_of(values[i]);
        bool fails = !takes(number, receiver) || (defined && !defined(values[i]));
        Outcome outcome = CALL(numbered(number), receiver);
        assert_int_equal(outcome, fails ? OUTCOME_FAILED : OUTCOME_ANSWERED);
        if (!fails) assert_real(TOP, model(values[i]));
    }
}
static bool has_root(double x) { return x >= 0; }
BOTH(fractional_parts, 52, function_of(n, fraction, NULL))
BOTH(square_roots, 55, function_of(n, sqrt, has_root))
BOTH(sines, 56, function_of(n, sin, NULL))
BOTH(arc_tangents, 57, function_of(n, atan, NULL))
BOTH(logarithms, 58, function_of(n, log, NULL))
BOTH(exponentials, 59, function_of(n, exp, NULL))

static void functions_refuse_other_objects(void **state) {
    (void)state;
    for (unsigned number = 51; number <= 59; number++) {
        if (number == 54) continue;
        FAILS(BAD_RECEIVER, numbered(number), INT(1));
        FAILS(BAD_RECEIVER, numbered(number + 500), new_boxed_float(1e100));
        for (unsigned i = 0; i < NOT_A_NUMBER_COUNT; i++)
            FAILS(BAD_RECEIVER, numbered(number), not_a_number(i));
    }
}

static void truncation_to_a_small_integer(void **state) {
    (void)state;
    const double limit = (double)(1ll << 60);
    ANSWERS(INT(2), prim_small_float_truncated, REAL(2.9));
    ANSWERS(INT(-2), prim_small_float_truncated, REAL(-2.9));
    ANSWERS(INT(0), prim_float_truncated, new_boxed_float(1e-310));
    ANSWERS(INT((int64_t)small_min), prim_float_truncated, REAL(-limit));
    ANSWERS(INT((1ll << 60) - 128), prim_float_truncated, REAL(nextafter(limit, 0)));
    FAILS(GENERIC, prim_float_truncated, REAL(limit));
    FAILS(GENERIC, prim_small_float_truncated, REAL(nextafter(-limit, -INFINITY)));
    FAILS(GENERIC, prim_float_truncated, new_boxed_float(NAN));
    FAILS(GENERIC, prim_float_truncated, new_boxed_float(-INFINITY));
}

static void exponents(void **state) {
    (void)state;
    ANSWERS(INT(0), prim_small_float_exponent, REAL(1.0));
    ANSWERS(INT(-2), prim_small_float_exponent, REAL(1.0 / 3));
    ANSWERS(INT(1), prim_small_float_exponent, REAL(-2.5));
    ANSWERS(INT(332), prim_float_exponent, new_boxed_float(1e100));
    ANSWERS(INT(-1030), prim_float_exponent, new_boxed_float(1e-310));
    ANSWERS(INT(-1), prim_small_float_exponent, REAL(0.0));
    ANSWERS(INT(-1), prim_small_float_exponent, REAL(-0.0));
    ANSWERS(INT(-1), prim_float_exponent, new_boxed_float(NAN));
    ANSWERS(INT(-1), prim_float_exponent, new_boxed_float(INFINITY));
}

static void times_two_power(void **state) {
    (void)state;
    static const int powers[] = {0, 1, -1, 10, 63, -64, 1074, -1074, 2000, -2000};
    for (int i = 0; i < VALUE_COUNT; i++)
        for (size_t j = 0; j < sizeof powers / sizeof *powers; j++) {
            Oop answer = ANSWER(prim_float_times_two_power, float_of(values[i]), INT(powers[j]));
            assert_real(answer, ldexp(values[i], powers[j]));
        }
    assert_real(ANSWER(prim_small_float_times_two_power, REAL(1.0), INT((int64_t)small_max)),
                INFINITY);
    assert_real(ANSWER(prim_small_float_times_two_power, REAL(-2.5), INT((int64_t)small_min)),
                -0.0);
    FAILS(BAD_ARGUMENT, prim_small_float_times_two_power, REAL(1.0), REAL(1.0));
    FAILS(BAD_RECEIVER, prim_small_float_times_two_power, new_boxed_float(1e100), INT(1));
}

static void as_float(void **state) {
    (void)state;
    assert_real(ANSWER(prim_as_float, INT(-3)), -3.0);
    assert_real(ANSWER(prim_as_float, INT((int64_t)small_max)), (double)(1ll << 60));
    FAILS(BAD_RECEIVER, prim_as_float, REAL(1.0));
    FAILS(BAD_RECEIVER, prim_as_float, integer_of_wide((Wide)1 << 64));
}

// ---- halves

static void halves_are_read(void **state) {
    (void)state;
    ANSWERS(INT(0x54B249AD), prim_float_at, new_boxed_float(1e100), INT(1));
    ANSWERS(INT(0x2594C37D), prim_float_at, new_boxed_float(1e100), INT(2));
    ANSWERS(INT(0xBFF80000), prim_float_at, REAL(-1.5), INT(1));
    ANSWERS(INT(0), prim_float_at, REAL(-1.5), INT(2));
    FAILS(BAD_INDEX, prim_float_at, REAL(1.5), INT(0));
    FAILS(BAD_INDEX, prim_float_at, REAL(1.5), INT(3));
    FAILS(BAD_ARGUMENT, prim_float_at, REAL(1.5), REAL(1.0));
    FAILS(BAD_RECEIVER, prim_float_at, INT(1), INT(1));
}

static void halves_are_written(void **state) {
    (void)state;
    Oop boxed = new_boxed_float(0);
    ANSWERS(INT(0x54B249AD), prim_float_at_put, boxed, INT(1), INT(0x54B249AD));
    ANSWERS(INT(0x2594C37D), prim_float_at_put, boxed, INT(2), INT(0x2594C37D));
    double value;
    memcpy(&value, object_bytes(boxed), 8);
    assert_true(value == 1e100);
}

static void bad_halves_change_nothing(void **state) {
    (void)state;
    Oop boxed = new_boxed_float(1e100), constant = read_only(new_boxed_float(1e100));
    FAILS(BAD_INDEX, prim_float_at_put, boxed, INT(3), INT(0));
    FAILS(BAD_ARGUMENT, prim_float_at_put, boxed, INT(1), INT(-1));
    FAILS(BAD_ARGUMENT, prim_float_at_put, boxed, INT(1), INT(1ll << 32));
    FAILS(BAD_ARGUMENT, prim_float_at_put, boxed, NIL, INT(0));
    FAILS(BAD_RECEIVER, prim_float_at_put, REAL(1.0), INT(1), INT(0));
    FAILS(NO_MODIFICATION, prim_float_at_put, constant, INT(1), INT(0));
    assert_real(boxed, 1e100);
    assert_real(constant, 1e100);
}

// ---- 238, 239: elements of arrays of floats

static void float_arrays_of_both_widths_are_read_and_written(void **state) {
    (void)state;
    Oop narrow = new_words32(3), wide = new_words64(2);
    OOP_EQUAL(ANSWER(prim_float_array_at_put, narrow, INT(3), REAL(1.5)), REAL(1.5));
    ANSWERS(REAL(1.5), prim_float_array_at, narrow, INT(3));
    ANSWERS(REAL(0.0), prim_float_array_at, narrow, INT(2));
    OOP_EQUAL(ANSWER(prim_float_array_at_put, narrow, INT(1), REAL(0.1)), REAL(0.1));
    ANSWERS(REAL((double)0.1f), prim_float_array_at, narrow, INT(1));
    OOP_EQUAL(ANSWER(prim_float_array_at_put, wide, INT(2), REAL(0.1)), REAL(0.1));
    ANSWERS(REAL(0.1), prim_float_array_at, wide, INT(2));
    OOP_EQUAL(ANSWER(prim_float_array_at_put, wide, INT(1), INT(-7)), INT(-7));
    ANSWERS(REAL(-7.0), prim_float_array_at, wide, INT(1));
}

static void elements_of_float_arrays_are_checked(void **state) {
    (void)state;
    Oop narrow = new_words32(3), wide = new_words64(2);
    FAILS(BAD_INDEX, prim_float_array_at, narrow, INT(0));
    FAILS(BAD_INDEX, prim_float_array_at, narrow, INT(4));
    FAILS(BAD_INDEX, prim_float_array_at, wide, INT(3));
    FAILS(BAD_INDEX, prim_float_array_at_put, wide, INT(3), REAL(1.0));
    FAILS(BAD_ARGUMENT, prim_float_array_at, narrow, REAL(1.0));
    FAILS(BAD_ARGUMENT, prim_float_array_at_put, narrow, INT(1), NIL);
    FAILS(BAD_ARGUMENT, prim_float_array_at_put, narrow, NIL, REAL(1.0));
    FAILS(NO_MODIFICATION, prim_float_array_at_put, read_only(new_words32(1)), INT(1), REAL(1.0));
    Oop wrong[] = {NIL,           INT(1),      new_bytes(8),        new_array(2),
                   new_shorts(4), new_plain(), forwarder_to(narrow)};
    for (unsigned i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        FAILS(BAD_RECEIVER, prim_float_array_at, wrong[i], INT(1));
        FAILS(BAD_RECEIVER, prim_float_array_at_put, wrong[i], INT(1), REAL(1.0));
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        PRIM_TEST(float_arrays_of_both_widths_are_read_and_written),
        PRIM_TEST(elements_of_float_arrays_are_checked),
        PRIM_TEST(sums),
        PRIM_TEST(differences),
        PRIM_TEST(products),
        PRIM_TEST(quotients),
        PRIM_TEST(less),
        PRIM_TEST(greater),
        PRIM_TEST(less_or_equal),
        PRIM_TEST(greater_or_equal),
        PRIM_TEST(equal),
        PRIM_TEST(not_equal),
        PRIM_TEST(small_floats_have_middle_exponents),
        PRIM_TEST(small_integers_are_arguments),
        PRIM_TEST(integers_that_no_double_holds_are_refused),
        PRIM_TEST(other_objects_are_refused),
        PRIM_TEST(fractional_parts),
        PRIM_TEST(square_roots),
        PRIM_TEST(sines),
        PRIM_TEST(arc_tangents),
        PRIM_TEST(logarithms),
        PRIM_TEST(exponentials),
        PRIM_TEST(functions_refuse_other_objects),
        PRIM_TEST(truncation_to_a_small_integer),
        PRIM_TEST(exponents),
        PRIM_TEST(times_two_power),
        PRIM_TEST(as_float),
        PRIM_TEST(halves_are_read),
        PRIM_TEST(halves_are_written),
        PRIM_TEST(bad_halves_change_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
