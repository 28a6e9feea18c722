// SPDX-License-Identifier: MIT
// Smalltalk stacks for reports: frames on pages, contexts in the heap, and the processes whose they
// are. See report.h. Nothing is allocated, no context is made, the walk ends after a bounded number
// of steps whatever the senders say.
#include <inttypes.h>

#include "base/crash.h"
#include "base/os.h"
#include "run/context.h"
#include "run/primitive.h"
#include "run/process.h"
#include "run/report.h"
#include "run/stack.h"

enum { PRINTED_ACTIVATIONS = 200, COUNTED_ACTIVATIONS = 10000000 };

typedef struct StackReport {
    VM *vm;
    FILE *to;
    uint64_t count; // activations so far, printed or not
    Oop active;
    Oop process; // of a report about one process
} StackReport;

static void print_activation(StackReport *report, Oop receiver, Oop method, bool is_block,
                             int64_t pc, const char *where, uint64_t address) {
    if (report->count++ >= PRINTED_ACTIVATIONS) return;
    char name[3 * REPORT_NAME_BYTES];
    report_method_name(report->vm, receiver, method, is_block, name, sizeof name);
    fprintf(report->to, "    %s  pc %" PRId64 ", %s %#" PRIx64 ", self %#" PRIx64 "\n", name, pc,
            where, address, oop_bits(receiver));
}

// ---- frames

static bool is_in_page(const StackPage *page, const uint64_t *fp) {
    return fp > page->limit - STACK_RESERVE_WORDS && fp < page->top && ((uintptr_t)fp & 7) == 0;
}

bool report_take_registers(VM *vm) {
    const OsRegisters *registers = crash_registers();
    const StackPage *page = vm->stack.current;
    if (!registers || !page || !vm->hooks || registers->pc < vm->arena.code.start ||
        registers->pc >= vm->arena.code.end)
        return false;
    uint64_t *fp = (uint64_t *)(uintptr_t)registers->general[vm->hooks->fp_register];
    if (!is_in_page(page, fp)) return false;
    vm->fp = fp;
    vm->sp = (uint64_t *)(uintptr_t)registers->general[vm->hooks->sp_register];
    return true;
}

// Prints the frame and the older ones of its page; answers the context they return to.
static Oop print_frames(StackReport *report, const StackPage *page, const uint64_t *fp) {
    while (is_in_page(page, fp)) {
        print_activation(report, frame_oop(fp + FRAME_RECEIVER), frame_oop(fp + FRAME_METHOD),
                         frame_is_block(fp), (int64_t)fp[FRAME_PC] - FRAME_PC_MINUS_CONTEXT_PC,
                         "frame", (uint64_t)(uintptr_t)fp);
        const uint64_t *caller = frame_caller(fp);
        if (!caller) return page->base_sender;
        if (caller <= fp || !is_in_page(page, caller)) break;
        fp = caller;
    }
    fprintf(report->to, "    (broken frame %p)\n", (const void *)fp);
    return report->vm->heap.nil;
}

// ---- contexts

static bool is_context(const VM *vm, Oop oop) {
    return report_has_fields(vm, oop, CONTEXT_FIRST_TEMP) && context_is_context(vm, oop);
}

static Oop follow(const VM *vm, Oop oop) {
    bool forwarder = report_is_object(vm, oop) && object_is_forwarder(oop);
    return forwarder ? forwarder_target(oop) : oop;
}

static Oop print_context(StackReport *report, Oop context) {
    VM *vm = report->vm;
    Oop pc = field_at(context, CONTEXT_PC);
    print_activation(report, field_at(context, CONTEXT_RECEIVER), field_at(context, CONTEXT_METHOD),
                     !oop_is(field_at(context, CONTEXT_CLOSURE), vm->heap.nil),
                     oop_is_int(pc) ? num_concrete(num_from_oop(pc)) : -1, "context",
                     oop_bits(context));
    return follow(vm, field_at(context, CONTEXT_SENDER));
}

static void print_senders(StackReport *report, Oop context) {
    VM *vm = report->vm;
    while (is_context(vm, context) && report->count < COUNTED_ACTIVATIONS) {
        if (context_is_married(vm, context)) {
            const uint64_t *fp = context_frame(vm, context);
            context = print_frames(report, stack_page_of(vm, fp), fp);
        } else {
            context = print_context(report, context);
        }
    }
    if (report->count > PRINTED_ACTIVATIONS)
        fprintf(report->to, "    and %" PRIu64 " more\n", report->count - PRINTED_ACTIVATIONS);
    if (!oop_is(context, vm->heap.nil) && report->count < COUNTED_ACTIVATIONS)
        fprintf(report->to, "    (the sender %#" PRIx64 " is no context)\n", oop_bits(context));
}

// ---- processes

static void print_running_stack(void *argument) {
    StackReport *report = argument;
    VM *vm = report->vm;
    const StackPage *page = vm->stack.current;
    report->count = 0;
    if (!page)
        fprintf(report->to, "    (no frame runs: every process waits)\n");
    else
        print_senders(report, print_frames(report, page, vm->fp));
}

static void print_head(const StackReport *report, Oop process, const char *state) {
    Oop priority = field_at(process, PROCESS_PRIORITY);
    char name[REPORT_NAME_BYTES];
    report_class_name(report->vm, process, name, sizeof name);
    fprintf(report->to, "  %s %#" PRIx64, name, oop_bits(process));
    if (oop_is_int(priority))
        fprintf(report->to, ", priority %" PRId64, num_concrete(num_from_oop(priority)));
    fprintf(report->to, ", %s", state);
    Oop list = follow(report->vm, field_at(process, PROCESS_MY_LIST));
    if (report_has_fields(report->vm, list, LINKED_LIST_LAST + 1)) {
        report_class_name(report->vm, list, name, sizeof name);
        fprintf(report->to, " in %s %#" PRIx64, name, oop_bits(list));
    }
    fputc('\n', report->to);
}

static void print_waiting_process(void *argument) {
    StackReport *report = argument;
    Oop context = follow(report->vm, field_at(report->process, PROCESS_SUSPENDED_CONTEXT));
    bool in_list = !oop_is(field_at(report->process, PROCESS_MY_LIST), report->vm->heap.nil);
    print_head(report, report->process, in_list ? "ready or waiting" : "suspended");
    report->count = 0;
    print_senders(report, context);
}

// Every other process with something to run, wherever it waits.
static bool visit_object(void *argument, Oop object) {
    StackReport *report = argument;
    if (!oop_has_class_index(object, class_index_of(report->active)) ||
        oop_is(object, report->active) ||
        !report_has_fields(report->vm, object, PROCESS_MY_LIST + 1))
        return true;
    if (!is_context(report->vm, follow(report->vm, field_at(object, PROCESS_SUSPENDED_CONTEXT))))
        return true;
    report->process = object;
    if (!crash_guard(print_waiting_process, report)) fprintf(report->to, "    (broken here)\n");
    return true;
}

static void print_other_processes(void *argument) {
    StackReport *report = argument;
    heap_for_each_object(&report->vm->heap, visit_object, report);
}

// Reads only, unlike process_active.
static Oop active_process(const VM *vm) {
    Oop binding = vm_special(vm, SPECIAL_PROCESSOR_BINDING);
    if (!report_has_fields(vm, binding, ASSOCIATION_VALUE + 1)) return vm->heap.nil;
    Oop scheduler = follow(vm, field_at(binding, ASSOCIATION_VALUE));
    if (!report_has_fields(vm, scheduler, SCHEDULER_ACTIVE_PROCESS + 1)) return vm->heap.nil;
    Oop process = follow(vm, field_at(scheduler, SCHEDULER_ACTIVE_PROCESS));
    return report_has_fields(vm, process, PROCESS_MY_LIST + 1) ? process : vm->heap.nil;
}

static void find_active_process(void *argument) {
    StackReport *report = argument;
    report->active = active_process(report->vm);
    if (oop_is(report->active, report->vm->heap.nil))
        fprintf(report->to, "  (the image has no active process)\n");
    else
        print_head(report, report->active, process_is_idle(report->vm) ? "left last" : "active");
}

static StackReport begin(VM *vm, FILE *to) {
    return (StackReport){.vm = vm, .to = to, .active = vm->heap.nil, .process = vm->heap.nil};
}

static void print_active(StackReport *report) {
    crash_guard(find_active_process, report);
    if (!crash_guard(print_running_stack, report)) fprintf(report->to, "    (broken here)\n");
}

void report_active_stack(VM *vm, FILE *to) {
    StackReport report = begin(vm, to);
    print_active(&report);
}

void report_all_stacks(VM *vm, FILE *to) {
    StackReport report = begin(vm, to);
    fprintf(to, "Processes:\n");
    print_active(&report);
    if (oop_is(report.active, vm->heap.nil)) return;
    if (!crash_guard(print_other_processes, &report))
        fprintf(to, "  (the heap cannot be walked to find more)\n");
}
