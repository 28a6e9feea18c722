// SPDX-License-Identifier: MIT
// What verification learned about a compiled method or block: everything that its activation, its
// frames and its contexts may be checked against without looking at its bytes again.
#ifndef PARLEY_BYTECODE_SUMMARY_H
#define PARLEY_BYTECODE_SUMMARY_H

#include <stdbool.h>
#include <stdint.h>

#include "base/status.h"
#include "object/word.h"

// A block whose code lies inside the method (old closures, made by PUSH_CLOSURE).
typedef struct BlockRange {
    uint32_t start_pc, end_pc;      // byte offsets of its first bytecode and behind its last
    uint8_t argument_count, copied_count;
    uint16_t max_stack;             // deepest stack of the block's frame, above args and copied
} BlockRange;

typedef struct MethodSummary {
    uint32_t first_pc, end_pc;      // byte offsets from the body's start (slot 0 is offset 0):
                                    // the first bytecode, and the end of code (trailer follows)
    uint16_t argument_count;
    uint16_t temp_count;            // arguments included (a full block: copied values too)
    uint16_t max_stack;             // deepest operand stack above the temporaries
    int32_t highest_receiver_variable; // -1: none; blocks inside included
    uint16_t primitive;             // 0: none
    bool is_sista, has_large_frame, uses_super, makes_closures;
    bool stores_primitive_error;    // the bytecode behind CALL_PRIMITIVE stores into a temp
    // depth_at[pc - first_pc]: stack depth above arguments, copied and declared temporaries before
    // the instruction at that pc; SUMMARY_NOT_A_PC where no instruction begins or none arrives.
    int16_t *depth_at;
    BlockRange *blocks;             // ascending start_pc
    uint32_t block_count;
} MethodSummary;
enum { SUMMARY_NOT_A_PC = -1 };

// Verifies a compiled method or block: header, literals, instruction boundaries, stack depth at
// each pc (equal on all ways), jump targets, literal and temporary ranges, the frame's size
// limits, that no way runs off the end. STATUS_OK fills the summary (summary_free releases it);
// STATUS_CORRUPT says in the diagnosis what is wrong and at which pc.
MUST_USE Status bytecode_verify(Oop method, MethodSummary *summary, Diagnosis *diagnosis);
void summary_free(MethodSummary *summary);

// The block that begins at start_pc; NULL when there is none.
const BlockRange *summary_block_at(const MethodSummary *summary, uint32_t start_pc);
// May a frame (of the method, or of the block) stop at pc with so many operands? Used when a
// context is resumed.
bool summary_accepts(const MethodSummary *summary, const BlockRange *block, uint32_t pc,
                     uint32_t operand_count);

#endif
