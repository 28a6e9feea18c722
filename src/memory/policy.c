// SPDX-License-Identifier: MIT
// When to collect. Allocation notes what it wishes in heap->wants; at the safe point
// heap_collect_as_wanted decides what is done about it:
//
//   - eden is full: a scavenge
//   - old space in use has grown by a third (and by options.growth_bytes at least) since the last
//     full collection, or a scavenge found no room to tenure: a full collection
//     (the latter not before old space's eighth part has been allocated again: where everything
//     is alive, collecting fully at every scavenge would help nobody)
//   - less room is left than the image wants to be told of: a full collection, and if that does
//     not help the low-space signal. The threshold is then disarmed until the image sets it again,
//     and counts for nothing while there is an excess: somebody has been told.
#include "memory/spaces.h"

#include "memory/collector.h"

enum { GROWTH_PART = 3, RETRY_PART = 8, MARGIN_PART = 16, EXCESS_PART = 4 };

// What was allowed beyond the limit, for an error to be handled, is taken back when a full
// collection has left a margin below it. To wait until the whole excess fits below it would be for
// ever where the limit is small, and the next one to run out would get the rest and no error.
static void policy_take_back_excess(Heap *heap) {
    uint64_t limit = heap->options.old_limit_bytes;
    if (old_space_used(heap) <= limit - limit / MARGIN_PART) heap->excess_bytes = 0;
}

// While there is an excess a full collection comes before it is used up: only that finds out that
// whoever was told has let go of what it had.
static void policy_set_threshold(Heap *heap) {
    uint64_t used = old_space_used(heap), growth = used / GROWTH_PART;
    if (growth < heap->options.growth_bytes) growth = heap->options.growth_bytes;
    if (heap->excess_bytes && growth > heap->excess_bytes / EXCESS_PART)
        growth = heap->excess_bytes / EXCESS_PART;
    if (__builtin_add_overflow(used, growth, &heap->full_threshold))
        heap->full_threshold = UINT64_MAX;
}

void heap_note_full_collection(Heap *heap) {
    policy_take_back_excess(heap);
    policy_set_threshold(heap);
    heap->spaces->class_table_cursor = 0;
    heap->spaces->allocated_at_full = heap->statistics.allocated_bytes_before;
}

// Whether a full collection because there is little room may find more than the last one left.
static bool policy_full_is_worth_it(const Heap *heap) {
    uint64_t since = heap->statistics.allocated_bytes_before - heap->spaces->allocated_at_full;
    return since > old_space_used(heap) / RETRY_PART;
}

// ---- at the safe point

static bool policy_is_low(const Heap *heap) {
    return heap->low_space_threshold && !heap->excess_bytes &&
           heap_room_bytes(heap) < heap->low_space_threshold;
}

bool heap_tell_low_space(Heap *heap) {
    if (heap->wants & HEAP_LOW_SPACE) return true;
    if (!heap->low_space_threshold) return false;
    heap->low_space_threshold = 0;
    heap_want(heap, HEAP_LOW_SPACE);
    return true;
}

MAY_GC static void policy_check_room(Heap *heap, bool just_collected) {
    if (!policy_is_low(heap)) return;
    if (!just_collected && !policy_full_is_worth_it(heap)) return;
    if (!just_collected) heap_collect_full(heap);
    if (policy_is_low(heap)) (void)heap_tell_low_space(heap);
}

// Stress: every k-th collection moves everything.
static bool policy_moves_now(Heap *heap) {
    uint64_t every = heap->options.move_every;
    return every && ++heap->spaces->collections % every == 0;
}

MAY_GC void heap_collect_as_wanted(Heap *heap) {
    uint32_t wants = heap->wants;
    bool full = (wants & HEAP_WANTS_FULL) || policy_moves_now(heap);
    if (!full) {
        heap_scavenge(heap);
        full = heap_old_has_grown(heap) ||
               (heap->spaces->tenuring_failed && policy_full_is_worth_it(heap)) ||
               ((wants & HEAP_ALLOCATION_FAILED) && !heap_can_allocate(heap, heap->failed_bytes));
    }
    if (full) heap_collect_full(heap);
    policy_check_room(heap, full);
    heap->wants &= ~(uint32_t)(HEAP_WANTS_SCAVENGE | HEAP_WANTS_FULL | HEAP_WANTS_STRESS |
                               HEAP_ALLOCATION_FAILED);
}

// ---- for an allocation that failed

// Nothing that is collected makes room for more than old space may ever hold.
static bool policy_is_hopeless(const Heap *heap, uint64_t bytes) {
    uint64_t limit = heap->options.old_limit_bytes;
    if (limit && bytes > limit && bytes - limit > heap->excess_bytes) return true;
    return bytes > heap->arena->old_space.end - heap->arena->old_space.start;
}

// All young objects find room in the excess, and it has not been used up then.
bool heap_exceed_limit(Heap *heap, bool again) {
    enum { PART = 8, LEAST = 4 << 20, MOST = 64 << 20, TIMES = 4 };
    uint64_t limit = heap->options.old_limit_bytes, excess = limit / PART;
    excess = heap->new_bytes + (excess < LEAST ? LEAST : excess > MOST ? MOST : excess);
    if (!limit || heap->excess_bytes >= (again ? TIMES * excess : 1)) return false;
    heap->excess_bytes += excess;
    policy_set_threshold(heap);
    return true;
}

// Allocations that fail for the sake of a test stand for room that a collection makes. What was
// tried is tried once more after it, and may need several objects: they are there then, or it would
// fail for good where every second allocation fails. Where every one fails that is what is wanted.
enum { SPARED_ALLOCATIONS = 8 };

MAY_GC bool heap_make_room(Heap *heap, uint64_t bytes) {
    heap->spaces->spared = SPARED_ALLOCATIONS;
    if (!policy_is_hopeless(heap, bytes)) {
        heap_scavenge(heap);
        if (!heap_can_allocate(heap, bytes)) {
            heap_collect_full(heap);
            policy_check_room(heap, true);
        }
    }
    heap->wants &= ~(uint32_t)HEAP_ALLOCATION_FAILED;
    return !policy_is_hopeless(heap, bytes) && heap_can_allocate(heap, bytes);
}
