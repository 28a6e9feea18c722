// SPDX-License-Identifier: MIT
// Floats: primitives 38 to 59, and 541 to 559, which are the same on SmallFloat64 receivers. The
// first set takes any number that is exactly a double as receiver of arithmetic and comparisons,
// the second only immediates; arguments are Floats or such SmallIntegers. An answer that has no
// immediate form is boxed.
#include "run/primitive.h"
#include "run/primitives.h"

typedef bool (*RealReader)(VM *vm, Oop number, Real *value);

static bool small_float(VM *vm, Oop number, Real *value) {
    (void)vm;
    if (!oop_is_small_float(number)) return false;
    *value = real_from_small_float(number);
    return true;
}

static inline bool operands(VM *vm, RealReader reader, Real *receiver, Real *argument) {
    bool usable = reader(vm, prim_stack_at(vm, 1), receiver);
    if (usable && prim_real_from_number(vm, prim_stack_at(vm, 0), argument)) return true;
    prim_fail(vm, usable ? FAILURE_BAD_ARGUMENT : FAILURE_BAD_RECEIVER);
    return false;
}

static Outcome answer_real(VM *vm, Real value) {
    Oop answer = prim_float_from_real(vm, value);
    return oop_is_none(answer) ? prim_fail(vm, FAILURE_NO_MEMORY) : prim_answer(vm, answer);
}

// Each shape of primitive is one function of the reader of its receiver (and of what it computes),
// inlined into two primitives.
#define SHAPED static inline __attribute__((always_inline)) Outcome
#define BOTH(name, call)                                                                           \
    Outcome prim_float_##name(VM *vm) {                                                            \
        const RealReader reader = FLOAT_RECEIVER;                                                  \
        return call;                                                                               \
    }                                                                                              \
    Outcome prim_small_float_##name(VM *vm) {                                                      \
        const RealReader reader = small_float;                                                     \
        return call;                                                                               \
    }

// ---- arithmetic and comparisons
#define FLOAT_RECEIVER prim_real_from_number

SHAPED arithmetic(VM *vm, RealReader reader, Real (*operation)(Real, Real)) {
    Real x, y;
    if (!operands(vm, reader, &x, &y)) return OUTCOME_FAILED;
    return answer_real(vm, operation(x, y));
}
BOTH(add, arithmetic(vm, reader, real_add))
BOTH(subtract, arithmetic(vm, reader, real_sub))
BOTH(multiply, arithmetic(vm, reader, real_mul))

SHAPED division(VM *vm, RealReader reader) {
    Real x, y;
    if (!operands(vm, reader, &x, &y)) return OUTCOME_FAILED;
    if (real_is_zero(y)) return prim_fail(vm, FAILURE_BAD_ARGUMENT);
    return answer_real(vm, real_div(x, y));
}
BOTH(divide, division(vm, reader))

SHAPED comparison(VM *vm, RealReader reader, bool (*holds)(Real, Real)) {
    Real x, y;
    if (!operands(vm, reader, &x, &y)) return OUTCOME_FAILED;
    return prim_answer_bool(vm, holds(x, y));
}
static inline bool real_gt(Real x, Real y) { return real_lt(y, x); }
static inline bool real_ge(Real x, Real y) { return real_le(y, x); }
static inline bool real_ne(Real x, Real y) { return !real_eq(x, y); }
BOTH(less, comparison(vm, reader, real_lt))
BOTH(greater, comparison(vm, reader, real_gt))
BOTH(less_or_equal, comparison(vm, reader, real_le))
BOTH(greater_or_equal, comparison(vm, reader, real_ge))
BOTH(equal, comparison(vm, reader, real_eq))
BOTH(not_equal, comparison(vm, reader, real_ne))

// ---- functions of a Float
#undef FLOAT_RECEIVER
#define FLOAT_RECEIVER prim_real_from_float

SHAPED function(VM *vm, RealReader reader, Real (*operation)(Real)) {
    Real x;
    if (!reader(vm, prim_stack_at(vm, 0), &x)) return prim_fail(vm, FAILURE_BAD_RECEIVER);
    return answer_real(vm, operation(x));
}
BOTH(fractional_part, function(vm, reader, real_fraction))
BOTH(sine, function(vm, reader, real_sin))
BOTH(arctan, function(vm, reader, real_atan))
BOTH(log_n, function(vm, reader, real_log))
BOTH(exp, function(vm, reader, real_exp))

// Not of negative numbers, nor of NaN.
SHAPED square_root(VM *vm, RealReader reader) {
    Real x;
    if (!reader(vm, prim_stack_at(vm, 0), &x) || !real_le(real(0.0), x))
        return prim_fail(vm, FAILURE_BAD_RECEIVER);
    return answer_real(vm, real_sqrt(x));
}
BOTH(square_root, square_root(vm, reader))

// To a SmallInteger, where it is one.
SHAPED truncation(VM *vm, RealReader reader) {
    const double limit = (double)(1ull << 60);
    Real x;
    if (!reader(vm, prim_stack_at(vm, 0), &x)) return prim_fail(vm, FAILURE_BAD_RECEIVER);
    Real whole = real_truncated(x);
    if (!real_le(real(-limit), whole) || !real_lt(whole, real(limit)))
        return prim_fail(vm, FAILURE_GENERIC);
    return prim_answer(vm, oop_from_num(num_from_real(whole)));
}
BOTH(truncated, truncation(vm, reader))

// The exponent of the power of two next to zero; -1 for zero and what is no number.
SHAPED exponent(VM *vm, RealReader reader) {
    Real x;
    if (!reader(vm, prim_stack_at(vm, 0), &x)) return prim_fail(vm, FAILURE_BAD_RECEIVER);
    Num power = num(-1);
    if (real_is_finite(x) && !real_is_zero(x)) power = real_exponent(x);
    return prim_answer(vm, oop_from_num(power));
}
BOTH(exponent, exponent(vm, reader))

SHAPED times_two_power(VM *vm, RealReader reader) {
    Oop power = prim_stack_at(vm, 0);
    Real x;
    if (!oop_is_int(power)) return prim_fail(vm, FAILURE_BAD_ARGUMENT);
    if (!reader(vm, prim_stack_at(vm, 1), &x)) return prim_fail(vm, FAILURE_BAD_RECEIVER);
    return answer_real(vm, real_ldexp(x, num_from_oop(power)));
}
BOTH(times_two_power, times_two_power(vm, reader))

Outcome prim_as_float(VM *vm) {
    Oop receiver = prim_stack_at(vm, 0);
    if (!oop_is_int(receiver)) return prim_fail(vm, FAILURE_BAD_RECEIVER);
    return answer_real(vm, real_from_num(num_from_oop(receiver)));
}

// ---- 38 and 39: the two 32-bit halves of a Float, the high one at index 1

static bool half_is_high(Oop index) { return num_eq(num_from_oop(index), num(1)); }
static bool half_is_low(Oop index) { return num_eq(num_from_oop(index), num(2)); }

Outcome prim_float_at(VM *vm) {
    Oop index = prim_stack_at(vm, 0);
    Real value;
    if (!prim_real_from_float(vm, prim_stack_at(vm, 1), &value))
        return prim_fail(vm, FAILURE_BAD_RECEIVER);
    if (!oop_is_int(index)) return prim_fail(vm, FAILURE_BAD_ARGUMENT);
    if (!half_is_high(index) && !half_is_low(index)) return prim_fail(vm, FAILURE_BAD_INDEX);
    Word bits = word_from_real(value);
    if (half_is_high(index)) bits = word_shift_right(bits, num(32));
    return prim_answer(vm, oop_from_num(num_from_word(word_and(bits, word(0xFFFFFFFF)))));
}

Outcome prim_float_at_put(VM *vm) {
    Oop receiver = prim_stack_at(vm, 2), index = prim_stack_at(vm, 1), half = prim_stack_at(vm, 0);
    Word bits;
    Real ignored;
    if (oop_is_immediate(receiver) || !prim_real_from_float(vm, receiver, &ignored))
        return prim_fail(vm, FAILURE_BAD_RECEIVER);
    if (!oop_is_int(index)) return prim_fail(vm, FAILURE_BAD_ARGUMENT);
    if (!prim_word_from_integer(vm, half, &bits) || word_lt(word(0xFFFFFFFF), bits))
        return prim_fail(vm, FAILURE_BAD_ARGUMENT);
    if (object_is_readonly(receiver)) return prim_fail(vm, FAILURE_NO_MODIFICATION);
    if (!half_is_high(index) && !half_is_low(index)) return prim_fail(vm, FAILURE_BAD_INDEX);
    word32_at_put(receiver, num(half_is_high(index) ? 1 : 0), num_from_word(bits));
    return prim_answer(vm, half);
}
