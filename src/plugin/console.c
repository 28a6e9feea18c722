// SPDX-License-Identifier: MIT
// ParleyConsole: lines that a person edits in the terminal (base/line_editor.h), for a Smalltalk
// process that waits at a semaphore. Begin a line; at each signal ask whether it is complete.
//
// Every primitive fails as unsupported where the build has no line editor, or standard input and
// output are no terminal: the image then reads standard input as it comes.
#include <stdlib.h>
#include <unistd.h>

#include "base/event_loop.h"
#include "base/line_editor.h"
#include "object/raw.h"
#include "plugin/descriptor_watch.h"
#include "plugin/operands.h"
#include "plugin/registry.h"

typedef struct Console {
    LineEditor *editor;
    DescriptorWatch watch; // of standard input, while a line is being edited
    int semaphore;
} Console;

static Console *console_state(const VM *vm) { return vm->plugin_state[PLUGIN_CONSOLE]; }

static Status console_start(VM *vm) {
    vm->plugin_state[PLUGIN_CONSOLE] = calloc(1, sizeof(Console));
    return vm->plugin_state[PLUGIN_CONSOLE] ? STATUS_OK : STATUS_NO_MEMORY;
}

static void console_stop(VM *vm) {
    Console *console = console_state(vm);
    descriptor_watch_disarm(&console->watch);
    line_editor_free(console->editor);
    free(console);
}

// The editor, made when it is first needed; NULL: there is none.
static LineEditor *editor_of(VM *vm) {
    Console *console = console_state(vm);
    if (!console->editor && isatty(STDIN_FILENO) && isatty(STDOUT_FILENO))
        console->editor = line_editor_new();
    return console->editor;
}

static Outcome wait_for_input(VM *vm, Console *console) {
    if (descriptor_watch_arm(&console->watch, vm, STDIN_FILENO, EVENT_READABLE,
                             console->semaphore) != STATUS_OK)
        return prim_fail(vm, FAILURE_NO_C_MEMORY);
    return prim_answer(vm, prim_nil(vm));
}

// (prompt, index of a semaphore): begins a line; the semaphore is signalled when there is input
static Outcome prim_begin_line(VM *vm) {
    Console *console = console_state(vm);
    LineEditor *editor = editor_of(vm);
    char *prompt;
    int semaphore;
    if (!editor) return prim_fail(vm, FAILURE_UNSUPPORTED);
    if (!descriptor_watch_is_index(prim_argument(vm, 1)) ||
        !operand_int(prim_argument(vm, 1), &semaphore))
        return prim_fail(vm, FAILURE_BAD_ARGUMENT);
    Failure failure = operand_copy_string(prim_argument(vm, 0), &prompt);
    if (failure) return prim_fail(vm, failure);
    bool started = line_editor_start(editor, prompt);
    free(prompt);
    if (!started) return prim_fail(vm, FAILURE_NO_C_MEMORY);
    console->semaphore = semaphore;
    return wait_for_input(vm, console);
}

// A ByteString: the line is complete; nil: not yet; false: there will be no more
static Outcome prim_continue_line(VM *vm) {
    Console *console = console_state(vm);
    Line line;
    if (!console->editor) return prim_fail(vm, FAILURE_UNSUPPORTED);
    LineState state = line_editor_feed(console->editor, &line);
    if (state == LINE_INCOMPLETE) return wait_for_input(vm, console);
    descriptor_watch_disarm(&console->watch);
    if (state == LINE_END) return prim_answer_bool(vm, false);
    return operand_answer(vm, operand_new_string(vm, line.bytes));
}

// Drops the line that is being edited, if one is
static Outcome prim_drop_line(VM *vm) {
    Console *console = console_state(vm);
    descriptor_watch_disarm(&console->watch);
    if (console->editor) line_editor_stop(console->editor);
    return prim_answer_receiver(vm);
}

// (words, each ended by a line feed, in the order of their bytes): what can be completed
static Outcome prim_set_words(VM *vm) {
    LineEditor *editor = editor_of(vm);
    Oop words = prim_argument(vm, 0);
    if (!editor) return prim_fail(vm, FAILURE_UNSUPPORTED);
    if (!oop_is_bytes(words)) return prim_fail(vm, FAILURE_BAD_ARGUMENT);
    size_t count = (size_t)num_concrete(byte_count(words));
    if (!line_editor_set_words(editor, (const char *)object_bytes(words), count))
        return prim_fail(vm, FAILURE_NO_C_MEMORY);
    return prim_answer_receiver(vm);
}

// (line)
static Outcome prim_add_history(VM *vm) {
    LineEditor *editor = editor_of(vm);
    char *line;
    if (!editor) return prim_fail(vm, FAILURE_UNSUPPORTED);
    Failure failure = operand_copy_string(prim_argument(vm, 0), &line);
    if (failure) return prim_fail(vm, failure);
    line_editor_add_history(editor, line);
    free(line);
    return prim_answer_receiver(vm);
}

static Outcome history_file(VM *vm, bool (*function)(LineEditor *editor, const char *path)) {
    LineEditor *editor = editor_of(vm);
    Path path;
    if (!editor) return prim_fail(vm, FAILURE_UNSUPPORTED);
    Failure failure = operand_file_path(vm, prim_argument(vm, 0), &path);
    if (failure) return prim_fail(vm, failure);
    return prim_answer_bool(vm, function(editor, path.text));
}

// (path): whether it could be read
static Outcome prim_load_history(VM *vm) { return history_file(vm, line_editor_load_history); }
// (path): whether it could be written
static Outcome prim_save_history(VM *vm) { return history_file(vm, line_editor_save_history); }

#define CONSOLE_PRIMITIVE(name, function, arguments)                                               \
    NAMED("ParleyConsole", name, function, arguments, 0)

static const Primitive console_primitives[] = {
    CONSOLE_PRIMITIVE("primitiveBeginLine", prim_begin_line, 2),
    CONSOLE_PRIMITIVE("primitiveContinueLine", prim_continue_line, 0),
    CONSOLE_PRIMITIVE("primitiveDropLine", prim_drop_line, 0),
    CONSOLE_PRIMITIVE("primitiveSetWords", prim_set_words, 1),
    CONSOLE_PRIMITIVE("primitiveAddHistory", prim_add_history, 1),
    CONSOLE_PRIMITIVE("primitiveLoadHistory", prim_load_history, 1),
    CONSOLE_PRIMITIVE("primitiveSaveHistory", prim_save_history, 1),
    NAMED_END,
};

const Plugin plugin_console = {"ParleyConsole", console_primitives, console_start, console_stop};
