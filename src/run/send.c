// SPDX-License-Identifier: MIT
// Sends from C. A send is a loop: find the method; when there is none, turn the operands into the
// message that says so (doesNotUnderstand:, cannotInterpret:, run:with:in:) and look that up
// instead. Every step that needs memory and finds none collects once and begins again, with
// selector and lookup class held in the VM's roots.
#include "run/send.h"

#include <stdio.h>
#include <string.h>

#include "base/event_ring.h"
#include "memory/roots.h"
#include "object/header.h"
#include "run/activate.h"
#include "run/context.h"
#include "run/interrupts.h"
#include "run/lookup.h"
#include "run/primitive.h"
#include "run/process.h"
#include "run/report.h"
#include "run/stack.h"
#include "run/trace.h"
#include "run/verified.h"

// The entry for nothing. It is for send.c whoever finds it: no other code looks at it.
static LookupEntry describe_nothing(VM *vm, Oop selector, uint32_t key) {
    return (LookupEntry){.selector = selector,
                         .key = key,
                         .kind = LOOKUP_SLOWLY,
                         .method = vm->heap.nil,
                         .flags = LOOKUP_NOTHING};
}

// 0: no class, as above the root, or a class that the class table has no room for. What it has is
// a class.
static uint64_t index_of_class(VM *vm, Oop class_object) {
    if (oop_is_immediate(class_object)) return 0;
    uint64_t index = heap_class_index_of_class(&vm->heap, class_object);
    if (index || !prim_is_class_object(vm, class_object)) return index;
    return heap_enter_class(&vm->heap, class_object);
}

// Looks into the cache, or searches and caches what it finds: a method, or that there is none.
// Without a class index the cache keeps nothing (key 0): each such send searches.
// *entry: NULL unless LOOKUP_FOUND; valid until the next search.
static LookupResult find_entry(VM *vm, Oop selector, unsigned argument_count, Oop class_object,
                               const LookupEntry **entry, Oop *where) {
    *entry = NULL;
    uint64_t index = index_of_class(vm, class_object);
    if (!index && !prim_is_class_object(vm, class_object)) return LOOKUP_NOT_UNDERSTOOD;
    uint32_t key = LOOKUP_KEY(index, argument_count);
    const LookupEntry *cached = index ? lookup_cached(vm, selector, key) : NULL;
    if (cached && lookup_is_nothing(cached)) return LOOKUP_NOT_UNDERSTOOD;
    *entry = cached;
    if (cached) return LOOKUP_FOUND;
    LookupEntry found;
    LookupResult result = lookup_search(vm, selector, class_object, argument_count, &found, where);
    if (result == LOOKUP_NOT_UNDERSTOOD) found = describe_nothing(vm, selector, key);
    if (result != LOOKUP_FOUND && result != LOOKUP_NOT_UNDERSTOOD) return result;
    event_note(&vm->events, EVENT_SEND, 0, oop_bits(selector), index);
    LookupEntry *slot = lookup_place(vm, selector, key);
    *slot = found;
    if (!index) slot->key = 0;
    if (vm->watches_sends) slot->kind = LOOKUP_SLOWLY;
    if (result == LOOKUP_FOUND) *entry = slot;
    return result;
}

LookupResult send_find(VM *vm, Oop selector, unsigned argument_count, Oop class_object,
                       const LookupEntry **entry) {
    Oop where;
    return find_entry(vm, selector, argument_count, class_object, entry, &where);
}

const LookupEntry *send_entry(VM *vm, Oop selector, unsigned argument_count, Oop class_object) {
    const LookupEntry *entry;
    send_find(vm, selector, argument_count, class_object, &entry);
    return entry;
}

// ---- operands

static Oop operand(VM *vm, unsigned position) { return prim_stack_at(vm, position); }

// The receiver, no longer a forwarder.
static Oop followed_receiver(VM *vm, unsigned argument_count) {
    Oop receiver = heap_follow(&vm->heap, operand(vm, argument_count));
    prim_stack_at_put(vm, argument_count, receiver);
    return receiver;
}

Outcome send_out_of_memory(VM *vm) {
    fprintf(stderr, "parley: out of memory: no room to go on with the running process\n");
    vm->stop = STOP_ERROR;
    vm->exit_code = 1;
    return OUTCOME_STOP;
}

MAY_GC static bool make_room(VM *vm) { return vm_make_room(vm, VM_ROOM_FOR_ERRORS); }

// ---- messages that say why a message could not be sent

// Replaces the arguments by one Message object; false: no room, nothing changed.
static bool push_message(VM *vm, Oop selector, unsigned argument_count, Oop lookup_class) {
    Heap *heap = &vm->heap;
    Num fixed, format;
    Oop message_class = vm_special(vm, SPECIAL_CLASS_MESSAGE);
    if (!prim_class_format(vm, message_class, &fixed, &format)) return false;
    if (num_lt(fixed, num(MESSAGE_ARGUMENTS + 1))) return false;
    Oop arguments = prim_new_array(vm, num((int64_t)argument_count));
    Oop message = prim_new_object(vm, num((int64_t)heap_enter_class(heap, message_class)),
                                  FORMAT_FIXED, fixed);
    if (oop_is_none(arguments) || oop_is_none(message)) return false;
    for (unsigned i = 0; i < argument_count; i++)
        field_at_put(heap, arguments, (int)i, operand(vm, argument_count - 1 - i));
    field_at_put(heap, message, MESSAGE_SELECTOR, selector);
    field_at_put(heap, message, MESSAGE_ARGUMENTS, arguments);
    if (num_lt(num(MESSAGE_LOOKUP_CLASS), fixed))
        field_at_put(heap, message, MESSAGE_LOOKUP_CLASS, lookup_class);
    vm->sp += argument_count;
    frame_put_oop(--vm->sp, message);
    return true;
}

// A send in progress: what it looks for now.
typedef struct Sending {
    Oop selector, lookup_class;
    unsigned argument_count;
    int refused;  // messages about failed messages, so far
    bool from_vm; // a message of the VM itself: no primitive runs, the method is activated
} Sending;

static bool become_message(VM *vm, Sending *send, SpecialObject selector, Oop lookup_class) {
    if (!push_message(vm, send->selector, send->argument_count, send->lookup_class)) return false;
    send->selector = vm_special(vm, selector);
    send->lookup_class = lookup_class;
    send->argument_count = 1;
    send->refused++;
    return true;
}

// The dictionary holds an object that is no method: it gets run: selector with: arguments in:
// receiver.
static bool become_run_with_in(VM *vm, Sending *send, Oop callable) {
    Heap *heap = &vm->heap;
    Oop arguments = prim_new_array(vm, num((int64_t)send->argument_count));
    if (oop_is_none(arguments)) return false;
    for (unsigned i = 0; i < send->argument_count; i++)
        field_at_put(heap, arguments, (int)i, operand(vm, send->argument_count - 1 - i));
    Oop receiver = operand(vm, send->argument_count);
    vm->sp += send->argument_count;
    prim_stack_at_put(vm, 0, callable);
    frame_put_oop(--vm->sp, send->selector);
    frame_put_oop(--vm->sp, arguments);
    frame_put_oop(--vm->sp, receiver);
    send->selector = vm_special(vm, SPECIAL_SELECTOR_RUN_WITH_IN);
    send->lookup_class = prim_class_of(vm, callable);
    send->argument_count = 3;
    send->refused++;
    return true;
}

// Turns the send into the one that reports `result`; false: no room.
static bool redirect(VM *vm, Sending *send, LookupResult result, Oop where) {
    event_note(&vm->events, EVENT_NOT_UNDERSTOOD, (uint32_t)result, oop_bits(send->selector),
               oop_bits(operand(vm, send->argument_count)));
    trace_not_understood(vm, send->selector, operand(vm, send->argument_count));
    if (result == LOOKUP_NOT_A_METHOD) return become_run_with_in(vm, send, where);
    if (result == LOOKUP_CANNOT_INTERPRET) {
        Oop above = heap_follow(&vm->heap, field_at(where, CLASS_SUPERCLASS));
        return become_message(vm, send, SPECIAL_SELECTOR_CANNOT_INTERPRET, above);
    }
    // A super send from the root has no class to look in.
    Oop start = prim_is_class_object(vm, send->lookup_class)
                    ? send->lookup_class
                    : prim_class_of(vm, operand(vm, send->argument_count));
    return become_message(vm, send, SPECIAL_SELECTOR_DOES_NOT_UNDERSTAND, start);
}

static Outcome give_up(VM *vm, const char *why) {
    Outcome outcome = vm_give_up(vm, why);
    report_active_stack(vm, stderr);
    return outcome;
}

// ---- activation and primitives

Oop send_failure_object(VM *vm) {
    Oop table = vm_special(vm, SPECIAL_PRIMITIVE_ERROR_TABLE);
    Num code = num((int64_t)vm->failure);
    Num index = num_sub(code, num(1));
    if (!oop_is_array_format(table) || num_le(slot_count(table), index)) return oop_from_num(code);
    Oop object = heap_follow(&vm->heap, slot_at(table, index));
    if (vm->failure != FAILURE_OPERATING_SYSTEM || !oop_is_pointers(object)) return object;
    // A PrimitiveError prototype: its copy carries the system's error number.
    if (num_lt(slot_count(object), num(2))) return object;
    Oop copy = prim_new_object(vm, object_class_index(object), FORMAT_FIXED, slot_count(object));
    if (oop_is_none(copy)) return object;
    field_at_put(&vm->heap, copy, 0, field_at(object, 0));
    field_at_put(&vm->heap, copy, 1, prim_integer_from_num(vm, num(vm->os_error)));
    return copy;
}

// On other Spur VMs a primitive with the wrong number of arguments runs, and fails for no
// particular reason; so do numbers without a primitive.
Failure send_failure_of_missing(const LookupEntry *entry) {
    if (!(entry->flags & LOOKUP_HAS_PRIMITIVE)) return FAILURE_NONE;
    return entry->flags & LOOKUP_NAMES_NONE ? FAILURE_NOT_FOUND : FAILURE_GENERIC;
}

// The entry of a super send may have been described for another class than the receiver's.
static uint64_t flags_of_frame(const VM *vm, const LookupEntry *entry, Oop receiver) {
    bool checks = frame_needs_checked_self(vm, receiver, entry->needed_slots - 1);
    return entry->frame_flags | (checks ? FRAME_FLAG_CHECKED_SELF : 0);
}

Outcome send_activate(VM *vm, const LookupEntry *entry, unsigned argument_count) {
    Oop receiver = operand(vm, argument_count);
    uint64_t flags = flags_of_frame(vm, entry, receiver);
    if (frame_kind(vm->fp) != FRAME_INTERPRETED) flags |= FRAME_FLAG_RETURNS_SLOWLY;
    vm->fp = activate_header(vm->sp, vm->fp, entry->method, flags, vm->heap.nil, entry->first_pc,
                             receiver);
    vm->sp = activate_temps(activate_arguments(vm->fp, argument_count),
                            entry->temp_count - argument_count, vm->heap.nil);
    if (entry->flags & LOOKUP_STORES_ERROR && vm->failure)
        frame_put_oop(vm->sp, send_failure_object(vm));
    if (vm->hooks && vm->hooks->frame_is_new) vm->hooks->frame_is_new(vm);
    return OUTCOME_SWITCHED;
}

// Primitives that run primitives (perform:, tryPrimitive:, and methods run by hand) may do so again
// and again, for each level on the C stack: the limit keeps that finite.
MAY_GC Outcome send_call_primitive(VM *vm, PrimitiveFunction function) {
    enum { NESTED_LIMIT = 100 };
    vm->failure = FAILURE_NONE;
    if (vm->nested_primitives >= NESTED_LIMIT) return prim_fail(vm, FAILURE_LIMIT_EXCEEDED);
    vm->nested_primitives++;
    Outcome outcome = function(vm);
    vm->nested_primitives--;
    return outcome;
}

// A mirror primitive works on its first argument. It finds that as its receiver and nothing below
// it; the real receiver comes back to its place if the primitive fails.
MAY_GC static Outcome run_mirror(VM *vm, const LookupEntry *entry, unsigned argument_count) {
    Oop real_receiver;
    RootScope scope;
    root_scope_enter(&vm->heap, &scope, &real_receiver, 1);
    real_receiver = prim_stack_take_out(vm, argument_count);
    vm->argument_count = argument_count - 1;
    Outcome outcome = send_call_primitive(vm, entry->primitive);
    root_scope_leave(&vm->heap, &scope);
    if (outcome == OUTCOME_FAILED) prim_stack_put_in(vm, argument_count, real_receiver);
    return outcome;
}

MAY_GC static Outcome run_primitive(VM *vm, const LookupEntry *entry, unsigned argument_count) {
    vm->new_method = entry->method;
    if (entry->flags & LOOKUP_MIRROR) return run_mirror(vm, entry, argument_count);
    vm->argument_count = argument_count;
    return send_call_primitive(vm, entry->primitive);
}

static bool unforward_fields(VM *vm, Oop object, int depth) {
    if (oop_is_immediate(object) || !object_is_pointers(object)) return false;
    if (context_is_context(vm, object)) return false;
    bool found = false;
    NUM_LOOP(i, num(0), slot_count(object)) {
        Oop value = slot_at(object, i);
        if (oop_is_forwarder(value)) {
            value = heap_follow(&vm->heap, value);
            slot_at_put(&vm->heap, object, i, value);
            found = true;
        }
        if (depth > 0) found |= unforward_fields(vm, value, depth - 1);
    }
    return found;
}

// Follows forwarders among the operands, and in their fields down to `depth`.
static bool unforward_operands(VM *vm, unsigned argument_count, int depth) {
    bool found = false;
    for (unsigned i = 0; i <= argument_count; i++) {
        Oop value = operand(vm, i);
        if (oop_is_forwarder(value)) {
            value = heap_follow(&vm->heap, value);
            prim_stack_at_put(vm, i, value);
            found = true;
        }
        if (depth > 0) found |= unforward_fields(vm, value, depth - 1);
    }
    return found;
}

// Collects, then tries the primitive again. That it fails tells the process that memory is used up;
// it gets room to handle that.
MAY_GC static Outcome retry_after_collection(VM *vm, LookupEntry *entry, unsigned argument_count) {
    heap_make_room(&vm->heap, vm->heap.failed_bytes);
    entry->method = vm->new_method;
    Outcome outcome = run_primitive(vm, entry, argument_count);
    if (outcome == OUTCOME_FAILED && vm->failure == FAILURE_NO_MEMORY &&
        vm_make_room_for_others(vm, vm->heap.failed_bytes)) {
        entry->method = vm->new_method;
        outcome = run_primitive(vm, entry, argument_count);
    }
    if (outcome == OUTCOME_FAILED && vm->failure == FAILURE_NO_MEMORY &&
        !heap_can_allocate(&vm->heap, VM_ROOM_FOR_ERRORS))
        (void)heap_exceed_limit(&vm->heap, false);
    return outcome;
}

// The primitive may have collected before it failed, and then the entry is out of date: nobody has
// filled it anew, since a primitive that fails sends nothing, but its method may have moved. The
// method is among the VM's roots meanwhile.
Outcome send_retry_primitive(VM *vm, LookupEntry *entry_copy, unsigned argument_count) {
    LookupEntry entry = *entry_copy;
    entry.method = vm->new_method;
    event_note(&vm->events, EVENT_PRIMITIVE_FAILED, vm->failure, oop_bits(entry.method),
               oop_bits(operand(vm, argument_count)));
    trace_primitive_failed(vm, &entry);
    Outcome outcome = OUTCOME_FAILED;
    if (entry.accessor_depth >= 0 && unforward_operands(vm, argument_count, entry.accessor_depth))
        outcome = run_primitive(vm, &entry, argument_count);
    if (outcome == OUTCOME_FAILED && vm->failure == FAILURE_NO_MEMORY)
        outcome = retry_after_collection(vm, &entry, argument_count);
    entry_copy->method = vm->new_method;
    return outcome;
}

Outcome send_primitive_failed(VM *vm, const LookupEntry *cached, unsigned argument_count) {
    LookupEntry entry = *cached;
    Outcome outcome = send_retry_primitive(vm, &entry, argument_count);
    return outcome == OUTCOME_FAILED ? send_activate(vm, &entry, argument_count) : outcome;
}

Outcome send_quick_return(VM *vm, const LookupEntry *entry) {
    enum { SELF = 256 };
    if (entry->primitive_number == SELF) return OUTCOME_ANSWERED;
    Oop answer = entry->answer;
    if (oop_is_none(answer)) {
        Oop self = operand(vm, 0);
        Num index = num(entry->variable);
        if (!oop_is_pointers(self) || !num_lt(index, slot_count(self))) return OUTCOME_FAILED;
        answer = context_is_context(vm, self) ? context_variable(vm, self, entry->variable)
                                              : slot_at(self, index);
        if (oop_is_none(answer)) return OUTCOME_FAILED; // no room for the sender's context
    }
    prim_stack_at_put(vm, 0, answer);
    return OUTCOME_ANSWERED;
}

Outcome send_run_entry(VM *vm, const LookupEntry *entry, unsigned argument_count) {
    vm->failure = FAILURE_NONE;
    if (entry->flags & LOOKUP_QUICK) {
        Outcome outcome = send_quick_return(vm, entry);
        if (outcome != OUTCOME_FAILED) return outcome;
    } else if (entry->primitive) {
        Outcome outcome = run_primitive(vm, entry, argument_count);
        if (outcome != OUTCOME_FAILED) return outcome;
        return send_primitive_failed(vm, entry, argument_count);
    } else {
        vm->failure = send_failure_of_missing(entry);
    }
    return send_activate(vm, entry, argument_count);
}

// The primitive of a method that answers the VM could switch to another process, and the frame
// would get an answer that it has no place for.
MAY_GC static Outcome run_found(VM *vm, const Sending *send, const LookupEntry *entry) {
    if (!send->from_vm) return send_run_entry(vm, entry, send->argument_count);
    vm->failure = entry->flags & LOOKUP_HAS_PRIMITIVE ? FAILURE_INAPPROPRIATE : FAILURE_NONE;
    return send_activate(vm, entry, send->argument_count);
}

MAY_GC static Outcome carry_out(VM *vm, Sending send) {
    enum { REFUSED_LIMIT = 3 };
    bool collected = false;
    for (;;) {
        Oop receiver = followed_receiver(vm, send.argument_count);
        send.selector = heap_follow(&vm->heap, send.selector);
        if (oop_is_none(send.lookup_class)) send.lookup_class = prim_class_of(vm, receiver);
        const LookupEntry *entry;
        Oop where = oop_none();
        LookupResult result =
            find_entry(vm, send.selector, send.argument_count, send.lookup_class, &entry, &where);
        if (entry) return run_found(vm, &send, entry);
        if (send.refused == REFUSED_LIMIT)
            return give_up(vm, "the receiver of a message does not even understand "
                               "doesNotUnderstand:");
        if (redirect(vm, &send, result, where)) continue;
        if (collected) return send_out_of_memory(vm);
        collected = true;
        vm->message_selector = send.selector;
        vm->lookup_class = send.lookup_class;
        if (!make_room(vm)) return send_out_of_memory(vm);
        send.selector = vm->message_selector;
        send.lookup_class = vm->lookup_class;
    }
}

Outcome send_message(VM *vm, Oop selector, unsigned argument_count, Oop lookup_class) {
    return carry_out(vm, (Sending){selector, lookup_class, argument_count, 0, false});
}

const LookupEntry *send_not_understood(VM *vm, Oop selector, unsigned argument_count,
                                       Oop lookup_class) {
    Sending send = {selector, lookup_class, argument_count, 0, false};
    Oop answering = vm_special(vm, SPECIAL_SELECTOR_DOES_NOT_UNDERSTAND);
    const LookupEntry *entry = send_entry(vm, answering, 1, lookup_class);
    return entry && redirect(vm, &send, LOOKUP_NOT_UNDERSTOOD, oop_none()) ? entry : NULL;
}

// ---- messages of the VM itself

// The message's frame returns to the one that runs now, which does not want the answer.
// lookup_class: where the lookup begins; none: at the receiver's class.
MAY_GC static Outcome send_from_vm(VM *vm, Oop selector, unsigned argument_count,
                                   Oop lookup_class) {
    uint64_t *caller = vm->fp;
    Outcome outcome = carry_out(vm, (Sending){selector, lookup_class, argument_count, 0, true});
    if (outcome == OUTCOME_SWITCHED && frame_caller(vm->fp) == caller)
        vm->fp[FRAME_FLAGS] |= FRAME_FLAG_DROPS_ANSWER;
    return outcome;
}

Outcome send_special(VM *vm, SpecialObject selector, unsigned argument_count) {
    return send_from_vm(vm, vm_special(vm, selector), argument_count, oop_none());
}

bool send_unforward_frame(VM *vm) {
    bool found = false;
    Oop method = frame_oop(vm->fp + FRAME_METHOD);
    NUM_LOOP(i, num(1), num_add(method_literal_count(method), num(1))) {
        Oop literal = slot_at(method, i);
        if (!oop_is_forwarder(literal)) continue;
        slot_at_put(&vm->heap, method, i, heap_follow(&vm->heap, literal));
        found = true;
    }
    unsigned count = (unsigned)(vm->fp + FRAME_FIRST_TEMP - vm->sp + 1);
    for (unsigned i = 0; i < count; i++) {
        uint64_t *word = frame_temp(vm->fp, i);
        if (!oop_is_forwarder(frame_oop(word))) continue;
        frame_put_oop(word, heap_follow(&vm->heap, frame_oop(word)));
        found = true;
    }
    return found;
}

// Takes the running frame back to the instruction that the byte at `pc` belongs to: its prefixes
// come first, and the summary knows no other place in it.
static void back_to_instruction(VM *vm, uint64_t pc) {
    const MethodSummary *summary = verified_summary(vm, frame_oop(vm->fp + FRAME_METHOD));
    if (!summary) return;
    uint64_t at = pc - PC_OF_BODY - summary->first_pc;
    while (at > 0 && summary->depth_at[at] == SUMMARY_NOT_A_PC)
        at--;
    vm->fp[FRAME_PC] = at + summary->first_pc + PC_OF_BODY;
}

Outcome send_must_be_boolean(VM *vm) {
    Oop condition = operand(vm, 0);
    if (!oop_is_forwarder(condition)) return send_special(vm, SPECIAL_SELECTOR_MUST_BE_BOOLEAN, 0);
    prim_stack_at_put(vm, 0, heap_follow(&vm->heap, condition));
    back_to_instruction(vm, vm->fp[FRAME_PC] - 1);
    return OUTCOME_SWITCHED;
}

// The context itself gets the message, as for an unused bytecode on other Spur VMs. An image that
// does not name the selector gets doesNotUnderstand: with #cannotInterpret: in its place. When the
// answer comes the frame tries the same instruction again, since what stands behind it relies on
// what it would have done.
Outcome send_bad_code(VM *vm, uint64_t pc) {
    back_to_instruction(vm, pc);
    Oop context = context_of_frame(vm, vm->fp);
    if (oop_is_none(context)) {
        if (!make_room(vm)) return send_out_of_memory(vm);
        context = context_of_frame(vm, vm->fp);
        if (oop_is_none(context)) return send_out_of_memory(vm);
    }
    frame_put_oop(--vm->sp, context);
    Oop selector = vm_special(vm, SPECIAL_SELECTOR_UNUSED_BYTECODE);
    if (oop_is(selector, vm->heap.nil))
        selector = vm_special(vm, SPECIAL_SELECTOR_CANNOT_INTERPRET);
    if (oop_is(selector, vm->heap.nil)) selector = vm_special(vm, SPECIAL_SELECTOR_MUST_BE_BOOLEAN);
    return send_from_vm(vm, selector, 0, oop_none());
}

// The last literal of a full block's code is the code around it.
static Oop method_around(VM *vm, Oop code) {
    enum { DEPTH_LIMIT = 1000 };
    for (int i = 0; i < DEPTH_LIMIT && !num_is_zero(method_literal_count(code)); i++) {
        Oop last = heap_follow(&vm->heap, slot_at(code, method_literal_count(code)));
        if (!oop_is_method(last)) break;
        code = last;
    }
    return code;
}

// The method's selector is its last literal but one, or stands in the AdditionalMethodState there.
static Oop method_selector(VM *vm, Oop code) {
    Oop method = method_around(vm, code);
    Num count = method_literal_count(method);
    if (num_lt(count, num(2))) return vm->heap.nil;
    Oop selector = heap_follow(&vm->heap, slot_at(method, num_sub(count, num(1))));
    if (oop_is_pointers(selector) &&
        num_lt(num(ADDITIONAL_METHOD_STATE_SELECTOR), slot_count(selector)))
        selector = heap_follow(&vm->heap, field_at(selector, ADDITIONAL_METHOD_STATE_SELECTOR));
    return selector;
}

// The last class on the way up from which the message is found; none: it is found from no class.
static Oop highest_understanding(VM *vm, Oop class_object, Oop selector) {
    enum { LIMIT = 1000 };
    LookupEntry entry;
    Oop where, highest = oop_none();
    for (int i = 0; i < LIMIT && prim_is_class_object(vm, class_object); i++) {
        if (lookup_search(vm, selector, class_object, 1, &entry, &where) != LOOKUP_FOUND) break;
        highest = class_object;
        class_object = heap_follow(&vm->heap, field_at(class_object, CLASS_SUPERCLASS));
    }
    return highest;
}

// The running frame gets the error that its own message was not understood. That is for the root to
// say: a class that has its own way with what is not understood would lead there again. Where that
// is no root of nil's, but of classes beside all others, nil speaks for the receiver.
MAY_GC static Outcome fail_running_message(VM *vm) {
    Oop selector = vm_special(vm, SPECIAL_SELECTOR_DOES_NOT_UNDERSTAND);
    Oop receiver = heap_follow(&vm->heap, frame_oop(vm->fp + FRAME_RECEIVER));
    Oop common = highest_understanding(vm, prim_class_of(vm, vm->heap.nil), selector);
    Oop root = highest_understanding(vm, prim_class_of(vm, receiver), selector);
    bool is_apart = oop_is_none(root) || !oop_is(root, common);
    frame_put_oop(--vm->sp, is_apart ? vm->heap.nil : receiver);
    for (bool collected = false;; collected = true) {
        Oop running = method_selector(vm, frame_oop(vm->fp + FRAME_METHOD));
        if (push_message(vm, running, 0, vm->heap.nil)) break;
        if (collected || !make_room(vm)) return send_out_of_memory(vm);
    }
    selector = vm_special(vm, SPECIAL_SELECTOR_DOES_NOT_UNDERSTAND);
    root = highest_understanding(vm, prim_class_of(vm, followed_receiver(vm, 1)), selector);
    return send_from_vm(vm, selector, 1, root);
}

Outcome send_depth_exceeded(VM *vm) {
    if (oop_is(vm->deep_process, process_active(vm)))
        return give_up(vm, "recursion went on beyond the limit while its error "
                           "was handled");
    vm->deep_process = process_active(vm);
    vm->depth_grace = vm->options.max_process_words / 4 + vm->stack.page_words;
    for (int attempts = 0; stack_overflow(vm) != FAILURE_NONE;)
        if (!stack_make_room(vm, &attempts)) return send_out_of_memory(vm);
    return fail_running_message(vm);
}

Outcome send_memory_exhausted(VM *vm) {
    event_note(&vm->events, EVENT_ALLOCATION_FAILED, 0, vm->heap.failed_bytes, 0);
    vm_name_low_space_process(vm, process_active(vm));
    return fail_running_message(vm);
}
