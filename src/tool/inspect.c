// SPDX-License-Identifier: MIT
// See inspect.h. A watcher of the code zone copies what the compiler throws away when it is done.
#include "tool/inspect.h"

#include <inttypes.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bytecode/disassemble.h"
#include "jit/watch.h"
#include "object/raw.h"
#include "run/lookup.h"
#include "run/report.h"
#include "run/verified.h"
#include "tool/code_names.h"

// ---- watching

static void note_instruction(void *context, const Compilation *c) {
    Inspection *inspection = context;
    OperandState state = {.pc = c->pc,
                          .instruction = c->ir.count,
                          .first = (uint32_t)inspection->values.count,
                          .count = (uint32_t)c->stack.count,
                          .is_frameless = c->is_frameless};
    bool kept = array_push(&inspection->states, state);
    for (size_t i = 0; i < c->stack.count; i++)
        kept = kept && array_push(&inspection->values, c->stack.items[i]);
    if (!kept) inspection->ir.out_of_memory = true;
}

// The code without a frame may have been taken back.
static void find_framed(Inspection *inspection, const Compilation *c) {
    size_t kept = 0;
    for (uint32_t i = 0; i < c->ir.count && c->framed; i++)
        if (c->ir.instructions[i].op == IR_LABEL && (Label)c->ir.instructions[i].extra == c->framed)
            inspection->first_framed = i;
    for (size_t i = 0; i < inspection->states.count; i++)
        if (inspection->first_framed || !inspection->states.items[i].is_frameless)
            inspection->states.items[kept++] = inspection->states.items[i];
    inspection->states.count = kept;
}

static void *copy(const void *items, size_t count, size_t size) {
    void *copied = malloc(count * size + 1);
    if (copied) memcpy(copied, items, count * size);
    return copied;
}

static void note_compiled(void *context, const Compilation *c, const Code *code,
                          const uint64_t *labels) {
    Inspection *inspection = context;
    const IrCode *from = &c->ir;
    IrCode *to = &inspection->ir;
    inspection->code = code;
    inspection->argument_count = c->argument_count;
    inspection->temp_count = c->temp_count;
    inspection->first_pc = c->first_pc;
    inspection->end_pc = c->end_pc;
    inspection->first_exit = c->first_exit;
    find_framed(inspection, c);
    to->instructions = copy(from->instructions, from->count, sizeof *from->instructions);
    to->pcs = copy(from->pcs, from->count, sizeof *from->pcs);
    to->offsets = copy(from->offsets, from->count + 1, sizeof *from->offsets);
    inspection->labels = copy(labels, from->label_count, sizeof *labels);
    to->label_count = from->label_count;
    to->count = from->count;
    if (!to->instructions || !to->pcs || !to->offsets || !inspection->labels)
        to->out_of_memory = true;
}

// ---- compiling

static void begin(Inspection *inspection, VM *vm, Oop method) {
    *inspection = (Inspection){.vm = vm, .method = method};
    ir_init(&inspection->ir);
}

// What the verifier says; OK: nothing.
static Status verify(Oop method, Diagnosis *diagnosis) {
    MethodSummary summary;
    Status status = bytecode_verify(method, &summary, diagnosis);
    if (status == STATUS_OK) summary_free(&summary);
    return status;
}

static Status refusal(const Inspection *inspection, Diagnosis *diagnosis) {
    const JitPolicy *policy = &inspection->vm->jit->options.policy;
    const MethodSummary *summary = inspection->summary;
    if (summary->end_pc - summary->first_pc > policy->bytecode_limit)
        return diagnose(diagnosis, STATUS_LIMIT, "more than %" PRId64 " bytes of code: interpreted",
                        policy->bytecode_limit);
    if (num_lt(num(policy->literal_limit), method_literal_count(inspection->method)))
        return diagnose(diagnosis, STATUS_LIMIT, "more than %" PRId64 " literals: interpreted",
                        policy->literal_limit);
    if (summary->least_depth_at)
        return diagnose(diagnosis, STATUS_LIMIT,
                        "ways to one pc bring different numbers of operands: interpreted");
    return diagnose(diagnosis, STATUS_LIMIT, "this is for the interpreter alone");
}

// Exactly one of the two is there.
static Status inspect(Inspection *inspection, const LookupEntry *method, const BlockEntry *block,
                      Diagnosis *diagnosis) {
    VM *vm = inspection->vm;
    CodeWatcher watcher = {
        .context = inspection, .instruction = note_instruction, .compiled = note_compiled};
    inspection->summary = verified_summary(vm, inspection->method);
    if (!inspection->summary) {
        Status status = verify(inspection->method, diagnosis);
        return status ? status : diagnose(diagnosis, STATUS_NO_MEMORY, "not enough memory");
    }
    watch_begin(vm->jit, &watcher);
    const Code *code = block ? jit_block_code(vm, block) : jit_method_code(vm, method);
    watch_end(vm->jit, &watcher);
    if (inspection->ir.out_of_memory)
        return diagnose(diagnosis, STATUS_NO_MEMORY, "not enough memory");
    return code && inspection->code ? STATUS_OK : refusal(inspection, diagnosis);
}

Status inspect_method(Inspection *inspection, VM *vm, Oop method, Diagnosis *diagnosis) {
    LookupEntry entry;
    begin(inspection, vm, method);
    bool described = lookup_describe(vm, method, 0, &entry);
    return inspect(inspection, described ? &entry : NULL, NULL, diagnosis);
}

Status inspect_block(Inspection *inspection, VM *vm, const BlockEntry *block,
                     Diagnosis *diagnosis) {
    begin(inspection, vm, block->method);
    return inspect(inspection, NULL, block, diagnosis);
}

void inspect_release(Inspection *inspection) {
    ir_release(&inspection->ir);
    free(inspection->labels);
    array_free(&inspection->states);
    array_free(&inspection->values);
}

// ---- blocks inside

static BlockEntry block_entry(const Inspection *inspection, Oop method, uint32_t pc,
                              unsigned arguments, unsigned copied, unsigned temps) {
    const MethodSummary *summary = inspection->summary;
    uint64_t flags = FRAME_FLAG_BLOCK | (summary->is_sista ? FRAME_FLAG_SISTA : 0);
    return (BlockEntry){
        .method = method,
        .start_pc = oop_none(),
        .frame_flags = (uint32_t)frame_flags_make(FRAME_INTERPRETED, arguments, flags),
        .pc = pc,
        .argument_count = (uint8_t)arguments,
        .copied_count = (uint8_t)copied,
        .temp_count = (uint8_t)temps,
    };
}

// Its code is an object of its own, a literal.
static bool full_block(const Inspection *inspection, const Instruction *in, BlockEntry *entry) {
    VM *vm = inspection->vm;
    Oop block = heap_follow(&vm->heap, slot_at(inspection->method, num(in->a + 1)));
    const MethodSummary *summary = oop_is_method(block) ? verified_summary(vm, block) : NULL;
    if (!summary) return false;
    *entry = block_entry(inspection, block, summary->first_pc + PC_OF_BODY, summary->argument_count,
                         (unsigned)in->b, summary->temp_count);
    return true;
}

// Its code lies behind the bytecode.
static bool old_block(const Inspection *inspection, const Instruction *in, BlockEntry *entry) {
    uint32_t pc = instruction_next_pc(in);
    unsigned arguments = (unsigned)in->a, copied = (unsigned)in->b;
    *entry = block_entry(inspection, inspection->method, pc + PC_OF_BODY, arguments, copied,
                         arguments + copied);
    entry->start_pc = oop_from_num(num((int64_t)pc + 1));
    return true;
}

static bool decode(const Inspection *inspection, uint32_t pc, Instruction *in) {
    return instruction_decode(object_bytes(inspection->method), inspection->end_pc - PC_OF_BODY,
                              pc - PC_OF_BODY, inspection->summary->is_sista, in);
}

bool inspect_find_blocks(const Inspection *inspection, InspectedBlocks *blocks) {
    for (size_t i = 0; i < inspection->states.count; i++) {
        uint32_t pc = inspection->states.items[i].pc;
        Instruction in;
        InspectedBlock block = {.made_at = pc};
        bool found = decode(inspection, pc, &in) &&
                     (in.op == BC_PUSH_FULL_CLOSURE ? full_block(inspection, &in, &block.entry)
                      : in.op == BC_PUSH_CLOSURE    ? old_block(inspection, &in, &block.entry)
                                                    : false);
        if (found && !array_push(blocks, block)) return false;
    }
    return true;
}

// ---- bytecodes and operands

void inspect_bytecode(const Inspection *inspection, uint32_t pc, char *text, size_t size) {
    char line[DISASSEMBLY_LINE_LIMIT] = "entry";
    const LiteralNames names = {inspection->vm, report_literal};
    if (pc >= inspection->first_pc)
        disassemble_at(inspection->method, pc - PC_OF_BODY, &names, line);
    snprintf(text, size, "%s", line);
}

static const char *near_nil(const VM *vm, int64_t offset) {
    if (offset == 0) return "nil";
    if (offset == vm->jit->true_offset) return "true";
    return offset == vm->jit->false_offset ? "false" : NULL;
}

static void name_of_temp(const Inspection *inspection, int64_t index, char *text, size_t size) {
    bool is_argument = index < (int64_t)inspection->argument_count;
    snprintf(text, size, "%s %" PRId64, is_argument ? "argument" : "temporary",
             is_argument ? index : index - (int64_t)inspection->argument_count);
}

static void name_of_literal(const Inspection *inspection, int64_t index, char *text, size_t size) {
    if (index < 0 || num_le(method_literal_count(inspection->method), num(index)))
        snprintf(text, size, "literal %" PRId64, index);
    else
        report_literal(inspection->vm, slot_at(inspection->method, num(index + 1)), text, size);
}

// An immediate by its value; anything else as a number.
static void name_of_word(uint64_t word, char *text, size_t size) {
    Oop oop = oop_from_bits(word);
    if (oop_is_int(oop))
        snprintf(text, size, "%" PRId64, num_concrete(num_from_oop(oop)));
    else if (oop_is_char(oop) && word >> TAG_BITS > ' ' && word >> TAG_BITS <= '~')
        snprintf(text, size, "$%c", (char)(word >> TAG_BITS));
    else
        snprintf(text, size, "%#" PRIx64, word);
}

static void name_of_value(const Inspection *inspection, const Value *value, char *text,
                          size_t size) {
    const char *constant = near_nil(inspection->vm, value->number);
    switch (value->kind) {
    case VALUE_SPILLED:
        snprintf(text, size, "pushed");
        return;
    case VALUE_REGISTER:
        snprintf(text, size, "%s", register_name(value->reg));
        return;
    case VALUE_CONSTANT:
        name_of_word((uint64_t)value->number, text, size);
        return;
    case VALUE_NEAR_NIL:
        snprintf(text, size, "%s", constant ? constant : "?");
        return;
    case VALUE_TEMP:
        name_of_temp(inspection, value->number, text, size);
        return;
    case VALUE_RECEIVER:
        snprintf(text, size, "self");
        return;
    case VALUE_LITERAL:
        name_of_literal(inspection, value->number, text, size);
        return;
    case VALUE_VARIABLE:
        snprintf(text, size, "receiver variable %" PRId64, value->number);
        return;
    case VALUE_FLOAT:
        snprintf(text, size, "F%d", (int)value->reg);
        return;
    default:
        snprintf(text, size, "?");
    }
}

// A compiler that keeps no stack of values has all operands on the real one.
static void pushed_operands(const Inspection *inspection, uint32_t pc, char *text, size_t size) {
    const MethodSummary *summary = inspection->summary;
    int depth = summary->depth_at[pc - PC_OF_BODY - summary->first_pc];
    if (depth > 0) snprintf(text, size, "%d pushed", depth);
}

void inspect_operands(const Inspection *inspection, const OperandState *state, char *text,
                      size_t size) {
    size_t length = 0;
    *text = 0;
    if (inspection->vm->jit->options.compile == naive_compile)
        pushed_operands(inspection, state->pc, text, size);
    for (uint32_t i = 0; i < state->count && length + 1 < size; i++) {
        char name[REPORT_NAME_BYTES];
        name_of_value(inspection, &inspection->values.items[state->first + i], name, sizeof name);
        int written = snprintf(text + length, size - length, "%s%s", i ? ", " : "", name);
        length += written > 0 ? (size_t)written : 0;
    }
}

// ---- notes

typedef struct FieldName {
    size_t offset;
    const char *name;
} FieldName;

static const FieldName vm_fields[] = {
    {offsetof(VM, sp), "VM's sp"},
    {offsetof(VM, fp), "VM's fp"},
    {offsetof(VM, stack_limit), "stack limit"},
    {offsetof(VM, machine.c_stack), "C's stack"},
    {offsetof(VM, machine.link), "link"},
    {offsetof(VM, machine.result), "result"},
    {offsetof(VM, machine.error), "primitive's error"},
    {offsetof(VM, heap.nil), "nil"},
    {offsetof(VM, heap.new_start), "start of new space"},
    {offsetof(VM, heap.new_bytes), "size of new space"},
    {offsetof(VM, heap.eden_free), "free eden"},
    {offsetof(VM, heap.eden_limit), "end of free eden"},
    {offsetof(VM, heap.class_table_root), "class table"},
    {offsetof(VM, known.boxed_float), "class index of boxed floats"},
    {offsetof(VM, known.byte_string), "class index of byte strings"},
    {offsetof(VM, known.array), "class index of arrays"},
    {offsetof(VM, known.context), "class index of contexts"},
    {offsetof(VM, known.block_closure), "class index of old closures"},
    {offsetof(VM, known.full_block_closure), "class index of closures"},
    {offsetof(VM, known.point), "class index of points"},
};

static void note_vm(int64_t offset, char *text, size_t size) {
    for (size_t i = 0; i < sizeof vm_fields / sizeof *vm_fields; i++)
        if ((int64_t)vm_fields[i].offset == offset) snprintf(text, size, "%s", vm_fields[i].name);
}

static void note_frame(const Inspection *inspection, int64_t offset, char *text, size_t size) {
    static const char *const names[] = {"receiver", "pc", "context", "flags", "method", "caller"};
    int64_t word = offset / 8, temp = FRAME_FIRST_TEMP - word;
    int64_t arguments = inspection->argument_count;
    if (word >= FRAME_RECEIVER && word <= FRAME_CALLER)
        snprintf(text, size, "%s", names[word - FRAME_RECEIVER]);
    else if (word == FRAME_RETURN_ADDRESS)
        snprintf(text, size, "return address");
    else if (word > FRAME_RETURN_ADDRESS + arguments)
        snprintf(text, size, inspection->code->is_block ? "closure" : "receiver, as sent");
    else if (word > FRAME_RETURN_ADDRESS)
        snprintf(text, size, "argument %" PRId64 ", as sent", arguments + 1 - word);
    else if (temp < (int64_t)inspection->temp_count)
        name_of_temp(inspection, temp, text, size);
}

// Is the method's oop in the register then? Literals are loaded so.
static bool loads_method(const IrIns *in, unsigned reg) {
    return in->op == IR_LOAD && in->a == reg && in->b == R_FP && in->imm == FP_METHOD;
}

static void note_memory(const Inspection *inspection, uint32_t i, char *text, size_t size) {
    const IrIns *in = &inspection->ir.instructions[i];
    if (in->b == R_VM)
        note_vm(in->imm, text, size);
    else if (in->b == R_FP)
        note_frame(inspection, in->imm, text, size);
    else if (i && in->op == IR_LOAD && loads_method(in - 1, in->b) && in->imm > 0)
        name_of_literal(inspection, in->imm / 8 - 2, text, size);
}

static void note_code(const Inspection *inspection, uint64_t address, char *text, size_t size) {
    static const char *const texts[] = {
#define RUNTIME(NAME, function, text) #NAME ": " text,
#include "jit/runtime.tbl"
#undef RUNTIME
    };
    const Jit *jit = inspection->vm->jit;
    for (int entry = 0; entry < RUNTIME_COUNT; entry++)
        if (jit->stubs[entry] == address) snprintf(text, size, "%s", texts[entry]);
}

bool inspect_address(const Inspection *inspection, uint64_t address, char *text, size_t size) {
    static const char common[] = "parley stub ";
    StubName stubs[STUB_NAME_LIMIT];
    unsigned count = code_name_stubs(inspection->vm->jit, stubs);
    for (unsigned i = 0; i < count; i++) {
        if (stubs[i].start != address) continue;
        bool has_common = strncmp(stubs[i].name, common, strlen(common)) == 0;
        snprintf(text, size, "<%s>", stubs[i].name + (has_common ? strlen(common) : 0));
        return true;
    }
    const Code *code = inspection->code;
    if (address < code->start || address >= code->end) return false;
    snprintf(text, size, "0x%" PRIx64, address - code->start);
    return true;
}

// A facade has no special selectors.
static void name_of_selector(const Inspection *inspection, const SendSite *site, char *text,
                             size_t size) {
    const VM *vm = inspection->vm;
    Oop selector = site->kind == SEND_SPECIAL
                       ? vm->special_selectors[site->selector]
                       : slot_at(inspection->method, num((int64_t)site->selector + 1));
    char name[REPORT_NAME_BYTES];
    report_string(vm, selector, name, sizeof name);
    if (oop_is(selector, vm->heap.nil))
        snprintf(text, size, "special selector %u", site->selector);
    else
        snprintf(text, size, "#%s", name);
}

static void note_send(const Inspection *inspection, uint32_t i, char *text, size_t size) {
    static const char *const kinds[] = {"", "", " to super", " above a class"};
    const Code *code = inspection->code;
    const SendSite *site = code_send_at(code, code->start + inspection->ir.offsets[i + 1]);
    char name[REPORT_NAME_BYTES + 1];
    if (!site) return;
    name_of_selector(inspection, site, name, sizeof name);
    snprintf(text, size, "%s, %u argument%s%s", name, site->argument_count,
             site->argument_count == 1 ? "" : "s", kinds[site->kind]);
}

static void note_data(const Inspection *inspection, const IrIns *in, char *text, size_t size) {
    if ((uint64_t)in->imm == oop_bits(inspection->method))
        snprintf(text, size, "%s", "the method's oop");
    else if ((uint64_t)in->imm == (uint64_t)(uintptr_t)inspection->code)
        snprintf(text, size, "%s", "its tables, for C");
}

// The bytecode's own words; those of the entry are flags and counts.
static void note_constant(const Inspection *inspection, uint32_t i, char *text, size_t size) {
    const IrIns *in = &inspection->ir.instructions[i];
    if (inspection->ir.pcs[i] >= inspection->first_pc && in->imm & TAG_MASK && in->imm > TAG_MASK)
        name_of_word((uint64_t)in->imm, text, size);
}

static void note_label(const Inspection *inspection, uint32_t i, char *text, size_t size) {
    const Code *code = inspection->code;
    uint64_t place = inspection->labels[inspection->ir.instructions[i].extra];
    bool is_second = i > 0 && inspection->ir.offsets[i - 1] == inspection->ir.offsets[i];
    if (is_second && inspection->ir.pcs[i - 1] == inspection->ir.pcs[i]) return; // said before
    const struct {
        uint64_t address;
        const char *name;
    } entries[] = {
        {code->checked_entry, "entry that checks the class"},
        {code->keyed_entry, "entry for a class that the sender has found"},
        {code->unchecked_entry, "entry for a class that is known"},
        {code->linked_entry, "entry with the return address pushed"},
    };
    if (place == code->checked_entry && place == code->linked_entry) {
        snprintf(text, size, "%s", "entry");
        return;
    }
    for (size_t k = 0; k < sizeof entries / sizeof *entries; k++)
        if (entries[k].address == place && !*text) snprintf(text, size, "%s", entries[k].name);
    for (uint32_t k = 0; k < code->resume_count; k++)
        if (code->start + code->resume_points[k].offset == place)
            snprintf(text, size, "resumes at pc %u",
                     code->resume_points[k].pc - FRAME_PC_MINUS_CONTEXT_PC);
}

void inspect_note(const Inspection *inspection, uint32_t i, char *text, size_t size) {
    const IrIns *in = &inspection->ir.instructions[i];
    const char *constant = NULL;
    *text = 0;
    switch ((IrOp)in->op) {
    case IR_SEND_SITE:
        note_send(inspection, i, text, size);
        return;
    case IR_JUMP_CODE:
    case IR_JUMP_CODE_IF:
    case IR_CALL_CODE:
        note_code(inspection, (uint64_t)in->imm, text, size);
        return;
    case IR_DATA:
        note_data(inspection, in, text, size);
        return;
    case IR_LABEL:
        note_label(inspection, i, text, size);
        return;
    case IR_CONSTANT:
    case IR_PUSH_CONSTANT:
        note_constant(inspection, i, text, size);
        return;
    case IR_ADDRESS:
        if (in->b == R_NIL) constant = near_nil(inspection->vm, in->imm);
        if (constant) snprintf(text, size, "%s", constant);
        return;
    default:
        break;
    }
    IrForm form = ir_op_form(in->op);
    if (form == FORM_RM || form == FORM_MI) note_memory(inspection, i, text, size);
}

const uint8_t *inspect_bytes(const Inspection *inspection, uint32_t i, uint32_t *count) {
    const uint32_t *offsets = inspection->ir.offsets;
    *count = offsets[i + 1] - offsets[i];
    return (const uint8_t *)(uintptr_t)(inspection->code->start + offsets[i]);
}
