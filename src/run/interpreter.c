// SPDX-License-Identifier: MIT
// The interpreter's loop. Every byte of both bytecode sets has a label, expanded from the rows of
// bytecode/*.tbl (made one row a byte by tools/each_bytecode.awk, so that an operand inside the
// byte is a constant of its handler); a label fetches the operands its row names, runs the body of
// the row's instruction (bodies.h) and does what the body's action says. The registers are a local
// struct whose address never leaves this function but into inlined code, so that the compiler keeps
// its fields in machine registers; whoever is called from here sees them published in the VM.
//
// This file is long where the tables expand and where the send is written out; a send's fast path
// stands here, everything slower in send.c, return.c and context.c.
#ifdef INTERPRETER_TRACES // interpreter_traced.c
#define interpret interpret_traced
#endif
#include "run/interpreter.h"

#include "base/check.h"
#include "run/activate.h"
#include "run/bodies.h"
#include "run/inlined.h"
#include "run/interrupts.h"
#include "run/lookup.h"
#include "run/process.h"
#include "run/return.h"
#include "run/send.h"
#include "run/stack.h"
#include "run/trace.h"

// What the loop's registers should not pay for.
#define RARE __attribute__((noinline, cold))

#ifndef INTERPRETER_TRACES
// ---- safe points

// Counts a tick where somebody asked for it; false: the limit is reached.
static bool count_tick(VM *vm) {
    vm->ticks++;
    if (vm->ticks >= vm->timer_ticks) vm_request_interrupt(vm, INTERRUPT_TICKS);
    if (!vm->options.max_ticks || vm->ticks < vm->options.max_ticks) return true;
    vm->stop = STOP_TICKS;
    return false;
}

// The process that ran out may have left meanwhile; the bit is set again when it goes on.
static bool takes_memory_interrupt(VM *vm) {
    uint32_t bits =
        __atomic_fetch_and(&vm->interrupts, ~(uint32_t)INTERRUPT_MEMORY, __ATOMIC_SEQ_CST);
    if (!(bits & INTERRUPT_MEMORY) || !oop_is(vm->exhausted_process, process_active(vm)))
        return false;
    vm->exhausted_process = oop_none();
    return true;
}

// At a method's entry or a backward jump: interrupts first, then room on the stack page.
MAY_GC RARE Outcome interpreter_safe_point(VM *vm) {
    if (vm->counts_ticks && !count_tick(vm)) return OUTCOME_STOP;
    bool uninterruptible = vm->uninterruptible_fp == vm->fp;
    vm->uninterruptible_fp = NULL;
    bool has_no_memory = !uninterruptible && takes_memory_interrupt(vm);
    if (!uninterruptible && !has_no_memory && __atomic_load_n(&vm->interrupts, __ATOMIC_ACQUIRE)) {
        Outcome outcome = vm_service_interrupts(vm);
        if (outcome == OUTCOME_STOP) return outcome;
    }
    stack_set_limit(vm);
    for (int attempts = 0; vm->sp < vm->stack.current->limit;) {
        Failure failure = stack_overflow(vm);
        if (failure == FAILURE_NONE) break;
        if (failure == FAILURE_LIMIT_EXCEEDED) return send_depth_exceeded(vm);
        if (!stack_make_room(vm, &attempts)) return send_out_of_memory(vm);
    }
    return has_no_memory ? send_memory_exhausted(vm) : OUTCOME_SWITCHED;
}
#endif

// ---- what the loop asks C for

MAY_GC RARE static Outcome checked_push(VM *vm, unsigned index) {
    Oop self = frame_oop(vm->fp + FRAME_RECEIVER);
    if (!oop_is_pointers(self) || !num_lt(num(index), slot_count(self))) return OUTCOME_FAILED;
    Oop value = context_is_context(vm, self) ? context_variable(vm, self, index)
                                             : slot_at(self, num(index));
    if (oop_is_none(value)) {
        if (!vm_make_room(vm, 4096)) return send_out_of_memory(vm);
        return checked_push(vm, index);
    }
    frame_put_oop(--vm->sp, value);
    return OUTCOME_SWITCHED;
}

MAY_GC RARE static Outcome checked_store(VM *vm, unsigned index, bool pops) {
    Oop self = frame_oop(vm->fp + FRAME_RECEIVER), value = frame_oop(vm->sp);
    if (!oop_is_pointers(self) || !num_lt(num(index), slot_count(self))) return OUTCOME_FAILED;
    if (pops) vm->sp++;
    if (object_is_readonly(self)) {
        frame_put_oop(--vm->sp, self);
        frame_put_oop(--vm->sp, value);
        frame_put_oop(--vm->sp, oop_from_num(num((int64_t)index + 1)));
        return send_special(vm, SPECIAL_SELECTOR_ATTEMPT_TO_ASSIGN, 2);
    }
    if (!context_is_context(vm, self)) {
        slot_at_put(&vm->heap, self, num(index), value);
        return OUTCOME_SWITCHED;
    }
    ContextStore stored = context_variable_put(vm, self, index, value);
    if (stored == CONTEXT_STORED) return OUTCOME_SWITCHED;
    if (pops) vm->sp--;
    if (stored == CONTEXT_REFUSED) return OUTCOME_FAILED;
    if (!vm_make_room(vm, vm->stack.page_words * 32)) return send_out_of_memory(vm);
    return checked_store(vm, index, pops);
}

// `above`: words on top of the operands that go once it is sure that there is a class to begin at.
MAY_GC RARE static Outcome super_send(VM *vm, Oop selector, unsigned argument_count,
                                      Oop class_object, unsigned above) {
    class_object = heap_follow(&vm->heap, class_object);
    if (!prim_is_class_object(vm, class_object)) return OUTCOME_FAILED;
    vm->sp += above;
    Oop start = heap_follow(&vm->heap, field_at(class_object, CLASS_SUPERCLASS));
    return send_message(vm, selector, argument_count, start);
}

// Tracing and the stress option that forgets all lookups.
RARE static void watch_send(VM *vm, Oop selector, unsigned argument_count) {
    trace_send(vm, selector, prim_stack_at(vm, argument_count));
    uint64_t every = vm->options.flush_caches_every;
    if (!every || ++vm->watched_sends % every) return;
    lookup_flush_all(vm);
    closure_flush(vm);
}

// ---- sends

// The receiver's header; of an immediate, its tag in the place of the class index.
static inline __attribute__((always_inline)) uint64_t send_header(Oop self) {
    return oop_is_immediate(self) ? oop_bits(self) & TAG_MASK : raw_load(oop_bits(self));
}

// The entry of a super send from a method of the class `value`; NULL: not known, no such class, or
// one that must begin anew at the class above. `above`: words on top of the arguments. Compilers
// send to super what is self; other receivers may be forwarders, or have no variables.
static inline __attribute__((always_inline)) const LookupEntry *super_entry(Registers *r,
                                                                            unsigned above) {
    if (!oop_is_pointers(r->value) || num_is_zero(slot_count(r->value))) return NULL;
    Oop superclass = field_at(r->value, CLASS_SUPERCLASS);
    if (oop_is_immediate(superclass)) return NULL;
    uint64_t class_index = heap_class_index_of_class(&r->vm->heap, superclass);
    if (!class_index) return NULL;
    uint32_t key = LOOKUP_KEY(class_index, r->argument_count);
    const LookupEntry *entry = lookup_cached(r->vm, r->selector, key);
    if (!entry) return NULL;
    r->header = send_header(stack_at(r, r->argument_count + above));
    if (header_class_index(r->header) == CLASS_INDEX_FORWARDER) return NULL;
    if (entry->needed_slots && !activate_self_is_plain(r->vm, r->header, entry->needed_slots))
        return NULL;
    return entry->kind == LOOKUP_SLOWLY || entry->kind == LOOKUP_ANSWERS_VARIABLE ? NULL : entry;
}

// The frame that runs stores its pc when it is left: the new one's needs none.
static inline __attribute__((always_inline)) void leave_frame(Registers *r) {
    r->fp[FRAME_PC] = (uint64_t)(uintptr_t)r->ip - oop_bits(r->method);
}

static inline __attribute__((always_inline)) void enter_method(Registers *r,
                                                               const LookupEntry *entry,
                                                               unsigned argument_count,
                                                               uint64_t flags, Oop self) {
    leave_frame(r);
    r->method = entry->method;
    r->ip = (const uint8_t *)(uintptr_t)(oop_bits(r->method) + entry->first_pc);
    r->fp = activate_header(r->sp, r->fp, r->method, flags, nil(r), entry->first_pc, self);
    r->sp = activate_temps(activate_arguments(r->fp, argument_count),
                           entry->temp_count - argument_count, nil(r));
}

static inline __attribute__((always_inline)) void enter_block(Registers *r, const BlockCall *call,
                                                              Oop closure) {
    const BlockEntry *entry = call->entry;
    leave_frame(r);
    r->method = entry->method;
    r->ip = (const uint8_t *)(uintptr_t)(oop_bits(r->method) + entry->pc);
    r->fp =
        activate_header(r->sp, r->fp, r->method, call->flags, nil(r), entry->pc, call->receiver);
    uint64_t *sp = activate_copied(activate_arguments(r->fp, entry->argument_count), closure,
                                   call->first_copied, entry->copied_count);
    r->sp =
        activate_temps(sp, entry->temp_count - entry->argument_count - entry->copied_count, nil(r));
}

// ---- the loop

#define V3_IS_SHORT_JUMP_IF_FALSE(byte)    ((unsigned)(byte)-152 < 8)
#define V3_IS_LONG_JUMP_IF_FALSE(byte)     ((unsigned)(byte)-172 < 4)
#define SISTA_IS_SHORT_JUMP_IF_FALSE(byte) ((unsigned)(byte)-192 < 8)
#define SISTA_IS_SHORT_JUMP_IF_TRUE(byte)  ((unsigned)(byte)-184 < 8)
#define SISTA_LONG_JUMP                    237
#define SISTA_LONG_JUMP_IF_FALSE           239

#ifdef INTERPRETER_TRACES
#define DISPATCH()                                                                                 \
    {                                                                                              \
        trace_bytecode(vm, r.fp, r.method, r.ip);                                                  \
        goto *dispatch[*r.ip];                                                                     \
    }
// A byte in the place of the next one that nothing is done ahead for, in either set.
#define NEXT_BYTE 0
#else
#define DISPATCH() goto *dispatch[*r.ip]
#define NEXT_BYTE  *r.ip
#endif

// What often follows an instruction is done at once, which saves a dispatch: a test of the next
// byte that is predicted well, in place of a jump that is not.

// A comparison's answer: a conditional jump.
#define ANSWER_BOOLEAN_V3(result)                                                                  \
    {                                                                                              \
        unsigned next = NEXT_BYTE;                                                                 \
        if (V3_IS_SHORT_JUMP_IF_FALSE(next)) {                                                     \
            r.ip += (result) ? 1 : (next & 7) + 2;                                                 \
        } else if (V3_IS_LONG_JUMP_IF_FALSE(next)) {                                               \
            r.ip += (result) ? 2 : (next & 3) * 256 + r.ip[1] + 2;                                 \
        } else {                                                                                   \
            push(&r, boolean(&r, result));                                                         \
        }                                                                                          \
        DISPATCH();                                                                                \
    }
#define ANSWER_BOOLEAN_SISTA(result)                                                               \
    {                                                                                              \
        unsigned next = NEXT_BYTE;                                                                 \
        if (SISTA_IS_SHORT_JUMP_IF_FALSE(next)) {                                                  \
            r.ip += (result) ? 1 : (next & 7) + 2;                                                 \
        } else if (SISTA_IS_SHORT_JUMP_IF_TRUE(next)) {                                            \
            r.ip += (result) ? (next & 7) + 2 : 1;                                                 \
        } else if (next == SISTA_LONG_JUMP_IF_FALSE) {                                             \
            r.ip += (result) ? 2 : r.ip[1] + 2;                                                    \
        } else {                                                                                   \
            push(&r, boolean(&r, result));                                                         \
        }                                                                                          \
        DISPATCH();                                                                                \
    }
// A pushed temporary: another one.
#define AFTER_PUSH_TEMP(first, count)                                                              \
    {                                                                                              \
        unsigned next = NEXT_BYTE - (first);                                                       \
        if (next < (count)) {                                                                      \
            r.ip++;                                                                                \
            push(&r, temp_at(&r, next));                                                           \
        }                                                                                          \
        DISPATCH();                                                                                \
    }
#define AFTER_PUSH_TEMP_V3    AFTER_PUSH_TEMP(16u, 16u)
#define AFTER_PUSH_TEMP_SISTA AFTER_PUSH_TEMP(64u, 12u)
// An answered number: a pop into a temporary.
#define AFTER_NUMBER(first)                                                                        \
    {                                                                                              \
        unsigned next = NEXT_BYTE - (first);                                                       \
        if (next < 8) {                                                                            \
            r.ip++;                                                                                \
            temp_at_put(&r, next, pop(&r));                                                        \
        }                                                                                          \
        DISPATCH();                                                                                \
    }
#define AFTER_NUMBER_V3    AFTER_NUMBER(104u)
#define AFTER_NUMBER_SISTA AFTER_NUMBER(208u)
// A pop into a temporary: the jump back to a loop's condition (SistaV1 has a prefix before it).
#define AFTER_POP_TEMP_V3                                                                          \
    {                                                                                              \
        unsigned next = NEXT_BYTE - 160u;                                                          \
        if (next >= 4) DISPATCH();                                                                 \
        r.ip += (int)(next - 4) * 256 + r.ip[1] + 2;                                               \
        goto backward_jump;                                                                        \
    }
#define AFTER_POP_TEMP_SISTA DISPATCH();
// The prefix of a far jump, as a rule back to a loop's condition.
#define AFTER_EXTENSION_V3 DISPATCH();
#define AFTER_EXTENSION_SISTA                                                                      \
    {                                                                                              \
        if (NEXT_BYTE != SISTA_LONG_JUMP) DISPATCH();                                              \
        const int distance = r.ip[1] + r.ext_b * 256;                                              \
        r.ip += distance + 2;                                                                      \
        r.ext_a = 0, r.ext_b = 0;                                                                  \
        if (distance < 0) goto backward_jump;                                                      \
        DISPATCH();                                                                                \
    }
// An inlined primitive's answer: a pop.
#define V3_POP    135
#define SISTA_POP 216

// Does what the action says. The switch is on a constant on every way out of an inlined body.
#define FINISH(action, length, SET)                                                                \
    switch (action) {                                                                              \
    case ACTION_NEXT:                                                                              \
        DISPATCH();                                                                                \
    case ACTION_TRUE:                                                                              \
        ANSWER_BOOLEAN_##SET(true) case ACTION_FALSE                                               \
            : ANSWER_BOOLEAN_##SET(false) case ACTION_PUSHED_TEMP                                  \
            : AFTER_PUSH_TEMP_##SET case ACTION_ANSWERED_NUMBER                                    \
            : AFTER_NUMBER_##SET case ACTION_EXTENDED_B                                            \
            : AFTER_EXTENSION_##SET case ACTION_POPPED_TEMP                                        \
            : AFTER_POP_TEMP_##SET case ACTION_SEND : switch (r.argument_count) {                  \
        case 0:                                                                                    \
            goto SET##_send_0;                                                                     \
        case 1:                                                                                    \
            goto SET##_send_1;                                                                     \
        case 2:                                                                                    \
            goto SET##_send_2;                                                                     \
        default:                                                                                   \
            goto SET##_send_n;                                                                     \
        }                                                                                          \
    case ACTION_BACKWARD_JUMP:                                                                     \
        goto backward_jump;                                                                        \
    case ACTION_RETURN:                                                                            \
        bytes_back = (length);                                                                     \
        goto SET##_method_return;                                                                  \
    case ACTION_BLOCK_RETURN:                                                                      \
        bytes_back = (length);                                                                     \
        goto SET##_block_return;                                                                   \
    case ACTION_NEED_ROOM:                                                                         \
        bytes_back = (length);                                                                     \
        goto need_room;                                                                            \
    case ACTION_BAD_CODE:                                                                          \
        bytes_back = (length);                                                                     \
        goto bad_code;                                                                             \
    case ACTION_SUPER_SEND:                                                                        \
        goto send_to_super;                                                                        \
    case ACTION_DIRECTED_SUPER_SEND:                                                               \
        goto directed_send_to_super;                                                               \
    case ACTION_MUST_BE_BOOLEAN:                                                                   \
        goto must_be_boolean;                                                                      \
    case ACTION_ASSIGN_READ_ONLY:                                                                  \
        goto assign_read_only;                                                                     \
    case ACTION_CHECKED_PUSH:                                                                      \
        bytes_back = (length);                                                                     \
        goto checked_push;                                                                         \
    case ACTION_CHECKED_STORE:                                                                     \
        bytes_back = (length);                                                                     \
        goto checked_store;                                                                        \
    case ACTION_CHECKED_POP:                                                                       \
        bytes_back = (length);                                                                     \
        goto checked_pop;                                                                          \
    }

// The bytes of the instruction; what a row does not use costs nothing.
#define FETCH(byte, length)                                                                        \
    const int op __attribute__((unused)) = (byte);                                                 \
    const int b1 __attribute__((unused)) = (length) > 1 ? r.ip[1] : 0;                             \
    const int b2 __attribute__((unused)) = (length) > 2 ? r.ip[2] : 0;                             \
    const int b3 __attribute__((unused)) = (length) > 3 ? r.ip[3] : 0;                             \
    r.ip += (length);
#define FETCH_EXTENSIONS()                                                                         \
    const int ext_a __attribute__((unused)) = (int)r.ext_a;                                        \
    const int ext_b __attribute__((unused)) = r.ext_b;
// The extensions are used up, unless the instruction is going to run again.
#define CLEARING_EXTENSIONS(action)                                                                \
    ({                                                                                             \
        const Action answered = (action);                                                          \
        if (answered != ACTION_NEED_ROOM && answered != ACTION_BAD_CODE) r.ext_a = 0, r.ext_b = 0; \
        answered;                                                                                  \
    })

MAY_GC StopReason interpret(VM *vm) {
    static const void *const v3_table[256] = {
#define BYTECODE(first, last, length, INSTRUCTION, a, b, c) [first... last] = &&v3_##first,
#define CASES(first, last, length)                          [first... last] = &&v3_##first,
#define WHEN(condition, INSTRUCTION, a, b, c)
#define END_CASES
#include "bytecode/v3plus_each.tbl"
    };
    static const void *const sista_table[256] = {
#undef BYTECODE
#undef CASES
#define BYTECODE(first, last, length, INSTRUCTION, a, b, c) [first... last] = &&sista_##first,
#define EXTENDED(first, last, length, INSTRUCTION, a, b, c) [first... last] = &&sista_##first,
#define CASES(first, last, length)                          [first... last] = &&sista_##first,
#define EXTENDED_CASES(first, last, length)                 [first... last] = &&sista_##first,
#include "bytecode/sista_each.tbl"
#undef BYTECODE
#undef EXTENDED
#undef CASES
#undef EXTENDED_CASES
#undef WHEN
#undef END_CASES
    };
    const void *const *dispatch;
    Registers r = {.vm = vm};
    Outcome outcome = vm->machine.has_answered ? OUTCOME_ANSWERED : OUTCOME_SWITCHED;
    int bytes_back; // length of the instruction whose action is carried out
    uint64_t code;  // compiled, to be entered

#ifndef INTERPRETER_TRACES
    if (trace_wants(vm, TRACE_BIT_BYTECODES)) return interpret_traced(vm);
#endif
    vm->stop = STOP_NONE;
    vm->machine.has_answered = false;
    if (process_is_idle(vm) && vm_wait_for_process(vm) == OUTCOME_STOP) return vm->stop;
    goto switched;

    // ---- V3PlusClosures
#define BYTECODE(first, last, length, INSTRUCTION, a, b, c)                                        \
    v3_##first : {                                                                                 \
        FETCH(first, length)                                                                       \
        FINISH(body_##INSTRUCTION(&r, a, b, c), length, V3)                                        \
    }
#define CASES(first, last, length)                                                                 \
    v3_##first : {                                                                                 \
        enum { LENGTH = length };                                                                  \
        FETCH(first, LENGTH)
#define WHEN(condition, INSTRUCTION, a, b, c)                                                      \
    if (condition) FINISH(body_##INSTRUCTION(&r, a, b, c), LENGTH, V3)
#define END_CASES                                                                                  \
    __builtin_unreachable();                                                                       \
    }
#include "bytecode/v3plus_each.tbl"
#undef BYTECODE
#undef CASES
#undef WHEN

    // ---- SistaV1
#define BYTECODE(first, last, length, INSTRUCTION, a, b, c)                                        \
    sista_##first : { FETCH(first, length) FINISH(body_##INSTRUCTION(&r, a, b, c), length, SISTA) }
#define EXTENDED(first, last, length, INSTRUCTION, a, b, c)                                        \
    sista_##first : {                                                                              \
        FETCH(first, length)                                                                       \
        FETCH_EXTENSIONS()                                                                         \
        FINISH(CLEARING_EXTENSIONS(body_##INSTRUCTION(&r, a, b, c)), length, SISTA)                \
    }
#define CASES(first, last, length)                                                                 \
    sista_##first : {                                                                              \
        enum { LENGTH = length };                                                                  \
        FETCH(first, LENGTH)
#define EXTENDED_CASES(first, last, length)                                                        \
    sista_##first : {                                                                              \
        enum { LENGTH = length };                                                                  \
        FETCH(first, LENGTH)                                                                       \
        FETCH_EXTENSIONS()
#define WHEN(condition, INSTRUCTION, a, b, c)                                                      \
    if (condition) FINISH(CLEARING_EXTENSIONS(body_##INSTRUCTION(&r, a, b, c)), LENGTH, SISTA)
#include "bytecode/sista_each.tbl"
#undef BYTECODE
#undef EXTENDED
#undef CASES
#undef EXTENDED_CASES
#undef WHEN
#undef END_CASES

    // ---- sends. Each number of arguments has code of its own, in which it is a constant; and each
    // bytecode set, in which methods of the same set are expected. `run_entry` takes any entry.
#define SEND(SET, label, count)                                                                    \
    label : {                                                                                      \
        const unsigned argument_count = (count);                                                   \
        const Oop self = stack_at(&r, argument_count);                                             \
        const uint64_t header = send_header(self);                                                 \
        const uint32_t key = LOOKUP_KEY(header_class_index(header), argument_count);               \
        const LookupEntry *const entry = lookup_slot(vm, r.selector, key);                         \
        r.argument_count = argument_count;                                                         \
        r.header = header;                                                                         \
        if (__builtin_expect(!lookup_hits(entry, r.selector, key), 0)) goto second_place;          \
        r.entry = entry;                                                                           \
        if (entry->kind == LOOKUP_ANSWERS_VARIABLE) {                                              \
            if (!inlined_variable(&r, header, entry->variable)) goto send_slowly;                  \
            DISPATCH();                                                                            \
        }                                                                                          \
        if (entry->kind != LOOKUP_ACTIVATES_##SET || activate_checks_self(entry, header))          \
            goto run_entry;                                                                        \
        enter_method(&r, entry, argument_count, entry->frame_flags, self);                         \
        if (__builtin_expect(r.sp < vm->stack_limit, 0)) goto at_safe_point;                       \
        DISPATCH();                                                                                \
    }
#define SENDS(SET)                                                                                 \
    SEND(SET, SET##_send_0, 0)                                                                     \
    SEND(SET, SET##_send_1, 1)                                                                     \
    SEND(SET, SET##_send_2, 2)                                                                     \
    SEND(SET, SET##_send_n, r.argument_count)
    SENDS(V3)
    SENDS(SISTA)

second_place : {
    const uint32_t key = LOOKUP_KEY(header_class_index(r.header), r.argument_count);
    r.entry = lookup_second_slot(vm, r.selector, key);
    if (!lookup_hits(r.entry, r.selector, key)) goto send_slowly;
}
run_entry:
    switch ((LookupKind)r.entry->kind) {
    case LOOKUP_SLOWLY:
        goto send_slowly;
    case LOOKUP_ENTERS_CODE:
        code = r.entry->code;
        goto enter_code;
    case LOOKUP_CALLS:
        goto call_primitive;
    case LOOKUP_COUNTS:
        registers_publish(&r);
        if (vm->hooks->method_is_hot(vm, (LookupEntry *)r.entry)) goto run_entry;
        __attribute__((fallthrough));
    case LOOKUP_ACTIVATES_V3:
    case LOOKUP_ACTIVATES_SISTA:
        enter_method(&r, r.entry, r.argument_count, activate_flags(r.entry, r.header),
                     stack_at(&r, r.argument_count));
        dispatch = frame_flags(r.fp) & FRAME_FLAG_SISTA ? sista_table : v3_table;
        if (__builtin_expect(r.sp < vm->stack_limit, 0)) goto at_safe_point;
        DISPATCH();
    case LOOKUP_CALLS_BLOCK: {
        const Oop closure = stack_at(&r, r.argument_count);
        const BlockCall call = activate_find_block(vm, closure, r.header, r.argument_count);
        if (!call.entry) goto call_primitive;
        if (call.entry->uses != BLOCK_IS_INTERPRETED) {
            registers_publish(&r); // compiling may forget all code, and with it what frames are
            code = activate_block_code(vm, &call);
            if (code) goto enter_code;
        }
        enter_block(&r, &call, closure);
        dispatch = call.flags & FRAME_FLAG_SISTA ? sista_table : v3_table;
        if (__builtin_expect(r.sp < vm->stack_limit, 0)) goto at_safe_point;
        DISPATCH();
    }
    case LOOKUP_ANSWERS_VARIABLE:
        if (!inlined_variable(&r, r.header, r.entry->variable)) goto send_slowly;
        DISPATCH();
    case LOOKUP_ANSWERS_CONSTANT:
        stack_at_put(&r, 0, r.entry->answer);
        DISPATCH();
    case LOOKUP_ANSWERS_SELF:
        DISPATCH();
#define INLINED(NAME, number, argument_count)                                                      \
    case LOOKUP_INLINES_##NAME:                                                                    \
        if (!inlined_##NAME(&r, stack_at(&r, argument_count), r.header)) goto call_primitive;      \
        break;
#include "run/inlined.tbl"
#undef INLINED
    }
    if (NEXT_BYTE == (dispatch == v3_table ? V3_POP : SISTA_POP)) {
        r.ip++;
        drop(&r, 1);
    }
    DISPATCH();

enter_code:
    registers_publish(&r);
    vm->machine.result = oop_bits(stack_at(&r, r.argument_count));
    *--vm->sp = vm->hooks->return_to_interpreter;
    vm->machine.start = code;
    return vm->stop = STOP_MACHINE;

call_primitive:
    registers_publish(&r);
    vm->argument_count = r.argument_count;
    vm->new_method = r.entry->method;
    vm->failure = FAILURE_NONE;
    outcome = r.entry->primitive(vm);
    if (__builtin_expect(outcome == OUTCOME_ANSWERED && !vm->frames_changed, 1)) {
        r.sp = vm->sp;
        DISPATCH();
    }
    if (outcome == OUTCOME_FAILED) outcome = send_primitive_failed(vm, r.entry, r.argument_count);
    goto finish;

send_slowly:
    registers_publish(&r);
    if (vm->watches_sends) watch_send(vm, r.selector, r.argument_count);
    outcome = send_message(vm, r.selector, r.argument_count, oop_none());
    goto finish;

directed_send_to_super:
    r.entry = super_entry(&r, 1);
    if (r.entry) {
        drop(&r, 1);
        goto run_entry;
    }
    registers_publish(&r);
    outcome = super_send(vm, r.selector, r.argument_count, r.value, 1);
    goto sent_to_super;
send_to_super:
    r.entry = super_entry(&r, 0);
    if (r.entry) goto run_entry;
    registers_publish(&r);
    outcome = super_send(vm, r.selector, r.argument_count, r.value, 0);
sent_to_super:
    if (outcome == OUTCOME_FAILED) goto bad_code_published;
    goto finish;

#define RETURNS(SET, set_bit)                                                                      \
    SET##_method_return : if (__builtin_expect((frame_flags(r.fp) &                                \
                                                (FRAME_FLAG_BLOCK | FRAME_FLAG_LEAVES_TRACES)) ||  \
                                                   !frame_caller(r.fp),                            \
                                               0)) {                                               \
        if (frame_is_block(r.fp)) goto non_local_return;                                           \
        goto SET##_block_return;                                                                   \
    }                                                                                              \
    SET##_return_to_caller : {                                                                     \
        uint64_t *caller = frame_caller(r.fp);                                                     \
        r.sp = frame_callee_slot(r.fp);                                                            \
        stack_at_put(&r, 0, r.value);                                                              \
        r.fp = caller;                                                                             \
        r.method = frame_word(&r, FRAME_METHOD);                                                   \
        r.ip = (const uint8_t *)(uintptr_t)(oop_bits(r.method) + r.fp[FRAME_PC]);                  \
        if (__builtin_expect((frame_flags(r.fp) & FRAME_FLAG_SISTA) != (set_bit), 0))              \
            dispatch = (set_bit) != 0 ? v3_table : sista_table;                                    \
        DISPATCH();                                                                                \
    }                                                                                              \
    SET##_block_return : if (__builtin_expect(!frame_caller(r.fp), 0)) goto return_slowly;         \
    if (frame_flags(r.fp) & FRAME_FLAG_LEAVES_TRACES) {                                            \
        if (frame_flags(r.fp) & (FRAME_FLAG_DROPS_ANSWER | FRAME_FLAG_RETURNS_SLOWLY))             \
            goto return_slowly;                                                                    \
        context_widow(vm, r.fp);                                                                   \
    }                                                                                              \
    goto SET##_return_to_caller;
    RETURNS(V3, 0)
    RETURNS(SISTA, FRAME_FLAG_SISTA)

non_local_return:
    r.ip -= bytes_back;
    registers_publish(&r);
    outcome = return_from_home(vm, r.value);
    goto finish;
return_slowly:
    r.ip -= bytes_back;
    registers_publish(&r);
    outcome = return_to_caller(vm, r.value);
    goto finish;

backward_jump:
    if (__builtin_expect(r.sp < vm->stack_limit, 0)) goto at_safe_point;
    if (__builtin_expect(--vm->machine.loop_budget < 0, 0)) goto hot_loop;
    DISPATCH();

must_be_boolean:
    registers_publish(&r);
    outcome = send_must_be_boolean(vm);
    goto finish;

assign_read_only:
    registers_publish(&r);
    outcome = send_special(vm, SPECIAL_SELECTOR_ATTEMPT_TO_ASSIGN, 2);
    goto finish;

checked_push:
    registers_publish(&r);
    outcome = checked_push(vm, r.argument_count);
    if (outcome == OUTCOME_FAILED) goto bad_code_published;
    goto finish;

checked_store:
    registers_publish(&r);
    outcome = checked_store(vm, r.argument_count, false);
    if (outcome == OUTCOME_FAILED) goto bad_code_published;
    goto finish;

checked_pop:
    registers_publish(&r);
    outcome = checked_store(vm, r.argument_count, true);
    if (outcome == OUTCOME_FAILED) goto bad_code_published;
    goto finish;

need_room:
    if (!vm->heap.failed_bytes) goto bad_code; // no lack of room, but of the class
    r.ip -= bytes_back;
    registers_publish(&r);
    if (!vm_make_room(vm, vm->heap.failed_bytes)) {
        send_out_of_memory(vm);
        return vm->stop;
    }
    vm->heap.failed_bytes = 0;
    goto run_again;

bad_code:
    // A literal or temp vector may only be a forwarder: then the instruction runs again.
    r.ip -= bytes_back;
    registers_publish(&r);
    if (send_unforward_frame(vm)) goto run_again;
    outcome = send_bad_code(vm, r.fp[FRAME_PC]);
    goto finish;
bad_code_published: // the pc stands behind the instruction
    outcome = send_bad_code(vm, vm->fp[FRAME_PC] - 1);
    goto finish;

finish:
    if (__builtin_expect(outcome == OUTCOME_STOP, 0)) return vm->stop;
switched:
    vm->frames_changed = false;
    r.ext_a = 0;
    r.ext_b = 0;
    registers_reload(&r);
    if (__builtin_expect(frame_kind(r.fp) != FRAME_INTERPRETED, 0)) goto compiled_frame;
    dispatch = frame_flags(r.fp) & FRAME_FLAG_SISTA ? sista_table : v3_table;
    if (r.sp < vm->stack_limit && outcome != OUTCOME_ANSWERED) goto at_safe_point;
    DISPATCH();

hot_loop:
    registers_publish(&r);
    if (!vm->hooks || !vm->hooks->loop_is_hot(vm)) DISPATCH();
compiled_frame:
    vm->machine.start = 0;
    return vm->stop = STOP_MACHINE;

at_safe_point:
    registers_publish(&r);
    if (interpreter_safe_point(vm) == OUTCOME_STOP) return vm->stop;
run_again: // with the extensions it had
    registers_reload(&r);
    if (__builtin_expect(frame_kind(r.fp) != FRAME_INTERPRETED, 0)) goto compiled_frame;
    dispatch = frame_flags(r.fp) & FRAME_FLAG_SISTA ? sista_table : v3_table;
    DISPATCH();
}
