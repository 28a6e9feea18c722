// SPDX-License-Identifier: MIT
// Display and input primitives of a VM that has neither: they check their operands, keep what an
// image may ask back (clipboard text, window size, which Form is the Display), and answer what
// other VMs answer when run without a display: no events, no keys, the mouse in the corner.
#include <stdlib.h>
#include <string.h>

#include "image/image_info.h"
#include "object/raw.h"
#include "run/primitive.h"
#include "run/primitives.h"
#include "run/system.h"

enum { DEFAULT_SCREEN_EXTENT = 64, EVENT_FIELDS = 8, FULL_SCREEN_FLAG = 1 };

// Fields of a Form.
enum { FORM_BITS, FORM_WIDTH, FORM_HEIGHT, FORM_DEPTH, FORM_FIELDS };

static bool is_boolean(VM *vm, Oop oop) {
    return oop_is(oop, prim_bool(vm, true)) || oop_is(oop, prim_bool(vm, false));
}

static Outcome answer_point(VM *vm, int64_t x, int64_t y) {
    Oop point = prim_new_point(vm, oop_from_num(num(x)), oop_from_num(num(y)));
    if (oop_is_none(point)) return prim_fail(vm, FAILURE_NO_MEMORY);
    return prim_answer(vm, point);
}

static Outcome answer_zero(VM *vm) { return prim_answer(vm, oop_from_num(num(0))); }

// ---- input

Outcome prim_mouse_point(VM *vm) { return answer_point(vm, 0, 0); }
Outcome prim_mouse_buttons(VM *vm) { return answer_zero(vm); }
Outcome prim_keyboard_next(VM *vm) { return answer_zero(vm); }
Outcome prim_keyboard_peek(VM *vm) { return answer_zero(vm); }
Outcome prim_input_word(VM *vm) { return answer_zero(vm); }

// (index of an external semaphore): it would be signalled at events, and there are none.
Outcome prim_input_semaphore(VM *vm) {
    Oop index = prim_argument(vm, 0);
    if (!oop_is_int(index)) return prim_fail(vm, FAILURE_BAD_ARGUMENT);
    if (num_is_zero(num_from_oop(index))) return prim_fail(vm, FAILURE_BAD_ARGUMENT);
    return prim_answer_receiver(vm);
}

// (Array of eight): fills in the event of kind 0, "nothing happened".
Outcome prim_get_next_event(VM *vm) {
    Oop event = prim_argument(vm, 0);
    if (!oop_is_array_format(event) || !num_eq(slot_count(event), num(EVENT_FIELDS)))
        return prim_fail(vm, FAILURE_BAD_ARGUMENT);
    if (object_is_readonly(event)) return prim_fail(vm, FAILURE_NO_MODIFICATION);
    for (int i = 0; i < EVENT_FIELDS; i++)
        field_at_put(&vm->heap, event, i, oop_from_num(num(0)));
    return prim_answer_receiver(vm);
}

// ---- the screen

static uint64_t saved_window_size(const VM *vm) {
    return vm->image ? vm->image->header.window_size & UINT32_MAX : 0;
}

Outcome prim_screen_size(VM *vm) {
    uint64_t size = saved_window_size(vm);
    if (size == 0) return answer_point(vm, DEFAULT_SCREEN_EXTENT, DEFAULT_SCREEN_EXTENT);
    return answer_point(vm, (int64_t)(size >> 16), (int64_t)(size & 0xFFFF));
}

Outcome prim_test_display_depth(VM *vm) {
    if (!oop_is_int(prim_argument(vm, 0))) return prim_fail(vm, FAILURE_BAD_ARGUMENT);
    return prim_answer_bool(vm, true);
}

static void remember_full_screen(VM *vm, bool full) {
    if (!vm->image) return;
    vm->image->header.flags &= ~(uint64_t)FULL_SCREEN_FLAG;
    if (full) vm->image->header.flags |= FULL_SCREEN_FLAG;
}

Outcome prim_set_full_screen(VM *vm) {
    Oop full = prim_argument(vm, 0);
    if (!is_boolean(vm, full)) return prim_fail(vm, FAILURE_BAD_ARGUMENT);
    remember_full_screen(vm, oop_is(full, prim_bool(vm, true)));
    return prim_answer_receiver(vm);
}

// (depth, width, height, full screen)
Outcome prim_set_display_mode(VM *vm) {
    for (unsigned i = 0; i < 3; i++)
        if (!oop_is_int(prim_argument(vm, i))) return prim_fail(vm, FAILURE_BAD_ARGUMENT);
    Oop full = prim_argument(vm, 3);
    if (!is_boolean(vm, full)) return prim_fail(vm, FAILURE_BAD_ARGUMENT);
    remember_full_screen(vm, oop_is(full, prim_bool(vm, true)));
    if (vm->image) {
        uint64_t width = (uint64_t)num_concrete(num_from_oop(prim_argument(vm, 1)));
        uint64_t height = (uint64_t)num_concrete(num_from_oop(prim_argument(vm, 2)));
        vm->image->header.window_size = (width & 0xFFFF) << 16 | (height & 0xFFFF);
    }
    return prim_answer_bool(vm, true);
}

// ---- forms

// Width, height and depth are integers, the bits are bits or the handle of a surface.
static bool is_form(Oop form) {
    if (!oop_is_pointers(form) || num_lt(slot_count(form), num(FORM_FIELDS))) return false;
    if (!oop_is_bits(field_at(form, FORM_BITS)) && !oop_is_int(field_at(form, FORM_BITS)))
        return false;
    return oop_is_int(field_at(form, FORM_WIDTH)) && oop_is_int(field_at(form, FORM_HEIGHT)) &&
           oop_is_int(field_at(form, FORM_DEPTH));
}

Outcome prim_be_display(VM *vm) {
    Oop form = prim_receiver(vm);
    if (!is_form(form)) return prim_fail(vm, FAILURE_BAD_RECEIVER);
    Oop specials = vm->heap.special_objects;
    if (!num_lt(num(SPECIAL_DISPLAY), slot_count(specials)))
        return prim_fail(vm, FAILURE_UNSUPPORTED);
    slot_at_put(&vm->heap, specials, num(SPECIAL_DISPLAY), form);
    return prim_answer_receiver(vm);
}

// Without argument, or with a mask: another Form.
Outcome prim_be_cursor(VM *vm) {
    if (vm->argument_count > 1) return prim_fail(vm, FAILURE_BAD_ARGUMENT_COUNT);
    if (!is_form(prim_receiver(vm))) return prim_fail(vm, FAILURE_BAD_RECEIVER);
    if (vm->argument_count == 1 && !is_form(prim_argument(vm, 0)))
        return prim_fail(vm, FAILURE_BAD_ARGUMENT);
    return prim_answer_receiver(vm);
}

Outcome prim_defer_updates(VM *vm) {
    if (!is_boolean(vm, prim_argument(vm, 0))) return prim_fail(vm, FAILURE_BAD_ARGUMENT);
    return prim_answer_receiver(vm);
}

// (left, right, top, bottom)
Outcome prim_show_display_rect(VM *vm) {
    for (unsigned i = 0; i < 4; i++)
        if (!oop_is_int(prim_argument(vm, i))) return prim_fail(vm, FAILURE_BAD_ARGUMENT);
    return prim_answer_receiver(vm);
}

Outcome prim_force_display_update(VM *vm) { return prim_answer_receiver(vm); }
Outcome prim_beep(VM *vm) { return prim_answer_receiver(vm); }

// ---- the clipboard: what the image put there

static Outcome set_clipboard(VM *vm, Oop text) {
    if (!oop_is_bytes(text)) return prim_fail(vm, FAILURE_BAD_ARGUMENT);
    size_t size = (size_t)num_concrete(byte_count(text));
    char *copy = malloc(size + 1);
    if (!copy || !system_state(vm)) {
        free(copy);
        return prim_fail(vm, FAILURE_NO_C_MEMORY);
    }
    memcpy(copy, object_bytes(text), size);
    free(vm->system->clipboard);
    vm->system->clipboard = copy;
    vm->system->clipboard_bytes = size;
    return prim_answer_receiver(vm);
}

Outcome prim_clipboard_text(VM *vm) {
    if (vm->argument_count > 1) return prim_fail(vm, FAILURE_BAD_ARGUMENT_COUNT);
    if (vm->argument_count == 1) return set_clipboard(vm, prim_argument(vm, 0));
    size_t size = vm->system ? vm->system->clipboard_bytes : 0;
    Oop text = prim_new_byte_string(vm, size ? vm->system->clipboard : "", size);
    if (oop_is_none(text)) return prim_fail(vm, FAILURE_NO_MEMORY);
    return prim_answer(vm, text);
}
