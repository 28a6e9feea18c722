// SPDX-License-Identifier: MIT
// The mourn queue by itself.
#include "test_heap.h"

#include "memory/mourn.h"

static int open(void **state) {
    static TestHeap test;
    TestHeapOptions options = test_heap_options();
    test_heap_open(&test, &options);
    *state = &test;
    return 0;
}
static int close(void **state) {
    test_heap_close(*state);
    return 0;
}

static void test_empty(void **state) {
    TestHeap *t = *state;
    assert_int_equal(mourn_count(&t->heap), 0);
    assert_true(oop_is_none(heap_next_mourner(&t->heap)));
}

static void test_first_in_first_out(void **state) {
    TestHeap *t = *state;
    Oop ephemerons[300];
    int fetched = 0;
    for (int i = 0; i < 300; i++) {
        ephemerons[i] = test_heap_ephemeron(t);
        assert_true(mourn_ephemeron(&t->heap, ephemerons[i]));
        assert_int_equal(raw_format(oop_bits(ephemerons[i])), FORMAT_FIXED);
        if (i % 3 == 0)
            assert_int_equal(oop_bits(heap_next_mourner(&t->heap)),
                             oop_bits(ephemerons[fetched++]));
    }
    assert_true(t->heap.wants & HEAP_MOURNERS);
    assert_int_equal(mourn_count(&t->heap), 300 - fetched);
    assert_int_equal(oop_bits(mourn_at(&t->heap, 0)), oop_bits(ephemerons[fetched]));
    while (fetched < 300)
        assert_int_equal(oop_bits(heap_next_mourner(&t->heap)), oop_bits(ephemerons[fetched++]));
    assert_int_equal(mourn_count(&t->heap), 0);
}

static void test_room_is_reserved(void **state) {
    TestHeap *t = *state;
    assert_true(mourn_reserve(&t->heap, 5000));
    for (int i = 0; i < 5000; i++)
        assert_true(mourn_ephemeron(&t->heap, test_heap_ephemeron(t)));
    assert_false(mourn_reserve(&t->heap, SIZE_MAX / 2));
    assert_int_equal(mourn_count(&t->heap), 5000);
}

static void test_weak_only_when_wanted(void **state) {
    TestHeap *t = *state;
    mourn_weak(&t->heap, test_heap_weak(t, 3));
    assert_int_equal(mourn_count(&t->heap), 0);
    assert_true(t->heap.wants & HEAP_MOURNERS);
    t->heap.mourn_weak = true;
    mourn_weak(&t->heap, test_heap_weak(t, 3));
    assert_int_equal(mourn_count(&t->heap), 1);
}

// A mourner that became another before it was fetched is the other.
static void test_forwarders_are_followed(void **state) {
    TestHeap *t = *state;
    Oop mourner = test_heap_ephemeron(t), other = test_heap_ephemeron(t);
    assert_true(mourn_ephemeron(&t->heap, mourner));
    Oop former = heap_allocate(&t->heap, CLASS_INDEX_ARRAY, FORMAT_INDEXABLE, 1);
    Oop latter = heap_allocate(&t->heap, CLASS_INDEX_ARRAY, FORMAT_INDEXABLE, 1);
    test_put(t, former, 0, mourner);
    test_put(t, latter, 0, other);
    assert_int_equal(heap_become(&t->heap, former, latter, false, false), STATUS_OK);
    assert_int_equal(oop_bits(heap_next_mourner(&t->heap)), oop_bits(other));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_empty, open, close),
        cmocka_unit_test_setup_teardown(test_first_in_first_out, open, close),
        cmocka_unit_test_setup_teardown(test_room_is_reserved, open, close),
        cmocka_unit_test_setup_teardown(test_weak_only_when_wanted, open, close),
        cmocka_unit_test_setup_teardown(test_forwarders_are_followed, open, close),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
