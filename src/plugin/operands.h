// SPDX-License-Identifier: MIT
// Operands of the primitives that talk to the operating system: paths, booleans, integers, byte
// objects that hold a handle; and the objects they answer.
#ifndef PARLEY_PLUGIN_OPERANDS_H
#define PARLEY_PLUGIN_OPERANDS_H

#include <limits.h>

#include "plugin/handles.h"
#include "run/primitive.h"

typedef struct Path {
    char text[PATH_MAX];
} Path;

// A byte object without zero bytes that fits. Names are the bytes that Smalltalk gave, UTF-8 by
// the convention of its images; nothing is translated.
static inline bool operand_path(VM *vm, Oop oop, Path *path) {
    return prim_c_string(vm, oop, path->text, sizeof path->text);
}
// The same for a file that is to be used: FAILURE_UNSUPPORTED when the image gave up the right to.
MUST_USE Failure operand_file_path(VM *vm, Oop oop, Path *path);
// The same of any length, as a copy for the caller to free; made only with FAILURE_NONE.
MUST_USE Failure operand_copy_string(Oop oop, char **copy);
static inline bool operand_bool(VM *vm, Oop oop, bool *value) {
    *value = oop_is(oop, vm->heap.true_object);
    return *value || oop_is(oop, vm->heap.false_object);
}
// A SmallInteger that fits an int.
bool operand_int(Oop oop, int *value);

// The handle that a byte object of so many bytes begins with.
bool operand_handle(Oop oop, size_t size, Handle *handle);
// Writes the handle into a byte object that is large enough.
void operand_put_handle(Oop bytes, const Handle *handle);

// Objects with contents; oop_none() when there is no room.
Oop operand_new_string(VM *vm, const char *text);
Oop operand_new_byte_array(VM *vm, const char *text);

// An Array under construction: operand_array_put remembers that an element found no room, and
// operand_array_answer answers the array, or fails then.
typedef struct ArrayBuilder {
    Oop array;
    int next;
    bool failed;
} ArrayBuilder;
ArrayBuilder operand_array(VM *vm, int size);
void operand_array_put(VM *vm, ArrayBuilder *builder, Oop element);
void operand_array_put_integer(VM *vm, ArrayBuilder *builder, int64_t value);
Oop operand_array_done(const ArrayBuilder *builder); // oop_none() when something found no room

// Answers the object, or fails when an allocation found no room.
static inline Outcome operand_answer(VM *vm, Oop object) {
    if (oop_is_none(object)) return prim_fail(vm, FAILURE_NO_MEMORY);
    return prim_answer(vm, object);
}
// 0 answers the receiver, anything else is the error of a system call.
static inline Outcome operand_answer_errno(VM *vm, int error) {
    return error ? prim_fail_os(vm, error) : prim_answer_receiver(vm);
}

#endif
