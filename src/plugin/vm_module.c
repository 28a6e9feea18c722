// SPDX-License-Identifier: MIT
// The named primitives of the VM itself: those that images call without naming a module. The
// environment of the process is here too.
#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "plugin/operands.h"
#include "plugin/registry.h"

// (name): the value of an environment variable, nil when there is none
static Outcome prim_getenv(VM *vm) {
    Path name;
    if (!operand_path(vm, prim_argument(vm, 0), &name)) return prim_fail(vm, FAILURE_BAD_ARGUMENT);
    const char *value = getenv(name.text);
    return value ? operand_answer(vm, operand_new_string(vm, value))
                 : prim_answer(vm, prim_nil(vm));
}

static Outcome prim_get_working_directory(VM *vm) {
    Path path;
    if (!getcwd(path.text, sizeof path.text)) return prim_fail_os(vm, errno);
    return operand_answer(vm, operand_new_string(vm, path.text));
}

static Outcome prim_set_working_directory(VM *vm) {
    Path path;
    if (!operand_path(vm, prim_argument(vm, 0), &path)) return prim_fail(vm, FAILURE_BAD_ARGUMENT);
    return operand_answer_errno(vm, chdir(path.text) < 0 ? errno : 0);
}

#define VM_PRIMITIVE(name, function, arguments) NAMED("", name, function, arguments, 0)

static const Primitive vm_primitives[] = {
    VM_PRIMITIVE("primitiveGetenv", prim_getenv, 1),
    VM_PRIMITIVE("primitiveGetCurrentWorkingDirectory", prim_get_working_directory, 0),
    VM_PRIMITIVE("primitiveSetCurrentWorkingDirectory", prim_set_working_directory, 1),
    NAMED_END,
};

const Plugin plugin_vm_module = {"", vm_primitives, NULL, NULL};
