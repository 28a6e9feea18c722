// SPDX-License-Identifier: MIT
// The arena: a list of blocks, of which only the newest is filled.
#include "compile/arena.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

enum { BLOCK_BYTES = 64 * 1024, ALIGNMENT = 16 };

struct CodeArenaBlock {
    CodeArenaBlock *next;
    size_t size; // of the bytes behind this header
};
_Static_assert(sizeof(CodeArenaBlock) % ALIGNMENT == 0, "what follows the header is aligned");

static void use_block(CodeArena *arena, CodeArenaBlock *block) {
    arena->at = (char *)(block + 1);
    arena->end = arena->at + block->size;
}

static void *fail(CodeArena *arena) {
    arena->is_exhausted = true;
    return NULL;
}

static bool add_block(CodeArena *arena, size_t least) {
    size_t size = least > BLOCK_BYTES ? least : BLOCK_BYTES;
    if (arena->limit_bytes && size > arena->limit_bytes - arena->used_bytes) return false;
    CodeArenaBlock *block = malloc(sizeof *block + size);
    if (!block) return false;
    block->next = arena->blocks;
    block->size = size;
    arena->blocks = block;
    arena->used_bytes += size;
    use_block(arena, block);
    return true;
}

void *code_arena_allocate(CodeArena *arena, size_t bytes) {
    if (bytes > SIZE_MAX / 2) return fail(arena);
    if (!bytes) bytes = 1; // an arena without a block would answer NULL, which means failure
    bytes = (bytes + ALIGNMENT - 1) & ~(size_t)(ALIGNMENT - 1);
    if ((size_t)(arena->end - arena->at) < bytes && !add_block(arena, bytes)) return fail(arena);
    void *memory = arena->at;
    arena->at += bytes;
    return memset(memory, 0, bytes);
}

// Frees blocks until one of the usual size is left, or none.
void code_arena_reset(CodeArena *arena) {
    CodeArenaBlock *kept = NULL, *next;
    for (CodeArenaBlock *block = arena->blocks; block; block = next) {
        next = block->next;
        if (!kept && block->size == BLOCK_BYTES)
            kept = block;
        else
            free(block);
    }
    *arena = (CodeArena){.limit_bytes = arena->limit_bytes, .blocks = kept};
    if (!kept) return;
    kept->next = NULL;
    arena->used_bytes = kept->size;
    use_block(arena, kept);
}

void code_arena_free(CodeArena *arena) {
    CodeArenaBlock *next;
    for (CodeArenaBlock *block = arena->blocks; block; block = next) {
        next = block->next;
        free(block);
    }
    *arena = (CodeArena){.limit_bytes = arena->limit_bytes};
}

Text code_arena_text(CodeArena *arena, Text text) {
    char *bytes = code_arena_allocate(arena, text.length);
    if (!bytes) return (Text){"", 0};
    if (text.length) memcpy(bytes, text.bytes, text.length);
    return (Text){bytes, text.length};
}

Text code_arena_format(CodeArena *arena, const char *format, ...) {
    va_list arguments, again;
    va_start(arguments, format);
    va_copy(again, arguments);
    int length = vsnprintf(NULL, 0, format, arguments);
    va_end(arguments);
    char *bytes = length < 0 ? NULL : code_arena_allocate(arena, (size_t)length + 1);
    if (bytes) vsnprintf(bytes, (size_t)length + 1, format, again);
    va_end(again);
    return bytes ? (Text){bytes, (size_t)length} : (Text){"", 0};
}

bool code_arena_grow(CodeArena *arena, void **items, size_t *capacity, size_t count, size_t size) {
    if (count < *capacity) return true;
    size_t larger = *capacity ? *capacity * 2 : 8;
    void *moved = code_arena_allocate_array(arena, size, larger);
    if (!moved) return false;
    if (count) memcpy(moved, *items, count * size);
    *items = moved;
    *capacity = larger;
    return true;
}
