// SPDX-License-Identifier: MIT
// Stack pages: taking, freeing, and finding the one that holds a frame; building frames. The pages
// form a ring from the most to the least recently used one; when none is free, the least recently
// used page is turned into heap contexts.
#ifndef PARLEY_RUN_STACK_H
#define PARLEY_RUN_STACK_H

#include "run/vm.h"

// Words below a page's limit that a frame entered just above the limit may still use: the largest
// frame, its header and the operands of a send, and what the machinery itself pushes.
enum { STACK_RESERVE_WORDS = CONTEXT_LARGE_FRAME_SLOTS + 2 * FRAME_HEADER_WORDS + 65 };
enum { STACK_MIN_PAGE_WORDS = STACK_RESERVE_WORDS + 2 * CONTEXT_LARGE_FRAME_SLOTS };

MUST_USE Status stack_init(VM *vm, Diagnosis *diagnosis);
void stack_release(VM *vm);
void stack_visit_roots(VM *vm, RootVisitor *visitor);

// A free page, made the current one; the former current page must have been parked. NULL: no room
// for the contexts of the page that had to be flushed.
StackPage *stack_take_page(VM *vm);
// Remembers where the running page stands (vm->fp, vm->sp), so that another may run.
void stack_park(VM *vm);
// Makes a parked page the running one again.
void stack_unpark(VM *vm, StackPage *page);
void stack_free_page(VM *vm, StackPage *page);
StackPage *stack_page_of(const VM *vm, const uint64_t *fp); // NULL: not a stack address
// Sets vm->stack_limit to what the current page and waiting interrupts ask for.
void stack_set_limit(VM *vm);

// The youngest frame of a page in use, running or parked, and its stack pointer.
static inline uint64_t *stack_head_fp(const VM *vm, const StackPage *page) {
    return page == vm->stack.current ? vm->fp : page->head_fp;
}
static inline uint64_t *stack_head_sp(const VM *vm, const StackPage *page) {
    return page == vm->stack.current ? vm->sp : page->head_sp;
}
// Where the frame's operand stack ended when it called `callee` (NULL: it is the head).
static inline uint64_t *stack_frame_sp(const VM *vm, const StackPage *page, uint64_t *callee) {
    return callee ? frame_callee_slot(callee) + 1 : stack_head_sp(vm, page);
}

// The active frame outgrew its page: moves it to a new one. FAILURE_NONE, FAILURE_NO_MEMORY, or
// FAILURE_LIMIT_EXCEEDED when the process has used up its depth.
Failure stack_overflow(VM *vm);

// Collects for a step that found no room for contexts, and says whether to try it again. Such a
// step keeps the contexts that it made, so every attempt gets further, also where allocations fail
// for the sake of a test; `attempts` begins at 0.
MAY_GC bool stack_make_room(VM *vm, int *attempts);
// The same for a step that the running process did not ask for, and need not be told of: memory's
// limit is kept to.
MAY_GC bool stack_make_room_within_limit(VM *vm, int *attempts);
// Has an allocation failed since the last collection? Tells a context that found no room for its
// frame from one that cannot run.
static inline bool stack_lacked_room(const VM *vm) {
    return (vm->heap.wants & HEAP_ALLOCATION_FAILED) != 0;
}

#endif
