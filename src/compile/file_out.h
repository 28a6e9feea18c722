// SPDX-License-Identifier: MIT
// A file out: sources as one file of chunks, in an order in which a running Pharo can take them in
// (`parley pharo.image st FILE`): traits, classes behind their superclasses, methods, extensions, at
// the end `initialize` of the classes that have one. Baselines are left out: only Metacello has a use
// for them.
#ifndef PARLEY_COMPILE_FILE_OUT_H
#define PARLEY_COMPILE_FILE_OUT_H

#include <stdio.h>

#include "compile/source_tree.h"

// Chunks that send `initialize` to the tree's classes that have one of their own.
void file_out_initializers(FILE *to, SourceTree *tree);
// Chunks of the comments of the tree's classes.
void file_out_comments(FILE *to, SourceTree *tree);
// False: memory is out. Whether everything could be written is for the file's owner to ask.
bool file_out(FILE *to, SourceTree *tree);
// The definitions alone of the classes that have variables of a kind, "#name => Kind ...", which is
// a class of the other tree.
void file_out_special(FILE *to, SourceTree *tree, SourceTree *kinds);

#endif
