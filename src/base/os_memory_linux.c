// SPDX-License-Identifier: MIT
// os_memory.h on Linux.
#include "base/os_memory.h"

#include <fcntl.h>
#include <link.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
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

// Fresh pages, so that what a file was mapped to is forgotten, too.
void os_memory_decommit(uint64_t start, uint64_t bytes) {
    int flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED;
    if (mmap((void *)(uintptr_t)start, bytes, PROT_NONE, flags, -1, 0) != MAP_FAILED) return;
    os_memory_discard(start, bytes);
    mprotect((void *)(uintptr_t)start, bytes, PROT_NONE);
}

// ---- code

// The pages of shared memory that stand at `writable`, at `start` as well. Its name in /proc is one
// that perf takes for memory without a file, so that it looks for /tmp/perf-PID.map.
static bool map_again(void *writable, uint64_t start, uint64_t bytes) {
    void *code =
        mremap(writable, 0, bytes, MREMAP_MAYMOVE | MREMAP_FIXED, (void *)(uintptr_t)start);
    return code != MAP_FAILED && mprotect(code, bytes, PROT_READ | PROT_EXEC) == 0;
}

// The same by a file in memory, for systems that cannot do that (qemu-user 7.2).
static uint64_t map_file_twice(uint64_t start, uint64_t bytes) {
    int file = memfd_create("parley code", MFD_CLOEXEC);
    if (file < 0) return 0;
    void *writable = MAP_FAILED;
    if (ftruncate(file, (off_t)bytes) == 0)
        writable = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    void *code = MAP_FAILED;
    if (writable != MAP_FAILED)
        code = mmap((void *)(uintptr_t)start, bytes, PROT_READ | PROT_EXEC, MAP_SHARED | MAP_FIXED,
                    file, 0);
    close(file);
    if (code != MAP_FAILED) return (uint64_t)(uintptr_t)writable;
    if (writable != MAP_FAILED) munmap(writable, bytes);
    return 0;
}

uint64_t os_memory_map_code(uint64_t start, uint64_t bytes) {
    void *writable = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (writable == MAP_FAILED) return 0;
    if (map_again(writable, start, bytes)) return (uint64_t)(uintptr_t)writable;
    munmap(writable, bytes);
    return map_file_twice(start, bytes);
}

void os_memory_unmap(uint64_t start, uint64_t bytes) { munmap((void *)(uintptr_t)start, bytes); }

void os_memory_code_written(uint64_t start, uint64_t bytes) {
    char *first = (char *)(uintptr_t)start;
    __builtin___clear_cache(first, first + bytes);
}

#ifdef __aarch64__
// Writes a function that answers the number, and calls it.
static uint64_t answer_of_new_function(uint64_t code, uint64_t writable, uint32_t number) {
    const uint32_t function[2] = {0xD2800000 | number << 5, 0xD65F03C0}; // mov x0, #number; ret
    uint64_t (*call)(void);
    memcpy((void *)(uintptr_t)writable, function, sizeof function);
    os_memory_code_written(code, sizeof function);
    memcpy(&call, &code, sizeof call);
    return call();
}

bool os_memory_code_stays_stale(uint64_t code, uint64_t writable) {
    return answer_of_new_function(code, writable, 1) != 1 ||
           answer_of_new_function(code, writable, 2) != 2;
}
#else
bool os_memory_code_stays_stale(uint64_t code, uint64_t writable) {
    (void)code, (void)writable;
    return false;
}
#endif

void os_memory_renew_code(uint64_t start, uint64_t bytes) {
    uint64_t page = (uint64_t)sysconf(_SC_PAGESIZE), first = start & ~(page - 1);
    void *pages = (void *)(uintptr_t)first;
    mprotect(pages, start + bytes - first, PROT_READ);
    mprotect(pages, start + bytes - first, PROT_READ | PROT_EXEC);
}

bool os_memory_each_usable(uint64_t start, uint64_t end,
                           void (*each)(void *context, uint64_t start, uint64_t end, bool writable,
                                        bool executable),
                           void *context) {
    FILE *maps = fopen("/proc/self/maps", "re");
    char *line = NULL;
    size_t capacity = 0;
    if (!maps) return false;
    while (getline(&line, &capacity, maps) > 0) {
        unsigned long long from, to;
        char rights[5];
        if (sscanf(line, "%llx-%llx %4s", &from, &to, rights) != 3) continue;
        if (from < start) from = start;
        if (to > end) to = end;
        if (from < to && rights[0] == 'r')
            each(context, from, to, rights[1] == 'w', rights[2] == 'x');
    }
    free(line);
    fclose(maps);
    return true;
}

// ---- the program's own bytes

typedef struct OwnPlace {
    uint64_t address, bytes;
    char path[4096];
    uint64_t offset; // in the file
    bool found;
} OwnPlace;

// Asked for each loaded object, until one answers 1.
static int find_own(struct dl_phdr_info *info, size_t size, void *context) {
    OwnPlace *place = context;
    (void)size;
    for (int i = 0; i < info->dlpi_phnum; i++) {
        const ElfW(Phdr) *header = &info->dlpi_phdr[i];
        uint64_t start = info->dlpi_addr + header->p_vaddr;
        if (header->p_type != PT_LOAD || place->address < start ||
            place->address + place->bytes > start + header->p_filesz)
            continue;
        place->offset = header->p_offset + (place->address - start);
        snprintf(place->path, sizeof place->path, "%s",
                 info->dlpi_name[0] ? info->dlpi_name : "/proc/self/exe");
        place->found = true;
        return 1;
    }
    return 0;
}

// How many bytes from the beginning, whole pages, are mapped now; 0: it was not possible.
static uint64_t map_own(uint64_t to, const void *from, uint64_t bytes) {
    uint64_t page = (uint64_t)sysconf(_SC_PAGESIZE), whole = bytes / page * page;
    OwnPlace place = {.address = (uint64_t)(uintptr_t)from, .bytes = bytes};
    if (!whole || !dl_iterate_phdr(find_own, &place) || !place.found || place.offset % page)
        return 0;
    int file = open(place.path, O_RDONLY | O_CLOEXEC);
    if (file < 0) return 0;
    void *got = mmap((void *)(uintptr_t)to, whole, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_FIXED,
                     file, (off_t)place.offset);
    close(file);
    return got == MAP_FAILED ? 0 : whole;
}

void os_memory_copy_own(uint64_t to, const void *from, uint64_t bytes) {
    uint64_t mapped = map_own(to, from, bytes);
    memcpy((void *)(uintptr_t)(to + mapped), (const char *)from + mapped, bytes - mapped);
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
