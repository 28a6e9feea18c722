// SPDX-License-Identifier: MIT
// Lists of processes, in plain memory: order, removal, and every kind of damage. No heap is behind
// them: the two functions of it that lists need stand here.
#include "run/process_list.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include <unistd.h>

#include "object/layouts.h"
#include "synthetic.h"

__attribute__((weak)) void heap_barrier_slow(Heap *heap, uint64_t object, uint64_t value) {
    (void)heap, (void)object, (void)value;
    fail();
}
__attribute__((weak)) Oop heap_follow(const Heap *heap, Oop oop) {
    (void)heap;
    while (oop_is_forwarder(oop))
        oop = forwarder_target(oop);
    return oop;
}

enum { CLASS_PROCESS = 2000, CLASS_LIST = 2001, PROCESSES = 8 };

static VM vm;
static ObjectPool pool;
static Oop nil, list, p[PROCESSES];

static Oop new_object(uint64_t class_index, unsigned format, unsigned slots) {
    Oop object = pool_object(&pool, class_index, format, slots);
    for (unsigned i = 0; i < slots; i++)
        pool_put(object, i, nil);
    return object;
}

static int setup(void **state) {
    (void)state;
    pool.used_words = 0;
    nil = pool_object(&pool, 1500, FORMAT_FIXED, 0);
    vm.heap.nil = nil;
    list = new_object(CLASS_LIST, FORMAT_FIXED, 2);
    for (int i = 0; i < PROCESSES; i++)
        p[i] = new_object(CLASS_PROCESS, FORMAT_FIXED, 6);
    return 0;
}

static void put(Oop object, int index, Oop value) { pool_put(object, (uint64_t)index, value); }
static void assert_field(Oop object, int index, Oop expected) {
    assert_int_equal(oop_bits(field_at(object, index)), oop_bits(expected));
}
static void assert_same(Oop actual, Oop expected) {
    assert_int_equal(oop_bits(actual), oop_bits(expected));
}

// The list is exactly these: links, last link and my-lists agree.
static void assert_list(int count, const int *indices) {
    Oop link = field_at(list, LINKED_LIST_FIRST), last = nil;
    for (int i = 0; i < count; i++) {
        assert_same(link, p[indices[i]]);
        assert_field(link, PROCESS_MY_LIST, list);
        last = link;
        link = field_at(link, LINK_NEXT);
    }
    assert_same(link, nil);
    assert_field(list, LINKED_LIST_LAST, last);
}
#define ASSERT_LIST(...)                                                                           \
    assert_list(sizeof((int[]){__VA_ARGS__}) / sizeof(int), (int[]){__VA_ARGS__})
static void assert_empty(void) {
    assert_field(list, LINKED_LIST_FIRST, nil);
    assert_field(list, LINKED_LIST_LAST, nil);
}
static void add_all(int count) {
    for (int i = 0; i < count; i++)
        process_list_add_last(&vm, list, p[i]);
}

// ---- lists as they should be

static void empty_list_has_no_first(void **state) {
    (void)state;
    assert_same(process_list_first(&vm, list), nil);
    assert_same(process_list_remove_first(&vm, list), nil);
    assert_false(process_list_includes(&vm, list, p[0]));
    assert_false(process_list_remove(&vm, list, p[0]));
    assert_empty();
}

static void adds_at_the_end(void **state) {
    (void)state;
    add_all(3);
    ASSERT_LIST(0, 1, 2);
    assert_same(process_list_first(&vm, list), p[0]);
}

static void adds_at_the_front(void **state) {
    (void)state;
    process_list_add_first(&vm, list, p[0]);
    process_list_add_first(&vm, list, p[1]);
    process_list_add_last(&vm, list, p[2]);
    ASSERT_LIST(1, 0, 2);
}

static void removes_the_first(void **state) {
    (void)state;
    add_all(2);
    assert_same(process_list_remove_first(&vm, list), p[0]);
    ASSERT_LIST(1);
    assert_field(p[0], LINK_NEXT, nil);
    assert_field(p[0], PROCESS_MY_LIST, nil);
    assert_same(process_list_remove_first(&vm, list), p[1]);
    assert_empty();
}

static void removes_from_front_middle_and_end(void **state) {
    (void)state;
    add_all(5);
    assert_true(process_list_remove(&vm, list, p[0]));
    ASSERT_LIST(1, 2, 3, 4);
    assert_true(process_list_remove(&vm, list, p[2]));
    ASSERT_LIST(1, 3, 4);
    assert_true(process_list_remove(&vm, list, p[4]));
    ASSERT_LIST(1, 3);
    assert_field(p[4], PROCESS_MY_LIST, nil);
    process_list_add_last(&vm, list, p[4]);
    ASSERT_LIST(1, 3, 4);
}

static void does_not_remove_what_is_not_there(void **state) {
    (void)state;
    add_all(3);
    put(p[5], PROCESS_MY_LIST, list);
    assert_false(process_list_remove(&vm, list, p[5]));
    assert_field(p[5], PROCESS_MY_LIST, list);
    ASSERT_LIST(0, 1, 2);
}

static void knows_what_it_includes(void **state) {
    (void)state;
    add_all(3);
    for (int i = 0; i < 3; i++)
        assert_true(process_list_includes(&vm, list, p[i]));
    assert_false(process_list_includes(&vm, list, p[3]));
}

// ---- what counts as a process or list

static void processes_and_lists_are_told_by_shape(void **state) {
    (void)state;
    assert_true(process_is_process(p[0]));
    assert_true(process_is_process(new_object(1, FORMAT_FIXED, 4)));
    assert_false(process_is_process(new_object(1, FORMAT_FIXED, 3)));
    assert_false(process_is_process(new_object(1, FORMAT_INDEXABLE, 4)));
    assert_false(process_is_process(pool_string(&pool, "a string that is long enough to fit")));
    assert_false(process_is_process(pool_int(7)));
    assert_false(process_is_process(nil));
    assert_true(process_list_is_list(list));
    assert_false(process_list_is_list(new_object(1, FORMAT_FIXED, 1)));
    assert_false(process_list_is_list(pool_int(7)));
    assert_false(process_list_is_list(nil));
}

static void what_is_no_list_is_empty(void **state) {
    (void)state;
    Oop others[] = {nil, pool_int(3), pool_string(&pool, "abcdefghijklmnopqrstuvwxyz")};
    for (int i = 0; i < 3; i++) {
        assert_same(process_list_first(&vm, others[i]), nil);
        assert_same(process_list_remove_first(&vm, others[i]), nil);
        assert_false(process_list_includes(&vm, others[i], p[0]));
        assert_false(process_list_remove(&vm, others[i], p[0]));
    }
}

// ---- damage

static void first_link_that_is_no_process_empties_the_list(void **state) {
    (void)state;
    add_all(2);
    put(list, LINKED_LIST_FIRST, pool_int(5));
    assert_same(process_list_first(&vm, list), nil);
    assert_empty();
}

static void link_that_is_no_process_ends_the_list(void **state) {
    (void)state;
    add_all(3);
    put(p[1], LINK_NEXT, pool_string(&pool, "x"));
    assert_false(process_list_remove(&vm, list, p[2]));
    assert_same(process_list_remove_first(&vm, list), p[0]);
    assert_same(process_list_remove_first(&vm, list), p[1]);
    assert_same(process_list_remove_first(&vm, list), nil);
}

static void wrong_last_link_is_found_out(void **state) {
    (void)state;
    Oop wrong[] = {nil, pool_int(1), p[0], pool_string(&pool, "x")};
    for (int i = 0; i < 4; i++) {
        setup(NULL);
        add_all(3);
        put(list, LINKED_LIST_LAST, wrong[i]);
        process_list_add_last(&vm, list, p[3]);
        ASSERT_LIST(0, 1, 2, 3);
    }
}

static void circles_of_every_shape_end(void **state) {
    (void)state;
    alarm(100); // they do not end by themselves
    for (int count = 1; count <= PROCESSES; count++) {
        for (int back_to = 0; back_to < count; back_to++) {
            setup(NULL);
            Oop stranger = new_object(CLASS_PROCESS, FORMAT_FIXED, 4);
            add_all(count);
            put(p[count - 1], LINK_NEXT, p[back_to]);
            assert_false(process_list_includes(&vm, list, stranger));
            assert_false(process_list_remove(&vm, list, stranger));
            int removed = 0;
            while (!oop_is(process_list_remove_first(&vm, list), nil))
                assert_true(++removed <= count);
            assert_true(removed >= 1);
            assert_empty();
        }
    }
    alarm(0);
}

static void adding_to_a_circle_ends(void **state) {
    (void)state;
    for (int count = 1; count < PROCESSES; count++) {
        setup(NULL);
        add_all(count);
        put(p[count - 1], LINK_NEXT, p[0]);
        process_list_add_last(&vm, list, p[count]);
        assert_field(list, LINKED_LIST_LAST, p[count]);
        assert_true(process_list_includes(&vm, list, p[count]));
        assert_field(p[count], LINK_NEXT, nil);
    }
}

static void circle_is_emptied_from_the_front(void **state) {
    (void)state;
    add_all(3);
    put(p[2], LINK_NEXT, p[0]);
    for (int i = 0; i < 3; i++)
        assert_same(process_list_remove_first(&vm, list), p[i]);
    assert_same(process_list_remove_first(&vm, list), p[0]); // the last one led there
    assert_same(process_list_remove_first(&vm, list), nil);
    assert_empty();
}

static void adding_twice_keeps_the_list_finite(void **state) {
    (void)state;
    add_all(2);
    process_list_add_last(&vm, list, p[1]);
    ASSERT_LIST(0, 1);
    process_list_add_first(&vm, list, p[0]);
    assert_same(process_list_remove_first(&vm, list), p[0]);
}

// ---- forwarders

static Oop forward_to(Oop target) {
    Oop forwarder = pool_object(&pool, CLASS_INDEX_FORWARDER, FORMAT_FORWARDER, 1);
    pool_put(forwarder, 0, target);
    return forwarder;
}

static void forwarders_among_links_are_replaced(void **state) {
    (void)state;
    add_all(3);
    put(list, LINKED_LIST_FIRST, forward_to(forward_to(p[0])));
    put(p[0], LINK_NEXT, forward_to(p[1]));
    put(p[1], LINK_NEXT, forward_to(p[2]));
    put(list, LINKED_LIST_LAST, forward_to(p[2]));
    assert_true(process_list_includes(&vm, list, p[2]));
    process_list_add_last(&vm, list, p[3]);
    ASSERT_LIST(0, 1, 2, 3);
}

static void forwarder_to_nil_ends_the_list(void **state) {
    (void)state;
    add_all(1);
    put(p[0], LINK_NEXT, forward_to(nil));
    assert_same(process_list_remove_first(&vm, list), p[0]);
    assert_empty();
}

#define LIST_TEST(f) cmocka_unit_test_setup(f, setup)

int main(void) {
    const struct CMUnitTest tests[] = {
        LIST_TEST(empty_list_has_no_first),
        LIST_TEST(adds_at_the_end),
        LIST_TEST(adds_at_the_front),
        LIST_TEST(removes_the_first),
        LIST_TEST(removes_from_front_middle_and_end),
        LIST_TEST(does_not_remove_what_is_not_there),
        LIST_TEST(knows_what_it_includes),
        LIST_TEST(processes_and_lists_are_told_by_shape),
        LIST_TEST(what_is_no_list_is_empty),
        LIST_TEST(first_link_that_is_no_process_empties_the_list),
        LIST_TEST(link_that_is_no_process_ends_the_list),
        LIST_TEST(wrong_last_link_is_found_out),
        LIST_TEST(circles_of_every_shape_end),
        LIST_TEST(adding_to_a_circle_ends),
        LIST_TEST(circle_is_emptied_from_the_front),
        LIST_TEST(adding_twice_keeps_the_list_finite),
        LIST_TEST(forwarders_among_links_are_replaced),
        LIST_TEST(forwarder_to_nil_ends_the_list),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
