// SPDX-License-Identifier: MIT
// What verification learned about a compiled method or block: everything that its activation, its
// frames and its contexts may be checked against without looking at its bytes again.
//
// A verified method keeps, as long as its words do not change, that
//   - each instruction that can be reached decodes, and no byte belongs to two of them;
//   - each way to an instruction brings enough operands, and (in compiled code) equally many;
//   - jumps stay inside their own block (or outside of all), and no way runs off its end;
//   - literals exist, and the value of an association is there to be read; blocks made by
//     PUSH_FULL_CLOSURE are compiled code with room for the copied values;
//   - temporaries exist; in an old block, whose temporaries are pushed nils, the index lies below
//     the operands that are there;
//   - the frame fits the context that the header asks for.
// Not known here, so the interpreter looks each time: the receiver's number of slots (checked once
// against highest_receiver_variable), what a temporary used as vector holds, and the class on top
// at a DIRECTED_SUPER_SEND.
#ifndef PARLEY_BYTECODE_SUMMARY_H
#define PARLEY_BYTECODE_SUMMARY_H

#include <stdbool.h>
#include <stdint.h>

#include "base/status.h"
#include "object/word.h"

// A block whose code lies inside the method (old closures, made by PUSH_CLOSURE).
typedef struct BlockRange {
    uint32_t start_pc, end_pc; // byte offsets of its first bytecode and behind its last
    uint8_t argument_count, copied_count;
    uint16_t max_stack; // deepest stack of the block's frame, above args and copied;
                        // its own temporaries are among these operands
} BlockRange;

typedef struct MethodSummary {
    uint32_t first_pc, end_pc; // byte offsets from the body's start (slot 0 is offset 0):
                               // the first bytecode, and the end of code (trailer follows)
    uint16_t argument_count;
    uint16_t temp_count;               // arguments included, even where the header forgets them
                                       // (a full block: copied values too)
    uint16_t max_stack;                // deepest operand stack above the temporaries
    int32_t highest_receiver_variable; // -1: none; old blocks inside and quick primitives included
    uint16_t primitive;                // 0: none
    bool is_sista, has_large_frame, uses_super, makes_closures;
    bool stores_primitive_error; // the bytecode behind CALL_PRIMITIVE is a STORE_TEMP of the
                                 // error; no operand is there: its top is the last temporary
    // depth_at[pc - first_pc]: stack depth above arguments, copied and declared temporaries before
    // the instruction at that pc; SUMMARY_NOT_A_PC where no instruction begins or none arrives.
    // Code written by hand may bring different depths to one pc: then these are the greatest, and
    // least_depth_at holds the least; otherwise it is NULL.
    int16_t *depth_at, *least_depth_at;
    BlockRange *blocks; // ascending start_pc
    uint32_t block_count;
} MethodSummary;
enum { SUMMARY_NOT_A_PC = -1 };

// Verifies a compiled method or block: header, literals, instruction boundaries, stack depth at
// each pc, jump targets, literal and temporary ranges, the frame's size
// limits, that no way runs off the end. STATUS_OK fills the summary (summary_free releases it);
// STATUS_CORRUPT says in the diagnosis what is wrong and at which pc (counted as Smalltalk does:
// our byte offset plus one); STATUS_NO_MEMORY. Neither leaves anything to release.
MUST_USE Status bytecode_verify(Oop method, MethodSummary *summary, Diagnosis *diagnosis);
void summary_free(MethodSummary *summary);

// The block that begins at start_pc; NULL when there is none.
const BlockRange *summary_block_at(const MethodSummary *summary, uint32_t start_pc);
// With how many operands a frame (of the method, or of the block) may stop at pc; false: it may not
// stop there.
bool summary_depth_range(const MethodSummary *summary, const BlockRange *block, uint32_t pc,
                         uint32_t *least, uint32_t *greatest);
// May a frame (of the method, or of the block) go on at pc with so many operands? Used when a
// context is resumed; for one that waits for the answer of a send, the answer is counted.
bool summary_accepts(const MethodSummary *summary, const BlockRange *block, uint32_t pc,
                     uint32_t operand_count);

#endif
