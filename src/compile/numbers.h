// SPDX-License-Identifier: MIT
// Numbers as they stand in source text: 42, 16r1F, 1e6, 3.14, 2r1.1e3, 3.14s2, 5e-3.
#ifndef PARLEY_COMPILE_NUMBERS_H
#define PARLEY_COMPILE_NUMBERS_H

#include "compile/code.h"
#include "compile/diagnostic.h"

typedef enum NumberProblem {
    NUMBER_FINE,
    NUMBER_BAD,
    NUMBER_BAD_RADIX,
    NUMBER_LARGE
} NumberProblem;

enum { NUMBER_EXPONENT_LIMIT = 10000, NUMBER_DIGIT_LIMIT = 100000 };

// Reads the number that begins at *at, with its sign if it has one, and moves *at behind it. What
// does not belong to a number (`2 r`, `3.`, `4e`) is left.
NumberProblem number_read(CodeArena *arena, Text source, size_t *at, Literal *literal);

void literal_negate(Literal *number);
bool literal_is_number(const Literal *literal);
bool literal_is_zero(const Literal *number);
bool literal_is_negative(const Literal *number);

#endif
