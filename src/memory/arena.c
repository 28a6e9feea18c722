// SPDX-License-Identifier: MIT
// The arena: one reservation with no access, of which zones are committed as needed.
#include "memory/arena.h"

#include <stdbool.h>
#include <sys/mman.h>

#include "base/bits.h"

enum { PAGE = 4096 };
#define DEFAULT_RESERVE (64ull << 30)
#define LEAST_RESERVE   (64ull << 20)

static uint64_t reserve_at(uint64_t wanted, uint64_t bytes) {
    int flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | (wanted ? MAP_FIXED_NOREPLACE : 0);
    void *start = mmap((void *)(uintptr_t)wanted, bytes, PROT_NONE, flags, -1, 0);
    if (start == MAP_FAILED) return 0;
    if (wanted && (uint64_t)(uintptr_t)start != wanted) {
        munmap(start, bytes);
        return 0;
    }
    return (uint64_t)(uintptr_t)start;
}

static ArenaZone take_zone(uint64_t *at, uint64_t bytes) {
    ArenaZone zone = {*at, *at + round_up(bytes, PAGE)};
    *at = zone.end;
    return zone;
}

Status arena_reserve(Arena *arena, const ArenaOptions *options, Diagnosis *diagnosis) {
    uint64_t before_old = round_up(options->control_bytes, PAGE) +
                          round_up(options->code_bytes, PAGE) +
                          round_up(options->stack_bytes, PAGE) + round_up(options->new_bytes, PAGE);
    uint64_t bytes =
        round_up(options->reserve_bytes ? options->reserve_bytes : DEFAULT_RESERVE, PAGE);
    uint64_t least = before_old + LEAST_RESERVE;
    if (bytes < least) bytes = least;
    uint64_t base = options->preferred_old_base, start = 0;
    bool page_aligned = base % PAGE == 0 && base > before_old;
    for (; !start && bytes >= least; bytes = start ? bytes : bytes / 2 / PAGE * PAGE) {
        if (base && page_aligned) start = reserve_at(base - before_old, bytes);
        if (!start) start = reserve_at(0, bytes);
    }
    if (!start)
        return diagnose(diagnosis, STATUS_NO_MEMORY, "no address range of %llu bytes for the heap",
                        (unsigned long long)least);
    uint64_t at = start;
    arena->start = start;
    arena->end = start + bytes;
    arena->control = take_zone(&at, options->control_bytes);
    arena->code = take_zone(&at, options->code_bytes);
    arena->stack = take_zone(&at, options->stack_bytes);
    arena->new_space = take_zone(&at, options->new_bytes);
    arena->old_space = (ArenaZone){at, arena->end};
    return STATUS_OK;
}

void arena_release(Arena *arena) {
    if (arena->start) munmap((void *)(uintptr_t)arena->start, arena->end - arena->start);
}

Status arena_commit(Arena *arena, uint64_t start, uint64_t bytes) {
    (void)arena;
    return mprotect((void *)(uintptr_t)start, bytes, PROT_READ | PROT_WRITE) ? STATUS_NO_MEMORY
                                                                             : STATUS_OK;
}

void arena_decommit(Arena *arena, uint64_t start, uint64_t bytes) {
    (void)arena;
    madvise((void *)(uintptr_t)start, bytes, MADV_DONTNEED);
    mprotect((void *)(uintptr_t)start, bytes, PROT_NONE);
}
