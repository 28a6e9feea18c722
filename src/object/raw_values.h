// SPDX-License-Identifier: MIT
// What the expressions of ops.tbl are made of beside header.h: the machine types that stand for
// Oop, Num, Word and Real in them, and reads that the C language has no operator for. Included by
// whoever expands the table.
#ifndef PARLEY_OBJECT_RAW_VALUES_H
#define PARLEY_OBJECT_RAW_VALUES_H

#include <math.h>
#include <stdint.h>
#include <string.h>

#include "object/header.h"
#include "object/small_float.h"

typedef uint64_t raw_Oop;
typedef int64_t raw_Num;
typedef uint64_t raw_Word;
typedef double raw_Real;

static inline uint64_t raw_load_u8(uint64_t address) {
    return *(const uint8_t *)(uintptr_t)address;
}
static inline uint64_t raw_load_u16(uint64_t address) {
    uint16_t value;
    memcpy(&value, (const void *)(uintptr_t)address, 2);
    return value;
}
static inline uint64_t raw_load_u32(uint64_t address) {
    uint32_t value;
    memcpy(&value, (const void *)(uintptr_t)address, 4);
    return value;
}
static inline int64_t raw_class_index_of(uint64_t bits) {
    return (int64_t)(raw_is_immediate(bits) ? bits & TAG_MASK : raw_class_index(bits));
}
// One load serves both questions: pointers, and at least two of them.
static inline bool raw_is_association(uint64_t bits) {
    uint64_t header = raw_load(bits);
    return format_is_pointers(header_format(header)) && header >> HEADER_SLOTS_SHIFT >= 2;
}
static inline uint64_t raw_bits_of_double(double value) {
    uint64_t bits;
    memcpy(&bits, &value, 8);
    return bits;
}
static inline double raw_double_of_bits(uint64_t bits) {
    double value;
    memcpy(&value, &bits, 8);
    return value;
}
static inline double raw_double_of_float_bits(uint32_t bits) {
    float value;
    memcpy(&value, &bits, 4);
    return value;
}
static inline uint64_t raw_float_bits_of_double(double value) {
    float narrow = (float)value;
    uint32_t bits;
    memcpy(&bits, &narrow, 4);
    return bits;
}

#endif
