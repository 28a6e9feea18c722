// SPDX-License-Identifier: MIT
// Natives for SmallIntegers and Characters: run/prim_integer.c and others as machine code. A
// SmallInteger's word is its value times 8, plus 1; sums of words therefore overflow exactly when
// the sum is no SmallInteger.
#include "base/bytes.h"
#include "jit/natives.h"

// Receiver in T0, argument in T1, both SmallIntegers.
static void load_integers(Compilation *c, Label slow) {
    native_operand(c, R_T0, 1);
    native_operand(c, R_T1, 0);
    ir_rr(&c->ir, IR_MOVE, R_T2, R_T0);
    ir_rr(&c->ir, IR_AND, R_T2, R_T1);
    emit_check_integer(&c->ir, R_T2, slow);
}

// ---- arithmetic

void native_INTEGER_ADD(Compilation *c, Label slow) {
    load_integers(c, slow);
    ir_ri(&c->ir, IR_SUBTRACT_CONSTANT, R_T0, TAG_INT);
    ir_rr(&c->ir, IR_ADD, R_T0, R_T1);
    ir_jump_if(&c->ir, COND_OVERFLOW, slow);
    native_return(c);
}

void native_INTEGER_SUBTRACT(Compilation *c, Label slow) {
    load_integers(c, slow);
    ir_rr(&c->ir, IR_SUBTRACT, R_T0, R_T1);
    ir_jump_if(&c->ir, COND_OVERFLOW, slow);
    ir_ri(&c->ir, IR_ADD_CONSTANT, R_T0, TAG_INT);
    native_return(c);
}

void native_INTEGER_MULTIPLY(Compilation *c, Label slow) {
    load_integers(c, slow);
    ir_ri(&c->ir, IR_SUBTRACT_CONSTANT, R_T0, TAG_INT);
    emit_untag(&c->ir, R_T1);
    ir_multiply(&c->ir, R_T0, R_T1, slow);
    ir_ri(&c->ir, IR_ADD_CONSTANT, R_T0, TAG_INT);
    native_return(c);
}

static void compare(Compilation *c, Condition condition, Label slow) {
    load_integers(c, slow);
    ir_rr(&c->ir, IR_COMPARE, R_T0, R_T1);
    native_return_boolean(c, condition);
}
void native_INTEGER_LESS(Compilation *c, Label slow) { compare(c, COND_LESS, slow); }
void native_INTEGER_GREATER(Compilation *c, Label slow) { compare(c, COND_GREATER, slow); }
void native_INTEGER_NOT_GREATER(Compilation *c, Label slow) {
    compare(c, COND_LESS_OR_EQUAL, slow);
}
void native_INTEGER_NOT_LESS(Compilation *c, Label slow) {
    compare(c, COND_GREATER_OR_EQUAL, slow);
}
void native_INTEGER_EQUAL(Compilation *c, Label slow) { compare(c, COND_EQUAL, slow); }
void native_INTEGER_NOT_EQUAL(Compilation *c, Label slow) { compare(c, COND_NOT_EQUAL, slow); }

// ---- division

// Quotient in T0, remainder in T2, divisor in T1, all as values. A quotient is no SmallInteger only
// when the divisor is -1.
static void divide(Compilation *c, bool wants_quotient, Label slow) {
    load_integers(c, slow);
    emit_untag(&c->ir, R_T0);
    emit_untag(&c->ir, R_T1);
    ir_ri(&c->ir, IR_COMPARE_CONSTANT, R_T1, 0);
    ir_jump_if(&c->ir, COND_EQUAL, slow);
    if (wants_quotient) {
        ir_ri(&c->ir, IR_COMPARE_CONSTANT, R_T1, -1);
        ir_jump_if(&c->ir, COND_EQUAL, slow);
    }
    ir_r(&c->ir, IR_DIVIDE, R_T1);
}

// To the label when the division was exact, or rounded down.
static void skip_if_floored(Compilation *c, Label floored) {
    ir_ri(&c->ir, IR_COMPARE_CONSTANT, R_T2, 0);
    ir_jump_if(&c->ir, COND_EQUAL, floored);
    ir_rr(&c->ir, IR_MOVE, R_T3, R_T2);
    ir_rr(&c->ir, IR_XOR, R_T3, R_T1);
    ir_jump_if(&c->ir, COND_NOT_NEGATIVE, floored);
}

void native_INTEGER_DIVIDE(Compilation *c, Label slow) {
    divide(c, true, slow);
    ir_ri(&c->ir, IR_COMPARE_CONSTANT, R_T2, 0);
    ir_jump_if(&c->ir, COND_NOT_EQUAL, slow);
    emit_tag(&c->ir, R_T0);
    native_return(c);
}

void native_INTEGER_MODULO(Compilation *c, Label slow) {
    Label floored = ir_new_label(&c->ir);
    divide(c, false, slow);
    skip_if_floored(c, floored);
    ir_rr(&c->ir, IR_ADD, R_T2, R_T1);
    ir_label(&c->ir, floored);
    emit_tag(&c->ir, R_T2);
    ir_rr(&c->ir, IR_MOVE, R_T0, R_T2);
    native_return(c);
}

void native_INTEGER_FLOOR(Compilation *c, Label slow) {
    Label floored = ir_new_label(&c->ir);
    divide(c, true, slow);
    skip_if_floored(c, floored);
    ir_ri(&c->ir, IR_SUBTRACT_CONSTANT, R_T0, 1);
    ir_label(&c->ir, floored);
    emit_tag(&c->ir, R_T0);
    native_return(c);
}

void native_INTEGER_QUOTIENT(Compilation *c, Label slow) {
    divide(c, true, slow);
    emit_tag(&c->ir, R_T0);
    native_return(c);
}

// ---- bits

static void check_not_negative(Compilation *c, Label slow) {
    ir_rr(&c->ir, IR_MOVE, R_T2, R_T0);
    ir_rr(&c->ir, IR_OR, R_T2, R_T1);
    ir_jump_if(&c->ir, COND_NEGATIVE, slow);
}

void native_INTEGER_AND(Compilation *c, Label slow) {
    load_integers(c, slow);
    check_not_negative(c, slow);
    ir_rr(&c->ir, IR_AND, R_T0, R_T1);
    native_return(c);
}

void native_INTEGER_OR(Compilation *c, Label slow) {
    load_integers(c, slow);
    check_not_negative(c, slow);
    ir_rr(&c->ir, IR_OR, R_T0, R_T1);
    native_return(c);
}

void native_INTEGER_XOR(Compilation *c, Label slow) {
    load_integers(c, slow);
    ir_rr(&c->ir, IR_XOR, R_T0, R_T1);
    ir_ri(&c->ir, IR_OR_CONSTANT, R_T0, TAG_INT);
    native_return(c);
}

// To the left no bit may be lost.
void native_INTEGER_SHIFT(Compilation *c, Label slow) {
    enum { MOST_PLACES = 61 };
    Label right = ir_new_label(&c->ir);
    load_integers(c, slow);
    emit_untag(&c->ir, R_T1);
    ir_ri(&c->ir, IR_COMPARE_CONSTANT, R_T1, 0);
    ir_jump_if(&c->ir, COND_LESS, right);
    ir_ri(&c->ir, IR_COMPARE_CONSTANT, R_T1, MOST_PLACES);
    ir_jump_if(&c->ir, COND_GREATER, slow);
    ir_ri(&c->ir, IR_SUBTRACT_CONSTANT, R_T0, TAG_INT);
    ir_rr(&c->ir, IR_MOVE, R_T2, R_T0);
    ir_r(&c->ir, IR_SHIFT_LEFT, R_T0);
    ir_rr(&c->ir, IR_MOVE, R_T3, R_T0);
    ir_r(&c->ir, IR_SHIFT_ARITHMETIC, R_T3);
    ir_rr(&c->ir, IR_COMPARE, R_T3, R_T2);
    ir_jump_if(&c->ir, COND_NOT_EQUAL, slow);
    ir_ri(&c->ir, IR_ADD_CONSTANT, R_T0, TAG_INT);
    native_return(c);
    ir_label(&c->ir, right);
    ir_r(&c->ir, IR_NEGATE, R_T1);
    ir_ri(&c->ir, IR_COMPARE_CONSTANT, R_T1, MOST_PLACES);
    ir_jump_if(&c->ir, COND_GREATER, slow);
    ir_r(&c->ir, IR_SHIFT_ARITHMETIC, R_T0);
    ir_ri(&c->ir, IR_AND_CONSTANT, R_T0, ~(int64_t)TAG_MASK);
    ir_ri(&c->ir, IR_OR_CONSTANT, R_T0, TAG_INT);
    native_return(c);
}

// ---- hashes

void native_HASH_MULTIPLY(Compilation *c, Label slow) {
    enum { LOW_BITS = 32 };
    native_operand(c, R_T0, 0);
    emit_check_integer(&c->ir, R_T0, slow);
    // Never too large a product: its low bits depend on the low ones of the value alone.
    emit_untag(&c->ir, R_T0);
    ir_ri(&c->ir, IR_SHIFT_LEFT_CONSTANT, R_T0, LOW_BITS);
    ir_ri(&c->ir, IR_SHIFT_RIGHT_CONSTANT, R_T0, LOW_BITS);
    ir_ri(&c->ir, IR_CONSTANT, R_T1, HASH_MULTIPLIER);
    ir_multiply(&c->ir, R_T0, R_T1, slow);
    ir_ri(&c->ir, IR_AND_CONSTANT, R_T0, HASH_MASK);
    emit_tag(&c->ir, R_T0);
    native_return(c);
}

// ---- Characters

void native_CHARACTER(Compilation *c, Label slow) {
    enum { CODE_BITS = 30 };
    native_operand(c, R_T0, 0);
    emit_check_integer(&c->ir, R_T0, slow);
    ir_rr(&c->ir, IR_MOVE, R_T1, R_T0);
    ir_ri(&c->ir, IR_SHIFT_RIGHT_CONSTANT, R_T1, CODE_BITS + TAG_BITS);
    ir_ri(&c->ir, IR_COMPARE_CONSTANT, R_T1, 0);
    ir_jump_if(&c->ir, COND_NOT_EQUAL, slow);
    ir_ri(&c->ir, IR_ADD_CONSTANT, R_T0, TAG_CHAR - TAG_INT);
    native_return(c);
}

void native_IMMEDIATE_VALUE(Compilation *c, Label slow) {
    Label integer = ir_new_label(&c->ir);
    native_operand(c, R_T0, 0);
    ir_ri(&c->ir, IR_TEST_CONSTANT, R_T0, TAG_INT);
    ir_jump_if(&c->ir, COND_NOT_EQUAL, integer);
    ir_ri(&c->ir, IR_TEST_CONSTANT, R_T0, TAG_CHAR);
    ir_jump_if(&c->ir, COND_EQUAL, slow);
    ir_ri(&c->ir, IR_SUBTRACT_CONSTANT, R_T0, TAG_CHAR - TAG_INT);
    ir_label(&c->ir, integer);
    native_return(c);
}
