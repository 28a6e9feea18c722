// SPDX-License-Identifier: MIT
// Runs scenarios in the recording build: every word of stack and frame is an input of its own name.
#include <stdlib.h>

#include "object/record.h"
#include "run/record_vm.h"

static uint64_t input(const char *name, unsigned number, uint64_t bits) {
    char numbered[RECORD_NAME_LIMIT];
    snprintf(numbered, sizeof numbered, number ? "%s %u" : "%s", name, number - 1);
    return record_input(RECORD_OOP, numbered, bits);
}

#define WORD_IN(name, number, bits) input(name, number, bits)
#define WORD_OUT(word)              record_bits(word)
#define OOP_IN(name, bits)          ((Oop){input(name, 0, bits)})
#define OOP_OUT(oop)                record_bits((oop).handle)
#include "run_body.h"
#include "run_primitive.h"

static const char *action_name(Action action) {
    static const char *const names[] = {
        [ACTION_NEXT] = "next",
        [ACTION_PUSHED_TEMP] = "next",
        [ACTION_ANSWERED_NUMBER] = "next",
        [ACTION_EXTENDED_B] = "next",
        [ACTION_POPPED_TEMP] = "next",
        [ACTION_TRUE] = "answer true",
        [ACTION_FALSE] = "answer false",
        [ACTION_CHECKED_PUSH] = "checked push",
        [ACTION_CHECKED_STORE] = "checked store",
        [ACTION_CHECKED_POP] = "checked pop",
        [ACTION_SEND] = "send",
        [ACTION_SUPER_SEND] = "super send",
        [ACTION_DIRECTED_SUPER_SEND] = "directed super send",
        [ACTION_RETURN] = "return",
        [ACTION_BLOCK_RETURN] = "block return",
        [ACTION_BACKWARD_JUMP] = "backward jump",
        [ACTION_MUST_BE_BOOLEAN] = "must be boolean",
        [ACTION_ASSIGN_READ_ONLY] = "assign read-only",
        [ACTION_NEED_ROOM] = "need room",
        [ACTION_BAD_CODE] = "bad code",
    };
    return names[action];
}

// "  = next, stack oop_from_num(...)": what the body leaves on top, or hands to its exit.
static void print_result(FILE *out, const Registers *r, const Scenario *s, Action action) {
    const uint64_t exits[] = {r->selector.handle, r->value.handle};
    fprintf(out, "  = %s", action_name(action));
    for (unsigned i = 0; i < 2; i++) {
        if (!exits[i]) continue;
        fputs(i == 0 ? " " : ", ", out);
        record_print_expression(out, exits[i]);
    }
    StackEffect effect = instruction_stack_effect(
        &(Instruction){.op = (BytecodeOp)s->op, .a = s->a, .b = s->b, .c = s->c});
    if (action_is_next(action) && effect.pushes > 0) {
        fputs(", top ", out);
        record_print_expression(out, r->sp[0]);
    }
    fputc('\n', out);
}

size_t recorded_shadow_bytes(void) { return sizeof(RecordVM); }

// Makes a recording on the world's heap, with the shadow VM that belongs to it.
static RecordVM *begin(const ScenarioWorld *world, Recording *recording) {
    RecordVM *shadow = world->shadow;
    record_begin(recording, &world->vm->heap);
    record_vm_begin(shadow, world->vm);
    shadow->active_context = world->active_context;
    shadow->active_process = world->active_process;
    return shadow;
}

// The path goes to `out`, with the line that says how it ends last.
static void end(Recording *recording, FILE *out, const char *ending) {
    record_print_conditions(out, recording);
    record_print_effects(out, recording);
    fputs(ending, out);
    record_end(recording);
}

void recorded_run(const ScenarioWorld *world, const Scenario *scenario, ScenarioResult *result,
                  FILE *out) {
    Recording recording;
    RecordVM *shadow = begin(world, &recording);
    char *ending = NULL;
    size_t size;
    FILE *ending_out = open_memstream(&ending, &size);
    run_body(&shadow->vm, scenario, result, print_result, ending_out);
    fclose(ending_out);
    end(&recording, out, ending);
    free(ending);
}

static void print_outcome(FILE *out, const VM *vm, Outcome outcome) {
    static const char *const failures[] = {
#define FAILURE(NAME, index, text) [index] = text,
#include "run/failures.tbl"
#undef FAILURE
    };
    if (outcome == OUTCOME_FAILED) {
        fprintf(out, "  = fails: %s\n", failures[vm->failure]);
        return;
    }
    fputs("  = answers ", out);
    record_print_expression(out, prim_stack_at(vm, 0).handle);
    fputc('\n', out);
}

void recorded_run_primitive(const ScenarioWorld *world, const PrimitiveScenario *scenario,
                            PrimitiveResult *result, FILE *out) {
    Recording recording;
    RecordVM *shadow = begin(world, &recording);
    char *ending = NULL;
    size_t size;
    FILE *ending_out = open_memstream(&ending, &size);
    run_primitive(&shadow->vm, scenario, result, print_outcome, ending_out);
    fclose(ending_out);
    end(&recording, out, ending);
    free(ending);
}
