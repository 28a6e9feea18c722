// SPDX-License-Identifier: MIT
// Control structures without a send: jumps around the code of inlined blocks. The shapes are
// Opal's, instruction by instruction.
#include "compile/generator.h"
#include "compile/numbers.h"

static Node *receiver_of(const Node *send) { return send->as.send.receiver; }
static Node *first_argument(const Node *send) { return send->as.send.arguments.first; }
static Node *last_argument(const Node *send) { return send->as.send.arguments.last; }
static bool selector_is(const Node *send, const char *name) {
    return text_is(send->as.send.selector, name);
}

static void duplicate(Generator *g) { method_ir_add(&g->ir, (IrInstruction){.op = IR_DUP}); }

static void test_nil(Generator *g) {
    generator_push_constant(g, LITERAL_NIL);
    generator_send(g, "==", 1);
}

// ---- conditions

// Evaluates one of the two blocks: the second if the top is `condition`.
static void choose(Generator *g, Node *first, Node *second, bool condition) {
    IrLabel otherwise = method_ir_jump_if(&g->ir, condition);
    generator_visit_inlined(g, first);
    IrLabel end = method_ir_jump(&g->ir);
    method_ir_land(&g->ir, otherwise);
    generator_visit_inlined(g, second);
    method_ir_land(&g->ir, end);
}

static void inline_if_true(Generator *g, Node *send) {
    IrLabel otherwise = method_ir_jump_if(&g->ir, false);
    generator_visit_inlined(g, first_argument(send));
    IrLabel end = method_ir_jump(&g->ir);
    method_ir_land(&g->ir, otherwise);
    generator_push_constant(g, LITERAL_NIL);
    method_ir_land(&g->ir, end);
}

static void inline_if_false(Generator *g, Node *send) {
    IrLabel is_false = method_ir_jump_if(&g->ir, false);
    generator_push_constant(g, LITERAL_NIL);
    IrLabel end = method_ir_jump(&g->ir);
    method_ir_land(&g->ir, is_false);
    generator_visit_inlined(g, first_argument(send));
    method_ir_land(&g->ir, end);
}

static void inline_if(Generator *g, Node *send) {
    generator_visit(g, receiver_of(send));
    if (selector_is(send, "ifTrue:"))
        inline_if_true(g, send);
    else if (selector_is(send, "ifFalse:"))
        inline_if_false(g, send);
    else
        choose(g, first_argument(send), last_argument(send), selector_is(send, "ifFalse:ifTrue:"));
}

static void inline_and_or(Generator *g, Node *send) {
    bool is_and = selector_is(send, "and:");
    generator_visit(g, receiver_of(send));
    IrLabel otherwise = method_ir_jump_if(&g->ir, false);
    if (is_and)
        generator_visit_inlined(g, first_argument(send));
    else
        generator_push_constant(g, LITERAL_TRUE);
    IrLabel end = method_ir_jump(&g->ir);
    method_ir_land(&g->ir, otherwise);
    if (is_and)
        generator_push_constant(g, LITERAL_FALSE);
    else
        generator_visit_inlined(g, first_argument(send));
    method_ir_land(&g->ir, end);
}

// The block for what is not nil may want it as its argument.
static void store_argument(Generator *g, const Node *block) {
    const Node *argument = block->as.block.body.arguments.first;
    if (argument) generator_store(g, argument->as.variable.variable);
}

static void inline_if_nil_both(Generator *g, Node *send) {
    bool not_nil_first = selector_is(send, "ifNotNil:ifNil:");
    store_argument(g, not_nil_first ? first_argument(send) : last_argument(send));
    test_nil(g);
    choose(g, first_argument(send), last_argument(send), not_nil_first);
}

static void inline_if_nil(Generator *g, Node *send) {
    generator_visit(g, receiver_of(send));
    if (send->as.send.arguments.count == 2) {
        inline_if_nil_both(g, send);
        return;
    }
    bool is_not = selector_is(send, "ifNotNil:");
    if (is_not) store_argument(g, first_argument(send));
    duplicate(g);
    test_nil(g);
    IrLabel end = method_ir_jump_if(&g->ir, is_not);
    method_ir_pop(&g->ir);
    generator_visit_inlined(g, first_argument(send));
    method_ir_land(&g->ir, end);
}

// ---- loops

static void inline_while(Generator *g, Node *send) {
    bool until = selector_is(send, "whileFalse:") || selector_is(send, "whileFalse");
    IrSequence *start = method_ir_loop_start(&g->ir);
    generator_visit_inlined(g, receiver_of(send));
    IrLabel end = method_ir_jump_if(&g->ir, until);
    if (first_argument(send)) generator_visit_inlined_for_effect(g, first_argument(send));
    method_ir_jump_back(&g->ir, start);
    method_ir_land(&g->ir, end);
}

static void inline_repeat(Generator *g, Node *send) {
    IrSequence *start = method_ir_loop_start(&g->ir);
    generator_visit_inlined_for_effect(g, receiver_of(send));
    method_ir_jump_back(&g->ir, start);
}

// A limit that cannot change is computed at each turn, any other once, into a temporary.
typedef struct Limit {
    Node *node;
    Text temp; // empty: none
} Limit;

static bool is_fixed_in_v3(VariableKind kind, bool trusts_arguments) {
    return kind == VARIABLE_SELF || kind == VARIABLE_SUPER ||
           (kind == VARIABLE_ARGUMENT && trusts_arguments);
}

static bool is_fixed(const Generator *g, const Node *node, bool trusts_arguments) {
    if (node_is_literal(node)) return true;
    if (node->kind != NODE_VARIABLE) return false;
    const Variable *variable = node->as.variable.variable;
    return g->shared->is_v3 ? is_fixed_in_v3(variable->kind, trusts_arguments)
                            : !variable_is_writable(variable);
}

static Limit start_limit(Generator *g, Node *node, Text temp, bool trusts_arguments) {
    if (is_fixed(g, node, trusts_arguments)) return (Limit){node, {"", 0}};
    generator_visit(g, node);
    method_ir_add_temp(&g->ir, temp);
    generator_store_temp(g, temp);
    method_ir_pop(&g->ir);
    return (Limit){node, temp};
}

static void push_limit(Generator *g, const Limit *limit) {
    if (limit->temp.length)
        generator_push_temp(g, limit->temp);
    else
        generator_visit(g, limit->node);
}

static void inline_to_do(Generator *g, Node *send, bool for_effect) {
    static const Literal one = {.kind = LITERAL_INTEGER, .integer = 1};
    Node *block = last_argument(send);
    bool has_step = send->as.send.arguments.count == 3;
    const Literal *step = has_step ? first_argument(send)->next->as.literal : &one;
    const Variable *iterator = block->as.block.body.arguments.first->as.variable.variable;
    Text temp = code_arena_format(g->arena, "0limit_%.*s", TEXT_ARGUMENTS(iterator->key));
    Limit limit = start_limit(g, first_argument(send), temp, true);
    generator_visit(g, receiver_of(send));
    generator_store(g, iterator);
    if (for_effect) method_ir_pop(&g->ir);
    IrSequence *start = method_ir_loop_start(&g->ir);
    generator_push_variable(g, iterator);
    push_limit(g, &limit);
    generator_send(g, literal_is_negative(step) ? ">=" : "<=", 1);
    IrLabel done = method_ir_jump_if(&g->ir, false);
    generator_visit_inlined_for_effect(g, block);
    generator_push_variable(g, iterator);
    generator_push_literal(g, step);
    generator_send(g, "+", 1);
    generator_store(g, iterator);
    method_ir_pop(&g->ir);
    method_ir_jump_back(&g->ir, start);
    method_ir_land(&g->ir, done);
}

static void inline_times_repeat(Generator *g, Node *send, bool for_effect) {
    unsigned number = ++g->inline_count;
    Text counter = code_arena_format(g->arena, "0%uiterator", number);
    Text temp = code_arena_format(g->arena, "0%ulimit", number);
    Node *receiver = receiver_of(send);
    Limit limit = start_limit(g, receiver, temp, false);
    if (!for_effect) push_limit(g, &limit);
    generator_push_integer(g, 1);
    method_ir_add_temp(&g->ir, counter);
    generator_store_temp(g, counter);
    method_ir_pop(&g->ir);
    IrSequence *start = method_ir_loop_start(&g->ir);
    generator_push_temp(g, counter);
    push_limit(g, &limit);
    generator_send(g, "<=", 1);
    IrLabel done = method_ir_jump_if(&g->ir, false);
    generator_visit_inlined_for_effect(g, first_argument(send));
    generator_push_temp(g, counter);
    generator_push_integer(g, 1);
    generator_send(g, "+", 1);
    generator_store_temp(g, counter);
    method_ir_pop(&g->ir);
    method_ir_jump_back(&g->ir, start);
    method_ir_land(&g->ir, done);
}

// ---- caseOf:

static IrLabel inline_one_case(Generator *g, const Node *node, bool is_last) {
    if (!is_last) duplicate(g);
    generator_visit_inlined(g, receiver_of(node));
    generator_send(g, "=", 1);
    IrLabel next = method_ir_jump_if(&g->ir, false);
    if (!is_last) method_ir_pop(&g->ir);
    generator_visit_inlined(g, first_argument(node));
    IrLabel end = method_ir_jump(&g->ir);
    method_ir_land(&g->ir, next);
    return end;
}

static void inline_case(Generator *g, Node *send) {
    const NodeList *cases = &first_argument(send)->as.elements;
    IrLabel *ends = arena_new_array(g->arena, IrLabel, cases->count);
    size_t count = 0;
    if (!ends) return;
    generator_visit(g, receiver_of(send));
    for (const Node *node = cases->first; node; node = node->next)
        ends[count++] = inline_one_case(g, node, node == cases->last);
    if (send->as.send.arguments.count == 2) {
        generator_visit_inlined(g, last_argument(send));
    } else {
        method_ir_add(&g->ir, (IrInstruction){.op = IR_PUSH_RECEIVER});
        generator_send(g, "caseError", 0);
    }
    while (count)
        method_ir_land(&g->ir, ends[--count]);
}

// ---- for the effect alone, as V3 code has it

static void if_for_effect(Generator *g, Node *send, bool skips_when) {
    IrLabel end = method_ir_jump_if(&g->ir, skips_when);
    generator_visit_inlined_for_effect(g, first_argument(send));
    method_ir_land(&g->ir, end);
}

static void choose_for_effect(Generator *g, Node *send, bool condition) {
    IrLabel otherwise = method_ir_jump_if(&g->ir, condition);
    generator_visit_inlined_for_effect(g, first_argument(send));
    IrLabel end = method_ir_jump(&g->ir);
    method_ir_land(&g->ir, otherwise);
    generator_visit_inlined_for_effect(g, last_argument(send));
    method_ir_land(&g->ir, end);
}

static void inline_if_for_effect(Generator *g, Node *send) {
    generator_visit(g, receiver_of(send));
    if (send->as.send.arguments.count == 1)
        if_for_effect(g, send, selector_is(send, "ifFalse:"));
    else
        choose_for_effect(g, send, selector_is(send, "ifFalse:ifTrue:"));
}

static void inline_if_nil_for_effect(Generator *g, Node *send) {
    bool not_nil_first = selector_is(send, "ifNotNil:") || selector_is(send, "ifNotNil:ifNil:");
    bool has_two = send->as.send.arguments.count == 2;
    generator_visit(g, receiver_of(send));
    if (not_nil_first)
        store_argument(g, first_argument(send));
    else if (has_two)
        store_argument(g, last_argument(send));
    test_nil(g);
    if (has_two)
        choose_for_effect(g, send, not_nil_first);
    else
        if_for_effect(g, send, not_nil_first);
}

void generator_inline_for_effect(Generator *g, Node *send) {
    switch (send->as.send.inlining) {
    case INLINE_IF:
        inline_if_for_effect(g, send);
        break;
    case INLINE_IF_NIL:
        inline_if_nil_for_effect(g, send);
        break;
    case INLINE_WHILE:
        inline_while(g, send);
        break;
    case INLINE_TO_DO:
        inline_to_do(g, send, true);
        break;
    case INLINE_TIMES_REPEAT:
        inline_times_repeat(g, send, true);
        break;
    case INLINE_REPEAT:
        inline_repeat(g, send);
        break;
    default:
        generator_inline_send(g, send);
        method_ir_pop(&g->ir);
    }
}

// ---- for the value

void generator_inline_send(Generator *g, Node *send) {
    switch (send->as.send.inlining) {
    case INLINE_IF:
        inline_if(g, send);
        break;
    case INLINE_IF_NIL:
        inline_if_nil(g, send);
        break;
    case INLINE_AND_OR:
        inline_and_or(g, send);
        break;
    case INLINE_WHILE:
        inline_while(g, send);
        generator_push_constant(g, LITERAL_NIL);
        break;
    case INLINE_REPEAT:
        inline_repeat(g, send);
        generator_push_constant(g, LITERAL_NIL);
        break;
    case INLINE_TIMES_REPEAT:
        inline_times_repeat(g, send, false);
        break;
    case INLINE_TO_DO:
        inline_to_do(g, send, false);
        break;
    case INLINE_CASE:
        inline_case(g, send);
        break;
    case INLINE_NONE:
        break;
    }
}
