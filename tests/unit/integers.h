// SPDX-License-Identifier: MIT
// Integers for tests of arithmetic: made from and compared with 128-bit values, and a list of the
// interesting ones.
#ifndef PARLEY_TEST_INTEGERS_H
#define PARLEY_TEST_INTEGERS_H

#include "run/magnitude.h"
// behind the headers whose parameters are named as its global is
#include "prim_fixture.h"

typedef __int128 Wide;
typedef unsigned __int128 UnsignedWide;

static const Wide small_min = -((Wide)1 << 60), small_max = ((Wide)1 << 60) - 1;

static const Wide interesting[] = {
    0,
    1,
    -1,
    2,
    -2,
    7,
    -7,
    10,
    63,
    64,
    -64,
    255,
    256,
    1073741823,
    -1073741824,
    (Wide)1 << 32,
    ((Wide)1 << 60) - 1,
    -((Wide)1 << 60),
    (Wide)1 << 60,
    -((Wide)1 << 60) - 1,
    (Wide)1 << 61,
    (Wide)1 << 62,
    INT64_MAX,
    INT64_MIN,
    (Wide)INT64_MAX + 1,
    (Wide)INT64_MIN - 1,
    UINT64_MAX,
    -(Wide)UINT64_MAX,
};
enum { INTERESTING_COUNT = sizeof interesting / sizeof *interesting };

static inline bool wide_is_small(Wide value) { return value >= small_min && value <= small_max; }
static inline bool wide_fits_signed(Wide value) { return value >= INT64_MIN && value <= INT64_MAX; }
static inline bool wide_fits_magnitude(Wide value) {
    return value >= -(Wide)UINT64_MAX && value <= (Wide)UINT64_MAX;
}

// The Integer in its normal form, of any length up to 16 bytes.
static inline Oop integer_of_wide(Wide value) {
    if (wide_is_small(value)) return INT((int64_t)value);
    UnsignedWide size = value < 0 ? 0 - (UnsignedWide)value : (UnsignedWide)value;
    char bytes[16];
    unsigned count = 0;
    for (; size; size >>= 8)
        bytes[count++] = (char)size;
    return new_large(value < 0, bytes, count);
}

// The value of an Integer, normal or not, of up to 16 bytes.
static inline Wide wide_of_integer(Oop integer) {
    if (oop_is_int(integer)) return INT_OF(integer);
    assert_true(CLASS_OF(integer) == cls.large_positive || CLASS_OF(integer) == cls.large_negative);
    UnsignedWide size = 0;
    int64_t count = num_concrete(byte_count(integer));
    assert_true(count <= 16);
    for (int64_t i = count; i-- > 0;)
        size = size << 8 | object_bytes(integer)[i];
    return CLASS_OF(integer) == cls.large_negative ? -(Wide)size : (Wide)size;
}

// The same object as integer_of_wide would make: class, length, bytes.
static inline void assert_normal(Oop integer, Wide expected) {
    assert_true(wide_of_integer(integer) == expected);
    assert_int_equal(oop_is_int(integer), wide_is_small(expected));
    if (oop_is_int(integer)) return;
    Oop model = integer_of_wide(expected);
    assert_int_equal(CLASS_OF(integer), CLASS_OF(model));
    assert_int_equal(num_concrete(byte_count(integer)), num_concrete(byte_count(model)));
}

// The outcome that must not be a failure, with an Integer of that value in normal form.
static inline void assert_answered(Outcome outcome, Wide expected) {
    assert_int_equal(outcome, OUTCOME_ANSWERED);
    assert_normal(TOP, expected);
}

// Things that are no Integers.
static inline Oop not_a_number(unsigned which) {
    switch (which) {
    case 0:
        return NIL;
    case 1:
        return CHARACTER('a');
    case 2:
        return new_string("12345678");
    case 3:
        return new_array(1);
    case 4:
        return new_bytes(8);
    default:
        return TRUE_OOP;
    }
}
enum { NOT_A_NUMBER_COUNT = 6 };

#endif
