// SPDX-License-Identifier: MIT
// Frames: the activations of methods and blocks on stack pages. Stacks grow downward. `fp` points
// at the word that holds the caller's fp; every position is given relative to it, in words.
//
//      high  | receiver, or the closure of a block    |  fp[n + 2]     n: argument count
//            | argument 1 ... argument n              |  fp[n + 1] ... fp[2]
//            | return address (machine code), or 0    |  fp[1]
//      fp -> | fp of the caller; 0 in a base frame    |  fp[0]
//            | method (CompiledMethod, CompiledBlock) |  fp[-1]
//            | flags: kind, argument count, ...       |  fp[-2]        raw bits, see below
//            | context, when married; otherwise nil   |  fp[-3]
//            | pc: byte offset from the method's oop  |  fp[-4]        raw bits
//            | receiver (self)                        |  fp[-5]
//            | arguments again, copied values, temps  |  fp[-6] ... fp[-5 - t]   t: all of them
//      low   | operand stack; sp points at its top    |  sp[0]
//
// Everything but fp[1], fp[0], fp[-2] and fp[-4] is an oop and is traced. The pc slot is valid in
// every frame that is not running; the running frame's pc is in the interpreter's hands and is
// stored there before anything that may look. Activation copies the arguments below the header, so
// that all temporaries lie side by side (docs/decisions/0005); what the caller pushed is dead. The
// sender of a base frame is a context in its page.
//
// There are two kinds of frame, and whoever walks frames asks which it is:
//   INTERPRETED  fp[1] is 0
//   BASELINE     compiled code runs it, naive or not, and is called and returned to by fp[1]
#ifndef PARLEY_RUN_FRAME_H
#define PARLEY_RUN_FRAME_H

#include <stdbool.h>
#include <stdint.h>

#include "object/ops.h"

typedef enum FrameKind { FRAME_INTERPRETED, FRAME_BASELINE } FrameKind;

enum {
    FRAME_RETURN_ADDRESS = 1,
    FRAME_CALLER = 0,
    FRAME_METHOD = -1,
    FRAME_FLAGS = -2,
    FRAME_CONTEXT = -3,
    FRAME_PC = -4,
    FRAME_RECEIVER = -5,
    FRAME_FIRST_TEMP = -6,
    FRAME_HEADER_WORDS = 7, // fp[1] down to fp[-5]
};

// A frame's pc counts from the method's oop; the decoder's from the method's body, and a context's
// from 1 there.
enum { PC_OF_BODY = 8, FRAME_PC_MINUS_CONTEXT_PC = PC_OF_BODY - 1 };

// The flags word: bits 0-7 kind, 8-15 argument count, then 16 block, 17 married, 18 Sista
// bytecodes, 19 checked self, 20 its answer is dropped, 21 returns slowly. Checked self: self is a
// Context (whose variables may live in a frame), or has fewer variables than the code expects
// (since a become or a change of class): receiver variables go through bodies that look before they
// touch.
#define FRAME_FLAG_BLOCK        (1ull << 16)
#define FRAME_FLAG_MARRIED      (1ull << 17)
#define FRAME_FLAG_SISTA        (1ull << 18)
#define FRAME_FLAG_CHECKED_SELF (1ull << 19)
#define FRAME_FLAG_DROPS_ANSWER (1ull << 20)
// Only one of caller and callee is compiled, or a compiled frame is the first of its page.
#define FRAME_FLAG_RETURNS_SLOWLY (1ull << 21)
// A return must do more than to go back.
#define FRAME_FLAG_LEAVES_TRACES                                                                   \
    (FRAME_FLAG_MARRIED | FRAME_FLAG_DROPS_ANSWER | FRAME_FLAG_RETURNS_SLOWLY)

// One stack page. Pages are equal in size and lie in the arena's stack zone; the structs that
// describe them lie outside. A page holds frames of one process, or is free.
typedef struct StackPage StackPage;
struct StackPage {
    uint64_t *top, *limit; // words [limit, top) are for frames; below limit lies the reserve
    bool in_use;
    uint64_t *head_fp; // youngest frame and its stack pointer, while the page is parked
    uint64_t *head_sp;
    Oop base_sender;          // the context that the base frame returns to, or nil
    uint64_t words_below;     // of the same process, on other pages or in contexts (an estimate)
    StackPage *newer, *older; // a ring
};

typedef struct StackPages {
    StackPage *pages;
    unsigned count;
    uint64_t page_words; // reserve included
    StackPage *current;  // the running page; NULL between two processes
    StackPage *newest;   // most recently used; newest->newer is the oldest
} StackPages;

// Words of a frame as oops, and back.
static inline Oop frame_oop(const uint64_t *word) {
    Oop oop;
    __builtin_memcpy(&oop, word, sizeof oop);
    return oop;
}
static inline void frame_put_oop(uint64_t *word, Oop oop) {
    __builtin_memcpy(word, &oop, sizeof oop);
}
static inline uint64_t frame_flags(const uint64_t *fp) { return fp[FRAME_FLAGS]; }
static inline FrameKind frame_kind(const uint64_t *fp) {
    return (FrameKind)(fp[FRAME_FLAGS] & 255);
}
static inline unsigned frame_argument_count(const uint64_t *fp) {
    return fp[FRAME_FLAGS] >> 8 & 255;
}
static inline unsigned frame_argument_count_of(uint64_t flags) { return flags >> 8 & 255; }
// The frame is for the interpreter from now on, and whoever it returns to is asked by C or by it.
static inline void frame_become_interpreted(uint64_t *fp) {
    fp[FRAME_FLAGS] = (fp[FRAME_FLAGS] & ~(uint64_t)255) | FRAME_INTERPRETED;
    fp[FRAME_RETURN_ADDRESS] = 0;
}
static inline bool frame_is_block(const uint64_t *fp) {
    return (fp[FRAME_FLAGS] & FRAME_FLAG_BLOCK) != 0;
}
static inline bool frame_is_married(const uint64_t *fp) {
    return (fp[FRAME_FLAGS] & FRAME_FLAG_MARRIED) != 0;
}
static inline uint64_t *frame_caller(const uint64_t *fp) {
    return (uint64_t *)(uintptr_t)fp[FRAME_CALLER];
}
// Where the frame's receiver-or-closure was pushed; the caller's stack ends one word above.
static inline uint64_t *frame_callee_slot(uint64_t *fp) {
    return fp + frame_argument_count(fp) + 2;
}
// The word of temporary `index` (0-based, arguments first).
static inline uint64_t *frame_temp(uint64_t *fp, unsigned index) {
    return fp + FRAME_FIRST_TEMP - (int)index;
}
// `flags`: FRAME_FLAG_... bits.
static inline uint64_t frame_flags_make(FrameKind kind, unsigned argument_count, uint64_t flags) {
    return (uint64_t)kind | (uint64_t)argument_count << 8 | flags;
}

#endif
