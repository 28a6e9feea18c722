// SPDX-License-Identifier: MIT
// FileAttributesPlugin: what the system knows about files and directories.
//
// Paths go in and out as UTF-8 bytes, names come back as ByteArrays. Failures carry the plugin's
// own negative codes as operating system errors, or an errno value where one is meaningful.
// A directory being listed is named by a ByteArray that holds a Handle to its list of names.
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "object/raw.h"
#include "plugin/directory_list.h"
#include "plugin/handles.h"
#include "plugin/operands.h"
#include "plugin/registry.h"

// The plugin's error codes, which images know by number.
enum {
    ERROR_STRING_TOO_LONG = -1,
    ERROR_CANT_STAT = -3,
    ERROR_INVALID_ARGUMENTS = -6,
    ERROR_CANT_OPEN_DIRECTORY = -9,
    ERROR_BAD_SESSION = -17,
};

// What primitiveFileAttribute counts.
enum {
    ATTRIBUTE_NAME = 1,
    ATTRIBUTE_CREATION = 12,
    ATTRIBUTE_READABLE = 13,
    ATTRIBUTE_WRITABLE = 14,
    ATTRIBUTE_EXECUTABLE = 15,
    ATTRIBUTE_IS_LINK = 16,
};

// Bits of the mask of primitiveFileAttributes.
enum { WANT_STATUS = 1, WANT_ACCESS = 2, WANT_LINK_ITSELF = 4 };

enum { STATUS_FIELDS = 13, ACCESS_FIELDS = 3, MASK_FIELDS = 8, DIRECTORY_HANDLE_BYTES = 16 };

static HandleTable *directories(const VM *vm) { return vm->plugin_state[PLUGIN_FILE_ATTRIBUTES]; }

// ---- state

static Status attributes_start(VM *vm) {
    HandleTable *table = malloc(sizeof *table);
    if (!table) return STATUS_NO_MEMORY;
    handle_table_init(table, vm->options.deterministic);
    vm->plugin_state[PLUGIN_FILE_ATTRIBUTES] = table;
    return STATUS_OK;
}

static void release_list(void *value) {
    directory_list_release(value);
    free(value);
}

static void attributes_stop(VM *vm) {
    handle_table_release(directories(vm), release_list);
    free(directories(vm));
}

// ---- attributes

static Oop integer(VM *vm, int64_t value) { return prim_integer_from_num(vm, num(value)); }
static Oop unsigned_integer(VM *vm, uint64_t value) {
    return prim_integer_from_word(vm, word(value));
}

static int64_t size_of_file(const struct stat *info) {
    return S_ISDIR(info->st_mode) ? 0 : info->st_size;
}

// One attribute out of those that stat tells; oop_none(): no room.
static Oop status_attribute(VM *vm, const struct stat *info, int number) {
    switch (number) {
    case 2:
        return integer(vm, info->st_mode);
    case 3:
        return unsigned_integer(vm, info->st_ino);
    case 4:
        return unsigned_integer(vm, info->st_dev);
    case 5:
        return unsigned_integer(vm, info->st_nlink);
    case 6:
        return integer(vm, info->st_uid);
    case 7:
        return integer(vm, info->st_gid);
    case 8:
        return integer(vm, size_of_file(info));
    case 9:
        return integer(vm, smalltalk_seconds(info->st_atime));
    case 10:
        return integer(vm, smalltalk_seconds(info->st_mtime));
    case 11:
        return integer(vm, smalltalk_seconds(info->st_ctime));
    default:
        return prim_nil(vm); // name and creation date are not known
    }
}

// Where a symbolic link points, as a ByteArray; nil when it cannot be told.
static Oop link_target(VM *vm, const char *path) {
    char target[PATH_MAX];
    ssize_t length = readlink(path, target, sizeof target - 1);
    if (length < 0) return prim_nil(vm);
    target[length] = '\0';
    return operand_new_byte_array(vm, target);
}

// (target, mode, inode, device, links, owner, group, size, three dates, nil, nil)
static Oop status_array(VM *vm, const char *path, const struct stat *info) {
    ArrayBuilder array = operand_array(vm, STATUS_FIELDS);
    bool is_link = S_ISLNK(info->st_mode);
    operand_array_put(vm, &array, is_link ? link_target(vm, path) : prim_nil(vm));
    for (int number = ATTRIBUTE_NAME + 1; number <= STATUS_FIELDS; number++)
        operand_array_put(vm, &array, status_attribute(vm, info, number));
    return operand_array_done(&array);
}

static Oop may_access(VM *vm, const char *path, int how) {
    return prim_bool(vm, access(path, how) == 0);
}

static Oop access_array(VM *vm, const char *path) {
    ArrayBuilder array = operand_array(vm, ACCESS_FIELDS);
    operand_array_put(vm, &array, may_access(vm, path, R_OK));
    operand_array_put(vm, &array, may_access(vm, path, W_OK));
    operand_array_put(vm, &array, may_access(vm, path, X_OK));
    return operand_array_done(&array);
}

static Oop pair(VM *vm, Oop first, Oop second) {
    ArrayBuilder array = operand_array(vm, 2);
    operand_array_put(vm, &array, first);
    operand_array_put(vm, &array, second);
    return operand_array_done(&array);
}

static int read_status(const char *path, bool link_itself, struct stat *info) {
    return link_itself ? lstat(path, info) : stat(path, info);
}

// ---- primitives on one path

// Reads the path at argument 0; on failure the primitive has failed. Longer ones than the system
// knows have an error of their own.
static bool path_argument(VM *vm, Path *path) {
    Oop argument = prim_argument(vm, 0);
    Failure failure = operand_file_path(vm, argument, path);
    if (!failure) return true;
    bool is_long = oop_is_bytes(argument) && num_le(num(PATH_MAX), byte_count(argument));
    if (is_long && failure == FAILURE_BAD_ARGUMENT)
        prim_fail_os(vm, ERROR_STRING_TOO_LONG);
    else
        prim_fail(vm, failure);
    return false;
}

static Outcome prim_file_exists(VM *vm) {
    Path path;
    if (!path_argument(vm, &path)) return OUTCOME_FAILED;
    return prim_answer_bool(vm, access(path.text, F_OK) == 0);
}

// (path, number of the attribute)
static Outcome prim_file_attribute(VM *vm) {
    static const int access_modes[] = {R_OK, W_OK, X_OK};
    Path path;
    int number;
    struct stat info;
    if (!operand_int(prim_argument(vm, 1), &number)) return prim_fail(vm, FAILURE_BAD_ARGUMENT);
    if (number < ATTRIBUTE_NAME || number > ATTRIBUTE_IS_LINK)
        return prim_fail(vm, FAILURE_BAD_ARGUMENT);
    if (!path_argument(vm, &path)) return OUTCOME_FAILED;
    if (number >= ATTRIBUTE_READABLE && number <= ATTRIBUTE_EXECUTABLE)
        return prim_answer(vm,
                           may_access(vm, path.text, access_modes[number - ATTRIBUTE_READABLE]));
    bool is_link = number == ATTRIBUTE_IS_LINK;
    if (read_status(path.text, is_link, &info) < 0) return prim_fail_os(vm, ERROR_CANT_STAT);
    return is_link ? prim_answer_bool(vm, S_ISLNK(info.st_mode))
                   : operand_answer(vm, status_attribute(vm, &info, number));
}

// (path, mask): the status array, the access array, or an Array of both
static Outcome prim_file_attributes(VM *vm) {
    Path path;
    int mask;
    struct stat info;
    if (!operand_int(prim_argument(vm, 1), &mask)) return prim_fail(vm, FAILURE_BAD_ARGUMENT);
    if (!path_argument(vm, &path)) return OUTCOME_FAILED;
    bool wants_status = mask & WANT_STATUS, wants_access = mask & WANT_ACCESS;
    if (!wants_status && !wants_access) return prim_fail_os(vm, ERROR_INVALID_ARGUMENTS);
    if (!wants_status) return operand_answer(vm, access_array(vm, path.text));
    if (read_status(path.text, mask & WANT_LINK_ITSELF, &info) < 0)
        return prim_fail_os(vm, ERROR_CANT_STAT);
    Oop status = status_array(vm, path.text, &info);
    if (!wants_access) return operand_answer(vm, status);
    return operand_answer(vm, pair(vm, status, access_array(vm, path.text)));
}

// Answers nil, or fails with errno.
static Outcome answer_nil_or_errno(VM *vm, int result) {
    return result < 0 ? prim_fail_os(vm, errno) : prim_answer(vm, prim_nil(vm));
}

// (path, permission bits)
static Outcome prim_change_mode(VM *vm) {
    Path path;
    int mode;
    if (!operand_int(prim_argument(vm, 1), &mode)) return prim_fail(vm, FAILURE_BAD_ARGUMENT);
    if (!path_argument(vm, &path)) return OUTCOME_FAILED;
    return answer_nil_or_errno(vm, chmod(path.text, (mode_t)mode));
}

// The number of a user or group: 32 bits; -1 stands for none.
static bool id_argument(VM *vm, unsigned index, uint32_t *id) {
    Oop argument = prim_argument(vm, index);
    if (!oop_is_int(argument)) return false;
    Num number = num_from_oop(argument);
    if (num_lt(number, num(-1)) || num_lt(num(UINT32_MAX), number)) return false;
    *id = (uint32_t)num_concrete(number);
    return true;
}

// (path, owner, group); -1 leaves one as it is
static Outcome change_owner(VM *vm, int (*change)(const char *, uid_t, gid_t)) {
    Path path;
    uint32_t owner, group;
    if (!id_argument(vm, 1, &owner) || !id_argument(vm, 2, &group))
        return prim_fail(vm, FAILURE_BAD_ARGUMENT);
    if (!path_argument(vm, &path)) return OUTCOME_FAILED;
    return answer_nil_or_errno(vm, change(path.text, owner, group));
}
static Outcome prim_change_owner(VM *vm) { return change_owner(vm, chown); }
static Outcome prim_symlink_change_owner(VM *vm) { return change_owner(vm, lchown); }

// ---- directories

// The next entry: name, status array or nil, nil. nil behind the last. oop_none(): no room.
static Oop next_entry(VM *vm, DirectoryList *list) {
    char joined[PATH_MAX];
    struct stat info;
    if (list->next == list->count) return prim_nil(vm);
    const char *name = list->names[list->next];
    bool known =
        directory_join(list->path, name, joined, sizeof joined) == 0 && stat(joined, &info) == 0;
    ArrayBuilder entry = operand_array(vm, 3);
    operand_array_put(vm, &entry, operand_new_byte_array(vm, name));
    operand_array_put(vm, &entry, known ? status_array(vm, joined, &info) : prim_nil(vm));
    operand_array_put(vm, &entry, prim_nil(vm));
    Oop answer = operand_array_done(&entry);
    if (!oop_is_none(answer)) list->next++;
    return answer;
}

// The list that a handle names; false with the reason when it names none.
static bool directory_argument(VM *vm, unsigned index, DirectoryList **list, Failure *failure) {
    Handle handle;
    *failure = FAILURE_BAD_ARGUMENT;
    if (!operand_handle(prim_argument(vm, index), DIRECTORY_HANDLE_BYTES, &handle)) return false;
    *list = handle_value(directories(vm), &handle);
    if (*list) return true;
    *failure = FAILURE_OPERATING_SYSTEM;
    vm->os_error = ERROR_BAD_SESSION;
    return false;
}

// Enters the list; the handle goes into the third field of the first entry, which is answered.
static Outcome answer_opened(VM *vm, DirectoryList *list) {
    Handle handle;
    Oop entry = next_entry(vm, list);
    Oop handle_object = prim_new_byte_array(vm, num(DIRECTORY_HANDLE_BYTES));
    if (oop_is_none(entry) || oop_is_none(handle_object)) {
        release_list(list);
        return prim_fail(vm, FAILURE_NO_MEMORY);
    }
    if (!handle_add(directories(vm), list, &handle)) {
        release_list(list);
        return prim_fail(vm, FAILURE_NO_C_MEMORY);
    }
    operand_put_handle(handle_object, &handle);
    field_at_put(&vm->heap, entry, 2, handle_object);
    return prim_answer(vm, entry);
}

// (path): the first entry with the handle in its third field; nil when the directory is empty
static Outcome prim_open_directory(VM *vm) {
    Path path;
    if (!path_argument(vm, &path)) return OUTCOME_FAILED;
    DirectoryList *list = malloc(sizeof *list);
    if (!list) return prim_fail(vm, FAILURE_NO_C_MEMORY);
    if (directory_list_read(list, path.text)) {
        free(list);
        return prim_fail_os(vm, ERROR_CANT_OPEN_DIRECTORY);
    }
    if (list->count > 0) return answer_opened(vm, list);
    release_list(list);
    return prim_answer(vm, prim_nil(vm));
}

static Outcome prim_read_directory(VM *vm) {
    DirectoryList *list;
    Failure failure;
    if (!directory_argument(vm, 0, &list, &failure)) return prim_fail(vm, failure);
    return operand_answer(vm, next_entry(vm, list));
}

// Reads the directory anew and answers its first entry.
static Outcome prim_rewind_directory(VM *vm) {
    DirectoryList *list, again;
    Failure failure;
    if (!directory_argument(vm, 0, &list, &failure)) return prim_fail(vm, failure);
    if (directory_list_read(&again, list->path)) return prim_fail_os(vm, ERROR_CANT_OPEN_DIRECTORY);
    Oop entry = next_entry(vm, &again);
    if (oop_is_none(entry)) {
        directory_list_release(&again);
        return prim_fail(vm, FAILURE_NO_MEMORY);
    }
    directory_list_release(list);
    *list = again;
    return prim_answer(vm, entry);
}

static Outcome prim_close_directory(VM *vm) {
    Handle handle;
    DirectoryList *list;
    Failure failure;
    Oop handle_object = prim_argument(vm, 0);
    if (!directory_argument(vm, 0, &list, &failure)) return prim_fail(vm, failure);
    operand_handle(handle_object, DIRECTORY_HANDLE_BYTES, &handle);
    release_list(handle_remove(directories(vm), &handle));
    return prim_answer(vm, handle_object);
}

// ---- the platform

// Smalltalk's paths are the platform's: both are UTF-8.
static Outcome prim_same_path(VM *vm) {
    Path path;
    if (!path_argument(vm, &path)) return OUTCOME_FAILED;
    return operand_answer(vm, operand_new_byte_array(vm, path.text));
}

static Outcome prim_path_max(VM *vm) { return prim_answer(vm, oop_from_num(num(PATH_MAX))); }

// Answers the bits of a mode that tell kinds of files apart.
static Outcome prim_file_masks(VM *vm) {
    ArrayBuilder masks = operand_array(vm, MASK_FIELDS);
    const int values[MASK_FIELDS] = {S_IFMT,  S_IFSOCK, S_IFLNK, S_IFREG,
                                     S_IFBLK, S_IFDIR,  S_IFCHR, S_IFIFO};
    for (int i = 0; i < MASK_FIELDS; i++)
        operand_array_put_integer(vm, &masks, values[i]);
    return operand_answer(vm, operand_array_done(&masks));
}

// Only Windows has drives.
static Outcome prim_logical_drives(VM *vm) { return prim_fail(vm, FAILURE_UNSUPPORTED); }

// The version of the plugin whose behaviour this one has.
static Outcome prim_version_string(VM *vm) {
    return operand_answer(vm, operand_new_string(vm, "2.0.8"));
}

#define ATTRIBUTES_PRIMITIVE(name, function, arguments)                                            \
    NAMED("FileAttributesPlugin", name, function, arguments, 0)

static const Primitive attributes_primitives[] = {
    ATTRIBUTES_PRIMITIVE("primitiveFileExists", prim_file_exists, 1),
    ATTRIBUTES_PRIMITIVE("primitiveFileAttribute", prim_file_attribute, 2),
    ATTRIBUTES_PRIMITIVE("primitiveFileAttributes", prim_file_attributes, 2),
    ATTRIBUTES_PRIMITIVE("primitiveChangeMode", prim_change_mode, 2),
    ATTRIBUTES_PRIMITIVE("primitiveChangeOwner", prim_change_owner, 3),
    ATTRIBUTES_PRIMITIVE("primitiveSymlinkChangeOwner", prim_symlink_change_owner, 3),
    ATTRIBUTES_PRIMITIVE("primitiveOpendir", prim_open_directory, 1),
    ATTRIBUTES_PRIMITIVE("primitiveReaddir", prim_read_directory, 1),
    ATTRIBUTES_PRIMITIVE("primitiveRewinddir", prim_rewind_directory, 1),
    ATTRIBUTES_PRIMITIVE("primitiveClosedir", prim_close_directory, 1),
    ATTRIBUTES_PRIMITIVE("primitivePlatToStPath", prim_same_path, 1),
    ATTRIBUTES_PRIMITIVE("primitiveStToPlatPath", prim_same_path, 1),
    ATTRIBUTES_PRIMITIVE("primitivePathMax", prim_path_max, 0),
    ATTRIBUTES_PRIMITIVE("primitiveFileMasks", prim_file_masks, 0),
    ATTRIBUTES_PRIMITIVE("primitiveLogicalDrives", prim_logical_drives, 0),
    ATTRIBUTES_PRIMITIVE("primitiveVersionString", prim_version_string, 0),
    NAMED_END,
};

const Plugin plugin_file_attributes = {"FileAttributesPlugin", attributes_primitives,
                                       attributes_start, attributes_stop};
