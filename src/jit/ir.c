// SPDX-License-Identifier: MIT
// Lists of IR instructions: growing, printing by the texts of ir.tbl, and checking. What an operand
// is follows from the instruction's form (the table `shapes`); what a constant may be is said in
// `constants_fit`, beside the reason.
#include "jit/ir.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

static const char *const op_names[] = {
#define IR(NAME, form, text) #NAME,
#include "jit/ir.tbl"
#undef IR
};
static const char *const op_texts[] = {
#define IR(NAME, form, text) text,
#include "jit/ir.tbl"
#undef IR
};
static const uint8_t op_forms[] = {
#define IR(NAME, form, text) FORM_##form,
#include "jit/ir.tbl"
#undef IR
};
static const char *const register_names[] = {
#define REGISTER(NAME, x64, arm64, text) text,
#include "jit/registers.tbl"
#undef REGISTER
};
static const char *const condition_names[] = {
#define CONDITION(NAME, x64, arm64, text) text,
#include "jit/conditions.tbl"
#undef CONDITION
};

void ir_init(IrCode *code) { *code = (IrCode){0}; }

void ir_release(IrCode *code) {
    free(code->instructions);
    free(code->pcs);
    free(code->draft);
    free(code->offsets);
    free(code->placed);
    ir_init(code);
}

void ir_clear(IrCode *code) {
    code->count = code->placed_count = code->label_count = code->pc = 0;
    code->out_of_memory = false;
}

static bool grow(IrCode *code) {
    if (code->capacity > UINT32_MAX / 4) return false;
    uint32_t larger = code->capacity ? code->capacity * 2 : 256;
    IrIns *instructions = realloc(code->instructions, larger * sizeof *instructions);
    if (instructions) code->instructions = instructions;
    uint32_t *pcs = realloc(code->pcs, larger * sizeof *pcs);
    if (pcs) code->pcs = pcs;
    if (!instructions || !pcs) return false;
    code->capacity = larger;
    return true;
}

bool ir_grow(IrCode *code) {
    if (code->out_of_memory || !grow(code)) code->out_of_memory = true;
    return !code->out_of_memory;
}

// ---- names
const char *ir_op_name(IrOp op) { return op < IR_OP_COUNT ? op_names[op] : "?"; }
IrForm ir_op_form(IrOp op) { return op < IR_OP_COUNT ? (IrForm)op_forms[op] : FORM_NONE; }
const char *register_name(Reg reg) { return reg < REGISTER_COUNT ? register_names[reg] : "?"; }
const char *condition_name(Condition condition) {
    return condition < CONDITION_COUNT ? condition_names[condition] : "?";
}

// ---- printing
typedef struct Text {
    char *to;
    size_t size;
    int length; // also when there was no room
} Text;

__attribute__((format(printf, 2, 3))) static void put(Text *text, const char *format, ...) {
    size_t used = (size_t)text->length < text->size ? (size_t)text->length : text->size;
    va_list arguments;
    va_start(arguments, format);
    int written = vsnprintf(text->to + used, text->size - used, format, arguments);
    va_end(arguments);
    if (written > 0) text->length += written;
}

// Small numbers are offsets and counts, large ones addresses and masks.
static void put_number(Text *text, int64_t number) {
    if (number > -65536 && number < 65536)
        put(text, "%" PRId64, number);
    else
        put(text, "0x%" PRIX64, (uint64_t)number);
}

static void put_mark(Text *text, char mark, const IrIns *in) {
    switch (mark) {
    case 'a':
        put(text, "%s", register_name(in->a));
        return;
    case 'b':
        put(text, "%s", register_name(in->b));
        return;
    case 'c':
        put(text, "%s", register_name(in->c));
        return;
    case 'f':
        put(text, "F%u", in->a);
        return;
    case 'g':
        put(text, "F%u", in->b);
        return;
    case 'i':
        put_number(text, in->imm);
        return;
    case 'x':
        put_number(text, in->extra);
        return;
    case 'l':
        put(text, "L%" PRId32, in->extra);
        return;
    case '?':
        put(text, "%s", condition_name(in->c));
        return;
    default:
        put(text, "$%c", mark);
    }
}

int ir_print(const IrIns *instruction, char *to, size_t size) {
    static const char plus[] = " + $i";
    Text text = {to, size, 0};
    const char *from = instruction->op < IR_OP_COUNT ? op_texts[instruction->op] : "?";
    while (*from) {
        bool displaced = strncmp(from, plus, strlen(plus)) == 0;
        if (displaced && instruction->imm <= 0) { // for the eye: [FP - 8], [T0]
            if (instruction->imm < 0) put(&text, " - %" PRIu64, -(uint64_t)instruction->imm);
            from += strlen(plus);
        } else if (*from == '$' && from[1]) {
            put_mark(&text, from[1], instruction);
            from += 2;
        } else {
            put(&text, "%c", *from++);
        }
    }
    return text.length;
}

// ---- checking
enum { ANY = 255, REG = REGISTER_COUNT, FLOAT = FLOAT_REGISTER_COUNT, COND = CONDITION_COUNT };
typedef struct Shape {
    uint8_t a, b, c;           // they are below
    bool label, imm_is_signed; // imm has 32 bits with sign
} Shape;

static const Shape shapes[] = {
    [FORM_NONE] = {ANY, ANY, ANY, false, false}, [FORM_R] = {REG, ANY, ANY, false, false},
    [FORM_RR] = {REG, REG, ANY, false, false},   [FORM_RI] = {REG, ANY, ANY, false, false},
    [FORM_RM] = {REG, REG, ANY, false, true},    [FORM_RX] = {REG, REG, REG, false, true},
    [FORM_I] = {ANY, ANY, ANY, false, false},    [FORM_MI] = {ANY, REG, ANY, false, true},
    [FORM_L] = {ANY, ANY, ANY, true, false},     [FORM_CL] = {ANY, ANY, COND, true, false},
    [FORM_RL] = {REG, ANY, ANY, true, false},    [FORM_RRL] = {REG, REG, ANY, true, false},
    [FORM_F] = {FLOAT, ANY, ANY, false, false},  [FORM_FF] = {FLOAT, FLOAT, ANY, false, false},
    [FORM_FR] = {FLOAT, REG, ANY, false, false}, [FORM_RF] = {REG, FLOAT, ANY, false, false},
    [FORM_FM] = {FLOAT, REG, ANY, false, true},  [FORM_II] = {ANY, ANY, ANY, false, false},
    [FORM_IC] = {ANY, ANY, COND, false, false},
};

static bool fits_32(int64_t number) { return number == (int32_t)number; }

// What single instructions ask for beyond their form.
static bool operands_allowed(const IrIns *in) {
    switch ((IrOp)in->op) {
    case IR_LOAD_INDEXED:
    case IR_LOAD8_INDEXED:
    case IR_STORE_INDEXED:
    case IR_STORE8_INDEXED:
    case IR_ADDRESS_INDEXED: // rsp cannot be an index
        return in->c != R_SP;
    case IR_DIVIDE:
        return in->a != R_T0 && in->a != R_T2;
    case IR_TAKE_LINK:
        return in->a != R_SP;
    case IR_JUMP_IF_FLOAT:
        return in->c <= COND_GREATER;
    case IR_PUSH_CONSTANT:
        return fits_32(in->imm);
    case IR_COMPARE32_CONSTANT: // with or without a sign: 32 bits are 32 bits
        return in->imm >= INT32_MIN && in->imm <= UINT32_MAX;
    case IR_SHIFT_LEFT_CONSTANT:
    case IR_SHIFT_RIGHT_CONSTANT:
    case IR_SHIFT_ARITHMETIC_CONSTANT:
    case IR_ROTATE_RIGHT_CONSTANT:
        return in->imm >= 0 && in->imm < 64;
    case IR_COMPARE8_MEMORY:
        return fits_32(in->imm) && in->extra >= 0 && in->extra <= UINT8_MAX;
    case IR_ALIGN: // methods begin at multiples of the largest
        return in->imm > 0 && in->imm <= IR_LARGEST_ALIGNMENT && (in->imm & (in->imm - 1)) == 0;
    case IR_RETURN: // a 16-bit count of bytes on x86-64
        return in->imm >= 0 && in->imm < 65536 / 8;
    case IR_ENTER_FROM_C:
    case IR_LEAVE_TO_C:
        return in->imm >= 0 && fits_32(in->imm);
    case IR_CALL_C:
        return in->imm >= 0 && fits_32(in->imm) && in->extra >= 0;
    default:
        return true;
    }
}

// Debug builds ask for every instruction of every compilation.
bool ir_is_sound(const IrCode *code, const IrIns *in) {
    if (in->op >= IR_OP_COUNT) return false;
    const Shape *shape = &shapes[op_forms[in->op]];
    if (in->a >= shape->a || in->b >= shape->b || in->c >= shape->c) return false;
    if (shape->label && (uint32_t)in->extra >= code->label_count) return false;
    if (shape->imm_is_signed && !fits_32(in->imm)) return false;
    return operands_allowed(in);
}
