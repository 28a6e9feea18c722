// SPDX-License-Identifier: MIT
// Finding a named primitive in the tables that the plugins registered. A linear search: it runs
// once per method, the lookup cache keeps what it found.
#include <string.h>

#include "run/primitive.h"

static const Primitive *find_in_table(const Primitive *row, const char *module, const char *name) {
    for (; row->name; row++)
        if (strcmp(row->name, name) == 0 && strcmp(row->module, module) == 0) return row;
    return NULL;
}

const Primitive *primitive_named(const VM *vm, const char *module, const char *name) {
    const Primitive *found = NULL;
    for (unsigned i = 0; i < vm->plugin_count && !found; i++)
        found = find_in_table(vm->plugins[i], module ? module : "", name);
    return found;
}
