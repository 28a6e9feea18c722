// SPDX-License-Identifier: MIT
// The interpreter's loop once more, with a line on standard error for each bytecode
// (--trace=bytecodes): the same source, in which every dispatch prints first and nothing is done
// ahead of its bytecode. So the loop that does not trace pays nothing for it.
#define INTERPRETER_TRACES
#include "run/interpreter.c"
