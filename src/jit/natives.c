// SPDX-License-Identifier: MIT
// Which native stands for which primitive, and what all of them are written with. See natives.h.
#include "jit/natives.h"

#include "object/layouts.h"
#include "run/primitives.h"

enum {
    VM_EDEN_FREE = offsetof(VM, heap.eden_free),
    VM_EDEN_LIMIT = offsetof(VM, heap.eden_limit),
    VM_CLASS_TABLE = offsetof(VM, heap.class_table_root),
};

unsigned native_operand_count(Native native) {
    static const uint8_t counts[NATIVE_COUNT] = {
#define NATIVE(NAME, operands, text) [NATIVE_##NAME] = (operands),
#include "jit/natives.tbl"
#undef NATIVE
    };
    return counts[native];
}

// Of a primitive that takes any number of arguments: its operands, or another receiver below them.
static bool takes(Native native, unsigned argument_count) {
    unsigned operands = native_operand_count(native);
    return operands == 0 || operands == argument_count + 1 || operands == argument_count;
}

Native native_of(unsigned primitive_number, unsigned argument_count) {
    static const struct {
        uint8_t native;
        int8_t argument_count;
    } rows[PRIMITIVE_NUMBER_LIMIT + 1] = {
#define PRIMITIVE(number, function, arguments, depth, may_gc, native, state)                       \
    [number] = {NATIVE_##native, arguments},
#define ABSENT(number, function, arguments, why)
#include "run/primitives.tbl"
#undef PRIMITIVE
#undef ABSENT
    };
    if (primitive_number > PRIMITIVE_NUMBER_LIMIT) return NATIVE_NONE;
    int wanted = rows[primitive_number].argument_count;
    Native native = (Native)rows[primitive_number].native;
    bool fits = wanted < 0 ? takes(native, argument_count) : wanted == (int)argument_count;
    return fits ? native : NATIVE_NONE;
}

void native_emit(Compilation *c, Native native, Label slow) {
    static void (*const emitters[NATIVE_COUNT])(Compilation *, Label) = {
#define NATIVE(NAME, operands, text) [NATIVE_##NAME] = native_##NAME,
#include "jit/natives.tbl"
#undef NATIVE
    };
    emitters[native](c, slow);
}

// ---- operands and answers

void native_operand(Compilation *c, Reg to, unsigned position) {
    ir_rm(&c->ir, IR_LOAD, to, R_SP, 8 * ((int64_t)position + 1));
}

void native_return(Compilation *c) { ir_i(&c->ir, IR_RETURN, c->argument_count + 1); }

static void return_boolean(Compilation *c, bool value) {
    ir_rm(&c->ir, IR_ADDRESS, R_T0, R_NIL, boolean_offset(c, value));
    native_return(c);
}

void native_return_boolean(Compilation *c, Condition condition) {
    Label holds = ir_new_label(&c->ir);
    ir_jump_if(&c->ir, condition, holds);
    return_boolean(c, false);
    ir_label(&c->ir, holds);
    return_boolean(c, true);
}

void native_check_object(Compilation *c, Reg reg, Label slow) {
    ir_ri(&c->ir, IR_TEST_CONSTANT, reg, TAG_MASK);
    ir_jump_if(&c->ir, COND_NOT_EQUAL, slow);
}

void native_check_integer(Compilation *c, Reg reg, Label slow) {
    ir_ri(&c->ir, IR_TEST_CONSTANT, reg, TAG_INT);
    ir_jump_if(&c->ir, COND_EQUAL, slow);
}

void native_tag(Compilation *c, Reg reg) {
    ir_ri(&c->ir, IR_SHIFT_LEFT_CONSTANT, reg, TAG_BITS);
    ir_ri(&c->ir, IR_OR_CONSTANT, reg, TAG_INT);
}

void native_untag(Compilation *c, Reg reg) {
    ir_ri(&c->ir, IR_SHIFT_ARITHMETIC_CONSTANT, reg, TAG_BITS);
}

// ---- headers

void native_load_format(Compilation *c, Reg to, Reg object) {
    ir_rm(&c->ir, IR_LOAD8, to, object, HEADER_FORMAT_BYTE);
    ir_ri(&c->ir, IR_AND_CONSTANT, to, (int64_t)(HEADER_FORMAT_MASK >> HEADER_FORMAT_SHIFT));
}

void native_load_class_index(Compilation *c, Reg to, Reg object) {
    ir_rm(&c->ir, IR_LOAD32, to, object, 0);
    ir_ri(&c->ir, IR_AND_CONSTANT, to, (int64_t)HEADER_CLASS_INDEX_MASK);
}

// The real count of a large object stands in the word before the header, under 8 other bits.
void native_load_slot_count(Compilation *c, Reg to, Reg object) {
    Label known = ir_new_label(&c->ir);
    ir_rm(&c->ir, IR_LOAD8, to, object, HEADER_SLOTS_BYTE);
    ir_ri(&c->ir, IR_COMPARE_CONSTANT, to, (int64_t)HEADER_SLOTS_OVERFLOW);
    ir_jump_if(&c->ir, COND_NOT_EQUAL, known);
    ir_rm(&c->ir, IR_LOAD, to, object, -8);
    ir_ri(&c->ir, IR_SHIFT_LEFT_CONSTANT, to, 64 - HEADER_SLOTS_SHIFT);
    ir_ri(&c->ir, IR_SHIFT_RIGHT_CONSTANT, to, 64 - HEADER_SLOTS_SHIFT);
    ir_label(&c->ir, known);
}

void native_check_followed(Compilation *c, Reg reg, Reg scratch, Label slow) {
    Label followed = ir_new_label(&c->ir);
    ir_ri(&c->ir, IR_TEST_CONSTANT, reg, TAG_MASK);
    ir_jump_if(&c->ir, COND_NOT_EQUAL, followed);
    native_load_class_index(c, scratch, reg);
    ir_ri(&c->ir, IR_COMPARE_CONSTANT, scratch, CLASS_INDEX_FORWARDER);
    ir_jump_if(&c->ir, COND_EQUAL, slow);
    ir_label(&c->ir, followed);
}

// ---- classes

void native_load_class(Compilation *c, Reg to, Reg class_index, Label slow) {
    enum { PAGE_SHIFT = 10 };
    _Static_assert(1 << PAGE_SHIFT == CLASS_TABLE_PAGE_SIZE, "an index is a page and a place");
    _Static_assert(CLASS_TABLE_ROOT_SLOTS << PAGE_SHIFT == HEADER_CLASS_INDEX_MASK + 1,
                   "there is a slot for every page");
    ir_rr(&c->ir, IR_MOVE, R_T7, class_index);
    ir_ri(&c->ir, IR_SHIFT_RIGHT_CONSTANT, R_T7, PAGE_SHIFT);
    ir_rm(&c->ir, IR_LOAD, to, R_VM, VM_CLASS_TABLE);
    ir_rx(&c->ir, IR_LOAD_INDEXED, to, to, R_T7, slot_offset(0));
    ir_rr(&c->ir, IR_COMPARE, to, R_NIL);
    ir_jump_if(&c->ir, COND_EQUAL, slow);
    ir_ri(&c->ir, IR_AND_CONSTANT, class_index, CLASS_TABLE_PAGE_SIZE - 1);
    ir_rx(&c->ir, IR_LOAD_INDEXED, to, to, class_index, slot_offset(0));
}

static void check_pointers(Compilation *c, Reg object, Label slow) {
    native_check_object(c, object, slow);
    native_load_format(c, R_T7, object);
    ir_ri(&c->ir, IR_COMPARE_CONSTANT, R_T7, FORMAT_EPHEMERON);
    ir_jump_if(&c->ir, COND_ABOVE, slow);
}

// As prim_class_format asks; it follows forwarders, too. T7 is lost.
void native_load_shape(Compilation *c, Reg class_object, Reg fixed, Reg format, Label slow) {
    check_pointers(c, class_object, slow);
    ir_rm(&c->ir, IR_LOAD8, R_T7, class_object, HEADER_SLOTS_BYTE);
    ir_ri(&c->ir, IR_COMPARE_CONSTANT, R_T7, CLASS_FORMAT);
    ir_jump_if(&c->ir, COND_BELOW_OR_EQUAL, slow);
    ir_rm(&c->ir, IR_LOAD, fixed, class_object, slot_offset(CLASS_SUPERCLASS));
    check_pointers(c, fixed, slow);
    ir_rm(&c->ir, IR_LOAD, fixed, class_object, slot_offset(CLASS_METHOD_DICTIONARY));
    check_pointers(c, fixed, slow);
    ir_rm(&c->ir, IR_LOAD, fixed, class_object, slot_offset(CLASS_FORMAT));
    native_check_integer(c, fixed, slow);
    ir_rr(&c->ir, IR_MOVE, format, fixed);
    ir_ri(&c->ir, IR_SHIFT_RIGHT_CONSTANT, format, TAG_BITS + 16);
    ir_ri(&c->ir, IR_AND_CONSTANT, format, 31);
    ir_ri(&c->ir, IR_SHIFT_RIGHT_CONSTANT, fixed, TAG_BITS);
    ir_ri(&c->ir, IR_AND_CONSTANT, fixed, 0xFFFF);
}

// ---- memory

// Stress options set the limit to 0.
void native_allocate(Compilation *c, Label slow) {
    ir_rm(&c->ir, IR_LOAD, R_T1, R_VM, VM_EDEN_FREE);
    ir_rr(&c->ir, IR_ADD, R_T2, R_T1);
    ir_rm(&c->ir, IR_COMPARE_MEMORY, R_T2, R_VM, VM_EDEN_LIMIT);
    ir_jump_if(&c->ir, COND_ABOVE, slow);
    ir_rm(&c->ir, IR_STORE, R_T2, R_VM, VM_EDEN_FREE);
}
