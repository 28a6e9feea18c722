// SPDX-License-Identifier: MIT
// The life of a heap, its measures, and when it collects.
#include "memory/heap.h"

#include <stdlib.h>
#include <string.h>

#include "base/bits.h"
#include "base/check.h"
#include "base/os.h"
#include "base/os_memory.h"
#include "memory/collector.h"
#include "memory/mourn.h"
#include "memory/spaces.h"
#include "object/layouts.h"
#include "object/ops.h"

enum {
    DEFAULT_EDEN_BYTES = 4 << 20,
    DEFAULT_GROWTH_BYTES = 16 << 20,
    DEFAULT_SHRINK_BYTES = 32 << 20,
    DEFAULT_TENURE_AGE = 2,
    LEAST_EDEN_BYTES = 4 << 10,
    SURVIVOR_PART_OF_EDEN = 4,       // what survivors may fill before objects are tenured by space
    FIRST_SEGMENT_BYTES = 256 << 10, // of a heap of our own
    FREE_LIST_SLOTS = 64,            // of the object that images keep free lists in
    CLASS_TABLE_SLOTS = CLASS_TABLE_ROOT_SLOTS + CLASS_TABLE_HIDDEN_SLOTS,
};

// ---- options and sizes

// The limit leaves the machine most of its memory: running into it is an error that Smalltalk can
// catch, running out of pages is not, and others want to run meanwhile.
void heap_default_options(HeapOptions *options) {
    *options = (HeapOptions){
        .eden_bytes = DEFAULT_EDEN_BYTES,
        .old_limit_bytes = os_memory_available() / 4,
        .growth_bytes = DEFAULT_GROWTH_BYTES,
        .shrink_bytes = DEFAULT_SHRINK_BYTES,
        .tenure_age = DEFAULT_TENURE_AGE,
    };
}

static uint64_t eden_bytes_wanted(const HeapOptions *options) {
    uint64_t bytes = options->eden_bytes ? options->eden_bytes : DEFAULT_EDEN_BYTES;
    return round_up(bytes < LEAST_EDEN_BYTES ? LEAST_EDEN_BYTES : bytes, 64);
}

// A survivor space may get what eden held and what had survived before.
static uint64_t survivor_bytes(uint64_t eden) { return eden + eden / SURVIVOR_PART_OF_EDEN; }
static uint64_t new_space_bytes(uint64_t eden) { return eden + 2 * survivor_bytes(eden); }

uint64_t heap_new_space_bytes(const HeapOptions *options) {
    return round_up(new_space_bytes(eden_bytes_wanted(options)), os_page_size());
}

// ---- life

// Eden as wanted, or as large as the zone permits.
static void heap_lay_out_new_space(Heap *heap) {
    HeapSpaces *spaces = heap->spaces;
    ArenaZone zone = heap->arena->new_space;
    uint64_t eden = eden_bytes_wanted(&heap->options), bytes = zone.end - zone.start;
    if (new_space_bytes(eden) > bytes) eden = bytes / 7 * 2 & ~63ull; // whole: 3.5 times eden
    uint64_t survivors = survivor_bytes(eden);
    heap->new_start = spaces->eden_start = zone.start;
    heap->new_bytes = bytes;
    spaces->eden_whole_end = zone.start + eden;
    uint64_t past = spaces->eden_whole_end, future = past + survivors;
    spaces->past = (SurvivorSpace){past, past + survivors, past};
    spaces->future = (SurvivorSpace){future, future + survivors, future};
    spaces->survivor_target = eden / SURVIVOR_PART_OF_EDEN;
    spaces_open_eden(heap);
}

Status heap_init(Heap *heap, Arena *arena, const HeapOptions *options, Diagnosis *diagnosis) {
    memset(heap, 0, sizeof *heap);
    heap->arena = arena;
    heap->options = *options;
    heap->last_hash = 1;
    if (heap_set_collector(heap, options->collector))
        return diagnose(diagnosis, STATUS_BAD_USAGE, "there is no collector named %s",
                        options->collector);
    uint64_t bytes = arena->new_space.end - arena->new_space.start;
    if (bytes < new_space_bytes(LEAST_EDEN_BYTES))
        return diagnose(diagnosis, STATUS_BAD_USAGE, "new space is too small");
    heap->spaces = calloc(1, sizeof *heap->spaces);
    if (!heap->spaces || arena_commit(arena, arena->new_space.start, bytes)) {
        heap_release(heap);
        return diagnose(diagnosis, STATUS_NO_MEMORY, "no memory for new space");
    }
    heap_lay_out_new_space(heap);
    heap_note_full_collection(heap);
    return STATUS_OK;
}

void heap_release(Heap *heap) {
    if (!heap->spaces) return;
    mourn_release(heap);
    remembered_release(heap);
    old_space_release(heap);
    free(heap->spaces);
    heap->spaces = NULL;
}

Status heap_add_client(Heap *heap, HeapClient client) {
    if (heap->client_count == HEAP_CLIENT_LIMIT) return STATUS_LIMIT;
    heap->clients[heap->client_count++] = client;
    return STATUS_OK;
}

// ---- an image

static uint64_t adopt_next(uint64_t raw) { return raw_object_at(raw_end(raw)); }

static void adopt_first_objects(Heap *heap) {
    uint64_t raw = raw_object_at(old_space_segment(heap, 0)->start);
    Oop *const firsts[] = {&heap->nil, &heap->false_object, &heap->true_object, &heap->free_lists,
                           &heap->class_table_root};
    for (int i = 0; i < 5; i++, raw = adopt_next(raw))
        *firsts[i] = oop_from_bits(raw);
}

static bool adopt_class_table_is_sound(const Heap *heap) {
    uint64_t root = oop_bits(heap->class_table_root), nil = oop_bits(heap->nil);
    if (raw_slot_count(root) < CLASS_TABLE_SLOTS || raw_format(root) != FORMAT_INDEXABLE)
        return false;
    for (uint64_t i = 0; i < CLASS_TABLE_ROOT_SLOTS; i++) {
        uint64_t page = raw_slot(root, i);
        if (page == nil ? i == 0
                        : raw_is_immediate(page) || raw_format(page) != FORMAT_INDEXABLE ||
                              raw_slot_count(page) != CLASS_TABLE_PAGE_SIZE)
            return false;
    }
    return true;
}

// What the file keeps of another VM's memory system: free lists, mark stack, remembered set.
static void adopt_forget_hidden_state(Heap *heap) {
    uint64_t lists = oop_bits(heap->free_lists), root = oop_bits(heap->class_table_root);
    for (uint64_t i = 0; i < raw_slot_count(lists); i++)
        raw_store(raw_slot_address(lists, i), 0);
    for (uint64_t i = CLASS_TABLE_ROOT_SLOTS; i < raw_slot_count(root); i++)
        raw_store(raw_slot_address(root, i), oop_bits(heap->nil));
}

// Free chunks that follow each other become one.
static void adopt_segment(Heap *heap, const Segment *segment) {
    const uint64_t transient = HEADER_MARKED | HEADER_GREY | HEADER_REMEMBERED | HEADER_AGE_MASK;
    uint64_t limit = segment_limit(segment), dead = 0;
    for (uint64_t at = segment->start; at < limit;) {
        uint64_t raw = raw_object_at(at), header = raw_load(raw), end = raw_end(raw);
        if (header_class_index(header) == CLASS_INDEX_FREE) {
            if (!dead) dead = at;
        } else {
            if (header & transient) raw_store(raw, header & ~transient);
            if (dead) old_space_add_free(heap, dead, at - dead);
            dead = 0;
        }
        at = end;
    }
    if (dead) old_space_add_free(heap, dead, limit - dead);
}

Status heap_adopt_image(Heap *heap, Oop special_objects, uint64_t last_hash, Diagnosis *diagnosis) {
    Status status = heap_adopt_clean_image(heap, special_objects, last_hash, diagnosis);
    if (status != STATUS_OK) return status;
    for (size_t i = 0; i < old_space_segment_count(heap); i++)
        adopt_segment(heap, old_space_segment(heap, i));
    heap_note_full_collection(heap);
    return STATUS_OK;
}

Status heap_adopt_clean_image(Heap *heap, Oop special_objects, uint64_t last_hash,
                              Diagnosis *diagnosis) {
    if (!old_space_segment_count(heap))
        return diagnose(diagnosis, STATUS_STATE, "no segment was loaded");
    adopt_first_objects(heap);
    if (!adopt_class_table_is_sound(heap))
        return diagnose(diagnosis, STATUS_CORRUPT, "the image's class table is damaged");
    adopt_forget_hidden_state(heap);
    old_space_forget_free(heap);
    heap->special_objects = special_objects;
    heap->last_hash = last_hash ? last_hash : 1;
    heap_note_full_collection(heap);
    return STATUS_OK;
}

// ---- a heap of our own

static Oop bootstrap_object(Heap *heap, uint64_t class_index, unsigned format, uint64_t slots) {
    return oop_from_bits(old_space_allocate_object(heap, class_index, format, slots));
}

// Whoever builds an image gives nil, false and true their classes. Their class index is a pun
// until then, because index 0 would make them free chunks.
Status heap_bootstrap(Heap *heap, Diagnosis *diagnosis) {
    uint64_t start;
    if (heap_add_segment(heap, FIRST_SEGMENT_BYTES, &start))
        return diagnose(diagnosis, STATUS_NO_MEMORY, "no memory for old space");
    old_space_add_free(heap, start, FIRST_SEGMENT_BYTES);
    Oop *const empties[] = {&heap->nil, &heap->false_object, &heap->true_object};
    for (int i = 0; i < 3; i++)
        *empties[i] = bootstrap_object(heap, CLASS_INDEX_ARRAY_PUN, FORMAT_EMPTY, 0);
    heap->free_lists = bootstrap_object(heap, CLASS_INDEX_64BIT_PUN, FORMAT_64BIT, FREE_LIST_SLOTS);
    heap->class_table_root =
        bootstrap_object(heap, CLASS_INDEX_ARRAY_PUN, FORMAT_INDEXABLE, CLASS_TABLE_SLOTS);
    Oop page =
        bootstrap_object(heap, CLASS_INDEX_ARRAY_PUN, FORMAT_INDEXABLE, CLASS_TABLE_PAGE_SIZE);
    heap->special_objects =
        bootstrap_object(heap, CLASS_INDEX_ARRAY_PUN, FORMAT_INDEXABLE, SPECIAL_OBJECT_COUNT);
    CHECK(!oop_is_none(heap->special_objects), "the first segment is too small");
    raw_store(raw_slot_address(oop_bits(heap->class_table_root), 0), oop_bits(page));
    heap_note_full_collection(heap);
    return STATUS_OK;
}

// ---- measures

uint64_t heap_eden_bytes(const Heap *heap) {
    return heap->spaces->eden_whole_end - heap->spaces->eden_start;
}
uint64_t heap_young_used_bytes(const Heap *heap) {
    const HeapSpaces *spaces = heap->spaces;
    return heap->eden_free - spaces->eden_start + spaces->past.free - spaces->past.start;
}
uint64_t heap_allocated_bytes(const Heap *heap) {
    const HeapSpaces *spaces = heap->spaces;
    return heap->statistics.allocated_bytes_before + heap->eden_free - spaces->eden_start +
           spaces->old_allocated_bytes;
}
uint64_t heap_old_bytes(const Heap *heap) { return heap->spaces->segment_bytes; }
uint64_t heap_free_old_bytes(const Heap *heap) { return heap->spaces->free.bytes; }
uint64_t heap_room_bytes(const Heap *heap) {
    return old_space_room_bytes(heap) + (heap->spaces->eden_end - heap->eden_free);
}

// ---- object state

bool heap_is_young(const Heap *heap, Oop object) {
    return !oop_is_immediate(object) && heap_address_is_young(heap, oop_bits(object));
}

static uint64_t range_holds_object(SpaceRange range, uint64_t address) {
    for (uint64_t at = range.start; at < range.end && at <= address;) {
        uint64_t raw = raw_object_at(at);
        if (raw == address) return raw_class_index(raw) != CLASS_INDEX_FREE;
        at = raw_end(raw);
    }
    return false;
}

bool heap_is_address_of_object(const Heap *heap, uint64_t bits) {
    if (bits % 8) return false;
    for (size_t i = 0; i < spaces_range_count(heap); i++) {
        SpaceRange range = spaces_range(heap, i);
        if (bits >= range.start && bits < range.end) return range_holds_object(range, bits);
    }
    return false;
}

void heap_set_readonly(Heap *heap, Oop object, bool readonly) {
    (void)heap;
    uint64_t raw = oop_bits(object), header = raw_load(raw);
    raw_store(raw, readonly ? header | HEADER_IMMUTABLE : header & ~HEADER_IMMUTABLE);
}

Oop heap_follow(const Heap *heap, Oop oop) {
    (void)heap;
    while (oop_is_forwarder(oop))
        oop = forwarder_target(oop);
    return oop;
}
