// SPDX-License-Identifier: MIT
// What source files say, whatever their format: packages, classes and traits, methods, scripts. The
// readers (tonel.c, filetree.c, chunk.c) fill a SourceTree; the image builder and the running image
// take it from there. Nothing is judged here that needs more than one file: whether a superclass
// exists is the builder's business.
//
//     SourceTree *tree = source_tree_new();
//     sources_read(tree, "kernel");                 // read_sources.h
//     if (tree->diagnostics.error_count > 0) ...
//     source_tree_free(tree);
//
// What must hold: every text and every pointer in a tree lives as long as the tree. Line ends are
// LF in all texts, whatever the files had. A method's text is its pattern and its body as a
// browser shows them; its place says where the pattern stands in the file. When memory ran out
// (tree->arena.is_exhausted) something is missing, and the tree is of no use.
#ifndef PARLEY_COMPILE_SOURCE_TREE_H
#define PARLEY_COMPILE_SOURCE_TREE_H

#include "compile/arena.h"
#include "compile/diagnostic.h"

typedef enum ClassKind {
#define CLASS_KIND(NAME, word, other, layout, keyword, format) CLASS_KIND_##NAME,
#include "compile/class_kinds.tbl"
#undef CLASS_KIND
    CLASS_KIND_COUNT
} ClassKind;

typedef struct SourceFile {
    const char *path;
    Text text;
    size_t seen_offset; // how far lines have been counted: places are asked for in ascending order
    unsigned seen_line;
} SourceFile;

typedef struct Texts {
    Text *items;
    size_t count, capacity;
} Texts;

typedef struct SourcePackage {
    Text name;
    Text path; // of its folder, or of the file that it is all of
} SourcePackage;

typedef struct SourceClass {
    SourcePackage *package;
    SourcePlace place;     // the line with its name, or its definition
    size_t name_start;     // in place.source
    Text name, superclass; // no superclass: "nil"; of a trait: empty
    bool is_trait;
    ClassKind kind;
    Texts instance_variables, class_instance_variables, class_variables, pools;
    // The same variables as Tonel has them, "#name => Kind ..." where they are special.
    Texts slots, class_slots;
    Text traits, class_traits; // compositions as written, such as "TOne + (TTwo - {#x})"
    Text category, tag, comment;
} SourceClass;

typedef struct SourceMethod {
    SourcePackage *package; // where it was found
    SourcePlace place;      // of its text
    Text class_name;
    bool class_side;
    bool is_extension; // of a class that its file does not define
    Text category, stamp;
    Text selector; // as the pattern says; empty when there is none
    Text text;
} SourceMethod;

// Statements that stand between definitions, or a whole script.
typedef struct SourceScript {
    SourcePlace place;
    Text text;
    bool is_file; // the whole of a file in no other format; else it stands among chunks
} SourceScript;

#define SOURCE_LIST(T)                                                                             \
    struct {                                                                                       \
        T **items;                                                                                 \
        size_t count, capacity;                                                                    \
    }

typedef struct SourceTree {
    CodeArena arena;
    Diagnostics diagnostics;
    SOURCE_LIST(SourceFile) files;
    SOURCE_LIST(SourcePackage) packages;
    SOURCE_LIST(SourceClass) classes;
    SOURCE_LIST(SourceMethod) methods;
    SOURCE_LIST(SourceScript) scripts;
} SourceTree;

SourceTree *source_tree_new(void); // NULL: no memory
void source_tree_free(SourceTree *tree);

// ---- filling. NULL: memory is out, which the arena remembers.
// Reads a file; NULL after a complaint about it, too.
SourceFile *source_tree_read_file(SourceTree *tree, const char *path);
// A file whose bytes are at hand; they are copied.
SourceFile *source_tree_add_file(SourceTree *tree, const char *path, const char *bytes,
                                 size_t size);
SourcePackage *source_tree_package(SourceTree *tree, Text name, Text path); // found or made
SourceClass *source_tree_add_class(SourceTree *tree, SourcePackage *package);
SourceMethod *source_tree_add_method(SourceTree *tree, SourcePackage *package);
SourceScript *source_tree_add_script(SourceTree *tree);

void source_tree_complain(SourceTree *tree, Severity severity, const SourceFile *file,
                          size_t offset, const char *format, ...)
    __attribute__((format(printf, 5, 6)));
SourcePlace source_place(SourceFile *file, size_t offset, Text text);

// Complaints about what stands in no definition: whole files of statements, which are errors where
// sources are wanted, and statements among chunks, of which it is said what they are ("not run").
void source_tree_refuse_script_files(SourceTree *tree);
void source_tree_warn_of_statements(SourceTree *tree, const char *what_they_are);

Text source_tree_join(SourceTree *tree, Text first, Text second);
bool texts_add(SourceTree *tree, Texts *texts, Text text);
// Adds the words of a text, separated by white space.
void texts_add_words(SourceTree *tree, Texts *texts, Text text);

// ---- asking
// The selector of a method's text; empty when it begins with no pattern.
Text source_tree_selector(SourceTree *tree, Text method_text);
// The kind that a Tonel type, a layout class or a definition keyword names; false: none.
bool class_kind_named(Text word, ClassKind *kind);
const char *class_kind_word(ClassKind kind);
const char *class_kind_layout(ClassKind kind); // Pharo's class of layouts
// The format that classes of the kind give their instances.
unsigned class_kind_format(ClassKind kind, bool has_variables);

// ---- texts
bool text_is_space(char c);
bool text_is_word_character(char c); // of names and keywords; all of UTF-8 beyond ASCII counts
int text_compare(Text a, Text b);    // by bytes, a prefix first
Text text_trim(Text text);           // white space off both ends
Text text_trim_end(Text text);
bool text_starts_with(Text text, const char *prefix);
bool text_ends_with(Text text, const char *suffix);
// Writes a character in UTF-8, up to four bytes; answers where the next one goes.
char *text_put_character(char *to, uint32_t code);

#endif
