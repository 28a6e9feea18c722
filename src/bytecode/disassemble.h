// SPDX-License-Identifier: MIT
// Instructions for people to read, one per line:
//
//       41  <20>         push literal 0 'abc'
//
// The pc is Smalltalk's (counted from 1), then the bytes. For crash reports, traces and tools.
#ifndef PARLEY_BYTECODE_DISASSEMBLE_H
#define PARLEY_BYTECODE_DISASSEMBLE_H

#include <stddef.h>
#include <stdio.h>

#include "bytecode/instruction.h"
#include "object/word.h"

// Who knows what objects are called. `describe` writes a short text for a literal (at most `size`
// bytes, NUL included) or nothing.
typedef struct LiteralNames {
    void *context;
    void (*describe)(void *context, Oop literal, char *text, size_t size);
} LiteralNames;

enum { DISASSEMBLY_LINE_LIMIT = 256 };

// Writes the instruction's line, without newline. `method` may be anything whose code holds the
// instruction; `names` may be NULL.
void disassemble_instruction(Oop method, const Instruction *instruction, const LiteralNames *names,
                             char line[DISASSEMBLY_LINE_LIMIT]);
// The same for the instruction at pc, a byte offset from the body's start; "cut off" when it does
// not decode. Answers its length, 0 when it does not decode.
uint32_t disassemble_at(Oop method, uint32_t pc, const LiteralNames *names,
                        char line[DISASSEMBLY_LINE_LIMIT]);
// All lines of a method, each with a newline, until end_pc (0: the end of the object; the trailer,
// which nobody can tell from code, is shown as if it were code). An arrow marks the line of
// marked_pc.
void disassemble_method(FILE *out, Oop method, uint32_t end_pc, uint32_t marked_pc,
                        const LiteralNames *names);

#endif
