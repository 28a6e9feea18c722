// SPDX-License-Identifier: MIT
// Quotients of natural numbers by long division. Both numbers are shifted left until the highest
// bit of the divisor is set: then a digit of the quotient, guessed from the first two digits of the
// rest and corrected by the third, is at most one too large.
// Source: Knuth, The Art of Computer Programming 2, 4.3.1, algorithm D.
#include "base/natural.h"

typedef unsigned __int128 TwoDigits;

// a divided by one digit.
static Digit divide_by_digit(Digit *quotient, Natural a, Digit divisor) {
    TwoDigits rest = 0;
    for (size_t i = a.count; i-- > 0;) {
        rest = rest << DIGIT_BITS | a.digits[i];
        quotient[i] = (Digit)(rest / divisor);
        rest %= divisor;
    }
    return (Digit)rest;
}

// The next digit of the quotient, or one more than it. `rest` points at the digit that stands over
// the highest one of the divisor; rest[1] is not greater than that.
static Digit guess_digit(const Digit *rest, const Digit *divisor_high) {
    Digit high = divisor_high[0], next = divisor_high[-1];
    TwoDigits first = (TwoDigits)rest[1] << DIGIT_BITS | rest[0];
    Digit guess;
    TwoDigits left;
    if (rest[1] >= high) {
        guess = ~(Digit)0;
        left = first - (TwoDigits)guess * high;
    } else {
        guess = (Digit)(first / high);
        left = first % high;
    }
    while (left >> DIGIT_BITS == 0 && (TwoDigits)guess * next > (left << DIGIT_BITS | rest[-1])) {
        guess--;
        left += high;
    }
    return guess;
}

// rest[0 .. count] -= divisor * digit. True when that went below zero.
static bool subtract_multiple(Digit *rest, const Digit *divisor, size_t count, Digit digit) {
    Digit borrow = 0;
    TwoDigits product = 0;
    for (size_t i = 0; i < count; i++) {
        product += (TwoDigits)divisor[i] * digit;
        bool below = __builtin_sub_overflow(rest[i], (Digit)product, &rest[i]);
        below |= __builtin_sub_overflow(rest[i], borrow, &rest[i]);
        borrow = below;
        product >>= DIGIT_BITS;
    }
    bool below = __builtin_sub_overflow(rest[count], (Digit)product, &rest[count]);
    below |= __builtin_sub_overflow(rest[count], borrow, &rest[count]);
    return below;
}

static void add_back(Digit *rest, const Digit *divisor, size_t count) {
    TwoDigits carry = 0;
    for (size_t i = 0; i < count; i++) {
        carry += (TwoDigits)rest[i] + divisor[i];
        rest[i] = (Digit)carry;
        carry >>= DIGIT_BITS;
    }
    rest[count] += (Digit)carry;
}

// `rest` has count + places digits, `divisor` count (2 at least) with its highest bit set.
static void divide_rows(Digit *quotient, Digit *rest, size_t places, const Digit *divisor,
                        size_t count) {
    for (size_t at = places; at-- > 0;) {
        Digit digit = guess_digit(rest + at + count - 1, divisor + count - 1);
        if (subtract_multiple(rest + at, divisor, count, digit)) {
            digit--;
            add_back(rest + at, divisor, count);
        }
        quotient[at] = digit;
    }
}

Division natural_divide(Digit *quotient, Digit *remainder, Natural a, Natural b, Digit *scratch) {
    if (natural_compare(a, b) < 0) {
        Natural rest = natural_shift_right(remainder, a, 0);
        return (Division){{quotient, 0}, rest};
    }
    if (b.count == 1) {
        remainder[0] = divide_by_digit(quotient, a, b.digits[0]);
        return (Division){natural_of(quotient, a.count), natural_of(remainder, 1)};
    }
    size_t shift = (size_t)__builtin_clzll(b.digits[b.count - 1]);
    Natural divisor = natural_shift_left(scratch, b, shift);
    Natural dividend = natural_shift_left(remainder, a, shift);
    for (size_t i = dividend.count; i <= a.count; i++)
        remainder[i] = 0;
    size_t places = a.count + 1 - b.count;
    divide_rows(quotient, remainder, places, divisor.digits, b.count);
    Natural rest = natural_shift_right(remainder, natural_of(remainder, b.count), shift);
    return (Division){natural_of(quotient, places), rest};
}
