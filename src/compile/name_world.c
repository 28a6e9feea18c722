// SPDX-License-Identifier: MIT
// Classes are found by a hash table. Variables of a class are gathered when it is first entered.
#include "compile/name_world.h"

#include "compile/name_set.h"

enum { HIERARCHY_LIMIT = 1000 };

// ---- the table

static uint32_t *find_bucket(NameWorld *world, Text name) {
    size_t index = name_hash(name) & (world->bucket_count - 1);
    while (world->buckets[index] &&
           !text_equals(world->classes[world->buckets[index] - 1].source->name, name))
        index = (index + 1) & (world->bucket_count - 1);
    return &world->buckets[index];
}

NamedClass *name_world_class(NameWorld *world, Text name) {
    uint32_t index = *find_bucket(world, name);
    return index ? &world->classes[index - 1] : NULL;
}

// The names in a composition such as "TOne + (TTwo - {#x}) @ {#a->#b}": words with a capital, not
// in braces.
static void add_trait_names(NameWorld *world, Texts *traits, Text text) {
    int depth = 0;
    for (size_t i = 0; i < text.length;) {
        size_t start = i;
        if (text.bytes[i] == '{') depth++;
        if (text.bytes[i] == '}') depth--;
        while (i < text.length && text_is_word_character(text.bytes[i]))
            i++;
        if (i > start && depth == 0 && text.bytes[start] >= 'A' && text.bytes[start] <= 'Z')
            texts_add(world->tree, traits, text_slice(text, start, i));
        if (i == start) i++;
    }
}

static void link_classes(NameWorld *world) {
    for (size_t i = 0; i < world->class_count; i++) {
        NamedClass *class = &world->classes[i];
        class->superclass = name_world_class(world, class->source->superclass);
        add_trait_names(world, &class->traits, class->source->traits);
    }
}

bool name_world_start(NameWorld *world, SourceTree *tree) {
    *world = (NameWorld){.tree = tree, .class_count = tree->classes.count, .bucket_count = 16};
    while (world->bucket_count < 2 * world->class_count)
        world->bucket_count *= 2;
    world->classes = arena_new_array(&tree->arena, NamedClass, world->class_count);
    world->buckets = arena_new_array(&tree->arena, uint32_t, world->bucket_count);
    if (!world->classes || !world->buckets) return false;
    for (size_t i = 0; i < world->class_count; i++) {
        world->classes[i].source = tree->classes.items[i];
        *find_bucket(world, tree->classes.items[i]->name) = (uint32_t)i + 1;
    }
    link_classes(world);
    return !tree->arena.is_exhausted;
}

// ---- instance variables

static void add_texts(NameWorld *world, Texts *to, const Texts *from) {
    for (size_t i = 0; i < from->count; i++)
        texts_add(world->tree, to, from->items[i]);
}

static const Texts no_texts;

// Those of a trait and of the traits that it uses.
static void add_trait_variables(NameWorld *world, Texts *to, const NamedClass *class, int depth) {
    for (size_t i = 0; i < class->traits.count && depth < HIERARCHY_LIMIT; i++) {
        NamedClass *trait = name_world_class(world, class->traits.items[i]);
        if (!trait || trait->is_visited) continue;
        trait->is_visited = true;
        add_texts(world, to, &trait->source->instance_variables);
        add_trait_variables(world, to, trait, depth + 1);
        trait->is_visited = false;
    }
}

static const Texts *variables_of(NameWorld *world, NamedClass *class, int depth) {
    if (class->has_variables || depth == HIERARCHY_LIMIT) return &class->variables;
    class->has_variables = true;
    if (class->superclass)
        add_texts(world, &class->variables, variables_of(world, class->superclass, depth + 1));
    add_texts(world, &class->variables, &class->source->instance_variables);
    add_trait_variables(world, &class->variables, class, 0);
    return &class->variables;
}

// A metaclass inherits from that of the superclass, the topmost from Class.
static const Texts *class_variables_of(NameWorld *world, NamedClass *class, int depth) {
    if (class->has_class_variables || depth == HIERARCHY_LIMIT) return &class->class_variables;
    NamedClass *top = class->superclass ? NULL : name_world_class(world, text_from_chars("Class"));
    class->has_class_variables = true;
    if (class->superclass)
        add_texts(world, &class->class_variables,
                  class_variables_of(world, class->superclass, depth + 1));
    else if (top)
        add_texts(world, &class->class_variables, variables_of(world, top, 0));
    add_texts(world, &class->class_variables, &class->source->class_instance_variables);
    return &class->class_variables;
}

// ---- other names

static bool texts_include(const Texts *texts, Text name) {
    for (size_t i = 0; i < texts->count; i++)
        if (text_equals(texts->items[i], name)) return true;
    return false;
}

static bool has_class_variable(NameWorld *world, const NamedClass *class, Text name, int depth) {
    if (depth == HIERARCHY_LIMIT) return false;
    if (texts_include(&class->source->class_variables, name)) return true;
    for (size_t i = 0; i < class->traits.count; i++) {
        const NamedClass *trait = name_world_class(world, class->traits.items[i]);
        if (trait && trait != class && texts_include(&trait->source->class_variables, name))
            return true;
    }
    return class->superclass && has_class_variable(world, class->superclass, name, depth + 1);
}

static bool has_pool_variable(NameWorld *world, const NamedClass *class, Text name, int depth) {
    for (size_t i = 0; i < class->source->pools.count; i++) {
        const NamedClass *pool = name_world_class(world, class->source->pools.items[i]);
        if (pool && has_class_variable(world, pool, name, 0)) return true;
    }
    return class->superclass && depth < HIERARCHY_LIMIT &&
           has_pool_variable(world, class->superclass, name, depth + 1);
}

static NameKind look_up(void *context, Text name) {
    NameWorld *world = context;
    const NamedClass *class = world->current;
    if (class && has_class_variable(world, class, name, 0)) return NAME_BINDING;
    if (class && has_pool_variable(world, class, name, 0)) return NAME_BINDING;
    return name_world_class(world, name) ? NAME_CLASS : NAME_UNKNOWN;
}

void name_world_enter(NameWorld *world, const SourceMethod *method, CompileUnit *unit) {
    NamedClass *class = name_world_class(world, method->class_name);
    const Texts *variables = !class               ? &no_texts
                             : method->class_side ? class_variables_of(world, class, 0)
                                                  : variables_of(world, class, 0);
    world->current = class;
    unit->place = method->place;
    unit->place.source = method->text;
    unit->kind = UNIT_METHOD;
    unit->is_class_side = method->class_side;
    unit->instance_variables = variables->items;
    unit->instance_variable_count = variables->count;
    unit->lookup = look_up;
    unit->lookup_context = world;
}
