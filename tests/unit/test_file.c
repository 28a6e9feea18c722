// SPDX-License-Identifier: MIT
// FilePlugin's primitives on files: handles, reading and writing every kind of buffer, positions,
// names, and every wrong operand.
#include "base/event_loop.h"
#include "run/external_semaphores.h"
#include "run/process.h"

#include "plugin_fixture.h"

#include <errno.h>
#include <fcntl.h>

#define FILE_ANSWER(name, ...)          NAMED_ANSWER("FilePlugin", name, __VA_ARGS__)
#define FILE_FAILS(failure, name, ...)  NAMED_FAILS(failure, "FilePlugin", name, __VA_ARGS__)
#define FILE_FAILS_OS(error, name, ...) NAMED_FAILS_OS(error, "FilePlugin", name, __VA_ARGS__)

static Oop open_for_reading(const char *name) {
    return FILE_ANSWER("primitiveFileOpen", NIL, PATH(name), FALSE_OOP);
}
static Oop open_for_writing(const char *name) {
    return FILE_ANSWER("primitiveFileOpen", NIL, PATH(name), TRUE_OOP);
}
static void close_handle(Oop handle) {
    OOP_EQUAL(FILE_ANSWER("primitiveFileClose", INT(5), handle), INT(5));
}
static int64_t read_into(Oop handle, Oop buffer, int64_t start, int64_t count) {
    return INT_OF(FILE_ANSWER("primitiveFileRead", NIL, handle, buffer, INT(start), INT(count)));
}
static int64_t write_from(Oop handle, Oop buffer, int64_t start, int64_t count) {
    return INT_OF(FILE_ANSWER("primitiveFileWrite", NIL, handle, buffer, INT(start), INT(count)));
}
static void write_string(Oop handle, const char *text) {
    assert_int_equal(write_from(handle, new_string(text), 1, (int64_t)strlen(text)), strlen(text));
}
static int64_t position_of(Oop handle) {
    return INT_OF(FILE_ANSWER("primitiveFileGetPosition", NIL, handle));
}
static int64_t size_of(Oop handle) { return INT_OF(FILE_ANSWER("primitiveFileSize", NIL, handle)); }

// ---- reading and writing

static void what_is_written_is_read_again(void **state) {
    (void)state;
    Oop handle = open_for_writing("a");
    write_string(handle, "hello world");
    assert_int_equal(position_of(handle), 11);
    FILE_ANSWER("primitiveFileSetPosition", NIL, handle, INT(6));
    Oop buffer = new_string("..........");
    assert_int_equal(read_into(handle, buffer, 3, 4), 4);
    assert_bytes(buffer, "..worl....");
    close_handle(handle);
    assert_file(in_scratch("a"), "hello world");
}

static void reading_at_the_end_answers_what_is_left(void **state) {
    (void)state;
    write_file(in_scratch("a"), "abc");
    Oop handle = open_for_reading("a"), buffer = new_bytes(10);
    assert_int_equal(read_into(handle, buffer, 1, 10), 3);
    assert_int_equal(read_into(handle, buffer, 1, 10), 0);
    OOP_EQUAL(FILE_ANSWER("primitiveFileAtEnd", NIL, handle), TRUE_OOP);
    assert_int_equal(read_into(handle, buffer, 1, 0), 0);
    close_handle(handle);
}

static void elements_of_every_width_are_counted_as_elements(void **state) {
    (void)state;
    write_file(in_scratch("a"), "0123456789abcdefghijklmnopqrstuv");
    Oop buffers[] = {new_bytes(5), new_shorts(5), new_words32(5), new_words64(5)};
    for (int i = 0; i < 4; i++) {
        Oop handle = open_for_reading("a");
        assert_int_equal(read_into(handle, buffers[i], 2, 3), 3);
        assert_int_equal(position_of(handle), 3 << i);
        assert_memory_equal(object_bytes(buffers[i]) + (1 << i), "0123456789abcdefghijklmn",
                            3u << i);
        assert_int_equal(object_bytes(buffers[i])[0], 0);
        assert_int_equal(object_bytes(buffers[i])[4 << i], 0);
        close_handle(handle);
    }
}

static void words_are_written_as_they_lie_in_memory(void **state) {
    (void)state;
    Oop words = new_words32(3), handle = open_for_writing("a");
    memcpy(object_bytes(words), "aaaabbbbcccc", 12);
    assert_int_equal(write_from(handle, words, 2, 2), 2);
    close_handle(handle);
    assert_file(in_scratch("a"), "bbbbcccc");
}

static void empty_buffers_are_legal(void **state) {
    (void)state;
    Oop handle = open_for_writing("a");
    assert_int_equal(write_from(handle, new_bytes(0), 1, 0), 0);
    assert_int_equal(read_into(handle, new_words32(0), 1, 0), 0);
    close_handle(handle);
}

static void ranges_outside_the_buffer_are_refused(void **state) {
    (void)state;
    write_file(in_scratch("a"), "0123456789");
    Oop handle = open_for_reading("a"), buffer = new_bytes(4);
    const int64_t ranges[][2] = {
        {0, 1}, {-1, 1}, {1, 5}, {5, 1},
        {6, 0}, {1, -1}, {2, 4}, {(INT64_C(1) << 60) - 1, (INT64_C(1) << 60) - 1}};
    for (unsigned i = 0; i < sizeof ranges / sizeof *ranges; i++) {
        Oop start = INT(ranges[i][0]), count = INT(ranges[i][1]);
        FILE_FAILS(BAD_INDEX, "primitiveFileRead", NIL, handle, buffer, start, count);
        FILE_FAILS(BAD_INDEX, "primitiveFileWrite", NIL, handle, buffer, start, count);
    }
    Oop large = new_large_word(false, 1ull << 62);
    FILE_FAILS(BAD_INDEX, "primitiveFileRead", NIL, handle, buffer, INT(1), large);
    FILE_FAILS(BAD_INDEX, "primitiveFileRead", NIL, handle, buffer, large, INT(1));
    assert_int_equal(position_of(handle), 0);
    close_handle(handle);
}

static void wrong_operands_of_a_transfer_are_refused(void **state) {
    (void)state;
    Oop handle = open_for_writing("a"), buffer = new_bytes(4);
    Oop pointers[] = {NIL,
                      INT(3),
                      CHARACTER(65),
                      REAL(1.0),
                      new_array(4),
                      new_plain(),
                      new_method(0, "\x78", 1),
                      forwarder_to(buffer)};
    for (unsigned i = 0; i < sizeof pointers / sizeof *pointers; i++) {
        FILE_FAILS(BAD_ARGUMENT, "primitiveFileRead", NIL, handle, pointers[i], INT(1), INT(1));
        FILE_FAILS(BAD_ARGUMENT, "primitiveFileWrite", NIL, handle, pointers[i], INT(1), INT(1));
    }
    EACH_NOT_INTEGER(wrong) {
        FILE_FAILS(BAD_ARGUMENT, "primitiveFileRead", NIL, handle, buffer, wrong, INT(1));
        FILE_FAILS(BAD_ARGUMENT, "primitiveFileWrite", NIL, handle, buffer, INT(1), wrong);
    }
    close_handle(handle);
}

static void a_read_only_buffer_is_written_but_not_read_into(void **state) {
    (void)state;
    Oop handle = open_for_writing("a"), buffer = read_only(new_string("const"));
    assert_int_equal(write_from(handle, buffer, 1, 5), 5);
    FILE_ANSWER("primitiveFileSetPosition", NIL, handle, INT(0));
    FILE_FAILS(NO_MODIFICATION, "primitiveFileRead", NIL, handle, buffer, INT(1), INT(2));
    assert_int_equal(position_of(handle), 0);
    close_handle(handle);
}

static void a_file_opened_for_reading_refuses_writes(void **state) {
    (void)state;
    write_file(in_scratch("a"), "old");
    Oop handle = open_for_reading("a");
    FILE_FAILS_OS(EBADF, "primitiveFileWrite", NIL, handle, new_string("new"), INT(1), INT(3));
    close_handle(handle);
    assert_file(in_scratch("a"), "old");
}

// ---- handles

static void closed_handles_name_nothing(void **state) {
    (void)state;
    Oop handle = open_for_writing("a");
    Oop copy = new_bytes(24);
    memcpy(object_bytes(copy), object_bytes(handle), 24);
    close_handle(handle);
    FILE_FAILS(BAD_ARGUMENT, "primitiveFileClose", NIL, handle);
    FILE_FAILS(BAD_ARGUMENT, "primitiveFileSize", NIL, copy);
    Oop other = open_for_writing("b");
    FILE_FAILS(BAD_ARGUMENT, "primitiveFileSize", NIL, copy);
    assert_int_equal(size_of(other), 0);
    close_handle(other);
}

static void forged_handles_name_nothing(void **state) {
    (void)state;
    Oop handle = open_for_writing("a");
    for (int byte = 0; byte < 16; byte++) {
        Oop forged = new_bytes(24);
        memcpy(object_bytes(forged), object_bytes(handle), 24);
        object_bytes(forged)[byte] ^= 0x10;
        FILE_FAILS(BAD_ARGUMENT, "primitiveFileSize", NIL, forged);
    }
    FILE_FAILS(BAD_ARGUMENT, "primitiveFileSize", NIL, new_bytes(24));
    FILE_FAILS(BAD_ARGUMENT, "primitiveFileSize", NIL, new_bytes(16));
    FILE_FAILS(BAD_ARGUMENT, "primitiveFileSize", NIL, new_bytes(0));
    FILE_FAILS(BAD_ARGUMENT, "primitiveFileSize", NIL, new_string("twenty-four bytes of it"));
    close_handle(handle);
}

static void every_primitive_refuses_what_is_no_handle(void **state) {
    (void)state;
    static const char *const one[] = {"primitiveFileClose",       "primitiveFileAtEnd",
                                      "primitiveFileFlush",       "primitiveFileSync",
                                      "primitiveFileGetPosition", "primitiveFileSize"};
    EACH_NOT_BYTES(wrong) {
        for (unsigned i = 0; i < sizeof one / sizeof *one; i++)
            FILE_FAILS(BAD_ARGUMENT, one[i], NIL, wrong);
        FILE_FAILS(BAD_ARGUMENT, "primitiveFileSetPosition", NIL, wrong, INT(0));
        FILE_FAILS(BAD_ARGUMENT, "primitiveFileTruncate", NIL, wrong, INT(0));
        FILE_FAILS(BAD_ARGUMENT, "primitiveFileRead", NIL, wrong, new_bytes(1), INT(1), INT(1));
        FILE_FAILS(BAD_ARGUMENT, "primitiveFileWrite", NIL, wrong, new_bytes(1), INT(1), INT(1));
    }
}

static void a_handle_is_good_wherever_its_object_moves(void **state) {
    (void)state;
    enum { HANDLE, HELD };
    Oop held[HELD];
    RootScope scope;
    root_scope_enter(&vm->heap, &scope, held, HELD);
    held[HANDLE] = open_for_writing("a");
    heap_collect_full(&vm->heap);
    write_string(held[HANDLE], "kept");
    FILE_ANSWER("primitiveFileFlush", NIL, held[HANDLE]);
    assert_int_equal(size_of(held[HANDLE]), 4);
    close_handle(held[HANDLE]);
    root_scope_leave(&vm->heap, &scope);
}

// ---- opening

static void open_refuses_wrong_operands(void **state) {
    (void)state;
    EACH_NOT_BYTES(wrong) {
        FILE_FAILS(BAD_ARGUMENT, "primitiveFileOpen", NIL, wrong, FALSE_OOP);
        FILE_FAILS(BAD_ARGUMENT, "primitiveFileOpenNew", NIL, wrong);
    }
    EACH_NOT_BOOLEAN(wrong) {
        FILE_FAILS(BAD_ARGUMENT, "primitiveFileOpen", NIL, PATH("a"), wrong);
    }
    Oop zero = new_bytes(3);
    memcpy(object_bytes(zero), "a\0b", 3);
    FILE_FAILS(BAD_ARGUMENT, "primitiveFileOpen", NIL, zero, FALSE_OOP);
    Oop endless = new_bytes(5000);
    memset(object_bytes(endless), 'a', 5000);
    FILE_FAILS(BAD_ARGUMENT, "primitiveFileOpen", NIL, endless, FALSE_OOP);
    assert_int_equal(access(in_scratch("a"), F_OK), -1);
}

static void open_tells_the_error_of_the_system(void **state) {
    (void)state;
    FILE_FAILS_OS(ENOENT, "primitiveFileOpen", NIL, PATH("missing"), FALSE_OOP);
    FILE_FAILS_OS(ENOENT, "primitiveFileOpen", NIL, PATH("no/such"), TRUE_OOP);
    FILE_FAILS_OS(EISDIR, "primitiveFileOpen", NIL, new_string(scratch), TRUE_OOP);
    FILE_FAILS_OS(ENOENT, "primitiveFileOpen", NIL, new_string(""), FALSE_OOP);
}

static void open_new_tells_that_the_file_exists(void **state) {
    (void)state;
    Oop handle = FILE_ANSWER("primitiveFileOpenNew", NIL, PATH("fresh"));
    write_string(handle, "x");
    close_handle(handle);
    FILE_FAILS(INAPPROPRIATE, "primitiveFileOpenNew", NIL, PATH("fresh"));
    FILE_FAILS_OS(ENOENT, "primitiveFileOpenNew", NIL, PATH("no/such"));
    assert_file(in_scratch("fresh"), "x");
}

static void names_are_utf8(void **state) {
    (void)state;
    Oop handle = open_for_writing("gr\xC3\xBC\xC3\x9F \xE6\xBC\xA2\xF0\x9F\x98\x80");
    write_string(handle, "ok");
    close_handle(handle);
    assert_file(in_scratch("gr\xC3\xBC\xC3\x9F \xE6\xBC\xA2\xF0\x9F\x98\x80"), "ok");
    FILE_ANSWER("primitiveFileRename", NIL, PATH("gr\xC3\xBC\xC3\x9F \xE6\xBC\xA2\xF0\x9F\x98\x80"),
                PATH("\xC3\xA9t\xC3\xA9"));
    FILE_ANSWER("primitiveFileDelete", NIL, PATH("\xC3\xA9t\xC3\xA9"));
    assert_int_equal(access(in_scratch("\xC3\xA9t\xC3\xA9"), F_OK), -1);
}

static void a_read_only_folder_refuses_new_files(void **state) {
    (void)state;
    enum { NOBODY = 65534 };
    bool is_root = geteuid() == 0; // who may write everywhere
    mkdir(in_scratch("locked"), 0555);
    chmod(scratch, 0755);
    if (is_root) assert_int_equal(seteuid(NOBODY), 0);
    Outcome open = CALL(named("FilePlugin", "primitiveFileOpen"), NIL, PATH("locked/a"), TRUE_OOP);
    int64_t open_error = vm->os_error;
    Outcome fresh = CALL(named("FilePlugin", "primitiveFileOpenNew"), NIL, PATH("locked/a"));
    if (is_root) assert_int_equal(seteuid(0), 0);
    assert_int_equal(open, OUTCOME_FAILED);
    assert_int_equal(open_error, EACCES);
    assert_int_equal(fresh, OUTCOME_FAILED);
    assert_int_equal(vm->os_error, EACCES);
}

static void descriptors_of_the_process_can_be_taken_over(void **state) {
    (void)state;
    write_file(in_scratch("a"), "0123456789");
    int descriptor = open(in_scratch("a"), O_RDONLY);
    lseek(descriptor, 4, SEEK_SET);
    Oop handle = FILE_ANSWER("primitiveConnectToFileDescriptor", NIL, INT(descriptor), FALSE_OOP);
    assert_int_equal(position_of(handle), 4);
    close_handle(handle);
    assert_int_equal(fcntl(descriptor, F_GETFD), -1);
    FILE_FAILS_OS(EBADF, "primitiveConnectToFileDescriptor", NIL, INT(descriptor), FALSE_OOP);
    FILE_FAILS_OS(EBADF, "primitiveConnectToFileDescriptor", NIL, INT(-1), FALSE_OOP);
    EACH_NOT_INTEGER(wrong)
    FILE_FAILS(BAD_ARGUMENT, "primitiveConnectToFileDescriptor", NIL, wrong, FALSE_OOP);
    FILE_FAILS(BAD_ARGUMENT, "primitiveConnectToFileDescriptor", NIL, INT(1ll << 40), FALSE_OOP);
    FILE_FAILS(BAD_ARGUMENT, "primitiveConnectToFileDescriptor", NIL, INT(0), NIL);
}

static void addresses_of_c_files_are_not_believed(void **state) {
    (void)state;
    FILE_FAILS(UNSUPPORTED, "primitiveConnectToFile", NIL, new_bytes(8), FALSE_OOP);
}

// ---- positions and sizes

static void positions_and_sizes_are_integers_of_any_size(void **state) {
    (void)state;
    Oop handle = open_for_writing("a"), large = new_large_word(false, (1ull << 61) + 5);
    FILE_ANSWER("primitiveFileSetPosition", NIL, handle, large);
    Oop position = FILE_ANSWER("primitiveFileGetPosition", NIL, handle);
    Num value;
    assert_true(prim_num_from_integer(vm, position, &value));
    assert_int_equal(num_concrete(value), (INT64_C(1) << 61) + 5);
    FILE_FAILS(BAD_ARGUMENT, "primitiveFileSetPosition", NIL, handle, INT(-1));
    FILE_FAILS(BAD_ARGUMENT, "primitiveFileSetPosition", NIL, handle,
               new_large_word(false, 1ull << 63));
    FILE_FAILS(BAD_ARGUMENT, "primitiveFileSetPosition", NIL, handle,
               new_large_word(true, 1ull << 62));
    EACH_NOT_INTEGER(wrong) {
        FILE_FAILS(BAD_ARGUMENT, "primitiveFileSetPosition", NIL, handle, wrong);
        FILE_FAILS(BAD_ARGUMENT, "primitiveFileTruncate", NIL, handle, wrong);
    }
    close_handle(handle);
}

static void truncating_cuts_and_extends(void **state) {
    (void)state;
    Oop handle = open_for_writing("a");
    write_string(handle, "0123456789");
    OOP_EQUAL(FILE_ANSWER("primitiveFileTruncate", INT(9), handle, INT(4)), INT(9));
    assert_int_equal(size_of(handle), 4);
    assert_int_equal(position_of(handle), 10);
    FILE_ANSWER("primitiveFileTruncate", NIL, handle, INT(6));
    assert_int_equal(size_of(handle), 6);
    FILE_ANSWER("primitiveFileSync", NIL, handle);
    close_handle(handle);
    Oop reading = open_for_reading("a");
    FILE_FAILS_OS(EINVAL, "primitiveFileTruncate", NIL, reading, INT(0));
    close_handle(reading);
}

// ---- names

static void files_are_deleted_and_renamed(void **state) {
    (void)state;
    write_file(in_scratch("a"), "1");
    write_file(in_scratch("b"), "2");
    OOP_EQUAL(FILE_ANSWER("primitiveFileRename", INT(3), PATH("a"), PATH("b")), INT(3));
    assert_file(in_scratch("b"), "1");
    OOP_EQUAL(FILE_ANSWER("primitiveFileDelete", INT(3), PATH("b")), INT(3));
    FILE_FAILS_OS(ENOENT, "primitiveFileDelete", NIL, PATH("b"));
    FILE_FAILS_OS(ENOENT, "primitiveFileRename", NIL, PATH("a"), PATH("b"));
    EACH_NOT_BYTES(wrong) {
        FILE_FAILS(BAD_ARGUMENT, "primitiveFileDelete", NIL, wrong);
        FILE_FAILS(BAD_ARGUMENT, "primitiveFileRename", NIL, wrong, PATH("b"));
        FILE_FAILS(BAD_ARGUMENT, "primitiveFileRename", NIL, PATH("b"), wrong);
    }
}

// ---- standard streams

static void standard_handles_are_three_and_stay_the_same(void **state) {
    (void)state;
    Oop first = FILE_ANSWER("primitiveFileStdioHandles", NIL);
    assert_int_equal(num_concrete(slot_count(first)), 3);
    char before[3][24];
    for (int i = 0; i < 3; i++)
        memcpy(before[i], object_bytes(field_at(first, i)), 24);
    Oop second = FILE_ANSWER("primitiveFileStdioHandles", NIL);
    for (int i = 0; i < 3; i++)
        assert_memory_equal(object_bytes(field_at(second, i)), before[i], 24);
    OOP_EQUAL(FILE_ANSWER("primitiveFileAtEnd", NIL, field_at(second, 1)), FALSE_OOP);
    FILE_FAILS_OS(EBADF, "primitiveFileRead", NIL, field_at(second, 1), new_bytes(1), INT(1),
                  INT(1));
    FILE_FAILS_OS(ESPIPE, "primitiveFileSize", NIL, field_at(second, 2));
}

static void descriptor_types_are_told(void **state) {
    (void)state;
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    OOP_EQUAL(FILE_ANSWER("primitiveFileDescriptorType", NIL, INT(ends[0])), INT(2));
    close(ends[0]);
    close(ends[1]);
    OOP_EQUAL(FILE_ANSWER("primitiveFileDescriptorType", NIL, INT(ends[0])), INT(-1));
    EACH_NOT_INTEGER(wrong) FILE_FAILS(BAD_ARGUMENT, "primitiveFileDescriptorType", NIL, wrong);
    OOP_EQUAL(FILE_ANSWER("primitiveHasFileAccess", NIL), TRUE_OOP);
}

static void stopping_closes_what_is_open(void **state) {
    (void)state;
    int free_descriptor = dup(1);
    close(free_descriptor);
    open_for_writing("a");
    assert_int_equal(fcntl(free_descriptor, F_GETFD) >= 0, 1);
    plugin_release_all(vm);
    assert_int_equal(fcntl(free_descriptor, F_GETFD), -1);
    assert_int_equal(plugin_register_all(vm), STATUS_OK);
}

// ---- waiting for data

enum { SEMAPHORE = 9 };
#define WAIT(...) ANSWER(named("FilePlugin", "primitiveWaitForDataWithSemaphore"), __VA_ARGS__)
#define WAIT_FAILS(...)                                                                            \
    FAILS(BAD_ARGUMENT, named("FilePlugin", "primitiveWaitForDataWithSemaphore"), __VA_ARGS__)

// Lets the event loop see what there is; answers how often the semaphore was signalled since.
static unsigned signals_now(void) {
    event_loop_poll(vm->processes->loop);
    return __atomic_exchange_n(&vm->processes->external->signals[SEMAPHORE - 1], 0,
                               __ATOMIC_SEQ_CST);
}

static void a_semaphore_tells_when_data_comes(void **state) {
    (void)state;
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    Oop handle = NAMED_ANSWER("FilePlugin", "primitiveConnectToFileDescriptor", NIL, INT(ends[0]),
                              FALSE_OOP);
    OOP_EQUAL(WAIT(INT(3), handle, INT(SEMAPHORE)), INT(3));
    assert_int_equal(signals_now(), 0);
    assert_int_equal(write(ends[1], "xy", 2), 2);
    assert_int_equal(signals_now(), 1);
    assert_int_equal(signals_now(), 0); // once
    WAIT(NIL, handle, INT(SEMAPHORE));
    WAIT(NIL, handle, INT(SEMAPHORE)); // the second replaces the first
    assert_int_equal(signals_now(), 1);
    // A byte that was looked at counts.
    Oop byte = new_bytes(1);
    NAMED_ANSWER("FilePlugin", "primitiveFileRead", NIL, handle, byte, INT(1), INT(1));
    OOP_EQUAL(NAMED_ANSWER("FilePlugin", "primitiveFileAtEnd", NIL, handle), FALSE_OOP);
    WAIT(NIL, handle, INT(SEMAPHORE));
    assert_int_equal(signals_now(), 1);
    NAMED_ANSWER("FilePlugin", "primitiveFileRead", NIL, handle, byte, INT(1), INT(1));
    WAIT(NIL, handle, INT(SEMAPHORE));
    close(ends[1]);
    assert_int_equal(signals_now(), 1); // the end
    WAIT(NIL, handle, INT(SEMAPHORE));
    NAMED_ANSWER("FilePlugin", "primitiveFileClose", NIL, handle);
    assert_int_equal(signals_now(), 0);
    WAIT_FAILS(NIL, handle, INT(SEMAPHORE));
}

static void files_have_their_data(void **state) {
    (void)state;
    write_file(in_scratch("f"), "12345");
    Oop handle = NAMED_ANSWER("FilePlugin", "primitiveFileOpen", NIL, PATH("f"), FALSE_OOP);
    WAIT(NIL, handle, INT(SEMAPHORE));
    assert_int_equal(signals_now(), 1);
    WAIT_FAILS(NIL, handle, INT(0));
    WAIT_FAILS(NIL, handle, INT(EXTERNAL_SEMAPHORE_LIMIT + 1));
    EACH_NOT_INTEGER(o) WAIT_FAILS(NIL, handle, o);
    EACH_NOT_BYTES(o) WAIT_FAILS(NIL, o, INT(SEMAPHORE));
}

static void the_right_to_use_files_can_be_given_up(void **state) {
    (void)state;
    write_file(in_scratch("f"), "12345");
    Oop handle = NAMED_ANSWER("FilePlugin", "primitiveFileOpen", NIL, PATH("f"), FALSE_OOP);
    OOP_EQUAL(NAMED_ANSWER("FilePlugin", "primitiveHasFileAccess", NIL), TRUE_OOP);
    OOP_EQUAL(NAMED_ANSWER("FilePlugin", "primitiveDisableFileAccess", INT(5)), INT(5));
    OOP_EQUAL(NAMED_ANSWER("FilePlugin", "primitiveHasFileAccess", NIL), FALSE_OOP);
    NAMED_FAILS(UNSUPPORTED, "FilePlugin", "primitiveFileOpen", NIL, PATH("f"), FALSE_OOP);
    NAMED_FAILS(UNSUPPORTED, "FilePlugin", "primitiveFileOpenNew", NIL, PATH("g"));
    NAMED_FAILS(UNSUPPORTED, "FilePlugin", "primitiveFileDelete", NIL, PATH("f"));
    NAMED_FAILS(UNSUPPORTED, "FilePlugin", "primitiveFileRename", NIL, PATH("f"), PATH("g"));
    NAMED_FAILS(UNSUPPORTED, "FilePlugin", "primitiveDirectoryCreate", NIL, PATH("d"));
    NAMED_FAILS(UNSUPPORTED, "FilePlugin", "primitiveDirectoryDelete", NIL, PATH("d"));
    NAMED_FAILS(UNSUPPORTED, "FilePlugin", "primitiveDirectoryLookup", NIL, PATH(""), INT(1));
    NAMED_FAILS(UNSUPPORTED, "FilePlugin", "primitiveDirectoryEntry", NIL, PATH(""), PATH("f"));
    NAMED_FAILS(UNSUPPORTED, "FileAttributesPlugin", "primitiveFileExists", NIL, PATH("f"));
    NAMED_FAILS(UNSUPPORTED, "FileAttributesPlugin", "primitiveOpendir", NIL, PATH(""));
    NAMED_FAILS(BAD_ARGUMENT, "FilePlugin", "primitiveFileDelete", NIL, NIL);
    // What is open stays open.
    OOP_EQUAL(NAMED_ANSWER("FilePlugin", "primitiveFileSize", NIL, handle), INT(5));
    assert_int_equal(access(in_scratch("f"), F_OK), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        PLUGIN_TEST(a_semaphore_tells_when_data_comes),
        PLUGIN_TEST(files_have_their_data),
        PLUGIN_TEST(the_right_to_use_files_can_be_given_up),
        PLUGIN_TEST(what_is_written_is_read_again),
        PLUGIN_TEST(reading_at_the_end_answers_what_is_left),
        PLUGIN_TEST(elements_of_every_width_are_counted_as_elements),
        PLUGIN_TEST(words_are_written_as_they_lie_in_memory),
        PLUGIN_TEST(empty_buffers_are_legal),
        PLUGIN_TEST(ranges_outside_the_buffer_are_refused),
        PLUGIN_TEST(wrong_operands_of_a_transfer_are_refused),
        PLUGIN_TEST(a_read_only_buffer_is_written_but_not_read_into),
        PLUGIN_TEST(a_file_opened_for_reading_refuses_writes),
        PLUGIN_TEST(closed_handles_name_nothing),
        PLUGIN_TEST(forged_handles_name_nothing),
        PLUGIN_TEST(every_primitive_refuses_what_is_no_handle),
        PLUGIN_TEST(a_handle_is_good_wherever_its_object_moves),
        PLUGIN_TEST(open_refuses_wrong_operands),
        PLUGIN_TEST(open_tells_the_error_of_the_system),
        PLUGIN_TEST(open_new_tells_that_the_file_exists),
        PLUGIN_TEST(names_are_utf8),
        PLUGIN_TEST(a_read_only_folder_refuses_new_files),
        PLUGIN_TEST(descriptors_of_the_process_can_be_taken_over),
        PLUGIN_TEST(addresses_of_c_files_are_not_believed),
        PLUGIN_TEST(positions_and_sizes_are_integers_of_any_size),
        PLUGIN_TEST(truncating_cuts_and_extends),
        PLUGIN_TEST(files_are_deleted_and_renamed),
        PLUGIN_TEST(standard_handles_are_three_and_stay_the_same),
        PLUGIN_TEST(descriptor_types_are_told),
        PLUGIN_TEST(stopping_closes_what_is_open),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
