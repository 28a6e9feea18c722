// SPDX-License-Identifier: MIT
// The event ring: the last few hundred things that happened (sends, collections, primitive
// failures, process switches), kept cheaply all the time and printed when something breaks.
// What the words mean depends on the kind (event_kinds.tbl).
#ifndef PARLEY_BASE_EVENT_RING_H
#define PARLEY_BASE_EVENT_RING_H

#include <stdint.h>

typedef enum EventKind {
#define EVENT(NAME, text) EVENT_##NAME,
#include "base/event_kinds.tbl"
#undef EVENT
    EVENT_KIND_COUNT
} EventKind;

typedef struct Event {
    uint32_t kind, extra;
    uint64_t a, b;
} Event;

enum { EVENT_RING_SIZE = 512 }; // a power of two

typedef struct EventRing {
    uint64_t count;
    Event events[EVENT_RING_SIZE];
} EventRing;

static inline void event_note(EventRing *ring, EventKind kind, uint32_t extra, uint64_t a,
                              uint64_t b) {
    ring->events[ring->count++ & (EVENT_RING_SIZE - 1)] = (Event){kind, extra, a, b};
}

const char *event_kind_text(EventKind kind);

#endif
