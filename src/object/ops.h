// SPDX-License-Identifier: MIT
// The operations on Oop, Num, Word and Real, made from ops.tbl: static inlines in production,
// recorded calls in the recording build. Also the few constants and the iterator that semantic
// code needs beside them.
#ifndef PARLEY_OBJECT_OPS_H
#define PARLEY_OBJECT_OPS_H

#include "object/format.h"
#include "object/word.h"

#ifdef PARLEY_RECORDING

#define OP1(R, name, A, expression)       R name(A);
#define OP2(R, name, A, B, expression)    R name(A, B);
#define OP3(R, name, A, B, C, expression) R name(A, B, C);
#define OVERFLOWS(name, builtin)          bool name(Num, Num, Num *);
#include "object/ops.tbl"
#undef OP1
#undef OP2
#undef OP3
#undef OVERFLOWS

// Constants written in the source.
Num num(int64_t value);
Word word(uint64_t value);
Real real(double value);
Oop oop_none(void);
// The concrete value, for places that only address the VM's own tables or report to a person.
int64_t num_concrete(Num value);

#else

#include "object/raw_values.h"

// How a row's type opens to a machine value, and closes again.
static inline uint64_t open_Oop(Oop a) { return a.bits; }
static inline int64_t open_Num(Num a) { return a.value; }
static inline uint64_t open_Word(Word a) { return a.bits; }
static inline double open_Real(Real a) { return a.value; }
static inline Oop close_Oop(uint64_t a) { return (Oop){a}; }
static inline Num close_Num(int64_t a) { return (Num){a}; }
static inline Word close_Word(uint64_t a) { return (Word){a}; }
static inline Real close_Real(double a) { return (Real){a}; }
static inline bool close_bool(bool a) { return a; }
#define OP1(R, name, A, expression)                                                                \
    static inline R name(A x) {                                                                    \
        raw_##A a = open_##A(x);                                                                   \
        return close_##R(expression);                                                              \
    }
#define OP2(R, name, A, B, expression)                                                             \
    static inline R name(A x, B y) {                                                               \
        raw_##A a = open_##A(x);                                                                   \
        raw_##B b = open_##B(y);                                                                   \
        return close_##R(expression);                                                              \
    }
#define OP3(R, name, A, B, C, expression)                                                          \
    static inline R name(A x, B y, C z) {                                                          \
        raw_##A a = open_##A(x);                                                                   \
        raw_##B b = open_##B(y);                                                                   \
        raw_##C c = open_##C(z);                                                                   \
        return close_##R(expression);                                                              \
    }
#define OVERFLOWS(name, builtin)                                                                   \
    static inline bool name(Num x, Num y, Num *result) {                                           \
        return builtin(x.value, y.value, &result->value);                                          \
    }
#include "object/ops.tbl"
#undef OP1
#undef OP2
#undef OP3
#undef OVERFLOWS

static inline Num num(int64_t value) { return (Num){value}; }
static inline Word word(uint64_t value) { return (Word){value}; }
static inline Real real(double value) { return (Real){value}; }
static inline Oop oop_none(void) { return (Oop){0}; }
static inline int64_t num_concrete(Num value) { return value.value; }

#endif

// A loop whose bounds come from object data: NUM_LOOP(i, first, limit) runs with i from first up
// to limit - 1. It is the only way to write one, so that the recording build can bound it.
#define NUM_LOOP(i, first, limit)                                                                  \
    for (Num i = (first), i##_limit = (limit); num_lt(i, i##_limit); i = num_add(i, num(1)))

static inline bool oop_is_float_pair(Oop a, Oop b) {
    return oop_is_small_float(a) && oop_is_small_float(b);
}
// A slot whose position the VM fixes (see layouts.h).
static inline Oop field_at(Oop object, int index) { return slot_at(object, num(index)); }

#endif
