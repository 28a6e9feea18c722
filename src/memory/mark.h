// SPDX-License-Identifier: MIT
// Marking: the half of a full collection that all collectors of old space share. Afterwards
// exactly the live objects, young and old, carry the mark bit, and
//
//   - no live object, root or class-table entry refers to a forwarder: all were short-cut (and
//     the remembered set told where that made an old object refer to a young one);
//   - weak slots that referred to the dead are nil, ephemerons whose key died have fired;
//   - the class table names live classes only, each at the index that is its identity hash, and
//     every live object's class index is that one.
//
// Whoever calls it clears the mark bits while it reclaims.
#ifndef PARLEY_MEMORY_MARK_H
#define PARLEY_MEMORY_MARK_H

#include "memory/heap.h"
#include "object/header.h"

void mark_live_objects(Heap *heap);

static inline bool mark_is_live(uint64_t raw) { return (raw_load(raw) & HEADER_MARKED) != 0; }
static inline void mark_clear(uint64_t raw) { raw_store(raw, raw_load(raw) & ~HEADER_MARKED); }

#endif
