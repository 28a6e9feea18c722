// SPDX-License-Identifier: MIT
// What compiled code relies on about classes and their methods (relied.tbl). A compilation that wants
// to leave out a send asks whether it may; from then on the answer is looked at again whenever
// methods or classes change, and all code is forgotten once it is another.
#ifndef PARLEY_JIT_RELIED_H
#define PARLEY_JIT_RELIED_H

#include <stdbool.h>
#include <stddef.h>

#include "run/vm.h"

typedef enum Relied {
#define RELIED(NAME, selector, arguments, class, primitive, text) RELIED_##NAME,
#include "jit/relied.tbl"
#undef RELIED
    RELIED_COUNT
} Relied;

// Does it hold? Then code may rely on it from now on.
bool relied_holds(VM *vm, Relied relied);
// Where the class index of the row's class stands in the VM struct.
size_t relied_class_offset(Relied relied);
// Methods or classes have changed: is there something that code relies on and that holds no longer?
bool relied_is_broken(VM *vm);

#endif
