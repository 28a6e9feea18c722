// SPDX-License-Identifier: MIT
// The harness for compiled code (support/jit_fixture.h) and the differ, on every target: one
// source, which speaks of what can be observed.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "choices.h"
#include "differ.h"
#include "method_writer.h"
#include "object/header.h"
#include "object/layouts.h"
#include "object/ops.h"
#include "object/raw.h"
#include "run/verified.h"

static Differ differ;
static JitFixture *const f = &differ.fixture;
static World *const world = &differ.world;
static MethodWriter w;

static Oop integer(int64_t value) { return oop_from_num(num(value)); }
static Oop kind(const char *name) { return world->kinds[world_kind_numbered(world, name)].oop; }
static uint64_t class_of(Oop oop) { return (uint64_t)num_concrete(class_index_of(oop)); }

// Runs the test in a new world on each target.
static void on_each_target(void (*test)(void)) {
    JitTarget targets[JIT_TARGET_LIMIT];
    unsigned count = jit_targets(targets);
    Diagnosis why;
    if (!count) skip();
    for (unsigned i = 0; i < count; i++) {
        assert_int_equal(differ_open(&differ, &targets[i], &why), STATUS_OK);
        test();
        assert_true(differ_close(&differ));
    }
}
#define TEST(name)                                                                                 \
    static void name##_here(void);                                                                 \
    static void name(void **state) {                                                               \
        (void)state;                                                                               \
        on_each_target(name##_here);                                                               \
    }                                                                                              \
    static void name##_here(void)

// ---- methods

// argument + 1
static Oop increment(void) {
    writer_begin(&w, world->vm, true, 1, 1);
    writer_put(&w, BC_PUSH_TEMP, 0, 0, 0);
    writer_put(&w, BC_PUSH_INTEGER, 1, 0, 0);
    writer_put(&w, BC_SEND_ADD, 0, 1, 0);
    writer_put(&w, BC_RETURN_TOP, 0, 0, 0);
    return writer_end(&w, world->class_binding);
}

// receiver unknown1: argument
static Oop sender(void) {
    writer_begin(&w, world->vm, false, 1, 1);
    writer_put(&w, BC_PUSH_RECEIVER, 0, 0, 0);
    writer_put(&w, BC_PUSH_TEMP, 0, 0, 0);
    writer_send(&w, world->unknown[1], 1);
    writer_put(&w, BC_RETURN_TOP, 0, 0, 0);
    return writer_end(&w, world->class_binding);
}

// The argument into the receiver's second variable, then the receiver.
static Oop setter(void) {
    writer_begin(&w, world->vm, false, 1, 1);
    writer_put(&w, BC_PUSH_TEMP, 0, 0, 0);
    writer_put(&w, BC_POP_INTO_RECEIVER_VARIABLE, 1, 0, 0);
    writer_put(&w, BC_RETURN_RECEIVER, 0, 0, 0);
    return writer_end(&w, world->class_binding);
}

static JitStop call(Oop method, Oop receiver, Oop argument) {
    const Code *code = jit_fixture_compile(f, method, class_of(receiver));
    assert_non_null(code);
    JitStop stop = jit_fixture_call(f, code, (Oop[]){receiver, argument}, 2);
    assert_string_equal(f->broken, "");
    return stop;
}

// ---- running until

TEST(code_answers) {
    const uint64_t *sp = world->vm->sp;
    assert_int_equal(call(increment(), world->vm->heap.nil, integer(41)), JIT_ANSWERED);
    assert_int_equal(world->vm->machine.result, oop_bits(integer(42)));
    assert_ptr_equal(world->vm->sp, sp);
}

TEST(code_stops_where_it_calls_c) {
    VM *vm = world->vm;
    uint64_t *sp = vm->sp, *fp = vm->fp;
    Oop receiver = kind("an object");
    f->stops_at[RUNTIME_SEND] = true;
    assert_int_equal(call(sender(), receiver, integer(7)), JIT_CALLED);
    assert_int_equal(f->call.entry, RUNTIME_SEND);
    assert_int_equal(f->calls[RUNTIME_SEND], 1);
    // The new frame: its operands are on the stack, its pc stands behind the send.
    assert_int_equal(vm->sp[0], oop_bits(integer(7)));
    assert_int_equal(vm->sp[1], oop_bits(receiver));
    assert_ptr_equal(frame_caller(vm->fp), fp);
    assert_int_equal(frame_kind(vm->fp), FRAME_BASELINE);
    assert_int_equal(vm->fp[FRAME_RECEIVER], oop_bits(receiver));
    Oop method = frame_oop(vm->fp + FRAME_METHOD);
    assert_int_equal(vm->fp[FRAME_PC], num_concrete(method_first_pc(method)) + 8 + 3);
    vm->sp = sp;
    vm->fp = fp;
}

TEST(code_changes_the_heap) {
    Oop receiver = kind("an old object"), young = kind("an Array");
    assert_int_equal(call(setter(), receiver, young), JIT_ANSWERED);
    assert_int_equal(oop_bits(slot_at(receiver, num(1))), oop_bits(young));
    assert_true(raw_load(oop_bits(receiver)) & HEADER_REMEMBERED);
    assert_int_equal(f->calls[RUNTIME_BARRIER], 1);
}

// Both compilers have all operands on the stack where code may stop.
TEST(code_goes_on_at_a_pc) {
    VM *vm = world->vm;
    Oop method = increment();
    const Code *code = jit_fixture_compile(f, method, class_of(vm->heap.nil));
    f->stops_at[RUNTIME_SEND] = true;
    // The sum of a nil is sent: the frame then stands behind it.
    assert_int_equal(call(method, vm->heap.nil, vm->heap.nil), JIT_CALLED);
    f->stops_at[RUNTIME_SEND] = false;
    vm->sp += 1; // the answer, in the place of both operands
    frame_put_oop(vm->sp, integer(5));
    assert_int_equal(jit_fixture_resume(f, code), JIT_ANSWERED);
    assert_int_equal(vm->machine.result, oop_bits(integer(5)));
}

TEST(simulated_code_stops_at_an_address) {
    VM *vm = world->vm;
    uint64_t *sp = vm->sp, *fp = vm->fp;
    const Code *code = jit_fixture_compile(f, increment(), class_of(vm->heap.nil));
    if (!jit_fixture_stop_at(f, code->linked_entry)) return;
    assert_true(jit_fixture_sees_registers(f));
    assert_int_equal(jit_fixture_call(f, code, (Oop[]){vm->heap.nil, integer(1)}, 2),
                     JIT_AT_ADDRESS);
    assert_int_equal(jit_fixture_register(f, R_VM), (uintptr_t)vm);
    assert_int_equal(jit_fixture_register(f, R_NIL), oop_bits(vm->heap.nil));
    assert_int_equal(jit_fixture_register(f, R_FP), (uintptr_t)fp);
    assert_int_equal(jit_fixture_register(f, R_SP), (uintptr_t)(sp - 3));
    jit_fixture_stop_nowhere(f);
    vm->sp = sp;
}

TEST(simulated_code_traps) {
    IrCode ir;
    if (!jit_fixture_sees_registers(f)) return;
    ir_init(&ir);
    ir_ri(&ir, IR_CONSTANT, R_T5, 4711);
    ir_none(&ir, IR_TRAP);
    assert_int_equal(jit_fixture_run(f, assemble_piece(f->jit, &ir, NULL)), JIT_TRAPPED);
    assert_int_equal(jit_fixture_register(f, R_T5), 4711);
}

TEST(natives_run_alone) {
    enum { PRIMITIVE_ADD = 1 };
    VM *vm = world->vm;
    uint64_t *sp = vm->sp;
    uint64_t start = jit_fixture_compile_native(f, native_of(PRIMITIVE_ADD, 1), 1);
    Code code = {.linked_entry = start};
    assert_int_equal(jit_fixture_call(f, &code, (Oop[]){integer(3), integer(4)}, 2), JIT_ANSWERED);
    assert_int_equal(vm->machine.result, oop_bits(integer(7)));
    assert_int_equal(jit_fixture_call(f, &code, (Oop[]){integer(3), vm->heap.nil}, 2), JIT_LEFT);
    assert_ptr_equal(vm->sp, sp - 3); // nothing was changed
    vm->sp = sp;
}

// ---- rules

// Code that calls C with the register at an address where it must not be.
static JitStop call_with(Reg reg, uint64_t value) {
    VM *vm = world->vm;
    uint64_t *sp = vm->sp, *fp = vm->fp;
    IrCode ir;
    ir_init(&ir);
    ir_ri(&ir, IR_CONSTANT, reg, (int64_t)value);
    ir_i(&ir, IR_CALL_CODE, (int64_t)f->jit->stubs[RUNTIME_BARRIER]);
    f->stops_at[RUNTIME_BARRIER] = true;
    JitStop stop = jit_fixture_run(f, assemble_piece(f->jit, &ir, NULL));
    vm->sp = sp;
    vm->fp = fp;
    return stop;
}

TEST(broken_rules_are_found) {
    JitStop stop = call_with(R_FP, 4096);
    assert_int_equal(stop, jit_fixture_sees_registers(f) ? JIT_BROKEN : JIT_CALLED);
    assert_non_null(strstr(f->broken, "FP"));
    f->broken[0] = 0;
    if (!jit_fixture_sees_registers(f)) return; // a processor that pushes would fault
    assert_int_equal(call_with(R_SP, (uintptr_t)(world->vm->sp - 4) + 4), JIT_BROKEN);
    assert_non_null(strstr(f->broken, "SP"));
}

// ---- the differ

static void choose_two(const void *context, unsigned index, Oop *operands) {
    (void)context;
    operands[0] = world->vm->heap.nil;
    operands[1] = integer(index);
}

static Trial trial_of(Oop method) { return (Trial){"a test", method, 2, 3, choose_two, NULL}; }

TEST(the_same_is_no_difference) {
    differ_begin(&differ);
    Trial trial = trial_of(increment());
    assert_true(differ_run(&differ, &trial));
    assert_int_equal(differ.cases, 5); // the first case thrice
    assert_int_equal(differ.refused, 0);
}

// A compiler that takes + for -.
static Code *(*right_compiler)(VM *, Jit *, const LookupEntry *, const BlockEntry *);
static Code *wrong_compiler(VM *vm, Jit *jit, const LookupEntry *method, const BlockEntry *block) {
    enum { SISTA_ADD = 96, SISTA_SUBTRACT = 97, AT = 2 };
    uint8_t *byte =
        object_bytes(method->method) + num_concrete(method_first_pc(method->method)) + AT;
    bool has_sum = *byte == SISTA_ADD;
    if (has_sum) *byte = SISTA_SUBTRACT;
    Code *code = right_compiler(vm, jit, method, block);
    if (has_sum) *byte = SISTA_ADD;
    return code;
}

TEST(a_wrong_compiler_is_found_out) {
    differ_begin(&differ);
    Trial trial = trial_of(increment());
    right_compiler = f->jit->options.compile;
    f->jit->options.compile = wrong_compiler;
    differ.is_silent = true;
    assert_false(differ_run(&differ, &trial));
    assert_int_equal(differ.differences, 1);
    f->jit->options.compile = right_compiler;
    differ_begin(&differ);
    trial = trial_of(increment());
    assert_true(differ_run(&differ, &trial));
}

// ---- choices

// Fails when some number below 200 that is chosen is 77 or more, and another one follows.
static bool large_before_another(void *context, Choices *choices) {
    unsigned *tried = context;
    ++*tried;
    while (choices->at + 1 < choices->count)
        if (choose_below(choices, 200) >= 77) return true;
    return false;
}

static void what_fails_is_made_small(void **state) {
    Choices choices;
    uint64_t seed = 3;
    unsigned tried = 0;
    (void)state;
    choices_randomise(&choices, &seed);
    assert_true(large_before_another(&tried, &choices));
    choices_shrink(&choices, large_before_another, &tried);
    assert_int_equal(choices.count, 2);
    assert_in_range(choices.bytes[0], 77, 127);
    assert_int_equal(choices.bytes[1], 0);
    assert_true(tried < 3000);
}

static void choices_are_read(void **state) {
    Choices choices;
    (void)state;
    assert_true(choices_read(&choices, "01ff20"));
    assert_int_equal(choices.count, 3);
    assert_int_equal(choose_below(&choices, 10), 1);
    assert_int_equal(choose_below(&choices, 256), 255);
    assert_int_equal(choose_below(&choices, 16), 0);
    assert_int_equal(choose_below(&choices, 16), 0); // behind the end
    assert_false(choices_read(&choices, "01zz"));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(code_answers),
        cmocka_unit_test(code_stops_where_it_calls_c),
        cmocka_unit_test(code_changes_the_heap),
        cmocka_unit_test(code_goes_on_at_a_pc),
        cmocka_unit_test(simulated_code_stops_at_an_address),
        cmocka_unit_test(simulated_code_traps),
        cmocka_unit_test(natives_run_alone),
        cmocka_unit_test(broken_rules_are_found),
        cmocka_unit_test(the_same_is_no_difference),
        cmocka_unit_test(a_wrong_compiler_is_found_out),
        cmocka_unit_test(what_fails_is_made_small),
        cmocka_unit_test(choices_are_read),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
