// SPDX-License-Identifier: MIT
// The native that evaluates a block: it finds the block's code in the table of blocks activated
// before, as run/activate.h does (activate_find_block), and goes on there, with operands and return
// address in place. A block that is not compiled yet, or whose receiver has to be looked at more
// closely, is left to the primitive.
//
// Registers: T0 the closure, T1 the table's entry, T3 the number of copied values, T4 the method,
// T5 the start pc, T6 the block's receiver.
#include "jit/natives.h"
#include "object/layouts.h"

enum {
    VM_BLOCK_CACHE = offsetof(VM, block_cache),
    VM_FULL_CLOSURE = offsetof(VM, known.full_block_closure),
    VM_CLOSURE = offsetof(VM, known.block_closure),
    VM_CONTEXT = offsetof(VM, known.context),
};

static void load_full_block(Compilation *c, Label slow) {
    ir_ri(&c->ir, IR_SUBTRACT_CONSTANT, R_T3, FULL_CLOSURE_FIRST_COPIED);
    ir_jump_if(&c->ir, COND_BELOW, slow);
    ir_rm(&c->ir, IR_LOAD, R_T4, R_T0, slot_offset(FULL_CLOSURE_COMPILED_BLOCK));
    ir_ri(&c->ir, IR_CONSTANT, R_T5, (int64_t)oop_bits(oop_none()));
    ir_rm(&c->ir, IR_LOAD, R_T6, R_T0, slot_offset(FULL_CLOSURE_RECEIVER));
}

// Method and receiver are those of the outer context.
static void load_old_block(Compilation *c, Label slow) {
    ir_rm(&c->ir, IR_COMPARE_MEMORY, R_T2, R_VM, VM_CLOSURE);
    ir_jump_if(&c->ir, COND_NOT_EQUAL, slow);
    ir_ri(&c->ir, IR_SUBTRACT_CONSTANT, R_T3, CLOSURE_FIRST_COPIED);
    ir_jump_if(&c->ir, COND_BELOW, slow);
    ir_rm(&c->ir, IR_LOAD, R_T7, R_T0, slot_offset(CLOSURE_OUTER_CONTEXT));
    emit_check_class(&c->ir, R_T7, R_T2, VM_CONTEXT, slow);
    ir_rm(&c->ir, IR_LOAD8, R_T2, R_T7, HEADER_SLOTS_BYTE);
    ir_ri(&c->ir, IR_COMPARE_CONSTANT, R_T2, CONTEXT_FIRST_TEMP);
    ir_jump_if(&c->ir, COND_BELOW_OR_EQUAL, slow);
    ir_rm(&c->ir, IR_LOAD, R_T4, R_T7, slot_offset(CONTEXT_METHOD));
    ir_rm(&c->ir, IR_LOAD, R_T5, R_T0, slot_offset(CLOSURE_START_PC));
    ir_rm(&c->ir, IR_LOAD, R_T6, R_T7, slot_offset(CONTEXT_RECEIVER));
}

// The address of the entry that activate_block_slot finds.
static void load_entry(Compilation *c) {
    _Static_assert(sizeof(BlockEntry) == 5 * 8, "an entry is five words");
    ir_rr(&c->ir, IR_MOVE, R_T1, R_T4);
    ir_ri(&c->ir, IR_SHIFT_RIGHT_CONSTANT, R_T1, 4);
    ir_rr(&c->ir, IR_MOVE, R_T2, R_T5);
    ir_ri(&c->ir, IR_SHIFT_RIGHT_CONSTANT, R_T2, 3);
    ir_rr(&c->ir, IR_XOR, R_T1, R_T2);
    ir_ri(&c->ir, IR_AND_CONSTANT, R_T1, BLOCK_CACHE_SIZE - 1);
    ir_rr(&c->ir, IR_MOVE, R_T2, R_T1);
    ir_ri(&c->ir, IR_SHIFT_LEFT_CONSTANT, R_T2, 2);
    ir_rr(&c->ir, IR_ADD, R_T1, R_T2);
    ir_rx(&c->ir, IR_ADDRESS_INDEXED, R_T1, R_VM, R_T1, VM_BLOCK_CACHE);
}

// Is it the entry of this block, with so many arguments and copied values?
static void check_entry(Compilation *c, Label slow) {
    enum { COUNTS = offsetof(BlockEntry, argument_count) };
    _Static_assert(offsetof(BlockEntry, copied_count) == COUNTS + 1, "both are loaded at once");
    ir_rm(&c->ir, IR_COMPARE_MEMORY, R_T4, R_T1, offsetof(BlockEntry, method));
    ir_jump_if(&c->ir, COND_NOT_EQUAL, slow);
    ir_rm(&c->ir, IR_COMPARE_MEMORY, R_T5, R_T1, offsetof(BlockEntry, start_pc));
    ir_jump_if(&c->ir, COND_NOT_EQUAL, slow);
    ir_rm(&c->ir, IR_LOAD16, R_T2, R_T1, COUNTS);
    ir_ri(&c->ir, IR_SHIFT_LEFT_CONSTANT, R_T3, 8);
    ir_ri(&c->ir, IR_ADD_CONSTANT, R_T3, c->argument_count);
    ir_rr(&c->ir, IR_COMPARE, R_T2, R_T3);
    ir_jump_if(&c->ir, COND_NOT_EQUAL, slow);
}

// Compiled code trusts that the receiver is no forwarder and has the variables that it touches.
static void check_receiver(Compilation *c, Label slow) {
    Label object = ir_new_label(&c->ir), good = ir_new_label(&c->ir);
    ir_rm(&c->ir, IR_LOAD8, R_T7, R_T1, offsetof(BlockEntry, needed_slots));
    ir_ri(&c->ir, IR_TEST_CONSTANT, R_T6, TAG_MASK);
    ir_jump_if(&c->ir, COND_EQUAL, object);
    ir_ri(&c->ir, IR_COMPARE_CONSTANT, R_T7, 0);
    ir_jump_if(&c->ir, COND_NOT_EQUAL, slow);
    ir_jump(&c->ir, good);
    ir_label(&c->ir, object);
    emit_load_class_index(&c->ir, R_T2, R_T6);
    ir_ri(&c->ir, IR_COMPARE_CONSTANT, R_T2, CLASS_INDEX_FORWARDER);
    ir_jump_if(&c->ir, COND_EQUAL, slow);
    ir_ri(&c->ir, IR_COMPARE_CONSTANT, R_T7, 0);
    ir_jump_if(&c->ir, COND_EQUAL, good);
    ir_rm(&c->ir, IR_COMPARE_MEMORY, R_T2, R_VM, VM_CONTEXT);
    ir_jump_if(&c->ir, COND_EQUAL, slow);
    emit_load_format(&c->ir, R_T2, R_T6);
    ir_ri(&c->ir, IR_COMPARE_CONSTANT, R_T2, FORMAT_EPHEMERON);
    ir_jump_if(&c->ir, COND_ABOVE, slow);
    ir_rm(&c->ir, IR_LOAD8, R_T2, R_T6, HEADER_SLOTS_BYTE);
    ir_rr(&c->ir, IR_COMPARE, R_T2, R_T7);
    ir_jump_if(&c->ir, COND_BELOW, slow);
    ir_label(&c->ir, good);
}

void native_BLOCK_VALUE(Compilation *c, Label slow) {
    Label old_block = ir_new_label(&c->ir), found = ir_new_label(&c->ir);
    native_operand(c, R_T0, c->argument_count);
    emit_check_object(&c->ir, R_T0, slow);
    emit_load_class_index(&c->ir, R_T2, R_T0);
    ir_rm(&c->ir, IR_LOAD8, R_T3, R_T0, HEADER_SLOTS_BYTE);
    ir_ri(&c->ir, IR_COMPARE_CONSTANT, R_T3, (int64_t)HEADER_SLOTS_OVERFLOW);
    ir_jump_if(&c->ir, COND_EQUAL, slow);
    ir_rm(&c->ir, IR_COMPARE_MEMORY, R_T2, R_VM, VM_FULL_CLOSURE);
    ir_jump_if(&c->ir, COND_NOT_EQUAL, old_block);
    load_full_block(c, slow);
    ir_jump(&c->ir, found);
    ir_label(&c->ir, old_block);
    load_old_block(c, slow);
    ir_label(&c->ir, found);
    load_entry(c);
    check_entry(c, slow);
    check_receiver(c, slow);
    ir_rm(&c->ir, IR_LOAD, R_T2, R_T1, offsetof(BlockEntry, code));
    ir_ri(&c->ir, IR_COMPARE_CONSTANT, R_T2, 0);
    ir_jump_if(&c->ir, COND_EQUAL, slow);
    ir_r(&c->ir, IR_JUMP_REGISTER, R_T2);
}
