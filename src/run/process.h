// SPDX-License-Identifier: MIT
// Processes as the image's ProcessorScheduler sees them.
#ifndef PARLEY_RUN_PROCESS_H
#define PARLEY_RUN_PROCESS_H

#include "run/vm.h"

MUST_USE Status process_state_init(VM *vm, Diagnosis *diagnosis);
void process_state_release(VM *vm);
// The scheduler's active process; nil when the image has none.
Oop process_active(VM *vm);

#endif
