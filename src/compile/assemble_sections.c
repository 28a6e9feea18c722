// SPDX-License-Identifier: MIT
// From instructions to the bytes of sections, with the literals that they use and the depth of the
// stack that they need. The jump at a section's end is left to assemble_method.c.
#include "compile/assembler.h"

void assembler_fail(Assembler *a, DiagnosticKind problem) {
    if (!a->has_problem) a->problem = problem;
    a->has_problem = true;
}

// ---- the stack

static void stack_push(Assembler *a) {
    Section *section = a->section;
    if (++section->stack_position > section->stack_length)
        section->stack_length = section->stack_position;
}

static void stack_pop(Assembler *a, unsigned count) { a->section->stack_position -= (int)count; }

static void start_stack(Section *section, int depth, bool is_in_block) {
    if (section->has_stack) return;
    section->has_stack = true;
    section->is_in_block = is_in_block;
    section->stack_position = section->stack_length = depth;
}

static void link_stack(Assembler *a, const IrSequence *to) {
    if (to && to->section)
        start_stack(to->section, a->section->stack_position, a->section->is_in_block);
}

// ---- bytes

static void append(Assembler *a, Section *section, const Encoded *encoded) {
    for (unsigned i = 0; i < encoded->count; i++) {
        if (!code_arena_grow(a->arena, (void **)&section->bytes, &section->capacity, section->count,
                             1))
            return;
        section->bytes[section->count++] = encoded->bytes[i];
    }
}

static DiagnosticKind problem_of(BytecodeOp op) {
    switch (op) {
    case BC_PUSH_TEMP:
    case BC_STORE_TEMP:
    case BC_POP_INTO_TEMP:
    case BC_PUSH_REMOTE_TEMP:
    case BC_STORE_REMOTE_TEMP:
    case BC_POP_INTO_REMOTE_TEMP:
    case BC_PUSH_NEW_ARRAY:
        return DIAGNOSTIC_TOO_MANY_TEMPORARIES;
    case BC_JUMP:
    case BC_JUMP_IF_TRUE:
    case BC_JUMP_IF_FALSE:
        return DIAGNOSTIC_JUMP_TOO_LONG;
    case BC_PUSH_LITERAL:
    case BC_PUSH_LITERAL_VARIABLE:
    case BC_STORE_LITERAL_VARIABLE:
    case BC_POP_INTO_LITERAL_VARIABLE:
    case BC_SEND:
    case BC_SUPER_SEND:
    case BC_DIRECTED_SUPER_SEND:
    case BC_PUSH_FULL_CLOSURE:
        return DIAGNOSTIC_TOO_MANY_LITERALS;
    case BC_PUSH_CLOSURE:
        return DIAGNOSTIC_BLOCK_TOO_LARGE;
    default:
        return DIAGNOSTIC_TOO_LARGE;
    }
}

static bool accesses_receiver(BytecodeOp op) {
    return op == BC_PUSH_RECEIVER_VARIABLE || op == BC_STORE_RECEIVER_VARIABLE ||
           op == BC_POP_INTO_RECEIVER_VARIABLE;
}

Encoded assembler_encode(Assembler *a, BytecodeOp op, int64_t x, int64_t y, int64_t z) {
    bool is_long = a->options->long_receiver_access && accesses_receiver(op);
    Encoded encoded = is_long ? a->encoder->encode_long(op, x) : a->encoder->encode(op, x, y, z);
    if (!encoded.count) assembler_fail(a, problem_of(op));
    return encoded;
}

static void emit(Assembler *a, BytecodeOp op, int64_t x, int64_t y, int64_t z) {
    Encoded encoded = assembler_encode(a, op, x, y, z);
    append(a, a->section, &encoded);
}

int64_t assembler_literal_index(Assembler *a, const Literal *literal) {
    return (int64_t)literal_table_index(&a->literals, literal);
}

static int64_t selector_index(Assembler *a, Text selector) {
    Literal literal = {.kind = LITERAL_SYMBOL, .text = selector};
    return assembler_literal_index(a, &literal);
}

static int64_t slot_of(const IrInstruction *in, Text name) {
    unsigned slot = 0;
    (void)method_ir_find_temp(in->frame, name, &slot);
    return slot;
}

static int64_t slot(const IrInstruction *in) { return slot_of(in, in->name); }

// ---- instructions

static void push_literal(Assembler *a, const Literal *literal) {
    static const BytecodeOp constants[] = {[LITERAL_NIL] = BC_PUSH_NIL,
                                           [LITERAL_TRUE] = BC_PUSH_TRUE,
                                           [LITERAL_FALSE] = BC_PUSH_FALSE,
                                           [LITERAL_INTEGER] = BC_PUSH_INTEGER};
    stack_push(a);
    if (a->encoder->pushes_directly(literal))
        emit(a, constants[literal->kind], literal->integer, 0, 0);
    else
        emit(a, BC_PUSH_LITERAL, assembler_literal_index(a, literal), 0, 0);
}

static int special_selector(Text selector) {
    static const char *const selectors[] = {
#define SPECIAL(selector) selector,
#include "compile/special_selectors.tbl"
#undef SPECIAL
    };
    for (size_t i = 0; i < sizeof selectors / sizeof *selectors; i++)
        if (selectors[i] && text_is(selector, selectors[i])) return (int)i;
    return -1;
}

static void emit_send(Assembler *a, const IrInstruction *in) {
    int special = special_selector(in->name);
    stack_pop(a, in->index);
    if (special >= 0)
        emit(a, (BytecodeOp)(BC_SEND_ADD + special), special, in->index, 0);
    else
        emit(a, BC_SEND, selector_index(a, in->name), in->index, 0);
}

// A block has no class of its own: it pushes the method's, which is a new literal each time.
static void emit_super_send(Assembler *a, const IrInstruction *in) {
    int64_t selector = selector_index(a, in->name);
    if (!a->ir->is_block) { // nor has a block of V3 code
        stack_pop(a, in->index);
        emit(a, BC_SUPER_SEND, selector, in->index, 0);
        return;
    }
    Literal binding = {.kind = LITERAL_CLASS_BINDING};
    stack_push(a);
    emit(a, BC_PUSH_LITERAL_VARIABLE, (int64_t)literal_table_add(&a->literals, &binding), 0, 0);
    stack_pop(a, in->index + 1);
    emit(a, BC_DIRECTED_SUPER_SEND, selector, in->index, 0);
}

static void push_copied(Assembler *a, const IrInstruction *in) {
    for (uint32_t i = 0; i < in->index; i++) {
        stack_push(a);
        emit(a, BC_PUSH_TEMP, slot_of(in, in->names[i]), 0, 0);
    }
    stack_pop(a, in->index);
    stack_push(a);
}

static void push_closure(Assembler *a, const IrInstruction *in) {
    push_copied(a, in);
    emit(a, BC_PUSH_FULL_CLOSURE, assembler_literal_index(a, in->literal), in->index, 0);
}

static void return_literal(Assembler *a, const Literal *literal) {
    static const BytecodeOp constants[] = {[LITERAL_NIL] = BC_RETURN_NIL,
                                           [LITERAL_TRUE] = BC_RETURN_TRUE,
                                           [LITERAL_FALSE] = BC_RETURN_FALSE};
    if (literal->kind <= LITERAL_FALSE) {
        emit(a, constants[literal->kind], 0, 0, 0);
        return;
    }
    push_literal(a, literal);
    stack_pop(a, 1);
    emit(a, BC_RETURN_TOP, 0, 0, 0);
}

static void make_vector(Assembler *a, const IrInstruction *in) {
    stack_push(a);
    emit(a, BC_PUSH_NEW_ARRAY, in->index, 0, 0);
    stack_pop(a, 1);
    emit(a, BC_POP_INTO_TEMP, slot(in), 0, 0);
}

static void push_array(Assembler *a, const IrInstruction *in) {
    stack_push(a);
    stack_pop(a, in->index);
    emit(a, BC_PUSH_ARRAY_OF_TOP, in->index, 0, 0);
}

static void push(Assembler *a, BytecodeOp op, int64_t x, int64_t y) {
    stack_push(a);
    emit(a, op, x, y, 0);
}

static void pop(Assembler *a, BytecodeOp op, int64_t x, int64_t y) {
    stack_pop(a, 1);
    emit(a, op, x, y, 0);
}

// A jump's bytes come when all sequences are known.
static void keep_jump(Assembler *a, const IrInstruction *in) {
    a->section->jump = in;
    if (in->op == IR_JUMP_IF) stack_pop(a, 1);
    link_stack(a, in->destination);
    if (in->op == IR_JUMP_IF) link_stack(a, in->successor);
}

// The closure's bytes come like a jump's; the section behind it has the block's frame as its stack.
static void open_block(Assembler *a, const IrInstruction *in) {
    push_copied(a, in);
    a->section->jump = in;
    link_stack(a, in->destination);
    start_stack(a->section + 1, (int)(in->block->argument_count + in->block->copied_count), true);
}

static void push_block_temps(Assembler *a, const IrFrame *frame) {
    if (frame->temp_count == IR_TEMP_LIMIT) assembler_fail(a, DIAGNOSTIC_TOO_MANY_TEMPORARIES);
    size_t given = frame->argument_count + frame->copied_count;
    for (size_t i = given; i < frame->temp_count; i++)
        push(a, BC_PUSH_NIL, 0, 0);
}

// One line a case, long for that reason.
static void assemble_instruction(Assembler *a, const IrInstruction *in) {
    switch (in->op) {
    case IR_PUSH_RECEIVER:
        push(a, BC_PUSH_RECEIVER, 0, 0);
        break;
    case IR_PUSH_CONTEXT:
        push(a, BC_PUSH_THIS_CONTEXT, 0, 0);
        break;
    case IR_PUSH_PROCESS:
        push(a, BC_PUSH_THIS_PROCESS, 0, 0);
        break;
    case IR_PUSH_INSTANCE:
        push(a, BC_PUSH_RECEIVER_VARIABLE, in->index, 0);
        break;
    case IR_PUSH_TEMP:
        push(a, BC_PUSH_TEMP, slot(in), 0);
        break;
    case IR_PUSH_REMOTE:
        push(a, BC_PUSH_REMOTE_TEMP, in->index, slot(in));
        break;
    case IR_PUSH_LITERAL:
        push_literal(a, in->literal);
        break;
    case IR_PUSH_BINDING:
        push(a, BC_PUSH_LITERAL_VARIABLE, assembler_literal_index(a, in->literal), 0);
        break;
    case IR_PUSH_ARRAY:
        push_array(a, in);
        break;
    case IR_PUSH_CLOSURE:
        push_closure(a, in);
        break;
    case IR_MAKE_VECTOR:
        make_vector(a, in);
        break;
    case IR_DUP:
        push(a, BC_DUP, 0, 0);
        break;
    case IR_POP:
        pop(a, BC_POP, 0, 0);
        break;
    case IR_STORE_INSTANCE:
        emit(a, BC_STORE_RECEIVER_VARIABLE, in->index, 0, 0);
        break;
    case IR_STORE_TEMP:
        emit(a, BC_STORE_TEMP, slot(in), 0, 0);
        break;
    case IR_STORE_REMOTE:
        emit(a, BC_STORE_REMOTE_TEMP, in->index, slot(in), 0);
        break;
    case IR_STORE_BINDING:
        emit(a, BC_STORE_LITERAL_VARIABLE, assembler_literal_index(a, in->literal), 0, 0);
        break;
    case IR_POP_INTO_INSTANCE:
        pop(a, BC_POP_INTO_RECEIVER_VARIABLE, in->index, 0);
        break;
    case IR_POP_INTO_TEMP:
        pop(a, BC_POP_INTO_TEMP, slot(in), 0);
        break;
    case IR_POP_INTO_REMOTE:
        pop(a, BC_POP_INTO_REMOTE_TEMP, in->index, slot(in));
        break;
    case IR_POP_INTO_BINDING:
        pop(a, BC_POP_INTO_LITERAL_VARIABLE, assembler_literal_index(a, in->literal), 0);
        break;
    case IR_SEND:
        emit_send(a, in);
        break;
    case IR_SUPER_SEND:
        emit_super_send(a, in);
        break;
    case IR_RETURN:
        pop(a, BC_RETURN_TOP, 0, 0);
        break;
    case IR_RETURN_RECEIVER:
        emit(a, BC_RETURN_RECEIVER, 0, 0, 0);
        break;
    case IR_RETURN_INSTANCE:
        push(a, BC_PUSH_RECEIVER_VARIABLE, in->index, 0);
        pop(a, BC_RETURN_TOP, 0, 0);
        break;
    case IR_RETURN_LITERAL:
        return_literal(a, in->literal);
        break;
    case IR_BLOCK_RETURN:
        emit(a, BC_BLOCK_RETURN_TOP, 0, 0, 0);
        break;
    case IR_OPEN_BLOCK:
        open_block(a, in);
        break;
    case IR_JUMP:
    case IR_JUMP_IF:
        keep_jump(a, in);
        break;
    }
}

// ---- sections

static void note_span(Assembler *a, const IrInstruction *in) {
    if (!a->options->source_map) return;
    if (!code_arena_grow(a->arena, (void **)&a->spans, &a->span_capacity, a->span_count,
                         sizeof *a->spans))
        return;
    a->spans[a->span_count++] =
        (PendingSpan){a->section, a->section->count, in->source_start, in->source_end};
}

// The frame of the block that the sequence ends by opening; NULL: it opens none.
static const IrFrame *opened_frame(const IrSequence *sequence) {
    return sequence->count ? sequence->items[sequence->count - 1].block : NULL;
}

static Section *add_section(Assembler *a) {
    Section *section = &a->sections[a->section_count];
    section->number = (uint32_t)a->section_count++;
    return section;
}

bool assembler_make_sections(Assembler *a) {
    size_t count = 0;
    for (IrSequence *sequence = a->ir->first; sequence; sequence = sequence->next)
        if (sequence->is_reached) count += opened_frame(sequence) ? 2 : 1;
    a->sections = arena_new_array(a->arena, Section, count);
    if (!a->sections) return false;
    for (IrSequence *sequence = a->ir->first; sequence; sequence = sequence->next) {
        if (!sequence->is_reached) continue;
        sequence->section = add_section(a);
        sequence->section->sequence = sequence;
        if (opened_frame(sequence)) add_section(a)->block = opened_frame(sequence);
    }
    return true;
}

static void fill_section(Assembler *a) {
    const IrSequence *sequence = a->section->sequence;
    if (!sequence) {
        push_block_temps(a, a->section->block);
        return;
    }
    for (size_t i = 0; i < sequence->count; i++) {
        note_span(a, &sequence->items[i]);
        assemble_instruction(a, &sequence->items[i]);
    }
}

void assembler_fill_sections(Assembler *a) {
    int depth = 0;
    bool is_in_block = false;
    for (size_t i = 0; i < a->section_count && !a->arena->is_exhausted; i++) {
        a->section = &a->sections[i];
        start_stack(a->section, depth, is_in_block);
        fill_section(a);
        depth = a->section->stack_position;
        is_in_block = a->section->is_in_block;
    }
}
