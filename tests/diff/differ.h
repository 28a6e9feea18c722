// SPDX-License-Identifier: MIT
// Runs methods in the interpreter and as compiled code, and compares what they lead to.
//
//   a trial       one method, and the operands (receiver, arguments) that it is tried with
//   a target      what compiles and runs it: support/jit_fixture.h
//   an aftermath    what is left behind: aftermath.h
//
// Where trials come from is not the differ's business: tables (bytecodes.c), a random generator
// (sequences.c), or whoever else can say which paths are worth a visit.
//
// A trial runs all its operands in the interpreter first, then as compiled code, the first one
// three times: so send sites are unlinked, monomorphic, closed and open in turn, and blocks become
// code.
#ifndef PARLEY_TESTS_DIFF_DIFFER_H
#define PARLEY_TESTS_DIFF_DIFFER_H

#include "../support/jit_fixture.h"
#include "aftermath.h"
#include "world.h"

typedef struct Trial {
    const char *title; // for who reads of a difference
    Oop method;
    unsigned operand_count; // the receiver included
    unsigned count;         // of the cases
    void (*choose)(const void *context, unsigned index, Oop *operands);
    const void *context;
} Trial;

typedef struct Differ {
    World world;
    State state;
    JitFixture fixture;
    Aftermath expected, actual;
    ARRAY(size_t) ends;  // where the expected aftermath of each case ends
    uint64_t base;       // eden without the method under test
    uint64_t cases;      // compared, and compiled
    uint64_t refused;    // that the compiler leaves to the interpreter
    uint64_t unverified; // methods that are refused
    unsigned differences;
    bool is_silent; // says nothing of differences
} Differ;

MUST_USE Status differ_open(Differ *d, const JitTarget *target, Diagnosis *diagnosis);
bool differ_close(Differ *d); // false: the heap does not verify

// The method of the trial before goes; a new one can be made.
void differ_begin(Differ *d);
// The method's instructions, as comments.
void differ_print_method(Differ *d, Oop method);
// False: there is a difference.
MAY_GC bool differ_run(Differ *d, const Trial *trial);

#endif
