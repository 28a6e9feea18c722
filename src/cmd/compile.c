// SPDX-License-Identifier: MIT
// parley compile --check: compiles every method below a folder of sources, gives each to the
// bytecode verifier, and says how many there are and what is wrong. Names that nobody defines are
// counted, not errors: they bind when they are defined.
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cmd/command.h"
#include "cmd/json.h"
#include "compile/check_code.h"
#include "compile/name_set.h"
#include "compile/name_world.h"
#include "compile/read_sources.h"

enum { PROGRESS_EVERY = 500, UNRESOLVED_SHOWN = 20 };

typedef struct CheckOptions {
    const char *folder;
    BytecodeSet set;
    bool wants_json, wants_warnings, is_strict, wants_names;
} CheckOptions;

typedef struct UnresolvedName {
    Text name;
    uint64_t uses;
} UnresolvedName;

typedef struct Check {
    const CheckOptions *options;
    SourceTree *tree;
    NameWorld world;
    CodeArena arena; // of one method at a time
    NameSet unresolved;
    uint64_t method_count, error_count, warning_count, refused_count, unresolved_uses;
    uint64_t byte_count;
    bool shows_progress;
} Check;

static void show_progress(const Check *check, size_t done) {
    if (!check->shows_progress || done % PROGRESS_EVERY) return;
    fprintf(stderr, "\r%zu of %zu methods", done, check->tree->methods.count);
}

static void end_progress(const Check *check) {
    if (check->shows_progress) fprintf(stderr, "\r%40s\r", "");
}

static void print_diagnostics(const Check *check, const Diagnostics *list) {
    for (size_t i = 0; i < list->count; i++) {
        bool is_warning = list->items[i].severity == SEVERITY_WARNING;
        if (is_warning && !check->options->wants_warnings) continue;
        end_progress(check);
        diagnostic_print(&list->items[i], stderr);
    }
}

// The name stands at the caret.
static Text name_of(const Diagnostic *diagnostic) {
    Text line = diagnostic->source_line;
    size_t end = diagnostic->caret_bytes + (diagnostic->end - diagnostic->start);
    return text_slice(line, diagnostic->caret_bytes, end < line.length ? end : line.length);
}

static void note_unresolved(Check *check, const Diagnostics *list) {
    for (size_t i = 0; i < list->count; i++) {
        const Diagnostic *diagnostic = &list->items[i];
        if (diagnostic->kind != DIAGNOSTIC_UNDECLARED_VARIABLE) continue;
        Text name = name_of(diagnostic);
        UnresolvedName *entry = name_set_find(&check->unresolved, name);
        if (!entry) {
            entry = arena_new(&check->tree->arena, UnresolvedName);
            if (!entry) return;
            entry->name = code_arena_text(&check->tree->arena, name);
            name_set_add(&check->unresolved, entry->name, entry);
        }
        entry->uses++;
    }
}

static void verify(Check *check, const SourceMethod *method, const Code *code) {
    Diagnosis diagnosis = {""};
    unsigned line, column;
    if (code_verify(code, check->options->set, &check->arena, &diagnosis) == STATUS_OK) return;
    check->refused_count++;
    end_progress(check);
    source_place_locate(&method->place, 0, &line, &column);
    fprintf(stderr, "%s:%u:%u: error: %.*s%s>>%.*s: %s\n", method->place.file, line, column,
            TEXT_ARGUMENTS(method->class_name), method->class_side ? " class" : "",
            TEXT_ARGUMENTS(code->selector), diagnosis.text);
}

static void check_method(Check *check, const SourceMethod *method) {
    Diagnostics diagnostics = {.arena = &check->arena};
    CompileUnit unit = {.arena = &check->arena, .diagnostics = &diagnostics};
    CompileOptions options = {.bytecode_set = check->options->set,
                              .constant_blocks = check->options->set == CODE_SISTA,
                              .long_receiver_access = text_is(method->class_name, "Context"),
                              .strict = check->options->is_strict,
                              .warn = true};
    name_world_enter(&check->world, method, &unit);
    Code *code = compile_method(&unit, &options);
    check->method_count++;
    check->error_count += diagnostics.error_count;
    check->warning_count += diagnostics.warning_count;
    check->unresolved_uses += unit.undeclared_count;
    print_diagnostics(check, &diagnostics);
    note_unresolved(check, &diagnostics);
    if (code) {
        check->byte_count += code->byte_count;
        verify(check, method, code);
    }
    code_arena_reset(&check->arena);
}

// ---- the answer

static int compare_uses(const void *a, const void *b) {
    const UnresolvedName *left = *(UnresolvedName *const *)a, *right = *(UnresolvedName *const *)b;
    if (left->uses != right->uses) return left->uses < right->uses ? 1 : -1;
    return text_compare(left->name, right->name);
}

// All unresolved names, those with most uses first.
static UnresolvedName **sorted_names(Check *check, size_t *count) {
    UnresolvedName **names =
        arena_new_array(&check->tree->arena, UnresolvedName *, check->unresolved.count + 1);
    *count = 0;
    if (!names) return NULL;
    for (size_t i = 0; i < check->unresolved.size; i++)
        if (check->unresolved.slots[i].value) names[(*count)++] = check->unresolved.slots[i].value;
    qsort(names, *count, sizeof *names, compare_uses);
    return names;
}

static void print_names(Check *check) {
    size_t count;
    UnresolvedName **names = sorted_names(check, &count);
    size_t shown =
        check->options->wants_names || count < UNRESOLVED_SHOWN ? count : UNRESOLVED_SHOWN;
    for (size_t i = 0; i < shown; i++)
        printf("  %8llu %.*s\n", (unsigned long long)names[i]->uses,
               TEXT_ARGUMENTS(names[i]->name));
    if (shown < count) printf("  and %zu more (--names shows all)\n", count - shown);
}

static void print_count(uint64_t count, const char *one, const char *many, const char *end) {
    printf("%llu %s%s", (unsigned long long)count, count == 1 ? one : many, end);
}

static void print_text(Check *check) {
    const SourceTree *tree = check->tree;
    print_count(tree->packages.count, "package", "packages", ", ");
    print_count(tree->classes.count, "class or trait", "classes and traits", ", ");
    print_count(check->method_count, "method", "methods", ", ");
    print_count(check->byte_count, "byte of code", "bytes of code", "\n");
    print_count(check->error_count, "error", "errors", ", ");
    print_count(check->refused_count, "method refused by the verifier",
                "methods refused by the verifier", ", ");
    print_count(check->warning_count, "warning", "warnings", "\n");
    print_count(check->unresolved.count, "name that nobody defines", "names that nobody defines",
                ", in ");
    print_count(check->unresolved_uses, "place", "places", check->unresolved.count ? ":\n" : "\n");
    print_names(check);
}

static void print_json(Check *check) {
    Json json;
    size_t count;
    UnresolvedName **names = sorted_names(check, &count);
    json_begin(&json, stdout);
    json_open(&json, NULL, '{');
    json_number(&json, "packages", check->tree->packages.count);
    json_number(&json, "classes", check->tree->classes.count);
    json_number(&json, "methods", check->method_count);
    json_number(&json, "bytes", check->byte_count);
    json_number(&json, "errors", check->error_count);
    json_number(&json, "refused", check->refused_count);
    json_number(&json, "warnings", check->warning_count);
    json_number(&json, "unresolved_uses", check->unresolved_uses);
    json_open(&json, "unresolved", '[');
    for (size_t i = 0; i < count; i++) {
        Text name = code_arena_format(&check->tree->arena, "%.*s", TEXT_ARGUMENTS(names[i]->name));
        json_string(&json, NULL, name.bytes);
    }
    json_close(&json);
    json_close(&json);
    json_end(&json);
}

// ---- the command

static int report(Check *check) {
    if (check->options->wants_json)
        print_json(check);
    else
        print_text(check);
    return check->error_count || check->refused_count ? EXIT_PROGRAM_FAILED : EXIT_OK;
}

static int check_tree(Check *check) {
    SourceTree *tree = check->tree;
    sources_read(tree, check->options->folder);
    print_diagnostics(check, &tree->diagnostics);
    if (tree->methods.count == 0 && tree->diagnostics.error_count) return EXIT_BAD_INPUT;
    if (tree->methods.count == 0)
        return complain("%s: no methods to compile", check->options->folder);
    name_set_start(&check->unresolved, &tree->arena, NAME_SET_FIRST_SIZE);
    if (!name_world_start(&check->world, tree)) return complain("not enough memory");
    check->error_count = tree->diagnostics.error_count;
    for (size_t i = 0; i < tree->methods.count; i++) {
        show_progress(check, i);
        check_method(check, tree->methods.items[i]);
    }
    end_progress(check);
    return report(check);
}

static int print_help(void) {
    puts("parley compile --check FOLDER [OPTIONS]\n"
         "\n"
         "Compiles every method below the folder (Tonel, FileTree or chunk format), gives each to\n"
         "the bytecode verifier, prints counts and what is wrong. Exit code 1 when anything is.\n"
         "\n"
         "  --set sista|v3   the bytecode set: SistaV1 (default) or V3PlusClosures\n"
         "  --warnings       print warnings too\n"
         "  --strict         a name that nobody defines is an error\n"
         "  --names          list all names that nobody defines\n"
         "  --json           the counts as JSON");
    return EXIT_OK;
}

// NULL: the word is missing. Answers `taken`, or -1 when there is no such set.
static int read_set(const char *word, CheckOptions *options, int taken) {
    if (!word) return complain("compile: --set needs a value: sista or v3"), -1;
    if (strcmp(word, "sista") != 0 && strcmp(word, "v3") != 0)
        return complain("compile: --set is sista or v3, not '%s'", word), -1;
    options->set = strcmp(word, "v3") == 0 ? CODE_V3PLUS : CODE_SISTA;
    return taken;
}

// How many arguments the option took; 0: none of ours; -1: a bad one, which was told.
static int read_option(CheckOptions *options, int count, char **arguments) {
    const char *word = arguments[0];
    if (strcmp(word, "--set") == 0) return read_set(count > 1 ? arguments[1] : NULL, options, 2);
    if (strncmp(word, "--set=", 6) == 0) return read_set(word + 6, options, 1);
    if (strcmp(word, "--warnings") == 0) return options->wants_warnings = true;
    if (strcmp(word, "--strict") == 0) return options->is_strict = true;
    if (strcmp(word, "--names") == 0) return options->wants_names = true;
    if (strcmp(word, "--json") == 0) return options->wants_json = true;
    return strcmp(word, "--check") == 0;
}

int command_compile(int count, char **arguments) {
    CheckOptions options = {.set = CODE_SISTA};
    bool checks = false;
    for (int i = 0; i < count;) {
        if (strcmp(arguments[i], "--help") == 0) return print_help();
        checks |= strcmp(arguments[i], "--check") == 0;
        if (arguments[i][0] != '-') {
            if (options.folder) return complain("compile: one folder, please");
            options.folder = arguments[i++];
            continue;
        }
        int taken = read_option(&options, count - i, arguments + i);
        if (taken < 0) return EXIT_BAD_INPUT;
        if (!taken)
            return complain("compile: bad option %s, see parley compile --help", arguments[i]);
        i += taken;
    }
    if (!checks)
        return complain("compile: only --check FOLDER is there, see parley compile --help");
    if (!options.folder) return complain("compile --check: which folder?");
    if (access(options.folder, R_OK) != 0)
        return complain("%s: %s", options.folder, strerror(errno));
    Check check = {.options = &options, .shows_progress = isatty(STDERR_FILENO) != 0};
    check.tree = source_tree_new();
    if (!check.tree) return complain("not enough memory");
    int code = check_tree(&check);
    code_arena_free(&check.arena);
    source_tree_free(check.tree);
    return code;
}
