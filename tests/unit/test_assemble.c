// SPDX-License-Identifier: MIT
// Assembling: both passes agree on every size, labels and data lie where they should, what does not
// reach is refused, send sites can be patched; for random lists of instructions too, whose code a
// disassembler must understand instruction by instruction.
#include "jit/backend.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "base/bits.h"
#include "base/random.h"
#include "tool/listing.h"

#include <cmocka.h>

enum { HERE = 0x100000, LABELS = 8 };

typedef struct Made {
    uint8_t *bytes;
    const uint32_t *offsets; // of the IR
    uint64_t labels[LABELS];
    uint32_t size;
    AssembleResult result;
} Made;

static Made make(IrCode *code, const Backend *backend) {
    Made m = {.size = 0};
    m.size = assemble_measure(code, backend, m.labels);
    m.offsets = code->offsets;
    m.bytes = malloc(m.size + 1);
    m.bytes[m.size] = 0xA5;
    m.result = assemble(code, backend, HERE, m.labels, m.bytes);
    assert_int_equal(m.bytes[m.size], 0xA5);
    return m;
}

static void drop(Made *m) { free(m->bytes); }

static void every_backend_has_a_name(void **state) {
    (void)state;
    assert_ptr_equal(backend_named("x64"), &backend_x64);
    assert_ptr_equal(backend_named("arm64"), &backend_arm64);
    assert_null(backend_named("vax"));
    for (unsigned i = 0; backend_at(i); i++)
        assert_ptr_equal(backend_named(backend_at(i)->name), backend_at(i));
    assert_null(backend_at(2));
}

static void labels_and_data_lie_where_they_should(void **state) {
    (void)state;
    for (unsigned i = 0; backend_at(i); i++) {
        IrCode code;
        ir_init(&code);
        Label data = ir_new_label(&code), same = ir_new_label(&code), end = ir_new_label(&code);
        ir_none(&code, IR_TRAP);
        ir_label(&code, data);
        ir_label(&code, same);
        ir_i(&code, IR_DATA, 0x0102030405060708);
        ir_none(&code, IR_TRAP);
        ir_i(&code, IR_ALIGN, 16);
        ir_label(&code, end);
        Made m = make(&code, backend_at(i));
        assert_int_equal(m.result, ASSEMBLED);
        assert_int_equal(m.labels[data], HERE + 8);
        assert_int_equal(m.labels[same], HERE + 8);
        assert_int_equal(load_u64(m.bytes + 8), 0x0102030405060708);
        assert_int_equal(m.labels[end], HERE + 32);
        assert_int_equal(m.size, 32);
        drop(&m);
        ir_release(&code);
    }
}

static AssembleResult assemble_one(const Backend *backend, IrIns in) {
    IrCode code;
    ir_init(&code);
    ir_add(&code, in);
    Made m = make(&code, backend);
    drop(&m);
    ir_release(&code);
    return m.result;
}

static void what_does_not_reach_is_refused(void **state) {
    (void)state;
    static const IrOp ops[] = {IR_JUMP_CODE, IR_JUMP_CODE_IF, IR_CALL_CODE, IR_SEND_SITE};
    for (unsigned i = 0; i < sizeof ops / sizeof *ops; i++) {
        IrIns in = {.op = (uint8_t)ops[i], .imm = HERE + 0x7FFFF00};
        assert_int_equal(assemble_one(&backend_x64, in), ASSEMBLED);
        assert_int_equal(assemble_one(&backend_arm64, in), ASSEMBLED);
        in.imm = HERE + 0x8000100;
        assert_int_equal(assemble_one(&backend_x64, in), ASSEMBLED);
        assert_int_equal(assemble_one(&backend_arm64, in), ASSEMBLE_TOO_FAR);
        in.imm = HERE + 0x80000100;
        assert_int_equal(assemble_one(&backend_x64, in), ASSEMBLE_TOO_FAR);
    }
}

// b.cond, adr and ldr reach a megabyte.
static void far_labels_are_refused(void **state) {
    (void)state;
    IrIns ins[] = {{.op = IR_JUMP_IF}, {.op = IR_LABEL_ADDRESS}, {.op = IR_LOAD_DATA}};
    for (unsigned i = 0; i < 3; i++)
        for (unsigned far = 0; far < 2; far++) {
            IrCode code;
            ir_init(&code);
            ir_new_label(&code);
            ir_add(&code, ins[i]);
            for (uint32_t n = 0; n < (far ? 131072 : 131070); n++)
                ir_i(&code, IR_DATA, n);
            ir_label(&code, 0);
            ir_i(&code, IR_DATA, 0);
            Made m = make(&code, &backend_arm64);
            assert_int_equal(m.result, far ? ASSEMBLE_TOO_FAR : ASSEMBLED);
            drop(&m);
            ir_release(&code);
        }
}

static void lack_of_memory_is_told(void **state) {
    (void)state;
    IrCode code;
    ir_init(&code);
    code.out_of_memory = true;
    ir_none(&code, IR_TRAP);
    assert_int_equal(code.count, 0);
    assert_int_equal(assemble(&code, &backend_x64, HERE, NULL, NULL), ASSEMBLE_NO_MEMORY);
    ir_release(&code);
}

static void sends_are_patched(void **state) {
    (void)state;
    static const int32_t tags[] = {0, 1, 0x12345, 0x3FFFFF, -1};
    for (unsigned i = 0; backend_at(i); i++) {
        const Backend *b = backend_at(i);
        IrCode code;
        ir_init(&code);
        ir_ii(&code, IR_SEND_SITE, HERE + 64, 77);
        Made m = make(&code, b);
        assert_int_equal(m.size, b->send_site_bytes);
        uint64_t after = HERE + m.size;
        assert_int_equal(b->send_target(m.bytes, HERE, after), HERE + 64);
        assert_int_equal(b->send_tag(m.bytes, HERE, after), 77);
        for (unsigned t = 0; t < 5; t++) {
            uint64_t target = t % 2 ? HERE + 0x7000000 : HERE - 0x80000;
            b->patch_send(m.bytes, HERE, after, (uint32_t)tags[t], target);
            assert_int_equal(b->send_target(m.bytes, HERE, after), target);
            assert_int_equal(b->send_tag(m.bytes, HERE, after), (uint32_t)tags[t]);
            IrCode anew; // the same bytes as if it had been assembled so
            ir_init(&anew);
            ir_ii(&anew, IR_SEND_SITE, (int64_t)target, tags[t]);
            Made n = make(&anew, b);
            assert_memory_equal(n.bytes, m.bytes, m.size);
            drop(&n);
            ir_release(&anew);
        }
        drop(&m);
        ir_release(&code);
    }
}

// ---- random lists
static int64_t any_constant(uint64_t *random) {
    int64_t number = (int64_t)random_next(random);
    return number >> (random_next(random) & 63);
}

static IrIns any_instruction(const IrCode *code, uint64_t *random) {
    for (;;) {
        uint64_t bits = random_next(random);
        IrIns in = {.op = (uint8_t)(bits % IR_OP_COUNT), .a = bits >> 8 & 15, .b = bits >> 12 & 15};
        in.c = bits >> 16 & 15;
        in.extra = bits & 1 << 20 ? (int32_t)(bits >> 32) : (int32_t)(bits >> 32 & (LABELS - 1));
        in.imm = any_constant(random);
        if (in.op == IR_JUMP_CODE || in.op == IR_JUMP_CODE_IF || in.op == IR_CALL_CODE ||
            in.op == IR_SEND_SITE)
            in.imm = HERE + (in.imm & 0xFFFFC);
        if (in.op == IR_ALIGN) in.imm = 1 << (in.imm & 7);
        if (in.op == IR_LABEL || in.op == IR_DATA || !ir_is_sound(code, &in)) continue;
        return in;
    }
}

static void is_understood(Listing *listing, const IrCode *code, const Made *m, const Backend *b) {
    for (uint32_t i = 0; i < code->count; i++) {
        uint32_t at = m->offsets[i], end = m->offsets[i + 1];
        assert_true(end - at <= b->longest_bytes);
        if (code->instructions[i].op == IR_DATA) continue;
        while (at < end) {
            char text[200], ir[200];
            at += (uint32_t)listing_instruction(listing, m->bytes + at, end - at, HERE + at, text,
                                                sizeof text);
            ir_print(&code->instructions[i], ir, sizeof ir);
            if (strncmp(text, "bytes", 5) == 0) // not understood
                fail_msg("%s: %s is %s", b->name, ir, text);
        }
        assert_int_equal(at, end);
    }
}

static void random_lists(void **state) {
    (void)state;
    uint64_t random = 4;
    for (unsigned round = 0; round < 400; round++) {
        const Backend *b = backend_at(round & 1);
        IrCode code;
        ir_init(&code);
        for (unsigned i = 0; i < LABELS; i++)
            ir_new_label(&code);
        for (unsigned i = 0; i < 200; i++) {
            if (i % (200 / LABELS) == 0) ir_label(&code, i / (200 / LABELS));
            ir_add(&code, any_instruction(&code, &random));
        }
        Made m = make(&code, b);
        assert_int_equal(m.result, ASSEMBLED);
        assert_int_equal(m.offsets[code.count], m.size);
        if (listing_is_built_in()) {
            Listing *listing = listing_open(b);
            is_understood(listing, &code, &m, b);
            listing_close(listing);
        }
        drop(&m);
        ir_release(&code);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_backend_has_a_name),
        cmocka_unit_test(labels_and_data_lie_where_they_should),
        cmocka_unit_test(what_does_not_reach_is_refused),
        cmocka_unit_test(far_labels_are_refused),
        cmocka_unit_test(lack_of_memory_is_told),
        cmocka_unit_test(sends_are_patched),
        cmocka_unit_test(random_lists),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
