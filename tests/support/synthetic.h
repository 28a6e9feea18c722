// SPDX-License-Identifier: MIT
// A small but complete Spur image built in memory, for tests that need one to damage: nil, false,
// true, free lists, class table, special objects, a scheduler with one process whose context sits
// in a method, and one object of every format. Addresses in it are as if it stood at `base`.
#ifndef PARLEY_TESTS_SYNTHETIC_H
#define PARLEY_TESTS_SYNTHETIC_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "image/format.h"
#include "object/header.h"
#include "object/layouts.h"
#include "object/small_float.h"

enum {
    SYN_LIMIT = 1 << 15, // words
    // Class indices of the synthetic classes that have no fixed one.
    SYN_UNDEFINED = 1024,
    SYN_FALSE,
    SYN_TRUE,
    SYN_ASSOCIATION,
    SYN_SCHEDULER,
    SYN_PROCESS,
    SYN_METACLASS,
    SYN_SYMBOL,
    SYN_POINT,
    SYN_METHOD,
    SYN_EPHEMERON,
    SYN_WEAK,
    SYN_LIST,
    SYN_MIXED,
    SYN_BITS64,
    SYN_BITS32,
    SYN_BITS16,
    SYN_PLAIN,
    SYN_CLOSURE,
    SYN_LAST
};

typedef struct Synthetic {
    uint64_t base;
    size_t count; // words in use
    uint64_t nil, false_object, true_object, free_lists, root, pages[2], special;
    uint64_t classes[SYN_LAST]; // by class index; 0: none
    uint64_t method, context, process, point, bytes, closure;
    uint64_t words[SYN_LIMIT];
} Synthetic;

static inline uint64_t *syn_word(Synthetic *s, uint64_t address) {
    return &s->words[(address - s->base) / 8];
}
static inline void syn_put(Synthetic *s, uint64_t object, uint64_t index, uint64_t value) {
    *syn_word(s, object + 8 + 8 * index) = value;
}
static inline uint64_t syn_get(Synthetic *s, uint64_t object, uint64_t index) {
    return *syn_word(s, object + 8 + 8 * index);
}
// A new object behind the others; pointer slots hold nil.
static inline uint64_t syn_object(Synthetic *s, uint64_t class_index, unsigned format,
                                  uint64_t slot_count) {
    uint64_t words = slot_count ? slot_count : 1;
    if (s->count + words + 2 > SYN_LIMIT) abort();
    if (slot_count >= 255) s->words[s->count++] = 255ull << 56 | slot_count;
    uint64_t object = s->base + s->count * 8;
    s->words[s->count++] = header_make(slot_count, format, class_index);
    for (uint64_t i = 0; i < words; i++)
        s->words[s->count++] = format_is_pointers(format) && slot_count ? s->nil : 0;
    return object;
}

static inline void syn_class(Synthetic *s, uint64_t class_index, unsigned format,
                             uint64_t named_fields) {
    uint64_t object = syn_object(s, SYN_METACLASS, FORMAT_FIXED, 4);
    *syn_word(s, object) |= class_index << HEADER_HASH_SHIFT;
    syn_put(s, object, CLASS_FORMAT, raw_from_int((int64_t)(format << 16 | named_fields)));
    s->classes[class_index] = object;
    syn_put(s, s->pages[class_index / CLASS_TABLE_PAGE_SIZE], class_index % CLASS_TABLE_PAGE_SIZE,
            object);
}

static inline void syn_make_classes(Synthetic *s) {
    static const struct {
        uint64_t class_index;
        unsigned format;
        uint64_t named_fields;
    } rows[] = {
        {1, 7, 0},
        {2, 7, 0},
        {4, 7, 0},
        {CLASS_INDEX_LARGE_NEGATIVE_INTEGER, FORMAT_8BIT, 0},
        {CLASS_INDEX_LARGE_POSITIVE_INTEGER, FORMAT_8BIT, 0},
        {CLASS_INDEX_FLOAT, FORMAT_32BIT, 0},
        {CLASS_INDEX_MESSAGE, FORMAT_FIXED, 3},
        {CLASS_INDEX_CONTEXT, FORMAT_MIXED, 6},
        {CLASS_INDEX_BYTE_ARRAY, FORMAT_8BIT, 0},
        {CLASS_INDEX_ARRAY, FORMAT_INDEXABLE, 0},
        {CLASS_INDEX_BYTE_STRING, FORMAT_8BIT, 0},
        {SYN_UNDEFINED, FORMAT_EMPTY, 0},
        {SYN_FALSE, FORMAT_EMPTY, 0},
        {SYN_TRUE, FORMAT_EMPTY, 0},
        {SYN_ASSOCIATION, FORMAT_FIXED, 2},
        {SYN_SCHEDULER, FORMAT_FIXED, 2},
        {SYN_PROCESS, FORMAT_FIXED, 4},
        {SYN_METACLASS, FORMAT_FIXED, 4},
        {SYN_SYMBOL, FORMAT_8BIT, 0},
        {SYN_POINT, FORMAT_FIXED, 2},
        {SYN_METHOD, FORMAT_COMPILED_METHOD, 0},
        {SYN_EPHEMERON, FORMAT_EPHEMERON, 2},
        {SYN_WEAK, FORMAT_WEAK, 0},
        {SYN_LIST, FORMAT_FIXED, 2},
        {SYN_MIXED, FORMAT_MIXED, 1},
        {SYN_BITS64, FORMAT_64BIT, 0},
        {SYN_BITS32, FORMAT_32BIT, 0},
        {SYN_BITS16, FORMAT_16BIT, 0},
        {SYN_PLAIN, FORMAT_FIXED, 3},
        {SYN_CLOSURE, FORMAT_MIXED, 3},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        syn_class(s, rows[i].class_index, rows[i].format, rows[i].named_fields);
    syn_put(s, s->pages[0], CLASS_INDEX_BRIDGE, s->classes[1]);
}

static inline uint64_t syn_string(Synthetic *s, uint64_t class_index, const char *text) {
    size_t size = strlen(text), slot_count = (size + 7) / 8;
    unsigned unused = (unsigned)(slot_count * 8 - size);
    uint64_t object = syn_object(s, class_index, FORMAT_8BIT + unused, slot_count);
    memcpy(syn_word(s, object + 8), text, size);
    return object;
}

// A method of the V3 set with two literals: its code pushes nil and loops over nothing.
static inline uint64_t syn_method(Synthetic *s) {
    static const uint8_t code[] = {115, 135, 120}; // push nil, pop, return self
    uint64_t object = syn_object(s, SYN_METHOD, FORMAT_COMPILED_METHOD + 5, 4);
    syn_put(s, object, 0, raw_from_int(2));
    syn_put(s, object, 1, syn_string(s, SYN_SYMBOL, "run"));
    syn_put(s, object, 2, s->nil);
    memcpy(syn_word(s, object + 8 + 24), code, sizeof code);
    return object;
}

static inline void syn_make_process(Synthetic *s) {
    s->method = syn_method(s);
    s->context = syn_object(s, CLASS_INDEX_CONTEXT, FORMAT_MIXED,
                            CONTEXT_FIRST_TEMP + CONTEXT_SMALL_FRAME_SLOTS);
    syn_put(s, s->context, CONTEXT_PC, raw_from_int(25));
    syn_put(s, s->context, CONTEXT_STACK_POINTER, raw_from_int(0));
    syn_put(s, s->context, CONTEXT_METHOD, s->method);
    s->process = syn_object(s, SYN_PROCESS, FORMAT_FIXED, 4);
    syn_put(s, s->process, PROCESS_SUSPENDED_CONTEXT, s->context);
    syn_put(s, s->process, PROCESS_PRIORITY, raw_from_int(4));
    uint64_t lists = syn_object(s, CLASS_INDEX_ARRAY, FORMAT_INDEXABLE, 8);
    for (uint64_t i = 0; i < 8; i++)
        syn_put(s, lists, i, syn_object(s, SYN_LIST, FORMAT_FIXED, 2));
    uint64_t scheduler = syn_object(s, SYN_SCHEDULER, FORMAT_FIXED, 2);
    syn_put(s, scheduler, SCHEDULER_PROCESS_LISTS, lists);
    syn_put(s, scheduler, SCHEDULER_ACTIVE_PROCESS, s->process);
    uint64_t binding = syn_object(s, SYN_ASSOCIATION, FORMAT_FIXED, 2);
    syn_put(s, binding, ASSOCIATION_VALUE, scheduler);
    syn_put(s, s->special, SPECIAL_PROCESSOR_BINDING, binding);
}

static inline void syn_fill_special(Synthetic *s) {
    static const struct {
        unsigned special, class_index;
    } classes[] = {
        {SPECIAL_CLASS_SMALL_INTEGER, 1},
        {SPECIAL_CLASS_CHARACTER, 2},
        {SPECIAL_CLASS_BYTE_STRING, CLASS_INDEX_BYTE_STRING},
        {SPECIAL_CLASS_ARRAY, CLASS_INDEX_ARRAY},
        {SPECIAL_CLASS_FLOAT, CLASS_INDEX_FLOAT},
        {SPECIAL_CLASS_CONTEXT, CLASS_INDEX_CONTEXT},
        {SPECIAL_CLASS_POINT, SYN_POINT},
        {SPECIAL_CLASS_LARGE_POSITIVE_INTEGER, CLASS_INDEX_LARGE_POSITIVE_INTEGER},
        {SPECIAL_CLASS_LARGE_NEGATIVE_INTEGER, CLASS_INDEX_LARGE_NEGATIVE_INTEGER},
        {SPECIAL_CLASS_MESSAGE, CLASS_INDEX_MESSAGE},
        {SPECIAL_CLASS_BYTE_ARRAY, CLASS_INDEX_BYTE_ARRAY},
        {SPECIAL_CLASS_BLOCK_CLOSURE, SYN_CLOSURE},
        {SPECIAL_CLASS_COMPILED_METHOD, SYN_METHOD},
    };
    static const unsigned selectors[] = {SPECIAL_SELECTOR_DOES_NOT_UNDERSTAND,
                                         SPECIAL_SELECTOR_CANNOT_RETURN,
                                         SPECIAL_SELECTOR_MUST_BE_BOOLEAN};
    syn_put(s, s->special, SPECIAL_NIL, s->nil);
    syn_put(s, s->special, SPECIAL_FALSE, s->false_object);
    syn_put(s, s->special, SPECIAL_TRUE, s->true_object);
    for (size_t i = 0; i < sizeof classes / sizeof *classes; i++)
        syn_put(s, s->special, classes[i].special, s->classes[classes[i].class_index]);
    for (size_t i = 0; i < sizeof selectors / sizeof *selectors; i++)
        syn_put(s, s->special, selectors[i], syn_string(s, SYN_SYMBOL, "selector:"));
    uint64_t pairs = syn_object(s, CLASS_INDEX_ARRAY, FORMAT_INDEXABLE, 64);
    for (uint64_t i = 0; i < 32; i++) {
        syn_put(s, pairs, 2 * i, syn_string(s, SYN_SYMBOL, "+"));
        syn_put(s, pairs, 2 * i + 1, raw_from_int(1));
    }
    syn_put(s, s->special, SPECIAL_SPECIAL_SELECTORS, pairs);
}

// One object of each format that did not occur yet.
static inline void syn_make_examples(Synthetic *s) {
    s->point = syn_object(s, SYN_POINT, FORMAT_FIXED, 2);
    syn_put(s, s->point, POINT_X, raw_from_int(-3));
    syn_put(s, s->point, POINT_Y, raw_from_small_float(2.5));
    s->bytes = syn_string(s, CLASS_INDEX_BYTE_STRING, "hello");
    uint64_t ephemeron = syn_object(s, SYN_EPHEMERON, FORMAT_EPHEMERON, 2);
    syn_put(s, ephemeron, EPHEMERON_KEY, s->bytes);
    uint64_t weak = syn_object(s, SYN_WEAK, FORMAT_WEAK, 2);
    syn_put(s, weak, 0, s->point);
    uint64_t mixed = syn_object(s, SYN_MIXED, FORMAT_MIXED, 3);
    syn_put(s, mixed, 2, (uint64_t)'x' << TAG_BITS | TAG_CHAR);
    syn_object(s, SYN_BITS64, FORMAT_64BIT, 2);
    syn_object(s, SYN_BITS32, FORMAT_32BIT + 1, 2);
    syn_object(s, SYN_BITS16, FORMAT_16BIT + 3, 2);
    syn_object(s, CLASS_INDEX_FREE, 0, 6);
    uint64_t large = syn_object(s, CLASS_INDEX_ARRAY, FORMAT_INDEXABLE, 300);
    syn_put(s, large, 299, s->point);
    syn_put(s, large, 0, ephemeron);
    syn_put(s, large, 1, weak);
    s->closure = syn_object(s, SYN_CLOSURE, FORMAT_MIXED, 3);
    syn_put(s, s->special, SPECIAL_EXTERNAL_OBJECTS, large);
}

static inline void syn_build(Synthetic *s, uint64_t base) {
    memset(s, 0, sizeof *s);
    s->base = base;
    s->nil = syn_object(s, SYN_UNDEFINED, FORMAT_EMPTY, 0);
    s->false_object = syn_object(s, SYN_FALSE, FORMAT_EMPTY, 0);
    s->true_object = syn_object(s, SYN_TRUE, FORMAT_EMPTY, 0);
    s->free_lists = syn_object(s, CLASS_INDEX_64BIT_PUN, FORMAT_64BIT, 64);
    s->root = syn_object(s, CLASS_INDEX_ARRAY_PUN, FORMAT_INDEXABLE,
                         CLASS_TABLE_ROOT_SLOTS + CLASS_TABLE_HIDDEN_SLOTS);
    for (uint64_t i = 0; i < 2; i++) {
        s->pages[i] = syn_object(s, CLASS_INDEX_ARRAY_PUN, FORMAT_INDEXABLE, CLASS_TABLE_PAGE_SIZE);
        syn_put(s, s->root, i, s->pages[i]);
    }
    s->special = syn_object(s, CLASS_INDEX_ARRAY, FORMAT_INDEXABLE, SPECIAL_OBJECT_COUNT);
    syn_make_classes(s);
    syn_make_process(s);
    syn_fill_special(s);
    syn_make_examples(s);
}

// The image file: header, all objects in one segment, bridge. The bytes are the caller's to free.
static inline uint8_t *syn_file(const Synthetic *s, size_t *size) {
    ImageHeader header;
    image_header_default(&header);
    header.base = s->base;
    header.special_objects = s->special;
    header.data_bytes = header.first_segment_bytes = s->count * 8 + IMAGE_BRIDGE_BYTES;
    header.last_hash = 4711;
    *size = IMAGE_HEADER_BYTES + header.data_bytes;
    uint8_t *bytes = calloc(1, *size);
    if (!bytes) abort();
    image_header_encode(&header, bytes);
    memcpy(bytes + IMAGE_HEADER_BYTES, s->words, s->count * 8);
    uint64_t bridge = header_make(0, FORMAT_64BIT, CLASS_INDEX_BRIDGE);
    memcpy(bytes + *size - IMAGE_BRIDGE_BYTES, &bridge, 8);
    return bytes;
}

static inline void syn_write_file(const char *path, const uint8_t *bytes, size_t size) {
    FILE *file = fopen(path, "wb");
    if (!file || fwrite(bytes, 1, size, file) != size || fclose(file) != 0) abort();
}

#endif
