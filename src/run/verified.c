// SPDX-License-Identifier: MIT
// The table of verified methods: open addressing on the method's address, which the collectors
// may change (verified_update builds the table anew then). Refused methods are kept too, with no
// summary, so that a bad method is not verified at each send.
#include "run/verified.h"

#include <stdlib.h>

#include "base/event_ring.h"
#include "object/header.h"
#include "object/ops.h"
#include "run/closure.h"

typedef struct Verified {
    Oop method;             // none: empty
    MethodSummary *summary; // NULL: refused
} Verified;

typedef struct SummaryTable {
    Verified *entries;
    size_t count, capacity; // capacity: a power of two
} SummaryTable;

enum { FIRST_CAPACITY = 1024 };

static size_t position_of(const SummaryTable *table, Oop method) {
    size_t mask = table->capacity - 1;
    size_t at = (oop_bits(method) >> 3) * 0x9E3779B97F4A7C15ull >> 32 & mask;
    while (!oop_is_none(table->entries[at].method) && !oop_is(table->entries[at].method, method))
        at = (at + 1) & mask;
    return at;
}

static void free_summary(MethodSummary *summary) {
    if (!summary) return;
    summary_free(summary);
    free(summary);
}

Status verified_init(VM *vm) {
    SummaryTable *table = calloc(1, sizeof *table);
    if (!table) return STATUS_NO_MEMORY;
    table->entries = calloc(FIRST_CAPACITY, sizeof *table->entries);
    table->capacity = FIRST_CAPACITY;
    vm->summaries = table;
    return table->entries ? STATUS_OK : STATUS_NO_MEMORY;
}

void verified_forget_all(VM *vm) {
    closure_flush(vm);
    SummaryTable *table = vm->summaries;
    for (size_t i = 0; i < table->capacity; i++) {
        free_summary(table->entries[i].summary);
        table->entries[i] = (Verified){oop_none(), NULL};
    }
    table->count = 0;
}

void verified_release(VM *vm) {
    if (!vm->summaries) return;
    if (vm->summaries->entries) verified_forget_all(vm);
    free(vm->summaries->entries);
    free(vm->summaries);
    vm->summaries = NULL;
}

// Moves every entry whose method `keep` answers into a table of the given capacity; false: no
// memory, and the table is as it was.
static bool rebuild(SummaryTable *table, size_t capacity, Heap *heap) {
    Verified *old = table->entries;
    size_t old_capacity = table->capacity;
    Verified *entries = calloc(capacity, sizeof *entries);
    if (!entries) return false;
    table->entries = entries;
    table->capacity = capacity;
    table->count = 0;
    for (size_t i = 0; i < old_capacity; i++) {
        if (oop_is_none(old[i].method)) continue;
        Oop method = heap ? heap_survivor(heap, old[i].method) : old[i].method;
        if (oop_is_none(method)) {
            free_summary(old[i].summary);
            continue;
        }
        entries[position_of(table, method)] = (Verified){method, old[i].summary};
        table->count++;
    }
    free(old);
    return true;
}

void verified_update(VM *vm, Heap *heap) {
    closure_flush(vm);
    if (!rebuild(vm->summaries, vm->summaries->capacity, heap)) verified_forget_all(vm);
}

bool verified_is_known(VM *vm, Oop method) {
    SummaryTable *table = vm->summaries;
    return !oop_is_none(table->entries[position_of(table, method)].method);
}

static MethodSummary *verify(VM *vm, Oop method) {
    MethodSummary *summary = calloc(1, sizeof *summary);
    Diagnosis diagnosis;
    if (summary && bytecode_verify(method, summary, &diagnosis) == STATUS_OK) return summary;
    event_note(&vm->events, EVENT_BAD_METHOD, 0, oop_bits(method), 0);
    free(summary);
    return NULL;
}

const MethodSummary *verified_summary(VM *vm, Oop method) {
    SummaryTable *table = vm->summaries;
    size_t at = position_of(table, method);
    if (!oop_is_none(table->entries[at].method)) return table->entries[at].summary;
    if (table->count * 2 >= table->capacity) {
        if (!rebuild(table, table->capacity * 2, NULL)) return NULL;
        at = position_of(table, method);
    }
    MethodSummary *summary = verify(vm, method);
    table->entries[at] = (Verified){method, summary};
    table->count++;
    return summary;
}

// Forgets by leaving a refused-looking hole out of the question: the whole cluster behind the
// entry is entered again, so that probing still finds every other method.
void verified_forget(VM *vm, Oop method) {
    closure_flush(vm);
    SummaryTable *table = vm->summaries;
    size_t at = position_of(table, method), mask = table->capacity - 1;
    if (oop_is_none(table->entries[at].method)) return;
    free_summary(table->entries[at].summary);
    table->entries[at] = (Verified){oop_none(), NULL};
    table->count--;
    for (at = (at + 1) & mask; !oop_is_none(table->entries[at].method); at = (at + 1) & mask) {
        Verified moved = table->entries[at];
        table->entries[at] = (Verified){oop_none(), NULL};
        table->entries[position_of(table, moved.method)] = moved;
    }
}
