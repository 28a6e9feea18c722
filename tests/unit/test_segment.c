// SPDX-License-Identifier: MIT
// Image segments: graphs out and in again, what stays outside, classes that travel along, segments
// that are damaged, and everything that must be refused.
#include "image/segment_format.h"

#include "prim_fixture.h"

#define STORE prim_store_image_segment
#define LOAD  prim_load_image_segment

static Oop at(Oop object, int index) { return heap_follow(&vm->heap, field_at(object, index)); }
static void put(Oop object, int index, Oop value) { field_at_put(&vm->heap, object, index, value); }

typedef struct Stored {
    Oop words, out;
} Stored;

// The classes of the fixture, as globals of an image would hold them, and one more object.
static void hold_outside(Oop object) {
    Oop held[] = {
#define FIXTURE_CLASS(name, format, fixed, special, index) fixture_class_object(cls.name),
        FIXTURE_CLASSES(FIXTURE_CLASS)
#undef FIXTURE_CLASS
            object};
    slot_at_put(&vm->heap, vm->heap.special_objects, num(SPECIAL_EXTERNAL_OBJECTS),
                new_array_of(sizeof held / sizeof *held, held));
}
static Oop held_outside(void) {
    Oop held = vm_special(vm, SPECIAL_EXTERNAL_OBJECTS);
    return at(held, (int)num_concrete(slot_count(held)) - 1);
}

static int open_holding_classes(void **state) {
    if (fixture_open(state)) return -1;
    hold_outside(NIL);
    return 0;
}
#define SEGMENT_TEST(f) cmocka_unit_test_setup_teardown(f, open_holding_classes, fixture_close)

// Stores what the roots lead to, with more room than needed.
static Stored store(Oop roots) {
    Oop words = new_words32(4000), out = new_array(200);
    ANSWERS(INT(3), STORE, INT(3), roots, words, out);
    return (Stored){heap_follow(&vm->heap, words), heap_follow(&vm->heap, out)};
}

static Oop load(Stored stored) { return ANSWER(LOAD, NIL, stored.words, stored.out); }

static uint64_t word_of(Oop words, uint64_t index) { return raw_slot(oop_bits(words), index); }
static void set_word_of(Oop words, uint64_t index, uint64_t value) {
    raw_store(raw_slot_address(oop_bits(words), index), value);
}

// ----

static void a_graph_comes_back(void **state) {
    (void)state;
    Oop inner = new_plain(),
        string = new_string("Gr\xC3\xBC\xC3\x9F"
                            "e"),
        root = new_plain();
    put(root, 0, string);
    put(root, 1, inner);
    put(inner, 0, root); // a circle
    put(inner, 1, INT(-7));
    int64_t hash = (int64_t)heap_identity_hash(&vm->heap, inner);
    Stored stored = store(ARRAY_OF(root, string));
    assert_int_equal(word_of(stored.words, 0), SEGMENT_VERSION_WORD);
    // Out go the classes Array, plain and ByteString.
    assert_int_equal(num_concrete(slot_count(stored.out)), 3);
    Oop roots = load(stored), again = at(roots, 0);
    assert_int_equal(CLASS_OF(roots), cls.array);
    assert_false(oop_is(again, root));
    assert_int_equal(CLASS_OF(again), cls.plain);
    OOP_EQUAL(at(roots, 1), at(again, 0));
    assert_int_equal(num_concrete(byte_count(at(again, 0))), 7);
    assert_memory_equal(object_bytes(at(again, 0)),
                        "Gr\xC3\xBC\xC3\x9F"
                        "e",
                        7);
    OOP_EQUAL(at(at(again, 1), 0), again);
    OOP_EQUAL(at(at(again, 1), 1), INT(-7));
    assert_int_equal(num_concrete(object_hash_bits(at(again, 1))), hash);
    // The words have become an Array of all that was loaded.
    Oop all = heap_follow(&vm->heap, stored.words);
    assert_int_equal(CLASS_OF(all), cls.array);
    assert_int_equal(num_concrete(slot_count(all)), 4);
    OOP_EQUAL(at(all, 0), roots);
}

static void every_format_comes_back(void **state) {
    (void)state;
    Oop method = new_method(1, "\x70\x87\x78", 3), weak = new_weak(2), ephemeron = new_ephemeron();
    put(method, 1, new_string("literal"));
    put(weak, 1, new_plain());
    put(ephemeron, 0, new_string("key"));
    Oop shorts = new_shorts(3), words64 = new_words64(2), constant = read_only(new_string("const"));
    object_bytes(shorts)[5] = 0x77;
    Oop elements[] = {method,       weak,           ephemeron,   shorts,
                      words64,      constant,       new_empty(), new_array(300),
                      new_mixed(1), new_words32(3), new_bytes(0)};
    enum { COUNT = sizeof elements / sizeof *elements };
    Oop roots = load(store(new_array_of(COUNT, elements)));
    for (int i = 0; i < COUNT; i++) {
        Oop again = at(roots, i);
        assert_false(oop_is(again, elements[i]));
        assert_int_equal(CLASS_OF(again), CLASS_OF(elements[i]));
        assert_int_equal(num_concrete(object_format(again)),
                         num_concrete(object_format(elements[i])));
        assert_int_equal(num_concrete(slot_count(again)), num_concrete(slot_count(elements[i])));
    }
    assert_int_equal(object_bytes(at(roots, 3))[5], 0x77);
    assert_true(object_is_readonly(at(roots, 5)));
    assert_memory_equal(object_bytes(at(at(roots, 0), 1)), "literal", 7);
    assert_memory_equal(object_bytes(at(roots, 0)) + 32, "\x70\x87\x78", 3);
    assert_memory_equal(object_bytes(at(at(roots, 2), 0)), "key", 3);
    OOP_EQUAL(at(at(roots, 7), 299), NIL);
}

// What something else leads to as well stays where it is.
static void shared_objects_stay_outside(void **state) {
    (void)state;
    Oop shared = new_plain(), root = new_plain();
    hold_outside(ARRAY_OF(shared));
    put(root, 0, shared);
    put(shared, 0, root); // known outside, but a root all the same
    Stored stored = store(ARRAY_OF(root, NIL, TRUE_OOP, INT(5)));
    Oop roots = load(stored);
    assert_false(oop_is(at(roots, 0), root));
    OOP_EQUAL(at(at(roots, 0), 0), shared);
    OOP_EQUAL(at(shared, 0), root);
    OOP_EQUAL(at(roots, 1), NIL);
    OOP_EQUAL(at(roots, 2), TRUE_OOP);
    OOP_EQUAL(at(roots, 3), INT(5));
}

// Weak references keep nothing outside.
static void weakly_held_objects_travel(void **state) {
    (void)state;
    Oop held = new_plain(), weak = new_weak(1), root = new_plain();
    put(root, 0, held);
    put(weak, 1, held);
    hold_outside(ARRAY_OF(weak));
    Oop roots = load(store(ARRAY_OF(root)));
    assert_false(oop_is(at(at(roots, 0), 0), held));
    OOP_EQUAL(at(weak, 1), held);
}

static Oop travelling_class(void) {
    Oop class_object = fixture_new_class(FORMAT_FIXED, 2);
    heap_pin(&vm->heap, class_object, false);
    object_set_class_and_format(class_object, num((int64_t)cls.class_class), num(FORMAT_FIXED));
    heap_enter_class(&vm->heap, class_object);
    return class_object;
}

static void classes_travel_with_their_instances(void **state) {
    (void)state;
    Oop class_object = travelling_class();
    uint64_t index = heap_class_index_of_class(&vm->heap, class_object);
    Oop instance = fixture_new(index, FORMAT_FIXED, 2);
    put(instance, 0, INT(9));
    Oop roots = load(store(ARRAY_OF(instance, class_object)));
    uint64_t new_index = CLASS_OF(at(roots, 0));
    assert_int_not_equal(new_index, index);
    OOP_EQUAL(heap_class_at(&vm->heap, new_index), at(roots, 1));
    assert_int_equal(heap_class_index_of_class(&vm->heap, at(roots, 1)), new_index);
    OOP_EQUAL(at(at(roots, 0), 0), INT(9));
    assert_false(object_is_pinned(at(roots, 1)));
}

static void pinned_objects_are_pinned_again(void **state) {
    (void)state;
    Oop pinned = heap_pin(&vm->heap, new_bytes(9), true);
    Oop again = at(load(store(ARRAY_OF(pinned))), 0);
    assert_true(object_is_pinned(again));
    assert_false(heap_is_young(&vm->heap, again));
}

static void forwarders_are_followed(void **state) {
    (void)state;
    Oop target = new_plain(), root = new_array(1);
    put(target, 1, INT(3));
    put(root, 0, forwarder_to(target));
    Oop again = at(load(store(ARRAY_OF(root))), 0);
    OOP_EQUAL(at(at(again, 0), 1), INT(3));
}

static void nobody_misses_what_was_collected(void **state) {
    (void)state;
    Oop root = new_plain();
    put(root, 0, new_string("old"));
    Oop roots = load(store(ARRAY_OF(root)));
    hold_outside(roots);
    fixture_drop_operands();
    heap_collect_full(&vm->heap);
    roots = held_outside();
    assert_memory_equal(object_bytes(at(at(roots, 0), 0)), "old", 3);
}

// ---- room

static void too_little_room_changes_nothing(void **state) {
    (void)state;
    Oop root = new_plain(), words = new_words32(11), out = new_array(10);
    put(root, 0, new_string("text"));
    for (int i = 0; i < 10; i++)
        put(out, i, INT(i));
    object_bytes(words)[3] = 0x55;
    Oop roots = ARRAY_OF(root);
    // Eight words are needed: the head, an Array of one, an object of two, a string.
    FAILS(WRITE_PAST_OBJECT, STORE, NIL, roots, words, out);
    assert_int_equal(object_bytes(words)[3], 0x55);
    FAILS(BAD_INDEX, STORE, NIL, roots, new_words32(100), new_array(2));
    OOP_EQUAL(at(out, 9), INT(9));
    assert_false(object_is_forwarder(words));
    Oop exact = new_words32(16);
    ANSWERS(NIL, STORE, NIL, roots, exact, out);
    assert_int_equal(num_concrete(element_count(heap_follow(&vm->heap, exact))), 16);
    assert_int_equal(num_concrete(slot_count(heap_follow(&vm->heap, out))), 4); // nil, classes
}

static void wrong_operands_are_refused(void **state) {
    (void)state;
    Oop roots = ARRAY_OF(new_plain()), words = new_words32(100), out = new_array(10);
    Oop wrong[] = {NIL,         INT(1),          new_bytes(400),      new_words64(50),
                   new_plain(), new_string("x"), new_shorts(9),       new_weak(1),
                   REAL(1.0),   CHARACTER('a'),  forwarder_to(words), forwarder_to(out)};
    for (unsigned i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        FAILS(BAD_ARGUMENT, STORE, NIL, wrong[i], words, out);
        FAILS(BAD_ARGUMENT, STORE, NIL, roots, wrong[i], out);
        FAILS(BAD_ARGUMENT, STORE, NIL, roots, words, wrong[i]);
        FAILS(BAD_ARGUMENT, LOAD, NIL, wrong[i], out);
        FAILS(BAD_ARGUMENT, LOAD, NIL, words, wrong[i]);
    }
    FAILS(BAD_ARGUMENT, STORE, NIL, roots, words, roots);
    FAILS(NO_MODIFICATION, STORE, NIL, roots, read_only(new_words32(100)), out);
    FAILS(NO_MODIFICATION, STORE, NIL, roots, words, read_only(new_array(10)));
    FAILS(NO_MODIFICATION, LOAD, NIL, read_only(new_words32(100)), out);
    Oop pinned = heap_pin(&vm->heap, new_words32(100), true);
    FAILS(OBJECT_IS_PINNED, STORE, NIL, roots, pinned, out);
    FAILS(OBJECT_IS_PINNED, LOAD, NIL, pinned, out);
    FAILS(INAPPROPRIATE, STORE, NIL, ARRAY_OF(context_of_frame(vm, vm->fp)), words, out);
}

// ---- damage

static Stored stored_example(void) {
    Oop class_object = travelling_class();
    Oop instance = fixture_new(heap_class_index_of_class(&vm->heap, class_object), FORMAT_FIXED, 2);
    put(instance, 0, new_string("abc"));
    put(instance, 1, new_method(1, "\x70\x87\x78", 3));
    return store(ARRAY_OF(instance, class_object, new_array(300), INT(1)));
}

static bool load_fails(Stored stored) {
    Outcome outcome = CALL(LOAD, NIL, stored.words, stored.out);
    if (outcome == OUTCOME_ANSWERED) return false;
    assert_int_equal(outcome, OUTCOME_FAILED);
    assert_false(object_is_forwarder(stored.words));
    return true;
}

static Oop copy_of_words(Oop words) {
    Oop copy = new_words32((uint64_t)num_concrete(element_count(words)));
    memcpy(object_bytes(copy), object_bytes(words), (size_t)num_concrete(byte_count(words)));
    return copy;
}

static void what_is_no_segment_is_refused(void **state) {
    (void)state;
    FAILS(INAPPROPRIATE, LOAD, NIL, new_words32(0), new_array(0));
    FAILS(INAPPROPRIATE, LOAD, NIL, new_words32(100), new_array(0));
    Stored stored = stored_example();
    set_word_of(stored.words, 0, SEGMENT_VERSION_WORD ^ 1);
    FAILS(INAPPROPRIATE, LOAD, NIL, stored.words, stored.out);
    Oop only_head = new_words32(2);
    set_word_of(only_head, 0, SEGMENT_VERSION_WORD);
    FAILS(INAPPROPRIATE, LOAD, NIL, only_head, new_array(0));
}

static void fewer_out_pointers_are_noticed(void **state) {
    (void)state;
    Stored stored = stored_example();
    int64_t count = num_concrete(slot_count(stored.out));
    for (int64_t i = 0; i < count; i++) {
        FAILS(BAD_INDEX, LOAD, NIL, stored.words, new_array((uint64_t)i));
        Oop nils = new_array((uint64_t)count); // classes that are none
        FAILS(BAD_INDEX, LOAD, NIL, stored.words, nils);
    }
    assert_false(load_fails(stored));
}

// Every word, spoiled in several ways: refused, or objects that the verifier has nothing against.
static void damage_does_no_harm(void **state) {
    (void)state;
    Stored stored = stored_example();
    uint64_t count = (uint64_t)num_concrete(slot_count(stored.words)), refused = 0, tried = 0;
    for (uint64_t i = 0; i < count; i++) {
        if (i > 60 && i % 37 != 0 && i < count - 40) continue;
        for (unsigned bit = 0; bit < 64; bit++, tried++) {
            Stored copy = {copy_of_words(stored.words), stored.out};
            set_word_of(copy.words, i, word_of(copy.words, i) ^ 1ull << bit);
            refused += load_fails(copy);
            fixture_drop_operands();
            if (tried % 256 == 0) {
                hold_outside(ARRAY_OF(stored.words, stored.out));
                heap_collect_full(&vm->heap);
                Oop held = held_outside();
                stored = (Stored){at(held, 0), at(held, 1)};
                assert_int_equal(heap_verify(&vm->heap, stderr, 10, false), 0);
            }
        }
    }
    assert_true(tried > 2000 && refused > tried / 3);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        SEGMENT_TEST(a_graph_comes_back),
        SEGMENT_TEST(every_format_comes_back),
        SEGMENT_TEST(shared_objects_stay_outside),
        SEGMENT_TEST(weakly_held_objects_travel),
        SEGMENT_TEST(classes_travel_with_their_instances),
        SEGMENT_TEST(pinned_objects_are_pinned_again),
        SEGMENT_TEST(forwarders_are_followed),
        SEGMENT_TEST(nobody_misses_what_was_collected),
        SEGMENT_TEST(too_little_room_changes_nothing),
        SEGMENT_TEST(wrong_operands_are_refused),
        SEGMENT_TEST(what_is_no_segment_is_refused),
        SEGMENT_TEST(fewer_out_pointers_are_noticed),
        SEGMENT_TEST(damage_does_no_harm),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
