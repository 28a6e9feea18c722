// SPDX-License-Identifier: MIT
// Primitives on contexts: their elements, and the searches and cuts that exceptions are made of.
#include "run/context.h"
#include "run/lookup.h"
#include "run/primitive.h"
#include "run/primitives.h"
#include "run/stack.h"

enum { PRIMITIVE_MARKS_UNWIND = 198, PRIMITIVE_MARKS_HANDLER = 199 };

// ---- elements: temporaries and operands, from 1

static bool context_index(VM *vm, Oop context, Oop index, unsigned *field) {
    if (!context_is_context(vm, context) || !oop_is_int(index)) return false;
    Num position = num_from_oop(index);
    if (num_lt(position, num(1)) || num_lt(num(context_stack_size(vm, context)), position))
        return false;
    *field = (unsigned)num_concrete(position) - 1 + CONTEXT_FIRST_TEMP;
    return true;
}

Outcome prim_context_at(VM *vm) {
    unsigned field;
    Oop context = prim_receiver(vm);
    if (!context_index(vm, context, prim_argument(vm, 0), &field))
        return prim_fail(vm, FAILURE_BAD_INDEX);
    Oop value = context_variable(vm, context, field);
    return oop_is_none(value) ? prim_fail(vm, FAILURE_NO_MEMORY) : prim_answer(vm, value);
}

Outcome prim_context_at_put(VM *vm) {
    unsigned field;
    Oop context = prim_receiver(vm), value = prim_argument(vm, 1);
    if (!context_index(vm, context, prim_argument(vm, 0), &field))
        return prim_fail(vm, FAILURE_BAD_INDEX);
    if (object_is_readonly(context)) return prim_fail(vm, FAILURE_NO_MODIFICATION);
    switch (context_variable_put(vm, context, field, value)) {
    case CONTEXT_STORED:
        return prim_answer(vm, value);
    case CONTEXT_NO_ROOM:
        return prim_fail(vm, FAILURE_NO_MEMORY);
    case CONTEXT_REFUSED:
        break;
    }
    return prim_fail(vm, FAILURE_BAD_ARGUMENT);
}

Outcome prim_context_size(VM *vm) {
    Oop context = prim_receiver(vm);
    if (!context_is_context(vm, context)) return prim_fail(vm, FAILURE_BAD_RECEIVER);
    return prim_answer(vm, oop_from_num(num(context_stack_size(vm, context))));
}

// 3: married, 1: a widow, 0: single. Widows are made single at once here.
Outcome prim_context_xray(VM *vm) {
    Oop context = prim_receiver(vm);
    if (!context_is_context(vm, context)) return prim_fail(vm, FAILURE_BAD_RECEIVER);
    return prim_answer(vm, oop_from_num(num(context_is_married(vm, context) ? 3 : 0)));
}

// ---- searches

static Outcome answer_found(VM *vm, Activation found) {
    if (!activation_exists(vm, found)) return prim_answer(vm, vm->heap.nil);
    Oop context = activation_context(vm, found);
    return oop_is_none(context) ? prim_fail(vm, FAILURE_NO_MEMORY) : prim_answer(vm, context);
}

// From `at` up the senders, not including `end`, the first method marked by the primitive.
static Activation find_marked(VM *vm, Activation at, Activation end, unsigned primitive) {
    Activation nobody = {NULL, vm->heap.nil};
    for (int i = 0; i < ACTIVATION_WALK_LIMIT && activation_exists(vm, at); i++) {
        if (activation_exists(vm, end) && activation_is(at, end)) return nobody;
        if (activation_is_marked(vm, at, primitive)) return at;
        at = activation_sender(vm, at);
    }
    return nobody;
}

// context findNextUnwindContextUpTo: end
Outcome prim_find_next_unwind_context(VM *vm) {
    Oop context = prim_receiver(vm), end = prim_argument(vm, 0);
    if (!context_is_context(vm, context)) return prim_fail(vm, FAILURE_BAD_RECEIVER);
    if (!oop_is(end, vm->heap.nil) && !context_is_context(vm, end))
        return prim_fail(vm, FAILURE_BAD_ARGUMENT);
    Activation first = activation_sender(vm, activation_of_context(vm, context));
    return answer_found(
        vm, find_marked(vm, first, activation_of_context(vm, end), PRIMITIVE_MARKS_UNWIND));
}

// context findNextHandlerContextStarting: the receiver itself counts.
Outcome prim_find_handler_context(VM *vm) {
    Oop context = prim_receiver(vm);
    if (!context_is_context(vm, context)) return prim_fail(vm, FAILURE_BAD_RECEIVER);
    Activation nobody = {NULL, vm->heap.nil};
    return answer_found(
        vm, find_marked(vm, activation_of_context(vm, context), nobody, PRIMITIVE_MARKS_HANDLER));
}

// ---- terminateTo:

// Is `end` among the senders of `from`?
static bool is_above(VM *vm, Activation from, Activation end) {
    for (int i = 0; i < ACTIVATION_WALK_LIMIT && activation_exists(vm, from); i++) {
        from = activation_sender(vm, from);
        if (activation_exists(vm, from) && activation_is(from, end)) return true;
    }
    return false;
}

// The running frame becomes the callee of `end`, further up on the same page; what was between is
// gone. The frame's words slide over it.
static void slide_frame(VM *vm, uint64_t *end) {
    uint64_t *fp = vm->fp, *callee = fp;
    for (uint64_t *frame = frame_caller(fp); frame != end; frame = frame_caller(frame)) {
        context_widow(vm, frame);
        callee = frame;
    }
    if (callee == fp) return;
    uint64_t drops = frame_flags(callee) & FRAME_FLAG_DROPS_ANSWER;
    uint64_t *from_end = frame_callee_slot(fp) + 1, *to_end = frame_callee_slot(callee) + 1;
    uint64_t words = (uint64_t)(from_end - vm->sp);
    __builtin_memmove(to_end - words, vm->sp, words * 8);
    vm->fp = fp + (to_end - from_end);
    vm->sp = to_end - words;
    vm->fp[FRAME_CALLER] = (uint64_t)(uintptr_t)end;
    // Whether `end` wants an answer depends on whom it called.
    vm->fp[FRAME_FLAGS] = (frame_flags(vm->fp) & ~FRAME_FLAG_DROPS_ANSWER) | drops;
    if (frame_kind(vm->fp) != FRAME_INTERPRETED || frame_kind(end) != FRAME_INTERPRETED)
        frame_return_slowly(vm, vm->fp);
    context_frame_moved(vm, vm->fp);
}

static bool is_on_running_page(VM *vm, const uint64_t *end) {
    for (uint64_t *fp = vm->fp; fp; fp = frame_caller(fp))
        if (fp == end) return true;
    return false;
}

// Turns the activations from `context` up to, not including, `end` into single contexts.
static bool flush_between(VM *vm, Oop context, Oop end) {
    while (!oop_is(context, end)) {
        if (!context_is_context(vm, context)) return true;
        if (context_is_married(vm, context) &&
            !context_flush_page(vm, stack_page_of(vm, context_frame(vm, context))))
            return false;
        context = prim_follow(vm, field_at(context, CONTEXT_SENDER));
    }
    return true;
}

static void kill_between(VM *vm, Oop context, Oop end) {
    context = prim_follow(vm, field_at(context, CONTEXT_SENDER));
    while (!oop_is(context, end) && context_is_context(vm, context)) {
        Oop sender = prim_follow(vm, field_at(context, CONTEXT_SENDER));
        field_at_put(&vm->heap, context, CONTEXT_SENDER, vm->heap.nil);
        field_at_put(&vm->heap, context, CONTEXT_PC, vm->heap.nil);
        context = sender;
    }
}

// The general case, on heap contexts. The argument has been popped; false: no room.
static bool cut(VM *vm, Oop context, Oop end, bool between) {
    Oop active = context_of_frame(vm, vm->fp);
    if (oop_is_none(active)) return false;
    bool flushed = flush_between(vm, context, between ? end : context);
    if (flushed && context_is_married(vm, context))
        flushed = context_flush_page(vm, stack_page_of(vm, context_frame(vm, context)));
    if (flushed) {
        if (between) kill_between(vm, context, end);
        field_at_put(&vm->heap, context, CONTEXT_SENDER, end);
    }
    return (vm->stack.current || context_resume(vm, active)) && flushed;
}

// context terminateTo: end — end becomes the context's sender, what was between is dead.
Outcome prim_terminate_to(VM *vm) {
    Oop context = prim_receiver(vm), end = prim_argument(vm, 0);
    if (!context_is_context(vm, context)) return prim_fail(vm, FAILURE_BAD_RECEIVER);
    bool has_end = !oop_is(end, vm->heap.nil);
    if ((has_end && !context_is_context(vm, end)) || oop_is(context, end))
        return prim_fail(vm, FAILURE_BAD_ARGUMENT);
    Activation from = activation_of_context(vm, context), to = activation_of_context(vm, end);
    prim_answer_receiver(vm);
    if (from.fp == vm->fp && to.fp && is_on_running_page(vm, to.fp)) {
        slide_frame(vm, to.fp);
        return OUTCOME_SWITCHED;
    }
    if (cut(vm, context, end, has_end && is_above(vm, from, to))) return OUTCOME_SWITCHED;
    // The frame may stand elsewhere now, with nothing of the argument below its operands.
    frame_put_oop(--vm->sp, end);
    return prim_fail(vm, FAILURE_NO_MEMORY);
}

// ---- method state: what the VM knows about a method is forgotten

Outcome prim_void_method_state(VM *vm) {
    Oop method = prim_receiver(vm);
    if (!oop_is_method(method)) return prim_fail(vm, FAILURE_BAD_RECEIVER);
    lookup_method_written(vm, method);
    prim_answer_receiver(vm);
    return OUTCOME_SWITCHED;
}
