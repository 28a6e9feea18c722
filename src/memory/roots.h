// SPDX-License-Identifier: MIT
// Root scopes: how C code holds oops across a MAY_GC call. A scope is a link in a chain that the
// heap visits; its oops are updated when objects move.
//
//     enum { ARRAY, ELEMENT, HELD };
//     Oop held[HELD];
//     RootScope scope;
//     root_scope_enter(heap, &scope, held, HELD);   // sets them to nil
//     held[ARRAY] = heap_allocate(...);
//     heap_collect_full(heap);
//     use(held[ARRAY]);                             // its new location
//     root_scope_leave(heap, &scope);
#ifndef PARLEY_MEMORY_ROOTS_H
#define PARLEY_MEMORY_ROOTS_H

#include "memory/heap.h"

typedef struct RootScope RootScope;
struct RootScope {
    RootScope *outer;
    Oop *oops;
    unsigned count;
};

void root_scope_enter(Heap *heap, RootScope *scope, Oop *oops, unsigned count);
void root_scope_leave(Heap *heap, RootScope *scope);

#endif
