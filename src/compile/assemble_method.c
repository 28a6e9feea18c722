// SPDX-License-Identifier: MIT
// Laying out: jumps between the sections, primitives in front, then the whole as a Code.
#include "compile/assembler.h"

enum {
    SMALL_FRAME = 16,
    LARGE_FRAME = 56,
    LITERAL_COUNT_LIMIT = 32767 - 2,       // two more are always added
    PRIMITIVE_PERFORM_WITH_ARGUMENTS = 84, // needs room for any number of arguments
    QUICK_RETURN_SELF = 256,
    QUICK_RETURN_VARIABLE = 264,
    QUICK_RETURN_VARIABLES = 256,
};

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
        return assembler_encode(a, BC_JUMP, -distance - a->encoder->back_jump_size, 0, 0);
    }
    int64_t distance = size_between(a, from->number + 1, to->number);
    if (from->jump->op == IR_OPEN_BLOCK)
        return assembler_encode(a, BC_PUSH_CLOSURE, from->jump->block->argument_count,
                                from->jump->index, distance);
    if (from->jump->op == IR_JUMP)
        return distance == 0 ? nothing : assembler_encode(a, BC_JUMP, distance, 0, 0);
    if (distance == 0) return assembler_encode(a, BC_POP, 0, 0, 0);
    return assembler_encode(a, from->jump->flag ? BC_JUMP_IF_TRUE : BC_JUMP_IF_FALSE, distance, 0,
                            0);
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
    if (method->primitive_spec) (void)assembler_literal_index(a, method->primitive_spec);
    a->primitive = method->primitive;
    if (a->primitive)
        a->primitive_call = assembler_encode(a, BC_CALL_PRIMITIVE, a->primitive, 0, 0);
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
    a->primitive_call = assembler_encode(a, BC_CALL_PRIMITIVE, quick, 0, 0);
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
    if (code->temp_count == IR_TEMP_LIMIT) assembler_fail(a, DIAGNOSTIC_TOO_MANY_TEMPORARIES);
    if (code->temp_count + depth > LARGE_FRAME) assembler_fail(a, DIAGNOSTIC_STACK_TOO_DEEP);
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
        if (set->slots[i]) (void)assembler_literal_index(a, set->slots[i]);
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
    if (code->literal_count > LITERAL_COUNT_LIMIT) assembler_fail(a, DIAGNOSTIC_TOO_MANY_LITERALS);
}

bool assemble_method(IrMethod *ir, const CompileOptions *options, const MethodNode *method,
                     Code *code, DiagnosticKind *problem) {
    Assembler assembler = {
        .ir = ir,
        .arena = ir->arena,
        .options = options,
        .method = method,
        .encoder = options->bytecode_set == CODE_SISTA ? &encoder_sista : &encoder_v3plus,
    };
    Assembler *a = &assembler;
    method_ir_finish(ir);
    literal_table_start(&a->literals, a->arena);
    if (assembler_make_sections(a)) {
        call_primitive(a);
        assembler_fill_sections(a);
        add_unused_literals(a);
        call_quick_primitive(a);
        settle_jumps(a);
        if (!a->has_problem && !a->arena->is_exhausted) fill(a, code);
    }
    *problem = a->has_problem ? a->problem : DIAGNOSTIC_KIND_COUNT;
    return !a->has_problem && !a->arena->is_exhausted;
}
