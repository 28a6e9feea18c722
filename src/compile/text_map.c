// SPDX-License-Identifier: MIT
// Open addressing with linear probing over a list of entries.
#include "compile/text_map.h"

enum { FIRST_PLACE_COUNT = 16 };

static uint32_t hash_text(Text text) { // FNV-1a
    uint32_t hash = 2166136261u;
    for (size_t i = 0; i < text.length; i++)
        hash = (hash ^ (unsigned char)text.bytes[i]) * 16777619u;
    return hash ^ hash >> 15;
}

// The place that holds the key, or the free one where it belongs.
static size_t find_place(const TextMap *map, Text key) {
    size_t mask = map->place_count - 1, place = hash_text(key) & mask;
    while (map->places[place] && !text_equals(map->entries[map->places[place] - 1].key, key))
        place = (place + 1) & mask;
    return place;
}

void *text_map_at(const TextMap *map, Text key) {
    if (map->count == 0) return NULL;
    uint32_t number = map->places[find_place(map, key)];
    return number ? map->entries[number - 1].value : NULL;
}

static bool grow(TextMap *map, CodeArena *arena) {
    size_t count = map->place_count ? map->place_count * 2 : FIRST_PLACE_COUNT;
    uint32_t *places = arena_new_array(arena, uint32_t, count);
    if (!places) return false;
    map->places = places;
    map->place_count = count;
    for (size_t i = 0; i < map->count; i++)
        places[find_place(map, map->entries[i].key)] = (uint32_t)i + 1;
    return true;
}

bool text_map_put(TextMap *map, CodeArena *arena, Text key, void *value) {
    if (map->count >= map->place_count / 4 * 3 && !grow(map, arena)) return false;
    size_t place = find_place(map, key);
    if (map->places[place]) {
        map->entries[map->places[place] - 1].value = value;
        return true;
    }
    if (!code_arena_grow(arena, (void **)&map->entries, &map->capacity, map->count,
                         sizeof *map->entries))
        return false;
    map->entries[map->count++] = (TextMapEntry){key, value};
    map->places[place] = (uint32_t)map->count;
    return true;
}
