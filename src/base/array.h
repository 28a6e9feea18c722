// SPDX-License-Identifier: MIT
// Growable arrays of one element type. ARRAY(T) declares the struct; zero-initialised is empty.
//
//     ARRAY(uint32_t) lines = {0};
//     if (!array_push(&lines, 7)) goto no_memory;
//     for (size_t i = 0; i < lines.count; i++) use(lines.items[i]);
//     array_free(&lines);
#ifndef PARLEY_BASE_ARRAY_H
#define PARLEY_BASE_ARRAY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>

#define ARRAY(T)                                                                                   \
    struct {                                                                                       \
        T *items;                                                                                  \
        size_t count, capacity;                                                                    \
    }

// Makes room for one more element; false when memory is out.
static inline bool array_reserve_one(void **items, size_t *capacity, size_t count, size_t size) {
    if (count < *capacity) return true;
    size_t larger = *capacity ? *capacity * 2 : 16;
    size_t bytes;
    if (__builtin_mul_overflow(larger, size, &bytes)) return false;
    void *moved = realloc(*items, bytes);
    if (!moved) return false;
    *items = moved;
    *capacity = larger;
    return true;
}

#define array_push(a, value)                                                                       \
    (array_reserve_one((void **)&(a)->items, &(a)->capacity, (a)->count, sizeof *(a)->items) &&    \
     ((a)->items[(a)->count++] = (value), true))
#define array_pop(a)   ((a)->items[--(a)->count])
#define array_clear(a) ((void)((a)->count = 0))
#define array_free(a)                                                                              \
    (free((a)->items), (a)->items = NULL, (void)((a)->count = (a)->capacity = 0))

#endif
