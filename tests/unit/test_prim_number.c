// SPDX-License-Identifier: MIT
// Numbers between Smalltalk and C: every helper at the edges of SmallInteger, of 64 bits with and
// without sign, and of SmallFloat64.
#include "integers.h"

#include <float.h>
#include <math.h>

static void signed_words_become_normal_integers(void **state) {
    (void)state;
    for (int i = 0; i < INTERESTING_COUNT; i++)
        if (wide_fits_signed(interesting[i]))
            assert_normal(prim_integer_from_num(vm, num((int64_t)interesting[i])), interesting[i]);
}

static void unsigned_words_become_normal_integers(void **state) {
    (void)state;
    for (int i = 0; i < INTERESTING_COUNT; i++)
        if (interesting[i] >= 0 && wide_fits_magnitude(interesting[i]))
            assert_normal(prim_integer_from_word(vm, word((uint64_t)interesting[i])),
                          interesting[i]);
}

static void integers_are_read_where_they_fit_64_bits_with_sign(void **state) {
    (void)state;
    for (int i = 0; i < INTERESTING_COUNT; i++) {
        Num value = num(77);
        bool read = prim_num_from_integer(vm, integer_of_wide(interesting[i]), &value);
        assert_int_equal(read, wide_fits_signed(interesting[i]));
        if (read) assert_true(num_concrete(value) == (int64_t)interesting[i]);
    }
}

static void integers_are_read_where_they_fit_64_bits_without_sign(void **state) {
    (void)state;
    for (int i = 0; i < INTERESTING_COUNT; i++) {
        Word value = word(77);
        bool read = prim_word_from_integer(vm, integer_of_wide(interesting[i]), &value);
        assert_int_equal(read, interesting[i] >= 0 && wide_fits_magnitude(interesting[i]));
        if (read)
            assert_true((uint64_t)num_concrete(num_from_word(value)) == (uint64_t)interesting[i]);
    }
}

static void magnitudes_are_read_with_their_sign(void **state) {
    (void)state;
    for (int i = 0; i < INTERESTING_COUNT; i++) {
        Magnitude m;
        assert_true(magnitude_from_integer(vm, integer_of_wide(interesting[i]), &m));
        Wide size = (Wide)(uint64_t)num_concrete(num_from_word(m.size));
        assert_true((m.negative ? -size : size) == interesting[i]);
    }
}

static void nine_bytes_are_refused(void **state) {
    (void)state;
    Num n;
    Word w;
    Magnitude m;
    Oop nine = integer_of_wide((Wide)1 << 64);
    assert_false(prim_num_from_integer(vm, nine, &n));
    assert_false(prim_word_from_integer(vm, nine, &w));
    assert_false(magnitude_from_integer(vm, nine, &m));
}

static void other_objects_are_refused(void **state) {
    (void)state;
    Num n;
    Word w;
    Real r;
    for (unsigned i = 0; i < NOT_A_NUMBER_COUNT; i++) {
        assert_false(prim_num_from_integer(vm, not_a_number(i), &n));
        assert_false(prim_word_from_integer(vm, not_a_number(i), &w));
        assert_false(prim_real_from_float(vm, not_a_number(i), &r));
        assert_false(prim_real_from_number(vm, not_a_number(i), &r));
    }
    assert_false(prim_num_from_integer(vm, REAL(1.5), &n));
    assert_false(prim_real_from_number(vm, integer_of_wide((Wide)1 << 60), &r));
}

static void short_large_integers_are_read(void **state) {
    (void)state;
    Num n;
    assert_true(prim_num_from_integer(vm, new_large(true, "\5", 1), &n));
    assert_int_equal(num_concrete(n), -5);
    assert_true(prim_num_from_integer(vm, new_large(false, "\5\0\0", 3), &n));
    assert_int_equal(num_concrete(n), 5);
    assert_true(prim_num_from_integer(vm, new_large(false, "", 0), &n));
    assert_int_equal(num_concrete(n), 0);
}

// What lies in the body behind the last byte does not count.
static void padding_of_a_large_integer_is_not_trusted(void **state) {
    (void)state;
    Oop large = new_large(false, "\1\2\3", 3);
    memset(object_bytes(large) + 3, 0xEE, 5);
    Num n;
    assert_true(prim_num_from_integer(vm, large, &n));
    assert_int_equal(num_concrete(n), 0x030201);
}

// ---- floats

static const double edges[] = {
    0.0,     -0.0,     1.0,       -1.5,    0.1,    1e100,    -1e100,    1e-310,
    DBL_MIN, -DBL_MIN, DBL_MAX,   DBL_MIN, 5e-324, 3.4e38,   -3.4e38,   6.8e38,
    7e38,    1.17e-38, 5.877e-39, 2.9e-39, 1e-38,  INFINITY, -INFINITY,
};

static void floats_come_back_as_they_were(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof edges / sizeof *edges; i++) {
        Real back;
        Oop made = prim_float_from_real(vm, real(edges[i]));
        assert_true(prim_real_from_float(vm, made, &back));
        assert_true(num_concrete(num_from_word(word_from_real(back))) ==
                    num_concrete(num_from_word(word_from_real(real(edges[i])))));
        assert_int_equal(oop_is_small_float(made), real_fits_small_float(real(edges[i])));
    }
}

static void floats_of_everyday_are_immediate(void **state) {
    (void)state;
    assert_true(oop_is_small_float(prim_float_from_real(vm, real(0.0))));
    assert_true(oop_is_small_float(prim_float_from_real(vm, real(-2.5))));
    Oop boxed = prim_float_from_real(vm, real(1e100));
    assert_int_equal(CLASS_OF(boxed), cls.boxed_float);
    assert_int_equal(num_concrete(object_format(boxed)), FORMAT_32BIT);
}

static void nan_survives(void **state) {
    (void)state;
    Real back;
    assert_true(prim_real_from_float(vm, prim_float_from_real(vm, real(NAN)), &back));
    assert_true(real_is_nan(back));
}

static void small_integers_are_numbers_where_a_double_holds_them(void **state) {
    (void)state;
    Real value;
    assert_true(prim_real_from_number(vm, INT(-3), &value));
    assert_true(real_eq(value, real(-3.0)));
    assert_true(prim_real_from_number(vm, INT(1ll << 53), &value));
    assert_true(prim_real_from_number(vm, INT((1ll << 59) + 512), &value));
    assert_false(prim_real_from_number(vm, INT((1ll << 53) + 1), &value));
    assert_false(prim_real_from_number(vm, INT((1ll << 60) - 1), &value));
    assert_false(prim_real_from_float(vm, INT(1), &value));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        PRIM_TEST(signed_words_become_normal_integers),
        PRIM_TEST(unsigned_words_become_normal_integers),
        PRIM_TEST(integers_are_read_where_they_fit_64_bits_with_sign),
        PRIM_TEST(integers_are_read_where_they_fit_64_bits_without_sign),
        PRIM_TEST(magnitudes_are_read_with_their_sign),
        PRIM_TEST(nine_bytes_are_refused),
        PRIM_TEST(other_objects_are_refused),
        PRIM_TEST(short_large_integers_are_read),
        PRIM_TEST(padding_of_a_large_integer_is_not_trusted),
        PRIM_TEST(floats_come_back_as_they_were),
        PRIM_TEST(floats_of_everyday_are_immediate),
        PRIM_TEST(nan_survives),
        PRIM_TEST(small_integers_are_numbers_where_a_double_holds_them),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
