// SPDX-License-Identifier: MIT
// The heap as the layers above see it: allocate, store, ask, collect.
//
// Allocation never moves an object. It takes eden, then eden's reserve, then old space, and asks
// for a collection at the next safe point; where there is no room at all it answers `oop_none()`
// and has changed nothing. Only functions marked MAY_GC move objects; their callers keep oops in
// roots (roots.h) across them.
//
// Invariants (checked by heap_verify):
//   - an old object that refers to a young one is in the remembered set, and says so in its header
//   - every object's class index names a class in the class table (or is a pun, or a forwarder)
//   - spaces are parsable from end to end: each object ends where the next begins
//   - nil, false, true are the first three objects of the first segment, in this order
//   - no mark or grey bit is set outside a collection
#ifndef PARLEY_MEMORY_HEAP_H
#define PARLEY_MEMORY_HEAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "base/array.h"
#include "base/status.h"
#include "memory/arena.h"
#include "object/word.h"

// Marks a function that may move objects, or a pointer to such functions. tools/may_gc.py checks
// that whoever calls one is marked too, or keeps all its oops in roots and says so.
#define MAY_GC

typedef struct Heap Heap;
typedef struct Collector Collector; // an old-space collector, see collector.h

typedef enum BarrierKind {
#define BARRIER(NAME, condition) BARRIER_##NAME,
#include "memory/barrier.tbl"
#undef BARRIER
} BarrierKind;

typedef struct HeapOptions {
    uint64_t eden_bytes;         // 0: the default
    uint64_t old_limit_bytes;    // old space never grows beyond; 0: the arena's end
    uint64_t growth_bytes;       // least size of a new segment
    uint64_t shrink_bytes;       // free old space above which segments are given back
    unsigned tenure_age;         // scavenges that an object survives before it is tenured
    const char *collector;       // "compact" or "sweep"; NULL: the default
    // Stress: 0 is off, otherwise every k-th time.
    uint64_t collect_every;      // request a collection after every k-th allocation
    uint64_t move_every;         // a full compacting collection that moves all, every k-th collection
    uint64_t fail_every;         // let every k-th allocation fail
    uint64_t mark_memory_limit;  // entries of each table that marking keeps outside the heap
    bool verify;                 // verify the whole heap before and after every collection
} HeapOptions;

// A function that is given every root of a client: it calls root_visit on each.
typedef struct RootVisitor RootVisitor;
struct RootVisitor {
    void (*visit)(RootVisitor *visitor, Oop *root); // may store a new location into *root
};
static inline void root_visit(RootVisitor *visitor, Oop *root) { visitor->visit(visitor, root); }

// What the heap tells and asks the layers above. Every function may be NULL.
typedef struct HeapClient {
    void *context;
    // Strong roots outside the heap (stack pages, VM registers).
    void (*visit_roots)(void *context, RootVisitor *visitor);
    // Objects that moved or died: called in every collection after tracing and before memory is
    // reused; entries of weak side tables ask heap_survivor for each key.
    void (*update_weak)(void *context, Heap *heap);
    // After every collection, when all is parsable again (flush caches keyed by address).
    void (*after_collection)(void *context, Heap *heap, bool full);
    // Somebody wants the safe point to be reached soon (set the stack limit).
    void (*request_safe_point)(void *context);
    // After a become: forwarders exist now. Frames must stop referring to forwarders where the
    // rules say so. `classes_or_methods`: some of the objects were classes or methods.
    void (*after_become)(void *context, Heap *heap, bool classes_or_methods);
    // Is what the client keeps in step with objects in step? Answers the number of complaints, the
    // first `limit` of which go to `report` (NULL: only counted). NULL: nothing to check.
    uint64_t (*verify)(void *context, FILE *report, unsigned limit);
} HeapClient;
enum { HEAP_CLIENT_LIMIT = 8 };

// Why the safe point should call the heap (bits of Heap.wants).
enum {
    HEAP_WANTS_SCAVENGE = 1,
    HEAP_WANTS_FULL = 2,
    HEAP_LOW_SPACE = 4,      // the low-space threshold was crossed: signal the semaphore
    HEAP_MOURNERS = 8,       // ephemerons or weak objects wait in the mourn queue
    HEAP_WANTS_STRESS = 32,  // the stress switch asks for a collection
    HEAP_ALLOCATION_FAILED = 16, // an allocation found no room since the last collection
};

typedef struct HeapStatistics {
    uint64_t scavenges, full_collections, tenured_objects, grown_segments, shrunk_segments;
    uint64_t scavenge_microseconds, full_microseconds, last_full_microseconds;
    uint64_t allocated_bytes_before; // all that was allocated up to the last collection
    uint64_t becomes, forwarders_followed;
} HeapStatistics;

typedef struct Segment {
    uint64_t start, end;   // objects fill [start, end - 16); the bridge is the last 16 bytes
} Segment;

struct Heap {
    // The words that allocation and the barrier read (machine code too).
    uint64_t eden_free, eden_limit;      // eden_limit leaves out the reserve
    uint64_t new_start, new_bytes;       // the range that is young
    uint32_t wants;                      // HEAP_WANTS_...
    BarrierKind barrier;

    Oop nil, false_object, true_object, special_objects, free_lists, class_table_root;
    Arena *arena;
    const Collector *collector;
    HeapOptions options;
    HeapStatistics statistics;
    HeapClient clients[HEAP_CLIENT_LIMIT];
    unsigned client_count;
    struct RootScope *root_scopes;       // innermost first, see roots.h
    uint64_t last_hash;                  // seed of the identity hash sequence
    uint64_t full_threshold;             // old bytes in use beyond which a full collection is due
    uint64_t excess_bytes;               // what old space may grow beyond its limit for now
    uint64_t failed_bytes;               // size of the last allocation that found no room
    uint64_t low_space_threshold;        // bytes of growth left that trigger HEAP_LOW_SPACE
    bool mourn_weak;                     // weak objects that lose an element are queued too, as
                                         // an image with flag 64 wants it; see mourn.h

    struct MournQueue *mourners;         // see mourn.h
    struct HeapSpaces *spaces;           // eden, survivors, segments, free chunks: spaces.h
};

// ---- life
MUST_USE Status heap_init(Heap *heap, Arena *arena, const HeapOptions *options,
                          Diagnosis *diagnosis);
void heap_release(Heap *heap);
MUST_USE Status heap_add_client(Heap *heap, HeapClient client);
void heap_default_options(HeapOptions *options);
// What the arena must reserve for eden and survivors with these options.
uint64_t heap_new_space_bytes(const HeapOptions *options);

// ---- loading an image: the reader asks for memory, fills and relocates it, then lets it in.
// A new segment with room for `bytes` bytes of objects (the bridge not counted), at the lowest
// address that is free. *start is its first byte.
MUST_USE Status heap_add_segment(Heap *heap, uint64_t bytes, uint64_t *start);
// Lets loaded segments in: nil, false, true, free-list object and class-table root are the first
// five objects of the first segment. Whatever the file said about free lists and remembered sets
// is made anew. The contents have been checked already (heap_verify with `loaded`).
MUST_USE Status heap_adopt_image(Heap *heap, Oop special_objects, uint64_t last_hash,
                                 Diagnosis *diagnosis);
// The same for an image that was written here: nothing in it but live objects, without transient
// bits, so that it need not be walked.
MUST_USE Status heap_adopt_clean_image(Heap *heap, Oop special_objects, uint64_t last_hash,
                                       Diagnosis *diagnosis);
// An empty heap of our own: nil, false, true, free lists, class table and special objects (all
// nil) exist, nothing else.
MUST_USE Status heap_bootstrap(Heap *heap, Diagnosis *diagnosis);

// ---- allocating: class index and format must agree with the class, slot_count counts words.
// Pointer slots are filled with nil, others with zero. oop_none() when there is no room.
Oop heap_allocate(Heap *heap, uint64_t class_index, unsigned format, uint64_t slot_count);
// The same in old space and pinned (pinned: never moves until unpinned).
Oop heap_allocate_old(Heap *heap, uint64_t class_index, unsigned format, uint64_t slot_count);
// Whether an allocation of so many bytes would find room now.
bool heap_can_allocate(const Heap *heap, uint64_t bytes);
// Bytes that could still be allocated if old space grew to its limit, and those free now.
uint64_t heap_room_bytes(const Heap *heap);
uint64_t heap_free_old_bytes(const Heap *heap);
uint64_t heap_old_bytes(const Heap *heap);
uint64_t heap_eden_bytes(const Heap *heap);
uint64_t heap_young_used_bytes(const Heap *heap);
// All that was allocated since the start, dead or alive.
uint64_t heap_allocated_bytes(const Heap *heap);
// Makes the object shorter: in place when it can be, otherwise by a copy, to which it then is a
// forwarder. Answers where the object is; oop_none(): no memory for the copy, nothing changed.
Oop heap_shorten(Heap *heap, Oop object, uint64_t slot_count);

// ---- storing
void heap_barrier_slow(Heap *heap, uint64_t object, uint64_t value);

// ---- classes
Oop heap_class_at(const Heap *heap, uint64_t class_index);   // nil when there is none
// The class index of a class object: its identity hash, if the table knows it; otherwise 0.
uint64_t heap_class_index_of_class(const Heap *heap, Oop class_object);
// The same, but enters the class into the table first; 0 when there is no memory.
uint64_t heap_enter_class(Heap *heap, Oop class_object);
// Takes a class without instances out of the table again; its hash is none then.
void heap_leave_class(Heap *heap, Oop class_object);
uint64_t heap_identity_hash(Heap *heap, Oop object);          // assigns one when there is none

// ---- object state
bool heap_is_young(const Heap *heap, Oop object);
bool heap_is_address_of_object(const Heap *heap, uint64_t bits); // slow; for checkers and debuggers
// Pins or unpins; a young object is first moved to old space, leaving a forwarder: the new
// location is answered (oop_none(): no memory).
Oop heap_pin(Heap *heap, Oop object, bool pinned);
void heap_set_readonly(Heap *heap, Oop object, bool readonly);
// Follows forwarders until the object itself.
Oop heap_follow(const Heap *heap, Oop oop);

// ---- become (lazy): every former[i] becomes latter[i]; both ways when `two_way`. The identity
// hash stays with the reference when both ways, or when `copy_hash`. Arrays of equal length,
// objects checked by the caller (no immediates, not read-only or pinned where that matters).
// Changes nothing when it answers NO_MEMORY.
MUST_USE Status heap_become(Heap *heap, Oop former_array, Oop latter_array, bool two_way,
                            bool copy_hash);

// ---- enumerating. The callback must not allocate; it answers false to stop.
typedef bool (*ObjectVisitor)(void *context, Oop object);
void heap_for_each_object(Heap *heap, ObjectVisitor visitor, void *context);
// First object, and the one after: new space, then old space; no free chunks, no forwarders, no
// puns (primitives 77, 78, 138, 139). oop_none() at the end.
Oop heap_first_object(Heap *heap);
Oop heap_object_after(Heap *heap, Oop object);
// An Array of all instances of the class (or of all objects, when class_index is 0); oop_none()
// when there is no room, with *needed set to how many there are.
Oop heap_all_instances(Heap *heap, uint64_t class_index, uint64_t *needed);

// ---- weak and ephemeron
// The next object that lost its key (ephemeron) or an element (weak); oop_none() when empty.
Oop heap_next_mourner(Heap *heap);

// ---- collecting
MAY_GC void heap_scavenge(Heap *heap);
MAY_GC void heap_collect_full(Heap *heap);
// What the safe point calls when heap->wants says so: scavenges, and collects fully when old
// space has grown enough since the last time.
MAY_GC void heap_collect_as_wanted(Heap *heap);
// Tries to make room for an object of so many bytes: scavenge, full collection, growth.
MAY_GC bool heap_make_room(Heap *heap, uint64_t bytes);
// Lets old space grow a little beyond its limit, so that a program that ran into it can handle the
// error; until a full collection finds that it could do without. `again`: still further, a few
// times, since somebody else ran into it meanwhile. False: it may already, or has no limit.
bool heap_exceed_limit(Heap *heap, bool again);
// Wants the low-space signal, however much room is left. False: the image has not asked for one
// since the last.
bool heap_tell_low_space(Heap *heap);
// Exchanges the collector of old space; NOT_FOUND for an unknown name.
MUST_USE Status heap_set_collector(Heap *heap, const char *name);
// For update_weak: where the object is now; oop_none() when it died.
Oop heap_survivor(Heap *heap, Oop object);

// ---- checking. Walks everything; at most `limit` complaints go to `report` (may be NULL).
// `loaded`: an image just read, before heap_adopt_image: fewer promises hold.
// Answers the number of violations.
uint64_t heap_verify(Heap *heap, FILE *report, unsigned limit, bool loaded);

#endif
