// SPDX-License-Identifier: MIT
// --trace: what the VM does, a line each on standard error, by kind. Testing for a kind is one
// load and a mask; the printing stands in trace.c.
#ifndef PARLEY_RUN_TRACE_H
#define PARLEY_RUN_TRACE_H

#include "run/vm.h"

// The kinds and their bits in VMOptions.trace: TRACE(NAME, word on the command line). With "stacks",
// each line of "dnu" and "primitives" has the running process's stack behind it.
#define TRACE_KINDS(TRACE)                                                                         \
    TRACE(SENDS, "sends")                                                                          \
    TRACE(BYTECODES, "bytecodes")                                                                  \
    TRACE(NOT_UNDERSTOOD, "dnu")                                                                   \
    TRACE(PRIMITIVES, "primitives")                                                                \
    TRACE(COLLECTIONS, "gc")                                                                       \
    TRACE(PROCESSES, "processes")                                                                  \
    TRACE(EVENTS, "events")                                                                        \
    TRACE(STACKS, "stacks")

typedef enum TraceKind {
#define TRACE(NAME, word) TRACE_BIT_##NAME,
    TRACE_KINDS(TRACE)
#undef TRACE
} TraceKind;

static inline bool trace_wants(const VM *vm, TraceKind kind) {
    return (vm->options.trace >> kind & 1) != 0;
}
// The bits for a comma-separated list of words; false: an unknown word.
bool trace_parse(const char *list, uint32_t *bits);

void trace_send(VM *vm, Oop selector, Oop receiver);
// Each bytecode that the frame is about to carry out; the interpreter asks whether that is wanted.
void trace_bytecode(VM *vm, const uint64_t *fp, Oop method, const uint8_t *ip);
void trace_not_understood(VM *vm, Oop selector, Oop receiver);
void trace_primitive_failed(VM *vm, const LookupEntry *entry);
// A collection is over; it also goes into the event ring.
void trace_collection(VM *vm, bool full);
// What a safe point serves (INTERRUPT_... bits), and a semaphore that it signals.
void trace_interrupts(VM *vm, uint32_t bits);
void trace_signal(VM *vm, Oop semaphore, uint64_t count);
void trace_process_switch(VM *vm, Oop from, Oop to);
// A process that cannot run was taken out of the list where it waited.
void trace_process_dropped(VM *vm, Oop process);

#endif
