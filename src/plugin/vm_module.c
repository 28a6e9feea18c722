// SPDX-License-Identifier: MIT
// The named primitives of the VM itself: those that images call without naming a module, and that
// have no number as well (run/named_aliases.tbl has the others). The environment of the process is
// here too. Where the answer would depend on a display, it is that of a VM without one.
#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/os.h"
#include "base/version.h"
#include "image/image_info.h"
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

// ---- what the VM is

static Outcome prim_image_format_version(VM *vm) {
    enum { SPUR_64_FORMAT = 68021 };
    int64_t format = vm->image ? vm->image->header.format : SPUR_64_FORMAT;
    return prim_answer(vm, oop_from_num(num(format)));
}

static Outcome prim_version(VM *vm) {
    return operand_answer(vm, operand_new_string(vm, PARLEY_VERSION));
}

static Outcome prim_source_version(VM *vm) {
    return operand_answer(vm, operand_new_string(vm, PARLEY_SOURCE_VERSION));
}

static Outcome prim_is_big_endian(VM *vm) { return prim_answer_bool(vm, false); }

// ---- clocks

static Outcome prim_millisecond_clock_mask(VM *vm) {
    enum { CLOCK_MASK = 0x1FFFFFFF };
    return prim_answer(vm, oop_from_num(num(CLOCK_MASK)));
}

// Nanoseconds from some beginning; in a run that must repeat, ticks.
static Outcome prim_high_resolution_clock(VM *vm) {
    uint64_t clock = vm->options.deterministic ? vm->ticks : os_monotonic_nanoseconds();
    return operand_answer(vm, prim_integer_from_word(vm, word(clock)));
}

// ---- the display that is not there

static Outcome prim_screen_depth(VM *vm) { return prim_answer(vm, oop_from_num(num(1))); }

static Outcome prim_screen_scale_factor(VM *vm) {
    return operand_answer(vm, prim_float_from_real(vm, real(1.0)));
}

// Are events processed? An argument says whether they should be.
static Outcome prim_event_processing(VM *vm) {
    bool enabled;
    if (vm->argument_count > 1) return prim_fail(vm, FAILURE_BAD_ARGUMENT_COUNT);
    if (vm->argument_count == 1 && !operand_bool(vm, prim_argument(vm, 0), &enabled))
        return prim_fail(vm, FAILURE_BAD_ARGUMENT);
    return prim_answer_bool(vm, true);
}

// ---- settings that have no effect here, but are none of the image's mistakes

static Outcome prim_accept(VM *vm) { return prim_answer_receiver(vm); }

static Outcome prim_accept_bytes(VM *vm) {
    if (!oop_is_bytes(prim_argument(vm, 0))) return prim_fail(vm, FAILURE_BAD_ARGUMENT);
    return prim_answer_receiver(vm);
}

static Outcome prim_accept_integers(VM *vm) {
    for (unsigned i = 0; i < vm->argument_count; i++)
        if (!oop_is_int(prim_argument(vm, i))) return prim_fail(vm, FAILURE_BAD_ARGUMENT);
    return prim_answer_receiver(vm);
}

static Outcome prim_accept_semaphore(VM *vm) {
    Oop semaphore = prim_argument(vm, 0);
    bool is_semaphore = oop_has_class_index(semaphore, prim_known(vm, semaphore));
    if (!is_semaphore && !oop_is(semaphore, prim_nil(vm)))
        return prim_fail(vm, FAILURE_BAD_ARGUMENT);
    return prim_answer_receiver(vm);
}

static Outcome prim_empty_string(VM *vm) { return operand_answer(vm, operand_new_string(vm, "")); }

static Outcome prim_answer_nil(VM *vm) { return prim_answer(vm, prim_nil(vm)); }

// ---- objects

static Outcome prim_is_young(VM *vm) {
    Oop object = prim_argument(vm, 0);
    if (oop_is_immediate(object)) return prim_answer_bool(vm, false);
    return prim_answer_bool(vm, heap_is_young(&vm->heap, object));
}

#define VM_PRIMITIVE(name, function, arguments) NAMED("", name, function, arguments, 0)
#define VM_ABSENT(name, arguments, why)         NAMED_ABSENT("", name, arguments, why)

static const Primitive vm_primitives[] = {
    VM_PRIMITIVE("primitiveGetenv", prim_getenv, 1),
    VM_PRIMITIVE("primitiveGetCurrentWorkingDirectory", prim_get_working_directory, 0),
    VM_PRIMITIVE("primitiveSetCurrentWorkingDirectory", prim_set_working_directory, 1),
    VM_PRIMITIVE("primitiveImageFormatVersion", prim_image_format_version, 0),
    VM_PRIMITIVE("primitiveVMVersion", prim_version, 0),
    VM_PRIMITIVE("primitiveInterpreterSourceVersion", prim_source_version, 0),
    VM_PRIMITIVE("primitivePlatformSourceVersion", prim_source_version, 0),
    VM_PRIMITIVE("primitiveIsBigEnder", prim_is_big_endian, 0),
    VM_PRIMITIVE("primitiveMillisecondClockMask", prim_millisecond_clock_mask, 0),
    VM_PRIMITIVE("primitiveHighResClock", prim_high_resolution_clock, 0),
    VM_PRIMITIVE("primitiveScreenDepth", prim_screen_depth, 0),
    VM_PRIMITIVE("primitiveScreenScaleFactor", prim_screen_scale_factor, 0),
    VM_PRIMITIVE("primitiveEventProcessingControl", prim_event_processing, -1),
    VM_PRIMITIVE("primitiveSetWindowLabel", prim_accept_bytes, 1),
    VM_PRIMITIVE("primitiveSetWindowSize", prim_accept_integers, 2),
    VM_PRIMITIVE("primitiveGetLogDirectory", prim_empty_string, 0),
    VM_PRIMITIVE("primitiveSetLogDirectory", prim_accept_bytes, 1),
    VM_PRIMITIVE("primitiveDisablePowerManager", prim_accept_integers, 1),
    VM_PRIMITIVE("primitiveSetGCSemaphore", prim_accept_integers, 1),
    VM_PRIMITIVE("primitiveSetGCBiasToGrow", prim_accept_integers, 1),
    VM_PRIMITIVE("primitiveSetGCBiasToGrowGCLimit", prim_accept_integers, 1),
    VM_PRIMITIVE("primitiveForceTenure", prim_accept, 0),
    VM_PRIMITIVE("primitiveLongRunningPrimitive", prim_answer_nil, 0),
    VM_PRIMITIVE("primitiveLongRunningPrimitiveSemaphore", prim_accept_semaphore, 1),
    VM_PRIMITIVE("primitiveDisableModuleLoading", prim_accept, 0),
    VM_PRIMITIVE("primitiveIsYoung", prim_is_young, 1),
    VM_ABSENT("primitiveGetWindowLabel", 0, "there is no window"),
    VM_ABSENT("primitiveGetWindowSize", 0, "there is no window"),
    VM_ABSENT("primitiveIsWindowObscured", 0, "there is no window"),
    VM_ABSENT("primitiveHeartbeatFrequency", 1, "nothing beats: events come when they come"),
    VM_ABSENT("primitiveInterruptChecksPerMSec", 1, "nothing beats: events come when they come"),
    VM_ABSENT("primitiveClockLogAddresses", -1, "looks into another VM"),
    VM_ABSENT("primitivePathToUsing", 3, "images look for paths themselves"),
    VM_ABSENT("primitiveVoidReceiver", 0, "spoils the running frame"),
    VM_ABSENT("primitiveCrashVM", 1, "no program may end the VM that way"),
#define FOREIGN(name) VM_ABSENT(#name, -1, "calls foreign functions, or prepares it"),
#include "plugin/foreign_names.tbl"
#undef FOREIGN
    NAMED_END,
};

const Plugin plugin_vm_module = {"", vm_primitives, NULL, NULL};
