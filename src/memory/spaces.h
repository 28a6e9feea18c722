// SPDX-License-Identifier: MIT
// The spaces behind the heap, for those who work on all of it: scavenger, full collectors,
// become, enumeration, verifier.
//
//   new space (one range of addresses)                  old space (segments, sorted by address)
//   +---------------------+----------+----------+      +-------------------------+--------+
//   | eden        |reserve| survivors| survivors|      | objects, free chunks ...| bridge |  ...
//   +---------------------+----------+----------+      +-------------------------+--------+
//         eden_free ^       one holds what survived,           [start, end - 16)   16 bytes
//                           the other is empty
//
// Entity: whatever stands in a space between two addresses: object, forwarder, free chunk. In new
// space a free chunk (filler) is on no list; in old space every free chunk is on the free lists.
//
// Each survivor space has room for all that new space may hold, so that a scavenge can always keep
// everything young and needs no old space: eden_end is set back while survivors are many. The
// pages are touched only when it comes to that.
#ifndef PARLEY_MEMORY_SPACES_H
#define PARLEY_MEMORY_SPACES_H

#include "base/array.h"
#include "memory/free_chunks.h"
#include "memory/heap.h"
#include "object/header.h"

enum { BRIDGE_BYTES = 16 };
// The header word of a segment bridge without slots; the word behind it is zero.
#define SEGMENT_BRIDGE_HEADER                                                                      \
    (HEADER_MARKED | HEADER_PINNED | (uint64_t)FORMAT_64BIT << HEADER_FORMAT_SHIFT |               \
     CLASS_INDEX_BRIDGE)

typedef struct SurvivorSpace {
    uint64_t start, end, free;
} SurvivorSpace;

// Where the old objects are that may refer to young ones: exactly those with HEADER_REMEMBERED.
// When `lost`, memory did not suffice to list them all, and only the header bits tell.
typedef struct RememberedSet {
    uint64_t *items;
    size_t count, capacity;
    bool lost;
} RememberedSet;

typedef struct HeapSpaces {
    // ---- new space; eden_free is in the Heap
    uint64_t eden_start, eden_limit, eden_end; // limit: where the reserve begins
    uint64_t eden_whole_end;                   // eden_end when nothing has to be set back
    SurvivorSpace past, future;                // future is empty but for scavenges
    uint64_t survivor_target;                  // past it objects are tenured whatever their age

    // ---- old space
    ARRAY(Segment) segments;
    uint64_t segment_bytes; // of all segments, bridges included
    FreeChunks free;
    RememberedSet remembered;

    // ---- when to collect
    uint64_t allocated_at_full;   // statistics.allocated_bytes_before at the last full collection
    uint64_t old_allocated_bytes; // allocated directly in old space since the last collection
    uint64_t allocations;         // counted only when stress options want it
    unsigned spared;              // so many more do not fail for the sake of a test
    uint64_t collections;         // scavenges and full ones that the safe point made
    bool tenuring_failed;         // the last scavenge found no room in old space

    // ---- collections under way
    bool scavenging;
    // Full collections: where a marked object will be. NULL outside of update_weak.
    uint64_t (*survivor)(void *context, uint64_t raw);
    void *survivor_context;

    uint64_t class_table_cursor; // no index below it is free, first page apart
} HeapSpaces;

// ---- walking. The visitor answers false to stop; it may turn the entity into another of the same
// size. Walks answer false when stopped. Young entities come first.
typedef bool (*EntityVisitor)(void *context, uint64_t raw);
bool spaces_for_each_entity(Heap *heap, EntityVisitor visitor, void *context);
bool spaces_for_each_young(Heap *heap, EntityVisitor visitor, void *context);
bool spaces_for_each_old(Heap *heap, EntityVisitor visitor, void *context);

// The parsable stretches, by number: new space first, then the segments.
typedef struct SpaceRange {
    uint64_t start, end;
} SpaceRange;
size_t spaces_range_count(const Heap *heap);
SpaceRange spaces_range(const Heap *heap, size_t index);

// Makes the bytes one free chunk that is on no list.
void spaces_make_filler(uint64_t start, uint64_t bytes);
// Gives back an object that was just allocated and that nothing refers to.
void spaces_discard(Heap *heap, uint64_t raw);

static inline bool heap_address_is_young(const Heap *heap, uint64_t raw) {
    return raw - heap->new_start < heap->new_bytes;
}

// ---- old space
static inline uint64_t segment_limit(const Segment *segment) {
    return segment->end - BRIDGE_BYTES;
}
static inline size_t old_space_segment_count(const Heap *heap) {
    return heap->spaces->segments.count;
}
static inline const Segment *old_space_segment(const Heap *heap, size_t index) {
    return &heap->spaces->segments.items[index];
}
// The segment that holds the address; NULL: none.
const Segment *old_space_segment_of(const Heap *heap, uint64_t address);

// Bytes from the free lists, or from a new segment; 0: none to be had. The caller makes an object
// of them at once.
uint64_t old_space_allocate(Heap *heap, uint64_t bytes);
bool old_space_can_allocate(const Heap *heap, uint64_t bytes);
// A fresh object, filled as heap_allocate does it; 0: no room.
uint64_t old_space_allocate_object(Heap *heap, uint64_t class_index, unsigned format,
                                   uint64_t slot_count);
// Turns the bytes into a free chunk and lists it.
void old_space_add_free(Heap *heap, uint64_t start, uint64_t bytes);
// Empties the free lists, before a collector fills them anew.
void old_space_forget_free(Heap *heap);
// Gives segments, and free ends of segments, back to the system, down to options.shrink_bytes of
// free space; with `all`, down to nothing. The first segment stays. Every full collection ends
// with this.
void old_space_shrink(Heap *heap, bool all);
// Bytes that can still be allocated, with growth.
uint64_t old_space_room_bytes(const Heap *heap);
static inline uint64_t old_space_used(const Heap *heap) {
    return heap->spaces->segment_bytes - heap->spaces->free.bytes;
}
void old_space_release(Heap *heap);

// ---- remembered set
// Enters an old object; it cannot fail (see `lost`).
void remembered_add(Heap *heap, uint64_t raw);
// Whether `count` more can be listed for sure.
bool remembered_reserve(Heap *heap, size_t count);
// In a full collection, after marking: forgets dead objects, and asks where live ones will be.
void remembered_update(Heap *heap, uint64_t (*survivor)(void *context, uint64_t raw),
                       void *context);
// Lists all objects with the bit again; `lost` stays when memory does not suffice.
void remembered_rebuild(Heap *heap);
void remembered_release(Heap *heap);

// ---- roots: all but the mourn queue and the class table.
void heap_visit_roots(Heap *heap, RootVisitor *visitor);

// ---- when to collect (policy.c)
// Whether old space has grown enough since the last full collection to make another one due.
static inline bool heap_old_has_grown(const Heap *heap) {
    return old_space_used(heap) > heap->full_threshold;
}
// The collectors tell through old_space_shrink that a full collection is over.
void heap_note_full_collection(Heap *heap);

// ---- wishes: sets bits of heap->wants and asks the clients for a safe point.
void heap_want(Heap *heap, uint32_t bits);
// Sets eden up for the next cycle: empty, as large as survivors permit, the stress options heeded.
void spaces_open_eden(Heap *heap);
#endif
