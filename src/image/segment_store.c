// SPDX-License-Identifier: MIT
// Writing an image segment; see segment.h.
//
// Two traversals with tables in C memory, so that no header is touched: from the roots of the
// system, not entering the roots of the segment, finds what stays outside; from the segment's
// roots, not entering what is outside, collects the objects in their order. Weak references do
// not keep anything outside. Then the copies are laid out, written, and put in place by one become.
#include <string.h>

#include "base/array.h"
#include "image/segment.h"
#include "image/segment_format.h"
#include "memory/object_map.h"
#include "memory/spaces.h"
#include "memory/store.h"

enum { OUTSIDE, ROOT }; // values of the map `known`

typedef struct Store {
    RootVisitor visitor; // first: the visitor of roots is the store
    Heap *heap;
    uint64_t roots;
    ObjectMap known;        // what is outside, and the roots
    ObjectMap places;       // objects of the segment: their offset
    ObjectMap out;          // out pointers: their index
    ARRAY(uint64_t) stack;  // to be traced
    ARRAY(uint64_t) inside; // the objects of the segment
    ARRAY(uint64_t) out_objects;
    uint64_t bytes; // of all objects of the segment
    SegmentResult result;
} Store;

static void store_fail(Store *s, SegmentResult result) {
    if (s->result == SEGMENT_OK) s->result = result;
}
static void store_put(Store *s, ObjectMap *map, uint64_t raw, uint64_t value) {
    if (!object_map_put(map, raw, value)) store_fail(s, SEGMENT_NO_C_MEMORY);
}
static bool store_has(const ObjectMap *map, uint64_t raw) {
    uint64_t ignored;
    return object_map_get(map, raw, &ignored);
}

static uint64_t follow(const Store *s, uint64_t value) {
    return oop_bits(heap_follow(s->heap, oop_from_bits(value)));
}
static uint64_t class_of(const Store *s, uint64_t raw) {
    return follow(s, oop_bits(heap_class_at(s->heap, raw_class_index(raw))));
}

// ---- what is outside

static void note_outside(Store *s, uint64_t value) {
    if (raw_is_immediate(value) || !value) return;
    uint64_t raw = follow(s, value);
    if (raw_is_immediate(raw) || store_has(&s->known, raw)) return;
    store_put(s, &s->known, raw, OUTSIDE);
    if (!array_push(&s->stack, raw)) store_fail(s, SEGMENT_NO_C_MEMORY);
}

static void visit_root(RootVisitor *visitor, Oop *root) {
    note_outside((Store *)(void *)visitor, oop_bits(*root));
}

// The strong slots: not the elements of weak objects, nor the key of an ephemeron.
static void trace_outside(Store *s, uint64_t raw) {
    unsigned format = raw_format(raw);
    uint64_t count = raw_pointer_slot_count(raw), first = format == FORMAT_EPHEMERON;
    uint64_t class_object = class_of(s, raw);
    if (format == FORMAT_WEAK && class_object != oop_bits(s->heap->nil)) {
        uint64_t named = segment_named_fields(raw_slot(class_object, CLASS_FORMAT));
        if (named < count) count = named;
    }
    note_outside(s, class_object);
    for (uint64_t i = first; i < count; i++)
        note_outside(s, raw_slot(raw, i));
}

// Before anything else is found: the roots are known, so nothing behind them is.
static void note_roots(Store *s) {
    Heap *heap = s->heap;
    note_outside(s, oop_bits(heap->nil));
    note_outside(s, oop_bits(heap->true_object));
    note_outside(s, oop_bits(heap->false_object));
    note_outside(s, oop_bits(heap->special_objects));
    for (uint64_t i = 0; i < raw_slot_count(s->roots); i++) {
        uint64_t raw = follow(s, raw_slot(s->roots, i));
        if (!raw_is_immediate(raw) && !store_has(&s->known, raw))
            store_put(s, &s->known, raw, ROOT);
    }
    store_put(s, &s->known, s->roots, ROOT);
}

static void find_outside(Store *s) {
    note_roots(s);
    heap_visit_roots(s->heap, &s->visitor);
    while (s->stack.count && s->result == SEGMENT_OK) {
        uint64_t raw = array_pop(&s->stack);
        if (raw_class_index(raw) > CLASS_INDEX_LAST_PUN) trace_outside(s, raw);
    }
}

static bool is_outside(const Store *s, uint64_t raw) {
    uint64_t kind;
    return object_map_get(&s->known, raw, &kind) && kind == OUTSIDE;
}

// ---- what is inside

static void note_inside(Store *s, uint64_t value) {
    if (raw_is_immediate(value)) return;
    uint64_t raw = follow(s, value);
    if (raw_is_immediate(raw) || is_outside(s, raw) || store_has(&s->places, raw)) return;
    store_put(s, &s->places, raw, 0);
    if (!array_push(&s->stack, raw)) store_fail(s, SEGMENT_NO_C_MEMORY);
}

static uint64_t live_slots(uint64_t raw) {
    uint64_t count = raw_pointer_slot_count(raw);
    if (raw_class_index(raw) != CLASS_INDEX_CONTEXT || count <= CONTEXT_STACK_POINTER) return count;
    return segment_live_slots(count, raw_slot(raw, CONTEXT_STACK_POINTER));
}

// A context that stands for a frame has it for its sender.
static bool stands_for_frame(uint64_t raw) {
    return raw_class_index(raw) == CLASS_INDEX_CONTEXT && raw_slot_count(raw) > CONTEXT_SENDER &&
           raw_is_immediate(raw_slot(raw, CONTEXT_SENDER));
}

static void find_inside(Store *s) {
    note_inside(s, s->roots);
    while (s->stack.count && s->result == SEGMENT_OK) {
        uint64_t raw = array_pop(&s->stack);
        if (stands_for_frame(raw)) store_fail(s, SEGMENT_INAPPROPRIATE);
        if (!array_push(&s->inside, raw)) store_fail(s, SEGMENT_NO_C_MEMORY);
        note_inside(s, class_of(s, raw));
        for (uint64_t i = 0; i < live_slots(raw); i++)
            note_inside(s, raw_slot(raw, i));
    }
}

// ---- layout: the roots, then the classes, then the rest

static bool is_class(const Store *s, uint64_t raw) {
    return heap_class_index_of_class(s->heap, oop_from_bits(raw)) != 0;
}

static uint64_t move_classes_forward(Store *s) {
    uint64_t *objects = s->inside.items, place = 1;
    for (size_t i = 1; i < s->inside.count; i++) {
        if (!is_class(s, objects[i])) continue;
        uint64_t class_object = objects[i];
        objects[i] = objects[place];
        objects[place++] = class_object;
    }
    return place;
}

// Offsets are of headers: a word that holds a large size comes before.
static void lay_out(Store *s) {
    uint64_t behind_classes = move_classes_forward(s);
    for (size_t i = 0; i < s->inside.count; i++) {
        uint64_t raw = s->inside.items[i];
        uint64_t offset = s->bytes + (raw_has_overflow(raw) ? 8 : 0);
        store_put(s, &s->places, raw, offset);
        s->bytes += raw_bytes_for_slots(raw_slot_count(raw));
        if (i < behind_classes && offset / 8 + SEGMENT_CLASS_BIAS >= SEGMENT_OUT_CLASS)
            store_fail(s, SEGMENT_LIMIT);
    }
}

static void note_out(Store *s, uint64_t value) {
    if (raw_is_immediate(value)) return;
    uint64_t raw = follow(s, value);
    if (raw_is_immediate(raw) || store_has(&s->places, raw) || store_has(&s->out, raw)) return;
    store_put(s, &s->out, raw, s->out_objects.count);
    if (!array_push(&s->out_objects, raw)) store_fail(s, SEGMENT_NO_C_MEMORY);
    if (s->out_objects.count >= SEGMENT_OUT_CLASS) store_fail(s, SEGMENT_LIMIT);
}

static void find_out_pointers(Store *s) {
    for (size_t i = 0; i < s->inside.count && s->result == SEGMENT_OK; i++) {
        uint64_t raw = s->inside.items[i];
        note_out(s, class_of(s, raw));
        for (uint64_t k = 0; k < live_slots(raw); k++)
            note_out(s, raw_slot(raw, k));
    }
}

// ---- writing

static uint64_t place_of(const ObjectMap *map, uint64_t raw) {
    uint64_t place = 0;
    object_map_get(map, raw, &place);
    return place;
}

static uint64_t slot_in_segment(const Store *s, uint64_t value) {
    if (raw_is_immediate(value)) return value;
    uint64_t raw = follow(s, value);
    if (raw_is_immediate(raw)) return raw;
    if (store_has(&s->places, raw)) return place_of(&s->places, raw);
    return SEGMENT_OUT_BIT | place_of(&s->out, raw) * 8;
}

static uint64_t class_in_segment(const Store *s, uint64_t raw) {
    uint64_t class_object = class_of(s, raw);
    if (store_has(&s->places, class_object))
        return place_of(&s->places, class_object) / 8 + SEGMENT_CLASS_BIAS;
    return SEGMENT_OUT_CLASS | place_of(&s->out, class_object);
}

static void write_object(const Store *s, uint64_t raw, uint64_t to) {
    uint64_t transient = HEADER_MARKED | HEADER_GREY | HEADER_REMEMBERED | HEADER_AGE_MASK;
    uint64_t header = header_with_class_index(raw_load(raw) & ~transient, class_in_segment(s, raw));
    if (is_class(s, raw)) header = header_with_hash(header, 0) | HEADER_REMEMBERED;
    uint64_t slots = raw_slot_count(raw), pointers = raw_pointer_slot_count(raw);
    if (raw_has_overflow(raw)) raw_store(to - 8, raw_load(raw - 8));
    raw_store(to, header);
    memcpy((void *)(uintptr_t)(to + 8), (const void *)(uintptr_t)(raw + 8), slots * 8);
    if (slots == 0) raw_store(to + 8, 0);
    for (uint64_t i = 0; i < pointers; i++) {
        bool live = i < live_slots(raw);
        raw_store(to + 8 + i * 8, live ? slot_in_segment(s, raw_slot(raw, i)) : raw_from_int(0));
    }
}

static void write_objects(const Store *s, Oop segment, Oop out_pointers) {
    uint64_t body = oop_bits(segment) + 8, first = body + SEGMENT_HEAD_BYTES;
    raw_store(body, SEGMENT_VERSION_WORD);
    for (size_t i = 0; i < s->inside.count; i++)
        write_object(s, s->inside.items[i], first + place_of(&s->places, s->inside.items[i]));
    for (size_t i = 0; i < s->out_objects.count; i++)
        slot_at_put(s->heap, out_pointers, num((int64_t)i), oop_from_bits(s->out_objects.items[i]));
}

// Two new objects of the right size, put in the place of the given ones.
static SegmentResult put_in_place(Store *s, Oop segment, Oop out_pointers) {
    Heap *heap = s->heap;
    Oop former = heap_allocate(heap, CLASS_INDEX_ARRAY, FORMAT_INDEXABLE, 2);
    Oop latter = heap_allocate(heap, CLASS_INDEX_ARRAY, FORMAT_INDEXABLE, 2);
    Oop words = heap_allocate(heap, raw_class_index(oop_bits(segment)), FORMAT_32BIT,
                              (SEGMENT_HEAD_BYTES + s->bytes) / 8);
    Oop out = heap_allocate(heap, raw_class_index(oop_bits(out_pointers)), FORMAT_INDEXABLE,
                            s->out_objects.count);
    if (oop_is_none(former) || oop_is_none(latter) || oop_is_none(words) || oop_is_none(out))
        return SEGMENT_NO_MEMORY;
    write_objects(s, words, out);
    slot_at_put(heap, former, num(0), segment);
    slot_at_put(heap, former, num(1), out_pointers);
    slot_at_put(heap, latter, num(0), words);
    slot_at_put(heap, latter, num(1), out);
    return heap_become(heap, former, latter, false, true) ? SEGMENT_NO_MEMORY : SEGMENT_OK;
}

// As other VMs see it: a segment that is not filled exactly keeps room for an object of filler.
static bool fits(const Store *s, Oop segment) {
    uint64_t room = raw_slot_count(oop_bits(segment)) * 8, used = SEGMENT_HEAD_BYTES + s->bytes;
    return used == room || used + 16 <= room;
}

SegmentResult segment_store(Heap *heap, Oop roots, Oop segment, Oop out_pointers) {
    Store s = {.visitor = {visit_root}, .heap = heap, .roots = oop_bits(roots)};
    find_outside(&s);
    if (s.result == SEGMENT_OK) find_inside(&s);
    if (s.result == SEGMENT_OK) lay_out(&s);
    if (s.result == SEGMENT_OK && !fits(&s, segment)) s.result = SEGMENT_TOO_SMALL;
    if (s.result == SEGMENT_OK) find_out_pointers(&s);
    if (s.result == SEGMENT_OK && s.out_objects.count > raw_slot_count(oop_bits(out_pointers)))
        s.result = SEGMENT_OUT_TOO_SMALL;
    if (s.result == SEGMENT_OK) s.result = put_in_place(&s, segment, out_pointers);
    object_map_release(&s.known);
    object_map_release(&s.places);
    object_map_release(&s.out);
    array_free(&s.stack);
    array_free(&s.inside);
    array_free(&s.out_objects);
    return s.result;
}
