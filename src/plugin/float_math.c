// SPDX-License-Identifier: MIT
// FloatMathPlugin: the functions of Floats that have no primitive number, and ParleyNumbers: the
// same functions with a few more, and Floats to decimal digits and back.
//
// Operands of the functions are Floats, or SmallIntegers that are exactly a double. An answer that
// is no number fails, as does one of wrong operands: the method's own code says what was wrong.
#include <math.h>
#include <string.h>

#include "base/decimal.h"
#include "object/raw.h"
#include "plugin/operands.h"
#include "plugin/registry.h"

static double double_of(Real real_value) {
    uint64_t bits = (uint64_t)num_concrete(num_from_word(word_from_real(real_value)));
    double value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

static bool number_operand(VM *vm, Oop number, double *value) {
    Real real_value;
    if (!prim_real_from_number(vm, number, &real_value)) return false;
    *value = double_of(real_value);
    return true;
}

static Outcome answer_double(VM *vm, double value) {
    return operand_answer(vm, prim_float_from_real(vm, real(value)));
}

// ---- functions

static double fraction(double value) {
    double whole;
    return modf(value, &whole);
}

static Outcome answer_function(VM *vm, double value) {
    return isnan(value) ? prim_fail(vm, FAILURE_GENERIC) : answer_double(vm, value);
}

static Outcome function_of_one(VM *vm, double (*function)(double)) {
    double x;
    if (!number_operand(vm, prim_receiver(vm), &x)) return prim_fail(vm, FAILURE_BAD_RECEIVER);
    return answer_function(vm, function(x));
}

static Outcome function_of_two(VM *vm, double (*function)(double, double)) {
    double x, y;
    if (!number_operand(vm, prim_receiver(vm), &x)) return prim_fail(vm, FAILURE_BAD_RECEIVER);
    if (!number_operand(vm, prim_argument(vm, 0), &y)) return prim_fail(vm, FAILURE_BAD_ARGUMENT);
    return answer_function(vm, function(x, y));
}

#define OWN_FUNCTIONS
#define FUNCTION1(name, function)                                                                  \
    static Outcome prim_##name(VM *vm) { return function_of_one(vm, function); }
#define FUNCTION2(name, function)                                                                  \
    static Outcome prim_##name(VM *vm) { return function_of_two(vm, function); }
#include "plugin/float_functions.tbl"
#undef FUNCTION1
#undef FUNCTION2

// (power): the receiver times 2^power
static Outcome prim_times_two_power(VM *vm) {
    enum { GREATEST_POWER = 4096 }; // more changes nothing
    Oop argument = prim_argument(vm, 0);
    double x;
    if (!number_operand(vm, prim_receiver(vm), &x)) return prim_fail(vm, FAILURE_BAD_RECEIVER);
    if (!oop_is_int(argument)) return prim_fail(vm, FAILURE_BAD_ARGUMENT);
    Num power = num_from_oop(argument);
    if (num_lt(power, num(-GREATEST_POWER))) power = num(-GREATEST_POWER);
    if (num_lt(num(GREATEST_POWER), power)) power = num(GREATEST_POWER);
    return answer_function(vm, ldexp(x, (int)num_concrete(power)));
}

// (factor, summand): the receiver times factor plus summand, rounded once
static Outcome prim_multiply_add(VM *vm) {
    double x, factor, summand;
    if (!number_operand(vm, prim_receiver(vm), &x)) return prim_fail(vm, FAILURE_BAD_RECEIVER);
    if (!number_operand(vm, prim_argument(vm, 0), &factor) ||
        !number_operand(vm, prim_argument(vm, 1), &summand))
        return prim_fail(vm, FAILURE_BAD_ARGUMENT);
    return answer_function(vm, fma(x, factor, summand));
}

// ---- decimal digits

// Answers an Array of a String, the fewest digits that read back as the receiver's magnitude, and
// the exponent of ten of the first of them. 1500.0 answers #('15' 3).
static Outcome prim_float_digits(VM *vm) {
    Real value;
    if (!prim_real_from_float(vm, prim_receiver(vm), &value) || !real_is_finite(value))
        return prim_fail(vm, FAILURE_BAD_RECEIVER);
    Decimal decimal = decimal_shortest(double_of(value));
    ArrayBuilder array = operand_array(vm, 2);
    operand_array_put(vm, &array, operand_new_string(vm, decimal.digits));
    operand_array_put_integer(vm, &array, decimal.exponent);
    return operand_answer(vm, operand_array_done(&array));
}

static bool exponent_argument(VM *vm, int64_t *exponent) {
    Oop argument = prim_argument(vm, 1);
    if (!oop_is_int(argument)) return false;
    *exponent = num_concrete(num_from_oop(argument));
    return true;
}

static bool are_decimal_digits(const char *digits, size_t count) {
    for (size_t i = 0; i < count; i++)
        if (digits[i] < '0' || digits[i] > '9') return false;
    return count > 0;
}

// (digits, exponent): the Float nearest to the decimal digits, a String read as an integer, times
// 10^exponent
static Outcome prim_float_from_digits(VM *vm) {
    Oop argument = prim_argument(vm, 0);
    int64_t exponent;
    if (!oop_is_bytes(argument) || !exponent_argument(vm, &exponent))
        return prim_fail(vm, FAILURE_BAD_ARGUMENT);
    const char *digits = (const char *)object_bytes(argument);
    size_t count = (size_t)num_concrete(byte_count(argument));
    if (!are_decimal_digits(digits, count)) return prim_fail(vm, FAILURE_BAD_ARGUMENT);
    return answer_double(vm, decimal_nearest_to_digits(digits, count, exponent));
}

enum { MANTISSA_DIGITS = DECIMAL_MANTISSA_BITS / DIGIT_BITS };

// The magnitude of an Integer of any length that fits.
static Failure mantissa_argument(VM *vm, Digit *digits, Natural *mantissa, bool *negative) {
    Oop argument = prim_argument(vm, 0);
    if (oop_is_int(argument)) {
        int64_t value = num_concrete(num_from_oop(argument));
        *negative = value < 0;
        digits[0] = (Digit)(value < 0 ? -value : value);
        *mantissa = natural_of(digits, 1);
        return FAILURE_NONE;
    }
    *negative = oop_has_class_index(argument, prim_known(vm, large_negative));
    if (!*negative && !oop_has_class_index(argument, prim_known(vm, large_positive)))
        return FAILURE_BAD_ARGUMENT;
    if (!oop_is_bytes(argument)) return FAILURE_BAD_ARGUMENT;
    size_t bytes = (size_t)num_concrete(byte_count(argument));
    if (bytes > MANTISSA_DIGITS * DIGIT_BYTES) return FAILURE_LIMIT_EXCEEDED;
    *mantissa = natural_load(digits, object_bytes(argument), bytes);
    return FAILURE_NONE;
}

// (mantissa, exponent): the Float nearest to the Integer mantissa times 10^exponent
static Outcome prim_float_from_integer(VM *vm) {
    Digit digits[MANTISSA_DIGITS];
    Natural mantissa;
    bool negative;
    int64_t exponent;
    Failure failure = mantissa_argument(vm, digits, &mantissa, &negative);
    if (failure != FAILURE_NONE) return prim_fail(vm, failure);
    if (!exponent_argument(vm, &exponent)) return prim_fail(vm, FAILURE_BAD_ARGUMENT);
    double value = decimal_nearest(mantissa, exponent);
    return answer_double(vm, negative ? -value : value);
}

// ---- the tables

static const Primitive math_primitives[] = {
#undef OWN_FUNCTIONS
#define FUNCTION1(name, function) NAMED("FloatMathPlugin", #name, prim_##name, 0, 0),
#define FUNCTION2(name, function) NAMED("FloatMathPlugin", #name, prim_##name, 1, 0),
#include "plugin/float_functions.tbl"
#undef FUNCTION1
#undef FUNCTION2
    NAMED("FloatMathPlugin", "primitiveTimesTwoPower", prim_times_two_power, 1, 0),
    NAMED_END,
};

#define NUMBERS_PRIMITIVE(name, function, arguments)                                               \
    NAMED("ParleyNumbers", name, function, arguments, 0)

static const Primitive numbers_primitives[] = {
    NUMBERS_PRIMITIVE("primitiveFloatDigits", prim_float_digits, 0),
    NUMBERS_PRIMITIVE("primitiveFloatFromDigits", prim_float_from_digits, 2),
    NUMBERS_PRIMITIVE("primitiveFloatFromInteger", prim_float_from_integer, 2),
#define OWN_FUNCTIONS
#define FUNCTION1(name, function) NUMBERS_PRIMITIVE(#name, prim_##name, 0),
#define FUNCTION2(name, function) NUMBERS_PRIMITIVE(#name, prim_##name, 1),
#include "plugin/float_functions.tbl"
#undef FUNCTION1
#undef FUNCTION2
    NUMBERS_PRIMITIVE("primitiveTimesTwoPower", prim_times_two_power, 1),
    NUMBERS_PRIMITIVE("primitiveMultiplyAdd", prim_multiply_add, 2),
    NAMED_END,
};

const Plugin plugin_float_math = {"FloatMathPlugin", math_primitives, NULL, NULL};
const Plugin plugin_numbers = {"ParleyNumbers", numbers_primitives, NULL, NULL};
