// SPDX-License-Identifier: MIT
// Indexed elements: what is at an index, for each format, and what may be put there.
#include "run/elements.h"

#include "prim_fixture.h"

static Oop at(Oop object, int64_t index) {
    Oop value = oop_none();
    assert_int_equal(element_at(vm, object, num(index), &value), FAILURE_NONE);
    return value;
}
static Failure at_failure(Oop object, int64_t index) {
    Oop value;
    return element_at(vm, object, num(index), &value);
}
static Failure put(Oop object, int64_t index, Oop value) {
    return element_at_put(vm, object, num(index), value);
}
static int64_t count(Oop object) {
    Num n;
    assert_int_equal(element_count_of(vm, object, &n), FAILURE_NONE);
    return num_concrete(n);
}

// ---- reading

static void arrays_hold_nil_at_first(void **state) {
    (void)state;
    Oop array = new_array(3);
    assert_int_equal(count(array), 3);
    OOP_EQUAL(at(array, 1), NIL);
    OOP_EQUAL(at(array, 3), NIL);
}

static void indices_outside_are_bad(void **state) {
    (void)state;
    const int64_t outside[] = {0, -1, 4, INT64_MAX >> 3, INT64_MIN >> 3};
    Oop objects[] = {new_array(3),   new_bytes(3), new_shorts(3), new_words32(3),
                     new_words64(3), new_mixed(3), new_weak(3)};
    for (size_t i = 0; i < sizeof objects / sizeof *objects; i++)
        for (size_t k = 0; k < sizeof outside / sizeof *outside; k++) {
            assert_int_equal(at_failure(objects[i], outside[k]), FAILURE_BAD_INDEX);
            assert_int_equal(put(objects[i], outside[k], INT(1)), FAILURE_BAD_INDEX);
        }
}

static void mixed_objects_are_indexed_behind_their_fields(void **state) {
    (void)state;
    Oop mixed = new_mixed(2);
    field_at_put(&vm->heap, mixed, 0, INT(10));
    field_at_put(&vm->heap, mixed, 1, INT(11));
    field_at_put(&vm->heap, mixed, 2, INT(12));
    assert_int_equal(count(mixed), 2);
    OOP_EQUAL(at(mixed, 1), INT(11));
    OOP_EQUAL(at(mixed, 2), INT(12));
    assert_int_equal(put(mixed, 2, CHARACTER('x')), FAILURE_NONE);
    OOP_EQUAL(field_at(mixed, 2), CHARACTER('x'));
    OOP_EQUAL(field_at(mixed, 0), INT(10));
}

static void weak_objects_are_indexed_behind_their_fields(void **state) {
    (void)state;
    Oop weak = new_weak(2);
    assert_int_equal(count(weak), 2);
    assert_int_equal(put(weak, 1, weak), FAILURE_NONE);
    OOP_EQUAL(field_at(weak, 1), weak);
    OOP_EQUAL(at(weak, 1), weak);
}

static void objects_without_elements_are_refused(void **state) {
    (void)state;
    Oop objects[] = {new_plain(), new_empty(), new_ephemeron(), NIL, forwarder_to(new_array(3))};
    Num n;
    for (size_t i = 0; i < sizeof objects / sizeof *objects; i++) {
        assert_int_equal(at_failure(objects[i], 1), FAILURE_BAD_RECEIVER);
        assert_int_equal(put(objects[i], 1, INT(1)), FAILURE_BAD_RECEIVER);
        assert_int_equal(element_count_of(vm, objects[i], &n), FAILURE_BAD_RECEIVER);
    }
}

static void bits_are_read_unsigned(void **state) {
    (void)state;
    Oop bytes = new_bytes(3), shorts = new_shorts(3), words = new_words32(3);
    memset(object_bytes(bytes), 0xFF, 3);
    memset(object_bytes(shorts), 0xFF, 6);
    memset(object_bytes(words), 0xFF, 12);
    OOP_EQUAL(at(bytes, 3), INT(0xFF));
    OOP_EQUAL(at(shorts, 3), INT(0xFFFF));
    OOP_EQUAL(at(words, 3), INT(0xFFFFFFFF));
}

static void big_64_bit_elements_are_large_integers(void **state) {
    (void)state;
    Oop words = new_words64(2);
    memset(object_bytes(words), 0xFF, 8);
    Oop large = at(words, 1);
    assert_int_equal(CLASS_OF(large), cls.large_positive);
    Word value;
    assert_true(prim_word_from_integer(vm, large, &value));
    assert_true(word_eq(value, word(UINT64_MAX)));
    OOP_EQUAL(at(words, 2), INT(0));
}

static void every_count_of_unused_elements_is_right(void **state) {
    (void)state;
    for (uint64_t n = 0; n < 20; n++) {
        assert_int_equal(count(new_bytes(n)), n);
        assert_int_equal(count(new_shorts(n)), n);
        assert_int_equal(count(new_words32(n)), n);
        assert_int_equal(count(new_words64(n)), n);
        assert_int_equal(count(new_array(n)), n);
    }
}

static void objects_with_an_overflow_word_have_all_their_elements(void **state) {
    (void)state;
    for (uint64_t n = 253; n < 260; n++) {
        Oop array = new_array(n);
        assert_int_equal(count(array), n);
        assert_int_equal(put(array, (int64_t)n, INT(7)), FAILURE_NONE);
        OOP_EQUAL(at(array, (int64_t)n), INT(7));
        assert_int_equal(at_failure(array, (int64_t)n + 1), FAILURE_BAD_INDEX);
    }
}

// ---- methods

static void only_the_code_of_a_method_is_indexed(void **state) {
    (void)state;
    Oop method = new_method(1, "\x70\x87\x78\x78", 4);
    int64_t first = 8 * 4 + 1;
    assert_int_equal(count(method), 8 * 4 + 4);
    OOP_EQUAL(at(method, first), INT(0x70));
    OOP_EQUAL(at(method, first + 3), INT(0x78));
    assert_int_equal(at_failure(method, first - 1), FAILURE_BAD_INDEX);
    assert_int_equal(at_failure(method, 1), FAILURE_BAD_INDEX);
    assert_int_equal(at_failure(method, first + 4), FAILURE_BAD_INDEX);
}

static void method_bytes_are_written_within_the_code(void **state) {
    (void)state;
    Oop method = new_method(0, "\x70\x87\x78", 3);
    int64_t first = 8 * 3 + 1;
    assert_int_equal(put(method, first, INT(0x71)), FAILURE_NONE);
    OOP_EQUAL(at(method, first), INT(0x71));
    assert_int_equal(put(method, first - 1, INT(1)), FAILURE_BAD_INDEX);
    assert_int_equal(put(method, first, INT(256)), FAILURE_BAD_ARGUMENT);
    assert_int_equal(put(method, first, INT(-1)), FAILURE_BAD_ARGUMENT);
    assert_int_equal(put(method, first, NIL), FAILURE_BAD_ARGUMENT);
    assert_int_equal(put(read_only(method), first, INT(1)), FAILURE_NO_MODIFICATION);
}

// ---- writing bits

static void check_range(Oop bits, int64_t most) {
    assert_int_equal(put(bits, 2, INT(most)), FAILURE_NONE);
    OOP_EQUAL(at(bits, 2), INT(most));
    OOP_EQUAL(at(bits, 1), INT(0));
    OOP_EQUAL(at(bits, 3), INT(0));
    assert_int_equal(put(bits, 2, INT(most + 1)), FAILURE_BAD_ARGUMENT);
    assert_int_equal(put(bits, 2, INT(-1)), FAILURE_BAD_ARGUMENT);
    assert_int_equal(put(bits, 2, NIL), FAILURE_BAD_ARGUMENT);
    assert_int_equal(put(bits, 2, CHARACTER('a')), FAILURE_BAD_ARGUMENT);
    assert_int_equal(put(bits, 2, REAL(1.0)), FAILURE_BAD_ARGUMENT);
    assert_int_equal(put(bits, 2, new_string("7")), FAILURE_BAD_ARGUMENT);
    OOP_EQUAL(at(bits, 2), INT(most));
}

static void values_must_fit_the_width(void **state) {
    (void)state;
    check_range(new_bytes(3), 0xFF);
    check_range(new_shorts(3), 0xFFFF);
    check_range(new_words32(3), 0xFFFFFFFF);
}

static void sixty_four_bits_take_large_integers(void **state) {
    (void)state;
    Oop words = new_words64(2);
    Oop most = new_large_word(false, UINT64_MAX);
    assert_int_equal(put(words, 1, most), FAILURE_NONE);
    assert_true(word_eq(word64_at(words, num(0)), word(UINT64_MAX)));
    assert_int_equal(put(words, 1, new_large_word(true, UINT64_MAX)), FAILURE_BAD_ARGUMENT);
    assert_int_equal(put(words, 1, new_large(false, "\1\1\1\1\1\1\1\1\1", 9)),
                     FAILURE_BAD_ARGUMENT);
    assert_int_equal(put(words, 1, INT(-1)), FAILURE_BAD_ARGUMENT);
    assert_true(word_eq(word64_at(words, num(0)), word(UINT64_MAX)));
}

static void read_only_objects_keep_their_elements(void **state) {
    (void)state;
    Oop objects[] = {new_array(1), new_bytes(1), new_mixed(1), new_words64(1), new_string("a")};
    for (size_t i = 0; i < sizeof objects / sizeof *objects; i++) {
        Oop before = at(read_only(objects[i]), 1);
        assert_int_equal(put(objects[i], 1, INT(1)), FAILURE_NO_MODIFICATION);
        assert_int_equal(character_at_put(objects[i], num(1), CHARACTER('x')),
                         FAILURE_NO_MODIFICATION);
        OOP_EQUAL(at(objects[i], 1), before);
    }
}

static void an_old_object_remembers_a_young_element(void **state) {
    (void)state;
    Oop old = heap_allocate_old(&vm->heap, cls.array, FORMAT_INDEXABLE, 1);
    assert_int_equal(put(old, 1, new_string("young")), FAILURE_NONE);
    assert_int_equal(heap_verify(&vm->heap, stderr, 5, false), 0);
}

// ---- characters

static void strings_hold_characters(void **state) {
    (void)state;
    Oop value;
    Oop string = new_string("ab");
    assert_int_equal(character_at(string, num(2), &value), FAILURE_NONE);
    OOP_EQUAL(value, CHARACTER('b'));
    assert_int_equal(character_at_put(string, num(2), CHARACTER(255)), FAILURE_NONE);
    OOP_EQUAL(at(string, 2), INT(255));
    assert_int_equal(character_at_put(string, num(2), CHARACTER(256)), FAILURE_BAD_ARGUMENT);
    assert_int_equal(character_at_put(string, num(2), INT(65)), FAILURE_BAD_ARGUMENT);
    assert_int_equal(character_at_put(string, num(3), CHARACTER('x')), FAILURE_BAD_INDEX);
    assert_int_equal(character_at(string, num(0), &value), FAILURE_BAD_INDEX);
}

static void wide_strings_hold_wide_characters(void **state) {
    (void)state;
    Oop value, wide = new_words32(2);
    assert_int_equal(character_at_put(wide, num(1), CHARACTER(0x10FFFF)), FAILURE_NONE);
    assert_int_equal(character_at(wide, num(1), &value), FAILURE_NONE);
    OOP_EQUAL(value, CHARACTER(0x10FFFF));
    assert_int_equal(put(wide, 2, INT(1 << 30)), FAILURE_NONE);
    assert_int_equal(character_at(wide, num(2), &value), FAILURE_BAD_RECEIVER);
    Oop shorts = new_shorts(1);
    assert_int_equal(character_at_put(shorts, num(1), CHARACTER(0xFFFF)), FAILURE_NONE);
    assert_int_equal(character_at_put(shorts, num(1), CHARACTER(0x10000)), FAILURE_BAD_ARGUMENT);
}

static void pointers_hold_no_characters(void **state) {
    (void)state;
    Oop value;
    Oop objects[] = {new_array(1), new_mixed(1), new_plain(), new_method(0, "\x78", 1)};
    for (size_t i = 0; i < sizeof objects / sizeof *objects; i++) {
        assert_int_equal(character_at(objects[i], num(1), &value), FAILURE_BAD_RECEIVER);
        assert_int_equal(character_at_put(objects[i], num(1), CHARACTER('x')),
                         FAILURE_BAD_RECEIVER);
    }
}

// ---- raw bits

static void bits_extend_their_sign(void **state) {
    (void)state;
    Oop bytes = new_bytes(1), shorts = new_shorts(1), words = new_words32(1), wide = new_words64(1);
    bits_at_put(bytes, num(0), word(0x80));
    bits_at_put(shorts, num(0), word(0x8001));
    bits_at_put(words, num(0), word(0xFFFFFFFE));
    bits_at_put(wide, num(0), word(UINT64_MAX));
    assert_int_equal(num_concrete(bits_signed_at(bytes, num(0))), -128);
    assert_int_equal(num_concrete(bits_signed_at(shorts, num(0))), -32767);
    assert_int_equal(num_concrete(bits_signed_at(words, num(0))), -2);
    assert_int_equal(num_concrete(bits_signed_at(wide, num(0))), -1);
    assert_true(bits_fit_signed(bytes, num(-128)) && bits_fit_signed(bytes, num(127)));
    assert_false(bits_fit_signed(bytes, num(128)) || bits_fit_signed(bytes, num(-129)));
    assert_true(bits_fit(bytes, word(255)));
    assert_false(bits_fit(bytes, word(256)));
}

// ---- contexts

static void a_context_answers_its_temporaries_and_operands(void **state) {
    (void)state;
    vm->sp = vm->fp + FRAME_FIRST_TEMP + 1;
    fixture_push(INT(5));
    fixture_push(INT(6));
    Oop context = context_of_frame(vm, vm->fp);
    assert_int_equal(count(context), 2);
    OOP_EQUAL(at(context, 1), INT(5));
    OOP_EQUAL(at(context, 2), INT(6));
    assert_int_equal(at_failure(context, 3), FAILURE_BAD_INDEX);
    assert_int_equal(at_failure(context, 0), FAILURE_BAD_INDEX);
    assert_int_equal(put(context, 1, INT(1)), FAILURE_INAPPROPRIATE);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        PRIM_TEST(arrays_hold_nil_at_first),
        PRIM_TEST(indices_outside_are_bad),
        PRIM_TEST(mixed_objects_are_indexed_behind_their_fields),
        PRIM_TEST(weak_objects_are_indexed_behind_their_fields),
        PRIM_TEST(objects_without_elements_are_refused),
        PRIM_TEST(bits_are_read_unsigned),
        PRIM_TEST(big_64_bit_elements_are_large_integers),
        PRIM_TEST(every_count_of_unused_elements_is_right),
        PRIM_TEST(objects_with_an_overflow_word_have_all_their_elements),
        PRIM_TEST(only_the_code_of_a_method_is_indexed),
        PRIM_TEST(method_bytes_are_written_within_the_code),
        PRIM_TEST(values_must_fit_the_width),
        PRIM_TEST(sixty_four_bits_take_large_integers),
        PRIM_TEST(read_only_objects_keep_their_elements),
        PRIM_TEST(an_old_object_remembers_a_young_element),
        PRIM_TEST(strings_hold_characters),
        PRIM_TEST(wide_strings_hold_wide_characters),
        PRIM_TEST(pointers_hold_no_characters),
        PRIM_TEST(bits_extend_their_sign),
        PRIM_TEST(a_context_answers_its_temporaries_and_operands),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
