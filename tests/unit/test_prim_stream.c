// SPDX-License-Identifier: MIT
// Primitives 65 to 67: the streams of the Blue Book.
#include "prim_fixture.h"

// collection, position, read limit, write limit
static Oop new_stream(Oop collection, int64_t position, int64_t read_limit, int64_t write_limit) {
    Oop class_object = fixture_new_class(FORMAT_FIXED, 4);
    object_set_class_and_format(class_object, num((int64_t)cls.class_class), num(FORMAT_FIXED));
    Oop stream = ANSWER(prim_new, class_object);
    field_at_put(&vm->heap, stream, STREAM_ARRAY, collection);
    field_at_put(&vm->heap, stream, STREAM_INDEX, INT(position));
    field_at_put(&vm->heap, stream, STREAM_LIMIT, INT(read_limit));
    field_at_put(&vm->heap, stream, STREAM_WRITE_LIMIT, INT(write_limit));
    return stream;
}
static int64_t position_of(Oop stream) { return INT_OF(field_at(stream, STREAM_INDEX)); }

static void next_reads_up_to_the_limit(void **state) {
    (void)state;
    Oop stream = new_stream(ARRAY_OF(INT(7), INT(8), INT(9)), 0, 2, 3);
    ANSWERS(INT(7), prim_stream_next, stream);
    ANSWERS(INT(8), prim_stream_next, stream);
    FAILS(BAD_RECEIVER, prim_stream_next, stream);
    assert_int_equal(position_of(stream), 2);
}

static void next_of_a_string_is_a_character(void **state) {
    (void)state;
    ANSWERS(CHARACTER('b'), prim_stream_next, new_stream(new_string("ab"), 1, 2, 2));
    ANSWERS(INT(0), prim_stream_next, new_stream(new_bytes(2), 1, 2, 2));
}

static void next_put_writes_up_to_the_write_limit(void **state) {
    (void)state;
    Oop string = new_string("abc"), stream = new_stream(string, 1, 0, 2);
    ANSWERS(CHARACTER('x'), prim_stream_next_put, stream, CHARACTER('x'));
    assert_int_equal(object_bytes(string)[1], 'x');
    FAILS(BAD_RECEIVER, prim_stream_next_put, stream, CHARACTER('y'));
    assert_int_equal(object_bytes(string)[2], 'c');
    Oop array = new_array(1);
    ANSWERS(string, prim_stream_next_put, new_stream(array, 0, 0, 1), string);
    OOP_EQUAL(field_at(array, 0), string);
}

static void next_put_refuses_what_does_not_fit(void **state) {
    (void)state;
    Oop stream = new_stream(new_string("abc"), 0, 0, 3);
    FAILS(BAD_ARGUMENT, prim_stream_next_put, stream, INT(65));
    FAILS(BAD_ARGUMENT, prim_stream_next_put, stream, CHARACTER(256));
    FAILS(BAD_ARGUMENT, prim_stream_next_put, new_stream(new_bytes(1), 0, 0, 1), CHARACTER('a'));
    assert_int_equal(position_of(stream), 0);
}

static void at_end_compares_position_and_limit(void **state) {
    (void)state;
    ANSWERS(FALSE_OOP, prim_stream_at_end, new_stream(NIL, 1, 2, 2));
    ANSWERS(TRUE_OOP, prim_stream_at_end, new_stream(NIL, 2, 2, 2));
    ANSWERS(TRUE_OOP, prim_stream_at_end, new_stream(NIL, 3, 2, 2));
}

static void positions_outside_the_collection_fail(void **state) {
    (void)state;
    FAILS(BAD_INDEX, prim_stream_next, new_stream(new_array(2), 2, 5, 5));
    FAILS(BAD_INDEX, prim_stream_next_put, new_stream(new_array(2), 2, 5, 5), NIL);
    FAILS(BAD_RECEIVER, prim_stream_next, new_stream(new_array(2), -1, 5, 5));
    FAILS(BAD_RECEIVER, prim_stream_next, new_stream(new_array(2), INT64_MIN >> 3, 5, 5));
}

static void other_collections_are_left_to_smalltalk(void **state) {
    (void)state;
    Oop odd[] = {NIL,          INT(3),      new_words32(2),
                 new_mixed(2), new_plain(), forwarder_to(new_array(2))};
    for (size_t i = 0; i < sizeof odd / sizeof *odd; i++) {
        FAILS(INAPPROPRIATE, prim_stream_next, new_stream(odd[i], 0, 2, 2));
        FAILS(INAPPROPRIATE, prim_stream_next_put, new_stream(odd[i], 0, 2, 2), NIL);
    }
}

static void receivers_that_are_no_streams_fail(void **state) {
    (void)state;
    Oop strange = new_stream(new_array(2), 0, 2, 2);
    field_at_put(&vm->heap, strange, STREAM_INDEX, NIL);
    Oop odd[] = {INT(3), NIL, new_bytes(64), new_plain(), strange, forwarder_to(strange)};
    for (size_t i = 0; i < sizeof odd / sizeof *odd; i++) {
        FAILS(BAD_RECEIVER, prim_stream_next, odd[i]);
        FAILS(BAD_RECEIVER, prim_stream_next_put, odd[i], NIL);
        FAILS(BAD_RECEIVER, prim_stream_at_end, odd[i]);
    }
    // three fields are enough for reading, not for writing
    Oop three = new_array(3);
    field_at_put(&vm->heap, three, STREAM_ARRAY, ARRAY_OF(INT(5)));
    field_at_put(&vm->heap, three, STREAM_INDEX, INT(0));
    field_at_put(&vm->heap, three, STREAM_LIMIT, INT(1));
    FAILS(BAD_RECEIVER, prim_stream_next_put, three, NIL);
    ANSWERS(INT(5), prim_stream_next, three);
}

static void read_only_streams_and_collections_stay(void **state) {
    (void)state;
    Oop stream = read_only(new_stream(new_array(2), 0, 2, 2));
    FAILS(NO_MODIFICATION, prim_stream_next, stream);
    FAILS(NO_MODIFICATION, prim_stream_next_put, stream, NIL);
    Oop on_constant = new_stream(read_only(new_array(2)), 0, 2, 2);
    FAILS(NO_MODIFICATION, prim_stream_next_put, on_constant, INT(1));
    assert_int_equal(position_of(on_constant), 0);
    ANSWERS(NIL, prim_stream_next, on_constant);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        PRIM_TEST(next_reads_up_to_the_limit),
        PRIM_TEST(next_of_a_string_is_a_character),
        PRIM_TEST(next_put_writes_up_to_the_write_limit),
        PRIM_TEST(next_put_refuses_what_does_not_fit),
        PRIM_TEST(at_end_compares_position_and_limit),
        PRIM_TEST(positions_outside_the_collection_fail),
        PRIM_TEST(other_collections_are_left_to_smalltalk),
        PRIM_TEST(receivers_that_are_no_streams_fail),
        PRIM_TEST(read_only_streams_and_collections_stay),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
