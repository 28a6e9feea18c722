// SPDX-License-Identifier: MIT
// A simulated processor of any instruction set that there is a back end for, on Unicorn. It runs
// compiled code over a VM's own arena: what is committed there is mapped at the very same
// addresses, so that the heap, the stacks and the VM struct are shared, not copied.
//
//   addresses of the arena        as they are: what can be written is data, what can be executed
//                                 is code; both follow later commitments
//   C's stack                     a mapping of its own; the real one is not touched
//   the gate                      one page that exists in the simulation alone. It has one entry
//                                 for each C function (cpu_gate): calling it serves the function
//                                 and returns. Nothing lies there natively, so an entry that is
//                                 called by real code faults at once.
//
// A served function may run the processor again, and memory may be committed while it runs.
//
// What must stay true, and is checked, since emulators forgive what hardware does not:
//   - at a call of C the machine's stack pointer is a multiple of 16, on C's stack
//   - a stub that C calls leaves C's registers as they were
//   - with `strict`, at the beginning of every block of code: SP is a multiple of 8 and lies, like
//     FP, in the stack zone, unless a stub is on C's stack; the register that the platform keeps to
//     itself (X18 on ARM64) is untouched; and a call of C spoils every register
//     that C may change, so that code which relies on one is found
#ifndef PARLEY_TOOL_CPU_H
#define PARLEY_TOOL_CPU_H

#include <stdbool.h>
#include <stdint.h>

#include "base/status.h"
#include "jit/backend.h"
#include "memory/arena.h"
#include "memory/heap.h"

typedef struct Cpu Cpu;
MAY_GC typedef uint64_t (*CpuFunction)(void *vm, uint64_t first, uint64_t second);

typedef struct CpuOptions {
    const Backend *backend;
    Arena *arena;           // told of commitments as long as the processor is open
    uint64_t c_stack_bytes; // 0: the default
    bool strict;
} CpuOptions;

// Why the processor does not run.
typedef enum CpuStop {
    CPU_RETURNED, // the function that C called came back
    CPU_AT_STOP,  // at an address of cpu_stop_at; the instruction there has not run
    CPU_TRAPPED,  // behind a TRAP
    CPU_LIMIT,    // so many instructions were run
    CPU_FAULT,    // an address without memory, or no instruction
    CPU_BROKEN,   // the code broke a rule of the border to C
} CpuStop;
const char *cpu_stop_name(CpuStop stop);

typedef struct CpuCounts {
    uint64_t served;       // calls of C functions
    uint64_t entered;      // calls from C
    uint64_t instructions; // while they are counted
    uint64_t forgotten;    // times that all of the code had to be translated anew
} CpuCounts;

// Is there a library behind this? Otherwise cpu_open answers STATUS_BAD_USAGE and says what is
// missing.
bool cpu_is_built_in(void);
const char *cpu_library(void); // its name and version; NULL: none
MUST_USE Status cpu_open(Cpu **cpu, const CpuOptions *options, Diagnosis *diagnosis);
void cpu_close(Cpu *cpu); // NULL: nothing

// The address by which simulated code calls the C function; 0: too many.
uint64_t cpu_gate(Cpu *cpu, const char *name, CpuFunction function);
// Who must be told that code at these addresses has changed.
void cpu_code_written(Cpu *cpu, uint64_t start, uint64_t bytes);

// ---- running
// Calls a function of compiled code as C would.
CpuStop cpu_call(Cpu *cpu, uint64_t function, void *vm, uint64_t first, uint64_t second);
// Goes on where the processor is, or, with the registers as they are, at `pc`.
CpuStop cpu_resume(Cpu *cpu);
CpuStop cpu_run_at(Cpu *cpu, uint64_t pc);
CpuStop cpu_step(Cpu *cpu); // one instruction, then CPU_LIMIT

// Stops before the instruction at the address; false: no room for one more.
bool cpu_stop_at(Cpu *cpu, uint64_t address);
void cpu_stop_nowhere(Cpu *cpu);
// How many more instructions may run; 0: any number. Counts from now on, which takes time.
void cpu_limit(Cpu *cpu, uint64_t instructions);
const CpuCounts *cpu_counts(const Cpu *cpu);

// ---- looking at it
uint64_t cpu_get(Cpu *cpu, Reg reg);
void cpu_set(Cpu *cpu, Reg reg, uint64_t value);
double cpu_get_float(Cpu *cpu, FloatReg reg);
void cpu_set_float(Cpu *cpu, FloatReg reg, double value);
uint64_t cpu_pc(Cpu *cpu);
uint64_t cpu_machine_sp(Cpu *cpu);
uint64_t cpu_c_stack_top(const Cpu *cpu); // where C's stack begins, going down
// Where a call that has just been made returns to.
uint64_t cpu_return_address(Cpu *cpu);
// The name of what lies at an address of the gate; NULL: nothing.
const char *cpu_gate_name(const Cpu *cpu, uint64_t address);
// Why it stopped: one line, then pc, registers and the code around. Stays valid until it runs
// again.
const char *cpu_explain(Cpu *cpu);

#endif
