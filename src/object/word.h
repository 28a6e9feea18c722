// SPDX-License-Identifier: MIT
// The four opaque one-word types that all semantic code (bytecodes, primitives) speaks:
//
//   Oop   an object pointer or an immediate         Num   an integer
//   Word  raw bits                                  Real  a float
//
// In production each is a struct around the machine word, and every operation of ops.tbl is a
// `static inline` that vanishes. In the recording build (PARLEY_RECORDING) the same semantic
// sources compile with the same word size, but a word is a handle into a table of symbolic
// expressions, and each operation and each predicate records itself (object/record.h). That works
// only while nobody outside object/, memory/ and image/ opens the structs: lint checks it.
#ifndef PARLEY_OBJECT_WORD_H
#define PARLEY_OBJECT_WORD_H

#include <stdbool.h>
#include <stdint.h>

#ifdef PARLEY_RECORDING
typedef struct Oop { uint64_t handle; } Oop;
typedef struct Num { uint64_t handle; } Num;
typedef struct Word { uint64_t handle; } Word;
typedef struct Real { uint64_t handle; } Real;
#else
typedef struct Oop { uint64_t bits; } Oop;
typedef struct Num { int64_t value; } Num;
typedef struct Word { uint64_t bits; } Word;
typedef struct Real { double value; } Real;
#endif

_Static_assert(sizeof(Oop) == 8 && sizeof(Num) == 8 && sizeof(Word) == 8 && sizeof(Real) == 8,
               "the semantic types are one word each in every build");

#endif
