// SPDX-License-Identifier: MIT
// Time as the image sees it. See clock.h.
#include "run/clock.h"

#include "base/event_loop.h"
#include "base/os.h"
#include "run/process.h"

// 2020-01-01 00:00 UTC, where deterministic runs begin.
#define DETERMINISTIC_START ((OS_EPOCH_DELTA_SECONDS + 1577836800) * 1000000)

static int64_t counted_microseconds(const VM *vm) {
    return (int64_t)vm->ticks + vm->processes->skipped_microseconds;
}

int64_t clock_utc_microseconds(const VM *vm) {
    return vm->options.deterministic ? DETERMINISTIC_START + counted_microseconds(vm)
                                     : os_utc_microseconds();
}

int64_t clock_utc_offset_seconds(const VM *vm) {
    return vm->options.deterministic ? 0 : os_utc_offset_seconds(os_utc_microseconds());
}

int64_t clock_local_microseconds(const VM *vm) {
    return clock_utc_microseconds(vm) + clock_utc_offset_seconds(vm) * 1000000;
}

// Where milliseconds begin is free to choose. The first reading ends one, so that a program that
// measures something short, once, is not told that it took no time: some divide by it.
int64_t clock_milliseconds(const VM *vm) {
    enum { MILLISECOND = 1000000 };
    if (vm->options.deterministic) return counted_microseconds(vm) / 1000;
    ProcessState *state = vm->processes;
    uint64_t elapsed = os_monotonic_nanoseconds() - state->start_nanoseconds;
    if (!state->millisecond_phase) state->millisecond_phase = MILLISECOND - elapsed % MILLISECOND;
    return (int64_t)((elapsed + state->millisecond_phase - 1) / MILLISECOND);
}

void clock_set_timer(VM *vm, int64_t utc_microseconds) {
    vm->processes->timer_microseconds = utc_microseconds;
    if (!vm->options.deterministic) {
        event_loop_set_timer(vm->processes->loop, utc_microseconds);
        return;
    }
    int64_t wait = utc_microseconds - clock_utc_microseconds(vm);
    vm->timer_ticks = !utc_microseconds ? UINT64_MAX
                      : wait > 0        ? vm->ticks + (uint64_t)wait
                                        : vm->ticks;
}

// The event loop's timer only brings the VM here; the clock decides.
bool clock_take_timer(VM *vm) {
    int64_t due = vm->processes->timer_microseconds;
    if (!due) return false;
    if (clock_utc_microseconds(vm) >= due) {
        clock_set_timer(vm, 0);
        return true;
    }
    if (!vm->options.deterministic && !event_loop_has_timer(vm->processes->loop))
        event_loop_set_timer(vm->processes->loop, due);
    return false;
}

bool clock_skip_to_timer(VM *vm, int64_t at_most) {
    ProcessState *state = vm->processes;
    int64_t due = state->timer_microseconds, wait = at_most;
    if (!vm->options.deterministic || (!due && at_most == INT64_MAX)) return false;
    if (due && due - clock_utc_microseconds(vm) < wait) wait = due - clock_utc_microseconds(vm);
    if (wait > 0) state->skipped_microseconds += wait;
    clock_set_timer(vm, due);
    return true;
}
