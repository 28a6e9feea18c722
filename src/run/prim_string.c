// SPDX-License-Identifier: MIT
// Byte strings: comparing (156, 158, 235) and the multiplicative step of hashes (159). Others stand
// in the MiscPrimitive plugin; the work on bytes is in base/bytes.h.
#include "base/bytes.h"
#include "object/raw.h"
#include "run/primitive.h"
#include "run/primitives.h"

enum { ORDER_SIZE = 256 };

static Bytes bytes_of(Oop object) {
    return (Bytes){object_bytes(object), (size_t)num_concrete(byte_count(object))};
}

// The difference of two byte objects; `order` is an object of 256 bytes.
static Num difference(Oop one, Oop other, const uint8_t *order) {
    return num(bytes_compare(bytes_of(one), bytes_of(other), order));
}

static bool is_order(Oop order) {
    return oop_is_bytes(order) && num_eq(byte_count(order), num(ORDER_SIZE));
}

// Have both objects the same bytes?
Outcome prim_bytes_equal(VM *vm) {
    Oop one = prim_receiver(vm), other = prim_argument(vm, 0);
    if (!oop_is_bytes(one)) return prim_fail(vm, FAILURE_BAD_RECEIVER);
    if (!oop_is_bytes(other)) return prim_fail(vm, FAILURE_BAD_ARGUMENT);
    if (!num_eq(byte_count(one), byte_count(other))) return prim_answer_bool(vm, false);
    return prim_answer_bool(vm, num_is_zero(difference(one, other, NULL)));
}

// string1 compareWith: string2, with an optional order: below zero, zero, above zero.
Outcome prim_compare_bytes(VM *vm) {
    if (!prim_has_arguments(vm, 1, 2)) return prim_fail(vm, FAILURE_BAD_ARGUMENT_COUNT);
    Oop one = prim_receiver(vm), other = prim_argument(vm, 0);
    const uint8_t *order = NULL;
    if (!oop_is_bytes(one) || !oop_is_bytes(other)) return prim_fail(vm, FAILURE_BAD_ARGUMENT);
    if (vm->argument_count == 2) {
        if (!is_order(prim_argument(vm, 1))) return prim_fail(vm, FAILURE_BAD_ARGUMENT);
        order = object_bytes(prim_argument(vm, 1));
    }
    return prim_answer(vm, oop_from_num(difference(one, other, order)));
}

// compare: string1 with: string2 collated: order. 1 below, 2 equal, 3 above.
Outcome prim_string_compare(VM *vm) {
    Oop one = prim_argument(vm, 0), other = prim_argument(vm, 1), order = prim_argument(vm, 2);
    if (!oop_is_bytes(one) || !oop_is_bytes(other) || !is_order(order))
        return prim_fail(vm, FAILURE_BAD_ARGUMENT);
    Num distance = difference(one, other, object_bytes(order));
    int answer = num_is_negative(distance) ? 1 : num_is_zero(distance) ? 2 : 3;
    return prim_answer(vm, oop_from_num(num(answer)));
}

// The low 28 bits of the product of an integer's low bits and the hash multiplier.
Outcome prim_hash_multiply(VM *vm) {
    if (!prim_has_arguments(vm, 0, 1)) return prim_fail(vm, FAILURE_BAD_ARGUMENT_COUNT);
    Oop integer = prim_stack_at(vm, 0);
    Num low;
    if (oop_is_int(integer)) {
        low = num_from_oop(integer);
    } else {
        if (!oop_has_class_index(integer, prim_known(vm, large_positive)) ||
            !oop_is_bytes(integer) || num_lt(byte_count(integer), num(4)))
            return prim_fail(vm, FAILURE_BAD_RECEIVER);
        low = word32_at(integer, num(0));
    }
    Num product = num_and(num_mul(low, num(HASH_MULTIPLIER)), num(HASH_MASK));
    return prim_answer(vm, oop_from_num(product));
}
