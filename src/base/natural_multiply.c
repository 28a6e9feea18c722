// SPDX-License-Identifier: MIT
// Products of natural numbers: digit by digit below KARATSUBA_DIGITS, above by Karatsuba's three
// half-size products. Operands of different length: the longer one is cut into pieces as long as
// the shorter. The lengths of rows are fixed here, with zeros at the high end, so that the rooms do
// not depend on the values.
// Source: Knuth, The Art of Computer Programming 2, 4.3.1 algorithm M and 4.3.3.
#include <string.h>

#include "base/natural.h"

typedef unsigned __int128 TwoDigits;

// Measured on x86-64: equal at about 24 to 40 digits.
enum { KARATSUBA_DIGITS = 32 };

// ---- rows of digits: `count` digits each

// to[0 .. count] := a[0 .. count) * b + what to[0 .. count) holds.
static void row_add_multiple(Digit *to, const Digit *a, size_t count, Digit b) {
    TwoDigits carry = 0;
    for (size_t i = 0; i < count; i++) {
        carry += (TwoDigits)a[i] * b + to[i];
        to[i] = (Digit)carry;
        carry >>= DIGIT_BITS;
    }
    to[count] = (Digit)carry;
}

static void row_multiply_plain(Digit *to, const Digit *a, size_t a_count, const Digit *b,
                               size_t b_count) {
    memset(to, 0, a_count * DIGIT_BYTES);
    for (size_t i = 0; i < b_count; i++)
        row_add_multiple(to + i, a, a_count, b[i]);
}

// to += a; the carry goes on to the end of `to`, where it must die.
static void row_add_into(Digit *to, size_t to_count, const Digit *a, size_t a_count) {
    Digit carry = 0;
    for (size_t i = 0; i < to_count && (i < a_count || carry); i++) {
        TwoDigits sum = (TwoDigits)to[i] + (i < a_count ? a[i] : 0) + carry;
        to[i] = (Digit)sum;
        carry = (Digit)(sum >> DIGIT_BITS);
    }
}

// to -= a; never below zero.
static void row_subtract_from(Digit *to, size_t to_count, const Digit *a, size_t a_count) {
    Digit borrow = 0;
    for (size_t i = 0; i < to_count && (i < a_count || borrow); i++) {
        Digit difference;
        bool below = __builtin_sub_overflow(to[i], i < a_count ? a[i] : 0, &difference);
        below |= __builtin_sub_overflow(difference, borrow, &difference);
        to[i] = difference;
        borrow = below;
    }
}

// ---- Karatsuba: rows of equal length

// Digits of scratch for rows of `count`.
static size_t equal_scratch(size_t count) {
    size_t needed = 0;
    while (count >= KARATSUBA_DIGITS) {
        count = count - count / 2 + 1; // the sums of the halves are one digit longer
        needed += 4 * count;
    }
    return needed;
}

// a = a1 B + a0, b = b1 B + b0: the product is a1 b1 B^2 + m B + a0 b0, where m is
// (a1 + a0)(b1 + b0) - a1 b1 - a0 b0.
static void equal_multiply(Digit *to, const Digit *a, const Digit *b, size_t count,
                           Digit *scratch) {
    if (count < KARATSUBA_DIGITS) {
        row_multiply_plain(to, a, count, b, count);
        return;
    }
    size_t low = count / 2, high = count - low, sum = high + 1;
    Digit *a_sum = scratch, *b_sum = scratch + sum, *middle = scratch + 2 * sum;
    Digit *deeper = scratch + 4 * sum;
    memcpy(a_sum, a + low, high * DIGIT_BYTES);
    memcpy(b_sum, b + low, high * DIGIT_BYTES);
    a_sum[high] = b_sum[high] = 0;
    row_add_into(a_sum, sum, a, low);
    row_add_into(b_sum, sum, b, low);
    equal_multiply(middle, a_sum, b_sum, sum, deeper);
    equal_multiply(to, a, b, low, deeper);
    equal_multiply(to + 2 * low, a + low, b + low, high, deeper);
    row_subtract_from(middle, 2 * sum, to, 2 * low);
    row_subtract_from(middle, 2 * sum, to + 2 * low, 2 * high);
    // It ends in zeros; with them it fits because `low` is 2 digits at least.
    row_add_into(to + low, 2 * count - low, middle, 2 * sum);
}

// ---- any lengths, the first row not shorter than the second

static size_t row_scratch(size_t long_count, size_t short_count) {
    if (short_count < KARATSUBA_DIGITS) return 0;
    if (long_count == short_count) return equal_scratch(short_count);
    size_t piece = equal_scratch(short_count);
    size_t rest = long_count % short_count;
    size_t last = rest ? row_scratch(short_count, rest) : 0;
    return 2 * short_count + (piece > last ? piece : last);
}

static void row_multiply(Digit *to, const Digit *a, size_t a_count, const Digit *b, size_t b_count,
                         Digit *scratch) {
    if (b_count < KARATSUBA_DIGITS) {
        row_multiply_plain(to, a, a_count, b, b_count);
        return;
    }
    if (a_count == b_count) {
        equal_multiply(to, a, b, a_count, scratch);
        return;
    }
    memset(to, 0, (a_count + b_count) * DIGIT_BYTES);
    Digit *product = scratch, *deeper = scratch + 2 * b_count;
    size_t at = 0;
    for (; a_count - at >= b_count; at += b_count) {
        equal_multiply(product, a + at, b, b_count, deeper);
        row_add_into(to + at, a_count + b_count - at, product, 2 * b_count);
    }
    size_t rest = a_count - at;
    if (rest == 0) return;
    row_multiply(product, b, b_count, a + at, rest, deeper);
    row_add_into(to + at, a_count + b_count - at, product, b_count + rest);
}

size_t natural_multiply_scratch(size_t a_count, size_t b_count) {
    return a_count < b_count ? row_scratch(b_count, a_count) : row_scratch(a_count, b_count);
}

Natural natural_multiply(Digit *to, Natural a, Natural b, Digit *scratch) {
    if (a.count < b.count)
        row_multiply(to, b.digits, b.count, a.digits, a.count, scratch);
    else
        row_multiply(to, a.digits, a.count, b.digits, b.count, scratch);
    return natural_of(to, a.count + b.count);
}
