// SPDX-License-Identifier: MIT
// What the files of the parser share: parser.c has the grammar, parse_pragmas.c what stands between
// < and >.
#ifndef PARLEY_COMPILE_PARSER_STATE_H
#define PARLEY_COMPILE_PARSER_STATE_H

#include "compile/lexer.h"
#include "compile/parser.h"

enum { ARGUMENT_LIMIT = 31 }; // what a bytecode of a send has room for

typedef struct Parser {
    CompileUnit *unit;
    CodeArena *arena;
    Lexer lexer;
    Token current, ahead;
    bool has_ahead;
    uint32_t last_end; // of the token before the current one
    unsigned nesting;
    size_t errors_before; // this method
    MethodNode *method;
    PragmaNode *last_pragma;
} Parser;

typedef struct LiteralList {
    Literal *items;
    size_t count, capacity;
} LiteralList;

void parser_step(Parser *p); // to the next token
bool parser_at_operator(const Parser *p, const char *chars);
bool parser_at_variable(const Parser *p); // a name that a variable may have
bool parser_at_literal(const Parser *p);
// At a literal: takes all of it; false after an error.
bool parser_parse_literal(Parser *p, Literal *literal);
// Reports at the current token, unless that is bad itself and has been reported; answers NULL.
void *parser_fail(Parser *p, DiagnosticKind kind);

bool parser_list_add(Parser *p, LiteralList *list, Literal literal);
Text parser_join(Parser *p, Text a, Text b);

// Takes all pragmas that stand here and notes them with the method.
bool parser_parse_pragmas(Parser *p);

#endif
