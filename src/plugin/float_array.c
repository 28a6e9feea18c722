// SPDX-License-Identifier: MIT
// FloatArrayPlugin and Float64ArrayPlugin: arithmetic on arrays of 32-bit and 64-bit floats, which
// are objects of words of that size. Receivers change in place; nothing is changed before all is
// checked. The work is done by float_row.h.
#include "object/raw.h"
#include "plugin/float_row.h"
#include "plugin/operands.h"
#include "plugin/registry.h"

#include <math.h>
#include <string.h>

// ---- operands

static bool row_from_oop(Oop oop, bool wide, FloatRow *row) {
    if (!oop_is_bits(oop)) return false;
    if (!(wide ? object_is_words64(oop) : object_is_words32(oop))) return false;
    *row = (FloatRow){object_bytes(oop), (size_t)num_concrete(element_count(oop)), wide};
    return true;
}

static Failure readable_receiver(VM *vm, bool wide, FloatRow *row) {
    return row_from_oop(prim_receiver(vm), wide, row) ? FAILURE_NONE : FAILURE_BAD_RECEIVER;
}

static Failure writable_receiver(VM *vm, bool wide, FloatRow *row) {
    Failure failure = readable_receiver(vm, wide, row);
    if (failure) return failure;
    return object_is_readonly(prim_receiver(vm)) ? FAILURE_NO_MODIFICATION : FAILURE_NONE;
}

// An array of the same width and count as the receiver.
static Failure same_row(VM *vm, FloatRow row, FloatRow *other) {
    bool usable = row_from_oop(prim_argument(vm, 0), row.wide, other) && row.count == other->count;
    return usable ? FAILURE_NONE : FAILURE_BAD_ARGUMENT;
}

// A Float, or any SmallInteger.
static bool operand_double(VM *vm, Oop oop, double *value) {
    Real number;
    if (oop_is_int(oop))
        number = real_from_num(num_from_oop(oop));
    else if (!prim_real_from_float(vm, oop, &number))
        return false;
    uint64_t bits = (uint64_t)num_concrete(num_from_word(word_from_real(number)));
    memcpy(value, &bits, sizeof bits);
    return true;
}

static Failure operand_index(Oop oop, FloatRow row, size_t *position) {
    if (!oop_is_int(oop)) return FAILURE_BAD_ARGUMENT;
    *position = (size_t)(num_concrete(num_from_oop(oop)) - 1);
    return *position < row.count ? FAILURE_NONE : FAILURE_BAD_INDEX;
}

static Outcome answer_double(VM *vm, double value) {
    return operand_answer(vm, prim_float_from_real(vm, real(value)));
}

// ---- elements

static Outcome at(VM *vm, bool wide) {
    FloatRow row;
    size_t position;
    Failure failure = readable_receiver(vm, wide, &row);
    if (!failure) failure = operand_index(prim_argument(vm, 0), row, &position);
    if (failure) return prim_fail(vm, failure);
    return answer_double(vm, float_row_at(row, position));
}

static Outcome at_put(VM *vm, bool wide) {
    FloatRow row;
    size_t position;
    double value;
    Failure failure = writable_receiver(vm, wide, &row);
    if (!failure) failure = operand_index(prim_argument(vm, 0), row, &position);
    if (!failure && !operand_double(vm, prim_argument(vm, 1), &value))
        failure = FAILURE_BAD_ARGUMENT;
    if (failure) return prim_fail(vm, failure);
    float_row_at_put(row, position, value);
    return prim_answer(vm, prim_argument(vm, 1));
}

// ---- arithmetic in place

static Outcome with_scalar(VM *vm, bool wide, FloatOperation operation) {
    FloatRow row;
    double value;
    Failure failure = writable_receiver(vm, wide, &row);
    if (!failure && !operand_double(vm, prim_argument(vm, 0), &value))
        failure = FAILURE_BAD_ARGUMENT;
    if (!failure && operation == FLOATS_DIVIDE && value == 0) failure = FAILURE_BAD_ARGUMENT;
    if (failure) return prim_fail(vm, failure);
    float_row_combine_scalar(row, operation, value);
    return prim_answer_receiver(vm);
}

static Outcome with_array(VM *vm, bool wide, FloatOperation operation) {
    FloatRow row, other;
    Failure failure = writable_receiver(vm, wide, &row);
    if (!failure) failure = same_row(vm, row, &other);
    if (!failure && operation == FLOATS_DIVIDE && float_row_has_zero(other))
        failure = FAILURE_BAD_ARGUMENT;
    if (failure) return prim_fail(vm, failure);
    float_row_combine(row, operation, other);
    return prim_answer_receiver(vm);
}

static Outcome normalize(VM *vm, bool wide) {
    FloatRow row;
    Failure failure = writable_receiver(vm, wide, &row);
    if (failure) return prim_fail(vm, failure);
    double square = float_row_dot_product(row, row);
    if (!(square > 0)) return prim_fail(vm, FAILURE_BAD_RECEIVER);
    float_row_combine_scalar(row, FLOATS_DIVIDE, sqrt(square));
    return prim_answer_receiver(vm);
}

// ---- answers of a whole array

static Outcome dot_product(VM *vm, bool wide) {
    FloatRow row, other;
    Failure failure = readable_receiver(vm, wide, &row);
    if (!failure) failure = same_row(vm, row, &other);
    if (failure) return prim_fail(vm, failure);
    return answer_double(vm, float_row_dot_product(row, other));
}

static Outcome equal(VM *vm, bool wide) {
    FloatRow row, other;
    Failure failure = readable_receiver(vm, wide, &row);
    if (!failure && !row_from_oop(prim_argument(vm, 0), wide, &other))
        failure = FAILURE_BAD_ARGUMENT;
    if (failure) return prim_fail(vm, failure);
    return prim_answer_bool(vm, row.count == other.count && float_row_equal(row, other));
}

static Outcome hash_array(VM *vm, bool wide) {
    FloatRow row;
    Failure failure = readable_receiver(vm, wide, &row);
    if (failure) return prim_fail(vm, failure);
    return prim_answer(vm, oop_from_num(num(float_row_hash(row))));
}

static Outcome length(VM *vm, bool wide) {
    FloatRow row;
    Failure failure = readable_receiver(vm, wide, &row);
    if (failure) return prim_fail(vm, failure);
    double square = float_row_dot_product(row, row);
    if (!(square > 0)) return prim_fail(vm, FAILURE_BAD_RECEIVER);
    return answer_double(vm, sqrt(square));
}

static Outcome sum(VM *vm, bool wide) {
    FloatRow row;
    Failure failure = readable_receiver(vm, wide, &row);
    return failure ? prim_fail(vm, failure) : answer_double(vm, float_row_sum(row));
}

// ---- the two modules: FLOATS(name, argument count, call)

#define FLOAT_PRIMITIVES(FLOATS)                                                                   \
    FLOATS(primitiveAt, 1, at(vm, wide))                                                           \
    FLOATS(primitiveAtPut, 2, at_put(vm, wide))                                                    \
    FLOATS(primitiveAddScalar, 1, with_scalar(vm, wide, FLOATS_ADD))                               \
    FLOATS(primitiveSubScalar, 1, with_scalar(vm, wide, FLOATS_SUBTRACT))                          \
    FLOATS(primitiveMulScalar, 1, with_scalar(vm, wide, FLOATS_MULTIPLY))                          \
    FLOATS(primitiveDivScalar, 1, with_scalar(vm, wide, FLOATS_DIVIDE))                            \
    FLOATS(primitiveAddFloatArray, 1, with_array(vm, wide, FLOATS_ADD))                            \
    FLOATS(primitiveSubFloatArray, 1, with_array(vm, wide, FLOATS_SUBTRACT))                       \
    FLOATS(primitiveMulFloatArray, 1, with_array(vm, wide, FLOATS_MULTIPLY))                       \
    FLOATS(primitiveDivFloatArray, 1, with_array(vm, wide, FLOATS_DIVIDE))                         \
    FLOATS(primitiveDotProduct, 1, dot_product(vm, wide))                                          \
    FLOATS(primitiveEqual, 1, equal(vm, wide))                                                     \
    FLOATS(primitiveHashArray, 0, hash_array(vm, wide))                                            \
    FLOATS(primitiveLength, 0, length(vm, wide))                                                   \
    FLOATS(primitiveNormalize, 0, normalize(vm, wide))                                             \
    FLOATS(primitiveSum, 0, sum(vm, wide))

#define FLOATS(name, arguments, call)                                                              \
    static Outcome name##_32(VM *vm) {                                                             \
        const bool wide = false;                                                                   \
        return call;                                                                               \
    }                                                                                              \
    static Outcome name##_64(VM *vm) {                                                             \
        const bool wide = true;                                                                    \
        return call;                                                                               \
    }
FLOAT_PRIMITIVES(FLOATS)
#undef FLOATS

#define FLOATS(name, arguments, call) NAMED("FloatArrayPlugin", #name, name##_32, arguments, 0),
static const Primitive float_primitives[] = {FLOAT_PRIMITIVES(FLOATS) NAMED_END};
#undef FLOATS
#define FLOATS(name, arguments, call) NAMED("Float64ArrayPlugin", #name, name##_64, arguments, 0),
static const Primitive double_primitives[] = {FLOAT_PRIMITIVES(FLOATS) NAMED_END};
#undef FLOATS

const Plugin plugin_float_array = {.module = "FloatArrayPlugin", .primitives = float_primitives};
const Plugin plugin_float64_array = {.module = "Float64ArrayPlugin",
                                     .primitives = double_primitives};
