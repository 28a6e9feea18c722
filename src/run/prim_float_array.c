// SPDX-License-Identifier: MIT
// Elements of arrays of floats (238, 239): objects of 32-bit or 64-bit words, read and written as
// floats of that width. FloatArrayPlugin and Float64ArrayPlugin have the same by name.
#include "run/primitive.h"
#include "run/primitives.h"

static bool is_float_array(Oop oop) {
    return oop_is_bits(oop) && (object_is_words32(oop) || object_is_words64(oop));
}

// The position, from 0, that an index names.
static Failure position_of(Oop array, Oop index, Num *position) {
    if (!oop_is_int(index)) return FAILURE_BAD_ARGUMENT;
    *position = num_sub(num_from_oop(index), num(1));
    bool inside = !num_is_negative(*position) && num_lt(*position, element_count(array));
    return inside ? FAILURE_NONE : FAILURE_BAD_INDEX;
}

Outcome prim_float_array_at(VM *vm) {
    Oop array = prim_receiver(vm);
    Num position;
    if (!is_float_array(array)) return prim_fail(vm, FAILURE_BAD_RECEIVER);
    Failure failure = position_of(array, prim_argument(vm, 0), &position);
    if (failure) return prim_fail(vm, failure);
    Real value = object_is_words64(array)
                     ? float64_at(array, position)
                     : real_from_float32_bits(word_from_num(word32_at(array, position)));
    Oop answer = prim_float_from_real(vm, value);
    return oop_is_none(answer) ? prim_fail(vm, FAILURE_NO_MEMORY) : prim_answer(vm, answer);
}

Outcome prim_float_array_at_put(VM *vm) {
    Oop array = prim_receiver(vm), value = prim_argument(vm, 1);
    Num position;
    Real number;
    if (!is_float_array(array)) return prim_fail(vm, FAILURE_BAD_RECEIVER);
    Failure failure = position_of(array, prim_argument(vm, 0), &position);
    if (failure) return prim_fail(vm, failure);
    if (oop_is_int(value))
        number = real_from_num(num_from_oop(value));
    else if (!prim_real_from_float(vm, value, &number))
        return prim_fail(vm, FAILURE_BAD_ARGUMENT);
    if (object_is_readonly(array)) return prim_fail(vm, FAILURE_NO_MODIFICATION);
    if (object_is_words64(array))
        word64_at_put(array, position, word_from_real(number));
    else
        word32_at_put(array, position, num_from_word(float32_bits_from_real(number)));
    return prim_answer(vm, value);
}
