// SPDX-License-Identifier: MIT
// The marriage of contexts and frames. A frame marries when its context is asked for; the context's
// sender slot then holds the frame's address, tagged as a SmallInteger. When the frame returns its
// context is widowed at once (sender and pc become nil), so a married context always has a live
// frame. Turning a page into heap state writes every frame into its context and frees the page;
// resuming a single context builds a base frame for it on a page.
//
// Must stay true:
//   - a frame is flagged MARRIED exactly when its context slot holds a Context whose sender slot
//     names the frame
//   - a married context holds no arguments, temporaries or operands: what its frame has let go
//     may be collected. Its stack pointer counts the temporaries at least; they are nil once it is
//     a widow, and images look there before they ask the outer context
//   - a context is resumed only after its method is verified and pc, stack pointer and receiver
//     agree with what verification found
#include "run/context.h"

#include <stdio.h>
#include <string.h>

#include "base/check.h"
#include "memory/allocate.h"
#include "object/header.h"
#include "run/closure.h"
#include "run/primitive.h"
#include "run/process.h"
#include "run/stack.h"
#include "run/verified.h"

bool context_is_context(const VM *vm, Oop oop) {
    return oop_has_class_index(oop, prim_known(vm, context)) && oop_is_pointers(oop) &&
           num_lt(num(CONTEXT_FIRST_TEMP), slot_count(oop));
}

static Oop tagged_frame(const uint64_t *fp) {
    return oop_from_bits((uint64_t)(uintptr_t)fp | TAG_INT);
}

uint64_t *context_frame(const VM *vm, Oop context) {
    (void)vm;
    uint64_t bits = oop_bits(field_at(context, CONTEXT_SENDER));
    return (uint64_t *)(uintptr_t)(bits - TAG_INT);
}

// A sender slot that merely looks like a frame's address (from a damaged image, or copied by a
// program) is found out: the frame it names must be live and must name the context in turn.
bool context_is_married(const VM *vm, Oop context) {
    if (!oop_is_int(field_at(context, CONTEXT_SENDER))) return false;
    uint64_t *fp = context_frame(vm, context);
    if ((uintptr_t)fp & 7) return false;
    StackPage *page = stack_page_of(vm, fp);
    if (!page || !page->in_use || fp < stack_head_fp(vm, page) || fp >= page->top) return false;
    return frame_is_married(fp) && oop_is(frame_oop(fp + FRAME_CONTEXT), context);
}

unsigned context_capacity(Oop context) {
    return (unsigned)num_concrete(slot_count(context)) - CONTEXT_FIRST_TEMP;
}

static bool wants_large_context(const uint64_t *fp) {
    return method_has_large_frame(frame_oop(fp + FRAME_METHOD));
}

// Arguments, copied values and declared temporaries.
static Num temps_of_frame(VM *vm, uint64_t *fp) {
    if (frame_is_block(fp)) {
        Oop closure = frame_oop(frame_callee_slot(fp));
        if (!closure_is_full(vm, closure))
            return num_add(num(frame_argument_count(fp)),
                           num_sub(slot_count(closure), num(CLOSURE_FIRST_COPIED)));
    }
    return method_temp_count(frame_oop(fp + FRAME_METHOD));
}

Oop context_of_frame(VM *vm, uint64_t *fp) {
    if (frame_is_married(fp)) return frame_oop(fp + FRAME_CONTEXT);
    int capacity = wants_large_context(fp) ? CONTEXT_LARGE_FRAME_SLOTS : CONTEXT_SMALL_FRAME_SLOTS;
    if (!vm->known.context) return oop_none();
    Oop context = heap_allocate_small(&vm->heap, vm->known.context, FORMAT_MIXED,
                                      (uint64_t)(CONTEXT_FIRST_TEMP + capacity));
    if (oop_is_none(context)) return context;
    Heap *heap = &vm->heap;
    field_at_put(heap, context, CONTEXT_SENDER, tagged_frame(fp));
    field_at_put(heap, context, CONTEXT_STACK_POINTER, oop_from_num(temps_of_frame(vm, fp)));
    field_at_put(heap, context, CONTEXT_METHOD, frame_oop(fp + FRAME_METHOD));
    field_at_put(heap, context, CONTEXT_RECEIVER, frame_oop(fp + FRAME_RECEIVER));
    if (frame_is_block(fp))
        field_at_put(heap, context, CONTEXT_CLOSURE, frame_oop(frame_callee_slot(fp)));
    frame_put_oop(fp + FRAME_CONTEXT, context);
    fp[FRAME_FLAGS] |= FRAME_FLAG_MARRIED;
    return context;
}

void context_frame_moved(VM *vm, uint64_t *fp) {
    if (frame_is_married(fp))
        field_at_put(&vm->heap, frame_oop(fp + FRAME_CONTEXT), CONTEXT_SENDER, tagged_frame(fp));
}

// ---- checking

// Does the frame's context name the frame, and leave to it alone what that holds? (An image may
// have lost its class of contexts since.)
static bool is_sound_marriage(VM *vm, const uint64_t *fp) {
    Oop context = frame_oop(fp + FRAME_CONTEXT);
    if (!oop_is_pointers(context) || num_le(slot_count(context), num(CONTEXT_FIRST_TEMP)))
        return false;
    if (!context_is_married(vm, context)) return false;
    NUM_LOOP(i, num(CONTEXT_FIRST_TEMP), slot_count(context)) {
        if (!oop_is(slot_at(context, i), vm->heap.nil)) return false;
    }
    return true;
}

uint64_t context_verify(VM *vm, FILE *report, unsigned limit) {
    uint64_t complaints = 0;
    for (unsigned i = 0; i < vm->stack.count; i++) {
        StackPage *page = &vm->stack.pages[i];
        if (!page->in_use) continue;
        for (const uint64_t *fp = stack_head_fp(vm, page); fp; fp = frame_caller(fp)) {
            if (!frame_is_married(fp) || is_sound_marriage(vm, fp)) continue;
            if (complaints++ < limit && report)
                fprintf(report, "the frame at %p and its context do not agree\n", (const void *)fp);
        }
    }
    return complaints;
}

// ---- reading a frame as a context

// The frame that `fp` called, on the same page; NULL when fp is the head.
static uint64_t *callee_of(const VM *vm, const StackPage *page, const uint64_t *fp) {
    uint64_t *callee = NULL;
    for (uint64_t *frame = stack_head_fp(vm, page); frame != fp; frame = frame_caller(frame)) {
        ASSERT(frame);
        callee = frame;
    }
    return callee;
}

static unsigned frame_stack_size(const VM *vm, const StackPage *page, uint64_t *fp) {
    uint64_t *sp = stack_frame_sp(vm, page, callee_of(vm, page, fp));
    return (unsigned)(fp + FRAME_FIRST_TEMP - sp + 1);
}

unsigned context_stack_size(const VM *vm, Oop context) {
    if (context_is_married(vm, context)) {
        uint64_t *fp = context_frame(vm, context);
        return frame_stack_size(vm, stack_page_of(vm, fp), fp);
    }
    Oop stack_pointer = field_at(context, CONTEXT_STACK_POINTER);
    if (!oop_is_int(stack_pointer)) return 0;
    int64_t size = num_concrete(num_from_oop(stack_pointer));
    unsigned capacity = context_capacity(context);
    return size < 0 ? 0 : size > capacity ? capacity : (unsigned)size;
}

static Oop frame_sender(VM *vm, uint64_t *fp) {
    uint64_t *caller = frame_caller(fp);
    return caller ? context_of_frame(vm, caller) : stack_page_of(vm, fp)->base_sender;
}

static Oop frame_context_pc(const uint64_t *fp) {
    return oop_from_num(num((int64_t)fp[FRAME_PC] - FRAME_PC_MINUS_CONTEXT_PC));
}

Oop context_variable(VM *vm, Oop context, unsigned index) {
    if (!context_is_married(vm, context)) return field_at(context, (int)index);
    uint64_t *fp = context_frame(vm, context);
    switch (index) {
    case CONTEXT_SENDER:
        return frame_sender(vm, fp);
    case CONTEXT_PC:
        return frame_context_pc(fp);
    case CONTEXT_STACK_POINTER:
        return oop_from_num(num((int64_t)context_stack_size(vm, context)));
    case CONTEXT_METHOD:
    case CONTEXT_CLOSURE:
    case CONTEXT_RECEIVER:
        return field_at(context, (int)index);
    }
    unsigned temp = index - CONTEXT_FIRST_TEMP;
    if (temp >= context_stack_size(vm, context)) return vm->heap.nil;
    return frame_oop(frame_temp(fp, temp));
}

// ---- frames into heap state

// What the context of `fp` must hold once the frame is gone. The sender has been married already.
static void write_frame(VM *vm, StackPage *page, uint64_t *fp, uint64_t *callee) {
    Heap *heap = &vm->heap;
    Oop context = frame_oop(fp + FRAME_CONTEXT);
    unsigned size = (unsigned)(fp + FRAME_FIRST_TEMP - stack_frame_sp(vm, page, callee) + 1);
    unsigned capacity = context_capacity(context);
    if (size > capacity) size = capacity;
    uint64_t *caller = frame_caller(fp);
    Oop sender = caller ? frame_oop(caller + FRAME_CONTEXT) : page->base_sender;
    field_at_put(heap, context, CONTEXT_SENDER, sender);
    field_at_put(heap, context, CONTEXT_PC, frame_context_pc(fp));
    field_at_put(heap, context, CONTEXT_STACK_POINTER, oop_from_num(num(size)));
    for (unsigned i = 0; i < size; i++)
        field_at_put(heap, context, CONTEXT_FIRST_TEMP + (int)i, frame_oop(frame_temp(fp, i)));
}

bool context_flush_page(VM *vm, StackPage *page) {
    for (uint64_t *fp = stack_head_fp(vm, page); fp; fp = frame_caller(fp))
        if (oop_is_none(context_of_frame(vm, fp))) return false;
    uint64_t *callee = NULL;
    for (uint64_t *fp = stack_head_fp(vm, page); fp; callee = fp, fp = frame_caller(fp))
        write_frame(vm, page, fp, callee);
    stack_free_page(vm, page);
    return true;
}

Oop context_flush_all(VM *vm) {
    Oop active = vm->stack.current ? context_of_frame(vm, vm->fp) : vm->heap.nil;
    if (oop_is_none(active)) return active;
    for (unsigned i = 0; i < vm->stack.count; i++) {
        StackPage *page = &vm->stack.pages[i];
        if (page->in_use && !context_flush_page(vm, page)) return oop_none();
    }
    return active;
}

void context_flush_others(VM *vm) {
    for (unsigned i = 0; i < vm->stack.count; i++) {
        StackPage *page = &vm->stack.pages[i];
        if (page->in_use && page != vm->stack.current && !context_flush_page(vm, page)) return;
    }
}

// ---- heap state into frames

// What a single context needs to be checked against, found from its method and closure.
typedef struct Resumption {
    const MethodSummary *summary;
    const BlockRange *block; // of an old closure
    Oop method, closure, receiver;
    uint32_t pc;                     // from the method's oop
    unsigned size, arguments, temps; // temps: arguments, copied values and temporaries
    unsigned missing;                // operands that the code expects and the context lacks
} Resumption;

static bool resume_old_block(Resumption *to) {
    if (num_le(slot_count(to->closure), num(CLOSURE_ARGUMENT_COUNT))) return false;
    Oop start = field_at(to->closure, CLOSURE_START_PC);
    if (!oop_is_int(start)) return false;
    int64_t start_pc = num_concrete(num_from_oop(start)) - 1;
    if (start_pc < 0 || start_pc > UINT32_MAX) return false;
    to->block = summary_block_at(to->summary, (uint32_t)start_pc);
    if (!to->block) return false;
    to->arguments = to->block->argument_count;
    to->temps = to->arguments + to->block->copied_count;
    return true;
}

// Finds the number of arguments and temporaries; false for a closure that does not fit.
static bool resume_code(VM *vm, Resumption *to) {
    to->arguments = to->summary->argument_count;
    to->temps = to->summary->temp_count;
    if (oop_is(to->closure, vm->heap.nil)) return true;
    if (closure_is_full(vm, to->closure)) return true;
    return oop_is_pointers(to->closure) &&
           oop_has_class_index(to->closure, prim_known(vm, block_closure)) && resume_old_block(to);
}

// Images return into contexts that they have popped a value from which was no operand (jump does);
// the code then finds one operand less than it was compiled for. What is missing is made up, so
// that it never reaches below its own operands. And they return into contexts that have not begun
// (asContext): the answer is one operand more, which nobody uses, and is dropped.
static bool resume_point(Oop context, Resumption *to) {
    Oop pc = field_at(context, CONTEXT_PC), size = field_at(context, CONTEXT_STACK_POINTER);
    if (!oop_is_int(pc) || !oop_is_int(size)) return false;
    int64_t offset = num_concrete(num_from_oop(pc)) - 1;
    int64_t words = num_concrete(num_from_oop(size));
    if (offset < 0 || offset > UINT32_MAX || words < 0 || words > context_capacity(context))
        return false;
    to->size = (unsigned)words;
    to->pc = (uint32_t)offset + PC_OF_BODY;
    uint32_t least, greatest;
    if (to->size < to->temps ||
        !summary_depth_range(to->summary, to->block, (uint32_t)offset, &least, &greatest))
        return false;
    unsigned operands = to->size - to->temps;
    to->missing = operands < least ? least - operands : 0;
    if (operands > greatest) to->size--;
    return operands <= greatest + 1;
}

// In the trap method a context goes on with whatever it had on its stack, as far as a frame may
// have.
static bool resume_in_trap(Oop context, Resumption *to) {
    Oop size = field_at(context, CONTEXT_STACK_POINTER);
    if (!oop_is_int(size)) return false;
    int64_t words = num_concrete(num_from_oop(size));
    if (words < 0 || words > context_capacity(context) || words > CONTEXT_LARGE_FRAME_SLOTS)
        return false;
    to->size = to->temps = (unsigned)words;
    to->pc = to->summary->first_pc + PC_OF_BODY;
    return true;
}

static bool resume_check(VM *vm, Oop context, Resumption *to) {
    *to = (Resumption){.method = field_at(context, CONTEXT_METHOD),
                       .closure = field_at(context, CONTEXT_CLOSURE),
                       .receiver = field_at(context, CONTEXT_RECEIVER)};
    to->method = heap_follow(&vm->heap, to->method);
    to->closure = heap_follow(&vm->heap, to->closure);
    to->receiver = heap_follow(&vm->heap, to->receiver);
    if (!oop_is_method(to->method)) return false;
    to->summary = verified_summary(vm, to->method);
    if (!to->summary) return false;
    if (oop_is(to->method, vm->trap_method)) return resume_in_trap(context, to);
    return resume_code(vm, to) && resume_point(context, to);
}

// Can the frame go on where it stands, with so many more operands than it has now?
static bool frame_is_sound(VM *vm, StackPage *page, uint64_t *fp, int more) {
    const MethodSummary *summary = verified_summary(vm, frame_oop(fp + FRAME_METHOD));
    if (oop_is(frame_oop(fp + FRAME_METHOD), vm->trap_method)) return true;
    if (!summary) return false;
    Resumption to = {.summary = summary, .closure = vm->heap.nil};
    if (frame_is_block(fp)) to.closure = frame_oop(frame_callee_slot(fp));
    int size = (int)frame_stack_size(vm, page, fp) + more;
    bool runs_as_sista = (frame_flags(fp) & FRAME_FLAG_SISTA) != 0;
    return runs_as_sista == summary->is_sista && resume_code(vm, &to) &&
           to.arguments == frame_argument_count(fp) && size >= (int)to.temps &&
           summary_accepts(summary, to.block, (uint32_t)fp[FRAME_PC] - PC_OF_BODY,
                           (uint32_t)size - to.temps);
}

// Is a receiver's variable access to be checked at run time?
bool frame_needs_checked_self(const VM *vm, Oop self, int32_t highest_variable) {
    if (highest_variable < 0) return false;
    if (!oop_is_pointers(self)) return true;
    return oop_has_class_index(self, prim_known(vm, context)) ||
           num_le(slot_count(self), num(highest_variable));
}

// The frame holds the stack now.
static void forget_stack(VM *vm, Oop context) {
    NUM_LOOP(i, num(CONTEXT_FIRST_TEMP), slot_count(context)) {
        slot_at_put(&vm->heap, context, i, vm->heap.nil);
    }
}

static void build_base_frame(VM *vm, StackPage *page, Oop context, const Resumption *to) {
    bool is_block = !oop_is(to->closure, vm->heap.nil);
    uint64_t *sp = page->top;
    frame_put_oop(--sp, is_block ? to->closure : to->receiver);
    for (unsigned i = 0; i < to->arguments; i++)
        frame_put_oop(--sp, field_at(context, CONTEXT_FIRST_TEMP + (int)i));
    *--sp = 0;
    *--sp = 0;
    uint64_t *fp = sp;
    uint64_t flags = FRAME_FLAG_MARRIED | (is_block ? FRAME_FLAG_BLOCK : 0) |
                     (to->summary->is_sista ? FRAME_FLAG_SISTA : 0);
    if (frame_needs_checked_self(vm, to->receiver, to->summary->highest_receiver_variable))
        flags |= FRAME_FLAG_CHECKED_SELF;
    frame_put_oop(fp + FRAME_METHOD, to->method);
    fp[FRAME_FLAGS] = frame_flags_make(FRAME_INTERPRETED, to->arguments, flags);
    frame_put_oop(fp + FRAME_CONTEXT, context);
    fp[FRAME_PC] = to->pc;
    frame_put_oop(fp + FRAME_RECEIVER, to->receiver);
    sp = fp + FRAME_RECEIVER;
    for (unsigned i = 0; i < to->size; i++)
        frame_put_oop(--sp, field_at(context, CONTEXT_FIRST_TEMP + (int)i));
    Oop last = to->size ? field_at(context, CONTEXT_FIRST_TEMP + (int)to->size - 1) : vm->heap.nil;
    for (unsigned i = 0; i < to->missing; i++)
        frame_put_oop(--sp, last);
    forget_stack(vm, context);
    page->base_sender = heap_follow(&vm->heap, field_at(context, CONTEXT_SENDER));
    page->head_fp = fp;
    page->head_sp = sp;
    field_at_put(&vm->heap, context, CONTEXT_SENDER, tagged_frame(fp));
}

// Words that the chain of senders holds, as far as a bounded look tells.
static uint64_t words_below(VM *vm, Oop context) {
    enum { LOOK = 100000 };
    uint64_t words = 0;
    for (int i = 0; i < LOOK && context_is_context(vm, context); i++) {
        if (context_is_married(vm, context))
            return words + stack_page_of(vm, context_frame(vm, context))->words_below;
        words += context_stack_size(vm, context) + FRAME_HEADER_WORDS;
        context = heap_follow(&vm->heap, field_at(context, CONTEXT_SENDER));
    }
    return words;
}

// A return out of a base frame knows how many words lie below it (vm->words_below); else they are
// counted.
static uint64_t take_words_below(VM *vm, Oop context) {
    uint64_t known = vm->words_below;
    vm->words_below = 0;
    if (!known) return words_below(vm, heap_follow(&vm->heap, field_at(context, CONTEXT_SENDER)));
    uint64_t own = context_stack_size(vm, context) + FRAME_HEADER_WORDS;
    return known > own ? known - own : 1;
}

static bool resume_single(VM *vm, Oop context) {
    Resumption to;
    if (!resume_check(vm, context, &to)) return false;
    StackPage *before = vm->stack.current;
    stack_park(vm);
    StackPage *page = stack_take_page(vm);
    if (!page) {
        if (before) stack_unpark(vm, before);
        return false;
    }
    page->words_below = take_words_below(vm, context);
    build_base_frame(vm, page, context, &to);
    stack_unpark(vm, page);
    return true;
}

// A married context whose frame is not the youngest of its page is made single first, so that the
// frames above it stay what they are: contexts. True when it can go on as a frame.
static bool is_head(VM *vm, Oop context, bool *failed) {
    *failed = false;
    if (!context_is_married(vm, context)) return false;
    uint64_t *fp = context_frame(vm, context);
    StackPage *page = stack_page_of(vm, fp);
    if (stack_head_fp(vm, page) == fp) return true;
    *failed = !context_flush_page(vm, page);
    return false;
}

static void switch_to_page_of(VM *vm, Oop context) {
    StackPage *page = stack_page_of(vm, context_frame(vm, context));
    if (page == vm->stack.current) return;
    stack_park(vm);
    stack_unpark(vm, page);
}

// The head of a page may wait for an answer from a frame on another page; without one it cannot go
// on as it is.
bool context_resume(VM *vm, Oop context) {
    bool failed;
    context = heap_follow(&vm->heap, context);
    if (!context_is_context(vm, context)) return false;
    if (is_head(vm, context, &failed)) {
        uint64_t *fp = context_frame(vm, context);
        StackPage *page = stack_page_of(vm, fp);
        if (page == vm->stack.current || frame_is_sound(vm, page, fp, 0)) {
            switch_to_page_of(vm, context);
            return true;
        }
        failed = !context_flush_page(vm, page);
    }
    return !failed && resume_single(vm, context);
}

// A single context gets its answer in the heap and is resumed like any other: what a program has
// popped off it may have been a temporary, whose place the answer then takes.
static bool resume_single_with(VM *vm, Oop context, Oop value) {
    Heap *heap = &vm->heap;
    Oop stack_pointer = field_at(context, CONTEXT_STACK_POINTER);
    if (!oop_is_int(stack_pointer)) return false;
    Num size = num_from_oop(stack_pointer);
    if (num_is_negative(size) || !num_lt(size, num(context_capacity(context)))) return false;
    Num slot = num_add(size, num(CONTEXT_FIRST_TEMP));
    Oop before = slot_at(context, slot);
    slot_at_put(heap, context, slot, value);
    field_at_put(heap, context, CONTEXT_STACK_POINTER, oop_from_num(num_add(size, num(1))));
    if (resume_single(vm, context)) return true;
    slot_at_put(heap, context, slot, before);
    field_at_put(heap, context, CONTEXT_STACK_POINTER, stack_pointer);
    return false;
}

bool context_resume_with(VM *vm, Oop context, Oop value) {
    bool failed;
    context = heap_follow(&vm->heap, context);
    if (!context_is_context(vm, context)) return false;
    if (is_head(vm, context, &failed)) {
        uint64_t *fp = context_frame(vm, context);
        StackPage *page = stack_page_of(vm, fp);
        if (frame_is_sound(vm, page, fp, 1)) {
            switch_to_page_of(vm, context);
            frame_put_oop(--vm->sp, value);
            return true;
        }
        failed = page == vm->stack.current || !context_flush_page(vm, page);
    }
    return !failed && resume_single_with(vm, context, value);
}

Oop context_suspend_active(VM *vm) { return context_of_frame(vm, vm->fp); }

// ---- stores

// Variables that the frame, once it is heap state, no longer holds in its own way.
static ContextStore store_into_married(VM *vm, Oop context, unsigned index, Oop value) {
    uint64_t *fp = context_frame(vm, context);
    StackPage *page = stack_page_of(vm, fp);
    unsigned temp = index - CONTEXT_FIRST_TEMP;
    if (index >= CONTEXT_FIRST_TEMP && temp < frame_stack_size(vm, page, fp)) {
        frame_put_oop(frame_temp(fp, temp), value);
        return CONTEXT_STORED;
    }
    if (index == CONTEXT_SENDER && !frame_caller(fp)) {
        page->base_sender = value;
        return CONTEXT_STORED;
    }
    bool running = page == vm->stack.current;
    Oop active = running ? context_of_frame(vm, vm->fp) : vm->heap.nil;
    if (oop_is_none(active) || !context_flush_page(vm, page)) return CONTEXT_NO_ROOM;
    Oop before = field_at(context, (int)index);
    field_at_put(&vm->heap, context, (int)index, value);
    if (!running || context_resume(vm, active)) return CONTEXT_STORED;
    field_at_put(&vm->heap, context, (int)index, before);
    CHECK(context_resume(vm, active), "%s", "the running context cannot go on as it was");
    return CONTEXT_REFUSED;
}

ContextStore context_variable_put(VM *vm, Oop context, unsigned index, Oop value) {
    if (context_is_married(vm, context)) return store_into_married(vm, context, index, value);
    // An integer there would look like a frame.
    if (index == CONTEXT_SENDER && oop_is_immediate(value)) return CONTEXT_REFUSED;
    field_at_put(&vm->heap, context, (int)index, value);
    return CONTEXT_STORED;
}

Oop context_copy(VM *vm, Oop context) {
    Num count = slot_count(context);
    Oop copy = prim_new_object(vm, object_class_index(context), FORMAT_MIXED, count);
    if (oop_is_none(copy)) return copy;
    NUM_LOOP(i, num(0), count) {
        Oop value = context_variable(vm, context, (unsigned)num_concrete(i));
        if (oop_is_none(value)) return value;
        slot_at_put(&vm->heap, copy, i, value);
    }
    return copy;
}

// ---- walking

Activation activation_of_context(const VM *vm, Oop context) {
    if (!context_is_context(vm, context)) return (Activation){NULL, vm->heap.nil};
    if (context_is_married(vm, context)) return (Activation){context_frame(vm, context), context};
    return (Activation){NULL, context};
}

Activation activation_sender(const VM *vm, Activation of) {
    if (of.fp) {
        uint64_t *caller = frame_caller(of.fp);
        if (caller) return (Activation){caller, frame_oop(caller + FRAME_CONTEXT)};
        return activation_of_context(vm, stack_page_of(vm, of.fp)->base_sender);
    }
    return activation_of_context(vm, heap_follow(&vm->heap, field_at(of.context, CONTEXT_SENDER)));
}

Oop activation_method(const VM *vm, Activation of) {
    if (of.fp) return frame_oop(of.fp + FRAME_METHOD);
    return heap_follow(&vm->heap, field_at(of.context, CONTEXT_METHOD));
}

Oop activation_closure(const VM *vm, Activation of) {
    if (of.fp) return frame_is_block(of.fp) ? frame_oop(frame_callee_slot(of.fp)) : vm->heap.nil;
    return heap_follow(&vm->heap, field_at(of.context, CONTEXT_CLOSURE));
}

bool activation_is_marked(VM *vm, Activation of, unsigned primitive) {
    if (!oop_is(activation_closure(vm, of), vm->heap.nil)) return false;
    Oop method = activation_method(vm, of);
    if (!oop_is_method(method) || !method_has_primitive(method)) return false;
    const MethodSummary *summary = verified_summary(vm, method);
    return summary && summary->primitive == primitive;
}

Oop activation_context(VM *vm, Activation of) {
    return of.fp ? context_of_frame(vm, of.fp) : of.context;
}

// ---- frames whose method is not what it was

// Images need not name the class of methods, but one that runs has a method that it runs.
static uint64_t class_index_of_methods(VM *vm) {
    if (vm->known.compiled_method) return vm->known.compiled_method;
    Oop process = process_active(vm);
    if (!oop_is_pointers(process) || num_le(slot_count(process), num(PROCESS_SUSPENDED_CONTEXT)))
        return CLASS_INDEX_BYTE_ARRAY;
    Oop context = prim_follow(vm, field_at(process, PROCESS_SUSPENDED_CONTEXT));
    if (!context_is_context(vm, context)) return CLASS_INDEX_BYTE_ARRAY;
    Oop method = prim_follow(vm, field_at(context, CONTEXT_METHOD));
    return oop_is_method(method) ? (uint64_t)num_concrete(class_index_of(method))
                                 : (uint64_t)CLASS_INDEX_BYTE_ARRAY;
}

// Two literals (nil), one bytecode that both sets leave unused. It is read-only and stays so: a
// frame that runs it has nowhere else to go.
Status context_make_trap_method(VM *vm) {
    enum { WORDS = 4, LITERALS = 2, UNUSED_BYTECODE = 126, UNUSED_BYTES = 7 };
    Oop method = heap_allocate_old(&vm->heap, class_index_of_methods(vm),
                                   FORMAT_COMPILED_METHOD + UNUSED_BYTES, WORDS);
    if (oop_is_none(method)) return STATUS_NO_MEMORY;
    slot_at_put(&vm->heap, method, num(0), oop_from_num(num(LITERALS)));
    slot_at_put(&vm->heap, method, num(1), vm->heap.nil);
    slot_at_put(&vm->heap, method, num(2), vm->heap.nil);
    byte_at_put(method, num((LITERALS + 1) * 8), num(UNUSED_BYTECODE));
    heap_set_readonly(&vm->heap, method, true);
    vm->trap_method = method;
    return STATUS_OK;
}

static void lead_into_trap(VM *vm, uint64_t *fp) {
    vm->frames_changed = true;
    frame_put_oop(fp + FRAME_METHOD, vm->trap_method);
    fp[FRAME_PC] = (uint64_t)num_concrete(method_first_pc(vm->trap_method)) + PC_OF_BODY;
    fp[FRAME_FLAGS] &= ~FRAME_FLAG_SISTA;
    if (frame_is_married(fp))
        field_at_put(&vm->heap, frame_oop(fp + FRAME_CONTEXT), CONTEXT_METHOD, vm->trap_method);
}

// What will be on the frame's stack, against what is: a frame that has called gets an answer, if it
// is not dropped; the running primitive's operands give place to one.
static int operands_to_come(const VM *vm, const StackPage *page, const uint64_t *fp) {
    if (fp == vm->fp) return -(int)vm->argument_count;
    const uint64_t *callee = callee_of(vm, page, fp);
    return callee && !(frame_flags(callee) & FRAME_FLAG_DROPS_ANSWER) ? 1 : 0;
}

// The head of a page that does not run may wait for an answer from another page or from a context.
// Whoever resumes it asks again whether it is sound.
static bool frame_fits_method(VM *vm, StackPage *page, uint64_t *fp) {
    if (!oop_is_method(frame_oop(fp + FRAME_METHOD))) return false;
    if (frame_is_sound(vm, page, fp, operands_to_come(vm, page, fp))) return true;
    bool may_wait = page != vm->stack.current && fp == stack_head_fp(vm, page);
    return may_wait && frame_is_sound(vm, page, fp, 1);
}

// The frame's receiver may have fewer variables than its code expects by now.
static void look_at_self_again(VM *vm, uint64_t *fp) {
    const MethodSummary *summary = verified_summary(vm, frame_oop(fp + FRAME_METHOD));
    if (!summary || frame_needs_checked_self(vm, frame_oop(fp + FRAME_RECEIVER),
                                             summary->highest_receiver_variable))
        fp[FRAME_FLAGS] |= FRAME_FLAG_CHECKED_SELF;
}

static void fit_to_written_method(VM *vm, StackPage *page, uint64_t *fp) {
    if (!frame_fits_method(vm, page, fp)) lead_into_trap(vm, fp);
    look_at_self_again(vm, fp);
}

void context_method_written(VM *vm, Oop method) {
    frames_abandon_code(vm);
    for (unsigned i = 0; i < vm->stack.count; i++) {
        StackPage *page = &vm->stack.pages[i];
        if (!page->in_use) continue;
        for (uint64_t *fp = stack_head_fp(vm, page); fp; fp = frame_caller(fp))
            if (oop_is(frame_oop(fp + FRAME_METHOD), method)) fit_to_written_method(vm, page, fp);
    }
}

// ---- after a become

static void follow_words(VM *vm, uint64_t *sp, const uint64_t *end) {
    for (; sp < end; sp++)
        frame_put_oop(sp, heap_follow(&vm->heap, frame_oop(sp)));
}

// The method or closure of a frame may be another by now, which the frame does not fit.
static void follow_frame(VM *vm, StackPage *page, uint64_t *fp) {
    bool changed = oop_is_forwarder(frame_oop(fp + FRAME_METHOD));
    follow_words(vm, fp + FRAME_CONTEXT, fp + FRAME_CONTEXT + 1);
    follow_words(vm, fp + FRAME_METHOD, fp + FRAME_METHOD + 1);
    follow_words(vm, frame_callee_slot(fp), frame_callee_slot(fp) + 1);
    context_frame_moved(vm, fp);
    if (changed && !frame_fits_method(vm, page, fp)) lead_into_trap(vm, fp);
    look_at_self_again(vm, fp);
}

void context_after_become(VM *vm) {
    vm->frames_changed = true;
    frames_abandon_code(vm);
    for (unsigned i = 0; i < vm->stack.count; i++) {
        StackPage *page = &vm->stack.pages[i];
        if (!page->in_use) continue;
        uint64_t *sp = stack_head_sp(vm, page);
        for (uint64_t *fp = stack_head_fp(vm, page); fp; fp = frame_caller(fp)) {
            follow_words(vm, sp, fp + FRAME_RECEIVER + 1);
            sp = fp + FRAME_RETURN_ADDRESS + 1;
            follow_frame(vm, page, fp);
        }
        follow_words(vm, sp, page->top);
        page->base_sender = heap_follow(&vm->heap, page->base_sender);
    }
}
