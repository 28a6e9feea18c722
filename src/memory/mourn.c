// SPDX-License-Identifier: MIT
// The mourn queue in C memory: an array with a first and a one-past-last index. Entries before
// `first` are taken; the array is moved down before it grows.
#include "memory/mourn.h"

#include <stdlib.h>
#include <string.h>

#include "object/header.h"
#include "object/layouts.h"
#include "object/ops.h"

typedef struct MournQueue {
    Oop *items;
    size_t first, end, capacity;
} MournQueue;

static MournQueue *mourn_queue(Heap *heap) {
    if (!heap->mourners) heap->mourners = calloc(1, sizeof(MournQueue));
    return heap->mourners;
}

static void mourn_move_down(MournQueue *queue) {
    if (!queue->first) return;
    memmove(queue->items, queue->items + queue->first,
            (queue->end - queue->first) * sizeof *queue->items);
    queue->end -= queue->first;
    queue->first = 0;
}

bool mourn_reserve(Heap *heap, size_t count) {
    MournQueue *queue = mourn_queue(heap);
    if (!queue) return false;
    if (queue->capacity - queue->end >= count) return true;
    mourn_move_down(queue);
    if (queue->capacity - queue->end >= count) return true;
    size_t capacity, bytes;
    if (__builtin_add_overflow(queue->end * 2, count, &capacity)) return false;
    if (capacity < 64) capacity = 64;
    if (__builtin_mul_overflow(capacity, sizeof *queue->items, &bytes)) return false;
    Oop *items = realloc(queue->items, bytes);
    if (!items) return false;
    queue->items = items;
    queue->capacity = capacity;
    return true;
}

static bool mourn_push(Heap *heap, Oop object) {
    if (!mourn_reserve(heap, 1)) return false;
    heap->mourners->items[heap->mourners->end++] = object;
    return true;
}

bool mourn_ephemeron(Heap *heap, Oop ephemeron) {
    if (!mourn_push(heap, ephemeron)) return false;
    uint64_t raw = oop_bits(ephemeron);
    raw_store(raw, header_with_format(raw_load(raw), FORMAT_FIXED));
    heap->wants |= HEAP_MOURNERS;
    return true;
}

void mourn_weak(Heap *heap, Oop weak) {
    heap->wants |= HEAP_MOURNERS;
    if (heap->mourn_weak) (void)mourn_push(heap, weak);
}

// ---- while an image is written

// Queued, of fixed size, and its class makes ephemerons: it has fired. The grey bit, which nobody
// else uses meanwhile, says which ones were changed.
static bool mourn_has_fired(Heap *heap, uint64_t raw) {
    uint64_t class_object = oop_bits(heap_class_at(heap, raw_class_index(raw)));
    if (raw_format(raw) != FORMAT_FIXED || raw_slot_count(raw) <= EPHEMERON_KEY) return false;
    if (!format_is_pointers(raw_format(class_object)) ||
        raw_slot_count(class_object) <= CLASS_FORMAT)
        return false;
    uint64_t format = raw_slot(class_object, CLASS_FORMAT) >> TAG_BITS >> 16 & 31;
    return format == FORMAT_EPHEMERON;
}

void mourn_begin_save(Heap *heap) {
    for (size_t i = 0; i < mourn_count(heap); i++) {
        Oop mourner = heap_follow(heap, mourn_at(heap, i));
        uint64_t raw = oop_bits(mourner);
        if (oop_is_immediate(mourner) || !mourn_has_fired(heap, raw)) continue;
        raw_store(raw, header_with_format(raw_load(raw), FORMAT_EPHEMERON) | HEADER_GREY);
    }
}

void mourn_end_save(Heap *heap) {
    for (size_t i = 0; i < mourn_count(heap); i++) {
        Oop mourner = heap_follow(heap, mourn_at(heap, i));
        uint64_t raw = oop_bits(mourner);
        if (oop_is_immediate(mourner) || !(raw_load(raw) & HEADER_GREY)) continue;
        raw_store(raw, header_with_format(raw_load(raw), FORMAT_FIXED) & ~HEADER_GREY);
    }
}

// ---- taking

void mourn_visit_roots(Heap *heap, RootVisitor *visitor) {
    MournQueue *queue = heap->mourners;
    if (!queue) return;
    for (size_t i = queue->first; i < queue->end; i++)
        root_visit(visitor, &queue->items[i]);
}

size_t mourn_count(const Heap *heap) {
    return heap->mourners ? heap->mourners->end - heap->mourners->first : 0;
}

Oop mourn_at(const Heap *heap, size_t index) {
    return heap->mourners->items[heap->mourners->first + index];
}

Oop heap_next_mourner(Heap *heap) {
    MournQueue *queue = heap->mourners;
    if (!queue || queue->first == queue->end) return (Oop){0};
    return heap_follow(heap, queue->items[queue->first++]);
}

void mourn_release(Heap *heap) {
    if (heap->mourners) free(heap->mourners->items);
    free(heap->mourners);
    heap->mourners = NULL;
}
