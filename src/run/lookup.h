// SPDX-License-Identifier: MIT
// The global lookup cache, as the rest of the VM sees it: what makes it forget.
#ifndef PARLEY_RUN_LOOKUP_H
#define PARLEY_RUN_LOOKUP_H

#include "run/vm.h"

// Forgets everything; every entry with the selector; every entry with the method.
void lookup_flush_all(VM *vm);
void lookup_flush_selector(VM *vm, Oop selector);
void lookup_flush_method(VM *vm, Oop method);

// Header, literals or bytes of the method were written: what was verified about it is dropped,
// and it is verified again before it runs on.
void lookup_method_written(VM *vm, Oop method);

#endif
