// SPDX-License-Identifier: MIT
// Makes methods, with operands to try them with, from choices (choices.h): expressions, statements,
// branches, loops that end, blocks with copied values and returns out of them. Whatever the choices
// are, the bytecodes are such that verification accepts them, and the run ends.
//
// Things that fail do not stop such a method: generator_prepare gives the messages of a world other
// methods, which go on.
#ifndef PARLEY_TESTS_DIFF_GENERATOR_H
#define PARLEY_TESTS_DIFF_GENERATOR_H

#include "choices.h"
#include "world.h"

enum { GENERATED_ARGUMENTS = 2, GENERATED_CASES = 4 };

typedef struct Generated {
    Oop method; // none: too large for the bytecode set
    Oop operands[GENERATED_CASES][GENERATED_ARGUMENTS + 1];
} Generated;

void generator_prepare(World *world);
void generate(World *world, Choices *choices, Generated *generated);

#endif
