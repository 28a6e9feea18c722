// SPDX-License-Identifier: MIT
// Running an image that is being built, and the steps that make a Pharo of one.
#ifndef PARLEY_CMD_BUILD_RUN_H
#define PARLEY_CMD_BUILD_RUN_H

#include <stdint.h>

#include "compile/pharo_sources.h"

typedef struct RunOptions {
    const char *trace;
    uint64_t max_ticks; // activations and backward jumps before it is given up
} RunOptions;

// Runs the image, in deterministic mode, with the words as its command line, until it has saved
// itself and quit. Answers an exit code, after a complaint.
int build_run(const RunOptions *options, const char *path, const char *const *words,
              unsigned word_count);

// ---- pharo_steps.c: what follows the first start of a Pharo
typedef struct PharoBuild {
    const char *checkout;
    PharoSet set;
    const char *const *given; // sources that the image loads at the end
    unsigned given_count;
} PharoBuild;

unsigned pharo_step_count(const PharoBuild *build);
const char *pharo_step_name(const PharoBuild *build, unsigned index);
int pharo_step_run(const RunOptions *options, const char *path, const PharoBuild *build,
                   unsigned index);

#endif
