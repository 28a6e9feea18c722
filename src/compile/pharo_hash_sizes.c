// SPDX-License-Identifier: MIT
// The capacities that Pharo's hashed collections grow to: HashTableSizes class>>sizes, which the
// smallest kernel cannot compute itself. Five primes a power of two, spaced evenly on a logarithmic
// scale, none of them near the next power, nor a divisor of 256^k +- 32 or of the multiplier of
// hashes (A. Valloud, Hashing in Smalltalk; D. Knuth, TAOCP 3).
#include <math.h>

#include "base/bytes.h"
#include "compile/pharo.h"

enum { SIZES_PER_POWER = 5, LAST_POWER = 30, SIZE_LIMIT = SIZES_PER_POWER * LAST_POWER, NEAR = 32 };

static bool is_prime(uint64_t odd) {
    for (uint64_t divisor = 3; divisor * divisor <= odd; divisor += 2)
        if (odd % divisor == 0) return false;
    return true;
}

// Whether a remainder is -limit..limit.
static bool is_near_zero(uint64_t remainder, uint64_t divisor, uint64_t limit) {
    return remainder <= limit || divisor - remainder <= limit;
}

static bool is_good(uint64_t candidate) {
    if (!is_prime(candidate)) return false;
    if (candidate <= HASH_MULTIPLIER / 2 + 2 &&
        is_near_zero(HASH_MULTIPLIER % candidate, candidate, 1))
        return false;
    uint64_t power = 1;
    for (unsigned k = 1; candidate >= 256 && k <= 8; k++) {
        power = power * 256 % candidate;
        if (is_near_zero(power, candidate, NEAR)) return false;
    }
    return true;
}

// The next good prime from 2^exponent on; 0: none before the next power of two is near.
static uint64_t good_prime(double exponent) {
    uint64_t candidate = (uint64_t)llround(exp2(exponent)) | 1;
    uint64_t limit = (uint64_t)llround(exp2(ceil(exponent) - 0.5 / SIZES_PER_POWER));
    while (!is_good(candidate)) {
        candidate += 2;
        if (candidate > limit) return 0;
    }
    return candidate;
}

// The least element is below every prime, so that searches need not look.
Oop pharo_hash_sizes(Builder *builder) {
    ObjectMaker *maker = &builder->maker;
    Oop sizes[SIZE_LIMIT + 1] = {make_integer(maker, 0)};
    size_t count = 1;
    uint64_t last = 0;
    for (unsigned i = 0;; i++) {
        double exponent = 2 + (0.5 + i) / SIZES_PER_POWER;
        if (exponent > LAST_POWER || count > SIZE_LIMIT) break;
        uint64_t prime = good_prime(exponent);
        if (prime == 0 || prime == last) continue;
        sizes[count++] = make_integer(maker, (int64_t)prime);
        last = prime;
    }
    return builder_array(builder, sizes, count);
}
