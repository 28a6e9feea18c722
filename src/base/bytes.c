// SPDX-License-Identifier: MIT
// Work on plain bytes (see bytes.h). Callers have checked every size.
#include "base/bytes.h"

#include <string.h>

#include "base/bits.h"

int64_t bytes_compare(Bytes one, Bytes other, const uint8_t *order) {
    size_t common = one.size < other.size ? one.size : other.size;
    for (size_t i = 0; i < common; i++) {
        int a = order ? order[one.start[i]] : one.start[i];
        int b = order ? order[other.start[i]] : other.start[i];
        if (a != b) return a - b;
    }
    return (int64_t)one.size - (int64_t)other.size;
}

size_t bytes_find_in_set(Bytes bytes, const uint8_t *map, size_t from) {
    for (size_t i = from; i < bytes.size; i++)
        if (map[bytes.start[i]]) return i;
    return bytes.size;
}

size_t bytes_find(Bytes bytes, uint8_t byte, size_t from) {
    if (from >= bytes.size) return bytes.size;
    const uint8_t *found = memchr(bytes.start + from, byte, bytes.size - from);
    return found ? (size_t)(found - bytes.start) : bytes.size;
}

static bool matches(const uint8_t *body, Bytes key, const uint8_t *map) {
    for (size_t i = 0; i < key.size; i++)
        if (map[body[i]] != map[key.start[i]]) return false;
    return true;
}

size_t bytes_find_bytes(Bytes body, Bytes key, const uint8_t *map, size_t from) {
    if (key.size == 0 || key.size > body.size) return body.size;
    for (size_t i = from; i <= body.size - key.size; i++)
        if (matches(body.start + i, key, map)) return i;
    return body.size;
}

uint32_t bytes_hash(Bytes bytes, uint32_t start) {
    uint32_t hash = start;
    for (size_t i = 0; i < bytes.size; i++)
        hash = (hash + bytes.start[i]) * HASH_MULTIPLIER;
    return hash & HASH_MASK;
}

void bytes_translate(uint8_t *bytes, size_t size, const uint8_t *table) {
    for (size_t i = 0; i < size; i++)
        bytes[i] = table[bytes[i]];
}

// ---- run-length code of bitmaps

enum { RUN_SKIP, RUN_OF_BYTE, RUN_OF_WORD, RUN_OF_WORDS };

// Each full run of 1984 words or more costs up to three more bytes than its words.
size_t bitmap_code_bound(size_t word_count) { return word_count * 4 + 7 + word_count / 1984 * 3; }

static uint8_t *put_word(uint8_t *to, uint32_t word) {
    for (int shift = 24; shift >= 0; shift -= 8)
        *to++ = (uint8_t)(word >> shift);
    return to;
}

static uint8_t *put_number(uint8_t *to, uint32_t number) {
    if (number <= 223) {
        *to++ = (uint8_t)number;
        return to;
    }
    if (number <= 7935) {
        *to++ = (uint8_t)(number / 256 + 224);
        *to++ = (uint8_t)number;
        return to;
    }
    *to++ = 255;
    return put_word(to, number);
}

static uint8_t *put_run(uint8_t *to, size_t count, unsigned kind) {
    return put_number(to, (uint32_t)(count * 4 + kind));
}

static uint32_t word_of(const uint8_t *words, size_t index) { return load_u32(words + 4 * index); }

static bool is_one_byte_repeated(uint32_t word) { return word == (word & 255) * 0x01010101u; }

// How many words from `at` on are equal to it.
static size_t equal_words(const uint8_t *words, size_t word_count, size_t at) {
    size_t end = at + 1;
    while (end < word_count && word_of(words, end) == word_of(words, at))
        end++;
    return end - at;
}

// How many words from `at` on are best written as they are: up to the next pair of equal words.
static size_t different_words(const uint8_t *words, size_t word_count, size_t at) {
    size_t end = at;
    while (end + 1 < word_count && word_of(words, end) != word_of(words, end + 1))
        end++;
    return (end + 1 == word_count ? end + 1 : end) - at;
}

size_t bitmap_compress(const uint8_t *words, size_t word_count, uint8_t *code) {
    uint8_t *to = put_number(code, (uint32_t)word_count);
    for (size_t at = 0; at < word_count;) {
        uint32_t word = word_of(words, at);
        size_t run = equal_words(words, word_count, at);
        if (is_one_byte_repeated(word)) {
            to = put_run(to, run, RUN_OF_BYTE);
            *to++ = (uint8_t)word;
        } else if (run > 1) {
            to = put_word(put_run(to, run, RUN_OF_WORD), word);
        } else {
            run = different_words(words, word_count, at);
            to = put_run(to, run, RUN_OF_WORDS);
            for (size_t i = 0; i < run; i++)
                to = put_word(to, word_of(words, at + i));
        }
        at += run;
    }
    return (size_t)(to - code);
}

// Takes `count` bytes, high first, off the front; false when there are not so many.
static bool take(Bytes *code, unsigned count, uint32_t *value) {
    if (code->size < count) return false;
    *value = 0;
    for (unsigned i = 0; i < count; i++)
        *value = *value << 8 | code->start[i];
    code->start += count;
    code->size -= count;
    return true;
}

static bool take_number(Bytes *code, uint32_t *number) {
    uint32_t low;
    if (!take(code, 1, number)) return false;
    if (*number <= 223) return true;
    if (*number == 255) return take(code, 4, number);
    if (!take(code, 1, &low)) return false;
    *number = (*number - 224) * 256 + low;
    return true;
}

// One run; words may be NULL: then it is only checked. *at is where the run's words go.
static bool take_run(Bytes *code, uint8_t *words, size_t word_count, size_t *at) {
    uint32_t number, word = 0;
    if (!take_number(code, &number)) return false;
    size_t count = number >> 2;
    unsigned kind = number & 3;
    if (count > word_count - *at) return false;
    if (kind == RUN_OF_BYTE && !take(code, 1, &word)) return false;
    if (kind == RUN_OF_BYTE) word *= 0x01010101u;
    if (kind == RUN_OF_WORD && !take(code, 4, &word)) return false;
    for (size_t i = 0; i < count && kind != RUN_SKIP; i++) {
        if (kind == RUN_OF_WORDS && !take(code, 4, &word)) return false;
        if (words) store_u32(words + 4 * (*at + i), word);
    }
    *at += count;
    return true;
}

static bool take_runs(Bytes code, uint8_t *words, size_t word_count) {
    size_t at = 0;
    while (code.size > 0)
        if (!take_run(&code, words, word_count, &at)) return false;
    return true;
}

bool bitmap_decompress(Bytes code, uint8_t *words, size_t word_count) {
    return take_runs(code, NULL, word_count) && take_runs(code, words, word_count);
}
