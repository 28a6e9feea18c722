// SPDX-License-Identifier: MIT
// Events of compiled code. See events.h.
#include "jit/events.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "base/os.h"
#include "jit/jit.h"
#include "run/report.h"

enum { FILE_LIMIT = 1000000 }; // events

const char *jit_event_name(JitEventKind kind) {
    static const char *const names[] = {
#define JIT_EVENT(NAME, name, text) name,
#include "jit/event_kinds.tbl"
#undef JIT_EVENT
    };
    return names[kind];
}

// Names of classes and selectors may hold any byte.
static void put_string(FILE *file, const char *text) {
    fputc('"', file);
    for (; *text; text++) {
        unsigned char byte = (unsigned char)*text;
        if (byte == '"' || byte == '\\')
            fprintf(file, "\\%c", byte);
        else if (byte < 0x20 || byte >= 0x7F)
            fprintf(file, "\\u%04x", byte);
        else
            fputc(byte, file);
    }
    fputc('"', file);
}

static void write_event(const JitEvents *events, const JitEvent *event) {
    FILE *file = events->file;
    if (events->count > FILE_LIMIT) return;
    if (events->count == FILE_LIMIT) {
        fprintf(file, "{\"event\": \"more\", \"at\": %" PRIu64 "}\n", event->at);
        return;
    }
    fprintf(file,
            "{\"event\": \"%s\", \"at\": %" PRIu64 ", \"took\": %" PRIu64 ", \"bytes\": %" PRIu64
            ", \"pieces\": %" PRIu32 ", \"used\": %" PRIu64 ", \"name\": ",
            jit_event_name(event->kind), event->at, event->took, event->bytes, event->pieces,
            event->used);
    put_string(file, event->name);
    fputs("}\n", file);
}

void jit_event(VM *vm, JitEvent event, Oop method, bool is_block) {
    Jit *jit = vm->jit;
    JitEvents *events = &jit->events;
    event.at = os_monotonic_nanoseconds() - events->begun;
    event.used = jit->zone.free - jit->zone.start;
    event.name[0] = 0;
    if (events->wants_names && !oop_is_none(method))
        report_method_name(vm, oop_none(), method, is_block, event.name, sizeof event.name);
    events->ring[events->count % JIT_EVENT_RING] = event;
    if (events->file) write_event(events, &event);
    events->count++;
}

Status jit_events_open(Jit *jit, const char *path, Diagnosis *diagnosis) {
    jit->events.file = fopen(path, "we");
    if (!jit->events.file)
        return diagnose(diagnosis, STATUS_IO_ERROR, "%s: %s", path, strerror(errno));
    jit->events.wants_names = true;
    return STATUS_OK;
}

void jit_events_close(Jit *jit) {
    if (jit->events.file) fclose(jit->events.file);
    jit->events.file = NULL;
}
