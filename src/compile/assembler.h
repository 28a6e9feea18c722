// SPDX-License-Identifier: MIT
// What the files of the assembler share: assemble_sections.c makes bytes of instructions,
// assemble_method.c lays the bytes out.
#ifndef PARLEY_COMPILE_ASSEMBLER_H
#define PARLEY_COMPILE_ASSEMBLER_H

#include "compile/assemble_method.h"
#include "compile/encoder.h"
#include "compile/literal_table.h"

// The bytes of one sequence, without the jump or closure at its end. Behind a closure comes a
// section without sequence, where the block's temporaries are pushed.
typedef struct Section {
    IrSequence *sequence;
    const IrFrame *block; // of a section without sequence
    const IrInstruction *jump;
    uint8_t *bytes;
    size_t count, capacity;
    Encoded encoded_jump;
    uint32_t number;
    bool has_stack, is_in_block;
    int stack_position, stack_length;
} Section;

typedef struct PendingSpan {
    const Section *section;
    size_t offset;
    uint32_t start, end;
} PendingSpan;

typedef struct Assembler {
    IrMethod *ir;
    CodeArena *arena;
    const CompileOptions *options;
    const MethodNode *method;
    const Encoder *encoder;
    LiteralTable literals;
    Section *sections;
    size_t section_count;
    Section *section; // the current one
    Encoded primitive_call;
    unsigned primitive;
    PendingSpan *spans;
    size_t span_count, span_capacity;
    DiagnosticKind problem;
    bool has_problem;
} Assembler;

// Notes the first problem; the work goes on, so that instructions need not be checked one by one.
void assembler_fail(Assembler *a, DiagnosticKind problem);
// An instruction's bytes, in the long form where the options ask for it; a refusal is noted.
Encoded assembler_encode(Assembler *a, BytecodeOp op, int64_t x, int64_t y, int64_t z);
int64_t assembler_literal_index(Assembler *a, const Literal *literal);

// One section for each sequence that can be reached; false when memory is out.
bool assembler_make_sections(Assembler *a);
void assembler_fill_sections(Assembler *a);

#endif
