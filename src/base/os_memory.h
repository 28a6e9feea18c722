// SPDX-License-Identifier: MIT
// Address space and pages from the operating system.
#ifndef PARLEY_BASE_OS_MEMORY_H
#define PARLEY_BASE_OS_MEMORY_H

#include <stdbool.h>
#include <stdint.h>

// Reserves a range of addresses without memory behind it, at `address` exactly, or anywhere when
// `address` is 0. Answers where; 0: not possible.
uint64_t os_memory_reserve(uint64_t address, uint64_t bytes);
void os_memory_release(uint64_t start, uint64_t bytes);

// Makes pages of a reserved range usable (zero-filled when first touched), or gives them back.
// Both bounds are multiples of the page size.
bool os_memory_commit(uint64_t start, uint64_t bytes);
void os_memory_decommit(uint64_t start, uint64_t bytes);
// Gives the contents of usable pages back: they read as zero and stay usable.
void os_memory_discard(uint64_t start, uint64_t bytes);

// Calls `each` for what can be read between the bounds, in ascending order; false: the system does
// not say.
bool os_memory_each_usable(uint64_t start, uint64_t end,
                           void (*each)(void *context, uint64_t start, uint64_t end, bool writable,
                                        bool executable),
                           void *context);

// Puts bytes that the program was linked with at `to`, in usable pages, so that writing changes the
// copy alone: by mapping the program's file where that is possible, else by copying. `to` is a
// multiple of the page size.
void os_memory_copy_own(uint64_t to, const void *from, uint64_t bytes);

// Maps the reserved range at `start` so that it can be read and executed, and the same memory
// somewhere else so that it can be written, but never both in one place. Answers where it can be
// written; 0: not possible.
uint64_t os_memory_map_code(uint64_t start, uint64_t bytes);
void os_memory_unmap(uint64_t start, uint64_t bytes);
// After code was written: the processor must not execute what it read there before.
void os_memory_code_written(uint64_t start, uint64_t bytes);
// Does that fail? Emulators translate code, and qemu-aarch64 before 8.1 knows of changes only where
// they are made at the code's own address, or rights change. Writes the beginning of what
// os_memory_map_code mapped.
bool os_memory_code_stays_stale(uint64_t code, uint64_t writable);
// What helps there, after code was written: it is no code for a moment.
void os_memory_renew_code(uint64_t start, uint64_t bytes);

// Memory that this process may count on: the machine's, or less where a container says so.
uint64_t os_memory_available(void);

#endif
