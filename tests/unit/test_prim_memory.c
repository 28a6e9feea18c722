// SPDX-License-Identifier: MIT
// Primitives 72, 77, 78, 89, 112, 116, 119, 128, 129, 132, 138, 139, 172, 177, 178, 180, 183, 184,
// 248, 249: become, pinning, enumeration, references, room.
#include "prim_fixture.h"

static Oop followed(Oop oop) { return heap_follow(&vm->heap, oop); }
static Oop marked_plain(int64_t mark) {
    Oop plain = new_plain();
    field_at_put(&vm->heap, plain, 0, INT(mark));
    return plain;
}
static int64_t mark_of(Oop plain) { return INT_OF(field_at(followed(plain), 0)); }
static void check_heap(void) { assert_int_equal(heap_verify(&vm->heap, stderr, 5, false), 0); }

// ---- become

static void two_way_become_exchanges_identities(void **state) {
    (void)state;
    Oop a = marked_plain(1), b = marked_plain(2), array = ARRAY_OF(a);
    ANSWERS(array, prim_array_become, array, ARRAY_OF(b));
    assert_int_equal(mark_of(a), 2);
    assert_int_equal(mark_of(b), 1);
    assert_true(oop_bits(followed(a)) != oop_bits(followed(b)));
    check_heap();
}

static void two_way_become_exchanges_sizes_and_classes(void **state) {
    (void)state;
    Oop small = new_array(3), large = new_array(300), plain = marked_plain(5);
    ANSWER(prim_array_become, ARRAY_OF(small, plain), ARRAY_OF(large, new_string("text")));
    assert_int_equal(num_concrete(slot_count(followed(small))), 300);
    assert_int_equal(num_concrete(slot_count(followed(large))), 3);
    assert_int_equal(CLASS_OF(followed(plain)), cls.byte_string);
    check_heap();
}

static void one_way_become_leaves_one_object(void **state) {
    (void)state;
    Oop a = marked_plain(1), b = marked_plain(2);
    ANSWER(prim_array_become_one_way, ARRAY_OF(a), ARRAY_OF(b));
    OOP_EQUAL(followed(a), followed(b));
    assert_int_equal(mark_of(a), 2);
    check_heap();
}

static Oop hash_of(Oop object) { return ANSWER(prim_identity_hash, followed(object)); }

static void one_way_become_takes_the_hash_along(void **state) {
    (void)state;
    Oop a = marked_plain(1), b = marked_plain(2);
    Oop hash = hash_of(a);
    hash_of(b);
    ANSWER(prim_array_become_one_way, ARRAY_OF(a), ARRAY_OF(b));
    OOP_EQUAL(hash_of(b), hash);
}

static void the_hash_can_be_left_behind(void **state) {
    (void)state;
    Oop a = marked_plain(1), b = marked_plain(2), c = marked_plain(3);
    hash_of(a);
    Oop hash_b = hash_of(b), hash_c = hash_of(c);
    ANSWER(prim_array_become_one_way_keep_hash, ARRAY_OF(a), ARRAY_OF(b));
    OOP_EQUAL(hash_of(a), hash_b);
    ANSWER(prim_array_become_one_way_copy_hash, ARRAY_OF(b), ARRAY_OF(c), FALSE_OOP);
    OOP_EQUAL(hash_of(a), hash_c);
    Oop d = marked_plain(4);
    ANSWER(prim_array_become_one_way_copy_hash, ARRAY_OF(c), ARRAY_OF(d), TRUE_OOP);
    OOP_EQUAL(hash_of(d), hash_c);
    FAILS(BAD_ARGUMENT, prim_array_become_one_way_copy_hash, ARRAY_OF(d), ARRAY_OF(a), NIL);
}

static void one_way_become_may_name_an_immediate(void **state) {
    (void)state;
    Oop a = marked_plain(1);
    FAILS(INAPPROPRIATE, prim_array_become_one_way, ARRAY_OF(a), ARRAY_OF(INT(7)));
    ANSWER(prim_array_become_one_way_keep_hash, ARRAY_OF(a), ARRAY_OF(INT(7)));
    OOP_EQUAL(followed(a), INT(7));
    check_heap();
}

static void become_changes_nothing_when_one_pair_is_bad(void **state) {
    (void)state;
    Oop a = marked_plain(1), b = marked_plain(2);
    Oop bad[] = {INT(3), CHARACTER('x'), NIL, TRUE_OOP, FALSE_OOP};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        FAILS(INAPPROPRIATE, prim_array_become, ARRAY_OF(a, bad[i]), ARRAY_OF(b, new_plain()));
        FAILS(INAPPROPRIATE, prim_array_become, ARRAY_OF(a, new_plain()), ARRAY_OF(b, bad[i]));
        FAILS(INAPPROPRIATE, prim_array_become_one_way, ARRAY_OF(a, bad[i]),
              ARRAY_OF(b, new_plain()));
    }
    FAILS(NO_MODIFICATION, prim_array_become, ARRAY_OF(a, read_only(new_plain())),
          ARRAY_OF(b, new_plain()));
    FAILS(INAPPROPRIATE, prim_array_become_one_way, ARRAY_OF(a), ARRAY_OF(read_only(new_plain())));
    Oop pinned = heap_pin(&vm->heap, new_plain(), true);
    FAILS(OBJECT_IS_PINNED, prim_array_become, ARRAY_OF(a, pinned), ARRAY_OF(b, new_plain()));
    FAILS(INAPPROPRIATE, prim_array_become, ARRAY_OF(a, context_of_frame(vm, vm->fp)),
          ARRAY_OF(b, new_plain()));
    assert_false(oop_is_forwarder(a));
    assert_int_equal(mark_of(a), 1);
}

static void become_wants_two_arrays_of_one_size(void **state) {
    (void)state;
    Oop array = ARRAY_OF(new_plain());
    FAILS(BAD_RECEIVER, prim_array_become, INT(1), array);
    FAILS(BAD_RECEIVER, prim_array_become, new_plain(), array);
    FAILS(BAD_RECEIVER, prim_array_become, new_bytes(1), array);
    FAILS(BAD_RECEIVER, prim_array_become_one_way, new_weak(1), array);
    FAILS(BAD_ARGUMENT, prim_array_become, array, NIL);
    FAILS(BAD_ARGUMENT, prim_array_become, array, new_array(2));
    FAILS(BAD_RECEIVER, prim_array_become, forwarder_to(array), array);
    FAILS(BAD_ARGUMENT, prim_array_become, array, forwarder_to(array));
    Oop empty = new_array(0);
    ANSWERS(empty, prim_array_become, empty, new_array(0));
}

static void become_follows_what_became_before(void **state) {
    (void)state;
    Oop a = marked_plain(1), b = marked_plain(2), c = marked_plain(3);
    ANSWER(prim_array_become_one_way, ARRAY_OF(a), ARRAY_OF(b));
    ANSWER(prim_array_become, ARRAY_OF(a), ARRAY_OF(c));
    assert_int_equal(mark_of(a), 3);
    assert_int_equal(mark_of(b), 3);
    assert_int_equal(mark_of(c), 2);
    check_heap();
}

static void become_with_itself_and_twice_does_no_harm(void **state) {
    (void)state;
    Oop a = marked_plain(1), b = marked_plain(2), c = marked_plain(3);
    ANSWER(prim_array_become, ARRAY_OF(a), ARRAY_OF(a));
    assert_int_equal(mark_of(a), 1);
    check_heap();
    ANSWER(prim_array_become_one_way, ARRAY_OF(a), ARRAY_OF(a));
    check_heap();
    CALL(prim_array_become, ARRAY_OF(a, a), ARRAY_OF(b, c));
    check_heap();
    CALL(prim_array_become_one_way, ARRAY_OF(b, b), ARRAY_OF(c, a));
    check_heap();
    Oop array = ARRAY_OF(b, c);
    CALL(prim_array_become, array, array);
    check_heap();
    CALL(prim_array_become, ARRAY_OF(array), ARRAY_OF(new_plain()));
    check_heap();
}

static void the_running_frame_sees_no_forwarder(void **state) {
    (void)state;
    Oop self = marked_plain(1), other = marked_plain(2);
    frame_put_oop(vm->fp + FRAME_RECEIVER, self);
    ANSWER(prim_array_become, ARRAY_OF(self), ARRAY_OF(other));
    assert_false(oop_is_forwarder(frame_oop(vm->fp + FRAME_RECEIVER)));
    assert_int_equal(mark_of(frame_oop(vm->fp + FRAME_RECEIVER)), 2);
}

static void a_class_can_become_another(void **state) {
    (void)state;
    Oop plain = new_plain();
    Oop old_class = fixture_class_object(cls.plain);
    Oop new_class = fixture_new_class(FORMAT_FIXED, 2);
    object_set_class_and_format(new_class, num((int64_t)cls.class_class), num(FORMAT_FIXED));
    ANSWER(prim_array_become_one_way, ARRAY_OF(old_class), ARRAY_OF(new_class));
    OOP_EQUAL(ANSWER(prim_class, plain), new_class);
    assert_int_equal(CLASS_OF(ANSWER(prim_new, new_class)), cls.plain);
    check_heap();
}

static void a_special_class_keeps_its_place(void **state) {
    (void)state;
    Oop old_class = fixture_class_object(cls.point);
    Oop new_class = fixture_new_class(FORMAT_FIXED, 2);
    object_set_class_and_format(new_class, num((int64_t)cls.class_class), num(FORMAT_FIXED));
    ANSWER(prim_array_become_one_way, ARRAY_OF(old_class), ARRAY_OF(new_class));
    OOP_EQUAL(ANSWER(prim_class, prim_new_point(vm, INT(1), INT(2))), new_class);
}

static Oop new_class_object(void) {
    Oop class_object = fixture_new_class(FORMAT_FIXED, 2);
    object_set_class_and_format(class_object, num((int64_t)cls.class_class), num(FORMAT_FIXED));
    return class_object;
}

// Whatever is behind an index of the class table must stay a class.
static void a_known_class_becomes_nothing_but_a_class(void **state) {
    (void)state;
    Oop known = fixture_class_object(cls.plain), other = new_class_object(), plain = new_plain();
    const Oop bad[] = {INT(3), plain, new_array(3), NIL};
    for (unsigned i = 0; i < 4; i++) {
        FAILS(INAPPROPRIATE, prim_array_become_one_way_keep_hash, ARRAY_OF(known),
              ARRAY_OF(bad[i]));
        FAILS(INAPPROPRIATE, prim_array_become_one_way_copy_hash, ARRAY_OF(known), ARRAY_OF(bad[i]),
              FALSE_OOP);
        // The class becomes another one, which then becomes something else.
        FAILS(INAPPROPRIATE, prim_array_become_one_way_keep_hash, ARRAY_OF(known, other),
              ARRAY_OF(other, bad[i]));
    }
    FAILS(INAPPROPRIATE, prim_array_become, ARRAY_OF(known), ARRAY_OF(plain));
    FAILS(INAPPROPRIATE, prim_array_become, ARRAY_OF(plain), ARRAY_OF(known));
    FAILS(INAPPROPRIATE, prim_array_become, ARRAY_OF(known, other), ARRAY_OF(other, plain));
    // A class that nobody has instances of is an object like any other.
    ANSWER(prim_array_become_one_way_keep_hash, ARRAY_OF(other), ARRAY_OF(INT(3)));
    // One that a program has spoiled is a class still.
    field_at_put(&vm->heap, known, CLASS_FORMAT, NIL);
    FAILS(INAPPROPRIATE, prim_array_become_one_way_keep_hash, ARRAY_OF(known), ARRAY_OF(INT(3)));
    OOP_EQUAL(ANSWER(prim_class, plain), known);
    check_heap();
}

static void the_special_objects_stay_an_array(void **state) {
    (void)state;
    Oop specials = vm->heap.special_objects, longer = new_array(SPECIAL_OBJECT_COUNT + 1);
    const Oop bad[] = {INT(3), new_plain(), new_array(3)};
    heap_pin(&vm->heap, specials, false);
    for (unsigned i = 0; i < 3; i++)
        FAILS(INAPPROPRIATE, prim_array_become_one_way_keep_hash, ARRAY_OF(specials),
              ARRAY_OF(bad[i]));
    FAILS(INAPPROPRIATE, prim_array_become, ARRAY_OF(new_array(3)), ARRAY_OF(specials));
    FAILS(INAPPROPRIATE, prim_array_become_one_way_keep_hash, ARRAY_OF(specials, longer),
          ARRAY_OF(longer, INT(3)));
    NUM_LOOP(i, num(0), slot_count(specials))
    slot_at_put(&vm->heap, longer, i, slot_at(specials, i));
    ANSWER(prim_array_become_one_way_keep_hash, ARRAY_OF(specials), ARRAY_OF(longer));
    OOP_EQUAL(vm->heap.special_objects, longer);
    check_heap();
}

// ---- pinning

static void pinned_objects_say_so(void **state) {
    (void)state;
    Oop bytes = new_bytes(100);
    ANSWERS(FALSE_OOP, prim_is_pinned, bytes);
    ANSWERS(FALSE_OOP, prim_pin, bytes, TRUE_OOP);
    bytes = followed(bytes);
    ANSWERS(TRUE_OOP, prim_is_pinned, NIL, bytes);
    ANSWERS(TRUE_OOP, prim_pin, NIL, bytes, TRUE_OOP);
    assert_false(oop_is_forwarder(bytes));
    ANSWERS(TRUE_OOP, prim_pin, bytes, FALSE_OOP);
    ANSWERS(FALSE_OOP, prim_is_pinned, bytes);
    check_heap();
}

static void only_objects_are_pinned(void **state) {
    (void)state;
    FAILS(BAD_RECEIVER, prim_pin, INT(3), TRUE_OOP);
    FAILS(BAD_RECEIVER, prim_is_pinned, CHARACTER('a'));
    FAILS(BAD_RECEIVER, prim_pin, forwarder_to(NIL), TRUE_OOP);
    FAILS(BAD_RECEIVER, prim_is_pinned, forwarder_to(NIL));
    FAILS(BAD_ARGUMENT, prim_pin, new_plain(), NIL);
    FAILS(BAD_ARGUMENT, prim_pin, new_plain(), INT(1));
    FAILS(BAD_ARGUMENT_COUNT, prim_pin, new_plain());
    FAILS(BAD_ARGUMENT_COUNT, prim_is_pinned, NIL, NIL, NIL);
    FAILS(BAD_RECEIVER, prim_pin, context_of_frame(vm, vm->fp), TRUE_OOP);
}

// ---- enumeration

static void instances_are_found_one_by_one(void **state) {
    (void)state;
    Oop class_object = fixture_class_object(cls.plain_twin);
    FAILS(NOT_FOUND, prim_some_instance, class_object);
    for (int i = 0; i < 3; i++)
        fixture_new(cls.plain_twin, FORMAT_FIXED, 2);
    Oop instance = ANSWER(prim_some_instance, class_object);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(CLASS_OF(instance), cls.plain_twin);
        Oop next = ANSWER(prim_next_instance, NIL, instance);
        assert_true(oop_bits(next) != oop_bits(instance));
        instance = next;
    }
    FAILS(NOT_FOUND, prim_next_instance, instance);
}

static void instances_are_found_all_at_once(void **state) {
    (void)state;
    Oop class_object = fixture_class_object(cls.plain_twin);
    ANSWERS(INT(0), prim_size, ANSWER(prim_all_instances, class_object));
    Oop kept[3];
    for (int i = 0; i < 3; i++)
        kept[i] = fixture_new(cls.plain_twin, FORMAT_FIXED, 2);
    Oop all = ANSWER(prim_all_instances, NIL, class_object);
    assert_int_equal(CLASS_OF(all), cls.array);
    ANSWERS(INT(3), prim_size, all);
    for (int i = 0; i < 3; i++)
        ANSWERS(TRUE_OOP, prim_object_points_to, all, kept[i]);
}

static void a_class_without_index_has_no_instances(void **state) {
    (void)state;
    Oop class_object = fixture_new_class(FORMAT_FIXED, 2);
    object_set_class_and_format(class_object, num((int64_t)cls.class_class), num(FORMAT_FIXED));
    ANSWERS(INT(0), prim_size, ANSWER(prim_all_instances, class_object));
    FAILS(NOT_FOUND, prim_some_instance, class_object);
}

static void enumeration_refuses_what_is_no_class(void **state) {
    (void)state;
    Oop odd[] = {INT(3), NIL, new_plain(), new_bytes(64), forwarder_to(new_plain())};
    for (size_t i = 0; i < sizeof odd / sizeof *odd; i++) {
        FAILS(BAD_RECEIVER, prim_some_instance, odd[i]);
        FAILS(BAD_RECEIVER, prim_all_instances, odd[i]);
    }
    FAILS(BAD_RECEIVER, prim_next_instance, INT(3));
    FAILS(BAD_RECEIVER, prim_next_instance, forwarder_to(NIL));
    FAILS(BAD_RECEIVER, prim_next_object, REAL(1.5));
    FAILS(BAD_RECEIVER, prim_next_object, forwarder_to(NIL));
}

static void all_objects_are_walked(void **state) {
    (void)state;
    Oop plain = new_plain(), object = ANSWER(prim_some_object, INT(0));
    bool seen = false;
    int64_t count = 0;
    for (; oop_bits(object) != oop_bits(INT(0)); object = ANSWER(prim_next_object, object)) {
        assert_false(oop_is_immediate(object) || oop_is_forwarder(object));
        seen |= oop_bits(object) == oop_bits(plain);
        count++;
    }
    assert_true(seen);
    Oop all = ANSWER(prim_all_objects, NIL);
    ANSWERS(TRUE_OOP, prim_object_points_to, all, plain);
    assert_in_range((uint64_t)INT_OF(ANSWER(prim_size, all)), (uint64_t)count, (uint64_t)count + 2);
}

// ---- references

static void references_are_found_in_pointers_and_literals(void **state) {
    (void)state;
    Oop target = new_plain(), method = new_method(1, "\x78", 1);
    field_at_put(&vm->heap, method, 1, target);
    ANSWERS(TRUE_OOP, prim_object_points_to, ARRAY_OF(NIL, target), target);
    ANSWERS(TRUE_OOP, prim_object_points_to, method, target);
    ANSWERS(TRUE_OOP, prim_object_points_to, ARRAY_OF(INT(3)), INT(3));
    ANSWERS(FALSE_OOP, prim_object_points_to, ARRAY_OF(NIL), target);
    ANSWERS(FALSE_OOP, prim_object_points_to, new_bytes(64), INT(0));
    ANSWERS(FALSE_OOP, prim_object_points_to, INT(3), INT(3));
    FAILS(BAD_RECEIVER, prim_object_points_to, forwarder_to(target), target);
}

static void a_context_points_to_what_its_frame_holds(void **state) {
    (void)state;
    Oop held = new_plain(), context = context_of_frame(vm, vm->fp);
    frame_put_oop(vm->fp + FRAME_RECEIVER, held);
    field_at_put(&vm->heap, context, CONTEXT_RECEIVER, held);
    ANSWERS(TRUE_OOP, prim_object_points_to, context, held);
    ANSWERS(FALSE_OOP, prim_object_points_to, context, new_array(1));
}

// ---- mourners, room, caches

static void no_mourner_is_found_at_first(void **state) {
    (void)state;
    FAILS(NOT_FOUND, prim_fetch_mourner, NIL);
}

static void room_is_counted_in_bytes(void **state) {
    (void)state;
    Oop now = ANSWER(prim_bytes_left, NIL), growing = ANSWER(prim_bytes_left, NIL, TRUE_OOP);
    assert_true(oop_is_int(now) && oop_is_int(growing));
    assert_true(INT_OF(growing) >= INT_OF(now));
    assert_true(oop_is_int(ANSWER(prim_bytes_left, NIL, FALSE_OOP)));
    assert_true(oop_is_int(ANSWER(prim_bytes_left, NIL, NIL)));
    FAILS(BAD_ARGUMENT, prim_bytes_left, NIL, INT(1));
    FAILS(BAD_ARGUMENT_COUNT, prim_bytes_left, NIL, NIL, NIL);
}

static void memory_grows_within_its_limit(void **state) {
    (void)state;
    ANSWERS(INT(1 << 20), prim_grow_memory_by, NIL, INT(1 << 20));
    FAILS(NO_MEMORY, prim_grow_memory_by, NIL, INT(1ll << 50));
    FAILS(BAD_ARGUMENT, prim_grow_memory_by, NIL, INT(-1));
    FAILS(BAD_ARGUMENT, prim_grow_memory_by, NIL, NIL);
}

static void the_special_objects_are_answered(void **state) {
    (void)state;
    ANSWERS(vm->heap.special_objects, prim_special_objects, NIL);
}

static void caches_are_flushed(void **state) {
    (void)state;
    Oop method = new_method(0, "\x78", 1), selector = new_string("foo"), other = new_string("bar");
    LookupEntry entry = {.selector = selector, .method = method, .key = LOOKUP_KEY(1, 0)};
    LookupEntry *slot = lookup_slot(vm, selector, entry.key);
    *slot = entry;
    ANSWERS(other, prim_flush_cache_by_selector, other);
    assert_true(lookup_hits(slot, selector, entry.key));
    ANSWERS(selector, prim_flush_cache_by_selector, selector);
    assert_false(lookup_hits(slot, selector, entry.key));
    *slot = entry;
    ANSWERS(method, prim_flush_cache_by_method, method);
    assert_false(lookup_hits(slot, selector, entry.key));
    *slot = entry;
    ANSWERS(NIL, prim_flush_cache, NIL);
    assert_false(lookup_hits(slot, selector, entry.key));
    FAILS(BAD_RECEIVER, prim_flush_cache_by_method, selector);
    FAILS(BAD_RECEIVER, prim_flush_cache_by_method_2, INT(3));
    FAILS(BAD_RECEIVER, prim_flush_cache_by_selector, forwarder_to(selector));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        PRIM_TEST(two_way_become_exchanges_identities),
        PRIM_TEST(two_way_become_exchanges_sizes_and_classes),
        PRIM_TEST(one_way_become_leaves_one_object),
        PRIM_TEST(one_way_become_takes_the_hash_along),
        PRIM_TEST(the_hash_can_be_left_behind),
        PRIM_TEST(one_way_become_may_name_an_immediate),
        PRIM_TEST(become_changes_nothing_when_one_pair_is_bad),
        PRIM_TEST(become_wants_two_arrays_of_one_size),
        PRIM_TEST(become_follows_what_became_before),
        PRIM_TEST(become_with_itself_and_twice_does_no_harm),
        PRIM_TEST(the_running_frame_sees_no_forwarder),
        PRIM_TEST(a_class_can_become_another),
        PRIM_TEST(a_known_class_becomes_nothing_but_a_class),
        PRIM_TEST(the_special_objects_stay_an_array),
        PRIM_TEST(a_special_class_keeps_its_place),
        PRIM_TEST(pinned_objects_say_so),
        PRIM_TEST(only_objects_are_pinned),
        PRIM_TEST(instances_are_found_one_by_one),
        PRIM_TEST(instances_are_found_all_at_once),
        PRIM_TEST(a_class_without_index_has_no_instances),
        PRIM_TEST(enumeration_refuses_what_is_no_class),
        PRIM_TEST(all_objects_are_walked),
        PRIM_TEST(references_are_found_in_pointers_and_literals),
        PRIM_TEST(a_context_points_to_what_its_frame_holds),
        PRIM_TEST(no_mourner_is_found_at_first),
        PRIM_TEST(room_is_counted_in_bytes),
        PRIM_TEST(memory_grows_within_its_limit),
        PRIM_TEST(the_special_objects_are_answered),
        PRIM_TEST(caches_are_flushed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
