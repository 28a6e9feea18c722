// SPDX-License-Identifier: MIT
// The operating system's services that the VM asks for: clocks, random bytes, names. One
// implementation per system, os_<system>.c.
#ifndef PARLEY_BASE_OS_H
#define PARLEY_BASE_OS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// Seconds from the Smalltalk epoch (1901-01-01 00:00 UTC) to the Unix epoch.
#define OS_EPOCH_DELTA_SECONDS 2177452800ll

// Microseconds since 1901 in UTC. Follows the wall clock: it may step.
int64_t os_utc_microseconds(void);
// Seconds that local time is ahead of UTC at that moment (microseconds since 1901).
int64_t os_utc_offset_seconds(int64_t utc_microseconds);
// What clocks show at a moment, seconds since 1970 in UTC; false when the system cannot say.
typedef struct OsLocalTime {
    int64_t offset_seconds; // that local time is ahead of UTC
    bool is_summer_time;
    char zone[16]; // the short name of the time zone
} OsLocalTime;
bool os_local_time(int64_t unix_seconds, OsLocalTime *local);
// Reads the time zone's rules anew.
void os_update_timezone(void);
// Nanoseconds since 1970 in UTC. Follows the wall clock: it may step.
int64_t os_unix_nanoseconds(void);
// Nanoseconds since some moment in the past; never steps.
uint64_t os_monotonic_nanoseconds(void);

// A descriptor that becomes readable some time after it was set, once, measured by a clock that
// never steps; -1 when there is none left. Setting it to 0 makes it unreadable.
int os_timer_new(void);
void os_timer_set(int descriptor, uint64_t nanoseconds);

// Fills the buffer from the system's generator; false when that is not possible.
bool os_random_bytes(void *buffer, size_t size);

// The size of a terminal in characters; 0 or an errno value.
int os_terminal_size(int descriptor, int *columns, int *rows);

// Brings what a file or directory holds to the disk; 0 or an errno value.
int os_sync_path(const char *path);

// The processor's registers where a signal came, from the third argument of its handler; false: not
// known for this machine. General registers are numbered as in the encodings of instructions.
enum { OS_REGISTER_LIMIT = 32 };
typedef struct OsRegisters {
    uint64_t pc, general[OS_REGISTER_LIMIT];
} OsRegisters;
bool os_signal_registers(const void *machine_context, OsRegisters *registers);

size_t os_page_size(void);
// The absolute name of the running program; false when unknown or too long.
bool os_executable_path(char *path, size_t size);

#endif
