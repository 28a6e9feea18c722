// SPDX-License-Identifier: MIT
// Compares base/decimal.c with Python, whose float and repr are exact: the digits of 10,000 doubles
// every day, of a million when PARLEY_NIGHTLY is set, and the doubles nearest to as many decimal
// numbers, most of them close to the middle between two doubles. Skipped where there is no Python.
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/decimal.h"

enum { NUMBERS_EVERY_DAY = 10000, NUMBERS_NIGHTLY = 1000000 };

// Prints lines "P BITS DIGITS EXPONENT": the double prints so, and "R BITS DIGITS EXPONENT": the
// digits, an integer, times 10^exponent read as the double.
static const char *const oracle =
    "import random, struct, sys, decimal\n"
    "from fractions import Fraction\n"
    "decimal.getcontext().prec = 2000\n"
    "random.seed(20261126)\n"
    "count = int(sys.argv[1])\n"
    "def bits(x): return struct.unpack('<Q', struct.pack('<d', x))[0]\n"
    "def double(b): return struct.unpack('<d', struct.pack('<Q', b))[0]\n"
    "def some():\n"
    "    kind = random.randrange(8)\n"
    "    if kind < 4: b = random.randrange(1, 0x7FF << 52)\n"
    "    elif kind == 4: b = (random.randrange(0x7FF) << 52) + random.randrange(-3, 4)\n"
    "    elif kind == 5: b = random.randrange(1, 1 << random.randrange(1, 53))\n"
    "    elif kind == 6: return random.randrange(1, 10**6) / 10**random.randrange(0, 6)\n"
    "    else: return float('%de%d' % (random.randrange(1, 10**random.randrange(1, 18)),\n"
    "                                 random.randrange(-340, 290)))\n"
    "    return double(min(max(b, 1), (0x7FF << 52) - 1))\n"
    "def prints(x):\n"
    "    if x == 0: return\n"
    "    t = decimal.Decimal(repr(x)).normalize().as_tuple()\n"
    "    d = ''.join(map(str, t.digits))\n"
    "    print('P', '%x' % bits(x), d, t.exponent + len(d) - 1)\n"
    "def reads(digits, exponent):\n"
    "    print('R', '%x' % bits(float('%se%d' % (digits, exponent))), digits, exponent)\n"
    "def middle(x):\n" // exactly between x and the next double, and close to it
    "    b = bits(x)\n"
    "    if b + 1 >= 0x7FF << 52: return\n"
    "    m = (decimal.Decimal(x) + decimal.Decimal(double(b + 1))) / 2\n"
    "    t = m.normalize().as_tuple()\n"
    "    d = int(''.join(map(str, t.digits)))\n"
    "    reads(d, t.exponent)\n"
    "    reads(d * 10**40 + random.randrange(-1, 2), t.exponent - 40)\n"
    "    n = random.randrange(1, 30)\n"
    "    reads(str(d)[:n] or '1', t.exponent + max(0, len(str(d)) - n))\n"
    "for x in (5e-324, 2.2250738585072014e-308, 2.225073858507201e-308, 1.7976931348623157e308,\n"
    "          1.0, 0.1, 0.3, 2.0**-44, 9007199254740993.0, 1e22, 1e23, 1e21, 123456789.0,\n"
    "          2.0**70, 9.5367431640625e-07, 4.35, 0.000001, 1e16, 2.0**1023, 2.0**-1022):\n"
    "    prints(x); middle(x)\n"
    "for e in range(-340, 320): reads('1', e); reads('9' * 20, e); reads('1' + '0' * 900 + '1', e "
    "- 901)\n"
    "reads('2' * 3000, -2800); reads('0' * 900 + '25', -2); reads('0', 5)\n"
    "for i in range(count):\n"
    "    prints(some())\n"
    "for i in range(count // 3):\n"
    "    kind = random.randrange(3)\n"
    "    if kind: middle(some())\n"
    "    else: reads(random.randrange(10**random.randrange(1, 40)), random.randrange(-370, 320))\n";

static double double_of(uint64_t bits) {
    double value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

static void check_printed(uint64_t bits, const char *digits, long exponent) {
    Decimal decimal = decimal_shortest(double_of(bits));
    if (strcmp(decimal.digits, digits) == 0 && decimal.exponent == exponent &&
        decimal.count == (int)strlen(digits))
        return;
    fail_msg("%a prints as %s at %d, not %s at %ld", double_of(bits), decimal.digits,
             decimal.exponent, digits, exponent);
}

static Natural natural_of_text(Digit *to, const char *text) {
    Natural value = {to, 0};
    for (; *text; text++) {
        unsigned __int128 carry = (unsigned)(*text - '0');
        for (size_t i = 0; i < value.count; i++) {
            carry += (unsigned __int128)to[i] * 10;
            to[i] = (Digit)carry;
            carry >>= DIGIT_BITS;
        }
        if (carry) to[value.count++] = (Digit)carry;
    }
    return value;
}

static void check_read(uint64_t bits, const char *digits, long exponent) {
    double value = decimal_nearest_to_digits(digits, strlen(digits), exponent);
    if (memcmp(&value, &bits, 8) != 0)
        fail_msg("%s at %ld reads as %a, not %a", digits, exponent, value, double_of(bits));
    if (strlen(digits) > 1200) return;
    Digit mantissa[DECIMAL_MANTISSA_BITS / DIGIT_BITS];
    value = decimal_nearest(natural_of_text(mantissa, digits), exponent);
    if (memcmp(&value, &bits, 8) != 0)
        fail_msg("the integer %s at %ld reads as %a, not %a", digits, exponent, value,
                 double_of(bits));
}

static FILE *ask_python(long count) {
    char command[200];
    snprintf(command, sizeof command, "python3 decimal_oracle.py %ld", count);
    FILE *script = fopen("decimal_oracle.py", "w");
    assert_non_null(script);
    fputs(oracle, script);
    fclose(script);
    return popen(command, "r");
}

static void test_python_agrees(void **state) {
    (void)state;
    static char line[8192], digits[4096];
    if (system("python3 -c '' 2>/dev/null") != 0) skip();
    long count = getenv("PARLEY_NIGHTLY") ? NUMBERS_NIGHTLY : NUMBERS_EVERY_DAY;
    FILE *answers = ask_python(count);
    assert_non_null(answers);
    long printed = 0, read = 0;
    while (fgets(line, sizeof line, answers)) {
        char kind;
        unsigned long long bits;
        long exponent;
        assert_int_equal(sscanf(line, "%c %llx %4095s %ld", &kind, &bits, digits, &exponent), 4);
        if (kind == 'P')
            check_printed(bits, digits, exponent), printed++;
        else
            check_read(bits, digits, exponent), read++;
    }
    assert_int_equal(pclose(answers), 0);
    unlink("decimal_oracle.py");
    assert_true(printed >= count * 9 / 10 && read >= count / 2);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_python_agrees)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
