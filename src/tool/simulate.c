// SPDX-License-Identifier: MIT
// See simulate.h. The compiler's hooks do it all: `execute` runs code, `written` tells of changes,
// and the table of C functions holds addresses of the processor's gate instead of C's own.
#include "tool/simulate.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/check.h"
#include "base/os.h"
#include "jit/runtime.h"

struct Simulation {
    VM *vm;
    Cpu *cpu;
    const Backend *backend;
    bool report;
    uint64_t began; // nanoseconds
};

// What goes wrong in simulated code is the compiler's fault.
static MachineAction run_simulated(VM *vm, uint64_t start) {
    Simulation *simulation = vm->jit->executor;
    uint64_t outer = vm->machine.c_stack;
    CpuStop stop = cpu_call(simulation->cpu, vm->jit->enter, vm, start, 0);
    if (stop != CPU_RETURNED) fputs(cpu_explain(simulation->cpu), stderr);
    CHECK(stop == CPU_RETURNED, "simulated code: %s", cpu_stop_name(stop));
    vm->machine.c_stack = outer;
    return (MachineAction)cpu_get(simulation->cpu, R_T0);
}

static void written(void *context, uint64_t start, uint64_t bytes) {
    cpu_code_written(((Simulation *)context)->cpu, start, bytes);
}

static bool replace_entries(Simulation *simulation) {
    static const char *const names[] = {
#define RUNTIME(NAME, function, text) #function,
#include "jit/runtime.tbl"
#undef RUNTIME
    };
    for (int entry = 0; entry < RUNTIME_COUNT; entry++) {
        uint64_t *place = &simulation->vm->machine.entries[entry];
        CpuFunction function;
        memcpy(&function, place, sizeof function);
        *place = cpu_gate(simulation->cpu, names[entry], function);
        if (!*place) return false;
    }
    return true;
}

Cpu *simulate_cpu(Simulation *simulation) { return simulation->cpu; }

Status simulate_begin(Simulation **out, VM *vm, const SimulateOptions *options,
                      Diagnosis *diagnosis) {
    Jit *jit = vm->jit;
    Simulation *simulation = calloc(1, sizeof *simulation);
    *out = NULL;
    if (!simulation) return diagnose(diagnosis, STATUS_NO_MEMORY, "not enough memory");
    simulation->vm = vm;
    simulation->backend = jit->zone.backend;
    simulation->report = options->report;
    CpuOptions cpu_options = {
        .backend = jit->zone.backend, .arena = &vm->arena, .strict = options->strict};
    Status status = cpu_open(&simulation->cpu, &cpu_options, diagnosis);
    if (!status && !replace_entries(simulation))
        status = diagnose(diagnosis, STATUS_LIMIT, "too many functions for a simulated processor");
    if (status) {
        cpu_close(simulation->cpu);
        free(simulation);
        return status;
    }
    jit->zone.written = written;
    jit->zone.written_context = simulation;
    jit->execute = run_simulated;
    jit->executor = simulation;
    simulation->began = os_monotonic_nanoseconds();
    *out = simulation;
    return STATUS_OK;
}

static void report(const Simulation *simulation) {
    const CpuCounts *counts = cpu_counts(simulation->cpu);
    double seconds = (double)(os_monotonic_nanoseconds() - simulation->began) / 1e9;
    fprintf(stderr,
            "simulated %s: %llu calls of C, %llu entries, %.3f s, %.0f calls of C a second\n",
            simulation->backend->name, (unsigned long long)counts->served,
            (unsigned long long)counts->entered, seconds,
            seconds > 0 ? (double)counts->served / seconds : 0);
}

void simulate_end(Simulation *simulation) {
    if (!simulation) return;
    if (simulation->report) report(simulation);
    cpu_close(simulation->cpu);
    free(simulation);
}
