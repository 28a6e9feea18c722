// SPDX-License-Identifier: MIT
// Reading STON and JSON: see notation.h.
#include "compile/notation.h"

enum { NESTING_LIMIT = 64 };

typedef struct NotationReader {
    SourceTree *tree;
    const SourceFile *file;
    Text text;
    size_t at;
    unsigned depth;
} NotationReader;

static bool at_end(const NotationReader *reader) { return reader->at >= reader->text.length; }

static char peek(const NotationReader *reader) {
    return reader->at < reader->text.length ? reader->text.bytes[reader->at] : '\0';
}

static void skip_space(NotationReader *reader) {
    while (reader->at < reader->text.length && text_is_space(reader->text.bytes[reader->at]))
        reader->at++;
}

static bool skip_character(NotationReader *reader, char c) {
    skip_space(reader);
    if (at_end(reader) || peek(reader) != c) return false;
    reader->at++;
    return true;
}

static void *complain(NotationReader *reader, size_t offset, const char *what) {
    source_tree_complain(reader->tree, SEVERITY_ERROR, reader->file, offset, "%s", what);
    return NULL;
}

static Notation *new_notation(NotationReader *reader, NotationKind kind, size_t offset) {
    Notation *value = arena_new(&reader->tree->arena, Notation);
    if (!value) return NULL;
    value->kind = kind;
    value->offset = offset;
    return value;
}

// ---- strings

static int hex_value(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    c |= 32;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

// Four hexadecimal digits; -1: not that.
static int read_hex(NotationReader *reader) {
    int code = 0;
    for (int i = 0; i < 4; i++) {
        int digit = hex_value(peek(reader));
        if (digit < 0) return -1;
        code = code * 16 + digit;
        reader->at++;
    }
    return code;
}

// Two surrogates, as JSON writes characters beyond 16 bits.
static int read_code_point(NotationReader *reader) {
    int code = read_hex(reader);
    if (code < 0xD800 || code > 0xDBFF) return code;
    size_t before = reader->at;
    if (peek(reader) != '\\' || reader->at + 1 >= reader->text.length ||
        reader->text.bytes[reader->at + 1] != 'u')
        return code;
    reader->at += 2;
    int low = read_hex(reader);
    if (low >= 0xDC00 && low <= 0xDFFF) return 0x10000 + ((code - 0xD800) << 10) + (low - 0xDC00);
    reader->at = before;
    return code;
}

// What stands behind a backslash; NULL: nothing legal. Takes at most as many bytes as it is written
// with.
static char *read_escape(NotationReader *reader, char *to) {
    static const char letters[] = "bfnrt", values[] = "\b\f\n\r\t";
    if (reader->at >= reader->text.length) return NULL;
    char c = reader->text.bytes[reader->at++];
    const char *letter = c ? strchr(letters, c) : NULL;
    if (letter) {
        *to++ = values[letter - letters];
        return to;
    }
    if (c == 'u') {
        int code = read_code_point(reader);
        return code < 0 ? NULL : text_put_character(to, (uint32_t)code);
    }
    if (!strchr("'\"\\/", c) || !c) return NULL;
    *to++ = c;
    return to;
}

// Where the string's closing quote stands: a quote inside is written with a backslash, or twice as
// in Smalltalk. The text's length when there is none. `plain`: nothing in it needs resolving.
static size_t find_string_end(const NotationReader *reader, bool *plain) {
    Text text = reader->text;
    char quote = text.bytes[reader->at];
    *plain = true;
    for (size_t at = reader->at + 1; at < text.length; at++) {
        char c = text.bytes[at];
        if (c == quote && (at + 1 == text.length || text.bytes[at + 1] != quote)) return at;
        if (c != quote && c != '\\') continue;
        *plain = false;
        at++;
    }
    return text.length;
}

// Resolves what stands between reader->at and `end`.
static bool resolve_string(NotationReader *reader, size_t end, Text *text) {
    char *bytes = code_arena_allocate(&reader->tree->arena, end - reader->at + 1), *to = bytes;
    char quote = reader->text.bytes[end];
    if (!bytes) return false;
    while (reader->at < end) {
        char c = reader->text.bytes[reader->at++];
        if (c == quote) reader->at++;
        if (c != '\\') {
            *to++ = c;
            continue;
        }
        to = read_escape(reader, to);
        if (to) continue;
        complain(reader, reader->at - 1, "bad escape in a string");
        return false;
    }
    *text = (Text){bytes, (size_t)(to - bytes)};
    return true;
}

static bool read_string(NotationReader *reader, Text *text) {
    bool plain;
    size_t begin = reader->at, end = find_string_end(reader, &plain);
    if (end >= reader->text.length) {
        complain(reader, begin, "string without its closing quote");
        return false;
    }
    reader->at = begin + 1;
    if (plain)
        *text = text_slice(reader->text, reader->at, end);
    else if (!resolve_string(reader, end, text))
        return false;
    reader->at = end + 1;
    return true;
}

// ---- words and symbols

static bool is_symbol_character(char c) {
    return text_is_word_character(c) || (c && strchr(":.-+*/\\<>=~@%|&?!", c));
}

static Text read_word(NotationReader *reader) {
    size_t start = reader->at;
    while (is_symbol_character(peek(reader)))
        reader->at++;
    return text_slice(reader->text, start, reader->at);
}

static bool read_symbol(NotationReader *reader, Text *text) {
    reader->at++;
    if (peek(reader) == '\'') return read_string(reader, text);
    *text = read_word(reader);
    if (text->length) return true;
    complain(reader, reader->at, "a symbol is expected behind #");
    return false;
}

// ---- collections

static Notation *read_value(NotationReader *reader);

static bool add_item(NotationReader *reader, Notation *list, Notation *item) {
    if (!item || !code_arena_grow(&reader->tree->arena, (void **)&list->items, &list->capacity,
                                  list->count, sizeof *list->items))
        return false;
    list->items[list->count++] = item;
    return true;
}

static bool add_key(NotationReader *reader, Notation *map, Text key) {
    if (!code_arena_grow(&reader->tree->arena, (void **)&map->keys, &map->key_capacity, map->count,
                         sizeof *map->keys))
        return false;
    map->keys[map->count] = key;
    return true;
}

static Notation *read_list(NotationReader *reader) {
    size_t begin = reader->at++;
    Notation *list = new_notation(reader, NOTATION_LIST, begin);
    while (list && !skip_character(reader, ']')) {
        if (at_end(reader)) return complain(reader, begin, "']' is missing for this '['");
        if (!add_item(reader, list, read_value(reader))) return NULL;
        if (skip_character(reader, ',') || peek(reader) == ']' || at_end(reader)) continue;
        return complain(reader, reader->at, "',' or ']' is expected in this list");
    }
    return list;
}

// A key: symbol, string or bare name. A bare name or symbol may have taken the colon with it.
static bool read_key(NotationReader *reader, Text *key) {
    skip_space(reader);
    size_t begin = reader->at;
    char c = peek(reader);
    if (c == '\'' || c == '"') {
        if (!read_string(reader, key)) return false;
    } else if (c == '#') {
        if (!read_symbol(reader, key)) return false;
    } else {
        *key = read_word(reader);
    }
    if (key->length && c != '\'' && c != '"' && key->bytes[key->length - 1] == ':') {
        key->length--;
        reader->at = (size_t)(key->bytes - reader->text.bytes) + key->length;
    }
    if (key->length) return true;
    complain(reader, begin, "a key is expected here");
    return false;
}

static Notation *read_map(NotationReader *reader) {
    size_t begin = reader->at++;
    Notation *map = new_notation(reader, NOTATION_MAP, begin);
    while (map && !skip_character(reader, '}')) {
        Text key;
        if (at_end(reader)) return complain(reader, begin, "'}' is missing for this '{'");
        if (!read_key(reader, &key)) return NULL;
        if (!skip_character(reader, ':'))
            return complain(reader, reader->at, "':' is expected behind the key");
        if (!add_key(reader, map, key)) return NULL;
        if (!add_item(reader, map, read_value(reader))) return NULL;
        if (skip_character(reader, ',') || peek(reader) == '}' || at_end(reader)) continue;
        return complain(reader, reader->at, "',' or '}' is expected here");
    }
    return map;
}

// A word; in front of a list or map it is the name of a class, which is passed over.
static Notation *read_plain(NotationReader *reader) {
    size_t begin = reader->at;
    Text word = read_word(reader);
    if (word.length == 0) return complain(reader, begin, "a value is expected here");
    skip_space(reader);
    if (peek(reader) == '[') return read_list(reader);
    if (peek(reader) == '{') return read_map(reader);
    Notation *value = new_notation(reader, NOTATION_WORD, begin);
    if (value) value->text = word;
    return value;
}

static Notation *read_text(NotationReader *reader) {
    Notation *value = new_notation(reader, NOTATION_TEXT, reader->at);
    if (!value) return NULL;
    bool done =
        peek(reader) == '#' ? read_symbol(reader, &value->text) : read_string(reader, &value->text);
    return done ? value : NULL;
}

static Notation *read_value(NotationReader *reader) {
    Notation *value;
    skip_space(reader);
    if (reader->depth == NESTING_LIMIT) return complain(reader, reader->at, "nested too deeply");
    reader->depth++;
    switch (peek(reader)) {
    case '{':
        value = read_map(reader);
        break;
    case '[':
        value = read_list(reader);
        break;
    case '#':
    case '\'':
    case '"':
        value = read_text(reader);
        break;
    default:
        value = read_plain(reader);
    }
    reader->depth--;
    return value;
}

Notation *notation_read(SourceTree *tree, const SourceFile *file, size_t *at) {
    NotationReader reader = {tree, file, file->text, *at, 0};
    Notation *value = read_value(&reader);
    *at = reader.at;
    return value;
}

// ---- asking

const Notation *notation_at(const Notation *map, const char *key) {
    if (!map || map->kind != NOTATION_MAP) return NULL;
    for (size_t i = 0; i < map->count; i++)
        if (text_is(map->keys[i], key)) return map->items[i];
    return NULL;
}

Text notation_text(const Notation *value) {
    if (!value || value->kind > NOTATION_WORD) return (Text){"", 0};
    return value->text;
}

Text notation_text_at(const Notation *map, const char *key) {
    return notation_text(notation_at(map, key));
}

void notation_texts_at(SourceTree *tree, const Notation *map, const char *key, Texts *texts) {
    const Notation *value = notation_at(map, key);
    if (!value) return;
    if (value->kind <= NOTATION_WORD) {
        if (!text_is(value->text, "nil") && !text_is(value->text, "null"))
            texts_add_words(tree, texts, value->text);
        return;
    }
    for (size_t i = 0; i < value->count; i++)
        texts_add(tree, texts, notation_text(value->items[i]));
}
