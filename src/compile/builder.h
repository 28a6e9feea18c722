// SPDX-License-Identifier: MIT
// What the parts of the image builder share: the classes as objects, the names that code can bind
// to, the text of all methods. Parts, in the order in which they work:
//
//     build_classes.c     class objects, their indices, variables, pools
//     build_methods.c     compiles, lays out method dictionaries, keeps the sources
//     build_system.c      globals, special objects, the first process
//     image_builder.c     puts them together and writes the file
//
// What is not the same in all systems that are built is a dialect's business: build_kernel.c lays
// out our own kernel, pharo_system.c Pharo.
#ifndef PARLEY_COMPILE_BUILDER_H
#define PARLEY_COMPILE_BUILDER_H

#include "compile/image_builder.h"
#include "compile/object_maker.h"

// A class of the graph as objects, by its number.
typedef struct ClassImage {
    Oop class_object, metaclass;
    Oop binding, metaclass_binding; // associations: name -> class, nil -> metaclass
    uint64_t class_index, metaclass_index;
    TextMap variables; // class variables: name -> the association's bits
    const GraphClass **pools;
    size_t pool_count;
} ClassImage;

typedef struct Builder Builder;
typedef struct PharoState PharoState;

// One side of a class: as its class object, or its metaclass. `shape` and `shape_side` say what
// variables that has.
typedef struct SideImage {
    const GraphClass *class;
    int side;
    Oop object;
    const GraphClass *shape;
    int shape_side;
} SideImage;

typedef struct BuildDialect {
    // What names, and metaclasses, are bound to.
    KnownClass global, class_variable, undeclared, metaclass_binding;
    const char *const *globals; // that code may use though no file defines them; ends with NULL
    bool copies_class_binding;   // see Materialiser
    const char *method_line_end; // of the texts of methods: "\n" or "\r"
    // A dictionary of associations, or of what a name is bound to.
    Oop (*dictionary)(Builder *builder, KnownClass role, const Oop *associations, size_t count);
    // The variables of class objects that are not the same in all dialects.
    void (*fill_side)(Builder *builder, const SideImage *side);
    void (*fill_class)(Builder *builder, const SideImage *side);
    // The String that a method keeps its source in; oop_none(): it does not.
    Oop (*method_source)(Builder *builder, Text text);
    // What the first process runs; oop_none() after a complaint.
    Oop (*first_method)(Builder *builder, Oop *receiver);
    void (*declare)(Builder *builder); // globals, before dictionaries are made of them
    void (*finish)(Builder *builder);  // when everything is there
} BuildDialect;

struct Builder {
    const BuildDialect *dialect;
    SourceTree *tree;
    ClassGraph graph;
    ObjectMaker maker;
    const BuildOptions *options;
    ClassImage *images; // by GraphClass.number
    TextMap globals;    // name -> the association's bits
    TextMap undeclared; // the same, of names that nobody defines
    Oop globals_object;
    Oop initializer_method; // where the first process begins
    char *sources;          // texts of all methods, each ended by a zero byte
    size_t sources_size, sources_capacity;
    TextMap source_positions; // text -> position plus one
    PharoState *pharo;        // NULL in other dialects
    BuildCounts counts;
};

static inline ClassImage *builder_image(Builder *builder, const GraphClass *class) {
    return &builder->images[class->number];
}
// The Array, or nil when there are none.
Oop builder_class_array(Builder *builder, const GraphClass *const *classes, size_t count);
Oop builder_array(Builder *builder, const Oop *items, size_t count);
// The Symbol that names a method's protocol. Extensions belong to the one named after their package.
Oop builder_protocol(Builder *builder, const GraphMethod *method);
Oop builder_class_object(Builder *builder, const GraphClass *class); // nil for NULL
// The association of a global, made if need be.
Oop builder_global(Builder *builder, Text name);

// ---- build_classes.c
bool build_find_known_classes(Builder *builder); // false: complained that one is missing
void build_class_objects(Builder *builder);
void build_fill_classes(Builder *builder); // when methods and globals are there
void build_fill(Builder *builder, const SideImage *side, KnownSlot slot, Oop value);

// ---- build_methods.c
void build_methods(Builder *builder);
// The association that a name stands for in a class's methods; oop_none(): nobody knows it.
Oop build_find_binding(Builder *builder, const GraphClass *class, Text name);
// A method DoIt of UndefinedObject, of statements without a pattern; oop_none() after a complaint.
Oop build_expression(Builder *builder, Text statements);

// ---- build_system.c
void build_system(Builder *builder);
void build_set_global(Builder *builder, const char *name, Oop value);

// ---- build_kernel.c, pharo_system.c
extern const BuildDialect build_kernel_dialect, build_pharo_dialect;

#endif
