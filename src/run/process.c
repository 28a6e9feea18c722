// SPDX-License-Identifier: MIT
// Processes: scheduling. See process.h.
//
// A switch is made in this order, so that it can fail without a trace: the running frame gets its
// context (may find no memory), the other process's context becomes a frame (may find no memory,
// or that it cannot run), and only then the lists and the scheduler are changed. A ready process
// whose context cannot run is dropped from its list; the next one is tried.
#include "run/process.h"

#include "base/check.h"
#include "image/image_info.h"
#include "run/context.h"
#include "run/interrupts.h"
#include "run/primitive.h"
#include "run/stack.h"
#include "run/trace.h"

// The scheduler and what hangs off it, checked: lists is a pointer object with at least one slot.
typedef struct Scheduler {
    Oop object, lists, active;
} Scheduler;

static void put(VM *vm, Oop object, int index, Oop value) {
    field_at_put(&vm->heap, object, index, value);
}

static bool has_slots(Oop oop, int count) {
    return oop_is_pointers(oop) && num_le(num(count), slot_count(oop));
}

static Oop scheduler_object(VM *vm) {
    Oop binding = vm_special(vm, SPECIAL_PROCESSOR_BINDING);
    if (!has_slots(binding, ASSOCIATION_VALUE + 1)) return vm->heap.nil;
    Oop scheduler = process_field(vm, binding, ASSOCIATION_VALUE);
    return has_slots(scheduler, SCHEDULER_ACTIVE_PROCESS + 1) ? scheduler : vm->heap.nil;
}

static bool scheduler_find(VM *vm, Scheduler *found) {
    found->object = scheduler_object(vm);
    if (oop_is(found->object, vm->heap.nil)) return false;
    found->lists = process_field(vm, found->object, SCHEDULER_PROCESS_LISTS);
    found->active = process_field(vm, found->object, SCHEDULER_ACTIVE_PROCESS);
    return has_slots(found->lists, 1) && process_is_process(found->active);
}

Oop process_active(VM *vm) {
    Oop scheduler = scheduler_object(vm);
    if (oop_is(scheduler, vm->heap.nil)) return scheduler;
    return process_field(vm, scheduler, SCHEDULER_ACTIVE_PROCESS);
}

// ---- priorities and run queues

// From 1 to the number of run queues, whatever the process says.
static Num priority_of(VM *vm, const Scheduler *scheduler, Oop process) {
    Oop priority = process_field(vm, process, PROCESS_PRIORITY);
    if (!oop_is_int(priority)) return num(1);
    Num value = num_from_oop(priority), highest = slot_count(scheduler->lists);
    if (num_lt(value, num(1))) return num(1);
    return num_lt(highest, value) ? highest : value;
}

// nil when there is no list.
static Oop run_queue(VM *vm, const Scheduler *scheduler, Num priority) {
    Num index = num_sub(priority, num(1));
    Oop list = slot_at(scheduler->lists, index);
    if (oop_is_forwarder(list)) {
        list = heap_follow(&vm->heap, list);
        slot_at_put(&vm->heap, scheduler->lists, index, list);
    }
    return process_list_is_list(list) ? list : vm->heap.nil;
}

bool process_is_run_queue(VM *vm, Oop list) {
    Scheduler scheduler;
    if (!scheduler_find(vm, &scheduler)) return false;
    NUM_LOOP(index, num(1), num_add(slot_count(scheduler.lists), num(1))) {
        if (oop_is(list, run_queue(vm, &scheduler, index))) return true;
    }
    return false;
}

static bool preemption_yields(const VM *vm) {
    return !vm->image || !(vm->image->header.flags & IMAGE_FLAG_PREEMPTION_DOES_NOT_YIELD);
}

static bool has_context(VM *vm, Oop process) {
    return context_is_context(vm, process_field(vm, process, PROCESS_SUSPENDED_CONTEXT));
}

// ---- switching

static Failure resume_failure(const VM *vm) {
    return stack_lacked_room(vm) ? FAILURE_NO_MEMORY : FAILURE_BAD_RECEIVER;
}

static void note_switch(VM *vm, Oop from, Oop to) {
    vm->processes->switches++;
    event_note(&vm->events, EVENT_PROCESS_SWITCH, 0, oop_bits(from), oop_bits(to));
    trace_process_switch(vm, from, to);
    if (oop_is(to, vm->exhausted_process)) vm_request_interrupt(vm, INTERRUPT_MEMORY);
    if (!oop_is(from, vm->heap.nil)) vm_note_hunger(vm, from);
}

// Runs `process`, which is not running; what the active one did is kept in its context. Lists are
// the caller's business. Unless it answers FAILURE_NONE nothing has changed.
static Failure switch_to(VM *vm, const Scheduler *scheduler, Oop process) {
    Oop from = vm->heap.nil;
    if (!process_is_idle(vm)) {
        if (oop_is(process, scheduler->active)) return FAILURE_BAD_RECEIVER;
        from = context_suspend_active(vm);
        if (oop_is_none(from)) return FAILURE_NO_MEMORY;
    }
    Oop to = process_field(vm, process, PROCESS_SUSPENDED_CONTEXT);
    if (!context_is_context(vm, to)) return FAILURE_BAD_RECEIVER;
    if (!context_resume(vm, to)) return resume_failure(vm);
    if (!oop_is(from, vm->heap.nil)) put(vm, scheduler->active, PROCESS_SUSPENDED_CONTEXT, from);
    put(vm, process, PROCESS_SUSPENDED_CONTEXT, vm->heap.nil);
    put(vm, process, PROCESS_MY_LIST, vm->heap.nil);
    put(vm, scheduler->object, SCHEDULER_ACTIVE_PROCESS, process);
    note_switch(vm, scheduler->active, process);
    return FAILURE_NONE;
}

// Runs the first process of the queue that can run; it is then in no list.
static Failure switch_to_first_of(VM *vm, const Scheduler *scheduler, Oop queue) {
    Oop process = process_list_first(vm, queue);
    while (!oop_is(process, vm->heap.nil)) {
        Failure failure = switch_to(vm, scheduler, process);
        if (failure == FAILURE_NO_MEMORY) return failure;
        process_list_remove_first(vm, queue);
        if (failure == FAILURE_NONE) return failure;
        trace_process_dropped(vm, process);
        process = process_list_first(vm, queue);
    }
    return FAILURE_NOT_FOUND;
}

// The highest priority first, none below `least`. NOT_FOUND: nobody is ready there.
static Failure switch_to_highest(VM *vm, const Scheduler *scheduler, Num least) {
    Num highest = slot_count(scheduler->lists);
    NUM_LOOP(step, num(0), num_add(num_sub(highest, least), num(1))) {
        Oop queue = run_queue(vm, scheduler, num_sub(highest, step));
        if (oop_is(queue, vm->heap.nil)) continue;
        Failure failure = switch_to_first_of(vm, scheduler, queue);
        if (failure != FAILURE_NOT_FOUND) return failure;
    }
    return FAILURE_NOT_FOUND;
}

Failure process_run_highest(VM *vm) {
    Scheduler scheduler;
    ASSERT(process_is_idle(vm));
    if (!scheduler_find(vm, &scheduler)) return FAILURE_NOT_FOUND;
    return switch_to_highest(vm, &scheduler, num(1));
}

// ---- resuming

// Where the active process goes that is preempted.
static void queue_preempted(VM *vm, const Scheduler *scheduler, Oop queue) {
    if (preemption_yields(vm))
        process_list_add_last(vm, queue, scheduler->active);
    else
        process_list_add_first(vm, queue, scheduler->active);
}

// `process`, which may stand in `list`, is to run: now, if its priority is higher than the active
// one's. It is then no longer in `list`.
static Outcome make_ready(VM *vm, const Scheduler *scheduler, Oop process, Oop list) {
    Num active_priority = priority_of(vm, scheduler, scheduler->active);
    Num priority = priority_of(vm, scheduler, process);
    bool preempts = !process_is_idle(vm) && num_lt(active_priority, priority);
    Oop queue = run_queue(vm, scheduler, preempts ? active_priority : priority);
    if (oop_is(queue, vm->heap.nil)) return prim_fail(vm, FAILURE_INAPPROPRIATE);
    Failure failure = preempts ? switch_to(vm, scheduler, process) : FAILURE_NONE;
    if (failure) return prim_fail(vm, failure);
    (void)process_list_remove(vm, list, process);
    if (preempts)
        queue_preempted(vm, scheduler, queue);
    else
        process_list_add_last(vm, queue, process);
    return preempts ? OUTCOME_SWITCHED : OUTCOME_ANSWERED;
}

Outcome process_resume(VM *vm, Oop process) {
    Scheduler scheduler;
    if (!scheduler_find(vm, &scheduler)) return prim_fail(vm, FAILURE_INAPPROPRIATE);
    if (oop_is(process, scheduler.active) || !has_context(vm, process))
        return prim_fail(vm, FAILURE_BAD_RECEIVER);
    // One that waits elsewhere stops waiting.
    return make_ready(vm, &scheduler, process, process_field(vm, process, PROCESS_MY_LIST));
}

// ---- leaving

MAY_GC static Outcome become_idle(VM *vm, const Scheduler *scheduler, Oop list) {
    Oop context = context_suspend_active(vm);
    if (oop_is_none(context)) return prim_fail(vm, FAILURE_NO_MEMORY);
    put(vm, scheduler->active, PROCESS_SUSPENDED_CONTEXT, context);
    if (!oop_is_none(list)) process_list_add_last(vm, list, scheduler->active);
    stack_park(vm);
    return vm_wait_for_process(vm);
}

MAY_GC Outcome process_leave(VM *vm, Oop list) {
    Scheduler scheduler;
    if (!scheduler_find(vm, &scheduler)) return prim_fail(vm, FAILURE_INAPPROPRIATE);
    Failure failure = switch_to_highest(vm, &scheduler, num(1));
    if (failure == FAILURE_NOT_FOUND) return become_idle(vm, &scheduler, list);
    if (failure) return prim_fail(vm, failure);
    if (!oop_is_none(list)) process_list_add_last(vm, list, scheduler.active);
    return OUTCOME_SWITCHED;
}

Outcome process_yield(VM *vm) {
    Scheduler scheduler;
    if (!scheduler_find(vm, &scheduler)) return prim_fail(vm, FAILURE_INAPPROPRIATE);
    Num priority = priority_of(vm, &scheduler, scheduler.active);
    Oop queue = run_queue(vm, &scheduler, priority);
    if (oop_is(process_list_first(vm, queue), vm->heap.nil)) return OUTCOME_ANSWERED;
    Failure failure = switch_to_highest(vm, &scheduler, priority);
    if (failure == FAILURE_NOT_FOUND) return OUTCOME_ANSWERED;
    if (failure) return prim_fail(vm, failure);
    process_list_add_last(vm, queue, scheduler.active);
    return OUTCOME_SWITCHED;
}

Outcome process_preempt(VM *vm) {
    Scheduler scheduler;
    if (!scheduler_find(vm, &scheduler)) return OUTCOME_ANSWERED;
    Num priority = priority_of(vm, &scheduler, scheduler.active);
    Oop queue = run_queue(vm, &scheduler, priority);
    if (oop_is(queue, vm->heap.nil)) return OUTCOME_ANSWERED;
    Failure failure = switch_to_highest(vm, &scheduler, num_add(priority, num(1)));
    if (failure == FAILURE_NOT_FOUND) return OUTCOME_ANSWERED;
    if (failure) return prim_fail(vm, failure);
    queue_preempted(vm, &scheduler, queue);
    return OUTCOME_SWITCHED;
}

// ---- semaphores

bool process_is_semaphore(Oop oop) {
    return process_list_is_list(oop) && num_lt(num(SEMAPHORE_EXCESS_SIGNALS), slot_count(oop)) &&
           oop_is_int(field_at(oop, SEMAPHORE_EXCESS_SIGNALS));
}

// False: more signals than a SmallInteger counts.
static bool add_signals(VM *vm, Oop semaphore, int64_t count) {
    Num sum = num_from_oop(field_at(semaphore, SEMAPHORE_EXCESS_SIGNALS));
    if (num_add_overflows(sum, num(count), &sum) || !num_fits_int(sum)) return false;
    put(vm, semaphore, SEMAPHORE_EXCESS_SIGNALS, oop_from_num(sum));
    return true;
}

// The first process in the list that could run; others are dropped.
static Oop first_waiting(VM *vm, Oop list) {
    Oop process = process_list_first(vm, list);
    while (!oop_is(process, vm->heap.nil) && !has_context(vm, process)) {
        process_list_remove_first(vm, list);
        trace_process_dropped(vm, process);
        process = process_list_first(vm, list);
    }
    return process;
}

Outcome semaphore_signal(VM *vm, Oop semaphore) {
    Scheduler scheduler;
    if (!process_is_semaphore(semaphore)) return prim_fail(vm, FAILURE_BAD_RECEIVER);
    event_note(&vm->events, EVENT_SIGNAL, 1, oop_bits(semaphore), 0);
    for (;;) {
        Oop process = first_waiting(vm, semaphore);
        if (oop_is(process, vm->heap.nil))
            return add_signals(vm, semaphore, 1) ? OUTCOME_ANSWERED
                                                 : prim_fail(vm, FAILURE_LIMIT_EXCEEDED);
        if (!scheduler_find(vm, &scheduler)) return prim_fail(vm, FAILURE_INAPPROPRIATE);
        Outcome outcome = make_ready(vm, &scheduler, process, semaphore);
        if (outcome != OUTCOME_FAILED || vm->failure != FAILURE_BAD_RECEIVER) return outcome;
        process_list_remove_first(vm, semaphore);
        trace_process_dropped(vm, process);
    }
}

void semaphore_release(VM *vm, Oop semaphore, uint64_t count) {
    Scheduler scheduler;
    if (!process_is_semaphore(semaphore) || !scheduler_find(vm, &scheduler)) return;
    trace_signal(vm, semaphore, count);
    for (; count; count--) {
        Oop process = first_waiting(vm, semaphore);
        if (oop_is(process, vm->heap.nil)) break;
        Oop queue = run_queue(vm, &scheduler, priority_of(vm, &scheduler, process));
        if (oop_is(queue, vm->heap.nil)) return;
        process_list_remove_first(vm, semaphore);
        process_list_add_last(vm, queue, process);
    }
    if (count) (void)add_signals(vm, semaphore, (int64_t)count);
}

MAY_GC Outcome semaphore_wait(VM *vm, Oop semaphore) {
    if (!process_is_semaphore(semaphore)) return prim_fail(vm, FAILURE_BAD_RECEIVER);
    Num excess = num_from_oop(field_at(semaphore, SEMAPHORE_EXCESS_SIGNALS));
    if (!num_lt(num(0), excess)) return process_leave(vm, semaphore);
    put(vm, semaphore, SEMAPHORE_EXCESS_SIGNALS, oop_from_num(num_sub(excess, num(1))));
    return OUTCOME_ANSWERED;
}
