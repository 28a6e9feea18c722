// SPDX-License-Identifier: MIT
// LocalePlugin: country, language, currency, number and date formats of the environment the VM
// was started in. The locale is the plugin's own object: the process keeps the one it has. It is
// read when the first primitive asks: that opens a dozen files, which most programs can do without.
//
// Codes of countries and languages are two letters in a string of three bytes, as images expect;
// where the environment names none they are US and en.
#include <ctype.h>
#include <langinfo.h>
#include <locale.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "plugin/operands.h"
#include "plugin/registry.h"
#include "run/clock.h"

enum { CODE_BYTES = 3, CODE_LETTERS = 2 };

// ---- state

static locale_t own_locale(VM *vm) {
    locale_t locale = vm->plugin_state[PLUGIN_LOCALE];
    if (!locale) locale = newlocale(LC_ALL_MASK, "", NULL);
    if (!locale) locale = newlocale(LC_ALL_MASK, "C", NULL);
    return vm->plugin_state[PLUGIN_LOCALE] = locale;
}

static void locale_stop(VM *vm) {
    if (vm->plugin_state[PLUGIN_LOCALE]) freelocale(vm->plugin_state[PLUGIN_LOCALE]);
}

// Without memory for another one, that of the process.
static const char *locale_item(VM *vm, nl_item item) {
    locale_t locale = own_locale(vm);
    return locale ? nl_langinfo_l(item, locale) : nl_langinfo(item);
}

// ---- codes out of a name like "de_AT.UTF-8"

static const char *locale_name(void) {
    static const char *const variables[] = {"LC_ALL", "LC_MESSAGES", "LANG"};
    for (unsigned i = 0; i < sizeof variables / sizeof *variables; i++) {
        const char *name = getenv(variables[i]);
        if (name && *name) return name;
    }
    return "C";
}

// Do two letters stand here, with the name's end or another part behind them?
static bool is_code(const char *text) {
    return text && isalpha((unsigned char)text[0]) && isalpha((unsigned char)text[1]) &&
           strchr("_.@", text[CODE_LETTERS]) != NULL; // finds the terminating zero as well
}

static Outcome answer_code(VM *vm, const char *code, const char *otherwise) {
    char bytes[CODE_BYTES] = {0};
    memcpy(bytes, is_code(code) ? code : otherwise, CODE_LETTERS);
    return operand_answer(vm, prim_new_byte_string(vm, bytes, CODE_BYTES));
}

static Outcome prim_country(VM *vm) {
    const char *mark = strchr(locale_name(), '_');
    return answer_code(vm, mark ? mark + 1 : NULL, "US");
}

static Outcome prim_language(VM *vm) { return answer_code(vm, locale_name(), "en"); }

// ---- money and numbers

// The currency item begins with its place: '-' before the amount, '+' behind, '.' as the point.
static Outcome prim_currency_symbol(VM *vm) {
    const char *item = locale_item(vm, CRNCYSTR);
    return operand_answer(vm, operand_new_string(vm, *item ? item + 1 : item));
}

static Outcome prim_currency_notation(VM *vm) {
    return prim_answer_bool(vm, locale_item(vm, CRNCYSTR)[0] != '+');
}

// A string of one byte; a zero where the locale has no such symbol.
static Outcome answer_symbol(VM *vm, nl_item item) {
    return operand_answer(vm, prim_new_byte_string(vm, locale_item(vm, item), 1));
}

static Outcome prim_decimal_symbol(VM *vm) { return answer_symbol(vm, RADIXCHAR); }
static Outcome prim_digit_grouping_symbol(VM *vm) { return answer_symbol(vm, THOUSEP); }
static Outcome prim_measurement_metric(VM *vm) { return prim_answer_bool(vm, true); }

// ---- dates and times

static Outcome answer_item(VM *vm, nl_item item) {
    return operand_answer(vm, operand_new_string(vm, locale_item(vm, item)));
}

static Outcome prim_date_format(VM *vm) { return answer_item(vm, D_FMT); }
static Outcome prim_time_format(VM *vm) { return answer_item(vm, T_FMT); }

static struct tm local_time(void) {
    time_t now = time(NULL);
    struct tm local = {0};
    localtime_r(&now, &local);
    return local;
}

static Outcome prim_daylight_savings(VM *vm) {
    return prim_answer_bool(vm, local_time().tm_isdst > 0);
}

// Minutes east of Greenwich.
static Outcome prim_timezone_offset(VM *vm) {
    return prim_answer(vm, oop_from_num(num(clock_utc_offset_seconds(vm) / 60)));
}

// Minutes between the VM's clock and local time: it answers local time already.
static Outcome prim_vm_offset(VM *vm) { return prim_answer(vm, oop_from_num(num(0))); }

#define LOCALE_PRIMITIVE(name, function) NAMED("LocalePlugin", name, function, 0, 0)

static const Primitive locale_primitives[] = {
    LOCALE_PRIMITIVE("primitiveCountry", prim_country),
    LOCALE_PRIMITIVE("primitiveLanguage", prim_language),
    LOCALE_PRIMITIVE("primitiveCurrencySymbol", prim_currency_symbol),
    LOCALE_PRIMITIVE("primitiveCurrencyNotation", prim_currency_notation),
    LOCALE_PRIMITIVE("primitiveDecimalSymbol", prim_decimal_symbol),
    LOCALE_PRIMITIVE("primitiveDigitGroupingSymbol", prim_digit_grouping_symbol),
    LOCALE_PRIMITIVE("primitiveMeasurementMetric", prim_measurement_metric),
    LOCALE_PRIMITIVE("primitiveLongDateFormat", prim_date_format),
    LOCALE_PRIMITIVE("primitiveShortDateFormat", prim_date_format),
    LOCALE_PRIMITIVE("primitiveTimeFormat", prim_time_format),
    LOCALE_PRIMITIVE("primitiveDaylightSavings", prim_daylight_savings),
    LOCALE_PRIMITIVE("primitiveTimezoneOffset", prim_timezone_offset),
    LOCALE_PRIMITIVE("primitiveVMOffsetToUTC", prim_vm_offset),
    NAMED_END,
};

const Plugin plugin_locale = {"LocalePlugin", locale_primitives, NULL, locale_stop};
