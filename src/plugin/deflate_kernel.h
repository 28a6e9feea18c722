// SPDX-License-Identifier: MIT
// The inner loops of the deflate format (RFC 1951) on plain memory, as the streams of Smalltalk
// images have them: the Huffman tables, hash chains and counts are the image's own. Nothing in
// them is trusted: every index is checked, every loop is bounded.
#ifndef PARLEY_PLUGIN_DEFLATE_KERNEL_H
#define PARLEY_PLUGIN_DEFLATE_KERNEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    DEFLATE_WINDOW = 32768,
    DEFLATE_HASHES = 32768,
    DEFLATE_LEAST_MATCH = 3,
    DEFLATE_LONGEST_MATCH = 258,
    DEFLATE_LITERAL_CODES = 286, // 256 bytes, the end of a block, 29 lengths
    DEFLATE_DISTANCE_CODES = 30,
    DEFLATE_END_OF_BLOCK = 256,
    // So far before the end of the buffer the last byte to be deflated must lie.
    DEFLATE_MARGIN = DEFLATE_LONGEST_MATCH + 2,
};

// Bits on their way from or to a row of bytes, the first one lowest.
typedef struct BitBuffer {
    uint64_t pending; // no bit at `count` or above is set
    unsigned count;
} BitBuffer;
enum { BIT_BUFFER_MOST = 32 }; // between two calls

// ---- inflating

// A tree as a row of words: the first one says how many bits to read at first (its high byte).
// These choose among the words from the second on (index 1); one whose high byte has bits of 0x3F
// set leads on: so many more bits, and the subtable's index from 1 in the low 16 bits. Others are
// values: bytes; 256, the end; lengths with (number of extra bits + 1) * 65536; distances with
// number of extra bits * 65536.
typedef struct HuffmanTable {
    const uint32_t *words;
    size_t count;
} HuffmanTable;

typedef struct Inflating {
    uint8_t *out;
    size_t out_size, out_count;
    const uint8_t *source;
    size_t source_count, source_next;
    BitBuffer buffer;
    HuffmanTable literals, distances;
    bool block_ended;
} Inflating;

// Goes on with a block until it ends, `out` has no room for what comes next, or the source is at
// its end. Stops before what cannot be decoded; false when that is the first thing it meets.
bool inflate_block(Inflating *inflating);

// ---- finding matches

typedef struct Deflating {
    const uint8_t *bytes;
    size_t size, count; // of the buffer; of what is to be compressed in it
    uint32_t *head;     // DEFLATE_HASHES: where a string of three bytes with that hash was last
    uint32_t *tail;     // DEFLATE_WINDOW: where one with the same hash as here was before
    uint32_t hash;
    size_t next;          // the first byte not dealt with
    uint8_t *literals;    // bytes, or lengths of matches less DEFLATE_LEAST_MATCH ...
    uint32_t *distances;  // ... of which the distances are not 0
    size_t literal_limit; // of both
    size_t literal_count, match_count;
    uint32_t *literal_counts;  // DEFLATE_LITERAL_CODES
    uint32_t *distance_counts; // DEFLATE_DISTANCE_CODES
} Deflating;

// Deals with the bytes up to `last`, which is less than size - DEFLATE_MARGIN + 1; true when the
// block must be written first. Follows `chain` candidates at most for a match, and is content with
// one longer than `good`.
bool deflate_block(Deflating *deflating, int64_t last, int64_t chain, int64_t good);

// Takes `delta` from every position; those before become 0.
void deflate_move_positions(uint32_t *positions, size_t count, int64_t delta);

// ---- writing a block

typedef struct HuffmanCodes {
    const uint32_t *lengths, *codes; // bits of a code, lowest first
    size_t count;
} HuffmanCodes;

typedef struct Encoding {
    uint8_t *out;
    size_t out_size, out_count;
    BitBuffer buffer;
    const uint8_t *literals; // as Deflating has them
    const uint32_t *distances;
    size_t literal_limit, next;
    HuffmanCodes literal_codes, distance_codes;
} Encoding;

// Writes literals and matches until there are no more, or `out` might have no room. Stops before
// what cannot be encoded; -1 when that is the first thing it meets. Answers how many bytes the
// written ones stand for.
int64_t encode_block(Encoding *encoding);

#endif
