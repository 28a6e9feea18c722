// SPDX-License-Identifier: MIT
// See perform.h.
#include "jit/perform.h"

#include "run/lookup.h"
#include "run/primitive.h"
#include "run/send.h"

typedef struct Performed {
    Oop selector;
    unsigned argument_count;
    bool spreads; // out of the Array on top
} Performed;

// What is to be performed; false: for the primitive.
static bool find_message(VM *vm, const LookupEntry *performer, Performed *message) {
    unsigned count = frame_argument_count_of(performer->frame_flags);
    if (performer->primitive_number == PRIMITIVE_PERFORM && count > 0) {
        *message = (Performed){prim_stack_at(vm, count - 1), count - 1, false};
        return true;
    }
    if (performer->primitive_number != PRIMITIVE_PERFORM_WITH_ARGUMENTS || count != 2) return false;
    Oop array = prim_stack_at(vm, 0);
    if (!oop_has_class_index(array, prim_known(vm, array)) ||
        num_lt(num(PERFORM_SPREADS), slot_count(array)))
        return false;
    *message = (Performed){prim_stack_at(vm, 1), (unsigned)num_concrete(slot_count(array)), true};
    return true;
}

// What could go on for ever: see natives_perform.c.
static bool performs(const LookupEntry *entry) {
    return entry->primitive_number == PRIMITIVE_PERFORM ||
           entry->primitive_number == PRIMITIVE_PERFORM_WITH_ARGUMENTS;
}

static void take_operands(VM *vm, const Performed *message) {
    if (!message->spreads) {
        prim_stack_take_out(vm, message->argument_count);
        return;
    }
    Oop array = prim_stack_at(vm, 0);
    vm->sp += 2;
    for (unsigned i = 0; i < message->argument_count; i++)
        frame_put_oop(--vm->sp, field_at(array, (int)i));
}

uint64_t perform_code(VM *vm, const LookupEntry *performer, unsigned *argument_count) {
    Performed message;
    uint64_t resets = vm->jit->resets;
    if (vm->watches_sends || !find_message(vm, performer, &message)) return 0;
    Oop receiver = prim_stack_at(vm, frame_argument_count_of(performer->frame_flags));
    if (oop_is_forwarder(receiver) || oop_is_forwarder(message.selector)) return 0;
    LookupEntry *entry = (LookupEntry *)send_entry(vm, message.selector, message.argument_count,
                                                   prim_class_of(vm, receiver));
    if (!entry || (message.spreads && performs(entry))) return 0;
    const Code *code = jit_send_code(vm, entry);
    if (!code || !jit_is_unchanged(vm->jit, resets)) return 0;
    vm->jit->statistics.performed++;
    entry->code = code->linked_entry;
    take_operands(vm, &message);
    *argument_count = message.argument_count;
    return code->linked_entry;
}
