// SPDX-License-Identifier: MIT
// Natives for Floats: run/prim_float.c as machine code. Answers are SmallFloat64s where that can
// be, and otherwise boxed; operands are either, or SmallIntegers.
#include "jit/natives.h"
#include "jit/small_float.h"

enum {
    VM_BOXED_FLOAT = offsetof(VM, known.boxed_float),
    MANTISSA_BITS = 52,
    EXPONENT_BIAS = 1023,
};

typedef enum Accepted { SMALL = 1, BOXED = 2, INTEGER = 4 } Accepted;

// ---- reading. T2 and T3 are lost.

// Of one slot, in the usual format; others are for the primitive.
static void read_boxed(Compilation *c, FloatReg to, Reg from, Label slow) {
    const uint64_t asked = HEADER_CLASS_INDEX_MASK | HEADER_FORMAT_MASK;
    emit_check_object(&c->ir, from, slow);
    ir_rm(&c->ir, IR_LOAD8, R_T2, from, HEADER_SLOTS_BYTE);
    ir_ri(&c->ir, IR_COMPARE_CONSTANT, R_T2, 1);
    ir_jump_if(&c->ir, COND_NOT_EQUAL, slow);
    ir_rm(&c->ir, IR_LOAD32, R_T2, from, 0);
    ir_ri(&c->ir, IR_AND_CONSTANT, R_T2, (int64_t)asked);
    ir_ri(&c->ir, IR_SUBTRACT_CONSTANT, R_T2, (int64_t)header_make(0, FORMAT_32BIT, 0));
    ir_rm(&c->ir, IR_COMPARE_MEMORY, R_T2, R_VM, VM_BOXED_FLOAT);
    ir_jump_if(&c->ir, COND_NOT_EQUAL, slow);
    ir_rm(&c->ir, IR_FLOAT_LOAD, to, from, slot_offset(0));
}

// A SmallInteger that is exactly a double.
static void read_integer(Compilation *c, FloatReg to, Reg from, Label slow) {
    ir_rr(&c->ir, IR_MOVE, R_T2, from);
    emit_untag(&c->ir, R_T2);
    ir_rr(&c->ir, IR_FLOAT_FROM_INTEGER, to, R_T2);
    ir_rr(&c->ir, IR_INTEGER_FROM_FLOAT, R_T3, to);
    ir_rr(&c->ir, IR_COMPARE, R_T2, R_T3);
    ir_jump_if(&c->ir, COND_NOT_EQUAL, slow);
}

static void read_number(Compilation *c, FloatReg to, Reg from, unsigned accepted, Label slow) {
    Label done = ir_new_label(&c->ir), no_small = slow, no_integer = slow;
    if (accepted & (BOXED | INTEGER)) no_small = ir_new_label(&c->ir);
    ir_ri(&c->ir, IR_TEST_CONSTANT, from, TAG_FLOAT);
    ir_jump_if(&c->ir, COND_EQUAL, no_small);
    small_float_read(&c->ir, to, from);
    if (accepted & INTEGER) {
        no_integer = ir_new_label(&c->ir);
        ir_jump(&c->ir, done);
        ir_label(&c->ir, no_small);
        no_small = no_integer;
        emit_check_integer(&c->ir, from, no_integer);
        read_integer(c, to, from, slow);
    }
    if (accepted & BOXED) {
        ir_jump(&c->ir, done);
        ir_label(&c->ir, no_small);
        read_boxed(c, to, from, slow);
    }
    ir_label(&c->ir, done);
}

// Receiver in F0, argument in F1.
static void read_operands(Compilation *c, unsigned receivers, Label slow) {
    jit_expect_floats(c->vm);
    native_operand(c, R_T0, 1);
    native_operand(c, R_T1, 0);
    read_number(c, F0, R_T0, receivers, slow);
    read_number(c, F1, R_T1, SMALL | BOXED | INTEGER, slow);
}

// ---- answering

static void return_boxed(Compilation *c, Label slow) {
    emit_new_object(&c->ir, VM_BOXED_FLOAT, 1, FORMAT_32BIT, slow);
    ir_rm(&c->ir, IR_FLOAT_STORE, F0, R_T1, slot_offset(0));
    ir_rr(&c->ir, IR_MOVE, R_T0, R_T1);
    native_return(c);
}

// Returns F0.
static void return_float(Compilation *c, Label slow) {
    Label odd = ir_new_label(&c->ir), boxed = ir_new_label(&c->ir);
    small_float_try_box(&c->ir, F0, odd);
    native_return(c);
    ir_label(&c->ir, odd);
    small_float_try_box_odd(&c->ir, boxed);
    native_return(c);
    ir_label(&c->ir, boxed);
    return_boxed(c, slow);
}

static void return_condition(Compilation *c, Condition condition) {
    Label holds = ir_new_label(&c->ir);
    ir_jump_if_float(&c->ir, condition, holds);
    ir_rm(&c->ir, IR_ADDRESS, R_T0, R_NIL, boolean_offset(c, false));
    native_return(c);
    ir_label(&c->ir, holds);
    ir_rm(&c->ir, IR_ADDRESS, R_T0, R_NIL, boolean_offset(c, true));
    native_return(c);
}

// ---- arithmetic and comparisons, of both kinds of receivers

static void arithmetic(Compilation *c, IrOp operation, unsigned receivers, Label slow) {
    read_operands(c, receivers, slow);
    ir_rr(&c->ir, operation, F0, F1);
    return_float(c, slow);
}

static void division(Compilation *c, unsigned receivers, Label slow) {
    read_operands(c, receivers, slow);
    ir_ri(&c->ir, IR_CONSTANT, R_T2, 0);
    ir_rr(&c->ir, IR_FLOAT_FROM_BITS, F2, R_T2);
    ir_rr(&c->ir, IR_FLOAT_COMPARE, F1, F2);
    ir_jump_if_float(&c->ir, COND_EQUAL, slow);
    ir_rr(&c->ir, IR_FLOAT_DIVIDE, F0, F1);
    return_float(c, slow);
}

static void comparison(Compilation *c, Condition condition, unsigned receivers, Label slow) {
    read_operands(c, receivers, slow);
    ir_rr(&c->ir, IR_FLOAT_COMPARE, F0, F1);
    return_condition(c, condition);
}

#define BOTH(NAME, call)                                                                           \
    void native_FLOAT_##NAME(Compilation *c, Label slow) {                                         \
        const unsigned receivers = SMALL | BOXED;                                                  \
        call;                                                                                      \
    }                                                                                              \
    void native_SMALL_##NAME(Compilation *c, Label slow) {                                         \
        const unsigned receivers = SMALL;                                                          \
        call;                                                                                      \
    }
BOTH(ADD, arithmetic(c, IR_FLOAT_ADD, receivers, slow))
BOTH(SUBTRACT, arithmetic(c, IR_FLOAT_SUBTRACT, receivers, slow))
BOTH(MULTIPLY, arithmetic(c, IR_FLOAT_MULTIPLY, receivers, slow))
BOTH(DIVIDE, division(c, receivers, slow))
BOTH(LESS, comparison(c, COND_LESS, receivers, slow))
BOTH(GREATER, comparison(c, COND_GREATER, receivers, slow))
BOTH(NOT_GREATER, comparison(c, COND_LESS_OR_EQUAL, receivers, slow))
BOTH(NOT_LESS, comparison(c, COND_GREATER_OR_EQUAL, receivers, slow))
BOTH(EQUAL, comparison(c, COND_EQUAL, receivers, slow))
BOTH(NOT_EQUAL, comparison(c, COND_NOT_EQUAL, receivers, slow))

// ---- of one Float

// The exponent of F0, with its bias, into T1.
static void load_exponent(Compilation *c) {
    ir_rr(&c->ir, IR_BITS_FROM_FLOAT, R_T1, F0);
    ir_ri(&c->ir, IR_SHIFT_LEFT_CONSTANT, R_T1, 1);
    ir_ri(&c->ir, IR_SHIFT_RIGHT_CONSTANT, R_T1, MANTISSA_BITS + 1);
}

static void read_receiver(Compilation *c, unsigned receivers, Label slow) {
    native_operand(c, R_T0, 0);
    read_number(c, F0, R_T0, receivers, slow);
}

// A magnitude below 2^60 is one of a SmallInteger.
static void truncation(Compilation *c, unsigned receivers, Label slow) {
    enum { INTEGER_BITS = 60 };
    read_receiver(c, receivers, slow);
    load_exponent(c);
    ir_ri(&c->ir, IR_COMPARE_CONSTANT, R_T1, EXPONENT_BIAS + INTEGER_BITS);
    ir_jump_if(&c->ir, COND_ABOVE_OR_EQUAL, slow);
    ir_rr(&c->ir, IR_INTEGER_FROM_FLOAT, R_T0, F0);
    emit_tag(&c->ir, R_T0);
    native_return(c);
}
BOTH(TRUNCATED, truncation(c, receivers, slow))

// Neither zeros and denormals, nor what is no number.
static void exponent(Compilation *c, unsigned receivers, Label slow) {
    enum { EXPONENT_LIMIT = 2047 };
    read_receiver(c, receivers, slow);
    load_exponent(c);
    ir_ri(&c->ir, IR_SUBTRACT_CONSTANT, R_T1, 1);
    ir_ri(&c->ir, IR_COMPARE_CONSTANT, R_T1, EXPONENT_LIMIT - 1);
    ir_jump_if(&c->ir, COND_ABOVE_OR_EQUAL, slow);
    ir_rm(&c->ir, IR_ADDRESS, R_T0, R_T1, 1 - EXPONENT_BIAS);
    emit_tag(&c->ir, R_T0);
    native_return(c);
}
BOTH(EXPONENT, exponent(c, receivers, slow))

// Neither of negative numbers nor of NaN.
static void square_root(Compilation *c, unsigned receivers, Label slow) {
    Label good = ir_new_label(&c->ir);
    read_receiver(c, receivers, slow);
    ir_ri(&c->ir, IR_CONSTANT, R_T2, 0);
    ir_rr(&c->ir, IR_FLOAT_FROM_BITS, F1, R_T2);
    ir_rr(&c->ir, IR_FLOAT_COMPARE, F0, F1);
    ir_jump_if_float(&c->ir, COND_GREATER_OR_EQUAL, good);
    ir_jump(&c->ir, slow);
    ir_label(&c->ir, good);
    ir_rr(&c->ir, IR_FLOAT_SQUARE_ROOT, F0, F0);
    return_float(c, slow);
}
BOTH(ROOT, square_root(c, receivers, slow))

void native_FLOAT_FROM_INT(Compilation *c, Label slow) {
    native_operand(c, R_T0, 0);
    emit_check_integer(&c->ir, R_T0, slow);
    emit_untag(&c->ir, R_T0);
    ir_rr(&c->ir, IR_FLOAT_FROM_INTEGER, F0, R_T0);
    return_float(c, slow);
}
