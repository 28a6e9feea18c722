// SPDX-License-Identifier: MIT
// Pinning, and making objects shorter.
#include "test_heap.h"

typedef struct Fixture {
    TestHeap test;
    RootScope scope;
    Oop held[4];
    unsigned becomes;
} Fixture;

static void count_become(void *context, Heap *heap, bool classes_or_methods) {
    (void)heap;
    (void)classes_or_methods;
    ((Fixture *)context)->becomes++;
}

static void open(Fixture *f) {
    memset(f, 0, sizeof *f);
    TestHeapOptions options = test_heap_options();
    test_heap_open(&f->test, &options);
    root_scope_enter(&f->test.heap, &f->scope, f->held, 4);
    HeapClient client = {.context = f, .after_become = count_become};
    assert_int_equal(heap_add_client(&f->test.heap, client), STATUS_OK);
}
static void close(Fixture *f) {
    root_scope_leave(&f->test.heap, &f->scope);
    test_heap_close(&f->test);
}

static void test_old_object_stays(void **state) {
    (void)state;
    Fixture f;
    open(&f);
    test_heap_old_plain(&f.test, 20);
    f.held[0] = test_heap_old_plain(&f.test, 4);
    Oop pinned = heap_pin(&f.test.heap, f.held[0], true);
    assert_int_equal(oop_bits(pinned), oop_bits(f.held[0]));
    assert_true(object_is_pinned(pinned));
    assert_int_equal(f.becomes, 0);
    for (int request = COLLECT_ORDINARY; request <= COLLECT_MOVE_ALL; request++) {
        collector_collect(&f.test.heap, (CollectRequest)request);
        test_heap_check(&f.test);
        assert_int_equal(oop_bits(f.held[0]), oop_bits(pinned));
    }
    close(&f);
}

static void test_unpinned_moves_again(void **state) {
    (void)state;
    Fixture f;
    open(&f);
    for (int i = 0; i < 40; i++)
        test_heap_old_plain(&f.test, 20);
    f.held[0] = test_heap_old_plain(&f.test, 4);
    uint64_t address = oop_bits(f.held[0]);
    heap_pin(&f.test.heap, f.held[0], true);
    heap_compact(&f.test.heap);
    assert_int_equal(oop_bits(f.held[0]), address);
    Oop unpinned = heap_pin(&f.test.heap, f.held[0], false);
    assert_int_equal(oop_bits(unpinned), address);
    assert_false(object_is_pinned(unpinned));
    heap_compact(&f.test.heap);
    assert_true(oop_bits(f.held[0]) < address);
    close(&f);
}

static void test_young_object_moves_to_old_space(void **state) {
    (void)state;
    Fixture f;
    open(&f);
    f.held[0] = test_heap_plain(&f.test, 5);
    f.held[1] = test_heap_plain(&f.test, 3);
    test_put(&f.test, f.held[0], 0, f.held[1]);
    test_put(&f.test, f.held[1], 1, test_int(11));
    test_put(&f.test, f.held[0], 1, test_int(5));
    heap_set_readonly(&f.test.heap, f.held[0], true);
    uint64_t hash = heap_identity_hash(&f.test.heap, f.held[0]);
    Oop pinned = heap_pin(&f.test.heap, f.held[0], true);
    assert_false(heap_is_young(&f.test.heap, pinned));
    assert_int_equal(oop_bits(heap_follow(&f.test.heap, f.held[0])), oop_bits(pinned));
    assert_int_equal(heap_identity_hash(&f.test.heap, pinned), hash);
    assert_true(object_is_readonly(pinned));
    assert_int_equal(f.becomes, 1);
    test_heap_check(&f.test);
    // The pinned copy refers to a young object, which must survive by that alone.
    f.held[1] = f.test.heap.nil;
    heap_scavenge(&f.test.heap);
    heap_collect_full(&f.test.heap);
    test_heap_check(&f.test);
    assert_int_equal(oop_bits(f.held[0]), oop_bits(pinned));
    assert_int_equal(oop_bits(test_at(&f.test, test_at(&f.test, pinned, 0), 1)),
                     oop_bits(test_int(11)));
    close(&f);
}

static void test_no_memory(void **state) {
    (void)state;
    Fixture f;
    open(&f);
    f.held[0] = test_heap_plain(&f.test, 5);
    f.test.heap.options.fail_every = 1;
    Oop pinned = heap_pin(&f.test.heap, f.held[0], true);
    f.test.heap.options.fail_every = 0;
    assert_true(oop_is_none(pinned));
    assert_false(object_is_forwarder(f.held[0]));
    assert_false(object_is_pinned(f.held[0]));
    assert_int_equal(f.becomes, 0);
    close(&f);
}

// ---- shorter

static Oop counted(Fixture *f, bool old, uint64_t slots) {
    Oop object = old ? test_heap_old_plain(&f->test, slots) : test_heap_plain(&f->test, slots);
    for (uint64_t i = 0; i < slots; i++)
        test_put(&f->test, object, (int)i, test_int((int64_t)i));
    return object;
}

static void shorten(bool old, uint64_t from, uint64_t to) {
    Fixture f;
    open(&f);
    f.held[0] = counted(&f, old, from);
    f.held[1] = counted(&f, old, 3);
    uint64_t hash = heap_identity_hash(&f.test.heap, f.held[0]);
    Oop shorter = heap_shorten(&f.test.heap, f.held[0], to);
    for (int round = 0; round < 3; round++) {
        assert_false(oop_is_none(shorter));
        assert_int_equal(num_concrete(slot_count(shorter)), to);
        for (uint64_t i = 0; i < to; i++)
            assert_int_equal(num_concrete(num_from_oop(slot_at(shorter, num((int64_t)i)))), i);
        assert_int_equal(heap_identity_hash(&f.test.heap, shorter), hash);
        assert_int_equal(num_concrete(slot_count(f.held[1])), 3);
        test_heap_check(&f.test);
        if (round)
            heap_collect_full(&f.test.heap);
        else
            heap_scavenge(&f.test.heap);
        shorter = heap_follow(&f.test.heap, f.held[0]);
    }
    close(&f);
}

static void test_shorten(void **state) {
    (void)state;
    for (int old = 0; old < 2; old++) {
        shorten(old, 10, 10);
        shorten(old, 10, 7);
        shorten(old, 10, 9); // one word cannot be a chunk
        shorten(old, 10, 2);
        shorten(old, 2, 1);
        shorten(old, 400, 300);
        shorten(old, 400, 399);
        shorten(old, 400, 254); // no size word any more
        shorten(old, 400, 3);
        shorten(old, 256, 254);
    }
}

// A long copy goes to old space, where young referents must be remembered.
static void test_shorten_by_a_copy_in_old_space(void **state) {
    (void)state;
    Fixture f;
    open(&f);
    f.held[0] = counted(&f, true, 20000);
    test_put(&f.test, f.held[0], 7, counted(&f, false, 3));
    Oop shorter = heap_shorten(&f.test.heap, f.held[0], 19999);
    assert_int_not_equal(oop_bits(shorter), oop_bits(f.held[0]));
    assert_false(heap_is_young(&f.test.heap, shorter));
    test_heap_check(&f.test);
    heap_scavenge(&f.test.heap);
    test_heap_check(&f.test);
    assert_int_equal(num_concrete(slot_count(test_at(&f.test, shorter, 7))), 3);
    close(&f);
}

static void test_shorten_frees(void **state) {
    (void)state;
    Fixture f;
    open(&f);
    f.held[0] = counted(&f, true, 2000);
    uint64_t before = heap_free_old_bytes(&f.test.heap);
    heap_shorten(&f.test.heap, f.held[0], 1000);
    assert_int_equal(heap_free_old_bytes(&f.test.heap), before + 8000);
    close(&f);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_old_object_stays),
        cmocka_unit_test(test_unpinned_moves_again),
        cmocka_unit_test(test_young_object_moves_to_old_space),
        cmocka_unit_test(test_no_memory),
        cmocka_unit_test(test_shorten),
        cmocka_unit_test(test_shorten_by_a_copy_in_old_space),
        cmocka_unit_test(test_shorten_frees),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
