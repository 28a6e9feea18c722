// SPDX-License-Identifier: MIT
// Rows of floats. Each loop is written once and made twice, for either width, by inlining it with
// the width as a constant.
#include "plugin/float_row.h"

#include "base/bits.h"

#define INLINED static inline __attribute__((always_inline))

INLINED double load(const uint8_t *bytes, size_t index, bool wide) {
    return wide ? load_f64(bytes + index * 8) : (double)load_f32(bytes + index * 4);
}
INLINED void store(uint8_t *bytes, size_t index, bool wide, double value) {
    if (wide)
        store_f64(bytes + index * 8, value);
    else
        store_f32(bytes + index * 4, (float)value);
}

double float_row_at(FloatRow row, size_t index) { return load(row.bytes, index, row.wide); }
void float_row_at_put(FloatRow row, size_t index, double value) {
    store(row.bytes, index, row.wide, value);
}

// ---- combining

INLINED double compute(FloatOperation operation, double x, double y) {
    switch (operation) {
    case FLOATS_ADD:
        return x + y;
    case FLOATS_SUBTRACT:
        return x - y;
    case FLOATS_MULTIPLY:
        return x * y;
    case FLOATS_DIVIDE:
        return x / y;
    }
    return x;
}

// `other` is NULL when every element is combined with `value`.
INLINED void combine(FloatRow row, FloatOperation operation, const uint8_t *other, double value,
                     bool wide) {
    for (size_t i = 0; i < row.count; i++) {
        double y = other ? load(other, i, wide) : value;
        store(row.bytes, i, wide, compute(operation, load(row.bytes, i, wide), y));
    }
}

void float_row_combine_scalar(FloatRow row, FloatOperation operation, double value) {
    if (row.wide)
        combine(row, operation, NULL, value, true);
    else
        combine(row, operation, NULL, value, false);
}

void float_row_combine(FloatRow row, FloatOperation operation, FloatRow other) {
    if (row.wide)
        combine(row, operation, other.bytes, 0, true);
    else
        combine(row, operation, other.bytes, 0, false);
}

// ---- asking

double float_row_sum(FloatRow row) {
    double sum = 0;
    for (size_t i = 0; i < row.count; i++)
        sum += float_row_at(row, i);
    return sum;
}

double float_row_dot_product(FloatRow row, FloatRow other) {
    double sum = 0;
    for (size_t i = 0; i < row.count; i++)
        sum += float_row_at(row, i) * float_row_at(other, i);
    return sum;
}

bool float_row_equal(FloatRow row, FloatRow other) {
    for (size_t i = 0; i < row.count; i++)
        if (float_row_at(row, i) != float_row_at(other, i)) return false;
    return true;
}

bool float_row_has_zero(FloatRow row) {
    for (size_t i = 0; i < row.count; i++)
        if (float_row_at(row, i) == 0) return true;
    return false;
}

uint32_t float_row_hash(FloatRow row) {
    uint32_t sum = 0;
    size_t halves = row.wide ? row.count * 2 : row.count;
    for (size_t i = 0; i < halves; i++)
        sum += load_u32(row.bytes + i * 4);
    return sum & 0x1FFFFFFF;
}
