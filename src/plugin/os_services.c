// SPDX-License-Identifier: MIT
// ParleyOSPlugin: what Smalltalk code asks of the operating system beside files and time of day:
// the environment, the working directory, clocks, time zones, random bytes, terminals, and the
// steps that make a file safe on the disk. Child processes are in subprocess.c.
//
// In a run that must repeat, clocks count ticks, random bytes come from a generator with a fixed
// start, and there are no time zones.
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/os.h"
#include "base/random.h"
#include "object/raw.h"
#include "plugin/operands.h"
#include "plugin/registry.h"
#include "run/clock.h"

extern char **environ;

static Status services_start(VM *vm) {
    uint64_t *random_state = calloc(1, sizeof *random_state);
    if (!random_state) return STATUS_NO_MEMORY;
    vm->plugin_state[PLUGIN_OS_SERVICES] = random_state;
    return STATUS_OK;
}

static void services_stop(VM *vm) { free(vm->plugin_state[PLUGIN_OS_SERVICES]); }

static Outcome answer_integer(VM *vm, int64_t value) {
    return operand_answer(vm, prim_integer_from_num(vm, num(value)));
}

// ---- the environment

// A name that the environment can have.
static bool variable_name(VM *vm, Oop oop, Path *name) {
    return operand_path(vm, oop, name) && name->text[0] && !strchr(name->text, '=');
}

// (name): its value, nil when there is none
static Outcome prim_get_variable(VM *vm) {
    Path name;
    if (!variable_name(vm, prim_argument(vm, 0), &name)) return prim_fail(vm, FAILURE_BAD_ARGUMENT);
    const char *value = getenv(name.text);
    return value ? operand_answer(vm, operand_new_string(vm, value))
                 : prim_answer(vm, prim_nil(vm));
}

// (name, value): a value of nil takes the variable out
static Outcome prim_set_variable(VM *vm) {
    Path name;
    char *value;
    Oop new_value = prim_argument(vm, 1);
    if (!variable_name(vm, prim_argument(vm, 0), &name)) return prim_fail(vm, FAILURE_BAD_ARGUMENT);
    if (oop_is(new_value, prim_nil(vm)))
        return operand_answer_errno(vm, unsetenv(name.text) < 0 ? errno : 0);
    Failure failure = operand_copy_string(new_value, &value);
    if (failure) return prim_fail(vm, failure);
    int error = setenv(name.text, value, true) < 0 ? errno : 0;
    free(value);
    return operand_answer_errno(vm, error);
}

// An Array of Strings NAME=value.
static Outcome prim_all_variables(VM *vm) {
    int count = 0;
    while (environ && environ[count])
        count++;
    ArrayBuilder variables = operand_array(vm, count);
    for (int i = 0; i < count; i++)
        operand_array_put(vm, &variables, operand_new_string(vm, environ[i]));
    return operand_answer(vm, operand_array_done(&variables));
}

static Outcome prim_get_directory(VM *vm) {
    Path path;
    if (!getcwd(path.text, sizeof path.text)) return prim_fail_os(vm, errno);
    return operand_answer(vm, operand_new_string(vm, path.text));
}

static Outcome prim_set_directory(VM *vm) {
    Path path;
    if (!operand_path(vm, prim_argument(vm, 0), &path)) return prim_fail(vm, FAILURE_BAD_ARGUMENT);
    return operand_answer_errno(vm, chdir(path.text) < 0 ? errno : 0);
}

static Outcome prim_process_id(VM *vm) { return answer_integer(vm, getpid()); }

// ---- clocks

// Nanoseconds that never step, since some moment in the past.
static Outcome prim_monotonic_clock(VM *vm) {
    if (vm->options.deterministic) return answer_integer(vm, clock_utc_microseconds(vm) * 1000);
    return answer_integer(vm, (int64_t)os_monotonic_nanoseconds());
}

// Nanoseconds since 1970 in UTC.
static Outcome prim_wall_clock(VM *vm) {
    if (!vm->options.deterministic) return answer_integer(vm, os_unix_nanoseconds());
    int64_t since_1970 = clock_utc_microseconds(vm) - OS_EPOCH_DELTA_SECONDS * 1000000;
    return answer_integer(vm, since_1970 * 1000);
}

// (seconds since 1970 in UTC): an Array of the seconds that local time is ahead of UTC then,
// whether that is summer time, and the short name of the time zone
static Outcome prim_local_time(VM *vm) {
    Num seconds;
    OsLocalTime local = {0, false, "UTC"};
    if (!prim_num_from_integer(vm, prim_argument(vm, 0), &seconds))
        return prim_fail(vm, FAILURE_BAD_ARGUMENT);
    if (!vm->options.deterministic && !os_local_time(num_concrete(seconds), &local))
        return prim_fail(vm, FAILURE_LIMIT_EXCEEDED);
    ArrayBuilder answer = operand_array(vm, 3);
    operand_array_put_integer(vm, &answer, local.offset_seconds);
    operand_array_put(vm, &answer, prim_bool(vm, local.is_summer_time));
    operand_array_put(vm, &answer, operand_new_string(vm, local.zone));
    return operand_answer(vm, operand_array_done(&answer));
}

// ---- random bytes

// (byte object): filled with bytes that nobody can guess
static Outcome prim_random_bytes(VM *vm) {
    Oop bytes = prim_argument(vm, 0);
    if (!oop_is_bytes(bytes)) return prim_fail(vm, FAILURE_BAD_ARGUMENT);
    if (object_is_readonly(bytes)) return prim_fail(vm, FAILURE_NO_MODIFICATION);
    size_t count = (size_t)num_concrete(byte_count(bytes));
    if (vm->options.deterministic)
        random_fill(vm->plugin_state[PLUGIN_OS_SERVICES], object_bytes(bytes), count);
    else if (!os_random_bytes(object_bytes(bytes), count))
        return prim_fail(vm, FAILURE_UNSUPPORTED);
    return prim_answer_receiver(vm);
}

// ---- terminals

static bool descriptor_argument(VM *vm, int *descriptor) {
    return operand_int(prim_argument(vm, 0), descriptor) && *descriptor >= 0;
}

// (descriptor): 0, 1 and 2 are the standard streams
static Outcome prim_is_terminal(VM *vm) {
    int descriptor;
    if (!descriptor_argument(vm, &descriptor)) return prim_fail(vm, FAILURE_BAD_ARGUMENT);
    return prim_answer_bool(vm, isatty(descriptor));
}

// (descriptor): a Point of columns and rows
static Outcome prim_terminal_size(VM *vm) {
    int descriptor, columns, rows;
    if (!descriptor_argument(vm, &descriptor)) return prim_fail(vm, FAILURE_BAD_ARGUMENT);
    int error = os_terminal_size(descriptor, &columns, &rows);
    if (error) return prim_fail_os(vm, error);
    Oop x = oop_from_num(num(columns)), y = oop_from_num(num(rows));
    return operand_answer(vm, prim_new_point(vm, x, y));
}

// ---- safe files

// (path of a file or directory): on the disk when this answers
static Outcome prim_sync_path(VM *vm) {
    Path path;
    if (!operand_path(vm, prim_argument(vm, 0), &path)) return prim_fail(vm, FAILURE_BAD_ARGUMENT);
    return operand_answer_errno(vm, os_sync_path(path.text));
}

// The folder that a path's last name is in.
static void cut_to_folder(Path *path) {
    char *slash = strrchr(path->text, '/');
    if (!slash)
        strcpy(path->text, ".");
    else if (slash == path->text)
        slash[1] = '\0';
    else
        *slash = '\0';
}

// (path of a new version, path of a file): the new version takes the name, at once and for good.
// Whenever the machine stops, the name leads to one version or the other, whole.
static Outcome prim_replace_file(VM *vm) {
    Path new_version, path;
    if (!operand_path(vm, prim_argument(vm, 0), &new_version) ||
        !operand_path(vm, prim_argument(vm, 1), &path))
        return prim_fail(vm, FAILURE_BAD_ARGUMENT);
    int error = os_sync_path(new_version.text);
    if (error) return prim_fail_os(vm, error);
    if (rename(new_version.text, path.text) < 0) return prim_fail_os(vm, errno);
    cut_to_folder(&path);
    (void)os_sync_path(path.text); // done; only a folder that cannot be read is not synced
    return prim_answer_receiver(vm);
}

#define OS_PRIMITIVE(name, function, arguments)                                                    \
    NAMED("ParleyOSPlugin", name, function, arguments, 0)

static const Primitive services_primitives[] = {
    OS_PRIMITIVE("primitiveGetVariable", prim_get_variable, 1),
    OS_PRIMITIVE("primitiveSetVariable", prim_set_variable, 2),
    OS_PRIMITIVE("primitiveAllVariables", prim_all_variables, 0),
    OS_PRIMITIVE("primitiveGetDirectory", prim_get_directory, 0),
    OS_PRIMITIVE("primitiveSetDirectory", prim_set_directory, 1),
    OS_PRIMITIVE("primitiveProcessId", prim_process_id, 0),
    OS_PRIMITIVE("primitiveMonotonicClock", prim_monotonic_clock, 0),
    OS_PRIMITIVE("primitiveWallClock", prim_wall_clock, 0),
    OS_PRIMITIVE("primitiveLocalTime", prim_local_time, 1),
    OS_PRIMITIVE("primitiveRandomBytes", prim_random_bytes, 1),
    OS_PRIMITIVE("primitiveIsTerminal", prim_is_terminal, 1),
    OS_PRIMITIVE("primitiveTerminalSize", prim_terminal_size, 1),
    OS_PRIMITIVE("primitiveSyncPath", prim_sync_path, 1),
    OS_PRIMITIVE("primitiveReplaceFile", prim_replace_file, 2),
    NAMED_END,
};

const Plugin plugin_os_services = {"ParleyOSPlugin", services_primitives, services_start,
                                   services_stop};
