// SPDX-License-Identifier: MIT
// Processes as the image's ProcessorScheduler sees them: which one is active, the run queues, what
// resuming, suspending and signalling does.
//
// The scheduler is an object of the image, found through the Processor binding among the special
// objects: a table of LinkedLists, one per priority, and the active process. The active process
// is in no list, and its suspended context is nil while it runs; every other process that can run
// is in the run queue of its priority or in the list of the semaphore or mutex it waits for.
//
// When every process waits, no frame runs: vm->stack.current is NULL, the scheduler still names
// the process that left last, and the VM is idle until an event makes a process ready.
//
// All functions that answer an Outcome keep the rules of primitives: OUTCOME_FAILED has changed
// nothing and vm->failure says why; OUTCOME_ANSWERED means that the same process runs on;
// OUTCOME_SWITCHED that another one does. Operands of the running send are untouched, so a
// primitive puts its answer on the stack before it asks for a switch.
#ifndef PARLEY_RUN_PROCESS_H
#define PARLEY_RUN_PROCESS_H

#include "run/process_list.h"
#include "run/vm.h"

typedef struct ProcessState {
    struct EventLoop *loop;
    struct ExternalSemaphores *external;
    int64_t timer_microseconds;   // when the timer semaphore is signalled (UTC); 0: never
    int64_t skipped_microseconds; // deterministic runs: time that nobody spent waiting
    uint64_t start_nanoseconds;   // of the monotonic clock, when the VM was made
    uint64_t millisecond_phase;   // nanoseconds, added to the millisecond clock; 0: never read
    uint64_t switches;            // statistics
    uint64_t sleeps;              // that the image asked for since the last switch
    uint64_t switches_at_sleep;
} ProcessState;

MUST_USE Status process_state_init(VM *vm, Diagnosis *diagnosis);
void process_state_release(VM *vm);

// The scheduler's active process; nil when the image has none.
Oop process_active(VM *vm);
bool process_is_semaphore(Oop oop); // looks enough like a Semaphore to be one
bool process_is_run_queue(VM *vm, Oop list); // one of the scheduler's
static inline bool process_is_idle(const VM *vm) { return vm->stack.current == NULL; }

// Makes the process ready to run; it preempts the active one if its priority is higher.
Outcome process_resume(VM *vm, Oop process);
// The active process leaves, into the list if one is given (not oop_none()), and the ready process
// of the highest priority goes on. When none is ready the VM waits; see interrupts.h.
MAY_GC Outcome process_leave(VM *vm, Oop list);
// The active process goes behind the others of its priority.
Outcome process_yield(VM *vm);
// If a ready process has a higher priority than the active one it takes over.
Outcome process_preempt(VM *vm);
// While no frame runs: lets the ready process of the highest priority run. FAILURE_NOT_FOUND: none
// is ready; FAILURE_NO_MEMORY.
Failure process_run_highest(VM *vm);

// Signals: the first waiting process becomes ready, and preempts if its priority is higher.
Outcome semaphore_signal(VM *vm, Oop semaphore);
// The same `count` times, but nobody preempts (for the safe point, which calls process_preempt).
void semaphore_release(VM *vm, Oop semaphore, uint64_t count);
MAY_GC Outcome semaphore_wait(VM *vm, Oop semaphore);

#endif
