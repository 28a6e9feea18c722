// SPDX-License-Identifier: MIT
// Machine code as text: by Capstone where this program was built with it, else as bytes.
#ifndef PARLEY_TOOL_LISTING_H
#define PARLEY_TOOL_LISTING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "jit/backend.h"

bool listing_is_built_in(void);
const char *listing_library(void); // its name and version; NULL: none

typedef struct Listing Listing;
// NULL: no memory.
Listing *listing_open(const Backend *backend);
void listing_close(Listing *listing); // NULL: nothing
// Writes the instruction at the beginning of `bytes`, which lies at `address`, to `text` and
// answers its size in bytes; at least 1, at most `count`, which is not 0.
size_t listing_instruction(Listing *listing, const uint8_t *bytes, size_t count, uint64_t address,
                           char *text, size_t size);

#endif
