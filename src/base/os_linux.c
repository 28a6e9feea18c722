// SPDX-License-Identifier: MIT
// os.h on Linux.
#include "base/os.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/random.h>
#include <sys/timerfd.h>
#include <time.h>
#include <ucontext.h>
#include <unistd.h>

int64_t os_utc_microseconds(void) {
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return ((int64_t)now.tv_sec + OS_EPOCH_DELTA_SECONDS) * 1000000 + now.tv_nsec / 1000;
}

int64_t os_utc_offset_seconds(int64_t utc_microseconds) {
    time_t seconds = (time_t)(utc_microseconds / 1000000 - OS_EPOCH_DELTA_SECONDS);
    struct tm local;
    return localtime_r(&seconds, &local) ? local.tm_gmtoff : 0;
}

bool os_local_time(int64_t unix_seconds, OsLocalTime *result) {
    time_t seconds = (time_t)unix_seconds;
    struct tm local;
    if (!localtime_r(&seconds, &local)) return false;
    *result =
        (OsLocalTime){.offset_seconds = local.tm_gmtoff, .is_summer_time = local.tm_isdst > 0};
    snprintf(result->zone, sizeof result->zone, "%s", local.tm_zone ? local.tm_zone : "");
    return true;
}

void os_update_timezone(void) { tzset(); }

int64_t os_unix_nanoseconds(void) {
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

uint64_t os_monotonic_nanoseconds(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

int os_timer_new(void) { return timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK); }

void os_timer_set(int descriptor, uint64_t nanoseconds) {
    struct itimerspec when = {.it_value = {.tv_sec = (time_t)(nanoseconds / 1000000000),
                                           .tv_nsec = (long)(nanoseconds % 1000000000)}};
    timerfd_settime(descriptor, 0, &when, NULL);
}

bool os_random_bytes(void *buffer, size_t size) {
    char *at = buffer;
    while (size) {
        ssize_t got = getrandom(at, size, 0);
        if (got < 0 && errno == EINTR) continue;
        if (got <= 0) return false;
        at += got;
        size -= (size_t)got;
    }
    return true;
}

int os_terminal_size(int descriptor, int *columns, int *rows) {
    struct winsize size;
    if (ioctl(descriptor, TIOCGWINSZ, &size) < 0) return errno;
    *columns = size.ws_col;
    *rows = size.ws_row;
    return 0;
}

int os_sync_path(const char *path) {
    int descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (descriptor < 0) return errno;
    int error = 0;
    while (fsync(descriptor) < 0 && (error = errno) == EINTR)
        error = 0;
    close(descriptor);
    return error;
}

#if defined(__x86_64__)
bool os_signal_registers(const void *machine_context, OsRegisters *registers) {
    static const int places[] = {REG_RAX, REG_RCX, REG_RDX, REG_RBX, REG_RSP, REG_RBP,
                                 REG_RSI, REG_RDI, REG_R8,  REG_R9,  REG_R10, REG_R11,
                                 REG_R12, REG_R13, REG_R14, REG_R15};
    const ucontext_t *context = machine_context;
    *registers = (OsRegisters){.pc = (uint64_t)context->uc_mcontext.gregs[REG_RIP]};
    for (unsigned i = 0; i < sizeof places / sizeof *places; i++)
        registers->general[i] = (uint64_t)context->uc_mcontext.gregs[places[i]];
    return true;
}
#elif defined(__aarch64__)
bool os_signal_registers(const void *machine_context, OsRegisters *registers) {
    const ucontext_t *context = machine_context;
    *registers = (OsRegisters){.pc = context->uc_mcontext.pc};
    for (unsigned i = 0; i < 31; i++)
        registers->general[i] = context->uc_mcontext.regs[i];
    return true;
}
#else
bool os_signal_registers(const void *machine_context, OsRegisters *registers) {
    (void)machine_context, (void)registers;
    return false;
}
#endif

size_t os_page_size(void) { return (size_t)sysconf(_SC_PAGESIZE); }

bool os_executable_path(char *path, size_t size) {
    ssize_t length = readlink("/proc/self/exe", path, size);
    if (length < 0 || (size_t)length >= size) return false;
    path[length] = 0;
    return true;
}
