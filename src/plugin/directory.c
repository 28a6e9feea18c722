// SPDX-License-Identifier: MIT
// FilePlugin: directories. Images walk a directory by asking for its first, second, third entry
// and so on; the names are read when the first is asked for and kept until another directory, or
// the first entry again, is asked for.
//
// An entry is an Array: name, creation and modification in seconds since 1901 (local time),
// whether it is a directory, size in bytes (0 for a directory), permission bits, whether it is a
// symbolic link that leads nowhere (others are followed).
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "plugin/directory_list.h"
#include "plugin/operands.h"
#include "plugin/registry.h"

enum { ENTRY_SIZE = 7, PERMISSION_BITS = 0777, MAC_CODE_BYTES = 4 };

static DirectoryList *directory_state(const VM *vm) { return vm->plugin_state[PLUGIN_DIRECTORY]; }

static Status directory_start(VM *vm) {
    DirectoryList *state = calloc(1, sizeof *state);
    if (!state) return STATUS_NO_MEMORY;
    vm->plugin_state[PLUGIN_DIRECTORY] = state;
    return STATUS_OK;
}

static void directory_stop(VM *vm) {
    directory_list_release(directory_state(vm));
    free(directory_state(vm));
}

// A path argument; the empty one means the working directory.
static Failure directory_argument(VM *vm, unsigned index, Path *path) {
    Failure failure = operand_file_path(vm, prim_argument(vm, index), path);
    if (!failure && path->text[0] == '\0') strcpy(path->text, ".");
    return failure;
}

// ---- entries

static Outcome answer_entry(VM *vm, const char *name, const struct stat *info) {
    bool is_directory = S_ISDIR(info->st_mode);
    ArrayBuilder entry = operand_array(vm, ENTRY_SIZE);
    operand_array_put(vm, &entry, operand_new_string(vm, name));
    operand_array_put_integer(vm, &entry, smalltalk_seconds(info->st_ctime));
    operand_array_put_integer(vm, &entry, smalltalk_seconds(info->st_mtime));
    operand_array_put(vm, &entry, prim_bool(vm, is_directory));
    operand_array_put_integer(vm, &entry, is_directory ? 0 : info->st_size);
    operand_array_put_integer(vm, &entry, info->st_mode & PERMISSION_BITS);
    operand_array_put(vm, &entry, prim_bool(vm, S_ISLNK(info->st_mode)));
    return operand_answer(vm, operand_array_done(&entry));
}

// An entry about which the system tells nothing but its name.
static Outcome answer_unknown_entry(VM *vm, const char *name) {
    ArrayBuilder entry = operand_array(vm, ENTRY_SIZE);
    operand_array_put(vm, &entry, operand_new_string(vm, name));
    operand_array_put_integer(vm, &entry, 0);
    operand_array_put_integer(vm, &entry, 0);
    operand_array_put(vm, &entry, prim_bool(vm, false));
    operand_array_put_integer(vm, &entry, 0);
    operand_array_put_integer(vm, &entry, 0);
    operand_array_put(vm, &entry, prim_bool(vm, false));
    return operand_answer(vm, operand_array_done(&entry));
}

// What the name leads to, or the link itself when that is nothing; 0 or an errno value.
static int entry_info(const char *path, const char *name, struct stat *info) {
    char joined[PATH_MAX];
    int error = directory_join(path, name, joined, sizeof joined);
    if (error) return error;
    return stat(joined, info) < 0 && lstat(joined, info) < 0 ? errno : 0;
}

// Makes the kept list that of the path, read anew when a walk begins; 0 or an errno value.
static int keep_directory(DirectoryList *list, const char *path, bool walk_begins) {
    if (!walk_begins && list->path && strcmp(list->path, path) == 0) return 0;
    directory_list_release(list);
    return directory_list_read(list, path);
}

// (path, index from 1): an entry, or nil behind the last
static Outcome prim_directory_lookup(VM *vm) {
    Path path;
    struct stat info;
    Oop index = prim_argument(vm, 1);
    Failure failure = directory_argument(vm, 0, &path);
    if (failure) return prim_fail(vm, failure);
    if (!oop_is_int(index)) return prim_fail(vm, FAILURE_BAD_ARGUMENT);
    if (num_lt(num_from_oop(index), num(1))) return prim_fail(vm, FAILURE_BAD_INDEX);
    DirectoryList *list = directory_state(vm);
    int error = keep_directory(list, path.text, num_eq(num_from_oop(index), num(1)));
    if (error) return prim_fail_os(vm, error);
    if (num_lt(num((int64_t)list->count), num_from_oop(index)))
        return prim_answer(vm, prim_nil(vm));
    const char *name = list->names[num_concrete(num_from_oop(index)) - 1];
    if (entry_info(path.text, name, &info)) return answer_unknown_entry(vm, name);
    return answer_entry(vm, name, &info);
}

// (path, name): the entry, or nil when there is none
static Outcome prim_directory_entry(VM *vm) {
    Path path, name;
    struct stat info;
    Failure failure = directory_argument(vm, 0, &path);
    if (!failure && !operand_path(vm, prim_argument(vm, 1), &name)) failure = FAILURE_BAD_ARGUMENT;
    if (failure) return prim_fail(vm, failure);
    int error = entry_info(path.text, name.text, &info);
    if (error == ENAMETOOLONG) return prim_fail_os(vm, error);
    return error ? prim_answer(vm, prim_nil(vm)) : answer_entry(vm, name.text, &info);
}

// ---- making and removing

static Outcome prim_directory_create(VM *vm) {
    Path path;
    Failure failure = directory_argument(vm, 0, &path);
    if (failure) return prim_fail(vm, failure);
    return operand_answer_errno(vm, mkdir(path.text, 0777) < 0 ? errno : 0);
}

static Outcome prim_directory_delete(VM *vm) {
    Path path;
    Failure failure = directory_argument(vm, 0, &path);
    if (failure) return prim_fail(vm, failure);
    return operand_answer_errno(vm, rmdir(path.text) < 0 ? errno : 0);
}

static Outcome prim_directory_delimitor(VM *vm) {
    return prim_answer(vm, char_from_code(num('/')));
}

// ---- type and creator: nothing outside old Macs has them, so they are any

static bool is_mac_code(Oop oop) {
    return oop_is_bytes(oop) && num_eq(byte_count(oop), num(MAC_CODE_BYTES));
}

// (file name, type, creator)
static Outcome prim_directory_mac_type(VM *vm) {
    Path path;
    if (!operand_path(vm, prim_argument(vm, 0), &path)) return prim_fail(vm, FAILURE_BAD_ARGUMENT);
    if (!is_mac_code(prim_argument(vm, 1)) || !is_mac_code(prim_argument(vm, 2)))
        return prim_fail(vm, FAILURE_BAD_ARGUMENT);
    return prim_answer_receiver(vm);
}

#define FILE_PRIMITIVE(name, function, arguments) NAMED("FilePlugin", name, function, arguments, 0)

static const Primitive directory_primitives[] = {
    FILE_PRIMITIVE("primitiveDirectoryCreate", prim_directory_create, 1),
    FILE_PRIMITIVE("primitiveDirectoryDelete", prim_directory_delete, 1),
    FILE_PRIMITIVE("primitiveDirectoryDelimitor", prim_directory_delimitor, 0),
    FILE_PRIMITIVE("primitiveDirectoryLookup", prim_directory_lookup, 2),
    FILE_PRIMITIVE("primitiveDirectoryEntry", prim_directory_entry, 2),
    FILE_PRIMITIVE("primitiveDirectorySetMacTypeAndCreator", prim_directory_mac_type, 3),
    FILE_PRIMITIVE("primitiveDirectoryGetMacTypeAndCreator", prim_directory_mac_type, 3),
    NAMED_END,
};

const Plugin plugin_directory = {"FilePlugin", directory_primitives, directory_start,
                                 directory_stop};
