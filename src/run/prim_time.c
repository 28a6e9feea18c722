// SPDX-License-Identifier: MIT
// Clocks, the timer, and waiting: primitives 135 to 137, 230, 240 to 246.
#include "run/clock.h"

#include "base/os.h"
#include "run/interrupts.h"
#include "run/primitive.h"
#include "run/primitives.h"
#include "run/process.h"

// The millisecond clock wraps around, so that its values stay small in every image.
enum { MILLISECOND_MASK = 0x1FFFFFFF };

static Outcome answer_integer(VM *vm, int64_t value) {
    return prim_answer(vm, oop_from_num(num(value)));
}

// ---- 135, 137, 240, 241, 245, 246: clocks

Outcome prim_millisecond_clock(VM *vm) {
    return answer_integer(vm, clock_milliseconds(vm) & MILLISECOND_MASK);
}
// Local time, and 32 bits of it: so it is in every image that still asks for it.
Outcome prim_seconds_clock(VM *vm) {
    return answer_integer(vm, clock_local_microseconds(vm) / 1000000 & UINT32_MAX);
}
Outcome prim_utc_microsecond_clock(VM *vm) {
    return answer_integer(vm, clock_utc_microseconds(vm));
}
Outcome prim_local_microsecond_clock(VM *vm) {
    return answer_integer(vm, clock_local_microseconds(vm));
}
// Elsewhere these are cheaper and less exact.
Outcome prim_coarse_utc_clock(VM *vm) { return prim_utc_microsecond_clock(vm); }
Outcome prim_coarse_local_clock(VM *vm) { return prim_local_microsecond_clock(vm); }

Outcome prim_update_timezone(VM *vm) {
    os_update_timezone();
    return prim_answer_receiver(vm);
}

// Microseconds since 1901 in UTC and the seconds that local time is ahead, into the argument or a
// new Array.
Outcome prim_utc_and_timezone(VM *vm) {
    if (!prim_has_arguments(vm, 0, 1)) return prim_fail(vm, FAILURE_BAD_ARGUMENT_COUNT);
    Oop pair = vm->argument_count ? prim_argument(vm, 0) : prim_new_array(vm, num(2));
    if (oop_is_none(pair)) return prim_fail(vm, FAILURE_NO_MEMORY);
    if (!oop_is_pointers(pair) || num_lt(slot_count(pair), num(2)) ||
        oop_has_class_index(pair, prim_known(vm, context)))
        return prim_fail(vm, FAILURE_BAD_ARGUMENT);
    if (object_is_readonly(pair)) return prim_fail(vm, FAILURE_NO_MODIFICATION);
    field_at_put(&vm->heap, pair, 0, oop_from_num(num(clock_utc_microseconds(vm))));
    field_at_put(&vm->heap, pair, 1, oop_from_num(num(clock_utc_offset_seconds(vm))));
    return prim_answer(vm, pair);
}

// ---- 136 and 242: the timer

static bool has_special_object(const VM *vm, SpecialObject which) {
    Oop specials = vm->heap.special_objects;
    return oop_is_pointers(specials) && num_lt(num((int64_t)which), slot_count(specials));
}

// The argument below the time: a Semaphore, or nil, which turns the timer off.
static Failure timer_semaphore(VM *vm, Oop *semaphore) {
    *semaphore = prim_argument(vm, 0);
    if (!has_special_object(vm, SPECIAL_TIMER_SEMAPHORE)) return FAILURE_INAPPROPRIATE;
    if (oop_is(*semaphore, prim_nil(vm))) return FAILURE_NONE;
    bool right_class = oop_has_class_index(*semaphore, prim_known(vm, semaphore));
    return right_class && process_is_semaphore(*semaphore) ? FAILURE_NONE : FAILURE_BAD_ARGUMENT;
}

static Outcome set_timer(VM *vm, Oop semaphore, int64_t utc_microseconds) {
    bool off = oop_is(semaphore, prim_nil(vm));
    field_at_put(&vm->heap, vm->heap.special_objects, SPECIAL_TIMER_SEMAPHORE, semaphore);
    clock_set_timer(vm, off ? 0 : utc_microseconds);
    return prim_answer_receiver(vm);
}

Outcome prim_signal_at_milliseconds(VM *vm) {
    Oop semaphore;
    Word milliseconds;
    if (!prim_word_from_integer(vm, prim_argument(vm, 1), &milliseconds) ||
        word_lt(word(UINT32_MAX), milliseconds))
        return prim_fail(vm, FAILURE_BAD_ARGUMENT);
    Failure failure = timer_semaphore(vm, &semaphore);
    if (failure) return prim_fail(vm, failure);
    int64_t now = clock_milliseconds(vm) & MILLISECOND_MASK;
    int64_t wait = num_concrete(num_from_word(milliseconds)) - now;
    if (wait < 0) wait += (int64_t)MILLISECOND_MASK + 1;
    return set_timer(vm, semaphore, clock_utc_microseconds(vm) + wait * 1000);
}

Outcome prim_signal_at_utc_microseconds(VM *vm) {
    Oop semaphore;
    Word when;
    if (!prim_word_from_integer(vm, prim_argument(vm, 1), &when))
        return prim_fail(vm, FAILURE_BAD_ARGUMENT);
    Failure failure = timer_semaphore(vm, &semaphore);
    if (failure) return prim_fail(vm, failure);
    if (word_lt(word(INT64_MAX), when)) when = word(INT64_MAX);
    return set_timer(vm, semaphore, num_concrete(num_from_word(when)));
}

// ---- 230

Outcome prim_relinquish_processor(VM *vm) {
    Oop microseconds = prim_argument(vm, 0);
    if (!oop_is_int(microseconds)) return prim_fail(vm, FAILURE_BAD_ARGUMENT);
    vm_relinquish(vm, num_concrete(num_from_oop(microseconds)));
    return prim_answer_receiver(vm);
}
