// SPDX-License-Identifier: MIT
// Compiled code for gdb, by its JIT interface: each piece is registered as an object file in memory
// with one symbol, its name, and call frame information, so that a backtrace shows Smalltalk methods
// and goes on through them. For code that this machine runs, on x86-64.
#ifndef PARLEY_TOOL_GDB_JIT_H
#define PARLEY_TOOL_GDB_JIT_H

#include "base/status.h"

struct VM;
typedef struct GdbJit GdbJit;

// For a VM whose compiler was switched on.
MUST_USE Status gdb_jit_begin(GdbJit **gdb, struct VM *vm, Diagnosis *diagnosis);
// Before the compiler is switched off; NULL: nothing.
void gdb_jit_end(GdbJit *gdb);

#endif
