// SPDX-License-Identifier: MIT
// Checks of what must hold.
//
//   CHECK(cond, ...)       always compiled in; a broken invariant of the VM itself
//   ASSERT(cond)           debug builds (PARLEY_DEBUG), constant time
//   ASSERT_SLOW(cond)      debug builds with PARLEY_DEBUG_SLOW; may walk whole structures
//
// A failing check reports through `check_failed`, which runs the crash reporter that the upper
// layers registered (Smalltalk stacks, event ring) and ends the process with exit code 3.
// Input from outside is never checked with these: it gets a `Status` and a message.
#ifndef PARLEY_BASE_CHECK_H
#define PARLEY_BASE_CHECK_H

#include <stdbool.h>

_Noreturn void check_failed(const char *file, int line, const char *condition, const char *format,
                            ...) __attribute__((format(printf, 4, 5), cold));

#define CHECK(cond, ...)                                                                           \
    ((cond) ? (void)0 : check_failed(__FILE__, __LINE__, #cond, __VA_ARGS__))

#ifdef PARLEY_DEBUG
#define ASSERT(cond) CHECK(cond, "%s", "assertion")
#else
#define ASSERT(cond) ((void)sizeof(cond))
#endif

#ifdef PARLEY_DEBUG_SLOW
#define ASSERT_SLOW(cond) CHECK(cond, "%s", "slow assertion")
#else
#define ASSERT_SLOW(cond) ((void)sizeof(cond))
#endif

#endif
