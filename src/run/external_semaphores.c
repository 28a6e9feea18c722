// SPDX-License-Identifier: MIT
// Signals from outside. See external_semaphores.h.
//
// No locks, so that signal handlers may signal: a signal is counted first and its bit set after
// that; delivery clears the bits of a word first and takes the counts after that. A signal that
// falls between is delivered now or leaves its bit for the next time, never lost.
#include "run/external_semaphores.h"

#include "run/primitive.h"
#include "run/process.h"

bool external_semaphore_signal(VM *vm, int index) {
    if (index < 1 || index > EXTERNAL_SEMAPHORE_LIMIT) return false;
    ExternalSemaphores *external = vm->processes->external;
    unsigned position = (unsigned)index - 1;
    __atomic_fetch_add(&external->signals[position], 1, __ATOMIC_SEQ_CST);
    __atomic_fetch_or(&external->waiting[position / 64], 1ull << position % 64, __ATOMIC_SEQ_CST);
    vm_request_interrupt(vm, INTERRUPT_SIGNALS);
    return true;
}

static void deliver_one(VM *vm, unsigned position) {
    uint32_t *signals = &vm->processes->external->signals[position];
    uint32_t count = __atomic_exchange_n(signals, 0, __ATOMIC_SEQ_CST);
    Oop objects = vm_special(vm, SPECIAL_EXTERNAL_OBJECTS);
    if (!oop_is_pointers(objects) || num_le(slot_count(objects), num(position))) return;
    Oop semaphore = heap_follow(&vm->heap, slot_at(objects, num(position)));
    semaphore_release(vm, semaphore, count);
}

void external_semaphores_deliver(VM *vm) {
    ExternalSemaphores *external = vm->processes->external;
    for (unsigned i = 0; i < EXTERNAL_SEMAPHORE_LIMIT / 64; i++) {
        if (!__atomic_load_n(&external->waiting[i], __ATOMIC_RELAXED)) continue;
        uint64_t bits = __atomic_exchange_n(&external->waiting[i], 0, __ATOMIC_SEQ_CST);
        for (; bits; bits &= bits - 1)
            deliver_one(vm, i * 64 + (unsigned)__builtin_ctzll(bits));
    }
}
