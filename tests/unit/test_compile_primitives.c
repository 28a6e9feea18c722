// SPDX-License-Identifier: MIT
// ParleyCompiler: what the running image is given.
#include "plugin_fixture.h"

#include "compile/code.h"
#include "compile/primitives.h"

enum { FLAG_EXPRESSION = 1, FLAG_STRICT = 4, FLAG_SOURCE_MAP = 32, FLAG_CONSTANT_BLOCKS = 64 };

static int compiler_open(void **state) {
    if (plugin_open(state)) return -1;
    return compile_register_primitives(vm) == STATUS_OK ? 0 : -1;
}

static Oop item(Oop array, int64_t index) {
    assert_true(oop_is_array_format(array));
    assert_true(num_lt(num(index), slot_count(array)));
    return slot_at(array, num(index));
}

static int64_t integer(Oop oop) {
    assert_true(oop_is_int(oop));
    return num_concrete(num_from_oop(oop));
}

static Oop names_of(const char *a, const char *b) {
    Oop array = new_array(2);
    field_at_put(&vm->heap, array, 0, new_string(a));
    field_at_put(&vm->heap, array, 1, new_string(b));
    return array;
}

static Oop compile(const char *source, Oop known, int64_t flags) {
    return NAMED_ANSWER("ParleyCompiler", "primitiveCompile", NIL, new_string(source),
                        names_of("a", "b"), known, INT(flags));
}

static Oop code_of(const char *source, int64_t flags) {
    Oop answer = compile(source, NIL, flags);
    assert_int_equal(num_concrete(slot_count(answer)), 2);
    return item(answer, 0);
}

static void a_method_becomes_arrays(void **state) {
    (void)state;
    Oop code = code_of("foo: x ^ b + x bar", 0);
    assert_int_equal(num_concrete(slot_count(code)), 10);
    assert_int_equal(integer(item(code, 0)), 1 << 24 | 1 << 18 | 3);
    static const uint8_t bytes[] = {1, 64, 128, 96, 92};
    assert_int_equal(num_concrete(byte_count(item(code, 1))), 5);
    assert_memory_equal(object_bytes(item(code, 1)), bytes, 5);
    Oop literals = item(code, 2);
    assert_int_equal(num_concrete(slot_count(literals)), 6);
    assert_int_equal(integer(item(literals, 0)), LITERAL_SYMBOL);
    assert_bytes(item(literals, 1), "bar");
    assert_int_equal(integer(item(literals, 2)), LITERAL_SYMBOL);
    assert_bytes(item(literals, 3), "foo:");
    assert_int_equal(integer(item(literals, 4)), LITERAL_CLASS_BINDING);
    OOP_EQUAL(item(literals, 5), NIL);
    assert_bytes(item(code, 3), "foo:");
}

static Oop value_of(const char *source, LiteralKind kind) {
    Oop literals = item(code_of(source, FLAG_EXPRESSION | FLAG_CONSTANT_BLOCKS), 2);
    assert_int_equal(integer(item(literals, 0)), kind);
    return item(literals, 1);
}

static void literals_become_objects(void **state) {
    (void)state;
    assert_int_equal(integer(value_of("42", LITERAL_INTEGER)), 42);
    Oop large = value_of("-16r10000000000000000", LITERAL_INTEGER);
    assert_true(oop_has_class_index(large, num(CLASS_INDEX_LARGE_NEGATIVE_INTEGER)));
    assert_int_equal(num_concrete(byte_count(large)), 9);
    assert_true(oop_is_small_float(value_of("1.5", LITERAL_FLOAT)));
    assert_int_equal(num_concrete(code_from_char(value_of("$a", LITERAL_CHARACTER))), 'a');
    assert_bytes(value_of("'it''s'", LITERAL_STRING), "it's");
    assert_bytes(value_of("Known", LITERAL_BINDING), "Known");
    assert_int_equal(num_concrete(byte_count(value_of("#[1 2 3]", LITERAL_BYTE_ARRAY))), 3);
    Oop array = value_of("#(3 nil)", LITERAL_ARRAY);
    assert_int_equal(num_concrete(slot_count(array)), 4);
    assert_int_equal(integer(item(array, 0)), LITERAL_INTEGER);
    assert_int_equal(integer(item(array, 2)), LITERAL_NIL);
    Oop decimal = value_of("1.25s2", LITERAL_SCALED_DECIMAL);
    assert_int_equal(integer(item(decimal, 0)), 5);
    assert_int_equal(integer(item(decimal, 1)), 4);
    assert_int_equal(integer(item(decimal, 2)), 2);
    Oop block = value_of("[3]", LITERAL_CONSTANT_BLOCK);
    assert_int_equal(num_concrete(slot_count(item(block, 0))), 10);
    assert_int_equal(integer(item(block, 1)), LITERAL_INTEGER);
    assert_int_equal(integer(item(block, 2)), 3);
    Oop code = value_of("[:x | x]", LITERAL_CODE);
    assert_int_equal(num_concrete(slot_count(code)), 10);
}

static void errors_have_their_places(void **state) {
    (void)state;
    Oop answer = compile("foo\n\t^ (3", NIL, 0);
    OOP_EQUAL(item(answer, 0), NIL);
    Oop diagnostic = item(item(answer, 1), 0);
    assert_int_equal(integer(item(diagnostic, 0)), 0);
    assert_bytes(item(diagnostic, 1), "UNCLOSED_PARENTHESIS");
    assert_int_equal(integer(item(diagnostic, 3)), 2);
    assert_int_equal(integer(item(diagnostic, 4)), 4);
    assert_int_equal(integer(item(diagnostic, 5)), 8);
}

static bool is_unfinished(const char *source) {
    Oop diagnostics = item(compile(source, NIL, FLAG_EXPRESSION), 1);
    Oop unfinished = item(item(diagnostics, 0), 7);
    assert_true(oop_is(unfinished, TRUE_OOP) || oop_is(unfinished, FALSE_OOP));
    return oop_is(unfinished, TRUE_OOP);
}

static void what_could_go_on_is_unfinished(void **state) {
    (void)state;
    assert_true(is_unfinished("(3 + 4"));
    assert_true(is_unfinished("3 +"));
    assert_true(is_unfinished("x := "));
    assert_true(is_unfinished("[:x | x"));
    assert_true(is_unfinished("| a b"));
    assert_true(is_unfinished("'abc"));
    assert_true(is_unfinished("3 \"abc"));
    assert_true(is_unfinished("#(1 2"));
    assert_false(is_unfinished("(3 + 4]"));
    assert_false(is_unfinished("3 + )"));
    assert_false(is_unfinished("16r"));
}

static void known_names_are_known(void **state) {
    (void)state;
    Oop known = names_of("One", "Two");
    assert_true(oop_is_array_format(item(compile("foo ^ One", known, FLAG_STRICT), 0)));
    Oop answer = compile("foo ^ Three", known, FLAG_STRICT);
    OOP_EQUAL(item(answer, 0), NIL);
    assert_bytes(item(item(item(answer, 1), 0), 1), "UNKNOWN_VARIABLE");
    assert_true(oop_is_array_format(item(compile("foo ^ Three", known, 0), 0)));
}

static void the_source_map_counts_from_one(void **state) {
    (void)state;
    Oop code = code_of("foo ^ a bar", FLAG_SOURCE_MAP);
    Oop spans = item(code, 7);
    assert_int_equal(num_concrete(slot_count(spans)), 9);
    assert_int_equal(integer(item(spans, 0)), 0);
    assert_int_equal(integer(item(spans, 1)), 7); // a
    assert_int_equal(integer(item(spans, 2)), 7);
    assert_int_equal(integer(item(spans, 4)), 7); // a bar
    assert_int_equal(integer(item(spans, 5)), 11);
    assert_int_equal(num_concrete(slot_count(item(code_of("foo ^ a bar", 0), 7))), 0);
}

static void statements_end_at_their_periods(void **state) {
    (void)state;
    PrimitiveFunction end = named("ParleyCompiler", "primitiveStatementEnd");
    Oop source = new_string("a b. c d");
    assert_int_equal(integer(ANSWER(end, NIL, source, INT(1))), 4);
    assert_int_equal(integer(ANSWER(end, NIL, source, INT(5))), 8);
    assert_int_equal(integer(ANSWER(end, NIL, source, INT(9))), 8);
    FAILS(BAD_INDEX, end, NIL, source, INT(0));
    FAILS(BAD_INDEX, end, NIL, source, INT(10));
    FAILS(BAD_ARGUMENT, end, NIL, NIL, INT(1));
    FAILS(BAD_ARGUMENT, end, NIL, source, NIL);
}

static void wrong_operands_are_refused(void **state) {
    (void)state;
    PrimitiveFunction function = named("ParleyCompiler", "primitiveCompile");
    Oop source = new_string("foo"), names = names_of("a", "b");
    EACH_NOT_BYTES(wrong) FAILS(BAD_ARGUMENT, function, NIL, wrong, names, NIL, INT(0));
    FAILS(BAD_ARGUMENT, function, NIL, source, NIL, NIL, INT(0));
    FAILS(BAD_ARGUMENT, function, NIL, source, source, NIL, INT(0));
    FAILS(BAD_ARGUMENT, function, NIL, source, new_array(1), NIL, INT(0));
    FAILS(BAD_ARGUMENT, function, NIL, source, names, source, INT(0));
    FAILS(BAD_ARGUMENT, function, NIL, source, names, NIL, NIL);
}

int main(void) {
#define TEST(f) cmocka_unit_test_setup_teardown(f, compiler_open, plugin_close)
    const struct CMUnitTest tests[] = {
        TEST(a_method_becomes_arrays),         TEST(literals_become_objects),
        TEST(errors_have_their_places),        TEST(what_could_go_on_is_unfinished),
        TEST(known_names_are_known),           TEST(the_source_map_counts_from_one),
        TEST(statements_end_at_their_periods), TEST(wrong_operands_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
