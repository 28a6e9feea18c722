// SPDX-License-Identifier: MIT
// The objects that scenarios are made of, on the heap of a real VM, and snapshots of that heap, so
// that a scenario can be run twice from the same state.
#ifndef TESTS_RECORDING_WORLD_H
#define TESTS_RECORDING_WORLD_H

#include "run/vm.h"
#include "scenario.h"

// A kind of operand: one representative.
typedef struct Kind {
    const char *name;
    uint64_t bits;
} Kind;

enum { KIND_LIMIT = 32, METHOD_COUNT = 2, SNAPSHOT_LIMIT = 32768 };

typedef struct World {
    ScenarioWorld scenario;
    Kind kinds[KIND_LIMIT];
    unsigned kind_count;
    // Literals: a symbol, an association, a compiled block, the association of the class. Those of
    // the second method are no associations.
    uint64_t methods[METHOD_COUNT];
    uint64_t start; // of the objects in eden
} World;

typedef struct Snapshot {
    uint64_t eden_free, last_hash;
    uint64_t constant_headers[3]; // of nil, true and false
    uint32_t wants;
    uint8_t bytes[SNAPSHOT_LIMIT];
} Snapshot;

bool world_make(World *world);
void world_destroy(World *world);
const char *world_kind_name(const World *world, uint64_t bits);
void world_save(const World *world, Snapshot *snapshot);
void world_restore(const World *world, const Snapshot *snapshot);
bool snapshots_are_equal(const Snapshot *a, const Snapshot *b);

#endif
