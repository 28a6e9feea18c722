// SPDX-License-Identifier: MIT
// Objects: making them, sizes, identity, class, identity hash, changing class.
//
// An object is made only for a class that has the shape of one and a format that instances can
// have (prim_class.c); its class index is entered into the class table then. Contexts keep out of
// class changes and plain copies: their state may live in a frame (context.h).
#include "run/primitive.h"

#include "object/raw.h"
#include "run/context.h"
#include "run/elements.h"
#include "run/primitives.h"

// More slots than any object may have.
#define SLOT_LIMIT ((int64_t)1 << 40)

// ---- the shape of a class's instances

typedef struct Shape {
    Num class_index, fixed, format;
} Shape;

// False when the object is no class that instances can be made of, or there is no room to enter
// it into the class table (*no_room).
static bool shape_of_class(VM *vm, Oop class_object, Shape *shape, bool *no_room) {
    *no_room = false;
    if (!prim_class_format(vm, class_object, &shape->fixed, &shape->format)) return false;
    uint64_t known = heap_class_index_of_class(&vm->heap, class_object);
    if (!known) known = heap_enter_class(&vm->heap, class_object);
    *no_room = known == 0;
    shape->class_index = num((int64_t)known);
    return known != 0;
}

static Failure shape_failure(bool no_room) {
    return no_room ? FAILURE_NO_MEMORY : FAILURE_BAD_RECEIVER;
}

static bool format_is(const Shape *shape, Format format) {
    return num_eq(shape->format, num(format));
}

// Instances of one size only. An ephemeron needs its key.
static bool shape_is_fixed(const Shape *shape) {
    if (format_is(shape, FORMAT_EMPTY)) return num_is_zero(shape->fixed);
    if (format_is(shape, FORMAT_EPHEMERON)) return !num_is_zero(shape->fixed);
    return format_is(shape, FORMAT_FIXED);
}

// log2 of how many indexed elements share a slot, for formats with indexed elements.
static bool shape_packing(const Shape *shape, Num *packing) {
    if (format_is(shape, FORMAT_INDEXABLE))
        *packing = num(0);
    else if (format_is(shape, FORMAT_MIXED))
        *packing = num(0);
    else if (format_is(shape, FORMAT_WEAK))
        *packing = num(0);
    else if (format_is(shape, FORMAT_64BIT))
        *packing = num(0);
    else if (format_is(shape, FORMAT_32BIT))
        *packing = num(1);
    else if (format_is(shape, FORMAT_16BIT))
        *packing = num(2);
    else if (format_is(shape, FORMAT_8BIT))
        *packing = num(3);
    else
        return false;
    return true;
}

static bool shape_is_mixed(const Shape *shape) {
    return format_is(shape, FORMAT_MIXED) || format_is(shape, FORMAT_WEAK);
}

// Slots and header format of an instance with so many indexed elements (0 <= size). Fixed classes
// take no elements, floats always two.
static Failure shape_instance(VM *vm, const Shape *shape, Num size, Num *slots, Num *format) {
    Num packing;
    *format = shape->format;
    if (!shape_packing(shape, &packing)) {
        if (!shape_is_fixed(shape) || !num_is_zero(size)) return FAILURE_BAD_RECEIVER;
        *slots = shape->fixed;
        return FAILURE_NONE;
    }
    if (num_eq(shape->class_index, prim_known(vm, boxed_float)) && !num_eq(size, num(2)))
        return FAILURE_BAD_RECEIVER;
    if (num_lt(num(SLOT_LIMIT), size)) return FAILURE_UNSUPPORTED;
    Num per_slot = num_shift_left(num(1), packing);
    *slots = num_shift_right(num_add(size, num_sub(per_slot, num(1))), packing);
    *format = num_add(shape->format, num_sub(num_shift_left(*slots, packing), size));
    if (shape_is_mixed(shape)) *slots = num_add(*slots, shape->fixed);
    return FAILURE_NONE;
}

// ---- 70, 71, 79: new, new:, newMethod:header:

static Outcome answer_new(VM *vm, const Shape *shape, Num format, Num slots) {
    Oop object = prim_new_object(vm, shape->class_index, (int)num_concrete(format), slots);
    if (oop_is_none(object)) return prim_fail(vm, FAILURE_NO_MEMORY);
    return prim_answer(vm, object);
}

Outcome prim_new(VM *vm) {
    Shape shape;
    bool no_room;
    if (!prim_has_arguments(vm, 0, 1)) return prim_fail(vm, FAILURE_BAD_ARGUMENT_COUNT);
    if (!shape_of_class(vm, prim_stack_at(vm, 0), &shape, &no_room))
        return prim_fail(vm, shape_failure(no_room));
    if (!shape_is_fixed(&shape)) return prim_fail(vm, FAILURE_BAD_RECEIVER);
    return answer_new(vm, &shape, shape.format, shape.fixed);
}

Outcome prim_new_with_size(VM *vm) {
    Shape shape;
    bool no_room;
    Num size, slots, format;
    if (!prim_has_arguments(vm, 1, 2)) return prim_fail(vm, FAILURE_BAD_ARGUMENT_COUNT);
    if (!prim_num_from_integer(vm, prim_stack_at(vm, 0), &size) || num_is_negative(size))
        return prim_fail(vm, FAILURE_BAD_ARGUMENT);
    if (!shape_of_class(vm, prim_stack_at(vm, 1), &shape, &no_room))
        return prim_fail(vm, shape_failure(no_room));
    Failure failure = shape_instance(vm, &shape, size, &slots, &format);
    if (failure) return prim_fail(vm, failure);
    return answer_new(vm, &shape, format, slots);
}

// A method with room for so many bytes of code: header, then literals, all nil.
Outcome prim_new_method(VM *vm) {
    Shape shape;
    bool no_room;
    Oop class_object = prim_receiver(vm), bytes = prim_argument(vm, 0);
    Oop header = prim_argument(vm, 1);
    if (!oop_is_int(bytes) || !oop_is_int(header)) return prim_fail(vm, FAILURE_BAD_ARGUMENT);
    if (!position_is_within(num_from_oop(bytes), num(SLOT_LIMIT)))
        return prim_fail(vm, FAILURE_BAD_ARGUMENT);
    if (!shape_of_class(vm, class_object, &shape, &no_room))
        return prim_fail(vm, shape_failure(no_room));
    if (!format_is(&shape, FORMAT_COMPILED_METHOD)) return prim_fail(vm, FAILURE_BAD_RECEIVER);
    Num literals = num_and(num_from_oop(header), num(0x7FFF));
    Num code_slots = num_shift_right(num_add(num_from_oop(bytes), num(7)), num(3));
    Num unused = num_sub(num_shift_left(code_slots, num(3)), num_from_oop(bytes));
    Oop method =
        prim_new_object(vm, shape.class_index, FORMAT_COMPILED_METHOD + (int)num_concrete(unused),
                        num_add(num_add(literals, num(1)), code_slots));
    if (oop_is_none(method)) return prim_fail(vm, FAILURE_NO_MEMORY);
    NUM_LOOP(i, num(1), num_add(literals, num(1)))
    slot_at_put(&vm->heap, method, i, prim_nil(vm));
    field_at_put(&vm->heap, method, 0, header);
    return prim_answer(vm, method);
}

// ---- 181 and 182: sizes in memory

static Num memory_bytes(Num slots) {
    Num body = num_is_zero(slots) ? num(1) : slots;
    Num headers = num_lt(slots, num((int64_t)HEADER_SLOTS_OVERFLOW)) ? num(1) : num(2);
    return num_shift_left(num_add(body, headers), num(3));
}

Outcome prim_size_in_bytes_of_instance(VM *vm) {
    Shape shape;
    bool no_room;
    Num size = num(0), slots, format;
    if (!prim_has_arguments(vm, 0, 1)) return prim_fail(vm, FAILURE_BAD_ARGUMENT_COUNT);
    if (!shape_of_class(vm, prim_receiver(vm), &shape, &no_room))
        return prim_fail(vm, shape_failure(no_room));
    if (vm->argument_count == 0 && !shape_is_fixed(&shape))
        return prim_fail(vm, FAILURE_BAD_RECEIVER);
    if (vm->argument_count == 1) {
        if (!oop_is_int(prim_argument(vm, 0))) return prim_fail(vm, FAILURE_BAD_ARGUMENT);
        size = num_from_oop(prim_argument(vm, 0));
        if (num_is_negative(size)) return prim_fail(vm, FAILURE_BAD_ARGUMENT);
    }
    // Unlike an instance, a number may be asked for a method: its bytes include header and
    // literals.
    if (format_is(&shape, FORMAT_COMPILED_METHOD)) shape.format = num(FORMAT_8BIT);
    Failure failure = shape_instance(vm, &shape, size, &slots, &format);
    if (failure) return prim_fail(vm, failure);
    return prim_answer(vm, oop_from_num(memory_bytes(slots)));
}

Outcome prim_size_in_bytes(VM *vm) {
    if (!prim_has_arguments(vm, 0, 1)) return prim_fail(vm, FAILURE_BAD_ARGUMENT_COUNT);
    Oop object = prim_stack_at(vm, 0);
    if (oop_is_forwarder(object)) return prim_fail(vm, FAILURE_BAD_RECEIVER);
    Num bytes = oop_is_immediate(object) ? num(0) : memory_bytes(slot_count(object));
    return prim_answer(vm, oop_from_num(bytes));
}

// ---- 110, 111, 169: identity and class

Outcome prim_identical(VM *vm) {
    if (!prim_has_arguments(vm, 1, 2)) return prim_fail(vm, FAILURE_BAD_ARGUMENT_COUNT);
    Oop one = prim_stack_at(vm, 1), other = prim_stack_at(vm, 0);
    if (oop_is_forwarder(one) || oop_is_forwarder(other))
        return prim_fail(vm, FAILURE_BAD_ARGUMENT);
    return prim_answer_bool(vm, oop_is(one, other));
}

Outcome prim_not_identical(VM *vm) {
    if (!prim_has_arguments(vm, 1, 2)) return prim_fail(vm, FAILURE_BAD_ARGUMENT_COUNT);
    Oop one = prim_stack_at(vm, 1), other = prim_stack_at(vm, 0);
    if (oop_is_forwarder(one) || oop_is_forwarder(other))
        return prim_fail(vm, FAILURE_BAD_ARGUMENT);
    return prim_answer_bool(vm, !oop_is(one, other));
}

Outcome prim_class(VM *vm) {
    if (!prim_has_arguments(vm, 0, 1)) return prim_fail(vm, FAILURE_BAD_ARGUMENT_COUNT);
    Oop object = prim_stack_at(vm, 0);
    if (oop_is_forwarder(object)) return prim_fail(vm, FAILURE_BAD_RECEIVER);
    return prim_answer(vm, prim_class_of(vm, object));
}

// ---- 75, 161, 175, 176: identity hashes

Outcome prim_identity_hash(VM *vm) {
    if (!prim_has_arguments(vm, 0, 1)) return prim_fail(vm, FAILURE_BAD_ARGUMENT_COUNT);
    Oop object = prim_stack_at(vm, 0);
    if (oop_is_immediate(object) || object_is_forwarder(object))
        return prim_fail(vm, FAILURE_BAD_RECEIVER);
    return prim_answer(vm, oop_from_num(num((int64_t)heap_identity_hash(&vm->heap, object))));
}

// Without arguments: has the receiver a hash? With one: sets it, and answers the old one. A class
// in the class table keeps the hash that is its index.
Outcome prim_set_identity_hash(VM *vm) {
    if (!prim_has_arguments(vm, 0, 2)) return prim_fail(vm, FAILURE_BAD_ARGUMENT_COUNT);
    Oop object = prim_receiver(vm);
    if (oop_is_forwarder(object)) return prim_fail(vm, FAILURE_BAD_RECEIVER);
    if (vm->argument_count == 0)
        return prim_answer_bool(vm, !oop_is_immediate(object) &&
                                        !num_is_zero(object_hash_bits(object)));
    if (oop_is_immediate(object)) return prim_fail(vm, FAILURE_BAD_RECEIVER);
    if (vm->argument_count == 2) return prim_fail(vm, FAILURE_UNSUPPORTED);
    Oop hash = prim_argument(vm, 0);
    if (!oop_is_int(hash) || num_is_zero(num_from_oop(hash)) ||
        !position_is_within(num_from_oop(hash), num((int64_t)HEADER_HASH_LIMIT)))
        return prim_fail(vm, FAILURE_BAD_ARGUMENT);
    if (heap_class_index_of_class(&vm->heap, object)) return prim_fail(vm, FAILURE_INAPPROPRIATE);
    Num old = num((int64_t)heap_identity_hash(&vm->heap, object));
    object_set_hash(object, num_from_oop(hash));
    return prim_answer(vm, oop_from_num(old));
}

Outcome prim_class_identity_hash(VM *vm) {
    if (!prim_has_arguments(vm, 0, 1)) return prim_fail(vm, FAILURE_BAD_ARGUMENT_COUNT);
    Oop class_object = prim_stack_at(vm, 0);
    if (!prim_is_class_object(vm, class_object)) return prim_fail(vm, FAILURE_BAD_RECEIVER);
    uint64_t class_index = heap_enter_class(&vm->heap, class_object);
    if (!class_index) return prim_fail(vm, FAILURE_NO_MEMORY);
    return prim_answer(vm, oop_from_num(num((int64_t)class_index)));
}

Outcome prim_max_identity_hash(VM *vm) {
    if (!prim_has_arguments(vm, 0, 1)) return prim_fail(vm, FAILURE_BAD_ARGUMENT_COUNT);
    return prim_answer(vm, oop_from_num(num((int64_t)HEADER_HASH_LIMIT - 1)));
}

// ---- 115 and 160: changing the class of an object

// The bits that the object uses must be whole elements of the new format; pointer objects must
// have the named fields of the new class.
static Failure new_format(Oop object, const Shape *shape, Num *format) {
    bool pointers = num_le(shape->format, num(FORMAT_EPHEMERON));
    if (pointers != object_is_pointers(object)) return FAILURE_INAPPROPRIATE;
    *format = shape->format;
    if (pointers) {
        Num slots = slot_count(object);
        bool fixed = !num_is_zero(shape->format) && shape_is_fixed(shape);
        if (num_eq(slots, shape->fixed)) return FAILURE_NONE;
        return fixed || num_lt(slots, shape->fixed) || format_is(shape, FORMAT_EMPTY)
                   ? FAILURE_BAD_RECEIVER
                   : FAILURE_NONE;
    }
    Num packing;
    if (!shape_packing(shape, &packing)) return FAILURE_INAPPROPRIATE;
    Num shift = num_sub(num(3), packing);
    Num elements = num_shift_right(byte_count(object), shift);
    if (!num_eq(num_shift_left(elements, shift), byte_count(object))) return FAILURE_BAD_RECEIVER;
    *format =
        num_add(shape->format, num_sub(num_shift_left(slot_count(object), packing), elements));
    return FAILURE_NONE;
}

// Failures are named as if the object were the receiver and the class the argument.
static Failure change_class(VM *vm, Oop object, Oop class_object) {
    Shape shape;
    bool no_room;
    Num format;
    if (oop_is_immediate(object) || object_is_forwarder(object)) return FAILURE_BAD_RECEIVER;
    if (object_is_readonly(object)) return FAILURE_NO_MODIFICATION;
    if (object_is_method(object) || context_is_context(vm, object)) return FAILURE_INAPPROPRIATE;
    if (!shape_of_class(vm, class_object, &shape, &no_room))
        return no_room ? FAILURE_NO_MEMORY : FAILURE_BAD_ARGUMENT;
    if (num_eq(shape.class_index, prim_known(vm, context))) return FAILURE_INAPPROPRIATE;
    if (num_eq(shape.class_index, prim_known(vm, boxed_float)) &&
        !num_eq(byte_count(object), num(8)))
        return FAILURE_INAPPROPRIATE;
    Failure failure = new_format(object, &shape, &format);
    if (failure) return failure;
    object_set_class_and_format(object, shape.class_index, format);
    return FAILURE_NONE;
}

Outcome prim_change_class(VM *vm) {
    Oop model = prim_argument(vm, 0);
    if (oop_is_immediate(model) || object_is_forwarder(model))
        return prim_fail(vm, FAILURE_BAD_ARGUMENT);
    Failure failure = change_class(vm, prim_receiver(vm), prim_class_of(vm, model));
    return failure ? prim_fail(vm, failure) : prim_answer_receiver(vm);
}

Outcome prim_adopt_instance(VM *vm) {
    Failure failure = change_class(vm, prim_argument(vm, 0), prim_receiver(vm));
    if (failure == FAILURE_BAD_RECEIVER)
        failure = FAILURE_BAD_ARGUMENT;
    else if (failure == FAILURE_BAD_ARGUMENT)
        failure = FAILURE_BAD_RECEIVER;
    return failure ? prim_fail(vm, failure) : prim_answer_receiver(vm);
}

// ---- 170 and 171: immediates

Outcome prim_character_from_code(VM *vm) {
    if (!prim_has_arguments(vm, 0, 1)) return prim_fail(vm, FAILURE_BAD_ARGUMENT_COUNT);
    Oop code = prim_stack_at(vm, 0);
    if (!oop_is_int(code) || !position_is_within(num_from_oop(code), num(1 << 30)))
        return prim_fail(vm, vm->argument_count ? FAILURE_BAD_ARGUMENT : FAILURE_BAD_RECEIVER);
    return prim_answer(vm, char_from_code(num_from_oop(code)));
}

// A SmallInteger that tells immediates of one class apart: the value, the code, and of a
// SmallFloat64 its bits, as they stand, with the sign in front.
Outcome prim_immediate_value(VM *vm) {
    if (!prim_has_arguments(vm, 0, 1)) return prim_fail(vm, FAILURE_BAD_ARGUMENT_COUNT);
    Oop object = prim_stack_at(vm, 0);
    if (oop_is_int(object)) return prim_answer(vm, object);
    if (oop_is_char(object)) return prim_answer(vm, oop_from_num(code_from_char(object)));
    if (!oop_is_small_float(object)) return prim_fail(vm, FAILURE_BAD_RECEIVER);
    Num bits = num_from_word(word_shift_right(word_from_oop(object), num(TAG_BITS)));
    Num sign = num_and(bits, num(1));
    Num magnitude = num_shift_right(bits, num(1));
    return prim_answer(vm, oop_from_num(num_sub(magnitude, num_shift_left(sign, num(60)))));
}
