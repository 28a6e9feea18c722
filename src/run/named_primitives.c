// SPDX-License-Identifier: MIT
// Finding a named primitive in the tables that the plugins registered, or, without a module, among
// the numbered ones that have a name. A linear search: it runs once per method, the lookup cache
// keeps what it found.
#include <string.h>

#include "run/primitive.h"

typedef struct Alias {
    const char *name;
    unsigned number;
} Alias;

static const Alias aliases[] = {
#define ALIAS(name, number) {name, number},
#include "run/named_aliases.tbl"
#undef ALIAS
};

static const Primitive *find_in_table(const Primitive *row, const char *module, const char *name) {
    for (; row->name; row++)
        if (strcmp(row->name, name) == 0 && strcmp(row->module, module) == 0) return row;
    return NULL;
}

static const Primitive *find_alias(const char *name) {
    for (unsigned i = 0; i < sizeof aliases / sizeof *aliases; i++)
        if (strcmp(aliases[i].name, name) == 0) return primitive_numbered(aliases[i].number);
    return NULL;
}

const Primitive *primitive_named(const VM *vm, const char *module, const char *name) {
    const Primitive *found = NULL;
    if (!module) module = "";
    for (unsigned i = 0; i < vm->plugin_count && !found; i++)
        found = find_in_table(vm->plugins[i], module, name);
    return found || *module ? found : find_alias(name);
}
