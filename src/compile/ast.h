// SPDX-License-Identifier: MIT
// The syntax tree, as the parser makes it and the semantic analysis (scope.h) completes it. All
// nodes live in the unit's arena. Places are byte offsets in the unit's source.
//
// Expressions nest at most NESTING_LIMIT deep, so those who walk the tree may recurse. But a chain
// of unary and binary messages (a, b, c, ...) may be as long as the source: walkers go down the
// receivers of such a chain in a loop (node_is_chained; `up` is theirs to use).
#ifndef PARLEY_COMPILE_AST_H
#define PARLEY_COMPILE_AST_H

#include "compile/code.h"

enum { NESTING_LIMIT = 500 };

typedef enum NodeKind {
    NODE_VARIABLE,
    NODE_LITERAL,
    NODE_BRACE, // { elements }
    NODE_BLOCK,
    NODE_ASSIGNMENT,
    NODE_RETURN,
    NODE_SEND,
    NODE_CASCADE,
} NodeKind;

// How a send is compiled without being sent; see scope.c for the shapes that allow it.
typedef enum Inlining {
    INLINE_NONE,
    INLINE_IF,
    INLINE_IF_NIL,
    INLINE_AND_OR,
    INLINE_WHILE,
    INLINE_REPEAT,
    INLINE_TIMES_REPEAT,
    INLINE_TO_DO,
    INLINE_CASE,
} Inlining;

typedef struct Node Node;
typedef struct Variable Variable; // scope.h
typedef struct Scope Scope;       // scope.h

typedef struct NodeList {
    Node *first, *last; // linked by `next`
    unsigned count;
} NodeList;

// The inside of a method or block.
typedef struct Body {
    NodeList arguments, temporaries; // variables
    NodeList statements;
    Scope *scope;
} Body;

struct Node {
    NodeKind kind;
    bool has_parentheses;
    uint32_t start, end;
    Node *next; // in the list that it stands in
    union {
        struct {
            Text name;
            Variable *variable;
        } variable;
        Literal *literal;
        NodeList elements;
        struct {
            Body body;
            bool is_inlined, is_inlined_loop;
        } block;
        struct {
            Node *target, *value;
        } assignment;
        Node *returned;
        struct {
            Node *receiver; // of a cascaded message: what all of the cascade's have
            NodeList arguments;
            Text selector;
            uint32_t selector_start;
            bool is_cascaded;
            Inlining inlining;
            Node *up;
        } send;
        struct {
            Node *receiver;
            NodeList messages;
        } cascade;
    } as;
};

typedef struct PragmaNode PragmaNode;
struct PragmaNode {
    PragmaNode *next;
    Text selector;
    Literal *arguments;
    size_t argument_count;
    uint32_t start, end;
};

typedef struct MethodNode {
    Text selector; // empty for an expression
    uint32_t selector_end;
    Body body;
    PragmaNode *pragmas; // in the order of the source
    unsigned pragma_count;
    // What the primitive pragma says, if there is one.
    bool has_primitive;
    unsigned primitive;      // 117 for a named one
    Literal *primitive_spec; // of a named one: {module. name. 0. 0}
    Text error_name;         // of the variable that takes the failure code; empty: none
    uint32_t error_start, error_end;
} MethodNode;

static inline bool node_is_literal(const Node *node) { return node->kind == NODE_LITERAL; }
static inline bool node_is_block(const Node *node) { return node->kind == NODE_BLOCK; }

static inline bool node_is_variable_named(const Node *node, const char *name) {
    return node->kind == NODE_VARIABLE && text_is(node->as.variable.name, name);
}

static inline bool node_is_super(const Node *node) { return node_is_variable_named(node, "super"); }

// A message whose receiver may be another such message without going deeper.
static inline bool node_is_chained(const Node *node) {
    return node->kind == NODE_SEND && node->as.send.arguments.count <= 1 &&
           !(node->as.send.selector.length > 1 &&
             node->as.send.selector.bytes[node->as.send.selector.length - 1] == ':');
}

static inline void node_list_add(NodeList *list, Node *node) {
    if (list->last)
        list->last->next = node;
    else
        list->first = node;
    list->last = node;
    list->count++;
}

#endif
