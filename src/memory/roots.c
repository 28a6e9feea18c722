// SPDX-License-Identifier: MIT
// The roots: root scopes, clients, and what the heap itself holds.
#include "memory/roots.h"

#include "base/check.h"
#include "memory/spaces.h"

void root_scope_enter(Heap *heap, RootScope *scope, Oop *oops, unsigned count) {
    for (unsigned i = 0; i < count; i++)
        oops[i] = heap->nil;
    *scope = (RootScope){heap->root_scopes, oops, count};
    heap->root_scopes = scope;
}

void root_scope_leave(Heap *heap, RootScope *scope) {
    CHECK(heap->root_scopes == scope, "root scopes are left in the wrong order");
    heap->root_scopes = scope->outer;
}

void heap_visit_roots(Heap *heap, RootVisitor *visitor) {
    root_visit(visitor, &heap->nil);
    root_visit(visitor, &heap->false_object);
    root_visit(visitor, &heap->true_object);
    root_visit(visitor, &heap->free_lists);
    root_visit(visitor, &heap->special_objects);
    for (RootScope *scope = heap->root_scopes; scope; scope = scope->outer)
        for (unsigned i = 0; i < scope->count; i++)
            root_visit(visitor, &scope->oops[i]);
    for (unsigned i = 0; i < heap->client_count; i++)
        if (heap->clients[i].visit_roots)
            heap->clients[i].visit_roots(heap->clients[i].context, visitor);
}
