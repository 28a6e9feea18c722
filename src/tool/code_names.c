// SPDX-License-Identifier: MIT
// See code_names.h.
#include "tool/code_names.h"

#include <stdlib.h>

void code_name(const VM *vm, const Code *code, char name[CODE_NAME_BYTES]) {
    report_method_name(vm, oop_none(), code->method.method, code->is_block, name, CODE_NAME_BYTES);
}

void code_name_of_cache(const VM *vm, bool is_open, Oop selector, char name[CODE_NAME_BYTES]) {
    char text[REPORT_NAME_BYTES];
    report_string(vm, selector, text, sizeof text);
    snprintf(name, CODE_NAME_BYTES, "%s cache of #%s", is_open ? "open" : "closed", text);
}

static int compare_stubs(const void *a, const void *b) {
    const StubName *left = a, *right = b;
    return left->start < right->start ? -1 : left->start > right->start;
}

unsigned code_name_stubs(const Jit *jit, StubName stubs[STUB_NAME_LIMIT]) {
    static const char *const names[] = {
#define RUNTIME(NAME, function, text) "parley stub " #NAME,
#include "jit/runtime.tbl"
#undef RUNTIME
    };
    unsigned count = 0;
    for (; count < RUNTIME_COUNT; count++)
        stubs[count] = (StubName){.start = jit->stubs[count], .name = names[count]};
    stubs[count++] = (StubName){.start = jit->marry, .name = "parley stub marry"};
    stubs[count++] = (StubName){.start = jit->slow_return, .name = "parley stub slow return"};
    stubs[count++] =
        (StubName){.start = jit->non_local_return, .name = "parley stub non-local return"};
    stubs[count++] = (StubName){.start = jit->enter, .name = "parley stub enter"};
    stubs[count++] = (StubName){.start = jit->hooks.return_to_interpreter,
                                .name = "parley stub return to interpreter"};
    qsort(stubs, count, sizeof *stubs, compare_stubs);
    for (unsigned i = 0; i < count; i++)
        stubs[i].end = i + 1 < count ? stubs[i + 1].start : jit->zone.stubs_end;
    return count;
}
