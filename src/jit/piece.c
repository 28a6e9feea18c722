// SPDX-License-Identifier: MIT
// The begin and end of a compilation: what is to be compiled, and how its IR becomes a piece of
// code in the zone with its tables.
#include <stdlib.h>
#include <string.h>

#include "jit/compilation.h"
#include "jit/watch.h"
#include "run/verified.h"

static const uint8_t *body_of(Oop method) {
    return (const uint8_t *)(uintptr_t)(oop_bits(method) + PC_OF_BODY);
}

static bool find_range(Compilation *c) {
    const MethodSummary *summary = c->summary;
    c->first_pc = summary->first_pc + PC_OF_BODY;
    c->end_pc = summary->end_pc + PC_OF_BODY;
    c->argument_count = summary->argument_count;
    c->temp_count = summary->temp_count;
    if (!c->block) return true;
    c->argument_count = c->block->argument_count;
    c->temp_count = c->block->temp_count;
    if (oop_is_none(c->block->start_pc)) return true;
    c->range = summary_block_at(summary, c->block->pc - PC_OF_BODY);
    if (!c->range) return false;
    c->first_pc = c->range->start_pc + PC_OF_BODY;
    c->end_pc = c->range->end_pc + PC_OF_BODY;
    return true;
}

static Code *describe(const Compilation *c) {
    Code *code = calloc(1, sizeof *code);
    if (!code) return NULL;
    if (c->entry) code->method = *c->entry;
    code->method.method = c->method;
    code->is_block = c->block != NULL;
    code->is_full_block = c->block && oop_is_none(c->block->start_pc);
    if (c->block) code->copied_count = c->block->copied_count;
    if (c->range) code->block_pc = c->first_pc;
    return code;
}

void compilation_new_labels(Compilation *c) {
    for (uint32_t i = 0; i <= c->end_pc - c->first_pc; i++)
        c->labels[i] = ir_new_label(&c->ir);
}

void compilation_restart(Compilation *c) {
    compilation_new_labels(c);
    c->in = (Instruction){0};
    c->pc = 0;
    ir_at_pc(&c->ir, 0); // of no bytecode yet
    c->next_pc = c->first_pc;
}

// The room of the last compilation, empty.
static void take_room(Compilation *c) {
    Compilation *spare = c->jit->spare;
    if (!spare) return;
    c->ir = spare->ir;
    c->labels = spare->labels;
    c->is_target = spare->is_target;
    c->label_room = spare->label_room;
#define TAKE(array) (c->array.items = spare->array.items, c->array.capacity = spare->array.capacity)
    TAKE(sends);
    TAKE(resumes);
    TAKE(exits);
    TAKE(exit_values);
    TAKE(states);
    TAKE(stack);
#undef TAKE
    ir_clear(&c->ir);
    *spare = (Compilation){0};
}

// Labels for all bytecodes, and the notes beside them.
static bool reserve_labels(Compilation *c) {
    uint32_t needed = c->end_pc - c->first_pc + 1;
    if (needed > c->label_room) {
        free(c->labels);
        free(c->is_target);
        c->label_room = needed + 64;
        c->labels = malloc(c->label_room * sizeof *c->labels);
        c->is_target = malloc(c->label_room * sizeof *c->is_target);
        if (!c->labels || !c->is_target) {
            c->label_room = 0;
            return false;
        }
    }
    memset(c->is_target, 0, needed * sizeof *c->is_target);
    return true;
}

bool compilation_begin(Compilation *c, VM *vm, Jit *jit, const LookupEntry *method,
                       const BlockEntry *block) {
    *c = (Compilation){.vm = vm,
                       .jit = jit,
                       .backend = jit->zone.backend,
                       .entry = method,
                       .block = block,
                       .method = block ? block->method : method->method};
    take_room(c);
    c->summary = verified_summary(vm, c->method);
    if (!c->summary || !find_range(c)) return false;
    c->checked_entry = ir_new_label(&c->ir);
    c->keyed_entry = ir_new_label(&c->ir);
    c->unchecked_entry = ir_new_label(&c->ir);
    c->linked_entry = ir_new_label(&c->ir);
    c->method_word = ir_new_label(&c->ir);
    c->code_word = ir_new_label(&c->ir);
    c->frame_built = ir_new_label(&c->ir);
    if (!reserve_labels(c)) return false;
    compilation_new_labels(c);
    c->next_pc = c->first_pc;
    c->code = describe(c);
    return c->code != NULL;
}

int compilation_depth(const Compilation *c) {
    return c->summary->depth_at[c->pc - PC_OF_BODY - c->summary->first_pc];
}

static bool is_reached(const Compilation *c, uint32_t pc) {
    return c->summary->depth_at[pc - PC_OF_BODY - c->summary->first_pc] != SUMMARY_NOT_A_PC;
}

static bool decode(const Compilation *c, uint32_t pc, Instruction *in) {
    return pc < c->end_pc && instruction_decode(body_of(c->method), c->end_pc - PC_OF_BODY,
                                                pc - PC_OF_BODY, c->summary->is_sista, in);
}

// Behind the instruction, and behind the code of an old block, which is compiled on its own.
static uint32_t pc_behind(const Compilation *c, const Instruction *in) {
    uint32_t pc = instruction_next_pc(in) + PC_OF_BODY;
    bool makes_block = in->op == BC_PUSH_CLOSURE && is_reached(c, in->pc + PC_OF_BODY);
    return makes_block ? pc + (uint32_t)in->c : pc;
}

bool compilation_next(Compilation *c) {
    if (c->in.length && c->in.op == BC_PUSH_CLOSURE) c->next_pc += (uint32_t)c->in.c;
    for (c->pc = c->next_pc; c->pc < c->end_pc; c->pc = pc_behind(c, &c->in)) {
        if (!decode(c, c->pc, &c->in)) {
            c->failed = true;
            return false;
        }
        c->next_pc = instruction_next_pc(&c->in) + PC_OF_BODY;
        if (!is_reached(c, c->pc)) continue;
        watch_tell_instruction(c->jit, c);
        return true;
    }
    return false;
}

void compilation_find_targets(Compilation *c) {
    Instruction in;
    for (uint32_t pc = c->first_pc; decode(c, pc, &in); pc = pc_behind(c, &in)) {
        bool jumps = in.op == BC_JUMP || in.op == BC_JUMP_IF_TRUE || in.op == BC_JUMP_IF_FALSE;
        if (jumps && is_reached(c, pc))
            c->is_target[instruction_jump_target(&in) + PC_OF_BODY - c->first_pc] = true;
    }
}

bool compilation_at(const Compilation *c, uint32_t pc, Instruction *in) {
    return pc < c->end_pc && is_reached(c, pc) && decode(c, pc, in);
}

bool compilation_peek(const Compilation *c, Instruction *next) {
    return compilation_at(c, c->next_pc, next);
}

Value compilation_literal(const Compilation *c, int64_t index) {
    Oop literal = slot_at(c->method, num(index + 1));
    if (!oop_is_immediate(literal)) return (Value){.kind = VALUE_LITERAL, .number = index};
    return (Value){.kind = VALUE_CONSTANT, .number = (int64_t)oop_bits(literal)};
}

void compilation_take(Compilation *c, const Instruction *next) {
    c->next_pc = instruction_next_pc(next) + PC_OF_BODY;
}

// ---- the piece

static int compare_points(const void *a, const void *b) {
    const ResumePoint *p = a, *q = b;
    return p->pc < q->pc ? -1 : p->pc > q->pc;
}

// What must be changed when the piece moves.
static void fill_references(const IrCode *ir, Code *code) {
    for (uint32_t i = 0; i < ir->placed_count; i++)
        if (ir_leads_elsewhere(ir->instructions[ir->placed[i]].op))
            code->references[code->reference_count++] = ir->offsets[ir->placed[i] + 1];
}

static uint32_t count_references(const IrCode *ir) {
    uint32_t count = 0;
    for (uint32_t i = 0; i < ir->placed_count; i++)
        count += ir_leads_elsewhere(ir->instructions[ir->placed[i]].op);
    return count;
}

// One block for the three tables.
static bool make_tables(const Compilation *c, Code *code) {
    size_t sends = c->sends.count * sizeof *code->sends;
    size_t resumes = c->resumes.count * sizeof *code->resume_points;
    size_t references = count_references(&c->ir) * sizeof *code->references;
    uint8_t *block = malloc(sends + resumes + references + 1);
    code->sends = (SendSite *)(void *)block;
    code->resume_points = (ResumePoint *)(void *)(block + sends);
    code->references = (uint32_t *)(void *)(block + sends + resumes);
    return block != NULL;
}

// The tables, once addresses are known. Labels are offsets from the start.
static bool fill_tables(const Compilation *c, Code *code, const uint64_t *labels) {
    if (!make_tables(c, code)) return false;
    code->send_count = (uint32_t)c->sends.count;
    code->resume_count = (uint32_t)c->resumes.count;
    for (uint32_t i = 0; i < code->send_count; i++) {
        code->sends[i] = c->sends.items[i].site;
        code->sends[i].return_offset = c->ir.offsets[c->sends.items[i].instruction + 1];
    }
    for (uint32_t i = 0; i < code->resume_count; i++)
        code->resume_points[i] =
            (ResumePoint){.pc = c->resumes.items[i].pc,
                          .offset = (uint32_t)labels[c->resumes.items[i].label] & INT32_MAX,
                          .takes_answer = c->resumes.items[i].takes_answer};
    qsort(code->resume_points, code->resume_count, sizeof *code->resume_points, compare_points);
    fill_references(&c->ir, code);
    return true;
}

static uint64_t allocate(Compilation *c, uint32_t bytes) {
    uint64_t start = zone_allocate(&c->jit->zone, bytes);
    if (!start) jit_request_room(c->vm, bytes);
    return start;
}

// Puts the code where it belongs; false: it does not fit, or there is no memory.
static bool place(Compilation *c, Code *code, uint64_t *labels) {
    CodeZone *zone = &c->jit->zone;
    uint32_t bytes = assemble_measure(&c->ir, c->backend, labels);
    if (c->ir.out_of_memory || !fill_tables(c, code, labels)) return false;
    code->start = allocate(c, bytes);
    if (!code->start || assemble(&c->ir, c->backend, code->start, labels, c->ir.draft) != ASSEMBLED)
        return false;
    code->end = code->start + bytes;
    code->checked_entry = labels[c->checked_entry];
    code->keyed_entry = labels[c->keyed_entry];
    code->unchecked_entry = labels[c->unchecked_entry];
    code->linked_entry = labels[c->linked_entry];
    zone_write(zone, code->start, c->ir.draft, bytes);
    return zone_add(zone, code);
}

Code *compilation_finish(Compilation *c) {
    c->first_exit = c->ir.count;
    emit_exits(c);
    uint64_t *labels = malloc(c->ir.label_count * sizeof *labels);
    Code *code = c->code;
    bool placed = labels && !c->failed && !c->ir.out_of_memory && place(c, code, labels);
    if (placed) watch_tell_compiled(c->jit, c, code, labels);
    free(labels);
    if (!placed) return NULL;
    c->code = NULL; // the zone owns it now
    return code;
}

static void release(Compilation *c) {
    ir_release(&c->ir);
    free(c->labels);
    free(c->is_target);
    array_free(&c->sends);
    array_free(&c->resumes);
    array_free(&c->exits);
    array_free(&c->exit_values);
    array_free(&c->states);
    array_free(&c->stack);
}

// Most methods are small: their room is kept for the next.
void compilation_end(Compilation *c) {
    enum { MOST_KEPT = 4096 };
    Jit *jit = c->jit;
    code_free(c->code);
    if (c->ir.capacity > MOST_KEPT || c->label_room > MOST_KEPT) {
        release(c);
        return;
    }
    if (!jit->spare) jit->spare = calloc(1, sizeof *jit->spare);
    if (jit->spare)
        *jit->spare = *c;
    else
        release(c);
}

void compilation_release_room(Jit *jit) {
    if (jit->spare) release(jit->spare);
    free(jit->spare);
    jit->spare = NULL;
}
