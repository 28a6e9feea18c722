// SPDX-License-Identifier: MIT
// FloatArrayPlugin and Float64ArrayPlugin: every primitive in both widths.
#include "base/bits.h"
#include "integers.h"

#include <math.h>

#include "plugin/registry.h"

extern const Plugin plugin_float_array, plugin_float64_array;

static bool wide; // the width of the test that runs

static PrimitiveFunction named(const char *name) {
    const Plugin *plugin = wide ? &plugin_float64_array : &plugin_float_array;
    for (const Primitive *row = plugin->primitives; row->name; row++)
        if (strcmp(row->name, name) == 0) return row->function;
    fail_msg("no primitive %s", name);
    return NULL;
}

static Oop array_of(unsigned count, const double *values) {
    Oop array = wide ? new_words64(count) : new_words32(count);
    for (unsigned i = 0; i < count; i++) {
        if (wide)
            store_f64(object_bytes(array) + 8 * i, values[i]);
        else
            store_f32(object_bytes(array) + 4 * i, (float)values[i]);
    }
    return array;
}
#define FLOATS(...) array_of(sizeof((double[]){__VA_ARGS__}) / 8, (double[]){__VA_ARGS__})

static double element(Oop array, unsigned i) {
    return wide ? load_f64(object_bytes(array) + 8 * i) : load_f32(object_bytes(array) + 4 * i);
}
static void assert_floats(Oop array, unsigned count, const double *values) {
    assert_int_equal(num_concrete(element_count(array)), count);
    for (unsigned i = 0; i < count; i++) {
        double expected = wide ? values[i] : (double)(float)values[i];
        assert_true(element(array, i) == expected);
    }
}
#define HOLDS(array, ...)                                                                          \
    assert_floats(array, sizeof((double[]){__VA_ARGS__}) / 8, (double[]){__VA_ARGS__})

// Each test runs in both widths.
#define IN_BOTH_WIDTHS(test)                                                                       \
    static void test##_32(void **state) {                                                          \
        (void)state;                                                                               \
        wide = false;                                                                              \
        test();                                                                                    \
    }                                                                                              \
    static void test##_64(void **state) {                                                          \
        (void)state;                                                                               \
        wide = true;                                                                               \
        test();                                                                                    \
    }

static void elements(void) {
    Oop array = FLOATS(1.5, -2, 0.25);
    ANSWERS(REAL(1.5), named("primitiveAt"), array, INT(1));
    ANSWERS(REAL(0.25), named("primitiveAt"), array, INT(3));
    ANSWERS(REAL(8.5), named("primitiveAtPut"), array, INT(2), REAL(8.5));
    ANSWERS(INT(7), named("primitiveAtPut"), array, INT(3), INT(7));
    HOLDS(array, 1.5, 8.5, 7);
    FAILS(BAD_INDEX, named("primitiveAt"), array, INT(0));
    FAILS(BAD_INDEX, named("primitiveAt"), array, INT(4));
    FAILS(BAD_ARGUMENT, named("primitiveAt"), array, NIL);
    FAILS(BAD_INDEX, named("primitiveAtPut"), array, INT(4), REAL(1.0));
    FAILS(BAD_ARGUMENT, named("primitiveAtPut"), array, INT(1), NIL);
    HOLDS(array, 1.5, 8.5, 7);
}
IN_BOTH_WIDTHS(elements)

static void scalars(void) {
    Oop array = FLOATS(1, 2, -3);
    ANSWERS(array, named("primitiveAddScalar"), array, REAL(0.5));
    HOLDS(array, 1.5, 2.5, -2.5);
    ANSWERS(array, named("primitiveMulScalar"), array, INT(2));
    HOLDS(array, 3, 5, -5);
    ANSWERS(array, named("primitiveSubScalar"), array, INT(1));
    HOLDS(array, 2, 4, -6);
    ANSWERS(array, named("primitiveDivScalar"), array, REAL(4.0));
    HOLDS(array, 0.5, 1, -1.5);
    FAILS(BAD_ARGUMENT, named("primitiveDivScalar"), array, REAL(-0.0));
    FAILS(BAD_ARGUMENT, named("primitiveAddScalar"), array, NIL);
    HOLDS(array, 0.5, 1, -1.5);
}
IN_BOTH_WIDTHS(scalars)

static void arrays(void) {
    Oop array = FLOATS(1, 2, 3), other = FLOATS(4, 5, -8);
    ANSWERS(array, named("primitiveAddFloatArray"), array, other);
    HOLDS(array, 5, 7, -5);
    ANSWERS(array, named("primitiveSubFloatArray"), array, other);
    HOLDS(array, 1, 2, 3);
    ANSWERS(array, named("primitiveMulFloatArray"), array, other);
    HOLDS(array, 4, 10, -24);
    ANSWERS(array, named("primitiveDivFloatArray"), array, other);
    HOLDS(array, 1, 2, 3);
    ANSWERS(array, named("primitiveAddFloatArray"), array, array);
    HOLDS(array, 2, 4, 6);
    FAILS(BAD_ARGUMENT, named("primitiveDivFloatArray"), array, FLOATS(1, 1, 0));
    FAILS(BAD_ARGUMENT, named("primitiveAddFloatArray"), array, FLOATS(1, 2));
    HOLDS(array, 2, 4, 6);
    HOLDS(other, 4, 5, -8);
}
IN_BOTH_WIDTHS(arrays)

static void whole_arrays(void) {
    Oop array = FLOATS(3, -4), empty = FLOATS(0);
    ANSWERS(REAL(-1.0), named("primitiveSum"), array);
    ANSWERS(REAL(25.0), named("primitiveDotProduct"), array, array);
    ANSWERS(REAL(-5.0), named("primitiveDotProduct"), array, FLOATS(1, 2));
    ANSWERS(REAL(5.0), named("primitiveLength"), array);
    ANSWERS(array, named("primitiveNormalize"), array);
    HOLDS(array, 3.0 / 5, -4.0 / 5);
    FAILS(BAD_RECEIVER, named("primitiveLength"), empty);
    FAILS(BAD_RECEIVER, named("primitiveNormalize"), empty);
    FAILS(BAD_ARGUMENT, named("primitiveDotProduct"), array, FLOATS(1, 2, 3));
}
IN_BOTH_WIDTHS(whole_arrays)

static void equality_and_hash(void) {
    Oop array = FLOATS(1, 2, 3), nan = FLOATS(NAN);
    ANSWERS(TRUE_OOP, named("primitiveEqual"), array, FLOATS(1, 2, 3));
    ANSWERS(FALSE_OOP, named("primitiveEqual"), array, FLOATS(1, 2, 4));
    ANSWERS(FALSE_OOP, named("primitiveEqual"), array, FLOATS(1, 2));
    ANSWERS(FALSE_OOP, named("primitiveEqual"), nan, nan);
    FAILS(BAD_ARGUMENT, named("primitiveEqual"), array, NIL);
    Oop hash = ANSWER(named("primitiveHashArray"), FLOATS(1, 2));
    int64_t expected = wide ? 0x3FF00000ll + 0x40000000 : 0x3F800000ll + 0x40000000;
    OOP_EQUAL(hash, INT(expected & 0x1FFFFFFF));
}
IN_BOTH_WIDTHS(equality_and_hash)

static void wrong_receivers(void) {
    static const char *const names[] = {"primitiveSum", "primitiveLength", "primitiveNormalize",
                                        "primitiveHashArray"};
    Oop other_width = wide ? new_words32(2) : new_words64(2);
    for (unsigned i = 0; i < sizeof names / sizeof *names; i++) {
        FAILS(BAD_RECEIVER, named(names[i]), INT(1));
        FAILS(BAD_RECEIVER, named(names[i]), new_array(2));
        FAILS(BAD_RECEIVER, named(names[i]), other_width);
    }
    FAILS(BAD_ARGUMENT, named("primitiveAddFloatArray"), FLOATS(1, 2), other_width);
}
IN_BOTH_WIDTHS(wrong_receivers)

static void constants_do_not_change(void) {
    Oop array = read_only(FLOATS(3, 4));
    FAILS(NO_MODIFICATION, named("primitiveAtPut"), array, INT(1), REAL(1.0));
    FAILS(NO_MODIFICATION, named("primitiveAddScalar"), array, REAL(1.0));
    FAILS(NO_MODIFICATION, named("primitiveMulFloatArray"), array, array);
    FAILS(NO_MODIFICATION, named("primitiveNormalize"), array);
    HOLDS(array, 3, 4);
}
IN_BOTH_WIDTHS(constants_do_not_change)

int main(void) {
#define BOTH(test) PRIM_TEST(test##_32), PRIM_TEST(test##_64)
    const struct CMUnitTest tests[] = {
        BOTH(elements),
        BOTH(scalars),
        BOTH(arrays),
        BOTH(whole_arrays),
        BOTH(equality_and_hash),
        BOTH(wrong_receivers),
        BOTH(constants_do_not_change),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
