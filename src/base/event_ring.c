// SPDX-License-Identifier: MIT
// Texts of the event kinds.
#include "base/event_ring.h"

const char *event_kind_text(EventKind kind) {
    static const char *const texts[] = {
#define EVENT(NAME, text) text,
#include "base/event_kinds.tbl"
#undef EVENT
    };
    return (unsigned)kind < EVENT_KIND_COUNT ? texts[kind] : "unknown event";
}
