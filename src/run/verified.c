// SPDX-License-Identifier: MIT
// The table of verified methods. Refused ones are kept too, with no summary, so that a bad method
// is not verified at each send.
#include "run/verified.h"

#include <stdlib.h>

#include "base/event_ring.h"
#include "object/header.h"
#include "object/ops.h"
#include "run/closure.h"
#include "run/method_table.h"

static void free_summary(void *summary) {
    if (!summary) return;
    summary_free(summary);
    free(summary);
}

Status verified_init(VM *vm) {
    vm->summaries = calloc(1, sizeof *vm->summaries);
    return vm->summaries && method_table_init(vm->summaries) ? STATUS_OK : STATUS_NO_MEMORY;
}

void verified_forget_all(VM *vm) {
    closure_flush(vm);
    for (size_t i = 0; i < vm->summaries->capacity; i++)
        free_summary(vm->summaries->rows[i].value);
    method_table_clear(vm->summaries);
}

void verified_release(VM *vm) {
    if (!vm->summaries) return;
    if (vm->summaries->rows) verified_forget_all(vm);
    method_table_release(vm->summaries);
    free(vm->summaries);
    vm->summaries = NULL;
}

void verified_update(VM *vm, Heap *heap) {
    closure_flush(vm);
    if (!method_table_update(vm->summaries, heap, free_summary)) verified_forget_all(vm);
}

bool verified_is_known(VM *vm, Oop method) {
    return !oop_is_none(method_table_row(vm->summaries, method, 0)->method);
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
    const MethodRow *row = method_table_row(vm->summaries, method, 0);
    if (!oop_is_none(row->method)) return row->value;
    MethodSummary *summary = verify(vm, method);
    if (method_table_put(vm->summaries, method, 0, summary)) return summary;
    free_summary(summary);
    return NULL;
}

void verified_forget(VM *vm, Oop method) {
    closure_flush(vm);
    MethodRow *row = method_table_row(vm->summaries, method, 0);
    if (oop_is_none(row->method)) return;
    free_summary(row->value);
    method_table_remove(vm->summaries, row);
}
