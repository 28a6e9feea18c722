// SPDX-License-Identifier: MIT
// Saving: compact, turn frames into contexts, write, and take up the running context again.
// Nothing moves between the flush and the end, so oops may be held in C variables.
#include "run/snapshot.h"

#include <stdio.h>

#include "base/check.h"
#include "image/image_info.h"
#include "image/write.h"
#include "memory/collector.h"
#include "run/context.h"
#include "run/primitive.h"
#include "run/primitives.h"
#include "run/process.h"
#include "run/stack.h"
#include "run/system.h"

// Writes the image with `context` as what the process will go on with.
static Status write_with(VM *vm, Oop process, Oop context, const char *path, Diagnosis *diagnosis) {
    field_at_put(&vm->heap, process, PROCESS_SUSPENDED_CONTEXT, context);
    Status status = image_write(&vm->heap, &vm->image->header, path, diagnosis);
    field_at_put(&vm->heap, process, PROCESS_SUSPENDED_CONTEXT, prim_nil(vm));
    return status;
}

// Turns all frames into contexts and answers the running one, which nothing runs now; oop_none():
// no room, and it still runs.
MAY_GC static Oop flush_frames(VM *vm) {
    for (int attempts = 0;;) {
        Oop context = context_of_frame(vm, vm->fp);
        if (!oop_is_none(context)) {
            if (!oop_is_none(context_flush_all(vm))) return context;
            CHECK(context_resume(vm, context), "%s", "the context that saves cannot go on");
        }
        if (!stack_make_room_within_limit(vm, &attempts)) return oop_none();
    }
}

MAY_GC Status snapshot_save(VM *vm, const char *path, Diagnosis *diagnosis) {
    if (process_is_idle(vm))
        return diagnose(diagnosis, STATUS_STATE, "all processes wait: none could go on later");
    heap_compact(&vm->heap);
    Oop process = process_active(vm);
    if (!oop_is_pointers(process) || num_le(slot_count(process), num(PROCESS_SUSPENDED_CONTEXT)))
        return diagnose(diagnosis, STATUS_STATE, "there is no process that could go on later");
    Oop context = flush_frames(vm);
    if (oop_is_none(context)) return diagnose(diagnosis, STATUS_NO_MEMORY, "no room for contexts");
    Status status = write_with(vm, process_active(vm), context, path, diagnosis);
    CHECK(context_resume(vm, context), "%s", "the context that saved cannot go on");
    event_note(&vm->events, EVENT_SAVE, (uint32_t)status, heap_old_bytes(&vm->heap), 0);
    return status;
}

// The saved image finds true as the answer, the running one false, or nil when nothing was saved.
MAY_GC Outcome prim_snapshot(VM *vm) {
    if (vm->argument_count != 0) return prim_fail(vm, FAILURE_BAD_ARGUMENT_COUNT);
    if (!vm->image || vm->image->path[0] == '\0') return prim_fail(vm, FAILURE_UNSUPPORTED);
    if (vm->system && vm->system->refuses_saving) return prim_fail(vm, FAILURE_INAPPROPRIATE);
    prim_stack_at_put(vm, 0, prim_bool(vm, true));
    Diagnosis diagnosis = {""};
    Status status = snapshot_save(vm, vm->image->path, &diagnosis);
    if (status != STATUS_OK)
        fprintf(stderr, "parley: image not saved: %s\n",
                diagnosis.text[0] ? diagnosis.text : status_text(status));
    prim_stack_at_put(vm, 0, status == STATUS_OK ? prim_bool(vm, false) : prim_nil(vm));
    return OUTCOME_SWITCHED;
}

MAY_GC Outcome prim_snapshot_embedded(VM *vm) { return prim_snapshot(vm); }
