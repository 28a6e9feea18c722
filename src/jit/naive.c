// SPDX-License-Identifier: MIT
// The naive compiler: one template per bytecode, every operand on the real stack. It is obviously
// right rather than fast: between two bytecodes the frame is exactly what the interpreter's would
// be, so every bytecode is a resume point. It is the oracle of the other compilers, and a tier of
// its own by option (--naive).
//
// A template that meets what it was not written for jumps to exit_interpret before it has changed
// anything.
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "jit/compilation.h"
#include "object/header.h"
#include "run/context.h"
#include "run/verified.h"

#define TEMPLATE(NAME)                                                                             \
    static void naive_##NAME(Compilation *c __attribute__((unused)),                               \
                             int64_t a __attribute__((unused)), int64_t b __attribute__((unused)))

// ---- the stack
static void push_t0(Compilation *c) { ir_r(&c->ir, IR_PUSH, R_T0); }
static void operand(Compilation *c, Reg to, int64_t position) {
    ir_rm(&c->ir, IR_LOAD, to, R_SP, 8 * position);
}
static void drop(Compilation *c, int64_t count) {
    if (count) ir_rm(&c->ir, IR_ADDRESS, R_SP, R_SP, 8 * count);
}
// T0 in the place of the `count` topmost operands.
static void replace(Compilation *c, int64_t count) {
    drop(c, count - 1);
    ir_rm(&c->ir, IR_STORE, R_T0, R_SP, 0);
}

// ---- pushes
TEMPLATE(PUSH_RECEIVER_VARIABLE) {
    ir_rm(&c->ir, IR_LOAD, R_T0, R_FP, FP_RECEIVER);
    ir_mi(&c->ir, IR_PUSH_MEMORY, R_T0, slot_offset(a), 0);
}
TEMPLATE(PUSH_TEMP) { ir_mi(&c->ir, IR_PUSH_MEMORY, R_FP, fp_temp((unsigned)a), 0); }
TEMPLATE(PUSH_LITERAL) {
    emit_literal(c, R_T0, a);
    push_t0(c);
}
TEMPLATE(PUSH_LITERAL_VARIABLE) {
    emit_literal(c, R_T0, a);
    emit_check_slots(c, R_T0, ASSOCIATION_VALUE);
    ir_mi(&c->ir, IR_PUSH_MEMORY, R_T0, slot_offset(ASSOCIATION_VALUE), 0);
}
TEMPLATE(PUSH_REMOTE_TEMP) {
    ir_rm(&c->ir, IR_LOAD, R_T0, R_FP, fp_temp((unsigned)b));
    emit_check_slots(c, R_T0, a);
    ir_mi(&c->ir, IR_PUSH_MEMORY, R_T0, slot_offset(a), 0);
}
TEMPLATE(PUSH_RECEIVER) { ir_mi(&c->ir, IR_PUSH_MEMORY, R_FP, FP_RECEIVER, 0); }
static void push_boolean(Compilation *c, bool value) {
    ir_rm(&c->ir, IR_ADDRESS, R_T0, R_NIL, boolean_offset(c, value));
    push_t0(c);
}
TEMPLATE(PUSH_TRUE) { push_boolean(c, true); }
TEMPLATE(PUSH_FALSE) { push_boolean(c, false); }
TEMPLATE(PUSH_NIL) { ir_r(&c->ir, IR_PUSH, R_NIL); }
static void push_constant(Compilation *c, Oop value) {
    ir_ri(&c->ir, IR_CONSTANT, R_T0, (int64_t)oop_bits(value));
    push_t0(c);
}
TEMPLATE(PUSH_INTEGER) { push_constant(c, oop_from_num(num(a))); }
TEMPLATE(PUSH_CHARACTER) { push_constant(c, char_from_code(num(a))); }
TEMPLATE(DUP) { ir_mi(&c->ir, IR_PUSH_MEMORY, R_SP, 0, 0); }
TEMPLATE(POP) { drop(c, 1); }
TEMPLATE(NOP) {}
TEMPLATE(CALL_PRIMITIVE) {}

// ---- by their bodies, in C
static void by_body(Compilation *c) {
    emit_body(c);
    push_t0(c);
}
TEMPLATE(PUSH_THIS_CONTEXT) { by_body(c); }
TEMPLATE(PUSH_THIS_PROCESS) { by_body(c); }
TEMPLATE(PUSH_NEW_ARRAY) { by_body(c); }
TEMPLATE(PUSH_ARRAY_OF_TOP) { by_body(c); }
TEMPLATE(PUSH_FULL_CLOSURE) { by_body(c); }
TEMPLATE(PUSH_CLOSURE) {
    by_body(c);
    ir_jump(&c->ir, label_at(c, c->next_pc + c->in.c));
}

// ---- stores
static void store_receiver_variable(Compilation *c, int64_t index) {
    ir_rm(&c->ir, IR_LOAD, R_T1, R_FP, FP_RECEIVER);
    emit_check_writable(c, R_T1);
    operand(c, R_T2, 0);
    emit_store(c, index);
}
TEMPLATE(STORE_RECEIVER_VARIABLE) { store_receiver_variable(c, a); }
TEMPLATE(POP_INTO_RECEIVER_VARIABLE) {
    store_receiver_variable(c, a);
    drop(c, 1);
}
TEMPLATE(STORE_TEMP) {
    operand(c, R_T0, 0);
    ir_rm(&c->ir, IR_STORE, R_T0, R_FP, fp_temp((unsigned)a));
}
TEMPLATE(POP_INTO_TEMP) {
    ir_r(&c->ir, IR_POP, R_T0);
    ir_rm(&c->ir, IR_STORE, R_T0, R_FP, fp_temp((unsigned)a));
}
static void store_literal_variable(Compilation *c, int64_t index) {
    emit_literal(c, R_T1, index);
    emit_check_slots(c, R_T1, ASSOCIATION_VALUE);
    emit_check_writable(c, R_T1);
    operand(c, R_T2, 0);
    emit_store(c, ASSOCIATION_VALUE);
}
TEMPLATE(STORE_LITERAL_VARIABLE) { store_literal_variable(c, a); }
TEMPLATE(POP_INTO_LITERAL_VARIABLE) {
    store_literal_variable(c, a);
    drop(c, 1);
}
// Vectors are written to even when they are read-only, as their body does.
static void store_remote_temp(Compilation *c, int64_t index, int64_t vector) {
    ir_rm(&c->ir, IR_LOAD, R_T1, R_FP, fp_temp((unsigned)vector));
    emit_check_slots(c, R_T1, index);
    operand(c, R_T2, 0);
    emit_store(c, index);
}
TEMPLATE(STORE_REMOTE_TEMP) { store_remote_temp(c, a, b); }
TEMPLATE(POP_INTO_REMOTE_TEMP) {
    store_remote_temp(c, a, b);
    drop(c, 1);
}

// ---- returns
static void return_t0(Compilation *c) {
    if (c->block)
        emit_non_local_return(c);
    else
        emit_return(c);
}
TEMPLATE(RETURN_RECEIVER) {
    ir_rm(&c->ir, IR_LOAD, R_T0, R_FP, FP_RECEIVER);
    return_t0(c);
}
static void return_boolean(Compilation *c, bool value) {
    ir_rm(&c->ir, IR_ADDRESS, R_T0, R_NIL, boolean_offset(c, value));
    return_t0(c);
}
TEMPLATE(RETURN_TRUE) { return_boolean(c, true); }
TEMPLATE(RETURN_FALSE) { return_boolean(c, false); }
TEMPLATE(RETURN_NIL) {
    ir_rr(&c->ir, IR_MOVE, R_T0, R_NIL);
    return_t0(c);
}
TEMPLATE(RETURN_TOP) {
    operand(c, R_T0, 0);
    return_t0(c);
}
TEMPLATE(BLOCK_RETURN_TOP) {
    operand(c, R_T0, 0);
    emit_return(c);
}
TEMPLATE(BLOCK_RETURN_NIL) {
    ir_rr(&c->ir, IR_MOVE, R_T0, R_NIL);
    emit_return(c);
}

// ---- jumps
static void jump_to(Compilation *c, int64_t distance) {
    int64_t target = c->next_pc + distance;
    if (distance < 0) emit_safe_point(c, (uint32_t)target);
    ir_jump(&c->ir, label_at(c, target));
}
TEMPLATE(JUMP) { jump_to(c, a); }
static void conditional_jump(Compilation *c, bool wanted, int64_t distance) {
    Label other = ir_new_label(&c->ir);
    operand(c, R_T0, 0);
    ir_rm(&c->ir, IR_ADDRESS, R_T1, R_NIL, boolean_offset(c, wanted));
    ir_rr(&c->ir, IR_COMPARE, R_T0, R_T1);
    ir_jump_if(&c->ir, COND_NOT_EQUAL, other);
    drop(c, 1);
    jump_to(c, distance);
    ir_label(&c->ir, other);
    ir_rm(&c->ir, IR_ADDRESS, R_T1, R_NIL, boolean_offset(c, !wanted));
    ir_rr(&c->ir, IR_COMPARE, R_T0, R_T1);
    ir_jump_if(&c->ir, COND_NOT_EQUAL, exit_interpret(c));
    drop(c, 1);
}
TEMPLATE(JUMP_IF_TRUE) { conditional_jump(c, true, a); }
TEMPLATE(JUMP_IF_FALSE) { conditional_jump(c, false, a); }

// ---- sends
static void send(Compilation *c, SendKind kind, int64_t selector, int64_t argument_count) {
    operand(c, R_T0, argument_count + (kind == SEND_DIRECTED));
    emit_send(c, kind, selector, argument_count);
    push_t0(c);
}
TEMPLATE(SEND) { send(c, SEND_NORMAL, a, b); }
TEMPLATE(SUPER_SEND) { send(c, SEND_TO_SUPER, a, b); }
TEMPLATE(DIRECTED_SUPER_SEND) { send(c, SEND_DIRECTED, a, b); }

// Both operands into T0 and T1; to `slow` unless they are integers.
static Label integers(Compilation *c) {
    Label slow = ir_new_label(&c->ir);
    operand(c, R_T0, 1);
    operand(c, R_T1, 0);
    ir_rr(&c->ir, IR_MOVE, R_T2, R_T0);
    ir_rr(&c->ir, IR_AND, R_T2, R_T1);
    emit_check_integer(&c->ir, R_T2, slow);
    return slow;
}
// The common case ends with its answer in T0; from `slow` on it is a send.
static void or_send(Compilation *c, Label slow, int64_t selector, int64_t argument_count) {
    Label done = ir_new_label(&c->ir);
    replace(c, argument_count + 1);
    ir_jump(&c->ir, done);
    ir_label(&c->ir, slow);
    send(c, SEND_SPECIAL, selector, argument_count);
    ir_label(&c->ir, done);
}
TEMPLATE(SEND_ADD) {
    Label slow = integers(c);
    ir_ri(&c->ir, IR_SUBTRACT_CONSTANT, R_T0, TAG_INT);
    ir_rr(&c->ir, IR_ADD, R_T0, R_T1);
    ir_jump_if(&c->ir, COND_OVERFLOW, slow);
    or_send(c, slow, a, b);
}
TEMPLATE(SEND_SUBTRACT) {
    Label slow = integers(c);
    ir_ri(&c->ir, IR_SUBTRACT_CONSTANT, R_T1, TAG_INT);
    ir_rr(&c->ir, IR_SUBTRACT, R_T0, R_T1);
    ir_jump_if(&c->ir, COND_OVERFLOW, slow);
    or_send(c, slow, a, b);
}
TEMPLATE(SEND_MULTIPLY) {
    Label slow = integers(c);
    ir_ri(&c->ir, IR_SUBTRACT_CONSTANT, R_T0, TAG_INT);
    ir_ri(&c->ir, IR_SHIFT_ARITHMETIC_CONSTANT, R_T1, TAG_BITS);
    ir_multiply(&c->ir, R_T0, R_T1, slow);
    ir_ri(&c->ir, IR_ADD_CONSTANT, R_T0, TAG_INT);
    or_send(c, slow, a, b);
}
static void compare(Compilation *c, Condition condition, int64_t selector) {
    Label slow = integers(c), holds = ir_new_label(&c->ir);
    ir_rr(&c->ir, IR_COMPARE, R_T0, R_T1);
    ir_rm(&c->ir, IR_ADDRESS, R_T0, R_NIL, boolean_offset(c, true));
    ir_jump_if(&c->ir, condition, holds);
    ir_rm(&c->ir, IR_ADDRESS, R_T0, R_NIL, boolean_offset(c, false));
    ir_label(&c->ir, holds);
    or_send(c, slow, selector, 1);
}
TEMPLATE(SEND_LESS) { compare(c, COND_LESS, a); }
TEMPLATE(SEND_GREATER) { compare(c, COND_GREATER, a); }
TEMPLATE(SEND_LESS_OR_EQUAL) { compare(c, COND_LESS_OR_EQUAL, a); }
TEMPLATE(SEND_GREATER_OR_EQUAL) { compare(c, COND_GREATER_OR_EQUAL, a); }
TEMPLATE(SEND_EQUAL) { compare(c, COND_EQUAL, a); }
TEMPLATE(SEND_NOT_EQUAL) { compare(c, COND_NOT_EQUAL, a); }
TEMPLATE(SEND_BIT_AND) {
    Label slow = integers(c);
    ir_rr(&c->ir, IR_AND, R_T0, R_T1);
    or_send(c, slow, a, b);
}
TEMPLATE(SEND_BIT_OR) {
    Label slow = integers(c);
    ir_rr(&c->ir, IR_OR, R_T0, R_T1);
    or_send(c, slow, a, b);
}

// What is not the same may be so behind a forwarder: that is for the interpreter.
static void identical(Compilation *c, bool wanted) {
    Label same = ir_new_label(&c->ir), done = ir_new_label(&c->ir), interpreted = exit_interpret(c);
    operand(c, R_T0, 1);
    operand(c, R_T1, 0);
    ir_rr(&c->ir, IR_COMPARE, R_T0, R_T1);
    ir_jump_if(&c->ir, COND_EQUAL, same);
    emit_check_followed(&c->ir, R_T0, R_T2, interpreted);
    emit_check_followed(&c->ir, R_T1, R_T2, interpreted);
    ir_rm(&c->ir, IR_ADDRESS, R_T0, R_NIL, boolean_offset(c, !wanted));
    ir_jump(&c->ir, done);
    ir_label(&c->ir, same);
    ir_rm(&c->ir, IR_ADDRESS, R_T0, R_NIL, boolean_offset(c, wanted));
    ir_label(&c->ir, done);
    replace(c, 2);
}
TEMPLATE(SEND_IDENTICAL) { identical(c, true); }
TEMPLATE(SEND_NOT_IDENTICAL) { identical(c, false); }
TEMPLATE(SEND_CLASS) { by_body(c); }
TEMPLATE(SEND_DIVIDE) { by_body(c); }
TEMPLATE(SEND_MODULO) { by_body(c); }
TEMPLATE(SEND_INTEGER_DIVIDE) { by_body(c); }
TEMPLATE(SEND_BIT_SHIFT) { by_body(c); }
TEMPLATE(SEND_MAKE_POINT) { by_body(c); }
TEMPLATE(SEND_AT) { send(c, SEND_SPECIAL, a, b); }
TEMPLATE(SEND_AT_PUT) { send(c, SEND_SPECIAL, a, b); }
TEMPLATE(SEND_SIZE) { send(c, SEND_SPECIAL, a, b); }

// ---- what has no template of its own
#define PLAIN_SEND(NAME)                                                                           \
    TEMPLATE(NAME) { send(c, SEND_SPECIAL, a, b); }
#define FOR_INTERPRETER(NAME)                                                                      \
    TEMPLATE(NAME) { ir_jump(&c->ir, exit_interpret(c)); }
#include "jit/plain.tbl"
#undef PLAIN_SEND
#undef FOR_INTERPRETER

static void (*const templates[])(Compilation *, int64_t, int64_t) = {
#define INSTRUCTION(NAME, pops, pushes, flow, text) [BC_##NAME] = naive_##NAME,
#include "bytecode/instructions.tbl"
#undef INSTRUCTION
};

static void compile_instruction(Compilation *c) {
    Label label = label_at(c, c->pc);
    ir_at_pc(&c->ir, c->pc);
    ir_label(&c->ir, label);
    note_resume(c, c->pc, label);
    templates[c->in.op](c, c->in.a, c->in.b);
}

Code *naive_compile(VM *vm, Jit *jit, const LookupEntry *method, const BlockEntry *block) {
    Compilation c;
    Code *code = NULL;
    if (compilation_begin(&c, vm, jit, method, block)) {
        emit_entry(&c);
        emit_new_frame(&c);
        while (compilation_next(&c))
            compile_instruction(&c);
        code = compilation_finish(&c);
    }
    compilation_end(&c);
    return code;
}
