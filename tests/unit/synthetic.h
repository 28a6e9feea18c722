// SPDX-License-Identifier: MIT
// Objects in plain memory, for tests of code that only reads objects: no heap is needed.
#ifndef TESTS_UNIT_SYNTHETIC_H
#define TESTS_UNIT_SYNTHETIC_H

#include <stdint.h>
#include <string.h>

#include "object/header.h"

// Room for the objects of one test; reset by setting used_words to 0.
typedef struct ObjectPool {
    uint64_t words[8192];
    size_t used_words;
} ObjectPool;

// An object whose body is zero. The overflow word is there whether the size wants it or not.
static inline Oop pool_object(ObjectPool *pool, uint64_t class_index, unsigned format,
                              uint64_t slot_count) {
    uint64_t *header = pool->words + pool->used_words + 1;
    header[-1] = HEADER_SLOTS_OVERFLOW << HEADER_SLOTS_SHIFT | slot_count;
    pool->used_words += 2 + (slot_count ? slot_count : 1);
    memset(header, 0, 8 * (slot_count + 1));
    header[0] = header_make(slot_count, format, class_index);
    return oop_from_bits((uint64_t)(uintptr_t)header);
}
static inline Oop pool_int(int64_t value) { return oop_from_bits(raw_from_int(value)); }
static inline void pool_put(Oop object, uint64_t index, Oop value) {
    raw_store(raw_slot_address(oop_bits(object), index), oop_bits(value));
}
static inline Oop pool_string(ObjectPool *pool, const char *text) {
    size_t size = strlen(text);
    Oop string = pool_object(pool, 52, FORMAT_8BIT + (unsigned)(-size & 7), (size + 7) / 8);
    memcpy((void *)(uintptr_t)(oop_bits(string) + 8), text, size);
    return string;
}
static inline Oop pool_association(ObjectPool *pool) {
    return pool_object(pool, 1024, FORMAT_FIXED, 2);
}

// What a compiled method is made from.
typedef struct MethodParts {
    bool sista, has_primitive, large_frame;
    int arguments, temps; // arguments included
    const Oop *literals;
    size_t literal_count;
    const uint8_t *code;
    size_t code_size;
} MethodParts;

static inline Oop pool_method(ObjectPool *pool, MethodParts parts) {
    uint64_t slots = 1 + parts.literal_count + (parts.code_size + 7) / 8;
    Oop method =
        pool_object(pool, 1025, FORMAT_COMPILED_METHOD + (unsigned)(-parts.code_size & 7), slots);
    int64_t header = (int64_t)parts.literal_count | (int64_t)parts.has_primitive << 16 |
                     (int64_t)parts.large_frame << 17 | (int64_t)parts.temps << 18 |
                     (int64_t)parts.arguments << 24;
    if (parts.sista) header |= INT64_MIN >> 3;
    pool_put(method, 0, pool_int(header));
    for (size_t i = 0; i < parts.literal_count; i++)
        pool_put(method, i + 1, parts.literals[i]);
    memcpy((void *)(uintptr_t)raw_slot_address(oop_bits(method), 1 + parts.literal_count),
           parts.code, parts.code_size);
    return method;
}

#define BYTES(...) (const uint8_t[]){__VA_ARGS__}, sizeof((const uint8_t[]){__VA_ARGS__})

#endif
