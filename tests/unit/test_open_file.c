// SPDX-License-Identifier: MIT
// Open files: offsets of their own, pipes and terminals read in order, every failure with its
// error and without effect.
#include "scratch.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <pty.h>
#include <signal.h>
#include <sys/wait.h>
#include <termios.h>

#include "plugin/open_file.h"

static OpenFile file;

static void open_it(const char *path, bool writable) {
    assert_int_equal(open_file_open(&file, path, writable), 0);
}
static void close_it(void) { assert_int_equal(open_file_close(&file), 0); }

static void assert_reads(size_t count, const char *expected) {
    char buffer[64] = "";
    size_t done;
    assert_int_equal(open_file_read(&file, buffer, count, &done), 0);
    assert_int_equal(done, strlen(expected));
    assert_memory_equal(buffer, expected, done);
}
static void assert_position(int64_t expected) {
    int64_t position;
    assert_int_equal(open_file_position(&file, &position), 0);
    assert_int_equal(position, expected);
}
static void write_text(const char *text) {
    assert_int_equal(open_file_write(&file, text, strlen(text)), 0);
}

// ---- regular files

static void reading_goes_on_from_where_it_was(void **state) {
    (void)state;
    write_file(in_scratch("a"), "hello world");
    open_it(in_scratch("a"), false);
    assert_reads(5, "hello");
    assert_position(5);
    assert_reads(6, " world");
    assert_reads(1, "");
    assert_position(11);
    close_it();
}

static void the_end_is_known_before_reading_past_it(void **state) {
    (void)state;
    write_file(in_scratch("a"), "xy");
    open_it(in_scratch("a"), false);
    assert_false(open_file_at_end(&file));
    assert_reads(2, "xy");
    assert_true(open_file_at_end(&file));
    close_it();
}

static void a_file_without_size_ends_where_reading_says(void **state) {
    (void)state;
    char buffer[8];
    size_t done = 1;
    open_it("/proc/self/stat", false);
    assert_false(open_file_at_end(&file));
    while (done)
        assert_int_equal(open_file_read(&file, buffer, sizeof buffer, &done), 0);
    assert_true(open_file_at_end(&file));
    close_it();
}

static void writing_makes_the_file_and_keeps_what_was_there(void **state) {
    (void)state;
    open_it(in_scratch("new"), true);
    write_text("abcdef");
    close_it();
    open_it(in_scratch("new"), true);
    write_text("XY");
    assert_position(2);
    assert_reads(4, "cdef");
    close_it();
    assert_file(in_scratch("new"), "XYcdef");
}

static void positions_can_be_set_beyond_the_end(void **state) {
    (void)state;
    int64_t size;
    open_it(in_scratch("new"), true);
    assert_int_equal(open_file_set_position(&file, INT64_C(1) << 40), 0);
    write_text("z");
    assert_int_equal(open_file_size(&file, &size), 0);
    assert_int_equal(size, (INT64_C(1) << 40) + 1);
    assert_int_equal(open_file_truncate(&file, 3), 0);
    assert_int_equal(open_file_size(&file, &size), 0);
    assert_int_equal(size, 3);
    assert_int_equal(open_file_set_position(&file, -1), EINVAL);
    assert_int_equal(open_file_sync(&file), 0);
    close_it();
}

static void two_files_on_one_descriptor_have_two_positions(void **state) {
    (void)state;
    write_file(in_scratch("a"), "0123456789");
    OpenFile other;
    open_it(in_scratch("a"), false);
    assert_int_equal(open_file_adopt(&other, file.descriptor, false), 0);
    assert_reads(4, "0123");
    OpenFile first = file;
    file = other;
    assert_reads(2, "01");
    file = first;
    assert_reads(2, "45");
    close_it();
}

static void opening_tells_why_not(void **state) {
    (void)state;
    write_file(in_scratch("taken"), "");
    assert_int_equal(open_file_open(&file, in_scratch("missing"), false), ENOENT);
    assert_int_equal(open_file_open(&file, in_scratch("no/where"), true), ENOENT);
    assert_int_equal(open_file_open(&file, scratch, true), EISDIR);
    assert_int_equal(open_file_open_new(&file, in_scratch("taken")), EEXIST);
    assert_int_equal(open_file_open_new(&file, in_scratch("free")), 0);
    assert_true(file.writable);
    close_it();
}

static void a_directory_opens_but_cannot_be_read(void **state) {
    (void)state;
    char byte;
    size_t done;
    open_it(scratch, false);
    assert_int_equal(open_file_read(&file, &byte, 1, &done), EISDIR);
    close_it();
}

static void a_file_opened_for_reading_is_not_written(void **state) {
    (void)state;
    write_file(in_scratch("a"), "old");
    open_it(in_scratch("a"), false);
    assert_int_equal(open_file_write(&file, "new", 3), EBADF);
    close_it();
    assert_file(in_scratch("a"), "old");
}

static void a_full_disk_leaves_the_position(void **state) {
    (void)state;
    open_it("/dev/full", true);
    assert_int_equal(open_file_write(&file, "x", 1), ENOSPC);
    assert_position(0);
    close_it();
}

// ---- streams

static int pipe_ends[2];

static void open_pipe_for_reading(void) {
    assert_int_equal(pipe(pipe_ends), 0);
    assert_int_equal(open_file_adopt(&file, pipe_ends[0], false), 0);
    assert_int_equal(file.kind, OPEN_FILE_STREAM);
}

static void a_pipe_is_read_to_its_end(void **state) {
    (void)state;
    open_pipe_for_reading();
    assert_int_equal(write(pipe_ends[1], "abc", 3), 3);
    close(pipe_ends[1]);
    assert_false(open_file_at_end(&file));
    assert_reads(2, "ab");
    assert_reads(5, "c");
    assert_true(open_file_at_end(&file));
    assert_reads(1, "");
    close_it();
}

static void looking_for_the_end_loses_no_byte(void **state) {
    (void)state;
    open_pipe_for_reading();
    assert_int_equal(write(pipe_ends[1], "abc", 3), 3);
    assert_false(open_file_at_end(&file));
    assert_false(open_file_at_end(&file));
    assert_reads(3, "abc");
    close(pipe_ends[1]);
    close_it();
}

static void *write_slowly(void *unused) {
    for (int i = 0; i < 3; i++) {
        usleep(5000);
        if (write(pipe_ends[1], "ab", 2) != 2) break;
    }
    return unused;
}

static void a_read_waits_for_all_it_asked_for(void **state) {
    (void)state;
    pthread_t writer;
    open_pipe_for_reading();
    assert_int_equal(pthread_create(&writer, NULL, write_slowly, NULL), 0);
    assert_reads(6, "ababab");
    pthread_join(writer, NULL);
    close(pipe_ends[1]);
    close_it();
}

static void a_descriptor_that_does_not_block_is_waited_for(void **state) {
    (void)state;
    pthread_t writer;
    open_pipe_for_reading();
    fcntl(pipe_ends[0], F_SETFL, O_NONBLOCK);
    assert_int_equal(pthread_create(&writer, NULL, write_slowly, NULL), 0);
    assert_reads(4, "abab");
    pthread_join(writer, NULL);
    close(pipe_ends[1]);
    close_it();
}

static void pipes_have_neither_size_nor_position(void **state) {
    (void)state;
    int64_t number;
    open_pipe_for_reading();
    assert_int_equal(open_file_size(&file, &number), ESPIPE);
    assert_int_equal(open_file_position(&file, &number), ESPIPE);
    assert_int_equal(open_file_set_position(&file, 0), ESPIPE);
    assert_int_equal(open_file_truncate(&file, 0), EINVAL);
    close(pipe_ends[1]);
    close_it();
}

static void a_pipe_that_nobody_reads_is_an_error(void **state) {
    (void)state;
    void (*before)(int) = signal(SIGPIPE, SIG_DFL);
    open_file_prepare_process();
    assert_int_equal(pipe(pipe_ends), 0);
    assert_int_equal(open_file_adopt(&file, pipe_ends[1], true), 0);
    close(pipe_ends[0]);
    assert_int_equal(open_file_write(&file, "x", 1), EPIPE);
    close_it();
    signal(SIGPIPE, before);
}

static void much_is_written_through_a_narrow_pipe(void **state) {
    (void)state;
    enum { MUCH = 300000 };
    char *bytes = calloc(1, MUCH);
    open_pipe_for_reading();
    pid_t child = fork();
    if (child == 0) {
        OpenFile out;
        open_file_adopt(&out, pipe_ends[1], true);
        _exit(open_file_write(&out, bytes, MUCH));
    }
    close(pipe_ends[1]);
    size_t done;
    assert_int_equal(open_file_read(&file, bytes, MUCH, &done), 0);
    assert_int_equal(done, MUCH);
    int status;
    waitpid(child, &status, 0);
    assert_int_equal(status, 0);
    free(bytes);
    close_it();
}

static void adopting_asks_for_the_access_it_needs(void **state) {
    (void)state;
    assert_int_equal(pipe(pipe_ends), 0);
    assert_int_equal(open_file_adopt(&file, pipe_ends[0], true), EINVAL);
    assert_int_equal(open_file_adopt(&file, pipe_ends[1], false), EINVAL);
    close(pipe_ends[0]);
    close(pipe_ends[1]);
    assert_int_equal(open_file_adopt(&file, pipe_ends[0], false), EBADF);
    assert_int_equal(open_file_adopt(&file, -1, false), EBADF);
}

// ---- terminals

static int terminal, far_end;

static int open_terminal(void **state) {
    (void)state;
    struct termios raw;
    if (openpty(&far_end, &terminal, NULL, NULL, NULL) < 0) return -1;
    tcgetattr(terminal, &raw);
    raw.c_lflag &= ~(tcflag_t)ECHO;
    tcsetattr(terminal, TCSANOW, &raw);
    return open_file_adopt(&file, terminal, false);
}
static int close_terminal(void **state) {
    (void)state;
    close(terminal);
    close(far_end);
    return 0;
}
static void type(const char *text) {
    assert_int_equal(write(far_end, text, strlen(text)), strlen(text));
}

static void a_terminal_answers_line_by_line(void **state) {
    (void)state;
    type("one\ntwo\n");
    assert_int_equal(file.kind, OPEN_FILE_TERMINAL);
    assert_reads(60, "one\n");
    assert_reads(60, "two\n");
}

static void a_terminal_ends_when_its_end_was_typed(void **state) {
    (void)state;
    assert_false(open_file_at_end(&file));
    type("\4");
    assert_reads(10, "");
    assert_true(open_file_at_end(&file));
    type("more\n");
    assert_reads(10, "more\n");
    assert_false(open_file_at_end(&file));
}

static void one_byte_of_a_terminal_can_be_taken_back(void **state) {
    (void)state;
    assert_position(0);
    type("ab\n");
    assert_reads(1, "a");
    assert_position(1);
    assert_int_equal(open_file_set_position(&file, 0), 0);
    assert_position(0);
    assert_reads(1, "a");
    assert_reads(1, "b");
    assert_int_equal(open_file_set_position(&file, 2), ESPIPE);
    assert_int_equal(open_file_set_position(&file, 1), 0);
}

// ---- standard streams

static int in_child(int (*body)(void)) {
    pid_t child = fork();
    if (child == 0) _exit(body());
    int status;
    waitpid(child, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static int closed_input_is_at_its_end(void) {
    char byte;
    size_t done = 1;
    close(0);
    open_file_prepare_process();
    if (open_file_descriptor_type(0) != 3) return 1;
    open_file_standard(&file, 0);
    if (!open_file_at_end(&file)) return 2;
    if (open_file_read(&file, &byte, 1, &done) || done != 0) return 3;
    int descriptor = open("/dev/null", O_RDONLY);
    return descriptor > 2 ? 0 : 4;
}

static int closed_output_swallows(void) {
    close(1);
    close(2);
    open_file_prepare_process();
    for (int descriptor = 1; descriptor <= 2; descriptor++) {
        open_file_standard(&file, descriptor);
        if (open_file_write(&file, "x", 1)) return descriptor;
    }
    return 0;
}

static int closing_a_standard_stream_keeps_its_number(void) {
    open_file_standard(&file, 1);
    if (open_file_close(&file)) return 1;
    if (open("/dev/null", O_RDONLY) <= 2) return 2;
    return open_file_write(&file, "x", 1) ? 3 : 0;
}

static int unreserved_closed_streams_do_no_harm(void) {
    char byte;
    size_t done = 1;
    close(0);
    close(1);
    OpenFile in = {.descriptor = 0, .kind = OPEN_FILE_STREAM, .standard = true, .ahead = NO_BYTE};
    OpenFile out = {.descriptor = 1, .kind = OPEN_FILE_STREAM, .standard = true, .writable = true};
    if (open_file_read(&in, &byte, 1, &done) || done != 0) return 1;
    return open_file_write(&out, "x", 1) ? 2 : 0;
}

static int output_into_one_file_is_interleaved(void) {
    int descriptor = open(in_scratch("both"), O_WRONLY | O_CREAT, 0600);
    OpenFile out, err;
    dup2(descriptor, 1);
    dup2(descriptor, 2);
    open_file_standard(&out, 1);
    open_file_standard(&err, 2);
    return open_file_write(&out, "a", 1) || open_file_write(&err, "b", 1) ||
           open_file_write(&out, "c", 1);
}

static void standard_streams_that_are_closed(void **state) {
    (void)state;
    assert_int_equal(in_child(closed_input_is_at_its_end), 0);
    assert_int_equal(in_child(closed_output_swallows), 0);
    assert_int_equal(in_child(closing_a_standard_stream_keeps_its_number), 0);
    assert_int_equal(in_child(unreserved_closed_streams_do_no_harm), 0);
}

static void output_and_errors_share_a_file(void **state) {
    (void)state;
    assert_int_equal(in_child(output_into_one_file_is_interleaved), 0);
    assert_file(in_scratch("both"), "abc");
}

static void output_is_not_read(void **state) {
    (void)state;
    char byte;
    size_t done;
    open_file_standard(&file, 1);
    assert_int_equal(open_file_read(&file, &byte, 1, &done), EBADF);
    assert_false(open_file_at_end(&file));
}

static void descriptors_have_kinds(void **state) {
    (void)state;
    assert_int_equal(pipe(pipe_ends), 0);
    assert_int_equal(open_file_descriptor_type(pipe_ends[0]), 2);
    close(pipe_ends[0]);
    close(pipe_ends[1]);
    assert_int_equal(open_file_descriptor_type(pipe_ends[0]), -1);
    assert_int_equal(open_file_descriptor_type(-5), -1);
    open_it("/dev/null", false);
    assert_int_equal(open_file_descriptor_type(file.descriptor), 3);
    close_it();
}

#define TERMINAL_TEST(f) cmocka_unit_test_setup_teardown(f, open_terminal, close_terminal)

int main(void) {
    const struct CMUnitTest tests[] = {
        SCRATCH_TEST(reading_goes_on_from_where_it_was),
        SCRATCH_TEST(the_end_is_known_before_reading_past_it),
        SCRATCH_TEST(a_file_without_size_ends_where_reading_says),
        SCRATCH_TEST(writing_makes_the_file_and_keeps_what_was_there),
        SCRATCH_TEST(positions_can_be_set_beyond_the_end),
        SCRATCH_TEST(two_files_on_one_descriptor_have_two_positions),
        SCRATCH_TEST(opening_tells_why_not),
        SCRATCH_TEST(a_directory_opens_but_cannot_be_read),
        SCRATCH_TEST(a_file_opened_for_reading_is_not_written),
        SCRATCH_TEST(a_full_disk_leaves_the_position),
        cmocka_unit_test(a_pipe_is_read_to_its_end),
        cmocka_unit_test(looking_for_the_end_loses_no_byte),
        cmocka_unit_test(a_read_waits_for_all_it_asked_for),
        cmocka_unit_test(a_descriptor_that_does_not_block_is_waited_for),
        cmocka_unit_test(pipes_have_neither_size_nor_position),
        cmocka_unit_test(a_pipe_that_nobody_reads_is_an_error),
        cmocka_unit_test(much_is_written_through_a_narrow_pipe),
        cmocka_unit_test(adopting_asks_for_the_access_it_needs),
        TERMINAL_TEST(a_terminal_answers_line_by_line),
        TERMINAL_TEST(a_terminal_ends_when_its_end_was_typed),
        TERMINAL_TEST(one_byte_of_a_terminal_can_be_taken_back),
        cmocka_unit_test(standard_streams_that_are_closed),
        SCRATCH_TEST(output_and_errors_share_a_file),
        cmocka_unit_test(output_is_not_read),
        cmocka_unit_test(descriptors_have_kinds),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
