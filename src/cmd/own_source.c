// SPDX-License-Identifier: MIT
// See own_source.h.
#include "cmd/own_source.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/os_process.h"
#include "cmd/find_method.h"

// All that the process writes; NULL: no memory, or nothing that can be read.
static char *read_all(OsProcess *process) {
    size_t count = 0, capacity = 4096, done;
    char *text = malloc(capacity);
    while (text) {
        int error =
            os_process_read(process, OS_STANDARD_OUTPUT, text + count, capacity - count - 1, &done);
        if (error == EAGAIN) {
            struct pollfd wanted = {process->streams[OS_STANDARD_OUTPUT], POLLIN, 0};
            poll(&wanted, 1, -1);
            continue;
        }
        if (error || !done) break;
        count += done;
        if (count + 1 < capacity) continue;
        char *larger = realloc(text, capacity *= 2);
        if (!larger) break;
        text = larger;
    }
    if (text) text[count] = 0;
    return text;
}

// The source is written, then the value of the expression.
char *own_source(const char *class_name, const char *selector) {
    static const char end[] = "\nnil\n";
    char expression[3 * REPORT_NAME_BYTES];
    snprintf(expression, sizeof expression,
             "Stdio stdout nextPutAll: (((Smalltalk classNamed: '%s') >> #'%s') sourceCode "
             "ifNil: ['']); lf. nil",
             class_name, selector);
    char program[] = "/proc/self/exe", evaluate[] = "-e";
    char *arguments[] = {program, evaluate, expression, NULL};
    OsProcessPlan plan = {.arguments = arguments,
                          .streams = {OS_STREAM_NULL, OS_STREAM_PIPE, OS_STREAM_NULL}};
    OsProcess process;
    if (os_process_start(&plan, &process)) return NULL;
    char *text = read_all(&process);
    os_process_close(&process);
    size_t length = text ? strlen(text) : 0;
    bool is_whole = length > strlen(end) && strcmp(text + length - strlen(end), end) == 0;
    if (is_whole) {
        text[length - strlen(end)] = 0;
        return text;
    }
    free(text);
    return NULL;
}
