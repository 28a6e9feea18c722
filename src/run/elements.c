// SPDX-License-Identifier: MIT
// Indexed elements of every format (see elements.h).
//
// Must stay true: a store checks everything before it writes; bytes of a compiled method are
// written only with a word to the lookup caches, because what was verified about them no longer
// holds; a Context is asked through context.h, never by its slots.
#include "run/elements.h"

#include "run/context.h"
#include "run/lookup.h"

// ---- bits

Word bits_at(Oop object, Num position) {
    if (object_is_bytes(object)) return word_from_num(byte_at(object, position));
    if (object_is_shorts(object)) return word_from_num(short_at(object, position));
    if (object_is_words32(object)) return word_from_num(word32_at(object, position));
    return word64_at(object, position);
}

void bits_at_put(Oop object, Num position, Word value) {
    if (object_is_bytes(object))
        byte_at_put(object, position, num_from_word(value));
    else if (object_is_shorts(object))
        short_at_put(object, position, num_from_word(value));
    else if (object_is_words32(object))
        word32_at_put(object, position, num_from_word(value));
    else
        word64_at_put(object, position, value);
}

// How far an element of the object must be shifted left to fill a word.
static Num bits_spare(Oop object) {
    if (object_is_bytes(object)) return num(56);
    if (object_is_shorts(object)) return num(48);
    if (object_is_words32(object)) return num(32);
    return num(0);
}

Num bits_signed_at(Oop object, Num position) {
    Num spare = bits_spare(object);
    return num_shift_right(num_shift_left(num_from_word(bits_at(object, position)), spare), spare);
}

bool bits_fit(Oop object, Word value) {
    Num spare = bits_spare(object);
    return word_eq(word_shift_right(word_shift_left(value, spare), spare), value);
}

bool bits_fit_signed(Oop object, Num value) {
    Num spare = bits_spare(object);
    return num_eq(num_shift_right(num_shift_left(value, spare), spare), value);
}

// ---- contexts: their elements are the temporaries and operands in use

static Failure context_element_at(VM *vm, Oop context, Num index, Oop *value) {
    Num position = num_sub(index, num(1));
    if (!position_is_within(position, num((int64_t)context_stack_size(vm, context))))
        return FAILURE_BAD_INDEX;
    *value = context_variable(vm, context, CONTEXT_FIRST_TEMP + (unsigned)num_concrete(position));
    return oop_is_none(*value) ? FAILURE_NO_MEMORY : FAILURE_NONE;
}

// ---- reading

static Failure pointer_at(VM *vm, Oop object, Num index, Oop *value) {
    Num fixed = prim_fixed_slots_of(vm, object);
    Num position = num_sub(index, num(1));
    if (!position_is_within(position, num_sub(slot_count(object), fixed))) return FAILURE_BAD_INDEX;
    *value = slot_at(object, num_add(position, fixed));
    return FAILURE_NONE;
}

// Bytes of a method begin behind its literals.
static bool method_has_byte(Oop method, Num position) {
    return position_is_within(position, byte_count(method)) &&
           num_le(method_first_pc(method), position);
}

Failure element_at_slow(VM *vm, Oop object, Num index, Oop *value) {
    if (!object_is_indexable(object)) return FAILURE_BAD_RECEIVER;
    if (context_is_context(vm, object)) return context_element_at(vm, object, index, value);
    if (object_is_pointers(object)) return pointer_at(vm, object, index, value);
    Num position = num_sub(index, num(1));
    if (object_is_method(object)) {
        if (!method_has_byte(object, position)) return FAILURE_BAD_INDEX;
        *value = oop_from_num(byte_at(object, position));
        return FAILURE_NONE;
    }
    if (!position_is_within(position, bits_count(object))) return FAILURE_BAD_INDEX;
    *value = prim_integer_from_word(vm, bits_at(object, position));
    return oop_is_none(*value) ? FAILURE_NO_MEMORY : FAILURE_NONE;
}

Failure element_count_slow(VM *vm, Oop object, Num *count) {
    if (!object_is_indexable(object)) return FAILURE_BAD_RECEIVER;
    if (context_is_context(vm, object)) {
        *count = num((int64_t)context_stack_size(vm, object));
        return FAILURE_NONE;
    }
    *count = object_is_pointers(object)
                 ? num_sub(slot_count(object), prim_fixed_slots_of(vm, object))
             : object_is_method(object) ? byte_count(object)
                                        : bits_count(object);
    return FAILURE_NONE;
}

// ---- writing

static Failure pointer_at_put(VM *vm, Oop object, Num index, Oop value) {
    Num fixed = prim_fixed_slots_of(vm, object);
    Num position = num_sub(index, num(1));
    if (!position_is_within(position, num_sub(slot_count(object), fixed))) return FAILURE_BAD_INDEX;
    slot_at_put(&vm->heap, object, num_add(position, fixed), value);
    return FAILURE_NONE;
}

static Failure method_byte_put(VM *vm, Oop method, Num position, Oop value) {
    if (!method_has_byte(method, position)) return FAILURE_BAD_INDEX;
    if (!oop_is_int(value) || !position_is_within(num_from_oop(value), num(256)))
        return FAILURE_BAD_ARGUMENT;
    byte_at_put(method, position, num_from_oop(value));
    lookup_method_written(vm, method);
    return FAILURE_NONE;
}

Failure element_at_put_slow(VM *vm, Oop object, Num index, Oop value) {
    if (object_is_readonly(object)) return FAILURE_NO_MODIFICATION;
    if (!object_is_indexable(object)) return FAILURE_BAD_RECEIVER;
    if (context_is_context(vm, object)) return FAILURE_INAPPROPRIATE;
    if (object_is_pointers(object)) return pointer_at_put(vm, object, index, value);
    Num position = num_sub(index, num(1));
    if (object_is_method(object)) return method_byte_put(vm, object, position, value);
    if (!position_is_within(position, bits_count(object))) return FAILURE_BAD_INDEX;
    Word bits;
    if (!prim_word_from_integer(vm, value, &bits) || !bits_fit(object, bits))
        return FAILURE_BAD_ARGUMENT;
    bits_at_put(object, position, bits);
    return FAILURE_NONE;
}

// ---- characters

// One more than the greatest code that a Character holds.
#define CHARACTER_CODE_LIMIT (1 << 30)

Failure character_at(Oop object, Num index, Oop *value) {
    if (!object_is_bits(object)) return FAILURE_BAD_RECEIVER;
    Num position = num_sub(index, num(1));
    if (!position_is_within(position, bits_count(object))) return FAILURE_BAD_INDEX;
    Num code = num_from_word(bits_at(object, position));
    if (!position_is_within(code, num(CHARACTER_CODE_LIMIT))) return FAILURE_BAD_RECEIVER;
    *value = char_from_code(code);
    return FAILURE_NONE;
}

Failure character_at_put(Oop object, Num index, Oop value) {
    if (object_is_readonly(object)) return FAILURE_NO_MODIFICATION;
    if (!object_is_bits(object)) return FAILURE_BAD_RECEIVER;
    Num position = num_sub(index, num(1));
    if (!position_is_within(position, bits_count(object))) return FAILURE_BAD_INDEX;
    if (!oop_is_char(value)) return FAILURE_BAD_ARGUMENT;
    Word code = word_from_num(code_from_char(value));
    if (!bits_fit(object, code)) return FAILURE_BAD_ARGUMENT;
    bits_at_put(object, position, code);
    return FAILURE_NONE;
}
