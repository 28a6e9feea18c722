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

// ---- the stack of values (baseline_stack.c); positions count from the top, which is 0

static inline Value *at(Compilation *c, size_t position) {
    return &c->stack.items[c->stack.count - 1 - position];
}
static inline bool top_is_spilled(Compilation *c) {
    return !c->stack.count || at(c, 0)->kind == VALUE_SPILLED;
}
// Neither numbers nor nil and the booleans, which are old, concern the collector.
static inline bool may_be_young(const Value *value) {
    return value->kind != VALUE_CONSTANT && value->kind != VALUE_NEAR_NIL;
}
static inline void push(Compilation *c, ValueKind kind, Reg reg, int64_t number) {
    if (!array_push(&c->stack, ((Value){kind, reg, number}))) c->failed = true;
}
static inline void push_register(Compilation *c, Reg reg) { push(c, VALUE_REGISTER, reg, 0); }
// Takes values off that the code has taken off already.
static inline void forget(Compilation *c, size_t count) { c->stack.count -= count; }
// Takes values off; those on the real stack, too.
void pop_values(Compilation *c, size_t count);
// The top into a register, and off.
void pop_into(Compilation *c, Reg to);
// All but the `kept` topmost values go onto the real stack.
void spill_below(Compilation *c, size_t kept);
void spill_all(Compilation *c);
// One of S0 to S2 that holds no value.
Reg free_register(Compilation *c);
// The value is in a register from now on. Values above must not be spilled.
Reg in_register(Compilation *c, size_t position);
// The top out of the register that calls of C do not leave alone.
void save_top(Compilation *c);

// ---- where a boolean goes that is made here: into the conditional jump behind, or one that a jump
// leads to, as `and:` and `or:` are compiled. Nobody sees the boolean then.
typedef struct Branch {
    Instruction jump;
    uint32_t behind;  // the jump
    uint32_t between; // bytes of a jump to it, which is left out
    bool is_shared;   // others come to it, too
} Branch;
bool is_forward_branch(const Instruction *in);
// Does anything jump to the bytecode at pc?
bool is_target(const Compilation *c, uint32_t pc);
// The branch that the answer of this instruction goes into; false: it is a value like others.
bool find_branch(const Compilation *c, Branch *branch);
// Where it goes on for a boolean; the code there has not been compiled yet.
Label branch_label(Compilation *c, const Branch *branch, bool value);
// Goes on for the boolean: the code may stand right here.
void jump_behind(Compilation *c, const Branch *branch, bool value);
// All code before has gone to one of the two labels. The jump remains for those who share it.
void end_branch(Compilation *c, const Branch *branch);

// ---- answers of sends and of C: in T0; a frame that comes back later finds them on its stack

// In the place of so many operands, which the code has taken off.
void push_answer(Compilation *c, size_t operands);
// The instruction by its body, in C.
void by_body(Compilation *c);
// Sends to the operands, and pushes the answer.
void send_operands(Compilation *c, SendKind kind, int64_t selector, int64_t argument_count);

#endif
