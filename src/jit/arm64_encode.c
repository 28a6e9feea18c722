// SPDX-License-Identifier: MIT
// The back end for ARM64 (Arm Architecture Reference Manual for A-profile, part C). Every
// instruction is a word of 32 bits; most have Rm in bits 16 to 20, Rn in 5 to 9, Rd or Rt in 0
// to 4.
//
// SP is x28, an ordinary register: the machine's own sp stays on C's stack, 16-byte aligned from
// ENTER_FROM_C to LEAVE_TO_C, so that a C function may be called anywhere. A call leaves its return
// address in x30, which PUSH_LINK puts on the stack of frames.
//
// x16 (data) and x17 (addresses) are scratch, for constants and displacements that an instruction
// cannot hold. Only the forms that set flags (adds, subs, ands) touch them; what must leave the
// flags alone uses the others.
#include "jit/backend.h"

#include "base/bits.h"
#include "base/check.h"

enum { LINK = 30, ZERO = 31, MACHINE_SP = 31 };
enum { DATA = 16, PLACE = 17 }; // the scratch registers

// Instruction words without their operands; 64 bits unless the name says otherwise.
enum {
    I_ADD = 0x91000000, // with a constant of 12 bits, at bit 10
    I_ADDS = 0xB1000000,
    I_SUB = 0xD1000000,
    I_SUBS = 0xF1000000,
    I_ADDS_32 = 0x31000000,
    I_SUBS_32 = 0x71000000,
    I_SHIFTED_12 = 1 << 22, // that constant times 4096

    R_ADD = 0x8B000000, // with a register, shifted left by bits 10 to 15
    R_ADDS = 0xAB000000,
    R_SUBS = 0xEB000000,
    R_SUBS_32 = 0x6B000000,
    R_ANDS = 0xEA000000,
    R_ORR = 0xAA000000,
    R_EOR = 0xCA000000,
    R_ANDS_32 = 0x6A000000,
    R_SHIFTED_RIGHT = 2 << 22, // arithmetically instead

    L_ORR = 0xB2000000, // with a logical constant
    L_EOR = 0xD2000000,
    L_ANDS = 0xF2000000,
    L_ANDS_32 = 0x72000000,

    MOVZ = 0xD2800000,
    MOVN = 0x92800000,
    MOVK = 0xF2800000,
    MOVZ_32 = 0x52800000,
    MOVK_32 = 0x72800000,

    UBFM = 0xD3400000,
    EXTR = 0x93C00000, // of one register twice: a rotation
    SBFM = 0x93400000,
    LSLV = 0x9AC02000,
    ASRV = 0x9AC02800,
    SDIV = 0x9AC00C00,
    MADD = 0x9B000000,
    MSUB = 0x9B008000,
    SMULH = 0x9B407C00,

    STR = 0xF9000000, // with an unsigned offset, see `access`
    LDR = 0xF9400000,
    STR_32 = 0xB9000000,
    LDR_32 = 0xB9400000,
    LDR_16 = 0x79400000,
    STR_8 = 0x39000000,
    LDR_8 = 0x39400000,
    STR_FLOAT = 0xFD000000,
    LDR_FLOAT = 0xFD400000,
    STR_BEFORE = 0xF8000C00, // Rn += offset of 9 bits, at bit 12, before the access
    LDR_AFTER = 0xF8400400,  // and after it
    LDR_LITERAL = 0x58000000,
    ADR = 0x10000000,
    STP = 0xA9000000, // an offset of 7 bits, in words, at bit 15
    STP_BEFORE = 0xA9800000,
    LDP = 0xA9400000,
    LDP_AFTER = 0xA8C00000,

    B = 0x14000000,
    BL = 0x94000000,
    B_IF = 0x54000000,
    BR = 0xD61F0000,
    BLR = 0xD63F0000,
    RET = 0xD65F0000,
    BRK = 0xD4200000,
    NOP = 0xD503201F,

    FMOV = 0x1E604000,
    FMOV_FROM_BITS = 0x9E670000,
    FMOV_TO_BITS = 0x9E660000,
    SCVTF = 0x9E620000,
    FCVTZS = 0x9E780000,
    FADD = 0x1E602800,
    FSUB = 0x1E603800,
    FMUL = 0x1E600800,
    FDIV = 0x1E601800,
    FSQRT = 0x1E61C000,
    FCMP = 0x1E602000,
};

// What is written, and where it will run.
typedef struct Arm64 {
    uint8_t *start, *at;
    uint64_t address;
    const uint64_t *labels; // NULL: only the size is asked for
    bool too_far;
} Arm64;

static const uint8_t numbers[] = {
#define REGISTER(NAME, x64, arm64, text) [R_##NAME] = arm64,
#include "jit/registers.tbl"
#undef REGISTER
};
static const uint8_t condition_codes[] = {
#define CONDITION(NAME, x64, arm64, text) arm64,
#include "jit/conditions.tbl"
#undef CONDITION
};
enum { CODE_NOT_EQUAL = 1, CODE_MINUS = 4, CODE_LOWER_OR_SAME = 9 };

static void emit(Arm64 *x, uint32_t word) {
    store_u32(x->at, word);
    x->at += 4;
}

// word with Rd, Rn, Rm
static void emit3(Arm64 *x, uint32_t word, unsigned d, unsigned n, unsigned m) {
    emit(x, word | m << 16 | n << 5 | d);
}
static void emit2(Arm64 *x, uint32_t word, unsigned d, unsigned n) { emit3(x, word, d, n, 0); }

// ---- constants
static uint64_t ones(unsigned count) {
    return count < 64 ? (UINT64_C(1) << count) - 1 : ~UINT64_C(0);
}
static unsigned trailing_zeros(uint64_t bits) { return (unsigned)__builtin_ctzll(bits); }

// A logical constant is a field of 2, 4, ... 64 bits, repeated, that holds one run of ones, turned
// right by immr. Answers N, immr and imms in place (bits 10 to 22), or 0 when the value is not of
// this kind, as 0 and all ones are not.
static uint32_t logical_constant(uint64_t value) {
    if (value == 0 || value == ~UINT64_C(0)) return 0;
    unsigned size = 64;
    while (size > 2 && ((value ^ value >> size / 2) & ones(size / 2)) == 0)
        size /= 2;
    uint64_t field = value & ones(size), gap = ~value & ones(size);
    unsigned count = bits_count(field), turn;
    if (field >> trailing_zeros(field) == ones(count))
        turn = (size - trailing_zeros(field)) % size;
    else if (gap >> trailing_zeros(gap) == ones(size - count)) // the run goes around the end
        turn = count - trailing_zeros(gap);
    else
        return 0;
    uint32_t imms = (-(size << 1) & 0x3F) | (count - 1);
    return (uint32_t)(size == 64) << 22 | turn << 16 | imms << 10;
}

static uint32_t logical_constant32(uint32_t value) {
    return logical_constant((uint64_t)value << 32 | value);
}

static unsigned chunks_other_than(uint64_t value, uint16_t chunk) {
    unsigned count = 0;
    for (unsigned shift = 0; shift < 64; shift += 16)
        count += (uint16_t)(value >> shift) != chunk;
    return count;
}

static void emit_constant(Arm64 *x, unsigned reg, uint64_t value) {
    bool inverted = chunks_other_than(value, 0xFFFF) < chunks_other_than(value, 0);
    uint16_t rest = inverted ? 0xFFFF : 0;
    uint32_t logical = chunks_other_than(value, rest) > 1 ? logical_constant(value) : 0;
    if (logical) {
        emit2(x, L_ORR | logical, reg, ZERO);
        return;
    }
    bool begun = false;
    for (unsigned i = 0; i < 4; i++) {
        uint16_t chunk = (uint16_t)(value >> 16 * i);
        if (chunk == rest && (begun || chunks_other_than(value, rest) > 0 || i > 0)) continue;
        uint32_t word = begun ? MOVK : inverted ? MOVN : MOVZ;
        uint16_t operand = !begun && inverted ? (uint16_t)~chunk : chunk;
        emit(x, word | i << 21 | (uint32_t)operand << 5 | reg);
        begun = true;
    }
}

// A constant of 12 bits, perhaps times 4096, in place; or none.
static bool fits_12(uint64_t value, uint32_t *field) {
    if (value < 4096) {
        *field = (uint32_t)value << 10;
        return true;
    }
    if ((value & 0xFFF) == 0 && value >> 12 < 4096) {
        *field = (uint32_t)(value >> 12) << 10 | I_SHIFTED_12;
        return true;
    }
    return false;
}

// d := n + value or n - value with flags. `plain` takes a constant, `opposite` one with the other
// sign, `with_register` a register.
static void emit_arithmetic(Arm64 *x, uint32_t plain, uint32_t opposite, uint32_t with_register,
                            unsigned d, unsigned n, int64_t value) {
    uint32_t field;
    if (fits_12((uint64_t)value, &field)) {
        emit2(x, plain | field, d, n);
    } else if (fits_12(-(uint64_t)value, &field)) {
        emit2(x, opposite | field, d, n);
    } else {
        emit_constant(x, DATA, (uint64_t)value);
        emit3(x, with_register, d, n, DATA);
    }
}

static void emit_compare32_constant(Arm64 *x, unsigned n, int32_t value) {
    emit_arithmetic(x, I_SUBS_32, I_ADDS_32, R_SUBS_32, ZERO, n, value);
}

static void emit_logical(Arm64 *x, uint32_t with_constant, uint32_t with_register, unsigned d,
                         unsigned n, uint64_t value) {
    uint32_t logical = logical_constant(value);
    if (logical) {
        emit2(x, with_constant | logical, d, n);
    } else if (value == 0) {
        emit3(x, with_register, d, n, ZERO);
    } else {
        emit_constant(x, DATA, value);
        emit3(x, with_register, d, n, DATA);
    }
}

// orr and eor have no form that sets flags.
static void emit_flags_of(Arm64 *x, unsigned reg) { emit3(x, R_ANDS, ZERO, reg, reg); }

// d := n + value, without flags. x17 may be d, but not n when the value is large.
static void emit_address(Arm64 *x, unsigned d, unsigned n, int64_t value) {
    uint64_t size = value < 0 ? -(uint64_t)value : (uint64_t)value;
    uint32_t word = value < 0 ? I_SUB : I_ADD, field;
    if (fits_12(size, &field)) {
        emit2(x, word | field, d, n);
    } else if (size >> 24 == 0) {
        emit2(x, word | I_SHIFTED_12 | (uint32_t)(size >> 12) << 10, d, n);
        emit2(x, word | (uint32_t)(size & 0xFFF) << 10, d, d);
    } else {
        emit_constant(x, PLACE, (uint64_t)value);
        emit3(x, R_ADD, d, n, PLACE);
    }
}

// ---- memory
// From a load's or store's word with an unsigned offset to those with a signed offset of 9 bits,
// and with an index register.
static uint32_t unscaled(uint32_t word) { return word & ~UINT32_C(0x01000000); }
static uint32_t indexed(uint32_t word) { return unscaled(word) | 0x00206800; }
enum { INDEX_SCALED = 1 << 12 };
static unsigned access_shift(uint32_t word) { return word >> 30; } // log2 of the bytes

static bool offset_fits(uint32_t word, int64_t offset) {
    unsigned shift = access_shift(word);
    return offset >= 0 && ((uint64_t)offset & ones(shift)) == 0 && offset >> shift < 4096;
}

// The access `word` of register t at [n + offset]. n is not x17.
static void emit_access(Arm64 *x, uint32_t word, unsigned t, unsigned n, int64_t offset) {
    ASSERT(n != PLACE);
    int64_t low = offset & 0xFFF;
    if (offset_fits(word, offset)) {
        emit2(x, word | (uint32_t)(offset >> access_shift(word)) << 10, t, n);
    } else if (offset >= -256 && offset < 256) {
        emit2(x, unscaled(word) | ((uint32_t)offset & 0x1FF) << 12, t, n);
    } else if (offset >= 0 && offset >> 24 == 0 && offset_fits(word, low)) {
        emit2(x, I_ADD | I_SHIFTED_12 | (uint32_t)(offset >> 12) << 10, PLACE, n);
        emit2(x, word | (uint32_t)(low >> access_shift(word)) << 10, t, PLACE);
    } else {
        emit_constant(x, PLACE, (uint64_t)offset);
        emit3(x, indexed(word), t, n, PLACE);
    }
}

// The same at [b + c, times the size of the element, + imm].
static void emit_indexed(Arm64 *x, uint32_t word, const IrIns *in) {
    unsigned base = numbers[in->b];
    if (in->imm != 0) {
        emit_address(x, PLACE, base, in->imm);
        base = PLACE;
    }
    uint32_t scaled = access_shift(word) ? INDEX_SCALED : 0;
    emit3(x, indexed(word) | scaled, numbers[in->a], base, numbers[in->c]);
}

static void emit_address_indexed(Arm64 *x, const IrIns *in) {
    unsigned base = numbers[in->b];
    if (in->imm != 0) {
        emit_address(x, PLACE, base, in->imm);
        base = PLACE;
    }
    emit3(x, R_ADD | 3 << 10, numbers[in->a], base, numbers[in->c]);
}

static void emit_store_constant(Arm64 *x, const IrIns *in) {
    unsigned from = ZERO;
    if (in->extra != 0) emit_constant(x, from = DATA, (uint64_t)(int64_t)in->extra);
    emit_access(x, STR, from, numbers[in->b], in->imm);
}

static void emit_test_memory32(Arm64 *x, const IrIns *in) {
    uint32_t mask = (uint32_t)in->extra, logical = logical_constant32(mask);
    emit_access(x, LDR_32, DATA, numbers[in->b], in->imm);
    if (logical) {
        emit2(x, L_ANDS_32 | logical, ZERO, DATA);
    } else {
        emit_constant(x, PLACE, mask);
        emit3(x, R_ANDS_32, ZERO, DATA, PLACE);
    }
}

// ---- the stack of frames. The word with writeback is not defined for x28 into itself.
static void emit_push(Arm64 *x, unsigned reg) {
    unsigned sp = numbers[R_SP];
    if (reg == sp) {
        emit3(x, R_ORR, DATA, ZERO, sp);
        reg = DATA;
    }
    emit2(x, STR_BEFORE | (-8 & 0x1FF) << 12, reg, sp);
}

static void emit_pop(Arm64 *x, unsigned reg) {
    unsigned sp = numbers[R_SP];
    if (reg == sp)
        emit2(x, LDR, reg, sp);
    else
        emit2(x, LDR_AFTER | 8 << 12, reg, sp);
}

static void emit_push_constant(Arm64 *x, int64_t value) {
    if (value != 0) emit_constant(x, DATA, (uint64_t)value);
    emit_push(x, value != 0 ? DATA : ZERO);
}

static void emit_push_memory(Arm64 *x, const IrIns *in) {
    emit_access(x, LDR, DATA, numbers[in->b], in->imm);
    emit_push(x, DATA);
}

// ---- jumps: a distance in words from the instruction itself, of `bits` bits, at bit `shift`
static void emit_distance(Arm64 *x, uint32_t word, uint64_t target, unsigned bits, unsigned shift) {
    uint64_t here = x->address + (uint64_t)(x->at - x->start);
    int64_t distance = x->labels ? (int64_t)(target - here) : 0;
    int64_t words = distance >> 2, limit = INT64_C(1) << (bits - 1);
    if (distance & 3 || words < -limit || words >= limit) x->too_far = true;
    emit(x, word | ((uint32_t)words & (uint32_t)ones(bits)) << shift);
}

static void emit_jump(Arm64 *x, uint32_t word, uint64_t target) {
    emit_distance(x, word, target, 26, 0);
}

static void emit_jump_if(Arm64 *x, unsigned condition, uint64_t target) {
    emit_distance(x, B_IF | condition, target, 19, 5);
}

// Code lies anywhere in the zone, which is larger than the megabyte that b.cond reaches.
static void emit_jump_code_if(Arm64 *x, Condition condition, uint64_t target) {
    emit(x, B_IF | 2 << 5 | condition_codes[condition_opposite(condition)]);
    emit_jump(x, B, target);
}

// fcmp says unordered by C and V, less by N, equal by Z and C, greater by C.
static void emit_jump_if_float(Arm64 *x, Condition condition, uint64_t target) {
    unsigned code = condition == COND_LESS            ? CODE_MINUS
                    : condition == COND_LESS_OR_EQUAL ? CODE_LOWER_OR_SAME
                                                      : condition_codes[condition];
    emit_jump_if(x, code, target);
}

static void emit_label_address(Arm64 *x, unsigned reg, uint64_t target) {
    uint64_t here = x->address + (uint64_t)(x->at - x->start);
    int64_t distance = x->labels ? (int64_t)(target - here) : 0, limit = INT64_C(1) << 20;
    if (distance < -limit || distance >= limit) x->too_far = true;
    uint32_t low = (uint32_t)distance & 3, high = (uint32_t)(distance >> 2) & 0x7FFFF;
    emit(x, ADR | low << 29 | high << 5 | reg);
}

static uint64_t label_address(const Arm64 *x, const IrIns *in) {
    return x->labels ? x->labels[in->extra] : 0;
}

static void emit_align(Arm64 *x, uint64_t alignment) {
    uint64_t bytes = round_up(x->address, alignment) - x->address;
    for (; bytes >= 4; bytes -= 4)
        emit(x, NOP);
}

// ---- longer ones
// The high half of the product must repeat the sign of the low one.
static void emit_multiply(Arm64 *x, unsigned a, unsigned b, uint64_t overflows) {
    emit3(x, SMULH, DATA, a, b);
    emit3(x, MADD | ZERO << 10, a, a, b);
    emit3(x, R_SUBS | R_SHIFTED_RIGHT | 63 << 10, ZERO, DATA, a);
    emit_jump_if(x, CODE_NOT_EQUAL, overflows);
}

static void emit_divide(Arm64 *x, unsigned a) {
    unsigned t0 = numbers[R_T0], t2 = numbers[R_T2];
    emit3(x, SDIV, DATA, t0, a);
    emit3(x, MSUB | t0 << 10, t2, DATA, a);
    emit3(x, R_ORR, t0, ZERO, DATA);
}

static void emit_return(Arm64 *x, int64_t words) {
    unsigned sp = numbers[R_SP];
    int64_t bytes = 8 * (words + 1);
    if (bytes < 256) {
        emit2(x, LDR_AFTER | (uint32_t)bytes << 12, LINK, sp);
    } else {
        emit2(x, LDR, LINK, sp);
        emit_address(x, sp, sp, bytes);
    }
    emit2(x, RET, 0, LINK);
}

// ---- the border to C. C's arguments are x0, x1, x2; it keeps x19 to x30 (and d8 to d15, which
// compiled code does not use). Twelve words keep sp a multiple of 16.
enum { SAVED_FIRST = 19, SAVED_PAIRS = 6, SAVED_BYTES = SAVED_PAIRS * 16 };
_Static_assert(SAVED_BYTES % 16 == 0, "sp is aligned, the hardware insists");
_Static_assert(SAVED_FIRST + 2 * SAVED_PAIRS == LINK + 1, "x19 to x30");

static void emit_pair(Arm64 *x, uint32_t word, unsigned pair, int words) {
    unsigned t = SAVED_FIRST + 2 * pair;
    emit(x, word | ((uint32_t)words & 0x7F) << 15 | (t + 1) << 10 | MACHINE_SP << 5 | t);
}

static void emit_enter_from_c(Arm64 *x, int64_t stack_slot) {
    emit_pair(x, STP_BEFORE, 0, -SAVED_BYTES / 8);
    for (unsigned pair = 1; pair < SAVED_PAIRS; pair++)
        emit_pair(x, STP, pair, 2 * (int)pair);
    emit3(x, R_ORR, numbers[R_VM], ZERO, 0);
    emit2(x, I_ADD, DATA, MACHINE_SP);
    emit_access(x, STR, DATA, numbers[R_VM], stack_slot);
}

static void emit_leave_to_c(Arm64 *x, int64_t stack_slot) {
    emit_access(x, LDR, DATA, numbers[R_VM], stack_slot);
    emit2(x, I_ADD, MACHINE_SP, DATA);
    for (unsigned pair = SAVED_PAIRS - 1; pair > 0; pair--)
        emit_pair(x, LDP, pair, 2 * (int)pair);
    emit_pair(x, LDP_AFTER, 0, SAVED_BYTES / 8);
    emit2(x, RET, 0, LINK);
}

// sp is on C's stack already; T1 and T2 are where C expects them.
static void emit_call_c(Arm64 *x, int64_t function_slot) {
    emit_access(x, LDR, DATA, numbers[R_VM], function_slot);
    emit3(x, R_ORR, 0, ZERO, numbers[R_VM]);
    emit2(x, BLR, 0, DATA);
}

// ---- instructions, by kind; each answers whether the instruction is of its kind
static bool encode_move(Arm64 *x, const IrIns *in) {
    unsigned a = numbers[in->a % REGISTER_COUNT], b = numbers[in->b % REGISTER_COUNT];
    switch ((IrOp)in->op) {
    case IR_MOVE:
        if (a != b) emit3(x, R_ORR, a, ZERO, b);
        return true;
    case IR_CONSTANT:
        emit_constant(x, a, (uint64_t)in->imm);
        return true;
    case IR_LOAD:
        emit_access(x, LDR, a, b, in->imm);
        return true;
    case IR_LOAD32:
        emit_access(x, LDR_32, a, b, in->imm);
        return true;
    case IR_LOAD16:
        emit_access(x, LDR_16, a, b, in->imm);
        return true;
    case IR_LOAD8:
        emit_access(x, LDR_8, a, b, in->imm);
        return true;
    case IR_LOAD_INDEXED:
        emit_indexed(x, LDR, in);
        return true;
    case IR_LOAD8_INDEXED:
        emit_indexed(x, LDR_8, in);
        return true;
    case IR_STORE:
        emit_access(x, STR, a, b, in->imm);
        return true;
    case IR_STORE32:
        emit_access(x, STR_32, a, b, in->imm);
        return true;
    case IR_STORE8:
        emit_access(x, STR_8, a, b, in->imm);
        return true;
    case IR_STORE_INDEXED:
        emit_indexed(x, STR, in);
        return true;
    case IR_STORE8_INDEXED:
        emit_indexed(x, STR_8, in);
        return true;
    case IR_STORE_CONSTANT:
        emit_store_constant(x, in);
        return true;
    case IR_ADDRESS:
        emit_address(x, a, b, in->imm);
        return true;
    case IR_ADDRESS_INDEXED:
        emit_address_indexed(x, in);
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
        emit_push_memory(x, in);
        return true;
    default:
        return false;
    }
}

static bool encode_integer(Arm64 *x, const IrIns *in) {
    unsigned a = numbers[in->a % REGISTER_COUNT], b = numbers[in->b % REGISTER_COUNT];
    switch ((IrOp)in->op) {
    case IR_ADD:
        emit3(x, R_ADDS, a, a, b);
        return true;
    case IR_SUBTRACT:
        emit3(x, R_SUBS, a, a, b);
        return true;
    case IR_AND:
        emit3(x, R_ANDS, a, a, b);
        return true;
    case IR_OR:
        emit3(x, R_ORR, a, a, b);
        emit_flags_of(x, a);
        return true;
    case IR_XOR:
        emit3(x, R_EOR, a, a, b);
        emit_flags_of(x, a);
        return true;
    case IR_ADD_CONSTANT:
        emit_arithmetic(x, I_ADDS, I_SUBS, R_ADDS, a, a, in->imm);
        return true;
    case IR_SUBTRACT_CONSTANT:
        emit_arithmetic(x, I_SUBS, I_ADDS, R_SUBS, a, a, in->imm);
        return true;
    case IR_AND_CONSTANT:
        emit_logical(x, L_ANDS, R_ANDS, a, a, (uint64_t)in->imm);
        return true;
    case IR_OR_CONSTANT:
        emit_logical(x, L_ORR, R_ORR, a, a, (uint64_t)in->imm);
        emit_flags_of(x, a);
        return true;
    case IR_XOR_CONSTANT:
        emit_logical(x, L_EOR, R_EOR, a, a, (uint64_t)in->imm);
        emit_flags_of(x, a);
        return true;
    case IR_NEGATE:
        emit3(x, R_SUBS, a, ZERO, a);
        return true;
    case IR_COMPARE:
        emit3(x, R_SUBS, ZERO, a, b);
        return true;
    case IR_COMPARE_CONSTANT:
        emit_arithmetic(x, I_SUBS, I_ADDS, R_SUBS, ZERO, a, in->imm);
        return true;
    case IR_COMPARE_MEMORY:
        emit_access(x, LDR, DATA, b, in->imm);
        emit3(x, R_SUBS, ZERO, a, DATA);
        return true;
    case IR_COMPARE32:
        emit3(x, R_SUBS_32, ZERO, a, b);
        return true;
    case IR_COMPARE32_CONSTANT:
        emit_compare32_constant(x, a, (int32_t)in->imm);
        return true;
    case IR_TEST_CONSTANT:
        emit_logical(x, L_ANDS, R_ANDS, ZERO, a, (uint64_t)in->imm);
        return true;
    case IR_COMPARE8_MEMORY:
        emit_access(x, LDR_8, DATA, numbers[in->b % REGISTER_COUNT], in->imm);
        emit2(x, I_SUBS_32 | (uint32_t)in->extra << 10, ZERO, DATA);
        return true;
    case IR_TEST_MEMORY32:
        emit_test_memory32(x, in);
        return true;
    default:
        return false;
    }
}

static bool encode_shift(Arm64 *x, const IrIns *in) {
    unsigned a = numbers[in->a % REGISTER_COUNT], b = numbers[in->b % REGISTER_COUNT];
    uint32_t count = (uint32_t)in->imm & 63;
    switch ((IrOp)in->op) {
    case IR_SHIFT_LEFT_CONSTANT:
        emit2(x, UBFM | (-count & 63) << 16 | (63 - count) << 10, a, a);
        return true;
    case IR_SHIFT_RIGHT_CONSTANT:
        emit2(x, UBFM | count << 16 | 63 << 10, a, a);
        return true;
    case IR_SHIFT_ARITHMETIC_CONSTANT:
        emit2(x, SBFM | count << 16 | 63 << 10, a, a);
        return true;
    case IR_ROTATE_RIGHT_CONSTANT:
        emit3(x, EXTR | count << 10, a, a, a);
        return true;
    case IR_SHIFT_LEFT:
        emit3(x, LSLV, a, a, numbers[R_T1]);
        return true;
    case IR_SHIFT_ARITHMETIC:
        emit3(x, ASRV, a, a, numbers[R_T1]);
        return true;
    case IR_MULTIPLY:
        emit_multiply(x, a, b, label_address(x, in));
        return true;
    case IR_DIVIDE:
        emit_divide(x, a);
        return true;
    case IR_SIGN_EXTEND8:
        emit2(x, SBFM | 7 << 10, a, a);
        return true;
    default:
        return false;
    }
}

// F0 to F7 are d0 to d7.
static bool encode_float(Arm64 *x, const IrIns *in) {
    unsigned a = numbers[in->a % REGISTER_COUNT], b = numbers[in->b % REGISTER_COUNT];
    switch ((IrOp)in->op) {
    case IR_FLOAT_MOVE:
        emit2(x, FMOV, in->a, in->b);
        return true;
    case IR_FLOAT_FROM_BITS:
        emit2(x, FMOV_FROM_BITS, in->a, b);
        return true;
    case IR_BITS_FROM_FLOAT:
        emit2(x, FMOV_TO_BITS, a, in->b);
        return true;
    case IR_FLOAT_LOAD:
        emit_access(x, LDR_FLOAT, in->a, b, in->imm);
        return true;
    case IR_FLOAT_STORE:
        emit_access(x, STR_FLOAT, in->a, b, in->imm);
        return true;
    case IR_FLOAT_FROM_INTEGER:
        emit2(x, SCVTF, in->a, b);
        return true;
    case IR_INTEGER_FROM_FLOAT:
        emit2(x, FCVTZS, a, in->b);
        return true;
    case IR_FLOAT_ADD:
        emit3(x, FADD, in->a, in->a, in->b);
        return true;
    case IR_FLOAT_SUBTRACT:
        emit3(x, FSUB, in->a, in->a, in->b);
        return true;
    case IR_FLOAT_MULTIPLY:
        emit3(x, FMUL, in->a, in->a, in->b);
        return true;
    case IR_FLOAT_DIVIDE:
        emit3(x, FDIV, in->a, in->a, in->b);
        return true;
    case IR_FLOAT_SQUARE_ROOT:
        emit2(x, FSQRT, in->a, in->b);
        return true;
    case IR_FLOAT_COMPARE:
        emit3(x, FCMP, 0, in->a, in->b);
        return true;
    default:
        return false;
    }
}

static void emit_send_site(Arm64 *x, uint32_t tag, uint64_t target) {
    unsigned reg = numbers[R_T6];
    emit(x, MOVZ_32 | (tag & 0xFFFF) << 5 | reg);
    emit(x, MOVK_32 | 1 << 21 | tag >> 16 << 5 | reg);
    emit_jump(x, BL, target);
}

static void emit_data(Arm64 *x, int64_t value) {
    emit_align(x, sizeof value);
    store_i64(x->at, value);
    x->at += sizeof value;
}

static bool encode_control(Arm64 *x, const IrIns *in) {
    unsigned a = numbers[in->a % REGISTER_COUNT];
    switch ((IrOp)in->op) {
    case IR_LABEL:
        return true;
    case IR_ALIGN:
        emit_align(x, (uint64_t)in->imm);
        return true;
    case IR_JUMP:
        emit_jump(x, B, label_address(x, in));
        return true;
    case IR_JUMP_IF:
        emit_jump_if(x, condition_codes[in->c], label_address(x, in));
        return true;
    case IR_JUMP_IF_FLOAT:
        emit_jump_if_float(x, in->c, label_address(x, in));
        return true;
    case IR_JUMP_REGISTER:
        emit2(x, BR, 0, a);
        return true;
    case IR_JUMP_MEMORY:
        emit_access(x, LDR, DATA, numbers[in->b], in->imm);
        emit2(x, BR, 0, DATA);
        return true;
    case IR_CALL_REGISTER:
        emit2(x, BLR, 0, a);
        return true;
    case IR_JUMP_CODE:
        emit_jump(x, B, (uint64_t)in->imm);
        return true;
    case IR_JUMP_CODE_IF:
        emit_jump_code_if(x, in->c, (uint64_t)in->imm);
        return true;
    case IR_CALL_CODE:
        emit_jump(x, BL, (uint64_t)in->imm);
        return true;
    case IR_SEND_SITE:
        emit_send_site(x, (uint32_t)in->extra, (uint64_t)in->imm);
        return true;
    case IR_DATA:
        emit_data(x, in->imm);
        return true;
    case IR_LOAD_DATA:
        emit_distance(x, LDR_LITERAL | a, label_address(x, in), 19, 5);
        return true;
    case IR_LABEL_ADDRESS:
        emit_label_address(x, a, label_address(x, in));
        return true;
    default:
        return false;
    }
}

static bool encode_border(Arm64 *x, const IrIns *in) {
    switch ((IrOp)in->op) {
    case IR_PUSH_LINK:
        emit_push(x, LINK);
        return true;
    case IR_TAKE_LINK:
        emit3(x, R_ORR, numbers[in->a], ZERO, LINK);
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
        emit_call_c(x, in->imm);
        return true;
    case IR_TRAP:
        emit(x, BRK);
        return true;
    default:
        return false;
    }
}

static uint32_t arm64_encode(const IrIns *in, uint64_t address, const uint64_t *labels,
                             uint8_t *out) {
    Arm64 x = {.start = out, .at = out, .address = address, .labels = labels};
    ASSERT(address % 4 == 0);
    bool known = encode_move(&x, in) || encode_integer(&x, in) || encode_shift(&x, in) ||
                 encode_float(&x, in) || encode_control(&x, in) || encode_border(&x, in);
    CHECK(known, "no encoding of %s", ir_op_name(in->op));
    return x.too_far ? ENCODE_TOO_FAR : (uint32_t)(x.at - out);
}

// ---- send sites:  movz w6, #low   movk w6, #high, lsl #16   bl target
enum { SEND_SITE_BYTES = 12, LOW_OFFSET = -12, HIGH_OFFSET = -8, CALL_OFFSET = -4 };
enum { CHUNK_FIELD = 0xFFFF << 5, DISTANCE_FIELD = 0x03FFFFFF };

static const uint8_t *send_site(const uint8_t *code, uint64_t code_address, uint64_t after) {
    const uint8_t *end = code + (after - code_address);
    ASSERT((load_u32(end + LOW_OFFSET) & ~CHUNK_FIELD) == (MOVZ_32 | numbers[R_T6]));
    ASSERT((load_u32(end + HIGH_OFFSET) & ~CHUNK_FIELD) == (MOVK_32 | 1 << 21 | numbers[R_T6]));
    ASSERT((load_u32(end + CALL_OFFSET) & ~DISTANCE_FIELD) == BL);
    return end;
}

static uint64_t arm64_send_target(const uint8_t *code, uint64_t code_address, uint64_t after) {
    uint32_t word = load_u32(send_site(code, code_address, after) + CALL_OFFSET);
    int64_t distance = (int64_t)((int32_t)(word << 6) >> 6) * 4;
    return after + (uint64_t)(CALL_OFFSET + distance);
}

static uint32_t arm64_send_tag(const uint8_t *code, uint64_t code_address, uint64_t after) {
    const uint8_t *end = send_site(code, code_address, after);
    uint32_t low = load_u32(end + LOW_OFFSET) >> 5 & 0xFFFF;
    return (load_u32(end + HIGH_OFFSET) >> 5 & 0xFFFF) << 16 | low;
}

static void arm64_patch_send(uint8_t *code, uint64_t code_address, uint64_t after, uint32_t tag,
                             uint64_t target) {
    uint8_t *end = (uint8_t *)send_site(code, code_address, after);
    Arm64 x = {.address = after - SEND_SITE_BYTES, .labels = &target};
    x.start = x.at = end - SEND_SITE_BYTES;
    int64_t distance = (int64_t)(target - (after + (uint64_t)CALL_OFFSET));
    CHECK(distance % 4 == 0 && distance >= -(INT64_C(1) << 27) && distance < INT64_C(1) << 27,
          "a send cannot reach %#lx from %#lx", (unsigned long)target, (unsigned long)after);
    emit_send_site(&x, tag, target);
}

// All of these end in a b or bl.
static void arm64_move_reference(uint8_t *end, int64_t distance) {
    uint32_t word = load_u32(end + CALL_OFFSET);
    uint32_t moved = word - (uint32_t)(distance / 4);
    store_u32(end + CALL_OFFSET, (word & ~DISTANCE_FIELD) | (moved & DISTANCE_FIELD));
}

const Backend backend_arm64 = {
    .name = "arm64",
    .machine_names =
        {
#define REGISTER(NAME, x64, arm64, text) [R_##NAME] = "x" #arm64,
#include "jit/registers.tbl"
#undef REGISTER
        },
    .machine_numbers =
        {
#define REGISTER(NAME, x64, arm64, text) [R_##NAME] = arm64,
#include "jit/registers.tbl"
#undef REGISTER
        },
    .longest_bytes = 64,
    .code_alignment = IR_LARGEST_ALIGNMENT,
    .return_address_words = 0,
    .encode = arm64_encode,
    .send_target = arm64_send_target,
    .send_tag = arm64_send_tag,
    .patch_send = arm64_patch_send,
    .send_site_bytes = SEND_SITE_BYTES,
    .move_reference = arm64_move_reference,
    .trap_byte = 0, // udf #0
};
