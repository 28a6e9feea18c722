// SPDX-License-Identifier: MIT
// Tokens, and the numbers, strings and symbols among them.
#include "compile_fixture.h"

#include <math.h>

#include "compile/lexer.h"
#include "compile/numbers.h"

static Literal read_number(const char *text, size_t length, NumberProblem problem) {
    Literal literal;
    size_t at = 0;
    assert_int_equal(number_read(&fixture.arena, text_from_chars(text), &at, &literal), problem);
    assert_int_equal(at, length);
    return literal;
}

static void assert_integer(const char *text, size_t length, int64_t value) {
    Literal literal = read_number(text, length, NUMBER_FINE);
    assert_int_equal(literal.kind, LITERAL_INTEGER);
    assert_int_equal(literal.text.length, 0);
    assert_int_equal(literal.integer, value);
}

static void assert_float(const char *text, size_t length, double value) {
    Literal literal = read_number(text, length, NUMBER_FINE);
    assert_int_equal(literal.kind, LITERAL_FLOAT);
    assert_memory_equal(&literal.real, &value, sizeof value);
}

static void integers(void **state) {
    (void)state;
    assert_integer("0", 1, 0);
    assert_integer("42 foo", 2, 42);
    assert_integer("-7", 2, -7);
    assert_integer("16r1F", 5, 31);
    assert_integer("16rff", 5, 255);
    assert_integer("-16rFF", 6, -255);
    assert_integer("16r-FF", 6, -255);
    assert_integer("2r1e10", 6, 1024);
    assert_integer("36rZ", 4, 35);
    assert_integer("1e3", 3, 1000);
    assert_integer("5e", 1, 5);
    assert_integer("5e-", 1, 5);
    assert_integer("100e-2", 6, 1);
    assert_integer("3.", 1, 3);
    assert_integer("3.foo", 1, 3);
    assert_integer("3sin", 1, 3);
    assert_integer("9223372036854775807", 19, INT64_MAX);
}

static void large_integers(void **state) {
    (void)state;
    Literal literal = read_number("9223372036854775808", 19, NUMBER_FINE);
    static const uint8_t expected[] = {0, 0, 0, 0, 0, 0, 0, 0x80};
    assert_int_equal(literal.text.length, 8);
    assert_memory_equal(literal.text.bytes, expected, 8);
    assert_false(literal.is_negative);
    literal = read_number("-16r100000000000000000", 22, NUMBER_FINE);
    assert_int_equal(literal.text.length, 9);
    assert_int_equal((unsigned char)literal.text.bytes[8], 16);
    assert_true(literal.is_negative);
    literal = read_number("2e100", 5, NUMBER_FINE);
    assert_int_equal(literal.text.length, 42);
}

static void floats(void **state) {
    (void)state;
    assert_float("1.5", 3, 1.5);
    assert_float("0.1", 3, 0.1);
    assert_float("1.5e-3", 6, 1.5e-3);
    assert_float("1.0e10", 6, 1e10);
    assert_float("-0.0", 4, -0.0);
    assert_float("2r1.1", 5, 1.5);
    assert_float("2r0.1e3", 7, 4.0);
    assert_float("16r0.8", 6, 0.5);
    assert_float("5e-3", 4, 0.005);
    assert_float("2.2250738585072011e-308", 23, 2.2250738585072011e-308);
    assert_float("4.9e-324", 8, 4.9e-324);
    assert_float("5e-324", 6, 4.9e-324);
    assert_float("25e-325", 7, 4.9e-324);
    assert_float("2e-324", 6, 0.0);
    assert_float("8e-10", 5, 8e-10);
    assert_float("2r1e-1074", 9, 4.9e-324);
    assert_float("2.4703282292062327e-324", 23, 0.0);
    assert_float("2.4703282292062328e-324", 23, 4.9e-324);
    assert_float("1.7976931348623157e308", 22, 1.7976931348623157e308);
    assert_float("1.0e309", 7, INFINITY);
    assert_float("9007199254740993.0", 18, 9007199254740992.0);
    assert_float("9007199254740993.00000000000000000000000000001", 46, 9007199254740994.0);
    assert_float("123456789012345678901234567890.0", 32, 123456789012345678901234567890.0);
}

static void scaled_decimals(void **state) {
    (void)state;
    Literal literal = read_number("3.14s2", 6, NUMBER_FINE);
    assert_int_equal(literal.kind, LITERAL_SCALED_DECIMAL);
    assert_int_equal(literal.items[0].integer, 157);
    assert_int_equal(literal.items[1].integer, 50);
    assert_int_equal(literal.integer, 2);
    literal = read_number("-1.50s", 6, NUMBER_FINE);
    assert_int_equal(literal.items[0].integer, -3);
    assert_int_equal(literal.items[1].integer, 2);
    assert_int_equal(literal.integer, 2);
    literal = read_number("7s4", 3, NUMBER_FINE);
    assert_int_equal(literal.items[0].integer, 7);
    assert_int_equal(literal.items[1].integer, 1);
    assert_int_equal(literal.integer, 4);
}

static void bad_numbers(void **state) {
    (void)state;
    read_number("16r", 3, NUMBER_BAD);
    read_number("16rG", 3, NUMBER_BAD);
    read_number("1r0", 2, NUMBER_BAD_RADIX);
    read_number("37r0", 3, NUMBER_BAD_RADIX);
    read_number("1e10001", 7, NUMBER_LARGE);
    read_number("1e99999999999999999999", 22, NUMBER_LARGE);
}

static Token next_token(Lexer *lexer, TokenKind kind, const char *text) {
    Token token = lexer_next(lexer);
    assert_int_equal(token.kind, kind);
    assert_true(text_is(token.text, text));
    return token;
}

static Lexer lexer_on(const char *text) {
    Lexer lexer;
    fixture.diagnostics = (Diagnostics){.arena = &fixture.arena};
    fixture.unit.place = (SourcePlace){.source = text_from_chars(text)};
    lexer_start(&lexer, &fixture.unit.place, &fixture.arena, &fixture.diagnostics);
    return lexer;
}

static void tokens(void **state) {
    (void)state;
    Lexer lexer = lexer_on("foo bar: x:=y \"a comment\" >>= #+ #a:b: ##c #'it''s' 'it''s' $' { ^");
    next_token(&lexer, TOKEN_NAME, "foo");
    next_token(&lexer, TOKEN_KEYWORD, "bar:");
    next_token(&lexer, TOKEN_NAME, "x");
    next_token(&lexer, TOKEN_ASSIGN, ":=");
    next_token(&lexer, TOKEN_NAME, "y");
    next_token(&lexer, TOKEN_OPERATOR, ">>=");
    assert_true(text_is(next_token(&lexer, TOKEN_LITERAL, "#+").literal.text, "+"));
    assert_true(text_is(next_token(&lexer, TOKEN_LITERAL, "#a:b:").literal.text, "a:b:"));
    assert_true(text_is(next_token(&lexer, TOKEN_LITERAL, "##c").literal.text, "c"));
    Token symbol = next_token(&lexer, TOKEN_LITERAL, "#'it''s'");
    assert_int_equal(symbol.literal.kind, LITERAL_SYMBOL);
    assert_true(text_is(symbol.literal.text, "it's"));
    Token string = next_token(&lexer, TOKEN_LITERAL, "'it''s'");
    assert_int_equal(string.literal.kind, LITERAL_STRING);
    assert_true(text_is(string.literal.text, "it's"));
    assert_int_equal(next_token(&lexer, TOKEN_LITERAL, "$'").literal.integer, '\'');
    next_token(&lexer, TOKEN_SPECIAL, "{");
    next_token(&lexer, TOKEN_SPECIAL, "^");
    next_token(&lexer, TOKEN_END, "");
}

static void letters_of_all_scripts_make_names(void **state) {
    (void)state;
    Lexer lexer = lexer_on("größe имя 名前 x1 _y $é ÷");
    next_token(&lexer, TOKEN_NAME, "größe");
    next_token(&lexer, TOKEN_NAME, "имя");
    next_token(&lexer, TOKEN_NAME, "名前");
    next_token(&lexer, TOKEN_NAME, "x1");
    next_token(&lexer, TOKEN_NAME, "_y");
    assert_int_equal(next_token(&lexer, TOKEN_LITERAL, "$é").literal.integer, 0xE9);
    next_token(&lexer, TOKEN_OPERATOR, "÷");
}

static void a_minus_belongs_to_the_number_until_it_is_split(void **state) {
    (void)state;
    Lexer lexer = lexer_on("3-4");
    next_token(&lexer, TOKEN_LITERAL, "3");
    Token token = next_token(&lexer, TOKEN_LITERAL, "-4");
    assert_true(token_is_negative_number(&token));
    assert_int_equal(token.literal.integer, -4);
    Token number = lexer_split_minus(&token);
    assert_int_equal(token.kind, TOKEN_OPERATOR);
    assert_true(text_is(token.text, "-"));
    assert_int_equal(number.literal.integer, 4);
    assert_false(number.literal.is_negative);
}

static void assert_bad(const char *text, DiagnosticKind kind, size_t start) {
    Lexer lexer = lexer_on(text);
    Token token;
    do
        token = lexer_next(&lexer);
    while (token.kind != TOKEN_ERROR && token.kind != TOKEN_END);
    assert_int_equal(token.kind, TOKEN_ERROR);
    assert_int_equal(fixture.diagnostics.error_count, 1);
    assert_int_equal(fixture.diagnostics.items[0].kind, kind);
    assert_int_equal(fixture.diagnostics.items[0].start, start);
}

static void bad_words_are_reported_where_they_begin(void **state) {
    (void)state;
    assert_bad("foo 'bar", DIAGNOSTIC_UNCLOSED_STRING, 4);
    assert_bad("foo 'bar''", DIAGNOSTIC_UNCLOSED_STRING, 4);
    assert_bad("foo #'bar", DIAGNOSTIC_UNCLOSED_STRING, 5);
    assert_bad("foo \"bar", DIAGNOSTIC_UNCLOSED_COMMENT, 4);
    assert_bad("foo $", DIAGNOSTIC_CHARACTER_EXPECTED, 4);
    assert_bad("foo #", DIAGNOSTIC_BAD_SYMBOL, 4);
    assert_bad("foo `x", DIAGNOSTIC_UNKNOWN_CHARACTER, 4);
    assert_bad("foo \xff x", DIAGNOSTIC_BAD_UTF8, 4);
    assert_bad("foo '\xc3(' x", DIAGNOSTIC_BAD_UTF8, 5);
    assert_bad("foo 16rx", DIAGNOSTIC_BAD_NUMBER, 4);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        COMPILE_TEST(integers),
        COMPILE_TEST(large_integers),
        COMPILE_TEST(floats),
        COMPILE_TEST(scaled_decimals),
        COMPILE_TEST(bad_numbers),
        COMPILE_TEST(tokens),
        COMPILE_TEST(letters_of_all_scripts_make_names),
        COMPILE_TEST(a_minus_belongs_to_the_number_until_it_is_split),
        COMPILE_TEST(bad_words_are_reported_where_they_begin),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
