// SPDX-License-Identifier: MIT
// Stack pages. See stack.h; what a frame looks like is drawn in frame.h.
//
// Must stay true (stack_check, in debug builds):
//   - the current page is in use and vm->fp, vm->sp lie in it; every other page in use is parked
//   - following callers from a page's head ends, inside the page, at a frame whose caller is 0
//   - a page's base_sender is nil or a Context
#include "run/stack.h"

#include <stdlib.h>
#include <string.h>

#include "base/bits.h"
#include "base/check.h"
#include "run/context.h"
#include "run/interrupts.h"
#include "run/primitive.h"
#include "run/process.h"

MUST_USE Status stack_init(VM *vm, Diagnosis *diagnosis) {
    StackPages *stack = &vm->stack;
    stack->page_words = vm->options.stack_page_words;
    stack->count = (unsigned)vm->options.stack_page_count;
    stack->pages = calloc(stack->count, sizeof *stack->pages);
    uint64_t bytes = stack->page_words * stack->count * 8;
    if (!stack->pages || arena_commit(&vm->arena, vm->arena.stack.start, round_up(bytes, 4096)))
        return diagnose(diagnosis, STATUS_NO_MEMORY, "no memory for %u stack pages", stack->count);
    for (unsigned i = 0; i < stack->count; i++) {
        StackPage *page = &stack->pages[i];
        uint64_t *start = (uint64_t *)(uintptr_t)vm->arena.stack.start + i * stack->page_words;
        page->limit = start + STACK_RESERVE_WORDS;
        page->top = start + stack->page_words;
        page->base_sender = vm->heap.nil;
        page->newer = &stack->pages[(i + stack->count - 1) % stack->count];
        page->older = &stack->pages[(i + 1) % stack->count];
    }
    stack->newest = &stack->pages[0];
    return STATUS_OK;
}

void stack_release(VM *vm) {
    free(vm->stack.pages);
    vm->stack.pages = NULL;
    vm->stack.count = 0;
}

static void visit_word(RootVisitor *visitor, uint64_t *where) {
    Oop oop = frame_oop(where);
    root_visit(visitor, &oop);
    frame_put_oop(where, oop);
}

// The operands from sp up to, not including, `end`.
static void visit_words(RootVisitor *visitor, uint64_t *sp, uint64_t *end) {
    for (; sp < end; sp++)
        visit_word(visitor, sp);
}

static void visit_page(VM *vm, StackPage *page, RootVisitor *visitor) {
    uint64_t *sp = stack_head_sp(vm, page);
    for (uint64_t *fp = stack_head_fp(vm, page); fp; fp = frame_caller(fp)) {
        visit_words(visitor, sp, fp + FRAME_RECEIVER + 1);
        visit_word(visitor, fp + FRAME_CONTEXT);
        visit_word(visitor, fp + FRAME_METHOD);
        sp = fp + FRAME_RETURN_ADDRESS + 1;
    }
    visit_words(visitor, sp, page->top);
    root_visit(visitor, &page->base_sender);
}

void stack_visit_roots(VM *vm, RootVisitor *visitor) {
    for (unsigned i = 0; i < vm->stack.count; i++) {
        StackPage *page = &vm->stack.pages[i];
        if (page->in_use) visit_page(vm, page, visitor);
    }
}

static void make_newest(StackPages *stack, StackPage *page) {
    if (page == stack->newest) return;
    page->newer->older = page->older;
    page->older->newer = page->newer;
    page->older = stack->newest;
    page->newer = stack->newest->newer;
    page->newer->older = page;
    page->older->newer = page;
    stack->newest = page;
}

void stack_set_limit(VM *vm) {
    __atomic_store_n(&vm->stack_limit, vm->stack.current->limit, __ATOMIC_SEQ_CST);
    if (vm->counts_ticks || __atomic_load_n(&vm->interrupts, __ATOMIC_SEQ_CST))
        __atomic_store_n(&vm->stack_limit, (uint64_t *)UINTPTR_MAX, __ATOMIC_SEQ_CST);
}

static void make_current(VM *vm, StackPage *page) {
    vm->stack.current = page;
    make_newest(&vm->stack, page);
    stack_set_limit(vm);
}

StackPage *stack_take_page(VM *vm) {
    StackPages *stack = &vm->stack;
    StackPage *page = stack->newest->newer; // the oldest
    for (unsigned i = 0; i < stack->count && page->in_use; i++)
        page = page->newer;
    if (page->in_use) {
        page = stack->newest->newer;
        while (page == stack->current)
            page = page->newer;
        if (!context_flush_page(vm, page)) return NULL;
    }
    page->in_use = true;
    page->base_sender = vm->heap.nil;
    page->words_below = 0;
    return page;
}

void stack_park(VM *vm) {
    StackPage *page = vm->stack.current;
    if (!page) return;
    page->head_fp = vm->fp;
    page->head_sp = vm->sp;
    vm->stack.current = NULL;
}

void stack_unpark(VM *vm, StackPage *page) {
    ASSERT(page->in_use && page->head_fp);
    vm->fp = page->head_fp;
    vm->sp = page->head_sp;
    make_current(vm, page);
}

void stack_free_page(VM *vm, StackPage *page) {
    page->in_use = false;
    page->head_fp = NULL;
    page->base_sender = vm->heap.nil;
    if (vm->stack.current == page) vm->stack.current = NULL;
}

StackPage *stack_page_of(const VM *vm, const uint64_t *fp) {
    uint64_t offset = (uint64_t)(uintptr_t)fp - vm->arena.stack.start;
    uint64_t index = offset / 8 / vm->stack.page_words;
    return index < vm->stack.count ? &vm->stack.pages[index] : NULL;
}

void frame_return_slowly(VM *vm, uint64_t *fp) {
    fp[FRAME_FLAGS] |= FRAME_FLAG_RETURNS_SLOWLY;
    if (frame_kind(fp) != FRAME_INTERPRETED)
        fp[FRAME_RETURN_ADDRESS] = vm->hooks->return_to_interpreter;
}

// Moves the running frame, operands included, to the top of the fresh page.
static void move_frame(VM *vm, StackPage *from, StackPage *to) {
    uint64_t *fp = vm->fp;
    uint64_t *end = frame_caller(fp) ? frame_callee_slot(fp) + 1 : from->top;
    uint64_t words = (uint64_t)(end - vm->sp);
    uint64_t *new_sp = to->top - words;
    memcpy(new_sp, vm->sp, words * 8);
    uint64_t *new_fp = new_sp + (fp - vm->sp);
    new_fp[FRAME_CALLER] = 0;
    if (frame_kind(new_fp) != FRAME_INTERPRETED) frame_return_slowly(vm, new_fp);
    from->head_fp = frame_caller(fp);
    from->head_sp = end;
    vm->fp = new_fp;
    vm->sp = new_sp;
    make_current(vm, to);
    context_frame_moved(vm, new_fp);
}

// The grace is of one process: another one that recurses gets its own error.
static bool exceeds_depth(VM *vm, uint64_t words) {
    uint64_t limit = vm->options.max_process_words;
    bool graced = oop_is(vm->deep_process, process_active(vm));
    if (graced && words <= limit) {
        vm->depth_grace = 0;
        vm->deep_process = oop_none();
    }
    return limit && words > limit + (graced ? vm->depth_grace : 0);
}

Failure stack_overflow(VM *vm) {
    event_note(&vm->events, EVENT_STACK_OVERFLOW, 0, (uint64_t)(uintptr_t)vm->fp, 0);
    StackPage *from = vm->stack.current;
    uint64_t below = from->words_below + (uint64_t)(from->top - vm->sp);
    bool alone = frame_caller(vm->fp) == NULL;
    CHECK(!alone, "a single frame of %ld words fills a stack page", (long)(from->top - vm->sp));
    if (exceeds_depth(vm, below)) return FAILURE_LIMIT_EXCEEDED;
    Oop caller_context = context_of_frame(vm, frame_caller(vm->fp));
    if (oop_is_none(caller_context)) return FAILURE_NO_MEMORY;
    StackPage *to = stack_take_page(vm);
    if (!to) return FAILURE_NO_MEMORY;
    // Taking the page may have turned frames into contexts, but it never moves objects.
    to->base_sender = caller_context;
    to->words_below = below;
    move_frame(vm, from, to);
    return FAILURE_NONE;
}

// So often, because the stress option lets any allocation fail; and room for all of a page.
static bool may_try(const VM *vm, int *attempts, uint64_t *bytes) {
    enum { ATTEMPT_LIMIT = 4096, BYTES_FOR_A_WORD = 32 };
    *bytes = vm->stack.page_words * BYTES_FOR_A_WORD;
    return ++*attempts <= ATTEMPT_LIMIT;
}

MAY_GC bool stack_make_room(VM *vm, int *attempts) {
    uint64_t bytes;
    return may_try(vm, attempts, &bytes) && vm_make_room(vm, bytes);
}

MAY_GC bool stack_make_room_within_limit(VM *vm, int *attempts) {
    uint64_t bytes;
    return may_try(vm, attempts, &bytes) && heap_make_room(&vm->heap, bytes);
}

// A frame whose caller is compiled no more returns slowly, or as the interpreter does: both find
// it.
void frames_abandon_code(VM *vm) {
    for (unsigned i = 0; i < vm->stack.count; i++) {
        StackPage *page = &vm->stack.pages[i];
        if (!page->in_use) continue;
        for (uint64_t *fp = stack_head_fp(vm, page); fp; fp = frame_caller(fp))
            if (frame_kind(fp) == FRAME_BASELINE) frame_become_interpreted(fp);
    }
}
