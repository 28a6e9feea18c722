// SPDX-License-Identifier: MIT
// The free chunks of old space, in lists by size. A chunk is an entity like any other, with class
// index 0; its first slot is the next chunk of the list, its second, if it has one, the one before.
//
//      bin 2..63      chunks of exactly so many words
//      bin 64..       eight bins to each power of two: 64..71 words, 72..79, ..., 128..143, ...
//
// A bit map of the bins that are not empty finds a chunk in a few steps. Sizes are 64 bits wide
// everywhere. A chunk has 16 bytes at least: allocation takes a chunk that fits exactly or leaves
// as much.
#ifndef PARLEY_MEMORY_FREE_CHUNKS_H
#define PARLEY_MEMORY_FREE_CHUNKS_H

#include <stdbool.h>
#include <stdint.h>

enum { FREE_EXACT_BINS = 64, FREE_BIN_COUNT = 512, FREE_LEAST_BYTES = 16 };

typedef struct FreeChunks {
    uint64_t heads[FREE_BIN_COUNT]; // raw addresses; 0: empty
    uint64_t filled[FREE_BIN_COUNT / 64];
    uint64_t bytes, count;
} FreeChunks;

// Makes [start, start + bytes) one free chunk that is on no list, and answers it.
uint64_t free_chunk_make(uint64_t start, uint64_t bytes);
// First byte and size of a chunk.
uint64_t free_chunk_start(uint64_t raw);
uint64_t free_chunk_bytes(uint64_t raw);

unsigned free_chunks_bin(uint64_t bytes);
void free_chunks_clear(FreeChunks *chunks);
void free_chunks_add(FreeChunks *chunks, uint64_t raw);
// Takes a chunk of 24 bytes or more off its list.
void free_chunks_remove(FreeChunks *chunks, uint64_t raw);
// Takes so many bytes; the rest of the chunk goes back to the lists. Answers the first byte, or 0.
uint64_t free_chunks_take(FreeChunks *chunks, uint64_t bytes);
// Whether free_chunks_take would succeed.
bool free_chunks_can_take(const FreeChunks *chunks, uint64_t bytes);
// The largest chunk's size.
uint64_t free_chunks_largest(const FreeChunks *chunks);

#endif
