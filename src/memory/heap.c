// SPDX-License-Identifier: MIT
// The heap as a whole: its life, images let in, hashes, the policy of when to collect.
#include <stdlib.h>
#include <string.h>

#include "base/bits.h"
#include "memory/collector.h"
#include "memory/mourn.h"
#include "memory/scavenge.h"
#include "memory/spaces.h"
#include "object/ops.h"

#define MEBIBYTE (1ull << 20)
enum { PAGE = 4096, SURVIVOR_PART = 5, RESERVE_PART = 16, DEFAULT_TENURE_AGE = 3 };

// ---- options

void heap_default_options(HeapOptions *options) {
    *options = (HeapOptions){
        .eden_bytes = 4 * MEBIBYTE,
        .growth_bytes = 8 * MEBIBYTE,
        .shrink_bytes = 16 * MEBIBYTE,
        .tenure_age = DEFAULT_TENURE_AGE,
    };
}

static uint64_t eden_bytes_of(const HeapOptions *options) {
    enum { LEAST = 16 * PAGE };
    uint64_t bytes = options->eden_bytes ? options->eden_bytes : 4 * MEBIBYTE;
    return round_up(bytes < LEAST ? LEAST : bytes, PAGE);
}

static uint64_t survivor_bytes_of(const HeapOptions *options) {
    return round_up(eden_bytes_of(options) / SURVIVOR_PART, PAGE);
}

uint64_t heap_new_space_bytes(const HeapOptions *options) {
    return eden_bytes_of(options) + 2 * survivor_bytes_of(options);
}

// ---- life

Status heap_init(Heap *heap, Arena *arena, const HeapOptions *options, Diagnosis *diagnosis) {
    memset(heap, 0, sizeof *heap);
    heap->arena = arena;
    heap->options = *options;
    if (heap_set_collector(heap, options->collector))
        return diagnose(diagnosis, STATUS_BAD_USAGE, "no collector named %s", options->collector);
    uint64_t eden = eden_bytes_of(options), survivor = survivor_bytes_of(options);
    uint64_t start = arena->new_space.start;
    HeapSpaces *spaces = heap->spaces = calloc(1, sizeof *spaces);
    if (!spaces || arena->new_space.end - start < eden + 2 * survivor ||
        arena_commit(arena, start, eden + 2 * survivor))
        return diagnose(diagnosis, STATUS_NO_MEMORY, "no memory for %llu bytes of new space",
                        (unsigned long long)(eden + 2 * survivor));
    spaces->eden_start = heap->eden_free = start;
    spaces->eden_end = start + eden;
    heap->eden_limit = spaces->eden_end - eden / RESERVE_PART;
    spaces->past = (SurvivorSpace){start + eden, start + eden + survivor, start + eden};
    spaces->future =
        (SurvivorSpace){spaces->past.end, spaces->past.end + survivor, spaces->past.end};
    spaces->ages = calloc(2 * survivor / 16, 1);
    if (!spaces->ages) return diagnose(diagnosis, STATUS_NO_MEMORY, "no memory for new space");
    if (options->collect_every || options->fail_every) heap->eden_limit = start;
    heap->new_start = start;
    heap->new_bytes = eden + 2 * survivor;
    return STATUS_OK;
}

void heap_release(Heap *heap) {
    if (!heap->spaces) return;
    mourn_release(heap);
    array_free(&heap->spaces->segments);
    array_free(&heap->spaces->remembered);
    free(heap->spaces->ages);
    free(heap->spaces);
    heap->spaces = NULL;
}

Status heap_add_client(Heap *heap, HeapClient client) {
    if (heap->client_count == HEAP_CLIENT_LIMIT) return STATUS_LIMIT;
    heap->clients[heap->client_count++] = client;
    return STATUS_OK;
}

// ---- images

static void set_full_threshold(Heap *heap) {
    // Collect again when old space in use has grown by a half, and by 32 MiB at least.
    uint64_t used = heap->spaces->old_bytes - heap->spaces->free_bytes;
    uint64_t growth = used / 2 > 32 * MEBIBYTE ? used / 2 : 32 * MEBIBYTE;
    heap->spaces->used_after_full = used;
    heap->full_threshold = used + growth;
}

// Free chunks that came with the file become ours; what the file said about remembered, marked and
// grey objects is forgotten.
static void adopt_entities(Heap *heap, uint64_t at, uint64_t end) {
    while (at < end) {
        uint64_t raw = raw_object_at(at), next = raw_end(raw);
        if (raw_class_index(raw) == CLASS_INDEX_FREE) {
            if (next - at >= SMALLEST_CHUNK) old_space_add_free(heap, at, next - at);
        } else {
            raw_store(raw, raw_load(raw) & ~(HEADER_REMEMBERED | HEADER_MARKED | HEADER_GREY));
        }
        at = next;
    }
}

Status heap_adopt_image(Heap *heap, Oop special_objects, uint64_t last_hash, Diagnosis *diagnosis) {
    if (!old_space_segment_count(heap))
        return diagnose(diagnosis, STATUS_STATE, "no segment was loaded");
    uint64_t start = old_space_segment(heap, 0)->start;
    uint64_t first[5], at = start;
    for (int i = 0; i < 5; i++) {
        first[i] = raw_object_at(at);
        at = raw_end(first[i]);
    }
    heap->nil = oop_from_bits(first[0]);
    heap->false_object = oop_from_bits(first[1]);
    heap->true_object = oop_from_bits(first[2]);
    heap->free_lists = oop_from_bits(first[3]);
    heap->class_table_root = oop_from_bits(first[4]);
    heap->special_objects = special_objects;
    heap->last_hash = last_hash;
    adopt_entities(heap, start, start + heap->spaces->loaded_bytes);
    set_full_threshold(heap);
    return STATUS_OK;
}

static Oop make_first(Heap *heap, uint64_t class_index, unsigned format, uint64_t slots) {
    uint64_t at = old_space_allocate(heap, raw_bytes_for_slots(slots), false);
    if (!at) return oop_from_bits(0);
    return oop_from_bits(spaces_place_object(heap, at, class_index, format, slots));
}

Status heap_bootstrap(Heap *heap, Diagnosis *diagnosis) {
    enum { FREE_LIST_SLOTS = 64 };
    uint64_t start, first = 256 * 1024;
    Status status = heap_add_segment(heap, first, &start);
    if (status) return diagnose(diagnosis, status, "no memory for an empty heap");
    // One chunk, so that the first objects follow each other.
    old_space_forget_free(heap);
    old_space_add_free(heap, start, segment_limit(old_space_segment(heap, 0)) - start);
    heap->nil = oop_from_bits(start); // so that bodies can be filled
    heap->nil = make_first(heap, CLASS_INDEX_ARRAY_PUN, FORMAT_FIXED, 0);
    heap->false_object = make_first(heap, CLASS_INDEX_ARRAY_PUN, FORMAT_FIXED, 0);
    heap->true_object = make_first(heap, CLASS_INDEX_ARRAY_PUN, FORMAT_FIXED, 0);
    heap->free_lists = make_first(heap, CLASS_INDEX_64BIT_PUN, FORMAT_64BIT, FREE_LIST_SLOTS);
    heap->class_table_root = make_first(heap, CLASS_INDEX_ARRAY_PUN, FORMAT_INDEXABLE,
                                        CLASS_TABLE_ROOT_SLOTS + CLASS_TABLE_HIDDEN_SLOTS);
    Oop page = make_first(heap, CLASS_INDEX_ARRAY_PUN, FORMAT_INDEXABLE, CLASS_TABLE_PAGE_SIZE);
    heap->special_objects = make_first(heap, CLASS_INDEX_ARRAY_PUN, FORMAT_INDEXABLE, 60);
    if (!oop_bits(heap->class_table_root) || !oop_bits(page) || !oop_bits(heap->special_objects))
        return diagnose(diagnosis, STATUS_NO_MEMORY, "no memory for an empty heap");
    raw_store(raw_slot_address(oop_bits(heap->class_table_root), 0), oop_bits(page));
    set_full_threshold(heap);
    return STATUS_OK;
}

// ---- object state

// Park and Miller's generator, as other Spur VMs use it; the hash is taken from its higher bits.
static uint64_t next_hash(Heap *heap) {
    uint64_t hash = 0;
    while (!hash) {
        uint64_t seed = heap->last_hash % 2147483647;
        heap->last_hash = (seed ? seed : 1) * 16807 % 2147483647;
        hash = heap->last_hash >> 4 & (HEADER_HASH_LIMIT - 1);
    }
    return hash;
}

uint64_t heap_identity_hash(Heap *heap, Oop object) {
    uint64_t header = raw_load(oop_bits(object)), hash = header_hash(header);
    if (hash) return hash;
    hash = next_hash(heap);
    raw_store(oop_bits(object), header_with_hash(header, hash));
    return hash;
}

bool heap_is_young(const Heap *heap, Oop object) {
    return oop_is_immediate(object) ? false : heap_address_is_young(heap, oop_bits(object));
}

bool heap_is_address_of_object(const Heap *heap, uint64_t bits) {
    if (bits & 7) return false;
    for (size_t i = 0; i < spaces_range_count(heap); i++) {
        SpaceRange range = spaces_range(heap, i);
        if (bits < range.start || bits >= range.end) continue;
        for (uint64_t at = range.start; at < range.end;) {
            uint64_t raw = raw_object_at(at);
            if (raw == bits) return raw_class_index(raw) != CLASS_INDEX_FREE;
            if (raw > bits) return false;
            uint64_t next = raw_end(raw);
            if (next <= at || next > range.end) return false;
            at = next;
        }
    }
    return false;
}

void heap_set_readonly(Heap *heap, Oop object, bool readonly) {
    (void)heap;
    uint64_t header = raw_load(oop_bits(object));
    raw_store(oop_bits(object), readonly ? header | HEADER_IMMUTABLE : header & ~HEADER_IMMUTABLE);
}

Oop heap_follow(const Heap *heap, Oop oop) {
    (void)heap;
    while (oop_is_forwarder(oop))
        oop = forwarder_target(oop);
    return oop;
}

Oop heap_survivor(Heap *heap, Oop object) {
    object = scavenge_follow(heap, object);
    uint64_t raw = oop_bits(object);
    if (raw_is_immediate(raw)) return object;
    if (!heap->spaces->scavenging && !(raw_load(raw) & HEADER_MARKED)) return oop_from_bits(0);
    return oop_from_bits(heap->spaces->survivor(heap->spaces->survivor_context, raw));
}

// ---- figures

uint64_t heap_old_bytes(const Heap *heap) { return heap->spaces->old_bytes; }
uint64_t heap_free_old_bytes(const Heap *heap) { return heap->spaces->free_bytes; }
uint64_t heap_eden_bytes(const Heap *heap) {
    return heap->spaces->eden_end - heap->spaces->eden_start;
}
uint64_t heap_young_used_bytes(const Heap *heap) {
    return heap->eden_free - heap->spaces->eden_start + heap->spaces->past.free -
           heap->spaces->past.start;
}
uint64_t heap_room_bytes(const Heap *heap) {
    return heap->spaces->free_bytes + old_space_growth_left(heap);
}

// ---- when to collect

void heap_collect_as_wanted(Heap *heap) {
    uint32_t wants = heap->wants;
    uint64_t every = heap->options.move_every;
    bool stressed =
        (wants & HEAP_WANTS_STRESS) && every && (heap->statistics.scavenges + 1) % every == 0;
    if (wants & HEAP_WANTS_FULL || stressed)
        heap_collect_full(heap);
    else if (wants & (HEAP_WANTS_SCAVENGE | HEAP_ALLOCATION_FAILED))
        heap_scavenge(heap);
    heap->wants &= ~(uint32_t)(HEAP_WANTS_SCAVENGE | HEAP_WANTS_FULL | HEAP_WANTS_STRESS |
                               HEAP_ALLOCATION_FAILED);
    if (wants & HEAP_WANTS_FULL) set_full_threshold(heap);
}

static bool has_room(const Heap *heap, uint64_t bytes) {
    const HeapSpaces *spaces = heap->spaces;
    if (bytes <= (heap->eden_limit > heap->eden_free ? heap->eden_limit - heap->eden_free : 0))
        return true;
    for (uint64_t map = spaces->large_map; map; map &= map - 1)
        if (512ull << __builtin_ctzll(map) >= bytes + SMALLEST_CHUNK) return true;
    return old_space_growth_left(heap) >= bytes + BRIDGE_BYTES + SMALLEST_CHUNK + PAGE;
}

bool heap_make_room(Heap *heap, uint64_t bytes) {
    heap_scavenge(heap);
    heap->wants &= ~(uint32_t)(HEAP_WANTS_SCAVENGE | HEAP_ALLOCATION_FAILED);
    if (bytes < UINT64_MAX / 4 && !has_room(heap, bytes)) {
        heap_collect_full(heap);
        set_full_threshold(heap);
        // What died old has made room for what survived young.
        heap_scavenge(heap);
    }
    return bytes < UINT64_MAX / 4 && has_room(heap, bytes);
}
