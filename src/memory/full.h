// SPDX-License-Identifier: MIT
// What the collectors of old space have in common between marking and the end of a collection.
#ifndef PARLEY_MEMORY_FULL_H
#define PARLEY_MEMORY_FULL_H

#include "memory/heap.h"

// Lets the clients update their weak tables. `survivor` answers where a marked object will be;
// it is what heap_survivor asks meanwhile.
void full_update_clients(Heap *heap, uint64_t (*survivor)(void *context, uint64_t raw),
                         void *context);

// Gives each live young object to `update` (may be NULL), clears its mark, and turns dead ones
// into filler.
void full_finish_young(Heap *heap, void (*update)(void *context, uint64_t raw), void *context);

#endif
