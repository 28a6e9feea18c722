// SPDX-License-Identifier: MIT
// A small heap of its own for a test: nothing in it but a few classes, made by hand, whose
// instances have the formats that collectors treat differently. Their class indices stand in the
// struct. Fixed fields: plain 2 + indexed, weak 2 + weak elements, ephemeron 3.
#ifndef PARLEY_TEST_HEAP_H
#define PARLEY_TEST_HEAP_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "memory/arena.h"
#include "memory/collector.h"
#include "memory/heap.h"
#include "memory/roots.h"
#include "memory/spaces.h"
#include "memory/store.h"
#include "object/header.h"
#include "object/layouts.h"

typedef struct TestHeap {
    Arena arena;
    Heap heap;
    uint64_t class_class, plain, weak, ephemeron, bytes;
    RootScope scope;
    Oop held[6]; // the classes themselves
} TestHeap;

typedef struct TestHeapOptions {
    uint64_t reserve_bytes;
    HeapOptions heap;
} TestHeapOptions;

static inline TestHeapOptions test_heap_options(void) {
    TestHeapOptions options = {.reserve_bytes = 64 << 20};
    heap_default_options(&options.heap);
    options.heap.eden_bytes = 128 << 10;
    return options;
}

// A class object whose instances have `fixed` named fields.
static inline uint64_t test_heap_class(TestHeap *t, unsigned index, unsigned format,
                                       unsigned fixed) {
    Oop class_object =
        heap_allocate_old(&t->heap, CLASS_INDEX_ARRAY_PUN, FORMAT_FIXED, CLASS_FORMAT + 1);
    assert_false(oop_is_none(class_object));
    field_at_put(&t->heap, class_object, CLASS_FORMAT,
                 oop_from_num(num((int64_t)(format << 16 | fixed))));
    uint64_t class_index = heap_enter_class(&t->heap, class_object);
    assert_int_not_equal(class_index, 0);
    uint64_t raw = oop_bits(class_object);
    uint64_t of = index ? t->class_class : class_index;
    raw_store(raw, header_with_class_index(raw_load(raw), of) & ~HEADER_PINNED);
    t->held[index] = class_object;
    return class_index;
}

// The class of arrays has the same index in every image.
static inline void test_heap_array_class(TestHeap *t) {
    Oop class_object = heap_allocate_old(&t->heap, t->class_class, FORMAT_FIXED, CLASS_FORMAT + 1);
    field_at_put(&t->heap, class_object, CLASS_FORMAT, oop_from_num(num(FORMAT_INDEXABLE << 16)));
    uint64_t raw = oop_bits(class_object);
    raw_store(raw, header_with_hash(raw_load(raw), CLASS_INDEX_ARRAY) & ~HEADER_PINNED);
    field_at_put(&t->heap, slot_at(t->heap.class_table_root, num(0)), CLASS_INDEX_ARRAY,
                 class_object);
    t->held[5] = class_object;
}

static inline void test_heap_open(TestHeap *t, const TestHeapOptions *options) {
    memset(t, 0, sizeof *t);
    ArenaOptions arena = {.reserve_bytes = options->reserve_bytes,
                          .new_bytes = heap_new_space_bytes(&options->heap)};
    Diagnosis diagnosis = {""};
    assert_int_equal(arena_reserve(&t->arena, &arena, &diagnosis), STATUS_OK);
    assert_int_equal(heap_init(&t->heap, &t->arena, &options->heap, &diagnosis), STATUS_OK);
    assert_int_equal(heap_bootstrap(&t->heap, &diagnosis), STATUS_OK);
    root_scope_enter(&t->heap, &t->scope, t->held, 6);
    t->class_class = test_heap_class(t, 0, FORMAT_FIXED, CLASS_FORMAT + 1);
    t->plain = test_heap_class(t, 1, FORMAT_MIXED, 2);
    t->weak = test_heap_class(t, 2, FORMAT_WEAK, 2);
    t->ephemeron = test_heap_class(t, 3, FORMAT_EPHEMERON, 3);
    t->bytes = test_heap_class(t, 4, FORMAT_8BIT, 0);
    test_heap_array_class(t);
}

// Verified, and all that is free in old space is on the free lists.
static inline void test_heap_check(TestHeap *t) {
    assert_int_equal(heap_verify(&t->heap, stderr, 10, false), 0);
    uint64_t free_bytes = 0;
    for (size_t i = 0; i < spaces_range_count(&t->heap); i++) {
        SpaceRange range = spaces_range(&t->heap, i);
        for (uint64_t at = range.start; at < range.end;) {
            uint64_t raw = raw_object_at(at), end = raw_end(raw);
            bool young = heap_is_young(&t->heap, oop_from_bits(raw));
            if (!young && raw_class_index(raw) == CLASS_INDEX_FREE) free_bytes += end - at;
            at = end;
        }
    }
    assert_int_equal(free_bytes, heap_free_old_bytes(&t->heap));
}

static inline void test_heap_close(TestHeap *t) {
    test_heap_check(t);
    root_scope_leave(&t->heap, &t->scope);
    heap_release(&t->heap);
    arena_release(&t->arena);
}

static inline Oop test_heap_plain(TestHeap *t, uint64_t slots) {
    return heap_allocate(&t->heap, t->plain, FORMAT_MIXED, slots);
}
static inline Oop test_heap_old_plain(TestHeap *t, uint64_t slots) {
    Oop object = heap_allocate_old(&t->heap, t->plain, FORMAT_MIXED, slots);
    return heap_pin(&t->heap, object, false);
}
static inline Oop test_heap_weak(TestHeap *t, uint64_t slots) {
    return heap_allocate(&t->heap, t->weak, FORMAT_WEAK, slots);
}
static inline Oop test_heap_ephemeron(TestHeap *t) {
    return heap_allocate(&t->heap, t->ephemeron, FORMAT_EPHEMERON, 3);
}
static inline Oop test_heap_bytes(TestHeap *t, uint64_t count) {
    unsigned unused = (unsigned)(-count & 7);
    return heap_allocate(&t->heap, t->bytes, FORMAT_8BIT + unused, (count + 7) / 8);
}
static inline Oop test_int(int64_t value) { return oop_from_num(num(value)); }
static inline void test_put(TestHeap *t, Oop object, int slot, Oop value) {
    slot_at_put(&t->heap, object, num(slot), value);
}
static inline Oop test_at(TestHeap *t, Oop object, int slot) {
    return heap_follow(&t->heap, slot_at(object, num(slot)));
}
static inline bool test_is_nil(TestHeap *t, Oop object) {
    return oop_bits(object) == oop_bits(t->heap.nil);
}

// How many instances of the class the heap holds, dead ones included.
typedef struct TestCount {
    uint64_t class_index, count;
} TestCount;
static inline bool test_count_one(void *context, Oop object) {
    TestCount *count = context;
    if (raw_class_index(oop_bits(object)) == count->class_index) count->count++;
    return true;
}
static inline uint64_t test_heap_count(TestHeap *t, uint64_t class_index) {
    TestCount count = {class_index, 0};
    heap_for_each_object(&t->heap, test_count_one, &count);
    return count.count;
}

#endif
