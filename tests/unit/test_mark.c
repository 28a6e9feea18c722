// SPDX-License-Identifier: MIT
// What full collections keep and what they free, whatever the collector: roots, weak slots,
// ephemerons, the class table, forwarders, and marking with hardly any memory for its tables.
#include "held_heap.h"

#include "memory/mourn.h"

static Oop nil_of(Fixture *f) { return f->test.heap.nil; }
static void collect(Fixture *f) {
    heap_collect_full(&f->test.heap);
    test_heap_check(&f->test);
}

// ---- what lives

static void test_unreachable_is_freed(void **state) {
    (void)state;
    Fixture f;
    open(&f);
    f.held[0] = test_heap_plain(&f.test, 2);
    test_heap_plain(&f.test, 2);
    test_heap_old_plain(&f.test, 2);
    collect(&f);
    assert_int_equal(test_heap_count(&f.test, f.test.plain), 1);
    f.held[0] = nil_of(&f);
    collect(&f);
    assert_int_equal(test_heap_count(&f.test, f.test.plain), 0);
    close(&f);
}

static void test_cycles_are_freed(void **state) {
    (void)state;
    Fixture f;
    open(&f);
    Oop a = test_heap_old_plain(&f.test, 2), b = test_heap_old_plain(&f.test, 2);
    test_put(&f.test, a, 0, b);
    test_put(&f.test, b, 0, a);
    collect(&f);
    assert_int_equal(test_heap_count(&f.test, f.test.plain), 0);
    close(&f);
}

static void visit_client_root(void *context, RootVisitor *visitor) { root_visit(visitor, context); }

static void test_client_roots_live(void **state) {
    (void)state;
    Fixture f;
    open(&f);
    Oop root = test_heap_old_plain(&f.test, 3);
    test_put(&f.test, root, 2, test_int(7));
    HeapClient client = {.context = &root, .visit_roots = visit_client_root};
    assert_int_equal(heap_add_client(&f.test.heap, client), STATUS_OK);
    collect(&f);
    assert_int_equal(test_heap_count(&f.test, f.test.plain), 1);
    assert_int_equal(oop_bits(slot_at(root, num(2))), oop_bits(test_int(7)));
    close(&f);
}

static void test_special_objects_live(void **state) {
    (void)state;
    Fixture f;
    open(&f);
    Oop special = f.test.heap.special_objects;
    if (test_is_nil(&f.test, special)) {
        special = test_heap_plain(&f.test, SPECIAL_OBJECT_COUNT);
        f.test.heap.special_objects = special;
    }
    uint64_t before = test_heap_count(&f.test, f.test.plain);
    test_put(&f.test, special, 40, test_heap_plain(&f.test, 2));
    collect(&f);
    assert_int_equal(test_heap_count(&f.test, f.test.plain), before + 1);
    close(&f);
}

static void make_list(Fixture *f, int length) {
    for (int i = 0; i < length; i++) {
        f->held[1] = test_heap_plain(&f->test, 2);
        if (oop_is_none(f->held[1])) {
            f->held[1] = nil_of(f);
            collect(f);
            i--;
            continue;
        }
        test_put(&f->test, f->held[1], 0, f->held[0]);
        test_put(&f->test, f->held[1], 1, test_int(i));
        f->held[0] = f->held[1];
    }
    f->held[1] = nil_of(f);
}

static void check_list(Fixture *f, int length) {
    Oop at = f->held[0];
    for (int i = length - 1; i >= 0; i--) {
        assert_int_equal(num_concrete(num_from_oop(slot_at(at, num(1)))), i);
        at = test_at(&f->test, at, 0);
    }
    assert_true(test_is_nil(&f->test, at));
}

static void test_long_list(void **state) {
    (void)state;
    Fixture f;
    open(&f);
    make_list(&f, 100000);
    collect(&f);
    check_list(&f, 100000);
    assert_int_equal(test_heap_count(&f.test, f.test.plain), 100000);
    close(&f);
}

// ---- little memory

static void fill_tree(Fixture *f, Oop array, int count) {
    for (int i = 2; i < count; i++) {
        Oop child = test_heap_plain(&f->test, 4);
        test_put(&f->test, child, 2, test_int(i));
        test_put(&f->test, array, i, child);
        test_put(&f->test, child, 3, test_heap_plain(&f->test, 2));
    }
}

static void mark_with_limit(uint64_t limit) {
    Fixture f;
    TestHeapOptions options = test_heap_options();
    options.heap.mark_memory_limit = limit;
    open_with(&f, &options);
    f.held[0] = heap_allocate_old(&f.test.heap, f.test.plain, FORMAT_MIXED, 900);
    fill_tree(&f, f.held[0], 900);
    collect(&f);
    assert_int_equal(test_heap_count(&f.test, f.test.plain), 1 + 2 * 898);
    for (int i = 2; i < 900; i++)
        assert_int_equal(
            num_concrete(num_from_oop(slot_at(test_at(&f.test, f.held[0], i), num(2)))), i);
    f.held[0] = nil_of(&f);
    make_list(&f, 20);
    collect(&f);
    check_list(&f, 20);
    close(&f);
}

static void test_mark_stack_overflows(void **state) {
    (void)state;
    for (uint64_t limit = 1; limit < 8; limit++)
        mark_with_limit(limit);
    mark_with_limit(300);
}

// ---- weak

static void test_weak_slots(void **state) {
    (void)state;
    Fixture f;
    open(&f);
    f.held[0] = test_heap_weak(&f.test, 6);
    f.held[1] = test_heap_plain(&f.test, 2);
    test_put(&f.test, f.held[0], 0, test_heap_plain(&f.test, 2)); // a named field: strong
    test_put(&f.test, f.held[0], 2, f.held[1]);
    test_put(&f.test, f.held[0], 3, test_heap_plain(&f.test, 2)); // nobody else refers to it
    test_put(&f.test, f.held[0], 4, test_int(5));
    collect(&f);
    assert_false(test_is_nil(&f.test, test_at(&f.test, f.held[0], 0)));
    assert_int_equal(oop_bits(slot_at(f.held[0], num(2))), oop_bits(f.held[1]));
    assert_true(test_is_nil(&f.test, test_at(&f.test, f.held[0], 3)));
    assert_int_equal(oop_bits(slot_at(f.held[0], num(4))), oop_bits(test_int(5)));
    assert_true(f.test.heap.wants & HEAP_MOURNERS);
    assert_true(oop_is_none(heap_next_mourner(&f.test.heap)));
    close(&f);
}

static void test_weak_objects_are_queued_when_wanted(void **state) {
    (void)state;
    Fixture f;
    open(&f);
    f.test.heap.mourn_weak = true;
    f.held[0] = heap_allocate_old(&f.test.heap, f.test.weak, FORMAT_WEAK, 4);
    f.held[1] = heap_allocate_old(&f.test.heap, f.test.weak, FORMAT_WEAK, 4);
    test_put(&f.test, f.held[0], 2, test_heap_old_plain(&f.test, 2));
    test_put(&f.test, f.held[0], 3, test_heap_old_plain(&f.test, 2));
    collect(&f);
    assert_int_equal(mourn_count(&f.test.heap), 1);
    assert_int_equal(oop_bits(heap_next_mourner(&f.test.heap)), oop_bits(f.held[0]));
    collect(&f);
    assert_int_equal(mourn_count(&f.test.heap), 0);
    close(&f);
}

// ---- ephemerons

static Oop old_ephemeron(Fixture *f, Oop key, Oop value) {
    Oop ephemeron = heap_allocate_old(&f->test.heap, f->test.ephemeron, FORMAT_EPHEMERON, 3);
    heap_pin(&f->test.heap, ephemeron, false);
    test_put(&f->test, ephemeron, 0, key);
    test_put(&f->test, ephemeron, 2, value);
    return ephemeron;
}

static void test_ephemeron_with_live_key(void **state) {
    (void)state;
    Fixture f;
    open(&f);
    f.held[0] = test_heap_old_plain(&f.test, 2);
    f.held[1] = old_ephemeron(&f, f.held[0], test_heap_old_plain(&f.test, 2));
    collect(&f);
    assert_int_equal(test_heap_count(&f.test, f.test.plain), 2);
    assert_true(oop_is_none(heap_next_mourner(&f.test.heap)));
    assert_int_equal(raw_format(oop_bits(f.held[1])), FORMAT_EPHEMERON);
    close(&f);
}

static void test_ephemeron_fires_once(void **state) {
    (void)state;
    Fixture f;
    open(&f);
    // The value refers to the key: that alone does not keep it.
    Oop key = test_heap_old_plain(&f.test, 2), value = test_heap_old_plain(&f.test, 2);
    test_put(&f.test, value, 0, key);
    f.held[1] = old_ephemeron(&f, key, value);
    collect(&f);
    Oop mourner = heap_next_mourner(&f.test.heap);
    assert_int_equal(oop_bits(mourner), oop_bits(f.held[1]));
    assert_int_equal(raw_format(oop_bits(mourner)), FORMAT_FIXED);
    assert_false(test_is_nil(&f.test, test_at(&f.test, mourner, 0)));
    collect(&f);
    assert_true(oop_is_none(heap_next_mourner(&f.test.heap)));
    assert_int_equal(test_heap_count(&f.test, f.test.plain), 2);
    close(&f);
}

static void test_mourners_live_until_fetched(void **state) {
    (void)state;
    Fixture f;
    open(&f);
    test_heap_old_plain(&f.test, 20);
    Oop key = test_heap_old_plain(&f.test, 3);
    test_put(&f.test, key, 2, test_int(77));
    f.held[0] = old_ephemeron(&f, key, nil_of(&f));
    collect(&f);
    f.held[0] = nil_of(&f);
    collector_collect(&f.test.heap, COLLECT_MOVE_ALL);
    collect(&f);
    Oop mourner = heap_next_mourner(&f.test.heap);
    assert_int_equal(oop_bits(slot_at(test_at(&f.test, mourner, 0), num(2))),
                     oop_bits(test_int(77)));
    collect(&f);
    assert_int_equal(test_heap_count(&f.test, f.test.ephemeron), 0);
    close(&f);
}

// A chain: the key of each is the value of the one before. Built so that every pass over the
// ephemerons in the order of memory, or against it, would find one ready at a time.
static void chain_of_ephemerons(uint64_t limit, bool key_lives) {
    enum { LENGTH = 300 };
    Fixture f;
    TestHeapOptions options = test_heap_options();
    options.heap.mark_memory_limit = limit;
    open_with(&f, &options);
    f.held[0] = test_heap_old_plain(&f.test, LENGTH + 2);
    f.held[1] = test_heap_old_plain(&f.test, 2);
    Oop key = f.held[1];
    for (int i = 0; i < LENGTH; i++) {
        Oop value = test_heap_old_plain(&f.test, 2);
        test_put(&f.test, f.held[0], i + 2, old_ephemeron(&f, key, value));
        key = value;
    }
    if (!key_lives) f.held[1] = nil_of(&f);
    collect(&f);
    assert_int_equal(test_heap_count(&f.test, f.test.plain), LENGTH + 2);
    assert_int_equal(mourn_count(&f.test.heap), key_lives ? 0 : LENGTH);
    close(&f);
}

static void test_ephemeron_chains(void **state) {
    (void)state;
    chain_of_ephemerons(0, true);
    chain_of_ephemerons(0, false);
    chain_of_ephemerons(5, true);
    chain_of_ephemerons(5, false);
}

static void test_ephemeron_with_immediate_key(void **state) {
    (void)state;
    Fixture f;
    open(&f);
    f.held[0] = old_ephemeron(&f, test_int(3), test_heap_old_plain(&f.test, 2));
    collect(&f);
    assert_int_equal(test_heap_count(&f.test, f.test.plain), 1);
    assert_true(oop_is_none(heap_next_mourner(&f.test.heap)));
    close(&f);
}

// ---- forwarders

static Oop array_of(Fixture *f, Oop element) {
    Oop array = test_heap_plain(&f->test, 3);
    raw_store(oop_bits(array), header_with_format(raw_load(oop_bits(array)), FORMAT_INDEXABLE));
    for (int i = 0; i < 3; i++)
        test_put(&f->test, array, i, element);
    return array;
}

static void become_one_way(Fixture *f, Oop former, Oop latter) {
    Oop formers = array_of(f, former), latters = array_of(f, latter);
    assert_int_equal(heap_become(&f->test.heap, formers, latters, false, false), STATUS_OK);
}

static void test_forwarders_are_short_cut(void **state) {
    (void)state;
    Fixture f;
    open(&f);
    f.held[0] = test_heap_old_plain(&f.test, 2);
    f.held[1] = test_heap_old_plain(&f.test, 2);
    f.held[2] = heap_allocate_old(&f.test.heap, f.test.weak, FORMAT_WEAK, 3);
    f.held[3] = test_heap_old_plain(&f.test, 2);
    test_put(&f.test, f.held[0], 0, f.held[3]);
    test_put(&f.test, f.held[2], 2, f.held[3]);
    become_one_way(&f, f.held[3], f.held[1]);
    collect(&f);
    uint64_t target = oop_bits(f.held[1]);
    assert_int_equal(oop_bits(slot_at(f.held[0], num(0))), target);
    assert_int_equal(oop_bits(slot_at(f.held[2], num(2))), target);
    assert_int_equal(oop_bits(f.held[3]), target);
    assert_int_equal(test_heap_count(&f.test, f.test.plain), 2);
    close(&f);
}

// Short-cutting may be how an old object comes to refer to a young one.
static void test_short_cut_to_young(void **state) {
    (void)state;
    Fixture f;
    open(&f);
    f.held[0] = test_heap_old_plain(&f.test, 2);
    Oop former = test_heap_old_plain(&f.test, 2);
    test_put(&f.test, f.held[0], 0, former);
    Oop young = test_heap_plain(&f.test, 3);
    test_put(&f.test, young, 2, test_int(9));
    become_one_way(&f, former, young);
    collect(&f);
    heap_scavenge(&f.test.heap);
    heap_scavenge(&f.test.heap);
    test_heap_check(&f.test);
    assert_int_equal(oop_bits(slot_at(test_at(&f.test, f.held[0], 0), num(2))),
                     oop_bits(test_int(9)));
    close(&f);
}

// ---- classes

static Oop new_class(Fixture *f, uint64_t *class_index) {
    Oop class_object = heap_allocate_old(&f->test.heap, f->test.class_class, FORMAT_FIXED, 4);
    heap_pin(&f->test.heap, class_object, false);
    test_put(&f->test, class_object, CLASS_FORMAT, test_int(FORMAT_FIXED << 16 | 1));
    *class_index = heap_enter_class(&f->test.heap, class_object);
    assert_int_not_equal(*class_index, 0);
    return class_object;
}

static void test_class_table_is_weak(void **state) {
    (void)state;
    Fixture f;
    open(&f);
    uint64_t unused, referred, instantiated;
    new_class(&f, &unused);
    f.held[0] = new_class(&f, &referred);
    new_class(&f, &instantiated);
    f.held[1] = heap_allocate(&f.test.heap, instantiated, FORMAT_FIXED, 1);
    collect(&f);
    assert_true(test_is_nil(&f.test, heap_class_at(&f.test.heap, unused)));
    assert_int_equal(oop_bits(heap_class_at(&f.test.heap, referred)), oop_bits(f.held[0]));
    assert_false(test_is_nil(&f.test, heap_class_at(&f.test.heap, instantiated)));
    f.held[1] = nil_of(&f);
    collect(&f);
    assert_true(test_is_nil(&f.test, heap_class_at(&f.test.heap, instantiated)));
    close(&f);
}

static void test_instances_move_to_the_canonical_index(void **state) {
    (void)state;
    Fixture f;
    open(&f);
    uint64_t one, other;
    Oop former = new_class(&f, &one);
    f.held[0] = new_class(&f, &other);
    f.held[1] = heap_allocate(&f.test.heap, one, FORMAT_FIXED, 1);
    f.held[2] = heap_allocate(&f.test.heap, other, FORMAT_FIXED, 1);
    become_one_way(&f, former, f.held[0]);
    assert_int_equal(oop_bits(heap_class_at(&f.test.heap, one)), oop_bits(f.held[0]));
    uint64_t needed;
    heap_all_instances(&f.test.heap, other, &needed);
    assert_int_equal(needed, 2);
    collect(&f);
    assert_int_equal(raw_class_index(oop_bits(f.held[1])), other);
    assert_int_equal(raw_class_index(oop_bits(f.held[2])), other);
    assert_true(test_is_nil(&f.test, heap_class_at(&f.test.heap, one)));
    assert_int_equal(oop_bits(heap_class_at(&f.test.heap, other)), oop_bits(f.held[0]));
    close(&f);
}

// ---- clients

typedef struct WeakTable {
    Oop keys[3];
    unsigned full_collections, updates;
} WeakTable;

static void update_weak_table(void *context, Heap *heap) {
    WeakTable *table = context;
    table->updates++;
    for (int i = 0; i < 3; i++)
        if (!oop_is_none(table->keys[i])) table->keys[i] = heap_survivor(heap, table->keys[i]);
}

static void count_collection(void *context, Heap *heap, bool full) {
    (void)heap;
    ((WeakTable *)context)->full_collections += full;
}

static void weak_table_follows(CollectRequest request) {
    Fixture f;
    open(&f);
    test_heap_old_plain(&f.test, 30);
    f.held[0] = test_heap_old_plain(&f.test, 2);
    f.held[1] = test_heap_plain(&f.test, 2);
    WeakTable table = {{f.held[0], test_heap_old_plain(&f.test, 2), f.held[1]}, 0, 0};
    HeapClient client = {
        .context = &table,
        .update_weak = update_weak_table,
        .after_collection = count_collection,
    };
    assert_int_equal(heap_add_client(&f.test.heap, client), STATUS_OK);
    collector_collect(&f.test.heap, request);
    assert_int_equal(oop_bits(table.keys[0]), oop_bits(f.held[0]));
    assert_true(oop_is_none(table.keys[1]));
    assert_int_equal(oop_bits(table.keys[2]), oop_bits(f.held[1]));
    assert_int_equal(table.full_collections, 1);
    close(&f);
}

static void test_weak_tables_of_clients(void **state) {
    (void)state;
    weak_table_follows(COLLECT_ORDINARY);
    weak_table_follows(COLLECT_COMPACT);
    weak_table_follows(COLLECT_MOVE_ALL);
}

static void test_collectors_by_name(void **state) {
    (void)state;
    Fixture f;
    open(&f);
    assert_string_equal(f.test.heap.collector->name, "compact");
    assert_int_equal(heap_set_collector(&f.test.heap, "sweep"), STATUS_OK);
    assert_string_equal(f.test.heap.collector->name, "sweep");
    assert_int_equal(heap_set_collector(&f.test.heap, "none such"), STATUS_NOT_FOUND);
    assert_string_equal(f.test.heap.collector->name, "sweep");
    assert_int_equal(heap_set_collector(&f.test.heap, NULL), STATUS_OK);
    assert_string_equal(f.test.heap.collector->name, "compact");
    close(&f);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_unreachable_is_freed),
        cmocka_unit_test(test_cycles_are_freed),
        cmocka_unit_test(test_client_roots_live),
        cmocka_unit_test(test_special_objects_live),
        cmocka_unit_test(test_long_list),
        cmocka_unit_test(test_mark_stack_overflows),
        cmocka_unit_test(test_weak_slots),
        cmocka_unit_test(test_weak_objects_are_queued_when_wanted),
        cmocka_unit_test(test_ephemeron_with_live_key),
        cmocka_unit_test(test_ephemeron_fires_once),
        cmocka_unit_test(test_mourners_live_until_fetched),
        cmocka_unit_test(test_ephemeron_chains),
        cmocka_unit_test(test_ephemeron_with_immediate_key),
        cmocka_unit_test(test_forwarders_are_short_cut),
        cmocka_unit_test(test_short_cut_to_young),
        cmocka_unit_test(test_class_table_is_weak),
        cmocka_unit_test(test_instances_move_to_the_canonical_index),
        cmocka_unit_test(test_weak_tables_of_clients),
        cmocka_unit_test(test_collectors_by_name),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
