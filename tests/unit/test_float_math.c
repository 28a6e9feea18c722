// SPDX-License-Identifier: MIT
// FloatMathPlugin and ParleyNumbers: functions of Floats, digits of Floats, Floats from digits.
#include <math.h>

#include "plugin_fixture.h"

static double double_from(Oop oop) {
    Real value;
    double number;
    assert_true(prim_real_from_float(vm, oop, &value));
    Word bits = word_from_real(value);
    memcpy(&number, &bits, sizeof number);
    return number;
}
#define FLOAT_OF(value) prim_float_from_real(vm, real(value))

static void each_function(const char *module, const char *name, double (*function)(double)) {
    for (double x = 0.5; x < 3; x += 0.5) {
        if (isnan(function(x)))
            NAMED_FAILS(GENERIC, module, name, FLOAT_OF(x));
        else
            assert_true(double_from(NAMED_ANSWER(module, name, FLOAT_OF(x))) == function(x));
    }
    assert_true(isnan(function(1)) ||
                double_from(NAMED_ANSWER(module, name, INT(1))) == function(1));
    NAMED_FAILS(BAD_RECEIVER, module, name, NIL);
    NAMED_FAILS(BAD_RECEIVER, module, name, new_string("1"));
    NAMED_FAILS(BAD_RECEIVER, module, name, INT((1ll << 60) - 1));
    NAMED_FAILS(GENERIC, module, name, new_boxed_float(NAN));
}
static void each_function_of_two(const char *module, const char *name,
                                 double (*function)(double, double)) {
    assert_true(double_from(NAMED_ANSWER(module, name, REAL(2.5), REAL(1.5))) ==
                function(2.5, 1.5));
    assert_true(double_from(NAMED_ANSWER(module, name, INT(3), INT(2))) == function(3, 2));
    NAMED_FAILS(BAD_RECEIVER, module, name, NIL, REAL(1.5));
    NAMED_FAILS(BAD_ARGUMENT, module, name, REAL(1.5), CHARACTER('a'));
    NAMED_FAILS(BAD_ARGUMENT, module, name, REAL(1.5), forwarder_to(new_plain()));
    NAMED_FAILS(GENERIC, module, name, new_boxed_float(NAN), new_boxed_float(NAN));
}

static double fraction(double value) {
    double whole;
    return modf(value, &whole);
}

static void functions_compute(void **state) {
    (void)state;
#define FUNCTION1(name, function) each_function("FloatMathPlugin", #name, function);
#define FUNCTION2(name, function) each_function_of_two("FloatMathPlugin", #name, function);
#include "plugin/float_functions.tbl"
#undef FUNCTION1
#undef FUNCTION2
#define OWN_FUNCTIONS
#define FUNCTION1(name, function) each_function("ParleyNumbers", #name, function);
#define FUNCTION2(name, function) each_function_of_two("ParleyNumbers", #name, function);
#include "plugin/float_functions.tbl"
#undef FUNCTION1
#undef FUNCTION2
}

static void names_mean_what_they_say(void **state) {
    (void)state;
    const char *math = "FloatMathPlugin", *own = "ParleyNumbers";
    assert_true(double_from(NAMED_ANSWER(math, "primitiveLog10", REAL(1000.0))) == 3.0);
    assert_true(double_from(NAMED_ANSWER(math, "primitiveRaisedToPower", INT(2), INT(10))) == 1024);
    assert_true(double_from(NAMED_ANSWER(math, "primitiveHypot", INT(3), INT(4))) == 5.0);
    assert_true(double_from(NAMED_ANSWER(math, "primitiveArcTan2", INT(0), INT(-1))) == M_PI);
    assert_true(double_from(NAMED_ANSWER(math, "primitiveFMod", REAL(-7.5), INT(2))) == -1.5);
    assert_true(double_from(NAMED_ANSWER(math, "primitiveTimesTwoPower", REAL(1.5), INT(4))) ==
                24.0);
    assert_true(
        isinf(double_from(NAMED_ANSWER(math, "primitiveTimesTwoPower", REAL(1.5), INT(1 << 20)))));
    assert_true(double_from(NAMED_ANSWER(math, "primitiveTimesTwoPower", REAL(1.5),
                                         INT(-(1ll << 60)))) == 0.0);
    assert_float_equal(double_from(NAMED_ANSWER(own, "primitiveCubeRoot", INT(27))), 3.0, 1e-15);
    assert_true(double_from(NAMED_ANSWER(own, "primitiveMultiplyAdd", REAL(0.1), INT(10),
                                         INT(-1))) == 0x1p-54);
    NAMED_FAILS(GENERIC, math, "primitiveSqrt", REAL(-1.0));
    NAMED_FAILS(GENERIC, math, "primitiveArcCos", REAL(2.0));
    NAMED_FAILS(GENERIC, math, "primitiveRaisedToPower", REAL(-8.0), REAL(0.5));
    NAMED_FAILS(BAD_ARGUMENT, math, "primitiveTimesTwoPower", REAL(1.5), REAL(1.0));
    NAMED_FAILS(BAD_RECEIVER, math, "primitiveTimesTwoPower", NIL, INT(1));
    NAMED_FAILS(BAD_ARGUMENT, own, "primitiveMultiplyAdd", REAL(0.5), NIL, INT(1));
    NAMED_FAILS(BAD_ARGUMENT, own, "primitiveMultiplyAdd", REAL(0.5), INT(1), NIL);
    NAMED_FAILS(BAD_RECEIVER, own, "primitiveMultiplyAdd", NIL, INT(1), INT(1));
}

static void floats_have_shortest_digits(void **state) {
    (void)state;
    Oop answer = NAMED_ANSWER("ParleyNumbers", "primitiveFloatDigits", REAL(-1500.0));
    assert_bytes(field_at(answer, 0), "15");
    OOP_EQUAL(field_at(answer, 1), INT(3));
    answer = NAMED_ANSWER("ParleyNumbers", "primitiveFloatDigits", new_boxed_float(5e-324));
    assert_bytes(field_at(answer, 0), "5");
    OOP_EQUAL(field_at(answer, 1), INT(-324));
    NAMED_FAILS(BAD_RECEIVER, "ParleyNumbers", "primitiveFloatDigits", new_boxed_float(NAN));
    NAMED_FAILS(BAD_RECEIVER, "ParleyNumbers", "primitiveFloatDigits", new_boxed_float(INFINITY));
    EACH_NOT_BOOLEAN(o) {
        if (!oop_is_small_float(o))
            NAMED_FAILS(BAD_RECEIVER, "ParleyNumbers", "primitiveFloatDigits", o);
    }
}

static void digits_make_floats(void **state) {
    (void)state;
    const char *own = "ParleyNumbers", *name = "primitiveFloatFromDigits";
    assert_true(double_from(NAMED_ANSWER(own, name, NIL, new_string("31"), INT(-1))) == 3.1);
    assert_true(double_from(NAMED_ANSWER(own, name, NIL, new_string("000"), INT(5))) == 0.0);
    assert_true(isinf(double_from(NAMED_ANSWER(own, name, NIL, new_string("1"), INT(309)))));
    NAMED_FAILS(BAD_ARGUMENT, own, name, NIL, new_string(""), INT(0));
    NAMED_FAILS(BAD_ARGUMENT, own, name, NIL, new_string("1.0"), INT(0));
    NAMED_FAILS(BAD_ARGUMENT, own, name, NIL, new_string("-1"), INT(0));
    EACH_NOT_BYTES(o) NAMED_FAILS(BAD_ARGUMENT, own, name, NIL, o, INT(0));
    EACH_NOT_INTEGER(o) NAMED_FAILS(BAD_ARGUMENT, own, name, NIL, new_string("1"), o);
}

static void integers_make_floats(void **state) {
    (void)state;
    const char *own = "ParleyNumbers", *name = "primitiveFloatFromInteger";
    assert_true(double_from(NAMED_ANSWER(own, name, NIL, INT(31), INT(-1))) == 3.1);
    assert_true(double_from(NAMED_ANSWER(own, name, NIL, INT(-31), INT(-1))) == -3.1);
    assert_true(double_from(NAMED_ANSWER(own, name, NIL, INT(0), INT(-1))) == 0.0);
    assert_true(double_from(NAMED_ANSWER(own, name, NIL, new_large_word(false, 1ull << 62),
                                         INT(0))) == 0x1p62);
    assert_true(double_from(NAMED_ANSWER(own, name, NIL, new_large_word(true, UINT64_MAX),
                                         INT(-20))) == -18446744073709551615e-20);
    assert_true(double_from(NAMED_ANSWER(own, name, NIL, INT(-(1ll << 60)), INT(0))) == -0x1p60);
    Oop longest = fixture_new_bits(cls.large_positive, FORMAT_8BIT, 512);
    memset(object_bytes(longest), 0xFF, 512);
    assert_true(isinf(double_from(NAMED_ANSWER(own, name, NIL, longest, INT(0)))));
    assert_true(double_from(NAMED_ANSWER(own, name, NIL, longest, INT(-1233))) ==
                1.0443888814131526);
    Oop too_long = fixture_new_bits(cls.large_positive, FORMAT_8BIT, 513);
    NAMED_FAILS(LIMIT_EXCEEDED, own, name, NIL, too_long, INT(0));
    EACH_NOT_INTEGER(o) NAMED_FAILS(BAD_ARGUMENT, own, name, NIL, o, INT(0));
    EACH_NOT_INTEGER(o) NAMED_FAILS(BAD_ARGUMENT, own, name, NIL, INT(1), o);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        PLUGIN_TEST(functions_compute),           PLUGIN_TEST(names_mean_what_they_say),
        PLUGIN_TEST(floats_have_shortest_digits), PLUGIN_TEST(digits_make_floats),
        PLUGIN_TEST(integers_make_floats),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
