// SPDX-License-Identifier: MIT
// Allocation: eden, its reserve, old space, in this order; large objects go to old space at once.
// Whatever goes beyond eden asks for a collection at the next safe point; nothing moves here.
#include "memory/allocate.h"

#include "memory/spaces.h"

// More slots than any arena holds; so sizes in bytes cannot overflow.
#define MOST_SLOTS (1ull << 45)
// An object that takes more than this part of eden is made in old space.
enum { LARGE_PART_OF_EDEN = 8 };

void heap_want(Heap *heap, uint32_t bits) {
    uint32_t fresh = bits & ~heap->wants;
    heap->wants |= bits;
    for (unsigned i = 0; fresh && i < heap->client_count; i++)
        if (heap->clients[i].request_safe_point)
            heap->clients[i].request_safe_point(heap->clients[i].context);
}

static Oop allocation_failed(Heap *heap, uint64_t bytes) {
    heap->failed_bytes = bytes;
    heap_want(heap, HEAP_ALLOCATION_FAILED);
    return oop_from_bits(0);
}

// The stress options; false: this allocation fails.
static bool stress_permits(Heap *heap) {
    HeapOptions *options = &heap->options;
    if (!options->collect_every && !options->fail_every) return true;
    uint64_t number = ++heap->spaces->allocations;
    if (options->collect_every && number % options->collect_every == 0)
        heap_want(heap, HEAP_WANTS_SCAVENGE | HEAP_WANTS_STRESS);
    if (!options->fail_every) return true;
    if (options->fail_every > 1 && heap->spaces->spared) {
        heap->spaces->spared--;
        return true;
    }
    return number % options->fail_every != 0;
}

static uint64_t young_large_bytes(const Heap *heap) {
    return heap_eden_bytes(heap) / LARGE_PART_OF_EDEN;
}

bool heap_can_allocate(const Heap *heap, uint64_t bytes) {
    if (bytes <= young_large_bytes(heap) && heap->spaces->eden_end - heap->eden_free >= bytes)
        return true;
    return old_space_can_allocate(heap, bytes);
}

static uint64_t allocate_young(Heap *heap, uint64_t bytes) {
    HeapSpaces *spaces = heap->spaces;
    uint64_t start = heap->eden_free;
    if (bytes > young_large_bytes(heap)) return 0;
    if (bytes + start > spaces->eden_limit) heap_want(heap, HEAP_WANTS_SCAVENGE);
    if (bytes + start > spaces->eden_end) return 0;
    heap->eden_free = start + bytes;
    return start;
}

static uint64_t allocate_old(Heap *heap, uint64_t bytes) {
    uint64_t start = old_space_allocate(heap, bytes);
    if (!start) return 0;
    heap->spaces->old_allocated_bytes += bytes;
    if (heap_old_has_grown(heap)) heap_want(heap, HEAP_WANTS_FULL);
    return start;
}

Oop heap_allocate(Heap *heap, uint64_t class_index, unsigned format, uint64_t slot_count) {
    if (slot_count > MOST_SLOTS) return allocation_failed(heap, UINT64_MAX);
    uint64_t bytes = raw_bytes_for_slots(slot_count);
    if (!stress_permits(heap)) return allocation_failed(heap, bytes);
    uint64_t start = allocate_young(heap, bytes);
    if (!start) start = allocate_old(heap, bytes);
    if (!start) return allocation_failed(heap, bytes);
    return oop_from_bits(allocate_make_object(heap, start, class_index, format, slot_count));
}

uint64_t old_space_allocate_object(Heap *heap, uint64_t class_index, unsigned format,
                                   uint64_t slot_count) {
    uint64_t start = allocate_old(heap, raw_bytes_for_slots(slot_count));
    return start ? allocate_make_object(heap, start, class_index, format, slot_count) : 0;
}

Oop heap_allocate_old(Heap *heap, uint64_t class_index, unsigned format, uint64_t slot_count) {
    if (slot_count > MOST_SLOTS) return allocation_failed(heap, UINT64_MAX);
    uint64_t bytes = raw_bytes_for_slots(slot_count);
    if (!stress_permits(heap)) return allocation_failed(heap, bytes);
    uint64_t raw = old_space_allocate_object(heap, class_index, format, slot_count);
    if (!raw) return allocation_failed(heap, bytes);
    raw_store(raw, raw_load(raw) | HEADER_PINNED);
    return oop_from_bits(raw);
}
