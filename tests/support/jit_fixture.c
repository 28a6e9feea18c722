// SPDX-License-Identifier: MIT
// See jit_fixture.h. Between compiled code and each C function that it calls stands a function of
// the harness: it looks at the stack, counts, and either goes on to the C function or ends the run.
#include "jit_fixture.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "jit/runtime.h"
#include "run/closure.h"
#include "run/lookup.h"
#include "run/verified.h"

unsigned jit_targets(JitTarget targets[JIT_TARGET_LIMIT]) {
    static const char *const names[] = {"x64", "arm64"};
    static const Backend *const backends[] = {&backend_x64, &backend_arm64};
    unsigned count = 0;
    for (int simulated = 0; simulated <= (cpu_is_built_in() ? 1 : 0); simulated++) {
        for (int i = 0; i < 2; i++) {
            if (!simulated && backends[i] != backend_host()) continue;
            JitTarget target = {.processor = simulated ? names[i] : "native",
                                .backend = backends[i],
                                .is_simulated = simulated};
            target.tier = "naive", target.compile = naive_compile;
            targets[count++] = target;
            target.tier = "baseline", target.compile = baseline_compile;
            targets[count++] = target;
        }
    }
    return count;
}

// ---- rules

static void __attribute__((format(printf, 2, 3))) broken(JitFixture *f, const char *format, ...) {
    if (f->broken[0]) return;
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(f->broken, sizeof f->broken, format, arguments);
    va_end(arguments);
}

static bool is_in_stack_zone(const VM *vm, const uint64_t *word) {
    uint64_t address = (uint64_t)(uintptr_t)word;
    return address % 8 == 0 && address >= vm->arena.stack.start && address <= vm->arena.stack.end;
}

// ---- C functions

// `frame`: C's, which begins at a multiple of 16 where the stack did at the call.
static bool stops_at_call(VM *vm, RuntimeEntry entry, uint64_t first, uint64_t second,
                          const void *frame) {
    JitFixture *f = vm->embedder;
    f->calls[entry]++;
    if ((uintptr_t)frame % 16) broken(f, "C function %d is called with an odd stack", (int)entry);
    if (!is_in_stack_zone(vm, vm->sp) || !is_in_stack_zone(vm, vm->fp))
        broken(f, "C function %d is called with SP %p, FP %p", (int)entry, (void *)vm->sp,
               (void *)vm->fp);
    if (!f->stops_at[entry]) return false;
    f->call = (JitCall){entry, first, second};
    return f->was_stopped = true;
}

#define RUNTIME(NAME, function, text)                                                              \
    MAY_GC static uint64_t watched_##NAME(VM *vm, uint64_t first, uint64_t second) {               \
        bool stops = stops_at_call(vm, RUNTIME_##NAME, first, second, __builtin_frame_address(0)); \
        return stops ? MACHINE_STOP : function(vm, first, second);                                 \
    }
#include "jit/runtime.tbl"
#undef RUNTIME

static void watch_calls(VM *vm) {
    const RuntimeFunction functions[] = {
#define RUNTIME(NAME, function, text) watched_##NAME,
#include "jit/runtime.tbl"
#undef RUNTIME
    };
    for (int entry = 0; entry < RUNTIME_COUNT; entry++)
        vm->machine.entries[entry] = (uint64_t)(uintptr_t)functions[entry];
}

// ---- life

static MachineAction execute_simulated(VM *vm, uint64_t start);

Status jit_fixture_open(JitFixture *f, VM *vm, const JitTarget *target, Diagnosis *diagnosis) {
    *f = (JitFixture){.vm = vm, .target = *target};
    JitOptions options;
    jit_default_options(&options);
    options.backend = target->backend;
    options.policy.expects_floats = 1;
    options.compile = target->compile;
    Status status = jit_init(vm, &options, diagnosis);
    if (status) return status;
    f->jit = vm->jit;
    f->hooks = vm->hooks;
    vm->embedder = f;
    watch_calls(vm);
    if (!target->is_simulated) return STATUS_OK;
    SimulateOptions simulate = {.strict = true};
    status = simulate_begin(&f->simulation, vm, &simulate, diagnosis);
    if (status) {
        jit_release(vm);
        return status;
    }
    f->jit->execute = execute_simulated;
    return STATUS_OK;
}

void jit_fixture_close(JitFixture *f) {
    jit_fixture_attach(f);
    simulate_end(f->simulation);
    jit_release(f->vm);
    f->vm->embedder = NULL;
}

static void use_hooks(JitFixture *f, Jit *jit, const JitHooks *hooks) {
    f->vm->jit = jit;
    f->vm->hooks = hooks;
    lookup_flush_all(f->vm);
    closure_flush(f->vm);
}

void jit_fixture_detach(JitFixture *f) { use_hooks(f, NULL, NULL); }
void jit_fixture_attach(JitFixture *f) { use_hooks(f, f->jit, f->hooks); }

void jit_fixture_forget(JitFixture *f) {
    if (f->vm->jit) jit_forget_all(f->vm);
    verified_forget_all(f->vm);
    lookup_flush_all(f->vm);
}

// ---- compiling

Code *jit_fixture_compile(JitFixture *f, Oop method, uint64_t class_index) {
    LookupEntry entry;
    if (!lookup_describe(f->vm, method, class_index, &entry)) return NULL;
    return jit_method_code(f->vm, &entry);
}

void jit_fixture_leave(IrCode *ir, MachineAction action) {
    ir_rm(ir, IR_STORE, R_SP, R_VM, offsetof(VM, sp));
    ir_rm(ir, IR_STORE, R_FP, R_VM, offsetof(VM, fp));
    ir_ri(ir, IR_CONSTANT, R_T0, action);
    ir_i(ir, IR_LEAVE_TO_C, offsetof(VM, machine.c_stack));
}

uint64_t jit_fixture_compile_native(JitFixture *f, Native native, unsigned argument_count) {
    Compilation c = {.vm = f->vm,
                     .jit = f->jit,
                     .backend = f->jit->zone.backend,
                     .argument_count = argument_count};
    ir_init(&c.ir);
    Label slow = ir_new_label(&c.ir);
    native_emit(&c, native, slow);
    ir_label(&c.ir, slow);
    jit_fixture_leave(&c.ir, MACHINE_LEAVE);
    emit_exits(&c);
    uint64_t start = assemble_piece(f->jit, &c.ir, NULL);
    array_free(&c.exits);
    return start;
}

// ---- running

// Whatever goes wrong in simulated code ends the run; jit_run comes here too.
static MachineAction execute_simulated(VM *vm, uint64_t start) {
    JitFixture *f = vm->embedder;
    Cpu *cpu = simulate_cpu(f->simulation);
    f->cpu_stop = cpu_call(cpu, f->jit->enter, vm, start, 0);
    if (f->cpu_stop == CPU_RETURNED) return (MachineAction)cpu_get(cpu, R_T0);
    if (f->cpu_stop != CPU_AT_STOP && f->cpu_stop != CPU_TRAPPED) broken(f, "%s", cpu_explain(cpu));
    vm->stop = STOP_ERROR;
    return MACHINE_STOP;
}

MAY_GC static MachineAction execute(const JitFixture *f, uint64_t start) {
    if (f->jit->execute) return f->jit->execute(f->vm, start);
    MAY_GC MachineAction (*enter)(VM *, uint64_t, uint64_t);
    memcpy(&enter, &f->jit->enter, sizeof enter);
    return enter(f->vm, start, 0);
}

JitStop jit_fixture_run(JitFixture *f, uint64_t start) {
    uint64_t outer = f->vm->machine.c_stack;
    f->was_stopped = false;
    f->cpu_stop = CPU_RETURNED;
    MachineAction action = execute(f, start);
    f->vm->machine.c_stack = outer;
    f->action = action;
    if (f->was_stopped) return JIT_CALLED;
    if (f->cpu_stop == CPU_AT_STOP) return JIT_AT_ADDRESS;
    if (f->cpu_stop == CPU_TRAPPED) return JIT_TRAPPED;
    if (f->cpu_stop != CPU_RETURNED) return JIT_BROKEN;
    return action == MACHINE_RETURNED ? JIT_ANSWERED
           : action == MACHINE_STOP   ? JIT_STOPPED
                                      : JIT_LEFT;
}

JitStop jit_fixture_call(JitFixture *f, const Code *code, const Oop *operands, unsigned count) {
    for (unsigned i = 0; i < count; i++)
        frame_put_oop(--f->vm->sp, operands[i]);
    f->vm->machine.result = oop_bits(operands[0]);
    *--f->vm->sp = f->jit->hooks.return_to_interpreter;
    return jit_fixture_run(f, code->linked_entry);
}

JitStop jit_fixture_resume(JitFixture *f, const Code *code) {
    uint64_t *fp = f->vm->fp;
    fp[FRAME_RETURN_ADDRESS] = f->jit->hooks.return_to_interpreter;
    fp[FRAME_FLAGS] |= FRAME_BASELINE;
    return jit_fixture_run(f, jit_resume_frame(f->vm, code));
}

bool jit_fixture_stop_at(JitFixture *f, uint64_t address) {
    return f->simulation && cpu_stop_at(simulate_cpu(f->simulation), address);
}
void jit_fixture_stop_nowhere(JitFixture *f) {
    if (f->simulation) cpu_stop_nowhere(simulate_cpu(f->simulation));
}

uint64_t jit_fixture_register(const JitFixture *f, Reg reg) {
    return cpu_get(simulate_cpu(f->simulation), reg);
}
