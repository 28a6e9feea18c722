// SPDX-License-Identifier: MIT
// See emit.h.
#include "jit/emit.h"

#include <stddef.h>

#include "run/lookup.h"

enum {
    VM_EDEN_FREE = offsetof(VM, heap.eden_free),
    VM_EDEN_LIMIT = offsetof(VM, heap.eden_limit),
    VM_CLASS_TABLE = offsetof(VM, heap.class_table_root),
};

// ---- words

void emit_check_object(IrCode *ir, Reg reg, Label other) {
    ir_ri(ir, IR_TEST_CONSTANT, reg, TAG_MASK);
    ir_jump_if(ir, COND_NOT_EQUAL, other);
}

void emit_check_integer(IrCode *ir, Reg reg, Label other) {
    ir_ri(ir, IR_TEST_CONSTANT, reg, TAG_INT);
    ir_jump_if(ir, COND_EQUAL, other);
}

void emit_tag(IrCode *ir, Reg reg) {
    ir_ri(ir, IR_SHIFT_LEFT_CONSTANT, reg, TAG_BITS);
    ir_ri(ir, IR_OR_CONSTANT, reg, TAG_INT);
}

void emit_untag(IrCode *ir, Reg reg) { ir_ri(ir, IR_SHIFT_ARITHMETIC_CONSTANT, reg, TAG_BITS); }

// ---- headers

void emit_load_format(IrCode *ir, Reg to, Reg object) {
    ir_rm(ir, IR_LOAD8, to, object, HEADER_FORMAT_BYTE);
    ir_ri(ir, IR_AND_CONSTANT, to, (int64_t)(HEADER_FORMAT_MASK >> HEADER_FORMAT_SHIFT));
}

void emit_load_class_index(IrCode *ir, Reg to, Reg object) {
    ir_rm(ir, IR_LOAD32, to, object, 0);
    ir_ri(ir, IR_AND_CONSTANT, to, (int64_t)HEADER_CLASS_INDEX_MASK);
}

// The real count of a large object stands in the word before the header, under 8 other bits.
void emit_load_slot_count(IrCode *ir, Reg to, Reg object) {
    Label known = ir_new_label(ir);
    ir_rm(ir, IR_LOAD8, to, object, HEADER_SLOTS_BYTE);
    ir_ri(ir, IR_COMPARE_CONSTANT, to, (int64_t)HEADER_SLOTS_OVERFLOW);
    ir_jump_if(ir, COND_NOT_EQUAL, known);
    ir_rm(ir, IR_LOAD, to, object, -8);
    ir_ri(ir, IR_SHIFT_LEFT_CONSTANT, to, 64 - HEADER_SLOTS_SHIFT);
    ir_ri(ir, IR_SHIFT_RIGHT_CONSTANT, to, 64 - HEADER_SLOTS_SHIFT);
    ir_label(ir, known);
}

void emit_check_followed(IrCode *ir, Reg reg, Reg scratch, Label forwarder) {
    Label followed = ir_new_label(ir);
    ir_ri(ir, IR_TEST_CONSTANT, reg, TAG_MASK);
    ir_jump_if(ir, COND_NOT_EQUAL, followed);
    emit_load_class_index(ir, scratch, reg);
    ir_ri(ir, IR_COMPARE_CONSTANT, scratch, CLASS_INDEX_FORWARDER);
    ir_jump_if(ir, COND_EQUAL, forwarder);
    ir_label(ir, followed);
}

void emit_check_read_only(IrCode *ir, Reg object, Label read_only) {
    ir_mi(ir, IR_TEST_MEMORY32, object, 0, (int32_t)HEADER_IMMUTABLE);
    ir_jump_if(ir, COND_NOT_EQUAL, read_only);
}

// ---- classes

void emit_class_index(IrCode *ir) {
    Label found = ir_new_label(ir);
    ir_rr(ir, IR_MOVE, R_T1, R_T0);
    ir_ri(ir, IR_AND_CONSTANT, R_T1, TAG_MASK);
    ir_jump_if(ir, COND_NOT_EQUAL, found);
    emit_load_class_index(ir, R_T1, R_T0);
    ir_label(ir, found);
}

void emit_check_class(IrCode *ir, Reg reg, Reg scratch, int64_t vm_offset, Label other) {
    emit_check_object(ir, reg, other);
    emit_load_class_index(ir, scratch, reg);
    ir_rm(ir, IR_COMPARE_MEMORY, scratch, R_VM, vm_offset);
    ir_jump_if(ir, COND_NOT_EQUAL, other);
}

void emit_load_class(IrCode *ir, Reg to, Reg class_index, Label none) {
    enum { PAGE_SHIFT = 10 };
    _Static_assert(1 << PAGE_SHIFT == CLASS_TABLE_PAGE_SIZE, "an index is a page and a place");
    _Static_assert(CLASS_TABLE_ROOT_SLOTS << PAGE_SHIFT == HEADER_CLASS_INDEX_MASK + 1,
                   "there is a slot for every page");
    ir_rr(ir, IR_MOVE, R_T7, class_index);
    ir_ri(ir, IR_SHIFT_RIGHT_CONSTANT, R_T7, PAGE_SHIFT);
    ir_rm(ir, IR_LOAD, to, R_VM, VM_CLASS_TABLE);
    ir_rx(ir, IR_LOAD_INDEXED, to, to, R_T7, slot_offset(0));
    ir_rr(ir, IR_COMPARE, to, R_NIL);
    ir_jump_if(ir, COND_EQUAL, none);
    ir_ri(ir, IR_AND_CONSTANT, class_index, CLASS_TABLE_PAGE_SIZE - 1);
    ir_rx(ir, IR_LOAD_INDEXED, to, to, class_index, slot_offset(0));
}

void emit_class(IrCode *ir, Reg to, Label forwarder) {
    emit_class_index(ir);
    ir_ri(ir, IR_COMPARE_CONSTANT, R_T1, CLASS_INDEX_FORWARDER);
    ir_jump_if(ir, COND_EQUAL, forwarder);
    emit_load_class(ir, to, R_T1, forwarder);
    emit_check_followed(ir, to, R_T1, forwarder);
}

// ---- the lookup cache

// As lookup_hits does, of the entry at T3.
static void emit_check_entry(IrCode *ir, Label other) {
    const int64_t entry = offsetof(VM, lookup_cache);
    ir_rm(ir, IR_COMPARE_MEMORY, R_T2, R_T3, entry + (int64_t)offsetof(LookupEntry, selector));
    ir_jump_if(ir, COND_NOT_EQUAL, other);
    ir_rm(ir, IR_LOAD32, R_T4, R_T3, entry + (int64_t)offsetof(LookupEntry, key));
    ir_rr(ir, IR_COMPARE32, R_T4, R_T1);
    ir_jump_if(ir, COND_NOT_EQUAL, other);
}

// lookup_offset and lookup_cached.
void emit_find_entry(IrCode *ir, Label miss) {
    enum { SHIFT = 6 };
    _Static_assert(1 << SHIFT == sizeof(LookupEntry), "the key is multiplied by its size");
    Label second = ir_new_label(ir), found = ir_new_label(ir);
    ir_rr(ir, IR_MOVE, R_T3, R_T2);
    ir_ri(ir, IR_SHIFT_LEFT_CONSTANT, R_T3, 3);
    ir_rr(ir, IR_MOVE, R_T4, R_T1);
    ir_ri(ir, IR_SHIFT_LEFT_CONSTANT, R_T4, SHIFT);
    ir_rr(ir, IR_XOR, R_T3, R_T4);
    ir_ri(ir, IR_AND_CONSTANT, R_T3, LOOKUP_OFFSET_MASK);
    ir_rr(ir, IR_ADD, R_T3, R_VM);
    emit_check_entry(ir, second);
    ir_jump(ir, found);
    ir_label(ir, second);
    ir_rr(ir, IR_SUBTRACT, R_T3, R_VM);
    ir_ri(ir, IR_XOR_CONSTANT, R_T3, LOOKUP_PARTNER);
    ir_rr(ir, IR_ADD, R_T3, R_VM);
    emit_check_entry(ir, miss);
    ir_label(ir, found);
}

void emit_load_code(IrCode *ir, Label none) {
    const int64_t entry = offsetof(VM, lookup_cache);
    ir_rm(ir, IR_LOAD, R_T3, R_T3, entry + (int64_t)offsetof(LookupEntry, code));
    ir_ri(ir, IR_COMPARE_CONSTANT, R_T3, 0);
    ir_jump_if(ir, COND_EQUAL, none);
}

void emit_find_code(IrCode *ir, Label miss) {
    emit_find_entry(ir, miss);
    emit_load_code(ir, miss);
}

// ---- eden

// Stress options set the limit to 0.
void emit_allocate(IrCode *ir, Label full) {
    ir_rm(ir, IR_LOAD, R_T1, R_VM, VM_EDEN_FREE);
    ir_rr(ir, IR_ADD, R_T2, R_T1);
    ir_rm(ir, IR_COMPARE_MEMORY, R_T2, R_VM, VM_EDEN_LIMIT);
    ir_jump_if(ir, COND_ABOVE, full);
    ir_rm(ir, IR_STORE, R_T2, R_VM, VM_EDEN_FREE);
}

void emit_new_object(IrCode *ir, int64_t vm_offset, uint64_t slots, Format format, Label slow) {
    ir_rm(ir, IR_LOAD, R_T4, R_VM, vm_offset);
    ir_ri(ir, IR_COMPARE_CONSTANT, R_T4, 0);
    ir_jump_if(ir, COND_EQUAL, slow);
    ir_ri(ir, IR_CONSTANT, R_T2, (int64_t)raw_bytes_from_header(slots));
    emit_allocate(ir, slow);
    ir_ri(ir, IR_CONSTANT, R_T3, (int64_t)header_make(slots, format, 0));
    ir_rr(ir, IR_OR, R_T4, R_T3);
    ir_rm(ir, IR_STORE, R_T4, R_T1, 0);
}
