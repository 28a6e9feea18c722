// SPDX-License-Identifier: MIT
// Is a Code what the virtual machine will run? Its method and blocks are laid out as objects in
// plain memory, with stand-ins for what their literals are, and given to the bytecode verifier.
#ifndef PARLEY_COMPILE_CHECK_CODE_H
#define PARLEY_COMPILE_CHECK_CODE_H

#include "base/status.h"
#include "compile/arena.h"
#include "compile/code.h"

// `scratch` holds the objects; it may be emptied afterwards.
MUST_USE Status code_verify(const Code *code, BytecodeSet set, CodeArena *scratch,
                            Diagnosis *diagnosis);

#endif
