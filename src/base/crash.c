// SPDX-License-Identifier: MIT
// The end of the road, and user signals. See crash.h.
//
// A reporter looks at memory that may be broken. It runs guarded: while it runs, a fatal signal or
// a failing check of its thread jumps back to where the guard was set. This is the only place where
// C frames are jumped over, and nothing but reporters is below. A thread that crashes while another
// one reports waits for the end; a report that hangs is ended by an alarm.
#include "base/crash.h"

#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/os.h"

enum {
    EXIT_BROKEN = 3,
    EXIT_INTERRUPTED = 130,
    ALTERNATE_STACK_BYTES = 256 << 10,
    REPORT_SECONDS = 20,
    IMPATIENT_INTERRUPTS = 3,
};

typedef struct Entry {
    void (*function)(void);
    void *context;
} Entry;

// The registry.
static struct {
    Entry reporters[CRASH_REPORTER_LIMIT], listeners[CRASH_REPORTER_LIMIT];
    uint32_t reporting; // somebody is at it
    pthread_t reporter_thread;
    sigjmp_buf *guard;     // where a fault of the reporting thread goes on; NULL: nowhere
    OsRegisters registers; // where the signal came
    bool has_registers;
    uint32_t unserved[2];
} registry;

// ---- entries: a slot is taken by setting its context, and works once its function is set

static Status add_entry(Entry *entries, void (*function)(void), void *context) {
    for (int i = 0; i < CRASH_REPORTER_LIMIT; i++) {
        void *free_slot = NULL;
        if (!__atomic_compare_exchange_n(&entries[i].context, &free_slot, context, false,
                                         __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST))
            continue;
        __atomic_store_n(&entries[i].function, function, __ATOMIC_SEQ_CST);
        return STATUS_OK;
    }
    return STATUS_LIMIT;
}

static void remove_entry(Entry *entries, void *context) {
    for (int i = 0; i < CRASH_REPORTER_LIMIT; i++) {
        if (__atomic_load_n(&entries[i].context, __ATOMIC_SEQ_CST) != context) continue;
        __atomic_store_n(&entries[i].function, NULL, __ATOMIC_SEQ_CST);
        __atomic_store_n(&entries[i].context, NULL, __ATOMIC_SEQ_CST);
    }
}

Status crash_add_reporter(CrashReporter reporter, void *context) {
    return add_entry(registry.reporters, (void (*)(void))reporter, context);
}
void crash_remove_reporter(void *context) { remove_entry(registry.reporters, context); }

Status crash_add_listener(UserSignalListener listener, void *context) {
    return add_entry(registry.listeners, (void (*)(void))listener, context);
}
void crash_remove_listener(void *context) { remove_entry(registry.listeners, context); }

// ---- reporting

static bool reports_in_this_thread(void) {
    return __atomic_load_n(&registry.reporting, __ATOMIC_SEQ_CST) &&
           pthread_equal(registry.reporter_thread, pthread_self());
}

// Back to the guard, if there is one.
static void abandon_part(void) {
    if (reports_in_this_thread() && registry.guard) siglongjmp(*registry.guard, 1);
}

bool crash_guard(CrashReporter part, void *context) {
    if (!reports_in_this_thread()) {
        part(context);
        return true;
    }
    sigjmp_buf here, *volatile outer = registry.guard;
    volatile bool finished = false;
    if (sigsetjmp(here, 1) == 0) {
        registry.guard = &here;
        part(context);
        finished = true;
    }
    registry.guard = outer;
    return finished;
}

static void end_process(int code) { _exit(code); }

static void report_hangs(int number) {
    (void)number;
    end_process(EXIT_BROKEN);
}

static bool begin_report(void) {
    uint32_t nobody = 0;
    if (!__atomic_compare_exchange_n(&registry.reporting, &nobody, 1, false, __ATOMIC_SEQ_CST,
                                     __ATOMIC_SEQ_CST))
        return false;
    registry.reporter_thread = pthread_self();
    registry.guard = NULL;
    return true;
}

void crash_report(void) {
    abandon_part();
    if (!begin_report()) return;
    for (int i = 0; i < CRASH_REPORTER_LIMIT; i++) {
        Entry entry = registry.reporters[i];
        if (entry.function && !crash_guard((CrashReporter)entry.function, entry.context))
            fprintf(stderr, "parley: the report ends here, it ran into broken memory\n");
    }
    __atomic_store_n(&registry.reporting, 0, __ATOMIC_SEQ_CST);
}

// ---- fatal signals

static void wait_for_report_of_other_thread(void) {
    while (__atomic_load_n(&registry.reporting, __ATOMIC_SEQ_CST))
        usleep(1000);
}

const OsRegisters *crash_registers(void) {
    return reports_in_this_thread() && registry.has_registers ? &registry.registers : NULL;
}

static void handle_fatal(int number, siginfo_t *info, void *machine_context) {
    abandon_part();
    signal(SIGALRM, report_hangs);
    alarm(REPORT_SECONDS);
    fprintf(stderr, "parley: crashed with signal %d (%s) at address %p\n", number,
            strsignal(number), info->si_addr);
    wait_for_report_of_other_thread();
    registry.has_registers = os_signal_registers(machine_context, &registry.registers);
    crash_report();
    end_process(EXIT_BROKEN);
}

void crash_prepare_thread(void) {
    stack_t now;
    if (sigaltstack(NULL, &now) == 0 && !(now.ss_flags & SS_DISABLE)) return;
    stack_t stack = {.ss_sp = malloc(ALTERNATE_STACK_BYTES), .ss_size = ALTERNATE_STACK_BYTES};
    if (stack.ss_sp) sigaltstack(&stack, NULL);
}

void crash_install_handlers(void) {
    static const int fatal[] = {SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT};
    struct sigaction action = {.sa_sigaction = handle_fatal,
                               .sa_flags = SA_SIGINFO | SA_ONSTACK | SA_NODEFER};
    sigemptyset(&action.sa_mask);
    crash_prepare_thread();
    for (size_t i = 0; i < sizeof fatal / sizeof *fatal; i++)
        sigaction(fatal[i], &action, NULL);
}

// ---- user signals

static bool tell_listeners(UserSignal which) {
    bool told = false;
    for (int i = 0; i < CRASH_REPORTER_LIMIT; i++) {
        Entry entry = registry.listeners[i];
        if (!entry.function) continue;
        ((UserSignalListener)entry.function)(entry.context, which);
        told = true;
    }
    return told;
}

static void handle_user(int number) {
    UserSignal which = number == SIGINT ? USER_INTERRUPT : USER_WANTS_REPORT;
    uint32_t unserved = __atomic_add_fetch(&registry.unserved[which], 1, __ATOMIC_SEQ_CST);
    bool told = tell_listeners(which);
    if (which == USER_INTERRUPT) {
        if (!told || unserved >= IMPATIENT_INTERRUPTS) end_process(EXIT_INTERRUPTED);
    } else if (!told || unserved > 1) {
        crash_report();
        crash_user_signal_served(which);
    }
}

void crash_user_signal_served(UserSignal which) {
    __atomic_store_n(&registry.unserved[which], 0, __ATOMIC_SEQ_CST);
}

void crash_install_user_handlers(void) {
    struct sigaction action = {.sa_handler = handle_user, .sa_flags = SA_ONSTACK | SA_RESTART};
    sigemptyset(&action.sa_mask);
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGQUIT, &action, NULL);
}
