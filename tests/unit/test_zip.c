// SPDX-License-Identifier: MIT
// ZipPlugin's checksums, against values that their specifications give.
#include "plugin_fixture.h"

#include "plugin/checksum_kernel.h"

static const uint8_t digits[] = "123456789";

static void checksums_have_the_known_values(void **state) {
    (void)state;
    assert_int_equal(~checksum_crc32(~0u, digits, 9), 0xCBF43926);
    assert_int_equal(checksum_adler32(1, (const uint8_t *)"Wikipedia", 9), 0x11E60398);
}

static void checksums_can_be_continued(void **state) {
    (void)state;
    assert_int_equal(checksum_crc32(checksum_crc32(~0u, digits, 4), digits + 4, 5),
                     checksum_crc32(~0u, digits, 9));
    assert_int_equal(checksum_adler32(checksum_adler32(1, digits, 4), digits + 4, 5),
                     checksum_adler32(1, digits, 9));
    assert_int_equal(checksum_crc32(77, digits, 0), 77);
}

static void long_runs_do_not_overflow(void **state) {
    (void)state;
    static uint8_t ones[100000];
    memset(ones, 0xFF, sizeof ones);
    uint64_t low = 1, high = 0;
    for (size_t i = 0; i < sizeof ones; i++) {
        low = (low + 255) % 65521;
        high = (high + low) % 65521;
    }
    assert_int_equal(checksum_adler32(1, ones, sizeof ones), high << 16 | low);
}

static void primitives_work_on_a_range_of_bytes(void **state) {
    (void)state;
    Oop text = new_string("xx123456789yy"), answer;
    answer = NAMED_ANSWER("ZipPlugin", "primitiveUpdateGZipCrc32", NIL, INT(0xFFFFFFFF), INT(3),
                          INT(11), text);
    OOP_EQUAL(answer, INT((int64_t)(0xCBF43926 ^ 0xFFFFFFFF)));
    answer = NAMED_ANSWER("ZipPlugin", "primitiveUpdateAdler32", NIL, INT(1), INT(1), INT(9),
                          new_string("Wikipedia"));
    OOP_EQUAL(answer, INT(0x11E60398));
}

static void wrong_operands_are_refused(void **state) {
    (void)state;
    static const char *const names[] = {"primitiveUpdateGZipCrc32", "primitiveUpdateAdler32"};
    Oop text = new_string("abc");
    for (int i = 0; i < 2; i++) {
        PrimitiveFunction update = named("ZipPlugin", names[i]);
        FAILS(BAD_INDEX, update, NIL, INT(1), INT(0), INT(2), text);
        FAILS(BAD_INDEX, update, NIL, INT(1), INT(3), INT(2), text);
        FAILS(BAD_INDEX, update, NIL, INT(1), INT(1), INT(4), text);
        FAILS(BAD_ARGUMENT, update, NIL, INT(-1), INT(1), INT(2), text);
        FAILS(BAD_ARGUMENT, update, NIL, INT(1ll << 32), INT(1), INT(2), text);
        EACH_NOT_BYTES(wrong) FAILS(BAD_ARGUMENT, update, NIL, INT(1), INT(1), INT(1), wrong);
        EACH_NOT_INTEGER(wrong) {
            FAILS(BAD_ARGUMENT, update, NIL, wrong, INT(1), INT(2), text);
            FAILS(BAD_ARGUMENT, update, NIL, INT(1), wrong, INT(2), text);
            FAILS(BAD_ARGUMENT, update, NIL, INT(1), INT(1), wrong, text);
        }
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(checksums_have_the_known_values),
        cmocka_unit_test(checksums_can_be_continued),
        cmocka_unit_test(long_runs_do_not_overflow),
        PLUGIN_TEST(primitives_work_on_a_range_of_bytes),
        PLUGIN_TEST(wrong_operands_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
