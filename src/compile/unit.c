// SPDX-License-Identifier: MIT
// The phases one after the other, and the splitting of scripts.
#include "compile/unit.h"

#include "compile/compiler_options.h"
#include "compile/generate.h"
#include "compile/lexer.h"
#include "compile/parser.h"
#include "compile/scope.h"

// A tree takes up to a thousand bytes for one of the source.
enum { SOURCE_LIMIT = 8 * 1024 * 1024 };

static void *fail(CompileUnit *unit, DiagnosticKind kind) {
    diagnostics_add(unit->diagnostics, &unit->place, kind, 0, 0, (Text){"", 0});
    return NULL;
}

MethodNode *compile_parse(CompileUnit *unit) {
    if (unit->place.source.length > SOURCE_LIMIT) return fail(unit, DIAGNOSTIC_TOO_LARGE);
    return parser_parse(unit);
}

Code *compile_method(CompileUnit *unit, const CompileOptions *options) {
    size_t errors = unit->diagnostics->error_count, first = unit->diagnostics->count;
    unit->wants_warnings = options->warn;
    MethodNode *method = compile_parse(unit);
    if (!method) return NULL;
    Code *code = NULL;
    CompileOptions own = compiler_options_for(options, method);
    if (scope_analyse(unit, &own, method)) code = generate_method(unit, &own, method);
    if (!code && unit->diagnostics->error_count == errors) fail(unit, DIAGNOSTIC_NO_MEMORY);
    diagnostics_sort(unit->diagnostics, first);
    return unit->diagnostics->error_count == errors ? code : NULL;
}

// ---- scripts

static int nesting_change(const Token *token) {
    if (token->kind == TOKEN_ARRAY || token->kind == TOKEN_BYTE_ARRAY) return 1;
    if (token->kind != TOKEN_SPECIAL) return 0;
    return strchr("([{", token->special) ? 1 : strchr(")]}", token->special) ? -1 : 0;
}

size_t script_statement_end(Text source, size_t from) {
    CodeArena arena = {.limit_bytes = 0};
    Diagnostics diagnostics = {.arena = &arena};
    SourcePlace place = {.source = text_slice(source, from, source.length)};
    Lexer lexer;
    Token token;
    int depth = 0;
    lexer_start(&lexer, &place, &arena, &diagnostics);
    do {
        token = lexer_next(&lexer);
        depth += nesting_change(&token);
    } while (token.kind != TOKEN_END &&
             !(depth <= 0 && token.kind == TOKEN_SPECIAL && token.special == '.'));
    code_arena_free(&arena);
    return from + token.end;
}
