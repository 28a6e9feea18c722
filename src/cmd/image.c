// SPDX-License-Identifier: MIT
// parley image: chooses what to do with an image file.
#include <stdio.h>
#include <string.h>

#include "cmd/command.h"

static int print_help(void) {
    puts("parley image looks into image files without running them.\n"
         "\n"
         "  parley image info FILE [--json]\n"
         "      Format, header fields, objects per class and per format, bytecode sets in use,\n"
         "      primitives that methods ask for and which of them are missing here.\n"
         "\n"
         "  parley image check FILE [--methods]\n"
         "      Checks header, segments, every object and every reference, the class table and\n"
         "      the special objects; with --methods also the bytecode of every method. Prints\n"
         "      one line. Exit code 0: sound; 2: not, or no image at all.\n"
         "\n"
         "  parley image convert FILE OUTPUT\n"
         "      (not available yet)\n"
         "\n"
         "Everything in a file is checked before it is believed; a damaged one gives one line on\n"
         "standard error that says what is wrong, and where.");
    return EXIT_OK;
}

// One file, and perhaps the option.
static int run_on_file(const char *command, const char *option,
                       int (*run)(const char *path, bool has_option), int count, char **arguments) {
    const char *path = NULL;
    bool has_option = false;
    for (int i = 0; i < count; i++) {
        if (strcmp(arguments[i], option) == 0)
            has_option = true;
        else if (arguments[i][0] == '-')
            return complain("image %s: unknown option %s", command, arguments[i]);
        else if (path)
            return complain("image %s: one file, please", command);
        else
            path = arguments[i];
    }
    if (!path) return complain("image %s: which file?", command);
    return run(path, has_option);
}

int command_image(int count, char **arguments) {
    if (count == 0) return complain("image: info, check or convert? See parley image --help");
    const char *what = arguments[0];
    if (strcmp(what, "--help") == 0 || strcmp(what, "-h") == 0 || strcmp(what, "help") == 0)
        return print_help();
    count--, arguments++;
    if (strcmp(what, "info") == 0)
        return run_on_file(what, "--json", image_info_run, count, arguments);
    if (strcmp(what, "check") == 0)
        return run_on_file(what, "--methods", image_check_run, count, arguments);
    if (strcmp(what, "convert") == 0)
        return complain("image convert: not available yet in this version");
    return complain("image %s: no such command; see parley image --help", what);
}
