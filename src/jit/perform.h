// SPDX-License-Identifier: MIT
// perform: and its kin in compiled code: the natives look for code in the lookup cache, and C gives
// the entries theirs. perform:withArguments: takes up to PERFORM_SPREADS arguments out of an Array
// there; the primitive takes more.
#ifndef PARLEY_JIT_PERFORM_H
#define PARLEY_JIT_PERFORM_H

#include "jit/jit.h"

enum { PERFORM_SPREADS = 8 };
enum { PRIMITIVE_PERFORM = 83, PRIMITIVE_PERFORM_WITH_ARGUMENTS = 84 };

// A method with the primitive of perform: or perform:withArguments: was activated on the operands of
// the VM's stack. The code of the method that it performs, 0 if the primitive must decide; the
// operands are then what they were, else those of the send. Compiling may forget all code.
uint64_t perform_code(VM *vm, const LookupEntry *performer, unsigned *argument_count);

#endif
