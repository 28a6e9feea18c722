// SPDX-License-Identifier: MIT
// What the parts of the image builder share: the classes as objects, the names that code can bind
// to, the text of all methods. Parts, in the order in which they work:
//
//     build_classes.c     class objects, their indices, variables, pools
//     build_methods.c     compiles, lays out method dictionaries, keeps the sources
//     build_system.c      globals, special objects, the first process
//     image_builder.c     puts them together and writes the file
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

typedef struct Builder {
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
    BuildCounts counts;
} Builder;

static inline ClassImage *builder_image(Builder *builder, const GraphClass *class) {
    return &builder->images[class->number];
}
// The Array, or nil when there are none.
Oop builder_class_array(Builder *builder, const GraphClass *const *classes, size_t count);
Oop builder_class_object(Builder *builder, const GraphClass *class); // nil for NULL
// The association of a global, made if need be.
Oop builder_global(Builder *builder, Text name);

// ---- build_classes.c
bool build_find_known_classes(Builder *builder); // false: complained that one is missing
void build_class_objects(Builder *builder);
void build_fill_classes(Builder *builder); // when methods and globals are there

// ---- build_methods.c
void build_methods(Builder *builder);
// The association that a name stands for in a class's methods; oop_none(): nobody knows it.
Oop build_find_binding(Builder *builder, const GraphClass *class, Text name);

// ---- build_system.c
void build_system(Builder *builder);
// The class variable Table of Symbol; all symbols must have been made.
void build_symbol_table(Builder *builder);
// Classes with an `initialize` of their own on the class side, in the order in which it must be
// run.
Oop build_initialization_order(Builder *builder);

#endif
