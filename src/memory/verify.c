// SPDX-License-Identifier: MIT
// The whole-heap verifier: the invariants of heap.h and spaces.h as code.
//
// The first walk sees whether the spaces are parsable, and notes in a bit map (a bit per word of
// the heap) where objects begin. Only then are objects looked at: class index, format, state bits,
// references, remembered bit. At last come the structures beside the objects: first objects, class
// table, remembered set, free lists, segments, roots.
#include <stdarg.h>
#include <stdlib.h>

#include "memory/spaces.h"

typedef struct Verifier {
    RootVisitor visitor; // first: the visitor of roots is the verifier
    Heap *heap;
    FILE *report;
    unsigned limit;
    bool loaded;
    uint64_t violations;
    uint64_t lowest, highest; // of all ranges
    uint64_t *begins;         // a bit per word: here begins an object
    uint64_t nil, class_table;
    uint64_t remembered, free_count, free_bytes; // as met in old space
} Verifier;

static void complain(Verifier *v, uint64_t raw, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
static void complain(Verifier *v, uint64_t raw, const char *format, ...) {
    if (++v->violations > v->limit || !v->report) return;
    va_list arguments;
    va_start(arguments, format);
    fprintf(v->report, "heap: %#llx ", (unsigned long long)raw);
    vfprintf(v->report, format, arguments);
    fputc('\n', v->report);
    va_end(arguments);
}

// ---- where objects begin

static void note_begin(Verifier *v, uint64_t raw) {
    uint64_t word = (raw - v->lowest) / 8;
    v->begins[word / 64] |= 1ull << word % 64;
}

static bool is_object(const Verifier *v, uint64_t raw) {
    if (raw % 8 || raw < v->lowest || raw >= v->highest) return false;
    uint64_t word = (raw - v->lowest) / 8;
    return v->begins[word / 64] >> word % 64 & 1;
}

static bool parse_range(Verifier *v, SpaceRange range) {
    for (uint64_t at = range.start; at < range.end;) {
        uint64_t raw = raw_object_at(at);
        if (raw >= range.end || raw_slot_count(raw) > (range.end - raw) / 8 ||
            raw_end(raw) > range.end) {
            complain(v, raw, "runs beyond the end of its space, %#llx",
                     (unsigned long long)range.end);
            return false;
        }
        if (raw_class_index(raw) != CLASS_INDEX_FREE) note_begin(v, raw);
        at = raw_end(raw);
    }
    return true;
}

// ---- objects

static uint64_t class_at(const Verifier *v, uint64_t index) {
    uint64_t page = raw_slot(v->class_table, index / CLASS_TABLE_PAGE_SIZE);
    return page == v->nil ? v->nil : raw_slot(page, index % CLASS_TABLE_PAGE_SIZE);
}

static void verify_class_index(Verifier *v, uint64_t raw) {
    uint64_t index = raw_class_index(raw);
    bool forwards = raw_format(raw) == FORMAT_FORWARDER;
    if (forwards || index == CLASS_INDEX_FORWARDER) {
        if (!forwards || index != CLASS_INDEX_FORWARDER)
            complain(v, raw, "is half a forwarder: format %u, class index %llu", raw_format(raw),
                     (unsigned long long)index);
    } else if (!class_index_is_ordinary(index)) {
        if (index < CLASS_INDEX_ARRAY_PUN || index > CLASS_INDEX_64BIT_PUN)
            complain(v, raw, "has class index %llu, which no object has",
                     (unsigned long long)index);
    } else if (class_at(v, index) == v->nil) {
        complain(v, raw, "has class index %llu, which is not in the class table",
                 (unsigned long long)index);
    }
}

static void verify_format(Verifier *v, uint64_t raw) {
    unsigned format = raw_format(raw);
    uint64_t slots = raw_slot_count(raw);
    if (format == 6 || format == 8) complain(v, raw, "has format %u", format);
    if (format == FORMAT_FORWARDER && !slots) complain(v, raw, "is a forwarder without a slot");
    if (format_is_pure_bits(format) && !slots && format_unused_elements(format))
        complain(v, raw, "is empty, but not all of it is used");
    if (!format_is_method(format)) return;
    if (!slots || (raw_slot(raw, 0) & TAG_MASK) != TAG_INT)
        complain(v, raw, "is a method without a header");
    else if (raw_method_literal_count(raw) >= slots)
        complain(v, raw, "is a method with more literals than slots");
}

static void verify_state(Verifier *v, uint64_t raw) {
    uint64_t header = raw_load(raw);
    if (header & (HEADER_MARKED | HEADER_GREY)) complain(v, raw, "is marked or grey");
    if (heap_address_is_young(v->heap, raw)) {
        if (header & HEADER_REMEMBERED) complain(v, raw, "is young and remembered");
        if (header & HEADER_PINNED) complain(v, raw, "is young and pinned");
    } else {
        if (header & HEADER_AGE_MASK) complain(v, raw, "is old and has an age");
        if (header & HEADER_REMEMBERED) v->remembered++;
    }
}

static void verify_reference(Verifier *v, uint64_t raw, uint64_t index, uint64_t value) {
    unsigned tag = value & TAG_MASK;
    if (raw_is_immediate(value) && tag != TAG_INT && tag != TAG_CHAR && tag != TAG_FLOAT)
        complain(v, raw, "holds %#llx in slot %llu, which has no legal tag",
                 (unsigned long long)value, (unsigned long long)index);
    if (!raw_is_immediate(value) && !is_object(v, value))
        complain(v, raw, "holds %#llx in slot %llu, where no object is", (unsigned long long)value,
                 (unsigned long long)index);
}

static void verify_slots(Verifier *v, uint64_t raw) {
    uint64_t count = raw_pointer_slot_count(raw), slots = raw_slot_count(raw);
    bool young = false;
    for (uint64_t i = 0; i < count && i < slots; i++) {
        uint64_t value = raw_slot(raw, i);
        verify_reference(v, raw, i, value);
        young |= !raw_is_immediate(value) && heap_address_is_young(v->heap, value);
    }
    if (young && !v->loaded && !heap_address_is_young(v->heap, raw) &&
        !(raw_load(raw) & HEADER_REMEMBERED))
        complain(v, raw, "refers to a young object and is not remembered");
}

static void verify_free(Verifier *v, uint64_t raw) {
    if (heap_address_is_young(v->heap, raw)) return;
    v->free_count++;
    v->free_bytes += free_chunk_bytes(raw);
}

static void verify_range(Verifier *v, SpaceRange range) {
    for (uint64_t at = range.start; at < range.end;) {
        uint64_t raw = raw_object_at(at);
        at = raw_end(raw);
        if (raw_class_index(raw) == CLASS_INDEX_FREE) {
            verify_free(v, raw);
            continue;
        }
        verify_class_index(v, raw);
        verify_format(v, raw);
        verify_slots(v, raw);
        if (!v->loaded) verify_state(v, raw);
    }
}

// ---- segments and first objects

static void verify_segments(Verifier *v) {
    uint64_t bytes = 0, before = v->heap->arena->old_space.start;
    for (size_t i = 0; i < old_space_segment_count(v->heap); i++) {
        const Segment *segment = old_space_segment(v->heap, i);
        if (segment->start < before || segment->end < segment->start + BRIDGE_BYTES ||
            segment->end > v->heap->arena->old_space.end)
            complain(v, segment->start, "is a segment out of order or out of the arena");
        if (raw_load(segment_limit(segment)) != SEGMENT_BRIDGE_HEADER)
            complain(v, segment_limit(segment), "is no segment bridge");
        before = segment->end;
        bytes += segment->end - segment->start;
    }
    if (bytes != v->heap->spaces->segment_bytes)
        complain(v, 0, "segments are %llu bytes, not %llu", (unsigned long long)bytes,
                 (unsigned long long)v->heap->spaces->segment_bytes);
}

// Finds nil and the class table, which are where they are, whatever the heap says. Answers whether
// the class table can be used.
static bool verify_first_objects(Verifier *v) {
    const Heap *heap = v->heap;
    const Oop known[] = {heap->nil, heap->false_object, heap->true_object, heap->free_lists,
                         heap->class_table_root};
    uint64_t first[5], limit = segment_limit(old_space_segment(heap, 0));
    uint64_t at = old_space_segment(heap, 0)->start;
    for (int i = 0; i < 5; i++) {
        if (at >= limit) {
            complain(v, at, "the first five objects are not there");
            return false;
        }
        first[i] = raw_object_at(at);
        at = raw_end(first[i]);
        if (!v->loaded && first[i] != oop_bits(known[i]))
            complain(v, first[i], "should be what the heap has at %#llx",
                     (unsigned long long)oop_bits(known[i]));
    }
    v->nil = first[0];
    v->class_table = first[4];
    return true;
}

// ---- class table

static bool verify_class_table_shape(Verifier *v) {
    if (raw_format(v->class_table) != FORMAT_INDEXABLE ||
        raw_slot_count(v->class_table) < CLASS_TABLE_ROOT_SLOTS + CLASS_TABLE_HIDDEN_SLOTS) {
        complain(v, v->class_table, "is no class table");
        return false;
    }
    for (uint64_t i = 0; i < CLASS_TABLE_ROOT_SLOTS; i++) {
        uint64_t page = raw_slot(v->class_table, i);
        if (page == v->nil && i > 0) continue;
        if (is_object(v, page) && raw_format(page) == FORMAT_INDEXABLE &&
            raw_slot_count(page) == CLASS_TABLE_PAGE_SIZE)
            continue;
        complain(v, v->class_table, "has no class table page in slot %llu", (unsigned long long)i);
        return false;
    }
    return true;
}

// The index of a class is its hash. One that stands at several indices has that of one of them.
static void verify_class_entry(Verifier *v, uint64_t index, uint64_t entry) {
    if (!is_object(v, entry)) {
        complain(v, entry, "is in the class table, but no object");
        return;
    }
    uint64_t hash = header_hash(raw_load(entry));
    if (raw_class_index(entry) != CLASS_INDEX_FORWARDER && hash != index &&
        class_at(v, hash) != entry)
        complain(v, entry, "is at class index %llu, but has the hash %llu",
                 (unsigned long long)index, (unsigned long long)hash);
}

static void verify_class_table(Verifier *v) {
    for (uint64_t i = 0; i < CLASS_TABLE_ROOT_SLOTS; i++) {
        uint64_t page = raw_slot(v->class_table, i);
        for (uint64_t j = 0; page != v->nil && j < CLASS_TABLE_PAGE_SIZE; j++) {
            uint64_t entry = raw_slot(page, j);
            if (entry != v->nil) verify_class_entry(v, i * CLASS_TABLE_PAGE_SIZE + j, entry);
        }
    }
}

// ---- remembered set

// Entries lose their bit while they are counted (and are tagged with it instead), so that one
// that stands there twice is found.
static void verify_remembered(Verifier *v) {
    RememberedSet *set = &v->heap->spaces->remembered;
    size_t counted = 0;
    for (size_t i = 0; i < set->count; i++) {
        uint64_t raw = set->items[i];
        if (!is_object(v, raw) || !(raw_load(raw) & HEADER_REMEMBERED)) {
            complain(v, raw, "is in the remembered set twice, or without saying so");
            continue;
        }
        raw_store(raw, raw_load(raw) & ~HEADER_REMEMBERED);
        set->items[i] |= 1;
        counted++;
    }
    for (size_t i = 0; i < set->count; i++) {
        if (!(set->items[i] & 1)) continue;
        set->items[i] &= ~1ull;
        raw_store(set->items[i], raw_load(set->items[i]) | HEADER_REMEMBERED);
    }
    if (!set->lost && counted != v->remembered)
        complain(v, 0, "%llu objects say they are remembered, %llu are in the set",
                 (unsigned long long)v->remembered, (unsigned long long)counted);
}

// ---- free lists

static bool verify_free_chunk(Verifier *v, uint64_t raw, unsigned bin) {
    const Segment *segment = raw % 8 ? NULL : old_space_segment_of(v->heap, raw);
    if (!segment || is_object(v, raw) || raw_class_index(raw) != CLASS_INDEX_FREE) {
        complain(v, raw, "is on a free list, but no free chunk");
        return false;
    }
    if (free_chunks_bin(free_chunk_bytes(raw)) != bin)
        complain(v, raw, "is on the free list of another size");
    return true;
}

static void verify_free_lists(Verifier *v) {
    const FreeChunks *free = &v->heap->spaces->free;
    uint64_t count = 0, bytes = 0;
    for (unsigned bin = 0; bin < FREE_BIN_COUNT; bin++) {
        if ((free->heads[bin] != 0) != (free->filled[bin / 64] >> bin % 64 & 1))
            complain(v, free->heads[bin], "is the head of a free list that is marked otherwise");
        for (uint64_t raw = free->heads[bin]; raw && count <= v->free_count;
             raw = raw_slot(raw, 0)) {
            if (!verify_free_chunk(v, raw, bin)) break;
            count++;
            bytes += free_chunk_bytes(raw);
        }
    }
    if (count != v->free_count || bytes != v->free_bytes)
        complain(v, 0, "free lists have %llu chunks of %llu bytes, old space %llu of %llu",
                 (unsigned long long)count, (unsigned long long)bytes,
                 (unsigned long long)v->free_count, (unsigned long long)v->free_bytes);
    if (bytes != free->bytes || count != free->count)
        complain(v, 0, "free bytes are counted wrong");
}

// ---- roots

static void verify_root(RootVisitor *visitor, Oop *root) {
    Verifier *v = (Verifier *)visitor;
    uint64_t value = oop_bits(*root);
    if (value && !raw_is_immediate(value) && !is_object(v, value))
        complain(v, value, "is held by a root, but no object");
}

// ---- all of it

static bool verify_open(Verifier *v) {
    size_t ranges = spaces_range_count(v->heap);
    v->lowest = v->heap->new_start;
    v->highest = v->heap->new_start + v->heap->new_bytes;
    for (size_t i = 0; i < ranges; i++)
        if (spaces_range(v->heap, i).end > v->highest) v->highest = spaces_range(v->heap, i).end;
    v->begins = calloc((v->highest - v->lowest) / 512 + 1, 8);
    if (!v->begins) complain(v, 0, "no memory to verify the heap");
    return v->begins != NULL;
}

static bool verify_parse(Verifier *v) {
    bool parsable = true;
    for (size_t i = 0; i < spaces_range_count(v->heap); i++)
        parsable &= parse_range(v, spaces_range(v->heap, i));
    return parsable;
}

static void verify_clients(Verifier *v) {
    const Heap *heap = v->heap;
    for (unsigned i = 0; i < heap->client_count; i++)
        if (heap->clients[i].verify)
            v->violations += heap->clients[i].verify(heap->clients[i].context, v->report, v->limit);
}

uint64_t heap_verify(Heap *heap, FILE *report, unsigned limit, bool loaded) {
    Verifier v = {.visitor = {verify_root}, .heap = heap, .report = report, .limit = limit};
    v.loaded = loaded;
    verify_segments(&v);
    if (!old_space_segment_count(heap) || !verify_open(&v)) return v.violations;
    if (verify_parse(&v) && verify_first_objects(&v) && verify_class_table_shape(&v)) {
        for (size_t i = 0; i < spaces_range_count(heap); i++)
            verify_range(&v, spaces_range(heap, i));
        verify_class_table(&v);
        if (!loaded) {
            verify_remembered(&v);
            verify_free_lists(&v);
            heap_visit_roots(heap, &v.visitor);
            verify_clients(&v);
        }
    }
    free(v.begins);
    return v.violations;
}
