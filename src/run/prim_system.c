// SPDX-License-Identifier: MIT
// Primitives on the VM as a whole: leaving it, its image's name, its attributes, collecting,
// how much memory is left, the semaphores it signals, and the plugins it has.
#include <stdlib.h>
#include <string.h>

#include "image/image_info.h"
#include "object/raw.h"
#include "run/lookup.h"
#include "run/context.h"
#include "run/primitive.h"
#include "run/primitives.h"
#include "run/system.h"

enum { PATH_LIMIT = 4096, ATTRIBUTE_LIMIT = 4096 };

// ---- state

SystemState *system_state(VM *vm) {
    if (!vm->system) vm->system = calloc(1, sizeof *vm->system);
    return vm->system;
}

void system_release(VM *vm) {
    if (vm->system) free(vm->system->clipboard);
    free(vm->system);
    vm->system = NULL;
}

// Answers a string made of the bytes.
static Outcome answer_string(VM *vm, const char *bytes, size_t size) {
    Oop string = prim_new_byte_string(vm, bytes, size);
    if (oop_is_none(string)) return prim_fail(vm, FAILURE_NO_MEMORY);
    return prim_answer(vm, string);
}

static Outcome answer_num(VM *vm, Num value) {
    Oop integer = prim_integer_from_num(vm, value);
    if (oop_is_none(integer)) return prim_fail(vm, FAILURE_NO_MEMORY);
    return prim_answer(vm, integer);
}

// ---- leaving

// With an argument: the exit code of the process.
Outcome prim_quit(VM *vm) {
    if (vm->argument_count > 1) return prim_fail(vm, FAILURE_BAD_ARGUMENT_COUNT);
    if (vm->argument_count == 1) {
        Oop code = prim_argument(vm, 0);
        if (!oop_is_int(code)) return prim_fail(vm, FAILURE_BAD_ARGUMENT);
        vm->exit_code = (int)num_concrete(num_from_oop(code));
    } else {
        vm->exit_code = 0;
    }
    vm->stop = STOP_QUIT;
    return OUTCOME_STOP;
}

// There is no debugger below the image to go to.
Outcome prim_exit_to_debugger(VM *vm) { return prim_fail(vm, FAILURE_UNSUPPORTED); }

Outcome prim_noop(VM *vm) { return prim_answer_receiver(vm); }

// ---- names

Outcome prim_image_name(VM *vm) {
    if (vm->argument_count > 1) return prim_fail(vm, FAILURE_BAD_ARGUMENT_COUNT);
    if (!vm->image) return prim_fail(vm, FAILURE_UNSUPPORTED);
    const char *told = image_info_told_path(vm->image);
    if (vm->argument_count == 0) return answer_string(vm, told, strlen(told));
    char path[PATH_LIMIT];
    if (!prim_c_string(vm, prim_argument(vm, 0), path, sizeof path))
        return prim_fail(vm, FAILURE_BAD_ARGUMENT);
    if (image_info_set_path(vm->image, path) != STATUS_OK)
        return prim_fail(vm, FAILURE_NO_C_MEMORY);
    return prim_answer_receiver(vm);
}

// The folder of the program, with a slash at its end.
Outcome prim_vm_path(VM *vm) {
    if (!vm->image) return prim_fail(vm, FAILURE_UNSUPPORTED);
    const char *slash = strrchr(vm->image->vm_path, '/');
    size_t length = slash ? (size_t)(slash - vm->image->vm_path) + 1 : 0;
    return answer_string(vm, vm->image->vm_path, length);
}

Outcome prim_get_attribute(VM *vm) {
    char text[ATTRIBUTE_LIMIT];
    Oop number = prim_argument(vm, 0);
    if (!oop_is_int(number)) return prim_fail(vm, FAILURE_BAD_ARGUMENT);
    const char *value = system_attribute(vm, num_concrete(num_from_oop(number)), text, sizeof text);
    if (!value) return prim_fail(vm, FAILURE_NOT_FOUND);
    return answer_string(vm, value, strlen(value));
}

// ---- memory

// Bytes that can still be had. Old space has little that is free and grows when asked, so what it
// may grow by counts: images take an answer below their threshold for an emergency.
static Outcome answer_room(VM *vm) {
    return answer_num(vm, num((int64_t)heap_room_bytes(&vm->heap)));
}

// Processes that are over go, too, with all that they refer to.
MAY_GC Outcome prim_full_gc(VM *vm) {
    context_flush_others(vm);
    heap_collect_full(&vm->heap);
    return answer_room(vm);
}

MAY_GC Outcome prim_incremental_gc(VM *vm) {
    heap_scavenge(&vm->heap);
    return answer_room(vm);
}

// The argument, whether swap space counts, makes no difference here.
Outcome prim_bytes_left(VM *vm) {
    if (vm->argument_count > 1) return prim_fail(vm, FAILURE_BAD_ARGUMENT_COUNT);
    if (vm->argument_count == 0 || oop_is(prim_argument(vm, 0), prim_nil(vm)))
        return answer_room(vm);
    Oop argument = prim_argument(vm, 0);
    if (!oop_is(argument, prim_bool(vm, true)) && !oop_is(argument, prim_bool(vm, false)))
        return prim_fail(vm, FAILURE_BAD_ARGUMENT);
    return answer_room(vm);
}

Outcome prim_signal_at_bytes_left(VM *vm) {
    Oop bytes = prim_argument(vm, 0);
    if (!oop_is_int(bytes) || num_is_negative(num_from_oop(bytes)))
        return prim_fail(vm, FAILURE_BAD_ARGUMENT);
    vm->heap.low_space_threshold = (uint64_t)num_concrete(num_from_oop(bytes));
    return prim_answer_receiver(vm);
}

// ---- semaphores that the VM signals

// Makes the argument, a Semaphore or nil, a special object.
static Outcome set_special_semaphore(VM *vm, SpecialObject which) {
    Oop semaphore = prim_argument(vm, 0);
    if (!oop_is(semaphore, prim_nil(vm)) &&
        !oop_has_class_index(semaphore, prim_known(vm, semaphore)))
        return prim_fail(vm, FAILURE_BAD_ARGUMENT);
    Oop specials = vm->heap.special_objects;
    if (!num_lt(num(which), slot_count(specials))) return prim_fail(vm, FAILURE_UNSUPPORTED);
    slot_at_put(&vm->heap, specials, num(which), semaphore);
    return prim_answer_receiver(vm);
}

Outcome prim_low_space_semaphore(VM *vm) {
    return set_special_semaphore(vm, SPECIAL_LOW_SPACE_SEMAPHORE);
}

Outcome prim_interrupt_semaphore(VM *vm) {
    return set_special_semaphore(vm, SPECIAL_INTERRUPT_SEMAPHORE);
}

// There is no keyboard of the VM's own: interrupts come as signals.
Outcome prim_set_interrupt_key(VM *vm) {
    if (!oop_is_int(prim_argument(vm, 0))) return prim_fail(vm, FAILURE_BAD_ARGUMENT);
    return prim_answer_receiver(vm);
}

// ---- plugins

Outcome prim_flush_external_primitives(VM *vm) {
    lookup_flush_all(vm);
    return prim_answer_receiver(vm);
}

// Plugins are part of the VM: forgetting one means to look its primitives up again.
Outcome prim_unload_module(VM *vm) {
    Oop name = prim_argument(vm, 0);
    if (!oop_is_bytes(name)) return prim_fail(vm, FAILURE_BAD_ARGUMENT);
    if (num_is_zero(byte_count(name))) return prim_fail(vm, FAILURE_NOT_FOUND);
    return prim_flush_external_primitives(vm);
}

// The module of the plugin at that index, if no plugin before it belongs to the same module.
static const char *module_at(const VM *vm, unsigned index) {
    const char *module = vm->plugins[index]->name ? vm->plugins[index]->module : "";
    for (unsigned i = 0; i < index; i++)
        if (vm->plugins[i]->name && strcmp(vm->plugins[i]->module, module) == 0) return "";
    return module;
}

static const char *module_number(const VM *vm, int64_t number) {
    for (unsigned i = 0; i < vm->plugin_count; i++) {
        const char *module = module_at(vm, i);
        if (*module && --number == 0) return module;
    }
    return NULL;
}

// The name of the n-th module that is part of the VM, counted from 1; nil behind the last.
Outcome prim_list_builtin_module(VM *vm) {
    Oop number = prim_argument(vm, 0);
    if (!oop_is_int(number)) return prim_fail(vm, FAILURE_BAD_ARGUMENT);
    if (num_lt(num_from_oop(number), num(1))) return prim_fail(vm, FAILURE_BAD_INDEX);
    const char *module = module_number(vm, num_concrete(num_from_oop(number)));
    return module ? answer_string(vm, module, strlen(module)) : prim_answer(vm, prim_nil(vm));
}

// The name of the n-th module that was loaded from a file: there are none.
Outcome prim_list_external_module(VM *vm) {
    Oop number = prim_argument(vm, 0);
    if (!oop_is_int(number)) return prim_fail(vm, FAILURE_BAD_ARGUMENT);
    if (num_lt(num_from_oop(number), num(1))) return prim_fail(vm, FAILURE_BAD_INDEX);
    return prim_answer(vm, prim_nil(vm));
}
