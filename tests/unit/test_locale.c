// SPDX-License-Identifier: MIT
// LocalePlugin: codes and formats from the environment, with defaults where it says nothing.
#include "plugin_fixture.h"

#include <time.h>

#define LOCALE(name) NAMED_ANSWER("LocalePlugin", name, NIL)

static void in_locale(const char *name) {
    unsetenv("LC_MESSAGES");
    unsetenv("LANG");
    if (name)
        setenv("LC_ALL", name, 1);
    else
        unsetenv("LC_ALL");
}

static void assert_code(const char *name, const char *expected) {
    Oop code = LOCALE(name);
    assert_int_equal(num_concrete(byte_count(code)), 3);
    assert_memory_equal(object_bytes(code), expected, 3);
}

static void codes_come_from_the_environment(void **state) {
    (void)state;
    in_locale("de_AT.UTF-8");
    assert_code("primitiveCountry", "AT\0");
    assert_code("primitiveLanguage", "de\0");
    in_locale("pt_BR");
    assert_code("primitiveCountry", "BR\0");
    assert_code("primitiveLanguage", "pt\0");
}

static void unknown_locales_have_codes_too(void **state) {
    (void)state;
    const char *const names[] = {NULL, "C", "POSIX", "", "C.UTF-8", "x", "_", "klingon_Qo"};
    for (unsigned i = 0; i < sizeof names / sizeof *names; i++) {
        in_locale(names[i]);
        assert_code("primitiveLanguage", "en\0");
    }
    in_locale("C");
    assert_code("primitiveCountry", "US\0");
    in_locale("eo_");
    assert_code("primitiveCountry", "US\0");
    assert_code("primitiveLanguage", "eo\0");
}

static void symbols_are_strings_of_one_byte(void **state) {
    (void)state;
    Oop point = LOCALE("primitiveDecimalSymbol"), grouping = LOCALE("primitiveDigitGroupingSymbol");
    assert_bytes(point, ".");
    assert_int_equal(num_concrete(byte_count(grouping)), 1);
    assert_int_equal(object_bytes(grouping)[0], 0);
}

static void money_and_measures_have_answers(void **state) {
    (void)state;
    assert_bytes(LOCALE("primitiveCurrencySymbol"), "");
    OOP_EQUAL(LOCALE("primitiveCurrencyNotation"), TRUE_OOP);
    OOP_EQUAL(LOCALE("primitiveMeasurementMetric"), TRUE_OOP);
}

static void formats_are_those_of_the_c_library(void **state) {
    (void)state;
    assert_bytes(LOCALE("primitiveLongDateFormat"), "%m/%d/%y");
    assert_bytes(LOCALE("primitiveShortDateFormat"), "%m/%d/%y");
    assert_bytes(LOCALE("primitiveTimeFormat"), "%H:%M:%S");
}

static void time_zones_are_minutes_east(void **state) {
    (void)state;
    setenv("TZ", "EAST-5:30", 1);
    tzset();
    OOP_EQUAL(LOCALE("primitiveTimezoneOffset"), INT(330));
    OOP_EQUAL(LOCALE("primitiveDaylightSavings"), FALSE_OOP);
    setenv("TZ", "WEST3", 1);
    tzset();
    OOP_EQUAL(LOCALE("primitiveTimezoneOffset"), INT(-180));
    OOP_EQUAL(LOCALE("primitiveVMOffsetToUTC"), INT(0));
    unsetenv("TZ");
    tzset();
}

static int plugin_open_in_c(void **state) {
    setenv("LC_ALL", "C", 1);
    return plugin_open(state);
}
#define LOCALE_TEST(f) cmocka_unit_test_setup_teardown(f, plugin_open_in_c, plugin_close)

int main(void) {
    const struct CMUnitTest tests[] = {
        LOCALE_TEST(codes_come_from_the_environment),
        LOCALE_TEST(unknown_locales_have_codes_too),
        LOCALE_TEST(symbols_are_strings_of_one_byte),
        LOCALE_TEST(money_and_measures_have_answers),
        LOCALE_TEST(formats_are_those_of_the_c_library),
        LOCALE_TEST(time_zones_are_minutes_east),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
