// SPDX-License-Identifier: MIT
// The literals of one method or block while it is assembled: each once, in the order in which they
// are first asked for. Equal means what Pharo's literalEqual: means: same class, same contents;
// code, blocks and the class's own binding are each a literal of their own.
#ifndef PARLEY_COMPILE_LITERAL_TABLE_H
#define PARLEY_COMPILE_LITERAL_TABLE_H

#include "compile/arena.h"
#include "compile/code.h"

typedef struct LiteralTable {
    CodeArena *arena;
    Literal *items;
    size_t count, capacity;
    uint32_t *buckets; // of indices plus one; 0: empty
    size_t bucket_count;
} LiteralTable;

void literal_table_start(LiteralTable *table, CodeArena *arena);
// The literal's index; it is added if it is not there. An exhausted arena answers 0.
size_t literal_table_index(LiteralTable *table, const Literal *literal);
// Adds it whatever is there.
size_t literal_table_add(LiteralTable *table, const Literal *literal);

bool literal_equals(const Literal *a, const Literal *b);

#endif
