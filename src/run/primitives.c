// SPDX-License-Identifier: MIT
// The table of numbered primitives, made from primitives.tbl and indexed by number. A row that is
// ABSENT or a MARK is there, with its name, but without a function.
#include "run/primitives.h"

#include "run/primitive.h"

#define FUNCTION_DONE(function) function
#define FUNCTION_MARK(function) NULL

enum { STATE_DONE, STATE_MARK };

static const Primitive primitives[PRIMITIVE_NUMBER_LIMIT + 1] = {
#define PRIMITIVE(n, f, arguments, depth, gc, native, state)                                       \
    [n] = {.name = #f,                                                                             \
           .function = FUNCTION_##state(f),                                                        \
           .number = n,                                                                            \
           .argument_count = arguments,                                                            \
           .accessor_depth = depth,                                                                \
           .may_gc = gc,                                                                           \
           .only_marks = STATE_##state == STATE_MARK},
#define ABSENT(n, f, arguments, why)                                                               \
    [n] = {.name = #f,                                                                             \
           .number = n,                                                                            \
           .argument_count = arguments,                                                            \
           .accessor_depth = -1,                                                                   \
           .absence = why},
#include "run/primitives.tbl"
#undef PRIMITIVE
#undef ABSENT
};

const Primitive *primitive_numbered(unsigned number) {
    if (number > PRIMITIVE_NUMBER_LIMIT || !primitives[number].name) return NULL;
    return &primitives[number];
}
