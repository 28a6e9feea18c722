// SPDX-License-Identifier: MIT
// Pinning: a pinned object keeps its address until it is unpinned. Only old objects can stay in
// place, so a young one is first copied to old space and becomes a forwarder to its copy.
#include <string.h>

#include "memory/become.h"
#include "object/header.h"
#include "object/ops.h"

// Copies the state of `from` into the fresh object `to` of the same class, format and size.
static void pin_copy_state(Heap *heap, uint64_t from, uint64_t to) {
    uint64_t carried = HEADER_IMMUTABLE | HEADER_HASH_MASK;
    raw_store(to, (raw_load(to) & ~carried) | (raw_load(from) & carried));
    memcpy((void *)(uintptr_t)raw_slot_address(to, 0),
           (const void *)(uintptr_t)raw_slot_address(from, 0), raw_slot_count(from) * 8);
    become_run_barrier(heap, to);
}

static Oop pin_move_to_old_space(Heap *heap, Oop object) {
    uint64_t raw = oop_bits(object), header = raw_load(raw);
    Oop moved = heap_allocate_old(heap, header_class_index(header), header_format(header),
                                  raw_slot_count(raw));
    if (oop_is_none(moved)) return moved;
    bool class_or_method = become_is_class_or_method(heap, raw);
    pin_copy_state(heap, raw, oop_bits(moved));
    become_forward(heap, raw, oop_bits(moved));
    become_finish(heap, class_or_method);
    return moved;
}

Oop heap_pin(Heap *heap, Oop object, bool pinned) {
    if (pinned && heap_is_young(heap, object)) {
        object = pin_move_to_old_space(heap, object);
        if (oop_is_none(object)) return object;
    }
    uint64_t raw = oop_bits(object), header = raw_load(raw);
    raw_store(raw, pinned ? header | HEADER_PINNED : header & ~HEADER_PINNED);
    return object;
}
