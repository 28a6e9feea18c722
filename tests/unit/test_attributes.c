// SPDX-License-Identifier: MIT
// The attributes of the VM: program, image, options, arguments, and what it runs on.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "image/image_info.h"
#include "run/system.h"

static VM *vm;
static ImageInfo image;

static int open_vm(void **state) {
    (void)state;
    vm = calloc(1, sizeof *vm);
    if (!vm || image_info_init(&image) != STATUS_OK) return -1;
    vm->image = &image;
    const char *options[] = {"--headless", "--trace=send"};
    const char *arguments[] = {"eval", "", "caf\xC3\xA9"};
    return image_info_set_path(&image, "/home/me/a b.image") ||
           image_info_set_vm_path(&image, "/usr/bin/parley") ||
           image_arguments_set(&image.vm_arguments, 2, options) ||
           image_arguments_set(&image.arguments, 3, arguments);
}
static int close_vm(void **state) {
    (void)state;
    image_info_release(&image);
    free(vm);
    return 0;
}

static const char *attribute(int64_t number) {
    static char text[300];
    return system_attribute(vm, number, text, sizeof text);
}

static void names_of_program_and_image(void **state) {
    (void)state;
    assert_string_equal(attribute(0), "/usr/bin/parley");
    assert_string_equal(attribute(1), "/home/me/a b.image");
}

static void arguments_begin_at_two(void **state) {
    (void)state;
    assert_string_equal(attribute(2), "eval");
    assert_string_equal(attribute(3), "");
    assert_string_equal(attribute(4), "caf\xC3\xA9");
    assert_null(attribute(5));
    assert_null(attribute(1000));
}

static void options_have_negative_numbers(void **state) {
    (void)state;
    assert_string_equal(attribute(-1), "--headless");
    assert_string_equal(attribute(-2), "--trace=send");
    assert_null(attribute(-3));
    assert_null(attribute(-5000));
    assert_null(attribute(INT64_MIN));
}

static void the_system_has_the_names_that_images_test_for(void **state) {
    (void)state;
    assert_string_equal(attribute(1001), "unix");
    assert_string_equal(attribute(1002), "linux-gnu");
    assert_true(strlen(attribute(1003)) > 0);
    assert_non_null(strstr(attribute(1004), "Parley"));
    assert_string_equal(attribute(1005), "null");
    assert_non_null(strstr(attribute(1006), "Parley"));
    assert_non_null(strstr(attribute(1007), "Interpreter"));
}

static void what_has_no_meaning_has_no_value(void **state) {
    (void)state;
    assert_null(attribute(1008)); // the version of a Cogit
    assert_null(attribute(1202));
    assert_null(attribute(INT64_MAX));
}

static void a_vm_without_image_has_no_names(void **state) {
    (void)state;
    vm->image = NULL;
    assert_null(attribute(0));
    assert_null(attribute(2));
    assert_null(attribute(-1));
    assert_string_equal(attribute(1001), "unix");
}

#define ATTRIBUTE_TEST(f) cmocka_unit_test_setup_teardown(f, open_vm, close_vm)

int main(void) {
    const struct CMUnitTest tests[] = {
        ATTRIBUTE_TEST(names_of_program_and_image),
        ATTRIBUTE_TEST(arguments_begin_at_two),
        ATTRIBUTE_TEST(options_have_negative_numbers),
        ATTRIBUTE_TEST(the_system_has_the_names_that_images_test_for),
        ATTRIBUTE_TEST(what_has_no_meaning_has_no_value),
        ATTRIBUTE_TEST(a_vm_without_image_has_no_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
