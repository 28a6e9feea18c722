// SPDX-License-Identifier: MIT
// The table of what is known: open addressing on the method's address. See known.h.
#include "jit/known.h"

#include <stdlib.h>
#include <string.h>

enum { FIRST_CAPACITY = 1024 };

bool known_init(KnownTable *table) {
    *table = (KnownTable){calloc(FIRST_CAPACITY, sizeof *table->entries), 0, FIRST_CAPACITY};
    return table->entries != NULL;
}

void known_release(KnownTable *table) {
    free(table->entries);
    *table = (KnownTable){0};
}

static size_t position_of(const KnownTable *table, Oop method, uint32_t block_pc) {
    size_t mask = table->capacity - 1;
    size_t at = ((oop_bits(method) >> 3) + block_pc) * 0x9E3779B97F4A7C15ull >> 32 & mask;
    while (!oop_is_none(table->entries[at].method) &&
           (!oop_is(table->entries[at].method, method) || table->entries[at].block_pc != block_pc))
        at = (at + 1) & mask;
    return at;
}

const KnownCode *known_find(const KnownTable *table, Oop method, uint32_t block_pc) {
    return &table->entries[position_of(table, method, block_pc)];
}

// Answers where the entry's method is, or none: the entry goes.
typedef Oop (*KnownFollower)(void *context, const KnownCode *entry);

// Enters everything anew. False: no memory, and the table is as it was.
static bool rebuild(KnownTable *table, size_t capacity, KnownFollower follow, void *context) {
    KnownTable old = *table;
    KnownCode *entries = calloc(capacity, sizeof *entries);
    if (!entries) return false;
    *table = (KnownTable){entries, 0, capacity};
    for (size_t i = 0; i < old.capacity; i++) {
        KnownCode entry = old.entries[i];
        if (oop_is_none(entry.method)) continue;
        entry.method = follow(context, &entry);
        if (oop_is_none(entry.method)) continue;
        entries[position_of(table, entry.method, entry.block_pc)] = entry;
        table->count++;
    }
    free(old.entries);
    return true;
}

static Oop follow_nowhere(void *context, const KnownCode *entry) {
    (void)context;
    return entry->method;
}

void known_put(KnownTable *table, Oop method, uint32_t block_pc, Code *code) {
    if (table->count * 2 >= table->capacity &&
        !rebuild(table, table->capacity * 2, follow_nowhere, NULL))
        return;
    table->entries[position_of(table, method, block_pc)] = (KnownCode){method, block_pc, code};
    table->count++;
}

bool known_has_method(const KnownTable *table, Oop method) {
    for (size_t i = 0; i < table->capacity; i++)
        if (oop_is(table->entries[i].method, method)) return true;
    return false;
}

void known_clear(KnownTable *table) {
    memset(table->entries, 0, table->capacity * sizeof *table->entries);
    table->count = 0;
}

static Oop follow_kept(void *context, const KnownCode *entry) {
    bool is_gone = oop_is(entry->method, *(const Oop *)context) ||
                   (entry->code && code_is_given_up(entry->code));
    return is_gone ? oop_none() : entry->method;
}

// Without memory everything is forgotten that could name code that is gone.
void known_forget(KnownTable *table, Oop method) {
    if (!rebuild(table, table->capacity, follow_kept, &method)) known_clear(table);
}

static Oop follow_heap(void *context, const KnownCode *entry) {
    return heap_survivor(context, entry->method);
}

// Most scavenges move no method.
void known_update(KnownTable *table, Heap *heap) {
    bool moved = false;
    for (size_t i = 0; i < table->capacity && !moved; i++) {
        Oop method = table->entries[i].method;
        moved = !oop_is_none(method) && !oop_is(heap_survivor(heap, method), method);
    }
    if (moved && !rebuild(table, table->capacity, follow_heap, heap)) known_clear(table);
}
