// SPDX-License-Identifier: MIT
// Indexed elements as Smalltalk sees them: what at:, at:put: and size mean for each format.
//
//   pointers, indexed part     the oop (behind the named fields)
//   64, 32, 16, 8 bits         the unsigned integer; for a string its Character
//   compiled methods           the bytes behind the literals
//
// The frequent cases (plain arrays, bytes) stand here, to be inlined into the interpreter; the
// rest is in elements.c. Objects are never immediates here, indices count from 1, and each
// function answers FAILURE_NONE or why it refused, having changed nothing. Forwarders and objects
// without indexed elements are BAD_RECEIVER. A Context's elements are its temporaries and
// operands, which may live in a frame; stores into a Context are INAPPROPRIATE here, because they
// may exchange frames (prim_access.c does them).
#ifndef PARLEY_RUN_ELEMENTS_H
#define PARLEY_RUN_ELEMENTS_H

#include "run/primitive.h"

// The slow halves, for every format.
Failure element_at_slow(VM *vm, Oop object, Num index, Oop *value);
Failure element_at_put_slow(VM *vm, Oop object, Num index, Oop value);
Failure element_count_slow(VM *vm, Oop object, Num *count);

// Elements as Characters: bits formats only, and the code must be one.
Failure character_at(Oop object, Num index, Oop *value);
Failure character_at_put(Oop object, Num index, Oop value);

// Is the position, counted from 0, below the count? Negative ones are not.
static inline bool position_is_within(Num position, Num count) {
    return word_lt(word_from_num(position), word_from_num(count));
}

static inline Failure element_at(VM *vm, Oop object, Num index, Oop *value) {
    Num position = num_sub(index, num(1));
    if (object_is_array_format(object)) {
        if (!position_is_within(position, slot_count(object))) return FAILURE_BAD_INDEX;
        *value = slot_at(object, position);
        return FAILURE_NONE;
    }
    if (object_is_bytes(object)) {
        if (!position_is_within(position, byte_count(object))) return FAILURE_BAD_INDEX;
        *value = oop_from_num(byte_at(object, position));
        return FAILURE_NONE;
    }
    return element_at_slow(vm, object, index, value);
}

static inline Failure element_at_put(VM *vm, Oop object, Num index, Oop value) {
    if (object_is_readonly(object)) return FAILURE_NO_MODIFICATION;
    if (object_is_array_format(object)) {
        Num position = num_sub(index, num(1));
        if (!position_is_within(position, slot_count(object))) return FAILURE_BAD_INDEX;
        slot_at_put(&vm->heap, object, position, value);
        return FAILURE_NONE;
    }
    return element_at_put_slow(vm, object, index, value);
}

static inline Failure element_count_of(VM *vm, Oop object, Num *count) {
    if (object_is_array_format(object)) {
        *count = slot_count(object);
        return FAILURE_NONE;
    }
    if (object_is_bytes(object)) {
        *count = byte_count(object);
        return FAILURE_NONE;
    }
    return element_count_slow(vm, object, count);
}

// ---- the raw elements of a bits object (no method): integers of the format's width
// How many there are.
static inline Num bits_count(Oop object) { return element_count(object); }
// The unsigned value at a position within the count.
Word bits_at(Oop object, Num position);
void bits_at_put(Oop object, Num position, Word value);
// The same, its sign extended.
Num bits_signed_at(Oop object, Num position);
// Does the value fit an element of the object, unsigned or signed?
bool bits_fit(Oop object, Word value);
bool bits_fit_signed(Oop object, Num value);

#endif
