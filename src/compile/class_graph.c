// SPDX-License-Identifier: MIT
// Linking: names to classes, methods to their classes, superclasses first. See class_graph.h.
#include "compile/class_graph.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

enum { UNSEEN, ON_THE_WAY, DONE };

__attribute__((format(printf, 5, 0))) static void complain(ClassGraph *graph, Severity severity,
                                                           const SourcePlace *place, size_t start,
                                                           const char *format, va_list arguments) {
    char message[600];
    vsnprintf(message, sizeof message, format, arguments);
    diagnostics_add_text(&graph->tree->diagnostics, place, severity, start, start,
                         text_from_chars(message));
}

void class_graph_complain(ClassGraph *graph, Severity severity, const SourcePlace *place,
                          const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    complain(graph, severity, place, 0, format, arguments);
    va_end(arguments);
}

void class_graph_complain_of(ClassGraph *graph, Severity severity, const GraphClass *class,
                             const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    complain(graph, severity, &class->source->place, class->source->name_start, format, arguments);
    va_end(arguments);
}

GraphClass *class_graph_at(const ClassGraph *graph, Text name) {
    return text_map_at(&graph->by_name, name);
}

const GraphMethod *graph_method_at(const GraphClass *class, int side, Text selector) {
    return text_map_at(&class->sides[side].methods, selector);
}

const GraphMethod *graph_method_lookup(const ClassGraph *graph, const GraphClass *class, int side,
                                       Text selector) {
    const GraphMethod *found = NULL;
    for (const GraphClass *each = class; each && !found; each = each->superclass)
        found = graph_method_at(each, side, selector);
    if (found || side == INSTANCE_SIDE || !graph->class_class) return found;
    return graph_method_lookup(graph, graph->class_class, INSTANCE_SIDE, selector);
}

bool graph_class_inherits_from(const GraphClass *class, const GraphClass *other) {
    for (; class; class = class->superclass)
        if (class == other) return true;
    return false;
}

// ---- classes by name

static void enter_class(ClassGraph *graph, const SourceClass *source) {
    GraphClass *class = arena_new(&graph->tree->arena, GraphClass);
    const GraphClass *other = class_graph_at(graph, source->name);
    if (!class) return;
    class->source = source;
    class->name = source->name;
    class->is_trait = source->is_trait;
    class->kind = source->kind;
    if (!other)
        text_map_put(&graph->by_name, &graph->tree->arena, class->name, class);
    else
        class_graph_complain_of(
            graph, SEVERITY_ERROR, class, "'%.*s' is defined twice: also in %s:%u",
            TEXT_ARGUMENTS(source->name), other->source->place.file, other->source->place.line);
}

static void enter_classes(ClassGraph *graph) {
    SourceTree *tree = graph->tree;
    for (size_t i = 0; i < tree->classes.count; i++)
        enter_class(graph, tree->classes.items[i]);
    graph->class_class = class_graph_at(graph, text_from_chars("Class"));
    graph->trait_class = class_graph_at(graph, text_from_chars("Trait"));
}

static void find_superclass(ClassGraph *graph, GraphClass *class) {
    Text name = class->source->superclass;
    if (class->is_trait || text_is(name, "nil")) return;
    class->superclass = class_graph_at(graph, name);
    if (class->superclass && !class->superclass->is_trait) return;
    class_graph_complain_of(graph, SEVERITY_ERROR, class,
                            class->superclass ? "the superclass of '%.*s' is a trait: '%.*s'"
                                              : "the superclass of '%.*s' is absent: '%.*s'",
                            TEXT_ARGUMENTS(class->name), TEXT_ARGUMENTS(name));
    class->superclass = NULL;
}

// ---- order

static void add_subclass(ClassGraph *graph, GraphClass *class) {
    GraphClass *super = class->superclass;
    if (super &&
        code_arena_grow(&graph->tree->arena, (void **)&super->subclasses, &super->subclass_capacity,
                        super->subclass_count, sizeof *super->subclasses))
        super->subclasses[super->subclass_count++] = class;
}

// Places a class behind its superclasses; the way up is walked twice, not recursively.
static void order_class(ClassGraph *graph, GraphClass *class) {
    size_t depth = 0;
    for (GraphClass *each = class; each && each->order_state != DONE; each = each->superclass) {
        each->order_state = ON_THE_WAY;
        depth++;
        if (!each->superclass || each->superclass->order_state != ON_THE_WAY) continue;
        const GraphClass *again = each->superclass;
        class_graph_complain_of(
            graph, SEVERITY_ERROR, again, "'%.*s' is its own superclass, by way of '%.*s'",
            TEXT_ARGUMENTS(again->name), TEXT_ARGUMENTS(again->superclass->name));
        each->superclass = NULL;
    }
    for (; depth > 0; depth--) {
        GraphClass *each = class;
        for (size_t i = 1; i < depth; i++)
            each = each->superclass;
        if (each->order_state == DONE) continue;
        each->order_state = DONE;
        if (!code_arena_grow(&graph->tree->arena, (void **)&graph->classes, &graph->capacity,
                             graph->count, sizeof *graph->classes))
            return;
        each->number = graph->count;
        graph->classes[graph->count++] = each;
        add_subclass(graph, each);
    }
}

static int compare_names(const void *a, const void *b) {
    const GraphClass *const *one = a, *const *other = b;
    return text_compare((*one)->name, (*other)->name);
}

// In the order of their names, so that it does not matter where a class stands.
static void order_classes(ClassGraph *graph) {
    size_t count = graph->by_name.count;
    GraphClass **sorted = arena_new_array(&graph->tree->arena, GraphClass *, count + 1);
    if (!sorted) return;
    for (size_t i = 0; i < count; i++)
        sorted[i] = graph->by_name.entries[i].value;
    if (count) qsort(sorted, count, sizeof *sorted, compare_names);
    for (size_t i = 0; i < count; i++)
        find_superclass(graph, sorted[i]);
    for (size_t i = 0; i < count; i++)
        if (sorted[i]->is_trait) order_class(graph, sorted[i]);
    for (size_t i = 0; i < count; i++)
        order_class(graph, sorted[i]);
}

// ---- methods

static bool is_requirement(Text text) {
    // The pattern's first line is left out: what remains must be the one statement.
    const char *line_end = memchr(text.bytes, '\n', text.length);
    if (!line_end) return false;
    Text body = text_slice(text, (size_t)(line_end - text.bytes), text.length);
    body = text_trim(body);
    while (body.length && body.bytes[0] == '"') {
        const char *end = memchr(body.bytes + 1, '"', body.length - 1);
        if (!end) return false;
        body = text_trim(text_slice(body, (size_t)(end - body.bytes) + 1, body.length));
    }
    if (body.length && body.bytes[0] == '^') body = text_trim(text_slice(body, 1, body.length));
    if (body.length && body.bytes[body.length - 1] == '.') body.length--;
    return text_is(text_trim(body), "self explicitRequirement");
}

// Extensions win over the class's own methods; otherwise what comes later does.
static void enter_method(ClassGraph *graph, const SourceMethod *source) {
    GraphClass *class = class_graph_at(graph, source->class_name);
    if (!class) {
        class_graph_complain(graph, SEVERITY_WARNING, &source->place,
                             "no class '%.*s' for this method", TEXT_ARGUMENTS(source->class_name));
        return;
    }
    TextMap *methods = &class->sides[source->class_side].methods;
    GraphMethod *other = text_map_at(methods, source->selector);
    if (other) {
        bool gives_way = other->source->is_extension && !source->is_extension;
        const SourceMethod *kept = gives_way ? other->source : source;
        class_graph_complain(graph, SEVERITY_WARNING, &source->place,
                             "%.*s%s>>%.*s is defined twice, also in %s:%u; the one in %s is taken",
                             TEXT_ARGUMENTS(class->name), source->class_side ? " class" : "",
                             TEXT_ARGUMENTS(source->selector), other->source->place.file,
                             other->source->place.line, kept->place.file);
        if (gives_way) return;
    }
    GraphMethod *method = arena_new(&graph->tree->arena, GraphMethod);
    if (!method) return;
    *method = (GraphMethod){.source = source,
                            .origin = class,
                            .selector = source->selector,
                            .text = source->text,
                            .category = source->category,
                            .is_required = is_requirement(source->text)};
    text_map_put(methods, &graph->tree->arena, method->selector, method);
}

// ---- variables

// The name in a slot definition such as "#target => WeakSlot", or the text as it is.
static Text variable_name(Text text) {
    text = text_trim(text);
    if (text.length && text.bytes[0] == '#') text = text_slice(text, 1, text.length);
    size_t length = 0;
    while (length < text.length && text_is_word_character(text.bytes[length]))
        length++;
    return text_slice(text, 0, length);
}

static bool texts_include(const Texts *texts, Text text) {
    for (size_t i = 0; i < texts->count; i++)
        if (text_equals(texts->items[i], text)) return true;
    return false;
}

static void add_variable(ClassGraph *graph, GraphClass *class, Texts *variables,
                         const Texts *inherited, Text written) {
    Text name = variable_name(written);
    if (name.length == 0)
        class_graph_complain_of(graph, SEVERITY_ERROR, class, "'%.*s' is no name of a variable",
                                TEXT_ARGUMENTS(written));
    else if (texts_include(variables, name) || (inherited && texts_include(inherited, name)))
        class_graph_complain_of(graph, SEVERITY_ERROR, class,
                                "the variable '%.*s' of '%.*s' is defined twice",
                                TEXT_ARGUMENTS(name), TEXT_ARGUMENTS(class->name));
    else
        texts_add(graph->tree, variables, name);
}

static const Texts *inherited_variables(const ClassGraph *graph, const GraphClass *class,
                                        int side) {
    static const Texts none;
    if (class->superclass) return &class->superclass->sides[side].all_variables;
    if (side == INSTANCE_SIDE) return &none;
    const GraphClass *meta =
        class->is_trait && graph->trait_class ? graph->trait_class : graph->class_class;
    return meta && meta != class ? &meta->sides[INSTANCE_SIDE].all_variables : &none;
}

static void number_variables(ClassGraph *graph, GraphClass *class, int side) {
    const Texts *inherited = inherited_variables(graph, class, side);
    const Texts *written = side == INSTANCE_SIDE ? &class->source->instance_variables
                                                 : &class->source->class_instance_variables;
    ClassSide *own = &class->sides[side];
    Texts from_traits = own->variables;
    own->variables = (Texts){0};
    for (size_t i = 0; i < written->count; i++)
        add_variable(graph, class, &own->variables, inherited, written->items[i]);
    for (size_t i = 0; i < from_traits.count; i++)
        if (!texts_include(&own->variables, from_traits.items[i]) &&
            !texts_include(inherited, from_traits.items[i]))
            texts_add(graph->tree, &own->variables, from_traits.items[i]);
    for (size_t i = 0; i < inherited->count; i++)
        texts_add(graph->tree, &own->all_variables, inherited->items[i]);
    for (size_t i = 0; i < own->variables.count; i++)
        texts_add(graph->tree, &own->all_variables, own->variables.items[i]);
}

static bool kind_has_variables(ClassKind kind) {
    return kind == CLASS_KIND_NORMAL || kind == CLASS_KIND_VARIABLE || kind == CLASS_KIND_WEAK ||
           kind == CLASS_KIND_EPHEMERON;
}

// Named variables go with all kinds of pointers; methods are bytes of a kind.
static bool kinds_agree(ClassKind super, ClassKind kind) {
    if (super == CLASS_KIND_NORMAL || super == kind) return true;
    if (super == CLASS_KIND_BYTES && kind == CLASS_KIND_COMPILED_METHOD) return true;
    return kind_has_variables(super) && kind_has_variables(kind);
}

// A class that says nothing is of its superclass's kind.
static void check_kind(ClassGraph *graph, GraphClass *class) {
    const GraphClass *super = class->superclass;
    if (super && class->kind == CLASS_KIND_NORMAL) class->kind = super->kind;
    size_t count = class->sides[INSTANCE_SIDE].all_variables.count;
    if (count && !kind_has_variables(class->kind))
        class_graph_complain_of(graph, SEVERITY_ERROR, class,
                                "'%.*s' cannot have instance variables: its instances are %s",
                                TEXT_ARGUMENTS(class->name), class_kind_word(class->kind));
    if (!super || kinds_agree(super->kind, class->kind)) return;
    class_graph_complain_of(
        graph, SEVERITY_ERROR, class, "'%.*s' cannot be %s: instances of its superclass are %s",
        TEXT_ARGUMENTS(class->name), class_kind_word(class->kind), class_kind_word(super->kind));
}

static void add_class_variables(ClassGraph *graph, GraphClass *class) {
    for (size_t i = 0; i < class->source->class_variables.count; i++)
        add_variable(graph, class, &class->class_variables, NULL,
                     class->source->class_variables.items[i]);
}

bool class_graph_link(ClassGraph *graph, SourceTree *tree) {
    memset(graph, 0, sizeof *graph);
    graph->tree = tree;
    enter_classes(graph);
    order_classes(graph);
    for (size_t i = 0; i < tree->methods.count; i++)
        enter_method(graph, tree->methods.items[i]);
    for (size_t i = 0; i < graph->count; i++)
        class_graph_compose_traits(graph, graph->classes[i]);
    for (int side = INSTANCE_SIDE; side <= CLASS_SIDE; side++)
        for (size_t i = 0; i < graph->count; i++)
            number_variables(graph, graph->classes[i], side);
    for (size_t i = 0; i < graph->count; i++) {
        check_kind(graph, graph->classes[i]);
        add_class_variables(graph, graph->classes[i]);
    }
    return !tree->arena.is_exhausted && tree->diagnostics.error_count == 0;
}
