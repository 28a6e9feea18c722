// SPDX-License-Identifier: MIT
// Child processes of ParleyOSPlugin: what they read, write and answer, when the semaphore is
// signalled, that no descriptor and no zombie stays behind.
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/event_loop.h"
#include "base/os_process.h"
#include "run/external_semaphores.h"
#include "run/process.h"

#include "plugin_fixture.h"

#define OS(name) named("ParleyOSPlugin", "primitive" name)
enum { SEMAPHORE = 5 };

static Oop streams(int input, int output, int errors) {
    return ARRAY_OF(INT(input), INT(output), INT(errors));
}
static Oop shell(const char *script) {
    return ARRAY_OF(new_string("sh"), new_string("-c"), new_string(script));
}
static Oop start(Oop arguments, Oop kinds) {
    return ANSWER(OS("StartProcess"), NIL, arguments, NIL, NIL, kinds, INT(SEMAPHORE));
}
static Oop start_piped(const char *script) {
    return start(shell(script), streams(OS_STREAM_PIPE, OS_STREAM_PIPE, OS_STREAM_PIPE));
}

static uint32_t take_signals(void) {
    return __atomic_exchange_n(&vm->processes->external->signals[SEMAPHORE - 1], 0,
                               __ATOMIC_SEQ_CST);
}

// Waits until the semaphore is signalled; every wait in these tests is bounded.
static void wait_for_signal(void) {
    uint32_t never = 0;
    for (int i = 0; i < 1000; i++) {
        if (take_signals()) return;
        event_loop_wait(vm->processes->loop, 10000, &never);
    }
    fail_msg("the semaphore was not signalled");
}

static int64_t wait_for_end(Oop handle) {
    for (int i = 0; i < 1000; i++) {
        Oop status = ANSWER(OS("ProcessStatus"), NIL, handle);
        if (oop_is_int(status)) return INT_OF(status);
        OOP_EQUAL(status, NIL);
        wait_for_signal();
    }
    fail_msg("the child did not end");
    return 0;
}

// Everything that comes from a stream, up to its end.
static const char *read_all(Oop handle, int stream) {
    static char text[300000];
    size_t length = 0;
    Oop buffer = new_bytes(4096);
    for (;;) {
        Oop count = ANSWER(OS("ReadProcess"), NIL, handle, INT(stream), buffer, INT(1), INT(4096));
        if (oop_is(count, NIL)) break;
        if (INT_OF(count) == 0) wait_for_signal();
        assert_true(length + (size_t)INT_OF(count) < sizeof text);
        memcpy(text + length, object_bytes(buffer), (size_t)INT_OF(count));
        length += (size_t)INT_OF(count);
    }
    text[length] = '\0';
    return text;
}

static void release(Oop handle) {
    OOP_EQUAL(ANSWER(OS("ReleaseProcess"), INT(1), handle), INT(1));
    FAILS(BAD_ARGUMENT, OS("ReleaseProcess"), NIL, handle);
    FAILS(BAD_ARGUMENT, OS("ProcessStatus"), NIL, handle);
}

static int count_descriptors(void) {
    int count = 0;
    DIR *folder = opendir("/proc/self/fd");
    assert_non_null(folder);
    while (readdir(folder))
        count++;
    closedir(folder);
    return count;
}
static bool has_zombies(void) { return waitpid(-1, NULL, WNOHANG) > 0; }

// ----

static void output_errors_and_exit_code_come_back(void **state) {
    (void)state;
    int before = count_descriptors();
    Oop handle = start_piped("echo to out; echo to err >&2; exit 3");
    assert_string_equal(read_all(handle, 1), "to out\n");
    assert_string_equal(read_all(handle, 2), "to err\n");
    assert_int_equal(wait_for_end(handle), 3);
    assert_int_equal(wait_for_end(handle), 3);
    OOP_EQUAL(ANSWER(OS("ReadProcess"), NIL, handle, INT(1), new_bytes(9), INT(1), INT(9)), NIL);
    release(handle);
    assert_int_equal(count_descriptors(), before);
    assert_false(has_zombies());
}

static void input_goes_to_the_child(void **state) {
    (void)state;
    Oop handle = start_piped("cat"), text = new_string("xxGr\xC3\xBC\xC3\x9F"
                                                       "exx");
    assert_int_equal(INT_OF(ANSWER(OS("WriteProcess"), NIL, handle, text, INT(3), INT(7))), 7);
    OOP_EQUAL(ANSWER(OS("CloseProcessInput"), INT(2), handle), INT(2));
    NAMED_FAILS_OS(EBADF, "ParleyOSPlugin", "primitiveWriteProcess", NIL, handle, text, INT(1),
                   INT(1));
    assert_string_equal(read_all(handle, 1), "Gr\xC3\xBC\xC3\x9F"
                                             "e");
    assert_int_equal(wait_for_end(handle), 0);
    release(handle);
}

// More than pipes hold, in both directions at once.
static void much_goes_both_ways(void **state) {
    (void)state;
    enum { SIZE = 250000 };
    Oop handle = start_piped("cat"), sent = new_bytes(SIZE), got = new_bytes(SIZE);
    for (int i = 0; i < SIZE; i++)
        object_bytes(sent)[i] = (uint8_t)(i * 7 + i / 256);
    int64_t written = 0, received = 0;
    while (received < SIZE) {
        if (written < SIZE)
            written += INT_OF(ANSWER(OS("WriteProcess"), NIL, handle, sent, INT(written + 1),
                                     INT(SIZE - written)));
        int64_t part = INT_OF(ANSWER(OS("ReadProcess"), NIL, handle, INT(1), got, INT(received + 1),
                                     INT(SIZE - received)));
        received += part;
        if (part == 0) wait_for_signal();
    }
    assert_memory_equal(object_bytes(sent), object_bytes(got), SIZE);
    ANSWER(OS("CloseProcessInput"), NIL, handle);
    assert_int_equal(wait_for_end(handle), 0);
    release(handle);
}

static void reading_does_not_block(void **state) {
    (void)state;
    Oop handle = start_piped("read x; echo got $x"), buffer = new_bytes(100);
    OOP_EQUAL(ANSWER(OS("ReadProcess"), NIL, handle, INT(1), buffer, INT(1), INT(100)), INT(0));
    OOP_EQUAL(ANSWER(OS("ProcessStatus"), NIL, handle), NIL);
    assert_int_equal(take_signals(), 0);
    ANSWER(OS("WriteProcess"), NIL, handle, new_string("it\n"), INT(1), INT(3));
    wait_for_signal();
    assert_string_equal(read_all(handle, 1), "got it\n");
    wait_for_end(handle);
    release(handle);
}

static void environment_and_directory_are_the_given_ones(void **state) {
    (void)state;
    Oop environment = ARRAY_OF(new_string("A=1"), new_string("B=zwei und drei"));
    Oop handle = ANSWER(OS("StartProcess"), NIL, shell("echo \"$A,$B,$HOME\"; pwd"), environment,
                        new_string(scratch), streams(1, 2, 3), INT(SEMAPHORE));
    char expected[PATH_MAX + 40];
    snprintf(expected, sizeof expected, "1,zwei und drei,\n%s\n", scratch);
    assert_string_equal(read_all(handle, 1), expected);
    assert_int_equal(wait_for_end(handle), 0);
    release(handle);
}

static void errors_may_go_where_output_goes(void **state) {
    (void)state;
    Oop handle = start(shell("echo one; echo two >&2; echo three"), streams(1, 2, 3));
    assert_string_equal(read_all(handle, 1), "one\ntwo\nthree\n");
    OOP_EQUAL(ANSWER(OS("ReadProcess"), NIL, handle, INT(2), new_bytes(9), INT(1), INT(9)), NIL);
    wait_for_end(handle);
    release(handle);
}

static void the_null_device_is_empty(void **state) {
    (void)state;
    Oop handle = start(shell("cat && echo end"), streams(OS_STREAM_NULL, OS_STREAM_PIPE, 1));
    assert_string_equal(read_all(handle, 1), "end\n");
    wait_for_end(handle);
    release(handle);
}

// Nothing else is inherited: no descriptor of the VM, no ignored signal, no mask.
static void children_inherit_nothing_else(void **state) {
    (void)state;
    int leaky = open(in_scratch("leaky"), O_CREAT | O_RDWR, 0600);
    int high = fcntl(leaky, F_DUPFD, 77);
    assert_true(leaky > 2 && high >= 77);
    Oop handle = start_piped("ls /proc/self/fd | wc -l; "
                             "sed -nE 's/^Sig(Blk|Ign):.*(.{7})$/\\1 \\2/p' /proc/self/status");
    // 0, 1, 2 and the folder itself; none of the first 28 signals (the C library has its own).
    assert_string_equal(read_all(handle, 1), "4\nBlk 0000000\nIgn 0000000\n");
    wait_for_end(handle);
    release(handle);
    close(leaky);
    close(high);
}

static void signals_end_children(void **state) {
    (void)state;
    Oop handle = start_piped("exec sleep 100");
    OOP_EQUAL(ANSWER(OS("SignalProcess"), INT(8), handle, INT(SIGTERM)), INT(8));
    assert_int_equal(wait_for_end(handle), -SIGTERM);
    NAMED_FAILS_OS(ESRCH, "ParleyOSPlugin", "primitiveSignalProcess", NIL, handle, INT(SIGTERM));
    release(handle);
    FAILS(BAD_ARGUMENT, OS("SignalProcess"), NIL, handle, INT(SIGTERM));
}

static void writing_to_one_that_ended_fails(void **state) {
    (void)state;
    Oop handle = start_piped("exit 0"), bytes = new_bytes(10);
    assert_int_equal(wait_for_end(handle), 0);
    NAMED_FAILS_OS(EPIPE, "ParleyOSPlugin", "primitiveWriteProcess", NIL, handle, bytes, INT(1),
                   INT(10));
    release(handle);
}

static void a_released_child_leaves_no_zombie(void **state) {
    (void)state;
    int before = count_descriptors();
    Oop handle = start_piped("read x; exit 0");
    release(handle); // it reads the end of its input, and ends
    assert_int_equal(count_descriptors(), before);
    siginfo_t info = {.si_pid = 0};
    assert_int_equal(waitid(P_ALL, 0, &info, WEXITED | WNOWAIT), 0);
    Oop other = start(ARRAY_OF(new_string("true")), streams(1, 1, 1));
    wait_for_end(other);
    release(other);
    assert_false(has_zombies());
}

static void what_cannot_be_started_is_an_error(void **state) {
    (void)state;
    int before = count_descriptors();
    Oop nowhere = ARRAY_OF(new_string("/no/such/program"));
    NAMED_FAILS_OS(ENOENT, "ParleyOSPlugin", "primitiveStartProcess", NIL, nowhere, NIL, NIL,
                   streams(2, 2, 2), INT(SEMAPHORE));
    NAMED_FAILS_OS(EACCES, "ParleyOSPlugin", "primitiveStartProcess", NIL,
                   ARRAY_OF(new_string("/etc/passwd")), NIL, NIL, streams(2, 2, 2), NIL);
    NAMED_FAILS_OS(ENOENT, "ParleyOSPlugin", "primitiveStartProcess", NIL, shell("true"), NIL,
                   PATH("missing"), streams(2, 2, 2), NIL);
    assert_int_equal(count_descriptors(), before);
    assert_false(has_zombies());
}

static void wrong_operands_start_nothing(void **state) {
    (void)state;
    Oop good = shell("true"), kinds = streams(1, 1, 1), zero = prim_new_byte_string(vm, "a\0", 2);
    int before = count_descriptors();
#define START_FAILS(...) FAILS(BAD_ARGUMENT, OS("StartProcess"), NIL, __VA_ARGS__)
    START_FAILS(new_array(0), NIL, NIL, kinds, NIL);
    START_FAILS(ARRAY_OF(new_string("true"), zero), NIL, NIL, kinds, NIL);
    START_FAILS(good, ARRAY_OF(zero), NIL, kinds, NIL);
    START_FAILS(good, NIL, zero, kinds, NIL);
    START_FAILS(good, NIL, NIL, streams(1, 1, 4), NIL);
    START_FAILS(good, NIL, NIL, streams(3, 1, 1), NIL);
    START_FAILS(good, NIL, NIL, streams(1, -1, 1), NIL);
    START_FAILS(good, NIL, NIL, ARRAY_OF(INT(1), INT(1)), NIL);
    START_FAILS(good, NIL, NIL, kinds, INT(0));
    START_FAILS(good, NIL, NIL, kinds, INT(EXTERNAL_SEMAPHORE_LIMIT + 1));
    EACH_NOT_BYTES(o) {
        if (!oop_is_array_format(o)) START_FAILS(o, NIL, NIL, kinds, NIL);
        START_FAILS(ARRAY_OF(new_string("true"), o), NIL, NIL, kinds, NIL);
        if (oop_is(o, NIL)) continue;
        if (!oop_is_array_format(o)) START_FAILS(good, o, NIL, kinds, NIL);
        START_FAILS(good, ARRAY_OF(o), NIL, kinds, NIL);
        START_FAILS(good, NIL, o, kinds, NIL);
        START_FAILS(good, NIL, NIL, o, NIL);
        if (!oop_is_int(o)) START_FAILS(good, NIL, NIL, kinds, o);
    }
    assert_int_equal(count_descriptors(), before);
    assert_false(has_zombies());
}

static void handles_and_spans_are_checked(void **state) {
    (void)state;
    Oop handle = start_piped("cat"), bytes = new_bytes(10), bad = new_bytes(16);
    const Oop wrong[] = {NIL,           INT(1),      bad,
                         new_bytes(15), new_plain(), new_string("no handle at all")};
    for (unsigned i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        FAILS(BAD_ARGUMENT, OS("ProcessStatus"), NIL, wrong[i]);
        FAILS(BAD_ARGUMENT, OS("ReleaseProcess"), NIL, wrong[i]);
        FAILS(BAD_ARGUMENT, OS("CloseProcessInput"), NIL, wrong[i]);
        FAILS(BAD_ARGUMENT, OS("SignalProcess"), NIL, wrong[i], INT(15));
        FAILS(BAD_ARGUMENT, OS("ReadProcess"), NIL, wrong[i], INT(1), bytes, INT(1), INT(10));
        FAILS(BAD_ARGUMENT, OS("WriteProcess"), NIL, wrong[i], bytes, INT(1), INT(10));
    }
    FAILS(BAD_ARGUMENT, OS("SignalProcess"), NIL, handle, INT(0));
    FAILS(BAD_ARGUMENT, OS("SignalProcess"), NIL, handle, INT(100000));
    FAILS(BAD_ARGUMENT, OS("ReadProcess"), NIL, handle, INT(0), bytes, INT(1), INT(10));
    FAILS(BAD_ARGUMENT, OS("ReadProcess"), NIL, handle, INT(3), bytes, INT(1), INT(10));
    FAILS(BAD_INDEX, OS("ReadProcess"), NIL, handle, INT(1), bytes, INT(0), INT(10));
    FAILS(BAD_INDEX, OS("ReadProcess"), NIL, handle, INT(1), bytes, INT(2), INT(10));
    FAILS(BAD_INDEX, OS("ReadProcess"), NIL, handle, INT(1), bytes, INT(1), INT(-1));
    FAILS(BAD_INDEX, OS("WriteProcess"), NIL, handle, bytes, INT((1ll << 60) - 1), INT(10));
    FAILS(NO_MODIFICATION, OS("ReadProcess"), NIL, handle, INT(1), read_only(new_bytes(3)), INT(1),
          INT(3));
    OOP_EQUAL(ANSWER(OS("ReadProcess"), NIL, handle, INT(1), bytes, INT(11), INT(0)), INT(0));
    EACH_NOT_BYTES(o) {
        FAILS(BAD_ARGUMENT, OS("ReadProcess"), NIL, handle, INT(1), o, INT(1), INT(0));
        FAILS(BAD_ARGUMENT, OS("WriteProcess"), NIL, handle, o, INT(1), INT(0));
    }
    EACH_NOT_INTEGER(o) {
        FAILS(BAD_ARGUMENT, OS("ReadProcess"), NIL, handle, o, bytes, INT(1), INT(0));
        FAILS(BAD_ARGUMENT, OS("ReadProcess"), NIL, handle, INT(1), bytes, o, INT(0));
        FAILS(BAD_ARGUMENT, OS("ReadProcess"), NIL, handle, INT(1), bytes, INT(1), o);
        FAILS(BAD_ARGUMENT, OS("SignalProcess"), NIL, handle, o);
    }
    release(handle);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        PLUGIN_TEST(output_errors_and_exit_code_come_back),
        PLUGIN_TEST(input_goes_to_the_child),
        PLUGIN_TEST(much_goes_both_ways),
        PLUGIN_TEST(reading_does_not_block),
        PLUGIN_TEST(environment_and_directory_are_the_given_ones),
        PLUGIN_TEST(errors_may_go_where_output_goes),
        PLUGIN_TEST(the_null_device_is_empty),
        PLUGIN_TEST(children_inherit_nothing_else),
        PLUGIN_TEST(signals_end_children),
        PLUGIN_TEST(writing_to_one_that_ended_fails),
        PLUGIN_TEST(a_released_child_leaves_no_zombie),
        PLUGIN_TEST(what_cannot_be_started_is_an_error),
        PLUGIN_TEST(wrong_operands_start_nothing),
        PLUGIN_TEST(handles_and_spans_are_checked),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
