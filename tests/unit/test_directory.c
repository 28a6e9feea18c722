// SPDX-License-Identifier: MIT
// FilePlugin's primitives on directories.
#include "plugin_fixture.h"

#include <errno.h>
#include <time.h>

#define FILE_ANSWER(name, ...)          NAMED_ANSWER("FilePlugin", name, __VA_ARGS__)
#define FILE_FAILS(failure, name, ...)  NAMED_FAILS(failure, "FilePlugin", name, __VA_ARGS__)
#define FILE_FAILS_OS(error, name, ...) NAMED_FAILS_OS(error, "FilePlugin", name, __VA_ARGS__)

enum { NAME, CREATED, MODIFIED, IS_DIRECTORY, SIZE, PERMISSIONS, IS_LINK, ENTRY_FIELDS };

static Oop lookup(const char *path, int64_t index) {
    return FILE_ANSWER("primitiveDirectoryLookup", NIL, new_string(path), INT(index));
}
static Oop entry(const char *path, const char *name) {
    return FILE_ANSWER("primitiveDirectoryEntry", NIL, new_string(path), new_string(name));
}
static void make_some(void) {
    write_file(in_scratch("b"), "12345");
    chmod(in_scratch("b"), 0640);
    mkdir(in_scratch("a"), 0750);
    symlink("nowhere", in_scratch("c"));
    symlink("b", in_scratch("d"));
}

static void a_walk_meets_every_entry(void **state) {
    (void)state;
    make_some();
    assert_bytes(field_at(lookup(scratch, 1), NAME), "a");
    assert_bytes(field_at(lookup(scratch, 2), NAME), "b");
    assert_bytes(field_at(lookup(scratch, 3), NAME), "c");
    assert_bytes(field_at(lookup(scratch, 4), NAME), "d");
    OOP_EQUAL(lookup(scratch, 5), NIL);
    OOP_EQUAL(lookup(scratch, 1000000), NIL);
}

static void entries_tell_what_a_name_leads_to(void **state) {
    (void)state;
    make_some();
    Oop folder = lookup(scratch, 1), file = lookup(scratch, 2);
    assert_int_equal(num_concrete(slot_count(file)), ENTRY_FIELDS);
    OOP_EQUAL(field_at(folder, IS_DIRECTORY), TRUE_OOP);
    OOP_EQUAL(field_at(folder, SIZE), INT(0));
    OOP_EQUAL(field_at(folder, PERMISSIONS), INT(0750));
    OOP_EQUAL(field_at(file, IS_DIRECTORY), FALSE_OOP);
    OOP_EQUAL(field_at(file, SIZE), INT(5));
    OOP_EQUAL(field_at(file, PERMISSIONS), INT(0640));
    OOP_EQUAL(field_at(file, IS_LINK), FALSE_OOP);
}

static void only_links_that_lead_nowhere_are_links(void **state) {
    (void)state;
    make_some();
    OOP_EQUAL(field_at(lookup(scratch, 3), IS_LINK), TRUE_OOP);
    OOP_EQUAL(field_at(lookup(scratch, 4), IS_LINK), FALSE_OOP);
    OOP_EQUAL(field_at(lookup(scratch, 4), SIZE), INT(5));
}

static void dates_are_local_seconds_since_1901(void **state) {
    (void)state;
    write_file(in_scratch("f"), "");
    struct tm local;
    time_t now = time(NULL);
    localtime_r(&now, &local);
    int64_t expected = (int64_t)now + local.tm_gmtoff + INT64_C(2177452800);
    int64_t modified = INT_OF(field_at(entry(scratch, "f"), MODIFIED));
    assert_in_range(modified, expected - 10, expected + 1);
    assert_in_range(INT_OF(field_at(entry(scratch, "f"), CREATED)), expected - 10, expected + 1);
}

static void a_walk_that_begins_again_reads_again(void **state) {
    (void)state;
    write_file(in_scratch("b"), "");
    assert_bytes(field_at(lookup(scratch, 1), NAME), "b");
    write_file(in_scratch("a"), "");
    OOP_EQUAL(lookup(scratch, 2), NIL);
    assert_bytes(field_at(lookup(scratch, 1), NAME), "a");
    assert_bytes(field_at(lookup(scratch, 2), NAME), "b");
}

static void walks_of_two_directories_may_alternate(void **state) {
    (void)state;
    mkdir(in_scratch("x"), 0700);
    mkdir(in_scratch("y"), 0700);
    write_file(in_scratch("x/1"), "");
    write_file(in_scratch("x/2"), "");
    write_file(in_scratch("y/3"), "");
    assert_bytes(field_at(lookup(in_scratch("x"), 1), NAME), "1");
    assert_bytes(field_at(lookup(in_scratch("y"), 1), NAME), "3");
    assert_bytes(field_at(lookup(in_scratch("x"), 2), NAME), "2");
    OOP_EQUAL(lookup(in_scratch("y"), 2), NIL);
}

static void a_file_that_vanished_during_the_walk_keeps_its_name(void **state) {
    (void)state;
    write_file(in_scratch("a"), "");
    write_file(in_scratch("b"), "");
    lookup(scratch, 1);
    unlink(in_scratch("b"));
    Oop gone = lookup(scratch, 2);
    assert_bytes(field_at(gone, NAME), "b");
    OOP_EQUAL(field_at(gone, MODIFIED), INT(0));
    OOP_EQUAL(field_at(gone, IS_DIRECTORY), FALSE_OOP);
}

static void names_that_are_not_ascii_come_back_as_they_are(void **state) {
    (void)state;
    write_file(in_scratch("\xE2\x82\xAC"), "1");
    assert_bytes(field_at(lookup(scratch, 1), NAME), "\xE2\x82\xAC");
    assert_bytes(field_at(entry(scratch, "\xE2\x82\xAC"), NAME), "\xE2\x82\xAC");
}

static void the_empty_path_is_the_working_directory(void **state) {
    (void)state;
    char before[4096];
    write_file(in_scratch("here"), "");
    assert_non_null(getcwd(before, sizeof before));
    assert_int_equal(chdir(scratch), 0);
    assert_bytes(field_at(lookup("", 1), NAME), "here");
    assert_bytes(field_at(entry("", "here"), NAME), "here");
    assert_int_equal(chdir(before), 0);
}

static void lookups_refuse_wrong_operands(void **state) {
    (void)state;
    EACH_NOT_BYTES(wrong) {
        FILE_FAILS(BAD_ARGUMENT, "primitiveDirectoryLookup", NIL, wrong, INT(1));
        FILE_FAILS(BAD_ARGUMENT, "primitiveDirectoryEntry", NIL, wrong, new_string("a"));
        FILE_FAILS(BAD_ARGUMENT, "primitiveDirectoryEntry", NIL, new_string(scratch), wrong);
    }
    EACH_NOT_INTEGER(wrong)
    FILE_FAILS(BAD_ARGUMENT, "primitiveDirectoryLookup", NIL, new_string(scratch), wrong);
    FILE_FAILS(BAD_INDEX, "primitiveDirectoryLookup", NIL, new_string(scratch), INT(0));
    FILE_FAILS(BAD_INDEX, "primitiveDirectoryLookup", NIL, new_string(scratch), INT(-1));
    FILE_FAILS_OS(ENOENT, "primitiveDirectoryLookup", NIL, PATH("missing"), INT(1));
    write_file(in_scratch("f"), "");
    FILE_FAILS_OS(ENOTDIR, "primitiveDirectoryLookup", NIL, PATH("f"), INT(1));
}

static void an_entry_that_is_not_there_is_nil(void **state) {
    (void)state;
    OOP_EQUAL(entry(scratch, "missing"), NIL);
    OOP_EQUAL(entry(in_scratch("missing"), "a"), NIL);
    Oop endless = new_bytes(4000);
    memset(object_bytes(endless), 'a', 4000);
    FILE_FAILS_OS(ENAMETOOLONG, "primitiveDirectoryEntry", NIL, endless, endless);
}

static void directories_are_made_and_removed(void **state) {
    (void)state;
    OOP_EQUAL(FILE_ANSWER("primitiveDirectoryCreate", INT(4), PATH("new")), INT(4));
    FILE_FAILS_OS(EEXIST, "primitiveDirectoryCreate", NIL, PATH("new"));
    write_file(in_scratch("new/f"), "");
    FILE_FAILS_OS(ENOTEMPTY, "primitiveDirectoryDelete", NIL, PATH("new"));
    unlink(in_scratch("new/f"));
    OOP_EQUAL(FILE_ANSWER("primitiveDirectoryDelete", INT(4), PATH("new")), INT(4));
    FILE_FAILS_OS(ENOENT, "primitiveDirectoryDelete", NIL, PATH("new"));
    EACH_NOT_BYTES(wrong) {
        FILE_FAILS(BAD_ARGUMENT, "primitiveDirectoryCreate", NIL, wrong);
        FILE_FAILS(BAD_ARGUMENT, "primitiveDirectoryDelete", NIL, wrong);
    }
}

static void names_are_delimited_by_a_slash(void **state) {
    (void)state;
    OOP_EQUAL(FILE_ANSWER("primitiveDirectoryDelimitor", NIL), CHARACTER('/'));
}

static void type_and_creator_are_accepted(void **state) {
    (void)state;
    static const char *const names[] = {"primitiveDirectorySetMacTypeAndCreator",
                                        "primitiveDirectoryGetMacTypeAndCreator"};
    for (int i = 0; i < 2; i++) {
        Oop file = PATH("f"), code = new_string("TEXT"), wrong = new_string("TEX");
        OOP_EQUAL(FILE_ANSWER(names[i], INT(1), file, code, code), INT(1));
        FILE_FAILS(BAD_ARGUMENT, names[i], NIL, file, wrong, code);
        FILE_FAILS(BAD_ARGUMENT, names[i], NIL, file, code, INT(4));
        FILE_FAILS(BAD_ARGUMENT, names[i], NIL, NIL, code, code);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        PLUGIN_TEST(a_walk_meets_every_entry),
        PLUGIN_TEST(entries_tell_what_a_name_leads_to),
        PLUGIN_TEST(only_links_that_lead_nowhere_are_links),
        PLUGIN_TEST(dates_are_local_seconds_since_1901),
        PLUGIN_TEST(a_walk_that_begins_again_reads_again),
        PLUGIN_TEST(walks_of_two_directories_may_alternate),
        PLUGIN_TEST(a_file_that_vanished_during_the_walk_keeps_its_name),
        PLUGIN_TEST(names_that_are_not_ascii_come_back_as_they_are),
        PLUGIN_TEST(the_empty_path_is_the_working_directory),
        PLUGIN_TEST(lookups_refuse_wrong_operands),
        PLUGIN_TEST(an_entry_that_is_not_there_is_nil),
        PLUGIN_TEST(directories_are_made_and_removed),
        PLUGIN_TEST(names_are_delimited_by_a_slash),
        PLUGIN_TEST(type_and_creator_are_accepted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
