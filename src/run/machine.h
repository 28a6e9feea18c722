// SPDX-License-Identifier: MIT
// Where the interpreter and compiled code meet. The layer jit fills this in when it is there and
// switched on; without it no frame is ever compiled and nothing here is called.
//
// A compiled frame (FRAME_BASELINE) whose code is not just running holds exactly what an
// interpreted frame holds at the same pc: all operands on its stack, the pc in its slot. So it may
// become an interpreted one at any time (frames_abandon_code), and everything that reads or writes
// frames need not know what they are. In an interpreted frame fp[1] is 0; in a compiled one it is
// the address to return to, which goes on in the caller's code or leaves for the interpreter.
//
// Control goes to and fro like this: `interpret` stops with STOP_MACHINE when a compiled frame is
// to run; compiled code calls C through `entries`, and C answers whether that code goes on or is
// left. Nobody jumps over C frames.
#ifndef PARLEY_RUN_MACHINE_H
#define PARLEY_RUN_MACHINE_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "memory/heap.h"

struct VM;
struct LookupEntry;
struct BlockEntry;

enum { MACHINE_ENTRY_LIMIT = 32 };

// Read and written by compiled code.
typedef struct MachineState {
    uint64_t c_stack;     // C's stack pointer while compiled code runs
    uint64_t link;        // where code called C, and where it goes on
    uint64_t result;      // what it finds there in the register of answers; of a call, the receiver
    uint64_t start;       // with STOP_MACHINE: where to begin; 0: as the running frame's pc says
    uint64_t error;       // what a method is told of its failed primitive
    int64_t loop_budget;  // backward jumps of the interpreter until one is taken for hot
    bool has_answered;    // the interpreter goes on behind a send, with the answer on the stack
    uint64_t entries[MACHINE_ENTRY_LIMIT]; // the C functions that compiled code may call
} MachineState;

// What run tells the layer above, and asks of it.
typedef struct JitHooks {
    // A method was found in the lookup cache again, where its entry says LOOKUP_COUNTS: gives the
    // entry another kind, or false: it goes on counting, and is activated.
    bool (*method_is_hot)(struct VM *vm, struct LookupEntry *entry);
    // The same for a block; gives the entry its code or takes it for refused.
    void (*block_is_hot)(struct VM *vm, struct BlockEntry *entry);
    // The running frame jumps back often. True: it is compiled now.
    bool (*loop_is_hot)(struct VM *vm);
    // C has built the running frame: it may become a compiled one. NULL: it does not.
    void (*frame_is_new)(struct VM *vm);
    // The word to be pushed as return address by an interpreted caller.
    uint64_t return_to_interpreter;
    // The processor's registers, by their numbers, that hold fp and sp while code runs.
    uint8_t fp_register, sp_register;
    // Prints what is known of the code in which a fatal signal came; NULL: nothing.
    void (*report_code)(struct VM *vm, FILE *to);
    // ---- what compiled code was built on does not hold any more
    void (*selector_changed)(struct VM *vm, Oop selector); // methods for it came or went
    void (*classes_changed)(struct VM *vm);                // nothing linked holds any more
    void (*method_changed)(struct VM *vm, Oop method);     // its code is not its code any more
    void (*all_methods_changed)(struct VM *vm);
    void (*update)(struct VM *vm, Heap *heap); // objects moved or died
    // A safe point with INTERRUPT_CODE: code may move and go.
    void (*reclaim)(struct VM *vm);
    // Complaints about what is said of compiled code, as heap_verify makes them about objects.
    uint64_t (*verify)(struct VM *vm, FILE *report, unsigned limit);
} JitHooks;

// Every frame is interpreted from now on; code that called C is not gone back to.
void frames_abandon_code(struct VM *vm);
// The frame has got another caller: it returns by way of C, and no more into code.
void frame_return_slowly(struct VM *vm, uint64_t *fp);

#endif
