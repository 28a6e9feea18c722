// SPDX-License-Identifier: MIT
// Primitives 60 to 64, 68, 69, 73, 74, 76, 143 to 145, 165, 166, 173, 174: elements and fields.
#include "prim_fixture.h"

// Receivers that never have indexed elements or fields, and indices that are none.
static Oop odd_receiver(unsigned i) {
    switch (i) {
    case 0:
        return INT(3);
    case 1:
        return CHARACTER('a');
    case 2:
        return REAL(1.5);
    default:
        return oop_none();
    }
}
static Oop odd_index(unsigned i) {
    switch (i) {
    case 0:
        return NIL;
    case 1:
        return CHARACTER(1);
    case 2:
        return REAL(1.0);
    case 3:
        return new_string("1");
    case 4:
        return new_large_word(false, 1ull << 61);
    case 5:
        return new_boxed_float(1.0);
    case 6:
        return TRUE_OOP;
    default:
        return oop_none();
    }
}
#define EACH_ODD_RECEIVER(r)                                                                       \
    unsigned k_##r = 0;                                                                            \
    for (Oop r; r = odd_receiver(k_##r++), !oop_is_none(r);)
#define EACH_ODD_INDEX(x)                                                                          \
    unsigned k_##x = 0;                                                                            \
    for (Oop x; x = odd_index(k_##x++), !oop_is_none(x);)

// ---- 60 and 61

static void at_answers_the_element(void **state) {
    (void)state;
    Oop array = ARRAY_OF(INT(7), NIL, CHARACTER('c'));
    ANSWERS(INT(7), prim_at, array, INT(1));
    ANSWERS(CHARACTER('c'), prim_at, array, INT(3));
    ANSWERS(INT('b'), prim_at, new_string("abc"), INT(2));
}

static void at_serves_another_object_too(void **state) {
    (void)state;
    ANSWERS(INT(7), prim_at, NIL, ARRAY_OF(INT(7)), INT(1));
    FAILS(BAD_INDEX, prim_at, NIL, ARRAY_OF(INT(7)), INT(2));
    FAILS(INAPPROPRIATE, prim_at, ARRAY_OF(INT(7)), INT(1), INT(1));
}

static void at_wants_its_arguments(void **state) {
    (void)state;
    FAILS(BAD_ARGUMENT_COUNT, prim_at, new_array(1));
    FAILS(BAD_ARGUMENT_COUNT, prim_at, NIL, NIL, new_array(1), INT(1));
    FAILS(BAD_ARGUMENT_COUNT, prim_at_put, new_array(1), INT(1));
    FAILS(BAD_ARGUMENT_COUNT, prim_at_put, NIL, NIL, new_array(1), INT(1), NIL);
}

static void at_refuses_odd_operands(void **state) {
    (void)state;
    EACH_ODD_RECEIVER(r) {
        FAILS(INAPPROPRIATE, prim_at, r, INT(1));
        FAILS(INAPPROPRIATE, prim_at_put, r, INT(1), NIL);
        FAILS(INAPPROPRIATE, prim_string_at, r, INT(1));
        FAILS(INAPPROPRIATE, prim_string_at_put, r, INT(1), CHARACTER('x'));
    }
    Oop array = new_array(2), string = new_string("ab");
    EACH_ODD_INDEX(x) {
        FAILS(BAD_ARGUMENT, prim_at, array, x);
        FAILS(BAD_ARGUMENT, prim_at_put, array, x, NIL);
        FAILS(BAD_ARGUMENT, prim_string_at, string, x);
        FAILS(BAD_ARGUMENT, prim_string_at_put, string, x, CHARACTER('x'));
    }
}

static void at_refuses_forwarders(void **state) {
    (void)state;
    Oop forwarder = forwarder_to(ARRAY_OF(INT(7)));
    FAILS(BAD_RECEIVER, prim_at, forwarder, INT(1));
    FAILS(BAD_RECEIVER, prim_at_put, forwarder, INT(1), NIL);
    FAILS(BAD_RECEIVER, prim_size, forwarder);
    FAILS(BAD_ARGUMENT, prim_at, ARRAY_OF(INT(7)), forwarder);
}

static void at_put_answers_the_value(void **state) {
    (void)state;
    Oop array = new_array(2), value = new_string("v");
    ANSWERS(value, prim_at_put, array, INT(2), value);
    OOP_EQUAL(field_at(array, 1), value);
    ANSWERS(INT(255), prim_at_put, NIL, new_bytes(1), INT(1), INT(255));
}

static void at_put_of_a_read_only_object_changes_nothing(void **state) {
    (void)state;
    Oop array = read_only(ARRAY_OF(INT(7))), bytes = read_only(new_string("abc"));
    FAILS(NO_MODIFICATION, prim_at_put, array, INT(1), INT(8));
    FAILS(NO_MODIFICATION, prim_at_put, bytes, INT(1), INT(8));
    FAILS(NO_MODIFICATION, prim_string_at_put, bytes, INT(1), CHARACTER('x'));
    OOP_EQUAL(field_at(array, 0), INT(7));
    assert_int_equal(object_bytes(bytes)[0], 'a');
}

// ---- 62

static void size_counts_indexed_elements(void **state) {
    (void)state;
    ANSWERS(INT(3), prim_size, new_array(3));
    ANSWERS(INT(0), prim_size, new_bytes(0));
    ANSWERS(INT(2), prim_size, new_mixed(2));
    ANSWERS(INT(5), prim_size, NIL, new_shorts(5));
    ANSWERS(INT(2), prim_size, new_boxed_float(1e300));
    ANSWERS(INT(27), prim_size, new_method(0, "\x70\x87\x78", 3));
}

static void size_refuses_what_has_no_elements(void **state) {
    (void)state;
    EACH_ODD_RECEIVER(r) FAILS(BAD_RECEIVER, prim_size, r);
    FAILS(BAD_RECEIVER, prim_size, NIL);
    FAILS(BAD_RECEIVER, prim_size, new_plain());
    FAILS(BAD_ARGUMENT_COUNT, prim_size, NIL, NIL, new_array(1));
}

// ---- 63 and 64

static void strings_answer_characters(void **state) {
    (void)state;
    Oop string = new_string("abc");
    ANSWERS(CHARACTER('c'), prim_string_at, string, INT(3));
    ANSWERS(CHARACTER('z'), prim_string_at_put, string, INT(1), CHARACTER('z'));
    ANSWERS(CHARACTER('z'), prim_string_at, NIL, string, INT(1));
    FAILS(BAD_INDEX, prim_string_at, string, INT(4));
    FAILS(BAD_ARGUMENT, prim_string_at_put, string, INT(1), INT(65));
    FAILS(BAD_ARGUMENT, prim_string_at_put, string, INT(1), CHARACTER(300));
    FAILS(BAD_RECEIVER, prim_string_at, ARRAY_OF(INT(65)), INT(1));
    FAILS(BAD_RECEIVER, prim_string_at, NIL, INT(1));
    FAILS(BAD_ARGUMENT_COUNT, prim_string_at, string);
    FAILS(BAD_ARGUMENT_COUNT, prim_string_at_put, string, INT(1));
}

// ---- 73 and 74

static void named_fields_are_numbered_from_one(void **state) {
    (void)state;
    Oop plain = new_plain(), mixed = new_mixed(2);
    ANSWERS(INT(8), prim_instance_variable_at_put, plain, INT(2), INT(8));
    ANSWERS(INT(8), prim_instance_variable_at, plain, INT(2));
    ANSWERS(INT(8), prim_instance_variable_at, NIL, plain, INT(2));
    ANSWERS(INT(9), prim_instance_variable_at_put, NIL, mixed, INT(1), INT(9));
    FAILS(BAD_INDEX, prim_instance_variable_at, plain, INT(3));
    FAILS(BAD_INDEX, prim_instance_variable_at, plain, INT(0));
    FAILS(BAD_INDEX, prim_instance_variable_at, mixed, INT(2));
    FAILS(BAD_INDEX, prim_instance_variable_at_put, mixed, INT(2), NIL);
    FAILS(BAD_INDEX, prim_instance_variable_at, new_array(2), INT(1));
    FAILS(BAD_INDEX, prim_instance_variable_at, new_bytes(9), INT(1));
}

static void named_fields_refuse_odd_operands(void **state) {
    (void)state;
    Oop plain = new_plain();
    EACH_ODD_RECEIVER(r) {
        FAILS(INAPPROPRIATE, prim_instance_variable_at, r, INT(1));
        FAILS(BAD_RECEIVER, prim_instance_variable_at_put, r, INT(1), NIL);
        FAILS(BAD_RECEIVER, prim_slot_at, r, INT(1));
        FAILS(BAD_RECEIVER, prim_slot_at_put, r, INT(1), NIL);
    }
    EACH_ODD_INDEX(x) {
        FAILS(BAD_ARGUMENT, prim_instance_variable_at, plain, x);
        FAILS(BAD_ARGUMENT, prim_instance_variable_at_put, plain, x, NIL);
        FAILS(BAD_ARGUMENT, prim_slot_at, plain, x);
        FAILS(BAD_ARGUMENT, prim_slot_at_put, plain, x, NIL);
    }
    FAILS(BAD_ARGUMENT_COUNT, prim_instance_variable_at, plain);
    FAILS(BAD_ARGUMENT_COUNT, prim_instance_variable_at_put, plain, INT(1));
    FAILS(BAD_ARGUMENT_COUNT, prim_slot_at, plain);
    FAILS(BAD_ARGUMENT_COUNT, prim_slot_at_put, plain, INT(1));
    Oop forwarder = forwarder_to(plain);
    FAILS(BAD_INDEX, prim_instance_variable_at, forwarder, INT(1));
    FAILS(BAD_RECEIVER, prim_slot_at, forwarder, INT(1));
    FAILS(BAD_RECEIVER, prim_slot_at_put, forwarder, INT(1), NIL);
}

static void fields_of_read_only_objects_stay(void **state) {
    (void)state;
    Oop plain = read_only(new_plain());
    FAILS(NO_MODIFICATION, prim_instance_variable_at_put, plain, INT(1), INT(1));
    FAILS(NO_MODIFICATION, prim_slot_at_put, plain, INT(1), INT(1));
    FAILS(NO_MODIFICATION, prim_slot_at_put, read_only(new_bytes(1)), INT(1), INT(1));
    OOP_EQUAL(field_at(plain, 0), NIL);
}

static void a_class_that_claims_too_many_fields_does_no_harm(void **state) {
    (void)state;
    Oop mixed = new_mixed(1);
    field_at_put(&vm->heap, heap_class_at(&vm->heap, cls.mixed), CLASS_FORMAT,
                 INT(FORMAT_MIXED << 16 | 900));
    FAILS(BAD_INDEX, prim_instance_variable_at, mixed, INT(3));
    ANSWERS(INT(0), prim_size, mixed);
    FAILS(BAD_INDEX, prim_at, mixed, INT(1));
}

// ---- 173 and 174

static void slots_count_fields_and_elements(void **state) {
    (void)state;
    Oop mixed = new_mixed(2);
    ANSWERS(INT(5), prim_slot_at_put, mixed, INT(3), INT(5));
    ANSWERS(INT(5), prim_slot_at, NIL, mixed, INT(3));
    FAILS(BAD_INDEX, prim_slot_at, mixed, INT(4));
    FAILS(BAD_INDEX, prim_slot_at, mixed, INT(0));
    FAILS(BAD_INDEX, prim_slot_at_put, mixed, INT(-1), NIL);
    ANSWERS(INT('b'), prim_slot_at, new_string("ab"), INT(2));
    ANSWERS(INT(77), prim_slot_at_put, new_shorts(2), INT(2), INT(77));
    FAILS(BAD_ARGUMENT, prim_slot_at_put, new_string("ab"), INT(1), CHARACTER('x'));
    FAILS(UNSUPPORTED, prim_slot_at, new_method(0, "\x78", 1), INT(1));
    FAILS(UNSUPPORTED, prim_slot_at_put, new_method(0, "\x78", 1), INT(30), INT(1));
    FAILS(BAD_INDEX, prim_slot_at, NIL, INT(1));
}

// ---- contexts

static Oop running_context(void) {
    Oop context = context_of_frame(vm, vm->fp);
    assert_false(oop_is_none(context));
    return context;
}

static void context_fields_come_from_the_frame(void **state) {
    (void)state;
    Oop context = running_context();
    OOP_EQUAL(ANSWER(prim_instance_variable_at, context, INT(1 + CONTEXT_SENDER)), NIL);
    OOP_EQUAL(ANSWER(prim_slot_at, context, INT(1 + CONTEXT_RECEIVER)), INT(42));
    Oop pc = ANSWER(prim_slot_at, context, INT(1 + CONTEXT_PC));
    assert_int_equal(INT_OF(pc), 8 * 3 + 2);
}

static void context_stores_leave_the_frame_able_to_go_on(void **state) {
    (void)state;
    Oop context = running_context();
    assert_int_equal(
        CALL(prim_instance_variable_at_put, context, INT(1 + CONTEXT_RECEIVER), INT(9)),
        OUTCOME_SWITCHED);
    OOP_EQUAL(TOP, INT(9));
    OOP_EQUAL(frame_oop(vm->fp + FRAME_RECEIVER), INT(9));
    assert_true(context_is_married(vm, context));
}

static void a_store_that_would_break_the_running_context_is_refused(void **state) {
    (void)state;
    Oop context = running_context();
    FAILS(INAPPROPRIATE, prim_instance_variable_at_put, context, INT(1 + CONTEXT_PC), INT(1));
    FAILS(INAPPROPRIATE, prim_slot_at_put, context, INT(1 + CONTEXT_METHOD), NIL);
    OOP_EQUAL(ANSWER(prim_slot_at, context, INT(1 + CONTEXT_RECEIVER)), INT(42));
}

static Oop single_context(unsigned size) {
    Oop context = fixture_new(cls.context, FORMAT_MIXED, CONTEXT_FIRST_TEMP + 16);
    field_at_put(&vm->heap, context, CONTEXT_STACK_POINTER, INT(size));
    for (unsigned i = 0; i < size; i++)
        field_at_put(&vm->heap, context, CONTEXT_FIRST_TEMP + (int)i, INT(100 + i));
    return context;
}

static void single_contexts_are_indexed_up_to_their_stack_pointer(void **state) {
    (void)state;
    Oop context = single_context(2);
    ANSWERS(INT(2), prim_size, context);
    ANSWERS(INT(101), prim_at, context, INT(2));
    FAILS(BAD_INDEX, prim_at, context, INT(3));
    ANSWERS(INT(5), prim_at_put, context, INT(2), INT(5));
    ANSWERS(INT(5), prim_slot_at, context, INT(CONTEXT_FIRST_TEMP + 2));
    ANSWERS(NIL, prim_slot_at, context, INT(CONTEXT_FIRST_TEMP + 3));
    FAILS(BAD_INDEX, prim_at_put, context, INT(3), INT(5));
    FAILS(BAD_INDEX, prim_slot_at, context, INT(CONTEXT_FIRST_TEMP + 17));
    FAILS(INAPPROPRIATE, prim_slot_at_put, context, INT(1 + CONTEXT_SENDER), INT(1));
}

static void the_stack_pointer_uncovers_nil(void **state) {
    (void)state;
    Oop context = single_context(3);
    ANSWERS(context, prim_store_stack_pointer, context, INT(1));
    ANSWERS(INT(1), prim_size, context);
    ANSWERS(context, prim_store_stack_pointer, context, INT(4));
    ANSWERS(INT(100), prim_at, context, INT(1));
    ANSWERS(NIL, prim_at, context, INT(2));
    ANSWERS(NIL, prim_at, context, INT(4));
    ANSWERS(context, prim_store_stack_pointer, context, INT(16));
    FAILS(BAD_ARGUMENT, prim_store_stack_pointer, context, INT(17));
    FAILS(BAD_ARGUMENT, prim_store_stack_pointer, context, INT(-1));
    FAILS(BAD_ARGUMENT, prim_store_stack_pointer, context, NIL);
    FAILS(BAD_RECEIVER, prim_store_stack_pointer, NIL, INT(1));
    FAILS(BAD_RECEIVER, prim_store_stack_pointer, INT(1), INT(1));
    FAILS(INAPPROPRIATE, prim_store_stack_pointer, running_context(), INT(1));
}

// ---- 68 and 69

static void literals_of_methods_are_read_and_written(void **state) {
    (void)state;
    Oop method = new_method(1, "\x70\x87\x78", 3);
    ANSWERS(INT(3), prim_object_at, method, INT(1));
    ANSWERS(CHARACTER('l'), prim_object_at_put, method, INT(2), CHARACTER('l'));
    ANSWERS(CHARACTER('l'), prim_object_at, method, INT(2));
    ANSWERS(NIL, prim_object_at, method, INT(4));
    FAILS(BAD_INDEX, prim_object_at, method, INT(5));
    FAILS(BAD_INDEX, prim_object_at, method, INT(0));
    FAILS(BAD_INDEX, prim_object_at_put, method, INT(5), NIL);
    FAILS(BAD_ARGUMENT, prim_object_at, method, NIL);
    FAILS(BAD_ARGUMENT, prim_object_at_put, method, NIL, NIL);
    FAILS(BAD_RECEIVER, prim_object_at, new_array(4), INT(1));
    FAILS(BAD_RECEIVER, prim_object_at_put, INT(4), INT(1), INT(1));
    FAILS(NO_MODIFICATION, prim_object_at_put, read_only(method), INT(2), NIL);
}

static void a_header_keeps_the_number_of_literals(void **state) {
    (void)state;
    Oop method = new_method(1, "\x70\x87\x78", 3);
    FAILS(BAD_ARGUMENT, prim_object_at_put, method, INT(1), INT(4));
    FAILS(BAD_ARGUMENT, prim_object_at_put, method, INT(1), INT(2));
    FAILS(BAD_ARGUMENT, prim_object_at_put, method, INT(1), NIL);
    ANSWERS(INT(1 << 17 | 3), prim_object_at_put, method, INT(1), INT(1 << 17 | 3));
}

// ---- 165 and 166

static void signed_integers_are_read_and_written(void **state) {
    (void)state;
    Oop bytes = new_bytes(2), shorts = new_shorts(2), words = new_words32(2), wide = new_words64(2);
    ANSWERS(INT(-128), prim_integer_at_put, bytes, INT(2), INT(-128));
    ANSWERS(INT(-128), prim_integer_at, bytes, INT(2));
    ANSWERS(INT(0), prim_integer_at, bytes, INT(1));
    ANSWERS(INT(-32768), prim_integer_at_put, shorts, INT(1), INT(-32768));
    ANSWERS(INT(-32768), prim_integer_at, shorts, INT(1));
    ANSWERS(INT(INT32_MIN), prim_integer_at_put, words, INT(2), INT(INT32_MIN));
    ANSWERS(INT(INT32_MIN), prim_integer_at, words, INT(2));
    ANSWERS(INT(-5), prim_integer_at_put, wide, INT(2), INT(-5));
    ANSWERS(INT(-5), prim_integer_at, wide, INT(2));
    ANSWERS(INT(7), prim_integer_at, ARRAY_OF(INT(7)), INT(1));
    ANSWERS(NIL, prim_integer_at_put, new_array(1), INT(1), NIL);
}

static void the_least_64_bit_integer_is_a_large_one(void **state) {
    (void)state;
    Oop wide = new_words64(1), least = new_large_word(true, 1ull << 63);
    ANSWERS(least, prim_integer_at_put, wide, INT(1), least);
    assert_true(word_eq(word64_at(wide, num(0)), word(1ull << 63)));
    assert_int_equal(CLASS_OF(ANSWER(prim_integer_at, wide, INT(1))), cls.large_negative);
    FAILS(BAD_ARGUMENT, prim_integer_at_put, wide, INT(1), new_large_word(false, 1ull << 63));
}

static void signed_integers_must_fit(void **state) {
    (void)state;
    Oop bytes = new_bytes(2);
    FAILS(BAD_ARGUMENT, prim_integer_at_put, bytes, INT(1), INT(128));
    FAILS(BAD_ARGUMENT, prim_integer_at_put, bytes, INT(1), INT(-129));
    FAILS(BAD_ARGUMENT, prim_integer_at_put, bytes, INT(1), NIL);
    FAILS(BAD_ARGUMENT, prim_integer_at_put, new_shorts(1), INT(1), INT(32768));
    FAILS(BAD_ARGUMENT, prim_integer_at_put, new_words32(1), INT(1), INT(1ll << 31));
    FAILS(BAD_INDEX, prim_integer_at, bytes, INT(3));
    FAILS(BAD_INDEX, prim_integer_at_put, bytes, INT(3), INT(1));
    FAILS(BAD_ARGUMENT, prim_integer_at, bytes, NIL);
    FAILS(BAD_RECEIVER, prim_integer_at, INT(1), INT(1));
    FAILS(BAD_RECEIVER, prim_integer_at_put, INT(1), INT(1), INT(1));
    FAILS(BAD_RECEIVER, prim_integer_at, new_plain(), INT(1));
    FAILS(UNSUPPORTED, prim_integer_at, new_method(0, "\x78", 1), INT(1));
    FAILS(NO_MODIFICATION, prim_integer_at_put, read_only(bytes), INT(1), INT(1));
}

// ---- 143, 144, 145

static void any_bits_are_an_array_of_shorts(void **state) {
    (void)state;
    Oop words = new_words32(1), bytes = new_bytes(3);
    ANSWERS(INT(-2), prim_short_at_put, words, INT(2), INT(-2));
    ANSWERS(INT(-2), prim_short_at, words, INT(2));
    ANSWERS(INT(0xFFFE0000), prim_at, words, INT(1));
    ANSWERS(INT(0), prim_short_at, bytes, INT(1));
    FAILS(BAD_INDEX, prim_short_at, bytes, INT(2));
    FAILS(BAD_INDEX, prim_short_at_put, bytes, INT(2), INT(0));
    FAILS(BAD_ARGUMENT, prim_short_at_put, bytes, INT(1), INT(32768));
    FAILS(BAD_ARGUMENT, prim_short_at_put, bytes, INT(1), INT(-32769));
    FAILS(BAD_ARGUMENT, prim_short_at_put, bytes, NIL, INT(0));
    FAILS(BAD_ARGUMENT, prim_short_at, bytes, NIL);
    FAILS(INAPPROPRIATE, prim_short_at, new_array(1), INT(1));
    FAILS(INAPPROPRIATE, prim_short_at, INT(1), INT(1));
    FAILS(INAPPROPRIATE, prim_short_at_put, new_method(0, "\x78", 1), INT(1), INT(1));
    FAILS(NO_MODIFICATION, prim_short_at_put, read_only(bytes), INT(1), INT(1));
}

static void constant_fill_fills_every_element(void **state) {
    (void)state;
    Oop all[] = {new_bytes(5), new_shorts(5), new_words32(5), new_words64(5)};
    for (int i = 0; i < 4; i++) {
        ANSWERS(all[i], prim_constant_fill, all[i], INT(200));
        for (int k = 1; k <= 5; k++)
            ANSWERS(INT(200), prim_at, all[i], INT(k));
    }
    assert_int_equal(object_bytes(all[0])[5], 0);
    FAILS(BAD_ARGUMENT, prim_constant_fill, all[0], INT(256));
    FAILS(BAD_ARGUMENT, prim_constant_fill, all[1], INT(-1));
    FAILS(BAD_ARGUMENT, prim_constant_fill, all[2], NIL);
    FAILS(BAD_RECEIVER, prim_constant_fill, new_array(2), INT(1));
    FAILS(BAD_RECEIVER, prim_constant_fill, INT(2), INT(1));
    FAILS(BAD_RECEIVER, prim_constant_fill, new_method(0, "\x78", 1), INT(1));
    FAILS(NO_MODIFICATION, prim_constant_fill, read_only(all[0]), INT(1));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        PRIM_TEST(at_answers_the_element),
        PRIM_TEST(at_serves_another_object_too),
        PRIM_TEST(at_wants_its_arguments),
        PRIM_TEST(at_refuses_odd_operands),
        PRIM_TEST(at_refuses_forwarders),
        PRIM_TEST(at_put_answers_the_value),
        PRIM_TEST(at_put_of_a_read_only_object_changes_nothing),
        PRIM_TEST(size_counts_indexed_elements),
        PRIM_TEST(size_refuses_what_has_no_elements),
        PRIM_TEST(strings_answer_characters),
        PRIM_TEST(named_fields_are_numbered_from_one),
        PRIM_TEST(named_fields_refuse_odd_operands),
        PRIM_TEST(fields_of_read_only_objects_stay),
        PRIM_TEST(a_class_that_claims_too_many_fields_does_no_harm),
        PRIM_TEST(slots_count_fields_and_elements),
        PRIM_TEST(context_fields_come_from_the_frame),
        PRIM_TEST(context_stores_leave_the_frame_able_to_go_on),
        PRIM_TEST(a_store_that_would_break_the_running_context_is_refused),
        PRIM_TEST(single_contexts_are_indexed_up_to_their_stack_pointer),
        PRIM_TEST(the_stack_pointer_uncovers_nil),
        PRIM_TEST(literals_of_methods_are_read_and_written),
        PRIM_TEST(a_header_keeps_the_number_of_literals),
        PRIM_TEST(signed_integers_are_read_and_written),
        PRIM_TEST(the_least_64_bit_integer_is_a_large_one),
        PRIM_TEST(signed_integers_must_fit),
        PRIM_TEST(any_bits_are_an_array_of_shorts),
        PRIM_TEST(constant_fill_fills_every_element),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
