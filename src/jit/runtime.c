// SPDX-License-Identifier: MIT
// What compiled code calls. See runtime.h.
//
// Must stay true: a function answers MACHINE_RESUME only if the frame that called it still runs and
// is still compiled (`finish`), or for code that it has itself prepared to be entered.
#include "jit/runtime.h"

#include "bytecode/instruction.h"
#include "jit/inline_cache.h"
#include "jit/perform.h"
#include "run/activate.h"
#include "run/bodies.h"
#include "run/interpreter.h"
#include "run/interrupts.h"
#include "run/lookup.h"
#include "run/return.h"
#include "run/send.h"

// What must not have changed for code to be gone back to.
typedef struct Caller {
    uint64_t *fp;
    uint64_t resets, link;
} Caller;

static Caller caller_of(const VM *vm) {
    return (Caller){vm->fp, vm->jit->resets, vm->machine.link};
}

static bool may_go_back(const VM *vm, const Caller *caller) {
    return vm->fp == caller->fp && frame_kind(vm->fp) == FRAME_BASELINE &&
           jit_is_unchanged(vm->jit, caller->resets);
}

static uint64_t leave(VM *vm, Outcome outcome) {
    vm->jit->statistics.left++;
    return outcome == OUTCOME_STOP ? MACHINE_STOP : MACHINE_LEAVE;
}

// After something that answers: the answer is on the stack.
static uint64_t finish_answer(VM *vm, const Caller *caller, Outcome outcome) {
    if (outcome != OUTCOME_ANSWERED || !may_go_back(vm, caller)) return leave(vm, outcome);
    vm->machine.result = *vm->sp++;
    vm->machine.link = caller->link;
    return MACHINE_RESUME;
}

// Lets the callee's code run; its operands are on the stack.
static uint64_t enter_code(VM *vm, uint64_t linked_entry, unsigned argument_count,
                           uint64_t return_address) {
    vm->machine.result = oop_bits(prim_stack_at(vm, argument_count));
    *--vm->sp = return_address;
    vm->machine.link = linked_entry;
    return MACHINE_RESUME;
}

static uint64_t interpret_from(VM *vm, uint64_t pc) {
    vm->fp[FRAME_PC] = pc;
    jit_interpret_frame(vm, vm->fp);
    return leave(vm, OUTCOME_SWITCHED);
}

// The registers of the interpreter, for a body that compiled code lets C carry out. The pc stands
// behind the instruction.
static Registers registers_of(VM *vm) {
    Registers r = {.vm = vm};
    registers_reload(&r);
    return r;
}

// ---- sends

// The class at which the lookup begins; none: the site's class object is none.
static Oop super_start(VM *vm, Oop class_object) {
    class_object = heap_follow(&vm->heap, class_object);
    if (!prim_is_class_object(vm, class_object)) return oop_none();
    return heap_follow(&vm->heap, field_at(class_object, CLASS_SUPERCLASS));
}

MAY_GC static uint64_t send_found(VM *vm, Code *code, SendSite *site, LookupEntry *entry,
                                  uint32_t tag) {
    Caller caller = caller_of(vm);
    unsigned argument_count = site->argument_count;
    Code *callee = jit_send_code(vm, entry);
    // Compiling may have cleared the zone, and the caller's code with it.
    if (!callee || !may_go_back(vm, &caller))
        return finish_answer(vm, &caller, send_run_entry(vm, entry, argument_count));
    cache_link(vm, code, site, entry, callee, tag);
    return enter_code(vm, callee->linked_entry, argument_count, caller.link);
}

// What the class of a directed super send is known by; 0: it has no index.
static uint32_t directed_tag(VM *vm, Oop class_object) {
    return oop_is_forwarder(class_object) ? 0 : (uint32_t)heap_enter_class(&vm->heap, class_object);
}

// doesNotUnderstand: is entered as if it had been sent; where that has no code yet, or cannot be, C
// goes on. `start` as below.
MAY_GC static uint64_t not_understood(VM *vm, const SendSite *site, Oop selector, Oop class_object,
                                      Oop start) {
    Caller caller = caller_of(vm);
    unsigned argument_count = site->argument_count;
    LookupEntry *entry =
        vm->watches_sends
            ? NULL
            : (LookupEntry *)send_not_understood(vm, selector, argument_count, class_object);
    if (!entry)
        return finish_answer(vm, &caller, send_message(vm, selector, argument_count, start));
    vm->jit->statistics.not_understood++;
    const Code *code = jit_send_code(vm, entry);
    if (!code || !may_go_back(vm, &caller))
        return finish_answer(vm, &caller, send_run_entry(vm, entry, 1));
    return enter_code(vm, code->linked_entry, 1, caller.link);
}

// `class_bits`: of a directed super send, the class that was on top of its operands.
MAY_GC uint64_t runtime_send(VM *vm, uint64_t unused, uint64_t class_bits) {
    (void)unused;
    Caller caller = caller_of(vm);
    Code *code = zone_code_at(&vm->jit->zone, caller.link);
    SendSite *site = code_send_at(code, caller.link);
    unsigned argument_count = site->argument_count;
    Registers r = registers_of(vm);
    Oop selector = site->kind == SEND_SPECIAL ? special_selector(vm, site->selector)
                                              : literal_at(&r, site->selector);
    Oop start = oop_none();
    uint32_t tag = 0;
    if (site->kind == SEND_DIRECTED) {
        start = super_start(vm, oop_from_bits(class_bits));
        if (oop_is_none(start)) {
            *--vm->sp = class_bits;
            return interpret_from(vm, site->pc);
        }
        tag = directed_tag(vm, oop_from_bits(class_bits));
    } else if (site->kind == SEND_TO_SUPER) {
        Action action = body_SUPER_SEND(&r, (int)site->selector, 0, 0);
        if (action != ACTION_BAD_CODE) start = super_start(vm, r.value);
        if (oop_is_none(start)) return interpret_from(vm, site->pc);
    }
    Oop receiver = heap_follow(&vm->heap, prim_stack_at(vm, argument_count));
    prim_stack_at_put(vm, argument_count, receiver);
    if (site->kind != SEND_DIRECTED) tag = cache_tag(receiver);
    selector = heap_follow(&vm->heap, selector);
    Oop class_object = oop_is_none(start) ? prim_class_of(vm, receiver) : start;
    const LookupEntry *found;
    LookupResult result = send_find(vm, selector, argument_count, class_object, &found);
    LookupEntry *entry = (LookupEntry *)found;
    vm->jit->statistics.missed++;
    if (result == LOOKUP_NOT_UNDERSTOOD)
        return not_understood(vm, site, selector, class_object, start);
    if (!entry || vm->watches_sends)
        return finish_answer(vm, &caller, send_message(vm, selector, argument_count, start));
    return send_found(vm, code, site, entry, tag);
}

// The frame of the method is not built yet: the return address lies on top of the operands, and
// does so again afterwards. Answers what is to be returned, or 0 for a failure.
MAY_GC uint64_t runtime_primitive(VM *vm, uint64_t code_address, uint64_t unused) {
    (void)unused;
    Caller caller = caller_of(vm);
    const Code *code = (const Code *)(uintptr_t)code_address;
    uint64_t return_address = *vm->sp++;
    unsigned argument_count = frame_argument_count_of(code->method.frame_flags);
    LookupEntry entry = code->method;
    if (entry.kind == LOOKUP_CALLS_BLOCK) {
        Oop closure = prim_stack_at(vm, argument_count);
        uint64_t header = oop_is_immediate(closure) ? 0 : raw_load(oop_bits(closure));
        BlockCall call = activate_find_block(vm, closure, header, argument_count);
        uint64_t block_code = call.entry ? activate_block_code(vm, &call) : 0;
        if (block_code && jit_is_unchanged(vm->jit, caller.resets))
            return enter_code(vm, block_code, argument_count, return_address);
    }
    uint64_t performed = perform_code(vm, &entry, &argument_count);
    if (performed) return enter_code(vm, performed, argument_count, return_address);
    uint64_t *sp = vm->sp;
    vm->argument_count = argument_count;
    vm->new_method = entry.method;
    vm->failure = FAILURE_NONE;
    Outcome outcome = entry.primitive(vm);
    if (outcome == OUTCOME_FAILED) outcome = send_retry_primitive(vm, &entry, argument_count);
    bool unchanged = vm->fp == caller.fp && jit_is_unchanged(vm->jit, caller.resets);
    bool goes_on = unchanged && (frame_kind(vm->fp) == FRAME_BASELINE ||
                                 return_address == vm->hooks->return_to_interpreter);
    if (outcome == OUTCOME_FAILED && !goes_on)
        return leave(vm, send_activate(vm, &entry, argument_count));
    if ((outcome != OUTCOME_FAILED && outcome != OUTCOME_ANSWERED) || !goes_on)
        return leave(vm, outcome);
    vm->machine.result = outcome == OUTCOME_ANSWERED ? *vm->sp : 0;
    if (outcome == OUTCOME_FAILED && entry.flags & LOOKUP_STORES_ERROR)
        vm->machine.error = oop_bits(send_failure_object(vm));
    vm->machine.link = caller.link;
    vm->sp = sp - 1;
    *vm->sp = return_address;
    return MACHINE_RESUME;
}

uint64_t runtime_activate(VM *vm, uint64_t code_address, uint64_t unused) {
    (void)unused;
    const Code *code = (const Code *)(uintptr_t)code_address;
    vm->sp++; // the return address
    if (!code->method.primitive) vm->failure = send_failure_of_missing(&code->method);
    return leave(
        vm, send_activate(vm, &code->method, frame_argument_count_of(code->method.frame_flags)));
}

// ---- the rest

MAY_GC uint64_t runtime_safe_point(VM *vm, uint64_t unused, uint64_t unused_too) {
    (void)unused, (void)unused_too;
    Caller caller = caller_of(vm);
    uint64_t pc = vm->fp[FRAME_PC];
    Outcome outcome = interpreter_safe_point(vm);
    if (outcome == OUTCOME_STOP || !may_go_back(vm, &caller) || vm->fp[FRAME_PC] != pc)
        return leave(vm, outcome);
    vm->machine.link = caller.link;
    return MACHINE_RESUME;
}

// first: the instruction in bits 0 to 7, its length in 8 to 15, a above; second: b, and c in the
// high half.
MAY_GC uint64_t runtime_body(VM *vm, uint64_t first, uint64_t second) {
    Caller caller = caller_of(vm);
    Registers r = registers_of(vm);
    int a = (int)((int64_t)first >> 16), b = (int)second, c = (int)(second >> 32);
    unsigned length = first >> 8 & 255;
    Action action = ACTION_BAD_CODE;
    switch ((BytecodeOp)(first & 255)) {
#define INSTRUCTION(NAME, pops, pushes, flow, text)                                                \
    case BC_##NAME:                                                                                \
        action = body_##NAME(&r, a, b, c);                                                         \
        break;
#include "bytecode/instructions.tbl"
#undef INSTRUCTION
    case BYTECODE_OP_COUNT:
        break;
    }
    uint64_t pc = vm->fp[FRAME_PC] - length;
    if (action == ACTION_SEND)
        return finish_answer(vm, &caller,
                             send_message(vm, r.selector, r.argument_count, oop_none()));
    if (action == ACTION_TRUE || action == ACTION_FALSE)
        push(&r, boolean(&r, action == ACTION_TRUE));
    else if (!action_is_next(action))
        return interpret_from(vm, pc);
    vm->sp = r.sp;
    vm->machine.link = caller.link;
    vm->machine.result = *vm->sp++;
    return MACHINE_RESUME;
}

// A frame that only has a context returns by itself, once that is widowed.
MAY_GC uint64_t runtime_return(VM *vm, uint64_t value, uint64_t unused) {
    (void)unused;
    const uint64_t slow = FRAME_FLAG_DROPS_ANSWER | FRAME_FLAG_RETURNS_SLOWLY;
    uint64_t *fp = vm->fp;
    if (frame_flags(fp) & slow) return leave(vm, return_to_caller(vm, oop_from_bits(value)));
    context_widow(vm, fp);
    vm->machine.result = value;
    return MACHINE_RESUME;
}

MAY_GC uint64_t runtime_non_local_return(VM *vm, uint64_t value, uint64_t unused) {
    (void)unused;
    return leave(vm, return_from_home(vm, oop_from_bits(value)));
}

uint64_t runtime_barrier(VM *vm, uint64_t object, uint64_t value) {
    heap_barrier_slow(&vm->heap, object, value);
    return MACHINE_RESUME;
}

uint64_t runtime_interpret(VM *vm, uint64_t pc, uint64_t unused) {
    (void)unused;
    return interpret_from(vm, pc);
}
