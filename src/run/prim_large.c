// SPDX-License-Identifier: MIT
// Arithmetic on integers of up to 64 bits: primitives 20 to 37, the first attempt of LargeInteger
// methods. Operands are SmallIntegers or large integers whose magnitude takes at most eight bytes;
// comparisons want both to fit 64 bits with sign, bit operations neither negative. Everything else
// fails: then the image's method goes on with the LargeIntegers plugin or with its own digits.
#include "run/magnitude.h"
#include "run/primitives.h"

static bool magnitudes(VM *vm, Magnitude *receiver, Magnitude *argument) {
    bool usable = magnitude_from_integer(vm, prim_stack_at(vm, 1), receiver);
    if (usable && magnitude_from_integer(vm, prim_stack_at(vm, 0), argument)) return true;
    prim_fail(vm, usable ? FAILURE_BAD_ARGUMENT : FAILURE_BAD_RECEIVER);
    return false;
}

static bool magnitudes_for_division(VM *vm, Magnitude *receiver, Magnitude *argument) {
    if (!magnitudes(vm, receiver, argument)) return false;
    if (!word_is_zero(argument->size)) return true;
    prim_fail(vm, FAILURE_BAD_ARGUMENT);
    return false;
}

// ---- 21, 22, 29: sums, differences, products

static Outcome answer_sum(VM *vm, Magnitude x, Magnitude y) {
    if (x.negative == y.negative) {
        Word sum = word_add(x.size, y.size);
        if (word_lt(sum, x.size)) return prim_fail(vm, FAILURE_GENERIC);
        return magnitude_answer(vm, (Magnitude){sum, x.negative});
    }
    if (word_lt(x.size, y.size))
        return magnitude_answer(vm, (Magnitude){word_sub(y.size, x.size), y.negative});
    return magnitude_answer(vm, (Magnitude){word_sub(x.size, y.size), x.negative});
}

Outcome prim_large_add(VM *vm) {
    Magnitude x, y;
    if (!magnitudes(vm, &x, &y)) return OUTCOME_FAILED;
    return answer_sum(vm, x, y);
}

Outcome prim_large_subtract(VM *vm) {
    Magnitude x, y;
    if (!magnitudes(vm, &x, &y)) return OUTCOME_FAILED;
    return answer_sum(vm, x, (Magnitude){y.size, !y.negative});
}

Outcome prim_large_multiply(VM *vm) {
    Magnitude x, y;
    if (!magnitudes(vm, &x, &y)) return OUTCOME_FAILED;
    if (!word_is_zero(y.size) && word_lt(word_quo(word(UINT64_MAX), y.size), x.size))
        return prim_fail(vm, FAILURE_GENERIC);
    return magnitude_answer(vm, (Magnitude){word_mul(x.size, y.size), x.negative != y.negative});
}

// ---- 20, 30 to 33: rem:, /, \\, //, quo:

Outcome prim_large_remainder(VM *vm) {
    Magnitude x, y;
    if (!magnitudes_for_division(vm, &x, &y)) return OUTCOME_FAILED;
    return magnitude_answer(vm, (Magnitude){word_rem(x.size, y.size), x.negative});
}

Outcome prim_large_divide(VM *vm) {
    Magnitude x, y;
    if (!magnitudes_for_division(vm, &x, &y)) return OUTCOME_FAILED;
    if (!word_is_zero(word_rem(x.size, y.size))) return prim_fail(vm, FAILURE_GENERIC);
    return magnitude_answer(vm, (Magnitude){word_quo(x.size, y.size), x.negative != y.negative});
}

// The modulo has the sign of the divisor.
Outcome prim_large_modulo(VM *vm) {
    Magnitude x, y;
    if (!magnitudes_for_division(vm, &x, &y)) return OUTCOME_FAILED;
    Word rest = word_rem(x.size, y.size);
    if (x.negative != y.negative && !word_is_zero(rest)) rest = word_sub(y.size, rest);
    return magnitude_answer(vm, (Magnitude){rest, y.negative});
}

// Rounds toward negative infinity. The increment cannot overflow: with a rest, the divisor is 2 at
// least.
Outcome prim_large_floor_divide(VM *vm) {
    Magnitude x, y;
    if (!magnitudes_for_division(vm, &x, &y)) return OUTCOME_FAILED;
    bool negative = x.negative != y.negative;
    Word quotient = word_quo(x.size, y.size);
    if (negative && !word_is_zero(word_rem(x.size, y.size))) quotient = word_add(quotient, word(1));
    return magnitude_answer(vm, (Magnitude){quotient, negative});
}

Outcome prim_large_quotient(VM *vm) {
    Magnitude x, y;
    if (!magnitudes_for_division(vm, &x, &y)) return OUTCOME_FAILED;
    return magnitude_answer(vm, (Magnitude){word_quo(x.size, y.size), x.negative != y.negative});
}

// ---- 23 to 28: comparisons

#define COMPARISON(name, condition)                                                                \
    Outcome name(VM *vm) {                                                                         \
        Num x, y;                                                                                  \
        if (!prim_num_from_integer(vm, prim_stack_at(vm, 1), &x))                                  \
            return prim_fail(vm, FAILURE_BAD_RECEIVER);                                            \
        if (!prim_num_from_integer(vm, prim_stack_at(vm, 0), &y))                                  \
            return prim_fail(vm, FAILURE_BAD_ARGUMENT);                                            \
        return prim_answer_bool(vm, condition);                                                    \
    }
COMPARISON(prim_large_less, num_lt(x, y))
COMPARISON(prim_large_greater, num_lt(y, x))
COMPARISON(prim_large_less_or_equal, num_le(x, y))
COMPARISON(prim_large_greater_or_equal, num_le(y, x))
COMPARISON(prim_large_equal, num_eq(x, y))
COMPARISON(prim_large_not_equal, !num_eq(x, y))

// ---- 34 to 37: bits. 36 stands beside its kin in prim_integer.c, the other logical ones are the
// same as for SmallIntegers.

Outcome prim_large_bit_and(VM *vm) { return prim_integer_bit_and(vm); }
Outcome prim_large_bit_or(VM *vm) { return prim_integer_bit_or(vm); }

static Outcome shift_left(VM *vm, Magnitude x, Num places) {
    if (!num_lt(places, num(64))) return prim_fail(vm, FAILURE_BAD_ARGUMENT);
    Word shifted = word_shift_left(x.size, places);
    if (!word_eq(word_shift_right(shifted, places), x.size)) return prim_fail(vm, FAILURE_GENERIC);
    return magnitude_answer(vm, (Magnitude){shifted, x.negative});
}

// Rounds toward negative infinity.
static Outcome shift_right(VM *vm, Magnitude x, Num places) {
    Word shifted = word(0), rest = x.size;
    if (num_lt(places, num(64))) {
        shifted = word_shift_right(x.size, places);
        rest = word_sub(x.size, word_shift_left(shifted, places));
    }
    if (x.negative && !word_is_zero(rest)) shifted = word_add(shifted, word(1));
    return magnitude_answer(vm, (Magnitude){shifted, x.negative});
}

Outcome prim_large_bit_shift(VM *vm) {
    Magnitude x;
    Oop places = prim_stack_at(vm, 0);
    if (!magnitude_from_integer(vm, prim_stack_at(vm, 1), &x))
        return prim_fail(vm, FAILURE_BAD_RECEIVER);
    if (!oop_is_int(places)) return prim_fail(vm, FAILURE_BAD_ARGUMENT);
    Num left = num_from_oop(places);
    if (num_is_negative(left)) return shift_right(vm, x, num_negated(left));
    return shift_left(vm, x, left);
}
