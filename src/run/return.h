// SPDX-License-Identifier: MIT
// Returns that the interpreter's loop does not do itself: out of base frames and married frames,
// and non-local ones out of blocks.
#ifndef PARLEY_RUN_RETURN_H
#define PARLEY_RUN_RETURN_H

#include "run/vm.h"

// From the running frame to its caller, whoever that is.
MAY_GC Outcome return_to_caller(VM *vm, Oop value);
// From the running block's home method to the home's sender, through unwind blocks between.
MAY_GC Outcome return_from_home(VM *vm, Oop value);

#endif
