// SPDX-License-Identifier: MIT
// parley build SOURCES... -o IMAGE: reads sources, lays out an image, runs its initialisers until
// it has saved itself, and only then lets the file have its name. Whatever goes wrong on the way,
// there is nothing under that name but what was there before.
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cmd/build_run.h"
#include "cmd/command.h"
#include "compile/image_builder.h"
#include "compile/pharo_sources.h"
#include "compile/read_sources.h"
#include "image/atomic_file.h"

enum { COMPLAINT_LIMIT = 100, WITH_LIMIT = 64 };
// Activations and backward jumps that initialisers may take: minutes.
#define DEFAULT_TICK_LIMIT 10000000000ull

typedef struct BuildArguments {
    RunOptions run;
    const char *image, *bytecodes;
    const char *packages;
    const char *with[WITH_LIMIT + 1]; // one more is an error
    PharoBuild pharo; // no checkout: sources are given
    bool quiet, strict, no_run;
    char **sources;
    int source_count;
} BuildArguments;

static int print_help(void) {
    puts(
        "parley build SOURCES... -o IMAGE: make an image from Smalltalk sources.\n"
        "parley build --pharo TREE -o IMAGE: make a Pharo from a checkout of its sources.\n"
        "\n"
        "SOURCES are folders or files in Tonel, FileTree or chunk format, which together define\n"
        "a whole system: everything from Object up, and a class KernelInitializer, whose class\n"
        "method initializeImage is run at the end and saves the image.\n"
        "\n"
        "  -o IMAGE           the file to make; it appears when everything went well\n"
        "  --pharo TREE       a checkout of Pharo 13, instead of SOURCES\n"
        "  --packages SET     of Pharo: minimal, compiler, kernel-tests (default), all-tests,\n"
        "                     metacello\n"
        "  --with SOURCES     what the Pharo, from kernel-tests on, loads at the end, compiled\n"
        "                     by itself: a folder or a file; may be given several times\n"
        "  --bytecodes=SET    sista (default) or v3\n"
        "  --strict           names that nobody defines are errors, not warnings\n"
        "  --quiet            print no warnings\n"
        "  --no-run           leave the image as it was laid out; initialisers run at its start\n"
        "  --max-ticks=N      give up when they have taken so many activations and backward jumps\n"
        "  --trace=LIST       while they run, tell about: "
        "sends,dnu,primitives,gc,processes,events,stacks\n"
        "\n"
        "The same sources give the same image, byte by byte. Exit code 0, or 2 with a message\n"
        "for each error.");
    return EXIT_OK;
}

// ---- arguments

static bool read_ticks(BuildArguments *given, const char *text) {
    char *end;
    errno = 0;
    given->run.max_ticks = strtoull(text, &end, 10);
    return !errno && *end == 0 && text[0] >= '1' && text[0] <= '9';
}

// The value of --name=value; NULL: another argument.
static const char *value_of(const char *argument, const char *name) {
    size_t length = strlen(name);
    return strncmp(argument, name, length) == 0 && argument[length] == '=' ? argument + length + 1
                                                                           : NULL;
}

static bool read_flag(BuildArguments *given, const char *argument) {
    const char *trace = value_of(argument, "--trace");
    const char *bytecodes = value_of(argument, "--bytecodes");
    const char *ticks = value_of(argument, "--max-ticks");
    if (ticks) return read_ticks(given, ticks);
    if (trace)
        given->run.trace = trace;
    else if (bytecodes)
        given->bytecodes = bytecodes;
    else if (strcmp(argument, "--quiet") == 0)
        given->quiet = true;
    else if (strcmp(argument, "--strict") == 0)
        given->strict = true;
    else if (strcmp(argument, "--no-run") == 0)
        given->no_run = true;
    else
        return false;
    return true;
}

// An option whose value is the next argument; NULL: another option.
static const char **following_value(BuildArguments *given, const char *option) {
    if (strcmp(option, "-o") == 0) return &given->image;
    if (strcmp(option, "--pharo") == 0) return &given->pharo.checkout;
    if (strcmp(option, "--packages") == 0) return &given->packages;
    unsigned *with_count = &given->pharo.given_count;
    if (strcmp(option, "--with") == 0)
        return &given->with[*with_count < WITH_LIMIT ? (*with_count)++ : WITH_LIMIT];
    return NULL;
}

// Before a Pharo is built, which takes its time.
static bool check_with(const BuildArguments *given) {
    if (given->pharo.given_count == 0) return true;
    if (given->with[WITH_LIMIT]) return complain("--with: %d at most", WITH_LIMIT), false;
    if (!given->pharo.checkout) return complain("--with is for --pharo"), false;
    if (given->pharo.set < PHARO_KERNEL_TESTS)
        return complain("--with needs the packages of kernel-tests at least"), false;
    for (unsigned i = 0; i < given->pharo.given_count; i++)
        if (access(given->with[i], R_OK) != 0)
            return complain("--with: %s: %s", given->with[i], strerror(errno)), false;
    return true;
}

static bool check_arguments(BuildArguments *given) {
    if (strcmp(given->bytecodes, "sista") != 0 && strcmp(given->bytecodes, "v3") != 0)
        return complain("--bytecodes is sista or v3, not '%s'", given->bytecodes), false;
    if (!given->pharo.checkout && given->source_count == 0)
        return complain("no sources; see parley build --help"), false;
    if (given->pharo.checkout && given->source_count)
        return complain("--pharo has its own sources: '%s' is too much", given->sources[0]), false;
    if (!pharo_set_named(given->packages, &given->pharo.set))
        return complain("--packages is minimal, compiler, kernel-tests, all-tests or metacello, "
                        "not '%s'",
                        given->packages),
               false;
    if (!given->image) return complain("no image to make: -o IMAGE is missing"), false;
    if (!check_with(given)) return false;
    if (given->pharo.checkout && !pharo_sources_folder(given->pharo.checkout))
        return complain("%s: no checkout of Pharo, which has a folder src/Kernel",
                        given->pharo.checkout),
               false;
    return true;
}

// Sources are moved to the front of the arguments.
static bool read_arguments(BuildArguments *given, int count, char **arguments) {
    *given = (BuildArguments){.sources = arguments,
                              .bytecodes = "sista",
                              .packages = "kernel-tests",
                              .run.max_ticks = DEFAULT_TICK_LIMIT};
    given->pharo.given = given->with;
    for (int i = 0; i < count; i++) {
        const char **value = following_value(given, arguments[i]);
        if (value) {
            if (++i == count) return complain("%s needs a value", arguments[i - 1]), false;
            *value = arguments[i];
        } else if (arguments[i][0] != '-') {
            given->sources[given->source_count++] = arguments[i];
        } else if (!read_flag(given, arguments[i])) {
            return complain("bad option %s; see parley build --help", arguments[i]), false;
        }
    }
    return check_arguments(given);
}

// ---- diagnostics

static void print_diagnostics(const Diagnostics *diagnostics, bool quiet) {
    size_t printed = 0;
    for (size_t i = 0; i < diagnostics->count; i++) {
        const Diagnostic *diagnostic = &diagnostics->items[i];
        if (quiet && diagnostic->severity == SEVERITY_WARNING) continue;
        if (printed++ == COMPLAINT_LIMIT) {
            fprintf(stderr, "and more\n");
            return;
        }
        diagnostic_print(diagnostic, stderr);
    }
}

// ---- building

static const char *plural(size_t count) { return count == 1 ? "" : "s"; }

static int lay_out(const BuildArguments *given, SourceTree *tree, const char *path,
                   BuildCounts *counts) {
    Diagnosis diagnosis = {""};
    BuildOptions options = {
        .compile = {.bytecode_set = strcmp(given->bytecodes, "v3") == 0 ? CODE_V3PLUS : CODE_SISTA,
                    .constant_blocks = given->pharo.checkout != NULL,
                    .strict = given->strict,
                    .warn = true},
        .pharo = given->pharo.checkout != NULL,
        .counts = counts,
    };
    if (given->pharo.checkout)
        pharo_sources_read(tree, given->pharo.checkout, PHARO_MINIMAL, given->pharo.set,
                           PHARO_LAID_OUT);
    for (int i = 0; i < given->source_count; i++)
        sources_read(tree, given->sources[i]);
    source_tree_refuse_script_files(tree);
    Status status = tree->diagnostics.error_count
                        ? STATUS_BAD_USAGE
                        : image_builder_write(tree, &options, path, &diagnosis);
    print_diagnostics(&tree->diagnostics, given->quiet);
    if (status == STATUS_OK) return EXIT_OK;
    if (tree->diagnostics.error_count == 0) return complain("%s: %s", given->image, diagnosis.text);
    return complain("%s: not made: %zu error%s", given->image, tree->diagnostics.error_count,
                    plural(tree->diagnostics.error_count));
}

// A Pharo has no exceptions before its initialisers are through, so the VM shows what they send in
// vain.
static int start_first(const BuildArguments *given, const char *path) {
    RunOptions run = given->run;
    if (given->pharo.checkout && !run.trace) run.trace = "dnu,stacks";
    return build_run(&run, path, NULL, 0);
}

// One step after the other, until one fails.
static int run_pharo_steps(const BuildArguments *given, const char *path) {
    int code = EXIT_OK;
    unsigned count = pharo_step_count(&given->pharo);
    for (unsigned i = 0; i < count && code == EXIT_OK; i++) {
        if (!given->quiet) printf("%u/%u %s\n", i + 1, count, pharo_step_name(&given->pharo, i));
        code = pharo_step_run(&given->run, path, &given->pharo, i);
    }
    return code;
}

// Builds at PATH, and renames what came of it to TARGET.
static int build(const BuildArguments *given, SourceTree *tree, const char *path,
                 const char *target) {
    BuildCounts counts = {0};
    int code = lay_out(given, tree, path, &counts);
    if (code == EXIT_OK && !given->no_run) code = start_first(given, path);
    if (code == EXIT_OK && !given->no_run && given->pharo.checkout)
        code = run_pharo_steps(given, path);
    if (code == EXIT_OK && rename(path, target) != 0)
        code = complain("%s: cannot be made: %s", given->image, strerror(errno));
    unlink(path);
    if (code == EXIT_OK && !given->quiet)
        printf("%s: %zu class%s, %zu trait%s, %zu method%s, %zu warning%s\n", given->image,
               counts.classes, counts.classes == 1 ? "" : "es", counts.traits,
               plural(counts.traits), counts.methods, plural(counts.methods),
               tree->diagnostics.warning_count, plural(tree->diagnostics.warning_count));
    return code;
}

static int build_to(const BuildArguments *given, const char *target) {
    char path[4096];
    if (snprintf(path, sizeof path, "%s.building-%ld", target, (long)getpid()) >= (int)sizeof path)
        return complain("%s: the name is too long", given->image);
    SourceTree *tree = source_tree_new();
    if (!tree) return complain("not enough memory");
    int code = build(given, tree, path, target);
    source_tree_free(tree);
    return code;
}

int command_build(int count, char **arguments) {
    BuildArguments given;
    if (count > 0 && (strcmp(arguments[0], "--help") == 0 || strcmp(arguments[0], "-h") == 0))
        return print_help();
    if (!read_arguments(&given, count, arguments)) return EXIT_BAD_INPUT;
    char *target;
    Diagnosis diagnosis = {""};
    if (atomic_file_target(given.image, &target, &diagnosis) != STATUS_OK)
        return complain("%s: %s", given.image, diagnosis.text);
    int code = build_to(&given, target);
    free(target);
    return code;
}
