// SPDX-License-Identifier: MIT
// Encoders: the way back from instructions (bytecode/instructions.tbl) to the bytes of a bytecode
// set. Each chooses the shortest form that Opal chooses. What an operand cannot express is refused.
#ifndef PARLEY_COMPILE_ENCODER_H
#define PARLEY_COMPILE_ENCODER_H

#include "bytecode/instruction.h"
#include "compile/arena.h"
#include "compile/code.h"

enum { ENCODED_LONGEST = 8 };

// The bytes of one instruction; count 0: it cannot be encoded.
typedef struct Encoded {
    uint8_t bytes[ENCODED_LONGEST];
    unsigned count;
} Encoded;

typedef struct Encoder {
    // Operands as in instructions.tbl. For a jump, the distance; forward jumps of 0 are not asked.
    Encoded (*encode)(BytecodeOp op, int64_t a, int64_t b, int64_t c);
    // The long form of an access to a receiver variable.
    Encoded (*encode_long)(BytecodeOp op, int64_t index);
    bool (*pushes_directly)(const Literal *literal); // by an instruction of its own
    unsigned back_jump_size;                         // jumps backward have one size
} Encoder;

extern const Encoder encoder_sista, encoder_v3plus;

// The special sends stand in the order of the special selectors.
static inline bool bytecode_op_is_special_send(BytecodeOp op) {
    return op >= BC_SEND_ADD && op <= BC_SEND_Y;
}
_Static_assert(BC_SEND_Y - BC_SEND_ADD == 31, "thirty-two special selectors");

static inline void encoded_add(Encoded *encoded, int64_t byte) {
    encoded->bytes[encoded->count++] = (uint8_t)byte;
}

static inline Encoded encoded_1(int64_t a) { return (Encoded){{(uint8_t)a}, 1}; }
static inline Encoded encoded_2(int64_t a, int64_t b) {
    return (Encoded){{(uint8_t)a, (uint8_t)b}, 2};
}
static inline Encoded encoded_3(int64_t a, int64_t b, int64_t c) {
    return (Encoded){{(uint8_t)a, (uint8_t)b, (uint8_t)c}, 3};
}

#endif
