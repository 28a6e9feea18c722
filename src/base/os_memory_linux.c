// SPDX-License-Identifier: MIT
// os_memory.h on Linux.
#include "base/os_memory.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

uint64_t os_memory_reserve(uint64_t address, uint64_t bytes) {
    int flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE;
    void *wanted = (void *)(uintptr_t)address;
    if (address) flags |= MAP_FIXED_NOREPLACE;
    void *got = mmap(wanted, bytes, PROT_NONE, flags, -1, 0);
    if (got == MAP_FAILED) return 0;
    if (!address || got == wanted) return (uint64_t)(uintptr_t)got;
    munmap(got, bytes); // a kernel that does not know the flag took the address as a hint
    return 0;
}

void os_memory_release(uint64_t start, uint64_t bytes) { munmap((void *)(uintptr_t)start, bytes); }

bool os_memory_commit(uint64_t start, uint64_t bytes) {
    return mprotect((void *)(uintptr_t)start, bytes, PROT_READ | PROT_WRITE) == 0;
}

void os_memory_discard(uint64_t start, uint64_t bytes) {
    madvise((void *)(uintptr_t)start, bytes, MADV_DONTNEED);
}

void os_memory_decommit(uint64_t start, uint64_t bytes) {
    os_memory_discard(start, bytes);
    mprotect((void *)(uintptr_t)start, bytes, PROT_NONE);
}

// The limit that a container sets; UINT64_MAX: none.
static uint64_t container_limit(void) {
    char text[32];
    int file = open("/sys/fs/cgroup/memory.max", O_RDONLY | O_CLOEXEC);
    if (file < 0) return UINT64_MAX;
    ssize_t length = read(file, text, sizeof text - 1);
    close(file);
    if (length <= 0 || text[0] < '0' || text[0] > '9') return UINT64_MAX;
    text[length] = 0;
    return strtoull(text, NULL, 10);
}

uint64_t os_memory_available(void) {
    long pages = sysconf(_SC_PHYS_PAGES), page_bytes = sysconf(_SC_PAGESIZE);
    uint64_t machine = pages > 0 ? (uint64_t)pages * (uint64_t)page_bytes : UINT64_MAX;
    uint64_t container = container_limit();
    return machine < container ? machine : container;
}
