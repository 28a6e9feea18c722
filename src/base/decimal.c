// SPDX-License-Identifier: MIT
// Doubles to decimal digits and back; decimal.h says what is promised. Everything is exact integer
// arithmetic: no case is left to a slower path, and none needs a table.
#include "base/decimal.h"

#include <math.h>
#include <string.h>

#include "base/check.h"

enum { FRACTION_BITS = 52, EXPONENT_BIAS = 1023, LEAST_EXPONENT = -1074, TEN_DIGITS = 19 };

// 5^POWER_MOST is the greatest power of five met: a mantissa of DECIMAL_MANTISSA_BITS has up to
// 1,234 decimal digits, and below 10^-326 in all everything is zero.
enum {
    POWER_MOST = 1234 + 327,
    POWER_DIGITS = (POWER_MOST * 7 / 3) / DIGIT_BITS + 2, // 5 < 2^(7/3)
    MANTISSA_DIGITS = DECIMAL_MANTISSA_BITS / DIGIT_BITS,
    QUOTIENT_BITS = 66, // of which one more than a double's are needed, and something to round by
    BIG_DIGITS = MANTISSA_DIGITS + POWER_DIGITS + 4,
};

// A number that is computed in place.
typedef struct Big {
    Digit digits[BIG_DIGITS];
    size_t count;
} Big;

static Natural natural(const Big *a) { return (Natural){a->digits, a->count}; }

static void big_set(Big *a, Digit value) {
    a->digits[0] = value;
    a->count = value != 0;
}

static void big_multiply(Big *a, Digit factor) {
    unsigned __int128 carry = 0;
    for (size_t i = 0; i < a->count; i++) {
        carry += (unsigned __int128)a->digits[i] * factor;
        a->digits[i] = (Digit)carry;
        carry >>= DIGIT_BITS;
    }
    if (!carry) return;
    CHECK(a->count < BIG_DIGITS, "a product of more than %zu digits", a->count);
    a->digits[a->count++] = (Digit)carry;
}

static void big_multiply_power(Big *a, Digit base, int power_of_digit, int64_t power) {
    Digit step = 1;
    for (int i = 0; i < power_of_digit; i++)
        step *= base;
    for (; power >= power_of_digit; power -= power_of_digit)
        big_multiply(a, step);
    for (; power > 0; power--)
        big_multiply(a, base);
}

static void big_multiply_power_of_ten(Big *a, int64_t power) {
    big_multiply_power(a, 10, TEN_DIGITS, power);
}
static void big_multiply_power_of_five(Big *a, int64_t power) {
    big_multiply_power(a, 5, 27, power);
}

static void big_shift_left(Big *a, size_t places) {
    Digit shifted[BIG_DIGITS];
    CHECK(natural_shifted_digits(natural(a), places) <= BIG_DIGITS, "a shift by %zu", places);
    Natural result = natural_shift_left(shifted, natural(a), places);
    memcpy(a->digits, result.digits, result.count * sizeof(Digit));
    a->count = result.count;
}

static void big_subtract(Big *a, const Big *b) {
    a->count = natural_subtract(a->digits, natural(a), natural(b)).count;
}

// ---- to digits

// What is left to print is rest/scale, and reads back as the same double anywhere between
// (rest - below)/scale and (rest + above)/scale, the ends included if `ends_too`.
typedef struct Printing {
    Big rest, scale, above, below;
    bool ends_too;
} Printing;

// The double's integer significand, and the exponent of its last bit.
static Digit whole_significand(double value, int *exponent) {
    uint64_t bits;
    memcpy(&bits, &value, sizeof bits);
    int biased = (int)(bits >> FRACTION_BITS & 0x7FF);
    uint64_t fraction = bits & ((UINT64_C(1) << FRACTION_BITS) - 1);
    *exponent = biased ? biased - EXPONENT_BIAS - FRACTION_BITS : LEAST_EXPONENT;
    return biased ? fraction | UINT64_C(1) << FRACTION_BITS : fraction;
}

// Half the way to the neighbours; the one below a power of two is nearer. Counted in units of
// which `scale` make 1.
static void printing_begin(Printing *p, Digit whole, int exponent) {
    bool near_below = whole == UINT64_C(1) << FRACTION_BITS && exponent > LEAST_EXPONENT;
    big_set(&p->rest, whole);
    big_set(&p->scale, 1);
    big_set(&p->above, 1);
    big_set(&p->below, 1);
    big_shift_left(&p->rest, (size_t)((exponent > 0 ? exponent : 0) + 1 + near_below));
    big_shift_left(&p->scale, (size_t)((exponent < 0 ? -exponent : 0) + 1 + near_below));
    big_shift_left(&p->above, (size_t)((exponent > 0 ? exponent : 0) + near_below));
    big_shift_left(&p->below, (size_t)(exponent > 0 ? exponent : 0));
    p->ends_too = whole % 2 == 0;
}

// Does the number, rounded up as far as it may be, reach `scale`?
static bool reaches_scale(const Printing *p) {
    Digit sum[BIG_DIGITS + 1];
    Natural highest = natural_add(sum, natural(&p->rest), natural(&p->above));
    int order = natural_compare(highest, natural(&p->scale));
    return order > 0 || (order == 0 && p->ends_too);
}

static void printing_multiply_ten(Printing *p) {
    big_multiply(&p->rest, 10);
    big_multiply(&p->above, 10);
    big_multiply(&p->below, 10);
}

// Brings the number between 1/10 and 1; answers the power of ten that it was divided by.
static int printing_scale(Printing *p, double value) {
    int power = (int)ceil(log10(value) - 1e-10); // right, or too small by one
    if (power >= 0)
        big_multiply_power_of_ten(&p->scale, power);
    else {
        big_multiply_power_of_ten(&p->rest, -power);
        big_multiply_power_of_ten(&p->above, -power);
        big_multiply_power_of_ten(&p->below, -power);
    }
    if (!reaches_scale(p)) return power;
    big_multiply(&p->scale, 10);
    return power + 1;
}

// The integer part of rest/scale, at most 9; the rest remains.
static int printing_take_digit(Printing *p) {
    int digit = 0;
    for (; natural_compare(natural(&p->rest), natural(&p->scale)) >= 0; digit++)
        big_subtract(&p->rest, &p->scale);
    return digit;
}

// With no more digits, is the next greater last digit nearer? Of two equally near ones the even.
static bool rounds_up(const Printing *p, int digit) {
    Big twice = p->rest;
    big_multiply(&twice, 2);
    int order = natural_compare(natural(&twice), natural(&p->scale));
    return order > 0 || (order == 0 && digit % 2 == 1);
}

static void print_digits(Printing *p, Decimal *decimal) {
    for (;;) {
        printing_multiply_ten(p);
        int digit = printing_take_digit(p);
        int order = natural_compare(natural(&p->rest), natural(&p->below));
        bool may_end_below = order < 0 || (order == 0 && p->ends_too);
        bool may_end_above = reaches_scale(p);
        bool ends = may_end_below || may_end_above;
        bool up = may_end_above && (!may_end_below || rounds_up(p, digit));
        CHECK(digit + up <= 9 && decimal->count < DECIMAL_DIGITS_MOST, "digit %d, number %d",
              digit + up, decimal->count);
        decimal->digits[decimal->count++] = (char)('0' + digit + up);
        if (ends) return;
    }
}

Decimal decimal_shortest(double value) {
    Decimal decimal = {.count = 0};
    Printing printing;
    int exponent;
    value = fabs(value);
    Digit whole = whole_significand(value, &exponent);
    if (whole == 0) return (Decimal){.digits = "0", .count = 1};
    printing_begin(&printing, whole, exponent);
    decimal.exponent = printing_scale(&printing, value) - 1;
    print_digits(&printing, &decimal);
    return decimal;
}

// ---- from digits

// The double nearest to 0.TOP * 2^exponent, where the highest bit of `top` is set and something
// not zero may follow its lowest one.
static double round_to_double(Digit top, bool more, int64_t exponent) {
    int64_t power = exponent - 1; // of the highest bit
    if (power > EXPONENT_BIAS) return INFINITY;
    bool normal = power > -EXPONENT_BIAS;
    int64_t kept_bits = normal ? FRACTION_BITS + 1 : power - LEAST_EXPONENT + 1;
    if (kept_bits < 0) return 0.0;
    Digit kept = kept_bits ? top >> (DIGIT_BITS - kept_bits) : 0;
    Digit dropped = top << kept_bits, half = UINT64_C(1) << (DIGIT_BITS - 1);
    bool up = dropped > half || (dropped == half && (more || kept % 2 == 1));
    // A carry out of the fraction goes into the exponent, where it belongs.
    uint64_t bits = kept + up;
    if (normal) bits += (uint64_t)(power + EXPONENT_BIAS - 1) << FRACTION_BITS;
    double value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

double decimal_round(Natural bits, bool more, int64_t exponent) {
    size_t count = natural_bit_count(bits);
    if (count == 0) return 0.0;
    if (count <= DIGIT_BITS) {
        Digit only = natural_low_digit(bits) << (DIGIT_BITS - count);
        return round_to_double(only, more, exponent + (int64_t)count);
    }
    size_t dropped = count - DIGIT_BITS, first = dropped / DIGIT_BITS;
    more = more || natural_has_bits(bits, 0, dropped - 1);
    Natural highest = {bits.digits + first, bits.count - first}; // at most two digits
    Digit top[2];
    Digit shifted = natural_low_digit(natural_shift_right(top, highest, dropped % DIGIT_BITS));
    return round_to_double(shifted, more, exponent + (int64_t)count);
}

static double scale_up(Big *mantissa, int64_t power) {
    big_multiply_power_of_five(mantissa, power);
    return decimal_round(natural(mantissa), false, power);
}

static double scale_down(Big *mantissa, int64_t power) {
    Big divisor;
    Digit quotient[BIG_DIGITS], remainder[BIG_DIGITS + 1], scratch[BIG_DIGITS];
    big_set(&divisor, 1);
    big_multiply_power_of_five(&divisor, power);
    size_t have = natural_bit_count(natural(mantissa));
    size_t want = natural_bit_count(natural(&divisor)) + QUOTIENT_BITS;
    size_t places = want > have ? want - have : 0;
    big_shift_left(mantissa, places);
    Division result =
        natural_divide(quotient, remainder, natural(mantissa), natural(&divisor), scratch);
    return decimal_round(result.quotient, result.remainder.count > 0, -power - (int64_t)places);
}

// Where both factors are doubles, so is, rounded once, their product or quotient.
static bool nearest_exactly(Natural mantissa, int64_t exponent, double *value) {
    static const double tens[] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,
                                  1e8,  1e9,  1e10, 1e11, 1e12, 1e13, 1e14, 1e15,
                                  1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};
    if (natural_bit_count(mantissa) > FRACTION_BITS + 1 || exponent < -22 || exponent > 22)
        return false;
    double whole = (double)natural_low_digit(mantissa);
    *value = exponent < 0 ? whole / tens[-exponent] : whole * tens[exponent];
    return true;
}

double decimal_nearest(Natural mantissa, int64_t exponent) {
    enum { TOO_GREAT = 310, TOO_SMALL = -326 };
    double value;
    CHECK(natural_bit_count(mantissa) <= DECIMAL_MANTISSA_BITS, "%zu digits", mantissa.count);
    if (mantissa.count == 0) return 0.0;
    if (nearest_exactly(mantissa, exponent, &value)) return value;
    // Bounds of the power of ten: 2^10 > 10^3, and 2^10 < 10^3.02.
    int64_t bits = (int64_t)natural_bit_count(mantissa);
    if (exponent > TOO_GREAT) return INFINITY;
    if (exponent < TOO_SMALL - POWER_MOST || exponent + bits * 302 / 1000 + 1 < TOO_SMALL)
        return 0.0;
    if (exponent + (bits - 1) * 3 / 10 > TOO_GREAT) return INFINITY;
    Big big = {.count = mantissa.count};
    memcpy(big.digits, mantissa.digits, mantissa.count * sizeof(Digit));
    return exponent < 0 ? scale_down(&big, -exponent) : scale_up(&big, exponent);
}

// Beyond so many significant digits only whether any is not 0 can matter: no double, nor what lies
// half way between two, has more than 767.
enum { SIGNIFICANT_DIGITS = 800 };

double decimal_nearest_to_digits(const char *digits, size_t count, int64_t exponent) {
    Big mantissa;
    big_set(&mantissa, 0);
    while (count > 0 && *digits == '0')
        digits++, count--;
    size_t used = count < SIGNIFICANT_DIGITS ? count : SIGNIFICANT_DIGITS;
    for (size_t i = 0; i < used; i++) {
        big_multiply(&mantissa, 10);
        Digit digit = (Digit)(digits[i] - '0');
        Natural sum = natural_add(mantissa.digits, natural(&mantissa), natural_of(&digit, 1));
        mantissa.count = sum.count;
    }
    if (used < count && strspn(digits + used, "0") < count - used) {
        big_multiply(&mantissa, 10);
        mantissa.digits[0] += 1;
        used++;
    }
    if (__builtin_add_overflow(exponent, (int64_t)(count - used), &exponent)) return INFINITY;
    return decimal_nearest(natural(&mantissa), exponent);
}
