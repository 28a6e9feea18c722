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
    ir_init(code);
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

void ir_add(IrCode *code, IrIns instruction) {
    if (code->count == code->capacity && (code->out_of_memory || !grow(code))) {
        code->out_of_memory = true;
        return;
    }
    code->instructions[code->count] = instruction;
    code->pcs[code->count++] = code->pc;
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
enum { A = 1, B = 2, C = 4 };
typedef struct Shape {
    uint8_t registers, floats; // which of a, b, c are such
    bool condition, label;
} Shape;

static const Shape shapes[] = {
    [FORM_NONE] = {0, 0, false, false},   [FORM_R] = {A, 0, false, false},
    [FORM_RR] = {A | B, 0, false, false}, [FORM_RI] = {A, 0, false, false},
    [FORM_RM] = {A | B, 0, false, false}, [FORM_RX] = {A | B | C, 0, false, false},
    [FORM_I] = {0, 0, false, false},      [FORM_MI] = {B, 0, false, false},
    [FORM_L] = {0, 0, false, true},       [FORM_CL] = {0, 0, true, true},
    [FORM_RL] = {A, 0, false, true},      [FORM_RRL] = {A | B, 0, false, true},
    [FORM_F] = {0, A, false, false},      [FORM_FF] = {0, A | B, false, false},
    [FORM_FR] = {B, A, false, false},     [FORM_RF] = {A, B, false, false},
    [FORM_FM] = {B, A, false, false},     [FORM_II] = {0, 0, false, false},
    [FORM_IC] = {0, 0, true, false},
};

static bool operands_in_range(const IrIns *in, uint8_t which, unsigned limit) {
    return !((which & A && in->a >= limit) || (which & B && in->b >= limit) ||
             (which & C && in->c >= limit));
}

static bool fits_32(int64_t number) { return number == (int32_t)number; }

static bool constants_fit(const IrIns *in) {
    switch ((IrOp)in->op) {
    case IR_PUSH_CONSTANT:
        return fits_32(in->imm);
    case IR_COMPARE32_CONSTANT: // with or without a sign: 32 bits are 32 bits
        return in->imm >= INT32_MIN && in->imm <= UINT32_MAX;
    case IR_SHIFT_LEFT_CONSTANT:
    case IR_SHIFT_RIGHT_CONSTANT:
    case IR_SHIFT_ARITHMETIC_CONSTANT:
        return in->imm >= 0 && in->imm < 64;
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
        break;
    }
    switch (ir_op_form(in->op)) {
    case FORM_RM:
    case FORM_RX:
    case FORM_MI:
    case FORM_FM:
        return fits_32(in->imm);
    default:
        return true;
    }
}

static bool registers_allowed(const IrIns *in) {
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
    default:
        return true;
    }
}

bool ir_is_sound(const IrCode *code, const IrIns *instruction) {
    if (instruction->op >= IR_OP_COUNT) return false;
    const Shape *shape = &shapes[op_forms[instruction->op]];
    if (!operands_in_range(instruction, shape->registers, REGISTER_COUNT)) return false;
    if (!operands_in_range(instruction, shape->floats, FLOAT_REGISTER_COUNT)) return false;
    if (shape->condition && instruction->c >= CONDITION_COUNT) return false;
    if (shape->label && (uint32_t)instruction->extra >= code->label_count) return false;
    return registers_allowed(instruction) && constants_fit(instruction);
}
