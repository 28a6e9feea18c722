// SPDX-License-Identifier: MIT
// Generated code, instruction by instruction, in the shapes that Opal gives it. Whole trees of
// sources are compared elsewhere (tests/image/opal_oracle.sh); here each shape has its line.
#include "compile_fixture.h"

static void assert_code(const char *source, const char *expected) {
    compile_text(source);
    assert_verified();
    assert_string_equal(code_text(fixture.code), expected);
}

static void assert_literals(const char *source, const char *expected) {
    compile_text(source);
    assert_verified();
    assert_string_equal(literals_text(fixture.code), expected);
}

static const Code *block_at(size_t index) {
    assert_true(index < fixture.code->literal_count);
    assert_non_null(fixture.code->literals[index].code);
    return fixture.code->literals[index].code;
}

static void quick_returns(void **state) {
    (void)state;
    assert_code("foo", "CALL_PRIMITIVE 256, RETURN_RECEIVER");
    assert_int_equal(fixture.code->primitive, 256);
    assert_code("foo ^ true", "CALL_PRIMITIVE 257, RETURN_TRUE");
    assert_code("foo ^ nil", "CALL_PRIMITIVE 259, RETURN_NIL");
    assert_code("foo ^ -1", "CALL_PRIMITIVE 260, PUSH_LITERAL, RETURN_TOP");
    assert_code("foo ^ 0", "CALL_PRIMITIVE 261, PUSH_INTEGER, RETURN_TOP");
    assert_code("foo ^ 3", "PUSH_LITERAL, RETURN_TOP");
    assert_code("foo ^ b", "CALL_PRIMITIVE 265, PUSH_RECEIVER_VARIABLE 1, RETURN_TOP");
    assert_code("foo: x ^ b", "PUSH_RECEIVER_VARIABLE 1, RETURN_TOP");
    assert_int_equal(fixture.code->primitive, 0);
}

// Number 0 is no primitive, so nobody leaves a failure code behind.
static void no_primitive_has_no_failure_code(void **state) {
    (void)state;
    assert_code("foo <primitive: 1 error: e> ^ e",
                "CALL_PRIMITIVE 1, STORE_TEMP, PUSH_TEMP, RETURN_TOP");
    for (int v3 = 0; v3 < 2; v3++) {
        fixture.options.bytecode_set = v3 ? CODE_V3PLUS : CODE_SISTA;
        assert_code("foo <primitive: 0 error: e> ^ e", "PUSH_TEMP, RETURN_TOP");
    }
}

static void stores_and_pops(void **state) {
    (void)state;
    assert_code("foo a := 3", "PUSH_LITERAL, POP_INTO_RECEIVER_VARIABLE, RETURN_RECEIVER");
    assert_code("foo ^ a := 3", "PUSH_LITERAL, STORE_RECEIVER_VARIABLE, RETURN_TOP");
    assert_code("foo | t | t := Known", "PUSH_LITERAL_VARIABLE, POP_INTO_TEMP, RETURN_RECEIVER");
    assert_code("foo Known := a",
                "PUSH_RECEIVER_VARIABLE, POP_INTO_LITERAL_VARIABLE, RETURN_RECEIVER");
    assert_code("foo a. 3. self. 'kept'", "PUSH_LITERAL, POP, RETURN_RECEIVER");
}

static void messages(void **state) {
    (void)state;
    assert_code("foo: x ^ x + 1", "PUSH_TEMP, PUSH_INTEGER 1, SEND_ADD 0 1, RETURN_TOP");
    assert_code("foo: x ^ x class", "PUSH_TEMP, SEND, RETURN_TOP");
    assert_code("foo ^ super foo", "PUSH_RECEIVER, SUPER_SEND, RETURN_TOP");
    assert_code("foo: x x a; + 1; b",
                "PUSH_TEMP, DUP, SEND, POP, DUP, PUSH_INTEGER 1, SEND_ADD 0 1, "
                "POP, SEND 1, POP, RETURN_RECEIVER");
    assert_code("foo ^ {1. 2}", "PUSH_INTEGER 1, PUSH_LITERAL, PUSH_ARRAY_OF_TOP 2, RETURN_TOP");
    assert_code("foo ^ thisContext == thisProcess",
                "PUSH_THIS_CONTEXT, PUSH_THIS_PROCESS, SEND_IDENTICAL 22 1, RETURN_TOP");
    assert_code("foo ^ 3-4", "PUSH_LITERAL, PUSH_LITERAL 1, SEND_SUBTRACT 1 1, RETURN_TOP");
}

static void literals_come_once_in_order_of_use(void **state) {
    (void)state;
    assert_literals("foo ^ 'a' , #a , 'a' , 3 , 3.0 , 3 , #(3) , #(3)",
                    "'a' #a #, 3 3 (3) #foo kind12");
    // Inlined selectors come last, in the order of a hashed set.
    assert_literals("foo: x ^ (x and: [x]) or: [Known == Known]",
                    "##Known #or: #and: #foo: kind12");
    assert_literals("foo ^ 0.0 = -0.0", "0 -0 #foo kind12");
}

static void conditions(void **state) {
    (void)state;
    assert_code("foo: x ^ x ifTrue: [3]",
                "PUSH_TEMP, JUMP_IF_FALSE 2, PUSH_LITERAL, JUMP 1, PUSH_NIL, RETURN_TOP");
    assert_code("foo: x ^ x ifTrue: [3] ifFalse: [4]",
                "PUSH_TEMP, JUMP_IF_FALSE 2, PUSH_LITERAL, JUMP 1, PUSH_LITERAL 1, RETURN_TOP");
    assert_code("foo: x ^ x or: [a]", "PUSH_TEMP, JUMP_IF_FALSE 2, PUSH_TRUE, JUMP 1, "
                                      "PUSH_RECEIVER_VARIABLE, RETURN_TOP");
    assert_code("foo: x ^ x ifNil: [3]", "PUSH_TEMP, DUP, PUSH_NIL, SEND_IDENTICAL 22 1, "
                                         "JUMP_IF_FALSE 2, POP, PUSH_LITERAL, RETURN_TOP");
    assert_code("foo: x ^ x ifNotNil: [:y | y a]",
                "PUSH_TEMP, STORE_TEMP 1, DUP, PUSH_NIL, SEND_IDENTICAL 22 1, JUMP_IF_TRUE 3, POP, "
                "PUSH_TEMP 1, SEND, RETURN_TOP");
    assert_code("foo: x x ifTrue: [^ 1] ifFalse: [^ x]",
                "PUSH_TEMP, JUMP_IF_FALSE 2, PUSH_INTEGER 1, "
                "RETURN_TOP, PUSH_TEMP, RETURN_TOP");
    // What is no block is sent.
    assert_code("foo: x ^ x ifTrue: a", "PUSH_TEMP, PUSH_RECEIVER_VARIABLE, SEND 0 1, RETURN_TOP");
    assert_code("foo: x ^ x b; ifTrue: [3]", "PUSH_TEMP, DUP, SEND, POP, PUSH_FULL_CLOSURE 1, "
                                             "SEND 2 1, RETURN_TOP");
}

static void loops(void **state) {
    (void)state;
    assert_code("foo: x [x] whileTrue: [x a]",
                "PUSH_TEMP, JUMP_IF_FALSE 7, PUSH_TEMP, SEND, POP, JUMP -9, RETURN_RECEIVER");
    assert_code("foo: x [x a] repeat", "PUSH_TEMP, SEND, POP, JUMP -7, RETURN_RECEIVER");
    assert_code(
        "foo: x 1 to: x do: [:i | i a]",
        "PUSH_INTEGER 1, STORE_TEMP 1, PUSH_TEMP 1, PUSH_TEMP, SEND_LESS_OR_EQUAL 4 1, "
        "JUMP_IF_FALSE 11, PUSH_TEMP 1, SEND, POP, PUSH_TEMP 1, PUSH_INTEGER 1, SEND_ADD 0 1, "
        "POP_INTO_TEMP 1, JUMP -16, POP, RETURN_RECEIVER");
    // A limit that may change is kept, and the step decides about the comparison.
    compile_text("foo 1 to: a by: -1 do: [:i | i a]");
    assert_verified();
    assert_int_equal(fixture.code->temp_count, 2);
    assert_non_null(strstr(code_text(fixture.code), "SEND_GREATER_OR_EQUAL"));
    // A block that assigns to the limit is no loop that could be inlined.
    compile_text("foo | t | 1 to: t do: [:i | t := i]");
    assert_verified();
    assert_non_null(strstr(literals_text(fixture.code), "#to:do:"));
    // Temporaries of a loop begin as nil each time.
    compile_text("foo: x [x] whileTrue: [| t | t a. t := x]");
    assert_verified();
    assert_non_null(strstr(code_text(fixture.code), "PUSH_NIL, POP_INTO_TEMP 1"));
}

static void blocks_share_variables(void **state) {
    (void)state;
    assert_code("foo: x ^ [x a]", "PUSH_TEMP, PUSH_FULL_CLOSURE 0 1, RETURN_TOP");
    assert_int_equal(block_at(0)->copied_count, 1);
    assert_string_equal(code_text(block_at(0)), "PUSH_TEMP, SEND, BLOCK_RETURN_TOP");
    // Who writes a shared variable finds it in a vector.
    assert_code("foo | t | ^ [t := t a]",
                "PUSH_NEW_ARRAY 1, POP_INTO_TEMP, PUSH_TEMP, PUSH_FULL_CLOSURE 0 1, RETURN_TOP");
    assert_string_equal(code_text(block_at(0)), "PUSH_REMOTE_TEMP, SEND, STORE_REMOTE_TEMP, "
                                                "BLOCK_RETURN_TOP");
    // A variable that only its own block uses stays there.
    assert_code("foo ^ [| t | t := 1. t]", "PUSH_FULL_CLOSURE, RETURN_TOP");
    assert_string_equal(code_text(block_at(0)),
                        "PUSH_INTEGER 1, POP_INTO_TEMP, PUSH_TEMP, BLOCK_RETURN_TOP");
    // The class is pushed where super is sent in a block.
    compile_text("foo ^ [super foo: 1]");
    assert_verified();
    assert_string_equal(code_text(block_at(0)), "PUSH_RECEIVER, PUSH_INTEGER 1, "
                                                "PUSH_LITERAL_VARIABLE 1, DIRECTED_SUPER_SEND 0 1, "
                                                "BLOCK_RETURN_TOP");
    compile_text("foo ^ [^ a]");
    assert_string_equal(code_text(block_at(0)), "PUSH_RECEIVER_VARIABLE, RETURN_TOP");
}

static void hidden_variables_keep_their_values(void **state) {
    (void)state;
    compile_text("foo | t | t := 1. a ifTrue: [| t | t := 2]. ^ t");
    assert_verified();
    assert_int_equal(fixture.code->temp_count, 2);
    assert_true(has_diagnostic(DIAGNOSTIC_SHADOWED_VARIABLE));
    // Two that never meet share a slot.
    compile_text("foo a ifTrue: [| t | t := 2] ifFalse: [| t | t := 3]");
    assert_int_equal(fixture.code->temp_count, 1);
}

static void constant_and_clean_blocks(void **state) {
    (void)state;
    fixture.options.constant_blocks = true;
    assert_literals("foo ^ [3]", "kind14 #foo kind12");
    assert_literals("foo ^ [:x :y | 'a']", "kind14 #foo kind12");
    assert_literals("foo ^ [:x | x]", "kind13 #foo kind12");
    fixture.options.clean_blocks = true;
    assert_literals("foo ^ [:x | x]", "kind15 #foo kind12");
    assert_literals("foo ^ [:x | a]", "kind13 #foo kind12");
    assert_literals("foo ^ [:x | ^ x]", "kind13 #foo kind12");
}

static void v3_has_its_blocks_inside(void **state) {
    (void)state;
    fixture.options.bytecode_set = CODE_V3PLUS;
    assert_code("foo: x ^ [:y | y + x]", "PUSH_TEMP, PUSH_CLOSURE 1 1 4, PUSH_TEMP, PUSH_TEMP 1, "
                                         "SEND_ADD 0 1, BLOCK_RETURN_TOP, RETURN_TOP");
    assert_code("foo: x x ifTrue: [x a]", "PUSH_TEMP, JUMP_IF_FALSE 3, PUSH_TEMP, SEND, POP, "
                                          "RETURN_RECEIVER");
    assert_code("foo: x ^ [| t | t := x. t]",
                "PUSH_TEMP, PUSH_CLOSURE 0 1 5, PUSH_NIL, PUSH_TEMP, POP_INTO_TEMP 1, PUSH_TEMP 1, "
                "BLOCK_RETURN_TOP, RETURN_TOP");
    assert_code("foo ^ -1", "CALL_PRIMITIVE 260, PUSH_INTEGER -1, RETURN_TOP");
    assert_code("foo 1 to: 3 do: [:i | i a]",
                "PUSH_INTEGER 1, POP_INTO_TEMP, PUSH_TEMP, PUSH_LITERAL, SEND_LESS_OR_EQUAL 4 1, "
                "JUMP_IF_FALSE 9, PUSH_TEMP, SEND 1, POP, PUSH_TEMP, PUSH_INTEGER 1, SEND_ADD 0 1, "
                "POP_INTO_TEMP, JUMP -14, RETURN_RECEIVER");
    // Messages that Pharo 8 sends.
    assert_literals("foo: x 3 timesRepeat: [x a]", "3 #a #timesRepeat: #foo: kind12");
    assert_literals("foo: x 'seen'. Known. x a", "#a 'seen' ##Known #foo: kind12");
}

// As Opal did it until Pharo 10, and its image shows.
static void values_nobody_wants_may_be_dropped(void **state) {
    (void)state;
    assert_code("foo: x x ifTrue: [^ a]. x b",
                "PUSH_TEMP, JUMP_IF_FALSE 2, PUSH_RECEIVER_VARIABLE, RETURN_TOP, PUSH_NIL, POP, "
                "PUSH_TEMP, SEND, POP, RETURN_RECEIVER");
    fixture.options.drop_values = true;
    assert_code("foo: x x ifTrue: [^ a]. x b",
                "PUSH_TEMP, JUMP_IF_FALSE 2, PUSH_RECEIVER_VARIABLE, RETURN_TOP, "
                "PUSH_TEMP, SEND, POP, RETURN_RECEIVER");
    assert_code("foo: x x a ifNotNil: [:y | y b]",
                "PUSH_TEMP, SEND, STORE_TEMP 1, PUSH_NIL, SEND_IDENTICAL 22 1, JUMP_IF_TRUE 3, "
                "PUSH_TEMP 1, SEND 1, POP, RETURN_RECEIVER");
    assert_code("foo: x ^ x ifTrue: [3]",
                "PUSH_TEMP, JUMP_IF_FALSE 2, PUSH_LITERAL, JUMP 1, PUSH_NIL, RETURN_TOP");
}

static void options_in_a_pragma(void **state) {
    (void)state;
    assert_literals("foo: x <compilerOptions: #(- optionInlineIf)> ^ x ifTrue: [3]",
                    "kind13 #ifTrue: kind17 kind12");
    fixture.options.bytecode_set = CODE_V3PLUS;
    compile_text("foo: x <compilerOptions: #(+ optionInlineTimesRepeat)> 3 timesRepeat: [x a]");
    assert_verified();
    assert_null(strstr(code_text(fixture.code), "CLOSURE"));
}

static char *long_method(const char *before, const char *each, int count, const char *after) {
    char *text = malloc(strlen(before) + (strlen(each) + 24) * (size_t)count + strlen(after) + 1);
    char *at = text + sprintf(text, "%s", before);
    for (int i = 0; i < count; i++)
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
        at += sprintf(at, each, i);
#pragma GCC diagnostic pop
    strcpy(at, after);
    return text;
}

static void assert_limit(char *text, DiagnosticKind kind) {
    assert_null(compile_text(text));
    assert_true(has_diagnostic(kind));
    free(text);
}

static void long_jumps_and_limits(void **state) {
    (void)state;
    char *text = long_method("foo: x x ifTrue: [", "x m%d. ", 200, "]");
    compile_text(text);
    assert_verified();
    free(text);
    assert_limit(long_method("foo ^ ", "m%d: 1 ", 40, ""), DIAGNOSTIC_EXPRESSION_EXPECTED);
    assert_limit(long_method("foo ", "self m%d. ", 33000, ""), DIAGNOSTIC_TOO_MANY_LITERALS);
    assert_limit(long_method("foo | ", "t%d ", 70, "|"), DIAGNOSTIC_TOO_MANY_TEMPORARIES);
    assert_limit(long_method("foo | ", "t%d ", 300, "|"), DIAGNOSTIC_TOO_MANY_TEMPORARIES);
    assert_limit(long_method("", "m%d: a%1$d ", 16, "^ 1"), DIAGNOSTIC_TOO_MANY_ARGUMENTS);
    assert_limit(long_method("foo [", ":a%d ", 16, "| 1] x"), DIAGNOSTIC_TOO_MANY_ARGUMENTS);
    assert_limit(long_method("foo: x x ifTrue: [", "x m: %d. ", 9000, "]"),
                 DIAGNOSTIC_JUMP_TOO_LONG);
    assert_limit(long_method("foo ^ ", "(1 + %d ", 60, ""), DIAGNOSTIC_UNCLOSED_PARENTHESIS);
    char nested[1024] = "foo ^ ";
    for (int i = 0; i < 60; i++)
        strcat(nested, "1 + (");
    strcat(nested, "2");
    for (int i = 0; i < 60; i++)
        strcat(nested, ")");
    assert_null(compile_text(nested));
    assert_true(has_diagnostic(DIAGNOSTIC_STACK_TOO_DEEP));
    fixture.options.bytecode_set = CODE_V3PLUS;
    assert_limit(long_method("foo: x ", "x m%d. ", 300, ""), DIAGNOSTIC_TOO_MANY_LITERALS);
}

static void frames_are_large_when_they_must_be(void **state) {
    (void)state;
    compile_text("foo ^ 1 + (1 + (1 + 1))");
    assert_false(fixture.code->is_large_frame);
    char *text = long_method("foo | ", "t%d ", 15, "| ^ 1 + 2");
    compile_text(text);
    free(text);
    assert_true(fixture.code->is_large_frame);
}

static void the_source_map_covers_the_code(void **state) {
    (void)state;
    static const char source[] = "foo: x ^ x bar + self baz";
    fixture.options.source_map = true;
    compile_text(source);
    assert_verified();
    assert_true(fixture.code->span_count >= 5);
    for (size_t i = 0; i < fixture.code->span_count; i++) {
        const CodeSpan *span = &fixture.code->spans[i];
        assert_true(span->pc < fixture.code->byte_count);
        assert_true(span->start < span->end && span->end <= sizeof source - 1);
        if (i) assert_true(span->pc >= fixture.code->spans[i - 1].pc);
    }
    // push x, send bar, push self, send baz, send +, return
    assert_memory_equal(source + fixture.code->spans[1].start, "x bar", 5);
    assert_int_equal(fixture.code->name_count, 1);
    assert_true(text_is(fixture.code->names[0].name, "x"));
    // The return that nobody wrote is at the end.
    compile_text("foo: x x bar");
    const CodeSpan *last = &fixture.code->spans[fixture.code->span_count - 1];
    assert_int_equal(last->start, 12);
    assert_int_equal(last->end, 12);
}

static void the_debugger_learns_where_variables_live(void **state) {
    (void)state;
    fixture.options.source_map = true;
    compile_text("foo: x | t | t := 0. ^ [:y | t := t + x + y]");
    const Code *block = block_at(0);
    assert_int_equal(block->name_count, 3);
    assert_true(text_is(block->names[0].name, "y"));
    assert_int_equal(block->names[0].vector_index, -1);
    bool found = false;
    for (size_t i = 0; i < block->name_count; i++)
        if (text_is(block->names[i].name, "t")) {
            found = true;
            assert_int_equal(block->names[i].vector_index, 0);
            assert_true(block->names[i].temp == 1 || block->names[i].temp == 2);
        }
    assert_true(found);
}

static void expressions_and_scripts(void **state) {
    (void)state;
    fixture.unit.kind = UNIT_EXPRESSION;
    assert_code("3 + 4", "PUSH_LITERAL, PUSH_LITERAL 1, SEND_ADD 0 1, RETURN_TOP");
    assert_code("", "CALL_PRIMITIVE 259, RETURN_NIL");
    assert_code("^ 3", "PUSH_LITERAL, RETURN_TOP");
    assert_code("| t | t := 3. t", "PUSH_LITERAL, POP_INTO_TEMP, PUSH_TEMP, RETURN_TOP");
    fixture.options.strict = true;
    assert_null(compile_text("unknownThing := 3"));
    fixture.options.declare = true;
    assert_code("unknownThing := 3", "PUSH_LITERAL, STORE_LITERAL_VARIABLE 1, RETURN_TOP");
    assert_null(compile_text("unknownThing + 3"));
    assert_non_null(compile_text("unknownThing := 3. [ unknownThing + 1 ] value"));
    assert_null(compile_text("unknownThing printString. unknownThing := 3"));
    fixture.unit.kind = UNIT_SCRIPT;
    assert_code("| t | t := 3. t", "PUSH_LITERAL, POP_INTO_LITERAL_VARIABLE 1, "
                                   "PUSH_LITERAL_VARIABLE 1, RETURN_TOP");
    assert_literals("| t | t := 3. [t] value", "3 ##t kind13 # kind12");
}

static void scripts_are_cut_into_statements(void **state) {
    (void)state;
    static const char text[] = "a := [b. c] value. \"x. y\" 'd. e' f.\n#(1 . 2) g: $. ; h. 3.5 i";
    static const char *const expected[] = {"a := [b. c] value.", " \"x. y\" 'd. e' f.",
                                           "\n#(1 . 2) g: $. ; h.", " 3.5 i"};
    size_t at = 0;
    for (int i = 0; i < 4; i++) {
        size_t end = script_statement_end(text_from_chars(text), at);
        assert_true(text_is(text_slice(text_from_chars(text), at, end), expected[i]));
        at = end;
    }
    assert_int_equal(at, sizeof text - 1);
}

static void assert_finding(const char *source, DiagnosticKind kind, bool compiles) {
    compile_text(source);
    assert_int_equal(fixture.code != NULL, compiles);
    if (!has_diagnostic(kind)) print_error("%s\n", source);
    assert_true(has_diagnostic(kind));
}

static void findings_have_a_limit(void **state) {
    (void)state;
    char *text = long_method("foo ", "unknown%d x. ", 5000, "");
    assert_non_null(compile_text(text));
    assert_int_equal(fixture.unit.undeclared_count, 5000);
    assert_int_equal(fixture.diagnostics.count, 100);
    fixture.options.strict = true;
    assert_null(compile_text(text));
    assert_int_equal(fixture.diagnostics.error_count, 100);
    free(text);
    // Of a long line what stands around the place is kept.
    text = long_method("foo ", "'é%d' , ", 5000, "unknown size");
    fixture.options.strict = false;
    assert_non_null(compile_text(text));
    const Diagnostic *found = &fixture.diagnostics.items[0];
    assert_true(found->source_line.length <= 700 && found->caret_bytes <= 200);
    assert_memory_equal(found->source_line.bytes + found->caret_bytes, "unknown", 7);
    assert_true((found->source_line.bytes[0] & 0xC0) != 0x80);
    free(text);
    // Temporaries of many blocks, more than any code can have.
    text = long_method("foo: y ", "y ifTrue: [| t%d | t%1$d := 1]. ", 2000, "");
    assert_null(compile_text(text));
    assert_true(has_diagnostic(DIAGNOSTIC_TOO_MANY_TEMPORARIES));
    fixture.options.bytecode_set = CODE_V3PLUS;
    assert_null(compile_text(text));
    free(text);
    text = long_method("foo: y ^ [", "y ifTrue: [| t%d | t%1$d := 1]. ", 70, "]");
    assert_null(compile_text(text));
    assert_true(has_diagnostic(DIAGNOSTIC_TOO_MANY_TEMPORARIES));
    free(text);
}

static void findings_about_variables(void **state) {
    (void)state;
    assert_finding("foo | t |", DIAGNOSTIC_UNUSED_TEMPORARY, true);
    assert_finding("foo | t | ^ t", DIAGNOSTIC_UNWRITTEN_TEMPORARY, true);
    assert_finding("foo: a ^ a", DIAGNOSTIC_SHADOWED_VARIABLE, true);
    assert_finding("foo: x ^ [:x | x]", DIAGNOSTIC_SHADOWED_VARIABLE, true);
    assert_finding("foo ^ unknownName", DIAGNOSTIC_UNDECLARED_VARIABLE, true);
    assert_finding("foo ^ 1. self x", DIAGNOSTIC_UNREACHABLE_CODE, true);
    assert_finding("foo: x x := 3", DIAGNOSTIC_ASSIGNMENT_TO_ARGUMENT, false);
    assert_finding("foo ^ [:x | x := 3]", DIAGNOSTIC_ASSIGNMENT_TO_ARGUMENT, false);
    assert_finding("foo self := 3", DIAGNOSTIC_ASSIGNMENT_TO_RESERVED, false);
    assert_finding("foo Object := 3", DIAGNOSTIC_ASSIGNMENT_TO_RESERVED, false);
    assert_finding("foo | t t | t := 3. ^ t", DIAGNOSTIC_DUPLICATE_VARIABLE, false);
    assert_finding("foo: super ^ super", DIAGNOSTIC_RESERVED_NAME, false);
    fixture.options.strict = true;
    assert_finding("foo ^ unknownName", DIAGNOSTIC_UNKNOWN_VARIABLE, false);
}

static void memory_may_run_out(void **state) {
    (void)state;
    static const char source[] = "foo: x | t | t := #(1 2 (3)) , 'a'. ^ [:y | t := y + x. x ifNil: "
                                 "[^ t]] value: 16r1F , 3.25";
    bool compiled = false;
    for (size_t limit = 0; !compiled && limit < 4; limit++) {
        code_arena_free(&fixture.arena);
        fixture.arena.limit_bytes = 1 + limit * 64 * 1024;
        compiled = compile_bytes(source, sizeof source - 1) != NULL;
        if (!compiled) assert_true(fixture.diagnostics.error_count > 0);
    }
    assert_true(compiled);
    fixture.arena.limit_bytes = 0;
}

int main(void) {
    const struct CMUnitTest tests[] = {
        COMPILE_TEST(quick_returns),
        COMPILE_TEST(no_primitive_has_no_failure_code),
        COMPILE_TEST(stores_and_pops),
        COMPILE_TEST(messages),
        COMPILE_TEST(literals_come_once_in_order_of_use),
        COMPILE_TEST(conditions),
        COMPILE_TEST(loops),
        COMPILE_TEST(blocks_share_variables),
        COMPILE_TEST(hidden_variables_keep_their_values),
        COMPILE_TEST(constant_and_clean_blocks),
        COMPILE_TEST(v3_has_its_blocks_inside),
        COMPILE_TEST(values_nobody_wants_may_be_dropped),
        COMPILE_TEST(options_in_a_pragma),
        COMPILE_TEST(long_jumps_and_limits),
        COMPILE_TEST(frames_are_large_when_they_must_be),
        COMPILE_TEST(the_source_map_covers_the_code),
        COMPILE_TEST(the_debugger_learns_where_variables_live),
        COMPILE_TEST(expressions_and_scripts),
        COMPILE_TEST(scripts_are_cut_into_statements),
        COMPILE_TEST(findings_about_variables),
        COMPILE_TEST(findings_have_a_limit),
        COMPILE_TEST(memory_may_run_out),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
