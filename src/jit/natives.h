// SPDX-License-Identifier: MIT
// Primitives as machine code. A native stands at the linked entry of a method, before its frame:
//
//     SP + 8 * (argument count + 1)    receiver
//     ...
//     SP + 8                           last argument
//     SP                               return address
//
// It answers T0 and returns, enters the code of the method or block that it activates, or jumps to
// `slow`, having changed nothing: there the primitive itself is called, which does the rest and
// knows how to fail. So a native does the frequent cases and asks for everything it relies on:
// receivers may be of any class, operands may be forwarders, read-only, or in eden's last words.
// What it does must be what the primitive does, to the bit.
//
// It may change the registers T0 to T7, S0 to S2 and the float registers. It knows no oop but those
// it is given, nil and the booleans; class indices that an image decides are read from the VM.
#ifndef PARLEY_JIT_NATIVES_H
#define PARLEY_JIT_NATIVES_H

#include <stddef.h>

#include "jit/compilation.h"
#include "jit/emit.h"

typedef enum Native {
    NATIVE_NONE,
#define NATIVE(NAME, operands, text) NATIVE_##NAME,
#include "jit/natives.tbl"
#undef NATIVE
    NATIVE_COUNT
} Native;

// The native of a numbered primitive that is called with so many arguments.
Native native_of(unsigned primitive_number, unsigned argument_count);
unsigned native_operand_count(Native native); // the column of the table
// Emits it; what does not fit goes to the label.
void native_emit(Compilation *c, Native native, Label slow);

#define NATIVE(NAME, operands, text) void native_##NAME(Compilation *c, Label slow);
#include "jit/natives.tbl"
#undef NATIVE

// ---- what natives are written with, beside emit.h

// An operand, counted from the top of the stack.
void native_operand(Compilation *c, Reg to, unsigned position);
// Returns T0 to the sender.
void native_return(Compilation *c);
// Returns a boolean as the flags say.
void native_return_boolean(Compilation *c, Condition condition);
// The number of named fields and the format of the instances of a class that has the shape of one;
// T7 is lost.
void native_load_shape(Compilation *c, Reg class_object, Reg fixed, Reg format, Label slow);

#endif
