// SPDX-License-Identifier: MIT
// Natural numbers: loading, storing, comparing, sums, differences, bits, shifts, Montgomery's
// multiplication. Products and quotients are in natural_multiply.c and natural_divide.c.
#include "base/natural.h"

#include <string.h>

typedef unsigned __int128 TwoDigits;

// ---- bytes and digits

// Digits are laid out as their bytes are: a number is copied at once.
_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "the host is little endian");

Natural natural_load(Digit *to, const uint8_t *bytes, size_t byte_count) {
    size_t count = digits_for_bytes(byte_count);
    if (count == 0) return (Natural){to, 0};
    to[count - 1] = 0;
    memcpy(to, bytes, byte_count);
    return natural_of(to, count);
}

void natural_store(Natural a, uint8_t *bytes, size_t byte_count) {
    size_t used = a.count * DIGIT_BYTES;
    if (used > byte_count) used = byte_count;
    if (used) memcpy(bytes, a.digits, used);
    if (byte_count > used) memset(bytes + used, 0, byte_count - used);
}

Natural natural_of(const Digit *digits, size_t count) {
    while (count > 0 && digits[count - 1] == 0)
        count--;
    return (Natural){digits, count};
}

size_t natural_bit_count(Natural a) {
    if (a.count == 0) return 0;
    return a.count * DIGIT_BITS - (size_t)__builtin_clzll(a.digits[a.count - 1]);
}

size_t natural_byte_count(Natural a) { return (natural_bit_count(a) + 7) / 8; }
bool natural_fits_digit(Natural a) { return a.count <= 1; }
Digit natural_low_digit(Natural a) { return a.count ? a.digits[0] : 0; }

// ---- comparing and looking at bits

int natural_compare(Natural a, Natural b) {
    if (a.count != b.count) return a.count < b.count ? -1 : 1;
    for (size_t i = a.count; i-- > 0;)
        if (a.digits[i] != b.digits[i]) return a.digits[i] < b.digits[i] ? -1 : 1;
    return 0;
}

bool natural_has_bits(Natural a, size_t first, size_t last) {
    size_t bits = natural_bit_count(a);
    if (last >= bits) last = bits - 1;
    if (bits == 0 || first > last) return false;
    size_t low = first / DIGIT_BITS, high = last / DIGIT_BITS;
    Digit from_first = ~(Digit)0 << (first % DIGIT_BITS);
    Digit to_last = ~(Digit)0 >> (DIGIT_BITS - 1 - last % DIGIT_BITS);
    if (low == high) return (a.digits[low] & from_first & to_last) != 0;
    if (a.digits[low] & from_first) return true;
    for (size_t i = low + 1; i < high; i++)
        if (a.digits[i]) return true;
    return (a.digits[high] & to_last) != 0;
}

// ---- sums and differences

Natural natural_add(Digit *to, Natural a, Natural b) {
    size_t shorter = a.count < b.count ? a.count : b.count;
    Natural longer = a.count < b.count ? b : a;
    TwoDigits carry = 0;
    for (size_t i = 0; i < shorter; i++) {
        carry += (TwoDigits)a.digits[i] + b.digits[i];
        to[i] = (Digit)carry;
        carry >>= DIGIT_BITS;
    }
    for (size_t i = shorter; i < longer.count; i++) {
        carry += longer.digits[i];
        to[i] = (Digit)carry;
        carry >>= DIGIT_BITS;
    }
    to[longer.count] = (Digit)carry;
    return natural_of(to, longer.count + 1);
}

Natural natural_subtract(Digit *to, Natural a, Natural b) {
    Digit borrow = 0;
    for (size_t i = 0; i < a.count; i++) {
        Digit other = i < b.count ? b.digits[i] : 0, difference;
        bool below = __builtin_sub_overflow(a.digits[i], other, &difference);
        below |= __builtin_sub_overflow(difference, borrow, &difference);
        to[i] = difference;
        borrow = below;
    }
    return natural_of(to, a.count);
}

// ---- bits

static Digit digit_or_zero(Natural a, size_t at) { return at < a.count ? a.digits[at] : 0; }

Natural natural_bitwise(Digit *to, BitOperation operation, Natural a, Natural b) {
    size_t count = a.count < b.count ? b.count : a.count;
    for (size_t i = 0; i < count; i++) {
        Digit x = digit_or_zero(a, i), y = digit_or_zero(b, i);
        to[i] = operation == BITS_AND ? x & y : operation == BITS_OR ? x | y : x ^ y;
    }
    return natural_of(to, count);
}

size_t natural_shifted_digits(Natural a, size_t places) {
    return (natural_bit_count(a) + places) / DIGIT_BITS + 1;
}

Natural natural_shift_left(Digit *to, Natural a, size_t places) {
    if (a.count == 0) return a;
    size_t whole = places / DIGIT_BITS, bits = places % DIGIT_BITS;
    memset(to, 0, whole * DIGIT_BYTES);
    Digit above = 0;
    for (size_t i = 0; i < a.count; i++) {
        Digit digit = a.digits[i];
        to[whole + i] = digit << bits | above;
        above = bits ? digit >> (DIGIT_BITS - bits) : 0;
    }
    if (above) to[whole + a.count] = above;
    return natural_of(to, whole + a.count + (above != 0));
}

Natural natural_shift_right(Digit *to, Natural a, size_t places) {
    size_t whole = places / DIGIT_BITS, bits = places % DIGIT_BITS;
    if (whole >= a.count) return (Natural){to, 0};
    size_t count = a.count - whole;
    for (size_t i = 0; i < count; i++) {
        Digit above = bits ? digit_or_zero(a, whole + i + 1) << (DIGIT_BITS - bits) : 0;
        to[i] = a.digits[whole + i] >> bits | above;
    }
    return natural_of(to, count);
}

// ---- Montgomery multiplication

enum { HALF_BITS = 32, HALF_BYTES = 4 };

void half_digits_load(HalfDigit *to, size_t count, const uint8_t *bytes, size_t byte_count) {
    if (byte_count > count * HALF_BYTES) byte_count = count * HALF_BYTES;
    memset(to, 0, count * HALF_BYTES);
    memcpy(to, bytes, byte_count);
}

// t := (t + a * b + u * m) / 2^32 for one half digit a, u such that the division leaves nothing.
// All t stay below b + m, so that one more half digit holds them.
static void montgomery_step(HalfDigit *t, HalfDigit a, const HalfDigit *b, const HalfDigit *m,
                            size_t count, HalfDigit inverse) {
    HalfDigit u = (HalfDigit)(t[0] + a * b[0]) * inverse;
    TwoDigits sum = (TwoDigits)t[0] + (Digit)a * b[0] + (Digit)u * m[0];
    for (size_t i = 1; i < count; i++) {
        sum >>= HALF_BITS;
        sum += (TwoDigits)t[i] + (Digit)a * b[i] + (Digit)u * m[i];
        t[i - 1] = (HalfDigit)sum;
    }
    sum >>= HALF_BITS;
    sum += t[count];
    t[count - 1] = (HalfDigit)sum;
    t[count] = (HalfDigit)(sum >> HALF_BITS);
}

static bool half_digits_below(const HalfDigit *t, const HalfDigit *m, size_t count) {
    for (size_t i = count; i-- > 0;)
        if (t[i] != m[i]) return t[i] < m[i];
    return false;
}

void montgomery_multiply(HalfDigit *to, const HalfDigit *a, const HalfDigit *b, const HalfDigit *m,
                         size_t count, HalfDigit inverse) {
    memset(to, 0, (count + 1) * HALF_BYTES);
    for (size_t i = 0; i < count; i++)
        montgomery_step(to, a[i], b, m, count, inverse);
    if (to[count] == 0 && half_digits_below(to, m, count)) return;
    int64_t borrow = 0;
    for (size_t i = 0; i < count; i++) {
        borrow += (int64_t)to[i] - m[i];
        to[i] = (HalfDigit)borrow;
        borrow >>= HALF_BITS;
    }
    to[count] = 0;
}
