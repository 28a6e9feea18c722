// SPDX-License-Identifier: MIT
// The decoders, made from the tables: one switch per bytecode set, which maps a byte and the
// operand bytes behind it to an operation and its operands. Prefixes are read in a loop in front.
// Nothing here trusts the bytes: every read is checked against the limit.
#include "bytecode/instruction.h"

// ---- properties of operations

InstructionFlow bytecode_op_flow(BytecodeOp op) {
    static const uint8_t flows[] = {
#define INSTRUCTION(NAME, pops, pushes, flow, text) FLOW_##flow,
#include "bytecode/instructions.tbl"
#undef INSTRUCTION
    };
    return (InstructionFlow)flows[op];
}

const char *bytecode_op_name(BytecodeOp op) {
    static const char *const names[] = {
#define INSTRUCTION(NAME, pops, pushes, flow, text) #NAME,
#include "bytecode/instructions.tbl"
#undef INSTRUCTION
    };
    return (unsigned)op < BYTECODE_OP_COUNT ? names[op] : "unknown";
}

const char *bytecode_op_text(BytecodeOp op) {
    static const char *const texts[] = {
#define INSTRUCTION(NAME, pops, pushes, flow, text) text,
#include "bytecode/instructions.tbl"
#undef INSTRUCTION
    };
    return (unsigned)op < BYTECODE_OP_COUNT ? texts[op] : "unknown instruction";
}

StackEffect instruction_stack_effect(const Instruction *instruction) {
    int64_t a = instruction->a, b = instruction->b, c = instruction->c;
    switch (instruction->op) {
#define INSTRUCTION(NAME, pops, pushes, flow, text)                                                \
    case BC_##NAME:                                                                                \
        return (StackEffect){pops, pushes};
#include "bytecode/instructions.tbl"
#undef INSTRUCTION
    case BYTECODE_OP_COUNT:
        break;
    }
    (void)a, (void)b, (void)c;
    return (StackEffect){0, 0};
}

// ---- lengths

#define BYTECODE(first, last, length, NAME, a, b, c) [first... last] = length,
#define EXTENDED(first, last, length, NAME, a, b, c) [first... last] = length,
#define CASES(first, last, length)                   [first... last] = length,
#define EXTENDED_CASES(first, last, length)          [first... last] = length,
#define WHEN(condition, NAME, a, b, c)
#define END_CASES
static const uint8_t v3plus_lengths[256] = {
#include "bytecode/v3plus.tbl"
};
static const uint8_t sista_lengths[256] = {
#include "bytecode/sista.tbl"
};
#undef BYTECODE
#undef EXTENDED
#undef CASES
#undef EXTENDED_CASES
#undef WHEN
#undef END_CASES

unsigned bytecode_length(bool is_sista, uint8_t byte) {
    return is_sista ? sista_lengths[byte] : v3plus_lengths[byte];
}

// ---- operations and operands

typedef struct Prefixes {
    int64_t a, b;
    unsigned a_count, b_count;
} Prefixes;

static inline void set_operation(Instruction *in, BytecodeOp op, int64_t a, int64_t b, int64_t c) {
    in->op = op;
    in->a = a;
    in->b = b;
    in->c = c;
}

// The rows as cases of a switch on `op`. An EXTENDED row notes that prefixes mean something.
#define BYTECODE(first, last, length, NAME, a, b, c)                                               \
    case first ... last:                                                                           \
        set_operation(in, BC_##NAME, a, b, c);                                                     \
        return;
#define EXTENDED(first, last, length, NAME, a, b, c)                                               \
    case first ... last:                                                                           \
        in->takes_prefix = true;                                                                   \
        set_operation(in, BC_##NAME, a, b, c);                                                     \
        return;
#define CASES(first, last, length) case first ... last:
#define EXTENDED_CASES(first, last, length)                                                        \
    case first ... last:                                                                           \
        in->takes_prefix = true;
#define WHEN(condition, NAME, a, b, c)                                                             \
    if (condition) {                                                                               \
        set_operation(in, BC_##NAME, a, b, c);                                                     \
        return;                                                                                    \
    }
#define END_CASES break;

static void decode_v3plus(const uint8_t bytes[INSTRUCTION_LONGEST], Instruction *in) {
    const int64_t op = bytes[0], b1 = bytes[1], b2 = bytes[2], b3 = bytes[3];
    switch (bytes[0]) {
#include "bytecode/v3plus.tbl"
    }
    set_operation(in, BC_UNUSED, op, 0, 0);
}

static void decode_sista(const uint8_t bytes[INSTRUCTION_LONGEST], const Prefixes *prefixes,
                         Instruction *in) {
    const int64_t op = bytes[0], b1 = bytes[1], b2 = bytes[2];
    const int64_t ext_a = prefixes->a, ext_b = prefixes->b;
    switch (bytes[0]) {
#include "bytecode/sista.tbl"
    }
    set_operation(in, BC_UNUSED, op, 0, 0);
}
#undef BYTECODE
#undef EXTENDED
#undef CASES
#undef EXTENDED_CASES
#undef WHEN
#undef END_CASES

// Takes the prefix with this byte into account; false when that is not accepted.
static bool add_prefix(Prefixes *prefixes, BytecodeOp op, int64_t byte) {
    if (op == BC_EXTEND_A) {
        prefixes->a = prefixes->a * 256 + byte;
        return ++prefixes->a_count <= INSTRUCTION_PREFIX_LIMIT;
    }
    if (byte > 127 && prefixes->b == 0) {
        if (prefixes->b_count > 0) return false;
        byte -= 256;
    }
    prefixes->b = prefixes->b * 256 + byte;
    return ++prefixes->b_count <= INSTRUCTION_PREFIX_LIMIT;
}

static bool load_bytes(const uint8_t *code, uint32_t limit, uint32_t pc, unsigned length,
                       uint8_t bytes[INSTRUCTION_LONGEST]) {
    if (limit - pc < length) return false;
    for (unsigned i = 0; i < length; i++)
        bytes[i] = code[pc + i];
    return true;
}

bool instruction_decode(const uint8_t *code, uint32_t limit, uint32_t pc, bool is_sista,
                        Instruction *in) {
    Prefixes prefixes = {0, 0, 0, 0};
    uint32_t at = pc;
    *in = (Instruction){.pc = pc};
    while (at < limit) {
        uint8_t bytes[INSTRUCTION_LONGEST] = {0};
        unsigned length = bytecode_length(is_sista, code[at]);
        if (!load_bytes(code, limit, at, length, bytes)) return false;
        at += length;
        if (is_sista)
            decode_sista(bytes, &prefixes, in);
        else
            decode_v3plus(bytes, in);
        if (in->op != BC_EXTEND_A && in->op != BC_EXTEND_B) {
            in->length = at - pc;
            in->is_prefixed = prefixes.a_count + prefixes.b_count != 0;
            return true;
        }
        if (!add_prefix(&prefixes, in->op, bytes[1])) return false;
    }
    return false;
}
