// SPDX-License-Identifier: MIT
// The MiscPrimitive plugin, called through its table as a send would.
#include "plugin/registry.h"

#include "prim_fixture.h"

extern const Plugin plugin_misc_primitive;

static PrimitiveFunction named(const char *name, int argument_count) {
    for (const Primitive *row = plugin_misc_primitive.primitives; row->name; row++)
        if (strcmp(row->name, name) == 0) {
            assert_int_equal(row->argument_count, argument_count);
            return row->function;
        }
    fail_msg("no primitive %s", name);
    return NULL;
}
#define COMPARE    named("primitiveCompareString", 3)
#define FIND_SET   named("primitiveFindFirstInString", 3)
#define FIND       named("primitiveFindSubstring", 4)
#define INDEX_OF   named("primitiveIndexOfAsciiInString", 3)
#define HASH       named("primitiveStringHash", 2)
#define TRANSLATE  named("primitiveTranslateStringWithTable", 4)
#define CONVERT    named("primitiveConvert8BitSigned", 2)
#define COMPRESS   named("primitiveCompressToByteArray", 2)
#define DECOMPRESS named("primitiveDecompressFromByteArray", 3)

static Oop map(int64_t shift) {
    Oop bytes = new_bytes(256);
    for (int i = 0; i < 256; i++)
        object_bytes(bytes)[i] = (uint8_t)(i + shift);
    return bytes;
}
static Oop set_of(const char *members) {
    Oop bytes = new_bytes(256);
    for (; *members; members++)
        object_bytes(bytes)[(uint8_t)*members] = 1;
    return bytes;
}
// Nothing that is a byte object.
static Oop no_bytes(unsigned i) {
    switch (i) {
    case 0:
        return INT(3);
    case 1:
        return NIL;
    case 2:
        return CHARACTER('a');
    case 3:
        return new_array(300);
    case 4:
        return new_words64(40);
    case 5:
        return new_shorts(300);
    case 6:
        return new_method(0, "\x78", 1);
    case 7:
        return forwarder_to(new_string("abc"));
    default:
        return oop_none();
    }
}
#define EACH_NO_BYTES(x)                                                                           \
    unsigned k_##x = 0;                                                                            \
    for (Oop x; x = no_bytes(k_##x++), !oop_is_none(x);)

static void compare_answers_one_two_or_three(void **state) {
    (void)state;
    ANSWERS(INT(1), COMPARE, NIL, new_string("abc"), new_string("abd"), map(0));
    ANSWERS(INT(2), COMPARE, NIL, new_string("abc"), new_string("abc"), map(5));
    ANSWERS(INT(3), COMPARE, NIL, new_string("abcd"), new_string("abc"), map(0));
    ANSWERS(INT(3), COMPARE, NIL, new_string("a"), new_string("b"), map(-98));
}

static void find_first_answers_an_index_or_zero(void **state) {
    (void)state;
    ANSWERS(INT(4), FIND_SET, NIL, new_string("xyzab"), set_of("ab"), INT(1));
    ANSWERS(INT(5), FIND_SET, NIL, new_string("xyzab"), set_of("ab"), INT(5));
    ANSWERS(INT(0), FIND_SET, NIL, new_string("xyz"), set_of("ab"), INT(1));
    ANSWERS(INT(0), FIND_SET, NIL, new_string("xyz"), set_of("x"), INT(99));
    ANSWERS(INT(0), FIND_SET, NIL, new_string("xyz"), new_bytes(255), INT(1));
    FAILS(BAD_INDEX, FIND_SET, NIL, new_string("xyz"), set_of("x"), INT(0));
    FAILS(BAD_INDEX, FIND_SET, NIL, new_string("xyz"), set_of("x"), INT(INT64_MIN >> 3));
    ANSWERS(INT(0), FIND_SET, NIL, new_string("xyz"), set_of("x"), INT(INT64_MAX >> 3));
}

static void find_substring_answers_an_index_or_zero(void **state) {
    (void)state;
    ANSWERS(INT(4), FIND, NIL, new_string("lo"), new_string("hello"), INT(1), map(0));
    ANSWERS(INT(4), FIND, NIL, new_string("lo"), new_string("hello"), INT(-5), map(0));
    ANSWERS(INT(0), FIND, NIL, new_string("lo"), new_string("hello"), INT(5), map(0));
    ANSWERS(INT(0), FIND, NIL, new_string(""), new_string("hello"), INT(1), map(0));
    ANSWERS(INT(0), FIND, NIL, new_string("hello!"), new_string("hello"), INT(1), map(0));
    ANSWERS(INT(0), FIND, NIL, new_string("l"), new_string("hello"), INT(INT64_MAX >> 3), map(0));
}

static void index_of_ascii_answers_an_index_or_zero(void **state) {
    (void)state;
    ANSWERS(INT(3), INDEX_OF, NIL, INT('l'), new_string("hello"), INT(1));
    ANSWERS(INT(4), INDEX_OF, NIL, INT('l'), new_string("hello"), INT(4));
    ANSWERS(INT(0), INDEX_OF, NIL, INT('l'), new_string("hello"), INT(9));
    ANSWERS(INT(0), INDEX_OF, NIL, INT('l' + 256), new_string("hello"), INT(1));
    ANSWERS(INT(0), INDEX_OF, NIL, INT(-1), new_string("\xFF"), INT(1));
    FAILS(BAD_INDEX, INDEX_OF, NIL, INT('l'), new_string("hello"), INT(0));
}

static void hash_starts_with_the_argument(void **state) {
    (void)state;
    ANSWERS(INT(112365512), HASH, NIL, new_string("hello"), INT(0));
    ANSWERS(INT(16861779), HASH, NIL, new_string("hello"), INT(7));
    ANSWERS(INT(7), HASH, NIL, new_string(""), INT(7));
    ANSWERS(INT(0xFFFFFFF), HASH, NIL, new_string(""), INT(-1));
}

static void translate_changes_the_range(void **state) {
    (void)state;
    Oop string = new_string("hello");
    ANSWERS(NIL, TRANSLATE, NIL, string, INT(2), INT(4), map(1));
    assert_memory_equal(object_bytes(string), "hfmmo", 5);
    ANSWERS(NIL, TRANSLATE, NIL, string, INT(4), INT(2), map(1));
    ANSWERS(NIL, TRANSLATE, NIL, string, INT(9), INT(-3), map(1));
    FAILS(BAD_INDEX, TRANSLATE, NIL, string, INT(0), INT(2), map(1));
    FAILS(BAD_INDEX, TRANSLATE, NIL, string, INT(1), INT(6), map(1));
    FAILS(NO_MODIFICATION, TRANSLATE, NIL, read_only(string), INT(1), INT(2), map(1));
    assert_memory_equal(object_bytes(string), "hfmmo", 5);
}

static void samples_are_widened(void **state) {
    (void)state;
    Oop samples = new_string("\x01\xFF"), buffer = new_words32(1);
    ANSWERS(NIL, CONVERT, NIL, samples, buffer);
    ANSWERS(INT(256), prim_short_at, buffer, INT(1));
    ANSWERS(INT(-256), prim_short_at, buffer, INT(2));
    ANSWERS(NIL, CONVERT, NIL, samples, new_shorts(2));
    FAILS(BAD_ARGUMENT, CONVERT, NIL, samples, new_shorts(1));
    FAILS(BAD_ARGUMENT, CONVERT, NIL, samples, new_array(9));
    FAILS(BAD_ARGUMENT, CONVERT, NIL, samples, INT(9));
    FAILS(NO_MODIFICATION, CONVERT, NIL, samples, read_only(buffer));
}

static void bitmaps_survive_compression(void **state) {
    (void)state;
    Oop bitmap = new_words32(40), code = new_bytes(200), back = new_words32(40);
    for (int i = 1; i <= 40; i++)
        ANSWER(prim_at_put, bitmap, INT(i), INT(i < 20 ? 0 : i * 0x1001));
    Oop used = ANSWER(COMPRESS, NIL, bitmap, code);
    assert_in_range((uint64_t)INT_OF(used), 80, 100);
    Oop exact = new_bytes((uint64_t)INT_OF(used));
    memcpy(object_bytes(exact), object_bytes(code), (size_t)INT_OF(used));
    ANSWERS(NIL, DECOMPRESS, NIL, back, exact, INT(2));
    assert_memory_equal(object_bytes(back), object_bytes(bitmap), 160);
}

static void compression_refuses_odd_operands(void **state) {
    (void)state;
    Oop bitmap = new_words32(4), code = new_bytes(64);
    FAILS(UNSUPPORTED, COMPRESS, NIL, bitmap, new_bytes(22));
    FAILS(BAD_ARGUMENT, COMPRESS, NIL, new_shorts(4), code);
    FAILS(BAD_ARGUMENT, COMPRESS, NIL, INT(1), code);
    FAILS(NO_MODIFICATION, COMPRESS, NIL, bitmap, read_only(code));
    FAILS(BAD_ARGUMENT, DECOMPRESS, NIL, new_words64(4), code, INT(1));
    FAILS(BAD_ARGUMENT, DECOMPRESS, NIL, bitmap, code, NIL);
    FAILS(BAD_INDEX, DECOMPRESS, NIL, bitmap, code, INT(0));
    FAILS(BAD_INDEX, DECOMPRESS, NIL, bitmap, new_string("\xFF"), INT(1));
    FAILS(NO_MODIFICATION, DECOMPRESS, NIL, read_only(bitmap), code, INT(1));
    EACH_NO_BYTES(x) {
        FAILS(BAD_ARGUMENT, COMPRESS, NIL, bitmap, x);
        FAILS(BAD_ARGUMENT, DECOMPRESS, NIL, new_words32(4), x, INT(1));
        FAILS(BAD_ARGUMENT, CONVERT, NIL, x, new_shorts(4));
    }
}

static void strings_and_maps_must_be_bytes(void **state) {
    (void)state;
    Oop string = new_string("abc"), table = map(0);
    EACH_NO_BYTES(x) {
        FAILS(BAD_ARGUMENT, COMPARE, NIL, x, string, table);
        FAILS(BAD_ARGUMENT, COMPARE, NIL, string, x, table);
        FAILS(BAD_ARGUMENT, COMPARE, NIL, string, string, x);
        FAILS(BAD_ARGUMENT, FIND_SET, NIL, x, table, INT(1));
        FAILS(BAD_ARGUMENT, FIND_SET, NIL, string, x, INT(1));
        FAILS(BAD_ARGUMENT, FIND, NIL, x, string, INT(1), table);
        FAILS(BAD_ARGUMENT, FIND, NIL, string, x, INT(1), table);
        FAILS(BAD_ARGUMENT, FIND, NIL, string, string, INT(1), x);
        FAILS(BAD_ARGUMENT, INDEX_OF, NIL, INT(1), x, INT(1));
        FAILS(BAD_ARGUMENT, HASH, NIL, x, INT(1));
        FAILS(BAD_ARGUMENT, TRANSLATE, NIL, x, INT(1), INT(1), table);
        FAILS(BAD_ARGUMENT, TRANSLATE, NIL, string, INT(1), INT(1), x);
    }
    Oop short_map = new_bytes(255);
    FAILS(BAD_ARGUMENT, COMPARE, NIL, string, string, short_map);
    FAILS(BAD_ARGUMENT, FIND, NIL, string, string, INT(1), short_map);
    FAILS(BAD_ARGUMENT, TRANSLATE, NIL, string, INT(1), INT(1), short_map);
}

static void positions_must_be_small_integers(void **state) {
    (void)state;
    Oop string = new_string("abc"), table = map(0);
    Oop odd[] = {NIL, REAL(1.0), CHARACTER(1), new_large_word(false, 1ull << 62), string};
    for (size_t i = 0; i < sizeof odd / sizeof *odd; i++) {
        FAILS(BAD_ARGUMENT, FIND_SET, NIL, string, table, odd[i]);
        FAILS(BAD_ARGUMENT, FIND, NIL, string, string, odd[i], table);
        FAILS(BAD_ARGUMENT, INDEX_OF, NIL, INT(1), string, odd[i]);
        FAILS(BAD_ARGUMENT, INDEX_OF, NIL, odd[i], string, INT(1));
        FAILS(BAD_ARGUMENT, HASH, NIL, string, odd[i]);
        FAILS(BAD_ARGUMENT, TRANSLATE, NIL, string, odd[i], INT(1), table);
        FAILS(BAD_ARGUMENT, TRANSLATE, NIL, string, INT(1), odd[i], table);
    }
}

static void bitmaps_have_numbers_too(void **state) {
    (void)state;
    assert_ptr_equal(primitive_numbered(234)->function, prim_bitmap_decompress);
    assert_ptr_equal(primitive_numbered(236)->function, prim_samples_convert);
    assert_ptr_equal(primitive_numbered(237)->function, prim_bitmap_compress);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        PRIM_TEST(bitmaps_have_numbers_too),
        PRIM_TEST(compare_answers_one_two_or_three),
        PRIM_TEST(find_first_answers_an_index_or_zero),
        PRIM_TEST(find_substring_answers_an_index_or_zero),
        PRIM_TEST(index_of_ascii_answers_an_index_or_zero),
        PRIM_TEST(hash_starts_with_the_argument),
        PRIM_TEST(translate_changes_the_range),
        PRIM_TEST(samples_are_widened),
        PRIM_TEST(bitmaps_survive_compression),
        PRIM_TEST(compression_refuses_odd_operands),
        PRIM_TEST(strings_and_maps_must_be_bytes),
        PRIM_TEST(positions_must_be_small_integers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
