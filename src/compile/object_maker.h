// SPDX-License-Identifier: MIT
// Making the objects of a new image, in old space and without a VM that runs: symbols (each once),
// strings, numbers, arrays, associations, instances whose variables are filled by name. All classes
// have their index before the first instance is made.
//
// Nothing moves while a builder works, so oops are held in C variables. When memory runs out the
// answer is nil and maker->failed is set: whoever builds something large looks once, at the end.
#ifndef PARLEY_COMPILE_OBJECT_MAKER_H
#define PARLEY_COMPILE_OBJECT_MAKER_H

#include "compile/class_graph.h"
#include "memory/heap.h"

typedef enum KnownClass {
#define KNOWN_CLASS(ROLE, name, other, index, required) KNOWN_##ROLE,
#include "compile/known_classes.tbl"
#undef KNOWN_CLASS
    KNOWN_CLASS_COUNT
} KnownClass;

typedef enum KnownSlot {
#define KNOWN_SLOT(NAME, name, text) KNOWN_SLOT_##NAME,
#include "compile/known_slots.tbl"
#undef KNOWN_SLOT
    KNOWN_SLOT_COUNT
} KnownSlot;

typedef struct ObjectMaker {
    Heap *heap;
    CodeArena *arena;
    const GraphClass *classes[KNOWN_CLASS_COUNT]; // NULL: the sources have none
    uint64_t class_indices[KNOWN_CLASS_COUNT];
    TextMap symbols; // text -> the oop's bits
    bool failed;
} ObjectMaker;

Oop make_object(ObjectMaker *maker, uint64_t class_index, unsigned format, uint64_t slot_count);
// An instance of a class with named variables only.
Oop make_instance(ObjectMaker *maker, KnownClass role);
// Stores where the class, as the sources have it, has a variable of that name.
void make_fill_named(ObjectMaker *maker, Oop object, const GraphClass *shape, int side,
                     const char *name, Oop value);
void make_fill(ObjectMaker *maker, Oop object, const GraphClass *shape, int side, KnownSlot slot,
               Oop value);
void make_fill_known(ObjectMaker *maker, Oop instance, KnownClass role, KnownSlot slot, Oop value);
void make_store(ObjectMaker *maker, Oop object, size_t index, Oop value);

Oop make_symbol(ObjectMaker *maker, Text text);
Oop make_string(ObjectMaker *maker, Text utf8); // wide where it must be; UTF-8 that is none: bytes
Oop make_bytes(ObjectMaker *maker, KnownClass role, const void *bytes, size_t size);
Oop make_array(ObjectMaker *maker, size_t count);
Oop make_symbols(ObjectMaker *maker, const Texts *texts); // an Array of Symbols
Oop make_association(ObjectMaker *maker, Oop key, Oop value);
// An instance of a class whose first variables are a key and a value, as those of Association.
Oop make_binding(ObjectMaker *maker, KnownClass role, Oop key, Oop value);
Oop make_integer(ObjectMaker *maker, int64_t value);
// From its magnitude, least significant byte first.
Oop make_large_integer(ObjectMaker *maker, Text magnitude, bool is_negative);
Oop make_float(ObjectMaker *maker, double value);
Oop make_character(int64_t code_point);
Oop make_nil(const ObjectMaker *maker);
Oop make_bool(const ObjectMaker *maker, bool value);
Oop make_copy(ObjectMaker *maker, Oop object); // of an object of slots only
void make_read_only(ObjectMaker *maker, Oop object);

// A hashed collection as it is before it is hashed: so many first elements of its array are in use.
Oop make_dictionary(ObjectMaker *maker, KnownClass role, const Oop *associations, size_t count);
// A method dictionary, hashed by the identity hashes of the selectors.
Oop make_method_dictionary(ObjectMaker *maker, const Oop *selectors, const Oop *methods,
                           size_t count);

#endif
