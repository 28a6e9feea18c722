// SPDX-License-Identifier: MIT
// A sequence of choices, from which a generator makes whatever it makes: it asks for numbers below
// limits, and gets what the bytes say; behind their end it gets zeros. Any bytes will do, so they
// may be random, those of a failure that is being made smaller, or those that somebody who explores
// paths decides on.
//
// A generator puts the simplest alternative first. Then fewer and lower bytes make simpler things,
// and choices_shrink, which knows nothing of what is made, finds a simple one that still fails.
#ifndef PARLEY_TESTS_DIFF_CHOICES_H
#define PARLEY_TESTS_DIFF_CHOICES_H

#include <stdbool.h>
#include <stdint.h>

enum { CHOICES_LIMIT = 400 };

typedef struct Choices {
    uint8_t bytes[CHOICES_LIMIT];
    unsigned count, at;
} Choices;

// Random ones, and the seed of the next.
void choices_randomise(Choices *choices, uint64_t *seed);
// Reads hexadecimal digits; false: these are none.
bool choices_read(Choices *choices, const char *text);
void choices_print(const Choices *choices);
unsigned choose_below(Choices *choices, unsigned limit);
// Removes bytes and makes others lower as long as `fails` says so; at the end `choices` still fail.
void choices_shrink(Choices *choices, bool (*fails)(void *context, Choices *choices),
                    void *context);

#endif
