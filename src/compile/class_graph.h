// SPDX-License-Identifier: MIT
// Sources linked: every class with its superclass, its variables and all the methods that it will
// have, traits composed into it. No heap is involved. What is wrong becomes a diagnostic of the
// source tree: an absent or cyclic superclass or trait, a class defined twice, variables in each
// other's way, an odd kind of class (errors); extensions of absent classes, methods defined twice
// (warnings).
//
//     ClassGraph graph;
//     if (!class_graph_link(&graph, tree)) ...      // errors, see tree->diagnostics
//     for (size_t i = 0; i < graph.count; i++)      // superclasses first
//         use(graph.classes[i]);
//
// How traits are composed (traits.c): a class's own methods win over those of its traits; of two
// traits that have a method of the same name, of different origin, neither wins, and the class gets
// a method that sends `traitConflict`. A method that says only `self explicitRequirement` gives way
// to any other, inherited ones included.
#ifndef PARLEY_COMPILE_CLASS_GRAPH_H
#define PARLEY_COMPILE_CLASS_GRAPH_H

#include "compile/source_tree.h"
#include "compile/text_map.h"

typedef struct GraphClass GraphClass;

typedef struct GraphMethod {
    const SourceMethod *source;
    GraphClass *origin; // the class or trait that defines it
    Text selector;      // by which it is found: an alias has another than its source
    Text text, category;
    bool is_required; // explicitRequirement
    bool is_conflict; // made up because traits disagree
} GraphMethod;

// A trait in a composition, with what is done to it.
typedef struct TraitUse {
    GraphClass *trait;
    Texts exclusions, removed_variables;
    Texts aliases, alias_originals; // new selectors and old ones, in pairs
} TraitUse;

typedef struct TraitUses {
    TraitUse *items;
    size_t count, capacity;
} TraitUses;

typedef struct ClassSide {
    Texts variables;     // own instance variables, traits' included
    Texts all_variables; // inherited ones first
    TextMap methods;     // selector -> GraphMethod
    TraitUses traits;
} ClassSide;

enum { INSTANCE_SIDE, CLASS_SIDE };

struct GraphClass {
    const SourceClass *source;
    Text name;
    bool is_trait;
    GraphClass *superclass; // NULL: none
    ClassKind kind;
    size_t number; // in graph.classes
    ClassSide sides[2];
    Texts class_variables;
    GraphClass **subclasses;
    size_t subclass_count, subclass_capacity;
    unsigned char order_state, trait_state; // of the search: 0 not seen, 1 on the way, 2 done
};

typedef struct ClassGraph {
    SourceTree *tree;
    TextMap by_name;      // name -> GraphClass
    GraphClass **classes; // traits and classes, each behind its superclass and its traits
    size_t count, capacity;
    GraphClass *class_class, *trait_class; // Class, whose variables class objects have; Trait
} ClassGraph;

// False: there are errors. The graph lives in the tree's arena.
bool class_graph_link(ClassGraph *graph, SourceTree *tree);
GraphClass *class_graph_at(const ClassGraph *graph, Text name); // NULL: absent
const GraphMethod *graph_method_at(const GraphClass *class, int side, Text selector);
// Also inherited ones. For class sides the way leads on to Class.
const GraphMethod *graph_method_lookup(const ClassGraph *graph, const GraphClass *class, int side,
                                       Text selector);
bool graph_class_inherits_from(const GraphClass *class, const GraphClass *other);

// ---- traits.c
// Composes the traits of both sides into the class, whose own methods are there already.
void class_graph_compose_traits(ClassGraph *graph, GraphClass *class);

void class_graph_complain(ClassGraph *graph, Severity severity, const SourcePlace *place,
                          const char *format, ...) __attribute__((format(printf, 4, 5)));
// The same about a class, at its name.
void class_graph_complain_of(ClassGraph *graph, Severity severity, const GraphClass *class,
                             const char *format, ...) __attribute__((format(printf, 4, 5)));

#endif
