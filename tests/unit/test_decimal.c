// SPDX-License-Identifier: MIT
// Doubles to digits and back on cases that are known to be hard, and at the ends of the range.
// tests/stress/decimal.c compares many more with Python.
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/decimal.h"

static void assert_prints(double value, const char *digits, int exponent) {
    Decimal decimal = decimal_shortest(value);
    assert_string_equal(decimal.digits, digits);
    assert_int_equal(decimal.count, strlen(digits));
    assert_int_equal(decimal.exponent, exponent);
}

static void test_prints_shortest(void **state) {
    (void)state;
    assert_prints(0.0, "0", 0);
    assert_prints(-0.0, "0", 0);
    assert_prints(1.0, "1", 0);
    assert_prints(-1.5, "15", 0);
    assert_prints(0.1, "1", -1);
    assert_prints(100.0, "1", 2);
    assert_prints(1.0 / 3.0, "3333333333333333", -1);
    assert_prints(2.0 / 3.0, "6666666666666666", -1);
    assert_prints(9007199254740992.0, "9007199254740992", 15);
    assert_prints(1e23, "1", 23); // not the double nearest to any shorter integer
    assert_prints(9.5, "95", 0);
}

static void test_prints_ends_of_the_range(void **state) {
    (void)state;
    assert_prints(5e-324, "5", -324);
    assert_prints(1.7976931348623157e308, "17976931348623157", 308);
    assert_prints(2.2250738585072014e-308, "22250738585072014", -308); // least normal
    assert_prints(2.225073858507201e-308, "2225073858507201", -308);   // greatest subnormal
}

// Below a power of two the doubles lie closer: the nearest 16 digits read as another double.
static void test_prints_powers_of_two(void **state) {
    (void)state;
    assert_prints(0x1p-44, "5684341886080802", -14);
    assert_prints(0x1p1023, "898846567431158", 307);
}

static void test_every_power_of_two_comes_back(void **state) {
    (void)state;
    for (int power = -1074; power < 1024; power++) {
        Decimal decimal = decimal_shortest(ldexp(1.0, power));
        double back = decimal_nearest_to_digits(decimal.digits, (size_t)decimal.count,
                                                decimal.exponent - decimal.count + 1);
        assert_true(back == ldexp(1.0, power));
    }
}

static double nearest(const char *digits, int64_t exponent) {
    return decimal_nearest_to_digits(digits, strlen(digits), exponent);
}

static void test_reads_ties_to_even(void **state) {
    (void)state;
    assert_true(nearest("9007199254740993", 0) == 9007199254740992.0);
    assert_true(nearest("9007199254740995", 0) == 9007199254740996.0);
    assert_true(nearest("90071992547409930000000000000000000000001", -25) == 9007199254740994.0);
    assert_true(nearest("17976931348623158079372897140530341507993413271003782693617", 250) ==
                1.7976931348623157e308);
    assert_true(isinf(nearest("17976931348623158079372897140530341507993413271003782693618", 250)));
}

static void test_reads_around_zero(void **state) {
    (void)state;
    assert_true(nearest("0", 1000000) == 0.0);
    assert_true(nearest("", 0) == 0.0);
    assert_true(nearest("49406564584124654417656879286822137236505980", -367) == 5e-324);
    // 5^1075 * 10^-1075 is half of the least double, a tie; one more in the last place is not.
    Digit power[41] = {1};
    size_t count = 1;
    for (int i = 0; i < 1075; i++) {
        unsigned __int128 carry = 0;
        for (size_t k = 0; k < count; k++, carry >>= 64)
            power[k] = (Digit)(carry += (unsigned __int128)power[k] * 5);
        if (carry) power[count++] = (Digit)carry;
    }
    assert_true(decimal_nearest((Natural){power, count}, -1075) == 0.0);
    power[0]++;
    assert_true(decimal_nearest((Natural){power, count}, -1075) == 5e-324);
    assert_true(nearest("25", -325) == 5e-324);
    assert_true(nearest("24", -325) == 0.0);
    assert_true(nearest("1", INT64_MIN) == 0.0);
}

static void test_reads_what_is_too_great(void **state) {
    (void)state;
    assert_true(isinf(nearest("1", 309)));
    assert_true(isinf(nearest("1", INT64_MAX)));
    assert_true(isinf(nearest("11", INT64_MAX)));
    static char many[2000];
    memset(many, '7', sizeof many);
    assert_true(isinf(decimal_nearest_to_digits(many, sizeof many, 0)));
    assert_true(decimal_nearest_to_digits(many, sizeof many, -1999) == 7.777777777777778);
    assert_true(decimal_nearest_to_digits(many, sizeof many, -2400) == 0.0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_prints_shortest),
        cmocka_unit_test(test_prints_ends_of_the_range),
        cmocka_unit_test(test_prints_powers_of_two),
        cmocka_unit_test(test_every_power_of_two_comes_back),
        cmocka_unit_test(test_reads_ties_to_even),
        cmocka_unit_test(test_reads_around_zero),
        cmocka_unit_test(test_reads_what_is_too_great),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
