// SPDX-License-Identifier: MIT
// The back end for x86-64 (Intel 64 and IA-32 Architectures Software Developer's Manual, volume 2).
//
// An instruction there is
//
//     [66|F2|F3] [REX = 0100WRXB] opcode [ModRM = mod.reg.rm] [SIB = scale.index.base] [disp] [imm]
//
// with W for 64 bits and R, X, B the fourth bits of the register numbers in reg, index, and base or
// rm. `emit_registers` and `emit_memory` write everything up to the displacement.
//
// SP is rsp, so that calls and returns of compiled code are the machine's own. Jumps always take
// displacements of 32 bits: sizes must not depend on labels. r11 is scratch: it is no abstract
// register, and the calling convention of C lets everyone spoil it.
//
// What must stay true: moves, loads, stores, pushes and pops leave the flags alone, so that 0 is
// loaded by mov, never by xor.
#include "jit/backend.h"

#include "base/bits.h"
#include "base/check.h"

enum { RAX, RCX, RDX, RBX, RSP, RBP, RSI, RDI, R11 = 11, R12 = 12, R15 = 15 };
enum { SCRATCH = R11 };

// Opcodes; those with 0F before them carry it in their second byte.
enum {
    OP_LOAD = 0x8B,
    OP_STORE = 0x89,
    OP_STORE8 = 0x88,
    OP_ADDRESS = 0x8D,
    OP_EXTEND8 = 0x0FB6,
    OP_EXTEND16 = 0x0FB7,
    OP_SIGN_EXTEND8 = 0x0FBE,
    OP_MULTIPLY = 0x0FAF,
    OP_JUMP_IF = 0x0F80,
    OP_TEST = 0x85,
    OP_COMPARE = 0x3B,
    OP_GROUP1_BYTE = 0x80, // on 8 bits
    OP_GROUP1_8 = 0x83, // op r, imm8: the /digits below
    OP_GROUP1_32 = 0x81,
    OP_GROUP3 = 0xF7,
    OP_GROUP5 = 0xFF,
    OP_SHIFT = 0xC1,
    OP_SHIFT_CL = 0xD3,
};
enum { GROUP1_ADD, GROUP1_OR, GROUP1_AND = 4, GROUP1_SUBTRACT, GROUP1_XOR, GROUP1_COMPARE };
enum { GROUP3_TEST = 0, GROUP3_NEGATE = 3, GROUP3_DIVIDE = 7 };
enum { GROUP5_CALL = 2, GROUP5_JUMP = 4, GROUP5_PUSH = 6 };
enum { ROTATE_RIGHT = 1, SHIFT_LEFT = 4, SHIFT_RIGHT = 5, SHIFT_ARITHMETIC = 7 };
enum { CONDITION_PARITY = 10 };

// What is written, and where it will run.
typedef struct X64 {
    uint8_t *start, *at;
    uint64_t address;
    const uint64_t *labels; // NULL: only the size is asked for
    bool too_far;
} X64;

// By any four bits: not all instructions name two registers.
static const uint8_t numbers[16] = {
#define REGISTER(NAME, x64, arm64, text) [R_##NAME] = x64,
#include "jit/registers.tbl"
#undef REGISTER
};
static const uint8_t condition_codes[] = {
#define CONDITION(NAME, x64, arm64, text) x64,
#include "jit/conditions.tbl"
#undef CONDITION
};

static bool fits_8(int64_t value) { return value == (int8_t)value; }
static bool fits_32(int64_t value) { return value == (int32_t)value; }

static void emit8(X64 *x, unsigned byte) { *x->at++ = (uint8_t)byte; }
static void emit32(X64 *x, int64_t value) {
    store_u32(x->at, (uint32_t)value);
    x->at += 4;
}
static void emit64(X64 *x, int64_t value) {
    store_i64(x->at, value);
    x->at += 8;
}

// ---- operands
enum { W = 1, BYTE_REGISTER = 2 }; // 64 bits; reg is named as a byte, which needs REX from rsp on

static void emit_rex(X64 *x, unsigned flags, unsigned reg, unsigned index, unsigned base) {
    unsigned rex = (flags & W) << 3 | (reg >> 3) << 2 | (index >> 3) << 1 | base >> 3;
    if (rex || (flags & BYTE_REGISTER && reg >= RSP)) emit8(x, 0x40 | rex);
}

static void emit_opcode(X64 *x, unsigned opcode) {
    if (opcode > 0xFF) emit8(x, opcode >> 8);
    emit8(x, opcode & 0xFF);
}

static void emit_modrm(X64 *x, unsigned mod, unsigned reg, unsigned rm) {
    emit8(x, mod << 6 | (reg & 7) << 3 | (rm & 7));
}

static void emit_registers(X64 *x, unsigned flags, unsigned opcode, unsigned reg, unsigned rm) {
    emit_rex(x, flags, reg, 0, rm);
    emit_opcode(x, opcode);
    emit_modrm(x, 3, reg, rm);
}

// mod for a displacement; base 101 (rbp, r13) has no form without one.
static unsigned displacement_mod(unsigned base, int64_t displacement) {
    if (displacement == 0 && (base & 7) != RBP) return 0;
    return fits_8(displacement) ? 1 : 2;
}

static void emit_displacement(X64 *x, unsigned mod, int64_t displacement) {
    if (mod == 1) emit8(x, (unsigned)displacement & 0xFF);
    if (mod == 2) emit32(x, displacement);
}

// [base + displacement]. rm 100 (rsp, r12) announces an SIB byte; index 100 in it means none.
static void emit_memory(X64 *x, unsigned flags, unsigned opcode, unsigned reg, unsigned base,
                        int64_t displacement) {
    unsigned mod = displacement_mod(base, displacement);
    emit_rex(x, flags, reg, 0, base);
    emit_opcode(x, opcode);
    emit_modrm(x, mod, reg, base);
    if ((base & 7) == RSP) emit8(x, RSP << 3 | RSP);
    emit_displacement(x, mod, displacement);
}

typedef enum Scale { TIMES_1, TIMES_8 = 3 } Scale;

static void emit_indexed(X64 *x, unsigned flags, unsigned opcode, const IrIns *in, Scale scale) {
    unsigned reg = numbers[in->a], base = numbers[in->b], index = numbers[in->c];
    unsigned mod = displacement_mod(base, in->imm);
    ASSERT(index != RSP);
    emit_rex(x, flags, reg, index, base);
    emit_opcode(x, opcode);
    emit_modrm(x, mod, reg, RSP);
    emit8(x, (unsigned)scale << 6 | (index & 7) << 3 | (base & 7));
    emit_displacement(x, mod, in->imm);
}

// ---- jumps: the last four bytes are the distance from their end
static void emit_distance(X64 *x, uint64_t target) {
    uint64_t here = x->address + (uint64_t)(x->at - x->start) + 4;
    int64_t distance = x->labels ? (int64_t)(target - here) : 0;
    if (!fits_32(distance)) x->too_far = true;
    emit32(x, distance);
}

static uint64_t label_address(const X64 *x, const IrIns *in) {
    return x->labels ? x->labels[in->extra] : 0;
}

static void emit_jump_if(X64 *x, unsigned condition, uint64_t target) {
    emit_opcode(x, OP_JUMP_IF | condition);
    emit_distance(x, target);
}

static void emit_jump(X64 *x, unsigned opcode, uint64_t target) {
    emit8(x, opcode);
    emit_distance(x, target);
}
enum { JUMP = 0xE9, CALL = 0xE8 };

// reg := [address], or the address itself: relative to the end of the instruction (mod 0, rm 101).
static void emit_relative(X64 *x, unsigned opcode, unsigned reg, uint64_t address) {
    emit_rex(x, W, reg, 0, 0);
    emit_opcode(x, opcode);
    emit_modrm(x, 0, reg, RBP);
    emit_distance(x, address);
}

// ucomisd says unordered by CF, ZF and PF, less by CF, equal by ZF. The conditions that CF or ZF
// alone would make true for NaN are kept from it by a jump over the jump.
static void emit_jump_if_float(X64 *x, Condition condition, uint64_t target) {
    static const uint8_t unsigned_codes[] = {
        [COND_EQUAL] = 4,         [COND_NOT_EQUAL] = 5,        [COND_LESS] = 2,
        [COND_LESS_OR_EQUAL] = 6, [COND_GREATER_OR_EQUAL] = 3, [COND_GREATER] = 7,
    };
    enum { JUMP_IF_SHORT = 0x70, JUMP_IF_BYTES = 6 };
    if (condition == COND_NOT_EQUAL) {
        emit_jump_if(x, CONDITION_PARITY, target);
    } else if (condition != COND_GREATER && condition != COND_GREATER_OR_EQUAL) {
        emit8(x, JUMP_IF_SHORT | CONDITION_PARITY);
        emit8(x, JUMP_IF_BYTES);
    }
    emit_jump_if(x, unsigned_codes[condition], target);
}

// ---- constants
static void emit_constant(X64 *x, unsigned reg, int64_t value) {
    if (value == (int64_t)(uint32_t)value) { // clears the upper half
        emit_rex(x, 0, 0, 0, reg);
        emit8(x, 0xB8 | (reg & 7));
        emit32(x, value);
    } else if (fits_32(value)) {
        emit_registers(x, W, 0xC7, 0, reg);
        emit32(x, value);
    } else {
        emit_rex(x, W, 0, 0, reg);
        emit8(x, 0xB8 | (reg & 7));
        emit64(x, value);
    }
}

// An operation of group 1, whose opcodes with two registers are 8 * digit + 3.
static void emit_group1(X64 *x, unsigned flags, unsigned digit, unsigned reg, int64_t value) {
    if (fits_8(value)) {
        emit_registers(x, flags, OP_GROUP1_8, digit, reg);
        emit8(x, (unsigned)value & 0xFF);
    } else if (fits_32(value)) {
        if (reg == RAX) { // one byte less
            emit_rex(x, flags, 0, 0, 0);
            emit8(x, digit << 3 | 5);
        } else {
            emit_registers(x, flags, OP_GROUP1_32, digit, reg);
        }
        emit32(x, value);
    } else {
        emit_constant(x, SCRATCH, value);
        emit_registers(x, flags, digit << 3 | 3, reg, SCRATCH);
    }
}

// A mask that is positive in 32 bits gives the same result and the same flags in 32 bits.
static void emit_and_constant(X64 *x, unsigned reg, int64_t mask) {
    bool narrow = mask >= 0 && fits_32(mask);
    emit_group1(x, narrow ? 0 : W, GROUP1_AND, reg, mask);
}

static void emit_compare_constant(X64 *x, unsigned flags, unsigned reg, int64_t value) {
    if (value == 0)
        emit_registers(x, flags, OP_TEST, reg, reg);
    else
        emit_group1(x, flags, GROUP1_COMPARE, reg, value);
}

static void emit_test_constant(X64 *x, unsigned reg, int64_t mask) {
    if (mask >= 0 && mask <= INT8_MAX) { // the sign is that of bit 7: clear, as bit 63 is
        if (reg == RAX) {
            emit8(x, 0xA8);
        } else {
            if (reg >= RSP) emit8(x, 0x40 | reg >> 3);
            emit8(x, 0xF6);
            emit_modrm(x, 3, GROUP3_TEST, reg);
        }
        emit8(x, (unsigned)mask);
    } else if (fits_32(mask)) {
        unsigned flags = mask >= 0 ? 0 : W;
        if (reg == RAX) {
            emit_rex(x, flags, 0, 0, 0);
            emit8(x, 0xA9);
        } else {
            emit_registers(x, flags, OP_GROUP3, GROUP3_TEST, reg);
        }
        emit32(x, mask);
    } else {
        emit_constant(x, SCRATCH, mask);
        emit_registers(x, W, OP_TEST, SCRATCH, reg);
    }
}

static void emit_test_memory32(X64 *x, unsigned base, int64_t displacement, int32_t mask) {
    bool narrow = mask >= 0 && mask <= INT8_MAX;
    emit_memory(x, 0, narrow ? 0xF6 : OP_GROUP3, GROUP3_TEST, base, displacement);
    if (narrow)
        emit8(x, (unsigned)mask);
    else
        emit32(x, mask);
}

// cmp with 8 bits behind it, which count as 8 bits without a sign for these conditions.
static void emit_compare8_memory(X64 *x, unsigned base, int64_t displacement, int32_t value) {
    emit_memory(x, 0, OP_GROUP1_BYTE, GROUP1_COMPARE, base, displacement);
    emit8(x, (unsigned)value & 0xFF);
}

static void emit_push_constant(X64 *x, int64_t value) {
    if (fits_8(value)) {
        emit8(x, 0x6A);
        emit8(x, (unsigned)value & 0xFF);
    } else {
        emit8(x, 0x68);
        emit32(x, value);
    }
}

static void emit_shift_constant(X64 *x, unsigned digit, const IrIns *in) {
    emit_registers(x, W, OP_SHIFT, digit, numbers[in->a]);
    emit8(x, (unsigned)in->imm);
}

static void emit_push(X64 *x, unsigned reg) {
    emit_rex(x, 0, 0, 0, reg);
    emit8(x, 0x50 | (reg & 7));
}

static void emit_pop(X64 *x, unsigned reg) {
    emit_rex(x, 0, 0, 0, reg);
    emit8(x, 0x58 | (reg & 7));
}

// ---- floats: prefix, [REX], 0F, opcode. F0 to F7 are xmm0 to xmm7.
enum { PREFIX_SIZE = 0x66, PREFIX_DOUBLE = 0xF2, PREFIX_QUAD = 0xF3 };

static void emit_float(X64 *x, unsigned prefix, unsigned opcode, unsigned f, unsigned g) {
    if (prefix) emit8(x, prefix);
    emit_opcode(x, 0x0F00 | opcode);
    emit_modrm(x, 3, f, g);
}

static void emit_float_integer(X64 *x, unsigned prefix, unsigned opcode, unsigned reg,
                               unsigned rm) {
    emit8(x, prefix);
    emit_registers(x, W, 0x0F00 | opcode, reg, rm);
}

static void emit_float_memory(X64 *x, unsigned opcode, const IrIns *in) {
    emit8(x, PREFIX_DOUBLE);
    emit_memory(x, 0, 0x0F00 | opcode, in->a, numbers[in->b], in->imm);
}

// cvtsi2sd keeps the register's upper half, and so would wait for whoever wrote it last.
static void emit_float_from_integer(X64 *x, unsigned f, unsigned reg) {
    emit_float(x, 0, 0x57, f, f);
    emit_float_integer(x, PREFIX_DOUBLE, 0x2A, f, reg);
}

// ---- padding: the recommended forms of nop, by length
static void emit_align(X64 *x, uint64_t alignment) {
    static const uint8_t nops[][9] = {
        {0x90},
        {0x66, 0x90},
        {0x0F, 0x1F, 0x00},
        {0x0F, 0x1F, 0x40, 0x00},
        {0x0F, 0x1F, 0x44, 0x00, 0x00},
        {0x66, 0x0F, 0x1F, 0x44, 0x00, 0x00},
        {0x0F, 0x1F, 0x80, 0x00, 0x00, 0x00, 0x00},
        {0x0F, 0x1F, 0x84, 0x00, 0x00, 0x00, 0x00, 0x00},
        {0x66, 0x0F, 0x1F, 0x84, 0x00, 0x00, 0x00, 0x00, 0x00},
    };
    uint64_t bytes = round_up(x->address, alignment) - x->address;
    while (bytes > 0) {
        uint64_t part = bytes < sizeof nops[0] ? bytes : sizeof nops[0];
        memcpy(x->at, nops[part - 1], part);
        x->at += part, bytes -= part;
    }
}

// ---- the border to C. C's arguments are rdi, rsi, rdx; it keeps rbx, rbp, r12 to r15.
static const uint8_t saved[] = {RBX, RBP, R12, 13, 14, R15};
enum { SAVED_COUNT = sizeof saved };
// With the return address, what is pushed makes C's stack a multiple of 16 again at CALL_C.
enum { PADDING = 8 };
_Static_assert(((SAVED_COUNT + 1) * 8 + PADDING) % 16 == 0, "C's stack is aligned");

static void emit_enter_from_c(X64 *x, int64_t stack_slot) {
    for (unsigned i = 0; i < SAVED_COUNT; i++)
        emit_push(x, saved[i]);
    emit_group1(x, W, GROUP1_SUBTRACT, RSP, PADDING);
    emit_registers(x, W, OP_LOAD, numbers[R_VM], RDI);
    emit_registers(x, W, OP_LOAD, numbers[R_T1], RSI);
    emit_memory(x, W, OP_STORE, RSP, numbers[R_VM], stack_slot);
}

static void emit_leave_to_c(X64 *x, int64_t stack_slot) {
    emit_memory(x, W, OP_LOAD, RSP, numbers[R_VM], stack_slot);
    emit_group1(x, W, GROUP1_ADD, RSP, PADDING);
    for (unsigned i = SAVED_COUNT; i > 0; i--)
        emit_pop(x, saved[i - 1]);
    emit8(x, 0xC3);
}

static void emit_call_c(X64 *x, int64_t function_slot, int64_t stack_slot) {
    emit_memory(x, W, OP_LOAD, RSP, numbers[R_VM], stack_slot);
    emit_registers(x, W, OP_LOAD, RDI, numbers[R_VM]);
    emit_registers(x, W, OP_LOAD, RSI, numbers[R_T1]);
    emit_memory(x, 0, OP_GROUP5, GROUP5_CALL, numbers[R_VM], function_slot);
}

// The return address takes the place of the last word that goes. A return that counts words itself
// does not agree with how AMD's Zen 4 follows the words on the stack: what was pushed before the
// call is loaded twenty cycles late.
static void emit_return(X64 *x, int64_t words) {
    enum { RETURN = 0xC3 };
    if (words) {
        emit_pop(x, SCRATCH);
        emit_memory(x, W, OP_STORE, SCRATCH, RSP, 8 * (words - 1));
        if (words > 1) emit_memory(x, W, OP_ADDRESS, RSP, RSP, 8 * (words - 1));
    }
    emit8(x, RETURN);
}

// ---- instructions, by kind; each answers whether the instruction is of its kind
static bool encode_move(X64 *x, const IrIns *in) {
    unsigned a = numbers[in->a & 15], b = numbers[in->b & 15];
    switch ((IrOp)in->op) {
    case IR_MOVE:
        if (a != b) emit_registers(x, W, OP_LOAD, a, b);
        return true;
    case IR_CONSTANT:
        emit_constant(x, a, in->imm);
        return true;
    case IR_LOAD:
        emit_memory(x, W, OP_LOAD, a, b, in->imm);
        return true;
    case IR_LOAD32:
        emit_memory(x, 0, OP_LOAD, a, b, in->imm);
        return true;
    case IR_LOAD16:
        emit_memory(x, 0, OP_EXTEND16, a, b, in->imm);
        return true;
    case IR_LOAD8:
        emit_memory(x, 0, OP_EXTEND8, a, b, in->imm);
        return true;
    case IR_LOAD_INDEXED:
        emit_indexed(x, W, OP_LOAD, in, TIMES_8);
        return true;
    case IR_LOAD8_INDEXED:
        emit_indexed(x, 0, OP_EXTEND8, in, TIMES_1);
        return true;
    case IR_STORE:
        emit_memory(x, W, OP_STORE, a, b, in->imm);
        return true;
    case IR_STORE32:
        emit_memory(x, 0, OP_STORE, a, b, in->imm);
        return true;
    case IR_STORE8:
        emit_memory(x, BYTE_REGISTER, OP_STORE8, a, b, in->imm);
        return true;
    case IR_STORE_INDEXED:
        emit_indexed(x, W, OP_STORE, in, TIMES_8);
        return true;
    case IR_STORE8_INDEXED:
        emit_indexed(x, BYTE_REGISTER, OP_STORE8, in, TIMES_1);
        return true;
    case IR_STORE_CONSTANT:
        emit_memory(x, W, 0xC7, 0, b, in->imm);
        emit32(x, in->extra);
        return true;
    case IR_ADDRESS:
        emit_memory(x, W, OP_ADDRESS, a, b, in->imm);
        return true;
    case IR_ADDRESS_INDEXED:
        emit_indexed(x, W, OP_ADDRESS, in, TIMES_8);
        return true;
    case IR_PUSH:
        emit_push(x, a);
        return true;
    case IR_POP:
        emit_pop(x, a);
        return true;
    case IR_PUSH_CONSTANT:
        emit_push_constant(x, in->imm);
        return true;
    case IR_PUSH_MEMORY:
        emit_memory(x, 0, OP_GROUP5, GROUP5_PUSH, b, in->imm);
        return true;
    default:
        return false;
    }
}

static bool encode_integer(X64 *x, const IrIns *in) {
    unsigned a = numbers[in->a & 15], b = numbers[in->b & 15];
    switch ((IrOp)in->op) {
    case IR_ADD:
        emit_registers(x, W, GROUP1_ADD << 3 | 3, a, b);
        return true;
    case IR_SUBTRACT:
        emit_registers(x, W, GROUP1_SUBTRACT << 3 | 3, a, b);
        return true;
    case IR_AND:
        emit_registers(x, W, GROUP1_AND << 3 | 3, a, b);
        return true;
    case IR_OR:
        emit_registers(x, W, GROUP1_OR << 3 | 3, a, b);
        return true;
    case IR_XOR:
        emit_registers(x, W, GROUP1_XOR << 3 | 3, a, b);
        return true;
    case IR_ADD_CONSTANT:
        emit_group1(x, W, GROUP1_ADD, a, in->imm);
        return true;
    case IR_SUBTRACT_CONSTANT:
        emit_group1(x, W, GROUP1_SUBTRACT, a, in->imm);
        return true;
    case IR_AND_CONSTANT:
        emit_and_constant(x, a, in->imm);
        return true;
    case IR_OR_CONSTANT:
        emit_group1(x, W, GROUP1_OR, a, in->imm);
        return true;
    case IR_XOR_CONSTANT:
        emit_group1(x, W, GROUP1_XOR, a, in->imm);
        return true;
    case IR_NEGATE:
        emit_registers(x, W, OP_GROUP3, GROUP3_NEGATE, a);
        return true;
    case IR_COMPARE:
        emit_registers(x, W, OP_COMPARE, a, b);
        return true;
    case IR_COMPARE_CONSTANT:
        emit_compare_constant(x, W, a, in->imm);
        return true;
    case IR_COMPARE_MEMORY:
        emit_memory(x, W, OP_COMPARE, a, b, in->imm);
        return true;
    case IR_COMPARE32:
        emit_registers(x, 0, OP_COMPARE, a, b);
        return true;
    case IR_COMPARE32_CONSTANT:
        emit_compare_constant(x, 0, a, (int32_t)in->imm);
        return true;
    case IR_TEST_CONSTANT:
        emit_test_constant(x, a, in->imm);
        return true;
    case IR_COMPARE8_MEMORY:
        emit_compare8_memory(x, b, in->imm, in->extra);
        return true;
    case IR_TEST_MEMORY32:
        emit_test_memory32(x, b, in->imm, in->extra);
        return true;
    default:
        return false;
    }
}

static bool encode_shift(X64 *x, const IrIns *in) {
    unsigned a = numbers[in->a & 15], b = numbers[in->b & 15];
    switch ((IrOp)in->op) {
    case IR_SHIFT_LEFT_CONSTANT:
        emit_shift_constant(x, SHIFT_LEFT, in);
        return true;
    case IR_SHIFT_RIGHT_CONSTANT:
        emit_shift_constant(x, SHIFT_RIGHT, in);
        return true;
    case IR_SHIFT_ARITHMETIC_CONSTANT:
        emit_shift_constant(x, SHIFT_ARITHMETIC, in);
        return true;
    case IR_ROTATE_RIGHT_CONSTANT:
        emit_shift_constant(x, ROTATE_RIGHT, in);
        return true;
    case IR_SHIFT_LEFT: // by cl, which T1 is
        emit_registers(x, W, OP_SHIFT_CL, SHIFT_LEFT, a);
        return true;
    case IR_SHIFT_ARITHMETIC:
        emit_registers(x, W, OP_SHIFT_CL, SHIFT_ARITHMETIC, a);
        return true;
    case IR_MULTIPLY:
        emit_registers(x, W, OP_MULTIPLY, a, b);
        emit_jump_if(x, condition_codes[COND_OVERFLOW], label_address(x, in));
        return true;
    case IR_DIVIDE: // cqo, then rdx:rax by a
        emit8(x, 0x48);
        emit8(x, 0x99);
        emit_registers(x, W, OP_GROUP3, GROUP3_DIVIDE, a);
        return true;
    case IR_SIGN_EXTEND8:
        emit_registers(x, W, OP_SIGN_EXTEND8, a, a);
        return true;
    default:
        return false;
    }
}

static bool encode_float(X64 *x, const IrIns *in) {
    unsigned a = numbers[in->a & 15], b = numbers[in->b & 15];
    switch ((IrOp)in->op) {
    case IR_FLOAT_MOVE:
        emit_float(x, 0, 0x28, in->a, in->b);
        return true;
    case IR_FLOAT_FROM_BITS:
        emit_float_integer(x, PREFIX_SIZE, 0x6E, in->a, b);
        return true;
    case IR_BITS_FROM_FLOAT:
        emit_float_integer(x, PREFIX_SIZE, 0x7E, in->b, a);
        return true;
    case IR_FLOAT_LOAD:
        emit_float_memory(x, 0x10, in);
        return true;
    case IR_FLOAT_STORE:
        emit_float_memory(x, 0x11, in);
        return true;
    case IR_FLOAT_FROM_INTEGER:
        emit_float_from_integer(x, in->a, b);
        return true;
    case IR_INTEGER_FROM_FLOAT:
        emit_float_integer(x, PREFIX_DOUBLE, 0x2C, a, in->b);
        return true;
    case IR_FLOAT_ADD:
        emit_float(x, PREFIX_DOUBLE, 0x58, in->a, in->b);
        return true;
    case IR_FLOAT_SUBTRACT:
        emit_float(x, PREFIX_DOUBLE, 0x5C, in->a, in->b);
        return true;
    case IR_FLOAT_MULTIPLY:
        emit_float(x, PREFIX_DOUBLE, 0x59, in->a, in->b);
        return true;
    case IR_FLOAT_DIVIDE:
        emit_float(x, PREFIX_DOUBLE, 0x5E, in->a, in->b);
        return true;
    case IR_FLOAT_SQUARE_ROOT:
        emit_float(x, PREFIX_DOUBLE, 0x51, in->a, in->b);
        return true;
    case IR_FLOAT_COMPARE:
        emit_float(x, PREFIX_SIZE, 0x2E, in->a, in->b);
        return true;
    default:
        return false;
    }
}

static bool encode_control(X64 *x, const IrIns *in) {
    unsigned a = numbers[in->a & 15], b = numbers[in->b & 15];
    switch ((IrOp)in->op) {
    case IR_LABEL:
        return true;
    case IR_ALIGN:
        emit_align(x, (uint64_t)in->imm);
        return true;
    case IR_JUMP:
        emit_jump(x, JUMP, label_address(x, in));
        return true;
    case IR_JUMP_IF:
        emit_jump_if(x, condition_codes[in->c], label_address(x, in));
        return true;
    case IR_JUMP_IF_FLOAT:
        emit_jump_if_float(x, in->c, label_address(x, in));
        return true;
    case IR_JUMP_REGISTER:
        emit_registers(x, 0, OP_GROUP5, GROUP5_JUMP, a);
        return true;
    case IR_JUMP_MEMORY:
        emit_memory(x, 0, OP_GROUP5, GROUP5_JUMP, b, in->imm);
        return true;
    case IR_CALL_REGISTER:
        emit_registers(x, 0, OP_GROUP5, GROUP5_CALL, a);
        return true;
    case IR_JUMP_CODE:
        emit_jump(x, JUMP, (uint64_t)in->imm);
        return true;
    case IR_JUMP_CODE_IF:
        emit_jump_if(x, condition_codes[in->c], (uint64_t)in->imm);
        return true;
    case IR_CALL_CODE:
        emit_jump(x, CALL, (uint64_t)in->imm);
        return true;
    case IR_SEND_SITE: // always with all 32 bits of the class index: it is patched
        emit_rex(x, 0, 0, 0, numbers[R_T6]);
        emit8(x, 0xB8 | (numbers[R_T6] & 7));
        emit32(x, in->extra);
        emit_jump(x, CALL, (uint64_t)in->imm);
        return true;
    case IR_DATA:
        emit_align(x, sizeof(uint64_t));
        emit64(x, in->imm);
        return true;
    case IR_LOAD_DATA:
        emit_relative(x, OP_LOAD, a, label_address(x, in));
        return true;
    case IR_LABEL_ADDRESS:
        emit_relative(x, OP_ADDRESS, a, label_address(x, in));
        return true;
    default:
        return false;
    }
}

static bool encode_border(X64 *x, const IrIns *in) {
    switch ((IrOp)in->op) {
    case IR_PUSH_LINK: // the call has pushed it
        return true;
    case IR_TAKE_LINK:
        emit_pop(x, numbers[in->a]);
        return true;
    case IR_RETURN:
        emit_return(x, in->imm);
        return true;
    case IR_ENTER_FROM_C:
        emit_enter_from_c(x, in->imm);
        return true;
    case IR_LEAVE_TO_C:
        emit_leave_to_c(x, in->imm);
        return true;
    case IR_CALL_C:
        emit_call_c(x, in->imm, in->extra);
        return true;
    case IR_TRAP:
        emit8(x, 0xCC);
        return true;
    default:
        return false;
    }
}

// The kinds stand in this order in ir.tbl.
static bool encode_by_kind(X64 *x, const IrIns *in) {
    if (in->op <= IR_PUSH_MEMORY) return encode_move(x, in);
    if (in->op <= IR_TEST_MEMORY32) return encode_integer(x, in);
    if (in->op <= IR_SIGN_EXTEND8) return encode_shift(x, in);
    if (in->op <= IR_FLOAT_COMPARE) return encode_float(x, in);
    return encode_control(x, in) || encode_border(x, in);
}

__attribute__((flatten)) static uint32_t x64_encode(const IrIns *in, uint64_t address,
                                                    const uint64_t *labels, uint8_t *out) {
    X64 x = {.start = out, .at = out, .address = address, .labels = labels};
    CHECK(encode_by_kind(&x, in), "no encoding of %s", ir_op_name(in->op));
    return x.too_far ? ENCODE_TOO_FAR : (uint32_t)(x.at - out);
}

// ---- send sites:  41 B9 <class index: 32 bits>  E8 <distance: 32 bits>
enum { SEND_SITE_BYTES = 11, TAG_OFFSET = -9, CALL_OFFSET = -5, DISTANCE_OFFSET = -4 };

static const uint8_t *send_site(const uint8_t *code, uint64_t code_address, uint64_t after) {
    const uint8_t *end = code + (after - code_address);
    ASSERT(end[-SEND_SITE_BYTES] == 0x41 && end[TAG_OFFSET - 1] == 0xB9);
    ASSERT(end[CALL_OFFSET] == CALL);
    return end;
}

static uint64_t x64_send_target(const uint8_t *code, uint64_t code_address, uint64_t after) {
    const uint8_t *end = send_site(code, code_address, after);
    return after + (uint64_t)(int64_t)load_i32(end + DISTANCE_OFFSET);
}

static uint32_t x64_send_tag(const uint8_t *code, uint64_t code_address, uint64_t after) {
    return load_u32(send_site(code, code_address, after) + TAG_OFFSET);
}

static void x64_patch_send(uint8_t *code, uint64_t code_address, uint64_t after, uint32_t tag,
                           uint64_t target) {
    uint8_t *end = (uint8_t *)send_site(code, code_address, after);
    int64_t distance = (int64_t)(target - after);
    CHECK(fits_32(distance), "a send cannot reach %#lx from %#lx", (unsigned long)target,
          (unsigned long)after);
    store_u32(end + TAG_OFFSET, tag);
    store_i32(end + DISTANCE_OFFSET, (int32_t)distance);
}

// All of these end in the distance.
static void x64_move_reference(uint8_t *end, int64_t distance) {
    store_i32(end + DISTANCE_OFFSET, (int32_t)(load_i32(end + DISTANCE_OFFSET) - distance));
}

#define NAME_0  "rax"
#define NAME_1  "rcx"
#define NAME_2  "rdx"
#define NAME_3  "rbx"
#define NAME_4  "rsp"
#define NAME_5  "rbp"
#define NAME_6  "rsi"
#define NAME_7  "rdi"
#define NAME_8  "r8"
#define NAME_9  "r9"
#define NAME_10 "r10"
#define NAME_12 "r12"
#define NAME_13 "r13"
#define NAME_14 "r14"
#define NAME_15 "r15"

const Backend backend_x64 = {
    .name = "x64",
    .machine_names =
        {
#define REGISTER(NAME, x64, arm64, text) [R_##NAME] = NAME_##x64,
#include "jit/registers.tbl"
#undef REGISTER
        },
    .machine_numbers =
        {
#define REGISTER(NAME, x64, arm64, text) [R_##NAME] = x64,
#include "jit/registers.tbl"
#undef REGISTER
        },
    .longest_bytes = 32,
    .code_alignment = IR_LARGEST_ALIGNMENT,
    .return_address_words = 1,
    .encode = x64_encode,
    .send_target = x64_send_target,
    .send_tag = x64_send_tag,
    .patch_send = x64_patch_send,
    .send_site_bytes = SEND_SITE_BYTES,
    .move_reference = x64_move_reference,
    .trap_byte = 0xCC,
};
