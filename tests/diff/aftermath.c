// SPDX-License-Identifier: MIT
// See aftermath.h. Objects are compared with their copies in blocks, since most runs change few
// words.
#include "aftermath.h"

#include "../support/jit_fixture.h"

#include <stdlib.h>
#include <string.h>

#include "base/check.h"
#include "memory/heap.h"
#include "memory/spaces.h"
#include "object/header.h"
#include "object/layouts.h"
#include "run/frame.h"

enum { BLOCK = 512, NEW_OBJECTS = 512 };

// ---- the state

static bool add_range(State *state, uint64_t start, uint64_t end) {
    if (start >= end) return true;
    CHECK(state->range_count < STATE_RANGES, "the world lies in few stretches");
    StateRange *range = &state->ranges[state->range_count++];
    uint64_t bytes = end - start, blocks = bytes / BLOCK + 1;
    *range = (StateRange){start, bytes, malloc(bytes), calloc(blocks, sizeof(bool))};
    if (!range->copy || !range->is_changed) return false;
    memcpy(range->copy, (const void *)(uintptr_t)start, range->bytes);
    return true;
}

// The stretch of old objects that is being found.
typedef struct Stretch {
    State *state;
    uint64_t start, end;
    bool has_failed;
} Stretch;

static bool extend_stretch(void *context, uint64_t raw) {
    Stretch *stretch = context;
    State *state = stretch->state;
    if (raw == oop_bits(state->vm->heap.class_table_root)) {
        stretch->has_failed |= !add_range(state, stretch->start, stretch->end);
        stretch->start = raw + 8 + 8 * raw_slot_count(raw);
    }
    if (raw_class_index(raw)) stretch->end = raw + 8 + 8 * raw_slot_count(raw);
    return true;
}

static bool add_old_objects(State *state) {
    Heap *heap = &state->vm->heap;
    uint64_t start = old_space_segment(heap, 0)->start;
    Stretch stretch = {state, start, start, false};
    CHECK(old_space_segment_count(heap) == 1, "the world has one segment");
    spaces_for_each_old(heap, extend_stretch, &stretch);
    return add_range(state, stretch.start, stretch.end) && !stretch.has_failed;
}

bool state_take(State *state, VM *vm) {
    Heap *heap = &vm->heap;
    state_release(state);
    state->vm = vm;
    state->sp = vm->sp;
    state->fp = vm->fp;
    state->stack = vm->stack;
    CHECK(vm->stack.count <= STATE_PAGES, "the world has few stack pages");
    memcpy(state->pages, vm->stack.pages, vm->stack.count * sizeof *state->pages);
    state->eden_free = heap->eden_free;
    state->last_hash = heap->last_hash;
    state->wants = heap->wants;
    state->class_table_cursor = heap->spaces->class_table_cursor;
    state->remembered_count = heap->spaces->remembered.count;
    return add_range(state, heap->spaces->eden_start, heap->eden_free) && add_old_objects(state) &&
           add_range(state, (uint64_t)(uintptr_t)vm->sp,
                     (uint64_t)(uintptr_t)vm->stack.current->top);
}

void state_release(State *state) {
    for (unsigned i = 0; i < state->range_count; i++) {
        free(state->ranges[i].copy);
        free(state->ranges[i].is_changed);
    }
    state->range_count = 0;
}

static uint64_t block_bytes(const StateRange *range, uint64_t block) {
    uint64_t rest = range->bytes - block * BLOCK;
    return rest < BLOCK ? rest : BLOCK;
}

static void restore_objects(StateRange *range) {
    for (uint64_t block = 0; block * BLOCK < range->bytes; block++) {
        uint64_t at = block * BLOCK;
        if (range->is_changed[block])
            memcpy((void *)(uintptr_t)(range->start + at), range->copy + at,
                   block_bytes(range, block));
        range->is_changed[block] = false;
    }
}

void state_restore(State *state) {
    VM *vm = state->vm;
    StateRange *stack = &state->ranges[state->range_count - 1];
    memcpy((void *)(uintptr_t)stack->start, stack->copy, stack->bytes);
    for (unsigned i = 0; i + 1 < state->range_count; i++)
        restore_objects(&state->ranges[i]);
    vm->sp = state->sp;
    vm->fp = state->fp;
    memcpy(vm->stack.pages, state->pages, vm->stack.count * sizeof *state->pages);
    vm->stack = state->stack;
    vm->heap.eden_free = state->eden_free;
    vm->heap.last_hash = state->last_hash;
    vm->heap.wants = state->wants;
    vm->heap.spaces->class_table_cursor = state->class_table_cursor;
    vm->heap.spaces->remembered.count = state->remembered_count;
    vm->stop = STOP_NONE;
    vm->failure = FAILURE_NONE;
    vm->interrupts = 0;
    vm->stack_limit = vm->stack.current->limit;
    vm->frames_changed = false;
    vm->new_method = vm->message_selector = vm->lookup_class = vm->heap.nil;
    vm->machine.error = vm->machine.result = 0;
    vm->uninterruptible_fp = NULL;
    vm->nested_primitives = 0;
    vm->words_below = vm->depth_grace = 0;
}

// ---- the aftermath

typedef struct Recorder {
    Aftermath *aftermath;
    const State *state;
    uint64_t objects[NEW_OBJECTS]; // new ones, as they were met
    unsigned object_count;
} Recorder;

static void put(Recorder *r, const char *what, uint64_t word) {
    CHECK(array_push(r->aftermath, ((AftermathWord){what, word})), "memory for an aftermath");
}

static bool is_new(const Recorder *r, uint64_t word) {
    return !raw_is_immediate(word) && word >= r->state->eden_free &&
           word < r->state->vm->heap.eden_free;
}

// A word that may refer to an object.
static void put_oop(Recorder *r, const char *what, uint64_t word) {
    const uint64_t new_object = 0x0E00000000000000ull;
    if (!is_new(r, word)) return put(r, what, word);
    unsigned i = 0;
    while (i < r->object_count && r->objects[i] != word)
        i++;
    if (i == r->object_count && i < NEW_OBJECTS) r->objects[r->object_count++] = word;
    put(r, what, new_object + i);
}

static void put_frame_word(Recorder *r, const uint64_t *fp, const uint64_t *word) {
    static const char *const names[] = {"caller", "method", "flags", "context", "pc", "receiver"};
    int64_t position = fp ? fp - word : -1;
    const uint64_t may_differ = 255 | FRAME_FLAG_RETURNS_SLOWLY;
    if (position == -FRAME_RETURN_ADDRESS) return;
    if (position == -FRAME_FLAGS)
        put(r, "flags", *word & ~may_differ);
    else if (position >= 0 && position <= -FRAME_RECEIVER)
        put_oop(r, names[position], *word);
    else
        put_oop(r, "stack", *word);
}

// From the stack's top to the page's: each word belongs to the youngest frame that begins at or
// above it, less what the next one has above its fp.
static void put_stack(Recorder *r) {
    const VM *vm = r->state->vm;
    const StackPage *page = vm->stack.current;
    put(r, "page", (uint64_t)(page - vm->stack.pages));
    put_oop(r, "page's sender", oop_bits(page->base_sender));
    const uint64_t *fp = vm->fp;
    for (const uint64_t *word = vm->sp; word < page->top; word++) {
        put_frame_word(r, fp, word);
        if (fp && word == fp + FRAME_RETURN_ADDRESS) fp = frame_caller(fp);
    }
}

static void put_changed_words(Recorder *r, const StateRange *range, uint64_t from, uint64_t to) {
    for (uint64_t at = from; at < to; at += 8) {
        uint64_t before, now = raw_load(range->start + at);
        memcpy(&before, range->copy + at, 8);
        if (before == now) continue;
        put(r, "changed word at", range->start + at);
        put_oop(r, "changed to", now);
    }
}

static void put_changes(Recorder *r, StateRange *range) {
    for (uint64_t block = 0; block * BLOCK < range->bytes; block++) {
        uint64_t at = block * BLOCK, bytes = block_bytes(range, block);
        const void *now = (const void *)(uintptr_t)(range->start + at);
        range->is_changed[block] = memcmp(now, range->copy + at, bytes) != 0;
        if (range->is_changed[block]) put_changed_words(r, range, at, at + bytes);
    }
}

static void put_object(Recorder *r, unsigned index) {
    uint64_t raw = r->objects[index], count = raw_slot_count(raw);
    bool is_float = raw_class_index(raw) == CLASS_INDEX_FLOAT;
    unsigned format = raw_format(raw);
    put(r, "new object", raw_load(raw));
    bool holds_oops = format_is_pointers(format) || format >= FORMAT_COMPILED_METHOD;
    for (uint64_t i = 0; i < count; i++) {
        uint64_t word = raw_slot(raw, i);
        holds_oops ? put_oop(r, "field", word)
                   : put(r, "word", is_float ? jit_float_word(word) : word);
    }
}

void aftermath_add(Aftermath *aftermath, State *state) {
    const VM *vm = state->vm;
    Recorder r = {.aftermath = aftermath, .state = state};
    put(&r, "stop", vm->stop);
    put(&r, "exit code", (uint64_t)vm->exit_code);
    put_stack(&r);
    for (unsigned i = 0; i + 1 < state->range_count; i++)
        put_changes(&r, &state->ranges[i]);
    for (unsigned i = 0; i < r.object_count; i++)
        put_object(&r, i);
}
