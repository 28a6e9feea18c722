// SPDX-License-Identifier: MIT
// Literals that the code does not use but whoever looks for their users shall find: the selectors
// of inlined messages above all. Opal keeps them in a hashed set and adds them in its order, so
// this is such a set: Pharo's hash numbers, table sizes and way of growing.
#ifndef PARLEY_COMPILE_LITERAL_SET_H
#define PARLEY_COMPILE_LITERAL_SET_H

#include "compile/arena.h"
#include "compile/code.h"

typedef struct LiteralSet {
    CodeArena *arena;
    const Literal **slots; // NULL: empty
    size_t size, count;
} LiteralSet;

void literal_set_start(LiteralSet *set, CodeArena *arena);
void literal_set_add(LiteralSet *set, const Literal *literal); // which must stay

#endif
