// SPDX-License-Identifier: MIT
// A harness for compiled code: on a VM that the test has made, code is compiled by a chosen
// compiler for a chosen instruction set, and run until something happens that the test waits for.
//
//     JitTarget targets[JIT_TARGET_LIMIT];
//     unsigned count = jit_targets(targets);           what this machine can run
//     jit_fixture_open(&f, vm, &targets[i]);
//     code = jit_fixture_compile(&f, method, class_index);
//     f.stops_at[RUNTIME_SEND] = true;
//     JitStop stop = jit_fixture_call(&f, code, operands, count);
//     ...looks at f.call, jit_fixture_register, vm->sp, the heap...
//     jit_fixture_close(&f);
//
// A target is a compiler (naive, baseline) and a processor: this machine's own, or a simulated one.
// A test that speaks only of what can be observed is one source for all of them.
//
// Asserted at every call of C, on every target: C's stack is a multiple of 16, SP and FP lie in the
// stack zone. Simulated processors assert more (tool/cpu.h, `strict`): registers that C keeps come
// back, registers that C may change are spoiled. What is found is in f.broken.
#ifndef PARLEY_TEST_JIT_FIXTURE_H
#define PARLEY_TEST_JIT_FIXTURE_H

#include "jit/jit.h"
#include "jit/natives.h"
#include "tool/simulate.h"

typedef struct JitTarget {
    const char *tier, *processor;
    Code *(*compile)(VM *vm, Jit *jit, const LookupEntry *method, const BlockEntry *block);
    const Backend *backend;
    bool is_simulated;
} JitTarget;
enum { JIT_TARGET_LIMIT = 6 };
// Those that can run here: the processor's own first.
unsigned jit_targets(JitTarget targets[JIT_TARGET_LIMIT]);

typedef enum JitStop {
    JIT_ANSWERED,   // vm->machine.result, for an interpreted caller
    JIT_LEFT,       // the VM's registers say what runs
    JIT_STOPPED,    // the VM stops: vm->stop
    JIT_CALLED,     // a C function that the test stops at: f.call
    JIT_AT_ADDRESS, // simulated only: jit_fixture_stop_at
    JIT_TRAPPED,    // the same
    JIT_BROKEN,     // the same: a fault, or a rule of the border to C; f.broken says more
} JitStop;

// A call of C that was stopped at.
typedef struct JitCall {
    RuntimeEntry entry;
    uint64_t first, second; // T1 and T2
} JitCall;

typedef struct JitFixture {
    VM *vm;
    JitTarget target;
    Jit *jit;
    const JitHooks *hooks;
    Simulation *simulation; // NULL: the processor runs the code
    bool stops_at[RUNTIME_COUNT];
    bool was_stopped; // at a call
    JitCall call;
    MachineAction action;          // that the last run ended with
    CpuStop cpu_stop;              // of the simulated processor's last run
    uint64_t calls[RUNTIME_COUNT]; // how often each was called
    char broken[2000];             // the first rule that was broken; "": none
} JitFixture;

// The VM must have room for code (VMOptions.code_bytes), and no compiler yet.
MUST_USE Status jit_fixture_open(JitFixture *f, VM *vm, const JitTarget *target,
                                 Diagnosis *diagnosis);
void jit_fixture_close(JitFixture *f);
// Without a compiler the VM interprets; with it again, nothing that was compiled is lost.
void jit_fixture_detach(JitFixture *f);
void jit_fixture_attach(JitFixture *f);
// All methods and blocks known are forgotten, as if they had never run.
void jit_fixture_forget(JitFixture *f);

// ---- compiling
// The code of the method for receivers of the class; NULL: refused.
Code *jit_fixture_compile(JitFixture *f, Oop method, uint64_t class_index);
// The code of a native alone; what it leaves to the primitive stops it with JIT_LEFT. 0: no room.
uint64_t jit_fixture_compile_native(JitFixture *f, Native native, unsigned argument_count);
// Code that ends a run with the action.
void jit_fixture_leave(IrCode *ir, MachineAction action);

// ---- running
// Pushes receiver and arguments onto the running frame's stack, calls the code as an interpreted
// sender would, and runs it.
MAY_GC JitStop jit_fixture_call(JitFixture *f, const Code *code, const Oop *operands,
                                unsigned count);
// The running frame goes on in the code, at its pc; it must be a resume point.
MAY_GC JitStop jit_fixture_resume(JitFixture *f, const Code *code);
// Runs from an address on.
MAY_GC JitStop jit_fixture_run(JitFixture *f, uint64_t start);
// Stops before the instruction there is run. False: not on this target.
bool jit_fixture_stop_at(JitFixture *f, uint64_t address);
void jit_fixture_stop_nowhere(JitFixture *f);

// ---- looking: registers can be seen where the processor is simulated
static inline bool jit_fixture_sees_registers(const JitFixture *f) { return f->simulation != NULL; }
uint64_t jit_fixture_register(const JitFixture *f, Reg reg);

// The word of a double; of all that are no numbers the same one, since their signs and lower bits
// are the processor's.
#define JIT_NAN 0x7FF8000000000000ull
static inline uint64_t jit_float_word(uint64_t word) {
    const uint64_t exponent = 0x7FF0000000000000ull;
    return (word & exponent) == exponent && word << 12 ? JIT_NAN : word;
}

#endif
