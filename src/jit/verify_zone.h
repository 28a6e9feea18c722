// SPDX-License-Identifier: MIT
// Is all that is said about compiled code in step? Checked around collections with --verify-heap
// (heap_verify asks all clients), and by tests.
//
// What must hold whenever objects may move:
//   - pieces lie side by side behind the stubs, entries inside them; caches lie between pieces
//   - a piece names its method and its Code in its first words, and the table of what is known has
//     both or neither
//   - a send site leads where its state says: to C's stub, the right entry of a method's code, a
//     closed cache, the open cache of its selector
//   - lookup and block entries with code name the entry of a piece, for the same method
//   - a compiled frame has code; it returns to the stub for interpreted callers, or behind a send
//     of its caller's code; an interpreted one has no return address, and returns slowly if its
//     caller is compiled
#ifndef PARLEY_JIT_VERIFY_ZONE_H
#define PARLEY_JIT_VERIFY_ZONE_H

#include <stdio.h>

#include "jit/jit.h"

// Answers how many complaints there are; the first `limit` go to `report` (NULL: only counted).
uint64_t zone_verify(struct VM *vm, FILE *report, unsigned limit);

#endif
