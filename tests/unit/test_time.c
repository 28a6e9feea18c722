// SPDX-License-Identifier: MIT
// Clocks and the timer as the image sees them, real and deterministic.
#include "process_world.h"

#include "base/event_loop.h"
#include "base/os.h"

static VMOptions deterministic_options;

static int deterministic_open(void **state) {
    vm_default_options(&deterministic_options);
    deterministic_options.deterministic = true;
    world_options = &deterministic_options;
    int result = world_open(state);
    world_options = NULL;
    return result;
}
#define DETERMINISTIC_TEST(f) cmocka_unit_test_setup_teardown(f, deterministic_open, world_close)

static int64_t answer(PrimitiveFunction clock) {
    assert_int_equal(call(clock, 0, world_nil), OUTCOME_ANSWERED);
    return num_concrete(num_from_oop(take_top()));
}

static void clocks_agree(void **state) {
    (void)state;
    int64_t before = os_utc_microseconds();
    int64_t utc = answer(prim_utc_microsecond_clock), coarse = answer(prim_coarse_utc_clock);
    int64_t local = answer(prim_local_microsecond_clock);
    int64_t coarse_local = answer(prim_coarse_local_clock);
    int64_t seconds = answer(prim_seconds_clock);
    int64_t after = os_utc_microseconds(), offset = os_utc_offset_seconds(after) * 1000000;
    assert_true(before <= utc && utc <= coarse && coarse <= after);
    assert_true(coarse + offset <= local && local <= coarse_local);
    assert_true(coarse_local <= after + offset);
    assert_in_range((after + offset) / 1000000 % (1ll << 32) - seconds, 0, 1);
}

static void clocks_leave_one_answer(void **state) {
    (void)state;
    static const PrimitiveFunction clocks[] = {prim_millisecond_clock, prim_seconds_clock,
                                               prim_utc_microsecond_clock, prim_update_timezone};
    for (int i = 0; i < 4; i++) {
        uint64_t *sp = vm->sp;
        assert_int_equal(call(clocks[i], 0, world_nil), OUTCOME_ANSWERED);
        assert_ptr_equal(vm->sp, sp - 1);
        vm->sp = sp;
    }
}

static void millisecond_clock_begins_with_the_vm(void **state) {
    (void)state;
    assert_in_range(answer(prim_millisecond_clock), 0, 10000);
    vm->processes->start_nanoseconds -= (0x20000000ull + 5) * 1000000;
    assert_in_range(answer(prim_millisecond_clock), 5, 10005); // it wraps around
}

static void the_first_millisecond_measured_is_no_zero(void **state) {
    (void)state;
    int64_t first = answer(prim_millisecond_clock);
    uint64_t before = os_monotonic_nanoseconds();
    while (os_monotonic_nanoseconds() - before < 1000)
        continue;
    assert_true(answer(prim_millisecond_clock) > first);
}

static void utc_and_timezone_fill_an_array(void **state) {
    (void)state;
    Oop pair = world_object(CLASS_INDEX_ARRAY, FORMAT_INDEXABLE, 2);
    assert_int_equal(call(prim_utc_and_timezone, 1, world_nil, pair), OUTCOME_ANSWERED);
    assert_same(take_top(), pair);
    int64_t offset = os_utc_offset_seconds(os_utc_microseconds());
    assert_field(pair, 1, world_int(offset));
    int64_t utc = num_concrete(num_from_oop(field_at(pair, 0)));
    assert_in_range(os_utc_microseconds() - utc, 0, 10000000);
    assert_int_equal(call(prim_utc_and_timezone, 0, world_nil), OUTCOME_ANSWERED);
    Oop fresh = take_top();
    assert_true(oop_has_class_index(fresh, num(CLASS_INDEX_ARRAY)));
    assert_int_equal(num_concrete(slot_count(fresh)), 2);
    assert_field(fresh, 1, world_int(offset));
}

static void utc_and_timezone_refuse_other_arguments(void **state) {
    (void)state;
    Oop readonly = world_object(CLASS_INDEX_ARRAY, FORMAT_INDEXABLE, 2);
    heap_set_readonly(&vm->heap, readonly, true);
    Oop others[] = {world_nil, world_int(1), world_object(CLASS_INDEX_ARRAY, FORMAT_INDEXABLE, 1),
                    world_method, new_context(1)};
    for (int i = 0; i < 5; i++) {
        assert_int_equal(call(prim_utc_and_timezone, 1, world_nil, others[i]), OUTCOME_FAILED);
        assert_int_equal(vm->failure, FAILURE_BAD_ARGUMENT);
    }
    assert_int_equal(call(prim_utc_and_timezone, 1, world_nil, readonly), OUTCOME_FAILED);
    assert_int_equal(vm->failure, FAILURE_NO_MODIFICATION);
    assert_int_equal(call(prim_utc_and_timezone, 2, world_nil, readonly, readonly), OUTCOME_FAILED);
    assert_int_equal(vm->failure, FAILURE_BAD_ARGUMENT_COUNT);
}

// ---- the timer

static Outcome serve(uint32_t bits) {
    vm_request_interrupt(vm, bits);
    return vm_service_interrupts(vm);
}

// Runs safe points until the semaphore has that many signals; gives up after five seconds.
static int64_t signals_within_time(Oop semaphore, int64_t wanted) {
    for (int i = 0; i < 5000 && signals_of(semaphore) < wanted; i++) {
        event_loop_wait(vm->processes->loop, 1000, &vm->interrupts);
        vm_service_interrupts(vm);
    }
    return signals_of(semaphore);
}

static void timer_signals_its_semaphore_once(void **state) {
    (void)state;
    Oop semaphore = new_semaphore(0);
    int64_t due = os_utc_microseconds() + 10000;
    call(prim_signal_at_utc_microseconds, 2, world_nil, semaphore, world_int(due));
    assert_same(take_top(), world_nil);
    serve(INTERRUPT_EVENTS);
    if (os_utc_microseconds() < due) assert_int_equal(signals_of(semaphore), 0);
    assert_int_equal(signals_within_time(semaphore, 1), 1);
    assert_true(os_utc_microseconds() >= due);
    serve(INTERRUPT_EVENTS);
    assert_int_equal(signals_of(semaphore), 1);
}

static void timer_asks_for_a_safe_point_while_code_runs(void **state) {
    (void)state;
    Oop semaphore = new_semaphore(0);
    call(prim_signal_at_utc_microseconds, 2, world_nil, semaphore,
         world_int(os_utc_microseconds() + 5000));
    uint64_t start = os_monotonic_nanoseconds();
    while (!__atomic_load_n(&vm->interrupts, __ATOMIC_SEQ_CST))
        if (os_monotonic_nanoseconds() - start > 5000000000) fail();
    assert_ptr_equal(vm->stack_limit, (uint64_t *)UINTPTR_MAX);
    vm_service_interrupts(vm);
    assert_int_equal(signals_of(semaphore), 1);
    assert_ptr_equal(vm->stack_limit, vm->stack.current->limit);
}

static void timer_in_milliseconds_wraps_around(void **state) {
    (void)state;
    Oop semaphore = new_semaphore(0);
    int64_t now = answer(prim_millisecond_clock);
    call(prim_signal_at_milliseconds, 2, world_nil, semaphore, world_int(now + 20));
    int64_t wait = vm->processes->timer_microseconds - os_utc_microseconds();
    assert_in_range(wait + 20000, 0, 40000);
    vm->processes->start_nanoseconds = os_monotonic_nanoseconds() - 0x1FFFFFF0ull * 1000000;
    call(prim_signal_at_milliseconds, 2, world_nil, semaphore, world_int(100));
    wait = vm->processes->timer_microseconds - os_utc_microseconds();
    assert_in_range(wait, 0, 116000);
    assert_true(wait > 60000);
}

static void timer_is_turned_off_with_nil(void **state) {
    (void)state;
    Oop semaphore = new_semaphore(0);
    call(prim_signal_at_utc_microseconds, 2, world_nil, semaphore, world_int(1));
    assert_same(vm_special(vm, SPECIAL_TIMER_SEMAPHORE), semaphore);
    call(prim_signal_at_utc_microseconds, 2, world_nil, world_nil, world_int(1));
    assert_same(vm_special(vm, SPECIAL_TIMER_SEMAPHORE), world_nil);
    assert_int_equal(vm->processes->timer_microseconds, 0);
    serve(INTERRUPT_EVENTS);
    assert_int_equal(signals_of(semaphore), 0);
}

static void timer_refuses_wrong_arguments(void **state) {
    (void)state;
    static const PrimitiveFunction timers[] = {prim_signal_at_utc_microseconds,
                                               prim_signal_at_milliseconds};
    for (int i = 0; i < 2; i++) {
        Oop pairs[][2] = {{new_list(), world_int(1)},
                          {new_mutex(), world_int(1)},
                          {world_int(1), world_int(1)},
                          {new_semaphore(0), world_nil},
                          {new_semaphore(0), world_int(-1)}};
        for (int j = 0; j < 5; j++) {
            uint64_t *sp = vm->sp;
            assert_int_equal(call(timers[i], 2, world_nil, pairs[j][0], pairs[j][1]),
                             OUTCOME_FAILED);
            assert_int_equal(vm->failure, FAILURE_BAD_ARGUMENT);
            assert_ptr_equal(vm->sp, sp - 3);
        }
    }
    assert_int_equal(
        call(prim_signal_at_milliseconds, 2, world_nil, new_semaphore(0), world_int(1ll << 32)),
        OUTCOME_FAILED);
    assert_same(vm_special(vm, SPECIAL_TIMER_SEMAPHORE), world_nil);
    assert_int_equal(vm->processes->timer_microseconds, 0);
}

static void timer_wakes_a_process_of_higher_priority(void **state) {
    (void)state;
    Oop semaphore = new_semaphore(0);
    set_priority(1, 8);
    let_wait(1, semaphore);
    call(prim_signal_at_utc_microseconds, 2, world_nil, semaphore, world_int(1));
    assert_int_equal(serve(INTERRUPT_EVENTS), OUTCOME_SWITCHED);
    assert_runs(1);
    ASSERT_LIST(queue(4), 0);
}

// ---- waiting

static void relinquish_sleeps_as_long_as_asked(void **state) {
    (void)state;
    uint64_t start = os_monotonic_nanoseconds();
    assert_int_equal(call(prim_relinquish_processor, 1, world_nil, world_int(10000)),
                     OUTCOME_ANSWERED);
    assert_same(take_top(), world_nil);
    assert_in_range((os_monotonic_nanoseconds() - start) / 1000, 10000, 2000000);
    assert_int_equal(call(prim_relinquish_processor, 1, world_nil, world_nil), OUTCOME_FAILED);
    assert_int_equal(vm->failure, FAILURE_BAD_ARGUMENT);
}

static void relinquish_ends_when_the_timer_is_due(void **state) {
    (void)state;
    Oop semaphore = new_semaphore(0);
    call(prim_signal_at_utc_microseconds, 2, world_nil, semaphore,
         world_int(os_utc_microseconds() + 10000));
    call(prim_relinquish_processor, 1, world_nil, world_int(60000000));
    vm_service_interrupts(vm);
    assert_int_equal(signals_of(semaphore), 1);
}

static void relinquish_does_not_sleep_while_something_waits(void **state) {
    (void)state;
    vm_request_interrupt(vm, INTERRUPT_SIGNALS);
    uint64_t start = os_monotonic_nanoseconds();
    call(prim_relinquish_processor, 1, world_nil, world_int(60000000));
    assert_in_range(os_monotonic_nanoseconds() - start, 0, 2000000000);
}

static void idle_image_sleeps_longer_and_longer(void **state) {
    (void)state;
    for (int i = 0; i < 64; i++)
        vm_relinquish(vm, 1);
    uint64_t start = os_monotonic_nanoseconds();
    vm_service_interrupts(vm);
    vm_relinquish(vm, 1000);
    assert_true(os_monotonic_nanoseconds() - start >= 20000000);
    vm->processes->switches++;
    vm_service_interrupts(vm);
    vm_relinquish(vm, 1000);
    assert_int_equal(vm->processes->sleeps, 1);
}

// ---- deterministic runs

static void deterministic_clocks_count_ticks(void **state) {
    (void)state;
    int64_t start = answer(prim_utc_microsecond_clock);
    assert_int_equal(answer(prim_utc_microsecond_clock), start);
    vm->ticks += 7000;
    assert_int_equal(answer(prim_utc_microsecond_clock), start + 7000);
    assert_int_equal(answer(prim_local_microsecond_clock), start + 7000);
    assert_int_equal(answer(prim_millisecond_clock), 7);
    assert_int_equal(start / 1000000 - OS_EPOCH_DELTA_SECONDS, 1577836800);
}

static void deterministic_timer_is_due_at_its_tick(void **state) {
    (void)state;
    Oop semaphore = new_semaphore(0);
    int64_t now = answer(prim_utc_microsecond_clock);
    call(prim_signal_at_utc_microseconds, 2, world_nil, semaphore, world_int(now + 500));
    assert_int_equal(vm->timer_ticks, vm->ticks + 500);
    vm->ticks += 499;
    serve(INTERRUPT_TICKS);
    assert_int_equal(signals_of(semaphore), 0);
    vm->ticks += 1;
    serve(INTERRUPT_TICKS);
    assert_int_equal(signals_of(semaphore), 1);
    assert_int_equal(vm->timer_ticks, UINT64_MAX);
}

static void deterministic_sleep_takes_no_time(void **state) {
    (void)state;
    Oop semaphore = new_semaphore(0);
    int64_t now = answer(prim_utc_microsecond_clock);
    uint64_t start = os_monotonic_nanoseconds();
    vm_relinquish(vm, 3600000000);
    assert_int_equal(answer(prim_utc_microsecond_clock), now + 3600000000);
    now += 3600000000;
    call(prim_signal_at_utc_microseconds, 2, world_nil, semaphore, world_int(now + 60000000));
    vm_relinquish(vm, 3600000000);
    assert_int_equal(answer(prim_utc_microsecond_clock), now + 60000000);
    vm_service_interrupts(vm);
    assert_int_equal(signals_of(semaphore), 1);
    assert_in_range(os_monotonic_nanoseconds() - start, 0, 2000000000);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        WORLD_TEST(clocks_agree),
        WORLD_TEST(clocks_leave_one_answer),
        WORLD_TEST(millisecond_clock_begins_with_the_vm),
        WORLD_TEST(the_first_millisecond_measured_is_no_zero),
        WORLD_TEST(utc_and_timezone_fill_an_array),
        WORLD_TEST(utc_and_timezone_refuse_other_arguments),
        WORLD_TEST(timer_signals_its_semaphore_once),
        WORLD_TEST(timer_asks_for_a_safe_point_while_code_runs),
        WORLD_TEST(timer_in_milliseconds_wraps_around),
        WORLD_TEST(timer_is_turned_off_with_nil),
        WORLD_TEST(timer_refuses_wrong_arguments),
        WORLD_TEST(timer_wakes_a_process_of_higher_priority),
        WORLD_TEST(relinquish_sleeps_as_long_as_asked),
        WORLD_TEST(relinquish_ends_when_the_timer_is_due),
        WORLD_TEST(relinquish_does_not_sleep_while_something_waits),
        WORLD_TEST(idle_image_sleeps_longer_and_longer),
        DETERMINISTIC_TEST(deterministic_clocks_count_ticks),
        DETERMINISTIC_TEST(deterministic_timer_is_due_at_its_tick),
        DETERMINISTIC_TEST(deterministic_sleep_takes_no_time),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
