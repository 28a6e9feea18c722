// SPDX-License-Identifier: MIT
// Open addressing with linear probing; see object_map.h.
#include "memory/object_map.h"

#include <stdlib.h>

enum { LEAST_CAPACITY = 64 };

// Where the key is, or could be put. Multiplicative hashing (Knuth, volume 3, 6.4): the high bits
// of the product depend on all of the key.
static size_t object_map_find(const ObjectMap *map, uint64_t key) {
    size_t place = (size_t)(key * UINT64_C(0x9E3779B97F4A7C15) >> 20) & (map->capacity - 1);
    while (map->keys[place] && map->keys[place] != key)
        place = (place + 1) & (map->capacity - 1);
    return place;
}

static bool object_map_grow(ObjectMap *map) {
    ObjectMap larger = {.capacity = map->capacity ? map->capacity * 2 : LEAST_CAPACITY};
    larger.keys = calloc(larger.capacity, sizeof *larger.keys);
    larger.values = calloc(larger.capacity, sizeof *larger.values);
    if (!larger.keys || !larger.values) {
        object_map_release(&larger);
        return false;
    }
    for (size_t i = 0; i < map->capacity; i++) {
        if (!map->keys[i]) continue;
        size_t place = object_map_find(&larger, map->keys[i]);
        larger.keys[place] = map->keys[i];
        larger.values[place] = map->values[i];
    }
    larger.count = map->count;
    object_map_release(map);
    *map = larger;
    return true;
}

bool object_map_put(ObjectMap *map, uint64_t key, uint64_t value) {
    if (map->count * 2 >= map->capacity && !object_map_grow(map)) return false;
    size_t place = object_map_find(map, key);
    map->count += map->keys[place] == 0;
    map->keys[place] = key;
    map->values[place] = value;
    return true;
}

bool object_map_get(const ObjectMap *map, uint64_t key, uint64_t *value) {
    if (!map->count) return false;
    size_t place = object_map_find(map, key);
    if (!map->keys[place]) return false;
    *value = map->values[place];
    return true;
}

void object_map_release(ObjectMap *map) {
    free(map->keys);
    free(map->values);
    *map = (ObjectMap){0};
}
