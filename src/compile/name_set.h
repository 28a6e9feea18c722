// SPDX-License-Identifier: MIT
// A hashed set of names that enumerates as Pharo's Set does: the order in which Opal numbers copied
// values and inlined selectors is that of such a set, so we need its hash function (that of byte
// strings, begun with the class index of ByteString), its table sizes and its way of growing.
#ifndef PARLEY_COMPILE_NAME_SET_H
#define PARLEY_COMPILE_NAME_SET_H

#include "compile/arena.h"

enum { NAME_SET_FIRST_SIZE = 5 };

typedef struct NameSlot {
    Text name;
    void *value; // NULL: the slot is empty
} NameSlot;

typedef struct NameSet {
    CodeArena *arena;
    NameSlot *slots;
    size_t size, count;
} NameSet;

// An arena without room is left marked as exhausted, and the set empty.
void name_set_start(NameSet *set, CodeArena *arena, size_t size);
// A name that is there keeps its first value.
void name_set_add(NameSet *set, Text name, void *value);

// NULL: it is not there.
void *name_set_find(const NameSet *set, Text name);

uint32_t name_hash(Text name);
// The least size of Pharo's hashed collections that is not below `least`.
size_t name_set_size_at_least(size_t least);

#endif
