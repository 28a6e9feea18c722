// SPDX-License-Identifier: MIT
// Shared libraries that are loaded when they are needed: a large one, linked in, would make every
// start of the program slower.
#ifndef PARLEY_BASE_OS_LIBRARY_H
#define PARLEY_BASE_OS_LIBRARY_H

#include <stdbool.h>

void *os_library_open(const char *name); // NULL: not there
// Stores the function's address at `function`, a pointer to a function pointer; answers whether it
// was found. A library of NULL has none.
bool os_library_find(void *library, const char *name, void *function);
void os_library_close(void *library); // NULL: nothing

#endif
