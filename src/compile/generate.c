// SPDX-License-Identifier: MIT
// Pharo 13 generates every node for its value, which stays on the stack; a value that nobody wants
// is popped afterwards, and the intermediate code forgets pushes that are popped at once
// (method_ir.c). Pharo 8, which V3 code follows, generates such a node for its effect: see
// generator_visit_for_effect.
//
// What a method ends with in its literals is added here: the method's selector or an
// AdditionalMethodState and the class binding, or a block's outer code.
#include "compile/generate.h"

#include "compile/assemble_method.h"
#include "compile/generator.h"

enum { BRACE_ARRAY_LIMIT = 32, CONSTANT_BLOCK_ARGUMENTS = 3, METHOD_ARGUMENT_LIMIT = 15 };

void generator_fail(Generator *g, DiagnosticKind kind, uint32_t start, uint32_t end) {
    if (g->shared->has_failed) return;
    g->shared->has_failed = true;
    CompileUnit *unit = g->shared->unit;
    diagnostics_add(unit->diagnostics, &unit->place, kind, start, end, (Text){"", 0});
}

// ---- instructions

static void add(Generator *g, IrOp op) { method_ir_add(&g->ir, (IrInstruction){.op = op}); }

static void add_index(Generator *g, IrOp op, unsigned index) {
    method_ir_add(&g->ir, (IrInstruction){.op = op, .index = index});
}

static const Literal *keep_literal(Generator *g, Literal literal) {
    Literal *kept = arena_new(g->arena, Literal);
    static const Literal nothing = {.kind = LITERAL_NIL};
    if (!kept) return &nothing;
    *kept = literal;
    return kept;
}

static void push_literal(Generator *g, const Literal *literal) {
    method_ir_add(&g->ir, (IrInstruction){.op = IR_PUSH_LITERAL, .literal = literal});
}

void generator_push_constant(Generator *g, LiteralKind kind) {
    static const Literal constants[] = {
        {.kind = LITERAL_NIL}, {.kind = LITERAL_TRUE}, {.kind = LITERAL_FALSE}};
    push_literal(g, &constants[kind]);
}

void generator_push_integer(Generator *g, int64_t value) {
    push_literal(g, keep_literal(g, (Literal){.kind = LITERAL_INTEGER, .integer = value}));
}

void generator_push_literal(Generator *g, const Literal *literal) { push_literal(g, literal); }

void generator_push_temp(Generator *g, Text name) {
    method_ir_add(&g->ir, (IrInstruction){.op = IR_PUSH_TEMP, .name = name});
}

void generator_store_temp(Generator *g, Text name) {
    method_ir_add(&g->ir, (IrInstruction){.op = IR_STORE_TEMP, .name = name});
}

void generator_send(Generator *g, const char *selector, unsigned argument_count) {
    method_ir_add(
        &g->ir,
        (IrInstruction){.op = IR_SEND, .name = text_from_chars(selector), .index = argument_count});
}

static void add_binding(Generator *g, IrOp op, Text name) {
    const Literal *literal = keep_literal(g, (Literal){.kind = LITERAL_BINDING, .text = name});
    method_ir_add(&g->ir, (IrInstruction){.op = op, .literal = literal});
}

// ---- variables

void generator_push_variable(Generator *g, const Variable *variable) {
    switch (variable->kind) {
    case VARIABLE_TEMPORARY:
    case VARIABLE_ARGUMENT:
    case VARIABLE_ERROR:
    case VARIABLE_VECTOR:
        if (variable->is_in_vector)
            method_ir_add(&g->ir, (IrInstruction){.op = IR_PUSH_REMOTE,
                                                  .index = variable->index,
                                                  .name = variable->scope->vector_variable->key});
        else
            generator_push_temp(g, variable->key);
        break;
    case VARIABLE_INSTANCE:
        add_index(g, IR_PUSH_INSTANCE, variable->index);
        break;
    case VARIABLE_BINDING:
        add_binding(g, IR_PUSH_BINDING, variable->name);
        break;
    case VARIABLE_SELF:
    case VARIABLE_SUPER:
        add(g, IR_PUSH_RECEIVER);
        break;
    case VARIABLE_THIS_CONTEXT:
        add(g, IR_PUSH_CONTEXT);
        break;
    case VARIABLE_THIS_PROCESS:
        add(g, IR_PUSH_PROCESS);
        break;
    }
}

void generator_store(Generator *g, const Variable *variable) {
    if (variable->kind == VARIABLE_INSTANCE)
        add_index(g, IR_STORE_INSTANCE, variable->index);
    else if (variable->kind == VARIABLE_BINDING)
        add_binding(g, IR_STORE_BINDING, variable->name);
    else if (variable->is_in_vector)
        method_ir_add(&g->ir, (IrInstruction){.op = IR_STORE_REMOTE,
                                              .index = variable->index,
                                              .name = variable->scope->vector_variable->key});
    else
        generator_store_temp(g, variable->key);
}

static void add_temps(Generator *g, const Scope *scope, bool arguments) {
    for (size_t i = 0; i < scope->variables.count; i++) {
        const Variable *variable = scope->variables.items[i];
        bool is_argument = variable->kind == VARIABLE_ARGUMENT;
        if (is_argument == arguments && variable->scope) method_ir_add_temp(&g->ir, variable->key);
    }
}

static void add_all_temps(Generator *g, const Scope *scope) {
    for (size_t i = 0; i < scope->variables.count; i++)
        if (scope->variables.items[i]->scope)
            method_ir_add_temp(&g->ir, scope->variables.items[i]->key);
}

static void add_incoming(Generator *g, const Scope *scope) {
    for (size_t i = 0; i < scope->incoming.count; i++)
        method_ir_add_temp(&g->ir, scope->incoming.items[i]->key);
}

static void make_vector(Generator *g, const Scope *scope) {
    if (!scope->vector_variable) return;
    method_ir_add_temp(&g->ir, scope->vector_variable->key);
    method_ir_add(&g->ir, (IrInstruction){.op = IR_MAKE_VECTOR,
                                          .index = (uint32_t)scope->vector.count,
                                          .name = scope->vector_variable->key});
}

static void note_scope(Generator *g, Scope *scope) {
    if (code_arena_grow(g->arena, (void **)&g->scopes, &g->scope_capacity, g->scope_count,
                        sizeof *g->scopes))
        g->scopes[g->scope_count++] = scope;
}

// ---- places in the source

typedef struct SourceMark {
    uint32_t start, end;
} SourceMark;

static SourceMark mark_source(Generator *g, const Node *node) {
    SourceMark before = {g->ir.source_start, g->ir.source_end};
    g->ir.source_start = node->start;
    g->ir.source_end = node->end;
    return before;
}

static void unmark_source(Generator *g, SourceMark before) {
    g->ir.source_start = before.start;
    g->ir.source_end = before.end;
}

// ---- blocks

static void open_inlined(Generator *g, Node *node) {
    Scope *scope = node->as.block.body.scope;
    note_scope(g, scope);
    scope_find_incoming(g->arena, scope, g->shared->is_v3);
    make_vector(g, scope);
    add_temps(g, scope, false);
    add_incoming(g, scope);
    add_temps(g, scope, true);
    if (node->as.block.is_inlined_loop)
        for (size_t i = 0; i < scope->variables.count; i++) {
            if (scope->variables.items[i]->kind == VARIABLE_ARGUMENT) continue;
            generator_push_constant(g, LITERAL_NIL);
            generator_store_temp(g, scope->variables.items[i]->key);
            method_ir_pop(&g->ir);
        }
}

void generator_visit_inlined(Generator *g, Node *node) {
    open_inlined(g, node);
    generator_visit_statements(g, &node->as.block.body.statements);
}

static void visit_statements_for_effect(Generator *g, const NodeList *statements) {
    for (Node *node = statements->first; node; node = node->next)
        generator_visit_for_effect(g, node);
}

void generator_visit_inlined_for_effect(Generator *g, Node *node) {
    if (g->shared->drops_values) {
        open_inlined(g, node);
        visit_statements_for_effect(g, &node->as.block.body.statements);
        return;
    }
    generator_visit_inlined(g, node);
    method_ir_pop(&g->ir);
}

static const Literal *constant_of(const Node *block) {
    static const Literal nil = {.kind = LITERAL_NIL};
    const NodeList *statements = &block->as.block.body.statements;
    if (statements->count == 0) return &nil;
    return statements->count == 1 && node_is_literal(statements->first)
               ? statements->first->as.literal
               : NULL;
}

static void start_code(Generator *g, Generator *outer) {
    *g = (Generator){.shared = outer->shared, .arena = outer->arena, .outer = outer};
    (void)method_ir_start(&g->ir, g->arena);
}

static void add_names(Generator *g, Code *code);

// Assembles what the generator holds; the block's last literal is its outer code.
static Code *finish_code(Generator *g, const Node *node, const MethodNode *method) {
    Code *code = arena_new(g->arena, Code);
    DiagnosticKind problem = DIAGNOSTIC_KIND_COUNT;
    uint32_t start = node ? node->start : 0, end = node ? node->end : start;
    if (!code) return NULL;
    if (!assemble_method(&g->ir, g->shared->options, method, code, &problem)) {
        if (problem != DIAGNOSTIC_KIND_COUNT) generator_fail(g, problem, start, end);
        return NULL;
    }
    code->source_start = start;
    code->source_end = end;
    add_names(g, code);
    return code;
}

static bool add_last_literals(Generator *g, Code *code, const Literal *extra, size_t count) {
    Literal *literals = arena_new_array(g->arena, Literal, code->literal_count + count);
    if (!literals) return false;
    if (code->literal_count)
        memcpy(literals, code->literals, code->literal_count * sizeof *literals);
    memcpy(literals + code->literal_count, extra, count * sizeof *literals);
    code->literals = literals;
    code->literal_count += count;
    return true;
}

static Code *finish_block(Generator *g, const Node *node) {
    static const Literal outer = {.kind = LITERAL_OUTER};
    g->ir.is_block = true;
    g->ir.method_frame.argument_count = node->as.block.body.arguments.count;
    Code *code = finish_code(g, node, NULL);
    return code && add_last_literals(g, code, &outer, 1) ? code : NULL;
}

static void generate_constant_block(Generator *g, Node *node, const Literal *constant) {
    Generator inner;
    start_code(&inner, g);
    unmark_source(&inner, (SourceMark){node->start, node->end});
    add_temps(&inner, node->as.block.body.scope, true);
    push_literal(&inner, constant);
    method_ir_block_return(&inner.ir);
    Code *code = finish_block(&inner, node);
    Literal *item = arena_new(g->arena, Literal);
    if (!code || !item) return;
    *item = *constant;
    push_literal(g, keep_literal(g, (Literal){.kind = LITERAL_CONSTANT_BLOCK,
                                              .code = code,
                                              .items = item,
                                              .item_count = 1}));
}

static Code *generate_block_code(Generator *g, Node *node) {
    Body *body = &node->as.block.body;
    Generator inner;
    start_code(&inner, g);
    unmark_source(&inner, (SourceMark){node->start, node->end});
    note_scope(&inner, body->scope);
    add_temps(&inner, body->scope, true);
    add_incoming(&inner, body->scope);
    add_temps(&inner, body->scope, false);
    make_vector(&inner, body->scope);
    generator_visit_statements(&inner, &body->statements);
    method_ir_block_return(&inner.ir);
    Code *code = finish_block(&inner, node);
    if (code) code->copied_count = (unsigned)body->scope->incoming.count;
    return code;
}

static Text *incoming_names(Generator *g, const Scope *scope) {
    Text *names = arena_new_array(g->arena, Text, scope->incoming.count);
    for (size_t i = 0; names && i < scope->incoming.count; i++)
        names[i] = scope->incoming.items[i]->key;
    return names;
}

// A block inside the method's code.
static void generate_block_inside(Generator *g, Node *node) {
    Body *body = &node->as.block.body;
    const Scope *scope = body->scope;
    Text *names = incoming_names(g, scope);
    if (!names) return;
    IrLabel block =
        method_ir_open_block(&g->ir, body->arguments.count, names, (unsigned)scope->incoming.count);
    add_temps(g, scope, true);
    add_incoming(g, scope);
    make_vector(g, scope);
    add_temps(g, scope, false);
    generator_visit_statements(g, &body->statements);
    method_ir_close_block(&g->ir, block);
}

static void push_closure(Generator *g, const Scope *scope, Code *code) {
    size_t count = scope->incoming.count;
    Text *names = incoming_names(g, scope);
    if (!names) return;
    const Literal *literal = keep_literal(g, (Literal){.kind = LITERAL_CODE, .code = code});
    method_ir_add(&g->ir, (IrInstruction){.op = IR_PUSH_CLOSURE,
                                          .literal = literal,
                                          .names = names,
                                          .index = (uint32_t)count});
}

static bool is_clean(const Scope *scope) {
    return !scope->has_self && !scope->has_return && scope->incoming.count == 0;
}

static void visit_block(Generator *g, Node *node) {
    const CompileOptions *options = g->shared->options;
    const Literal *constant = constant_of(node);
    Scope *scope = node->as.block.body.scope;
    if (node->as.block.body.arguments.count > METHOD_ARGUMENT_LIMIT) {
        generator_fail(g, DIAGNOSTIC_TOO_MANY_ARGUMENTS, node->start, node->end);
        return;
    }
    if (options->constant_blocks && constant && !g->shared->is_v3 &&
        node->as.block.body.arguments.count <= CONSTANT_BLOCK_ARGUMENTS) {
        generate_constant_block(g, node, constant);
        return;
    }
    scope_find_incoming(g->arena, scope, g->shared->is_v3);
    if (g->shared->is_v3) {
        generate_block_inside(g, node);
        return;
    }
    Code *code = generate_block_code(g, node);
    if (!code) return;
    if (options->clean_blocks && is_clean(scope))
        push_literal(g, keep_literal(g, (Literal){.kind = LITERAL_CLEAN_BLOCK, .code = code}));
    else
        push_closure(g, scope, code);
}

// ---- messages

static void add_send(Generator *g, const Node *node) {
    IrOp op = node_is_super(node->as.send.receiver) ? IR_SUPER_SEND : IR_SEND;
    method_ir_add(&g->ir, (IrInstruction){.op = op,
                                          .name = node->as.send.selector,
                                          .index = node->as.send.arguments.count});
}

static void visit_arguments(Generator *g, const Node *send) {
    for (Node *node = send->as.send.arguments.first; node; node = node->next)
        generator_visit(g, node);
}

static void finish_send(Generator *g, const Node *node) {
    SourceMark before = mark_source(g, node);
    visit_arguments(g, node);
    add_send(g, node);
    unmark_source(g, before);
}

static bool is_chain_link(const Node *node) {
    return node_is_chained(node) && node->as.send.inlining == INLINE_NONE &&
           node->as.send.receiver->kind == NODE_SEND;
}

static void visit_plain_send(Generator *g, Node *node) {
    Node *bottom = node;
    while (is_chain_link(bottom) && bottom->as.send.receiver->as.send.inlining == INLINE_NONE) {
        bottom->as.send.receiver->as.send.up = bottom;
        bottom = bottom->as.send.receiver;
    }
    generator_visit(g, bottom->as.send.receiver);
    finish_send(g, bottom);
    while (bottom != node) {
        bottom = bottom->as.send.up;
        finish_send(g, bottom);
    }
}

static void note_inlined(Generator *g, const Node *send) {
    literal_set_add(
        &g->ir.unused_literals,
        keep_literal(g, (Literal){.kind = LITERAL_SYMBOL, .text = send->as.send.selector}));
}

static void visit_send(Generator *g, Node *node) {
    if (node->as.send.inlining == INLINE_NONE) {
        visit_plain_send(g, node);
        return;
    }
    note_inlined(g, node);
    generator_inline_send(g, node);
}

static void visit_cascade(Generator *g, Node *node) {
    generator_visit(g, node->as.cascade.receiver);
    for (Node *message = node->as.cascade.messages.first; message; message = message->next) {
        if (message->next) add(g, IR_DUP);
        finish_send(g, message);
        if (message->next) method_ir_pop(&g->ir);
    }
}

// ---- other nodes

static void visit_large_brace_v3(Generator *g, const NodeList *elements) {
    add_binding(g, IR_PUSH_BINDING, text_from_chars("Array"));
    generator_push_integer(g, elements->count);
    generator_send(g, "braceStream:", 1);
    for (Node *node = elements->first; node; node = node->next) {
        add(g, IR_DUP);
        generator_visit(g, node);
        generator_send(g, "nextPut:", 1);
        method_ir_pop(&g->ir);
    }
    generator_send(g, "braceArray", 0);
}

static void visit_large_brace(Generator *g, const NodeList *elements) {
    int64_t index = 1;
    add_binding(g, IR_PUSH_BINDING, text_from_chars("Array"));
    generator_push_integer(g, elements->count);
    generator_send(g, "new:", 1);
    for (Node *node = elements->first; node; node = node->next) {
        add(g, IR_DUP);
        generator_push_integer(g, index++);
        generator_visit(g, node);
        generator_send(g, "at:put:", 2);
        method_ir_pop(&g->ir);
    }
}

static void visit_brace(Generator *g, Node *node) {
    const NodeList *elements = &node->as.elements;
    if (elements->count > BRACE_ARRAY_LIMIT) {
        if (g->shared->is_v3)
            visit_large_brace_v3(g, elements);
        else
            visit_large_brace(g, elements);
        return;
    }
    for (Node *element = elements->first; element; element = element->next)
        generator_visit(g, element);
    add_index(g, IR_PUSH_ARRAY, elements->count);
}

static void visit_node(Generator *g, Node *node) {
    switch (node->kind) {
    case NODE_VARIABLE:
        generator_push_variable(g, node->as.variable.variable);
        break;
    case NODE_LITERAL:
        push_literal(g, node->as.literal);
        break;
    case NODE_BRACE:
        visit_brace(g, node);
        break;
    case NODE_BLOCK:
        visit_block(g, node);
        break;
    case NODE_ASSIGNMENT:
        generator_visit(g, node->as.assignment.value);
        generator_store(g, node->as.assignment.target->as.variable.variable);
        break;
    case NODE_RETURN:
        generator_visit(g, node->as.returned);
        method_ir_return_top(&g->ir);
        break;
    case NODE_SEND:
        visit_send(g, node);
        break;
    case NODE_CASCADE:
        visit_cascade(g, node);
        break;
    }
}

void generator_visit(Generator *g, Node *node) {
    if (g->shared->has_failed || g->arena->is_exhausted) return;
    SourceMark before = mark_source(g, node);
    visit_node(g, node);
    unmark_source(g, before);
}

// Literals and variables that are only looked at leave no code, but they are remembered.
static void note_idle(Generator *g, const Node *node) {
    const Variable *variable = node->as.variable.variable;
    if (node_is_literal(node)) {
        if (node->as.literal->kind != LITERAL_NIL)
            literal_set_add(&g->ir.unused_literals, node->as.literal);
    } else if (variable->kind == VARIABLE_BINDING) {
        literal_set_add(&g->ir.unused_literals, keep_literal(g, (Literal){.kind = LITERAL_BINDING,
                                                                          .text = variable->name}));
    }
}

static void visit_unwanted(Generator *g, Node *node) {
    switch (node->kind) {
    case NODE_VARIABLE:
    case NODE_LITERAL:
        note_idle(g, node);
        break;
    case NODE_BLOCK:
        break;
    case NODE_RETURN:
        visit_node(g, node);
        break;
    case NODE_SEND:
        if (node->as.send.inlining != INLINE_NONE) {
            note_inlined(g, node);
            generator_inline_for_effect(g, node);
            break;
        }
        visit_node(g, node);
        method_ir_pop(&g->ir);
        break;
    default:
        visit_node(g, node);
        method_ir_pop(&g->ir);
    }
}

void generator_visit_for_effect(Generator *g, Node *node) {
    if (g->shared->has_failed || g->arena->is_exhausted) return;
    SourceMark before = mark_source(g, node);
    if (g->shared->drops_values) {
        visit_unwanted(g, node);
    } else {
        visit_node(g, node);
        method_ir_pop(&g->ir);
    }
    unmark_source(g, before);
}

void generator_visit_statements(Generator *g, const NodeList *statements) {
    if (!statements->first) generator_push_constant(g, LITERAL_NIL);
    for (Node *node = statements->first; node; node = node->next)
        if (node->next)
            generator_visit_for_effect(g, node);
        else
            generator_visit(g, node);
}

// ---- names for the debugger

static void add_name(Generator *g, Code *code, size_t *capacity, const Variable *variable) {
    const Variable *holder = variable->is_in_vector ? variable->scope->vector_variable : variable;
    unsigned slot;
    if (!holder || !method_ir_find_temp(&g->ir.method_frame, holder->key, &slot)) return;
    if (!code_arena_grow(g->arena, (void **)&code->names, capacity, code->name_count,
                         sizeof *code->names))
        return;
    code->names[code->name_count++] = (CodeName){
        .name = variable->name,
        .temp = slot,
        .vector_index = variable->is_in_vector ? (int)variable->index : -1,
        .end_pc = (uint32_t)code->byte_count,
    };
}

static void add_names_of(Generator *g, Code *code, size_t *capacity, const Scope *scope) {
    for (size_t i = 0; i < scope->variables.count; i++)
        if (scope->variables.items[i]->scope)
            add_name(g, code, capacity, scope->variables.items[i]);
    for (size_t i = 0; i < scope->vector.count; i++)
        add_name(g, code, capacity, scope->vector.items[i]);
}

// The block's own variables first, then those that it got from around it.
static void add_names(Generator *g, Code *code) {
    size_t capacity = 0;
    if (!g->shared->options->source_map || !g->scope_count) return;
    for (size_t i = 0; i < g->scope_count; i++)
        add_names_of(g, code, &capacity, g->scopes[i]);
    for (const Scope *scope = g->scopes[0]->outer; scope; scope = scope->outer)
        add_names_of(g, code, &capacity, scope);
}

// ---- methods

static bool last_is_return(const NodeList *statements);

// Both branches of the last statement return.
static bool branches_return(const Node *send) {
    if (send->as.send.inlining != INLINE_IF && send->as.send.inlining != INLINE_IF_NIL)
        return false;
    const NodeList *blocks = &send->as.send.arguments;
    return blocks->count == 2 && last_is_return(&blocks->first->as.block.body.statements) &&
           last_is_return(&blocks->last->as.block.body.statements);
}

static bool last_is_return(const NodeList *statements) {
    const Node *last = statements->last;
    return last &&
           (last->kind == NODE_RETURN || (last->kind == NODE_SEND && branches_return(last)));
}

static void generate_end(Generator *g, const MethodNode *method) {
    const NodeList *statements = &method->body.statements;
    if (g->shared->unit->kind != UNIT_METHOD && !last_is_return(statements)) {
        generator_visit_statements(g, statements);
        method_ir_return_top(&g->ir);
        return;
    }
    if (g->shared->drops_values) {
        visit_statements_for_effect(g, statements);
    } else {
        generator_visit_statements(g, statements);
        method_ir_pop(&g->ir);
    }
    if (last_is_return(statements)) return;
    uint32_t end = (uint32_t)g->shared->unit->place.source.length;
    unmark_source(g, (SourceMark){end, end}); // what nobody wrote stands behind all that is
    add(g, IR_PUSH_RECEIVER);
    method_ir_return_top(&g->ir);
}

static const Variable *error_variable(const MethodNode *method) {
    const Scope *scope = method->body.scope;
    const VariableList *lists[] = {&scope->variables, &scope->vector};
    for (int k = 0; k < 2; k++)
        for (size_t i = 0; i < lists[k]->count; i++)
            if (lists[k]->items[i]->kind == VARIABLE_ERROR) return lists[k]->items[i];
    return NULL;
}

static Literal pragma_literal(const PragmaNode *pragma) {
    return (Literal){.kind = LITERAL_PRAGMA,
                     .text = pragma->selector,
                     .items = pragma->arguments,
                     .item_count = pragma->argument_count};
}

static Literal selector_literal(Generator *g, const MethodNode *method) {
    Literal literal = {.kind = LITERAL_SYMBOL, .text = method->selector};
    if (!method->pragmas) return literal;
    literal.kind = LITERAL_METHOD_STATE;
    literal.items = arena_new_array(g->arena, Literal, method->pragma_count);
    if (!literal.items) return literal;
    for (const PragmaNode *pragma = method->pragmas; pragma; pragma = pragma->next)
        literal.items[literal.item_count++] = pragma_literal(pragma);
    return literal;
}

static void generate_body(Generator *g, MethodNode *method) {
    const Scope *scope = method->body.scope;
    add_all_temps(g, scope);
    // There is no failure code without a primitive: number 0 is none.
    bool may_fail = method->primitive && method->error_name.length;
    const Variable *error = may_fail ? error_variable(method) : NULL;
    if (error) generator_store(g, error);
    make_vector(g, scope);
    generate_end(g, method);
}

Code *generate_method(CompileUnit *unit, const CompileOptions *options, MethodNode *method) {
    GeneratorShared shared = {.unit = unit,
                              .options = options,
                              .is_v3 = options->bytecode_set == CODE_V3PLUS,
                              .drops_values =
                                  options->bytecode_set == CODE_V3PLUS || options->drop_values};
    Generator generator = {.shared = &shared, .arena = unit->arena};
    Generator *g = &generator;
    if (!method_ir_start(&g->ir, g->arena)) return NULL;
    g->ir.keeps_pushes = shared.drops_values;
    if (method->body.arguments.count > METHOD_ARGUMENT_LIMIT)
        generator_fail(g, DIAGNOSTIC_TOO_MANY_ARGUMENTS, 0, method->selector_end);
    g->ir.method_frame.argument_count = method->body.arguments.count;
    note_scope(g, method->body.scope);
    generate_body(g, method);
    if (shared.has_failed || g->arena->is_exhausted) return NULL;
    Code *code = finish_code(g, NULL, method);
    if (!code) return NULL;
    code->selector = method->selector;
    code->source_end = unit->place.source.length;
    const Literal last[] = {selector_literal(g, method), {.kind = LITERAL_CLASS_BINDING}};
    return add_last_literals(g, code, last, 2) ? code : NULL;
}
