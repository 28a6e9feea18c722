// SPDX-License-Identifier: MIT
// The compiler's front door: a piece of source and what must be known around it.
//
//     CodeArena arena = {0};
//     Diagnostics diagnostics = {.arena = &arena};
//     CompileUnit unit = {
//         .place = {.source = text, .file = "Point.class.st", .line = 12, .column = 10},
//         .arena = &arena, .diagnostics = &diagnostics,
//         .instance_variables = names, .instance_variable_count = 2,
//         .lookup = my_lookup, .lookup_context = world,
//     };
//     CompileOptions options = {.bytecode_set = CODE_SISTA, .warn = true};
//     Code *code = compile_method(&unit, &options);
//     if (!code) ...                  // diagnostics has at least one error
//
// Nothing here is global, nothing is kept between units; the source must outlive the Code, whose
// texts may point into it. No input crashes it or takes more C stack than
// NESTING_LIMIT (ast.h) levels do.
#ifndef PARLEY_COMPILE_UNIT_H
#define PARLEY_COMPILE_UNIT_H

#include "compile/code.h"
#include "compile/diagnostic.h"

typedef enum UnitKind {
    UNIT_METHOD,     // pattern, temporaries, pragmas, statements
    UNIT_EXPRESSION, // statements without a pattern; answers the value of the last one
    UNIT_SCRIPT,     // the same; its temporaries become bindings, which live on
} UnitKind;

typedef enum NameKind {
    NAME_UNKNOWN,
    NAME_BINDING, // a class variable, pool variable or global: has an association with that key
    NAME_CLASS,   // a global whose value is a class or trait: cannot be assigned to
} NameKind;

// What a name that is neither reserved nor declared in the method nor an instance variable stands
// for.
typedef NameKind NameLookup(void *context, Text name);

typedef struct CompileUnit {
    SourcePlace place;
    UnitKind kind;
    CodeArena *arena;
    Diagnostics *diagnostics;
    const Text *instance_variables; // inherited ones first, as the slots are numbered
    size_t instance_variable_count;
    bool is_class_side;
    NameLookup *lookup; // NULL: every name is known
    void *lookup_context;
    size_t undeclared_count; // answered: names bound though nobody knows them (each use)
    bool wants_warnings;     // set by compile_method from the options
} CompileUnit;

// The defaults (all zero) are what our own kernel is built with; Pharo 13's own methods are
// {CODE_SISTA, .constant_blocks = true}, those of the Pharo 8 kernel {CODE_V3PLUS}.
typedef struct CompileOptions {
    BytecodeSet bytecode_set;
    bool constant_blocks;      // blocks that answer a literal become ConstantBlockClosure literals
    bool clean_blocks;         // blocks that need no context become CleanBlockClosure literals
    unsigned not_inlined;      // bits by Inlining (ast.h): control structures that are sent
    bool long_receiver_access; // of instance variables: Opal does so in Context, whose VM checks
                               // the long forms for contexts that live on the stack
    bool drop_values;          // values that nobody wants are not pushed, as Opal did it until
                               // Pharo 10; with V3PlusClosures always so
    bool strict;               // an unknown variable is an error, else a warning and bound by name
    bool declare;              // an unknown name that is assigned to is bound, without a warning
    bool warn;                 // fill in warnings
    bool source_map;           // fill in Code.spans and Code.names
} CompileOptions;

// NULL when the source has errors.
Code *compile_method(CompileUnit *unit, const CompileOptions *options);

// The end of the statement that begins at `from` in a script, behind its period; the source's
// length for the last one. Periods inside brackets, strings and comments end no statement.
size_t script_statement_end(Text source, size_t from);

// The syntax tree alone (ast.h); NULL when the source has errors.
struct MethodNode *compile_parse(CompileUnit *unit);

#endif
