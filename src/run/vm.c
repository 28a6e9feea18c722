// SPDX-License-Identifier: MIT
// The life of a VM: its arena and tables, what it registers with the heap, and what it looks up
// once an image is in.
#include "run/interpreter.h"

#include <string.h>

#include "base/bits.h"
#include "run/context.h"
#include "run/interrupts.h"
#include "run/lookup.h"
#include "run/primitive.h"
#include "run/process.h"
#include "run/stack.h"
#include "run/system.h"
#include "run/trace.h"
#include "run/verified.h"

enum {
    DEFAULT_PAGE_WORDS = 1024,
    DEFAULT_PAGE_COUNT = 50,
    DEFAULT_PROCESS_WORDS = 32 << 20,
    SPECIAL_SEND_COUNT = 32,
};

void vm_default_options(VMOptions *options) {
    *options = (VMOptions){
        .stack_page_words = DEFAULT_PAGE_WORDS,
        .stack_page_count = DEFAULT_PAGE_COUNT,
        .max_process_words = DEFAULT_PROCESS_WORDS,
    };
    heap_default_options(&options->heap);
}

// ---- what the heap asks of the VM

static void visit_roots(void *context, RootVisitor *visitor) {
    VM *vm = context;
    stack_visit_roots(vm, visitor);
    root_visit(visitor, &vm->new_method);
    root_visit(visitor, &vm->message_selector);
    root_visit(visitor, &vm->lookup_class);
    root_visit(visitor, &vm->trap_method);
    root_visit(visitor, &vm->deep_process);
    root_visit(visitor, &vm->exhausted_process);
    root_visit(visitor, &vm->low_space_process);
    for (unsigned i = 0; i < SPECIAL_SEND_COUNT; i++)
        root_visit(visitor, &vm->special_selectors[i]);
}

static void update_weak(void *context, Heap *heap) {
    VM *vm = context;
    lookup_update(vm, heap);
    verified_update(vm, heap);
    if (vm->hooks) vm->hooks->update(vm, heap);
    Oop *const weak[] = {&vm->told_process, &vm->hungry_process};
    for (size_t i = 0; i < sizeof weak / sizeof *weak; i++)
        if (!oop_is_none(*weak[i])) *weak[i] = heap_survivor(heap, *weak[i]);
}

static void request_safe_point(void *context) { vm_request_interrupt(context, INTERRUPT_HEAP); }

static void after_collection(void *context, Heap *heap, bool full) {
    VM *vm = context;
    vm->frames_changed = true;
    if (!heap->excess_bytes) vm->told_process = oop_none();
    // Who waits for what has died is told soon, whoever asked for the collection.
    if (heap->wants & HEAP_MOURNERS) request_safe_point(context);
    trace_collection(context, full);
    // A full collection may have freed class indices for other classes.
    if (full) lookup_flush_all(context);
}

// The array of selectors and argument counts, which any program may shorten or spoil.
void vm_find_special_selectors(VM *vm) {
    Oop pairs = vm_special(vm, SPECIAL_SPECIAL_SELECTORS);
    bool sound = oop_is_pointers(pairs) && !num_lt(slot_count(pairs), num(2 * SPECIAL_SEND_COUNT));
    for (unsigned i = 0; i < SPECIAL_SEND_COUNT; i++)
        vm->special_selectors[i] =
            sound ? heap_follow(&vm->heap, slot_at(pairs, num(2 * (int64_t)i))) : vm->heap.nil;
}

static uint64_t verify(void *context, FILE *report, unsigned limit) {
    VM *vm = context;
    uint64_t complaints = context_verify(vm, report, limit);
    return complaints + (vm->hooks ? vm->hooks->verify(vm, report, limit) : 0);
}

static void after_become(void *context, Heap *heap, bool classes_or_methods) {
    VM *vm = context;
    event_note(&vm->events, EVENT_BECOME, classes_or_methods, heap->statistics.becomes, 0);
    lookup_flush_all(vm);
    vm_find_special_selectors(vm);
    if (classes_or_methods) {
        if (vm->hooks) vm->hooks->all_methods_changed(vm);
        verified_forget_all(vm);
        vm_find_known_classes(vm);
    }
    context_after_become(vm);
}

// ---- life

static Status vm_init(VM *vm, Diagnosis *diagnosis) {
    Status status = heap_init(&vm->heap, &vm->arena, &vm->options.heap, diagnosis);
    if (status) return status;
    status = heap_add_client(&vm->heap, (HeapClient){vm, visit_roots, update_weak, after_collection,
                                                     request_safe_point, after_become, verify});
    if (status) return status;
    status = verified_init(vm);
    if (status) return diagnose(diagnosis, status, "no memory for the table of methods");
    return process_state_init(vm, diagnosis);
}

VM *vm_new(const VMOptions *options, uint64_t preferred_old_base, Diagnosis *diagnosis) {
    if (options->stack_page_words < STACK_MIN_PAGE_WORDS || options->stack_page_count < 3) {
        diagnose(diagnosis, STATUS_BAD_USAGE, "a stack needs at least 3 pages of %d words",
                 STACK_MIN_PAGE_WORDS);
        return NULL;
    }
    Arena arena;
    ArenaOptions sizes = {
        .reserve_bytes = options->reserve_bytes,
        .control_bytes = sizeof(VM),
        .code_bytes = options->code_bytes,
        .stack_bytes = options->stack_page_words * options->stack_page_count * 8,
        .new_bytes = heap_new_space_bytes(&options->heap),
        .preferred_old_base = preferred_old_base,
    };
    if (arena_reserve(&arena, &sizes, diagnosis)) return NULL;
    if (arena_commit(&arena, arena.control.start, round_up(sizeof(VM), 4096))) {
        diagnose(diagnosis, STATUS_NO_MEMORY, "no memory for the VM itself");
        arena_release(&arena);
        return NULL;
    }
    VM *vm = (VM *)(uintptr_t)arena.control.start;
    vm->arena = arena;
    vm->options = *options;
    vm->counts_ticks = options->max_ticks || options->deterministic;
    vm->watches_sends = options->trace || options->flush_caches_every;
    vm->machine.loop_budget = INT64_MAX;
    if (vm_init(vm, diagnosis) == STATUS_OK) return vm;
    vm_destroy(vm);
    return NULL;
}

void vm_destroy(VM *vm) {
    if (!vm) return;
    process_state_release(vm);
    system_release(vm);
    verified_release(vm);
    stack_release(vm);
    heap_release(&vm->heap);
    Arena arena = vm->arena; // the VM lies inside it
    arena_release(&arena);
}

static Status resume_active_process(VM *vm, Diagnosis *diagnosis) {
    Oop process = process_active(vm);
    if (!oop_is_pointers(process) || num_le(slot_count(process), num(PROCESS_MY_LIST)))
        return diagnose(diagnosis, STATUS_CORRUPT, "the image has no active process");
    Oop context = prim_follow(vm, field_at(process, PROCESS_SUSPENDED_CONTEXT));
    if (!context_resume(vm, context))
        return diagnose(diagnosis, STATUS_CORRUPT, "the image's active process cannot run");
    field_at_put(&vm->heap, process, PROCESS_SUSPENDED_CONTEXT, vm->heap.nil);
    return STATUS_OK;
}

Status vm_image_loaded(VM *vm, Diagnosis *diagnosis) {
    vm->new_method = vm->message_selector = vm->lookup_class = vm->trap_method = vm->heap.nil;
    vm_find_known_classes(vm);
    vm_find_special_selectors(vm);
    Status status = stack_init(vm, diagnosis);
    if (status) return status;
    status = context_make_trap_method(vm);
    if (status) return diagnose(diagnosis, status, "no memory to begin with");
    return resume_active_process(vm, diagnosis);
}

// ---- special objects

// An entry of the special objects array, which any program may shorten or spoil.
Oop vm_special(const VM *vm, SpecialObject which) {
    Oop specials = vm->heap.special_objects;
    if (!oop_is_pointers(specials) || num_le(slot_count(specials), num((int64_t)which)))
        return vm->heap.nil;
    return heap_follow(&vm->heap, slot_at(specials, num((int64_t)which)));
}

Oop prim_follow(VM *vm, Oop oop) { return heap_follow(&vm->heap, oop); }
