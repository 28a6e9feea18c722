// SPDX-License-Identifier: MIT
// Objects that bytecodes make, in eden: arrays, closures, and the contexts that closures refer to.
// Where eden has no room, or the image lacks the class, the bytecode's body does it in C. What was
// just made is young and needs no store check.
#include <stddef.h>

#include "jit/compilation.h"
#include "object/layouts.h"

enum {
    VM_ARRAY = offsetof(VM, known.array),
    VM_CONTEXT = offsetof(VM, known.context),
    VM_CLOSURE = offsetof(VM, known.block_closure),
    VM_FULL_CLOSURE = offsetof(VM, known.full_block_closure),
    ARGUMENT_COUNT_SHIFT = TAG_BITS + 24, // in a method's header
    ARGUMENT_COUNT_MASK = 15,
};

static void store_slot(Compilation *c, Reg value, int64_t index) {
    ir_rm(&c->ir, IR_STORE, value, R_T1, slot_offset(index));
}
static void store_integer(Compilation *c, int64_t value, int64_t index) {
    ir_mi(&c->ir, IR_STORE_CONSTANT, R_T1, slot_offset(index),
          (int32_t)oop_bits(oop_from_num(num(value))));
}

// Operands off the stack into the slots of T1 from `first` on, the topmost into the last; T0 := T1.
static void move_operands(Compilation *c, int64_t first, int64_t count) {
    for (int64_t i = 0; i < count; i++) {
        ir_rm(&c->ir, IR_LOAD, R_T4, R_SP, 8 * (count - 1 - i));
        store_slot(c, R_T4, first + i);
    }
    if (count) ir_rm(&c->ir, IR_ADDRESS, R_SP, R_SP, 8 * count);
    ir_rr(&c->ir, IR_MOVE, R_T0, R_T1);
}

void emit_new_array(Compilation *c, int64_t size, bool takes_operands, Label slow) {
    emit_new_object(&c->ir, VM_ARRAY, (uint64_t)size, FORMAT_INDEXABLE, slow);
    for (int64_t i = 0; i < (size ? size : 1) && !takes_operands; i++)
        store_slot(c, R_NIL, i);
    if (takes_operands && !size) store_slot(c, R_NIL, 0); // the word of an empty body
    move_operands(c, 0, takes_operands ? size : 0);
}

// T0: the context of the running frame.
static void load_own_context(Compilation *c, Label slow) {
    IrCode *ir = &c->ir;
    Label married = ir_new_label(ir);
    bool is_large = method_has_large_frame(c->method);
    uint64_t slots =
        CONTEXT_FIRST_TEMP + (is_large ? CONTEXT_LARGE_FRAME_SLOTS : CONTEXT_SMALL_FRAME_SLOTS);
    ir_rm(ir, IR_LOAD, R_T0, R_FP, 8 * FRAME_CONTEXT);
    ir_rr(ir, IR_COMPARE, R_T0, R_NIL);
    ir_jump_if(ir, COND_NOT_EQUAL, married);
    ir_ri(ir, IR_CONSTANT, R_T2, (int64_t)raw_bytes_from_header(slots));
    ir_ri(ir, IR_CONSTANT, R_T3, (int64_t)header_make(slots, FORMAT_MIXED, 0));
    if (c->block)
        ir_rm(ir, IR_LOAD, R_T5, R_FP, 8 * (int64_t)(c->argument_count + 2));
    else
        ir_rr(ir, IR_MOVE, R_T5, R_NIL);
    ir_ri(ir, IR_CONSTANT, R_T0, (int64_t)c->temp_count << TAG_BITS | TAG_INT);
    ir_i(ir, IR_CALL_CODE, (int64_t)c->jit->marry);
    ir_ri(ir, IR_COMPARE_CONSTANT, R_T0, 0);
    ir_jump_if(ir, COND_EQUAL, slow);
    ir_label(ir, married);
}

void emit_new_full_closure(Compilation *c, int64_t literal, int64_t copied, bool has_context,
                           Label slow) {
    IrCode *ir = &c->ir;
    uint64_t slots = FULL_CLOSURE_FIRST_COPIED + (uint64_t)copied;
    if (has_context)
        load_own_context(c, slow);
    else
        ir_rr(ir, IR_MOVE, R_T0, R_NIL);
    emit_new_object(&c->ir, VM_FULL_CLOSURE, slots, FORMAT_MIXED, slow);
    store_slot(c, R_T0, CLOSURE_OUTER_CONTEXT);
    emit_literal(c, R_T4, literal);
    store_slot(c, R_T4, FULL_CLOSURE_COMPILED_BLOCK);
    ir_rm(ir, IR_LOAD, R_T4, R_T4, slot_offset(0));
    ir_ri(ir, IR_SHIFT_RIGHT_CONSTANT, R_T4, ARGUMENT_COUNT_SHIFT);
    ir_ri(ir, IR_AND_CONSTANT, R_T4, ARGUMENT_COUNT_MASK);
    emit_tag(&c->ir, R_T4);
    store_slot(c, R_T4, CLOSURE_ARGUMENT_COUNT);
    ir_rm(ir, IR_LOAD, R_T4, R_FP, FP_RECEIVER);
    store_slot(c, R_T4, FULL_CLOSURE_RECEIVER);
    move_operands(c, FULL_CLOSURE_FIRST_COPIED, copied);
}

void emit_new_closure(Compilation *c, int64_t argument_count, int64_t copied, Label slow) {
    load_own_context(c, slow);
    emit_new_object(&c->ir, VM_CLOSURE, CLOSURE_FIRST_COPIED + (uint64_t)copied, FORMAT_MIXED,
                    slow);
    store_slot(c, R_T0, CLOSURE_OUTER_CONTEXT);
    store_integer(c, (int64_t)c->next_pc - FRAME_PC_MINUS_CONTEXT_PC, CLOSURE_START_PC);
    store_integer(c, argument_count, CLOSURE_ARGUMENT_COUNT);
    move_operands(c, CLOSURE_FIRST_COPIED, copied);
}

// ---- the stub that marries a frame, as context_of_frame does. T0: the context's stack pointer, T2:
// its size in bytes, T3: its header without class, T5: the frame's closure, or nil. Answers the
// context in T0, or 0.
void make_marry(IrCode *ir) {
    Label none = ir_new_label(ir), next = ir_new_label(ir);
    _Static_assert(CONTEXT_SMALL_FRAME_SLOTS % 2 == 0 && CONTEXT_LARGE_FRAME_SLOTS % 2 == 0,
                   "two at once");
    ir_none(ir, IR_PUSH_LINK);
    ir_rm(ir, IR_LOAD, R_T4, R_VM, VM_CONTEXT);
    ir_ri(ir, IR_COMPARE_CONSTANT, R_T4, 0);
    ir_jump_if(ir, COND_EQUAL, none);
    emit_allocate(ir, none);
    ir_rr(ir, IR_OR, R_T3, R_T4);
    ir_rm(ir, IR_STORE, R_T3, R_T1, 0);
    ir_rm(ir, IR_ADDRESS, R_T4, R_FP, TAG_INT);
    ir_rm(ir, IR_STORE, R_T4, R_T1, slot_offset(CONTEXT_SENDER));
    ir_rm(ir, IR_STORE, R_NIL, R_T1, slot_offset(CONTEXT_PC));
    ir_rm(ir, IR_STORE, R_T0, R_T1, slot_offset(CONTEXT_STACK_POINTER));
    ir_rm(ir, IR_LOAD, R_T4, R_FP, FP_METHOD);
    ir_rm(ir, IR_STORE, R_T4, R_T1, slot_offset(CONTEXT_METHOD));
    ir_rm(ir, IR_STORE, R_T5, R_T1, slot_offset(CONTEXT_CLOSURE));
    ir_rm(ir, IR_LOAD, R_T4, R_FP, FP_RECEIVER);
    ir_rm(ir, IR_STORE, R_T4, R_T1, slot_offset(CONTEXT_RECEIVER));
    ir_rm(ir, IR_ADDRESS, R_T4, R_T1, slot_offset(CONTEXT_FIRST_TEMP));
    ir_label(ir, next);
    ir_rm(ir, IR_STORE, R_NIL, R_T4, 0);
    ir_rm(ir, IR_STORE, R_NIL, R_T4, 8);
    ir_ri(ir, IR_ADD_CONSTANT, R_T4, 16);
    ir_rr(ir, IR_COMPARE, R_T4, R_T2);
    ir_jump_if(ir, COND_NOT_EQUAL, next);
    ir_rm(ir, IR_STORE, R_T1, R_FP, 8 * FRAME_CONTEXT);
    ir_rm(ir, IR_LOAD, R_T4, R_FP, FP_FLAGS);
    ir_ri(ir, IR_OR_CONSTANT, R_T4, (int64_t)FRAME_FLAG_MARRIED);
    ir_rm(ir, IR_STORE, R_T4, R_FP, FP_FLAGS);
    ir_rr(ir, IR_MOVE, R_T0, R_T1);
    ir_i(ir, IR_RETURN, 0);
    ir_label(ir, none);
    ir_ri(ir, IR_CONSTANT, R_T0, 0);
    ir_i(ir, IR_RETURN, 0);
}

// ---- the stub before a return from a frame that leaves traces: widows its context, as
// context_widow does, if that is all that its flags ask for, else calls C. The answer is in T0, the
// pc is stored.
void make_slow_return(IrCode *ir, uint64_t return_stub) {
    const uint64_t others = FRAME_FLAG_LEAVES_TRACES & ~FRAME_FLAG_MARRIED;
    Label by_call = ir_new_label(ir);
    ir_mi(ir, IR_TEST_MEMORY32, R_FP, FP_FLAGS, (int32_t)others);
    ir_jump_if(ir, COND_NOT_EQUAL, by_call);
    ir_none(ir, IR_PUSH_LINK);
    ir_rm(ir, IR_LOAD, R_T1, R_FP, 8 * FRAME_CONTEXT);
    ir_rm(ir, IR_STORE, R_NIL, R_T1, slot_offset(CONTEXT_SENDER));
    ir_rm(ir, IR_STORE, R_NIL, R_T1, slot_offset(CONTEXT_PC));
    ir_i(ir, IR_RETURN, 0);
    ir_label(ir, by_call);
    ir_rr(ir, IR_MOVE, R_T1, R_T0);
    ir_i(ir, IR_JUMP_CODE, (int64_t)return_stub);
}
