// SPDX-License-Identifier: MIT
// The scavenger: copies the live young objects out of eden and the past survivor space, into the
// future survivor space or, when they are old enough or that space is full, into old space.
//
//   1. roots, and the slots of remembered objects: what they refer to is copied
//   2. copied objects are scanned until none is left: those in the future survivor space from its
//      start to `free` (Cheney), tenured ones from a list
//   3. ephemerons whose key was not copied wait; when everything else is done, those whose key
//      has been copied meanwhile are scanned, again and again; the others fire (mourn.h)
//   4. clients update their weak tables, weak slots that refer to the dead become nil
//   5. the survivor spaces change roles, eden is empty
//
// A copied object leaves a forwarder behind, of the same form as become's: a reference to it is
// short-cut in either case. Old space may grow beyond its limit here by what new space can hold
// (that much address range is always in hand), so a scavenge cannot run out of room; when even the
// system has no memory left it is not begun.
//
// Source: D. Ungar, "Generation Scavenging" (1984).
#include "memory/scavenge.h"

#include <string.h>
#include <time.h>

#include "base/check.h"
#include "memory/mourn.h"
#include "memory/spaces.h"
#include "object/layouts.h"
#include "object/ops.h"

typedef struct Scavenger {
    RootVisitor visitor; // first: the visitor is the scavenger
    Heap *heap;
    uint64_t from_eden_end, from_past_start, from_past_end; // what is being emptied
    uint64_t scanned;                                       // of the future survivor space
    ARRAY(uint64_t) tenured;                                // still to be scanned
    ARRAY(uint64_t) weak;                                   // live weak objects with young slots
    ARRAY(uint64_t) ephemerons;                             // waiting for their keys
} Scavenger;

static uint8_t *age_of(const Heap *heap, uint64_t raw) {
    const HeapSpaces *spaces = heap->spaces;
    return &spaces->ages[(raw - spaces->eden_end) / 16];
}

// Does the address lie in a space that is being emptied?
static bool is_from(const Scavenger *s, uint64_t raw) {
    return raw - s->heap->new_start < s->from_eden_end - s->heap->new_start ||
           raw - s->from_past_start < s->from_past_end - s->from_past_start;
}

static bool is_forwarder(uint64_t raw) { return raw_class_index(raw) == CLASS_INDEX_FORWARDER; }

Oop scavenge_follow(const Heap *heap, Oop oop) { return heap_follow(heap, oop); }

// ---- copying

static unsigned next_age(const Heap *heap, uint64_t raw) {
    if (raw < heap->spaces->eden_end) return 1;
    unsigned age = *age_of(heap, raw) + 1u;
    return age > 255 ? 255 : age;
}

// Where the copy goes; 0 when it has to be tenured.
static uint64_t take_survivor(Scavenger *s, uint64_t bytes, unsigned age) {
    SurvivorSpace *future = &s->heap->spaces->future;
    if (age > s->heap->options.tenure_age || future->end - future->free < bytes) return 0;
    uint64_t start = future->free;
    future->free += bytes;
    return start;
}

static uint64_t copy(Scavenger *s, uint64_t raw) {
    Heap *heap = s->heap;
    uint64_t slots = raw_slot_count(raw), bytes = raw_bytes_for_slots(slots);
    uint64_t overflow = slots >= HEADER_SLOTS_OVERFLOW ? 8 : 0;
    unsigned age = next_age(heap, raw);
    uint64_t start = take_survivor(s, bytes, age);
    bool tenured = !start;
    if (tenured) {
        start = old_space_allocate(heap, bytes, true);
        CHECK(start, "no memory to tenure %llu bytes", (unsigned long long)bytes);
        heap->statistics.tenured_objects++;
    }
    memcpy((void *)(uintptr_t)start, (const void *)(uintptr_t)(raw - overflow), bytes);
    uint64_t moved = start + overflow;
    if (tenured)
        CHECK(array_push(&s->tenured, moved), "no memory for the scavenger's list");
    else
        *age_of(heap, moved) = (uint8_t)age;
    // The corpse keeps its size, so that the space stays parsable.
    uint64_t header = raw_load(raw);
    raw_store(raw, header_with_format(header_with_class_index(header, CLASS_INDEX_FORWARDER),
                                      FORMAT_FORWARDER));
    raw_store(raw_slot_address(raw, 0), moved);
    return moved;
}

// The new value of a reference: forwarders are followed, what is in a from-space is copied.
static uint64_t forward(Scavenger *s, uint64_t bits) {
    while (!raw_is_immediate(bits) && bits - s->heap->new_start < s->heap->new_bytes) {
        if (is_forwarder(bits)) {
            bits = raw_slot(bits, 0);
            continue;
        }
        return is_from(s, bits) ? copy(s, bits) : bits;
    }
    return bits;
}

static void visit_root(RootVisitor *visitor, Oop *root) {
    *root = oop_from_bits(forward((Scavenger *)visitor, oop_bits(*root)));
}

// ---- scanning

// Forwards `count` slots; true when one of them refers to a young object afterwards.
static bool scan_slots(Scavenger *s, uint64_t raw, uint64_t count) {
    bool young = false;
    for (uint64_t i = 0; i < count; i++) {
        uint64_t address = raw_slot_address(raw, i), bits = raw_load(address);
        if (raw_is_immediate(bits) || bits - s->heap->new_start >= s->heap->new_bytes) continue;
        uint64_t moved = forward(s, bits);
        if (moved != bits) raw_store(address, moved);
        young |= !raw_is_immediate(moved) && heap_address_is_young(s->heap, moved);
    }
    return young;
}

static uint64_t fixed_slots(Scavenger *s, uint64_t raw) {
    Oop class_object = heap_follow(s->heap, heap_class_at(s->heap, raw_class_index(raw)));
    uint64_t class_raw = forward(s, oop_bits(class_object)), slots = raw_slot_count(raw);
    if (raw_slot_count(class_raw) <= CLASS_FORMAT) return slots;
    uint64_t fixed = (uint64_t)raw_int(raw_slot(class_raw, CLASS_FORMAT)) & 0xFFFF;
    return fixed < slots ? fixed : slots;
}

static bool is_reached(const Scavenger *s, uint64_t bits) {
    return raw_is_immediate(bits) || !is_from(s, bits) || is_forwarder(bits);
}

// An ephemeron whose key is not known to be alive waits; any other is scanned. A key that become
// turned into a forwarder is followed first: the scavenger's own forwarders lead out of the
// from-spaces, become's may lead back in.
static bool scan_ephemeron(Scavenger *s, uint64_t raw) {
    uint64_t key = raw_slot(raw, 0);
    while (!raw_is_immediate(key) && is_forwarder(key))
        key = raw_slot(key, 0);
    raw_store(raw_slot_address(raw, 0), key);
    if (is_reached(s, key)) return scan_slots(s, raw, raw_slot_count(raw));
    CHECK(array_push(&s->ephemerons, raw), "no memory for the scavenger's ephemerons");
    return true; // stays remembered, if it is old
}

static bool scan(Scavenger *s, uint64_t raw) {
    unsigned format = raw_format(raw);
    if (format == FORMAT_WEAK) {
        CHECK(array_push(&s->weak, raw), "no memory for the scavenger's weak objects");
        scan_slots(s, raw, fixed_slots(s, raw));
        return true;
    }
    if (format == FORMAT_EPHEMERON && raw_slot_count(raw) > 0) return scan_ephemeron(s, raw);
    return scan_slots(s, raw, raw_pointer_slot_count(raw));
}

static void scan_tenured(Scavenger *s) {
    while (s->tenured.count) {
        uint64_t raw = array_pop(&s->tenured);
        if (scan(s, raw)) remembered_add(s->heap, raw);
    }
}

static void scan_copied(Scavenger *s) {
    SurvivorSpace *future = &s->heap->spaces->future;
    while (s->scanned < future->free || s->tenured.count) {
        scan_tenured(s);
        if (s->scanned == future->free) continue;
        uint64_t raw = raw_object_at(s->scanned);
        s->scanned = raw_end(raw);
        scan(s, raw);
    }
}

static void scan_remembered(Scavenger *s) {
    HeapSpaces *spaces = s->heap->spaces;
    size_t count = spaces->remembered.count, kept = 0;
    for (size_t i = 0; i < count; i++) {
        uint64_t raw = spaces->remembered.items[i];
        if (scan(s, raw))
            spaces->remembered.items[kept++] = raw;
        else
            raw_store(raw, raw_load(raw) & ~HEADER_REMEMBERED);
    }
    // What was tenured meanwhile has been added behind.
    if (kept == count) return;
    memmove(spaces->remembered.items + kept, spaces->remembered.items + count,
            (spaces->remembered.count - count) * sizeof *spaces->remembered.items);
    spaces->remembered.count -= count - kept;
}

// ---- ephemerons

// One pass over those that wait; true when the key of one was reached. Passes change direction, so
// that chains made in either order take few of them.
static bool pass_ephemerons(Scavenger *s, bool backward) {
    size_t count = s->ephemerons.count;
    bool reached = false;
    for (size_t i = 0; i < count; i++) {
        uint64_t *entry = &s->ephemerons.items[backward ? count - 1 - i : i];
        uint64_t raw = *entry;
        if (!raw || !is_reached(s, raw_slot(raw, 0))) continue;
        *entry = 0;
        if (scan_slots(s, raw, raw_slot_count(raw)) && !heap_address_is_young(s->heap, raw))
            remembered_add(s->heap, raw);
        scan_copied(s);
        reached = true;
    }
    return reached || s->ephemerons.count > count;
}

// The keys of all that wait are dead in the same moment: all fire, before any of them keeps its key
// alive. Without memory for the queue one does not fire, and its key lives on.
static void fire_ephemerons(Scavenger *s) {
    size_t count = s->ephemerons.count;
    for (size_t i = 0; i < count; i++) {
        uint64_t raw = s->ephemerons.items[i];
        if (raw && !mourn_ephemeron(s->heap, oop_from_bits(raw))) break;
    }
    for (size_t i = 0; i < count; i++) {
        uint64_t raw = s->ephemerons.items[i];
        if (!raw) continue;
        s->ephemerons.items[i] = 0;
        if (scan_slots(s, raw, raw_slot_count(raw)) && !heap_address_is_young(s->heap, raw))
            remembered_add(s->heap, raw);
    }
    scan_copied(s);
}

static void finish_ephemerons(Scavenger *s) {
    while (s->ephemerons.count) {
        for (bool backward = true; pass_ephemerons(s, backward); backward = !backward) {
        }
        // All keys that are left are dead. Firing one keeps alive what it refers to, but the others
        // that wait have lost their keys in the same moment.
        fire_ephemerons(s);
        size_t left = 0;
        for (size_t i = 0; i < s->ephemerons.count; i++)
            if (s->ephemerons.items[i]) s->ephemerons.items[left++] = s->ephemerons.items[i];
        s->ephemerons.count = left;
    }
}

// ---- weak objects and clients

static uint64_t survivor_of(void *context, uint64_t raw) {
    const Scavenger *s = context;
    return is_from(s, raw) ? 0 : raw;
}

static void update_clients(Scavenger *s) {
    Heap *heap = s->heap;
    heap->spaces->survivor = survivor_of;
    heap->spaces->survivor_context = s;
    heap->spaces->scavenging = true;
    for (unsigned i = 0; i < heap->client_count; i++)
        if (heap->clients[i].update_weak)
            heap->clients[i].update_weak(heap->clients[i].context, heap);
    heap->spaces->survivor = NULL;
    heap->spaces->scavenging = false;
}

// Slots that refer to copied objects follow them, those that refer to the dead become nil.
static void finish_weak_object(Scavenger *s, uint64_t raw) {
    bool lost = false, young = false;
    for (uint64_t i = 0; i < raw_slot_count(raw); i++) {
        uint64_t address = raw_slot_address(raw, i), bits = raw_load(address);
        while (!raw_is_immediate(bits) && is_forwarder(bits))
            bits = raw_slot(bits, 0);
        if (!raw_is_immediate(bits) && is_from(s, bits)) {
            bits = oop_bits(s->heap->nil);
            lost = true;
        }
        raw_store(address, bits);
        young |= !raw_is_immediate(bits) && heap_address_is_young(s->heap, bits);
    }
    if (young && !heap_address_is_young(s->heap, raw)) remembered_add(s->heap, raw);
    if (lost) mourn_weak(s->heap, oop_from_bits(raw));
}

static void finish_weak(Scavenger *s) {
    for (size_t i = 0; i < s->weak.count; i++)
        finish_weak_object(s, s->weak.items[i]);
}

// ---- the whole

static void exchange_survivors(HeapSpaces *spaces) {
    SurvivorSpace emptied = spaces->past;
    spaces->past = spaces->future;
    spaces->future = emptied;
    spaces->future.free = spaces->future.start;
}

static uint64_t microseconds(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
}

static void verify(Heap *heap) {
    if (!heap->options.verify) return;
    CHECK(heap_verify(heap, stderr, 20, false) == 0, "the heap is damaged");
}

static void empty_new_space(Scavenger *s) {
    Heap *heap = s->heap;
    heap_visit_roots(heap, &s->visitor);
    mourn_visit_roots(heap, &s->visitor);
    scan_remembered(s);
    scan_copied(s);
    finish_ephemerons(s);
    update_clients(s);
    finish_weak(s);
    exchange_survivors(heap->spaces);
    heap->eden_free = heap->spaces->eden_start;
}

void heap_scavenge(Heap *heap) {
    uint64_t start = microseconds(), used = heap_young_used_bytes(heap);
    verify(heap);
    Scavenger s = {.visitor = {visit_root},
                   .heap = heap,
                   .from_eden_end = heap->spaces->eden_end,
                   .from_past_start = heap->spaces->past.start,
                   .from_past_end = heap->spaces->past.end,
                   .scanned = heap->spaces->future.start};
    empty_new_space(&s);
    array_free(&s.tenured);
    array_free(&s.weak);
    array_free(&s.ephemerons);
    heap->statistics.scavenges++;
    heap->statistics.allocated_bytes_before += used;
    heap->statistics.scavenge_microseconds += microseconds() - start;
    heap->wants &= ~(uint32_t)(HEAP_WANTS_SCAVENGE | HEAP_WANTS_STRESS);
    verify(heap);
    for (unsigned i = 0; i < heap->client_count; i++)
        if (heap->clients[i].after_collection)
            heap->clients[i].after_collection(heap->clients[i].context, heap, false);
}
