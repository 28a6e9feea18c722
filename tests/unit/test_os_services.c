// SPDX-License-Identifier: MIT
// ParleyOSPlugin without its child processes: environment, clocks, time zones, random bytes,
// terminals, files made safe.
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pty.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "plugin_fixture.h"

#define OS(name)                   named("ParleyOSPlugin", "primitive" name)
#define OS_ANSWER(name, ...)       ANSWER(OS(name), __VA_ARGS__)
#define OS_FAILS(error, name, ...) FAILS(error, OS(name), __VA_ARGS__)
#define OS_FAILS_WITH(error, name, ...)                                                            \
    NAMED_FAILS_OS(error, "ParleyOSPlugin", "primitive" name, __VA_ARGS__)

static void variables_can_be_set_and_taken_out(void **state) {
    (void)state;
    Oop name = new_string("PARLEY_TEST_\xC3\xA4");
    OOP_EQUAL(OS_ANSWER("GetVariable", NIL, name), NIL);
    OOP_EQUAL(OS_ANSWER("SetVariable", INT(7), name, new_string("a=b \xE2\x82\xAC")), INT(7));
    assert_bytes(OS_ANSWER("GetVariable", NIL, name), "a=b \xE2\x82\xAC");
    OS_ANSWER("SetVariable", NIL, name, new_string(""));
    assert_bytes(OS_ANSWER("GetVariable", NIL, name), "");
    OS_ANSWER("SetVariable", NIL, name, NIL);
    OOP_EQUAL(OS_ANSWER("GetVariable", NIL, name), NIL);
    OS_ANSWER("SetVariable", NIL, name, NIL);
    Oop long_value = prim_new_byte_string(vm, NULL, 100000);
    memset(object_bytes(long_value), 'x', 100000);
    OS_ANSWER("SetVariable", NIL, name, long_value);
    assert_int_equal(num_concrete(byte_count(OS_ANSWER("GetVariable", NIL, name))), 100000);
    OS_ANSWER("SetVariable", NIL, name, NIL);
}

static void odd_variables_are_refused(void **state) {
    (void)state;
    Oop good = new_string("PARLEY_TEST"), with_zero = prim_new_byte_string(vm, "a\0b", 3);
    OS_FAILS(BAD_ARGUMENT, "SetVariable", NIL, new_string(""), good);
    OS_FAILS(BAD_ARGUMENT, "SetVariable", NIL, new_string("A=B"), good);
    OS_FAILS(BAD_ARGUMENT, "SetVariable", NIL, good, with_zero);
    OS_FAILS(BAD_ARGUMENT, "GetVariable", NIL, with_zero);
    OS_FAILS(BAD_ARGUMENT, "GetVariable", NIL, new_string("A="));
    EACH_NOT_BYTES(o) {
        OS_FAILS(BAD_ARGUMENT, "GetVariable", NIL, o);
        OS_FAILS(BAD_ARGUMENT, "SetVariable", NIL, o, good);
        if (!oop_is(o, NIL)) OS_FAILS(BAD_ARGUMENT, "SetVariable", NIL, good, o);
    }
    assert_null(getenv("PARLEY_TEST"));
}

static void all_variables_are_listed(void **state) {
    (void)state;
    OS_ANSWER("SetVariable", NIL, new_string("PARLEY_LISTED"), new_string("yes"));
    Oop all = OS_ANSWER("AllVariables", NIL);
    bool found = false;
    for (int64_t i = 0; i < num_concrete(slot_count(all)); i++) {
        Oop one = field_at(all, (int)i);
        found = found || (num_concrete(byte_count(one)) == 17 &&
                          memcmp(object_bytes(one), "PARLEY_LISTED=yes", 17) == 0);
    }
    assert_true(found);
    OS_ANSWER("SetVariable", NIL, new_string("PARLEY_LISTED"), NIL);
}

static void the_working_directory_changes(void **state) {
    (void)state;
    char before[PATH_MAX];
    assert_non_null(getcwd(before, sizeof before));
    OS_ANSWER("SetDirectory", NIL, new_string(scratch));
    assert_bytes(OS_ANSWER("GetDirectory", NIL), scratch);
    OS_FAILS_WITH(ENOENT, "SetDirectory", NIL, new_string("missing"));
    EACH_NOT_BYTES(o) OS_FAILS(BAD_ARGUMENT, "SetDirectory", NIL, o);
    assert_int_equal(chdir(before), 0);
    OOP_EQUAL(OS_ANSWER("ProcessId", NIL), INT(getpid()));
}

static void clocks_go_on(void **state) {
    (void)state;
    int64_t first = INT_OF(OS_ANSWER("MonotonicClock", NIL));
    usleep(1000);
    assert_true(INT_OF(OS_ANSWER("MonotonicClock", NIL)) - first >= 1000000);
    // 1.8e18 nanoseconds are more than SmallIntegers hold.
    Oop wall = OS_ANSWER("WallClock", NIL);
    Num nanoseconds;
    assert_true(prim_num_from_integer(vm, wall, &nanoseconds));
    int64_t difference = num_concrete(nanoseconds) / 1000000000 - (int64_t)time(NULL);
    assert_true(difference >= -1 && difference <= 1);
}

static void clocks_of_a_run_that_must_repeat_count_ticks(void **state) {
    (void)state;
    Num nanoseconds;
    vm->options.deterministic = true;
    vm->ticks = 5;
    assert_true(prim_num_from_integer(vm, OS_ANSWER("WallClock", NIL), &nanoseconds));
    assert_int_equal(num_concrete(nanoseconds), 1577836800000005000);
    vm->ticks = 6;
    assert_true(prim_num_from_integer(vm, OS_ANSWER("WallClock", NIL), &nanoseconds));
    assert_int_equal(num_concrete(nanoseconds), 1577836800000006000);
    OOP_EQUAL(field_at(OS_ANSWER("LocalTime", NIL, INT(0)), 0), INT(0));
    Oop bytes = new_bytes(8); // the first number of the generator that starts with 0
    OS_ANSWER("RandomBytes", NIL, bytes);
    assert_memory_equal(object_bytes(bytes), "\xAF\xCD\x1D\x7B\x39\xA8\x20\xE2", 8);
    vm->options.deterministic = false;
}

static void time_zones_have_summer_time(void **state) {
    (void)state;
    setenv("TZ", "CET-1CEST,M3.5.0,M10.5.0/3", 1);
    tzset();
    Oop winter = OS_ANSWER("LocalTime", NIL, INT(1704067200)); // 2024-01-01
    OOP_EQUAL(field_at(winter, 0), INT(3600));
    OOP_EQUAL(field_at(winter, 1), FALSE_OOP);
    assert_bytes(field_at(winter, 2), "CET");
    Oop summer = OS_ANSWER("LocalTime", NIL, INT(1719792000)); // 2024-07-01
    OOP_EQUAL(field_at(summer, 0), INT(7200));
    OOP_EQUAL(field_at(summer, 1), TRUE_OOP);
    assert_bytes(field_at(summer, 2), "CEST");
    OOP_EQUAL(field_at(OS_ANSWER("LocalTime", NIL, INT(-2208988800)), 0), INT(3600)); // 1900
    OS_FAILS(LIMIT_EXCEEDED, "LocalTime", NIL, INT((1ll << 60) - 1));
    OS_FAILS(BAD_ARGUMENT, "LocalTime", NIL, new_large_word(false, UINT64_MAX));
    EACH_NOT_INTEGER(o) OS_FAILS(BAD_ARGUMENT, "LocalTime", NIL, o);
    unsetenv("TZ");
    tzset();
}

static void random_bytes_fill_all(void **state) {
    (void)state;
    Oop one = new_bytes(33), other = new_bytes(33);
    OOP_EQUAL(OS_ANSWER("RandomBytes", INT(3), one), INT(3));
    OS_ANSWER("RandomBytes", NIL, other);
    assert_memory_not_equal(object_bytes(one), object_bytes(other), 33);
    uint8_t any = 0;
    for (int i = 0; i < 40; i++) {
        OS_ANSWER("RandomBytes", NIL, one);
        any |= object_bytes(one)[32];
    }
    assert_int_not_equal(any, 0);
    OS_ANSWER("RandomBytes", NIL, new_bytes(0));
    OS_FAILS(NO_MODIFICATION, "RandomBytes", NIL, read_only(new_bytes(3)));
    EACH_NOT_BYTES(o) OS_FAILS(BAD_ARGUMENT, "RandomBytes", NIL, o);
}

static void terminals_have_sizes(void **state) {
    (void)state;
    int outer, inner;
    struct winsize size = {.ws_col = 91, .ws_row = 27};
    if (openpty(&outer, &inner, NULL, NULL, &size) < 0) skip();
    OOP_EQUAL(OS_ANSWER("IsTerminal", NIL, INT(inner)), TRUE_OOP);
    Oop point = OS_ANSWER("TerminalSize", NIL, INT(inner));
    OOP_EQUAL(field_at(point, POINT_X), INT(91));
    OOP_EQUAL(field_at(point, POINT_Y), INT(27));
    close(outer);
    close(inner);
}

static void files_are_no_terminals(void **state) {
    (void)state;
    int file = open(in_scratch("file"), O_CREAT | O_RDWR, 0600);
    OOP_EQUAL(OS_ANSWER("IsTerminal", NIL, INT(file)), FALSE_OOP);
    OS_FAILS_WITH(ENOTTY, "TerminalSize", NIL, INT(file));
    close(file);
    OOP_EQUAL(OS_ANSWER("IsTerminal", NIL, INT(file)), FALSE_OOP);
    OS_FAILS_WITH(EBADF, "TerminalSize", NIL, INT(file));
    OS_FAILS(BAD_ARGUMENT, "IsTerminal", NIL, INT(-1));
    EACH_NOT_INTEGER(o) {
        OS_FAILS(BAD_ARGUMENT, "IsTerminal", NIL, o);
        OS_FAILS(BAD_ARGUMENT, "TerminalSize", NIL, o);
    }
}

static void write_text(const char *name, const char *text) {
    FILE *file = fopen(in_scratch(name), "w");
    assert_non_null(file);
    fputs(text, file);
    fclose(file);
}

static void assert_text(const char *name, const char *expected) {
    char text[100] = "";
    FILE *file = fopen(in_scratch(name), "r");
    assert_non_null(file);
    assert_int_equal(fread(text, 1, sizeof text - 1, file), strlen(expected));
    fclose(file);
    assert_string_equal(text, expected);
}

static void files_are_replaced(void **state) {
    (void)state;
    write_text("old", "old version");
    write_text("new", "new version");
    OOP_EQUAL(OS_ANSWER("ReplaceFile", INT(4), PATH("new"), PATH("old")), INT(4));
    assert_text("old", "new version");
    assert_int_equal(access(in_scratch("new"), F_OK), -1);
    OS_FAILS_WITH(ENOENT, "ReplaceFile", NIL, PATH("new"), PATH("old"));
    assert_text("old", "new version");
    write_text("new", "newest");
    mkdir(in_scratch("folder"), 0700);
    OS_FAILS_WITH(EISDIR, "ReplaceFile", NIL, PATH("new"), PATH("folder"));
    assert_text("new", "newest");
    OOP_EQUAL(OS_ANSWER("SyncPath", INT(4), PATH("old")), INT(4));
    OS_ANSWER("SyncPath", NIL, PATH("folder"));
    OS_FAILS_WITH(ENOENT, "SyncPath", NIL, PATH("missing"));
    EACH_NOT_BYTES(o) {
        OS_FAILS(BAD_ARGUMENT, "SyncPath", NIL, o);
        OS_FAILS(BAD_ARGUMENT, "ReplaceFile", NIL, o, PATH("old"));
        OS_FAILS(BAD_ARGUMENT, "ReplaceFile", NIL, PATH("new"), o);
    }
    rmdir(in_scratch("folder"));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        PLUGIN_TEST(variables_can_be_set_and_taken_out),
        PLUGIN_TEST(odd_variables_are_refused),
        PLUGIN_TEST(all_variables_are_listed),
        PLUGIN_TEST(the_working_directory_changes),
        PLUGIN_TEST(clocks_go_on),
        PLUGIN_TEST(clocks_of_a_run_that_must_repeat_count_ticks),
        PLUGIN_TEST(time_zones_have_summer_time),
        PLUGIN_TEST(random_bytes_fill_all),
        PLUGIN_TEST(terminals_have_sizes),
        PLUGIN_TEST(files_are_no_terminals),
        PLUGIN_TEST(files_are_replaced),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
