// SPDX-License-Identifier: MIT
// The table of what is known of methods: whatever is entered, taken out and entered again, probing
// finds what is there and nothing else.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "object/ops.h"
#include "run/method_table.h"

enum { METHODS = 3000, PCS = 3 };

static Oop method_of(unsigned i) { return oop_from_bits(0x100000 + 8 * (uint64_t)i * i); }

static void test_growth_and_removal(void **state) {
    (void)state;
    static int values[METHODS][PCS];
    static bool present[METHODS][PCS];
    uint32_t random = 1;
    MethodTable table;
    assert_true(method_table_init(&table));
    for (int step = 0; step < 60000; step++) {
        random = random * 1664525 + 1013904223;
        unsigned i = (random >> 8) % METHODS, pc = (random >> 24) % PCS;
        MethodRow *row = method_table_row(&table, method_of(i), pc);
        assert_int_equal(!oop_is_none(row->method), present[i][pc]);
        if (present[i][pc]) {
            assert_ptr_equal(row->value, &values[i][pc]);
            method_table_remove(&table, row);
        } else {
            assert_true(method_table_put(&table, method_of(i), pc, &values[i][pc]));
        }
        present[i][pc] = !present[i][pc];
    }
    size_t count = 0;
    for (unsigned i = 0; i < METHODS; i++)
        for (unsigned pc = 0; pc < PCS; pc++) {
            const MethodRow *row = method_table_row(&table, method_of(i), pc);
            assert_int_equal(!oop_is_none(row->method), present[i][pc]);
            count += present[i][pc];
        }
    assert_int_equal(table.count, count);
    assert_true(count * 2 <= table.capacity);
    method_table_clear(&table);
    assert_int_equal(table.count, 0);
    assert_true(oop_is_none(method_table_row(&table, method_of(7), 0)->method));
    method_table_release(&table);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_growth_and_removal)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
