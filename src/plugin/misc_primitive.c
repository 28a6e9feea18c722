// SPDX-License-Identifier: MIT
// MiscPrimitivePlugin: comparing, searching, hashing and translating byte strings; what it does
// with bitmaps has numbers, too (run/prim_bitmap.c). The work is done on plain bytes by
// base/bytes.h; here the operands are checked: byte objects, maps of 256 entries, indices from 1.
#include "base/bytes.h"
#include "object/raw.h"
#include "plugin/registry.h"
#include "run/primitive.h"
#include "run/primitives.h"

enum { MAP_SIZE = 256 };

static Bytes bytes_of(Oop object) {
    return (Bytes){object_bytes(object), (size_t)num_concrete(byte_count(object))};
}

static bool is_map(Oop object) {
    return oop_is_bytes(object) && num_le(num(MAP_SIZE), byte_count(object));
}

// A position counted from 0 out of an index counted from 1; false when it is none.
static bool position_from_index(Oop index, size_t *position) {
    if (!oop_is_int(index) || !num_lt(num(0), num_from_oop(index))) return false;
    *position = (size_t)num_concrete(num_from_oop(index)) - 1;
    return true;
}

static Outcome answer_int(VM *vm, int64_t value) {
    return prim_answer(vm, oop_from_num(num(value)));
}

// A position found, or 0 for none.
static Outcome answer_found(VM *vm, size_t position, size_t size) {
    return answer_int(vm, position < size ? (int64_t)position + 1 : 0);
}

// compare: string1 with: string2 collated: order. 1 below, 2 equal, 3 above.
static Outcome compare_string(VM *vm) {
    Oop one = prim_argument(vm, 0), other = prim_argument(vm, 1), order = prim_argument(vm, 2);
    if (!oop_is_bytes(one) || !oop_is_bytes(other) || !is_map(order))
        return prim_fail(vm, FAILURE_BAD_ARGUMENT);
    int64_t difference = bytes_compare(bytes_of(one), bytes_of(other), object_bytes(order));
    return answer_int(vm, difference < 0 ? 1 : difference == 0 ? 2 : 3);
}

// findFirstInString: string inSet: map startingAt: start
static Outcome find_first_in_string(VM *vm) {
    Oop string = prim_argument(vm, 0), map = prim_argument(vm, 1), start = prim_argument(vm, 2);
    size_t from;
    if (!oop_is_bytes(string) || !oop_is_bytes(map) || !oop_is_int(start))
        return prim_fail(vm, FAILURE_BAD_ARGUMENT);
    if (!position_from_index(start, &from)) return prim_fail(vm, FAILURE_BAD_INDEX);
    if (!num_eq(byte_count(map), num(MAP_SIZE))) return answer_int(vm, 0);
    Bytes bytes = bytes_of(string);
    return answer_found(vm, bytes_find_in_set(bytes, object_bytes(map), from), bytes.size);
}

// findSubstring: key in: body startingAt: start matchTable: map. A start below 1 counts as 1.
static Outcome find_substring(VM *vm) {
    Oop key = prim_argument(vm, 0), body = prim_argument(vm, 1), start = prim_argument(vm, 2);
    Oop map = prim_argument(vm, 3);
    size_t from = 0;
    if (!oop_is_bytes(key) || !oop_is_bytes(body) || !oop_is_int(start) || !is_map(map))
        return prim_fail(vm, FAILURE_BAD_ARGUMENT);
    (void)position_from_index(start, &from);
    Bytes bytes = bytes_of(body);
    size_t found = bytes_find_bytes(bytes, bytes_of(key), object_bytes(map), from);
    return answer_found(vm, found, bytes.size);
}

// indexOfAscii: code inString: string startingAt: start
static Outcome index_of_ascii_in_string(VM *vm) {
    Oop code = prim_argument(vm, 0), string = prim_argument(vm, 1), start = prim_argument(vm, 2);
    size_t from;
    if (!oop_is_int(code) || !oop_is_bytes(string) || !oop_is_int(start))
        return prim_fail(vm, FAILURE_BAD_ARGUMENT);
    if (!position_from_index(start, &from)) return prim_fail(vm, FAILURE_BAD_INDEX);
    Num byte = num_from_oop(code);
    if (num_is_negative(byte) || !num_lt(byte, num(256))) return answer_int(vm, 0);
    Bytes bytes = bytes_of(string);
    return answer_found(vm, bytes_find(bytes, (uint8_t)num_concrete(byte), from), bytes.size);
}

// stringHash: string initialHash: start
static Outcome string_hash(VM *vm) {
    Oop string = prim_argument(vm, 0), start = prim_argument(vm, 1);
    if (!oop_is_bytes(string) || !oop_is_int(start)) return prim_fail(vm, FAILURE_BAD_ARGUMENT);
    uint32_t seed = (uint32_t)num_concrete(num_from_oop(start));
    return answer_int(vm, bytes_hash(bytes_of(string), seed));
}

// translate: string from: start to: stop table: map
static Outcome translate_string_with_table(VM *vm) {
    Oop string = prim_argument(vm, 0), start = prim_argument(vm, 1), stop = prim_argument(vm, 2);
    Oop map = prim_argument(vm, 3);
    size_t from;
    if (!oop_is_bytes(string) || !oop_is_int(start) || !oop_is_int(stop) || !is_map(map))
        return prim_fail(vm, FAILURE_BAD_ARGUMENT);
    if (object_is_readonly(string)) return prim_fail(vm, FAILURE_NO_MODIFICATION);
    if (!position_from_index(start, &from) || !num_le(num_from_oop(stop), byte_count(string)))
        return prim_fail(vm, FAILURE_BAD_INDEX);
    if (num_le(num_from_oop(start), num_from_oop(stop)))
        bytes_translate(object_bytes(string) + from,
                        (size_t)num_concrete(num_from_oop(stop)) - from, object_bytes(map));
    return prim_answer_receiver(vm);
}

#define MODULE "MiscPrimitivePlugin"
static const Primitive primitives[] = {
    NAMED(MODULE, "primitiveCompareString", compare_string, 3, 0),
    NAMED(MODULE, "primitiveFindFirstInString", find_first_in_string, 3, 0),
    NAMED(MODULE, "primitiveFindSubstring", find_substring, 4, 0),
    NAMED(MODULE, "primitiveIndexOfAsciiInString", index_of_ascii_in_string, 3, 0),
    NAMED(MODULE, "primitiveStringHash", string_hash, 2, 0),
    NAMED(MODULE, "primitiveTranslateStringWithTable", translate_string_with_table, 4, 0),
    NAMED(MODULE, "primitiveConvert8BitSigned", prim_samples_convert, 2, 0),
    NAMED(MODULE, "primitiveCompressToByteArray", prim_bitmap_compress, 2, 0),
    NAMED(MODULE, "primitiveDecompressFromByteArray", prim_bitmap_decompress, 3, 0),
    NAMED_END,
};
const Plugin plugin_misc_primitive = {.module = MODULE, .primitives = primitives};
