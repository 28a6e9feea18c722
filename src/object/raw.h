// SPDX-License-Identifier: MIT
// The address of an object's body, for leaf functions that work on plain C buffers (digits,
// string search, copies) after all checks are made. The address is good until the next point at
// which objects may move.
#ifndef PARLEY_OBJECT_RAW_H
#define PARLEY_OBJECT_RAW_H

#include <stdint.h>

#include "object/ops.h"

#ifdef PARLEY_RECORDING
uint8_t *object_bytes(Oop object);
#else
static inline uint8_t *object_bytes(Oop object) {
    return (uint8_t *)(uintptr_t)(oop_bits(object) + 8);
}
#endif

#endif
