// SPDX-License-Identifier: MIT
// What safe points serve, and waiting when every process waits.
#include "process_world.h"

#include <pthread.h>
#include <stdio.h>
#include <unistd.h>

#include "base/event_loop.h"
#include "base/os.h"

static Outcome serve(uint32_t bits) {
    vm_request_interrupt(vm, bits);
    return vm_service_interrupts(vm);
}

// ---- semaphores that the image need not have

static void nothing_is_required(void **state) {
    (void)state;
    vm->heap.wants |= HEAP_LOW_SPACE | HEAP_MOURNERS;
    assert_int_equal(serve(INTERRUPT_HEAP | INTERRUPT_EVENTS | INTERRUPT_SIGNALS | INTERRUPT_TICKS),
                     OUTCOME_ANSWERED);
    assert_int_equal(vm->heap.wants, 0);
    assert_int_equal(vm->interrupts, 0);
    assert_runs(0);
}

static void low_space_is_signalled_with_its_process(void **state) {
    (void)state;
    Oop semaphore = new_semaphore(0);
    set_special(SPECIAL_LOW_SPACE_SEMAPHORE, semaphore);
    vm->heap.wants |= HEAP_LOW_SPACE;
    serve(INTERRUPT_HEAP);
    assert_int_equal(signals_of(semaphore), 1);
    assert_same(vm_special(vm, SPECIAL_LOW_SPACE_PROCESS), p[0]);
    serve(INTERRUPT_HEAP);
    assert_int_equal(signals_of(semaphore), 1);
}

static void finalisation_is_signalled(void **state) {
    (void)state;
    Oop semaphore = new_semaphore(0);
    set_special(SPECIAL_FINALISATION_SEMAPHORE, semaphore);
    set_priority(1, 5);
    let_wait(1, semaphore);
    vm->heap.wants |= HEAP_MOURNERS;
    assert_int_equal(serve(INTERRUPT_HEAP), OUTCOME_SWITCHED);
    assert_runs(1);
}

static void wanted_collection_is_made(void **state) {
    (void)state;
    uint64_t before = vm->heap.statistics.scavenges;
    vm->heap.wants |= HEAP_WANTS_SCAVENGE;
    serve(INTERRUPT_HEAP);
    assert_int_equal(vm->heap.statistics.scavenges, before + 1);
    assert_false(vm->heap.wants & HEAP_WANTS_SCAVENGE);
    // What moved with it still runs.
    assert_same(frame_oop(vm->fp + FRAME_RECEIVER), world_int(0));
}

static void allocate_slots(uint64_t slots) {
    assert_false(oop_is_none(heap_allocate(&vm->heap, CLASS_INDEX_ARRAY, FORMAT_INDEXABLE, slots)));
}

// Also over a collection, and whoever allocated much once is overtaken by one who does so now.
static void who_allocates_most_is_the_hungry_one(void **state) {
    (void)state;
    allocate_slots(500);
    vm_note_hunger(vm, p[0]);
    assert_same(vm->hungry_process, p[0]);
    allocate_slots(200);
    heap_scavenge(&vm->heap);
    allocate_slots(200);
    vm_note_hunger(vm, p[1]);
    assert_same(vm->hungry_process, p[0]);
    for (uint64_t bytes = 0; bytes < heap_eden_bytes(&vm->heap); bytes += 4000)
        heap_allocate(&vm->heap, CLASS_INDEX_ARRAY, FORMAT_INDEXABLE, 500);
    vm_note_hunger(vm, p[0]);
    allocate_slots(300);
    vm_note_hunger(vm, p[1]);
    assert_same(vm->hungry_process, p[0]);
    heap_scavenge(&vm->heap);
    for (uint64_t bytes = 0; bytes < heap_eden_bytes(&vm->heap) / 3 * 2; bytes += 4000)
        allocate_slots(500);
    vm_note_hunger(vm, p[1]);
    assert_same(vm->hungry_process, p[1]);
}

static void user_interrupt_goes_to_the_image(void **state) {
    (void)state;
    Oop semaphore = new_semaphore(0);
    set_special(SPECIAL_INTERRUPT_SEMAPHORE, semaphore);
    assert_int_equal(serve(INTERRUPT_USER), OUTCOME_ANSWERED);
    assert_int_equal(signals_of(semaphore), 1);
    // Nobody has taken it: the second one is meant for the VM.
    assert_int_equal(serve(INTERRUPT_USER), OUTCOME_STOP);
    assert_int_equal(vm->exit_code, 130);
}

static void user_interrupt_stops_an_image_that_cannot_hear(void **state) {
    (void)state;
    assert_int_equal(serve(INTERRUPT_USER), OUTCOME_STOP);
    assert_int_equal(vm->stop, STOP_QUIT);
    assert_int_equal(vm->exit_code, 130);
}

static void safe_point_is_given_to_who_asked(void **state) {
    (void)state;
    Oop semaphore = new_semaphore(0);
    set_special(SPECIAL_FINALISATION_SEMAPHORE, semaphore);
    set_priority(1, 5);
    let_wait(1, semaphore);
    vm->heap.wants |= HEAP_MOURNERS;
    assert_int_equal(serve(INTERRUPT_SAVE | INTERRUPT_HEAP), OUTCOME_STOP);
    assert_int_equal(vm->stop, STOP_SAFE_POINT);
    assert_runs(1); // all else was served before
    assert_int_equal(vm->interrupts, 0);
}

static void used_up_ticks_stop(void **state) {
    (void)state;
    vm->options.max_ticks = 100;
    vm->ticks = 99;
    assert_int_equal(serve(INTERRUPT_TICKS), OUTCOME_ANSWERED);
    vm->ticks = 100;
    assert_int_equal(serve(INTERRUPT_TICKS), OUTCOME_STOP);
    assert_int_equal(vm->stop, STOP_TICKS);
}

static void switch_without_memory_is_made_later(void **state) {
    (void)state;
    set_priority(1, 5);
    let_be_ready(1);
    vm->fp[FRAME_FLAGS] &= ~FRAME_FLAG_MARRIED; // the running frame needs a context
    vm->heap.options.fail_every = 1;
    vm->heap.eden_limit = 0; // every allocation is looked at
    assert_int_equal(serve(INTERRUPT_EVENTS), OUTCOME_ANSWERED);
    assert_same(process_active(vm), p[0]);
    assert_int_not_equal(vm->interrupts, 0);
    vm->heap.options.fail_every = 0;
    assert_int_equal(vm_service_interrupts(vm), OUTCOME_SWITCHED);
    assert_same(process_active(vm), p[1]);
}

// ---- every process waits

static void waits_until_the_timer_wakes_one(void **state) {
    (void)state;
    Oop semaphore = new_semaphore(0);
    set_special(SPECIAL_TIMER_SEMAPHORE, semaphore);
    uint64_t start = os_monotonic_nanoseconds();
    clock_set_timer(vm, os_utc_microseconds() + 20000);
    assert_int_equal(call(prim_semaphore_wait, 0, semaphore), OUTCOME_SWITCHED);
    assert_in_range((os_monotonic_nanoseconds() - start) / 1000000, 19, 5000);
    assert_runs(0);
    assert_same(take_top(), semaphore);
    assert_empty(semaphore);
}

static void *signal_later(void *argument) {
    (void)argument;
    usleep(20000);
    external_semaphore_signal(vm, 1);
    return NULL;
}

static void waits_until_another_thread_wakes_one(void **state) {
    (void)state;
    Oop semaphore = new_semaphore(0);
    world_put(vm_special(vm, SPECIAL_EXTERNAL_OBJECTS), 0, semaphore);
    set_priority(1, 2);
    let_wait(1, semaphore);
    event_loop_expect(vm->processes->loop, 1);
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, signal_later, NULL), 0);
    assert_int_equal(call(prim_process_suspend, 0, p[0]), OUTCOME_SWITCHED);
    assert_runs(1);
    pthread_join(thread, NULL);
}

// Standard error goes into a file meanwhile; restoring it answers what was said.
static int redirect_errors(FILE **file) {
    *file = tmpfile();
    int before = dup(2);
    dup2(fileno(*file), 2);
    return before;
}
static void restore_errors(FILE *file, int before, char *text, size_t size) {
    fflush(stderr);
    dup2(before, 2);
    close(before);
    rewind(file);
    text[fread(text, 1, size - 1, file)] = 0;
    fclose(file);
}

static void hopeless_wait_is_given_up(void **state) {
    (void)state;
    Oop semaphore = new_semaphore(0);
    FILE *file;
    char said[200];
    int before = redirect_errors(&file);
    Outcome outcome = call(prim_semaphore_wait, 0, semaphore);
    restore_errors(file, before, said, sizeof said);
    assert_string_equal(said,
                        "parley: every process waits, and nothing is left that could wake one\n");
    assert_int_equal(outcome, OUTCOME_STOP);
    assert_int_equal(vm->stop, STOP_ERROR);
    assert_int_equal(vm->exit_code, 1);
    assert_true(process_is_idle(vm));
    ASSERT_LIST(semaphore, 0);
}

static void waiting_vm_hears_the_embedder_and_goes_on_later(void **state) {
    (void)state;
    Oop semaphore = new_semaphore(0);
    vm_request_interrupt(vm, INTERRUPT_SAVE);
    assert_int_equal(call(prim_semaphore_wait, 0, semaphore), OUTCOME_STOP);
    assert_int_equal(vm->stop, STOP_SAFE_POINT);
    assert_true(process_is_idle(vm));
    ASSERT_LIST(semaphore, 0);
    semaphore_release(vm, semaphore, 1);
    assert_int_equal(vm_wait_for_process(vm), OUTCOME_SWITCHED);
    assert_runs(0);
    assert_same(take_top(), semaphore);
}

static void waiting_uses_up_ticks(void **state) {
    (void)state;
    vm->options.max_ticks = 5000;
    event_loop_expect(vm->processes->loop, 1);
    uint64_t start = os_monotonic_nanoseconds();
    assert_int_equal(call(prim_semaphore_wait, 0, new_semaphore(0)), OUTCOME_STOP);
    assert_int_equal(vm->stop, STOP_TICKS);
    assert_in_range((os_monotonic_nanoseconds() - start) / 1000, 4000, 5000000);
}

static void relinquishing_uses_up_ticks(void **state) {
    (void)state;
    vm->options.max_ticks = 5000;
    for (int i = 0; i < 200 && vm->ticks < 5000; i++) {
        vm_relinquish(vm, 1000);
        if (vm_service_interrupts(vm) == OUTCOME_STOP) break;
    }
    assert_int_equal(vm->stop, STOP_TICKS);
}

static void collection_while_all_wait_keeps_them(void **state) {
    (void)state;
    Oop semaphore = new_semaphore(0);
    world_put(vm_special(vm, SPECIAL_EXTERNAL_OBJECTS), 0, semaphore);
    vm_request_interrupt(vm, INTERRUPT_SAVE);
    call(prim_semaphore_wait, 0, semaphore);
    heap_scavenge(&vm->heap);
    external_semaphore_signal(vm, 1);
    assert_int_equal(vm_wait_for_process(vm), OUTCOME_SWITCHED);
    assert_same(frame_oop(vm->fp + FRAME_RECEIVER), world_int(0));
}

// ---- memory that is used up

enum { ROOM_WANTED = VM_ROOM_FOR_ERRORS };

// Objects that p[7] holds take all the room that there is within the limit.
static void use_up_memory(void) {
    enum { SLOTS = 1000, LIMIT = 1 << 20 };
    bool may_collect = true;
    for (int i = 0; i < LIMIT; i++) {
        Oop link = heap_allocate(&vm->heap, CLASS_INDEX_ARRAY, FORMAT_INDEXABLE, SLOTS);
        if (!oop_is_none(link)) {
            world_put(link, 0, p[7]);
            p[7] = link;
            may_collect = true;
        } else if (may_collect) {
            heap_collect_full(&vm->heap);
            may_collect = false;
        } else {
            break;
        }
    }
    assert_false(heap_can_allocate(&vm->heap, ROOM_WANTED));
}

static void set_limit(void) {
    vm->heap.options.old_limit_bytes = heap_old_bytes(&vm->heap) + (4 << 20);
}

static void let_go(void) {
    p[7] = world_nil;
    heap_collect_full(&vm->heap);
    assert_int_equal(vm->heap.excess_bytes, 0);
}

static void assert_told(Oop semaphore, int64_t signals, Oop process) {
    serve(INTERRUPT_EVENTS);
    assert_int_equal(signals_of(semaphore), signals);
    assert_same(vm_special(vm, SPECIAL_LOW_SPACE_PROCESS), process);
    vm->interrupts = 0;
}

static void who_wants_room_gets_an_error(void **state) {
    (void)state;
    set_limit();
    use_up_memory();
    assert_true(vm_make_room(vm, ROOM_WANTED));
    assert_true(heap_can_allocate(&vm->heap, ROOM_WANTED));
    assert_same(vm->exhausted_process, p[0]);
    assert_true(vm->interrupts & INTERRUPT_MEMORY);
    // The image is told who it was when it is told.
    assert_same(vm_special(vm, SPECIAL_LOW_SPACE_PROCESS), world_nil);
    use_up_memory();
    assert_false(vm_make_room(vm, ROOM_WANTED));
}

// The image tells whoever wants room, as often as it asked for it; where that has not helped the
// process gets the error, and then no more.
static void low_space_is_signalled_before_the_error(void **state) {
    (void)state;
    set_special(SPECIAL_LOW_SPACE_SEMAPHORE, new_semaphore(0));
    set_limit();
    for (int i = 1; i <= 3; i++) {
        vm->heap.low_space_threshold = 1000;
        use_up_memory();
        set_special(SPECIAL_LOW_SPACE_PROCESS, world_nil);
        assert_true(vm_make_room(vm, ROOM_WANTED));
        assert_true(heap_can_allocate(&vm->heap, ROOM_WANTED));
        assert_true(oop_is_none(vm->exhausted_process));
        assert_false(vm->interrupts & INTERRUPT_MEMORY);
        assert_told(vm_special(vm, SPECIAL_LOW_SPACE_SEMAPHORE), i, p[0]);
        if (i < 3) let_go();
    }
    vm->heap.low_space_threshold = 1000; // the image asks again though nothing was let go
    use_up_memory();
    assert_true(vm_make_room(vm, ROOM_WANTED));
    assert_same(vm->exhausted_process, p[0]);
    assert_told(vm_special(vm, SPECIAL_LOW_SPACE_SEMAPHORE), 3, p[0]);
    use_up_memory();
    assert_false(vm_make_room(vm, ROOM_WANTED));
}

// Who wanted the most is named, though another one comes by first.
static void low_space_names_who_took_the_memory(void **state) {
    (void)state;
    set_special(SPECIAL_LOW_SPACE_SEMAPHORE, new_semaphore(0));
    set_limit();
    vm->heap.low_space_threshold = 1000;
    vm->hungry_process = p[1];
    vm->hunger = 1 << 30;
    use_up_memory();
    assert_true(vm_make_room(vm, ROOM_WANTED));
    vm->hungry_process = p[2];
    assert_told(vm_special(vm, SPECIAL_LOW_SPACE_SEMAPHORE), 1, p[1]);
}

static void low_space_signals_need_a_semaphore_that_asked(void **state) {
    (void)state;
    set_limit();
    vm->heap.low_space_threshold = 1000;
    use_up_memory();
    assert_true(vm_make_room(vm, ROOM_WANTED));
    assert_same(vm->exhausted_process, p[0]);
    let_go();
    set_special(SPECIAL_LOW_SPACE_SEMAPHORE, new_semaphore(0));
    vm->heap.low_space_threshold = 0;
    use_up_memory();
    assert_true(vm_make_room(vm, ROOM_WANTED));
    assert_same(vm->exhausted_process, p[0]);
    serve(INTERRUPT_EVENTS);
    assert_int_equal(signals_of(vm_special(vm, SPECIAL_LOW_SPACE_SEMAPHORE)), 0);
}

// Whoever handles the signal has room for it, also where the signal came before all was used up.
static void low_space_signal_comes_with_room(void **state) {
    (void)state;
    set_special(SPECIAL_LOW_SPACE_SEMAPHORE, new_semaphore(0));
    set_limit();
    vm->heap.low_space_threshold = UINT64_MAX;
    vm->heap.wants |= HEAP_WANTS_FULL;
    uint64_t before = heap_room_bytes(&vm->heap);
    serve(INTERRUPT_HEAP);
    assert_int_equal(signals_of(vm_special(vm, SPECIAL_LOW_SPACE_SEMAPHORE)), 1);
    assert_true(heap_room_bytes(&vm->heap) >= before + vm->heap.new_bytes);
}

static void a_full_collection_without_room_is_not_made_again(void **state) {
    (void)state;
    set_limit();
    use_up_memory();
    assert_true(vm_make_room(vm, ROOM_WANTED));
    use_up_memory();
    uint64_t before = vm->heap.statistics.full_collections;
    vm->heap.wants |= HEAP_WANTS_FULL;
    serve(INTERRUPT_HEAP);
    assert_int_equal(vm->heap.statistics.full_collections, before + 1);
    // A scavenge that finds none is followed by one.
    vm->heap.wants = HEAP_WANTS_SCAVENGE;
    vm->heap.full_threshold = UINT64_MAX;
    serve(INTERRUPT_HEAP);
    assert_int_equal(vm->heap.statistics.full_collections, before + 2);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        WORLD_TEST(nothing_is_required),
        WORLD_TEST(low_space_is_signalled_with_its_process),
        WORLD_TEST(finalisation_is_signalled),
        WORLD_TEST(wanted_collection_is_made),
        WORLD_TEST(who_allocates_most_is_the_hungry_one),
        WORLD_TEST(user_interrupt_goes_to_the_image),
        WORLD_TEST(user_interrupt_stops_an_image_that_cannot_hear),
        WORLD_TEST(safe_point_is_given_to_who_asked),
        WORLD_TEST(used_up_ticks_stop),
        WORLD_TEST(switch_without_memory_is_made_later),
        WORLD_TEST(waits_until_the_timer_wakes_one),
        WORLD_TEST(waits_until_another_thread_wakes_one),
        WORLD_TEST(hopeless_wait_is_given_up),
        WORLD_TEST(waiting_vm_hears_the_embedder_and_goes_on_later),
        WORLD_TEST(waiting_uses_up_ticks),
        WORLD_TEST(relinquishing_uses_up_ticks),
        WORLD_TEST(collection_while_all_wait_keeps_them),
        WORLD_TEST(who_wants_room_gets_an_error),
        WORLD_TEST(low_space_is_signalled_before_the_error),
        WORLD_TEST(low_space_names_who_took_the_memory),
        WORLD_TEST(low_space_signals_need_a_semaphore_that_asked),
        WORLD_TEST(low_space_signal_comes_with_room),
        WORLD_TEST(a_full_collection_without_room_is_not_made_again),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
