// SPDX-License-Identifier: MIT
// Runs scenarios in the direct build. Services that need real frames are replaced by ones that do
// what the recording build's do.
#define context_of_frame scenario_context_of_frame
#define process_active   scenario_process_active
#define closure_new      scenario_closure_new
#define closure_new_full scenario_closure_new_full

#define WORD_IN(name, number, bits) ((void)(name), (bits))
#define WORD_OUT(word)              (word)
#define OOP_IN(name, bits)          oop_from_bits(bits)
#define OOP_OUT(oop)                oop_bits(oop)
#include "run_body.h"
#include "run_primitive.h"

Oop context_of_frame(VM *vm, uint64_t *fp) {
    const ScenarioWorld *world = vm->embedder;
    (void)fp;
    return oop_from_bits(world->active_context);
}
Oop process_active(VM *vm) {
    const ScenarioWorld *world = vm->embedder;
    return oop_from_bits(world->active_process);
}
Oop closure_new(VM *vm, unsigned argument_count, unsigned copied_count) {
    (void)argument_count;
    return prim_new_object(vm, prim_known(vm, block_closure), FORMAT_MIXED,
                           num(CLOSURE_FIRST_COPIED + (int64_t)copied_count));
}
Oop closure_new_full(VM *vm, Oop block, unsigned copied_count, bool no_outer_context,
                     Oop block_receiver) {
    (void)block, (void)no_outer_context, (void)block_receiver;
    return prim_new_object(vm, prim_known(vm, full_block_closure), FORMAT_MIXED,
                           num(FULL_CLOSURE_FIRST_COPIED + (int64_t)copied_count));
}

void direct_run(const ScenarioWorld *world, const Scenario *scenario, ScenarioResult *result) {
    world->vm->embedder = (void *)(uintptr_t)world;
    run_body(world->vm, scenario, result, NULL, NULL);
}

void direct_run_primitive(const ScenarioWorld *world, const PrimitiveScenario *scenario,
                          PrimitiveResult *result) {
    uint64_t *sp = world->vm->sp;
    run_primitive(world->vm, scenario, result, NULL, NULL);
    world->vm->sp = sp;
}
