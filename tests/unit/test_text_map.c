// SPDX-License-Identifier: MIT
// The map from texts: growth, replacement, order, keys with equal beginnings.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <cmocka.h>

#include "compile/text_map.h"

enum { COUNT = 5000 };

static CodeArena arena;

static int release(void **state) {
    (void)state;
    code_arena_free(&arena);
    return 0;
}

static Text key(int i) { return code_arena_format(&arena, "key%d", i); }

static void keys_keep_their_values_while_the_map_grows(void **state) {
    (void)state;
    TextMap map = {0};
    static int values[COUNT];
    assert_null(text_map_at(&map, text_from_chars("key0")));
    for (int i = 0; i < COUNT; i++)
        assert_true(text_map_put(&map, &arena, key(i), &values[i]));
    assert_int_equal(map.count, COUNT);
    for (int i = 0; i < COUNT; i++)
        assert_ptr_equal(text_map_at(&map, key(i)), &values[i]);
    assert_null(text_map_at(&map, text_from_chars("key")));
    assert_null(text_map_at(&map, text_from_chars("key50000")));
    assert_null(text_map_at(&map, text_from_chars("")));
}

static void entries_come_in_order(void **state) {
    (void)state;
    TextMap map = {0};
    for (int i = 0; i < 100; i++)
        assert_true(text_map_put(&map, &arena, key(99 - i), &map));
    for (int i = 0; i < 100; i++)
        assert_true(text_equals(map.entries[i].key, key(99 - i)));
}

static void a_value_is_replaced(void **state) {
    (void)state;
    TextMap map = {0};
    int one, two;
    assert_true(text_map_put(&map, &arena, text_from_chars("a"), &one));
    assert_true(text_map_put(&map, &arena, text_from_chars("a"), &two));
    assert_int_equal(map.count, 1);
    assert_ptr_equal(text_map_at(&map, text_from_chars("a")), &two);
}

static void no_memory_is_told(void **state) {
    (void)state;
    CodeArena small = {.limit_bytes = 200000};
    TextMap map = {0};
    bool told = false;
    for (int i = 0; i < COUNT && !told; i++)
        told = !text_map_put(&map, &small, key(i), &map);
    assert_true(told);
    assert_ptr_equal(text_map_at(&map, key(0)), &map);
    code_arena_free(&small);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(keys_keep_their_values_while_the_map_grows, release),
        cmocka_unit_test_teardown(entries_come_in_order, release),
        cmocka_unit_test_teardown(a_value_is_replaced, release),
        cmocka_unit_test_teardown(no_memory_is_told, release),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
