// SPDX-License-Identifier: MIT
// Pragmas, and among them the forms of the primitive pragma: <primitive: 60>, <primitive: 'name'
// module: 'module'>, each with error: and the variable that takes the failure code. In these a
// plain name may be an argument.
#include "compile/parser_state.h"

static bool parse_pragma_argument(Parser *p, bool is_primitive, LiteralList *arguments) {
    Literal literal;
    if (is_primitive && parser_at_variable(p)) {
        literal = (Literal){.kind = LITERAL_STRING, .text = p->current.text};
        parser_step(p);
    } else if (!parser_at_literal(p)) {
        return parser_fail(p, is_primitive ? DIAGNOSTIC_BAD_PRIMITIVE : DIAGNOSTIC_BAD_PRAGMA);
    } else if (!parser_parse_literal(p, &literal)) {
        return false;
    }
    return parser_list_add(p, arguments, literal);
}

static bool parse_pragma_message(Parser *p, PragmaNode *pragma) {
    LiteralList arguments = {NULL, 0, 0};
    bool is_good = true;
    if (parser_at_variable(p)) {
        pragma->selector = p->current.text;
        parser_step(p);
    } else if (p->current.kind == TOKEN_OPERATOR) {
        pragma->selector = p->current.text;
        parser_step(p);
        is_good = parse_pragma_argument(p, false, &arguments);
    } else if (p->current.kind != TOKEN_KEYWORD) {
        return parser_fail(p, DIAGNOSTIC_BAD_PRAGMA);
    }
    bool is_primitive = text_is(p->current.text, "primitive:");
    while (is_good && p->current.kind == TOKEN_KEYWORD) {
        if (arguments.count == ARGUMENT_LIMIT) return parser_fail(p, DIAGNOSTIC_TOO_MANY_ARGUMENTS);
        pragma->selector = parser_join(p, pragma->selector, p->current.text);
        parser_step(p);
        is_good = parse_pragma_argument(p, is_primitive, &arguments);
    }
    pragma->arguments = arguments.items;
    pragma->argument_count = arguments.count;
    return is_good;
}

// The argument behind the keyword; NULL when the selector has no such keyword.
static const Literal *pragma_argument(const PragmaNode *pragma, const char *keyword) {
    size_t start = 0, index = 0;
    for (size_t i = 0; i < pragma->selector.length; i++) {
        if (pragma->selector.bytes[i] != ':') continue;
        if (text_is(text_slice(pragma->selector, start, i + 1), keyword) &&
            index < pragma->argument_count)
            return &pragma->arguments[index];
        start = i + 1;
        index++;
    }
    return NULL;
}

static bool is_primitive_selector(Text selector) {
    static const char *const selectors[] = {
        "primitive:", "primitive:error:", "primitive:error:module:", "primitive:module:",
        "primitive:module:error:"};
    for (size_t i = 0; i < sizeof selectors / sizeof *selectors; i++)
        if (text_is(selector, selectors[i])) return true;
    return false;
}

static bool literal_is_text(const Literal *literal) {
    return literal->kind == LITERAL_STRING || literal->kind == LITERAL_SYMBOL;
}

// {module or nil. name. 0. 0}
static bool set_named_primitive(Parser *p, Text name, const Literal *module) {
    Literal *items = arena_new_array(p->arena, Literal, 4);
    Literal *spec = arena_new(p->arena, Literal);
    if (!items || !spec) return false;
    items[0] = (Literal){.kind = LITERAL_NIL};
    if (module && module->kind != LITERAL_NIL)
        items[0] = (Literal){.kind = LITERAL_SYMBOL, .text = module->text};
    items[1] = (Literal){.kind = LITERAL_SYMBOL, .text = name};
    items[2] = items[3] = (Literal){.kind = LITERAL_INTEGER};
    *spec = (Literal){.kind = LITERAL_ARRAY, .items = items, .item_count = 4};
    p->method->primitive = 117;
    p->method->primitive_spec = spec;
    return true;
}

static bool bad_primitive(Parser *p, const PragmaNode *pragma) {
    diagnostics_add(p->unit->diagnostics, &p->unit->place, DIAGNOSTIC_BAD_PRIMITIVE, pragma->start,
                    pragma->end, pragma->selector);
    return false;
}

static bool note_primitive(Parser *p, const PragmaNode *pragma) {
    enum { PRIMITIVE_LIMIT = 32767 };
    MethodNode *method = p->method;
    const Literal *what = &pragma->arguments[0];
    const Literal *module = pragma_argument(pragma, "module:");
    const Literal *error = pragma_argument(pragma, "error:");
    if (method->has_primitive) return true;
    if (module && module->kind != LITERAL_NIL && !literal_is_text(module))
        return bad_primitive(p, pragma);
    if (error && !literal_is_text(error)) return bad_primitive(p, pragma);
    if (error) method->error_name = error->text;
    method->error_start = pragma->start;
    method->error_end = pragma->end;
    method->has_primitive = true;
    if (literal_is_text(what)) return set_named_primitive(p, what->text, module);
    if (what->kind != LITERAL_INTEGER || what->text.length || what->integer < 0 ||
        what->integer > PRIMITIVE_LIMIT)
        return bad_primitive(p, pragma);
    method->primitive = (unsigned)what->integer;
    return true;
}

static bool parse_pragma(Parser *p) {
    PragmaNode *pragma = arena_new(p->arena, PragmaNode);
    if (!pragma) return false;
    pragma->start = p->current.start;
    parser_step(p);
    if (!parse_pragma_message(p, pragma)) return false;
    if (!parser_at_operator(p, ">")) return parser_fail(p, DIAGNOSTIC_BAD_PRAGMA);
    pragma->end = p->current.end;
    parser_step(p);
    if (p->last_pragma)
        p->last_pragma->next = pragma;
    else
        p->method->pragmas = pragma;
    p->last_pragma = pragma;
    p->method->pragma_count++;
    return !is_primitive_selector(pragma->selector) || note_primitive(p, pragma);
}

bool parser_parse_pragmas(Parser *p) {
    while (parser_at_operator(p, "<"))
        if (!parse_pragma(p)) return false;
    return true;
}
