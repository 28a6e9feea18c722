// SPDX-License-Identifier: MIT
// Which of Pharo's packages go into an image, and reading them from a checkout.
#ifndef PARLEY_COMPILE_PHARO_SOURCES_H
#define PARLEY_COMPILE_PHARO_SOURCES_H

#include "compile/source_tree.h"

typedef enum PharoSet {
    PHARO_MINIMAL,
    PHARO_COMPILER,
    PHARO_KERNEL_TESTS,
    PHARO_ALL_TESTS,
    PHARO_METACELLO,
    PHARO_SET_COUNT
} PharoSet;

// Packages of a set are laid out by the builder, or loaded by the image that comes of it.
typedef enum PharoPart { PHARO_LAID_OUT, PHARO_LOADED } PharoPart;

bool pharo_set_named(const char *name, PharoSet *set); // false: no such set
// Where a checkout has its packages: "/src", or "" for the folder itself; NULL: it is no checkout.
const char *pharo_sources_folder(const char *checkout);
// Reads a part of the packages that come with the sets from `first` to `set`, from CHECKOUT/src, or from CHECKOUT itself where it has the
// packages. What is wrong goes to the tree's diagnostics.
void pharo_sources_read(SourceTree *tree, const char *checkout, PharoSet first, PharoSet set,
                        PharoPart part);

#endif
