// SPDX-License-Identifier: MIT
// Saving the image of a running VM, from a primitive or from an embedder at a safe point.
#ifndef PARLEY_RUN_SNAPSHOT_H
#define PARLEY_RUN_SNAPSHOT_H

#include "run/vm.h"

// Writes the heap to `path`, atomically, with every frame as a Context and the running one as the
// suspended context of the active process: the saved image goes on where the VM is now, with the
// operands that are on the stack now. The VM itself goes on too, in another frame: vm->sp and
// vm->fp have changed. The pc of the running frame must have been stored before.
// Collects fully. NO_MEMORY, IO_ERROR, STATE (no process to go on with): nothing was written.
MAY_GC MUST_USE Status snapshot_save(VM *vm, const char *path, Diagnosis *diagnosis);

#endif
