// SPDX-License-Identifier: MIT
// Old space: segments that grow and shrink, and the lists of their free chunks. Chunks of less
// than 512 bytes have a list for each size, larger ones a list for each power of two. A chunk is
// split when what is left can be a chunk itself. Dead runs may exceed any 32-bit size.
#include <string.h>

#include "base/bits.h"
#include "base/event_ring.h"
#include "memory/spaces.h"

enum { PAGE = 4096, LARGE_SHIFT = 9 };

// ---- free lists

static uint64_t chunk_bytes(uint64_t raw) {
    uint64_t start = raw_has_overflow(raw) ? raw - 8 : raw;
    return raw_end(raw) - start;
}

static unsigned large_bin(uint64_t bytes) {
    return 63 - (unsigned)__builtin_clzll(bytes) - LARGE_SHIFT;
}

// The head of the list for chunks of that size, and the map that says it is not empty.
static uint64_t *list_for(HeapSpaces *spaces, uint64_t bytes, uint64_t **map, unsigned *bit) {
    if (bytes / 8 < EXACT_BINS) {
        *bit = (unsigned)(bytes / 8);
        *map = &spaces->exact_map;
        return &spaces->exact[*bit];
    }
    *bit = large_bin(bytes);
    *map = &spaces->large_map;
    return &spaces->large[*bit];
}

void old_space_forget_free(Heap *heap) {
    HeapSpaces *spaces = heap->spaces;
    memset(spaces->exact, 0, sizeof spaces->exact);
    memset(spaces->large, 0, sizeof spaces->large);
    spaces->exact_map = spaces->large_map = spaces->free_bytes = 0;
}

void old_space_add_free(Heap *heap, uint64_t start, uint64_t bytes) {
    uint64_t *map;
    unsigned bit;
    spaces_make_filler(start, bytes);
    uint64_t raw = raw_object_at(start);
    uint64_t *list = list_for(heap->spaces, bytes, &map, &bit);
    raw_store(raw_slot_address(raw, 0), *list);
    *list = raw;
    *map |= 1ull << bit;
    heap->spaces->free_bytes += bytes;
}

// Takes the chunk out of the list (`link` is the word that refers to it) and uses its beginning.
static uint64_t use_chunk(Heap *heap, uint64_t *head, uint64_t link_address, uint64_t raw,
                          uint64_t bytes) {
    uint64_t next = raw_slot(raw, 0), size = chunk_bytes(raw);
    uint64_t start = raw_has_overflow(raw) ? raw - 8 : raw;
    if (link_address)
        raw_store(link_address, next);
    else
        *head = next;
    heap->spaces->free_bytes -= size;
    if (size > bytes) old_space_add_free(heap, start + bytes, size - bytes);
    return start;
}

static void note_empty(HeapSpaces *spaces, uint64_t bytes) {
    uint64_t *map;
    unsigned bit;
    if (!*list_for(spaces, bytes, &map, &bit)) *map &= ~(1ull << bit);
}

static uint64_t take_head(Heap *heap, uint64_t *list, uint64_t bytes) {
    uint64_t raw = *list, size = chunk_bytes(raw);
    uint64_t start = use_chunk(heap, list, 0, raw, bytes);
    note_empty(heap->spaces, size);
    return start;
}

// A chunk that fits exactly, or leaves room for another chunk.
static bool fits(uint64_t size, uint64_t bytes) {
    return size == bytes || size >= bytes + SMALLEST_CHUNK;
}

static uint64_t take_first_fit(Heap *heap, uint64_t *list, uint64_t bytes) {
    uint64_t link = 0;
    for (uint64_t raw = *list; raw; link = raw_slot_address(raw, 0), raw = raw_slot(raw, 0)) {
        uint64_t size = chunk_bytes(raw);
        if (!fits(size, bytes)) continue;
        uint64_t start = use_chunk(heap, list, link, raw, bytes);
        note_empty(heap->spaces, size);
        return start;
    }
    return 0;
}

static uint64_t take_free(Heap *heap, uint64_t bytes) {
    HeapSpaces *spaces = heap->spaces;
    if (bytes / 8 < EXACT_BINS) {
        if (spaces->exact[bytes / 8]) return take_head(heap, &spaces->exact[bytes / 8], bytes);
        unsigned from = (unsigned)((bytes + SMALLEST_CHUNK) / 8);
        uint64_t larger = from < EXACT_BINS ? spaces->exact_map >> from << from : 0;
        if (larger) return take_head(heap, &spaces->exact[__builtin_ctzll(larger)], bytes);
    }
    unsigned bin = bytes / 8 < EXACT_BINS ? 0 : large_bin(bytes);
    for (uint64_t map = spaces->large_map >> bin << bin; map; map &= map - 1) {
        uint64_t start = take_first_fit(heap, &spaces->large[__builtin_ctzll(map)], bytes);
        if (start) return start;
    }
    return 0;
}

// ---- segments

uint64_t old_space_growth_left(const Heap *heap) {
    uint64_t zone = heap->arena->old_space.end - heap->arena->old_space.start;
    // A scavenge may always promote all of new space: that much stays in hand.
    uint64_t in_hand = 2 * heap->new_bytes;
    uint64_t limit = heap->options.old_limit_bytes;
    if (!limit || limit > zone - in_hand) limit = zone - in_hand;
    return limit > heap->spaces->old_bytes ? limit - heap->spaces->old_bytes : 0;
}

static void write_bridge(uint64_t end) {
    raw_store(end - 16, HEADER_SLOTS_OVERFLOW << HEADER_SLOTS_SHIFT);
    raw_store(end - 8, header_make(HEADER_SLOTS_OVERFLOW, FORMAT_64BIT, CLASS_INDEX_BRIDGE));
}

// The lowest address with so many free bytes behind it, and the place in the list of segments.
static uint64_t find_gap(const Heap *heap, uint64_t bytes, size_t *place) {
    const HeapSpaces *spaces = heap->spaces;
    uint64_t at = heap->arena->old_space.start;
    for (*place = 0; *place < spaces->segments.count; (*place)++) {
        const Segment *segment = &spaces->segments.items[*place];
        if (segment->start - at >= bytes) return at;
        at = segment->end;
    }
    return heap->arena->old_space.end - at >= bytes ? at : 0;
}

// Bytes: of the whole segment, whole pages. Its memory is committed but not yet filled.
static uint64_t add_segment(Heap *heap, uint64_t bytes) {
    HeapSpaces *spaces = heap->spaces;
    size_t place;
    uint64_t start = find_gap(heap, bytes, &place);
    if (!start || arena_commit(heap->arena, start, bytes)) return 0;
    Segment segment = {start, start + bytes};
    if (!array_push(&spaces->segments, segment)) return 0;
    Segment *items = spaces->segments.items;
    memmove(items + place + 1, items + place, (spaces->segments.count - 1 - place) * sizeof *items);
    items[place] = segment;
    write_bridge(segment.end);
    spaces->old_bytes += bytes;
    heap->statistics.grown_segments++;
    return start;
}

Status heap_add_segment(Heap *heap, uint64_t bytes, uint64_t *start) {
    uint64_t whole = round_up(bytes + BRIDGE_BYTES + SMALLEST_CHUNK, PAGE);
    if (whole < bytes || whole > old_space_growth_left(heap)) return STATUS_NO_MEMORY;
    *start = add_segment(heap, whole);
    if (!*start) return STATUS_NO_MEMORY;
    heap->spaces->loaded_bytes = bytes;
    uint64_t rest = *start + round_up(bytes, 8);
    old_space_add_free(heap, rest, *start + whole - BRIDGE_BYTES - rest);
    return STATUS_OK;
}

static bool grow(Heap *heap, uint64_t bytes, bool beyond_limit) {
    uint64_t least = round_up(bytes + BRIDGE_BYTES + SMALLEST_CHUNK, PAGE);
    uint64_t left = beyond_limit ? UINT64_MAX : old_space_growth_left(heap);
    if (least < bytes || least > left) return false;
    uint64_t wanted = round_up(heap->options.growth_bytes, PAGE);
    if (wanted < least) wanted = least;
    if (wanted > left) wanted = left / PAGE * PAGE;
    uint64_t start = add_segment(heap, wanted);
    if (!start && wanted > least) start = add_segment(heap, wanted = least);
    if (!start) return false;
    old_space_add_free(heap, start, wanted - BRIDGE_BYTES);
    return true;
}

uint64_t old_space_allocate(Heap *heap, uint64_t bytes, bool beyond_limit) {
    uint64_t start = take_free(heap, bytes);
    if (!start && grow(heap, bytes, beyond_limit)) start = take_free(heap, bytes);
    if (old_space_growth_left(heap) + heap->spaces->free_bytes < heap->low_space_threshold)
        heap->wants |= HEAP_LOW_SPACE;
    return start;
}

static bool segment_is_free(const Segment *segment) {
    uint64_t raw = raw_object_at(segment->start);
    return raw_class_index(raw) == CLASS_INDEX_FREE && raw_end(raw) == segment_limit(segment);
}

static void forget_segment(Heap *heap, size_t index) {
    HeapSpaces *spaces = heap->spaces;
    Segment segment = spaces->segments.items[index];
    uint64_t raw = raw_object_at(segment.start), *map;
    unsigned bit;
    uint64_t *list = list_for(spaces, chunk_bytes(raw), &map, &bit), link = 0;
    for (uint64_t at = *list; at != raw; at = raw_slot(at, 0))
        link = raw_slot_address(at, 0);
    if (link)
        raw_store(link, raw_slot(raw, 0));
    else
        *list = raw_slot(raw, 0);
    if (!*list) *map &= ~(1ull << bit);
    spaces->free_bytes -= segment_limit(&segment) - segment.start;
    spaces->old_bytes -= segment.end - segment.start;
    arena_decommit(heap->arena, segment.start, segment.end - segment.start);
    Segment *items = spaces->segments.items;
    spaces->segments.count--;
    memmove(items + index, items + index + 1, (spaces->segments.count - index) * sizeof *items);
    heap->statistics.shrunk_segments++;
}

// The first segment stays: nil lives there.
void old_space_shrink(Heap *heap, bool all) {
    HeapSpaces *spaces = heap->spaces;
    uint64_t keep = all ? 0 : heap->options.shrink_bytes;
    for (size_t i = spaces->segments.count; i-- > 1 && spaces->free_bytes > keep;) {
        const Segment *segment = &spaces->segments.items[i];
        if (segment_is_free(segment) &&
            spaces->free_bytes - (segment->end - segment->start) >= keep)
            forget_segment(heap, i);
    }
}
