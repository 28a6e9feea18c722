// SPDX-License-Identifier: MIT
// What Pharo's class objects have besides what every class has: layouts, with a scope per class and
// a slot per instance variable; protocols as objects; a tag of a package.
//
//     class --layout--> FixedLayout --slotScope--> LayoutClassScope: slots
//       |                   |                            |
//       |                  host                     parentScope, of the superclass's layout
//       `--packageTag--> PackageTag --package--> Package --organizer--> PackageOrganizer
//
// The scope above those of Object's kin is the only LayoutEmptyScope; above that of a metaclass
// without superclass stands that of Class. Layouts of bytes and words have no scope.
#include "compile/pharo.h"
#include "object/ops.h"

static const char root_tag[] = "Uncategorized";

// A list that ends in an Array or a collection; there is room for what it was made for.
typedef struct OopList {
    Oop *items;
    size_t count;
} OopList;

static OopList list_for(Builder *builder, size_t capacity) {
    OopList list = {arena_new_array(builder->maker.arena, Oop, capacity + 1), 0};
    if (!list.items) builder->maker.failed = true;
    return list;
}

static void list_add(OopList *list, Oop oop) {
    if (list->items) list->items[list->count++] = oop;
}

// ---- layouts

static bool has_scope(const GraphClass *class, int side) {
    ClassKind kind = class->kind;
    return side == CLASS_SIDE || kind == CLASS_KIND_NORMAL || kind == CLASS_KIND_VARIABLE ||
           kind == CLASS_KIND_WEAK || kind == CLASS_KIND_EPHEMERON;
}

// The only instance of a class that keeps it in a variable of its own.
static Oop only_instance(Builder *builder, const char *class_name) {
    Oop instance = pharo_new(builder, class_name, 0).oop;
    pharo_put_class_variable(builder, class_name, "instance", instance);
    return instance;
}

static Oop make_slot(Builder *builder, const SideImage *side, size_t number, size_t inherited) {
    ObjectMaker *maker = &builder->maker;
    PharoObject slot = pharo_new(builder, "InstanceVariableSlot", 0);
    Text name = side->class->sides[side->side].variables.items[number];
    pharo_put(builder, slot, "name", make_symbol(maker, name));
    pharo_put(builder, slot, "owningClass", side->object);
    pharo_put(builder, slot, "index", make_integer(maker, (int64_t)(inherited + number + 1)));
    return slot.oop;
}

// Superclasses are filled first, and Class before what stands below it.
static Oop parent_scope(Builder *builder, const GraphClass *class, int side) {
    for (class = class->superclass; class; class = class->superclass)
        if (has_scope(class, side)) return builder->pharo->scopes[side][class->number];
    const GraphClass *above = builder->maker.classes[KNOWN_CLASS];
    return side == CLASS_SIDE ? builder->pharo->scopes[INSTANCE_SIDE][above->number]
                              : builder->pharo->empty_scope;
}

static Oop make_scope(Builder *builder, const SideImage *side) {
    const ClassSide *variables = &side->class->sides[side->side];
    size_t own = variables->variables.count, inherited = variables->all_variables.count - own;
    PharoObject scope = pharo_new(builder, "LayoutClassScope", own);
    pharo_put(builder, scope, "parentScope", parent_scope(builder, side->class, side->side));
    for (size_t i = 0; i < own; i++)
        pharo_at_put(builder, scope, i, make_slot(builder, side, i, inherited));
    return scope.oop;
}

static Oop make_layout(Builder *builder, const SideImage *side) {
    ClassKind kind = side->side == CLASS_SIDE ? CLASS_KIND_NORMAL : side->class->kind;
    PharoObject layout = pharo_new(builder, class_kind_layout(kind), 0);
    pharo_put(builder, layout, "host", side->object);
    if (has_scope(side->class, side->side)) {
        Oop *scope = &builder->pharo->scopes[side->side][side->class->number];
        if (oop_is_none(*scope)) *scope = make_scope(builder, side);
        pharo_put(builder, layout, "slotScope", *scope);
    }
    return layout.oop;
}

static SideImage instance_side(Builder *builder, const GraphClass *class) {
    return (SideImage){class, INSTANCE_SIDE, builder_image(builder, class)->class_object, class,
                       CLASS_SIDE};
}

// The scopes of Class, and of what it inherits from, which metaclasses need before their turn.
static void make_class_scopes(Builder *builder, const GraphClass *class) {
    if (!class) return;
    make_class_scopes(builder, class->superclass);
    SideImage side = instance_side(builder, class);
    builder->pharo->scopes[INSTANCE_SIDE][class->number] = make_scope(builder, &side);
}

static bool begin_layouts(Builder *builder) {
    ObjectMaker *maker = &builder->maker;
    PharoState *pharo = builder->pharo = arena_new(maker->arena, PharoState);
    for (int side = INSTANCE_SIDE; pharo && side <= CLASS_SIDE; side++) {
        pharo->scopes[side] = arena_new_array(maker->arena, Oop, builder->graph.count + 1);
        for (size_t i = 0; pharo->scopes[side] && i < builder->graph.count; i++)
            pharo->scopes[side][i] = oop_none();
    }
    if (pharo) pharo->tags = arena_new_array(maker->arena, Oop, builder->graph.count + 1);
    if (maker->arena->is_exhausted) maker->failed = true;
    if (maker->failed) return false;
    pharo->empty_scope = only_instance(builder, "LayoutEmptyScope");
    only_instance(builder, "EmptyLayout");
    make_class_scopes(builder, maker->classes[KNOWN_CLASS]);
    return true;
}

// ---- protocols

static Oop make_protocol(Builder *builder, const SideImage *side, Oop name) {
    ObjectMaker *maker = &builder->maker;
    const TextMap *methods = &side->class->sides[side->side].methods;
    OopList selectors = list_for(builder, methods->count);
    for (size_t i = 0; i < methods->count; i++) {
        const GraphMethod *method = methods->entries[i].value;
        if (oop_bits(builder_protocol(builder, method)) == oop_bits(name))
            list_add(&selectors, make_symbol(maker, method->selector));
    }
    PharoObject protocol = pharo_new(builder, "Protocol", 0);
    pharo_put(builder, protocol, "name", name);
    pharo_put(builder, protocol, "methodSelectors",
              builder_array(builder, selectors.items, selectors.count));
    pharo_put(builder, protocol, "owningClass", side->object);
    return protocol.oop;
}

static bool list_includes(const OopList *list, Oop oop) {
    for (size_t i = 0; i < list->count; i++)
        if (oop_bits(list->items[i]) == oop_bits(oop)) return true;
    return false;
}

// In the order in which methods name them.
static Oop make_protocols(Builder *builder, const SideImage *side) {
    const TextMap *methods = &side->class->sides[side->side].methods;
    OopList names = list_for(builder, methods->count);
    for (size_t i = 0; i < methods->count; i++) {
        Oop name = builder_protocol(builder, methods->entries[i].value);
        if (!list_includes(&names, name)) list_add(&names, name);
    }
    Oop protocols = make_array(&builder->maker, names.count);
    for (size_t i = 0; i < names.count; i++)
        make_store(&builder->maker, protocols, i, make_protocol(builder, side, names.items[i]));
    return protocols;
}

// ---- packages

static bool is_in(const GraphClass *class, const SourcePackage *package, Text tag) {
    Text own = class->source->tag.length ? class->source->tag : text_from_chars(root_tag);
    return class->source->package == package && text_equals(own, tag);
}

static Oop make_tag(Builder *builder, PharoObject package_object, const SourcePackage *package,
                    Text name) {
    const ClassGraph *graph = &builder->graph;
    PharoObject tag = pharo_new(builder, "PackageTag", 0);
    OopList classes = list_for(builder, graph->count);
    for (size_t i = 0; i < graph->count; i++) {
        if (!is_in(graph->classes[i], package, name)) continue;
        list_add(&classes, builder_class_object(builder, graph->classes[i]));
        builder->pharo->tags[i] = tag.oop;
    }
    pharo_put(builder, tag, "package", package_object.oop);
    pharo_put(builder, tag, "name", make_symbol(&builder->maker, name));
    pharo_put(builder, tag, "classes",
              pharo_set(builder, "IdentitySet", pharo_identity_hash, classes.items, classes.count));
    return tag.oop;
}

static Oop make_tags(Builder *builder, PharoObject package_object, const SourcePackage *package) {
    const ClassGraph *graph = &builder->graph;
    OopList tags = list_for(builder, graph->count);
    TextMap seen = {0};
    for (size_t i = 0; i < graph->count; i++) {
        const GraphClass *class = graph->classes[i];
        Text name = class->source->tag.length ? class->source->tag : text_from_chars(root_tag);
        if (class->source->package != package || text_map_at(&seen, name)) continue;
        text_map_put(&seen, builder->maker.arena, name, &seen);
        list_add(&tags, make_tag(builder, package_object, package, name));
    }
    return pharo_set(builder, "Set", pharo_identity_hash, tags.items, tags.count);
}

static PharoObject begin_package(Builder *builder, const char *class_name, PharoObject organizer) {
    PharoObject object = pharo_new(builder, class_name, 0);
    pharo_put(builder, object, "organizer", organizer.oop);
    pharo_put(builder, object, "extensionSelectors",
              pharo_dictionary(builder, "IdentityDictionary", pharo_identity_hash, NULL, 0));
    return object;
}

static Oop make_package(Builder *builder, const SourcePackage *package, PharoObject organizer) {
    PharoObject object = begin_package(builder, "Package", organizer);
    Oop name = make_symbol(&builder->maker, package->name);
    pharo_put(builder, object, "name", name);
    pharo_put(builder, object, "tags", make_tags(builder, object, package));
    return make_association(&builder->maker, name, object.oop);
}

// Where classes belong that have no package.
static Oop make_undefined_package(Builder *builder, PharoObject organizer) {
    PharoObject object = begin_package(builder, "UndefinedPackage", organizer);
    PharoObject tag = pharo_new(builder, "UndefinedPackageTag", 0);
    pharo_put(builder, tag, "package", object.oop);
    pharo_put(builder, tag, "classes",
              pharo_set(builder, "IdentitySet", pharo_identity_hash, NULL, 0));
    pharo_put(builder, object, "tags", pharo_set(builder, "Set", pharo_identity_hash, NULL, 0));
    pharo_put(builder, object, "undefinedTag", tag.oop);
    Oop name = make_symbol(&builder->maker, text_from_chars("_UnpackagedPackage"));
    return make_association(&builder->maker, name, object.oop);
}

Oop pharo_organizer(Builder *builder) {
    const SourceTree *tree = builder->tree;
    if (!begin_layouts(builder)) return make_nil(&builder->maker);
    PharoObject organizer = pharo_new(builder, "PackageOrganizer", 0);
    OopList packages = list_for(builder, tree->packages.count + 1);
    list_add(&packages, make_undefined_package(builder, organizer));
    for (size_t i = 0; i < tree->packages.count; i++)
        list_add(&packages, make_package(builder, tree->packages.items[i], organizer));
    pharo_put(builder, organizer, "environment", builder->globals_object);
    pharo_put(builder, organizer, "packages",
              pharo_dictionary(builder, "IdentityDictionary", pharo_identity_hash, packages.items,
                               packages.count));
    return organizer.oop;
}

// ---- filling

void pharo_fill_side(Builder *builder, const SideImage *side) {
    make_fill_named(&builder->maker, side->object, side->shape, side->shape_side, "layout",
                    make_layout(builder, side));
    build_fill(builder, side, KNOWN_SLOT_PROTOCOLS, make_protocols(builder, side));
}

void pharo_fill_class(Builder *builder, const SideImage *side) {
    const ClassImage *image = builder_image(builder, side->class);
    OopList pools = list_for(builder, image->pool_count);
    for (size_t i = 0; i < image->pool_count; i++)
        list_add(&pools, builder_class_object(builder, image->pools[i]));
    if (pools.count)
        build_fill(builder, side, KNOWN_SLOT_SHARED_POOLS,
                   pharo_ordered_collection(builder, pools.items, pools.count));
    make_fill_named(&builder->maker, side->object, side->shape, side->shape_side, "packageTag",
                    builder->pharo->tags[side->class->number]);
}
