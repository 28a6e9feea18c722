// SPDX-License-Identifier: MIT
// See choices.h.
#include "choices.h"

#include <stdio.h>
#include <string.h>

#include "base/random.h"

void choices_randomise(Choices *choices, uint64_t *seed) {
    choices->at = 0;
    choices->count = 20 + (unsigned)(random_next(seed) % (CHOICES_LIMIT - 20));
    for (unsigned i = 0; i < choices->count; i++)
        choices->bytes[i] = (uint8_t)random_next(seed);
}

bool choices_read(Choices *choices, const char *text) {
    choices->count = choices->at = 0;
    unsigned byte;
    for (; sscanf(text, "%2x", &byte) == 1 && text[1] && choices->count < CHOICES_LIMIT; text += 2)
        choices->bytes[choices->count++] = (uint8_t)byte;
    return *text == 0;
}

void choices_print(const Choices *choices) {
    for (unsigned i = 0; i < choices->count; i++)
        printf("%02x", choices->bytes[i]);
}

unsigned choose_below(Choices *choices, unsigned limit) {
    if (choices->at >= choices->count) return 0;
    return choices->bytes[choices->at++] % limit;
}

// ---- shrinking

typedef struct Shrinking {
    Choices *best;
    bool (*fails)(void *context, Choices *choices);
    void *context;
} Shrinking;

static bool try_instead(Shrinking *s, Choices *other) {
    other->at = 0;
    if (!s->fails(s->context, other)) return false;
    *s->best = *other;
    return true;
}

static bool remove_bytes(Shrinking *s, unsigned at, unsigned count) {
    Choices other = *s->best;
    memmove(other.bytes + at, other.bytes + at + count, other.count - at - count);
    other.count -= count;
    return try_instead(s, &other);
}

static bool lower_byte(Shrinking *s, unsigned at) {
    Choices other = *s->best;
    for (unsigned value = 0; value < s->best->bytes[at]; value = value * 2 + 1) {
        other.bytes[at] = (uint8_t)value;
        if (try_instead(s, &other)) return true;
    }
    return false;
}

static bool shrink_once(Shrinking *s) {
    bool smaller = false;
    for (unsigned count = 64; count; count /= 2)
        for (unsigned at = s->best->count; at-- > 0;)
            if (at + count <= s->best->count) smaller |= remove_bytes(s, at, count);
    for (unsigned at = 0; at < s->best->count; at++)
        smaller |= lower_byte(s, at);
    return smaller;
}

void choices_shrink(Choices *choices, bool (*fails)(void *context, Choices *choices),
                    void *context) {
    enum { ROUNDS = 6 };
    Shrinking s = {choices, fails, context};
    for (int i = 0; i < ROUNDS && shrink_once(&s); i++)
        continue;
    choices->at = 0;
}
