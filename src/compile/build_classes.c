// SPDX-License-Identifier: MIT
// Class objects. A class is the only instance of its metaclass, so its variables are those of Class
// and the metaclass's own; the sources say which there are, and known slots are filled by name.
//
// The VM knows some classes by their indices (known_classes.tbl); the others get theirs from 1024
// on, superclasses first, a class and then its metaclass.
#include "compile/builder.h"

#include "memory/spaces.h"
#include "memory/store.h"
#include "object/layouts.h"

typedef struct KnownRow {
    const char *name, *other;
    uint64_t class_index;
    bool required;
} KnownRow;

static const KnownRow known_rows[KNOWN_CLASS_COUNT] = {
#define KNOWN_CLASS(ROLE, name, other, index, required) {name, other, index, required},
#include "compile/known_classes.tbl"
#undef KNOWN_CLASS
};

bool build_find_known_classes(Builder *builder) {
    ClassGraph *graph = &builder->graph;
    Text missing = {"", 0};
    for (unsigned i = 0; i < KNOWN_CLASS_COUNT; i++) {
        const KnownRow *row = &known_rows[i];
        const GraphClass *class = class_graph_at(graph, text_from_chars(row->name));
        if (!class && row->other) class = class_graph_at(graph, text_from_chars(row->other));
        builder->maker.classes[i] = class;
        if (class || !row->required) continue;
        missing = code_arena_format(&graph->tree->arena, "%.*s%s%s", TEXT_ARGUMENTS(missing),
                                    missing.length ? ", " : "", row->name);
    }
    if (missing.length == 0) return true;
    SourcePlace nowhere = {.file = NULL};
    class_graph_complain(graph, SEVERITY_ERROR, &nowhere,
                         "the sources do not define what every image needs: %.*s",
                         TEXT_ARGUMENTS(missing));
    return false;
}

// ---- making

static uint64_t fixed_index(const Builder *builder, const GraphClass *class) {
    for (unsigned i = 0; i < KNOWN_CLASS_COUNT; i++)
        if (known_rows[i].class_index && builder->maker.classes[i] == class)
            return known_rows[i].class_index;
    return 0;
}

// Enters a class at the index that the VM knows it by, or at the next free one.
static uint64_t enter_class(Builder *builder, Oop class_object, uint64_t index) {
    Heap *heap = builder->maker.heap;
    if (builder->maker.failed) return 0;
    if (index) {
        uint64_t raw = oop_bits(class_object);
        Oop page = oop_from_bits(raw_slot(oop_bits(heap->class_table_root), 0));
        raw_store(raw, header_with_hash(raw_load(raw), index));
        slot_at_put(heap, page, num((int64_t)index), class_object);
        return index;
    }
    index = heap_enter_class(heap, class_object);
    if (!index) builder->maker.failed = true;
    return index;
}

static void make_class_object(Builder *builder, const GraphClass *class) {
    ObjectMaker *maker = &builder->maker;
    ClassImage *image = builder_image(builder, class);
    size_t meta_slots = maker->classes[KNOWN_METACLASS]->sides[INSTANCE_SIDE].all_variables.count;
    size_t slots = class->sides[CLASS_SIDE].all_variables.count;
    image->class_object = make_object(maker, CLASS_INDEX_ARRAY_PUN, FORMAT_FIXED, slots);
    image->metaclass = make_object(maker, CLASS_INDEX_ARRAY_PUN, FORMAT_FIXED, meta_slots);
    image->class_index = enter_class(builder, image->class_object, fixed_index(builder, class));
    image->metaclass_index = enter_class(builder, image->metaclass, 0);
}

static void set_class_index(Builder *builder, Oop object, uint64_t class_index) {
    if (builder->maker.failed) return;
    uint64_t raw = oop_bits(object);
    raw_store(raw, header_with_class_index(raw_load(raw), class_index));
}

// SmallIntegers have two tags, so their class stands in the table twice.
static void enter_second_tag(Builder *builder) {
    Heap *heap = builder->maker.heap;
    Oop page = oop_from_bits(raw_slot(oop_bits(heap->class_table_root), 0));
    const GraphClass *integer = builder->maker.classes[KNOWN_SMALL_INTEGER];
    slot_at_put(heap, page, num(CLASS_INDEX_BRIDGE), builder_image(builder, integer)->class_object);
}

// The objects that were made before their classes.
static void adopt_first_objects(Builder *builder) {
    ObjectMaker *maker = &builder->maker;
    Heap *heap = maker->heap;
    set_class_index(builder, heap->nil, maker->class_indices[KNOWN_UNDEFINED_OBJECT]);
    set_class_index(builder, heap->false_object, maker->class_indices[KNOWN_FALSE]);
    set_class_index(builder, heap->true_object, maker->class_indices[KNOWN_TRUE]);
    set_class_index(builder, heap->special_objects, maker->class_indices[KNOWN_ARRAY]);
    enter_second_tag(builder);
}

static void make_bindings(Builder *builder, const GraphClass *class) {
    ObjectMaker *maker = &builder->maker;
    ClassImage *image = builder_image(builder, class);
    image->binding = builder_global(builder, class->name);
    make_store(maker, image->binding, ASSOCIATION_VALUE, image->class_object);
    image->metaclass_binding = make_binding(maker, builder->dialect->metaclass_binding,
                                            make_nil(maker), image->metaclass);
    for (size_t i = 0; i < class->class_variables.count; i++) {
        Text name = class->class_variables.items[i];
        KnownClass role = builder->dialect->class_variable;
        Oop binding = make_binding(maker, role, make_symbol(maker, name), make_nil(maker));
        make_fill_known(maker, binding, role, KNOWN_SLOT_OWNING_CLASS, image->class_object);
        if (!text_map_put(&image->variables, maker->arena, name,
                          (void *)(uintptr_t)oop_bits(binding)))
            maker->failed = true;
    }
}

static void find_pools(Builder *builder, const GraphClass *class) {
    ClassImage *image = builder_image(builder, class);
    const Texts *names = &class->source->pools;
    image->pools = arena_new_array(builder->maker.arena, const GraphClass *, names->count + 1);
    for (size_t i = 0; image->pools && i < names->count; i++) {
        const GraphClass *pool = class_graph_at(&builder->graph, names->items[i]);
        if (pool)
            image->pools[image->pool_count++] = pool;
        else
            class_graph_complain_of(&builder->graph, SEVERITY_WARNING, class,
                                    "the pool '%.*s' of '%.*s' is absent",
                                    TEXT_ARGUMENTS(names->items[i]), TEXT_ARGUMENTS(class->name));
    }
}

void build_class_objects(Builder *builder) {
    ObjectMaker *maker = &builder->maker;
    ClassGraph *graph = &builder->graph;
    builder->images = arena_new_array(maker->arena, ClassImage, graph->count + 1);
    if (!builder->images) {
        maker->failed = true;
        return;
    }
    for (size_t i = 0; i < graph->count; i++)
        make_class_object(builder, graph->classes[i]);
    for (unsigned i = 0; i < KNOWN_CLASS_COUNT; i++)
        if (maker->classes[i])
            maker->class_indices[i] = builder_image(builder, maker->classes[i])->class_index;
    for (size_t i = 0; i < graph->count; i++) {
        ClassImage *image = &builder->images[i];
        KnownClass meta = graph->classes[i]->is_trait ? KNOWN_TRAIT_METACLASS : KNOWN_METACLASS;
        set_class_index(builder, image->class_object, image->metaclass_index);
        set_class_index(builder, image->metaclass, maker->class_indices[meta]);
    }
    if (maker->failed) return;
    adopt_first_objects(builder);
    for (size_t i = 0; i < graph->count; i++)
        make_bindings(builder, graph->classes[i]);
    for (size_t i = 0; i < graph->count; i++)
        find_pools(builder, graph->classes[i]);
}

// ---- filling

void build_fill(Builder *builder, const SideImage *side, KnownSlot slot, Oop value) {
    make_fill(&builder->maker, side->object, side->shape, side->shape_side, slot, value);
}

// Above the metaclass of a class without superclass stands Class; above that of a trait, Trait.
static Oop superclass_object(Builder *builder, const SideImage *side) {
    const ObjectMaker *maker = &builder->maker;
    const GraphClass *class = side->class;
    if (side->side == INSTANCE_SIDE) return builder_class_object(builder, class->superclass);
    if (class->superclass) return builder_image(builder, class->superclass)->metaclass;
    bool is_trait = class->is_trait && maker->classes[KNOWN_TRAIT];
    return builder_class_object(builder, maker->classes[is_trait ? KNOWN_TRAIT : KNOWN_CLASS]);
}

static Oop format_of(Builder *builder, const SideImage *side) {
    size_t count = side->class->sides[side->side].all_variables.count;
    unsigned format =
        side->side == CLASS_SIDE ? FORMAT_FIXED : class_kind_format(side->class->kind, count > 0);
    return make_integer(&builder->maker, (int64_t)((uint64_t)format << 16 | count));
}

static void fill_side(Builder *builder, const SideImage *side) {
    ObjectMaker *maker = &builder->maker;
    // Where the VM looks for them, whatever they are called.
    make_store(maker, side->object, CLASS_SUPERCLASS, superclass_object(builder, side));
    make_store(maker, side->object, CLASS_FORMAT, format_of(builder, side));
    builder->dialect->fill_side(builder, side);
}

static Oop class_pool(Builder *builder, const ClassImage *image) {
    ObjectMaker *maker = &builder->maker;
    size_t count = image->variables.count;
    Oop *associations = arena_new_array(maker->arena, Oop, count + 1);
    if (!associations || count == 0 || !maker->classes[KNOWN_DICTIONARY]) return make_nil(maker);
    for (size_t i = 0; i < count; i++)
        associations[i] = oop_from_bits((uint64_t)(uintptr_t)image->variables.entries[i].value);
    return builder->dialect->dictionary(builder, KNOWN_DICTIONARY, associations, count);
}

static void fill_class(Builder *builder, const GraphClass *class) {
    ObjectMaker *maker = &builder->maker;
    const ClassImage *image = builder_image(builder, class);
    SideImage side = {class, INSTANCE_SIDE, image->class_object, class, CLASS_SIDE};
    SideImage meta = {class, CLASS_SIDE, image->metaclass, maker->classes[KNOWN_METACLASS],
                      INSTANCE_SIDE};
    fill_side(builder, &side);
    fill_side(builder, &meta);
    build_fill(builder, &meta, KNOWN_SLOT_THIS_CLASS, image->class_object);
    build_fill(builder, &side, KNOWN_SLOT_NAME, make_symbol(maker, class->name));
    build_fill(builder, &side, KNOWN_SLOT_SUBCLASSES,
         builder_class_array(builder, (const GraphClass *const *)class->subclasses,
                             class->subclass_count));
    build_fill(builder, &side, KNOWN_SLOT_CLASS_POOL, class_pool(builder, image));
    build_fill(builder, &side, KNOWN_SLOT_ENVIRONMENT, builder->globals_object);
    builder->dialect->fill_class(builder, &side);
}

void build_fill_classes(Builder *builder) {
    for (size_t i = 0; i < builder->graph.count; i++)
        fill_class(builder, builder->graph.classes[i]);
}
