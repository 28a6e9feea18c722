// SPDX-License-Identifier: MIT
// A map from texts to pointers, in an arena; it remembers in which order keys came. Nothing is ever
// removed. Keys must live as long as the map.
#ifndef PARLEY_COMPILE_TEXT_MAP_H
#define PARLEY_COMPILE_TEXT_MAP_H

#include "compile/arena.h"

typedef struct TextMapEntry {
    Text key;
    void *value;
} TextMapEntry;

typedef struct TextMap {
    TextMapEntry *entries; // in the order in which they came
    size_t count, capacity;
    uint32_t *places;   // hashed: number of an entry plus one; 0: free
    size_t place_count; // a power of two
} TextMap;

void *text_map_at(const TextMap *map, Text key); // NULL: not there
// Replaces what is there. False: memory is out.
bool text_map_put(TextMap *map, CodeArena *arena, Text key, void *value);

#endif
