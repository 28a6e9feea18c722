// SPDX-License-Identifier: MIT
// Line editing over libedit in its unbuffered mode, in which el_gets takes one character and
// answers at once. What it answers for a line that was emptied is what it answers for the end of
// input, so the end is noted by the function that Ctrl-D is bound to, and by poll where the
// terminal is gone.
//
// Between two lines the terminal is as programs expect it, so that they can read from it; but not
// while more input is already there, as in a paste: in that mode the system keeps no more than 4096
// bytes of a line and would show what it receives once more.
#include "base/line_editor.h"

#ifndef PARLEY_LIBEDIT

bool line_editor_is_built_in(void) { return false; }
LineEditor *line_editor_new(void) { return NULL; }
void line_editor_free(LineEditor *editor) { (void)editor; }
bool line_editor_start(LineEditor *editor, const char *prompt) {
    (void)editor, (void)prompt;
    return false;
}
LineState line_editor_feed(LineEditor *editor, Line *line) {
    (void)editor, (void)line;
    return LINE_END;
}
void line_editor_stop(LineEditor *editor) { (void)editor; }
bool line_editor_set_words(LineEditor *editor, const char *words, size_t length) {
    (void)editor, (void)words, (void)length;
    return false;
}
void line_editor_add_history(LineEditor *editor, const char *line) { (void)editor, (void)line; }
bool line_editor_load_history(LineEditor *editor, const char *path) {
    (void)editor, (void)path;
    return false;
}
bool line_editor_save_history(LineEditor *editor, const char *path) {
    (void)editor, (void)path;
    return false;
}

#else

#include <ctype.h>
#include <histedit.h>
#include <locale.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>
#include <wchar.h>

enum { HISTORY_LINES = 2000, SHOWN_WORDS = 60 };

struct LineEditor {
    EditLine *edit;
    History *history;
    char *prompt;
    char *words; // see line_editor_set_words
    size_t words_length;
    char *line; // the last complete one
    bool started;
    bool is_raw;  // the terminal; always while started
    bool at_end;  // the person has said that there is no more
    bool is_gone; // there is nobody any more
};

bool line_editor_is_built_in(void) { return true; }

// ---- completion

static bool is_word_character(char c) {
    return isalnum((unsigned char)c) || c == '_' || c == ':' || (c & 0x80);
}

// All words that begin with the bytes stand together: where they do.
typedef struct Matches {
    const char *first, *end;
    size_t count, common; // common: how many bytes all of them begin with
} Matches;

static void add_match(Matches *matches, const char *word, size_t length) {
    if (matches->count++ == 0) {
        matches->first = word;
        matches->common = length;
    }
    size_t same = 0;
    while (same < matches->common && same < length && matches->first[same] == word[same])
        same++;
    matches->common = same;
    matches->end = word + length;
}

static Matches find_matches(const LineEditor *editor, const char *prefix, size_t length) {
    Matches matches = {NULL, NULL, 0, 0};
    const char *at = editor->words, *end = at + editor->words_length;
    while (at < end) {
        const char *stop = memchr(at, '\n', (size_t)(end - at));
        if (!stop) stop = end;
        size_t word_length = (size_t)(stop - at);
        if (word_length >= length && memcmp(at, prefix, length) == 0)
            add_match(&matches, at, word_length);
        else if (matches.count)
            break;
        at = stop + 1;
    }
    return matches;
}

static void show_matches(const Matches *matches) {
    const char *at = matches->first;
    size_t shown = 0;
    fputc('\n', stdout);
    for (; at < matches->end && shown < SHOWN_WORDS; shown++) {
        size_t length = strcspn(at, "\n");
        printf("%.*s  ", (int)length, at);
        at += length + 1;
    }
    if (matches->count > shown) printf("... and %zu more", matches->count - shown);
    fputc('\n', stdout);
    fflush(stdout);
}

static unsigned char complete_word(EditLine *edit, int character) {
    LineEditor *editor;
    char rest[256];
    (void)character;
    if (el_get(edit, EL_CLIENTDATA, &editor) != 0 || !editor->words) return CC_ERROR;
    const LineInfo *info = el_line(edit);
    const char *start = info->cursor;
    while (start > info->buffer && is_word_character(start[-1]))
        start--;
    size_t length = (size_t)(info->cursor - start);
    if (length == 0) return CC_ERROR;
    Matches matches = find_matches(editor, start, length);
    if (matches.count == 0) return CC_ERROR;
    size_t more = matches.common - length;
    if (more == 0 && matches.count > 1) {
        show_matches(&matches);
        return CC_REDISPLAY;
    }
    if (more == 0 || more >= sizeof rest) return CC_ERROR;
    memcpy(rest, matches.first + length, more);
    rest[more] = '\0';
    return el_insertstr(edit, rest) == 0 ? CC_REFRESH : CC_ERROR;
}

bool line_editor_set_words(LineEditor *editor, const char *words, size_t length) {
    char *copy = malloc(length + 1);
    if (!copy) return false;
    memcpy(copy, words, length);
    copy[length] = '\0';
    free(editor->words);
    editor->words = copy;
    editor->words_length = length;
    return true;
}

// ---- the end of input

// Ctrl-D ends an empty line and the input; elsewhere it deletes a character.
static unsigned char end_or_delete(EditLine *edit, int character) {
    LineEditor *editor;
    (void)character;
    const LineInfo *info = el_line(edit);
    if (el_get(edit, EL_CLIENTDATA, &editor) != 0) return CC_ERROR;
    if (info->lastchar == info->buffer) {
        editor->at_end = true;
        return CC_EOF;
    }
    if (info->cursor == info->lastchar) return CC_ERROR;
    el_cursor(edit, 1);
    el_deletestr(edit, 1);
    return CC_REFRESH;
}

// ---- the terminal

static bool has_input(LineEditor *editor) {
    struct pollfd input = {.fd = STDIN_FILENO, .events = POLLIN};
    if (poll(&input, 1, 0) <= 0) return false;
    int count = 0; // of bytes; none though one can read: the end
    if ((input.revents & ~POLLIN) || ioctl(STDIN_FILENO, FIONREAD, &count) != 0 || count == 0)
        editor->is_gone = true;
    return true;
}

static void leave_raw_mode(LineEditor *editor) {
    if (editor->is_raw) el_set(editor->edit, EL_UNBUFFERED, 0);
    editor->is_raw = false;
}

// ---- life

static const char *current_prompt(EditLine *edit) {
    LineEditor *editor;
    return el_get(edit, EL_CLIENTDATA, &editor) == 0 && editor->prompt ? editor->prompt : "";
}

static void set_up(LineEditor *editor) {
    HistEvent event;
    EditLine *edit = editor->edit;
    el_set(edit, EL_CLIENTDATA, editor);
    el_set(edit, EL_PROMPT, current_prompt);
    el_set(edit, EL_EDITOR, "emacs");
    el_set(edit, EL_SIGNAL, 0);
    el_set(edit, EL_ADDFN, "complete-word", "complete a selector or global", complete_word);
    el_set(edit, EL_ADDFN, "end-or-delete", "end of input, or delete a character", end_or_delete);
    el_set(edit, EL_BIND, "^I", "complete-word", NULL);
    el_set(edit, EL_BIND, "^D", "end-or-delete", NULL);
    // The incremental search would wait for the next character; this one looks for the line that
    // has what was typed in it.
    el_set(edit, EL_BIND, "^R", "ed-search-prev-history", NULL);
    el_set(edit, EL_BIND, "^S", "ed-search-next-history", NULL);
    history(editor->history, &event, H_SETSIZE, HISTORY_LINES);
    history(editor->history, &event, H_SETUNIQUE, 1);
    el_set(edit, EL_HIST, history, editor->history);
    el_source(edit, NULL);
}

LineEditor *line_editor_new(void) {
    LineEditor *editor = calloc(1, sizeof *editor);
    if (!editor) return NULL;
    setlocale(LC_CTYPE, "");
    if (MB_CUR_MAX == 1) setlocale(LC_CTYPE, "C.UTF-8"); // sources and output are in UTF-8
    editor->edit = el_init("parley", stdin, stdout, stderr);
    editor->history = history_init();
    if (!editor->edit || !editor->history) {
        line_editor_free(editor);
        return NULL;
    }
    set_up(editor);
    return editor;
}

void line_editor_free(LineEditor *editor) {
    if (!editor) return;
    leave_raw_mode(editor);
    if (editor->edit) el_end(editor->edit);
    if (editor->history) history_end(editor->history);
    free(editor->prompt);
    free(editor->words);
    free(editor->line);
    free(editor);
}

// ---- a line

bool line_editor_start(LineEditor *editor, const char *prompt) {
    char *copy = strdup(prompt);
    if (!copy) return false;
    leave_raw_mode(editor);
    free(editor->prompt);
    editor->prompt = copy;
    editor->started = editor->is_raw = true;
    editor->at_end = false;
    fflush(stdout);
    el_set(editor->edit, EL_UNBUFFERED, 1);
    return true;
}

void line_editor_stop(LineEditor *editor) {
    if (!editor->started) return;
    editor->started = false;
    if (!has_input(editor)) leave_raw_mode(editor);
}

// What one more character made of the line.
// (The function for bytes would convert the whole line each time: a paste of a long one took
// seconds.)
static LineState take_character(LineEditor *editor, const wchar_t **buffer, int *count) {
    *buffer = el_wgets(editor->edit, count);
    if (editor->at_end || editor->is_gone) return LINE_END;
    if (!*buffer || *count <= 0) return LINE_INCOMPLETE; // it was emptied
    wchar_t last = (*buffer)[*count - 1];
    return last == L'\n' || last == L'\r' ? LINE_COMPLETE : LINE_INCOMPLETE;
}

// The first characters in the bytes of the locale; what it cannot write is a question mark. NULL:
// no memory.
static char *narrow_copy(const wchar_t *characters, size_t count) {
    char *bytes = malloc(count * MB_CUR_MAX + 1);
    size_t length = 0;
    mbstate_t state;
    memset(&state, 0, sizeof state);
    for (size_t i = 0; bytes && i < count; i++) {
        size_t written = wcrtomb(bytes + length, characters[i], &state);
        if (written == (size_t)-1) {
            memset(&state, 0, sizeof state);
            bytes[length] = '?';
            written = 1;
        }
        length += written;
    }
    if (bytes) bytes[length] = '\0';
    return bytes;
}

LineState line_editor_feed(LineEditor *editor, Line *line) {
    LineState state = LINE_INCOMPLETE;
    const wchar_t *buffer = NULL;
    int count = 0;
    while (editor->started && state == LINE_INCOMPLETE && has_input(editor))
        state = take_character(editor, &buffer, &count);
    if (state == LINE_INCOMPLETE) return editor->started ? LINE_INCOMPLETE : LINE_END;
    free(editor->line);
    editor->line = state == LINE_COMPLETE ? narrow_copy(buffer, (size_t)count - 1) : NULL;
    line_editor_stop(editor);
    if (!editor->line) return LINE_END;
    *line = (Line){editor->line, strlen(editor->line)};
    return LINE_COMPLETE;
}

// ---- history

void line_editor_add_history(LineEditor *editor, const char *line) {
    HistEvent event;
    if (line[0]) history(editor->history, &event, H_ENTER, line);
}

bool line_editor_load_history(LineEditor *editor, const char *path) {
    HistEvent event;
    return history(editor->history, &event, H_LOAD, path) >= 0;
}

bool line_editor_save_history(LineEditor *editor, const char *path) {
    HistEvent event;
    return history(editor->history, &event, H_SAVE, path) >= 0;
}

#endif
