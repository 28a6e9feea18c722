// SPDX-License-Identifier: MIT
// Mark-compact: where objects go, what stays, and random graphs against their model.
#include "graph_model.h"
#include "held_heap.h"

static void collect(Fixture *f, CollectRequest request) {
    collector_collect(&f->test.heap, request);
    test_heap_check(&f->test);
}

static void test_objects_slide_in_order(void **state) {
    (void)state;
    Fixture f;
    open(&f);
    collect(&f, COLLECT_COMPACT);
    test_heap_old_plain(&f.test, 100);
    f.held[0] = test_heap_old_plain(&f.test, 5);
    test_heap_old_plain(&f.test, 50);
    f.held[1] = test_heap_old_plain(&f.test, 3);
    uint64_t dead = oop_bits(f.held[0]) - raw_bytes_for_slots(100);
    collect(&f, COLLECT_COMPACT);
    assert_int_equal(oop_bits(f.held[0]), dead);
    assert_int_equal(oop_bits(f.held[1]), raw_end(dead));
    close(&f);
}

// Nothing is free between objects afterwards but at the ends of segments, when nothing is pinned.
static void test_no_free_space_between(void **state) {
    (void)state;
    Fixture f;
    open(&f);
    f.held[0] = test_heap_old_plain(&f.test, 200);
    for (int i = 2; i < 200; i++) {
        test_put(&f.test, f.held[0], i, test_heap_old_plain(&f.test, (uint64_t)(i % 30 + 2)));
        test_heap_old_plain(&f.test, (uint64_t)(i % 7 + 2));
    }
    collect(&f, COLLECT_COMPACT);
    Oop object = f.held[0];
    int gaps = 0;
    for (int i = 2; i < 200; i++) {
        Oop next = test_at(&f.test, f.held[0], i);
        gaps += oop_bits(next) != raw_end(oop_bits(object));
        object = next;
    }
    assert_true(gaps <= 1);
    close(&f);
}

static void test_bytes_and_methods_keep_contents(void **state) {
    (void)state;
    Fixture f;
    open(&f);
    test_heap_old_plain(&f.test, 10);
    f.held[0] = heap_allocate_old(&f.test.heap, f.test.bytes, FORMAT_8BIT + 3, 4);
    heap_pin(&f.test.heap, f.held[0], false);
    // A method with two literals and code that looks like an address.
    f.held[1] = heap_allocate_old(&f.test.heap, f.test.bytes, FORMAT_COMPILED_METHOD + 1, 5);
    heap_pin(&f.test.heap, f.held[1], false);
    uint64_t address = oop_bits(f.held[0]);
    for (int i = 0; i < 29; i++)
        byte_at_put(f.held[0], num(i), num(i * 7 & 255));
    test_put(&f.test, f.held[1], 0, test_int(2));
    test_put(&f.test, f.held[1], 1, f.held[0]);
    test_put(&f.test, f.held[1], 2, f.test.heap.nil);
    raw_store(raw_slot_address(oop_bits(f.held[1]), 3), address);
    collect(&f, COLLECT_COMPACT);
    assert_int_not_equal(oop_bits(f.held[0]), address);
    for (int i = 0; i < 29; i++)
        assert_int_equal(num_concrete(byte_at(f.held[0], num(i))), i * 7 & 255);
    assert_int_equal(oop_bits(slot_at(f.held[1], num(1))), oop_bits(f.held[0]));
    assert_int_equal(raw_slot(oop_bits(f.held[1]), 3), address);
    close(&f);
}

// Long objects, whose size word may lie in the block before the header's: every offset in a block.
static void long_objects_move(CollectRequest request) {
    enum { COUNT = 70, SLOTS = 300 };
    Fixture f;
    open(&f);
    f.held[0] = test_heap_old_plain(&f.test, COUNT);
    for (int i = 0; i < COUNT; i++) {
        test_heap_old_plain(&f.test, 2);
        Oop object = test_heap_old_plain(&f.test, SLOTS);
        test_put(&f.test, f.held[0], i, object);
        for (int slot = 0; slot < SLOTS; slot++)
            test_put(&f.test, object, slot, slot % 3 ? test_int(i * slot) : f.held[0]);
    }
    collect(&f, request);
    for (int i = 0; i < COUNT; i++) {
        Oop object = test_at(&f.test, f.held[0], i);
        assert_int_equal(num_concrete(slot_count(object)), SLOTS);
        for (int slot = 0; slot < SLOTS; slot++)
            assert_int_equal(oop_bits(slot_at(object, num(slot))),
                             oop_bits(slot % 3 ? test_int(i * slot) : f.held[0]));
    }
    close(&f);
}

static void test_long_objects(void **state) {
    (void)state;
    long_objects_move(COLLECT_COMPACT);
    long_objects_move(COLLECT_MOVE_ALL);
}

// Pinned objects among others that die and live: all stay what they are, the pinned where they
// are, and what is free between them is on the free lists.
static void pinned_storm(uint64_t seed) {
    enum { COUNT = 600 };
    Fixture f;
    open(&f);
    Graph random = {.seed = seed};
    f.held[0] = test_heap_old_plain(&f.test, COUNT);
    uint64_t address[COUNT] = {0};
    for (int i = 0; i < COUNT; i++) {
        Oop object = heap_allocate_old(&f.test.heap, f.test.plain, FORMAT_MIXED,
                                       2 + graph_random(&random, 9));
        test_put(&f.test, object, 0, test_int(i));
        if (graph_random(&random, 5))
            heap_pin(&f.test.heap, object, false);
        else
            address[i] = oop_bits(object);
        if (graph_random(&random, 3)) test_put(&f.test, f.held[0], i, object);
    }
    for (int round = 0; round < 3; round++) {
        collect(&f, round == 1 ? COLLECT_MOVE_ALL : COLLECT_COMPACT);
        for (int i = 0; i < COUNT; i++) {
            Oop object = test_at(&f.test, f.held[0], i);
            if (test_is_nil(&f.test, object)) continue;
            if (address[i]) assert_int_equal(oop_bits(object), address[i]);
            assert_int_equal(oop_bits(slot_at(object, num(0))), oop_bits(test_int(i)));
        }
    }
    close(&f);
}

static void test_pinned_storm(void **state) {
    (void)state;
    for (uint64_t seed = 1; seed <= 30; seed++)
        pinned_storm(seed);
}

static bool is_first_of_heap(Heap *heap, uint64_t raw) {
    return raw <= (oop_bits(heap->class_table_root) | 511);
}

// The stress switch: whatever may move has another address afterwards.
static void test_all_objects_move(void **state) {
    (void)state;
    enum { COUNT = 300 };
    Fixture f;
    open(&f);
    f.held[0] = test_heap_old_plain(&f.test, COUNT);
    for (int i = 0; i < COUNT; i++)
        test_put(&f.test, f.held[0], i, test_heap_old_plain(&f.test, 4));
    for (int round = 0; round < 5; round++) {
        uint64_t before[COUNT], holder = oop_bits(f.held[0]);
        for (int i = 0; i < COUNT; i++)
            before[i] = oop_bits(test_at(&f.test, f.held[0], i));
        collect(&f, COLLECT_MOVE_ALL);
        if (!is_first_of_heap(&f.test.heap, holder))
            assert_int_not_equal(oop_bits(f.held[0]), holder);
        for (int i = 0; i < COUNT; i++)
            if (!is_first_of_heap(&f.test.heap, before[i]))
                assert_int_not_equal(oop_bits(test_at(&f.test, f.held[0], i)), before[i]);
    }
    close(&f);
}

static void test_move_every(void **state) {
    (void)state;
    Fixture f;
    open(&f);
    f.test.heap.options.move_every = 1;
    for (int i = 0; i < 40; i++)
        test_heap_old_plain(&f.test, 20);
    f.held[0] = test_heap_old_plain(&f.test, 4);
    for (int i = 0; i < 4; i++) {
        uint64_t before = oop_bits(f.held[0]);
        heap_collect_full(&f.test.heap);
        assert_int_not_equal(oop_bits(f.held[0]), before);
    }
    close(&f);
}

static void test_segments_are_given_back(void **state) {
    (void)state;
    Fixture f;
    open(&f);
    f.test.heap.options.shrink_bytes = 1 << 20;
    f.test.heap.options.growth_bytes = 1 << 20;
    uint64_t before = heap_old_bytes(&f.test.heap);
    f.held[0] = test_heap_old_plain(&f.test, 3 << 20 >> 3);
    for (int i = 0; i < 20; i++)
        test_heap_old_plain(&f.test, 1 << 20 >> 3);
    assert_true(heap_old_bytes(&f.test.heap) > before + (20 << 20));
    f.held[0] = f.test.heap.nil;
    collect(&f, COLLECT_COMPACT);
    assert_true(heap_old_bytes(&f.test.heap) <= before + (4 << 20));
    close(&f);
}

static void run_graph(const TestHeapOptions *options, uint64_t seed, int steps, unsigned every) {
    Graph g;
    graph_open(&g, options, seed);
    for (int i = 0; i < steps; i++) {
        graph_step(&g);
        if (graph_random(&g, every) == 0) graph_collect(&g, (GraphCollection)graph_random(&g, 4));
    }
    graph_collect(&g, GRAPH_FULL);
    graph_close(&g);
}

static void test_random_graphs(void **state) {
    (void)state;
    for (uint64_t seed = 1; seed <= 30; seed++) {
        TestHeapOptions options = test_heap_options();
        options.heap.verify = seed % 5 == 0;
        options.heap.mark_memory_limit = seed % 3 == 0 ? 1 + seed % 4 : 0;
        run_graph(&options, seed, 1500, 50);
    }
}

static void test_collection_at_every_allocation(void **state) {
    (void)state;
    for (uint64_t seed = 100; seed < 104; seed++) {
        TestHeapOptions options = test_heap_options();
        Graph g;
        graph_open(&g, &options, seed);
        g.every_allocation = true;
        for (int i = 0; i < 500; i++)
            graph_step(&g);
        graph_close(&g);
    }
}

// The stress switches together: a collection that moves all at the safe point after each
// allocation.
static void test_stress_switches(void **state) {
    (void)state;
    TestHeapOptions options = test_heap_options();
    options.heap.collect_every = options.heap.move_every = 1;
    options.heap.verify = true;
    Graph g;
    graph_open(&g, &options, 7);
    for (int i = 0; i < 300; i++) {
        uint64_t before = g.test.heap.statistics.full_collections;
        g.roots[0] = graph_new_node(&g, NODE_PLAIN, 4);
        g.held[0] = graph_allocate(&g, NODE_PLAIN, 4);
        test_put(&g.test, g.held[0], GRAPH_ID_SLOT, test_int(g.roots[0]));
        g.nodes[g.roots[0]].slots[2] = i ? g.roots[1] : GRAPH_NIL;
        test_put(&g.test, g.held[0], 2, g.held[1]);
        g.roots[1] = g.roots[0];
        g.held[1] = g.held[0];
        assert_true(g.test.heap.wants & HEAP_WANTS_STRESS);
        heap_collect_as_wanted(&g.test.heap);
        assert_int_equal(g.test.heap.statistics.full_collections, before + 1);
        graph_check(&g);
    }
    graph_close(&g);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_objects_slide_in_order),
        cmocka_unit_test(test_no_free_space_between),
        cmocka_unit_test(test_bytes_and_methods_keep_contents),
        cmocka_unit_test(test_long_objects),
        cmocka_unit_test(test_pinned_storm),
        cmocka_unit_test(test_all_objects_move),
        cmocka_unit_test(test_move_every),
        cmocka_unit_test(test_segments_are_given_back),
        cmocka_unit_test(test_random_graphs),
        cmocka_unit_test(test_collection_at_every_allocation),
        cmocka_unit_test(test_stress_switches),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
