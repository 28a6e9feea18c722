// SPDX-License-Identifier: MIT
// The class table and identity hashes. An object's header holds the index of its class; the index
// of a class is its identity hash. The table is a root object ("hidden roots") with a slot per
// page of 1,024 classes, and eight more slots that belong to the memory system. Page 0 is for
// classes that the VM knows by number; pages follow each other without gaps.
#include "memory/spaces.h"
#include "memory/store.h"

enum { PAGE_SHIFT = 10 };
_Static_assert(1 << PAGE_SHIFT == CLASS_TABLE_PAGE_SIZE, "an index is a page and a place in it");

static uint64_t class_table_page(const Heap *heap, uint64_t page) {
    return raw_slot(oop_bits(heap->class_table_root), page);
}

Oop heap_class_at(const Heap *heap, uint64_t class_index) {
    if (class_index >> PAGE_SHIFT >= CLASS_TABLE_ROOT_SLOTS) return heap->nil;
    uint64_t page = class_table_page(heap, class_index >> PAGE_SHIFT);
    if (page == oop_bits(heap->nil)) return heap->nil;
    return oop_from_bits(raw_slot(page, class_index & (CLASS_TABLE_PAGE_SIZE - 1)));
}

uint64_t heap_class_index_of_class(const Heap *heap, Oop class_object) {
    uint64_t hash = header_hash(raw_load(oop_bits(class_object)));
    if (!hash || oop_bits(heap_class_at(heap, hash)) != oop_bits(class_object)) return 0;
    return hash;
}

// ---- entering

static uint64_t class_table_add_page(Heap *heap, uint64_t number) {
    uint64_t page = old_space_allocate_object(heap, CLASS_INDEX_ARRAY_PUN, FORMAT_INDEXABLE,
                                              CLASS_TABLE_PAGE_SIZE);
    if (page) slot_at_put(heap, heap->class_table_root, num((int64_t)number), oop_from_bits(page));
    return page;
}

// The first free index from `first` on, before the end of the table's pages or at the start of a
// new one; 0: none, or no memory for the page.
static uint64_t class_table_find_free(Heap *heap, uint64_t first) {
    uint64_t nil = oop_bits(heap->nil);
    for (uint64_t number = first >> PAGE_SHIFT; number < CLASS_TABLE_ROOT_SLOTS; number++) {
        uint64_t page = class_table_page(heap, number);
        if (page == nil) return class_table_add_page(heap, number) ? number << PAGE_SHIFT : 0;
        for (uint64_t i = first & (CLASS_TABLE_PAGE_SIZE - 1); i < CLASS_TABLE_PAGE_SIZE; i++)
            if (raw_slot(page, i) == nil) return number << PAGE_SHIFT | i;
        first = 0;
    }
    return 0;
}

// The index that the hash names, if that is free: an object that was hashed before it became
// a class keeps its hash then.
static bool class_table_is_free(const Heap *heap, uint64_t index) {
    if (index < CLASS_TABLE_PAGE_SIZE) return false;
    uint64_t page = class_table_page(heap, index >> PAGE_SHIFT), nil = oop_bits(heap->nil);
    return page != nil && raw_slot(page, index & (CLASS_TABLE_PAGE_SIZE - 1)) == nil;
}

uint64_t heap_enter_class(Heap *heap, Oop class_object) {
    uint64_t raw = oop_bits(class_object), index = heap_class_index_of_class(heap, class_object);
    if (index) return index;
    index = header_hash(raw_load(raw));
    if (!class_table_is_free(heap, index)) {
        uint64_t hint = heap->spaces->class_table_cursor;
        index = class_table_find_free(heap, hint ? hint : CLASS_TABLE_PAGE_SIZE);
        if (!index) return 0;
        heap->spaces->class_table_cursor = index + 1;
    }
    Oop page = oop_from_bits(class_table_page(heap, index >> PAGE_SHIFT));
    slot_at_put(heap, page, num((int64_t)(index & (CLASS_TABLE_PAGE_SIZE - 1))), class_object);
    raw_store(raw, header_with_hash(raw_load(raw), index));
    return index;
}

void heap_leave_class(Heap *heap, Oop class_object) {
    uint64_t raw = oop_bits(class_object), index = heap_class_index_of_class(heap, class_object);
    if (!index) return;
    Oop page = oop_from_bits(class_table_page(heap, index >> PAGE_SHIFT));
    slot_at_put(heap, page, num((int64_t)(index & (CLASS_TABLE_PAGE_SIZE - 1))), heap->nil);
    raw_store(raw, header_with_hash(raw_load(raw), 0));
}

// ---- identity hashes

// Lehmer's generator, with the upper bits added to the lower ones, which vary too little.
static uint64_t next_hash(Heap *heap) {
    uint64_t hash;
    do {
        heap->last_hash = heap->last_hash * 16807 & 0xFFFFFFFF;
        if (!heap->last_hash) heap->last_hash = 1;
        hash = (heap->last_hash + (heap->last_hash >> 4)) & (HEADER_HASH_LIMIT - 1);
    } while (!hash);
    return hash;
}

uint64_t heap_identity_hash(Heap *heap, Oop object) {
    uint64_t raw = oop_bits(object), header = raw_load(raw);
    uint64_t hash = header_hash(header);
    if (hash) return hash;
    hash = next_hash(heap);
    raw_store(raw, header_with_hash(header, hash));
    return hash;
}
