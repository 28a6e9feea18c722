// SPDX-License-Identifier: MIT
// Signals from other threads and signal handlers.
#include "process_world.h"

#include <pthread.h>
#include <signal.h>
#include <unistd.h>

static Oop external(int index) {
    Oop objects = vm_special(vm, SPECIAL_EXTERNAL_OBJECTS);
    Oop semaphore = new_semaphore(0);
    world_put(objects, index - 1, semaphore);
    return semaphore;
}

static void signal_is_delivered_at_the_safe_point(void **state) {
    (void)state;
    Oop semaphore = external(3);
    assert_true(external_semaphore_signal(vm, 3));
    assert_true(external_semaphore_signal(vm, 3));
    assert_int_equal(signals_of(semaphore), 0);
    assert_int_equal(vm->interrupts, INTERRUPT_SIGNALS);
    assert_ptr_equal(vm->stack_limit, (uint64_t *)UINTPTR_MAX);
    assert_int_equal(vm_service_interrupts(vm), OUTCOME_ANSWERED);
    assert_int_equal(signals_of(semaphore), 2);
    assert_int_equal(vm->interrupts, 0);
    vm_request_interrupt(vm, INTERRUPT_SIGNALS);
    vm_service_interrupts(vm);
    assert_int_equal(signals_of(semaphore), 2);
}

static void every_index_has_its_own_signals(void **state) {
    (void)state;
    static const int indices[] = {1, 2, 63, 64, 65, 128, 130};
    Oop semaphores[7];
    for (int i = 0; i < 7; i++) {
        semaphores[i] = external(indices[i]);
        for (int j = 0; j <= i; j++)
            assert_true(external_semaphore_signal(vm, indices[i]));
    }
    vm_service_interrupts(vm);
    for (int i = 0; i < 7; i++)
        assert_int_equal(signals_of(semaphores[i]), i + 1);
}

static void impossible_indices_are_refused(void **state) {
    (void)state;
    assert_false(external_semaphore_signal(vm, 0));
    assert_false(external_semaphore_signal(vm, -1));
    assert_false(external_semaphore_signal(vm, EXTERNAL_SEMAPHORE_LIMIT + 1));
    assert_int_equal(vm->interrupts, 0);
    assert_true(external_semaphore_signal(vm, EXTERNAL_SEMAPHORE_LIMIT));
}

static void signals_for_no_semaphore_are_lost(void **state) {
    (void)state;
    Oop objects = vm_special(vm, SPECIAL_EXTERNAL_OBJECTS);
    world_put(objects, 0, world_int(4));
    for (int index = 1; index <= 2; index++)
        external_semaphore_signal(vm, index);
    external_semaphore_signal(vm, WORLD_EXTERNAL_OBJECTS + 1);
    assert_int_equal(vm_service_interrupts(vm), OUTCOME_ANSWERED);
    Oop semaphore = external(1);
    vm_request_interrupt(vm, INTERRUPT_SIGNALS);
    vm_service_interrupts(vm);
    assert_int_equal(signals_of(semaphore), 0);
}

static void image_without_external_objects_ignores_signals(void **state) {
    (void)state;
    set_special(SPECIAL_EXTERNAL_OBJECTS, world_nil);
    external_semaphore_signal(vm, 1);
    assert_int_equal(vm_service_interrupts(vm), OUTCOME_ANSWERED);
}

static void waiting_process_takes_over(void **state) {
    (void)state;
    Oop semaphore = external(5);
    set_priority(1, 7);
    set_priority(2, 6);
    let_wait(2, semaphore);
    let_wait(1, semaphore);
    external_semaphore_signal(vm, 5);
    external_semaphore_signal(vm, 5);
    assert_int_equal(vm_service_interrupts(vm), OUTCOME_SWITCHED);
    assert_runs(1);
    ASSERT_LIST(queue(6), 2);
    ASSERT_LIST(queue(4), 0);
}

enum { THREADS = 4, SIGNALS = 5000 };

static void *signal_often(void *argument) {
    for (int i = 0; i < SIGNALS; i++)
        external_semaphore_signal(vm, (int)(intptr_t)argument + i % 2);
    return NULL;
}

static void no_signal_of_many_threads_is_lost(void **state) {
    (void)state;
    Oop a = external(1), b = external(2);
    pthread_t threads[THREADS];
    for (int i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, signal_often, (void *)(intptr_t)1), 0);
    for (int i = 0; i < 1000; i++)
        vm_service_interrupts(vm);
    for (int i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    vm_service_interrupts(vm);
    assert_int_equal(signals_of(a) + signals_of(b), THREADS * SIGNALS);
    assert_int_equal(signals_of(a), signals_of(b));
}

static void *signal_later(void *argument) {
    (void)argument;
    usleep(20000);
    external_semaphore_signal(vm, 1);
    return NULL;
}

static void signal_ends_relinquishing(void **state) {
    (void)state;
    Oop semaphore = external(1);
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, signal_later, NULL), 0);
    vm_relinquish(vm, 60000000);
    vm_service_interrupts(vm);
    assert_int_equal(signals_of(semaphore), 1);
    pthread_join(thread, NULL);
}

static void signal_from_handler(int number) {
    (void)number;
    external_semaphore_signal(vm, 1);
}

static void signal_handlers_may_signal(void **state) {
    (void)state;
    Oop semaphore = external(1);
    struct sigaction action = {.sa_handler = signal_from_handler}, before;
    sigaction(SIGUSR1, &action, &before);
    for (int i = 0; i < 10; i++)
        raise(SIGUSR1);
    sigaction(SIGUSR1, &before, NULL);
    vm_service_interrupts(vm);
    assert_int_equal(signals_of(semaphore), 10);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        WORLD_TEST(signal_is_delivered_at_the_safe_point),
        WORLD_TEST(every_index_has_its_own_signals),
        WORLD_TEST(impossible_indices_are_refused),
        WORLD_TEST(signals_for_no_semaphore_are_lost),
        WORLD_TEST(image_without_external_objects_ignores_signals),
        WORLD_TEST(waiting_process_takes_over),
        WORLD_TEST(no_signal_of_many_threads_is_lost),
        WORLD_TEST(signal_ends_relinquishing),
        WORLD_TEST(signal_handlers_may_signal),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
