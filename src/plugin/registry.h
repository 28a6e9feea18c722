// SPDX-License-Identifier: MIT
// Plugins: modules of named primitives, each one file with a table of Primitive rows. All of them
// stand in plugins.tbl, and plugin_register_all makes them known to a VM (vm->plugins, searched by
// primitive_named). A plugin keeps what it must remember per VM in its slot of vm->plugin_state,
// made by its `start` and given back by its `stop`; it knows nothing of other plugins.
//
// An image names a module by the plugin's module name; no name (nil or '') means the VM itself.
#ifndef PARLEY_PLUGIN_REGISTRY_H
#define PARLEY_PLUGIN_REGISTRY_H

#include "run/vm.h"

typedef struct Plugin {
    const char *module;
    const Primitive *primitives; // ended by NAMED_END
    Status (*start)(VM *vm);     // makes the state; NULL: there is none
    void (*stop)(VM *vm);
} Plugin;

typedef enum PluginIndex {
#define PLUGIN(INDEX, symbol, text) PLUGIN_##INDEX,
#include "plugin/plugins.tbl"
#undef PLUGIN
    PLUGIN_COUNT
} PluginIndex;

// A row of a plugin's table, and its end. `arguments` -1: any number, the primitive looks itself.
#define NAMED(module_name, primitive_name, c_function, arguments, depth)                           \
    {                                                                                              \
        .module = (module_name), .name = (primitive_name), .function = (c_function),               \
        .argument_count = (arguments), .accessor_depth = (depth)                                   \
    }
// One that images ask for and that is not there: the method's own code runs.
#define NAMED_ABSENT(module_name, primitive_name, arguments, why)                                  \
    {                                                                                              \
        .module = (module_name), .name = (primitive_name), .argument_count = (arguments),          \
        .accessor_depth = -1, .absence = (why)                                                     \
    }
#define NAMED_END                                                                                  \
    { .name = NULL }

// Starts every plugin and makes its primitives known. On failure nothing stays behind.
MUST_USE Status plugin_register_all(VM *vm);
void plugin_release_all(VM *vm);

// Makes the primitives of a higher layer known, too. They have no state and need no release.
MUST_USE Status plugin_register_module(VM *vm, const Primitive *primitives);

// The plugin at an index; NULL past the last one.
const Plugin *plugin_at(unsigned index);

#endif
