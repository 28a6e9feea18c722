// SPDX-License-Identifier: MIT
// Every bytecode of both sets, as the interpreter runs it and as each compiler's code does, on each
// processor that there is (support/jit_fixture.h).
//
// The instructions come from the bytecode tables: each byte is tried with several operands and
// prefixes, and a row of a table that was not compared at the end is a failed test. What an
// instruction needs around it is decided by its operation alone:
//
//   where operands come from   arguments; answers of sends; a place where two ways join; literals
//   what they are              a cross of all kinds (world.c); for the first byte of a row, all
//   kinds
//                              of both operands, otherwise fewer
//   what follows               a stop, which shows frame and stack; a return; a branch, a pop or a
//                              store, which compilers take along
//   where it stands            in a method, and returns in blocks of both sorts
//
// Primitives with machine code are compared in the same way, called by methods of either set; with
// more operands, but without sends around them, natives.c compares them.
//
// Speaks TAP: a test for each target, with the number of cases.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/check.h"
#include "differ.h"
#include "jit/natives.h"
#include "method_writer.h"
#include "object/layouts.h"
#include "run/primitive.h"
#include "run/primitives.h"

enum {
    OPERANDS = 3,    // that differ from each other; further ones repeat them
    TEMP_LIMIT = 40, // of temporaries that instructions name
    FEW = 8,
    SOME = 3,           // kinds, where not all are wanted
    LONGEST_JUMP = 900, // forward
    VARIANTS_PER_BYTE = 4,
    ROW_LIMIT = 400,
};

static Differ differ;
static World *const world = &differ.world;

// ---- rows of the tables

typedef struct Row {
    bool is_sista, is_compared;
    unsigned first, last;
    BytecodeOp op;
} Row;
static Row rows[ROW_LIMIT];
static unsigned row_count;

static void add_row(bool is_sista, unsigned first, unsigned last, BytecodeOp op) {
    CHECK(row_count < ROW_LIMIT, "room for all rows");
    rows[row_count++] = (Row){is_sista, false, first, last, op};
}

static void list_rows(void) {
    unsigned of = 0, to = 0;
    bool is_sista = false;
    row_count = 0;
#define BYTECODE(first, last, length, NAME, a, b, c) add_row(is_sista, first, last, BC_##NAME);
#define EXTENDED                                     BYTECODE
#define CASES(first, last, length)                   of = first, to = last;
#define EXTENDED_CASES                               CASES
#define WHEN(condition, NAME, a, b, c)               add_row(is_sista, of, to, BC_##NAME);
#define END_CASES
#include "bytecode/v3plus.tbl"
    is_sista = true;
#include "bytecode/sista.tbl"
#undef BYTECODE
#undef EXTENDED
#undef CASES
#undef EXTENDED_CASES
#undef WHEN
#undef END_CASES
}

static Row *row_of(bool is_sista, unsigned byte, BytecodeOp op) {
    for (unsigned i = 0; i < row_count; i++)
        if (rows[i].is_sista == is_sista && rows[i].first <= byte && byte <= rows[i].last &&
            rows[i].op == op)
            return &rows[i];
    return NULL;
}

// ---- operands: which kinds

typedef struct Kinds {
    unsigned count;
    const unsigned *numbers; // NULL: 0 to count - 1
} Kinds;

typedef struct Cross {
    Kinds of[WORLD_ARGUMENTS + 1];
    unsigned operand_count;
} Cross;

static unsigned index_kinds[WORLD_KINDS], modest_kinds[WORLD_KINDS];
static unsigned index_count, modest_count;

static bool is_modest_integer(Oop oop) {
    return num_le(num(-2), num_from_oop(oop)) && num_le(num_from_oop(oop), num(1000));
}

// Numbers that may be indices; and all kinds, without numbers that would make an object so large
// that there is no room for it.
static void list_kinds(void) {
    index_count = modest_count = 0;
    for (unsigned i = 0; i < world->kind_count; i++) {
        Oop oop = world->kinds[i].oop;
        if (oop_is_int(oop) || i < FEW) index_kinds[index_count++] = i;
        if (!oop_is_int(oop) || is_modest_integer(oop)) modest_kinds[modest_count++] = i;
    }
}

static Kinds all_kinds(void) { return (Kinds){world->kind_count, NULL}; }
static Kinds few_kinds(void) { return (Kinds){FEW, NULL}; }
static Kinds some_kinds(void) { return (Kinds){SOME, NULL}; }
static Kinds one_kind(void) { return (Kinds){1, NULL}; }
static Kinds indices(void) { return (Kinds){index_count, index_kinds}; }
static Kinds modest(void) { return (Kinds){modest_count, modest_kinds}; }

static unsigned cross_count(const Cross *cross) {
    unsigned count = 1;
    for (unsigned i = 0; i < cross->operand_count; i++)
        count *= cross->of[i].count;
    return count;
}

static void choose(const void *context, unsigned index, Oop *operands) {
    const Cross *cross = context;
    for (unsigned i = 0; i < cross->operand_count; i++) {
        const Kinds *kinds = &cross->of[i];
        unsigned at = index % kinds->count;
        index /= kinds->count;
        operands[i] = world->kinds[kinds->numbers ? kinds->numbers[at] : at].oop;
    }
}

// ---- one instruction

typedef struct Variant {
    bool is_sista, is_first; // of its row
    uint8_t bytes[8];
    unsigned byte_count;
    Instruction in;
    unsigned pops, operands; // operands: that arguments are needed for
    bool takes_vector;       // the last argument is the vector of a remote temporary
} Variant;

typedef enum Source { FROM_ARGUMENTS, FROM_ANSWERS, FROM_JOIN, FROM_LITERAL, SOURCES } Source;
typedef enum End { END_STOPS, END_RETURNS, END_BRANCHES, END_POPS, END_STORES, ENDS } End;

static const char *const source_names[] = {"arguments", "answers", "a join", "a literal"};
static const char *const end_names[] = {"stops", "returns", "branches", "pops", "stores"};

static bool is_remote(BytecodeOp op) {
    return op == BC_PUSH_REMOTE_TEMP || op == BC_STORE_REMOTE_TEMP || op == BC_POP_INTO_REMOTE_TEMP;
}
static bool is_receiver_access(BytecodeOp op) {
    return op == BC_PUSH_RECEIVER_VARIABLE || op == BC_STORE_RECEIVER_VARIABLE ||
           op == BC_POP_INTO_RECEIVER_VARIABLE;
}
static bool is_literal_variable(BytecodeOp op) {
    return op == BC_PUSH_LITERAL_VARIABLE || op == BC_STORE_LITERAL_VARIABLE ||
           op == BC_POP_INTO_LITERAL_VARIABLE;
}
static bool is_send(BytecodeOp op) {
    return op == BC_SEND || op == BC_SUPER_SEND || op == BC_DIRECTED_SUPER_SEND;
}
static bool is_jump(BytecodeOp op) {
    return op == BC_JUMP || op == BC_JUMP_IF_TRUE || op == BC_JUMP_IF_FALSE;
}

// Can a method be made around it? What the verifier would refuse says nothing.
static bool is_usable(const Instruction *in) {
    switch (in->op) {
    case BC_PUSH_RECEIVER_VARIABLE:
    case BC_STORE_RECEIVER_VARIABLE:
    case BC_POP_INTO_RECEIVER_VARIABLE:
        return in->a < 80;
    case BC_PUSH_TEMP:
    case BC_STORE_TEMP:
    case BC_POP_INTO_TEMP:
        return in->a < TEMP_LIMIT;
    case BC_PUSH_REMOTE_TEMP:
    case BC_STORE_REMOTE_TEMP:
    case BC_POP_INTO_REMOTE_TEMP:
        return in->b < TEMP_LIMIT;
    case BC_PUSH_LITERAL:
    case BC_PUSH_LITERAL_VARIABLE:
    case BC_STORE_LITERAL_VARIABLE:
    case BC_POP_INTO_LITERAL_VARIABLE:
    case BC_BRANCH_IF_NOT_INSTANCE:
        return in->a < 300;
    case BC_SEND:
    case BC_SUPER_SEND:
    case BC_DIRECTED_SUPER_SEND:
        return in->a < 300 && in->b >= 0 && in->b <= WORLD_ARGUMENTS;
    case BC_PUSH_CHARACTER:
        return in->a >= 0;
    case BC_PUSH_ARRAY_OF_TOP:
        return in->a <= 8;
    case BC_PUSH_CLOSURE:
        return in->b <= 8 && in->c >= 2 && in->c <= LONGEST_JUMP; // the block answers nil
    case BC_PUSH_FULL_CLOSURE:
        return in->a < 300 && in->b <= 4;
    case BC_JUMP:
    case BC_JUMP_IF_TRUE:
    case BC_JUMP_IF_FALSE:
        return in->a <= LONGEST_JUMP && in->a >= -2 * LONGEST_JUMP;
    case BC_CALL_PRIMITIVE: // test_primitives
        return false;
    default:
        return true;
    }
}

// ---- the method around an instruction

static void push_kind(MethodWriter *w, unsigned kind) {
    Oop oop = world->kinds[kind].oop;
    const Heap *heap = &world->vm->heap;
    if (oop_is(oop, heap->nil)) return writer_put(w, BC_PUSH_NIL, 0, 0, 0);
    if (oop_is(oop, heap->true_object)) return writer_put(w, BC_PUSH_TRUE, 0, 0, 0);
    if (oop_is(oop, heap->false_object)) return writer_put(w, BC_PUSH_FALSE, 0, 0, 0);
    if (oop_is_int(oop)) {
        int64_t value = num_concrete(num_from_oop(oop));
        if (value >= -1 && value <= 1) return writer_put(w, BC_PUSH_INTEGER, value, 0, 0);
    }
    // Behind those that instructions of the test name.
    if (w->literal_count < 310 && w->literal_count > 0) return writer_push_literal(w, oop);
    writer_push_literal(w, oop);
}

static void push_operands(MethodWriter *w, const Variant *v, Source source, unsigned literal_kind) {
    unsigned arguments = v->operands ? v->operands : 1;
    for (unsigned i = 0; i < v->pops; i++) {
        if (source == FROM_LITERAL && i == v->pops - 1) {
            push_kind(w, literal_kind);
            continue;
        }
        if (!v->operands)
            writer_put(w, BC_PUSH_RECEIVER, 0, 0, 0);
        else
            writer_put(w, BC_PUSH_TEMP, i % arguments, 0, 0);
        if (source == FROM_ANSWERS) writer_send(w, world->known[0], 0);
    }
    if (source != FROM_JOIN) return;
    writer_put(w, BC_PUSH_TRUE, 0, 0, 0);
    unsigned jump = writer_jump(w, BC_JUMP_IF_FALSE);
    writer_land(w, jump);
}

static void put_stop(MethodWriter *w) {
    writer_put(w, BC_PUSH_RECEIVER, 0, 0, 0);
    writer_send(w, world->stop, 0);
    writer_put(w, BC_RETURN_TOP, 0, 0, 0);
}

static void fill(MethodWriter *w, int64_t count) {
    for (; count > 0; count--)
        writer_put(w, BC_RETURN_RECEIVER, 0, 0, 0);
}

static void put_branch(MethodWriter *w) {
    unsigned jump = writer_jump(w, BC_JUMP_IF_TRUE);
    writer_put(w, BC_PUSH_INTEGER, 0, 0, 0);
    put_stop(w);
    writer_land(w, jump);
    writer_put(w, BC_PUSH_INTEGER, 1, 0, 0);
    put_stop(w);
}

static void put_end(MethodWriter *w, End end, bool has_result) {
    if (end == END_RETURNS) {
        writer_put(w, has_result ? BC_RETURN_TOP : BC_RETURN_RECEIVER, 0, 0, 0);
        return;
    }
    if (end == END_BRANCHES && has_result) return put_branch(w);
    if (end == END_POPS && has_result) writer_put(w, BC_POP, 0, 0, 0);
    if (end == END_STORES && has_result) writer_put(w, BC_POP_INTO_TEMP, TEMP_LIMIT - 1, 0, 0);
    put_stop(w);
}

// The literals that the instruction itself names; `choice` among several.
static void put_literals(MethodWriter *w, const Variant *v, unsigned choice) {
    const Instruction *in = &v->in;
    static const uint8_t special[] = {18, 0, 17}; // size, +, at:put:
    if (in->op == BC_PUSH_LITERAL || in->op == BC_BRANCH_IF_NOT_INSTANCE)
        writer_literal_at(w, (unsigned)in->a, world->kinds[choice % world->kind_count].oop);
    else if (is_literal_variable(in->op))
        writer_literal_at(w, (unsigned)in->a, world->variables[choice % 4]);
    else if (in->op == BC_PUSH_FULL_CLOSURE)
        writer_literal_at(w, (unsigned)in->a, world->blocks[choice % 4]);
    else if (is_send(in->op) && choice == 2 && in->b < 3)
        writer_literal_at(w, (unsigned)in->a, world->vm->special_selectors[special[in->b]]);
    else if (is_send(in->op))
        writer_literal_at(w, (unsigned)in->a,
                          choice == 0 ? world->known[in->b] : world->unknown[in->b]);
}
static unsigned literal_choices(const Variant *v) {
    if (v->in.op == BC_PUSH_LITERAL) return FEW;
    if (is_literal_variable(v->in.op)) return 4;
    return is_send(v->in.op) ? 3 : v->in.op == BC_PUSH_FULL_CLOSURE ? 2 : 1;
}

typedef struct Frame {
    Source source;
    End end;
    unsigned literal_kind, choice;
} Frame;

// Jumps lead to a stop; what lies between, and behind a branch, returns. A jump back has its
// target, and `padding`, before it. Answers how much padding is missing.
static int64_t put_jump(MethodWriter *w, const Variant *v, const Frame *frame, unsigned padding) {
    int64_t distance = v->in.a;
    unsigned over = 0, target = 0;
    if (distance < 0) {
        over = writer_jump(w, BC_JUMP);
        target = w->byte_count;
        put_stop(w);
        fill(w, padding);
        writer_land(w, over);
    }
    push_operands(w, v, frame->source, frame->literal_kind);
    writer_put_bytes(w, v->bytes, v->byte_count);
    int64_t missing = distance < 0 ? -(distance + (int64_t)(w->byte_count - target)) : 0;
    fill(w, distance < 0 ? 1 : distance);
    if (distance >= 0) put_stop(w);
    return missing;
}

static void begin_method(MethodWriter *w, const Variant *v, const Frame *frame) {
    unsigned arguments = v->operands + v->takes_vector;
    writer_begin(w, world->vm, v->is_sista, arguments, TEMP_LIMIT);
    put_literals(w, v, frame->choice);
    if (v->takes_vector && v->in.b >= arguments) {
        writer_put(w, BC_PUSH_TEMP, arguments - 1, 0, 0);
        writer_put(w, BC_POP_INTO_TEMP, v->in.b, 0, 0);
    }
}

static void put_instruction(MethodWriter *w, const Variant *v, const Frame *frame) {
    InstructionFlow flow = bytecode_op_flow(v->in.op);
    push_operands(w, v, frame->source, frame->literal_kind);
    writer_put_bytes(w, v->bytes, v->byte_count);
    if (flow == FLOW_BLOCK) { // answers nil
        writer_put(w, BC_PUSH_NIL, 0, 0, 0);
        writer_put(w, BC_BLOCK_RETURN_TOP, 0, 0, 0);
        fill(w, v->in.c - 2);
    }
    if (flow == FLOW_RETURN) return;
    if (flow == FLOW_STOP) return fill(w, 1);
    put_end(w, frame->end, instruction_stack_effect(&v->in).pushes > 0);
}

static Oop make_method(MethodWriter *w, const Variant *v, const Frame *frame) {
    differ_begin(&differ);
    begin_method(w, v, frame);
    if (is_jump(v->in.op)) {
        int64_t missing = put_jump(w, v, frame, 0);
        if (missing < 0) return oop_none();
        if (missing > 0) {
            begin_method(w, v, frame);
            put_jump(w, v, frame, (unsigned)missing);
        }
    } else {
        put_instruction(w, v, frame);
    }
    return writer_end(w, world->class_binding);
}

// ---- in blocks: the method makes one that has the operands as arguments, and evaluates it

static Oop make_block_method(MethodWriter *w, const Variant *v, const Frame *frame) {
    static MethodWriter block;
    differ_begin(&differ);
    writer_begin(w, world->vm, v->is_sista, v->operands, TEMP_LIMIT);
    if (v->is_sista) {
        writer_begin(&block, world->vm, true, v->operands, v->operands);
        put_instruction(&block, v, frame);
        writer_put(w, BC_PUSH_FULL_CLOSURE,
                   writer_literal(w, writer_end(&block, world->class_binding)), 0, 0);
    } else {
        writer_put(w, BC_PUSH_CLOSURE, v->operands, 0, v->pops + v->byte_count);
        put_instruction(w, v, frame);
    }
    for (unsigned i = 0; i < v->operands; i++)
        writer_put(w, BC_PUSH_TEMP, i, 0, 0);
    writer_put(w, v->operands ? BC_SEND_VALUE_1 : BC_SEND_VALUE, v->operands ? 26 : 25, v->operands,
               0);
    put_stop(w);
    return writer_end(w, world->class_binding);
}

// ---- trials

MAY_GC static void run_trial(const Variant *v, const Frame *frame, Oop method, const Cross *cross,
                             const char *where) {
    char title[160];
    snprintf(title, sizeof title, "%s byte %u, %s, operands from %s, then it %s%s",
             v->is_sista ? "Sista" : "V3", v->bytes[v->in.is_prefixed ? 2 : 0],
             bytecode_op_name(v->in.op), source_names[frame->source], end_names[frame->end], where);
    uint64_t before = differ.cases;
    Trial trial = {.title = title,
                   .method = method,
                   .operand_count = cross->operand_count,
                   .count = cross_count(cross),
                   .choose = choose,
                   .context = cross};
    if (oop_is_none(method)) return;
    differ_run(&differ, &trial);
    if (differ.cases == before) return;
    row_of(v->is_sista, v->bytes[v->in.is_prefixed ? 2 : 0], v->in.op)->is_compared = true;
    if (v->in.is_prefixed)
        row_of(true, v->bytes[0], v->bytes[0] == 224 ? BC_EXTEND_A : BC_EXTEND_B)->is_compared =
            true;
}

// How many kinds each operand has. Receiver and arguments; then the vector, if there is one.
static Cross cross_for(const Variant *v, const Frame *frame) {
    Cross cross = {.operand_count = 1 + v->operands + v->takes_vector};
    End full_end = v->is_sista ? END_BRANCHES : END_STOPS;
    bool is_full = v->is_first && frame->source == FROM_ARGUMENTS && frame->end == full_end &&
                   frame->choice == 0 && !is_send(v->in.op);
    bool looks_at_receiver = is_receiver_access(v->in.op) || !v->operands;
    bool is_wide = v->is_first && frame->source != FROM_LITERAL;
    cross.of[0] = !looks_at_receiver ? one_kind() : is_wide ? all_kinds() : few_kinds();
    for (unsigned i = 1; i < cross.operand_count; i++)
        cross.of[i] = is_full && i < 3    ? all_kinds()
                      : is_wide || i == 1 ? few_kinds()
                                          : some_kinds();
    if (is_wide && cross.operand_count == 2 && !looks_at_receiver) cross.of[1] = all_kinds();
    if (looks_at_receiver && v->operands) cross.of[1] = few_kinds();
    if (is_send(v->in.op) && cross.operand_count > 2) cross.of[2] = some_kinds();
    if (cross.operand_count > 3) cross.of[2] = is_full ? indices() : some_kinds();
    if (v->in.op == BC_SEND_NEW_1) cross.of[2] = is_full ? modest() : some_kinds();
    return cross;
}

MAY_GC static void try_frame(const Variant *v, Frame frame) {
    static MethodWriter w;
    Cross cross = cross_for(v, &frame);
    Oop method = make_method(&w, v, &frame);
    run_trial(v, &frame, method, &cross, "");
    if (bytecode_op_flow(v->in.op) != FLOW_RETURN || v->operands > 1) return;
    method = make_block_method(&w, v, &frame);
    run_trial(v, &frame, method, &cross, ", in a block");
}

// The first variant of a row meets all sources and ends, the others those that look at most.
MAY_GC static void try_variant(const Variant *v) {
    bool has_result = instruction_stack_effect(&v->in).pushes > 0;
    int ends = v->is_first && has_result ? ENDS : END_BRANCHES;
    for (int end = 0; end < ends; end++)
        try_frame(v, (Frame){.end = (End)end});
    for (unsigned choice = 1; choice < literal_choices(v); choice++)
        try_frame(v, (Frame){.choice = choice});
    if (!v->pops) return;
    try_frame(v, (Frame){.source = FROM_ANSWERS});
    if (!v->is_first) return;
    try_frame(v, (Frame){.source = FROM_JOIN});
    for (unsigned kind = 0; kind < world->kind_count && v->operands; kind++)
        try_frame(v, (Frame){.source = FROM_LITERAL, .literal_kind = kind});
}

// ---- all variants of a byte

static const uint8_t operand_bytes[] = {0, 1, 2, 3, 4, 7, 8, 16, 33, 39, 250};

typedef struct Found {
    unsigned count;
    Instruction in[8 * VARIANTS_PER_BYTE];
} Found;

// Is it another one, and are there few like it yet? *is_first: there is none.
static bool is_wanted(Found *found, const Instruction *in, bool *is_first) {
    unsigned alike = 0;
    for (unsigned i = 0; i < found->count; i++) {
        const Instruction *other = &found->in[i];
        if (other->op != in->op) continue;
        if (other->a == in->a && other->b == in->b && other->c == in->c) return false;
        alike++;
    }
    *is_first = alike == 0;
    if (alike >= VARIANTS_PER_BYTE || found->count >= 8 * VARIANTS_PER_BYTE) return false;
    found->in[found->count++] = *in;
    return true;
}

MAY_GC static void try_bytes(Found *found, bool is_sista, const uint8_t *bytes, unsigned count) {
    Variant v = {.is_sista = is_sista};
    memcpy(v.bytes, bytes, count);
    if (!instruction_decode(bytes, count, 0, is_sista, &v.in) || v.in.length != count) return;
    if ((v.in.is_prefixed && !v.in.takes_prefix) || !is_usable(&v.in)) return;
    if (!is_wanted(found, &v.in, &v.is_first)) return;
    unsigned byte = bytes[v.in.is_prefixed ? 2 : 0];
    v.byte_count = count;
    v.pops = (unsigned)instruction_stack_effect(&v.in).pops;
    v.operands = v.pops < OPERANDS ? v.pops : OPERANDS;
    v.takes_vector = is_remote(v.in.op);
    v.is_first &= row_of(is_sista, byte, v.in.op)->first == byte && !v.in.is_prefixed;
    try_variant(&v);
}

MAY_GC static void try_operands(Found *found, bool is_sista, uint8_t *bytes, unsigned prefix,
                                unsigned length) {
    enum { CHOICES = sizeof operand_bytes };
    unsigned combinations = length > 1 ? 8 * CHOICES : 1;
    for (unsigned i = 0; i < combinations; i++) {
        unsigned rest = i;
        // What several rows share is told apart by the upper bits of the first operand.
        bytes[prefix + 1] = (uint8_t)(rest % 8 << 5 | (operand_bytes[rest / 8 % CHOICES] & 31));
        for (unsigned second = 0; second < (length > 2 ? CHOICES : 1); second++) {
            bytes[prefix + 2] = operand_bytes[second];
            bytes[prefix + 3] = 4;
            try_bytes(found, is_sista, bytes, prefix + length);
        }
    }
}

MAY_GC static void try_byte(bool is_sista, unsigned byte) {
    static const uint8_t prefixes[][2] = {{0, 0}, {225, 255}, {225, 1}, {224, 1}, {225, 64}};
    unsigned length = bytecode_length(is_sista, (uint8_t)byte);
    for (unsigned i = 0; i < (is_sista ? sizeof prefixes / 2 : 1); i++) {
        Found found = {.count = 0};
        unsigned prefix = i ? 2 : 0;
        uint8_t bytes[8] = {prefixes[i][0], prefixes[i][1]};
        bytes[prefix] = (uint8_t)byte;
        try_operands(&found, is_sista, bytes, prefix, length);
    }
}

// ---- primitives

MAY_GC static void try_primitive(unsigned number, unsigned argument_count, bool is_sista) {
    static MethodWriter w;
    char title[80];
    snprintf(title, sizeof title, "primitive %u with %u arguments", number, argument_count);
    differ_begin(&differ);
    writer_begin(&w, world->vm, is_sista, argument_count, argument_count);
    writer_primitive(&w, number);
    put_stop(&w);
    Cross cross = {.operand_count = argument_count + 1, .of = {all_kinds(), modest(), few_kinds()}};
    if (argument_count > 1) cross.of[1] = indices();
    if (argument_count > 2) // the first one is not looked at
        cross = (Cross){{one_kind(), all_kinds(), indices(), few_kinds()}, argument_count + 1};
    Trial trial = {.title = title,
                   .method = writer_end(&w, world->class_binding),
                   .operand_count = argument_count + 1,
                   .count = cross_count(&cross),
                   .choose = choose,
                   .context = &cross};
    differ_run(&differ, &trial);
    row_of(is_sista, is_sista ? 248 : 139, BC_CALL_PRIMITIVE)->is_compared = true;
}

MAY_GC static void test_primitives(void) {
    for (unsigned number = 1; number <= PRIMITIVE_NUMBER_LIMIT; number++) {
        const Primitive *row = primitive_numbered(number);
        if (!row || !row->function) continue;
        for (unsigned arguments = 0; arguments <= OPERANDS; arguments++)
            if (native_of(number, arguments) &&
                (row->argument_count < 0 || row->argument_count == (int)arguments))
                try_primitive(number, arguments, number & 1);
    }
}

// ---- all targets

static bool all_rows_compared(void) {
    bool all = true;
    for (unsigned i = 0; i < row_count; i++) {
        if (rows[i].is_compared) continue;
        all = false;
        printf("# no case for %s bytes %u to %u, %s\n", rows[i].is_sista ? "Sista" : "V3",
               rows[i].first, rows[i].last, bytecode_op_name(rows[i].op));
    }
    return all;
}

MAY_GC static bool test_target(const JitTarget *target) {
    Diagnosis why = {""};
    if (differ_open(&differ, target, &why)) {
        printf("# %s\n", why.text);
        return false;
    }
    list_kinds();
    list_rows();
    for (int is_sista = 0; is_sista < 2; is_sista++)
        for (unsigned byte = 0; byte < 256; byte++) {
            uint64_t before = differ.cases;
            try_byte(is_sista, byte);
            if (getenv("PARLEY_VERBOSE"))
                printf("# %s byte %u: %llu cases\n", is_sista ? "Sista" : "V3", byte,
                       (unsigned long long)(differ.cases - before));
        }
    uint64_t bytecodes = differ.cases;
    test_primitives();
    bool passed = all_rows_compared() && differ.differences == 0;
    printf("# %s, %s: %llu cases of bytecodes, %llu of primitives; %llu left to the interpreter\n",
           target->tier, target->processor, (unsigned long long)bytecodes,
           (unsigned long long)(differ.cases - bytecodes), (unsigned long long)differ.refused);
    if (differ.differences) printf("# %u differences\n", differ.differences);
    return differ_close(&differ) && passed;
}

int main(void) {
    JitTarget targets[JIT_TARGET_LIMIT];
    unsigned count = jit_targets(targets), failed = 0;
    setvbuf(stdout, NULL, _IOLBF, 0);
    printf("1..%u\n", count);
    for (unsigned i = 0; i < count; i++) {
        bool passed = test_target(&targets[i]);
        failed += !passed;
        printf("%sok %u - %s %s\n", passed ? "" : "not ", i + 1, targets[i].tier,
               targets[i].processor);
    }
    return failed ? 1 : 0;
}
