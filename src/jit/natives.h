// SPDX-License-Identifier: MIT
// Primitives as machine code. A native stands at the linked entry of a method, before its frame:
//
//     SP + 8 * (argument count + 1)    receiver
//     ...
//     SP + 8                           last argument
//     SP                               return address
//
// It answers T0 and returns, or jumps to `slow`, having changed nothing: there the primitive itself
// is called, which does the rest and knows how to fail. So a native does the frequent cases and
// asks for everything it relies on: receivers may be of any class, operands may be forwarders,
// read-only, or in eden's last words. What it does must be what the primitive does, to the bit.
//
// It may change the registers T0 to T7, S0 to S2 and the float registers. It knows no oop but those
// it is given, nil and the booleans; class indices that an image decides are read from the VM.
#ifndef PARLEY_JIT_NATIVES_H
#define PARLEY_JIT_NATIVES_H

#include <stddef.h>

#include "jit/compilation.h"
#include "object/header.h"

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

// ---- what natives are written with

enum {
    HEADER_FORMAT_BYTE = HEADER_FORMAT_SHIFT / 8,
    HEADER_SLOTS_BYTE = HEADER_SLOTS_SHIFT / 8,
};
_Static_assert(HEADER_FORMAT_SHIFT % 8 == 0 && HEADER_SLOTS_SHIFT % 8 == 0, "loaded as bytes");

// An operand, counted from the top of the stack.
void native_operand(Compilation *c, Reg to, unsigned position);
// Returns T0 to the sender.
void native_return(Compilation *c);
// Returns a boolean as the flags say.
void native_return_boolean(Compilation *c, Condition condition);
// To the label unless the register holds an object, or a SmallInteger.
void native_check_object(Compilation *c, Reg reg, Label slow);
void native_check_integer(Compilation *c, Reg reg, Label slow);
// The word of a SmallInteger from its value, and back.
void native_tag(Compilation *c, Reg reg);
void native_untag(Compilation *c, Reg reg);
void native_load_format(Compilation *c, Reg to, Reg object);
void native_load_class_index(Compilation *c, Reg to, Reg object);
// How many slots the object, in another register, has.
void native_load_slot_count(Compilation *c, Reg to, Reg object);
// The class with that index, which becomes its place in its page of the class table.
void native_load_class(Compilation *c, Reg to, Reg class_index, Label slow);
// The number of named fields and the format of the instances of a class that has the shape of one.
void native_load_shape(Compilation *c, Reg class_object, Reg fixed, Reg format, Label slow);
// To the label if the register holds a forwarder; `scratch` is lost.
void native_check_followed(Compilation *c, Reg reg, Reg scratch, Label slow);
// Takes [T1, T1 + T2) out of eden; T3 is lost. The bytes are filled at once.
void native_allocate(Compilation *c, Label slow);

#endif
