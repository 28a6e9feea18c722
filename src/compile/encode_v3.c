// SPDX-License-Identifier: MIT
// The encoder of V3PlusClosures; bytecode/v3plus.tbl says what the bytes mean. Byte 128 and its
// neighbours 129 and 130 take six bits of index and two that say of what; byte 132 takes any index
// below 256.
#include "compile/encoder.h"

enum { BACK_JUMP_SIZE = 2, SHORT_JUMP_LONGEST = 8, JUMP_LIMIT = 1024, BLOCK_LIMIT = 65536 };

// What the upper two bits of the operand of 128, 129 and 130 say.
typedef enum Place { PLACE_RECEIVER, PLACE_TEMP, PLACE_LITERAL, PLACE_VARIABLE } Place;

static const Encoded refused = {{0}, 0};

static bool fits(int64_t value, int64_t limit) { return value >= 0 && value < limit; }

// One byte below `short_count`, two below 64, three below 256; `kind` is 132's. kind -1: no three.
static Encoded access(int base, int64_t short_count, int op, Place place, int kind, int64_t index) {
    if (fits(index, short_count)) return encoded_1(base + index);
    if (fits(index, 64)) return encoded_2(op, (int64_t)place << 6 | index);
    if (kind >= 0 && fits(index, 256)) return encoded_3(132, kind << 5, index);
    return refused;
}

// The long store into a literal variable has no popping form.
static Encoded pop_into_literal_variable(int64_t index) {
    Encoded encoded = access(0, 0, 130, PLACE_VARIABLE, 7, index);
    if (encoded.count == 3) encoded_add(&encoded, 135);
    return encoded;
}

static Encoded encode_send(int64_t selector, int64_t arguments) {
    if (!fits(selector, 256) || !fits(arguments, 32)) return refused;
    if (selector < 16 && arguments < 3) return encoded_1(208 + arguments * 16 + selector);
    if (selector < 32 && arguments < 8) return encoded_2(131, arguments << 5 | selector);
    if (selector < 64 && arguments < 4) return encoded_2(134, arguments << 6 | selector);
    return encoded_3(132, arguments, selector);
}

static Encoded encode_super_send(int64_t selector, int64_t arguments) {
    if (!fits(selector, 256) || !fits(arguments, 32)) return refused;
    if (selector < 32 && arguments < 8) return encoded_2(133, arguments << 5 | selector);
    return encoded_3(132, 32 + arguments, selector);
}

static Encoded jump(int64_t distance) {
    if (distance > 0 && distance <= SHORT_JUMP_LONGEST) return encoded_1(144 + distance - 1);
    if (distance < -JUMP_LIMIT || distance >= JUMP_LIMIT) return refused;
    return encoded_2(160 + ((distance + JUMP_LIMIT) >> 8), (distance + JUMP_LIMIT) & 255);
}

static Encoded branch(int op, int64_t distance) {
    if (!fits(distance, JUMP_LIMIT)) return refused;
    return encoded_2(op + (distance >> 8), distance & 255);
}

static Encoded branch_if_false(int64_t distance) {
    if (distance > 0 && distance <= SHORT_JUMP_LONGEST) return encoded_1(152 + distance - 1);
    return branch(172, distance);
}

static Encoded closure(int64_t arguments, int64_t copied, int64_t size) {
    if (!fits(arguments, 16) || !fits(copied, 16) || !fits(size, BLOCK_LIMIT)) return refused;
    Encoded encoded = encoded_3(143, copied << 4 | arguments, size >> 8);
    encoded_add(&encoded, size & 255);
    return encoded;
}

static Encoded remote(int op, int64_t index, int64_t vector) {
    return fits(index, 256) && fits(vector, 256) ? encoded_3(op, index, vector) : refused;
}

static Encoded sized_array(int64_t size, int flag) {
    return fits(size, 128) ? encoded_2(138, size | flag) : refused;
}

static Encoded encode(BytecodeOp op, int64_t a, int64_t b, int64_t c) {
    switch (op) {
    case BC_PUSH_RECEIVER_VARIABLE:
        return access(0, 16, 128, PLACE_RECEIVER, 2, a);
    case BC_PUSH_TEMP:
        return access(16, 16, 128, PLACE_TEMP, -1, a);
    case BC_PUSH_LITERAL:
        return access(32, 32, 128, PLACE_LITERAL, 3, a);
    case BC_PUSH_LITERAL_VARIABLE:
        return access(64, 32, 128, PLACE_VARIABLE, 4, a);
    case BC_STORE_RECEIVER_VARIABLE:
        return access(0, 0, 129, PLACE_RECEIVER, 5, a);
    case BC_STORE_TEMP:
        return access(0, 0, 129, PLACE_TEMP, -1, a);
    case BC_STORE_LITERAL_VARIABLE:
        return access(0, 0, 129, PLACE_VARIABLE, 7, a);
    case BC_POP_INTO_RECEIVER_VARIABLE:
        return access(96, 8, 130, PLACE_RECEIVER, 6, a);
    case BC_POP_INTO_TEMP:
        return access(104, 8, 130, PLACE_TEMP, -1, a);
    case BC_POP_INTO_LITERAL_VARIABLE:
        return pop_into_literal_variable(a);
    case BC_PUSH_RECEIVER:
        return encoded_1(112);
    case BC_PUSH_TRUE:
        return encoded_1(113);
    case BC_PUSH_FALSE:
        return encoded_1(114);
    case BC_PUSH_NIL:
        return encoded_1(115);
    case BC_PUSH_INTEGER:
        return fits(a + 1, 4) ? encoded_1(117 + a) : refused;
    case BC_RETURN_RECEIVER:
        return encoded_1(120);
    case BC_RETURN_TRUE:
        return encoded_1(121);
    case BC_RETURN_FALSE:
        return encoded_1(122);
    case BC_RETURN_NIL:
        return encoded_1(123);
    case BC_RETURN_TOP:
        return encoded_1(124);
    case BC_BLOCK_RETURN_TOP:
        return encoded_1(125);
    case BC_SEND:
        return encode_send(a, b);
    case BC_SUPER_SEND:
        return encode_super_send(a, b);
    case BC_POP:
        return encoded_1(135);
    case BC_DUP:
        return encoded_1(136);
    case BC_PUSH_THIS_CONTEXT:
        return encoded_1(137);
    case BC_PUSH_NEW_ARRAY:
        return sized_array(a, 0);
    case BC_PUSH_ARRAY_OF_TOP:
        return sized_array(a, 128);
    case BC_CALL_PRIMITIVE:
        return fits(a, 65536) ? encoded_3(139, a & 255, a >> 8) : refused;
    case BC_PUSH_REMOTE_TEMP:
        return remote(140, a, b);
    case BC_STORE_REMOTE_TEMP:
        return remote(141, a, b);
    case BC_POP_INTO_REMOTE_TEMP:
        return remote(142, a, b);
    case BC_PUSH_CLOSURE:
        return closure(a, b, c);
    case BC_JUMP:
        return jump(a);
    case BC_JUMP_IF_TRUE:
        return branch(168, a);
    case BC_JUMP_IF_FALSE:
        return branch_if_false(a);
    default:
        return bytecode_op_is_special_send(op) ? encoded_1(176 + op - BC_SEND_ADD) : refused;
    }
}

static Encoded encode_long(BytecodeOp op, int64_t index) {
    int kind = op == BC_PUSH_RECEIVER_VARIABLE ? 2 : op == BC_STORE_RECEIVER_VARIABLE ? 5 : 6;
    return fits(index, 256) ? encoded_3(132, kind << 5, index) : refused;
}

static bool pushes_directly(const Literal *literal) {
    return literal->kind <= LITERAL_FALSE ||
           (literal->kind == LITERAL_INTEGER && literal->text.length == 0 &&
            literal->integer >= -1 && literal->integer <= 2);
}

const Encoder encoder_v3plus = {encode, encode_long, pushes_directly, BACK_JUMP_SIZE};
