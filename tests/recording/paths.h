// SPDX-License-Identifier: MIT
// The different paths that the scenarios of one bytecode or primitive took, as texts.
#ifndef TESTS_RECORDING_PATHS_H
#define TESTS_RECORDING_PATHS_H

#include <stdbool.h>

enum { PATH_LIMIT = 1024 };

typedef struct Paths {
    char *texts[PATH_LIMIT];
    unsigned count;
} Paths;

// Takes the text over; false, and it is gone, when it is there already.
bool paths_add(Paths *paths, char *text);
bool paths_include(const Paths *paths, const char *text);
void paths_clear(Paths *paths);
// Prints the text, each line as a TAP comment.
void paths_print_comment(const char *text);

#endif
