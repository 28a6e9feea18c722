// SPDX-License-Identifier: MIT
// Sends from C: lookup, primitives and their failures, activation, and the messages that the VM
// itself sends when something cannot go on (doesNotUnderstand: and its kin). The interpreter's
// loop does the common case itself and comes here for all others.
#ifndef PARLEY_RUN_SEND_H
#define PARLEY_RUN_SEND_H

#include "run/lookup.h"
#include "run/vm.h"

// Sends `selector` to the operand under `argument_count` arguments. The lookup begins in
// `lookup_class`, or with oop_none() in the receiver's class. Runs the primitive or activates.
// MAY_GC: where there is no room it collects, so no caller keeps oops across it.
MAY_GC Outcome send_message(VM *vm, Oop selector, unsigned argument_count, Oop lookup_class);

// The entry for a send: from the cache, or found now and cached. NULL: the message is not
// understood (or not a method, ...) and only send_message can go on with it.
const LookupEntry *send_entry(VM *vm, Oop selector, unsigned argument_count, Oop class_object);

// The same, and what there is instead where *entry is NULL.
LookupResult send_find(VM *vm, Oop selector, unsigned argument_count, Oop class_object,
                       const LookupEntry **entry);

// A message was found to be not understood by `lookup_class`: turns the operands into those of
// doesNotUnderstand:, whose entry is answered. NULL: that is not understood, or there is no room;
// nothing is changed, and only send_message can go on.
const LookupEntry *send_not_understood(VM *vm, Oop selector, unsigned argument_count,
                                       Oop lookup_class);

// Runs the entry's primitive, or activates its method, on the operands.
MAY_GC Outcome send_run_entry(VM *vm, const LookupEntry *entry, unsigned argument_count);

// Calls a primitive from C, on the operands and the argument count of the VM's registers. Fails with
// LIMIT_EXCEEDED where too many such calls are nested.
MAY_GC Outcome send_call_primitive(VM *vm, PrimitiveFunction function);
// Puts the answer of a quick return in the place of the receiver, the only operand.
Outcome send_quick_return(VM *vm, const LookupEntry *entry);

// Activates the entry's method on the operands; a failed primitive's code goes into its temp.
Outcome send_activate(VM *vm, const LookupEntry *entry, unsigned argument_count);

// What is left to do when a primitive of the entry has failed: unforward and retry, collect and
// retry, otherwise activate the method.
MAY_GC Outcome send_primitive_failed(VM *vm, const LookupEntry *entry, unsigned argument_count);

// The same, but where that does not help the failure is answered. The entry's method is where it is
// now.
MAY_GC Outcome send_retry_primitive(VM *vm, LookupEntry *entry, unsigned argument_count);

// What a method that wants to know is told of vm->failure: the image's name for it.
Oop send_failure_object(VM *vm);

// Why the entry's method is activated without a primitive having run: there is none, or it takes
// another number of arguments.
Failure send_failure_of_missing(const LookupEntry *entry);

// Sends a special selector to operands already pushed; the answer is dropped when it returns. The
// method found is activated, even if it has a primitive.
MAY_GC Outcome send_special(VM *vm, SpecialObject selector, unsigned argument_count);

// What is on top met a conditional jump, behind which the running frame stands, and is no boolean:
// sends mustBeBoolean. A forwarder is followed, and the frame taken back to the jump.
MAY_GC Outcome send_must_be_boolean(VM *vm);

// The running frame cannot carry out the instruction at or before `pc` (as in FRAME_PC): tells the
// program, and takes the frame back to it.
MAY_GC Outcome send_bad_code(VM *vm, uint64_t pc);

// There is no room even for the objects that would tell the program so: says it and stops.
Outcome send_out_of_memory(VM *vm);
// The running frame, just entered, went beyond the depth that one process may have: it gets the
// error that its own message was not understood.
MAY_GC Outcome send_depth_exceeded(VM *vm);
// The same, when memory is used up (vm_make_room).
MAY_GC Outcome send_memory_exhausted(VM *vm);

// Follows forwarders among literals and frame words of the running frame; true when there were any.
bool send_unforward_frame(VM *vm);

#endif
