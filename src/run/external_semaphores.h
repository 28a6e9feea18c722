// SPDX-License-Identifier: MIT
// Semaphores that other threads and signal handlers signal, by their index (from 1) in the image's
// external objects array. A signal is noted here and delivered at the next safe point.
#ifndef PARLEY_RUN_EXTERNAL_SEMAPHORES_H
#define PARLEY_RUN_EXTERNAL_SEMAPHORES_H

#include "run/vm.h"

enum { EXTERNAL_SEMAPHORE_LIMIT = 65536 };

// Per word of `waiting` a bit for each of 64 indices that have signals to be delivered.
typedef struct ExternalSemaphores {
    uint64_t waiting[EXTERNAL_SEMAPHORE_LIMIT / 64];
    uint32_t signals[EXTERNAL_SEMAPHORE_LIMIT];
} ExternalSemaphores;

// Signals once; from any thread and from signal handlers. False: no such index can be.
bool external_semaphore_signal(VM *vm, int index);

// At the safe point: releases who waits, preempting nobody. Signals for what is no Semaphore at
// that moment are lost.
void external_semaphores_deliver(VM *vm);

#endif
