// SPDX-License-Identifier: MIT
// Instructions: what the bytes of both bytecode sets mean. The enum, the names, the stack effects
// and the decoders are expansions of instructions.tbl, v3plus.tbl and sista.tbl.
//
//     Instruction in;
//     for (uint32_t pc = first; instruction_decode(code, limit, pc, sista, &in);
//          pc = instruction_next_pc(&in)) ...
//
// A pc is a byte offset from the start of the method's body, the place of its header word.
// Prefixes belong to the instruction that follows: they share its pc and count in its length.
#ifndef PARLEY_BYTECODE_INSTRUCTION_H
#define PARLEY_BYTECODE_INSTRUCTION_H

#include <stdbool.h>
#include <stdint.h>

typedef enum BytecodeOp {
#define INSTRUCTION(NAME, pops, pushes, flow, text) BC_##NAME,
#include "bytecode/instructions.tbl"
#undef INSTRUCTION
    BYTECODE_OP_COUNT
} BytecodeOp;

typedef enum InstructionFlow {
    FLOW_NEXT,
    FLOW_JUMP,
    FLOW_BRANCH,
    FLOW_SEND,
    FLOW_RETURN,
    FLOW_BLOCK,
    FLOW_PREFIX,
    FLOW_STOP,
} InstructionFlow;

typedef struct Instruction {
    int64_t a, b, c;     // see instructions.tbl
    uint32_t pc, length; // prefixes included
    BytecodeOp op;
    bool is_prefixed;  // 224 or 225 stand before it
    bool takes_prefix; // an extended row: a prefix means something here
} Instruction;

enum {
    INSTRUCTION_PREFIX_LIMIT = 3, // of each kind; more do not decode. ext_a, ext_b fit 25 bits
    INSTRUCTION_LONGEST = 4,      // bytes, without prefixes
};

// Decodes the instruction at pc. `code` is the method's body, whose first `limit` bytes may be
// read. False, with only pc set, when it does not end before `limit` or has too many prefixes.
bool instruction_decode(const uint8_t *code, uint32_t limit, uint32_t pc, bool is_sista,
                        Instruction *instruction);
static inline uint32_t instruction_next_pc(const Instruction *in) { return in->pc + in->length; }
// Where a JUMP, JUMP_IF_TRUE or JUMP_IF_FALSE goes; may lie outside of the method.
static inline int64_t instruction_jump_target(const Instruction *in) {
    return (int64_t)in->pc + in->length + in->a;
}

// How many operands the instruction takes from the stack, and how many it leaves in their place.
typedef struct StackEffect {
    int64_t pops, pushes;
} StackEffect;
StackEffect instruction_stack_effect(const Instruction *instruction);

InstructionFlow bytecode_op_flow(BytecodeOp op);
const char *bytecode_op_name(BytecodeOp op);
const char *bytecode_op_text(BytecodeOp op); // with the marks that instructions.tbl explains
// Bytes of the bytecode that begins with this byte, prefixes not counted.
unsigned bytecode_length(bool is_sista, uint8_t byte);

#endif
