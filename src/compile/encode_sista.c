// SPDX-License-Identifier: MIT
// The encoder of SistaV1; bytecode/sista.tbl says what the bytes mean. Larger operands are split
// into a prefix (224: operand A, 225: operand B) and a byte.
#include "compile/encoder.h"

enum {
    EXTEND_A = 224,
    EXTEND_B = 225,
    SHORT_JUMP_LONGEST = 8,
    BACK_JUMP_SIZE = 4,
    INDEX_LIMIT = 65536,
    LITERAL_LIMIT = 32768,
    TEMP_LIMIT = 64,
    REMOTE_LIMIT = 256,
    VECTOR_LIMIT = 128,
    ARRAY_LIMIT = 128,
    ARGUMENT_LIMIT = 32,
    COPIED_LIMIT = 64,
    JUMP_LIMIT = 32768,
};

static const Encoded refused = {{0}, 0};

static bool fits(int64_t value, int64_t limit) { return value >= 0 && value < limit; }

static void extend(Encoded *encoded, int prefix, int64_t value) {
    if (value == 0) return;
    encoded_add(encoded, prefix);
    encoded_add(encoded, value);
}

// `op` with an index in its second byte, what is above 255 as a prefix A.
static Encoded indexed(int op, int64_t index, int64_t limit) {
    Encoded encoded = {{0}, 0};
    if (!fits(index, limit)) return refused;
    extend(&encoded, EXTEND_A, index >> 8);
    encoded_add(&encoded, op);
    encoded_add(&encoded, index & 255);
    return encoded;
}

// The short form from `base` for indices below `count`, else the long one.
static Encoded short_or(int base, int64_t count, int op, int64_t index, int64_t limit) {
    if (fits(index, count)) return encoded_1(base + index);
    return indexed(op, index, limit);
}

static Encoded temp(int base, int64_t count, int op, int64_t index) {
    return short_or(base, count, op, index, TEMP_LIMIT);
}

static Encoded remote(int op, int64_t index, int64_t vector) {
    if (!fits(index, REMOTE_LIMIT) || !fits(vector, VECTOR_LIMIT)) return refused;
    return encoded_3(op, index, vector);
}

static Encoded encode_send(int64_t selector, int64_t arguments) {
    Encoded encoded = {{0}, 0};
    if (!fits(selector, INDEX_LIMIT) || !fits(arguments, ARGUMENT_LIMIT)) return refused;
    if (selector < 16 && arguments < 3) return encoded_1(128 + 16 * arguments + selector);
    extend(&encoded, EXTEND_A, selector >> 5);
    extend(&encoded, EXTEND_B, arguments >> 3);
    encoded_add(&encoded, 234);
    encoded_add(&encoded, (selector & 31) << 3 | (arguments & 7));
    return encoded;
}

static Encoded encode_super_send(int64_t selector, int64_t arguments, int64_t directed) {
    Encoded encoded = {{0}, 0};
    if (!fits(selector, INDEX_LIMIT) || !fits(arguments, ARGUMENT_LIMIT)) return refused;
    extend(&encoded, EXTEND_A, selector >> 5);
    extend(&encoded, EXTEND_B, (arguments >> 3) + directed);
    encoded_add(&encoded, 235);
    encoded_add(&encoded, (selector & 31) << 3 | (arguments & 7));
    return encoded;
}

static Encoded jump(int base, int op, int64_t distance, bool may_be_backward) {
    Encoded encoded = {{0}, 0};
    if (distance > 0 && distance <= SHORT_JUMP_LONGEST) return encoded_1(base + distance - 1);
    if (distance >= JUMP_LIMIT || distance < (may_be_backward ? -JUMP_LIMIT : 0)) return refused;
    extend(&encoded, EXTEND_B, distance >> 8);
    encoded_add(&encoded, op);
    encoded_add(&encoded, distance & 255);
    return encoded;
}

static Encoded push_integer(int64_t value) {
    Encoded encoded = {{0}, 0};
    if (value == 0 || value == 1) return encoded_1(80 + value);
    if (value < -JUMP_LIMIT || value >= JUMP_LIMIT) return refused;
    extend(&encoded, EXTEND_B, value >> 8);
    encoded_add(&encoded, 232);
    encoded_add(&encoded, value & 255);
    return encoded;
}

static Encoded push_closure(int64_t literal, int64_t copied, int64_t flags) {
    Encoded encoded = {{0}, 0};
    if (!fits(literal, LITERAL_LIMIT) || !fits(copied, COPIED_LIMIT)) return refused;
    extend(&encoded, EXTEND_A, literal >> 8);
    encoded_add(&encoded, 249);
    encoded_add(&encoded, literal & 255);
    encoded_add(&encoded, flags << 6 | copied);
    return encoded;
}

static Encoded sized_array(int64_t size, int flag) {
    return fits(size, ARRAY_LIMIT) ? encoded_2(231, size | flag) : refused;
}

static Encoded encode(BytecodeOp op, int64_t a, int64_t b, int64_t c) {
    switch (op) {
    case BC_PUSH_RECEIVER_VARIABLE:
        return short_or(0, 16, 226, a, INDEX_LIMIT);
    case BC_PUSH_LITERAL_VARIABLE:
        return short_or(16, 16, 227, a, LITERAL_LIMIT);
    case BC_PUSH_LITERAL:
        return short_or(32, 32, 228, a, LITERAL_LIMIT);
    case BC_PUSH_TEMP:
        return temp(64, 12, 229, a);
    case BC_PUSH_RECEIVER:
        return encoded_1(76);
    case BC_PUSH_TRUE:
        return encoded_1(77);
    case BC_PUSH_FALSE:
        return encoded_1(78);
    case BC_PUSH_NIL:
        return encoded_1(79);
    case BC_PUSH_INTEGER:
        return push_integer(a);
    case BC_PUSH_THIS_CONTEXT:
        return encoded_1(82);
    case BC_PUSH_THIS_PROCESS:
        return encoded_3(EXTEND_B, 1, 82);
    case BC_DUP:
        return encoded_1(83);
    case BC_RETURN_RECEIVER:
        return encoded_1(88);
    case BC_RETURN_TRUE:
        return encoded_1(89);
    case BC_RETURN_FALSE:
        return encoded_1(90);
    case BC_RETURN_NIL:
        return encoded_1(91);
    case BC_RETURN_TOP:
        return encoded_1(92);
    case BC_BLOCK_RETURN_TOP:
        return encoded_1(94);
    case BC_SEND:
        return encode_send(a, b);
    case BC_SUPER_SEND:
        return encode_super_send(a, b, 0);
    case BC_DIRECTED_SUPER_SEND:
        return encode_super_send(a, b, 64);
    case BC_JUMP:
        return jump(176, 237, a, true);
    case BC_JUMP_IF_TRUE:
        return jump(184, 238, a, false);
    case BC_JUMP_IF_FALSE:
        return jump(192, 239, a, false);
    case BC_POP_INTO_RECEIVER_VARIABLE:
        return short_or(200, 8, 240, a, INDEX_LIMIT);
    case BC_POP_INTO_TEMP:
        return temp(208, 8, 242, a);
    case BC_POP:
        return encoded_1(216);
    case BC_PUSH_NEW_ARRAY:
        return sized_array(a, 0);
    case BC_PUSH_ARRAY_OF_TOP:
        return sized_array(a, 128);
    case BC_POP_INTO_LITERAL_VARIABLE:
        return indexed(241, a, LITERAL_LIMIT);
    case BC_STORE_RECEIVER_VARIABLE:
        return indexed(243, a, INDEX_LIMIT);
    case BC_STORE_LITERAL_VARIABLE:
        return indexed(244, a, LITERAL_LIMIT);
    case BC_STORE_TEMP:
        return temp(0, 0, 245, a);
    case BC_CALL_PRIMITIVE:
        return fits(a, LITERAL_LIMIT) ? encoded_3(248, a & 255, a >> 8) : refused;
    case BC_PUSH_FULL_CLOSURE:
        return push_closure(a, b, c);
    case BC_PUSH_REMOTE_TEMP:
        return remote(251, a, b);
    case BC_STORE_REMOTE_TEMP:
        return remote(252, a, b);
    case BC_POP_INTO_REMOTE_TEMP:
        return remote(253, a, b);
    default:
        return bytecode_op_is_special_send(op) ? encoded_1(96 + op - BC_SEND_ADD) : refused;
    }
}

// There is one store only; Opal pops and pushes instead.
static Encoded encode_long(BytecodeOp op, int64_t index) {
    if (op == BC_PUSH_RECEIVER_VARIABLE) return indexed(226, index, INDEX_LIMIT);
    Encoded encoded = indexed(240, index, INDEX_LIMIT);
    if (op == BC_POP_INTO_RECEIVER_VARIABLE || !encoded.count) return encoded;
    Encoded push = indexed(226, index, INDEX_LIMIT);
    for (unsigned i = 0; i < push.count; i++)
        encoded_add(&encoded, push.bytes[i]);
    return encoded;
}

static bool pushes_directly(const Literal *literal) {
    return literal->kind == LITERAL_NIL || literal->kind == LITERAL_TRUE ||
           literal->kind == LITERAL_FALSE ||
           (literal->kind == LITERAL_INTEGER && literal->text.length == 0 &&
            (literal->integer == 0 || literal->integer == 1));
}

const Encoder encoder_sista = {encode, encode_long, pushes_directly, BACK_JUMP_SIZE};
