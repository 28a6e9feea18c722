// SPDX-License-Identifier: MIT
// The printing side of --trace.
#include "run/trace.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "bytecode/disassemble.h"
#include "object/raw.h"
#include "run/primitive.h"
#include "run/report.h"

bool trace_parse(const char *list, uint32_t *bits) {
    static const char *const words[] = {
#define TRACE(NAME, word) word,
        TRACE_KINDS(TRACE)
#undef TRACE
    };
    *bits = 0;
    while (*list) {
        size_t length = strcspn(list, ",");
        size_t i = 0;
        while (i < sizeof words / sizeof *words &&
               (strlen(words[i]) != length || strncmp(words[i], list, length) != 0))
            i++;
        if (i == sizeof words / sizeof *words) return false;
        *bits |= 1u << i;
        list += length + (list[length] == ',');
    }
    return true;
}

static void print_send(VM *vm, const char *what, Oop receiver, Oop selector) {
    char class_name[128], selector_name[128];
    report_class_name(vm, receiver, class_name, sizeof class_name);
    report_string(vm, selector, selector_name, sizeof selector_name);
    fprintf(stderr, "%s %s>>%s\n", what, class_name, selector_name);
}

void trace_send(VM *vm, Oop selector, Oop receiver) {
    if (trace_wants(vm, TRACE_BIT_SENDS)) print_send(vm, "send", receiver, selector);
}

// Prefixes are bytecodes of their own for the interpreter: they are shown with the instruction that
// they belong to, which is then not shown again.
void trace_bytecode(VM *vm, const uint64_t *fp, Oop method, const uint8_t *ip) {
    char name[REPORT_NAME_BYTES], line[DISASSEMBLY_LINE_LIMIT];
    if (ip > vm->traced_instruction && ip < vm->traced_end) return;
    const LiteralNames names = {vm, report_literal};
    uint32_t pc = (uint32_t)(ip - object_bytes(method));
    uint32_t length = disassemble_at(method, pc, &names, line);
    vm->traced_instruction = ip;
    vm->traced_end = ip + length;
    report_method_name(vm, frame_oop(fp + FRAME_RECEIVER), method, frame_is_block(fp), name,
                       sizeof name);
    fprintf(stderr, "bytecode %s %s\n", name, line);
}

static void print_stack(VM *vm) {
    if (trace_wants(vm, TRACE_BIT_STACKS)) report_active_stack(vm, stderr);
}

void trace_not_understood(VM *vm, Oop selector, Oop receiver) {
    if (!trace_wants(vm, TRACE_BIT_NOT_UNDERSTOOD)) return;
    print_send(vm, "dnu", receiver, selector);
    print_stack(vm);
}

void trace_primitive_failed(VM *vm, const LookupEntry *entry) {
    if (!trace_wants(vm, TRACE_BIT_PRIMITIVES)) return;
    char class_name[128];
    report_class_name(vm, prim_receiver(vm), class_name, sizeof class_name);
    fprintf(stderr, "primitive %u failed with %d, receiver %s\n", entry->primitive_number,
            vm->failure, class_name);
    print_stack(vm);
}

void trace_collection(VM *vm, bool full) {
    const Heap *heap = &vm->heap;
    uint64_t young = heap_young_used_bytes(heap), old = heap_old_bytes(heap);
    event_note(&vm->events, full ? EVENT_FULL_COLLECTION : EVENT_SCAVENGE, 0, young, old);
    if (!trace_wants(vm, TRACE_BIT_COLLECTIONS)) return;
    fprintf(stderr,
            "%s %" PRIu64 ": young %" PRIu64 ", old %" PRIu64 ", of these free %" PRIu64
            " bytes; %" PRIu64 " us so far\n",
            full ? "full collection" : "scavenge",
            full ? heap->statistics.full_collections : heap->statistics.scavenges, young, old,
            heap_free_old_bytes(heap),
            full ? heap->statistics.full_microseconds : heap->statistics.scavenge_microseconds);
}

void trace_interrupts(VM *vm, uint32_t bits) {
    static const char *const names[] = {
        "heap", "events", "user", "safe point", "external signals", "ticks", "report", "memory"};
    if (!trace_wants(vm, TRACE_BIT_EVENTS)) return;
    fputs("safe point serves:", stderr);
    for (unsigned i = 0; i < sizeof names / sizeof *names; i++)
        if (bits >> i & 1) fprintf(stderr, " %s", names[i]);
    fputc('\n', stderr);
}

void trace_signal(VM *vm, Oop semaphore, uint64_t count) {
    event_note(&vm->events, EVENT_SIGNAL, (uint32_t)count, oop_bits(semaphore), 0);
    if (!trace_wants(vm, TRACE_BIT_EVENTS)) return;
    fprintf(stderr, "signal %#" PRIx64 ", %" PRIu64 " times\n", oop_bits(semaphore), count);
}

static void print_process(VM *vm, Oop process) {
    char class_name[128];
    report_class_name(vm, process, class_name, sizeof class_name);
    fprintf(stderr, " %s %#" PRIx64, class_name, oop_bits(process));
    Oop priority = field_at(process, PROCESS_PRIORITY);
    if (oop_is_int(priority))
        fprintf(stderr, " (priority %" PRId64 ")", num_concrete(num_from_oop(priority)));
}

void trace_process_switch(VM *vm, Oop from, Oop to) {
    if (!trace_wants(vm, TRACE_BIT_PROCESSES)) return;
    fputs("process switch from", stderr);
    print_process(vm, from);
    fputs(" to", stderr);
    print_process(vm, to);
    fputc('\n', stderr);
}

void trace_process_dropped(VM *vm, Oop process) {
    if (!trace_wants(vm, TRACE_BIT_PROCESSES)) return;
    fputs("process that cannot run is dropped:", stderr);
    print_process(vm, process);
    fputc('\n', stderr);
}
