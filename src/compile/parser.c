// SPDX-License-Identifier: MIT
// Grammar, in the order of the functions below:
//
//   primary     name | literal | #( ... ) | #[ ... ] | [ block ] | ( expression ) | { statements }
//   unary       primary name*                 binary   unary (operator unary)*
//   keyword     binary (keyword binary)*      cascade  keyword (; message)*
//   expression  (name :=)* cascade            statement  ^? expression
//   body        | name* | pragma* statement . statement ...
//   method      pattern pragma* body
//
// Each function takes what it needs, or reports an error and answers NULL or false. `current` is
// the token to look at; one token ahead of it is read only where an assignment may begin and where
// a minus sign was split off a number. A statement with an error is skipped, and parsing goes on
// behind it, so that more than one error of a method is told; there is no tree then.
#include "compile/parser_state.h"

#include <string.h>

enum { ERROR_LIMIT = 20 }; // of a method; more would say nothing new

// ---- tokens

void parser_step(Parser *p) {
    p->last_end = p->current.end;
    p->current = p->has_ahead ? p->ahead : lexer_next(&p->lexer);
    p->has_ahead = false;
}

static const Token *look_ahead(Parser *p) {
    if (!p->has_ahead) p->ahead = lexer_next(&p->lexer);
    p->has_ahead = true;
    return &p->ahead;
}

static bool at_special(const Parser *p, char special) {
    return p->current.kind == TOKEN_SPECIAL && p->current.special == special;
}

bool parser_at_operator(const Parser *p, const char *chars) {
    return p->current.kind == TOKEN_OPERATOR && text_is(p->current.text, chars);
}

static bool at_bar(const Parser *p) {
    return p->current.kind == TOKEN_OPERATOR && p->current.text.bytes[0] == '|';
}

static bool take_special(Parser *p, char special) {
    if (!at_special(p, special)) return false;
    parser_step(p);
    return true;
}

// Takes one bar. A longer operator keeps its other characters: || are two bars, after all.
static void take_bar(Parser *p) {
    Token *token = &p->current;
    if (token->text.length < 2) {
        parser_step(p);
        return;
    }
    token->start++;
    token->text = text_slice(token->text, 1, token->text.length);
}

static bool is_reserved_literal(Text name) {
    return text_is(name, "nil") || text_is(name, "true") || text_is(name, "false");
}

static bool at_name(const Parser *p) { return p->current.kind == TOKEN_NAME; }

// A name that a variable may have.
bool parser_at_variable(const Parser *p) {
    return at_name(p) && !is_reserved_literal(p->current.text);
}

// ---- errors

static void report(Parser *p, DiagnosticKind kind, uint32_t start, uint32_t end, Text name) {
    diagnostics_add(p->unit->diagnostics, &p->unit->place, kind, start, end, name);
    if (p->current.kind == TOKEN_END) diagnostics_mark_unfinished(p->unit->diagnostics);
}

// At the current token, unless that is bad itself and has been reported.
static void *fail_about(Parser *p, DiagnosticKind kind, Text name) {
    if (p->current.kind != TOKEN_ERROR) report(p, kind, p->current.start, p->current.end, name);
    return NULL;
}

void *parser_fail(Parser *p, DiagnosticKind kind) { return fail_about(p, kind, p->current.text); }

// Something opened at `opening` is not closed. If the text ends, the opening is the place to show,
// else the token that should have been the end.
static void *fail_unclosed(Parser *p, DiagnosticKind kind, uint32_t opening) {
    if (p->current.kind != TOKEN_END) return parser_fail(p, kind);
    report(p, kind, opening, opening + 1, p->current.text);
    return NULL;
}

static bool enter(Parser *p) {
    if (p->nesting < NESTING_LIMIT) {
        p->nesting++;
        return true;
    }
    parser_fail(p, DIAGNOSTIC_TOO_DEEP);
    return false;
}

static void leave(Parser *p) { p->nesting--; }

// ---- nodes

static Node *new_node(Parser *p, NodeKind kind, uint32_t start) {
    Node *node = arena_new(p->arena, Node);
    if (!node) return NULL;
    node->kind = kind;
    node->start = start;
    node->end = p->current.end;
    return node;
}

static Node *new_send(Parser *p, Node *receiver, Text selector, uint32_t selector_start) {
    Node *node = new_node(p, NODE_SEND, receiver->start);
    if (!node) return NULL;
    node->as.send.receiver = receiver;
    node->as.send.selector = selector;
    node->as.send.selector_start = selector_start;
    return node;
}

static Node *new_literal(Parser *p, uint32_t start, uint32_t end, Literal value) {
    Node *node = new_node(p, NODE_LITERAL, start);
    Literal *literal = arena_new(p->arena, Literal);
    if (!node || !literal) return NULL;
    *literal = value;
    node->as.literal = literal;
    node->end = end;
    return node;
}

static Node *parse_variable(Parser *p) {
    Node *node = new_node(p, NODE_VARIABLE, p->current.start);
    if (!node) return NULL;
    node->as.variable.name = p->current.text;
    parser_step(p);
    return node;
}

static Node *parse_expression(Parser *p);
static Node *parse_unary(Parser *p);
static Node *parse_binary(Parser *p);
static bool parse_body(Parser *p, Body *body, char closer);
static bool parse_statements(Parser *p, NodeList *list, char closer);

// ---- literals

bool parser_list_add(Parser *p, LiteralList *list, Literal literal) {
    if (!code_arena_grow(p->arena, (void **)&list->items, &list->capacity, list->count,
                         sizeof *list->items))
        return false;
    list->items[list->count++] = literal;
    return true;
}

static bool token_is_byte(const Token *token) {
    return token->kind == TOKEN_LITERAL && token->literal.kind == LITERAL_INTEGER &&
           token->literal.text.length == 0 && token->literal.integer >= 0 &&
           token->literal.integer <= 255;
}

// Behind #[, up to and with the bracket.
static bool parse_byte_array(Parser *p, Literal *literal) {
    uint32_t opening = p->current.start;
    size_t capacity = 0, count = 0;
    void *bytes = NULL;
    parser_step(p);
    while (!at_special(p, ']')) {
        if (p->current.kind == TOKEN_END)
            return fail_unclosed(p, DIAGNOSTIC_UNCLOSED_BYTE_ARRAY, opening);
        if (!token_is_byte(&p->current)) return parser_fail(p, DIAGNOSTIC_BAD_BYTE);
        if (!code_arena_grow(p->arena, &bytes, &capacity, count, 1)) return false;
        ((uint8_t *)bytes)[count++] = (uint8_t)p->current.literal.integer;
        parser_step(p);
    }
    *literal = (Literal){.kind = LITERAL_BYTE_ARRAY, .text = {bytes, count}};
    return true;
}

static bool parse_literal_array(Parser *p, Literal *literal);

// One element of a literal array; its last token is still current.
static bool parse_element(Parser *p, Literal *element) {
    switch (p->current.kind) {
    case TOKEN_LITERAL:
        *element = p->current.literal;
        return true;
    case TOKEN_ARRAY:
        return parse_literal_array(p, element);
    case TOKEN_BYTE_ARRAY:
        return parse_byte_array(p, element);
    case TOKEN_SPECIAL:
        if (p->current.special == '(') return parse_literal_array(p, element);
        *element = (Literal){.kind = LITERAL_SYMBOL, .text = p->current.text};
        return true;
    case TOKEN_ASSIGN:
        *element = (Literal){.kind = LITERAL_SYMBOL, .text = p->current.text};
        return true;
    default:
        return parser_fail(p, DIAGNOSTIC_BAD_LITERAL);
    }
}

static bool parse_elements(Parser *p, LiteralList *list, uint32_t opening) {
    Literal element;
    parser_step(p);
    while (!at_special(p, ')')) {
        if (p->current.kind == TOKEN_END)
            return fail_unclosed(p, DIAGNOSTIC_UNCLOSED_LITERAL_ARRAY, opening);
        if (!parse_element(p, &element) || !parser_list_add(p, list, element)) return false;
        parser_step(p);
    }
    return true;
}

// From #( or ( on; the closing parenthesis stays current, because what follows it is read as
// outside of the array only if the array was not nested in another.
static bool parse_literal_array(Parser *p, Literal *literal) {
    bool was_inside = p->lexer.in_literal_array;
    LiteralList list = {NULL, 0, 0};
    if (!enter(p)) return false;
    p->lexer.in_literal_array = true;
    bool is_good = parse_elements(p, &list, p->current.start);
    p->lexer.in_literal_array = was_inside;
    leave(p);
    *literal = (Literal){.kind = LITERAL_ARRAY, .items = list.items, .item_count = list.count};
    return is_good;
}

bool parser_at_literal(const Parser *p) {
    return p->current.kind == TOKEN_LITERAL || p->current.kind == TOKEN_ARRAY ||
           p->current.kind == TOKEN_BYTE_ARRAY ||
           (at_name(p) && is_reserved_literal(p->current.text));
}

static Literal reserved_literal(Text name) {
    return (Literal){.kind = text_is(name, "nil")    ? LITERAL_NIL
                             : text_is(name, "true") ? LITERAL_TRUE
                                                     : LITERAL_FALSE};
}

// At at_literal. Takes all of it.
bool parser_parse_literal(Parser *p, Literal *literal) {
    bool is_good = true;
    if (at_name(p))
        *literal = reserved_literal(p->current.text);
    else
        is_good = parse_element(p, literal);
    if (is_good) parser_step(p);
    return is_good;
}

static Node *parse_literal_node(Parser *p) {
    Literal literal;
    uint32_t start = p->current.start;
    if (!parser_parse_literal(p, &literal)) return NULL;
    return new_literal(p, start, p->last_end, literal);
}

// ---- primaries

static bool parse_block_arguments(Parser *p, NodeList *arguments) {
    if (!at_special(p, ':')) return true;
    while (take_special(p, ':')) {
        if (!parser_at_variable(p)) return parser_fail(p, DIAGNOSTIC_ARGUMENT_EXPECTED);
        Node *argument = parse_variable(p);
        if (!argument) return false;
        node_list_add(arguments, argument);
    }
    if (at_special(p, ']')) return true;
    if (!at_bar(p)) return parser_fail(p, DIAGNOSTIC_BLOCK_BAR_EXPECTED);
    take_bar(p);
    return true;
}

static Node *parse_block(Parser *p) {
    uint32_t start = p->current.start;
    Node *block = new_node(p, NODE_BLOCK, start);
    if (!block) return NULL;
    parser_step(p);
    Body *body = &block->as.block.body;
    if (!parse_block_arguments(p, &body->arguments) || !parse_body(p, body, ']')) return NULL;
    if (!at_special(p, ']')) return fail_unclosed(p, DIAGNOSTIC_UNCLOSED_BLOCK, start);
    block->end = p->current.end;
    parser_step(p);
    return block;
}

static Node *parse_parenthesised(Parser *p) {
    uint32_t start = p->current.start;
    parser_step(p);
    Node *node = parse_expression(p);
    if (!node) return NULL;
    if (!at_special(p, ')')) return fail_unclosed(p, DIAGNOSTIC_UNCLOSED_PARENTHESIS, start);
    node->has_parentheses = true;
    parser_step(p);
    return node;
}

static Node *parse_brace(Parser *p) {
    uint32_t start = p->current.start;
    Node *brace = new_node(p, NODE_BRACE, start);
    if (!brace) return NULL;
    parser_step(p);
    if (!parse_statements(p, &brace->as.elements, '}')) return NULL;
    if (!at_special(p, '}')) return fail_unclosed(p, DIAGNOSTIC_UNCLOSED_BRACE, start);
    brace->end = p->current.end;
    parser_step(p);
    return brace;
}

static Node *parse_primary(Parser *p) {
    if (parser_at_literal(p)) return parse_literal_node(p);
    if (at_name(p)) return parse_variable(p);
    if (at_special(p, '[')) return parse_block(p);
    if (at_special(p, '(')) return parse_parenthesised(p);
    if (at_special(p, '{')) return parse_brace(p);
    return parser_fail(p, DIAGNOSTIC_EXPRESSION_EXPECTED);
}

// ---- messages

static Node *parse_unary_message(Parser *p, Node *receiver) {
    Node *send = new_send(p, receiver, p->current.text, p->current.start);
    if (send) parser_step(p);
    return send;
}

static Node *parse_unary(Parser *p) {
    Node *node = parse_primary(p);
    while (node && at_name(p))
        node = parse_unary_message(p, node);
    return node;
}

// Where an operator may stand, -3 is an operator and a number.
static bool at_operator_or_minus(Parser *p) {
    if (token_is_negative_number(&p->current) && !p->has_ahead) {
        p->ahead = lexer_split_minus(&p->current);
        p->has_ahead = true;
    }
    return p->current.kind == TOKEN_OPERATOR;
}

static Node *finish_argument(Parser *p, Node *send, Node *argument) {
    if (!argument) return NULL;
    node_list_add(&send->as.send.arguments, argument);
    send->end = p->last_end;
    return send;
}

static bool argument_follows(Parser *p, Text selector) {
    bool is_there = parser_at_literal(p) || at_name(p) || at_special(p, '[') ||
                    at_special(p, '(') || at_special(p, '{');
    if (!is_there) fail_about(p, DIAGNOSTIC_ARGUMENT_OF_MESSAGE_EXPECTED, selector);
    return is_there;
}

static Node *parse_binary_message(Parser *p, Node *receiver) {
    Text selector = p->current.text;
    Node *send = new_send(p, receiver, selector, p->current.start);
    if (!send) return NULL;
    parser_step(p);
    if (!argument_follows(p, selector)) return NULL;
    return finish_argument(p, send, parse_unary(p));
}

static Node *parse_binary(Parser *p) {
    Node *node = parse_unary(p);
    while (node && at_operator_or_minus(p))
        node = parse_binary_message(p, node);
    return node;
}

Text parser_join(Parser *p, Text a, Text b) {
    if (a.length == 0) return b;
    return code_arena_format(p->arena, "%.*s%.*s", TEXT_ARGUMENTS(a), TEXT_ARGUMENTS(b));
}

static Node *parse_keyword_message(Parser *p, Node *receiver) {
    Node *send = new_send(p, receiver, (Text){"", 0}, p->current.start);
    while (send && p->current.kind == TOKEN_KEYWORD) {
        Text keyword = p->current.text;
        if (send->as.send.arguments.count == ARGUMENT_LIMIT)
            return parser_fail(p, DIAGNOSTIC_TOO_MANY_ARGUMENTS);
        send->as.send.selector = parser_join(p, send->as.send.selector, keyword);
        parser_step(p);
        if (!argument_follows(p, keyword)) return NULL;
        send = finish_argument(p, send, parse_binary(p));
    }
    return send;
}

static Node *parse_keyword(Parser *p) {
    Node *receiver = parse_binary(p);
    if (!receiver || p->current.kind != TOKEN_KEYWORD) return receiver;
    return parse_keyword_message(p, receiver);
}

static Node *parse_cascaded_message(Parser *p, Node *receiver) {
    if (at_name(p)) return parse_unary_message(p, receiver);
    if (p->current.kind == TOKEN_KEYWORD) return parse_keyword_message(p, receiver);
    if (at_operator_or_minus(p)) return parse_binary_message(p, receiver);
    return parser_fail(p, DIAGNOSTIC_MESSAGE_EXPECTED);
}

static Node *parse_cascade(Parser *p) {
    Node *first = parse_keyword(p);
    if (!first || !at_special(p, ';')) return first;
    if (first->kind != NODE_SEND || first->has_parentheses)
        return parser_fail(p, DIAGNOSTIC_BAD_CASCADE);
    Node *cascade = new_node(p, NODE_CASCADE, first->start);
    if (!cascade) return NULL;
    Node *receiver = first->as.send.receiver;
    cascade->as.cascade.receiver = receiver;
    first->as.send.is_cascaded = true;
    node_list_add(&cascade->as.cascade.messages, first);
    while (take_special(p, ';')) {
        uint32_t start = p->current.start;
        Node *message = parse_cascaded_message(p, receiver);
        if (!message) return NULL;
        message->start = start;
        message->as.send.is_cascaded = true;
        node_list_add(&cascade->as.cascade.messages, message);
    }
    cascade->end = p->last_end;
    return cascade;
}

// ---- expressions and statements

static Node *parse_assignment(Parser *p) {
    Node *assignment = new_node(p, NODE_ASSIGNMENT, p->current.start);
    if (!assignment) return NULL;
    assignment->as.assignment.target = parse_variable(p);
    parser_step(p);
    assignment->as.assignment.value = parse_expression(p);
    assignment->end = p->last_end;
    bool is_good = assignment->as.assignment.target && assignment->as.assignment.value;
    return is_good ? assignment : NULL;
}

static Node *parse_expression(Parser *p) {
    if (!enter(p)) return NULL;
    bool assigns = parser_at_variable(p) && look_ahead(p)->kind == TOKEN_ASSIGN;
    Node *node = assigns ? parse_assignment(p) : parse_cascade(p);
    leave(p);
    return node;
}

static Node *parse_statement(Parser *p) {
    if (!at_special(p, '^')) return parse_expression(p);
    Node *node = new_node(p, NODE_RETURN, p->current.start);
    if (!node) return NULL;
    parser_step(p);
    node->as.returned = parse_expression(p);
    node->end = p->last_end;
    return node->as.returned ? node : NULL;
}

static bool at_closer(const Parser *p, char closer) {
    return p->current.kind == TOKEN_END || (closer && at_special(p, closer));
}

// A statement behind a return is never reached; that is worth a word, once.
static void note_statement(Parser *p, const NodeList *list, bool *is_noted) {
    bool is_unreached = list->last && list->last->kind == NODE_RETURN;
    if (is_unreached && !*is_noted && p->unit->wants_warnings) {
        report(p, DIAGNOSTIC_UNREACHABLE_CODE, p->current.start, p->current.end, p->current.text);
        *is_noted = true;
    }
}

static int bracket_depth_change(const Parser *p) {
    if (p->current.kind == TOKEN_ARRAY || p->current.kind == TOKEN_BYTE_ARRAY) return 1;
    if (p->current.kind != TOKEN_SPECIAL) return 0;
    return strchr("([{", p->current.special) ? 1 : strchr(")]}", p->current.special) ? -1 : 0;
}

static bool has_many_errors(const Parser *p) {
    return p->unit->diagnostics->error_count - p->errors_before >= ERROR_LIMIT;
}

// After an error: to the next period, or to the closer, outside of all brackets that are opened on
// the way; closing ones without an opening one are stepped over. False if nothing is left to parse.
static bool skip_statement(Parser *p, char closer) {
    unsigned depth = 0;
    while (p->current.kind != TOKEN_END && !has_many_errors(p)) {
        if (depth == 0 && (at_special(p, '.') || at_closer(p, closer))) return true;
        int change = bracket_depth_change(p);
        if (change > 0) depth++;
        if (change < 0 && depth > 0) depth--;
        parser_step(p);
    }
    return false;
}

static bool parse_statements(Parser *p, NodeList *list, char closer) {
    bool is_noted = false;
    while (take_special(p, '.'))
        continue;
    while (!at_closer(p, closer)) {
        note_statement(p, list, &is_noted);
        Node *statement = parse_statement(p);
        if (statement) node_list_add(list, statement);
        if (!statement && !skip_statement(p, closer)) return false;
        if (at_closer(p, closer)) break;
        if (!at_special(p, '.')) {
            if (closer) return true; // whoever opened the bracket tells that it is not closed
            parser_fail(p, DIAGNOSTIC_END_EXPECTED);
            if (!skip_statement(p, closer)) return false;
        }
        while (take_special(p, '.'))
            continue;
    }
    return true;
}

static bool parse_temporaries(Parser *p, NodeList *temporaries) {
    if (!at_bar(p)) return true;
    take_bar(p);
    while (parser_at_variable(p)) {
        Node *temporary = parse_variable(p);
        if (!temporary) return false;
        node_list_add(temporaries, temporary);
    }
    if (!at_bar(p)) return parser_fail(p, DIAGNOSTIC_BAR_EXPECTED);
    take_bar(p);
    return true;
}

static bool parse_body(Parser *p, Body *body, char closer) {
    if (!parse_temporaries(p, &body->temporaries)) return false;
    if (!closer && !parser_parse_pragmas(p)) return false;
    return parse_statements(p, &body->statements, closer);
}

// ---- methods

static bool parse_argument(Parser *p) {
    if (!parser_at_variable(p)) return parser_fail(p, DIAGNOSTIC_ARGUMENT_EXPECTED);
    Node *argument = parse_variable(p);
    if (argument) node_list_add(&p->method->body.arguments, argument);
    return argument != NULL;
}

static bool parse_pattern(Parser *p) {
    Text *selector = &p->method->selector;
    if (at_name(p)) {
        *selector = p->current.text;
        parser_step(p);
        return true;
    }
    if (p->current.kind == TOKEN_OPERATOR) {
        *selector = p->current.text;
        parser_step(p);
        return parse_argument(p);
    }
    if (p->current.kind != TOKEN_KEYWORD) return parser_fail(p, DIAGNOSTIC_SELECTOR_EXPECTED);
    while (p->current.kind == TOKEN_KEYWORD) {
        if (p->method->body.arguments.count == ARGUMENT_LIMIT)
            return parser_fail(p, DIAGNOSTIC_TOO_MANY_ARGUMENTS);
        *selector = parser_join(p, *selector, p->current.text);
        parser_step(p);
        if (!parse_argument(p)) return false;
    }
    return true;
}

static bool parse_method(Parser *p) {
    parser_step(p);
    if (p->unit->kind == UNIT_METHOD) {
        if (!parse_pattern(p)) return false;
        p->method->selector_end = p->last_end;
        if (!parser_parse_pragmas(p)) return false;
    }
    return parse_body(p, &p->method->body, '\0');
}

MethodNode *parser_parse(CompileUnit *unit) {
    size_t errors = unit->diagnostics->error_count;
    Parser parser = {.unit = unit, .arena = unit->arena, .errors_before = errors};
    parser.method = arena_new(unit->arena, MethodNode);
    lexer_start(&parser.lexer, &unit->place, unit->arena, unit->diagnostics);
    bool is_good = parser.method && parse_method(&parser);
    if (is_good && unit->diagnostics->error_count == errors) return parser.method;
    if (unit->diagnostics->error_count == errors)
        diagnostics_add(unit->diagnostics, &unit->place, DIAGNOSTIC_NO_MEMORY, 0, 0, (Text){"", 0});
    return NULL;
}
