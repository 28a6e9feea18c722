// SPDX-License-Identifier: MIT
// The assembler: a finished IrMethod becomes a Code. It numbers the literals in the order of their
// first use, chooses the forms of the jumps, and keeps count of the stack.
//
// A jump's size depends on how far it goes, and that on the sizes of the jumps in between. All
// begin with the size of nothing known and are recomputed, in order, until none changes.
#ifndef PARLEY_COMPILE_ASSEMBLE_METHOD_H
#define PARLEY_COMPILE_ASSEMBLE_METHOD_H

#include "compile/method_ir.h"
#include "compile/unit.h"

// What is wrong goes to *problem; DIAGNOSTIC_KIND_COUNT when only memory is out. Fills in literals,
// bytes, counts and spans; the literals that every method or block ends with are the caller's.
bool assemble_method(IrMethod *ir, const CompileOptions *options, const MethodNode *method,
                     Code *code, DiagnosticKind *problem);

#endif
