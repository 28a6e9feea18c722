// SPDX-License-Identifier: MIT
// The encoder of V3PlusClosures; bytecode/v3plus.tbl says what the bytes mean.
#include "compile/encoder.h"

enum { BACK_JUMP_SIZE = 2 };

static Encoded encode(BytecodeOp op, int64_t a, int64_t b, int64_t c) {
    (void)op, (void)a, (void)b, (void)c;
    return (Encoded){{0}, 0};
}

static bool pushes_directly(const Literal *literal) {
    return literal->kind <= LITERAL_FALSE ||
           (literal->kind == LITERAL_INTEGER && literal->text.length == 0 &&
            literal->integer >= -1 && literal->integer <= 2);
}

const Encoder encoder_v3plus = {encode, pushes_directly, BACK_JUMP_SIZE};
