// SPDX-License-Identifier: MIT
// Allocation, the class table, hashes, images let in, and when the heap collects.
#include "test_heap.h"

#include "memory/allocate.h"
#include "memory/spaces.h"

enum { HELD = 4 };

typedef struct Fixture {
    TestHeap test;
    Heap *heap;
    RootScope scope;
    Oop held[HELD];
    int safe_points; // how often one was asked for
} Fixture;

static void note_request(void *context) { ((Fixture *)context)->safe_points++; }

static void open_with(Fixture *f, const TestHeapOptions *options) {
    test_heap_open(&f->test, options);
    f->heap = &f->test.heap;
    f->safe_points = 0;
    HeapClient client = {.context = f, .request_safe_point = note_request};
    assert_int_equal(heap_add_client(f->heap, client), STATUS_OK);
    root_scope_enter(f->heap, &f->scope, f->held, HELD);
}
static void open(Fixture *f) {
    TestHeapOptions options = test_heap_options();
    open_with(f, &options);
}
static void close(Fixture *f) {
    root_scope_leave(f->heap, &f->scope);
    test_heap_close(&f->test);
}

static uint64_t eden_left(const Fixture *f) {
    return f->heap->spaces->eden_limit - f->heap->eden_free;
}
static void fill_eden_to_its_limit(Fixture *f) {
    while (eden_left(f) >= 32)
        test_heap_plain(&f->test, 3);
}
// Leaves old space no free byte and no growth.
static void fill_old_space(Fixture *f) {
    f->heap->options.old_limit_bytes = heap_old_bytes(f->heap);
    for (uint64_t slots = 1 << 20; slots; slots /= 2)
        while (!oop_is_none(heap_allocate_old(f->heap, f->test.bytes, FORMAT_64BIT, slots))) {
        }
}

// ---- fresh objects

static void expect_filled(Oop object, uint64_t slots, uint64_t word) {
    assert_int_equal(raw_slot_count(oop_bits(object)), slots);
    for (uint64_t i = 0; i < slots; i++)
        assert_int_equal(raw_slot(oop_bits(object), i), word);
}

static void fresh_objects_are_filled(void **state) {
    (void)state;
    Fixture f;
    open(&f);
    memset((void *)(uintptr_t)f.heap->eden_free, 0xAB, 20000); // what the last cycle left
    uint64_t nil = oop_bits(f.heap->nil);
    static const uint64_t counts[] = {0, 1, 2, 7, 254, 255, 256, 300};
    for (unsigned i = 0; i < sizeof counts / sizeof *counts; i++) {
        Oop pointers = heap_allocate(f.heap, f.test.plain, FORMAT_MIXED, counts[i]);
        Oop bits = heap_allocate(f.heap, f.test.bytes, FORMAT_8BIT, counts[i]);
        expect_filled(pointers, counts[i], nil);
        expect_filled(bits, counts[i], 0);
        assert_int_equal(raw_class_index(oop_bits(pointers)), f.test.plain);
        assert_int_equal(raw_format(oop_bits(bits)), FORMAT_8BIT);
        assert_int_equal(raw_bytes_for_slots(counts[i]),
                         raw_end(oop_bits(bits)) - free_chunk_start(oop_bits(bits)));
    }
    test_heap_check(&f.test);
    close(&f);
}

static void fresh_methods_can_be_looked_at(void **state) {
    (void)state;
    Fixture f;
    open(&f);
    Oop method = heap_allocate(f.heap, f.test.plain, FORMAT_COMPILED_METHOD, 4);
    assert_int_equal(raw_pointer_slot_count(oop_bits(method)), 1);
    assert_int_equal(raw_slot(oop_bits(method), 3), 0);
    test_heap_check(&f.test);
    close(&f);
}

static void fast_path_agrees_with_the_slow_one(void **state) {
    (void)state;
    Fixture f;
    open(&f);
    for (uint64_t slots = 0; slots < 260; slots++)
        for (int i = 0; i < 2; i++) {
            unsigned format = i ? FORMAT_64BIT : FORMAT_INDEXABLE;
            Oop fast = heap_allocate_small(f.heap, f.test.plain, format, slots);
            Oop slow = heap_allocate(f.heap, f.test.plain, format, slots);
            uint64_t bytes = raw_bytes_from_header(slots);
            assert_memory_equal((void *)(uintptr_t)oop_bits(fast),
                                (void *)(uintptr_t)oop_bits(slow), bytes);
            if (slots % 20 == 0) heap_scavenge(f.heap);
        }
    close(&f);
}

static void large_objects_are_old(void **state) {
    (void)state;
    Fixture f;
    open(&f);
    uint64_t eden = heap_eden_bytes(f.heap);
    assert_true(heap_is_young(f.heap, test_heap_plain(&f.test, eden / 8 / 16)));
    assert_false(heap_is_young(f.heap, test_heap_plain(&f.test, eden / 8 / 4)));
    assert_int_equal(f.safe_points, 0);
    close(&f);
}

static void old_objects_are_pinned(void **state) {
    (void)state;
    Fixture f;
    open(&f);
    Oop object = heap_allocate_old(f.heap, f.test.plain, FORMAT_MIXED, 3);
    assert_false(heap_is_young(f.heap, object));
    assert_true(object_is_pinned(object));
    expect_filled(object, 3, oop_bits(f.heap->nil));
    close(&f);
}

static void immediates_are_not_young(void **state) {
    (void)state;
    Fixture f;
    open(&f);
    uint64_t inside = f.heap->new_start + 64;
    assert_false(heap_is_young(f.heap, oop_from_bits(inside | TAG_INT)));
    assert_true(heap_is_young(f.heap, test_heap_plain(&f.test, 2)));
    close(&f);
}

// ---- eden, reserve, old space, nothing

static void full_eden_asks_for_a_scavenge(void **state) {
    (void)state;
    Fixture f;
    open(&f);
    fill_eden_to_its_limit(&f);
    assert_int_equal(f.heap->wants, 0);
    assert_int_equal(f.safe_points, 0);
    Oop object = test_heap_plain(&f.test, 20); // in the reserve
    assert_true(heap_is_young(f.heap, object));
    assert_int_equal(f.heap->wants, HEAP_WANTS_SCAVENGE);
    assert_int_equal(f.safe_points, 1);
    test_heap_plain(&f.test, 20);
    assert_int_equal(f.safe_points, 1); // it is known already
    heap_collect_as_wanted(f.heap);
    assert_int_equal(f.heap->wants, 0);
    assert_int_equal(heap_young_used_bytes(f.heap), 0);
    close(&f);
}

static void old_space_comes_after_the_reserve(void **state) {
    (void)state;
    Fixture f;
    open(&f);
    while (f.heap->spaces->eden_end - f.heap->eden_free >= 32)
        assert_true(heap_is_young(f.heap, test_heap_plain(&f.test, 3)));
    Oop object = test_heap_plain(&f.test, 3);
    assert_false(oop_is_none(object));
    assert_false(heap_is_young(f.heap, object));
    test_heap_check(&f.test);
    close(&f);
}

static void no_room_changes_nothing(void **state) {
    (void)state;
    Fixture f;
    open(&f);
    fill_old_space(&f);
    while (f.heap->spaces->eden_end - f.heap->eden_free >= 32)
        test_heap_plain(&f.test, 3);
    f.heap->wants = 0;
    f.safe_points = 0;
    uint64_t used = heap_young_used_bytes(f.heap), free = heap_free_old_bytes(f.heap);
    assert_true(oop_is_none(test_heap_plain(&f.test, 4)));
    assert_int_equal(heap_young_used_bytes(f.heap), used);
    assert_int_equal(heap_free_old_bytes(f.heap), free);
    assert_true(f.heap->wants & HEAP_ALLOCATION_FAILED);
    assert_int_equal(f.heap->failed_bytes, 40);
    assert_true(f.safe_points > 0);
    test_heap_check(&f.test);
    close(&f);
}

static void absurd_sizes_fail(void **state) {
    (void)state;
    Fixture f;
    open(&f);
    static const uint64_t counts[] = {UINT64_MAX, UINT64_MAX / 8, 1ull << 60, 1ull << 46,
                                      1ull << 40};
    for (unsigned i = 0; i < sizeof counts / sizeof *counts; i++) {
        assert_true(oop_is_none(heap_allocate(f.heap, f.test.bytes, FORMAT_64BIT, counts[i])));
        assert_true(oop_is_none(heap_allocate_old(f.heap, f.test.bytes, FORMAT_64BIT, counts[i])));
        uint64_t before = f.heap->statistics.scavenges;
        assert_false(heap_make_room(f.heap, f.heap->failed_bytes));
        assert_int_equal(f.heap->statistics.scavenges, before); // nothing was tried in vain
    }
    test_heap_check(&f.test);
    close(&f);
}

static void room_is_made_by_collecting(void **state) {
    (void)state;
    Fixture f;
    open(&f);
    fill_old_space(&f);
    assert_true(oop_is_none(test_heap_bytes(&f.test, 100000)));
    test_heap_plain(&f.test, 3);
    // What fills old space is pinned, but nobody refers to it.
    assert_true(heap_make_room(f.heap, f.heap->failed_bytes));
    assert_int_equal(f.heap->statistics.full_collections, 1);
    assert_false(oop_is_none(test_heap_bytes(&f.test, 100000)));
    assert_false(f.heap->wants & HEAP_ALLOCATION_FAILED);
    close(&f);
}

static void room_that_is_there_costs_no_full_collection(void **state) {
    (void)state;
    Fixture f;
    open(&f);
    assert_true(heap_make_room(f.heap, 1000));
    assert_true(heap_make_room(f.heap, 1 << 20));
    assert_int_equal(f.heap->statistics.full_collections, 0);
    close(&f);
}

static void room_that_cannot_be_made(void **state) {
    (void)state;
    Fixture f;
    open(&f);
    f.heap->options.old_limit_bytes = heap_old_bytes(f.heap);
    assert_false(heap_make_room(f.heap, heap_old_bytes(f.heap) - 100));
    assert_int_equal(f.heap->statistics.full_collections, 1);
    close(&f);
}

// ---- stress options

static void every_kth_allocation_fails(void **state) {
    (void)state;
    Fixture f;
    TestHeapOptions options = test_heap_options();
    open_with(&f, &options);
    f.heap->options.fail_every = 3;
    f.heap->spaces->allocations = 0;
    heap_scavenge(f.heap); // from now on every allocation is seen
    // Eight are spared after each collection for one that failed.
    for (int i = 1; i <= 30; i++) {
        bool fails = i % 9 == 3;
        Oop object = heap_allocate_small(f.heap, f.test.plain, FORMAT_MIXED, 3);
        assert_int_equal(oop_is_none(object), fails);
        if (fails) {
            assert_true(f.heap->wants & HEAP_ALLOCATION_FAILED);
            assert_int_equal(f.heap->failed_bytes, 32);
            assert_true(heap_make_room(f.heap, f.heap->failed_bytes));
        }
    }
    f.heap->options.fail_every = 0;
    close(&f);
}

static void every_single_allocation_fails_for_good(void **state) {
    (void)state;
    Fixture f;
    TestHeapOptions options = test_heap_options();
    open_with(&f, &options);
    f.heap->options.fail_every = 1;
    for (int i = 0; i < 4; i++) {
        assert_true(heap_make_room(f.heap, 32));
        assert_true(oop_is_none(heap_allocate_small(f.heap, f.test.plain, FORMAT_MIXED, 3)));
    }
    f.heap->options.fail_every = 0;
    close(&f);
}

static void every_kth_allocation_asks_for_a_collection(void **state) {
    (void)state;
    Fixture f;
    open(&f);
    f.heap->options.collect_every = 4;
    f.heap->spaces->allocations = 0;
    heap_scavenge(f.heap);
    for (int i = 1; i <= 12; i++) {
        heap_allocate_small(f.heap, f.test.plain, FORMAT_MIXED, 3);
        assert_int_equal((f.heap->wants & HEAP_WANTS_SCAVENGE) != 0, i % 4 == 0);
        if (f.heap->wants) heap_collect_as_wanted(f.heap);
        assert_int_equal(f.heap->wants, 0);
    }
    assert_int_equal(f.safe_points, 3);
    assert_int_equal(f.heap->statistics.scavenges, 4);
    close(&f);
}

static void every_kth_collection_moves_everything(void **state) {
    (void)state;
    Fixture f;
    open(&f);
    f.heap->options.move_every = 3;
    for (int i = 1; i <= 9; i++) {
        f.heap->wants |= HEAP_WANTS_SCAVENGE;
        heap_collect_as_wanted(f.heap);
        assert_int_equal(f.heap->statistics.full_collections, i / 3);
    }
    close(&f);
}

// ---- policy

static void growth_of_old_space_asks_for_a_full_collection(void **state) {
    (void)state;
    Fixture f;
    open(&f);
    f.heap->options.growth_bytes = 1 << 20;
    heap_collect_full(f.heap);
    uint64_t fulls = f.heap->statistics.full_collections;
    for (uint64_t bytes = 0; bytes < 3 << 20; bytes += 100000) {
        test_heap_bytes(&f.test, 100000);
        if (f.heap->wants) heap_collect_as_wanted(f.heap);
    }
    assert_int_equal(f.heap->statistics.full_collections, fulls + 2);
    close(&f);
}

static void fuller_heaps_are_collected_less_often(void **state) {
    (void)state;
    Fixture f;
    open(&f);
    f.heap->options.growth_bytes = 1 << 20;
    f.held[0] = test_heap_bytes(&f.test, 12 << 20);
    heap_collect_full(f.heap);
    uint64_t used = f.heap->spaces->segment_bytes - f.heap->spaces->free.bytes;
    assert_true(f.heap->full_threshold >= used + used / 3);
    close(&f);
}

static void low_space_is_told_once(void **state) {
    (void)state;
    Fixture f;
    open(&f);
    f.heap->options.old_limit_bytes = heap_old_bytes(f.heap) + (8 << 20);
    f.heap->low_space_threshold = 2 << 20;
    heap_collect_as_wanted(f.heap);
    assert_false(f.heap->wants & HEAP_LOW_SPACE);
    f.held[0] = test_heap_bytes(&f.test, 7 << 20);
    assert_false(oop_is_none(f.held[0]));
    heap_collect_as_wanted(f.heap);
    assert_true(f.heap->wants & HEAP_LOW_SPACE);
    assert_int_equal(f.heap->low_space_threshold, 0); // until the image sets it again
    f.heap->wants = 0;
    heap_collect_as_wanted(f.heap);
    assert_false(f.heap->wants & HEAP_LOW_SPACE);
    close(&f);
}

static void low_space_counts_what_a_collection_would_free(void **state) {
    (void)state;
    Fixture f;
    open(&f);
    f.heap->options.old_limit_bytes = heap_old_bytes(f.heap) + (8 << 20);
    f.heap->low_space_threshold = 2 << 20;
    test_heap_bytes(&f.test, 7 << 20); // dead
    heap_collect_as_wanted(f.heap);
    assert_false(f.heap->wants & HEAP_LOW_SPACE);
    assert_int_equal(f.heap->low_space_threshold, 2 << 20);
    assert_int_equal(f.heap->statistics.full_collections, 1);
    close(&f);
}

static void failing_allocation_tells_of_low_space(void **state) {
    (void)state;
    Fixture f;
    open(&f);
    f.heap->options.old_limit_bytes = heap_old_bytes(f.heap) + (1 << 20);
    f.heap->low_space_threshold = 4 << 20;
    assert_false(heap_make_room(f.heap, heap_old_bytes(f.heap) + (1 << 20) - 64));
    assert_true(f.heap->wants & HEAP_LOW_SPACE);
    close(&f);
}

// ---- classes

static void classes_get_indices_in_turn(void **state) {
    (void)state;
    Fixture f;
    open(&f);
    f.held[0] = test_heap_old_plain(&f.test, 3);
    f.held[1] = test_heap_old_plain(&f.test, 3);
    assert_int_equal(heap_class_index_of_class(f.heap, f.held[0]), 0);
    uint64_t index = heap_enter_class(f.heap, f.held[0]);
    assert_true(index >= CLASS_TABLE_PAGE_SIZE);
    assert_int_equal(heap_enter_class(f.heap, f.held[0]), index);
    assert_int_equal(heap_enter_class(f.heap, f.held[1]), index + 1);
    assert_int_equal(heap_class_index_of_class(f.heap, f.held[0]), index);
    assert_int_equal(oop_bits(heap_class_at(f.heap, index)), oop_bits(f.held[0]));
    assert_int_equal(num_concrete(object_hash_bits(f.held[0])), index);
    assert_true(test_is_nil(&f.test, heap_class_at(f.heap, index + 2)));
    close(&f);
}

static void indices_beyond_the_table_have_no_class(void **state) {
    (void)state;
    Fixture f;
    open(&f);
    static const uint64_t indices[] = {0, 900, 1024 * 50, (1 << 22) - 1, 1 << 22, UINT64_MAX};
    for (unsigned i = 0; i < sizeof indices / sizeof *indices; i++)
        assert_true(test_is_nil(&f.test, heap_class_at(f.heap, indices[i])));
    close(&f);
}

static void table_grows_by_pages(void **state) {
    (void)state;
    Fixture f;
    open(&f);
    enum { COUNT = 2500 };
    f.held[0] = test_heap_old_plain(&f.test, COUNT + 2);
    uint64_t first = 0;
    for (int i = 0; i < COUNT; i++) {
        Oop class_object = test_heap_plain(&f.test, 2);
        test_put(&f.test, f.held[0], i + 2, class_object);
        uint64_t index = heap_enter_class(f.heap, class_object);
        if (i == 0) first = index;
        assert_int_equal(index, first + (uint64_t)i);
        if (f.heap->wants) heap_collect_as_wanted(f.heap);
    }
    test_heap_check(&f.test);
    heap_scavenge(f.heap);
    for (int i = 0; i < COUNT; i++)
        assert_int_equal(oop_bits(heap_class_at(f.heap, first + (uint64_t)i)),
                         oop_bits(test_at(&f.test, f.held[0], i + 2)));
    close(&f);
}

static void young_class_survives_through_the_table(void **state) {
    (void)state;
    Fixture f;
    open(&f);
    uint64_t index = heap_enter_class(f.heap, test_heap_plain(&f.test, 3));
    heap_scavenge(f.heap);
    Oop class_object = heap_class_at(f.heap, index);
    assert_int_equal(heap_class_index_of_class(f.heap, class_object), index);
    close(&f);
}

static void index_of_a_dropped_class_is_used_again(void **state) {
    (void)state;
    Fixture f;
    open(&f);
    uint64_t index = heap_enter_class(f.heap, test_heap_old_plain(&f.test, 3));
    f.held[0] = test_heap_old_plain(&f.test, 3);
    assert_int_equal(heap_enter_class(f.heap, f.held[0]), index + 1);
    heap_collect_full(f.heap);
    assert_true(test_is_nil(&f.test, heap_class_at(f.heap, index)));
    f.held[1] = test_heap_old_plain(&f.test, 3);
    assert_int_equal(heap_enter_class(f.heap, f.held[1]), index);
    close(&f);
}

// An object that was hashed before it became a class keeps its hash where that index is free.
static void hash_is_kept_as_index_if_possible(void **state) {
    (void)state;
    Fixture f;
    open(&f);
    f.held[0] = test_heap_old_plain(&f.test, 3);
    uint64_t raw = oop_bits(f.held[0]);
    raw_store(raw, header_with_hash(raw_load(raw), 2000));
    assert_int_equal(heap_enter_class(f.heap, f.held[0]), 2000);
    f.held[1] = test_heap_old_plain(&f.test, 3);
    raw = oop_bits(f.held[1]);
    raw_store(raw, header_with_hash(raw_load(raw), 2000)); // taken
    uint64_t index = heap_enter_class(f.heap, f.held[1]);
    assert_int_not_equal(index, 2000);
    assert_int_equal(num_concrete(object_hash_bits(f.held[1])), index);
    f.held[2] = test_heap_old_plain(&f.test, 3);
    raw = oop_bits(f.held[2]);
    raw_store(raw, header_with_hash(raw_load(raw), 4000000)); // no such page
    assert_true(heap_enter_class(f.heap, f.held[2]) < 3000);
    close(&f);
}

static void no_memory_for_a_class_page(void **state) {
    (void)state;
    Fixture f;
    open(&f);
    f.held[0] = test_heap_old_plain(&f.test, 1100);
    fill_old_space(&f);
    uint64_t index = 1;
    int i = 0;
    for (; index && i < 1098; i++) {
        Oop class_object = test_heap_plain(&f.test, 2);
        test_put(&f.test, f.held[0], i + 2, class_object);
        index = heap_enter_class(f.heap, class_object);
    }
    assert_int_equal(index, 0);
    assert_true(i > 1000);
    Oop refused = test_at(&f.test, f.held[0], i + 1);
    assert_int_equal(num_concrete(object_hash_bits(refused)), 0);
    test_heap_check(&f.test);
    close(&f);
}

// ---- identity hashes

static void hashes_stay_and_spread(void **state) {
    (void)state;
    Fixture f;
    open(&f);
    enum { COUNT = 2000 };
    uint8_t *seen = calloc(HEADER_HASH_LIMIT, 1);
    int distinct = 0;
    for (int i = 0; i < COUNT; i++) {
        Oop object = test_heap_bytes(&f.test, 8);
        assert_int_equal(num_concrete(object_hash_bits(object)), 0);
        uint64_t hash = heap_identity_hash(f.heap, object);
        assert_true(hash > 0 && hash < HEADER_HASH_LIMIT);
        assert_int_equal(heap_identity_hash(f.heap, object), hash);
        distinct += !seen[hash]++;
    }
    assert_true(distinct > COUNT - 10);
    free(seen);
    close(&f);
}

static void hash_sequence_goes_on_from_its_seed(void **state) {
    (void)state;
    Fixture f;
    open(&f);
    uint64_t seeds[] = {0, 1, UINT64_MAX, 3975411747};
    for (int i = 0; i < 4; i++) {
        f.heap->last_hash = seeds[i];
        uint64_t hash = heap_identity_hash(f.heap, test_heap_plain(&f.test, 2));
        assert_true(f.heap->last_hash != 0 && f.heap->last_hash <= UINT32_MAX);
        f.heap->last_hash = seeds[i];
        assert_int_equal(heap_identity_hash(f.heap, test_heap_plain(&f.test, 2)), hash);
    }
    close(&f);
}

// ---- state of objects

static void readonly_is_set_and_cleared(void **state) {
    (void)state;
    Fixture f;
    open(&f);
    Oop object = test_heap_plain(&f.test, 3);
    heap_set_readonly(f.heap, object, true);
    assert_true(object_is_readonly(object));
    heap_set_readonly(f.heap, object, false);
    assert_false(object_is_readonly(object));
    close(&f);
}

static void addresses_of_objects_are_told_from_others(void **state) {
    (void)state;
    Fixture f;
    open(&f);
    uint64_t young = oop_bits(test_heap_plain(&f.test, 300));
    uint64_t old = oop_bits(test_heap_old_plain(&f.test, 300));
    uint64_t addresses[] = {young, old};
    for (int i = 0; i < 2; i++) {
        assert_true(heap_is_address_of_object(f.heap, addresses[i]));
        assert_false(heap_is_address_of_object(f.heap, addresses[i] + 8));
        assert_false(heap_is_address_of_object(f.heap, addresses[i] - 8));
        assert_false(heap_is_address_of_object(f.heap, addresses[i] + 1));
    }
    assert_false(heap_is_address_of_object(f.heap, 0));
    assert_false(heap_is_address_of_object(f.heap, f.heap->eden_free));
    assert_false(heap_is_address_of_object(f.heap, f.heap->arena->end));
    uint64_t chunk =
        f.heap->spaces->free.heads[free_chunks_bin(free_chunks_largest(&f.heap->spaces->free))];
    assert_false(heap_is_address_of_object(f.heap, chunk));
    close(&f);
}

// ---- root scopes

static void scopes_nest(void **state) {
    (void)state;
    Fixture f;
    open(&f);
    Oop inner[2] = {test_int(1), test_int(2)};
    RootScope scope;
    root_scope_enter(f.heap, &scope, inner, 2);
    assert_true(test_is_nil(&f.test, inner[0]));
    inner[1] = test_heap_plain(&f.test, 3);
    uint64_t before = oop_bits(inner[1]);
    heap_scavenge(f.heap);
    assert_int_not_equal(oop_bits(inner[1]), before);
    assert_true(heap_is_address_of_object(f.heap, oop_bits(inner[1])));
    root_scope_leave(f.heap, &scope);
    heap_scavenge(f.heap);
    assert_int_equal(heap_young_used_bytes(f.heap), 0);
    close(&f);
}

// ---- life

static void unknown_collector_is_refused(void **state) {
    (void)state;
    Arena arena;
    ArenaOptions sizes = {.reserve_bytes = 64 << 20, .new_bytes = 1 << 20};
    assert_int_equal(arena_reserve(&arena, &sizes, NULL), STATUS_OK);
    HeapOptions options;
    heap_default_options(&options);
    options.collector = "none";
    Heap heap;
    Diagnosis diagnosis = {""};
    assert_int_equal(heap_init(&heap, &arena, &options, &diagnosis), STATUS_BAD_USAGE);
    assert_non_null(strstr(diagnosis.text, "none"));
    heap_release(&heap); // harmless
    arena_release(&arena);
}

static void eden_fits_its_zone(void **state) {
    (void)state;
    Arena arena;
    ArenaOptions sizes = {.reserve_bytes = 64 << 20, .new_bytes = 1 << 20};
    assert_int_equal(arena_reserve(&arena, &sizes, NULL), STATUS_OK);
    HeapOptions options;
    heap_default_options(&options);
    Heap heap;
    assert_int_equal(heap_init(&heap, &arena, &options, NULL), STATUS_OK);
    const HeapSpaces *spaces = heap.spaces;
    assert_true(heap_eden_bytes(&heap) < 1 << 20);
    assert_true(heap_eden_bytes(&heap) > 1 << 18);
    assert_true(spaces->future.end <= arena.new_space.end);
    assert_true(spaces->past.end - spaces->past.start >=
                heap_eden_bytes(&heap) + spaces->survivor_target);
    heap_release(&heap);
    arena_release(&arena);
}

static void new_space_that_is_too_small_is_refused(void **state) {
    (void)state;
    Arena arena;
    ArenaOptions sizes = {.reserve_bytes = 64 << 20, .new_bytes = 4096};
    assert_int_equal(arena_reserve(&arena, &sizes, NULL), STATUS_OK);
    HeapOptions options;
    heap_default_options(&options);
    Heap heap;
    assert_int_equal(heap_init(&heap, &arena, &options, NULL), STATUS_BAD_USAGE);
    arena_release(&arena);
}

static void clients_are_limited(void **state) {
    (void)state;
    Fixture f;
    open(&f);
    HeapClient client = {.context = &f};
    for (int i = 1; i < HEAP_CLIENT_LIMIT; i++)
        assert_int_equal(heap_add_client(f.heap, client), STATUS_OK);
    assert_int_equal(heap_add_client(f.heap, client), STATUS_LIMIT);
    close(&f);
}

// ---- letting an image in

// A heap made by bootstrapping is laid out like an image file: its first segment is copied into
// another heap, at another address, and relocated.
static uint64_t load_copy(Heap *heap, const Heap *source, uint64_t *shift) {
    const Segment *from = old_space_segment(source, 0);
    uint64_t start, bytes = segment_limit(from) - from->start;
    assert_int_equal(heap_add_segment(heap, bytes, &start), STATUS_OK);
    memcpy((void *)(uintptr_t)start, (const void *)(uintptr_t)from->start, bytes);
    *shift = start - from->start;
    for (uint64_t at = start; at < start + bytes;) {
        uint64_t raw = raw_object_at(at);
        for (uint64_t i = 0; i < raw_pointer_slot_count(raw); i++)
            if (!raw_is_immediate(raw_slot(raw, i)))
                raw_store(raw_slot_address(raw, i), raw_slot(raw, i) + *shift);
        at = raw_end(raw);
    }
    return start;
}

static void open_empty(Heap *heap, Arena *arena) {
    ArenaOptions sizes = {.reserve_bytes = 64 << 20, .new_bytes = 1 << 20};
    assert_int_equal(arena_reserve(arena, &sizes, NULL), STATUS_OK);
    HeapOptions options;
    heap_default_options(&options);
    assert_int_equal(heap_init(heap, arena, &options, NULL), STATUS_OK);
}

static void image_is_let_in(void **state) {
    (void)state;
    Fixture f;
    open(&f);
    Oop marked = test_heap_old_plain(&f.test, 3);
    f.held[0] = marked;
    heap_scavenge(f.heap);
    Heap heap;
    Arena arena;
    uint64_t shift;
    open_empty(&heap, &arena);
    uint64_t start = load_copy(&heap, f.heap, &shift);
    // Traces of the memory system that saved it.
    uint64_t loaded = oop_bits(marked) + shift;
    raw_store(loaded,
              raw_load(loaded) | HEADER_MARKED | HEADER_GREY | HEADER_REMEMBERED | HEADER_AGE_MASK);
    uint64_t lists = oop_bits(f.heap->free_lists) + shift;
    raw_store(raw_slot_address(lists, 5), 0xDEAD0);
    uint64_t root = oop_bits(f.heap->class_table_root) + shift;
    raw_store(raw_slot_address(root, CLASS_TABLE_ROOT_SLOTS + 3), loaded);
    assert_int_equal(heap_verify(&heap, stderr, 10, true), 0);
    Oop special = oop_from_bits(oop_bits(f.heap->special_objects) + shift);
    assert_int_equal(heap_adopt_image(&heap, special, 77, NULL), STATUS_OK);
    assert_int_equal(oop_bits(heap.nil), start);
    assert_int_equal(oop_bits(heap.special_objects), oop_bits(special));
    assert_int_equal(heap.last_hash, 77);
    assert_int_equal(heap_free_old_bytes(&heap), heap_free_old_bytes(f.heap));
    assert_int_equal(heap_verify(&heap, stderr, 10, false), 0);
    heap_collect_full(&heap);
    assert_int_equal(heap_verify(&heap, stderr, 10, false), 0);
    heap_release(&heap);
    arena_release(&arena);
    close(&f);
}

static void damaged_class_tables_are_refused(void **state) {
    (void)state;
    Fixture f;
    open(&f);
    for (int damage = 0; damage < 4; damage++) {
        Heap heap;
        Arena arena;
        uint64_t shift;
        Diagnosis diagnosis = {""};
        open_empty(&heap, &arena);
        if (damage > 0)
            load_copy(&heap, f.heap, &shift);
        else
            shift = 0;
        uint64_t root = oop_bits(f.heap->class_table_root) + shift;
        uint64_t nil = oop_bits(f.heap->nil) + shift;
        if (damage == 1) raw_store(raw_slot_address(root, 0), nil);
        if (damage == 2) raw_store(raw_slot_address(root, 7), raw_from_int(1));
        if (damage == 3) raw_store(root, header_with_format(raw_load(root), FORMAT_64BIT));
        Status status = heap_adopt_image(&heap, oop_from_bits(nil), 1, &diagnosis);
        assert_int_equal(status, damage ? STATUS_CORRUPT : STATUS_STATE);
        assert_true(diagnosis.text[0] != 0);
        heap_release(&heap);
        arena_release(&arena);
    }
    close(&f);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fresh_objects_are_filled),
        cmocka_unit_test(fresh_methods_can_be_looked_at),
        cmocka_unit_test(fast_path_agrees_with_the_slow_one),
        cmocka_unit_test(large_objects_are_old),
        cmocka_unit_test(old_objects_are_pinned),
        cmocka_unit_test(immediates_are_not_young),
        cmocka_unit_test(full_eden_asks_for_a_scavenge),
        cmocka_unit_test(old_space_comes_after_the_reserve),
        cmocka_unit_test(no_room_changes_nothing),
        cmocka_unit_test(absurd_sizes_fail),
        cmocka_unit_test(room_is_made_by_collecting),
        cmocka_unit_test(room_that_is_there_costs_no_full_collection),
        cmocka_unit_test(room_that_cannot_be_made),
        cmocka_unit_test(every_kth_allocation_fails),
        cmocka_unit_test(every_single_allocation_fails_for_good),
        cmocka_unit_test(every_kth_allocation_asks_for_a_collection),
        cmocka_unit_test(every_kth_collection_moves_everything),
        cmocka_unit_test(growth_of_old_space_asks_for_a_full_collection),
        cmocka_unit_test(fuller_heaps_are_collected_less_often),
        cmocka_unit_test(low_space_is_told_once),
        cmocka_unit_test(low_space_counts_what_a_collection_would_free),
        cmocka_unit_test(failing_allocation_tells_of_low_space),
        cmocka_unit_test(classes_get_indices_in_turn),
        cmocka_unit_test(indices_beyond_the_table_have_no_class),
        cmocka_unit_test(table_grows_by_pages),
        cmocka_unit_test(young_class_survives_through_the_table),
        cmocka_unit_test(index_of_a_dropped_class_is_used_again),
        cmocka_unit_test(hash_is_kept_as_index_if_possible),
        cmocka_unit_test(no_memory_for_a_class_page),
        cmocka_unit_test(hashes_stay_and_spread),
        cmocka_unit_test(hash_sequence_goes_on_from_its_seed),
        cmocka_unit_test(readonly_is_set_and_cleared),
        cmocka_unit_test(addresses_of_objects_are_told_from_others),
        cmocka_unit_test(scopes_nest),
        cmocka_unit_test(unknown_collector_is_refused),
        cmocka_unit_test(eden_fits_its_zone),
        cmocka_unit_test(new_space_that_is_too_small_is_refused),
        cmocka_unit_test(clients_are_limited),
        cmocka_unit_test(image_is_let_in),
        cmocka_unit_test(damaged_class_tables_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
