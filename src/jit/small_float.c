// SPDX-License-Identifier: MIT
// See small_float.h.
#include "jit/small_float.h"

#include "object/small_float.h"

static const int64_t OFFSET = (int64_t)SMALL_FLOAT_OFFSET;
static const int64_t ZERO = (int64_t)SMALL_FLOAT_ZERO;
// Of those that are no zeros, when the first of them is taken off as well.
static const int64_t LIMIT = (int64_t)(SMALL_FLOAT_LIMIT - SMALL_FLOAT_ZERO - 1);

static void load_rotated(IrCode *ir, Reg to, FloatReg from) {
    ir_rr(ir, IR_BITS_FROM_FLOAT, to, from);
    ir_ri(ir, IR_ROTATE_RIGHT_CONSTANT, to, 63);
}

static void jump_if_zero(IrCode *ir, Reg rotated, Label zero) {
    ir_ri(ir, IR_COMPARE_CONSTANT, rotated, ZERO);
    ir_jump_if(ir, COND_BELOW_OR_EQUAL, zero);
}

static void tag(IrCode *ir, Reg reg) {
    ir_ri(ir, IR_SHIFT_LEFT_CONSTANT, reg, TAG_BITS);
    ir_ri(ir, IR_ADD_CONSTANT, reg, TAG_FLOAT);
}

void small_float_read(IrCode *ir, FloatReg to, Reg from) {
    Label zero = ir_new_label(ir);
    ir_rr(ir, IR_MOVE, R_T2, from);
    ir_ri(ir, IR_SHIFT_RIGHT_CONSTANT, R_T2, TAG_BITS);
    jump_if_zero(ir, R_T2, zero);
    ir_ri(ir, IR_CONSTANT, R_T3, OFFSET);
    ir_rr(ir, IR_ADD, R_T2, R_T3);
    ir_label(ir, zero);
    ir_ri(ir, IR_ROTATE_RIGHT_CONSTANT, R_T2, 1);
    ir_rr(ir, IR_FLOAT_FROM_BITS, to, R_T2);
}

void small_float_box(IrCode *ir, FloatReg from) {
    Label zero = ir_new_label(ir);
    load_rotated(ir, R_T0, from);
    jump_if_zero(ir, R_T0, zero);
    ir_ri(ir, IR_CONSTANT, R_T1, OFFSET);
    ir_rr(ir, IR_SUBTRACT, R_T0, R_T1);
    ir_label(ir, zero);
    tag(ir, R_T0);
}

void small_float_check(IrCode *ir, FloatReg reg, Label odd) {
    load_rotated(ir, R_T1, reg);
    ir_ri(ir, IR_CONSTANT, R_T2, OFFSET + ZERO + 1);
    ir_rr(ir, IR_SUBTRACT, R_T1, R_T2);
    ir_ri(ir, IR_COMPARE_CONSTANT, R_T1, LIMIT);
    ir_jump_if(ir, COND_ABOVE_OR_EQUAL, odd);
}

void small_float_check_odd(IrCode *ir, Label zero, Label other) {
    ir_rr(ir, IR_ADD, R_T1, R_T2);
    jump_if_zero(ir, R_T1, zero);
    ir_jump(ir, other);
}

void small_float_try_box(IrCode *ir, FloatReg from, Label odd) {
    load_rotated(ir, R_T0, from);
    ir_ri(ir, IR_CONSTANT, R_T1, OFFSET);
    ir_rr(ir, IR_SUBTRACT, R_T0, R_T1);
    ir_rm(ir, IR_ADDRESS, R_T1, R_T0, -ZERO - 1);
    ir_ri(ir, IR_COMPARE_CONSTANT, R_T1, LIMIT);
    ir_jump_if(ir, COND_ABOVE_OR_EQUAL, odd);
    tag(ir, R_T0);
}

void small_float_try_box_odd(IrCode *ir, Label other) {
    ir_ri(ir, IR_CONSTANT, R_T1, OFFSET);
    ir_rr(ir, IR_ADD, R_T0, R_T1);
    ir_ri(ir, IR_COMPARE_CONSTANT, R_T0, ZERO);
    ir_jump_if(ir, COND_ABOVE, other);
    tag(ir, R_T0);
}
