// SPDX-License-Identifier: MIT
// Contexts and frames: a Context object is made only when somebody looks (the frame marries), and
// stays the frame's proxy until the frame returns (it is widowed) or is turned into heap state
// (it is single). While married its sender slot holds the frame's address, tagged as an integer.
// Source: Eliot Miranda, "Context Management in VisualWorks 5i"; Cog.
#ifndef PARLEY_RUN_CONTEXT_H
#define PARLEY_RUN_CONTEXT_H

#include "run/vm.h"

// The context of a frame, made now if need be; oop_none() when there is no memory.
Oop context_of_frame(VM *vm, uint64_t *fp);

// For process switches. Before leaving: the context of the running frame, with the page left in
// such a state that another one may run (oop_none(): no memory, nothing changed).
Oop context_suspend_active(VM *vm);
// Makes the context's frame the running one: vm->fp, vm->sp and the current page are set. False
// when the context cannot run (not a Context, dead, refused by verification): nothing changed.
bool context_resume(VM *vm, Oop context);

// Turns every frame of every page into heap contexts (before an image is saved); the running
// frame's context is answered, oop_none() when there is no memory.
Oop context_flush_all(VM *vm);

// ---- a Context as an object, whatever its state. Index counts fields from 0, as layouts.tbl does;
// the variable part begins at CONTEXT_FIRST_TEMP.
bool context_is_context(const VM *vm, Oop oop);   // an instance of the class Context
bool context_is_married(const VM *vm, Oop context);
uint64_t *context_frame(const VM *vm, Oop context); // of a married one
// What the field holds; oop_none(): no room for the sender's context.
Oop context_variable(VM *vm, Oop context, unsigned index);
// Stores; frames may become heap state (vm->fp and vm->sp are set anew). False: no room, nothing
// was changed.
MUST_USE bool context_variable_put(VM *vm, Oop context, unsigned index, Oop value);
// Operands and temporaries now in use, and how many the context can hold.
unsigned context_stack_size(const VM *vm, Oop context);
unsigned context_capacity(Oop context);
// The frame was copied to another page: its context, if it has one, must know.
void context_frame_moved(VM *vm, uint64_t *fp);
// The frame is about to disappear: its context becomes a widow (no sender, no pc).
void context_widow(VM *vm, uint64_t *fp);
// Turns all frames of the page into heap contexts and frees it. False: no room; frames that were
// turned already stay so, nothing is lost.
MUST_USE bool context_flush_page(VM *vm, StackPage *page);

#endif
