// SPDX-License-Identifier: MIT
// Allocation. Eden first, then eden's reserve, then old space; whoever leaves eden's ordinary part
// asks for a scavenge. Nothing moves here: the safe point does what was asked for.
#include "base/check.h"
#include "memory/spaces.h"

// Objects larger than this part of eden go to old space at once.
enum { EDEN_PART = 4 };

static void request(Heap *heap, uint32_t wants) {
    if ((heap->wants & wants) == wants) return;
    heap->wants |= wants;
    for (unsigned i = 0; i < heap->client_count; i++)
        if (heap->clients[i].request_safe_point)
            heap->clients[i].request_safe_point(heap->clients[i].context);
}

static Oop refuse(Heap *heap, uint64_t bytes) {
    heap->failed_bytes = bytes;
    request(heap, HEAP_ALLOCATION_FAILED);
    return oop_from_bits(0);
}

// The stress switches; false: this allocation has to fail.
static bool count_allocation(Heap *heap) {
    const HeapOptions *options = &heap->options;
    if (!options->collect_every && !options->fail_every) return true;
    uint64_t count = ++heap->spaces->allocations;
    if (options->collect_every && count % options->collect_every == 0)
        request(heap, HEAP_WANTS_SCAVENGE | HEAP_WANTS_STRESS);
    return !options->fail_every || count % options->fail_every != 0;
}

static uint64_t take_eden(Heap *heap, uint64_t bytes) {
    HeapSpaces *spaces = heap->spaces;
    if (bytes > (spaces->eden_end - spaces->eden_start) / EDEN_PART) return 0;
    if (bytes > spaces->eden_end - heap->eden_free) return 0;
    uint64_t start = heap->eden_free;
    heap->eden_free += bytes;
    if (heap->eden_free > heap->eden_limit) request(heap, HEAP_WANTS_SCAVENGE);
    return start;
}

static uint64_t take_old(Heap *heap, uint64_t bytes) {
    uint32_t before = heap->wants;
    uint64_t start = old_space_allocate(heap, bytes, false);
    uint32_t news = heap->wants & ~before;
    heap->wants = before;
    if (news) request(heap, news);
    if (heap->spaces->old_bytes - heap->spaces->free_bytes > heap->full_threshold)
        request(heap, HEAP_WANTS_FULL);
    return start;
}

static bool size_is_sane(uint64_t slot_count) { return slot_count < 1ull << 48; }

Oop heap_allocate(Heap *heap, uint64_t class_index, unsigned format, uint64_t slot_count) {
    if (!size_is_sane(slot_count)) return refuse(heap, UINT64_MAX / 2);
    uint64_t bytes = raw_bytes_for_slots(slot_count);
    if (!count_allocation(heap)) return refuse(heap, bytes);
    uint64_t start = take_eden(heap, bytes);
    if (!start) {
        request(heap, HEAP_WANTS_SCAVENGE);
        start = take_old(heap, bytes);
    }
    if (!start) return refuse(heap, bytes);
    return oop_from_bits(spaces_place_object(heap, start, class_index, format, slot_count));
}

Oop heap_allocate_old(Heap *heap, uint64_t class_index, unsigned format, uint64_t slot_count) {
    if (!size_is_sane(slot_count)) return refuse(heap, UINT64_MAX / 2);
    uint64_t bytes = raw_bytes_for_slots(slot_count);
    if (!count_allocation(heap)) return refuse(heap, bytes);
    uint64_t start = take_old(heap, bytes);
    if (!start) return refuse(heap, bytes);
    uint64_t raw = spaces_place_object(heap, start, class_index, format, slot_count);
    raw_store(raw, raw_load(raw) | HEADER_PINNED);
    return oop_from_bits(raw);
}
