// SPDX-License-Identifier: MIT
// The baseline compiler's stack of values, and what moves it: spills, branches, answers. See
// baseline.h.
#include "jit/baseline.h"

// ---- the stack of values

void pop_values(Compilation *c, size_t count) {
    int64_t spilled = 0;
    for (; count > 0; count--) {
        spilled += at(c, 0)->kind == VALUE_SPILLED;
        c->stack.count--;
    }
    if (spilled) ir_rm(&c->ir, IR_ADDRESS, R_SP, R_SP, 8 * spilled);
}

void pop_into(Compilation *c, Reg to) {
    emit_load_value(c, to, at(c, 0));
    forget(c, 1);
}

void spill_below(Compilation *c, size_t kept) {
    for (size_t i = 0; i + kept < c->stack.count; i++) {
        Value *value = &c->stack.items[i];
        if (value->kind == VALUE_SPILLED) continue;
        c->frameless_failed |= c->is_frameless;
        emit_push_value(c, value);
        *value = (Value){.kind = VALUE_SPILLED};
    }
}

void spill_all(Compilation *c) { spill_below(c, 0); }

static bool is_used(const Compilation *c, Reg reg) {
    for (size_t i = 0; i < c->stack.count; i++)
        if (c->stack.items[i].kind == VALUE_REGISTER && c->stack.items[i].reg == reg) return true;
    return false;
}

Reg free_register(Compilation *c) {
    static const Reg pool[] = {R_S0, R_S1, R_S2};
    for (size_t i = 0; i < sizeof pool / sizeof *pool; i++)
        if (!is_used(c, pool[i])) return pool[i];
    spill_all(c);
    return pool[0];
}

Reg in_register(Compilation *c, size_t position) {
    Value *value = at(c, position);
    if (value->kind == VALUE_REGISTER) return value->reg;
    Reg reg = free_register(c);
    emit_load_value(c, reg, value);
    *value = (Value){.kind = VALUE_REGISTER, .reg = reg};
    return reg;
}

void save_top(Compilation *c) {
    Value *top = at(c, 0);
    if (top->kind != VALUE_REGISTER || top->reg != R_T0) return;
    top->reg = free_register(c);
    ir_rr(&c->ir, IR_MOVE, top->reg, R_T0);
}

// ---- branches

bool is_forward_branch(const Instruction *in) {
    return (in->op == BC_JUMP_IF_TRUE || in->op == BC_JUMP_IF_FALSE) && in->a >= 0;
}

bool is_target(const Compilation *c, uint32_t pc) { return c->is_target[pc - c->first_pc]; }

bool find_branch(const Compilation *c, Branch *branch) {
    uint32_t pc = c->next_pc;
    if (!compilation_at(c, pc, &branch->jump)) return false;
    branch->is_shared = is_target(c, pc);
    branch->between = 0;
    if (branch->jump.op == BC_JUMP && branch->jump.a >= 0 && !branch->is_shared) {
        branch->between = branch->jump.length;
        branch->is_shared = true;
        pc += branch->jump.length + (uint32_t)branch->jump.a;
        if (!compilation_at(c, pc, &branch->jump)) return false;
    }
    branch->behind = pc + branch->jump.length;
    return is_forward_branch(&branch->jump);
}

static bool jumps_for(const Branch *branch, bool value) {
    return (branch->jump.op == BC_JUMP_IF_TRUE) == value;
}

Label branch_label(Compilation *c, const Branch *branch, bool value) {
    uint32_t pc = branch->behind + (jumps_for(branch, value) ? (uint32_t)branch->jump.a : 0);
    c->is_target[pc - c->first_pc] = true;
    return label_at(c, pc);
}

void jump_behind(Compilation *c, const Branch *branch, bool value) {
    Label label = branch_label(c, branch, value);
    if (jumps_for(branch, value) || branch->is_shared) ir_jump(&c->ir, label);
}

void end_branch(Compilation *c, const Branch *branch) {
    c->next_pc += branch->between ? branch->between : branch->is_shared ? 0 : branch->jump.length;
    c->leaves = true;
}

// ---- answers and sends

void push_answer(Compilation *c, size_t operands) {
    forget(c, operands);
    Label back = ir_new_label(&c->ir);
    ir_label(&c->ir, back);
    note_answered(c, c->next_pc, back);
    push_register(c, R_T0);
}

void by_body(Compilation *c) {
    StackEffect effect = instruction_stack_effect(&c->in);
    spill_all(c);
    emit_body(c);
    push_answer(c, (size_t)effect.pops);
}

// All operands onto the stack, and the receiver into T0. What is in T0 already is the receiver, or
// lies above a receiver on the stack: who puts an answer there pushes what lies below.
static void push_operands(Compilation *c, size_t argument_count) {
    spill_below(c, argument_count + 1);
    Value *receiver = at(c, argument_count);
    if (receiver->kind == VALUE_SPILLED) {
        spill_all(c);
        ir_rm(&c->ir, IR_LOAD, R_T0, R_SP, 8 * (int64_t)argument_count);
        return;
    }
    emit_load_value(c, R_T0, receiver);
    *receiver = (Value){.kind = VALUE_REGISTER, .reg = R_T0};
    spill_all(c);
}

void send_operands(Compilation *c, SendKind kind, int64_t selector, int64_t argument_count) {
    push_operands(c, (size_t)argument_count + (kind == SEND_DIRECTED));
    emit_send(c, kind, selector, argument_count);
    push_answer(c, (size_t)argument_count + (kind == SEND_DIRECTED ? 2 : 1));
}
