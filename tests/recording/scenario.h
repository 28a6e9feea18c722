// SPDX-License-Identifier: MIT
// A scenario: one bytecode body with the operands, stack, frame and method that it finds, or one
// primitive with its receiver and arguments. It is run twice from the same heap, by the direct
// build and by the recording build; what both leave behind must be the same, word for word.
#ifndef TESTS_RECORDING_SCENARIO_H
#define TESTS_RECORDING_SCENARIO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

enum { SCENARIO_STACK = 6, SCENARIO_ARGUMENTS = 1, SCENARIO_TEMPS = 3, SCENARIO_RESULT_STACK = 12 };

typedef struct Scenario {
    unsigned op; // BytecodeOp
    int a, b, c;
    uint64_t frame_flags;
    uint64_t receiver, method;
    uint64_t temps[SCENARIO_TEMPS];
    uint64_t stack[SCENARIO_STACK]; // 0 is the top
    unsigned depth;
} Scenario;

typedef struct ScenarioResult {
    int action;
    int64_t bytes_moved; // by ip
    unsigned depth, argument_count;
    uint64_t stack[SCENARIO_RESULT_STACK];
    uint64_t temps[SCENARIO_TEMPS];
    uint64_t selector, value;
} ScenarioResult;

enum { PRIMITIVE_OPERANDS = 3, PRIMITIVE_FAILED = 0 };

typedef struct PrimitiveScenario {
    unsigned index; // of the row in primitives.tbl
    unsigned argument_count;
    uint64_t operands[PRIMITIVE_OPERANDS]; // receiver, arguments
} PrimitiveScenario;

typedef struct PrimitiveResult {
    int outcome, failure;
    unsigned depth;                     // words left on the stack
    uint64_t stack[PRIMITIVE_OPERANDS]; // from the top
} PrimitiveResult;

struct VM;
// Concrete oops for services that a lone body cannot have.
typedef struct ScenarioWorld {
    struct VM *vm;
    uint64_t active_context, active_process;
    void *shadow; // of recorded_shadow_bytes: the VM that the recording build sees
} ScenarioWorld;

void direct_run(const ScenarioWorld *world, const Scenario *scenario, ScenarioResult *result);
// Also prints the path to `out`: conditions, effects, and how it ends.
void recorded_run(const ScenarioWorld *world, const Scenario *scenario, ScenarioResult *result,
                  FILE *out);
void direct_run_primitive(const ScenarioWorld *world, const PrimitiveScenario *scenario,
                          PrimitiveResult *result);
void recorded_run_primitive(const ScenarioWorld *world, const PrimitiveScenario *scenario,
                            PrimitiveResult *result, FILE *out);
size_t recorded_shadow_bytes(void);

#endif
