// SPDX-License-Identifier: MIT
// The registry: every plugin is found by its module, every primitive by its name, and nothing by
// a name that is not there. Every primitive refuses or answers whatever it is called with.
#include "plugin_fixture.h"

#include "run/system.h"

static void primitives_are_found_by_module_and_name(void **state) {
    (void)state;
    assert_non_null(primitive_named(vm, "FilePlugin", "primitiveFileOpen"));
    assert_non_null(primitive_named(vm, "FilePlugin", "primitiveDirectoryLookup"));
    assert_null(primitive_named(vm, "FilePlugin", "primitiveFileOpe"));
    assert_null(primitive_named(vm, "LocalePlugin", "primitiveFileOpen"));
    assert_null(primitive_named(vm, "NoSuchPlugin", "primitiveFileOpen"));
    assert_null(primitive_named(vm, "", "primitiveFileOpen"));
}

static void the_vm_itself_is_the_module_without_a_name(void **state) {
    (void)state;
    const Primitive *row = primitive_named(vm, "", "primitiveGetenv");
    assert_non_null(row);
    assert_ptr_equal(primitive_named(vm, NULL, "primitiveGetenv"), row);
}

static void numbered_primitives_may_have_names(void **state) {
    (void)state;
    assert_ptr_equal(primitive_named(vm, "", "primitiveVMParameter"), primitive_numbered(254));
    assert_ptr_equal(primitive_named(vm, NULL, "primitiveAddLargeIntegers"),
                     primitive_numbered(21));
    assert_null(primitive_named(vm, "FilePlugin", "primitiveVMParameter"));
}

static void every_row_is_complete(void **state) {
    (void)state;
    for (unsigned i = 0; i < vm->plugin_count; i++) {
        const Plugin *plugin = plugin_at(i);
        assert_ptr_equal(vm->plugins[i], plugin->primitives);
        for (const Primitive *row = plugin->primitives; row->name; row++) {
            assert_string_equal(row->module, plugin->module);
            assert_true(row->absence ? !row->function && *row->absence : row->function != NULL);
            assert_int_equal(row->number, 0);
            assert_in_range(row->argument_count + 1, 0, 16);
            assert_ptr_equal(primitive_named(vm, row->module, row->name), row);
        }
    }
    assert_null(plugin_at(vm->plugin_count));
}

static void registering_again_after_a_release_works(void **state) {
    (void)state;
    plugin_release_all(vm);
    assert_null(primitive_named(vm, "FilePlugin", "primitiveFileOpen"));
    plugin_release_all(vm);
    assert_int_equal(plugin_register_all(vm), STATUS_OK);
    assert_non_null(primitive_named(vm, "FilePlugin", "primitiveFileOpen"));
}

static Oop operand(unsigned i) {
    return i < 6 ? (const Oop[]){new_string("x"), new_bytes(16), INT(-1),
                                 INT(1),          TRUE_OOP,      FALSE_OOP}[i]
                 : not_bytes(i - 6);
}
enum { OPERANDS = 18 };

// Calls with every kind of object in every position, the others being good for something.
static void call_with_all(const Primitive *row) {
    unsigned count = row->argument_count < 0 ? 2 : (unsigned)row->argument_count + 1;
    Oop operands[16];
    for (unsigned position = 0; position < count; position++)
        for (unsigned i = 0; i < OPERANDS; i++)
            for (unsigned others = 0; others < 3; others++) {
                for (unsigned k = 0; k < count; k++)
                    operands[k] = operand(others);
                operands[position] = operand(i);
                Outcome outcome = fixture_call(row->function, count, operands);
                assert_true(outcome == OUTCOME_ANSWERED || outcome == OUTCOME_FAILED);
                assert_true(outcome == OUTCOME_ANSWERED || vm->failure != FAILURE_NONE);
            }
}

// Closing and writing standard output would end the test's own report.
static bool disturbs_the_test(const Primitive *row) {
    return strcmp(row->name, "primitiveConnectToFileDescriptor") == 0 ||
           strcmp(row->name, "primitiveFileOpenUseFileDescriptor") == 0 ||
           strcmp(row->name, "primitiveSetCurrentWorkingDirectory") == 0;
}

static void every_primitive_stands_every_operand(void **state) {
    (void)state;
    char before[4096];
    assert_non_null(getcwd(before, sizeof before));
    assert_int_equal(chdir(scratch), 0);
    for (unsigned i = 0; i < vm->plugin_count; i++)
        for (const Primitive *row = vm->plugins[i]; row->name; row++)
            if (row->function && !disturbs_the_test(row)) call_with_all(row);
    assert_int_equal(chdir(before), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        PLUGIN_TEST(primitives_are_found_by_module_and_name),
        PLUGIN_TEST(the_vm_itself_is_the_module_without_a_name),
        PLUGIN_TEST(numbered_primitives_may_have_names),
        PLUGIN_TEST(every_row_is_complete),
        PLUGIN_TEST(registering_again_after_a_release_works),
        PLUGIN_TEST(every_primitive_stands_every_operand),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
