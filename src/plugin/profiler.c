// SPDX-License-Identifier: MIT
// Named primitives of the VM itself: the sampling profiler of images. Some time after a start the
// active process is noted at the next safe point and a semaphore is signalled; the image asks whom
// it was, walks its stack, and starts again.
//
// Ticks are nanoseconds, as those of primitiveHighResClock. Primitives are not interrupted, so none
// is ever met: what the sample hits is always a method. In a run that must repeat there are no
// samples.
#include <stdlib.h>
#include <unistd.h>

#include "base/event_loop.h"
#include "base/os.h"
#include "memory/roots.h"
#include "plugin/operands.h"
#include "plugin/registry.h"
#include "run/process.h"

enum { HELD_SEMAPHORE, HELD_PROCESS, HELD };

typedef struct Profiler {
    Oop held[HELD];
    RootScope scope;
    int timer; // its descriptor; -1: never started
} Profiler;

static Profiler *profiler(const VM *vm) { return vm->plugin_state[PLUGIN_PROFILER]; }

// What is held for nothing: an immediate, which is good even before there is an image.
static Oop nothing(void) { return oop_from_num(num(0)); }

static Status profiler_start(VM *vm) {
    Profiler *state = malloc(sizeof *state);
    if (!state) return STATUS_NO_MEMORY;
    state->timer = -1;
    root_scope_enter(&vm->heap, &state->scope, state->held, HELD);
    state->held[HELD_SEMAPHORE] = state->held[HELD_PROCESS] = nothing();
    vm->plugin_state[PLUGIN_PROFILER] = state;
    return STATUS_OK;
}

static void profiler_stop(VM *vm) {
    Profiler *state = profiler(vm);
    root_scope_leave(&vm->heap, &state->scope);
    if (state->timer >= 0) {
        event_loop_unwatch(vm->processes->loop, state->timer);
        close(state->timer);
    }
    free(state);
}

// At the safe point after the time was up.
static void take_sample(void *context, int descriptor, unsigned events) {
    VM *vm = context;
    (void)events;
    os_timer_set(descriptor, 0);
    profiler(vm)->held[HELD_PROCESS] = process_active(vm);
    semaphore_release(vm, prim_follow(vm, profiler(vm)->held[HELD_SEMAPHORE]), 1);
}

// (semaphore or nil)
static Outcome prim_profile_semaphore(VM *vm) {
    Oop semaphore = prim_argument(vm, 0);
    bool is_semaphore = oop_has_class_index(semaphore, prim_known(vm, semaphore)) &&
                        process_is_semaphore(semaphore);
    if (!is_semaphore && !oop_is(semaphore, prim_nil(vm)))
        return prim_fail(vm, FAILURE_BAD_ARGUMENT);
    profiler(vm)->held[HELD_SEMAPHORE] = semaphore;
    profiler(vm)->held[HELD_PROCESS] = nothing();
    return prim_answer_receiver(vm);
}

// The timer's descriptor, made when there is first something to measure; false when it cannot be.
static bool has_timer(VM *vm) {
    Profiler *state = profiler(vm);
    if (state->timer >= 0) return true;
    state->timer = os_timer_new();
    if (state->timer < 0) return false;
    if (event_loop_watch(vm->processes->loop, state->timer, EVENT_READABLE, take_sample, vm) ==
        STATUS_OK)
        return true;
    close(state->timer);
    state->timer = -1;
    return false;
}

// (nanoseconds until the next sample; none or less than none: no more samples)
static Outcome prim_profile_start(VM *vm) {
    Oop ticks = prim_argument(vm, 0);
    if (!oop_is_int(ticks)) return prim_fail(vm, FAILURE_BAD_ARGUMENT);
    if (vm->options.deterministic) return prim_fail(vm, FAILURE_UNSUPPORTED);
    int64_t nanoseconds = num_concrete(num_from_oop(ticks));
    if (nanoseconds > 0) {
        if (!has_timer(vm)) return prim_fail(vm, FAILURE_NO_C_MEMORY);
        os_timer_set(profiler(vm)->timer, (uint64_t)nanoseconds);
    } else if (profiler(vm)->timer >= 0) {
        os_timer_set(profiler(vm)->timer, 0);
    }
    return prim_answer_receiver(vm);
}

// The process that the last sample met, once; nil when there was no sample.
static Outcome prim_profile_sample(VM *vm) {
    Oop process = prim_follow(vm, profiler(vm)->held[HELD_PROCESS]);
    profiler(vm)->held[HELD_PROCESS] = nothing();
    return prim_answer(vm, oop_is_immediate(process) ? prim_nil(vm) : process);
}

static Outcome prim_profile_primitive(VM *vm) { return prim_answer(vm, prim_nil(vm)); }

static const Primitive profiler_primitives[] = {
    NAMED("", "primitiveProfileSemaphore", prim_profile_semaphore, 1, 0),
    NAMED("", "primitiveProfileStart", prim_profile_start, 1, 0),
    NAMED("", "primitiveProfileSample", prim_profile_sample, 0, 0),
    NAMED("", "primitiveProfilePrimitive", prim_profile_primitive, 0, 0),
    NAMED_END,
};

const Plugin plugin_profiler = {"", profiler_primitives, profiler_start, profiler_stop};
