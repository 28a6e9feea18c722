// SPDX-License-Identifier: MIT
// Signals, and what is said at the end: the one registry of the process that is not part of a VM.
//
// A VM registers a reporter that prints what it knows (stacks, events, spaces); a failing check and
// a fatal signal call them all, each guarded against crashing itself. It also registers a listener
// that is told of SIGINT and SIGQUIT and asks its VM for a safe point, where the image's interrupt
// semaphore is signalled or the stacks are printed: better than anything a handler could do.
#ifndef PARLEY_BASE_CRASH_H
#define PARLEY_BASE_CRASH_H

#include <stdbool.h>

#include "base/status.h"

typedef void (*CrashReporter)(void *context);

// At most CRASH_REPORTER_LIMIT at a time; a further one is refused with STATUS_LIMIT.
enum { CRASH_REPORTER_LIMIT = 16 };
MUST_USE Status crash_add_reporter(CrashReporter reporter, void *context);
void crash_remove_reporter(void *context);

// Runs every reporter once. A reporter that faults is abandoned and the next one runs. A check
// that fails inside a reporter ends that reporter as well.
void crash_report(void);

// For reporters: runs one part, such that a fault in it only ends that part; false: it did. Outside
// of crash_report it just runs: there memory is as it should be.
bool crash_guard(CrashReporter part, void *context);

// For reporters: the registers where the fatal signal came that is reported; NULL: there was none,
// or they cannot be told.
const struct OsRegisters *crash_registers(void);

// Installs handlers for SIGSEGV, SIGBUS, SIGILL, SIGFPE and SIGABRT on an alternate stack: they
// report and end the process with exit code 3.
void crash_install_handlers(void);
// An alternate stack for the calling thread, so that a C stack overflow in it is reported too;
// crash_install_handlers does it for its own thread.
void crash_prepare_thread(void);

typedef enum UserSignal { USER_INTERRUPT, USER_WANTS_REPORT } UserSignal; // SIGINT, SIGQUIT
// Called in the signal handler: may do only what is allowed there.
typedef void (*UserSignalListener)(void *context, UserSignal which);
MUST_USE Status crash_add_listener(UserSignalListener listener, void *context);
void crash_remove_listener(void *context);

// Installs handlers for SIGINT and SIGQUIT that tell all listeners. A third SIGINT that nobody has
// served ends the process with exit code 130; a second SIGQUIT that nobody has served reports from
// within the handler, as crash_report does.
void crash_install_user_handlers(void);
// A listener's safe point was reached.
void crash_user_signal_served(UserSignal which);

#endif
