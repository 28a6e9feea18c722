// SPDX-License-Identifier: MIT
// The list of those who watch the code zone. See watch.h.
#include "jit/watch.h"

void watch_begin(Jit *jit, CodeWatcher *watcher) {
    watcher->next = jit->watchers;
    jit->watchers = watcher;
}

void watch_end(Jit *jit, CodeWatcher *watcher) {
    CodeWatcher **place = &jit->watchers;
    while (*place && *place != watcher)
        place = &(*place)->next;
    if (*place) *place = watcher->next;
}

#define EACH_WATCHER(w, function)                                                                  \
    for (CodeWatcher *w = jit->watchers; w; w = w->next)                                           \
        if (w->function)

void watch_tell_instruction(const Jit *jit, const struct Compilation *c) {
    EACH_WATCHER(w, instruction) w->instruction(w->context, c);
}

void watch_tell_compiled(const Jit *jit, const struct Compilation *c, const Code *code,
                         const uint64_t *labels) {
    EACH_WATCHER(w, compiled) w->compiled(w->context, c, code, labels);
}

// A piece that has just been put at the end of the zone.
void watch_tell_cache(const Jit *jit, bool is_open, Oop selector, uint64_t start) {
    EACH_WATCHER(w, cache_made)
    w->cache_made(w->context, is_open, selector, start, jit->zone.free);
}

void watch_tell_zone_changed(const Jit *jit) {
    EACH_WATCHER(w, zone_changed) w->zone_changed(w->context);
}
