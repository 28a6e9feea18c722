// SPDX-License-Identifier: MIT
// The verifier finds what is planted, each kind of damage by its own words, and nothing else.
#include "test_heap.h"

#include "memory/spaces.h"

typedef struct Fixture {
    TestHeap test;
    Heap *heap;
    RootScope scope;
    Oop held[4]; // a young object and an old one, a young array, a method
} Fixture;

enum { YOUNG, OLD, ARRAY_HELD, METHOD };

static void open_heap(Fixture *f) {
    TestHeapOptions options = test_heap_options();
    test_heap_open(&f->test, &options);
    f->heap = &f->test.heap;
    root_scope_enter(f->heap, &f->scope, f->held, 4);
    f->held[YOUNG] = test_heap_plain(&f->test, 4);
    f->held[OLD] = test_heap_old_plain(&f->test, 4);
    f->held[ARRAY_HELD] = test_heap_plain(&f->test, 300);
    f->held[METHOD] = heap_allocate(f->heap, f->test.plain, FORMAT_COMPILED_METHOD, 4);
    test_put(&f->test, f->held[OLD], 0, f->held[YOUNG]);
}
static void close_heap(Fixture *f) {
    root_scope_leave(f->heap, &f->scope);
    heap_release(f->heap);
    arena_release(&f->test.arena);
}

// Verifies, and answers what was complained of.
static uint64_t complaints(Fixture *f, char *text, size_t size) {
    FILE *report = fmemopen(text, size, "w");
    assert_non_null(report);
    uint64_t count = heap_verify(f->heap, report, 20, false);
    fclose(report);
    return count;
}

static void expect_complaint(Fixture *f, const char *words) {
    char text[4000] = "";
    assert_int_not_equal(complaints(f, text, sizeof text), 0);
    if (!strstr(text, words)) fail_msg("\"%s\" is not in: %s", words, text);
}

static void expect_sound(Fixture *f) {
    char text[4000] = "";
    if (complaints(f, text, sizeof text)) fail_msg("%s", text);
}

static void change_header(Oop object, uint64_t set, uint64_t clear) {
    uint64_t raw = oop_bits(object);
    raw_store(raw, (raw_load(raw) & ~clear) | set);
}
static void set_slot(Oop object, uint64_t slot, uint64_t value) {
    raw_store(raw_slot_address(oop_bits(object), slot), value);
}
static void set_format(Oop object, unsigned format) {
    raw_store(oop_bits(object), header_with_format(raw_load(oop_bits(object)), format));
}
static void set_class_index(Oop object, uint64_t index) {
    raw_store(oop_bits(object), header_with_class_index(raw_load(oop_bits(object)), index));
}

// ---- one kind of damage each

typedef struct Damage {
    void (*plant)(Fixture *f);
    const char *words; // of the complaint
} Damage;

static void marked(Fixture *f) { change_header(f->held[OLD], HEADER_MARKED, 0); }
static void grey(Fixture *f) { change_header(f->held[YOUNG], HEADER_GREY, 0); }
static void young_remembered(Fixture *f) { change_header(f->held[YOUNG], HEADER_REMEMBERED, 0); }
static void young_pinned(Fixture *f) { change_header(f->held[YOUNG], HEADER_PINNED, 0); }
static void old_with_age(Fixture *f) { change_header(f->held[OLD], HEADER_AGE_LOW, 0); }
static void old_with_great_age(Fixture *f) { change_header(f->held[OLD], HEADER_AGE_HIGH, 0); }

static void not_remembered(Fixture *f) { change_header(f->held[OLD], 0, HEADER_REMEMBERED); }
static void remembered_but_not_listed(Fixture *f) { f->heap->spaces->remembered.count--; }
static void listed_twice(Fixture *f) {
    RememberedSet *set = &f->heap->spaces->remembered;
    assert_true(remembered_reserve(f->heap, 1));
    set->items[set->count] = set->items[set->count - 1];
    set->count++;
}
static void listed_for_nothing(Fixture *f) {
    RememberedSet *set = &f->heap->spaces->remembered;
    assert_true(remembered_reserve(f->heap, 1));
    set->items[set->count++] = oop_bits(f->heap->nil);
}
static void listed_where_no_object_is(Fixture *f) { f->heap->spaces->remembered.items[0] += 8; }

static void slot_into_an_object(Fixture *f) {
    set_slot(f->held[YOUNG], 2, oop_bits(f->held[ARRAY_HELD]) + 16);
}
static void slot_without_tag(Fixture *f) { set_slot(f->held[YOUNG], 2, 3); }
static void slot_of_zero(Fixture *f) { set_slot(f->held[OLD], 2, 0); }
static void slot_out_of_the_heap(Fixture *f) {
    set_slot(f->held[OLD], 2, f->heap->arena->end - 64);
}
static void slot_behind_eden(Fixture *f) { set_slot(f->held[YOUNG], 2, f->heap->eden_free); }
static void slot_to_a_free_chunk(Fixture *f) {
    const FreeChunks *free = &f->heap->spaces->free;
    uint64_t chunk = free->heads[free_chunks_bin(free_chunks_largest(free))];
    set_slot(f->held[OLD], 2, chunk);
}
static void literal_to_nowhere(Fixture *f) {
    set_slot(f->held[METHOD], 0, raw_from_int(1));
    set_slot(f->held[METHOD], 1, 64);
}

static void class_index_of_nobody(Fixture *f) { set_class_index(f->held[OLD], 3000); }
static void class_index_beyond_the_pages(Fixture *f) { set_class_index(f->held[OLD], 300000); }
static void class_index_of_immediates(Fixture *f) { set_class_index(f->held[OLD], TAG_INT); }
static void class_index_of_a_bridge(Fixture *f) {
    set_class_index(f->held[OLD], CLASS_INDEX_BRIDGE);
}
static void class_index_of_a_corpse(Fixture *f) {
    set_class_index(f->held[YOUNG], CLASS_INDEX_CORPSE);
}
static void format_without_class_of_forwarders(Fixture *f) {
    set_format(f->held[YOUNG], FORMAT_FORWARDER);
}
static void class_of_forwarders_without_format(Fixture *f) {
    set_class_index(f->held[YOUNG], CLASS_INDEX_FORWARDER);
}
static void format_6(Fixture *f) { set_format(f->held[YOUNG], 6); }
static void format_8(Fixture *f) { set_format(f->held[YOUNG], 8); }
static void unused_bytes_of_nothing(Fixture *f) {
    Oop empty = test_heap_bytes(&f->test, 0);
    set_format(empty, FORMAT_8BIT + 3);
}
static void method_without_header(Fixture *f) { set_slot(f->held[METHOD], 0, 0); }
static void method_with_many_literals(Fixture *f) { set_slot(f->held[METHOD], 0, raw_from_int(4)); }
static void method_without_slots(Fixture *f) {
    Oop method = heap_allocate(f->heap, f->test.plain, FORMAT_COMPILED_METHOD, 0);
    assert_false(oop_is_none(method));
}

static void object_too_long(Fixture *f) {
    raw_store(oop_bits(f->held[ARRAY_HELD]) - 8,
              HEADER_SLOTS_OVERFLOW << HEADER_SLOTS_SHIFT | (1ull << 40));
}
static void last_object_too_long(Fixture *f) {
    Oop last = test_heap_plain(&f->test, 3);
    change_header(last, 9ull << HEADER_SLOTS_SHIFT, HEADER_SLOTS_OVERFLOW << HEADER_SLOTS_SHIFT);
}

static void nil_elsewhere(Fixture *f) { f->heap->nil = f->heap->false_object; }
static void true_and_false_exchanged(Fixture *f) {
    Oop held = f->heap->true_object;
    f->heap->true_object = f->heap->false_object;
    f->heap->false_object = held;
}
static void special_objects_nowhere(Fixture *f) {
    f->heap->special_objects = oop_from_bits(oop_bits(f->heap->special_objects) + 8);
}
static void root_nowhere(Fixture *f) {
    f->held[YOUNG] = oop_from_bits(oop_bits(f->held[YOUNG]) + 8);
}

static void class_at_two_indices(Fixture *f) {
    Oop class_object = f->test.held[1];
    uint64_t raw = oop_bits(class_object);
    raw_store(raw, header_with_hash(raw_load(raw), header_hash(raw_load(raw)) + 50));
}
static uint64_t page_of(Fixture *f, uint64_t number) {
    return raw_slot(oop_bits(f->heap->class_table_root), number);
}
static void class_that_is_none(Fixture *f) {
    raw_store(raw_slot_address(page_of(f, 1), 900), raw_from_int(1));
}
static void page_that_is_none(Fixture *f) {
    set_slot(f->heap->class_table_root, 5, oop_bits(f->held[OLD]));
}
static void first_page_missing(Fixture *f) {
    set_slot(f->heap->class_table_root, 0, oop_bits(f->heap->nil));
}
static void class_table_of_bits(Fixture *f) { set_format(f->heap->class_table_root, FORMAT_64BIT); }

static void chunk_not_listed(Fixture *f) { free_chunks_clear(&f->heap->spaces->free); }
static void chunk_of_another_bin(Fixture *f) {
    FreeChunks *free = &f->heap->spaces->free;
    unsigned bin = free_chunks_bin(free_chunks_largest(free));
    free->heads[bin + 1] = free->heads[bin];
    free->filled[(bin + 1) / 64] |= 1ull << (bin + 1) % 64;
    free->heads[bin] = 0;
    free->filled[bin / 64] &= ~(1ull << bin % 64);
}
static void object_on_a_free_list(Fixture *f) {
    FreeChunks *free = &f->heap->spaces->free;
    free->heads[6] = oop_bits(f->held[OLD]);
    free->filled[0] |= 1 << 6;
}
static void free_list_in_a_circle(Fixture *f) {
    const FreeChunks *free = &f->heap->spaces->free;
    uint64_t chunk = free->heads[free_chunks_bin(free_chunks_largest(free))];
    raw_store(raw_slot_address(chunk, 0), chunk);
}
static void bin_marked_wrong(Fixture *f) { f->heap->spaces->free.filled[7] |= 1ull << 60; }
static void free_bytes_miscounted(Fixture *f) { f->heap->spaces->free.bytes += 8; }

static void bridge_overwritten(Fixture *f) {
    raw_store(segment_limit(old_space_segment(f->heap, 0)), 0);
}
static void segments_miscounted(Fixture *f) { f->heap->spaces->segment_bytes -= 16; }
static void segment_out_of_the_arena(Fixture *f) {
    f->heap->arena->old_space.end = old_space_segment(f->heap, 0)->end - 4096;
}

static const Damage damages[] = {
    {marked, "marked or grey"},
    {grey, "marked or grey"},
    {young_remembered, "young and remembered"},
    {young_pinned, "young and pinned"},
    {old_with_age, "has an age"},
    {old_with_great_age, "has an age"},
    {not_remembered, "is not remembered"},
    {remembered_but_not_listed, "say they are remembered"},
    {listed_twice, "in the remembered set twice"},
    {listed_for_nothing, "without saying so"},
    {listed_where_no_object_is, "without saying so"},
    {slot_into_an_object, "where no object is"},
    {slot_without_tag, "no legal tag"},
    {slot_of_zero, "where no object is"},
    {slot_out_of_the_heap, "where no object is"},
    {slot_behind_eden, "where no object is"},
    {slot_to_a_free_chunk, "where no object is"},
    {literal_to_nowhere, "where no object is"},
    {class_index_of_nobody, "not in the class table"},
    {class_index_beyond_the_pages, "not in the class table"},
    {class_index_of_immediates, "not in the class table"},
    {class_index_of_a_bridge, "which no object has"},
    {class_index_of_a_corpse, "which no object has"},
    {format_without_class_of_forwarders, "half a forwarder"},
    {class_of_forwarders_without_format, "half a forwarder"},
    {format_6, "has format 6"},
    {format_8, "has format 8"},
    {unused_bytes_of_nothing, "not all of it is used"},
    {method_without_header, "method without a header"},
    {method_with_many_literals, "more literals than slots"},
    {method_without_slots, "method without a header"},
    {object_too_long, "runs beyond"},
    {last_object_too_long, "runs beyond"},
    {nil_elsewhere, "should be what the heap has"},
    {true_and_false_exchanged, "should be what the heap has"},
    {special_objects_nowhere, "held by a root"},
    {root_nowhere, "held by a root"},
    {class_at_two_indices, "has the hash"},
    {class_that_is_none, "in the class table, but no object"},
    {page_that_is_none, "no class table page"},
    {first_page_missing, "no class table page"},
    {class_table_of_bits, "is no class table"},
    {chunk_not_listed, "free lists have"},
    {chunk_of_another_bin, "free list of another size"},
    {object_on_a_free_list, "no free chunk"},
    {free_list_in_a_circle, "free lists have"},
    {bin_marked_wrong, "marked otherwise"},
    {free_bytes_miscounted, "counted wrong"},
    {bridge_overwritten, "no segment bridge"},
    {segments_miscounted, "segments are"},
    {segment_out_of_the_arena, "out of the arena"},
};

static void each_damage_is_found(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof damages / sizeof *damages; i++) {
        Fixture f;
        open_heap(&f);
        expect_sound(&f);
        damages[i].plant(&f);
        expect_complaint(&f, damages[i].words);
        expect_complaint(&f, damages[i].words); // looking has changed nothing
        close_heap(&f);
    }
}

static void sound_heaps_are_left_alone(void **state) {
    (void)state;
    Fixture f;
    open_heap(&f);
    test_put(&f.test, f.held[OLD], 1, test_heap_weak(&f.test, 3));
    test_put(&f.test, f.held[OLD], 2, char_from_code(num(0x1F600)));
    test_put(&f.test, f.held[OLD], 3, small_float_from_real(real(1.5)));
    spaces_discard(f.heap, oop_bits(test_heap_old_plain(&f.test, 9)));
    Oop first = test_heap_plain(&f.test, 5);
    test_heap_plain(&f.test, 5);
    spaces_discard(f.heap, oop_bits(first));
    expect_sound(&f);
    uint64_t header = raw_load(oop_bits(f.held[OLD]));
    assert_true(header & HEADER_REMEMBERED);
    expect_sound(&f);
    assert_int_equal(raw_load(oop_bits(f.held[OLD])), header);
    close_heap(&f);
}

static void lost_remembered_set_is_sound(void **state) {
    (void)state;
    Fixture f;
    open_heap(&f);
    f.heap->spaces->remembered.count = 0;
    f.heap->spaces->remembered.lost = true;
    expect_sound(&f);
    close_heap(&f);
}

static void complaints_are_limited(void **state) {
    (void)state;
    Fixture f;
    open_heap(&f);
    for (uint64_t i = 0; i < 100; i++)
        set_slot(f.held[ARRAY_HELD], i, 64);
    char text[20000] = "";
    FILE *report = fmemopen(text, sizeof text, "w");
    assert_int_equal(heap_verify(f.heap, report, 3, false), 100);
    fclose(report);
    int lines = 0;
    for (const char *at = text; *at; at++)
        lines += *at == '\n';
    assert_int_equal(lines, 3);
    assert_int_equal(heap_verify(f.heap, NULL, 0, false), 100);
    close_heap(&f);
}

// What a file may say without being wrong: bits and free lists of the memory system that saved it.
static void loaded_images_promise_less(void **state) {
    (void)state;
    static void (*const harmless[])(Fixture *) = {
        marked,       grey,          old_with_age,     not_remembered,
        listed_twice, nil_elsewhere, chunk_not_listed, free_bytes_miscounted,
    };
    for (size_t i = 0; i < sizeof harmless / sizeof *harmless; i++) {
        Fixture f;
        open_heap(&f);
        harmless[i](&f);
        assert_int_equal(heap_verify(f.heap, stderr, 10, true), 0);
        slot_into_an_object(&f);
        assert_int_equal(heap_verify(f.heap, NULL, 10, true), 1);
        close_heap(&f);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_damage_is_found),
        cmocka_unit_test(sound_heaps_are_left_alone),
        cmocka_unit_test(lost_remembered_set_is_sound),
        cmocka_unit_test(complaints_are_limited),
        cmocka_unit_test(loaded_images_promise_less),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
