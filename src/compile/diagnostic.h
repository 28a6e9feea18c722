// SPDX-License-Identifier: MIT
// Errors and warnings with their place in the source; diagnostics.tbl lists all of the compiler's.
// Readers of source files add theirs with diagnostics_add_text. Printed as
//
//     Point.class.st:12:9: error: unknown variable 'foo'
//         ^ x + foo
//               ^
//
// Lines and columns count from 1, columns in characters. Texts live in the arena of the list.
#ifndef PARLEY_COMPILE_DIAGNOSTIC_H
#define PARLEY_COMPILE_DIAGNOSTIC_H

#include <stdio.h>

#include "compile/arena.h"

typedef enum Severity { SEVERITY_ERROR, SEVERITY_WARNING } Severity;

typedef enum DiagnosticKind {
#define DIAGNOSTIC(NAME, severity, text) DIAGNOSTIC_##NAME,
#include "compile/diagnostics.tbl"
#undef DIAGNOSTIC
    DIAGNOSTIC_OTHER, // of a reader, with a text of its own
    DIAGNOSTIC_KIND_COUNT
} DiagnosticKind;

// A text and where its first byte stands. Later lines begin at column 1: a method in a Tonel file
// keeps its lines though something before its selector is left out.
typedef struct SourcePlace {
    Text source;
    const char *file;      // NULL: no file; then a name such as "script" is not printed either
    unsigned line, column; // of the first byte, from 1; 0 counts as 1
} SourcePlace;

typedef struct Diagnostic {
    Severity severity;
    DiagnosticKind kind;
    const char *file;
    unsigned line, column;
    size_t start, end; // byte range in the source text
    Text message;
    Text source_line;   // without its end
    size_t caret_bytes; // where in source_line the caret stands
    bool is_unfinished; // an error that more text behind the end could mend
} Diagnostic;

typedef struct Diagnostics {
    CodeArena *arena;
    Diagnostic *items;
    size_t count, capacity;
    size_t error_count, warning_count;
} Diagnostics;

// Adds what the table says about `kind`, at the byte range start..end of the source. The name is
// for kinds that have a place for one.
void diagnostics_add(Diagnostics *list, const SourcePlace *place, DiagnosticKind kind, size_t start,
                     size_t end, Text name);
void diagnostics_add_text(Diagnostics *list, const SourcePlace *place, Severity severity,
                          size_t start, size_t end, Text message);

// Marks the last one as unfinished.
void diagnostics_mark_unfinished(Diagnostics *list);

// Puts those from the index `first` on into the order of the source.
void diagnostics_sort(Diagnostics *list, size_t first);

void diagnostic_print(const Diagnostic *diagnostic, FILE *to);
const char *diagnostic_kind_name(DiagnosticKind kind);
Severity diagnostic_kind_severity(DiagnosticKind kind);

// Line and column of a byte of the source, as they are in the file.
void source_place_locate(const SourcePlace *place, size_t offset, unsigned *line, unsigned *column);

#endif
