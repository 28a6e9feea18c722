// SPDX-License-Identifier: MIT
// The steps that make a usable Pharo of one that has started once: see pharo_steps.tbl.
#include <stdio.h>
#include <string.h>

#include "cmd/build_run.h"
#include "cmd/command.h"

enum { STEP_WORDS = 12 };
static const char tree_prefix[] = "TREE/";

typedef struct Step {
    PharoSet set;
    const char *name;
    const char *words[STEP_WORDS];
} Step;

static const Step steps[] = {
#define PHARO_STEP(SET, name, ...) {PHARO_##SET, name, {__VA_ARGS__}},
#include "cmd/pharo_steps.tbl"
#undef PHARO_STEP
};

enum { STEP_COUNT = sizeof steps / sizeof *steps };

// The index-th step of a set; NULL beyond the last one.
static const Step *step_at(PharoSet set, unsigned index) {
    for (unsigned i = 0; i < STEP_COUNT; i++)
        if (steps[i].set <= set && index-- == 0) return &steps[i];
    return NULL;
}

unsigned pharo_step_count(PharoSet set) {
    unsigned count = 0;
    while (step_at(set, count))
        count++;
    return count;
}

const char *pharo_step_name(PharoSet set, unsigned index) { return step_at(set, index)->name; }

int pharo_step_run(const RunOptions *options, const char *path, const char *checkout, PharoSet set,
                   unsigned index) {
    const Step *step = step_at(set, index);
    const char *words[STEP_WORDS];
    char file[4096];
    unsigned count = 0;
    for (; count < STEP_WORDS && step->words[count]; count++) {
        words[count] = step->words[count];
        if (strncmp(words[count], tree_prefix, strlen(tree_prefix)) != 0) continue;
        snprintf(file, sizeof file, "%s/%s", checkout, words[count] + strlen(tree_prefix));
        words[count] = file;
    }
    int code = build_run(options, path, words, count);
    return code == EXIT_OK ? code : complain("what failed was the step: %s", step->name);
}
