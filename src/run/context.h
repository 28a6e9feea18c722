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

#endif
