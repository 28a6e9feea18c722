// SPDX-License-Identifier: MIT
// Paths are few, so they are compared one by one.
#include "paths.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

bool paths_include(const Paths *paths, const char *text) {
    for (unsigned i = 0; i < paths->count; i++)
        if (strcmp(paths->texts[i], text) == 0) return true;
    return false;
}

bool paths_add(Paths *paths, char *text) {
    if (paths->count == PATH_LIMIT || paths_include(paths, text)) {
        free(text);
        return false;
    }
    paths->texts[paths->count++] = text;
    return true;
}

void paths_clear(Paths *paths) {
    for (unsigned i = 0; i < paths->count; i++)
        free(paths->texts[i]);
    paths->count = 0;
}

void paths_print_comment(const char *text) {
    for (bool at_start = true; *text; text++) {
        if (at_start) fputs("# ", stdout);
        putchar(*text);
        at_start = *text == '\n';
    }
}
