// SPDX-License-Identifier: MIT
// Module ParleyJIT (docs/modules.md): parameters and counters by their names. All of them fail with
// "unsupported" where nothing is compiled.
#include "jit/primitives.h"

#include <string.h>

#include "jit/jit.h"
#include "plugin/operands.h"
#include "plugin/registry.h"
#include "run/primitive.h"

static const char *const parameter_names[] = {
#define JIT_PARAMETER(field, name, preset, least, most, text) name,
#include "jit/parameters.tbl"
#undef JIT_PARAMETER
};

static const char *const counter_names[] = {
#define JIT_COUNTER(field, name, text)     name,
#define JIT_FIGURE(name, expression, text) name,
#include "jit/counters.tbl"
#undef JIT_COUNTER
#undef JIT_FIGURE
};
enum { COUNTER_COUNT = sizeof counter_names / sizeof *counter_names };

static Outcome answer_names(VM *vm, const char *const *names, int count) {
    ArrayBuilder array = operand_array(vm, count);
    for (int i = 0; i < count; i++)
        operand_array_put(vm, &array, operand_new_string(vm, names[i]));
    return operand_answer(vm, operand_array_done(&array));
}

// The names of all parameters
static Outcome prim_parameter_names(VM *vm) {
    if (!vm->jit) return prim_fail(vm, FAILURE_UNSUPPORTED);
    return answer_names(vm, parameter_names, JIT_PARAMETER_COUNT);
}

static bool parameter_operand(VM *vm, unsigned argument, JitParameter *which) {
    int index;
    if (!operand_int(prim_argument(vm, argument), &index)) return false;
    *which = (JitParameter)(index - 1);
    return index >= 1 && index <= JIT_PARAMETER_COUNT;
}

// (index): the parameter's value, an Integer
static Outcome prim_parameter(VM *vm) {
    JitParameter which;
    if (!vm->jit) return prim_fail(vm, FAILURE_UNSUPPORTED);
    if (!parameter_operand(vm, 0, &which)) return prim_fail(vm, FAILURE_BAD_INDEX);
    return operand_answer(vm, prim_integer_from_num(vm, num(jit_parameter(vm->jit, which))));
}

// (index, value): changes it; fails with "inappropriate" for a value that it cannot have
static Outcome prim_parameter_put(VM *vm) {
    JitParameter which;
    Oop value = prim_argument(vm, 1);
    if (!vm->jit) return prim_fail(vm, FAILURE_UNSUPPORTED);
    if (!parameter_operand(vm, 0, &which)) return prim_fail(vm, FAILURE_BAD_INDEX);
    if (!oop_is_int(value)) return prim_fail(vm, FAILURE_BAD_ARGUMENT);
    if (!jit_set_parameter(vm, which, num_concrete(num_from_oop(value))))
        return prim_fail(vm, FAILURE_INAPPROPRIATE);
    return prim_answer(vm, value);
}

// The names of all counters and figures
static Outcome prim_counter_names(VM *vm) {
    if (!vm->jit) return prim_fail(vm, FAILURE_UNSUPPORTED);
    return answer_names(vm, counter_names, COUNTER_COUNT);
}

// Their values now, in the same order
static Outcome prim_counters(VM *vm) {
    if (!vm->jit) return prim_fail(vm, FAILURE_UNSUPPORTED);
    const Jit *jit = vm->jit;
    const uint64_t values[] = {
#define JIT_COUNTER(field, name, text)     jit->statistics.field,
#define JIT_FIGURE(name, expression, text) (expression),
#include "jit/counters.tbl"
#undef JIT_COUNTER
#undef JIT_FIGURE
    };
    ArrayBuilder array = operand_array(vm, COUNTER_COUNT);
    for (int i = 0; i < COUNTER_COUNT; i++)
        operand_array_put(vm, &array, prim_integer_from_word(vm, word(values[i])));
    return operand_answer(vm, operand_array_done(&array));
}

// The last events, oldest first: Arrays of kind, at, took, bytes, pieces, used, name
static Outcome prim_events(VM *vm) {
    if (!vm->jit) return prim_fail(vm, FAILURE_UNSUPPORTED);
    JitEvents *events = &vm->jit->events;
    uint64_t first = events->count > JIT_EVENT_RING ? events->count - JIT_EVENT_RING : 0;
    ArrayBuilder all = operand_array(vm, (int)(events->count - first));
    events->wants_names = true;
    for (uint64_t i = first; i < events->count; i++) {
        const JitEvent *event = &events->ring[i % JIT_EVENT_RING];
        ArrayBuilder array = operand_array(vm, 7);
        operand_array_put(vm, &array, operand_new_string(vm, jit_event_name(event->kind)));
        operand_array_put_integer(vm, &array, (int64_t)event->at);
        operand_array_put_integer(vm, &array, (int64_t)event->took);
        operand_array_put_integer(vm, &array, (int64_t)event->bytes);
        operand_array_put_integer(vm, &array, event->pieces);
        operand_array_put_integer(vm, &array, (int64_t)event->used);
        operand_array_put(vm, &array, operand_new_string(vm, event->name));
        operand_array_put(vm, &all, operand_array_done(&array));
    }
    return operand_answer(vm, operand_array_done(&all));
}

static const Primitive jit_primitives[] = {
    NAMED("ParleyJIT", "primitiveParameterNames", prim_parameter_names, 0, -1),
    NAMED("ParleyJIT", "primitiveParameter", prim_parameter, 1, -1),
    NAMED("ParleyJIT", "primitiveParameterPut", prim_parameter_put, 2, -1),
    NAMED("ParleyJIT", "primitiveCounterNames", prim_counter_names, 0, -1),
    NAMED("ParleyJIT", "primitiveCounters", prim_counters, 0, -1),
    NAMED("ParleyJIT", "primitiveEvents", prim_events, 0, -1),
    NAMED_END,
};

Status jit_register_primitives(VM *vm) { return plugin_register_module(vm, jit_primitives); }
