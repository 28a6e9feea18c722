// SPDX-License-Identifier: MIT
// The inner steps of the digests MD5 (RFC 1321), SHA-1 and SHA-256 (FIPS 180-4): one block of 64
// bytes into a state of 32-bit words. Padding and the order of bytes in the result are the
// caller's, as image code has it. States and blocks need not be aligned and may overlap.
#ifndef PARLEY_BASE_DIGEST_H
#define PARLEY_BASE_DIGEST_H

#include <stdint.h>

enum {
    DIGEST_BLOCK_BYTES = 64,
    MD5_WORDS = 4,
    SHA1_WORDS = 5,
    SHA1_EXPANDED_WORDS = 80,
    SHA256_WORDS = 8,
};

extern const uint32_t md5_initial_state[MD5_WORDS];
extern const uint32_t sha256_initial_state[SHA256_WORDS];

void md5_block(uint32_t state[MD5_WORDS], const uint8_t block[DIGEST_BLOCK_BYTES]);
// SHA-1 in the two steps that images take.
void sha1_expand(uint32_t expanded[SHA1_EXPANDED_WORDS], const uint8_t block[DIGEST_BLOCK_BYTES]);
void sha1_block(uint32_t state[SHA1_WORDS], const uint32_t expanded[SHA1_EXPANDED_WORDS]);
void sha256_block(uint32_t state[SHA256_WORDS], const uint8_t block[DIGEST_BLOCK_BYTES]);

#endif
