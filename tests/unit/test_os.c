// SPDX-License-Identifier: MIT
// Clocks, time zones, random bytes, names.
#include "base/os.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static void utc_clock_counts_from_1901(void **state) {
    (void)state;
    int64_t by_vm = os_utc_microseconds();
    int64_t by_c = (int64_t)time(NULL) + OS_EPOCH_DELTA_SECONDS;
    assert_in_range(by_vm / 1000000 - by_c + 2, 0, 4);
    struct tm epoch = {.tm_year = 1, .tm_mday = 1};
    assert_int_equal(timegm(&epoch), -OS_EPOCH_DELTA_SECONDS);
}

static void monotonic_clock_never_steps_back(void **state) {
    (void)state;
    uint64_t last = os_monotonic_nanoseconds();
    for (int i = 0; i < 1000; i++) {
        uint64_t now = os_monotonic_nanoseconds();
        assert_true(now >= last);
        last = now;
    }
}

static void assert_offset(const char *zone, int64_t unix_seconds, int64_t expected) {
    setenv("TZ", zone, 1);
    os_update_timezone();
    int64_t utc = (unix_seconds + OS_EPOCH_DELTA_SECONDS) * 1000000;
    assert_int_equal(os_utc_offset_seconds(utc), expected);
    unsetenv("TZ");
    os_update_timezone();
}

static void zones_ahead_of_utc_are_positive(void **state) {
    (void)state;
    assert_offset("ABC-2", 0, 7200);
    assert_offset("ABC+3:30", 0, -12600);
    assert_offset("UTC0", 0, 0);
}

static void offset_is_that_of_the_moment(void **state) {
    (void)state;
    const char *zone = "CET-1CEST,M3.5.0,M10.5.0/3";
    assert_offset(zone, 1705276800, 3600); // January 2024
    assert_offset(zone, 1721001600, 7200); // July 2024
}

static void random_bytes_differ(void **state) {
    (void)state;
    unsigned char a[64] = {0}, b[64] = {0};
    assert_true(os_random_bytes(a, sizeof a));
    assert_true(os_random_bytes(b, sizeof b));
    assert_int_not_equal(memcmp(a, b, sizeof a), 0);
    unsigned char *many = calloc(1, 70000); // more than one call of the system gives
    assert_true(os_random_bytes(many, 70000));
    unsigned nonzero = 0;
    for (int i = 69000; i < 70000; i++)
        nonzero += many[i] != 0;
    assert_in_range(nonzero, 900, 1000);
    free(many);
}

static void page_size_is_a_power_of_two(void **state) {
    (void)state;
    size_t size = os_page_size();
    assert_true(size >= 4096);
    assert_int_equal(size & (size - 1), 0);
}

static void executable_path_names_this_program(void **state) {
    (void)state;
    char path[4096];
    assert_true(os_executable_path(path, sizeof path));
    assert_int_equal(path[0], '/');
    assert_string_equal(strrchr(path, '/'), "/test_os");
    assert_int_equal(access(path, X_OK), 0);
    assert_false(os_executable_path(path, 4));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(utc_clock_counts_from_1901),
        cmocka_unit_test(monotonic_clock_never_steps_back),
        cmocka_unit_test(zones_ahead_of_utc_are_positive),
        cmocka_unit_test(offset_is_that_of_the_moment),
        cmocka_unit_test(random_bytes_differ),
        cmocka_unit_test(page_size_is_a_power_of_two),
        cmocka_unit_test(executable_path_names_this_program),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
