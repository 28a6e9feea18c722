// SPDX-License-Identifier: MIT
// Semantic analysis: what each name stands for, which blocks are inlined, and where each temporary
// lives so that blocks can share it. Opal does this in two passes, and so do we, because the order
// of copied values and of the elements of temp vectors comes out of the second one:
//
// 1. Declare and look up. For each local variable note whether it is written, written again and
//    again (in an inlined loop), and whether a block other than its own reads or writes it.
// 2. A variable that a block shares and somebody writes moves to the *temp vector* of its scope, an
//    Array that blocks hold instead. All others that blocks share are *copied* into each block on
//    the way from its scope to the use.
//
// A scope belongs to a method, a block, or an inlined block (is_inlined), which has no code of its
// own: `real` is the scope whose code holds its variables. Slots are shared by name (`key`): two
// inlined blocks one after the other may call their temporaries alike.
#ifndef PARLEY_COMPILE_SCOPE_H
#define PARLEY_COMPILE_SCOPE_H

#include "compile/ast.h"
#include "compile/unit.h"

typedef enum VariableKind {
    VARIABLE_TEMPORARY,
    VARIABLE_ARGUMENT,
    VARIABLE_ERROR,  // takes the failure code of a primitive
    VARIABLE_VECTOR, // holds the temp vector of its scope
    VARIABLE_INSTANCE,
    VARIABLE_BINDING,
    VARIABLE_SELF,
    VARIABLE_SUPER,
    VARIABLE_THIS_CONTEXT,
    VARIABLE_THIS_PROCESS,
} VariableKind;

typedef enum Usage { USAGE_NONE, USAGE_READ, USAGE_WRITTEN, USAGE_REWRITTEN } Usage;
typedef enum Escape { ESCAPE_NONE, ESCAPE_READ, ESCAPE_WRITTEN } Escape;

struct Variable {
    VariableKind kind;
    Text name, key;
    Scope *scope;   // of a local one: where it is declared
    unsigned index; // of an instance variable: its number; in a temp vector: which element
    Usage usage;
    Escape escape;
    bool is_in_vector;
    bool is_class; // of a binding: cannot be assigned to
    bool is_reported;
    uint32_t start, end; // where it is declared
};

typedef struct VariableList {
    Variable **items;
    size_t count, capacity;
} VariableList;

struct Scope {
    Scope *outer, *real;
    unsigned id; // blocks are numbered as they come; the method is 0
    bool is_inlined, is_loop, is_inside_loop;
    bool has_self, has_return; // something inside, blocks included, needs self; returns from afar
    size_t visible_count;      // variables of the scopes around it
    VariableList variables;    // in the order of declaration, without those in the vector
    VariableList vector;       // those, in their order
    Variable *vector_variable;
    VariableList copied;   // that pass through or begin here, in the order of their discovery
    VariableList incoming; // of a block: what it is given, in the order of its slots
};

// Analyses the method; the tree's variables, scopes and inlining are filled in. False: errors, or
// no memory (the arena is exhausted).
bool scope_analyse(CompileUnit *unit, const CompileOptions *options, MethodNode *method);

// Fills in `incoming`, in the order of Pharo 13 or of Pharo 8. To be called once for each scope
// when the analysis is done.
void scope_find_incoming(CodeArena *arena, Scope *scope, bool is_v3);

static inline bool variable_is_local(const Variable *variable) {
    return variable->kind <= VARIABLE_VECTOR;
}

bool variable_is_writable(const Variable *variable);

#endif
