// SPDX-License-Identifier: MIT
// The event loop: timer, descriptors, waking, the helper thread, and what waiting costs.
#include "base/event_loop.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/os.h"
#include "support/emulated.h"

static const uint32_t nothing_else = 0;

typedef struct Seen {
    int calls, fd;
    unsigned events;
} Seen;

static void note_event(void *context, int fd, unsigned events) {
    Seen *seen = context;
    seen->calls++;
    seen->fd = fd;
    seen->events = events;
    char byte;
    if (events & EVENT_READABLE) (void)!read(fd, &byte, 1);
}

static int setup(void **state) {
    EventLoop *loop = NULL;
    if (event_loop_new(&loop, NULL, NULL, NULL)) return 1;
    *state = loop;
    return 0;
}

static int teardown(void **state) {
    event_loop_free(*state);
    return 0;
}

static int64_t milliseconds_since(uint64_t start) {
    return (int64_t)(os_monotonic_nanoseconds() - start) / 1000000;
}

static void timer_ends_a_wait_in_time(void **state) {
    uint64_t start = os_monotonic_nanoseconds();
    event_loop_set_timer(*state, os_utc_microseconds() + 30000);
    assert_true(event_loop_has_timer(*state));
    assert_true(event_loop_wait(*state, -1, &nothing_else));
    assert_in_range(milliseconds_since(start), 29, 29 + 500);
    assert_false(event_loop_has_timer(*state));
}

static void timer_goes_off_once(void **state) {
    event_loop_set_timer(*state, os_utc_microseconds() - 1);
    assert_true(event_loop_poll(*state));
    assert_false(event_loop_poll(*state));
}

static void timer_of_the_distant_past_is_due(void **state) {
    event_loop_set_timer(*state, 1);
    assert_true(event_loop_wait(*state, 1000000, &nothing_else));
}

static void timer_can_be_disarmed(void **state) {
    event_loop_set_timer(*state, os_utc_microseconds() + 1000);
    event_loop_set_timer(*state, 0);
    assert_false(event_loop_wait(*state, 20000, &nothing_else));
    assert_false(event_loop_can_wake(*state));
}

static void distant_timer_is_not_due(void **state) {
    event_loop_set_timer(*state, INT64_MAX);
    assert_false(event_loop_poll(*state));
    assert_true(event_loop_can_wake(*state));
}

static void wait_ends_after_its_limit(void **state) {
    uint64_t start = os_monotonic_nanoseconds();
    assert_false(event_loop_wait(*state, 15500, &nothing_else));
    assert_in_range(milliseconds_since(start), 15, 15 + 500);
}

static void wait_costs_no_processor_time(void **state) {
    struct rusage before, after;
    getrusage(RUSAGE_SELF, &before);
    event_loop_wait(*state, 100000, &nothing_else);
    getrusage(RUSAGE_SELF, &after);
    long used = (after.ru_utime.tv_sec - before.ru_utime.tv_sec) * 1000000 +
                after.ru_utime.tv_usec - before.ru_utime.tv_usec +
                (after.ru_stime.tv_sec - before.ru_stime.tv_sec) * 1000000 +
                after.ru_stime.tv_usec - before.ru_stime.tv_usec;
    assert_in_range(used, 0, 10000);
}

static void does_not_wait_while_something_is_pending(void **state) {
    uint32_t pending = 1;
    uint64_t start = os_monotonic_nanoseconds();
    event_loop_wait(*state, -1, &pending);
    assert_in_range(milliseconds_since(start), 0, 500);
}

// ---- waking

typedef struct Waker {
    EventLoop *loop;
    uint32_t pending;
} Waker;

static void *wake_soon(void *argument) {
    Waker *waker = argument;
    usleep(20000);
    __atomic_store_n(&waker->pending, 1, __ATOMIC_SEQ_CST);
    event_loop_wake(waker->loop);
    return NULL;
}

static void another_thread_wakes(void **state) {
    Waker waker = {.loop = *state};
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, wake_soon, &waker), 0);
    event_loop_wait(*state, -1, &waker.pending);
    assert_int_equal(waker.pending, 1);
    pthread_join(thread, NULL);
}

static void wakes_are_never_lost(void **state) {
    enum { ROUNDS = 2000 };
    Waker waker = {.loop = *state};
    for (int i = 0; i < ROUNDS; i++) {
        waker.pending = 0;
        __atomic_store_n(&waker.pending, 1, __ATOMIC_SEQ_CST);
        event_loop_wake(*state);
        event_loop_wait(*state, -1, &waker.pending);
    }
    assert_int_equal(waker.pending, 1);
}

static void wake_without_waiter_leaves_nothing_behind(void **state) {
    event_loop_wake(*state);
    uint64_t start = os_monotonic_nanoseconds();
    event_loop_wait(*state, 10000, &nothing_else);
    assert_in_range(milliseconds_since(start), 10, 500);
}

static void ignore_signal(int number) { (void)number; }

static void *interrupt_soon(void *argument) {
    usleep(20000);
    pthread_kill(*(pthread_t *)argument, SIGUSR1);
    return NULL;
}

static void signal_ends_a_wait(void **state) {
    struct sigaction action = {.sa_handler = ignore_signal, .sa_flags = SA_RESTART}, before;
    sigaction(SIGUSR1, &action, &before);
    pthread_t self = pthread_self(), thread;
    assert_int_equal(pthread_create(&thread, NULL, interrupt_soon, &self), 0);
    assert_false(event_loop_wait(*state, -1, &nothing_else));
    pthread_join(thread, NULL);
    sigaction(SIGUSR1, &before, NULL);
}

// ---- descriptors

static void readable_descriptor_is_seen(void **state) {
    int ends[2];
    Seen seen = {0};
    assert_int_equal(pipe(ends), 0);
    assert_int_equal(event_loop_watch(*state, ends[0], EVENT_READABLE, note_event, &seen), 0);
    assert_true(event_loop_can_wake(*state));
    event_loop_poll(*state);
    assert_int_equal(seen.calls, 0);
    assert_int_equal(write(ends[1], "x", 1), 1);
    event_loop_wait(*state, -1, &nothing_else);
    assert_int_equal(seen.calls, 1);
    assert_int_equal(seen.fd, ends[0]);
    assert_int_equal(seen.events, EVENT_READABLE);
    event_loop_unwatch(*state, ends[0]);
    assert_int_equal(write(ends[1], "x", 1), 1);
    event_loop_poll(*state);
    assert_int_equal(seen.calls, 1);
    assert_false(event_loop_can_wake(*state));
    close(ends[0]);
    close(ends[1]);
}

static void interest_can_be_changed(void **state) {
    int ends[2];
    Seen first = {0}, second = {0};
    assert_int_equal(pipe(ends), 0);
    assert_int_equal(event_loop_watch(*state, ends[1], EVENT_READABLE, note_event, &first), 0);
    assert_int_equal(event_loop_watch(*state, ends[1], EVENT_WRITABLE, note_event, &second), 0);
    event_loop_poll(*state);
    assert_int_equal(first.calls, 0);
    assert_int_equal(second.events, EVENT_WRITABLE);
    event_loop_unwatch(*state, ends[1]);
    close(ends[0]);
    close(ends[1]);
}

static void closed_peer_is_an_event(void **state) {
    int ends[2];
    Seen seen = {0};
    assert_int_equal(pipe(ends), 0);
    assert_int_equal(event_loop_watch(*state, ends[0], EVENT_READABLE, note_event, &seen), 0);
    close(ends[1]);
    event_loop_poll(*state);
    assert_int_equal(seen.events & EVENT_READABLE, EVENT_READABLE);
    event_loop_unwatch(*state, ends[0]);
    close(ends[0]);
}

static void descriptors_above_1023_work(void **state) {
    struct rlimit limit;
    getrlimit(RLIMIT_NOFILE, &limit);
    limit.rlim_cur = limit.rlim_max < 4096 ? limit.rlim_max : 4096;
    setrlimit(RLIMIT_NOFILE, &limit);
    int ends[2];
    Seen seen = {0};
    assert_int_equal(pipe(ends), 0);
    int high = fcntl(ends[0], F_DUPFD, 2000);
    if (high < 0) skip();
    assert_int_equal(event_loop_watch(*state, high, EVENT_READABLE, note_event, &seen), 0);
    assert_int_equal(write(ends[1], "x", 1), 1);
    event_loop_wait(*state, -1, &nothing_else);
    assert_int_equal(seen.fd, high);
    event_loop_unwatch(*state, high);
    close(high);
    close(ends[0]);
    close(ends[1]);
}

static void plain_file_cannot_be_watched(void **state) {
    FILE *file = tmpfile();
    Seen seen = {0};
    assert_int_equal(event_loop_watch(*state, fileno(file), EVENT_READABLE, note_event, &seen),
                     STATUS_STATE);
    assert_false(event_loop_can_wake(*state));
    fclose(file);
}

static void expected_wakes_count(void **state) {
    event_loop_expect(*state, 1);
    assert_true(event_loop_can_wake(*state));
    event_loop_expect(*state, -1);
    assert_false(event_loop_can_wake(*state));
}

// ---- the helper

static void count_up(void *context) { __atomic_fetch_add((int *)context, 1, __ATOMIC_SEQ_CST); }

static int count_after(int *count, int least) {
    for (int i = 0; i < 2000 && __atomic_load_n(count, __ATOMIC_SEQ_CST) < least; i++)
        usleep(1000);
    return __atomic_load_n(count, __ATOMIC_SEQ_CST);
}

static void helper_notifies_once_until_polled(void **state) {
    (void)state;
    EventLoop *loop;
    int notified = 0;
    assert_int_equal(event_loop_new(&loop, count_up, &notified, NULL), 0);
    event_loop_set_timer(loop, os_utc_microseconds() + 5000);
    assert_int_equal(count_after(&notified, 1), 1);
    usleep(20000);
    assert_int_equal(notified, 1);
    assert_true(event_loop_poll(loop));
    event_loop_set_timer(loop, os_utc_microseconds() + 5000);
    assert_int_equal(count_after(&notified, 2), 2);
    event_loop_free(loop);
}

static void loop_is_freed_while_its_helper_watches(void **state) {
    (void)state;
    int notified = 0;
    for (int i = 0; i < 20; i++) {
        EventLoop *loop;
        assert_int_equal(event_loop_new(&loop, count_up, &notified, NULL), 0);
        event_loop_set_timer(loop, os_utc_microseconds() + (i % 2 ? 0 : 60000000));
        event_loop_free(loop);
    }
    assert_in_range(notified, 0, 20);
}

static void child_process_makes_its_own(void **state) {
    int ends[2], notified = 0;
    Seen seen = {0};
    EventLoop *loop;
    (void)state;
    if (is_emulated()) skip(); // qemu-user breaks when a fork's child makes a thread
    assert_int_equal(event_loop_new(&loop, count_up, &notified, NULL), 0);
    assert_int_equal(pipe(ends), 0);
    assert_int_equal(event_loop_watch(loop, ends[0], EVENT_READABLE, note_event, &seen), 0);
    event_loop_set_timer(loop, os_utc_microseconds() + 20000);
    pid_t child = fork();
    if (child == 0) {
        if (event_loop_after_fork(loop, NULL)) _exit(1);
        if (write(ends[1], "x", 1) != 1) _exit(2);
        while (!event_loop_wait(loop, 1000000, &nothing_else))
            if (!seen.calls) _exit(4);
        event_loop_set_timer(loop, os_utc_microseconds() + 1000);
        _exit(count_after(&notified, 1) ? 0 : 3);
    }
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
    while (!event_loop_wait(loop, 1000000, &nothing_else))
        continue;
    event_loop_free(loop);
    close(ends[0]);
    close(ends[1]);
}

#define LOOP_TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void) {
    const struct CMUnitTest tests[] = {
        LOOP_TEST(timer_ends_a_wait_in_time),
        LOOP_TEST(timer_goes_off_once),
        LOOP_TEST(timer_of_the_distant_past_is_due),
        LOOP_TEST(timer_can_be_disarmed),
        LOOP_TEST(distant_timer_is_not_due),
        LOOP_TEST(wait_ends_after_its_limit),
        LOOP_TEST(wait_costs_no_processor_time),
        LOOP_TEST(does_not_wait_while_something_is_pending),
        LOOP_TEST(another_thread_wakes),
        LOOP_TEST(wakes_are_never_lost),
        LOOP_TEST(wake_without_waiter_leaves_nothing_behind),
        LOOP_TEST(signal_ends_a_wait),
        LOOP_TEST(readable_descriptor_is_seen),
        LOOP_TEST(interest_can_be_changed),
        LOOP_TEST(closed_peer_is_an_event),
        LOOP_TEST(descriptors_above_1023_work),
        LOOP_TEST(plain_file_cannot_be_watched),
        LOOP_TEST(expected_wakes_count),
        cmocka_unit_test(helper_notifies_once_until_polled),
        cmocka_unit_test(loop_is_freed_while_its_helper_watches),
        cmocka_unit_test(child_process_makes_its_own),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
