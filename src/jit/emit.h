// SPDX-License-Identifier: MIT
// Machine code that looks into objects and makes them, for compilers, natives and stubs: tags,
// headers, the class table, eden. What does not fit goes to the label that comes last.
#ifndef PARLEY_JIT_EMIT_H
#define PARLEY_JIT_EMIT_H

#include <stdint.h>

#include "jit/ir.h"
#include "object/header.h"

enum {
    HEADER_FORMAT_BYTE = HEADER_FORMAT_SHIFT / 8,
    HEADER_SLOTS_BYTE = HEADER_SLOTS_SHIFT / 8,
};
_Static_assert(HEADER_FORMAT_SHIFT % 8 == 0 && HEADER_SLOTS_SHIFT % 8 == 0, "loaded as bytes");

// Byte offset of a slot from the object.
static inline int64_t slot_offset(int64_t index) { return 8 + 8 * index; }

// ---- words
// Unless the register holds an object, or a SmallInteger.
void emit_check_object(IrCode *ir, Reg reg, Label other);
void emit_check_integer(IrCode *ir, Reg reg, Label other);
// The word of a SmallInteger from its value, and back.
void emit_tag(IrCode *ir, Reg reg);
void emit_untag(IrCode *ir, Reg reg);

// ---- headers
void emit_load_format(IrCode *ir, Reg to, Reg object);
void emit_load_class_index(IrCode *ir, Reg to, Reg object);
// How many slots the object, in another register, has.
void emit_load_slot_count(IrCode *ir, Reg to, Reg object);
// If the register holds a forwarder; `scratch` is lost.
void emit_check_followed(IrCode *ir, Reg reg, Reg scratch, Label forwarder);
void emit_check_read_only(IrCode *ir, Reg object, Label read_only);

// ---- classes
// T1 := the class index of the object in T0, or its tag.
void emit_class_index(IrCode *ir);
// Unless the register holds an object of the class that the VM has the index of at that offset.
// `scratch` is lost.
void emit_check_class(IrCode *ir, Reg reg, Reg scratch, int64_t vm_offset, Label other);
// The class with that index, which becomes its place in its page of the class table; T7 is lost.
void emit_load_class(IrCode *ir, Reg to, Reg class_index, Label none);
// The class of what is in T0, unless one of the two is a forwarder; T1 and T7 are lost.
void emit_class(IrCode *ir, Reg to, Label forwarder);

// ---- the lookup cache
// T3 := where the entry for the selector in T2 and the key in T1 is, in either of its places, less
// the offset of the lookup cache in the VM; T4 is lost. To `miss` where there is none.
void emit_find_entry(IrCode *ir, Label miss);
// T3 := the code of the entry at T3. To `none` where it has none.
void emit_load_code(IrCode *ir, Label none);
// Both.
void emit_find_code(IrCode *ir, Label miss);

// ---- eden
// Takes [T1, T1 + T2) out of it; T2 is its end then. The bytes are filled at once.
void emit_allocate(IrCode *ir, Label full);
// T1 := an object of so many slots, which are still to be filled, of the class that the VM has the
// index of at that offset (0: the image lacks it). T2 to T4 are lost.
void emit_new_object(IrCode *ir, int64_t vm_offset, uint64_t slots, Format format, Label slow);

#endif
