// SPDX-License-Identifier: MIT
// Sentences: what the parser accepts and what it says about the rest.
#include "compile_fixture.h"

#include "compile/ast.h"

static void assert_error(const char *text, DiagnosticKind kind, unsigned line, unsigned column) {
    assert_null(compile_text(text));
    assert_int_equal(fixture.diagnostics.error_count, 1);
    const Diagnostic *diagnostic = &fixture.diagnostics.items[fixture.diagnostics.count - 1];
    if (diagnostic->kind != kind)
        print_error("%.60s: %s\n", text, diagnostic_kind_name(diagnostic->kind));
    assert_int_equal(diagnostic->kind, kind);
    assert_int_equal(diagnostic->line, line);
    assert_int_equal(diagnostic->column, column);
}

static const char *literal_of(const char *expression) {
    assert_non_null(compile_expression(expression));
    literals_text(fixture.code);
    char *end = strchr(fixture.text, '\0');
    // Without the selector and the class binding at the end.
    for (int blanks = 0; end > fixture.text && blanks < 2; end--)
        if (end[-1] == ' ') blanks++;
    *end = 0;
    return fixture.text;
}

static void literal_arrays(void **state) {
    (void)state;
    assert_string_equal(literal_of("#(1 foo nil true false $a 'b' #c #(d) (e f) #[1 2] g:h: #i:)"),
                        "(1 #foo nil true false $97 'b' #c (#d) (#e #f) [2] #g:h: #i:)");
    assert_string_equal(literal_of("#(+ - -1 >= #-> ; := . ^ [ ] { })"),
                        "(#+ #- -1 #>= #-> #; #:= #. #^ #[ #] #{ #})");
    assert_string_equal(literal_of("#(#(#()))"), "((()))");
    assert_string_equal(literal_of("#(3-4)"), "(3 -4)");
    assert_string_equal(literal_of("#[]"), "[0]");
}

static void patterns(void **state) {
    (void)state;
    assert_non_null(compile_text("foo"));
    assert_true(text_is(fixture.code->selector, "foo"));
    assert_non_null(compile_text(">= x"));
    assert_true(text_is(fixture.code->selector, ">="));
    assert_non_null(compile_text("at: x put: y \"comment\" ^ x"));
    assert_true(text_is(fixture.code->selector, "at:put:"));
    assert_int_equal(fixture.code->argument_count, 2);
    assert_error("", DIAGNOSTIC_SELECTOR_EXPECTED, 1, 1);
    assert_error("3", DIAGNOSTIC_SELECTOR_EXPECTED, 1, 1);
    assert_error("foo: ^ 3", DIAGNOSTIC_ARGUMENT_EXPECTED, 1, 6);
    assert_error("+ nil", DIAGNOSTIC_ARGUMENT_EXPECTED, 1, 3);
}

static void brackets_must_close(void **state) {
    (void)state;
    assert_error("foo\n\t^ (3 + 4", DIAGNOSTIC_UNCLOSED_PARENTHESIS, 2, 4);
    assert_error("foo ^ [3", DIAGNOSTIC_UNCLOSED_BLOCK, 1, 7);
    assert_error("foo ^ {3. 4", DIAGNOSTIC_UNCLOSED_BRACE, 1, 7);
    assert_error("foo ^ #(3", DIAGNOSTIC_UNCLOSED_LITERAL_ARRAY, 1, 7);
    assert_error("foo ^ #[3", DIAGNOSTIC_UNCLOSED_BYTE_ARRAY, 1, 7);
    assert_error("foo ^ (3]", DIAGNOSTIC_UNCLOSED_PARENTHESIS, 1, 9);
    assert_error("foo ^ 3]", DIAGNOSTIC_END_EXPECTED, 1, 8);
    assert_error("foo ^ 3)", DIAGNOSTIC_END_EXPECTED, 1, 8);
}

static void sentences_must_be_whole(void **state) {
    (void)state;
    assert_error("foo x :=", DIAGNOSTIC_EXPRESSION_EXPECTED, 1, 9);
    assert_error("foo ^", DIAGNOSTIC_EXPRESSION_EXPECTED, 1, 6);
    assert_error("foo self bar: ", DIAGNOSTIC_ARGUMENT_OF_MESSAGE_EXPECTED, 1, 15);
    assert_error("foo self + ", DIAGNOSTIC_ARGUMENT_OF_MESSAGE_EXPECTED, 1, 12);
    assert_error("foo self; bar", DIAGNOSTIC_BAD_CASCADE, 1, 9);
    assert_error("foo (self x); bar", DIAGNOSTIC_BAD_CASCADE, 1, 13);
    assert_error("foo self x; 3", DIAGNOSTIC_MESSAGE_EXPECTED, 1, 13);
    assert_error("foo | a b ^ 3", DIAGNOSTIC_BAR_EXPECTED, 1, 11);
    assert_error("foo ^ [:x 3]", DIAGNOSTIC_BLOCK_BAR_EXPECTED, 1, 11);
    assert_error("foo ^ [: | 3]", DIAGNOSTIC_ARGUMENT_EXPECTED, 1, 10);
    assert_error("foo 3 4", DIAGNOSTIC_END_EXPECTED, 1, 7);
    assert_error("foo ^ #[256]", DIAGNOSTIC_BAD_BYTE, 1, 9);
    assert_error("foo true := 3", DIAGNOSTIC_END_EXPECTED, 1, 10);
}

static void bars_may_stand_together(void **state) {
    (void)state;
    assert_non_null(compile_text("foo || ^ 3"));
    assert_non_null(compile_text("foo ^ [:x||y| y := x. y]"));
    assert_non_null(compile_text("foo ^ [:x | | y | y := x. y]"));
    assert_non_null(compile_text("foo ^ [:x]"));
    assert_non_null(compile_text("foo ^ [:x :y]"));
    assert_non_null(compile_text("foo ^ 3 | 4 || 5"));
    assert_string_equal(literals_text(fixture.code), "3 4 #| 5 #|| #foo kind12");
}

static void pragmas(void **state) {
    (void)state;
    assert_non_null(compile_text("foo <primitive: 60> <bar> <a: 1 b: #(c)> < + 3> ^ 1"));
    assert_int_equal(fixture.code->primitive, 60);
    const Literal *pragmas_of = &fixture.code->literals[fixture.code->literal_count - 2];
    assert_int_equal(pragmas_of->kind, LITERAL_METHOD_STATE);
    assert_int_equal(pragmas_of->item_count, 4);
    assert_true(text_is(pragmas_of->items[2].text, "a:b:"));
    assert_non_null(compile_text("foo | x | <primitive: 'name' module: 'Module' error: ec> ^ ec"));
    assert_int_equal(fixture.code->primitive, 117);
    assert_string_equal(literals_text(fixture.code), "(#Module #name 0 0) kind17 kind12");
    assert_non_null(compile_text("foo <primitive: 'name'> ^ 1"));
    assert_string_equal(literals_text(fixture.code), "(nil #name 0 0) kind17 kind12");
    assert_error("foo <primitive: foo:> ^ 1", DIAGNOSTIC_BAD_PRIMITIVE, 1, 17);
    assert_error("foo <primitive: $a> ^ 1", DIAGNOSTIC_BAD_PRIMITIVE, 1, 5);
    assert_error("foo <primitive: 99999> ^ 1", DIAGNOSTIC_BAD_PRIMITIVE, 1, 5);
    assert_error("foo <bar: x> ^ 1", DIAGNOSTIC_BAD_PRAGMA, 1, 11);
    assert_error("foo <bar ^ 1", DIAGNOSTIC_BAD_PRAGMA, 1, 10);
}

static char *repeated(const char *prefix, const char *text, unsigned count, const char *suffix) {
    size_t size = strlen(prefix) + strlen(text) * count + strlen(suffix) + 1;
    char *result = malloc(size);
    strcpy(result, prefix);
    char *at = result + strlen(prefix);
    for (unsigned i = 0; i < count; i++, at += strlen(text))
        strcpy(at, text);
    strcpy(at, suffix);
    return result;
}

static void nesting_is_bounded(void **state) {
    (void)state;
    static const char *const openings[] = {"(", "[", "{", "#(", "[:x | ", "x := ", "(3 + ", "^ ("};
    for (size_t i = 0; i < sizeof openings / sizeof *openings; i++) {
        char *text = repeated("foo ", openings[i], 100000, "");
        assert_null(compile_text(text));
        assert_true(fixture.diagnostics.error_count == 1);
        free(text);
    }
    char *deep = repeated("foo ^ ", "(", NESTING_LIMIT + 1, "");
    assert_error(deep, DIAGNOSTIC_TOO_DEEP, 1, 7 + NESTING_LIMIT);
    free(deep);
}

static void chains_may_be_long(void **state) {
    (void)state;
    char *binary = repeated("foo ^ 1", " , 1", 20000, "");
    assert_non_null(compile_text(binary));
    assert_verified();
    free(binary);
    char *blocks = repeated("foo ", "[] x.", 16000, "");
    assert_non_null(compile_text(blocks));
    assert_verified();
    free(blocks);
    char *supers = repeated("foo [", "super x.", 16000, "] value");
    assert_non_null(compile_text(supers));
    free(supers);
    char *unary = repeated("foo ^ 1", " bar", 20000, "");
    assert_non_null(compile_text(unary));
    free(unary);
    char *cascade = repeated("foo ^ 1 bar", "; bar", 20000, "");
    assert_non_null(compile_text(cascade));
    free(cascade);
}

static void long_keywords_end_in_an_error(void **state) {
    (void)state;
    char *text = repeated("foo ^ self", " a: 1", 100000, "");
    assert_error(text, DIAGNOSTIC_TOO_MANY_ARGUMENTS, 1, 12 + 5 * 31);
    free(text);
    text = repeated("", "a: x ", 100000, "^ 1");
    assert_error(text, DIAGNOSTIC_TOO_MANY_ARGUMENTS, 1, 1 + 5 * 31);
    free(text);
}

// One error for each bad statement; what brackets hold is parsed on its own.
static void all_bad_statements_are_told(void **state) {
    (void)state;
    assert_null(compile_text("foo a := ) 3. b := (4. ^ [ x + . self bar: ]"));
    const struct {
        DiagnosticKind kind;
        unsigned column;
    } expected[] = {{DIAGNOSTIC_EXPRESSION_EXPECTED, 10},
                    {DIAGNOSTIC_UNCLOSED_PARENTHESIS, 22},
                    {DIAGNOSTIC_ARGUMENT_OF_MESSAGE_EXPECTED, 32},
                    {DIAGNOSTIC_ARGUMENT_OF_MESSAGE_EXPECTED, 44}};
    assert_int_equal(fixture.diagnostics.error_count, 4);
    for (int i = 0; i < 4; i++) {
        assert_int_equal(fixture.diagnostics.items[i].kind, expected[i].kind);
        assert_int_equal(fixture.diagnostics.items[i].column, expected[i].column);
    }
    char *text = repeated("foo", " ) .", 1000, "");
    assert_null(compile_text(text));
    assert_int_equal(fixture.diagnostics.error_count, 20);
    free(text);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        COMPILE_TEST(literal_arrays),
        COMPILE_TEST(patterns),
        COMPILE_TEST(brackets_must_close),
        COMPILE_TEST(sentences_must_be_whole),
        COMPILE_TEST(all_bad_statements_are_told),
        COMPILE_TEST(bars_may_stand_together),
        COMPILE_TEST(pragmas),
        COMPILE_TEST(nesting_is_bounded),
        COMPILE_TEST(chains_may_be_long),
        COMPILE_TEST(long_keywords_end_in_an_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
