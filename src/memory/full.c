// SPDX-License-Identifier: MIT
// Full collections: which collector, when, and what is around it.
#include "memory/full.h"

#include <time.h>

#include "base/check.h"
#include "memory/collector.h"
#include "memory/mark.h"
#include "memory/spaces.h"

// ---- the table of collectors

const Collector *collector_at(unsigned index) {
    static const Collector *const all[] = {&collector_compact, &collector_sweep, NULL};
    return all[index];
}

const Collector *collector_named(const char *name) {
    if (!name) return collector_at(0);
    for (unsigned i = 0; collector_at(i); i++)
        if (strcmp(collector_at(i)->name, name) == 0) return collector_at(i);
    return NULL;
}

Status heap_set_collector(Heap *heap, const char *name) {
    const Collector *collector = collector_named(name);
    if (!collector) return STATUS_NOT_FOUND;
    heap->collector = collector;
    heap->barrier = collector->barrier;
    return STATUS_OK;
}

// ---- a collection

static uint64_t full_microseconds(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
}

static void full_verify(Heap *heap) {
    if (!heap->options.verify) return;
    CHECK(heap_verify(heap, stderr, 20, false) == 0, "the heap is damaged");
}

void collector_collect(Heap *heap, CollectRequest request) {
    const Collector *collector = heap->collector;
    if (request != COLLECT_ORDINARY && !collector->compacts) collector = &collector_compact;
    heap_scavenge(heap);
    full_verify(heap);
    uint64_t start = full_microseconds();
    collector->collect(heap, request);
    heap->statistics.full_collections++;
    heap->statistics.last_full_microseconds = full_microseconds() - start;
    heap->statistics.full_microseconds += heap->statistics.last_full_microseconds;
    heap->wants &= ~(uint32_t)(HEAP_WANTS_FULL | HEAP_ALLOCATION_FAILED);
    full_verify(heap);
    for (unsigned i = 0; i < heap->client_count; i++)
        if (heap->clients[i].after_collection)
            heap->clients[i].after_collection(heap->clients[i].context, heap, true);
}

void heap_collect_full(Heap *heap) {
    collector_collect(heap, heap->options.move_every ? COLLECT_MOVE_ALL : COLLECT_ORDINARY);
}

void heap_compact(Heap *heap) { collector_collect(heap, COLLECT_COMPACT); }

// ---- shared steps

void full_update_clients(Heap *heap, uint64_t (*survivor)(void *context, uint64_t raw),
                         void *context) {
    heap->spaces->survivor = survivor;
    heap->spaces->survivor_context = context;
    for (unsigned i = 0; i < heap->client_count; i++)
        if (heap->clients[i].update_weak)
            heap->clients[i].update_weak(heap->clients[i].context, heap);
    heap->spaces->survivor = NULL;
}

typedef struct YoungWalk {
    void (*update)(void *context, uint64_t raw);
    void *context;
} YoungWalk;

static bool full_finish_young_object(void *context, uint64_t raw) {
    YoungWalk *walk = context;
    if (mark_is_live(raw)) {
        mark_clear(raw);
        if (walk->update) walk->update(walk->context, raw);
    } else {
        uint64_t start = raw_has_overflow(raw) ? raw - 8 : raw;
        spaces_make_filler(start, raw_end(raw) - start);
    }
    return true;
}

void full_finish_young(Heap *heap, void (*update)(void *context, uint64_t raw), void *context) {
    YoungWalk walk = {update, context};
    spaces_for_each_young(heap, full_finish_young_object, &walk);
}
