// SPDX-License-Identifier: MIT
// The options that a method is really compiled with: the caller's, those that belong to the
// bytecode set, and what the method's own pragma compilerOptions: says.
#ifndef PARLEY_COMPILE_COMPILER_OPTIONS_H
#define PARLEY_COMPILE_COMPILER_OPTIONS_H

#include "compile/ast.h"
#include "compile/unit.h"

CompileOptions compiler_options_for(const CompileOptions *options, const MethodNode *method);

#endif
