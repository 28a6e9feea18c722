// SPDX-License-Identifier: MIT
// The remembered set: the old objects that may refer to young ones, in C memory. The header bit
// is the truth, the list an index to it: when the list cannot grow it is `lost`, and scavenges
// look for the bits instead until it can be made anew.
#include "memory/spaces.h"

#include <stdlib.h>

#include "base/check.h"
#include "memory/store.h"

enum { LEAST_CAPACITY = 256 };

bool remembered_reserve(Heap *heap, size_t count) {
    RememberedSet *set = &heap->spaces->remembered;
    if (set->capacity - set->count >= count) return true;
    size_t larger = set->capacity * 2 > LEAST_CAPACITY ? set->capacity * 2 : LEAST_CAPACITY;
    if (larger < set->count + count) larger = set->count + count;
    size_t bytes;
    if (__builtin_mul_overflow(larger, sizeof *set->items, &bytes)) return false;
    uint64_t *items = realloc(set->items, bytes);
    if (!items) return false;
    set->items = items;
    set->capacity = larger;
    return true;
}

void remembered_add(Heap *heap, uint64_t raw) {
    RememberedSet *set = &heap->spaces->remembered;
    uint64_t header = raw_load(raw);
    ASSERT(!heap_address_is_young(heap, raw));
    if (header & HEADER_REMEMBERED) return;
    raw_store(raw, header | HEADER_REMEMBERED);
    if (!set->lost && remembered_reserve(heap, 1))
        set->items[set->count++] = raw;
    else
        set->lost = true;
}

void heap_barrier_slow(Heap *heap, uint64_t object, uint64_t value) {
    (void)value;
    remembered_add(heap, object);
}

void remembered_update(Heap *heap, uint64_t (*survivor)(void *context, uint64_t raw),
                       void *context) {
    RememberedSet *set = &heap->spaces->remembered;
    size_t kept = 0;
    for (size_t i = 0; i < set->count; i++)
        if (raw_load(set->items[i]) & HEADER_MARKED)
            set->items[kept++] = survivor(context, set->items[i]);
    set->count = kept;
}

static bool remembered_list(void *context, uint64_t raw) {
    Heap *heap = context;
    if (!(raw_load(raw) & HEADER_REMEMBERED)) return true;
    RememberedSet *set = &heap->spaces->remembered;
    if (!remembered_reserve(heap, 1)) return false;
    set->items[set->count++] = raw;
    return true;
}

void remembered_rebuild(Heap *heap) {
    heap->spaces->remembered.count = 0;
    heap->spaces->remembered.lost = !spaces_for_each_old(heap, remembered_list, heap);
}

void remembered_release(Heap *heap) {
    free(heap->spaces->remembered.items);
    heap->spaces->remembered = (RememberedSet){0};
}
