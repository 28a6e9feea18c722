// SPDX-License-Identifier: MIT
// The same image with other class indices and another base address, for tests: a VM that relies
// on a class index beyond the fixed ones, or on an address, fails on what this writes.
//
//     permute IN OUT SEED BASE [compact]
//
// All classes at index 1024 and above trade places at random; with `compact` also those below that
// a VM may not rely on (a VM of the OpenSmalltalk family does). A class's index is its identity
// hash too, so objects that are found by it must not change: a hashed collection of the image
// would no longer find what it holds. Instead of rehashing in the image's terms, which would mean
// running it, every class is left where it is that a hashed collection might depend on. A hashed
// collection is anything that looks like one, [tally, Array, ...]; it depends on
//   - the classes among its elements, and among the keys of its elements that look like bindings
//     (sets, identity sets, dictionaries keyed by class)
//   - the class of every element or key that is itself a collection, because hashes of collections
//     begin with the hash of their class; and on what stands in such an element
// In the Pharo 8 kernel 538 classes stay and 553 move.
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/random.h"
#include "image/read.h"
#include "image/write.h"
#include "object/header.h"
#include "object/layouts.h"

enum { TABLE_SIZE = CLASS_TABLE_ROOT_SLOTS * CLASS_TABLE_PAGE_SIZE, FIRST_ORDINARY = 1024 };

typedef struct Permuter {
    uint64_t start, end, nil, root, special;
    uint64_t page_count;
    uint32_t *new_index; // by old index; 0: unchanged
    bool *kept;          // by old index: something depends on it
    uint64_t random;
} Permuter;

static uint64_t first_object(const Permuter *p) { return raw_object_at(p->start); }
static uint64_t next_object(const Permuter *p, uint64_t raw) {
    uint64_t end = raw_end(raw);
    return end < p->end ? raw_object_at(end) : p->end;
}

static uint64_t *entry_at(const Permuter *p, uint64_t index) {
    uint64_t page = raw_slot(p->root, index / CLASS_TABLE_PAGE_SIZE);
    return (uint64_t *)(uintptr_t)raw_slot_address(page, index % CLASS_TABLE_PAGE_SIZE);
}
static uint64_t class_at(const Permuter *p, uint64_t index) {
    if (index / CLASS_TABLE_PAGE_SIZE >= p->page_count) return p->nil;
    return *entry_at(p, index);
}
static bool is_class(const Permuter *p, uint64_t raw) {
    if (raw_is_immediate(raw) || raw == p->nil) return false;
    return class_at(p, header_hash(raw_load(raw))) == raw;
}

// ---- what must stay

static void keep_index(Permuter *p, uint64_t index) { p->kept[index] = true; }

static void keep_key(Permuter *p, uint64_t key, int depth) {
    if (raw_is_immediate(key) || key == p->nil) return;
    if (is_class(p, key)) {
        keep_index(p, header_hash(raw_load(key)));
        return;
    }
    keep_index(p, raw_class_index(key));
    if (!format_is_pointers(raw_format(key)) || depth == 0) return;
    for (uint64_t i = 0, n = raw_slot_count(key); i < n && i < 100; i++)
        keep_key(p, raw_slot(key, i), depth - 1);
}

static bool looks_hashed(const Permuter *p, uint64_t raw) {
    if (!format_is_pointers(raw_format(raw)) || raw_slot_count(raw) < 2) return false;
    uint64_t tally = raw_slot(raw, 0), array = raw_slot(raw, 1);
    if ((tally & TAG_MASK) != TAG_INT || raw_is_immediate(array) || array == p->nil) return false;
    return format_is_indexable_pointers(raw_format(array)) &&
           tally >> TAG_BITS <= raw_slot_count(array);
}

// Elements, and the keys of those that may be bindings.
static void keep_elements(Permuter *p, uint64_t array) {
    for (uint64_t i = 0, n = raw_slot_count(array); i < n; i++) {
        uint64_t element = raw_slot(array, i);
        if (raw_is_immediate(element) || element == p->nil) continue;
        if (is_class(p, element) || !format_is_pointers(raw_format(element)) ||
            raw_slot_count(element) > 3)
            keep_key(p, element, 0);
        else
            keep_key(p, element, 1);
    }
}

static void find_kept(Permuter *p) {
    for (uint64_t raw = first_object(p); raw < p->end; raw = next_object(p, raw))
        if (raw_class_index(raw) > CLASS_INDEX_LAST_PUN && looks_hashed(p, raw))
            keep_elements(p, raw_slot(raw, 1));
}

// ---- the permutation

static bool may_move(const Permuter *p, uint64_t index, bool compact) {
    static const uint64_t fixed[] = {CLASS_INDEX_BYTE_ARRAY, CLASS_INDEX_ARRAY,
                                     CLASS_INDEX_BYTE_STRING};
    if (index <= CLASS_INDEX_CONTEXT) return false;
    for (size_t i = 0; i < sizeof fixed / sizeof *fixed; i++)
        if (index == fixed[i]) return false;
    return !p->kept[index] && (index >= FIRST_ORDINARY || compact);
}

// Every place that a movable class has, or that is free, is shuffled among the movable classes.
static uint64_t choose_indices(Permuter *p, bool compact) {
    uint64_t limit = p->page_count * CLASS_TABLE_PAGE_SIZE, place_count = 0, moved = 0;
    uint32_t *places = calloc(limit, sizeof *places);
    for (uint64_t i = 0; i < limit; i++) {
        uint64_t class_raw = class_at(p, i);
        bool own = class_raw != p->nil && header_hash(raw_load(class_raw)) == i;
        if (may_move(p, i, compact) && (own || class_raw == p->nil))
            places[place_count++] = (uint32_t)i;
    }
    for (uint64_t i = place_count; i > 1; i--) {
        uint64_t j = random_next(&p->random) % i;
        uint32_t place = places[j];
        places[j] = places[i - 1];
        places[i - 1] = place;
    }
    for (uint64_t i = 0; i < limit; i++) {
        uint64_t class_raw = class_at(p, i);
        bool own = class_raw != p->nil && header_hash(raw_load(class_raw)) == i;
        if (own && may_move(p, i, compact)) p->new_index[i] = places[moved++];
    }
    free(places);
    return moved;
}

static void rewrite_table(Permuter *p) {
    uint64_t limit = p->page_count * CLASS_TABLE_PAGE_SIZE;
    uint64_t *old = calloc(limit, sizeof *old);
    for (uint64_t i = 0; i < limit; i++)
        old[i] = class_at(p, i);
    for (uint64_t i = 0; i < limit; i++)
        if (p->new_index[i]) *entry_at(p, i) = p->nil;
    for (uint64_t i = 0; i < limit; i++) {
        if (!p->new_index[i]) continue;
        *entry_at(p, p->new_index[i]) = old[i];
        raw_store(old[i], header_with_hash(raw_load(old[i]), p->new_index[i]));
    }
    free(old);
}

static void rewrite_headers(Permuter *p) {
    for (uint64_t raw = first_object(p); raw < p->end; raw = next_object(p, raw)) {
        uint64_t header = raw_load(raw), index = p->new_index[header_class_index(header)];
        if (index) raw_store(raw, header_with_class_index(header, index));
    }
}

static uint64_t count_kept(const Permuter *p) {
    uint64_t count = 0;
    for (uint64_t i = FIRST_ORDINARY; i < p->page_count * CLASS_TABLE_PAGE_SIZE; i++)
        count += p->kept[i] && class_at(p, i) != p->nil;
    return count;
}

static void permute(Permuter *p, bool compact) {
    uint64_t raw = first_object(p);
    p->nil = raw;
    for (int i = 0; i < 4; i++)
        raw = next_object(p, raw);
    p->root = raw;
    while (raw_slot(p->root, p->page_count) != p->nil)
        p->page_count++;
    find_kept(p);
    uint64_t moved = choose_indices(p, compact);
    rewrite_table(p);
    rewrite_headers(p);
    printf("%llu classes moved, %llu kept\n", (unsigned long long)moved,
           (unsigned long long)count_kept(p));
}

static int fail(const char *path, const Diagnosis *diagnosis) {
    fprintf(stderr, "permute: %s: %s\n", path, diagnosis->text);
    return 2;
}

int main(int argc, char **argv) {
    if (argc < 5) {
        fprintf(stderr, "usage: permute IN OUT SEED BASE [compact]\n");
        return 2;
    }
    ImageFile file;
    Diagnosis diagnosis = {""};
    if (image_file_open(&file, argv[1], &diagnosis) != STATUS_OK) return fail(argv[1], &diagnosis);
    uint64_t *memory = malloc(file.object_bytes);
    Permuter p = {.random = strtoull(argv[3], NULL, 0) * 2654435761u + 88172645463325252ull};
    p.start = (uint64_t)(uintptr_t)memory;
    p.end = p.start + file.object_bytes;
    p.new_index = calloc(TABLE_SIZE, sizeof *p.new_index);
    p.kept = calloc(TABLE_SIZE, sizeof *p.kept);
    if (image_file_read(&file, p.start, &p.special, &diagnosis) != STATUS_OK)
        return fail(argv[1], &diagnosis);
    permute(&p, argc > 5 && strcmp(argv[5], "compact") == 0);
    ImageSpan span = {p.start, p.end};
    ImageContents contents = {&span, 1, p.special, file.header.last_hash,
                              strtoull(argv[4], NULL, 0) & ~7ull};
    if (image_write_contents(&contents, &file.header, argv[2], &diagnosis) != STATUS_OK)
        return fail(argv[2], &diagnosis);
    image_file_close(&file);
    free(memory);
    free(p.new_index);
    free(p.kept);
    return 0;
}
