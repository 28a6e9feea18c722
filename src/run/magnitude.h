// SPDX-License-Identifier: MIT
// Integers of up to 64 bits as sign and magnitude: the form in which the primitives on small and
// large integers compute. A Smalltalk Integer is a SmallInteger when its value fits 61 bits, else a
// LargePositiveInteger or LargeNegativeInteger: its magnitude as bytes, low byte first. Integers
// between 2^60 and 2^64 have exactly eight of them.
#ifndef PARLEY_RUN_MAGNITUDE_H
#define PARLEY_RUN_MAGNITUDE_H

#include "run/primitive.h"

typedef struct Magnitude {
    Word size;
    bool negative; // may be set for 0, which is not less than 0 for it
} Magnitude;

// False when the object is no Integer or its magnitude has more than eight bytes.
bool magnitude_from_integer(VM *vm, Oop integer, Magnitude *magnitude);
// The same for SmallIntegers and LargePositiveIntegers that are not negative.
bool magnitude_from_natural(VM *vm, Oop integer, Word *size);

// The Integer object of the value; oop_none(): no room.
Oop magnitude_as_integer(VM *vm, Magnitude magnitude);

static inline Outcome magnitude_answer(VM *vm, Magnitude magnitude) {
    Oop integer = magnitude_as_integer(vm, magnitude);
    if (oop_is_none(integer)) return prim_fail(vm, FAILURE_NO_MEMORY);
    return prim_answer(vm, integer);
}

#endif
