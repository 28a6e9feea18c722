// SPDX-License-Identifier: MIT
// A table from words that are not zero (addresses of objects, offsets) to numbers, in C memory. Its
// entries do not follow objects that move. Zero-initialised is empty.
#ifndef PARLEY_MEMORY_OBJECT_MAP_H
#define PARLEY_MEMORY_OBJECT_MAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct ObjectMap {
    uint64_t *keys, *values; // keys of 0: free
    size_t capacity, count;  // capacity: a power of two, more than twice the count
} ObjectMap;

// Enters or replaces; false when there is no memory.
bool object_map_put(ObjectMap *map, uint64_t key, uint64_t value);
// False when the key is not there.
bool object_map_get(const ObjectMap *map, uint64_t key, uint64_t *value);
void object_map_release(ObjectMap *map);

#endif
