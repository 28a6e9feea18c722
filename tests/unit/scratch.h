// SPDX-License-Identifier: MIT
// A folder for tests that touch files: made before each test, gone with all its contents after it.
#ifndef PARLEY_TEST_SCRATCH_H
#define PARLEY_TEST_SCRATCH_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <ftw.h>

#include <cmocka.h>

static char scratch[256];

static inline int scratch_open(void **state) {
    (void)state;
    snprintf(scratch, sizeof scratch, "/tmp/parley-test-XXXXXX");
    return mkdtemp(scratch) ? 0 : -1;
}

static inline int scratch_remove(const char *path, const struct stat *info, int kind,
                                 struct FTW *where) {
    (void)info, (void)where;
    if (kind == FTW_D || kind == FTW_DNR) chmod(path, 0700);
    return kind == FTW_DP || kind == FTW_DNR ? rmdir(path) : unlink(path);
}

// A folder with all its contents.
static inline int remove_folder(const char *path) {
    return nftw(path, scratch_remove, 16, FTW_DEPTH | FTW_PHYS);
}

static inline int scratch_close(void **state) {
    (void)state;
    return remove_folder(scratch);
}

// The path of a name in the folder; valid until three more were asked for.
static inline const char *in_scratch(const char *name) {
    static char paths[4][512];
    static unsigned next;
    char *path = paths[next++ % 4];
    snprintf(path, sizeof paths[0], "%s/%s", scratch, name);
    return path;
}

static inline void write_file(const char *path, const char *contents) {
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    fputs(contents, file);
    assert_int_equal(fclose(file), 0);
}

// What is in the file, to be freed.
static inline uint8_t *file_bytes(const char *path, size_t *size) {
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    fseek(file, 0, SEEK_END);
    *size = (size_t)ftell(file);
    rewind(file);
    uint8_t *bytes = malloc(*size);
    assert_non_null(bytes);
    assert_int_equal(fread(bytes, 1, *size, file), *size);
    fclose(file);
    return bytes;
}

static inline void assert_file(const char *path, const char *contents) {
    char found[4096];
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    size_t size = fread(found, 1, sizeof found - 1, file);
    fclose(file);
    found[size] = 0;
    assert_string_equal(found, contents);
}

#define SCRATCH_TEST(f) cmocka_unit_test_setup_teardown(f, scratch_open, scratch_close)

#endif
