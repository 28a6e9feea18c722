// SPDX-License-Identifier: MIT
// FileTree: a folder a package, a folder a class, a file a method.
//
//     Geometry.package/
//         Point.class/        or Point.trait/
//             properties.json     {"name" : "Point", "super" : "Object", "instvars" : ["x", "y"],
//             ...} README.md           the comment instance/           +.st would be no name
//             everywhere, so it is called ^plus.st class/ methodProperties.json   {"instance" :
//             {"x" : "author date"}, "class" : {}}
//         Number.extension/       methods of a class of another package
//
// The first line of a method's file is its category, all that follows is the method. The encoding
// of file names need not be undone: the method says its selector itself.
#include <stdio.h>

#include "compile/notation.h"
#include "compile/read_sources.h"

typedef struct FiletreeReader {
    SourceTree *tree;
    SourcePackage *package;
    Text class_name;
    bool is_extension;
    const Notation *stamps; // methodProperties.json; NULL: none
} FiletreeReader;

static const FolderEntry *find_entry(const Folder *folder, const char *name) {
    for (size_t i = 0; i < folder->count; i++)
        if (strcmp(folder->entries[i].name, name) == 0) return &folder->entries[i];
    return NULL;
}

// A JSON file of the folder; NULL when it is absent or bad.
static const Notation *read_json(SourceTree *tree, const Folder *folder, const char *name) {
    const FolderEntry *entry = find_entry(folder, name);
    SourceFile *file = entry ? source_tree_read_file(tree, entry->path) : NULL;
    size_t at = 0;
    return file ? notation_read(tree, file, &at) : NULL;
}

static Text read_comment(SourceTree *tree, const Folder *folder) {
    const FolderEntry *entry = find_entry(folder, "README.md");
    SourceFile *file = entry ? source_tree_read_file(tree, entry->path) : NULL;
    return file ? text_trim(file->text) : (Text){"", 0};
}

// ---- methods

static Text stamp_of(const FiletreeReader *reader, const SourceMethod *method) {
    const Notation *side = notation_at(reader->stamps, method->class_side ? "class" : "instance");
    if (!side || side->kind != NOTATION_MAP) return (Text){"", 0};
    for (size_t i = 0; i < side->count; i++)
        if (text_equals(side->keys[i], method->selector)) return notation_text(side->items[i]);
    return (Text){"", 0};
}

static void read_method(FiletreeReader *reader, const FolderEntry *entry, bool class_side) {
    SourceFile *file = source_tree_read_file(reader->tree, entry->path);
    if (!file) return;
    const char *line_end = memchr(file->text.bytes, '\n', file->text.length);
    if (!line_end) {
        source_tree_complain(reader->tree, SEVERITY_ERROR, file, 0,
                             "a category and, from the second line on, a method are expected");
        return;
    }
    size_t begin = (size_t)(line_end - file->text.bytes) + 1;
    SourceMethod *method = source_tree_add_method(reader->tree, reader->package);
    if (!method) return;
    method->class_name = reader->class_name;
    method->class_side = class_side;
    method->is_extension = reader->is_extension;
    method->category = text_trim(text_slice(file->text, 0, begin));
    method->text = text_trim_end(text_slice(file->text, begin, file->text.length));
    method->place = source_place(file, begin, method->text);
    method->selector = source_tree_selector(reader->tree, method->text);
    method->stamp = stamp_of(reader, method);
    if (method->selector.length == 0)
        source_tree_complain(reader->tree, SEVERITY_ERROR, file, begin,
                             "the method's selector is expected");
}

static void read_methods(FiletreeReader *reader, const Folder *folder, bool class_side) {
    const FolderEntry *side = find_entry(folder, class_side ? "class" : "instance");
    Folder methods;
    if (!side || !side->is_folder || !folder_read(reader->tree, side->path, &methods)) return;
    for (size_t i = 0; i < methods.count; i++)
        if (!methods.entries[i].is_folder &&
            text_ends_with(text_from_chars(methods.entries[i].name), ".st"))
            read_method(reader, &methods.entries[i], class_side);
}

// ---- classes

static void define_class(FiletreeReader *reader, const Notation *properties, const char *path,
                         Text comment, bool is_trait) {
    SourceTree *tree = reader->tree;
    SourceClass *class = source_tree_add_class(tree, reader->package);
    if (!class) return;
    Text type = notation_text_at(properties, "type");
    class->place = (SourcePlace){reader->class_name, path, 1, 1};
    class->name = reader->class_name;
    class->superclass = notation_text_at(properties, "super");
    class->is_trait = is_trait;
    class->comment = comment;
    class->category = notation_text_at(properties, "category");
    class->traits = notation_text_at(properties, "traitcomposition");
    class->class_traits = notation_text_at(properties, "classtraitcomposition");
    notation_texts_at(tree, properties, "instvars", &class->instance_variables);
    notation_texts_at(tree, properties, "classinstvars", &class->class_instance_variables);
    notation_texts_at(tree, properties, "classvars", &class->class_variables);
    notation_texts_at(tree, properties, "pools", &class->pools);
    if (is_trait)
        class->superclass = (Text){"", 0};
    else if (class->superclass.length == 0)
        class->superclass = text_from_chars("nil");
    if (type.length && !class_kind_named(type, &class->kind))
        diagnostics_add_text(
            &tree->diagnostics, &class->place, SEVERITY_ERROR, 0, 0,
            code_arena_format(&tree->arena, "unknown type of class '%.*s'", TEXT_ARGUMENTS(type)));
}

// The name that the properties say, or the folder's without its ending.
static Text class_name(const Notation *properties, const FolderEntry *entry) {
    Text name = notation_text_at(properties, "name"), folder = text_from_chars(entry->name);
    if (name.length) return name;
    while (folder.length && folder.bytes[folder.length - 1] != '.')
        folder.length--;
    return text_slice(folder, 0, folder.length ? folder.length - 1 : 0);
}

static void read_class(SourceTree *tree, SourcePackage *package, const FolderEntry *entry) {
    Folder folder;
    Text name = text_from_chars(entry->name);
    bool is_trait = text_ends_with(name, ".trait");
    FiletreeReader reader = {tree, package, name, text_ends_with(name, ".extension"), NULL};
    if (!is_trait && !reader.is_extension && !text_ends_with(name, ".class")) return;
    if (!folder_read(tree, entry->path, &folder)) return;
    const Notation *properties = read_json(tree, &folder, "properties.json");
    reader.class_name = class_name(properties, entry);
    reader.stamps = read_json(tree, &folder, "methodProperties.json");
    if (!reader.is_extension && !properties) {
        SourceFile *file = source_tree_add_file(tree, entry->path, "", 0);
        if (file)
            source_tree_complain(tree, SEVERITY_ERROR, file, 0,
                                 "a class needs properties.json, and there is no usable one");
        return;
    }
    if (!reader.is_extension)
        define_class(&reader, properties, entry->path, read_comment(tree, &folder), is_trait);
    read_methods(&reader, &folder, false);
    read_methods(&reader, &folder, true);
}

void filetree_read_package(SourceTree *tree, const char *path) {
    Folder folder;
    Text name = text_from_chars(path);
    name.length -= strlen(".package");
    for (size_t i = name.length; i-- > 0;)
        if (name.bytes[i] == '/') {
            name = text_slice(name, i + 1, name.length);
            break;
        }
    SourcePackage *package = source_tree_package(tree, name, text_from_chars(path));
    if (!package || !folder_read(tree, path, &folder)) return;
    for (size_t i = 0; i < folder.count; i++)
        if (folder.entries[i].is_folder) read_class(tree, package, &folder.entries[i]);
}
