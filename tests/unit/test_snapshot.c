// SPDX-License-Identifier: MIT
// Saving from a primitive: the file, the answers, and that the running program goes on.
#include "run/process.h"
#include "run/snapshot.h"

#include "image/read.h"
#include "memory/mourn.h"

#include "plugin_fixture.h"

static uint64_t size_of_file(const char *path) {
    struct stat info;
    assert_int_equal(stat(path, &info), 0);
    return (uint64_t)info.st_size;
}

static void the_running_program_goes_on_with_false(void **state) {
    (void)state;
    assert_int_equal(CALL(prim_snapshot, NIL), OUTCOME_SWITCHED);
    OOP_EQUAL(TOP, FALSE_OOP);
    assert_true(size_of_file(in_scratch("test.image")) > 1000);
    assert_int_equal(heap_verify(&vm->heap, stderr, 5, false), 0);
    assert_int_equal(CALL(prim_snapshot_embedded, NIL), OUTCOME_SWITCHED);
    OOP_EQUAL(TOP, FALSE_OOP);
}

static void the_active_process_is_left_as_it_was(void **state) {
    (void)state;
    CALL(prim_snapshot, NIL);
    Oop process = process_active(vm);
    OOP_EQUAL(field_at(process, PROCESS_SUSPENDED_CONTEXT), NIL);
}

static void a_save_that_fails_answers_nil_and_says_why(void **state) {
    (void)state;
    char said[300] = "";
    int before = dup(2);
    assert_non_null(freopen(in_scratch("errors"), "w", stderr));
    assert_int_equal(image_info_set_path(vm->image, in_scratch("no/such.image")), STATUS_OK);
    assert_int_equal(CALL(prim_snapshot, NIL), OUTCOME_SWITCHED);
    fflush(stderr);
    dup2(before, 2);
    close(before);
    FILE *errors = fopen(in_scratch("errors"), "r");
    assert_non_null(fgets(said, sizeof said, errors));
    fclose(errors);
    assert_memory_equal(said, "parley: image not saved: ", 25);
    OOP_EQUAL(TOP, NIL);
    assert_int_equal(access(in_scratch("no/such.image"), F_OK), -1);
}

static void an_image_without_name_is_not_saved(void **state) {
    (void)state;
    assert_int_equal(image_info_set_path(vm->image, ""), STATUS_OK);
    FAILS(UNSUPPORTED, prim_snapshot, INT(3));
    FAILS(BAD_ARGUMENT_COUNT, prim_snapshot, INT(3), NIL);
}

static void saving_under_another_name_keeps_the_stack(void **state) {
    (void)state;
    Diagnosis why = {""};
    fixture_push(INT(77));
    assert_int_equal(snapshot_save(vm, in_scratch("other.image"), &why), STATUS_OK);
    OOP_EQUAL(TOP, INT(77));
    assert_true(size_of_file(in_scratch("other.image")) > 1000);
}

// ---- what the file says

// Puts the saved image in the place of the running one.
static void load_saved(const char *name) {
    Diagnosis why = {""};
    ImageFile file;
    VMOptions options = vm->options;
    plugin_release_all(vm);
    system_release(vm);
    vm_destroy(vm);
    assert_int_equal(image_file_open(&file, in_scratch(name), &why), STATUS_OK);
    vm = vm_new(&options, file.header.base, &why);
    assert_non_null(vm);
    vm->image = &plugin_image;
    assert_int_equal(plugin_register_all(vm), STATUS_OK);
    if (image_file_load(&file, &vm->heap, &why)) fail_msg("%s", why.text);
    assert_int_equal(vm_image_loaded(vm, &why), STATUS_OK);
    image_file_close(&file);
}

// What the reader asks of an image, and the fixture does without: nil and its neighbours have a
// class, the VM's own messages have selectors.
static void make_loadable(void) {
    const Oop firsts[] = {NIL, TRUE_OOP, FALSE_OOP};
    for (int i = 0; i < 3; i++)
        object_set_class_and_format(firsts[i], num((int64_t)cls.undefined), num(FORMAT_EMPTY));
    for (int i = 0; i < SPECIAL_OBJECT_COUNT; i++)
        if (oop_is(vm_special(vm, (SpecialObject)i), NIL) && i != SPECIAL_NIL)
            fixture_put_special((SpecialObject)i, new_string("special"));
    Oop pairs = new_array(64);
    for (int i = 0; i < 64; i++)
        field_at_put(&vm->heap, pairs, i, i % 2 ? INT(0) : new_string("special"));
    fixture_put_special(SPECIAL_SPECIAL_SELECTORS, pairs);
}

static void save_as(const char *name) {
    Diagnosis why = {""};
    assert_int_equal(snapshot_save(vm, in_scratch(name), &why), STATUS_OK);
}

static unsigned format_of(Oop object) { return raw_format(oop_bits(object)); }

// An ephemeron that has fired, and waits for the image to fetch it, is one that will fire in the
// saved image; in the running one it goes on waiting. A weak object in the queue is no ephemeron.
static void an_ephemeron_that_mourns_is_saved_as_one(void **state) {
    (void)state;
    enum { MOURNING, FETCHED, WEAK };
    make_loadable();
    Oop holder = new_array(3);
    vm->heap.mourn_weak = true;
    fixture_push(holder);
    for (int i = 0; i < 2; i++) {
        Oop ephemeron = new_ephemeron();
        field_at_put(&vm->heap, holder, i, ephemeron);
        field_at_put(&vm->heap, ephemeron, EPHEMERON_KEY, new_string(i ? "fetched" : "key"));
        field_at_put(&vm->heap, ephemeron, 1, INT(i));
    }
    Oop weak = new_weak(1);
    field_at_put(&vm->heap, holder, WEAK, weak);
    slot_at_put(&vm->heap, weak, num(1), new_string("element"));
    heap_collect_full(&vm->heap);
    assert_int_equal(mourn_count(&vm->heap), 3);
    // The first one found is the first one fetched.
    Oop fetched = heap_next_mourner(&vm->heap);
    int64_t other = 1 - INT_OF(field_at(fetched, 1));
    fixture_put_special(SPECIAL_EXTERNAL_OBJECTS, TOP); // where the loaded image finds it
    save_as("mourning.image");
    assert_int_equal(mourn_count(&vm->heap), 2);
    Oop mourning = field_at(TOP, (int)other);
    assert_int_equal(format_of(mourning), FORMAT_FIXED);
    assert_int_equal(heap_verify(&vm->heap, stderr, 5, false), 0);

    load_saved("mourning.image");
    holder = vm_special(vm, SPECIAL_EXTERNAL_OBJECTS);
    assert_int_equal(format_of(field_at(holder, (int)other)), FORMAT_EPHEMERON);
    assert_int_equal(format_of(field_at(holder, 1 - (int)other)), FORMAT_FIXED);
    assert_int_equal(format_of(field_at(holder, WEAK)), FORMAT_WEAK);
    assert_int_equal(mourn_count(&vm->heap), 0);
    heap_collect_full(&vm->heap);
    mourning = heap_next_mourner(&vm->heap);
    OOP_EQUAL(field_at(mourning, 1), INT(other));
    assert_true(oop_is_bytes(field_at(mourning, EPHEMERON_KEY)));
    assert_int_equal(mourn_count(&vm->heap), 0);
}

// Leaves every second one of many objects alive.
static void make_holes(void) {
    enum { COUNT = 2000 };
    Oop kept = new_array(COUNT);
    fixture_push(kept);
    for (int i = 0; i < COUNT; i++) {
        Oop old = heap_allocate_old(&vm->heap, cls.array, FORMAT_INDEXABLE, 40);
        heap_pin(&vm->heap, old, false);
        if (i % 2) field_at_put(&vm->heap, kept, i, old);
    }
}

// Whichever collector is in use: what is dead leaves no holes in the file.
static void a_saved_image_has_no_holes(void **state) {
    (void)state;
    const char *const collectors[] = {"compact", "sweep"};
    uint64_t sizes[2];
    make_loadable();
    make_holes();
    for (int i = 1; i >= 0; i--) {
        assert_int_equal(heap_set_collector(&vm->heap, collectors[i]), STATUS_OK);
        save_as("holes.image");
        sizes[i] = size_of_file(in_scratch("holes.image"));
    }
    assert_int_equal(sizes[0], sizes[1]);
    load_saved("holes.image");
    assert_true(heap_free_old_bytes(&vm->heap) < 200 << 10); // the VM's own segment, no holes
}

// The running heap under mark-sweep does not keep its holes either: a save compacts.
static void a_save_compacts(void **state) {
    (void)state;
    make_loadable();
    make_holes();
    assert_int_equal(heap_set_collector(&vm->heap, "sweep"), STATUS_OK);
    heap_collect_full(&vm->heap);
    Oop last = field_at(TOP, 1999);
    save_as("compact.image");
    assert_false(oop_is(last, field_at(TOP, 1999)));
    assert_int_equal(heap_verify(&vm->heap, stderr, 5, false), 0);
}

// Pharo does not say which class methods are of. The VM's own one goes into the file all the same.
static void an_image_that_does_not_name_the_class_of_methods_is_saved(void **state) {
    (void)state;
    make_loadable();
    fixture_put_special(SPECIAL_CLASS_COMPILED_METHOD, NIL);
    for (int i = 0; i < 2; i++) {
        save_as("nameless.image");
        load_saved("nameless.image");
        assert_int_equal(num_concrete(class_index_of(vm->trap_method)), cls.compiled_method);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        PLUGIN_TEST(an_image_that_does_not_name_the_class_of_methods_is_saved),
        PLUGIN_TEST(the_running_program_goes_on_with_false),
        PLUGIN_TEST(the_active_process_is_left_as_it_was),
        PLUGIN_TEST(a_save_that_fails_answers_nil_and_says_why),
        PLUGIN_TEST(an_image_without_name_is_not_saved),
        PLUGIN_TEST(saving_under_another_name_keeps_the_stack),
        PLUGIN_TEST(an_ephemeron_that_mourns_is_saved_as_one),
        PLUGIN_TEST(a_saved_image_has_no_holes),
        PLUGIN_TEST(a_save_compacts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
