// SPDX-License-Identifier: MIT
// The natives that send a message whose selector is an operand. They look into the lookup cache, as an
// open cache does (inline_cache.c), and go on in the code that the entry has, with the selector
// taken out of the operands and the return address in place. What has no code yet is for C, which
// gives the entry its code when the method is due (runtime.c). A receiver that is a forwarder has
// no entry, nor has a selector that is one.
//
// Registers: T0 the receiver, T1 the key, T2 the selector, T3 the code.
#include "jit/natives.h"
#include "jit/perform.h"

// The return address and what lies above it, up to the selector, whose place is taken.
static void take_selector_out(Compilation *c) {
    for (int64_t position = (int64_t)c->argument_count - 1; position >= 0; position--) {
        ir_rm(&c->ir, IR_LOAD, R_T4, R_SP, 8 * position);
        ir_rm(&c->ir, IR_STORE, R_T4, R_SP, 8 * (position + 1));
    }
    ir_ri(&c->ir, IR_ADD_CONSTANT, R_SP, 8);
}

void native_PERFORM(Compilation *c, Label slow) {
    if (!c->argument_count) {
        ir_jump(&c->ir, slow);
        return;
    }
    native_operand(c, R_T0, c->argument_count);
    native_operand(c, R_T2, c->argument_count - 1);
    emit_class_index(&c->ir);
    ir_ri(&c->ir, IR_OR_CONSTANT, R_T1, (int64_t)(c->argument_count - 1) << LOOKUP_COUNT_SHIFT);
    emit_find_code(&c->ir, slow);
    take_selector_out(c);
    ir_r(&c->ir, IR_JUMP_REGISTER, R_T3);
}

// T5: the Array, T6: how many there are, T7: the return address.
static void spread_arguments(Compilation *c) {
    IrCode *ir = &c->ir;
    Label next = ir_new_label(ir), end = ir_new_label(ir);
    ir_r(ir, IR_POP, R_T7);
    ir_ri(ir, IR_ADD_CONSTANT, R_SP, 16);
    ir_ri(ir, IR_CONSTANT, R_T1, 0);
    ir_label(ir, next);
    ir_rr(ir, IR_COMPARE, R_T1, R_T6);
    ir_jump_if(ir, COND_EQUAL, end);
    ir_rx(ir, IR_LOAD_INDEXED, R_T4, R_T5, R_T1, slot_offset(0));
    ir_r(ir, IR_PUSH, R_T4);
    ir_ri(ir, IR_ADD_CONSTANT, R_T1, 1);
    ir_jump(ir, next);
    ir_label(ir, end);
    ir_r(ir, IR_PUSH, R_T7);
}

// An Array that contains itself could perform it for ever, without a frame and so without a safe
// point: the primitive gives up soon. (perform: alone loses an operand each time.)
static void emit_check_performs_nothing(IrCode *ir, Label other) {
    const int64_t entry = offsetof(VM, lookup_cache);
    _Static_assert(PRIMITIVE_PERFORM + 1 == PRIMITIVE_PERFORM_WITH_ARGUMENTS, "a range");
    ir_rm(ir, IR_LOAD16, R_T4, R_T3, entry + (int64_t)offsetof(LookupEntry, primitive_number));
    ir_ri(ir, IR_SUBTRACT_CONSTANT, R_T4, PRIMITIVE_PERFORM);
    ir_ri(ir, IR_COMPARE_CONSTANT, R_T4, 1);
    ir_jump_if(ir, COND_BELOW_OR_EQUAL, other);
}

void native_PERFORM_WITH_ARGUMENTS(Compilation *c, Label slow) {
    IrCode *ir = &c->ir;
    native_operand(c, R_T0, 2);
    native_operand(c, R_T2, 1);
    native_operand(c, R_T5, 0);
    emit_check_class(ir, R_T5, R_T4, offsetof(VM, known.array), slow);
    ir_rm(ir, IR_LOAD8, R_T6, R_T5, HEADER_SLOTS_BYTE);
    ir_ri(ir, IR_COMPARE_CONSTANT, R_T6, PERFORM_SPREADS);
    ir_jump_if(ir, COND_ABOVE, slow);
    emit_class_index(ir);
    ir_rr(ir, IR_MOVE, R_T4, R_T6);
    ir_ri(ir, IR_SHIFT_LEFT_CONSTANT, R_T4, LOOKUP_COUNT_SHIFT);
    ir_rr(ir, IR_OR, R_T1, R_T4);
    emit_find_entry(ir, slow);
    emit_check_performs_nothing(ir, slow);
    emit_load_code(ir, slow);
    spread_arguments(c);
    ir_r(ir, IR_JUMP_REGISTER, R_T3);
}
