// SPDX-License-Identifier: MIT
// See image_source.h. Nothing is believed of the image: each object is looked at before it is taken
// for what it should be.
#include "cmd/image_source.h"

#include <stdlib.h>
#include <string.h>

#include "compile/source_tree.h"
#include "run/primitive.h"
#include "run/report.h"

static Oop field(const VM *vm, Oop object, unsigned i) {
    if (!report_has_fields(vm, object, i + 1)) return vm->heap.nil;
    return heap_follow(&vm->heap, field_at(object, (int)i));
}

static bool is_called(const VM *vm, Oop string, const char *wanted) {
    char name[REPORT_NAME_BYTES];
    report_string(vm, string, name, sizeof name);
    return strcmp(name, wanted) == 0;
}

// ---- texts

// Characters of a byte string are those of Latin-1, those of a wide one are words.
static char *text_of(const VM *vm, Oop string) {
    enum { LONGEST = 4, LAST_CHARACTER = 0x10FFFF };
    if (!report_is_object(vm, string)) return NULL;
    bool is_wide = object_is_words32(string);
    if (!is_wide && !object_is_bytes(string)) return NULL;
    size_t count = (size_t)num_concrete(element_count(string));
    char *text = malloc(LONGEST * count + 1), *to = text;
    for (size_t i = 0; text && i < count; i++) {
        Num at = num((int64_t)i);
        uint32_t code =
            (uint32_t)num_concrete(is_wide ? word32_at(string, at) : byte_at(string, at));
        to = text_put_character(to, code == '\r' ? '\n' : code > LAST_CHARACTER ? '?' : code);
    }
    if (text) *to = 0;
    return text;
}

// ---- the property

// In the AdditionalMethodState that stands where other methods have their selector.
static Oop source_property(const VM *vm, Oop method) {
    Num last_but_one = num_sub(method_literal_count(method), num(1));
    if (num_lt(last_but_one, num(1))) return vm->heap.nil;
    Oop state = heap_follow(&vm->heap, slot_at(method, last_but_one));
    if (!report_has_fields(vm, state, ADDITIONAL_METHOD_STATE_SELECTOR + 1)) return vm->heap.nil;
    unsigned count = (unsigned)num_concrete(slot_count(state));
    for (unsigned i = ADDITIONAL_METHOD_STATE_SELECTOR + 1; i < count; i++) {
        Oop association = field(vm, state, i);
        if (is_called(vm, field(vm, association, 0), "source")) return field(vm, association, 1);
    }
    return vm->heap.nil;
}

// ---- ParleySources

typedef struct SourcesSearch {
    VM *vm;
    Oop found; // none: nothing yet
} SourcesSearch;

// The fields of a ParleySources, and of the OrderedCollection of its chunks, an Association each.
enum { SOURCES_CHUNKS = 3 };
enum { COLLECTION_ARRAY, COLLECTION_FIRST, COLLECTION_LAST };

static bool visit_sources(void *context, Oop object) {
    SourcesSearch *search = context;
    VM *vm = search->vm;
    char name[REPORT_NAME_BYTES];
    if (!report_has_fields(vm, object, SOURCES_CHUNKS + 1)) return true;
    report_class_name(vm, object, name, sizeof name);
    if (strcmp(name, "ParleySources") != 0) return true;
    search->found = object;
    return false;
}

// The trailer's number: big endian; which file (it is always the one), then which chunk.
static uint64_t chunk_number(Oop method) {
    enum { TRAILER_BYTES = 5 };
    uint64_t size = (uint64_t)num_concrete(byte_count(method)), pointer = 0;
    for (uint64_t i = size - TRAILER_BYTES; size >= TRAILER_BYTES && i < size; i++)
        pointer = pointer << 8 | (uint8_t)num_concrete(byte_at(method, num((int64_t)i)));
    return pointer >> 1;
}

static Oop source_chunk(VM *vm, Oop method) {
    SourcesSearch search = {vm, oop_none()};
    heap_for_each_object(&vm->heap, visit_sources, &search);
    if (oop_is_none(search.found)) return vm->heap.nil;
    Oop chunks = field(vm, search.found, SOURCES_CHUNKS);
    Oop array = field(vm, chunks, COLLECTION_ARRAY), first = field(vm, chunks, COLLECTION_FIRST);
    uint64_t number = chunk_number(method);
    if (!oop_is_int(first) || number == 0 || number > INT32_MAX) return vm->heap.nil;
    int64_t place = num_concrete(num_from_oop(first)) + (int64_t)number - 2;
    return place < 0 ? vm->heap.nil : field(vm, field(vm, array, (unsigned)place), 1);
}

char *image_source(VM *vm, Oop method) {
    char *source = text_of(vm, source_property(vm, method));
    return source ? source : text_of(vm, source_chunk(vm, method));
}
