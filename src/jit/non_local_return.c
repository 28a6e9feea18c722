// SPDX-License-Identifier: MIT
// The stub for returns from blocks, beyond their own frame: what return_from_home does
// (run/return.c) where the home lies on the same stack page, nothing in between wants to hear of
// it, and control goes on in code. The frames from the running one up to home go away, their
// contexts become widows, and home returns to its caller. Everything else is for C, and nothing has
// been changed then.
//
//     home      <- its context names it, its frame names its context
//     ...       <- methods that are not marked to unwind, blocks
//     running   <- a block; its closure's outer context, or the one outside that, is home's
//
// The answer is in T0, the pc is stored. T1 and T6 are scratch, T2 a closure, T3 its outer context,
// T4 that one's sender slot, T5 the frame that the walk has come to.
#include "jit/compilation.h"
#include "object/layouts.h"
#include "run/vm.h"

enum {
    FP_CONTEXT = 8 * FRAME_CONTEXT,
    VM_CONTEXT = offsetof(VM, known.context),
    ARGUMENT_COUNT_BYTE = 1,              // of a frame's flags
    HAS_PRIMITIVE = 1 << (16 + TAG_BITS), // in a method's header
    LITERAL_COUNT_MASK = 0x7FFF,
    MARKS_UNWIND = 198,
};

// T2 := the closure of the block's frame, T3 := its outer context. Programs may change closures.
static void load_outer(IrCode *ir, Reg frame, Label slow) {
    ir_rm(ir, IR_LOAD8, R_T1, frame, FP_FLAGS + ARGUMENT_COUNT_BYTE);
    ir_rx(ir, IR_LOAD_INDEXED, R_T2, frame, R_T1, 16);
    emit_check_object(ir, R_T2, slow);
    emit_load_format(ir, R_T1, R_T2);
    ir_ri(ir, IR_COMPARE_CONSTANT, R_T1, FORMAT_EPHEMERON);
    ir_jump_if(ir, COND_ABOVE, slow);
    ir_mi(ir, IR_COMPARE8_MEMORY, R_T2, HEADER_SLOTS_BYTE, CLOSURE_OUTER_CONTEXT);
    ir_jump_if(ir, COND_BELOW_OR_EQUAL, slow);
    ir_rm(ir, IR_LOAD, R_T3, R_T2, slot_offset(CLOSURE_OUTER_CONTEXT));
    emit_check_class(ir, R_T3, R_T1, VM_CONTEXT, slow);
    ir_rm(ir, IR_LOAD, R_T4, R_T3, slot_offset(CONTEXT_SENDER));
}

// To `slow` if the method in T1, which has a primitive, is marked to be asked: the bytecode that
// names the primitive is its first one, with the number's low byte in its second byte.
static void check_unwinds(IrCode *ir, Label slow) {
    ir_rm(ir, IR_LOAD, R_T6, R_T1, slot_offset(0));
    ir_ri(ir, IR_SHIFT_RIGHT_CONSTANT, R_T6, TAG_BITS);
    ir_ri(ir, IR_AND_CONSTANT, R_T6, LITERAL_COUNT_MASK);
    ir_rx(ir, IR_ADDRESS_INDEXED, R_T6, R_T1, R_T6, slot_offset(1));
    ir_rm(ir, IR_LOAD8, R_T6, R_T6, 1);
    ir_ri(ir, IR_COMPARE_CONSTANT, R_T6, MARKS_UNWIND);
    ir_jump_if(ir, COND_EQUAL, slow);
}

// From T5 up its callers to the frame that T4 names.
static void walk_up(IrCode *ir, Label slow) {
    Label next = ir_new_label(ir), reached = ir_new_label(ir);
    ir_label(ir, next);
    ir_rm(ir, IR_LOAD, R_T5, R_T5, 8 * FRAME_CALLER);
    ir_ri(ir, IR_COMPARE_CONSTANT, R_T5, 0);
    ir_jump_if(ir, COND_EQUAL, slow);
    ir_rm(ir, IR_ADDRESS, R_T1, R_T5, TAG_INT);
    ir_rr(ir, IR_COMPARE, R_T1, R_T4);
    ir_jump_if(ir, COND_EQUAL, reached);
    ir_rm(ir, IR_LOAD, R_T1, R_T5, FP_METHOD);
    ir_mi(ir, IR_TEST_MEMORY32, R_T1, slot_offset(0), HAS_PRIMITIVE);
    ir_jump_if(ir, COND_EQUAL, next);
    check_unwinds(ir, slow);
    ir_jump(ir, next);
    ir_label(ir, reached);
    ir_mi(ir, IR_TEST_MEMORY32, R_T5, FP_FLAGS, (int32_t)FRAME_FLAG_MARRIED);
    ir_jump_if(ir, COND_EQUAL, slow);
    ir_rm(ir, IR_COMPARE_MEMORY, R_T3, R_T5, FP_CONTEXT);
    ir_jump_if(ir, COND_NOT_EQUAL, slow);
}

// T5 := home's frame, which returns into code.
static void find_home(IrCode *ir, Label slow) {
    Label outer = ir_new_label(ir);
    ir_rr(ir, IR_MOVE, R_T5, R_FP);
    ir_label(ir, outer);
    load_outer(ir, R_T5, slow);
    walk_up(ir, slow);
    ir_mi(ir, IR_TEST_MEMORY32, R_T5, FP_FLAGS, (int32_t)FRAME_FLAG_BLOCK);
    ir_jump_if(ir, COND_NOT_EQUAL, outer);
    ir_mi(ir, IR_TEST_MEMORY32, R_T5, FP_FLAGS,
          (int32_t)(FRAME_FLAG_DROPS_ANSWER | FRAME_FLAG_RETURNS_SLOWLY));
    ir_jump_if(ir, COND_NOT_EQUAL, slow);
    ir_mi(ir, IR_COMPARE8_MEMORY, R_T5, FP_FLAGS, FRAME_BASELINE);
    ir_jump_if(ir, COND_NOT_EQUAL, slow);
}

// The contexts of all frames up to T5.
static void widow_contexts(IrCode *ir) {
    Label next = ir_new_label(ir), single = ir_new_label(ir), done = ir_new_label(ir);
    ir_label(ir, next);
    ir_mi(ir, IR_TEST_MEMORY32, R_FP, FP_FLAGS, (int32_t)FRAME_FLAG_MARRIED);
    ir_jump_if(ir, COND_EQUAL, single);
    ir_rm(ir, IR_LOAD, R_T1, R_FP, FP_CONTEXT);
    ir_rm(ir, IR_STORE, R_NIL, R_T1, slot_offset(CONTEXT_SENDER));
    ir_rm(ir, IR_STORE, R_NIL, R_T1, slot_offset(CONTEXT_PC));
    ir_label(ir, single);
    ir_rr(ir, IR_COMPARE, R_FP, R_T5);
    ir_jump_if(ir, COND_EQUAL, done);
    ir_rm(ir, IR_LOAD, R_FP, R_FP, 8 * FRAME_CALLER);
    ir_jump(ir, next);
    ir_label(ir, done);
}

void make_non_local_return(IrCode *ir, uint64_t return_stub) {
    Label slow = ir_new_label(ir);
    find_home(ir, slow);
    widow_contexts(ir);
    ir_rm(ir, IR_LOAD8, R_T1, R_FP, FP_FLAGS + ARGUMENT_COUNT_BYTE);
    ir_rm(ir, IR_LOAD, R_T2, R_FP, 8 * FRAME_RETURN_ADDRESS);
    ir_rx(ir, IR_ADDRESS_INDEXED, R_T3, R_FP, R_T1, 8 * 3);
    ir_rr(ir, IR_MOVE, R_SP, R_T3);
    ir_rm(ir, IR_LOAD, R_FP, R_FP, 8 * FRAME_CALLER);
    ir_r(ir, IR_JUMP_REGISTER, R_T2);
    ir_label(ir, slow);
    ir_rr(ir, IR_MOVE, R_T1, R_T0);
    ir_i(ir, IR_JUMP_CODE, (int64_t)return_stub);
}
