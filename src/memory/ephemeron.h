// SPDX-License-Identifier: MIT
// Ephemerons that wait for their key while a full collection marks. An ephemeron keeps its slots
// alive only once its key is known to be alive; until then it stands here under that key, and the
// key carries the grey bit, so that marking any other object costs nothing extra. Marking a grey
// key takes its ephemerons out: each enters and leaves once, so that a chain of a million costs
// the same per ephemeron as one.
#ifndef PARLEY_MEMORY_EPHEMERON_H
#define PARLEY_MEMORY_EPHEMERON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/array.h"

typedef struct EphemeronEntry {
    uint64_t key, ephemeron; // ephemeron 0: taken
    size_t next;             // index + 1 of the next entry in the bucket, 0: none
} EphemeronEntry;

typedef struct EphemeronTable {
    ARRAY(EphemeronEntry) entries;
    size_t *buckets;     // index + 1 of the first entry
    size_t bucket_count; // 0 or a power of two
    size_t waiting;
} EphemeronTable;

// Enters an ephemeron; false when there is no memory. At most `limit` entries (0: any number).
bool ephemeron_wait(EphemeronTable *table, uint64_t key, uint64_t ephemeron, size_t limit);
// Takes one that waits for `key` out; 0 when there is none.
uint64_t ephemeron_take(EphemeronTable *table, uint64_t key);
void ephemeron_clear(EphemeronTable *table);
void ephemeron_release(EphemeronTable *table);

#endif
