// SPDX-License-Identifier: MIT
// SmallFloat64: the doubles around 1.0 that an immediate word can be. Such a word is
//
//     63                                        4  3  2  0
//    +-------------------------------------------+--+-----+
//    | exponent - 896 (8 bits), mantissa (52)    |S | 100 |
//    +-------------------------------------------+--+-----+
//
// and 0.0 and -0.0 are all zeros above the sign S. So every double with an exponent of 896 to 1151
// has such a word, but for the one that would look like a zero; all others are boxed. A double
// rotated left by one has its sign below and its exponent on top, as a word above its tag: the
// constants are of doubles rotated so. Source: the Spur papers. Machine code reads and makes these
// words by jit/small_float.h.
#ifndef PARLEY_OBJECT_SMALL_FLOAT_H
#define PARLEY_OBJECT_SMALL_FLOAT_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "object/format.h"

#define SMALL_FLOAT_OFFSET (896ull << 53) // off the exponent
#define SMALL_FLOAT_LIMIT  (256ull << 53) // of what is left
#define SMALL_FLOAT_ZERO   1ull           // at most: 0.0 and -0.0

static inline double raw_small_float(uint64_t raw) {
    uint64_t rotated = raw >> TAG_BITS;
    if (__builtin_expect(rotated > SMALL_FLOAT_ZERO, 1)) rotated += SMALL_FLOAT_OFFSET;
    uint64_t bits = rotated >> 1 | rotated << 63;
    double value;
    memcpy(&value, &bits, 8);
    return value;
}
static inline bool raw_fits_small_float(double value) {
    uint64_t bits;
    memcpy(&bits, &value, 8);
    uint64_t magnitude = bits << 1, above = magnitude - SMALL_FLOAT_OFFSET;
    return __builtin_expect(above - 1 < SMALL_FLOAT_LIMIT - 1, 1) || magnitude == 0;
}
static inline uint64_t raw_from_small_float(double value) {
    uint64_t bits;
    memcpy(&bits, &value, 8);
    uint64_t rotated = bits << 1 | bits >> 63;
    if (__builtin_expect(rotated > SMALL_FLOAT_ZERO, 1)) rotated -= SMALL_FLOAT_OFFSET;
    return rotated << TAG_BITS | TAG_FLOAT;
}

#endif
