// SPDX-License-Identifier: MIT
// The class table: pages of 1,024 classes under a root object of 4,096 slots (8 hidden ones behind
// them). A class's index is its identity hash.
#include "memory/spaces.h"
#include "object/ops.h"

enum { FIRST_ORDINARY_INDEX = CLASS_TABLE_PAGE_SIZE };

Oop heap_class_at(const Heap *heap, uint64_t class_index) {
    if (class_index >= (uint64_t)CLASS_TABLE_ROOT_SLOTS * CLASS_TABLE_PAGE_SIZE) return heap->nil;
    uint64_t page = raw_slot(oop_bits(heap->class_table_root), class_index / CLASS_TABLE_PAGE_SIZE);
    if (page == oop_bits(heap->nil)) return heap->nil;
    return oop_from_bits(raw_slot(page, class_index % CLASS_TABLE_PAGE_SIZE));
}

uint64_t heap_class_index_of_class(const Heap *heap, Oop class_object) {
    if (oop_is_immediate(class_object)) return 0;
    uint64_t index = header_hash(raw_load(oop_bits(class_object)));
    return index > CLASS_INDEX_LAST_PUN && oop_is(heap_class_at(heap, index), class_object)  ? index
           : index && index <= TAG_FLOAT && oop_is(heap_class_at(heap, index), class_object) ? index
                                                                                             : 0;
}

// The page with so many others before it, made when it is not there; 0: no memory.
static uint64_t table_page(Heap *heap, uint64_t number) {
    uint64_t root = oop_bits(heap->class_table_root), page = raw_slot(root, number);
    if (page != oop_bits(heap->nil)) return page;
    uint64_t start = old_space_allocate(heap, raw_bytes_for_slots(CLASS_TABLE_PAGE_SIZE), false);
    if (!start) return 0;
    page = spaces_place_object(heap, start, CLASS_INDEX_ARRAY_PUN, FORMAT_INDEXABLE,
                               CLASS_TABLE_PAGE_SIZE);
    raw_store(raw_slot_address(root, number), page);
    return page;
}

static uint64_t first_free_index(Heap *heap) {
    const uint64_t limit = (uint64_t)CLASS_TABLE_ROOT_SLOTS * CLASS_TABLE_PAGE_SIZE;
    uint64_t index = heap->spaces->class_table_cursor;
    if (index < FIRST_ORDINARY_INDEX) index = FIRST_ORDINARY_INDEX;
    for (; index < limit; index++) {
        uint64_t page = table_page(heap, index / CLASS_TABLE_PAGE_SIZE);
        if (!page) return 0;
        if (raw_slot(page, index % CLASS_TABLE_PAGE_SIZE) == oop_bits(heap->nil)) return index;
    }
    return 0;
}

uint64_t heap_enter_class(Heap *heap, Oop class_object) {
    if (oop_is_immediate(class_object)) return 0;
    uint64_t known = heap_class_index_of_class(heap, class_object);
    if (known) return known;
    uint64_t index = first_free_index(heap);
    if (!index) return 0;
    uint64_t page = table_page(heap, index / CLASS_TABLE_PAGE_SIZE), raw = oop_bits(class_object);
    raw_store(raw_slot_address(page, index % CLASS_TABLE_PAGE_SIZE), raw);
    if (heap_address_is_young(heap, raw)) remembered_add(heap, page);
    raw_store(raw, header_with_hash(raw_load(raw), index));
    heap->spaces->class_table_cursor = index + 1;
    return index;
}
