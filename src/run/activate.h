// SPDX-License-Identifier: MIT
// Building frames: the words that activation writes below the arguments. Used by the interpreter
// loop (inlined) and by everything that activates from C.
//
// Blocks activated before are remembered (BlockEntry), keyed by method and start pc. All that can
// differ from one closure to the next is looked at again, in few loads; what was not met before, or
// does not fit, is for closure.c.
#ifndef PARLEY_RUN_ACTIVATE_H
#define PARLEY_RUN_ACTIVATE_H

#include "memory/store.h"
#include "object/layouts.h"
#include "run/frame.h"
#include "run/vm.h"

#define ACTIVATE_INLINE static inline __attribute__((always_inline))

// Pushes the header of a frame whose callee slot and arguments are on the stack; answers its fp.
// Its stack begins at fp + FRAME_RECEIVER; `pc` is a byte offset from the method's oop.
ACTIVATE_INLINE uint64_t *activate_header(uint64_t *sp, uint64_t *caller, Oop method,
                                          uint64_t flags, Oop context, uint64_t pc, Oop receiver) {
    uint64_t *fp = sp - 2;
    fp[FRAME_RETURN_ADDRESS] = 0;
    fp[FRAME_CALLER] = (uint64_t)(uintptr_t)caller;
    fp[FRAME_METHOD] = oop_bits(method);
    fp[FRAME_FLAGS] = flags;
    fp[FRAME_CONTEXT] = oop_bits(context);
    fp[FRAME_PC] = pc;
    fp[FRAME_RECEIVER] = oop_bits(receiver);
    return fp;
}
// Copies the arguments, which lie above the header, to their places below it; answers sp.
ACTIVATE_INLINE uint64_t *activate_arguments(uint64_t *fp, unsigned argument_count) {
    uint64_t *sp = fp + FRAME_RECEIVER, *from = fp + argument_count + 2;
    for (unsigned i = 0; i < argument_count; i++)
        *--sp = *--from;
    return sp;
}
// Pushes `count` nils. Four are written at once, without a question: below the stack there is room.
ACTIVATE_INLINE uint64_t *activate_temps(uint64_t *sp, unsigned count, Oop nil) {
    enum { AT_ONCE = 4 };
    for (int i = 1; i <= AT_ONCE; i++)
        sp[-i] = oop_bits(nil);
    for (unsigned i = AT_ONCE + 1; __builtin_expect(i <= count, 0); i++)
        sp[-(int)i] = oop_bits(nil);
    return sp - count;
}
// Has the receiver fewer variables than the method touches?
ACTIVATE_INLINE bool activate_checks_self(const LookupEntry *entry, uint64_t receiver_header) {
    return __builtin_expect(receiver_header >> HEADER_SLOTS_SHIFT < entry->needed_slots, 0);
}
// Has self, whose header this is, all the variables that the code touches at hand? It is what
// frame_needs_checked_self asks, in few loads. Sends to what a cache knows by its class need not
// ask so much; self of super sends and of blocks may be anything.
static inline bool activate_self_is_plain(const VM *vm, uint64_t header, unsigned needed_slots) {
    return format_is_pointers(header_format(header)) &&
           header >> HEADER_SLOTS_SHIFT >= needed_slots &&
           header_class_index(header) != vm->known.context;
}
// The flags of the frame.
ACTIVATE_INLINE uint64_t activate_flags(const LookupEntry *entry, uint64_t receiver_header) {
    uint64_t checks = activate_checks_self(entry, receiver_header) ? FRAME_FLAG_CHECKED_SELF : 0;
    return entry->frame_flags | checks;
}

// ---- blocks

typedef struct BlockCall {
    const BlockEntry *entry; // NULL: not known, or it does not fit
    Oop receiver;
    unsigned first_copied;
    uint64_t flags;
} BlockCall;

static inline BlockEntry *activate_block_slot(VM *vm, Oop method, Oop start_pc) {
    uint64_t hash = oop_bits(method) >> 4 ^ oop_bits(start_pc) >> 3;
    return &vm->block_cache[hash & (BLOCK_CACHE_SIZE - 1)];
}

// Is it a Context, large enough for its fields?
static inline bool activate_is_context(const VM *vm, Oop oop) {
    if (oop_is_immediate(oop)) return false;
    uint64_t header = raw_load(oop_bits(oop));
    return header_class_index(header) == vm->known.context &&
           header >> HEADER_SLOTS_SHIFT > CONTEXT_FIRST_TEMP;
}

// What is known of the block's activation; `header`: of the closure, which is no immediate.
ACTIVATE_INLINE BlockCall activate_find_block(VM *vm, Oop closure, uint64_t header,
                                              unsigned argument_count) {
    BlockCall unknown = {.entry = NULL}, call;
    uint64_t class_index = header_class_index(header), slots = header >> HEADER_SLOTS_SHIFT;
    Oop method, start_pc = oop_none();
    if (class_index == vm->known.full_block_closure) {
        call.first_copied = FULL_CLOSURE_FIRST_COPIED;
        if (slots < FULL_CLOSURE_FIRST_COPIED || slots == HEADER_SLOTS_OVERFLOW) return unknown;
        method = field_at(closure, FULL_CLOSURE_COMPILED_BLOCK);
        call.receiver = field_at(closure, FULL_CLOSURE_RECEIVER);
    } else {
        call.first_copied = CLOSURE_FIRST_COPIED;
        if (class_index != vm->known.block_closure || slots < CLOSURE_FIRST_COPIED ||
            slots == HEADER_SLOTS_OVERFLOW)
            return unknown;
        Oop outer = field_at(closure, CLOSURE_OUTER_CONTEXT);
        if (!activate_is_context(vm, outer)) return unknown;
        start_pc = field_at(closure, CLOSURE_START_PC);
        method = field_at(outer, CONTEXT_METHOD);
        call.receiver = field_at(outer, CONTEXT_RECEIVER);
    }
    call.entry = activate_block_slot(vm, method, start_pc);
    if (!oop_is(call.entry->method, method) || !oop_is(call.entry->start_pc, start_pc) ||
        call.entry->argument_count != argument_count ||
        call.entry->copied_count != slots - call.first_copied)
        return unknown;
    uint64_t self_header = oop_is_immediate(call.receiver) ? 0 : raw_load(oop_bits(call.receiver));
    if (header_class_index(self_header) == CLASS_INDEX_FORWARDER) return unknown;
    call.flags = call.entry->frame_flags;
    if (call.entry->needed_slots &&
        !activate_self_is_plain(vm, self_header, call.entry->needed_slots))
        call.flags |= FRAME_FLAG_CHECKED_SELF;
    return call;
}
// The code of a block that was found, compiled now if it is hot; 0: it is interpreted. A self that
// must be looked at is for the interpreter. Compiling may forget all code, so the running frame has
// been shown to the VM.
ACTIVATE_INLINE uint64_t activate_block_code(VM *vm, const BlockCall *call) {
    const BlockEntry *entry = call->entry;
    if (entry->uses == BLOCK_IS_INTERPRETED || call->flags & FRAME_FLAG_CHECKED_SELF) return 0;
    if (!entry->code)
        vm->hooks->block_is_hot(vm, activate_block_slot(vm, entry->method, entry->start_pc));
    return entry->code;
}
// Pushes the copied values of a closure.
ACTIVATE_INLINE uint64_t *activate_copied(uint64_t *sp, Oop closure, unsigned first,
                                          unsigned count) {
    for (unsigned i = 0; i < count; i++)
        frame_put_oop(--sp, field_at(closure, (int)(first + i)));
    return sp;
}

#endif
