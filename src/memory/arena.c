// SPDX-License-Identifier: MIT
// Reserving the arena: sizes of the zones first, then one reservation for all of them, so placed
// that old space begins where it is preferred, if those addresses are free.
#include "memory/arena.h"

#include "base/bits.h"
#include "base/check.h"
#include "base/os.h"
#include "base/os_memory.h"

#define DEFAULT_RESERVE_BYTES (64ull << 30)
// Old space that must at least fit behind the other zones.
#define LEAST_OLD_BYTES (16ull << 20)
// The scavenger packs an offset into the arena in 42 bits, in words.
#define MOST_RESERVE_BYTES (1ull << 44)
// Nothing is mapped near address 0, or a null pointer would not fault.
#define LEAST_ADDRESS (1ull << 20)

static void arena_lay_out(Arena *arena, uint64_t start, uint64_t bytes, const ArenaOptions *options,
                          uint64_t page) {
    uint64_t at = start;
    const uint64_t sizes[] = {options->control_bytes, options->code_bytes, options->stack_bytes,
                              options->new_bytes};
    ArenaZone *zones[] = {&arena->control, &arena->code, &arena->stack, &arena->new_space};
    for (int i = 0; i < 4; i++) {
        *zones[i] = (ArenaZone){at, at + round_up(sizes[i], page)};
        at = zones[i]->end;
    }
    arena->old_space = (ArenaZone){at, start + bytes};
    arena->start = start;
    arena->end = start + bytes;
    arena->watcher = (ArenaWatcher){0};
}

// Reserves so that old space begins at the preferred base; 0: not possible.
static uint64_t arena_reserve_below(uint64_t base, uint64_t zones, uint64_t bytes, uint64_t page) {
    if (!base || base % page || base < zones + LEAST_ADDRESS) return 0;
    return os_memory_reserve(base - zones, bytes);
}

Status arena_reserve(Arena *arena, const ArenaOptions *options, Diagnosis *diagnosis) {
    uint64_t page = os_page_size();
    Arena sizes;
    arena_lay_out(&sizes, 0, 0, options, page);
    uint64_t zones = sizes.old_space.start;
    uint64_t wanted = options->reserve_bytes ? options->reserve_bytes : DEFAULT_RESERVE_BYTES;
    if (wanted > MOST_RESERVE_BYTES) wanted = MOST_RESERVE_BYTES;
    uint64_t least = zones + LEAST_OLD_BYTES;
    if (wanted < least) wanted = least;
    for (;; wanted /= 2) {
        uint64_t bytes = round_up(wanted < least ? least : wanted, page);
        uint64_t start = arena_reserve_below(options->preferred_old_base, zones, bytes, page);
        if (!start) start = os_memory_reserve(0, bytes);
        if (start) {
            arena_lay_out(arena, start, bytes, options, page);
            return STATUS_OK;
        }
        if (wanted <= least) break;
    }
    return diagnose(diagnosis, STATUS_NO_MEMORY, "cannot reserve %llu MB of addresses",
                    (unsigned long long)(least >> 20));
}

void arena_release(Arena *arena) {
    if (arena->end > arena->start) os_memory_release(arena->start, arena->end - arena->start);
    *arena = (Arena){0};
}

static void arena_tell(const Arena *arena, uint64_t start, uint64_t end, bool is_committed) {
    if (arena->watcher.changed)
        arena->watcher.changed(arena->watcher.context, start, end, is_committed);
}

Status arena_commit(Arena *arena, uint64_t start, uint64_t bytes) {
    uint64_t page = os_page_size();
    ASSERT(start >= arena->start && start + bytes <= arena->end);
    uint64_t first = start & ~(page - 1), end = round_up(start + bytes, page);
    if (!os_memory_commit(first, end - first)) return STATUS_NO_MEMORY;
    arena_tell(arena, first, end, true);
    return STATUS_OK;
}

void arena_decommit(Arena *arena, uint64_t start, uint64_t bytes) {
    uint64_t page = os_page_size();
    ASSERT(start >= arena->start && start + bytes <= arena->end);
    uint64_t first = round_up(start, page), end = (start + bytes) & ~(page - 1);
    if (first >= end) return;
    arena_tell(arena, first, end, false);
    os_memory_decommit(first, end - first);
}
