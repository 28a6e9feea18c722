// SPDX-License-Identifier: MIT
// Below the checked operations: the address of an object's body, for leaf functions that work on
// plain C buffers (digits, string search, copies), and stores into its header. Used after all
// checks are made. The address is good until the next point at which objects may move.
#ifndef PARLEY_OBJECT_RAW_H
#define PARLEY_OBJECT_RAW_H

#include <stdint.h>

#include "object/ops.h"

#ifdef PARLEY_RECORDING
uint8_t *object_bytes(Oop object);
void object_set_hash(Oop object, Num hash);
void object_set_class_and_format(Oop object, Num class_index, Num format);
#else
static inline uint8_t *object_bytes(Oop object) {
    return (uint8_t *)(uintptr_t)(oop_bits(object) + 8);
}
// Header fields that a primitive may set. The caller has made sure that the contents fit the new
// format, and that the class table knows the class; a class that is in it keeps its hash.
static inline void object_set_hash(Oop object, Num hash) {
    raw_store(object.bits, header_with_hash(raw_load(object.bits), (uint64_t)hash.value));
}
static inline void object_set_class_and_format(Oop object, Num class_index, Num format) {
    uint64_t header = header_with_class_index(raw_load(object.bits), (uint64_t)class_index.value);
    raw_store(object.bits, header_with_format(header, (unsigned)format.value));
}
#endif

#endif
