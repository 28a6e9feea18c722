// SPDX-License-Identifier: MIT
// What happens to compiled code, recorded: the last events in a ring, which programs read
// (JitEvent), and all of them, up to a limit, in a file of JSON lines (--jit-events):
//
//   {"event": "compiled", "at": 1234, "took": 56, "bytes": 78, "pieces": 1, "used": 9012,
//    "name": "Object>>printString"}
//
// Times are nanoseconds, `at` since the compiler was switched on. A file that reaches its limit
// ends with the event "more". Names are found only while somebody wants them.
#ifndef PARLEY_JIT_EVENTS_H
#define PARLEY_JIT_EVENTS_H

#include <stdio.h>

#include "run/vm.h"

typedef enum JitEventKind {
#define JIT_EVENT(NAME, name, text) JIT_EVENT_##NAME,
#include "jit/event_kinds.tbl"
#undef JIT_EVENT
    JIT_EVENT_COUNT
} JitEventKind;

enum { JIT_EVENT_RING = 256, JIT_EVENT_NAME_BYTES = 80 };
typedef struct JitEvent {
    JitEventKind kind;
    uint32_t pieces;
    uint64_t at, took, bytes, used;
    char name[JIT_EVENT_NAME_BYTES]; // "": not known
} JitEvent;

typedef struct JitEvents {
    uint64_t count; // of all events; the ring has the last ones
    uint64_t begun; // nanoseconds
    bool wants_names;
    FILE *file; // NULL: none
    JitEvent ring[JIT_EVENT_RING];
} JitEvents;

struct Jit;
const char *jit_event_name(JitEventKind kind);
// `method`: none where the event has none. at, used and name are filled in.
void jit_event(struct VM *vm, JitEvent event, Oop method, bool is_block);
// All events go to the file from now on, until jit_events_close.
MUST_USE Status jit_events_open(struct Jit *jit, const char *path, Diagnosis *diagnosis);
void jit_events_close(struct Jit *jit);

#endif
