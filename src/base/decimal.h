// SPDX-License-Identifier: MIT
// Doubles and decimal numbers: the shortest digits that read back as a double, and the double
// nearest to a decimal number. Both compute exactly, with integers of some thousand bits on the C
// stack; nothing is allocated.
#ifndef PARLEY_BASE_DECIMAL_H
#define PARLEY_BASE_DECIMAL_H

#include "base/natural.h"

enum { DECIMAL_DIGITS_MOST = 17 }; // no double needs more to be told from its neighbours

// d.ddd * 10^exponent, where d.ddd are the digits: characters, the first one not '0' unless it is
// the only one, the last one neither.
typedef struct Decimal {
    char digits[DECIMAL_DIGITS_MOST + 1]; // ended by NUL
    int count;
    int exponent;
} Decimal;

// Of all decimal numbers that read back as the magnitude of `value` (finite) those with the fewest
// digits, and of these the one nearest to it.
// Source: Burger, Dybvig, "Printing Floating-Point Numbers Quickly and Accurately", 1996.
Decimal decimal_shortest(double value);

// The double nearest to mantissa * 10^exponent, the even one of two that are equally near;
// infinity where it is too great. The mantissa has at most DECIMAL_MANTISSA_BITS.
enum { DECIMAL_MANTISSA_BITS = 4096 };
double decimal_nearest(Natural mantissa, int64_t exponent);

// The same for a mantissa of decimal digits (characters), as many as one likes.
double decimal_nearest_to_digits(const char *digits, size_t count, int64_t exponent);

// The double nearest to bits * 2^exponent, a little more if `more`; natural numbers of any length.
double decimal_round(Natural bits, bool more, int64_t exponent);

#endif
