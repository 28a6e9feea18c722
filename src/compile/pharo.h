// SPDX-License-Identifier: MIT
// What the parts of the builder that know Pharo share. Its objects are made by the names that the
// sources give their classes and variables: a class that is absent is an error, a variable that a
// class does not have is left out.
//
//     pharo_objects.c     instances, hashed collections as Pharo hashes them
//     pharo_hash_sizes.c  the capacities that these grow to
//     pharo_classes.c     layouts, scopes and slots; protocols; packages and their tags
//     pharo_system.c      the dialect: globals, the first statements
#ifndef PARLEY_COMPILE_PHARO_H
#define PARLEY_COMPILE_PHARO_H

#include "compile/builder.h"

// What is made before classes are filled; by GraphClass.number.
struct PharoState {
    Oop empty_scope;
    Oop *scopes[2]; // of both sides; oop_none(): not made yet
    Oop *tags;
};

typedef struct PharoObject {
    Oop oop;
    const GraphClass *class;
} PharoObject;

// An instance with so many indexed variables; nil after a complaint that the class is absent.
PharoObject pharo_new(Builder *builder, const char *class_name, size_t indexed);
void pharo_put(Builder *builder, PharoObject object, const char *variable, Oop value);
void pharo_at_put(Builder *builder, PharoObject object, size_t index, Oop value); // index from 0

// The hash of an element of a hashed collection, as its class in Pharo computes it.
typedef uint64_t PharoHash(Builder *builder, Oop object);
uint64_t pharo_identity_hash(Builder *builder, Oop object);
uint64_t pharo_string_hash(Builder *builder, Oop string);

// A Dictionary, or kin, of associations, hashed by their keys; a Set, or kin, of elements.
Oop pharo_dictionary(Builder *builder, const char *class_name, PharoHash *hash,
                     const Oop *associations, size_t count);
Oop pharo_set(Builder *builder, const char *class_name, PharoHash *hash, const Oop *elements,
              size_t count);
// Stores into a variable of a class object; no such class: an error.
void pharo_put_class_variable(Builder *builder, const char *class_name, const char *variable,
                              Oop value);
Oop pharo_ordered_collection(Builder *builder, const Oop *elements, size_t count);

// ---- pharo_classes.c
void pharo_fill_side(Builder *builder, const SideImage *side);
void pharo_fill_class(Builder *builder, const SideImage *side);
// The PackageOrganizer of all packages. Comes before classes are filled, which refer to its tags,
// and begins builder->pharo.
Oop pharo_organizer(Builder *builder);

// ---- pharo_hash_sizes.c
Oop pharo_hash_sizes(Builder *builder); // an Array

#endif
