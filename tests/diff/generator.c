// SPDX-License-Identifier: MIT
// See generator.h. Temporaries of a method:
//
//     0, 1      arguments
//     2 to 5    variables
//     6         a temp vector, an Array of VECTOR_SLOTS
//     7, 8      counters of loops, which nothing else changes
//
// A block has its argument, if any, and copied values, and no variables of its own.
#include "generator.h"

#include "memory/store.h"
#include "method_writer.h"
#include "object/layouts.h"
#include "object/ops.h"

enum {
    FIRST_VARIABLE = GENERATED_ARGUMENTS,
    VARIABLES = 4,
    VECTOR = FIRST_VARIABLE + VARIABLES,
    FIRST_COUNTER,
    LOOPS = 2, // one within the other
    TEMPS = FIRST_COUNTER + LOOPS,
    VECTOR_SLOTS = 3,
    DEEPEST = 5, // of expressions within each other
    MOST_BLOCKS = 2,
    RECEIVER_VARIABLES = 2,
    ROUNDS = 3,
};

typedef struct Generator {
    World *world;
    Choices *choices;
    MethodWriter *w;
    unsigned depth;  // of the expression
    unsigned temps;  // that may be read and written, from 0
    unsigned loops;  // around
    unsigned blocks; // around
} Generator;

static MethodWriter writers[MOST_BLOCKS + 1];

static unsigned pick(Generator *g, unsigned limit) { return choose_below(g->choices, limit); }
static void put(Generator *g, BytecodeOp op, int64_t a, int64_t b) {
    writer_put(g->w, op, a, b, 0);
}
static void put_special(Generator *g, unsigned index, unsigned arguments) {
    put(g, (BytecodeOp)(BC_SEND_ADD + index), index, arguments);
}

static void put_expression(Generator *g);

// ---- the simplest expressions

static void put_constant(Generator *g) {
    unsigned which = pick(g, 5);
    if (which == 0) return put(g, BC_PUSH_INTEGER, pick(g, 2), 0);
    if (which == 1) return put(g, BC_PUSH_NIL, 0, 0);
    if (which == 2) return put(g, pick(g, 2) ? BC_PUSH_TRUE : BC_PUSH_FALSE, 0, 0);
    writer_push_literal(g->w, g->world->kinds[pick(g, g->world->kind_count)].oop);
}
static void put_temp(Generator *g) {
    if (!g->temps) return put_constant(g);
    put(g, BC_PUSH_TEMP, pick(g, g->temps), 0);
}
static void put_receiver(Generator *g) { put(g, BC_PUSH_RECEIVER, 0, 0); }
static void put_receiver_variable(Generator *g) {
    put(g, BC_PUSH_RECEIVER_VARIABLE, pick(g, RECEIVER_VARIABLES), 0);
}
static unsigned variable(Generator *g) {
    return writer_literal(g->w, g->world->variables[pick(g, 4)]);
}
static void put_literal_variable(Generator *g) { put(g, BC_PUSH_LITERAL_VARIABLE, variable(g), 0); }
static void put_vector_element(Generator *g) {
    if (g->blocks) return put_temp(g);
    put(g, BC_PUSH_REMOTE_TEMP, pick(g, VECTOR_SLOTS), VECTOR);
}
static void put_context(Generator *g) { put(g, BC_PUSH_THIS_CONTEXT, 0, 0); }

// ---- sends

// + to bitOr:, at:, ==, ~~
static void put_binary(Generator *g) {
    unsigned which = pick(g, 19);
    put_expression(g);
    put_expression(g);
    put_special(g, which < 17 ? which : which == 17 ? 22 : 24, 1);
}
// size, class, atEnd, x, y
static void put_unary(Generator *g) {
    static const uint8_t which[] = {23, 18, 21, 30, 31};
    put_expression(g);
    put_special(g, which[pick(g, sizeof which)], 0);
}
static void put_at_put(Generator *g) {
    put_expression(g);
    put_expression(g);
    put_expression(g);
    put_special(g, 17, 2);
}
static void put_send(Generator *g) {
    unsigned arguments = pick(g, 3);
    Oop selector = (pick(g, 4) ? g->world->known : g->world->unknown)[arguments];
    for (unsigned i = 0; i <= arguments; i++)
        put_expression(g);
    writer_send(g->w, selector, arguments);
}
static void put_super_send(Generator *g) {
    put_receiver(g);
    put_expression(g);
    unsigned selector = writer_literal(g->w, g->world->known[1]);
    if (!g->w->is_sista || pick(g, 2)) return put(g, BC_SUPER_SEND, selector, 1);
    put(g, BC_PUSH_LITERAL_VARIABLE, writer_literal(g->w, g->world->class_binding), 0);
    put(g, BC_DIRECTED_SUPER_SEND, selector, 1);
}
// new and new:, of few elements
static void put_new(Generator *g) {
    static const char *const classes[] = {"a class", "class Array", "class String"};
    unsigned which = pick(g, 3);
    writer_push_literal(g->w, g->world->kinds[world_kind_numbered(g->world, classes[which])].oop);
    if (which == 0) return put_special(g, 28, 0);
    put_expression(g);
    writer_push_literal(g->w, oop_from_num(num(15)));
    put_special(g, 14, 1);
    put_special(g, 29, 1);
}

// ---- what needs the stack

static void put_duplicate(Generator *g) {
    put_expression(g);
    put(g, BC_DUP, 0, 0);
    put_special(g, pick(g, 10), 1);
}
static void put_array(Generator *g) {
    unsigned count = pick(g, 4);
    if (count == 0) return put(g, BC_PUSH_NEW_ARRAY, 2, 0);
    for (unsigned i = 0; i < count; i++)
        put_expression(g);
    put(g, BC_PUSH_ARRAY_OF_TOP, count, 0);
}
static void put_comparison(Generator *g) {
    static const uint8_t which[] = {2, 6, 22, 3, 4, 5, 7, 24};
    unsigned index = which[pick(g, sizeof which)];
    put_expression(g);
    put_expression(g);
    put_special(g, index, 1);
}
static void put_condition(Generator *g) {
    if (pick(g, 4) < 3)
        put_comparison(g);
    else
        put_expression(g);
}
static void put_choice(Generator *g) {
    put_condition(g);
    unsigned other = writer_jump(g->w, pick(g, 2) ? BC_JUMP_IF_TRUE : BC_JUMP_IF_FALSE);
    put_expression(g);
    unsigned end = writer_jump(g->w, BC_JUMP);
    writer_land(g->w, other);
    put_expression(g);
    writer_land(g->w, end);
}
static void put_assignment(Generator *g) {
    put_expression(g);
    unsigned which = pick(g, 4);
    if (which == 1) return put(g, BC_STORE_RECEIVER_VARIABLE, pick(g, RECEIVER_VARIABLES), 0);
    if (which == 2) return put(g, BC_STORE_LITERAL_VARIABLE, variable(g), 0);
    if (which == 3 && !g->blocks)
        return put(g, BC_STORE_REMOTE_TEMP, pick(g, VECTOR_SLOTS), VECTOR);
    if (g->temps > FIRST_VARIABLE)
        put(g, BC_STORE_TEMP, FIRST_VARIABLE + pick(g, g->temps - FIRST_VARIABLE), 0);
}

// ---- blocks

static void put_block_body(Generator *g) {
    if (pick(g, 3) == 2) { // cond ifTrue: [^ expr]
        put_condition(g);
        unsigned jump = writer_jump(g->w, BC_JUMP_IF_FALSE);
        put_expression(g);
        put(g, BC_RETURN_TOP, 0, 0);
        writer_land(g->w, jump);
    }
    put_expression(g);
    put(g, BC_BLOCK_RETURN_TOP, 0, 0);
}

// Where nothing is copied the block's header does not even count the arguments, as in faulty code.
static void put_full_block(Generator *g, Generator *inner, unsigned arguments, unsigned copied) {
    inner->w = &writers[inner->blocks];
    writer_begin(inner->w, g->world->vm, true, arguments, copied ? arguments + copied : 0);
    put_block_body(inner);
    Oop code = writer_end(inner->w, g->world->class_binding);
    if (oop_is_none(code)) {
        g->w->has_failed = true;
        return;
    }
    put(g, BC_PUSH_FULL_CLOSURE, writer_literal(g->w, code), copied);
}

// The size stands in the instruction's last two bytes.
static void put_old_block(Generator *g, Generator *inner, unsigned arguments, unsigned copied) {
    writer_put(g->w, BC_PUSH_CLOSURE, arguments, copied, 0);
    unsigned begin = g->w->byte_count;
    put_block_body(inner);
    unsigned size = g->w->byte_count - begin;
    g->w->bytes[begin - 2] = (uint8_t)(size >> 8);
    g->w->bytes[begin - 1] = (uint8_t)size;
}

static void put_block(Generator *g) {
    if (g->blocks == MOST_BLOCKS) return put_constant(g);
    unsigned arguments = pick(g, 2), copied = g->temps ? pick(g, 3) : 0;
    for (unsigned i = 0; i < copied; i++)
        put_temp(g);
    Generator inner = *g;
    inner.blocks++;
    inner.temps = arguments + copied;
    if (g->w->is_sista)
        put_full_block(g, &inner, arguments, copied);
    else
        put_old_block(g, &inner, arguments, copied);
    if (arguments) put_expression(g);
    if (!pick(g, 8)) put(g, BC_DUP, 0, 0), put(g, BC_POP, 0, 0);
    put_special(g, arguments ? 26 : 25, arguments);
}

// ---- expressions: one value more on the stack

static void put_expression(Generator *g) {
    static void (*const simple[])(Generator *) = {
        put_constant,         put_temp,           put_receiver, put_temp, put_receiver_variable,
        put_literal_variable, put_vector_element,
    };
    static void (*const compound[])(Generator *) = {
        put_temp,      put_constant, put_binary,     put_binary, put_comparison, put_unary,
        put_duplicate, put_send,     put_assignment, put_choice, put_array,      put_at_put,
        put_block,     put_new,      put_super_send, put_block,  put_binary,     put_context,
    };
    g->depth++;
    if (g->depth > DEEPEST || g->choices->at >= g->choices->count)
        simple[pick(g, sizeof simple / sizeof *simple)](g);
    else
        compound[pick(g, sizeof compound / sizeof *compound)](g);
    g->depth--;
}

// ---- statements: the stack as before

static void put_statement(Generator *g);

static void put_statements(Generator *g, unsigned most) {
    for (unsigned count = pick(g, most + 1); count; count--)
        put_statement(g);
}
static void put_effect(Generator *g) {
    put_expression(g);
    put(g, BC_POP, 0, 0);
}
static void put_store(Generator *g) {
    put_expression(g);
    unsigned which = pick(g, 4);
    if (which == 0) put(g, BC_POP_INTO_TEMP, FIRST_VARIABLE + pick(g, VARIABLES), 0);
    if (which == 1) put(g, BC_POP_INTO_RECEIVER_VARIABLE, pick(g, RECEIVER_VARIABLES), 0);
    if (which == 2) put(g, BC_POP_INTO_LITERAL_VARIABLE, variable(g), 0);
    if (which == 3) put(g, BC_POP_INTO_REMOTE_TEMP, pick(g, VECTOR_SLOTS), VECTOR);
}
static void put_if(Generator *g) {
    put_condition(g);
    unsigned jump = writer_jump(g->w, pick(g, 2) ? BC_JUMP_IF_TRUE : BC_JUMP_IF_FALSE);
    put_statements(g, 2);
    writer_land(g->w, jump);
}
static void put_early_return(Generator *g) {
    put_condition(g);
    unsigned jump = writer_jump(g->w, BC_JUMP_IF_FALSE);
    put_expression(g);
    put(g, BC_RETURN_TOP, 0, 0);
    writer_land(g->w, jump);
}
static void put_loop(Generator *g) {
    if (g->loops == LOOPS) return put_effect(g);
    unsigned counter = FIRST_COUNTER + g->loops++;
    put(g, BC_PUSH_INTEGER, 0, 0);
    put(g, BC_POP_INTO_TEMP, counter, 0);
    unsigned begin = g->w->byte_count;
    put(g, BC_PUSH_TEMP, counter, 0);
    writer_push_literal(g->w, oop_from_num(num(ROUNDS)));
    put_special(g, 2, 1);
    unsigned end = writer_jump(g->w, BC_JUMP_IF_FALSE);
    put_statements(g, 2);
    put(g, BC_PUSH_TEMP, counter, 0);
    put(g, BC_PUSH_INTEGER, 1, 0);
    put_special(g, 0, 1);
    put(g, BC_POP_INTO_TEMP, counter, 0);
    writer_jump_back(g->w, begin);
    writer_land(g->w, end);
    g->loops--;
}

static void put_statement(Generator *g) {
    static void (*const statements[])(Generator *) = {
        put_effect, put_store, put_store, put_if, put_loop, put_early_return,
    };
    statements[pick(g, sizeof statements / sizeof *statements)](g);
}

// ---- methods

static void put_method(Generator *g) {
    enum { STATEMENTS = 6 };
    put(g, BC_PUSH_NEW_ARRAY, VECTOR_SLOTS, 0);
    put(g, BC_POP_INTO_TEMP, VECTOR, 0);
    put_statements(g, STATEMENTS);
    put_expression(g);
    if (pick(g, 2)) {
        put_receiver(g);
        writer_send(g->w, g->world->stop, 0);
    }
    put(g, BC_RETURN_TOP, 0, 0);
}

// Receivers have the variables; arguments may be anything.
static void choose_operands(Generator *g, Oop *operands) {
    static const char *const receivers[] = {"an object", "an old object", "an Array", "a thing",
                                            "a read-only object"};
    unsigned which = pick(g, sizeof receivers / sizeof *receivers);
    operands[0] = g->world->kinds[world_kind_numbered(g->world, receivers[which])].oop;
    for (unsigned i = 1; i <= GENERATED_ARGUMENTS; i++)
        operands[i] = g->world->kinds[pick(g, g->world->kind_count)].oop;
}

void generate(World *world, Choices *choices, Generated *generated) {
    Generator g = {.world = world, .choices = choices, .w = &writers[0]};
    for (unsigned i = 0; i < GENERATED_CASES; i++)
        choose_operands(&g, generated->operands[i]);
    g.temps = FIRST_VARIABLE + VARIABLES;
    writer_begin(g.w, world->vm, pick(&g, 2), GENERATED_ARGUMENTS, TEMPS);
    put_method(&g);
    generated->method = writer_end(g.w, world->class_binding);
}

// ---- the world

// What primitives that failed answer, and what answers messages that are not understood.
static void define_answer(World *world, Oop selector, unsigned arguments, unsigned primitive,
                          BytecodeOp answer) {
    writer_begin(&writers[0], world->vm, false, arguments, arguments);
    if (primitive) writer_primitive(&writers[0], primitive);
    writer_put(&writers[0], answer, 0, 0, 0);
    if (answer == BC_PUSH_TEMP) writer_put(&writers[0], BC_RETURN_TOP, 0, 0, 0);
    world_define(world, selector, writer_end(&writers[0], world->class_binding));
}

void generator_prepare(World *world) {
    Oop pairs = slot_at(world->vm->heap.special_objects, num(SPECIAL_SPECIAL_SELECTORS));
    for (unsigned i = 0; i < WORLD_SPECIAL_SENDS; i++) {
        unsigned arguments = (unsigned)num_concrete(num_from_oop(slot_at(pairs, num(2 * i + 1))));
        if (world_special_primitive(i))
            define_answer(world, slot_at(pairs, num(2 * i)), arguments, world_special_primitive(i),
                          arguments ? BC_PUSH_TEMP : BC_RETURN_RECEIVER);
    }
    Oop specials = world->vm->heap.special_objects;
    define_answer(world, slot_at(specials, num(SPECIAL_SELECTOR_DOES_NOT_UNDERSTAND)), 1, 0,
                  BC_PUSH_TEMP);
    define_answer(world, slot_at(specials, num(SPECIAL_SELECTOR_MUST_BE_BOOLEAN)), 0, 0,
                  BC_RETURN_TRUE);
    define_answer(world, slot_at(specials, num(SPECIAL_SELECTOR_ATTEMPT_TO_ASSIGN)), 2, 0,
                  BC_RETURN_RECEIVER);
}
