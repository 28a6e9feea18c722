// SPDX-License-Identifier: MIT
// Runs every bytecode body on several kinds of operands, in the direct and in the recording build,
// compares what they did, and lists for each bytecode the different paths that were recorded: the
// outcome, the conditions that led there, the effects.
//
// The output is TAP, a test for each bytecode; the paths are comments in it.
#include <stdlib.h>
#include <string.h>

#include "bytecode/instruction.h"
#include "object/header.h"
#include "run/frame.h"
#include "paths.h"
#include "world.h"

typedef struct Run {
    World world;
    Paths paths; // of the bytecode under test
    unsigned differences;
} Run;

// ---- which scenarios a bytecode gets

typedef struct Variant {
    BytecodeOp op;
    int a, b, c;
} Variant;

// Operands that are of interest; a bytecode that is not here gets 0, 0, 0 and, when it is a special
// send, its index and argument count.
static const Variant variants[] = {
    {BC_PUSH_RECEIVER_VARIABLE, 2, 0, 0},
    {BC_STORE_RECEIVER_VARIABLE, 2, 0, 0},
    {BC_POP_INTO_RECEIVER_VARIABLE, 2, 0, 0},
    {BC_PUSH_TEMP, 0, 0, 0},
    {BC_PUSH_TEMP, 2, 0, 0},
    {BC_STORE_TEMP, 1, 0, 0},
    {BC_POP_INTO_TEMP, 0, 0, 0},
    {BC_PUSH_LITERAL, 0, 0, 0},
    {BC_PUSH_LITERAL_VARIABLE, 1, 0, 0},
    {BC_STORE_LITERAL_VARIABLE, 1, 0, 0},
    {BC_POP_INTO_LITERAL_VARIABLE, 1, 0, 0},
    {BC_PUSH_REMOTE_TEMP, 2, 1, 0},
    {BC_PUSH_REMOTE_TEMP, 3, 1, 0},
    {BC_STORE_REMOTE_TEMP, 2, 1, 0},
    {BC_STORE_REMOTE_TEMP, 3, 1, 0},
    {BC_POP_INTO_REMOTE_TEMP, 2, 1, 0},
    {BC_POP_INTO_REMOTE_TEMP, 3, 1, 0},
    {BC_PUSH_INTEGER, -7, 0, 0},
    {BC_PUSH_CHARACTER, 955, 0, 0},
    {BC_PUSH_NEW_ARRAY, 2, 0, 0},
    {BC_PUSH_ARRAY_OF_TOP, 2, 0, 0},
    {BC_PUSH_CLOSURE, 1, 2, 9},
    {BC_PUSH_FULL_CLOSURE, 2, 1, 0},
    {BC_PUSH_FULL_CLOSURE, 2, 1, 1},
    {BC_PUSH_FULL_CLOSURE, 2, 1, 2},
    {BC_JUMP, 3, 0, 0},
    {BC_JUMP, -3, 0, 0},
    {BC_JUMP_IF_TRUE, 5, 0, 0},
    {BC_JUMP_IF_TRUE, -5, 0, 0},
    {BC_JUMP_IF_FALSE, 5, 0, 0},
    {BC_SEND, 0, 1, 0},
    {BC_SUPER_SEND, 0, 1, 0},
    {BC_DIRECTED_SUPER_SEND, 0, 1, 0},
    {BC_EXTEND_A, 200, 0, 0},
    {BC_EXTEND_B, 100, 0, 0},
    {BC_EXTEND_B, 200, 0, 0},
};

static bool touches_receiver(BytecodeOp op) {
    return op == BC_PUSH_RECEIVER_VARIABLE || op == BC_STORE_RECEIVER_VARIABLE ||
           op == BC_POP_INTO_RECEIVER_VARIABLE;
}
static bool touches_vector(BytecodeOp op) {
    return op == BC_PUSH_REMOTE_TEMP || op == BC_STORE_REMOTE_TEMP || op == BC_POP_INTO_REMOTE_TEMP;
}
// The verifier and activation promise a receiver with these slots.
static bool may_be_receiver(uint64_t bits) {
    return !raw_is_immediate(bits) && format_is_pointers(raw_format(bits)) &&
           raw_slot_count(bits) > 2;
}

// ---- running one

static bool results_are_equal(const ScenarioResult *x, const ScenarioResult *y) {
    return x->action == y->action && x->bytes_moved == y->bytes_moved && x->depth == y->depth &&
           x->argument_count == y->argument_count && x->selector == y->selector &&
           x->value == y->value && memcmp(x->stack, y->stack, sizeof x->stack) == 0 &&
           memcmp(x->temps, y->temps, sizeof x->temps) == 0;
}

static void list_path(const World *world, const Scenario *s, const char *text) {
    printf("# %s %d %d %d", bytecode_op_name((BytecodeOp)s->op), s->a, s->b, s->c);
    if (touches_receiver((BytecodeOp)s->op))
        printf(", receiver %s", world_kind_name(world, s->receiver));
    if (touches_vector((BytecodeOp)s->op))
        printf(", temp 1 %s", world_kind_name(world, s->temps[1]));
    printf(", stack 1 %s, stack 0 %s\n", world_kind_name(world, s->stack[1]),
           world_kind_name(world, s->stack[0]));
    paths_print_comment(text);
}

static void run_scenario(Run *run, const Scenario *scenario) {
    Snapshot before, direct, recorded;
    ScenarioResult expected, result;
    char *text = NULL;
    size_t size;
    FILE *out = open_memstream(&text, &size);
    world_save(&run->world, &before);
    direct_run(&run->world.scenario, scenario, &expected);
    world_save(&run->world, &direct);
    world_restore(&run->world, &before);
    recorded_run(&run->world.scenario, scenario, &result, out);
    world_save(&run->world, &recorded);
    world_restore(&run->world, &before);
    fclose(out);
    if (!results_are_equal(&expected, &result) || !snapshots_are_equal(&direct, &recorded)) {
        run->differences++;
        printf("# the builds differ in this run:\n");
        list_path(&run->world, scenario, text);
    }
    if (paths_add(&run->paths, text)) list_path(&run->world, scenario, text);
}

// ---- running all

static void run_receivers(Run *run, Scenario *s) {
    for (unsigned k = 0; k < run->world.kind_count; k++) {
        uint64_t bits = run->world.kinds[k].bits;
        if (touches_receiver((BytecodeOp)s->op)) {
            if (!may_be_receiver(bits)) continue;
            s->receiver = bits;
        } else if (touches_vector((BytecodeOp)s->op)) {
            s->temps[1] = bits;
        } else if (k > 0) {
            return;
        }
        run_scenario(run, s);
    }
}

static void run_methods(Run *run, Scenario *s) {
    for (unsigned m = 0; m < METHOD_COUNT; m++) {
        s->method = run->world.methods[m];
        run_receivers(run, s);
    }
}

static void run_frames(Run *run, Scenario *s) {
    s->frame_flags = frame_flags_make(FRAME_INTERPRETED, SCENARIO_ARGUMENTS, false);
    run_methods(run, s);
    if (!touches_receiver((BytecodeOp)s->op)) return;
    s->frame_flags |= FRAME_FLAG_CHECKED_SELF;
    run_methods(run, s);
}

static void run_operands(Run *run, Variant variant) {
    const World *world = &run->world;
    Instruction in = {.op = variant.op, .a = variant.a, .b = variant.b, .c = variant.c};
    int64_t pops = instruction_stack_effect(&in).pops;
    unsigned tops = pops > 0 ? world->kind_count : 1, seconds = pops > 1 ? world->kind_count : 1;
    Scenario s = {.op = variant.op, .a = variant.a, .b = variant.b, .c = variant.c, .depth = 4};
    for (unsigned i = 0; i < SCENARIO_TEMPS; i++)
        s.temps[i] = world->kinds[i].bits;
    for (unsigned i = 0; i < SCENARIO_STACK; i++)
        s.stack[i] = world->kinds[0].bits;
    s.receiver = world->kinds[0].bits;
    for (unsigned second = 0; second < seconds; second++) {
        for (unsigned top = 0; top < tops; top++) {
            s.stack[1] = world->kinds[second].bits;
            s.stack[0] = world->kinds[top].bits;
            run_frames(run, &s);
        }
    }
}

// A special send's row in the table of the newer set gives its operands.
static Variant plain_variant(BytecodeOp op) {
    for (unsigned byte = 96; byte < 128; byte++) {
        uint8_t code[1] = {(uint8_t)byte};
        Instruction in;
        if (instruction_decode(code, 1, 0, true, &in) && in.op == op)
            return (Variant){op, (int)in.a, (int)in.b, (int)in.c};
    }
    return (Variant){op, 0, 0, 0};
}

static void run_bytecode(Run *run, BytecodeOp op) {
    bool has_variants = false;
    for (size_t i = 0; i < sizeof variants / sizeof *variants; i++) {
        if (variants[i].op != op) continue;
        has_variants = true;
        run_operands(run, variants[i]);
    }
    if (!has_variants) run_operands(run, plain_variant(op));
}

// ---- what must be among the paths

typedef struct Expectation {
    BytecodeOp op;
    const char *path;
} Expectation;

static const Expectation expectations[] = {
    {BC_SEND_ADD, "  oops_are_ints(stack 1, stack 0)\n"
                  "  not num_add_overflows(num_from_oop(stack 1), num_from_oop(stack 0))\n"
                  "  num_fits_int(num_add(num_from_oop(stack 1), num_from_oop(stack 0)))\n"
                  "  = next, top oop_from_num(num_add(num_from_oop(stack 1), "
                  "num_from_oop(stack 0)))\n"},
    {BC_SEND_LESS, "  not oops_are_ints(stack 1, stack 0)\n"
                   "  oop_is_small_float(stack 1)\n"
                   "  not oop_is_small_float(stack 0)\n"
                   "  = send slot_at(slot_at(special objects, 23), 4)\n"},
    {BC_JUMP_IF_TRUE, "  not oop_is(stack 0, true)\n"
                      "  not oop_is(stack 0, false)\n"
                      "  = must be boolean\n"},
    {BC_POP_INTO_RECEIVER_VARIABLE, "  not oop_is_readonly(receiver)\n"
                                    "  ! slot_at_put(receiver, 2, stack 0)\n"
                                    "  = next\n"},
    {BC_PUSH_REMOTE_TEMP, "  oop_is_pointers(temp 1)\n"
                          "  num_lt(2, slot_count(temp 1))\n"
                          "  = next, top slot_at(temp 1, 2)\n"},
    {BC_PUSH_LITERAL_VARIABLE, "  not oop_is_association(slot_at(method, 2))\n"
                               "  = bad code\n"},
    {BC_SUPER_SEND, "  oop_is_association(slot_at(method, method_literal_count(method)))\n"
                    "  = super send slot_at(method, 1), "
                    "slot_at(slot_at(method, method_literal_count(method)), 1)\n"},
    {BC_PUSH_ARRAY_OF_TOP, "  not oop_is_none(new object 1)\n"
                           "  ! heap_allocate(51, 2, 2, new object 1)\n"
                           "  ! slot_at_put(new object 1, 0, stack 1)\n"
                           "  ! slot_at_put(new object 1, 1, stack 0)\n"
                           "  = next, top new object 1\n"},
};

static void check_expectations(Run *run, BytecodeOp op) {
    for (size_t i = 0; i < sizeof expectations / sizeof *expectations; i++) {
        if (expectations[i].op != op) continue;
        if (paths_include(&run->paths, expectations[i].path)) continue;
        run->differences++;
        printf("# there is no such path:\n");
        paths_print_comment(expectations[i].path);
    }
}

static bool test_bytecode(Run *run, BytecodeOp op) {
    run->differences = 0;
    run_bytecode(run, op);
    check_expectations(run, op);
    bool passed = run->differences == 0 && run->paths.count > 0;
    paths_clear(&run->paths);
    printf("%sok %d %s\n", passed ? "" : "not ", op + 1, bytecode_op_name(op));
    return passed;
}

int main(void) {
    static Run run;
    bool passed = true;
    if (!world_make(&run.world)) return 2;
    printf("1..%d\n", BYTECODE_OP_COUNT);
    for (int op = 0; op < BYTECODE_OP_COUNT; op++)
        if (!test_bytecode(&run, (BytecodeOp)op)) passed = false;
    world_destroy(&run.world);
    return passed ? 0 : 1;
}
