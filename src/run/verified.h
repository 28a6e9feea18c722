// SPDX-License-Identifier: MIT
// Verified methods: the side table from compiled methods and blocks to what verification learned
// about them. A method enters at its first activation and leaves when its bytes or literals are
// written, or when it dies. Collections keep the table in step with moved methods.
#ifndef PARLEY_RUN_VERIFIED_H
#define PARLEY_RUN_VERIFIED_H

#include "bytecode/summary.h"
#include "run/vm.h"

MUST_USE Status verified_init(VM *vm);
void verified_release(VM *vm);
// The summary, verifying the method now if need be; NULL: it is refused (or memory is out).
// The pointer is good until the method is forgotten.
const MethodSummary *verified_summary(VM *vm, Oop method);
// Is there one, or is the method known to be refused?
bool verified_is_known(VM *vm, Oop method);
// The method's bytes or literals were written: its next activation verifies it again.
void verified_forget(VM *vm, Oop method);
void verified_forget_all(VM *vm);
// For the heap client: entries follow their methods.
void verified_update(VM *vm, Heap *heap);

#endif
