// SPDX-License-Identifier: MIT
// Primitives that send and activate: perform:, running methods and primitives by hand, and the
// value messages of blocks. They rearrange the operands into those of the send they stand for, and
// put them back when they fail.
#include "memory/roots.h"
#include "run/closure.h"
#include "run/context.h"
#include "run/lookup.h"
#include "run/primitive.h"
#include "run/primitives.h"
#include "run/send.h"

// As many arguments as a method can have temporaries.
enum { SPREAD_LIMIT = 63 };

// ---- operands

static bool can_spread(Oop array) {
    return oop_is_array_format(array) && num_le(slot_count(array), num(SPREAD_LIMIT));
}

// Pushes the elements; answers how many.
static unsigned spread(VM *vm, Oop array) {
    NUM_LOOP(i, num(0), slot_count(array)) {
        vm->sp--;
        prim_stack_at_put(vm, 0, slot_at(array, i));
    }
    return (unsigned)num_concrete(slot_count(array));
}

// ---- perform

typedef enum Performable { PERFORM_RUNS, PERFORM_WRONG_COUNT } Performable;

// Would the send find a method with another number of arguments?
static Performable check_perform(VM *vm, Oop selector, unsigned argument_count, Oop class_object) {
    const LookupEntry *entry;
    LookupResult result = send_find(vm, selector, argument_count, class_object, &entry);
    return result == LOOKUP_WRONG_COUNT ? PERFORM_WRONG_COUNT : PERFORM_RUNS;
}

static Oop class_of_followed(VM *vm, Oop receiver) {
    return prim_class_of(vm, prim_follow(vm, receiver));
}

MAY_GC Outcome prim_perform(VM *vm) {
    if (vm->argument_count < 1) return prim_fail(vm, FAILURE_BAD_ARGUMENT_COUNT);
    unsigned count = vm->argument_count - 1;
    Oop selector = prim_follow(vm, prim_argument(vm, 0));
    if (check_perform(vm, selector, count, class_of_followed(vm, prim_receiver(vm))) ==
        PERFORM_WRONG_COUNT)
        return prim_fail(vm, FAILURE_BAD_ARGUMENT_COUNT);
    prim_stack_take_out(vm, count);
    return send_message(vm, selector, count, oop_none());
}

// Receiver, selector and array stand under `extra` operands that have been read already.
MAY_GC static Outcome perform_spread(VM *vm, unsigned extra, Oop selector, Oop array,
                                     Oop lookup_class) {
    selector = prim_follow(vm, selector);
    if (!can_spread(array)) return prim_fail(vm, FAILURE_BAD_ARGUMENT);
    Oop start = oop_is_none(lookup_class) ? class_of_followed(vm, prim_stack_at(vm, extra + 2))
                                          : lookup_class;
    unsigned count = (unsigned)num_concrete(slot_count(array));
    if (check_perform(vm, selector, count, start) == PERFORM_WRONG_COUNT)
        return prim_fail(vm, FAILURE_BAD_ARGUMENT_COUNT);
    vm->sp += extra + 2;
    spread(vm, array);
    return send_message(vm, selector, count, lookup_class);
}

MAY_GC Outcome prim_perform_with_arguments(VM *vm) {
    if (vm->argument_count != 2) return prim_fail(vm, FAILURE_BAD_ARGUMENT_COUNT);
    return perform_spread(vm, 0, prim_argument(vm, 0), prim_argument(vm, 1), oop_none());
}

static bool inherits_from(VM *vm, Oop class_object, Oop ancestor) {
    enum { LIMIT = 100000 };
    for (int i = 0; i < LIMIT && prim_is_class_object(vm, class_object); i++) {
        if (oop_is(class_object, ancestor)) return true;
        class_object = prim_follow(vm, field_at(class_object, CLASS_SUPERCLASS));
    }
    return false;
}

// receiver perform: selector withArguments: array inSuperclass: class; the form with four
// arguments names the receiver as the first.
MAY_GC Outcome prim_perform_in_superclass(VM *vm) {
    if (vm->argument_count != 3 && vm->argument_count != 4)
        return prim_fail(vm, FAILURE_BAD_ARGUMENT_COUNT);
    Oop lookup_class = prim_stack_at(vm, 0), receiver = prim_stack_at(vm, 3);
    if (!prim_is_class_object(vm, lookup_class) ||
        !inherits_from(vm, class_of_followed(vm, receiver), lookup_class))
        return prim_fail(vm, FAILURE_BAD_ARGUMENT);
    if (vm->argument_count == 4) {
        // The explicit receiver takes the place of the other; it comes back if the send fails.
        Oop other = prim_stack_at(vm, 4);
        Oop array = prim_stack_at(vm, 1), selector = prim_stack_at(vm, 2);
        prim_stack_at_put(vm, 4, receiver);
        uint64_t *sp = vm->sp;
        vm->sp++;
        prim_stack_take_out(vm, 2);
        prim_stack_at_put(vm, 0, array);
        prim_stack_at_put(vm, 1, selector);
        Outcome outcome = perform_spread(vm, 0, selector, array, lookup_class);
        if (outcome != OUTCOME_FAILED) return outcome;
        vm->sp = sp;
        prim_stack_at_put(vm, 0, lookup_class);
        prim_stack_at_put(vm, 1, array);
        prim_stack_at_put(vm, 2, selector);
        prim_stack_at_put(vm, 3, receiver);
        prim_stack_at_put(vm, 4, other);
        return outcome;
    }
    return perform_spread(vm, 1, prim_stack_at(vm, 2), prim_stack_at(vm, 1), lookup_class);
}

// ---- methods and primitives by hand

// receiver executeMethod: method, with the method's arguments before it.
MAY_GC Outcome prim_execute_method(VM *vm) {
    if (vm->argument_count < 1) return prim_fail(vm, FAILURE_BAD_ARGUMENT_COUNT);
    Oop method = prim_follow(vm, prim_stack_at(vm, 0));
    unsigned count = vm->argument_count - 1;
    if (!oop_is_method(method)) return prim_fail(vm, FAILURE_BAD_ARGUMENT);
    if (!num_eq(method_argument_count(method), num(count)))
        return prim_fail(vm, FAILURE_BAD_ARGUMENT_COUNT);
    Oop receiver = prim_follow(vm, prim_receiver(vm));
    LookupEntry entry;
    uint64_t class_index = (uint64_t)num_concrete(class_index_of(receiver));
    if (!lookup_describe(vm, method, class_index, &entry)) return prim_fail(vm, FAILURE_BAD_METHOD);
    prim_stack_at_put(vm, vm->argument_count, receiver);
    vm->sp++;
    return send_run_entry(vm, &entry, count);
}

// receiver withArgs: array executeMethod: method; more arguments name the receiver before these.
MAY_GC Outcome prim_execute_method_arguments(VM *vm) {
    if (vm->argument_count < 2 || vm->argument_count > 4)
        return prim_fail(vm, FAILURE_BAD_ARGUMENT_COUNT);
    Oop method = prim_follow(vm, prim_stack_at(vm, 0)), array = prim_stack_at(vm, 1);
    if (!oop_is_method(method) || !can_spread(array)) return prim_fail(vm, FAILURE_BAD_ARGUMENT);
    if (!num_eq(method_argument_count(method), slot_count(array)))
        return prim_fail(vm, FAILURE_BAD_ARGUMENT_COUNT);
    Oop receiver = prim_follow(vm, prim_stack_at(vm, 2));
    LookupEntry entry;
    uint64_t class_index = (uint64_t)num_concrete(class_index_of(receiver));
    if (!lookup_describe(vm, method, class_index, &entry)) return prim_fail(vm, FAILURE_BAD_METHOD);
    vm->sp += vm->argument_count;
    prim_stack_at_put(vm, 0, receiver);
    return send_run_entry(vm, &entry, spread(vm, array));
}

// The row of the primitive that `number` names, if it can be called with the elements of `array`.
static const Primitive *row_to_try(VM *vm, Oop number, Oop array) {
    if (!can_spread(array) || !oop_is_int(number)) {
        vm->failure = FAILURE_BAD_ARGUMENT;
        return NULL;
    }
    Num index = num_from_oop(number);
    const Primitive *row = num_is_negative(index) || !num_lt(index, num(PRIMITIVE_NUMBER_LIMIT))
                               ? NULL
                               : primitive_numbered((unsigned)num_concrete(index));
    vm->failure = !row || !row->function ? FAILURE_BAD_INDEX : FAILURE_BAD_ARGUMENT_COUNT;
    if (!row || !row->function) return NULL;
    bool fits = row->argument_count < 0 || num_eq(slot_count(array), num(row->argument_count));
    return fits ? row : NULL;
}

// A quick return by its number; variables of contexts are no plain slots.
static bool is_quick(VM *vm, Oop number, Oop array, Oop receiver) {
    if (!oop_is_int(number) || !can_spread(array) || !num_eq(slot_count(array), num(0))) return false;
    Num index = num_from_oop(number);
    return !num_lt(index, num(QUICK_FIRST)) && num_le(index, num(QUICK_LAST)) &&
           !context_is_context(vm, receiver);
}

static Outcome do_quick(VM *vm, Oop number, Oop receiver, unsigned operands) {
    uint16_t index = (uint16_t)num_concrete(num_from_oop(number));
    LookupEntry entry = {.answer = oop_none(), .primitive_number = index};
    Oop before = prim_stack_at(vm, operands);
    lookup_describe_quick(vm, index, &entry);
    vm->sp += operands;
    prim_stack_at_put(vm, 0, receiver);
    if (send_quick_return(vm, &entry) == OUTCOME_ANSWERED) return OUTCOME_ANSWERED;
    prim_stack_at_put(vm, 0, before);
    vm->sp -= operands;
    return prim_fail(vm, FAILURE_BAD_RECEIVER);
}

// Calls the primitive with the receiver that is so many operands deep and the elements of the array
// on top. The operands are held meanwhile, and put back when the primitive fails.
MAY_GC static Outcome call_with(VM *vm, const Primitive *row, unsigned receiver) {
    enum { HELD = 4 };
    unsigned had = vm->argument_count;
    Oop held[HELD];
    RootScope scope;
    root_scope_enter(&vm->heap, &scope, held, HELD);
    for (unsigned i = 0; i <= had; i++)
        held[i] = prim_stack_at(vm, i);
    vm->sp += had;
    prim_stack_at_put(vm, 0, prim_follow(vm, held[receiver]));
    unsigned count = vm->argument_count = spread(vm, held[0]);
    Outcome outcome = send_call_primitive(vm, row->function);
    root_scope_leave(&vm->heap, &scope);
    if (outcome != OUTCOME_FAILED) return outcome;
    vm->sp += count;
    vm->sp -= had;
    vm->argument_count = had;
    for (unsigned i = 0; i <= had; i++)
        prim_stack_at_put(vm, i, held[i]);
    return outcome;
}

// receiver tryPrimitive: number withArgs: array; with three arguments the first is the receiver.
MAY_GC Outcome prim_do_primitive_with_arguments(VM *vm) {
    enum { ARRAY, NUMBER, RECEIVER };
    unsigned had = vm->argument_count;
    if (had != 2 && had != 3) return prim_fail(vm, FAILURE_UNSUPPORTED);
    Oop number = prim_stack_at(vm, NUMBER), receiver = prim_follow(vm, prim_stack_at(vm, RECEIVER));
    if (is_quick(vm, number, prim_stack_at(vm, ARRAY), receiver))
        return do_quick(vm, number, receiver, had);
    const Primitive *row = row_to_try(vm, prim_stack_at(vm, NUMBER), prim_stack_at(vm, ARRAY));
    if (!row) return OUTCOME_FAILED;
    return call_with(vm, row, RECEIVER);
}

// Named primitives are resolved when their method is looked up; what gets here names none.
Outcome prim_external_call(VM *vm) { return prim_fail(vm, FAILURE_NOT_FOUND); }

// context tryNamedPrimitiveIn: method for: receiver withArgs: array: the primitive that the method
// names. Nothing of it is kept.
MAY_GC Outcome prim_external_call_with_arguments(VM *vm) {
    enum { ARRAY, RECEIVER, METHOD };
    if (vm->argument_count != 3) return prim_fail(vm, FAILURE_BAD_ARGUMENT_COUNT);
    Oop method = prim_follow(vm, prim_stack_at(vm, METHOD)), array = prim_stack_at(vm, ARRAY);
    if (!oop_is_method(method) || !can_spread(array)) return prim_fail(vm, FAILURE_BAD_ARGUMENT);
    Num count = slot_count(array);
    if (!num_eq(method_argument_count(method), count))
        return prim_fail(vm, FAILURE_BAD_ARGUMENT_COUNT);
    const Primitive *row = lookup_named_primitive(vm, method);
    if (!row || !row->function) return prim_fail(vm, FAILURE_NOT_FOUND);
    if (row->argument_count >= 0 && !num_eq(count, num(row->argument_count)))
        return prim_fail(vm, FAILURE_BAD_ARGUMENT_COUNT);
    return call_with(vm, row, RECEIVER);
}

// ---- blocks

Outcome prim_closure_value_0(VM *vm) { return closure_activate(vm, 0); }
Outcome prim_closure_value_1(VM *vm) { return closure_activate(vm, 1); }
Outcome prim_closure_value_2(VM *vm) { return closure_activate(vm, 2); }
Outcome prim_closure_value_3(VM *vm) { return closure_activate(vm, 3); }
Outcome prim_closure_value_4(VM *vm) { return closure_activate(vm, 4); }
Outcome prim_full_closure_value(VM *vm) { return closure_activate(vm, vm->argument_count); }

static Outcome without_switch(VM *vm, Outcome outcome) {
    if (outcome == OUTCOME_SWITCHED) vm->uninterruptible_fp = vm->fp;
    return outcome;
}
Outcome prim_closure_value_no_switch_0(VM *vm) {
    return without_switch(vm, closure_activate(vm, 0));
}
Outcome prim_closure_value_no_switch_1(VM *vm) {
    return without_switch(vm, closure_activate(vm, 1));
}
Outcome prim_full_closure_value_no_switch(VM *vm) {
    return without_switch(vm, closure_activate(vm, vm->argument_count));
}

Outcome prim_closure_value_with_arguments(VM *vm) {
    Oop array = prim_argument(vm, 0);
    if (!can_spread(array)) return prim_fail(vm, FAILURE_BAD_ARGUMENT);
    vm->sp++;
    unsigned count = spread(vm, array);
    Outcome outcome = closure_activate(vm, count);
    if (outcome != OUTCOME_FAILED) return outcome;
    vm->sp += count;
    vm->sp--;
    prim_stack_at_put(vm, 0, array);
    return outcome;
}
Outcome prim_full_closure_value_with_arguments(VM *vm) {
    return prim_closure_value_with_arguments(vm);
}

// context closureCopy: argumentCount copiedValues: array. The closure's code begins behind the
// jump that follows this send, two bytes on.
Outcome prim_closure_copy_with_copied_values(VM *vm) {
    enum { JUMP_BYTES = 2 };
    Oop context = prim_receiver(vm), count = prim_argument(vm, 0), copied = prim_argument(vm, 1);
    if (!context_is_context(vm, context)) return prim_fail(vm, FAILURE_BAD_RECEIVER);
    if (!oop_is_int(count) || !oop_is_array_format(copied))
        return prim_fail(vm, FAILURE_BAD_ARGUMENT);
    Oop closure = prim_new_object(vm, prim_known(vm, block_closure), FORMAT_MIXED,
                                  num_add(num(CLOSURE_FIRST_COPIED), slot_count(copied)));
    if (oop_is_none(closure)) return prim_fail(vm, FAILURE_NO_MEMORY);
    int64_t start_pc = (int64_t)vm->fp[FRAME_PC] - FRAME_PC_MINUS_CONTEXT_PC + JUMP_BYTES;
    field_at_put(&vm->heap, closure, CLOSURE_OUTER_CONTEXT, context);
    field_at_put(&vm->heap, closure, CLOSURE_START_PC, oop_from_num(num(start_pc)));
    field_at_put(&vm->heap, closure, CLOSURE_ARGUMENT_COUNT, count);
    NUM_LOOP(i, num(0), slot_count(copied))
    slot_at_put(&vm->heap, closure, num_add(num(CLOSURE_FIRST_COPIED), i), slot_at(copied, i));
    return prim_answer(vm, closure);
}
