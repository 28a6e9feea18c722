// SPDX-License-Identifier: MIT
// os_library.h on Linux.
#include "base/os_library.h"

#include <dlfcn.h>
#include <stddef.h>
#include <string.h>

void *os_library_open(const char *name) { return dlopen(name, RTLD_LAZY | RTLD_LOCAL); }

bool os_library_find(void *library, const char *name, void *function) {
    void *address = library ? dlsym(library, name) : NULL;
    memcpy(function, &address, sizeof address);
    return address != NULL;
}

void os_library_close(void *library) {
    if (library) dlclose(library);
}
