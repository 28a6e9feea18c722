// SPDX-License-Identifier: MIT
// What the safe point does when somebody asked for it, and waiting while nothing can run.
//
// Whoever wants something of a running VM sets a bit of vm->interrupts (vm_request_interrupt, from
// any thread or signal handler), which also forces the next safe point; a VM that waits is woken.
#ifndef PARLEY_RUN_INTERRUPTS_H
#define PARLEY_RUN_INTERRUPTS_H

#include "run/vm.h"

// Serves everything that vm->interrupts names: collections first, then semaphores (low space,
// finalisation, timer, external ones, interrupt key), then the process of the highest priority
// takes over, then stops that were asked for. OUTCOME_SWITCHED when another process runs now,
// OUTCOME_STOP when the VM is to leave the interpreter, otherwise OUTCOME_ANSWERED.
MAY_GC Outcome vm_service_interrupts(VM *vm);

// Room for what the VM needs to go on with the running process, as heap_make_room; where there is
// none old space may exceed its limit for once, and the process, whoever runs meanwhile, gets an
// error at its next safe point, or the image that asked for it is warned first. The special object
// of the low-space process names it then. False: that did not help.
MAY_GC bool vm_make_room(VM *vm, uint64_t bytes);
// The same for a primitive that was tried again after a collection: only if another process has
// used up the memory. Otherwise the primitive fails, and that tells the active one.
MAY_GC bool vm_make_room_for_others(VM *vm, uint64_t bytes);
// The process, which ends to run, has allocated what was allocated since the last one ended.
void vm_note_hunger(VM *vm, Oop process);
// Makes it the special object, which the image asks who used up the memory.
void vm_name_low_space_process(VM *vm, Oop process);
enum { VM_ROOM_FOR_ERRORS = 64 * 1024 }; // what handling an error may take

// No frame runs: waits in the event loop, serving what comes, until a process is ready and runs.
// OUTCOME_SWITCHED, or OUTCOME_STOP (among other reasons because nothing can ever happen).
MAY_GC Outcome vm_wait_for_process(VM *vm);

// The image has nothing to do: sleeps until something is there to be served at the next safe
// point. As all that can happen wakes the event loop, the image's own limit is not needed.
void vm_relinquish(VM *vm, int64_t microseconds);

// Stops the VM with an exit code.
Outcome vm_stop(VM *vm, StopReason reason, int exit_code);

// The program cannot go on, for a reason that standard error gets to see.
Outcome vm_give_up(VM *vm, const char *why);

#endif
