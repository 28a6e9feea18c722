// SPDX-License-Identifier: MIT
// What a run leaves behind, in a form that two runs from the same state can be compared by.
//
// A State is everything that a run may change: the heap's objects (but for the root of the class
// table), the running stack page, registers and switches of the VM. It is taken once, before the
// runs, and brought back after each, which costs what was changed: the aftermath has found that
// out.
//
// An Aftermath lists, word by word: why the run ended; the stack of frames, down to the one that
// the runs begin in (kinds of frames and return addresses left out, which is all that may differ
// between an interpreted and a compiled frame); the words of old objects that were changed; and the
// new objects that can be reached from all these, numbered as they are met, so that neither their
// addresses nor garbage count.
#ifndef PARLEY_TESTS_DIFF_AFTERMATH_H
#define PARLEY_TESTS_DIFF_AFTERMATH_H

#include "base/array.h"
#include "run/vm.h"

enum { STATE_RANGES = 8, STATE_PAGES = 8 };

typedef struct StateRange {
    uint64_t start, bytes;
    uint8_t *copy;
    bool
        *is_changed; // the block, since the state was brought back; known when it has been compared
} StateRange;

typedef struct State {
    VM *vm;
    StateRange ranges[STATE_RANGES]; // objects, then the running page from sp on
    unsigned range_count;
    uint64_t *sp, *fp;
    StackPages stack;
    StackPage pages[STATE_PAGES];
    uint64_t eden_free, last_hash, class_table_cursor;
    size_t remembered_count;
    uint32_t wants;
} State;

bool state_take(State *state, VM *vm); // false: no memory
void state_restore(State *state);
void state_release(State *state);

typedef struct AftermathWord {
    const char *what; // the words that mean the same have the same text
    uint64_t word;
} AftermathWord;
typedef ARRAY(AftermathWord) Aftermath;

// Adds what the run since state_take or state_restore has led to; once for each.
void aftermath_add(Aftermath *aftermath, State *state);

#endif
