// SPDX-License-Identifier: MIT
// Elements and fields: at:, at:put:, size, the String variants, slots by number, and the bits
// primitives that see an object as an array of integers.
//
// Many of these are also sent with the object as an argument (`object: o basicAt: i`): operands
// are therefore counted from the top of the stack, and the number of arguments may be one more.
// What an element is, for each format, stands in elements.h. Contexts are read and written through
// context.h; a store into one may turn the running frame into another (context_put).
#include "run/primitive.h"

#include "base/check.h"
#include "run/context.h"
#include "run/elements.h"
#include "run/lookup.h"
#include "run/primitives.h"

static Outcome finish(VM *vm, Failure failure, Oop answer) {
    return failure ? prim_fail(vm, failure) : prim_answer(vm, answer);
}

// ---- contexts

// Whatever the store does to the frames, the running one must be in the state in which it goes on:
// operands gone, the answer pushed. When the store is refused they are put back.
static Outcome context_put(VM *vm, Oop context, Num position, Oop value) {
    enum { OPERAND_LIMIT = 4 };
    Oop operands[OPERAND_LIMIT];
    unsigned count = vm->argument_count + 1;
    ASSERT(count <= OPERAND_LIMIT);
    for (unsigned i = 0; i < count; i++)
        operands[i] = prim_stack_at(vm, i);
    prim_answer(vm, value);
    ContextStore stored =
        context_variable_put(vm, context, (unsigned)num_concrete(position), value);
    if (stored == CONTEXT_STORED) return OUTCOME_SWITCHED;
    vm->sp -= count - 1;
    for (unsigned i = 0; i < count; i++)
        prim_stack_at_put(vm, i, operands[i]);
    return prim_fail(vm, stored == CONTEXT_NO_ROOM ? FAILURE_NO_MEMORY : FAILURE_INAPPROPRIATE);
}

static Outcome context_at_put(VM *vm, Oop context, Num index, Oop value) {
    Num position = num_sub(index, num(1));
    if (!position_is_within(position, num((int64_t)context_stack_size(vm, context))))
        return prim_fail(vm, FAILURE_BAD_INDEX);
    return context_put(vm, context, num_add(position, num(CONTEXT_FIRST_TEMP)), value);
}

// ---- 60 to 62: at:, at:put:, size

Outcome prim_at(VM *vm) {
    if (!prim_has_arguments(vm, 1, 2)) return prim_fail(vm, FAILURE_BAD_ARGUMENT_COUNT);
    Oop object = prim_stack_at(vm, 1), index = prim_stack_at(vm, 0), value = index;
    if (oop_is_immediate(object)) return prim_fail(vm, FAILURE_INAPPROPRIATE);
    if (!oop_is_int(index)) return prim_fail(vm, FAILURE_BAD_ARGUMENT);
    return finish(vm, element_at(vm, object, num_from_oop(index), &value), value);
}

Outcome prim_at_put(VM *vm) {
    if (!prim_has_arguments(vm, 2, 3)) return prim_fail(vm, FAILURE_BAD_ARGUMENT_COUNT);
    Oop object = prim_stack_at(vm, 2), index = prim_stack_at(vm, 1), value = prim_stack_at(vm, 0);
    if (oop_is_immediate(object)) return prim_fail(vm, FAILURE_INAPPROPRIATE);
    if (!oop_is_int(index)) return prim_fail(vm, FAILURE_BAD_ARGUMENT);
    Failure failure = element_at_put(vm, object, num_from_oop(index), value);
    if (failure == FAILURE_INAPPROPRIATE && context_is_context(vm, object))
        return context_at_put(vm, object, num_from_oop(index), value);
    return finish(vm, failure, value);
}

Outcome prim_size(VM *vm) {
    if (!prim_has_arguments(vm, 0, 1)) return prim_fail(vm, FAILURE_BAD_ARGUMENT_COUNT);
    Oop object = prim_stack_at(vm, 0);
    if (oop_is_immediate(object)) return prim_fail(vm, FAILURE_BAD_RECEIVER);
    Num count;
    Failure failure = element_count_of(vm, object, &count);
    return failure ? prim_fail(vm, failure) : prim_answer(vm, oop_from_num(count));
}

// ---- 63 and 64: the elements of strings

Outcome prim_string_at(VM *vm) {
    if (!prim_has_arguments(vm, 1, 2)) return prim_fail(vm, FAILURE_BAD_ARGUMENT_COUNT);
    Oop object = prim_stack_at(vm, 1), index = prim_stack_at(vm, 0), value = index;
    if (oop_is_immediate(object)) return prim_fail(vm, FAILURE_INAPPROPRIATE);
    if (!oop_is_int(index)) return prim_fail(vm, FAILURE_BAD_ARGUMENT);
    return finish(vm, character_at(object, num_from_oop(index), &value), value);
}

Outcome prim_string_at_put(VM *vm) {
    if (!prim_has_arguments(vm, 2, 3)) return prim_fail(vm, FAILURE_BAD_ARGUMENT_COUNT);
    Oop object = prim_stack_at(vm, 2), index = prim_stack_at(vm, 1), value = prim_stack_at(vm, 0);
    if (oop_is_immediate(object)) return prim_fail(vm, FAILURE_INAPPROPRIATE);
    if (!oop_is_int(index)) return prim_fail(vm, FAILURE_BAD_ARGUMENT);
    return finish(vm, character_at_put(object, num_from_oop(index), value), value);
}

// ---- 73, 74, 173, 174: fields by number

// Reads field `position` of a pointer object that has it. What lies behind the stack pointer of a
// context is nil.
static Failure field_read(VM *vm, Oop object, Num position, Oop *value) {
    if (context_is_context(vm, object)) {
        unsigned used = CONTEXT_FIRST_TEMP + context_stack_size(vm, object);
        *value = num_lt(position, num(used))
                     ? context_variable(vm, object, (unsigned)num_concrete(position))
                     : prim_nil(vm);
        return oop_is_none(*value) ? FAILURE_NO_MEMORY : FAILURE_NONE;
    }
    *value = slot_at(object, position);
    return FAILURE_NONE;
}

static Outcome field_write(VM *vm, Oop object, Num position, Oop value) {
    if (context_is_context(vm, object)) return context_put(vm, object, position, value);
    slot_at_put(&vm->heap, object, position, value);
    return prim_answer(vm, value);
}

// Named fields only.
Outcome prim_instance_variable_at(VM *vm) {
    if (!prim_has_arguments(vm, 1, 2)) return prim_fail(vm, FAILURE_BAD_ARGUMENT_COUNT);
    Oop object = prim_stack_at(vm, 1), index = prim_stack_at(vm, 0), value = index;
    if (!oop_is_int(index)) return prim_fail(vm, FAILURE_BAD_ARGUMENT);
    if (oop_is_immediate(object)) return prim_fail(vm, FAILURE_INAPPROPRIATE);
    Num position = num_sub(num_from_oop(index), num(1));
    if (!position_is_within(position, prim_fixed_slots_of(vm, object)))
        return prim_fail(vm, FAILURE_BAD_INDEX);
    return finish(vm, field_read(vm, object, position, &value), value);
}

Outcome prim_instance_variable_at_put(VM *vm) {
    if (!prim_has_arguments(vm, 2, 3)) return prim_fail(vm, FAILURE_BAD_ARGUMENT_COUNT);
    Oop object = prim_stack_at(vm, 2), index = prim_stack_at(vm, 1), value = prim_stack_at(vm, 0);
    if (!oop_is_int(index)) return prim_fail(vm, FAILURE_BAD_ARGUMENT);
    if (oop_is_immediate(object)) return prim_fail(vm, FAILURE_BAD_RECEIVER);
    if (object_is_readonly(object)) return prim_fail(vm, FAILURE_NO_MODIFICATION);
    Num position = num_sub(num_from_oop(index), num(1));
    if (!position_is_within(position, prim_fixed_slots_of(vm, object)))
        return prim_fail(vm, FAILURE_BAD_INDEX);
    return field_write(vm, object, position, value);
}

// All slots, named and indexed; bits objects give raw integers, also when they are strings.
Outcome prim_slot_at(VM *vm) {
    if (!prim_has_arguments(vm, 1, 2)) return prim_fail(vm, FAILURE_BAD_ARGUMENT_COUNT);
    Oop object = prim_stack_at(vm, 1), index = prim_stack_at(vm, 0), value = index;
    if (!oop_is_int(index)) return prim_fail(vm, FAILURE_BAD_ARGUMENT);
    if (oop_is_immediate(object)) return prim_fail(vm, FAILURE_BAD_RECEIVER);
    Num position = num_sub(num_from_oop(index), num(1));
    if (object_is_pointers(object)) {
        if (!position_is_within(position, slot_count(object)))
            return prim_fail(vm, FAILURE_BAD_INDEX);
        return finish(vm, field_read(vm, object, position, &value), value);
    }
    if (object_is_method(object)) return prim_fail(vm, FAILURE_UNSUPPORTED);
    if (!object_is_bits(object)) return prim_fail(vm, FAILURE_BAD_RECEIVER);
    return finish(vm, element_at(vm, object, num_from_oop(index), &value), value);
}

Outcome prim_slot_at_put(VM *vm) {
    if (!prim_has_arguments(vm, 2, 3)) return prim_fail(vm, FAILURE_BAD_ARGUMENT_COUNT);
    Oop object = prim_stack_at(vm, 2), index = prim_stack_at(vm, 1), value = prim_stack_at(vm, 0);
    if (!oop_is_int(index)) return prim_fail(vm, FAILURE_BAD_ARGUMENT);
    if (oop_is_immediate(object)) return prim_fail(vm, FAILURE_BAD_RECEIVER);
    if (object_is_readonly(object)) return prim_fail(vm, FAILURE_NO_MODIFICATION);
    Num position = num_sub(num_from_oop(index), num(1));
    if (object_is_pointers(object)) {
        if (!position_is_within(position, slot_count(object)))
            return prim_fail(vm, FAILURE_BAD_INDEX);
        return field_write(vm, object, position, value);
    }
    if (object_is_method(object)) return prim_fail(vm, FAILURE_UNSUPPORTED);
    if (!object_is_bits(object)) return prim_fail(vm, FAILURE_BAD_RECEIVER);
    return finish(vm, element_at_put(vm, object, num_from_oop(index), value), value);
}

// ---- 76: the stack pointer of a context that does not run. What it uncovers is nil.

Outcome prim_store_stack_pointer(VM *vm) {
    if (!prim_has_arguments(vm, 1, 1)) return prim_fail(vm, FAILURE_BAD_ARGUMENT_COUNT);
    Oop context = prim_receiver(vm), size = prim_argument(vm, 0);
    if (!context_is_context(vm, context)) return prim_fail(vm, FAILURE_BAD_RECEIVER);
    if (!oop_is_int(size) ||
        !position_is_within(num_from_oop(size), num((int64_t)context_capacity(context) + 1)))
        return prim_fail(vm, FAILURE_BAD_ARGUMENT);
    if (context_is_married(vm, context) && context_frame(vm, context) == vm->fp)
        return prim_fail(vm, FAILURE_INAPPROPRIATE);
    if (object_is_readonly(context)) return prim_fail(vm, FAILURE_NO_MODIFICATION);
    Num before = num((int64_t)context_stack_size(vm, context));
    Outcome outcome = context_put(vm, context, num(CONTEXT_STACK_POINTER), size);
    if (outcome == OUTCOME_FAILED) return outcome;
    prim_stack_at_put(vm, 0, context);
    NUM_LOOP(i, before, num_from_oop(size))
    slot_at_put(&vm->heap, context, num_add(i, num(CONTEXT_FIRST_TEMP)), prim_nil(vm));
    return outcome;
}

// ---- 68 and 69: header and literals of a compiled method

Outcome prim_object_at(VM *vm) {
    Oop method = prim_receiver(vm), index = prim_argument(vm, 0);
    if (!oop_is_int(index)) return prim_fail(vm, FAILURE_BAD_ARGUMENT);
    if (!oop_is_method(method)) return prim_fail(vm, FAILURE_BAD_RECEIVER);
    Num position = num_sub(num_from_oop(index), num(1));
    if (!position_is_within(position, num_add(method_literal_count(method), num(1))))
        return prim_fail(vm, FAILURE_BAD_INDEX);
    return prim_answer(vm, slot_at(method, position));
}

// The header may change anything but the number of literals: the collectors rely on it, and bytes
// that would become literals are no oops.
static bool header_fits(Oop method, Oop header) {
    if (!oop_is_int(header)) return false;
    return num_eq(num_and(num_from_oop(header), num(0x7FFF)), method_literal_count(method));
}

Outcome prim_object_at_put(VM *vm) {
    Oop method = prim_receiver(vm), index = prim_argument(vm, 0), value = prim_argument(vm, 1);
    if (!oop_is_int(index)) return prim_fail(vm, FAILURE_BAD_ARGUMENT);
    if (!oop_is_method(method)) return prim_fail(vm, FAILURE_BAD_RECEIVER);
    if (object_is_readonly(method)) return prim_fail(vm, FAILURE_NO_MODIFICATION);
    Num position = num_sub(num_from_oop(index), num(1));
    if (!position_is_within(position, num_add(method_literal_count(method), num(1))))
        return prim_fail(vm, FAILURE_BAD_INDEX);
    if (num_is_zero(position) && !header_fits(method, value))
        return prim_fail(vm, FAILURE_BAD_ARGUMENT);
    slot_at_put(&vm->heap, method, position, value);
    lookup_method_written(vm, method);
    return prim_answer(vm, value);
}

// ---- 165 and 166: elements as signed integers; pointer objects answer their elements

Outcome prim_integer_at(VM *vm) {
    Oop object = prim_receiver(vm), index = prim_argument(vm, 0), value = index;
    if (!oop_is_int(index)) return prim_fail(vm, FAILURE_BAD_ARGUMENT);
    if (oop_is_immediate(object)) return prim_fail(vm, FAILURE_BAD_RECEIVER);
    if (object_is_method(object)) return prim_fail(vm, FAILURE_UNSUPPORTED);
    if (!object_is_bits(object))
        return finish(vm, element_at(vm, object, num_from_oop(index), &value), value);
    Num position = num_sub(num_from_oop(index), num(1));
    if (!position_is_within(position, bits_count(object))) return prim_fail(vm, FAILURE_BAD_INDEX);
    value = prim_integer_from_num(vm, bits_signed_at(object, position));
    if (oop_is_none(value)) return prim_fail(vm, FAILURE_NO_MEMORY);
    return prim_answer(vm, value);
}

Outcome prim_integer_at_put(VM *vm) {
    Oop object = prim_receiver(vm), index = prim_argument(vm, 0), value = prim_argument(vm, 1);
    if (!oop_is_int(index)) return prim_fail(vm, FAILURE_BAD_ARGUMENT);
    if (oop_is_immediate(object)) return prim_fail(vm, FAILURE_BAD_RECEIVER);
    if (object_is_readonly(object)) return prim_fail(vm, FAILURE_NO_MODIFICATION);
    if (object_is_method(object)) return prim_fail(vm, FAILURE_UNSUPPORTED);
    if (!object_is_bits(object))
        return finish(vm, element_at_put(vm, object, num_from_oop(index), value), value);
    Num number;
    if (!prim_num_from_integer(vm, value, &number) || !bits_fit_signed(object, number))
        return prim_fail(vm, FAILURE_BAD_ARGUMENT);
    Num position = num_sub(num_from_oop(index), num(1));
    if (!position_is_within(position, bits_count(object))) return prim_fail(vm, FAILURE_BAD_INDEX);
    bits_at_put(object, position, word_from_num(number));
    return prim_answer(vm, value);
}

// ---- 143 and 144: any bits object as an array of signed 16-bit integers

static Num short_count(Oop object) { return num_quo(byte_count(object), num(2)); }

Outcome prim_short_at(VM *vm) {
    Oop object = prim_receiver(vm), index = prim_argument(vm, 0);
    if (!oop_is_int(index)) return prim_fail(vm, FAILURE_BAD_ARGUMENT);
    if (!oop_is_bits(object)) return prim_fail(vm, FAILURE_INAPPROPRIATE);
    Num position = num_sub(num_from_oop(index), num(1));
    if (!position_is_within(position, short_count(object))) return prim_fail(vm, FAILURE_BAD_INDEX);
    Num value = num_shift_left(short_at(object, position), num(48));
    return prim_answer(vm, oop_from_num(num_shift_right(value, num(48))));
}

Outcome prim_short_at_put(VM *vm) {
    Oop object = prim_receiver(vm), index = prim_argument(vm, 0), value = prim_argument(vm, 1);
    if (!oop_is_int(index) || !oop_is_int(value)) return prim_fail(vm, FAILURE_BAD_ARGUMENT);
    if (!position_is_within(num_add(num_from_oop(value), num(0x8000)), num(0x10000)))
        return prim_fail(vm, FAILURE_BAD_ARGUMENT);
    if (!oop_is_bits(object)) return prim_fail(vm, FAILURE_INAPPROPRIATE);
    if (object_is_readonly(object)) return prim_fail(vm, FAILURE_NO_MODIFICATION);
    Num position = num_sub(num_from_oop(index), num(1));
    if (!position_is_within(position, short_count(object))) return prim_fail(vm, FAILURE_BAD_INDEX);
    short_at_put(object, position, num_from_oop(value));
    return prim_answer(vm, value);
}

// ---- 145: the same value into every element

Outcome prim_constant_fill(VM *vm) {
    Oop object = prim_receiver(vm);
    if (!oop_is_bits(object)) return prim_fail(vm, FAILURE_BAD_RECEIVER);
    if (object_is_readonly(object)) return prim_fail(vm, FAILURE_NO_MODIFICATION);
    Word value;
    if (!prim_word_from_integer(vm, prim_argument(vm, 0), &value) || !bits_fit(object, value))
        return prim_fail(vm, FAILURE_BAD_ARGUMENT);
    NUM_LOOP(i, num(0), bits_count(object))
    bits_at_put(object, i, value);
    return prim_answer_receiver(vm);
}
