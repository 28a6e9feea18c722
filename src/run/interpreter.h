// SPDX-License-Identifier: MIT
// The interpreter, and the life of a VM around it.
#ifndef PARLEY_RUN_INTERPRETER_H
#define PARLEY_RUN_INTERPRETER_H

#include "run/vm.h"

void vm_default_options(VMOptions *options);
// Makes an empty VM inside the arena (reserved by the caller with the options' sizes and handed
// over): heap, stack pages, tables. NULL: see the diagnosis.
VM *vm_new(const VMOptions *options, uint64_t preferred_old_base, Diagnosis *diagnosis);
void vm_destroy(VM *vm);
// After an image has been let into the heap: finds what the VM must know of it, and makes the
// image's active process ready to run.
MUST_USE Status vm_image_loaded(VM *vm, Diagnosis *diagnosis);

// Runs until vm->stop says why it stopped.
MAY_GC StopReason interpret(VM *vm);
// What happens at a method's entry or a backward jump when vm->stack_limit says so: the running
// frame, its pc in its slot, may be another one afterwards. OUTCOME_STOP or OUTCOME_SWITCHED.
MAY_GC Outcome interpreter_safe_point(VM *vm);
// The same, with a line for each bytecode: interpret comes here when that is wanted.
MAY_GC StopReason interpret_traced(VM *vm);

#endif
