// SPDX-License-Identifier: MIT
// The spaces of the heap, for the files of this folder only.
//
//   new space   | eden                | reserve | survivor A | survivor B |      one zone of the
//   arena
//                 ^eden_start           ^limit    (one is past, one is future)
//   old space   | segment | segment |   ...                                 grows upward in its
//   zone
//
// Eden fills from eden_start (Heap.eden_free) to Heap.eden_limit, then uses the reserve. Objects
// that survived a scavenge lie in the past survivor space, from its start to its `free`. A segment
// of old space is full of entities (objects and free chunks) up to its bridge, its last 16 bytes.
//
// A free chunk has class index 0 and the 64-bit format; its first slot links it into a free list.
// Filler looks the same and is in no list (new space has only filler).
#ifndef PARLEY_MEMORY_SPACES_H
#define PARLEY_MEMORY_SPACES_H

#include "base/array.h"
#include "memory/heap.h"
#include "object/header.h"

typedef struct SpaceRange {
    uint64_t start, end;
} SpaceRange;
typedef struct SurvivorSpace {
    uint64_t start, end, free;
} SurvivorSpace;

enum {
    BRIDGE_BYTES = 16,
    SMALLEST_CHUNK = 16,
    EXACT_BINS = 64, // chunks of 8 * i bytes, i below this
    LARGE_BINS = 58, // chunks of at least 2^i * 512 bytes
};

typedef struct HeapSpaces {
    uint64_t eden_start, eden_end; // eden_end: behind the reserve
    SurvivorSpace past, future;
    uint8_t *ages; // scavenges survived, a byte per 16 bytes of either survivor space

    ARRAY(Segment) segments;    // ascending addresses
    uint64_t exact[EXACT_BINS]; // first chunk of each list; 0: empty
    uint64_t large[LARGE_BINS];
    uint64_t exact_map; // a bit per list that is not empty
    uint64_t large_map;
    uint64_t free_bytes;      // in all lists
    uint64_t old_bytes;       // of all segments
    uint64_t used_after_full; // old bytes in use after the last full collection

    ARRAY(uint64_t) remembered;                        // old objects that refer to young ones
    uint64_t (*survivor)(void *context, uint64_t raw); // while a collection updates weak tables
    void *survivor_context;
    bool scavenging; // the collection under way is a scavenge: mark bits say nothing

    uint64_t allocations;        // counted for the stress switches
    uint64_t class_table_cursor; // no free class index below
    uint64_t loaded_bytes;       // of the segment that an image reader fills
} HeapSpaces;

static inline bool heap_address_is_young(const Heap *heap, uint64_t raw) {
    return raw - heap->new_start < heap->new_bytes;
}

// ---- entities: objects, forwarders, free chunks, filler; not bridges
typedef bool (*EntityVisitor)(void *context, uint64_t raw); // false: stop
void spaces_for_each_entity(Heap *heap, EntityVisitor visitor, void *context);
void spaces_for_each_young(Heap *heap, EntityVisitor visitor, void *context);
// The ranges that hold entities, new space first.
size_t spaces_range_count(const Heap *heap);
SpaceRange spaces_range(const Heap *heap, size_t index);
// Makes [start, start + bytes) one piece of filler; bytes: a multiple of 8, at least 16.
void spaces_make_filler(uint64_t start, uint64_t bytes);
// The object is not needed any more: filler in new space, a free chunk in old space.
void spaces_discard(Heap *heap, uint64_t raw);
// Writes header (and overflow word) at `start` and fills the body: nil or zero. The object's
// address.
uint64_t spaces_place_object(const Heap *heap, uint64_t start, uint64_t class_index,
                             unsigned format, uint64_t slot_count);

// ---- old space (old_space.c)
static inline uint64_t segment_limit(const Segment *segment) { return segment->end - BRIDGE_BYTES; }
static inline size_t old_space_segment_count(const Heap *heap) {
    return heap->spaces->segments.count;
}
static inline const Segment *old_space_segment(const Heap *heap, size_t index) {
    return &heap->spaces->segments.items[index];
}
// Memory for an object of so many bytes: from the free lists, or from a new segment; 0: no room.
// `beyond_limit`: growth beyond the limit of the options is allowed (a scavenge must not fail).
uint64_t old_space_allocate(Heap *heap, uint64_t bytes, bool beyond_limit);
void old_space_forget_free(Heap *heap);
// Makes the range a free chunk and lists it.
void old_space_add_free(Heap *heap, uint64_t start, uint64_t bytes);
// Gives free segments back, as many as exceed what the options keep (or all of them).
void old_space_shrink(Heap *heap, bool all);
// Bytes by which old space may still grow within its limit.
uint64_t old_space_growth_left(const Heap *heap);

// ---- remembered set (remembered.c)
// No room for the entry in C memory is a broken invariant: the set is a few words per object.
void remembered_add(Heap *heap, uint64_t raw);
// After marking: entries of dead objects go, the others move where `survivor` says.
void remembered_update(Heap *heap, uint64_t (*survivor)(void *context, uint64_t raw),
                       void *context);

// ---- roots: clients, root scopes, the heap's own objects
void heap_visit_roots(Heap *heap, RootVisitor *visitor);

#endif
