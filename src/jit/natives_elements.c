// SPDX-License-Identifier: MIT
// Natives for indexed elements and fields: run/prim_access.c and elements.c as machine code.
//
// Registers: T0 the object, T1 the position counted from 0, T2 the value to be stored, T3 the
// format, T4 the number of elements. Contexts are never read or written here: their state may live
// in a frame. What a large integer would be needed for is left to the primitive as well.
#include "jit/natives.h"

enum { VM_CONTEXT = offsetof(VM, known.context) };

// ---- what is asked for

// The object and its format and slot count.
static void load_object(Compilation *c, unsigned position, Label slow) {
    native_operand(c, R_T0, position);
    emit_check_object(&c->ir, R_T0, slow);
    emit_load_format(&c->ir, R_T3, R_T0);
    emit_load_slot_count(&c->ir, R_T4, R_T0);
}

static void load_position(Compilation *c, unsigned position, Label slow) {
    native_operand(c, R_T1, position);
    emit_check_integer(&c->ir, R_T1, slow);
    emit_untag(&c->ir, R_T1);
    ir_ri(&c->ir, IR_SUBTRACT_CONSTANT, R_T1, 1);
}

static void check_position(Compilation *c, Label slow) {
    ir_rr(&c->ir, IR_COMPARE, R_T1, R_T4);
    ir_jump_if(&c->ir, COND_ABOVE_OR_EQUAL, slow);
}

static void check_no_context(Compilation *c, Label slow) {
    emit_load_class_index(&c->ir, R_T5, R_T0);
    ir_rm(&c->ir, IR_COMPARE_MEMORY, R_T5, R_VM, VM_CONTEXT);
    ir_jump_if(&c->ir, COND_EQUAL, slow);
}

static void skip_unless_format(Compilation *c, Format first, Format last, Label other) {
    ir_rr(&c->ir, IR_MOVE, R_T5, R_T3);
    ir_ri(&c->ir, IR_SUBTRACT_CONSTANT, R_T5, first);
    ir_ri(&c->ir, IR_COMPARE_CONSTANT, R_T5, (int64_t)last - first);
    ir_jump_if(&c->ir, COND_ABOVE, other);
}

// T4 slots become that many elements, less those at the end that the format says are not used.
static void count_elements(Compilation *c, unsigned element_shift) {
    ir_ri(&c->ir, IR_SHIFT_LEFT_CONSTANT, R_T4, 3 - element_shift);
    ir_ri(&c->ir, IR_AND_CONSTANT, R_T3, (1 << (3 - element_shift)) - 1);
    ir_rr(&c->ir, IR_SUBTRACT, R_T4, R_T3);
}

// Of an object of format MIXED or WEAK: T4 becomes the number of indexed fields, T5 that of named
// ones. T6 and T7 are lost.
static void count_indexed_fields(Compilation *c, Label slow) {
    check_no_context(c, slow);
    emit_load_class(&c->ir, R_T6, R_T5, slow);
    ir_rr(&c->ir, IR_MOVE, R_T3, R_T6);
    native_load_shape(c, R_T3, R_T5, R_T6, slow);
    ir_rr(&c->ir, IR_SUBTRACT, R_T4, R_T5);
    ir_jump_if(&c->ir, COND_BELOW, slow);
}

// T0 + 2^shift * T1: what the element's displacement is counted from.
static void add_position(Compilation *c, unsigned shift) {
    ir_ri(&c->ir, IR_SHIFT_LEFT_CONSTANT, R_T1, shift);
    ir_rr(&c->ir, IR_ADD, R_T0, R_T1);
}

// ---- at:

static void return_integer(Compilation *c) {
    emit_tag(&c->ir, R_T0);
    native_return(c);
}

static void at_pointers(Compilation *c, Label slow) {
    check_position(c, slow);
    ir_rx(&c->ir, IR_LOAD_INDEXED, R_T0, R_T0, R_T1, slot_offset(0));
    native_return(c);
}

static void at_indexed_fields(Compilation *c, Label slow) {
    count_indexed_fields(c, slow);
    check_position(c, slow);
    ir_rr(&c->ir, IR_ADD, R_T1, R_T5);
    ir_rx(&c->ir, IR_LOAD_INDEXED, R_T0, R_T0, R_T1, slot_offset(0));
    native_return(c);
}

// The unsigned element of a bits format into T0.
static void load_byte(Compilation *c, Label slow) {
    count_elements(c, 0);
    check_position(c, slow);
    ir_rx(&c->ir, IR_LOAD8_INDEXED, R_T0, R_T0, R_T1, slot_offset(0));
}
static void load_narrow(Compilation *c, unsigned shift, Label slow) {
    count_elements(c, shift);
    check_position(c, slow);
    add_position(c, shift);
    ir_rm(&c->ir, shift == 1 ? IR_LOAD16 : IR_LOAD32, R_T0, R_T0, slot_offset(0));
}

static void at_words64(Compilation *c, Label slow) {
    enum { INTEGER_BITS = 60 };
    check_position(c, slow);
    ir_rx(&c->ir, IR_LOAD_INDEXED, R_T0, R_T0, R_T1, slot_offset(0));
    ir_rr(&c->ir, IR_MOVE, R_T1, R_T0);
    ir_ri(&c->ir, IR_SHIFT_RIGHT_CONSTANT, R_T1, INTEGER_BITS);
    ir_ri(&c->ir, IR_COMPARE_CONSTANT, R_T1, 0);
    ir_jump_if(&c->ir, COND_NOT_EQUAL, slow);
    return_integer(c);
}

void native_AT(Compilation *c, Label slow) {
    IrCode *ir = &c->ir;
    Label no_array = ir_new_label(ir), no_bytes = ir_new_label(ir), no_fields = ir_new_label(ir);
    Label no_words = ir_new_label(ir), no_shorts = ir_new_label(ir);
    load_position(c, 0, slow);
    load_object(c, 1, slow);
    ir_ri(ir, IR_COMPARE_CONSTANT, R_T3, FORMAT_INDEXABLE);
    ir_jump_if(ir, COND_NOT_EQUAL, no_array);
    at_pointers(c, slow);
    ir_label(ir, no_array);
    skip_unless_format(c, FORMAT_8BIT, FORMAT_8BIT + 7, no_bytes);
    load_byte(c, slow);
    return_integer(c);
    ir_label(ir, no_bytes);
    skip_unless_format(c, FORMAT_MIXED, FORMAT_WEAK, no_fields);
    at_indexed_fields(c, slow);
    ir_label(ir, no_fields);
    skip_unless_format(c, FORMAT_32BIT, FORMAT_32BIT + 1, no_words);
    load_narrow(c, 2, slow);
    return_integer(c);
    ir_label(ir, no_words);
    skip_unless_format(c, FORMAT_16BIT, FORMAT_16BIT + 3, no_shorts);
    load_narrow(c, 1, slow);
    return_integer(c);
    ir_label(ir, no_shorts);
    skip_unless_format(c, FORMAT_64BIT, FORMAT_64BIT, slow);
    at_words64(c, slow);
}

// ---- at:put:

// Returns the value, which is the last argument.
static void return_value(Compilation *c) {
    native_operand(c, R_T0, 0);
    native_return(c);
}

static void store_pointer(Compilation *c) {
    native_operand(c, R_T2, 0);
    ir_rx(&c->ir, IR_STORE_INDEXED, R_T2, R_T0, R_T1, slot_offset(0));
    ir_rr(&c->ir, IR_MOVE, R_T1, R_T0);
    emit_barrier(c);
    return_value(c);
}

// T2: the value, as an unsigned number that fits so many bits.
static void load_value(Compilation *c, unsigned bits, Label slow) {
    native_operand(c, R_T2, 0);
    emit_check_integer(&c->ir, R_T2, slow);
    ir_rr(&c->ir, IR_MOVE, R_T5, R_T2);
    ir_ri(&c->ir, IR_SHIFT_RIGHT_CONSTANT, R_T5, bits + TAG_BITS);
    ir_ri(&c->ir, IR_COMPARE_CONSTANT, R_T5, 0);
    ir_jump_if(&c->ir, COND_NOT_EQUAL, slow);
    ir_ri(&c->ir, IR_SHIFT_RIGHT_CONSTANT, R_T2, TAG_BITS);
}

static void put_byte(Compilation *c, Label slow) {
    count_elements(c, 0);
    check_position(c, slow);
    load_value(c, 8, slow);
    ir_rx(&c->ir, IR_STORE8_INDEXED, R_T2, R_T0, R_T1, slot_offset(0));
    return_value(c);
}

static void put_word32(Compilation *c, Label slow) {
    count_elements(c, 2);
    check_position(c, slow);
    load_value(c, 32, slow);
    add_position(c, 2);
    ir_rm(&c->ir, IR_STORE32, R_T2, R_T0, slot_offset(0));
    return_value(c);
}

static void put_word64(Compilation *c, Label slow) {
    check_position(c, slow);
    load_value(c, 60, slow);
    ir_rx(&c->ir, IR_STORE_INDEXED, R_T2, R_T0, R_T1, slot_offset(0));
    return_value(c);
}

void native_AT_PUT(Compilation *c, Label slow) {
    IrCode *ir = &c->ir;
    Label no_array = ir_new_label(ir), no_bytes = ir_new_label(ir), no_fields = ir_new_label(ir);
    Label no_words = ir_new_label(ir);
    load_position(c, 1, slow);
    load_object(c, 2, slow);
    emit_check_read_only(&c->ir, R_T0, slow);
    ir_ri(ir, IR_COMPARE_CONSTANT, R_T3, FORMAT_INDEXABLE);
    ir_jump_if(ir, COND_NOT_EQUAL, no_array);
    check_position(c, slow);
    store_pointer(c);
    ir_label(ir, no_array);
    skip_unless_format(c, FORMAT_8BIT, FORMAT_8BIT + 7, no_bytes);
    put_byte(c, slow);
    ir_label(ir, no_bytes);
    skip_unless_format(c, FORMAT_MIXED, FORMAT_WEAK, no_fields);
    count_indexed_fields(c, slow);
    check_position(c, slow);
    ir_rr(ir, IR_ADD, R_T1, R_T5);
    store_pointer(c);
    ir_label(ir, no_fields);
    skip_unless_format(c, FORMAT_32BIT, FORMAT_32BIT + 1, no_words);
    put_word32(c, slow);
    ir_label(ir, no_words);
    skip_unless_format(c, FORMAT_64BIT, FORMAT_64BIT, slow);
    put_word64(c, slow);
}

// ---- size

static void return_count(Compilation *c) {
    ir_rr(&c->ir, IR_MOVE, R_T0, R_T4);
    return_integer(c);
}

void native_SIZE(Compilation *c, Label slow) {
    IrCode *ir = &c->ir;
    Label no_array = ir_new_label(ir), no_bytes = ir_new_label(ir), no_fields = ir_new_label(ir);
    Label no_words = ir_new_label(ir);
    load_object(c, 0, slow);
    ir_ri(ir, IR_COMPARE_CONSTANT, R_T3, FORMAT_INDEXABLE);
    ir_jump_if(ir, COND_NOT_EQUAL, no_array);
    return_count(c);
    ir_label(ir, no_array);
    skip_unless_format(c, FORMAT_8BIT, FORMAT_8BIT + 7, no_bytes);
    count_elements(c, 0);
    return_count(c);
    ir_label(ir, no_bytes);
    skip_unless_format(c, FORMAT_MIXED, FORMAT_WEAK, no_fields);
    count_indexed_fields(c, slow);
    return_count(c);
    ir_label(ir, no_fields);
    skip_unless_format(c, FORMAT_32BIT, FORMAT_32BIT + 1, no_words);
    count_elements(c, 2);
    return_count(c);
    ir_label(ir, no_words);
    skip_unless_format(c, FORMAT_64BIT, FORMAT_64BIT, slow);
    return_count(c);
}

// ---- strings, of bytes or of 32-bit words

enum { CHARACTER_CODE_BITS = 30 };

static void return_character(Compilation *c) {
    ir_ri(&c->ir, IR_SHIFT_LEFT_CONSTANT, R_T0, TAG_BITS);
    ir_ri(&c->ir, IR_OR_CONSTANT, R_T0, TAG_CHAR);
    native_return(c);
}

void native_STRING_AT(Compilation *c, Label slow) {
    Label no_bytes = ir_new_label(&c->ir);
    load_position(c, 0, slow);
    load_object(c, 1, slow);
    skip_unless_format(c, FORMAT_8BIT, FORMAT_8BIT + 7, no_bytes);
    load_byte(c, slow);
    return_character(c);
    ir_label(&c->ir, no_bytes);
    skip_unless_format(c, FORMAT_32BIT, FORMAT_32BIT + 1, slow);
    load_narrow(c, 2, slow);
    ir_rr(&c->ir, IR_MOVE, R_T1, R_T0);
    ir_ri(&c->ir, IR_SHIFT_RIGHT_CONSTANT, R_T1, CHARACTER_CODE_BITS);
    ir_ri(&c->ir, IR_COMPARE_CONSTANT, R_T1, 0);
    ir_jump_if(&c->ir, COND_NOT_EQUAL, slow);
    return_character(c);
}

// T2: the code of the Character that is the value. Its bits above those an element has are 0.
static void load_code(Compilation *c, unsigned bits, Label slow) {
    native_operand(c, R_T2, 0);
    ir_rr(&c->ir, IR_MOVE, R_T5, R_T2);
    ir_ri(&c->ir, IR_AND_CONSTANT, R_T5, TAG_MASK);
    ir_ri(&c->ir, IR_COMPARE_CONSTANT, R_T5, TAG_CHAR);
    ir_jump_if(&c->ir, COND_NOT_EQUAL, slow);
    ir_ri(&c->ir, IR_SHIFT_RIGHT_CONSTANT, R_T2, TAG_BITS);
    ir_rr(&c->ir, IR_MOVE, R_T5, R_T2);
    ir_ri(&c->ir, IR_SHIFT_RIGHT_CONSTANT, R_T5, bits);
    ir_ri(&c->ir, IR_COMPARE_CONSTANT, R_T5, 0);
    ir_jump_if(&c->ir, COND_NOT_EQUAL, slow);
}

void native_STRING_AT_PUT(Compilation *c, Label slow) {
    Label no_bytes = ir_new_label(&c->ir);
    load_position(c, 1, slow);
    load_object(c, 2, slow);
    emit_check_read_only(&c->ir, R_T0, slow);
    skip_unless_format(c, FORMAT_8BIT, FORMAT_8BIT + 7, no_bytes);
    count_elements(c, 0);
    check_position(c, slow);
    load_code(c, 8, slow);
    ir_rx(&c->ir, IR_STORE8_INDEXED, R_T2, R_T0, R_T1, slot_offset(0));
    return_value(c);
    ir_label(&c->ir, no_bytes);
    skip_unless_format(c, FORMAT_32BIT, FORMAT_32BIT + 1, slow);
    count_elements(c, 2);
    check_position(c, slow);
    load_code(c, 32, slow);
    add_position(c, 2);
    ir_rm(&c->ir, IR_STORE32, R_T2, R_T0, slot_offset(0));
    return_value(c);
}

// ---- fields by number, of objects that have no others

static void check_fixed(Compilation *c, Label slow) {
    ir_ri(&c->ir, IR_COMPARE_CONSTANT, R_T3, FORMAT_FIXED);
    ir_jump_if(&c->ir, COND_NOT_EQUAL, slow);
    check_no_context(c, slow);
}

void native_FIELD_AT(Compilation *c, Label slow) {
    load_position(c, 0, slow);
    load_object(c, 1, slow);
    check_fixed(c, slow);
    at_pointers(c, slow);
}

void native_FIELD_AT_PUT(Compilation *c, Label slow) {
    load_position(c, 1, slow);
    load_object(c, 2, slow);
    emit_check_read_only(&c->ir, R_T0, slow);
    check_fixed(c, slow);
    check_position(c, slow);
    store_pointer(c);
}
