// SPDX-License-Identifier: MIT
// Open addressing on the method's address, with linear probing; at most half of the rows are taken.
#include "run/method_table.h"

#include <stdlib.h>
#include <string.h>

#include "object/ops.h"

enum { FIRST_CAPACITY = 1024 };

bool method_table_init(MethodTable *table) {
    *table = (MethodTable){calloc(FIRST_CAPACITY, sizeof *table->rows), 0, FIRST_CAPACITY};
    return table->rows != NULL;
}

void method_table_release(MethodTable *table) {
    free(table->rows);
    *table = (MethodTable){0};
}

MethodRow *method_table_row(const MethodTable *table, Oop method, uint32_t block_pc) {
    size_t mask = table->capacity - 1;
    size_t at = ((oop_bits(method) >> 3) + block_pc) * 0x9E3779B97F4A7C15ull >> 32 & mask;
    while (!oop_is_none(table->rows[at].method) &&
           (!oop_is(table->rows[at].method, method) || table->rows[at].block_pc != block_pc))
        at = (at + 1) & mask;
    return &table->rows[at];
}

static void enter(MethodTable *table, MethodRow row) {
    *method_table_row(table, row.method, row.block_pc) = row;
    table->count++;
}

static bool grow(MethodTable *table) {
    MethodTable old = *table;
    MethodRow *rows = calloc(old.capacity * 2, sizeof *rows);
    if (!rows) return false;
    *table = (MethodTable){rows, 0, old.capacity * 2};
    for (size_t i = 0; i < old.capacity; i++)
        if (!oop_is_none(old.rows[i].method)) enter(table, old.rows[i]);
    free(old.rows);
    return true;
}

bool method_table_put(MethodTable *table, Oop method, uint32_t block_pc, void *value) {
    if (table->count * 2 >= table->capacity && !grow(table)) return false;
    enter(table, (MethodRow){method, block_pc, value});
    return true;
}

// Whatever stands behind it up to the next empty row is entered again: probing still finds it.
void method_table_remove(MethodTable *table, MethodRow *row) {
    size_t mask = table->capacity - 1, at = (size_t)(row - table->rows);
    table->rows[at] = (MethodRow){0};
    table->count--;
    for (at = (at + 1) & mask; !oop_is_none(table->rows[at].method); at = (at + 1) & mask) {
        MethodRow moved = table->rows[at];
        table->rows[at] = (MethodRow){0};
        table->count--;
        enter(table, moved);
    }
}

void method_table_clear(MethodTable *table) {
    memset(table->rows, 0, table->capacity * sizeof *table->rows);
    table->count = 0;
}

// Most scavenges move no method.
static bool all_stay(const MethodTable *table, Heap *heap) {
    for (size_t i = 0; i < table->capacity; i++) {
        Oop method = table->rows[i].method;
        if (!oop_is_none(method) && !oop_is(heap_survivor(heap, method), method)) return false;
    }
    return true;
}

bool method_table_update(MethodTable *table, Heap *heap, void (*lost)(void *value)) {
    if (all_stay(table, heap)) return true;
    MethodTable old = *table;
    MethodRow *rows = calloc(old.capacity, sizeof *rows);
    if (!rows) return false;
    *table = (MethodTable){rows, 0, old.capacity};
    for (size_t i = 0; i < old.capacity; i++) {
        MethodRow row = old.rows[i];
        if (oop_is_none(row.method)) continue;
        row.method = heap_survivor(heap, row.method);
        if (!oop_is_none(row.method))
            enter(table, row);
        else if (lost)
            lost(row.value);
    }
    free(old.rows);
    return true;
}
