// SPDX-License-Identifier: MIT
// Starting and stopping the plugins of plugins.tbl, in the order of the table and back.
#include "plugin/registry.h"

#include <stdlib.h>

#define PLUGIN(INDEX, symbol, text) extern const Plugin plugin_##symbol;
#include "plugin/plugins.tbl"
#undef PLUGIN

static const Plugin *const all_plugins[] = {
#define PLUGIN(INDEX, symbol, text) &plugin_##symbol,
#include "plugin/plugins.tbl"
#undef PLUGIN
};

_Static_assert(PLUGIN_COUNT <= sizeof((VM *)0)->plugin_state / sizeof(void *),
               "one slot of state per plugin");

const Plugin *plugin_at(unsigned index) { return index < PLUGIN_COUNT ? all_plugins[index] : NULL; }

// Stops the plugins below `count`, the last one first.
static void stop_plugins(VM *vm, unsigned count) {
    while (count > 0) {
        const Plugin *plugin = all_plugins[--count];
        if (plugin->stop) plugin->stop(vm);
        vm->plugin_state[count] = NULL;
    }
}

Status plugin_register_all(VM *vm) {
    const Primitive **tables = calloc(PLUGIN_COUNT, sizeof *tables);
    if (!tables) return STATUS_NO_MEMORY;
    for (unsigned i = 0; i < PLUGIN_COUNT; i++) {
        Status status = all_plugins[i]->start ? all_plugins[i]->start(vm) : STATUS_OK;
        if (status != STATUS_OK) {
            stop_plugins(vm, i);
            free(tables);
            return status;
        }
        tables[i] = all_plugins[i]->primitives;
    }
    vm->plugins = tables;
    vm->plugin_count = PLUGIN_COUNT;
    return STATUS_OK;
}

Status plugin_register_module(VM *vm, const Primitive *primitives) {
    const Primitive **tables = realloc(vm->plugins, (vm->plugin_count + 1) * sizeof *tables);
    if (!tables) return STATUS_NO_MEMORY;
    tables[vm->plugin_count++] = primitives;
    vm->plugins = tables;
    return STATUS_OK;
}

void plugin_release_all(VM *vm) {
    if (!vm->plugins) return;
    stop_plugins(vm, PLUGIN_COUNT);
    free(vm->plugins);
    vm->plugins = NULL;
    vm->plugin_count = 0;
}
