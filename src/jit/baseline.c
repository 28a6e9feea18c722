// SPDX-License-Identifier: MIT
// The baseline compiler: one pass like the naive one, but operands stay where they are until
// something needs them on the stack (stack-to-register mapping). c->stack says where each operand
// is, deepest first; those on the real stack are always the deepest.
//
// Rules that keep it simple:
//   - before a label that is jumped to, a jump, a send and every call of C, all operands are
//   pushed;
//     so frames that may be looked at are exactly the interpreter's
//   - an operation takes its operands out of T0 and S0 to S2, never changes those registers, and
//     works in T1 to T7; its answer is in T0
//   - what lies below the operands is pushed before the operation, so that its slow way, a send
//     behind the rest of the code, comes back with the same stack
//   - a temporary is pushed lazily, and before it changes
//   - exit_interpret is asked for while the operands are still on c->stack
#include <stddef.h>
#include <stdlib.h>

#include "jit/compilation.h"
#include "jit/natives.h"
#include "jit/relied.h"
#include "object/header.h"
#include "run/context.h"

#define TEMPLATE(NAME)                                                                             \
    static void baseline_##NAME(Compilation *c __attribute__((unused)),                            \
                                int64_t a __attribute__((unused)),                                 \
                                int64_t b __attribute__((unused)))

// ---- the stack of values

static Value *at(Compilation *c, size_t position) {
    return &c->stack.items[c->stack.count - 1 - position];
}
static void push(Compilation *c, ValueKind kind, Reg reg, int64_t number) {
    if (!array_push(&c->stack, ((Value){kind, reg, number}))) c->failed = true;
}
static void push_register(Compilation *c, Reg reg) { push(c, VALUE_REGISTER, reg, 0); }

// All but the `kept` topmost values go onto the real stack.
static void spill_below(Compilation *c, size_t kept) {
    for (size_t i = 0; i + kept < c->stack.count; i++) {
        Value *value = &c->stack.items[i];
        if (value->kind == VALUE_SPILLED) continue;
        c->frameless_failed |= c->is_frameless;
        emit_push_value(c, value);
        *value = (Value){.kind = VALUE_SPILLED};
    }
}
static void spill_all(Compilation *c) { spill_below(c, 0); }

static bool is_used(const Compilation *c, Reg reg) {
    for (size_t i = 0; i < c->stack.count; i++)
        if (c->stack.items[i].kind == VALUE_REGISTER && c->stack.items[i].reg == reg) return true;
    return false;
}
// One of S0 to S2 that holds no value.
static Reg free_register(Compilation *c) {
    static const Reg pool[] = {R_S0, R_S1, R_S2};
    for (size_t i = 0; i < sizeof pool / sizeof *pool; i++)
        if (!is_used(c, pool[i])) return pool[i];
    spill_all(c);
    return pool[0];
}
// The value is in a register from now on. Values above must not be spilled.
static Reg in_register(Compilation *c, size_t position) {
    Value *value = at(c, position);
    if (value->kind == VALUE_REGISTER) return value->reg;
    Reg reg = free_register(c);
    emit_load_value(c, reg, value);
    *value = (Value){.kind = VALUE_REGISTER, .reg = reg};
    return reg;
}
// Takes values off; those on the real stack, too.
static void pop(Compilation *c, size_t count) {
    int64_t spilled = 0;
    for (; count > 0; count--) {
        spilled += at(c, 0)->kind == VALUE_SPILLED;
        c->stack.count--;
    }
    if (spilled) ir_rm(&c->ir, IR_ADDRESS, R_SP, R_SP, 8 * spilled);
}
// Takes values off that the code has taken off already.
static void forget(Compilation *c, size_t count) { c->stack.count -= count; }
static void pop_into(Compilation *c, Reg to) {
    emit_load_value(c, to, at(c, 0));
    forget(c, 1);
}

// ---- pushes
TEMPLATE(PUSH_RECEIVER_VARIABLE) {
    Reg reg = free_register(c);
    emit_load_value(c, reg, &(Value){.kind = VALUE_VARIABLE, .number = a});
    push_register(c, reg);
}
// The temporaries of an old block lie among its operands.
static void settle_temp(Compilation *c, int64_t index) {
    bool is_read = index >= (int64_t)c->temp_count;
    for (size_t i = 0; i < c->stack.count; i++)
        is_read |= c->stack.items[i].kind == VALUE_TEMP && c->stack.items[i].number == index;
    if (is_read) spill_all(c);
}
TEMPLATE(PUSH_TEMP) {
    if (a < (int64_t)c->temp_count) {
        push(c, VALUE_TEMP, 0, a);
        return;
    }
    spill_all(c);
    Reg reg = free_register(c);
    ir_rm(&c->ir, IR_LOAD, reg, R_FP, fp_temp((unsigned)a));
    push_register(c, reg);
}
TEMPLATE(PUSH_LITERAL) {
    Value literal = compilation_literal(c, a);
    push(c, literal.kind, 0, literal.number);
}
static void push_slot(Compilation *c, Reg object, int64_t index) {
    emit_check_slots(c, object, index);
    ir_rm(&c->ir, IR_LOAD, object, object, slot_offset(index));
    push_register(c, object);
}
TEMPLATE(PUSH_LITERAL_VARIABLE) {
    Reg reg = free_register(c);
    emit_literal(c, reg, a);
    push_slot(c, reg, ASSOCIATION_VALUE);
}
TEMPLATE(PUSH_REMOTE_TEMP) {
    Reg reg = free_register(c);
    ir_rm(&c->ir, IR_LOAD, reg, R_FP, fp_temp((unsigned)b));
    push_slot(c, reg, a);
}
TEMPLATE(PUSH_RECEIVER) { push(c, VALUE_RECEIVER, 0, 0); }
TEMPLATE(PUSH_TRUE) { push(c, VALUE_NEAR_NIL, 0, boolean_offset(c, true)); }
TEMPLATE(PUSH_FALSE) { push(c, VALUE_NEAR_NIL, 0, boolean_offset(c, false)); }
TEMPLATE(PUSH_NIL) { push(c, VALUE_NEAR_NIL, 0, 0); }
TEMPLATE(PUSH_INTEGER) { push(c, VALUE_CONSTANT, 0, (int64_t)oop_bits(oop_from_num(num(a)))); }
TEMPLATE(PUSH_CHARACTER) { push(c, VALUE_CONSTANT, 0, (int64_t)oop_bits(char_from_code(num(a)))); }
TEMPLATE(DUP) {
    if (at(c, 0)->kind == VALUE_SPILLED) in_register(c, 0);
    Value value = *at(c, 0);
    push(c, value.kind, value.reg, value.number);
}
TEMPLATE(POP) { pop(c, 1); }
TEMPLATE(NOP) {}
TEMPLATE(CALL_PRIMITIVE) {}

// ---- answers of sends and of C: in T0; a frame that comes back later finds them on its stack
static void push_answer(Compilation *c, size_t operands) {
    forget(c, operands);
    Label resume = ir_new_label(&c->ir), back = ir_new_label(&c->ir);
    ir_label(&c->ir, back);
    note_exit(c, (NotedExit){.kind = EXIT_RESUME, .label = resume, .back = back, .pc = c->next_pc});
    note_resume(c, c->next_pc, resume);
    push_register(c, R_T0);
}
static void by_body(Compilation *c) {
    StackEffect effect = instruction_stack_effect(&c->in);
    spill_all(c);
    emit_body(c);
    push_answer(c, (size_t)effect.pops);
}
TEMPLATE(PUSH_THIS_CONTEXT) { by_body(c); }
TEMPLATE(PUSH_THIS_PROCESS) { by_body(c); }
TEMPLATE(PUSH_NEW_ARRAY) { by_body(c); }
TEMPLATE(PUSH_ARRAY_OF_TOP) { by_body(c); }
TEMPLATE(PUSH_FULL_CLOSURE) { by_body(c); }
TEMPLATE(PUSH_CLOSURE) { // goes on behind the block's code, and never stops before it
    spill_all(c);
    emit_body(c);
    forget(c, (size_t)b);
    push_register(c, R_T0);
}

// ---- stores
// Neither numbers nor nil and the booleans, which are old, concern the collector.
static bool may_be_young(const Value *value) {
    return value->kind != VALUE_CONSTANT && value->kind != VALUE_NEAR_NIL;
}
// The top into slot `index` of the object in T1, which stays there.
static void store_top(Compilation *c, int64_t index) {
    const Value *top = at(c, 0);
    if (may_be_young(top)) {
        emit_load_value(c, R_T2, top);
        emit_store(c, index);
    } else if (top->kind == VALUE_CONSTANT && top->number == (int32_t)top->number) {
        ir_mi(&c->ir, IR_STORE_CONSTANT, R_T1, slot_offset(index), (int32_t)top->number);
    } else {
        emit_load_value(c, R_T2, top);
        ir_rm(&c->ir, IR_STORE, R_T2, R_T1, slot_offset(index));
    }
}
// The top out of the register that calls of C do not leave alone.
static void save_top(Compilation *c) {
    Value *top = at(c, 0);
    if (top->kind != VALUE_REGISTER || top->reg != R_T0) return;
    top->reg = free_register(c);
    ir_rr(&c->ir, IR_MOVE, top->reg, R_T0);
}
// The top, alone not on the real stack, where calls of C leave it alone.
static void settle_top(Compilation *c) {
    spill_below(c, 1);
    save_top(c);
    if (at(c, 0)->kind == VALUE_SPILLED) in_register(c, 0);
}
TEMPLATE(STORE_RECEIVER_VARIABLE) {
    settle_top(c);
    emit_load_value(c, R_T1, &(Value){.kind = VALUE_RECEIVER});
    if (!c->has_stored) emit_check_writable(c, R_T1);
    store_top(c, a);
    c->has_stored = c->is_frameless;
}
TEMPLATE(POP_INTO_RECEIVER_VARIABLE) {
    baseline_STORE_RECEIVER_VARIABLE(c, a, b);
    pop(c, 1);
}
TEMPLATE(STORE_TEMP) {
    if (!c->stack.count) { // the code of a failed primitive, which lies in the last temporary
        ir_rm(&c->ir, IR_LOAD, R_T1, R_SP, 0);
        ir_rm(&c->ir, IR_STORE, R_T1, R_FP, fp_temp((unsigned)a));
        return;
    }
    settle_temp(c, a);
    Reg reg = in_register(c, 0);
    ir_rm(&c->ir, IR_STORE, reg, R_FP, fp_temp((unsigned)a));
}
TEMPLATE(POP_INTO_TEMP) {
    settle_temp(c, a);
    const Value *top = at(c, 0);
    if (top->kind == VALUE_CONSTANT && top->number == (int32_t)top->number) {
        ir_mi(&c->ir, IR_STORE_CONSTANT, R_FP, fp_temp((unsigned)a), (int32_t)top->number);
        forget(c, 1);
    } else if (top->kind == VALUE_REGISTER) {
        ir_rm(&c->ir, IR_STORE, top->reg, R_FP, fp_temp((unsigned)a));
        forget(c, 1);
    } else {
        pop_into(c, R_T1);
        ir_rm(&c->ir, IR_STORE, R_T1, R_FP, fp_temp((unsigned)a));
    }
}
TEMPLATE(STORE_LITERAL_VARIABLE) {
    settle_top(c);
    emit_literal(c, R_T1, a);
    emit_check_slots(c, R_T1, ASSOCIATION_VALUE);
    emit_check_writable(c, R_T1);
    store_top(c, ASSOCIATION_VALUE);
}
TEMPLATE(POP_INTO_LITERAL_VARIABLE) {
    baseline_STORE_LITERAL_VARIABLE(c, a, b);
    pop(c, 1);
}
TEMPLATE(STORE_REMOTE_TEMP) {
    settle_top(c);
    ir_rm(&c->ir, IR_LOAD, R_T1, R_FP, fp_temp((unsigned)b));
    emit_check_slots(c, R_T1, a);
    store_top(c, a);
}
TEMPLATE(POP_INTO_REMOTE_TEMP) {
    baseline_STORE_REMOTE_TEMP(c, a, b);
    pop(c, 1);
}

// ---- returns: what else is on the stack is dead. A frame may stop before its return and have to
// try it again: then its top lies on the stack.
static void return_t0(Compilation *c) {
    if (c->block) {
        spill_all(c);
        emit_non_local_return(c);
    } else {
        emit_return(c);
    }
}
static void load_top(Compilation *c) {
    if (at(c, 0)->kind == VALUE_SPILLED)
        ir_rm(&c->ir, IR_LOAD, R_T0, R_SP, 0);
    else
        emit_load_value(c, R_T0, at(c, 0));
}
static void return_near_nil(Compilation *c, int64_t offset) {
    spill_all(c);
    ir_rm(&c->ir, IR_ADDRESS, R_T0, R_NIL, offset);
    return_t0(c);
}
TEMPLATE(RETURN_RECEIVER) {
    spill_all(c);
    emit_load_value(c, R_T0, &(Value){.kind = VALUE_RECEIVER});
    return_t0(c);
}
TEMPLATE(RETURN_TRUE) { return_near_nil(c, boolean_offset(c, true)); }
TEMPLATE(RETURN_FALSE) { return_near_nil(c, boolean_offset(c, false)); }
TEMPLATE(RETURN_NIL) { return_near_nil(c, 0); }
TEMPLATE(RETURN_TOP) {
    spill_below(c, c->block ? 0 : 1);
    load_top(c);
    return_t0(c);
}
TEMPLATE(BLOCK_RETURN_TOP) {
    spill_below(c, 1);
    load_top(c);
    emit_return(c);
}
TEMPLATE(BLOCK_RETURN_NIL) {
    spill_all(c);
    ir_rr(&c->ir, IR_MOVE, R_T0, R_NIL);
    emit_return(c);
}

// ---- jumps
static void jump_to(Compilation *c, int64_t target) {
    if (target < c->next_pc) emit_safe_point(c, (uint32_t)target);
    ir_jump(&c->ir, label_at(c, target));
}
TEMPLATE(JUMP) {
    spill_all(c);
    jump_to(c, c->next_pc + a);
}
static void conditional_jump(Compilation *c, bool wanted, int64_t distance) {
    Label other = ir_new_label(&c->ir);
    spill_below(c, 1);
    Reg condition = in_register(c, 0);
    ir_rm(&c->ir, IR_ADDRESS, R_T1, R_NIL, boolean_offset(c, wanted));
    ir_rr(&c->ir, IR_COMPARE, condition, R_T1);
    if (distance >= 0) {
        ir_jump_if(&c->ir, COND_EQUAL, label_at(c, c->next_pc + distance));
    } else {
        ir_jump_if(&c->ir, COND_NOT_EQUAL, other);
        jump_to(c, c->next_pc + distance);
        ir_label(&c->ir, other);
    }
    ir_rm(&c->ir, IR_ADDRESS, R_T1, R_NIL, boolean_offset(c, !wanted));
    ir_rr(&c->ir, IR_COMPARE, condition, R_T1);
    ir_jump_if(&c->ir, COND_NOT_EQUAL, exit_interpret(c));
    forget(c, 1);
}
TEMPLATE(JUMP_IF_TRUE) { conditional_jump(c, true, a); }
TEMPLATE(JUMP_IF_FALSE) { conditional_jump(c, false, a); }

// ---- sends
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
static void send(Compilation *c, SendKind kind, int64_t selector, int64_t argument_count) {
    push_operands(c, (size_t)argument_count + (kind == SEND_DIRECTED));
    emit_send(c, kind, selector, argument_count);
    push_answer(c, (size_t)argument_count + (kind == SEND_DIRECTED ? 2 : 1));
}
TEMPLATE(SEND) { send(c, SEND_NORMAL, a, b); }
TEMPLATE(SUPER_SEND) { send(c, SEND_TO_SUPER, a, b); }
TEMPLATE(DIRECTED_SUPER_SEND) { send(c, SEND_DIRECTED, a, b); }

// ---- operations on two operands, with a send behind the code for what they are not made for
typedef struct Binary {
    Reg x, y;
    bool x_is_constant, y_is_constant; // integers
    int64_t x_number, y_number;        // their words
    Label slow;
    SecondTry second_try; // and what for: see NotedExit
    IrOp operation;
    Condition condition;
} Binary;

static bool is_integer_constant(const Value *value) {
    return value->kind == VALUE_CONSTANT && (value->number & TAG_MASK) == TAG_INT;
}
// Operands into registers or constants; unless both are integers, to binary.slow.
static Binary begin_binary(Compilation *c) {
    Binary binary = {.slow = exit_label(c)};
    spill_below(c, 2);
    binary.y_is_constant = is_integer_constant(at(c, 0));
    binary.y_number = at(c, 0)->number;
    if (!binary.y_is_constant) binary.y = in_register(c, 0);
    binary.x_is_constant = is_integer_constant(at(c, 1)) && !binary.y_is_constant;
    binary.x_number = at(c, 1)->number;
    if (!binary.x_is_constant) binary.x = in_register(c, 1);
    return binary;
}
static void check_integers(Compilation *c, const Binary *binary) {
    Reg tested = binary->x_is_constant ? binary->y : binary->x;
    if (!binary->x_is_constant && !binary->y_is_constant) {
        ir_rr(&c->ir, IR_MOVE, R_T1, binary->x);
        ir_rr(&c->ir, IR_AND, R_T1, binary->y);
        tested = R_T1;
    }
    ir_ri(&c->ir, IR_TEST_CONSTANT, tested, TAG_INT);
    ir_jump_if(&c->ir, COND_EQUAL, binary->slow);
}
static void on_floats(Binary *binary, IrOp operation) {
    binary->second_try = TRY_FLOATS;
    binary->operation = operation;
}
// The slow way of a special send, with its operands where they are now.
static NotedExit exit_send(Compilation *c, ExitKind kind, const Binary *binary, int64_t selector,
                           unsigned operands) {
    NotedExit exit = {.kind = kind,
                      .label = binary->slow,
                      .pc = c->pc,
                      .next_pc = c->next_pc,
                      .selector = (uint32_t)selector,
                      .below = (uint32_t)(c->stack.count - operands),
                      .argument_count = (uint8_t)(operands - 1),
                      .second_try = (uint8_t)binary->second_try,
                      .operation = (uint8_t)binary->operation,
                      .condition = (uint8_t)binary->condition,
                      .first_value = (uint32_t)c->exit_values.count,
                      .value_count = operands};
    for (size_t i = operands; i-- > 0;)
        if (!array_push(&c->exit_values, *at(c, i))) c->failed = true;
    return exit;
}
// The answer is in T0, and so it is when the slow way, which pushes the operands and sends, is back.
static void end_special(Compilation *c, const Binary *binary, int64_t selector, unsigned operands) {
    NotedExit exit = exit_send(c, EXIT_SEND, binary, selector, operands);
    exit.back = ir_new_label(&c->ir);
    note_exit(c, exit);
    ir_label(&c->ir, exit.back);
    forget(c, operands);
    push_register(c, R_T0);
}
// The same with the answer in T1.
static void end_binary(Compilation *c, const Binary *binary, int64_t selector) {
    ir_rr(&c->ir, IR_MOVE, R_T0, R_T1);
    end_special(c, binary, selector, 2);
}
// T1 := x, or a constant.
static void load_x(Compilation *c, const Binary *binary) {
    if (binary->x_is_constant)
        ir_ri(&c->ir, IR_CONSTANT, R_T1, binary->x_number);
    else
        ir_rr(&c->ir, IR_MOVE, R_T1, binary->x);
}
TEMPLATE(SEND_ADD) {
    Binary binary = begin_binary(c);
    on_floats(&binary, IR_FLOAT_ADD);
    check_integers(c, &binary);
    load_x(c, &binary);
    if (binary.y_is_constant) {
        ir_ri(&c->ir, IR_ADD_CONSTANT, R_T1, binary.y_number - TAG_INT);
    } else {
        ir_ri(&c->ir, IR_SUBTRACT_CONSTANT, R_T1, TAG_INT);
        ir_rr(&c->ir, IR_ADD, R_T1, binary.y);
    }
    ir_jump_if(&c->ir, COND_OVERFLOW, binary.slow);
    end_binary(c, &binary, a);
}
TEMPLATE(SEND_SUBTRACT) {
    Binary binary = begin_binary(c);
    on_floats(&binary, IR_FLOAT_SUBTRACT);
    check_integers(c, &binary);
    load_x(c, &binary);
    if (binary.y_is_constant) {
        ir_ri(&c->ir, IR_SUBTRACT_CONSTANT, R_T1, binary.y_number - TAG_INT);
        ir_jump_if(&c->ir, COND_OVERFLOW, binary.slow);
    } else {
        ir_rr(&c->ir, IR_SUBTRACT, R_T1, binary.y);
        ir_jump_if(&c->ir, COND_OVERFLOW, binary.slow);
        ir_ri(&c->ir, IR_ADD_CONSTANT, R_T1, TAG_INT);
    }
    end_binary(c, &binary, a);
}
TEMPLATE(SEND_MULTIPLY) {
    Binary binary = begin_binary(c);
    on_floats(&binary, IR_FLOAT_MULTIPLY);
    check_integers(c, &binary);
    load_x(c, &binary);
    ir_ri(&c->ir, IR_SUBTRACT_CONSTANT, R_T1, TAG_INT);
    if (binary.y_is_constant)
        ir_ri(&c->ir, IR_CONSTANT, R_T2, binary.y_number);
    else
        ir_rr(&c->ir, IR_MOVE, R_T2, binary.y);
    ir_ri(&c->ir, IR_SHIFT_ARITHMETIC_CONSTANT, R_T2, TAG_BITS);
    ir_multiply(&c->ir, R_T1, R_T2, binary.slow);
    ir_ri(&c->ir, IR_ADD_CONSTANT, R_T1, TAG_INT);
    end_binary(c, &binary, a);
}
static void bitwise(Compilation *c, IrOp op, IrOp constant_op, int64_t selector) {
    Binary binary = begin_binary(c);
    check_integers(c, &binary);
    load_x(c, &binary);
    if (binary.y_is_constant)
        ir_ri(&c->ir, constant_op, R_T1, binary.y_number);
    else
        ir_rr(&c->ir, op, R_T1, binary.y);
    end_binary(c, &binary, selector);
}
TEMPLATE(SEND_BIT_AND) { bitwise(c, IR_AND, IR_AND_CONSTANT, a); }
TEMPLATE(SEND_BIT_OR) { bitwise(c, IR_OR, IR_OR_CONSTANT, a); }

// ---- comparisons, which often have a conditional jump behind them
static bool takes_jump(const Compilation *c, Instruction *jump) {
    return compilation_peek(c, jump) &&
           (jump->op == BC_JUMP_IF_TRUE || jump->op == BC_JUMP_IF_FALSE) && jump->a >= 0 &&
           !c->is_target[c->next_pc - c->first_pc];
}
static void compare_operands(Compilation *c, const Binary *binary) {
    if (binary->y_is_constant) {
        ir_ri(&c->ir, IR_COMPARE_CONSTANT, binary->x, binary->y_number);
        return;
    }
    Reg x = binary->x;
    if (binary->x_is_constant) load_x(c, binary), x = R_T1;
    ir_rr(&c->ir, IR_COMPARE, x, binary->y);
}
static void compare_for_value(Compilation *c, const Binary *binary, Condition condition,
                              int64_t selector) {
    Label holds = ir_new_label(&c->ir);
    ir_rm(&c->ir, IR_ADDRESS, R_T1, R_NIL, boolean_offset(c, true));
    ir_jump_if(&c->ir, condition, holds);
    ir_rm(&c->ir, IR_ADDRESS, R_T1, R_NIL, boolean_offset(c, false));
    ir_label(&c->ir, holds);
    end_binary(c, binary, selector);
}
// The flags are set. The slow way takes its answer apart and jumps, too.
static void compare_for_jump(Compilation *c, const Binary *binary, Condition condition,
                             int64_t selector, const Instruction *jump) {
    Label on = ir_new_label(&c->ir);
    uint32_t jump_pc = c->next_pc, behind = jump_pc + jump->length;
    bool on_true = jump->op == BC_JUMP_IF_TRUE;
    Label target = label_at(c, (int64_t)behind + jump->a);
    NotedExit exit = exit_send(c, EXIT_SEND_JUMP, binary, selector, 2);
    exit.back = on_true ? target : on;
    exit.back_if_false = on_true ? on : target;
    note_exit(c, exit);
    ir_jump_if(&c->ir, on_true ? condition : condition_opposite(condition), target);
    ir_label(&c->ir, on);
    forget(c, 2);
    compilation_take(c, jump);
}
static void compare(Compilation *c, Condition condition, int64_t selector) {
    Instruction jump;
    Binary binary = begin_binary(c);
    on_floats(&binary, IR_FLOAT_COMPARE);
    binary.condition = condition;
    check_integers(c, &binary);
    compare_operands(c, &binary);
    if (takes_jump(c, &jump))
        compare_for_jump(c, &binary, condition, selector, &jump);
    else
        compare_for_value(c, &binary, condition, selector);
}
TEMPLATE(SEND_LESS) { compare(c, COND_LESS, a); }
TEMPLATE(SEND_GREATER) { compare(c, COND_GREATER, a); }
TEMPLATE(SEND_LESS_OR_EQUAL) { compare(c, COND_LESS_OR_EQUAL, a); }
TEMPLATE(SEND_GREATER_OR_EQUAL) { compare(c, COND_GREATER_OR_EQUAL, a); }
TEMPLATE(SEND_EQUAL) { compare(c, COND_EQUAL, a); }
TEMPLATE(SEND_NOT_EQUAL) { compare(c, COND_NOT_EQUAL, a); }

// ---- identity. What is not the same may be so behind a forwarder: that is for the interpreter.
static void check_no_forwarder(Compilation *c, const Value *value, Reg object, Label interpreted) {
    Label fine = ir_new_label(&c->ir);
    if (value && (value->kind == VALUE_CONSTANT || value->kind == VALUE_NEAR_NIL)) return;
    ir_ri(&c->ir, IR_TEST_CONSTANT, object, TAG_MASK);
    ir_jump_if(&c->ir, COND_NOT_EQUAL, fine);
    ir_rm(&c->ir, IR_LOAD32, R_T2, object, 0);
    ir_ri(&c->ir, IR_AND_CONSTANT, R_T2, (int64_t)HEADER_CLASS_INDEX_MASK);
    ir_ri(&c->ir, IR_COMPARE_CONSTANT, R_T2, CLASS_INDEX_FORWARDER);
    ir_jump_if(&c->ir, COND_EQUAL, interpreted);
    ir_label(&c->ir, fine);
}
static void identical(Compilation *c, bool wanted) {
    Instruction jump;
    Label same = ir_new_label(&c->ir), done = ir_new_label(&c->ir);
    spill_below(c, 2);
    Value y_value = *at(c, 0);
    Reg y = in_register(c, 0);
    Value x_value = *at(c, 1);
    Reg x = in_register(c, 1);
    Label interpreted = exit_interpret(c);
    bool jumps = takes_jump(c, &jump);
    int64_t behind = c->next_pc + (jumps ? jump.length : 0);
    bool jumps_if_same = jumps && (jump.op == BC_JUMP_IF_TRUE) == wanted;
    Label target = jumps ? label_at(c, behind + jump.a) : done;
    ir_rr(&c->ir, IR_COMPARE, x, y);
    ir_jump_if(&c->ir, COND_EQUAL, jumps_if_same ? target : same);
    check_no_forwarder(c, &x_value, x, interpreted);
    check_no_forwarder(c, &y_value, y, interpreted);
    forget(c, 2);
    if (jumps) {
        if (!jumps_if_same) ir_jump(&c->ir, target);
        ir_label(&c->ir, same);
        compilation_take(c, &jump);
        return;
    }
    ir_rm(&c->ir, IR_ADDRESS, R_T0, R_NIL, boolean_offset(c, !wanted));
    ir_jump(&c->ir, done);
    ir_label(&c->ir, same);
    ir_rm(&c->ir, IR_ADDRESS, R_T0, R_NIL, boolean_offset(c, wanted));
    ir_label(&c->ir, done);
    push_register(c, R_T0);
}
TEMPLATE(SEND_IDENTICAL) { identical(c, true); }
TEMPLATE(SEND_NOT_IDENTICAL) { identical(c, false); }

// ---- division, rounding down, by what is neither 0 nor -1
// T0 := x quo y, T2 := x rem y, T3 := y; T5 keeps what was in T0, which may be an operand.
static Binary divide(Compilation *c) {
    Binary binary = begin_binary(c);
    check_integers(c, &binary);
    load_x(c, &binary);
    if (binary.y_is_constant)
        ir_ri(&c->ir, IR_CONSTANT, R_T3, binary.y_number);
    else
        ir_rr(&c->ir, IR_MOVE, R_T3, binary.y);
    ir_ri(&c->ir, IR_SHIFT_ARITHMETIC_CONSTANT, R_T3, TAG_BITS);
    ir_rr(&c->ir, IR_MOVE, R_T4, R_T3);
    ir_ri(&c->ir, IR_ADD_CONSTANT, R_T4, 1);
    ir_ri(&c->ir, IR_COMPARE_CONSTANT, R_T4, 1);
    ir_jump_if(&c->ir, COND_BELOW_OR_EQUAL, binary.slow);
    ir_rr(&c->ir, IR_MOVE, R_T5, R_T0);
    ir_rr(&c->ir, IR_MOVE, R_T0, R_T1);
    ir_ri(&c->ir, IR_SHIFT_ARITHMETIC_CONSTANT, R_T0, TAG_BITS);
    ir_r(&c->ir, IR_DIVIDE, R_T3);
    return binary;
}
// Jumps unless the remainder T2 has another sign than the divisor T3: then the quotient is right.
static Label jump_if_rounded(Compilation *c) {
    Label rounded = ir_new_label(&c->ir);
    ir_ri(&c->ir, IR_COMPARE_CONSTANT, R_T2, 0);
    ir_jump_if(&c->ir, COND_EQUAL, rounded);
    ir_rr(&c->ir, IR_MOVE, R_T4, R_T2);
    ir_rr(&c->ir, IR_XOR, R_T4, R_T3);
    ir_jump_if(&c->ir, COND_NOT_NEGATIVE, rounded);
    return rounded;
}
static void tag_t1(Compilation *c) {
    ir_ri(&c->ir, IR_SHIFT_LEFT_CONSTANT, R_T1, TAG_BITS);
    ir_ri(&c->ir, IR_ADD_CONSTANT, R_T1, TAG_INT);
}
TEMPLATE(SEND_INTEGER_DIVIDE) {
    Binary binary = divide(c);
    Label rounded = jump_if_rounded(c);
    ir_ri(&c->ir, IR_SUBTRACT_CONSTANT, R_T0, 1);
    ir_label(&c->ir, rounded);
    ir_rr(&c->ir, IR_MOVE, R_T1, R_T0);
    tag_t1(c);
    end_binary(c, &binary, a);
}
TEMPLATE(SEND_MODULO) {
    Binary binary = divide(c);
    Label rounded = jump_if_rounded(c);
    ir_rr(&c->ir, IR_ADD, R_T2, R_T3);
    ir_label(&c->ir, rounded);
    ir_rr(&c->ir, IR_MOVE, R_T1, R_T2);
    tag_t1(c);
    end_binary(c, &binary, a);
}
TEMPLATE(SEND_DIVIDE) {
    Binary binary = divide(c);
    on_floats(&binary, IR_FLOAT_DIVIDE);
    Label exact = ir_new_label(&c->ir);
    ir_ri(&c->ir, IR_COMPARE_CONSTANT, R_T2, 0);
    ir_jump_if(&c->ir, COND_EQUAL, exact);
    ir_rr(&c->ir, IR_MOVE, R_T0, R_T5);
    ir_jump(&c->ir, binary.slow);
    ir_label(&c->ir, exact);
    ir_rr(&c->ir, IR_MOVE, R_T1, R_T0);
    tag_t1(c);
    end_binary(c, &binary, a);
}

// ---- shifts
TEMPLATE(SEND_BIT_SHIFT) {
    const int64_t widest = 60;
    Binary binary = begin_binary(c);
    Label right = ir_new_label(&c->ir), shifted = ir_new_label(&c->ir);
    Label bounded = ir_new_label(&c->ir);
    check_integers(c, &binary);
    load_x(c, &binary);
    ir_rr(&c->ir, IR_MOVE, R_T2, R_T1);
    ir_ri(&c->ir, IR_SHIFT_ARITHMETIC_CONSTANT, R_T2, TAG_BITS);
    if (binary.y_is_constant)
        ir_ri(&c->ir, IR_CONSTANT, R_T1, binary.y_number);
    else
        ir_rr(&c->ir, IR_MOVE, R_T1, binary.y);
    ir_ri(&c->ir, IR_SHIFT_ARITHMETIC_CONSTANT, R_T1, TAG_BITS);
    ir_ri(&c->ir, IR_COMPARE_CONSTANT, R_T1, 0);
    ir_jump_if(&c->ir, COND_LESS, right);
    ir_ri(&c->ir, IR_COMPARE_CONSTANT, R_T1, widest);
    ir_jump_if(&c->ir, COND_GREATER, binary.slow);
    // To the left: back again it must be the same, also with the tag's bits.
    ir_rr(&c->ir, IR_MOVE, R_T3, R_T2);
    ir_r(&c->ir, IR_SHIFT_LEFT, R_T3);
    ir_rr(&c->ir, IR_MOVE, R_T4, R_T3);
    ir_ri(&c->ir, IR_SHIFT_LEFT_CONSTANT, R_T4, TAG_BITS);
    ir_rr(&c->ir, IR_MOVE, R_T3, R_T4);
    ir_ri(&c->ir, IR_SHIFT_ARITHMETIC_CONSTANT, R_T4, TAG_BITS);
    ir_r(&c->ir, IR_SHIFT_ARITHMETIC, R_T4);
    ir_rr(&c->ir, IR_COMPARE, R_T4, R_T2);
    ir_jump_if(&c->ir, COND_NOT_EQUAL, binary.slow);
    ir_rr(&c->ir, IR_MOVE, R_T1, R_T3);
    ir_jump(&c->ir, shifted);
    ir_label(&c->ir, right);
    ir_r(&c->ir, IR_NEGATE, R_T1);
    ir_ri(&c->ir, IR_COMPARE_CONSTANT, R_T1, widest);
    ir_jump_if(&c->ir, COND_BELOW_OR_EQUAL, bounded);
    ir_ri(&c->ir, IR_CONSTANT, R_T1, 63);
    ir_label(&c->ir, bounded);
    ir_r(&c->ir, IR_SHIFT_ARITHMETIC, R_T2);
    ir_rr(&c->ir, IR_MOVE, R_T1, R_T2);
    ir_ri(&c->ir, IR_SHIFT_LEFT_CONSTANT, R_T1, TAG_BITS);
    ir_label(&c->ir, shifted);
    ir_ri(&c->ir, IR_ADD_CONSTANT, R_T1, TAG_INT);
    end_binary(c, &binary, a);
}

// ---- elements of Arrays; Strings are tried behind the code, before it sends

// To binary.slow unless the register holds a direct instance of the row's class. T1 is lost.
static void check_class(Compilation *c, Reg object, Relied relied, Label slow) {
    ir_ri(&c->ir, IR_TEST_CONSTANT, object, TAG_MASK);
    ir_jump_if(&c->ir, COND_NOT_EQUAL, slow);
    native_load_class_index(c, R_T1, object);
    ir_rm(&c->ir, IR_COMPARE_MEMORY, R_T1, R_VM, (int64_t)relied_class_offset(relied));
    ir_jump_if(&c->ir, COND_NOT_EQUAL, slow);
}
// T1: 8 bytes before the element. The index's word less its tag is 8 times the index. T2 is lost.
static void load_place(Compilation *c, const Binary *binary) {
    const int64_t first = 1 << TAG_BITS | TAG_INT;
    native_load_slot_count(c, R_T2, binary->x);
    ir_ri(&c->ir, IR_SHIFT_LEFT_CONSTANT, R_T2, TAG_BITS);
    if (binary->y_is_constant)
        ir_ri(&c->ir, IR_CONSTANT, R_T1, binary->y_number - first);
    else
        ir_rm(&c->ir, IR_ADDRESS, R_T1, binary->y, -first);
    ir_rr(&c->ir, IR_COMPARE, R_T1, R_T2);
    ir_jump_if(&c->ir, COND_ABOVE_OR_EQUAL, binary->slow);
    ir_rr(&c->ir, IR_ADD, R_T1, binary->x);
}
static void check_index(Compilation *c, const Binary *binary) {
    if (!binary->y_is_constant) native_check_integer(c, binary->y, binary->slow);
}
TEMPLATE(SEND_AT) {
    if (is_integer_constant(at(c, 1)) || !relied_holds(c->vm, RELIED_ARRAY_AT)) {
        send(c, SEND_SPECIAL, a, b);
        return;
    }
    Binary binary = begin_binary(c);
    if (relied_holds(c->vm, RELIED_STRING_AT)) binary.second_try = TRY_STRING_AT;
    check_index(c, &binary);
    check_class(c, binary.x, RELIED_ARRAY_AT, binary.slow);
    load_place(c, &binary);
    ir_rm(&c->ir, IR_LOAD, R_T1, R_T1, 8);
    end_binary(c, &binary, a);
}
TEMPLATE(SEND_AT_PUT) {
    if (is_integer_constant(at(c, 2)) || !relied_holds(c->vm, RELIED_ARRAY_AT_PUT)) {
        send(c, SEND_SPECIAL, a, b);
        return;
    }
    Binary binary = {.slow = exit_label(c)};
    spill_below(c, 3);
    bool is_managed = may_be_young(at(c, 0));
    save_top(c);
    Reg value = in_register(c, 0);
    binary.y_is_constant = is_integer_constant(at(c, 1));
    binary.y_number = at(c, 1)->number;
    if (!binary.y_is_constant) binary.y = in_register(c, 1);
    binary.x = in_register(c, 2);
    check_index(c, &binary);
    check_class(c, binary.x, RELIED_ARRAY_AT_PUT, binary.slow);
    ir_mi(&c->ir, IR_TEST_MEMORY32, binary.x, 0, (int32_t)HEADER_IMMUTABLE);
    ir_jump_if(&c->ir, COND_NOT_EQUAL, binary.slow);
    load_place(c, &binary);
    ir_rm(&c->ir, IR_STORE, value, R_T1, 8);
    if (is_managed) {
        ir_rr(&c->ir, IR_MOVE, R_T1, binary.x);
        ir_rr(&c->ir, IR_MOVE, R_T2, value);
        emit_barrier(c);
    }
    ir_rr(&c->ir, IR_MOVE, R_T0, value);
    end_special(c, &binary, a, 3);
}
TEMPLATE(SEND_SIZE) {
    if (is_integer_constant(at(c, 0)) || !relied_holds(c->vm, RELIED_ARRAY_SIZE)) {
        send(c, SEND_SPECIAL, a, b);
        return;
    }
    Binary binary = {.slow = exit_label(c)};
    spill_below(c, 1);
    binary.x = in_register(c, 0);
    if (relied_holds(c->vm, RELIED_STRING_SIZE)) binary.second_try = TRY_STRING_SIZE;
    check_class(c, binary.x, RELIED_ARRAY_SIZE, binary.slow);
    native_load_slot_count(c, R_T1, binary.x);
    native_tag(c, R_T1);
    ir_rr(&c->ir, IR_MOVE, R_T0, R_T1);
    end_special(c, &binary, a, 1);
}

// ---- the class, out of the class table
TEMPLATE(SEND_CLASS) {
    enum { PAGE_SHIFT = 10 };
    _Static_assert(1 << PAGE_SHIFT == CLASS_TABLE_PAGE_SIZE, "one page of the class table");
    spill_below(c, 1);
    Reg object = in_register(c, 0);
    Label interpreted = exit_interpret(c);
    if (object != R_T0) ir_rr(&c->ir, IR_MOVE, R_T0, object);
    emit_class_index(&c->ir);
    ir_ri(&c->ir, IR_COMPARE_CONSTANT, R_T1, CLASS_INDEX_FORWARDER);
    ir_jump_if(&c->ir, COND_EQUAL, interpreted);
    ir_rm(&c->ir, IR_LOAD, R_T2, R_VM, offsetof(VM, heap.class_table_root));
    ir_rr(&c->ir, IR_MOVE, R_T3, R_T1);
    ir_ri(&c->ir, IR_SHIFT_RIGHT_CONSTANT, R_T3, PAGE_SHIFT);
    ir_rx(&c->ir, IR_LOAD_INDEXED, R_T2, R_T2, R_T3, slot_offset(0));
    ir_ri(&c->ir, IR_AND_CONSTANT, R_T1, CLASS_TABLE_PAGE_SIZE - 1);
    ir_rx(&c->ir, IR_LOAD_INDEXED, R_T1, R_T2, R_T1, slot_offset(0));
    check_no_forwarder(c, NULL, R_T1, interpreted);
    ir_rr(&c->ir, IR_MOVE, R_T0, R_T1);
    forget(c, 1);
    push_register(c, R_T0);
}
TEMPLATE(SEND_MAKE_POINT) { by_body(c); }

// ---- what has no template of its own
#define PLAIN_SEND(NAME)                                                                           \
    TEMPLATE(NAME) { send(c, SEND_SPECIAL, a, b); }
#define FOR_INTERPRETER(NAME)                                                                      \
    TEMPLATE(NAME) { ir_jump(&c->ir, exit_interpret(c)); }
#include "jit/plain.tbl"
#undef PLAIN_SEND
#undef FOR_INTERPRETER

static void (*const templates[])(Compilation *, int64_t, int64_t) = {
#define INSTRUCTION(NAME, pops, pushes, flow, text) [BC_##NAME] = baseline_##NAME,
#include "bytecode/instructions.tbl"
#undef INSTRUCTION
};

// The code before does not come here: the stack is what jumps bring along.
static void begin_anew(Compilation *c) {
    array_clear(&c->stack);
    for (int i = compilation_depth(c); i > 0; i--)
        push(c, VALUE_SPILLED, 0, 0);
}

static void note_state(Compilation *c) {
    NotedState state = {.pc = c->pc,
                        .label = ir_new_label(&c->ir),
                        .first_value = (uint32_t)c->exit_values.count,
                        .value_count = (uint32_t)c->stack.count};
    for (size_t i = 0; i < c->stack.count; i++)
        if (!array_push(&c->exit_values, c->stack.items[i])) c->failed = true;
    if (!array_push(&c->states, state)) c->failed = true;
    ir_label(&c->ir, state.label);
}

static void compile_instruction(Compilation *c) {
    InstructionFlow flow = bytecode_op_flow(c->in.op);
    ir_at_pc(&c->ir, c->pc);
    if (c->is_target[c->pc - c->first_pc]) {
        if (!c->is_dead) spill_all(c);
        Label label = label_at(c, c->pc);
        ir_label(&c->ir, label);
        if (!c->is_frameless) note_resume(c, c->pc, label);
    }
    if (c->is_dead) begin_anew(c);
    if (!c->is_frameless) note_state(c);
    templates[c->in.op](c, c->in.a, c->in.b);
    c->is_dead = flow == FLOW_JUMP || flow == FLOW_RETURN || flow == FLOW_STOP;
}

// ---- short methods that send nothing need no frame

// Loops are not for them, nor is what has to push.
static bool is_frameless_op(const Instruction *in) {
    switch (in->op) {
    case BC_PUSH_RECEIVER_VARIABLE:
    case BC_PUSH_TEMP:
    case BC_PUSH_LITERAL:
    case BC_PUSH_LITERAL_VARIABLE:
    case BC_PUSH_RECEIVER:
    case BC_PUSH_TRUE:
    case BC_PUSH_FALSE:
    case BC_PUSH_NIL:
    case BC_PUSH_INTEGER:
    case BC_PUSH_CHARACTER:
    case BC_DUP:
    case BC_POP:
    case BC_NOP:
    case BC_STORE_RECEIVER_VARIABLE:
    case BC_POP_INTO_RECEIVER_VARIABLE:
    case BC_RETURN_RECEIVER:
    case BC_RETURN_TRUE:
    case BC_RETURN_FALSE:
    case BC_RETURN_NIL:
    case BC_RETURN_TOP:
    case BC_SEND_ADD:
    case BC_SEND_SUBTRACT:
    case BC_SEND_MULTIPLY:
    case BC_SEND_LESS:
    case BC_SEND_GREATER:
    case BC_SEND_LESS_OR_EQUAL:
    case BC_SEND_GREATER_OR_EQUAL:
    case BC_SEND_EQUAL:
    case BC_SEND_NOT_EQUAL:
    case BC_SEND_BIT_AND:
    case BC_SEND_BIT_OR:
    case BC_SEND_IDENTICAL:
    case BC_SEND_NOT_IDENTICAL:
        return true;
    case BC_JUMP:
    case BC_JUMP_IF_TRUE:
    case BC_JUMP_IF_FALSE:
        return in->a >= 0;
    default:
        return false;
    }
}
static bool may_be_frameless(const Compilation *c) {
    enum { MOST_BYTECODES = 40 };
    return c->entry && !c->entry->primitive && !(c->entry->flags & LOOKUP_STORES_ERROR) &&
           !(c->entry->flags & LOOKUP_QUICK) && c->temp_count == c->argument_count &&
           c->end_pc - c->first_pc <= MOST_BYTECODES;
}
static void compile_bytecodes(Compilation *c) {
    while (!c->frameless_failed && compilation_next(c)) {
        if (c->is_frameless && !is_frameless_op(&c->in))
            c->frameless_failed = true;
        else
            compile_instruction(c);
    }
}
// Takes everything back if it did not come to its end.
static void compile_frameless(Compilation *c) {
    uint32_t count = c->ir.count;
    size_t exit_count = c->exits.count;
    if (!may_be_frameless(c)) return;
    c->is_frameless = true;
    c->framed = ir_new_label(&c->ir);
    compilation_new_labels(c);
    compile_bytecodes(c);
    bool is_good = !c->frameless_failed;
    c->is_frameless = c->has_stored = c->frameless_failed = c->is_dead = false;
    array_clear(&c->stack);
    compilation_restart(c);
    if (is_good) {
        ir_label(&c->ir, c->framed);
        ir_rm(&c->ir, IR_LOAD, R_T0, R_SP, 8 * (int64_t)(c->argument_count + 1));
    } else {
        c->ir.count = count;
        c->exits.count = exit_count;
    }
}

Code *baseline_compile(VM *vm, Jit *jit, const LookupEntry *method, const BlockEntry *block) {
    Compilation c;
    Code *code = NULL;
    if (compilation_begin(&c, vm, jit, method, block) && compilation_find_targets(&c)) {
        emit_entry(&c);
        compile_frameless(&c);
        emit_new_frame(&c);
        note_resume(&c, c.first_pc, c.frame_built);
        compile_bytecodes(&c);
        code = compilation_finish(&c);
    }
    compilation_end(&c);
    return code;
}
