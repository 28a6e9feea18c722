// SPDX-License-Identifier: MIT
// Status: the outcome of an operation that the environment can make fail. The rows stand in
// status.tbl. A status must be used; the detail (one line for the user) goes into a `Diagnosis`.
#ifndef PARLEY_BASE_STATUS_H
#define PARLEY_BASE_STATUS_H

typedef enum Status {
#define STATUS(NAME, text) STATUS_##NAME,
#include "base/status.tbl"
#undef STATUS
    STATUS_COUNT
} Status;

#define MUST_USE __attribute__((warn_unused_result))

// One line of explanation for the person in front of the screen; no newline at its end.
typedef struct Diagnosis {
    char text[400];
} Diagnosis;

const char *status_text(Status status);

// Writes the formatted line into `diagnosis` (which may be NULL) and answers `status`.
Status diagnose(Diagnosis *diagnosis, Status status, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

#endif
