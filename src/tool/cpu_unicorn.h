// SPDX-License-Identifier: MIT
// What the parts of the simulated processor share: cpu_unicorn.c runs it, cpu_memory.c maps the
// arena, cpu_stores.c makes stores fast, cpu_registers.c names registers and explains why it
// stopped.
#ifndef PARLEY_TOOL_CPU_UNICORN_H
#define PARLEY_TOOL_CPU_UNICORN_H

#include <unicorn/unicorn.h>

#include "base/array.h"
#include "tool/cpu.h"

#define CPU_TEXT_OF(x)   #x
#define CPU_TEXT(x)      CPU_TEXT_OF(x)
#define CPU_LIBRARY_FILE "libunicorn.so." CPU_TEXT(UC_API_MAJOR)

enum {
    CPU_GATE_LIMIT = 128, // C functions
    CPU_STOP_LIMIT = 64,
    CPU_GATE_STEP = 16, // bytes of an entry
    CPU_SAVED_LIMIT = 17,
};

// What differs between machines and is not in the Backend.
typedef struct CpuIsa {
    const Backend *backend;
    uc_arch arch;
    uc_mode mode;
    int registers[32];        // by the machine's number
    int machine_sp, pc, link; // link: where a call puts the return address; 0: on the stack
    int arguments[3], result;
    int floats;                                  // the first of eight
    int saved[CPU_SAVED_LIMIT], saved_count;     // that a C function leaves alone, but the stack
    int spoiled[CPU_SAVED_LIMIT], spoiled_count; // that it may change, but the result
    int reserved;                                // what no code may change, the platform's; 0: none
    unsigned gate_interrupt, trap_interrupt;     // numbers that UC_HOOK_INTR is told
    unsigned trap_bytes;                         // from pc at a trap to the next instruction
    uint8_t gate_code[8];
    unsigned gate_code_bytes;
} CpuIsa;
const CpuIsa *cpu_isa(const Backend *backend); // NULL: none

typedef struct CpuGate {
    const char *name;
    CpuFunction function;
} CpuGate;

typedef struct CpuRange {
    uint64_t start, end;
    bool writable, executable;
} CpuRange;

// Unicorn itself, loaded when a processor is opened.
typedef struct UnicornLibrary {
    void *handle;
#define UNICORN(name) __typeof__(uc_##name) *name;
#include "tool/unicorn.tbl"
#undef UNICORN
} UnicornLibrary;

struct Cpu {
    UnicornLibrary unicorn;
    const CpuIsa *isa;
    uc_engine *engine;
    Arena *arena;
    bool strict;
    ARRAY(CpuRange) ranges; // of the arena that are mapped: disjoint, ascending
    bool lost_memory;       // a commitment could not be mapped
    uint64_t c_stack, c_stack_bytes;
    uint64_t gate;      // its address in the simulation: reserved here, without memory
    uint8_t *gate_page; // its contents
    CpuGate gates[CPU_GATE_LIMIT];
    unsigned gate_count;
    uc_hook stop_hooks[CPU_STOP_LIMIT];
    unsigned stop_count;
    uc_hook count_hook, block_hook; // 0: off
    uint64_t limit;                 // instructions that may still run, while they are counted
    bool is_counting, has_limit;
    uint64_t forgotten_bytes; // of translations, since all were, about
    uint64_t left_at; // where the next run begins, if not at the machine's pc
    uint64_t passing; // the stop that the run began at, and that does not stop it once more
    unsigned depth;   // runs within runs
    bool is_call;     // of the run that is under way: C called, and `kept` must come back
    uint64_t kept[CPU_SAVED_LIMIT + 1]; // registers that C keeps, and C's stack pointer
    bool is_stopping;                   // `stop` says why the run that is under way ends
    CpuStop stop;
    CpuCounts counts;
    uint64_t fault_address;
    const char *fault; // what happened there
    char broken[160];
    char explanation[8192];
};

// ---- cpu_memory.c
// Maps what is committed now, and follows from now on.
MUST_USE Status cpu_map_arena(Cpu *cpu, Diagnosis *diagnosis);
void cpu_unmap_arena(Cpu *cpu);

// ---- cpu_stores.c
// The processor that this thread runs from now on; NULL: none.
void cpu_stores_of(Cpu *cpu);

// ---- cpu_registers.c
uint64_t cpu_read(Cpu *cpu, int unicorn_register);
void cpu_write(Cpu *cpu, int unicorn_register, uint64_t value);

// ---- cpu_unicorn.c
bool cpu_is_on_c_stack(const Cpu *cpu, uint64_t address);

#endif
