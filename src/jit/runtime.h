// SPDX-License-Identifier: MIT
// The C functions that compiled code calls (runtime.tbl). They find the VM's registers as the code
// left them, and MachineState.link; they answer a MachineAction. With MACHINE_RESUME the code goes
// on at machine.link with the VM's sp and fp and with machine.result.
#ifndef PARLEY_JIT_RUNTIME_H
#define PARLEY_JIT_RUNTIME_H

#include "run/vm.h"

MAY_GC typedef uint64_t (*RuntimeFunction)(VM *vm, uint64_t first, uint64_t second);

#define RUNTIME(NAME, function, text)                                                              \
    MAY_GC uint64_t function(VM *vm, uint64_t first, uint64_t second);
#include "jit/runtime.tbl"
#undef RUNTIME

#endif
