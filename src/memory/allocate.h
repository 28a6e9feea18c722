// SPDX-License-Identifier: MIT
// Allocation's fast path: a small object in eden, without a call. eden_limit is 0 while a stress
// option wants to see every allocation.
#ifndef PARLEY_MEMORY_ALLOCATE_H
#define PARLEY_MEMORY_ALLOCATE_H

#include "memory/heap.h"
#include "object/header.h"

// What fresh slots of the format hold.
static inline uint64_t allocate_fill_word(const Heap *heap, unsigned format) {
    return format_is_bits(format) ? 0 : oop_bits(heap->nil);
}

// Makes an object of the bytes at `start` and fills it. A method gets a header of no literals, so
// that it can be looked at.
static inline uint64_t allocate_make_object(const Heap *heap, uint64_t start, uint64_t class_index,
                                            unsigned format, uint64_t slot_count) {
    uint64_t raw = start;
    if (slot_count >= HEADER_SLOTS_OVERFLOW) {
        raw_store(start, HEADER_SLOTS_OVERFLOW << HEADER_SLOTS_SHIFT | slot_count);
        raw += 8;
    }
    raw_store(raw, header_make(slot_count, format, class_index));
    uint64_t word = allocate_fill_word(heap, format), end = raw + raw_bytes_from_header(slot_count);
    for (uint64_t at = raw + 8; at < end; at += 8)
        raw_store(at, word);
    if (format_is_method(format)) raw_store(raw + 8, raw_from_int(0));
    return raw;
}

// heap_allocate, for objects that are small as a rule.
static inline Oop heap_allocate_small(Heap *heap, uint64_t class_index, unsigned format,
                                      uint64_t slot_count) {
    if (slot_count < HEADER_SLOTS_OVERFLOW) {
        uint64_t start = heap->eden_free, end = start + raw_bytes_from_header(slot_count);
        if (end <= heap->eden_limit) {
            heap->eden_free = end;
            return oop_from_bits(
                allocate_make_object(heap, start, class_index, format, slot_count));
        }
    }
    return heap_allocate(heap, class_index, format, slot_count);
}

#endif
