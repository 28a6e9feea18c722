// SPDX-License-Identifier: MIT
// Reading a folder or file of sources, whatever its format:
//
//     *.class.st, *.trait.st, *.extension.st, package.st    Tonel, a folder a package (tonel.c)
//     NAME.package/                                         FileTree (filetree.c)
//     *.st with "!" between its parts, *.cs                 chunks (chunk.c)
//     other *.st                                            a plain script
//
// Folders are searched with all folders below, names in ascending order of their bytes, names that
// begin with a dot left out. Symbolic links to folders are followed as long as they lead to no
// folder that is being searched already.
#ifndef PARLEY_COMPILE_READ_SOURCES_H
#define PARLEY_COMPILE_READ_SOURCES_H

#include "compile/source_tree.h"

// Adds what stands in the file or folder. What is wrong with it goes to tree->diagnostics, and
// reading goes on with the next file. Nothing to read at all is an error, too.
void sources_read(SourceTree *tree, const char *path);

// ---- the readers of single files and packages
void tonel_read_file(SourceTree *tree, SourcePackage *package, SourceFile *file);
// What a package.st says; empty after a complaint.
Text tonel_package_name(SourceTree *tree, SourceFile *file);
void chunk_read_file(SourceTree *tree, SourceFile *file);
void filetree_read_package(SourceTree *tree, const char *path);

// ---- what they share: the names in a folder, sorted; false after a complaint
typedef struct FolderEntry {
    const char *name, *path;
    bool is_folder;
} FolderEntry;
typedef struct Folder {
    FolderEntry *entries;
    size_t count, capacity;
} Folder;
bool folder_read(SourceTree *tree, const char *path, Folder *folder);

#endif
