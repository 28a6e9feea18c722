// SPDX-License-Identifier: MIT
// Methods: each is compiled in the class that it ends up in, those of traits once per class that
// uses them. What a capitalised name means: a class variable of the class or of those above it,
// then a variable of their pools, then a global; what nobody knows is bound by name, and warned
// about.
#include "compile/builder.h"

#include <stdlib.h>

#include "compile/materialise.h"
#include "object/layouts.h"
#include "object/ops.h"

typedef struct MethodContext {
    Builder *builder;
    const GraphClass *class;
    int side;
} MethodContext;

// ---- names

static Oop variable_in(Builder *builder, const GraphClass *class, Text name) {
    void *bits = text_map_at(&builder_image(builder, class)->variables, name);
    return bits ? oop_from_bits((uint64_t)(uintptr_t)bits) : oop_none();
}

static Oop variable_above(Builder *builder, const GraphClass *class, Text name) {
    Oop found = oop_none();
    for (; class && oop_is_none(found); class = class->superclass)
        found = variable_in(builder, class, name);
    return found;
}

static Oop variable_in_pools(Builder *builder, const GraphClass *class, Text name) {
    Oop found = oop_none();
    for (; class && oop_is_none(found); class = class->superclass) {
        const ClassImage *image = builder_image(builder, class);
        for (size_t i = 0; i < image->pool_count && oop_is_none(found); i++)
            found = variable_above(builder, image->pools[i], name);
    }
    return found;
}

Oop build_find_binding(Builder *builder, const GraphClass *class, Text name) {
    Oop found = variable_above(builder, class, name);
    if (oop_is_none(found)) found = variable_in_pools(builder, class, name);
    if (!oop_is_none(found)) return found;
    void *bits = text_map_at(&builder->globals, name);
    return bits ? oop_from_bits((uint64_t)(uintptr_t)bits) : oop_none();
}

// For a trait's method, the class variables of the trait come behind those of the class.
static Oop find_binding(const MethodContext *context, Text name) {
    return build_find_binding(context->builder, context->class, name);
}

static NameKind lookup_name(void *context, Text name) {
    return oop_is_none(find_binding(context, name)) ? NAME_UNKNOWN : NAME_BINDING;
}

static Oop undeclared_binding(Builder *builder, Text name) {
    ObjectMaker *maker = &builder->maker;
    void *bits = text_map_at(&builder->undeclared, name);
    if (bits) return oop_from_bits((uint64_t)(uintptr_t)bits);
    Oop association =
        make_binding(maker, builder->dialect->undeclared, make_symbol(maker, name), make_nil(maker));
    if (!text_map_put(&builder->undeclared, maker->arena, code_arena_text(maker->arena, name),
                      (void *)(uintptr_t)oop_bits(association)))
        maker->failed = true;
    return association;
}

static Oop binding_of_name(void *context, Text name) {
    Oop found = find_binding(context, name);
    return oop_is_none(found) ? undeclared_binding(((MethodContext *)context)->builder, name)
                              : found;
}

// ---- sources

// The position plus one of a text in the image's sources; methods of a trait share theirs.
static uint64_t keep_source(Builder *builder, Text text) {
    void *known = text_map_at(&builder->source_positions, text);
    if (known) return (uint64_t)(uintptr_t)known;
    if (!builder->maker.classes[KNOWN_METHOD_SOURCE]) return 0;
    size_t needed = builder->sources_size + text.length + 1;
    if (needed > UINT32_MAX) return 0;
    if (needed > builder->sources_capacity) {
        size_t capacity = needed * 2;
        char *moved = realloc(builder->sources, capacity);
        if (!moved) {
            builder->maker.failed = true;
            return 0;
        }
        builder->sources = moved;
        builder->sources_capacity = capacity;
    }
    uint64_t position = builder->sources_size + 1;
    memcpy(builder->sources + builder->sources_size, text.bytes, text.length);
    builder->sources[needed - 1] = 0;
    builder->sources_size = needed;
    text_map_put(&builder->source_positions, builder->maker.arena, text,
                 (void *)(uintptr_t)position);
    return position;
}

// ---- compiling

static bool is_kind_of(const MethodContext *context, KnownClass role) {
    const GraphClass *class = context->builder->maker.classes[role];
    return class && graph_class_inherits_from(context->class, class);
}

// Variables of a Context may be in a frame of the VM, which looks when it is asked by the long forms.
static Oop compile(MethodContext *context, CompileUnit *unit) {
    Builder *builder = context->builder;
    const ClassSide *side = &context->class->sides[context->side];
    const ClassImage *image = builder_image(builder, context->class);
    unit->diagnostics = &builder->tree->diagnostics;
    unit->instance_variables = side->all_variables.items;
    unit->instance_variable_count = side->all_variables.count;
    unit->is_class_side = context->side == CLASS_SIDE;
    unit->lookup = lookup_name;
    unit->lookup_context = context;
    CompileOptions options = builder->options->compile;
    options.long_receiver_access = context->side == INSTANCE_SIDE &&
                                   (is_kind_of(context, KNOWN_CONTEXT) ||
                                    is_kind_of(context, KNOWN_INSTRUCTION_STREAM));
    const Code *code = compile_method(unit, &options);
    builder->counts.undeclared += unit->undeclared_count;
    if (!code) return oop_none();
    Materialiser materialiser = {
        .maker = &builder->maker,
        .class_binding = context->side == CLASS_SIDE ? image->metaclass_binding : image->binding,
        .copies_class_binding = builder->dialect->copies_class_binding,
        .binding = binding_of_name,
        .context = context,
        .source_position = keep_source(builder, unit->place.source),
        .source = builder->dialect->method_source(builder, unit->place.source),
    };
    return materialise_method(&materialiser, code, builder->options->compile.bytecode_set);
}

// Line ends as the dialect has them, in strings, too.
static Text method_text(Builder *builder, const GraphMethod *method) {
    Text text = method->text;
    char line_end = builder->dialect->method_line_end[0];
    if (line_end == '\n' || !memchr(text.bytes, '\n', text.length)) return text;
    char *bytes = code_arena_allocate(builder->maker.arena, text.length);
    for (size_t i = 0; bytes && i < text.length; i++)
        bytes[i] = text.bytes[i] == '\n' ? line_end : text.bytes[i];
    return bytes ? (Text){bytes, text.length} : text;
}

static Oop compile_graph_method(MethodContext *context, const GraphMethod *method,
                                CodeArena *arena) {
    CompileUnit unit = {.kind = UNIT_METHOD, .arena = arena, .place = method->source->place};
    unit.place.source = method_text(context->builder, method);
    return compile(context, &unit);
}

Oop build_expression(Builder *builder, Text statements) {
    const GraphClass *class = builder->maker.classes[KNOWN_UNDEFINED_OBJECT];
    MethodContext context = {builder, class, INSTANCE_SIDE};
    CompileUnit unit = {.kind = UNIT_EXPRESSION,
                        .arena = builder->maker.arena,
                        .place = {.source = statements, .file = "the first statements"}};
    return compile(&context, &unit);
}

static void build_side(Builder *builder, const GraphClass *class, int side, CodeArena *arena) {
    ObjectMaker *maker = &builder->maker;
    MethodContext context = {builder, class, side};
    const ClassImage *image = builder_image(builder, class);
    const TextMap *methods = &class->sides[side].methods;
    Oop *selectors = arena_new_array(maker->arena, Oop, methods->count + 1);
    Oop *objects = arena_new_array(maker->arena, Oop, methods->count + 1);
    size_t count = 0;
    if (!selectors || !objects) {
        maker->failed = true;
        return;
    }
    for (size_t i = 0; i < methods->count && !maker->failed; i++) {
        const GraphMethod *method = methods->entries[i].value;
        Oop object = compile_graph_method(&context, method, arena);
        code_arena_reset(arena);
        if (oop_is_none(object)) continue;
        selectors[count] = make_symbol(maker, method->selector);
        objects[count++] = object;
    }
    builder->counts.methods += count;
    Oop dictionary = make_method_dictionary(maker, selectors, objects, count);
    make_store(maker, side == CLASS_SIDE ? image->metaclass : image->class_object,
               CLASS_METHOD_DICTIONARY, dictionary);
}

void build_methods(Builder *builder) {
    CodeArena arena = {0};
    for (size_t i = 0; i < builder->graph.count; i++) {
        const GraphClass *class = builder->graph.classes[i];
        build_side(builder, class, INSTANCE_SIDE, &arena);
        build_side(builder, class, CLASS_SIDE, &arena);
        if (class->is_trait)
            builder->counts.traits++;
        else
            builder->counts.classes++;
    }
    code_arena_free(&arena);
}
