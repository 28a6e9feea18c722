// SPDX-License-Identifier: MIT
// The common cases of the hottest primitives, inlined into the interpreter's send: elements of
// plain arrays and byte objects, their size, and new objects in eden. Whatever does not fit goes to
// the primitive itself, which says why it fails. A function answers whether its case fits; then the
// operands have been replaced by the answer. `header` is the receiver's; an immediate has its tag
// there, which looks like an object without fields.
#ifndef PARLEY_RUN_INLINED_H
#define PARLEY_RUN_INLINED_H

#include "memory/allocate.h"
#include "memory/spaces.h"
#include "object/header.h"
#include "run/registers.h"

#define INLINED_CASE static inline __attribute__((always_inline)) bool

// Is `index` (counting from 1) within a count of elements? *position counts from 0.
INLINED_CASE inlined_position(Oop index, uint64_t count, Num *position) {
    *position = num_sub(num_from_oop(index), num(1));
    return oop_is_int(index) && word_lt(word_from_num(*position), word(count));
}

static inline __attribute__((always_inline)) uint64_t inlined_slots(Oop object, uint64_t header) {
    uint64_t count = header >> HEADER_SLOTS_SHIFT;
    return __builtin_expect(count == HEADER_SLOTS_OVERFLOW, 0) ? raw_slot_count(oop_bits(object))
                                                               : count;
}
static inline __attribute__((always_inline)) uint64_t inlined_bytes(Oop object, uint64_t header) {
    return inlined_slots(object, header) * 8 - (header_format(header) & 7);
}

INLINED_CASE inlined_element(Registers *r, Oop object, uint64_t header, bool as_character) {
    Num position;
    unsigned format = header_format(header);
    if (format == FORMAT_INDEXABLE && !as_character) {
        if (!inlined_position(stack_at(r, 0), inlined_slots(object, header), &position))
            return false;
        replace(r, 2, slot_at(object, position));
        return true;
    }
    if (!format_is_bytes(format) ||
        !inlined_position(stack_at(r, 0), inlined_bytes(object, header), &position))
        return false;
    Num byte = byte_at(object, position);
    replace(r, 2, as_character ? char_from_code(byte) : oop_from_num(byte));
    return true;
}

INLINED_CASE inlined_AT(Registers *r, Oop object, uint64_t header) {
    return inlined_element(r, object, header, false);
}
INLINED_CASE inlined_STRING_AT(Registers *r, Oop object, uint64_t header) {
    return inlined_element(r, object, header, true);
}

INLINED_CASE inlined_AT_PUT(Registers *r, Oop object, uint64_t header) {
    Num position;
    if (header_format(header) != FORMAT_INDEXABLE || header & HEADER_IMMUTABLE ||
        !inlined_position(stack_at(r, 1), inlined_slots(object, header), &position))
        return false;
    Oop value = stack_at(r, 0);
    slot_at_put(&r->vm->heap, object, position, value);
    replace(r, 3, value);
    return true;
}

INLINED_CASE inlined_SIZE(Registers *r, Oop object, uint64_t header) {
    unsigned format = header_format(header);
    uint64_t count;
    if (format == FORMAT_INDEXABLE)
        count = inlined_slots(object, header);
    else if (format_is_bytes(format))
        count = inlined_bytes(object, header);
    else
        return false;
    replace(r, 1, oop_from_num(num((int64_t)count)));
    return true;
}

// The class index of a class whose instances have `format`; 0: it has another one, or is none that
// the class table knows. *fixed: its number of named fields.
static inline __attribute__((always_inline)) uint64_t
inlined_class_index(Registers *r, Oop object, uint64_t header, unsigned format, uint64_t *fixed) {
    uint64_t slots = header >> HEADER_SLOTS_SHIFT, index = header_hash(header);
    if (!format_is_pointers(header_format(header)) || slots <= CLASS_FORMAT ||
        slots == HEADER_SLOTS_OVERFLOW)
        return 0;
    Oop class_format = field_at(object, CLASS_FORMAT);
    if (!oop_is_int(class_format) || (oop_bits(class_format) >> (TAG_BITS + 16) & 31) != format)
        return 0;
    *fixed = oop_bits(class_format) >> TAG_BITS & 0xFFFF;
    return oop_bits(heap_class_at(&r->vm->heap, index)) == oop_bits(object) ? index : 0;
}

// An object in eden in the place of the operands; false: there is no room.
INLINED_CASE inlined_new_object(Registers *r, unsigned operands, uint64_t class_index,
                                unsigned format, uint64_t slots) {
    Heap *heap = &r->vm->heap;
    uint64_t start = heap->eden_free, end = start + raw_bytes_from_header(slots);
    if (end > heap->eden_limit) return false;
    heap->eden_free = end;
    uint64_t raw = allocate_make_object(heap, start, class_index, format, slots);
    replace(r, operands, oop_from_bits(raw));
    return true;
}

INLINED_CASE inlined_NEW(Registers *r, Oop object, uint64_t header) {
    uint64_t fixed, index = inlined_class_index(r, object, header, FORMAT_FIXED, &fixed);
    return index && fixed < HEADER_SLOTS_OVERFLOW &&
           inlined_new_object(r, 1, index, FORMAT_FIXED, fixed);
}

// An Array, or another that has elements only.
INLINED_CASE inlined_NEW_WITH_SIZE(Registers *r, Oop object, uint64_t header) {
    uint64_t fixed, index = inlined_class_index(r, object, header, FORMAT_INDEXABLE, &fixed);
    Oop size = stack_at(r, 0);
    return index && oop_is_int(size) &&
           oop_bits(size) < (uint64_t)HEADER_SLOTS_OVERFLOW << TAG_BITS &&
           inlined_new_object(r, 2, index, FORMAT_INDEXABLE, oop_bits(size) >> TAG_BITS);
}

// A quick return of a receiver variable.
INLINED_CASE inlined_variable(Registers *r, uint64_t header, unsigned variable) {
    if (!format_is_pointers(header_format(header)) || header >> HEADER_SLOTS_SHIFT <= variable)
        return false;
    stack_at_put(r, 0, slot_at(stack_at(r, 0), num(variable)));
    return true;
}

#endif
