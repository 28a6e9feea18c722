// SPDX-License-Identifier: MIT
// Code generation: the analysed syntax tree becomes intermediate code (method_ir.h), one IrMethod for the
// method and one for each block, and those become Code.
#ifndef PARLEY_COMPILE_GENERATE_H
#define PARLEY_COMPILE_GENERATE_H

#include "compile/ast.h"
#include "compile/unit.h"

// NULL: an error has been reported.
Code *generate_method(CompileUnit *unit, const CompileOptions *options, MethodNode *method);

#endif
