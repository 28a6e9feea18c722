// SPDX-License-Identifier: MIT
// The scavenger: who survives, where to, with what contents.
#include "graph_model.h"

#include "memory/spaces.h"

enum { HELD = 8 };

typedef struct Fixture {
    TestHeap test;
    Heap *heap;
    RootScope scope;
    Oop held[HELD];
} Fixture;

static void open_with(Fixture *f, const TestHeapOptions *options) {
    test_heap_open(&f->test, options);
    f->heap = &f->test.heap;
    root_scope_enter(f->heap, &f->scope, f->held, HELD);
}
static void open(Fixture *f) {
    TestHeapOptions options = test_heap_options();
    options.heap.tenure_age = 3;
    open_with(f, &options);
}
static void close(Fixture *f) {
    root_scope_leave(f->heap, &f->scope);
    test_heap_close(&f->test);
}

static void scavenge(Fixture *f) {
    heap_scavenge(f->heap);
    test_heap_check(&f->test);
}
static bool is_young(const Fixture *f, Oop object) { return heap_is_young(f->heap, object); }
static bool is_remembered(Oop object) {
    return (raw_load(oop_bits(object)) & HEADER_REMEMBERED) != 0;
}
static size_t remembered_count(const Fixture *f) { return f->heap->spaces->remembered.count; }

// An object that is told from others by the number in its slot 1.
static Oop numbered(Fixture *f, int64_t number) {
    Oop object = test_heap_plain(&f->test, 3);
    assert_false(oop_is_none(object));
    test_put(&f->test, object, 1, test_int(number));
    return object;
}
static int64_t number_of(Fixture *f, Oop object) {
    return num_concrete(num_from_oop(test_at(&f->test, object, 1)));
}

// ---- who survives

static void dead_are_left_behind(void **state) {
    (void)state;
    Fixture f;
    open(&f);
    for (int i = 0; i < 100; i++)
        numbered(&f, i);
    assert_true(heap_young_used_bytes(f.heap) > 0);
    scavenge(&f);
    assert_int_equal(heap_young_used_bytes(f.heap), 0);
    assert_int_equal(f.heap->statistics.tenured_objects, 0);
    close(&f);
}

static void graph_is_copied_once(void **state) {
    (void)state;
    Fixture f;
    open(&f);
    Oop shared = numbered(&f, 1), one = numbered(&f, 2), other = numbered(&f, 3);
    test_put(&f.test, one, 0, shared);
    test_put(&f.test, other, 0, shared);
    test_put(&f.test, shared, 0, one); // a cycle
    f.held[0] = one;
    f.held[1] = other;
    f.held[2] = other;
    uint64_t hash = heap_identity_hash(f.heap, shared);
    scavenge(&f);
    assert_int_equal(heap_young_used_bytes(f.heap), 3 * 32);
    assert_int_equal(oop_bits(f.held[1]), oop_bits(f.held[2]));
    Oop moved = test_at(&f.test, f.held[0], 0);
    assert_int_equal(oop_bits(moved), oop_bits(test_at(&f.test, f.held[1], 0)));
    assert_int_not_equal(oop_bits(moved), oop_bits(shared));
    assert_int_equal(number_of(&f, moved), 1);
    assert_int_equal(heap_identity_hash(f.heap, moved), hash);
    assert_int_equal(oop_bits(test_at(&f.test, moved, 0)), oop_bits(f.held[0]));
    close(&f);
}

static void readonly_stays_readonly(void **state) {
    (void)state;
    Fixture f;
    open(&f);
    f.held[0] = numbered(&f, 5);
    heap_set_readonly(f.heap, f.held[0], true);
    scavenge(&f);
    assert_true(object_is_readonly(f.held[0]));
    close(&f);
}

static void objects_of_all_sizes_keep_contents(void **state) {
    (void)state;
    Fixture f;
    open(&f);
    Oop list = f.heap->nil;
    for (uint64_t slots = 3; slots < 600; slots += 7) {
        Oop object = test_heap_plain(&f.test, slots);
        for (uint64_t i = 1; i < slots; i++)
            test_put(&f.test, object, (int)i, test_int((int64_t)(slots * 1000 + i)));
        test_put(&f.test, object, 0, list);
        list = object;
    }
    f.held[0] = list;
    for (int round = 0; round < 5; round++) {
        scavenge(&f);
        list = f.held[0];
        for (uint64_t slots = 598; slots > 2; slots -= slots < 7 ? slots : 7) {
            assert_int_equal(num_concrete(slot_count(list)), slots);
            for (uint64_t i = 1; i < slots; i++)
                assert_int_equal(oop_bits(slot_at(list, num((int64_t)i))),
                                 oop_bits(test_int((int64_t)(slots * 1000 + i))));
            list = slot_at(list, num(0));
        }
        assert_true(test_is_nil(&f.test, list));
    }
    close(&f);
}

static void bytes_are_not_traced(void **state) {
    (void)state;
    Fixture f;
    open(&f);
    Oop dead = numbered(&f, 1);
    f.held[0] = test_heap_bytes(&f.test, 21);
    word64_at_put(f.held[0], num(0), word(oop_bits(dead)));
    byte_at_put(f.held[0], num(20), num(77));
    scavenge(&f);
    assert_int_equal(num_concrete(byte_count(f.held[0])), 21);
    assert_int_equal(raw_slot(oop_bits(f.held[0]), 0), oop_bits(dead));
    assert_int_equal(num_concrete(byte_at(f.held[0], num(20))), 77);
    assert_int_equal(heap_young_used_bytes(f.heap), 32);
    close(&f);
}

static void literals_of_methods_are_traced(void **state) {
    (void)state;
    Fixture f;
    open(&f);
    Oop method = heap_allocate(f.heap, f.test.plain, FORMAT_COMPILED_METHOD + 3, 5);
    raw_store(oop_bits(method) + 8, raw_from_int(2));
    test_put(&f.test, method, 1, numbered(&f, 1));
    test_put(&f.test, method, 2, numbered(&f, 2));
    raw_store(oop_bits(method) + 8 + 3 * 8, oop_bits(method)); // bytecodes
    uint64_t bytes = oop_bits(method);
    f.held[0] = method;
    scavenge(&f);
    method = f.held[0];
    assert_int_equal(number_of(&f, slot_at(method, num(1))), 1);
    assert_int_equal(number_of(&f, slot_at(method, num(2))), 2);
    assert_int_equal(raw_slot(oop_bits(method), 3), bytes);
    close(&f);
}

static void long_list_survives(void **state) {
    (void)state;
    Fixture f;
    TestHeapOptions options = test_heap_options();
    options.heap.eden_bytes = 4 << 20;
    open_with(&f, &options);
    enum { LENGTH = 50000 };
    for (int i = 0; i < LENGTH; i++) {
        Oop link = numbered(&f, i);
        test_put(&f.test, link, 0, f.held[0]);
        f.held[0] = link;
    }
    scavenge(&f);
    Oop link = f.held[0];
    for (int i = LENGTH; i-- > 0; link = test_at(&f.test, link, 0))
        assert_int_equal(number_of(&f, link), i);
    close(&f);
}

// ---- tenuring

static void tenured_by_age(void **state) {
    (void)state;
    for (unsigned age = 0; age <= 3; age++) {
        Fixture f;
        TestHeapOptions options = test_heap_options();
        options.heap.tenure_age = age;
        open_with(&f, &options);
        f.held[0] = numbered(&f, 1);
        for (unsigned i = 0; i < age; i++) {
            scavenge(&f);
            assert_true(is_young(&f, f.held[0]));
        }
        scavenge(&f);
        assert_false(is_young(&f, f.held[0]));
        assert_int_equal(f.heap->statistics.tenured_objects, 1);
        assert_int_equal(raw_load(oop_bits(f.held[0])) & HEADER_AGE_MASK, 0);
        assert_int_equal(number_of(&f, f.held[0]), 1);
        close(&f);
    }
}

static void great_ages_are_limited(void **state) {
    (void)state;
    Fixture f;
    TestHeapOptions options = test_heap_options();
    options.heap.tenure_age = 1000;
    open_with(&f, &options);
    f.held[0] = numbered(&f, 1);
    for (int i = 0; i < 4; i++)
        scavenge(&f);
    assert_false(is_young(&f, f.held[0]));
    close(&f);
}

static void tenured_by_space(void **state) {
    (void)state;
    Fixture f;
    open(&f);
    uint64_t target = f.heap->spaces->survivor_target, count = 2 * target / 32;
    f.held[0] = test_heap_old_plain(&f.test, count + 2);
    for (uint64_t i = 0; i < count; i++)
        test_put(&f.test, f.held[0], (int)i + 2, numbered(&f, (int64_t)i));
    scavenge(&f);
    uint64_t young = 0;
    for (uint64_t i = 0; i < count; i++) {
        Oop object = test_at(&f.test, f.held[0], (int)i + 2);
        assert_int_equal(number_of(&f, object), i);
        young += is_young(&f, object);
    }
    assert_int_equal(young, target / 32);
    assert_int_equal(f.heap->statistics.tenured_objects, count - young);
    close(&f);
}

// ---- the remembered set

static void old_to_young_is_remembered(void **state) {
    (void)state;
    Fixture f;
    open(&f);
    f.held[0] = test_heap_old_plain(&f.test, 3);
    size_t before = remembered_count(&f);
    test_put(&f.test, f.held[0], 0, numbered(&f, 9));
    test_put(&f.test, f.held[0], 2, numbered(&f, 10));
    assert_true(is_remembered(f.held[0]));
    assert_int_equal(remembered_count(&f), before + 1);
    scavenge(&f);
    assert_true(is_remembered(f.held[0]));
    assert_int_equal(number_of(&f, test_at(&f.test, f.held[0], 0)), 9);
    assert_int_equal(number_of(&f, test_at(&f.test, f.held[0], 2)), 10);
    close(&f);
}

static void remembered_set_is_pruned(void **state) {
    (void)state;
    Fixture f;
    open(&f);
    enum { COUNT = 50 };
    f.held[0] = test_heap_old_plain(&f.test, COUNT + 2);
    size_t before = remembered_count(&f);
    for (int i = 0; i < COUNT; i++) {
        Oop old = test_heap_old_plain(&f.test, 3);
        test_put(&f.test, f.held[0], i + 2, old);
        test_put(&f.test, old, 0, numbered(&f, i));
    }
    assert_int_equal(remembered_count(&f), before + COUNT);
    for (int i = 0; i < COUNT; i += 2)
        test_put(&f.test, test_at(&f.test, f.held[0], i + 2), 0, test_int(1));
    scavenge(&f);
    assert_int_equal(remembered_count(&f), before + COUNT / 2);
    for (int i = 0; i < COUNT; i++)
        assert_int_equal(is_remembered(test_at(&f.test, f.held[0], i + 2)), i % 2);
    for (int i = 0; i < 3; i++)
        scavenge(&f); // now the young ones are old
    assert_int_equal(remembered_count(&f), before);
    test_put(&f.test, f.held[0], 0, numbered(&f, 1));
    assert_int_equal(remembered_count(&f), before + 1);
    close(&f);
}

static void tenured_object_is_remembered(void **state) {
    (void)state;
    Fixture f;
    open(&f);
    f.held[0] = numbered(&f, 1);
    for (int i = 0; i < 3; i++)
        scavenge(&f);
    test_put(&f.test, f.held[0], 0, numbered(&f, 2)); // younger than its holder
    scavenge(&f);
    assert_false(is_young(&f, f.held[0]));
    assert_true(is_young(&f, test_at(&f.test, f.held[0], 0)));
    assert_true(is_remembered(f.held[0]));
    close(&f);
}

static void dead_old_object_keeps_what_it_refers_to(void **state) {
    (void)state;
    Fixture f;
    open(&f);
    Oop old = test_heap_old_plain(&f.test, 3);
    test_put(&f.test, old, 0, numbered(&f, 3));
    scavenge(&f);
    assert_int_equal(number_of(&f, test_at(&f.test, old, 0)), 3);
    close(&f);
}

// Without memory for the list, header bits say who is remembered.
static void lost_remembered_set_is_found_again(void **state) {
    (void)state;
    Fixture f;
    open(&f);
    enum { COUNT = 20 };
    f.held[0] = test_heap_old_plain(&f.test, COUNT + 2);
    for (int i = 0; i < COUNT; i++) {
        Oop old = i % 3 == 0   ? heap_allocate_old(f.heap, f.test.weak, FORMAT_WEAK, 4)
                  : i % 3 == 1 ? heap_allocate_old(f.heap, f.test.ephemeron, FORMAT_EPHEMERON, 3)
                               : test_heap_old_plain(&f.test, 3);
        test_put(&f.test, f.held[0], i + 2, old);
        test_put(&f.test, old, 0, numbered(&f, i));
        test_put(&f.test, old, 2, numbered(&f, i + 100));
    }
    f.heap->spaces->remembered.count = 0;
    f.heap->spaces->remembered.lost = true;
    for (int round = 0; round < 5; round++) {
        test_heap_check(&f.test);
        scavenge(&f);
        for (int i = 0; i < COUNT; i++) {
            Oop old = test_at(&f.test, f.held[0], i + 2);
            assert_int_equal(number_of(&f, test_at(&f.test, old, 0)), i);
            if (i % 3)
                assert_int_equal(number_of(&f, test_at(&f.test, old, 2)), i + 100);
            else
                assert_true(test_is_nil(&f.test, test_at(&f.test, old, 2)));
        }
        if (round == 2) f.heap->spaces->remembered.lost = true;
    }
    assert_false(f.heap->spaces->remembered.lost);
    assert_int_equal(mourn_count(f.heap), (COUNT + 1) / 3);
    close(&f);
}

// ---- no room in old space

// Leaves old space no free byte and no growth.
static void fill_old_space(Fixture *f) {
    f->heap->options.old_limit_bytes = heap_old_bytes(f->heap);
    for (uint64_t slots = 1 << 20; slots; slots /= 2)
        while (!oop_is_none(heap_allocate_old(f->heap, f->test.bytes, FORMAT_64BIT, slots))) {
        }
    assert_true(f->heap->spaces->free.bytes < 64);
}

static void full_old_space_keeps_objects_young(void **state) {
    (void)state;
    Fixture f;
    open(&f);
    fill_old_space(&f);
    uint64_t eden = f.heap->spaces->eden_whole_end - f.heap->spaces->eden_start;
    int64_t made = 0;
    for (int round = 0; round < 6; round++) { // more than survivors usually get
        for (uint64_t bytes = 0; bytes + 32 <= eden / 6; bytes += 32) {
            Oop link = numbered(&f, made++);
            test_put(&f.test, link, 0, f.held[0]);
            f.held[0] = link;
        }
        scavenge(&f);
    }
    assert_true(f.heap->spaces->tenuring_failed);
    assert_true(heap_young_used_bytes(f.heap) > f.heap->spaces->survivor_target);
    assert_int_equal(f.heap->statistics.tenured_objects, 0);
    int64_t seen = made;
    for (Oop link = f.held[0]; !test_is_nil(&f.test, link); link = test_at(&f.test, link, 0))
        assert_int_equal(number_of(&f, link), --seen);
    assert_int_equal(seen, 0);
    close(&f);
}

// At last new space is full of survivors and allocation fails; when they die, all is well again.
static void eden_gives_way_to_survivors(void **state) {
    (void)state;
    Fixture f;
    open(&f);
    fill_old_space(&f);
    uint64_t whole = f.heap->spaces->eden_end;
    int64_t made = 0;
    for (;;) {
        Oop link = test_heap_plain(&f.test, 3);
        if (oop_is_none(link)) {
            scavenge(&f);
            link = test_heap_plain(&f.test, 3);
        }
        if (oop_is_none(link)) break;
        test_put(&f.test, link, 1, test_int(made++));
        test_put(&f.test, link, 0, f.held[0]);
        f.held[0] = link;
    }
    const HeapSpaces *spaces = f.heap->spaces;
    assert_true(spaces->eden_end < whole);
    assert_true((uint64_t)made * 32 + 32 > spaces->past.end - spaces->past.start);
    assert_true(f.heap->wants & HEAP_ALLOCATION_FAILED);
    for (Oop link = f.held[0]; !test_is_nil(&f.test, link); link = test_at(&f.test, link, 0))
        assert_int_equal(number_of(&f, link), --made);
    f.held[0] = f.heap->nil;
    scavenge(&f);
    assert_int_equal(spaces->eden_end, whole);
    assert_false(oop_is_none(test_heap_plain(&f.test, 3)));
    close(&f);
}

// ---- weak objects

static void weak_slots_let_go(void **state) {
    (void)state;
    Fixture f;
    open(&f);
    Oop weak = test_heap_weak(&f.test, 6);
    test_put(&f.test, weak, 0, numbered(&f, 1)); // a named slot holds
    f.held[1] = numbered(&f, 2);
    test_put(&f.test, weak, 2, f.held[1]);
    test_put(&f.test, weak, 3, numbered(&f, 3));
    test_put(&f.test, weak, 4, test_int(4));
    test_put(&f.test, weak, 5, weak);
    f.held[0] = weak;
    scavenge(&f);
    weak = f.held[0];
    assert_int_equal(number_of(&f, test_at(&f.test, weak, 0)), 1);
    assert_int_equal(oop_bits(test_at(&f.test, weak, 2)), oop_bits(f.held[1]));
    assert_true(test_is_nil(&f.test, test_at(&f.test, weak, 3)));
    assert_int_equal(oop_bits(test_at(&f.test, weak, 4)), oop_bits(test_int(4)));
    assert_int_equal(oop_bits(test_at(&f.test, weak, 5)), oop_bits(weak));
    assert_true(f.heap->wants & HEAP_MOURNERS);
    assert_int_equal(mourn_count(f.heap), 0);
    close(&f);
}

static void old_weak_object_lets_go(void **state) {
    (void)state;
    Fixture f;
    open(&f);
    f.heap->mourn_weak = true;
    f.held[0] = heap_allocate_old(f.heap, f.test.weak, FORMAT_WEAK, 5);
    f.held[1] = numbered(&f, 2);
    test_put(&f.test, f.held[0], 2, f.held[1]);
    test_put(&f.test, f.held[0], 3, numbered(&f, 3));
    scavenge(&f);
    assert_int_equal(oop_bits(test_at(&f.test, f.held[0], 2)), oop_bits(f.held[1]));
    assert_true(test_is_nil(&f.test, test_at(&f.test, f.held[0], 3)));
    assert_true(is_remembered(f.held[0]));
    assert_int_equal(oop_bits(heap_next_mourner(f.heap)), oop_bits(f.held[0]));
    f.held[1] = f.heap->nil;
    scavenge(&f);
    assert_true(test_is_nil(&f.test, test_at(&f.test, f.held[0], 2)));
    assert_false(is_remembered(f.held[0]));
    close(&f);
}

static void nothing_lost_is_not_told(void **state) {
    (void)state;
    Fixture f;
    open(&f);
    f.heap->mourn_weak = true;
    f.held[0] = test_heap_weak(&f.test, 4);
    f.held[1] = numbered(&f, 1);
    test_put(&f.test, f.held[0], 3, f.held[1]);
    scavenge(&f);
    assert_false(f.heap->wants & HEAP_MOURNERS);
    assert_int_equal(mourn_count(f.heap), 0);
    close(&f);
}

// The number of named slots is read from a class that moves in the same scavenge.
static void weak_instance_of_a_young_class(void **state) {
    (void)state;
    for (int class_first = 0; class_first < 2; class_first++) {
        Fixture f;
        open(&f);
        Oop class_object = test_heap_plain(&f.test, CLASS_FORMAT + 1);
        test_put(&f.test, class_object, CLASS_FORMAT, test_int(FORMAT_WEAK << 16 | 1));
        uint64_t index = heap_enter_class(f.heap, class_object);
        Oop weak = heap_allocate(f.heap, index, FORMAT_WEAK, 2);
        test_put(&f.test, weak, 0, numbered(&f, 1));
        test_put(&f.test, weak, 1, numbered(&f, 2));
        f.held[class_first] = class_object;
        f.held[1 - class_first] = weak;
        scavenge(&f);
        weak = f.held[1 - class_first];
        assert_int_equal(oop_bits(heap_class_at(f.heap, index)), oop_bits(f.held[class_first]));
        assert_int_equal(number_of(&f, test_at(&f.test, weak, 0)), 1);
        assert_true(test_is_nil(&f.test, test_at(&f.test, weak, 1)));
        close(&f);
    }
}

// ---- ephemerons

static Oop ephemeron(Fixture *f, Oop key, Oop value) {
    Oop object = test_heap_ephemeron(&f->test);
    assert_false(oop_is_none(object));
    test_put(&f->test, object, 0, key);
    test_put(&f->test, object, 1, value);
    return object;
}

static void ephemeron_with_live_key_stays(void **state) {
    (void)state;
    Fixture f;
    open(&f);
    f.held[1] = numbered(&f, 1);
    f.held[0] = ephemeron(&f, f.held[1], numbered(&f, 2));
    scavenge(&f);
    assert_int_equal(oop_bits(test_at(&f.test, f.held[0], 0)), oop_bits(f.held[1]));
    assert_int_equal(number_of(&f, test_at(&f.test, f.held[0], 1)), 2);
    assert_int_equal(raw_format(oop_bits(f.held[0])), FORMAT_EPHEMERON);
    assert_int_equal(mourn_count(f.heap), 0);
    close(&f);
}

static void ephemeron_fires_when_its_key_dies(void **state) {
    (void)state;
    Fixture f;
    open(&f);
    f.held[0] = ephemeron(&f, numbered(&f, 1), numbered(&f, 2));
    scavenge(&f);
    assert_int_equal(raw_format(oop_bits(f.held[0])), FORMAT_FIXED);
    assert_int_equal(number_of(&f, test_at(&f.test, f.held[0], 0)), 1); // kept for the mourner
    assert_int_equal(number_of(&f, test_at(&f.test, f.held[0], 1)), 2);
    assert_true(f.heap->wants & HEAP_MOURNERS);
    assert_int_equal(oop_bits(heap_next_mourner(f.heap)), oop_bits(f.held[0]));
    assert_true(oop_is_none(heap_next_mourner(f.heap)));
    scavenge(&f);
    assert_int_equal(mourn_count(f.heap), 0);
    close(&f);
}

static void dead_ephemeron_does_not_fire(void **state) {
    (void)state;
    Fixture f;
    open(&f);
    ephemeron(&f, numbered(&f, 1), numbered(&f, 2));
    scavenge(&f);
    assert_int_equal(mourn_count(f.heap), 0);
    assert_int_equal(heap_young_used_bytes(f.heap), 0);
    close(&f);
}

static void key_known_only_to_the_value_is_dead(void **state) {
    (void)state;
    Fixture f;
    open(&f);
    Oop key = numbered(&f, 1), value = numbered(&f, 2);
    test_put(&f.test, value, 0, key);
    f.held[0] = ephemeron(&f, key, value);
    scavenge(&f);
    assert_int_equal(mourn_count(f.heap), 1);
    close(&f);
}

static void old_ephemerons_fire_and_wait(void **state) {
    (void)state;
    Fixture f;
    open(&f);
    for (int i = 0; i < 2; i++) {
        f.held[i] = heap_allocate_old(f.heap, f.test.ephemeron, FORMAT_EPHEMERON, 3);
        f.held[i + 2] = numbered(&f, i);
        test_put(&f.test, f.held[i], 0, f.held[i + 2]);
        test_put(&f.test, f.held[i], 1, numbered(&f, i + 10));
    }
    f.held[2] = f.heap->nil;
    scavenge(&f);
    assert_int_equal(mourn_count(f.heap), 1);
    assert_int_equal(oop_bits(heap_next_mourner(f.heap)), oop_bits(f.held[0]));
    assert_int_equal(oop_bits(test_at(&f.test, f.held[1], 0)), oop_bits(f.held[3]));
    for (int i = 0; i < 2; i++) {
        assert_int_equal(number_of(&f, test_at(&f.test, f.held[i], 1)), i + 10);
        assert_true(is_remembered(f.held[i]));
    }
    close(&f);
}

static void old_and_immediate_keys_are_alive(void **state) {
    (void)state;
    Fixture f;
    open(&f);
    f.held[0] = ephemeron(&f, test_int(3), numbered(&f, 1));
    f.held[1] = ephemeron(&f, test_heap_old_plain(&f.test, 3), numbered(&f, 2));
    scavenge(&f);
    assert_int_equal(mourn_count(f.heap), 0);
    assert_int_equal(number_of(&f, test_at(&f.test, f.held[0], 1)), 1);
    assert_int_equal(number_of(&f, test_at(&f.test, f.held[1], 1)), 2);
    close(&f);
}

static void all_ephemerons_of_a_key_fire(void **state) {
    (void)state;
    Fixture f;
    open(&f);
    Oop key = numbered(&f, 1);
    for (int i = 0; i < 4; i++)
        f.held[i] = ephemeron(&f, key, numbered(&f, i));
    scavenge(&f);
    assert_int_equal(mourn_count(f.heap), 4);
    for (int i = 1; i < 4; i++)
        assert_int_equal(oop_bits(test_at(&f.test, f.held[i], 0)),
                         oop_bits(test_at(&f.test, f.held[0], 0)));
    close(&f);
}

// Each ephemeron's value is the key of the next one. They are listed in an array, in the order of
// the chain or against it, in new space or in old.
static void chain_of_ephemerons(bool backward, bool old, bool key_lives, uint64_t limit) {
    enum { LENGTH = 400 };
    Fixture f;
    TestHeapOptions options = test_heap_options();
    options.heap.mark_memory_limit = limit;
    open_with(&f, &options);
    f.held[0] = test_heap_old_plain(&f.test, LENGTH + 2);
    Oop key = numbered(&f, 0);
    if (key_lives) f.held[1] = key;
    for (int i = 0; i < LENGTH; i++) {
        Oop value = numbered(&f, i + 1);
        Oop object = old ? heap_allocate_old(f.heap, f.test.ephemeron, FORMAT_EPHEMERON, 3)
                         : test_heap_ephemeron(&f.test);
        test_put(&f.test, object, 0, key);
        test_put(&f.test, object, 1, value);
        test_put(&f.test, f.held[0], 2 + (backward ? LENGTH - 1 - i : i), object);
        key = value;
    }
    assert_true(heap_is_young(f.heap, key)); // all of it fits
    scavenge(&f);
    assert_int_equal(mourn_count(f.heap), key_lives ? 0 : LENGTH);
    for (int i = 0; i < LENGTH; i++) {
        Oop object = test_at(&f.test, f.held[0], 2 + (backward ? LENGTH - 1 - i : i));
        assert_int_equal(number_of(&f, test_at(&f.test, object, 0)), i);
        assert_int_equal(number_of(&f, test_at(&f.test, object, 1)), i + 1);
    }
    close(&f);
}

static void chains_of_ephemerons(void **state) {
    (void)state;
    for (int i = 0; i < 24; i++)
        chain_of_ephemerons(i & 1, i & 2, i & 4, (uint64_t)(i / 8));
}

// What fires holds an ephemeron that nobody else holds, whose key is dead too: it fires in the
// same scavenge, and so on.
static void rounds_of_firing(void **state) {
    (void)state;
    enum { LENGTH = 300 };
    Fixture f;
    open(&f);
    for (int i = 0; i < LENGTH; i++)
        f.held[0] = ephemeron(&f, numbered(&f, i), f.held[0]);
    scavenge(&f);
    assert_int_equal(mourn_count(f.heap), LENGTH);
    Oop object = f.held[0];
    for (int i = LENGTH; i-- > 0; object = test_at(&f.test, object, 1)) {
        assert_int_equal(oop_bits(mourn_at(f.heap, (size_t)(LENGTH - 1 - i))), oop_bits(object));
        assert_int_equal(number_of(&f, test_at(&f.test, object, 0)), i);
    }
    close(&f);
}

static void mourners_are_roots(void **state) {
    (void)state;
    Fixture f;
    open(&f);
    f.held[0] = ephemeron(&f, numbered(&f, 1), numbered(&f, 2));
    scavenge(&f);
    f.held[0] = f.heap->nil;
    for (int i = 0; i < 5; i++)
        scavenge(&f);
    Oop mourner = heap_next_mourner(f.heap);
    assert_int_equal(number_of(&f, test_at(&f.test, mourner, 1)), 2);
    close(&f);
}

static void ephemeron_without_slots_is_ordinary(void **state) {
    (void)state;
    Fixture f;
    open(&f);
    f.held[0] = heap_allocate(f.heap, f.test.ephemeron, FORMAT_EPHEMERON, 0);
    for (int i = 0; i < 5; i++)
        scavenge(&f);
    assert_int_equal(num_concrete(slot_count(f.held[0])), 0);
    close(&f);
}

// ---- forwarders

static void become_one_way(Fixture *f, Oop former, Oop latter) {
    Oop formers = heap_allocate(f->heap, CLASS_INDEX_ARRAY_PUN, FORMAT_INDEXABLE, 1);
    Oop latters = heap_allocate(f->heap, CLASS_INDEX_ARRAY_PUN, FORMAT_INDEXABLE, 1);
    test_put(&f->test, formers, 0, former);
    test_put(&f->test, latters, 0, latter);
    assert_int_equal(heap_become(f->heap, formers, latters, false, false), STATUS_OK);
}

static void young_forwarders_are_short_cut(void **state) {
    (void)state;
    Fixture f;
    open(&f);
    Oop first = numbered(&f, 1), second = numbered(&f, 2), third = numbered(&f, 3);
    f.held[0] = first;
    f.held[1] = numbered(&f, 10);
    test_put(&f.test, f.held[1], 0, first);
    f.held[2] = test_heap_weak(&f.test, 3);
    test_put(&f.test, f.held[2], 2, first);
    f.held[3] = ephemeron(&f, first, numbered(&f, 11));
    become_one_way(&f, first, second);
    become_one_way(&f, second, third);
    scavenge(&f);
    assert_false(oop_is_forwarder(f.held[0]));
    assert_int_equal(number_of(&f, f.held[0]), 3);
    uint64_t object = oop_bits(f.held[0]);
    assert_int_equal(oop_bits(slot_at(f.held[1], num(0))), object);
    assert_int_equal(oop_bits(slot_at(f.held[2], num(2))), object);
    assert_int_equal(oop_bits(slot_at(f.held[3], num(0))), object);
    assert_int_equal(mourn_count(f.heap), 0);
    assert_true(f.heap->statistics.forwarders_followed > 0);
    close(&f);
}

static void forwarder_out_of_and_into_new_space(void **state) {
    (void)state;
    Fixture f;
    open(&f);
    Oop old = test_heap_old_plain(&f.test, 3), other = test_heap_old_plain(&f.test, 3);
    test_put(&f.test, old, 1, test_int(7));
    f.held[0] = numbered(&f, 1);
    become_one_way(&f, f.held[0], old);
    f.held[1] = other;
    become_one_way(&f, other, numbered(&f, 8)); // the forwarder is old, and remembered
    scavenge(&f);
    assert_int_equal(oop_bits(f.held[0]), oop_bits(old));
    assert_int_equal(number_of(&f, heap_follow(f.heap, f.held[1])), 8);
    close(&f);
}

static void key_that_became_dead_fires(void **state) {
    (void)state;
    Fixture f;
    open(&f);
    Oop key = numbered(&f, 1);
    f.held[0] = ephemeron(&f, key, numbered(&f, 2));
    become_one_way(&f, key, numbered(&f, 3));
    scavenge(&f);
    assert_int_equal(mourn_count(f.heap), 1);
    assert_int_equal(number_of(&f, test_at(&f.test, f.held[0], 0)), 3);
    close(&f);
}

// ---- clients

typedef struct Client {
    Oop root, keys[3];
    int updates, scavenges, fulls;
} Client;

static void client_roots(void *context, RootVisitor *visitor) {
    root_visit(visitor, &((Client *)context)->root);
}
static void client_weak(void *context, Heap *heap) {
    Client *client = context;
    for (int i = 0; i < 3; i++)
        client->keys[i] = heap_survivor(heap, client->keys[i]);
    client->updates++;
}
static void client_after(void *context, Heap *heap, bool full) {
    Client *client = context;
    (void)heap;
    if (full)
        client->fulls++;
    else
        client->scavenges++;
}

static void clients_are_asked_and_told(void **state) {
    (void)state;
    Fixture f;
    open(&f);
    Client client = {.root = numbered(&f, 1)};
    HeapClient description = {.context = &client,
                              .visit_roots = client_roots,
                              .update_weak = client_weak,
                              .after_collection = client_after};
    assert_int_equal(heap_add_client(f.heap, description), STATUS_OK);
    client.keys[0] = client.root;
    client.keys[1] = numbered(&f, 2);
    client.keys[2] = test_heap_old_plain(&f.test, 3);
    uint64_t old = oop_bits(client.keys[2]);
    scavenge(&f);
    assert_int_equal(number_of(&f, client.root), 1);
    assert_int_equal(oop_bits(client.keys[0]), oop_bits(client.root));
    assert_true(oop_is_none(client.keys[1]));
    assert_int_equal(oop_bits(client.keys[2]), old);
    assert_int_equal(client.updates, 1);
    assert_int_equal(client.scavenges, 1);
    assert_int_equal(client.fulls, 0);
    close(&f);
}

static void survivors_behind_forwarders(void **state) {
    (void)state;
    Fixture f;
    open(&f);
    Client client = {.root = f.heap->nil};
    HeapClient description = {.context = &client, .update_weak = client_weak};
    assert_int_equal(heap_add_client(f.heap, description), STATUS_OK);
    client.keys[0] = numbered(&f, 1);
    f.held[0] = numbered(&f, 2);
    become_one_way(&f, client.keys[0], f.held[0]);
    client.keys[1] = numbered(&f, 3);
    become_one_way(&f, client.keys[1], numbered(&f, 4));
    client.keys[2] = test_int(5);
    scavenge(&f);
    assert_int_equal(oop_bits(client.keys[0]), oop_bits(f.held[0]));
    assert_true(oop_is_none(client.keys[1]));
    assert_int_equal(oop_bits(client.keys[2]), oop_bits(test_int(5)));
    close(&f);
}

// ---- measures

static void statistics_count(void **state) {
    (void)state;
    Fixture f;
    open(&f);
    HeapStatistics before = f.heap->statistics;
    uint64_t used = heap_young_used_bytes(f.heap);
    numbered(&f, 1);
    scavenge(&f);
    scavenge(&f);
    assert_int_equal(f.heap->statistics.scavenges, before.scavenges + 2);
    assert_true(f.heap->statistics.allocated_bytes_before >=
                before.allocated_bytes_before + used + 32);
    close(&f);
}

// Pages of survivor space that only a flood of survivors touched are given back.
static void flooded_survivor_space_is_usable_again(void **state) {
    (void)state;
    Fixture f;
    open(&f);
    fill_old_space(&f);
    for (int round = 0; round < 4; round++) {
        for (int i = 0; i < 2000; i++) {
            Oop link = numbered(&f, i);
            test_put(&f.test, link, 0, f.held[0]);
            f.held[0] = link;
        }
        scavenge(&f);
        f.held[0] = f.heap->nil;
        scavenge(&f);
        scavenge(&f);
        assert_int_equal(heap_young_used_bytes(f.heap), 0);
    }
    close(&f);
}

// ---- random graphs against the model

static void run_graph(const TestHeapOptions *options, uint64_t seed, int steps, unsigned every) {
    Graph g;
    graph_open(&g, options, seed);
    for (int i = 0; i < steps; i++) {
        graph_step(&g);
        if (graph_random(&g, every) == 0) graph_collect(&g, GRAPH_SCAVENGE);
        if (i % 700 == 699) graph_collect(&g, GRAPH_FULL);
    }
    graph_collect(&g, GRAPH_FULL);
    graph_close(&g);
}

static void random_graphs(void **state) {
    (void)state;
    for (uint64_t seed = 1; seed <= 12; seed++) {
        TestHeapOptions options = test_heap_options();
        options.heap.eden_bytes = seed % 2 ? 32 << 10 : 128 << 10;
        options.heap.tenure_age = seed % 4;
        options.heap.mark_memory_limit = seed % 3 == 0 ? 1 + seed % 4 : 0;
        run_graph(&options, seed, 1400, 1 + seed * 5);
    }
}

static void random_graphs_with_a_lost_remembered_set(void **state) {
    (void)state;
    for (uint64_t seed = 50; seed < 54; seed++) {
        TestHeapOptions options = test_heap_options();
        options.heap.tenure_age = seed % 3;
        Graph g;
        graph_open(&g, &options, seed);
        for (int i = 0; i < 800; i++) {
            graph_step(&g);
            if (i % 20) continue;
            RememberedSet *set = &g.test.heap.spaces->remembered;
            set->lost = true;
            set->count /= 2;
            graph_collect(&g, GRAPH_SCAVENGE);
            assert_false(set->lost);
        }
        graph_close(&g);
    }
}

static void random_graphs_in_a_full_heap(void **state) {
    (void)state;
    for (uint64_t seed = 80; seed < 84; seed++) {
        TestHeapOptions options = test_heap_options();
        options.heap.eden_bytes = 64 << 10;
        Graph g;
        graph_open(&g, &options, seed);
        g.test.heap.options.old_limit_bytes = heap_old_bytes(&g.test.heap) + (16 << 10);
        g.test.heap.options.growth_bytes = 4096;
        for (int i = 0; i < 1500; i++) {
            graph_step(&g);
            if (graph_random(&g, 40) == 0) graph_collect(&g, GRAPH_SCAVENGE);
        }
        graph_collect(&g, GRAPH_FULL);
        graph_close(&g);
    }
}

// k = 1: a scavenge after every allocation.
static void scavenge_after_every_allocation(void **state) {
    (void)state;
    TestHeapOptions options = test_heap_options();
    options.heap.collect_every = 1;
    options.heap.verify = true;
    Graph g;
    graph_open(&g, &options, 7);
    for (int i = 0; i < 400; i++) {
        graph_step(&g);
        if (!(g.test.heap.wants & HEAP_WANTS_SCAVENGE)) continue;
        graph_collect(&g, GRAPH_SCAVENGE);
        assert_false(g.test.heap.wants & HEAP_WANTS_SCAVENGE);
    }
    graph_close(&g);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(dead_are_left_behind),
        cmocka_unit_test(graph_is_copied_once),
        cmocka_unit_test(readonly_stays_readonly),
        cmocka_unit_test(objects_of_all_sizes_keep_contents),
        cmocka_unit_test(bytes_are_not_traced),
        cmocka_unit_test(literals_of_methods_are_traced),
        cmocka_unit_test(long_list_survives),
        cmocka_unit_test(tenured_by_age),
        cmocka_unit_test(great_ages_are_limited),
        cmocka_unit_test(tenured_by_space),
        cmocka_unit_test(old_to_young_is_remembered),
        cmocka_unit_test(remembered_set_is_pruned),
        cmocka_unit_test(tenured_object_is_remembered),
        cmocka_unit_test(dead_old_object_keeps_what_it_refers_to),
        cmocka_unit_test(lost_remembered_set_is_found_again),
        cmocka_unit_test(full_old_space_keeps_objects_young),
        cmocka_unit_test(eden_gives_way_to_survivors),
        cmocka_unit_test(weak_slots_let_go),
        cmocka_unit_test(old_weak_object_lets_go),
        cmocka_unit_test(nothing_lost_is_not_told),
        cmocka_unit_test(weak_instance_of_a_young_class),
        cmocka_unit_test(ephemeron_with_live_key_stays),
        cmocka_unit_test(ephemeron_fires_when_its_key_dies),
        cmocka_unit_test(dead_ephemeron_does_not_fire),
        cmocka_unit_test(key_known_only_to_the_value_is_dead),
        cmocka_unit_test(old_ephemerons_fire_and_wait),
        cmocka_unit_test(old_and_immediate_keys_are_alive),
        cmocka_unit_test(all_ephemerons_of_a_key_fire),
        cmocka_unit_test(chains_of_ephemerons),
        cmocka_unit_test(rounds_of_firing),
        cmocka_unit_test(mourners_are_roots),
        cmocka_unit_test(ephemeron_without_slots_is_ordinary),
        cmocka_unit_test(young_forwarders_are_short_cut),
        cmocka_unit_test(forwarder_out_of_and_into_new_space),
        cmocka_unit_test(key_that_became_dead_fires),
        cmocka_unit_test(clients_are_asked_and_told),
        cmocka_unit_test(survivors_behind_forwarders),
        cmocka_unit_test(statistics_count),
        cmocka_unit_test(flooded_survivor_space_is_usable_again),
        cmocka_unit_test(random_graphs),
        cmocka_unit_test(random_graphs_with_a_lost_remembered_set),
        cmocka_unit_test(random_graphs_in_a_full_heap),
        cmocka_unit_test(scavenge_after_every_allocation),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
