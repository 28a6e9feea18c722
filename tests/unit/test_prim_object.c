// SPDX-License-Identifier: MIT
// Primitives 70, 71, 75, 79, 110, 111, 115, 160, 161, 169 to 171, 175, 176, 181, 182: making
// objects, identity, hashes, classes.
#include "prim_fixture.h"

static Oop class_of_index(uint64_t class_index) { return fixture_class_object(class_index); }

// What looks little like a class, in several ways.
static Oop no_class(unsigned i) {
    switch (i) {
    case 0:
        return INT(3);
    case 1:
        return CHARACTER('a');
    case 2:
        return REAL(2.5);
    case 3:
        return NIL;
    case 4:
        return new_array(2);
    case 5:
        return new_array(3);
    case 6:
        return new_string("no class at all, it seems");
    case 7:
        return ARRAY_OF(INT(1), INT(2), INT(FORMAT_FIXED << 16));
    case 8:
        return forwarder_to(class_of_index(cls.plain));
    case 9:
        return new_method(4, "\x78", 1);
    case 10:
        return fixture_new_class(FORMAT_COMPILED_METHOD + 3, 0);
    case 11:
        return fixture_new_class(FORMAT_FORWARDER, 0);
    case 12:
        return fixture_new_class(8, 0);
    case 13:
        return fixture_new_class(FORMAT_8BIT + 1, 0);
    default:
        return oop_none();
    }
}
#define EACH_NO_CLASS(c)                                                                           \
    unsigned k_##c = 0;                                                                            \
    for (Oop c; c = no_class(k_##c++), !oop_is_none(c);)

// ---- 70: new

static void new_makes_fixed_objects(void **state) {
    (void)state;
    Oop plain = ANSWER(prim_new, class_of_index(cls.plain));
    assert_int_equal(CLASS_OF(plain), cls.plain);
    assert_int_equal(num_concrete(slot_count(plain)), 2);
    OOP_EQUAL(field_at(plain, 0), NIL);
    OOP_EQUAL(field_at(plain, 1), NIL);
    assert_int_equal(CLASS_OF(ANSWER(prim_new, class_of_index(cls.empty))), cls.empty);
    Oop ephemeron = ANSWER(prim_new, class_of_index(cls.ephemeron));
    assert_true(object_is_ephemeron(ephemeron));
    assert_int_equal(CLASS_OF(ANSWER(prim_new, NIL, class_of_index(cls.plain))), cls.plain);
}

static void new_refuses_indexable_classes(void **state) {
    (void)state;
    const uint64_t indexable[] = {cls.array,  cls.byte_array, cls.mixed,           cls.weak,
                                  cls.shorts, cls.doubles,    cls.compiled_method, cls.context};
    for (size_t i = 0; i < sizeof indexable / sizeof *indexable; i++)
        FAILS(BAD_RECEIVER, prim_new, class_of_index(indexable[i]));
}

static void new_refuses_what_is_no_class(void **state) {
    (void)state;
    EACH_NO_CLASS(c) {
        FAILS(BAD_RECEIVER, prim_new, c);
        FAILS(BAD_RECEIVER, prim_new_with_size, c, INT(0));
        FAILS(BAD_RECEIVER, prim_new_method, c, INT(0), INT(0));
        FAILS(BAD_RECEIVER, prim_size_in_bytes_of_instance, c);
    }
    FAILS(BAD_RECEIVER, prim_new, class_of_index(cls.small_integer));
    FAILS(BAD_RECEIVER, prim_new, class_of_index(cls.character));
    FAILS(BAD_ARGUMENT_COUNT, prim_new, NIL, NIL, class_of_index(cls.plain));
    FAILS(BAD_ARGUMENT_COUNT, prim_new_with_size, class_of_index(cls.array));
}

// Where the image says that the class of an immediate makes instances, they are objects like
// others.
static void new_makes_instances_of_an_immediates_class(void **state) {
    (void)state;
    Oop class_object = class_of_index(cls.character);
    field_at_put(&vm->heap, class_object, CLASS_FORMAT, INT(FORMAT_EMPTY << 16));
    Oop instance = ANSWER(prim_new, class_object);
    OOP_EQUAL(ANSWER(prim_class, instance), class_object);
    OOP_EQUAL(ANSWER(prim_some_instance, class_object), instance);
    assert_int_equal(heap_verify(&vm->heap, stderr, 5, false), 0);
}

static void classes_of_impossible_shapes_have_no_instances(void **state) {
    (void)state;
    FAILS(BAD_RECEIVER, prim_new, fixture_new_class(FORMAT_EMPTY, 3));
    FAILS(BAD_RECEIVER, prim_new, fixture_new_class(FORMAT_EPHEMERON, 0));
}

// The table's first page is for the classes that the VM knows by number.
static void a_hashed_class_takes_no_place_among_those_of_the_vm(void **state) {
    (void)state;
    Oop class_object = fixture_unentered_class();
    object_set_hash(class_object, num(700));
    Oop instance = ANSWER(prim_new, class_object);
    OOP_EQUAL(ANSWER(prim_class, instance), class_object);
    assert_true(CLASS_OF(instance) >= CLASS_TABLE_PAGE_SIZE);
}

static void a_class_enters_the_class_table_with_its_first_instance(void **state) {
    (void)state;
    Oop class_object = fixture_new_class(FORMAT_FIXED, 3);
    object_set_class_and_format(class_object, num((int64_t)cls.class_class), num(FORMAT_FIXED));
    assert_int_equal(heap_class_index_of_class(&vm->heap, class_object), 0);
    Oop instance = ANSWER(prim_new, class_object);
    assert_int_equal(num_concrete(slot_count(instance)), 3);
    OOP_EQUAL(ANSWER(prim_class, instance), class_object);
    assert_int_equal(CLASS_OF(instance), heap_class_index_of_class(&vm->heap, class_object));
}

// ---- 71: new:

static void check_new(uint64_t class_index, int64_t size, int64_t slots) {
    Oop object = ANSWER(prim_new_with_size, class_of_index(class_index), INT(size));
    assert_int_equal(CLASS_OF(object), class_index);
    assert_int_equal(num_concrete(slot_count(object)), slots);
    ANSWERS(INT(size), prim_size, object);
    assert_int_equal(heap_verify(&vm->heap, stderr, 3, false), 0);
}

static void new_with_size_makes_indexable_objects(void **state) {
    (void)state;
    for (int64_t n = 0; n < 20; n++) {
        check_new(cls.array, n, n);
        check_new(cls.mixed, n, n + 1);
        check_new(cls.weak, n, n + 1);
        check_new(cls.doubles, n, n);
        check_new(cls.bitmap, n, (n + 1) / 2);
        check_new(cls.shorts, n, (n + 3) / 4);
        check_new(cls.byte_string, n, (n + 7) / 8);
    }
}

static void new_with_size_fills_with_nil_or_zero(void **state) {
    (void)state;
    ANSWERS(NIL, prim_at, ANSWER(prim_new_with_size, class_of_index(cls.array), INT(300)),
            INT(300));
    ANSWERS(INT(0), prim_at, ANSWER(prim_new_with_size, class_of_index(cls.bitmap), INT(301)),
            INT(301));
}

static void new_with_size_takes_any_size_that_has_room(void **state) {
    (void)state;
    check_new(cls.byte_array, 100000, 12500);
    check_new(cls.array, 100000, 100000);
}

static void new_with_size_refuses_odd_sizes(void **state) {
    (void)state;
    Oop array = class_of_index(cls.array);
    FAILS(BAD_ARGUMENT, prim_new_with_size, array, INT(-1));
    FAILS(BAD_ARGUMENT, prim_new_with_size, array, NIL);
    FAILS(BAD_ARGUMENT, prim_new_with_size, array, REAL(3.0));
    FAILS(BAD_ARGUMENT, prim_new_with_size, array, CHARACTER(3));
    FAILS(BAD_ARGUMENT, prim_new_with_size, array, new_large(false, "\1\1\1\1\1\1\1\1\1", 9));
    FAILS(BAD_ARGUMENT, prim_new_with_size, array, new_large_word(true, 1ull << 61));
    FAILS(UNSUPPORTED, prim_new_with_size, array, new_large_word(false, 1ull << 61));
    FAILS(UNSUPPORTED, prim_new_with_size, array, INT(INT64_MAX >> 3));
    FAILS(UNSUPPORTED, prim_new_with_size, class_of_index(cls.byte_array), INT(INT64_MAX >> 3));
    FAILS(UNSUPPORTED, prim_new_with_size, class_of_index(cls.mixed), INT(INT64_MAX >> 3));
}

static void new_with_size_fails_when_there_is_no_room(void **state) {
    (void)state;
    FAILS(NO_MEMORY, prim_new_with_size, class_of_index(cls.array), INT(1ll << 32));
    FAILS(NO_MEMORY, prim_new_with_size, class_of_index(cls.array), INT(1ll << 40));
    FAILS(NO_MEMORY, prim_new_with_size, class_of_index(cls.byte_array), INT(1ll << 40));
}

static void fixed_classes_take_no_elements(void **state) {
    (void)state;
    Oop plain = ANSWER(prim_new_with_size, class_of_index(cls.plain), INT(0));
    assert_int_equal(num_concrete(slot_count(plain)), 2);
    FAILS(BAD_RECEIVER, prim_new_with_size, class_of_index(cls.plain), INT(1));
    FAILS(BAD_RECEIVER, prim_new_with_size, class_of_index(cls.compiled_method), INT(100));
    FAILS(BAD_RECEIVER, prim_new_with_size, class_of_index(cls.boxed_float), INT(1));
    FAILS(BAD_RECEIVER, prim_new_with_size, class_of_index(cls.boxed_float), INT(3));
    ANSWER(prim_new_with_size, class_of_index(cls.boxed_float), INT(2));
}

// ---- 79: newMethod:header:

static void new_method_has_header_and_nil_literals(void **state) {
    (void)state;
    for (int64_t bytes = 0; bytes < 17; bytes++) {
        Oop header = INT(5ll | 3ll << 18);
        Oop method =
            ANSWER(prim_new_method, class_of_index(cls.compiled_method), INT(bytes), header);
        assert_true(object_is_method(method));
        OOP_EQUAL(field_at(method, 0), header);
        OOP_EQUAL(field_at(method, 5), NIL);
        ANSWERS(INT(6 * 8 + bytes), prim_size, method);
    }
}

static void new_method_refuses_odd_operands(void **state) {
    (void)state;
    Oop method = class_of_index(cls.compiled_method);
    FAILS(BAD_ARGUMENT, prim_new_method, method, INT(-1), INT(0));
    FAILS(BAD_ARGUMENT, prim_new_method, method, INT(1ll << 59), INT(0));
    FAILS(BAD_ARGUMENT, prim_new_method, method, NIL, INT(0));
    FAILS(BAD_ARGUMENT, prim_new_method, method, INT(1), NIL);
    FAILS(BAD_RECEIVER, prim_new_method, class_of_index(cls.byte_array), INT(1), INT(0));
    FAILS(NO_MEMORY, prim_new_method, method, INT(1ll << 39), INT(0));
}

// ---- 181 and 182: sizes

static void sizes_in_bytes_count_headers(void **state) {
    (void)state;
    ANSWERS(INT(24), prim_size_in_bytes, new_plain());
    ANSWERS(INT(16), prim_size_in_bytes, new_empty());
    ANSWERS(INT(0), prim_size_in_bytes, INT(5));
    ANSWERS(INT(8 + 254 * 8), prim_size_in_bytes, new_array(254));
    ANSWERS(INT(16 + 255 * 8), prim_size_in_bytes, NIL, new_array(255));
    FAILS(BAD_RECEIVER, prim_size_in_bytes, forwarder_to(NIL));
    FAILS(BAD_ARGUMENT_COUNT, prim_size_in_bytes, NIL, NIL, NIL);
}

static void sizes_of_instances_need_no_instance(void **state) {
    (void)state;
    ANSWERS(INT(24), prim_size_in_bytes_of_instance, class_of_index(cls.plain));
    ANSWERS(INT(16), prim_size_in_bytes_of_instance, class_of_index(cls.byte_array), INT(8));
    ANSWERS(INT(24), prim_size_in_bytes_of_instance, class_of_index(cls.byte_array), INT(9));
    ANSWERS(INT(16 + 255 * 8), prim_size_in_bytes_of_instance, class_of_index(cls.array), INT(255));
    ANSWERS(INT(40), prim_size_in_bytes_of_instance, class_of_index(cls.compiled_method), INT(30));
    FAILS(BAD_RECEIVER, prim_size_in_bytes_of_instance, class_of_index(cls.array));
    FAILS(BAD_RECEIVER, prim_size_in_bytes_of_instance, class_of_index(cls.plain), INT(1));
    FAILS(BAD_ARGUMENT, prim_size_in_bytes_of_instance, class_of_index(cls.array), INT(-1));
    FAILS(BAD_ARGUMENT, prim_size_in_bytes_of_instance, class_of_index(cls.array), NIL);
    FAILS(UNSUPPORTED, prim_size_in_bytes_of_instance, class_of_index(cls.array), INT(1ll << 50));
    FAILS(BAD_ARGUMENT_COUNT, prim_size_in_bytes_of_instance, class_of_index(cls.array), NIL, NIL);
}

// ---- 110, 111, 169

static void identity_compares_oops(void **state) {
    (void)state;
    Oop one = new_plain(), other = new_plain();
    ANSWERS(TRUE_OOP, prim_identical, one, one);
    ANSWERS(FALSE_OOP, prim_identical, one, other);
    ANSWERS(TRUE_OOP, prim_identical, NIL, INT(3), INT(3));
    ANSWERS(FALSE_OOP, prim_not_identical, one, one);
    ANSWERS(TRUE_OOP, prim_not_identical, one, INT(1));
    ANSWERS(TRUE_OOP, prim_not_identical, NIL, one, other);
    FAILS(BAD_ARGUMENT_COUNT, prim_identical, one);
    FAILS(BAD_ARGUMENT_COUNT, prim_not_identical, one);
}

static void identity_leaves_forwarders_to_the_send(void **state) {
    (void)state;
    Oop plain = new_plain(), forwarder = forwarder_to(plain);
    FAILS(BAD_ARGUMENT, prim_identical, forwarder, plain);
    FAILS(BAD_ARGUMENT, prim_identical, plain, forwarder);
    FAILS(BAD_ARGUMENT, prim_not_identical, forwarder, plain);
    FAILS(BAD_ARGUMENT, prim_not_identical, plain, forwarder);
    FAILS(BAD_RECEIVER, prim_class, forwarder);
    FAILS(BAD_RECEIVER, prim_identity_hash, forwarder);
}

static void class_answers_the_class(void **state) {
    (void)state;
    ANSWERS(class_of_index(cls.plain), prim_class, new_plain());
    ANSWERS(class_of_index(cls.small_integer), prim_class, INT(-3));
    ANSWERS(class_of_index(cls.character), prim_class, CHARACTER('x'));
    ANSWERS(class_of_index(cls.small_float), prim_class, REAL(0.5));
    ANSWERS(class_of_index(cls.array), prim_class, NIL, new_array(0));
    FAILS(BAD_ARGUMENT_COUNT, prim_class, NIL, NIL, NIL);
}

// ---- 75, 161, 175, 176

static void hashes_stay_and_differ(void **state) {
    (void)state;
    Oop one = new_plain(), other = new_plain();
    Oop hash = ANSWER(prim_identity_hash, one);
    assert_true(oop_is_int(hash) && INT_OF(hash) > 0 && INT_OF(hash) < (1 << 22));
    ANSWERS(hash, prim_identity_hash, one);
    assert_true(oop_bits(ANSWER(prim_identity_hash, NIL, other)) != oop_bits(hash));
    FAILS(BAD_RECEIVER, prim_identity_hash, INT(1));
    FAILS(BAD_ARGUMENT_COUNT, prim_identity_hash, NIL, NIL, NIL);
}

static void hashes_can_be_set(void **state) {
    (void)state;
    Oop plain = new_plain();
    ANSWERS(FALSE_OOP, prim_set_identity_hash, plain);
    Oop old = ANSWER(prim_identity_hash, plain);
    ANSWERS(TRUE_OOP, prim_set_identity_hash, plain);
    ANSWERS(FALSE_OOP, prim_set_identity_hash, INT(2));
    ANSWERS(old, prim_set_identity_hash, plain, INT(77));
    ANSWERS(INT(77), prim_identity_hash, plain);
    FAILS(BAD_ARGUMENT, prim_set_identity_hash, plain, INT(0));
    FAILS(BAD_ARGUMENT, prim_set_identity_hash, plain, INT(-1));
    FAILS(BAD_ARGUMENT, prim_set_identity_hash, plain, INT(1 << 22));
    FAILS(BAD_ARGUMENT, prim_set_identity_hash, plain, NIL);
    FAILS(BAD_RECEIVER, prim_set_identity_hash, INT(3), INT(77));
    FAILS(BAD_RECEIVER, prim_set_identity_hash, forwarder_to(plain), INT(77));
    FAILS(UNSUPPORTED, prim_set_identity_hash, plain, INT(77), TRUE_OOP);
    ANSWERS(INT(77), prim_identity_hash, plain);
}

static void a_class_keeps_its_hash(void **state) {
    (void)state;
    Oop class_object = class_of_index(cls.plain);
    ANSWERS(INT((int64_t)cls.plain), prim_identity_hash, class_object);
    ANSWERS(INT((int64_t)cls.plain), prim_class_identity_hash, class_object);
    FAILS(INAPPROPRIATE, prim_set_identity_hash, class_object, INT(77));
}

static void class_hashes_are_class_indices(void **state) {
    (void)state;
    Oop class_object = fixture_new_class(FORMAT_FIXED, 3);
    object_set_class_and_format(class_object, num((int64_t)cls.class_class), num(FORMAT_FIXED));
    Oop hash = ANSWER(prim_class_identity_hash, class_object);
    OOP_EQUAL(heap_class_at(&vm->heap, (uint64_t)INT_OF(hash)), class_object);
    FAILS(BAD_RECEIVER, prim_class_identity_hash, INT(1));
    FAILS(BAD_RECEIVER, prim_class_identity_hash, new_plain());
    FAILS(BAD_RECEIVER, prim_class_identity_hash, forwarder_to(class_object));
    ANSWERS(INT((1 << 22) - 1), prim_max_identity_hash, NIL);
}

static void a_hashed_object_can_still_become_a_class(void **state) {
    (void)state;
    Oop class_object = fixture_new_class(FORMAT_FIXED, 1);
    object_set_class_and_format(class_object, num((int64_t)cls.class_class), num(FORMAT_FIXED));
    ANSWER(prim_identity_hash, class_object);
    Oop instance = ANSWER(prim_new, class_object);
    OOP_EQUAL(ANSWER(prim_class, instance), class_object);
}

// ---- 115 and 160

static void change_class_takes_the_class_of_the_argument(void **state) {
    (void)state;
    Oop plain = new_plain(), twin = fixture_new(cls.plain_twin, FORMAT_FIXED, 2);
    field_at_put(&vm->heap, plain, 0, INT(3));
    ANSWERS(plain, prim_change_class, plain, twin);
    assert_int_equal(CLASS_OF(plain), cls.plain_twin);
    OOP_EQUAL(field_at(plain, 0), INT(3));
    ANSWERS(class_of_index(cls.plain), prim_adopt_instance, class_of_index(cls.plain), plain);
    assert_int_equal(CLASS_OF(plain), cls.plain);
}

static void pointers_must_fit_the_named_fields(void **state) {
    (void)state;
    Oop array = new_array(2);
    ANSWERS(array, prim_change_class, array, new_plain());
    assert_true(num_eq(object_format(array), num(FORMAT_FIXED)));
    FAILS(BAD_RECEIVER, prim_change_class, new_array(3), new_plain());
    FAILS(BAD_RECEIVER, prim_change_class, new_array(1), new_plain());
    FAILS(BAD_RECEIVER, prim_change_class, new_array(0), new_mixed(0));
    Oop three = new_array(3);
    ANSWERS(three, prim_change_class, three, new_mixed(0));
    ANSWERS(INT(2), prim_size, three);
    FAILS(BAD_RECEIVER, prim_change_class, new_array(1), new_empty());
    FAILS(INAPPROPRIATE, prim_change_class, new_array(2), new_bytes(3));
    FAILS(INAPPROPRIATE, prim_change_class, new_bytes(16), new_plain());
}

static void bits_must_be_whole_elements(void **state) {
    (void)state;
    Oop bytes = new_bytes(12);
    ANSWERS(bytes, prim_change_class, bytes, new_words32(0));
    ANSWERS(INT(3), prim_size, bytes);
    ANSWERS(bytes, prim_change_class, bytes, new_shorts(0));
    ANSWERS(INT(6), prim_size, bytes);
    FAILS(BAD_RECEIVER, prim_change_class, bytes, new_words64(0));
    ANSWERS(bytes, prim_change_class, bytes, new_string(""));
    ANSWERS(INT(12), prim_size, bytes);
    FAILS(BAD_RECEIVER, prim_change_class, new_bytes(3), new_words32(0));
    FAILS(BAD_RECEIVER, prim_change_class, new_bytes(3), new_shorts(0));
    FAILS(INAPPROPRIATE, prim_change_class, bytes, new_boxed_float(1));
    Oop eight = new_bytes(8);
    ANSWERS(eight, prim_change_class, eight, new_boxed_float(1));
    assert_int_equal(heap_verify(&vm->heap, stderr, 3, false), 0);
}

static void change_class_refuses_what_must_keep_its_class(void **state) {
    (void)state;
    Oop plain = new_plain(), context = fixture_new(cls.context, FORMAT_MIXED, 22);
    FAILS(BAD_RECEIVER, prim_change_class, INT(3), plain);
    FAILS(BAD_ARGUMENT, prim_change_class, plain, INT(3));
    FAILS(BAD_ARGUMENT, prim_change_class, plain, forwarder_to(plain));
    FAILS(BAD_RECEIVER, prim_change_class, forwarder_to(plain), plain);
    FAILS(NO_MODIFICATION, prim_change_class, read_only(new_plain()), plain);
    FAILS(INAPPROPRIATE, prim_change_class, context, new_mixed(3));
    FAILS(INAPPROPRIATE, prim_change_class, new_mixed(21), context);
    FAILS(INAPPROPRIATE, prim_change_class, new_method(0, "\x78", 1), new_bytes(1));
    FAILS(INAPPROPRIATE, prim_change_class, new_bytes(32), new_method(0, "\x78", 1));
    FAILS(BAD_ARGUMENT, prim_adopt_instance, class_of_index(cls.plain), INT(3));
    FAILS(BAD_ARGUMENT, prim_adopt_instance, class_of_index(cls.plain), new_array(1));
    EACH_NO_CLASS(c) FAILS(BAD_RECEIVER, prim_adopt_instance, c, plain);
    FAILS(BAD_RECEIVER, prim_adopt_instance, class_of_index(cls.small_integer), plain);
    assert_int_equal(CLASS_OF(plain), cls.plain);
}

// ---- 170 and 171

static void characters_are_made_of_codes(void **state) {
    (void)state;
    ANSWERS(CHARACTER(65), prim_character_from_code, INT(65));
    ANSWERS(CHARACTER(0), prim_character_from_code, NIL, INT(0));
    ANSWERS(CHARACTER((1 << 30) - 1), prim_character_from_code, NIL, INT((1 << 30) - 1));
    FAILS(BAD_ARGUMENT, prim_character_from_code, NIL, INT(1 << 30));
    FAILS(BAD_ARGUMENT, prim_character_from_code, NIL, INT(-1));
    FAILS(BAD_RECEIVER, prim_character_from_code, INT(-1));
    FAILS(BAD_ARGUMENT, prim_character_from_code, NIL, REAL(65));
    FAILS(BAD_ARGUMENT_COUNT, prim_character_from_code, NIL, NIL, INT(65));
}

static void immediates_have_values(void **state) {
    (void)state;
    ANSWERS(INT(-7), prim_immediate_value, INT(-7));
    ANSWERS(INT(955), prim_immediate_value, CHARACTER(955));
    FAILS(BAD_RECEIVER, prim_immediate_value, NIL);
    FAILS(BAD_RECEIVER, prim_immediate_value, new_boxed_float(1e300));
    FAILS(BAD_ARGUMENT_COUNT, prim_immediate_value, NIL, NIL, NIL);
}

static void small_floats_have_their_bits_as_value(void **state) {
    (void)state;
    // The exponent of 1.0 is 1023, 127 in a SmallFloat64; the sign goes in front.
    ANSWERS(INT(127ll << 52), prim_immediate_value, REAL(1.0));
    ANSWERS(INT((127ll << 52) - (1ll << 60)), prim_immediate_value, REAL(-1.0));
    ANSWERS(INT(0), prim_immediate_value, REAL(0.0));
    ANSWERS(INT(-(1ll << 60)), prim_immediate_value, REAL(-0.0));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        PRIM_TEST(new_makes_fixed_objects),
        PRIM_TEST(new_refuses_indexable_classes),
        PRIM_TEST(new_refuses_what_is_no_class),
        PRIM_TEST(new_makes_instances_of_an_immediates_class),
        PRIM_TEST(classes_of_impossible_shapes_have_no_instances),
        PRIM_TEST(a_hashed_class_takes_no_place_among_those_of_the_vm),
        PRIM_TEST(a_class_enters_the_class_table_with_its_first_instance),
        PRIM_TEST(new_with_size_makes_indexable_objects),
        PRIM_TEST(new_with_size_fills_with_nil_or_zero),
        PRIM_TEST(new_with_size_takes_any_size_that_has_room),
        PRIM_TEST(new_with_size_refuses_odd_sizes),
        PRIM_TEST(new_with_size_fails_when_there_is_no_room),
        PRIM_TEST(fixed_classes_take_no_elements),
        PRIM_TEST(new_method_has_header_and_nil_literals),
        PRIM_TEST(new_method_refuses_odd_operands),
        PRIM_TEST(sizes_in_bytes_count_headers),
        PRIM_TEST(sizes_of_instances_need_no_instance),
        PRIM_TEST(identity_compares_oops),
        PRIM_TEST(identity_leaves_forwarders_to_the_send),
        PRIM_TEST(class_answers_the_class),
        PRIM_TEST(hashes_stay_and_differ),
        PRIM_TEST(hashes_can_be_set),
        PRIM_TEST(a_class_keeps_its_hash),
        PRIM_TEST(class_hashes_are_class_indices),
        PRIM_TEST(a_hashed_object_can_still_become_a_class),
        PRIM_TEST(change_class_takes_the_class_of_the_argument),
        PRIM_TEST(pointers_must_fit_the_named_fields),
        PRIM_TEST(bits_must_be_whole_elements),
        PRIM_TEST(change_class_refuses_what_must_keep_its_class),
        PRIM_TEST(characters_are_made_of_codes),
        PRIM_TEST(immediates_have_values),
        PRIM_TEST(small_floats_have_their_bits_as_value),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
