// SPDX-License-Identifier: MIT
// Free chunks: making, listing, taking, splitting; against a model; sizes beyond 32 bits.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/os_memory.h"
#include "base/random.h"
#include "memory/free_chunks.h"
#include "object/header.h"

enum { AREA_BYTES = 1 << 20 };

typedef struct Area {
    uint64_t start;
    FreeChunks chunks;
} Area;

static Area open_area(uint64_t bytes) {
    Area area = {os_memory_reserve(0, bytes), {{0}, {0}, 0, 0}};
    assert_int_not_equal(area.start, 0);
    assert_true(os_memory_commit(area.start, bytes));
    return area;
}

static void add(Area *area, uint64_t offset, uint64_t bytes) {
    free_chunks_add(&area->chunks, free_chunk_make(area->start + offset, bytes));
}

static void chunks_say_their_size(void **state) {
    (void)state;
    Area area = open_area(AREA_BYTES);
    for (uint64_t bytes = 16; bytes < 5000; bytes += 8) {
        uint64_t raw = free_chunk_make(area.start, bytes);
        assert_int_equal(raw_object_at(area.start), raw);
        assert_int_equal(raw_end(raw), area.start + bytes);
        assert_int_equal(free_chunk_start(raw), area.start);
        assert_int_equal(free_chunk_bytes(raw), bytes);
        assert_int_equal(raw_class_index(raw), CLASS_INDEX_FREE);
        assert_int_equal(raw_pointer_slot_count(raw), 0);
    }
    os_memory_release(area.start, AREA_BYTES);
}

static void bins_ascend(void **state) {
    (void)state;
    for (uint64_t bytes = 16; bytes < 100000; bytes += 8) {
        assert_true(free_chunks_bin(bytes) <= free_chunks_bin(bytes + 8));
        assert_true(free_chunks_bin(bytes + 8) <= free_chunks_bin(bytes) + 1);
    }
    for (unsigned shift = 9; shift < 60; shift++)
        assert_true(free_chunks_bin(1ull << shift) < free_chunks_bin(2ull << shift));
    assert_true(free_chunks_bin(UINT64_MAX / 2) < FREE_BIN_COUNT);
}

static void exact_fit_is_preferred(void **state) {
    (void)state;
    Area area = open_area(AREA_BYTES);
    add(&area, 0, 96);
    add(&area, 1000, 64);
    add(&area, 2000, 32);
    assert_int_equal(free_chunks_take(&area.chunks, 64), area.start + 1000);
    assert_int_equal(area.chunks.bytes, 128);
    assert_int_equal(area.chunks.count, 2);
    os_memory_release(area.start, AREA_BYTES);
}

static void rest_goes_back(void **state) {
    (void)state;
    Area area = open_area(AREA_BYTES);
    add(&area, 0, 4096);
    assert_int_equal(free_chunks_take(&area.chunks, 40), area.start);
    assert_int_equal(area.chunks.bytes, 4056);
    assert_int_equal(free_chunks_take(&area.chunks, 4056), area.start + 40);
    assert_int_equal(area.chunks.bytes, 0);
    assert_int_equal(area.chunks.count, 0);
    assert_int_equal(free_chunks_take(&area.chunks, 16), 0);
    os_memory_release(area.start, AREA_BYTES);
}

// What would leave eight bytes does not fit: no chunk is as small.
static void no_rest_of_one_word(void **state) {
    (void)state;
    Area area = open_area(AREA_BYTES);
    for (uint64_t bytes = 24; bytes < 3000; bytes += 8) {
        free_chunks_clear(&area.chunks);
        add(&area, 0, bytes);
        assert_false(free_chunks_can_take(&area.chunks, bytes - 8));
        assert_int_equal(free_chunks_take(&area.chunks, bytes - 8), 0);
        assert_true(free_chunks_can_take(&area.chunks, bytes));
        assert_int_equal(area.chunks.bytes, bytes);
    }
    os_memory_release(area.start, AREA_BYTES);
}

// Many chunks of the same bin that do not fit hide the one that does.
static void whole_bin_is_searched_at_last(void **state) {
    (void)state;
    Area area = open_area(AREA_BYTES);
    add(&area, 0, 2160); // the bin of 2048 .. 2296 bytes
    for (uint64_t i = 1; i < 100; i++)
        add(&area, i * 4096, 2048);
    assert_int_equal(free_chunks_take(&area.chunks, 2144), area.start);
    assert_int_equal(free_chunks_take(&area.chunks, 2144), 0);
    os_memory_release(area.start, AREA_BYTES);
}

static void chunks_leave_the_middle_of_a_list(void **state) {
    (void)state;
    Area area = open_area(AREA_BYTES);
    for (uint64_t i = 0; i < 5; i++)
        add(&area, i * 1000, 800);
    static const int order[] = {2, 0, 4, 3};
    for (int i = 0; i < 4; i++)
        free_chunks_remove(&area.chunks, raw_object_at(area.start + (uint64_t)order[i] * 1000));
    assert_int_equal(area.chunks.count, 1);
    assert_int_equal(free_chunks_take(&area.chunks, 800), area.start + 1000);
    assert_int_equal(free_chunks_take(&area.chunks, 800), 0);
    os_memory_release(area.start, AREA_BYTES);
}

static void largest_is_known(void **state) {
    (void)state;
    Area area = open_area(AREA_BYTES);
    assert_int_equal(free_chunks_largest(&area.chunks), 0);
    add(&area, 0, 64);
    assert_int_equal(free_chunks_largest(&area.chunks), 64);
    add(&area, 10000, 4160);
    add(&area, 20000, 4200);
    add(&area, 30000, 4176);
    assert_int_equal(free_chunks_largest(&area.chunks), 4200);
    os_memory_release(area.start, AREA_BYTES);
}

// A dead run of 20 GB: nothing of it is touched but its first and, after a split, a later word.
static void sizes_have_64_bits(void **state) {
    (void)state;
    const uint64_t gigabyte = 1ull << 30;
    uint64_t start = os_memory_reserve(0, 20 * gigabyte);
    if (!start || !os_memory_commit(start, 20 * gigabyte)) skip();
    FreeChunks chunks = {{0}, {0}, 0, 0};
    free_chunks_add(&chunks, free_chunk_make(start, 20 * gigabyte));
    assert_int_equal(chunks.bytes, 20 * gigabyte);
    assert_int_equal(free_chunks_largest(&chunks), 20 * gigabyte);
    assert_int_equal(free_chunks_take(&chunks, 6 * gigabyte + 8), start);
    assert_int_equal(chunks.bytes, 14 * gigabyte - 8);
    assert_int_equal(free_chunks_take(&chunks, 14 * gigabyte), 0);
    assert_int_equal(free_chunks_take(&chunks, 16), start + 6 * gigabyte + 8);
    assert_int_equal(free_chunks_largest(&chunks), 14 * gigabyte - 24);
    os_memory_release(start, 20 * gigabyte);
}

// ---- against a model: a byte per word of the area, which piece holds it

typedef struct Piece {
    uint64_t start, bytes;
} Piece;

static uint64_t random_of(uint64_t *seed, uint64_t limit) { return random_next(seed) % limit; }

// Every word is either in one taken piece or in one chunk of the lists.
static void check_cover(const Area *area, const Piece *pieces, size_t count) {
    uint64_t words = AREA_BYTES / 8, listed = 0;
    uint8_t *covered = calloc(words, 1);
    for (size_t i = 0; i < count; i++)
        for (uint64_t w = 0; w < pieces[i].bytes / 8; w++)
            assert_int_equal(covered[(pieces[i].start - area->start) / 8 + w]++, 0);
    for (unsigned bin = 0; bin < FREE_BIN_COUNT; bin++)
        for (uint64_t raw = area->chunks.heads[bin]; raw; raw = raw_slot(raw, 0)) {
            uint64_t first = (free_chunk_start(raw) - area->start) / 8;
            for (uint64_t w = 0; w < free_chunk_bytes(raw) / 8; w++)
                assert_int_equal(covered[first + w]++, 0);
            listed += free_chunk_bytes(raw);
        }
    assert_int_equal(listed, area->chunks.bytes);
    for (uint64_t w = 0; w < words; w++)
        assert_int_equal(covered[w], 1);
    free(covered);
}

static void random_taking_and_giving(void **state) {
    (void)state;
    enum { MOST = 4000 };
    Area area = open_area(AREA_BYTES);
    Piece *pieces = calloc(MOST, sizeof *pieces);
    size_t count = 0;
    uint64_t seed = 42;
    add(&area, 0, AREA_BYTES);
    for (int step = 0; step < 40000; step++) {
        if (count < MOST && random_of(&seed, 5) < 3) {
            uint64_t bytes = 16 + 8 * random_of(&seed, random_of(&seed, 8) ? 40 : 2000);
            bool can = free_chunks_can_take(&area.chunks, bytes);
            uint64_t start = free_chunks_take(&area.chunks, bytes);
            assert_int_equal(start != 0, can);
            if (start) pieces[count++] = (Piece){start, bytes};
        } else if (count) {
            size_t i = random_of(&seed, count);
            add(&area, pieces[i].start - area.start, pieces[i].bytes);
            pieces[i] = pieces[--count];
        }
        if (step % 4000 == 0) check_cover(&area, pieces, count);
    }
    check_cover(&area, pieces, count);
    free(pieces);
    os_memory_release(area.start, AREA_BYTES);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(chunks_say_their_size),
        cmocka_unit_test(bins_ascend),
        cmocka_unit_test(exact_fit_is_preferred),
        cmocka_unit_test(rest_goes_back),
        cmocka_unit_test(no_rest_of_one_word),
        cmocka_unit_test(whole_bin_is_searched_at_last),
        cmocka_unit_test(chunks_leave_the_middle_of_a_list),
        cmocka_unit_test(largest_is_known),
        cmocka_unit_test(sizes_have_64_bits),
        cmocka_unit_test(random_taking_and_giving),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
