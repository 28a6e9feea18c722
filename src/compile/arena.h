// SPDX-License-Identifier: MIT
// The compiler's memory: an arena that only grows and is freed, or emptied, as a whole. Syntax
// trees, diagnostics and Code live in it and need no freeing of their own.
//
//     CodeArena arena = {0};
//     Node *node = arena_new(&arena, Node);      // zeroed; NULL when memory is out
//     code_arena_reset(&arena);                  // forget all, keep a block for what comes next
//     code_arena_free(&arena);
//
// Once an allocation has failed `is_exhausted` stays set until the reset, so whoever builds
// something large may look once, at the end.
#ifndef PARLEY_COMPILE_ARENA_H
#define PARLEY_COMPILE_ARENA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "compile/text.h"

typedef struct CodeArenaBlock CodeArenaBlock;

typedef struct CodeArena {
    CodeArenaBlock *blocks; // the one in use first
    char *at, *end;         // free bytes of the block in use
    size_t used_bytes;      // of all blocks together
    size_t limit_bytes;     // 0: no limit but the system's
    bool is_exhausted;
} CodeArena;

// Zeroed bytes, aligned for everything; NULL when memory or the limit is exhausted.
void *code_arena_allocate(CodeArena *arena, size_t bytes);
void code_arena_reset(CodeArena *arena);
void code_arena_free(CodeArena *arena);

// A copy that lives in the arena; empty when memory is out.
Text code_arena_text(CodeArena *arena, Text text);
Text code_arena_format(CodeArena *arena, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

// Moves `count` elements of `size` bytes to a place for twice as many when `capacity` is reached.
// For lists whose length is not known: the old places stay behind in the arena.
bool code_arena_grow(CodeArena *arena, void **items, size_t *capacity, size_t count, size_t size);

#define arena_new(arena, Type) ((Type *)code_arena_allocate(arena, sizeof(Type)))
#define arena_new_array(arena, Type, count)                                                        \
    ((Type *)code_arena_allocate_array(arena, sizeof(Type), count))

static inline void *code_arena_allocate_array(CodeArena *arena, size_t size, size_t count) {
    size_t bytes;
    if (__builtin_mul_overflow(size, count, &bytes)) {
        arena->is_exhausted = true;
        return NULL;
    }
    return code_arena_allocate(arena, bytes);
}

#endif
