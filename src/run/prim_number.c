// SPDX-License-Identifier: MIT
// Numbers between Smalltalk and C: Integer objects of up to 64 bits and Floats, taken apart and
// made. Answers are always in their normal form (SmallInteger or SmallFloat64 where it fits); what
// is read need not be.
#include "run/magnitude.h"

// ---- integers

static const uint64_t SMALL_LIMIT = 1ull << 60; // SmallIntegers: -SMALL_LIMIT to SMALL_LIMIT - 1
static const uint64_t SIGN = 1ull << 63;

static bool is_large_positive(VM *vm, Oop oop) {
    return oop_has_class_index(oop, prim_known(vm, large_positive)) && oop_is_bytes(oop);
}

static bool is_large_negative(VM *vm, Oop oop) {
    return oop_has_class_index(oop, prim_known(vm, large_negative)) && oop_is_bytes(oop);
}

// The bytes of a large integer as one word. What the body holds behind them is not trusted.
static bool large_size(Oop large, Word *size) {
    Num bytes = byte_count(large);
    *size = word(0);
    if (num_is_zero(bytes)) return true;
    if (!num_le(bytes, num(8))) return false;
    Num unused_bits = num_mul(num_sub(num(8), bytes), num(8));
    Word bits = word_shift_left(word64_at(large, num(0)), unused_bits);
    *size = word_shift_right(bits, unused_bits);
    return true;
}

bool magnitude_from_natural(VM *vm, Oop integer, Word *size) {
    if (is_large_positive(vm, integer)) return large_size(integer, size);
    if (!oop_is_int(integer)) return false;
    Num value = num_from_oop(integer);
    *size = word_from_num(value);
    return !num_is_negative(value);
}

bool magnitude_from_integer(VM *vm, Oop integer, Magnitude *magnitude) {
    if (oop_is_int(integer)) {
        Num value = num_from_oop(integer);
        magnitude->negative = num_is_negative(value);
        magnitude->size = word_from_num(magnitude->negative ? num_negated(value) : value);
        return true;
    }
    magnitude->negative = is_large_negative(vm, integer);
    if (!magnitude->negative && !is_large_positive(vm, integer)) return false;
    return large_size(integer, &magnitude->size);
}

static bool magnitude_fits_small(Magnitude magnitude) {
    if (word_lt(magnitude.size, word(SMALL_LIMIT))) return true;
    return magnitude.negative && word_eq(magnitude.size, word(SMALL_LIMIT));
}

Oop magnitude_as_integer(VM *vm, Magnitude magnitude) {
    if (magnitude_fits_small(magnitude)) {
        Num value = num_from_word(magnitude.size);
        return oop_from_num(magnitude.negative ? num_negated(value) : value);
    }
    Num class_index =
        magnitude.negative ? prim_known(vm, large_negative) : prim_known(vm, large_positive);
    Oop large = prim_new_object(vm, class_index, FORMAT_8BIT, num(1));
    if (!oop_is_none(large)) word64_at_put(large, num(0), magnitude.size);
    return large;
}

Oop prim_integer_from_num(VM *vm, Num value) {
    if (num_fits_int(value)) return oop_from_num(value);
    bool negative = num_is_negative(value);
    Word size = word_from_num(negative ? num_negated(value) : value);
    return magnitude_as_integer(vm, (Magnitude){size, negative});
}

Oop prim_integer_from_word(VM *vm, Word value) {
    return magnitude_as_integer(vm, (Magnitude){value, false});
}

bool prim_num_from_integer(VM *vm, Oop integer, Num *value) {
    if (oop_is_int(integer)) {
        *value = num_from_oop(integer);
        return true;
    }
    Magnitude magnitude;
    if (!magnitude_from_integer(vm, integer, &magnitude)) return false;
    Num size = num_from_word(magnitude.size);
    *value = magnitude.negative ? num_negated(size) : size;
    if (word_lt(magnitude.size, word(SIGN))) return true;
    return magnitude.negative && word_eq(magnitude.size, word(SIGN));
}

bool prim_word_from_integer(VM *vm, Oop integer, Word *value) {
    return magnitude_from_natural(vm, integer, value);
}

// ---- floats

Oop prim_float_from_real(VM *vm, Real value) {
    if (real_fits_small_float(value)) return small_float_from_real(value);
    Oop boxed = prim_new_object(vm, prim_known(vm, boxed_float), FORMAT_32BIT, num(1));
    if (!oop_is_none(boxed)) word64_at_put(boxed, num(0), word_from_real(value));
    return boxed;
}

bool prim_real_from_float(VM *vm, Oop number, Real *value) {
    if (oop_is_small_float(number)) {
        *value = real_from_small_float(number);
        return true;
    }
    if (!oop_has_class_index(number, prim_known(vm, boxed_float))) return false;
    if (!oop_is_bits(number) || !num_eq(byte_count(number), num(8))) return false;
    *value = float64_at(number, num(0));
    return true;
}

// A SmallInteger that is not exactly a double is refused: comparing it as a float would be wrong,
// and the image's own code knows what to do.
bool prim_real_from_number(VM *vm, Oop number, Real *value) {
    if (!oop_is_int(number)) return prim_real_from_float(vm, number, value);
    Num integer = num_from_oop(number);
    *value = real_from_num(integer);
    return num_eq(num_from_real(*value), integer);
}
