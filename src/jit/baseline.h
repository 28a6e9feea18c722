// SPDX-License-Identifier: MIT
// What the templates of the baseline compiler are written with: its stack of values, and where
// answers, booleans and operands of sends go. baseline.c has the rules.
#ifndef PARLEY_JIT_BASELINE_H
#define PARLEY_JIT_BASELINE_H

#include <stddef.h>

#include "jit/compilation.h"

#define INSTRUCTION(NAME, pops, pushes, flow, text)                                                \
    void baseline_##NAME(Compilation *c, int64_t a, int64_t b);
#include "bytecode/instructions.tbl"
#undef INSTRUCTION
#define TEMPLATE(NAME)                                                                             \
    void baseline_##NAME(Compilation *c __attribute__((unused)),                                   \
                         int64_t a __attribute__((unused)), int64_t b __attribute__((unused)))

// ---- the stack of values

static inline Value *at(Compilation *c, size_t position) {
    return &c->stack.items[c->stack.count - 1 - position];
}
static inline void push(Compilation *c, ValueKind kind, Reg reg, int64_t number) {
    if (!array_push(&c->stack, ((Value){kind, reg, number}))) c->failed = true;
}
static inline void push_register(Compilation *c, Reg reg) { push(c, VALUE_REGISTER, reg, 0); }

// All but the `kept` topmost values go onto the real stack.
static inline void spill_below(Compilation *c, size_t kept) {
    for (size_t i = 0; i + kept < c->stack.count; i++) {
        Value *value = &c->stack.items[i];
        if (value->kind == VALUE_SPILLED) continue;
        c->frameless_failed |= c->is_frameless;
        emit_push_value(c, value);
        *value = (Value){.kind = VALUE_SPILLED};
    }
}
static inline void spill_all(Compilation *c) { spill_below(c, 0); }

static inline bool is_used(const Compilation *c, Reg reg) {
    for (size_t i = 0; i < c->stack.count; i++)
        if (c->stack.items[i].kind == VALUE_REGISTER && c->stack.items[i].reg == reg) return true;
    return false;
}
// One of S0 to S2 that holds no value.
static inline Reg free_register(Compilation *c) {
    static const Reg pool[] = {R_S0, R_S1, R_S2};
    for (size_t i = 0; i < sizeof pool / sizeof *pool; i++)
        if (!is_used(c, pool[i])) return pool[i];
    spill_all(c);
    return pool[0];
}
// The value is in a register from now on. Values above must not be spilled.
static inline Reg in_register(Compilation *c, size_t position) {
    Value *value = at(c, position);
    if (value->kind == VALUE_REGISTER) return value->reg;
    Reg reg = free_register(c);
    emit_load_value(c, reg, value);
    *value = (Value){.kind = VALUE_REGISTER, .reg = reg};
    return reg;
}
// Takes values off; those on the real stack, too.
static inline void pop(Compilation *c, size_t count) {
    int64_t spilled = 0;
    for (; count > 0; count--) {
        spilled += at(c, 0)->kind == VALUE_SPILLED;
        c->stack.count--;
    }
    if (spilled) ir_rm(&c->ir, IR_ADDRESS, R_SP, R_SP, 8 * spilled);
}
// Takes values off that the code has taken off already.
static inline void forget(Compilation *c, size_t count) { c->stack.count -= count; }
static inline void pop_into(Compilation *c, Reg to) {
    emit_load_value(c, to, at(c, 0));
    forget(c, 1);
}

// Where a boolean goes that is made here: into the conditional jump behind, or one that a jump leads
// to, as `and:` and `or:` are compiled. Nobody sees the boolean then.
typedef struct Branch {
    Instruction jump;
    uint32_t behind;  // the jump
    uint32_t between; // bytes of a jump to it, which is left out
    bool is_shared;   // others come to it, too
} Branch;
static inline bool is_forward_branch(const Instruction *in) {
    return (in->op == BC_JUMP_IF_TRUE || in->op == BC_JUMP_IF_FALSE) && in->a >= 0;
}
static inline bool is_target(const Compilation *c, uint32_t pc) { return c->is_target[pc - c->first_pc]; }
static inline bool find_branch(const Compilation *c, Branch *branch) {
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
// Where it goes on for a boolean; the code there has not been compiled yet.
static inline Label branch_label(Compilation *c, const Branch *branch, bool value) {
    bool jumps = (branch->jump.op == BC_JUMP_IF_TRUE) == value;
    uint32_t pc = branch->behind + (jumps ? (uint32_t)branch->jump.a : 0);
    c->is_target[pc - c->first_pc] = true;
    return label_at(c, pc);
}
// All code before has gone to one of the two labels. The jump remains for those who share it.
static inline void end_branch(Compilation *c, const Branch *branch) {
    c->next_pc += branch->between ? branch->between : branch->is_shared ? 0 : branch->jump.length;
    c->leaves = true;
}
// Goes on for the boolean: the code may stand right here.
static inline void jump_behind(Compilation *c, const Branch *branch, bool value) {
    bool jumps = (branch->jump.op == BC_JUMP_IF_TRUE) == value;
    Label label = branch_label(c, branch, value);
    if (jumps || branch->is_shared) ir_jump(&c->ir, label);
}

// ---- answers of sends and of C: in T0; a frame that comes back later finds them on its stack
static inline void push_answer(Compilation *c, size_t operands) {
    forget(c, operands);
    Label resume = ir_new_label(&c->ir), back = ir_new_label(&c->ir);
    ir_label(&c->ir, back);
    note_exit(c, (NotedExit){.kind = EXIT_RESUME, .label = resume, .back = back, .pc = c->next_pc});
    note_resume(c, c->next_pc, resume);
    push_register(c, R_T0);
}
static inline void by_body(Compilation *c) {
    StackEffect effect = instruction_stack_effect(&c->in);
    spill_all(c);
    emit_body(c);
    push_answer(c, (size_t)effect.pops);
}

// Neither numbers nor nil and the booleans, which are old, concern the collector.
static inline bool may_be_young(const Value *value) {
    return value->kind != VALUE_CONSTANT && value->kind != VALUE_NEAR_NIL;
}

// The top out of the register that calls of C do not leave alone.
static inline void save_top(Compilation *c) {
    Value *top = at(c, 0);
    if (top->kind != VALUE_REGISTER || top->reg != R_T0) return;
    top->reg = free_register(c);
    ir_rr(&c->ir, IR_MOVE, top->reg, R_T0);
}

static inline bool top_is_spilled(Compilation *c) {
    return !c->stack.count || at(c, 0)->kind == VALUE_SPILLED;
}

// All operands onto the stack, and the receiver into T0. What is in T0 already is the receiver, or
// lies above a receiver on the stack: who puts an answer there pushes what lies below.
static inline void push_operands(Compilation *c, size_t argument_count) {
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
static inline void send(Compilation *c, SendKind kind, int64_t selector, int64_t argument_count) {
    push_operands(c, (size_t)argument_count + (kind == SEND_DIRECTED));
    emit_send(c, kind, selector, argument_count);
    push_answer(c, (size_t)argument_count + (kind == SEND_DIRECTED ? 2 : 1));
}

#endif
