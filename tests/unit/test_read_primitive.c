// SPDX-License-Identifier: MIT
// ParleyCompiler: sources read for the running image.
#include "plugin_fixture.h"

#include "compile/primitives.h"

static int reader_open(void **state) {
    if (plugin_open(state)) return -1;
    return compile_register_primitives(vm) == STATUS_OK ? 0 : -1;
}
#define READER_TEST(f) cmocka_unit_test_setup_teardown(f, reader_open, plugin_close)

static Oop item(Oop array, int64_t index) {
    assert_true(oop_is_array_format(array));
    assert_true(num_lt(num(index), slot_count(array)));
    return slot_at(array, num(index));
}

static Oop read_sources(const char *path) {
    return NAMED_ANSWER("ParleyCompiler", "primitiveReadSources", NIL, new_string(path));
}

static void sources_become_arrays(void **state) {
    (void)state;
    write_file(in_scratch("Point.class.st"),
               "\"A point\"\nClass { #name : 'Point', #superclass : 'Object', #type : 'variable',\n"
               "#instVars : [ 'x', 'y' ], #category : 'Geo-Basic' }\n\n{ #category : 'making' }\n"
               "Point class >> x: anX [ ^ 1 ]\n");
    Oop answer = read_sources(scratch);
    assert_int_equal(num_concrete(slot_count(answer)), 5);
    assert_int_equal(num_concrete(slot_count(item(answer, 0))), 1);
    Oop class = item(item(answer, 1), 0), method = item(item(answer, 2), 0);
    OOP_EQUAL(item(class, 0), INT(1));
    assert_bytes(item(class, 1), "Point");
    assert_bytes(item(class, 2), "Object");
    OOP_EQUAL(item(class, 3), vm->heap.false_object);
    assert_bytes(item(class, 4), "variable");
    assert_bytes(item(item(class, 5), 1), "y");
    assert_bytes(item(class, 11), "Geo-Basic");
    assert_bytes(item(class, 13), "A point");
    OOP_EQUAL(item(class, 15), INT(2));
    OOP_EQUAL(item(method, 0), INT(1));
    assert_bytes(item(method, 1), "Point");
    OOP_EQUAL(item(method, 2), vm->heap.true_object);
    OOP_EQUAL(item(method, 3), vm->heap.false_object);
    assert_bytes(item(method, 4), "making");
    assert_bytes(item(method, 6), "x:");
    assert_bytes(item(method, 7), "x: anX ^ 1");
    OOP_EQUAL(item(method, 9), INT(6));
    assert_int_equal(num_concrete(slot_count(item(answer, 4))), 0);
}

static void what_is_wrong_comes_as_diagnostics(void **state) {
    (void)state;
    Oop answer = read_sources(in_scratch("absent"));
    Oop diagnostic = item(item(answer, 4), 0);
    OOP_EQUAL(item(diagnostic, 0), INT(0));
    assert_bytes(item(diagnostic, 1), "No such file or directory");
    write_file(in_scratch("A.class.st"), "Class { #name : 'A' }\n");
    diagnostic = item(item(read_sources(in_scratch("A.class.st")), 4), 0);
    assert_bytes(item(diagnostic, 1), "the class has no superclass");
    OOP_EQUAL(item(diagnostic, 3), INT(1));
}

static void bad_paths_fail(void **state) {
    (void)state;
    NAMED_FAILS(BAD_ARGUMENT, "ParleyCompiler", "primitiveReadSources", NIL, INT(3));
    NAMED_FAILS(BAD_ARGUMENT, "ParleyCompiler", "primitiveReadSources", NIL, NIL);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        READER_TEST(sources_become_arrays),
        READER_TEST(what_is_wrong_comes_as_diagnostics),
        READER_TEST(bad_paths_fail),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
