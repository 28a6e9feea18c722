// SPDX-License-Identifier: MIT
// Walking the spaces, filler, eden's bounds.
#include "memory/spaces.h"

#include "base/check.h"

// ---- ranges

enum { YOUNG_RANGES = 2 }; // eden and past survivors

size_t spaces_range_count(const Heap *heap) { return YOUNG_RANGES + old_space_segment_count(heap); }

SpaceRange spaces_range(const Heap *heap, size_t index) {
    const HeapSpaces *spaces = heap->spaces;
    if (index == 0) return (SpaceRange){spaces->eden_start, heap->eden_free};
    if (index == 1) return (SpaceRange){spaces->past.start, spaces->past.free};
    const Segment *segment = old_space_segment(heap, index - YOUNG_RANGES);
    return (SpaceRange){segment->start, segment_limit(segment)};
}

// ---- walking

static bool walk_range(SpaceRange range, EntityVisitor visitor, void *context) {
    for (uint64_t at = range.start; at < range.end;) {
        uint64_t raw = raw_object_at(at);
        at = raw_end(raw);
        if (!visitor(context, raw)) return false;
    }
    return true;
}

// The number of ranges may grow meanwhile: what is then met again has been met before.
static bool walk_ranges_from(Heap *heap, size_t first, EntityVisitor visitor, void *context) {
    for (size_t i = first; i < spaces_range_count(heap); i++)
        if (!walk_range(spaces_range(heap, i), visitor, context)) return false;
    return true;
}

bool spaces_for_each_young(Heap *heap, EntityVisitor visitor, void *context) {
    for (size_t i = 0; i < YOUNG_RANGES; i++)
        if (!walk_range(spaces_range(heap, i), visitor, context)) return false;
    return true;
}

bool spaces_for_each_old(Heap *heap, EntityVisitor visitor, void *context) {
    return walk_ranges_from(heap, YOUNG_RANGES, visitor, context);
}

bool spaces_for_each_entity(Heap *heap, EntityVisitor visitor, void *context) {
    return walk_ranges_from(heap, 0, visitor, context);
}

// ---- entities

void spaces_make_filler(uint64_t start, uint64_t bytes) { (void)free_chunk_make(start, bytes); }

void spaces_discard(Heap *heap, uint64_t raw) {
    uint64_t start = free_chunk_start(raw), bytes = free_chunk_bytes(raw);
    ASSERT(!(raw_load(raw) & HEADER_REMEMBERED));
    if (!heap_address_is_young(heap, raw))
        old_space_add_free(heap, start, bytes);
    else if (start + bytes == heap->eden_free)
        heap->eden_free = start;
    else
        spaces_make_filler(start, bytes);
}

// ---- eden

static bool eden_is_stressed(const HeapOptions *options) {
    return options->collect_every || options->fail_every;
}

void spaces_open_eden(Heap *heap) {
    HeapSpaces *spaces = heap->spaces;
    uint64_t whole = spaces->eden_whole_end - spaces->eden_start;
    uint64_t capacity = spaces->future.end - spaces->future.start;
    uint64_t left = capacity - (spaces->past.free - spaces->past.start);
    if (left > whole) left = whole;
    spaces->eden_end = spaces->eden_start + left;
    spaces->eden_limit = spaces->eden_end - (left / 8 & ~7ull);
    heap->eden_free = spaces->eden_start;
    heap->eden_limit = eden_is_stressed(&heap->options) ? 0 : spaces->eden_limit;
}
