// SPDX-License-Identifier: MIT
// The whole-heap verifier: the invariants of heap.h as code. It walks every space twice: first to
// see that the spaces are parsable and to note where objects begin (a bit per word), then to look
// at every object: class index, format, references, remembered bit.
#include <stdlib.h>

#include "base/check.h"
#include "memory/spaces.h"
#include "object/ops.h"

typedef struct Verifier {
    Heap *heap;
    FILE *report;
    unsigned limit;
    uint64_t violations;
    uint64_t lowest, highest;
    uint64_t *begins; // a bit per word: an object's header
    bool loaded;
} Verifier;

static void complain(Verifier *v, uint64_t raw, const char *what, uint64_t detail) {
    v->violations++;
    if (v->report && v->violations <= v->limit)
        fprintf(v->report, "heap: object %#llx: %s (%#llx)\n", (unsigned long long)raw, what,
                (unsigned long long)detail);
}

static void note_begin(Verifier *v, uint64_t raw) {
    uint64_t word = (raw - v->lowest) / 8;
    v->begins[word / 64] |= 1ull << (word % 64);
}

static bool begins_here(const Verifier *v, uint64_t raw) {
    if (raw < v->lowest || raw >= v->highest) return false;
    uint64_t word = (raw - v->lowest) / 8;
    return v->begins[word / 64] >> (word % 64) & 1;
}

// ---- first walk: are the spaces parsable?

static bool walk_space(Verifier *v, SpaceRange range) {
    for (uint64_t at = range.start; at < range.end;) {
        uint64_t raw = raw_object_at(at);
        if (raw >= range.end || raw_slot_count(raw) > (range.end - at) / 8) {
            complain(v, raw, "runs beyond its space", range.end);
            return false;
        }
        uint64_t next = raw_end(raw);
        if (next <= at || next > range.end) {
            complain(v, raw, "ends beyond its space", next);
            return false;
        }
        if (raw_class_index(raw) != CLASS_INDEX_FREE) note_begin(v, raw);
        at = next;
    }
    return true;
}

// ---- second walk: each object

static void verify_reference(Verifier *v, uint64_t raw, uint64_t index, uint64_t bits) {
    if (raw_is_immediate(bits)) {
        unsigned tag = bits & TAG_MASK;
        if (tag != TAG_INT && tag != TAG_CHAR && tag != TAG_FLOAT)
            complain(v, raw, "refers to a word with an illegal tag", bits);
    } else if (!begins_here(v, bits)) {
        complain(v, raw, "refers to no object", bits);
    }
    (void)index;
}

static bool refers_to_young(const Heap *heap, uint64_t raw) {
    for (uint64_t i = 0; i < raw_pointer_slot_count(raw); i++) {
        uint64_t bits = raw_slot(raw, i);
        if (!raw_is_immediate(bits) && heap_address_is_young(heap, bits)) return true;
    }
    return false;
}

static void verify_class(Verifier *v, uint64_t raw) {
    uint64_t index = raw_class_index(raw);
    if (index == CLASS_INDEX_FORWARDER) {
        if (raw_format(raw) != FORMAT_FORWARDER) complain(v, raw, "half a forwarder", 0);
        return;
    }
    if (index <= CLASS_INDEX_LAST_PUN) {
        if (index < CLASS_INDEX_ARRAY_PUN) complain(v, raw, "class index of an immediate", index);
        return;
    }
    if (oop_is(heap_class_at(v->heap, index), v->heap->nil))
        complain(v, raw, "class index names no class", index);
}

static void verify_format(Verifier *v, uint64_t raw) {
    unsigned format = raw_format(raw);
    uint64_t slots = raw_slot_count(raw);
    if (format == 6 || format == 8)
        complain(v, raw, "illegal format", format);
    else if (format_is_method(format) && (!slots || raw_pointer_slot_count(raw) > slots))
        complain(v, raw, "more literals than slots", slots);
    else if (format_is_method(format) && (raw_slot(raw, 0) & TAG_MASK) != TAG_INT)
        complain(v, raw, "a method header that is no SmallInteger", raw_slot(raw, 0));
    else if (format_is_bits(format) && !format_is_method(format) && !slots &&
             format_unused_elements(format))
        complain(v, raw, "unused elements in an empty object", format);
}

static void verify_object(Verifier *v, uint64_t raw) {
    uint64_t header = raw_load(raw);
    verify_class(v, raw);
    verify_format(v, raw);
    if (header & (HEADER_MARKED | HEADER_GREY)) complain(v, raw, "is marked", header);
    uint64_t slots = raw_slot_count(raw), pointers = raw_pointer_slot_count(raw);
    if (raw_format(raw) != FORMAT_FORWARDER && pointers > slots) return;
    for (uint64_t i = 0; i < pointers; i++)
        verify_reference(v, raw, i, raw_slot(raw, i));
    if (v->loaded) return;
    bool young = heap_address_is_young(v->heap, raw);
    if (young && header & HEADER_REMEMBERED) complain(v, raw, "young and remembered", header);
    if (!young && !(header & HEADER_REMEMBERED) && refers_to_young(v->heap, raw))
        complain(v, raw, "old, refers to a young object, and is not remembered", header);
}

static void verify_space(Verifier *v, SpaceRange range) {
    for (uint64_t at = range.start; at < range.end;) {
        uint64_t raw = raw_object_at(at);
        at = raw_end(raw);
        if (raw_class_index(raw) != CLASS_INDEX_FREE) verify_object(v, raw);
    }
}

// ---- what is not an object's own business

static void verify_remembered(Verifier *v) {
    HeapSpaces *spaces = v->heap->spaces;
    for (size_t i = 0; i < spaces->remembered.count; i++) {
        uint64_t raw = spaces->remembered.items[i];
        if (!begins_here(v, raw))
            complain(v, raw, "remembered, but no object", i);
        else if (!(raw_load(raw) & HEADER_REMEMBERED))
            complain(v, raw, "in the remembered set without saying so", i);
    }
}

static void verify_known(Verifier *v) {
    Heap *heap = v->heap;
    uint64_t first = raw_object_at(old_space_segment(heap, 0)->start);
    const Oop known[] = {heap->nil, heap->false_object, heap->true_object, heap->free_lists,
                         heap->class_table_root};
    for (unsigned i = 0; i < 5; i++, first = raw_object_at(raw_end(first)))
        if (oop_bits(known[i]) != first) complain(v, oop_bits(known[i]), "not in its place", i);
    if (!begins_here(v, oop_bits(heap->special_objects)))
        complain(v, oop_bits(heap->special_objects), "no special objects", 0);
}

static void verify_class_table(Verifier *v) {
    Heap *heap = v->heap;
    uint64_t root = oop_bits(heap->class_table_root), nil = oop_bits(heap->nil);
    for (uint64_t page = 0; page < CLASS_TABLE_ROOT_SLOTS; page++) {
        uint64_t raw = raw_slot(root, page);
        if (raw == nil) continue;
        for (uint64_t i = 0; i < CLASS_TABLE_PAGE_SIZE; i++) {
            uint64_t entry = raw_slot(raw, i), index = page * CLASS_TABLE_PAGE_SIZE + i;
            if (entry == nil || index <= CLASS_INDEX_LAST_PUN || raw_is_immediate(entry)) continue;
            // A class may stand at a second index, by become or in puns, until a full collection.
            if (begins_here(v, entry) && raw_class_index(entry) != CLASS_INDEX_FORWARDER &&
                oop_bits(heap_class_at(heap, header_hash(raw_load(entry)))) != entry)
                complain(v, entry, "class that is not at the index that is its hash", index);
        }
    }
}

uint64_t heap_verify(Heap *heap, FILE *report, unsigned limit, bool loaded) {
    Verifier v = {.heap = heap, .report = report, .limit = limit, .loaded = loaded};
    size_t ranges = spaces_range_count(heap);
    v.lowest = heap->new_start;
    for (size_t i = 0; i < ranges; i++)
        if (spaces_range(heap, i).end > v.highest) v.highest = spaces_range(heap, i).end;
    v.begins = calloc((v.highest - v.lowest) / 512 + 1, 8);
    CHECK(v.begins, "no memory to verify the heap");
    bool parsable = true;
    for (size_t i = 0; i < ranges; i++)
        parsable &= walk_space(&v, spaces_range(heap, i));
    if (parsable) {
        for (size_t i = 0; i < ranges; i++)
            verify_space(&v, spaces_range(heap, i));
        verify_known(&v);
        verify_remembered(&v);
        verify_class_table(&v);
    }
    free(v.begins);
    return v.violations;
}
