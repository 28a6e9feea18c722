// SPDX-License-Identifier: MIT
// Primitive 254: the parameters that images read, those that can be set, and wrong operands.
#include "plugin_fixture.h"

enum { PARAMETERS = 86 };

static Oop parameter(int number) { return ANSWER(prim_vm_parameter, NIL, INT(number)); }
static Oop set_parameter(int number, int64_t value) {
    return ANSWER(prim_vm_parameter, NIL, INT(number), INT(value));
}

static void all_parameters_come_as_an_array(void **state) {
    (void)state;
    Oop all = ANSWER(prim_vm_parameter, NIL);
    assert_int_equal(num_concrete(slot_count(all)), PARAMETERS);
    OOP_EQUAL(field_at(all, 40 - 1), INT(8));
    OOP_EQUAL(field_at(all, 46 - 1), NIL);
    OOP_EQUAL(field_at(all, 65 - 1), INT(3));
    OOP_EQUAL(field_at(all, 86 - 1), FALSE_OOP);
}

static void one_parameter_is_answered(void **state) {
    (void)state;
    OOP_EQUAL(parameter(40), INT(8));
    OOP_EQUAL(parameter(41), INT(68021));
    OOP_EQUAL(parameter(44), INT((int64_t)heap_eden_bytes(&vm->heap)));
    OOP_EQUAL(parameter(47), NIL);
    OOP_EQUAL(parameter(70), INT(1));
    OOP_EQUAL(parameter(42), INT(4));
    OOP_EQUAL(parameter(66), INT(8192));
}

static void statistics_move(void **state) {
    (void)state;
    int64_t full = INT_OF(parameter(7)), scavenges = INT_OF(parameter(9));
    int64_t allocated = INT_OF(parameter(34));
    new_bytes(100000);
    assert_true(INT_OF(parameter(34)) >= allocated + 100000);
    ANSWER(prim_full_gc, NIL);
    ANSWER(prim_incremental_gc, NIL);
    assert_int_equal(INT_OF(parameter(7)), full + 1);
    assert_true(INT_OF(parameter(9)) > scavenges);
}

static void setting_answers_the_old_value(void **state) {
    (void)state;
    const int settable[] = {23, 24, 25, 43, 45, 49};
    for (unsigned i = 0; i < sizeof settable / sizeof *settable; i++) {
        Oop before = parameter(settable[i]);
        OOP_EQUAL(set_parameter(settable[i], 1000 + (int64_t)i), before);
        OOP_EQUAL(parameter(settable[i]), INT(1000 + (int64_t)i));
    }
    assert_int_equal(vm->image->header.stack_pages, 1003);
    assert_int_equal(vm->image->header.eden_bytes, 1004);
    assert_int_equal(vm->image->header.semaphore_table_size, 1005);
}

static void flags_are_those_of_the_header(void **state) {
    (void)state;
    vm->image->header.flags = 3 | 16;
    OOP_EQUAL(parameter(48), INT(4));
    OOP_EQUAL(set_parameter(48, 16 + 32), INT(4));
    assert_int_equal(vm->image->header.flags, 3 | 64 | 128);
    FAILS(INAPPROPRIATE, prim_vm_parameter, NIL, INT(48), INT(64));
    assert_int_equal(vm->image->header.flags, 3 | 64 | 128);
}

static void heap_options_can_be_set(void **state) {
    (void)state;
    set_parameter(6, 3);
    assert_int_equal(vm->heap.options.tenure_age, 3);
    set_parameter(67, 1 << 30);
    assert_int_equal(vm->heap.options.old_limit_bytes, 1 << 30);
    set_parameter(67, 0);
    set_parameter(11, 5);
    OOP_EQUAL(parameter(11), INT(5));
    set_parameter(34, 1000000);
    assert_in_range(INT_OF(parameter(34)), 1000000, 1001000);
}

static void floats_are_kept(void **state) {
    (void)state;
    Oop before = parameter(55);
    assert_true(oop_is_small_float(before));
    OOP_EQUAL(ANSWER(prim_vm_parameter, NIL, INT(55), REAL(0.5)), before);
    OOP_EQUAL(parameter(55), REAL(0.5));
    ANSWER(prim_vm_parameter, NIL, INT(55), INT(1));
    OOP_EQUAL(parameter(55), REAL(1.0));
    FAILS(INAPPROPRIATE, prim_vm_parameter, NIL, INT(55), REAL(-1.0));
    FAILS(INAPPROPRIATE, prim_vm_parameter, NIL, INT(68), REAL(1.0));
    ANSWERS(REAL(0.0), prim_vm_parameter, NIL, INT(68), INT(0));
    FAILS(BAD_ARGUMENT, prim_vm_parameter, NIL, INT(55), NIL);
    FAILS(BAD_ARGUMENT, prim_vm_parameter, NIL, INT(55), new_string("1"));
}

static void values_that_do_not_fit_are_refused(void **state) {
    (void)state;
    FAILS(INAPPROPRIATE, prim_vm_parameter, NIL, INT(43), INT(65536));
    FAILS(INAPPROPRIATE, prim_vm_parameter, NIL, INT(49), INT(65536));
    FAILS(INAPPROPRIATE, prim_vm_parameter, NIL, INT(45), INT(1ll << 32));
    FAILS(INAPPROPRIATE, prim_vm_parameter, NIL, INT(23), INT(-1));
    FAILS(INAPPROPRIATE, prim_vm_parameter, NIL, INT(24), INT(0));
    FAILS(INAPPROPRIATE, prim_vm_parameter, NIL, INT(25), INT(0));
}

static void most_parameters_are_read_only(void **state) {
    (void)state;
    const int read_only_ones[] = {1, 2, 3, 7, 8, 9, 10, 40, 41, 44, 46, 54, 65, 86};
    for (unsigned i = 0; i < sizeof read_only_ones / sizeof *read_only_ones; i++)
        FAILS(INAPPROPRIATE, prim_vm_parameter, NIL, INT(read_only_ones[i]), INT(1));
}

static void wrong_operands_are_refused(void **state) {
    (void)state;
    const int64_t indices[] = {0, -1, PARAMETERS + 1, 1ll << 40};
    for (int i = 0; i < 4; i++) {
        FAILS(BAD_INDEX, prim_vm_parameter, NIL, INT(indices[i]));
        FAILS(BAD_INDEX, prim_vm_parameter, NIL, INT(indices[i]), INT(1));
    }
    EACH_NOT_INTEGER(wrong) {
        FAILS(BAD_ARGUMENT, prim_vm_parameter, NIL, wrong);
        FAILS(BAD_ARGUMENT, prim_vm_parameter, NIL, INT(23), wrong);
    }
    FAILS(BAD_ARGUMENT_COUNT, prim_vm_parameter, NIL, INT(1), INT(1), INT(1));
}

static void every_parameter_stands_every_value(void **state) {
    (void)state;
    for (int number = 1; number <= PARAMETERS; number++)
        for (unsigned i = 0; !oop_is_none(not_integer(i)); i++)
            assert_int_not_equal(CALL(prim_vm_parameter, NIL, INT(number), not_integer(i)),
                                 OUTCOME_STOP);
}

static void a_vm_without_image_keeps_no_header(void **state) {
    (void)state;
    vm->image = NULL;
    OOP_EQUAL(parameter(41), INT(68021));
    OOP_EQUAL(parameter(45), INT(0));
    FAILS(INAPPROPRIATE, prim_vm_parameter, NIL, INT(45), INT(100));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        PLUGIN_TEST(all_parameters_come_as_an_array),
        PLUGIN_TEST(one_parameter_is_answered),
        PLUGIN_TEST(statistics_move),
        PLUGIN_TEST(setting_answers_the_old_value),
        PLUGIN_TEST(flags_are_those_of_the_header),
        PLUGIN_TEST(heap_options_can_be_set),
        PLUGIN_TEST(floats_are_kept),
        PLUGIN_TEST(values_that_do_not_fit_are_refused),
        PLUGIN_TEST(most_parameters_are_read_only),
        PLUGIN_TEST(wrong_operands_are_refused),
        PLUGIN_TEST(every_parameter_stands_every_value),
        PLUGIN_TEST(a_vm_without_image_keeps_no_header),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
