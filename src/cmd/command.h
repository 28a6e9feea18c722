// SPDX-License-Identifier: MIT
// What the subcommands share: exit codes and the way errors are told, one line on standard error
// that begins with "parley: ".
#ifndef PARLEY_CMD_COMMAND_H
#define PARLEY_CMD_COMMAND_H

#include <stdbool.h>

enum {
    EXIT_OK = 0,
    EXIT_PROGRAM_FAILED = 1,
    EXIT_BAD_INPUT = 2,     // bad usage or bad input file
    EXIT_BROKEN_PIPE = 141, // as shells tell of who was ended by SIGPIPE
};

// Prints the line and answers EXIT_BAD_INPUT.
int complain(const char *format, ...) __attribute__((format(printf, 1, 2)));

// Is it --help or -h?
bool asks_for_help(const char *argument);
// Of the whole program.
int command_help(void);

// The subcommands, each with the arguments behind its name; the exit code is answered.
int command_image(int count, char **arguments);
// Of `parley image`: what an image file holds; whether it is sound, perhaps with all bytecode.
int image_info_run(const char *path, bool as_json);
int image_check_run(const char *path, bool methods);
int command_compile(int count, char **arguments);
// Runs an image: all arguments of the program, options first.
int command_run(int count, char **arguments);
int command_build(int count, char **arguments);
int command_jit(int count, char **arguments);
int command_file_out(int count, char **arguments);
int command_features(void);

#endif
