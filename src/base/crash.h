// SPDX-License-Identifier: MIT
// Crash reporters: the one registry of the process that is not part of a VM. A VM registers a
// function that prints what it knows (stacks, events, spaces); a failing check and a fatal signal
// call them all, each guarded against crashing itself.
#ifndef PARLEY_BASE_CRASH_H
#define PARLEY_BASE_CRASH_H

#include "base/status.h"

typedef void (*CrashReporter)(void *context);

// At most CRASH_REPORTER_LIMIT at a time; a further one is refused with STATUS_LIMIT.
enum { CRASH_REPORTER_LIMIT = 16 };
MUST_USE Status crash_add_reporter(CrashReporter reporter, void *context);
void crash_remove_reporter(void *context);

// Runs every reporter once. A reporter that faults is abandoned and the next one runs.
void crash_report(void);

// Installs handlers for SIGSEGV, SIGBUS, SIGILL, SIGFPE and SIGABRT on an alternate stack: they
// report and end the process with exit code 3. SIGQUIT reports and goes on.
void crash_install_handlers(void);

#endif
