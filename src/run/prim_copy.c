// SPDX-License-Identifier: MIT
// Copies: replaceFrom:to:with:startingAt:, shallow copies, copying state from another object, and
// the read-only mark that all of them obey.
//
// Elements are copied in ascending order, one by one as far as anybody can tell: a range copied
// onto itself a little higher repeats its beginning. Programs rely on it.
#include "run/primitive.h"

#include <string.h>

#include "object/raw.h"
#include "run/context.h"
#include "run/elements.h"
#include "run/primitives.h"

// ---- 105: replaceFrom: start to: stop with: source startingAt: source_start

// The same kind of elements: both pointers of one format, or bits of one width.
static bool elements_agree(Oop one, Oop other) {
    if (object_is_pointers(one)) return num_eq(object_format(one), object_format(other));
    return (object_is_bytes(one) && object_is_bytes(other)) ||
           (object_is_shorts(one) && object_is_shorts(other)) ||
           (object_is_words32(one) && object_is_words32(other)) ||
           (object_is_words64(one) && object_is_words64(other));
}

static void replace_pointers(VM *vm, Oop target, Num from, Oop source, Num source_from, Num count) {
    NUM_LOOP(i, num(0), count)
    slot_at_put(&vm->heap, target, num_add(from, i), slot_at(source, num_add(source_from, i)));
}

static Num element_bytes(Oop object) {
    return object_is_bytes(object)     ? num(1)
           : object_is_shorts(object)  ? num(2)
           : object_is_words32(object) ? num(4)
                                       : num(8);
}

// Only a copy within one object onto higher positions shows the order; it goes byte by byte in
// steps of the distance, which is what one by one comes to.
static void copy_ascending(uint8_t *to, const uint8_t *from, size_t bytes) {
    size_t distance = (size_t)(to - from);
    if (to <= from || distance >= bytes) {
        memmove(to, from, bytes);
        return;
    }
    for (size_t done = 0; done < bytes; done += distance)
        memcpy(to + done, from + done, bytes - done < distance ? bytes - done : distance);
}

static void replace_bits(Oop target, Num from, Oop source, Num source_from, Num count) {
    Num width = element_bytes(target);
    copy_ascending(object_bytes(target) + num_concrete(num_mul(from, width)),
                   object_bytes(source) + num_concrete(num_mul(source_from, width)),
                   (size_t)num_concrete(num_mul(count, width)));
}

Outcome prim_replace_from_to_with(VM *vm) {
    Oop target = prim_receiver(vm), source = prim_argument(vm, 2);
    Oop start_oop = prim_argument(vm, 0), stop_oop = prim_argument(vm, 1);
    Oop source_start_oop = prim_argument(vm, 3);
    if (oop_is_immediate(target)) return prim_fail(vm, FAILURE_BAD_RECEIVER);
    if (!oop_is_int(start_oop) || !oop_is_int(stop_oop) || !oop_is_int(source_start_oop) ||
        oop_is_immediate(source))
        return prim_fail(vm, FAILURE_BAD_ARGUMENT);
    Num start = num_from_oop(start_oop), stop = num_from_oop(stop_oop);
    Num source_start = num_from_oop(source_start_oop);
    if (object_is_readonly(target) && num_le(start, stop))
        return prim_fail(vm, FAILURE_NO_MODIFICATION);
    if (!elements_agree(target, source) || context_is_context(vm, target) ||
        context_is_context(vm, source))
        return prim_fail(vm, FAILURE_INAPPROPRIATE);
    bool pointers = object_is_pointers(target);
    Num count = num_sub(num_add(stop, num(1)), start);
    Num target_fixed = prim_fixed_slots_of(vm, target);
    Num source_fixed = prim_fixed_slots_of(vm, source);
    Num target_size = num_sub(pointers ? slot_count(target) : bits_count(target), target_fixed);
    Num source_size = num_sub(pointers ? slot_count(source) : bits_count(source), source_fixed);
    if (!num_lt(num(0), start) || num_is_negative(count) || !num_le(stop, target_size) ||
        !num_lt(num(0), source_start) ||
        !num_le(num_add(source_start, num_sub(count, num(1))), source_size))
        return prim_fail(vm, FAILURE_BAD_INDEX);
    Num from = num_add(num_sub(start, num(1)), target_fixed);
    Num source_from = num_add(num_sub(source_start, num(1)), source_fixed);
    if (pointers)
        replace_pointers(vm, target, from, source, source_from, count);
    else
        replace_bits(target, from, source, source_from, count);
    return prim_answer_receiver(vm);
}

// ---- 148 and 168: shallow copy, copyFrom:

// The contents of two objects of one format and size; literals of methods are oops, their bytes
// are not.
static void copy_contents(VM *vm, Oop target, Oop source) {
    Num slots = slot_count(source);
    Num pointers = object_is_pointers(source) ? slots
                   : object_is_method(source) ? num_add(method_literal_count(source), num(1))
                                              : num(0);
    replace_pointers(vm, target, num(0), source, num(0), pointers);
    size_t done = 8 * (size_t)num_concrete(pointers), all = 8 * (size_t)num_concrete(slots);
    memcpy(object_bytes(target) + done, object_bytes(source) + done, all - done);
}

static Outcome answer_copy(VM *vm, Oop copy) {
    return oop_is_none(copy) ? prim_fail(vm, FAILURE_NO_MEMORY) : prim_answer(vm, copy);
}

Outcome prim_clone(VM *vm) {
    if (!prim_has_arguments(vm, 0, 1)) return prim_fail(vm, FAILURE_BAD_ARGUMENT_COUNT);
    Oop object = prim_stack_at(vm, 0);
    if (oop_is_immediate(object)) return prim_answer(vm, object);
    if (object_is_forwarder(object)) return prim_fail(vm, FAILURE_BAD_RECEIVER);
    if (context_is_context(vm, object)) return answer_copy(vm, context_copy(vm, object));
    Oop copy = prim_new_object(vm, object_class_index(object),
                               (int)num_concrete(object_format(object)), slot_count(object));
    if (!oop_is_none(copy)) copy_contents(vm, copy, object);
    return answer_copy(vm, copy);
}

Outcome prim_copy_object(VM *vm) {
    Oop target = prim_receiver(vm), source = prim_argument(vm, 0);
    if (oop_is_immediate(target) || object_is_forwarder(target) || object_is_method(target) ||
        context_is_context(vm, target))
        return prim_fail(vm, FAILURE_BAD_RECEIVER);
    if (oop_is_immediate(source) ||
        !num_eq(object_class_index(target), object_class_index(source)) ||
        !num_eq(object_format(target), object_format(source)) ||
        !num_eq(slot_count(target), slot_count(source)))
        return prim_fail(vm, FAILURE_BAD_ARGUMENT);
    if (object_is_readonly(target)) return prim_fail(vm, FAILURE_NO_MODIFICATION);
    copy_contents(vm, target, source);
    return prim_answer_receiver(vm);
}

// ---- 163 and 164: read-only objects

Outcome prim_is_read_only(VM *vm) {
    if (!prim_has_arguments(vm, 0, 1)) return prim_fail(vm, FAILURE_BAD_ARGUMENT_COUNT);
    Oop object = prim_stack_at(vm, 0);
    if (oop_is_forwarder(object)) return prim_fail(vm, FAILURE_BAD_RECEIVER);
    return prim_answer_bool(vm, oop_is_readonly(object));
}

// The scheduler, its lists, and whatever is of one class with a list or with the active process.
static bool belongs_to_scheduler(VM *vm, Oop object) {
    Oop binding = vm_special(vm, SPECIAL_PROCESSOR_BINDING);
    if (!oop_is_pointers(binding) || !num_lt(num(ASSOCIATION_VALUE), slot_count(binding)))
        return false;
    Oop scheduler = field_at(binding, ASSOCIATION_VALUE);
    if (!oop_is_pointers(scheduler) ||
        !num_lt(num(SCHEDULER_ACTIVE_PROCESS), slot_count(scheduler)))
        return false;
    Oop lists = field_at(scheduler, SCHEDULER_PROCESS_LISTS);
    Oop active = field_at(scheduler, SCHEDULER_ACTIVE_PROCESS);
    if (oop_is(object, scheduler) || oop_is(object, lists)) return true;
    if (oop_has_class_index(object, class_index_of(active))) return true;
    return oop_is_array_format(lists) && !num_is_zero(slot_count(lists)) &&
           oop_has_class_index(object, class_index_of(field_at(lists, 0)));
}

// What the VM itself writes to stays writable: contexts, processes and their lists, semaphores,
// and what the collectors clear.
static bool may_be_readonly(VM *vm, Oop object) {
    return !context_is_context(vm, object) && !object_is_weak(object) &&
           !object_is_ephemeron(object) &&
           !oop_has_class_index(object, prim_known(vm, semaphore)) &&
           !oop_has_class_index(object, prim_known(vm, mutex)) && !belongs_to_scheduler(vm, object);
}

Outcome prim_set_read_only(VM *vm) {
    if (!prim_has_arguments(vm, 1, 2)) return prim_fail(vm, FAILURE_BAD_ARGUMENT_COUNT);
    Oop object = prim_stack_at(vm, 1), flag = prim_stack_at(vm, 0);
    if (oop_is_immediate(object) || object_is_forwarder(object))
        return prim_fail(vm, FAILURE_BAD_RECEIVER);
    bool set = oop_is(flag, prim_bool(vm, true));
    if (!set && !oop_is(flag, prim_bool(vm, false))) return prim_fail(vm, FAILURE_BAD_ARGUMENT);
    if (set ? !may_be_readonly(vm, object) : oop_is(object, vm->trap_method))
        return prim_fail(vm, FAILURE_INAPPROPRIATE);
    bool was = object_is_readonly(object);
    heap_set_readonly(&vm->heap, object, set);
    return prim_answer_bool(vm, was);
}
