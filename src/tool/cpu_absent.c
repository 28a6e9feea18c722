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

#define NEVER CHECK(false, "no processor can be open")

const char *cpu_stop_name(CpuStop stop) {
    (void)stop;
    return "no simulator";
}

uint64_t cpu_gate(Cpu *cpu, const char *name, CpuFunction function) {
    (void)cpu, (void)name, (void)function;
    NEVER;
    return 0;
}

void cpu_code_written(Cpu *cpu, uint64_t start, uint64_t bytes) {
    (void)cpu, (void)start, (void)bytes;
    NEVER;
}

CpuStop cpu_call(Cpu *cpu, uint64_t function, void *vm, uint64_t first, uint64_t second) {
    (void)cpu, (void)function, (void)vm, (void)first, (void)second;
    NEVER;
    return CPU_BROKEN;
}

const CpuCounts *cpu_counts(const Cpu *cpu) {
    (void)cpu;
    NEVER;
    return NULL;
}

uint64_t cpu_get(Cpu *cpu, Reg reg) {
    (void)cpu, (void)reg;
    NEVER;
    return 0;
}

const char *cpu_explain(Cpu *cpu) {
    (void)cpu;
    NEVER;
    return NULL;
}

#endif
