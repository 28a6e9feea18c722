// SPDX-License-Identifier: MIT
// The compiler as primitives of the running image: module ParleyCompiler.
#ifndef PARLEY_COMPILE_PRIMITIVES_H
#define PARLEY_COMPILE_PRIMITIVES_H

#include "run/vm.h"

// Makes them known to a VM; plugin_register_all comes first.
MUST_USE Status compile_register_primitives(VM *vm);

// In read_primitive.c.
Outcome prim_read_sources(VM *vm);

#endif
