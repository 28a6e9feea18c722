// SPDX-License-Identifier: MIT
// The table of waiting ephemerons by itself.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "memory/ephemeron.h"

static void test_takes_what_waits(void **state) {
    (void)state;
    EphemeronTable table = {0};
    assert_true(ephemeron_wait(&table, 0x1000, 0x2000, 0));
    assert_true(ephemeron_wait(&table, 0x1010, 0x2010, 0));
    assert_int_equal(table.waiting, 2);
    assert_int_equal(ephemeron_take(&table, 0x1010), 0x2010);
    assert_int_equal(ephemeron_take(&table, 0x1010), 0);
    assert_int_equal(ephemeron_take(&table, 0x1020), 0);
    assert_int_equal(ephemeron_take(&table, 0x1000), 0x2000);
    assert_int_equal(table.waiting, 0);
    ephemeron_release(&table);
}

static void test_many_on_one_key(void **state) {
    (void)state;
    EphemeronTable table = {0};
    for (uint64_t i = 1; i <= 1000; i++)
        assert_true(ephemeron_wait(&table, i % 10 * 16 + 0x1000, i * 16, 0));
    uint64_t sum = 0, ephemeron;
    while ((ephemeron = ephemeron_take(&table, 0x1030)) != 0) {
        assert_int_equal(ephemeron / 16 % 10, 3);
        sum++;
    }
    assert_int_equal(sum, 100);
    assert_int_equal(table.waiting, 900);
    ephemeron_release(&table);
}

static void test_grows(void **state) {
    (void)state;
    EphemeronTable table = {0};
    for (uint64_t i = 1; i <= 5000; i++)
        assert_true(ephemeron_wait(&table, i * 8, i * 16, 0));
    for (uint64_t i = 5000; i >= 1; i--)
        assert_int_equal(ephemeron_take(&table, i * 8), i * 16);
    ephemeron_release(&table);
}

// What was taken stays out when the table grows.
static void test_grows_after_taking(void **state) {
    (void)state;
    EphemeronTable table = {0};
    for (uint64_t i = 1; i <= 3; i++)
        assert_true(ephemeron_wait(&table, 8, i * 16, 0));
    assert_int_not_equal(ephemeron_take(&table, 8), 0);
    for (uint64_t i = 2; i <= 500; i++)
        assert_true(ephemeron_wait(&table, i * 8, i * 16, 0));
    assert_int_not_equal(ephemeron_take(&table, 8), 0);
    assert_int_not_equal(ephemeron_take(&table, 8), 0);
    assert_int_equal(ephemeron_take(&table, 8), 0);
    ephemeron_release(&table);
}

static void test_limit(void **state) {
    (void)state;
    EphemeronTable table = {0};
    assert_true(ephemeron_wait(&table, 8, 16, 2));
    assert_true(ephemeron_wait(&table, 16, 32, 2));
    assert_false(ephemeron_wait(&table, 24, 48, 2));
    assert_int_equal(ephemeron_take(&table, 24), 0);
    assert_int_equal(ephemeron_take(&table, 16), 32);
    ephemeron_release(&table);
}

static void test_clear(void **state) {
    (void)state;
    EphemeronTable table = {0};
    assert_true(ephemeron_wait(&table, 8, 16, 0));
    ephemeron_clear(&table);
    assert_int_equal(ephemeron_take(&table, 8), 0);
    assert_true(ephemeron_wait(&table, 8, 32, 0));
    assert_int_equal(ephemeron_take(&table, 8), 32);
    ephemeron_release(&table);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_takes_what_waits),
        cmocka_unit_test(test_many_on_one_key),
        cmocka_unit_test(test_grows),
        cmocka_unit_test(test_grows_after_taking),
        cmocka_unit_test(test_limit),
        cmocka_unit_test(test_clear),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
