// SPDX-License-Identifier: MIT
// Returns. A frame that goes away widows its context first. Out of a base frame control goes to
// the context that its page remembers, which gets a page of its own if it has none. A non-local
// return looks for its home along the senders: the image is asked to run unwind blocks on the way
// (aboutToReturn:through:), a home that cannot be reached or is dead gives cannotReturn:.
#include "run/return.h"

#include "base/check.h"
#include "base/event_ring.h"
#include "object/header.h"
#include "run/context.h"
#include "run/primitive.h"
#include "run/send.h"
#include "run/stack.h"

enum { PRIMITIVE_MARKS_UNWIND = 198, OUTER_LIMIT = 100000 };

// Collects, with `value` kept alive; false: no use to try again.
MAY_GC static bool make_room(VM *vm, Oop *value, int *attempts) {
    frame_put_oop(--vm->sp, *value);
    bool made = stack_make_room(vm, attempts);
    *value = frame_oop(vm->sp++);
    return made;
}

// The context of the running frame, collecting if need be; `value` is kept alive.
MAY_GC static Oop running_context(VM *vm, Oop *value) {
    Oop context = context_of_frame(vm, vm->fp);
    for (int attempts = 0; oop_is_none(context) && make_room(vm, value, &attempts);)
        context = context_of_frame(vm, vm->fp);
    return context;
}

// The answer of cannotReturn: is dropped, and the frame then tries to return again: it stands
// before its return bytecode.
MAY_GC static Outcome cannot_return(VM *vm, Oop value) {
    Oop context = running_context(vm, &value);
    if (oop_is_none(context)) return send_out_of_memory(vm);
    event_note(&vm->events, EVENT_CANNOT_RETURN, 0, oop_bits(value), oop_bits(context));
    frame_put_oop(--vm->sp, context);
    frame_put_oop(--vm->sp, value);
    return send_special(vm, SPECIAL_SELECTOR_CANNOT_RETURN, 1);
}

// ---- to the caller

// The sender of the running base frame becomes the running one, if it can.
static bool resume_sender(VM *vm, const StackPage *page, Oop value, bool drops) {
    vm->words_below = page->words_below;
    Oop sender = page->base_sender;
    bool resumed = drops ? context_resume(vm, sender) : context_resume_with(vm, sender, value);
    vm->words_below = 0;
    return resumed;
}

// A program may have made a context its own sender.
static bool is_own_sender(const VM *vm, const StackPage *page, const uint64_t *fp) {
    Oop sender = page->base_sender;
    return context_is_context(vm, sender) && context_is_married(vm, sender) &&
           context_frame(vm, sender) == fp;
}

MAY_GC static Outcome leave_base_frame(VM *vm, Oop value, bool drops) {
    StackPage *page = vm->stack.current;
    uint64_t *fp = vm->fp;
    if (is_own_sender(vm, page, fp)) return cannot_return(vm, value);
    for (int attempts = 0; !resume_sender(vm, page, value, drops);) {
        if (!stack_lacked_room(vm)) return cannot_return(vm, value);
        if (!make_room(vm, &value, &attempts)) return send_out_of_memory(vm);
    }
    if (page->in_use) {
        context_widow(vm, fp);
        stack_free_page(vm, page);
    }
    return OUTCOME_SWITCHED;
}

Outcome return_to_caller(VM *vm, Oop value) {
    uint64_t *fp = vm->fp;
    bool drops = (frame_flags(fp) & FRAME_FLAG_DROPS_ANSWER) != 0;
    if (!frame_caller(fp)) return leave_base_frame(vm, value, drops);
    context_widow(vm, fp);
    vm->sp = frame_callee_slot(fp);
    if (drops)
        vm->sp++;
    else
        frame_put_oop(vm->sp, value);
    vm->fp = frame_caller(fp);
    return OUTCOME_SWITCHED;
}

// ---- from the home

// The home activation of the running block; one that does not exist when the closure has none.
static Activation home_of(VM *vm) {
    Oop closure = frame_oop(frame_callee_slot(vm->fp));
    Activation nobody = {NULL, vm->heap.nil};
    for (int i = 0; i < OUTER_LIMIT; i++) {
        if (!oop_is_pointers(closure) || num_is_zero(slot_count(closure))) return nobody;
        Oop outer = heap_follow(&vm->heap, field_at(closure, CLOSURE_OUTER_CONTEXT));
        Activation activation = activation_of_context(vm, outer);
        if (!activation_exists(vm, activation)) return nobody;
        closure = activation_closure(vm, activation);
        if (oop_is(closure, vm->heap.nil)) return activation;
    }
    return nobody;
}

typedef enum Path { PATH_FREE, PATH_UNWINDS, PATH_BROKEN } Path;

// Looks from the running frame to home: is it among the senders, is there an unwind block between?
static Path find_path(VM *vm, Activation home, Activation *unwind) {
    Activation at = {vm->fp, vm->heap.nil};
    bool unwinds = false;
    for (int i = 0; i < ACTIVATION_WALK_LIMIT; i++) {
        at = activation_sender(vm, at);
        if (!activation_exists(vm, at)) return PATH_BROKEN;
        if (activation_is(at, home)) return unwinds ? PATH_UNWINDS : PATH_FREE;
        if (!unwinds && activation_is_marked(vm, at, PRIMITIVE_MARKS_UNWIND)) {
            *unwind = at;
            unwinds = true;
        }
    }
    return PATH_BROKEN;
}

// The ways to leave a block answer OUTCOME_FAILED when they found no room for contexts: control is
// where it was, and they can be tried again after a collection.

MAY_GC static Outcome about_to_return(VM *vm, Oop value, Activation unwind) {
    Oop context = context_of_frame(vm, vm->fp);
    Oop through = activation_context(vm, unwind);
    if (oop_is_none(context) || oop_is_none(through)) return OUTCOME_FAILED;
    frame_put_oop(--vm->sp, context);
    frame_put_oop(--vm->sp, value);
    frame_put_oop(--vm->sp, through);
    return send_special(vm, SPECIAL_SELECTOR_ABOUT_TO_RETURN, 2);
}

// The frames from the running one to home's callee, all on one page, go; home returns.
MAY_GC static Outcome leave_frames(VM *vm, uint64_t *home, Oop value) {
    while (vm->fp != home) {
        context_widow(vm, vm->fp);
        vm->sp = frame_callee_slot(vm->fp) + 1;
        vm->fp = frame_caller(vm->fp);
    }
    return return_to_caller(vm, value);
}

static bool on_running_page(VM *vm, const uint64_t *home) {
    for (uint64_t *fp = vm->fp; fp; fp = frame_caller(fp))
        if (fp == home) return true;
    return false;
}

// Turns every activation from the running one up to home into a single context; false: no room.
static bool flush_path(VM *vm, Oop home) {
    Oop context = context_of_frame(vm, vm->fp);
    while (!oop_is_none(context)) {
        if (context_is_married(vm, context)) {
            StackPage *page = stack_page_of(vm, context_frame(vm, context));
            if (!context_flush_page(vm, page)) return false;
        }
        if (oop_is(context, home)) return true;
        context = heap_follow(&vm->heap, field_at(context, CONTEXT_SENDER));
    }
    return false;
}

// Marks the contexts from `context` up to home as returned from.
static void kill_path(VM *vm, Oop context, Oop home) {
    for (;;) {
        Oop sender = heap_follow(&vm->heap, field_at(context, CONTEXT_SENDER));
        field_at_put(&vm->heap, context, CONTEXT_SENDER, vm->heap.nil);
        field_at_put(&vm->heap, context, CONTEXT_PC, vm->heap.nil);
        if (oop_is(context, home) || !context_is_context(vm, sender)) return;
        context = sender;
    }
}

// Home is on another page or in the heap.
MAY_GC static Outcome leave_pages(VM *vm, Activation home_activation, Oop value) {
    Oop active = context_of_frame(vm, vm->fp);
    Oop home = oop_is_none(active) ? active : activation_context(vm, home_activation);
    if (oop_is_none(home)) return OUTCOME_FAILED;
    if (flush_path(vm, home)) {
        Oop target = heap_follow(&vm->heap, field_at(home, CONTEXT_SENDER));
        if (context_resume_with(vm, target, value)) {
            kill_path(vm, active, home);
            return OUTCOME_SWITCHED;
        }
    }
    CHECK(context_resume(vm, active), "%s", "the returning context cannot go on");
    return stack_lacked_room(vm) ? OUTCOME_FAILED : cannot_return(vm, value);
}

MAY_GC static Outcome leave_block(VM *vm, Oop value) {
    Activation home = home_of(vm), unwind;
    if (!activation_exists(vm, home)) return cannot_return(vm, value);
    switch (find_path(vm, home, &unwind)) {
    case PATH_BROKEN:
        return cannot_return(vm, value);
    case PATH_UNWINDS:
        return about_to_return(vm, value, unwind);
    case PATH_FREE:
        break;
    }
    if (home.fp && on_running_page(vm, home.fp) && frame_caller(home.fp))
        return leave_frames(vm, home.fp, value);
    return leave_pages(vm, home, value);
}

Outcome return_from_home(VM *vm, Oop value) {
    Outcome outcome = leave_block(vm, value);
    for (int attempts = 0; outcome == OUTCOME_FAILED;) {
        if (!make_room(vm, &value, &attempts)) return send_out_of_memory(vm);
        outcome = leave_block(vm, value);
    }
    return outcome;
}
