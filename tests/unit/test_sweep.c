// SPDX-License-Identifier: MIT
// Mark-sweep: nothing moves, what is freed can be allocated again, collectors are exchanged.
#include "graph_model.h"
#include "held_heap.h"

static void open_swept(Fixture *f) {
    TestHeapOptions options = test_heap_options();
    options.heap.collector = "sweep";
    open_with(f, &options);
}

static void test_old_objects_stay(void **state) {
    (void)state;
    Fixture f;
    open_swept(&f);
    for (int i = 0; i < 3; i++) {
        test_heap_old_plain(&f.test, 9);
        f.held[i] = test_heap_old_plain(&f.test, 5);
    }
    uint64_t addresses[3];
    for (int i = 0; i < 3; i++)
        addresses[i] = oop_bits(f.held[i]);
    heap_collect_full(&f.test.heap);
    for (int i = 0; i < 3; i++)
        assert_int_equal(oop_bits(f.held[i]), addresses[i]);
    assert_int_equal(test_heap_count(&f.test, f.test.plain), 3);
    close(&f);
}

// Neighbours that die together make one chunk, large enough for an object of their joint size.
static void test_neighbours_are_joined(void **state) {
    (void)state;
    Fixture f;
    open_swept(&f);
    f.held[0] = test_heap_old_plain(&f.test, 4);
    uint64_t start = raw_end(oop_bits(f.held[0]));
    for (int i = 0; i < 10; i++)
        test_heap_old_plain(&f.test, 7);
    f.held[1] = test_heap_old_plain(&f.test, 4);
    assert_int_equal(oop_bits(f.held[1]), start + 10 * 64);
    heap_collect_full(&f.test.heap);
    uint64_t raw = raw_object_at(start);
    assert_int_equal(raw_class_index(raw), CLASS_INDEX_FREE);
    assert_int_equal(raw_end(raw), oop_bits(f.held[1]));
    close(&f);
}

static void test_free_space_is_used_again(void **state) {
    (void)state;
    Fixture f;
    open_swept(&f);
    heap_collect_full(&f.test.heap);
    uint64_t before = heap_old_bytes(&f.test.heap);
    for (int round = 0; round < 50; round++) {
        for (int i = 0; i < 100; i++)
            test_heap_old_plain(&f.test, 60);
        heap_collect_full(&f.test.heap);
    }
    assert_true(heap_old_bytes(&f.test.heap) <= before + (1 << 20));
    close(&f);
}

static void test_compaction_on_request(void **state) {
    (void)state;
    Fixture f;
    open_swept(&f);
    heap_compact(&f.test.heap);
    test_heap_old_plain(&f.test, 50);
    f.held[0] = test_heap_old_plain(&f.test, 5);
    uint64_t before = oop_bits(f.held[0]);
    heap_collect_full(&f.test.heap);
    assert_int_equal(oop_bits(f.held[0]), before);
    heap_compact(&f.test.heap);
    assert_true(oop_bits(f.held[0]) < before);
    assert_string_equal(f.test.heap.collector->name, "sweep");
    close(&f);
}

static void test_random_graphs(void **state) {
    (void)state;
    for (uint64_t seed = 41; seed <= 60; seed++) {
        TestHeapOptions options = test_heap_options();
        options.heap.collector = "sweep";
        Graph g;
        graph_open(&g, &options, seed);
        for (int i = 0; i < 1500; i++) {
            graph_step(&g);
            if (graph_random(&g, 40) == 0) graph_collect(&g, (GraphCollection)graph_random(&g, 2));
        }
        graph_collect(&g, GRAPH_FULL);
        graph_close(&g);
    }
}

static void test_exchange_at_run_time(void **state) {
    (void)state;
    for (uint64_t seed = 61; seed <= 80; seed++) {
        TestHeapOptions options = test_heap_options();
        Graph g;
        graph_open(&g, &options, seed);
        for (int i = 0; i < 1200; i++) {
            graph_step(&g);
            if (graph_random(&g, 30)) continue;
            const char *name = graph_random(&g, 2) ? "sweep" : "compact";
            assert_int_equal(heap_set_collector(&g.test.heap, name), STATUS_OK);
            graph_collect(&g, (GraphCollection)graph_random(&g, 4));
        }
        graph_close(&g);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_old_objects_stay),
        cmocka_unit_test(test_neighbours_are_joined),
        cmocka_unit_test(test_free_space_is_used_again),
        cmocka_unit_test(test_compaction_on_request),
        cmocka_unit_test(test_random_graphs),
        cmocka_unit_test(test_exchange_at_run_time),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
