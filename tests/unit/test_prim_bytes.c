// SPDX-License-Identifier: MIT
// Primitives 596 to 659: typed loads and stores in bytes and at external addresses, and objects
// made in old space.
#include "integers.h"
#include "support/emulated.h"

#include <math.h>
#include <sys/mman.h>

enum { LOAD = 600, STORE = 615, LOAD_FOREIGN = 630, STORE_FOREIGN = 645 };
enum {
    BOOLEAN8,
    UINT8,
    INT8,
    UINT16,
    INT16,
    UINT32,
    INT32,
    UINT64,
    INT64,
    POINTER,
    CHAR8,
    CHAR16,
    CHAR32,
    FLOAT32,
    FLOAT64,
    TYPE_COUNT,
};
static const int sizes[TYPE_COUNT] = {1, 1, 1, 2, 2, 4, 4, 8, 8, 8, 1, 2, 4, 4, 8};

static PrimitiveFunction numbered(unsigned number) { return primitive_numbered(number)->function; }

static Oop bytes_with(const char *contents, unsigned count) {
    Oop bytes = new_bytes(count);
    memcpy(object_bytes(bytes), contents, count);
    return bytes;
}
static Oop address_of(const void *pointer) {
    Oop address = fixture_new_bits(cls.external_address, FORMAT_8BIT, 8);
    memcpy(object_bytes(address), &pointer, 8);
    return address;
}

// ---- loads

static void unsigned_loads(void **state) {
    (void)state;
    Oop bytes = bytes_with("\x80\xFF\xFE\xFD\xFC\xFB\xFA\xF9\xF8", 9);
    ANSWERS(INT(0x80), numbered(LOAD + UINT8), bytes, INT(0));
    ANSWERS(INT(0xFEFF), numbered(LOAD + UINT16), bytes, INT(1));
    ANSWERS(INT(0xFDFEFF80), numbered(LOAD + UINT32), bytes, INT(0));
    assert_normal(ANSWER(numbered(LOAD + UINT64), bytes, INT(1)), (Wide)0xF8F9FAFBFCFDFEFF);
}

static void signed_loads(void **state) {
    (void)state;
    Oop bytes = bytes_with("\x80\xFF\xFE\xFD\xFC\xFB\xFA\xF9\x7F", 9);
    ANSWERS(INT(-128), numbered(LOAD + INT8), bytes, INT(0));
    ANSWERS(INT(127), numbered(LOAD + INT8), bytes, INT(8));
    ANSWERS(INT(-128), numbered(LOAD + INT16), bytes, INT(0));
    ANSWERS(INT((int32_t)0xFDFEFF80), numbered(LOAD + INT32), bytes, INT(0));
    assert_normal(ANSWER(numbered(LOAD + INT64), bytes, INT(0)), (int64_t)0xF9FAFBFCFDFEFF80);
}

static void other_loads(void **state) {
    (void)state;
    Oop bytes = bytes_with("\0\1\2\3\4\5\6\7\0\0\0\0", 12);
    ANSWERS(FALSE_OOP, numbered(LOAD + BOOLEAN8), bytes, INT(0));
    ANSWERS(TRUE_OOP, numbered(LOAD + BOOLEAN8), bytes, INT(3));
    ANSWERS(CHARACTER(7), numbered(LOAD + CHAR8), bytes, INT(7));
    ANSWERS(CHARACTER(0x0403), numbered(LOAD + CHAR16), bytes, INT(3));
    ANSWERS(CHARACTER(0x0706), numbered(LOAD + CHAR32), bytes, INT(6));
    FAILS(UNSUPPORTED, numbered(LOAD + CHAR32), bytes_with("\0\0\0\x40", 4), INT(0));
    float narrow = -1.5f;
    double wide = 1e100;
    memcpy(object_bytes(bytes), &narrow, 4);
    memcpy(object_bytes(bytes) + 4, &wide, 8);
    ANSWERS(REAL(-1.5), numbered(LOAD + FLOAT32), bytes, INT(0));
    Oop boxed = ANSWER(numbered(LOAD + FLOAT64), bytes, INT(4));
    assert_memory_equal(object_bytes(boxed), &wide, 8);
    Oop address = ANSWER(numbered(LOAD + POINTER), bytes, INT(4));
    assert_int_equal(CLASS_OF(address), cls.external_address);
    assert_memory_equal(object_bytes(address), &wide, 8);
}

static void loads_stay_inside(void **state) {
    (void)state;
    Oop nine = new_bytes(9);
    for (unsigned type = 0; type < TYPE_COUNT; type++) {
        ANSWER(numbered(LOAD + type), nine, INT(9 - sizes[type]));
        FAILS(BAD_INDEX, numbered(LOAD + type), nine, INT(10 - sizes[type]));
        FAILS(BAD_INDEX, numbered(LOAD + type), nine, INT(-1));
        FAILS(BAD_INDEX, numbered(LOAD + type), nine, INT((int64_t)small_max));
        FAILS(BAD_INDEX, numbered(LOAD + type), nine, INT((int64_t)small_min));
        FAILS(BAD_INDEX, numbered(LOAD + type), new_bytes(0), INT(0));
        FAILS(BAD_ARGUMENT, numbered(LOAD + type), nine, NIL);
        FAILS(BAD_RECEIVER, numbered(LOAD + type), new_array(9), INT(0));
        FAILS(BAD_RECEIVER, numbered(LOAD + type), INT(9), INT(0));
    }
}

static void all_formats_with_bits_have_bytes(void **state) {
    (void)state;
    ANSWER(numbered(LOAD + UINT8), new_words32(3), INT(11));
    FAILS(BAD_INDEX, numbered(LOAD + UINT8), new_words32(3), INT(12));
    ANSWER(numbered(LOAD + UINT64), new_words64(1), INT(0));
    ANSWER(numbered(LOAD + UINT16), new_shorts(3), INT(4));
    FAILS(BAD_RECEIVER, numbered(LOAD + UINT8), new_method(0, "\x78", 1), INT(0));
}

// ---- stores

// What fits, and what is one too much on either side.
typedef struct Range {
    unsigned type;
    Wide least, most;
} Range;
static const Range ranges[] = {
    {UINT8, 0, 255},         {INT8, -128, 127},
    {UINT16, 0, 65535},      {INT16, -32768, 32767},
    {UINT32, 0, UINT32_MAX}, {INT32, INT32_MIN, INT32_MAX},
    {UINT64, 0, UINT64_MAX}, {INT64, INT64_MIN, INT64_MAX},
};
enum { RANGE_COUNT = sizeof ranges / sizeof *ranges };

static void store_and_load(Range range, Wide value) {
    Oop bytes = new_bytes(16), integer = integer_of_wide(value);
    ANSWERS(integer, numbered(STORE + range.type), bytes, INT(3), integer);
    assert_normal(ANSWER(numbered(LOAD + range.type), bytes, INT(3)), value);
    for (int i = 0; i < 16; i++)
        if (i < 3 || i >= 3 + sizes[range.type]) assert_int_equal(object_bytes(bytes)[i], 0);
}

static void integers_are_stored_in_their_range(void **state) {
    (void)state;
    for (int i = 0; i < RANGE_COUNT; i++) {
        store_and_load(ranges[i], ranges[i].least);
        store_and_load(ranges[i], ranges[i].most);
        store_and_load(ranges[i], 1);
        PrimitiveFunction store = numbered(STORE + ranges[i].type);
        FAILS(BAD_ARGUMENT, store, new_bytes(8), INT(0), integer_of_wide(ranges[i].least - 1));
        FAILS(BAD_ARGUMENT, store, new_bytes(8), INT(0), integer_of_wide(ranges[i].most + 1));
        FAILS(BAD_ARGUMENT, store, new_bytes(8), INT(0), REAL(1.0));
    }
}

static void other_values_are_stored(void **state) {
    (void)state;
    Oop bytes = new_bytes(16);
    ANSWERS(TRUE_OOP, numbered(STORE + BOOLEAN8), bytes, INT(5), TRUE_OOP);
    assert_int_equal(object_bytes(bytes)[5], 1);
    ANSWERS(FALSE_OOP, numbered(STORE + BOOLEAN8), bytes, INT(5), FALSE_OOP);
    assert_int_equal(object_bytes(bytes)[5], 0);
    ANSWERS(CHARACTER(255), numbered(STORE + CHAR8), bytes, INT(0), CHARACTER(255));
    ANSWERS(CHARACTER(0x1F600), numbered(STORE + CHAR32), bytes, INT(1), CHARACTER(0x1F600));
    ANSWERS(CHARACTER(0x1F600), numbered(LOAD + CHAR32), bytes, INT(1));
    ANSWERS(REAL(0.1), numbered(STORE + FLOAT64), bytes, INT(3), REAL(0.1));
    ANSWERS(REAL(0.1), numbered(LOAD + FLOAT64), bytes, INT(3));
    ANSWERS(REAL(0.1), numbered(STORE + FLOAT32), bytes, INT(3), REAL(0.1));
    ANSWERS(REAL((double)0.1f), numbered(LOAD + FLOAT32), bytes, INT(3));
    int target;
    Oop address = address_of(&target);
    ANSWERS(address, numbered(STORE + POINTER), bytes, INT(8), address);
    assert_memory_equal(object_bytes(bytes) + 8, object_bytes(address), 8);
}

static void other_values_are_refused(void **state) {
    (void)state;
    Oop bytes = new_bytes(16);
    FAILS(BAD_ARGUMENT, numbered(STORE + BOOLEAN8), bytes, INT(0), INT(1));
    FAILS(BAD_ARGUMENT, numbered(STORE + CHAR8), bytes, INT(0), CHARACTER(256));
    FAILS(BAD_ARGUMENT, numbered(STORE + CHAR16), bytes, INT(0), CHARACTER(65536));
    FAILS(BAD_ARGUMENT, numbered(STORE + CHAR32), bytes, INT(0), INT(1));
    FAILS(BAD_ARGUMENT, numbered(STORE + FLOAT64), bytes, INT(0), INT(1));
    FAILS(BAD_ARGUMENT, numbered(STORE + POINTER), bytes, INT(0), new_bytes(7));
    FAILS(BAD_ARGUMENT, numbered(STORE + POINTER), bytes, INT(0), NIL);
}

static Oop value_for(unsigned type) {
    if (type == BOOLEAN8) return TRUE_OOP;
    if (type == POINTER) return new_bytes(8);
    if (type >= FLOAT32) return REAL(1.0);
    return type >= CHAR8 ? CHARACTER('a') : INT(1);
}

static void stores_stay_inside(void **state) {
    (void)state;
    Oop nine = new_bytes(9);
    for (unsigned type = 0; type < TYPE_COUNT; type++) {
        PrimitiveFunction store = numbered(STORE + type);
        FAILS(BAD_INDEX, store, nine, INT(10 - sizes[type]), value_for(type));
        FAILS(BAD_INDEX, store, nine, INT(-1), value_for(type));
        FAILS(BAD_ARGUMENT, store, nine, NIL, value_for(type));
        FAILS(BAD_RECEIVER, store, new_array(9), INT(0), value_for(type));
        FAILS(NO_MODIFICATION, store, read_only(new_bytes(9)), INT(0), value_for(type));
    }
    for (int i = 0; i < 9; i++)
        assert_int_equal(object_bytes(nine)[i], 0);
}

// ---- external addresses

static void foreign_memory_is_read_and_written(void **state) {
    (void)state;
    for (unsigned type = 0; type < TYPE_COUNT; type++) {
        uint8_t memory[32] = {0};
        Oop address = address_of(memory), value = value_for(type);
        ANSWERS(value, numbered(STORE_FOREIGN + type), address, INT(9), value);
        Oop bytes = bytes_with((const char *)memory, 32);
        Oop direct = ANSWER(numbered(LOAD + type), bytes, INT(9));
        Oop loaded = ANSWER(numbered(LOAD_FOREIGN + type), address, INT(9));
        if (type == POINTER)
            assert_memory_equal(object_bytes(direct), object_bytes(loaded), 8);
        else
            OOP_EQUAL(direct, loaded);
    }
}

static void null_and_wild_addresses_fail(void **state) {
    (void)state;
    void *gone = mmap(NULL, 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    for (unsigned type = 0; type < TYPE_COUNT; type++) {
        PrimitiveFunction load = numbered(LOAD_FOREIGN + type);
        PrimitiveFunction store = numbered(STORE_FOREIGN + type);
        FAILS(BAD_RECEIVER, load, address_of(NULL), INT(0));
        FAILS(BAD_RECEIVER, store, address_of(NULL), INT(0), value_for(type));
        FAILS(BAD_INDEX, load, address_of((void *)8), INT(0));
        if (!is_emulated()) { // qemu-user does not have process_vm_readv
            FAILS(BAD_INDEX, load, address_of(gone), INT(0));
            FAILS(BAD_INDEX, store, address_of(gone), INT(0), value_for(type));
        }
        FAILS(BAD_INDEX, load, address_of((void *)(uintptr_t)~0ull), INT(0));
        FAILS(BAD_RECEIVER, load, new_bytes(8), INT(0));
        FAILS(BAD_RECEIVER, load, fixture_new_bits(cls.external_address, FORMAT_8BIT, 4), INT(0));
        FAILS(BAD_ARGUMENT, load, address_of(gone), NIL);
    }
    munmap(gone, 4096);
}

static void images_without_external_addresses(void **state) {
    (void)state;
    vm->known.external_address = 0;
    FAILS(BAD_RECEIVER, numbered(LOAD_FOREIGN + UINT8), new_bytes(8), INT(0));
    FAILS(UNSUPPORTED, numbered(LOAD + POINTER), new_bytes(8), INT(0));
}

// ---- old space

static void objects_are_made_in_old_space(void **state) {
    (void)state;
    Oop plain = ANSWER(prim_new_old, fixture_class_object(cls.plain));
    assert_int_equal(CLASS_OF(plain), cls.plain);
    assert_false(heap_is_young(&vm->heap, plain));
    assert_false(object_is_pinned(plain));
    Oop pinned = ANSWER(prim_new_pinned, fixture_class_object(cls.plain));
    assert_true(object_is_pinned(pinned));
    Oop bytes = ANSWER(prim_new_with_size_pinned, fixture_class_object(cls.byte_array), INT(100));
    assert_int_equal(num_concrete(byte_count(bytes)), 100);
    assert_true(object_is_pinned(bytes));
    Oop old = ANSWER(prim_new_with_size_old, fixture_class_object(cls.byte_array), INT(0));
    assert_false(heap_is_young(&vm->heap, old));
    heap_pin(&vm->heap, pinned, false);
}

static void what_new_refuses_is_refused(void **state) {
    (void)state;
    FAILS(BAD_RECEIVER, prim_new_pinned, INT(3));
    FAILS(BAD_RECEIVER, prim_new_old, fixture_class_object(cls.byte_array));
    FAILS(BAD_ARGUMENT, prim_new_with_size_pinned, fixture_class_object(cls.byte_array), INT(-1));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        PRIM_TEST(unsigned_loads),
        PRIM_TEST(signed_loads),
        PRIM_TEST(other_loads),
        PRIM_TEST(loads_stay_inside),
        PRIM_TEST(all_formats_with_bits_have_bytes),
        PRIM_TEST(integers_are_stored_in_their_range),
        PRIM_TEST(other_values_are_stored),
        PRIM_TEST(other_values_are_refused),
        PRIM_TEST(stores_stay_inside),
        PRIM_TEST(foreign_memory_is_read_and_written),
        PRIM_TEST(null_and_wild_addresses_fail),
        PRIM_TEST(images_without_external_addresses),
        PRIM_TEST(objects_are_made_in_old_space),
        PRIM_TEST(what_new_refuses_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
