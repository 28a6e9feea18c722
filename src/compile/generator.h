// SPDX-License-Identifier: MIT
// What the files of code generation share (generate.c, inline_sends.c).
#ifndef PARLEY_COMPILE_GENERATOR_H
#define PARLEY_COMPILE_GENERATOR_H

#include "compile/method_ir.h"
#include "compile/scope.h"
#include "compile/unit.h"

typedef struct GeneratorShared { // by a method and its blocks
    CompileUnit *unit;
    const CompileOptions *options;
    bool has_failed;
    bool is_v3;        // as Pharo 8 does it: blocks lie inside
    bool drops_values; // what nobody wants is not pushed
} GeneratorShared;

typedef struct Generator {
    GeneratorShared *shared;
    CodeArena *arena;
    struct Generator *outer;
    IrMethod ir;
    unsigned inline_count; // numbers the temporaries of timesRepeat:
    Scope **scopes;        // whose variables this code holds: its own, then the inlined ones
    size_t scope_count, scope_capacity;
} Generator;

void generator_fail(Generator *g, DiagnosticKind kind, uint32_t start, uint32_t end);

// Each leaves the value of what it visits on the stack.
void generator_visit(Generator *g, Node *node);
void generator_visit_for_effect(Generator *g, Node *node); // leaves nothing
void generator_visit_statements(Generator *g, const NodeList *statements);
void generator_visit_inlined(Generator *g, Node *block);
// Nothing stays on the stack.
void generator_visit_inlined_for_effect(Generator *g, Node *block);
// A send that scope.h has decided to inline: for its value, and in V3 code for its effect alone.
void generator_inline_send(Generator *g, Node *send);
void generator_inline_for_effect(Generator *g, Node *send);

void generator_push_constant(Generator *g, LiteralKind kind); // nil, true or false
void generator_push_integer(Generator *g, int64_t value);
void generator_push_literal(Generator *g, const Literal *literal);
void generator_push_temp(Generator *g, Text name);
void generator_store_temp(Generator *g, Text name);
void generator_store(Generator *g, const Variable *variable); // the value stays
void generator_push_variable(Generator *g, const Variable *variable);
void generator_send(Generator *g, const char *selector, unsigned argument_count);

#endif
