// SPDX-License-Identifier: MIT
// Bitmaps and their run-length code (234, 237), samples of sound (236): on plain memory, without a
// display or a loudspeaker. The MiscPrimitive plugin has the same primitives by name.
#include "base/bytes.h"
#include "object/raw.h"
#include "run/primitive.h"
#include "run/primitives.h"

// convert8bitSignedFrom: bytes to16Bit: buffer
Outcome prim_samples_convert(VM *vm) {
    Oop samples = prim_argument(vm, 0), buffer = prim_argument(vm, 1);
    if (!oop_is_bytes(samples) || !oop_is_bits(buffer)) return prim_fail(vm, FAILURE_BAD_ARGUMENT);
    if (object_is_readonly(buffer)) return prim_fail(vm, FAILURE_NO_MODIFICATION);
    Num size = byte_count(samples);
    if (oop_is(samples, buffer) || num_lt(byte_count(buffer), num_mul(size, num(2))))
        return prim_fail(vm, FAILURE_BAD_ARGUMENT);
    NUM_LOOP(i, num(0), size)
    short_at_put(buffer, i, num_shift_left(byte_at(samples, i), num(8)));
    return prim_answer_receiver(vm);
}

// compress: bitmap toByteArray: code. Answers how many bytes were used.
Outcome prim_bitmap_compress(VM *vm) {
    Oop bitmap = prim_argument(vm, 0), code = prim_argument(vm, 1);
    if (!oop_is_words32(bitmap) || !oop_is_bytes(code)) return prim_fail(vm, FAILURE_BAD_ARGUMENT);
    if (object_is_readonly(code)) return prim_fail(vm, FAILURE_NO_MODIFICATION);
    Num words = element_count(bitmap);
    if (!num_lt(words, num(1 << 28))) return prim_fail(vm, FAILURE_UNSUPPORTED);
    size_t count = (size_t)num_concrete(words);
    if (num_lt(byte_count(code), num((int64_t)bitmap_code_bound(count))))
        return prim_fail(vm, FAILURE_UNSUPPORTED);
    size_t used = bitmap_compress(object_bytes(bitmap), count, object_bytes(code));
    return prim_answer(vm, oop_from_num(num((int64_t)used)));
}

// decompress: bitmap fromByteArray: code at: index
Outcome prim_bitmap_decompress(VM *vm) {
    Oop bitmap = prim_argument(vm, 0), code = prim_argument(vm, 1), index = prim_argument(vm, 2);
    if (!oop_is_words32(bitmap) || !oop_is_bytes(code) || !oop_is_int(index))
        return prim_fail(vm, FAILURE_BAD_ARGUMENT);
    if (object_is_readonly(bitmap)) return prim_fail(vm, FAILURE_NO_MODIFICATION);
    Bytes bytes = {object_bytes(code), (size_t)num_concrete(byte_count(code))};
    if (!num_lt(num(0), num_from_oop(index))) return prim_fail(vm, FAILURE_BAD_INDEX);
    size_t from = (size_t)num_concrete(num_from_oop(index)) - 1;
    if (from > bytes.size) from = bytes.size;
    Bytes rest = {bytes.start + from, bytes.size - from};
    size_t words = (size_t)num_concrete(element_count(bitmap));
    if (!bitmap_decompress(rest, object_bytes(bitmap), words))
        return prim_fail(vm, FAILURE_BAD_INDEX);
    return prim_answer_receiver(vm);
}
