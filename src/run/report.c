// SPDX-License-Identifier: MIT
// The crash report: the state of the VM, the stacks (report_stack.c), the last events.
#include "run/report.h"

#include <inttypes.h>
#include <string.h>

#include "base/crash.h"
#include "image/image_info.h"
#include "run/primitive.h"
#include "run/process.h"

enum { PRINTED_EVENTS = 100 };

typedef struct Report {
    VM *vm;
    FILE *to;
    const Event *event;
} Report;

// ---- state

static void print_state(void *argument) {
    const Report *report = argument;
    const VM *vm = report->vm;
    const HeapStatistics *statistics = &vm->heap.statistics;
    FILE *to = report->to;
    if (vm->image) fprintf(to, "Image: %s\n", vm->image->path);
    fprintf(to, "State: %" PRIu64 " ticks, interrupts %#x, heap wants %#x, stop %d\n", vm->ticks,
            vm->interrupts, vm->heap.wants, vm->stop);
    if (vm->processes)
        fprintf(to, "Processes: %" PRIu64 " switches, timer %s\n", vm->processes->switches,
                vm->processes->timer_microseconds ? "set" : "off");
    fprintf(to,
            "Collections: %" PRIu64 " scavenges (%" PRIu64 " us), %" PRIu64 " full (%" PRIu64
            " us), %" PRIu64 " segments added, %" PRIu64 " given back, %" PRIu64 " becomes\n",
            statistics->scavenges, statistics->scavenge_microseconds, statistics->full_collections,
            statistics->full_microseconds, statistics->grown_segments, statistics->shrunk_segments,
            statistics->becomes);
}

static void print_spaces(void *argument) {
    const Report *report = argument;
    const Arena *arena = &report->vm->arena;
    const Heap *heap = &report->vm->heap;
    fprintf(report->to,
            "Arena: %#" PRIx64 " to %#" PRIx64 ", new space %#" PRIx64 " to %#" PRIx64
            ", old space from %#" PRIx64 "\n",
            arena->start, arena->end, arena->new_space.start, arena->new_space.end,
            arena->old_space.start);
    fprintf(report->to,
            "Heap: eden %" PRIu64 " bytes, young in use %" PRIu64 ", old %" PRIu64
            ", of these free %" PRIu64 "\n",
            heap_eden_bytes(heap), heap_young_used_bytes(heap), heap_old_bytes(heap),
            heap_free_old_bytes(heap));
}

// ---- events

// A word of an event that may be an object, which may have moved or died since.
static void print_word(const Report *report, uint64_t word) {
    Oop oop = oop_from_bits(word);
    char text[REPORT_NAME_BYTES];
    if (report_is_object(report->vm, oop) && object_is_bytes(oop)) {
        report_string(report->vm, oop, text, sizeof text);
        fprintf(report->to, " #%s", text);
    } else if (report_is_object(report->vm, oop) && object_is_method(oop)) {
        report_method_name(report->vm, oop_none(), oop, false, text, sizeof text);
        fprintf(report->to, " %s", text);
    } else {
        fprintf(report->to, " %#" PRIx64, word);
    }
}

static void print_event(void *argument) {
    const Report *report = argument;
    const Event *event = report->event;
    const char *text = event_kind_text((EventKind)event->kind);
    fprintf(report->to, "  %.*s", (int)strcspn(text, ":"), text);
    if (event->extra) fprintf(report->to, " %u", event->extra);
    print_word(report, event->a);
    if (event->b) print_word(report, event->b);
    fputc('\n', report->to);
}

void report_events(VM *vm, FILE *to) {
    Report report = {.vm = vm, .to = to};
    uint64_t last = vm->events.count;
    uint64_t first = last > PRINTED_EVENTS ? last - PRINTED_EVENTS : 0;
    fprintf(to, "Last events, the newest at the end (%" PRIu64 " so far):\n", last);
    for (uint64_t i = first; i < last; i++) {
        report.event = &vm->events.events[i & (EVENT_RING_SIZE - 1)];
        if (!crash_guard(print_event, &report)) fprintf(to, " (broken here)\n");
    }
}

void report_crash(VM *vm, FILE *to) {
    Report report = {.vm = vm, .to = to};
    fprintf(to, "---- report of the Smalltalk VM %p\n", (void *)vm);
    crash_guard(print_state, &report);
    crash_guard(print_spaces, &report);
    bool in_code = report_take_registers(vm);
    report_all_stacks(vm, to);
    report_events(vm, to);
    if (in_code && vm->hooks->report_code) vm->hooks->report_code(vm, to);
    fprintf(to, "---- end of report\n");
    fflush(to);
}
