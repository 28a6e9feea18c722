// SPDX-License-Identifier: MIT
// Compiling a text in a test, and the code as one line of text:
//
//     compile_text("foo ^ 3 + x");      // fixture.code, fixture.diagnostics
//     assert_string_equal(code_text(fixture.code), "push 0; ...");
//
// Classes have the instance variables a and b; every other name is known but those that begin with
// "unknown".
#ifndef PARLEY_TEST_COMPILE_FIXTURE_H
#define PARLEY_TEST_COMPILE_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "bytecode/instruction.h"
#include "compile/check_code.h"
#include "compile/unit.h"

static struct {
    CodeArena arena, scratch;
    Diagnostics diagnostics;
    CompileUnit unit;
    CompileOptions options;
    Code *code;
    char text[8192];
} fixture __attribute__((unused));

static inline NameKind fixture_lookup(void *context, Text name) {
    (void)context;
    if (name.length >= 7 && memcmp(name.bytes, "unknown", 7) == 0) return NAME_UNKNOWN;
    return text_is(name, "Object") ? NAME_CLASS : NAME_BINDING;
}

static inline void fixture_reset(void) {
    code_arena_free(&fixture.arena);
    code_arena_free(&fixture.scratch);
    memset(&fixture, 0, sizeof fixture);
    fixture.options.warn = true;
}

static inline int fixture_close(void **state) {
    (void)state;
    fixture_reset();
    return 0;
}
static inline int fixture_open(void **state) { return fixture_close(state); }

// Keeps the options and the kind that the test has set.
static inline Code *compile_bytes(const char *bytes, size_t length) {
    static const Text variables[] = {{"a", 1}, {"b", 1}};
    code_arena_reset(&fixture.arena);
    fixture.diagnostics = (Diagnostics){.arena = &fixture.arena};
    fixture.unit.place = (SourcePlace){.source = {bytes, length}, .file = "test"};
    fixture.unit.arena = &fixture.arena;
    fixture.unit.diagnostics = &fixture.diagnostics;
    fixture.unit.instance_variables = variables;
    fixture.unit.instance_variable_count = 2;
    fixture.unit.lookup = fixture_lookup;
    fixture.code = compile_method(&fixture.unit, &fixture.options);
    return fixture.code;
}

static inline Code *compile_text(const char *text) { return compile_bytes(text, strlen(text)); }

static inline Code *compile_expression(const char *text) {
    fixture.unit.kind = UNIT_EXPRESSION;
    return compile_text(text);
}

// What the verifier says about the code must be good.
static inline void assert_verified(void) {
    Diagnosis diagnosis = {""};
    assert_non_null(fixture.code);
    Status status =
        code_verify(fixture.code, fixture.options.bytecode_set, &fixture.scratch, &diagnosis);
    if (status != STATUS_OK) print_error("%s\n", diagnosis.text);
    assert_int_equal(status, STATUS_OK);
}

// "OP a b c, OP a, ...", operands up to the last that is not 0.
static inline const char *code_text(const Code *code) {
    Instruction in;
    size_t used = 0;
    fixture.text[0] = 0;
    bool is_sista = fixture.options.bytecode_set == CODE_SISTA;
    for (uint32_t pc = 0; pc < code->byte_count; pc = instruction_next_pc(&in)) {
        assert_true(instruction_decode(code->bytes, (uint32_t)code->byte_count, pc, is_sista, &in));
        long operands[] = {(long)in.a, (long)in.b, (long)in.c};
        int count = operands[2] ? 3 : operands[1] ? 2 : operands[0] ? 1 : 0;
        used += (size_t)snprintf(fixture.text + used, sizeof fixture.text - used, "%s%s",
                                 pc ? ", " : "", bytecode_op_name(in.op));
        for (int i = 0; i < count; i++)
            used += (size_t)snprintf(fixture.text + used, sizeof fixture.text - used, " %ld",
                                     operands[i]);
    }
    return fixture.text;
}

static inline void literal_text(const Literal *literal, char *to, size_t room) {
    switch (literal->kind) {
    case LITERAL_INTEGER:
        snprintf(to, room, "%lld", (long long)literal->integer);
        break;
    case LITERAL_FLOAT:
        snprintf(to, room, "%.17g", literal->real);
        break;
    case LITERAL_CHARACTER:
        snprintf(to, room, "$%lld", (long long)literal->integer);
        break;
    case LITERAL_STRING:
        snprintf(to, room, "'%.*s'", TEXT_ARGUMENTS(literal->text));
        break;
    case LITERAL_SYMBOL:
        snprintf(to, room, "#%.*s", TEXT_ARGUMENTS(literal->text));
        break;
    case LITERAL_BINDING:
        snprintf(to, room, "##%.*s", TEXT_ARGUMENTS(literal->text));
        break;
    case LITERAL_NIL:
    case LITERAL_TRUE:
    case LITERAL_FALSE:
        snprintf(to, room, "%s",
                 literal->kind == LITERAL_NIL    ? "nil"
                 : literal->kind == LITERAL_TRUE ? "true"
                                                 : "false");
        break;
    case LITERAL_ARRAY: {
        size_t used = (size_t)snprintf(to, room, "(");
        for (size_t i = 0; i < literal->item_count && used + 2 < room; i++) {
            if (i) to[used++] = ' ';
            literal_text(&literal->items[i], to + used, room - used);
            used += strlen(to + used);
        }
        snprintf(to + used, room - used, ")");
        break;
    }
    case LITERAL_BYTE_ARRAY:
        snprintf(to, room, "[%zu]", literal->text.length);
        break;
    default:
        snprintf(to, room, "kind%d", literal->kind);
    }
}

// The literals, separated by blanks.
static inline const char *literals_text(const Code *code) {
    size_t used = 0;
    fixture.text[0] = 0;
    for (size_t i = 0; i < code->literal_count; i++) {
        if (i) fixture.text[used++] = ' ';
        literal_text(&code->literals[i], fixture.text + used, sizeof fixture.text - used);
        used += strlen(fixture.text + used);
    }
    return fixture.text;
}

static inline bool has_diagnostic(DiagnosticKind kind) {
    for (size_t i = 0; i < fixture.diagnostics.count; i++)
        if (fixture.diagnostics.items[i].kind == kind) return true;
    return false;
}

#define COMPILE_TEST(f) cmocka_unit_test_setup_teardown(f, fixture_open, fixture_close)

#endif
