// SPDX-License-Identifier: MIT
// Runs primitives on every kind of receiver and arguments, in the direct and in the recording
// build, and compares what they did. A primitive that fails must have changed nothing. The output
// is TAP, a test for each primitive; the paths that were recorded are comments in it.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "paths.h"
#include "world.h"

typedef struct Tested {
    const char *name;
    unsigned argument_count;
} Tested;

static const Tested tested[] = {
#define TESTED(function, argument_count) {#function, argument_count},
#include "primitives.tbl"
#undef TESTED
};
enum { TESTED_COUNT = sizeof tested / sizeof *tested };

typedef struct Run {
    World world;
    Paths paths;
    unsigned differences;
} Run;

static bool results_are_equal(const PrimitiveResult *x, const PrimitiveResult *y) {
    return x->outcome == y->outcome && x->failure == y->failure && x->depth == y->depth &&
           memcmp(x->stack, y->stack, sizeof x->stack) == 0;
}

static void list_path(const Run *run, const PrimitiveScenario *s, const char *text) {
    printf("# %s", tested[s->index].name);
    for (unsigned i = 0; i <= s->argument_count; i++)
        printf("%s %s", i ? "," : "", world_kind_name(&run->world, s->operands[i]));
    putchar('\n');
    paths_print_comment(text);
}

static void complain(Run *run, const PrimitiveScenario *s, const char *what, const char *text) {
    run->differences++;
    printf("# %s:\n", what);
    list_path(run, s, text);
}

static void run_scenario(Run *run, const PrimitiveScenario *s) {
    Snapshot before, direct, recorded;
    PrimitiveResult expected, result;
    char *text = NULL;
    size_t size;
    FILE *out = open_memstream(&text, &size);
    world_save(&run->world, &before);
    direct_run_primitive(&run->world.scenario, s, &expected);
    world_save(&run->world, &direct);
    world_restore(&run->world, &before);
    recorded_run_primitive(&run->world.scenario, s, &result, out);
    world_save(&run->world, &recorded);
    world_restore(&run->world, &before);
    fclose(out);
    if (!results_are_equal(&expected, &result) || !snapshots_are_equal(&direct, &recorded))
        complain(run, s, "the builds differ in this run", text);
    if (expected.outcome == PRIMITIVE_FAILED && !snapshots_are_equal(&direct, &before))
        complain(run, s, "it failed after it had changed something", text);
    if (paths_add(&run->paths, text)) list_path(run, s, text);
}

// Every combination of kinds from this operand on; the last of three is one of a few.
static void run_operands(Run *run, PrimitiveScenario *s, unsigned operand) {
    if (operand > s->argument_count) {
        run_scenario(run, s);
        return;
    }
    unsigned step = operand == 2 ? 5 : 1;
    for (unsigned k = 0; k < run->world.kind_count; k += step) {
        s->operands[operand] = run->world.kinds[k].bits;
        run_operands(run, s, operand + 1);
    }
}

static bool test_primitive(Run *run, unsigned index) {
    PrimitiveScenario s = {.index = index, .argument_count = tested[index].argument_count};
    run->differences = 0;
    run_operands(run, &s, 0);
    bool passed = run->differences == 0 && run->paths.count > 0;
    paths_clear(&run->paths);
    printf("%sok %u %s\n", passed ? "" : "not ", index + 1, tested[index].name);
    return passed;
}

int main(void) {
    static Run run;
    bool passed = true;
    if (!world_make(&run.world)) return 2;
    printf("1..%u\n", (unsigned)TESTED_COUNT);
    for (unsigned i = 0; i < TESTED_COUNT; i++)
        if (!test_primitive(&run, i)) passed = false;
    world_destroy(&run.world);
    return passed ? 0 : 1;
}
