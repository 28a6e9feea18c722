// SPDX-License-Identifier: MIT
// What a crash report says of compiled code: where a fatal signal came that came inside of it, the
// machine's registers by the compiler's names, and the machine code around.
#ifndef PARLEY_TOOL_CRASH_CODE_H
#define PARLEY_TOOL_CRASH_CODE_H

#include <stdio.h>

struct VM;

// For JitHooks.report_code. The VM's compiler is switched on.
void crash_code_report(struct VM *vm, FILE *to);

#endif
