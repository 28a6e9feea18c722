// SPDX-License-Identifier: MIT
// Work on plain bytes that primitives of strings and bitmaps ask for: comparing, searching,
// hashing, translating, and the run-length code of bitmaps. Positions count from 0.
#ifndef PARLEY_BASE_BYTES_H
#define PARLEY_BASE_BYTES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct Bytes {
    const uint8_t *start;
    size_t size;
} Bytes;

// The difference of the first two bytes that differ, else of the sizes. With `order` (256 bytes)
// bytes are compared by their places in it.
int64_t bytes_compare(Bytes one, Bytes other, const uint8_t *order);

// Where, at `from` or behind, the first byte stands whose entry in the map of 256 is not 0;
// bytes.size when there is none.
size_t bytes_find_in_set(Bytes bytes, const uint8_t *map, size_t from);
// Where the byte stands, at `from` or behind; bytes.size when it does not.
size_t bytes_find(Bytes bytes, uint8_t byte, size_t from);
// Where the key begins, at `from` or behind, bytes being equal when their entries in the map of
// 256 are; body.size when it does not occur, or is empty.
size_t bytes_find_bytes(Bytes body, Bytes key, const uint8_t *map, size_t from);

// The hash of strings in Smalltalk images: each byte is added, then the sum multiplied; 28 bits.
enum { HASH_MULTIPLIER = 1664525, HASH_MASK = 0x0FFFFFFF };
uint32_t bytes_hash(Bytes bytes, uint32_t start);

// Replaces each byte by its entry in the table of 256.
void bytes_translate(uint8_t *bytes, size_t size, const uint8_t *table);

// ---- run-length code of bitmaps (Squeak's Bitmap compress:toByteArray:). A number is 0-223 in
// one byte, up to 7935 in two (224 + high, low), else 255 and four bytes, high first. The code
// begins with the number of words; then come runs, each a number n * 4 + kind:
//   0 skip n words   1 n words of one byte, repeated   2 n words equal to one   3 n words as given
// Bytes that are surely enough for so many words.
size_t bitmap_code_bound(size_t word_count);
// Writes the code, answers its size. `code` has room for the bound.
size_t bitmap_compress(const uint8_t *words, size_t word_count, uint8_t *code);
// Expands runs (behind the leading number) into words; false, with nothing written, when the code
// ends in the middle of a run or has more words than there is room for.
bool bitmap_decompress(Bytes code, uint8_t *words, size_t word_count);

#endif
