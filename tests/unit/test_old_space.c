// SPDX-License-Identifier: MIT
// Old space: segments that come and go, the limit, what is given back to the system.
#include "test_heap.h"

#include <unistd.h>

#include "base/os.h"
#include "memory/spaces.h"

enum { MEGABYTE = 1 << 20 };

typedef struct Fixture {
    TestHeap test;
    Heap *heap;
    RootScope scope;
    Oop held[4];
} Fixture;

static void open_heap(Fixture *f) {
    TestHeapOptions options = test_heap_options();
    options.reserve_bytes = 256 * MEGABYTE;
    options.heap.growth_bytes = MEGABYTE;
    options.heap.shrink_bytes = 2 * MEGABYTE;
    test_heap_open(&f->test, &options);
    f->heap = &f->test.heap;
    root_scope_enter(f->heap, &f->scope, f->held, 4);
}
static void close_heap(Fixture *f) {
    root_scope_leave(f->heap, &f->scope);
    test_heap_close(&f->test);
}

static size_t segments(const Fixture *f) { return old_space_segment_count(f->heap); }

// Whether the byte can be read: the system tells without a fault.
static bool is_committed(uint64_t address) {
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    bool readable = write(ends[1], (const void *)(uintptr_t)address, 1) == 1;
    (void)close(ends[0]);
    (void)close(ends[1]);
    return readable;
}

static void segments_have_bridges(void **state) {
    (void)state;
    Fixture f;
    open_heap(&f);
    uint64_t start;
    assert_int_equal(heap_add_segment(f.heap, 5000, &start), STATUS_OK);
    const Segment *segment = old_space_segment_of(f.heap, start);
    assert_int_equal(segment->start, start);
    assert_int_equal(segment_limit(segment), start + 5000);
    // The header words that the OpenSmalltalk VM gives a bridge without slots.
    assert_int_equal(raw_load(start + 5000), 0x0080000049000003);
    assert_int_equal(raw_load(start + 5008), 0);
    assert_int_equal(raw_class_index(raw_object_at(start)), CLASS_INDEX_FREE);
    assert_int_equal(raw_end(raw_object_at(start)), start + 5000);
    old_space_add_free(f.heap, start, 5000);
    close_heap(&f);
}

static void segments_are_found_by_address(void **state) {
    (void)state;
    Fixture f;
    open_heap(&f);
    for (int i = 0; i < 6; i++)
        f.held[i % 4] = test_heap_bytes(&f.test, 2 * MEGABYTE);
    for (size_t i = 0; i < segments(&f); i++) {
        const Segment *segment = old_space_segment(f.heap, i);
        assert_ptr_equal(old_space_segment_of(f.heap, segment->start), segment);
        assert_ptr_equal(old_space_segment_of(f.heap, segment->end - 1), segment);
        if (i) assert_true(old_space_segment(f.heap, i - 1)->end <= segment->start);
    }
    const Segment *last = old_space_segment(f.heap, segments(&f) - 1);
    assert_null(old_space_segment_of(f.heap, last->end));
    assert_null(old_space_segment_of(f.heap, f.heap->new_start));
    close_heap(&f);
}

static void grows_by_the_option(void **state) {
    (void)state;
    Fixture f;
    open_heap(&f);
    uint64_t before = heap_old_bytes(f.heap);
    size_t count = segments(&f);
    test_heap_bytes(&f.test, 300000);
    assert_int_equal(heap_old_bytes(f.heap), before + MEGABYTE);
    test_heap_bytes(&f.test, 300000);
    assert_int_equal(segments(&f), count + 1);
    f.heap->options.growth_bytes = 3 * MEGABYTE;
    test_heap_bytes(&f.test, MEGABYTE);
    assert_int_equal(heap_old_bytes(f.heap), before + 4 * MEGABYTE);
    assert_int_equal(f.heap->statistics.grown_segments, 2);
    close_heap(&f);
}

static void large_object_gets_a_segment_of_its_size(void **state) {
    (void)state;
    Fixture f;
    open_heap(&f);
    uint64_t before = heap_old_bytes(f.heap);
    f.held[0] = test_heap_bytes(&f.test, 10 * MEGABYTE);
    assert_int_equal(num_concrete(byte_count(f.held[0])), 10 * MEGABYTE);
    assert_int_equal(heap_old_bytes(f.heap), before + 10 * MEGABYTE + 16 + 16);
    close_heap(&f);
}

static void growth_option_of_nothing_is_enough(void **state) {
    (void)state;
    Fixture f;
    open_heap(&f);
    f.heap->options.growth_bytes = 0;
    for (int i = 0; i < 5; i++)
        assert_false(oop_is_none(test_heap_bytes(&f.test, 300000)));
    close_heap(&f);
}

static void limit_is_kept(void **state) {
    (void)state;
    Fixture f;
    open_heap(&f);
    f.heap->options.old_limit_bytes = heap_old_bytes(f.heap) + MEGABYTE + 100000;
    assert_false(oop_is_none(test_heap_bytes(&f.test, MEGABYTE - 1000)));
    // Less than growth_bytes is left: the segment is as small as it must be.
    assert_false(oop_is_none(test_heap_bytes(&f.test, 90000)));
    assert_true(heap_old_bytes(f.heap) <= f.heap->options.old_limit_bytes);
    assert_true(oop_is_none(test_heap_bytes(&f.test, 300000)));
    uint64_t start;
    assert_int_equal(heap_add_segment(f.heap, 100000, &start), STATUS_NO_MEMORY);
    assert_int_equal(heap_add_segment(f.heap, UINT64_MAX - 8, &start), STATUS_NO_MEMORY);
    close_heap(&f);
}

// Near the limit: a segment for each small object would be very many, and each has a page.
static void small_objects_share_what_is_left(void **state) {
    (void)state;
    Fixture f;
    open_heap(&f);
    size_t before = segments(&f);
    f.heap->options.old_limit_bytes = heap_old_bytes(f.heap) + MEGABYTE / 2;
    f.heap->options.growth_bytes = 16 * MEGABYTE;
    unsigned count = 0;
    for (uint64_t at; (at = old_space_allocate(f.heap, 64)); count++)
        spaces_make_filler(at, 64);
    assert_true(count > MEGABYTE / 2 / 64 - 200);
    assert_true(segments(&f) - before < 100);
    assert_true(heap_old_bytes(f.heap) <= f.heap->options.old_limit_bytes);
    heap_collect_full(f.heap); // lists the filler
    close_heap(&f);
}

// While the error of running into the limit is handled, old space may grow a little beyond it.
static void the_limit_can_be_exceeded_once(void **state) {
    (void)state;
    Fixture f;
    open_heap(&f);
    f.heap->options.old_limit_bytes = heap_old_bytes(f.heap) + 16 * MEGABYTE;
    f.held[0] = test_heap_bytes(&f.test, 15 * MEGABYTE);
    assert_true(oop_is_none(test_heap_bytes(&f.test, 2 * MEGABYTE)));
    assert_false(heap_make_room(f.heap, 2 * MEGABYTE));
    assert_true(heap_exceed_limit(f.heap, false));
    assert_true(heap_make_room(f.heap, 2 * MEGABYTE));
    f.held[1] = test_heap_bytes(&f.test, 2 * MEGABYTE);
    assert_false(oop_is_none(f.held[1]));
    assert_true(heap_old_bytes(f.heap) > f.heap->options.old_limit_bytes);
    assert_false(heap_exceed_limit(f.heap, false));
    assert_false(heap_make_room(f.heap, 16 * MEGABYTE));
    heap_collect_full(f.heap);
    assert_false(heap_exceed_limit(f.heap, false)); // it is still needed
    f.held[0] = f.held[1] = f.heap->nil;
    heap_collect_full(f.heap);
    assert_int_equal(f.heap->excess_bytes, 0);
    assert_true(heap_exceed_limit(f.heap, false));
    f.heap->excess_bytes = 0;
    // Whatever a program asks for as its limits.
    f.heap->options.old_limit_bytes = UINT64_MAX - 5;
    assert_true(heap_exceed_limit(f.heap, false));
    f.heap->options.growth_bytes = UINT64_MAX - 5;
    assert_true(old_space_room_bytes(f.heap) > 100ull * MEGABYTE);
    f.held[0] = test_heap_bytes(&f.test, 20 * MEGABYTE);
    assert_false(oop_is_none(f.held[0]));
    heap_collect_full(f.heap);
    assert_false(heap_old_has_grown(f.heap));
    f.heap->excess_bytes = 0;
    f.heap->options.old_limit_bytes = 0;
    assert_false(heap_exceed_limit(f.heap, false));
    close_heap(&f);
}

// How many objects of so many bytes find room; nothing holds them.
static int objects_that_fit(Fixture *f, uint64_t bytes) {
    int count = 0;
    while (count < 1000 && !oop_is_none(test_heap_bytes(&f->test, bytes)))
        count++;
    return count;
}

// Segments that were made while it was exceeded do not raise the limit once it holds again, though
// it is so small that what may be exceeded is more than it leaves.
static void the_limit_holds_again(void **state) {
    (void)state;
    Fixture f;
    open_heap(&f);
    f.heap->options.old_limit_bytes = heap_old_bytes(f.heap) + 16 * MEGABYTE;
    for (int i = 0; i < 3; i++) {
        assert_in_range(objects_that_fit(&f, MEGABYTE), 14, 16);
        assert_true(heap_exceed_limit(f.heap, false));
        assert_in_range(objects_that_fit(&f, MEGABYTE), 4, 32);
        heap_collect_full(f.heap);
        assert_int_equal(f.heap->excess_bytes, 0);
        assert_true(heap_old_bytes(f.heap) <= f.heap->options.old_limit_bytes);
    }
    close_heap(&f);
}

static void it_can_be_exceeded_further_for_another(void **state) {
    (void)state;
    Fixture f;
    open_heap(&f);
    f.heap->options.old_limit_bytes = heap_old_bytes(f.heap) + 16 * MEGABYTE;
    int times = 0;
    while (times < 100 && heap_exceed_limit(f.heap, true))
        times++;
    assert_int_equal(times, 4);
    // A collection comes before all that is used up.
    assert_true(f.heap->full_threshold < heap_old_bytes(f.heap) + f.heap->excess_bytes / 2);
    close_heap(&f);
}

static void arena_is_a_limit(void **state) {
    (void)state;
    Fixture f;
    open_heap(&f);
    f.heap->options.old_limit_bytes = 0;
    uint64_t left = old_space_room_bytes(f.heap) - f.heap->spaces->free.bytes;
    assert_true(left > 250ull * MEGABYTE && left < 256ull * MEGABYTE);
    uint64_t start;
    assert_int_equal(heap_add_segment(f.heap, left, &start), STATUS_NO_MEMORY);
    f.held[0] = test_heap_bytes(&f.test, left - 8192);
    assert_false(oop_is_none(f.held[0]));
    assert_true(old_space_room_bytes(f.heap) - f.heap->spaces->free.bytes < 16384);
    close_heap(&f);
}

static void room_counts_growth_and_free_bytes(void **state) {
    (void)state;
    Fixture f;
    open_heap(&f);
    f.heap->options.old_limit_bytes = heap_old_bytes(f.heap) + 8 * MEGABYTE;
    uint64_t before = heap_room_bytes(f.heap);
    assert_true(before >= 8 * MEGABYTE);
    f.held[0] = test_heap_bytes(&f.test, 3 * MEGABYTE);
    uint64_t after = heap_room_bytes(f.heap);
    assert_true(before - after >= 3 * MEGABYTE && before - after < 3 * MEGABYTE + 100);
    close_heap(&f);
}

// ---- shrinking

static void free_segments_are_given_back(void **state) {
    (void)state;
    Fixture f;
    open_heap(&f);
    uint64_t before = heap_old_bytes(f.heap);
    f.held[0] = test_heap_bytes(&f.test, 20 * MEGABYTE);
    uint64_t address = oop_bits(f.held[0]) + 10 * MEGABYTE;
    byte_at_put(f.held[0], num(10 * MEGABYTE), num(1));
    f.held[0] = f.heap->nil;
    heap_collect_full(f.heap);
    assert_true(heap_old_bytes(f.heap) <= before + 2 * MEGABYTE);
    assert_false(is_committed(address));
    assert_true(f.heap->statistics.shrunk_segments > 0);
    test_heap_check(&f.test);
    f.held[0] = test_heap_bytes(&f.test, 20 * MEGABYTE);
    assert_int_equal(num_concrete(byte_at(f.held[0], num(10 * MEGABYTE))), 0);
    close_heap(&f);
}

static void some_free_space_is_kept(void **state) {
    (void)state;
    Fixture f;
    open_heap(&f);
    f.heap->options.shrink_bytes = 8 * MEGABYTE;
    for (int i = 0; i < 40; i++)
        test_heap_bytes(&f.test, 500000);
    heap_collect_full(f.heap);
    uint64_t free = heap_free_old_bytes(f.heap);
    assert_true(free >= 8 * MEGABYTE && free < 9 * MEGABYTE + 200000);
    test_heap_check(&f.test);
    close_heap(&f);
}

// Free space at the end of a segment that is in use.
static void ends_of_segments_are_given_back(void **state) {
    (void)state;
    Fixture f;
    open_heap(&f);
    uint64_t start;
    assert_int_equal(heap_add_segment(f.heap, 16 * MEGABYTE, &start), STATUS_OK);
    old_space_add_free(f.heap, start, 16 * MEGABYTE);
    f.held[0] = heap_allocate_old(f.heap, f.test.bytes, FORMAT_64BIT, 50000); // pinned
    const Segment *segment = old_space_segment_of(f.heap, oop_bits(f.held[0]));
    uint64_t end = segment->end;
    f.heap->options.shrink_bytes = 4 * MEGABYTE;
    heap_collect_full(f.heap);
    segment = old_space_segment_of(f.heap, oop_bits(f.held[0]));
    assert_true(segment->end < end - 10 * MEGABYTE);
    assert_int_equal(segment->end % os_page_size(), 0);
    assert_true(is_committed(segment->end - 1));
    assert_false(is_committed(segment->end));
    assert_int_equal(raw_load(segment_limit(segment)), SEGMENT_BRIDGE_HEADER);
    test_heap_check(&f.test);
    close_heap(&f);
}

static void everything_is_given_back_on_demand(void **state) {
    (void)state;
    Fixture f;
    open_heap(&f);
    f.heap->options.shrink_bytes = 100 * MEGABYTE;
    for (int i = 0; i < 10; i++)
        test_heap_bytes(&f.test, MEGABYTE);
    heap_collect_full(f.heap);
    assert_true(heap_free_old_bytes(f.heap) > 9 * MEGABYTE);
    old_space_shrink(f.heap, true);
    assert_int_equal(segments(&f), 1);
    assert_true(heap_free_old_bytes(f.heap) < 300000);
    test_heap_check(&f.test);
    close_heap(&f);
}

static void gaps_are_filled_from_below(void **state) {
    (void)state;
    Fixture f;
    open_heap(&f);
    f.heap->options.shrink_bytes = 0;
    for (int i = 0; i < 3; i++) // three segments of their own; the middle one goes
        f.held[i] = heap_allocate_old(f.heap, f.test.bytes, FORMAT_64BIT, MEGABYTE / 2);
    uint64_t middle = old_space_segment_of(f.heap, oop_bits(f.held[1]))->start;
    uint64_t last = oop_bits(f.held[2]);
    f.held[1] = f.heap->nil;
    heap_collect_full(f.heap);
    assert_null(old_space_segment_of(f.heap, middle + 2 * MEGABYTE));
    f.held[1] = heap_allocate_old(f.heap, f.test.bytes, FORMAT_64BIT, MEGABYTE / 4);
    assert_true(oop_bits(f.held[1]) < last);
    test_heap_check(&f.test);
    close_heap(&f);
}

// ---- giving back single objects

static void discarded_objects_are_free(void **state) {
    (void)state;
    Fixture f;
    open_heap(&f);
    for (uint64_t slots = 0; slots < 400; slots += 57) {
        uint64_t eden = f.heap->eden_free, free = heap_free_old_bytes(f.heap);
        Oop young = test_heap_plain(&f.test, slots);
        spaces_discard(f.heap, oop_bits(young));
        assert_int_equal(f.heap->eden_free, eden);
        Oop first = test_heap_plain(&f.test, slots);
        test_heap_plain(&f.test, 3);
        spaces_discard(f.heap, oop_bits(first)); // others follow: it becomes filler
        Oop old = test_heap_old_plain(&f.test, slots);
        spaces_discard(f.heap, oop_bits(old));
        assert_int_equal(heap_free_old_bytes(f.heap), free);
        test_heap_check(&f.test);
    }
    close_heap(&f);
}

// ---- walking

static bool count_entity(void *context, uint64_t raw) {
    (void)raw;
    return --*(int *)context > 0;
}

static void walks_can_be_stopped(void **state) {
    (void)state;
    Fixture f;
    open_heap(&f);
    for (int i = 0; i < 5; i++)
        test_heap_plain(&f.test, 3);
    int left = 3;
    assert_false(spaces_for_each_young(f.heap, count_entity, &left));
    left = 100;
    assert_true(spaces_for_each_young(f.heap, count_entity, &left));
    assert_int_equal(left, 95);
    left = 8; // five young ones, then old space
    assert_false(spaces_for_each_entity(f.heap, count_entity, &left));
    left = 1 << 20;
    assert_true(spaces_for_each_old(f.heap, count_entity, &left));
    close_heap(&f);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(segments_have_bridges),
        cmocka_unit_test(segments_are_found_by_address),
        cmocka_unit_test(grows_by_the_option),
        cmocka_unit_test(large_object_gets_a_segment_of_its_size),
        cmocka_unit_test(growth_option_of_nothing_is_enough),
        cmocka_unit_test(limit_is_kept),
        cmocka_unit_test(small_objects_share_what_is_left),
        cmocka_unit_test(the_limit_can_be_exceeded_once),
        cmocka_unit_test(the_limit_holds_again),
        cmocka_unit_test(it_can_be_exceeded_further_for_another),
        cmocka_unit_test(arena_is_a_limit),
        cmocka_unit_test(room_counts_growth_and_free_bytes),
        cmocka_unit_test(free_segments_are_given_back),
        cmocka_unit_test(some_free_space_is_kept),
        cmocka_unit_test(ends_of_segments_are_given_back),
        cmocka_unit_test(everything_is_given_back_on_demand),
        cmocka_unit_test(gaps_are_filled_from_below),
        cmocka_unit_test(discarded_objects_are_free),
        cmocka_unit_test(walks_can_be_stopped),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
