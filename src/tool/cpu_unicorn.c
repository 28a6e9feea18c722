// SPDX-License-Identifier: MIT
// Running the simulated processor. See cpu.h.
//
// Calls of C end at the gate, whose code is a software interrupt and a return. The interrupt is
// served in Unicorn's hook, between two blocks of translated code: there it is safe to change
// memory, to forget translations and to run the processor again, and it takes a tenth of the time
// that leaving and starting Unicorn's loop takes.
//
// Nothing is hooked for every instruction or block but while instructions are counted, or with
// `strict`. A stop is a hook for its address alone.
#ifdef PARLEY_UNICORN
#include "tool/cpu_unicorn.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/bits.h"
#include "base/check.h"
#include "base/os.h"
#include "base/os_library.h"
#include "base/os_memory.h"

enum { DEFAULT_C_STACK = 1 << 20 };
// What C leaves in registers that it may change, to be noticed.
#define SPOILED 0xDEADC0DEDEADC0DEull

bool cpu_is_built_in(void) { return true; }

const char *cpu_library(void) {
    return "Unicorn " CPU_TEXT(UC_API_MAJOR) "." CPU_TEXT(UC_API_MINOR);
}

static bool load_unicorn(UnicornLibrary *unicorn) {
    bool found = true;
    unicorn->handle = os_library_open(CPU_LIBRARY_FILE);
#define UNICORN(name) found &= os_library_find(unicorn->handle, "uc_" #name, &unicorn->name);
#include "tool/unicorn.tbl"
#undef UNICORN
    return found;
}

const char *cpu_stop_name(CpuStop stop) {
    static const char *const names[] = {"returned",      "at a stop", "trapped",
                                        "limit reached", "fault",     "broken rule"};
    return names[stop];
}

const CpuCounts *cpu_counts(const Cpu *cpu) { return &cpu->counts; }

uint64_t cpu_pc(Cpu *cpu) { return cpu->left_at ? cpu->left_at : cpu_read(cpu, cpu->isa->pc); }

uint64_t cpu_c_stack_top(const Cpu *cpu) { return cpu->c_stack + cpu->c_stack_bytes; }

uint64_t cpu_return_address(Cpu *cpu) {
    if (cpu->isa->link) return cpu_read(cpu, cpu->isa->link);
    uint64_t address = 0;
    cpu->unicorn.mem_read(cpu->engine, cpu_machine_sp(cpu), &address, sizeof address);
    return address;
}

// ---- ending a run

static void stop_running(Cpu *cpu, CpuStop why) {
    if (cpu->is_stopping) return;
    cpu->is_stopping = true;
    cpu->stop = why;
    cpu->unicorn.emu_stop(cpu->engine);
}

static void __attribute__((format(printf, 2, 3))) broken(Cpu *cpu, const char *format, ...) {
    if (cpu->is_stopping) return;
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(cpu->broken, sizeof cpu->broken, format, arguments);
    va_end(arguments);
    stop_running(cpu, CPU_BROKEN);
}

// ---- rules

bool cpu_is_on_c_stack(const Cpu *cpu, uint64_t address) {
    return address > cpu->c_stack && address <= cpu_c_stack_top(cpu);
}

static bool is_in_stack_zone(const Cpu *cpu, uint64_t address) {
    return address >= cpu->arena->stack.start && address <= cpu->arena->stack.end;
}

// One of the values that C's registers have at the beginning (spoil_kept).
static bool is_of_c(uint64_t value) { return value - SPOILED < CPU_SAVED_LIMIT; }

// At the beginning of a block of code in the code zone. Where neither SP nor FP, or not both, are
// the code's own, a stub is on its way from C or back: a block may end there too, at each kilobyte.
static void check_registers(Cpu *cpu) {
    if (cpu->isa->reserved && cpu_read(cpu, cpu->isa->reserved) != SPOILED)
        return broken(cpu, "the register that the platform reserves was changed");
    uint64_t sp = cpu_get(cpu, R_SP), fp = cpu_get(cpu, R_FP);
    bool is_machine_sp = cpu->isa->link == 0;
    if (is_machine_sp && cpu_is_on_c_stack(cpu, sp)) return; // a stub on its way
    if (!is_machine_sp && !is_in_stack_zone(cpu, sp) && !is_in_stack_zone(cpu, fp)) return;
    if (!is_machine_sp && (is_of_c(sp) || is_of_c(fp))) return;
    if (sp % 8) return broken(cpu, "SP 0x%llx is not a multiple of 8", (unsigned long long)sp);
    if (!is_in_stack_zone(cpu, sp))
        return broken(cpu, "SP 0x%llx is not in the stack zone", (unsigned long long)sp);
    if (!is_in_stack_zone(cpu, fp))
        return broken(cpu, "FP 0x%llx is not in the stack zone", (unsigned long long)fp);
    if (!is_machine_sp && cpu_machine_sp(cpu) % 16)
        broken(cpu, "the machine's sp is not a multiple of 16");
}

static void on_block(uc_engine *engine, uint64_t address, uint32_t bytes, void *context) {
    (void)engine, (void)address, (void)bytes;
    check_registers(context);
}

// C's stack at the entry of a function: behind a call that pushed the return address, or not.
static bool has_c_stack(Cpu *cpu, uint64_t sp) {
    uint64_t before_call = cpu->isa->link ? sp : sp + 8;
    if (!cpu_is_on_c_stack(cpu, before_call))
        broken(cpu, "C is called on another stack: sp 0x%llx", (unsigned long long)sp);
    else if (before_call % 16)
        broken(cpu, "C is called with sp 0x%llx, not a multiple of 16",
               (unsigned long long)before_call);
    return !cpu->is_stopping;
}

// ---- serving C functions

static void spoil_registers(Cpu *cpu) {
    for (int i = 0; i < cpu->isa->spoiled_count; i++)
        cpu_write(cpu, cpu->isa->spoiled[i], SPOILED);
    for (int i = 0; i < FLOAT_REGISTER_COUNT; i++)
        cpu_set_float(cpu, (FloatReg)i, -1.2345678e-300);
}

// roots: no oop is held here, nor by whoever runs the processor.
static void serve(Cpu *cpu, unsigned gate) {
    const CpuIsa *isa = cpu->isa;
    uint64_t first = cpu_read(cpu, isa->arguments[0]);
    uint64_t second = cpu_read(cpu, isa->arguments[1]);
    uint64_t third = cpu_read(cpu, isa->arguments[2]);
    if (!has_c_stack(cpu, cpu_machine_sp(cpu))) return;
    cpu->counts.served++;
    uint64_t result = cpu->gates[gate].function((void *)(uintptr_t)first, second, third);
    cpu_write(cpu, isa->result, result);
    if (cpu->strict) spoil_registers(cpu);
    if (cpu->lost_memory) broken(cpu, "memory that was committed could not be mapped");
}

static void on_interrupt(uc_engine *engine, uint32_t number, void *context) {
    (void)engine;
    Cpu *cpu = context;
    uint64_t pc = cpu_read(cpu, cpu->isa->pc), gate = (pc - cpu->gate) / CPU_GATE_STEP;
    if (number == cpu->isa->gate_interrupt && gate < cpu->gate_count)
        return serve(cpu, (unsigned)gate);
    if (number == cpu->isa->trap_interrupt) {
        cpu->left_at = pc + cpu->isa->trap_bytes;
        return stop_running(cpu, CPU_TRAPPED);
    }
    cpu->fault = "interrupt at";
    cpu->fault_address = pc;
    stop_running(cpu, CPU_FAULT);
}

// ---- faults

static bool on_bad_access(uc_engine *engine, uc_mem_type type, uint64_t address, int bytes,
                          int64_t value, void *context) {
    (void)engine, (void)bytes, (void)value;
    Cpu *cpu = context;
    switch (type) {
    case UC_MEM_READ_UNMAPPED:
        cpu->fault = "reads where no memory is, at";
        break;
    case UC_MEM_WRITE_UNMAPPED:
        cpu->fault = "writes where no memory is, at";
        break;
    case UC_MEM_WRITE_PROT:
        cpu->fault = "writes what must not be written, at";
        break;
    default:
        cpu->fault = "executes what is no code, at";
    }
    cpu->fault_address = address;
    return false;
}

// ---- stops, limits

static void on_stop(uc_engine *engine, uint64_t address, uint32_t bytes, void *context) {
    (void)engine, (void)bytes;
    Cpu *cpu = context;
    if (cpu->passing == address) {
        cpu->passing = 0;
        return;
    }
    cpu->left_at = cpu->passing = address;
    stop_running(cpu, CPU_AT_STOP);
}

static void on_instruction(uc_engine *engine, uint64_t address, uint32_t bytes, void *context) {
    (void)engine, (void)bytes;
    Cpu *cpu = context;
    if (cpu->is_stopping) return;
    if (cpu->has_limit && cpu->limit == 0) {
        cpu->left_at = address;
        stop_running(cpu, CPU_LIMIT);
        return;
    }
    cpu->counts.instructions++;
    cpu->limit--;
}

static void forget_translations(Cpu *cpu) {
    cpu->forgotten_bytes = 0;
    cpu->counts.forgotten++;
    cpu->unicorn.ctl(cpu->engine, UC_CTL_WRITE(UC_CTL_TB_FLUSH, 0));
}

bool cpu_stop_at(Cpu *cpu, uint64_t address) {
    if (cpu->stop_count == CPU_STOP_LIMIT) return false;
    uc_hook *hook = &cpu->stop_hooks[cpu->stop_count];
    if (cpu->unicorn.hook_add(cpu->engine, hook, UC_HOOK_CODE, (void *)on_stop, cpu, address,
                              address))
        return false;
    cpu->stop_count++;
    forget_translations(cpu);
    return true;
}

void cpu_stop_nowhere(Cpu *cpu) {
    while (cpu->stop_count)
        cpu->unicorn.hook_del(cpu->engine, cpu->stop_hooks[--cpu->stop_count]);
    forget_translations(cpu);
}

static void count_instructions(Cpu *cpu) {
    if (cpu->is_counting) return;
    cpu->is_counting = cpu->unicorn.hook_add(cpu->engine, &cpu->count_hook, UC_HOOK_CODE,
                                             (void *)on_instruction, cpu, 1, 0) == UC_ERR_OK;
    forget_translations(cpu);
}

void cpu_limit(Cpu *cpu, uint64_t instructions) {
    count_instructions(cpu);
    cpu->has_limit = instructions != 0;
    cpu->limit = instructions;
}

// Unicorn 2.0 dies when the room for its translations, 1 GB, is full: it empties it, and then links
// the block that it came from, which is gone. What is forgotten piece by piece keeps its room, so
// all is forgotten in time; that fills the room with zeros, which takes a third of a second. A
// change costs the blocks that it lies in, too, and machine code with checked accesses is about
// thirty times as long.
enum { TRANSLATION_LIMIT = 64 << 20, BYTES_OF_BLOCKS = 16 << 10, TRANSLATED_BYTES = 32 };

void cpu_code_written(Cpu *cpu, uint64_t start, uint64_t bytes) {
    cpu->unicorn.ctl(cpu->engine, UC_CTL_WRITE(UC_CTL_TB_REMOVE_CACHE, 2), start, start + bytes);
    cpu->forgotten_bytes += BYTES_OF_BLOCKS + TRANSLATED_BYTES * bytes;
    if (cpu->forgotten_bytes > TRANSLATION_LIMIT) forget_translations(cpu);
}

// ---- running

static void read_kept(Cpu *cpu, uint64_t *values) {
    for (int i = 0; i < cpu->isa->saved_count; i++)
        values[i] = cpu_read(cpu, cpu->isa->saved[i]);
    values[cpu->isa->saved_count] = cpu_machine_sp(cpu);
}

static CpuStop check_kept(Cpu *cpu) {
    uint64_t now[CPU_SAVED_LIMIT + 1];
    read_kept(cpu, now);
    for (int i = 0; i <= cpu->isa->saved_count; i++) {
        if (cpu->kept[i] == now[i]) continue;
        snprintf(cpu->broken, sizeof cpu->broken,
                 "register %d of those that C keeps was 0x%llx and came back as 0x%llx", i,
                 (unsigned long long)cpu->kept[i], (unsigned long long)now[i]);
        return CPU_BROKEN;
    }
    return CPU_RETURNED;
}

static CpuStop run(Cpu *cpu, uint64_t pc) {
    cpu->is_stopping = false;
    cpu->fault = NULL;
    cpu->fault_address = 0;
    if (cpu->passing != pc) cpu->passing = 0;
    cpu->left_at = 0;
    cpu->depth++;
    cpu_stores_of(cpu);
    uc_err error = cpu->unicorn.emu_start(cpu->engine, pc, cpu->gate, 0, 0);
    cpu->depth--;
    if (cpu->is_stopping) {
        cpu->is_stopping = false;
    } else if (error == UC_ERR_OK) {
        cpu->stop = cpu->is_call ? check_kept(cpu) : CPU_RETURNED;
    } else {
        cpu->stop = CPU_FAULT;
        cpu->fault = cpu->fault ? cpu->fault : cpu->unicorn.strerror(error);
        if (!cpu->fault_address) cpu->fault_address = cpu_pc(cpu);
    }
    return cpu->stop;
}

CpuStop cpu_run_at(Cpu *cpu, uint64_t pc) {
    cpu->is_call = false;
    return run(cpu, pc);
}

CpuStop cpu_resume(Cpu *cpu) { return run(cpu, cpu_pc(cpu)); }

CpuStop cpu_step(Cpu *cpu) {
    bool had_limit = cpu->has_limit;
    uint64_t limit = cpu->limit;
    cpu_limit(cpu, 1);
    CpuStop stop = cpu_resume(cpu);
    cpu->has_limit = had_limit;
    cpu->limit = limit;
    return stop;
}

// C's stack as a call leaves it: under whatever lies there already.
static void prepare_stack(Cpu *cpu) {
    uint64_t sp = cpu->depth ? cpu_machine_sp(cpu) & ~15ull : cpu_c_stack_top(cpu) - 64;
    cpu_write(cpu, cpu->isa->machine_sp, sp);
    read_kept(cpu, cpu->kept);
    if (cpu->isa->link) {
        cpu_write(cpu, cpu->isa->link, cpu->gate);
        return;
    }
    memcpy((void *)(uintptr_t)(sp - 8), &cpu->gate, sizeof cpu->gate);
    cpu_write(cpu, cpu->isa->machine_sp, sp - 8);
}

static CpuStop call(Cpu *cpu, uint64_t function, void *vm, uint64_t first, uint64_t second) {
    const CpuIsa *isa = cpu->isa;
    prepare_stack(cpu);
    cpu->is_call = true;
    cpu_write(cpu, isa->arguments[0], (uint64_t)(uintptr_t)vm);
    cpu_write(cpu, isa->arguments[1], first);
    cpu_write(cpu, isa->arguments[2], second);
    cpu->counts.entered++;
    return run(cpu, function);
}

// What C has in the registers that it wants back: nothing that the code could have use for.
static void spoil_kept(Cpu *cpu) {
    for (int i = 0; i < cpu->isa->saved_count; i++)
        cpu_write(cpu, cpu->isa->saved[i], SPOILED + (uint64_t)i);
}

// The code that called C, and that a nested call interrupts, goes on afterwards where it was.
CpuStop cpu_call(Cpu *cpu, uint64_t function, void *vm, uint64_t first, uint64_t second) {
    if (!cpu->depth && cpu->strict) spoil_kept(cpu);
    if (!cpu->depth) return call(cpu, function, vm, first, second);
    const CpuIsa *isa = cpu->isa;
    uint64_t kept[CPU_SAVED_LIMIT + 1], outer_kept[CPU_SAVED_LIMIT + 1];
    uint64_t pc = cpu_read(cpu, isa->pc), link = isa->link ? cpu_read(cpu, isa->link) : 0;
    bool is_call = cpu->is_call;
    memcpy(outer_kept, cpu->kept, sizeof outer_kept);
    read_kept(cpu, kept);
    CpuStop stop = call(cpu, function, vm, first, second);
    for (int i = 0; i < isa->saved_count; i++)
        cpu_write(cpu, isa->saved[i], kept[i]);
    cpu_write(cpu, isa->machine_sp, kept[isa->saved_count]);
    cpu_write(cpu, isa->pc, pc);
    if (isa->link) cpu_write(cpu, isa->link, link);
    memcpy(cpu->kept, outer_kept, sizeof outer_kept);
    cpu->is_call = is_call;
    cpu->left_at = 0;
    return stop;
}

// ---- the gate

const char *cpu_gate_name(const Cpu *cpu, uint64_t address) {
    uint64_t gate = (address - cpu->gate) / CPU_GATE_STEP;
    return gate < cpu->gate_count ? cpu->gates[gate].name : NULL;
}

uint64_t cpu_gate(Cpu *cpu, const char *name, CpuFunction function) {
    if (cpu->gate_count == CPU_GATE_LIMIT) return 0;
    uint64_t offset = (uint64_t)cpu->gate_count * CPU_GATE_STEP;
    cpu->gates[cpu->gate_count++] = (CpuGate){name, function};
    memcpy(cpu->gate_page + offset, cpu->isa->gate_code, cpu->isa->gate_code_bytes);
    cpu_code_written(cpu, cpu->gate + offset, CPU_GATE_STEP);
    return cpu->gate + offset;
}

static bool make_gate(Cpu *cpu) {
    uint64_t page = os_page_size();
    cpu->gate_page = (uint8_t *)(uintptr_t)os_memory_reserve(0, page);
    cpu->gate = os_memory_reserve(0, page);
    if (!cpu->gate || !cpu->gate_page) return false;
    if (!os_memory_commit((uint64_t)(uintptr_t)cpu->gate_page, page)) return false;
    if (cpu->unicorn.mem_map_ptr(cpu->engine, cpu->gate, page, UC_PROT_READ | UC_PROT_EXEC,
                                 cpu->gate_page))
        return false;
    return cpu_gate(cpu, "return to C", NULL) == cpu->gate;
}

static bool make_c_stack(Cpu *cpu, uint64_t bytes) {
    bytes = round_up(bytes ? bytes : DEFAULT_C_STACK, os_page_size());
    cpu->c_stack = os_memory_reserve(0, bytes);
    if (!cpu->c_stack || !os_memory_commit(cpu->c_stack, bytes)) return false;
    cpu->c_stack_bytes = bytes;
    return cpu->unicorn.mem_map_ptr(cpu->engine, cpu->c_stack, bytes, UC_PROT_READ | UC_PROT_WRITE,
                                    (void *)(uintptr_t)cpu->c_stack) == UC_ERR_OK;
}

// ---- life

static bool add_hooks(Cpu *cpu) {
    uc_hook hook;
    uc_err error =
        cpu->unicorn.hook_add(cpu->engine, &hook, UC_HOOK_INTR, (void *)on_interrupt, cpu, 1, 0);
    if (!error)
        error = cpu->unicorn.hook_add(cpu->engine, &hook, UC_HOOK_MEM_INVALID,
                                      (void *)on_bad_access, cpu, 1, 0);
    ArenaZone code = cpu->arena->code;
    if (!error && cpu->strict && code.end > code.start)
        error = cpu->unicorn.hook_add(cpu->engine, &cpu->block_hook, UC_HOOK_BLOCK,
                                      (void *)on_block, cpu, code.start, code.end - 1);
    return error == UC_ERR_OK;
}

Status cpu_open(Cpu **out, const CpuOptions *options, Diagnosis *diagnosis) {
    Cpu *cpu = calloc(1, sizeof *cpu);
    *out = NULL;
    if (!cpu) return diagnose(diagnosis, STATUS_NO_MEMORY, "not enough memory");
    cpu->isa = cpu_isa(options->backend);
    cpu->arena = options->arena;
    cpu->strict = options->strict;
    Status status = STATUS_OK;
    if (!load_unicorn(&cpu->unicorn))
        status = diagnose(diagnosis, STATUS_BAD_USAGE, "no simulator: %s is not installed here",
                          CPU_LIBRARY_FILE);
    else if (!cpu->isa)
        status = diagnose(diagnosis, STATUS_BAD_USAGE, "no simulated processor for this code");
    else if (cpu->unicorn.open(cpu->isa->arch, cpu->isa->mode, &cpu->engine) != UC_ERR_OK)
        status = diagnose(diagnosis, STATUS_STATE, "Unicorn does not start");
    if (!status && !make_gate(cpu))
        status = diagnose(diagnosis, STATUS_NO_MEMORY, "no memory for a simulated processor");
    if (!status) status = cpu_map_arena(cpu, diagnosis);
    if (!status && (!make_c_stack(cpu, options->c_stack_bytes) || !add_hooks(cpu)))
        status = diagnose(diagnosis, STATUS_NO_MEMORY, "no memory for a simulated processor");
    if (status) {
        cpu_close(cpu);
        return status;
    }
    if (cpu->isa->reserved) cpu_write(cpu, cpu->isa->reserved, SPOILED);
    *out = cpu;
    return STATUS_OK;
}

void cpu_close(Cpu *cpu) {
    if (!cpu) return;
    cpu_stores_of(NULL);
    cpu_unmap_arena(cpu);
    if (cpu->engine) cpu->unicorn.close(cpu->engine);
    if (cpu->gate) os_memory_release(cpu->gate, os_page_size());
    if (cpu->gate_page) os_memory_release((uint64_t)(uintptr_t)cpu->gate_page, os_page_size());
    if (cpu->c_stack) os_memory_release(cpu->c_stack, cpu->c_stack_bytes);
    os_library_close(cpu->unicorn.handle);
    free(cpu);
}

#endif
