// SPDX-License-Identifier: MIT
// What the scavenger shows to the rest of the memory layer.
#ifndef PARLEY_MEMORY_SCAVENGE_H
#define PARLEY_MEMORY_SCAVENGE_H

#include "memory/heap.h"

// Follows forwarders, those that become left behind as well as the scavenger's own.
Oop scavenge_follow(const Heap *heap, Oop oop);

#endif
