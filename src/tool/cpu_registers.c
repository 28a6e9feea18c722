// SPDX-License-Identifier: MIT
// The registers of the simulated machines, by name, and what there is to say when one stops.
#ifdef PARLEY_UNICORN
#include "tool/cpu_unicorn.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "tool/listing.h"

#define X(n) UC_ARM64_REG_X##n
static const CpuIsa x64 = {
    .backend = &backend_x64,
    .arch = UC_ARCH_X86,
    .mode = UC_MODE_64,
    .registers = {UC_X86_REG_RAX, UC_X86_REG_RCX, UC_X86_REG_RDX, UC_X86_REG_RBX, UC_X86_REG_RSP,
                  UC_X86_REG_RBP, UC_X86_REG_RSI, UC_X86_REG_RDI, UC_X86_REG_R8, UC_X86_REG_R9,
                  UC_X86_REG_R10, UC_X86_REG_R11, UC_X86_REG_R12, UC_X86_REG_R13, UC_X86_REG_R14,
                  UC_X86_REG_R15},
    .machine_sp = UC_X86_REG_RSP,
    .pc = UC_X86_REG_RIP,
    .arguments = {UC_X86_REG_RDI, UC_X86_REG_RSI, UC_X86_REG_RDX},
    .result = UC_X86_REG_RAX,
    .floats = UC_X86_REG_XMM0,
    .saved = {UC_X86_REG_RBX, UC_X86_REG_RBP, UC_X86_REG_R12, UC_X86_REG_R13, UC_X86_REG_R14,
              UC_X86_REG_R15},
    .saved_count = 6,
    .spoiled = {UC_X86_REG_RCX, UC_X86_REG_RDX, UC_X86_REG_RSI, UC_X86_REG_RDI, UC_X86_REG_R8,
                UC_X86_REG_R9, UC_X86_REG_R10, UC_X86_REG_R11},
    .spoiled_count = 8,
    .gate_interrupt = 0x81,
    .trap_interrupt = 3,
    .gate_code = {0xCD, 0x81, 0xC3}, // int 0x81; ret
    .gate_code_bytes = 3,
};
static const CpuIsa arm64 = {
    .backend = &backend_arm64,
    .arch = UC_ARCH_ARM64,
    .mode = UC_MODE_ARM,
    .registers = {X(0),  X(1),  X(2),  X(3),  X(4),  X(5),  X(6),  X(7),  X(8),  X(9),  X(10),
                  X(11), X(12), X(13), X(14), X(15), X(16), X(17), X(18), X(19), X(20), X(21),
                  X(22), X(23), X(24), X(25), X(26), X(27), X(28), X(29), X(30)},
    .machine_sp = UC_ARM64_REG_SP,
    .pc = UC_ARM64_REG_PC,
    .link = UC_ARM64_REG_X30,
    .arguments = {X(0), X(1), X(2)},
    .result = X(0),
    .floats = UC_ARM64_REG_D0,
    .saved = {X(19), X(20), X(21), X(22), X(23), X(24), X(25), X(26), X(27), X(28), X(29)},
    .saved_count = 11,
    .spoiled = {X(1), X(2), X(3), X(4), X(5), X(6), X(7), X(8), X(9), X(10), X(11), X(12), X(13),
                X(14), X(15), X(16), X(17)},
    .spoiled_count = 17,
    .reserved = X(18),
    .gate_interrupt = 2, // of a supervisor call
    .trap_interrupt = 7, // of a breakpoint
    .trap_bytes = 4,
    .gate_code = {0x01, 0x00, 0x00, 0xD4, 0xC0, 0x03, 0x5F, 0xD6}, // svc 0; ret
    .gate_code_bytes = 8,
};
#undef X

const CpuIsa *cpu_isa(const Backend *backend) {
    if (backend == &backend_x64) return &x64;
    return backend == &backend_arm64 ? &arm64 : NULL;
}

uint64_t cpu_read(Cpu *cpu, int unicorn_register) {
    uint64_t value = 0;
    cpu->unicorn.reg_read(cpu->engine, unicorn_register, &value);
    return value;
}

void cpu_write(Cpu *cpu, int unicorn_register, uint64_t value) {
    cpu->unicorn.reg_write(cpu->engine, unicorn_register, &value);
}

static int by_name(const Cpu *cpu, Reg reg) {
    return cpu->isa->registers[cpu->isa->backend->machine_numbers[reg]];
}

uint64_t cpu_get(Cpu *cpu, Reg reg) { return cpu_read(cpu, by_name(cpu, reg)); }
void cpu_set(Cpu *cpu, Reg reg, uint64_t value) { cpu_write(cpu, by_name(cpu, reg), value); }
uint64_t cpu_machine_sp(Cpu *cpu) { return cpu_read(cpu, cpu->isa->machine_sp); }

// The upper half of a vector register is of no use to us, but has its place.
double cpu_get_float(Cpu *cpu, FloatReg reg) {
    uint64_t halves[2] = {0};
    double value;
    cpu->unicorn.reg_read(cpu->engine, cpu->isa->floats + (int)reg, halves);
    memcpy(&value, halves, sizeof value);
    return value;
}

void cpu_set_float(Cpu *cpu, FloatReg reg, double value) {
    uint64_t halves[2] = {0};
    memcpy(halves, &value, sizeof value);
    cpu->unicorn.reg_write(cpu->engine, cpu->isa->floats + (int)reg, halves);
}

// ---- explaining

typedef struct Text {
    char *at;
    size_t left;
} Text;

static void __attribute__((format(printf, 2, 3))) say(Text *text, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    int written = vsnprintf(text->at, text->left, format, arguments);
    va_end(arguments);
    size_t count = written < 0 ? 0 : (size_t)written;
    if (count >= text->left) count = text->left ? text->left - 1 : 0;
    text->at += count;
    text->left -= count;
}

static void say_why(Cpu *cpu, Text *text) {
    say(text, "simulated %s: %s", cpu->isa->backend->name, cpu_stop_name(cpu->stop));
    if (cpu->stop == CPU_FAULT && cpu->fault)
        say(text, ": %s 0x%llx", cpu->fault, (unsigned long long)cpu->fault_address);
    if (cpu->stop == CPU_BROKEN) say(text, ": %s", cpu->broken);
    say(text, ", pc 0x%llx\n", (unsigned long long)cpu_pc(cpu));
}

static void say_registers(Cpu *cpu, Text *text) {
    const Backend *backend = cpu->isa->backend;
    for (int reg = 0; reg < REGISTER_COUNT; reg++) {
        char name[24];
        snprintf(name, sizeof name, "%s (%s)", register_name((Reg)reg),
                 backend->machine_names[reg]);
        say(text, "  %-10s 0x%-16llx%s", name, (unsigned long long)cpu_get(cpu, (Reg)reg),
            reg % 3 == 2 ? "\n" : "");
    }
    say(text, "%s  machine sp 0x%llx\n", REGISTER_COUNT % 3 ? "\n" : "",
        (unsigned long long)cpu_machine_sp(cpu));
}

// Code cannot be read backwards where instructions differ in size: begins at pc there.
static void say_code(Cpu *cpu, Text *text) {
    uint64_t pc = cpu_pc(cpu), back = cpu->isa->link ? 16 : 0;
    uint8_t bytes[64];
    Listing *listing = listing_open(cpu->isa->backend);
    size_t count = sizeof bytes, at = 0;
    if (cpu->unicorn.mem_read(cpu->engine, pc - back, bytes, count) != UC_ERR_OK) {
        back = 0;
        while (count && cpu->unicorn.mem_read(cpu->engine, pc, bytes, count) != UC_ERR_OK)
            count /= 2;
    }
    if (!count) say(text, "  no code at pc\n");
    while (listing && at + 16 < count) {
        char line[160];
        uint64_t address = pc - back + at;
        at += listing_instruction(listing, bytes + at, count - at, address, line, sizeof line);
        say(text, "%s 0x%llx  %s\n", address == pc ? "->" : "  ", (unsigned long long)address,
            line);
    }
    listing_close(listing);
}

const char *cpu_explain(Cpu *cpu) {
    Text text = {cpu->explanation, sizeof cpu->explanation};
    say_why(cpu, &text);
    say_registers(cpu, &text);
    say_code(cpu, &text);
    return cpu->explanation;
}

#endif
