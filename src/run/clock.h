// SPDX-License-Identifier: MIT
// Time as the image sees it, and the timer that signals the timer semaphore. In a deterministic run
// the clocks count ticks (activations and backward jumps) as microseconds, from a fixed moment, and
// waiting for the timer takes no time but moves the clocks on.
#ifndef PARLEY_RUN_CLOCK_H
#define PARLEY_RUN_CLOCK_H

#include "run/vm.h"

// Microseconds since 1901.
int64_t clock_utc_microseconds(const VM *vm);
int64_t clock_local_microseconds(const VM *vm);
// Seconds that local time is ahead of UTC now.
int64_t clock_utc_offset_seconds(const VM *vm);
// Since the VM was made.
int64_t clock_milliseconds(const VM *vm);

// When the timer semaphore is to be signalled, microseconds since 1901 in UTC; 0: never.
void clock_set_timer(VM *vm, int64_t utc_microseconds);
// Was it time? Then the timer is off now.
bool clock_take_timer(VM *vm);
// If that is how this run waits, the clock jumps to when the timer is due, by so many microseconds
// at most. False: it does not, or no timer is set and no limit (INT64_MAX) either.
bool clock_skip_to_timer(VM *vm, int64_t at_most);

#endif
