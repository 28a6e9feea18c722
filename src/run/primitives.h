// SPDX-License-Identifier: MIT
// The functions of the numbered primitives, declared from their rows in primitives.tbl.
#ifndef PARLEY_RUN_PRIMITIVES_H
#define PARLEY_RUN_PRIMITIVES_H

#include "run/vm.h"

#define PRIMITIVE(number, function, arguments, depth, may_gc, native, state)                       \
    Outcome function(VM *vm);
#define ABSENT(number, name, arguments, why)
#include "run/primitives.tbl"
#undef PRIMITIVE
#undef ABSENT

// The greatest number that a row may have.
enum { PRIMITIVE_NUMBER_LIMIT = 1023 };

#endif
