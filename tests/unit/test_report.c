// SPDX-License-Identifier: MIT
// Reports: names of classes and methods, stacks of processes, and what is left of a report when the
// heap is broken (in a child process, which must end with exit code 3 and nothing else).
#include "process_world.h"

#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/check.h"
#include "base/crash.h"
#include "object/raw.h"
#include "run/report.h"

static char text[1 << 16];

static void render(void (*report)(VM *, FILE *)) {
    FILE *file = fmemopen(text, sizeof text, "w");
    report(vm, file);
    fclose(file);
}
static void assert_says(const char *expected) {
    if (!strstr(text, expected)) fail_msg("\"%s\" is not in: %s", expected, text);
}

static Oop new_string(const char *bytes) {
    size_t size = strlen(bytes);
    Oop string =
        world_object(CLASS_INDEX_BYTE_STRING, FORMAT_8BIT + (unsigned)(-size & 7), (size + 7) / 8);
    memcpy(object_bytes(string), bytes, size);
    return string;
}

// A class whose name stands in an unusual place; its class is a metaclass.
static Oop new_class(const char *name, Oop *metaclass) {
    Oop meta = world_object(CLASS_OF_METHOD, FORMAT_FIXED, 6);
    uint64_t meta_index = heap_enter_class(&vm->heap, meta);
    Oop class_object = world_object(meta_index, FORMAT_FIXED, 8);
    world_put(meta, 5, class_object);
    world_put(class_object, 6, new_string(name));
    if (metaclass) *metaclass = meta;
    return class_object;
}

static const char *name_of(Oop object) {
    static char name[REPORT_NAME_BYTES];
    report_class_name(vm, object, name, sizeof name);
    return name;
}

static Oop new_method(Oop selector, Oop last_literal) {
    Oop method = world_object(CLASS_OF_METHOD, FORMAT_COMPILED_METHOD + 7, 4);
    raw_store(raw_slot_address(oop_bits(method), 0), raw_from_int(2));
    world_put(method, 1, selector);
    world_put(method, 2, last_literal);
    return method;
}
static Oop new_binding(Oop class_object) {
    Oop binding = world_object(CLASS_INDEX_MESSAGE, FORMAT_FIXED, 2);
    world_put(binding, ASSOCIATION_VALUE, class_object);
    return binding;
}
static const char *method_name_of(Oop receiver, Oop method, bool is_block) {
    static char name[3 * REPORT_NAME_BYTES];
    report_method_name(vm, receiver, method, is_block, name, sizeof name);
    return name;
}

// ---- names

static void classes_are_named_by_their_first_string(void **state) {
    (void)state;
    Oop meta, class_object = new_class("Robin", &meta);
    uint64_t index = heap_enter_class(&vm->heap, class_object);
    assert_string_equal(name_of(world_object(index, FORMAT_FIXED, 1)), "Robin");
    assert_string_equal(name_of(class_object), "Robin class");
}

static void what_has_no_class_is_named_by_a_question_mark(void **state) {
    (void)state;
    assert_string_equal(name_of(world_object(3000, FORMAT_FIXED, 1)), "?");
    assert_string_equal(name_of(oop_from_bits(0)), "?");
    assert_string_equal(name_of(oop_from_bits(8)), "?");
    assert_string_equal(name_of(oop_from_bits(vm->arena.end + 64)), "?");
    assert_string_equal(name_of(world_int(5)), "?");
}

static void strings_are_made_printable_and_cut(void **state) {
    (void)state;
    char buffer[8];
    report_string(vm, new_string("a\n\xFFz"), buffer, sizeof buffer);
    assert_string_equal(buffer, "a??z");
    report_string(vm, new_string("abcdefghijkl"), buffer, sizeof buffer);
    assert_string_equal(buffer, "abcdefg");
    report_string(vm, world_nil, buffer, sizeof buffer);
    assert_string_equal(buffer, "?");
}

static void methods_are_named_with_class_and_selector(void **state) {
    (void)state;
    Oop robin = new_class("Robin", NULL), bird = new_class("Bird", NULL);
    Oop receiver = world_object(heap_enter_class(&vm->heap, robin), FORMAT_FIXED, 1);
    Oop own = new_method(new_string("sing"), new_binding(robin));
    Oop inherited = new_method(new_string("fly:"), new_binding(bird));
    assert_string_equal(method_name_of(receiver, own, false), "Robin>>sing");
    assert_string_equal(method_name_of(receiver, inherited, false), "Robin(Bird)>>fly:");
    assert_string_equal(method_name_of(receiver, inherited, true), "[] in Robin(Bird)>>fly:");
    assert_string_equal(method_name_of(oop_none(), inherited, false), "Bird>>fly:");
    assert_string_equal(method_name_of(receiver, world_nil, false), "Robin(?)>>?");
}

static void selectors_are_found_behind_blocks_and_method_states(void **state) {
    (void)state;
    Oop robin = new_class("Robin", NULL);
    Oop method_state = world_object(CLASS_INDEX_MESSAGE, FORMAT_MIXED, 2);
    world_put(method_state, ADDITIONAL_METHOD_STATE_SELECTOR, new_string("nest"));
    Oop method = new_method(method_state, new_binding(robin));
    Oop block = new_method(world_nil, new_method(world_nil, method));
    assert_string_equal(method_name_of(oop_none(), block, true), "[] in Robin>>nest");
    Oop own_outer = new_method(new_string("loop"), world_nil);
    world_put(own_outer, 2, own_outer);
    assert_string_equal(method_name_of(oop_none(), own_outer, false), "?>>loop");
}

// ---- stacks

static void stacks_of_all_processes_are_printed(void **state) {
    (void)state;
    Oop semaphore = new_semaphore(0);
    let_wait(1, semaphore);
    world_put(field_at(p[2], PROCESS_SUSPENDED_CONTEXT), CONTEXT_SENDER, new_context(7));
    render(report_all_stacks);
    assert_says("priority 4, active\n");
    char line[100];
    snprintf(line, sizeof line, "%#llx, priority 4, ready or waiting in ? %#llx\n",
             (unsigned long long)oop_bits(p[1]), (unsigned long long)oop_bits(semaphore));
    assert_says(line);
    snprintf(line, sizeof line, "%#llx, priority 4, suspended\n",
             (unsigned long long)oop_bits(p[2]));
    assert_says(line);
    for (int marker = 0; marker < 8; marker++) {
        snprintf(line, sizeof line, "self %#llx\n",
                 (unsigned long long)oop_bits(world_int(marker)));
        assert_says(line);
    }
}

static void terminated_processes_are_left_out(void **state) {
    (void)state;
    world_put(p[3], PROCESS_SUSPENDED_CONTEXT, world_nil);
    render(report_all_stacks);
    char line[100];
    snprintf(line, sizeof line, "%#llx", (unsigned long long)oop_bits(p[3]));
    assert_null(strstr(text, line));
}

static void senders_in_a_circle_end(void **state) {
    (void)state;
    Oop context = field_at(p[1], PROCESS_SUSPENDED_CONTEXT);
    world_put(context, CONTEXT_SENDER, context);
    render(report_all_stacks);
    assert_says(" more\n");
    assert_says("suspended");
}

static void idle_vm_says_so(void **state) {
    (void)state;
    vm_request_interrupt(vm, INTERRUPT_SAVE);
    assert_int_equal(call(prim_semaphore_wait, 0, new_semaphore(0)), OUTCOME_STOP);
    render(report_active_stack);
    assert_says("left last");
    assert_says("no frame runs");
}

static void crash_report_has_all_parts(void **state) {
    (void)state;
    event_note(&vm->events, EVENT_NOT_UNDERSTOOD, 0, oop_bits(new_string("warble")), 5);
    render(report_crash);
    assert_says("State: ");
    assert_says("Collections: ");
    assert_says("Heap: eden ");
    assert_says("Processes:\n");
    assert_says("  not understood #warble 0x5\n");
    assert_says("---- end of report\n");
}

static void only_the_last_events_are_printed(void **state) {
    (void)state;
    for (uint64_t i = 1; i <= 1000; i++)
        event_note(&vm->events, EVENT_SAVE, 0, i << 32 | 1, 0);
    render(report_events);
    assert_says("image saved 0x3e800000001\n"); // 1000
    assert_says("image saved 0x38500000001\n"); // 901
    assert_null(strstr(text, "image saved 0x38400000001\n"));
}

// ---- traces

static void trace_words_become_bits(void **state) {
    (void)state;
    uint32_t bits;
    assert_true(trace_parse("sends,gc", &bits));
    assert_int_equal(bits, 1u << TRACE_BIT_SENDS | 1u << TRACE_BIT_COLLECTIONS);
    assert_true(trace_parse("", &bits));
    assert_int_equal(bits, 0);
    assert_false(trace_parse("send", &bits));
    assert_false(trace_parse("sends,nonsense", &bits));
}

// ---- broken heaps

static void break_nothing(void) {}
static void break_active_process(void) {
    world_put(world_scheduler, SCHEDULER_ACTIVE_PROCESS, oop_from_bits(vm->arena.end - 64));
}
static void break_context(void) {
    world_put(p[1], PROCESS_SUSPENDED_CONTEXT, oop_from_bits(vm->arena.end - 4096));
}
static void break_sender(void) {
    world_put(field_at(p[1], PROCESS_SUSPENDED_CONTEXT), CONTEXT_SENDER, oop_from_bits(16));
}
static void break_method(void) {
    world_put(field_at(p[1], PROCESS_SUSPENDED_CONTEXT), CONTEXT_METHOD,
              oop_from_bits(vm->arena.end - 8192));
}
static void break_class_table(void) { vm->heap.class_table_root = oop_from_bits(8); }
static void break_special_objects(void) { vm->heap.special_objects = oop_from_bits(24); }
static void break_stack(void) {
    vm->fp[FRAME_CALLER] = 4711;
    vm->fp[FRAME_METHOD] = 8;
}
static void break_frame_pointer(void) { vm->fp = (uint64_t *)(uintptr_t)40; }
static void break_headers(void) {
    uint64_t from = vm->heap.eden_free - 4096;
    memset((void *)(uintptr_t)from, 0xE8, 4096);
}

static void crash_in_child(void (*break_it)(void)) {
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    pid_t child = fork();
    if (child == 0) {
        dup2(ends[1], 2);
        alarm(30);
        crash_install_handlers();
        break_it();
        CHECK(false, "%s", "on purpose");
    }
    close(ends[1]);
    size_t used = 0;
    ssize_t got;
    while ((got = read(ends[0], text + used, sizeof text - 1 - used)) > 0)
        used += (size_t)got;
    text[used] = 0;
    close(ends[0]);
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    if (!WIFEXITED(status)) fail_msg("ended by signal %d: %s", WTERMSIG(status), text);
    assert_int_equal(WEXITSTATUS(status), 3);
}

static void broken_heaps_are_reported_to_the_end(void **state) {
    (void)state;
    static void (*const breaks[])(void) = {
        break_nothing,       break_active_process, break_context, break_sender,
        break_method,        break_class_table,    break_stack,   break_special_objects,
        break_frame_pointer, break_headers,
    };
    for (size_t i = 0; i < sizeof breaks / sizeof *breaks; i++) {
        crash_in_child(breaks[i]);
        assert_says("on purpose");
        assert_says("State: ");
        assert_says("Last events");
        assert_says("---- end of report\n");
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        WORLD_TEST(classes_are_named_by_their_first_string),
        WORLD_TEST(what_has_no_class_is_named_by_a_question_mark),
        WORLD_TEST(strings_are_made_printable_and_cut),
        WORLD_TEST(methods_are_named_with_class_and_selector),
        WORLD_TEST(selectors_are_found_behind_blocks_and_method_states),
        WORLD_TEST(stacks_of_all_processes_are_printed),
        WORLD_TEST(terminated_processes_are_left_out),
        WORLD_TEST(senders_in_a_circle_end),
        WORLD_TEST(idle_vm_says_so),
        WORLD_TEST(crash_report_has_all_parts),
        WORLD_TEST(only_the_last_events_are_printed),
        WORLD_TEST(trace_words_become_bits),
        WORLD_TEST(broken_heaps_are_reported_to_the_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
