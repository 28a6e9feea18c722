// SPDX-License-Identifier: MIT
// The scavenger: copies what is alive in new space out of eden and the past survivors, into the
// future survivor space or into old space, and leaves everything else behind.
//
//   1. roots and remembered objects: what they refer to is copied
//   2. what was copied is scanned, until nothing is left: the future space from its start to its
//      free end (Cheney 1970), tenured objects from the end of the remembered set
//   3. an ephemeron is scanned once its key is known to be alive; until then it waits under the
//      key (ephemeron.h). When nothing else is left to scan, all that wait fire at once; what they
//      hold is copied, and so on
//   4. weak slots that refer to what was not copied become nil; clients update their weak tables
//   5. the survivor spaces change roles
//
// An object is tenured when it is old enough (options.tenure_age), or when the survivors fill their
// usual part of the space. Where old space has no room the object stays young: the future space
// is large enough for everything (spaces.h), so a scavenge cannot fail, and it needs no memory
// from C. Short of that it is only slower: ephemerons that find no place to wait are looked at
// again and again.
//
// What was copied is a *corpse*: its class index says so, its first slot is the copy. Weak objects
// and ephemerons that stay young are found again through their corpses, which are chained by an
// offset in the upper bits of their header (0: the last one):
//
//   corpse:  | next corpse of the chain, in words from the arena's start, + 1 : 42 | CORPSE : 22 |
//            | address of the copy                                                               |
//
// Those in old space are found through the remembered set, where they carry a tag meanwhile.
//
// While a scavenge runs the grey bit says, of an object not copied, that ephemerons wait for it;
// of a copied or old ephemeron, that it waits.
//
// Source: D. Ungar, Generation Scavenging (1984); Ungar and Jackson, Tenuring Policies (1988).
#include <string.h>

#include "base/check.h"
#include "base/os.h"
#include "base/os_memory.h"
#include "memory/ephemeron.h"
#include "memory/mourn.h"
#include "memory/spaces.h"
#include "object/layouts.h"
#include "object/ops.h"

// Of an entry of the remembered set: weak or ephemeron, to be looked at again.
enum { AGAIN = 1 };

typedef struct Chain {
    uint64_t first, last; // corpses; 0: none
} Chain;

typedef struct Scavenger {
    RootVisitor visitor; // first: the visitor of roots is the scavenger
    Heap *heap;
    HeapSpaces *spaces;
    uint64_t young_start, young_bytes, future_start, future_bytes;
    uint64_t target_end;    // of the future space: past it objects are tenured
    uint64_t scanned;       // of the future space
    size_t tenured_scanned; // of the remembered set
    size_t again_from;      // entries of the remembered set before it do not wait
    Chain weak, ephemerons; // of those that stayed young
    EphemeronTable waiting;
    ARRAY(uint64_t) ready; // ephemerons whose key was copied
    bool waiting_lost;     // some ephemerons wait that no table knows
    bool walks_old_space;  // the remembered set is lost: header bits tell
} Scavenger;

// ---- what an address is

static inline bool is_young(const Scavenger *s, uint64_t value) {
    return !raw_is_immediate(value) && value - s->young_start < s->young_bytes;
}
static inline bool is_from(const Scavenger *s, uint64_t value) {
    return is_young(s, value) && value - s->future_start >= s->future_bytes;
}

// Follows forwarders and corpses: where the object is now, which may be where it was.
static uint64_t scavenge_follow(const Scavenger *s, uint64_t value) {
    while (is_from(s, value)) {
        uint64_t index = raw_class_index(value);
        if (index != CLASS_INDEX_CORPSE && index != CLASS_INDEX_FORWARDER) break;
        value = raw_slot(value, 0);
    }
    return value;
}

// ---- corpses

static void chain_append(Scavenger *s, Chain *chain, uint64_t corpse) {
    uint64_t offset = (corpse - s->heap->arena->start) / 8 + 1;
    if (chain->last)
        raw_store(chain->last, offset << 22 | CLASS_INDEX_CORPSE);
    else
        chain->first = corpse;
    chain->last = corpse;
}

static uint64_t chain_next(const Scavenger *s, uint64_t corpse) {
    uint64_t offset = raw_load(corpse) >> 22;
    return offset ? s->heap->arena->start + (offset - 1) * 8 : 0;
}

static void make_corpse(Scavenger *s, uint64_t raw, uint64_t copy, unsigned format) {
    raw_store(raw, CLASS_INDEX_CORPSE);
    raw_store(raw_slot_address(raw, 0), copy);
    if (!is_young(s, copy)) return;
    if (format == FORMAT_WEAK)
        chain_append(s, &s->weak, raw);
    else if (format == FORMAT_EPHEMERON)
        chain_append(s, &s->ephemerons, raw);
}

// ---- copying

// The key was copied: whoever waits for it is ready.
static void wake_ephemerons(Scavenger *s, uint64_t key) {
    uint64_t ephemeron;
    while ((ephemeron = ephemeron_take(&s->waiting, key)) != 0)
        if (!array_push(&s->ready, ephemeron)) s->waiting_lost = true;
}

// A place in old space, and in the remembered set; 0: the object stays young.
static uint64_t tenure_place(Scavenger *s, uint64_t bytes) {
    if (s->spaces->tenuring_failed) return 0;
    uint64_t start = remembered_reserve(s->heap, 1) ? old_space_allocate(s->heap, bytes) : 0;
    s->spaces->tenuring_failed = !start;
    return start;
}

static uint64_t survivor_place(Scavenger *s, uint64_t bytes) {
    uint64_t start = s->spaces->future.free;
    s->spaces->future.free += bytes;
    ASSERT(s->spaces->future.free <= s->spaces->future.end);
    return start;
}

// Everything that can refer to something is remembered first; scanning it tells.
static void note_tenured(Scavenger *s, uint64_t raw, unsigned format) {
    s->heap->statistics.tenured_objects++;
    if (!format_is_pure_bits(format)) remembered_add(s->heap, raw);
}

static uint64_t scavenge_copy(Scavenger *s, uint64_t raw, uint64_t header) {
    uint64_t slots = raw_slot_count(raw), bytes = raw_bytes_for_slots(slots);
    uint64_t prefix = slots >= HEADER_SLOTS_OVERFLOW ? 8 : 0, place = 0;
    unsigned age = header_age(header), format = header_format(header);
    if (age >= s->heap->options.tenure_age || age == HEADER_AGE_LIMIT ||
        s->spaces->future.free + bytes > s->target_end)
        place = tenure_place(s, bytes);
    bool tenured = place != 0;
    if (!tenured) place = survivor_place(s, bytes);
    uint64_t copy = place + prefix;
    memcpy((void *)(uintptr_t)place, (const void *)(uintptr_t)(raw - prefix), bytes);
    unsigned new_age = tenured ? 0 : age < HEADER_AGE_LIMIT ? age + 1 : age;
    raw_store(copy, header_with_age(header & ~HEADER_GREY, new_age));
    if (header & HEADER_GREY) wake_ephemerons(s, raw);
    if (tenured) note_tenured(s, copy, format);
    make_corpse(s, raw, copy, format);
    return copy;
}

// The new value of a strong reference. Forwarders in old space are left to full collections.
static inline uint64_t scavenge_value(Scavenger *s, uint64_t value) {
    while (is_from(s, value)) {
        uint64_t header = raw_load(value), index = header_class_index(header);
        if (index == CLASS_INDEX_CORPSE) return raw_slot(value, 0);
        if (index != CLASS_INDEX_FORWARDER) return scavenge_copy(s, value, header);
        s->heap->statistics.forwarders_followed++;
        value = raw_slot(value, 0);
    }
    return value;
}

static void scavenge_root(RootVisitor *visitor, Oop *root) {
    *root = oop_from_bits(scavenge_value((Scavenger *)visitor, oop_bits(*root)));
}

// ---- scanning

// Answers whether one of the slots refers to a young object afterwards.
static bool scan_slots(Scavenger *s, uint64_t raw, uint64_t count) {
    bool young = false;
    for (uint64_t at = raw + 8, end = at + count * 8; at < end; at += 8) {
        uint64_t value = raw_load(at);
        if (!is_young(s, value)) continue;
        uint64_t moved = scavenge_value(s, value);
        raw_store(at, moved);
        young |= is_young(s, moved);
    }
    return young;
}

// The named slots of a weak object, which are strong. The class may be a corpse by now, or not
// copied yet; its format is readable in either case.
static uint64_t weak_fixed_slots(const Scavenger *s, uint64_t raw) {
    uint64_t count = raw_slot_count(raw);
    uint64_t behavior = oop_bits(heap_class_at(s->heap, raw_class_index(raw)));
    while (raw_class_index(behavior) == CLASS_INDEX_FORWARDER ||
           raw_class_index(behavior) == CLASS_INDEX_CORPSE)
        behavior = raw_slot(behavior, 0);
    if (!format_is_pointers(raw_format(behavior)) || raw_slot_count(behavior) <= CLASS_FORMAT)
        return 0;
    uint64_t fixed = raw_slot(behavior, CLASS_FORMAT) >> TAG_BITS & 0xFFFF;
    return fixed < count ? fixed : count;
}

static bool key_is_alive(const Scavenger *s, uint64_t key) {
    return !is_from(s, key) || raw_class_index(key) == CLASS_INDEX_CORPSE;
}

// Follows become's forwarders, up to the object or its corpse.
static uint64_t ephemeron_key(const Scavenger *s, uint64_t raw) {
    uint64_t key = raw_slot(raw, EPHEMERON_KEY);
    while (is_from(s, key) && raw_class_index(key) == CLASS_INDEX_FORWARDER)
        key = raw_slot(key, 0);
    return key;
}

static void ephemeron_start_waiting(Scavenger *s, uint64_t raw, uint64_t key) {
    raw_store(raw_slot_address(raw, EPHEMERON_KEY), key);
    raw_store(raw, raw_load(raw) | HEADER_GREY);
    if (ephemeron_wait(&s->waiting, key, raw, s->heap->options.mark_memory_limit))
        raw_store(key, raw_load(key) | HEADER_GREY);
    else
        s->waiting_lost = true;
}

static bool ephemeron_waits(uint64_t raw) { return (raw_load(raw) & HEADER_GREY) != 0; }

static void ephemeron_finish(Scavenger *s, uint64_t raw) {
    raw_store(raw, raw_load(raw) & ~HEADER_GREY);
    scan_slots(s, raw, raw_slot_count(raw));
}

static void scan_ephemeron(Scavenger *s, uint64_t raw) {
    if (ephemeron_waits(raw)) return;
    uint64_t key = ephemeron_key(s, raw);
    if (key_is_alive(s, key))
        scan_slots(s, raw, raw_slot_count(raw));
    else
        ephemeron_start_waiting(s, raw, key);
}

typedef enum Scanned { NOTHING_YOUNG, SOMETHING_YOUNG, LOOK_AGAIN } Scanned;

static Scanned scan_object(Scavenger *s, uint64_t raw) {
    unsigned format = raw_format(raw);
    if (format == FORMAT_WEAK) {
        scan_slots(s, raw, weak_fixed_slots(s, raw));
        return LOOK_AGAIN;
    }
    if (format == FORMAT_EPHEMERON && raw_slot_count(raw)) {
        scan_ephemeron(s, raw);
        return LOOK_AGAIN;
    }
    return scan_slots(s, raw, raw_pointer_slot_count(raw)) ? SOMETHING_YOUNG : NOTHING_YOUNG;
}

static void forget_remembered(uint64_t raw) { raw_store(raw, raw_load(raw) & ~HEADER_REMEMBERED); }

// Scans the entry; 0 stands in the set for one that need not be remembered any more.
static void scan_remembered_entry(Scavenger *s, size_t index) {
    uint64_t raw = s->spaces->remembered.items[index];
    Scanned scanned = scan_object(s, raw);
    uint64_t entry = scanned == LOOK_AGAIN ? raw | AGAIN : raw;
    if (scanned == NOTHING_YOUNG) {
        forget_remembered(raw);
        entry = 0;
    }
    s->spaces->remembered.items[index] = entry; // the array may have moved
}

static bool scan_if_remembered(void *context, uint64_t raw) {
    if ((raw_load(raw) & HEADER_REMEMBERED) && scan_object(context, raw) == NOTHING_YOUNG)
        forget_remembered(raw);
    return true;
}

// When the set is lost the header bits say who is in it, and the list holds only what this
// scavenge tenures.
static void open_remembered(Scavenger *s) {
    if (!s->walks_old_space) return;
    s->spaces->remembered.count = 0;
    s->spaces->remembered.lost = false;
}

static void scan_remembered(Scavenger *s) {
    // The list is scanned by scan_all, from its start.
    if (s->walks_old_space) spaces_for_each_old(s->heap, scan_if_remembered, s);
}

static void scan_all(Scavenger *s) {
    for (;;) {
        if (s->scanned < s->spaces->future.free) {
            uint64_t raw = raw_object_at(s->scanned);
            s->scanned = raw_end(raw);
            (void)scan_object(s, raw);
        } else if (s->tenured_scanned < s->spaces->remembered.count) {
            scan_remembered_entry(s, s->tenured_scanned++);
        } else if (s->ready.count) {
            uint64_t raw = array_pop(&s->ready);
            if (ephemeron_waits(raw)) ephemeron_finish(s, raw);
        } else
            return;
    }
}

// ---- visiting weak objects and ephemerons again

typedef struct Revisit {
    Scavenger *s;
    void (*visit)(Scavenger *s, uint64_t raw);
} Revisit;

static bool revisit_if_remembered(void *context, uint64_t raw) {
    const Revisit *revisit = context;
    unsigned format = raw_format(raw);
    if ((raw_load(raw) & HEADER_REMEMBERED) &&
        (format == FORMAT_WEAK || format == FORMAT_EPHEMERON || ephemeron_waits(raw)))
        revisit->visit(revisit->s, raw);
    return true;
}

static void revisit_old(Scavenger *s, size_t from, void (*visit)(Scavenger *s, uint64_t raw)) {
    Revisit revisit = {s, visit};
    for (size_t i = from; i < s->spaces->remembered.count; i++)
        if (s->spaces->remembered.items[i] & AGAIN)
            visit(s, s->spaces->remembered.items[i] & ~(uint64_t)AGAIN);
    if (s->walks_old_space) spaces_for_each_old(s->heap, revisit_if_remembered, &revisit);
}

static void revisit_young(Scavenger *s, const Chain *chain,
                          void (*visit)(Scavenger *s, uint64_t raw)) {
    for (uint64_t corpse = chain->first; corpse; corpse = chain_next(s, corpse))
        visit(s, raw_slot(corpse, 0));
}

static void revisit_ephemerons(Scavenger *s, void (*visit)(Scavenger *s, uint64_t raw)) {
    revisit_young(s, &s->ephemerons, visit);
    revisit_old(s, s->again_from, visit);
}

// ---- ephemerons

static void retry_ephemeron(Scavenger *s, uint64_t raw) {
    if (!ephemeron_waits(raw) || !key_is_alive(s, raw_slot(raw, EPHEMERON_KEY))) return;
    if (array_push(&s->ready, raw)) return;
    ephemeron_finish(s, raw);
}

// Where the table did not suffice: all that wait are tried, until that changes nothing.
static void retry_lost_ephemerons(Scavenger *s) {
    uint64_t before;
    do {
        before = s->spaces->future.free + s->heap->statistics.tenured_objects;
        revisit_ephemerons(s, retry_ephemeron);
        scan_all(s);
    } while (before != s->spaces->future.free + s->heap->statistics.tenured_objects);
}

static void fire_ephemeron(Scavenger *s, uint64_t raw) {
    // A lost remembered set may show one twice; the second time it is not an ephemeron any more.
    if (!ephemeron_waits(raw) || raw_format(raw) != FORMAT_EPHEMERON) return;
    bool queued = mourn_ephemeron(s->heap, oop_from_bits(raw));
    (void)queued; // one that is not keeps its key for this time
}
static void finish_fired(Scavenger *s, uint64_t raw) {
    if (ephemeron_waits(raw)) ephemeron_finish(s, raw);
}

// The keys of all that wait have died in the same moment: all fire before anything that they hold
// is copied. Those that are copied then begin a new chain, and stand behind `end` of the list:
// nobody before them waits any more.
static void fire_all_waiting(Scavenger *s) {
    Chain fired = s->ephemerons;
    size_t end = s->spaces->remembered.count;
    revisit_ephemerons(s, fire_ephemeron);
    ephemeron_clear(&s->waiting);
    s->waiting_lost = false;
    s->ephemerons = (Chain){0, 0};
    revisit_young(s, &fired, finish_fired);
    revisit_old(s, s->again_from, finish_fired);
    s->again_from = end;
    scan_all(s);
}

static void finish_ephemerons(Scavenger *s) {
    for (;;) {
        if (s->waiting_lost) retry_lost_ephemerons(s);
        if (!s->waiting_lost && !s->waiting.waiting) return;
        fire_all_waiting(s);
    }
}

// ---- weak slots and clients

static void finish_weak(Scavenger *s, uint64_t raw) {
    if (raw_format(raw) != FORMAT_WEAK) return;
    bool lost = false;
    uint64_t count = raw_slot_count(raw);
    for (uint64_t i = weak_fixed_slots(s, raw); i < count; i++) {
        uint64_t address = raw_slot_address(raw, i), value = scavenge_follow(s, raw_load(address));
        if (is_from(s, value)) {
            value = oop_bits(s->heap->nil);
            lost = true;
        }
        raw_store(address, value);
    }
    if (lost) mourn_weak(s->heap, oop_from_bits(raw));
}

static uint64_t scavenge_survivor(void *context, uint64_t raw) {
    const Scavenger *s = context;
    uint64_t now = scavenge_follow(s, raw);
    return is_from(s, now) ? 0 : now;
}

static void update_clients(Scavenger *s) {
    HeapSpaces *spaces = s->spaces;
    spaces->scavenging = true;
    spaces->survivor = scavenge_survivor;
    spaces->survivor_context = s;
    for (unsigned i = 0; i < s->heap->client_count; i++)
        if (s->heap->clients[i].update_weak)
            s->heap->clients[i].update_weak(s->heap->clients[i].context, s->heap);
    spaces->scavenging = false;
    spaces->survivor = NULL;
}

Oop heap_survivor(Heap *heap, Oop object) {
    const HeapSpaces *spaces = heap->spaces;
    if (oop_is_immediate(object) || oop_is_none(object) || !spaces->survivor) return object;
    if (spaces->scavenging)
        return oop_from_bits(spaces->survivor(spaces->survivor_context, oop_bits(object)));
    object = heap_follow(heap, object);
    if (oop_is_immediate(object)) return object;
    if (!(raw_load(oop_bits(object)) & HEADER_MARKED)) return oop_none();
    return oop_from_bits(spaces->survivor(spaces->survivor_context, oop_bits(object)));
}

// ---- the remembered set afterwards

static bool refers_to_young(const Scavenger *s, uint64_t raw) {
    uint64_t count = raw_pointer_slot_count(raw);
    for (uint64_t i = 0; i < count; i++)
        if (is_young(s, raw_slot(raw, i))) return true;
    return false;
}

static bool prune_if_remembered(void *context, uint64_t raw) {
    if ((raw_load(raw) & HEADER_REMEMBERED) && !refers_to_young(context, raw))
        forget_remembered(raw);
    return true;
}

// Keeps the entries that still refer to young objects; entries that are 0 have been forgotten.
static void prune_remembered(Scavenger *s) {
    RememberedSet *set = &s->spaces->remembered;
    size_t kept = 0;
    for (size_t i = 0; i < set->count; i++) {
        uint64_t raw = set->items[i] & ~(uint64_t)AGAIN;
        if (!raw) continue;
        if ((set->items[i] & AGAIN) && !refers_to_young(s, raw))
            forget_remembered(raw);
        else
            set->items[kept++] = raw;
    }
    set->count = kept;
    if (!s->walks_old_space) return;
    spaces_for_each_old(s->heap, prune_if_remembered, s);
    remembered_rebuild(s->heap);
}

// ---- the whole

static void exchange_survivors(HeapSpaces *spaces) {
    SurvivorSpace emptied = spaces->past;
    spaces->past = spaces->future;
    spaces->future = emptied;
    // Pages that are touched only when there are uncommonly many survivors are not kept.
    uint64_t page = os_page_size();
    uint64_t usual = (emptied.start + spaces->survivor_target + page) & ~(page - 1);
    uint64_t end = emptied.free & ~(page - 1);
    if (end > usual) os_memory_discard(usual, end - usual);
    spaces->future.free = emptied.start;
}

static void scavenge_new_space(Scavenger *s) {
    Heap *heap = s->heap;
    open_remembered(s);
    heap_visit_roots(heap, &s->visitor);
    mourn_visit_roots(heap, &s->visitor);
    scan_remembered(s);
    scan_all(s);
    finish_ephemerons(s);
    revisit_young(s, &s->weak, finish_weak);
    revisit_old(s, 0, finish_weak);
    update_clients(s);
    prune_remembered(s);
    exchange_survivors(s->spaces);
}

static void scavenge_verify(Heap *heap, const char *when) {
    if (heap->options.verify)
        CHECK(heap_verify(heap, stderr, 20, false) == 0, "damaged %s a scavenge", when);
}

static void count_scavenge(Heap *heap, uint64_t start_nanoseconds, uint64_t allocated) {
    HeapStatistics *statistics = &heap->statistics;
    statistics->scavenges++;
    statistics->allocated_bytes_before = allocated;
    statistics->scavenge_microseconds += (os_monotonic_nanoseconds() - start_nanoseconds) / 1000;
}

void heap_scavenge(Heap *heap) {
    uint64_t start = os_monotonic_nanoseconds();
    HeapSpaces *spaces = heap->spaces;
    uint64_t allocated = heap_allocated_bytes(heap);
    Scavenger s = {
        .visitor = {scavenge_root},
        .heap = heap,
        .spaces = spaces,
        .young_start = heap->new_start,
        .young_bytes = heap->new_bytes,
        .future_start = spaces->future.start,
        .future_bytes = spaces->future.end - spaces->future.start,
        .target_end = spaces->future.start + spaces->survivor_target,
        .scanned = spaces->future.start,
        .walks_old_space = spaces->remembered.lost,
    };
    scavenge_verify(heap, "before");
    spaces->tenuring_failed = false;
    scavenge_new_space(&s);
    ephemeron_release(&s.waiting);
    array_free(&s.ready);
    spaces_open_eden(heap);
    spaces->old_allocated_bytes = 0;
    heap->wants &= ~(uint32_t)(HEAP_WANTS_SCAVENGE | HEAP_WANTS_STRESS);
    count_scavenge(heap, start, allocated);
    scavenge_verify(heap, "after");
    for (unsigned i = 0; i < heap->client_count; i++)
        if (heap->clients[i].after_collection)
            heap->clients[i].after_collection(heap->clients[i].context, heap, false);
}
