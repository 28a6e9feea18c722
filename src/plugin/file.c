// SPDX-License-Identifier: MIT
// FilePlugin: files as Smalltalk streams use them. An open file is named by a ByteArray that holds
// a Handle (handles.h) into the VM's table of open files (open_file.h); images hand it back to
// every primitive. Those of the module's primitives that list directories stand in directory.c.
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/event_loop.h"
#include "object/raw.h"
#include "plugin/descriptor_watch.h"
#include "plugin/handles.h"
#include "plugin/open_file.h"
#include "plugin/operands.h"
#include "plugin/registry.h"
#include "run/external_semaphores.h"
#include "run/system.h"

enum { FILE_HANDLE_BYTES = 24 }; // what images and other VMs expect

// The session of the standard streams is the same in every VM: an image that was saved in the
// middle of a run goes on reading and printing when it is loaded again.
enum { STANDARD_SESSION = 0x5354444F };

// A file whose data somebody waits for. There are few at a time.
typedef struct FileWatch {
    DescriptorWatch watch;
    const OpenFile *file;
    struct FileWatch *next;
} FileWatch;

typedef struct FileState {
    HandleTable files;
    HandleTable standard_files; // descriptors 0 to 2
    Handle standard[3];
    FileWatch *watches;
} FileState;

static FileState *file_state(const VM *vm) { return vm->plugin_state[PLUGIN_FILE]; }

// ---- state

static void release_file(void *value) {
    OpenFile *file = value;
    if (!file->standard) open_file_close(file);
    free(file);
}

// Gives back the watches of a file, all of them if that is NULL; those that have fired anyway.
static void release_watches(FileState *state, const OpenFile *file) {
    FileWatch **link = &state->watches;
    while (*link) {
        FileWatch *watch = *link;
        if (file && watch->file != file && watch->watch.armed) {
            link = &watch->next;
            continue;
        }
        descriptor_watch_disarm(&watch->watch);
        *link = watch->next;
        free(watch);
    }
}

static void file_stop(VM *vm) {
    FileState *state = file_state(vm);
    release_watches(state, NULL);
    handle_table_release(&state->files, release_file);
    handle_table_release(&state->standard_files, release_file);
    free(state);
}

// The handle of a standard stream, made anew when the image closed the last one.
static bool standard_handle(FileState *state, int descriptor, Handle *handle) {
    *handle = state->standard[descriptor];
    if (handle_value(&state->standard_files, handle)) return true;
    OpenFile *file = malloc(sizeof *file);
    if (!file || !handle_add(&state->standard_files, file, handle)) {
        free(file);
        return false;
    }
    open_file_standard(file, descriptor);
    state->standard[descriptor] = *handle;
    return true;
}

static Status file_start(VM *vm) {
    FileState *state = calloc(1, sizeof *state);
    if (!state) return STATUS_NO_MEMORY;
    open_file_prepare_process();
    handle_table_init(&state->files, vm->options.deterministic);
    handle_table_init(&state->standard_files, true);
    state->standard_files.session = STANDARD_SESSION;
    vm->plugin_state[PLUGIN_FILE] = state;
    for (int descriptor = 0; descriptor < 3; descriptor++) {
        Handle handle;
        if (standard_handle(state, descriptor, &handle)) continue;
        file_stop(vm);
        return STATUS_NO_MEMORY;
    }
    return STATUS_OK;
}

// ---- operands

// The open file that argument `index` names.
static bool file_argument(VM *vm, unsigned index, OpenFile **file) {
    Handle handle;
    if (!operand_handle(prim_argument(vm, index), FILE_HANDLE_BYTES, &handle)) return false;
    *file = handle_value(&file_state(vm)->files, &handle);
    if (!*file) *file = handle_value(&file_state(vm)->standard_files, &handle);
    return *file != NULL;
}

// An offset or size: an Integer object, not negative.
static bool offset_argument(VM *vm, unsigned index, int64_t *offset) {
    Num value;
    if (!prim_num_from_integer(vm, prim_argument(vm, index), &value)) return false;
    if (num_is_negative(value)) return false;
    *offset = num_concrete(value);
    return true;
}

// Enters a copy of the file and answers its handle object; on failure the file is closed.
static Outcome answer_new_file(VM *vm, const OpenFile *opened, Oop handle_object) {
    Handle handle;
    OpenFile *file = malloc(sizeof *file);
    if (!file || !handle_add(&file_state(vm)->files, file, &handle)) {
        OpenFile closing = *opened;
        if (!closing.standard) open_file_close(&closing);
        free(file);
        return prim_fail(vm, FAILURE_NO_C_MEMORY);
    }
    *file = *opened;
    operand_put_handle(handle_object, &handle);
    return prim_answer(vm, handle_object);
}

static Oop new_handle_object(VM *vm) { return prim_new_byte_array(vm, num(FILE_HANDLE_BYTES)); }

// ---- opening and closing

// (name, writable): a handle
static Outcome prim_file_open(VM *vm) {
    Path path;
    bool writable;
    OpenFile file;
    Failure failure = operand_file_path(vm, prim_argument(vm, 0), &path);
    if (failure) return prim_fail(vm, failure);
    if (!operand_bool(vm, prim_argument(vm, 1), &writable))
        return prim_fail(vm, FAILURE_BAD_ARGUMENT);
    Oop handle_object = new_handle_object(vm);
    if (oop_is_none(handle_object)) return prim_fail(vm, FAILURE_NO_MEMORY);
    int error = open_file_open(&file, path.text, writable);
    return error ? prim_fail_os(vm, error) : answer_new_file(vm, &file, handle_object);
}

// (name): a handle; "inappropriate" tells the image that the file exists
static Outcome prim_file_open_new(VM *vm) {
    Path path;
    OpenFile file;
    Failure failure = operand_file_path(vm, prim_argument(vm, 0), &path);
    if (failure) return prim_fail(vm, failure);
    Oop handle_object = new_handle_object(vm);
    if (oop_is_none(handle_object)) return prim_fail(vm, FAILURE_NO_MEMORY);
    int error = open_file_open_new(&file, path.text);
    if (error == EEXIST) return prim_fail(vm, FAILURE_INAPPROPRIATE);
    return error ? prim_fail_os(vm, error) : answer_new_file(vm, &file, handle_object);
}

// (descriptor, writable): a handle
static Outcome prim_file_connect_descriptor(VM *vm) {
    int descriptor;
    bool writable;
    OpenFile file;
    if (!operand_int(prim_argument(vm, 0), &descriptor)) return prim_fail(vm, FAILURE_BAD_ARGUMENT);
    if (!operand_bool(vm, prim_argument(vm, 1), &writable))
        return prim_fail(vm, FAILURE_BAD_ARGUMENT);
    Oop handle_object = new_handle_object(vm);
    if (oop_is_none(handle_object)) return prim_fail(vm, FAILURE_NO_MEMORY);
    int error = open_file_adopt(&file, descriptor, writable);
    return error ? prim_fail_os(vm, error) : answer_new_file(vm, &file, handle_object);
}

// (address of a C FILE, writable): an address that the image made up would be believed
static Outcome prim_file_connect_c_file(VM *vm) { return prim_fail(vm, FAILURE_UNSUPPORTED); }

static Outcome prim_file_close(VM *vm) {
    Handle handle;
    if (!operand_handle(prim_argument(vm, 0), FILE_HANDLE_BYTES, &handle))
        return prim_fail(vm, FAILURE_BAD_ARGUMENT);
    OpenFile *file = handle_remove(&file_state(vm)->files, &handle);
    if (!file) file = handle_remove(&file_state(vm)->standard_files, &handle);
    if (!file) return prim_fail(vm, FAILURE_BAD_ARGUMENT);
    release_watches(file_state(vm), file);
    int error = open_file_close(file);
    free(file);
    return operand_answer_errno(vm, error);
}

// Answers an Array with handles of standard input, output and error.
static Outcome prim_file_standard_handles(VM *vm) {
    ArrayBuilder answer = operand_array(vm, 3);
    for (int descriptor = 0; descriptor < 3; descriptor++) {
        Handle handle;
        Oop object = new_handle_object(vm);
        if (!standard_handle(file_state(vm), descriptor, &handle))
            return prim_fail(vm, FAILURE_NO_C_MEMORY);
        if (!oop_is_none(object)) operand_put_handle(object, &handle);
        operand_array_put(vm, &answer, object);
    }
    return operand_answer(vm, operand_array_done(&answer));
}

// ---- reading and writing

// Where (buffer, start, count) at arguments 1 to 3 points to: elements of any bits format.
typedef struct Span {
    Oop object;
    size_t offset, bytes, element_bytes;
} Span;

static Failure span_arguments(VM *vm, Span *span) {
    Num start, count, end;
    span->object = prim_argument(vm, 1);
    if (!oop_is_bits(span->object)) return FAILURE_BAD_ARGUMENT;
    if (!prim_num_from_integer(vm, prim_argument(vm, 2), &start)) return FAILURE_BAD_ARGUMENT;
    if (!prim_num_from_integer(vm, prim_argument(vm, 3), &count)) return FAILURE_BAD_ARGUMENT;
    Num elements = element_count(span->object);
    if (num_lt(start, num(1)) || num_is_negative(count)) return FAILURE_BAD_INDEX;
    if (num_add_overflows(num_sub(start, num(1)), count, &end)) return FAILURE_BAD_INDEX;
    if (num_lt(elements, end)) return FAILURE_BAD_INDEX;
    Num width = num_is_zero(elements) ? num(1) : num_quo(byte_count(span->object), elements);
    span->element_bytes = (size_t)num_concrete(width);
    span->offset = (size_t)num_concrete(num_sub(start, num(1))) * span->element_bytes;
    span->bytes = (size_t)num_concrete(count) * span->element_bytes;
    return FAILURE_NONE;
}

// (handle, buffer, start, count): how many elements were read
static Outcome prim_file_read(VM *vm) {
    OpenFile *file;
    Span span;
    size_t done;
    if (!file_argument(vm, 0, &file)) return prim_fail(vm, FAILURE_BAD_ARGUMENT);
    Failure failure = span_arguments(vm, &span);
    if (failure != FAILURE_NONE) return prim_fail(vm, failure);
    if (oop_is_readonly(span.object)) return prim_fail(vm, FAILURE_NO_MODIFICATION);
    int error = open_file_read(file, object_bytes(span.object) + span.offset, span.bytes, &done);
    if (error) return prim_fail_os(vm, error);
    return prim_answer(vm, oop_from_num(num((int64_t)(done / span.element_bytes))));
}

// (handle, buffer, start, count): how many elements were written, which is all
static Outcome prim_file_write(VM *vm) {
    OpenFile *file;
    Span span;
    if (!file_argument(vm, 0, &file)) return prim_fail(vm, FAILURE_BAD_ARGUMENT);
    Failure failure = span_arguments(vm, &span);
    if (failure != FAILURE_NONE) return prim_fail(vm, failure);
    int error = open_file_write(file, object_bytes(span.object) + span.offset, span.bytes);
    if (error) return prim_fail_os(vm, error);
    return prim_answer(vm, oop_from_num(num((int64_t)(span.bytes / span.element_bytes))));
}

static Outcome prim_file_at_end(VM *vm) {
    OpenFile *file;
    if (!file_argument(vm, 0, &file)) return prim_fail(vm, FAILURE_BAD_ARGUMENT);
    return prim_answer_bool(vm, open_file_at_end(file));
}

// Nothing is kept back in the VM: what was written is with the system already.
static Outcome prim_file_flush(VM *vm) {
    OpenFile *file;
    if (!file_argument(vm, 0, &file)) return prim_fail(vm, FAILURE_BAD_ARGUMENT);
    return prim_answer_receiver(vm);
}

static Outcome prim_file_sync(VM *vm) {
    OpenFile *file;
    if (!file_argument(vm, 0, &file)) return prim_fail(vm, FAILURE_BAD_ARGUMENT);
    return operand_answer_errno(vm, open_file_sync(file));
}

// (handle, index of a semaphore): signalled once when something can be read, or the end is reached
static Outcome prim_file_wait_for_data(VM *vm) {
    OpenFile *file;
    FileState *state = file_state(vm);
    Oop index = prim_argument(vm, 1);
    if (!file_argument(vm, 0, &file) || !descriptor_watch_is_index(index))
        return prim_fail(vm, FAILURE_BAD_ARGUMENT);
    int semaphore = (int)num_concrete(num_from_oop(index));
    if (file->ahead != NO_BYTE) { // looked at already
        external_semaphore_signal(vm, semaphore);
        return prim_answer_receiver(vm);
    }
    FileWatch *watch = malloc(sizeof *watch);
    if (!watch) return prim_fail(vm, FAILURE_NO_C_MEMORY);
    release_watches(state, file);
    if (descriptor_watch_arm(&watch->watch, vm, file->descriptor, EVENT_READABLE, semaphore)) {
        free(watch);
        return prim_fail(vm, FAILURE_NO_C_MEMORY);
    }
    watch->file = file;
    watch->next = state->watches;
    state->watches = watch;
    return prim_answer_receiver(vm);
}

// ---- positions

static Outcome prim_file_get_position(VM *vm) {
    OpenFile *file;
    int64_t position;
    if (!file_argument(vm, 0, &file)) return prim_fail(vm, FAILURE_BAD_ARGUMENT);
    int error = open_file_position(file, &position);
    if (error) return prim_fail_os(vm, error);
    return operand_answer(vm, prim_integer_from_num(vm, num(position)));
}

static Outcome prim_file_set_position(VM *vm) {
    OpenFile *file;
    int64_t position;
    if (!file_argument(vm, 0, &file)) return prim_fail(vm, FAILURE_BAD_ARGUMENT);
    if (!offset_argument(vm, 1, &position)) return prim_fail(vm, FAILURE_BAD_ARGUMENT);
    return operand_answer_errno(vm, open_file_set_position(file, position));
}

static Outcome prim_file_size(VM *vm) {
    OpenFile *file;
    int64_t size;
    if (!file_argument(vm, 0, &file)) return prim_fail(vm, FAILURE_BAD_ARGUMENT);
    int error = open_file_size(file, &size);
    if (error) return prim_fail_os(vm, error);
    return operand_answer(vm, prim_integer_from_num(vm, num(size)));
}

static Outcome prim_file_truncate(VM *vm) {
    OpenFile *file;
    int64_t size;
    if (!file_argument(vm, 0, &file)) return prim_fail(vm, FAILURE_BAD_ARGUMENT);
    if (!offset_argument(vm, 1, &size)) return prim_fail(vm, FAILURE_BAD_ARGUMENT);
    return operand_answer_errno(vm, open_file_truncate(file, size));
}

// ---- names and descriptors

static Outcome prim_file_delete(VM *vm) {
    Path path;
    Failure failure = operand_file_path(vm, prim_argument(vm, 0), &path);
    if (failure) return prim_fail(vm, failure);
    return operand_answer_errno(vm, remove(path.text) < 0 ? errno : 0);
}

static Outcome prim_file_rename(VM *vm) {
    Path old_path, new_path;
    Failure failure = operand_file_path(vm, prim_argument(vm, 0), &old_path);
    if (!failure) failure = operand_file_path(vm, prim_argument(vm, 1), &new_path);
    if (failure) return prim_fail(vm, failure);
    return operand_answer_errno(vm, rename(old_path.text, new_path.text) < 0 ? errno : 0);
}

static Outcome prim_file_descriptor_type(VM *vm) {
    int descriptor;
    if (!operand_int(prim_argument(vm, 0), &descriptor)) return prim_fail(vm, FAILURE_BAD_ARGUMENT);
    return prim_answer(vm, oop_from_num(num(open_file_descriptor_type(descriptor))));
}

// ---- the right to use files, which an image can give up for good

static Outcome prim_file_has_access(VM *vm) {
    return prim_answer_bool(vm, !(vm->system && vm->system->refuses_files));
}

static Outcome prim_file_disable_access(VM *vm) {
    if (!system_state(vm)) return prim_fail(vm, FAILURE_NO_C_MEMORY);
    vm->system->refuses_files = true;
    return prim_answer_receiver(vm);
}

// ---- the table

#define FILE_PRIMITIVE(name, function, arguments) NAMED("FilePlugin", name, function, arguments, 0)

static const Primitive file_primitives[] = {
    FILE_PRIMITIVE("primitiveFileOpen", prim_file_open, 2),
    FILE_PRIMITIVE("primitiveFileOpenNew", prim_file_open_new, 1),
    FILE_PRIMITIVE("primitiveConnectToFileDescriptor", prim_file_connect_descriptor, 2),
    FILE_PRIMITIVE("primitiveFileOpenUseFileDescriptor", prim_file_connect_descriptor, 2),
    FILE_PRIMITIVE("primitiveConnectToFile", prim_file_connect_c_file, 2),
    FILE_PRIMITIVE("primitiveFileClose", prim_file_close, 1),
    FILE_PRIMITIVE("primitiveFileStdioHandles", prim_file_standard_handles, 0),
    FILE_PRIMITIVE("primitiveFileRead", prim_file_read, 4),
    FILE_PRIMITIVE("primitiveFileWrite", prim_file_write, 4),
    FILE_PRIMITIVE("primitiveFileAtEnd", prim_file_at_end, 1),
    FILE_PRIMITIVE("primitiveFileFlush", prim_file_flush, 1),
    FILE_PRIMITIVE("primitiveFileSync", prim_file_sync, 1),
    FILE_PRIMITIVE("primitiveFileGetPosition", prim_file_get_position, 1),
    FILE_PRIMITIVE("primitiveFileSetPosition", prim_file_set_position, 2),
    FILE_PRIMITIVE("primitiveFileSize", prim_file_size, 1),
    FILE_PRIMITIVE("primitiveFileTruncate", prim_file_truncate, 2),
    FILE_PRIMITIVE("primitiveFileDelete", prim_file_delete, 1),
    FILE_PRIMITIVE("primitiveFileRename", prim_file_rename, 2),
    FILE_PRIMITIVE("primitiveFileDescriptorType", prim_file_descriptor_type, 1),
    FILE_PRIMITIVE("primitiveHasFileAccess", prim_file_has_access, 0),
    FILE_PRIMITIVE("primitiveDisableFileAccess", prim_file_disable_access, 0),
    FILE_PRIMITIVE("primitiveWaitForDataWithSemaphore", prim_file_wait_for_data, 2),
    NAMED_END,
};

const Plugin plugin_file = {"FilePlugin", file_primitives, file_start, file_stop};
