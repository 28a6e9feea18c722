// SPDX-License-Identifier: MIT
// Old space: segments in the arena's old zone, sorted by address, each committed on its own and
// ended by a bridge, as image files have it. Segments come by growth, by loading and from
// collectors; they go, or lose their free ends, after full collections.
//
// segment_bytes counts all segments from start to end; the part of the last page behind a
// segment's end is committed but belongs to nobody.
#include "memory/spaces.h"

#include <string.h>

#include "base/bits.h"
#include "base/check.h"
#include "base/os.h"

// Free chunks smaller than this are not worth a call to the system.
enum { LEAST_SHRINK_BYTES = 64 << 10 };

// ---- segments

static void segment_write_bridge(const Segment *segment) {
    raw_store(segment_limit(segment), SEGMENT_BRIDGE_HEADER);
    raw_store(segment_limit(segment) + 8, 0);
}

static uint64_t segment_committed_end(const Segment *segment) {
    return round_up(segment->end, os_page_size());
}

const Segment *old_space_segment_of(const Heap *heap, uint64_t address) {
    size_t low = 0, high = old_space_segment_count(heap);
    while (low < high) {
        size_t middle = (low + high) / 2;
        const Segment *segment = old_space_segment(heap, middle);
        if (address < segment->start)
            high = middle;
        else if (address >= segment->end)
            low = middle + 1;
        else
            return segment;
    }
    return NULL;
}

// The lowest address with so many free bytes, and the number that a segment there gets; 0: none.
static uint64_t old_space_find_gap(const Heap *heap, uint64_t bytes, size_t *number) {
    uint64_t at = heap->arena->old_space.start;
    for (*number = 0; *number < old_space_segment_count(heap); ++*number) {
        const Segment *next = old_space_segment(heap, *number);
        if (next->start - at >= bytes) return at;
        at = segment_committed_end(next);
    }
    return heap->arena->old_space.end - at >= bytes ? at : 0;
}

static uint64_t limit_bytes(const Heap *heap) {
    uint64_t limit = heap->options.old_limit_bytes, sum;
    bool is_any = !limit || __builtin_add_overflow(limit, heap->excess_bytes, &sum);
    return is_any ? UINT64_MAX : sum;
}

// The limit holds for what is in use too: segments made while there was an excess
// (heap_exceed_limit) may still be there when it has been taken back.
static bool is_within_limit(const Heap *heap, uint64_t bytes) {
    uint64_t limit = limit_bytes(heap);
    return limit == UINT64_MAX || (bytes <= limit && old_space_used(heap) <= limit - bytes);
}

static uint64_t growth_left(const Heap *heap) {
    uint64_t taken = 0, limit = limit_bytes(heap), used = heap->spaces->segment_bytes;
    for (size_t i = 0; i < old_space_segment_count(heap); i++)
        taken +=
            segment_committed_end(old_space_segment(heap, i)) - old_space_segment(heap, i)->start;
    uint64_t arena_left = heap->arena->old_space.end - heap->arena->old_space.start - taken;
    uint64_t limit_left = used < limit ? limit - used : 0;
    return arena_left < limit_left ? arena_left : limit_left;
}

uint64_t old_space_room_bytes(const Heap *heap) {
    uint64_t limit = limit_bytes(heap), used = old_space_used(heap);
    uint64_t room = growth_left(heap) + heap->spaces->free.bytes;
    uint64_t left = used < limit ? limit - used : 0;
    return room < left ? room : left;
}

static bool old_space_insert_segment(HeapSpaces *spaces, size_t number, Segment segment) {
    if (!array_push(&spaces->segments, segment)) return false;
    Segment *items = spaces->segments.items;
    memmove(items + number + 1, items + number,
            (spaces->segments.count - 1 - number) * sizeof *items);
    items[number] = segment;
    spaces->segment_bytes += segment.end - segment.start;
    return true;
}

Status heap_add_segment(Heap *heap, uint64_t bytes, uint64_t *start) {
    size_t number;
    uint64_t size;
    bytes = round_up(bytes < FREE_LEAST_BYTES ? FREE_LEAST_BYTES : bytes, 8);
    if (__builtin_add_overflow(bytes, (uint64_t)BRIDGE_BYTES, &size) || size > growth_left(heap))
        return STATUS_NO_MEMORY;
    uint64_t at = old_space_find_gap(heap, size, &number);
    if (!at || arena_commit(heap->arena, at, size)) return STATUS_NO_MEMORY;
    Segment segment = {at, at + size};
    if (!old_space_insert_segment(heap->spaces, number, segment)) {
        arena_decommit(heap->arena, at, segment_committed_end(&segment) - at);
        return STATUS_NO_MEMORY;
    }
    segment_write_bridge(&segment);
    spaces_make_filler(at, bytes);
    *start = at;
    return STATUS_OK;
}

void old_space_release(Heap *heap) { array_free(&heap->spaces->segments); }

// ---- growing

// Of a size that the limits permit, down to `bytes`: segments for small objects are not made as
// small as these, where it can be helped, since there would be very many.
static bool old_space_add_some_segment(Heap *heap, uint64_t bytes, uint64_t *start) {
    uint64_t left = growth_left(heap), growth = heap->options.growth_bytes;
    uint64_t size = round_up(growth < left ? growth : left, os_page_size());
    if (size > left) size -= os_page_size();
    for (; size >= bytes + FREE_LEAST_BYTES + BRIDGE_BYTES && size >= os_page_size();
         size = size / 2 & ~(os_page_size() - 1))
        if (heap_add_segment(heap, size - BRIDGE_BYTES, start) == STATUS_OK) return true;
    return heap_add_segment(heap, bytes, start) == STATUS_OK;
}

// Adds a segment with room for `bytes` to the free lists.
static bool old_space_grow(Heap *heap, uint64_t bytes) {
    uint64_t start;
    if (!old_space_add_some_segment(heap, bytes, &start)) return false;
    heap->statistics.grown_segments++;
    free_chunks_add(&heap->spaces->free, raw_object_at(start));
    return true;
}

bool old_space_can_allocate(const Heap *heap, uint64_t bytes) {
    if (!is_within_limit(heap, bytes)) return false;
    if (free_chunks_can_take(&heap->spaces->free, bytes)) return true;
    size_t number;
    uint64_t size;
    return !__builtin_add_overflow(bytes, (uint64_t)BRIDGE_BYTES, &size) &&
           size <= growth_left(heap) && old_space_find_gap(heap, size, &number);
}

uint64_t old_space_allocate(Heap *heap, uint64_t bytes) {
    if (!is_within_limit(heap, bytes)) return 0;
    uint64_t start = free_chunks_take(&heap->spaces->free, bytes);
    if (!start && old_space_grow(heap, bytes)) start = free_chunks_take(&heap->spaces->free, bytes);
    return start;
}

// ---- free chunks

void old_space_add_free(Heap *heap, uint64_t start, uint64_t bytes) {
    free_chunks_add(&heap->spaces->free, free_chunk_make(start, bytes));
}

void old_space_forget_free(Heap *heap) { free_chunks_clear(&heap->spaces->free); }

// ---- shrinking

static void old_space_remove_segment(Heap *heap, size_t number) {
    HeapSpaces *spaces = heap->spaces;
    Segment *segment = &spaces->segments.items[number];
    arena_decommit(heap->arena, segment->start, segment_committed_end(segment) - segment->start);
    spaces->segment_bytes -= segment->end - segment->start;
    spaces->segments.count--;
    memmove(segment, segment + 1, (spaces->segments.count - number) * sizeof *segment);
}

// Ends the segment earlier, within its last entity, a free chunk that is on no list. About
// `bytes` less; false when that is not a whole page.
static bool old_space_cut_segment(Heap *heap, Segment *segment, uint64_t chunk, uint64_t bytes) {
    uint64_t start = free_chunk_start(chunk), old_end = segment_committed_end(segment);
    uint64_t new_end = round_up(segment->end - bytes, os_page_size());
    if (new_end < start + FREE_LEAST_BYTES + BRIDGE_BYTES) new_end += os_page_size();
    if (new_end >= old_end || new_end >= segment->end) return false;
    heap->spaces->segment_bytes -= segment->end - new_end;
    segment->end = new_end;
    segment_write_bridge(segment);
    old_space_add_free(heap, start, segment_limit(segment) - start);
    arena_decommit(heap->arena, new_end, old_end - new_end);
    return true;
}

// Gives back what the chunk allows, up to `excess` bytes.
static void old_space_shrink_chunk(Heap *heap, uint64_t chunk, uint64_t excess) {
    HeapSpaces *spaces = heap->spaces;
    uint64_t bytes = free_chunk_bytes(chunk);
    Segment *segment = (Segment *)old_space_segment_of(heap, chunk);
    if (free_chunk_start(chunk) + bytes != segment_limit(segment)) return;
    size_t number = (size_t)(segment - spaces->segments.items);
    free_chunks_remove(&spaces->free, chunk);
    bool whole = free_chunk_start(chunk) == segment->start;
    if (number > 0 && whole && bytes <= excess)
        old_space_remove_segment(heap, number);
    else if (!old_space_cut_segment(heap, segment, chunk, bytes < excess ? bytes : excess)) {
        free_chunks_add(&spaces->free, chunk);
        return;
    }
    heap->statistics.shrunk_segments++;
}

static void old_space_shrink_to(Heap *heap, uint64_t target) {
    FreeChunks *free = &heap->spaces->free;
    for (unsigned bin = FREE_BIN_COUNT - 1; bin >= free_chunks_bin(LEAST_SHRINK_BYTES); bin--)
        for (uint64_t chunk = free->heads[bin], next; chunk; chunk = next) {
            if (free->bytes < target + LEAST_SHRINK_BYTES) return;
            next = raw_slot(chunk, 0);
            old_space_shrink_chunk(heap, chunk, free->bytes - target);
        }
}

// What stays free: as much as the options say, and no more than the limit leaves.
static uint64_t bytes_to_keep(const Heap *heap) {
    uint64_t limit = heap->options.old_limit_bytes, used = old_space_used(heap);
    uint64_t left = !limit ? UINT64_MAX : used < limit ? limit - used : 0;
    return heap->options.shrink_bytes < left ? heap->options.shrink_bytes : left;
}

void old_space_shrink(Heap *heap, bool all) {
    old_space_shrink_to(heap, all ? 0 : bytes_to_keep(heap));
    heap_note_full_collection(heap);
}
