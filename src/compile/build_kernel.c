// SPDX-License-Identifier: MIT
// What is particular to our own kernel among the systems that are built (docs/source-to-image.md):
// hashed collections before they are hashed, the variables of its class objects, sources in one
// String, the order of initialisers.
#include "compile/builder.h"
#include "memory/spaces.h"
#include "object/layouts.h"
#include "object/ops.h"

static const char initial_selector[] = "initializeImage";

// ---- classes

static Oop composition_of(Builder *builder, const SideImage *side) {
    ObjectMaker *maker = &builder->maker;
    const TraitUses *uses = &side->class->sides[side->side].traits;
    if (uses->count == 0) return make_nil(maker);
    Oop composition = make_array(maker, uses->count);
    for (size_t i = 0; i < uses->count; i++) {
        const TraitUse *use = &uses->items[i];
        Oop element = make_array(maker, 3), aliases = make_array(maker, 2 * use->aliases.count);
        for (size_t j = 0; j < use->aliases.count; j++) {
            make_store(maker, aliases, 2 * j, make_symbol(maker, use->aliases.items[j]));
            make_store(maker, aliases, 2 * j + 1,
                       make_symbol(maker, use->alias_originals.items[j]));
        }
        make_store(maker, element, 0, builder_class_object(builder, use->trait));
        make_store(maker, element, 1, make_symbols(maker, &use->exclusions));
        make_store(maker, element, 2, aliases);
        make_store(maker, composition, i, element);
    }
    return composition;
}

static Oop protocols_of(Builder *builder, const SideImage *side) {
    ObjectMaker *maker = &builder->maker;
    const TextMap *methods = &side->class->sides[side->side].methods;
    Oop *associations = arena_new_array(maker->arena, Oop, methods->count + 1);
    if (!associations || !maker->classes[KNOWN_IDENTITY_DICTIONARY]) return make_nil(maker);
    for (size_t i = 0; i < methods->count; i++) {
        const GraphMethod *method = methods->entries[i].value;
        associations[i] = make_association(maker, make_symbol(maker, method->selector),
                                           builder_protocol(builder, method));
    }
    return make_dictionary(maker, KNOWN_IDENTITY_DICTIONARY, associations, methods->count);
}

static void fill_side(Builder *builder, const SideImage *side) {
    build_fill(builder, side, KNOWN_SLOT_INSTANCE_VARIABLES,
               make_symbols(&builder->maker, &side->class->sides[side->side].variables));
    build_fill(builder, side, KNOWN_SLOT_PROTOCOLS, protocols_of(builder, side));
    build_fill(builder, side, KNOWN_SLOT_TRAIT_COMPOSITION, composition_of(builder, side));
}

static Oop symbol_or_nil(ObjectMaker *maker, Text text) {
    return text.length ? make_symbol(maker, text) : make_nil(maker);
}

static void fill_class(Builder *builder, const SideImage *side) {
    ObjectMaker *maker = &builder->maker;
    const ClassImage *image = builder_image(builder, side->class);
    const SourceClass *source = side->class->source;
    build_fill(builder, side, KNOWN_SLOT_SHARED_POOLS,
               builder_class_array(builder, image->pools, image->pool_count));
    build_fill(builder, side, KNOWN_SLOT_PACKAGE, symbol_or_nil(maker, source->package->name));
    build_fill(builder, side, KNOWN_SLOT_TAG, symbol_or_nil(maker, source->tag));
    build_fill(builder, side, KNOWN_SLOT_COMMENT, make_string(maker, source->comment));
}

static Oop unhashed_dictionary(Builder *builder, KnownClass role, const Oop *associations,
                               size_t count) {
    return make_dictionary(&builder->maker, role, associations, count);
}

static Oop no_method_source(Builder *builder, Text text) {
    (void)builder;
    (void)text;
    return oop_none();
}

// ---- initialisers

typedef struct OrderSearch {
    Builder *builder;
    unsigned char *seen; // by number
    const GraphClass **order;
    size_t count;
    unsigned depth;
} OrderSearch;

enum { SEARCH_DEPTH_LIMIT = 5000 };

static void order_visit(OrderSearch *search, const GraphClass *class);

// The classes that a class-side method names, and those that its helpers name: methods of the same
// side whose selectors are words of it. `scanned` has the selectors that were looked at already.
static void order_visit_method(OrderSearch *search, const GraphClass *class, Text selector,
                               TextMap *scanned) {
    const GraphMethod *method = graph_method_at(class, CLASS_SIDE, selector);
    if (!method || text_map_at(scanned, selector) || search->depth == SEARCH_DEPTH_LIMIT) return;
    if (!text_map_put(scanned, search->builder->maker.arena, selector, search)) return;
    search->depth++;
    Text text = method->text;
    for (size_t at = 0; at < text.length;) {
        size_t start = at;
        while (at < text.length && text_is_word_character(text.bytes[at]))
            at++;
        Text word = text_slice(text, start, at);
        if (at == start) {
            at++;
            continue;
        }
        const GraphClass *named = class_graph_at(&search->builder->graph, word);
        if (named)
            order_visit(search, named);
        else
            order_visit_method(search, class, word, scanned);
    }
    search->depth--;
}

static void order_visit(OrderSearch *search, const GraphClass *class) {
    if (search->seen[class->number] || search->depth == SEARCH_DEPTH_LIMIT) return;
    search->seen[class->number] = 1;
    search->depth++;
    Text selector = text_from_chars("initialize");
    TextMap scanned = {0};
    if (class->superclass) order_visit(search, class->superclass);
    if (graph_method_at(class, CLASS_SIDE, selector)) {
        order_visit_method(search, class, selector, &scanned);
        if (!class->is_trait) search->order[search->count++] = class;
    }
    search->depth--;
}

static Oop initialization_order(Builder *builder) {
    ObjectMaker *maker = &builder->maker;
    size_t count = builder->graph.count;
    OrderSearch search = {.builder = builder};
    search.seen = arena_new_array(maker->arena, unsigned char, count + 1);
    search.order = arena_new_array(maker->arena, const GraphClass *, count + 1);
    if (!search.seen || !search.order) {
        maker->failed = true;
        return make_nil(maker);
    }
    for (size_t i = 0; i < count; i++)
        order_visit(&search, builder->graph.classes[i]);
    Oop order = make_array(maker, search.count);
    for (size_t i = 0; i < search.count; i++)
        make_store(maker, order, i, builder_class_object(builder, search.order[i]));
    return order;
}

// ---- the first process

// The method in the class side of the initialiser; oop_none() after a complaint.
static Oop initial_method(Builder *builder, Oop *receiver) {
    const GraphClass *class = builder->maker.classes[KNOWN_INITIALIZER];
    *receiver = builder_class_object(builder, class);
    uint64_t metaclass = oop_bits(builder_image(builder, class)->metaclass);
    uint64_t dictionary = raw_slot(metaclass, CLASS_METHOD_DICTIONARY);
    uint64_t methods = raw_slot(dictionary, METHOD_DICTIONARY_METHODS);
    Oop selector = make_symbol(&builder->maker, text_from_chars(initial_selector));
    for (uint64_t i = METHOD_DICTIONARY_FIRST_KEY; i < raw_slot_count(dictionary); i++)
        if (raw_slot(dictionary, i) == oop_bits(selector))
            return oop_from_bits(raw_slot(methods, i - METHOD_DICTIONARY_FIRST_KEY));
    class_graph_complain_of(&builder->graph, SEVERITY_ERROR, class,
                            "an image begins with %.*s class >> %s, which is absent",
                            TEXT_ARGUMENTS(class->name), initial_selector);
    return oop_none();
}

// ---- class variables and globals

static void set_class_variable(Builder *builder, KnownClass role, const char *name, Oop value) {
    const GraphClass *class = builder->maker.classes[role];
    void *bits =
        class ? text_map_at(&builder_image(builder, class)->variables, text_from_chars(name))
              : NULL;
    if (bits)
        make_store(&builder->maker, oop_from_bits((uint64_t)(uintptr_t)bits), ASSOCIATION_VALUE,
                   value);
}

static Oop all_symbols(Builder *builder) {
    ObjectMaker *maker = &builder->maker;
    Oop array = make_array(maker, maker->symbols.count);
    for (size_t i = 0; i < maker->symbols.count; i++)
        make_store(maker, array, i,
                   oop_from_bits((uint64_t)(uintptr_t)maker->symbols.entries[i].value));
    return array;
}

static void declare(Builder *builder) {
    build_set_global(builder, "InitializationOrder", initialization_order(builder));
    set_class_variable(
        builder, KNOWN_METHOD_SOURCE, "Sources",
        make_bytes(&builder->maker, KNOWN_BYTE_STRING, builder->sources, builder->sources_size));
}

static void finish(Builder *builder) {
    set_class_variable(builder, KNOWN_SYMBOL_TABLE, "Table", all_symbols(builder));
}

static const char *const globals[] = {"Smalltalk",  "Processor",           "Transcript",
                                      "Undeclared", "InitializationOrder", NULL};

const BuildDialect build_kernel_dialect = {
    .global = KNOWN_ASSOCIATION,
    .class_variable = KNOWN_ASSOCIATION,
    .undeclared = KNOWN_ASSOCIATION,
    .metaclass_binding = KNOWN_ASSOCIATION,
    .globals = globals,
    .method_line_end = "\n",
    .dictionary = unhashed_dictionary,
    .fill_side = fill_side,
    .fill_class = fill_class,
    .method_source = no_method_source,
    .first_method = initial_method,
    .declare = declare,
    .finish = finish,
};
