// SPDX-License-Identifier: MIT
// A VM whose compiled code, for any instruction set, runs on a simulated processor. Interpreter,
// primitives and collector run as always; what compiled code asks of C is served by the same
// functions as natively.
#ifndef PARLEY_TOOL_SIMULATE_H
#define PARLEY_TOOL_SIMULATE_H

#include "base/status.h"
#include "jit/jit.h"
#include "tool/cpu.h"

typedef struct Simulation Simulation;
typedef struct SimulateOptions {
    bool strict; // see cpu.h: slower, and finds more
    bool report; // says at the end, on standard error, what was done and how fast
} SimulateOptions;

// For a VM whose compiler was switched on (jit_init) for the instruction set wanted, before any of
// its code has run.
MUST_USE Status simulate_begin(Simulation **simulation, VM *vm, const SimulateOptions *options,
                               Diagnosis *diagnosis);
// Before the VM goes; NULL: nothing.
void simulate_end(Simulation *simulation);
Cpu *simulate_cpu(Simulation *simulation);

#endif
