// SPDX-License-Identifier: MIT
// From linked classes to an image file that has never run: all classes, methods, globals and the
// first process, laid out at once. The process is about to run `KernelInitializer class >>
// initializeImage`; who runs it, and saves the image that comes of it, is `parley build`.
//
// What must hold: the same sources give the same bytes, wherever they lie and whoever builds. So
// nothing depends on addresses, on clocks or on the order in which a file system lists names.
#ifndef PARLEY_COMPILE_IMAGE_BUILDER_H
#define PARLEY_COMPILE_IMAGE_BUILDER_H

#include "base/status.h"
#include "compile/class_graph.h"
#include "compile/unit.h"

typedef struct BuildCounts {
    size_t classes, traits, methods, undeclared;
} BuildCounts;

typedef struct BuildOptions {
    CompileOptions compile;
    bool pharo;          // the sources are Pharo's: docs/pharo.md
    BuildCounts *counts; // answered; may be NULL
} BuildOptions;

// Compiles everything and writes the file, atomically. What is wrong with the sources goes to the
// tree's diagnostics: BAD_USAGE then, and nothing is written. NO_MEMORY, IO_ERROR come with a
// diagnosis.
MUST_USE Status image_builder_write(SourceTree *tree, const BuildOptions *options, const char *path,
                                    Diagnosis *diagnosis);

#endif
