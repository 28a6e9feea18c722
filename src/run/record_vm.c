// SPDX-License-Identifier: MIT
// The shadow VM, and the services of bytecode bodies as recorded effects.
#include "run/record_vm.h"

#include <string.h>

#include "base/check.h"
#include "object/record.h"
#include "run/lookup.h"
#include "run/registers.h"

static Oop named(const char *name, Oop raw) {
    return (Oop){record_named_constant(RECORD_OOP, name, raw.handle)};
}

void record_vm_begin(RecordVM *shadow, const VM *real) {
    memcpy(&shadow->vm, real, sizeof *real);
    Heap *heap = &shadow->vm.heap;
    heap->nil = named("nil", real->heap.nil);
    heap->true_object = named("true", real->heap.true_object);
    heap->false_object = named("false", real->heap.false_object);
    heap->special_objects = named("special objects", real->heap.special_objects);
    shadow->vm.trap_method = named("trap method", real->trap_method);
}

// ---- the world

Oop prim_nil(const VM *vm) { return vm->heap.nil; }
Oop prim_bool(const VM *vm, bool value) {
    return value ? vm->heap.true_object : vm->heap.false_object;
}
Oop prim_follow(VM *vm, Oop oop) { return heap_follow(&vm->heap, oop); }
Oop vm_special(const VM *vm, SpecialObject which) {
    return slot_at(vm->heap.special_objects, num((int64_t)which));
}
// The array holds pairs of selector and argument count.
Oop special_selector(const VM *vm, unsigned index) {
    return slot_at(vm_special(vm, SPECIAL_SPECIAL_SELECTORS), num(2 * (int64_t)index));
}

// ---- services of bodies

static const RecordVM *shadow_of(const Registers *r) { return (const RecordVM *)r->vm; }
static uint64_t constant(int64_t value) { return num(value).handle; }

Oop body_this_context(Registers *r) {
    record_effect("body_this_context", NULL, 0);
    return (Oop){record_result(RECORD_OOP, "active context", shadow_of(r)->active_context)};
}
Oop body_active_process(Registers *r) {
    record_effect("body_active_process", NULL, 0);
    return (Oop){record_result(RECORD_OOP, "active process", shadow_of(r)->active_process)};
}

Oop body_new_closure(Registers *r, unsigned argument_count, unsigned copied_count) {
    const uint64_t operands[] = {constant(argument_count), constant(copied_count)};
    record_effect("body_new_closure", operands, 2);
    return prim_new_object(r->vm, prim_known(r->vm, block_closure), FORMAT_MIXED,
                           num(CLOSURE_FIRST_COPIED + (int64_t)copied_count));
}
Oop body_new_full_closure(Registers *r, Oop block, unsigned copied_count, bool no_outer_context,
                          Oop block_receiver) {
    const uint64_t operands[] = {block.handle, constant(copied_count), constant(no_outer_context),
                                 block_receiver.handle};
    record_effect("body_new_full_closure", operands, 4);
    return prim_new_object(r->vm, prim_known(r->vm, full_block_closure), FORMAT_MIXED,
                           num(FULL_CLOSURE_FIRST_COPIED + (int64_t)copied_count));
}

// ---- what primitives call outside of semantic code. The recorded object keeps these names to
// itself. Contexts are not among the operands yet: whoever comes to one is stopped.

bool context_is_context(const VM *vm, Oop oop) {
    return oop_has_class_index(oop, prim_known(vm, context));
}
static _Noreturn void refuse_context(const char *what) {
    check_failed(__FILE__, __LINE__, what, "%s", "contexts are not recorded");
}
bool context_is_married(const VM *vm, Oop context) {
    (void)vm, (void)context;
    refuse_context("context_is_married");
}
uint64_t *context_frame(const VM *vm, Oop context) {
    (void)vm, (void)context;
    refuse_context("context_frame");
}
Oop context_variable(VM *vm, Oop context, unsigned index) {
    (void)vm, (void)context, (void)index;
    refuse_context("context_variable");
}
ContextStore context_variable_put(VM *vm, Oop context, unsigned index, Oop value) {
    (void)vm, (void)context, (void)index, (void)value;
    refuse_context("context_variable_put");
}
unsigned context_stack_size(const VM *vm, Oop context) {
    (void)vm, (void)context;
    refuse_context("context_stack_size");
}
unsigned context_capacity(Oop context) {
    (void)context;
    refuse_context("context_capacity");
}
Oop context_copy(VM *vm, Oop context) {
    (void)vm, (void)context;
    refuse_context("context_copy");
}
void lookup_method_written(VM *vm, Oop method) {
    (void)vm;
    record_effect("lookup_method_written", &method.handle, 1);
}
