// SPDX-License-Identifier: MIT
// What become shares with others that leave forwarders behind (pinning).
#ifndef PARLEY_MEMORY_BECOME_H
#define PARLEY_MEMORY_BECOME_H

#include "memory/heap.h"

// Turns the object into a forwarder to `target` (an object's address or an immediate).
void become_forward(Heap *heap, uint64_t raw, uint64_t target);
// Whether clients must hear that a class or method was concerned.
bool become_is_class_or_method(Heap *heap, uint64_t raw);
// Tells the barrier of the young references in an object that was filled without it.
void become_run_barrier(Heap *heap, uint64_t raw);
// Follows what the VM reads without looking, and tells the clients.
void become_finish(Heap *heap, bool classes_or_methods);

#endif
