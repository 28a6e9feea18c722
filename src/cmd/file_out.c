// SPDX-License-Identifier: MIT
// parley file-out SOURCES... -o FILE: sources of any format as one file of chunks (see
// compile/file_out.h).
#include "compile/file_out.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "cmd/command.h"
#include "compile/read_sources.h"
#include "image/atomic_file.h"

static int print_help(void) {
    puts("parley file-out SOURCES... -o FILE: write Smalltalk sources as one file of chunks.\n"
         "\n"
         "SOURCES are folders or files in Tonel, FileTree or chunk format. A Pharo takes the file\n"
         "in, and compiles it with its own compiler:\n"
         "\n"
         "  parley pharo.image st FILE --save --quit\n"
         "\n"
         "Traits come first, then classes behind their superclasses, methods, and `initialize` of\n"
         "the classes that have one. Baselines are left out: only Metacello has a use for them.\n"
         "Left out with a warning are statements between definitions in files of chunks.");
    return EXIT_OK;
}

// Into a pipe or a device, such as /dev/stdout: it is not ours to replace or to remove.
static int write_through(const char *path, const char *text, size_t size) {
    FILE *to = fopen(path, "w");
    if (!to) return complain("%s: cannot be made: %s", path, strerror(errno));
    bool complete = fwrite(text, 1, size, to) == size;
    if (fclose(to) == 0 && complete) return EXIT_OK;
    return complain("%s: cannot be written: %s", path, strerror(errno));
}

static int replace_file(const char *path, const char *text, size_t size) {
    Diagnosis diagnosis = {""};
    AtomicFile file;
    Status status = atomic_file_begin(&file, path, &diagnosis);
    if (status == STATUS_OK) {
        status = atomic_file_write(&file, text, size, &diagnosis);
        if (status == STATUS_OK)
            status = atomic_file_commit(&file, &diagnosis);
        else
            atomic_file_abandon(&file);
    }
    return status == STATUS_OK ? EXIT_OK : complain("%s: %s", path, diagnosis.text);
}

static int write_file(SourceTree *tree, const char *path) {
    char *text = NULL;
    size_t size = 0;
    FILE *to = open_memstream(&text, &size);
    bool complete = to && file_out(to, tree) && !ferror(to);
    if (to && fclose(to) != 0) complete = false;
    int code;
    struct stat old;
    if (!complete)
        code = complain("not enough memory");
    else if (stat(path, &old) == 0 && !S_ISREG(old.st_mode))
        code = write_through(path, text, size);
    else
        code = replace_file(path, text, size);
    free(text);
    return code;
}

int command_file_out(int count, char **arguments) {
    const char *path = NULL;
    if (count > 0 && (strcmp(arguments[0], "--help") == 0 || strcmp(arguments[0], "-h") == 0))
        return print_help();
    SourceTree *tree = source_tree_new();
    if (!tree) return complain("not enough memory");
    for (int i = 0; i < count; i++) {
        if (strcmp(arguments[i], "-o") == 0 && i + 1 < count)
            path = arguments[++i];
        else
            sources_read(tree, arguments[i]);
    }
    source_tree_refuse_script_files(tree);
    source_tree_warn_of_statements(tree, "left out");
    for (size_t i = 0; i < tree->diagnostics.count; i++)
        diagnostic_print(&tree->diagnostics.items[i], stderr);
    int code = EXIT_OK;
    if (!path || tree->files.count == 0)
        code = complain("sources and -o FILE are needed; see parley file-out --help");
    else if (tree->diagnostics.error_count)
        code = complain("%s: not made", path);
    else
        code = write_file(tree, path);
    source_tree_free(tree);
    return code;
}
