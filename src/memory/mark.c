// SPDX-License-Identifier: MIT
// Marking with an explicit stack, depth first, in C memory.
//
// The stack holds objects that are marked but whose slots are not traced yet; a long object is
// traced in stretches, with a continuation (its address + 1, and the index to go on from) below
// its children. When the stack cannot grow, the object that finds no place gets the grey bit and
// is found again by a walk through the heap. The tables of weak objects and of waiting ephemerons
// work alike: what finds no place is found by walking. So marking never fails; short of C memory
// it is only slow. The grey bit of an *unmarked* object means something else: it is the key of a
// waiting ephemeron (ephemeron.h).
//
// Order: everything strongly reachable; ephemerons to a fixpoint, where each round of firings
// (all waiting ones at once) marks what the fired ones refer to; weak slots; the class table.
//
// The class table is weak, but for its first page, whose classes the VM knows by index: a class
// lives when an instance or an ordinary reference keeps it. A one-way become of classes may leave
// a class at two indices: its instances are moved to the one that is its identity hash, and the
// other entry is cleared.
#include "memory/mark.h"

#include <stdlib.h>

#include "base/check.h"
#include "memory/ephemeron.h"
#include "memory/mourn.h"
#include "memory/roots.h"
#include "memory/spaces.h"
#include "memory/store.h"
#include "object/layouts.h"

enum { STRETCH = 256, AHEAD = 16 };

typedef struct MarkReference {
    uint64_t holder, address; // of the slot; address 0: none
} MarkReference;

typedef struct Marker {
    RootVisitor visitor; // first: the visitor of roots is the marker
    Heap *heap;
    ARRAY(uint64_t) stack;
    ARRAY(uint64_t) weak;
    EphemeronTable ephemerons;
    uint64_t *canonical;        // a bit per class index: its class is live and has it as hash
    size_t limit;               // entries per table; 0: any number
    MarkReference ahead[AHEAD]; // references whose objects are on their way into the cache
    unsigned ahead_next;
    uint64_t marked;      // objects marked so far
    bool grey_left;       // some marked objects wait with the grey bit
    bool weak_lost;       // some weak objects are not in the table
    bool ephemerons_lost; // some waiting ephemerons are not in the table
} Marker;

// ---- the stack

static void mark_push(Marker *m, uint64_t raw) {
    bool room = !m->limit || m->stack.count < m->limit;
    if (room && array_push(&m->stack, raw)) return;
    raw_store(raw, raw_load(raw) | HEADER_GREY);
    m->grey_left = true;
}

// The rest of a long object, from slot `next` on; false when there is no room for it.
static bool mark_push_rest(Marker *m, uint64_t raw, uint64_t next) {
    if (m->limit && m->stack.count + 1 >= m->limit) return false;
    if (!array_push(&m->stack, next)) return false;
    if (array_push(&m->stack, raw | 1)) return true;
    (void)array_pop(&m->stack);
    return false;
}

// ---- objects and their classes

// Resolves the class of an object whose index is not known to be canonical. Answers the class
// when it is not marked yet, otherwise 0.
static uint64_t mark_resolve_class(Marker *m, uint64_t raw, uint64_t index) {
    uint64_t class_object = oop_bits(heap_class_at(m->heap, index));
    if (class_object == oop_bits(m->heap->nil)) return 0;
    uint64_t header = raw_load(class_object);
    uint64_t hash = header_hash(header);
    if (hash == index) {
        if (m->canonical) m->canonical[index / 64] |= 1ull << index % 64;
    } else if (oop_bits(heap_class_at(m->heap, hash)) == class_object) {
        raw_store(raw, header_with_class_index(raw_load(raw), hash));
    }
    return header & HEADER_MARKED ? 0 : class_object;
}

static inline uint64_t mark_unmarked_class(Marker *m, uint64_t raw, uint64_t header) {
    uint64_t index = header_class_index(header);
    if (index <= CLASS_INDEX_LAST_PUN) return 0;
    if (m->canonical && m->canonical[index / 64] >> index % 64 & 1) return 0;
    return mark_resolve_class(m, raw, index);
}

// Marks an object that is not marked, and its class, its class's class, ...
static void mark_object(Marker *m, uint64_t raw) {
    while (raw) {
        uint64_t header = raw_load(raw);
        raw_store(raw, (header & ~HEADER_GREY) | HEADER_MARKED);
        m->marked++;
        if (!format_is_pure_bits(header_format(header))) mark_push(m, raw);
        if (header & HEADER_GREY) {
            uint64_t ephemeron;
            while ((ephemeron = ephemeron_take(&m->ephemerons, raw)) != 0)
                mark_push(m, ephemeron);
        }
        raw = mark_unmarked_class(m, raw, header);
    }
}

// ---- references

static uint64_t mark_follow(uint64_t value) {
    while (!raw_is_immediate(value) && raw_class_index(value) == CLASS_INDEX_FORWARDER)
        value = raw_slot(value, 0);
    return value;
}

// The object that a slot refers to; when that is behind forwarders the slot is short-cut.
static inline uint64_t mark_slot_value(Heap *heap, uint64_t holder, uint64_t address) {
    uint64_t value = raw_load(address);
    if (raw_is_immediate(value) || raw_class_index(value) != CLASS_INDEX_FORWARDER) return value;
    value = mark_follow(value);
    raw_store(address, value);
    heap->statistics.forwarders_followed++;
    if (barrier_needs_slow_path(heap, holder, value)) heap_barrier_slow(heap, holder, value);
    return value;
}

static inline void mark_value(Marker *m, uint64_t value) {
    if (!raw_is_immediate(value) && !mark_is_live(value)) mark_object(m, value);
}

static inline void mark_slot(Marker *m, MarkReference slot) {
    if (slot.address) mark_value(m, mark_slot_value(m->heap, slot.holder, slot.address));
}

// Fetches the object that the slot refers to into the cache, and marks one that was asked for
// some time ago.
static inline void mark_slot_later(Marker *m, uint64_t holder, uint64_t address) {
    uint64_t value = raw_load(address);
    if (raw_is_immediate(value)) return;
    __builtin_prefetch((const void *)(uintptr_t)value, 1);
    MarkReference *place = &m->ahead[m->ahead_next++ % AHEAD];
    MarkReference slot = *place;
    *place = (MarkReference){holder, address};
    mark_slot(m, slot);
}

static void mark_slots_ahead(Marker *m) {
    for (unsigned i = 0; i < AHEAD; i++) {
        mark_slot(m, m->ahead[i]);
        m->ahead[i].address = 0;
    }
}

static void mark_visit_root(RootVisitor *visitor, Oop *root) {
    Marker *m = (Marker *)visitor;
    uint64_t value = oop_bits(*root);
    if (!value) return;
    value = mark_follow(value);
    *root = oop_from_bits(value);
    mark_value(m, value);
}

// ---- tracing

// Named fields of the instances of an object's class: what a weak object holds strongly.
static uint64_t mark_fixed_slots(Heap *heap, uint64_t raw) {
    uint64_t class_object = oop_bits(heap_class_at(heap, raw_class_index(raw)));
    if (class_object == oop_bits(heap->nil) || !format_is_pointers(raw_format(class_object)) ||
        raw_slot_count(class_object) <= CLASS_FORMAT)
        return 0;
    uint64_t fixed = raw_slot(class_object, CLASS_FORMAT) >> TAG_BITS & 0xFFFF;
    uint64_t count = raw_slot_count(raw);
    return fixed < count ? fixed : count;
}

static void mark_note_weak(Marker *m, uint64_t raw) {
    bool room = !m->limit || m->weak.count < m->limit;
    if (!room || !array_push(&m->weak, raw)) m->weak_lost = true;
}

// Whether an ephemeron's slots may be traced: its key lives. Otherwise it waits for the key.
static bool mark_ephemeron_ready(Marker *m, uint64_t raw) {
    if (raw_slot_count(raw) == 0) return true;
    uint64_t key = mark_slot_value(m->heap, raw, raw_slot_address(raw, EPHEMERON_KEY));
    if (raw_is_immediate(key) || mark_is_live(key)) return true;
    if (ephemeron_wait(&m->ephemerons, key, raw, m->limit))
        raw_store(key, raw_load(key) | HEADER_GREY);
    else
        m->ephemerons_lost = true;
    return false;
}

// The slots that keep what they refer to alive.
static uint64_t mark_strong_slots(Heap *heap, uint64_t raw) {
    return raw_format(raw) == FORMAT_WEAK ? mark_fixed_slots(heap, raw)
                                          : raw_pointer_slot_count(raw);
}

static void mark_trace_slots(Marker *m, uint64_t raw, uint64_t first) {
    uint64_t end = mark_strong_slots(m->heap, raw);
    if (end - first > STRETCH && mark_push_rest(m, raw, first + STRETCH)) end = first + STRETCH;
    for (uint64_t i = first; i < end; i++)
        mark_slot_later(m, raw, raw_slot_address(raw, i));
}

static void mark_trace(Marker *m, uint64_t raw) {
    unsigned format = raw_format(raw);
    if (format == FORMAT_EPHEMERON && !mark_ephemeron_ready(m, raw)) return;
    if (format == FORMAT_WEAK) mark_note_weak(m, raw);
    mark_trace_slots(m, raw, 0);
}

static void mark_drain_stack(Marker *m) {
    do {
        while (m->stack.count) {
            uint64_t raw = array_pop(&m->stack);
            if (raw & 1)
                mark_trace_slots(m, raw & ~1ull, array_pop(&m->stack));
            else
                mark_trace(m, raw);
        }
        mark_slots_ahead(m);
    } while (m->stack.count);
}

static bool mark_trace_grey(void *context, uint64_t raw) {
    Marker *m = context;
    uint64_t header = raw_load(raw);
    if ((header & HEADER_MARKED) && (header & HEADER_GREY)) {
        raw_store(raw, header & ~HEADER_GREY);
        mark_trace(m, raw);
        mark_drain_stack(m);
    }
    return true;
}

static void mark_drain(Marker *m) {
    mark_drain_stack(m);
    while (m->grey_left) {
        m->grey_left = false;
        spaces_for_each_entity(m->heap, mark_trace_grey, m);
    }
}

// ---- roots

// The table's pages live, what their entries refer to does not, but for the first page's.
static void mark_class_table(Marker *m) {
    uint64_t table = oop_bits(m->heap->class_table_root);
    uint64_t nil = oop_bits(m->heap->nil);
    raw_store(table, raw_load(table) | HEADER_MARKED);
    uint64_t count = raw_slot_count(table);
    for (uint64_t i = 0; i < count; i++) {
        uint64_t page = raw_slot(table, i);
        if (page == nil) continue;
        if (i == 0 || i >= CLASS_TABLE_ROOT_SLOTS)
            mark_value(m, page);
        else
            raw_store(page, raw_load(page) | HEADER_MARKED);
        if (i >= CLASS_TABLE_ROOT_SLOTS) continue;
        uint64_t entries = raw_slot_count(page);
        for (uint64_t j = 0; j < entries; j++)
            (void)mark_slot_value(m->heap, page, raw_slot_address(page, j));
    }
}

static void mark_roots(Marker *m) {
    Heap *heap = m->heap;
    mark_class_table(m);
    heap_visit_roots(heap, &m->visitor);
    mourn_visit_roots(heap, &m->visitor);
}

// ---- ephemerons

static uint64_t mark_ephemeron_key(uint64_t raw) { return raw_slot(raw, EPHEMERON_KEY); }

static bool mark_is_live_ephemeron(uint64_t raw) {
    return mark_is_live(raw) && raw_format(raw) == FORMAT_EPHEMERON && raw_slot_count(raw);
}

static bool mark_key_is_live(uint64_t key) { return raw_is_immediate(key) || mark_is_live(key); }

static bool mark_retry_ephemeron(void *context, uint64_t raw) {
    Marker *m = context;
    if (mark_is_live_ephemeron(raw) && mark_key_is_live(mark_ephemeron_key(raw))) {
        mark_trace_slots(m, raw, 0);
        mark_drain_stack(m);
    }
    return true;
}

// Marks until no ephemeron is left whose key lives but whose slots are not traced. Those that
// found no place in the table are tried again and again, as long as that marks anything.
static void mark_to_fixpoint(Marker *m) {
    mark_drain(m);
    uint64_t before = m->marked - 1;
    while (m->ephemerons_lost && m->marked != before) {
        before = m->marked;
        spaces_for_each_entity(m->heap, mark_retry_ephemeron, m);
        mark_drain(m);
    }
}

// An ephemeron that cannot be queued keeps its key for this time.
static void mark_fire(Marker *m, uint64_t raw) {
    if (!mourn_ephemeron(m->heap, oop_from_bits(raw))) mark_value(m, mark_ephemeron_key(raw));
    mark_push(m, raw);
}

typedef struct FireLost {
    Marker *marker;
    bool fired;
} FireLost;

static bool mark_fire_lost(void *context, uint64_t raw) {
    FireLost *lost = context;
    if (mark_is_live_ephemeron(raw) && !mark_key_is_live(mark_ephemeron_key(raw))) {
        mark_fire(lost->marker, raw);
        lost->fired = true;
    }
    return true;
}

// Fires all that wait; false when none did. Nothing is traced before all have fired.
static bool mark_fire_all(Marker *m) {
    if (m->ephemerons_lost) {
        FireLost lost = {m, false};
        spaces_for_each_entity(m->heap, mark_fire_lost, &lost);
        ephemeron_clear(&m->ephemerons);
        return lost.fired;
    }
    if (!m->ephemerons.waiting) return false;
    for (size_t i = 0; i < m->ephemerons.entries.count; i++) {
        uint64_t raw = m->ephemerons.entries.items[i].ephemeron;
        if (raw) mark_fire(m, raw);
    }
    ephemeron_clear(&m->ephemerons);
    return true;
}

static void mark_ephemerons(Marker *m) {
    do
        mark_to_fixpoint(m);
    while (mark_fire_all(m));
}

// ---- weak slots

static void mark_clear_weak_slots(Heap *heap, uint64_t raw) {
    bool lost = false;
    uint64_t count = raw_slot_count(raw);
    for (uint64_t i = mark_fixed_slots(heap, raw); i < count; i++) {
        uint64_t address = raw_slot_address(raw, i);
        uint64_t value = mark_slot_value(heap, raw, address);
        if (raw_is_immediate(value) || mark_is_live(value)) continue;
        raw_store(address, oop_bits(heap->nil));
        lost = true;
    }
    if (lost) mourn_weak(heap, oop_from_bits(raw));
}

static bool mark_clear_weak_entity(void *context, uint64_t raw) {
    Marker *m = context;
    if (mark_is_live(raw) && raw_format(raw) == FORMAT_WEAK) mark_clear_weak_slots(m->heap, raw);
    return true;
}

static void mark_weak_objects(Marker *m) {
    if (m->weak_lost)
        spaces_for_each_entity(m->heap, mark_clear_weak_entity, m);
    else
        for (size_t i = 0; i < m->weak.count; i++)
            mark_clear_weak_slots(m->heap, m->weak.items[i]);
}

// ---- the class table after marking

static bool mark_drops_class(Heap *heap, uint64_t class_object, uint64_t index) {
    if (!mark_is_live(class_object)) return true;
    uint64_t hash = header_hash(raw_load(class_object));
    return hash != index && oop_bits(heap_class_at(heap, hash)) == class_object;
}

static void mark_drop_classes(Heap *heap) {
    uint64_t table = oop_bits(heap->class_table_root);
    uint64_t nil = oop_bits(heap->nil);
    for (uint64_t i = 1; i < CLASS_TABLE_ROOT_SLOTS; i++) {
        uint64_t page = raw_slot(table, i);
        if (page == nil) continue;
        for (uint64_t j = 0; j < CLASS_TABLE_PAGE_SIZE; j++) {
            uint64_t class_object = raw_slot(page, j);
            uint64_t index = i * CLASS_TABLE_PAGE_SIZE + j;
            if (class_object == nil || !mark_drops_class(heap, class_object, index)) continue;
            raw_store(raw_slot_address(page, j), nil);
            if (index < heap->spaces->class_table_cursor) heap->spaces->class_table_cursor = index;
        }
    }
}

// ---- all of it

void mark_live_objects(Heap *heap) {
    Marker m = {.visitor = {mark_visit_root}, .heap = heap};
    m.limit = heap->options.mark_memory_limit;
    m.canonical = calloc((HEADER_CLASS_INDEX_MASK + 1) / 64, sizeof *m.canonical);
    mark_roots(&m);
    mark_ephemerons(&m);
    mark_weak_objects(&m);
    mark_drop_classes(heap);
    array_free(&m.stack);
    array_free(&m.weak);
    ephemeron_release(&m.ephemerons);
    free(m.canonical);
}
