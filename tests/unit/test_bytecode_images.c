// SPDX-License-Identifier: MIT
// Verification of real code: each method of the real 64-bit images is accepted, and its summary
// agrees with what a plain walk over its instructions finds. The images are mapped where they say
// they were saved, so no relocation is needed; where that place is taken, or the images are not
// here, the test is skipped.
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "bytecode/instruction.h"
#include "bytecode/summary.h"
#include "object/header.h"
#include "support/emulated.h"

enum { HEADER_BYTES = 128, PAGE = 4096, BRIDGE_BYTES = 16 };

typedef struct Mapped {
    uint64_t start, end; // of the objects, the bridge not included
    void *memory;
    size_t memory_bytes;
} Mapped;

static uint64_t header_u64(const uint8_t *header, size_t offset) {
    uint64_t value;
    memcpy(&value, header + offset, 8);
    return value;
}

static bool read_objects(int file, Mapped *mapped) {
    uint8_t header[HEADER_BYTES];
    if (pread(file, header, sizeof header, 0) != (ssize_t)sizeof header) return false;
    uint64_t bytes = header_u64(header, 8), base = header_u64(header, 16), page = base & -PAGE;
    mapped->memory_bytes = (bytes + base - page + PAGE - 1) & (uint64_t)-PAGE;
    mapped->memory = mmap((void *)(uintptr_t)page, mapped->memory_bytes, PROT_READ | PROT_WRITE,
                          MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);
    if (mapped->memory == MAP_FAILED) return false;
    if (mapped->memory != (void *)(uintptr_t)page) {
        munmap(mapped->memory, mapped->memory_bytes);
        return false;
    }
    mapped->start = base;
    mapped->end = base + header_u64(header, 72) - BRIDGE_BYTES;
    return pread(file, (void *)(uintptr_t)base, bytes, HEADER_BYTES) == (ssize_t)bytes;
}

static Mapped map_image(const char *name) {
    const char *images = getenv("PARLEY_IMAGES"), *source = getenv("PARLEY_SOURCE");
    char path[1000];
    if (images)
        snprintf(path, sizeof path, "%s/%s", images, name);
    else
        snprintf(path, sizeof path, "%s/../shared/images/%s", source ? source : ".", name);
    Mapped mapped = {0, 0, NULL, 0};
    int file = open(path, O_RDONLY);
    bool is_read = file >= 0 && read_objects(file, &mapped);
    if (file >= 0) close(file);
    if (!is_read) skip();
    return mapped;
}

// Every instruction that the summary knows decodes, takes no more operands than are there, and
// leaves as many as the next one expects.
static uint64_t check_summary(uint64_t method, const MethodSummary *summary) {
    const uint8_t *code = (const uint8_t *)(uintptr_t)(method + 8);
    uint64_t count = 0;
    for (uint32_t pc = summary->first_pc; pc < summary->end_pc; pc++) {
        int depth = summary->depth_at[pc - summary->first_pc];
        if (depth == SUMMARY_NOT_A_PC) continue;
        Instruction in;
        assert_true(instruction_decode(code, summary->end_pc, pc, summary->is_sista, &in));
        count++;
        if (summary->least_depth_at || summary->stores_primitive_error) continue;
        StackEffect effect = instruction_stack_effect(&in);
        assert_true(effect.pops <= depth);
        InstructionFlow flow = bytecode_op_flow(in.op);
        if (flow != FLOW_NEXT && flow != FLOW_SEND && flow != FLOW_BRANCH) continue;
        uint32_t next = instruction_next_pc(&in);
        assert_true(next < summary->end_pc);
        assert_int_equal(summary->depth_at[next - summary->first_pc],
                         depth - effect.pops + effect.pushes);
    }
    return count;
}

// Of this process, however much else the machine does.
static double seconds(void) {
    struct timespec now;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

// Verifies every method; answers how many there are.
static unsigned verify_image(const char *name) {
    Mapped mapped = map_image(name);
    unsigned methods = 0;
    uint64_t instructions = 0;
    double spent = 0;
    for (uint64_t at = mapped.start; at < mapped.end;) {
        uint64_t object = raw_object_at(at);
        at = raw_end(object);
        if (raw_class_index(object) <= CLASS_INDEX_LAST_PUN) continue;
        if (!format_is_method(raw_format(object))) continue;
        MethodSummary summary;
        Diagnosis diagnosis = {""};
        double before = seconds();
        Status status = bytecode_verify(oop_from_bits(object), &summary, &diagnosis);
        spent += seconds() - before;
        if (status) print_error("%s\n", diagnosis.text);
        assert_int_equal(status, STATUS_OK);
        instructions += check_summary(object, &summary);
        summary_free(&summary);
        methods++;
    }
    munmap(mapped.memory, mapped.memory_bytes);
    // A tenth of this is usual; verification is part of starting an image.
    assert_true(is_emulated() || spent / (double)instructions < 2e-6);
    return methods;
}

static void pharo8_methods_are_accepted(void **state) {
    (void)state;
    assert_int_equal(verify_image("pharo8-kernel-spur64.image"), 10391);
}
static void candle_methods_are_accepted(void **state) {
    (void)state;
    assert_int_equal(verify_image("candle-spur64.image"), 895);
}
static void conformance_methods_are_accepted(void **state) {
    (void)state;
    assert_in_range(verify_image("conformance/conformance-v3.image"), 11000, 13000);
}
static void sista_conformance_methods_are_accepted(void **state) {
    (void)state;
    assert_in_range(verify_image("conformance/conformance-sista.image"), 11000, 13000);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pharo8_methods_are_accepted),
        cmocka_unit_test(candle_methods_are_accepted),
        cmocka_unit_test(conformance_methods_are_accepted),
        cmocka_unit_test(sista_conformance_methods_are_accepted),
    };
    return cmocka_run_group_tests_name("bytecode of images", tests, NULL, NULL);
}
