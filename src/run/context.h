// SPDX-License-Identifier: MIT
// Contexts and frames: a Context object is made only when somebody looks (the frame marries), and
// stays the frame's proxy until the frame returns (it is widowed) or is turned into heap state
// (it is single). While married its sender slot holds the frame's address, tagged as an integer.
// Source: Eliot Miranda, "Context Management in VisualWorks 5i"; Cog.
#ifndef PARLEY_RUN_CONTEXT_H
#define PARLEY_RUN_CONTEXT_H

#include <stdio.h>

#include "memory/store.h"
#include "object/layouts.h"
#include "run/vm.h"

// The context of a frame, made now if need be; oop_none() when there is no memory.
Oop context_of_frame(VM *vm, uint64_t *fp);

// For process switches. Before leaving: the context of the running frame, with the page left in
// such a state that another one may run (oop_none(): no memory, nothing changed).
Oop context_suspend_active(VM *vm);
// Makes the context's frame the running one: vm->fp, vm->sp and the current page are set. False
// when the context cannot run (not a Context, dead, refused by verification): nothing changed.
bool context_resume(VM *vm, Oop context);
// The same for a context that has called: `value` is what it gets for its send.
bool context_resume_with(VM *vm, Oop context, Oop value);

// Turns every frame of every page into heap contexts (before an image is saved); the running
// frame's context is answered, oop_none() when there is no memory.
Oop context_flush_all(VM *vm);
// Turns the frames of all pages but the running one into contexts, as long as there is room: frames
// are roots, contexts go when nobody refers to them.
void context_flush_others(VM *vm);

// ---- a Context as an object, whatever its state. Index counts fields from 0, as layouts.tbl does;
// the variable part begins at CONTEXT_FIRST_TEMP.
bool context_is_context(const VM *vm, Oop oop); // an instance of the class Context
bool context_is_married(const VM *vm, Oop context);
uint64_t *context_frame(const VM *vm, Oop context); // of a married one
// What the field holds; oop_none(): no room for the sender's context.
Oop context_variable(VM *vm, Oop context, unsigned index);
// Stores; frames may become heap state (vm->fp and vm->sp are set anew). Without room, or when the
// running context could not go on with that value, nothing is changed.
typedef enum ContextStore { CONTEXT_STORED, CONTEXT_NO_ROOM, CONTEXT_REFUSED } ContextStore;
MUST_USE ContextStore context_variable_put(VM *vm, Oop context, unsigned index, Oop value);
// Operands and temporaries now in use, and how many the context can hold.
unsigned context_stack_size(const VM *vm, Oop context);
unsigned context_capacity(Oop context);
// Must receiver variables be looked at before they are touched (FRAME_FLAG_CHECKED_SELF)?
bool frame_needs_checked_self(const VM *vm, Oop self, int32_t highest_variable);
// The frame was copied to another page: its context, if it has one, must know.
void context_frame_moved(VM *vm, uint64_t *fp);
// The frame is about to disappear: its context becomes a widow (no sender, no pc).
static inline void context_widow(VM *vm, uint64_t *fp) {
    if (!frame_is_married(fp)) return;
    Oop context = frame_oop(fp + FRAME_CONTEXT);
    field_at_put(&vm->heap, context, CONTEXT_SENDER, vm->heap.nil);
    field_at_put(&vm->heap, context, CONTEXT_PC, vm->heap.nil);
}
// A copy in its present state, single; oop_none(): no room.
Oop context_copy(VM *vm, Oop context);
// Married contexts that are not as they must be; `report` (or NULL) is told of so many.
uint64_t context_verify(VM *vm, FILE *report, unsigned limit);
// After a become: no word of any frame is a forwarder, every frame fits its receiver.
void context_after_become(VM *vm);
// The method was written: frames that cannot go on in it are led into the trap method instead,
// whose only bytecode is an unused one.
void context_method_written(VM *vm, Oop method);
MUST_USE Status context_make_trap_method(VM *vm);
// Turns all frames of the page into heap contexts and frees it. False: no room; frames that were
// turned already stay so, nothing is lost.
MUST_USE bool context_flush_page(VM *vm, StackPage *page);

// ---- walking up the senders without making contexts. An activation is a frame (fp) or a single
// context; at the end of the chain activation_exists is false.
typedef struct Activation {
    uint64_t *fp; // NULL: the activation is a single context
    Oop context;
} Activation;
enum { ACTIVATION_WALK_LIMIT = 100000000 }; // senders may form a cycle
Activation activation_of_context(const VM *vm, Oop context);
Activation activation_sender(const VM *vm, Activation of);
static inline bool activation_exists(const VM *vm, Activation of) {
    return of.fp || !oop_is(of.context, vm->heap.nil);
}
static inline bool activation_is(Activation a, Activation b) {
    return a.fp ? a.fp == b.fp : !b.fp && oop_is(a.context, b.context);
}
Oop activation_method(const VM *vm, Activation of);
Oop activation_closure(const VM *vm, Activation of); // nil: a method's activation
// Does it run a method (not a block) with that primitive: 198 unwind, 199 handler?
bool activation_is_marked(VM *vm, Activation of, unsigned primitive);
Oop activation_context(VM *vm, Activation of); // oop_none(): no room

#endif
