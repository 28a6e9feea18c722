// SPDX-License-Identifier: MIT
// cpu.h in a program that was built without Unicorn: no processor can be opened, so nothing else is
// ever called.
#include "tool/cpu.h"

#ifndef PARLEY_UNICORN
#include <stddef.h>

#include "base/check.h"

bool cpu_is_built_in(void) { return false; }
const char *cpu_library(void) { return NULL; }

Status cpu_open(Cpu **cpu, const CpuOptions *options, Diagnosis *diagnosis) {
    (void)options;
    *cpu = NULL;
    return diagnose(diagnosis, STATUS_BAD_USAGE,
                    "no simulator in this program: build it where libunicorn-dev is installed");
}

void cpu_close(Cpu *cpu) { CHECK(!cpu, "no processor can be open"); }

// The rest of cpu.h: NOTHING(function, parameters), ANSWER(type, function, parameters).
#define NOTHING(function, ...)                                                                     \
    void function(__VA_ARGS__) { CHECK(false, "no processor can be open"); }
#define ANSWER(type, function, ...)                                                                \
    type function(__VA_ARGS__) {                                                                   \
        CHECK(false, "no processor can be open");                                                  \
        return (type)0;                                                                            \
    }
#pragma GCC diagnostic ignored "-Wunused-parameter"

ANSWER(const char *, cpu_stop_name, CpuStop stop)
ANSWER(uint64_t, cpu_gate, Cpu *cpu, const char *name, CpuFunction function)
NOTHING(cpu_code_written, Cpu *cpu, uint64_t start, uint64_t bytes)
ANSWER(CpuStop, cpu_call, Cpu *cpu, uint64_t function, void *vm, uint64_t first, uint64_t second)
ANSWER(CpuStop, cpu_resume, Cpu *cpu)
ANSWER(CpuStop, cpu_run_at, Cpu *cpu, uint64_t pc)
ANSWER(CpuStop, cpu_step, Cpu *cpu)
ANSWER(bool, cpu_stop_at, Cpu *cpu, uint64_t address)
NOTHING(cpu_stop_nowhere, Cpu *cpu)
NOTHING(cpu_limit, Cpu *cpu, uint64_t instructions)
ANSWER(const CpuCounts *, cpu_counts, const Cpu *cpu)
ANSWER(uint64_t, cpu_get, Cpu *cpu, Reg reg)
NOTHING(cpu_set, Cpu *cpu, Reg reg, uint64_t value)
ANSWER(double, cpu_get_float, Cpu *cpu, FloatReg reg)
NOTHING(cpu_set_float, Cpu *cpu, FloatReg reg, double value)
ANSWER(uint64_t, cpu_pc, Cpu *cpu)
ANSWER(uint64_t, cpu_machine_sp, Cpu *cpu)
ANSWER(uint64_t, cpu_c_stack_top, const Cpu *cpu)
ANSWER(uint64_t, cpu_return_address, Cpu *cpu)
ANSWER(const char *, cpu_gate_name, const Cpu *cpu, uint64_t address)
ANSWER(const char *, cpu_explain, Cpu *cpu)

#endif
