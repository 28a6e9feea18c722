// SPDX-License-Identifier: MIT
// The safe point's business. See interrupts.h.
//
// Semaphores are first all released, which only moves processes between lists; then one switch goes
// to whoever has the highest priority. A switch may want memory: where there is none it is put off
// to the next safe point.
#include "run/interrupts.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/crash.h"
#include "base/event_loop.h"
#include "base/os.h"
#include "memory/roots.h"
#include "run/clock.h"
#include "run/external_semaphores.h"
#include "run/primitive.h"
#include "run/process.h"
#include "run/report.h"
#include "run/stack.h"
#include "run/trace.h"

enum { EXIT_CODE_INTERRUPTED = 130, EXIT_CODE_FAILED = 1 };

void vm_request_interrupt(VM *vm, uint32_t bits) {
    __atomic_fetch_or(&vm->interrupts, bits, __ATOMIC_SEQ_CST);
    __atomic_store_n(&vm->stack_limit, (uint64_t *)UINTPTR_MAX, __ATOMIC_SEQ_CST);
    if (vm->processes) event_loop_wake(vm->processes->loop);
}

Outcome vm_stop(VM *vm, StopReason reason, int exit_code) {
    vm->stop = reason;
    vm->exit_code = exit_code;
    return OUTCOME_STOP;
}

// ---- who used up the memory

// The candidate of a majority vote (Boyer and Moore) in which each byte that is allocated is a vote
// for who does. Its lead is small enough for the next one to get ahead soon.
void vm_note_hunger(VM *vm, Oop process) {
    uint64_t allocated = heap_allocated_bytes(&vm->heap), bytes = allocated - vm->hunger_noted_at;
    uint64_t limit = heap_eden_bytes(&vm->heap) / 2;
    vm->hunger_noted_at = allocated;
    if (oop_is_none(vm->hungry_process)) vm->hunger = 0;
    if (oop_is(vm->hungry_process, process)) {
        vm->hunger += bytes;
    } else if (bytes > vm->hunger) {
        vm->hungry_process = process;
        vm->hunger = bytes - vm->hunger;
    } else {
        vm->hunger -= bytes;
    }
    if (vm->hunger > limit) vm->hunger = limit;
}

// Who is told that memory is used up, when the active process needs a little. It may only have come
// by; but if the hungry one has been told already the hunger was not all.
static Oop culprit(VM *vm) {
    if (!process_is_idle(vm)) vm_note_hunger(vm, process_active(vm));
    Oop hungry = vm->hungry_process;
    return oop_is_none(hungry) || oop_is(hungry, vm->told_process) ? process_active(vm) : hungry;
}

void vm_name_low_space_process(VM *vm, Oop process) {
    Oop specials = vm->heap.special_objects;
    if (num_lt(num(SPECIAL_LOW_SPACE_PROCESS), slot_count(specials)))
        field_at_put(&vm->heap, specials, SPECIAL_LOW_SPACE_PROCESS, process);
}

static void signal_special(VM *vm, SpecialObject which) {
    semaphore_release(vm, vm_special(vm, which), 1);
}

static bool hears_of_low_space(VM *vm) {
    return process_is_semaphore(vm_special(vm, SPECIAL_LOW_SPACE_SEMAPHORE));
}

// The image tells the culprit itself, which takes room, and wants the next warning, for which there
// must be more room than it asks to be told of.
static void warn_of_low_space(VM *vm) {
    Oop process = vm->low_space_process;
    vm->low_space_process = oop_none();
    vm_name_low_space_process(vm, oop_is_none(process) ? culprit(vm) : process);
    if (!hears_of_low_space(vm)) return;
    (void)heap_exceed_limit(&vm->heap, false);
    signal_special(vm, SPECIAL_LOW_SPACE_SEMAPHORE);
}

// ---- what may have happened

static bool take_want(VM *vm, uint32_t want) {
    bool wanted = (vm->heap.wants & want) != 0;
    vm->heap.wants &= ~want;
    return wanted;
}

static void release_semaphores(VM *vm, uint32_t bits) {
    if (take_want(vm, HEAP_LOW_SPACE)) warn_of_low_space(vm);
    if (take_want(vm, HEAP_MOURNERS)) signal_special(vm, SPECIAL_FINALISATION_SEMAPHORE);
    if (bits & INTERRUPT_EVENTS) (void)event_loop_poll(vm->processes->loop);
    if (clock_take_timer(vm)) signal_special(vm, SPECIAL_TIMER_SEMAPHORE);
    if (bits & INTERRUPT_SIGNALS) external_semaphores_deliver(vm);
}

// The user's interrupt goes to the image if it has a semaphore for it, and somebody there takes the
// signals: if the last one still lies there, nobody does.
static bool interrupt_stops(VM *vm) {
    crash_user_signal_served(USER_INTERRUPT);
    Oop semaphore = vm_special(vm, SPECIAL_INTERRUPT_SEMAPHORE);
    if (!process_is_semaphore(semaphore) ||
        num_lt(num(0), num_from_oop(field_at(semaphore, SEMAPHORE_EXCESS_SIGNALS))))
        return true;
    semaphore_release(vm, semaphore, 1);
    return false;
}

static bool ticks_are_used_up(const VM *vm) {
    return vm->options.max_ticks && vm->ticks >= vm->options.max_ticks;
}

// Serves all but the heap's wishes; OUTCOME_ANSWERED or OUTCOME_STOP.
static Outcome serve(VM *vm, uint32_t bits) {
    if (bits & INTERRUPT_REPORT) {
        report_crash(vm, stderr);
        crash_user_signal_served(USER_WANTS_REPORT);
    }
    release_semaphores(vm, bits);
    if ((bits & INTERRUPT_USER) && interrupt_stops(vm))
        return vm_stop(vm, STOP_QUIT, EXIT_CODE_INTERRUPTED);
    if (ticks_are_used_up(vm)) {
        vm->stop = STOP_TICKS;
        return OUTCOME_STOP;
    }
    if (bits & INTERRUPT_SAVE) {
        vm->stop = STOP_SAFE_POINT;
        return OUTCOME_STOP;
    }
    return OUTCOME_ANSWERED;
}

static uint32_t take_interrupts(VM *vm) {
    return __atomic_exchange_n(&vm->interrupts, 0, __ATOMIC_SEQ_CST);
}

// ---- the safe point

// Another process takes over if one should; without memory for that, at the next safe point.
MAY_GC static Outcome preempt(VM *vm) {
    Outcome outcome = process_preempt(vm);
    for (int attempts = 0;
         outcome == OUTCOME_FAILED && stack_make_room_within_limit(vm, &attempts);)
        outcome = process_preempt(vm);
    if (outcome != OUTCOME_FAILED) return outcome;
    vm_request_interrupt(vm, INTERRUPT_EVENTS);
    return OUTCOME_ANSWERED;
}

// Old space may exceed its limit for once; the process that wanted the room is told. If that was
// one that only came by the next one that wants some is told too, but nobody twice in a row. An
// image that wants to be warned tells the first one itself.
MAY_GC static bool exceed_limit(VM *vm, Oop process, uint64_t bytes) {
    bool warns = !vm->heap.excess_bytes && hears_of_low_space(vm) && heap_tell_low_space(&vm->heap);
    if (!heap_exceed_limit(&vm->heap, !oop_is(process, vm->told_process))) return false;
    Oop *whom = warns ? &vm->low_space_process : &vm->exhausted_process;
    *whom = process; // a root while room is made
    if (!heap_make_room(&vm->heap, bytes)) {
        *whom = oop_none();
        return false;
    }
    // Its hunger is known now; the next one shall not have to get ahead of it.
    if (oop_is(vm->hungry_process, *whom)) vm->hungry_process = oop_none();
    if (warns) return true;
    vm->told_process = vm->exhausted_process;
    vm_request_interrupt(vm, INTERRUPT_MEMORY);
    return true;
}

// A collection that has found no room tells the process that used it up before another one needs a
// little.
MAY_GC static void collect(VM *vm) {
    uint64_t collections = vm->heap.statistics.full_collections;
    heap_collect_as_wanted(&vm->heap);
    if (heap_can_allocate(&vm->heap, VM_ROOM_FOR_ERRORS)) return;
    bool has_tried = vm->heap.statistics.full_collections != collections;
    if (has_tried || !heap_make_room(&vm->heap, VM_ROOM_FOR_ERRORS))
        (void)exceed_limit(vm, culprit(vm), VM_ROOM_FOR_ERRORS);
}

MAY_GC Outcome vm_service_interrupts(VM *vm) {
    const uint32_t signals = HEAP_LOW_SPACE | HEAP_MOURNERS; // served with the semaphores
    uint32_t bits = take_interrupts(vm);
    stack_set_limit(vm);
    trace_interrupts(vm, bits);
    if (vm->heap.wants & ~signals) collect(vm);
    if ((bits & INTERRUPT_CODE) && vm->hooks) vm->hooks->reclaim(vm);
    Outcome stopping = serve(vm, bits);
    Outcome outcome = preempt(vm);
    return stopping == OUTCOME_STOP ? stopping : outcome;
}

MAY_GC bool vm_make_room(VM *vm, uint64_t bytes) {
    return heap_make_room(&vm->heap, bytes) || exceed_limit(vm, culprit(vm), bytes);
}

MAY_GC bool vm_make_room_for_others(VM *vm, uint64_t bytes) {
    Oop process = culprit(vm);
    return bytes <= VM_ROOM_FOR_ERRORS && !heap_can_allocate(&vm->heap, VM_ROOM_FOR_ERRORS) &&
           !oop_is(process, process_active(vm)) && exceed_limit(vm, process, bytes);
}

// ---- waiting

// Where ticks are limited a microsecond of sleep counts as one, or an idle image would never end.
static void count_sleep(VM *vm, int64_t microseconds) {
    if (vm->options.max_ticks) vm->ticks += (uint64_t)microseconds;
}

// Sleeps up to `microseconds`; negative: until something happens.
static void sleep_in_loop(VM *vm, int64_t microseconds) {
    if (vm->options.max_ticks) {
        uint64_t left = ticks_are_used_up(vm) ? 0 : vm->options.max_ticks - vm->ticks;
        if (microseconds < 0 || (uint64_t)microseconds > left) microseconds = (int64_t)left;
    }
    uint64_t before = os_monotonic_nanoseconds();
    (void)event_loop_wait(vm->processes->loop, microseconds, &vm->interrupts);
    count_sleep(vm, (int64_t)((os_monotonic_nanoseconds() - before) / 1000) + 1);
}

// An idle process asks for a millisecond, over and over. While nothing else happens it gets more
// and more than it asked for: a loop that only wants to pass some time must still end.
static int64_t patience(VM *vm, int64_t microseconds) {
    enum { AS_ASKED = 64, LONGEST = 20000 };
    ProcessState *state = vm->processes;
    if (state->switches != state->switches_at_sleep) state->sleeps = 0;
    state->switches_at_sleep = state->switches;
    if (++state->sleeps <= AS_ASKED || microseconds >= LONGEST) return microseconds;
    return LONGEST;
}

void vm_relinquish(VM *vm, int64_t microseconds) {
    if (vm->options.deterministic) {
        if (!clock_skip_to_timer(vm, microseconds)) count_sleep(vm, microseconds);
    } else if (microseconds > 0) {
        sleep_in_loop(vm, patience(vm, microseconds));
    }
    vm_request_interrupt(vm, INTERRUPT_EVENTS);
}

Outcome vm_give_up(VM *vm, const char *why) {
    fprintf(stderr, "parley: %s\n", why);
    return vm_stop(vm, STOP_ERROR, EXIT_CODE_FAILED);
}

// Answers FAILURE_NONE when a process runs, FAILURE_NOT_FOUND when none is ready.
MAY_GC static Failure run_highest(VM *vm) {
    Failure failure = process_run_highest(vm);
    for (int attempts = 0; failure == FAILURE_NO_MEMORY && stack_make_room(vm, &attempts);)
        failure = process_run_highest(vm);
    return failure;
}

MAY_GC Outcome vm_wait_for_process(VM *vm) {
    for (;;) {
        if (serve(vm, take_interrupts(vm) | INTERRUPT_EVENTS) == OUTCOME_STOP) return OUTCOME_STOP;
        Failure failure = run_highest(vm);
        if (failure == FAILURE_NONE) return OUTCOME_SWITCHED;
        if (failure != FAILURE_NOT_FOUND) return vm_give_up(vm, "no memory to resume a process");
        if (!vm->processes->timer_microseconds && !event_loop_can_wake(vm->processes->loop))
            return vm_give_up(vm, "every process waits, and nothing is left that could wake one");
        if (!clock_skip_to_timer(vm, INT64_MAX)) sleep_in_loop(vm, -1);
    }
}

// ---- life of the process state

static void notify(void *context) { vm_request_interrupt(context, INTERRUPT_EVENTS); }

static void hear_user(void *context, UserSignal which) {
    vm_request_interrupt(context, which == USER_INTERRUPT ? INTERRUPT_USER : INTERRUPT_REPORT);
}

static void report(void *context) { report_crash(context, stderr); }

Status process_state_init(VM *vm, Diagnosis *diagnosis) {
    ProcessState *state = calloc(1, sizeof *state);
    if (state) state->external = calloc(1, sizeof *state->external);
    if (!state || !state->external) {
        free(state);
        return diagnose(diagnosis, STATUS_NO_MEMORY, "no memory for semaphores");
    }
    Status status = event_loop_new(&state->loop, notify, vm, diagnosis);
    if (status) {
        free(state->external);
        free(state);
        return status;
    }
    state->start_nanoseconds = os_monotonic_nanoseconds();
    vm->timer_ticks = UINT64_MAX;
    vm->processes = state;
    // Where there are too many VMs the last ones hear nothing and report nothing, that is all.
    (void)!crash_add_reporter(report, vm);
    (void)!crash_add_listener(hear_user, vm);
    return STATUS_OK;
}

void process_state_release(VM *vm) {
    ProcessState *state = vm->processes;
    if (!state) return;
    crash_remove_reporter(vm);
    crash_remove_listener(vm);
    event_loop_free(state->loop);
    free(state->external);
    free(state);
    vm->processes = NULL;
}
