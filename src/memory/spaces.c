// SPDX-License-Identifier: MIT
// Walking the spaces, filler, and the placing of objects.
#include "memory/spaces.h"

void spaces_make_filler(uint64_t start, uint64_t bytes) {
    uint64_t slots = (bytes - 8) / 8;
    if (slots < HEADER_SLOTS_OVERFLOW) {
        raw_store(start, header_make(slots, FORMAT_64BIT, CLASS_INDEX_FREE));
        return;
    }
    slots--;
    raw_store(start, HEADER_SLOTS_OVERFLOW << HEADER_SLOTS_SHIFT | slots);
    raw_store(start + 8, header_make(HEADER_SLOTS_OVERFLOW, FORMAT_64BIT, CLASS_INDEX_FREE));
}

static uint64_t entity_start(uint64_t raw) { return raw_has_overflow(raw) ? raw - 8 : raw; }

void spaces_discard(Heap *heap, uint64_t raw) {
    uint64_t start = entity_start(raw), bytes = raw_end(raw) - start;
    if (heap_address_is_young(heap, raw))
        spaces_make_filler(start, bytes);
    else
        old_space_add_free(heap, start, bytes);
}

uint64_t spaces_place_object(const Heap *heap, uint64_t start, uint64_t class_index,
                             unsigned format, uint64_t slot_count) {
    uint64_t raw = start;
    if (slot_count >= HEADER_SLOTS_OVERFLOW) {
        raw_store(start, HEADER_SLOTS_OVERFLOW << HEADER_SLOTS_SHIFT | slot_count);
        raw = start + 8;
    }
    raw_store(raw, header_make(slot_count, format, class_index));
    uint64_t filling = format_is_bits(format) ? 0 : oop_bits(heap->nil);
    for (uint64_t i = 0; i < (slot_count ? slot_count : 1); i++)
        raw_store(raw_slot_address(raw, i), filling);
    return raw;
}

// ---- walking

size_t spaces_range_count(const Heap *heap) { return 2 + heap->spaces->segments.count; }

SpaceRange spaces_range(const Heap *heap, size_t index) {
    const HeapSpaces *spaces = heap->spaces;
    if (index == 0) return (SpaceRange){spaces->eden_start, heap->eden_free};
    if (index == 1) return (SpaceRange){spaces->past.start, spaces->past.free};
    const Segment *segment = &spaces->segments.items[index - 2];
    return (SpaceRange){segment->start, segment_limit(segment)};
}

static bool walk_range(SpaceRange range, EntityVisitor visitor, void *context) {
    for (uint64_t at = range.start; at < range.end;) {
        uint64_t raw = raw_object_at(at);
        at = raw_end(raw); // before the visitor, which may change the entity
        if (!visitor(context, raw)) return false;
    }
    return true;
}

void spaces_for_each_young(Heap *heap, EntityVisitor visitor, void *context) {
    if (walk_range(spaces_range(heap, 0), visitor, context))
        walk_range(spaces_range(heap, 1), visitor, context);
}

void spaces_for_each_entity(Heap *heap, EntityVisitor visitor, void *context) {
    for (size_t i = 0; i < spaces_range_count(heap); i++)
        if (!walk_range(spaces_range(heap, i), visitor, context)) return;
}
