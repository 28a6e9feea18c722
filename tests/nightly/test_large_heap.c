// SPDX-License-Identifier: MIT
// Full collections at sizes where 32 bits end and quadratic algorithms show: objects and dead runs
// of gigabytes, a chain of a million ephemerons, a million pinned objects. Needs 16 GB of memory.
#include "unit/test_heap.h"

#include <time.h>

typedef struct Fixture {
    TestHeap test;
    RootScope scope;
    Oop held[4];
} Fixture;

static void open(Fixture *f, const char *collector) {
    TestHeapOptions options = test_heap_options();
    options.reserve_bytes = 40ull << 30;
    options.heap.collector = collector;
    options.heap.old_limit_bytes = 0;
    test_heap_open(&f->test, &options);
    root_scope_enter(&f->test.heap, &f->scope, f->held, 4);
}
static void close(Fixture *f) {
    root_scope_leave(&f->test.heap, &f->scope);
    test_heap_close(&f->test);
}

static double seconds(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static Oop old_bytes(Fixture *f, uint64_t bytes) {
    Oop object = heap_allocate_old(&f->test.heap, f->test.bytes, FORMAT_8BIT, bytes / 8);
    assert_false(oop_is_none(object));
    return heap_pin(&f->test.heap, object, false);
}

// A run of dead objects longer than 2 GB between two live ones, and then all its space again.
static void dead_run(const char *collector) {
    Fixture f;
    open(&f, collector);
    f.held[0] = old_bytes(&f, 64);
    for (int i = 0; i < 40; i++)
        old_bytes(&f, 64 << 20);
    old_bytes(&f, 2300ull << 20);
    old_bytes(&f, 64);
    f.held[1] = old_bytes(&f, 64);
    byte_at_put(f.held[1], num(63), num(200));
    heap_collect_full(&f.test.heap);
    test_heap_check(&f.test);
    assert_int_equal(num_concrete(byte_at(f.held[1], num(63))), 200);
    f.held[2] = old_bytes(&f, 2200ull << 20);
    heap_compact(&f.test.heap);
    assert_int_equal(test_heap_count(&f.test, f.test.bytes), 3);
    assert_int_equal(num_concrete(byte_at(f.held[1], num(63))), 200);
    close(&f);
}

static void test_dead_run(void **state) {
    (void)state;
    dead_run("compact");
    dead_run("sweep");
}

static void test_object_of_more_than_4_gb(void **state) {
    (void)state;
    Fixture f;
    open(&f, "compact");
    uint64_t bytes = (4ull << 30) + (256 << 20);
    old_bytes(&f, 100 << 20);
    f.held[0] = old_bytes(&f, bytes);
    f.held[1] = old_bytes(&f, 64);
    uint64_t before = oop_bits(f.held[0]);
    for (uint64_t at = 0; at < bytes; at += 1 << 20)
        byte_at_put(f.held[0], num((int64_t)at), num((int64_t)(at >> 20) % 251));
    heap_compact(&f.test.heap);
    test_heap_check(&f.test);
    assert_true(oop_bits(f.held[0]) <= before);
    assert_int_equal(num_concrete(byte_count(f.held[0])), bytes);
    for (uint64_t at = 0; at < bytes; at += 1 << 20)
        assert_int_equal(num_concrete(byte_at(f.held[0], num((int64_t)at))), (at >> 20) % 251);
    f.held[0] = f.test.heap.nil;
    heap_compact(&f.test.heap);
    assert_true(heap_old_bytes(&f.test.heap) < bytes);
    close(&f);
}

static void test_array_of_more_than_4_gb(void **state) {
    (void)state;
    Fixture f;
    open(&f, "compact");
    uint64_t slots = 560 << 20;
    f.held[0] = heap_allocate_old(&f.test.heap, f.test.plain, FORMAT_MIXED, slots);
    assert_false(oop_is_none(f.held[0]));
    for (uint64_t at = 0; at < slots; at += 1 << 20)
        slot_at_put(&f.test.heap, f.held[0], num((int64_t)at), test_heap_old_plain(&f.test, 2));
    heap_collect_full(&f.test.heap);
    test_heap_check(&f.test);
    assert_int_equal(test_heap_count(&f.test, f.test.plain), 561);
    close(&f);
}

// Each key is the value of the ephemeron before; linked in an order that no pass follows.
static void ephemeron_chain(const char *collector, bool key_lives) {
    enum { LENGTH = 1000000 };
    Fixture f;
    open(&f, collector);
    f.held[0] = heap_allocate_old(&f.test.heap, f.test.plain, FORMAT_MIXED, LENGTH + 2);
    f.held[1] = test_heap_old_plain(&f.test, 2);
    Oop key = f.held[1];
    for (uint64_t i = 0; i < LENGTH; i++) {
        Oop value = test_heap_old_plain(&f.test, 2);
        Oop ephemeron = heap_allocate_old(&f.test.heap, f.test.ephemeron, FORMAT_EPHEMERON, 3);
        heap_pin(&f.test.heap, ephemeron, false);
        test_put(&f.test, ephemeron, 0, key);
        test_put(&f.test, ephemeron, 2, value);
        uint64_t place = i * 618033 % LENGTH;
        slot_at_put(&f.test.heap, f.held[0], num((int64_t)place + 2), ephemeron);
        key = value;
    }
    if (!key_lives) f.held[1] = f.test.heap.nil;
    double start = seconds();
    heap_collect_full(&f.test.heap);
    assert_true(seconds() - start < 5);
    test_heap_check(&f.test);
    int mourners = 0;
    while (!oop_is_none(heap_next_mourner(&f.test.heap)))
        mourners++;
    assert_int_equal(mourners, key_lives ? 0 : LENGTH);
    assert_int_equal(test_heap_count(&f.test, f.test.ephemeron), LENGTH);
    close(&f);
}

static void test_chain_of_a_million_ephemerons(void **state) {
    (void)state;
    ephemeron_chain("compact", true);
    ephemeron_chain("compact", false);
    ephemeron_chain("sweep", false);
}

static void test_storm_of_pinned_objects(void **state) {
    (void)state;
    enum { COUNT = 1000000 };
    Fixture f;
    open(&f, "compact");
    f.held[0] = heap_allocate_old(&f.test.heap, f.test.plain, FORMAT_MIXED, COUNT + 2);
    for (int64_t i = 0; i < COUNT; i++) {
        Oop object = heap_allocate_old(&f.test.heap, f.test.plain, FORMAT_MIXED, 2 + i % 11);
        test_put(&f.test, object, 1, oop_from_num(num((int64_t)(oop_bits(object) >> 3))));
        if (i % 4 == 3) heap_pin(&f.test.heap, object, false);
        if (i % 3) slot_at_put(&f.test.heap, f.held[0], num(i + 2), object);
    }
    for (int round = 0; round < 3; round++) {
        double start = seconds();
        if (round == 2)
            collector_collect(&f.test.heap, COLLECT_MOVE_ALL);
        else
            heap_compact(&f.test.heap);
        assert_true(seconds() - start < 10);
        for (int64_t i = 0; i < COUNT; i++) {
            Oop object = slot_at(f.held[0], num(i + 2));
            if (test_is_nil(&f.test, object)) continue;
            int64_t address = num_concrete(num_from_oop(slot_at(object, num(1)))) << 3;
            if (i % 4 != 3) assert_int_equal(oop_bits(object), address);
        }
    }
    test_heap_check(&f.test);
    close(&f);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_dead_run),
        cmocka_unit_test(test_object_of_more_than_4_gb),
        cmocka_unit_test(test_array_of_more_than_4_gb),
        cmocka_unit_test(test_chain_of_a_million_ephemerons),
        cmocka_unit_test(test_storm_of_pinned_objects),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
