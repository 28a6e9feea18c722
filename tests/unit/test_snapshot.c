// SPDX-License-Identifier: MIT
// Saving from a primitive: the file, the answers, and that the running program goes on.
#include "run/process.h"
#include "run/snapshot.h"

#include "plugin_fixture.h"

static uint64_t size_of_file(const char *path) {
    struct stat info;
    assert_int_equal(stat(path, &info), 0);
    return (uint64_t)info.st_size;
}

static void the_running_program_goes_on_with_false(void **state) {
    (void)state;
    assert_int_equal(CALL(prim_snapshot, NIL), OUTCOME_SWITCHED);
    OOP_EQUAL(TOP, FALSE_OOP);
    assert_true(size_of_file(in_scratch("test.image")) > 1000);
    assert_int_equal(heap_verify(&vm->heap, stderr, 5, false), 0);
    assert_int_equal(CALL(prim_snapshot_embedded, NIL), OUTCOME_SWITCHED);
    OOP_EQUAL(TOP, FALSE_OOP);
}

static void the_active_process_is_left_as_it_was(void **state) {
    (void)state;
    CALL(prim_snapshot, NIL);
    Oop process = process_active(vm);
    OOP_EQUAL(field_at(process, PROCESS_SUSPENDED_CONTEXT), NIL);
}

static void a_save_that_fails_answers_nil_and_says_why(void **state) {
    (void)state;
    char said[300] = "";
    int before = dup(2);
    assert_non_null(freopen(in_scratch("errors"), "w", stderr));
    assert_int_equal(image_info_set_path(vm->image, in_scratch("no/such.image")), STATUS_OK);
    assert_int_equal(CALL(prim_snapshot, NIL), OUTCOME_SWITCHED);
    fflush(stderr);
    dup2(before, 2);
    close(before);
    FILE *errors = fopen(in_scratch("errors"), "r");
    assert_non_null(fgets(said, sizeof said, errors));
    fclose(errors);
    assert_memory_equal(said, "parley: image not saved: ", 25);
    OOP_EQUAL(TOP, NIL);
    assert_int_equal(access(in_scratch("no/such.image"), F_OK), -1);
}

static void an_image_without_name_is_not_saved(void **state) {
    (void)state;
    assert_int_equal(image_info_set_path(vm->image, ""), STATUS_OK);
    FAILS(UNSUPPORTED, prim_snapshot, INT(3));
    FAILS(BAD_ARGUMENT_COUNT, prim_snapshot, INT(3), NIL);
}

static void saving_under_another_name_keeps_the_stack(void **state) {
    (void)state;
    Diagnosis why = {""};
    fixture_push(INT(77));
    assert_int_equal(snapshot_save(vm, in_scratch("other.image"), &why), STATUS_OK);
    OOP_EQUAL(TOP, INT(77));
    assert_true(size_of_file(in_scratch("other.image")) > 1000);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        PLUGIN_TEST(the_running_program_goes_on_with_false),
        PLUGIN_TEST(the_active_process_is_left_as_it_was),
        PLUGIN_TEST(a_save_that_fails_answers_nil_and_says_why),
        PLUGIN_TEST(an_image_without_name_is_not_saved),
        PLUGIN_TEST(saving_under_another_name_keeps_the_stack),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
