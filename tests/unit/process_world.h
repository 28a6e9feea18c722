// SPDX-License-Identifier: MIT
// A VM with a scheduler and some processes that each have a context to run, for tests of processes
// and of what interrupts them. Nobody interprets bytecode here: a test looks at which process is
// active and whose frame runs. A process's context has a marker as receiver, its number.
#ifndef TESTS_UNIT_PROCESS_WORLD_H
#define TESTS_UNIT_PROCESS_WORLD_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "image/image_info.h"
#include "memory/roots.h"
#include "object/header.h"
#include "run/clock.h"
#include "run/context.h"
#include "run/external_semaphores.h"
#include "run/interpreter.h"
#include "run/interrupts.h"
#include "run/primitive.h"
#include "run/primitives.h"
#include "run/process.h"
#include "run/stack.h"
#include "run/trace.h"

enum {
    WORLD_PRIORITIES = 8,
    WORLD_PROCESSES = 8,
    WORLD_EXTERNAL_OBJECTS = 130,
    CLASS_OF_PROCESS = 1024,
    CLASS_OF_LIST,
    CLASS_OF_SEMAPHORE,
    CLASS_OF_MUTEX,
    CLASS_OF_SCHEDULER,
    CLASS_OF_METHOD,
};

static VM *vm;
static ImageInfo world_image;
static Oop world_nil, world_scheduler, world_lists, world_method;
static Oop p[WORLD_PROCESSES]; // these follow collections, all other variables do not
static RootScope world_roots;
static const VMOptions *world_options; // NULL: the default

static inline Oop world_object(uint64_t class_index, unsigned format, uint64_t slots) {
    Oop object = heap_allocate(&vm->heap, class_index, format, slots);
    assert_false(oop_is_none(object));
    return object;
}
static inline void world_put(Oop object, int index, Oop value) {
    field_at_put(&vm->heap, object, index, value);
}
static inline Oop world_int(int64_t value) { return oop_from_num(num(value)); }

static inline Oop new_list(void) { return world_object(CLASS_OF_LIST, FORMAT_FIXED, 2); }
static inline Oop new_semaphore(int64_t signals) {
    Oop semaphore = world_object(CLASS_OF_SEMAPHORE, FORMAT_FIXED, 3);
    world_put(semaphore, SEMAPHORE_EXCESS_SIGNALS, world_int(signals));
    return semaphore;
}
static inline Oop new_mutex(void) { return world_object(CLASS_OF_MUTEX, FORMAT_FIXED, 3); }

// push nil; pop; push nil; pop; return self. Verified at its first activation.
static inline Oop new_code(void) {
    static const uint8_t code[] = {0x73, 0x87, 0x73, 0x87, 0x78, 0, 0, 0};
    Oop method = world_object(CLASS_OF_METHOD, FORMAT_COMPILED_METHOD + 3, 4);
    raw_store(raw_slot_address(oop_bits(method), 0), raw_from_int(2));
    for (int literal = 1; literal <= 2; literal++)
        world_put(method, literal, world_nil);
    memcpy((void *)(uintptr_t)(oop_bits(method) + 8 + 3 * 8), code, sizeof code);
    return method;
}

static inline Oop new_context(int marker) {
    Oop context = world_object(CLASS_INDEX_CONTEXT, FORMAT_MIXED,
                               CONTEXT_FIRST_TEMP + CONTEXT_SMALL_FRAME_SLOTS);
    world_put(context, CONTEXT_PC, world_int(3 * 8 + 1));
    world_put(context, CONTEXT_STACK_POINTER, world_int(0));
    world_put(context, CONTEXT_METHOD, world_method);
    world_put(context, CONTEXT_RECEIVER, world_int(marker));
    return context;
}

static inline Oop new_process(int64_t priority, int marker) {
    Oop process = world_object(CLASS_OF_PROCESS, FORMAT_FIXED, 5);
    world_put(process, PROCESS_PRIORITY, world_int(priority));
    world_put(process, PROCESS_SUSPENDED_CONTEXT, new_context(marker));
    return process;
}

static inline void set_special(SpecialObject which, Oop value) {
    world_put(vm->heap.special_objects, which, value);
}

static inline void make_scheduler(void) {
    world_scheduler = world_object(CLASS_OF_SCHEDULER, FORMAT_FIXED, 2);
    world_lists = world_object(CLASS_INDEX_ARRAY, FORMAT_INDEXABLE, WORLD_PRIORITIES);
    for (int i = 0; i < WORLD_PRIORITIES; i++)
        world_put(world_lists, i, new_list());
    world_put(world_scheduler, SCHEDULER_PROCESS_LISTS, world_lists);
    Oop binding = world_object(CLASS_INDEX_MESSAGE, FORMAT_FIXED, 2);
    world_put(binding, ASSOCIATION_VALUE, world_scheduler);
    set_special(SPECIAL_PROCESSOR_BINDING, binding);
    set_special(SPECIAL_EXTERNAL_OBJECTS,
                world_object(CLASS_INDEX_ARRAY, FORMAT_INDEXABLE, WORLD_EXTERNAL_OBJECTS));
}

// All processes have priority 4; the first one runs.
static inline int world_open(void **state) {
    VMOptions options;
    Diagnosis diagnosis;
    (void)state;
    vm_default_options(&options);
    options.reserve_bytes = 256 << 20; // emulators keep something for each page
    vm = vm_new(world_options ? world_options : &options, 0, &diagnosis);
    if (!vm || heap_bootstrap(&vm->heap, &diagnosis) || stack_init(vm, &diagnosis)) return -1;
    if (image_info_init(&world_image)) return -1;
    vm->image = &world_image;
    vm->known.context = CLASS_INDEX_CONTEXT;
    vm->known.semaphore = CLASS_OF_SEMAPHORE;
    vm->known.array = CLASS_INDEX_ARRAY;
    vm->known.large_positive = CLASS_INDEX_LARGE_POSITIVE_INTEGER;
    world_nil = vm->heap.nil;
    vm->new_method = vm->message_selector = vm->lookup_class = vm->trap_method = world_nil;
    world_method = new_code();
    make_scheduler();
    root_scope_enter(&vm->heap, &world_roots, p, WORLD_PROCESSES);
    for (int i = 0; i < WORLD_PROCESSES; i++)
        p[i] = new_process(4, i);
    world_put(world_scheduler, SCHEDULER_ACTIVE_PROCESS, p[0]);
    if (!context_resume(vm, field_at(p[0], PROCESS_SUSPENDED_CONTEXT))) return -1;
    world_put(p[0], PROCESS_SUSPENDED_CONTEXT, world_nil);
    return 0;
}

static inline int world_close(void **state) {
    (void)state;
    vm->image = NULL;
    root_scope_leave(&vm->heap, &world_roots);
    image_info_release(&world_image);
    vm_destroy(vm);
    return 0;
}
#define WORLD_TEST(f) cmocka_unit_test_setup_teardown(f, world_open, world_close)

// ---- looking

static inline void assert_same(Oop actual, Oop expected) {
    assert_int_equal(oop_bits(actual), oop_bits(expected));
}
static inline void assert_field(Oop object, int index, Oop expected) {
    assert_same(field_at(object, index), expected);
}
// The process is active, in no list, and its frame is the one that runs.
static inline void assert_runs(int number) {
    assert_same(process_active(vm), p[number]);
    assert_false(process_is_idle(vm));
    assert_same(frame_oop(vm->fp + FRAME_RECEIVER), world_int(number));
    assert_field(p[number], PROCESS_MY_LIST, world_nil);
    assert_field(p[number], LINK_NEXT, world_nil);
    assert_field(p[number], PROCESS_SUSPENDED_CONTEXT, world_nil);
}
// The list holds exactly these processes, and each can be resumed.
static inline void assert_list_of(Oop list, int count, const int *numbers) {
    Oop link = field_at(list, LINKED_LIST_FIRST);
    for (int i = 0; i < count; i++) {
        assert_same(link, p[numbers[i]]);
        assert_field(link, PROCESS_MY_LIST, list);
        assert_true(context_is_context(vm, field_at(link, PROCESS_SUSPENDED_CONTEXT)));
        link = field_at(link, LINK_NEXT);
    }
    assert_same(link, world_nil);
}
#define ASSERT_LIST(list, ...)                                                                     \
    assert_list_of(list, sizeof((int[]){__VA_ARGS__}) / sizeof(int), (int[]){__VA_ARGS__})
static inline Oop queue(int priority) { return field_at(world_lists, priority - 1); }
static inline void assert_empty(Oop list) { assert_field(list, LINKED_LIST_FIRST, world_nil); }
static inline int64_t signals_of(Oop semaphore) {
    return num_concrete(num_from_oop(field_at(semaphore, SEMAPHORE_EXCESS_SIGNALS)));
}

static inline void set_priority(int number, int64_t priority) {
    world_put(p[number], PROCESS_PRIORITY, world_int(priority));
}
// Lets a process wait there without running it first.
static inline void let_wait(int number, Oop list) { process_list_add_last(vm, list, p[number]); }
static inline void let_be_ready(int number) {
    let_wait(number, queue((int)num_concrete(num_from_oop(field_at(p[number], PROCESS_PRIORITY)))));
}

// ---- calling primitives

// The running frame stands where its method has so many operands, 0 or 1: before the first push of
// nil, or behind it.
static inline void stand_at_depth(unsigned depth) {
    enum { FIRST_PC = 8 + 3 * 8 };
    vm->fp[FRAME_PC] = FIRST_PC + depth;
}
static inline Outcome call(PrimitiveFunction primitive, unsigned argument_count, ...) {
    va_list operands;
    va_start(operands, argument_count);
    for (unsigned i = 0; i <= argument_count; i++)
        frame_put_oop(--vm->sp, va_arg(operands, Oop));
    va_end(operands);
    stand_at_depth(1); // behind the send, whose answer is an operand
    vm->argument_count = argument_count;
    vm->failure = FAILURE_NONE;
    return primitive(vm);
}
// The primitive fails, and leaves the stack as it was.
static inline void assert_fails(Failure failure, PrimitiveFunction primitive, Oop receiver) {
    uint64_t *sp = vm->sp - 1;
    Oop held;
    RootScope scope;
    root_scope_enter(&vm->heap, &scope, &held, 1);
    held = receiver;
    assert_int_equal(call(primitive, 0, receiver), OUTCOME_FAILED);
    assert_int_equal(vm->failure, failure);
    assert_ptr_equal(vm->sp, sp);
    assert_same(prim_stack_at(vm, 0), held);
    root_scope_leave(&vm->heap, &scope);
    vm->sp++;
    stand_at_depth(0);
}
static inline Oop take_top(void) {
    stand_at_depth(0);
    return frame_oop(vm->sp++);
}

#endif
