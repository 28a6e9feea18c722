// SPDX-License-Identifier: MIT
// Scheduling: priorities, semaphores, suspending, yielding, mutexes, and images whose scheduler is
// damaged.
#include "memory/spaces.h"

#include "process_world.h"

// ---- semaphores

static void signal_without_waiter_is_counted(void **state) {
    (void)state;
    Oop semaphore = new_semaphore(0);
    assert_int_equal(call(prim_semaphore_signal, 0, semaphore), OUTCOME_ANSWERED);
    assert_same(take_top(), semaphore);
    assert_int_equal(signals_of(semaphore), 1);
    assert_runs(0);
}

static void wait_takes_a_counted_signal(void **state) {
    (void)state;
    Oop semaphore = new_semaphore(2);
    assert_int_equal(call(prim_semaphore_wait, 0, semaphore), OUTCOME_ANSWERED);
    assert_int_equal(signals_of(semaphore), 1);
    assert_same(take_top(), semaphore);
    assert_runs(0);
}

static void wait_without_signal_lets_the_next_run(void **state) {
    (void)state;
    Oop semaphore = new_semaphore(0);
    let_be_ready(1);
    let_be_ready(2);
    assert_int_equal(call(prim_semaphore_wait, 0, semaphore), OUTCOME_SWITCHED);
    assert_runs(1);
    ASSERT_LIST(semaphore, 0);
    ASSERT_LIST(queue(4), 2);
}

static void waiter_finds_its_operand_again(void **state) {
    (void)state;
    Oop semaphore = new_semaphore(0);
    let_be_ready(1);
    call(prim_semaphore_wait, 0, semaphore);
    assert_int_equal(call(prim_semaphore_signal, 0, semaphore), OUTCOME_ANSWERED);
    ASSERT_LIST(queue(4), 0);
    (void)take_top();
    assert_int_equal(call(prim_yield, 0, world_nil), OUTCOME_SWITCHED);
    assert_runs(0);
    assert_same(take_top(), semaphore);
}

static void signal_wakes_in_order(void **state) {
    (void)state;
    Oop semaphore = new_semaphore(0);
    for (int i = 1; i <= 3; i++)
        let_wait(i, semaphore);
    assert_int_equal(semaphore_signal(vm, semaphore), OUTCOME_ANSWERED);
    assert_int_equal(semaphore_signal(vm, semaphore), OUTCOME_ANSWERED);
    ASSERT_LIST(queue(4), 1, 2);
    ASSERT_LIST(semaphore, 3);
    assert_int_equal(signals_of(semaphore), 0);
    assert_runs(0);
}

static void signal_lets_a_higher_priority_preempt(void **state) {
    (void)state;
    Oop semaphore = new_semaphore(0);
    set_priority(1, 5);
    let_wait(1, semaphore);
    let_be_ready(2);
    assert_int_equal(call(prim_semaphore_signal, 0, semaphore), OUTCOME_SWITCHED);
    assert_runs(1);
    assert_empty(semaphore);
    ASSERT_LIST(queue(4), 2, 0); // preemption yields
}

static void preempted_process_stays_in_front_if_the_image_says_so(void **state) {
    (void)state;
    Oop semaphore = new_semaphore(0);
    world_image.header.flags |= IMAGE_FLAG_PREEMPTION_DOES_NOT_YIELD;
    set_priority(1, 5);
    let_wait(1, semaphore);
    let_be_ready(2);
    assert_int_equal(call(prim_semaphore_signal, 0, semaphore), OUTCOME_SWITCHED);
    ASSERT_LIST(queue(4), 0, 2);
}

static void signal_of_a_lower_priority_makes_ready_only(void **state) {
    (void)state;
    Oop semaphore = new_semaphore(0);
    set_priority(1, 2);
    let_wait(1, semaphore);
    assert_int_equal(semaphore_signal(vm, semaphore), OUTCOME_ANSWERED);
    assert_runs(0);
    ASSERT_LIST(queue(2), 1);
}

static void wait_chooses_the_highest_priority(void **state) {
    (void)state;
    set_priority(1, 2);
    set_priority(2, 3);
    set_priority(3, 1);
    for (int i = 1; i <= 3; i++)
        let_be_ready(i);
    assert_int_equal(call(prim_semaphore_wait, 0, new_semaphore(0)), OUTCOME_SWITCHED);
    assert_runs(2);
}

static void signals_beyond_counting_fail(void **state) {
    (void)state;
    Oop semaphore = new_semaphore((1ll << 60) - 1);
    assert_fails(FAILURE_LIMIT_EXCEEDED, prim_semaphore_signal, semaphore);
    assert_int_equal(signals_of(semaphore), (1ll << 60) - 1);
}

static void what_is_no_semaphore_is_refused(void **state) {
    (void)state;
    Oop no_count = new_semaphore(0);
    world_put(no_count, SEMAPHORE_EXCESS_SIGNALS, world_nil);
    Oop others[] = {world_nil,   world_int(3), new_list(), no_count, vm->heap.special_objects,
                    world_method};
    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
        assert_fails(FAILURE_BAD_RECEIVER, prim_semaphore_signal, others[i]);
        assert_fails(FAILURE_BAD_RECEIVER, prim_semaphore_wait, others[i]);
    }
    assert_runs(0);
}

static void read_only_semaphore_is_not_changed(void **state) {
    (void)state;
    Oop semaphore = new_semaphore(1);
    heap_set_readonly(&vm->heap, semaphore, true);
    assert_fails(FAILURE_NO_MODIFICATION, prim_semaphore_signal, semaphore);
    assert_fails(FAILURE_NO_MODIFICATION, prim_semaphore_wait, semaphore);
    assert_int_equal(signals_of(semaphore), 1);
}

static void waiter_without_context_is_passed_over(void **state) {
    (void)state;
    Oop semaphore = new_semaphore(0);
    let_wait(1, semaphore);
    let_wait(2, semaphore);
    world_put(p[1], PROCESS_SUSPENDED_CONTEXT, world_nil);
    assert_int_equal(semaphore_signal(vm, semaphore), OUTCOME_ANSWERED);
    ASSERT_LIST(queue(4), 2);
    assert_empty(semaphore);
}

static void waiter_whose_context_cannot_run_is_passed_over(void **state) {
    (void)state;
    Oop semaphore = new_semaphore(0);
    for (int i = 1; i <= 2; i++) {
        set_priority(i, 6);
        let_wait(i, semaphore);
    }
    Oop context = field_at(p[1], PROCESS_SUSPENDED_CONTEXT);
    world_put(context, CONTEXT_PC, world_int(2)); // in the literals
    assert_int_equal(semaphore_signal(vm, semaphore), OUTCOME_SWITCHED);
    assert_runs(2);
    assert_empty(semaphore);
}

static void release_wakes_many_and_counts_the_rest(void **state) {
    (void)state;
    Oop semaphore = new_semaphore(0);
    for (int i = 1; i <= 3; i++) {
        set_priority(i, 4 + i);
        let_wait(i, semaphore);
    }
    semaphore_release(vm, semaphore, 5);
    assert_int_equal(signals_of(semaphore), 2);
    assert_runs(0);
    for (int i = 1; i <= 3; i++)
        ASSERT_LIST(queue(4 + i), i);
    assert_int_equal(process_preempt(vm), OUTCOME_SWITCHED);
    assert_runs(3);
    ASSERT_LIST(queue(4), 0);
    assert_int_equal(process_preempt(vm), OUTCOME_ANSWERED);
}

// ---- resuming and suspending

static void resume_goes_behind_others(void **state) {
    (void)state;
    let_be_ready(1);
    assert_int_equal(call(prim_process_resume, 0, p[2]), OUTCOME_ANSWERED);
    ASSERT_LIST(queue(4), 1, 2);
    assert_runs(0);
}

static void resume_of_a_higher_priority_preempts(void **state) {
    (void)state;
    set_priority(1, 8);
    assert_int_equal(call(prim_process_resume, 0, p[1]), OUTCOME_SWITCHED);
    assert_runs(1);
    ASSERT_LIST(queue(4), 0);
}

static void resumed_process_stops_waiting(void **state) {
    (void)state;
    Oop semaphore = new_semaphore(0);
    let_wait(1, semaphore);
    let_wait(2, semaphore);
    assert_int_equal(call(prim_process_resume, 0, p[1]), OUTCOME_ANSWERED);
    ASSERT_LIST(semaphore, 2);
    ASSERT_LIST(queue(4), 1);
}

static void processes_that_cannot_be_resumed(void **state) {
    (void)state;
    world_put(p[1], PROCESS_SUSPENDED_CONTEXT, world_nil);
    Oop others[] = {p[0], p[1], world_nil, world_int(1), new_semaphore(0)};
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        assert_fails(FAILURE_BAD_RECEIVER, prim_process_resume, others[i]);
    set_priority(2, 8);
    world_put(field_at(p[2], PROCESS_SUSPENDED_CONTEXT), CONTEXT_METHOD, world_nil);
    assert_fails(FAILURE_BAD_RECEIVER, prim_process_resume, p[2]);
    assert_runs(0);
    assert_empty(queue(4));
    assert_empty(queue(8));
}

static void priority_out_of_range_is_brought_into_range(void **state) {
    (void)state;
    set_priority(1, 1000);
    set_priority(2, -3);
    world_put(p[3], PROCESS_PRIORITY, world_nil);
    call(prim_process_resume, 0, p[2]);
    call(prim_process_resume, 0, p[3]);
    ASSERT_LIST(queue(1), 2, 3);
    assert_int_equal(call(prim_process_resume, 0, p[1]), OUTCOME_SWITCHED);
    assert_runs(1);
    set_priority(0, 1000);
    assert_int_equal(call(prim_process_resume, 0, p[0]), OUTCOME_ANSWERED);
    assert_empty(queue(4));
    ASSERT_LIST(queue(8), 0);
}

static void suspended_active_process_gets_nil(void **state) {
    (void)state;
    let_be_ready(1);
    assert_int_equal(call(prim_process_suspend, 0, p[0]), OUTCOME_SWITCHED);
    assert_runs(1);
    assert_field(p[0], PROCESS_MY_LIST, world_nil);
    set_priority(0, 5);
    assert_int_equal(call(prim_process_resume, 0, p[0]), OUTCOME_SWITCHED);
    assert_runs(0);
    assert_same(take_top(), world_nil);
}

static void suspend_of_a_waiting_process_answers_its_list(void **state) {
    (void)state;
    Oop semaphore = new_semaphore(0);
    let_wait(1, semaphore);
    let_wait(2, semaphore);
    assert_int_equal(call(prim_process_suspend, 0, p[1]), OUTCOME_ANSWERED);
    assert_same(take_top(), semaphore);
    ASSERT_LIST(semaphore, 2);
    assert_field(p[1], PROCESS_MY_LIST, world_nil);
    let_be_ready(3);
    call(prim_process_suspend, 0, p[3]);
    assert_same(take_top(), queue(4));
    assert_empty(queue(4));
}

static void suspend_fails_for_who_waits_nowhere(void **state) {
    (void)state;
    assert_fails(FAILURE_BAD_RECEIVER, prim_process_suspend, p[1]);
    world_put(p[1], PROCESS_MY_LIST, world_int(4));
    assert_fails(FAILURE_BAD_RECEIVER, prim_process_suspend, p[1]);
    world_put(p[1], PROCESS_MY_LIST, queue(4)); // it is not in there
    assert_fails(FAILURE_GENERIC, prim_process_suspend, p[1]);
    assert_fails(FAILURE_BAD_RECEIVER, prim_process_suspend, world_nil);
}

// A process that has just sent a message without arguments and waits for its answer.
static Oop send_and_wait(int number, Oop receiver) {
    static const uint8_t code[] = {0x73, 0xD0, 0x87, 0x78}; // push nil; send literal 0; pop; return
    Oop method = new_code();
    memcpy((void *)(uintptr_t)(oop_bits(method) + 8 + 3 * 8), code, sizeof code);
    Oop context = field_at(p[number], PROCESS_SUSPENDED_CONTEXT);
    world_put(context, CONTEXT_METHOD, method);
    world_put(context, CONTEXT_PC, world_int(3 * 8 + 1 + 2));
    world_put(context, CONTEXT_STACK_POINTER, world_int(1));
    world_put(context, CONTEXT_FIRST_TEMP, vm->heap.false_object);
    let_wait(number, receiver);
    return context;
}

static void suspended_waiter_will_wait_again(void **state) {
    (void)state;
    Oop mutex = new_mutex(), context = send_and_wait(1, mutex);
    assert_int_equal(call(prim_suspend_and_unlink, 0, p[1]), OUTCOME_ANSWERED);
    assert_same(take_top(), world_nil);
    assert_empty(mutex);
    assert_field(context, CONTEXT_PC, world_int(3 * 8 + 1 + 1));
    assert_field(context, CONTEXT_FIRST_TEMP, mutex);
    set_priority(1, 5);
    assert_int_equal(call(prim_process_resume, 0, p[1]), OUTCOME_SWITCHED);
    assert_runs(1);
    assert_same(take_top(), mutex); // the receiver of the send to come
}

static void suspended_waiter_whose_frame_is_parked_will_wait_again(void **state) {
    (void)state;
    Oop semaphore = new_semaphore(0);
    send_and_wait(1, semaphore);
    process_list_remove(vm, semaphore, p[1]);
    let_be_ready(1);
    call(prim_yield, 0, world_nil);
    assert_runs(1);
    *vm->sp = oop_bits(vm->heap.true_object);
    assert_int_equal(process_leave(vm, semaphore), OUTCOME_SWITCHED);
    assert_runs(0);
    Oop context = field_at(p[1], PROCESS_SUSPENDED_CONTEXT);
    assert_true(context_is_married(vm, context));
    assert_int_equal(call(prim_suspend_and_unlink, 0, p[1]), OUTCOME_ANSWERED);
    assert_same(context_variable(vm, context, CONTEXT_PC), world_int(3 * 8 + 1 + 1));
    assert_same(context_variable(vm, context, CONTEXT_FIRST_TEMP), semaphore);
}

static void suspended_ready_process_answers_its_queue(void **state) {
    (void)state;
    let_be_ready(1);
    Oop pc = field_at(field_at(p[1], PROCESS_SUSPENDED_CONTEXT), CONTEXT_PC);
    call(prim_suspend_and_unlink, 0, p[1]);
    assert_same(take_top(), queue(4));
    assert_field(field_at(p[1], PROCESS_SUSPENDED_CONTEXT), CONTEXT_PC, pc);
    let_be_ready(2);
    assert_int_equal(call(prim_suspend_and_unlink, 0, p[0]), OUTCOME_SWITCHED);
    assert_runs(2);
}

static void waiter_that_sent_nothing_cannot_be_backed_up(void **state) {
    (void)state;
    Oop semaphore = new_semaphore(0);
    let_wait(1, semaphore);
    assert_fails(FAILURE_INAPPROPRIATE, prim_suspend_and_unlink, p[1]);
    Oop context = send_and_wait(2, semaphore);
    world_put(context, CONTEXT_PC, world_int(3 * 8 + 1 + 3)); // behind the pop
    assert_fails(FAILURE_INAPPROPRIATE, prim_suspend_and_unlink, p[2]);
    world_put(context, CONTEXT_PC, world_int(1));
    assert_fails(FAILURE_INAPPROPRIATE, prim_suspend_and_unlink, p[2]);
    world_put(context, CONTEXT_PC, world_int(-5));
    assert_fails(FAILURE_INAPPROPRIATE, prim_suspend_and_unlink, p[2]);
    world_put(context, CONTEXT_PC, world_int(1ll << 50));
    assert_fails(FAILURE_INAPPROPRIATE, prim_suspend_and_unlink, p[2]);
    assert_fails(FAILURE_BAD_RECEIVER, prim_suspend_and_unlink, p[3]);
    assert_fails(FAILURE_BAD_RECEIVER, prim_suspend_and_unlink, world_nil);
    ASSERT_LIST(semaphore, 1, 2);
}

// ---- yielding

static void yield_goes_round(void **state) {
    (void)state;
    let_be_ready(1);
    let_be_ready(2);
    static const int order[] = {1, 2, 0, 1};
    for (int i = 0; i < 4; i++) {
        assert_int_equal(call(prim_yield, 0, world_nil), OUTCOME_SWITCHED);
        assert_runs(order[i]);
    }
}

static void yield_alone_does_nothing(void **state) {
    (void)state;
    set_priority(1, 3);
    let_be_ready(1);
    assert_int_equal(call(prim_yield, 0, world_nil), OUTCOME_ANSWERED);
    assert_runs(0);
}

static void yield_to_nobody_but_zombies_does_nothing(void **state) {
    (void)state;
    set_priority(2, 3);
    let_be_ready(1);
    let_be_ready(2);
    world_put(p[1], PROCESS_SUSPENDED_CONTEXT, world_nil);
    assert_int_equal(call(prim_yield, 0, world_nil), OUTCOME_ANSWERED);
    assert_runs(0);
    assert_empty(queue(4));
    ASSERT_LIST(queue(3), 2);
}

// ---- mutexes

static void free_mutex_is_entered(void **state) {
    (void)state;
    Oop mutex = new_mutex();
    call(prim_mutex_enter, 0, mutex);
    assert_same(take_top(), vm->heap.false_object);
    assert_field(mutex, MUTEX_OWNER, p[0]);
    call(prim_mutex_enter, 0, mutex);
    assert_same(take_top(), vm->heap.true_object);
    call(prim_mutex_exit, 0, mutex);
    assert_same(take_top(), mutex);
    assert_field(mutex, MUTEX_OWNER, world_nil);
}

static void mutex_is_handed_on(void **state) {
    (void)state;
    Oop mutex = new_mutex();
    world_put(mutex, MUTEX_OWNER, p[1]);
    let_be_ready(1);
    assert_int_equal(call(prim_mutex_enter, 0, mutex), OUTCOME_SWITCHED);
    assert_runs(1);
    ASSERT_LIST(mutex, 0);
    assert_int_equal(call(prim_mutex_exit, 0, mutex), OUTCOME_ANSWERED);
    assert_field(mutex, MUTEX_OWNER, p[0]);
    assert_empty(mutex);
    ASSERT_LIST(queue(4), 0);
    (void)take_top();
    call(prim_yield, 0, world_nil);
    assert_runs(0);
    assert_same(take_top(), vm->heap.false_object);
}

static void mutex_exit_lets_a_higher_priority_preempt(void **state) {
    (void)state;
    Oop mutex = new_mutex();
    world_put(mutex, MUTEX_OWNER, p[0]);
    set_priority(1, 6);
    let_wait(1, mutex);
    assert_int_equal(call(prim_mutex_exit, 0, mutex), OUTCOME_SWITCHED);
    assert_runs(1);
    assert_field(mutex, MUTEX_OWNER, p[1]);
}

static void mutex_is_tested_without_waiting(void **state) {
    (void)state;
    Oop mutex = new_mutex();
    call(prim_mutex_test_and_set_owner, 0, mutex);
    assert_same(take_top(), vm->heap.false_object);
    call(prim_mutex_test_and_set_owner, 0, mutex);
    assert_same(take_top(), vm->heap.true_object);
    call(prim_mutex_test_and_set_owner, 1, mutex, p[1]);
    assert_same(take_top(), world_nil);
    assert_field(mutex, MUTEX_OWNER, p[0]);
}

static void mutex_is_entered_for_another_process(void **state) {
    (void)state;
    Oop mutex = new_mutex();
    call(prim_mutex_enter, 1, mutex, p[1]);
    assert_same(take_top(), vm->heap.false_object);
    assert_field(mutex, MUTEX_OWNER, p[1]);
    uint64_t *sp = vm->sp;
    assert_int_equal(call(prim_mutex_enter, 1, mutex, p[2]), OUTCOME_FAILED);
    assert_int_equal(vm->failure, FAILURE_INAPPROPRIATE);
    assert_ptr_equal(vm->sp, sp - 2);
    assert_empty(mutex);
    assert_int_equal(call(prim_mutex_enter, 1, mutex, world_nil), OUTCOME_FAILED);
    assert_int_equal(vm->failure, FAILURE_BAD_ARGUMENT);
}

static void what_is_no_mutex_is_refused(void **state) {
    (void)state;
    Oop others[] = {world_nil, world_int(0), new_list()};
    for (int i = 0; i < 3; i++) {
        assert_fails(FAILURE_BAD_RECEIVER, prim_mutex_enter, others[i]);
        assert_fails(FAILURE_BAD_RECEIVER, prim_mutex_exit, others[i]);
        assert_fails(FAILURE_BAD_RECEIVER, prim_mutex_test_and_set_owner, others[i]);
    }
}

// ---- no memory

// They collect before they give up.
static void without_memory_for_a_context_nothing_changes(void **state) {
    (void)state;
    enum { SEMAPHORE, FREE_SEMAPHORE, MUTEX, LISTS, HELD };
    Oop held[HELD];
    RootScope scope;
    root_scope_enter(&vm->heap, &scope, held, HELD);
    held[SEMAPHORE] = new_semaphore(0);
    held[FREE_SEMAPHORE] = new_semaphore(0);
    held[MUTEX] = new_mutex();
    held[LISTS] = world_lists;
    world_put(held[MUTEX], MUTEX_OWNER, p[1]);
    let_be_ready(1);
    set_priority(2, 6);
    let_wait(2, held[SEMAPHORE]);
    uint64_t *fp = vm->fp;
    // The running frame has no context yet: taking it away makes one necessary.
    vm->fp[FRAME_FLAGS] &= ~FRAME_FLAG_MARRIED;
    vm->heap.options.fail_every = 1;
    vm->heap.eden_limit = 0; // every allocation is looked at
    assert_fails(FAILURE_NO_MEMORY, prim_semaphore_signal, held[SEMAPHORE]);
    assert_fails(FAILURE_NO_MEMORY, prim_semaphore_wait, held[FREE_SEMAPHORE]);
    assert_fails(FAILURE_NO_MEMORY, prim_mutex_enter, held[MUTEX]);
    assert_fails(FAILURE_NO_MEMORY, prim_process_suspend, p[0]);
    vm->heap.options.fail_every = 0;
    world_lists = held[LISTS];
    root_scope_leave(&vm->heap, &scope);
    assert_ptr_equal(vm->fp, fp);
    assert_runs(0);
    ASSERT_LIST(queue(4), 1);
    ASSERT_LIST(held[SEMAPHORE], 2);
    assert_empty(held[FREE_SEMAPHORE]);
    assert_empty(held[MUTEX]);
}

// Every third allocation fails, and a collection spares but a few that follow: enough for the
// context of the running frame, and tried as often as more would need.
static void memory_for_a_context_is_made(void **state) {
    (void)state;
    Oop semaphore;
    RootScope scope;
    root_scope_enter(&vm->heap, &scope, &semaphore, 1);
    semaphore = new_semaphore(0);
    let_be_ready(1);
    vm->fp[FRAME_FLAGS] &= ~FRAME_FLAG_MARRIED;
    vm->heap.options.fail_every = 3;
    vm->heap.eden_limit = 0;
    while (vm->heap.spaces->allocations % 3 != 2)
        vm->heap.spaces->allocations++;
    assert_int_equal(call(prim_semaphore_wait, 0, semaphore), OUTCOME_SWITCHED);
    vm->heap.options.fail_every = 0;
    root_scope_leave(&vm->heap, &scope);
    assert_runs(1);
    ASSERT_LIST(semaphore, 0);
}

// ---- damaged schedulers

static void break_binding(void) { set_special(SPECIAL_PROCESSOR_BINDING, world_nil); }
static void break_scheduler(void) {
    world_put(vm_special(vm, SPECIAL_PROCESSOR_BINDING), ASSOCIATION_VALUE, world_int(3));
}
static void break_lists(void) { world_put(world_scheduler, SCHEDULER_PROCESS_LISTS, world_nil); }
static void break_active(void) { world_put(world_scheduler, SCHEDULER_ACTIVE_PROCESS, world_nil); }

static void without_scheduler_switches_fail(void **state) {
    (void)state;
    static void (*const breaks[])(void) = {break_binding, break_scheduler, break_lists,
                                           break_active};
    for (int i = 0; i < 4; i++) {
        Oop semaphore = new_semaphore(0), signalled = new_semaphore(0);
        let_wait(3, signalled);
        breaks[i]();
        assert_fails(FAILURE_INAPPROPRIATE, prim_semaphore_wait, semaphore);
        assert_fails(FAILURE_INAPPROPRIATE, prim_semaphore_signal, signalled);
        assert_fails(FAILURE_INAPPROPRIATE, prim_process_resume, p[2]);
        assert_fails(FAILURE_INAPPROPRIATE, prim_yield, world_nil);
        assert_int_equal(process_preempt(vm), OUTCOME_ANSWERED);
        ASSERT_LIST(signalled, 3);
        assert_int_equal(call(prim_semaphore_signal, 0, semaphore), OUTCOME_ANSWERED);
        world_close(NULL);
        assert_int_equal(world_open(NULL), 0);
    }
}

static void run_queues_that_are_no_lists_are_skipped(void **state) {
    (void)state;
    set_priority(1, 2);
    let_be_ready(1);
    for (int i = 2; i < WORLD_PRIORITIES; i++)
        world_put(world_lists, i, i % 2 ? world_nil : world_int(i));
    assert_fails(FAILURE_INAPPROPRIATE, prim_process_resume, p[2]);
    assert_int_equal(call(prim_semaphore_wait, 0, new_semaphore(0)), OUTCOME_SWITCHED);
    assert_runs(1);
}

static void zombies_are_dropped_from_run_queues(void **state) {
    (void)state;
    for (int i = 1; i <= 4; i++)
        let_be_ready(i);
    world_put(p[1], PROCESS_SUSPENDED_CONTEXT, world_int(1));
    world_put(field_at(p[2], PROCESS_SUSPENDED_CONTEXT), CONTEXT_PC, world_nil);
    world_put(field_at(p[3], PROCESS_SUSPENDED_CONTEXT), CONTEXT_STACK_POINTER, world_int(1000));
    assert_int_equal(call(prim_semaphore_wait, 0, new_semaphore(0)), OUTCOME_SWITCHED);
    assert_runs(4);
    assert_empty(queue(4));
}

static void active_process_in_a_run_queue_is_dropped(void **state) {
    (void)state;
    let_be_ready(0);
    let_be_ready(1);
    assert_int_equal(call(prim_semaphore_wait, 0, new_semaphore(0)), OUTCOME_SWITCHED);
    assert_runs(1);
}

static void run_queue_in_a_circle_ends(void **state) {
    (void)state;
    let_be_ready(1);
    let_be_ready(2);
    world_put(p[2], LINK_NEXT, p[1]);
    world_put(p[1], PROCESS_SUSPENDED_CONTEXT, world_nil);
    world_put(p[2], PROCESS_SUSPENDED_CONTEXT, world_nil);
    set_priority(3, 1);
    let_be_ready(3);
    assert_int_equal(call(prim_semaphore_wait, 0, new_semaphore(0)), OUTCOME_SWITCHED);
    assert_runs(3);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        WORLD_TEST(signal_without_waiter_is_counted),
        WORLD_TEST(wait_takes_a_counted_signal),
        WORLD_TEST(wait_without_signal_lets_the_next_run),
        WORLD_TEST(waiter_finds_its_operand_again),
        WORLD_TEST(signal_wakes_in_order),
        WORLD_TEST(signal_lets_a_higher_priority_preempt),
        WORLD_TEST(preempted_process_stays_in_front_if_the_image_says_so),
        WORLD_TEST(signal_of_a_lower_priority_makes_ready_only),
        WORLD_TEST(wait_chooses_the_highest_priority),
        WORLD_TEST(signals_beyond_counting_fail),
        WORLD_TEST(what_is_no_semaphore_is_refused),
        WORLD_TEST(read_only_semaphore_is_not_changed),
        WORLD_TEST(waiter_without_context_is_passed_over),
        WORLD_TEST(waiter_whose_context_cannot_run_is_passed_over),
        WORLD_TEST(release_wakes_many_and_counts_the_rest),
        WORLD_TEST(resume_goes_behind_others),
        WORLD_TEST(resume_of_a_higher_priority_preempts),
        WORLD_TEST(resumed_process_stops_waiting),
        WORLD_TEST(processes_that_cannot_be_resumed),
        WORLD_TEST(priority_out_of_range_is_brought_into_range),
        WORLD_TEST(suspended_active_process_gets_nil),
        WORLD_TEST(suspend_of_a_waiting_process_answers_its_list),
        WORLD_TEST(suspend_fails_for_who_waits_nowhere),
        WORLD_TEST(suspended_waiter_will_wait_again),
        WORLD_TEST(suspended_waiter_whose_frame_is_parked_will_wait_again),
        WORLD_TEST(suspended_ready_process_answers_its_queue),
        WORLD_TEST(waiter_that_sent_nothing_cannot_be_backed_up),
        WORLD_TEST(yield_goes_round),
        WORLD_TEST(yield_alone_does_nothing),
        WORLD_TEST(yield_to_nobody_but_zombies_does_nothing),
        WORLD_TEST(free_mutex_is_entered),
        WORLD_TEST(mutex_is_handed_on),
        WORLD_TEST(mutex_exit_lets_a_higher_priority_preempt),
        WORLD_TEST(mutex_is_tested_without_waiting),
        WORLD_TEST(mutex_is_entered_for_another_process),
        WORLD_TEST(what_is_no_mutex_is_refused),
        WORLD_TEST(without_memory_for_a_context_nothing_changes),
        WORLD_TEST(memory_for_a_context_is_made),
        WORLD_TEST(without_scheduler_switches_fail),
        WORLD_TEST(run_queues_that_are_no_lists_are_skipped),
        WORLD_TEST(zombies_are_dropped_from_run_queues),
        WORLD_TEST(active_process_in_a_run_queue_is_dropped),
        WORLD_TEST(run_queue_in_a_circle_ends),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
