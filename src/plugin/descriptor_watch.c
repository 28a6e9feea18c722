// SPDX-License-Identifier: MIT
// One-shot watches of descriptors; see descriptor_watch.h.
#include "plugin/descriptor_watch.h"

#include "base/event_loop.h"
#include "object/ops.h"
#include "run/external_semaphores.h"
#include "run/process.h"

static void became_ready(void *context, int descriptor, unsigned events) {
    DescriptorWatch *watch = context;
    (void)events;
    event_loop_unwatch(watch->vm->processes->loop, descriptor);
    watch->armed = false;
    external_semaphore_signal(watch->vm, watch->semaphore);
}

Status descriptor_watch_arm(DescriptorWatch *watch, VM *vm, int descriptor, unsigned events,
                            int semaphore) {
    *watch = (DescriptorWatch){vm, descriptor, semaphore, true};
    Status status = event_loop_watch(vm->processes->loop, descriptor, events, became_ready, watch);
    if (status) watch->armed = false;
    if (status != STATUS_STATE) return status;
    external_semaphore_signal(vm, semaphore);
    return STATUS_OK;
}

void descriptor_watch_disarm(DescriptorWatch *watch) {
    if (watch->armed) event_loop_unwatch(watch->vm->processes->loop, watch->descriptor);
    watch->armed = false;
}

bool descriptor_watch_is_index(Oop index) {
    if (!oop_is_int(index)) return false;
    Num value = num_from_oop(index);
    return num_lt(num(0), value) && num_le(value, num(EXTERNAL_SEMAPHORE_LIMIT));
}
