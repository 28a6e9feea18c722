// SPDX-License-Identifier: MIT
// Each sequence becomes a section: its bytes, and apart from them the jump at its end. Errors are
// noted and do not stop the work, so that instructions need not be checked one by one.
#include "compile/assemble.h"

#include "compile/encoder.h"
#include "compile/literal_table.h"

enum {
    SMALL_FRAME = 16,
    LARGE_FRAME = 56,
    LITERAL_COUNT_LIMIT = 32767 - 2, // two more are always added
    TEMP_COUNT_LIMIT = 63,
    PRIMITIVE_PERFORM_WITH_ARGUMENTS = 84, // needs room for any number of arguments
    QUICK_RETURN_SELF = 256,
    QUICK_RETURN_VARIABLE = 264,
    QUICK_RETURN_VARIABLES = 256,
};

// The bytes of one sequence, without the jump or closure at its end. Behind a closure comes a
// section without sequence, where the block's temporaries are pushed.
typedef struct Section {
    IrSequence *sequence;
    const IrFrame *block; // of a section without sequence
    const IrInstruction *jump;
    uint8_t *bytes;
    size_t count, capacity;
    Encoded encoded_jump;
    uint32_t number;
    bool has_stack, is_in_block;
    int stack_position, stack_length;
} Section;

typedef struct PendingSpan {
    const Section *section;
    size_t offset;
    uint32_t start, end;
} PendingSpan;

typedef struct Assembler {
    IrMethod *ir;
    CodeArena *arena;
    const CompileOptions *options;
    const MethodNode *method;
    const Encoder *encoder;
    LiteralTable literals;
    Section *sections;
    size_t section_count;
    Section *section; // the current one
    Encoded primitive_call;
    unsigned primitive;
    PendingSpan *spans;
    size_t span_count, span_capacity;
    DiagnosticKind problem;
    bool has_problem;
} Assembler;

static void fail(Assembler *a, DiagnosticKind problem) {
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

static Encoded encode(Assembler *a, BytecodeOp op, int64_t x, int64_t y, int64_t z) {
    bool is_long = a->options->long_receiver_access && accesses_receiver(op);
    Encoded encoded = is_long ? a->encoder->encode_long(op, x) : a->encoder->encode(op, x, y, z);
    if (!encoded.count) fail(a, problem_of(op));
    return encoded;
}

static void emit(Assembler *a, BytecodeOp op, int64_t x, int64_t y, int64_t z) {
    Encoded encoded = encode(a, op, x, y, z);
    append(a, a->section, &encoded);
}

static int64_t literal_index(Assembler *a, const Literal *literal) {
    return (int64_t)literal_table_index(&a->literals, literal);
}

static int64_t selector_index(Assembler *a, Text selector) {
    Literal literal = {.kind = LITERAL_SYMBOL, .text = selector};
    return literal_index(a, &literal);
}

static int64_t slot_of(const IrInstruction *in, Text name) {
    unsigned slot = 0;
    (void)ir_find_temp(in->frame, name, &slot);
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
        emit(a, BC_PUSH_LITERAL, literal_index(a, literal), 0, 0);
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
    emit(a, BC_PUSH_FULL_CLOSURE, literal_index(a, in->literal), in->index, 0);
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
        push(a, BC_PUSH_LITERAL_VARIABLE, literal_index(a, in->literal), 0);
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
        emit(a, BC_STORE_LITERAL_VARIABLE, literal_index(a, in->literal), 0, 0);
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
        pop(a, BC_POP_INTO_LITERAL_VARIABLE, literal_index(a, in->literal), 0);
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

static bool make_sections(Assembler *a) {
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

static void assemble_section(Assembler *a) {
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

static void assemble_sections(Assembler *a) {
    int depth = 0;
    bool is_in_block = false;
    for (size_t i = 0; i < a->section_count && !a->arena->is_exhausted; i++) {
        a->section = &a->sections[i];
        start_stack(a->section, depth, is_in_block);
        assemble_section(a);
        depth = a->section->stack_position;
        is_in_block = a->section->is_in_block;
    }
}

// ---- jumps

static size_t section_size(const Section *section) {
    return section->count + section->encoded_jump.count;
}

static int64_t size_between(const Assembler *a, size_t from, size_t to) {
    int64_t size = 0;
    for (size_t i = from; i < to; i++)
        size += (int64_t)section_size(&a->sections[i]);
    return size;
}

static Encoded encode_jump(Assembler *a, const Section *from) {
    const Section *to = from->jump->destination->section;
    static const Encoded nothing = {{0}, 0};
    if (to->number <= from->number) {
        int64_t distance = size_between(a, to->number, from->number) + (int64_t)from->count;
        return encode(a, BC_JUMP, -distance - a->encoder->back_jump_size, 0, 0);
    }
    int64_t distance = size_between(a, from->number + 1, to->number);
    if (from->jump->op == IR_OPEN_BLOCK)
        return encode(a, BC_PUSH_CLOSURE, from->jump->block->argument_count, from->jump->index,
                      distance);
    if (from->jump->op == IR_JUMP)
        return distance == 0 ? nothing : encode(a, BC_JUMP, distance, 0, 0);
    if (distance == 0) return encode(a, BC_POP, 0, 0, 0);
    return encode(a, from->jump->flag ? BC_JUMP_IF_TRUE : BC_JUMP_IF_FALSE, distance, 0, 0);
}

// Before distances are known, a branch is a pop, a forward jump or a closure nothing, a backward
// jump whole.
static void guess_jumps(Assembler *a) {
    for (size_t i = 0; i < a->section_count; i++) {
        Section *section = &a->sections[i];
        if (!section->jump) continue;
        bool is_back = section->jump->destination->section->number <= i;
        if (section->jump->op == IR_JUMP_IF) section->encoded_jump.count = 1;
        if (is_back) section->encoded_jump.count = a->encoder->back_jump_size;
    }
}

static bool update_jumps(Assembler *a) {
    bool has_changed = false;
    for (size_t i = 0; i < a->section_count && !a->has_problem; i++) {
        Section *section = &a->sections[i];
        if (!section->jump) continue;
        unsigned before = section->encoded_jump.count;
        section->encoded_jump = encode_jump(a, section);
        has_changed |= section->encoded_jump.count != before;
    }
    return has_changed && !a->has_problem;
}

static void settle_jumps(Assembler *a) {
    guess_jumps(a);
    while (update_jumps(a))
        continue;
}

// ---- primitives

static void call_primitive(Assembler *a) {
    const MethodNode *method = a->method;
    if (!method || !method->has_primitive) return;
    if (method->primitive_spec) (void)literal_index(a, method->primitive_spec);
    a->primitive = method->primitive;
    if (a->primitive) a->primitive_call = encode(a, BC_CALL_PRIMITIVE, a->primitive, 0, 0);
}

// The number of the primitive that returns this constant; 0: there is none.
static unsigned quick_constant(const Literal *literal) {
    switch (literal->kind) {
    case LITERAL_TRUE:
        return 257;
    case LITERAL_FALSE:
        return 258;
    case LITERAL_NIL:
        return 259;
    case LITERAL_INTEGER:
        if (literal->text.length || literal->integer < -1 || literal->integer > 2) return 0;
        return (unsigned)(261 + literal->integer);
    default:
        return 0;
    }
}

// A method that does nothing but return self, a constant or a variable is such a primitive.
static unsigned quick_primitive(const Assembler *a) {
    if (a->ir->is_block || a->ir->method_frame.argument_count || a->primitive ||
        a->section_count != 1)
        return 0;
    const IrSequence *sequence = a->sections[0].sequence;
    if (sequence->count != 1) return 0;
    const IrInstruction *in = &sequence->items[0];
    switch (in->op) {
    case IR_RETURN_RECEIVER:
        return QUICK_RETURN_SELF;
    case IR_RETURN_LITERAL:
        return quick_constant(in->literal);
    case IR_RETURN_INSTANCE:
        if (a->options->long_receiver_access) return 0;
        return in->index < QUICK_RETURN_VARIABLES ? QUICK_RETURN_VARIABLE + in->index : 0;
    default:
        return 0;
    }
}

static void call_quick_primitive(Assembler *a) {
    unsigned quick = quick_primitive(a);
    if (!quick) return;
    a->primitive = quick;
    a->primitive_call = encode(a, BC_CALL_PRIMITIVE, quick, 0, 0);
}

// ---- the code

static void copy_bytes(Assembler *a, Code *code) {
    size_t size = a->primitive_call.count + (size_t)size_between(a, 0, a->section_count);
    uint8_t *to = code->bytes = code_arena_allocate(a->arena, size);
    if (!to) return;
    memcpy(to, a->primitive_call.bytes, a->primitive_call.count);
    to += a->primitive_call.count;
    for (size_t i = 0; i < a->section_count; i++) {
        const Section *section = &a->sections[i];
        if (section->count) memcpy(to, section->bytes, section->count);
        memcpy(to + section->count, section->encoded_jump.bytes, section->encoded_jump.count);
        to += section_size(section);
    }
    code->byte_count = size;
}

static void copy_spans(Assembler *a, Code *code) {
    code->spans = arena_new_array(a->arena, CodeSpan, a->span_count);
    if (!code->spans) return;
    const Section *section = a->sections;
    size_t base = a->primitive_call.count;
    for (size_t i = 0; i < a->span_count; i++) {
        for (; section != a->spans[i].section; section++)
            base += section_size(section);
        code->spans[i] =
            (CodeSpan){(uint32_t)(base + a->spans[i].offset), a->spans[i].start, a->spans[i].end};
    }
    code->span_count = a->span_count;
}

// In a block inside, its arguments, copied values and temporaries lie where the method's are.
static unsigned deepest_stack(const Assembler *a) {
    int deepest = 0;
    for (size_t i = 0; i < a->section_count; i++) {
        int depth = a->sections[i].stack_length;
        if (a->sections[i].is_in_block) depth -= (int)a->ir->method_frame.temp_count;
        if (depth > deepest) deepest = depth;
    }
    return (unsigned)deepest;
}

static void set_frame(Assembler *a, Code *code) {
    unsigned depth = deepest_stack(a);
    code->stack_depth = depth;
    code->temp_count = (unsigned)a->ir->method_frame.temp_count;
    if (code->temp_count > TEMP_COUNT_LIMIT) fail(a, DIAGNOSTIC_TOO_MANY_TEMPORARIES);
    if (code->temp_count + depth > LARGE_FRAME) fail(a, DIAGNOSTIC_STACK_TOO_DEEP);
    code->is_large_frame =
        code->temp_count + depth > SMALL_FRAME || a->primitive == PRIMITIVE_PERFORM_WITH_ARGUMENTS;
}

// Is it among them, or in an array among them?
static bool has_literal(const Literal *items, size_t count, const Literal *literal) {
    for (size_t i = 0; i < count; i++)
        if (literal_equals(&items[i], literal) ||
            (items[i].kind == LITERAL_ARRAY &&
             has_literal(items[i].items, items[i].item_count, literal)))
            return true;
    return false;
}

// Those that no instruction uses; too many become one array.
static void add_unused_v3(Assembler *a, const LiteralSet *set) {
    enum { SEND_INDEX_LIMIT = 255 };
    Literal array = {.kind = LITERAL_ARRAY,
                     .items = arena_new_array(a->arena, Literal, set->count)};
    if (!array.items) return;
    for (size_t i = 0; i < set->size; i++)
        if (set->slots[i] && !has_literal(a->literals.items, a->literals.count, set->slots[i]))
            array.items[array.item_count++] = *set->slots[i];
    if (a->literals.count + array.item_count + 2 > SEND_INDEX_LIMIT) {
        (void)literal_table_add(&a->literals, &array);
        return;
    }
    for (size_t i = 0; i < array.item_count; i++)
        (void)literal_table_add(&a->literals, &array.items[i]);
}

// So that who looks for senders finds them: the selectors that were inlined come last.
static void add_unused_literals(Assembler *a) {
    const LiteralSet *set = &a->ir->unused_literals;
    if (a->options->bytecode_set == CODE_V3PLUS) {
        add_unused_v3(a, set);
        return;
    }
    for (size_t i = 0; i < set->size; i++)
        if (set->slots[i]) (void)literal_index(a, set->slots[i]);
}

static void fill(Assembler *a, Code *code) {
    copy_bytes(a, code);
    if (a->options->source_map) copy_spans(a, code);
    set_frame(a, code);
    code->literals = a->literals.items;
    code->literal_count = a->literals.count;
    code->argument_count = a->ir->method_frame.argument_count;
    code->primitive = a->primitive;
    code->is_block = a->ir->is_block;
    if (code->literal_count > LITERAL_COUNT_LIMIT) fail(a, DIAGNOSTIC_TOO_MANY_LITERALS);
}

bool assemble(IrMethod *ir, const CompileOptions *options, const MethodNode *method, Code *code,
              DiagnosticKind *problem) {
    Assembler assembler = {
        .ir = ir,
        .arena = ir->arena,
        .options = options,
        .method = method,
        .encoder = options->bytecode_set == CODE_SISTA ? &encoder_sista : &encoder_v3plus,
    };
    Assembler *a = &assembler;
    ir_finish(ir);
    literal_table_start(&a->literals, a->arena);
    if (make_sections(a)) {
        call_primitive(a);
        assemble_sections(a);
        add_unused_literals(a);
        call_quick_primitive(a);
        settle_jumps(a);
        if (!a->has_problem && !a->arena->is_exhausted) fill(a, code);
    }
    *problem = a->has_problem ? a->problem : DIAGNOSTIC_KIND_COUNT;
    return !a->has_problem && !a->arena->is_exhausted;
}
