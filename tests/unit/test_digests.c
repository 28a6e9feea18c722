// SPDX-License-Identifier: MIT
// MD5Plugin, SHA256Plugin and both halves of DSAPrims: known digests, products and quotients, and
// everything that must be refused.
#include "plugin_fixture.h"

// A last block: the text, a one bit, zeros, the text's length in bits at the end.
static Oop padded(const char *text, bool big_endian) {
    Oop block = new_bytes(64);
    size_t length = strlen(text);
    memcpy(object_bytes(block), text, length);
    object_bytes(block)[length] = 0x80;
    object_bytes(block)[big_endian ? 63 : 56] = (uint8_t)(length * 8);
    return block;
}

static void assert_hex(Oop bytes, const char *hex) {
    char text[200] = "";
    size_t count = (size_t)num_concrete(byte_count(bytes));
    for (size_t i = 0; i < count; i++)
        snprintf(text + 2 * i, 3, "%02x", object_bytes(bytes)[i]);
    assert_string_equal(text, hex);
}

static void md5_digests(void **state) {
    (void)state;
    Oop md5 = new_bytes(16);
    NAMED_ANSWER("MD5Plugin", "primitiveInitializeState", NIL, md5);
    assert_hex(md5, "0123456789abcdeffedcba9876543210");
    OOP_EQUAL(NAMED_ANSWER("MD5Plugin", "primitiveProcessBufferWithState", INT(3),
                           padded("abc", false), md5),
              INT(3));
    assert_hex(md5, "900150983cd24fb0d6963f7d28e17f72");
    NAMED_ANSWER("MD5Plugin", "primitiveDecodeState", NIL, md5);
    assert_hex(md5, "900150983cd24fb0d6963f7d28e17f72");
    NAMED_ANSWER("MD5Plugin", "primitiveInitializeState", NIL, md5);
    NAMED_ANSWER("MD5Plugin", "primitiveProcessBufferWithState", NIL,
                 padded("message digest", false), md5);
    assert_hex(md5, "f96b697d7cb7938d525a2f31aaf161d0");
}

static void sha256_digests(void **state) {
    (void)state;
    Oop sha = new_bytes(32), digest = new_bytes(32);
    OOP_EQUAL(NAMED_ANSWER("SHA256Plugin", "primitivePluginAvailable", NIL), TRUE_OOP);
    NAMED_ANSWER("SHA256Plugin", "primitiveInitializeState", NIL, sha);
    NAMED_ANSWER("SHA256Plugin", "primitiveProcessBufferWithState", NIL, padded("abc", true), sha);
    NAMED_ANSWER("SHA256Plugin", "primitiveFinalHashFromState", NIL, digest, sha);
    assert_hex(digest, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    NAMED_ANSWER("SHA256Plugin", "primitiveFinalHashFromState", NIL, sha, sha);
    assert_memory_equal(object_bytes(sha), object_bytes(digest), 32);
}

static void sha1_digests(void **state) {
    (void)state;
    static const uint32_t initial[] = {0x67452301, 0xEFCDAB89, 0x98BADCFE, 0x10325476, 0xC3D2E1F0};
    static const uint32_t expected[] = {0xA9993E36, 0x4706816A, 0xBA3E2571, 0x7850C26C, 0x9CD0D89D};
    Oop expanded = new_words32(80), sha = new_words32(5);
    memcpy(object_bytes(sha), initial, sizeof initial);
    OOP_EQUAL(NAMED_ANSWER("DSAPrims", "primitiveHasSecureHashPrimitive", NIL), TRUE_OOP);
    NAMED_ANSWER("DSAPrims", "primitiveExpandBlock", NIL, padded("abc", true), expanded);
    NAMED_ANSWER("DSAPrims", "primitiveHashBlock", NIL, expanded, sha);
    assert_memory_equal(object_bytes(sha), expected, sizeof expected);
}

static void digests_refuse_what_is_too_short_or_constant(void **state) {
    (void)state;
    Oop block = new_bytes(64), md5 = new_bytes(16), sha = new_bytes(32), words = new_words32(80),
        sha1 = new_words32(5);
    const char *process = "primitiveProcessBufferWithState", *start = "primitiveInitializeState";
    NAMED_FAILS(BAD_ARGUMENT, "MD5Plugin", process, NIL, new_bytes(63), md5);
    NAMED_FAILS(BAD_ARGUMENT, "MD5Plugin", process, NIL, block, new_bytes(15));
    NAMED_FAILS(NO_MODIFICATION, "MD5Plugin", process, NIL, block, read_only(new_bytes(16)));
    NAMED_FAILS(BAD_ARGUMENT, "MD5Plugin", start, NIL, new_bytes(15));
    NAMED_FAILS(NO_MODIFICATION, "MD5Plugin", start, NIL, read_only(new_bytes(16)));
    NAMED_FAILS(BAD_ARGUMENT, "MD5Plugin", "primitiveDecodeState", NIL, new_bytes(15));
    NAMED_FAILS(BAD_ARGUMENT, "SHA256Plugin", process, NIL, block, new_bytes(31));
    NAMED_FAILS(NO_MODIFICATION, "SHA256Plugin", process, NIL, block, read_only(new_bytes(32)));
    NAMED_FAILS(NO_MODIFICATION, "SHA256Plugin", "primitiveFinalHashFromState", NIL,
                read_only(new_bytes(32)), sha);
    NAMED_FAILS(BAD_ARGUMENT, "DSAPrims", "primitiveExpandBlock", NIL, new_bytes(65), words);
    NAMED_FAILS(BAD_ARGUMENT, "DSAPrims", "primitiveExpandBlock", NIL, block, new_words32(79));
    NAMED_FAILS(BAD_ARGUMENT, "DSAPrims", "primitiveHashBlock", NIL, words, new_words32(6));
    NAMED_FAILS(NO_MODIFICATION, "DSAPrims", "primitiveHashBlock", NIL, words,
                read_only(new_words32(5)));
    NAMED_FAILS(NO_MODIFICATION, "DSAPrims", "primitiveExpandBlock", NIL, block,
                read_only(new_words32(80)));
    EACH_NOT_BYTES(o) {
        NAMED_FAILS(BAD_ARGUMENT, "MD5Plugin", process, NIL, o, md5);
        NAMED_FAILS(BAD_ARGUMENT, "MD5Plugin", process, NIL, block, o);
        NAMED_FAILS(BAD_ARGUMENT, "SHA256Plugin", "primitiveFinalHashFromState", NIL, o, sha);
        NAMED_FAILS(BAD_ARGUMENT, "SHA256Plugin", "primitiveFinalHashFromState", NIL, sha, o);
        NAMED_FAILS(BAD_ARGUMENT, "DSAPrims", "primitiveExpandBlock", NIL, o, words);
        NAMED_FAILS(BAD_ARGUMENT, "DSAPrims", "primitiveExpandBlock", NIL, block, o);
        NAMED_FAILS(BAD_ARGUMENT, "DSAPrims", "primitiveHashBlock", NIL, o, sha1);
        NAMED_FAILS(BAD_ARGUMENT, "DSAPrims", "primitiveHashBlock", NIL, words, o);
    }
}

// ---- products and quotients

static void products(void **state) {
    (void)state;
    Oop a = new_large(false, "\xFF\xFF\xFF", 3), b = new_large(false, "\xFF\x01", 2);
    Oop product = new_large(false, "\0\0\0\0\0", 5);
    OOP_EQUAL(NAMED_ANSWER("DSAPrims", "primitiveBigMultiply", INT(7), a, b, product), INT(7));
    assert_hex(product, "01fefffe01");
    Oop squared = new_large(false, "\0\0\0\0\0\0", 6);
    NAMED_ANSWER("DSAPrims", "primitiveBigMultiply", NIL, a, a, squared);
    assert_hex(squared, "010000feffff");
    NAMED_FAILS(BAD_ARGUMENT, "DSAPrims", "primitiveBigMultiply", NIL, a, b, squared);
    NAMED_FAILS(NO_MODIFICATION, "DSAPrims", "primitiveBigMultiply", NIL, a, a,
                read_only(new_large(false, "\0\0\0\0\0\0", 6)));
}

static void quotients(void **state) {
    (void)state;
    Oop dividend = new_large(false, "\x10\x27\x00\x00", 4); // 10000
    Oop divisor = new_large(false, "\xF1\x00", 2), quotient = new_large(false, "\0\0\x55", 3);
    OOP_EQUAL(NAMED_ANSWER("DSAPrims", "primitiveBigDivide", INT(7), dividend, divisor, quotient),
              INT(7));
    assert_hex(dividend, "77000000"); // 10000 = 41 * 241 + 119
    assert_hex(quotient, "290055");
    Oop large = new_large(false, "\0\0\x10", 3);
    NAMED_FAILS(BAD_ARGUMENT, "DSAPrims", "primitiveBigDivide", NIL, large, divisor,
                new_large(false, "", 0));
    NAMED_FAILS(BAD_ARGUMENT, "DSAPrims", "primitiveBigDivide", NIL, large, divisor,
                new_large(false, "\0", 1)); // 2^20 / 241 has two bytes
    NAMED_FAILS(BAD_ARGUMENT, "DSAPrims", "primitiveBigDivide", NIL, large,
                new_large(false, "\0", 1), new_large(false, "\0\0", 2));
    NAMED_FAILS(BAD_ARGUMENT, "DSAPrims", "primitiveBigDivide", NIL, divisor, large, quotient);
    NAMED_FAILS(BAD_ARGUMENT, "DSAPrims", "primitiveBigDivide", NIL, large, divisor, large);
    NAMED_FAILS(NO_MODIFICATION, "DSAPrims", "primitiveBigDivide", NIL,
                read_only(new_large(false, "\0\0\x01", 3)), divisor, quotient);
    NAMED_FAILS(NO_MODIFICATION, "DSAPrims", "primitiveBigDivide", NIL, large, divisor,
                read_only(new_large(false, "\0\0\0", 3)));
    assert_hex(large, "000010");
}

static void highest_digits(void **state) {
    (void)state;
    const char *name = "primitiveHighestNonZeroDigitIndex";
    OOP_EQUAL(NAMED_ANSWER("DSAPrims", name, NIL, new_large(false, "\1\2\0\0", 4)), INT(2));
    OOP_EQUAL(NAMED_ANSWER("DSAPrims", name, NIL, new_large(false, "\0\0", 2)), INT(1));
    OOP_EQUAL(NAMED_ANSWER("DSAPrims", name, NIL, new_large(false, "", 0)), INT(1));
    NAMED_FAILS(BAD_ARGUMENT, "DSAPrims", name, NIL, new_large(true, "\1", 1));
}

static void arithmetic_refuses_other_objects(void **state) {
    (void)state;
    Oop large = new_large(false, "\1\1", 2), four = new_large(false, "\0\0\0\0", 4);
    EACH_NOT_INTEGER(o) {
        NAMED_FAILS(BAD_ARGUMENT, "DSAPrims", "primitiveHighestNonZeroDigitIndex", NIL, o);
        NAMED_FAILS(BAD_ARGUMENT, "DSAPrims", "primitiveBigMultiply", NIL, o, large, four);
        NAMED_FAILS(BAD_ARGUMENT, "DSAPrims", "primitiveBigMultiply", NIL, large, o, four);
        NAMED_FAILS(BAD_ARGUMENT, "DSAPrims", "primitiveBigMultiply", NIL, large, large, o);
        NAMED_FAILS(BAD_ARGUMENT, "DSAPrims", "primitiveBigDivide", NIL, o, large, four);
        NAMED_FAILS(BAD_ARGUMENT, "DSAPrims", "primitiveBigDivide", NIL, four, o, large);
        NAMED_FAILS(BAD_ARGUMENT, "DSAPrims", "primitiveBigDivide", NIL, four, large, o);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        PLUGIN_TEST(md5_digests),    PLUGIN_TEST(sha256_digests),
        PLUGIN_TEST(sha1_digests),   PLUGIN_TEST(digests_refuse_what_is_too_short_or_constant),
        PLUGIN_TEST(products),       PLUGIN_TEST(quotients),
        PLUGIN_TEST(highest_digits), PLUGIN_TEST(arithmetic_refuses_other_objects),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
