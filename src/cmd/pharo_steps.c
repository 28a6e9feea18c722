// SPDX-License-Identifier: MIT
// The steps that make a usable Pharo of one that has started once: see pharo_steps.tbl.
#include <stdio.h>
#include <string.h>

#include "cmd/build_run.h"
#include "cmd/command.h"
#include "compile/file_out.h"

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

// A file out of what the image loads itself, beside the image; it is removed when the step is over.
static int write_loaded(const char *checkout, PharoSet set, const char *path) {
    SourceTree *tree = source_tree_new();
    FILE *to = tree ? fopen(path, "w") : NULL;
    bool complete = false;
    if (to) {
        pharo_sources_read(tree, checkout, set, PHARO_LOADED);
        complete = tree->diagnostics.error_count == 0 && file_out(to, tree);
        for (size_t i = 0; i < tree->diagnostics.count; i++)
            diagnostic_print(&tree->diagnostics.items[i], stderr);
        complete = fclose(to) == 0 && complete;
    }
    source_tree_free(tree);
    return complete ? EXIT_OK : complain("%s: cannot be written", path);
}

int pharo_step_run(const RunOptions *options, const char *path, const char *checkout, PharoSet set,
                   unsigned index) {
    const Step *step = step_at(set, index);
    const char *words[STEP_WORDS];
    char file[4096], loaded[4096];
    unsigned count = 0;
    int code = EXIT_OK;
    snprintf(loaded, sizeof loaded, "%s.st", path);
    for (; count < STEP_WORDS && step->words[count]; count++) {
        words[count] = step->words[count];
        if (strcmp(words[count], "LOADED") == 0) {
            code = write_loaded(checkout, set, loaded);
            words[count] = loaded;
        } else if (strncmp(words[count], tree_prefix, strlen(tree_prefix)) == 0) {
            snprintf(file, sizeof file, "%s/%s", checkout, words[count] + strlen(tree_prefix));
            words[count] = file;
        }
    }
    if (code == EXIT_OK) code = build_run(options, path, words, count);
    remove(loaded);
    return code == EXIT_OK ? code : complain("what failed was the step: %s", step->name);
}
