// SPDX-License-Identifier: MIT
// Become, by lazy forwarders. An object that became another keeps its place and size but turns
// into a forwarder, whose first slot is the way to the other. Whoever trips over it follows it
// (sends, failing primitives, the collectors, which short-cut every slot); what the VM reads
// without looking is followed here at once: the special objects and the class table.
//
// Two-way: objects of the same size swap contents in place. Otherwise each is copied, and becomes
// a forwarder to the copy of the other. Classes and methods are always copied, so that clients
// recognise what was exchanged by the forwarder. Everything done so far is kept in a journal: when
// memory ends in the middle, it is undone from the end, and nothing has changed. The contents of
// a forwarder behind its first slot are still those of the object, and its copy has the rest.
//
// The identity hash stays with the reference in a two-way become, and in a one-way one when the
// caller wants it. So a class index follows by itself: the class table entry of a class, followed,
// names what the class became, which has that index as its hash. In a one-way become of classes
// that both were in the table one entry is superfluous; the next full collection moves its
// instances to the other.
#include "memory/become.h"

#include "base/array.h"
#include "base/check.h"
#include "memory/spaces.h"
#include "memory/store.h"
#include "object/header.h"
#include "object/layouts.h"

// What of the header stays in place when contents are swapped.
#define BECOME_HEADER_KEPT                                                                         \
    (HEADER_SLOTS_OVERFLOW << HEADER_SLOTS_SHIFT | HEADER_HASH_MASK | HEADER_REMEMBERED |          \
     HEADER_PINNED | HEADER_MARKED | HEADER_GREY | HEADER_AGE_MASK)

typedef struct BecomeStep {
    uint64_t one, other;           // the objects
    uint64_t one_copy, other_copy; // 0: swapped in place
} BecomeStep;

typedef struct Become {
    Heap *heap;
    ARRAY(BecomeStep) journal;
    bool classes_or_methods;
} Become;

static uint64_t become_follow(Heap *heap, uint64_t array, uint64_t index) {
    return oop_bits(heap_follow(heap, oop_from_bits(raw_slot(array, index))));
}

// ---- what an object is

static bool become_is_known_class(Heap *heap, uint64_t raw) {
    uint64_t hash = header_hash(raw_load(raw));
    return hash && oop_bits(heap_class_at(heap, hash)) == raw;
}

// Known classes, and whatever could stand in a class's superclass chain: being wrong about an
// object that only looks like it costs a flush of caches.
bool become_is_class_or_method(Heap *heap, uint64_t raw) {
    unsigned format = raw_format(raw);
    if (format_is_method(format) || become_is_known_class(heap, raw)) return true;
    if (format != FORMAT_FIXED || raw_slot_count(raw) <= CLASS_FORMAT) return false;
    return (raw_slot(raw, CLASS_FORMAT) & TAG_MASK) == TAG_INT &&
           !raw_is_immediate(raw_slot(raw, CLASS_METHOD_DICTIONARY));
}

// ---- remembered set

// Tells the barrier about every young reference of an object that was filled without it.
void become_run_barrier(Heap *heap, uint64_t raw) {
    uint64_t count = raw_pointer_slot_count(raw);
    for (uint64_t i = 0; i < count; i++) {
        uint64_t value = raw_slot(raw, i);
        if (!barrier_needs_slow_path(heap, raw, value)) continue;
        heap_barrier_slow(heap, raw, value);
        return;
    }
}

// ---- forwarders

void become_forward(Heap *heap, uint64_t raw, uint64_t target) {
    uint64_t header = raw_load(raw) & ~HEADER_IMMUTABLE;
    if (header >> HEADER_SLOTS_SHIFT == 0) header |= 1ull << HEADER_SLOTS_SHIFT;
    header = header_with_format(header, FORMAT_FORWARDER);
    raw_store(raw, header_with_class_index(header, CLASS_INDEX_FORWARDER));
    raw_store(raw_slot_address(raw, 0), target);
    become_run_barrier(heap, raw);
}

static void become_set_hash(uint64_t raw, uint64_t hash) {
    raw_store(raw, header_with_hash(raw_load(raw), hash));
}

// ---- two ways

static void become_swap_contents(Heap *heap, uint64_t one, uint64_t other) {
    uint64_t header = raw_load(one), other_header = raw_load(other);
    uint64_t differ = (header ^ other_header) & ~BECOME_HEADER_KEPT;
    raw_store(one, header ^ differ);
    raw_store(other, other_header ^ differ);
    uint64_t count = raw_slot_count(one);
    for (uint64_t i = 0; i < count; i++) {
        uint64_t value = raw_slot(one, i);
        raw_store(raw_slot_address(one, i), raw_slot(other, i));
        raw_store(raw_slot_address(other, i), value);
    }
    become_run_barrier(heap, one);
    become_run_barrier(heap, other);
}

// A copy of the object with the hash of `hash_of`; 0: no memory.
static uint64_t become_copy(Heap *heap, uint64_t raw, uint64_t hash_of) {
    uint64_t header = raw_load(raw), count = raw_slot_count(raw);
    uint64_t copy =
        oop_bits(heap_allocate(heap, header_class_index(header), header_format(header), count));
    if (!copy) return 0;
    raw_store(copy, raw_load(copy) | (header & HEADER_IMMUTABLE));
    become_set_hash(copy, header_hash(raw_load(hash_of)));
    memcpy((void *)(uintptr_t)raw_slot_address(copy, 0),
           (const void *)(uintptr_t)raw_slot_address(raw, 0), count * 8);
    become_run_barrier(heap, copy);
    return copy;
}

static bool become_exchange(Become *b, uint64_t one, uint64_t other) {
    BecomeStep step = {one, other, 0, 0};
    bool copies = raw_slot_count(one) != raw_slot_count(other);
    if (become_is_class_or_method(b->heap, one) || become_is_class_or_method(b->heap, other))
        copies = b->classes_or_methods = true;
    if (copies) {
        step.one_copy = become_copy(b->heap, one, other);
        if (!step.one_copy) return false;
        step.other_copy = become_copy(b->heap, other, one);
    }
    if ((copies && !step.other_copy) || !array_push(&b->journal, step)) {
        if (step.one_copy) spaces_discard(b->heap, step.one_copy);
        if (step.other_copy) spaces_discard(b->heap, step.other_copy);
        return false;
    }
    if (copies) {
        become_forward(b->heap, one, step.other_copy);
        become_forward(b->heap, other, step.one_copy);
    } else {
        become_swap_contents(b->heap, one, other);
    }
    return true;
}

// Gives a forwarder its object's header and first slot back from the copy.
static void become_restore(Heap *heap, uint64_t raw, uint64_t copy) {
    uint64_t kept = raw_load(raw) & BECOME_HEADER_KEPT;
    if (raw_slot_count(copy) == 0) kept &= ~(HEADER_SLOTS_OVERFLOW << HEADER_SLOTS_SHIFT);
    raw_store(raw, kept | (raw_load(copy) & ~BECOME_HEADER_KEPT));
    raw_store(raw_slot_address(raw, 0), raw_slot(copy, 0));
    spaces_discard(heap, copy);
    become_run_barrier(heap, raw);
}

static void become_undo(Become *b) {
    while (b->journal.count) {
        BecomeStep step = array_pop(&b->journal);
        if (step.one_copy) {
            become_restore(b->heap, step.one, step.one_copy);
            become_restore(b->heap, step.other, step.other_copy);
        } else {
            become_swap_contents(b->heap, step.one, step.other);
        }
    }
}

static Status become_two_way(Become *b, uint64_t former, uint64_t latter) {
    uint64_t count = raw_slot_count(former);
    for (uint64_t i = 0; i < count; i++) {
        uint64_t one = become_follow(b->heap, former, i);
        uint64_t other = become_follow(b->heap, latter, i);
        if (one != other && !become_exchange(b, one, other)) {
            become_undo(b);
            return STATUS_NO_MEMORY;
        }
    }
    return STATUS_OK;
}

// ---- one way

// Who keeps which hash. A class index is not taken from a class, nor from its place in the table.
static void become_pass_hash(Heap *heap, uint64_t one, uint64_t other, bool copy_hash) {
    uint64_t hash = header_hash(raw_load(one));
    bool is_class = become_is_known_class(heap, one);
    bool other_is_class = become_is_known_class(heap, other);
    if (!hash) return;
    if (other_is_class ? is_class && copy_hash : is_class || copy_hash)
        become_set_hash(other, hash);
}

static void become_one_way(Become *b, uint64_t former, uint64_t latter, bool copy_hash) {
    uint64_t count = raw_slot_count(former);
    for (uint64_t i = 0; i < count; i++) {
        uint64_t one = become_follow(b->heap, former, i);
        uint64_t other = become_follow(b->heap, latter, i);
        if (one == other) continue;
        if (become_is_class_or_method(b->heap, one)) b->classes_or_methods = true;
        if (!raw_is_immediate(other)) become_pass_hash(b->heap, one, other, copy_hash);
        become_forward(b->heap, one, other);
    }
}

// ---- afterwards

static void become_follow_slots(Heap *heap, uint64_t raw) {
    uint64_t count = raw_slot_count(raw);
    for (uint64_t i = 0; i < count; i++) {
        Oop value = oop_from_bits(raw_slot(raw, i));
        if (oop_is_forwarder(value))
            slot_at_put(heap, oop_from_bits(raw), num((int64_t)i), heap_follow(heap, value));
    }
}

void become_finish(Heap *heap, bool classes_or_methods) {
    uint64_t nil = oop_bits(heap->nil), table = oop_bits(heap->class_table_root);
    heap->special_objects = heap_follow(heap, heap->special_objects);
    become_follow_slots(heap, oop_bits(heap->special_objects));
    for (uint64_t i = 0; classes_or_methods && i < CLASS_TABLE_ROOT_SLOTS; i++)
        if (raw_slot(table, i) != nil) become_follow_slots(heap, raw_slot(table, i));
    for (unsigned i = 0; i < heap->client_count; i++)
        if (heap->clients[i].after_become)
            heap->clients[i].after_become(heap->clients[i].context, heap, classes_or_methods);
}

Status heap_become(Heap *heap, Oop former_array, Oop latter_array, bool two_way, bool copy_hash) {
    Become b = {.heap = heap};
    uint64_t former = oop_bits(former_array), latter = oop_bits(latter_array);
    Status status = STATUS_OK;
    if (two_way)
        status = become_two_way(&b, former, latter);
    else
        become_one_way(&b, former, latter, copy_hash);
    array_free(&b.journal);
    if (status) return status;
    heap->statistics.becomes += raw_slot_count(former);
    become_follow_slots(heap, former);
    become_follow_slots(heap, latter);
    become_finish(heap, b.classes_or_methods);
    return STATUS_OK;
}
