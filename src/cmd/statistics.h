// SPDX-License-Identifier: MIT
// Counting what is in an image: objects per class and format, methods per bytecode set, the
// primitives that methods name.
#ifndef PARLEY_CMD_STATISTICS_H
#define PARLEY_CMD_STATISTICS_H

#include "base/array.h"
#include "base/status.h"
#include "run/primitives.h"
#include "run/vm.h"

typedef struct ClassCount {
    uint64_t class_index, count, bytes;
    char name[80]; // as far as it can be told
} ClassCount;

// A primitive that methods ask for by module and name.
typedef struct NamedCount {
    char module[80], name[120];
    uint64_t methods;
    bool is_here;
} NamedCount;

enum { FORMAT_COUNT = 32 };

typedef struct Statistics {
    uint64_t objects, bytes;
    uint64_t format_counts[FORMAT_COUNT], format_bytes[FORMAT_COUNT];
    ARRAY(ClassCount) classes; // most bytes first
    uint64_t methods, v3_methods, sista_methods;
    uint64_t numbered[PRIMITIVE_NUMBER_LIMIT + 1]; // how many methods ask for it
    ARRAY(NamedCount) named;                       // by module and name
} Statistics;

MUST_USE Status statistics_gather(Statistics *statistics, VM *vm);
void statistics_release(Statistics *statistics);
// Is the numbered primitive here? Quick returns and external calls are.
bool statistics_has_primitive(unsigned number);
const char *statistics_format_name(unsigned format);

#endif
