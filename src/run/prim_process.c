// SPDX-License-Identifier: MIT
// Semaphores, processes and mutexes: primitives 85 to 88, 167, 185 to 187 and 578.
//
// A primitive that may switch puts its answer on the stack first, where the process finds it when
// it goes on, and takes it back when the switch fails. Rows with a receiver as answer need not.
//
// A switch may want a stack page, and then a context for each frame that lies there: room for all
// of them is made here, as it is where a method is entered. So nobody waits in vain for want of
// memory.
#include "run/process.h"

#include "bytecode/instruction.h"
#include "object/raw.h"
#include "run/context.h"
#include "run/primitive.h"
#include "run/primitives.h"
#include "run/stack.h"
#include "run/verified.h"

// The receiver of a primitive that changes it.
static Failure check_changeable(Oop receiver, bool right_kind) {
    if (!right_kind) return FAILURE_BAD_RECEIVER;
    return object_is_readonly(receiver) ? FAILURE_NO_MODIFICATION : FAILURE_NONE;
}

// What fails has changed nothing, so it can be tried again. It finds all its operands anew.
MAY_GC static Outcome with_room(VM *vm, PrimitiveFunction switches) {
    Outcome outcome = switches(vm);
    for (int attempts = 0; outcome == OUTCOME_FAILED && vm->failure == FAILURE_NO_MEMORY &&
                           stack_make_room(vm, &attempts);) {
        vm->failure = FAILURE_NONE;
        outcome = switches(vm);
    }
    return outcome;
}

// ---- 85 and 86

static Outcome signal_receiver(VM *vm) {
    Oop receiver = prim_receiver(vm);
    Failure failure = check_changeable(receiver, process_is_semaphore(receiver));
    return failure ? prim_fail(vm, failure) : semaphore_signal(vm, receiver);
}

MAY_GC Outcome prim_semaphore_signal(VM *vm) { return with_room(vm, signal_receiver); }

MAY_GC static Outcome wait_for_receiver(VM *vm) {
    Oop receiver = prim_receiver(vm);
    Failure failure = check_changeable(receiver, process_is_semaphore(receiver));
    return failure ? prim_fail(vm, failure) : semaphore_wait(vm, receiver);
}

MAY_GC Outcome prim_semaphore_wait(VM *vm) { return with_room(vm, wait_for_receiver); }

// ---- 87, 88, 167, 578

static Outcome resume_receiver(VM *vm) {
    Oop receiver = prim_receiver(vm);
    Failure failure = check_changeable(receiver, process_is_process(receiver));
    return failure ? prim_fail(vm, failure) : process_resume(vm, receiver);
}

MAY_GC Outcome prim_process_resume(VM *vm) { return with_room(vm, resume_receiver); }

MAY_GC static Outcome suspend_active(VM *vm, Oop process) {
    prim_stack_at_put(vm, 0, prim_nil(vm));
    Outcome outcome = process_leave(vm, oop_none());
    if (outcome == OUTCOME_FAILED) prim_stack_at_put(vm, 0, process);
    return outcome;
}

// Another process leaves the list in which it waits; the list is the answer.
static Outcome suspend_waiting(VM *vm, Oop process) {
    Oop list = process_field(vm, process, PROCESS_MY_LIST);
    if (!process_list_is_list(list)) return prim_fail(vm, FAILURE_BAD_RECEIVER);
    if (!process_list_remove(vm, list, process)) return prim_fail(vm, FAILURE_GENERIC);
    return prim_answer(vm, list);
}

MAY_GC static Outcome suspend_receiver(VM *vm) {
    Oop receiver = prim_receiver(vm);
    Failure failure = check_changeable(receiver, process_is_process(receiver));
    if (failure) return prim_fail(vm, failure);
    return oop_is(receiver, process_active(vm)) ? suspend_active(vm, receiver)
                                                : suspend_waiting(vm, receiver);
}

MAY_GC Outcome prim_process_suspend(VM *vm) { return with_room(vm, suspend_receiver); }

// The send after which the context goes on, if it has no arguments: where it begins, a Smalltalk
// pc; 0: there is none.
static int64_t pc_of_send_before(VM *vm, Oop method, int64_t pc) {
    const MethodSummary *summary = verified_summary(vm, method);
    uint32_t limit = (uint32_t)num_concrete(byte_count(method));
    Instruction in = {.pc = 0};
    if (!summary) return 0;
    for (uint32_t at = summary->first_pc; at < pc - 1; at = instruction_next_pc(&in))
        if (!instruction_decode(object_bytes(method), limit, at, summary->is_sista, &in)) return 0;
    bool is_send = in.pc && instruction_next_pc(&in) == pc - 1 &&
                   bytecode_op_flow(in.op) == FLOW_SEND && instruction_stack_effect(&in).pops == 1;
    return is_send ? in.pc + 1 : 0;
}

// Takes the context, which waits for the answer of a send to `receiver`, back to before that send.
static Failure back_up_to_send(VM *vm, Oop context, Oop receiver) {
    Oop pc = context_variable(vm, context, CONTEXT_PC);
    Oop method = process_field(vm, context, CONTEXT_METHOD);
    unsigned size = context_stack_size(vm, context);
    if (!oop_is_int(pc) || !oop_is_method(method) || size == 0) return FAILURE_INAPPROPRIATE;
    int64_t send = pc_of_send_before(vm, method, num_concrete(num_from_oop(pc)));
    if (!send) return FAILURE_INAPPROPRIATE;
    ContextStore stored = context_variable_put(vm, context, CONTEXT_PC, oop_from_num(num(send)));
    if (stored == CONTEXT_STORED)
        stored = context_variable_put(vm, context, CONTEXT_FIRST_TEMP + size - 1, receiver);
    return stored == CONTEXT_STORED    ? FAILURE_NONE
           : stored == CONTEXT_NO_ROOM ? FAILURE_NO_MEMORY
                                       : FAILURE_INAPPROPRIATE;
}

// As 88, but a process that waits for a semaphore or mutex will wait for it again when it is
// resumed: its context is taken back to the send that made it wait. Answers the run queue in which
// the process was, nil if it waited or was active.
MAY_GC static Outcome suspend_and_unlink(VM *vm) {
    Oop receiver = prim_receiver(vm);
    Failure failure = check_changeable(receiver, process_is_process(receiver));
    if (failure) return prim_fail(vm, failure);
    if (oop_is(receiver, process_active(vm))) return suspend_active(vm, receiver);
    Oop list = process_field(vm, receiver, PROCESS_MY_LIST);
    if (!process_list_includes(vm, list, receiver) || process_is_run_queue(vm, list))
        return suspend_waiting(vm, receiver);
    Oop context = process_field(vm, receiver, PROCESS_SUSPENDED_CONTEXT);
    if (!context_is_context(vm, context)) return prim_fail(vm, FAILURE_BAD_RECEIVER);
    failure = back_up_to_send(vm, context, list);
    if (failure) return prim_fail(vm, failure);
    (void)process_list_remove(vm, list, receiver);
    return prim_answer(vm, prim_nil(vm));
}

MAY_GC Outcome prim_suspend_and_unlink(VM *vm) { return with_room(vm, suspend_and_unlink); }

MAY_GC Outcome prim_yield(VM *vm) { return with_room(vm, process_yield); }

// ---- 185 to 187: a mutex is a list of who waits, and its owner.

static bool is_mutex(Oop oop) {
    return process_list_is_list(oop) && num_lt(num(MUTEX_OWNER), slot_count(oop));
}

// The process that enters: the active one, or the argument's.
static Failure entering_process(VM *vm, Oop *process) {
    if (!prim_has_arguments(vm, 0, 1)) return FAILURE_BAD_ARGUMENT_COUNT;
    Oop receiver = prim_receiver(vm);
    *process = vm->argument_count ? prim_argument(vm, 0) : process_active(vm);
    Failure failure = check_changeable(receiver, is_mutex(receiver));
    if (failure) return failure;
    return process_is_process(*process) ? FAILURE_NONE : FAILURE_BAD_ARGUMENT;
}

static void set_owner(VM *vm, Oop mutex, Oop owner) {
    field_at_put(&vm->heap, mutex, MUTEX_OWNER, owner);
}

// The first one that waits becomes the owner; its entering answered false long ago.
static Outcome exit_mutex(VM *vm) {
    Oop mutex = prim_receiver(vm), nil = prim_nil(vm);
    Failure failure = check_changeable(mutex, is_mutex(mutex));
    if (failure) return prim_fail(vm, failure);
    Oop before = process_field(vm, mutex, MUTEX_OWNER);
    Oop next = process_list_first(vm, mutex);
    set_owner(vm, mutex, next);
    if (oop_is(next, nil)) return prim_answer_receiver(vm);
    Outcome outcome = process_resume(vm, next);
    if (outcome == OUTCOME_FAILED) set_owner(vm, mutex, before);
    return outcome;
}

MAY_GC Outcome prim_mutex_exit(VM *vm) { return with_room(vm, exit_mutex); }

// Answers false when the mutex was free or becomes so, true when it is the process's own already.
MAY_GC static Outcome enter_mutex(VM *vm) {
    Oop process, mutex = prim_receiver(vm);
    Failure failure = entering_process(vm, &process);
    if (failure) return prim_fail(vm, failure);
    Oop owner = process_field(vm, mutex, MUTEX_OWNER);
    if (oop_is(owner, process)) return prim_answer_bool(vm, true);
    if (oop_is(owner, prim_nil(vm))) {
        set_owner(vm, mutex, process);
        return prim_answer_bool(vm, false);
    }
    if (!oop_is(process, process_active(vm))) return prim_fail(vm, FAILURE_INAPPROPRIATE);
    uint64_t *sp = vm->sp;
    (void)prim_answer_bool(vm, false);
    Outcome outcome = process_leave(vm, mutex);
    if (outcome != OUTCOME_FAILED) return outcome;
    vm->sp = sp;
    prim_stack_at_put(vm, vm->argument_count, mutex);
    return outcome;
}

MAY_GC Outcome prim_mutex_enter(VM *vm) { return with_room(vm, enter_mutex); }

// The same without waiting: nil when another process owns it.
Outcome prim_mutex_test_and_set_owner(VM *vm) {
    Oop process, mutex = prim_receiver(vm);
    Failure failure = entering_process(vm, &process);
    if (failure) return prim_fail(vm, failure);
    Oop owner = process_field(vm, mutex, MUTEX_OWNER);
    if (oop_is(owner, process)) return prim_answer_bool(vm, true);
    if (!oop_is(owner, prim_nil(vm))) return prim_answer(vm, prim_nil(vm));
    set_owner(vm, mutex, process);
    return prim_answer_bool(vm, false);
}
