// SPDX-License-Identifier: MIT
// Building frames: the words that activation writes below the arguments. Used by the interpreter
// loop (inlined) and by everything that activates from C.
#ifndef PARLEY_RUN_ACTIVATE_H
#define PARLEY_RUN_ACTIVATE_H

#include "object/header.h"
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
// Pushes `count` nils.
ACTIVATE_INLINE uint64_t *activate_temps(uint64_t *sp, unsigned count, Oop nil) {
    while (count-- > 0)
        *--sp = oop_bits(nil);
    return sp;
}
// The flags of the frame: the entry's, and checked self when the receiver has too few variables.
ACTIVATE_INLINE uint64_t activate_flags(const LookupEntry *entry, uint64_t receiver_header) {
    uint64_t flags = entry->frame_flags;
    if (__builtin_expect(receiver_header >> HEADER_SLOTS_SHIFT < entry->needed_slots, 0))
        flags |= FRAME_FLAG_CHECKED_SELF;
    return flags;
}

#endif
