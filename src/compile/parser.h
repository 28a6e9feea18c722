// SPDX-License-Identifier: MIT
// The parser: recursive descent over the lexer's tokens, Pharo's grammar. It stops at the first
// error, which is reported to the unit's diagnostics; then the answer is NULL.
#ifndef PARLEY_COMPILE_PARSER_H
#define PARLEY_COMPILE_PARSER_H

#include "compile/ast.h"
#include "compile/unit.h"

MethodNode *parser_parse(CompileUnit *unit);

#endif
