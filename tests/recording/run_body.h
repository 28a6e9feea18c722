// SPDX-License-Identifier: MIT
// Sets up registers and a frame from a scenario, runs the body, and takes the result. Included by
// direct.c and recorded.c, which say how words get in (WORD_IN, OOP_IN) and out (WORD_OUT,
// OOP_OUT).
#include "bytecode/instruction.h"
#include "run/bodies.h"
#include "scenario.h"

typedef Action (*Body)(Registers *, int, int, int);

static const Body bodies[] = {
#define INSTRUCTION(NAME, pops, pushes, flow, text) body_##NAME,
#include "bytecode/instructions.tbl"
#undef INSTRUCTION
};

enum { PAGE_WORDS = 64, PAGE_FP = 48 };

static void fill_frame(uint64_t *fp, const Scenario *s) {
    fp[FRAME_FLAGS] = s->frame_flags;
    fp[FRAME_PC] = 0;
    fp[FRAME_RECEIVER] = WORD_IN("receiver", 0, s->receiver);
    for (unsigned i = 0; i < SCENARIO_TEMPS; i++)
        *frame_temp(fp, i) = WORD_IN("temp", i + 1, s->temps[i]);
}

static void take_result(const Registers *r, uint64_t *stack_end, ScenarioResult *result) {
    result->depth = (unsigned)(stack_end - r->sp);
    for (unsigned i = 0; i < result->depth && i < SCENARIO_RESULT_STACK; i++)
        result->stack[i] = WORD_OUT(r->sp[i]);
    for (unsigned i = 0; i < SCENARIO_TEMPS; i++)
        result->temps[i] = WORD_OUT(*frame_temp(r->fp, i));
    result->selector = OOP_OUT(r->selector);
    result->value = OOP_OUT(r->value);
    result->argument_count = r->argument_count;
}

// What the caller may look at while the registers are still there.
typedef void (*ResultPrinter)(FILE *out, const Registers *r, const Scenario *s, Action action);

static void run_body(VM *vm, const Scenario *s, ScenarioResult *result, ResultPrinter printer,
                     FILE *out) {
    static const uint8_t code[4096];
    uint64_t page[PAGE_WORDS] = {0}, *fp = page + PAGE_FP;
    uint64_t *stack_end = frame_temp(fp, SCENARIO_TEMPS - 1);
    Registers r = {.vm = vm,
                   .ip = code + 2048,
                   .fp = fp,
                   .sp = stack_end,
                   .method = OOP_IN("method", s->method)};
    *result = (ScenarioResult){0};
    fill_frame(fp, s);
    for (unsigned i = s->depth; i > 0; i--)
        *--r.sp = WORD_IN("stack", i, s->stack[i - 1]);
    Action action = bodies[s->op](&r, s->a, s->b, s->c);
    result->action = (int)action;
    result->bytes_moved = r.ip - (code + 2048);
    take_result(&r, stack_end, result);
    if (printer) printer(out, &r, s, action);
}
