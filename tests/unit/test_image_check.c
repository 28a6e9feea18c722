// SPDX-License-Identifier: MIT
// The image checker: a whole small image passes and is relocated; every kind of damage is refused
// with words that say what is wrong; no damage whatever makes it crash.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <unistd.h>

#include "image/check.h"
#include "support/synthetic.h"

enum { BASE = 0x10000000 };

typedef struct Fixture {
    Synthetic synthetic;
    uint64_t *memory; // where the last check put the objects
    uint64_t special;
    Diagnosis diagnosis;
} Fixture;

static int setup(void **state) {
    Fixture *f = calloc(1, sizeof *f);
    if (!f) return 1;
    syn_build(&f->synthetic, BASE);
    *state = f;
    return 0;
}

static int teardown(void **state) {
    Fixture *f = *state;
    free(f->memory);
    free(f);
    return 0;
}

static Status check(Fixture *f) {
    Synthetic *s = &f->synthetic;
    free(f->memory);
    f->memory = malloc(s->count * 8);
    memcpy(f->memory, s->words, s->count * 8);
    uint64_t start = (uint64_t)(uintptr_t)f->memory;
    ImageSegment segment = {s->base, s->count * 8, start};
    ImageRegion region = {start, start + s->count * 8, &segment, 1};
    f->diagnosis.text[0] = 0;
    return image_check_objects(&region, s->special, &f->special, &f->diagnosis);
}

static uint64_t moved(const Fixture *f, uint64_t saved) {
    return saved - BASE + (uint64_t)(uintptr_t)f->memory;
}

static void passes(Fixture *f) {
    Status status = check(f);
    if (status != STATUS_OK) fail_msg("refused: %s", f->diagnosis.text);
}

static void refuses(Fixture *f, const char *words) {
    assert_int_equal(check(f), STATUS_CORRUPT);
    if (!strstr(f->diagnosis.text, words)) fail_msg("'%s' lacks '%s'", f->diagnosis.text, words);
}

// ---- what passes

static void whole_image_passes(void **state) { passes(*state); }

static void references_are_relocated(void **state) {
    Fixture *f = *state;
    passes(f);
    Synthetic *s = &f->synthetic;
    assert_int_equal(f->special, moved(f, s->special));
    assert_int_equal(raw_slot(f->special, SPECIAL_CLASS_POINT), moved(f, s->classes[SYN_POINT]));
    assert_int_equal(raw_slot(moved(f, s->point), POINT_X), raw_from_int(-3));
    assert_int_equal(raw_slot(moved(f, s->root), 1), moved(f, s->pages[1]));
    assert_int_equal(raw_slot(moved(f, s->method), 1) - moved(f, 0), syn_get(s, s->method, 1));
    assert_int_equal(raw_slot(moved(f, s->method), 3), syn_get(s, s->method, 3)); // bytecodes
}

static void hidden_roots_become_nil(void **state) {
    Fixture *f = *state;
    Synthetic *s = &f->synthetic;
    uint64_t small = syn_object(s, CLASS_INDEX_64BIT_PUN, FORMAT_64BIT, 6);
    uint64_t large = syn_object(s, CLASS_INDEX_32BIT_PUN, FORMAT_64BIT, 600);
    syn_put(s, s->root, CLASS_TABLE_ROOT_SLOTS + 3, large);
    syn_put(s, large, 0, small);
    passes(f);
    assert_int_equal(raw_slot(moved(f, s->root), CLASS_TABLE_ROOT_SLOTS + 3), moved(f, s->nil));
    assert_int_equal(raw_class_index(moved(f, small)), CLASS_INDEX_FREE);
    assert_int_equal(raw_class_index(moved(f, large)), CLASS_INDEX_FREE);
    assert_int_equal(raw_slot_count(moved(f, large)), 600);
    assert_int_equal(raw_class_index(moved(f, s->free_lists)), CLASS_INDEX_64BIT_PUN);
    assert_int_equal(raw_class_index(moved(f, s->pages[1])), CLASS_INDEX_ARRAY_PUN);
}

static void transient_bits_are_cleared(void **state) {
    Fixture *f = *state;
    *syn_word(&f->synthetic, f->synthetic.point) |=
        HEADER_MARKED | HEADER_GREY | HEADER_REMEMBERED | HEADER_PINNED | HEADER_IMMUTABLE;
    passes(f);
    uint64_t header = raw_load(moved(f, f->synthetic.point));
    assert_int_equal(header & (HEADER_MARKED | HEADER_GREY | HEADER_REMEMBERED), 0);
    assert_int_equal(header & (HEADER_PINNED | HEADER_IMMUTABLE), HEADER_PINNED | HEADER_IMMUTABLE);
}

static void garbage_above_a_contexts_stack_pointer_is_cleared(void **state) {
    Fixture *f = *state;
    Synthetic *s = &f->synthetic;
    syn_put(s, s->context, CONTEXT_FIRST_TEMP + 2, BASE + 4096 * 8 * 8);
    passes(f);
    assert_int_equal(raw_slot(moved(f, s->context), CONTEXT_FIRST_TEMP + 2), moved(f, s->nil));
    syn_put(s, s->context, CONTEXT_STACK_POINTER, raw_from_int(3));
    refuses(f, "which is no object");
}

static void forwarders_are_followed(void **state) {
    Fixture *f = *state;
    Synthetic *s = &f->synthetic;
    uint64_t second = syn_object(s, CLASS_INDEX_FORWARDER, FORMAT_FORWARDER, 2);
    uint64_t first = syn_object(s, CLASS_INDEX_FORWARDER, FORMAT_FORWARDER, 2);
    syn_put(s, first, 0, second);
    syn_put(s, second, 0, s->bytes);
    syn_put(s, first, 1, 3); // behind the first slot anything may stand
    syn_put(s, s->point, POINT_X, first);
    passes(f);
    assert_int_equal(raw_slot(moved(f, s->point), POINT_X), moved(f, s->bytes));
    syn_put(s, second, 0, first);
    alarm(100); // a circle has no end
    refuses(f, "leads to itself");
    alarm(0);
    syn_put(s, second, 0, raw_from_int(5));
    refuses(f, "forwards to an immediate");
}

static void class_may_stand_in_the_table_twice(void **state) {
    Fixture *f = *state;
    Synthetic *s = &f->synthetic;
    syn_put(s, s->pages[1], 500, s->classes[SYN_POINT]);
    *syn_word(s, s->point) = header_with_class_index(*syn_word(s, s->point), 1024 + 500);
    passes(f);
    assert_int_equal(raw_class_index(moved(f, s->point)), SYN_POINT);
    assert_int_equal(raw_slot(moved(f, s->pages[1]), 500), moved(f, s->nil));
    assert_int_equal(raw_slot(moved(f, s->pages[0]), CLASS_INDEX_BRIDGE), moved(f, s->classes[1]));
}

// ---- what does not

static void sizes_are_checked(void **state) {
    Fixture *f = *state;
    Synthetic *s = &f->synthetic;
    uint64_t *last = syn_word(s, s->closure);
    *last = (*last & ~(255ull << 56)) | 4ull << 56;
    refuses(f, "reach beyond the end");
    *last = (*last & ~(255ull << 56)) | 2ull << 56;
    refuses(f, "no room for an object");
}

static void overflow_sizes_are_checked(void **state) {
    Fixture *f = *state;
    Synthetic *s = &f->synthetic;
    *syn_word(s, s->root - 8) = 255ull << 56 | 254;
    refuses(f, "bad size");
    *syn_word(s, s->root - 8) = ~0ull;
    refuses(f, "reach beyond the end");
}

static void formats_are_checked(void **state) {
    Fixture *f = *state;
    Synthetic *s = &f->synthetic;
    uint64_t *header = syn_word(s, s->point);
    for (unsigned format = 0; format < 32; format++) {
        uint64_t before = *header;
        *header = header_with_format(before, format);
        if (format >= 1 && format <= 5)
            passes(f); // pointers, as the class says
        else
            assert_int_equal(check(f), STATUS_CORRUPT);
        *header = before;
    }
}

static void reserved_header_bits_are_refused(void **state) {
    Fixture *f = *state;
    *syn_word(&f->synthetic, f->synthetic.point) |= 1ull << 22;
    refuses(f, "reserved header bits");
}

static void class_indices_are_checked(void **state) {
    Fixture *f = *state;
    uint64_t *header = syn_word(&f->synthetic, f->synthetic.point), before = *header;
    static const uint64_t bad[] = {3, 5, 7, 9, 15, 20, 31};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        *header = header_with_class_index(before, bad[i]);
        refuses(f, "illegal class index");
    }
    *header = header_with_class_index(before, CLASS_INDEX_FORWARDER);
    refuses(f, "with format");
    *header = header_with_class_index(before, CLASS_INDEX_ARRAY_PUN);
    refuses(f, "illegal class index");
    *header = header_with_class_index(before, 900);
    refuses(f, "has no class");
    *header = header_with_class_index(before, HEADER_CLASS_INDEX_MASK);
    refuses(f, "has no class");
    *header = header_with_class_index(before, SYN_BITS32);
    refuses(f, "its class makes format");
    *header = header_with_class_index(before, SYN_PLAIN);
    refuses(f, "3 named fields");
    *header = header_with_class_index(before, TAG_FLOAT);
    refuses(f, "its class makes format");
}

// Other VMs make instances of an immediate's class that are no immediates: Character basicNew.
static void instances_of_an_immediates_class_pass(void **state) {
    Fixture *f = *state;
    Synthetic *s = &f->synthetic;
    syn_put(s, s->classes[TAG_CHAR], CLASS_FORMAT, raw_from_int(FORMAT_EMPTY << 16));
    syn_object(s, TAG_CHAR, FORMAT_EMPTY, 0);
    passes(f);
    syn_object(s, TAG_CHAR, FORMAT_8BIT, 1);
    refuses(f, "its class makes format");
}

static void slots_are_checked(void **state) {
    Fixture *f = *state;
    Synthetic *s = &f->synthetic;
    const uint64_t bad[] = {0,
                            3,
                            5,
                            6,
                            7,
                            s->point + 8,
                            s->bytes - 8,
                            s->base - 16,
                            s->base + s->count * 8,
                            ~7ull,
                            s->pages[0],
                            s->root,
                            s->free_lists,
                            1ull << 40 | TAG_CHAR};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        syn_put(s, s->point, POINT_X, bad[i]);
        refuses(f, "which is no object");
    }
}

static void references_to_free_chunks_are_refused(void **state) {
    Fixture *f = *state;
    Synthetic *s = &f->synthetic;
    uint64_t chunk = syn_object(s, CLASS_INDEX_FREE, 0, 4);
    syn_put(s, s->point, POINT_X, chunk);
    refuses(f, "which is no object");
}

static void methods_are_checked(void **state) {
    Fixture *f = *state;
    Synthetic *s = &f->synthetic;
    syn_put(s, s->method, 0, raw_from_int(3));
    refuses(f, "literals do not fit");
    syn_put(s, s->method, 0, raw_from_int(0x7FFF));
    refuses(f, "literals do not fit");
    syn_put(s, s->method, 0, s->nil);
    refuses(f, "without a header");
    syn_put(s, s->method, 0, raw_from_int(2));
    syn_put(s, s->method, 1, 3);
    refuses(f, "which is no object");
}

static void contexts_are_checked(void **state) {
    Fixture *f = *state;
    syn_put(&f->synthetic, f->synthetic.context, CONTEXT_SENDER, raw_from_int(4096));
    refuses(f, "sender");
}

static void first_objects_are_checked(void **state) {
    Fixture *f = *state;
    Synthetic *s = &f->synthetic;
    uint64_t *header = syn_word(s, s->free_lists);
    *header = header_with_class_index(*header, SYN_BITS64);
    refuses(f, "list of free chunks");
    syn_build(s, BASE);
    header = syn_word(s, s->root);
    *header = header_with_class_index(*header, CLASS_INDEX_ARRAY);
    refuses(f, "not the class table");
    syn_build(s, BASE);
    header = syn_word(s, s->nil);
    *header = header_with_class_index(*header, CLASS_INDEX_FREE);
    refuses(f, "not nil");
}

static void class_table_is_checked(void **state) {
    Fixture *f = *state;
    Synthetic *s = &f->synthetic;
    syn_put(s, s->root, 1, s->special);
    refuses(f, "class table page 1");
    syn_put(s, s->root, 1, s->pages[1] + 8);
    refuses(f, "class table page 1");
    syn_put(s, s->root, 1, s->pages[1]);
    syn_put(s, s->root, 3, s->pages[1]);
    refuses(f, "class table page 3");
    syn_put(s, s->root, 3, s->nil);
    syn_put(s, s->pages[1], 999, s->point);
    refuses(f, "is no class");
    syn_put(s, s->pages[1], 999, raw_from_int(1));
    refuses(f, "is no class");
    syn_put(s, s->pages[1], 999, s->nil);
    syn_put(s, s->pages[1], SYN_POINT - 1024, s->classes[SYN_WEAK]);
    refuses(f, "CLASS_POINT is not the class"); // its index leads to another
}

static void ephemeron_without_key_is_refused(void **state) {
    Fixture *f = *state;
    syn_object(&f->synthetic, SYN_POINT, FORMAT_EPHEMERON, 0);
    refuses(f, "an ephemeron without a key");
}

static void class_without_format_is_refused(void **state) {
    Fixture *f = *state;
    Synthetic *s = &f->synthetic;
    syn_put(s, s->classes[SYN_POINT], CLASS_FORMAT, s->nil);
    refuses(f, "is no class");
    syn_put(s, s->classes[SYN_POINT], CLASS_FORMAT, raw_from_int(6 << 16));
    refuses(f, "is no class");
}

static void special_objects_are_checked(void **state) {
    Fixture *f = *state;
    Synthetic *s = &f->synthetic;
    uint64_t before = syn_get(s, s->special, SPECIAL_CLASS_ARRAY);
    syn_put(s, s->special, SPECIAL_CLASS_ARRAY, s->nil);
    refuses(f, "CLASS_ARRAY is missing");
    syn_put(s, s->special, SPECIAL_CLASS_ARRAY, raw_from_int(1));
    refuses(f, "CLASS_ARRAY is missing");
    syn_put(s, s->special, SPECIAL_CLASS_ARRAY, s->classes[SYN_POINT]);
    refuses(f, "CLASS_ARRAY is not the class");
    syn_put(s, s->special, SPECIAL_CLASS_ARRAY, before);
    syn_put(s, s->special, SPECIAL_TRUE, s->false_object);
    refuses(f, "TRUE is another object");
    syn_put(s, s->special, SPECIAL_TRUE, s->true_object);
    syn_put(s, s->special, SPECIAL_CLASS_POINT, s->classes[SYN_BITS16]);
    refuses(f, "CLASS_POINT is not the class");
    syn_put(s, s->special, SPECIAL_CLASS_POINT, s->classes[SYN_POINT]);
    syn_put(s, s->special, SPECIAL_CLASS_MUTEX, raw_from_int(7));
    refuses(f, "CLASS_MUTEX is not the class");
}

static void optional_special_objects_may_be_nil(void **state) {
    Fixture *f = *state;
    syn_put(&f->synthetic, f->synthetic.special, SPECIAL_CLASS_BLOCK_CLOSURE, f->synthetic.nil);
    passes(f);
}

static void special_selectors_are_checked(void **state) {
    Fixture *f = *state;
    Synthetic *s = &f->synthetic;
    uint64_t pairs = syn_get(s, s->special, SPECIAL_SPECIAL_SELECTORS);
    syn_put(s, pairs, 1, raw_from_int(16));
    refuses(f, "bad argument count");
    syn_put(s, pairs, 1, s->nil);
    refuses(f, "bad argument count");
    syn_put(s, s->special, SPECIAL_SPECIAL_SELECTORS, s->point);
    refuses(f, "too small");
}

static void scheduler_is_checked(void **state) {
    Fixture *f = *state;
    Synthetic *s = &f->synthetic;
    uint64_t binding = syn_get(s, s->special, SPECIAL_PROCESSOR_BINDING);
    uint64_t scheduler = syn_get(s, binding, ASSOCIATION_VALUE);
    syn_put(s, scheduler, SCHEDULER_ACTIVE_PROCESS, s->nil);
    refuses(f, "no active process");
    syn_put(s, scheduler, SCHEDULER_PROCESS_LISTS, raw_from_int(0));
    refuses(f, "no scheduler");
    syn_put(s, binding, ASSOCIATION_VALUE, s->nil);
    refuses(f, "no scheduler");
}

static void special_objects_address_is_checked(void **state) {
    Fixture *f = *state;
    f->synthetic.special += 8;
    refuses(f, "no special objects array");
    f->synthetic.special = BASE + (1ull << 40);
    refuses(f, "no special objects array");
}

// ---- anything at all

// Every word of the image is replaced by several bad ones; the checker may accept or refuse, but
// the sanitizers must have nothing to say, and what it accepts must be accepted again.
static void any_damaged_word_is_survived(void **state) {
    Fixture *f = *state;
    Synthetic *s = &f->synthetic;
    const uint64_t bad[] = {0, ~0ull, 255ull << 56, 0x7FFFFFFFFFFFFFFFull, s->base};
    unsigned refused = 0, accepted = 0;
    for (size_t word = 0; word<s->count; word += word> 600 && word < 6000 ? 97 : 1) {
        uint64_t before = s->words[word];
        for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
            s->words[word] = bad[i];
            if (check(f) == STATUS_OK)
                accepted++;
            else
                refused++;
        }
        s->words[word] = before;
    }
    assert_true(refused > 1000 && accepted > 100);
}

static void every_end_is_survived(void **state) {
    Fixture *f = *state;
    size_t whole = f->synthetic.count;
    for (size_t count = 0; count < whole; count += count < 100 ? 1 : 37) {
        f->synthetic.count = count;
        assert_int_equal(check(f), STATUS_CORRUPT);
    }
    f->synthetic.count = whole;
}

int main(void) {
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
        TEST(whole_image_passes),
        TEST(references_are_relocated),
        TEST(hidden_roots_become_nil),
        TEST(transient_bits_are_cleared),
        TEST(garbage_above_a_contexts_stack_pointer_is_cleared),
        TEST(forwarders_are_followed),
        TEST(class_may_stand_in_the_table_twice),
        TEST(sizes_are_checked),
        TEST(overflow_sizes_are_checked),
        TEST(formats_are_checked),
        TEST(reserved_header_bits_are_refused),
        TEST(class_indices_are_checked),
        TEST(instances_of_an_immediates_class_pass),
        TEST(slots_are_checked),
        TEST(references_to_free_chunks_are_refused),
        TEST(methods_are_checked),
        TEST(contexts_are_checked),
        TEST(first_objects_are_checked),
        TEST(class_table_is_checked),
        TEST(ephemeron_without_key_is_refused),
        TEST(class_without_format_is_refused),
        TEST(special_objects_are_checked),
        TEST(optional_special_objects_may_be_nil),
        TEST(special_selectors_are_checked),
        TEST(scheduler_is_checked),
        TEST(special_objects_address_is_checked),
        TEST(any_damaged_word_is_survived),
        TEST(every_end_is_survived),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
