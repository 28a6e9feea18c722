// SPDX-License-Identifier: MIT
// Trait compositions: parsing what a definition says, and composing methods and variables into the
// class.
//
//     composition   TOne + (TTwo - {#a. #b}) + (TThree @ {#new -> #old})
//
// All operators bind alike, from left to right, as binary messages do. A trait may itself use
// traits; it is composed first, so a composition always takes finished traits.
//
//     -   without these methods           @    with these under another name, too
//     --  without these variables
#include "compile/class_graph.h"

#include <stdio.h>

typedef struct CompositionReader {
    ClassGraph *graph;
    GraphClass *class;
    int side;
    Text text;
    size_t at;
    bool failed;
    unsigned depth;
} CompositionReader;

enum { NESTING_LIMIT = 50 };

static void complain(CompositionReader *reader, const char *what) {
    if (!reader->failed)
        class_graph_complain_of(reader->graph, SEVERITY_ERROR, reader->class,
                                "%s in the traits of '%.*s': %.*s", what,
                                TEXT_ARGUMENTS(reader->class->name), TEXT_ARGUMENTS(reader->text));
    reader->failed = true;
}

static void skip_space(CompositionReader *reader) {
    while (reader->at < reader->text.length && text_is_space(reader->text.bytes[reader->at]))
        reader->at++;
}

static bool take(CompositionReader *reader, const char *token) {
    skip_space(reader);
    size_t length = strlen(token);
    if (reader->text.length - reader->at < length ||
        memcmp(reader->text.bytes + reader->at, token, length) != 0)
        return false;
    reader->at += length;
    return true;
}

static Text take_word(CompositionReader *reader) {
    skip_space(reader);
    size_t start = reader->at;
    while (reader->at < reader->text.length &&
           text_is_word_character(reader->text.bytes[reader->at]))
        reader->at++;
    return text_slice(reader->text, start, reader->at);
}

// #at:put:, #'at:put:' or #+
static Text take_symbol(CompositionReader *reader) {
    if (!take(reader, "#")) {
        complain(reader, "a symbol is expected");
        return (Text){"", 0};
    }
    bool quoted = take(reader, "'");
    size_t start = reader->at;
    while (reader->at < reader->text.length) {
        char c = reader->text.bytes[reader->at];
        bool ends = quoted
                        ? c == '\''
                        : !text_is_word_character(c) && c != ':' && !strchr("+*/\\<>=~@%|&?,-", c);
        if (ends) break;
        // The arrow of an association ends a symbol.
        if (!quoted && c == '-' && reader->at > start &&
            text_starts_with(text_slice(reader->text, reader->at, reader->text.length), "->"))
            break;
        reader->at++;
    }
    Text symbol = text_slice(reader->text, start, reader->at);
    if (quoted && !take(reader, "'")) complain(reader, "a quote is missing");
    if (symbol.length == 0) complain(reader, "a symbol is expected");
    return symbol;
}

// {#a. #b} or #a
static Texts take_symbols(CompositionReader *reader) {
    Texts symbols = {0};
    if (!take(reader, "{") && !take(reader, "#(")) {
        texts_add(reader->graph->tree, &symbols, take_symbol(reader));
        return symbols;
    }
    while (!reader->failed && !take(reader, "}") && !take(reader, ")")) {
        texts_add(reader->graph->tree, &symbols, take_symbol(reader));
        take(reader, ".");
    }
    return symbols;
}

static void take_aliases(CompositionReader *reader, Texts *aliases, Texts *originals) {
    if (!take(reader, "{")) {
        complain(reader, "'{' is expected behind '@'");
        return;
    }
    while (!reader->failed && !take(reader, "}")) {
        texts_add(reader->graph->tree, aliases, take_symbol(reader));
        if (!take(reader, "->")) complain(reader, "'->' is expected");
        texts_add(reader->graph->tree, originals, take_symbol(reader));
        take(reader, ".");
    }
}

static void add_use(CompositionReader *reader, TraitUses *uses, GraphClass *trait) {
    if (!code_arena_grow(&reader->graph->tree->arena, (void **)&uses->items, &uses->capacity,
                         uses->count, sizeof *uses->items))
        return;
    uses->items[uses->count++] = (TraitUse){.trait = trait};
}

static void take_name(CompositionReader *reader, TraitUses *uses) {
    Text name = take_word(reader);
    if (name.length == 0) {
        complain(reader, "the name of a trait is expected");
        return;
    }
    GraphClass *trait = class_graph_at(reader->graph, name);
    if (!take(reader, "classTrait")) take(reader, "class");
    if (trait && trait->is_trait) {
        add_use(reader, uses, trait);
        return;
    }
    class_graph_complain_of(reader->graph, SEVERITY_ERROR, reader->class,
                            trait ? "'%.*s' uses '%.*s', which is no trait"
                                  : "'%.*s' uses the trait '%.*s', which is absent",
                            TEXT_ARGUMENTS(reader->class->name), TEXT_ARGUMENTS(name));
    reader->failed = true;
}

static void read_composition(CompositionReader *reader, TraitUses *uses);

static void read_term(CompositionReader *reader, TraitUses *uses) {
    const char *close = take(reader, "(") ? ")" : take(reader, "{") ? "}" : NULL;
    if (!close) {
        take_name(reader, uses);
        return;
    }
    if (take(reader, close)) return; // {}: none
    if (reader->depth++ == NESTING_LIMIT) complain(reader, "nested too deeply");
    if (!reader->failed) read_composition(reader, uses);
    reader->depth--;
    take(reader, ".");
    if (!reader->failed && !take(reader, close)) complain(reader, "a closing bracket is missing");
}

static void add_all(SourceTree *tree, Texts *texts, const Texts *more) {
    for (size_t i = 0; i < more->count; i++)
        texts_add(tree, texts, more->items[i]);
}

// Operators apply to everything that stands left of them, from `first` on.
static bool read_operator(CompositionReader *reader, TraitUses *uses, size_t first) {
    SourceTree *tree = reader->graph->tree;
    Texts names = {0}, originals = {0};
    bool variables = take(reader, "--"), excludes = !variables && take(reader, "-");
    bool renames = !variables && !excludes && take(reader, "@");
    if (variables || excludes)
        names = take_symbols(reader);
    else if (renames)
        take_aliases(reader, &names, &originals);
    else
        return false;
    for (size_t i = first; i < uses->count; i++) {
        TraitUse *use = &uses->items[i];
        add_all(tree,
                variables  ? &use->removed_variables
                : excludes ? &use->exclusions
                           : &use->aliases,
                &names);
        add_all(tree, &use->alias_originals, &originals);
    }
    return true;
}

static void read_composition(CompositionReader *reader, TraitUses *uses) {
    size_t first = uses->count;
    read_term(reader, uses);
    while (!reader->failed) {
        if (take(reader, "+") || take(reader, ","))
            read_term(reader, uses);
        else if (!read_operator(reader, uses, first))
            return;
    }
}

static void parse(ClassGraph *graph, GraphClass *class, int side, Text text) {
    CompositionReader reader = {graph, class, side, text_trim(text), 0, false, 0};
    if (reader.text.length == 0) return;
    read_composition(&reader, &class->sides[side].traits);
    skip_space(&reader);
    if (!reader.failed && reader.at < reader.text.length)
        complain(&reader, "an operator is expected");
}

// ---- composing

typedef struct Composition {
    ClassGraph *graph;
    GraphClass *class;
    int side;
    TextMap found; // selector -> GraphMethod, of all traits
} Composition;

static bool includes(const Texts *texts, Text text) {
    for (size_t i = 0; i < texts->count; i++)
        if (text_equals(texts->items[i], text)) return true;
    return false;
}

// `at: x put: y` for at:put:, from which a text for another selector can be made.
static Text pattern_for(SourceTree *tree, Text selector, const char *rest) {
    char text[1000];
    size_t length = 0;
    unsigned argument = 0;
    for (size_t i = 0; i < selector.length && length < sizeof text - 100; i++) {
        text[length++] = selector.bytes[i];
        if (selector.bytes[i] == ':')
            length += (size_t)snprintf(text + length, 20, " t%u ", ++argument);
    }
    if (selector.length && !text_is_word_character(selector.bytes[0]) && selector.bytes[0] != ':')
        length += (size_t)snprintf(text + length, 20, " t1");
    length += (size_t)snprintf(text + length, sizeof text - length, "%s", rest);
    return code_arena_text(&tree->arena, (Text){text, length});
}

static GraphMethod *copy_method(Composition *composition, const GraphMethod *method) {
    GraphMethod *copy = arena_new(&composition->graph->tree->arena, GraphMethod);
    if (copy) *copy = *method;
    return copy;
}

static void make_conflict(Composition *composition, GraphMethod *method) {
    const GraphClass *class = composition->class;
    class_graph_complain_of(composition->graph, SEVERITY_WARNING, class,
                            "the traits of '%.*s' have different methods %.*s",
                            TEXT_ARGUMENTS(class->name), TEXT_ARGUMENTS(method->selector));
    method->is_conflict = true;
    method->text =
        pattern_for(composition->graph->tree, method->selector, "\n\n\t^ self traitConflict");
}

static void add_method(Composition *composition, const GraphMethod *method, Text selector) {
    GraphMethod *other = text_map_at(&composition->found, selector);
    if (other && (method->is_required || other->source == method->source || other->is_conflict))
        return;
    if (other && !other->is_required) {
        make_conflict(composition, other);
        return;
    }
    GraphMethod *copy = copy_method(composition, method);
    if (!copy) return;
    copy->selector = selector;
    text_map_put(&composition->found, &composition->graph->tree->arena, selector, copy);
}

// The text of a method under another selector: its pattern is exchanged, arguments keep their
// names.
static Text rename_text(SourceTree *tree, const GraphMethod *method, Text selector) {
    Text text = method->text, result = {"", 0};
    size_t at = 0, part = 0;
    bool is_keyword = memchr(selector.bytes, ':', selector.length) != NULL;
    if (text_equals(method->selector, selector)) return text;
    while (part < selector.length) {
        size_t end = part;
        while (end < selector.length && selector.bytes[end] != ':')
            end++;
        if (end < selector.length) end++;
        // Skips the old part of the selector, then copies up to the next one.
        while (at < text.length && text_is_space(text.bytes[at]))
            at++;
        size_t old = at;
        while (at < text.length && !text_is_space(text.bytes[at]) && text.bytes[at] != ':')
            at++;
        if (at < text.length && text.bytes[at] == ':') at++;
        if (at == old) break;
        size_t argument = at;
        if (is_keyword) {
            while (at < text.length && text_is_space(text.bytes[at]))
                at++;
            while (at < text.length && text_is_word_character(text.bytes[at]))
                at++;
        }
        result = source_tree_join(tree, result, text_slice(selector, part, end));
        result = source_tree_join(tree, result, text_slice(text, argument, at));
        part = end;
        if (part < selector.length) result = source_tree_join(tree, result, text_from_chars(" "));
    }
    return source_tree_join(tree, result, text_slice(text, at, text.length));
}

static void add_aliases(Composition *composition, const TraitUse *use) {
    SourceTree *tree = composition->graph->tree;
    for (size_t i = 0; i < use->aliases.count && i < use->alias_originals.count; i++) {
        Text alias = use->aliases.items[i];
        const GraphMethod *method =
            graph_method_at(use->trait, composition->side, use->alias_originals.items[i]);
        if (!method) continue; // of the other side
        GraphMethod renamed = *method;
        renamed.text = rename_text(tree, method, alias);
        add_method(composition, &renamed, alias);
    }
}

static void add_use_methods(Composition *composition, const TraitUse *use) {
    const TextMap *methods = &use->trait->sides[composition->side].methods;
    for (size_t i = 0; i < methods->count; i++) {
        const GraphMethod *method = methods->entries[i].value;
        if (!includes(&use->exclusions, method->selector))
            add_method(composition, method, method->selector);
    }
    add_aliases(composition, use);
}

static void add_use_variables(Composition *composition, const TraitUse *use) {
    Texts *variables = &composition->class->sides[composition->side].variables;
    const SourceClass *source = use->trait->source;
    const Texts *inherited = &use->trait->sides[composition->side].variables;
    const Texts *written = composition->side == INSTANCE_SIDE ? &source->instance_variables
                                                              : &source->class_instance_variables;
    for (int pass = 0; pass < 2; pass++) {
        const Texts *texts = pass ? inherited : written;
        for (size_t i = 0; i < texts->count; i++)
            if (!includes(&use->removed_variables, texts->items[i]) &&
                !includes(variables, texts->items[i]))
                texts_add(composition->graph->tree, variables, texts->items[i]);
    }
}

static void compose_side(ClassGraph *graph, GraphClass *class, int side) {
    Composition composition = {graph, class, side, {0}};
    ClassSide *own = &class->sides[side];
    for (size_t i = 0; i < own->traits.count; i++) {
        add_use_methods(&composition, &own->traits.items[i]);
        add_use_variables(&composition, &own->traits.items[i]);
    }
    for (size_t i = 0; i < composition.found.count; i++) {
        GraphMethod *method = composition.found.entries[i].value;
        if (text_map_at(&own->methods, method->selector)) continue;
        if (method->is_required && !class->is_trait && class->superclass &&
            graph_method_lookup(graph, class->superclass, side, method->selector))
            continue;
        text_map_put(&own->methods, &graph->tree->arena, method->selector, method);
    }
}

// The class side takes the class sides of the same traits, unless it says otherwise.
static void default_class_traits(ClassGraph *graph, GraphClass *class) {
    const TraitUses *uses = &class->sides[INSTANCE_SIDE].traits;
    CompositionReader reader = {.graph = graph, .class = class, .side = CLASS_SIDE};
    for (size_t i = 0; i < uses->count; i++)
        add_use(&reader, &class->sides[CLASS_SIDE].traits, uses->items[i].trait);
}

static void compose_all(ClassGraph *graph, const TraitUses *uses) {
    for (size_t i = 0; i < uses->count; i++)
        class_graph_compose_traits(graph, uses->items[i].trait);
}

void class_graph_compose_traits(ClassGraph *graph, GraphClass *class) {
    enum { UNSEEN, ON_THE_WAY, DONE };
    if (class->trait_state == DONE) return;
    if (class->trait_state == ON_THE_WAY) {
        class_graph_complain_of(graph, SEVERITY_ERROR, class, "the trait '%.*s' uses itself",
                                TEXT_ARGUMENTS(class->name));
        class->trait_state = DONE; // said once
        return;
    }
    class->trait_state = ON_THE_WAY;
    // Inherited methods decide whether a required one is needed.
    if (class->superclass) class_graph_compose_traits(graph, class->superclass);
    parse(graph, class, INSTANCE_SIDE, class->source->traits);
    if (text_trim(class->source->class_traits).length)
        parse(graph, class, CLASS_SIDE, class->source->class_traits);
    else
        default_class_traits(graph, class);
    compose_all(graph, &class->sides[INSTANCE_SIDE].traits);
    compose_all(graph, &class->sides[CLASS_SIDE].traits);
    compose_side(graph, class, INSTANCE_SIDE);
    compose_side(graph, class, CLASS_SIDE);
    class->trait_state = DONE;
}
