// SPDX-License-Identifier: MIT
// What both compilers share. See compilation.h.
#include "jit/compilation.h"
#include "jit/float_path.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "jit/natives.h"
#include "object/header.h"
#include "object/layouts.h"

enum {
    VM_STACK_LIMIT = offsetof(VM, stack_limit),
    VM_ERROR = offsetof(VM, machine.error),
    VM_NEW_START = offsetof(VM, heap.new_start),
    VM_NEW_BYTES = offsetof(VM, heap.new_bytes),
    VM_BYTE_STRING = offsetof(VM, known.byte_string),
    VM_CONTEXT = offsetof(VM, known.context),
};

// ---- notes

void note_exit(Compilation *c, NotedExit exit) {
    if (exit.label == c->framed && c->is_frameless) return;
    if (!array_push(&c->exits, exit)) c->failed = true;
}

void note_resume(Compilation *c, uint32_t pc, Label label) {
    if (!array_push(&c->resumes, ((NotedResume){pc, label, false}))) c->failed = true;
}

void note_answered(Compilation *c, uint32_t pc, Label label) {
    if (!array_push(&c->resumes, ((NotedResume){pc, label, true}))) c->failed = true;
}

void note_values(Compilation *c, NotedExit *exit) {
    exit->first_value = (uint32_t)c->exit_values.count;
    for (size_t i = 0; i < c->stack.count; i++) {
        if (c->stack.items[i].kind == VALUE_SPILLED) continue;
        if (!array_push(&c->exit_values, c->stack.items[i])) c->failed = true;
        exit->value_count++;
    }
}

Label exit_label(Compilation *c) {
    if (!c->is_frameless) return ir_new_label(&c->ir);
    c->frameless_failed |= c->has_stored;
    return c->framed;
}

Label exit_interpret(Compilation *c) {
    if (c->is_frameless) return exit_label(c);
    NotedExit exit = {.kind = EXIT_INTERPRET, .label = ir_new_label(&c->ir), .pc = c->pc};
    note_values(c, &exit);
    note_exit(c, exit);
    return exit.label;
}

Label label_at(const Compilation *c, int64_t pc) { return c->labels[pc - c->first_pc]; }

// ---- calls and sends

void emit_call(Compilation *c, RuntimeEntry entry) {
    ir_i(&c->ir, IR_CALL_CODE, (int64_t)c->jit->stubs[entry]);
}

Reg emit_base(const Compilation *c) { return c->is_frameless ? R_SP : R_FP; }

// Without a frame the operands lie above the return address.
int64_t receiver_offset(const Compilation *c) {
    return c->is_frameless ? 8 * (int64_t)(c->argument_count + 1) : FP_RECEIVER;
}
int64_t temp_offset(const Compilation *c, int64_t index) {
    return c->is_frameless ? 8 * ((int64_t)c->argument_count - index) : fp_temp((unsigned)index);
}

void emit_literal(Compilation *c, Reg to, int64_t index) {
    if (c->is_frameless)
        ir_rl(&c->ir, IR_LOAD_DATA, to, c->method_word);
    else
        ir_rm(&c->ir, IR_LOAD, to, R_FP, FP_METHOD);
    ir_rm(&c->ir, IR_LOAD, to, to, slot_offset(index + 1));
}

// Compilers send to super what is self, and sites are linked without a look at the receiver's
// class. Code written by hand may send to anything, a forwarder too.
static void emit_check_super_receiver(Compilation *c, int64_t position) {
    ir_rm(&c->ir, IR_LOAD, R_T0, R_SP, 8 * position);
    ir_rm(&c->ir, IR_COMPARE_MEMORY, R_T0, R_FP, FP_RECEIVER);
    ir_jump_if(&c->ir, COND_NOT_EQUAL, exit_interpret(c));
}

// The class of a directed super send, off the stack into T2, and its index into T1. 0, which no
// site is linked for: the class has none, is a forwarder, or no class at all.
static void emit_take_class(Compilation *c) {
    IrCode *ir = &c->ir;
    Label other = ir_new_label(ir), found = ir_new_label(ir);
    ir_r(ir, IR_POP, R_T2);
    emit_check_object(ir, R_T2, other);
    ir_rm(ir, IR_LOAD32, R_T1, R_T2, HEADER_HASH_SHIFT / 8);
    ir_ri(ir, IR_AND_CONSTANT, R_T1, (int64_t)(HEADER_HASH_MASK >> HEADER_HASH_SHIFT));
    ir_rr(ir, IR_MOVE, R_T3, R_T1);
    emit_load_class(ir, R_T4, R_T3, other);
    ir_rr(ir, IR_COMPARE, R_T4, R_T2);
    ir_jump_if(ir, COND_EQUAL, found);
    ir_label(ir, other);
    ir_ri(ir, IR_CONSTANT, R_T1, 0);
    ir_label(ir, found);
}

void emit_send(Compilation *c, SendKind kind, int64_t selector, int64_t argument_count) {
    if (kind == SEND_TO_SUPER) emit_check_super_receiver(c, argument_count);
    if (kind == SEND_DIRECTED) {
        emit_check_super_receiver(c, argument_count + 1);
        emit_take_class(c);
    }
    SendSite site = {.pc = c->pc,
                     .selector = (uint32_t)selector,
                     .argument_count = (uint16_t)argument_count,
                     .kind = (uint8_t)kind};
    ir_mi(&c->ir, IR_STORE_CONSTANT, R_FP, FP_PC, (int32_t)c->next_pc);
    NotedSend noted = {site, c->ir.count};
    if (!array_push(&c->sends, noted)) c->failed = true;
    ir_ii(&c->ir, IR_SEND_SITE, (int64_t)c->jit->stubs[RUNTIME_SEND], 0);
}

void emit_safe_point(Compilation *c, uint32_t target_pc) {
    Label label = ir_new_label(&c->ir), back = ir_new_label(&c->ir);
    ir_rm(&c->ir, IR_COMPARE_MEMORY, R_SP, R_VM, VM_STACK_LIMIT);
    ir_jump_if(&c->ir, COND_BELOW, label);
    ir_label(&c->ir, back);
    note_exit(c,
              (NotedExit){.kind = EXIT_SAFE_POINT, .label = label, .back = back, .pc = target_pc});
}

void emit_body(Compilation *c) {
    const Instruction *in = &c->in;
    uint64_t first = (uint64_t)in->op | (uint64_t)in->length << 8 | (uint64_t)in->a << 16;
    uint64_t second = (uint64_t)(uint32_t)in->b | (uint64_t)in->c << 32;
    ir_mi(&c->ir, IR_STORE_CONSTANT, R_FP, FP_PC, (int32_t)c->next_pc);
    ir_ri(&c->ir, IR_CONSTANT, R_T1, (int64_t)first);
    ir_ri(&c->ir, IR_CONSTANT, R_T2, (int64_t)second);
    emit_call(c, RUNTIME_BODY);
}

// ---- returns

static void emit_leave_frame(Compilation *c) {
    ir_rr(&c->ir, IR_MOVE, R_SP, R_FP);
    ir_r(&c->ir, IR_POP, R_FP);
    ir_i(&c->ir, IR_RETURN, c->argument_count + 1);
}

void emit_return(Compilation *c) {
    if (c->is_frameless) {
        ir_i(&c->ir, IR_RETURN, c->argument_count + 1);
        return;
    }
    Label slowly = ir_new_label(&c->ir), leave = ir_new_label(&c->ir);
    ir_mi(&c->ir, IR_TEST_MEMORY32, R_FP, FP_FLAGS, (int32_t)FRAME_FLAG_LEAVES_TRACES);
    ir_jump_if(&c->ir, COND_NOT_EQUAL, slowly);
    ir_label(&c->ir, leave);
    emit_leave_frame(c);
    NotedExit exit = {.kind = EXIT_RETURN, .label = slowly, .back = leave, .pc = c->pc};
    note_values(c, &exit);
    note_exit(c, exit);
}

void emit_non_local_return(Compilation *c) {
    ir_mi(&c->ir, IR_STORE_CONSTANT, R_FP, FP_PC, (int32_t)c->pc);
    ir_i(&c->ir, IR_CALL_CODE, (int64_t)c->jit->non_local_return);
}

// ---- objects

// Weak objects and ephemerons are kept out together with forwarders and bits, by one question; by
// another one also what is indexable, such as contexts.
enum { ODD_FORMATS = 0x1C, ALL_BUT_FIXED = 0x1E };
_Static_assert(((FORMAT_FIXED | FORMAT_INDEXABLE | FORMAT_MIXED) & ODD_FORMATS) == 0 &&
                   (FORMAT_FORWARDER & ODD_FORMATS) != 0 && (FORMAT_FIXED & ALL_BUT_FIXED) == 0 &&
                   (FORMAT_MIXED & ALL_BUT_FIXED) != 0,
               "told by these bits");

static void emit_check_format(Compilation *c, Reg object, int32_t formats, Label other) {
    ir_mi(&c->ir, IR_TEST_MEMORY32, object, 0, formats << HEADER_FORMAT_SHIFT);
    ir_jump_if(&c->ir, COND_NOT_EQUAL, other);
}

void emit_check_slots(Compilation *c, Reg object, int64_t index) {
    Label interpreted = exit_interpret(c);
    emit_check_object(&c->ir, object, interpreted);
    ir_mi(&c->ir, IR_COMPARE8_MEMORY, object, HEADER_SLOTS_BYTE, (int32_t)index);
    ir_jump_if(&c->ir, COND_BELOW_OR_EQUAL, interpreted);
    emit_check_format(c, object, ODD_FORMATS, interpreted);
}

// barrier.tbl's row GENERATIONAL: an old object, not remembered yet, gets a young value.
void emit_barrier(Compilation *c) {
    Label slow = ir_new_label(&c->ir), done = ir_new_label(&c->ir);
    emit_check_object(&c->ir, R_T2, done);
    ir_rm(&c->ir, IR_LOAD, R_T3, R_VM, VM_NEW_START);
    ir_rr(&c->ir, IR_MOVE, R_T4, R_T2);
    ir_rr(&c->ir, IR_SUBTRACT, R_T4, R_T3);
    ir_rm(&c->ir, IR_COMPARE_MEMORY, R_T4, R_VM, VM_NEW_BYTES);
    ir_jump_if(&c->ir, COND_ABOVE_OR_EQUAL, done);
    ir_rr(&c->ir, IR_MOVE, R_T4, R_T1);
    ir_rr(&c->ir, IR_SUBTRACT, R_T4, R_T3);
    ir_rm(&c->ir, IR_COMPARE_MEMORY, R_T4, R_VM, VM_NEW_BYTES);
    ir_jump_if(&c->ir, COND_BELOW, done);
    ir_mi(&c->ir, IR_TEST_MEMORY32, R_T1, 0, (int32_t)HEADER_REMEMBERED);
    ir_jump_if(&c->ir, COND_EQUAL, slow);
    ir_label(&c->ir, done);
    note_exit(c, (NotedExit){.kind = EXIT_BARRIER, .label = slow, .back = done, .pc = c->pc});
}

void emit_store(Compilation *c, int64_t index) {
    ir_rm(&c->ir, IR_STORE, R_T2, R_T1, slot_offset(index));
    emit_barrier(c);
}

void emit_check_writable(Compilation *c, Reg object) {
    emit_check_read_only(&c->ir, object, exit_interpret(c));
}

// ---- values

void emit_load_value(Compilation *c, Reg to, const Value *value) {
    IrCode *ir = &c->ir;
    switch (value->kind) {
    case VALUE_SPILLED:
        ir_r(ir, IR_POP, to);
        break;
    case VALUE_REGISTER:
        if (value->reg != to) ir_rr(ir, IR_MOVE, to, value->reg);
        break;
    case VALUE_CONSTANT:
        ir_ri(ir, IR_CONSTANT, to, value->number);
        break;
    case VALUE_NEAR_NIL:
        ir_rm(ir, IR_ADDRESS, to, R_NIL, value->number);
        break;
    case VALUE_TEMP:
        ir_rm(ir, IR_LOAD, to, emit_base(c), temp_offset(c, value->number));
        break;
    case VALUE_RECEIVER:
        ir_rm(ir, IR_LOAD, to, emit_base(c), receiver_offset(c));
        break;
    case VALUE_LITERAL:
        emit_literal(c, to, value->number);
        break;
    case VALUE_VARIABLE:
        ir_rm(ir, IR_LOAD, to, emit_base(c), receiver_offset(c));
        ir_rm(ir, IR_LOAD, to, to, slot_offset(value->number));
        break;
    case VALUE_FLOAT: // boxed by whoever has one
        c->failed = true;
        break;
    }
}

void emit_push_value(Compilation *c, const Value *value) {
    IrCode *ir = &c->ir;
    bool is_small = value->number == (int32_t)value->number;
    if (value->kind == VALUE_REGISTER) {
        ir_r(ir, IR_PUSH, value->reg);
    } else if (value->kind == VALUE_CONSTANT && is_small) {
        ir_i(ir, IR_PUSH_CONSTANT, value->number);
    } else if (value->kind == VALUE_NEAR_NIL && !value->number) {
        ir_r(ir, IR_PUSH, R_NIL);
    } else if (value->kind == VALUE_TEMP) {
        ir_mi(ir, IR_PUSH_MEMORY, R_FP, fp_temp((unsigned)value->number), 0);
    } else if (value->kind == VALUE_RECEIVER) {
        ir_mi(ir, IR_PUSH_MEMORY, R_FP, FP_RECEIVER, 0);
    } else {
        emit_load_value(c, R_T1, value);
        ir_r(ir, IR_PUSH, R_T1);
    }
}

// ---- exits

static void push_values(Compilation *c, const NotedExit *exit) {
    for (uint32_t i = 0; i < exit->value_count; i++)
        emit_push_value(c, &c->exit_values.items[exit->first_value + i]);
}

static void emit_interpret(Compilation *c, uint32_t pc) {
    ir_ri(&c->ir, IR_CONSTANT, R_T1, pc);
    emit_call(c, RUNTIME_INTERPRET);
}

// The answer, in T0, of a comparison that a conditional jump follows.
static void emit_take_apart(Compilation *c, const NotedExit *exit) {
    IrCode *ir = &c->ir;
    ir_rm(ir, IR_ADDRESS, R_T1, R_NIL, boolean_offset(c, true));
    ir_rr(ir, IR_COMPARE, R_T0, R_T1);
    ir_jump_if(ir, COND_EQUAL, exit->back);
    ir_rm(ir, IR_ADDRESS, R_T1, R_NIL, boolean_offset(c, false));
    ir_rr(ir, IR_COMPARE, R_T0, R_T1);
    ir_jump_if(ir, COND_EQUAL, exit->back_if_false);
    ir_r(ir, IR_PUSH, R_T0);
    emit_interpret(c, exit->next_pc);
}

// T2 := the number of bytes of the object in T4; T3 is lost.
static void emit_byte_count(Compilation *c) {
    emit_load_slot_count(&c->ir, R_T2, R_T4);
    emit_load_format(&c->ir, R_T3, R_T4);
    ir_ri(&c->ir, IR_SHIFT_LEFT_CONSTANT, R_T2, 3);
    ir_ri(&c->ir, IR_AND_CONSTANT, R_T3, 7);
    ir_rr(&c->ir, IR_SUBTRACT, R_T2, R_T3);
}

static void emit_string_at(Compilation *c, const NotedExit *exit) {
    IrCode *ir = &c->ir;
    const Value *values = &c->exit_values.items[exit->first_value];
    Label other = ir_new_label(ir);
    emit_load_value(c, R_T4, &values[0]);
    emit_load_value(c, R_T5, &values[1]);
    emit_check_integer(ir, R_T5, other);
    emit_check_class(&c->ir, R_T4, R_T1, VM_BYTE_STRING, other);
    emit_byte_count(c);
    emit_untag(ir, R_T5);
    ir_ri(ir, IR_SUBTRACT_CONSTANT, R_T5, 1);
    ir_rr(ir, IR_COMPARE, R_T5, R_T2);
    ir_jump_if(ir, COND_ABOVE_OR_EQUAL, other);
    ir_rx(ir, IR_LOAD8_INDEXED, R_T0, R_T4, R_T5, slot_offset(0));
    ir_ri(ir, IR_SHIFT_LEFT_CONSTANT, R_T0, TAG_BITS);
    ir_ri(ir, IR_ADD_CONSTANT, R_T0, TAG_CHAR);
    ir_jump(ir, exit->back);
    ir_label(ir, other);
}

static void emit_string_size(Compilation *c, const NotedExit *exit) {
    Label other = ir_new_label(&c->ir);
    emit_load_value(c, R_T4, &c->exit_values.items[exit->first_value]);
    emit_check_class(&c->ir, R_T4, R_T1, VM_BYTE_STRING, other);
    emit_byte_count(c);
    ir_rr(&c->ir, IR_MOVE, R_T0, R_T2);
    emit_tag(&c->ir, R_T0);
    ir_jump(&c->ir, exit->back);
    ir_label(&c->ir, other);
}

static void emit_second_try(Compilation *c, const NotedExit *exit) {
    switch ((SecondTry)exit->second_try) {
    case TRY_NOTHING:
        break;
    case TRY_FLOATS:
        float_path_emit(c, exit);
        break;
    case TRY_STRING_AT:
        emit_string_at(c, exit);
        break;
    case TRY_STRING_SIZE:
        emit_string_size(c, exit);
        break;
    }
}

// A send out of line.
static void emit_exit_send(Compilation *c, const NotedExit *exit) {
    IrCode *ir = &c->ir;
    Label answered = ir_new_label(ir);
    emit_second_try(c, exit);
    push_values(c, exit);
    c->pc = exit->pc;
    c->next_pc = exit->next_pc;
    ir_rm(ir, IR_LOAD, R_T0, R_SP, 8 * (int64_t)exit->argument_count);
    emit_send(c, SEND_SPECIAL, exit->selector, exit->argument_count);
    ir_label(ir, answered);
    note_answered(c, exit->next_pc, answered);
    if (exit->kind == EXIT_SEND)
        ir_jump(ir, exit->back);
    else
        emit_take_apart(c, exit);
}

static void emit_slow_return(Compilation *c, const NotedExit *exit) {
    IrCode *ir = &c->ir;
    push_values(c, exit);
    ir_mi(ir, IR_STORE_CONSTANT, R_FP, FP_PC, (int32_t)exit->pc);
    ir_i(ir, IR_CALL_CODE, (int64_t)c->jit->slow_return);
    ir_jump(ir, exit->back);
}

static void emit_exit(Compilation *c, const NotedExit *exit) {
    IrCode *ir = &c->ir;
    ir_at_pc(ir, exit->pc);
    ir_label(ir, exit->label);
    switch (exit->kind) {
    case EXIT_INTERPRET:
        push_values(c, exit);
        emit_interpret(c, exit->pc);
        break;
    case EXIT_SAFE_POINT:
        ir_mi(ir, IR_STORE_CONSTANT, R_FP, FP_PC, (int32_t)exit->pc);
        emit_call(c, RUNTIME_SAFE_POINT);
        ir_jump(ir, exit->back);
        break;
    case EXIT_RETURN:
        emit_slow_return(c, exit);
        break;
    case EXIT_BODY:
        c->next_pc = exit->next_pc;
        if (!compilation_at(c, exit->pc, &c->in)) c->failed = true;
        emit_body(c);
        ir_jump(ir, exit->back);
        break;
    case EXIT_BARRIER:
        emit_call(c, RUNTIME_BARRIER);
        ir_jump(ir, exit->back);
        break;
    case EXIT_SEND:
    case EXIT_SEND_JUMP:
        emit_exit_send(c, exit);
        break;
    case EXIT_IMMEDIATE:
        ir_rr(ir, IR_MOVE, R_T1, R_T0);
        ir_ri(ir, IR_AND_CONSTANT, R_T1, TAG_MASK);
        ir_jump(ir, exit->back);
        break;
    case EXIT_SELF:
        emit_check_format(c, R_T0, ODD_FORMATS, exit->back_if_false);
        emit_load_class_index(ir, R_T1, R_T0);
        ir_rm(ir, IR_COMPARE_MEMORY, R_T1, R_VM, VM_CONTEXT);
        ir_jump_if(ir, COND_EQUAL, exit->back_if_false);
        ir_jump(ir, exit->back);
        break;
    case EXIT_ACTIVATE:
        ir_rl(ir, IR_LOAD_DATA, R_T1, c->code_word);
        emit_call(c, RUNTIME_ACTIVATE);
        break;
    }
}

void emit_exits(Compilation *c) {
    for (size_t i = 0; i < c->exits.count; i++)
        emit_exit(c, &c->exits.items[i]);
}

// ---- entries

// Is the receiver in T0 an object with that many variables, and no context? Otherwise the
// interpreter activates. A send to super may come here with anything for self, since a method can
// be run with any receiver.
static void emit_check_self(Compilation *c, uint32_t needed, Label slowly) {
    emit_check_object(&c->ir, R_T0, slowly);
    if (needed > UINT8_MAX) { // their number is not in the header's byte
        ir_jump(&c->ir, slowly);
        return;
    }
    ir_mi(&c->ir, IR_COMPARE8_MEMORY, R_T0, HEADER_SLOTS_BYTE, (int32_t)needed);
    ir_jump_if(&c->ir, COND_BELOW, slowly);
    Label indexable = ir_new_label(&c->ir), plain = ir_new_label(&c->ir);
    note_exit(
        c,
        (NotedExit){.kind = EXIT_SELF, .label = indexable, .back = plain, .back_if_false = slowly});
    emit_check_format(c, R_T0, ALL_BUT_FIXED, indexable);
    ir_label(&c->ir, plain);
}

// A quick return needs no frame. The receiver is in T0.
static void emit_quick_return(Compilation *c, Label slowly) {
    const LookupEntry *entry = c->entry;
    if (entry->kind == LOOKUP_ANSWERS_CONSTANT) {
        Oop answer = entry->answer;
        if (oop_is_int(answer))
            ir_ri(&c->ir, IR_CONSTANT, R_T0, (int64_t)oop_bits(answer));
        else
            ir_rm(&c->ir, IR_ADDRESS, R_T0, R_NIL,
                  (int64_t)(oop_bits(answer) - oop_bits(c->vm->heap.nil)));
    } else if (entry->kind == LOOKUP_ANSWERS_VARIABLE) {
        emit_check_self(c, entry->variable + 1u, slowly);
        ir_rm(&c->ir, IR_LOAD, R_T0, R_T0, slot_offset(entry->variable));
    }
    ir_i(&c->ir, IR_RETURN, c->argument_count + 1);
}

// The frame's words down to the receiver. T0 stays.
static void emit_frame(Compilation *c) {
    IrCode *ir = &c->ir;
    uint64_t flags = c->entry ? c->entry->frame_flags : c->block->frame_flags;
    ir_r(ir, IR_PUSH, R_FP);
    ir_rr(ir, IR_MOVE, R_FP, R_SP);
    ir_rl(ir, IR_LOAD_DATA, R_T1, c->method_word);
    ir_r(ir, IR_PUSH, R_T1);
    ir_i(ir, IR_PUSH_CONSTANT, (int64_t)(flags | FRAME_BASELINE));
    ir_r(ir, IR_PUSH, R_NIL);
    ir_i(ir, IR_PUSH_CONSTANT, c->first_pc);
}

static void emit_arguments(Compilation *c) {
    for (uint32_t i = 0; i < c->argument_count; i++)
        ir_mi(&c->ir, IR_PUSH_MEMORY, R_FP, 8 * (int64_t)(c->argument_count + 1 - i), 0);
}

static void emit_method_frame(Compilation *c) {
    emit_frame(c);
    ir_r(&c->ir, IR_PUSH, R_T0);
    emit_arguments(c);
    for (uint32_t i = c->argument_count; i < c->temp_count; i++)
        ir_r(&c->ir, IR_PUSH, R_NIL);
}

// The closure is in T0.
static void emit_block_frame(Compilation *c) {
    bool is_full = oop_is_none(c->block->start_pc);
    int first_copied = is_full ? FULL_CLOSURE_FIRST_COPIED : CLOSURE_FIRST_COPIED;
    emit_frame(c);
    if (is_full) {
        ir_mi(&c->ir, IR_PUSH_MEMORY, R_T0, slot_offset(FULL_CLOSURE_RECEIVER), 0);
    } else {
        ir_rm(&c->ir, IR_LOAD, R_T1, R_T0, slot_offset(CLOSURE_OUTER_CONTEXT));
        ir_mi(&c->ir, IR_PUSH_MEMORY, R_T1, slot_offset(CONTEXT_RECEIVER), 0);
    }
    emit_arguments(c);
    for (uint32_t i = 0; i < c->block->copied_count; i++)
        ir_mi(&c->ir, IR_PUSH_MEMORY, R_T0, slot_offset(first_copied + (int)i), 0);
    for (uint32_t i = c->argument_count + c->block->copied_count; i < c->temp_count; i++)
        ir_r(&c->ir, IR_PUSH, R_NIL);
}

// The receiver is in T0 wherever code is entered.
static void emit_checked_entry(Compilation *c) {
    Label immediate = ir_new_label(&c->ir);
    note_exit(c, (NotedExit){.kind = EXIT_IMMEDIATE, .label = immediate, .back = c->keyed_entry});
    ir_label(&c->ir, c->checked_entry);
    emit_check_object(&c->ir, R_T0, immediate);
    emit_load_class_index(&c->ir, R_T1, R_T0);
    ir_label(&c->ir, c->keyed_entry);
    ir_rr(&c->ir, IR_COMPARE32, R_T1, R_T6);
    ir_jump_code_if(&c->ir, COND_NOT_EQUAL, c->jit->stubs[RUNTIME_SEND]);
    ir_label(&c->ir, c->unchecked_entry);
    ir_none(&c->ir, IR_PUSH_LINK);
    ir_label(&c->ir, c->linked_entry);
}

// The native, or the primitive in C. Where it fails, the receiver is in T0 again.
static void emit_primitive(Compilation *c) {
    Label failed = ir_new_label(&c->ir), by_call = ir_new_label(&c->ir);
    Native native = native_of(c->entry->primitive_number, c->argument_count);
    if (native) native_emit(c, native, by_call);
    ir_label(&c->ir, by_call);
    ir_rl(&c->ir, IR_LOAD_DATA, R_T1, c->code_word);
    emit_call(c, RUNTIME_PRIMITIVE);
    ir_ri(&c->ir, IR_COMPARE_CONSTANT, R_T0, 0);
    ir_jump_if(&c->ir, COND_EQUAL, failed);
    ir_i(&c->ir, IR_RETURN, c->argument_count + 1);
    ir_label(&c->ir, failed);
    ir_rm(&c->ir, IR_LOAD, R_T0, R_SP, 8 * (int64_t)(c->argument_count + 1));
    if (c->entry->flags & LOOKUP_STORES_ERROR) ir_rm(&c->ir, IR_LOAD, R_S0, R_VM, VM_ERROR);
}

static void emit_method_checks(Compilation *c) {
    const LookupEntry *entry = c->entry;
    Label slowly = ir_new_label(&c->ir);
    bool is_quick = entry->flags & LOOKUP_QUICK;
    bool looks_at_self =
        is_quick ? entry->kind == LOOKUP_ANSWERS_VARIABLE : entry->needed_slots > 0;
    if (looks_at_self) note_exit(c, (NotedExit){.kind = EXIT_ACTIVATE, .label = slowly});
    emit_checked_entry(c);
    if (entry->primitive && !is_quick) emit_primitive(c);
    if (is_quick)
        emit_quick_return(c, slowly);
    else if (looks_at_self)
        emit_check_self(c, entry->needed_slots, slowly);
}

void emit_entry(Compilation *c) {
    ir_label(&c->ir, c->method_word);
    ir_i(&c->ir, IR_DATA, (int64_t)oop_bits(c->method));
    ir_label(&c->ir, c->code_word);
    ir_i(&c->ir, IR_DATA, (int64_t)(uintptr_t)c->code);
    if (c->entry) {
        emit_method_checks(c);
    } else {
        ir_label(&c->ir, c->checked_entry);
        ir_label(&c->ir, c->keyed_entry);
        ir_label(&c->ir, c->unchecked_entry);
        ir_label(&c->ir, c->linked_entry);
    }
}

void emit_new_frame(Compilation *c) {
    if (c->entry)
        emit_method_frame(c);
    else
        emit_block_frame(c);
    // The code of the failure goes into the last temporary.
    if (c->entry && c->entry->flags & LOOKUP_STORES_ERROR) ir_rm(&c->ir, IR_STORE, R_S0, R_SP, 0);
    emit_safe_point(c, c->first_pc);
    ir_label(&c->ir, c->frame_built);
}
