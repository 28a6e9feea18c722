// SPDX-License-Identifier: MIT
// Typed values in raw bytes: primitives 600 to 629 load and store them in an object with bits, 630
// to 659 at the address that an ExternalAddress holds. Receiver, an offset in bytes from 0 (which
// need not be aligned), and for stores the value.
//
// A value travels as the low bytes of a Word: a `Maker` makes the object of loaded bits, a
// `Taker` takes the bits of an object and refuses what does not fit. Each pair of primitives is
// made from the size, the Maker and the Taker of its type.
#include "base/foreign.h"
#include "run/magnitude.h"
#include "run/primitives.h"

typedef Failure (*Maker)(VM *vm, Word bits, Oop *made);
typedef bool (*Taker)(VM *vm, Oop value, Word *bits);

#define INLINED static inline __attribute__((always_inline))

// ---- bits in an object

INLINED Word byte_of(Oop object, Num at) { return word_from_num(byte_at(object, at)); }
INLINED Word pair_of(Oop object, Num at) {
    return word_or(byte_of(object, at),
                   word_shift_left(byte_of(object, num_add(at, num(1))), num(8)));
}
INLINED Word four_of(Oop object, Num at) {
    return word_or(pair_of(object, at),
                   word_shift_left(pair_of(object, num_add(at, num(2))), num(16)));
}
INLINED Word eight_of(Oop object, Num at) {
    return word_or(four_of(object, at),
                   word_shift_left(four_of(object, num_add(at, num(4))), num(32)));
}
INLINED Word bits_in_object(Oop object, Num at, int size) {
    return size == 1   ? byte_of(object, at)
           : size == 2 ? pair_of(object, at)
           : size == 4 ? four_of(object, at)
                       : eight_of(object, at);
}

INLINED void put_bits_in_object(Oop object, Num at, int size, Word bits) {
    for (int i = 0; i < size; i++)
        byte_at_put(object, num_add(at, num(i)),
                    num_from_word(word_and(word_shift_right(bits, num(8 * i)), word(0xFF))));
}

INLINED bool offset_fits(Oop object, Num at, int size) {
    return !num_is_negative(at) && num_le(at, num_sub(byte_count(object), num(size)));
}

// ---- bits at an address

// The address plus the offset; false when the receiver is no ExternalAddress or null.
static bool foreign_address(VM *vm, Oop receiver, Num offset, uint64_t *address) {
    if (num_is_zero(prim_known(vm, external_address)) ||
        !oop_has_class_index(receiver, prim_known(vm, external_address)) ||
        !oop_is_bytes(receiver) || !num_eq(byte_count(receiver), num(8)))
        return false;
    Word start = word64_at(receiver, num(0));
    if (word_is_zero(start)) return false;
    *address = (uint64_t)num_concrete(num_add(num_from_word(start), offset));
    return true;
}

// ---- loads: receiver and offset

INLINED Outcome answer_made(VM *vm, Maker make, Word bits) {
    Oop made;
    Failure failure = make(vm, bits, &made);
    return failure ? prim_fail(vm, failure) : prim_answer(vm, made);
}

INLINED Outcome load_from_object(VM *vm, int size, Maker make) {
    Oop object = prim_stack_at(vm, 1), offset = prim_stack_at(vm, 0);
    if (!oop_is_bits(object)) return prim_fail(vm, FAILURE_BAD_RECEIVER);
    if (!oop_is_int(offset)) return prim_fail(vm, FAILURE_BAD_ARGUMENT);
    Num at = num_from_oop(offset);
    if (!offset_fits(object, at, size)) return prim_fail(vm, FAILURE_BAD_INDEX);
    return answer_made(vm, make, bits_in_object(object, at, size));
}

static Outcome load_from_address(VM *vm, int size, Maker make) {
    Oop offset = prim_stack_at(vm, 0);
    uint64_t address, bits = 0;
    if (!oop_is_int(offset)) return prim_fail(vm, FAILURE_BAD_ARGUMENT);
    if (!foreign_address(vm, prim_stack_at(vm, 1), num_from_oop(offset), &address))
        return prim_fail(vm, FAILURE_BAD_RECEIVER);
    if (!foreign_read(address, &bits, (size_t)size)) return prim_fail(vm, FAILURE_BAD_INDEX);
    return answer_made(vm, make, word(bits));
}

// ---- stores: receiver, offset, value

INLINED Outcome store_in_object(VM *vm, int size, Taker take) {
    Oop object = prim_stack_at(vm, 2), offset = prim_stack_at(vm, 1), value = prim_stack_at(vm, 0);
    Word bits;
    if (!oop_is_bits(object)) return prim_fail(vm, FAILURE_BAD_RECEIVER);
    if (!oop_is_int(offset) || !take(vm, value, &bits)) return prim_fail(vm, FAILURE_BAD_ARGUMENT);
    Num at = num_from_oop(offset);
    if (!offset_fits(object, at, size)) return prim_fail(vm, FAILURE_BAD_INDEX);
    if (object_is_readonly(object)) return prim_fail(vm, FAILURE_NO_MODIFICATION);
    put_bits_in_object(object, at, size, bits);
    return prim_answer(vm, value);
}

static Outcome store_at_address(VM *vm, int size, Taker take) {
    Oop offset = prim_stack_at(vm, 1), value = prim_stack_at(vm, 0);
    uint64_t address;
    Word taken;
    if (!oop_is_int(offset) || !take(vm, value, &taken)) return prim_fail(vm, FAILURE_BAD_ARGUMENT);
    if (!foreign_address(vm, prim_stack_at(vm, 2), num_from_oop(offset), &address))
        return prim_fail(vm, FAILURE_BAD_RECEIVER);
    uint64_t bits = (uint64_t)num_concrete(num_from_word(taken));
    if (!foreign_write(address, &bits, (size_t)size)) return prim_fail(vm, FAILURE_BAD_INDEX);
    return prim_answer(vm, value);
}

// ---- types

// Hands on what an allocation answered.
INLINED Failure given(Oop *made, Oop object) {
    *made = object;
    return oop_is_none(object) ? FAILURE_NO_MEMORY : FAILURE_NONE;
}

static Failure make_boolean(VM *vm, Word bits, Oop *made) {
    return given(made, prim_bool(vm, !word_is_zero(bits)));
}
static bool take_boolean(VM *vm, Oop value, Word *bits) {
    bool is_true = oop_is(value, prim_bool(vm, true));
    *bits = word(is_true ? 1 : 0);
    return is_true || oop_is(value, prim_bool(vm, false));
}

static Failure make_unsigned(VM *vm, Word bits, Oop *made) {
    return given(made, prim_integer_from_word(vm, bits));
}
INLINED bool take_unsigned(VM *vm, Oop value, Word *bits, int size) {
    if (!prim_word_from_integer(vm, value, bits)) return false;
    return size == 8 || word_is_zero(word_shift_right(*bits, num(8 * size % 64)));
}
static bool take_uint8(VM *vm, Oop value, Word *bits) { return take_unsigned(vm, value, bits, 1); }
static bool take_uint16(VM *vm, Oop value, Word *bits) { return take_unsigned(vm, value, bits, 2); }
static bool take_uint32(VM *vm, Oop value, Word *bits) { return take_unsigned(vm, value, bits, 4); }
static bool take_uint64(VM *vm, Oop value, Word *bits) { return take_unsigned(vm, value, bits, 8); }

INLINED Num extend_sign(Num value, int size) {
    Num places = num(64 - 8 * size);
    return num_shift_right(num_shift_left(value, places), places);
}
INLINED Failure make_signed(VM *vm, Word bits, Oop *made, int size) {
    return given(made, prim_integer_from_num(vm, extend_sign(num_from_word(bits), size)));
}
static Failure make_int8(VM *vm, Word bits, Oop *made) { return make_signed(vm, bits, made, 1); }
static Failure make_int16(VM *vm, Word bits, Oop *made) { return make_signed(vm, bits, made, 2); }
static Failure make_int32(VM *vm, Word bits, Oop *made) { return make_signed(vm, bits, made, 4); }
static Failure make_int64(VM *vm, Word bits, Oop *made) { return make_signed(vm, bits, made, 8); }
INLINED bool take_signed(VM *vm, Oop value, Word *bits, int size) {
    Num number;
    if (!prim_num_from_integer(vm, value, &number)) return false;
    *bits = word_from_num(number);
    return num_eq(extend_sign(number, size), number);
}
static bool take_int8(VM *vm, Oop value, Word *bits) { return take_signed(vm, value, bits, 1); }
static bool take_int16(VM *vm, Oop value, Word *bits) { return take_signed(vm, value, bits, 2); }
static bool take_int32(VM *vm, Oop value, Word *bits) { return take_signed(vm, value, bits, 4); }
static bool take_int64(VM *vm, Oop value, Word *bits) { return take_signed(vm, value, bits, 8); }

// A pointer is an ExternalAddress, or when stored the first eight bytes of any object with bits.
static Failure make_pointer(VM *vm, Word bits, Oop *made) {
    Num class_index = prim_known(vm, external_address);
    if (num_is_zero(class_index)) return FAILURE_UNSUPPORTED;
    *made = prim_new_object(vm, class_index, FORMAT_8BIT, num(1));
    if (oop_is_none(*made)) return FAILURE_NO_MEMORY;
    word64_at_put(*made, num(0), bits);
    return FAILURE_NONE;
}
static bool take_pointer(VM *vm, Oop value, Word *bits) {
    (void)vm;
    if (!oop_is_bits(value) || !num_le(num(8), byte_count(value))) return false;
    *bits = word64_at(value, num(0));
    return true;
}

static Failure make_character(VM *vm, Word bits, Oop *made) {
    (void)vm;
    if (!word_lt(bits, word(1 << 30))) return FAILURE_UNSUPPORTED; // no Character has such a code
    *made = char_from_code(num_from_word(bits));
    return FAILURE_NONE;
}
INLINED bool take_character(Oop value, Word *bits, int size) {
    if (!oop_is_char(value)) return false;
    *bits = word_from_num(code_from_char(value));
    return word_is_zero(word_shift_right(*bits, num(8 * size)));
}
static bool take_char8(VM *vm, Oop value, Word *bits) {
    (void)vm;
    return take_character(value, bits, 1);
}
static bool take_char16(VM *vm, Oop value, Word *bits) {
    (void)vm;
    return take_character(value, bits, 2);
}
static bool take_char32(VM *vm, Oop value, Word *bits) {
    (void)vm;
    return take_character(value, bits, 4);
}

static Failure make_float32(VM *vm, Word bits, Oop *made) {
    return given(made, prim_float_from_real(vm, real_from_float32_bits(bits)));
}
static bool take_float32(VM *vm, Oop value, Word *bits) {
    Real number;
    if (!prim_real_from_float(vm, value, &number)) return false;
    *bits = float32_bits_from_real(number);
    return true;
}
static Failure make_float64(VM *vm, Word bits, Oop *made) {
    return given(made, prim_float_from_real(vm, real_from_word(bits)));
}
static bool take_float64(VM *vm, Oop value, Word *bits) {
    Real number;
    if (!prim_real_from_float(vm, value, &number)) return false;
    *bits = word_from_real(number);
    return true;
}

// ---- the primitives

#define TYPE(type, size, maker, taker)                                                             \
    Outcome prim_load_##type##_from_bytes(VM *vm) { return load_from_object(vm, size, maker); }    \
    Outcome prim_store_##type##_into_bytes(VM *vm) { return store_in_object(vm, size, taker); }    \
    Outcome prim_load_##type##_from_address(VM *vm) { return load_from_address(vm, size, maker); } \
    Outcome prim_store_##type##_into_address(VM *vm) { return store_at_address(vm, size, taker); }

TYPE(boolean8, 1, make_boolean, take_boolean)
TYPE(uint8, 1, make_unsigned, take_uint8)
TYPE(int8, 1, make_int8, take_int8)
TYPE(uint16, 2, make_unsigned, take_uint16)
TYPE(int16, 2, make_int16, take_int16)
TYPE(uint32, 4, make_unsigned, take_uint32)
TYPE(int32, 4, make_int32, take_int32)
TYPE(uint64, 8, make_unsigned, take_uint64)
TYPE(int64, 8, make_int64, take_int64)
TYPE(pointer, 8, make_pointer, take_pointer)
TYPE(char8, 1, make_character, take_char8)
TYPE(char16, 2, make_character, take_char16)
TYPE(char32, 4, make_character, take_char32)
TYPE(float32, 4, make_float32, take_float32)
TYPE(float64, 8, make_float64, take_float64)
