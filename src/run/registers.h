// SPDX-License-Identifier: MIT
// The registers of the interpreter while it runs, and the small interface that bytecode bodies
// (bodies.h) are written against. The loop keeps one Registers as a local variable; every function
// here is inlined, the struct never escapes, and its fields live in machine registers.
//
// Whatever may look at the stack, the frames or the pc is called between registers_publish and
// registers_reload. In the recording build the functions without a body here are recorded.
#ifndef PARLEY_RUN_REGISTERS_H
#define PARLEY_RUN_REGISTERS_H

#include "memory/store.h"
#include "object/layouts.h"
#include "run/closure.h"
#include "run/context.h"
#include "run/primitive.h"
#include "run/process.h"
#include "run/vm.h"

typedef struct Registers {
    VM *vm;
    const uint8_t *ip; // the next bytecode
    uint64_t *sp, *fp;
    Oop method;     // of the running frame
    unsigned ext_a; // pending extensions (SistaV1)
    int ext_b;
    // Operands of the exits below.
    Oop selector, value;
    unsigned argument_count;
    // Of a send that found its method, while it is carried out.
    const LookupEntry *entry;
    uint64_t header; // the receiver's, or the tag of an immediate
} Registers;

// What the loop does after a body. The names say what the body has prepared.
typedef enum Action {
    ACTION_NEXT,
    ACTION_PUSHED_TEMP,     // the same four mean NEXT too, and what often follows: another push,
    ACTION_ANSWERED_NUMBER, // a pop into a temporary,
    ACTION_EXTENDED_B,      // a jump,
    ACTION_POPPED_TEMP,     // a jump back; the loop then saves a dispatch
    ACTION_TRUE,            // push true,
    ACTION_FALSE,           // push false; the loop takes a conditional jump that follows at once
    ACTION_CHECKED_PUSH,    // receiver variable argument_count of a frame with checked self:
    ACTION_CHECKED_STORE,   // push it, store the top into it,
    ACTION_CHECKED_POP,     // pop into it
    ACTION_SEND,            // selector, argument_count; operands on the stack
    ACTION_SUPER_SEND,      // the same, looked up above the class in `value`
    ACTION_DIRECTED_SUPER_SEND, // and that class is still on top of the operands
    ACTION_RETURN,              // return `value` from the method (from a block: non-local)
    ACTION_BLOCK_RETURN,        // return `value` to the frame's caller
    ACTION_BACKWARD_JUMP,       // a safe point
    ACTION_MUST_BE_BOOLEAN,     // a non-boolean (still on the stack) met a conditional jump
    ACTION_ASSIGN_READ_ONLY, // object, value and index are pushed: send attemptToAssign:withIndex:
    ACTION_NEED_ROOM,        // allocation found no room: collect, then run this bytecode again
    ACTION_BAD_CODE,         // unused bytecode, or an operand that only a damaged image has
} Action;
static inline bool action_is_next(Action action) { return action <= ACTION_POPPED_TEMP; }

#ifdef PARLEY_RECORDING
#define REGISTERS_INLINE
#else
#define REGISTERS_INLINE static inline __attribute__((always_inline))
#endif

// ---- the operand stack; position 0 is the top
static inline __attribute__((always_inline)) Oop stack_at(const Registers *r, unsigned position) {
    Oop value;
    __builtin_memcpy(&value, r->sp + position, sizeof value);
    return value;
}
static inline __attribute__((always_inline)) void stack_at_put(Registers *r, unsigned position,
                                                               Oop value) {
    __builtin_memcpy(r->sp + position, &value, sizeof value);
}
static inline __attribute__((always_inline)) void push(Registers *r, Oop value) {
    r->sp--;
    stack_at_put(r, 0, value);
}
static inline __attribute__((always_inline)) Oop pop(Registers *r) {
    Oop value = stack_at(r, 0);
    r->sp++;
    return value;
}
static inline __attribute__((always_inline)) void drop(Registers *r, unsigned count) {
    r->sp += count;
}
// Replaces the `count` topmost values by one.
static inline __attribute__((always_inline)) Action replace(Registers *r, unsigned count,
                                                            Oop value) {
    drop(r, count - 1);
    stack_at_put(r, 0, value);
    return ACTION_NEXT;
}

// ---- the frame
static inline __attribute__((always_inline)) Oop frame_word(const Registers *r, int position) {
    Oop value;
    __builtin_memcpy(&value, r->fp + position, sizeof value);
    return value;
}
static inline __attribute__((always_inline)) Oop receiver(const Registers *r) {
    return frame_word(r, FRAME_RECEIVER);
}
// Are receiver variables to be looked at before they are touched (frame.h)?
static inline __attribute__((always_inline)) bool self_is_checked(const Registers *r) {
    return __builtin_expect((r->fp[FRAME_FLAGS] & FRAME_FLAG_CHECKED_SELF) != 0, 0);
}
static inline __attribute__((always_inline)) Oop temp_at(const Registers *r, unsigned index) {
    Oop value;
    __builtin_memcpy(&value, frame_temp(r->fp, index), sizeof value);
    return value;
}
static inline __attribute__((always_inline)) void temp_at_put(Registers *r, unsigned index,
                                                              Oop value) {
    __builtin_memcpy(frame_temp(r->fp, index), &value, sizeof value);
}
static inline __attribute__((always_inline)) Oop literal_at(const Registers *r, unsigned index) {
    return slot_at(r->method, num((int64_t)index + 1));
}
static inline __attribute__((always_inline)) void jump(Registers *r, int distance) {
    r->ip += distance;
}

// ---- the world
static inline __attribute__((always_inline)) Oop nil(const Registers *r) { return prim_nil(r->vm); }
static inline __attribute__((always_inline)) Oop boolean(const Registers *r, bool value) {
    return prim_bool(r->vm, value);
}
static inline __attribute__((always_inline)) Oop special_object(const Registers *r,
                                                                SpecialObject which) {
    return vm_special(r->vm, which);
}

#ifndef PARLEY_RECORDING
// Makes stack, frame and pc visible to the rest of the VM.
static inline __attribute__((always_inline)) void registers_publish(Registers *r) {
    r->vm->sp = r->sp;
    r->vm->fp = r->fp;
    r->fp[FRAME_PC] = (uint64_t)(uintptr_t)r->ip - r->method.bits;
}
// Takes up whatever frame the VM's registers name.
static inline __attribute__((always_inline)) void registers_reload(Registers *r) {
    r->sp = r->vm->sp;
    r->fp = r->vm->fp;
    r->method = oop_from_bits(r->fp[FRAME_METHOD]);
    r->ip = (const uint8_t *)(uintptr_t)(r->method.bits + r->fp[FRAME_PC]);
}
#endif

// ---- services of the VM that bodies call
#ifdef PARLEY_RECORDING
Oop body_this_context(Registers *r);
Oop body_active_process(Registers *r);
Oop body_new_closure(Registers *r, unsigned argument_count, unsigned copied_count);
Oop body_new_full_closure(Registers *r, Oop block, unsigned copied_count, bool no_outer_context,
                          Oop block_receiver);
#else
#define BODY_SERVICE static inline __attribute__((always_inline))
// The context of the running frame; oop_none(): no room.
BODY_SERVICE Oop body_this_context(Registers *r) {
    registers_publish(r);
    return context_of_frame(r->vm, r->fp);
}
BODY_SERVICE Oop body_active_process(Registers *r) { return process_active(r->vm); }
// An old closure on the bytecodes that follow; the copied values are on top of the stack.
BODY_SERVICE Oop body_new_closure(Registers *r, unsigned argument_count, unsigned copied_count) {
    registers_publish(r);
    return closure_new(r->vm, argument_count, copied_count);
}
// A closure on a CompiledBlock; the copied values are on top of the stack.
BODY_SERVICE Oop body_new_full_closure(Registers *r, Oop block, unsigned copied_count,
                                       bool no_outer_context, Oop block_receiver) {
    registers_publish(r);
    return closure_new_full(r->vm, block, copied_count, no_outer_context, block_receiver);
}
#endif

// ---- exits
static inline __attribute__((always_inline)) Action exit_send(Registers *r, Oop selector,
                                                              unsigned argument_count) {
    r->selector = selector;
    r->argument_count = argument_count;
    return ACTION_SEND;
}
static inline __attribute__((always_inline)) Action exit_special_send(Registers *r, unsigned index,
                                                                      unsigned argument_count) {
    return exit_send(r, special_selector(r->vm, index), argument_count);
}
static inline __attribute__((always_inline)) Action exit_checked(Registers *r, Action how,
                                                                 int variable) {
    r->argument_count = (unsigned)variable;
    return how;
}
static inline __attribute__((always_inline)) Action exit_return(Registers *r, Oop value) {
    r->value = value;
    return ACTION_RETURN;
}
static inline __attribute__((always_inline)) Action exit_block_return(Registers *r, Oop value) {
    r->value = value;
    return ACTION_BLOCK_RETURN;
}

#endif
