// SPDX-License-Identifier: MIT
// Making an object shorter. What is cut off becomes a free chunk or filler, which takes two words
// at least, and the size word of a long object cannot be given back. Where one of these stands in
// the way, the object is copied and becomes a forwarder to its copy.
#include <string.h>

#include "memory/become.h"
#include "memory/spaces.h"
#include "memory/store.h"
#include "object/header.h"

static uint64_t shorten_copy(Heap *heap, uint64_t raw, uint64_t slot_count) {
    uint64_t header = raw_load(raw), carried = HEADER_IMMUTABLE | HEADER_HASH_MASK;
    uint64_t copy = oop_bits(
        heap_allocate(heap, header_class_index(header), header_format(header), slot_count));
    if (!copy) return 0;
    raw_store(copy, (raw_load(copy) & ~carried) | (header & carried));
    memcpy((void *)(uintptr_t)(copy + 8), (const void *)(uintptr_t)(raw + 8), slot_count * 8);
    become_run_barrier(heap, copy);
    bool class_or_method = become_is_class_or_method(heap, raw);
    become_forward(heap, raw, copy);
    become_finish(heap, class_or_method);
    return copy;
}

static void shorten_in_place(Heap *heap, uint64_t raw, uint64_t slot_count) {
    uint64_t end = raw_end(raw);
    uint64_t slots_field = HEADER_SLOTS_OVERFLOW << HEADER_SLOTS_SHIFT;
    if (raw_has_overflow(raw))
        raw_store(raw - 8, slots_field | slot_count);
    else
        raw_store(raw, (raw_load(raw) & ~slots_field) | slot_count << HEADER_SLOTS_SHIFT);
    uint64_t rest = raw_end(raw);
    if (rest == end) return;
    if (heap_is_young(heap, oop_from_bits(raw)))
        spaces_make_filler(rest, end - rest);
    else
        old_space_add_free(heap, rest, end - rest);
}

Oop heap_shorten(Heap *heap, Oop object, uint64_t slot_count) {
    uint64_t raw = oop_bits(object);
    uint64_t cut = raw_end(raw) - raw - raw_bytes_from_header(slot_count);
    if (cut == 8 || (raw_has_overflow(raw) && slot_count < HEADER_SLOTS_OVERFLOW))
        return oop_from_bits(shorten_copy(heap, raw, slot_count));
    shorten_in_place(heap, raw, slot_count);
    return object;
}
