// SPDX-License-Identifier: MIT
// Writes the manual page parley(1) on standard output. Options and subcommands come from the tables
// of the command line; subcommands that this version does not have are left out.
#include <stdio.h>
#include <string.h>

#include "base/version.h"

typedef struct Command {
    const char *word, *arguments, *text, *function;
} Command;

static const Command commands[] = {
#define COMMAND(word, arguments, text, function) {word, arguments, text, #function},
#include "cmd/commands.tbl"
#undef COMMAND
};

// Text with the hyphens and backslashes of options kept as they are.
static void print_text(const char *text) {
    for (; *text; text++) {
        if (*text == '-' || *text == '\\') putchar('\\');
        putchar(*text);
    }
}

static void print_option(const char *spelling, const char *value, const char *text) {
    printf(".TP\n.B ");
    print_text(spelling);
    if (value) printf("\\fR=\\fI%s", value);
    printf("\\fR\n");
    print_text(text);
    putchar('\n');
}

static void print_command(const char *word, const char *arguments, const char *text) {
    printf(".TP\n.B parley ");
    print_text(word);
    printf(" \\fI");
    print_text(arguments);
    printf("\\fR\n");
    print_text(text);
    putchar('\n');
}

static void print_own_words(void) {
#define OWN_WORD(word, count, arguments, text) print_command(word, arguments, text);
#include "cmd/own_words.tbl"
#undef OWN_WORD
}

static void print_commands(void) {
    for (size_t i = 0; i < sizeof commands / sizeof *commands; i++) {
        if (strcmp(commands[i].function, "NULL") == 0) continue;
        print_command(commands[i].word, commands[i].arguments, commands[i].text);
    }
}

static void print_options(void) {
#define OPTION(spelling, kind, field, value, text) print_option(spelling, value, text);
#define HEADING(text)                              printf(".SS %s\n", text);
#include "cmd/options.tbl"
#undef OPTION
#undef HEADING
}

int main(void) {
    puts(".\\\" Made from the tables of the command line by tools/manual.c.\n"
         ".TH PARLEY 1 \"\" \"" PARLEY_VERSION "\" \"User Commands\"\n"
         ".SH NAME\nparley \\- a Smalltalk: machine, compiler and class library\n"
         ".SH SYNOPSIS\n"
         ".B parley\n.br\n"
         ".B parley\n\\fISCRIPT\\fR.st [\\fIARGUMENT\\fR]...\n.br\n"
         ".B parley\n[\\fIOPTION\\fR]... \\fIIMAGE\\fR [\\fIARGUMENT\\fR]...\n.br\n"
         ".B parley\n\\fICOMMAND\\fR [\\fIARGUMENT\\fR]...\n.br\n"
         ".B parley\n\\-\\-help | \\-\\-version | \\-\\-features\n"
         ".SH DESCRIPTION\n"
         "Without arguments: a read\\-evaluate\\-print loop in the Smalltalk that is built in; "
         ":help\n"
         "lists its commands. With a script: runs it. Both, and the words below that stand first,\n"
         "need no image file.\n.PP\n"
         "Runs Smalltalk images: 64-bit Spur, as Pharo 7 to 9, Squeak 5 and 6 and Cuis save them.\n"
         "Arguments behind the image go to it. A save replaces the image file as a whole, or not "
         "at\n"
         "all.\n"
         ".SH COMMANDS");
    print_own_words();
    print_commands();
    puts(".SH OPTIONS\nThey stand before the image.");
    print_options();
    puts(".PP\nOptions that scripts pass to the OpenSmalltalk and Pharo VMs (\\-\\-headless,\n"
         "\\-vm\\-display\\-null, \\-memory and more) are accepted; what makes no sense here is\n"
         "ignored.\n"
         ".SH ENVIRONMENT\n"
         ".TP\n.B PARLEY_CHANGES\nthe file to which the loop appends each expression, class and\n"
         "method that it has accepted; \\-\\-recover reads it. Its folder must exist.\n"
         ".TP\n.B XDG_STATE_HOME\nthe folder (~/.local/state) in which parley/changes.st and\n"
         "parley/history are kept otherwise.\n"
         ".SH SIGNALS\n"
         ".TP\n.B SIGINT\ninterrupts the image.\n"
         ".TP\n.B SIGQUIT\nprints the Smalltalk stacks of all processes and goes on.\n"
         ".SH EXIT STATUS\n"
         "What the image says when it quits; otherwise\n"
         ".TP\n.B 0\nsuccess,\n.TP\n.B 1\nthe program failed,\n"
         ".TP\n.B 2\nbad usage or a bad input file,\n"
         ".TP\n.B 3\nthe VM found its own data broken; it says what it knows on standard error.");
    return 0;
}
