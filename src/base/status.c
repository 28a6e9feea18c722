// SPDX-License-Identifier: MIT
// Texts of the status codes, and diagnoses.
#include "base/status.h"

#include <stdarg.h>
#include <stdio.h>

const char *status_text(Status status) {
    static const char *const texts[] = {
#define STATUS(NAME, text) text,
#include "base/status.tbl"
#undef STATUS
    };
    return (unsigned)status < STATUS_COUNT ? texts[status] : "unknown status";
}

Status diagnose(Diagnosis *diagnosis, Status status, const char *format, ...) {
    if (diagnosis) {
        va_list arguments;
        va_start(arguments, format);
        vsnprintf(diagnosis->text, sizeof diagnosis->text, format, arguments);
        va_end(arguments);
    }
    return status;
}
