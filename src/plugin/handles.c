// SPDX-License-Identifier: MIT
// The table of handles: a growing array of slots, the lowest free one is taken first.
#include "plugin/handles.h"

#include <stdlib.h>
#include <string.h>

#include "base/os.h"

enum { FIXED_SESSION = 0x5041524C };

static uint64_t random_session(void) {
    uint64_t session = 0;
    if (!os_random_bytes(&session, sizeof session)) session = os_monotonic_nanoseconds();
    return session ? session : FIXED_SESSION;
}

void handle_table_init(HandleTable *table, bool deterministic) {
    *table = (HandleTable){.session = deterministic ? FIXED_SESSION : random_session()};
}

void handle_table_release(HandleTable *table, void (*release)(void *value)) {
    for (uint32_t i = 0; release && i < table->count; i++)
        if (table->slots[i].value) release(table->slots[i].value);
    free(table->slots);
    *table = (HandleTable){0};
}

// The lowest free slot; the table's count when all are taken.
static uint32_t free_slot(const HandleTable *table) {
    uint32_t slot = table->first_free;
    while (slot < table->count && table->slots[slot].value)
        slot++;
    return slot;
}

static bool grow(HandleTable *table) {
    uint32_t count = table->count ? table->count * 2 : 16;
    HandleSlot *slots = realloc(table->slots, count * sizeof *slots);
    if (!slots) return false;
    memset(slots + table->count, 0, (count - table->count) * sizeof *slots);
    table->slots = slots;
    table->count = count;
    return true;
}

bool handle_add(HandleTable *table, void *value, Handle *handle) {
    uint32_t slot = free_slot(table);
    if (slot == table->count && !grow(table)) return false;
    table->slots[slot].value = value;
    table->first_free = slot + 1;
    *handle = (Handle){table->session, slot, table->slots[slot].generation};
    return true;
}

void *handle_value(const HandleTable *table, const Handle *handle) {
    if (handle->session != table->session || handle->slot >= table->count) return NULL;
    const HandleSlot *slot = &table->slots[handle->slot];
    return slot->generation == handle->generation ? slot->value : NULL;
}

void *handle_remove(HandleTable *table, const Handle *handle) {
    void *value = handle_value(table, handle);
    if (!value) return NULL;
    HandleSlot *slot = &table->slots[handle->slot];
    slot->value = NULL;
    slot->generation++;
    if (handle->slot < table->first_free) table->first_free = handle->slot;
    return value;
}
