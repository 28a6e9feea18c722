// SPDX-License-Identifier: MIT
// A semaphore that is signalled once when something can be read from or written to a descriptor.
// Its owner keeps the DescriptorWatch at one place while it is armed, and disarms it before the
// descriptor is closed.
#ifndef PARLEY_PLUGIN_DESCRIPTOR_WATCH_H
#define PARLEY_PLUGIN_DESCRIPTOR_WATCH_H

#include "run/vm.h"

typedef struct DescriptorWatch {
    VM *vm;
    int descriptor;
    int semaphore; // its index in the image's external objects
    bool armed;
} DescriptorWatch;

// Arms the watch for EVENT_... bits (base/event_loop.h), or changes it when it is armed. What is
// always ready (a regular file) signals at once.
MUST_USE Status descriptor_watch_arm(DescriptorWatch *watch, VM *vm, int descriptor,
                                     unsigned events, int semaphore);
void descriptor_watch_disarm(DescriptorWatch *watch);

// A SmallInteger that can be the index of an external semaphore.
bool descriptor_watch_is_index(Oop index);

#endif
