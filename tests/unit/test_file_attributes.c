// SPDX-License-Identifier: MIT
// FileAttributesPlugin: attributes of files, access, directories as streams, and wrong operands.
#include "plugin_fixture.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <time.h>

#define FA_ANSWER(name, ...)         NAMED_ANSWER("FileAttributesPlugin", name, __VA_ARGS__)
#define FA_FAILS(failure, name, ...) NAMED_FAILS(failure, "FileAttributesPlugin", name, __VA_ARGS__)
#define FA_FAILS_OS(error, name, ...)                                                              \
    NAMED_FAILS_OS(error, "FileAttributesPlugin", name, __VA_ARGS__)

enum { CANT_STAT = -3, INVALID_ARGUMENTS = -6, CANT_OPEN = -9, BAD_SESSION = -17 };

static Oop attribute(const char *name, int number) {
    return FA_ANSWER("primitiveFileAttribute", NIL, PATH(name), INT(number));
}
static Oop attributes(const char *name, int mask) {
    return FA_ANSWER("primitiveFileAttributes", NIL, PATH(name), INT(mask));
}

// ---- one attribute

static void attributes_are_what_stat_says(void **state) {
    (void)state;
    struct stat info;
    write_file(in_scratch("f"), "12345");
    chmod(in_scratch("f"), 0604);
    stat(in_scratch("f"), &info);
    OOP_EQUAL(attribute("f", 1), NIL);
    OOP_EQUAL(attribute("f", 2), INT(S_IFREG | 0604));
    OOP_EQUAL(attribute("f", 3), INT((int64_t)info.st_ino));
    OOP_EQUAL(attribute("f", 4), INT((int64_t)info.st_dev));
    OOP_EQUAL(attribute("f", 5), INT(1));
    OOP_EQUAL(attribute("f", 6), INT(getuid()));
    OOP_EQUAL(attribute("f", 7), INT(info.st_gid));
    OOP_EQUAL(attribute("f", 8), INT(5));
    OOP_EQUAL(attribute("f", 12), NIL);
}

static void dates_are_local_seconds_since_1901(void **state) {
    (void)state;
    struct tm local;
    struct timespec times[2] = {{1000000000, 0}, {1100000000, 0}};
    write_file(in_scratch("f"), "");
    assert_int_equal(utimensat(AT_FDCWD, in_scratch("f"), times, 0), 0);
    localtime_r(&times[0].tv_sec, &local);
    OOP_EQUAL(attribute("f", 9), INT(1000000000 + local.tm_gmtoff + INT64_C(2177452800)));
    localtime_r(&times[1].tv_sec, &local);
    OOP_EQUAL(attribute("f", 10), INT(1100000000 + local.tm_gmtoff + INT64_C(2177452800)));
    assert_true(INT_OF(attribute("f", 11)) > INT_OF(attribute("f", 10)));
}

static void a_directory_has_no_size(void **state) {
    (void)state;
    mkdir(in_scratch("d"), 0755);
    OOP_EQUAL(attribute("d", 8), INT(0));
    OOP_EQUAL(attribute("d", 2), INT(S_IFDIR | 0755));
}

static void access_and_links_are_booleans(void **state) {
    (void)state;
    write_file(in_scratch("f"), "");
    chmod(in_scratch("f"), 0600);
    symlink("nowhere", in_scratch("l"));
    OOP_EQUAL(attribute("f", 13), TRUE_OOP);
    OOP_EQUAL(attribute("f", 14), TRUE_OOP);
    OOP_EQUAL(attribute("f", 15), FALSE_OOP);
    OOP_EQUAL(attribute("f", 16), FALSE_OOP);
    OOP_EQUAL(attribute("l", 16), TRUE_OOP);
    OOP_EQUAL(attribute("missing", 13), FALSE_OOP);
    FA_FAILS_OS(CANT_STAT, "primitiveFileAttribute", NIL, PATH("l"), INT(2));
    FA_FAILS_OS(CANT_STAT, "primitiveFileAttribute", NIL, PATH("missing"), INT(16));
}

static void one_attribute_refuses_wrong_operands(void **state) {
    (void)state;
    EACH_NOT_BYTES(wrong)
    FA_FAILS(BAD_ARGUMENT, "primitiveFileAttribute", NIL, wrong, INT(2));
    EACH_NOT_INTEGER(wrong)
    FA_FAILS(BAD_ARGUMENT, "primitiveFileAttribute", NIL, PATH("f"), wrong);
    const int64_t numbers[] = {0, 17, -1, 1ll << 40, (1ll << 60) - 1};
    for (int i = 0; i < 5; i++)
        FA_FAILS(BAD_ARGUMENT, "primitiveFileAttribute", NIL, PATH("f"), INT(numbers[i]));
}

// ---- many attributes

static void masks_choose_what_is_answered(void **state) {
    (void)state;
    write_file(in_scratch("f"), "123");
    Oop status = attributes("f", 1), rights = attributes("f", 2), both = attributes("f", 3);
    assert_int_equal(num_concrete(slot_count(status)), 13);
    OOP_EQUAL(field_at(status, 0), NIL);
    OOP_EQUAL(field_at(status, 7), INT(3));
    OOP_EQUAL(field_at(status, 12), NIL);
    assert_int_equal(num_concrete(slot_count(rights)), 3);
    OOP_EQUAL(field_at(rights, 0), TRUE_OOP);
    assert_int_equal(num_concrete(slot_count(both)), 2);
    OOP_EQUAL(field_at(field_at(both, 0), 7), INT(3));
    OOP_EQUAL(field_at(field_at(both, 1), 0), TRUE_OOP);
}

static void links_are_followed_or_told(void **state) {
    (void)state;
    write_file(in_scratch("f"), "123");
    symlink("f", in_scratch("l"));
    OOP_EQUAL(field_at(attributes("l", 1), 7), INT(3));
    OOP_EQUAL(field_at(attributes("l", 1), 0), NIL);
    Oop link = attributes("l", 5);
    assert_bytes(field_at(link, 0), "f");
    assert_int_equal(INT_OF(field_at(link, 1)) & S_IFMT, S_IFLNK);
}

static void many_attributes_refuse_wrong_operands(void **state) {
    (void)state;
    FA_FAILS_OS(INVALID_ARGUMENTS, "primitiveFileAttributes", NIL, PATH("f"), INT(0));
    FA_FAILS_OS(INVALID_ARGUMENTS, "primitiveFileAttributes", NIL, PATH("f"), INT(4));
    FA_FAILS_OS(CANT_STAT, "primitiveFileAttributes", NIL, PATH("missing"), INT(1));
    EACH_NOT_BYTES(wrong)
    FA_FAILS(BAD_ARGUMENT, "primitiveFileAttributes", NIL, wrong, INT(1));
    EACH_NOT_INTEGER(wrong)
    FA_FAILS(BAD_ARGUMENT, "primitiveFileAttributes", NIL, PATH("f"), wrong);
}

static void existence_is_a_boolean(void **state) {
    (void)state;
    write_file(in_scratch("\xC3\xBC"), "");
    OOP_EQUAL(FA_ANSWER("primitiveFileExists", NIL, PATH("\xC3\xBC")), TRUE_OOP);
    OOP_EQUAL(FA_ANSWER("primitiveFileExists", NIL, PATH("missing")), FALSE_OOP);
    OOP_EQUAL(FA_ANSWER("primitiveFileExists", NIL, new_string(scratch)), TRUE_OOP);
    EACH_NOT_BYTES(wrong) FA_FAILS(BAD_ARGUMENT, "primitiveFileExists", NIL, wrong);
}

// ---- changing

static void permissions_can_be_changed(void **state) {
    (void)state;
    write_file(in_scratch("f"), "");
    OOP_EQUAL(FA_ANSWER("primitiveChangeMode", NIL, PATH("f"), INT(0440)), NIL);
    OOP_EQUAL(attribute("f", 2), INT(S_IFREG | 0440));
    FA_FAILS_OS(ENOENT, "primitiveChangeMode", NIL, PATH("missing"), INT(0440));
    EACH_NOT_INTEGER(wrong) FA_FAILS(BAD_ARGUMENT, "primitiveChangeMode", NIL, PATH("f"), wrong);
    EACH_NOT_BYTES(wrong) FA_FAILS(BAD_ARGUMENT, "primitiveChangeMode", NIL, wrong, INT(0));
}

static void owners_can_be_changed(void **state) {
    (void)state;
    static const char *const names[] = {"primitiveChangeOwner", "primitiveSymlinkChangeOwner"};
    write_file(in_scratch("f"), "");
    symlink("nowhere", in_scratch("l"));
    for (int i = 0; i < 2; i++) {
        OOP_EQUAL(FA_ANSWER(names[i], NIL, PATH("f"), INT(-1), INT(-1)), NIL);
        FA_FAILS_OS(ENOENT, names[i], NIL, PATH("missing"), INT(-1), INT(-1));
        FA_FAILS(BAD_ARGUMENT, names[i], NIL, NIL, INT(-1), INT(-1));
        FA_FAILS(BAD_ARGUMENT, names[i], NIL, PATH("f"), NIL, INT(-1));
        FA_FAILS(BAD_ARGUMENT, names[i], NIL, PATH("f"), INT(-1), NIL);
    }
    FA_FAILS_OS(ENOENT, names[0], NIL, PATH("l"), INT(-1), INT(-1));
    OOP_EQUAL(FA_ANSWER(names[1], NIL, PATH("l"), INT(-1), INT(-1)), NIL);
}

// ---- directories

static void a_directory_is_read_entry_by_entry(void **state) {
    (void)state;
    write_file(in_scratch("b"), "123");
    symlink("nowhere", in_scratch("c"));
    mkdir(in_scratch("a"), 0700);
    Oop first = FA_ANSWER("primitiveOpendir", NIL, new_string(scratch));
    Oop handle = field_at(first, 2);
    assert_bytes(field_at(first, 0), "a");
    assert_int_equal(INT_OF(field_at(field_at(first, 1), 1)) & S_IFMT, S_IFDIR);
    Oop second = FA_ANSWER("primitiveReaddir", NIL, handle);
    assert_bytes(field_at(second, 0), "b");
    OOP_EQUAL(field_at(field_at(second, 1), 7), INT(3));
    OOP_EQUAL(field_at(second, 2), NIL);
    Oop third = FA_ANSWER("primitiveReaddir", NIL, handle);
    assert_bytes(field_at(third, 0), "c");
    OOP_EQUAL(field_at(third, 1), NIL);
    OOP_EQUAL(FA_ANSWER("primitiveReaddir", NIL, handle), NIL);
    OOP_EQUAL(FA_ANSWER("primitiveReaddir", NIL, handle), NIL);
    OOP_EQUAL(FA_ANSWER("primitiveClosedir", NIL, handle), handle);
    FA_FAILS_OS(BAD_SESSION, "primitiveReaddir", NIL, handle);
    FA_FAILS_OS(BAD_SESSION, "primitiveClosedir", NIL, handle);
}

static void rewinding_reads_again(void **state) {
    (void)state;
    write_file(in_scratch("b"), "");
    Oop handle = field_at(FA_ANSWER("primitiveOpendir", NIL, new_string(scratch)), 2);
    OOP_EQUAL(FA_ANSWER("primitiveReaddir", NIL, handle), NIL);
    write_file(in_scratch("a"), "");
    assert_bytes(field_at(FA_ANSWER("primitiveRewinddir", NIL, handle), 0), "a");
    assert_bytes(field_at(FA_ANSWER("primitiveReaddir", NIL, handle), 0), "b");
    unlink(in_scratch("a"));
    unlink(in_scratch("b"));
    OOP_EQUAL(FA_ANSWER("primitiveRewinddir", NIL, handle), NIL);
    rmdir(scratch);
    FA_FAILS_OS(CANT_OPEN, "primitiveRewinddir", NIL, handle);
    mkdir(scratch, 0700);
    FA_ANSWER("primitiveClosedir", NIL, handle);
}

static void an_empty_directory_is_nil(void **state) {
    (void)state;
    OOP_EQUAL(FA_ANSWER("primitiveOpendir", NIL, new_string(scratch)), NIL);
}

static void opening_a_directory_refuses_wrong_operands(void **state) {
    (void)state;
    write_file(in_scratch("f"), "");
    FA_FAILS_OS(CANT_OPEN, "primitiveOpendir", NIL, PATH("missing"));
    FA_FAILS_OS(CANT_OPEN, "primitiveOpendir", NIL, PATH("f"));
    EACH_NOT_BYTES(wrong) FA_FAILS(BAD_ARGUMENT, "primitiveOpendir", NIL, wrong);
}

static void made_up_directory_handles_are_refused(void **state) {
    (void)state;
    static const char *const names[] = {"primitiveReaddir", "primitiveRewinddir",
                                        "primitiveClosedir"};
    for (int i = 0; i < 3; i++) {
        EACH_NOT_BYTES(wrong) FA_FAILS(BAD_ARGUMENT, names[i], NIL, wrong);
        FA_FAILS(BAD_ARGUMENT, names[i], NIL, new_bytes(15));
        FA_FAILS(BAD_ARGUMENT, names[i], NIL, new_bytes(24));
        FA_FAILS_OS(BAD_SESSION, names[i], NIL, new_bytes(16));
    }
}

static void stopping_releases_open_directories(void **state) {
    (void)state;
    write_file(in_scratch("f"), "");
    FA_ANSWER("primitiveOpendir", NIL, new_string(scratch));
}

// ---- the platform

static void paths_are_utf8_on_both_sides(void **state) {
    (void)state;
    static const char *const names[] = {"primitivePlatToStPath", "primitiveStToPlatPath"};
    for (int i = 0; i < 2; i++) {
        Oop path = FA_ANSWER(names[i], NIL, new_string("/gr\xC3\xBC\xC3\x9F"));
        assert_bytes(path, "/gr\xC3\xBC\xC3\x9F");
        assert_int_equal(CLASS_OF(path), cls.byte_array);
        EACH_NOT_BYTES(wrong) FA_FAILS(BAD_ARGUMENT, names[i], NIL, wrong);
    }
    OOP_EQUAL(FA_ANSWER("primitivePathMax", NIL), INT(PATH_MAX));
}

static void masks_tell_kinds_of_files(void **state) {
    (void)state;
    const int expected[] = {S_IFMT, S_IFSOCK, S_IFLNK, S_IFREG, S_IFBLK, S_IFDIR, S_IFCHR, S_IFIFO};
    Oop masks = FA_ANSWER("primitiveFileMasks", NIL);
    assert_int_equal(num_concrete(slot_count(masks)), 8);
    for (int i = 0; i < 8; i++)
        OOP_EQUAL(field_at(masks, i), INT(expected[i]));
}

static void there_are_no_drives_but_a_version(void **state) {
    (void)state;
    FA_FAILS(UNSUPPORTED, "primitiveLogicalDrives", NIL);
    assert_bytes(FA_ANSWER("primitiveVersionString", NIL), "2.0.8");
}

// As long as the system's longest path, or longer.
static void long_paths_have_an_error_of_their_own(void **state) {
    (void)state;
    enum { STRING_TOO_LONG = -1 };
    Oop path = prim_new_byte_string(vm, NULL, PATH_MAX);
    memset(object_bytes(path), 'x', PATH_MAX);
    FA_FAILS_OS(STRING_TOO_LONG, "primitiveFileExists", NIL, path);
    FA_FAILS_OS(STRING_TOO_LONG, "primitiveFileAttribute", NIL, path, INT(2));
    FA_FAILS_OS(STRING_TOO_LONG, "primitiveFileAttributes", NIL, path, INT(1));
    FA_FAILS_OS(STRING_TOO_LONG, "primitiveOpendir", NIL, path);
    FA_FAILS_OS(STRING_TOO_LONG, "primitiveChangeMode", NIL, path, INT(0600));
    FA_FAILS_OS(STRING_TOO_LONG, "primitiveChangeOwner", NIL, path, INT(-1), INT(-1));
    FA_FAILS_OS(STRING_TOO_LONG, "primitivePlatToStPath", NIL, path);
}

// Numbers of users and groups have 32 bits.
static void owners_have_32_bits(void **state) {
    (void)state;
    FA_FAILS_OS(ENOENT, "primitiveChangeOwner", NIL, PATH("missing"), INT(4294967294), INT(-1));
    FA_FAILS(BAD_ARGUMENT, "primitiveChangeOwner", NIL, PATH("missing"), INT(4294967296), INT(-1));
    FA_FAILS(BAD_ARGUMENT, "primitiveSymlinkChangeOwner", NIL, PATH("missing"), INT(0), INT(-2));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        PLUGIN_TEST(long_paths_have_an_error_of_their_own),
        PLUGIN_TEST(owners_have_32_bits),
        PLUGIN_TEST(attributes_are_what_stat_says),
        PLUGIN_TEST(dates_are_local_seconds_since_1901),
        PLUGIN_TEST(a_directory_has_no_size),
        PLUGIN_TEST(access_and_links_are_booleans),
        PLUGIN_TEST(one_attribute_refuses_wrong_operands),
        PLUGIN_TEST(masks_choose_what_is_answered),
        PLUGIN_TEST(links_are_followed_or_told),
        PLUGIN_TEST(many_attributes_refuse_wrong_operands),
        PLUGIN_TEST(existence_is_a_boolean),
        PLUGIN_TEST(permissions_can_be_changed),
        PLUGIN_TEST(owners_can_be_changed),
        PLUGIN_TEST(a_directory_is_read_entry_by_entry),
        PLUGIN_TEST(rewinding_reads_again),
        PLUGIN_TEST(an_empty_directory_is_nil),
        PLUGIN_TEST(opening_a_directory_refuses_wrong_operands),
        PLUGIN_TEST(made_up_directory_handles_are_refused),
        PLUGIN_TEST(stopping_releases_open_directories),
        PLUGIN_TEST(paths_are_utf8_on_both_sides),
        PLUGIN_TEST(masks_tell_kinds_of_files),
        PLUGIN_TEST(there_are_no_drives_but_a_version),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
