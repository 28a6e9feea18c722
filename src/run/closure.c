// SPDX-License-Identifier: MIT
// Closures. The code of an old closure is a range of its home method's bytecodes, so a forged start
// pc must be recognised: only ranges that verification found in the method are activated. Both
// kinds are checked against their summaries at each activation, which costs one probe of the table
// of verified methods.
#include "run/closure.h"

#include <string.h>

#include "memory/allocate.h"
#include "object/header.h"
#include "run/activate.h"
#include "run/context.h"
#include "run/primitive.h"
#include "run/verified.h"

static void store_copied(VM *vm, Oop closure, int first, unsigned count) {
    for (unsigned i = 0; i < count; i++)
        field_at_put(&vm->heap, closure, first + (int)i, prim_stack_at(vm, count - 1 - i));
}

static Oop new_closure(VM *vm, uint64_t class_index, unsigned slot_count) {
    return class_index ? heap_allocate_small(&vm->heap, class_index, FORMAT_MIXED, slot_count)
                       : oop_none();
}

Oop closure_new(VM *vm, unsigned argument_count, unsigned copied_count) {
    Oop outer = context_of_frame(vm, vm->fp);
    if (oop_is_none(outer)) return outer;
    Oop closure = new_closure(vm, vm->known.block_closure, CLOSURE_FIRST_COPIED + copied_count);
    if (oop_is_none(closure)) return closure;
    int64_t start_pc = (int64_t)vm->fp[FRAME_PC] - FRAME_PC_MINUS_CONTEXT_PC;
    field_at_put(&vm->heap, closure, CLOSURE_OUTER_CONTEXT, outer);
    field_at_put(&vm->heap, closure, CLOSURE_START_PC, oop_from_num(num(start_pc)));
    field_at_put(&vm->heap, closure, CLOSURE_ARGUMENT_COUNT, oop_from_num(num(argument_count)));
    store_copied(vm, closure, CLOSURE_FIRST_COPIED, copied_count);
    return closure;
}

Oop closure_new_full(VM *vm, Oop block, unsigned copied_count, bool no_outer_context,
                     Oop block_receiver) {
    Oop outer = no_outer_context ? vm->heap.nil : context_of_frame(vm, vm->fp);
    if (oop_is_none(outer)) return outer;
    Oop closure =
        new_closure(vm, vm->known.full_block_closure, FULL_CLOSURE_FIRST_COPIED + copied_count);
    if (oop_is_none(closure)) return closure;
    Num arguments = oop_is_method(block) ? method_argument_count(block) : num(0);
    field_at_put(&vm->heap, closure, CLOSURE_OUTER_CONTEXT, outer);
    field_at_put(&vm->heap, closure, FULL_CLOSURE_COMPILED_BLOCK, block);
    field_at_put(&vm->heap, closure, CLOSURE_ARGUMENT_COUNT, oop_from_num(arguments));
    field_at_put(&vm->heap, closure, FULL_CLOSURE_RECEIVER, block_receiver);
    store_copied(vm, closure, FULL_CLOSURE_FIRST_COPIED, copied_count);
    return closure;
}

bool closure_is_full(VM *vm, Oop closure) {
    return oop_is_pointers(closure) &&
           num_le(num(FULL_CLOSURE_FIRST_COPIED), slot_count(closure)) &&
           oop_is_method(heap_follow(&vm->heap, field_at(closure, FULL_CLOSURE_COMPILED_BLOCK)));
}

// What an activation needs, found from the closure and its code.
typedef struct Call {
    Oop closure, method, receiver;
    const MethodSummary *summary;
    uint64_t pc;
    unsigned first_copied, copied_count, temp_count;
} Call;

static bool find_full_block(VM *vm, Call *call, unsigned argument_count) {
    Heap *heap = &vm->heap;
    Num slots = slot_count(call->closure);
    call->method = heap_follow(heap, field_at(call->closure, FULL_CLOSURE_COMPILED_BLOCK));
    call->receiver = heap_follow(heap, field_at(call->closure, FULL_CLOSURE_RECEIVER));
    call->summary = verified_summary(vm, call->method);
    if (!call->summary || call->summary->argument_count != argument_count) return false;
    call->first_copied = FULL_CLOSURE_FIRST_COPIED;
    call->copied_count = (unsigned)num_concrete(slots) - FULL_CLOSURE_FIRST_COPIED;
    call->temp_count = call->summary->temp_count;
    call->pc = call->summary->first_pc + PC_OF_BODY;
    return argument_count + call->copied_count <= call->temp_count;
}

static bool find_old_block(VM *vm, Call *call, unsigned argument_count) {
    Heap *heap = &vm->heap;
    Num slots = slot_count(call->closure);
    if (num_lt(slots, num(CLOSURE_FIRST_COPIED))) return false;
    Oop outer = heap_follow(heap, field_at(call->closure, CLOSURE_OUTER_CONTEXT));
    Oop start_pc = field_at(call->closure, CLOSURE_START_PC);
    if (!oop_is_int(start_pc) || !context_is_context(vm, outer)) return false;
    int64_t pc = num_concrete(num_from_oop(start_pc)) - 1;
    call->method = heap_follow(heap, field_at(outer, CONTEXT_METHOD));
    call->receiver = heap_follow(heap, field_at(outer, CONTEXT_RECEIVER));
    if (pc < 0 || pc > UINT32_MAX || !oop_is_method(call->method)) return false;
    call->summary = verified_summary(vm, call->method);
    const BlockRange *block = call->summary ? summary_block_at(call->summary, (uint32_t)pc) : NULL;
    if (!block || block->argument_count != argument_count) return false;
    call->first_copied = CLOSURE_FIRST_COPIED;
    call->copied_count = (unsigned)num_concrete(slots) - CLOSURE_FIRST_COPIED;
    call->temp_count = argument_count + call->copied_count;
    call->pc = (uint64_t)pc + PC_OF_BODY;
    return block->copied_count == call->copied_count;
}

static bool find_call(VM *vm, Call *call, unsigned argument_count) {
    if (closure_is_full(vm, call->closure)) return find_full_block(vm, call, argument_count);
    return oop_is_pointers(call->closure) &&
           oop_has_class_index(call->closure, prim_known(vm, block_closure)) &&
           find_old_block(vm, call, argument_count);
}

// ---- activation

static void remember_block(VM *vm, const Call *call, Oop start_pc, unsigned argument_count) {
    int needed = call->summary->highest_receiver_variable + 1;
    uint64_t flags = FRAME_FLAG_BLOCK | (call->summary->is_sista ? FRAME_FLAG_SISTA : 0);
    if (needed >= 255) return;
    *activate_block_slot(vm, call->method, start_pc) = (BlockEntry){
        .method = call->method,
        .start_pc = start_pc,
        .frame_flags = (uint32_t)frame_flags_make(FRAME_INTERPRETED, argument_count, flags),
        .pc = (uint32_t)call->pc,
        .argument_count = (uint8_t)argument_count,
        .copied_count = (uint8_t)call->copied_count,
        .temp_count = (uint8_t)call->temp_count,
        .needed_slots = (uint8_t)needed,
        .uses = vm->hooks ? 0 : BLOCK_IS_INTERPRETED,
    };
}

static void push_block_frame(VM *vm, const BlockEntry *entry, Oop closure, Oop receiver,
                             uint64_t flags, unsigned first_copied) {
    if (frame_kind(vm->fp) != FRAME_INTERPRETED) flags |= FRAME_FLAG_RETURNS_SLOWLY;
    vm->fp =
        activate_header(vm->sp, vm->fp, entry->method, flags, vm->heap.nil, entry->pc, receiver);
    uint64_t *sp = activate_copied(activate_arguments(vm->fp, entry->argument_count), closure,
                                   first_copied, entry->copied_count);
    vm->sp = activate_temps(sp, entry->temp_count - entry->argument_count - entry->copied_count,
                            vm->heap.nil);
    if (vm->hooks && vm->hooks->frame_is_new) vm->hooks->frame_is_new(vm);
}

static bool activate_known(VM *vm, Oop closure, unsigned argument_count) {
    if (oop_is_immediate(closure)) return false;
    BlockCall call = activate_find_block(vm, closure, raw_load(oop_bits(closure)), argument_count);
    if (!call.entry) return false;
    push_block_frame(vm, call.entry, closure, call.receiver, call.flags, call.first_copied);
    return true;
}

// A closure whose code, or whose number of arguments, does not fit fails as the value primitives of
// other Spur VMs do.
Outcome closure_activate(VM *vm, unsigned argument_count) {
    Call call = {.closure = prim_stack_at(vm, argument_count)};
    if (activate_known(vm, call.closure, argument_count)) return OUTCOME_SWITCHED;
    if (!find_call(vm, &call, argument_count)) return prim_fail(vm, FAILURE_BAD_ARGUMENT_COUNT);
    bool full = call.first_copied == FULL_CLOSURE_FIRST_COPIED;
    remember_block(vm, &call, full ? oop_none() : field_at(call.closure, CLOSURE_START_PC),
                   argument_count);
    uint64_t flags = FRAME_FLAG_BLOCK | (call.summary->is_sista ? FRAME_FLAG_SISTA : 0);
    if (frame_needs_checked_self(vm, call.receiver, call.summary->highest_receiver_variable))
        flags |= FRAME_FLAG_CHECKED_SELF;
    BlockEntry entry = {.method = call.method,
                        .pc = (uint32_t)call.pc,
                        .argument_count = (uint8_t)argument_count,
                        .copied_count = (uint8_t)call.copied_count,
                        .temp_count = (uint8_t)call.temp_count};
    push_block_frame(vm, &entry, call.closure, call.receiver,
                     frame_flags_make(FRAME_INTERPRETED, argument_count, flags), call.first_copied);
    return OUTCOME_SWITCHED;
}

void closure_flush(VM *vm) { memset(vm->block_cache, 0, sizeof vm->block_cache); }
