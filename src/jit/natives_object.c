// SPDX-License-Identifier: MIT
// Natives for objects as such: identity, class, hash, making them and copying them;
// run/prim_object.c and prim_copy.c as machine code. Objects are made in eden, with fewer slots
// than need a word of their own to be counted; a class must be in the class table already.
//
// Registers while an object is made: T1 the object, T2 its end, T3 the word that fills it, T4 the
// class index, T5 the number of slots, T6 the format.
#include "jit/natives.h"

#include "object/layouts.h"

enum {
    VM_CONTEXT = offsetof(VM, known.context),
    VM_BOXED_FLOAT = offsetof(VM, known.boxed_float),
    VM_POINT = offsetof(VM, known.point),
    HASH_OFFSET = HEADER_HASH_SHIFT / 8,
};
_Static_assert(HEADER_HASH_SHIFT % 8 == 0, "loaded by itself");

// ---- identity and class

static void compare_operands(Compilation *c, Condition condition, Label slow) {
    native_operand(c, R_T0, 1);
    native_operand(c, R_T1, 0);
    emit_check_followed(&c->ir, R_T0, R_T2, slow);
    emit_check_followed(&c->ir, R_T1, R_T2, slow);
    ir_rr(&c->ir, IR_COMPARE, R_T0, R_T1);
    native_return_boolean(c, condition);
}
void native_IDENTICAL(Compilation *c, Label slow) { compare_operands(c, COND_EQUAL, slow); }
void native_NOT_IDENTICAL(Compilation *c, Label slow) { compare_operands(c, COND_NOT_EQUAL, slow); }

void native_CLASS(Compilation *c, Label slow) {
    native_operand(c, R_T0, 0);
    emit_class(&c->ir, R_T0, slow);
    native_return(c);
}

// The hash of the object into a register; to the label when it has none.
static void load_hash(Compilation *c, Reg to, Reg object, Label slow) {
    ir_rm(&c->ir, IR_LOAD32, to, object, HASH_OFFSET);
    ir_ri(&c->ir, IR_AND_CONSTANT, to, HEADER_HASH_LIMIT - 1);
    ir_jump_if(&c->ir, COND_EQUAL, slow);
}

void native_IDENTITY_HASH(Compilation *c, Label slow) {
    native_operand(c, R_T0, 0);
    emit_check_object(&c->ir, R_T0, slow);
    emit_check_followed(&c->ir, R_T0, R_T1, slow);
    load_hash(c, R_T0, R_T0, slow);
    emit_tag(&c->ir, R_T0);
    native_return(c);
}

// ---- making objects

// T4: the index of the class in T0.
static void load_index_of_class(Compilation *c, Label slow) {
    load_hash(c, R_T4, R_T0, slow);
    ir_rr(&c->ir, IR_MOVE, R_T3, R_T4);
    emit_load_class(&c->ir, R_T2, R_T3, slow);
    ir_rr(&c->ir, IR_COMPARE, R_T2, R_T0);
    ir_jump_if(&c->ir, COND_NOT_EQUAL, slow);
}

// An object without slots has a word for a forwarding pointer all the same.
static void allocate_slots(Compilation *c, Label slow) {
    Label counted = ir_new_label(&c->ir);
    ir_ri(&c->ir, IR_COMPARE_CONSTANT, R_T5, (int64_t)HEADER_SLOTS_OVERFLOW);
    ir_jump_if(&c->ir, COND_ABOVE_OR_EQUAL, slow);
    ir_rr(&c->ir, IR_MOVE, R_T2, R_T5);
    ir_ri(&c->ir, IR_COMPARE_CONSTANT, R_T2, 0);
    ir_jump_if(&c->ir, COND_NOT_EQUAL, counted);
    ir_ri(&c->ir, IR_CONSTANT, R_T2, 1);
    ir_label(&c->ir, counted);
    ir_ri(&c->ir, IR_SHIFT_LEFT_CONSTANT, R_T2, 3);
    ir_ri(&c->ir, IR_ADD_CONSTANT, R_T2, 8);
    emit_allocate(&c->ir, slow);
}

// T4 to T6 are lost.
static void store_header(Compilation *c) {
    ir_ri(&c->ir, IR_SHIFT_LEFT_CONSTANT, R_T5, HEADER_SLOTS_SHIFT);
    ir_ri(&c->ir, IR_SHIFT_LEFT_CONSTANT, R_T6, HEADER_FORMAT_SHIFT);
    ir_rr(&c->ir, IR_OR, R_T4, R_T5);
    ir_rr(&c->ir, IR_OR, R_T4, R_T6);
    ir_rm(&c->ir, IR_STORE, R_T4, R_T1, 0);
}

static void return_new(Compilation *c) {
    ir_rr(&c->ir, IR_MOVE, R_T0, R_T1);
    native_return(c);
}

// Makes the object and returns it.
static void make_filled(Compilation *c, Label slow) {
    Label next = ir_new_label(&c->ir);
    allocate_slots(c, slow);
    store_header(c);
    ir_rm(&c->ir, IR_ADDRESS, R_T0, R_T1, slot_offset(0));
    ir_label(&c->ir, next);
    ir_rm(&c->ir, IR_STORE, R_T3, R_T0, 0);
    ir_ri(&c->ir, IR_ADD_CONSTANT, R_T0, 8);
    ir_rr(&c->ir, IR_COMPARE, R_T0, R_T2);
    ir_jump_if(&c->ir, COND_NOT_EQUAL, next);
    return_new(c);
}

void native_NEW(Compilation *c, Label slow) {
    Label fixed = ir_new_label(&c->ir);
    native_operand(c, R_T0, 0);
    native_load_shape(c, R_T0, R_T5, R_T6, slow);
    ir_ri(&c->ir, IR_COMPARE_CONSTANT, R_T6, FORMAT_FIXED);
    ir_jump_if(&c->ir, COND_EQUAL, fixed);
    ir_rr(&c->ir, IR_MOVE, R_T4, R_T5);
    ir_rr(&c->ir, IR_OR, R_T4, R_T6); // both 0: no fields, format EMPTY
    ir_jump_if(&c->ir, COND_NOT_EQUAL, slow);
    ir_label(&c->ir, fixed);
    load_index_of_class(c, slow);
    ir_rr(&c->ir, IR_MOVE, R_T3, R_NIL);
    make_filled(c, slow);
}

// ---- new:. T1: the size asked for.

static void skip_unless(Compilation *c, Format format, Label other) {
    ir_ri(&c->ir, IR_COMPARE_CONSTANT, R_T6, format);
    ir_jump_if(&c->ir, COND_NOT_EQUAL, other);
}

// The elements that do not fill the last slot are counted in the format.
static void count_packed(Compilation *c, unsigned packing, Label filled) {
    ir_rm(&c->ir, IR_ADDRESS, R_T5, R_T1, (1 << packing) - 1);
    ir_ri(&c->ir, IR_SHIFT_RIGHT_CONSTANT, R_T5, packing);
    ir_rr(&c->ir, IR_MOVE, R_T2, R_T5);
    ir_ri(&c->ir, IR_SHIFT_LEFT_CONSTANT, R_T2, packing);
    ir_rr(&c->ir, IR_SUBTRACT, R_T2, R_T1);
    ir_rr(&c->ir, IR_ADD, R_T6, R_T2);
    ir_jump(&c->ir, filled);
}

static void load_size(Compilation *c, Label slow) {
    native_operand(c, R_T1, 0);
    emit_check_integer(&c->ir, R_T1, slow);
    emit_untag(&c->ir, R_T1);
    ir_ri(&c->ir, IR_COMPARE_CONSTANT, R_T1, 0);
    ir_jump_if(&c->ir, COND_LESS, slow);
}

void native_NEW_WITH_SIZE(Compilation *c, Label slow) {
    IrCode *ir = &c->ir;
    Label array = ir_new_label(ir), mixed = ir_new_label(ir);
    Label no_bytes = ir_new_label(ir), no_words = ir_new_label(ir), no_shorts = ir_new_label(ir);
    Label fill = ir_new_label(ir);
    native_operand(c, R_T0, 1);
    native_load_shape(c, R_T0, R_T5, R_T6, slow);
    load_index_of_class(c, slow);
    load_size(c, slow);
    ir_rr(ir, IR_MOVE, R_T3, R_NIL);
    ir_ri(ir, IR_COMPARE_CONSTANT, R_T6, FORMAT_INDEXABLE);
    ir_jump_if(ir, COND_EQUAL, array);
    ir_jump_if(ir, COND_BELOW, slow);
    ir_ri(ir, IR_COMPARE_CONSTANT, R_T6, FORMAT_WEAK);
    ir_jump_if(ir, COND_BELOW_OR_EQUAL, mixed);
    ir_rm(ir, IR_COMPARE_MEMORY, R_T4, R_VM, VM_BOXED_FLOAT);
    ir_jump_if(ir, COND_EQUAL, slow);
    ir_ri(ir, IR_CONSTANT, R_T3, 0);
    skip_unless(c, FORMAT_8BIT, no_bytes);
    count_packed(c, 3, fill);
    ir_label(ir, no_bytes);
    skip_unless(c, FORMAT_32BIT, no_words);
    count_packed(c, 1, fill);
    ir_label(ir, no_words);
    skip_unless(c, FORMAT_16BIT, no_shorts);
    count_packed(c, 2, fill);
    ir_label(ir, no_shorts);
    skip_unless(c, FORMAT_64BIT, slow);
    ir_label(ir, array);
    ir_rr(ir, IR_MOVE, R_T5, R_T1);
    ir_jump(ir, fill);
    ir_label(ir, mixed);
    ir_rr(ir, IR_ADD, R_T5, R_T1);
    ir_label(ir, fill);
    make_filled(c, slow);
}

// ---- copies and points

// Pointer objects and plain bits with at least one slot.
void native_CLONE(Compilation *c, Label slow) {
    Label plain = ir_new_label(&c->ir), next = ir_new_label(&c->ir);
    native_operand(c, R_T0, 0);
    emit_check_object(&c->ir, R_T0, slow);
    emit_load_class_index(&c->ir, R_T4, R_T0);
    ir_rm(&c->ir, IR_COMPARE_MEMORY, R_T4, R_VM, VM_CONTEXT);
    ir_jump_if(&c->ir, COND_EQUAL, slow);
    emit_load_format(&c->ir, R_T6, R_T0);
    ir_ri(&c->ir, IR_COMPARE_CONSTANT, R_T6, FORMAT_EPHEMERON);
    ir_jump_if(&c->ir, COND_BELOW_OR_EQUAL, plain);
    ir_ri(&c->ir, IR_COMPARE_CONSTANT, R_T6, FORMAT_64BIT);
    ir_jump_if(&c->ir, COND_BELOW, slow);
    ir_ri(&c->ir, IR_COMPARE_CONSTANT, R_T6, FORMAT_COMPILED_METHOD);
    ir_jump_if(&c->ir, COND_ABOVE_OR_EQUAL, slow);
    ir_label(&c->ir, plain);
    ir_rm(&c->ir, IR_LOAD8, R_T5, R_T0, HEADER_SLOTS_BYTE);
    ir_ri(&c->ir, IR_COMPARE_CONSTANT, R_T5, 0);
    ir_jump_if(&c->ir, COND_EQUAL, slow);
    allocate_slots(c, slow);
    ir_rr(&c->ir, IR_MOVE, R_T3, R_T5);
    store_header(c);
    ir_label(&c->ir, next); // slot T3 - 1
    ir_rx(&c->ir, IR_LOAD_INDEXED, R_T4, R_T0, R_T3, 0);
    ir_rx(&c->ir, IR_STORE_INDEXED, R_T4, R_T1, R_T3, 0);
    ir_ri(&c->ir, IR_SUBTRACT_CONSTANT, R_T3, 1);
    ir_jump_if(&c->ir, COND_NOT_EQUAL, next);
    return_new(c);
}

// The argument is a SmallInteger or a SmallFloat64.
void native_MAKE_POINT(Compilation *c, Label slow) {
    native_operand(c, R_T5, 1);
    native_operand(c, R_T6, 0);
    ir_ri(&c->ir, IR_TEST_CONSTANT, R_T6, TAG_INT | TAG_FLOAT);
    ir_jump_if(&c->ir, COND_EQUAL, slow);
    emit_new_object(&c->ir, VM_POINT, 2, FORMAT_FIXED, slow);
    ir_rm(&c->ir, IR_STORE, R_T5, R_T1, slot_offset(POINT_X));
    ir_rm(&c->ir, IR_STORE, R_T6, R_T1, slot_offset(POINT_Y));
    return_new(c);
}
