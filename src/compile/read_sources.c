// SPDX-License-Identifier: MIT
// Walking folders and choosing the reader: see read_sources.h.
#include "compile/read_sources.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

enum { DEPTH_LIMIT = 64 };

// The folders on the way to the one that is being searched.
typedef struct Walk {
    SourceTree *tree;
    struct {
        dev_t device;
        ino_t inode;
    } way[DEPTH_LIMIT];
    unsigned depth;
    bool found_any; // something to read
} Walk;

static void complain_of_path(SourceTree *tree, const char *path, const char *what) {
    SourceFile *file = source_tree_add_file(tree, path, "", 0);
    if (file) source_tree_complain(tree, SEVERITY_ERROR, file, 0, "%s", what);
}

// ---- folders

static int compare_entries(const void *a, const void *b) {
    return strcmp(((const FolderEntry *)a)->name, ((const FolderEntry *)b)->name);
}

static const char *copy_chars(SourceTree *tree, const char *format, const char *a, const char *b) {
    size_t size = strlen(a) + strlen(b) + 3;
    char *chars = code_arena_allocate(&tree->arena, size);
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
    if (chars) snprintf(chars, size, format, a, b);
#pragma GCC diagnostic pop
    return chars;
}

static bool folder_add(SourceTree *tree, const char *path, Folder *folder, const char *name) {
    struct stat info;
    if (!code_arena_grow(&tree->arena, (void **)&folder->entries, &folder->capacity, folder->count,
                         sizeof *folder->entries))
        return false;
    FolderEntry entry = {copy_chars(tree, "%s%s", name, ""), copy_chars(tree, "%s/%s", path, name),
                         false};
    if (!entry.name || !entry.path) return false;
    entry.is_folder = stat(entry.path, &info) == 0 && S_ISDIR(info.st_mode);
    folder->entries[folder->count++] = entry;
    return true;
}

bool folder_read(SourceTree *tree, const char *path, Folder *folder) {
    DIR *stream = opendir(path);
    bool done = true;
    memset(folder, 0, sizeof *folder);
    if (!stream) {
        complain_of_path(tree, path, strerror(errno));
        return false;
    }
    for (struct dirent *entry; done && (entry = readdir(stream));)
        if (entry->d_name[0] != '.') done = folder_add(tree, path, folder, entry->d_name);
    closedir(stream);
    if (folder->count)
        qsort(folder->entries, folder->count, sizeof *folder->entries, compare_entries);
    return done;
}

// ---- packages of Tonel

static bool ends_with(const char *name, const char *suffix) {
    return text_ends_with(text_from_chars(name), suffix);
}

static bool is_tonel_name(const char *name) {
    return strcmp(name, "package.st") == 0 || ends_with(name, ".class.st") ||
           ends_with(name, ".trait.st") || ends_with(name, ".extension.st");
}

static bool is_tonel_package(const Folder *folder) {
    for (size_t i = 0; i < folder->count; i++)
        if (!folder->entries[i].is_folder && is_tonel_name(folder->entries[i].name)) return true;
    return false;
}

static Text last_part(const char *path) {
    Text text = text_from_chars(path);
    while (text.length > 1 && text.bytes[text.length - 1] == '/')
        text.length--;
    size_t start = text.length;
    while (start > 0 && text.bytes[start - 1] != '/')
        start--;
    return text_slice(text, start, text.length);
}

// What package.st says, or the folder's name.
static Text package_name(SourceTree *tree, const char *path, const Folder *folder) {
    for (size_t i = 0; i < folder->count; i++) {
        if (strcmp(folder->entries[i].name, "package.st") != 0) continue;
        SourceFile *file = source_tree_read_file(tree, folder->entries[i].path);
        Text name = file ? tonel_package_name(tree, file) : (Text){"", 0};
        if (name.length) return name;
    }
    return last_part(path);
}

static void read_tonel_package(SourceTree *tree, const char *path, const Folder *folder) {
    Text name = package_name(tree, path, folder);
    SourcePackage *package = source_tree_package(tree, name, text_from_chars(path));
    for (size_t i = 0; package && i < folder->count; i++) {
        const FolderEntry *entry = &folder->entries[i];
        if (entry->is_folder || !is_tonel_name(entry->name)) continue;
        if (strcmp(entry->name, "package.st") == 0) continue;
        SourceFile *file = source_tree_read_file(tree, entry->path);
        if (file) tonel_read_file(tree, package, file);
    }
}

// ---- single files

static SourcePackage *package_of_file(SourceTree *tree, const char *path) {
    char folder[4096];
    Text text = text_from_chars(path);
    while (text.length && text.bytes[text.length - 1] != '/')
        text.length--;
    while (text.length > 1 && text.bytes[text.length - 1] == '/')
        text.length--;
    if (text.length == 0 || text.length >= sizeof folder) text = text_from_chars(".");
    memcpy(folder, text.bytes, text.length);
    folder[text.length] = 0;
    Text name = last_part(folder);
    if (text_is(name, ".")) name = text_from_chars("Unpackaged");
    return source_tree_package(tree, name, text_from_chars(folder));
}

// Exclamation marks outside of strings and comments, which no other Smalltalk source has.
static bool looks_like_chunks(Text text) {
    for (size_t at = 0; at < text.length; at++) {
        char c = text.bytes[at];
        if (c == '!') return true;
        if (c == '$') at++;
        if (c != '\'' && c != '"') continue;
        const char *end = memchr(text.bytes + at + 1, c, text.length - at - 1);
        if (!end) return false;
        at = (size_t)(end - text.bytes);
    }
    return false;
}

static void read_single_file(SourceTree *tree, const char *path) {
    SourceFile *file = source_tree_read_file(tree, path);
    if (!file) return;
    Text name = last_part(path);
    if (text_ends_with(name, ".class.st") || text_ends_with(name, ".trait.st") ||
        text_ends_with(name, ".extension.st")) {
        SourcePackage *package = package_of_file(tree, path);
        if (package) tonel_read_file(tree, package, file);
    } else if (text_ends_with(name, ".cs") || looks_like_chunks(file->text)) {
        chunk_read_file(tree, file);
    } else {
        SourceScript *script = source_tree_add_script(tree);
        if (script) *script = (SourceScript){source_place(file, 0, file->text), file->text, true};
    }
}

// In a folder that is searched, scripts are not meant.
static bool is_chunk_name(const char *name) {
    return ends_with(name, ".cs") || (ends_with(name, ".st") && !is_tonel_name(name));
}

static void read_chunk_file(Walk *walk, const char *path) {
    SourceFile *file = source_tree_read_file(walk->tree, path);
    if (!file || !looks_like_chunks(file->text)) return;
    chunk_read_file(walk->tree, file);
    walk->found_any = true;
}

// ---- the walk

static bool enter(Walk *walk, const char *path) {
    struct stat info;
    if (walk->depth == DEPTH_LIMIT || stat(path, &info) != 0) return false;
    for (unsigned i = 0; i < walk->depth; i++)
        if (walk->way[i].device == info.st_dev && walk->way[i].inode == info.st_ino) return false;
    walk->way[walk->depth].device = info.st_dev;
    walk->way[walk->depth].inode = info.st_ino;
    walk->depth++;
    return true;
}

static void walk_folder(Walk *walk, const char *path) {
    Folder folder;
    if (!enter(walk, path)) return;
    if (ends_with(path, ".package")) {
        filetree_read_package(walk->tree, path);
        walk->found_any = true;
    } else if (folder_read(walk->tree, path, &folder)) {
        bool is_package = is_tonel_package(&folder);
        if (is_package) read_tonel_package(walk->tree, path, &folder);
        walk->found_any |= is_package;
        for (size_t i = 0; i < folder.count; i++) {
            const FolderEntry *entry = &folder.entries[i];
            if (entry->is_folder)
                walk_folder(walk, entry->path);
            else if (!is_package && is_chunk_name(entry->name))
                read_chunk_file(walk, entry->path);
        }
    }
    walk->depth--;
}

void sources_read(SourceTree *tree, const char *path) {
    struct stat info;
    char trimmed[4096];
    size_t length = strlen(path);
    while (length > 1 && path[length - 1] == '/')
        length--;
    if (length == 0 || length >= sizeof trimmed) {
        complain_of_path(tree, path, "this is no name of a file");
        return;
    }
    memcpy(trimmed, path, length);
    trimmed[length] = 0;
    if (stat(trimmed, &info) != 0) {
        complain_of_path(tree, trimmed, strerror(errno));
    } else if (!S_ISDIR(info.st_mode)) {
        read_single_file(tree, trimmed);
    } else {
        Walk walk = {.tree = tree};
        walk_folder(&walk, trimmed);
        if (!walk.found_any) complain_of_path(tree, trimmed, "there are no Smalltalk sources here");
    }
}
