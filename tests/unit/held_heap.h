// SPDX-License-Identifier: MIT
// A heap for tests, with roots that hold what a test wants to find again after collections.
#ifndef PARLEY_TEST_HELD_HEAP_H
#define PARLEY_TEST_HELD_HEAP_H

#include "test_heap.h"

typedef struct Fixture {
    TestHeap test;
    RootScope scope;
    Oop held[8];
} Fixture;

static inline void open_with(Fixture *f, const TestHeapOptions *options) {
    test_heap_open(&f->test, options);
    root_scope_enter(&f->test.heap, &f->scope, f->held, 8);
}
static inline void open(Fixture *f) {
    TestHeapOptions options = test_heap_options();
    open_with(f, &options);
}
static inline void close(Fixture *f) {
    root_scope_leave(&f->test.heap, &f->scope);
    test_heap_close(&f->test);
}

#endif
