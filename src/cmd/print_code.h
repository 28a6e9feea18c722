// SPDX-License-Identifier: MIT
// Compiled code for people to read, and as JSON: source, then for each bytecode its IR and its
// machine code side by side.
#ifndef PARLEY_CMD_PRINT_CODE_H
#define PARLEY_CMD_PRINT_CODE_H

#include "cmd/json.h"
#include "tool/inspect.h"
#include "tool/listing.h"

typedef struct CodePrinter {
    const Inspection *inspection;
    Listing *listing;
    const char *name;   // "Point>>x", "[] in Point>>x"
    const char *source; // NULL: not known
    bool shows_bytes;
} CodePrinter;

void print_code(const CodePrinter *printer, FILE *to);
// One object of an array.
void print_code_json(const CodePrinter *printer, Json *json);

#endif
