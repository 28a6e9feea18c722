// SPDX-License-Identifier: MIT
// Sets up a VM's stack from a scenario, runs the primitive, and takes the result. Included as
// run_body.h is.
#include "run/primitive.h"
#include "scenario.h"

#define TESTED(function, argument_count) Outcome function(VM *vm);
#include "primitives.tbl"
#undef TESTED

static const PrimitiveFunction primitive_functions[] = {
#define TESTED(function, argument_count) function,
#include "primitives.tbl"
#undef TESTED
};

// What the caller may look at while the stack is still there.
typedef void (*OutcomePrinter)(FILE *out, const VM *vm, Outcome outcome);

static void run_primitive(VM *vm, const PrimitiveScenario *s, PrimitiveResult *result,
                          OutcomePrinter printer, FILE *out) {
    static const char *const names[] = {"receiver", "argument 1", "argument 2"};
    uint64_t page[64] = {0}, *end = page + 48;
    *result = (PrimitiveResult){0};
    vm->sp = end;
    for (unsigned i = 0; i <= s->argument_count; i++)
        *--vm->sp = WORD_IN(names[i], 0, s->operands[i]);
    vm->argument_count = s->argument_count;
    vm->failure = FAILURE_NONE;
    Outcome outcome = primitive_functions[s->index](vm);
    result->outcome = (int)outcome;
    result->failure = outcome == OUTCOME_FAILED ? (int)vm->failure : 0;
    result->depth = (unsigned)(end - vm->sp);
    for (unsigned i = 0; i < result->depth && i < PRIMITIVE_OPERANDS; i++)
        result->stack[i] = WORD_OUT(vm->sp[i]);
    if (printer) printer(out, vm, outcome);
}
