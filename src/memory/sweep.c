// SPDX-License-Identifier: MIT
// Mark-sweep: what marking left unmarked becomes free chunks, neighbours joined, on the free
// lists; nothing moves. The free lists are made anew, so that a chunk never overlaps another.
#include "memory/sweep.h"

#include "memory/collector.h"
#include "memory/full.h"
#include "memory/mark.h"
#include "memory/spaces.h"

static void sweep_segment(Heap *heap, const Segment *segment) {
    uint64_t limit = segment_limit(segment), dead = 0;
    for (uint64_t at = segment->start; at < limit;) {
        uint64_t raw = raw_object_at(at);
        uint64_t end = raw_end(raw);
        if (!mark_is_live(raw)) {
            if (!dead) dead = at;
        } else {
            mark_clear(raw);
            if (dead) old_space_add_free(heap, dead, at - dead);
            dead = 0;
        }
        at = end;
    }
    if (dead) old_space_add_free(heap, dead, limit - dead);
}

static uint64_t sweep_survivor(void *context, uint64_t raw) {
    (void)context;
    return raw;
}

void sweep_unmarked(Heap *heap) {
    full_update_clients(heap, sweep_survivor, NULL);
    remembered_update(heap, sweep_survivor, NULL);
    full_finish_young(heap, NULL, NULL);
    old_space_forget_free(heap);
    for (size_t i = 0; i < old_space_segment_count(heap); i++)
        sweep_segment(heap, old_space_segment(heap, i));
    old_space_shrink(heap, false);
}

static void sweep_collect(Heap *heap, CollectRequest request) {
    (void)request;
    mark_live_objects(heap);
    sweep_unmarked(heap);
}

const Collector collector_sweep = {"sweep", BARRIER_GENERATIONAL, false, sweep_collect};
