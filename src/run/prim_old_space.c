// SPDX-License-Identifier: MIT
// new and new: into old space: primitives 596 to 599, the last two pinned. The object is made as
// new makes it, young, and moved at once; what stays behind is a forwarder that nobody refers to.
#include "run/primitive.h"
#include "run/primitives.h"

// Moves the object on top of the stack, which `make` has just answered.
static bool move_to_old_space(VM *vm, bool pinned) {
    Oop moved = heap_pin(&vm->heap, prim_stack_at(vm, 0), true);
    if (oop_is_none(moved)) return false;
    if (!pinned) heap_pin(&vm->heap, moved, false);
    prim_stack_at_put(vm, 0, moved);
    return true;
}

static Outcome new_in_old_space(VM *vm, Outcome (*make)(VM *), bool pinned) {
    enum { OPERAND_LIMIT = 3 };
    Oop operands[OPERAND_LIMIT];
    unsigned count = vm->argument_count + 1;
    if (count > OPERAND_LIMIT) return prim_fail(vm, FAILURE_BAD_ARGUMENT_COUNT);
    for (unsigned i = 0; i < count; i++)
        operands[i] = prim_stack_at(vm, i);
    Outcome outcome = make(vm);
    if (outcome != OUTCOME_ANSWERED || move_to_old_space(vm, pinned)) return outcome;
    vm->sp -= count - 1;
    for (unsigned i = 0; i < count; i++)
        prim_stack_at_put(vm, i, operands[i]);
    return prim_fail(vm, FAILURE_NO_MEMORY);
}

Outcome prim_new_old(VM *vm) { return new_in_old_space(vm, prim_new, false); }
Outcome prim_new_with_size_old(VM *vm) { return new_in_old_space(vm, prim_new_with_size, false); }
Outcome prim_new_pinned(VM *vm) { return new_in_old_space(vm, prim_new, true); }
Outcome prim_new_with_size_pinned(VM *vm) { return new_in_old_space(vm, prim_new_with_size, true); }
