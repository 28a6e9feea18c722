// SPDX-License-Identifier: MIT
// Number literals. Digits are gathered into naturals of any length (base/natural.h) and the value
// is computed exactly; floats are rounded once, to nearest even, at the end (base/decimal.h).
#include "compile/numbers.h"

#include <math.h>
#include <stdlib.h>

#include "base/decimal.h"
#include "compile/lexer.h"

// ---- naturals in the arena; no digits and an exhausted arena when memory is out

static Natural big_from_digit(CodeArena *arena, Digit digit) {
    Digit *to = arena_new_array(arena, Digit, 1);
    if (!to) return (Natural){NULL, 0};
    to[0] = digit;
    return natural_of(to, 1);
}

static Natural big_multiply(CodeArena *arena, Natural a, Natural b) {
    Digit *to = arena_new_array(arena, Digit, a.count + b.count);
    size_t room = natural_multiply_scratch(a.count, b.count);
    Digit *scratch = arena_new_array(arena, Digit, room);
    if (!to || !scratch) return (Natural){NULL, 0};
    return natural_multiply(to, a, b, scratch);
}

static Natural big_add(CodeArena *arena, Natural a, Natural b) {
    Digit *to = arena_new_array(arena, Digit, (a.count > b.count ? a.count : b.count) + 1);
    return to ? natural_add(to, a, b) : (Natural){NULL, 0};
}

static Natural big_shift_left(CodeArena *arena, Natural a, size_t places) {
    Digit *to = arena_new_array(arena, Digit, natural_shifted_digits(a, places));
    return to ? natural_shift_left(to, a, places) : (Natural){NULL, 0};
}

static Division big_divide(CodeArena *arena, Natural a, Natural b) {
    Digit *quotient = arena_new_array(arena, Digit, a.count);
    Digit *remainder = arena_new_array(arena, Digit, a.count + 1);
    Digit *scratch = arena_new_array(arena, Digit, b.count);
    if (!quotient || !remainder || !scratch) return (Division){{NULL, 0}, {NULL, 0}};
    return natural_divide(quotient, remainder, a, b, scratch);
}

static Natural big_power(CodeArena *arena, unsigned base, uint64_t exponent) {
    Natural result = big_from_digit(arena, 1), square = big_from_digit(arena, base);
    for (; exponent && !arena->is_exhausted; exponent >>= 1) {
        if (exponent & 1) result = big_multiply(arena, result, square);
        if (exponent > 1) square = big_multiply(arena, square, square);
    }
    return result;
}

static Natural big_gcd(CodeArena *arena, Natural a, Natural b) {
    while (b.count && !arena->is_exhausted) {
        Natural remainder = big_divide(arena, a, b).remainder;
        a = b;
        b = remainder;
    }
    return a;
}

// ---- literals of naturals

static void set_integer(CodeArena *arena, Literal *literal, Natural magnitude, bool is_negative) {
    *literal = (Literal){.kind = LITERAL_INTEGER};
    if (natural_bit_count(magnitude) < 64) {
        int64_t value = (int64_t)natural_low_digit(magnitude);
        literal->integer = is_negative ? -value : value;
        return;
    }
    size_t count = natural_byte_count(magnitude);
    uint8_t *bytes = code_arena_allocate(arena, count);
    if (!bytes) return;
    natural_store(magnitude, bytes, count);
    literal->is_negative = is_negative;
    literal->text = (Text){(const char *)bytes, count};
}

static void set_float(Literal *literal, double value) {
    *literal = (Literal){.kind = LITERAL_FLOAT, .real = value};
}

static void set_scaled(CodeArena *arena, Literal *literal, Natural numerator, Natural denominator,
                       bool is_negative, int64_t scale) {
    *literal = (Literal){.kind = LITERAL_SCALED_DECIMAL, .integer = scale, .item_count = 2};
    literal->items = arena_new_array(arena, Literal, 2);
    if (!literal->items) return;
    Natural common = big_gcd(arena, numerator, denominator);
    if (common.count) {
        numerator = big_divide(arena, numerator, common).quotient;
        denominator = big_divide(arena, denominator, common).quotient;
    }
    set_integer(arena, &literal->items[0], numerator, is_negative);
    set_integer(arena, &literal->items[1], denominator, false);
}

// ---- floats

enum { QUOTIENT_BITS = 66 }; // of which one more than a double's are needed, and some to round by

static double divide_to_double(CodeArena *arena, Natural numerator, Natural denominator) {
    if (!numerator.count || !denominator.count) return 0.0;
    int64_t difference =
        (int64_t)natural_bit_count(numerator) - (int64_t)natural_bit_count(denominator);
    if (difference > 1100) return HUGE_VAL;
    int64_t shift = QUOTIENT_BITS - difference;
    if (shift > 0)
        numerator = big_shift_left(arena, numerator, (size_t)shift);
    else
        denominator = big_shift_left(arena, denominator, (size_t)-shift);
    Division division = big_divide(arena, numerator, denominator);
    if (arena->is_exhausted) return 0.0;
    return decimal_round(division.quotient, division.remainder.count != 0, -shift);
}

static double scaled_float(CodeArena *arena, Natural mantissa, unsigned base, int64_t exponent) {
    uint64_t size = (uint64_t)(exponent < 0 ? -exponent : exponent);
    Natural power = big_power(arena, base, size);
    if (exponent < 0) return divide_to_double(arena, mantissa, power);
    return divide_to_double(arena, big_multiply(arena, mantissa, power), big_from_digit(arena, 1));
}

// ---- reading

typedef struct Reader {
    CodeArena *arena;
    Text source;
    size_t at;
    unsigned base;
    bool is_negative;
    bool is_too_long;
} Reader;

static int char_at(const Reader *r, size_t at) {
    return at < r->source.length ? (unsigned char)r->source.bytes[at] : -1;
}

static int peek(const Reader *r) { return char_at(r, r->at); }

static bool skip(Reader *r, char c) {
    if (peek(r) != c) return false;
    r->at++;
    return true;
}

static int digit_value(int c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'A' && c <= 'Z') return c - 'A' + 10;
    if (c >= 'a' && c <= 'z') return c - 'a' + 10;
    return 99;
}

static bool digit_follows(const Reader *r, unsigned base) {
    return (unsigned)digit_value(peek(r)) < base;
}

typedef struct DigitRun {
    size_t start, count, trailing_zeros;
} DigitRun;

static DigitRun read_digits(Reader *r, unsigned base) {
    DigitRun run = {.start = r->at};
    while (digit_follows(r, base)) {
        run.trailing_zeros = peek(r) == '0' ? run.trailing_zeros + 1 : 0;
        r->at++;
    }
    run.count = r->at - run.start;
    if (run.count > NUMBER_DIGIT_LIMIT) r->is_too_long = true;
    return run;
}

// How many digits of the base surely fit a machine digit.
static unsigned digits_at_once(unsigned base) {
    unsigned count = 0;
    for (Digit limit = ~(Digit)0; limit >= base; limit /= base)
        count++;
    return count;
}

// The value of `count` digits; halves are read apart so that long numerals stay cheap.
static Natural natural_from_digits(Reader *r, size_t start, size_t count, unsigned base) {
    if (count > digits_at_once(base)) {
        size_t low_count = count / 2, high_count = count - low_count;
        Natural high = natural_from_digits(r, start, high_count, base);
        Natural low = natural_from_digits(r, start + high_count, low_count, base);
        Natural power = big_power(r->arena, base, low_count);
        return big_add(r->arena, big_multiply(r->arena, high, power), low);
    }
    Digit value = 0;
    for (size_t i = 0; i < count; i++)
        value = value * base + (Digit)digit_value(char_at(r, start + i));
    return big_from_digit(r->arena, value);
}

// e, d or q with an exponent in decimal digits; else nothing is taken.
static bool read_exponent(Reader *r, int64_t *exponent, NumberProblem *problem) {
    int letter = peek(r);
    size_t before = r->at;
    *exponent = 0;
    if (letter != 'e' && letter != 'd' && letter != 'q') return false;
    r->at++;
    bool is_negative = skip(r, '-');
    if (!digit_follows(r, 10)) {
        r->at = before;
        return false;
    }
    for (; digit_follows(r, 10); r->at++)
        if (*exponent <= NUMBER_EXPONENT_LIMIT) *exponent = *exponent * 10 + digit_value(peek(r));
    if (*exponent > NUMBER_EXPONENT_LIMIT) *problem = NUMBER_LARGE;
    if (is_negative) *exponent = -*exponent;
    return true;
}

static bool letter_follows(const Reader *r) {
    size_t at = r->at;
    uint32_t character;
    return text_next_character(r->source, &at, &character) && character != '_' &&
           character_begins_name(character);
}

// s, with the number of decimals behind it or as many as were written.
static bool read_scale(Reader *r, int64_t *scale, size_t written, NumberProblem *problem) {
    if (!skip(r, 's')) return false;
    *scale = (int64_t)written;
    if (!digit_follows(r, 10)) {
        if (!letter_follows(r)) return true;
        r->at--;
        return false;
    }
    for (*scale = 0; digit_follows(r, 10); r->at++)
        if (*scale <= NUMBER_EXPONENT_LIMIT) *scale = *scale * 10 + digit_value(peek(r));
    if (*scale > NUMBER_EXPONENT_LIMIT) *problem = NUMBER_LARGE;
    return true;
}

static void power_integer(Reader *r, Natural whole, int64_t exponent, Literal *literal) {
    if (exponent >= 0) {
        Natural power = big_power(r->arena, r->base, (uint64_t)exponent);
        set_integer(r->arena, literal, big_multiply(r->arena, whole, power), r->is_negative);
        return;
    }
    Natural power = big_power(r->arena, r->base, (uint64_t)-exponent);
    Division division = big_divide(r->arena, whole, power);
    if (division.remainder.count == 0) {
        set_integer(r->arena, literal, division.quotient, r->is_negative);
        return;
    }
    double value = divide_to_double(r->arena, whole, power);
    set_float(literal, r->is_negative ? -value : value);
}

static NumberProblem finish_whole(Reader *r, DigitRun whole_run, Literal *literal) {
    NumberProblem problem = NUMBER_FINE;
    int64_t exponent, scale;
    Natural whole = natural_from_digits(r, whole_run.start, whole_run.count, r->base);
    if (read_exponent(r, &exponent, &problem)) {
        if (problem == NUMBER_FINE) power_integer(r, whole, exponent, literal);
    } else if (read_scale(r, &scale, 0, &problem)) {
        set_scaled(r->arena, literal, whole, big_from_digit(r->arena, 1), r->is_negative, scale);
    } else {
        set_integer(r->arena, literal, whole, r->is_negative);
    }
    return problem;
}

static NumberProblem finish_fraction(Reader *r, DigitRun whole_run, DigitRun run,
                                     Literal *literal) {
    NumberProblem problem = NUMBER_FINE;
    int64_t exponent, scale;
    size_t used = run.count - run.trailing_zeros;
    Natural whole = natural_from_digits(r, whole_run.start, whole_run.count, r->base);
    Natural shift = big_power(r->arena, r->base, used);
    Natural digits = natural_from_digits(r, run.start, used, r->base);
    Natural mantissa = big_add(r->arena, big_multiply(r->arena, whole, shift), digits);
    bool has_exponent = read_exponent(r, &exponent, &problem);
    if (problem != NUMBER_FINE) return problem;
    if (!has_exponent && read_scale(r, &scale, run.count, &problem)) {
        set_scaled(r->arena, literal, mantissa, shift, r->is_negative, scale);
        return problem;
    }
    double value = scaled_float(r->arena, mantissa, r->base, exponent - (int64_t)used);
    set_float(literal, r->is_negative ? -value : value);
    return problem;
}

// The digits behind the radix, if there is one.
static NumberProblem read_radix(Reader *r, DigitRun *whole) {
    if (!skip(r, 'r')) return NUMBER_FINE;
    uint64_t radix = 0;
    for (size_t i = 0; i < whole->count && radix <= 36; i++)
        radix = radix * 10 + (uint64_t)digit_value(char_at(r, whole->start + i));
    if (radix < 2 || radix > 36) return NUMBER_BAD_RADIX;
    r->base = (unsigned)radix;
    if (skip(r, '-')) r->is_negative = !r->is_negative;
    if (!digit_follows(r, r->base)) return NUMBER_BAD;
    *whole = read_digits(r, r->base);
    return NUMBER_FINE;
}

static NumberProblem read(Reader *r, Literal *literal) {
    r->is_negative = skip(r, '-');
    DigitRun whole = read_digits(r, 10);
    NumberProblem problem = read_radix(r, &whole);
    if (problem != NUMBER_FINE) return problem;
    if (r->is_too_long) return NUMBER_LARGE;
    if (peek(r) == '.' && (unsigned)digit_value(char_at(r, r->at + 1)) < r->base) {
        r->at++;
        DigitRun fraction = read_digits(r, r->base);
        if (r->is_too_long) return NUMBER_LARGE;
        return finish_fraction(r, whole, fraction, literal);
    }
    return finish_whole(r, whole, literal);
}

NumberProblem number_read(CodeArena *arena, Text source, size_t *at, Literal *literal) {
    Reader reader = {.arena = arena, .source = source, .at = *at, .base = 10};
    *literal = (Literal){.kind = LITERAL_INTEGER};
    NumberProblem problem = read(&reader, literal);
    *at = reader.at;
    return problem;
}

// ---- signs

void literal_negate(Literal *number) {
    switch (number->kind) {
    case LITERAL_INTEGER:
        if (number->text.length)
            number->is_negative = !number->is_negative;
        else
            number->integer = -number->integer;
        break;
    case LITERAL_FLOAT:
        number->real = -number->real;
        break;
    case LITERAL_SCALED_DECIMAL:
        literal_negate(&number->items[0]);
        break;
    default:
        break;
    }
}

bool literal_is_number(const Literal *literal) {
    return literal->kind == LITERAL_INTEGER || literal->kind == LITERAL_FLOAT ||
           literal->kind == LITERAL_SCALED_DECIMAL;
}

bool literal_is_zero(const Literal *number) {
    switch (number->kind) {
    case LITERAL_INTEGER:
        return number->integer == 0 && number->text.length == 0;
    case LITERAL_FLOAT:
        return number->real == 0;
    case LITERAL_SCALED_DECIMAL:
        return number->items && literal_is_zero(&number->items[0]);
    default:
        return false;
    }
}

bool literal_is_negative(const Literal *number) {
    switch (number->kind) {
    case LITERAL_INTEGER:
        return number->text.length ? number->is_negative : number->integer < 0;
    case LITERAL_FLOAT:
        return number->real < 0;
    case LITERAL_SCALED_DECIMAL:
        return number->items && literal_is_negative(&number->items[0]);
    default:
        return false;
    }
}
