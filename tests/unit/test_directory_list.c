// SPDX-License-Identifier: MIT
// Names in a directory, sorted and complete; dates as images count them.
#include "scratch.h"

#include <errno.h>
#include <limits.h>
#include <time.h>

#include "plugin/directory_list.h"

static DirectoryList list;

static void names_come_sorted_without_dots(void **state) {
    (void)state;
    write_file(in_scratch("zebra"), "");
    write_file(in_scratch("Apple"), "");
    write_file(in_scratch(".hidden"), "");
    write_file(in_scratch("caf\xC3\xA9"), "");
    assert_int_equal(mkdir(in_scratch("folder"), 0700), 0);
    assert_int_equal(directory_list_read(&list, scratch), 0);
    const char *expected[] = {".hidden", "Apple", "caf\xC3\xA9", "folder", "zebra"};
    assert_int_equal(list.count, 5);
    for (int i = 0; i < 5; i++)
        assert_string_equal(list.names[i], expected[i]);
    assert_string_equal(list.path, scratch);
    directory_list_release(&list);
    assert_int_equal(list.count, 0);
}

static void many_names_are_all_there(void **state) {
    (void)state;
    char name[16];
    for (int i = 0; i < 200; i++) {
        snprintf(name, sizeof name, "f%03d", i);
        write_file(in_scratch(name), "");
    }
    assert_int_equal(directory_list_read(&list, scratch), 0);
    assert_int_equal(list.count, 200);
    for (int i = 0; i < 200; i++) {
        snprintf(name, sizeof name, "f%03d", i);
        assert_string_equal(list.names[i], name);
    }
    directory_list_release(&list);
}

static void an_empty_directory_has_no_names(void **state) {
    (void)state;
    assert_int_equal(directory_list_read(&list, scratch), 0);
    assert_int_equal(list.count, 0);
    directory_list_release(&list);
}

static void what_is_no_directory_is_refused(void **state) {
    (void)state;
    write_file(in_scratch("file"), "");
    assert_int_equal(directory_list_read(&list, in_scratch("file")), ENOTDIR);
    assert_int_equal(directory_list_read(&list, in_scratch("missing")), ENOENT);
    assert_null(list.path);
    assert_null(list.names);
}

static void joined_paths_fit_or_are_refused(void **state) {
    (void)state;
    char joined[8];
    assert_int_equal(directory_join("/a", "bcde", joined, sizeof joined), 0);
    assert_string_equal(joined, "/a/bcde");
    assert_int_equal(directory_join("/a", "bcdef", joined, sizeof joined), ENAMETOOLONG);
}

static void in_zone(const char *zone) {
    if (zone)
        setenv("TZ", zone, 1);
    else
        unsetenv("TZ");
    tzset();
}

static void dates_count_from_1901_in_local_time(void **state) {
    (void)state;
    in_zone("UTC0");
    assert_int_equal(smalltalk_seconds(0), INT64_C(2177452800));
    assert_int_equal(smalltalk_seconds(-2177452800), 0);
    assert_int_equal(smalltalk_seconds(INT64_C(1) << 33), (INT64_C(1) << 33) + 2177452800);
    in_zone("EAST-2");
    assert_int_equal(smalltalk_seconds(0), INT64_C(2177452800) + 7200);
    in_zone(NULL);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        SCRATCH_TEST(names_come_sorted_without_dots),
        SCRATCH_TEST(many_names_are_all_there),
        SCRATCH_TEST(an_empty_directory_has_no_names),
        SCRATCH_TEST(what_is_no_directory_is_refused),
        cmocka_unit_test(joined_paths_fit_or_are_refused),
        cmocka_unit_test(dates_count_from_1901_in_local_time),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
