// SPDX-License-Identifier: MIT
// ZipPlugin: the checksums of compressed streams. The loops that compress are in zip_streams.c.
#include "object/raw.h"
#include "plugin/checksum_kernel.h"
#include "plugin/operands.h"
#include "plugin/registry.h"

typedef uint32_t (*Checksum)(uint32_t before, const uint8_t *bytes, size_t count);

// (checksum before, first, last, bytes): the checksum after
static Outcome update_checksum(VM *vm, Checksum checksum) {
    Word before;
    Oop first = prim_argument(vm, 1), last = prim_argument(vm, 2), bytes = prim_argument(vm, 3);
    if (!prim_word_from_integer(vm, prim_argument(vm, 0), &before) ||
        !word_lt(before, word(UINT64_C(1) << 32)))
        return prim_fail(vm, FAILURE_BAD_ARGUMENT);
    if (!oop_is_int(first) || !oop_is_int(last) || !oop_is_bytes(bytes))
        return prim_fail(vm, FAILURE_BAD_ARGUMENT);
    Num start = num_from_oop(first), stop = num_from_oop(last);
    if (num_lt(start, num(1)) || num_lt(stop, start) || num_lt(byte_count(bytes), stop))
        return prim_fail(vm, FAILURE_BAD_INDEX);
    const uint8_t *from = object_bytes(bytes) + num_concrete(start) - 1;
    size_t count = (size_t)num_concrete(num_sub(stop, start)) + 1;
    uint32_t after = checksum((uint32_t)num_concrete(num_from_word(before)), from, count);
    return operand_answer(vm, prim_integer_from_word(vm, word(after)));
}

static Outcome prim_update_crc32(VM *vm) { return update_checksum(vm, checksum_crc32); }
static Outcome prim_update_adler32(VM *vm) { return update_checksum(vm, checksum_adler32); }

static const Primitive zip_primitives[] = {
    NAMED("ZipPlugin", "primitiveUpdateGZipCrc32", prim_update_crc32, 4, 0),
    NAMED("ZipPlugin", "primitiveUpdateAdler32", prim_update_adler32, 4, 0),
    NAMED_END,
};

const Plugin plugin_zip = {"ZipPlugin", zip_primitives, NULL, NULL};
