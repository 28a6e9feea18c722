// SPDX-License-Identifier: MIT
// Handles: how Smalltalk names something that the VM keeps for it (an open file, a directory being
// listed). The image holds a byte object with a copy of a Handle; it is looked up in a table of the
// VM, so that a handle that was made up, kept over a restart, or closed already finds nothing.
//
//   +-----------------------+---------------+---------------+
//   | session of the table  | slot          | generation    |     16 bytes
//   +-----------------------+---------------+---------------+
//
// Invariants: a table's session is not zero; a slot's generation changes whenever the slot is
// emptied; a slot is free exactly if its value is NULL.
#ifndef PARLEY_PLUGIN_HANDLES_H
#define PARLEY_PLUGIN_HANDLES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct Handle {
    uint64_t session;
    uint32_t slot, generation;
} Handle;
_Static_assert(sizeof(Handle) == 16, "the size that images expect of a directory handle");

typedef struct HandleSlot {
    void *value;
    uint32_t generation;
} HandleSlot;

typedef struct HandleTable {
    uint64_t session;
    HandleSlot *slots;
    uint32_t count;      // slots allocated
    uint32_t first_free; // no free slot lies below
} HandleTable;

// An empty table. Its session is drawn at random, or fixed where runs must repeat.
void handle_table_init(HandleTable *table, bool deterministic);
// Gives the slots back, after `release` (may be NULL) was called on each value.
void handle_table_release(HandleTable *table, void (*release)(void *value));

// Enters a value (not NULL); false when there is no memory.
bool handle_add(HandleTable *table, void *value, Handle *handle);
// The value of a handle; NULL when the handle names nothing.
void *handle_value(const HandleTable *table, const Handle *handle);
// The same, and the handle names nothing from now on.
void *handle_remove(HandleTable *table, const Handle *handle);

#endif
