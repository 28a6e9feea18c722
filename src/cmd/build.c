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

#include "cmd/command.h"
#include "compile/image_builder.h"
#include "compile/read_sources.h"
#include "parley.h"

enum { COMPLAINT_LIMIT = 100 };
// Activations and backward jumps that initialisers may take: minutes.
#define DEFAULT_TICK_LIMIT 10000000000ull

typedef struct BuildArguments {
    const char *image, *trace, *bytecodes;
    uint64_t max_ticks;
    bool quiet, strict, no_run;
    char **sources;
    int source_count;
} BuildArguments;

static int print_help(void) {
    puts(
        "parley build SOURCES... -o IMAGE: make an image from Smalltalk sources.\n"
        "\n"
        "SOURCES are folders or files in Tonel, FileTree or chunk format, which together define\n"
        "a whole system: everything from Object up, and a class KernelInitializer, whose class\n"
        "method initializeImage is run at the end and saves the image.\n"
        "\n"
        "  -o IMAGE           the file to make; it appears when everything went well\n"
        "  --bytecodes=SET    sista (default) or v3\n"
        "  --strict           names that nobody defines are errors, not warnings\n"
        "  --quiet            print no warnings\n"
        "  --no-run           leave the image as it was laid out; initialisers run at its start\n"
        "  --max-ticks=N      give up when they have taken so many activations and backward jumps\n"
        "  --trace=LIST       while they run, tell about: "
        "sends,dnu,primitives,gc,processes,events\n"
        "\n"
        "The same sources give the same image, byte by byte. Exit code 0, or 2 with a message\n"
        "for each error.");
    return EXIT_OK;
}

// ---- arguments

static bool read_ticks(BuildArguments *given, const char *text) {
    char *end;
    errno = 0;
    given->max_ticks = strtoull(text, &end, 10);
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
        given->trace = trace;
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

// Sources are moved to the front of the arguments.
static bool read_arguments(BuildArguments *given, int count, char **arguments) {
    *given = (BuildArguments){
        .sources = arguments, .bytecodes = "sista", .max_ticks = DEFAULT_TICK_LIMIT};
    for (int i = 0; i < count; i++) {
        if (strcmp(arguments[i], "-o") == 0) {
            if (++i == count) return complain("-o needs the name of an image"), false;
            given->image = arguments[i];
        } else if (arguments[i][0] != '-') {
            given->sources[given->source_count++] = arguments[i];
        } else if (!read_flag(given, arguments[i])) {
            return complain("bad option %s; see parley build --help", arguments[i]), false;
        }
    }
    if (strcmp(given->bytecodes, "sista") != 0 && strcmp(given->bytecodes, "v3") != 0)
        return complain("--bytecodes is sista or v3, not '%s'", given->bytecodes), false;
    if (given->source_count == 0) return complain("no sources; see parley build --help"), false;
    if (!given->image) return complain("no image to make: -o IMAGE is missing"), false;
    return true;
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

// ---- running the initialisers

// Whether the file is another one than it was.
static bool was_replaced(const char *path, const struct stat *before) {
    struct stat after;
    return stat(path, &after) == 0 && after.st_ino != before->st_ino;
}

static int judge_run(Parley *vm, ParleyStop stop, const char *path, const struct stat *before) {
    int code = parley_exit_code(vm);
    if (stop == PARLEY_TICK_LIMIT)
        return complain("the initialisers did not end in %llu ticks; see --max-ticks",
                        (unsigned long long)parley_ticks(vm));
    if (stop != PARLEY_QUIT) return complain("the initialisers failed: %s", parley_error(vm));
    if (code != 0) return complain("the initialisers failed: the image quit with code %d", code);
    if (!was_replaced(path, before))
        return complain("the initialisers ended, but the image did not save itself");
    return EXIT_OK;
}

static int run_initialisers(const BuildArguments *given, const char *path) {
    struct stat before;
    ParleyOptions options;
    parley_default_options(&options);
    options.deterministic = true;
    options.trace = given->trace;
    options.max_ticks = given->max_ticks;
    Parley *vm = parley_new(&options);
    if (!vm || stat(path, &before) != 0) return complain("not enough memory");
    parley_install_signal_handlers();
    int code = parley_load(vm, path) == PARLEY_OK
                   ? judge_run(vm, parley_run(vm), path, &before)
                   : complain("the image that was laid out does not load: %s", parley_error(vm));
    parley_destroy(vm);
    return code;
}

// ---- building

static const char *plural(size_t count) { return count == 1 ? "" : "s"; }

static int lay_out(const BuildArguments *given, SourceTree *tree, const char *path,
                   BuildCounts *counts) {
    Diagnosis diagnosis = {""};
    BuildOptions options = {
        .compile = {.bytecode_set = strcmp(given->bytecodes, "v3") == 0 ? CODE_V3PLUS : CODE_SISTA,
                    .strict = given->strict,
                    .warn = true},
        .counts = counts,
    };
    for (int i = 0; i < given->source_count; i++)
        sources_read(tree, given->sources[i]);
    for (size_t i = 0; i < tree->scripts.count; i++)
        if (tree->scripts.items[i]->is_file)
            diagnostics_add_text(&tree->diagnostics, &tree->scripts.items[i]->place, SEVERITY_ERROR,
                                 0, 0,
                                 text_from_chars("this is a script, which defines no classes"));
    Status status = tree->diagnostics.error_count
                        ? STATUS_BAD_USAGE
                        : image_builder_write(tree, &options, path, &diagnosis);
    print_diagnostics(&tree->diagnostics, given->quiet);
    if (status == STATUS_OK) return EXIT_OK;
    if (tree->diagnostics.error_count == 0) return complain("%s: %s", given->image, diagnosis.text);
    return complain("%s: not made: %zu error%s", given->image, tree->diagnostics.error_count,
                    plural(tree->diagnostics.error_count));
}

static int build(const BuildArguments *given, SourceTree *tree, const char *path) {
    BuildCounts counts = {0};
    int code = lay_out(given, tree, path, &counts);
    if (code == EXIT_OK && !given->no_run) code = run_initialisers(given, path);
    if (code == EXIT_OK && rename(path, given->image) != 0)
        code = complain("%s: cannot be made: %s", given->image, strerror(errno));
    unlink(path);
    if (code == EXIT_OK && !given->quiet)
        printf("%s: %zu class%s, %zu trait%s, %zu method%s, %zu warning%s\n", given->image,
               counts.classes, counts.classes == 1 ? "" : "es", counts.traits,
               plural(counts.traits), counts.methods, plural(counts.methods),
               tree->diagnostics.warning_count, plural(tree->diagnostics.warning_count));
    return code;
}

int command_build(int count, char **arguments) {
    BuildArguments given;
    char path[4096];
    if (count > 0 && (strcmp(arguments[0], "--help") == 0 || strcmp(arguments[0], "-h") == 0))
        return print_help();
    if (!read_arguments(&given, count, arguments)) return EXIT_BAD_INPUT;
    if (snprintf(path, sizeof path, "%s.building-%ld", given.image, (long)getpid()) >=
        (int)sizeof path)
        return complain("%s: the name is too long", given.image);
    SourceTree *tree = source_tree_new();
    if (!tree) return complain("not enough memory");
    int code = build(&given, tree, path);
    source_tree_free(tree);
    return code;
}
