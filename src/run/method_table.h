// SPDX-License-Identifier: MIT
// Tables of what is known of methods and blocks, each keyed by the object (and, for old blocks, the
// pc in it) and kept in step by collections: summaries of verified ones (verified.h), code of
// compiled ones (jit/jit.h).
#ifndef PARLEY_RUN_METHOD_TABLE_H
#define PARLEY_RUN_METHOD_TABLE_H

#include "memory/heap.h"

typedef struct MethodRow {
    Oop method;        // none: empty
    uint32_t block_pc; // of an old block; 0: the method or full block itself
    void *value;       // NULL: refused
} MethodRow;

typedef struct MethodTable {
    MethodRow *rows;
    size_t count, capacity; // capacity: a power of two
} MethodTable;

bool method_table_init(MethodTable *table); // false: no memory
void method_table_release(MethodTable *table);
// The row, or the empty one where it belongs. Good until the table changes.
MethodRow *method_table_row(const MethodTable *table, Oop method, uint32_t block_pc);
// Nothing must be known of it yet. False: no memory, it stays unknown.
bool method_table_put(MethodTable *table, Oop method, uint32_t block_pc, void *value);
// The row becomes empty, or that of another method that was found behind it.
void method_table_remove(MethodTable *table, MethodRow *row);
void method_table_clear(MethodTable *table);
// After a collection: rows follow their methods, and `lost` gets the values of those that died
// (NULL: nobody wants them). False: no memory, nothing has happened.
bool method_table_update(MethodTable *table, Heap *heap, void (*lost)(void *value));

#endif
