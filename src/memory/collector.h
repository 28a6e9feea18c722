// SPDX-License-Identifier: MIT
// Collectors of old space, behind one interface. Which one a heap uses is chosen at start
// (HeapOptions.collector) and can be exchanged at run time (heap_set_collector), because between
// two collections every collector leaves the same heap behind: parsable spaces, no mark bits, all
// that is free on the free lists, no forwarder that a live object refers to.
//
// What every collector does in `collect`: marks from the roots, in old and new space (mark.h);
// clears weak slots, fires ephemerons, drops classes; lets clients update their weak tables
// (heap_survivor); reclaims. How it reclaims is its own business. Young objects do not move, dead
// ones become filler. A collector may keep forwarding addresses in side tables: nothing outside
// reads them but through heap_survivor.
//
// None of this needs memory to succeed: where a table cannot be had, a slower way is taken, and
// mark-compact falls back to sweeping.
#ifndef PARLEY_MEMORY_COLLECTOR_H
#define PARLEY_MEMORY_COLLECTOR_H

#include <stdbool.h>

#include "memory/heap.h"

typedef enum CollectRequest {
    COLLECT_ORDINARY, // as the collector sees fit
    COLLECT_COMPACT,  // leave no free space between objects (before a save)
    COLLECT_MOVE_ALL, // stress: every object that may move gets another address
} CollectRequest;

struct Collector {
    const char *name;
    BarrierKind barrier; // what stores must tell while this collector is in use
    bool compacts;       // moves objects even in an ordinary collection
    MAY_GC void (*collect)(Heap *heap, CollectRequest request);
};

extern const Collector collector_compact, collector_sweep;

// The collectors by number from 0, the default first; NULL at the end.
const Collector *collector_at(unsigned index);
// NULL: no such collector. A NULL name means the default.
const Collector *collector_named(const char *name);

// A full collection for a purpose; heap_collect_full is the ordinary one. When the collector in
// use does not move objects and the purpose needs it, mark-compact is used this once.
MAY_GC void collector_collect(Heap *heap, CollectRequest request);
// Before a save: compacts, so that the image holds little free space.
MAY_GC void heap_compact(Heap *heap);

#endif
