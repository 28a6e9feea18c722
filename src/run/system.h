// SPDX-License-Identifier: MIT
// What the system primitives remember for a VM: the clipboard of a VM without a display, the
// interrupt key, and the like. Made when first needed, given back by system_release.
#ifndef PARLEY_RUN_SYSTEM_H
#define PARLEY_RUN_SYSTEM_H

#include "run/vm.h"

typedef struct SystemState {
    char *clipboard;
    size_t clipboard_bytes;
    Real growth_ratio; // VM parameter 55, once it was set: kept for the image, nothing uses it
    bool has_growth_ratio;
    bool refuses_saving; // the image gave up the right to be saved
    bool refuses_files;  // ... and that to open, name, list or change files
} SystemState;

SystemState *system_state(VM *vm); // NULL: no memory
void system_release(VM *vm);

// What the VM says about itself, the strings that images ask for by number (primitive 149). Writes
// into `text` and answers it, or a string that lives elsewhere; NULL: there is no such attribute.
const char *system_attribute(const VM *vm, int64_t number, char *text, size_t size);

#endif
