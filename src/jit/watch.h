// SPDX-License-Identifier: MIT
// Watching the code zone: tools outside the compiler learn what is compiled, while its IR is still
// there, and what becomes of it. A watcher changes nothing; without one nothing of this costs more
// than a look at an empty list.
#ifndef PARLEY_JIT_WATCH_H
#define PARLEY_JIT_WATCH_H

#include "jit/jit.h"

struct Compilation;

typedef struct CodeWatcher CodeWatcher;
struct CodeWatcher {
    CodeWatcher *next; // filled in by watch_begin
    void *context;
    // Each may be NULL.
    // c->in is compiled next; the operands stand as the code before left them.
    void (*instruction)(void *context, const struct Compilation *c);
    // A method or block has its code; labels are addresses.
    void (*compiled)(void *context, const struct Compilation *c, const Code *code,
                     const uint64_t *labels);
    // A closed or an open cache for the selector has been made.
    void (*cache_made)(void *context, bool is_open, Oop selector, uint64_t start, uint64_t end);
    // Pieces were given up or have moved, caches are gone: zone.codes has those that there are.
    void (*zone_changed)(void *context);
};

void watch_begin(Jit *jit, CodeWatcher *watcher);
void watch_end(Jit *jit, CodeWatcher *watcher);

void watch_tell_instruction(const Jit *jit, const struct Compilation *c);
void watch_tell_compiled(const Jit *jit, const struct Compilation *c, const Code *code,
                         const uint64_t *labels);
void watch_tell_cache(const Jit *jit, bool is_open, Oop selector, uint64_t start);
void watch_tell_zone_changed(const Jit *jit);

#endif
