// SPDX-License-Identifier: MIT
// How debuggers find the caller of compiled code on x86-64: call frame information (DWARF 4, section
// 6.4) in the form of an .eh_frame section, one for each piece of code.
//
// A method's frame is found by FP once it is built, by SP before that and behind it. A stub that has
// called C left the stack of frames: what it keeps in the VM says where the code goes on that called
// it. The stub that compiled code returns to when its caller is interpreted stands on C's stack,
// where compiled code was entered.
#ifndef PARLEY_TOOL_UNWIND_H
#define PARLEY_TOOL_UNWIND_H

#include "jit/compilation.h"

enum { UNWIND_LIMIT = 4096 }; // bytes; longer information is cut off

typedef struct Unwind {
    uint8_t bytes[UNWIND_LIMIT];
    size_t size;
    size_t place; // of the address that the piece begins at, 8 bytes, to be changed when it moves
} Unwind;

// For a method or block, while its IR is there; labels are addresses.
void unwind_code(Unwind *unwind, const Compilation *c, const Code *code);
// For code that keeps its return address on top of its stack.
void unwind_plain(Unwind *unwind, uint64_t start, uint64_t end);
// takes_word: the C function takes a word off the stack of frames before it does anything.
void unwind_stub(Unwind *unwind, uint64_t start, uint64_t end, bool takes_word);
void unwind_return_to_interpreter(Unwind *unwind, uint64_t start, uint64_t end);

#endif
