// SPDX-License-Identifier: MIT
// The two passes walk the tree in the same order, which decides about the order of slots.
#include "compile/scope.h"

#include "compile/inlining.h"
#include "compile/name_set.h"

enum {
    SCOPE_VARIABLE_LIMIT = 255,    // in one scope
    VISIBLE_VARIABLE_LIMIT = 4000, // in one place
    FINDING_LIMIT = 100,           // errors, and warnings, told of one method
};

typedef struct Analysis {
    CompileUnit *unit;
    const CompileOptions *options;
    CodeArena *arena;
    MethodNode *method;
    Scope *scope; // the current one
    unsigned block_count;
    NameSet undeclared;         // reported once each
    unsigned finding_counts[2]; // by severity
} Analysis;

// ---- lists

static void list_add(CodeArena *arena, VariableList *list, Variable *variable) {
    if (code_arena_grow(arena, (void **)&list->items, &list->capacity, list->count,
                        sizeof *list->items))
        list->items[list->count++] = variable;
}

static bool list_includes(const VariableList *list, const Variable *variable) {
    for (size_t i = 0; i < list->count; i++)
        if (list->items[i] == variable) return true;
    return false;
}

static Variable *list_find(const VariableList *list, Text name) {
    for (size_t i = list->count; i > 0; i--)
        if (text_equals(list->items[i - 1]->name, name)) return list->items[i - 1];
    return NULL;
}

static void fill_set(NameSet *set, CodeArena *arena, const VariableList *list) {
    name_set_start(set, arena, NAME_SET_FIRST_SIZE);
    for (size_t i = 0; i < list->count; i++)
        name_set_add(set, list->items[i]->name, list->items[i]);
}

static void add_slots(CodeArena *arena, VariableList *list, const NameSet *set) {
    for (size_t i = 0; i < set->size; i++)
        if (set->slots[i].value) list_add(arena, list, set->slots[i].value);
}

// The list in the order of a hashed collection that was filled from another such.
static void order_twice(CodeArena *arena, VariableList *list) {
    for (int round = 0; round < 2; round++) {
        NameSet set;
        fill_set(&set, arena, list);
        list->count = 0;
        add_slots(arena, list, &set);
    }
}

static bool is_v3(const Analysis *a) { return a->options->bytecode_set == CODE_V3PLUS; }

// ---- messages

static void report(Analysis *a, DiagnosticKind kind, uint32_t start, uint32_t end, Text name) {
    Severity severity = diagnostic_kind_severity(kind);
    if (severity == SEVERITY_WARNING && !a->options->warn) return;
    if (a->finding_counts[severity]++ >= FINDING_LIMIT) return;
    diagnostics_add(a->unit->diagnostics, &a->unit->place, kind, start, end, name);
}

static void report_node(Analysis *a, DiagnosticKind kind, const Node *node) {
    report(a, kind, node->start, node->end, node->as.variable.name);
}

// ---- variables

bool variable_is_writable(const Variable *variable) {
    switch (variable->kind) {
    case VARIABLE_TEMPORARY:
    case VARIABLE_ERROR:
    case VARIABLE_INSTANCE:
        return true;
    case VARIABLE_BINDING:
        return !variable->is_class;
    default:
        return false;
    }
}

static Variable *new_variable(Analysis *a, VariableKind kind, Text name) {
    Variable *variable = arena_new(a->arena, Variable);
    if (!variable) return NULL;
    variable->kind = kind;
    variable->name = variable->key = name;
    return variable;
}

static bool reserved_kind(Text name, VariableKind *kind) {
    if (text_is(name, "self"))
        *kind = VARIABLE_SELF;
    else if (text_is(name, "super"))
        *kind = VARIABLE_SUPER;
    else if (text_is(name, "thisContext"))
        *kind = VARIABLE_THIS_CONTEXT;
    else if (text_is(name, "thisProcess"))
        *kind = VARIABLE_THIS_PROCESS;
    else
        return false;
    return true;
}

static Variable *find_local(const Scope *scope, Text name) {
    for (; scope; scope = scope->outer) {
        Variable *variable = list_find(&scope->variables, name);
        if (variable) return variable;
    }
    return NULL;
}

static Variable *find_instance(Analysis *a, Text name) {
    for (size_t i = a->unit->instance_variable_count; i > 0; i--) {
        if (!text_equals(a->unit->instance_variables[i - 1], name)) continue;
        Variable *variable = new_variable(a, VARIABLE_INSTANCE, name);
        if (variable) variable->index = (unsigned)(i - 1);
        return variable;
    }
    return NULL;
}

static NameKind ask_outside(Analysis *a, Text name) {
    return a->unit->lookup ? a->unit->lookup(a->unit->lookup_context, name) : NAME_BINDING;
}

// A name that is assigned where assigning declares is known from then on, to what stands behind.
static void note_undeclared(Analysis *a, const Node *node, bool is_target) {
    bool declares = is_target && a->options->declare;
    Text name = node->as.variable.name;
    bool is_noted = name_set_find(&a->undeclared, name) != NULL;
    if (!declares && !a->options->strict) a->unit->undeclared_count++;
    if (is_noted) return;
    if (!declares)
        report_node(
            a, a->options->strict ? DIAGNOSTIC_UNKNOWN_VARIABLE : DIAGNOSTIC_UNDECLARED_VARIABLE,
            node);
    name_set_add(&a->undeclared, name, a);
}

static Variable *find_outside(Analysis *a, const Node *node, bool is_target) {
    Text name = node->as.variable.name;
    VariableKind kind;
    bool is_reserved = reserved_kind(name, &kind) && !(is_v3(a) && kind == VARIABLE_THIS_PROCESS);
    if (is_reserved) return new_variable(a, kind, name);
    NameKind what = ask_outside(a, name);
    if (what == NAME_UNKNOWN) note_undeclared(a, node, is_target);
    Variable *variable = new_variable(a, VARIABLE_BINDING, name);
    if (variable) variable->is_class = what == NAME_CLASS;
    return variable;
}

static Variable *resolve(Analysis *a, Node *node, bool is_target) {
    Variable *variable = find_local(a->scope, node->as.variable.name);
    if (!variable) variable = find_instance(a, node->as.variable.name);
    if (!variable) variable = find_outside(a, node, is_target);
    node->as.variable.variable = variable;
    return variable;
}

static bool is_visible_already(Analysis *a, Text name) {
    VariableKind kind;
    if (reserved_kind(name, &kind) || find_local(a->scope, name)) return true;
    for (size_t i = 0; i < a->unit->instance_variable_count; i++)
        if (text_equals(a->unit->instance_variables[i], name)) return true;
    return a->unit->lookup && ask_outside(a, name) != NAME_UNKNOWN;
}

// A variable that hides another of the same code must not share its slot.
static void set_key(Analysis *a, Variable *variable) {
    Variable *hidden = find_local(a->scope, variable->name);
    if (hidden && hidden->scope && hidden->scope->real == a->scope->real)
        variable->key = code_arena_format(a->arena, "%.*s'", TEXT_ARGUMENTS(hidden->key));
}

static bool has_too_many_variables(const Scope *scope) {
    return scope->variables.count == SCOPE_VARIABLE_LIMIT ||
           scope->visible_count + scope->variables.count >= VISIBLE_VARIABLE_LIMIT;
}

static void check_name(Analysis *a, const Variable *variable) {
    VariableKind kind;
    uint32_t start = variable->start, end = variable->end;
    if (list_find(&a->scope->variables, variable->name))
        report(a, DIAGNOSTIC_DUPLICATE_VARIABLE, start, end, variable->name);
    else if (reserved_kind(variable->name, &kind) && kind <= VARIABLE_SUPER)
        report(a, DIAGNOSTIC_RESERVED_NAME, start, end, variable->name);
    else if (a->options->warn && is_visible_already(a, variable->name))
        report(a, DIAGNOSTIC_SHADOWED_VARIABLE, start, end, variable->name);
    if (has_too_many_variables(a->scope))
        report(a, DIAGNOSTIC_TOO_MANY_TEMPORARIES, start, end, variable->name);
}

static Variable *declare(Analysis *a, VariableKind kind, Text name, uint32_t start, uint32_t end) {
    Variable *variable = new_variable(a, kind, name);
    if (!variable) return NULL;
    variable->start = start;
    variable->end = end;
    check_name(a, variable);
    if (has_too_many_variables(a->scope)) return NULL;
    variable->scope = a->scope;
    set_key(a, variable);
    list_add(a->arena, &a->scope->variables, variable);
    return variable;
}

static void declare_all(Analysis *a, VariableKind kind, NodeList *list) {
    for (Node *node = list->first; node; node = node->next)
        node->as.variable.variable =
            declare(a, kind, node->as.variable.name, node->start, node->end);
}

// The temporaries of a script live on as bindings.
static void declare_temporaries(Analysis *a, NodeList *list) {
    bool become_bindings = a->unit->kind == UNIT_SCRIPT && !a->scope->outer;
    if (!become_bindings) {
        declare_all(a, VARIABLE_TEMPORARY, list);
        return;
    }
    for (Node *node = list->first; node; node = node->next) {
        Variable *variable = new_variable(a, VARIABLE_BINDING, node->as.variable.name);
        node->as.variable.variable = variable;
        if (variable) list_add(a->arena, &a->scope->variables, variable);
    }
}

// ---- reading and writing

static void mark_escaping_write(Variable *variable) {
    variable->escape = ESCAPE_WRITTEN;
    if (variable->usage != USAGE_REWRITTEN) variable->usage = USAGE_WRITTEN;
}

static void mark_write(Variable *variable) {
    if (variable->escape != ESCAPE_NONE) mark_escaping_write(variable);
    variable->usage = USAGE_WRITTEN;
}

static bool is_from_another_block(const Analysis *a, const Variable *variable) {
    return variable->scope->real != a->scope->real;
}

// What is read in a loop that writes it again and again is shared with blocks made there. Pharo 8
// looks whether the scope around is a loop, and at reads in the variable's own block, too.
static void note_read(Analysis *a, Variable *variable) {
    if (!variable || !variable_is_local(variable) || !variable->scope) return;
    bool is_other = is_from_another_block(a, variable);
    const Scope *loop = is_v3(a) ? a->scope->outer : a->scope;
    if (variable->usage == USAGE_NONE) variable->usage = USAGE_READ;
    if (is_other && variable->escape == ESCAPE_NONE) variable->escape = ESCAPE_READ;
    bool is_shared = is_v3(a) ? variable->escape != ESCAPE_NONE : is_other;
    if (is_shared && loop && loop->is_inside_loop && variable->usage == USAGE_REWRITTEN)
        mark_escaping_write(variable);
}

static void note_write(Analysis *a, Variable *variable) {
    if (!variable || !variable_is_local(variable) || !variable->scope) return;
    if (is_from_another_block(a, variable)) mark_escaping_write(variable);
    mark_write(variable);
    if (a->scope->is_inside_loop) variable->usage = USAGE_REWRITTEN;
}

static void check_assignment(Analysis *a, const Node *target, const Variable *variable) {
    if (!variable || variable_is_writable(variable)) return;
    report_node(a,
                variable->kind == VARIABLE_ARGUMENT ? DIAGNOSTIC_ASSIGNMENT_TO_ARGUMENT
                                                    : DIAGNOSTIC_ASSIGNMENT_TO_RESERVED,
                target);
}

// ---- first pass

static void open_scope(Analysis *a, Body *body, bool is_inlined, bool is_loop) {
    Scope *scope = arena_new(a->arena, Scope);
    if (!scope) return;
    scope->outer = a->scope;
    scope->id = a->block_count;
    scope->is_inlined = is_inlined;
    scope->is_loop = is_loop;
    scope->is_inside_loop = is_loop || (a->scope && a->scope->is_inside_loop);
    if (a->scope) scope->visible_count = a->scope->visible_count + a->scope->variables.count;
    scope->real = is_inlined && a->scope ? a->scope->real : scope;
    body->scope = scope;
    a->scope = scope;
}

static void note_needs_self(Analysis *a) {
    for (Scope *scope = a->scope; scope && !scope->has_self; scope = scope->outer)
        scope->has_self = true;
}

static void note_return(Analysis *a) {
    for (Scope *scope = a->scope; scope && !scope->has_return; scope = scope->outer)
        scope->has_return = true;
}

static void visit(Analysis *a, Node *node);

static void visit_list(Analysis *a, NodeList *list) {
    for (Node *node = list->first; node; node = node->next)
        visit(a, node);
}

static void check_usage(Analysis *a, const NodeList *temporaries) {
    for (const Node *node = temporaries->first; node; node = node->next) {
        const Variable *variable = node->as.variable.variable;
        if (!variable || variable->kind != VARIABLE_TEMPORARY) continue;
        if (variable->usage == USAGE_NONE)
            report_node(a, DIAGNOSTIC_UNUSED_TEMPORARY, node);
        else if (variable->usage == USAGE_READ)
            report_node(a, DIAGNOSTIC_UNWRITTEN_TEMPORARY, node);
    }
}

static void visit_statements(Analysis *a, Body *body) {
    visit_list(a, &body->statements);
    if (a->options->warn) check_usage(a, &body->temporaries);
}

static void visit_block(Analysis *a, Node *node) {
    Scope *outer = a->scope;
    a->block_count++;
    open_scope(a, &node->as.block.body, node->as.block.is_inlined, node->as.block.is_inlined_loop);
    if (a->arena->is_exhausted) return;
    declare_all(a, VARIABLE_ARGUMENT, &node->as.block.body.arguments);
    declare_temporaries(a, &node->as.block.body.temporaries);
    visit_statements(a, &node->as.block.body);
    a->scope = outer;
}

static void visit_variable(Analysis *a, Node *node) {
    Variable *variable = resolve(a, node, false);
    if (!variable) return;
    note_read(a, variable);
    if (variable->kind == VARIABLE_SELF || variable->kind == VARIABLE_SUPER ||
        variable->kind == VARIABLE_INSTANCE || variable->kind == VARIABLE_THIS_CONTEXT)
        note_needs_self(a);
}

static void visit_assignment(Analysis *a, Node *node) {
    visit(a, node->as.assignment.value);
    Node *target = node->as.assignment.target;
    Variable *variable = resolve(a, target, true);
    check_assignment(a, target, variable);
    note_write(a, variable);
    if (variable && variable->kind == VARIABLE_INSTANCE) note_needs_self(a);
}

// Down the chain of receivers first, in a loop; then each message's arguments.
static void visit_send(Analysis *a, Node *node) {
    Node *bottom = node;
    inlining_decide(bottom, a->options->not_inlined);
    while (node_is_chained(bottom) && bottom->as.send.receiver->kind == NODE_SEND) {
        bottom->as.send.receiver->as.send.up = bottom;
        bottom = bottom->as.send.receiver;
        inlining_decide(bottom, a->options->not_inlined);
    }
    visit(a, bottom->as.send.receiver);
    visit_list(a, &bottom->as.send.arguments);
    while (bottom != node) {
        bottom = bottom->as.send.up;
        visit_list(a, &bottom->as.send.arguments);
    }
}

static void visit_cascade(Analysis *a, Node *node) {
    visit(a, node->as.cascade.receiver);
    for (Node *message = node->as.cascade.messages.first; message; message = message->next)
        visit_list(a, &message->as.send.arguments);
}

static void visit(Analysis *a, Node *node) {
    if (a->arena->is_exhausted) return;
    switch (node->kind) {
    case NODE_VARIABLE:
        visit_variable(a, node);
        break;
    case NODE_LITERAL:
        break;
    case NODE_BRACE:
        visit_list(a, &node->as.elements);
        break;
    case NODE_BLOCK:
        visit_block(a, node);
        break;
    case NODE_ASSIGNMENT:
        visit_assignment(a, node);
        break;
    case NODE_RETURN:
        note_return(a);
        visit(a, node->as.returned);
        break;
    case NODE_SEND:
        visit_send(a, node);
        break;
    case NODE_CASCADE:
        visit_cascade(a, node);
        break;
    }
}

static void declare_error(Analysis *a) {
    const MethodNode *method = a->method;
    if (!method->error_name.length) return;
    Variable *error =
        declare(a, VARIABLE_ERROR, method->error_name, method->error_start, method->error_end);
    if (error) error->usage = USAGE_WRITTEN;
}

static void first_pass(Analysis *a) {
    Body *body = &a->method->body;
    open_scope(a, body, false, false);
    if (!a->scope) return;
    declare_all(a, VARIABLE_ARGUMENT, &body->arguments);
    if (!is_v3(a)) declare_error(a);
    declare_temporaries(a, &body->temporaries);
    if (is_v3(a)) declare_error(a);
    visit_statements(a, body);
}

// ---- second pass

static void settle(Analysis *a, Node *node);

static void settle_list(Analysis *a, NodeList *list) {
    for (Node *node = list->first; node; node = node->next)
        settle(a, node);
}

// Copies the variable into all scopes from the current one to its own, which counts too.
static void copy_up(Analysis *a, Variable *variable) {
    for (Scope *scope = a->scope; scope; scope = scope->outer) {
        if (list_includes(&scope->copied, variable)) return;
        list_add(a->arena, &scope->copied, variable);
        if (scope == variable->scope) return;
    }
}

static Variable *make_vector_variable(Analysis *a, Scope *scope) {
    Text name = code_arena_format(a->arena, "0vector%u", scope->id);
    Variable *variable = new_variable(a, VARIABLE_VECTOR, name);
    if (variable) variable->scope = scope;
    return variable;
}

// Moves written and shared variables into the vector, notes the other shared ones as copied.
static void settle_scope(Analysis *a, Scope *scope) {
    VariableList staying = {NULL, 0, 0};
    for (size_t i = 0; i < scope->variables.count; i++) {
        Variable *variable = scope->variables.items[i];
        if (variable->escape != ESCAPE_WRITTEN) {
            list_add(a->arena, &staying, variable);
            continue;
        }
        variable->is_in_vector = true;
        list_add(a->arena, &scope->vector, variable);
    }
    if (is_v3(a)) order_twice(a->arena, &scope->vector);
    for (size_t i = 0; i < scope->vector.count; i++)
        scope->vector.items[i]->index = (unsigned)i;
    scope->variables = staying;
    if (scope->vector.count) scope->vector_variable = make_vector_variable(a, scope);
    for (size_t i = 0; i < staying.count; i++)
        if (staying.items[i]->escape == ESCAPE_READ)
            list_add(a->arena, &scope->copied, staying.items[i]);
}

static void settle_variable(Analysis *a, const Node *node) {
    Variable *variable = node->as.variable.variable;
    if (!variable || !variable_is_local(variable) || !variable->scope) return;
    if (variable->is_in_vector)
        copy_up(a, variable->scope->vector_variable);
    else if (variable->escape == ESCAPE_READ)
        copy_up(a, variable);
}

static void settle_body(Analysis *a, Body *body) {
    Scope *outer = a->scope;
    a->scope = body->scope;
    settle_scope(a, body->scope);
    settle_list(a, &body->statements);
    a->scope = outer;
}

static void settle_send(Analysis *a, Node *node) {
    Node *bottom = node;
    while (node_is_chained(bottom) && bottom->as.send.receiver->kind == NODE_SEND) {
        bottom->as.send.receiver->as.send.up = bottom;
        bottom = bottom->as.send.receiver;
    }
    settle(a, bottom->as.send.receiver);
    settle_list(a, &bottom->as.send.arguments);
    while (bottom != node) {
        bottom = bottom->as.send.up;
        settle_list(a, &bottom->as.send.arguments);
    }
}

static void settle(Analysis *a, Node *node) {
    if (a->arena->is_exhausted) return;
    switch (node->kind) {
    case NODE_VARIABLE:
        settle_variable(a, node);
        break;
    case NODE_LITERAL:
        break;
    case NODE_BRACE:
        settle_list(a, &node->as.elements);
        break;
    case NODE_BLOCK:
        settle_body(a, &node->as.block.body);
        break;
    case NODE_ASSIGNMENT:
        settle_variable(a, node->as.assignment.target);
        settle(a, node->as.assignment.value);
        break;
    case NODE_RETURN:
        settle(a, node->as.returned);
        break;
    case NODE_SEND:
        settle_send(a, node);
        break;
    case NODE_CASCADE:
        settle(a, node->as.cascade.receiver);
        for (Node *message = node->as.cascade.messages.first; message; message = message->next)
            settle_list(a, &message->as.send.arguments);
        break;
    }
}

// ---- afterwards

// Pharo 13 asks the outer scope's list which of its variables are copied here, too; Pharo 8 asks
// its own hashed collection which are copied outside.
void scope_find_incoming(CodeArena *arena, Scope *scope, bool is_v3) {
    VariableList own = scope->copied, common = {NULL, 0, 0};
    NameSet set;
    if (!scope->outer) return;
    if (is_v3) { // own, in the order of its hashed collection
        own = (VariableList){NULL, 0, 0};
        fill_set(&set, arena, &scope->copied);
        add_slots(arena, &own, &set);
    }
    const VariableList *from = is_v3 ? &own : &scope->outer->copied;
    const VariableList *other = is_v3 ? &scope->outer->copied : &own;
    for (size_t i = 0; i < from->count; i++)
        if (list_includes(other, from->items[i])) list_add(arena, &common, from->items[i]);
    fill_set(&set, arena, &common);
    add_slots(arena, &scope->incoming, &set);
}

// ---- the whole

bool scope_analyse(CompileUnit *unit, const CompileOptions *options, MethodNode *method) {
    Analysis analysis = {.unit = unit, .options = options, .arena = unit->arena, .method = method};
    size_t errors = unit->diagnostics->error_count;
    name_set_start(&analysis.undeclared, unit->arena, NAME_SET_FIRST_SIZE);
    first_pass(&analysis);
    if (unit->arena->is_exhausted || unit->diagnostics->error_count != errors) return false;
    analysis.scope = NULL;
    settle_body(&analysis, &method->body);
    return !unit->arena->is_exhausted;
}
