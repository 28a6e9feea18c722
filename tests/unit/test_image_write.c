// SPDX-License-Identifier: MIT
// Writing image files: what was read comes back, holes and forwarders do not, references from one
// span to another are kept; a save replaces the file as a whole or not at all.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <dirent.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "image/read.h"
#include "image/write.h"
#include "scratch.h"
#include "support/real_images.h"
#include "support/synthetic.h"

enum { BASE = 0x30000000, OTHER_BASE = 0x50000000, REMEMBERED_SET_BYTES = 16 + 8 * 16384 };

// An image read to memory, as the heap would hold it.
typedef struct Loaded {
    ImageHeader header;
    uint64_t *memory;
    uint64_t bytes, special;
} Loaded;

typedef struct Fixture {
    Synthetic synthetic;
    char path[300];
    Diagnosis diagnosis;
} Fixture;

static int setup(void **state) {
    Fixture *f = calloc(1, sizeof *f);
    if (!f) return 1;
    *state = f;
    if (scratch_open(state)) return 1;
    snprintf(f->path, sizeof f->path, "%s", in_scratch("test.image"));
    syn_build(&f->synthetic, BASE);
    return 0;
}

static int teardown(void **state) {
    Fixture *f = *state;
    int failed = scratch_close(state);
    free(f);
    return failed;
}

static void load(Fixture *f, const char *path, Loaded *loaded) {
    ImageFile file;
    if (image_file_open(&file, path, &f->diagnosis) != STATUS_OK)
        fail_msg("%s: %s", path, f->diagnosis.text);
    loaded->header = file.header;
    loaded->bytes = file.object_bytes;
    loaded->memory = malloc(file.object_bytes);
    Status status = image_file_read(&file, (uint64_t)(uintptr_t)loaded->memory, &loaded->special,
                                    &f->diagnosis);
    if (status != STATUS_OK) fail_msg("%s: %s", path, f->diagnosis.text);
    image_file_close(&file);
}

static void load_synthetic(Fixture *f, Loaded *loaded) {
    size_t size;
    uint8_t *bytes = syn_file(&f->synthetic, &size);
    syn_write_file(f->path, bytes, size);
    free(bytes);
    load(f, f->path, loaded);
}

static Status save(Fixture *f, const Loaded *loaded, uint64_t base) {
    uint64_t start = (uint64_t)(uintptr_t)loaded->memory;
    ImageSpan span = {start, start + loaded->bytes};
    ImageContents contents = {&span, 1, loaded->special, 4712, base};
    return image_write_contents(&contents, &loaded->header, f->path, &f->diagnosis);
}

static void saves(Fixture *f, const Loaded *loaded, uint64_t base) {
    if (save(f, loaded, base) != STATUS_OK) fail_msg("%s", f->diagnosis.text);
}

static unsigned files_in(const char *folder) {
    unsigned count = 0;
    DIR *directory = opendir(folder);
    for (struct dirent *entry; (entry = readdir(directory));)
        count += entry->d_name[0] != '.';
    closedir(directory);
    return count;
}

static bool is_hole(uint64_t raw) { return raw_class_index(raw) == CLASS_INDEX_FREE; }

// The two images hold equal objects in the same order, holes left out.
static void assert_same_objects(const Loaded *a, const Loaded *b) {
    uint64_t a_start = (uint64_t)(uintptr_t)a->memory, b_start = (uint64_t)(uintptr_t)b->memory;
    uint64_t p = a_start, q = b_start;
    while (p < a_start + a->bytes && q < b_start + b->bytes) {
        uint64_t x = raw_object_at(p), y = raw_object_at(q);
        if (is_hole(x) || is_hole(y)) {
            if (is_hole(x))
                p = raw_end(x);
            else
                q = raw_end(y);
            continue;
        }
        assert_int_equal(raw_load(x), raw_load(y));
        assert_int_equal(raw_slot_count(x), raw_slot_count(y));
        uint64_t pointers = raw_pointer_slot_count(x);
        for (uint64_t i = 0, n = raw_slot_count(x); i < n; i++) {
            uint64_t v = raw_slot(x, i), w = raw_slot(y, i);
            if (i >= pointers || raw_is_immediate(v))
                assert_int_equal(v, w);
            else
                assert_int_equal(raw_load(v), raw_load(w));
        }
        p = raw_end(x);
        q = raw_end(y);
    }
}

// ---- what is written

static void what_was_read_is_written(void **state) {
    Fixture *f = *state;
    Loaded first, second;
    f->synthetic.words[0] |= HEADER_IMMUTABLE;
    load_synthetic(f, &first);
    first.header.window_size = 0x01230456;
    first.header.semaphore_table_size = 99;
    saves(f, &first, OTHER_BASE);
    load(f, f->path, &second);
    assert_same_objects(&first, &second);
    assert_int_equal(second.header.base, OTHER_BASE);
    assert_int_equal(second.header.window_size, 0x01230456);
    assert_int_equal(second.header.semaphore_table_size, 99);
    assert_int_equal(second.header.last_hash, 4712);
    assert_int_equal(second.header.data_bytes, second.header.first_segment_bytes);
    free(first.memory);
    free(second.memory);
}

static void holes_are_left_out(void **state) {
    Fixture *f = *state;
    Loaded first, second;
    load_synthetic(f, &first);
    saves(f, &first, BASE);
    load(f, f->path, &second);
    assert_int_equal(second.bytes,
                     first.bytes + REMEMBERED_SET_BYTES -
                         7 * 8); // the one free chunk of the synthetic image
    free(first.memory);
    free(second.memory);
}

static void saving_again_changes_nothing(void **state) {
    Fixture *f = *state;
    Loaded first, second;
    size_t size, again_size;
    load_synthetic(f, &first);
    saves(f, &first, BASE);
    uint8_t *bytes = file_bytes(f->path, &size);
    load(f, f->path, &second);
    saves(f, &second, BASE);
    uint8_t *again = file_bytes(f->path, &again_size);
    assert_int_equal(size, again_size);
    assert_memory_equal(bytes, again, size);
    free(bytes);
    free(again);
    free(first.memory);
    free(second.memory);
}

static void prefix_is_written_back(void **state) {
    Fixture *f = *state;
    Loaded first, second;
    load_synthetic(f, &first);
    first.header.prefix_bytes = IMAGE_PREFIX_BYTES;
    strcpy((char *)first.header.prefix, "#!/usr/bin/env parley\n");
    saves(f, &first, BASE);
    load(f, f->path, &second);
    assert_int_equal(second.header.prefix_bytes, IMAGE_PREFIX_BYTES);
    assert_memory_equal(first.header.prefix, second.header.prefix, IMAGE_PREFIX_BYTES);
    free(first.memory);
    free(second.memory);
}

static void forwarders_are_replaced(void **state) {
    Fixture *f = *state;
    Loaded first, second;
    uint64_t other = syn_object(&f->synthetic, SYN_POINT, FORMAT_FIXED, 2);
    syn_put(&f->synthetic, other, 0, f->synthetic.nil);
    syn_put(&f->synthetic, other, 1, f->synthetic.nil);
    load_synthetic(f, &first);
    // The point becomes a forwarder to another, and that one to the string, as become: does it.
    uint64_t start = (uint64_t)(uintptr_t)first.memory;
    uint64_t point = f->synthetic.point - BASE + start, bytes = f->synthetic.bytes - BASE + start;
    other += start - BASE;
    uint64_t chain[] = {point, other, bytes};
    for (int i = 0; i < 2; i++) {
        uint64_t header = header_with_format(raw_load(chain[i]), FORMAT_FORWARDER);
        raw_store(chain[i], header_with_class_index(header, CLASS_INDEX_FORWARDER));
        raw_store(raw_slot_address(chain[i], 0), chain[i + 1]);
    }
    saves(f, &first, BASE);
    load(f, f->path, &second);
    assert_int_equal(second.bytes, first.bytes + REMEMBERED_SET_BYTES - 7 * 8 - 2 * 3 * 8);
    uint64_t large = raw_slot(second.special, SPECIAL_EXTERNAL_OBJECTS);
    assert_int_equal(raw_load(raw_slot(large, 299)), raw_load(bytes));
    free(first.memory);
    free(second.memory);
}

static void spans_are_joined(void **state) {
    Fixture *f = *state;
    Loaded first, second;
    load_synthetic(f, &first);
    uint64_t start = (uint64_t)(uintptr_t)first.memory;
    uint64_t cut = f->synthetic.process - BASE + start;
    ImageSpan spans[3] = {{start, cut}, {cut, cut}, {cut, start + first.bytes}};
    ImageContents contents = {spans, 3, first.special, 1, BASE};
    assert_int_equal(image_write_contents(&contents, &first.header, f->path, &f->diagnosis),
                     STATUS_OK);
    load(f, f->path, &second);
    assert_same_objects(&first, &second);
    free(first.memory);
    free(second.memory);
}

static void transient_bits_are_not_written(void **state) {
    Fixture *f = *state;
    Loaded first, second;
    load_synthetic(f, &first);
    uint64_t clean = raw_load(first.special);
    raw_store(first.special, clean | HEADER_MARKED | HEADER_GREY | HEADER_REMEMBERED);
    saves(f, &first, BASE);
    size_t size;
    uint8_t *bytes = file_bytes(f->path, &size);
    uint64_t header;
    memcpy(&header, bytes + IMAGE_HEADER_BYTES + (f->synthetic.special - BASE), 8);
    assert_int_equal(header, clean);
    free(bytes);
    load(f, f->path, &second);
    free(first.memory);
    free(second.memory);
}

static void dangling_references_are_refused(void **state) {
    Fixture *f = *state;
    Loaded first, second;
    load_synthetic(f, &first);
    raw_store(raw_slot_address(first.special, SPECIAL_EXTERNAL_OBJECTS), 0x1000);
    assert_int_equal(save(f, &first, BASE), STATUS_CORRUPT);
    assert_non_null(strstr(f->diagnosis.text, "no object"));
    assert_int_equal(files_in(scratch), 1);
    load(f, f->path, &second); // the old file is still there
    free(first.memory);
    free(second.memory);
}

// ---- files

static void permissions_are_kept(void **state) {
    Fixture *f = *state;
    Loaded first;
    struct stat status;
    load_synthetic(f, &first);
    assert_int_equal(chmod(f->path, 0640), 0);
    saves(f, &first, BASE);
    assert_int_equal(stat(f->path, &status), 0);
    assert_int_equal(status.st_mode & 07777, 0640);
    free(first.memory);
}

static void symbolic_links_stay(void **state) {
    Fixture *f = *state;
    Loaded first;
    char link[128];
    struct stat status;
    load_synthetic(f, &first);
    snprintf(link, sizeof link, "%s", in_scratch("link.image"));
    assert_int_equal(symlink(f->path, link), 0);
    unlink(f->path);
    FILE *file = fopen(f->path, "wb"); // what the link points to: an empty file
    fclose(file);
    strcpy(f->path, link);
    saves(f, &first, BASE);
    assert_int_equal(lstat(link, &status), 0);
    assert_true(S_ISLNK(status.st_mode));
    assert_int_equal(stat(link, &status), 0);
    assert_true((uint64_t)status.st_size > f->synthetic.count * 4);
    free(first.memory);
}

static void missing_folder_is_an_error(void **state) {
    Fixture *f = *state;
    Loaded first;
    load_synthetic(f, &first);
    snprintf(f->path, sizeof f->path, "%s", in_scratch("none/x.image"));
    assert_int_equal(save(f, &first, BASE), STATUS_IO_ERROR);
    assert_non_null(strstr(f->diagnosis.text, "cannot save"));
    free(first.memory);
}

static void read_only_folder_is_an_error(void **state) {
    Fixture *f = *state;
    if (geteuid() == 0) skip(); // nothing is read-only for the superuser
    Loaded first;
    load_synthetic(f, &first);
    assert_int_equal(chmod(scratch, 0500), 0);
    assert_int_equal(save(f, &first, BASE), STATUS_IO_ERROR);
    assert_int_equal(chmod(scratch, 0700), 0);
    free(first.memory);
}

static void other_than_files_are_refused(void **state) {
    Fixture *f = *state;
    Loaded first;
    load_synthetic(f, &first);
    strcpy(f->path, scratch);
    assert_int_equal(save(f, &first, BASE), STATUS_IO_ERROR);
    strcpy(f->path, "/dev/null");
    assert_int_equal(save(f, &first, BASE), STATUS_IO_ERROR);
    free(first.memory);
}

// A child saves again and again and is killed: whatever the moment, a whole image is there.
static void kills_leave_a_whole_image(void **state) {
    Fixture *f = *state;
    Loaded first, second;
    load_synthetic(f, &first);
    for (useconds_t round = 0; round < 12; round++) {
        pid_t child = fork();
        assert_true(child >= 0);
        if (child == 0) {
            for (uint64_t base = BASE;; base += 0x1000)
                if (save(f, &first, base) != STATUS_OK) _exit(1);
        }
        usleep(300 + 700 * round);
        kill(child, SIGKILL);
        int status;
        waitpid(child, &status, 0);
        assert_true(WIFSIGNALED(status));
        load(f, f->path, &second);
        free(second.memory);
    }
    free(first.memory);
}

// ---- real images

static void real_image_round_trip(Fixture *f, const char *name) {
    const char *path = real_image(name);
    if (!path) skip();
    Loaded first, second, third;
    size_t size, again_size;
    load(f, path, &first);
    saves(f, &first, first.header.base);
    load(f, f->path, &second);
    assert_same_objects(&first, &second);
    uint8_t *bytes = file_bytes(f->path, &size);
    saves(f, &second, first.header.base);
    load(f, f->path, &third);
    uint8_t *again = file_bytes(f->path, &again_size);
    assert_int_equal(size, again_size);
    second.header.last_hash = third.header.last_hash;
    assert_memory_equal(bytes + IMAGE_HEADER_BYTES, again + IMAGE_HEADER_BYTES,
                        size - IMAGE_HEADER_BYTES);
    free(bytes);
    free(again);
    free(first.memory);
    free(second.memory);
    free(third.memory);
}

static void candle_round_trip(void **state) {
    real_image_round_trip(*state, "candle-spur64.image");
}
static void pharo8_round_trip(void **state) {
    real_image_round_trip(*state, "pharo8-kernel-spur64.image");
}

int main(void) {
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
        TEST(what_was_read_is_written),
        TEST(holes_are_left_out),
        TEST(saving_again_changes_nothing),
        TEST(prefix_is_written_back),
        TEST(forwarders_are_replaced),
        TEST(spans_are_joined),
        TEST(transient_bits_are_not_written),
        TEST(dangling_references_are_refused),
        TEST(permissions_are_kept),
        TEST(symbolic_links_stay),
        TEST(missing_folder_is_an_error),
        TEST(read_only_folder_is_an_error),
        TEST(other_than_files_are_refused),
        TEST(kills_leave_a_whole_image),
        TEST(candle_round_trip),
        TEST(pharo8_round_trip),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
