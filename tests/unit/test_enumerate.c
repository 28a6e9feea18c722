// SPDX-License-Identifier: MIT
// Enumerating objects: one by one, all instances of a class, all objects.
#include "held_heap.h"

typedef struct Walk {
    uint64_t count, sum, last, stop_at;
} Walk;

static bool walk_one(void *context, Oop object) {
    Walk *walk = context;
    walk->count++;
    walk->sum += oop_bits(object);
    walk->last = oop_bits(object);
    return walk->count != walk->stop_at;
}

// Young and old objects of ours, and things that are none.
static void populate(Fixture *f) {
    for (int i = 0; i < 20; i++) {
        test_heap_plain(&f->test, 3);
        test_heap_old_plain(&f->test, i % 2 ? 3 : 300);
        test_heap_bytes(&f->test, (uint64_t)(i * 100 + 1));
    }
    f->held[0] = test_heap_plain(&f->test, 3);
    f->held[1] = test_heap_plain(&f->test, 3);
    heap_pin(&f->test.heap, f->held[0], true); // leaves a forwarder in eden
}

static void test_both_ways_meet_the_same(void **state) {
    (void)state;
    Fixture f;
    open(&f);
    populate(&f);
    Walk all = {0}, one_by_one = {0};
    heap_for_each_object(&f.test.heap, walk_one, &all);
    for (Oop o = heap_first_object(&f.test.heap); !oop_is_none(o);
         o = heap_object_after(&f.test.heap, o))
        walk_one(&one_by_one, o);
    assert_true(all.count > 60);
    assert_int_equal(all.count, one_by_one.count);
    assert_int_equal(all.sum, one_by_one.sum);
    assert_int_equal(all.last, one_by_one.last);
    close(&f);
}

static bool is_no_pun(void *context, Oop object) {
    (void)context;
    assert_true(raw_class_index(oop_bits(object)) > CLASS_INDEX_LAST_PUN);
    return true;
}

static void test_only_objects(void **state) {
    (void)state;
    Fixture f;
    open(&f);
    populate(&f);
    heap_for_each_object(&f.test.heap, is_no_pun, NULL);
    assert_int_equal(test_heap_count(&f.test, f.test.plain), 42);
    assert_int_equal(test_heap_count(&f.test, f.test.bytes), 20);
    assert_int_equal(test_heap_count(&f.test, f.test.class_class), 6);
    close(&f);
}

static void test_visitor_stops(void **state) {
    (void)state;
    Fixture f;
    open(&f);
    populate(&f);
    Walk walk = {.stop_at = 7};
    heap_for_each_object(&f.test.heap, walk_one, &walk);
    assert_int_equal(walk.count, 7);
    close(&f);
}

static void test_young_before_old(void **state) {
    (void)state;
    Fixture f;
    open(&f);
    populate(&f);
    bool old = false;
    for (Oop o = heap_first_object(&f.test.heap); !oop_is_none(o);
         o = heap_object_after(&f.test.heap, o)) {
        if (!heap_is_young(&f.test.heap, o)) old = true;
        assert_true(heap_is_young(&f.test.heap, o) != old);
    }
    assert_true(old);
    close(&f);
}

static void test_all_instances(void **state) {
    (void)state;
    Fixture f;
    open(&f);
    populate(&f);
    uint64_t needed = 0, sum = 0;
    Oop array = heap_all_instances(&f.test.heap, f.test.plain, &needed);
    assert_false(oop_is_none(array));
    assert_int_equal(needed, 42);
    assert_int_equal(num_concrete(slot_count(array)), 42);
    assert_int_equal(raw_class_index(oop_bits(array)), CLASS_INDEX_ARRAY);
    for (int i = 0; i < 42; i++) {
        Oop element = slot_at(array, num(i));
        assert_int_equal(raw_class_index(oop_bits(element)), f.test.plain);
        sum += oop_is(element, f.held[1]);
    }
    assert_int_equal(sum, 1);
    close(&f);
}

// The answer is not among all objects, wherever it was allocated.
static void test_all_objects(void **state) {
    (void)state;
    for (int full = 0; full < 2; full++) {
        Fixture f;
        open(&f);
        populate(&f);
        while (full && heap_young_used_bytes(&f.test.heap) + 2000 < heap_eden_bytes(&f.test.heap))
            test_heap_bytes(&f.test, 1000);
        Walk walk = {0};
        heap_for_each_object(&f.test.heap, walk_one, &walk);
        uint64_t needed = 0;
        Oop array = heap_all_instances(&f.test.heap, 0, &needed);
        assert_false(oop_is_none(array));
        assert_int_equal(needed, walk.count);
        assert_int_equal(num_concrete(slot_count(array)), walk.count);
        uint64_t sum = 0;
        for (uint64_t i = 0; i < needed; i++) {
            assert_false(oop_is(slot_at(array, num((int64_t)i)), array));
            sum += oop_bits(slot_at(array, num((int64_t)i)));
        }
        assert_int_equal(sum, walk.sum);
        f.held[2] = array;
        heap_collect_full(&f.test.heap);
        close(&f);
    }
}

static void test_no_memory(void **state) {
    (void)state;
    Fixture f;
    open(&f);
    populate(&f);
    uint64_t needed = 0;
    f.test.heap.options.fail_every = 1;
    Oop array = heap_all_instances(&f.test.heap, f.test.plain, &needed);
    f.test.heap.options.fail_every = 0;
    assert_true(oop_is_none(array));
    assert_int_equal(needed, 42);
    close(&f);
}

static void test_none(void **state) {
    (void)state;
    Fixture f;
    open(&f);
    uint64_t needed = 1;
    Oop array = heap_all_instances(&f.test.heap, f.test.weak, &needed);
    assert_int_equal(needed, 0);
    assert_int_equal(num_concrete(slot_count(array)), 0);
    close(&f);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_both_ways_meet_the_same),
        cmocka_unit_test(test_only_objects),
        cmocka_unit_test(test_visitor_stops),
        cmocka_unit_test(test_young_before_old),
        cmocka_unit_test(test_all_instances),
        cmocka_unit_test(test_all_objects),
        cmocka_unit_test(test_no_memory),
        cmocka_unit_test(test_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
