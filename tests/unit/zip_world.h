// SPDX-License-Identifier: MIT
// The objects that the loops of ZipPlugin work on, made as images make them: streams with their
// classes, the trees of fixed blocks for encoding, and the tables of the same trees for decoding.
#ifndef PARLEY_TEST_ZIP_WORLD_H
#define PARLEY_TEST_ZIP_WORLD_H

#include "prim_fixture.h"

#include "plugin/deflate_kernel.h"

enum { ZIP_READ_FIELDS = 3, ZIP_WRITE_FIELDS = 4 }; // of the plain streams
enum { ZIP_INFLATE_FIELDS = 13, ZIP_DEFLATE_FIELDS = 19, ZIP_ENCODER_FIELDS = 7 };
enum { ZIP_BUFFER = 65536, ZIP_LITERALS = 32768, FIXED_LITERALS = 288, FIXED_DISTANCES = 30 };

// An object with so many fields whose class inherits from one with `plain` fields.
static inline Oop zip_object(unsigned fields, unsigned plain) {
    Oop super = fixture_class_object(fixture_add_class(FORMAT_FIXED, plain, -1, 0));
    uint64_t index = fixture_add_class(FORMAT_FIXED, fields, -1, 0);
    field_at_put(&vm->heap, fixture_class_object(index), CLASS_SUPERCLASS, super);
    return fixture_new(index, FORMAT_FIXED, fields);
}
static inline void zip_put(Oop object, int field, Oop value) {
    field_at_put(&vm->heap, object, field, value);
}
static inline uint32_t *zip_words(Oop words) { return (uint32_t *)(void *)object_bytes(words); }

// Decodes `source` from bit 3 on, behind the head of its only block, into so many bytes.
static inline Oop new_inflate_stream(const void *source, size_t source_size, unsigned out_size) {
    Oop stream = zip_object(ZIP_INFLATE_FIELDS, ZIP_READ_FIELDS), bytes = new_bytes(source_size);
    memcpy(object_bytes(bytes), source, source_size);
    zip_put(stream, 0, new_bytes(out_size));
    zip_put(stream, 1, INT(0));
    zip_put(stream, 2, INT(0));
    zip_put(stream, 3, INT(8 | 1)); // in a block, which is the last one
    zip_put(stream, 4, INT(object_bytes(bytes)[0] >> 3));
    zip_put(stream, 5, INT(5));
    zip_put(stream, 6, bytes);
    zip_put(stream, 7, INT(1));
    zip_put(stream, 8, INT((int64_t)source_size));
    return stream;
}

static inline Oop new_deflate_stream(const void *text, size_t size) {
    Oop stream = zip_object(ZIP_DEFLATE_FIELDS, ZIP_WRITE_FIELDS), bytes = new_bytes(ZIP_BUFFER);
    memcpy(object_bytes(bytes), text, size);
    zip_put(stream, 0, bytes);
    zip_put(stream, 1, INT((int64_t)size));
    zip_put(stream, 4, new_words32(DEFLATE_HASHES));
    zip_put(stream, 5, new_words32(DEFLATE_WINDOW));
    zip_put(stream, 6, INT(0));
    zip_put(stream, 7, INT(0));
    zip_put(stream, 8, INT(0));
    zip_put(stream, 9, new_bytes(ZIP_LITERALS));
    zip_put(stream, 10, new_words32(ZIP_LITERALS));
    zip_put(stream, 11, new_words32(DEFLATE_LITERAL_CODES));
    zip_put(stream, 12, new_words32(DEFLATE_DISTANCE_CODES));
    zip_put(stream, 13, INT(0));
    zip_put(stream, 14, INT(0));
    return stream;
}

static inline Oop new_zip_encoder(unsigned size) {
    Oop encoder = zip_object(ZIP_ENCODER_FIELDS, ZIP_WRITE_FIELDS);
    zip_put(encoder, 0, new_bytes(size));
    zip_put(encoder, 1, INT(0));
    zip_put(encoder, 4, INT(0));
    zip_put(encoder, 5, INT(0));
    return encoder;
}

static inline Oop zip_read_stream(Oop collection, int64_t limit) {
    return ARRAY_OF(collection, INT(0), INT(limit));
}

// ---- the trees of fixed blocks (RFC 1951, 3.2.6)

static inline unsigned fixed_length(unsigned symbol) {
    return symbol < 144 ? 8 : symbol < 256 ? 9 : symbol < 280 ? 7 : 8;
}
static inline uint32_t fixed_code(unsigned symbol) {
    if (symbol < 144) return 0x30 + symbol;
    if (symbol < 256) return 0x190 + symbol - 144;
    if (symbol < 280) return symbol - 256;
    return 0xC0 + symbol - 280;
}
static inline uint32_t reversed(uint32_t code, unsigned bits) {
    uint32_t result = 0;
    for (unsigned i = 0; i < bits; i++)
        result |= (code >> i & 1) << (bits - 1 - i);
    return result;
}

static inline Oop fixed_literal_tree(void) {
    Oop lengths = new_words32(FIXED_LITERALS), codes = new_words32(FIXED_LITERALS);
    for (unsigned i = 0; i < FIXED_LITERALS; i++) {
        zip_words(lengths)[i] = fixed_length(i);
        zip_words(codes)[i] = reversed(fixed_code(i), fixed_length(i));
    }
    return ARRAY_OF(lengths, codes, INT(FIXED_LITERALS - 1));
}
static inline Oop fixed_distance_tree(void) {
    Oop lengths = new_words32(FIXED_DISTANCES), codes = new_words32(FIXED_DISTANCES);
    for (unsigned i = 0; i < FIXED_DISTANCES; i++) {
        zip_words(lengths)[i] = 5;
        zip_words(codes)[i] = reversed(i, 5);
    }
    return ARRAY_OF(lengths, codes, INT(FIXED_DISTANCES - 1));
}

// ---- the tables to decode them

static inline uint32_t literal_value(unsigned symbol) {
    static const uint16_t bases[] = {3,  4,  5,  6,   7,   8,   9,   10,  11, 13,
                                     15, 17, 19, 23,  27,  31,  35,  43,  51, 59,
                                     67, 83, 99, 115, 131, 163, 195, 227, 258};
    static const uint8_t extras[] = {0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2,
                                     2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 0};
    if (symbol <= 256) return symbol;
    if (symbol > 285) return 0;
    return bases[symbol - 257] + (extras[symbol - 257] + 1u) * 65536;
}
static inline uint32_t distance_value(unsigned symbol) {
    uint32_t extra = symbol < 4 ? 0 : symbol / 2 - 1;
    return (symbol < 4 ? symbol + 1 : ((2 + symbol % 2) << extra) + 1) + extra * 65536;
}

// Seven bits, then one or two more where the codes are longer.
static inline Oop fixed_literal_table(void) {
    enum { FIRST_BITS = 7, MOST = 1 + 128 + 104 * 4 };
    Oop table = new_words32(MOST);
    uint32_t *words = zip_words(table), next = 2 + 128; // counted from 1
    words[0] = (uint32_t)FIRST_BITS << 24 | 2;
    for (unsigned i = 0; i < FIXED_LITERALS; i++) {
        unsigned length = fixed_length(i), more = length - FIRST_BITS;
        uint32_t first = reversed(fixed_code(i) >> more, FIRST_BITS);
        if (more == 0) {
            words[1 + first] = literal_value(i);
            continue;
        }
        if (words[1 + first] == 0) {
            words[1 + first] = more << 24 | next;
            next += 1u << more;
        }
        uint32_t sub = words[1 + first] & 0xFFFF;
        words[sub - 1 + reversed(fixed_code(i) & ((1u << more) - 1), more)] = literal_value(i);
    }
    return table;
}
static inline Oop fixed_distance_table(void) {
    Oop table = new_words32(1 + 32);
    zip_words(table)[0] = 5u << 24 | 2;
    for (unsigned i = 0; i < FIXED_DISTANCES; i++)
        zip_words(table)[1 + reversed(i, 5)] = distance_value(i);
    return table;
}

// A text that repeats itself, by chance, near and far.
static inline void zip_text(char *text, size_t size) {
    uint64_t random = 88172645463325252ull;
    for (size_t i = 0; i < size;) {
        random ^= random << 13, random ^= random >> 7, random ^= random << 17;
        size_t length = random % 37, back = (random >> 8) % 9001 + 1;
        for (; length > 0 && i < size; length--, i++)
            text[i] = back < i ? text[i - back] : (char)('a' + random % 26);
        if (i < size) text[i++] = (char)(random >> 40);
    }
}

#endif
