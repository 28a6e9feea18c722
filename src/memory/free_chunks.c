// SPDX-License-Identifier: MIT
// Segregated fit, after TLSF (Masmano, Ripoll, Crespo, Real, 2004) with one level of bins.
#include "memory/free_chunks.h"

#include <string.h>

#include "base/check.h"
#include "object/header.h"

// How many chunks of the own bin are tried before a larger bin is.
enum { TRIES = 16, NEXT = 0, PREVIOUS = 1, WORDS_WITH_PREVIOUS = 3 };

static uint64_t chunk_get(uint64_t raw, int slot) { return raw_slot(raw, (uint64_t)slot); }
static void chunk_put(uint64_t raw, int slot, uint64_t value) {
    raw_store(raw_slot_address(raw, (uint64_t)slot), value);
}

// Bits formats are never traced, so a chunk that is looked at by mistake does no harm.
uint64_t free_chunk_make(uint64_t start, uint64_t bytes) {
    ASSERT(bytes >= FREE_LEAST_BYTES && bytes % 8 == 0);
    uint64_t slots = bytes / 8 - 1, raw = start;
    if (slots >= HEADER_SLOTS_OVERFLOW) {
        slots--;
        raw_store(start, HEADER_SLOTS_OVERFLOW << HEADER_SLOTS_SHIFT | slots);
        raw += 8;
        slots = HEADER_SLOTS_OVERFLOW; // the word before counts, even if it says less
    }
    raw_store(raw, header_make(slots, FORMAT_64BIT, CLASS_INDEX_FREE));
    return raw;
}

uint64_t free_chunk_start(uint64_t raw) { return raw_has_overflow(raw) ? raw - 8 : raw; }
uint64_t free_chunk_bytes(uint64_t raw) { return raw_end(raw) - free_chunk_start(raw); }

unsigned free_chunks_bin(uint64_t bytes) {
    uint64_t words = bytes / 8;
    if (words < FREE_EXACT_BINS) return (unsigned)words;
    unsigned log = 63 - (unsigned)__builtin_clzll(words);
    return FREE_EXACT_BINS + (log - 6) * 8 + (unsigned)(words >> (log - 3) & 7);
}

void free_chunks_clear(FreeChunks *chunks) { memset(chunks, 0, sizeof *chunks); }

void free_chunks_add(FreeChunks *chunks, uint64_t raw) {
    uint64_t bytes = free_chunk_bytes(raw);
    unsigned bin = free_chunks_bin(bytes);
    uint64_t head = chunks->heads[bin];
    chunk_put(raw, NEXT, head);
    if (bytes / 8 >= WORDS_WITH_PREVIOUS) {
        chunk_put(raw, PREVIOUS, 0);
        if (head) chunk_put(head, PREVIOUS, raw);
    }
    chunks->heads[bin] = raw;
    chunks->filled[bin / 64] |= 1ull << bin % 64;
    chunks->bytes += bytes;
    chunks->count++;
}

static void chunks_forget(FreeChunks *chunks, unsigned bin, uint64_t bytes) {
    if (!chunks->heads[bin]) chunks->filled[bin / 64] &= ~(1ull << bin % 64);
    chunks->bytes -= bytes;
    chunks->count--;
}

static void chunks_pop(FreeChunks *chunks, unsigned bin) {
    uint64_t raw = chunks->heads[bin], bytes = free_chunk_bytes(raw);
    uint64_t next = chunk_get(raw, NEXT);
    chunks->heads[bin] = next;
    if (next && bytes / 8 >= WORDS_WITH_PREVIOUS) chunk_put(next, PREVIOUS, 0);
    chunks_forget(chunks, bin, bytes);
}

void free_chunks_remove(FreeChunks *chunks, uint64_t raw) {
    uint64_t bytes = free_chunk_bytes(raw);
    unsigned bin = free_chunks_bin(bytes);
    ASSERT(bytes / 8 >= WORDS_WITH_PREVIOUS);
    uint64_t next = chunk_get(raw, NEXT), previous = chunk_get(raw, PREVIOUS);
    if (previous)
        chunk_put(previous, NEXT, next);
    else
        chunks->heads[bin] = next;
    if (next) chunk_put(next, PREVIOUS, previous);
    chunks_forget(chunks, bin, bytes);
}

// The first bin from `bin` on that is not empty; FREE_BIN_COUNT: none.
static unsigned chunks_next_filled(const FreeChunks *chunks, unsigned bin) {
    if (bin >= FREE_BIN_COUNT) return FREE_BIN_COUNT;
    unsigned word = bin / 64;
    uint64_t bits = chunks->filled[word] & ~0ull << bin % 64;
    while (!bits) {
        if (++word == FREE_BIN_COUNT / 64) return FREE_BIN_COUNT;
        bits = chunks->filled[word];
    }
    return word * 64 + (unsigned)__builtin_ctzll(bits);
}

static bool chunk_fits(uint64_t raw, uint64_t bytes) {
    uint64_t size = free_chunk_bytes(raw);
    return size == bytes || size >= bytes + FREE_LEAST_BYTES;
}

static uint64_t chunks_find_in_bin(const FreeChunks *chunks, unsigned bin, uint64_t bytes,
                                   uint64_t tries) {
    for (uint64_t raw = chunks->heads[bin]; raw && tries; raw = chunk_get(raw, NEXT), tries--)
        if (chunk_fits(raw, bytes)) return raw;
    return 0;
}

// In bins behind the own and the next one every chunk fits, so the search soon ends; the whole of
// the own bin is searched only when nothing larger is left.
static uint64_t chunks_find(const FreeChunks *chunks, uint64_t bytes) {
    unsigned own = free_chunks_bin(bytes);
    uint64_t raw = chunks_find_in_bin(chunks, own, bytes, TRIES);
    for (unsigned bin = chunks_next_filled(chunks, own + 1); !raw && bin < FREE_BIN_COUNT;
         bin = chunks_next_filled(chunks, bin + 1))
        raw = chunks_find_in_bin(chunks, bin, bytes, UINT64_MAX);
    return raw ? raw : chunks_find_in_bin(chunks, own, bytes, UINT64_MAX);
}

bool free_chunks_can_take(const FreeChunks *chunks, uint64_t bytes) {
    return chunks_find(chunks, bytes) != 0;
}

uint64_t free_chunks_take(FreeChunks *chunks, uint64_t bytes) {
    uint64_t raw = chunks_find(chunks, bytes);
    if (!raw) return 0;
    uint64_t start = free_chunk_start(raw), size = free_chunk_bytes(raw);
    unsigned bin = free_chunks_bin(size);
    if (chunks->heads[bin] == raw)
        chunks_pop(chunks, bin);
    else
        free_chunks_remove(chunks, raw);
    if (size > bytes) free_chunks_add(chunks, free_chunk_make(start + bytes, size - bytes));
    return start;
}

uint64_t free_chunks_largest(const FreeChunks *chunks) {
    uint64_t largest = 0;
    for (int word = FREE_BIN_COUNT / 64 - 1; word >= 0; word--) {
        if (!chunks->filled[word]) continue;
        unsigned bin = (unsigned)word * 64 + 63 - (unsigned)__builtin_clzll(chunks->filled[word]);
        for (uint64_t raw = chunks->heads[bin]; raw; raw = chunk_get(raw, NEXT))
            if (free_chunk_bytes(raw) > largest) largest = free_chunk_bytes(raw);
        return largest;
    }
    return largest;
}
