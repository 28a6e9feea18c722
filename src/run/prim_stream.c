// SPDX-License-Identifier: MIT
// The stream primitives of the Blue Book (next, nextPut:, atEnd), as Squeak's and Cuis' collection
// streams use them: fields collection, position, read limit, and write limit.
//
// They serve the frequent case only: a collection that is an Array, a ByteArray or a ByteString
// itself, a position inside its limit and inside the collection. Everything else fails, and the
// method's own code decides. Source: Goldberg and Robson, "Smalltalk-80", chapter 28.
#include "run/primitive.h"

#include "run/elements.h"
#include "run/primitives.h"

// The stream's next position, counted from 1; false when it is at `limit_field` or no stream.
static bool next_position(Oop stream, int limit_field, Num *index) {
    if (!oop_is_pointers(stream) || !num_lt(num(limit_field), slot_count(stream))) return false;
    Oop position = field_at(stream, STREAM_INDEX), limit = field_at(stream, limit_field);
    if (!oops_are_ints(position, limit)) return false;
    *index = num_add(num_from_oop(position), num(1));
    return num_le(num(1), *index) && num_le(*index, num_from_oop(limit));
}

static void set_position(VM *vm, Oop stream, Num position) {
    field_at_put(&vm->heap, stream, STREAM_INDEX, oop_from_num(position));
}

static bool is_string(VM *vm, Oop collection) {
    return oop_has_class_index(collection, prim_known(vm, byte_string));
}

static bool is_array(VM *vm, Oop collection) {
    return oop_has_class_index(collection, prim_known(vm, array)) ||
           oop_has_class_index(collection, prim_known(vm, byte_array));
}

Outcome prim_stream_next(VM *vm) {
    Oop stream = prim_receiver(vm), value;
    Num index;
    if (!next_position(stream, STREAM_LIMIT, &index)) return prim_fail(vm, FAILURE_BAD_RECEIVER);
    if (object_is_readonly(stream)) return prim_fail(vm, FAILURE_NO_MODIFICATION);
    Oop collection = field_at(stream, STREAM_ARRAY);
    Failure failure = is_string(vm, collection)  ? character_at(collection, index, &value)
                      : is_array(vm, collection) ? element_at(vm, collection, index, &value)
                                                 : FAILURE_INAPPROPRIATE;
    if (failure) return prim_fail(vm, failure);
    set_position(vm, stream, index);
    return prim_answer(vm, value);
}

Outcome prim_stream_next_put(VM *vm) {
    Oop stream = prim_receiver(vm), value = prim_argument(vm, 0);
    Num index;
    if (!next_position(stream, STREAM_WRITE_LIMIT, &index))
        return prim_fail(vm, FAILURE_BAD_RECEIVER);
    if (object_is_readonly(stream)) return prim_fail(vm, FAILURE_NO_MODIFICATION);
    Oop collection = field_at(stream, STREAM_ARRAY);
    Failure failure = is_string(vm, collection)  ? character_at_put(collection, index, value)
                      : is_array(vm, collection) ? element_at_put(vm, collection, index, value)
                                                 : FAILURE_INAPPROPRIATE;
    if (failure) return prim_fail(vm, failure);
    set_position(vm, stream, index);
    return prim_answer(vm, value);
}

Outcome prim_stream_at_end(VM *vm) {
    Oop stream = prim_receiver(vm);
    if (!oop_is_pointers(stream) || !num_lt(num(STREAM_LIMIT), slot_count(stream)))
        return prim_fail(vm, FAILURE_BAD_RECEIVER);
    Oop position = field_at(stream, STREAM_INDEX), limit = field_at(stream, STREAM_LIMIT);
    if (!oops_are_ints(position, limit)) return prim_fail(vm, FAILURE_BAD_RECEIVER);
    return prim_answer_bool(vm, num_le(num_from_oop(limit), num_from_oop(position)));
}
