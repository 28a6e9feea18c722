// SPDX-License-Identifier: MIT
// Arithmetic on natural numbers of any length, on plain buffers: what large integers need. A
// Natural is a row of 64-bit digits, low digit first, whose highest digit is not 0; zero has no
// digits. Functions write into a buffer `to` of the caller, with the room that each one states, and
// answer the Natural that lies in it. Operands may not overlap `to` unless a function allows it.
#ifndef PARLEY_BASE_NATURAL_H
#define PARLEY_BASE_NATURAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef uint64_t Digit;
enum { DIGIT_BITS = 64, DIGIT_BYTES = 8 };

typedef struct Natural {
    const Digit *digits;
    size_t count;
} Natural;

// ---- bytes (low byte first) and digits
static inline size_t digits_for_bytes(size_t byte_count) {
    return byte_count / DIGIT_BYTES + (byte_count % DIGIT_BYTES != 0);
}
// Room: digits_for_bytes(byte_count).
Natural natural_load(Digit *to, const uint8_t *bytes, size_t byte_count);
// Writes byte_count bytes: zeros behind the number, or its low bytes.
void natural_store(Natural a, uint8_t *bytes, size_t byte_count);
// The number in a row of digits that may end in zeros.
Natural natural_of(const Digit *digits, size_t count);

size_t natural_bit_count(Natural a); // 0 for 0
size_t natural_byte_count(Natural a);
bool natural_fits_digit(Natural a);
Digit natural_low_digit(Natural a); // 0 for 0

// ---- comparing and looking at bits
int natural_compare(Natural a, Natural b); // -1, 0, 1
// Is any bit set between the two places, both counted from 0 and included?
bool natural_has_bits(Natural a, size_t first, size_t last);

// ---- computing
// Room: one digit more than the longer operand. `to` may be the buffer of `a`.
Natural natural_add(Digit *to, Natural a, Natural b);
// a is not less than b. Room: as a. `to` may be the buffer of `a`.
Natural natural_subtract(Digit *to, Natural a, Natural b);

typedef enum BitOperation { BITS_AND, BITS_OR, BITS_XOR } BitOperation;
// Room: as the longer operand.
Natural natural_bitwise(Digit *to, BitOperation operation, Natural a, Natural b);

// Room for shifting left: natural_shifted_digits; for shifting right: as a. `to` may be the buffer
// of `a` when shifting right.
size_t natural_shifted_digits(Natural a, size_t places);
Natural natural_shift_left(Digit *to, Natural a, size_t places);
Natural natural_shift_right(Digit *to, Natural a, size_t places);

// Room: the digits of both together. `scratch` has natural_multiply_scratch digits.
size_t natural_multiply_scratch(size_t a_count, size_t b_count);
Natural natural_multiply(Digit *to, Natural a, Natural b, Digit *scratch);

// Quotient and remainder of two Naturals, b not 0. Rooms: of the quotient, as a; of the remainder,
// one digit more than a; of scratch, as b.
typedef struct Division {
    Natural quotient, remainder;
} Division;
Division natural_divide(Digit *quotient, Digit *remainder, Natural a, Natural b, Digit *scratch);

// ---- Montgomery multiplication, in half digits of 32 bits as the images know it
typedef uint32_t HalfDigit;
// Reads bytes into `count` half digits, zeros behind the number.
void half_digits_load(HalfDigit *to, size_t count, const uint8_t *bytes, size_t byte_count);
// a * b / 2^(32 count) modulo m, for a and b below m: each of `count` half digits (count > 0).
// `inverse` is -1/m modulo 2^32. `to` has count + 1 half digits, of which the last comes out 0.
// With other operands the answer is meaningless, but nothing else happens.
void montgomery_multiply(HalfDigit *to, const HalfDigit *a, const HalfDigit *b, const HalfDigit *m,
                         size_t count, HalfDigit inverse);

#endif
