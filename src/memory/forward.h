// SPDX-License-Identifier: MIT
// Forwarding addresses in a side table, so that objects stay whole until they are moved.
//
// Old space is seen as blocks of 512 bytes, 64 words. A block's objects are those whose header
// lies in it. All that move of one block move together, in order and without gaps, so one address
// and the pattern of their words tell where each goes:
//
//     old    |..[ A      ]....[ B ]..[ C ...|... C      ]      block with A, B, C
//     live    0011111111110000111110011111111                  (C's words in its own block only)
//     new    [ A      ][ B ][ C            ]
//            ^ destination
//     new address of B = destination + 8 * (live bits before B's header)
//
// A destination of 0 says that the block's objects stay where they are.
#ifndef PARLEY_MEMORY_FORWARD_H
#define PARLEY_MEMORY_FORWARD_H

#include <stdbool.h>
#include <stdint.h>

#include "base/bits.h"

enum { FORWARD_BLOCK_SHIFT = 9, FORWARD_BLOCK_BYTES = 1 << FORWARD_BLOCK_SHIFT };

typedef struct ForwardBlock {
    uint64_t live;        // a bit per word: part of an object that begins in this block
    uint64_t destination; // where the first of these words goes
} ForwardBlock;

typedef struct ForwardTable {
    uint64_t start, bytes; // of the addresses that it covers
    ForwardBlock *blocks;
} ForwardTable;

static inline uint64_t forward_block_index(const ForwardTable *table, uint64_t address) {
    return (address - table->start) >> FORWARD_BLOCK_SHIFT;
}
static inline unsigned forward_word_in_block(uint64_t address) {
    return (unsigned)(address >> 3 & (FORWARD_BLOCK_BYTES / 8 - 1));
}

// Where the object with its header at `raw` goes. Objects outside the table stay.
static inline uint64_t forward_address(const ForwardTable *table, uint64_t raw) {
    if (raw - table->start >= table->bytes) return raw;
    const ForwardBlock *block = &table->blocks[forward_block_index(table, raw)];
    if (!block->destination) return raw;
    uint64_t before = block->live & ((1ull << forward_word_in_block(raw)) - 1);
    return block->destination + 8 * bits_count(before);
}

// Asks for the cache line that forward_address will need, if the word is an address at all.
static inline void forward_fetch(const ForwardTable *table, uint64_t word) {
    if (word - table->start < table->bytes)
        __builtin_prefetch(&table->blocks[forward_block_index(table, word)]);
}

#endif
