// SPDX-License-Identifier: MIT
// What the compiler answers, made into objects: methods, blocks and literals (code.h). Literals are
// read-only, arrays to their depth, as Pharo has them.
#ifndef PARLEY_COMPILE_MATERIALISE_H
#define PARLEY_COMPILE_MATERIALISE_H

#include "compile/code.h"
#include "compile/object_maker.h"

typedef struct Materialiser {
    ObjectMaker *maker;
    Oop class_binding;
    bool copies_class_binding; // in blocks, as Opal does: searches for uses shall not find it there
    // The association of a global, class or pool variable.
    Oop (*binding)(void *context, Text name);
    void *context;
    uint64_t source_position; // plus one; 0: no source
    Oop source; // a String that the method keeps as its property `source`; oop_none(): none
} Materialiser;

// A CompiledMethod. Header word:
//
//    sign       28  27 24 23     18  17      16      15           0
//   +--------+----+------+---------+-------+-----------+------------+
//   | Sista? |  0 | args |  temps  | large | primitive | literals   |
//   +--------+----+------+---------+-------+-----------+------------+
//
// Behind the bytecodes come five bytes: the source position, four bytes, least significant first,
// and a zero, for the text that the builder wrote.
Oop materialise_method(Materialiser *materialiser, const Code *code, BytecodeSet set);

#endif
