// SPDX-License-Identifier: MIT
// Become in its variants, and that running out of memory in the middle changes nothing.
#include "test_heap.h"

typedef struct Fixture {
    TestHeap test;
    RootScope scope;
    Oop held[8];
    unsigned becomes, becomes_of_classes;
} Fixture;

static void count_become(void *context, Heap *heap, bool classes_or_methods) {
    (void)heap;
    Fixture *f = context;
    f->becomes++;
    f->becomes_of_classes += classes_or_methods;
}

static void open_with(Fixture *f, const TestHeapOptions *options) {
    memset(f, 0, sizeof *f);
    test_heap_open(&f->test, options);
    root_scope_enter(&f->test.heap, &f->scope, f->held, 8);
    HeapClient client = {.context = f, .after_become = count_become};
    assert_int_equal(heap_add_client(&f->test.heap, client), STATUS_OK);
}
static void open(Fixture *f) {
    TestHeapOptions options = test_heap_options();
    open_with(f, &options);
}
static void close(Fixture *f) {
    root_scope_leave(&f->test.heap, &f->scope);
    test_heap_close(&f->test);
}

static Oop array_of(Fixture *f, const Oop *elements, int count) {
    Oop array = test_heap_plain(&f->test, (uint64_t)count);
    raw_store(oop_bits(array), header_with_format(raw_load(oop_bits(array)), FORMAT_INDEXABLE));
    for (int i = 0; i < count; i++)
        test_put(&f->test, array, i, elements[i]);
    return array;
}
static Status become(Fixture *f, Oop one, Oop other, bool two_way, bool copy_hash) {
    Oop formers = array_of(f, &one, 1), latters = array_of(f, &other, 1);
    return heap_become(&f->test.heap, formers, latters, two_way, copy_hash);
}
static Oop numbered(Fixture *f, bool old, uint64_t slots, int number) {
    Oop object = old ? test_heap_old_plain(&f->test, slots) : test_heap_plain(&f->test, slots);
    test_put(f ? &f->test : NULL, object, 1, test_int(number));
    return object;
}
static int64_t number_of(Fixture *f, Oop object) {
    return num_concrete(num_from_oop(test_at(&f->test, heap_follow(&f->test.heap, object), 1)));
}

static void test_one_way(void **state) {
    (void)state;
    for (int kind = 0; kind < 4; kind++) {
        Fixture f;
        open(&f);
        f.held[0] = numbered(&f, kind & 1, 3, 10);
        f.held[1] = numbered(&f, kind & 2, 4, 20);
        f.held[2] = test_heap_old_plain(&f.test, 2);
        test_put(&f.test, f.held[2], 0, f.held[0]);
        Oop one = f.held[0], other = f.held[1];
        assert_int_equal(become(&f, one, other, false, false), STATUS_OK);
        assert_int_equal(oop_bits(heap_follow(&f.test.heap, one)), oop_bits(other));
        assert_int_equal(oop_bits(test_at(&f.test, f.held[2], 0)), oop_bits(other));
        assert_int_equal(number_of(&f, other), 20);
        assert_int_equal(f.becomes, 1);
        assert_int_equal(f.becomes_of_classes, 0);
        heap_scavenge(&f.test.heap);
        test_heap_check(&f.test);
        assert_int_equal(number_of(&f, f.held[0]), 20);
        heap_collect_full(&f.test.heap);
        test_heap_check(&f.test);
        assert_int_equal(oop_bits(f.held[0]), oop_bits(f.held[1]));
        close(&f);
    }
}

static void test_hash_of_one_way(void **state) {
    (void)state;
    for (int copy_hash = 0; copy_hash < 2; copy_hash++) {
        Fixture f;
        open(&f);
        Oop one = numbered(&f, false, 3, 1), other = numbered(&f, true, 3, 2);
        uint64_t hash = heap_identity_hash(&f.test.heap, one);
        uint64_t other_hash = heap_identity_hash(&f.test.heap, other);
        assert_int_equal(become(&f, one, other, false, copy_hash), STATUS_OK);
        assert_int_equal(heap_identity_hash(&f.test.heap, other), copy_hash ? hash : other_hash);
        close(&f);
    }
}

// A hash that nobody has asked for does not replace one that somebody has.
static void test_no_hash_is_not_copied(void **state) {
    (void)state;
    Fixture f;
    open(&f);
    Oop one = numbered(&f, false, 3, 1), other = numbered(&f, true, 3, 2);
    uint64_t other_hash = heap_identity_hash(&f.test.heap, other);
    assert_int_equal(become(&f, one, other, false, true), STATUS_OK);
    assert_int_equal(heap_identity_hash(&f.test.heap, other), other_hash);
    close(&f);
}

static void two_way(bool one_old, bool other_old, uint64_t one_slots, uint64_t other_slots) {
    Fixture f;
    open(&f);
    f.held[0] = numbered(&f, one_old, one_slots, 10);
    f.held[1] = numbered(&f, other_old, other_slots, 20);
    // Young referents: whoever holds them now must be remembered.
    test_put(&f.test, f.held[0], 0, numbered(&f, false, 2, 11));
    test_put(&f.test, f.held[1], 0, numbered(&f, false, 2, 21));
    uint64_t hash = heap_identity_hash(&f.test.heap, f.held[0]);
    assert_int_equal(become(&f, f.held[0], f.held[1], true, false), STATUS_OK);
    test_heap_check(&f.test);
    for (int round = 0; round < 3; round++) {
        assert_int_equal(number_of(&f, f.held[0]), 20);
        assert_int_equal(number_of(&f, f.held[1]), 10);
        Oop one = heap_follow(&f.test.heap, f.held[0]),
            other = heap_follow(&f.test.heap, f.held[1]);
        assert_int_equal(number_of(&f, test_at(&f.test, one, 0)), 21);
        assert_int_equal(number_of(&f, test_at(&f.test, other, 0)), 11);
        assert_int_equal(num_concrete(slot_count(one)), other_slots);
        assert_int_equal(num_concrete(slot_count(other)), one_slots);
        assert_int_equal(heap_identity_hash(&f.test.heap, one), hash);
        if (round == 0)
            heap_scavenge(&f.test.heap);
        else
            heap_collect_full(&f.test.heap);
        test_heap_check(&f.test);
    }
    close(&f);
}

static void test_two_way(void **state) {
    (void)state;
    for (int kind = 0; kind < 4; kind++) {
        two_way(kind & 1, kind & 2, 4, 4);
        two_way(kind & 1, kind & 2, 4, 7);
        two_way(kind & 1, kind & 2, 300, 3);
        two_way(kind & 1, kind & 2, 300, 300);
    }
}

static void test_swap_of_different_formats(void **state) {
    (void)state;
    Fixture f;
    open(&f);
    f.held[0] = numbered(&f, false, 3, 10);
    f.held[1] = test_heap_bytes(&f.test, 20);
    for (int i = 0; i < 20; i++)
        byte_at_put(f.held[1], num(i), num(i + 100));
    assert_int_equal(become(&f, f.held[0], f.held[1], true, false), STATUS_OK);
    Oop bytes = heap_follow(&f.test.heap, f.held[0]);
    assert_true(object_is_bytes(bytes));
    assert_int_equal(num_concrete(byte_count(bytes)), 20);
    for (int i = 0; i < 20; i++)
        assert_int_equal(num_concrete(byte_at(bytes, num(i))), i + 100);
    assert_int_equal(number_of(&f, f.held[1]), 10);
    close(&f);
}

static void test_copies_stay_readonly(void **state) {
    (void)state;
    Fixture f;
    open(&f);
    f.held[0] = numbered(&f, false, 3, 10);
    f.held[1] = numbered(&f, false, 5, 20);
    heap_set_readonly(&f.test.heap, f.held[0], true);
    assert_int_equal(become(&f, f.held[0], f.held[1], true, false), STATUS_OK);
    assert_true(object_is_readonly(heap_follow(&f.test.heap, f.held[1])));
    assert_false(object_is_readonly(heap_follow(&f.test.heap, f.held[0])));
    close(&f);
}

// Large objects are copied to old space, where young referents must be remembered.
static void test_large_copies_are_remembered(void **state) {
    (void)state;
    Fixture f;
    open(&f);
    f.held[0] = numbered(&f, false, 3, 10);
    f.held[1] = numbered(&f, true, 20000, 20);
    test_put(&f.test, f.held[1], 19999, numbered(&f, false, 3, 30));
    assert_int_equal(become(&f, f.held[0], f.held[1], true, false), STATUS_OK);
    Oop large = heap_follow(&f.test.heap, f.held[0]);
    assert_false(heap_is_young(&f.test.heap, large));
    test_heap_check(&f.test);
    heap_scavenge(&f.test.heap);
    test_heap_check(&f.test);
    assert_int_equal(number_of(&f, test_at(&f.test, large, 19999)), 30);
    close(&f);
}

// The arrays name the objects by what they are now.
static void test_arrays_are_followed(void **state) {
    (void)state;
    Fixture f;
    open(&f);
    Oop one = numbered(&f, false, 3, 10), other = numbered(&f, false, 4, 20);
    Oop formers = array_of(&f, &one, 1), latters = array_of(&f, &other, 1);
    assert_int_equal(heap_become(&f.test.heap, formers, latters, true, false), STATUS_OK);
    assert_false(oop_is_forwarder(slot_at(formers, num(0))));
    assert_false(oop_is_forwarder(slot_at(latters, num(0))));
    assert_int_equal(number_of(&f, slot_at(formers, num(0))), 20);
    assert_int_equal(number_of(&f, slot_at(latters, num(0))), 10);
    close(&f);
}

static void test_special_objects_array_itself(void **state) {
    (void)state;
    Fixture f;
    open(&f);
    Oop former = f.test.heap.special_objects;
    f.held[0] = test_heap_plain(&f.test, SPECIAL_OBJECT_COUNT);
    assert_int_equal(become(&f, former, f.held[0], false, false), STATUS_OK);
    assert_int_equal(oop_bits(f.test.heap.special_objects), oop_bits(f.held[0]));
    close(&f);
}

static void test_empty_object(void **state) {
    (void)state;
    Fixture f;
    open(&f);
    f.held[0] = heap_allocate_old(&f.test.heap, f.test.class_class, FORMAT_EMPTY, 0);
    heap_pin(&f.test.heap, f.held[0], false);
    f.held[1] = numbered(&f, true, 3, 10);
    assert_int_equal(become(&f, f.held[0], f.held[1], true, false), STATUS_OK);
    test_heap_check(&f.test);
    assert_int_equal(raw_slot_count(oop_bits(f.held[0])), 1); // the way to the other
    assert_int_equal(number_of(&f, f.held[0]), 10);
    Oop other = heap_follow(&f.test.heap, f.held[1]);
    assert_int_equal(num_concrete(slot_count(other)), 0);
    heap_collect_full(&f.test.heap);
    assert_int_equal(number_of(&f, f.held[0]), 10);
    close(&f);
}

static void test_many_pairs_with_repetitions(void **state) {
    (void)state;
    Fixture f;
    open(&f);
    Oop formers[4], latters[4];
    for (int i = 0; i < 4; i++)
        f.held[i] = numbered(&f, i & 1, (uint64_t)(3 + i % 3), i);
    for (int i = 0; i < 4; i++) {
        formers[i] = f.held[i];
        latters[i] = f.held[(i + 1) % 4];
    }
    Oop one = array_of(&f, formers, 4), other = array_of(&f, latters, 4);
    assert_int_equal(heap_become(&f.test.heap, one, other, true, false), STATUS_OK);
    // Exchanged in order: (0 1) (1 2) (2 3), and the last pair by then names one object.
    int64_t expected[4] = {0, 1, 2, 3};
    for (int i = 0; i < 4; i++) {
        int64_t number = number_of(&f, f.held[i]);
        assert_in_range(number, 0, 3);
        assert_int_not_equal(expected[number], -1);
        expected[number] = -1;
    }
    test_heap_check(&f.test);
    close(&f);
}

// ---- no memory

static void test_no_memory_changes_nothing(void **state) {
    (void)state;
    enum { PAIRS = 3 };
    // Let the k-th allocation fail: each pair needs two copies, but for the one that is swapped.
    for (uint64_t fail = 1; fail <= 5; fail++) {
        Fixture f;
        open(&f);
        Oop formers[PAIRS], latters[PAIRS];
        for (int i = 0; i < PAIRS; i++) {
            f.held[i] = formers[i] = numbered(&f, i & 1, 3, i);
            f.held[i + PAIRS] = latters[i] = numbered(&f, i & 1, i == 1 ? 3 : 9, i + PAIRS);
            heap_identity_hash(&f.test.heap, formers[i]);
        }
        Oop one = array_of(&f, formers, PAIRS), other = array_of(&f, latters, PAIRS);
        uint64_t headers[PAIRS];
        for (int i = 0; i < PAIRS; i++)
            headers[i] = raw_load(oop_bits(formers[i])) & ~HEADER_REMEMBERED;
        uint64_t count = test_heap_count(&f.test, f.test.plain);
        f.test.heap.options.fail_every = fail;
        Status status = heap_become(&f.test.heap, one, other, true, false);
        f.test.heap.options.fail_every = 0;
        if (fail == 5) assert_int_equal(status, STATUS_OK);
        if (status == STATUS_OK) {
            close(&f);
            continue;
        }
        assert_int_equal(status, STATUS_NO_MEMORY);
        assert_int_equal(f.becomes, 0);
        assert_int_equal(test_heap_count(&f.test, f.test.plain), count);
        for (int i = 0; i < PAIRS; i++) {
            assert_int_equal(raw_load(oop_bits(formers[i])) & ~HEADER_REMEMBERED, headers[i]);
            assert_int_equal(number_of(&f, formers[i]), i);
            assert_int_equal(number_of(&f, latters[i]), i + PAIRS);
            assert_int_equal(oop_bits(slot_at(one, num(i))), oop_bits(formers[i]));
        }
        test_heap_check(&f.test);
        close(&f);
    }
}

static void test_no_memory_for_empty_object(void **state) {
    (void)state;
    Fixture f;
    open(&f);
    Oop formers[2], latters[2];
    formers[0] = heap_allocate(&f.test.heap, f.test.class_class, FORMAT_EMPTY, 0);
    latters[0] = numbered(&f, false, 4, 1);
    formers[1] = numbered(&f, false, 5, 2);
    latters[1] = numbered(&f, false, 6, 3);
    Oop one = array_of(&f, formers, 2), other = array_of(&f, latters, 2);
    uint64_t header = raw_load(oop_bits(formers[0]));
    f.test.heap.options.fail_every = 3;
    assert_int_equal(heap_become(&f.test.heap, one, other, true, false), STATUS_NO_MEMORY);
    f.test.heap.options.fail_every = 0;
    assert_int_equal(raw_load(oop_bits(formers[0])), header);
    assert_int_equal(number_of(&f, latters[0]), 1);
    close(&f);
}

// ---- classes and methods

static Oop new_class(Fixture *f, uint64_t *class_index) {
    Oop class_object = heap_allocate_old(&f->test.heap, f->test.class_class, FORMAT_FIXED, 4);
    heap_pin(&f->test.heap, class_object, false);
    test_put(&f->test, class_object, CLASS_FORMAT, test_int(FORMAT_FIXED << 16 | 1));
    *class_index = heap_enter_class(&f->test.heap, class_object);
    return class_object;
}

// The instances of a class that became another are the other's.
static void test_class_one_way(void **state) {
    (void)state;
    for (int copy_hash = 0; copy_hash < 2; copy_hash++) {
        Fixture f;
        open(&f);
        uint64_t one, other;
        f.held[0] = new_class(&f, &one);
        f.held[1] = new_class(&f, &other);
        f.held[2] = heap_allocate(&f.test.heap, one, FORMAT_FIXED, 1);
        f.held[3] = heap_allocate(&f.test.heap, other, FORMAT_FIXED, 1);
        assert_int_equal(become(&f, f.held[0], f.held[1], false, copy_hash), STATUS_OK);
        assert_int_equal(f.becomes_of_classes, 1);
        test_heap_check(&f.test);
        uint64_t expected = copy_hash ? one : other;
        for (int round = 0; round < 2; round++) {
            for (int i = 2; i < 4; i++) {
                uint64_t index = raw_class_index(oop_bits(f.held[i]));
                assert_int_equal(oop_bits(heap_class_at(&f.test.heap, index)), oop_bits(f.held[1]));
            }
            assert_int_equal(heap_class_index_of_class(&f.test.heap, f.held[1]), expected);
            heap_collect_full(&f.test.heap);
            test_heap_check(&f.test);
        }
        assert_int_equal(raw_class_index(oop_bits(f.held[2])), expected);
        close(&f);
    }
}

// A class that the table did not know takes the place of the one that became it.
static void test_class_becomes_new_class(void **state) {
    (void)state;
    Fixture f;
    open(&f);
    uint64_t index;
    Oop former = new_class(&f, &index);
    f.held[0] = heap_allocate(&f.test.heap, f.test.class_class, FORMAT_FIXED, 4);
    test_put(&f.test, f.held[0], CLASS_FORMAT, test_int(FORMAT_FIXED << 16 | 1));
    f.held[1] = heap_allocate(&f.test.heap, index, FORMAT_FIXED, 1);
    assert_int_equal(become(&f, former, f.held[0], false, false), STATUS_OK);
    assert_int_equal(heap_class_index_of_class(&f.test.heap, f.held[0]), index);
    heap_collect_full(&f.test.heap);
    test_heap_check(&f.test);
    assert_int_equal(oop_bits(heap_class_at(&f.test.heap, index)), oop_bits(f.held[0]));
    close(&f);
}

static void test_classes_two_way(void **state) {
    (void)state;
    Fixture f;
    open(&f);
    uint64_t one, other;
    f.held[0] = new_class(&f, &one);
    f.held[1] = new_class(&f, &other);
    test_put(&f.test, f.held[0], 3, test_int(10));
    test_put(&f.test, f.held[1], 3, test_int(20));
    f.held[2] = heap_allocate(&f.test.heap, one, FORMAT_FIXED, 1);
    assert_int_equal(become(&f, f.held[0], f.held[1], true, false), STATUS_OK);
    assert_int_equal(f.becomes_of_classes, 1);
    for (int round = 0; round < 2; round++) {
        Oop class_object = heap_class_at(&f.test.heap, one);
        assert_int_equal(oop_bits(class_object), oop_bits(heap_follow(&f.test.heap, f.held[0])));
        assert_int_equal(oop_bits(slot_at(class_object, num(3))), oop_bits(test_int(20)));
        assert_int_equal(heap_class_index_of_class(&f.test.heap, class_object), one);
        heap_collect_full(&f.test.heap);
        test_heap_check(&f.test);
    }
    assert_int_equal(raw_class_index(oop_bits(f.held[2])), one);
    close(&f);
}

// Methods are never exchanged in place: clients find out by the forwarder.
static void test_methods_leave_forwarders(void **state) {
    (void)state;
    Fixture f;
    open(&f);
    for (int i = 0; i < 2; i++) {
        f.held[i] = heap_allocate(&f.test.heap, f.test.bytes, FORMAT_COMPILED_METHOD, 3);
        test_put(&f.test, f.held[i], 0, test_int(1));
        test_put(&f.test, f.held[i], 1, test_int(i));
    }
    assert_int_equal(become(&f, f.held[0], f.held[1], true, false), STATUS_OK);
    assert_int_equal(f.becomes_of_classes, 1);
    assert_true(object_is_forwarder(f.held[0]));
    assert_true(object_is_forwarder(f.held[1]));
    assert_int_equal(oop_bits(test_at(&f.test, heap_follow(&f.test.heap, f.held[0]), 1)),
                     oop_bits(test_int(1)));
    close(&f);
}

static void test_special_objects_are_followed(void **state) {
    (void)state;
    Fixture f;
    open(&f);
    if (test_is_nil(&f.test, f.test.heap.special_objects))
        f.test.heap.special_objects = test_heap_plain(&f.test, SPECIAL_OBJECT_COUNT);
    f.held[0] = numbered(&f, false, 3, 10);
    f.held[1] = numbered(&f, false, 3, 20);
    test_put(&f.test, f.test.heap.special_objects, 40, f.held[0]);
    assert_int_equal(become(&f, f.held[0], f.held[1], false, false), STATUS_OK);
    assert_int_equal(oop_bits(slot_at(f.test.heap.special_objects, num(40))), oop_bits(f.held[1]));
    close(&f);
}

static void test_chains_of_forwarders(void **state) {
    (void)state;
    Fixture f;
    open(&f);
    for (int i = 0; i < 5; i++)
        f.held[i] = numbered(&f, i & 1, 3, i);
    Oop objects[5];
    memcpy(objects, f.held, sizeof objects);
    for (int i = 0; i < 4; i++)
        assert_int_equal(become(&f, objects[i], objects[i + 1], false, true), STATUS_OK);
    assert_int_equal(oop_bits(heap_follow(&f.test.heap, objects[0])), oop_bits(objects[4]));
    heap_collect_full(&f.test.heap);
    test_heap_check(&f.test);
    for (int i = 0; i < 5; i++)
        assert_int_equal(number_of(&f, f.held[i]), 4);
    close(&f);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_one_way),
        cmocka_unit_test(test_hash_of_one_way),
        cmocka_unit_test(test_no_hash_is_not_copied),
        cmocka_unit_test(test_two_way),
        cmocka_unit_test(test_swap_of_different_formats),
        cmocka_unit_test(test_copies_stay_readonly),
        cmocka_unit_test(test_large_copies_are_remembered),
        cmocka_unit_test(test_arrays_are_followed),
        cmocka_unit_test(test_special_objects_array_itself),
        cmocka_unit_test(test_empty_object),
        cmocka_unit_test(test_no_memory_for_empty_object),
        cmocka_unit_test(test_many_pairs_with_repetitions),
        cmocka_unit_test(test_no_memory_changes_nothing),
        cmocka_unit_test(test_class_one_way),
        cmocka_unit_test(test_class_becomes_new_class),
        cmocka_unit_test(test_classes_two_way),
        cmocka_unit_test(test_methods_leave_forwarders),
        cmocka_unit_test(test_special_objects_are_followed),
        cmocka_unit_test(test_chains_of_forwarders),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
