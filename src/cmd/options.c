// SPDX-License-Identifier: MIT
// Reading options: each argument that begins with "-" is looked up in our table, then in the table
// of foreign ones; the first that does not, or is a command of the image that is built in, ends
// them. Options of that image, such as -e, are left to it; options may follow them.
#include "cmd/options.h"

#include <errno.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "cmd/command.h"
#include "cmd/own_image.h"

typedef enum OptionKind { FLAG, NUMBER, BYTES, WORD } OptionKind;

typedef struct OptionRow {
    const char *spelling;
    OptionKind kind;
    size_t offset; // of the field in ParleyOptions
    const char *value, *text;
} OptionRow;

static const OptionRow option_rows[] = {
#define OPTION(spelling, kind, field, value, text)                                                 \
    {spelling, kind, offsetof(ParleyOptions, field), value, text},
#define HEADING(text)
#include "cmd/options.tbl"
#undef OPTION
#undef HEADING
};
enum { OPTION_ROW_COUNT = sizeof option_rows / sizeof *option_rows };

typedef enum ForeignKind { ALONE, WITH_VALUE, SAME } ForeignKind;

typedef struct ForeignRow {
    const char *spelling;
    ForeignKind kind;
    const char *note; // of SAME: our spelling
} ForeignRow;

static const ForeignRow foreign_rows[] = {
#define FOREIGN(spelling, kind, note) {spelling, kind, note},
#define SAME_AS(spelling, ours)       {spelling, SAME, ours},
#include "cmd/foreign_options.tbl"
#undef FOREIGN
#undef SAME_AS
};
enum { FOREIGN_ROW_COUNT = sizeof foreign_rows / sizeof *foreign_rows };

// What is left to read: `taken` arguments were looked at, the last `kept` of which are options of
// the image that is built in.
typedef struct OptionReader {
    int count, taken, kept;
    char **arguments;
    ParleyOptions *options;
} OptionReader;

// Does the argument spell this, alone or with "=" or ":" and a value behind?
static bool spells(const char *argument, const char *spelling, const char **value) {
    size_t length = strlen(spelling);
    *value = NULL;
    if (spelling[length - 1] == '*') return strncmp(argument, spelling, length - 1) == 0;
    if (strncmp(argument, spelling, length) != 0) return false;
    if (argument[length] == 0) return true;
    if (argument[length] != '=' && argument[length] != ':') return false;
    *value = argument + length + 1;
    return true;
}

static const OptionRow *find_option(const char *argument, const char **value) {
    for (int i = 0; i < OPTION_ROW_COUNT; i++)
        if (spells(argument, option_rows[i].spelling, value)) return &option_rows[i];
    return NULL;
}

static const ForeignRow *find_foreign(const char *argument, const char **value) {
    for (int i = 0; i < FOREIGN_ROW_COUNT; i++)
        if (spells(argument, foreign_rows[i].spelling, value)) return &foreign_rows[i];
    return NULL;
}

// ---- values

// How far to shift for "k", "m", "g"; -1: none of them.
static int suffix_shift(const char *suffix) {
    if (suffix[0] == 0) return 0;
    static const char letters[] = "kmg";
    const char *letter = strchr(letters, suffix[0] | 32);
    if (!letter || !(suffix[1] == 0 || ((suffix[1] | 32) == 'b' && suffix[2] == 0))) return -1;
    return 10 * (int)(letter - letters + 1);
}

static bool parse_number(const char *text, bool is_bytes, uint64_t *number) {
    char *end;
    errno = 0;
    if (text[0] < '0' || text[0] > '9') return false;
    unsigned long long value = strtoull(text, &end, 10);
    int shift = is_bytes ? suffix_shift(end) : *end ? -1 : 0;
    if (errno || shift < 0 || value > UINT64_MAX >> shift) return false;
    *number = value << shift;
    return true;
}

static bool set_field(const OptionReader *reader, const OptionRow *row, const char *value) {
    void *field = (char *)reader->options + row->offset;
    uint64_t number;
    switch (row->kind) {
    case FLAG:
        *(bool *)field = true;
        return true;
    case WORD:
        *(const char **)field = value;
        return true;
    case NUMBER:
    case BYTES:
        if (!parse_number(value, row->kind == BYTES, &number)) break;
        *(uint64_t *)field = number;
        return true;
    }
    complain("%s: '%s' is no number%s", row->spelling, value,
             row->kind == BYTES ? " of bytes" : "");
    return false;
}

// The value behind an option; the next argument when there was none behind "=".
static const char *take_value(OptionReader *reader, const char *value) {
    if (value) return value;
    if (reader->taken >= reader->count) return NULL;
    return reader->arguments[reader->taken++];
}

static bool read_own(OptionReader *reader, const OptionRow *row, const char *value) {
    if (row->kind == FLAG) return set_field(reader, row, NULL);
    value = take_value(reader, value);
    if (value) return set_field(reader, row, value);
    complain("%s needs a value", row->spelling);
    return false;
}

static bool read_foreign(OptionReader *reader, const ForeignRow *row, const char *value) {
    if (row->kind == SAME) {
        const char *unused;
        return read_own(reader, find_option(row->note, &unused), value);
    }
    if (row->kind == WITH_VALUE) take_value(reader, value);
    if (row->note) fprintf(stderr, "parley: %s: %s\n", row->spelling, row->note);
    return true;
}

static bool read_option(OptionReader *reader) {
    const char *argument = reader->arguments[reader->taken++], *value;
    const OptionRow *own = find_option(argument, &value);
    if (own) return read_own(reader, own, value);
    const ForeignRow *foreign = find_foreign(argument, &value);
    if (foreign) return read_foreign(reader, foreign, value);
    if (reader->kept)
        complain("unknown option %s; arguments of the program follow --", argument);
    else
        complain("unknown option %s; see parley --help", argument);
    return false;
}

// The options that were read last, `count` of them, change places with what was kept before them.
static void move_before_kept(OptionReader *reader, int count) {
    char **from = reader->arguments + reader->taken - count;
    for (; count > 0; count--, from++) {
        char *option = *from;
        memmove(from - reader->kept + 1, from - reader->kept, (size_t)reader->kept * sizeof *from);
        from[-reader->kept] = option;
    }
}

// Of the image that is built in, with what belongs to it.
static void keep_option(OptionReader *reader) {
    int count = own_image_word_count(reader->arguments[reader->taken]);
    if (count > reader->count - reader->taken) count = reader->count - reader->taken;
    reader->taken += count;
    reader->kept += count;
}

static bool ends_options(const OptionReader *reader) {
    if (reader->taken >= reader->count) return true;
    const char *argument = reader->arguments[reader->taken];
    if (argument[0] != '-' || !argument[1] || strcmp(argument, "--") == 0) return true;
    return asks_for_help(argument);
}

int options_read(int count, char **arguments, ParleyOptions *options) {
    OptionReader reader = {count, 0, 0, arguments, options};
    while (!ends_options(&reader)) {
        int before = reader.taken;
        if (own_image_word_count(arguments[before])) {
            keep_option(&reader);
            continue;
        }
        if (!read_option(&reader)) return -1;
        move_before_kept(&reader, reader.taken - before);
    }
    bool is_ended = !reader.kept && reader.taken < count && !strcmp(arguments[reader.taken], "--");
    return reader.taken - reader.kept + is_ended;
}

static void print_row(const char *spelling, const char *value, const char *text) {
    char left[64];
    snprintf(left, sizeof left, "%s%s%s", spelling, value ? "=" : "", value ? value : "");
    printf("  %-28s %s\n", left, text);
}

void options_print_help(void) {
#define HEADING(text)                              printf("\n%s\n", text);
#define OPTION(spelling, kind, field, value, text) print_row(spelling, value, text);
#include "cmd/options.tbl"
#undef OPTION
#undef HEADING
}
