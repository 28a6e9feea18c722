// SPDX-License-Identifier: MIT
// The LargeIntegers plugin: every pair of interesting integers against 128-bit arithmetic where it
// fits, longer numbers by laws that sums, products and quotients obey, and the shapes of answers
// that the images count on.
#include "base/natural.h"
#include "integers.h"

#include "plugin/registry.h"

extern const Plugin plugin_large_integers;

static PrimitiveFunction named(const char *name) {
    for (const Primitive *row = plugin_large_integers.primitives; row->name; row++)
        if (strcmp(row->name, name) == 0) return row->function;
    fail_msg("no primitive %s", name);
    return NULL;
}

static Wide size_of(Wide value) { return value < 0 ? -value : value; }
static Wide with_sign(Wide size, bool negative) { return negative ? -size : size; }

typedef Wide (*Model)(Wide x, Wide y);
static void pairs(const char *name, Model model) {
    for (int i = 0; i < INTERESTING_COUNT; i++)
        for (int j = 0; j < INTERESTING_COUNT; j++) {
            Wide x = interesting[i], y = interesting[j];
            Outcome outcome = CALL(named(name), integer_of_wide(x), integer_of_wide(y));
            assert_answered(outcome, model(x, y));
        }
}

// ---- sums, differences, products

static Wide sum_of_sizes(Wide x, Wide y) { return with_sign(size_of(x) + size_of(y), x < 0); }
static Wide difference_of_sizes(Wide x, Wide y) {
    return with_sign(size_of(x) - size_of(y), x < 0);
}
static void sums(void **state) { (void)state, pairs("primDigitAdd", sum_of_sizes); }
static void differences(void **state) {
    (void)state, pairs("primDigitSubtract", difference_of_sizes);
}

static void products(void **state) {
    (void)state;
    for (int i = 0; i < INTERESTING_COUNT; i++)
        for (int j = 0; j < INTERESTING_COUNT; j++) {
            Wide x = interesting[i], y = interesting[j], product;
            if (__builtin_mul_overflow(size_of(x), size_of(y), &product)) continue;
            Oop a = integer_of_wide(x), b = integer_of_wide(y);
            assert_answered(CALL(named("primDigitMultiplyNegative"), a, b, FALSE_OOP), product);
            assert_answered(CALL(named("primDigitMultiplyNegative"), a, b, TRUE_OOP), -product);
        }
}

// ---- division

static void assert_pair(Oop pair, Wide quotient, Wide rest) {
    assert_int_equal(CLASS_OF(pair), cls.array);
    assert_true(wide_of_integer(field_at(pair, 0)) == quotient);
    assert_true(wide_of_integer(field_at(pair, 1)) == rest);
}

static void quotients(void **state) {
    (void)state;
    for (int i = 0; i < INTERESTING_COUNT; i++)
        for (int j = 0; j < INTERESTING_COUNT; j++) {
            Wide x = interesting[i], y = interesting[j];
            Oop a = integer_of_wide(x), b = integer_of_wide(y);
            if (y == 0) {
                FAILS(BAD_ARGUMENT, named("primDigitDivNegative"), a, b, FALSE_OOP);
                continue;
            }
            Wide quotient = size_of(x) / size_of(y), rest = x % size_of(y);
            assert_pair(ANSWER(named("primDigitDivNegative"), a, b, FALSE_OOP), quotient, rest);
            assert_pair(ANSWER(named("primDigitDivNegative"), a, b, TRUE_OOP), -quotient, rest);
        }
}

// Neither part is normalized: the image does that, and asks for the class.
static void quotient_and_remainder_keep_the_classes_asked_for(void **state) {
    (void)state;
    Oop a = integer_of_wide(-((Wide)1 << 64));
    Oop pair = ANSWER(named("primDigitDivNegative"), a, integer_of_wide((Wide)1 << 62), TRUE_OOP);
    assert_int_equal(CLASS_OF(field_at(pair, 0)), cls.large_negative);
    assert_int_equal(CLASS_OF(field_at(pair, 1)), cls.large_negative);
    assert_true(wide_of_integer(field_at(pair, 0)) == -4);
    assert_int_equal(num_concrete(byte_count(field_at(pair, 1))), 0);
}

static void a_shorter_dividend_is_its_own_remainder(void **state) {
    (void)state;
    Oop a = integer_of_wide((Wide)1 << 62);
    Oop pair = ANSWER(named("primDigitDivNegative"), a, integer_of_wide((Wide)1 << 70), TRUE_OOP);
    OOP_EQUAL(field_at(pair, 0), INT(0));
    OOP_EQUAL(field_at(pair, 1), a);
}

static void division_wants_numbers_without_leading_zeros(void **state) {
    (void)state;
    Oop padded = new_large(false, "\1\2\3\4\5\6\7\10\0", 9), a = integer_of_wide((Wide)1 << 80);
    FAILS(BAD_RECEIVER, named("primDigitDivNegative"), padded, a, FALSE_OOP);
    FAILS(BAD_ARGUMENT, named("primDigitDivNegative"), a, padded, FALSE_OOP);
    FAILS(BAD_ARGUMENT, named("primDigitDivNegative"), a, new_large(false, "", 0), FALSE_OOP);
    FAILS(BAD_ARGUMENT, named("primDigitDivNegative"), a, a, NIL);
}

// ---- long numbers

static Oop random_large(unsigned bytes) {
    static uint32_t seed = 12345;
    char digits[4096];
    for (unsigned i = 0; i < bytes; i++) {
        seed = seed * 1664525 + 1013904223;
        digits[i] = (char)(seed >> 24);
    }
    digits[bytes - 1] |= 1;
    return new_large(false, digits, bytes);
}
static void assert_same_integer(Oop x, Oop y) {
    ANSWERS(INT(0), named("primDigitCompare"), x, y);
    if (oop_is_int(x) || oop_is_int(y))
        OOP_EQUAL(x, y);
    else
        assert_int_equal(CLASS_OF(x), CLASS_OF(y));
}
static Oop add(Oop x, Oop y) { return ANSWER(named("primDigitAdd"), x, y); }
static Oop subtract(Oop x, Oop y) { return ANSWER(named("primDigitSubtract"), x, y); }
static Oop multiply(Oop x, Oop y) {
    return ANSWER(named("primDigitMultiplyNegative"), x, y, FALSE_OOP);
}

static void long_products_divide_again(void **state) {
    (void)state;
    for (unsigned bytes = 9; bytes < 1990; bytes = bytes * 5 / 3) {
        Oop x = random_large(bytes), y = random_large(2000 - bytes), rest = random_large(8);
        Oop dividend = add(multiply(x, y), rest);
        Oop pair = ANSWER(named("primDigitDivNegative"), dividend, y, FALSE_OOP);
        assert_same_integer(ANSWER(named("primNormalizePositive"), field_at(pair, 0)), x);
        assert_same_integer(ANSWER(named("primNormalizePositive"), field_at(pair, 1)),
                            ANSWER(named("primNormalizePositive"), rest));
    }
}

static void long_products_distribute_over_sums(void **state) {
    (void)state;
    for (unsigned bytes = 9; bytes < 4000; bytes += 997) {
        Oop x = random_large(bytes), y = random_large(700), z = random_large(1100);
        assert_same_integer(multiply(x, add(y, z)), add(multiply(x, y), multiply(x, z)));
        assert_same_integer(subtract(add(x, y), x), y);
    }
}

// ---- comparing

static void magnitudes_are_compared(void **state) {
    (void)state;
    for (int i = 0; i < INTERESTING_COUNT; i++)
        for (int j = 0; j < INTERESTING_COUNT; j++) {
            Wide x = interesting[i], y = interesting[j];
            Wide difference = size_of(x) - size_of(y);
            int order = difference < 0 ? -1 : difference > 0;
            if (wide_is_small(x) != wide_is_small(y)) order = wide_is_small(x) ? -1 : 1;
            ANSWERS(INT(order), named("primDigitCompare"), integer_of_wide(x), integer_of_wide(y));
        }
}

// ---- bits

static Wide bit_and(Wide x, Wide y) { return x & y; }
static Wide bit_or(Wide x, Wide y) { return x | y; }
static Wide bit_xor(Wide x, Wide y) { return x ^ y; }
static void natural_pairs(const char *name, Model model) {
    for (int i = 0; i < INTERESTING_COUNT; i++)
        for (int j = 0; j < INTERESTING_COUNT; j++) {
            Wide x = interesting[i], y = interesting[j];
            Oop a = integer_of_wide(x), b = integer_of_wide(y);
            if (x < 0)
                FAILS(BAD_RECEIVER, named(name), a, b);
            else if (y < 0)
                FAILS(BAD_ARGUMENT, named(name), a, b);
            else
                assert_answered(CALL(named(name), a, b), model(x, y));
        }
}
static void bits(void **state) {
    (void)state;
    natural_pairs("primDigitBitAnd", bit_and);
    natural_pairs("primDigitBitOr", bit_or);
    natural_pairs("primDigitBitXor", bit_xor);
}

static void shifts_to_the_right_are_normal(void **state) {
    (void)state;
    for (int i = 0; i < INTERESTING_COUNT; i++)
        for (int places = 1; places <= 80; places++) {
            Wide x = interesting[i];
            Outcome outcome =
                CALL(named("primDigitBitShiftMagnitude"), integer_of_wide(x), INT(-places));
            assert_answered(outcome, with_sign(size_of(x) >> places, x < 0));
        }
}

static void shifts_to_the_left_are_large(void **state) {
    (void)state;
    for (int i = 0; i < INTERESTING_COUNT; i++)
        for (int places = 0; places <= 62; places++) {
            Wide x = interesting[i];
            Oop shifted =
                ANSWER(named("primDigitBitShiftMagnitude"), integer_of_wide(x), INT(places));
            assert_false(oop_is_int(shifted));
            assert_true(wide_of_integer(shifted) == x * ((Wide)1 << places));
        }
}

static void shifts_by_many_places(void **state) {
    (void)state;
    Oop shifted = ANSWER(named("primDigitBitShiftMagnitude"), INT(5), INT(8003));
    assert_int_equal(num_concrete(byte_count(shifted)), 1001);
    assert_int_equal(object_bytes(shifted)[1000], 5 << 3);
    ANSWERS(INT(5), named("primDigitBitShiftMagnitude"), shifted, INT(-8003));
    Oop zero = ANSWER(named("primDigitBitShiftMagnitude"), INT(0), INT(8003));
    assert_int_equal(num_concrete(byte_count(zero)), 1);
    ANSWERS(INT(0), named("primDigitBitShiftMagnitude"), shifted, INT((int64_t)small_min));
    FAILS(NO_MEMORY, named("primDigitBitShiftMagnitude"), INT(1), INT((int64_t)small_max));
    FAILS(BAD_ARGUMENT, named("primDigitBitShiftMagnitude"), INT(1), shifted);
}

static void bits_are_found_in_ranges(void **state) {
    (void)state;
    Oop x = integer_of_wide((Wide)1 << 70 | 1 << 5);
    PrimitiveFunction any = named("primAnyBitFromTo");
    ANSWERS(TRUE_OOP, any, x, INT(6), INT(6));
    ANSWERS(FALSE_OOP, any, x, INT(1), INT(5));
    ANSWERS(FALSE_OOP, any, x, INT(7), INT(70));
    ANSWERS(TRUE_OOP, any, x, INT(7), INT(71));
    ANSWERS(FALSE_OOP, any, x, INT(72), INT((int64_t)small_max));
    ANSWERS(FALSE_OOP, any, x, INT(71), INT(6));
    ANSWERS(TRUE_OOP, any, INT(-8), INT(4), INT(4));
    ANSWERS(FALSE_OOP, any, INT(0), INT(1), INT(100));
    FAILS(BAD_ARGUMENT, any, x, INT(0), INT(3));
    FAILS(BAD_ARGUMENT, any, x, INT(1), INT(0));
    FAILS(BAD_ARGUMENT, any, x, NIL, INT(3));
    FAILS(BAD_RECEIVER, any, REAL(1.0), INT(1), INT(3));
}

// ---- normalizing

static void normalizing_takes_leading_zeros_away(void **state) {
    (void)state;
    PrimitiveFunction positive = named("primNormalizePositive");
    PrimitiveFunction negative = named("primNormalizeNegative");
    assert_answered(CALL(positive, new_large(false, "\1\2\3\0\0", 5)), 0x030201);
    assert_answered(CALL(negative, new_large(true, "\1\2\3\0\0", 5)), -0x030201);
    assert_answered(CALL(positive, new_large(false, "\0\0", 2)), 0);
    assert_answered(CALL(negative, new_large(true, "", 0)), 0);
    assert_answered(CALL(negative, new_large(true, "\0\0\0\0\0\0\0\20", 8)), small_min);
    assert_answered(CALL(positive, new_large(false, "\0\0\0\0\0\0\0\20", 8)), -small_min);
    assert_answered(CALL(positive, new_large(false, "\1\2\3\4\5\6\7\1\1\0", 10)),
                    (Wide)1 << 64 | 0x0107060504030201);
}

static void normal_numbers_are_answered_themselves(void **state) {
    (void)state;
    Oop x = integer_of_wide((Wide)1 << 100), y = integer_of_wide(-((Wide)1 << 100));
    ANSWERS(x, named("primNormalizePositive"), x);
    ANSWERS(y, named("primNormalizeNegative"), y);
    FAILS(BAD_RECEIVER, named("primNormalizePositive"), y);
    FAILS(BAD_RECEIVER, named("primNormalizeNegative"), x);
    FAILS(BAD_RECEIVER, named("primNormalizePositive"), INT(3));
}

// ---- Montgomery

static void montgomery_products(void **state) {
    (void)state;
    PrimitiveFunction times = named("primMontgomeryTimesModulo");
    // 7 * 9 / 2^32 modulo 101; the inverse of 2^32 modulo 101 is 36, and -1/101 is 2083697619.
    HalfDigit m = 101, inverse = 1;
    for (int i = 0; i < 5; i++)
        inverse *= 2 - m * inverse;
    Oop answer = ANSWER(times, INT(7), INT(9), INT(101), INT((HalfDigit)(0 - inverse)));
    uint64_t product = (uint64_t)INT_OF(answer);
    assert_true(product < 101 && product * ((1ull << 32) % 101) % 101 == 63);
    FAILS(BAD_ARGUMENT, times, integer_of_wide((Wide)1 << 40), INT(9), INT(101), INT(1));
    FAILS(BAD_ARGUMENT, times, INT(7), INT(9), INT(0), INT(1));
    FAILS(BAD_ARGUMENT, times, INT(7), INT(9), INT(101), INT(-1));
    FAILS(BAD_ARGUMENT, times, INT(7), INT(9), INT(101), INT(1ll << 32));
    FAILS(BAD_ARGUMENT, times, INT(7), INT(9), NIL, INT(1));
    ANSWERS(INT(32), named("primMontgomeryDigitLength"), INT(7));
}

// ---- operands

static void other_objects_are_refused(void **state) {
    (void)state;
    static const char *const names[] = {"primDigitAdd",    "primDigitSubtract", "primDigitCompare",
                                        "primDigitBitAnd", "primDigitBitOr",    "primDigitBitXor"};
    for (size_t n = 0; n < sizeof names / sizeof *names; n++)
        for (unsigned i = 0; i < NOT_A_NUMBER_COUNT; i++) {
            FAILS(BAD_RECEIVER, named(names[n]), not_a_number(i), INT(1));
            FAILS(BAD_ARGUMENT, named(names[n]), INT(1), not_a_number(i));
        }
    FAILS(BAD_ARGUMENT, named("primDigitMultiplyNegative"), INT(1), NIL, TRUE_OOP);
    FAILS(BAD_ARGUMENT, named("primDigitMultiplyNegative"), INT(1), INT(1), INT(1));
}

static void the_module_says_its_name(void **state) {
    (void)state;
    Oop name = ANSWER(named("primGetModuleName"), NIL);
    assert_memory_equal(object_bytes(name), "LargeIntegers", 13);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        PRIM_TEST(sums),
        PRIM_TEST(differences),
        PRIM_TEST(products),
        PRIM_TEST(quotients),
        PRIM_TEST(quotient_and_remainder_keep_the_classes_asked_for),
        PRIM_TEST(a_shorter_dividend_is_its_own_remainder),
        PRIM_TEST(division_wants_numbers_without_leading_zeros),
        PRIM_TEST(long_products_divide_again),
        PRIM_TEST(long_products_distribute_over_sums),
        PRIM_TEST(magnitudes_are_compared),
        PRIM_TEST(bits),
        PRIM_TEST(shifts_to_the_right_are_normal),
        PRIM_TEST(shifts_to_the_left_are_large),
        PRIM_TEST(shifts_by_many_places),
        PRIM_TEST(bits_are_found_in_ranges),
        PRIM_TEST(normalizing_takes_leading_zeros_away),
        PRIM_TEST(normal_numbers_are_answered_themselves),
        PRIM_TEST(montgomery_products),
        PRIM_TEST(other_objects_are_refused),
        PRIM_TEST(the_module_says_its_name),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
