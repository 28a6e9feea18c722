// SPDX-License-Identifier: MIT
// What the JIT does and is told to do, as primitives of the running image: module ParleyJIT.
#ifndef PARLEY_JIT_PRIMITIVES_H
#define PARLEY_JIT_PRIMITIVES_H

#include "run/vm.h"

// Makes them known to a VM; plugin_register_all comes first.
MUST_USE Status jit_register_primitives(VM *vm);

#endif
