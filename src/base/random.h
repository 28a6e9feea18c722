// SPDX-License-Identifier: MIT
// Numbers that look like chance and are the same in every run: for runs that must repeat. What
// must be unguessable comes from os_random_bytes.
// Source: Steele, Lea, Flood, "Fast Splittable Pseudorandom Number Generators" (SplitMix64), 2014.
#ifndef PARLEY_BASE_RANDOM_H
#define PARLEY_BASE_RANDOM_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

static inline uint64_t random_next(uint64_t *state) {
    uint64_t z = *state += UINT64_C(0x9E3779B97F4A7C15);
    z = (z ^ z >> 30) * UINT64_C(0xBF58476D1CE4E5B9);
    z = (z ^ z >> 27) * UINT64_C(0x94D049BB133111EB);
    return z ^ z >> 31;
}

static inline void random_fill(uint64_t *state, uint8_t *bytes, size_t count) {
    while (count > 0) {
        uint64_t number = random_next(state);
        size_t part = count < sizeof number ? count : sizeof number;
        memcpy(bytes, &number, part);
        bytes += part, count -= part;
    }
}

#endif
