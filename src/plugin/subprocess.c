// SPDX-License-Identifier: MIT
// ParleyOSPlugin: other programs as child processes (base/os_process.h), for Smalltalk code that
// waits at a semaphore instead of blocking the VM. The rest of the module is in os_services.c.
//
// The semaphore is signalled when the child ends, and, once, when a stream that a read or write
// found not ready becomes so. So one reads until 0 says that nothing is there now, waits, and reads
// again, until nil says that the stream has ended.
//
// Invariant: every child is waited for. One that is released while it runs goes into the list of
// orphans, where its end is noticed at the next of these primitives; those that run when the VM
// stops belong to the process that runs the VM.
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "base/event_loop.h"
#include "base/os_process.h"
#include "object/raw.h"
#include "plugin/descriptor_watch.h"
#include "plugin/operands.h"
#include "plugin/registry.h"

enum { PROCESS_HANDLE_BYTES = sizeof(Handle), EXIT_WATCH = OS_STREAMS, WATCHES };

typedef struct Subprocess {
    OsProcess process;
    DescriptorWatch watches[WATCHES]; // of the streams, and of the end
    int semaphore;                    // 0: none
    struct Subprocess *next_orphan;
} Subprocess;

typedef struct SubprocessState {
    HandleTable table;
    Subprocess *orphans;
} SubprocessState;

static SubprocessState *subprocess_state(const VM *vm) {
    return vm->plugin_state[PLUGIN_SUBPROCESS];
}

// ---- life

static void close_everything(Subprocess *subprocess) {
    for (int i = 0; i < WATCHES; i++)
        descriptor_watch_disarm(&subprocess->watches[i]);
    os_process_close(&subprocess->process);
}

static void release_subprocess(void *value) {
    Subprocess *subprocess = value;
    close_everything(subprocess);
    os_process_poll(&subprocess->process);
    free(subprocess);
}

// Forgets the orphans that have ended.
static void wait_for_orphans(SubprocessState *state) {
    Subprocess **link = &state->orphans;
    while (*link) {
        Subprocess *orphan = *link;
        if (os_process_poll(&orphan->process)) {
            *link = orphan->next_orphan;
            free(orphan);
        } else {
            link = &orphan->next_orphan;
        }
    }
}

static Status subprocess_start(VM *vm) {
    SubprocessState *state = calloc(1, sizeof *state);
    if (!state) return STATUS_NO_MEMORY;
    handle_table_init(&state->table, vm->options.deterministic);
    vm->plugin_state[PLUGIN_SUBPROCESS] = state;
    return STATUS_OK;
}

static void subprocess_stop(VM *vm) {
    SubprocessState *state = subprocess_state(vm);
    handle_table_release(&state->table, release_subprocess);
    while (state->orphans) {
        Subprocess *orphan = state->orphans;
        state->orphans = orphan->next_orphan;
        release_subprocess(orphan);
    }
    free(state);
}

// ---- operands

static bool subprocess_argument(VM *vm, Subprocess **subprocess) {
    Handle handle;
    wait_for_orphans(subprocess_state(vm));
    if (!operand_handle(prim_argument(vm, 0), PROCESS_HANDLE_BYTES, &handle)) return false;
    *subprocess = handle_value(&subprocess_state(vm)->table, &handle);
    return *subprocess != NULL;
}

static void free_strings(char **strings) {
    for (size_t i = 0; strings && strings[i]; i++)
        free(strings[i]);
    free(strings);
}

// Copies of the strings in an Array, behind them NULL. To be freed also after a failure.
static Failure copy_strings(Oop array, char ***strings) {
    if (!oop_is_array_format(array)) return FAILURE_BAD_ARGUMENT;
    *strings = calloc((size_t)num_concrete(slot_count(array)) + 1, sizeof **strings);
    if (!*strings) return FAILURE_NO_C_MEMORY;
    NUM_LOOP(i, num(0), slot_count(array)) {
        Failure failure = operand_copy_string(slot_at(array, i), &(*strings)[num_concrete(i)]);
        if (failure) return failure;
    }
    return FAILURE_NONE;
}

// An Array of three kinds of streams, SmallIntegers.
static bool stream_kinds(Oop array, OsStream streams[OS_STREAMS]) {
    if (!oop_is_array_format(array) || !num_eq(slot_count(array), num(OS_STREAMS))) return false;
    for (int i = 0; i < OS_STREAMS; i++) {
        int kind;
        if (!operand_int(field_at(array, i), &kind) || kind < 0 || kind >= OS_STREAM_KINDS)
            return false;
        if (kind == OS_STREAM_SAME_AS_OUTPUT && i != OS_STANDARD_ERROR) return false;
        streams[i] = (OsStream)kind;
    }
    return true;
}

// ---- starting

// What the image wants to be run, copied out of its objects.
typedef struct Wanted {
    char **arguments, **environment;
    Path directory;
    OsProcessPlan plan;
    int semaphore;
} Wanted;

static void wanted_release(Wanted *wanted) {
    free_strings(wanted->arguments);
    free_strings(wanted->environment);
}

static Failure wanted_from_arguments(VM *vm, Wanted *wanted) {
    Oop environment = prim_argument(vm, 1), directory = prim_argument(vm, 2);
    Oop index = prim_argument(vm, 4);
    Failure failure = copy_strings(prim_argument(vm, 0), &wanted->arguments);
    if (!failure && !wanted->arguments[0]) failure = FAILURE_BAD_ARGUMENT;
    if (!failure && !oop_is(environment, prim_nil(vm)))
        failure = copy_strings(environment, &wanted->environment);
    if (failure) return failure;
    bool elsewhere = !oop_is(directory, prim_nil(vm));
    if (elsewhere && !operand_path(vm, directory, &wanted->directory)) return FAILURE_BAD_ARGUMENT;
    if (!stream_kinds(prim_argument(vm, 3), wanted->plan.streams)) return FAILURE_BAD_ARGUMENT;
    if (!oop_is(index, prim_nil(vm))) {
        if (!descriptor_watch_is_index(index)) return FAILURE_BAD_ARGUMENT;
        wanted->semaphore = (int)num_concrete(num_from_oop(index));
    }
    wanted->plan.arguments = wanted->arguments;
    wanted->plan.environment = wanted->environment;
    wanted->plan.directory = elsewhere ? wanted->directory.text : NULL;
    return FAILURE_NONE;
}

// A watch that cannot be armed is no reason to fail: the child runs, and polling tells.
static void watch_end(VM *vm, Subprocess *subprocess) {
    OsProcess *process = &subprocess->process;
    if (subprocess->semaphore == 0 || process->exit_descriptor < 0) return;
    (void)!descriptor_watch_arm(&subprocess->watches[EXIT_WATCH], vm, process->exit_descriptor,
                                EVENT_READABLE, subprocess->semaphore);
}

static Outcome start_wanted(VM *vm, const Wanted *wanted) {
    SubprocessState *state = subprocess_state(vm);
    Handle handle;
    Oop handle_object = prim_new_byte_array(vm, num(PROCESS_HANDLE_BYTES));
    if (oop_is_none(handle_object)) return prim_fail(vm, FAILURE_NO_MEMORY);
    Subprocess *subprocess = calloc(1, sizeof *subprocess);
    if (!subprocess || !handle_add(&state->table, subprocess, &handle)) {
        free(subprocess);
        return prim_fail(vm, FAILURE_NO_C_MEMORY);
    }
    int error = os_process_start(&wanted->plan, &subprocess->process);
    if (error) {
        handle_remove(&state->table, &handle);
        free(subprocess);
        return prim_fail_os(vm, error);
    }
    subprocess->semaphore = wanted->semaphore;
    watch_end(vm, subprocess);
    operand_put_handle(handle_object, &handle);
    return prim_answer(vm, handle_object);
}

// (arguments, environment or nil, directory or nil, kinds of three streams, semaphore index or
// nil): a handle. Arguments and environment are Arrays of byte objects, the latter NAME=value.
static Outcome prim_start_process(VM *vm) {
    Wanted wanted = {.semaphore = 0};
    wait_for_orphans(subprocess_state(vm));
    Failure failure = wanted_from_arguments(vm, &wanted);
    Outcome outcome = failure ? prim_fail(vm, failure) : start_wanted(vm, &wanted);
    wanted_release(&wanted);
    return outcome;
}

// ---- streams

typedef struct Span {
    uint8_t *bytes;
    size_t count;
} Span;

// (byte object, first index, count) from argument `first` on.
static Failure span_arguments(VM *vm, unsigned first, Span *span) {
    Oop object = prim_argument(vm, first), start = prim_argument(vm, first + 1);
    Oop count = prim_argument(vm, first + 2);
    Num end;
    if (!oop_is_bytes(object) || !oop_is_int(start) || !oop_is_int(count))
        return FAILURE_BAD_ARGUMENT;
    if (num_lt(num_from_oop(start), num(1)) || num_is_negative(num_from_oop(count)))
        return FAILURE_BAD_INDEX;
    if (num_add_overflows(num_from_oop(start), num_from_oop(count), &end) ||
        num_lt(byte_count(object), num_sub(end, num(1))))
        return FAILURE_BAD_INDEX;
    span->bytes = object_bytes(object) + num_concrete(num_from_oop(start)) - 1;
    span->count = (size_t)num_concrete(num_from_oop(count));
    return FAILURE_NONE;
}

// Nothing goes now: the semaphore tells when something does.
static Outcome answer_not_ready(VM *vm, Subprocess *subprocess, int stream, unsigned events) {
    if (subprocess->semaphore &&
        descriptor_watch_arm(&subprocess->watches[stream], vm, subprocess->process.streams[stream],
                             events, subprocess->semaphore))
        return prim_fail(vm, FAILURE_NO_C_MEMORY);
    return prim_answer(vm, oop_from_num(num(0)));
}

static void close_stream(Subprocess *subprocess, int stream) {
    descriptor_watch_disarm(&subprocess->watches[stream]);
    os_process_close_stream(&subprocess->process, stream);
}

// (handle, 1 or 2 for output or errors, bytes, first index, count): how many bytes were read, 0
// when none are there now, nil at the end
static Outcome prim_read_process(VM *vm) {
    Subprocess *subprocess;
    int stream;
    Span span;
    size_t done;
    if (!subprocess_argument(vm, &subprocess) || !operand_int(prim_argument(vm, 1), &stream) ||
        (stream != OS_STANDARD_OUTPUT && stream != OS_STANDARD_ERROR))
        return prim_fail(vm, FAILURE_BAD_ARGUMENT);
    Failure failure = span_arguments(vm, 2, &span);
    if (failure) return prim_fail(vm, failure);
    if (object_is_readonly(prim_argument(vm, 2))) return prim_fail(vm, FAILURE_NO_MODIFICATION);
    if (span.count == 0) return prim_answer(vm, oop_from_num(num(0)));
    if (subprocess->process.streams[stream] < 0) return prim_answer(vm, prim_nil(vm));
    int error = os_process_read(&subprocess->process, stream, span.bytes, span.count, &done);
    if (error == EAGAIN) return answer_not_ready(vm, subprocess, stream, EVENT_READABLE);
    if (error) return prim_fail_os(vm, error);
    if (done > 0) return prim_answer(vm, oop_from_num(num((int64_t)done)));
    close_stream(subprocess, stream);
    return prim_answer(vm, prim_nil(vm));
}

// (handle, bytes, first index, count): how many bytes were written, 0 when none can be now
static Outcome prim_write_process(VM *vm) {
    Subprocess *subprocess;
    Span span;
    size_t done;
    if (!subprocess_argument(vm, &subprocess)) return prim_fail(vm, FAILURE_BAD_ARGUMENT);
    Failure failure = span_arguments(vm, 1, &span);
    if (failure) return prim_fail(vm, failure);
    if (span.count == 0) return prim_answer(vm, oop_from_num(num(0)));
    int error = os_process_write(&subprocess->process, span.bytes, span.count, &done);
    if (error == EAGAIN) return answer_not_ready(vm, subprocess, OS_STANDARD_INPUT, EVENT_WRITABLE);
    return error ? prim_fail_os(vm, error) : prim_answer(vm, oop_from_num(num((int64_t)done)));
}

// (handle): the child reads the end of its standard input
static Outcome prim_close_process_input(VM *vm) {
    Subprocess *subprocess;
    if (!subprocess_argument(vm, &subprocess)) return prim_fail(vm, FAILURE_BAD_ARGUMENT);
    close_stream(subprocess, OS_STANDARD_INPUT);
    return prim_answer_receiver(vm);
}

// ---- the end

// Asks the system. The descriptor that the watch is for is closed when the end is seen.
static bool has_ended(VM *vm, Subprocess *subprocess) {
    if (subprocess->process.ended) return true;
    descriptor_watch_disarm(&subprocess->watches[EXIT_WATCH]);
    if (os_process_poll(&subprocess->process)) return true;
    watch_end(vm, subprocess);
    return false;
}

// (handle): the exit code, the negative number of the signal that ended it, or nil while it runs
static Outcome prim_process_status(VM *vm) {
    Subprocess *subprocess;
    if (!subprocess_argument(vm, &subprocess)) return prim_fail(vm, FAILURE_BAD_ARGUMENT);
    if (!has_ended(vm, subprocess)) return prim_answer(vm, prim_nil(vm));
    return prim_answer(vm, oop_from_num(num(subprocess->process.status)));
}

// (handle, number of the signal)
static Outcome prim_signal_process(VM *vm) {
    Subprocess *subprocess;
    int number;
    if (!subprocess_argument(vm, &subprocess) || !operand_int(prim_argument(vm, 1), &number) ||
        number < 1 || number >= NSIG)
        return prim_fail(vm, FAILURE_BAD_ARGUMENT);
    (void)has_ended(vm, subprocess);
    return operand_answer_errno(vm, os_process_signal(&subprocess->process, number));
}

// (handle): closes the streams and forgets the child, which goes on if it runs
static Outcome prim_release_process(VM *vm) {
    SubprocessState *state = subprocess_state(vm);
    Subprocess *subprocess;
    Handle handle;
    if (!subprocess_argument(vm, &subprocess)) return prim_fail(vm, FAILURE_BAD_ARGUMENT);
    operand_handle(prim_argument(vm, 0), PROCESS_HANDLE_BYTES, &handle);
    handle_remove(&state->table, &handle);
    close_everything(subprocess);
    subprocess->next_orphan = state->orphans;
    state->orphans = subprocess;
    wait_for_orphans(state);
    return prim_answer_receiver(vm);
}

#define OS_PRIMITIVE(name, function, arguments, depth)                                             \
    NAMED("ParleyOSPlugin", name, function, arguments, depth)

static const Primitive subprocess_primitives[] = {
    OS_PRIMITIVE("primitiveStartProcess", prim_start_process, 5, 1),
    OS_PRIMITIVE("primitiveReadProcess", prim_read_process, 5, 0),
    OS_PRIMITIVE("primitiveWriteProcess", prim_write_process, 4, 0),
    OS_PRIMITIVE("primitiveCloseProcessInput", prim_close_process_input, 1, 0),
    OS_PRIMITIVE("primitiveProcessStatus", prim_process_status, 1, 0),
    OS_PRIMITIVE("primitiveSignalProcess", prim_signal_process, 2, 0),
    OS_PRIMITIVE("primitiveReleaseProcess", prim_release_process, 1, 0),
    NAMED_END,
};

const Plugin plugin_subprocess = {"ParleyOSPlugin", subprocess_primitives, subprocess_start,
                                  subprocess_stop};
