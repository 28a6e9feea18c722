// SPDX-License-Identifier: MIT
// Which messages are compiled without being sent: what the receiver and the arguments must look
// like for each.
#ifndef PARLEY_COMPILE_INLINING_H
#define PARLEY_COMPILE_INLINING_H

#include "compile/ast.h"

// Decides about the send, notes it there, and marks the blocks that lose their own code. In
// `not_inlined` the bits of the inlinings that are switched off are set.
void inlining_decide(Node *send, unsigned not_inlined);

#endif
