// SPDX-License-Identifier: MIT
// Which native stands for which primitive, and what natives alone are written with. See natives.h.
#include "jit/natives.h"

#include "object/layouts.h"
#include "run/primitives.h"

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

// ---- classes

static void check_pointers(Compilation *c, Reg object, Label slow) {
    emit_check_object(&c->ir, object, slow);
    emit_load_format(&c->ir, R_T7, object);
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
    emit_check_integer(&c->ir, fixed, slow);
    ir_rr(&c->ir, IR_MOVE, format, fixed);
    ir_ri(&c->ir, IR_SHIFT_RIGHT_CONSTANT, format, TAG_BITS + 16);
    ir_ri(&c->ir, IR_AND_CONSTANT, format, 31);
    ir_ri(&c->ir, IR_SHIFT_RIGHT_CONSTANT, fixed, TAG_BITS);
    ir_ri(&c->ir, IR_AND_CONSTANT, fixed, 0xFFFF);
}
