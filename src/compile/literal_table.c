// SPDX-License-Identifier: MIT
// An open hash table of indices over the list of literals.
#include "compile/literal_table.h"

#include <math.h>
#include <string.h>

enum { FIRST_BUCKETS = 32 };

static bool items_equal(const Literal *a, const Literal *b) {
    if (a->item_count != b->item_count) return false;
    for (size_t i = 0; i < a->item_count; i++)
        if (!literal_equals(&a->items[i], &b->items[i])) return false;
    return true;
}

bool literal_equals(const Literal *a, const Literal *b) {
    if (a->kind != b->kind) return false;
    switch (a->kind) {
    case LITERAL_NIL:
    case LITERAL_TRUE:
    case LITERAL_FALSE:
        return true;
    case LITERAL_INTEGER:
        return a->integer == b->integer && a->is_negative == b->is_negative &&
               text_equals(a->text, b->text);
    case LITERAL_CHARACTER:
        return a->integer == b->integer;
    case LITERAL_FLOAT:
        return a->real == b->real && signbit(a->real) == signbit(b->real);
    case LITERAL_SCALED_DECIMAL:
        return a->integer == b->integer && items_equal(a, b);
    case LITERAL_STRING:
    case LITERAL_SYMBOL:
    case LITERAL_BYTE_ARRAY:
    case LITERAL_BINDING:
        return text_equals(a->text, b->text);
    case LITERAL_ARRAY:
        return items_equal(a, b);
    default:
        return false;
    }
}

// Is every literal of this kind one of its own? Then none is ever looked for.
static bool is_unique(const Literal *literal) {
    return literal->code || literal->kind == LITERAL_CLASS_BINDING;
}

static uint32_t mix(uint32_t hash, uint64_t value) {
    value = (value ^ hash) * UINT64_C(0x9E3779B97F4A7C15);
    return (uint32_t)(value >> 32);
}

// Negative zero is not equal to zero here, but may hash alike.
static uint32_t hash_of(const Literal *literal) {
    uint32_t hash = mix(literal->kind, (uint64_t)literal->integer);
    uint64_t bits;
    memcpy(&bits, &literal->real, sizeof bits);
    hash = mix(hash, bits);
    for (size_t i = 0; i < literal->text.length; i++)
        hash = mix(hash, (unsigned char)literal->text.bytes[i]);
    for (size_t i = 0; i < literal->item_count; i++)
        hash = mix(hash, hash_of(&literal->items[i]));
    return hash;
}

void literal_table_start(LiteralTable *table, CodeArena *arena) {
    *table = (LiteralTable){.arena = arena};
    table->buckets = arena_new_array(arena, uint32_t, FIRST_BUCKETS);
    if (table->buckets) table->bucket_count = FIRST_BUCKETS;
}

static uint32_t *find_bucket(LiteralTable *table, const Literal *literal) {
    size_t index = hash_of(literal) & (table->bucket_count - 1);
    while (table->buckets[index] &&
           !literal_equals(&table->items[table->buckets[index] - 1], literal))
        index = (index + 1) & (table->bucket_count - 1);
    return &table->buckets[index];
}

static bool ensure_room(LiteralTable *table) {
    if (!table->bucket_count) return false;
    if (table->count < table->bucket_count / 2) return true;
    uint32_t *buckets = arena_new_array(table->arena, uint32_t, table->bucket_count * 2);
    if (!buckets) return false;
    table->buckets = buckets;
    table->bucket_count *= 2;
    for (size_t i = 0; i < table->count; i++)
        if (!is_unique(&table->items[i])) *find_bucket(table, &table->items[i]) = (uint32_t)i + 1;
    return true;
}

size_t literal_table_add(LiteralTable *table, const Literal *literal) {
    if (!ensure_room(table)) return 0;
    if (!code_arena_grow(table->arena, (void **)&table->items, &table->capacity, table->count,
                         sizeof *table->items))
        return 0;
    table->items[table->count++] = *literal;
    if (is_unique(literal)) return table->count - 1;
    uint32_t *bucket = find_bucket(table, literal);
    if (!*bucket) *bucket = (uint32_t)table->count;
    return table->count - 1;
}

size_t literal_table_index(LiteralTable *table, const Literal *literal) {
    if (!table->bucket_count) return 0;
    if (is_unique(literal)) return literal_table_add(table, literal);
    uint32_t *bucket = find_bucket(table, literal);
    return *bucket ? *bucket - 1 : literal_table_add(table, literal);
}
