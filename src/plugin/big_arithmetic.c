// SPDX-License-Identifier: MIT
// DSAPrims' other half: products and quotients of LargePositiveIntegers, into buffers that are
// LargePositiveIntegers of the caller too and keep their zeros. SHA-1 stands in digests.c.
#include <stdlib.h>
#include <string.h>

#include "base/natural.h"
#include "object/raw.h"
#include "plugin/operands.h"
#include "plugin/registry.h"

static bool is_large(VM *vm, Oop oop) {
    return oop_has_class_index(oop, prim_known(vm, large_positive)) && oop_is_bytes(oop);
}

static size_t bytes_in(Oop oop) { return (size_t)num_concrete(byte_count(oop)); }

// Room for so many digits, beginning with the two operands; NULL: none.
static Digit *load_operands(Oop a, Oop b, size_t more, Natural *x, Natural *y) {
    size_t a_digits = digits_for_bytes(bytes_in(a)), b_digits = digits_for_bytes(bytes_in(b));
    Digit *room = calloc(a_digits + b_digits + more + 1, sizeof *room);
    if (!room) return NULL;
    *x = natural_load(room, object_bytes(a), bytes_in(a));
    *y = natural_load(room + a_digits, object_bytes(b), bytes_in(b));
    return room;
}

// (factor, factor, product): the product has exactly as many bytes as the factors together
static Outcome prim_big_multiply(VM *vm) {
    Oop a = prim_argument(vm, 0), b = prim_argument(vm, 1), product = prim_argument(vm, 2);
    if (!is_large(vm, a) || !is_large(vm, b) || !is_large(vm, product))
        return prim_fail(vm, FAILURE_BAD_ARGUMENT);
    if (bytes_in(product) != bytes_in(a) + bytes_in(b)) return prim_fail(vm, FAILURE_BAD_ARGUMENT);
    if (object_is_readonly(product)) return prim_fail(vm, FAILURE_NO_MODIFICATION);
    size_t a_digits = digits_for_bytes(bytes_in(a)), b_digits = digits_for_bytes(bytes_in(b));
    size_t scratch = natural_multiply_scratch(a_digits, b_digits);
    Natural x, y;
    Digit *room = load_operands(a, b, a_digits + b_digits + scratch, &x, &y);
    if (!room) return prim_fail(vm, FAILURE_NO_C_MEMORY);
    Digit *to = room + a_digits + b_digits;
    Natural result = natural_multiply(to, x, y, to + a_digits + b_digits);
    natural_store(result, object_bytes(product), bytes_in(product));
    free(room);
    return prim_answer_receiver(vm);
}

// The quotient's digits go into the low bytes of `quotient`, as many as the dividend has more than
// the divisor; it must fit there. The remainder replaces the dividend.
static Outcome store_division(VM *vm, Division result, Oop dividend, Oop quotient, size_t bytes) {
    if (natural_byte_count(result.quotient) > bytes) return prim_fail(vm, FAILURE_BAD_ARGUMENT);
    natural_store(result.remainder, object_bytes(dividend), bytes_in(dividend));
    natural_store(result.quotient, object_bytes(quotient), bytes);
    return prim_answer_receiver(vm);
}

// (dividend, divisor, quotient)
static Outcome prim_big_divide(VM *vm) {
    Oop dividend = prim_argument(vm, 0), divisor = prim_argument(vm, 1);
    Oop quotient = prim_argument(vm, 2);
    if (!is_large(vm, dividend) || !is_large(vm, divisor) || !is_large(vm, quotient) ||
        oop_is(dividend, quotient))
        return prim_fail(vm, FAILURE_BAD_ARGUMENT);
    if (object_is_readonly(dividend) || object_is_readonly(quotient))
        return prim_fail(vm, FAILURE_NO_MODIFICATION);
    if (bytes_in(dividend) < bytes_in(divisor) ||
        bytes_in(quotient) < bytes_in(dividend) - bytes_in(divisor))
        return prim_fail(vm, FAILURE_BAD_ARGUMENT);
    size_t a_digits = digits_for_bytes(bytes_in(dividend));
    size_t b_digits = digits_for_bytes(bytes_in(divisor));
    Natural x, y;
    Digit *room = load_operands(dividend, divisor, 2 * a_digits + 1 + b_digits, &x, &y);
    if (!room) return prim_fail(vm, FAILURE_NO_C_MEMORY);
    Outcome outcome;
    if (y.count == 0)
        outcome = prim_fail(vm, FAILURE_BAD_ARGUMENT);
    else {
        Digit *to = room + a_digits + b_digits, *rest = to + a_digits;
        Division result = natural_divide(to, rest, x, y, rest + a_digits + 1);
        outcome =
            store_division(vm, result, dividend, quotient, bytes_in(dividend) - bytes_in(divisor));
    }
    free(room);
    return outcome;
}

// (large): the index of the highest byte that is not 0, 1 when there is none
static Outcome prim_highest_digit(VM *vm) {
    Oop large = prim_argument(vm, 0);
    if (!is_large(vm, large)) return prim_fail(vm, FAILURE_BAD_ARGUMENT);
    size_t index = bytes_in(large);
    while (index > 1 && object_bytes(large)[index - 1] == 0)
        index--;
    return prim_answer(vm, oop_from_num(num(index ? (int64_t)index : 1)));
}

static const Primitive big_primitives[] = {
    NAMED("DSAPrims", "primitiveBigMultiply", prim_big_multiply, 3, 0),
    NAMED("DSAPrims", "primitiveBigDivide", prim_big_divide, 3, 0),
    NAMED("DSAPrims", "primitiveHighestNonZeroDigitIndex", prim_highest_digit, 1, 0),
    NAMED_END,
};

const Plugin plugin_big_arithmetic = {"DSAPrims", big_primitives, NULL, NULL};
