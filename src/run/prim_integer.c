// SPDX-License-Identifier: MIT
// Arithmetic on SmallIntegers: primitives 1 to 19. Most take SmallIntegers only and fail when the
// answer is none; =, ~=, the bit operations and bitShift: also take large integers of up to 64
// bits, as the images of other VMs expect. A large operand that fails here is for the LargeInteger
// methods of the image (prim_large.c).
#include "run/magnitude.h"
#include "run/primitives.h"

// Takes both operands as SmallIntegers; says with a failure what is wrong.
static bool small_operands(VM *vm, Num *receiver, Num *argument) {
    Oop x = prim_stack_at(vm, 1), y = prim_stack_at(vm, 0);
    if (!oops_are_ints(x, y)) {
        prim_fail(vm, oop_is_int(x) ? FAILURE_BAD_ARGUMENT : FAILURE_BAD_RECEIVER);
        return false;
    }
    *receiver = num_from_oop(x);
    *argument = num_from_oop(y);
    return true;
}

static bool small_divisor(VM *vm, Num *receiver, Num *argument) {
    if (!small_operands(vm, receiver, argument)) return false;
    if (!num_is_zero(*argument)) return true;
    prim_fail(vm, FAILURE_BAD_ARGUMENT);
    return false;
}

static Outcome answer_small(VM *vm, Num value) {
    if (!num_fits_int(value)) return prim_fail(vm, FAILURE_GENERIC);
    return prim_answer(vm, oop_from_num(value));
}

// ---- 1, 2, 9: sums, differences, products

#define ARITHMETIC(name, overflows)                                                                \
    Outcome name(VM *vm) {                                                                         \
        Num x, y, value;                                                                           \
        if (!small_operands(vm, &x, &y)) return OUTCOME_FAILED;                                    \
        if (overflows(x, y, &value)) return prim_fail(vm, FAILURE_GENERIC);                        \
        return answer_small(vm, value);                                                            \
    }
ARITHMETIC(prim_integer_add, num_add_overflows)
ARITHMETIC(prim_integer_subtract, num_sub_overflows)
ARITHMETIC(prim_integer_multiply, num_mul_overflows)

// ---- 3 to 8: comparisons

#define COMPARISON(name, condition)                                                                \
    Outcome name(VM *vm) {                                                                         \
        Num x, y;                                                                                  \
        if (!small_operands(vm, &x, &y)) return OUTCOME_FAILED;                                    \
        return prim_answer_bool(vm, condition);                                                    \
    }
COMPARISON(prim_integer_less, num_lt(x, y))
COMPARISON(prim_integer_greater, num_lt(y, x))
COMPARISON(prim_integer_less_or_equal, num_le(x, y))
COMPARISON(prim_integer_greater_or_equal, num_le(y, x))

static Outcome answer_equality(VM *vm, bool wanted) {
    Num x, y;
    if (!prim_num_from_integer(vm, prim_stack_at(vm, 1), &x))
        return prim_fail(vm, FAILURE_BAD_RECEIVER);
    if (!prim_num_from_integer(vm, prim_stack_at(vm, 0), &y))
        return prim_fail(vm, FAILURE_BAD_ARGUMENT);
    return prim_answer_bool(vm, num_eq(x, y) == wanted);
}
Outcome prim_integer_equal(VM *vm) { return answer_equality(vm, true); }
Outcome prim_integer_not_equal(VM *vm) { return answer_equality(vm, false); }

// ---- 10 to 13: /, \\, //, quo:

Outcome prim_integer_divide(VM *vm) {
    Num x, y;
    if (!small_divisor(vm, &x, &y)) return OUTCOME_FAILED;
    if (!num_is_zero(num_rem(x, y))) return prim_fail(vm, FAILURE_GENERIC);
    return answer_small(vm, num_quo(x, y));
}

#define DIVISION(name, operation)                                                                  \
    Outcome name(VM *vm) {                                                                         \
        Num x, y;                                                                                  \
        if (!small_divisor(vm, &x, &y)) return OUTCOME_FAILED;                                     \
        return answer_small(vm, operation(x, y));                                                  \
    }
DIVISION(prim_integer_modulo, num_mod_floor)
DIVISION(prim_integer_floor_divide, num_div_floor)
DIVISION(prim_integer_quotient, num_quo)

// ---- 14 to 17: bits

// Of numbers that are not negative.
#define BITWISE(name, operation)                                                                   \
    Outcome name(VM *vm) {                                                                         \
        Word x, y;                                                                                 \
        if (!magnitude_from_natural(vm, prim_stack_at(vm, 1), &x))                                 \
            return prim_fail(vm, FAILURE_BAD_RECEIVER);                                            \
        if (!magnitude_from_natural(vm, prim_stack_at(vm, 0), &y))                                 \
            return prim_fail(vm, FAILURE_BAD_ARGUMENT);                                            \
        return magnitude_answer(vm, (Magnitude){operation(x, y), false});                          \
    }
BITWISE(prim_integer_bit_and, word_and)
BITWISE(prim_integer_bit_or, word_or)
BITWISE(prim_large_bit_xor, word_xor)

// Of any two SmallIntegers, whatever their sign; the other two refuse negative ones.
Outcome prim_integer_bit_xor(VM *vm) {
    Oop x = prim_stack_at(vm, 1), y = prim_stack_at(vm, 0);
    if (!oops_are_ints(x, y)) return prim_large_bit_xor(vm);
    return prim_answer(vm, oop_from_num(num_xor(num_from_oop(x), num_from_oop(y))));
}

// Shifts of more than 61 places are for the image. To the right the value rounds down, to the left
// no bit may be lost.
Outcome prim_integer_bit_shift(VM *vm) {
    Num value;
    Oop places = prim_stack_at(vm, 0);
    if (!prim_num_from_integer(vm, prim_stack_at(vm, 1), &value))
        return prim_fail(vm, FAILURE_BAD_RECEIVER);
    if (!oop_is_int(places)) return prim_fail(vm, FAILURE_BAD_ARGUMENT);
    Num left = num_from_oop(places), right = num_negated(left);
    if (!num_le(left, num(61)) || !num_le(right, num(61)))
        return prim_fail(vm, FAILURE_BAD_ARGUMENT);
    Num shifted;
    if (num_is_negative(left)) {
        shifted = num_shift_right(value, right);
    } else {
        shifted = num_shift_left(value, left);
        if (!num_eq(num_shift_right(shifted, left), value)) return prim_fail(vm, FAILURE_GENERIC);
    }
    Oop answer = prim_integer_from_num(vm, shifted);
    return oop_is_none(answer) ? prim_fail(vm, FAILURE_NO_MEMORY) : prim_answer(vm, answer);
}

// ---- 575

// The place of the highest bit of a SmallInteger that is not negative.
Outcome prim_integer_high_bit(VM *vm) {
    Oop receiver = prim_receiver(vm);
    if (!oop_is_int(receiver) || num_is_negative(num_from_oop(receiver)))
        return prim_fail(vm, FAILURE_BAD_RECEIVER);
    return prim_answer(vm, oop_from_num(num_high_bit(num_from_oop(receiver))));
}

// ---- 18, 19

// x @ y where y is a SmallInteger or a Float; others may know a better way to make a point.
Outcome prim_make_point(VM *vm) {
    Oop x = prim_stack_at(vm, 1), y = prim_stack_at(vm, 0);
    Real ignored;
    if (!oop_is_int(y) && !prim_real_from_float(vm, y, &ignored))
        return prim_fail(vm, FAILURE_BAD_ARGUMENT);
    Oop point = prim_new_point(vm, x, y);
    return oop_is_none(point) ? prim_fail(vm, FAILURE_NO_MEMORY) : prim_answer(vm, point);
}

Outcome prim_always_fails(VM *vm) { return prim_fail(vm, FAILURE_GENERIC); }
