// SPDX-License-Identifier: MIT
// What names mean in the classes of a SourceTree, for compiling its methods where they stand:
// instance variables along the superclasses and from traits, class variables, pools, and as globals
// the classes and traits themselves.
//
//     NameWorld world;
//     if (!name_world_start(&world, tree)) ...        // no memory
//     name_world_enter(&world, method, &unit);        // for each method
//
// A class that the tree lacks has no variables; of two with one name the last counts.
#ifndef PARLEY_COMPILE_NAME_WORLD_H
#define PARLEY_COMPILE_NAME_WORLD_H

#include "compile/source_tree.h"
#include "compile/unit.h"

typedef struct NamedClass {
    const SourceClass *source;
    struct NamedClass *superclass;
    Texts traits;
    Texts variables, class_variables; // all instance variables of either side, inherited first
    bool has_variables, has_class_variables, is_visited;
} NamedClass;

typedef struct NameWorld {
    SourceTree *tree;
    NamedClass *classes;
    uint32_t *buckets; // indices plus one
    size_t class_count, bucket_count;
    NamedClass *current;
} NameWorld;

bool name_world_start(NameWorld *world, SourceTree *tree);
NamedClass *name_world_class(NameWorld *world, Text name); // NULL: there is none
// Sets the unit's place, instance variables and lookup for this method. The unit is good until the
// next one is entered.
void name_world_enter(NameWorld *world, const SourceMethod *method, CompileUnit *unit);

#endif
