// SPDX-License-Identifier: MIT
// The code zone: room, finding pieces by address, their tables, links of send sites, W^X.
#include "jit/code.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/os_memory.h"

enum { ZONE_BYTES = 1 << 16, CODE_BYTES = 100 };

typedef struct Fixture {
    CodeZone zone;
    uint64_t start;
    unsigned told; // changes that the zone told of
} Fixture;

static void count_change(void *context, uint64_t start, uint64_t bytes) {
    (void)start;
    ((Fixture *)context)->told += bytes > 0;
}

static int set_up(void **state) {
    Fixture *f = calloc(1, sizeof *f);
    Diagnosis diagnosis;
    f->start = os_memory_reserve(0, ZONE_BYTES);
    assert_int_not_equal(f->start, 0);
    assert_int_equal(zone_init(&f->zone, &backend_x64, f->start, f->start + ZONE_BYTES, &diagnosis),
                     STATUS_OK);
    f->zone.stubs_end = f->start;
    f->zone.written = count_change;
    f->zone.written_context = f;
    *state = f;
    return 0;
}

static int tear_down(void **state) {
    Fixture *f = *state;
    zone_release(&f->zone);
    os_memory_release(f->start, ZONE_BYTES);
    free(f);
    return 0;
}

// A piece with one send site, whose target is its own start, and two resume points.
static Code *add_piece(Fixture *f) {
    uint8_t bytes[CODE_BYTES] = {0};
    Code *code = calloc(1, sizeof *code);
    code->start = zone_allocate(&f->zone, CODE_BYTES);
    assert_int_not_equal(code->start, 0);
    code->end = code->start + CODE_BYTES;
    IrIns site = {.op = IR_SEND_SITE, .imm = (int64_t)code->start, .extra = 7};
    const uint64_t labels[1] = {0}; // without any, an encoder only measures
    uint32_t length = backend_x64.encode(&site, code->start + 10, labels, bytes + 10);
    code->sends = calloc(1, sizeof *code->sends + 2 * sizeof *code->resume_points);
    code->sends[0] = (SendSite){.return_offset = 10 + length, .selector = 3};
    code->send_count = 1;
    code->resume_points = (ResumePoint *)(void *)(code->sends + 1);
    code->resume_points[0] = (ResumePoint){.pc = 40, .offset = 20};
    code->resume_points[1] = (ResumePoint){.pc = 44, .offset = 60, .takes_answer = 1};
    code->resume_count = 2;
    zone_write(&f->zone, code->start, bytes, sizeof bytes);
    assert_true(zone_add(&f->zone, code));
    return code;
}

static void test_pieces_are_found_by_address(void **state) {
    Fixture *f = *state;
    Code *codes[20];
    for (int i = 0; i < 20; i++)
        codes[i] = add_piece(f);
    assert_null(zone_code_at(&f->zone, f->start));
    for (int i = 0; i < 20; i++) {
        assert_int_equal(codes[i]->start % backend_x64.code_alignment, 0);
        assert_ptr_equal(zone_code_at(&f->zone, codes[i]->start + 1), codes[i]);
        assert_ptr_equal(zone_code_at(&f->zone, codes[i]->end), codes[i]);
    }
    assert_null(zone_code_at(&f->zone, codes[19]->end + 1));
}

static void test_tables(void **state) {
    Code *code = add_piece(*state);
    uint64_t back = code->start + code->sends[0].return_offset;
    assert_ptr_equal(code_send_at(code, back), &code->sends[0]);
    assert_null(code_send_at(code, back + 1));
    assert_int_equal(code_resume_at(code, 40)->offset, 20);
    assert_int_equal(code_resume_at(code, 44)->offset, 60);
    assert_null(code_resume_at(code, 42));
    assert_null(code_resume_at(code, 45));
}

static void test_links(void **state) {
    Fixture *f = *state;
    Code *one = add_piece(f), *two = add_piece(f);
    uint64_t back = one->start + one->sends[0].return_offset;
    const uint8_t *bytes = (const uint8_t *)(uintptr_t)one->start;
    assert_int_equal(backend_x64.send_target(bytes, one->start, back), one->start);
    assert_int_equal(backend_x64.send_tag(bytes, one->start, back), 7);
    unsigned told = f->told;
    zone_link_send(&f->zone, one, &one->sends[0], 4711, two->start);
    assert_int_equal(f->told, told + 1);
    assert_int_equal(backend_x64.send_target(bytes, one->start, back), two->start);
    assert_int_equal(backend_x64.send_tag(bytes, one->start, back), 4711);
}

// Pieces without a destination go, the others move down, lead where they led, and keep their
// tables.
static void test_compaction(void **state) {
    Fixture *f = *state;
    Code *gone = add_piece(f), *one = add_piece(f), *gone_too = add_piece(f), *two = add_piece(f);
    uint64_t end = f->zone.free, target = gone->start, free_bytes = zone_free_bytes(&f->zone);
    uint8_t marker = 0x5A;
    zone_write(&f->zone, two->end - 1, &marker, 1);
    zone_link_send(&f->zone, one, &one->sends[0], 9, target);
    zone_link_send(&f->zone, two, &two->sends[0], 9, target);
    gone->destination = gone_too->destination = 0;
    one->destination = target;
    two->destination = one->start;
    zone_compact(&f->zone);
    assert_int_equal(f->zone.count, 2);
    assert_true(zone_free_bytes(&f->zone) >= free_bytes + 2 * CODE_BYTES);
    assert_int_equal(one->start, target);
    assert_int_equal(two->start, two->destination);
    assert_int_equal(two->end, two->start + CODE_BYTES);
    for (int i = 0; i < 2; i++) {
        const Code *code = f->zone.codes[i];
        uint64_t back = code->start + code->sends[0].return_offset;
        const uint8_t *bytes = (const uint8_t *)(uintptr_t)code->start;
        assert_ptr_equal(zone_code_at(&f->zone, back), code);
        assert_int_equal(backend_x64.send_target(bytes, code->start, back), target);
    }
    assert_int_equal(*(const uint8_t *)(uintptr_t)(two->end - 1), marker);
    for (uint64_t at = f->zone.free; at < end; at++)
        assert_int_equal(*(const uint8_t *)(uintptr_t)at, backend_x64.trap_byte);
}

// A reference of each kind, moved by itself, is what would have been assembled there.
static void test_moved_references(void **state) {
    static const IrOp ops[] = {IR_CALL_CODE, IR_JUMP_CODE, IR_JUMP_CODE_IF, IR_SEND_SITE};
    enum { HERE = 0x100000, DISTANCE = -0x340, TARGET = 0x140000 };
    const uint64_t labels[1] = {0};
    (void)state;
    for (unsigned i = 0; backend_at(i); i++) {
        const Backend *backend = backend_at(i);
        for (unsigned k = 0; k < sizeof ops / sizeof *ops; k++) {
            uint8_t moved[128] = {0}, there[128] = {0};
            IrIns in = {.op = (uint8_t)ops[k], .c = COND_NOT_EQUAL, .imm = TARGET};
            uint32_t length = backend->encode(&in, HERE, labels, moved);
            backend->move_reference(moved + length, DISTANCE);
            assert_int_equal(backend->encode(&in, HERE + DISTANCE, labels, there), length);
            assert_memory_equal(moved, there, length);
        }
    }
}

static void test_limit(void **state) {
    Fixture *f = *state;
    assert_true(zone_may_have_limit(&f->zone, ZONE_BYTES));
    assert_false(zone_may_have_limit(&f->zone, ZONE_BYTES + 1));
    zone_set_limit(&f->zone, 4 * CODE_BYTES);
    assert_int_equal(zone_free_bytes(&f->zone), 4 * CODE_BYTES);
    assert_int_not_equal(zone_allocate(&f->zone, 3 * CODE_BYTES), 0);
    assert_int_equal(zone_allocate(&f->zone, 3 * CODE_BYTES), 0);
}

static void test_full_zone(void **state) {
    Fixture *f = *state;
    unsigned count = 0;
    while (zone_allocate(&f->zone, 1000))
        count++;
    assert_in_range(count, ZONE_BYTES / 1100, ZONE_BYTES / 1000);
    assert_int_equal(zone_allocate(&f->zone, UINT64_MAX - 8), 0);
    zone_clear(&f->zone);
    assert_int_equal(zone_free_bytes(&f->zone), ZONE_BYTES);
    assert_int_equal(f->zone.count, 0);
}

#if defined(__x86_64__) || defined(__aarch64__)
// A function of this machine that answers a small number.
static void write_function(CodeZone *zone, uint64_t address, uint32_t number) {
#ifdef __x86_64__
    const uint8_t function[] = {0xB8, (uint8_t)number, 0, 0, 0, 0xC3}; // mov eax, number; ret
#else
    const uint32_t function[] = {0xD2800000 | number << 5, 0xD65F03C0}; // mov x0, number; ret
#endif
    zone_write(zone, address, function, sizeof function);
}

// What was executed once is changed, and executed anew.
static void test_changed_code_is_executed(void **state) {
    (void)state;
    CodeZone zone;
    uint64_t start = os_memory_reserve(0, ZONE_BYTES);
    int (*function)(void);
    assert_int_equal(zone_init(&zone, backend_host(), start, start + ZONE_BYTES, NULL), STATUS_OK);
    uint64_t address = zone_allocate(&zone, CODE_BYTES);
    memcpy(&function, &address, sizeof function);
    for (uint32_t number = 1; number < 100; number++) {
        write_function(&zone, address, number);
        assert_int_equal(function(), number);
    }
    zone_release(&zone);
    os_memory_release(start, ZONE_BYTES);
}
#else
static void test_changed_code_is_executed(void **state) {
    (void)state;
    skip();
}
#endif

// No page is ever both writable and executable.
static void test_no_page_is_writable_and_executable(void **state) {
    const Fixture *f = *state;
    char line[512], rights[8];
    unsigned executable = 0;
    FILE *maps = fopen("/proc/self/maps", "r");
    if (!maps) skip();
    while (fgets(line, sizeof line, maps)) {
        assert_int_equal(sscanf(line, "%*s %7s", rights), 1);
        assert_false(strchr(rights, 'w') && strchr(rights, 'x'));
        unsigned long from = strtoul(line, NULL, 16);
        executable += from == f->start && strchr(rights, 'x');
    }
    fclose(maps);
    assert_int_equal(executable, 1);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_pieces_are_found_by_address, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_tables, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_links, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_compaction, set_up, tear_down),
        cmocka_unit_test(test_moved_references),
        cmocka_unit_test_setup_teardown(test_limit, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_full_zone, set_up, tear_down),
        cmocka_unit_test(test_changed_code_is_executed),
        cmocka_unit_test_setup_teardown(test_no_page_is_writable_and_executable, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
