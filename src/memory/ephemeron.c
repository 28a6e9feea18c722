// SPDX-License-Identifier: MIT
// The table of waiting ephemerons: entries in the order in which they came, chained from hash
// buckets by key address.
#include "memory/ephemeron.h"

#include <stdlib.h>
#include <string.h>

enum { FIRST_BUCKET_COUNT = 64 };

static size_t *ephemeron_bucket(EphemeronTable *table, uint64_t key) {
    uint64_t mixed = (key >> 3) * 0x9E3779B97F4A7C15ull;
    return &table->buckets[(mixed >> 32) & (table->bucket_count - 1)];
}

static void ephemeron_link(EphemeronTable *table, size_t index) {
    EphemeronEntry *entry = &table->entries.items[index];
    size_t *bucket = ephemeron_bucket(table, entry->key);
    entry->next = *bucket;
    *bucket = index + 1;
}

// Doubles the buckets when there is an entry for each.
static bool ephemeron_grow_buckets(EphemeronTable *table) {
    if (table->entries.count < table->bucket_count) return true;
    size_t count = table->bucket_count ? table->bucket_count * 2 : FIRST_BUCKET_COUNT;
    size_t *buckets = calloc(count, sizeof *buckets);
    if (!buckets) return table->bucket_count != 0;
    free(table->buckets);
    table->buckets = buckets;
    table->bucket_count = count;
    for (size_t i = 0; i < table->entries.count; i++)
        if (table->entries.items[i].ephemeron) ephemeron_link(table, i);
    return true;
}

bool ephemeron_wait(EphemeronTable *table, uint64_t key, uint64_t ephemeron, size_t limit) {
    if (limit && table->entries.count >= limit) return false;
    if (!ephemeron_grow_buckets(table)) return false;
    EphemeronEntry entry = {key, ephemeron, 0};
    if (!array_push(&table->entries, entry)) return false;
    ephemeron_link(table, table->entries.count - 1);
    table->waiting++;
    return true;
}

uint64_t ephemeron_take(EphemeronTable *table, uint64_t key) {
    if (!table->waiting) return 0;
    for (size_t *link = ephemeron_bucket(table, key); *link;) {
        EphemeronEntry *entry = &table->entries.items[*link - 1];
        if (entry->key == key) {
            uint64_t ephemeron = entry->ephemeron;
            *link = entry->next;
            entry->ephemeron = 0;
            table->waiting--;
            return ephemeron;
        }
        link = &entry->next;
    }
    return 0;
}

void ephemeron_clear(EphemeronTable *table) {
    if (table->entries.count)
        memset(table->buckets, 0, table->bucket_count * sizeof *table->buckets);
    array_clear(&table->entries);
    table->waiting = 0;
}

void ephemeron_release(EphemeronTable *table) {
    array_free(&table->entries);
    free(table->buckets);
    *table = (EphemeronTable){0};
}
