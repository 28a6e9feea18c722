// SPDX-License-Identifier: MIT
// Chunk format, in which Smalltalks file out: pieces that end in "!", a "!" inside being doubled.
//
//     Object subclass: #Point instanceVariableNames: 'x y' ... category: 'Geometry'!
//     !Point methodsFor: 'arithmetic' stamp: 'author date'!
//     + aPoint
//         ^ ...! !
//
// A piece that stands between two "!" announces what follows: methods up to an empty piece, or a
// comment. Other pieces are definitions of classes and traits, which are understood in all the
// spellings of the last decades (subclass:instanceVariableNames:..., `Object << #Point slots: {}`),
// or statements, which are kept as scripts.
#include "compile/read_sources.h"

typedef struct ChunkReader {
    SourceTree *tree;
    SourceFile *file;
    Text text;
    size_t at;
    SourcePackage *package; // of what says no other
} ChunkReader;

// A definition or announcement taken apart: receiver, and keywords with the texts of their
// arguments.
enum { PART_LIMIT = 16 };
typedef struct Message {
    Text receiver;
    bool class_side;
    Text keywords[PART_LIMIT], arguments[PART_LIMIT];
    unsigned count;
} Message;

// ---- pieces

static bool at_end(const ChunkReader *reader) { return reader->at >= reader->text.length; }

static void skip_space(ChunkReader *reader) {
    while (!at_end(reader) && text_is_space(reader->text.bytes[reader->at]))
        reader->at++;
}

static Text undouble(ChunkReader *reader, Text text) {
    char *bytes = code_arena_allocate(&reader->tree->arena, text.length + 1);
    size_t length = 0;
    if (!bytes) return (Text){"", 0};
    for (size_t i = 0; i < text.length; i++) {
        bytes[length++] = text.bytes[i];
        if (text.bytes[i] == '!') i++;
    }
    return (Text){bytes, length};
}

// The piece that begins here, and where; moves behind its mark.
static Text next_piece(ChunkReader *reader, size_t *begin) {
    bool doubled = false;
    skip_space(reader);
    *begin = reader->at;
    for (; !at_end(reader); reader->at++) {
        if (reader->text.bytes[reader->at] != '!') continue;
        if (reader->at + 1 >= reader->text.length || reader->text.bytes[reader->at + 1] != '!')
            break;
        doubled = true;
        reader->at++;
    }
    Text piece = text_trim_end(text_slice(reader->text, *begin, reader->at));
    if (!at_end(reader)) reader->at++;
    return doubled ? undouble(reader, piece) : piece;
}

// ---- messages

typedef struct MessageScan {
    Text text;
    size_t at;
} MessageScan;

static char scan_peek(const MessageScan *scan) {
    return scan->at < scan->text.length ? scan->text.bytes[scan->at] : '\0';
}

static void scan_space(MessageScan *scan) {
    while (scan->at < scan->text.length && text_is_space(scan_peek(scan)))
        scan->at++;
}

static Text scan_word(MessageScan *scan) {
    scan_space(scan);
    size_t start = scan->at;
    while (text_is_word_character(scan_peek(scan)))
        scan->at++;
    return text_slice(scan->text, start, scan->at);
}

// "subclass:" or "<<"; empty when none stands here.
static Text scan_keyword(MessageScan *scan) {
    scan_space(scan);
    size_t start = scan->at;
    if (scan->text.length - start >= 2 && memcmp(scan->text.bytes + start, "<<", 2) == 0) {
        scan->at += 2;
        return text_slice(scan->text, start, scan->at);
    }
    Text word = scan_word(scan);
    if (word.length && scan_peek(scan) == ':' &&
        (scan->at + 1 >= scan->text.length || scan->text.bytes[scan->at + 1] != '=')) {
        scan->at++;
        return text_slice(scan->text, start, scan->at);
    }
    scan->at = start;
    return (Text){"", 0};
}

// Behind a string or a pair of brackets, or one character.
static void scan_over(MessageScan *scan) {
    static const char open[] = "{([", close[] = "})]";
    char c = scan_peek(scan);
    const char *bracket = strchr(open, c);
    if (c == '\'' || c == '"') {
        const char *from = scan->text.bytes + scan->at + 1;
        const char *end = memchr(from, c, scan->text.length - scan->at - 1);
        scan->at = end ? (size_t)(end - scan->text.bytes) + 1 : scan->text.length;
        return;
    }
    scan->at++;
    if (!c || !bracket) return;
    while (scan->at < scan->text.length && scan_peek(scan) != close[bracket - open]) {
        char inner = scan_peek(scan);
        if (inner == '\'' || inner == '"')
            scan_over(scan);
        else
            scan->at++;
    }
    if (scan->at < scan->text.length) scan->at++;
}

// Up to the next keyword, cascade or end.
static Text scan_argument(MessageScan *scan) {
    scan_space(scan);
    size_t start = scan->at, end = start;
    while (scan->at < scan->text.length && scan_peek(scan) != ';') {
        if (text_is_space(scan_peek(scan))) {
            MessageScan ahead = *scan;
            if (scan_keyword(&ahead).length) break;
            scan->at++;
            continue;
        }
        if (text_is_word_character(scan_peek(scan)))
            scan_word(scan);
        else
            scan_over(scan);
        end = scan->at;
    }
    return text_slice(scan->text, start, end);
}

// RECEIVER [class] KEYWORD ARGUMENT KEYWORD ARGUMENT; ...
static bool parse_message(Text text, Message *message) {
    MessageScan scan = {text, 0};
    memset(message, 0, sizeof *message);
    message->receiver = scan_word(&scan);
    if (message->receiver.length == 0) return false;
    MessageScan ahead = scan;
    Text side = scan_word(&ahead);
    message->class_side =
        (text_is(side, "class") || text_is(side, "classTrait")) && scan_peek(&ahead) != ':';
    if (message->class_side) scan = ahead;
    for (;;) {
        Text keyword = scan_keyword(&scan);
        if (keyword.length == 0 || message->count == PART_LIMIT) break;
        message->keywords[message->count] = keyword;
        message->arguments[message->count++] = scan_argument(&scan);
        scan_space(&scan);
        if (scan_peek(&scan) == ';') scan.at++;
    }
    scan_space(&scan);
    if (scan_peek(&scan) == '.') scan.at++;
    scan_space(&scan);
    return message->count > 0 && scan.at >= text.length;
}

static Text argument_of(const Message *message, const char *keyword) {
    for (unsigned i = 0; i < message->count; i++)
        if (text_is(message->keywords[i], keyword)) return message->arguments[i];
    return (Text){"", 0};
}

// What a literal stands for: without the quotes of a string, the # of a symbol.
static Text literal_text(Text literal) {
    if (literal.length && literal.bytes[0] == '#') literal = text_slice(literal, 1, literal.length);
    if (literal.length >= 2 && literal.bytes[0] == '\'' &&
        literal.bytes[literal.length - 1] == '\'')
        literal = text_slice(literal, 1, literal.length - 1);
    return literal;
}

// The names in 'x y' or { #x. #y => WeakSlot }.
static void add_names(ChunkReader *reader, Texts *names, Text argument) {
    if (argument.length < 2 || argument.bytes[0] != '{') {
        texts_add_words(reader->tree, names, literal_text(argument));
        return;
    }
    Text inner = text_slice(argument, 1, argument.length - 1);
    for (size_t at = 0; at < inner.length;) {
        size_t start = at;
        while (at < inner.length && inner.bytes[at] != '.')
            at++;
        Text name = text_trim(text_slice(inner, start, at++));
        if (name.length) texts_add(reader->tree, names, literal_text(name));
    }
}

// ---- definitions

static SourceClass *find_class(ChunkReader *reader, Text name) {
    for (size_t i = reader->tree->classes.count; i-- > 0;)
        if (text_equals(reader->tree->classes.items[i]->name, name))
            return reader->tree->classes.items[i];
    return NULL;
}

static Text without_braces(Text composition) {
    if (composition.length >= 2 && composition.bytes[0] == '{' &&
        composition.bytes[composition.length - 1] == '}')
        return text_trim(text_slice(composition, 1, composition.length - 1));
    return composition;
}

static Text traits_of(const Message *message) {
    Text traits = argument_of(message, "uses:");
    return without_braces(traits.length ? traits : argument_of(message, "traits:"));
}

static void add_variables(ChunkReader *reader, const Message *message, Texts *variables) {
    add_names(reader, variables, argument_of(message, "instanceVariableNames:"));
    add_names(reader, variables, argument_of(message, "slots:"));
}

static void set_package(ChunkReader *reader, SourceClass *class, const Message *message) {
    Text package = literal_text(argument_of(message, "package:"));
    class->category = literal_text(argument_of(message, "category:"));
    class->tag = literal_text(argument_of(message, "tag:"));
    if (package.length == 0) package = class->category;
    if (package.length == 0) return;
    class->package =
        source_tree_package(reader->tree, package, text_from_chars(reader->file->path));
}

static void define_class(ChunkReader *reader, const Message *message, size_t begin, Text piece,
                         bool is_trait) {
    SourceClass *class = source_tree_add_class(reader->tree, reader->package);
    if (!class) return;
    class->place = source_place(reader->file, begin, piece);
    class->name = literal_text(message->arguments[0]);
    class->is_trait = is_trait;
    if (!is_trait) class->superclass = message->receiver;
    class->traits = traits_of(message);
    add_variables(reader, message, &class->instance_variables);
    add_names(reader, &class->class_variables, argument_of(message, "classVariableNames:"));
    add_names(reader, &class->class_variables, argument_of(message, "sharedVariables:"));
    add_names(reader, &class->pools, argument_of(message, "poolDictionaries:"));
    add_names(reader, &class->pools, argument_of(message, "sharedPools:"));
    set_package(reader, class, message);
    class_kind_named(message->keywords[0], &class->kind);
    class_kind_named(argument_of(message, "layout:"), &class->kind);
    class_kind_named(literal_text(argument_of(message, "type:")), &class->kind);
}

static bool define_class_side(ChunkReader *reader, const Message *message) {
    SourceClass *class = find_class(reader, message->receiver);
    if (!class) return false;
    Text traits = traits_of(message);
    if (traits.length) class->class_traits = traits;
    add_variables(reader, message, &class->class_instance_variables);
    return true;
}

static bool is_definition_keyword(Text keyword) {
    ClassKind kind;
    return text_is(keyword, "<<") || text_is(keyword, "subclass:") ||
           (text_ends_with(keyword, "ubclass:") && class_kind_named(keyword, &kind));
}

static bool read_definition(ChunkReader *reader, size_t begin, Text piece) {
    Message message;
    if (!parse_message(piece, &message)) return false;
    if (message.class_side) {
        Text keyword = message.keywords[0];
        return (text_is(keyword, "instanceVariableNames:") || text_is(keyword, "uses:") ||
                text_is(keyword, "<<")) &&
               define_class_side(reader, &message);
    }
    bool is_trait = text_is(message.receiver, "Trait") &&
                    (text_is(message.keywords[0], "named:") || text_is(message.keywords[0], "<<"));
    if (!is_trait && !is_definition_keyword(message.keywords[0])) return false;
    define_class(reader, &message, begin, piece, is_trait);
    return true;
}

// ---- announcements

static bool text_begins_with_star(Text text) { return text.length && text.bytes[0] == '*'; }

static SourcePackage *package_of_method(ChunkReader *reader, Text class_name, Text category) {
    SourceClass *class = find_class(reader, class_name);
    if (text_begins_with_star(category))
        return source_tree_package(reader->tree, text_slice(category, 1, category.length),
                                   text_from_chars(reader->file->path));
    return class ? class->package : reader->package;
}

static void read_methods(ChunkReader *reader, const Message *announcement) {
    Text category = literal_text(argument_of(announcement, "methodsFor:"));
    Text stamp = literal_text(argument_of(announcement, "stamp:"));
    SourcePackage *package = package_of_method(reader, announcement->receiver, category);
    bool defined = find_class(reader, announcement->receiver) != NULL;
    while (package && !at_end(reader)) {
        size_t begin;
        Text text = next_piece(reader, &begin);
        if (text.length == 0) return;
        SourceMethod *method = source_tree_add_method(reader->tree, package);
        if (!method) return;
        method->class_name = announcement->receiver;
        method->class_side = announcement->class_side;
        method->is_extension = !defined || text_begins_with_star(category);
        method->category = category;
        method->stamp = stamp;
        method->text = text;
        method->place = source_place(reader->file, begin, text);
        method->selector = source_tree_selector(reader->tree, text);
        if (method->selector.length == 0)
            source_tree_complain(reader->tree, SEVERITY_ERROR, reader->file, begin,
                                 "the method's selector is expected");
    }
}

static void read_comment(ChunkReader *reader, const Message *announcement) {
    size_t begin;
    Text comment = next_piece(reader, &begin);
    SourceClass *class = find_class(reader, announcement->receiver);
    if (class) class->comment = comment;
}

static void read_announced(ChunkReader *reader) {
    size_t begin;
    Text piece = next_piece(reader, &begin);
    Message message;
    if (piece.length == 0) return;
    if (!parse_message(piece, &message)) {
        source_tree_complain(reader->tree, SEVERITY_ERROR, reader->file, begin,
                             "'CLASS methodsFor: CATEGORY' or the like is expected between '!'");
        return;
    }
    if (text_is(message.keywords[0], "commentStamp:"))
        read_comment(reader, &message);
    else if (argument_of(&message, "methodsFor:").length)
        read_methods(reader, &message);
}

static void add_script(ChunkReader *reader, size_t begin, Text piece) {
    SourceScript *script = source_tree_add_script(reader->tree);
    if (script) *script = (SourceScript){source_place(reader->file, begin, piece), piece, false};
}

// Strings and comments alone say who filed out, and when.
static bool says_nothing(Text piece) {
    if (piece.length == 0) return true;
    char c = piece.bytes[0];
    return (c == '"' || c == '\'') &&
           memchr(piece.bytes + 1, c, piece.length - 1) == piece.bytes + piece.length - 1;
}

static Text file_name(const char *path) {
    const char *slash = strrchr(path, '/');
    Text name = text_from_chars(slash ? slash + 1 : path);
    for (size_t i = name.length; i-- > 1;)
        if (name.bytes[i] == '.') return text_slice(name, 0, i);
    return name;
}

void chunk_read_file(SourceTree *tree, SourceFile *file) {
    ChunkReader reader = {.tree = tree, .file = file, .text = file->text};
    reader.package = source_tree_package(tree, file_name(file->path), text_from_chars(file->path));
    while (reader.package) {
        skip_space(&reader);
        if (at_end(&reader)) return;
        if (reader.text.bytes[reader.at] == '!') {
            reader.at++;
            read_announced(&reader);
            continue;
        }
        size_t begin;
        Text piece = next_piece(&reader, &begin);
        if (says_nothing(piece) || read_definition(&reader, begin, piece)) continue;
        add_script(&reader, begin, piece);
    }
}
