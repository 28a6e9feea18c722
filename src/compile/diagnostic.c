// SPDX-License-Identifier: MIT
// Places and texts of diagnostics. Lines are counted when something is reported, not before.
#include "compile/diagnostic.h"

#include <string.h>

typedef struct KindRow {
    Severity severity;
    const char *name, *text;
} KindRow;

static const KindRow rows[] = {
#define DIAGNOSTIC(NAME, severity, text) {SEVERITY_##severity, #NAME, text},
#include "compile/diagnostics.tbl"
#undef DIAGNOSTIC
    {SEVERITY_ERROR, "OTHER", "%.*s"},
};

const char *diagnostic_kind_name(DiagnosticKind kind) { return rows[kind].name; }
Severity diagnostic_kind_severity(DiagnosticKind kind) { return rows[kind].severity; }

static bool is_line_end(char c) { return c == '\n' || c == '\r'; }

static bool begins_character(char c) { return ((unsigned char)c & 0xC0) != 0x80; }

// Where the line with this byte begins. A CR before an LF ends no line of its own.
static size_t line_start(Text source, size_t offset) {
    size_t start = offset;
    while (start > 0 && !is_line_end(source.bytes[start - 1]))
        start--;
    return start;
}

static unsigned count_line_ends(Text source, size_t end) {
    unsigned count = 0;
    for (size_t i = 0; i < end; i++) {
        bool is_pair =
            source.bytes[i] == '\r' && i + 1 < source.length && source.bytes[i + 1] == '\n';
        if (is_line_end(source.bytes[i]) && !is_pair) count++;
    }
    return count;
}

static size_t clamp(Text source, size_t offset) {
    return offset > source.length ? source.length : offset;
}

void source_place_locate(const SourcePlace *place, size_t offset, unsigned *line,
                         unsigned *column) {
    offset = clamp(place->source, offset);
    size_t start = line_start(place->source, offset);
    *line = (place->line ? place->line : 1) + count_line_ends(place->source, start);
    *column = 1;
    for (size_t i = start; i < offset; i++)
        if (begins_character(place->source.bytes[i])) (*column)++;
    if (start == 0 && place->column) *column += place->column - 1;
}

// Of a line without end only what stands around the place is shown.
enum { SHOWN_BEFORE = 200, SHOWN_BEHIND = 400 };

static size_t shown_start(Text source, size_t offset) {
    size_t start = line_start(source, offset);
    if (offset - start <= SHOWN_BEFORE) return start;
    start = offset - SHOWN_BEFORE;
    while (start < offset && !begins_character(source.bytes[start]))
        start++;
    return start;
}

static Text shown_line(Text source, size_t start, size_t offset) {
    size_t end = offset;
    while (end < source.length && !is_line_end(source.bytes[end]) && end - offset < SHOWN_BEHIND)
        end++;
    while (end > offset && end < source.length && !begins_character(source.bytes[end]))
        end--;
    return text_slice(source, start, end);
}

static void count(Diagnostics *list, Severity severity) {
    if (severity == SEVERITY_ERROR)
        list->error_count++;
    else
        list->warning_count++;
}

static void add(Diagnostics *list, const SourcePlace *place, Diagnostic diagnostic) {
    size_t offset = clamp(place->source, diagnostic.start);
    count(list, diagnostic.severity);
    source_place_locate(place, offset, &diagnostic.line, &diagnostic.column);
    diagnostic.file = place->file;
    size_t start = shown_start(place->source, offset);
    diagnostic.caret_bytes = offset - start;
    diagnostic.source_line = code_arena_text(list->arena, shown_line(place->source, start, offset));
    if (code_arena_grow(list->arena, (void **)&list->items, &list->capacity, list->count,
                        sizeof *list->items))
        list->items[list->count++] = diagnostic;
}

void diagnostics_add(Diagnostics *list, const SourcePlace *place, DiagnosticKind kind, size_t start,
                     size_t end, Text name) {
    const KindRow *row = &rows[kind];
    Diagnostic diagnostic = {.severity = row->severity, .kind = kind, .start = start, .end = end};
    diagnostic.message = text_from_chars(row->text);
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
    if (strstr(row->text, "%.*s"))
        diagnostic.message = code_arena_format(list->arena, row->text, TEXT_ARGUMENTS(name));
#pragma GCC diagnostic pop
    add(list, place, diagnostic);
}

void diagnostics_add_text(Diagnostics *list, const SourcePlace *place, Severity severity,
                          size_t start, size_t end, Text message) {
    Diagnostic diagnostic = {
        .severity = severity, .kind = DIAGNOSTIC_OTHER, .start = start, .end = end};
    diagnostic.message = code_arena_text(list->arena, message);
    add(list, place, diagnostic);
}

void diagnostics_mark_unfinished(Diagnostics *list) {
    if (list->count) list->items[list->count - 1].is_unfinished = true;
}

void diagnostics_sort(Diagnostics *list, size_t first) {
    for (size_t i = first + 1; i < list->count; i++) {
        Diagnostic moved = list->items[i];
        size_t at = i;
        for (; at > first && list->items[at - 1].start > moved.start; at--)
            list->items[at] = list->items[at - 1];
        list->items[at] = moved;
    }
}

// Blanks up to the caret; tabs stay tabs, so that it stands right whatever they are worth.
static void print_caret(const Diagnostic *diagnostic, FILE *to) {
    fputs("    ", to);
    for (size_t i = 0; i < diagnostic->caret_bytes && i < diagnostic->source_line.length; i++) {
        char c = diagnostic->source_line.bytes[i];
        if (begins_character(c)) fputc(c == '\t' ? '\t' : ' ', to);
    }
    fputs("^\n", to);
}

void diagnostic_print(const Diagnostic *diagnostic, FILE *to) {
    if (diagnostic->file) fprintf(to, "%s:", diagnostic->file);
    fprintf(to, "%u:%u: %s: %.*s\n", diagnostic->line, diagnostic->column,
            diagnostic->severity == SEVERITY_ERROR ? "error" : "warning",
            TEXT_ARGUMENTS(diagnostic->message));
    if (diagnostic->source_line.length == 0) return;
    fprintf(to, "    %.*s\n", TEXT_ARGUMENTS(diagnostic->source_line));
    print_caret(diagnostic, to);
}
