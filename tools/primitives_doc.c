// SPDX-License-Identifier: MIT
// Writes docs/primitives.md on standard output, from the tables that the VM itself is made of:
//   primitives_doc SOURCE_FOLDER
// Numbered primitives are read from the text of run/primitives.tbl, because its section titles say
// in which file they stand; named ones are asked of the plugins, the other names of numbered ones
// of run/named_aliases.tbl.
#include <stdio.h>
#include <string.h>

#include "plugin/registry.h"

typedef struct Row {
    int number, arguments, depth, may_gc;
    char name[80], native[40], state[20], absence[200];
} Row;

// "yes", or why not.
static void print_done(const char *state, const char *absence) {
    if (*absence)
        printf("**no**: %s", absence);
    else
        printf("%s", strcmp(state, "MARK") == 0 ? "marks its method, never runs" : "yes");
}

// "prim_float_at_put" reads "float at put".
static void print_words(const char *name) {
    if (strncmp(name, "prim_", 5) == 0) name += 5;
    for (; *name; name++)
        putchar(*name == '_' ? ' ' : *name);
}

static void print_count(int arguments) {
    if (arguments < 0)
        printf("any");
    else
        printf("%d", arguments);
}

static void print_numbered(const Row *row) {
    printf("| %d | ", row->number);
    print_words(row->name);
    printf(" | ");
    print_count(row->arguments);
    printf(" | %s | ", row->may_gc ? "yes" : "");
    print_done(row->state, row->absence);
    printf(" |\n");
}

// A title is a line "// ---- What they are: file.c, file.c".
static void print_title(const char *title) {
    const char *files = strrchr(title, ':');
    int length = files ? (int)(files - title) : (int)strcspn(title, "\n");
    printf("\n### %.*s\n\n", length, title);
    if (files) printf("In `src/run`:%.*s.\n\n", (int)strcspn(files + 1, "\n"), files + 1);
    printf("| number | name | arguments | may collect | done |\n| --- | --- | --- | --- | --- |\n");
}

static bool print_all_numbered(const char *folder) {
    char path[4096], line[512];
    snprintf(path, sizeof path, "%s/run/primitives.tbl", folder);
    FILE *file = fopen(path, "r");
    if (!file) {
        fprintf(stderr, "primitives_doc: no run/primitives.tbl in %s\n", folder);
        return false;
    }
    bool is_complete = true;
    while (fgets(line, sizeof line, file)) {
        Row row = {0};
        if (strncmp(line, "// ---- ", 8) == 0)
            print_title(line + 8);
        else if (sscanf(line, "PRIMITIVE(%d, %79[a-z0-9_], %d, %d, %d, %39[A-Z_], %19[A-Z])",
                        &row.number, row.name, &row.arguments, &row.depth, &row.may_gc, row.native,
                        row.state) == 7)
            print_numbered(&row);
        else if (sscanf(line, "ABSENT(%d, %79[a-z0-9_], %d, \"%199[^\"]\")", &row.number, row.name,
                        &row.arguments, row.absence) == 4)
            print_numbered(&row);
        else if (strncmp(line, "PRIMITIVE(", 10) == 0 || strncmp(line, "ABSENT(", 7) == 0) {
            fprintf(stderr, "%s: a row that is not understood: %s", path, line);
            is_complete = false;
        }
    }
    fclose(file);
    return is_complete;
}

static void print_plugin(const Plugin *plugin, const char *purpose) {
    const char *module = plugin->module && *plugin->module ? plugin->module : "(no module)";
    printf("\n### %s: %s\n\n| name | arguments | done |\n| --- | --- | --- |\n", module, purpose);
    for (const Primitive *row = plugin->primitives; row->name; row++) {
        printf("| %s | ", row->name);
        print_count(row->argument_count);
        printf(" | ");
        print_done("DONE", row->absence ? row->absence : "");
        printf(" |\n");
    }
}

static void print_all_named(void) {
    static const char *const purposes[] = {
#define PLUGIN(INDEX, symbol, text) text,
#include "plugin/plugins.tbl"
#undef PLUGIN
    };
    for (unsigned i = 0; plugin_at(i); i++)
        print_plugin(plugin_at(i), purposes[i]);
}

static void print_aliases(void) {
    printf("\n### Names without a module for numbered primitives\n\n| name | number |\n| --- | --- "
           "|\n");
#define ALIAS(name, number) printf("| %s | %d |\n", name, number);
#include "run/named_aliases.tbl"
#undef ALIAS
}

static void print_absent_modules(void) {
    printf("\n### Modules that are not there\n\n| module | why |\n| --- | --- |\n");
#define ABSENT_MODULE(name, why) printf("| %s | %s |\n", name, why);
#include "plugin/absent_modules.tbl"
#undef ABSENT_MODULE
}

int main(int argument_count, char **arguments) {
    if (argument_count != 2) {
        fprintf(stderr, "usage: primitives_doc SOURCE_FOLDER\n");
        return 2;
    }
    printf(
        "# Primitives\n\n"
        "Made by `make docs` from the tables of the VM; do not edit. A primitive that is not done "
        "fails:\nthe method's own code runs, as it does after every failure. Numbers 256 to 519 "
        "are quick returns,\nwhich the interpreter makes itself: 256 answers the receiver, 257 to "
        "263 constants, from 264 on its\nvariables.\n\n## Numbered\n");
    if (!print_all_numbered(arguments[1])) return 2;
    printf("\n## Named\n");
    print_all_named();
    print_aliases();
    print_absent_modules();
    return 0;
}
