// SPDX-License-Identifier: MIT
// Call frame information of compiled code: an interpreter of its operations finds, at every place,
// the rule that the instructions there ask for: by SP before a frame is built and where it is left,
// by FP in between. For methods made of bytecodes, with and without frames, by both compilers.
#include "tool/unwind.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "base/bits.h"
#include "jit/watch.h"
#include "tool/facade.h"
#include "tool/inspect.h"

#include <cmocka.h>

enum { CODE_BYTES = 1 << 20, RBP = 6, RSP = 7 };

typedef struct Rule {
    unsigned reg, offset; // where the caller's stack ends: register + offset
    bool keeps_fp;        // the caller's FP lies 16 below that
} Rule;

static VM *vm;

static int set_up(void **state) {
    (void)state;
    Diagnosis diagnosis;
    vm = facade_new(CODE_BYTES, &diagnosis);
    return vm ? 0 : -1;
}
static int tear_down(void **state) {
    (void)state;
    facade_destroy(vm);
    return 0;
}

// ---- reading it back

// The entry behind `at`, which must hold whole words; 0: the end.
static uint32_t entry_size(const Unwind *unwind, size_t at) {
    uint32_t size = load_u32(unwind->bytes + at);
    assert_true(at + 4 + size <= unwind->size);
    assert_int_equal((at + 4 + size) % 8, 0);
    return size;
}

// Where the operations of the function's entry begin and end.
static size_t find_operations(const Unwind *unwind, uint64_t start, uint64_t end, size_t *limit) {
    size_t function = 4 + entry_size(unwind, 0);
    uint32_t size = entry_size(unwind, function);
    assert_memory_equal(unwind->bytes + 9, "zR", 3);
    assert_int_equal(load_u32(unwind->bytes + 4), 0);
    assert_int_equal(load_u32(unwind->bytes + function + 4), function + 4);
    assert_int_equal(unwind->place, function + 8);
    assert_int_equal(load_u64(unwind->bytes + function + 8), start);
    assert_int_equal(load_u64(unwind->bytes + function + 16), end - start);
    *limit = function + 4 + size;
    assert_int_equal(load_u32(unwind->bytes + *limit), 0);
    return function + 25;
}

// The rule that holds at the offset.
static Rule rule_at(const Unwind *unwind, uint64_t start, uint64_t end, uint32_t offset) {
    Rule rule = {RSP, 8, false};
    size_t limit, at = find_operations(unwind, start, end, &limit);
    for (uint32_t reached = 0; at < limit;) {
        const uint8_t *operation = unwind->bytes + at;
        switch (operation[0]) {
        case 0x04: // advance
            reached += load_u32(operation + 1);
            if (reached > offset) return rule;
            at += 5;
            break;
        case 0x0C: // the caller's stack
            rule.reg = operation[1];
            rule.offset = operation[2];
            at += 3;
            break;
        case 0x08: // same value
            assert_int_equal(operation[1], RBP);
            rule.keeps_fp = false;
            at += 2;
            break;
        case 0x80 | RBP:
            assert_int_equal(operation[1], 2);
            rule.keeps_fp = true;
            at += 2;
            break;
        default:
            assert_int_equal(operation[0], 0);
            at++;
        }
    }
    return rule;
}

static void assert_rule(Rule rule, unsigned reg, unsigned offset) {
    assert_int_equal(rule.reg, reg);
    assert_int_equal(rule.offset, offset);
    assert_int_equal(rule.keeps_fp, offset == 16);
}

// ---- methods

typedef struct Checks {
    unsigned returns, frames, calls;
} Checks;

// Returns leave with the address on top; a frame that was begun with a push is found by FP one
// instruction later; between the two nothing else happens.
static void check_compiled(void *context, const Compilation *c, const Code *code,
                           const uint64_t *labels) {
    Checks *checks = context;
    const IrCode *ir = &c->ir;
    Unwind unwind;
    (void)labels;
    unwind_code(&unwind, c, code);
    assert_rule(rule_at(&unwind, code->start, code->end, 0), RSP, 8);
    for (uint32_t i = 0; i < ir->count; i++) {
        const IrIns *in = &ir->instructions[i];
        Rule at = rule_at(&unwind, code->start, code->end, ir->offsets[i]);
        Rule behind = rule_at(&unwind, code->start, code->end, ir->offsets[i + 1]);
        if (in->op == IR_RETURN) {
            assert_rule(at, RSP, 8);
            checks->returns++;
        } else if (in->op == IR_PUSH && in->a == R_FP) {
            assert_rule(at, RSP, 8);
            assert_rule(behind, RSP, 16);
        } else if (in->op == IR_MOVE && in->a == R_FP) {
            assert_rule(behind, RBP, 16);
            checks->frames++;
        } else if (in->op == IR_SEND_SITE || (in->op == IR_MOVE && in->a == R_SP)) {
            assert_rule(at, RBP, 16);
            checks->calls++;
        }
    }
}

static Checks check(const char *hex, unsigned arguments, bool naive) {
    uint8_t bytes[64];
    FacadeMethod parts = {
        .is_sista = true, .argument_count = arguments, .code = bytes, .name = "x"};
    for (; sscanf(hex, "%2hhx", &bytes[parts.code_size]) == 1; hex += 2)
        parts.code_size++;
    Diagnosis diagnosis = {""};
    JitOptions options;
    Checks checks = {0};
    CodeWatcher watcher = {.context = &checks, .compiled = check_compiled};
    Inspection inspection;
    jit_default_options(&options);
    options.backend = &backend_x64;
    options.policy.code_bytes = CODE_BYTES;
    if (naive) options.compile = naive_compile;
    assert_int_equal(jit_init(vm, &options, &diagnosis), STATUS_OK);
    watch_begin(vm->jit, &watcher);
    Oop method = facade_method(vm, &parts, &diagnosis);
    assert_int_equal(inspect_method(&inspection, vm, method, &diagnosis), STATUS_OK);
    inspect_release(&inspection);
    watch_end(vm->jit, &watcher);
    jit_release(vm);
    return checks;
}

static void a_method_that_sends(void **state) {
    (void)state;
    for (int naive = 0; naive < 2; naive++) {
        Checks checks = check("4C805C", 0, naive);
        assert_int_equal(checks.frames, 1);
        assert_int_equal(checks.returns, 1); // what is out of line comes back to it
        assert_true(checks.calls >= 2);
    }
}

// Its frame is built behind the code that does without.
static void a_method_without_a_frame(void **state) {
    (void)state;
    Checks checks = check("4C40605C", 1, false);
    assert_int_equal(checks.frames, 1);
    assert_int_equal(checks.returns, 2);
}

static void returns_in_the_middle(void **state) {
    (void)state;
    for (int naive = 0; naive < 2; naive++) { // arg ifTrue: [ ^ self foo ]. ^ self bar
        Checks checks = check("40BA4C805C4C815C", 1, naive);
        assert_int_equal(checks.frames, 1);
        assert_int_equal(checks.returns, 2);
    }
}

// ---- stubs

static void stubs_say_where_the_vm_keeps_its_registers(void **state) {
    (void)state;
    size_t limit;
    Unwind unwind;
    unwind_stub(&unwind, 0x1000, 0x1050, false);
    assert_memory_equal(unwind.bytes + 9, "zRS", 4);
    assert_int_equal(load_u64(unwind.bytes + unwind.place), 0x1000);
    size_t first = unwind.size;
    unwind_stub(&unwind, 0x1000, 0x1050, true); // constant and addition: three bytes more, at most
    assert_in_range(unwind.size, first, first + 8);
    unwind_plain(&unwind, 0x1000, 0x1050);
    find_operations(&unwind, 0x1000, 0x1050, &limit);
    assert_rule(rule_at(&unwind, 0x1000, 0x1050, 0x20), RSP, 8);
    unwind_return_to_interpreter(&unwind, 0x1000, 0x1050);
    find_operations(&unwind, 0xFFF, 0x1050, &limit);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_method_that_sends),
        cmocka_unit_test(a_method_without_a_frame),
        cmocka_unit_test(returns_in_the_middle),
        cmocka_unit_test(stubs_say_where_the_vm_keeps_its_registers),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
