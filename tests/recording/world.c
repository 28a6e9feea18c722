// SPDX-License-Identifier: MIT
// Makes the world. All of it lies in eden, in one run of bytes, which is what a snapshot copies.
#include "world.h"

#include <stdlib.h>
#include <string.h>

#include "object/header.h"
#include "object/ops.h"
#include "object/small_float.h"
#include "run/interpreter.h"

static Oop new_object(World *world, uint64_t class_index, unsigned format, uint64_t slots) {
    return heap_allocate(&world->scenario.vm->heap, class_index, format, slots);
}

static Oop new_string(World *world, const char *text) {
    size_t size = strlen(text);
    unsigned format = FORMAT_8BIT + (unsigned)(-size & 7);
    Oop string = new_object(world, CLASS_INDEX_BYTE_STRING, format, (size + 7) / 8);
    memcpy((void *)(uintptr_t)(oop_bits(string) + 8), text, size);
    return string;
}

static void put(Oop object, uint64_t index, uint64_t bits) {
    raw_store(raw_slot_address(oop_bits(object), index), bits);
}

// An array of three; element 0 is an integer.
static Oop new_array(World *world) {
    Oop array = new_object(world, CLASS_INDEX_ARRAY, FORMAT_INDEXABLE, 3);
    put(array, 0, raw_from_int(11));
    return array;
}

static Oop new_association(World *world, uint64_t value) {
    Oop association = new_object(world, CLASS_INDEX_MESSAGE, FORMAT_FIXED, 2);
    put(association, ASSOCIATION_VALUE, value);
    return association;
}

static Oop new_forwarder(World *world, uint64_t target) {
    Oop forwarder = new_object(world, CLASS_INDEX_ARRAY, FORMAT_INDEXABLE, 1);
    put(forwarder, 0, target);
    raw_store(oop_bits(forwarder), header_make(1, FORMAT_FORWARDER, CLASS_INDEX_FORWARDER));
    return forwarder;
}

static Oop new_method(World *world, const Oop literals[4]) {
    Oop method = new_object(world, CLASS_INDEX_BYTE_ARRAY, FORMAT_COMPILED_METHOD + 7, 6);
    put(method, 0, raw_from_int(4 | 3 << 18 | 1 << 24));
    for (unsigned i = 0; i < 4; i++)
        put(method, i + 1, oop_bits(literals[i]));
    return method;
}

static Oop new_bits(World *world, uint64_t class_index, unsigned format, uint64_t word) {
    Oop object = new_object(world, class_index, format, 1);
    put(object, 0, word);
    return object;
}

// On the array, at its second element.
static Oop new_stream(World *world, Oop array) {
    Oop stream = new_object(world, CLASS_INDEX_MESSAGE, FORMAT_FIXED, 4);
    put(stream, STREAM_ARRAY, oop_bits(array));
    put(stream, STREAM_INDEX, raw_from_int(1));
    put(stream, STREAM_LIMIT, raw_from_int(3));
    put(stream, STREAM_WRITE_LIMIT, raw_from_int(3));
    return stream;
}

static void add_kind(World *world, const char *name, uint64_t bits) {
    world->kinds[world->kind_count++] = (Kind){name, bits};
}

static void make_kinds(World *world) {
    Heap *heap = &world->scenario.vm->heap;
    add_kind(world, "3", raw_from_int(3));
    add_kind(world, "0", raw_from_int(0));
    add_kind(world, "-5", raw_from_int(-5));
    add_kind(world, "the largest SmallInteger", raw_from_int((1ll << 60) - 1));
    add_kind(world, "70", raw_from_int(70));
    add_kind(world, "1.5", raw_from_small_float(1.5));
    add_kind(world, "0.0", raw_from_small_float(0.0));
    add_kind(world, "1e38", raw_from_small_float(1e38));
    add_kind(world, "$a", 'a' << TAG_BITS | TAG_CHAR);
    add_kind(world, "nil", oop_bits(heap->nil));
    add_kind(world, "true", oop_bits(heap->true_object));
    add_kind(world, "false", oop_bits(heap->false_object));
    uint64_t array = oop_bits(new_array(world));
    Oop readonly = new_array(world);
    heap_set_readonly(heap, readonly, true);
    add_kind(world, "an array", array);
    add_kind(world, "a read-only array", oop_bits(readonly));
    add_kind(world, "a string", oop_bits(new_string(world, "abc")));
    add_kind(
        world, "2^60",
        oop_bits(new_bits(world, CLASS_INDEX_LARGE_POSITIVE_INTEGER, FORMAT_8BIT, 1ull << 60)));
    add_kind(world, "2 - 2^64",
             oop_bits(new_bits(world, CLASS_INDEX_LARGE_NEGATIVE_INTEGER, FORMAT_8BIT, -2ull)));
    add_kind(world, "1e300",
             oop_bits(new_bits(world, CLASS_INDEX_FLOAT, FORMAT_64BIT, 0x7E37E43C8800759Cull)));
    add_kind(world, "bytes",
             oop_bits(new_bits(world, CLASS_INDEX_BYTE_ARRAY, FORMAT_8BIT + 3, 0x8070605040ull)));
    add_kind(world, "a stream", oop_bits(new_stream(world, oop_from_bits(array))));
    add_kind(world, "a forwarder", oop_bits(new_forwarder(world, array)));
}

static void make_methods(World *world) {
    uint64_t array = world->scenario.active_context;
    Oop none = oop_from_bits(raw_from_int(7));
    Oop plain[4] = {none, none, none, none};
    plain[0] = new_string(world, "symbol");
    Oop block = new_method(world, plain);
    Oop good[4] = {plain[0], new_association(world, raw_from_int(42)), block,
                   new_association(world, array)};
    Oop bad[4] = {plain[0], new_string(world, "no association"), block, none};
    world->methods[0] = oop_bits(new_method(world, good));
    world->methods[1] = oop_bits(new_method(world, bad));
}

static void make_special_objects(World *world) {
    Heap *heap = &world->scenario.vm->heap;
    Oop specials = new_object(world, CLASS_INDEX_ARRAY, FORMAT_INDEXABLE, SPECIAL_OBJECT_COUNT);
    Oop selectors = new_object(world, CLASS_INDEX_ARRAY, FORMAT_INDEXABLE, 64);
    for (unsigned i = 0; i < 64; i += 2)
        put(selectors, i, oop_bits(new_string(world, "special")));
    put(specials, SPECIAL_SPECIAL_SELECTORS, oop_bits(selectors));
    heap->special_objects = specials;
}

bool world_make(World *world) {
    VMOptions options;
    Diagnosis diagnosis;
    *world = (World){.kind_count = 0};
    vm_default_options(&options);
    VM *vm = vm_new(&options, 0, &diagnosis);
    if (!vm || heap_bootstrap(&vm->heap, &diagnosis)) {
        fprintf(stderr, "%s\n", diagnosis.text);
        return false;
    }
    vm->known = (KnownClasses){
        .large_positive = CLASS_INDEX_LARGE_POSITIVE_INTEGER,
        .large_negative = CLASS_INDEX_LARGE_NEGATIVE_INTEGER,
        .boxed_float = CLASS_INDEX_FLOAT,
        .array = CLASS_INDEX_ARRAY,
        .byte_array = CLASS_INDEX_BYTE_ARRAY,
        .byte_string = CLASS_INDEX_BYTE_STRING,
        .message = CLASS_INDEX_MESSAGE,
        .point = CLASS_INDEX_MESSAGE,
        .context = CLASS_INDEX_CONTEXT,
        .block_closure = CLASS_INDEX_MESSAGE,
        .full_block_closure = CLASS_INDEX_MESSAGE,
    };
    world->scenario.vm = vm;
    world->scenario.shadow = calloc(1, recorded_shadow_bytes());
    world->start = vm->heap.eden_free;
    world->scenario.active_context = oop_bits(new_array(world));
    world->scenario.active_process = oop_bits(new_array(world));
    make_kinds(world);
    make_methods(world);
    make_special_objects(world);
    vm_find_special_selectors(vm);
    return world->scenario.shadow != NULL;
}

void world_destroy(World *world) {
    free(world->scenario.shadow);
    vm_destroy(world->scenario.vm);
}

const char *world_kind_name(const World *world, uint64_t bits) {
    for (unsigned i = 0; i < world->kind_count; i++)
        if (world->kinds[i].bits == bits) return world->kinds[i].name;
    return "?";
}

// The header of nil, true or false.
static uint64_t constant_at(const World *world, unsigned index) {
    const Heap *heap = &world->scenario.vm->heap;
    return oop_bits(index == 0 ? heap->nil : index == 1 ? heap->true_object : heap->false_object);
}

// ---- snapshots: up to where objects lie; what lies behind is made zero, so that what a run
// allocated can be compared with what the other run allocated.

void world_save(const World *world, Snapshot *snapshot) {
    const Heap *heap = &world->scenario.vm->heap;
    snapshot->eden_free = heap->eden_free;
    snapshot->last_hash = heap->last_hash;
    snapshot->wants = heap->wants;
    for (unsigned i = 0; i < 3; i++)
        snapshot->constant_headers[i] = raw_load(constant_at(world, i));
    memset(snapshot->bytes, 0, sizeof snapshot->bytes);
    memcpy(snapshot->bytes, (const void *)(uintptr_t)world->start, heap->eden_free - world->start);
}

void world_restore(const World *world, const Snapshot *snapshot) {
    Heap *heap = &world->scenario.vm->heap;
    heap->eden_free = snapshot->eden_free;
    heap->last_hash = snapshot->last_hash;
    heap->wants = snapshot->wants;
    for (unsigned i = 0; i < 3; i++)
        raw_store(constant_at(world, i), snapshot->constant_headers[i]);
    memcpy((void *)(uintptr_t)world->start, snapshot->bytes, sizeof snapshot->bytes);
}

bool snapshots_are_equal(const Snapshot *a, const Snapshot *b) {
    return a->eden_free == b->eden_free && a->last_hash == b->last_hash &&
           memcmp(a->constant_headers, b->constant_headers, sizeof a->constant_headers) == 0 &&
           memcmp(a->bytes, b->bytes, sizeof a->bytes) == 0;
}
