// SPDX-License-Identifier: MIT
// The mourn queue: ephemerons whose key died, and weak objects that lost an element, in the order
// in which collections found them, until the image fetches them. What is queued is alive: every
// collection visits the queue as roots.
//
// An ephemeron is queued once: whoever queues it turns it into an ordinary object (mourn_ephemeron
// does). Where there is no memory to queue it, it does not fire: its key stays alive until a later
// collection. A weak object that cannot be queued has lost its element all the same; only the
// notice of it is lost.
#ifndef PARLEY_MEMORY_MOURN_H
#define PARLEY_MEMORY_MOURN_H

#include <stdbool.h>

#include "memory/heap.h"

// Makes room for `count` more, so that as many calls of mourn_... cannot fail.
MUST_USE bool mourn_reserve(Heap *heap, size_t count);

// The key of `ephemeron` died: queues it and makes it an ordinary object. Its slots stay as they
// are. False (and nothing changed) when there is no memory.
MUST_USE bool mourn_ephemeron(Heap *heap, Oop ephemeron);

// `weak` lost an element: asks for the finalisation signal, and queues it when the image wants
// that (heap->mourn_weak).
void mourn_weak(Heap *heap, Oop weak);

// While an image is written: the fired ephemerons in the queue, which the file has no place for,
// are ephemerons again, and fire in the saved image. Afterwards they are what they were. Nothing
// may move or run in between.
void mourn_begin_save(Heap *heap);
void mourn_end_save(Heap *heap);

void mourn_visit_roots(Heap *heap, RootVisitor *visitor);

// How many wait, and the one that is fetched after `index` others.
size_t mourn_count(const Heap *heap);
Oop mourn_at(const Heap *heap, size_t index);

void mourn_release(Heap *heap);

#endif
