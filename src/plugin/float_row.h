// SPDX-License-Identifier: MIT
// Rows of floats in plain bytes, 32 or 64 bits wide: what the primitives on float arrays compute
// with, once they have checked their operands. Everything is computed in double and rounded when
// it is stored.
#ifndef PARLEY_PLUGIN_FLOAT_ROW_H
#define PARLEY_PLUGIN_FLOAT_ROW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct FloatRow {
    uint8_t *bytes;
    size_t count;
    bool wide; // 64 bits
} FloatRow;

typedef enum FloatOperation {
    FLOATS_ADD,
    FLOATS_SUBTRACT,
    FLOATS_MULTIPLY,
    FLOATS_DIVIDE
} FloatOperation;

double float_row_at(FloatRow row, size_t index);
void float_row_at_put(FloatRow row, size_t index, double value);

// row := row op value, row := row op other (of the same count and width)
void float_row_combine_scalar(FloatRow row, FloatOperation operation, double value);
void float_row_combine(FloatRow row, FloatOperation operation, FloatRow other);

double float_row_sum(FloatRow row);
double float_row_dot_product(FloatRow row, FloatRow other);
bool float_row_equal(FloatRow row, FloatRow other); // same count; NaN equals nothing
bool float_row_has_zero(FloatRow row);
// The sum of the 32-bit halves, 29 bits of it.
uint32_t float_row_hash(FloatRow row);

#endif
