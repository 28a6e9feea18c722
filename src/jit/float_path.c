// SPDX-License-Identifier: MIT
// See float_path.h.
//
// Registers: F0 and F1 are scratch, F2 to F7 hold floats, each one at most; T1 to T7 are scratch. T0
// and S0 to S2 belong to the code in line until the path has done its first operation.
//
// Must stay true: every float in a register is one that a SmallFloat64 can be, so that boxing
// neither fails nor allocates. An operation with another result is left to the code in line, which
// sends.
#include "jit/float_path.h"

#include <stdlib.h>

#include "jit/small_float.h"
#include "object/header.h"
#include "object/small_float.h"

enum {
    OPERAND_LIMIT = 6, // that are not on the real stack
    LONGEST = 64,      // instructions of a path
    BAIL_LIMIT = 3 * LONGEST,
    NO_TEMP = -1,
};
static const FloatReg FIRST_FLOAT = F2;

// The operands: those on the real stack are the deepest.
typedef struct State {
    size_t spilled, count;
    Value items[OPERAND_LIMIT];
} State;

// Out of the path: back in line before the instruction at pc.
typedef struct Bail {
    Label label;
    uint32_t pc;
    State state;
} Bail;

// A result that may be a zero, which has no exponent to be asked for.
typedef struct Odd {
    Label label, back, bail;
} Odd;

typedef struct Path {
    Compilation *c;
    State state;
    int32_t temp_in[FLOAT_REGISTER_COUNT]; // the temporary that the register has the value of
    uint32_t pinned;                       // registers in use by this operation
    ARRAY(Bail) bails;
    ARRAY(Odd) odds;
    bool failed; // this instruction cannot be done here
} Path;

// ---- operands

static Value *top(Path *p, size_t position) {
    return &p->state.items[p->state.count - 1 - position];
}

static void push(Path *p, Value value) {
    if (p->state.count == OPERAND_LIMIT)
        p->failed = true;
    else
        p->state.items[p->state.count++] = value;
}

static bool is_on_stack(const Path *p, FloatReg reg) {
    for (size_t i = 0; i < p->state.count; i++)
        if (p->state.items[i].kind == VALUE_FLOAT && p->state.items[i].reg == (Reg)reg) return true;
    return false;
}

// A register that nothing needs; at worst one that a temporary could be had from again.
static FloatReg new_float(Path *p) {
    for (int pass = 0; pass < 2; pass++)
        for (unsigned reg = FIRST_FLOAT; reg < FLOAT_REGISTER_COUNT; reg++) {
            bool is_cached = p->temp_in[reg] != NO_TEMP;
            if (p->pinned >> reg & 1 || is_on_stack(p, reg) || (is_cached && !pass)) continue;
            p->temp_in[reg] = NO_TEMP;
            p->pinned |= 1u << reg;
            return reg;
        }
    p->failed = true;
    return FIRST_FLOAT;
}

static Label new_bail(Path *p, uint32_t pc) {
    Bail bail = {ir_new_label(&p->c->ir), pc, p->state};
    if (p->bails.count == BAIL_LIMIT || !array_push(&p->bails, bail)) p->failed = true;
    return bail.label;
}

static FloatReg load_constant(Path *p, const Value *value) {
    enum { EXACT_BITS = 53 };
    uint64_t word = (uint64_t)value->number;
    double number = 0;
    if ((word & TAG_MASK) == TAG_FLOAT)
        number = raw_small_float(word);
    else if ((word & TAG_MASK) == TAG_INT && llabs(value->number >> TAG_BITS) >> EXACT_BITS == 0)
        number = (double)(value->number >> TAG_BITS);
    else
        p->failed = true;
    int64_t bits;
    __builtin_memcpy(&bits, &number, sizeof bits);
    FloatReg to = new_float(p);
    ir_ri(&p->c->ir, IR_CONSTANT, R_T2, bits);
    ir_rr(&p->c->ir, IR_FLOAT_FROM_BITS, to, R_T2);
    return to;
}

// The operand in a float register; to `bail` if it is no SmallFloat64.
static FloatReg load_float(Path *p, const Value *value, Label bail) {
    Compilation *c = p->c;
    if (value->kind == VALUE_FLOAT) {
        p->pinned |= 1u << value->reg;
        return (FloatReg)value->reg;
    }
    if (value->kind == VALUE_CONSTANT) return load_constant(p, value);
    if (value->kind == VALUE_NEAR_NIL) p->failed = true;
    FloatReg to = new_float(p);
    if (value->kind == VALUE_SPILLED) // the top of the real stack, which stays there
        ir_rm(&c->ir, IR_LOAD, R_T4, R_SP, 0);
    else
        emit_load_value(c, R_T4, value);
    ir_ri(&c->ir, IR_TEST_CONSTANT, R_T4, TAG_FLOAT);
    ir_jump_if(&c->ir, COND_EQUAL, bail);
    small_float_read(&c->ir, to, R_T4);
    if (value->kind == VALUE_TEMP) p->temp_in[to] = (int32_t)value->number;
    return to;
}

// To `bail` unless a SmallFloat64 can be that float. T1 and T2 are lost.
static void check_small(Path *p, FloatReg reg, Label bail) {
    Odd odd = {ir_new_label(&p->c->ir), ir_new_label(&p->c->ir), bail};
    small_float_check(&p->c->ir, reg, odd.label);
    ir_label(&p->c->ir, odd.back);
    if (!array_push(&p->odds, odd)) p->failed = true;
}

static void emit_odd(Path *p, const Odd *odd) {
    ir_label(&p->c->ir, odd->label);
    small_float_check_odd(&p->c->ir, odd->back, odd->bail);
}

// ---- going back in line

static void push_word(Path *p, const Value *value) {
    Compilation *c = p->c;
    if (value->kind == VALUE_FLOAT) {
        small_float_box(&p->c->ir, (FloatReg)value->reg);
        ir_r(&c->ir, IR_PUSH, R_T0);
    } else {
        emit_push_value(c, value);
    }
}

static void move_word(Path *p, Reg to, const Value *value) {
    if (value->kind == VALUE_FLOAT) {
        small_float_box(&p->c->ir, (FloatReg)value->reg);
        if (to != R_T0) ir_rr(&p->c->ir, IR_MOVE, to, R_T0);
    } else {
        emit_load_value(p->c, to, value);
    }
}

static const NotedState *state_at(const Compilation *c, uint32_t pc) {
    size_t low = 0, high = c->states.count;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (c->states.items[middle].pc < pc)
            low = middle + 1;
        else
            high = middle;
    }
    return low < c->states.count && c->states.items[low].pc == pc ? &c->states.items[low] : NULL;
}

// Can the code in line go on with these operands at pc? It may have put operands elsewhere since.
static const NotedState *can_leave(const Path *p, const State *state, uint32_t pc) {
    const Compilation *c = p->c;
    const NotedState *to = state_at(c, pc);
    if (!to || to->value_count != state->spilled + state->count) return NULL;
    for (size_t i = 0; i < to->value_count; i++) {
        const Value *there = &c->exit_values.items[to->first_value + i];
        if (there->kind == VALUE_SPILLED || there->kind == VALUE_REGISTER) continue;
        if (i < state->spilled) return NULL;
        const Value *here = &state->items[i - state->spilled];
        // A float that was read from a temporary, or stored there, is there, too.
        if (here->kind == VALUE_FLOAT && there->kind == VALUE_TEMP) continue;
        if (here->kind != there->kind || here->number != there->number) return NULL;
    }
    return to;
}

// Jumps there. What is popped comes first, then what is pushed; T0 is written last.
static void leave(Path *p, const State *state, const NotedState *to) {
    Compilation *c = p->c;
    const Value *there = &c->exit_values.items[to->first_value];
    size_t spilled = 0;
    while (spilled < to->value_count && there[spilled].kind == VALUE_SPILLED)
        spilled++;
    for (size_t i = state->spilled; i-- > spilled;)
        ir_r(&c->ir, IR_POP, there[i].reg);
    for (size_t i = state->spilled; i < spilled; i++)
        push_word(p, &state->items[i - state->spilled]);
    size_t first = state->spilled > spilled ? state->spilled : spilled;
    for (int pass = 0; pass < 2; pass++)
        for (size_t i = first; i < to->value_count; i++)
            if (there[i].kind == VALUE_REGISTER && (there[i].reg == R_T0) == pass)
                move_word(p, there[i].reg, &state->items[i - state->spilled]);
    ir_jump(&c->ir, to->label);
}

// ---- instructions. What cannot be done sets p->failed, and is undone.

static IrOp float_operation(BytecodeOp op) {
    switch (op) {
    case BC_SEND_ADD:
        return IR_FLOAT_ADD;
    case BC_SEND_SUBTRACT:
        return IR_FLOAT_SUBTRACT;
    case BC_SEND_MULTIPLY:
        return IR_FLOAT_MULTIPLY;
    case BC_SEND_DIVIDE:
        return IR_FLOAT_DIVIDE;
    default:
        return IR_OP_COUNT;
    }
}

static Condition float_condition(BytecodeOp op) {
    switch (op) {
    case BC_SEND_LESS:
        return COND_LESS;
    case BC_SEND_GREATER:
        return COND_GREATER;
    case BC_SEND_LESS_OR_EQUAL:
        return COND_LESS_OR_EQUAL;
    case BC_SEND_GREATER_OR_EQUAL:
        return COND_GREATER_OR_EQUAL;
    case BC_SEND_EQUAL:
        return COND_EQUAL;
    case BC_SEND_NOT_EQUAL:
        return COND_NOT_EQUAL;
    default:
        return CONDITION_COUNT;
    }
}

// x op y into a register of its own, so that nothing has changed when it bails.
static FloatReg operate(Path *p, IrOp operation, FloatReg x, FloatReg y, Label bail) {
    IrCode *ir = &p->c->ir;
    if (operation == IR_FLOAT_DIVIDE) { // by zero: the send says so
        ir_ri(ir, IR_CONSTANT, R_T2, 0);
        ir_rr(ir, IR_FLOAT_FROM_BITS, F0, R_T2);
        ir_rr(ir, IR_FLOAT_COMPARE, y, F0);
        ir_jump_if_float(ir, COND_EQUAL, bail);
    }
    FloatReg result = new_float(p);
    ir_rr(ir, IR_FLOAT_MOVE, result, x);
    ir_rr(ir, operation, result, y);
    check_small(p, result, bail);
    return result;
}

// The two topmost operands, one of which must be a float already: nothing else is known of the
// other. *drops: is the lower one on the real stack?
static void load_operands(Path *p, Label bail, FloatReg *x, FloatReg *y, bool *drops) {
    static const Value on_stack = {.kind = VALUE_SPILLED};
    *drops = p->state.count == 1;
    if (!p->state.count || (*drops && !p->state.spilled)) {
        p->failed = true;
        return;
    }
    const Value *upper = top(p, 0), *lower = *drops ? &on_stack : top(p, 1);
    bool is_known = upper->kind == VALUE_FLOAT || lower->kind == VALUE_FLOAT;
    bool is_integer = lower->kind == VALUE_CONSTANT && (lower->number & TAG_MASK) == TAG_INT;
    if (!is_known || is_integer) {
        p->failed = true;
        return;
    }
    *y = load_float(p, upper, bail);
    *x = load_float(p, lower, bail);
}

static void drop_operands(Path *p, bool drops) {
    p->state.count -= drops ? 1 : 2;
    if (!drops) return;
    p->state.spilled--;
    ir_rm(&p->c->ir, IR_ADDRESS, R_SP, R_SP, 8);
}

static void arithmetic(Path *p, IrOp operation, uint32_t pc) {
    FloatReg x = F0, y = F0;
    bool drops = false;
    Label bail = new_bail(p, pc);
    load_operands(p, bail, &x, &y, &drops);
    FloatReg result = operate(p, operation, x, y, bail);
    if (p->failed) return;
    drop_operands(p, drops);
    push(p, (Value){.kind = VALUE_FLOAT, .reg = (Reg)result});
}

// With the jump behind it, which the code in line has taken along, too.
static void comparison(Path *p, Condition condition, uint32_t pc, uint32_t *next_pc) {
    Compilation *c = p->c;
    Instruction jump;
    FloatReg x = F0, y = F0;
    bool drops = false;
    bool jumps = compilation_at(c, *next_pc, &jump) && jump.a >= 0 &&
                 (jump.op == BC_JUMP_IF_TRUE || jump.op == BC_JUMP_IF_FALSE);
    Label bail = new_bail(p, pc);
    load_operands(p, bail, &x, &y, &drops);
    if (!jumps || p->state.count != (drops ? 1 : 2)) p->failed = true;
    if (p->failed) return;
    ir_rr(&c->ir, IR_FLOAT_COMPARE, x, y);
    drop_operands(p, drops);
    uint32_t behind = *next_pc + jump.length;
    Label target = label_at(c, (int64_t)behind + jump.a);
    bool on_true = jump.op == BC_JUMP_IF_TRUE;
    ir_jump_if_float(&c->ir, on_true ? condition : condition_opposite(condition), target);
    *next_pc = behind;
}

static bool is_pending(const Path *p, ValueKind kind, int64_t number) {
    for (size_t i = 0; i < p->state.count; i++)
        if (p->state.items[i].kind == kind && p->state.items[i].number == number) return true;
    return false;
}

static bool top_is_float(Path *p) { return p->state.count && top(p, 0)->kind == VALUE_FLOAT; }

static void store_temp(Path *p, int64_t index, bool pops) {
    Compilation *c = p->c;
    if (!top_is_float(p) || index >= (int64_t)c->temp_count) p->failed = true;
    if (p->failed) return;
    FloatReg reg = (FloatReg)top(p, 0)->reg;
    if (pops) p->state.count--;
    if (is_pending(p, VALUE_TEMP, index)) p->failed = true;
    small_float_box(&c->ir, reg);
    ir_rm(&c->ir, IR_STORE, R_T0, R_FP, fp_temp((unsigned)index));
    for (unsigned i = 0; i < FLOAT_REGISTER_COUNT; i++)
        if (p->temp_in[i] == index) p->temp_in[i] = NO_TEMP;
    p->temp_in[reg] = (int32_t)index;
}

static void store_variable(Path *p, int64_t index, bool pops, uint32_t pc) {
    Compilation *c = p->c;
    if (!top_is_float(p) || is_pending(p, VALUE_VARIABLE, index)) p->failed = true;
    if (p->failed) return;
    Label bail = new_bail(p, pc);
    ir_rm(&c->ir, IR_LOAD, R_T3, R_FP, FP_RECEIVER);
    emit_check_read_only(&c->ir, R_T3, bail);
    small_float_box(&c->ir, (FloatReg)top(p, 0)->reg);
    ir_rm(&c->ir, IR_STORE, R_T0, R_T3, slot_offset(index));
    if (pops) p->state.count--;
}

static void push_temp(Path *p, int64_t index) {
    if (index >= (int64_t)p->c->temp_count) p->failed = true;
    for (unsigned reg = FIRST_FLOAT; reg < FLOAT_REGISTER_COUNT; reg++)
        if (p->temp_in[reg] == index) {
            push(p, (Value){.kind = VALUE_FLOAT, .reg = (Reg)reg});
            return;
        }
    push(p, (Value){.kind = VALUE_TEMP, .number = index});
}

static void instruction(Path *p, const Instruction *in, uint32_t pc, uint32_t *next_pc) {
    IrOp operation = float_operation(in->op);
    Condition condition = float_condition(in->op);
    if (operation != IR_OP_COUNT) {
        arithmetic(p, operation, pc);
        return;
    }
    if (condition != CONDITION_COUNT) {
        comparison(p, condition, pc, next_pc);
        return;
    }
    switch (in->op) {
    case BC_PUSH_TEMP:
        push_temp(p, in->a);
        break;
    case BC_PUSH_RECEIVER_VARIABLE:
        push(p, (Value){.kind = VALUE_VARIABLE, .number = in->a});
        break;
    case BC_PUSH_RECEIVER:
        push(p, (Value){.kind = VALUE_RECEIVER});
        break;
    case BC_PUSH_LITERAL:
        push(p, compilation_literal(p->c, in->a));
        break;
    case BC_PUSH_INTEGER:
        push(p, (Value){.kind = VALUE_CONSTANT,
                        .number = (int64_t)oop_bits(oop_from_num(num(in->a)))});
        break;
    case BC_POP_INTO_TEMP:
        store_temp(p, in->a, true);
        break;
    case BC_STORE_TEMP:
        store_temp(p, in->a, false);
        break;
    case BC_POP_INTO_RECEIVER_VARIABLE:
        store_variable(p, in->a, true, pc);
        break;
    case BC_STORE_RECEIVER_VARIABLE:
        store_variable(p, in->a, false, pc);
        break;
    default:
        p->failed = true;
    }
}

// The arrays may lie elsewhere by now.
static void undo(Path *p, const Path *before, uint32_t mark) {
    p->c->ir.count = mark;
    p->state = before->state;
    __builtin_memcpy(p->temp_in, before->temp_in, sizeof p->temp_in);
    p->bails.count = before->bails.count;
    p->odds.count = before->odds.count;
    p->failed = false;
}

// Goes on from pc as far as possible, but not into what a path before went through.
static void follow(Path *p, uint32_t pc) {
    Compilation *c = p->c;
    Instruction in;
    for (int i = 0; i < LONGEST && compilation_at(c, pc, &in); i++) {
        Path before = *p;
        uint32_t mark = c->ir.count, next_pc = pc + in.length;
        p->pinned = 0;
        ir_at_pc(&c->ir, pc);
        instruction(p, &in, pc, &next_pc);
        if (p->failed || !can_leave(p, &p->state, next_pc)) {
            undo(p, &before, mark);
            break;
        }
        pc = next_pc;
    }
    leave(p, &p->state, can_leave(p, &p->state, pc));
    c->path_end = pc;
}

// Behind the first operation: everything is told in line by the exit.
static void finish_first(Path *p, const NotedExit *exit, FloatReg result) {
    Compilation *c = p->c;
    p->state = (State){.spilled = exit->below};
    push(p, (Value){.kind = VALUE_FLOAT, .reg = (Reg)result});
    bool is_new = exit->pc >= c->path_end;
    if (is_new && can_leave(p, &p->state, exit->next_pc)) {
        follow(p, exit->next_pc);
    } else {
        small_float_box(&c->ir, result);
        ir_jump(&c->ir, exit->back);
    }
}

static void finish_comparison(Path *p, const NotedExit *exit) {
    Compilation *c = p->c;
    Condition condition = (Condition)exit->condition;
    if (exit->kind == EXIT_SEND_JUMP) {
        ir_jump_if_float(&c->ir, condition, exit->back);
        ir_jump(&c->ir, exit->back_if_false);
        return;
    }
    ir_rm(&c->ir, IR_ADDRESS, R_T0, R_NIL, boolean_offset(c, true));
    ir_jump_if_float(&c->ir, condition, exit->back);
    ir_rm(&c->ir, IR_ADDRESS, R_T0, R_NIL, boolean_offset(c, false));
    ir_jump(&c->ir, exit->back);
}

static void emit_path(Path *p, const NotedExit *exit, Label no_floats) {
    Compilation *c = p->c;
    const Value *values = &c->exit_values.items[exit->first_value];
    if (values[0].kind == VALUE_CONSTANT && (values[0].number & TAG_MASK) != TAG_FLOAT) return;
    FloatReg y = load_float(p, &values[1], no_floats);
    FloatReg x = load_float(p, &values[0], no_floats);
    if (p->failed) return;
    if (exit->operation == IR_FLOAT_COMPARE) {
        ir_rr(&c->ir, IR_FLOAT_COMPARE, x, y);
        finish_comparison(p, exit);
    } else {
        FloatReg result = operate(p, (IrOp)exit->operation, x, y, no_floats);
        finish_first(p, exit, result);
    }
}

void float_path_emit(Compilation *c, const NotedExit *exit) {
    Path path = {.c = c};
    Label no_floats = ir_new_label(&c->ir);
    uint32_t mark = c->ir.count;
    for (unsigned i = 0; i < FLOAT_REGISTER_COUNT; i++)
        path.temp_in[i] = NO_TEMP;
    emit_path(&path, exit, no_floats);
    if (path.failed) { // no operation was done
        c->ir.count = mark;
        path.odds.count = 0;
    }
    for (size_t i = 0; i < path.odds.count; i++)
        emit_odd(&path, &path.odds.items[i]);
    for (size_t i = 0; i < path.bails.count; i++) {
        const Bail *bail = &path.bails.items[i];
        ir_label(&c->ir, bail->label);
        leave(&path, &bail->state, can_leave(&path, &bail->state, bail->pc));
    }
    array_free(&path.bails);
    array_free(&path.odds);
    ir_label(&c->ir, no_floats);
}
