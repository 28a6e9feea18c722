// SPDX-License-Identifier: MIT
// The simulated processor: each test is one source, assembled for every instruction set, and says
// what can be observed of it.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "base/os.h"
#include "base/os_memory.h"
#include "tool/cpu.h"

// What stands for the VM struct: in the arena, reached through the register VM.
typedef struct Machine {
    uint64_t c_stack;
    uint64_t entries[4];
    uint64_t cell;
    double real;
} Machine;
enum {
    AT_C_STACK = offsetof(Machine, c_stack),
    AT_ENTRIES = offsetof(Machine, entries),
    AT_CELL = offsetof(Machine, cell),
    AT_REAL = offsetof(Machine, real),
    CODE_BYTES = 1 << 16,
};

typedef struct Fixture {
    const Backend *backend;
    Arena arena;
    Cpu *cpu;
    Machine *machine;
    IrCode ir;
    uint64_t writable, code_end; // where the code zone can be written, where it is free
} Fixture;
static Fixture f;

static int open_cpu(const Backend *backend, bool strict) {
    ArenaOptions options = {.reserve_bytes = 256 << 20,
                            .control_bytes = 1 << 16,
                            .code_bytes = CODE_BYTES,
                            .stack_bytes = 1 << 16,
                            .new_bytes = 1 << 20};
    f = (Fixture){.backend = backend};
    if (!cpu_is_built_in()) return 0;
    assert_int_equal(arena_reserve(&f.arena, &options, NULL), STATUS_OK);
    Arena *arena = &f.arena;
    assert_int_equal(arena_commit(arena, arena->control.start, 1 << 16), STATUS_OK);
    assert_int_equal(arena_commit(arena, arena->stack.start, 1 << 16), STATUS_OK);
    f.writable = os_memory_map_code(arena->code.start, CODE_BYTES);
    assert_true(f.writable);
    f.code_end = arena->code.start;
    f.machine = (Machine *)(uintptr_t)arena->control.start;
    CpuOptions cpu_options = {.backend = backend, .arena = arena, .strict = strict};
    assert_int_equal(cpu_open(&f.cpu, &cpu_options, NULL), STATUS_OK);
    ir_init(&f.ir);
    return 0;
}

static int open_x64(void **state) { return (void)state, open_cpu(&backend_x64, true); }
static int open_arm64(void **state) { return (void)state, open_cpu(&backend_arm64, true); }

static int close_cpu(void **state) {
    (void)state;
    if (!f.cpu) return 0;
    ir_release(&f.ir);
    cpu_close(f.cpu);
    assert_null(f.arena.watcher.changed);
    os_memory_unmap(f.writable, CODE_BYTES);
    arena_release(&f.arena);
    return 0;
}

#define NEEDS_CPU                                                                                  \
    if (!f.cpu) skip()

// ---- writing code

static void write_code(uint64_t address, const uint8_t *bytes, size_t count) {
    memcpy((void *)(uintptr_t)(f.writable + (address - f.arena.code.start)), bytes, count);
}

// Assembles what was written to f.ir and begins anew; `labels`, if not NULL, get addresses.
static uint64_t assembled_with(uint64_t *labels) {
    uint64_t own[16] = {0}, alignment = f.backend->code_alignment;
    if (!labels) labels = own;
    uint64_t address = (f.code_end + alignment - 1) & ~(alignment - 1);
    uint32_t bytes = assemble_measure(&f.ir, f.backend, labels);
    uint8_t *out = malloc(bytes);
    assert_int_equal(assemble(&f.ir, f.backend, address, labels, out), ASSEMBLED);
    write_code(address, out, bytes);
    free(out);
    f.code_end = address + bytes;
    ir_release(&f.ir);
    ir_init(&f.ir);
    return address;
}
static uint64_t assembled(void) { return assembled_with(NULL); }

// A function of C begins: from here on code may run on the stack zone.
static void begin(void) {
    ir_i(&f.ir, IR_ENTER_FROM_C, AT_C_STACK);
    ir_ri(&f.ir, IR_CONSTANT, R_SP, (int64_t)f.arena.stack.end - 512);
    ir_ri(&f.ir, IR_CONSTANT, R_FP, (int64_t)f.arena.stack.end - 256);
}
static void end(void) { ir_i(&f.ir, IR_LEAVE_TO_C, AT_C_STACK); }
static void call_c(int entry) { ir_ii(&f.ir, IR_CALL_C, AT_ENTRIES + 8 * entry, AT_C_STACK); }

static void assert_stop(CpuStop expected, CpuStop stop) {
    if (stop != expected) print_error("%s\n", cpu_explain(f.cpu));
    assert_string_equal(cpu_stop_name(stop), cpu_stop_name(expected));
}
static uint64_t called(uint64_t function, uint64_t first, uint64_t second) {
    assert_stop(CPU_RETURNED, cpu_call(f.cpu, function, f.machine, first, second));
    return cpu_get(f.cpu, R_T0);
}
static void let_call(int entry, CpuFunction function) {
    f.machine->entries[entry] = cpu_gate(f.cpu, "test", function);
    assert_true(f.machine->entries[entry]);
}

// ---- plain code

static void arithmetic_gives_its_result(void **state) {
    (void)state;
    NEEDS_CPU;
    begin();
    ir_rr(&f.ir, IR_MOVE, R_T0, R_T1);
    ir_rr(&f.ir, IR_ADD, R_T0, R_T2);
    ir_ri(&f.ir, IR_ADD_CONSTANT, R_T0, -5);
    end();
    uint64_t sum = assembled();
    assert_int_equal(called(sum, 40, 7), 42);
    assert_int_equal(called(sum, UINT64_MAX, 6), 0);
}

static void a_loop_runs_as_often_as_it_says(void **state) {
    (void)state;
    NEEDS_CPU;
    begin();
    Label again = ir_new_label(&f.ir);
    ir_ri(&f.ir, IR_CONSTANT, R_T0, 0);
    ir_label(&f.ir, again);
    ir_rr(&f.ir, IR_ADD, R_T0, R_T1);
    ir_ri(&f.ir, IR_SUBTRACT_CONSTANT, R_T1, 1);
    ir_jump_if(&f.ir, COND_NOT_EQUAL, again);
    end();
    assert_int_equal(called(assembled(), 100000, 0), 5000050000);
}

static void memory_is_shared(void **state) {
    (void)state;
    NEEDS_CPU;
    f.machine->cell = 1000;
    begin();
    ir_rm(&f.ir, IR_LOAD, R_T0, R_VM, AT_CELL);
    ir_rm(&f.ir, IR_STORE, R_T1, R_VM, AT_CELL);
    ir_r(&f.ir, IR_PUSH, R_T1);
    ir_r(&f.ir, IR_PUSH, R_T2);
    ir_r(&f.ir, IR_POP, R_T3);
    ir_rm(&f.ir, IR_STORE, R_T3, R_SP, -64);
    end();
    assert_int_equal(called(assembled(), 77, 88), 1000);
    assert_int_equal(f.machine->cell, 77);
    const uint64_t *top = (const uint64_t *)(uintptr_t)(f.arena.stack.end - 512);
    assert_int_equal(top[-1], 77);
    assert_int_equal(top[-2], 88);
    assert_int_equal(top[-9], 88);
}

static void floats_are_registers_too(void **state) {
    (void)state;
    NEEDS_CPU;
    f.machine->real = 2.25;
    begin();
    ir_rm(&f.ir, IR_FLOAT_LOAD, F3, R_VM, AT_REAL);
    ir_rr(&f.ir, IR_FLOAT_SQUARE_ROOT, F4, F3);
    ir_rm(&f.ir, IR_FLOAT_STORE, F4, R_VM, AT_REAL);
    ir_none(&f.ir, IR_TRAP);
    ir_rr(&f.ir, IR_BITS_FROM_FLOAT, R_T0, F5);
    end();
    assert_stop(CPU_TRAPPED, cpu_call(f.cpu, assembled(), f.machine, 0, 0));
    assert_true(cpu_get_float(f.cpu, F3) == 2.25);
    assert_true(cpu_get_float(f.cpu, F4) == 1.5);
    assert_true(f.machine->real == 1.5);
    cpu_set_float(f.cpu, F5, -0.5);
    assert_stop(CPU_RETURNED, cpu_resume(f.cpu));
    assert_int_equal(cpu_get(f.cpu, R_T0), 0xBFE0000000000000);
}

// Processor time of a loop around sixteen of the instruction; the least of some tries.
static double seconds_of(IrOp op) {
    enum { INSTRUCTIONS = 16, ROUNDS = 5000, TRIES = 5 };
    double least = 1e9;
    begin();
    Label again = ir_new_label(&f.ir);
    ir_label(&f.ir, again);
    for (int i = 0; i < INSTRUCTIONS; i++)
        ir_rm(&f.ir, op, R_T2, R_SP, -8 * i);
    ir_ri(&f.ir, IR_SUBTRACT_CONSTANT, R_T1, 1);
    ir_jump_if(&f.ir, COND_NOT_EQUAL, again);
    end();
    uint64_t function = assembled();
    for (int i = 0; i < TRIES; i++) {
        clock_t began = clock();
        called(function, ROUNDS, 0);
        double seconds = (double)(clock() - began) / CLOCKS_PER_SEC;
        if (seconds < least) least = seconds;
    }
    return least;
}

// Nobody looks at a store for a change of code, which took 67 times as long (cpu_stores.c).
static void a_store_takes_as_long_as_a_load(void **state) {
    (void)state;
    NEEDS_CPU;
    double load = seconds_of(IR_LOAD), store = seconds_of(IR_STORE);
    if (store > 5 * load) print_error("load %.6f s, store %.6f s\n", load, store);
    assert_true(store <= 5 * load);
}

// ---- calls of C

static uint64_t seen[3];
static uint64_t note(void *vm, uint64_t first, uint64_t second) {
    seen[0] = (uint64_t)(uintptr_t)vm, seen[1] = first, seen[2] = second;
    return first * 10 + second;
}

static uint64_t calling(int entry) {
    begin();
    ir_rr(&f.ir, IR_MOVE, R_S0, R_T2);
    call_c(entry);
    ir_rr(&f.ir, IR_ADD, R_T0, R_S0);
    end();
    return assembled();
}

static void c_functions_are_served(void **state) {
    (void)state;
    NEEDS_CPU;
    let_call(2, note);
    uint64_t function = calling(2), before = cpu_counts(f.cpu)->served;
    assert_int_equal(called(function, 4, 2), 44);
    assert_ptr_equal((void *)(uintptr_t)seen[0], f.machine);
    assert_int_equal(seen[1], 4);
    assert_int_equal(seen[2], 2);
    assert_int_equal(called(function, 5, 0), 50);
    assert_int_equal(cpu_counts(f.cpu)->served - before, 2);
    assert_string_equal(cpu_gate_name(f.cpu, f.machine->entries[2]), "test");
    assert_null(cpu_gate_name(f.cpu, f.machine->entries[2] + 16));
}

// A function that adds the numbers from `first` down, each by a run of the processor of its own.
static uint64_t adder;
static uint64_t add_below(void *vm, uint64_t first, uint64_t second) {
    (void)second;
    Machine *machine = vm;
    uint64_t c_stack = machine->c_stack;
    uint64_t sum = first ? called(adder, first - 1, first) : 0;
    machine->c_stack = c_stack;
    return sum;
}

static void c_may_run_the_processor_again(void **state) {
    (void)state;
    NEEDS_CPU;
    let_call(0, add_below);
    adder = calling(0);
    assert_int_equal(called(adder, 20, 0), 210);
    assert_int_equal(called(adder, 3, 100), 106);
}

static uint64_t leave_at_trap(void *vm, uint64_t first, uint64_t second) {
    (void)second;
    Machine *machine = vm;
    uint64_t c_stack = machine->c_stack;
    CpuStop stop = cpu_call(f.cpu, first, machine, 0, 0);
    machine->c_stack = c_stack;
    return (uint64_t)stop;
}

static void a_run_within_a_run_may_stop_early(void **state) {
    (void)state;
    NEEDS_CPU;
    begin();
    ir_none(&f.ir, IR_TRAP);
    end();
    uint64_t trapping = assembled();
    let_call(0, leave_at_trap);
    assert_int_equal(called(calling(0), trapping, 0), CPU_TRAPPED);
}

static void c_is_called_on_its_own_stack(void **state) {
    (void)state;
    NEEDS_CPU;
    let_call(0, note);
    begin();
    ir_rm(&f.ir, IR_LOAD, R_T0, R_VM, AT_C_STACK);
    ir_ri(&f.ir, IR_ADD_CONSTANT, R_T0, -8);
    ir_rm(&f.ir, IR_STORE, R_T0, R_VM, AT_C_STACK);
    call_c(0);
    end();
    uint64_t function = assembled();
    if (f.backend->return_address_words) { // elsewhere C's stack is not in the VM while code runs
        assert_stop(CPU_BROKEN, cpu_call(f.cpu, function, f.machine, 0, 0));
        assert_non_null(strstr(cpu_explain(f.cpu), "multiple of 16"));
    }
    ir_ri(&f.ir, IR_CONSTANT, R_T0, (int64_t)f.machine->entries[0]);
    ir_r(&f.ir, IR_CALL_REGISTER, R_T0);
    function = assembled();
    cpu_set(f.cpu, R_SP, f.arena.stack.end - 512);
    if (!f.backend->return_address_words) return; // its machine stack pointer is still C's
    cpu_set(f.cpu, R_FP, f.arena.stack.end - 256);
    assert_stop(CPU_BROKEN, cpu_run_at(f.cpu, function));
    assert_non_null(strstr(cpu_explain(f.cpu), "another stack"));
}

static void c_spoils_what_it_may_change(void **state) {
    (void)state;
    NEEDS_CPU;
    let_call(0, note);
    begin();
    ir_ri(&f.ir, IR_CONSTANT, R_T5, 5);
    ir_ri(&f.ir, IR_CONSTANT, R_S1, 6);
    call_c(0);
    ir_rr(&f.ir, IR_MOVE, R_T0, R_T5);
    ir_none(&f.ir, IR_TRAP);
    end();
    assert_stop(CPU_TRAPPED, cpu_call(f.cpu, assembled(), f.machine, 0, 0));
    assert_int_not_equal(cpu_get(f.cpu, R_T0), 5);
    assert_int_equal(cpu_get(f.cpu, R_S1), 6);
}

static void registers_of_c_are_kept(void **state) {
    (void)state;
    NEEDS_CPU;
    uint64_t labels[2];
    begin();
    Label leave = ir_new_label(&f.ir);
    ir_label(&f.ir, leave);
    end();
    uint64_t function = assembled_with(labels);
    assert_stop(CPU_RETURNED, cpu_call(f.cpu, function, f.machine, 0, 0));
    // What the entry saved is changed where it lies, on C's stack.
    assert_true(cpu_stop_at(f.cpu, labels[leave]));
    assert_stop(CPU_AT_STOP, cpu_call(f.cpu, function, f.machine, 0, 0));
    uint64_t *saved = (uint64_t *)(uintptr_t)f.machine->c_stack;
    saved[f.backend->return_address_words ? 1 : 0] ^= 0x10;
    assert_stop(CPU_BROKEN, cpu_resume(f.cpu));
    assert_non_null(strstr(cpu_explain(f.cpu), "that C keeps"));
}

// ---- stops

static void a_trap_stops_and_goes_on(void **state) {
    (void)state;
    NEEDS_CPU;
    begin();
    ir_ri(&f.ir, IR_CONSTANT, R_T3, 1);
    ir_none(&f.ir, IR_TRAP);
    ir_ri(&f.ir, IR_CONSTANT, R_T3, 2);
    ir_none(&f.ir, IR_TRAP);
    ir_rr(&f.ir, IR_MOVE, R_T0, R_T3);
    end();
    assert_stop(CPU_TRAPPED, cpu_call(f.cpu, assembled(), f.machine, 0, 0));
    assert_int_equal(cpu_get(f.cpu, R_T3), 1);
    assert_stop(CPU_TRAPPED, cpu_resume(f.cpu));
    assert_int_equal(cpu_get(f.cpu, R_T3), 2);
    cpu_set(f.cpu, R_T3, 99);
    assert_stop(CPU_RETURNED, cpu_resume(f.cpu));
    assert_int_equal(cpu_get(f.cpu, R_T0), 99);
}

// T0 counts up from 0 without end; labels[0] is before the addition.
static uint64_t endless(uint64_t *labels) {
    begin();
    Label again = ir_new_label(&f.ir);
    ir_ri(&f.ir, IR_CONSTANT, R_T0, 0);
    ir_label(&f.ir, again);
    ir_ri(&f.ir, IR_ADD_CONSTANT, R_T0, 1);
    ir_jump(&f.ir, again);
    return assembled_with(labels);
}

static void it_stops_at_an_address_each_time(void **state) {
    (void)state;
    NEEDS_CPU;
    uint64_t labels[2], function = endless(labels);
    assert_true(cpu_stop_at(f.cpu, labels[0]));
    assert_stop(CPU_AT_STOP, cpu_call(f.cpu, function, f.machine, 0, 0));
    for (uint64_t i = 0; i < 5; i++) {
        assert_int_equal(cpu_pc(f.cpu), labels[0]);
        assert_int_equal(cpu_get(f.cpu, R_T0), i);
        assert_stop(CPU_AT_STOP, cpu_resume(f.cpu));
    }
}

static void an_endless_loop_is_stopped_by_the_limit(void **state) {
    (void)state;
    NEEDS_CPU;
    uint64_t labels[2], function = endless(labels), before = cpu_counts(f.cpu)->instructions;
    cpu_limit(f.cpu, 10000);
    assert_stop(CPU_LIMIT, cpu_call(f.cpu, function, f.machine, 0, 0));
    assert_int_equal(cpu_counts(f.cpu)->instructions - before, 10000);
    uint64_t rounds = cpu_get(f.cpu, R_T0);
    assert_in_range(rounds, 4000, 5000);
    cpu_limit(f.cpu, 2000);
    assert_stop(CPU_LIMIT, cpu_resume(f.cpu));
    assert_int_equal(cpu_get(f.cpu, R_T0), rounds + 1000);
}

static void single_steps_are_single(void **state) {
    (void)state;
    NEEDS_CPU;
    uint64_t labels[2], function = endless(labels);
    assert_true(cpu_stop_at(f.cpu, labels[0]));
    assert_stop(CPU_AT_STOP, cpu_call(f.cpu, function, f.machine, 0, 0));
    cpu_stop_nowhere(f.cpu);
    assert_stop(CPU_LIMIT, cpu_step(f.cpu));
    assert_int_equal(cpu_get(f.cpu, R_T0), 1);
    assert_true(cpu_pc(f.cpu) > labels[0]);
    assert_stop(CPU_LIMIT, cpu_step(f.cpu));
    assert_int_equal(cpu_get(f.cpu, R_T0), 1);
    assert_int_equal(cpu_pc(f.cpu), labels[0]);
    assert_stop(CPU_LIMIT, cpu_step(f.cpu));
    assert_int_equal(cpu_get(f.cpu, R_T0), 2);
}

static void it_runs_from_any_address(void **state) {
    (void)state;
    NEEDS_CPU;
    ir_rr(&f.ir, IR_SUBTRACT, R_T4, R_S2);
    ir_none(&f.ir, IR_TRAP);
    uint64_t code = assembled();
    cpu_set(f.cpu, R_T4, 50);
    cpu_set(f.cpu, R_S2, 8);
    cpu_set(f.cpu, R_SP, f.arena.stack.end - 512);
    cpu_set(f.cpu, R_FP, f.arena.stack.end - 256);
    assert_stop(CPU_TRAPPED, cpu_run_at(f.cpu, code));
    assert_int_equal(cpu_get(f.cpu, R_T4), 42);
}

// ---- changes

static void changed_code_is_run_as_it_is_now(void **state) {
    (void)state;
    NEEDS_CPU;
    uint64_t first_end;
    begin();
    ir_ri(&f.ir, IR_CONSTANT, R_T0, 11);
    end();
    uint64_t function = assembled();
    first_end = f.code_end;
    assert_int_equal(called(function, 0, 0), 11);
    f.code_end = function;
    begin();
    ir_ri(&f.ir, IR_CONSTANT, R_T0, 22);
    end();
    assert_int_equal(assembled(), function);
    assert_int_equal(f.code_end, first_end);
    cpu_code_written(f.cpu, function, f.code_end - function);
    assert_int_equal(called(function, 0, 0), 22);
}

// Unicorn dies of too many translations.
static void code_may_change_again_and_again(void **state) {
    (void)state;
    NEEDS_CPU;
    begin();
    ir_ri(&f.ir, IR_CONSTANT, R_T0, 11);
    end();
    uint64_t function = assembled(), before = cpu_counts(f.cpu)->forgotten;
    for (int i = 0; i < 6000; i++) {
        cpu_code_written(f.cpu, function, f.code_end - function);
        assert_int_equal(called(function, 0, 0), 11);
    }
    assert_in_range(cpu_counts(f.cpu)->forgotten, before + 1, before + 10);
}

// The site is linked to another function by a C function, while code that contains it runs.
static uint64_t site_return, site_target;
static uint64_t relink(void *vm, uint64_t first, uint64_t second) {
    (void)vm, (void)first, (void)second;
    f.backend->patch_send((uint8_t *)(uintptr_t)f.writable, f.arena.code.start, site_return, 77,
                          site_target);
    cpu_code_written(f.cpu, site_return - f.backend->send_site_bytes, f.backend->send_site_bytes);
    return 0;
}

static uint64_t answering(int64_t answer) {
    ir_none(&f.ir, IR_PUSH_LINK);
    ir_ri(&f.ir, IR_ADD_CONSTANT, R_S0, answer);
    ir_i(&f.ir, IR_RETURN, 0);
    return assembled();
}

static void a_send_site_is_linked_while_its_code_runs(void **state) {
    (void)state;
    NEEDS_CPU;
    uint64_t labels[4], one = answering(1);
    site_target = answering(100);
    let_call(0, relink);
    begin();
    Label again = ir_new_label(&f.ir), back = ir_new_label(&f.ir);
    ir_ri(&f.ir, IR_CONSTANT, R_S0, 0);
    ir_ri(&f.ir, IR_CONSTANT, R_S1, 2);
    ir_label(&f.ir, again);
    ir_ii(&f.ir, IR_SEND_SITE, (int64_t)one, 55);
    ir_label(&f.ir, back);
    ir_rr(&f.ir, IR_MOVE, R_S2, R_T6);
    ir_rm(&f.ir, IR_STORE, R_SP, R_VM, AT_CELL);
    call_c(0);
    ir_rm(&f.ir, IR_LOAD, R_SP, R_VM, AT_CELL);
    ir_ri(&f.ir, IR_SUBTRACT_CONSTANT, R_S1, 1);
    ir_jump_if(&f.ir, COND_NOT_EQUAL, again);
    ir_rr(&f.ir, IR_MOVE, R_T0, R_S0);
    ir_none(&f.ir, IR_TRAP);
    end();
    uint64_t function = assembled_with(labels);
    site_return = labels[back];
    assert_stop(CPU_TRAPPED, cpu_call(f.cpu, function, f.machine, 0, 0));
    assert_int_equal(cpu_get(f.cpu, R_T0), 101);
    assert_int_equal(cpu_get(f.cpu, R_S2), 77);
}

static uint64_t commit_page(void *vm, uint64_t first, uint64_t second) {
    (void)vm;
    assert_int_equal(arena_commit(&f.arena, first, second), STATUS_OK);
    *(uint64_t *)(uintptr_t)first = 4711;
    return first;
}

static void memory_that_comes_later_is_there(void **state) {
    (void)state;
    NEEDS_CPU;
    uint64_t page = os_page_size(), place = f.arena.old_space.start;
    let_call(0, commit_page);
    begin();
    call_c(0);
    ir_rm(&f.ir, IR_LOAD, R_T1, R_T0, 0);
    ir_rm(&f.ir, IR_STORE, R_T1, R_T0, 8);
    ir_rr(&f.ir, IR_MOVE, R_T0, R_T1);
    end();
    uint64_t function = assembled();
    // Between, beside and over what is there already.
    const uint64_t firsts[] = {0, 8, 4, 1, 2, 0}, counts[] = {1, 1, 1, 1, 8, 16};
    for (int i = 0; i < 6; i++) {
        uint64_t start = place + firsts[i] * page;
        assert_int_equal(called(function, start, counts[i] * page), 4711);
        assert_int_equal(((uint64_t *)(uintptr_t)start)[1], 4711);
    }
}

static void memory_that_is_given_back_is_gone(void **state) {
    (void)state;
    NEEDS_CPU;
    uint64_t page = os_page_size(), place = f.arena.old_space.start;
    begin();
    ir_rm(&f.ir, IR_LOAD, R_T0, R_T1, 0);
    end();
    uint64_t function = assembled();
    assert_int_equal(arena_commit(&f.arena, place, 4 * page), STATUS_OK);
    ((uint64_t *)(uintptr_t)place)[0] = 5;
    ((uint64_t *)(uintptr_t)(place + 2 * page))[0] = 7;
    arena_decommit(&f.arena, place + page, page);
    assert_int_equal(called(function, place, 0), 5);
    assert_int_equal(called(function, place + 2 * page, 0), 7);
    assert_stop(CPU_FAULT, cpu_call(f.cpu, function, f.machine, place + page, 0));
    assert_int_equal(arena_commit(&f.arena, place + page, page), STATUS_OK);
    assert_int_equal(called(function, place + page, 0), 0);
}

// ---- what goes wrong

static void a_fault_is_explained(void **state) {
    (void)state;
    NEEDS_CPU;
    begin();
    ir_ri(&f.ir, IR_CONSTANT, R_S0, 0x1234);
    ir_ri(&f.ir, IR_CONSTANT, R_T3, 0x5000);
    ir_rm(&f.ir, IR_STORE, R_S0, R_T3, 16);
    end();
    assert_stop(CPU_FAULT, cpu_call(f.cpu, assembled(), f.machine, 0, 0));
    const char *text = cpu_explain(f.cpu);
    assert_non_null(strstr(text, "writes where no memory is, at 0x5010"));
    assert_non_null(strstr(text, "S0 ("));
    assert_non_null(strstr(text, "0x1234"));
    assert_non_null(strstr(text, "->"));
}

static void code_is_not_written_by_code(void **state) {
    (void)state;
    NEEDS_CPU;
    begin();
    ir_rm(&f.ir, IR_STORE, R_T1, R_T1, 0);
    end();
    uint64_t function = assembled();
    assert_stop(CPU_FAULT, cpu_call(f.cpu, function, f.machine, f.arena.code.start, 0));
    assert_non_null(strstr(cpu_explain(f.cpu), "must not be written"));
}

static void data_is_not_executed(void **state) {
    (void)state;
    NEEDS_CPU;
    begin();
    ir_r(&f.ir, IR_JUMP_REGISTER, R_T1);
    uint64_t function = assembled();
    assert_stop(CPU_FAULT, cpu_call(f.cpu, function, f.machine, f.arena.control.start + 4096, 0));
    assert_stop(CPU_FAULT, cpu_call(f.cpu, function, f.machine, 0x7000, 0));
}

static void no_instruction_is_a_fault(void **state) {
    (void)state;
    NEEDS_CPU;
    const uint8_t bytes[2][4] = {{0x0F, 0x0B, 0x0F, 0x0B}, {0, 0, 0, 0}}; // ud2, udf
    write_code(f.code_end, bytes[f.backend == &backend_arm64], 4);
    assert_stop(CPU_FAULT, cpu_call(f.cpu, f.code_end, f.machine, 0, 0));
}

static void stack_registers_are_watched(void **state) {
    (void)state;
    NEEDS_CPU;
    begin();
    ir_ri(&f.ir, IR_ADD_CONSTANT, R_SP, -4);
    Label next = ir_new_label(&f.ir);
    ir_jump(&f.ir, next);
    ir_label(&f.ir, next);
    end();
    uint64_t odd = assembled();
    assert_stop(CPU_BROKEN, cpu_call(f.cpu, odd, f.machine, 0, 0));
    assert_non_null(strstr(cpu_explain(f.cpu), "not a multiple of 8"));
    begin();
    next = ir_new_label(&f.ir);
    ir_ri(&f.ir, IR_CONSTANT, R_FP, 64);
    ir_jump(&f.ir, next);
    ir_label(&f.ir, next);
    end();
    uint64_t lost = assembled();
    assert_stop(CPU_BROKEN, cpu_call(f.cpu, lost, f.machine, 0, 0));
    assert_non_null(strstr(cpu_explain(f.cpu), "not in the stack zone"));
}

// Wherever the processor divides the code that enters from C into blocks.
static void a_stub_may_load_sp_before_fp(void **state) {
    (void)state;
    NEEDS_CPU;
    Label next = ir_new_label(&f.ir);
    ir_i(&f.ir, IR_ENTER_FROM_C, AT_C_STACK);
    ir_ri(&f.ir, IR_CONSTANT, R_SP, (int64_t)f.arena.stack.end - 512);
    ir_jump(&f.ir, next);
    ir_label(&f.ir, next);
    ir_ri(&f.ir, IR_CONSTANT, R_FP, (int64_t)f.arena.stack.end - 256);
    ir_ri(&f.ir, IR_CONSTANT, R_T0, 7);
    end();
    assert_int_equal(called(assembled(), 0, 0), 7);
}

static void the_platforms_register_is_watched(void **state) {
    (void)state;
    NEEDS_CPU;
    const uint32_t change = 0xD2800032; // mov x18, 1
    uint64_t labels[2];
    begin();
    Label here = ir_new_label(&f.ir), next = ir_new_label(&f.ir);
    ir_label(&f.ir, here);
    ir_rr(&f.ir, IR_MOVE, R_T0, R_T1); // written over
    ir_jump(&f.ir, next);
    ir_label(&f.ir, next);
    end();
    uint64_t function = assembled_with(labels);
    write_code(labels[here], (const uint8_t *)&change, sizeof change);
    assert_stop(CPU_BROKEN, cpu_call(f.cpu, function, f.machine, 0, 0));
    assert_non_null(strstr(cpu_explain(f.cpu), "platform reserves"));
}

static void a_second_processor_is_refused(void **state) {
    (void)state;
    NEEDS_CPU;
    Cpu *second;
    Diagnosis diagnosis;
    CpuOptions options = {.backend = f.backend, .arena = &f.arena};
    assert_int_equal(cpu_open(&second, &options, &diagnosis), STATUS_STATE);
    assert_null(second);
}

#define BOTH(test)                                                                                 \
    {#test " on x64", test, open_x64, close_cpu, NULL}, {                                          \
#test " on arm64", test, open_arm64, close_cpu, NULL                                       \
    }

int main(void) {
    const struct CMUnitTest tests[] = {
        BOTH(arithmetic_gives_its_result),
        BOTH(a_loop_runs_as_often_as_it_says),
        BOTH(memory_is_shared),
        BOTH(floats_are_registers_too),
        BOTH(a_store_takes_as_long_as_a_load),
        BOTH(c_functions_are_served),
        BOTH(c_may_run_the_processor_again),
        BOTH(a_run_within_a_run_may_stop_early),
        BOTH(c_is_called_on_its_own_stack),
        BOTH(c_spoils_what_it_may_change),
        BOTH(registers_of_c_are_kept),
        BOTH(a_trap_stops_and_goes_on),
        BOTH(it_stops_at_an_address_each_time),
        BOTH(an_endless_loop_is_stopped_by_the_limit),
        BOTH(single_steps_are_single),
        BOTH(it_runs_from_any_address),
        BOTH(changed_code_is_run_as_it_is_now),
        BOTH(code_may_change_again_and_again),
        BOTH(a_send_site_is_linked_while_its_code_runs),
        BOTH(memory_that_comes_later_is_there),
        BOTH(memory_that_is_given_back_is_gone),
        BOTH(a_fault_is_explained),
        BOTH(code_is_not_written_by_code),
        BOTH(data_is_not_executed),
        BOTH(no_instruction_is_a_fault),
        BOTH(stack_registers_are_watched),
        cmocka_unit_test_setup_teardown(a_stub_may_load_sp_before_fp, open_arm64, close_cpu),
        cmocka_unit_test_setup_teardown(the_platforms_register_is_watched, open_arm64, close_cpu),
        BOTH(a_second_processor_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
