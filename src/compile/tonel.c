// SPDX-License-Identifier: MIT
// Tonel: a file holds a comment, the definition of a class, trait, extension or package, and its
// methods.
//
//     "
//     A point.
//     "
//     Class {
//         #name : 'Point',                     symbols, strings or bare names, as the version has
//         it #superclass : 'Object', #instVars : [ 'x', 'y' ]
//     }
//
//     { #category : 'arithmetic' }
//     Point >> + aPoint [
//         ^ ...
//     ]
//
// The class side is called `Point class`, `Point classSide` or, for traits, `TFoo classTrait`.
// Where a method ends is found by a scan that knows strings, comments, characters and brackets, and
// nothing else. After an error the rest of the file is left: there is no telling where the next
// method begins.
#include "compile/notation.h"
#include "compile/read_sources.h"

typedef struct TonelReader {
    SourceTree *tree;
    SourcePackage *package;
    SourceFile *file;
    Text text;
    size_t at;
    Text defined; // the class that the file is about
    bool is_extension;
} TonelReader;

static bool complain(TonelReader *reader, size_t offset, const char *what) {
    source_tree_complain(reader->tree, SEVERITY_ERROR, reader->file, offset, "%s", what);
    return false;
}

static bool at_end(const TonelReader *reader) { return reader->at >= reader->text.length; }

static void skip_space(TonelReader *reader) {
    while (!at_end(reader) && text_is_space(reader->text.bytes[reader->at]))
        reader->at++;
}

// ---- the definition

// A comment in double quotes, its quotes inside doubled; answers it without them.
static bool read_comment(TonelReader *reader, Text *comment) {
    size_t begin = reader->at, length = 0;
    char *bytes = NULL;
    for (int pass = 0; pass < 2; pass++) {
        length = 0;
        for (reader->at = begin + 1;; reader->at++) {
            if (at_end(reader)) return complain(reader, begin, "comment without its closing quote");
            char c = reader->text.bytes[reader->at];
            if (c == '"') {
                bool doubled = reader->at + 1 < reader->text.length &&
                               reader->text.bytes[reader->at + 1] == '"';
                if (!doubled) break;
                reader->at++;
            }
            if (bytes) bytes[length] = c;
            length++;
        }
        if (pass == 0) bytes = code_arena_allocate(&reader->tree->arena, length + 1);
        if (!bytes) return false;
    }
    reader->at++;
    *comment = text_trim((Text){bytes, length});
    return true;
}

static Text read_name(TonelReader *reader) {
    skip_space(reader);
    size_t start = reader->at;
    while (!at_end(reader) && text_is_word_character(reader->text.bytes[reader->at]))
        reader->at++;
    return text_slice(reader->text, start, reader->at);
}

// "nil" for classes without superclass, in all spellings.
static Text superclass_of(const Notation *definition) {
    return notation_text_at(definition, "superclass");
}

static bool set_kind(TonelReader *reader, SourceClass *class, const Notation *definition) {
    const Notation *type = notation_at(definition, "type");
    if (!type) return true;
    if (class_kind_named(notation_text(type), &class->kind)) return true;
    source_tree_complain(reader->tree, SEVERITY_ERROR, reader->file, type->offset,
                         "unknown type of class '%.*s'", TEXT_ARGUMENTS(notation_text(type)));
    return false;
}

// Category is "Package-Tag", or the package alone; newer versions name both themselves.
static void set_category(SourceClass *class, const Notation *definition) {
    class->category = notation_text_at(definition, "category");
    class->tag = notation_text_at(definition, "tag");
    if (class->tag.length || !class->package) return;
    Text package = class->package->name, category = class->category;
    if (category.length > package.length + 1 && category.bytes[package.length] == '-' &&
        text_equals(text_slice(category, 0, package.length), package))
        class->tag = text_slice(category, package.length + 1, category.length);
}

// Special slots are written "#name => Kind ..."; here only their names are left.
static void name_slots(Texts *variables) {
    for (size_t i = 0; i < variables->count; i++) {
        Text *text = &variables->items[i];
        size_t start = text_starts_with(*text, "#"), end = start;
        while (end < text->length && text_is_word_character(text->bytes[end]))
            end++;
        if (start) *text = text_slice(*text, start, end);
    }
}

// The line in which the name stands, so that a complaint can show it.
static void set_place(TonelReader *reader, SourceClass *class, size_t name_offset) {
    size_t start = name_offset, end = name_offset;
    while (start > 0 && reader->text.bytes[start - 1] != '\n')
        start--;
    while (end < reader->text.length && reader->text.bytes[end] != '\n')
        end++;
    class->place = source_place(reader->file, start, text_slice(reader->text, start, end));
    class->name_start = name_offset - start;
}

static bool define_class(TonelReader *reader, const Notation *definition, Text name, Text comment,
                         bool is_trait) {
    SourceTree *tree = reader->tree;
    SourceClass *class = source_tree_add_class(tree, reader->package);
    if (!class) return false;
    const Notation *name_value = notation_at(definition, "name");
    set_place(reader, class, name_value->offset);
    class->name = name;
    class->is_trait = is_trait;
    class->comment = comment;
    if (!is_trait) class->superclass = superclass_of(definition);
    set_category(class, definition);
    notation_texts_at(tree, definition, "instVars", &class->instance_variables);
    notation_texts_at(tree, definition, "classInstVars", &class->class_instance_variables);
    notation_texts_at(tree, definition, "instVars", &class->slots);
    notation_texts_at(tree, definition, "classInstVars", &class->class_slots);
    name_slots(&class->instance_variables);
    name_slots(&class->class_instance_variables);
    notation_texts_at(tree, definition, "classVars", &class->class_variables);
    notation_texts_at(tree, definition, "pools", &class->pools);
    class->traits = notation_text_at(definition, "traits");
    class->class_traits = notation_text_at(definition, "classTraits");
    if (!is_trait && class->superclass.length == 0)
        return complain(reader, definition->offset, "the class has no superclass");
    return set_kind(reader, class, definition);
}

// "Class { ... }": the type, and what stands in the braces; NULL after a complaint.
static const Notation *read_definition_map(TonelReader *reader, Text *type) {
    size_t begin = reader->at;
    *type = read_name(reader);
    if (!text_is(*type, "Class") && !text_is(*type, "Trait") && !text_is(*type, "Extension") &&
        !text_is(*type, "Package")) {
        complain(reader, begin, "'Class', 'Trait', 'Extension' or 'Package' is expected");
        return NULL;
    }
    skip_space(reader);
    if (at_end(reader) || reader->text.bytes[reader->at] != '{') {
        complain(reader, reader->at, "'{' is expected here");
        return NULL;
    }
    return notation_read(reader->tree, reader->file, &reader->at);
}

static bool read_definition(TonelReader *reader, Text comment) {
    Text type;
    const Notation *definition = read_definition_map(reader, &type);
    if (!definition) return false;
    Text name = notation_text_at(definition, "name");
    if (name.length == 0) return complain(reader, definition->offset, "the definition has no name");
    if (text_is(type, "Package")) return true;
    reader->defined = name;
    if (text_ends_with(name, " classTrait")) reader->defined.length -= strlen(" classTrait");
    reader->is_extension = text_is(type, "Extension");
    return reader->is_extension ||
           define_class(reader, definition, name, comment, text_is(type, "Trait"));
}

// ---- methods

// Moves behind what begins with this quote and ends with the same one. A doubled quote ends and
// begins, which comes to the same.
static bool skip_quoted(TonelReader *reader, char quote) {
    size_t begin = reader->at;
    const char *from = reader->text.bytes + begin + 1;
    const char *end = memchr(from, quote, reader->text.length - begin - 1);
    if (!end)
        return complain(reader, begin,
                        quote == '"' ? "comment without its closing double quote"
                                     : "string without its closing quote");
    reader->at = (size_t)(end - reader->text.bytes) + 1;
    return true;
}

// Moves from behind the opening bracket of a method to behind its closing one.
static bool skip_body(TonelReader *reader, size_t open) {
    for (unsigned depth = 1; depth > 0;) {
        if (at_end(reader)) return complain(reader, open, "']' is missing at the method's end");
        char c = reader->text.bytes[reader->at];
        if (c == '\'' || c == '"') {
            if (!skip_quoted(reader, c)) return false;
            continue;
        }
        reader->at += c == '$' && reader->at + 1 < reader->text.length ? 2 : 1;
        depth += c == '[';
        depth -= c == ']';
    }
    return true;
}

// The name of the class and, behind it, what says that this is its class side.
static bool read_class_reference(TonelReader *reader, Text *name, bool *class_side) {
    size_t begin = reader->at;
    *name = read_name(reader);
    *class_side = false;
    if (name->length == 0)
        return complain(reader, begin, "the name of a class is expected in front of a method");
    Text side = read_name(reader);
    if (side.length) {
        *class_side =
            text_is(side, "class") || text_is(side, "classSide") || text_is(side, "classTrait");
        if (!*class_side)
            return complain(reader, (size_t)(side.bytes - reader->text.bytes),
                            "'class', 'classSide' or '>>' is expected here");
    }
    skip_space(reader);
    if (reader->text.length - reader->at < 2 ||
        memcmp(reader->text.bytes + reader->at, ">>", 2) != 0)
        return complain(reader, reader->at, "'>>' is expected behind the name of the class");
    reader->at += 2;
    skip_space(reader);
    return true;
}

// Moves to the bracket that opens the body; the pattern may hold comments.
static bool skip_pattern(TonelReader *reader) {
    size_t begin = reader->at;
    while (!at_end(reader) && reader->text.bytes[reader->at] != '[') {
        if (reader->text.bytes[reader->at] != '"')
            reader->at++;
        else if (!skip_quoted(reader, '"'))
            return false;
    }
    return !at_end(reader) || complain(reader, begin, "'[' is missing behind the method's pattern");
}

// The text of a method: the pattern, and the body without its brackets.
static Text method_text(TonelReader *reader, size_t begin, size_t open, size_t close) {
    Text pattern = text_trim_end(text_slice(reader->text, begin, open));
    Text body = text_trim_end(text_slice(reader->text, open + 1, close));
    return source_tree_join(reader->tree, pattern, body);
}

static bool read_method(TonelReader *reader) {
    const Notation *properties = NULL;
    Text class_name;
    bool class_side;
    if (reader->text.bytes[reader->at] == '{') {
        properties = notation_read(reader->tree, reader->file, &reader->at);
        if (!properties) return false;
        skip_space(reader);
    }
    if (!read_class_reference(reader, &class_name, &class_side)) return false;
    size_t begin = reader->at;
    if (!skip_pattern(reader)) return false;
    size_t open = reader->at++;
    if (!skip_body(reader, open)) return false;
    SourceMethod *method = source_tree_add_method(reader->tree, reader->package);
    if (!method) return false;
    method->class_name = class_name;
    method->class_side = class_side;
    method->is_extension = reader->is_extension || !text_equals(class_name, reader->defined);
    method->category = notation_text_at(properties, "category");
    method->stamp = notation_text_at(properties, "timeStamp");
    method->text = method_text(reader, begin, open, reader->at - 1);
    method->place = source_place(reader->file, begin, method->text);
    method->selector = source_tree_selector(reader->tree, method->text);
    return method->selector.length || complain(reader, begin, "the method's selector is expected");
}

// What stands in front of the first definition.
static bool read_head(TonelReader *reader, Text *comment) {
    skip_space(reader);
    if (!at_end(reader) && reader->text.bytes[reader->at] == '"' && !read_comment(reader, comment))
        return false;
    skip_space(reader);
    return true;
}

void tonel_read_file(SourceTree *tree, SourcePackage *package, SourceFile *file) {
    TonelReader reader = {.tree = tree, .package = package, .file = file, .text = file->text};
    Text comment = {"", 0};
    if (!read_head(&reader, &comment) || !read_definition(&reader, comment)) return;
    for (skip_space(&reader); !at_end(&reader); skip_space(&reader))
        if (!read_method(&reader)) return;
}

Text tonel_package_name(SourceTree *tree, SourceFile *file) {
    TonelReader reader = {.tree = tree, .file = file, .text = file->text};
    Text comment = {"", 0};
    if (!read_head(&reader, &comment)) return comment;
    const Notation *definition = read_definition_map(&reader, &comment);
    return notation_text_at(definition, "name");
}
