// SPDX-License-Identifier: MIT
// The common cases of the hottest primitives, inlined into the interpreter's send: elements of
// plain arrays and byte objects, and their size. Whatever does not fit goes to the primitive
// itself, which says why it fails. A function answers whether its case fits; then the operands have
// been replaced by the answer. `header` is the receiver's; an immediate has its tag there, which
// looks like an object without fields.
#ifndef PARLEY_RUN_INLINED_H
#define PARLEY_RUN_INLINED_H

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

// A quick return of a receiver variable.
INLINED_CASE inlined_variable(Registers *r, uint64_t header, unsigned variable) {
    if (!format_is_pointers(header_format(header)) || header >> HEADER_SLOTS_SHIFT <= variable)
        return false;
    stack_at_put(r, 0, slot_at(stack_at(r, 0), num(variable)));
    return true;
}

#endif
