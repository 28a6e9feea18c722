// SPDX-License-Identifier: MIT
// Reading image files: prefix, several segments, files that are no images, damaged and truncated
// ones, real ones when they are there.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/bits.h"
#include "image/read.h"
#include "support/real_images.h"
#include "support/synthetic.h"

enum { BASE = 0x20000000 };

// A file in memory, and where its objects were read to.
typedef struct Fixture {
    Synthetic synthetic;
    int descriptor;
    char path[64];
    uint64_t *memory;
    uint64_t object_bytes;
    uint64_t special;
    Diagnosis diagnosis;
} Fixture;

static int setup(void **state) {
    Fixture *f = calloc(1, sizeof *f);
    if (!f) return 1;
    syn_build(&f->synthetic, BASE);
    f->descriptor = memfd_create("image", MFD_CLOEXEC);
    snprintf(f->path, sizeof f->path, "/proc/self/fd/%d", f->descriptor);
    *state = f;
    return f->descriptor < 0;
}

static int teardown(void **state) {
    Fixture *f = *state;
    close(f->descriptor);
    free(f->memory);
    free(f);
    return 0;
}

static void fill_file(Fixture *f, const uint8_t *bytes, size_t size) {
    assert_int_equal(ftruncate(f->descriptor, 0), 0);
    assert_int_equal(pwrite(f->descriptor, bytes, size, 0), size);
}

static Status read_path(Fixture *f, const char *path) {
    ImageFile file;
    f->diagnosis.text[0] = 0;
    Status status = image_file_open(&file, path, &f->diagnosis);
    if (status != STATUS_OK) return status;
    free(f->memory);
    f->memory = malloc(file.object_bytes + 8);
    assert_non_null(f->memory);
    f->object_bytes = file.object_bytes;
    status = image_file_read(&file, (uint64_t)(uintptr_t)f->memory, &f->special, &f->diagnosis);
    image_file_close(&file);
    return status;
}

static void reads(Fixture *f, const char *path) {
    if (read_path(f, path) != STATUS_OK) fail_msg("%s: %s", path, f->diagnosis.text);
}

static void refuses(Fixture *f, Status status, const char *words) {
    assert_int_equal(read_path(f, f->path), status);
    if (!strstr(f->diagnosis.text, words)) fail_msg("'%s' lacks '%s'", f->diagnosis.text, words);
}

static uint64_t moved(const Fixture *f, uint64_t saved) {
    return saved - BASE + (uint64_t)(uintptr_t)f->memory;
}

static void one_segment_is_read(void **state) {
    Fixture *f = *state;
    size_t size;
    uint8_t *bytes = syn_file(&f->synthetic, &size);
    fill_file(f, bytes, size);
    free(bytes);
    reads(f, f->path);
    assert_int_equal(f->object_bytes, f->synthetic.count * 8);
    assert_int_equal(f->special, moved(f, f->synthetic.special));
}

static void prefix_is_skipped(void **state) {
    Fixture *f = *state;
    size_t size;
    uint8_t *bytes = syn_file(&f->synthetic, &size);
    uint8_t *prefixed = calloc(1, size + IMAGE_PREFIX_BYTES);
    memcpy(prefixed + IMAGE_PREFIX_BYTES, bytes, size);
    fill_file(f, prefixed, size + IMAGE_PREFIX_BYTES);
    free(prefixed);
    free(bytes);
    reads(f, f->path);
}

// ---- several segments

enum { GAP = 0x100000 };

// Adds GAP to every address from `boundary` on: those objects stood in a second segment.
static void shift_addresses(Synthetic *s, uint64_t boundary) {
    uint64_t start = (uint64_t)(uintptr_t)s->words, end = start + s->count * 8;
    for (uint64_t raw = raw_object_at(start); raw < end;) {
        for (uint64_t i = 0, n = raw_pointer_slot_count(raw); i < n; i++) {
            uint64_t value = raw_slot(raw, i);
            if (!raw_is_immediate(value) && value >= boundary)
                raw_store(raw_slot_address(raw, i), value + GAP);
        }
        uint64_t next = raw_end(raw);
        raw = next < end ? raw_object_at(next) : end;
    }
}

static void write_bridge(uint8_t *at, uint64_t distance, uint64_t next_bytes) {
    store_u64(at, 255ull << 56 | distance / 8);
    store_u64(at + 8, next_bytes);
}

// The file of the synthetic image, cut in two at `boundary`, which is at or behind the class
// table; with an empty segment between the two when `empty`.
static uint8_t *two_segment_file(Synthetic *s, uint64_t boundary, bool empty, size_t *size) {
    shift_addresses(s, boundary);
    uint64_t first = boundary - s->base, second = s->count * 8 - first;
    uint64_t extra = empty ? IMAGE_BRIDGE_BYTES : 0;
    ImageHeader header;
    image_header_default(&header);
    header.base = s->base;
    header.special_objects = s->special + (s->special >= boundary ? GAP : 0);
    header.data_bytes = first + second + 2 * IMAGE_BRIDGE_BYTES + extra;
    header.first_segment_bytes = first + IMAGE_BRIDGE_BYTES;
    *size = IMAGE_HEADER_BYTES + header.data_bytes;
    uint8_t *bytes = calloc(1, *size), *at = bytes + IMAGE_HEADER_BYTES;
    image_header_encode(&header, bytes);
    memcpy(at, s->words, first);
    at += first;
    if (empty) {
        write_bridge(at, GAP / 2, IMAGE_BRIDGE_BYTES);
        at += IMAGE_BRIDGE_BYTES;
    }
    write_bridge(at, GAP - IMAGE_BRIDGE_BYTES - (empty ? GAP / 2 + IMAGE_BRIDGE_BYTES : 0),
                 second + IMAGE_BRIDGE_BYTES);
    memcpy(at + IMAGE_BRIDGE_BYTES, (uint8_t *)s->words + first, second);
    return bytes;
}

static void two_segments_become_one(void **state) {
    Fixture *f = *state;
    for (int empty = 0; empty < 2; empty++) {
        syn_build(&f->synthetic, BASE);
        size_t size;
        uint8_t *bytes = two_segment_file(&f->synthetic, f->synthetic.process, empty, &size);
        fill_file(f, bytes, size);
        free(bytes);
        reads(f, f->path);
        assert_int_equal(f->object_bytes, f->synthetic.count * 8);
        assert_int_equal(raw_slot(moved(f, f->synthetic.process), PROCESS_SUSPENDED_CONTEXT),
                         moved(f, f->synthetic.context));
        assert_int_equal(raw_slot(moved(f, f->synthetic.special), SPECIAL_CLASS_POINT),
                         moved(f, f->synthetic.classes[SYN_POINT]));
    }
}

static void bad_chains_are_refused(void **state) {
    Fixture *f = *state;
    size_t size;
    uint64_t boundary = f->synthetic.process;
    uint8_t *bytes = two_segment_file(&f->synthetic, boundary, false, &size);
    uint8_t *bridge = bytes + IMAGE_HEADER_BYTES + (boundary - BASE);
    uint64_t distance = load_u64(bridge), next = load_u64(bridge + 8);
    const struct {
        uint64_t distance, next;
    } bad[] = {{distance, next + 8}, {distance, next - 8}, {distance, 8}, {distance, next + 1},
               {distance, 0},        {distance, ~0ull},    {~0ull, next}};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        store_u64(bridge, bad[i].distance);
        store_u64(bridge + 8, bad[i].next);
        fill_file(f, bytes, size);
        assert_int_equal(read_path(f, f->path), STATUS_CORRUPT);
    }
    store_u64(bridge, distance + 1); // one word more between them: references miss
    store_u64(bridge + 8, next);
    fill_file(f, bytes, size);
    refuses(f, STATUS_CORRUPT, "no object");
    free(bytes);
}

// ---- what is no image

static void other_files_are_refused(void **state) {
    Fixture *f = *state;
    assert_int_equal(read_path(f, "/nonexistent/x.image"), STATUS_NOT_FOUND);
    assert_int_equal(read_path(f, "/tmp"), STATUS_NOT_AN_IMAGE);
    assert_int_equal(read_path(f, "/dev/zero"), STATUS_NOT_AN_IMAGE);
    fill_file(f, (const uint8_t *)"", 0);
    refuses(f, STATUS_NOT_AN_IMAGE, "not a Smalltalk image");
    fill_file(f, (const uint8_t *)"#!/bin/sh\necho\n", 15);
    refuses(f, STATUS_NOT_AN_IMAGE, "not a Smalltalk image");
}

static void every_prefix_is_refused(void **state) {
    Fixture *f = *state;
    size_t size;
    uint8_t *bytes = syn_file(&f->synthetic, &size);
    for (size_t count = 0; count < size; count += count < 256 ? 1 : 509) {
        fill_file(f, bytes, count);
        assert_int_not_equal(read_path(f, f->path), STATUS_OK);
        assert_true(f->diagnosis.text[0] != 0);
    }
    free(bytes);
}

// ---- real images

static void real_image_passes(Fixture *f, const char *name) {
    const char *path = real_image(name);
    if (!path) skip();
    reads(f, path);
    assert_true(f->object_bytes > 100000);
}

static void candle_is_read(void **state) { real_image_passes(*state, "candle-spur64.image"); }
static void pharo8_is_read(void **state) {
    real_image_passes(*state, "pharo8-kernel-spur64.image");
}
static void conformance_is_read(void **state) {
    real_image_passes(*state, "conformance/conformance-v3.image");
    real_image_passes(*state, "conformance/conformance-sista.image");
}

static void real_prefixes_are_refused(void **state) {
    Fixture *f = *state;
    const char *path = real_image("candle-spur64.image");
    if (!path) skip();
    static uint8_t bytes[1 << 19];
    FILE *file = fopen(path, "rb");
    size_t size = fread(bytes, 1, sizeof bytes, file);
    fclose(file);
    for (size_t count = 0; count < size; count += 4096) {
        fill_file(f, bytes, count);
        assert_int_not_equal(read_path(f, f->path), STATUS_OK);
    }
}

static void real_changed_bytes_are_survived(void **state) {
    Fixture *f = *state;
    const char *path = real_image("candle-spur64.image");
    if (!path) skip();
    static uint8_t bytes[1 << 19];
    FILE *file = fopen(path, "rb");
    size_t size = fread(bytes, 1, sizeof bytes, file);
    fclose(file);
    fill_file(f, bytes, size);
    uint32_t random = 12345;
    unsigned refused = 0;
    for (int i = 0; i < 1500; i++) {
        random = random * 1664525 + 1013904223;
        size_t at = i < 128 ? (size_t)i : random % size;
        uint8_t changed = bytes[at] ^ (uint8_t)(random >> 24 | 1);
        assert_int_equal(pwrite(f->descriptor, &changed, 1, (off_t)at), 1);
        refused += read_path(f, f->path) != STATUS_OK;
        assert_int_equal(pwrite(f->descriptor, &bytes[at], 1, (off_t)at), 1);
    }
    assert_true(refused > 100);
    reads(f, f->path);
}

int main(void) {
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
        TEST(one_segment_is_read),
        TEST(prefix_is_skipped),
        TEST(two_segments_become_one),
        TEST(bad_chains_are_refused),
        TEST(other_files_are_refused),
        TEST(every_prefix_is_refused),
        TEST(candle_is_read),
        TEST(pharo8_is_read),
        TEST(conformance_is_read),
        TEST(real_prefixes_are_refused),
        TEST(real_changed_bytes_are_survived),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
