// SPDX-License-Identifier: MIT
// Primitives on the VM as a whole: quit, names, attributes, memory, semaphores, modules.
#include "plugin_fixture.h"

// ---- leaving

static void quit_stops_with_an_exit_code(void **state) {
    (void)state;
    vm->exit_code = 9;
    assert_int_equal(CALL(prim_quit, NIL), OUTCOME_STOP);
    assert_int_equal(vm->stop, STOP_QUIT);
    assert_int_equal(vm->exit_code, 0);
    assert_int_equal(CALL(prim_quit, NIL, INT(3)), OUTCOME_STOP);
    assert_int_equal(vm->exit_code, 3);
}

static void quit_refuses_what_is_no_exit_code(void **state) {
    (void)state;
    EACH_NOT_INTEGER(wrong) FAILS(BAD_ARGUMENT, prim_quit, NIL, wrong);
    FAILS(BAD_ARGUMENT_COUNT, prim_quit, NIL, INT(1), INT(2));
    assert_int_equal(vm->stop, STOP_NONE);
}

static void there_is_no_debugger_to_exit_to(void **state) {
    (void)state;
    FAILS(UNSUPPORTED, prim_exit_to_debugger, NIL);
    ANSWERS(INT(5), prim_noop, INT(5), NIL);
}

// ---- names

static void the_image_has_a_name_that_can_be_changed(void **state) {
    (void)state;
    assert_bytes(ANSWER(prim_image_name, NIL), in_scratch("test.image"));
    ANSWERS(INT(1), prim_image_name, INT(1), new_string("/tmp/gr\xC3\xBC.image"));
    assert_bytes(ANSWER(prim_image_name, NIL), "/tmp/gr\xC3\xBC.image");
    EACH_NOT_BYTES(wrong) FAILS(BAD_ARGUMENT, prim_image_name, NIL, wrong);
    FAILS(BAD_ARGUMENT_COUNT, prim_image_name, NIL, NIL, NIL);
    assert_bytes(ANSWER(prim_image_name, NIL), "/tmp/gr\xC3\xBC.image");
}

static void the_vm_lies_in_a_folder(void **state) {
    (void)state;
    assert_bytes(ANSWER(prim_vm_path, NIL), "");
    assert_int_equal(image_info_set_vm_path(vm->image, "/usr/bin/parley"), STATUS_OK);
    assert_bytes(ANSWER(prim_vm_path, NIL), "/usr/bin/");
}

static void attributes_are_strings(void **state) {
    (void)state;
    const char *arguments[] = {"one", "zw\xC3\xB6lf"};
    assert_int_equal(image_arguments_set(&vm->image->arguments, 2, arguments), STATUS_OK);
    assert_bytes(ANSWER(prim_get_attribute, NIL, INT(1001)), "unix");
    assert_bytes(ANSWER(prim_get_attribute, NIL, INT(2)), "one");
    assert_bytes(ANSWER(prim_get_attribute, NIL, INT(3)), "zw\xC3\xB6lf");
    FAILS(NOT_FOUND, prim_get_attribute, NIL, INT(4));
    FAILS(NOT_FOUND, prim_get_attribute, NIL, INT(-1));
    FAILS(NOT_FOUND, prim_get_attribute, NIL, INT(1ll << 59));
    EACH_NOT_INTEGER(wrong) FAILS(BAD_ARGUMENT, prim_get_attribute, NIL, wrong);
}

static void a_vm_without_image_refuses_its_names(void **state) {
    (void)state;
    vm->image = NULL;
    FAILS(UNSUPPORTED, prim_image_name, NIL);
    FAILS(UNSUPPORTED, prim_vm_path, NIL);
    FAILS(UNSUPPORTED, prim_snapshot, NIL);
}

// ---- memory

static void collecting_keeps_what_is_used(void **state) {
    (void)state;
    enum { KEPT, HELD };
    Oop held[HELD];
    RootScope scope;
    root_scope_enter(&vm->heap, &scope, held, HELD);
    held[KEPT] = new_string("still here");
    uint64_t full = vm->heap.statistics.full_collections, scavenges = vm->heap.statistics.scavenges;
    assert_true(oop_is_int(ANSWER(prim_full_gc, NIL)));
    assert_int_equal(vm->heap.statistics.full_collections, full + 1);
    assert_bytes(held[KEPT], "still here");
    assert_true(oop_is_int(ANSWER(prim_incremental_gc, NIL)));
    assert_true(vm->heap.statistics.scavenges > scavenges);
    assert_bytes(held[KEPT], "still here");
    root_scope_leave(&vm->heap, &scope);
}

static void the_low_space_threshold_can_be_set(void **state) {
    (void)state;
    ANSWERS(INT(1), prim_signal_at_bytes_left, INT(1), INT(200000));
    assert_int_equal(vm->heap.low_space_threshold, 200000);
    FAILS(BAD_ARGUMENT, prim_signal_at_bytes_left, NIL, INT(-1));
    EACH_NOT_INTEGER(wrong) FAILS(BAD_ARGUMENT, prim_signal_at_bytes_left, NIL, wrong);
    assert_int_equal(vm->heap.low_space_threshold, 200000);
}

// ---- semaphores

static void check_special_semaphore(PrimitiveFunction function, SpecialObject which) {
    Oop semaphore = fixture_new(cls.semaphore, FORMAT_FIXED, 3);
    ANSWERS(INT(1), function, INT(1), semaphore);
    OOP_EQUAL(vm_special(vm, which), semaphore);
    Oop wrong[] = {INT(1), new_plain(), new_string("s"), TRUE_OOP, forwarder_to(semaphore)};
    for (int i = 0; i < 5; i++)
        FAILS(BAD_ARGUMENT, function, NIL, wrong[i]);
    OOP_EQUAL(vm_special(vm, which), semaphore);
    ANSWERS(INT(1), function, INT(1), NIL);
    OOP_EQUAL(vm_special(vm, which), NIL);
}

static void semaphores_become_special_objects(void **state) {
    (void)state;
    check_special_semaphore(prim_low_space_semaphore, SPECIAL_LOW_SPACE_SEMAPHORE);
    check_special_semaphore(prim_interrupt_semaphore, SPECIAL_INTERRUPT_SEMAPHORE);
}

static void the_interrupt_key_is_an_integer(void **state) {
    (void)state;
    ANSWERS(INT(1), prim_set_interrupt_key, INT(1), INT(2094));
    EACH_NOT_INTEGER(wrong) FAILS(BAD_ARGUMENT, prim_set_interrupt_key, NIL, wrong);
}

// ---- modules

static void modules_are_listed_once_each(void **state) {
    (void)state;
    unsigned files = 0, number = 1;
    for (;; number++) {
        Oop name = ANSWER(prim_list_builtin_module, NIL, INT(number));
        if (oop_is(name, NIL)) break;
        assert_true(num_concrete(byte_count(name)) > 0);
        files += num_concrete(byte_count(name)) == 10 &&
                 memcmp(object_bytes(name), "FilePlugin", 10) == 0;
    }
    assert_int_equal(files, 1);
    assert_true(number > 4);
    ANSWERS(NIL, prim_list_external_module, NIL, INT(1));
    FAILS(BAD_INDEX, prim_list_builtin_module, NIL, INT(0));
    FAILS(BAD_INDEX, prim_list_external_module, NIL, INT(-1));
    EACH_NOT_INTEGER(wrong) {
        FAILS(BAD_ARGUMENT, prim_list_builtin_module, NIL, wrong);
        FAILS(BAD_ARGUMENT, prim_list_external_module, NIL, wrong);
    }
}

static void modules_can_be_forgotten(void **state) {
    (void)state;
    ANSWERS(INT(1), prim_flush_external_primitives, INT(1));
    ANSWERS(INT(1), prim_unload_module, INT(1), new_string("FilePlugin"));
    FAILS(NOT_FOUND, prim_unload_module, NIL, new_string(""));
    EACH_NOT_BYTES(wrong) FAILS(BAD_ARGUMENT, prim_unload_module, NIL, wrong);
}

// The safe point is asked for, so that the process that waits for it runs before anything else.
static void the_dead_are_told_of_soon(void **state) {
    (void)state;
    vm->options.heap.collect_every = 0;
    fixture_put_special(SPECIAL_EXTERNAL_OBJECTS, fixture_new(cls.ephemeron, FORMAT_EPHEMERON, 2));
    Oop key = fixture_new(cls.plain, FORMAT_FIXED, 2);
    field_at_put(&vm->heap, vm_special(vm, SPECIAL_EXTERNAL_OBJECTS), EPHEMERON_KEY, key);
    vm->interrupts = 0;
    (void)CALL(prim_full_gc, NIL);
    assert_true(vm->interrupts & INTERRUPT_HEAP);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        PLUGIN_TEST(the_dead_are_told_of_soon),
        PLUGIN_TEST(quit_stops_with_an_exit_code),
        PLUGIN_TEST(quit_refuses_what_is_no_exit_code),
        PLUGIN_TEST(there_is_no_debugger_to_exit_to),
        PLUGIN_TEST(the_image_has_a_name_that_can_be_changed),
        PLUGIN_TEST(the_vm_lies_in_a_folder),
        PLUGIN_TEST(attributes_are_strings),
        PLUGIN_TEST(a_vm_without_image_refuses_its_names),
        PLUGIN_TEST(collecting_keeps_what_is_used),
        PLUGIN_TEST(the_low_space_threshold_can_be_set),
        PLUGIN_TEST(semaphores_become_special_objects),
        PLUGIN_TEST(the_interrupt_key_is_an_integer),
        PLUGIN_TEST(modules_are_listed_once_each),
        PLUGIN_TEST(modules_can_be_forgotten),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
