// SPDX-License-Identifier: MIT
// Image segments (98, 99): objects out into words and in again. See image/segment.h.
#include "image/segment.h"

#include "run/primitive.h"
#include "run/primitives.h"

static Failure failure_of(SegmentResult result) {
    switch (result) {
    case SEGMENT_OK:
        return FAILURE_NONE;
    case SEGMENT_NO_MEMORY:
        return FAILURE_NO_MEMORY;
    case SEGMENT_NO_C_MEMORY:
        return FAILURE_NO_C_MEMORY;
    case SEGMENT_TOO_SMALL:
        return FAILURE_WRITE_PAST_OBJECT;
    case SEGMENT_OUT_TOO_SMALL:
        return FAILURE_BAD_INDEX;
    case SEGMENT_LIMIT:
        return FAILURE_LIMIT_EXCEEDED;
    case SEGMENT_INAPPROPRIATE:
        return FAILURE_INAPPROPRIATE;
    }
    return FAILURE_GENERIC;
}

// What becomes another object must be allowed to.
static Failure may_be_replaced(Oop object) {
    if (object_is_readonly(object)) return FAILURE_NO_MODIFICATION;
    return object_is_pinned(object) ? FAILURE_OBJECT_IS_PINNED : FAILURE_NONE;
}

// storeSegmentFor: roots into: words outPointers: array
Outcome prim_store_image_segment(VM *vm) {
    Oop roots = prim_argument(vm, 0), words = prim_argument(vm, 1), out = prim_argument(vm, 2);
    if (!oop_is_array_format(roots) || !oop_is_words32(words) || !oop_is_array_format(out) ||
        oop_is(roots, out))
        return prim_fail(vm, FAILURE_BAD_ARGUMENT);
    Failure failure = may_be_replaced(words);
    if (!failure) failure = may_be_replaced(out);
    if (!failure) failure = failure_of(segment_store(&vm->heap, roots, words, out));
    return failure ? prim_fail(vm, failure) : prim_answer_receiver(vm);
}

// loadSegmentFrom: words outPointers: array. Answers the Array of roots.
Outcome prim_load_image_segment(VM *vm) {
    Oop words = prim_argument(vm, 0), out = prim_argument(vm, 1), roots = oop_none();
    if (!oop_is_words32(words) || !oop_is_array_format(out))
        return prim_fail(vm, FAILURE_BAD_ARGUMENT);
    Failure failure = may_be_replaced(words);
    if (!failure) failure = failure_of(segment_load(&vm->heap, words, out, &roots));
    return failure ? prim_fail(vm, failure) : prim_answer(vm, roots);
}
