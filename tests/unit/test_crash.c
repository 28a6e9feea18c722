// SPDX-License-Identifier: MIT
// Crash reports and user signals, each in a child process: what it prints and how it ends.
#include "base/crash.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include <limits.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/check.h"

// What the child wrote to standard error, and its status as of waitpid.
typedef struct Ended {
    char text[8192];
    int status;
} Ended;

static Ended run_child(void (*body)(void)) {
    Ended ended = {{0}, 0};
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    pid_t child = fork();
    if (child == 0) {
        dup2(ends[1], 2);
        close(ends[0]);
        alarm(30);
        body();
        _exit(77);
    }
    close(ends[1]);
    size_t used = 0;
    ssize_t got;
    while ((got = read(ends[0], ended.text + used, sizeof ended.text - 1 - used)) > 0)
        used += (size_t)got;
    close(ends[0]);
    assert_int_equal(waitpid(child, &ended.status, 0), child);
    return ended;
}

static void assert_ended(const Ended *ended, int code, const char *said) {
    if (said && !strstr(ended->text, said)) fail_msg("\"%s\" is not in: %s", said, ended->text);
    if (!WIFEXITED(ended->status)) fail_msg("ended by signal %d", WTERMSIG(ended->status));
    assert_int_equal(WEXITSTATUS(ended->status), code);
}

// ---- reporters

static void say_name(void *context) { fprintf(stderr, "reporter %s\n", (const char *)context); }
static void fault(void *context) {
    (void)context;
    volatile int *forbidden = mmap(NULL, 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    *forbidden = 1;
}
static void fail_a_check(void *context) {
    (void)context;
    CHECK(1 + 1 == 3, "%s", "inside a reporter");
}

static void add(CrashReporter reporter, const char *context) {
    if (crash_add_reporter(reporter, (void *)(uintptr_t)context)) _exit(78);
}

static void reporters_are_limited(void **state) {
    (void)state;
    static char contexts[CRASH_REPORTER_LIMIT + 1];
    for (int i = 0; i < CRASH_REPORTER_LIMIT; i++)
        assert_int_equal(crash_add_reporter(say_name, &contexts[i]), STATUS_OK);
    assert_int_equal(crash_add_reporter(say_name, &contexts[CRASH_REPORTER_LIMIT]), STATUS_LIMIT);
    crash_remove_reporter(&contexts[3]);
    assert_int_equal(crash_add_reporter(say_name, &contexts[CRASH_REPORTER_LIMIT]), STATUS_OK);
    for (int i = 0; i <= CRASH_REPORTER_LIMIT; i++)
        crash_remove_reporter(&contexts[i]);
}

static void fail_with_two_reporters(void) {
    add(say_name, "one");
    add(say_name, "two");
    CHECK(2 < 1, "values %d %d", 2, 1);
}
static void failing_check_reports_and_exits_3(void **state) {
    (void)state;
    Ended ended = run_child(fail_with_two_reporters);
    assert_ended(&ended, 3, "broken invariant");
    assert_ended(&ended, 3, "2 < 1: values 2 1");
    assert_ended(&ended, 3, "reporter one\nreporter two\n");
}

static void fail_after_removal(void) {
    add(say_name, "one");
    char *two = strdup("two");
    add(say_name, two);
    crash_remove_reporter(two);
    CHECK(false, "%s", "x");
}
static void removed_reporters_are_silent(void **state) {
    (void)state;
    Ended ended = run_child(fail_after_removal);
    assert_ended(&ended, 3, "reporter one");
    assert_null(strstr(ended.text, "reporter two"));
}

// ---- fatal signals

static void segfault(void) {
    crash_install_handlers();
    add(say_name, "one");
    fault(NULL);
}
static void segmentation_fault_reports_and_exits_3(void **state) {
    (void)state;
    Ended ended = run_child(segfault);
    assert_ended(&ended, 3, "parley: crashed with signal 11");
    assert_ended(&ended, 3, "reporter one");
}

static void abort_it(void) {
    crash_install_handlers();
    add(say_name, "one");
    abort();
}
static void abort_reports_and_exits_3(void **state) {
    (void)state;
    Ended ended = run_child(abort_it);
    assert_ended(&ended, 3, "reporter one");
}

static unsigned recurse(unsigned depth) {
    volatile char block[4096];
    block[0] = (char)depth;
    return depth == UINT_MAX ? 0 : recurse(depth + 1) + (unsigned)block[0];
}
static void overflow_stack(void) {
    crash_install_handlers();
    add(say_name, "one");
    _exit(recurse(0) == 1);
}
static void stack_overflow_reports_and_exits_3(void **state) {
    (void)state;
    Ended ended = run_child(overflow_stack);
    assert_ended(&ended, 3, "reporter one");
}

static void fault_with_faulting_reporters(void) {
    crash_install_handlers();
    add(fault, "one");
    add(fail_a_check, "two");
    add(say_name, "three");
    fault(NULL);
}
static void faulting_reporters_are_abandoned(void **state) {
    (void)state;
    Ended ended = run_child(fault_with_faulting_reporters);
    assert_ended(&ended, 3, "the report ends here");
    assert_ended(&ended, 3, "inside a reporter");
    assert_ended(&ended, 3, "reporter three");
}

static void report_in_parts(void *context) {
    bool first = crash_guard(say_name, context);
    bool second = crash_guard(fault, context);
    bool third = crash_guard(say_name, context);
    fprintf(stderr, "parts %d %d %d\n", first, second, third);
}
static void fault_with_parts(void) {
    crash_install_handlers();
    add(report_in_parts, "one");
    fault(NULL);
}
static void fault_in_a_part_ends_only_that(void **state) {
    (void)state;
    Ended ended = run_child(fault_with_parts);
    assert_ended(&ended, 3, "parts 1 0 1");
}

static void set_flag(void *context) { *(bool *)context = true; }
static void guard_outside_of_reports_just_runs(void **state) {
    (void)state;
    bool ran = false;
    assert_true(crash_guard(set_flag, &ran));
    assert_true(ran);
}

// ---- user signals

static void count_signal(void *context, UserSignal which) {
    (void)context;
    if (which == USER_INTERRUPT) (void)!write(2, "INT ", 4);
    if (which == USER_WANTS_REPORT) (void)!write(2, "QUIT ", 5);
}
static void listen_to_user(void) {
    crash_install_user_handlers();
    add(say_name, "one");
    if (crash_add_listener(count_signal, count_signal)) _exit(78);
}

static void interrupt_thrice(void) {
    listen_to_user();
    raise(SIGINT);
    raise(SIGINT);
    (void)!write(2, "alive ", 6);
    raise(SIGINT);
}
static void third_unserved_interrupt_ends_the_process(void **state) {
    (void)state;
    Ended ended = run_child(interrupt_thrice);
    assert_ended(&ended, 130, "INT INT alive INT");
}

static void interrupt_and_serve(void) {
    listen_to_user();
    for (int i = 0; i < 5; i++) {
        raise(SIGINT);
        crash_user_signal_served(USER_INTERRUPT);
    }
    _exit(0);
}
static void served_interrupts_do_not_add_up(void **state) {
    (void)state;
    Ended ended = run_child(interrupt_and_serve);
    assert_ended(&ended, 0, "INT INT INT INT INT");
}

static void interrupt_unheard(void) {
    crash_install_user_handlers();
    raise(SIGINT);
}
static void interrupt_without_listener_ends_the_process(void **state) {
    (void)state;
    Ended ended = run_child(interrupt_unheard);
    assert_ended(&ended, 130, NULL);
}

static void quit_twice(void) {
    listen_to_user();
    raise(SIGQUIT);
    (void)!write(2, "then ", 5);
    raise(SIGQUIT);
    _exit(0);
}
static void second_unserved_quit_reports_at_once(void **state) {
    (void)state;
    Ended ended = run_child(quit_twice);
    assert_ended(&ended, 0, "QUIT then QUIT reporter one");
}

static void quit_unheard(void) {
    crash_install_user_handlers();
    add(say_name, "one");
    raise(SIGQUIT);
    _exit(0);
}
static void quit_without_listener_reports_and_goes_on(void **state) {
    (void)state;
    Ended ended = run_child(quit_unheard);
    assert_ended(&ended, 0, "reporter one");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reporters_are_limited),
        cmocka_unit_test(failing_check_reports_and_exits_3),
        cmocka_unit_test(removed_reporters_are_silent),
        cmocka_unit_test(segmentation_fault_reports_and_exits_3),
        cmocka_unit_test(abort_reports_and_exits_3),
        cmocka_unit_test(stack_overflow_reports_and_exits_3),
        cmocka_unit_test(faulting_reporters_are_abandoned),
        cmocka_unit_test(fault_in_a_part_ends_only_that),
        cmocka_unit_test(guard_outside_of_reports_just_runs),
        cmocka_unit_test(third_unserved_interrupt_ends_the_process),
        cmocka_unit_test(served_interrupts_do_not_add_up),
        cmocka_unit_test(interrupt_without_listener_ends_the_process),
        cmocka_unit_test(second_unserved_quit_reports_at_once),
        cmocka_unit_test(quit_without_listener_reports_and_goes_on),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
