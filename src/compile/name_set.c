// SPDX-License-Identifier: MIT
// Open addressing with linear probing, at most three quarters full.
#include "compile/name_set.h"

#include "compile/lexer.h"

enum { BYTE_STRING_CLASS_HASH = 52 << 8, HASH_MULTIPLIER = 1664525, HASH_MASK = 0x0FFFFFFF };

static uint32_t hash_add(uint32_t hash, uint32_t character) {
    return (uint32_t)(((uint64_t)hash + character) * HASH_MULTIPLIER) & HASH_MASK;
}

uint32_t name_hash(Text name) {
    uint32_t hash = BYTE_STRING_CLASS_HASH, character;
    for (size_t at = 0; text_next_character(name, &at, &character);)
        hash = hash_add(hash, character);
    return hash;
}

// Primes far from powers of two and from what the hash multiplier nearly divides.
size_t name_set_size_at_least(size_t least) {
    static const uint16_t sizes[] = {7,    11,   13,   17,   23,    29,    31,   37,   41,   47,
                                     53,   61,   73,   79,   97,    107,   137,  163,  181,  211,
                                     239,  293,  347,  367,  463,   557,   643,  727,  859,  1097,
                                     1279, 1451, 1663, 2213, 2531,  2897,  3329, 3823, 4391, 5051,
                                     5801, 6659, 7643, 8783, 10091, 11587, 13313};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++)
        if (sizes[i] >= least) return sizes[i];
    return least | 1;
}

void name_set_start(NameSet *set, CodeArena *arena, size_t size) {
    *set = (NameSet){.arena = arena, .slots = arena_new_array(arena, NameSlot, size)};
    if (set->slots) set->size = size;
}

static NameSlot *find(const NameSet *set, Text name) {
    size_t index = name_hash(name) % set->size;
    while (set->slots[index].value && !text_equals(set->slots[index].name, name))
        index = (index + 1) % set->size;
    return &set->slots[index];
}

static void put(NameSet *set, Text name, void *value) {
    NameSlot *slot = find(set, name);
    if (slot->value) return;
    *slot = (NameSlot){name, value};
    set->count++;
}

static void grow(NameSet *set) {
    NameSet larger;
    name_set_start(&larger, set->arena, name_set_size_at_least(set->size * 2));
    if (!larger.size) return;
    for (size_t i = 0; i < set->size; i++)
        if (set->slots[i].value) put(&larger, set->slots[i].name, set->slots[i].value);
    *set = larger;
}

// At least a quarter of the slots, and one, stay free.
void name_set_add(NameSet *set, Text name, void *value) {
    if (!set->size) return;
    put(set, name, value);
    size_t least = set->size / 4 ? set->size / 4 : 1;
    if (set->size - set->count < least) grow(set);
}

void *name_set_find(const NameSet *set, Text name) {
    return set->size ? find(set, name)->value : NULL;
}
