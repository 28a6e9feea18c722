// SPDX-License-Identifier: MIT
// What the safe point does when somebody asked for it.
#ifndef PARLEY_RUN_INTERRUPTS_H
#define PARLEY_RUN_INTERRUPTS_H

#include "run/vm.h"

// Serves everything that vm->interrupts names. OUTCOME_SWITCHED when another process runs now,
// OUTCOME_STOP when the VM is to leave the interpreter, otherwise OUTCOME_ANSWERED.
MAY_GC Outcome vm_service_interrupts(VM *vm);

#endif
