// SPDX-License-Identifier: MIT
// Editing of input lines in a terminal, with history and completion of words, by libedit where the
// build found it. It never waits: whoever owns the editor feeds it when the terminal has input, so
// that all else goes on while a person thinks.
//
//     LineEditor *editor = line_editor_new();              // NULL: no library, or no memory
//     line_editor_start(editor, "> ");                     // the terminal is the editor's now
//     while (line_editor_feed(editor, &line) == LINE_INCOMPLETE) wait_for_input(0);
//     line_editor_stop(editor);                            // after LINE_COMPLETE, LINE_END: done
//
// Whoever gets a line has the terminal back, unless more input is waiting, as in a paste.
// The terminal is that of standard input and output.
#ifndef PARLEY_BASE_LINE_EDITOR_H
#define PARLEY_BASE_LINE_EDITOR_H

#include <stdbool.h>
#include <stddef.h>

typedef struct LineEditor LineEditor;

typedef enum LineState { LINE_INCOMPLETE, LINE_COMPLETE, LINE_END } LineState;

typedef struct Line {
    const char *bytes; // without the line end; the editor's, until the next feed
    size_t length;
} Line;

bool line_editor_is_built_in(void);

LineEditor *line_editor_new(void);
void line_editor_free(LineEditor *editor); // NULL does nothing; gives the terminal back

// Shows the prompt (copied). Starting while a line is being edited begins it anew.
bool line_editor_start(LineEditor *editor, const char *prompt);
// Takes all input that is there. LINE_END: the person said that there is no more.
LineState line_editor_feed(LineEditor *editor, Line *line);
// Drops the line, if one is being edited.
void line_editor_stop(LineEditor *editor);

// What the tabulator completes: words in the order of their bytes, each ended by a line feed
// (copied). false: no memory, the old ones stay.
bool line_editor_set_words(LineEditor *editor, const char *words, size_t length);

void line_editor_add_history(LineEditor *editor, const char *line);
// The history as a file; false: it cannot be read, or written.
bool line_editor_load_history(LineEditor *editor, const char *path);
bool line_editor_save_history(LineEditor *editor, const char *path);

#endif
