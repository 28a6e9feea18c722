// SPDX-License-Identifier: MIT
// What primitives know of classes, and the objects they make.
#include "prim_fixture.h"

static void known_classes_are_found(void **state) {
    (void)state;
    assert_int_equal(vm->known.array, 51);
    assert_int_equal(vm->known.byte_array, 50);
    assert_int_equal(vm->known.byte_string, 52);
    assert_int_equal(vm->known.large_negative, 32);
    assert_int_equal(vm->known.large_positive, 33);
    assert_int_equal(vm->known.boxed_float, 34);
    assert_int_equal(vm->known.context, 36);
    assert_int_equal(vm->known.character, TAG_CHAR);
    assert_int_equal(vm->known.point, cls.point);
    assert_int_equal(vm->known.semaphore, cls.semaphore);
}

static void classes_that_are_absent_have_index_zero(void **state) {
    (void)state;
    fixture_put_special(SPECIAL_CLASS_MUTEX, NIL);
    fixture_put_special(SPECIAL_CLASS_POINT, INT(3));
    fixture_put_special(SPECIAL_CLASS_PROCESS, new_plain());
    vm_find_known_classes(vm);
    assert_int_equal(vm->known.mutex, 0);
    assert_int_equal(vm->known.point, 0);
    assert_int_equal(vm->known.process, 0);
    assert_int_equal(vm->known.array, 51);
    assert_true(oop_is_none(prim_new_point(vm, INT(1), INT(2))));
}

static void a_short_array_of_special_objects_is_no_danger(void **state) {
    (void)state;
    vm->heap.special_objects = ARRAY_OF(NIL, FALSE_OOP, TRUE_OOP);
    vm_find_known_classes(vm);
    assert_int_equal(vm->known.array, 0);
    assert_true(oop_is_none(prim_new_array(vm, num(1))));
    assert_true(oop_is_none(prim_new_byte_string(vm, "x", 1)));
}

static void an_object_is_a_class_by_its_shape(void **state) {
    (void)state;
    assert_true(prim_is_class_object(vm, fixture_class_object(cls.array)));
    assert_false(prim_is_class_object(vm, INT(3)));
    assert_false(prim_is_class_object(vm, NIL));
    assert_false(prim_is_class_object(vm, new_array(2)));
    assert_false(prim_is_class_object(vm, new_array(3)));
    assert_false(prim_is_class_object(vm, new_bytes(64)));
    assert_false(prim_is_class_object(vm, ARRAY_OF(INT(1), NIL, INT(1 << 16))));
    assert_false(prim_is_class_object(vm, ARRAY_OF(NIL, INT(1), INT(1 << 16))));
    assert_true(prim_is_class_object(vm, ARRAY_OF(NIL, NIL, INT(1 << 16))));
    Oop forwarder = forwarder_to(fixture_class_object(cls.array));
    assert_false(prim_is_class_object(vm, forwarder));
    assert_true(prim_is_class_object(vm, ARRAY_OF(forwarder, NIL, INT(1 << 16))));
}

static void formats_come_from_the_class(void **state) {
    (void)state;
    Num fixed, format;
    assert_true(prim_class_format(vm, fixture_class_object(cls.mixed), &fixed, &format));
    assert_int_equal(num_concrete(fixed), 1);
    assert_int_equal(num_concrete(format), FORMAT_MIXED);
    assert_false(prim_class_format(vm, fixture_class_object(cls.small_integer), &fixed, &format));
    for (unsigned f = 0; f < 32; f++) {
        bool usable = f <= 5 || f == 9 || f == 10 || f == 12 || f == 16 || f == 24;
        assert_int_equal(prim_class_format(vm, fixture_new_class(f, 2), &fixed, &format), usable);
    }
    assert_false(prim_class_format(vm, INT(1), &fixed, &format));
}

static int64_t fixed_of(Oop object) { return num_concrete(prim_fixed_slots_of(vm, object)); }

static void named_fields_are_counted_per_object(void **state) {
    (void)state;
    assert_int_equal(fixed_of(new_plain()), 2);
    assert_int_equal(fixed_of(new_mixed(3)), 1);
    assert_int_equal(fixed_of(new_weak(3)), 1);
    assert_int_equal(fixed_of(new_ephemeron()), 2);
    assert_int_equal(fixed_of(new_array(3)), 0);
    assert_int_equal(fixed_of(new_bytes(30)), 0);
    assert_int_equal(fixed_of(new_method(1, "\x78", 1)), 0);
    assert_int_equal(fixed_of(NIL), 0);
}

static void a_damaged_class_leaves_all_slots_named(void **state) {
    (void)state;
    Oop mixed = new_mixed(3);
    field_at_put(&vm->heap, fixture_class_object(cls.mixed), CLASS_FORMAT, NIL);
    assert_int_equal(fixed_of(mixed), 4);
    field_at_put(&vm->heap, fixture_class_object(cls.mixed), CLASS_FORMAT,
                 INT(FORMAT_MIXED << 16 | 1));
}

static void immediates_have_classes(void **state) {
    (void)state;
    OOP_EQUAL(prim_class_of(vm, INT(1)), fixture_class_object(TAG_INT));
    OOP_EQUAL(prim_class_of(vm, CHARACTER(1)), fixture_class_object(TAG_CHAR));
    OOP_EQUAL(prim_class_of(vm, REAL(1)), fixture_class_object(TAG_FLOAT));
}

static void byte_objects_of_every_size_are_made(void **state) {
    (void)state;
    for (int64_t n = 0; n < 20; n++) {
        Oop bytes = prim_new_byte_array(vm, num(n));
        assert_int_equal(num_concrete(byte_count(bytes)), n);
        assert_int_equal(CLASS_OF(bytes), 50);
    }
    assert_true(oop_is_none(prim_new_byte_array(vm, num(-1))));
    assert_true(oop_is_none(prim_new_byte_array(vm, num(INT64_MAX))));
    assert_true(oop_is_none(prim_new_byte_array(vm, num(INT64_MIN))));
    assert_true(oop_is_none(prim_new_array(vm, num(-1))));
    assert_true(oop_is_none(prim_new_array(vm, num(INT64_MAX))));
}

static void strings_are_copied_in(void **state) {
    (void)state;
    Oop string = prim_new_byte_string(vm, "hello", 5);
    assert_memory_equal(object_bytes(string), "hello\0\0\0", 8);
    Oop zeros = prim_new_byte_string(vm, NULL, 5);
    assert_memory_equal(object_bytes(zeros), "\0\0\0\0\0", 5);
    assert_int_equal(num_concrete(byte_count(prim_new_byte_string(vm, "", 0))), 0);
}

static void c_strings_are_copied_out(void **state) {
    (void)state;
    char buffer[6];
    assert_true(prim_c_string(vm, new_string("hello"), buffer, sizeof buffer));
    assert_string_equal(buffer, "hello");
    assert_true(prim_c_string(vm, new_string(""), buffer, sizeof buffer));
    assert_string_equal(buffer, "");
    assert_false(prim_c_string(vm, new_string("hello!"), buffer, sizeof buffer));
    assert_false(prim_c_string(vm, new_bytes(2), buffer, sizeof buffer)); // holds a NUL
    assert_false(prim_c_string(vm, INT(3), buffer, sizeof buffer));
    assert_false(prim_c_string(vm, NIL, buffer, sizeof buffer));
    assert_false(prim_c_string(vm, new_words32(1), buffer, sizeof buffer));
    assert_false(prim_c_string(vm, forwarder_to(new_string("a")), buffer, sizeof buffer));
}

static void points_hold_two_values(void **state) {
    (void)state;
    Oop point = prim_new_point(vm, INT(1), new_string("y"));
    assert_int_equal(CLASS_OF(point), cls.point);
    OOP_EQUAL(field_at(point, POINT_X), INT(1));
    assert_int_equal(CLASS_OF(field_at(point, POINT_Y)), cls.byte_string);
}

static void numbers_lead_to_rows(void **state) {
    (void)state;
    assert_int_equal(primitive_numbered(60)->number, 60);
    assert_ptr_equal(primitive_numbered(60)->function, prim_at);
    assert_string_equal(primitive_numbered(105)->name, "prim_replace_from_to_with");
    assert_null(primitive_numbered(0));
    assert_null(primitive_numbered(256));
    assert_null(primitive_numbered(PRIMITIVE_NUMBER_LIMIT));
    assert_null(primitive_numbered(PRIMITIVE_NUMBER_LIMIT + 1));
    assert_null(primitive_numbered(UINT32_MAX));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        PRIM_TEST(known_classes_are_found),
        PRIM_TEST(classes_that_are_absent_have_index_zero),
        PRIM_TEST(a_short_array_of_special_objects_is_no_danger),
        PRIM_TEST(an_object_is_a_class_by_its_shape),
        PRIM_TEST(formats_come_from_the_class),
        PRIM_TEST(named_fields_are_counted_per_object),
        PRIM_TEST(a_damaged_class_leaves_all_slots_named),
        PRIM_TEST(immediates_have_classes),
        PRIM_TEST(byte_objects_of_every_size_are_made),
        PRIM_TEST(strings_are_copied_in),
        PRIM_TEST(c_strings_are_copied_out),
        PRIM_TEST(points_hold_two_values),
        PRIM_TEST(numbers_lead_to_rows),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
