// SPDX-License-Identifier: MIT
// What is known of methods and blocks: the code of each, or that it is refused. One table, keyed by
// the object (and, for old blocks, the pc in it), kept in step by collections.
#ifndef PARLEY_JIT_KNOWN_H
#define PARLEY_JIT_KNOWN_H

#include "jit/code.h"

typedef struct KnownCode {
    Oop method;        // none: empty
    uint32_t block_pc; // of an old block; 0: the method or full block itself
    Code *code;        // NULL: refused
} KnownCode;

typedef struct KnownTable {
    KnownCode *entries;
    size_t count, capacity; // capacity: a power of two
} KnownTable;

bool known_init(KnownTable *table); // false: no memory
void known_release(KnownTable *table);
// The entry, or the empty one where it belongs.
const KnownCode *known_find(const KnownTable *table, Oop method, uint32_t block_pc);
// Nothing must be known of it yet. Without memory it stays unknown.
void known_put(KnownTable *table, Oop method, uint32_t block_pc, Code *code);
bool known_has_method(const KnownTable *table, Oop method);
void known_clear(KnownTable *table);
// Forgets the code that is given up (code_is_given_up), and what is known of the method; none: of
// no method.
void known_forget(KnownTable *table, Oop method);
// After a collection: entries follow their methods.
void known_update(KnownTable *table, Heap *heap);

#endif
