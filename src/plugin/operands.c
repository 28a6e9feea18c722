// SPDX-License-Identifier: MIT
// Operands and answers of the system primitives.
#include "plugin/operands.h"

#include <stdlib.h>
#include <string.h>

#include "object/raw.h"
#include "run/system.h"

bool operand_int(Oop oop, int *value) {
    if (!oop_is_int(oop)) return false;
    Num number = num_from_oop(oop);
    if (num_lt(number, num(INT_MIN)) || num_lt(num(INT_MAX), number)) return false;
    *value = (int)num_concrete(number);
    return true;
}

Failure operand_file_path(VM *vm, Oop oop, Path *path) {
    if (!operand_path(vm, oop, path)) return FAILURE_BAD_ARGUMENT;
    return vm->system && vm->system->refuses_files ? FAILURE_UNSUPPORTED : FAILURE_NONE;
}

Failure operand_copy_string(Oop oop, char **copy) {
    if (!oop_is_bytes(oop)) return FAILURE_BAD_ARGUMENT;
    size_t size = (size_t)num_concrete(byte_count(oop));
    if (memchr(object_bytes(oop), 0, size)) return FAILURE_BAD_ARGUMENT;
    *copy = malloc(size + 1);
    if (!*copy) return FAILURE_NO_C_MEMORY;
    memcpy(*copy, object_bytes(oop), size);
    (*copy)[size] = '\0';
    return FAILURE_NONE;
}

bool operand_handle(Oop oop, size_t size, Handle *handle) {
    if (!oop_is_bytes(oop) || !num_eq(byte_count(oop), num((int64_t)size))) return false;
    memcpy(handle, object_bytes(oop), sizeof *handle);
    return true;
}

void operand_put_handle(Oop bytes, const Handle *handle) {
    memcpy(object_bytes(bytes), handle, sizeof *handle);
}

Oop operand_new_string(VM *vm, const char *text) {
    return prim_new_byte_string(vm, text, strlen(text));
}

Oop operand_new_byte_array(VM *vm, const char *text) {
    size_t length = strlen(text);
    Oop bytes = prim_new_byte_array(vm, num((int64_t)length));
    if (!oop_is_none(bytes)) memcpy(object_bytes(bytes), text, length);
    return bytes;
}

ArrayBuilder operand_array(VM *vm, int size) {
    Oop array = prim_new_array(vm, num(size));
    return (ArrayBuilder){.array = array, .next = 0, .failed = oop_is_none(array)};
}

void operand_array_put(VM *vm, ArrayBuilder *builder, Oop element) {
    builder->failed = builder->failed || oop_is_none(element);
    if (!builder->failed) field_at_put(&vm->heap, builder->array, builder->next, element);
    builder->next++;
}

void operand_array_put_integer(VM *vm, ArrayBuilder *builder, int64_t value) {
    operand_array_put(vm, builder, prim_integer_from_num(vm, num(value)));
}

Oop operand_array_done(const ArrayBuilder *builder) {
    return builder->failed ? oop_none() : builder->array;
}
