// SPDX-License-Identifier: MIT
// The remembered set: old objects that may refer to young ones. An object is in the set exactly
// when its header's remembered bit is on.
#include "base/check.h"
#include "memory/spaces.h"

void remembered_add(Heap *heap, uint64_t raw) {
    uint64_t header = raw_load(raw);
    if (header & HEADER_REMEMBERED) return;
    CHECK(array_push(&heap->spaces->remembered, raw), "no memory for the remembered set");
    raw_store(raw, header | HEADER_REMEMBERED);
}

void heap_barrier_slow(Heap *heap, uint64_t object, uint64_t value) {
    (void)value;
    remembered_add(heap, object);
}

void remembered_update(Heap *heap, uint64_t (*survivor)(void *context, uint64_t raw),
                       void *context) {
    HeapSpaces *spaces = heap->spaces;
    size_t kept = 0;
    for (size_t i = 0; i < spaces->remembered.count; i++) {
        uint64_t raw = spaces->remembered.items[i];
        if (raw_load(raw) & HEADER_MARKED)
            spaces->remembered.items[kept++] = survivor(context, raw);
    }
    spaces->remembered.count = kept;
}
