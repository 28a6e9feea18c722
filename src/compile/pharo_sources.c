// SPDX-License-Identifier: MIT
// Packages of a Pharo checkout: see pharo_sources.h and pharo_packages.tbl.
#include "compile/pharo_sources.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "compile/read_sources.h"

static const struct {
    PharoSet set;
    PharoPart part;
    const char *name;
} packages[] = {
#define PHARO_PACKAGE(SET, name) {PHARO_##SET, PHARO_LAID_OUT, name},
#define PHARO_LOADED(SET, name)  {PHARO_##SET, PHARO_LOADED, name},
#include "compile/pharo_packages.tbl"
#undef PHARO_PACKAGE
#undef PHARO_LOADED
};

static const char *const set_names[PHARO_SET_COUNT] = {
    [PHARO_MINIMAL] = "minimal",
    [PHARO_COMPILER] = "compiler",
    [PHARO_KERNEL_TESTS] = "kernel-tests",
    [PHARO_ALL_TESTS] = "all-tests",
    [PHARO_METACELLO] = "metacello",
};

bool pharo_set_named(const char *name, PharoSet *set) {
    for (int i = 0; i < PHARO_SET_COUNT; i++)
        if (strcmp(name, set_names[i]) == 0) {
            *set = (PharoSet)i;
            return true;
        }
    return false;
}

const char *pharo_sources_folder(const char *checkout) {
    static const char *const folders[] = {"/src", ""};
    char path[4096];
    for (size_t i = 0; i < sizeof folders / sizeof *folders; i++) {
        int length = snprintf(path, sizeof path, "%s%s/Kernel", checkout, folders[i]);
        if (length > 0 && length < (int)sizeof path && access(path, F_OK) == 0) return folders[i];
    }
    return NULL;
}

void pharo_sources_read(SourceTree *tree, const char *checkout, PharoSet first, PharoSet set,
                        PharoPart part) {
    char path[4096];
    const char *folder = pharo_sources_folder(checkout);
    if (!folder) folder = ""; // each package that is missing is told
    for (size_t i = 0; i < sizeof packages / sizeof *packages; i++) {
        if (packages[i].set < first || packages[i].set > set || packages[i].part != part) continue;
        int length = snprintf(path, sizeof path, "%s%s/%s", checkout, folder, packages[i].name);
        if (length > 0 && length < (int)sizeof path) sources_read(tree, path);
    }
}
