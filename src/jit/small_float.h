// SPDX-License-Identifier: MIT
// Machine code that reads and makes SmallFloat64s: object/small_float.h, which draws their words,
// as instructions.
#ifndef PARLEY_JIT_SMALL_FLOAT_H
#define PARLEY_JIT_SMALL_FLOAT_H

#include "jit/ir.h"

// The double of a word; T2 and T3 are lost.
void small_float_read(IrCode *ir, FloatReg to, Reg from);

// T0 := the word of a double that has one; T1 is lost.
void small_float_box(IrCode *ir, FloatReg from);

// To `odd` unless the double has a word and is no zero; T1 and T2 are lost. From there with both as
// they are: on to `zero` if it is one, or `other`.
void small_float_check(IrCode *ir, FloatReg reg, Label odd);
void small_float_check_odd(IrCode *ir, Label zero, Label other);

// Both at once. T0 := the word, or to `odd` as above; T1 is lost. From there with T0 as it is:
// T0 := the word of a zero, or to `other`.
void small_float_try_box(IrCode *ir, FloatReg from, Label odd);
void small_float_try_box_odd(IrCode *ir, Label other);

#endif
