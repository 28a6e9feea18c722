// SPDX-License-Identifier: MIT
// Are the tests run by an emulator (tools/run_tests.sh -e)? That is slow, and qemu-user cannot do
// all that Linux can; a test that is about these things says so and skips itself.
#ifndef PARLEY_TESTS_EMULATED_H
#define PARLEY_TESTS_EMULATED_H

#include <stdbool.h>
#include <stdlib.h>

static inline bool is_emulated(void) {
    const char *emulator = getenv("PARLEY_EMULATOR");
    return emulator && *emulator;
}

#endif
