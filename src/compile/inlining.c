// SPDX-License-Identifier: MIT
// The shapes are those of Opal: a block where a block is wanted, with as many arguments as the
// control structure gives it. Messages of a cascade are always sent.
#include "compile/inlining.h"

#include "compile/numbers.h"

static bool selector_is_one_of(Text selector, const char *const *names, size_t count) {
    for (size_t i = 0; i < count; i++)
        if (text_is(selector, names[i])) return true;
    return false;
}
#define IS_ONE_OF(selector, ...)                                                                   \
    selector_is_one_of(selector, (const char *const[]){__VA_ARGS__},                               \
                       sizeof((const char *const[]){__VA_ARGS__}) / sizeof(char *))

static bool is_block_with(const Node *node, unsigned least, unsigned most) {
    if (!node_is_block(node)) return false;
    unsigned count = node->as.block.body.arguments.count;
    return count >= least && count <= most;
}

static bool all_are_blocks(const NodeList *list) {
    for (const Node *node = list->first; node; node = node->next)
        if (!is_block_with(node, 0, 0)) return false;
    return true;
}

static const Node *receiver_of(const Node *send) { return send->as.send.receiver; }
static Node *first_argument(const Node *send) { return send->as.send.arguments.first; }
static Node *last_argument(const Node *send) { return send->as.send.arguments.last; }

static bool is_inlined_if(const Node *send) {
    return !node_is_block(receiver_of(send)) && all_are_blocks(&send->as.send.arguments);
}

// The block for nil takes no argument, the other may take the receiver.
static bool is_inlined_if_nil(const Node *send) {
    Text selector = send->as.send.selector;
    bool nil_first = text_is(selector, "ifNil:") || text_is(selector, "ifNil:ifNotNil:");
    if (node_is_block(receiver_of(send))) return false;
    if (!is_block_with(first_argument(send), 0, nil_first ? 0 : 1)) return false;
    return send->as.send.arguments.count == 1 ||
           is_block_with(last_argument(send), 0, nil_first ? 1 : 0);
}

static bool is_inlined_while(const Node *send) {
    return is_block_with(receiver_of(send), 0, 0) && all_are_blocks(&send->as.send.arguments);
}

static bool assigns_to(const Node *node, Text name);

static bool list_assigns_to(const NodeList *list, Text name) {
    for (const Node *node = list->first; node; node = node->next)
        if (assigns_to(node, name)) return true;
    return false;
}

static bool assigns_to(const Node *node, Text name) {
    for (; node->kind == NODE_SEND; node = node->as.send.receiver)
        if (list_assigns_to(&node->as.send.arguments, name)) return true;
    switch (node->kind) {
    case NODE_BRACE:
        return list_assigns_to(&node->as.elements, name);
    case NODE_BLOCK:
        return list_assigns_to(&node->as.block.body.statements, name);
    case NODE_ASSIGNMENT:
        return text_equals(node->as.assignment.target->as.variable.name, name) ||
               assigns_to(node->as.assignment.value, name);
    case NODE_RETURN:
        return assigns_to(node->as.returned, name);
    case NODE_CASCADE:
        for (const Node *message = node->as.cascade.messages.first; message;
             message = message->next)
            if (list_assigns_to(&message->as.send.arguments, name)) return true;
        return assigns_to(node->as.cascade.receiver, name);
    default:
        return false;
    }
}

static bool is_inlined_to_do(const Node *send) {
    const Node *limit = first_argument(send), *block = last_argument(send);
    if (node_is_block(receiver_of(send)) || !is_block_with(block, 1, 1)) return false;
    if (node_is_block(limit)) return false;
    if (limit->kind == NODE_VARIABLE && assigns_to(block, limit->as.variable.name)) return false;
    if (send->as.send.arguments.count == 2) return true;
    const Node *step = limit->next;
    return node_is_literal(step) && literal_is_number(step->as.literal) &&
           !literal_is_zero(step->as.literal);
}

static bool is_case(const Node *node) {
    return node->kind == NODE_SEND && text_is(node->as.send.selector, "->") &&
           is_block_with(receiver_of(node), 0, 0) && node_is_block(first_argument(node));
}

static bool is_inlined_case(const Node *send) {
    const Node *cases = first_argument(send);
    if (send->as.send.arguments.count == 2 && !node_is_block(last_argument(send))) return false;
    if (cases->kind != NODE_BRACE || cases->as.elements.count == 0) return false;
    for (const Node *node = cases->as.elements.first; node; node = node->next)
        if (!is_case(node)) return false;
    return true;
}

static Inlining choose(const Node *send) {
    Text selector = send->as.send.selector;
    if (send->as.send.is_cascaded) return INLINE_NONE;
    if (IS_ONE_OF(selector, "ifTrue:", "ifFalse:", "ifTrue:ifFalse:", "ifFalse:ifTrue:"))
        return is_inlined_if(send) ? INLINE_IF : INLINE_NONE;
    if (IS_ONE_OF(selector, "and:", "or:"))
        return is_inlined_if(send) ? INLINE_AND_OR : INLINE_NONE;
    if (IS_ONE_OF(selector, "ifNil:", "ifNotNil:", "ifNil:ifNotNil:", "ifNotNil:ifNil:"))
        return is_inlined_if_nil(send) ? INLINE_IF_NIL : INLINE_NONE;
    if (IS_ONE_OF(selector, "whileTrue:", "whileFalse:", "whileTrue", "whileFalse"))
        return is_inlined_while(send) ? INLINE_WHILE : INLINE_NONE;
    if (IS_ONE_OF(selector, "to:do:", "to:by:do:"))
        return is_inlined_to_do(send) ? INLINE_TO_DO : INLINE_NONE;
    if (IS_ONE_OF(selector, "caseOf:", "caseOf:otherwise:"))
        return is_inlined_case(send) ? INLINE_CASE : INLINE_NONE;
    if (text_is(selector, "repeat"))
        return is_block_with(receiver_of(send), 0, 0) ? INLINE_REPEAT : INLINE_NONE;
    if (text_is(selector, "timesRepeat:"))
        return !node_is_block(receiver_of(send)) && is_block_with(last_argument(send), 0, 0)
                   ? INLINE_TIMES_REPEAT
                   : INLINE_NONE;
    return INLINE_NONE;
}

static void mark(Node *node, bool is_loop) {
    if (!node_is_block(node)) return;
    node->as.block.is_inlined = true;
    node->as.block.is_inlined_loop = is_loop;
}

static void mark_cases(Node *brace) {
    for (Node *node = brace->as.elements.first; node; node = node->next) {
        mark(node->as.send.receiver, true);
        mark(first_argument(node), true);
    }
}

void inlining_decide(Node *send, unsigned not_inlined) {
    Inlining inlining = choose(send);
    if (not_inlined >> inlining & 1) inlining = INLINE_NONE;
    send->as.send.inlining = inlining;
    if (inlining == INLINE_NONE) return;
    bool is_loop = inlining != INLINE_IF && inlining != INLINE_IF_NIL && inlining != INLINE_AND_OR;
    for (Node *node = first_argument(send); node; node = node->next)
        mark(node, is_loop);
    if (inlining == INLINE_WHILE || inlining == INLINE_REPEAT)
        mark(send->as.send.receiver, is_loop);
    if (inlining == INLINE_CASE) mark_cases(first_argument(send));
}
