// SPDX-License-Identifier: MIT
// The common cases of the hottest primitives, inlined into the interpreter's send: elements of
// plain arrays and byte objects, and their size. Whatever does not fit goes to the primitive
// itself, which says why it fails.
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

INLINED_CASE inlined_at(Registers *r, Oop object, uint64_t header, bool as_character) {
    Num position;
    unsigned format = header_format(header);
    if (format == FORMAT_INDEXABLE && !as_character) {
        if (!inlined_position(stack_at(r, 0), raw_slot_count(oop_bits(object)), &position))
            return false;
        replace(r, 2, slot_at(object, position));
        return true;
    }
    if (!format_is_bytes(format) ||
        !inlined_position(stack_at(r, 0), raw_byte_size(oop_bits(object)), &position))
        return false;
    Num byte = byte_at(object, position);
    replace(r, 2, as_character ? char_from_code(byte) : oop_from_num(byte));
    return true;
}

INLINED_CASE inlined_at_put(Registers *r, Oop object, uint64_t header) {
    Num position;
    if (header_format(header) != FORMAT_INDEXABLE || header & HEADER_IMMUTABLE ||
        !inlined_position(stack_at(r, 1), raw_slot_count(oop_bits(object)), &position))
        return false;
    Oop value = stack_at(r, 0);
    slot_at_put(&r->vm->heap, object, position, value);
    replace(r, 3, value);
    return true;
}

INLINED_CASE inlined_size(Registers *r, Oop object, uint64_t header) {
    unsigned format = header_format(header);
    uint64_t count;
    if (format == FORMAT_INDEXABLE)
        count = raw_slot_count(oop_bits(object));
    else if (format_is_bytes(format))
        count = raw_byte_size(oop_bits(object));
    else
        return false;
    replace(r, 1, oop_from_num(num((int64_t)count)));
    return true;
}

// Did the entry's primitive have an inlined case that fits? Then the operands have been replaced by
// the answer. `header`: of the receiver, which is no immediate when it counts.
INLINED_CASE inlined_primitive_answers(Registers *r, const LookupEntry *entry, uint64_t header) {
    if (entry->inlined == INLINED_NONE) return false;
    Oop object = stack_at(r, r->argument_count);
    if (oop_is_immediate(object)) return false;
    switch (entry->inlined) {
    case INLINED_AT:
        return inlined_at(r, object, header, false);
    case INLINED_STRING_AT:
        return inlined_at(r, object, header, true);
    case INLINED_AT_PUT:
        return inlined_at_put(r, object, header);
    case INLINED_SIZE:
        return inlined_size(r, object, header);
    default:
        return false;
    }
}

#endif
