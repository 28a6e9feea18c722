// SPDX-License-Identifier: MIT
// The intermediate representation: a list of abstract machine instructions (ir.tbl) on abstract
// registers (registers.tbl), with labels. The compilers write it, a back end encodes it, and people
// read it in listings. It knows nothing of Smalltalk.
//
// Every instruction keeps the bytecode it was made for (ir_at_pc), so that a listing can show both.
// Running out of memory is remembered, and told when the code is assembled.
#ifndef PARLEY_JIT_IR_H
#define PARLEY_JIT_IR_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

typedef enum IrOp {
#define IR(NAME, form, text) IR_##NAME,
#include "jit/ir.tbl"
#undef IR
    IR_OP_COUNT
} IrOp;

typedef enum Reg {
#define REGISTER(NAME, x64, arm64, text) R_##NAME,
#include "jit/registers.tbl"
#undef REGISTER
    REGISTER_COUNT
} Reg;

typedef enum FloatReg { F0, F1, F2, F3, F4, F5, F6, F7, FLOAT_REGISTER_COUNT } FloatReg;

typedef enum Condition {
#define CONDITION(NAME, x64, arm64, text) COND_##NAME,
#include "jit/conditions.tbl"
#undef CONDITION
    CONDITION_COUNT
} Condition;
// The opposite. Conditions stand in the table in pairs.
static inline Condition condition_opposite(Condition c) { return (Condition)((int)c ^ 1); }

typedef enum IrForm {
    FORM_NONE,
    FORM_R,
    FORM_RR,
    FORM_RI,
    FORM_RM,
    FORM_RX,
    FORM_I,
    FORM_MI,
    FORM_L,
    FORM_CL,
    FORM_RL,
    FORM_RRL,
    FORM_F,
    FORM_FF,
    FORM_FR,
    FORM_RF,
    FORM_FM,
    FORM_II,
    FORM_IC,
} IrForm;

typedef uint32_t Label; // numbered from 0, per IrCode
typedef struct IrIns {
    uint8_t op;      // IrOp
    uint8_t a, b, c; // registers, or c a Condition
    int32_t extra;   // a label, or a second constant
    int64_t imm;
} IrIns;
_Static_assert(sizeof(IrIns) == 16, "two words");

enum { IR_LARGEST_ALIGNMENT = 16 }; // of ALIGN, and of the addresses that methods begin at

typedef struct IrCode {
    IrIns *instructions;
    uint32_t *pcs; // beside them: the bytecode they belong to
    uint8_t *draft;    // what assemble_measure wrote, and where each instruction's bytes begin in
    uint32_t *offsets; // it; the end, too
    uint32_t *placed;  // the instructions whose bytes depend on places, ascending
    uint32_t count, capacity, placed_count;
    uint32_t measured; // how many instructions draft, offsets and placed have room for
    uint32_t label_count, pc;
    bool out_of_memory;
} IrCode;

void ir_init(IrCode *code);
void ir_release(IrCode *code);
// Empty again, with the room that it had.
void ir_clear(IrCode *code);
// Instructions added from now on belong to the bytecode at `pc`.
static inline void ir_at_pc(IrCode *code, uint32_t pc) { code->pc = pc; }
static inline Label ir_new_label(IrCode *code) { return code->label_count++; }
// Room for more instructions; false: no memory, which is remembered.
bool ir_grow(IrCode *code);
static inline void ir_add(IrCode *code, IrIns instruction) {
    if (code->count == code->capacity && !ir_grow(code)) return;
    code->instructions[code->count] = instruction;
    code->pcs[code->count++] = code->pc;
}

// ---- one line per form
static inline void ir_none(IrCode *code, IrOp op) { ir_add(code, (IrIns){.op = (uint8_t)op}); }
static inline void ir_r(IrCode *code, IrOp op, unsigned a) {
    ir_add(code, (IrIns){.op = (uint8_t)op, .a = (uint8_t)a});
}
static inline void ir_rr(IrCode *code, IrOp op, unsigned a, unsigned b) {
    ir_add(code, (IrIns){.op = (uint8_t)op, .a = (uint8_t)a, .b = (uint8_t)b});
}
static inline void ir_ri(IrCode *code, IrOp op, unsigned a, int64_t imm) {
    ir_add(code, (IrIns){.op = (uint8_t)op, .a = (uint8_t)a, .imm = imm});
}
static inline void ir_rm(IrCode *code, IrOp op, unsigned a, unsigned base, int64_t displacement) {
    ir_add(code,
           (IrIns){.op = (uint8_t)op, .a = (uint8_t)a, .b = (uint8_t)base, .imm = displacement});
}
static inline void ir_rx(IrCode *code, IrOp op, unsigned a, unsigned base, unsigned index,
                         int64_t displacement) {
    ir_add(code, (IrIns){.op = (uint8_t)op,
                         .a = (uint8_t)a,
                         .b = (uint8_t)base,
                         .c = (uint8_t)index,
                         .imm = displacement});
}
static inline void ir_i(IrCode *code, IrOp op, int64_t imm) {
    ir_add(code, (IrIns){.op = (uint8_t)op, .imm = imm});
}
static inline void ir_ii(IrCode *code, IrOp op, int64_t imm, int32_t extra) {
    ir_add(code, (IrIns){.op = (uint8_t)op, .imm = imm, .extra = extra});
}
static inline void ir_mi(IrCode *code, IrOp op, unsigned base, int64_t displacement,
                         int32_t extra) {
    ir_add(code,
           (IrIns){.op = (uint8_t)op, .b = (uint8_t)base, .imm = displacement, .extra = extra});
}
static inline void ir_label(IrCode *code, Label label) {
    ir_add(code, (IrIns){.op = IR_LABEL, .extra = (int32_t)label});
}
static inline void ir_jump(IrCode *code, Label label) {
    ir_add(code, (IrIns){.op = IR_JUMP, .extra = (int32_t)label});
}
static inline void ir_jump_if(IrCode *code, Condition condition, Label label) {
    ir_add(code, (IrIns){.op = IR_JUMP_IF, .c = (uint8_t)condition, .extra = (int32_t)label});
}
static inline void ir_jump_if_float(IrCode *code, Condition condition, Label label) {
    ir_add(code, (IrIns){.op = IR_JUMP_IF_FLOAT, .c = (uint8_t)condition, .extra = (int32_t)label});
}
static inline void ir_jump_code_if(IrCode *code, Condition condition, uint64_t address) {
    ir_add(code, (IrIns){.op = IR_JUMP_CODE_IF, .c = (uint8_t)condition, .imm = (int64_t)address});
}
static inline void ir_rl(IrCode *code, IrOp op, unsigned a, Label label) {
    ir_add(code, (IrIns){.op = (uint8_t)op, .a = (uint8_t)a, .extra = (int32_t)label});
}
static inline void ir_multiply(IrCode *code, unsigned a, unsigned b, Label overflows) {
    ir_add(
        code,
        (IrIns){.op = IR_MULTIPLY, .a = (uint8_t)a, .b = (uint8_t)b, .extra = (int32_t)overflows});
}

// ---- reading it
const char *ir_op_name(IrOp op);
IrForm ir_op_form(IrOp op);
const char *register_name(Reg reg);
const char *condition_name(Condition condition);
// Writes the instruction as its row's text says, without line end; snprintf's result.
int ir_print(const IrIns *instruction, char *text, size_t size);
// Is the instruction's form kept: registers in range, label known, constants that fit?
bool ir_is_sound(const IrCode *code, const IrIns *instruction);
// Does it lead to other code, so that it must change when its piece moves? Sends aside.
static inline bool ir_leads_elsewhere(IrOp op) {
    return op == IR_CALL_CODE || op == IR_JUMP_CODE || op == IR_JUMP_CODE_IF;
}

#endif
