// SPDX-License-Identifier: MIT
// Primitives 105, 148, 163, 164, 168: replacing elements, shallow copies, read-only objects.
#include "prim_fixture.h"

static Oop replace(Oop target, int64_t start, int64_t stop, Oop source, int64_t source_start) {
    return ANSWER(prim_replace_from_to_with, target, INT(start), INT(stop), source,
                  INT(source_start));
}
#define REPLACE_FAILS(failure, target, start, stop, source, source_start)                          \
    FAILS(failure, prim_replace_from_to_with, target, INT(start), INT(stop), source,               \
          INT(source_start))

static Oop counting_array(unsigned count) {
    Oop array = new_array(count);
    for (unsigned i = 0; i < count; i++)
        field_at_put(&vm->heap, array, (int)i, INT(i + 1));
    return array;
}
static void check_array(Oop array, unsigned count, const int64_t *expected) {
    for (unsigned i = 0; i < count; i++)
        OOP_EQUAL(field_at(array, (int)i), INT(expected[i]));
}
static void check_text(Oop string, const char *expected) {
    assert_memory_equal(object_bytes(string), expected, strlen(expected));
}

// ---- 105

static void arrays_take_a_range_of_another(void **state) {
    (void)state;
    Oop array = counting_array(6);
    OOP_EQUAL(replace(array, 2, 4, ARRAY_OF(INT(20), INT(21), INT(22), INT(23)), 2), array);
    check_array(array, 6, (int64_t[]){1, 21, 22, 23, 5, 6});
}

static void strings_take_a_range_of_another(void **state) {
    (void)state;
    Oop string = new_string("abcdef");
    replace(string, 1, 3, new_string("uvXYZ"), 3);
    check_text(string, "XYZdef");
    replace(string, 6, 6, new_bytes(1), 1);
    assert_int_equal(object_bytes(string)[5], 0);
}

static void every_width_of_bits_is_copied(void **state) {
    (void)state;
    Oop targets[] = {new_bytes(9), new_shorts(9), new_words32(9), new_words64(9)};
    Oop sources[] = {new_bytes(5), new_shorts(5), new_words32(5), new_words64(5)};
    for (int i = 0; i < 4; i++) {
        for (int k = 1; k <= 5; k++)
            ANSWER(prim_slot_at_put, sources[i], INT(k), INT(k + 10));
        replace(targets[i], 7, 9, sources[i], 3);
        ANSWERS(INT(0), prim_slot_at, targets[i], INT(6));
        ANSWERS(INT(13), prim_slot_at, targets[i], INT(7));
        ANSWERS(INT(15), prim_slot_at, targets[i], INT(9));
    }
}

static void a_copy_upward_within_one_object_repeats(void **state) {
    (void)state;
    Oop array = counting_array(10);
    replace(array, 3, 8, array, 1);
    check_array(array, 10, (int64_t[]){1, 2, 1, 2, 1, 2, 1, 2, 9, 10});
    Oop string = new_string("123456789a");
    replace(string, 3, 8, string, 1);
    check_text(string, "121212129a");
    Oop shorts = new_shorts(6);
    for (int k = 1; k <= 6; k++)
        ANSWER(prim_slot_at_put, shorts, INT(k), INT(k));
    replace(shorts, 2, 6, shorts, 1);
    ANSWERS(INT(1), prim_slot_at, shorts, INT(6));
}

static void a_copy_downward_within_one_object_moves(void **state) {
    (void)state;
    Oop array = counting_array(10);
    replace(array, 1, 6, array, 3);
    check_array(array, 10, (int64_t[]){3, 4, 5, 6, 7, 8, 7, 8, 9, 10});
    Oop string = new_string("123456789a");
    replace(string, 1, 6, string, 3);
    check_text(string, "345678789a");
    replace(string, 1, 10, string, 1);
    check_text(string, "345678789a");
}

static void named_fields_are_passed_over(void **state) {
    (void)state;
    Oop target = new_mixed(2), source = new_mixed(2);
    ANSWER(prim_slot_at_put, source, INT(2), INT(5));
    ANSWER(prim_slot_at_put, source, INT(3), INT(6));
    replace(target, 1, 2, source, 1);
    ANSWERS(NIL, prim_slot_at, target, INT(1));
    ANSWERS(INT(5), prim_slot_at, target, INT(2));
    ANSWERS(INT(6), prim_slot_at, target, INT(3));
    REPLACE_FAILS(BAD_INDEX, target, 1, 3, source, 1);
    REPLACE_FAILS(BAD_INDEX, target, 1, 2, source, 2);
    Oop weak = new_weak(1);
    replace(weak, 1, 1, new_weak(3), 3);
}

static void an_empty_range_copies_nothing(void **state) {
    (void)state;
    Oop array = counting_array(3);
    OOP_EQUAL(replace(array, 2, 1, new_array(0), 1), array);
    OOP_EQUAL(replace(array, 4, 3, array, 4), array);
    replace(read_only(new_array(3)), 1, 0, array, 1);
    check_array(array, 3, (int64_t[]){1, 2, 3});
}

static void ranges_must_lie_inside(void **state) {
    (void)state;
    Oop array = counting_array(3), source = counting_array(4);
    REPLACE_FAILS(BAD_INDEX, array, 0, 2, source, 1);
    REPLACE_FAILS(BAD_INDEX, array, 1, 4, source, 1);
    REPLACE_FAILS(BAD_INDEX, array, 1, 3, source, 3);
    REPLACE_FAILS(BAD_INDEX, array, 1, 3, source, 0);
    REPLACE_FAILS(BAD_INDEX, array, 3, 1, source, 1);
    REPLACE_FAILS(BAD_INDEX, array, 1, 2, source, INT64_MAX >> 3);
    REPLACE_FAILS(BAD_INDEX, array, INT64_MIN >> 3, INT64_MAX >> 3, source, 1);
    REPLACE_FAILS(BAD_INDEX, array, 1, 1, source, INT64_MIN >> 3);
    REPLACE_FAILS(BAD_INDEX, new_string("abc"), 1, 4, new_string("abcd"), 1);
    REPLACE_FAILS(BAD_INDEX, new_string("abcd"), 1, 4, new_string("abc"), 1);
    check_array(array, 3, (int64_t[]){1, 2, 3});
}

static void elements_must_be_of_one_kind(void **state) {
    (void)state;
    Oop array = new_array(2), bytes = new_bytes(2), shorts = new_shorts(2);
    Oop words = new_words32(2), wide = new_words64(2), method = new_method(0, "\x78", 1);
    Oop all[] = {array, bytes, shorts, words, wide, new_mixed(2), new_weak(2), method};
    for (int i = 0; i < 8; i++)
        for (int k = 0; k < 8; k++)
            if (i != k || i == 7) REPLACE_FAILS(INAPPROPRIATE, all[i], 1, 1, all[k], 1);
    Oop context = fixture_new(cls.context, FORMAT_MIXED, 22);
    REPLACE_FAILS(INAPPROPRIATE, context, 1, 1, new_mixed(1), 1);
    REPLACE_FAILS(INAPPROPRIATE, new_mixed(1), 1, 1, context, 1);
}

static void replacing_refuses_odd_operands(void **state) {
    (void)state;
    Oop array = counting_array(3), forwarder = forwarder_to(array);
    REPLACE_FAILS(BAD_RECEIVER, INT(3), 1, 1, array, 1);
    REPLACE_FAILS(BAD_ARGUMENT, array, 1, 1, INT(3), 1);
    REPLACE_FAILS(INAPPROPRIATE, forwarder, 1, 1, array, 1);
    REPLACE_FAILS(INAPPROPRIATE, array, 1, 1, forwarder, 1);
    REPLACE_FAILS(INAPPROPRIATE, array, 1, 1, NIL, 1);
    REPLACE_FAILS(NO_MODIFICATION, read_only(array), 1, 1, new_array(3), 1);
    FAILS(BAD_ARGUMENT, prim_replace_from_to_with, array, NIL, INT(1), array, INT(1));
    FAILS(BAD_ARGUMENT, prim_replace_from_to_with, array, INT(1), REAL(1), array, INT(1));
    FAILS(BAD_ARGUMENT, prim_replace_from_to_with, array, INT(1), INT(1), array, CHARACTER(1));
    check_array(array, 3, (int64_t[]){1, 2, 3});
}

static void an_old_array_remembers_what_it_takes(void **state) {
    (void)state;
    Oop old = heap_allocate_old(&vm->heap, cls.array, FORMAT_INDEXABLE, 4);
    replace(old, 2, 3, ARRAY_OF(new_string("young"), INT(1)), 1);
    assert_int_equal(heap_verify(&vm->heap, stderr, 3, false), 0);
}

// ---- 148

static void copies_are_shallow(void **state) {
    (void)state;
    Oop inner = new_string("inner"), array = ARRAY_OF(inner, INT(2));
    Oop copy = ANSWER(prim_clone, array);
    assert_true(oop_bits(copy) != oop_bits(array));
    OOP_EQUAL(field_at(copy, 0), inner);
    OOP_EQUAL(field_at(copy, 1), INT(2));
    assert_int_equal(CLASS_OF(copy), cls.array);
    check_text(ANSWER(prim_clone, NIL, inner), "inner");
}

static void every_format_is_copied(void **state) {
    (void)state;
    Oop all[] = {new_plain(),           new_empty(),     new_mixed(3),
                 new_weak(2),           new_ephemeron(), new_bytes(0),
                 new_bytes(13),         new_shorts(3),   new_words32(3),
                 new_words64(3),        new_array(300),  new_method(3, "\x70\x87\x78", 3),
                 new_boxed_float(1e200)};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        Oop copy = ANSWER(prim_clone, all[i]);
        assert_int_equal(CLASS_OF(copy), CLASS_OF(all[i]));
        assert_true(num_eq(object_format(copy), object_format(all[i])));
        assert_memory_equal(object_bytes(copy), object_bytes(all[i]),
                            8 * (size_t)num_concrete(slot_count(copy)));
    }
}

static void a_copy_has_no_marks_of_its_own(void **state) {
    (void)state;
    Oop plain = read_only(new_plain());
    Oop hash = ANSWER(prim_identity_hash, plain);
    Oop copy = ANSWER(prim_clone, plain);
    assert_false(object_is_readonly(copy));
    assert_true(oop_bits(ANSWER(prim_identity_hash, copy)) != oop_bits(hash));
}

static void immediates_are_their_own_copies(void **state) {
    (void)state;
    ANSWERS(INT(3), prim_clone, INT(3));
    ANSWERS(CHARACTER('x'), prim_clone, CHARACTER('x'));
    ANSWERS(REAL(1.5), prim_clone, NIL, REAL(1.5));
    FAILS(BAD_RECEIVER, prim_clone, forwarder_to(NIL));
    FAILS(BAD_ARGUMENT_COUNT, prim_clone, NIL, NIL, INT(3));
}

static void a_copy_of_the_running_context_is_single(void **state) {
    (void)state;
    Oop context = context_of_frame(vm, vm->fp);
    Oop copy = ANSWER(prim_clone, context);
    assert_true(context_is_context(vm, copy));
    assert_true(context_is_married(vm, context));
    assert_false(context_is_married(vm, copy));
    OOP_EQUAL(field_at(copy, CONTEXT_RECEIVER), INT(42));
}

// ---- 168

static void contents_are_taken_over(void **state) {
    (void)state;
    Oop target = new_array(2), source = ARRAY_OF(INT(7), INT(8));
    ANSWERS(target, prim_copy_object, target, source);
    OOP_EQUAL(field_at(target, 1), INT(8));
    Oop bytes = new_string("abc");
    ANSWERS(bytes, prim_copy_object, bytes, new_string("xyz"));
    check_text(bytes, "xyz");
}

static void contents_must_be_alike(void **state) {
    (void)state;
    Oop array = ARRAY_OF(INT(1), INT(2)), context = fixture_new(cls.context, FORMAT_MIXED, 22);
    FAILS(BAD_ARGUMENT, prim_copy_object, array, new_array(3));
    FAILS(BAD_ARGUMENT, prim_copy_object, array, new_plain());
    FAILS(BAD_ARGUMENT, prim_copy_object, new_bytes(3), new_bytes(4));
    FAILS(BAD_ARGUMENT, prim_copy_object, new_bytes(3), new_string("abc"));
    FAILS(BAD_ARGUMENT, prim_copy_object, array, INT(3));
    FAILS(BAD_ARGUMENT, prim_copy_object, array, forwarder_to(array));
    FAILS(BAD_RECEIVER, prim_copy_object, INT(3), array);
    FAILS(BAD_RECEIVER, prim_copy_object, forwarder_to(array), array);
    FAILS(BAD_RECEIVER, prim_copy_object, context, context);
    FAILS(BAD_RECEIVER, prim_copy_object, new_method(0, "\x78", 1), new_method(0, "\x78", 1));
    FAILS(NO_MODIFICATION, prim_copy_object, read_only(array), new_array(2));
    OOP_EQUAL(field_at(array, 0), INT(1));
}

// ---- 163 and 164

static void read_only_is_set_and_taken_back(void **state) {
    (void)state;
    Oop plain = new_plain();
    ANSWERS(FALSE_OOP, prim_is_read_only, plain);
    ANSWERS(FALSE_OOP, prim_set_read_only, plain, TRUE_OOP);
    ANSWERS(TRUE_OOP, prim_is_read_only, NIL, plain);
    ANSWERS(TRUE_OOP, prim_set_read_only, NIL, plain, TRUE_OOP);
    ANSWERS(TRUE_OOP, prim_set_read_only, plain, FALSE_OOP);
    ANSWERS(FALSE_OOP, prim_is_read_only, plain);
}

static void immediates_are_read_only_for_ever(void **state) {
    (void)state;
    ANSWERS(TRUE_OOP, prim_is_read_only, INT(3));
    ANSWERS(TRUE_OOP, prim_is_read_only, CHARACTER('x'));
    FAILS(BAD_RECEIVER, prim_set_read_only, INT(3), FALSE_OOP);
    FAILS(BAD_RECEIVER, prim_set_read_only, REAL(1.5), TRUE_OOP);
    FAILS(BAD_RECEIVER, prim_is_read_only, forwarder_to(NIL));
    FAILS(BAD_RECEIVER, prim_set_read_only, forwarder_to(new_plain()), TRUE_OOP);
    FAILS(BAD_ARGUMENT, prim_set_read_only, new_plain(), NIL);
    FAILS(BAD_ARGUMENT, prim_set_read_only, new_plain(), INT(1));
    FAILS(BAD_ARGUMENT_COUNT, prim_set_read_only, new_plain());
    FAILS(BAD_ARGUMENT_COUNT, prim_is_read_only, NIL, NIL, NIL);
}

static void what_the_vm_writes_stays_writable(void **state) {
    (void)state;
    Oop scheduler = field_at(vm_special(vm, SPECIAL_PROCESSOR_BINDING), ASSOCIATION_VALUE);
    Oop lists = field_at(scheduler, SCHEDULER_PROCESS_LISTS);
    Oop kept[] = {fixture_new(cls.context, FORMAT_MIXED, 22),
                  new_weak(1),
                  new_ephemeron(),
                  fixture_new(cls.semaphore, FORMAT_FIXED, 3),
                  fixture_new(cls.mutex, FORMAT_FIXED, 3),
                  fixture_new(cls.process, FORMAT_FIXED, 4),
                  fixture_new(cls.linked_list, FORMAT_FIXED, 2),
                  scheduler,
                  lists};
    for (size_t i = 0; i < sizeof kept / sizeof *kept; i++) {
        FAILS(INAPPROPRIATE, prim_set_read_only, kept[i], TRUE_OOP);
        ANSWERS(FALSE_OOP, prim_set_read_only, kept[i], FALSE_OOP);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        PRIM_TEST(arrays_take_a_range_of_another),
        PRIM_TEST(strings_take_a_range_of_another),
        PRIM_TEST(every_width_of_bits_is_copied),
        PRIM_TEST(a_copy_upward_within_one_object_repeats),
        PRIM_TEST(a_copy_downward_within_one_object_moves),
        PRIM_TEST(named_fields_are_passed_over),
        PRIM_TEST(an_empty_range_copies_nothing),
        PRIM_TEST(ranges_must_lie_inside),
        PRIM_TEST(elements_must_be_of_one_kind),
        PRIM_TEST(replacing_refuses_odd_operands),
        PRIM_TEST(an_old_array_remembers_what_it_takes),
        PRIM_TEST(copies_are_shallow),
        PRIM_TEST(every_format_is_copied),
        PRIM_TEST(a_copy_has_no_marks_of_its_own),
        PRIM_TEST(immediates_are_their_own_copies),
        PRIM_TEST(a_copy_of_the_running_context_is_single),
        PRIM_TEST(contents_are_taken_over),
        PRIM_TEST(contents_must_be_alike),
        PRIM_TEST(read_only_is_set_and_taken_back),
        PRIM_TEST(immediates_are_read_only_for_ever),
        PRIM_TEST(what_the_vm_writes_stays_writable),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
