// SPDX-License-Identifier: MIT
// Enumerating objects: new space first, then old space, each by address. Not enumerated is what
// is no object of the image's: free chunks and filler, bridges, forwarders, and the objects with
// class indices that are puns (the class table, lists of the memory system). Objects that nothing
// refers to any more are still met until a collection has freed them.
#include "memory/heap.h"
#include "memory/spaces.h"
#include "memory/store.h"
#include "object/header.h"
#include "object/layouts.h"

static bool enumerate_is_object(uint64_t raw) {
    return class_index_is_ordinary(raw_class_index(raw));
}

typedef struct Enumeration {
    ObjectVisitor visitor;
    void *context;
} Enumeration;

static bool enumerate_entity(void *context, uint64_t raw) {
    Enumeration *e = context;
    return !enumerate_is_object(raw) || e->visitor(e->context, oop_from_bits(raw));
}

void heap_for_each_object(Heap *heap, ObjectVisitor visitor, void *context) {
    Enumeration e = {visitor, context};
    spaces_for_each_entity(heap, enumerate_entity, &e);
}

// ---- one after the other

// The first object at or behind `start`, which begins an entity of its space, or 0.
static uint64_t enumerate_from(uint64_t start, uint64_t end) {
    while (start < end) {
        uint64_t raw = raw_object_at(start);
        if (enumerate_is_object(raw)) return raw;
        start = raw_end(raw);
    }
    return 0;
}

// The first object of the ranges behind the one that holds `address`; 0 as address: of all.
static uint64_t enumerate_in_ranges_after(Heap *heap, uint64_t address) {
    for (size_t i = 0; i < spaces_range_count(heap); i++) {
        SpaceRange range = spaces_range(heap, i);
        if (range.start <= address) continue;
        uint64_t raw = enumerate_from(range.start, range.end);
        if (raw) return raw;
    }
    return 0;
}

Oop heap_first_object(Heap *heap) { return oop_from_bits(enumerate_in_ranges_after(heap, 0)); }

Oop heap_object_after(Heap *heap, Oop object) {
    uint64_t address = oop_bits(object);
    for (size_t i = 0; i < spaces_range_count(heap); i++) {
        SpaceRange range = spaces_range(heap, i);
        if (address < range.start || address >= range.end) continue;
        uint64_t raw = enumerate_from(raw_end(address), range.end);
        if (raw) return oop_from_bits(raw);
    }
    return oop_from_bits(enumerate_in_ranges_after(heap, address));
}

// ---- all at once

typedef struct Instances {
    Heap *heap;
    uint64_t class_index; // 0: all objects
    Oop class_object;     // when it stands at more than one index; otherwise none
    uint64_t array;       // 0: only count
    uint64_t count;
} Instances;

static bool instances_include(const Instances *s, uint64_t raw) {
    uint64_t index = raw_class_index(raw);
    if (s->class_index == 0 || index == s->class_index) return raw != s->array;
    return oop_bits(s->class_object) && raw != s->array &&
           oop_is(heap_class_at(s->heap, index), s->class_object);
}

static bool instances_visit(void *context, Oop object) {
    Instances *s = context;
    if (!instances_include(s, oop_bits(object))) return true;
    if (s->array) slot_at_put(s->heap, oop_from_bits(s->array), num((int64_t)s->count), object);
    s->count++;
    return true;
}

// A one-way become leaves a class at two indices until the next full collection.
static bool instances_are_ambiguous(Heap *heap, uint64_t class_index) {
    Oop class_object = heap_class_at(heap, class_index);
    uint64_t table = oop_bits(heap->class_table_root);
    for (uint64_t i = 0; i < CLASS_TABLE_ROOT_SLOTS; i++) {
        uint64_t page = raw_slot(table, i);
        if (page == oop_bits(heap->nil)) continue;
        for (uint64_t j = 0; j < CLASS_TABLE_PAGE_SIZE; j++)
            if (raw_slot(page, j) == oop_bits(class_object) &&
                i * CLASS_TABLE_PAGE_SIZE + j != class_index)
                return true;
    }
    return false;
}

Oop heap_all_instances(Heap *heap, uint64_t class_index, uint64_t *needed) {
    Instances s = {.heap = heap, .class_index = class_index};
    if (class_index && instances_are_ambiguous(heap, class_index))
        s.class_object = heap_class_at(heap, class_index);
    heap_for_each_object(heap, instances_visit, &s);
    *needed = s.count;
    Oop array = heap_allocate(heap, CLASS_INDEX_ARRAY, FORMAT_INDEXABLE, s.count);
    if (oop_is_none(array)) return array;
    s.array = oop_bits(array);
    s.count = 0;
    heap_for_each_object(heap, instances_visit, &s);
    return array;
}
