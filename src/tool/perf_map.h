// SPDX-License-Identifier: MIT
// The names of compiled code for Linux perf: the file /tmp/perf-PID.map, one line for each piece,
// "address size name" with both numbers in hexadecimal. perf reads it when it reports, so it says
// what there is at the end: it is written anew whenever code is given up or has moved.
#ifndef PARLEY_TOOL_PERF_MAP_H
#define PARLEY_TOOL_PERF_MAP_H

#include "base/status.h"

struct VM;
typedef struct PerfMap PerfMap;

// For a VM whose compiler was switched on.
MUST_USE Status perf_map_begin(PerfMap **map, struct VM *vm, Diagnosis *diagnosis);
// Before the compiler is switched off; NULL: nothing. The file stays.
void perf_map_end(PerfMap *map);

#endif
