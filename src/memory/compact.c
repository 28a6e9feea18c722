// SPDX-License-Identifier: MIT
// Mark-compact: slides the live objects of old space towards lower addresses, in their order.
//
//   1 survey  walks old space after marking: notes the words of live objects per block
//             (forward.h), joins dead objects to free chunks, so that later walks jump over them,
//             and cuts old space into *rooms*, the stretches between objects that stay
//   2 plan    walks the blocks, not the objects, and gives each a destination: in the first room
//             that has place for all of the block, never before the room of the block before it
//   3 update  roots, weak tables of clients, remembered set, young objects
//   4 move    walks old space again: each object gets its references updated while it moves
//   5 refit   what is left of every room goes to the free lists
//
// What stays: pinned objects, and with them the others of the same block; the first five objects
// of the heap. In its own room an object always has place, since only objects from below come
// before it; so it moves down or not at all, and moving in order never overwrites what has not
// moved yet. A room is filled to the end or leaves at least 16 bytes, the least free chunk: a
// block that would leave 8 goes to the next room.
//
// To move *all* objects (stress), the rooms are not those of old space but a new segment.
//
// The table and the rooms are the only memory needed. Without it the collection sweeps instead.
// After Lisp-2 (Jones, Hosking, Moss: The Garbage Collection Handbook, ch. 3) with the offsets of
// a block computed from its bitmap (Abuaiadh et al., OOPSLA 2004).
#include <stdlib.h>
#include <string.h>

#include "base/check.h"
#include "memory/collector.h"
#include "memory/forward.h"
#include "memory/full.h"
#include "memory/mark.h"
#include "memory/mourn.h"
#include "memory/spaces.h"
#include "memory/sweep.h"

enum { LEAST_CHUNK = 16, LOOK_AHEAD = 256, STAYS = 1, LEADS = 2 };

// A stretch of old space: a room with how far it is filled, or objects that stay.
typedef struct Stretch {
    uint64_t start, end, filled;
} Stretch;

typedef ARRAY(Stretch) Stretches;

typedef struct Compaction {
    Heap *heap;
    ForwardTable forward;
    Stretches rooms; // of old space
    Stretches staying;
    Stretch fresh;    // the new segment, when all objects move
    Stretch *targets; // where objects go: the rooms, or the new segment
    size_t target;
    uint64_t live_bytes; // of objects that may move
    bool failed;
} Compaction;

// ---- survey

typedef struct Survey {
    Compaction *c;
    ForwardBlock *block;       // of the last live object
    uint64_t block_start, end; // its first live object's begin, its last one's end
    uint64_t room_start;       // end of what stays
    uint64_t dead_start;       // of the run of dead objects under way; 0: none
} Survey;

static bool compact_stays(Heap *heap, uint64_t raw) {
    return raw_load(raw) & HEADER_PINNED || raw <= oop_bits(heap->class_table_root);
}

static bool compact_add(Stretches *stretches, uint64_t start, uint64_t end) {
    Stretch stretch = {start, end, start};
    return start == end || array_push(stretches, stretch);
}

// The block is complete. While the survey lasts, `destination` counts its bytes, and the low bits
// say whether it stays and whether its first object's size word lies in the block before.
static void survey_close_block(Survey *s) {
    if (!s->block) return;
    Compaction *c = s->c;
    if (s->block->destination & STAYS) {
        if (!compact_add(&c->rooms, s->room_start, s->block_start) ||
            !compact_add(&c->staying, s->block_start, s->end))
            c->failed = true;
        s->room_start = s->end;
    } else {
        c->live_bytes += s->block->destination & ~7ull;
    }
    s->block = NULL;
}

static uint64_t survey_word_mask(uint64_t from, uint64_t to) {
    return ~0ull >> (64 - (to - from) / 8) << forward_word_in_block(from);
}

static void survey_live(Survey *s, uint64_t start, uint64_t raw, uint64_t end) {
    Compaction *c = s->c;
    ForwardBlock *block = &c->forward.blocks[forward_block_index(&c->forward, raw)];
    uint64_t block_address = raw & ~(uint64_t)(FORWARD_BLOCK_BYTES - 1);
    uint64_t block_end = block_address + FORWARD_BLOCK_BYTES;
    if (block != s->block) {
        survey_close_block(s);
        s->block = block;
        s->block_start = start;
    }
    s->end = end;
    block->live |= survey_word_mask(start < block_address ? block_address : start,
                                    end < block_end ? end : block_end);
    block->destination += end - start;
    if (start < block_address) block->destination |= LEADS;
    if (compact_stays(c->heap, raw)) block->destination |= STAYS;
}

static void survey_end_dead(Survey *s, uint64_t end) {
    if (s->dead_start) spaces_make_filler(s->dead_start, end - s->dead_start);
    s->dead_start = 0;
}

static void survey_segment(Compaction *c, const Segment *segment) {
    Survey s = {.c = c, .room_start = segment->start};
    uint64_t limit = segment_limit(segment);
    for (uint64_t at = segment->start; at < limit;) {
        uint64_t raw = raw_object_at(at);
        uint64_t end = raw_end(raw);
        if (mark_is_live(raw)) {
            survey_end_dead(&s, at);
            survey_live(&s, at, raw, end);
        } else if (!s.dead_start) {
            s.dead_start = at;
        }
        at = end;
    }
    survey_end_dead(&s, limit);
    survey_close_block(&s);
    if (!compact_add(&c->rooms, s.room_start, limit)) c->failed = true;
}

// ---- plan

static uint64_t plan_place(Compaction *c, uint64_t bytes) {
    for (;;) {
        Stretch *room = &c->targets[c->target];
        uint64_t left = room->end - room->filled;
        if (left == bytes || left >= bytes + LEAST_CHUNK) {
            uint64_t place = room->filled;
            room->filled += bytes;
            return place;
        }
        c->target++;
    }
}

static void plan_block(Compaction *c, ForwardBlock *block) {
    uint64_t bytes = block->destination & ~7ull;
    bool leads = block->destination & LEADS;
    if (block->destination & STAYS)
        block->destination = 0;
    else if (bytes)
        block->destination = plan_place(c, bytes) + (leads ? 8 : 0);
}

static void plan_segment(Compaction *c, const Segment *segment) {
    uint64_t first = forward_block_index(&c->forward, segment->start);
    uint64_t last = forward_block_index(&c->forward, segment->end - 8);
    for (uint64_t i = first; i <= last; i++)
        if (c->forward.blocks[i].live) plan_block(c, &c->forward.blocks[i]);
}

// ---- update

typedef struct Updater {
    RootVisitor visitor; // first: the visitor of roots is the updater
    const ForwardTable *table;
} Updater;

static inline uint64_t update_value(const ForwardTable *table, uint64_t value) {
    return raw_is_immediate(value) ? value : forward_address(table, value);
}

static void update_root(RootVisitor *visitor, Oop *root) {
    const ForwardTable *table = ((Updater *)visitor)->table;
    *root = oop_from_bits(update_value(table, oop_bits(*root)));
}

// Copies slots, references updated. The bodies may be the same or overlap downwards. Words below
// `readable` may be looked at: the table's entries for what is referred to some way ahead are
// fetched into the cache (a third of the time of a compaction went into waiting for them).
static void update_slots(const ForwardTable *table, uint64_t from, uint64_t to, uint64_t count,
                         uint64_t readable) {
    uint64_t end = from + count * 8;
    for (uint64_t delta = to - from; from < end; from += 8) {
        if (from + LOOK_AHEAD < readable) forward_fetch(table, raw_load(from + LOOK_AHEAD));
        raw_store(from + delta, update_value(table, raw_load(from)));
    }
}

static void update_young(void *context, uint64_t raw) {
    update_slots(context, raw + 8, raw + 8, raw_pointer_slot_count(raw), 0);
}

// ---- move

// Moves one object: `start` is its first byte, `raw` its header, `end` the byte behind it, `limit`
// the end of the segment.
static void move_object(const ForwardTable *table, uint64_t start, uint64_t raw, uint64_t end,
                        uint64_t limit) {
    uint64_t to = forward_address(table, raw);
    uint64_t traced = raw_pointer_slot_count(raw) * 8;
    if (start != raw) raw_store(to - 8, raw_load(raw - 8));
    raw_store(to, raw_load(raw) & ~HEADER_MARKED);
    update_slots(table, raw + 8, to + 8, traced / 8, limit);
    if (to != raw)
        memmove((void *)(uintptr_t)(to + 8 + traced), (const void *)(uintptr_t)(raw + 8 + traced),
                end - raw - 8 - traced);
}

static void move_segment(Compaction *c, const Segment *segment) {
    uint64_t limit = segment_limit(segment);
    for (uint64_t at = segment->start; at < limit;) {
        uint64_t raw = raw_object_at(at);
        uint64_t end = raw_end(raw);
        if (mark_is_live(raw)) move_object(&c->forward, at, raw, end, limit);
        at = end;
    }
}

// ---- refit

static void refit_stretch(Heap *heap, uint64_t start, uint64_t end) {
    if (start < end) old_space_add_free(heap, start, end - start);
}

// The dead between objects that stayed.
static void refit_staying(Heap *heap, const Stretch *stretch) {
    for (uint64_t at = stretch->start; at < stretch->end;) {
        uint64_t raw = raw_object_at(at), end = raw_end(raw);
        if (raw_class_index(raw) == CLASS_INDEX_FREE) refit_stretch(heap, at, end);
        at = end;
    }
}

static void compact_refit(Compaction *c) {
    for (size_t i = 0; i < c->rooms.count; i++)
        refit_stretch(c->heap, c->rooms.items[i].filled, c->rooms.items[i].end);
    for (size_t i = 0; i < c->staying.count; i++)
        refit_staying(c->heap, &c->staying.items[i]);
    refit_stretch(c->heap, c->fresh.filled, c->fresh.end);
}

// ---- all of it

static bool compact_open_table(Compaction *c) {
    const Segment *first = old_space_segment(c->heap, 0);
    const Segment *last = old_space_segment(c->heap, old_space_segment_count(c->heap) - 1);
    uint64_t start = first->start & ~(uint64_t)(FORWARD_BLOCK_BYTES - 1);
    uint64_t blocks = (last->end - start + FORWARD_BLOCK_BYTES - 1) >> FORWARD_BLOCK_SHIFT;
    c->forward = (ForwardTable){start, last->end - start, calloc(blocks, sizeof(ForwardBlock))};
    return c->forward.blocks != NULL;
}

// All but the fresh one, which is being filled.
static void compact_for_each_segment(Compaction *c, void (*step)(Compaction *, const Segment *)) {
    for (size_t i = 0; i < old_space_segment_count(c->heap); i++) {
        const Segment *segment = old_space_segment(c->heap, i);
        if (segment->start != c->fresh.start) step(c, segment);
    }
}

// A new segment for everything that moves. Without one the objects slide.
static void compact_choose_targets(Compaction *c, CollectRequest request) {
    c->targets = c->rooms.items;
    uint64_t start;
    if (request != COLLECT_MOVE_ALL || !c->live_bytes) return;
    if (heap_add_segment(c->heap, c->live_bytes + LEAST_CHUNK, &start) != STATUS_OK) return;
    for (size_t i = 0; i < old_space_segment_count(c->heap); i++) {
        const Segment *segment = old_space_segment(c->heap, i);
        if (segment->start == start) c->fresh = (Stretch){start, segment_limit(segment), start};
    }
    c->targets = &c->fresh;
}

static uint64_t compact_survivor(void *context, uint64_t raw) {
    return forward_address(context, raw);
}

static void compact_update_and_move(Compaction *c) {
    Heap *heap = c->heap;
    Updater updater = {{update_root}, &c->forward};
    full_update_clients(heap, compact_survivor, &c->forward);
    remembered_update(heap, compact_survivor, &c->forward);
    heap_visit_roots(heap, &updater.visitor);
    mourn_visit_roots(heap, &updater.visitor);
    full_finish_young(heap, update_young, &c->forward);
    compact_for_each_segment(c, move_segment);
}

static void compact_release(Compaction *c) {
    free(c->forward.blocks);
    array_free(&c->rooms);
    array_free(&c->staying);
}

static void compact_collect(Heap *heap, CollectRequest request) {
    Compaction c = {.heap = heap};
    mark_live_objects(heap);
    old_space_forget_free(heap);
    if (compact_open_table(&c))
        compact_for_each_segment(&c, survey_segment);
    else
        c.failed = true;
    if (c.failed) {
        compact_release(&c);
        sweep_unmarked(heap);
        return;
    }
    compact_choose_targets(&c, request);
    compact_for_each_segment(&c, plan_segment);
    compact_update_and_move(&c);
    old_space_forget_free(heap);
    compact_refit(&c);
    old_space_shrink(heap, request == COLLECT_MOVE_ALL);
    compact_release(&c);
}

const Collector collector_compact = {"compact", BARRIER_GENERATIONAL, true, compact_collect};
