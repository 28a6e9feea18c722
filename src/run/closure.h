// SPDX-License-Identifier: MIT
// Closures: making them and finding out what their activation needs. Old closures (createBlock)
// name their code by a start pc in the home method; full closures by a CompiledBlock.
#ifndef PARLEY_RUN_CLOSURE_H
#define PARLEY_RUN_CLOSURE_H

#include "run/vm.h"

// A closure whose code follows the running frame's pc, with `copied_count` values taken from the
// top of the stack (left there); oop_none(): no room. The registers have been published.
Oop closure_new(VM *vm, unsigned argument_count, unsigned copied_count);
Oop closure_new_full(VM *vm, Oop block, unsigned copied_count, bool no_outer_context,
                     Oop block_receiver);

// Activates the closure in the receiver position, `argument_count` arguments above it: what the
// value primitives do. Fails (changing nothing) when it is no closure, the number of arguments
// is wrong, or its code is refused by the verifier.
Outcome closure_activate(VM *vm, unsigned argument_count);

// Forgets what is known of blocks activated before: whenever methods, or what was verified about
// them, change or move.
void closure_flush(VM *vm);

// Does it have code of its own, a CompiledBlock? Its class does not matter: images have further
// ones (Pharo's CleanBlockClosure) whose methods have the same primitives. For any object.
bool closure_is_full(VM *vm, Oop closure);

#endif
