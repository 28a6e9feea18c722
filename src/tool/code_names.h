// SPDX-License-Identifier: MIT
// What pieces of code are called by tools outside: methods and blocks by their names, stubs by what
// they call, caches by their selector.
#ifndef PARLEY_TOOL_CODE_NAMES_H
#define PARLEY_TOOL_CODE_NAMES_H

#include "jit/jit.h"
#include "run/report.h"

enum { CODE_NAME_BYTES = 3 * REPORT_NAME_BYTES };

void code_name(const struct VM *vm, const Code *code, char name[CODE_NAME_BYTES]);
void code_name_of_cache(const struct VM *vm, bool is_open, Oop selector,
                        char name[CODE_NAME_BYTES]);

typedef struct StubName {
    uint64_t start, end;
    const char *name;
} StubName;
enum { STUB_NAME_LIMIT = RUNTIME_COUNT + 5 };
// All stubs, by their addresses; answers how many there are.
unsigned code_name_stubs(const Jit *jit, StubName stubs[STUB_NAME_LIMIT]);

#endif
