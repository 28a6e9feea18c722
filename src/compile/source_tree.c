// SPDX-License-Identifier: MIT
// The model that readers fill: see source_tree.h. Lists grow in the tree's arena.
#include "compile/source_tree.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "compile/lexer.h"
#include "object/format.h"

SourceTree *source_tree_new(void) {
    SourceTree *tree = calloc(1, sizeof *tree);
    if (tree) tree->diagnostics.arena = &tree->arena;
    return tree;
}

void source_tree_free(SourceTree *tree) {
    if (!tree) return;
    code_arena_free(&tree->arena);
    free(tree);
}

// Adds a new zeroed element to a list of pointers and answers it.
#define LIST_ADD(tree, list, T)                                                                    \
    ((T *)add_to_list(tree, (void ***)&(list)->items, &(list)->capacity, &(list)->count,           \
                      arena_new(&(tree)->arena, T)))

static void *add_to_list(SourceTree *tree, void ***items, size_t *capacity, size_t *count,
                         void *element) {
    if (!element) return NULL;
    if (!code_arena_grow(&tree->arena, (void **)items, capacity, *count, sizeof **items))
        return NULL;
    (*items)[(*count)++] = element;
    return element;
}

// ---- files

// Line ends become LF; a byte order mark at the beginning goes. Answers the new length.
static size_t normalise(char *bytes, size_t size) {
    size_t from = size >= 3 && memcmp(bytes, "\xEF\xBB\xBF", 3) == 0 ? 3 : 0, to = 0;
    for (; from < size; from++) {
        if (bytes[from] != '\r')
            bytes[to++] = bytes[from];
        else if (from + 1 == size || bytes[from + 1] != '\n')
            bytes[to++] = '\n';
    }
    return to;
}

// Where the bytes are no UTF-8; the length when they are.
static size_t find_bad_utf8(Text text) {
    uint32_t character;
    for (size_t at = 0; at < text.length;) {
        size_t start = at;
        if ((unsigned char)text.bytes[at] < 0x80)
            at++;
        else if (!text_next_character(text, &at, &character))
            return start;
    }
    return text.length;
}

// Bytes above 127 are characters of their own then, as old files have them.
static Text text_from_latin1(SourceTree *tree, Text text) {
    char *bytes = code_arena_allocate(&tree->arena, 2 * text.length + 1);
    char *to = bytes;
    if (!bytes) return text;
    for (size_t i = 0; i < text.length; i++)
        to = text_put_character(to, (unsigned char)text.bytes[i]);
    return (Text){bytes, (size_t)(to - bytes)};
}

SourceFile *source_tree_add_file(SourceTree *tree, const char *path, const char *bytes,
                                 size_t size) {
    SourceFile *file = LIST_ADD(tree, &tree->files, SourceFile);
    if (!file) return NULL;
    size_t path_length = strlen(path);
    char *path_copy = code_arena_allocate(&tree->arena, path_length + 1);
    char *copy = code_arena_allocate(&tree->arena, size + 1);
    if (!path_copy || !copy) return NULL;
    memcpy(path_copy, path, path_length);
    if (size) memcpy(copy, bytes, size);
    file->path = path_copy;
    file->text = (Text){copy, normalise(copy, size)};
    size_t bad = find_bad_utf8(file->text);
    if (bad == file->text.length) return file;
    file->text = text_from_latin1(tree, file->text);
    source_tree_complain(tree, SEVERITY_WARNING, file, bad, "this is no UTF-8: read as Latin-1");
    return file;
}

enum { LARGEST_FILE_BYTES = 1 << 28 };

static char *read_all(const char *path, size_t *size, const char **problem) {
    FILE *stream = fopen(path, "rb");
    char *bytes = NULL;
    size_t capacity = 0;
    *size = 0;
    *problem = NULL;
    if (!stream) {
        *problem = strerror(errno);
        return NULL;
    }
    for (;;) {
        if (*size == capacity) {
            size_t larger = capacity ? capacity * 2 : 64 << 10;
            char *moved = larger > LARGEST_FILE_BYTES ? NULL : realloc(bytes, larger);
            if (!moved) {
                *problem = "the file is too large";
                break;
            }
            bytes = moved;
            capacity = larger;
        }
        size_t got = fread(bytes + *size, 1, capacity - *size, stream);
        *size += got;
        if (got == 0) break;
    }
    if (!*problem && ferror(stream)) *problem = strerror(errno);
    fclose(stream);
    return bytes;
}

SourceFile *source_tree_read_file(SourceTree *tree, const char *path) {
    size_t size;
    const char *problem;
    char *bytes = read_all(path, &size, &problem);
    SourceFile *file = source_tree_add_file(tree, path, bytes, problem ? 0 : size);
    free(bytes);
    if (!problem || !file) return file;
    source_tree_complain(tree, SEVERITY_ERROR, file, 0, "cannot read the file: %s", problem);
    return NULL;
}

// ---- elements

SourcePackage *source_tree_package(SourceTree *tree, Text name, Text path) {
    for (size_t i = tree->packages.count; i-- > 0;)
        if (text_equals(tree->packages.items[i]->name, name)) return tree->packages.items[i];
    SourcePackage *package = LIST_ADD(tree, &tree->packages, SourcePackage);
    if (!package) return NULL;
    package->name = code_arena_text(&tree->arena, name);
    package->path = code_arena_text(&tree->arena, path);
    return package;
}

SourceClass *source_tree_add_class(SourceTree *tree, SourcePackage *package) {
    SourceClass *class = LIST_ADD(tree, &tree->classes, SourceClass);
    if (class) class->package = package;
    return class;
}

SourceMethod *source_tree_add_method(SourceTree *tree, SourcePackage *package) {
    SourceMethod *method = LIST_ADD(tree, &tree->methods, SourceMethod);
    if (method) method->package = package;
    return method;
}

SourceScript *source_tree_add_script(SourceTree *tree) {
    return LIST_ADD(tree, &tree->scripts, SourceScript);
}

// Counts lines on from where it counted last.
SourcePlace source_place(SourceFile *file, size_t offset, Text text) {
    if (offset < file->seen_offset) file->seen_offset = file->seen_line = 0;
    for (size_t at = file->seen_offset; at < offset; at++)
        file->seen_line += file->text.bytes[at] == '\n';
    file->seen_offset = offset;
    SourcePlace place = {text, file->path, file->seen_line + 1, 1};
    for (size_t at = offset; at-- > 0 && file->text.bytes[at] != '\n';)
        place.column += ((unsigned char)file->text.bytes[at] & 0xC0) != 0x80;
    return place;
}

void source_tree_complain(SourceTree *tree, Severity severity, const SourceFile *file,
                          size_t offset, const char *format, ...) {
    char message[500];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(message, sizeof message, format, arguments);
    va_end(arguments);
    SourcePlace place = {.source = file->text, .file = file->path};
    diagnostics_add_text(&tree->diagnostics, &place, severity, offset, offset,
                         text_from_chars(message));
}

// "Point initialize" stands at the end of many files, and is done for every class anyway.
static bool says_initialize(Text text) {
    size_t length = 0;
    while (length < text.length && text_is_word_character(text.bytes[length]))
        length++;
    Text rest = text_trim(text_slice(text, length, text.length));
    return text_is(rest, "initialize") || text_is(rest, "initialize.");
}

void source_tree_refuse_script_files(SourceTree *tree) {
    for (size_t i = 0; i < tree->scripts.count; i++)
        if (tree->scripts.items[i]->is_file)
            diagnostics_add_text(&tree->diagnostics, &tree->scripts.items[i]->place, SEVERITY_ERROR,
                                 0, 0,
                                 text_from_chars("this is a script, which defines no classes"));
}

void source_tree_warn_of_statements(SourceTree *tree, const char *what_they_are) {
    char message[100];
    snprintf(message, sizeof message, "statements between definitions are %s", what_they_are);
    for (size_t i = 0; i < tree->scripts.count; i++) {
        const SourceScript *script = tree->scripts.items[i];
        if (!script->is_file && !says_initialize(script->text))
            diagnostics_add_text(&tree->diagnostics, &script->place, SEVERITY_WARNING, 0, 0,
                                 text_from_chars(message));
    }
}

// ---- texts

bool text_is_space(char c) {
    return c == ' ' || c == '\n' || c == '\t' || c == '\r' || c == '\f' || c == '\v';
}

bool text_is_word_character(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           (unsigned char)c >= 0x80;
}

char *text_put_character(char *to, uint32_t code) {
    if (code < 0x80) {
        *to++ = (char)code;
        return to;
    }
    if (code < 0x800) {
        *to++ = (char)(0xC0 | code >> 6);
    } else if (code < 0x10000) {
        *to++ = (char)(0xE0 | code >> 12);
        *to++ = (char)(0x80 | (code >> 6 & 0x3F));
    } else {
        *to++ = (char)(0xF0 | code >> 18);
        *to++ = (char)(0x80 | (code >> 12 & 0x3F));
        *to++ = (char)(0x80 | (code >> 6 & 0x3F));
    }
    *to++ = (char)(0x80 | (code & 0x3F));
    return to;
}

int text_compare(Text a, Text b) {
    size_t shorter = a.length < b.length ? a.length : b.length;
    int order = shorter ? memcmp(a.bytes, b.bytes, shorter) : 0;
    return order ? order : (a.length > b.length) - (a.length < b.length);
}

Text text_trim_end(Text text) {
    while (text.length && text_is_space(text.bytes[text.length - 1]))
        text.length--;
    return text;
}

Text text_trim(Text text) {
    while (text.length && text_is_space(text.bytes[0])) {
        text.bytes++;
        text.length--;
    }
    return text_trim_end(text);
}

bool text_starts_with(Text text, const char *prefix) {
    size_t length = strlen(prefix);
    return text.length >= length && memcmp(text.bytes, prefix, length) == 0;
}

bool text_ends_with(Text text, const char *suffix) {
    size_t length = strlen(suffix);
    return text.length >= length && memcmp(text.bytes + text.length - length, suffix, length) == 0;
}

Text source_tree_join(SourceTree *tree, Text first, Text second) {
    return code_arena_format(&tree->arena, "%.*s%.*s", TEXT_ARGUMENTS(first),
                             TEXT_ARGUMENTS(second));
}

bool texts_add(SourceTree *tree, Texts *texts, Text text) {
    if (!code_arena_grow(&tree->arena, (void **)&texts->items, &texts->capacity, texts->count,
                         sizeof *texts->items))
        return false;
    texts->items[texts->count++] = text;
    return true;
}

void texts_add_words(SourceTree *tree, Texts *texts, Text text) {
    for (size_t at = 0; at < text.length;) {
        size_t start = at;
        while (at < text.length && !text_is_space(text.bytes[at]))
            at++;
        if (at > start) texts_add(tree, texts, text_slice(text, start, at));
        while (at < text.length && text_is_space(text.bytes[at]))
            at++;
    }
}

// ---- selectors

typedef struct PatternScan {
    Text text;
    size_t at;
} PatternScan;

static void skip_separators(PatternScan *scan) {
    while (scan->at < scan->text.length) {
        char c = scan->text.bytes[scan->at];
        if (c == '"') {
            const char *end =
                memchr(scan->text.bytes + scan->at + 1, '"', scan->text.length - scan->at - 1);
            scan->at = end ? (size_t)(end - scan->text.bytes) + 1 : scan->text.length;
        } else if (text_is_space(c)) {
            scan->at++;
        } else {
            return;
        }
    }
}

// A name or a keyword with its colon; empty when there is none.
static Text scan_word(PatternScan *scan) {
    skip_separators(scan);
    size_t start = scan->at;
    while (scan->at < scan->text.length && text_is_word_character(scan->text.bytes[scan->at]))
        scan->at++;
    bool has_colon = scan->at < scan->text.length && scan->text.bytes[scan->at] == ':';
    bool assigns = scan->at + 1 < scan->text.length && scan->text.bytes[scan->at + 1] == '=';
    if (scan->at > start && has_colon && !assigns) scan->at++;
    return text_slice(scan->text, start, scan->at);
}

static bool is_keyword(Text word) { return word.length && word.bytes[word.length - 1] == ':'; }

Text source_tree_selector(SourceTree *tree, Text method_text) {
    PatternScan scan = {method_text, 0};
    Text selector = scan_word(&scan);
    if (selector.length && selector.bytes[0] >= '0' && selector.bytes[0] <= '9')
        return text_slice(selector, 0, 0);
    if (selector.length && !is_keyword(selector)) return selector;
    if (selector.length == 0) {
        size_t start = scan.at;
        while (scan.at < method_text.length &&
               strchr("+-*/\\<>=~@%|&?,!", method_text.bytes[scan.at]) &&
               method_text.bytes[scan.at])
            scan.at++;
        return text_slice(method_text, start, scan.at);
    }
    for (;;) {
        scan_word(&scan); // the argument
        Text next = scan_word(&scan);
        if (!is_keyword(next)) return selector;
        selector = source_tree_join(tree, selector, next);
    }
}

// ---- kinds of classes

typedef struct KindRow {
    const char *word, *other, *layout, *keyword;
    unsigned format;
} KindRow;

static const KindRow kind_rows[CLASS_KIND_COUNT] = {
#define CLASS_KIND(NAME, word, other, layout, keyword, format)                                     \
    {word, other, layout, keyword, format},
#include "compile/class_kinds.tbl"
#undef CLASS_KIND
};

bool class_kind_named(Text word, ClassKind *kind) {
    if (word.length == 0) return false;
    for (unsigned i = 0; i < CLASS_KIND_COUNT; i++) {
        const KindRow *row = &kind_rows[i];
        if (!text_is(word, row->word) && !text_is(word, row->other) &&
            !text_is(word, row->layout) && !text_is(word, row->keyword))
            continue;
        *kind = (ClassKind)i;
        return true;
    }
    return false;
}

const char *class_kind_word(ClassKind kind) { return kind_rows[kind].word; }

const char *class_kind_layout(ClassKind kind) { return kind_rows[kind].layout; }

unsigned class_kind_format(ClassKind kind, bool has_variables) {
    unsigned format = kind_rows[kind].format;
    if (has_variables) return format;
    return format == FORMAT_FIXED   ? FORMAT_EMPTY
           : format == FORMAT_MIXED ? FORMAT_INDEXABLE
                                    : format;
}
