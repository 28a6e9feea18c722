// SPDX-License-Identifier: MIT
// Looking at how a method or block is compiled: its code is made as always, for any instruction
// set, and what the compiler knew on the way is kept beside it: the IR, where each instruction's
// bytes are, where the operands stood before each bytecode. Everything can be told as text, with
// the names of what the image and the VM know. Nothing is run.
#ifndef PARLEY_TOOL_INSPECT_H
#define PARLEY_TOOL_INSPECT_H

#include "jit/compilation.h"

// Where operands were before the bytecode at pc: `count` of `values`, from `first` on. Its code
// begins at the IR instruction. A bytecode may be compiled twice, first as code without a frame.
typedef struct OperandState {
    uint32_t pc, instruction; // pc: as in FRAME_PC
    uint32_t first, count;
    bool is_frameless;
} OperandState;

typedef struct Inspection {
    VM *vm;
    Oop method; // that holds the bytecodes: a CompiledMethod, or a CompiledBlock
    const MethodSummary *summary;
    const Code *code; // in the code zone
    IrCode ir;        // with the offsets of its instructions
    uint64_t *labels; // addresses
    // The instructions that the code out of line begins at, and that with a frame where there is
    // some without before (else 0).
    uint32_t first_exit, first_framed;
    uint32_t argument_count, temp_count;
    uint32_t first_pc, end_pc; // as in FRAME_PC
    ARRAY(OperandState) states;
    ARRAY(Value) values;
} Inspection;

// A block inside code that was inspected, for inspect_block.
typedef struct InspectedBlock {
    BlockEntry entry;
    uint32_t made_at; // the pc of the bytecode that makes its closures
} InspectedBlock;
typedef ARRAY(InspectedBlock) InspectedBlocks;

// The VM's compiler is switched on (jit_init) and has compiled nothing yet. Whatever is answered,
// inspect_release is called. Not OK: the diagnosis says why this code is not compiled.
MUST_USE Status inspect_method(Inspection *inspection, VM *vm, Oop method, Diagnosis *diagnosis);
MUST_USE Status inspect_block(Inspection *inspection, VM *vm, const BlockEntry *block,
                              Diagnosis *diagnosis);
void inspect_release(Inspection *inspection);
// Appends the blocks that the code makes closures of. False: no memory.
bool inspect_find_blocks(const Inspection *inspection, InspectedBlocks *blocks);

// ---- as text. A pc is one as in FRAME_PC.
// The bytecode at pc: its pc as Smalltalk counts, bytes, meaning. Before the first one: "entry".
void inspect_bytecode(const Inspection *inspection, uint32_t pc, char *text, size_t size);
// Where the operands are before a bytecode, deepest first; empty: there are none.
void inspect_operands(const Inspection *inspection, const OperandState *state, char *text,
                      size_t size);
// What IR instruction i means beyond what it says: names of stubs, selectors, literals, fields of
// frames and of the VM; empty: nothing.
void inspect_note(const Inspection *inspection, uint32_t i, char *text, size_t size);
// What stands at an address: a stub by its name, as "<BODY>", or an offset from the piece's start.
// False: neither.
bool inspect_address(const Inspection *inspection, uint64_t address, char *text, size_t size);
// Its bytes in the code zone.
const uint8_t *inspect_bytes(const Inspection *inspection, uint32_t i, uint32_t *count);

#endif
