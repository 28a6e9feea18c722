// SPDX-License-Identifier: MIT
// The steps that make a usable Pharo of one that has started once: see pharo_steps.tbl.
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cmd/build_run.h"
#include "cmd/command.h"
#include "compile/file_out.h"
#include "compile/read_sources.h"

// Texts of our own (pharo_own.S).
extern const char parley_pharo_sources[], parley_pharo_network[], parley_pharo_environment[];

enum { STEP_WORDS = 12 };
static const char tree_prefix[] = "TREE/", given_word[] = "GIVEN";

typedef struct Step {
    PharoSet set;
    const char *name;
    const char *optional_part; // of the checkout; where it is not there, the step is left out
    const char *words[STEP_WORDS];
} Step;

static const Step steps[] = {
#define PHARO_STEP(SET, name, ...)                {PHARO_##SET, name, NULL, {__VA_ARGS__}},
#define PHARO_OPTIONAL_STEP(SET, name, part, ...) {PHARO_##SET, name, part, {__VA_ARGS__}},
#include "cmd/pharo_steps.tbl"
#undef PHARO_STEP
#undef PHARO_OPTIONAL_STEP
};

enum { STEP_COUNT = sizeof steps / sizeof *steps };

static bool loads_given(const Step *step) {
    for (unsigned i = 0; i < STEP_WORDS && step->words[i]; i++)
        if (strcmp(step->words[i], given_word) == 0) return true;
    return false;
}

// The index-th step of a build; NULL beyond the last one.
static const Step *step_at(const PharoBuild *build, unsigned index) {
    for (unsigned i = 0; i < STEP_COUNT; i++) {
        if (steps[i].set > build->set || (!build->given_count && loads_given(&steps[i]))) continue;
        if (index-- == 0) return &steps[i];
    }
    return NULL;
}

unsigned pharo_step_count(const PharoBuild *build) {
    unsigned count = 0;
    while (step_at(build, count))
        count++;
    return count;
}

const char *pharo_step_name(const PharoBuild *build, unsigned index) {
    return step_at(build, index)->name;
}

// Whoever loads a package runs the initialisers of its classes, so the builder has them run for the
// tests that it lays out.
static bool write_initializers(const char *checkout, PharoSet set, FILE *to) {
    SourceTree *tree = source_tree_new();
    if (!tree) return false;
    pharo_sources_read(tree, checkout, PHARO_KERNEL_TESTS, set, PHARO_LAID_OUT);
    file_out_initializers(to, tree);
    bool complete = !tree->arena.is_exhausted;
    source_tree_free(tree);
    return complete;
}

// A file out of the packages that the image loads itself.
static bool write_loaded(SourceTree *tree, const PharoBuild *build, FILE *to) {
    pharo_sources_read(tree, build->checkout, PHARO_MINIMAL, build->set, PHARO_LOADED);
    fputs(parley_pharo_environment, to);
    return write_initializers(build->checkout, build->set, to) && file_out(to, tree);
}

static bool write_comments(SourceTree *tree, const PharoBuild *build, FILE *to) {
    pharo_sources_read(tree, build->checkout, PHARO_MINIMAL, build->set, PHARO_LAID_OUT);
    fputs(parley_pharo_sources, to);
    fputs(parley_pharo_network, to);
    file_out_comments(to, tree);
    return !tree->arena.is_exhausted;
}

// A file out of what was given besides.
static bool write_given(SourceTree *tree, const PharoBuild *build, FILE *to) {
    for (unsigned i = 0; i < build->given_count; i++)
        sources_read(tree, build->given[i]);
    return file_out(to, tree);
}

typedef bool WriteFile(SourceTree *tree, const PharoBuild *build, FILE *to);

// What writes the file that the word stands for; NULL: the word stands for itself.
static WriteFile *writer_of(const char *word) {
    if (strcmp(word, "LOADED") == 0) return write_loaded;
    if (strcmp(word, "COMMENTS") == 0) return write_comments;
    return strcmp(word, given_word) == 0 ? write_given : NULL;
}

// Writes a file beside the image; it is removed when the step is over.
static int write_file(WriteFile *writer, const PharoBuild *build, const char *path) {
    SourceTree *tree = source_tree_new();
    FILE *to = tree ? fopen(path, "w") : NULL;
    bool complete = false;
    if (to) {
        complete = writer(tree, build, to) && tree->diagnostics.error_count == 0;
        for (size_t i = 0; i < tree->diagnostics.count; i++)
            diagnostic_print(&tree->diagnostics.items[i], stderr);
        complete = fclose(to) == 0 && complete;
    }
    source_tree_free(tree);
    return complete ? EXIT_OK : complain("%s: cannot be written", path);
}

static bool is_file_of_tree(const char *word) {
    return strncmp(word, tree_prefix, strlen(tree_prefix)) == 0;
}

// Whether the checkout has all files that the step names.
static bool has_files(const Step *step, const char *checkout) {
    char file[4096];
    for (unsigned i = 0; i < STEP_WORDS && step->words[i]; i++) {
        if (!is_file_of_tree(step->words[i])) continue;
        snprintf(file, sizeof file, "%s/%s", checkout, step->words[i] + strlen(tree_prefix));
        if (access(file, R_OK) != 0) return false;
    }
    return true;
}

int pharo_step_run(const RunOptions *options, const char *path, const PharoBuild *build,
                   unsigned index) {
    const Step *step = step_at(build, index);
    const char *words[STEP_WORDS];
    char files[2][4096], written[4096];
    unsigned file_count = 0;
    if (step->optional_part && !has_files(step, build->checkout)) {
        printf("  left out: the checkout has no %s\n", step->optional_part);
        return EXIT_OK;
    }
    unsigned count = 0;
    int code = EXIT_OK;
    snprintf(written, sizeof written, "%s.st", path);
    for (; count < STEP_WORDS && step->words[count]; count++) {
        words[count] = step->words[count];
        WriteFile *writer = writer_of(words[count]);
        if (writer) {
            code = write_file(writer, build, written);
            words[count] = written;
        } else if (is_file_of_tree(words[count]) && file_count < 2) {
            char *file = files[file_count++];
            snprintf(file, sizeof files[0], "%s/%s", build->checkout,
                     words[count] + strlen(tree_prefix));
            words[count] = file;
        }
    }
    if (code == EXIT_OK) code = build_run(options, path, words, count);
    remove(written);
    return code == EXIT_OK ? code : complain("what failed was the step: %s", step->name);
}
