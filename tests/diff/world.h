// SPDX-License-Identifier: MIT
// The small world that differential tests run in: a VM with the classes of unit/prim_fixture.h
// below one root, kinds of operands, and methods that make visible what is sent.
//
// A message that the VM itself sends (doesNotUnderstand:, mustBeBoolean, attemptToAssign:...) finds
// a method that stops the VM, and so does each primitive that failed: then the frames, down to the
// one under test, stand as they are and can be compared. Special selectors find the primitives that
// images have for them. Messages for tests:
//   stop              ends the run
//   known0, known1:...     answer their last argument (known0: the receiver)
//   unknown0, unknown1:... are not understood
//   test0, test1:...  the method under test
//
// Nothing here ever collects, so what was made stays where it is.
#ifndef PARLEY_TESTS_DIFF_WORLD_H
#define PARLEY_TESTS_DIFF_WORLD_H

#include "run/vm.h"

enum { WORLD_ARGUMENTS = 8, WORLD_KINDS = 96, WORLD_SPECIAL_SENDS = 32 };

typedef struct WorldKind {
    const char *name;
    Oop oop;
} WorldKind;

typedef struct World {
    VM *vm;
    WorldKind kinds[WORLD_KINDS];
    unsigned kind_count;
    Oop stop, known[WORLD_ARGUMENTS + 1], unknown[WORLD_ARGUMENTS + 1], test[WORLD_ARGUMENTS + 1];
    Oop drivers[WORLD_ARGUMENTS + 1]; // methods that send test0, test1:..., and stop
    Oop root, dictionary;             // the class above all others, and its methods
    Oop class_binding;                // of a class below the root, for sends to super
    Oop variables[4];                 // associations: plain, read-only, old, with more fields
    Oop blocks[4];                    // code for full closures, with 0 to 3 arguments
} World;

bool world_open(World *world, Diagnosis *diagnosis);
// False: the heap does not verify.
bool world_close(World *world);
// The method understood by all objects; enters the selector if it is new.
void world_define(World *world, Oop selector, Oop method);
// The primitive that all objects have for a special selector; 0: none.
unsigned world_special_primitive(unsigned index);
const char *world_kind_name(const World *world, Oop oop); // NULL: none of them
unsigned world_kind_numbered(const World *world, const char *name);

#endif
