// SPDX-License-Identifier: MIT
// See differ.h.
#include "differ.h"

#include <stdio.h>
#include <string.h>

#include "base/check.h"
#include "bytecode/disassemble.h"
#include "object/header.h"
#include "object/raw.h"
#include "run/interpreter.h"
#include "run/lookup.h"
#include "run/primitive.h"
#include "run/send.h"
#include "run/verified.h"

enum { REPORTS = 3, WARM_UP = 3 };

Status differ_open(Differ *d, const JitTarget *target, Diagnosis *diagnosis) {
    *d = (Differ){.cases = 0};
    if (!world_open(&d->world, diagnosis)) return STATUS_STATE;
    d->base = d->world.vm->heap.eden_free;
    return jit_fixture_open(&d->fixture, d->world.vm, target, diagnosis);
}

bool differ_close(Differ *d) {
    differ_begin(d);
    for (unsigned i = 0; i <= WORLD_ARGUMENTS; i++) // the last methods are no more
        world_define(&d->world, d->world.test[i], d->world.drivers[i]);
    jit_fixture_close(&d->fixture);
    state_release(&d->state);
    array_free(&d->expected);
    array_free(&d->actual);
    array_free(&d->ends);
    return world_close(&d->world);
}

void differ_begin(Differ *d) {
    VM *vm = d->world.vm;
    jit_fixture_forget(&d->fixture);
    if (d->state.range_count) state_restore(&d->state);
    vm->heap.eden_free = d->base;
}

// ---- one run

// The frame that the runs begin in stands before its send.
static void prepare(Differ *d, const Trial *trial, unsigned index) {
    VM *vm = d->world.vm;
    Oop operands[WORLD_ARGUMENTS + 1];
    Oop driver = d->world.drivers[trial->operand_count - 1];
    trial->choose(trial->context, index, operands);
    frame_put_oop(vm->fp + FRAME_METHOD, driver);
    vm->fp[FRAME_PC] = (uint64_t)num_concrete(method_first_pc(driver)) + 8 + trial->operand_count;
    for (unsigned i = 0; i < trial->operand_count; i++)
        frame_put_oop(--vm->sp, operands[i]);
}

// Lets the send find compiled code. False: it is refused for this receiver.
static bool compile(Differ *d, const Trial *trial) {
    VM *vm = d->world.vm;
    unsigned arguments = trial->operand_count - 1;
    Oop receiver = heap_follow(&vm->heap, prim_stack_at(vm, arguments));
    Oop class_object = prim_class_of(vm, receiver), selector = d->world.test[arguments];
    LookupEntry *entry = (LookupEntry *)send_entry(vm, selector, arguments, class_object);
    if (!entry || entry->kind == LOOKUP_ENTERS_CODE) return entry != NULL;
    const Code *code = jit_method_code(vm, entry);
    if (!code) return false;
    entry->code = code->linked_entry;
    entry->kind = LOOKUP_ENTERS_CODE;
    return true;
}

MAY_GC static void run(Differ *d, const Trial *trial, unsigned index, Aftermath *aftermath) {
    VM *vm = d->world.vm;
    state_restore(&d->state);
    prepare(d, trial, index);
    if (vm->jit && compile(d, trial))
        d->cases++;
    else if (vm->jit)
        d->refused++;
    jit_run(vm);
    aftermath_add(aftermath, &d->state);
}

// ---- reporting

static void print_oop(const Differ *d, uint64_t word) {
    const char *name = world_kind_name(&d->world, oop_from_bits(word));
    printf("%s", name ? name : raw_is_immediate(word) ? "immediate" : "");
    printf(" 0x%llx", (unsigned long long)word);
}

static void describe_literal(void *context, Oop literal, char *text, size_t size) {
    VM *vm = context;
    text[0] = 0;
    if (!prim_c_string(vm, literal, text, size)) text[0] = 0;
}

void differ_print_method(Differ *d, Oop method) {
    LiteralNames names = {d->world.vm, describe_literal};
    const MethodSummary *summary = verified_summary(d->world.vm, method);
    if (!summary) return;
    char *text = NULL;
    size_t size;
    FILE *out = open_memstream(&text, &size);
    disassemble_method(out, method, summary->end_pc, 0, &names);
    fclose(out);
    for (char *line = strtok(text, "\n"); line; line = strtok(NULL, "\n"))
        printf("#   %s\n", line);
    free(text);
}

static void print_words(const Differ *d, const char *who, const AftermathWord *words, size_t count,
                        size_t at) {
    size_t first = at > 3 ? at - 3 : 0;
    for (size_t i = first; i < at + 8 && i < count; i++) {
        printf("#   %s%s %s: ", i == at ? "-> " : "   ", who, words[i].what);
        print_oop(d, words[i].word);
        printf("\n");
    }
}

static void report(Differ *d, const Trial *trial, unsigned index, const AftermathWord *expected,
                   size_t expected_count) {
    size_t at = 0;
    while (at < expected_count && at < d->actual.count &&
           memcmp(&expected[at], &d->actual.items[at], sizeof *expected) == 0)
        at++;
    printf("# %s, %s on %s, case %u of %u: not what the interpreter does\n", trial->title,
           d->fixture.target.tier, d->fixture.target.processor, index, trial->count);
    if (d->fixture.broken[0]) printf("# %s\n", d->fixture.broken);
    Oop operands[WORLD_ARGUMENTS + 1];
    trial->choose(trial->context, index, operands);
    for (unsigned i = 0; i < trial->operand_count; i++) {
        printf("#   operand %u: ", i);
        print_oop(d, oop_bits(operands[i]));
        printf("\n");
    }
    differ_print_method(d, trial->method);
    print_words(d, "interpreted", expected, expected_count, at);
    print_words(d, "compiled", d->actual.items, d->actual.count, at);
}

// ---- a trial

static void install(Differ *d, const Trial *trial) {
    world_define(&d->world, d->world.test[trial->operand_count - 1], trial->method);
    CHECK(state_take(&d->state, d->world.vm), "memory for a copy of the world");
}

MAY_GC static void run_interpreted(Differ *d, const Trial *trial) {
    jit_fixture_detach(&d->fixture);
    array_clear(&d->expected);
    array_clear(&d->ends);
    for (unsigned i = 0; i < trial->count; i++) {
        run(d, trial, i, &d->expected);
        CHECK(array_push(&d->ends, d->expected.count), "memory for aftermaths");
    }
    jit_fixture_attach(&d->fixture);
}

MAY_GC static bool run_compiled(Differ *d, const Trial *trial, unsigned index) {
    size_t begin = index ? d->ends.items[index - 1] : 0, count = d->ends.items[index] - begin;
    const AftermathWord *expected = d->expected.items + begin;
    array_clear(&d->actual);
    run(d, trial, index, &d->actual);
    if (d->actual.count == count && !d->fixture.broken[0] &&
        memcmp(expected, d->actual.items, count * sizeof *expected) == 0)
        return true;
    if (!d->is_silent && d->differences < REPORTS) report(d, trial, index, expected, count);
    d->differences++;
    d->fixture.broken[0] = 0;
    return false;
}

bool differ_run(Differ *d, const Trial *trial) {
    bool same = true;
    if (!verified_summary(d->world.vm, trial->method)) {
        d->unverified++;
        return true;
    }
    install(d, trial);
    run_interpreted(d, trial);
    for (unsigned i = 0; i < trial->count && same; i++)
        for (unsigned again = i ? WARM_UP - 1 : 0; again < WARM_UP && same; again++)
            same = run_compiled(d, trial, i);
    state_restore(&d->state);
    return same;
}
