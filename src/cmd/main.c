// SPDX-License-Identifier: MIT
// The command line: the first word chooses a subcommand (commands.tbl); without one the arguments
// are options, an image and what the image is to be told.
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cmd/command.h"
#include "cmd/options.h"
#include "cmd/own_image.h"
#include "parley.h"

typedef struct Command {
    const char *word, *arguments, *text;
    int (*run)(int count, char **arguments);
} Command;

static const Command commands[] = {
#define COMMAND(word, arguments, text, function) {word, arguments, text, function},
#include "cmd/commands.tbl"
#undef COMMAND
};
enum { COMMAND_COUNT = sizeof commands / sizeof *commands };

int complain(const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    fputs("parley: ", stderr);
    vfprintf(stderr, format, arguments);
    fputc('\n', stderr);
    va_end(arguments);
    return EXIT_BAD_INPUT;
}

static bool is_one_of(const char *word, const char *a, const char *b) {
    return strcmp(word, a) == 0 || strcmp(word, b) == 0;
}

bool asks_for_help(const char *argument) { return is_one_of(argument, "--help", "-h"); }

static int not_available(const Command *command, const char *next) {
    if (!next || !asks_for_help(next))
        return complain("%s: not available yet in this version", command->word);
    printf("parley %s %s: %s (not available yet)\n", command->word, command->arguments,
           command->text);
    return EXIT_OK;
}

int command_help(void) {
    puts("Parley, a Smalltalk: machine, compiler and class library.\n");
    own_image_print_help();
    puts("  parley [OPTIONS] IMAGE [ARGUMENTS]         run an image; the arguments go to it");
    puts("\n"
         "Commands:");
    for (int i = 0; i < COMMAND_COUNT; i++) {
        char left[64];
        snprintf(left, sizeof left, "parley %s %s", commands[i].word, commands[i].arguments);
        printf("  %-42s %s%s\n", left, commands[i].text,
               commands[i].run ? "" : " (not available yet)");
    }
    puts(
        "\n"
        "  parley --help | --version | --features; parley COMMAND --help\n"
        "\n"
        "Options stand before the image, or before a word of those above; they may also follow\n"
        "-e EXPRESSION, --load DIR, --save IMAGE and --recover. The first word that is no option\n"
        "ends them, so does --. What is behind is for the program, which finds it in `arguments`.\n"
        "Numbers of bytes may end in k, m or g.");
    options_print_help();
    puts("\n"
         "Options of the OpenSmalltalk and Pharo VMs (--headless, -nodisplay, -vm-display-null,\n"
         "-memory SIZE, -plugins PATH, ...) are accepted; what makes no sense here is ignored.\n"
         "\n"
         "Images: 64-bit Spur (formats 68021 and 68533), as Pharo 7 to 9, Squeak 5 and 6 and Cuis\n"
         "save them; 68021 is written.\n"
         "A save replaces the image file as a whole, or not at all.\n"
         "\n"
         "Environment: the REPL writes what it accepts to the file PARLEY_CHANGES, or else\n"
         "parley/changes.st in XDG_STATE_HOME (~/.local/state), beside its history.\n"
         "\n"
         "Signals: SIGINT interrupts the image, SIGQUIT prints the Smalltalk stacks and goes on.\n"
         "\n"
         "Exit codes: what the image says when it quits; otherwise 0 success, 1 the program\n"
         "failed, 2 bad usage or bad input file, 3 the VM found its own data broken, 141 nobody\n"
         "reads its standard output any more.");
    return EXIT_OK;
}

static const Command *find_command(const char *word) {
    for (int i = 0; i < COMMAND_COUNT; i++)
        if (strcmp(commands[i].word, word) == 0) return &commands[i];
    return NULL;
}

// Help is wanted wherever --help stands.
static int run_command(const Command *command, int count, char **arguments) {
    if (!command->run) return not_available(command, arguments[0]);
    char help[] = "--help", *only_help[] = {help, NULL};
    if (count && asks_for_help(arguments[0])) return command->run(1, only_help);
    for (int i = 1; i < count; i++)
        if (strcmp(arguments[i], help) == 0) return command->run(1, only_help);
    return command->run(count, arguments);
}

// A program that was started without standard streams must not take an image file for one.
static void open_standard_streams(void) {
    for (int descriptor = 0; descriptor < 3; descriptor++)
        if (fcntl(descriptor, F_GETFD) < 0 && errno == EBADF)
            if (open("/dev/null", descriptor == 0 ? O_RDONLY : O_WRONLY) < 0) exit(EXIT_BAD_INPUT);
}

static int run_command_line(int argc, char **argv) {
    if (argc < 2) return command_run(argc, argv);
    const char *first = argv[1];
    if (is_one_of(first, "--help", "-h") || is_one_of(first, "-help", "help"))
        return command_help();
    if (is_one_of(first, "--version", "-version")) {
        puts(parley_version());
        return EXIT_OK;
    }
    if (strcmp(first, "--features") == 0) return command_features();
    const Command *command = find_command(first);
    if (command) return run_command(command, argc - 2, argv + 2);
    return command_run(argc, argv);
}

// What was printed must have arrived, or the program has failed; in silence where the reader, such
// as head, had enough.
int main(int argc, char **argv) {
    open_standard_streams();
    int code = run_command_line(argc, argv);
    if ((fflush(stdout) == 0 && !ferror(stdout)) || code != EXIT_OK) return code;
    if (errno == EPIPE) return EXIT_BROKEN_PIPE;
    complain("standard output: %s", strerror(errno));
    return EXIT_PROGRAM_FAILED;
}
