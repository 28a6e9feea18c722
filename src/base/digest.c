// SPDX-License-Identifier: MIT
// The inner steps of MD5, SHA-1 and SHA-256.
// Sources: RFC 1321 (Rivest, 1992); FIPS 180-4 (NIST, 2015).
#include "base/digest.h"

#include <string.h>

static uint32_t rotated(uint32_t x, unsigned places) { return x << places | x >> (32 - places); }

// Some bits of y where x has ones, of z where it has zeros; and what most of the three have.
static uint32_t chosen(uint32_t x, uint32_t y, uint32_t z) { return (x & y) | (~x & z); }
static uint32_t majority(uint32_t x, uint32_t y, uint32_t z) { return (x & y) | (x & z) | (y & z); }

static uint32_t big_endian(const uint8_t *bytes) {
    return (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 | bytes[3];
}

// ---- MD5

const uint32_t md5_initial_state[MD5_WORDS] = {0x67452301, 0xEFCDAB89, 0x98BADCFE, 0x10325476};

// The integer parts of 2^32 |sin i|.
static const uint32_t md5_constants[64] = {
    0xD76AA478, 0xE8C7B756, 0x242070DB, 0xC1BDCEEE, 0xF57C0FAF, 0x4787C62A, 0xA8304613, 0xFD469501,
    0x698098D8, 0x8B44F7AF, 0xFFFF5BB1, 0x895CD7BE, 0x6B901122, 0xFD987193, 0xA679438E, 0x49B40821,
    0xF61E2562, 0xC040B340, 0x265E5A51, 0xE9B6C7AA, 0xD62F105D, 0x02441453, 0xD8A1E681, 0xE7D3FBC8,
    0x21E1CDE6, 0xC33707D6, 0xF4D50D87, 0x455A14ED, 0xA9E3E905, 0xFCEFA3F8, 0x676F02D9, 0x8D2A4C8A,
    0xFFFA3942, 0x8771F681, 0x6D9D6122, 0xFDE5380C, 0xA4BEEA44, 0x4BDECFA9, 0xF6BB4B60, 0xBEBFBC70,
    0x289B7EC6, 0xEAA127FA, 0xD4EF3085, 0x04881D05, 0xD9D4D039, 0xE6DB99E5, 0x1FA27CF8, 0xC4AC5665,
    0xF4292244, 0x432AFF97, 0xAB9423A7, 0xFC93A039, 0x655B59C3, 0x8F0CCC92, 0xFFEFF47D, 0x85845DD1,
    0x6FA87E4F, 0xFE2CE6E0, 0xA3014314, 0x4E0811A1, 0xF7537E82, 0xBD3AF235, 0x2AD7D2BB, 0xEB86D391,
};

static uint32_t md5_mix(unsigned round, uint32_t b, uint32_t c, uint32_t d) {
    switch (round) {
    case 0:
        return chosen(b, c, d);
    case 1:
        return chosen(d, b, c);
    case 2:
        return b ^ c ^ d;
    default:
        return c ^ (b | ~d);
    }
}

void md5_block(uint32_t state[MD5_WORDS], const uint8_t block[DIGEST_BLOCK_BYTES]) {
    static const uint8_t shifts[4][4] = {
        {7, 12, 17, 22}, {5, 9, 14, 20}, {4, 11, 16, 23}, {6, 10, 15, 21}};
    static const uint8_t strides[4] = {1, 5, 3, 7}, starts[4] = {0, 1, 5, 0};
    uint32_t words[16], a, b, c, d;
    memcpy(words, block, sizeof words); // the host is little endian, as MD5 is
    uint32_t s[MD5_WORDS];
    memcpy(s, state, sizeof s);
    a = s[0], b = s[1], c = s[2], d = s[3];
    for (unsigned i = 0; i < 64; i++) {
        unsigned round = i / 16, word = (strides[round] * i + starts[round]) % 16;
        uint32_t sum = a + md5_mix(round, b, c, d) + words[word] + md5_constants[i];
        a = d, d = c, c = b;
        b += rotated(sum, shifts[round][i % 4]);
    }
    s[0] += a, s[1] += b, s[2] += c, s[3] += d;
    memcpy(state, s, sizeof s);
}

// ---- SHA-1

void sha1_expand(uint32_t expanded[SHA1_EXPANDED_WORDS], const uint8_t block[DIGEST_BLOCK_BYTES]) {
    uint32_t w[SHA1_EXPANDED_WORDS];
    for (unsigned i = 0; i < 16; i++)
        w[i] = big_endian(block + 4 * i);
    for (unsigned i = 16; i < SHA1_EXPANDED_WORDS; i++)
        w[i] = rotated(w[i - 3] ^ w[i - 8] ^ w[i - 14] ^ w[i - 16], 1);
    memcpy(expanded, w, sizeof w);
}

static uint32_t sha1_mix(unsigned round, uint32_t b, uint32_t c, uint32_t d) {
    static const uint32_t constants[4] = {0x5A827999, 0x6ED9EBA1, 0x8F1BBCDC, 0xCA62C1D6};
    uint32_t mixed = round == 0 ? chosen(b, c, d) : round == 2 ? majority(b, c, d) : b ^ c ^ d;
    return mixed + constants[round];
}

void sha1_block(uint32_t state[SHA1_WORDS], const uint32_t expanded[SHA1_EXPANDED_WORDS]) {
    uint32_t s[SHA1_WORDS], word;
    memcpy(s, state, sizeof s);
    uint32_t a = s[0], b = s[1], c = s[2], d = s[3], e = s[4];
    for (unsigned i = 0; i < SHA1_EXPANDED_WORDS; i++) {
        memcpy(&word, (const uint8_t *)expanded + 4 * i, sizeof word);
        uint32_t sum = rotated(a, 5) + sha1_mix(i / 20, b, c, d) + e + word;
        e = d, d = c, c = rotated(b, 30), b = a, a = sum;
    }
    s[0] += a, s[1] += b, s[2] += c, s[3] += d, s[4] += e;
    memcpy(state, s, sizeof s);
}

// ---- SHA-256

// Fractional parts of the square roots of the first 8 primes, of the cube roots of the first 64.
const uint32_t sha256_initial_state[SHA256_WORDS] = {
    0x6A09E667, 0xBB67AE85, 0x3C6EF372, 0xA54FF53A, 0x510E527F, 0x9B05688C, 0x1F83D9AB, 0x5BE0CD19,
};
static const uint32_t sha256_constants[64] = {
    0x428A2F98, 0x71374491, 0xB5C0FBCF, 0xE9B5DBA5, 0x3956C25B, 0x59F111F1, 0x923F82A4, 0xAB1C5ED5,
    0xD807AA98, 0x12835B01, 0x243185BE, 0x550C7DC3, 0x72BE5D74, 0x80DEB1FE, 0x9BDC06A7, 0xC19BF174,
    0xE49B69C1, 0xEFBE4786, 0x0FC19DC6, 0x240CA1CC, 0x2DE92C6F, 0x4A7484AA, 0x5CB0A9DC, 0x76F988DA,
    0x983E5152, 0xA831C66D, 0xB00327C8, 0xBF597FC7, 0xC6E00BF3, 0xD5A79147, 0x06CA6351, 0x14292967,
    0x27B70A85, 0x2E1B2138, 0x4D2C6DFC, 0x53380D13, 0x650A7354, 0x766A0ABB, 0x81C2C92E, 0x92722C85,
    0xA2BFE8A1, 0xA81A664B, 0xC24B8B70, 0xC76C51A3, 0xD192E819, 0xD6990624, 0xF40E3585, 0x106AA070,
    0x19A4C116, 0x1E376C08, 0x2748774C, 0x34B0BCB5, 0x391C0CB3, 0x4ED8AA4A, 0x5B9CCA4F, 0x682E6FF3,
    0x748F82EE, 0x78A5636F, 0x84C87814, 0x8CC70208, 0x90BEFFFA, 0xA4506CEB, 0xBEF9A3F7, 0xC67178F2,
};

static uint32_t three(uint32_t x, unsigned a, unsigned b, unsigned c) {
    return rotated(x, 32 - a) ^ rotated(x, 32 - b) ^ rotated(x, 32 - c);
}

static void sha256_expand(uint32_t w[64], const uint8_t block[DIGEST_BLOCK_BYTES]) {
    for (unsigned i = 0; i < 16; i++)
        w[i] = big_endian(block + 4 * i);
    for (unsigned i = 16; i < 64; i++) {
        uint32_t x = w[i - 15], y = w[i - 2];
        uint32_t small0 = rotated(x, 32 - 7) ^ rotated(x, 32 - 18) ^ x >> 3;
        uint32_t small1 = rotated(y, 32 - 17) ^ rotated(y, 32 - 19) ^ y >> 10;
        w[i] = w[i - 16] + small0 + w[i - 7] + small1;
    }
}

void sha256_block(uint32_t state[SHA256_WORDS], const uint8_t block[DIGEST_BLOCK_BYTES]) {
    enum { A, B, C, D, E, F, G, H };
    uint32_t w[64], before[SHA256_WORDS], s[SHA256_WORDS];
    sha256_expand(w, block);
    memcpy(before, state, sizeof before);
    memcpy(s, before, sizeof s);
    for (unsigned i = 0; i < 64; i++) {
        uint32_t sum =
            s[H] + three(s[E], 6, 11, 25) + chosen(s[E], s[F], s[G]) + sha256_constants[i] + w[i];
        uint32_t other = three(s[A], 2, 13, 22) + majority(s[A], s[B], s[C]);
        memmove(s + 1, s, 7 * sizeof *s);
        s[E] += sum;
        s[A] = sum + other;
    }
    for (unsigned i = 0; i < SHA256_WORDS; i++)
        s[i] += before[i];
    memcpy(state, s, sizeof s);
}
