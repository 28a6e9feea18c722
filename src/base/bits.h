// SPDX-License-Identifier: MIT
// Bytes to numbers and back, in the host's byte order unless the name says otherwise, always
// through memcpy: the compiler makes one instruction of it and alignment never matters.
#ifndef PARLEY_BASE_BITS_H
#define PARLEY_BASE_BITS_H

#include <stdint.h>
#include <string.h>

#define BITS_LOAD_STORE(name, T)                                                                   \
    static inline T load_##name(const void *from) {                                                \
        T value;                                                                                   \
        memcpy(&value, from, sizeof value);                                                        \
        return value;                                                                              \
    }                                                                                              \
    static inline void store_##name(void *to, T value) { memcpy(to, &value, sizeof value); }

BITS_LOAD_STORE(u16, uint16_t)
BITS_LOAD_STORE(u32, uint32_t)
BITS_LOAD_STORE(u64, uint64_t)
BITS_LOAD_STORE(i16, int16_t)
BITS_LOAD_STORE(i32, int32_t)
BITS_LOAD_STORE(i64, int64_t)
BITS_LOAD_STORE(f32, float)
BITS_LOAD_STORE(f64, double)
#undef BITS_LOAD_STORE

static inline uint64_t round_up(uint64_t value, uint64_t power_of_two) {
    return (value + power_of_two - 1) & ~(power_of_two - 1);
}

// How many bits are set. Written out: without a flag for newer CPUs the builtin is a call.
static inline unsigned bits_count(uint64_t bits) {
    bits -= bits >> 1 & 0x5555555555555555ull;
    bits = (bits & 0x3333333333333333ull) + (bits >> 2 & 0x3333333333333333ull);
    bits = (bits + (bits >> 4)) & 0x0F0F0F0F0F0F0F0Full;
    return (unsigned)(bits * 0x0101010101010101ull >> 56);
}

#endif
