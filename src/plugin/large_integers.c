// SPDX-License-Identifier: MIT
// LargeIntegers: sums, products, quotients, bits and shifts of Integers of any length. The digits
// of the operands are copied into a workspace, base/natural.h computes there, and the answer is
// copied into a new object.
//
// Integers are SmallIntegers and byte objects of the two LargeInteger classes, low byte first. An
// answer is normalized (a SmallInteger where it fits, no leading zeros) unless said otherwise: the
// images count on the shape of the answers of division and of shifting to the left.
#include <stdlib.h>

#include "base/natural.h"
#include "object/raw.h"
#include "plugin/operands.h"
#include "plugin/registry.h"
#include "run/magnitude.h"

// ---- operands

typedef struct Integer {
    bool is_small, negative;
    Digit small;          // the magnitude of a SmallInteger
    const uint8_t *bytes; // of a large one: until the next allocation
    size_t byte_count;
} Integer;

static size_t byte_size(Oop bytes) { return (size_t)num_concrete(byte_count(bytes)); }

static bool integer_from_small(Oop oop, Integer *integer) {
    int64_t value = num_concrete(num_from_oop(oop));
    Digit size = value < 0 ? 0 - (Digit)value : (Digit)value;
    *integer = (Integer){.is_small = true, .negative = value < 0, .small = size};
    integer->byte_count = natural_byte_count(natural_of(&size, 1));
    return true;
}

static bool integer_from_oop(VM *vm, Oop oop, Integer *integer) {
    if (oop_is_int(oop)) return integer_from_small(oop, integer);
    bool negative = oop_has_class_index(oop, prim_known(vm, large_negative));
    if (!negative && !oop_has_class_index(oop, prim_known(vm, large_positive))) return false;
    if (!oop_is_bytes(oop)) return false;
    *integer = (Integer){.negative = negative, .bytes = object_bytes(oop)};
    integer->byte_count = byte_size(oop);
    return true;
}

// The length in the units that images count: digits of 32 bits.
static size_t integer_half_digits(const Integer *integer) { return (integer->byte_count + 3) / 4; }

// A large integer with a leading zero, or empty.
static bool integer_is_padded(const Integer *integer) {
    if (integer->is_small) return false;
    return integer->byte_count == 0 || integer->bytes[integer->byte_count - 1] == 0;
}

// Receiver and argument 0, which most primitives take; says with a failure what is wrong.
static bool two_integers(VM *vm, Integer *a, Integer *b) {
    bool usable = integer_from_oop(vm, prim_receiver(vm), a);
    if (usable && integer_from_oop(vm, prim_argument(vm, 0), b)) return true;
    prim_fail(vm, usable ? FAILURE_BAD_ARGUMENT : FAILURE_BAD_RECEIVER);
    return false;
}

// ---- the workspace: digits in C memory, taken piece by piece

enum { WORK_LOCAL_DIGITS = 128 };

typedef struct Work {
    Digit local[WORK_LOCAL_DIGITS];
    Digit *digits, *free;
} Work;

// Room for so many digits, all pieces together; false when memory is out.
static bool work_open(VM *vm, Work *work, size_t count) {
    work->digits = work->local;
    if (count > WORK_LOCAL_DIGITS) work->digits = calloc(count, sizeof(Digit));
    work->free = work->digits;
    if (!work->digits) prim_fail(vm, FAILURE_NO_C_MEMORY);
    return work->digits != NULL;
}

static void work_close(Work *work) {
    if (work->digits != work->local) free(work->digits);
}

static Digit *work_take(Work *work, size_t count) {
    Digit *piece = work->free;
    work->free += count;
    return piece;
}

static size_t load_room(const Integer *integer) { return digits_for_bytes(integer->byte_count); }

static Natural work_load(Work *work, const Integer *integer) {
    Digit *to = work_take(work, load_room(integer));
    const uint8_t *bytes = integer->is_small ? (const uint8_t *)&integer->small : integer->bytes;
    return natural_load(to, bytes, integer->byte_count);
}

// ---- answers

// A large integer of so many bytes, all zero; oop_none(): no room.
static Oop new_large(VM *vm, bool negative, size_t bytes) {
    Num class_index = negative ? prim_known(vm, large_negative) : prim_known(vm, large_positive);
    int unused = (int)(-bytes & 7);
    return prim_new_object(vm, class_index, FORMAT_8BIT + unused,
                           num((int64_t)(bytes / 8 + (unused != 0))));
}

static Oop new_large_of(VM *vm, bool negative, Natural value, size_t bytes) {
    Oop large = new_large(vm, negative, bytes);
    if (!oop_is_none(large)) natural_store(value, object_bytes(large), bytes);
    return large;
}

static Oop integer_of(VM *vm, bool negative, Natural value) {
    if (natural_fits_digit(value))
        return magnitude_as_integer(vm, (Magnitude){word(natural_low_digit(value)), negative});
    return new_large_of(vm, negative, value, natural_byte_count(value));
}

// Answers the value and closes the workspace that it lies in.
static Outcome answer_and_close(VM *vm, Work *work, bool negative, Natural value) {
    Oop answer = integer_of(vm, negative, value);
    work_close(work);
    return operand_answer(vm, answer);
}

// ---- sums, differences, products

// Of the magnitudes; the answer has the sign of the receiver.
static Outcome digit_add(VM *vm) {
    Integer x, y;
    Work work;
    if (!two_integers(vm, &x, &y)) return OUTCOME_FAILED;
    size_t room = load_room(&x) + load_room(&y);
    if (!work_open(vm, &work, 2 * room + 1)) return OUTCOME_FAILED;
    Natural a = work_load(&work, &x), b = work_load(&work, &y);
    return answer_and_close(vm, &work, x.negative, natural_add(work_take(&work, room + 1), a, b));
}

// Of the magnitudes. The answer has the sign of the receiver, the other one when the argument is
// the larger.
static Outcome digit_subtract(VM *vm) {
    Integer x, y;
    Work work;
    if (!two_integers(vm, &x, &y)) return OUTCOME_FAILED;
    size_t room = load_room(&x) + load_room(&y);
    if (!work_open(vm, &work, 2 * room)) return OUTCOME_FAILED;
    Natural a = work_load(&work, &x), b = work_load(&work, &y);
    Digit *to = work_take(&work, room);
    bool below = natural_compare(a, b) < 0;
    Natural difference = below ? natural_subtract(to, b, a) : natural_subtract(to, a, b);
    return answer_and_close(vm, &work, x.negative != below, difference);
}

// How much scratch a product takes depends on its operands without leading zeros.
static Outcome multiply_and_close(VM *vm, Work *work, bool negative, Natural a, Natural b) {
    Work scratch;
    Digit *to = work_take(work, a.count + b.count);
    if (!work_open(vm, &scratch, natural_multiply_scratch(a.count, b.count))) {
        work_close(work);
        return OUTCOME_FAILED;
    }
    Natural product = natural_multiply(to, a, b, scratch.digits);
    work_close(&scratch);
    return answer_and_close(vm, work, negative, product);
}

// digitMultiply: argument neg: whether the answer is negative
static Outcome digit_multiply(VM *vm) {
    Integer x, y;
    Work work;
    bool negative;
    if (!two_integers(vm, &x, &y)) return OUTCOME_FAILED;
    if (!operand_bool(vm, prim_argument(vm, 1), &negative))
        return prim_fail(vm, FAILURE_BAD_ARGUMENT);
    if (!work_open(vm, &work, 2 * (load_room(&x) + load_room(&y)))) return OUTCOME_FAILED;
    Natural a = work_load(&work, &x), b = work_load(&work, &y);
    return multiply_and_close(vm, &work, negative, a, b);
}

// ---- division

static Outcome answer_pair(VM *vm, Oop first, Oop second) {
    if (oop_is_none(first) || oop_is_none(second)) return prim_fail(vm, FAILURE_NO_MEMORY);
    Oop pair = prim_new_array(vm, num(2));
    if (oop_is_none(pair)) return prim_fail(vm, FAILURE_NO_MEMORY);
    field_at_put(&vm->heap, pair, 0, first);
    field_at_put(&vm->heap, pair, 1, second);
    return prim_answer(vm, pair);
}

// The receiver is shorter than the divisor, and its own remainder.
static Outcome answer_undivided(VM *vm, const Integer *x) {
    Oop rest = prim_receiver(vm);
    if (x->is_small) rest = new_large_of(vm, x->negative, natural_of(&x->small, 1), x->byte_count);
    return answer_pair(vm, oop_from_num(num(0)), rest);
}

static Outcome answer_division(VM *vm, const Integer *x, const Integer *y, bool negative) {
    Work work;
    size_t x_room = load_room(x), y_room = load_room(y);
    if (!work_open(vm, &work, 3 * x_room + 2 * y_room + 1)) return OUTCOME_FAILED;
    Natural a = work_load(&work, x), b = work_load(&work, y);
    Digit *quotient_room = work_take(&work, x_room), *rest_room = work_take(&work, x_room + 1);
    Division division = natural_divide(quotient_room, rest_room, a, b, work_take(&work, y_room));
    size_t quotient_bytes = 4 * (integer_half_digits(x) - integer_half_digits(y) + 1);
    Oop quotient = new_large_of(vm, negative, division.quotient, quotient_bytes);
    Oop rest =
        new_large_of(vm, x->negative, division.remainder, natural_byte_count(division.remainder));
    work_close(&work);
    return answer_pair(vm, quotient, rest);
}

// digitDiv: divisor neg: whether the quotient is negative. Answers an Array of quotient and
// remainder of the magnitudes, neither normalized; the remainder has the sign of the receiver.
static Outcome digit_divide(VM *vm) {
    Integer x, y;
    bool negative;
    if (!two_integers(vm, &x, &y)) return OUTCOME_FAILED;
    if (!operand_bool(vm, prim_argument(vm, 1), &negative))
        return prim_fail(vm, FAILURE_BAD_ARGUMENT);
    if (integer_is_padded(&x)) return prim_fail(vm, FAILURE_BAD_RECEIVER);
    if (integer_is_padded(&y) || y.byte_count == 0) return prim_fail(vm, FAILURE_BAD_ARGUMENT);
    if (integer_half_digits(&x) < integer_half_digits(&y)) return answer_undivided(vm, &x);
    return answer_division(vm, &x, &y, negative);
}

// ---- bits

// Of integers that are not negative.
static Outcome digit_bitwise(VM *vm, BitOperation operation) {
    Integer x, y;
    Work work;
    if (!two_integers(vm, &x, &y)) return OUTCOME_FAILED;
    if (x.negative) return prim_fail(vm, FAILURE_BAD_RECEIVER);
    if (y.negative) return prim_fail(vm, FAILURE_BAD_ARGUMENT);
    size_t room = load_room(&x) + load_room(&y);
    if (!work_open(vm, &work, 2 * room)) return OUTCOME_FAILED;
    Natural a = work_load(&work, &x), b = work_load(&work, &y);
    Natural value = natural_bitwise(work_take(&work, room), operation, a, b);
    return answer_and_close(vm, &work, false, value);
}
static Outcome digit_bit_and(VM *vm) { return digit_bitwise(vm, BITS_AND); }
static Outcome digit_bit_or(VM *vm) { return digit_bitwise(vm, BITS_OR); }
static Outcome digit_bit_xor(VM *vm) { return digit_bitwise(vm, BITS_XOR); }

// Whole bytes of the shift need no work: zeros of the new object. Not normalized; of zero, one
// byte.
static Outcome shift_left(VM *vm, const Integer *x, size_t places) {
    Work work;
    size_t room = load_room(x);
    if (!work_open(vm, &work, 2 * room + 1)) return OUTCOME_FAILED;
    Natural shifted =
        natural_shift_left(work_take(&work, room + 1), work_load(&work, x), places % 8);
    size_t zeros = places / 8, bytes = natural_byte_count(shifted);
    Oop large = new_large(vm, x->negative, bytes ? zeros + bytes : 1);
    if (!oop_is_none(large))
        natural_store(shifted, object_bytes(large) + (bytes ? zeros : 0), bytes);
    work_close(&work);
    return operand_answer(vm, large);
}

static Outcome shift_right(VM *vm, const Integer *x, size_t places) {
    Work work;
    size_t room = load_room(x);
    if (!work_open(vm, &work, 2 * room)) return OUTCOME_FAILED;
    Natural a = work_load(&work, x);
    Natural shifted = natural_shift_right(work_take(&work, room), a, places);
    return answer_and_close(vm, &work, x->negative, shifted);
}

// Of the magnitude: to the left by a positive number of places, to the right (normalized) by a
// negative one.
static Outcome digit_shift(VM *vm) {
    Integer x;
    Oop places = prim_argument(vm, 0);
    if (!integer_from_oop(vm, prim_receiver(vm), &x)) return prim_fail(vm, FAILURE_BAD_RECEIVER);
    if (!oop_is_int(places)) return prim_fail(vm, FAILURE_BAD_ARGUMENT);
    int64_t left = num_concrete(num_from_oop(places));
    if (left < 0) return shift_right(vm, &x, (size_t)-left);
    return shift_left(vm, &x, (size_t)left);
}

// A place counted from 1, taken from 0.
static bool operand_place(Oop oop, size_t *place) {
    if (!oop_is_int(oop) || num_le(num_from_oop(oop), num(0))) return false;
    *place = (size_t)num_concrete(num_from_oop(oop)) - 1;
    return true;
}

// anyBitOfMagnitudeFrom: first to: last
static Outcome any_bit(VM *vm) {
    Integer x;
    Work work;
    size_t first, last;
    if (!integer_from_oop(vm, prim_receiver(vm), &x)) return prim_fail(vm, FAILURE_BAD_RECEIVER);
    if (!operand_place(prim_argument(vm, 0), &first) || !operand_place(prim_argument(vm, 1), &last))
        return prim_fail(vm, FAILURE_BAD_ARGUMENT);
    if (!work_open(vm, &work, load_room(&x))) return OUTCOME_FAILED;
    bool any = natural_has_bits(work_load(&work, &x), first, last);
    work_close(&work);
    return prim_answer_bool(vm, any);
}

// ---- comparing

// Of the magnitudes: -1, 0 or 1. A large integer counts as larger than any SmallInteger.
static Outcome digit_compare(VM *vm) {
    Integer x, y;
    Work work;
    if (!two_integers(vm, &x, &y)) return OUTCOME_FAILED;
    if (x.is_small != y.is_small) return prim_answer(vm, oop_from_num(num(x.is_small ? -1 : 1)));
    if (!work_open(vm, &work, load_room(&x) + load_room(&y))) return OUTCOME_FAILED;
    Natural a = work_load(&work, &x), b = work_load(&work, &y);
    int order = natural_compare(a, b);
    work_close(&work);
    return prim_answer(vm, oop_from_num(num(order)));
}

// ---- normalizing

static Outcome normalize(VM *vm, bool negative) {
    Integer x;
    Work work;
    if (!integer_from_oop(vm, prim_receiver(vm), &x) || x.is_small || x.negative != negative)
        return prim_fail(vm, FAILURE_BAD_RECEIVER);
    if (x.byte_count > DIGIT_BYTES && !integer_is_padded(&x)) return prim_answer_receiver(vm);
    if (!work_open(vm, &work, load_room(&x))) return OUTCOME_FAILED;
    return answer_and_close(vm, &work, negative, work_load(&work, &x));
}
static Outcome normalize_positive(VM *vm) { return normalize(vm, false); }
static Outcome normalize_negative(VM *vm) { return normalize(vm, true); }

// ---- Montgomery multiplication

static Outcome montgomery_digit_length(VM *vm) { return prim_answer(vm, oop_from_num(num(32))); }

static HalfDigit *work_load_halves(Work *work, const Integer *integer, size_t count) {
    HalfDigit *to = (HalfDigit *)work_take(work, count / 2 + 1);
    const uint8_t *bytes = integer->is_small ? (const uint8_t *)&integer->small : integer->bytes;
    half_digits_load(to, count, bytes, integer->byte_count);
    return to;
}

// montgomeryTimes: factor modulo: modulus mInvModB: inverse
static Outcome montgomery_times(VM *vm) {
    Integer x, y, modulus;
    Word inverse;
    Work work;
    if (!two_integers(vm, &x, &y)) return OUTCOME_FAILED;
    if (!integer_from_oop(vm, prim_argument(vm, 1), &modulus) ||
        !prim_word_from_integer(vm, prim_argument(vm, 2), &inverse) ||
        word_lt(word(UINT32_MAX), inverse))
        return prim_fail(vm, FAILURE_BAD_ARGUMENT);
    size_t count = integer_half_digits(&modulus);
    if (count == 0 || integer_half_digits(&x) > count || integer_half_digits(&y) > count)
        return prim_fail(vm, FAILURE_BAD_ARGUMENT);
    if (!work_open(vm, &work, 5 * (count / 2 + 1))) return OUTCOME_FAILED;
    HalfDigit *a = work_load_halves(&work, &x, count), *b = work_load_halves(&work, &y, count);
    HalfDigit *m = work_load_halves(&work, &modulus, count);
    HalfDigit *to = (HalfDigit *)work_take(&work, count / 2 + 1);
    montgomery_multiply(to, a, b, m, count, (HalfDigit)num_concrete(num_from_word(inverse)));
    Digit *product = work_take(&work, digits_for_bytes(count * 4));
    return answer_and_close(vm, &work, false, natural_load(product, (uint8_t *)to, count * 4));
}

static Outcome get_module_name(VM *vm) {
    return operand_answer(vm, operand_new_string(vm, "LargeIntegers"));
}

static const Primitive primitives[] = {
    NAMED("LargeIntegers", "primAnyBitFromTo", any_bit, 2, 1),
    NAMED("LargeIntegers", "primDigitAdd", digit_add, 1, 1),
    NAMED("LargeIntegers", "primDigitBitAnd", digit_bit_and, 1, 1),
    NAMED("LargeIntegers", "primDigitBitOr", digit_bit_or, 1, 1),
    NAMED("LargeIntegers", "primDigitBitShiftMagnitude", digit_shift, 1, 1),
    NAMED("LargeIntegers", "primDigitBitXor", digit_bit_xor, 1, 1),
    NAMED("LargeIntegers", "primDigitCompare", digit_compare, 1, 1),
    NAMED("LargeIntegers", "primDigitDivNegative", digit_divide, 2, 1),
    NAMED("LargeIntegers", "primDigitMultiplyNegative", digit_multiply, 2, 1),
    NAMED("LargeIntegers", "primDigitSubtract", digit_subtract, 1, 1),
    NAMED("LargeIntegers", "primGetModuleName", get_module_name, 0, -1),
    NAMED("LargeIntegers", "primMontgomeryDigitLength", montgomery_digit_length, 0, -1),
    NAMED("LargeIntegers", "primMontgomeryTimesModulo", montgomery_times, 3, 1),
    NAMED("LargeIntegers", "primNormalizeNegative", normalize_negative, 0, 1),
    NAMED("LargeIntegers", "primNormalizePositive", normalize_positive, 0, 1),
    NAMED_END,
};

const Plugin plugin_large_integers = {.module = "LargeIntegers", .primitives = primitives};
