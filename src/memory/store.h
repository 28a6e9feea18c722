// SPDX-License-Identifier: MIT
// Stores into objects, and allocation's fast path: what semantic code uses to change the heap.
// Every store of an oop runs the barrier of the collector in use (barrier.tbl).
#ifndef PARLEY_MEMORY_STORE_H
#define PARLEY_MEMORY_STORE_H

#include "memory/heap.h"
#include "object/ops.h"

#ifdef PARLEY_RECORDING
#include "memory/record_heap.h"
void slot_at_put(Heap *heap, Oop object, Num index, Oop value);
void byte_at_put(Oop object, Num index, Num value);
void short_at_put(Oop object, Num index, Num value);
void word32_at_put(Oop object, Num index, Num value);
void word64_at_put(Oop object, Num index, Word value);
#else

static inline bool barrier_needs_slow_path(const Heap *heap, uint64_t object, uint64_t value) {
    switch (heap->barrier) {
#define BARRIER(NAME, condition)                                                                   \
    case BARRIER_##NAME: return (condition);
#include "memory/barrier.tbl"
#undef BARRIER
    }
    return true;
}

static inline void slot_at_put(Heap *heap, Oop object, Num index, Oop value) {
    raw_store(raw_slot_address(object.bits, (uint64_t)index.value), value.bits);
    if (barrier_needs_slow_path(heap, object.bits, value.bits))
        heap_barrier_slow(heap, object.bits, value.bits);
}
static inline void byte_at_put(Oop object, Num index, Num value) {
    uint8_t byte = (uint8_t)value.value;
    memcpy((void *)(uintptr_t)(object.bits + 8 + (uint64_t)index.value), &byte, 1);
}
static inline void short_at_put(Oop object, Num index, Num value) {
    uint16_t element = (uint16_t)value.value;
    memcpy((void *)(uintptr_t)(object.bits + 8 + 2 * (uint64_t)index.value), &element, 2);
}
static inline void word32_at_put(Oop object, Num index, Num value) {
    uint32_t element = (uint32_t)value.value;
    memcpy((void *)(uintptr_t)(object.bits + 8 + 4 * (uint64_t)index.value), &element, 4);
}
static inline void word64_at_put(Oop object, Num index, Word value) {
    raw_store(object.bits + 8 + 8 * (uint64_t)index.value, value.bits);
}
#endif

// A field whose position the VM fixes.
static inline void field_at_put(Heap *heap, Oop object, int index, Oop value) {
    slot_at_put(heap, object, num(index), value);
}

#endif
