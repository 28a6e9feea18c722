// SPDX-License-Identifier: MIT
// The second half of mark-sweep, which mark-compact falls back to.
#ifndef PARLEY_MEMORY_SWEEP_H
#define PARLEY_MEMORY_SWEEP_H

#include "memory/heap.h"

// After marking: frees everything that carries no mark, in place, and clears the marks.
void sweep_unmarked(Heap *heap);

#endif
