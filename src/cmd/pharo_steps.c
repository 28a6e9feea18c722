// SPDX-License-Identifier: MIT
// The steps that make a usable Pharo of one that has started once: see pharo_steps.tbl.
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
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

// Classes that were laid out with plain variables where they want others, whose kinds have come
// now.
static bool write_special(SourceTree *kinds, const PharoBuild *build, FILE *to) {
    SourceTree *tree = source_tree_new();
    if (!tree) return false;
    pharo_sources_read(tree, build->checkout, PHARO_MINIMAL, build->set, PHARO_LAID_OUT);
    file_out_special(to, tree, kinds);
    bool complete = !tree->arena.is_exhausted;
    source_tree_free(tree);
    return complete;
}

// A file out of the packages that the image loads itself.
static bool write_loaded(SourceTree *tree, const PharoBuild *build, FILE *to) {
    pharo_sources_read(tree, build->checkout, PHARO_MINIMAL, build->set, PHARO_LOADED);
    fputs(parley_pharo_environment, to);
    return write_initializers(build->checkout, build->set, to) && file_out(to, tree) &&
           write_special(tree, build, to);
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

// Folders that an image finds files in, under names that are the same wherever they lie: what an
// image is told stays in its memory for a while, and moves what comes behind.
typedef enum StepFolder { CHECKOUT = 200, SCRATCH } StepFolder; // descriptors, above all others

static int open_folder(StepFolder folder, const char *path) {
    int descriptor = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
    bool done = descriptor >= 0 && dup2(descriptor, folder) >= 0;
    int error = errno;
    if (descriptor >= 0) close(descriptor);
    return done ? EXIT_OK : complain("%s: cannot be opened: %s", path, strerror(error));
}

// The word as the image is told it; `name`: room for it.
static const char *word_in_folder(StepFolder folder, const char *file, char name[static 1024]) {
    snprintf(name, 1024, "/dev/fd/%d/%s", folder, file);
    return name;
}

// Images ask in which folder they run, too.
static int run_in_root(const RunOptions *options, const char *path, const char *const *words,
                       unsigned count) {
    char *whole = realpath(path, NULL);
    int back = open(".", O_PATH | O_DIRECTORY | O_CLOEXEC), code;
    if (!whole || back < 0 || chdir("/") != 0) {
        code = complain("%s: cannot be found", path);
    } else {
        code = build_run(options, whole, words, count);
        if (fchdir(back) != 0) code = complain("the folder where this began is gone");
    }
    if (back >= 0) close(back);
    free(whole);
    return code;
}

// Runs the step with its words, those for files among them replaced. `scratch`: a folder for a
// file.
static int run_words(const RunOptions *options, const char *path, const PharoBuild *build,
                     const Step *step, const char *scratch) {
    static const char file[] = "step.st";
    const char *words[STEP_WORDS];
    char names[STEP_WORDS][1024], written[PATH_MAX + 16];
    unsigned count = 0;
    int code = EXIT_OK;
    snprintf(written, sizeof written, "%s/%s", scratch, file);
    for (; count < STEP_WORDS && step->words[count]; count++) {
        const char *word = step->words[count];
        WriteFile *writer = writer_of(word);
        words[count] = word;
        if (writer) {
            code = write_file(writer, build, written);
            words[count] = word_in_folder(SCRATCH, file, names[count]);
        } else if (is_file_of_tree(word)) {
            words[count] = word_in_folder(CHECKOUT, word + strlen(tree_prefix), names[count]);
        }
    }
    if (code == EXIT_OK) code = open_folder(CHECKOUT, build->checkout);
    if (code == EXIT_OK) code = open_folder(SCRATCH, scratch);
    if (code == EXIT_OK) code = run_in_root(options, path, words, count);
    close(CHECKOUT);
    close(SCRATCH);
    remove(written);
    return code;
}

int pharo_step_run(const RunOptions *options, const char *path, const PharoBuild *build,
                   unsigned index) {
    const Step *step = step_at(build, index);
    if (step->optional_part && !has_files(step, build->checkout)) {
        printf("  left out: the checkout has no %s\n", step->optional_part);
        return EXIT_OK;
    }
    char scratch[PATH_MAX]; // beside the image, and gone with the step
    snprintf(scratch, sizeof scratch, "%s.step", path);
    if (mkdir(scratch, 0700) != 0 && errno != EEXIST)
        return complain("%s: cannot be made: %s", scratch, strerror(errno));
    int code = run_words(options, path, build, step, scratch);
    rmdir(scratch);
    return code == EXIT_OK ? code : complain("what failed was the step: %s", step->name);
}
