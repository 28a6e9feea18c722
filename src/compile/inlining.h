// SPDX-License-Identifier: MIT
// Which messages are compiled without being sent: what the receiver and the arguments must look
// like for each.
#ifndef PARLEY_COMPILE_INLINING_H
#define PARLEY_COMPILE_INLINING_H

#include "compile/ast.h"
#include "compile/code.h"

// Decides about the send, notes it there, and marks the blocks that lose their own code.
void inlining_decide(Node *send, BytecodeSet set);

#endif
