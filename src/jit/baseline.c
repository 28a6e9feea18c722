// SPDX-License-Identifier: MIT
// The baseline compiler: one pass like the naive one, but operands stay where they are until
// something needs them on the stack (stack-to-register mapping). c->stack says where each operand
// is, deepest first; those on the real stack are always the deepest.
//
// Rules that keep it simple:
//   - before a label that is jumped to, a jump, a send and every call of C, all operands are
//     pushed; so frames that may be looked at are exactly the interpreter's
//   - an operation takes its operands out of T0 and S0 to S2, never changes those registers, and
//     works in T1 to T7; its answer is in T0
//   - what lies below the operands is pushed before the operation, so that its slow way, a send
//     behind the rest of the code, comes back with the same stack
//   - a temporary is pushed lazily, and before it changes
//   - exit_interpret is asked for while the operands are still on c->stack
#include <stddef.h>
#include <stdlib.h>

#include "jit/baseline.h"
#include "object/header.h"
#include "run/context.h"

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
static void push_boolean(Compilation *c, bool value) {
    Branch branch;
    if (!find_branch(c, &branch)) {
        push(c, VALUE_NEAR_NIL, 0, boolean_offset(c, value));
        return;
    }
    spill_all(c);
    ir_jump(&c->ir, branch_label(c, &branch, value));
    end_branch(c, &branch);
}
TEMPLATE(PUSH_TRUE) { push_boolean(c, true); }
TEMPLATE(PUSH_FALSE) { push_boolean(c, false); }
TEMPLATE(PUSH_NIL) { push(c, VALUE_NEAR_NIL, 0, 0); }
TEMPLATE(PUSH_INTEGER) { push(c, VALUE_CONSTANT, 0, (int64_t)oop_bits(oop_from_num(num(a)))); }
TEMPLATE(PUSH_CHARACTER) { push(c, VALUE_CONSTANT, 0, (int64_t)oop_bits(char_from_code(num(a)))); }
TEMPLATE(DUP) {
    if (at(c, 0)->kind == VALUE_SPILLED) in_register(c, 0);
    Value value = *at(c, 0);
    push(c, value.kind, value.reg, value.number);
}
TEMPLATE(POP) { pop_values(c, 1); }
TEMPLATE(NOP) {}
TEMPLATE(CALL_PRIMITIVE) {}

TEMPLATE(PUSH_THIS_CONTEXT) { by_body(c); }
TEMPLATE(PUSH_THIS_PROCESS) { by_body(c); }
// Where the object cannot be made here, its body makes it, and goes on at `back`.
static Label exit_body(Compilation *c, Label back) {
    Label slow = ir_new_label(&c->ir);
    note_exit(c, (NotedExit){.kind = EXIT_BODY,
                             .label = slow,
                             .back = back,
                             .pc = c->pc,
                             .next_pc = c->next_pc});
    return slow;
}
static void new_array(Compilation *c, int64_t size, bool takes_operands) {
    enum { LARGEST = 16 };
    if (size > LARGEST) {
        by_body(c);
        return;
    }
    Label made = ir_new_label(&c->ir);
    spill_all(c);
    emit_new_array(c, size, takes_operands, exit_body(c, made));
    ir_label(&c->ir, made);
    push_answer(c, takes_operands ? (size_t)size : 0);
}
TEMPLATE(PUSH_NEW_ARRAY) { new_array(c, a, false); }
TEMPLATE(PUSH_ARRAY_OF_TOP) { new_array(c, a, true); }
TEMPLATE(PUSH_FULL_CLOSURE) {
    enum { NO_CONTEXT = 1, OTHER_RECEIVER = 2 };
    if (c->in.c & OTHER_RECEIVER || !oop_is_method(slot_at(c->method, num(a + 1)))) {
        by_body(c);
        return;
    }
    Label made = ir_new_label(&c->ir);
    spill_all(c);
    emit_new_full_closure(c, a, b, !(c->in.c & NO_CONTEXT), exit_body(c, made));
    ir_label(&c->ir, made);
    push_answer(c, (size_t)b);
}
TEMPLATE(PUSH_CLOSURE) { // goes on behind the block's code, and never stops before it
    Label made = ir_new_label(&c->ir);
    spill_all(c);
    emit_new_closure(c, a, b, exit_body(c, made));
    ir_label(&c->ir, made);
    forget(c, (size_t)b);
    push_register(c, R_T0);
}

// ---- stores
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
// The top, alone not on the real stack, where calls of C leave it alone.
static void settle_top(Compilation *c) {
    spill_below(c, 1);
    save_top(c);
    if (at(c, 0)->kind == VALUE_SPILLED) in_register(c, 0);
}
TEMPLATE(STORE_RECEIVER_VARIABLE) {
    settle_top(c);
    emit_load_value(c, R_T1, &(Value){.kind = VALUE_RECEIVER});
    if (!c->is_writable) emit_check_writable(c, R_T1);
    store_top(c, a);
    c->has_stored = c->is_writable = c->is_frameless;
}
TEMPLATE(POP_INTO_RECEIVER_VARIABLE) {
    baseline_STORE_RECEIVER_VARIABLE(c, a, b);
    pop_values(c, 1);
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
    pop_values(c, 1);
}
TEMPLATE(STORE_REMOTE_TEMP) {
    settle_top(c);
    ir_rm(&c->ir, IR_LOAD, R_T1, R_FP, fp_temp((unsigned)b));
    emit_check_slots(c, R_T1, a);
    store_top(c, a);
}
TEMPLATE(POP_INTO_REMOTE_TEMP) {
    baseline_STORE_REMOTE_TEMP(c, a, b);
    pop_values(c, 1);
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
// The top, which is not on the real stack, decides.
static void branch_on_top(Compilation *c, const Branch *branch) {
    spill_below(c, 1);
    Reg condition = in_register(c, 0);
    ir_rm(&c->ir, IR_ADDRESS, R_T1, R_NIL, boolean_offset(c, true));
    ir_rr(&c->ir, IR_COMPARE, condition, R_T1);
    ir_jump_if(&c->ir, COND_EQUAL, branch_label(c, branch, true));
    ir_rm(&c->ir, IR_ADDRESS, R_T1, R_NIL, boolean_offset(c, false));
    ir_rr(&c->ir, IR_COMPARE, condition, R_T1);
    ir_jump_if(&c->ir, COND_EQUAL, branch_label(c, branch, false));
    ir_jump(&c->ir, exit_interpret(c));
    forget(c, 1);
}
TEMPLATE(JUMP) {
    Branch branch = {.is_shared = true};
    uint32_t target = (uint32_t)(c->next_pc + a);
    if (a >= 0 && !top_is_spilled(c) && compilation_at(c, target, &branch.jump) &&
        is_forward_branch(&branch.jump)) {
        branch.behind = target + branch.jump.length;
        branch_on_top(c, &branch);
        return;
    }
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
TEMPLATE(SEND) { send_operands(c, SEND_NORMAL, a, b); }
TEMPLATE(SUPER_SEND) { send_operands(c, SEND_TO_SUPER, a, b); }
TEMPLATE(DIRECTED_SUPER_SEND) { send_operands(c, SEND_DIRECTED, a, b); }

// ---- what has no template of its own
#define PLAIN_SEND(NAME)                                                                           \
    TEMPLATE(NAME) { send_operands(c, SEND_SPECIAL, a, b); }
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
    if (is_target(c, c->pc)) {
        if (!c->is_dead && is_forward_branch(&c->in) && !top_is_spilled(c)) {
            branch_on_top(c, &(Branch){c->in, c->next_pc, 0, true});
            c->is_dead = true;
        }
        if (!c->is_dead) spill_all(c);
        Label label = label_at(c, c->pc);
        ir_label(&c->ir, label);
        c->is_writable = false; // on the way from elsewhere nobody may have looked
        if (!c->is_frameless) note_resume(c, c->pc, label);
    }
    if (c->is_dead) begin_anew(c);
    if (c->notes_states && !c->is_frameless) note_state(c);
    c->leaves = false;
    templates[c->in.op](c, c->in.a, c->in.b);
    c->is_dead = c->leaves || flow == FLOW_JUMP || flow == FLOW_RETURN || flow == FLOW_STOP;
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
    c->is_frameless = c->has_stored = c->is_writable = c->frameless_failed = c->is_dead = false;
    c->notes_states = false;
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
    if (compilation_begin(&c, vm, jit, method, block)) {
        compilation_find_targets(&c);
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
