// SPDX-License-Identifier: MIT
// Stores and heap calls of the recording build. The stores write the concrete values, with the
// barrier, and record who wrote what. The heap's own functions were compiled in the direct way:
// their Oops hold addresses. An Oop is one word in every build, so they can be called from here
// with words that were opened first, and what they answer is closed into a new node.
#define PARLEY_RECORD_IMPLEMENTATION
#include "memory/record_heap.h"

#include "memory/store.h"
#include "object/header.h"
#include "object/record.h"

static Heap *recorded_heap(void) { return record_current()->client; }

// ---- stores

static bool needs_slow_path(const Heap *heap, uint64_t object, uint64_t value) {
    switch (heap->barrier) {
#define BARRIER(NAME, condition)                                                                   \
    case BARRIER_##NAME:                                                                           \
        return (condition);
#include "memory/barrier.tbl"
#undef BARRIER
    }
    return true;
}

static void note_store(const char *operation, Oop object, Num index, uint64_t value_handle) {
    const uint64_t operands[] = {object.handle, index.handle, value_handle};
    record_effect(operation, operands, 3);
}

void slot_at_put(Heap *heap, Oop object, Num index, Oop value) {
    uint64_t raw = record_bits(object.handle), bits = record_bits(value.handle);
    (void)heap;
    raw_store(raw_slot_address(raw, record_bits(index.handle)), bits);
    if (needs_slow_path(recorded_heap(), raw, bits)) heap_barrier_slow(recorded_heap(), raw, bits);
    note_store("slot_at_put", object, index, value.handle);
}

// Stores the low `size` bytes of the value as element `index`.
static void store_element(const char *operation, Oop object, Num index, uint64_t value_handle,
                          unsigned size) {
    uint64_t at = record_bits(object.handle) + 8 + record_bits(index.handle) * size;
    uint64_t bits = record_bits(value_handle);
    memcpy((void *)(uintptr_t)at, &bits, size);
    note_store(operation, object, index, value_handle);
}
void byte_at_put(Oop object, Num index, Num value) {
    store_element("byte_at_put", object, index, value.handle, 1);
}
void short_at_put(Oop object, Num index, Num value) {
    store_element("short_at_put", object, index, value.handle, 2);
}
void word32_at_put(Oop object, Num index, Num value) {
    store_element("word32_at_put", object, index, value.handle, 4);
}
void word64_at_put(Oop object, Num index, Word value) {
    store_element("word64_at_put", object, index, value.handle, 8);
}

// ---- calls

static Oop opened(Oop oop) { return (Oop){record_bits(oop.handle)}; }
static uint64_t constant(uint64_t value) { return record_constant(RECORD_NUM, value); }
static Oop result(const char *name, Oop answer) {
    return (Oop){record_result(RECORD_OOP, name, answer.handle)};
}
static void note(const char *operation, uint64_t x, uint64_t y) {
    const uint64_t operands[] = {x, y};
    record_effect(operation, operands, 2);
}
static void note_object(const char *operation, Oop object) {
    record_effect(operation, &object.handle, 1);
}

static void note_allocation(uint64_t class_index, unsigned format, uint64_t slots, Oop answer) {
    const uint64_t operands[] = {constant(class_index), constant(format), constant(slots),
                                 answer.handle};
    record_effect("heap_allocate", operands, 4);
}
Oop recorded_heap_allocate(Heap *heap, uint64_t class_index, unsigned format, uint64_t slots) {
    (void)heap;
    Oop answer = result("new object", heap_allocate(recorded_heap(), class_index, format, slots));
    note_allocation(class_index, format, slots, answer);
    return answer;
}
Oop recorded_heap_allocate_old(Heap *heap, uint64_t class_index, unsigned format, uint64_t slots) {
    (void)heap;
    Oop answer =
        result("new old object", heap_allocate_old(recorded_heap(), class_index, format, slots));
    note_allocation(class_index, format, slots, answer);
    return answer;
}
void recorded_heap_shorten(Heap *heap, Oop object, uint64_t slots) {
    (void)heap;
    heap_shorten(recorded_heap(), opened(object), slots);
    note("heap_shorten", object.handle, constant(slots));
}

// The class table is no input: what it holds is a constant of the run.
Oop recorded_heap_class_at(const Heap *heap, uint64_t class_index) {
    (void)heap;
    Oop answer = heap_class_at(recorded_heap(), class_index);
    char name[RECORD_NAME_LIMIT];
    snprintf(name, sizeof name, "class %llu", (unsigned long long)class_index);
    return (Oop){record_named_constant(RECORD_OOP, name, answer.handle)};
}
uint64_t recorded_heap_class_index_of_class(const Heap *heap, Oop class_object) {
    (void)heap;
    note_object("heap_class_index_of_class", class_object);
    return heap_class_index_of_class(recorded_heap(), opened(class_object));
}
uint64_t recorded_heap_enter_class(Heap *heap, Oop class_object) {
    (void)heap;
    note_object("heap_enter_class", class_object);
    return heap_enter_class(recorded_heap(), opened(class_object));
}

uint64_t recorded_heap_identity_hash(Heap *heap, Oop object) {
    (void)heap;
    note_object("heap_identity_hash", object);
    return heap_identity_hash(recorded_heap(), opened(object));
}
bool recorded_heap_is_young(const Heap *heap, Oop object) {
    (void)heap;
    return record_predicate("heap_is_young", heap_is_young(recorded_heap(), opened(object)),
                            &object.handle, 1);
}
Oop recorded_heap_pin(Heap *heap, Oop object, bool pinned) {
    (void)heap;
    note("heap_pin", object.handle, constant(pinned));
    return result("pinned object", heap_pin(recorded_heap(), opened(object), pinned));
}
void recorded_heap_set_readonly(Heap *heap, Oop object, bool readonly) {
    (void)heap;
    note("heap_set_readonly", object.handle, constant(readonly));
    heap_set_readonly(recorded_heap(), opened(object), readonly);
}
// Asks at each step, so that the path condition knows about forwarders.
Oop recorded_heap_follow(const Heap *heap, Oop oop) {
    (void)heap;
    while (oop_is_forwarder(oop))
        oop = forwarder_target(oop);
    return oop;
}
Status recorded_heap_become(Heap *heap, Oop former_array, Oop latter_array, bool two_way,
                            bool copy_hash) {
    (void)heap;
    const uint64_t operands[] = {former_array.handle, latter_array.handle, constant(two_way),
                                 constant(copy_hash)};
    record_effect("heap_become", operands, 4);
    return heap_become(recorded_heap(), opened(former_array), opened(latter_array), two_way,
                       copy_hash);
}

Oop recorded_heap_first_object(Heap *heap) {
    (void)heap;
    return result("first object", heap_first_object(recorded_heap()));
}
Oop recorded_heap_object_after(Heap *heap, Oop object) {
    (void)heap;
    return result("object after", heap_object_after(recorded_heap(), opened(object)));
}
Oop recorded_heap_all_instances(Heap *heap, uint64_t class_index, uint64_t *needed) {
    (void)heap;
    return result("all instances", heap_all_instances(recorded_heap(), class_index, needed));
}
Oop recorded_heap_next_mourner(Heap *heap) {
    (void)heap;
    return result("mourner", heap_next_mourner(recorded_heap()));
}
