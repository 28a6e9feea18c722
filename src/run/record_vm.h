// SPDX-License-Identifier: MIT
// A VM for the recording build: semantic code sees a shadow of a real VM, in which every Oop is a
// handle of the current recording. Stack and frame words that hold oops hold handles too; addresses
// (sp, fp, ip), flags and counts are what they always are.
//
// The services that bytecode bodies call (registers.h) are recorded as effects. Those that make
// closures make objects of the right size, with nothing in their fields.
#ifndef PARLEY_RUN_RECORD_VM_H
#define PARLEY_RUN_RECORD_VM_H

#include "run/vm.h"

typedef struct RecordVM {
    VM vm;                   // the shadow; first, so that a VM * leads back here
    uint64_t active_context; // concrete oops that the services answer
    uint64_t active_process;
} RecordVM;

// Fills the shadow from the real VM: nil, true, false and the special objects become named
// constants of the current recording.
void record_vm_begin(RecordVM *shadow, const VM *real);

#endif
