// SPDX-License-Identifier: MIT
// The heap as Smalltalk asks for it: become, pinning, enumeration, references, mourning, room.
//
// become: checks every pair before the heap is asked to change anything. What may not change its
// identity: immediates, nil, true and false, pinned and read-only objects, and contexts that
// stand for a frame. Two-way becomes ask it of both sides, one-way becomes of the former ones.
// What the VM finds by its place keeps its kind: a class of the class table may only become another
// class, and the special objects array, alone, another array that is as long.
#include "run/primitive.h"

#include "run/context.h"
#include "run/lookup.h"
#include "run/primitives.h"

// ---- 72, 128, 248, 249: become

static bool is_cornerstone(VM *vm, Oop object) {
    return oop_is(object, prim_nil(vm)) || oop_is(object, prim_bool(vm, true)) ||
           oop_is(object, prim_bool(vm, false));
}

static bool stands_for_frame(VM *vm, Oop object) {
    return context_is_context(vm, object) && context_is_married(vm, object);
}

static Failure may_become(VM *vm, Oop object) {
    if (oop_is_immediate(object) || is_cornerstone(vm, object)) return FAILURE_INAPPROPRIATE;
    if (object_is_pinned(object)) return FAILURE_OBJECT_IS_PINNED;
    if (object_is_readonly(object)) return FAILURE_NO_MODIFICATION;
    if (stands_for_frame(vm, object)) return FAILURE_INAPPROPRIATE;
    return FAILURE_NONE;
}

// A hash cannot be given to an immediate or a read-only object.
static Failure may_take_hash(Oop object) {
    return oop_is_readonly(object) ? FAILURE_INAPPROPRIATE : FAILURE_NONE;
}

typedef struct BecomeCheck {
    Failure failure;
    bool touches_classes;
    bool touches_known; // classes of the class table are among those that become something else
    bool mixes_classes; // one of a pair looks like a class, and the other does not
} BecomeCheck;

static bool is_known_class(VM *vm, Oop object) {
    return !oop_is_immediate(object) && heap_class_index_of_class(&vm->heap, object) != 0;
}

static bool is_any_class(VM *vm, Oop object) {
    return prim_is_class_object(vm, object) || is_known_class(vm, object);
}

static bool may_hold_special_objects(VM *vm, Oop object) {
    return oop_is_array_format(object) &&
           num_le(slot_count(vm->heap.special_objects), slot_count(object));
}

static void check_kinds(VM *vm, BecomeCheck *check, Oop one, Oop other, bool two_way) {
    bool is_class = is_any_class(vm, one), becomes_class = is_any_class(vm, other);
    check->touches_classes |= is_class || becomes_class;
    check->touches_known |= is_known_class(vm, one) || (two_way && is_known_class(vm, other));
    check->mixes_classes |= two_way ? is_class != becomes_class : is_class && !becomes_class;
}

// The special objects array may take part on its own only.
static bool keeps_special_objects(VM *vm, Oop former, Oop one, Oop other, bool two_way) {
    Oop specials = vm->heap.special_objects;
    if (!oop_is(one, specials) && !(two_way && oop_is(other, specials))) return true;
    return num_eq(slot_count(former), num(1)) && may_hold_special_objects(vm, one) &&
           may_hold_special_objects(vm, other);
}

// Pairs are exchanged one after the other, and what one of them has become may stand in the next:
// where a class of the class table takes part, all pairs that look like classes must stay classes.
static BecomeCheck check_pairs(VM *vm, Oop former, Oop latter, bool two_way, bool copy_hash) {
    BecomeCheck check = {.failure = FAILURE_NONE};
    NUM_LOOP(i, num(0), slot_count(former)) {
        Oop one = heap_follow(&vm->heap, slot_at(former, i));
        Oop other = heap_follow(&vm->heap, slot_at(latter, i));
        check.failure = may_become(vm, one);
        if (check.failure) return check;
        if (two_way)
            check.failure = may_become(vm, other);
        else if (copy_hash)
            check.failure = may_take_hash(other);
        if (check.failure) return check;
        check_kinds(vm, &check, one, other, two_way);
        if (!keeps_special_objects(vm, former, one, other, two_way))
            check.failure = FAILURE_INAPPROPRIATE;
        if (check.failure) return check;
    }
    if (check.touches_known && check.mixes_classes) check.failure = FAILURE_INAPPROPRIATE;
    return check;
}

// Elements that became something else in the meantime are named by their new identity.
static void follow_elements(VM *vm, Oop array) {
    NUM_LOOP(i, num(0), slot_count(array)) {
        Oop element = slot_at(array, i);
        if (oop_is_forwarder(element))
            slot_at_put(&vm->heap, array, i, heap_follow(&vm->heap, element));
    }
}

static Outcome become(VM *vm, Oop former, Oop latter, bool two_way, bool copy_hash) {
    if (!oop_is_array_format(former)) return prim_fail(vm, FAILURE_BAD_RECEIVER);
    if (!oop_is_array_format(latter) || !num_eq(slot_count(former), slot_count(latter)))
        return prim_fail(vm, FAILURE_BAD_ARGUMENT);
    BecomeCheck check = check_pairs(vm, former, latter, two_way, copy_hash);
    if (check.failure) return prim_fail(vm, check.failure);
    follow_elements(vm, former);
    follow_elements(vm, latter);
    if (heap_become(&vm->heap, former, latter, two_way, copy_hash) != STATUS_OK)
        return prim_fail(vm, FAILURE_NO_MEMORY);
    if (check.touches_classes) vm_find_known_classes(vm);
    return prim_answer_receiver(vm);
}

Outcome prim_array_become(VM *vm) {
    return become(vm, prim_receiver(vm), prim_argument(vm, 0), true, false);
}

Outcome prim_array_become_one_way(VM *vm) {
    return become(vm, prim_receiver(vm), prim_argument(vm, 0), false, true);
}

Outcome prim_array_become_one_way_keep_hash(VM *vm) {
    return become(vm, prim_receiver(vm), prim_argument(vm, 0), false, false);
}

Outcome prim_array_become_one_way_copy_hash(VM *vm) {
    Oop flag = prim_argument(vm, 1);
    bool copy_hash = oop_is(flag, prim_bool(vm, true));
    if (!copy_hash && !oop_is(flag, prim_bool(vm, false)))
        return prim_fail(vm, FAILURE_BAD_ARGUMENT);
    return become(vm, prim_receiver(vm), prim_argument(vm, 0), false, copy_hash);
}

// ---- 183 and 184: pinning

Outcome prim_is_pinned(VM *vm) {
    if (!prim_has_arguments(vm, 0, 1)) return prim_fail(vm, FAILURE_BAD_ARGUMENT_COUNT);
    Oop object = prim_stack_at(vm, 0);
    if (oop_is_immediate(object) || object_is_forwarder(object))
        return prim_fail(vm, FAILURE_BAD_RECEIVER);
    return prim_answer_bool(vm, object_is_pinned(object));
}

Outcome prim_pin(VM *vm) {
    if (!prim_has_arguments(vm, 1, 2)) return prim_fail(vm, FAILURE_BAD_ARGUMENT_COUNT);
    Oop object = prim_stack_at(vm, 1), flag = prim_stack_at(vm, 0);
    if (oop_is_immediate(object) || object_is_forwarder(object))
        return prim_fail(vm, FAILURE_BAD_RECEIVER);
    bool set = oop_is(flag, prim_bool(vm, true));
    if (!set && !oop_is(flag, prim_bool(vm, false))) return prim_fail(vm, FAILURE_BAD_ARGUMENT);
    bool was = object_is_pinned(object);
    if (set == was) return prim_answer_bool(vm, was);
    if (set && stands_for_frame(vm, object)) return prim_fail(vm, FAILURE_BAD_RECEIVER);
    if (oop_is_none(heap_pin(&vm->heap, object, set))) return prim_fail(vm, FAILURE_NO_MEMORY);
    return prim_answer_bool(vm, was);
}

// ---- 77, 78, 138, 139, 177, 178: enumeration

// The first instance from `object` on, itself included; oop_none() when there is none.
static Oop next_with_class(VM *vm, Oop object, Num class_index) {
    while (!oop_is_none(object) && !oop_has_class_index(object, class_index))
        object = heap_object_after(&vm->heap, object);
    return object;
}

Outcome prim_some_instance(VM *vm) {
    if (!prim_has_arguments(vm, 0, 1)) return prim_fail(vm, FAILURE_BAD_ARGUMENT_COUNT);
    Oop class_object = prim_stack_at(vm, 0);
    if (!prim_is_class_object(vm, class_object)) return prim_fail(vm, FAILURE_BAD_RECEIVER);
    uint64_t class_index = heap_class_index_of_class(&vm->heap, class_object);
    if (!class_index) return prim_fail(vm, FAILURE_NOT_FOUND);
    Oop first = heap_first_object(&vm->heap);
    Oop instance = next_with_class(vm, first, num((int64_t)class_index));
    if (oop_is_none(instance)) return prim_fail(vm, FAILURE_NOT_FOUND);
    return prim_answer(vm, instance);
}

Outcome prim_next_instance(VM *vm) {
    if (!prim_has_arguments(vm, 0, 1)) return prim_fail(vm, FAILURE_BAD_ARGUMENT_COUNT);
    Oop object = prim_stack_at(vm, 0);
    if (oop_is_immediate(object) || object_is_forwarder(object))
        return prim_fail(vm, FAILURE_BAD_RECEIVER);
    Oop next = heap_object_after(&vm->heap, object);
    Oop instance = next_with_class(vm, next, object_class_index(object));
    if (oop_is_none(instance)) return prim_fail(vm, FAILURE_NOT_FOUND);
    return prim_answer(vm, instance);
}

Outcome prim_some_object(VM *vm) {
    if (!prim_has_arguments(vm, 0, 1)) return prim_fail(vm, FAILURE_BAD_ARGUMENT_COUNT);
    return prim_answer(vm, heap_first_object(&vm->heap));
}

// Answers 0 behind the last object.
Outcome prim_next_object(VM *vm) {
    if (!prim_has_arguments(vm, 0, 1)) return prim_fail(vm, FAILURE_BAD_ARGUMENT_COUNT);
    Oop object = prim_stack_at(vm, 0);
    if (oop_is_immediate(object) || object_is_forwarder(object))
        return prim_fail(vm, FAILURE_BAD_RECEIVER);
    Oop next = heap_object_after(&vm->heap, object);
    return prim_answer(vm, oop_is_none(next) ? oop_from_num(num(0)) : next);
}

static Outcome answer_instances(VM *vm, uint64_t class_index) {
    uint64_t needed;
    Oop instances = heap_all_instances(&vm->heap, class_index, &needed);
    if (oop_is_none(instances)) return prim_fail(vm, FAILURE_NO_MEMORY);
    return prim_answer(vm, instances);
}

Outcome prim_all_instances(VM *vm) {
    if (!prim_has_arguments(vm, 0, 1)) return prim_fail(vm, FAILURE_BAD_ARGUMENT_COUNT);
    Oop class_object = prim_stack_at(vm, 0);
    if (!prim_is_class_object(vm, class_object)) return prim_fail(vm, FAILURE_BAD_RECEIVER);
    uint64_t class_index = heap_class_index_of_class(&vm->heap, class_object);
    if (class_index) return answer_instances(vm, class_index);
    // The class table does not know it: it has no instances.
    Oop none = prim_new_array(vm, num(0));
    if (oop_is_none(none)) return prim_fail(vm, FAILURE_NO_MEMORY);
    return prim_answer(vm, none);
}

Outcome prim_all_objects(VM *vm) {
    if (!prim_has_arguments(vm, 0, 1)) return prim_fail(vm, FAILURE_BAD_ARGUMENT_COUNT);
    return answer_instances(vm, 0);
}

// ---- 132: does the receiver refer to the argument?

// The operands of this very primitive do not count as the running context's.
static Outcome context_points_to(VM *vm, Oop context, Oop target) {
    unsigned used = CONTEXT_FIRST_TEMP + context_stack_size(vm, context);
    if (context_is_married(vm, context) && context_frame(vm, context) == vm->fp)
        used -= vm->argument_count + 1;
    for (unsigned i = 0; i < used; i++) {
        Oop value = context_variable(vm, context, i);
        if (oop_is_none(value)) return prim_fail(vm, FAILURE_NO_MEMORY);
        if (oop_is(value, target)) return prim_answer_bool(vm, true);
    }
    return prim_answer_bool(vm, false);
}

Outcome prim_object_points_to(VM *vm) {
    Oop object = prim_receiver(vm), target = prim_argument(vm, 0);
    if (oop_is_immediate(object)) return prim_answer_bool(vm, false);
    if (object_is_forwarder(object)) return prim_fail(vm, FAILURE_BAD_RECEIVER);
    if (context_is_context(vm, object)) return context_points_to(vm, object, target);
    Num slots = object_is_pointers(object) ? slot_count(object)
                : object_is_method(object) ? num_add(method_literal_count(object), num(1))
                                           : num(0);
    NUM_LOOP(i, num(0), slots) {
        if (oop_is(slot_at(object, i), target)) return prim_answer_bool(vm, true);
    }
    return prim_answer_bool(vm, false);
}

// ---- 172: what lost its key or an element

Outcome prim_fetch_mourner(VM *vm) {
    Oop mourner = heap_next_mourner(&vm->heap);
    if (oop_is_none(mourner)) return prim_fail(vm, FAILURE_NOT_FOUND);
    return prim_answer(vm, mourner);
}

// ---- 129, 180: special objects, room

Outcome prim_special_objects(VM *vm) { return prim_answer(vm, vm->heap.special_objects); }

// Makes sure that so many bytes can be allocated, growing old space if need be.
MAY_GC Outcome prim_grow_memory_by(VM *vm) {
    Oop amount = prim_argument(vm, 0);
    if (!oop_is_int(amount) || num_is_negative(num_from_oop(amount)))
        return prim_fail(vm, FAILURE_BAD_ARGUMENT);
    uint64_t bytes = (uint64_t)num_concrete(num_from_oop(amount));
    if (bytes > heap_room_bytes(&vm->heap) || !heap_make_room(&vm->heap, bytes))
        return prim_fail(vm, FAILURE_NO_MEMORY);
    return prim_answer(vm, amount);
}

// ---- 89, 116, 119, 215: the lookup caches

Outcome prim_flush_cache(VM *vm) {
    lookup_flush_all(vm);
    return prim_answer_receiver(vm);
}

static Outcome flush_method(VM *vm) {
    Oop method = prim_receiver(vm);
    if (!oop_is_method(method)) return prim_fail(vm, FAILURE_BAD_RECEIVER);
    lookup_flush_method(vm, method);
    return prim_answer_receiver(vm);
}

Outcome prim_flush_cache_by_method(VM *vm) { return flush_method(vm); }

Outcome prim_flush_cache_by_method_2(VM *vm) { return flush_method(vm); }

Outcome prim_flush_cache_by_selector(VM *vm) {
    Oop selector = prim_receiver(vm);
    if (oop_is_forwarder(selector)) return prim_fail(vm, FAILURE_BAD_RECEIVER);
    lookup_flush_selector(vm, selector);
    return prim_answer_receiver(vm);
}
