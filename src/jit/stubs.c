// SPDX-License-Identifier: MIT
// Stubs: the code at the beginning of every zone. Compiled code calls C only through them, and C
// enters compiled code through one of them, so that stacks are switched in one place.
//
// A stub for a runtime entry takes the return address off, shows the VM's registers to C, calls on
// C's stack, and goes on as the answer says:
//
//     link := return address;  VM.sp, VM.fp := SP, FP
//     T0 := entry(VM, T1, T2)
//     T0 = MACHINE_RESUME:  SP, FP := VM.sp, VM.fp;  T0 := result;  return to link
//     else                  leave for C with T0
//
// Going on by a return, where it came by a call, keeps the processor's prediction of returns right
// (jumps there cost Richards, with one primitive in ten sends, 11 % of its time).
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "jit/jit.h"
#include "jit/runtime.h"

enum {
    VM_SP = offsetof(VM, sp),
    VM_FP = offsetof(VM, fp),
    VM_LINK = offsetof(VM, machine.link),
    VM_RESULT = offsetof(VM, machine.result),
    VM_C_STACK = offsetof(VM, machine.c_stack),
    VM_ENTRIES = offsetof(VM, machine.entries),
    VM_NIL = offsetof(VM, heap.nil),
};

static void publish(IrCode *ir) {
    ir_rm(ir, IR_STORE, R_SP, R_VM, VM_SP);
    ir_rm(ir, IR_STORE, R_FP, R_VM, VM_FP);
}

static void reload(IrCode *ir) {
    ir_rm(ir, IR_LOAD, R_SP, R_VM, VM_SP);
    ir_rm(ir, IR_LOAD, R_FP, R_VM, VM_FP);
    ir_rm(ir, IR_LOAD, R_T0, R_VM, VM_RESULT);
}

static void make_call(IrCode *ir, RuntimeEntry entry) {
    Label leave = ir_new_label(ir);
    ir_r(ir, IR_TAKE_LINK, R_T0);
    ir_rm(ir, IR_STORE, R_T0, R_VM, VM_LINK);
    publish(ir);
    ir_ii(ir, IR_CALL_C, VM_ENTRIES + 8 * (int)entry, VM_C_STACK);
    ir_ri(ir, IR_COMPARE_CONSTANT, R_T0, MACHINE_RESUME);
    ir_jump_if(ir, COND_NOT_EQUAL, leave);
    reload(ir);
    ir_mi(ir, IR_PUSH_MEMORY, R_VM, VM_LINK, 0);
    ir_i(ir, IR_RETURN, 0);
    ir_label(ir, leave);
    ir_i(ir, IR_LEAVE_TO_C, VM_C_STACK);
}

static void make_enter(IrCode *ir) {
    ir_i(ir, IR_ENTER_FROM_C, VM_C_STACK);
    ir_rm(ir, IR_LOAD, R_NIL, R_VM, VM_NIL);
    reload(ir);
    ir_r(ir, IR_JUMP_REGISTER, R_T1);
}

static void make_return_to_interpreter(IrCode *ir) {
    ir_rm(ir, IR_STORE, R_T0, R_VM, VM_RESULT);
    publish(ir);
    ir_ri(ir, IR_CONSTANT, R_T0, MACHINE_RETURNED);
    ir_i(ir, IR_LEAVE_TO_C, VM_C_STACK);
}

uint64_t assemble_piece(Jit *jit, IrCode *ir, uint64_t *addresses) {
    const Backend *backend = jit->zone.backend;
    uint64_t *labels = calloc(ir->label_count + 1, sizeof *labels);
    uint64_t start = 0;
    if (labels && !ir->out_of_memory) {
        uint32_t bytes = assemble_measure(ir, backend, labels);
        start = ir->out_of_memory ? 0 : zone_allocate(&jit->zone, bytes);
        if (start && assemble(ir, backend, start, labels, ir->draft) == ASSEMBLED)
            zone_write(&jit->zone, start, ir->draft, bytes);
        else
            start = 0;
    }
    if (start && addresses) memcpy(addresses, labels, ir->label_count * sizeof *labels);
    free(labels);
    ir_release(ir);
    return start;
}

static uint64_t assemble_stub(Jit *jit, IrCode *ir) {
    uint64_t start = assemble_piece(jit, ir, NULL);
    ir_init(ir);
    return start;
}

Status stubs_make(VM *vm, Jit *jit, Diagnosis *diagnosis) {
    IrCode ir;
    bool made = true;
    ir_init(&ir);
    for (int entry = 0; entry < RUNTIME_COUNT; entry++) {
        make_call(&ir, (RuntimeEntry)entry);
        jit->stubs[entry] = assemble_stub(jit, &ir);
        made &= jit->stubs[entry] != 0;
    }
    make_marry(&ir);
    jit->marry = assemble_stub(jit, &ir);
    make_slow_return(&ir, jit->stubs[RUNTIME_RETURN]);
    jit->slow_return = assemble_stub(jit, &ir);
    make_non_local_return(&ir, jit->stubs[RUNTIME_NON_LOCAL_RETURN]);
    jit->non_local_return = assemble_stub(jit, &ir);
    make_enter(&ir);
    jit->enter = assemble_stub(jit, &ir);
    make_return_to_interpreter(&ir);
    jit->hooks.return_to_interpreter = assemble_stub(jit, &ir);
    made &= jit->marry && jit->slow_return && jit->non_local_return && jit->enter &&
            jit->hooks.return_to_interpreter;
    ir_release(&ir);
    jit->zone.stubs_end = jit->zone.free;
    const RuntimeFunction functions[] = {
#define RUNTIME(NAME, function, text) function,
#include "jit/runtime.tbl"
#undef RUNTIME
    };
    for (int entry = 0; entry < RUNTIME_COUNT; entry++)
        vm->machine.entries[entry] = (uint64_t)(uintptr_t)functions[entry];
    if (made) return STATUS_OK;
    return diagnose(diagnosis, STATUS_NO_MEMORY, "the code zone is too small");
}
