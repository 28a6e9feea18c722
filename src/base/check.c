// SPDX-License-Identifier: MIT
// The end of the road: prints which invariant broke, lets the registered reporters speak (they
// print Smalltalk stacks and the event ring), and exits with code 3.
#include "base/check.h"

#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>

#include "base/crash.h"

_Noreturn void check_failed(const char *file, int line, const char *condition, const char *format,
                            ...) {
    fflush(stdout);
    fprintf(stderr, "parley: broken invariant at %s:%d: %s: ", file, line, condition);
    va_list arguments;
    va_start(arguments, format);
    vfprintf(stderr, format, arguments);
    va_end(arguments);
    fputc('\n', stderr);
    crash_report();
    fflush(stderr);
    _exit(3);
}
