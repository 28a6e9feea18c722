// SPDX-License-Identifier: MIT
// Templates of special sends in the baseline compiler: arithmetic, comparisons, identity, elements,
// the class. What a template is not made for is sent, behind the rest of the code (EXIT_SEND).
#include "jit/baseline.h"
#include "jit/relied.h"
#include "object/header.h"

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
    emit_check_integer(&c->ir, tested, binary->slow);
}
static void on_floats(Binary *binary, IrOp operation) {
    binary->second_try = TRY_FLOATS;
    binary->operation = operation;
}
// The slow way of a special send, with its operands where they are now.
static NotedExit exit_send(Compilation *c, ExitKind kind, const Binary *binary, int64_t selector,
                           unsigned operands) {
    bool tries = binary->second_try != TRY_FLOATS || c->jit->expects_floats;
    NotedExit exit = {.kind = kind,
                      .label = binary->slow,
                      .pc = c->pc,
                      .next_pc = c->next_pc,
                      .selector = (uint32_t)selector,
                      .below = (uint32_t)(c->stack.count - operands),
                      .argument_count = (uint8_t)(operands - 1),
                      .second_try = (uint8_t)(tries ? binary->second_try : TRY_NOTHING),
                      .operation = (uint8_t)binary->operation,
                      .condition = (uint8_t)binary->condition,
                      .first_value = (uint32_t)c->exit_values.count,
                      .value_count = operands};
    for (size_t i = operands; i-- > 0;)
        if (!array_push(&c->exit_values, *at(c, i))) c->failed = true;
    c->notes_states |= exit.second_try == TRY_FLOATS && exit.operation != IR_FLOAT_COMPARE;
    return exit;
}
// The answer is in T0, and so it is when the slow way, which pushes the operands and sends, is
// back.
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
                             int64_t selector, const Branch *branch) {
    NotedExit exit = exit_send(c, EXIT_SEND_JUMP, binary, selector, 2);
    exit.back = branch_label(c, branch, true);
    exit.back_if_false = branch_label(c, branch, false);
    note_exit(c, exit);
    forget(c, 2);
    bool on_true = branch->jump.op == BC_JUMP_IF_TRUE;
    ir_jump_if(&c->ir, on_true ? condition : condition_opposite(condition),
               branch_label(c, branch, on_true));
    jump_behind(c, branch, !on_true);
    end_branch(c, branch);
}
static void compare(Compilation *c, Condition condition, int64_t selector) {
    Branch branch;
    Binary binary = begin_binary(c);
    on_floats(&binary, IR_FLOAT_COMPARE);
    binary.condition = condition;
    check_integers(c, &binary);
    compare_operands(c, &binary);
    if (find_branch(c, &branch))
        compare_for_jump(c, &binary, condition, selector, &branch);
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
static void check_followed(Compilation *c, const Value *value, Reg object, Label interpreted) {
    if (value->kind != VALUE_CONSTANT && value->kind != VALUE_NEAR_NIL)
        emit_check_followed(&c->ir, object, R_T2, interpreted);
}
static void identical(Compilation *c, bool wanted) {
    Branch branch;
    Label same = ir_new_label(&c->ir), done = ir_new_label(&c->ir);
    spill_below(c, 2);
    Value y_value = *at(c, 0);
    Reg y = in_register(c, 0);
    Value x_value = *at(c, 1);
    Reg x = in_register(c, 1);
    Label interpreted = exit_interpret(c);
    bool branches = find_branch(c, &branch);
    if (branches) same = branch_label(c, &branch, wanted);
    ir_rr(&c->ir, IR_COMPARE, x, y);
    ir_jump_if(&c->ir, COND_EQUAL, same);
    check_followed(c, &x_value, x, interpreted);
    check_followed(c, &y_value, y, interpreted);
    forget(c, 2);
    if (branches) {
        jump_behind(c, &branch, !wanted);
        end_branch(c, &branch);
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

// To `slow` unless the register holds a direct instance of the row's class. T1 is lost.
static void check_class(Compilation *c, Reg object, Relied relied, Label slow) {
    emit_check_class(&c->ir, object, R_T1, (int64_t)relied_class_offset(relied), slow);
}
// T1: 8 bytes before the element. The index's word less its tag is 8 times the index. T2 is lost.
static void load_place(Compilation *c, const Binary *binary) {
    const int64_t first = 1 << TAG_BITS | TAG_INT;
    emit_load_slot_count(&c->ir, R_T2, binary->x);
    ir_ri(&c->ir, IR_SHIFT_LEFT_CONSTANT, R_T2, TAG_BITS);
    if (binary->y_is_constant)
        ir_ri(&c->ir, IR_CONSTANT, R_T1, (int64_t)((uint64_t)binary->y_number - (uint64_t)first));
    else
        ir_rm(&c->ir, IR_ADDRESS, R_T1, binary->y, -first);
    ir_rr(&c->ir, IR_COMPARE, R_T1, R_T2);
    ir_jump_if(&c->ir, COND_ABOVE_OR_EQUAL, binary->slow);
    ir_rr(&c->ir, IR_ADD, R_T1, binary->x);
}
static void check_index(Compilation *c, const Binary *binary) {
    if (!binary->y_is_constant) emit_check_integer(&c->ir, binary->y, binary->slow);
}
TEMPLATE(SEND_AT) {
    if (is_integer_constant(at(c, 1)) || !relied_holds(c->vm, RELIED_ARRAY_AT)) {
        send_operands(c, SEND_SPECIAL, a, b);
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
        send_operands(c, SEND_SPECIAL, a, b);
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
    emit_check_read_only(&c->ir, binary.x, binary.slow);
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
        send_operands(c, SEND_SPECIAL, a, b);
        return;
    }
    Binary binary = {.slow = exit_label(c)};
    spill_below(c, 1);
    binary.x = in_register(c, 0);
    if (relied_holds(c->vm, RELIED_STRING_SIZE)) binary.second_try = TRY_STRING_SIZE;
    check_class(c, binary.x, RELIED_ARRAY_SIZE, binary.slow);
    emit_load_slot_count(&c->ir, R_T1, binary.x);
    emit_tag(&c->ir, R_T1);
    ir_rr(&c->ir, IR_MOVE, R_T0, R_T1);
    end_special(c, &binary, a, 1);
}

// ---- the class, out of the class table. T0 may be the operand, and stays until nothing can fail.
TEMPLATE(SEND_CLASS) {
    spill_below(c, 1);
    Reg object = in_register(c, 0);
    Label interpreted = exit_interpret(c);
    if (object != R_T0) ir_rr(&c->ir, IR_MOVE, R_T0, object);
    emit_class(&c->ir, R_T2, interpreted);
    ir_rr(&c->ir, IR_MOVE, R_T0, R_T2);
    forget(c, 1);
    push_register(c, R_T0);
}
TEMPLATE(SEND_MAKE_POINT) { by_body(c); }
