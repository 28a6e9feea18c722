// SPDX-License-Identifier: MIT
// What writing and reading image segments share: the numbers of the format in segment.h, and what
// a class says of its instances.
#ifndef PARLEY_IMAGE_SEGMENT_FORMAT_H
#define PARLEY_IMAGE_SEGMENT_FORMAT_H

#include "object/header.h"
#include "object/layouts.h"

#define SEGMENT_VERSION      (68021u | (uint32_t)'s' << 24)
#define SEGMENT_VERSION_WORD ((uint64_t)SEGMENT_VERSION << 32 | SEGMENT_VERSION)
#define SEGMENT_OUT_BIT      (1ull << 63) // of a slot
#define SEGMENT_OUT_CLASS    (1ull << 21) // of a class index
enum { SEGMENT_HEAD_BYTES = 8, SEGMENT_CLASS_BIAS = 16 };

static inline unsigned segment_instance_format(uint64_t class_format) {
    return class_format >> TAG_BITS >> 16 & 31;
}
static inline uint64_t segment_named_fields(uint64_t class_format) {
    return class_format >> TAG_BITS & 0xFFFF;
}

// Slots of a context up to its stack pointer; all when that makes no sense. Others hold nothing.
static inline uint64_t segment_live_slots(uint64_t slot_count, uint64_t stack_pointer) {
    if ((stack_pointer & TAG_MASK) != TAG_INT || stack_pointer >> TAG_BITS > slot_count)
        return slot_count;
    uint64_t live = CONTEXT_FIRST_TEMP + (stack_pointer >> TAG_BITS);
    return live < slot_count ? live : slot_count;
}

#endif
