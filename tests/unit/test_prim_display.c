// SPDX-License-Identifier: MIT
// Display and input without a display: operands are checked, answers are those of other VMs.
#include "plugin_fixture.h"

static Oop new_form(void) { return ARRAY_OF(new_words32(4), INT(16), INT(8), INT(1), NIL); }

static void there_is_no_input(void **state) {
    (void)state;
    Oop point = ANSWER(prim_mouse_point, NIL);
    assert_int_equal(CLASS_OF(point), cls.point);
    OOP_EQUAL(field_at(point, POINT_X), INT(0));
    OOP_EQUAL(field_at(point, POINT_Y), INT(0));
    ANSWERS(INT(0), prim_mouse_buttons, NIL);
    ANSWERS(INT(0), prim_keyboard_next, NIL);
    ANSWERS(INT(0), prim_keyboard_peek, NIL);
    ANSWERS(INT(0), prim_input_word, NIL);
}

static void events_are_empty(void **state) {
    (void)state;
    Oop event = new_array(8);
    ANSWERS(INT(1), prim_get_next_event, INT(1), event);
    for (int i = 0; i < 8; i++)
        OOP_EQUAL(field_at(event, i), INT(0));
    Oop wrong[] = {new_array(7), new_array(9), new_words64(8),     NIL,
                   INT(8),       new_plain(),  forwarder_to(event)};
    for (int i = 0; i < 7; i++)
        FAILS(BAD_ARGUMENT, prim_get_next_event, NIL, wrong[i]);
    FAILS(NO_MODIFICATION, prim_get_next_event, NIL, read_only(new_array(8)));
}

static void the_input_semaphore_is_an_index(void **state) {
    (void)state;
    ANSWERS(INT(1), prim_input_semaphore, INT(1), INT(4));
    FAILS(BAD_ARGUMENT, prim_input_semaphore, NIL, INT(0));
    EACH_NOT_INTEGER(wrong) FAILS(BAD_ARGUMENT, prim_input_semaphore, NIL, wrong);
}

static void the_screen_has_the_size_of_the_last_window(void **state) {
    (void)state;
    vm->image->header.window_size = 0;
    Oop size = ANSWER(prim_screen_size, NIL);
    OOP_EQUAL(field_at(size, POINT_X), INT(64));
    OOP_EQUAL(field_at(size, POINT_Y), INT(64));
    vm->image->header.window_size = 1024 << 16 | 768;
    size = ANSWER(prim_screen_size, NIL);
    OOP_EQUAL(field_at(size, POINT_X), INT(1024));
    OOP_EQUAL(field_at(size, POINT_Y), INT(768));
}

static void the_display_mode_is_remembered(void **state) {
    (void)state;
    ANSWERS(TRUE_OOP, prim_set_display_mode, NIL, INT(32), INT(640), INT(480), TRUE_OOP);
    assert_int_equal(vm->image->header.window_size, 640 << 16 | 480);
    assert_int_equal(vm->image->header.flags & 1, 1);
    ANSWERS(INT(1), prim_set_full_screen, INT(1), FALSE_OOP);
    assert_int_equal(vm->image->header.flags & 1, 0);
    FAILS(BAD_ARGUMENT, prim_set_display_mode, NIL, INT(32), INT(1), INT(1), NIL);
    EACH_NOT_INTEGER(wrong) {
        FAILS(BAD_ARGUMENT, prim_set_display_mode, NIL, wrong, INT(1), INT(1), TRUE_OOP);
        FAILS(BAD_ARGUMENT, prim_set_display_mode, NIL, INT(1), wrong, INT(1), TRUE_OOP);
        FAILS(BAD_ARGUMENT, prim_set_display_mode, NIL, INT(1), INT(1), wrong, TRUE_OOP);
        FAILS(BAD_ARGUMENT, prim_test_display_depth, NIL, wrong);
    }
    EACH_NOT_BOOLEAN(wrong) FAILS(BAD_ARGUMENT, prim_set_full_screen, NIL, wrong);
    assert_int_equal(vm->image->header.window_size, 640 << 16 | 480);
    ANSWERS(TRUE_OOP, prim_test_display_depth, NIL, INT(32));
}

static void a_form_can_be_the_display_and_the_cursor(void **state) {
    (void)state;
    Oop form = new_form();
    ANSWERS(form, prim_be_display, form);
    OOP_EQUAL(vm_special(vm, SPECIAL_DISPLAY), form);
    ANSWERS(form, prim_be_cursor, form);
    ANSWERS(form, prim_be_cursor, form, new_form());
    FAILS(BAD_ARGUMENT, prim_be_cursor, form, NIL);
    FAILS(BAD_ARGUMENT_COUNT, prim_be_cursor, form, form, form);
}

static void what_is_no_form_is_refused(void **state) {
    (void)state;
    Oop good = new_form();
    ANSWER(prim_be_display, good);
    Oop bits = new_words32(1);
    Oop wrong[] = {NIL,
                   INT(1),
                   new_array(3),
                   new_string("form"),
                   new_plain(),
                   ARRAY_OF(NIL, INT(1), INT(1), INT(1)),
                   ARRAY_OF(bits, NIL, INT(1), INT(1)),
                   ARRAY_OF(bits, INT(1), NIL, INT(1)),
                   ARRAY_OF(bits, INT(1), INT(1), NIL),
                   ARRAY_OF(forwarder_to(bits), INT(1), INT(1), INT(1)),
                   forwarder_to(good)};
    for (unsigned i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        FAILS(BAD_RECEIVER, prim_be_display, wrong[i]);
        FAILS(BAD_RECEIVER, prim_be_cursor, wrong[i]);
    }
    OOP_EQUAL(vm_special(vm, SPECIAL_DISPLAY), good);
}

static void showing_does_nothing_but_check(void **state) {
    (void)state;
    ANSWERS(INT(7), prim_show_display_rect, INT(7), INT(0), INT(1), INT(2), INT(3));
    EACH_NOT_INTEGER(wrong)
    FAILS(BAD_ARGUMENT, prim_show_display_rect, NIL, INT(0), INT(1), wrong, INT(3));
    ANSWERS(INT(7), prim_defer_updates, INT(7), TRUE_OOP);
    EACH_NOT_BOOLEAN(wrong) FAILS(BAD_ARGUMENT, prim_defer_updates, NIL, wrong);
    ANSWERS(INT(7), prim_force_display_update, INT(7));
    ANSWERS(INT(7), prim_beep, INT(7));
}

static void the_clipboard_keeps_what_was_put_there(void **state) {
    (void)state;
    assert_bytes(ANSWER(prim_clipboard_text, NIL), "");
    ANSWERS(INT(7), prim_clipboard_text, INT(7), new_string("caf\xC3\xA9"));
    assert_bytes(ANSWER(prim_clipboard_text, NIL), "caf\xC3\xA9");
    ANSWERS(INT(7), prim_clipboard_text, INT(7), new_bytes(0));
    assert_bytes(ANSWER(prim_clipboard_text, NIL), "");
    EACH_NOT_BYTES(wrong) FAILS(BAD_ARGUMENT, prim_clipboard_text, NIL, wrong);
    FAILS(BAD_ARGUMENT_COUNT, prim_clipboard_text, NIL, NIL, NIL);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        PLUGIN_TEST(there_is_no_input),
        PLUGIN_TEST(events_are_empty),
        PLUGIN_TEST(the_input_semaphore_is_an_index),
        PLUGIN_TEST(the_screen_has_the_size_of_the_last_window),
        PLUGIN_TEST(the_display_mode_is_remembered),
        PLUGIN_TEST(a_form_can_be_the_display_and_the_cursor),
        PLUGIN_TEST(what_is_no_form_is_refused),
        PLUGIN_TEST(showing_does_nothing_but_check),
        PLUGIN_TEST(the_clipboard_keeps_what_was_put_there),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
