// SPDX-License-Identifier: MIT
// Images in memory, and the one that a program carries: mapping its pages, loading without checks.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/mman.h>

#include "base/os_memory.h"
#include "embed/own_image.h"
#include "scratch.h"
#include "support/real_images.h"

enum { SIZE = 3 * 65536 + 100 };
static const uint8_t own_bytes[SIZE]
    __attribute__((aligned(65536))) = {[0] = 1, [4095] = 2, [65536] = 3, [SIZE - 1] = 4};

static uint8_t *usable_pages(uint64_t bytes) {
    uint64_t start = os_memory_reserve(0, bytes);
    assert_true(start && os_memory_commit(start, bytes));
    return (uint8_t *)(uintptr_t)start;
}

static void assert_copied(const void *from, uint64_t size) {
    uint8_t *pages = usable_pages(4 * 65536);
    os_memory_copy_own((uint64_t)(uintptr_t)pages, from, size);
    assert_memory_equal(pages, from, size);
    pages[0] = 77; // the copy can be written, and the original does not notice
    pages[size - 1] = 78;
    assert_int_not_equal(*(const uint8_t *)from, 77);
    os_memory_decommit((uint64_t)(uintptr_t)pages, 65536);
    assert_true(os_memory_commit((uint64_t)(uintptr_t)pages, 65536));
    assert_int_equal(pages[0], 0); // what was given back comes back empty
    assert_int_equal(pages[4095], 0);
    os_memory_release((uint64_t)(uintptr_t)pages, 4 * 65536);
}

static void own_bytes_are_mapped(void **state) {
    (void)state;
    assert_copied(own_bytes, SIZE);
    assert_copied(own_bytes, 100);
    assert_copied(own_bytes + 65536, 2 * 65536);
}

static void bytes_between_pages_are_copied(void **state) {
    (void)state;
    assert_copied(own_bytes + 24, SIZE - 24);
}

static void bytes_of_the_heap_are_copied(void **state) {
    (void)state;
    uint8_t *bytes = calloc(1, SIZE);
    bytes[0] = 5;
    bytes[SIZE - 1] = 6;
    assert_copied(bytes, SIZE);
    free(bytes);
}

// ---- images

static Parley *new_vm(void) {
    ParleyOptions options;
    parley_default_options(&options);
    options.max_ticks = 1000;
    Parley *vm = parley_new(&options);
    assert_non_null(vm);
    return vm;
}

// An image as this VM writes it.
static uint8_t *saved_image(size_t *size) {
    const char *path = real_image("candle-spur64.image");
    if (!path) skip();
    Parley *vm = new_vm();
    assert_int_equal(parley_load(vm, path), PARLEY_OK);
    assert_int_equal(parley_save(vm, in_scratch("saved.image")), PARLEY_OK);
    parley_destroy(vm);
    return file_bytes(in_scratch("saved.image"), size);
}

static void an_image_in_memory_is_loaded(void **state) {
    (void)state;
    size_t size;
    uint8_t *bytes = saved_image(&size);
    Parley *vm = new_vm();
    assert_int_equal(parley_load_memory(vm, bytes, size / 2), PARLEY_BAD_IMAGE);
    assert_int_equal(parley_load_memory(vm, bytes, 20), PARLEY_BAD_IMAGE);
    assert_int_equal(parley_load_memory(vm, bytes, size), PARLEY_OK);
    assert_int_equal(parley_load_memory(vm, bytes, size), PARLEY_WRONG_STATE);
    free(bytes);
    assert_int_equal(parley_verify(vm, stderr, 5), 0);
    assert_int_equal(parley_run(vm), PARLEY_TICK_LIMIT);
    assert_int_equal(parley_verify(vm, stderr, 5), 0);
    parley_destroy(vm);
}

static void damaged_bytes_in_memory_are_refused(void **state) {
    (void)state;
    size_t size;
    uint8_t *bytes = saved_image(&size);
    memset(bytes + 4096, 0xA5, 4096);
    Parley *vm = new_vm();
    assert_int_equal(parley_load_memory(vm, bytes, size), PARLEY_BAD_IMAGE);
    parley_destroy(vm);
    free(bytes);
}

// At its base without a look at its objects, elsewhere with.
static void an_own_image_is_loaded(void **state) {
    (void)state;
    size_t size;
    uint8_t *bytes = saved_image(&size);
    for (int elsewhere = 0; elsewhere < 2; elsewhere++) {
        ParleyOptions options;
        parley_default_options(&options);
        options.max_ticks = 1000;
        options.ignore_image_base = elsewhere;
        options.verify_heap = true;
        Parley *vm = parley_new(&options);
        assert_int_equal(parley_load_own(vm, bytes, size), PARLEY_OK);
        assert_int_equal(parley_verify(vm, stderr, 5), 0);
        assert_int_equal(parley_run(vm), PARLEY_TICK_LIMIT);
        assert_int_equal(parley_save(vm, in_scratch("again.image")), PARLEY_OK);
        parley_destroy(vm);
        vm = new_vm();
        assert_int_equal(parley_load(vm, in_scratch("again.image")), PARLEY_OK);
        assert_int_equal(parley_run(vm), PARLEY_TICK_LIMIT);
        parley_destroy(vm);
    }
    free(bytes);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(own_bytes_are_mapped),
        cmocka_unit_test(bytes_between_pages_are_copied),
        cmocka_unit_test(bytes_of_the_heap_are_copied),
        SCRATCH_TEST(an_image_in_memory_is_loaded),
        SCRATCH_TEST(damaged_bytes_in_memory_are_refused),
        SCRATCH_TEST(an_own_image_is_loaded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
