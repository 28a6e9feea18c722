// SPDX-License-Identifier: MIT
// Building and asking the address map: see address_map.h.
#include "image/address_map.h"

#include <stdlib.h>
#include <string.h>

#include "object/header.h"

bool address_map_writes(uint64_t raw) {
    uint64_t class_index = raw_class_index(raw);
    return class_index != CLASS_INDEX_FREE && class_index != CLASS_INDEX_BRIDGE &&
           class_index != CLASS_INDEX_FORWARDER;
}

static void set_bits(uint64_t *bits, uint64_t first, uint64_t count) {
    while (count > 0) {
        uint64_t in_word = 64 - first % 64, now = count < in_word ? count : in_word;
        uint64_t ones = now == 64 ? ~0ull : (1ull << now) - 1;
        bits[first / 64] |= ones << (first % 64);
        first += now;
        count -= now;
    }
}

static void mark_written(MappedSpan *span) {
    for (uint64_t start = span->start; start < span->end;) {
        uint64_t raw = raw_object_at(start), end = raw_end(raw);
        if (address_map_writes(raw))
            set_bits(span->written, (start - span->start) / 8, (end - start) / 8);
        start = end;
    }
}

static uint64_t count_before(MappedSpan *span, uint64_t bytes) {
    for (uint64_t i = 0, words = (span->end - span->start) / 8; i * 64 < words; i++) {
        span->before[i] = bytes;
        bytes += 8 * (uint64_t)__builtin_popcountll(span->written[i]);
    }
    return bytes;
}

static int by_start(const void *a, const void *b) {
    const MappedSpan *const *x = a, *const *y = b;
    return (*x)->start < (*y)->start ? -1 : (*x)->start > (*y)->start;
}

Status address_map_init(AddressMap *map, const ImageContents *contents) {
    *map = (AddressMap){.base = contents->base};
    map->spans = calloc(contents->span_count, sizeof *map->spans);
    map->by_address = calloc(contents->span_count, sizeof *map->by_address);
    if (!map->spans || !map->by_address) {
        address_map_release(map);
        return STATUS_NO_MEMORY;
    }
    map->span_count = contents->span_count;
    for (size_t i = 0; i < map->span_count; i++) {
        MappedSpan *span = &map->spans[i];
        span->start = contents->spans[i].start;
        span->end = contents->spans[i].end;
        uint64_t entries = (span->end - span->start) / 8 / 64 + 1;
        span->written = calloc(entries, sizeof *span->written);
        span->before = calloc(entries, sizeof *span->before);
        if (!span->written || !span->before) {
            address_map_release(map);
            return STATUS_NO_MEMORY;
        }
        mark_written(span);
        map->object_bytes = count_before(span, map->object_bytes);
        map->by_address[i] = span;
    }
    qsort(map->by_address, map->span_count, sizeof *map->by_address, by_start);
    map->last_hit = &map->spans[0];
    return STATUS_OK;
}

void address_map_release(AddressMap *map) {
    for (size_t i = 0; i < map->span_count; i++) {
        free(map->spans[i].written);
        free(map->spans[i].before);
    }
    free(map->spans);
    free(map->by_address);
    memset(map, 0, sizeof *map);
}

static bool span_holds(const MappedSpan *span, uint64_t raw) {
    return raw >= span->start && raw < span->end;
}

static const MappedSpan *span_of(AddressMap *map, uint64_t raw) {
    if (span_holds(map->last_hit, raw)) return map->last_hit;
    size_t low = 0, high = map->span_count;
    while (high - low > 1) {
        size_t middle = low + (high - low) / 2;
        if (map->by_address[middle]->start <= raw)
            low = middle;
        else
            high = middle;
    }
    // Empty spans may share their start with the one that holds the object.
    while (low > 0 && map->by_address[low]->start == map->by_address[low]->end)
        low--;
    if (!span_holds(map->by_address[low], raw)) return NULL;
    return map->last_hit = map->by_address[low];
}

uint64_t address_map_find(AddressMap *map, uint64_t raw) {
    const MappedSpan *span = span_of(map, raw);
    while (span && raw_class_index(raw) == CLASS_INDEX_FORWARDER) {
        raw = raw_slot(raw, 0);
        span = span_of(map, raw);
    }
    if (!span) return 0;
    uint64_t word = (raw - span->start) / 8, bit = word % 64, written = span->written[word / 64];
    if (!(written >> bit & 1)) return 0;
    uint64_t below = written & ((1ull << bit) - 1);
    return map->base + span->before[word / 64] + 8 * (uint64_t)__builtin_popcountll(below);
}
