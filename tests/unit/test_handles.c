// SPDX-License-Identifier: MIT
// Handles: they find what they were made for, and nothing once it is gone.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "plugin/handles.h"

static HandleTable table;
static int things[100];

static int open_table(void **state) {
    (void)state;
    handle_table_init(&table, false);
    return 0;
}
static int close_table(void **state) {
    (void)state;
    handle_table_release(&table, NULL);
    return 0;
}

static Handle added(int *thing) {
    Handle handle;
    assert_true(handle_add(&table, thing, &handle));
    return handle;
}

static void a_handle_finds_its_value(void **state) {
    (void)state;
    Handle a = added(&things[0]), b = added(&things[1]);
    assert_ptr_equal(handle_value(&table, &a), &things[0]);
    assert_ptr_equal(handle_value(&table, &b), &things[1]);
}

static void a_removed_handle_finds_nothing(void **state) {
    (void)state;
    Handle a = added(&things[0]);
    assert_ptr_equal(handle_remove(&table, &a), &things[0]);
    assert_null(handle_value(&table, &a));
    assert_null(handle_remove(&table, &a));
}

static void a_slot_used_again_does_not_serve_the_old_handle(void **state) {
    (void)state;
    Handle a = added(&things[0]);
    handle_remove(&table, &a);
    Handle b = added(&things[1]);
    assert_int_equal(b.slot, a.slot);
    assert_null(handle_value(&table, &a));
    assert_ptr_equal(handle_value(&table, &b), &things[1]);
}

static void the_table_grows(void **state) {
    (void)state;
    Handle handles[100];
    for (int i = 0; i < 100; i++)
        handles[i] = added(&things[i]);
    for (int i = 0; i < 100; i++)
        assert_ptr_equal(handle_value(&table, &handles[i]), &things[i]);
    handle_remove(&table, &handles[40]);
    handle_remove(&table, &handles[70]);
    assert_int_equal(added(&things[0]).slot, 40);
    assert_int_equal(added(&things[0]).slot, 70);
    assert_int_equal(added(&things[0]).slot, 100);
}

static void made_up_handles_find_nothing(void **state) {
    (void)state;
    Handle good = added(&things[0]);
    Handle empty = {0}, session = good, slot = good, generation = good;
    session.session ^= 1;
    slot.slot = UINT32_MAX;
    generation.generation++;
    assert_null(handle_value(&table, &empty));
    assert_null(handle_value(&table, &session));
    assert_null(handle_value(&table, &slot));
    assert_null(handle_value(&table, &generation));
}

static void handles_of_another_table_find_nothing(void **state) {
    (void)state;
    HandleTable other;
    handle_table_init(&other, false);
    Handle mine = added(&things[0]), its;
    assert_true(handle_add(&other, &things[1], &its));
    assert_null(handle_value(&other, &mine));
    assert_null(handle_value(&table, &its));
    handle_table_release(&other, NULL);
}

static void deterministic_tables_have_the_same_session(void **state) {
    (void)state;
    HandleTable one, two;
    handle_table_init(&one, true);
    handle_table_init(&two, true);
    assert_int_not_equal(one.session, 0);
    assert_int_equal(one.session, two.session);
    assert_int_not_equal(one.session, table.session);
}

static int released;
static void count_release(void *value) {
    (void)value;
    released++;
}

static void release_meets_every_value_left(void **state) {
    (void)state;
    released = 0;
    Handle a = added(&things[0]);
    added(&things[1]);
    added(&things[2]);
    handle_remove(&table, &a);
    handle_table_release(&table, count_release);
    assert_int_equal(released, 2);
}

#define TABLE_TEST(f) cmocka_unit_test_setup_teardown(f, open_table, close_table)

int main(void) {
    const struct CMUnitTest tests[] = {
        TABLE_TEST(a_handle_finds_its_value),
        TABLE_TEST(a_removed_handle_finds_nothing),
        TABLE_TEST(a_slot_used_again_does_not_serve_the_old_handle),
        TABLE_TEST(the_table_grows),
        TABLE_TEST(made_up_handles_find_nothing),
        TABLE_TEST(handles_of_another_table_find_nothing),
        TABLE_TEST(deterministic_tables_have_the_same_session),
        TABLE_TEST(release_meets_every_value_left),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
