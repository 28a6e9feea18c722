// SPDX-License-Identifier: MIT
// The Spur object header and the formats, on raw machine words. This file opens the words, for
// those who lay objects out, move them, or make machine code that looks into them. Semantic code,
// that is primitives, bodies of bytecodes and plugins, uses ops.h (tools/lint.sh looks).
//
//    63      56 55 54 53              32 31 30 29 28    24 23 22 21           0
//   +----------+--+--+------------------+--+--+--+--------+--+--+--------------+
//   |slot count|M |  |  identity hash   |G |P |R | format |I |  |  class index |
//   +----------+--+--+------------------+--+--+--+--------+--+--+--------------+
//    M marked   G grey   P pinned   R remembered   I immutable (read-only)
//    Bits 22 and 54 are zero in images; in new space they hold the object's age.
//
// A slot count of 255 says that the word before the header holds the real count in its low 56
// bits (its top byte is 255 too). A body has at least one word, so that a forwarding pointer
// fits; objects are 8-byte aligned. `raw` below is the address of the header word, which is also
// the object pointer. Source: the Spur papers and spur64 sources of OpenSmalltalk-VM.
#ifndef PARLEY_OBJECT_HEADER_H
#define PARLEY_OBJECT_HEADER_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "object/format.h"
#include "object/word.h"

#define HEADER_CLASS_INDEX_MASK 0x3FFFFFull
#define HEADER_IMMUTABLE        (1ull << 23)
#define HEADER_FORMAT_SHIFT     24
#define HEADER_FORMAT_MASK      (31ull << HEADER_FORMAT_SHIFT)
#define HEADER_REMEMBERED       (1ull << 29)
#define HEADER_PINNED           (1ull << 30)
#define HEADER_GREY             (1ull << 31)
#define HEADER_HASH_SHIFT       32
#define HEADER_HASH_MASK        ((HEADER_HASH_LIMIT - 1) << HEADER_HASH_SHIFT)
#define HEADER_MARKED           (1ull << 55)
#define HEADER_AGE_LOW          (1ull << 22)
#define HEADER_AGE_HIGH         (1ull << 54)
#define HEADER_AGE_MASK         (HEADER_AGE_LOW | HEADER_AGE_HIGH)
#define HEADER_SLOTS_SHIFT      56
#define OVERFLOW_COUNT_MASK     ((1ull << 56) - 1)

static inline uint64_t raw_load(uint64_t address) {
    uint64_t word;
    memcpy(&word, (const void *)(uintptr_t)address, 8);
    return word;
}
static inline void raw_store(uint64_t address, uint64_t word) {
    memcpy((void *)(uintptr_t)address, &word, 8);
}

static inline bool raw_is_immediate(uint64_t raw) { return (raw & TAG_MASK) != 0; }
static inline uint64_t header_class_index(uint64_t h) { return h & HEADER_CLASS_INDEX_MASK; }
// Does an object with that class index belong to the image's class there? Not so the puns; but an
// immediate's class may have instances that are none (Character basicNew), since others make them.
static inline bool class_index_is_ordinary(uint64_t index) {
    return index > CLASS_INDEX_LAST_PUN || index == TAG_INT || index == TAG_CHAR ||
           index == TAG_FLOAT;
}
static inline unsigned header_format(uint64_t h) { return (h >> HEADER_FORMAT_SHIFT) & 31; }
static inline uint64_t header_hash(uint64_t h) {
    return (h >> HEADER_HASH_SHIFT) & (HEADER_HASH_LIMIT - 1);
}
static inline uint64_t header_make(uint64_t slot_count, unsigned format, uint64_t class_index) {
    uint64_t field = slot_count < HEADER_SLOTS_OVERFLOW ? slot_count : HEADER_SLOTS_OVERFLOW;
    return field << HEADER_SLOTS_SHIFT | (uint64_t)format << HEADER_FORMAT_SHIFT | class_index;
}
static inline uint64_t header_with_format(uint64_t h, unsigned format) {
    return (h & ~HEADER_FORMAT_MASK) | (uint64_t)format << HEADER_FORMAT_SHIFT;
}
static inline uint64_t header_with_class_index(uint64_t h, uint64_t class_index) {
    return (h & ~HEADER_CLASS_INDEX_MASK) | class_index;
}
static inline uint64_t header_with_hash(uint64_t h, uint64_t hash) {
    return (h & ~HEADER_HASH_MASK) | hash << HEADER_HASH_SHIFT;
}

// Scavenges that a young object has survived, at most HEADER_AGE_LIMIT.
enum { HEADER_AGE_LIMIT = 3 };
static inline unsigned header_age(uint64_t h) { return (h >> 22 & 1) | (h >> 53 & 2); }
static inline uint64_t header_with_age(uint64_t h, unsigned age) {
    return (h & ~HEADER_AGE_MASK) | (uint64_t)(age & 1) << 22 | (uint64_t)(age >> 1 & 1) << 54;
}

static inline bool raw_has_overflow(uint64_t raw) {
    return raw_load(raw) >> HEADER_SLOTS_SHIFT == HEADER_SLOTS_OVERFLOW;
}
// Words of the body that the object uses (not counting the word that pads an empty body).
static inline uint64_t raw_slot_count(uint64_t raw) {
    uint64_t field = raw_load(raw) >> HEADER_SLOTS_SHIFT;
    return field < HEADER_SLOTS_OVERFLOW ? field : raw_load(raw - 8) & OVERFLOW_COUNT_MASK;
}
static inline uint64_t raw_slot_address(uint64_t raw, uint64_t index) {
    return raw + 8 + index * 8;
}
static inline uint64_t raw_slot(uint64_t raw, uint64_t index) {
    return raw_load(raw_slot_address(raw, index));
}
static inline unsigned raw_format(uint64_t raw) { return header_format(raw_load(raw)); }
static inline uint64_t raw_class_index(uint64_t raw) { return header_class_index(raw_load(raw)); }

// Bytes from the header word to the end of the body.
static inline uint64_t raw_bytes_from_header(uint64_t slot_count) {
    return 8 + (slot_count ? slot_count : 1) * 8;
}
// Bytes that an object with so many slots takes in memory, overflow word included.
static inline uint64_t raw_bytes_for_slots(uint64_t slot_count) {
    return raw_bytes_from_header(slot_count) + (slot_count >= HEADER_SLOTS_OVERFLOW ? 8 : 0);
}
// The address after the object.
static inline uint64_t raw_end(uint64_t raw) {
    return raw + raw_bytes_from_header(raw_slot_count(raw));
}
// The object (its header word) that begins at `start`, the first byte after another object:
// steps over an overflow word.
static inline uint64_t raw_object_at(uint64_t start) {
    return raw_load(start) >> HEADER_SLOTS_SHIFT == HEADER_SLOTS_OVERFLOW ? start + 8 : start;
}

static inline bool format_is_pointers(unsigned format) { return format <= FORMAT_EPHEMERON; }
static inline bool format_is_indexable_pointers(unsigned format) {
    return format >= FORMAT_INDEXABLE && format <= FORMAT_WEAK;
}
static inline bool format_is_bits(unsigned format) { return format >= FORMAT_64BIT; }
static inline bool format_is_pure_bits(unsigned format) {
    return format >= FORMAT_64BIT && format < FORMAT_COMPILED_METHOD;
}
static inline bool format_is_bytes(unsigned format) {
    return format >= FORMAT_8BIT && format < FORMAT_COMPILED_METHOD;
}
static inline bool format_is_method(unsigned format) { return format >= FORMAT_COMPILED_METHOD; }
// log2 of the size in bytes of an indexed element of a bits format (bytes for methods).
static inline unsigned format_element_shift(unsigned format) {
    return format >= FORMAT_8BIT ? 0 : format >= FORMAT_16BIT ? 1 : format >= FORMAT_32BIT ? 2 : 3;
}
// Elements at the end of the last word that are not used.
static inline unsigned format_unused_elements(unsigned format) {
    return format >= FORMAT_8BIT    ? format & 7
           : format >= FORMAT_16BIT ? format & 3
           : format >= FORMAT_32BIT ? format & 1
                                    : 0;
}
// Bytes of the body in use, for the bits formats (methods: literals included).
static inline uint64_t raw_byte_size(uint64_t raw) {
    unsigned format = raw_format(raw);
    return raw_slot_count(raw) * 8 -
           ((uint64_t)format_unused_elements(format) << format_element_shift(format));
}

// Literals of a compiled method, from its header word in slot 0 (a SmallInteger).
static inline uint64_t raw_method_literal_count(uint64_t raw) {
    return raw_slot(raw, 0) >> TAG_BITS & 0x7FFF;
}
static inline uint64_t raw_method_argument_count(uint64_t raw) {
    return raw_slot(raw, 0) >> (TAG_BITS + 24) & 15;
}
// With the arguments. Of faulty code in which arguments have one name compilers say that it has
// fewer temporaries than arguments; but the caller pushes all of these, and they are where a frame
// has its temporaries.
static inline uint64_t raw_method_temp_count(uint64_t raw) {
    uint64_t temps = raw_slot(raw, 0) >> (TAG_BITS + 18) & 63;
    uint64_t arguments = raw_method_argument_count(raw);
    return temps < arguments ? arguments : temps;
}
// Slots that hold oops and must be traced: all of a pointer object, header and literals of a
// method, none of a bits object, one of a forwarder.
static inline uint64_t raw_pointer_slot_count(uint64_t raw) {
    unsigned format = raw_format(raw);
    if (format_is_pointers(format)) return raw_slot_count(raw);
    if (format_is_method(format)) return raw_method_literal_count(raw) + 1;
    return format == FORMAT_FORWARDER ? 1 : 0;
}

static inline uint64_t raw_from_int(int64_t value) { return (uint64_t)value << TAG_BITS | TAG_INT; }
static inline int64_t raw_int(uint64_t raw) { return (int64_t)raw >> TAG_BITS; }
static inline bool raw_fits_int(int64_t value) {
    return (int64_t)((uint64_t)value << TAG_BITS) >> TAG_BITS == value;
}

#ifndef PARLEY_RECORDING
// Between the opaque words and machine words.
static inline uint64_t oop_bits(Oop oop) { return oop.bits; }
static inline Oop oop_from_bits(uint64_t bits) { return (Oop){bits}; }
#endif

#endif
