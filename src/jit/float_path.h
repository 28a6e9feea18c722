// SPDX-License-Identifier: MIT
// Arithmetic of SmallFloat64s behind the code in line, which is made for SmallIntegers. Where an
// operation meets two floats a path begins: it does the operation and goes on with the bytecodes
// behind it, with the floats in float registers, as long as they are arithmetic, pushes and stores.
// Then it boxes what is left and goes back into the code in line, which has the same operands there.
//
// So an expression of floats is boxed where it is stored, and a temporary that was stored is not
// read again. A path that meets another operand goes back in line before that instruction; it never
// has done half of one.
#ifndef PARLEY_JIT_FLOAT_PATH_H
#define PARLEY_JIT_FLOAT_PATH_H

#include "jit/compilation.h"

// What the exit tries first, its values being where it says. Behind it, where they are no floats,
// everything is as before.
void float_path_emit(Compilation *c, const NotedExit *exit);

#endif
