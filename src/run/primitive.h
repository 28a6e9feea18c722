// SPDX-License-Identifier: MIT
// What the body of a primitive is written against. A primitive is a function
//
//     Outcome prim_point_x(VM *vm) {
//         Oop receiver = prim_receiver(vm);
//         if (!oop_has_class_index(receiver, prim_known(vm, point)))
//             return prim_fail(vm, FAILURE_BAD_RECEIVER);
//         return prim_answer(vm, field_at(receiver, POINT_X));
//     }
//
// named in one row of primitives.tbl (numbered) or of a plugin's table (named). Rules:
//   - it checks class, range and format of the receiver and of every argument before it trusts
//     them, and answers the failure code that fits; a forwarder among the operands is a failure
//     like any other (the send unforwards and retries);
//   - it changes nothing before the last point where it can fail;
//   - it never moves objects, unless its row says so; allocation answers oop_none() when there
//     is no room: `if (oop_is_none(o)) return prim_fail(vm, FAILURE_NO_MEMORY);`
//   - it branches only on predicates of ops.tbl, loops over object data with NUM_LOOP.
#ifndef PARLEY_RUN_PRIMITIVE_H
#define PARLEY_RUN_PRIMITIVE_H

#include "memory/store.h"
#include "object/layouts.h"
#include "object/ops.h"
#include "run/vm.h"

// ---- operands. Position 0 is the top of the stack.
static inline Oop prim_stack_at(const VM *vm, unsigned position) {
    Oop value;
    __builtin_memcpy(&value, vm->sp + position, sizeof value);
    return value;
}
static inline void prim_stack_at_put(VM *vm, unsigned position, Oop value) {
    __builtin_memcpy(vm->sp + position, &value, sizeof value);
}
// Takes the operand at `position` out of the stack: what lies above it moves down.
static inline Oop prim_stack_take_out(VM *vm, unsigned position) {
    Oop taken = prim_stack_at(vm, position);
    for (unsigned i = position; i > 0; i--)
        prim_stack_at_put(vm, i, prim_stack_at(vm, i - 1));
    vm->sp++;
    return taken;
}
// Puts it back there.
static inline void prim_stack_put_in(VM *vm, unsigned position, Oop value) {
    vm->sp--;
    for (unsigned i = 0; i < position; i++)
        prim_stack_at_put(vm, i, prim_stack_at(vm, i + 1));
    prim_stack_at_put(vm, position, value);
}
static inline Oop prim_receiver(const VM *vm) { return prim_stack_at(vm, vm->argument_count); }
// Argument `index`, counted from 0 in the order of the selector.
static inline Oop prim_argument(const VM *vm, unsigned index) {
    return prim_stack_at(vm, vm->argument_count - 1 - index);
}
// Was the primitive sent with so many arguments? For rows whose argument count is -1.
static inline bool prim_has_arguments(const VM *vm, unsigned least, unsigned most) {
    return vm->argument_count - least <= most - least;
}

// ---- outcomes
static inline Outcome prim_fail(VM *vm, Failure failure) {
    vm->failure = failure;
    return OUTCOME_FAILED;
}
static inline Outcome prim_fail_os(VM *vm, int64_t error) {
    vm->os_error = error;
    return prim_fail(vm, FAILURE_OPERATING_SYSTEM);
}
static inline Outcome prim_answer(VM *vm, Oop answer) {
    vm->sp += vm->argument_count;
    prim_stack_at_put(vm, 0, answer);
    return OUTCOME_ANSWERED;
}
static inline Outcome prim_answer_receiver(VM *vm) {
    vm->sp += vm->argument_count;
    return OUTCOME_ANSWERED;
}

// ---- well-known objects
#ifdef PARLEY_RECORDING
Oop prim_nil(const VM *vm);
Oop prim_bool(const VM *vm, bool value);
#else
static inline Oop prim_nil(const VM *vm) { return vm->heap.nil; }
static inline Oop prim_bool(const VM *vm, bool value) {
    return value ? vm->heap.true_object : vm->heap.false_object;
}
#endif
static inline Outcome prim_answer_bool(VM *vm, bool value) {
    return prim_answer(vm, prim_bool(vm, value));
}
#define prim_known(vm, name) num((int64_t)(vm)->known.name)

// ---- allocating (oop_none() when there is no room)
Oop prim_new_object(VM *vm, Num class_index, int format, Num slot_count);
Oop prim_new_array(VM *vm, Num size);                             // an Array of nils
Oop prim_new_byte_array(VM *vm, Num size);                        // zeros
Oop prim_new_byte_string(VM *vm, const char *bytes, size_t size); // bytes may be NULL: zeros
Oop prim_new_point(VM *vm, Oop x, Oop y);

// ---- numbers between Smalltalk and C
// An Integer object for any 64-bit value: SmallInteger or LargeInteger; oop_none(): no room.
Oop prim_integer_from_num(VM *vm, Num value);
Oop prim_integer_from_word(VM *vm, Word value); // unsigned
// The value of a SmallInteger or LargeInteger that fits; false when it is none or does not fit.
bool prim_num_from_integer(VM *vm, Oop integer, Num *value);
bool prim_word_from_integer(VM *vm, Oop integer, Word *value); // unsigned, up to 2^64 - 1
// A Float object: SmallFloat64 when it fits, otherwise boxed; oop_none(): no room.
Oop prim_float_from_real(VM *vm, Real value);
// The value of a Float; false for any other object.
bool prim_real_from_float(VM *vm, Oop number, Real *value);
// The same, also for SmallIntegers that a double holds exactly enough (as Spur's does).
bool prim_real_from_number(VM *vm, Oop number, Real *value);

// ---- classes
Oop prim_class_of(VM *vm, Oop object);         // never a forwarder
Oop prim_follow(VM *vm, Oop oop);              // forwarders to their end
bool prim_is_class_object(VM *vm, Oop object); // looks enough like a class to be one
// The instance format of a class (a SmallInteger in its third slot): number of named fields and
// the Format of instances; false when the object is no usable class.
bool prim_class_format(VM *vm, Oop class_object, Num *fixed_slots, Num *format);
Num prim_fixed_slots_of(VM *vm, Oop object); // named fields of the object's class

// ---- strings and C
// Copies a byte object into a NUL-terminated buffer; false when it is none, too long, or has NULs.
bool prim_c_string(VM *vm, Oop bytes, char *buffer, size_t buffer_size);

// ---- the special objects
// The selector of one of the 32 special sends.
#ifdef PARLEY_RECORDING
Oop special_selector(const VM *vm, unsigned index);
#else
static inline Oop special_selector(const VM *vm, unsigned index) {
    return vm->special_selectors[index];
}
#endif

// ---- resolving
// The row of a numbered primitive; NULL when there is none. The rows stand in primitives.tbl.
const Primitive *primitive_numbered(unsigned number);
const Primitive *primitive_named(const VM *vm, const char *module, const char *name);

#endif
