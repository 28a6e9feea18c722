// SPDX-License-Identifier: MIT
// The bytecode bodies: one per instruction of bytecode/instructions.tbl, the executable
// specification of the language's core. A body is written against registers.h and the ops alone,
// reads its operands a, b, c as plain numbers (they stand in the code), and answers what the loop
// does next. A body that answers ACTION_NEED_ROOM has changed nothing: it runs again after a
// collection.
//
// What the verifier has promised, no body checks: stack depth, literal and temporary indices,
// receiver variables within the class's fixed fields. What a program can still break (the shape
// of an association or of a temp vector), every body checks.
#ifndef PARLEY_RUN_BODIES_H
#define PARLEY_RUN_BODIES_H

#include "run/registers.h"

#define BODY(NAME)                                                                                 \
    static inline __attribute__((always_inline, unused))                                           \
    Action body_##NAME(Registers *r __attribute__((unused)), int a __attribute__((unused)),        \
                       int b __attribute__((unused)), int c __attribute__((unused)))

// ---- pushes
static inline __attribute__((always_inline)) Action push_next(Registers *r, Oop value) {
    push(r, value);
    return ACTION_NEXT;
}

BODY(PUSH_RECEIVER_VARIABLE) {
    if (self_is_checked(r)) return exit_checked(r, ACTION_CHECKED_PUSH, a);
    return push_next(r, slot_at(receiver(r), num(a)));
}
BODY(PUSH_TEMP) {
    push(r, temp_at(r, (unsigned)a));
    return ACTION_PUSHED_TEMP;
}
BODY(PUSH_LITERAL) { return push_next(r, literal_at(r, (unsigned)a)); }
BODY(PUSH_RECEIVER) { return push_next(r, receiver(r)); }
BODY(PUSH_TRUE) { return push_next(r, boolean(r, true)); }
BODY(PUSH_FALSE) { return push_next(r, boolean(r, false)); }
BODY(PUSH_NIL) { return push_next(r, nil(r)); }
BODY(PUSH_INTEGER) { return push_next(r, oop_from_num(num(a))); }
BODY(PUSH_CHARACTER) { return push_next(r, char_from_code(num(a))); }
BODY(PUSH_LITERAL_VARIABLE) {
    Oop association = literal_at(r, (unsigned)a);
    if (!oop_is_association(association)) return ACTION_BAD_CODE;
    return push_next(r, field_at(association, ASSOCIATION_VALUE));
}
BODY(PUSH_THIS_CONTEXT) {
    Oop context = body_this_context(r);
    if (oop_is_none(context)) return ACTION_NEED_ROOM;
    return push_next(r, context);
}
BODY(PUSH_THIS_PROCESS) { return push_next(r, body_active_process(r)); }

// ---- temp vectors: an Array in a temporary that blocks share
static inline __attribute__((always_inline)) bool vector_holds(Oop vector, int index) {
    return oop_is_pointers(vector) && num_lt(num(index), slot_count(vector));
}
BODY(PUSH_REMOTE_TEMP) {
    Oop vector = temp_at(r, (unsigned)b);
    if (!vector_holds(vector, a)) return ACTION_BAD_CODE;
    return push_next(r, slot_at(vector, num(a)));
}
BODY(STORE_REMOTE_TEMP) {
    Oop vector = temp_at(r, (unsigned)b);
    if (!vector_holds(vector, a)) return ACTION_BAD_CODE;
    slot_at_put(&r->vm->heap, vector, num(a), stack_at(r, 0));
    return ACTION_NEXT;
}
BODY(POP_INTO_REMOTE_TEMP) {
    Action action = body_STORE_REMOTE_TEMP(r, a, b, c);
    if (action == ACTION_NEXT) drop(r, 1);
    return action;
}

// ---- arrays and closures
BODY(PUSH_NEW_ARRAY) {
    Oop array = prim_new_array(r->vm, num(a));
    if (oop_is_none(array)) return ACTION_NEED_ROOM;
    return push_next(r, array);
}
BODY(PUSH_ARRAY_OF_TOP) {
    Oop array = prim_new_array(r->vm, num(a));
    if (oop_is_none(array)) return ACTION_NEED_ROOM;
    for (int i = 0; i < a; i++)
        slot_at_put(&r->vm->heap, array, num(i), stack_at(r, (unsigned)(a - 1 - i)));
    drop(r, (unsigned)a);
    return push_next(r, array);
}
BODY(PUSH_CLOSURE) {
    Oop closure = body_new_closure(r, (unsigned)a, (unsigned)b);
    if (oop_is_none(closure)) return ACTION_NEED_ROOM;
    drop(r, (unsigned)b);
    jump(r, c);
    return push_next(r, closure);
}
BODY(PUSH_FULL_CLOSURE) {
    bool receiver_on_stack = (c & 2) != 0;
    Oop block_receiver = receiver_on_stack ? stack_at(r, (unsigned)b) : receiver(r);
    Oop closure = body_new_full_closure(r, literal_at(r, (unsigned)a), (unsigned)b, (c & 1) != 0,
                                        block_receiver);
    if (oop_is_none(closure)) return ACTION_NEED_ROOM;
    drop(r, (unsigned)b + (receiver_on_stack ? 1 : 0));
    return push_next(r, closure);
}

// ---- stack
BODY(DUP) { return push_next(r, stack_at(r, 0)); }
BODY(POP) {
    drop(r, 1);
    return ACTION_NEXT;
}
BODY(NOP) { return ACTION_NEXT; }
BODY(CALL_PRIMITIVE) { return ACTION_NEXT; }

// ---- stores
// A read-only object gets the message attemptToAssign: value withIndex: index instead. Its answer
// is dropped, so the stack goes on as if the store had happened.
static inline __attribute__((always_inline)) Action refuse_assignment(Registers *r, Oop object,
                                                                      Oop value, int index) {
    push(r, object);
    push(r, value);
    push(r, oop_from_num(num(index + 1)));
    return ACTION_ASSIGN_READ_ONLY;
}
static inline __attribute__((always_inline)) Action store_field(Registers *r, Oop object,
                                                                int index) {
    Oop value = stack_at(r, 0);
    if (oop_is_readonly(object)) return refuse_assignment(r, object, value, index);
    slot_at_put(&r->vm->heap, object, num(index), value);
    return ACTION_NEXT;
}
static inline __attribute__((always_inline)) Action pop_field(Registers *r, Oop object, int index) {
    Oop value = pop(r);
    if (oop_is_readonly(object)) return refuse_assignment(r, object, value, index);
    slot_at_put(&r->vm->heap, object, num(index), value);
    return ACTION_NEXT;
}
BODY(STORE_RECEIVER_VARIABLE) {
    if (self_is_checked(r)) return exit_checked(r, ACTION_CHECKED_STORE, a);
    return store_field(r, receiver(r), a);
}
BODY(STORE_TEMP) {
    temp_at_put(r, (unsigned)a, stack_at(r, 0));
    return ACTION_NEXT;
}
BODY(STORE_LITERAL_VARIABLE) {
    Oop association = literal_at(r, (unsigned)a);
    if (!oop_is_association(association)) return ACTION_BAD_CODE;
    return store_field(r, association, ASSOCIATION_VALUE);
}
BODY(POP_INTO_RECEIVER_VARIABLE) {
    if (self_is_checked(r)) return exit_checked(r, ACTION_CHECKED_POP, a);
    return pop_field(r, receiver(r), a);
}
BODY(POP_INTO_TEMP) {
    temp_at_put(r, (unsigned)a, stack_at(r, 0));
    drop(r, 1);
    return ACTION_POPPED_TEMP;
}
BODY(POP_INTO_LITERAL_VARIABLE) {
    Oop association = literal_at(r, (unsigned)a);
    if (!oop_is_association(association)) return ACTION_BAD_CODE;
    return pop_field(r, association, ASSOCIATION_VALUE);
}

// ---- returns
BODY(RETURN_RECEIVER) { return exit_return(r, receiver(r)); }
BODY(RETURN_TRUE) { return exit_return(r, boolean(r, true)); }
BODY(RETURN_FALSE) { return exit_return(r, boolean(r, false)); }
BODY(RETURN_NIL) { return exit_return(r, nil(r)); }
BODY(RETURN_TOP) { return exit_return(r, stack_at(r, 0)); }
BODY(BLOCK_RETURN_TOP) { return exit_block_return(r, stack_at(r, 0)); }
BODY(BLOCK_RETURN_NIL) { return exit_block_return(r, nil(r)); }

// ---- jumps. Backward ones are safe points.
BODY(JUMP) {
    jump(r, a);
    return a < 0 ? ACTION_BACKWARD_JUMP : ACTION_NEXT;
}
static inline __attribute__((always_inline)) Action conditional_jump(Registers *r, bool wanted,
                                                                     int distance) {
    Oop condition = stack_at(r, 0);
    if (oop_is(condition, boolean(r, wanted))) {
        drop(r, 1);
        jump(r, distance);
        return distance < 0 ? ACTION_BACKWARD_JUMP : ACTION_NEXT;
    }
    if (oop_is(condition, boolean(r, !wanted))) {
        drop(r, 1);
        return ACTION_NEXT;
    }
    return ACTION_MUST_BE_BOOLEAN;
}
BODY(JUMP_IF_TRUE) { return conditional_jump(r, true, a); }
BODY(JUMP_IF_FALSE) { return conditional_jump(r, false, a); }

// ---- sends
BODY(SEND) { return exit_send(r, literal_at(r, (unsigned)a), (unsigned)b); }
// The class that holds the running method is the value of its last literal.
BODY(SUPER_SEND) {
    Oop association = slot_at(r->method, method_literal_count(r->method));
    if (!oop_is_association(association)) return ACTION_BAD_CODE;
    r->value = field_at(association, ASSOCIATION_VALUE);
    exit_send(r, literal_at(r, (unsigned)a), (unsigned)b);
    return ACTION_SUPER_SEND;
}
// The class is on top.
BODY(DIRECTED_SUPER_SEND) {
    r->value = stack_at(r, 0);
    exit_send(r, literal_at(r, (unsigned)a), (unsigned)b);
    return ACTION_DIRECTED_SUPER_SEND;
}

// ---- arithmetic: SmallIntegers and floats at once, all else by a send. Float answers that do not
// fit a SmallFloat64 and mixed operands are left to the send's primitive.
static inline __attribute__((always_inline)) Action answer_integer(Registers *r, Num value, int a,
                                                                   int b) {
    if (!num_fits_int(value)) return exit_special_send(r, (unsigned)a, (unsigned)b);
    replace(r, 2, oop_from_num(value));
    return ACTION_ANSWERED_NUMBER;
}
static inline __attribute__((always_inline)) Action answer_real(Registers *r, Real value, int a,
                                                                int b) {
    if (real_fits_small_float(value)) return replace(r, 2, small_float_from_real(value));
    return exit_special_send(r, (unsigned)a, (unsigned)b);
}
#define ARITHMETIC_BODY(NAME, num_overflows, real_operation)                                       \
    BODY(NAME) {                                                                                   \
        Oop x = stack_at(r, 1), y = stack_at(r, 0);                                                \
        Num value;                                                                                 \
        if (oops_are_ints(x, y)) {                                                                 \
            if (!num_overflows(num_from_oop(x), num_from_oop(y), &value))                          \
                return answer_integer(r, value, a, b);                                             \
        } else if (oop_is_small_float(x) && oop_is_small_float(y)) {                               \
            return answer_real(                                                                    \
                r, real_operation(real_from_small_float(x), real_from_small_float(y)), a, b);      \
        }                                                                                          \
        return exit_special_send(r, (unsigned)a, (unsigned)b);                                     \
    }
ARITHMETIC_BODY(SEND_ADD, num_add_overflows, real_add)
ARITHMETIC_BODY(SEND_SUBTRACT, num_sub_overflows, real_sub)
ARITHMETIC_BODY(SEND_MULTIPLY, num_mul_overflows, real_mul)

static inline __attribute__((always_inline)) Action answer_boolean(Registers *r, bool result) {
    drop(r, 2);
    return result ? ACTION_TRUE : ACTION_FALSE;
}
#define COMPARISON_BODY(NAME, num_result, real_result)                                             \
    BODY(NAME) {                                                                                   \
        Oop x = stack_at(r, 1), y = stack_at(r, 0);                                                \
        if (oops_are_ints(x, y)) {                                                                 \
            Num p = num_from_oop(x), q = num_from_oop(y);                                          \
            return answer_boolean(r, num_result);                                                  \
        }                                                                                          \
        if (oop_is_small_float(x) && oop_is_small_float(y)) {                                      \
            Real p = real_from_small_float(x), q = real_from_small_float(y);                       \
            return answer_boolean(r, real_result);                                                 \
        }                                                                                          \
        return exit_special_send(r, (unsigned)a, (unsigned)b);                                     \
    }
COMPARISON_BODY(SEND_LESS, num_lt(p, q), real_lt(p, q))
COMPARISON_BODY(SEND_GREATER, num_lt(q, p), real_lt(q, p))
COMPARISON_BODY(SEND_LESS_OR_EQUAL, num_le(p, q), real_le(p, q))
COMPARISON_BODY(SEND_GREATER_OR_EQUAL, num_le(q, p), real_le(q, p))
COMPARISON_BODY(SEND_EQUAL, num_eq(p, q), real_eq(p, q))
COMPARISON_BODY(SEND_NOT_EQUAL, !num_eq(p, q), !real_eq(p, q))

BODY(SEND_DIVIDE) {
    Oop x = stack_at(r, 1), y = stack_at(r, 0);
    if (oops_are_ints(x, y)) {
        Num p = num_from_oop(x), q = num_from_oop(y);
        if (!num_is_zero(q) && num_is_zero(num_rem(p, q)))
            return answer_integer(r, num_quo(p, q), a, b);
    } else if (oop_is_small_float(x) && oop_is_small_float(y)) {
        Real q = real_from_small_float(y);
        if (!real_is_zero(q)) return answer_real(r, real_div(real_from_small_float(x), q), a, b);
    }
    return exit_special_send(r, (unsigned)a, (unsigned)b);
}
#define DIVISION_BODY(NAME, operation)                                                             \
    BODY(NAME) {                                                                                   \
        Oop x = stack_at(r, 1), y = stack_at(r, 0);                                                \
        if (oops_are_ints(x, y)) {                                                                 \
            Num q = num_from_oop(y);                                                               \
            if (!num_is_zero(q)) return answer_integer(r, operation(num_from_oop(x), q), a, b);    \
        }                                                                                          \
        return exit_special_send(r, (unsigned)a, (unsigned)b);                                     \
    }
DIVISION_BODY(SEND_MODULO, num_mod_floor)
DIVISION_BODY(SEND_INTEGER_DIVIDE, num_div_floor)

#define BITWISE_BODY(NAME, operation)                                                              \
    BODY(NAME) {                                                                                   \
        Oop x = stack_at(r, 1), y = stack_at(r, 0);                                                \
        if (oops_are_ints(x, y))                                                                   \
            return replace(r, 2, oop_from_num(operation(num_from_oop(x), num_from_oop(y))));       \
        return exit_special_send(r, (unsigned)a, (unsigned)b);                                     \
    }
BITWISE_BODY(SEND_BIT_AND, num_and)
BITWISE_BODY(SEND_BIT_OR, num_or)

BODY(SEND_BIT_SHIFT) {
    Oop x = stack_at(r, 1), y = stack_at(r, 0);
    if (oops_are_ints(x, y)) {
        Num value = num_from_oop(x), distance = num_from_oop(y);
        if (num_is_negative(distance)) {
            Num right = num_negated(distance);
            Num bounded = num_lt(right, num(63)) ? right : num(63);
            return replace(r, 2, oop_from_num(num_shift_right(value, bounded)));
        }
        if (num_lt(distance, num(61))) {
            Num shifted = num_shift_left(value, distance);
            if (num_eq(num_shift_right(shifted, distance), value) && num_fits_int(shifted))
                return replace(r, 2, oop_from_num(shifted));
        }
    }
    return exit_special_send(r, (unsigned)a, (unsigned)b);
}
BODY(SEND_MAKE_POINT) {
    Oop x = stack_at(r, 1), y = stack_at(r, 0);
    if (!oops_are_ints(x, y)) return exit_special_send(r, (unsigned)a, (unsigned)b);
    Oop point = prim_new_point(r->vm, x, y);
    if (oop_is_none(point)) return ACTION_NEED_ROOM;
    return replace(r, 2, point);
}

// ---- identity and class: no send, but forwarders are followed first
static inline __attribute__((always_inline)) Oop operand(Registers *r, unsigned position) {
    Oop value = stack_at(r, position);
    return oop_is_forwarder(value) ? prim_follow(r->vm, value) : value;
}
BODY(SEND_IDENTICAL) { return answer_boolean(r, oop_is(operand(r, 1), operand(r, 0))); }
BODY(SEND_NOT_IDENTICAL) { return answer_boolean(r, !oop_is(operand(r, 1), operand(r, 0))); }
BODY(SEND_CLASS) { return replace(r, 1, prim_class_of(r->vm, operand(r, 0))); }

// ---- the other special sends are sends like any other
#define SPECIAL_SEND_BODY(NAME)                                                                    \
    BODY(NAME) { return exit_special_send(r, (unsigned)a, (unsigned)b); }
SPECIAL_SEND_BODY(SEND_AT)
SPECIAL_SEND_BODY(SEND_AT_PUT)
SPECIAL_SEND_BODY(SEND_SIZE)
SPECIAL_SEND_BODY(SEND_NEXT)
SPECIAL_SEND_BODY(SEND_NEXT_PUT)
SPECIAL_SEND_BODY(SEND_AT_END)
SPECIAL_SEND_BODY(SEND_BLOCK_COPY)
SPECIAL_SEND_BODY(SEND_VALUE)
SPECIAL_SEND_BODY(SEND_VALUE_1)
SPECIAL_SEND_BODY(SEND_DO)
SPECIAL_SEND_BODY(SEND_NEW)
SPECIAL_SEND_BODY(SEND_NEW_1)
SPECIAL_SEND_BODY(SEND_X)
SPECIAL_SEND_BODY(SEND_Y)

// ---- prefixes and what never goes on
BODY(EXTEND_A) {
    r->ext_a = (r->ext_a << 8) + (unsigned)a;
    return ACTION_NEXT;
}
BODY(EXTEND_B) {
    r->ext_b = r->ext_b == 0 && a > 127 ? a - 256 : (int)((unsigned)r->ext_b << 8) + a;
    return ACTION_EXTENDED_B;
}
BODY(UNUSED) { return ACTION_BAD_CODE; }
BODY(TRAP) { return ACTION_BAD_CODE; }
BODY(INLINE_PRIMITIVE) { return ACTION_BAD_CODE; }
BODY(BRANCH_IF_NOT_INSTANCE) { return ACTION_BAD_CODE; }

#endif
