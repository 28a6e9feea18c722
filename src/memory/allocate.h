// SPDX-License-Identifier: MIT
// Allocation's fast path, to be inlined: an object of less than 255 slots from eden.
#ifndef PARLEY_MEMORY_ALLOCATE_H
#define PARLEY_MEMORY_ALLOCATE_H

#include "memory/heap.h"
#include "object/header.h"

// The object with its body as it was found in eden (fill it before anything else happens), or
// oop_none() when eden is full or a stress switch wants the slow path.
static inline Oop heap_allocate_small(Heap *heap, uint64_t class_index, unsigned format,
                                      uint64_t slot_count) {
    uint64_t raw = heap->eden_free, end = raw + raw_bytes_from_header(slot_count);
    if (slot_count >= HEADER_SLOTS_OVERFLOW || end > heap->eden_limit) return (Oop){0};
    heap->eden_free = end;
    raw_store(raw, header_make(slot_count, format, class_index));
    return oop_from_bits(raw);
}

#endif
