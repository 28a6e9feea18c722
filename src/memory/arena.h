// SPDX-License-Identifier: MIT
// The arena: the one reserved address range that a VM owns. Reserved with no access, committed as
// needed, released at the end. From low to high addresses:
//
//   +---------+------------+-------------+-----------+------------------------------------+
//   | control | code zone  | stack pages | new space | old space segments, growing upward |
//   +---------+------------+-------------+-----------+------------------------------------+
//
// `control` holds the entry table and the VM struct itself, so that machine code reaches both with
// short displacements. Where old space begins can be preferred (an image's saved base, so that
// most loads relocate nothing) but is never required. The reservation is halved until it succeeds.
#ifndef PARLEY_MEMORY_ARENA_H
#define PARLEY_MEMORY_ARENA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/status.h"

typedef struct ArenaOptions {
    uint64_t reserve_bytes; // whole range; 0: the default, 64 GiB; at most 16 TiB
    uint64_t control_bytes; // size of each zone, rounded up to pages
    uint64_t code_bytes;
    uint64_t stack_bytes;
    uint64_t new_bytes;          // eden and both survivor spaces
    uint64_t preferred_old_base; // 0: anywhere
} ArenaOptions;

typedef struct ArenaZone {
    uint64_t start, end;
} ArenaZone;

// Who wants to know what becomes usable and what is given back, in whole pages: after the one,
// before the other.
typedef struct ArenaWatcher {
    void (*changed)(void *context, uint64_t start, uint64_t end, bool is_committed); // NULL: nobody
    void *context;
} ArenaWatcher;

typedef struct Arena {
    uint64_t start, end;
    ArenaZone control, code, stack, new_space, old_space;
    ArenaWatcher watcher;
} Arena;

MUST_USE Status arena_reserve(Arena *arena, const ArenaOptions *options, Diagnosis *diagnosis);
void arena_release(Arena *arena);

// Makes [start, start + bytes) readable and writable, or gives it back to the system. Inside the
// arena; bounds that are not page-aligned commit the whole pages, and decommit only whole pages.
MUST_USE Status arena_commit(Arena *arena, uint64_t start, uint64_t bytes);
void arena_decommit(Arena *arena, uint64_t start, uint64_t bytes);

#endif
