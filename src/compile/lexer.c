// SPDX-License-Identifier: MIT
// Characters, then tokens. A token is found by its first character.
#include "compile/lexer.h"

#include "compile/numbers.h"

// ---- characters

enum {
    CHARACTER_LIMIT = 0x110000,
    MIDDLE_DOT = 0xB7,
    DIVISION_SIGN = 0xF7,
    PLUS_MINUS_SIGN = 0xB1,
    MULTIPLICATION_SIGN = 0xD7,
};

bool text_next_character(Text text, size_t *at, uint32_t *character) {
    static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
    if (*at >= text.length) return false;
    unsigned char first = (unsigned char)text.bytes[(*at)++];
    *character = first;
    if (first < 0x80) return true;
    unsigned length = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : 2;
    if (first < 0xC2 || first > 0xF4 || text.length - *at < length - 1) return false;
    uint32_t value = first & (0x7Fu >> length);
    for (unsigned i = 0; i < length - 1; i++) {
        unsigned char c = (unsigned char)text.bytes[*at + i];
        if ((c & 0xC0) != 0x80) return false;
        value = value << 6 | (c & 0x3F);
    }
    if (value < least[length] || value >= CHARACTER_LIMIT || (value & ~0x7FFu) == 0xD800)
        return false;
    *at += length - 1;
    *character = value;
    return true;
}

static bool is_between(uint32_t c, uint32_t low, uint32_t high) { return c >= low && c <= high; }

// Above Latin-1 every character is a letter that does not lie in the blocks of punctuation, symbols
// and private use.
static bool is_wide_letter(uint32_t c) {
    return !is_between(c, 0x2000, 0x206F) && !is_between(c, 0x20A0, 0x20CF) &&
           !is_between(c, 0x2190, 0x2BFF) && !is_between(c, 0x3000, 0x3004) &&
           !is_between(c, 0x3008, 0x3020) && !is_between(c, 0xE000, 0xF8FF) &&
           !is_between(c, 0xFE00, 0xFE6F) && !is_between(c, 0xFF01, 0xFF20) &&
           !is_between(c, 0xFFF0, 0xFFFF) && !is_between(c, 0x1F000, 0x1FAFF) && c < 0xE0000;
}

bool character_begins_name(uint32_t c) {
    if (c < 0x80) return is_between(c | 0x20, 'a', 'z') || c == '_';
    if (c < 0x100)
        return c == 0xAA || c == 0xB5 || c == 0xBA ||
               (c >= 0xC0 && c != MULTIPLICATION_SIGN && c != DIVISION_SIGN);
    return is_wide_letter(c);
}

bool character_is_operator(uint32_t c) {
    if (c < 0x80) return c && strchr("+-/\\*~<>=@,%|&?!", (int)c) != NULL;
    return c == MIDDLE_DOT || c == DIVISION_SIGN || c == PLUS_MINUS_SIGN ||
           c == MULTIPLICATION_SIGN;
}

static bool is_digit(int c) { return c >= '0' && c <= '9'; }
static bool is_blank(int c) {
    return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f' || c == 0;
}

// ---- the place in the source

static int byte_at(const Lexer *lexer, size_t at) {
    return at < lexer->place->source.length ? (unsigned char)lexer->place->source.bytes[at] : -1;
}

static int peek(const Lexer *lexer) { return byte_at(lexer, lexer->at); }

// The character here; 0 with a false answer at the end and at bytes that are no UTF-8.
static bool peek_character(const Lexer *lexer, uint32_t *character, size_t *next) {
    *character = 0;
    *next = lexer->at;
    return text_next_character(lexer->place->source, next, character);
}

static void report(Lexer *lexer, DiagnosticKind kind, size_t start, size_t end) {
    Text name = text_slice(lexer->place->source, start, end);
    diagnostics_add(lexer->diagnostics, lexer->place, kind, start, end, name);
}

void lexer_start(Lexer *lexer, SourcePlace *place, CodeArena *arena, Diagnostics *diagnostics) {
    *lexer = (Lexer){.place = place, .arena = arena, .diagnostics = diagnostics};
}

// ---- tokens

static Token token_from(const Lexer *lexer, TokenKind kind, size_t start) {
    return (Token){.kind = kind,
                   .text = text_slice(lexer->place->source, start, lexer->at),
                   .start = (uint32_t)start,
                   .end = (uint32_t)lexer->at};
}

static Token fail(Lexer *lexer, DiagnosticKind kind, size_t start, size_t end) {
    report(lexer, kind, start, end);
    return token_from(lexer, TOKEN_ERROR, start);
}

static Token literal_from(const Lexer *lexer, size_t start, Literal literal) {
    Token token = token_from(lexer, TOKEN_LITERAL, start);
    token.literal = literal;
    return token;
}

// Skips blanks and comments; false after a comment without an end.
static bool skip_blanks(Lexer *lexer) {
    for (;;) {
        while (is_blank(peek(lexer)))
            lexer->at++;
        if (peek(lexer) != '"') return true;
        const char *from = lexer->place->source.bytes + lexer->at + 1;
        const char *end = memchr(from, '"', lexer->place->source.length - lexer->at - 1);
        if (!end) {
            report(lexer, DIAGNOSTIC_UNCLOSED_COMMENT, lexer->at, lexer->place->source.length);
            diagnostics_mark_unfinished(lexer->diagnostics);
            lexer->at = lexer->place->source.length;
            return false;
        }
        lexer->at += (size_t)(end - from) + 2;
    }
}

static void skip_name(Lexer *lexer) {
    uint32_t character;
    size_t next;
    while (peek_character(lexer, &character, &next) &&
           (character_begins_name(character) || is_digit((int)character)))
        lexer->at = next;
}

static void skip_operator(Lexer *lexer) {
    uint32_t character;
    size_t next;
    while (peek_character(lexer, &character, &next) && character_is_operator(character))
        lexer->at = next;
}

static Literal symbol_literal(Text text) { return (Literal){.kind = LITERAL_SYMBOL, .text = text}; }

static bool name_follows(const Lexer *lexer) {
    uint32_t character;
    size_t next;
    return peek_character(lexer, &character, &next) && character_begins_name(character);
}

// Words with colons, as they stand in symbols: foo:bar:, foo:bar, ::.
static Text scan_symbol(Lexer *lexer, size_t start) {
    while (name_follows(lexer) || peek(lexer) == ':') {
        skip_name(lexer);
        if (peek(lexer) == ':') lexer->at++;
    }
    return text_slice(lexer->place->source, start, lexer->at);
}

static Token scan_word_in_array(Lexer *lexer, size_t start) {
    Text text = scan_symbol(lexer, start);
    LiteralKind kind = text_is(text, "nil")     ? LITERAL_NIL
                       : text_is(text, "true")  ? LITERAL_TRUE
                       : text_is(text, "false") ? LITERAL_FALSE
                                                : LITERAL_SYMBOL;
    Literal literal = {.kind = kind};
    if (kind == LITERAL_SYMBOL) literal.text = text;
    return literal_from(lexer, start, literal);
}

static Token scan_word(Lexer *lexer, size_t start) {
    if (lexer->in_literal_array) return scan_word_in_array(lexer, start);
    skip_name(lexer);
    if (peek(lexer) != ':' || byte_at(lexer, lexer->at + 1) == '=')
        return token_from(lexer, TOKEN_NAME, start);
    lexer->at++;
    return token_from(lexer, TOKEN_KEYWORD, start);
}

static bool has_bad_bytes(Text text, size_t *where) {
    uint32_t character;
    for (size_t at = 0; at < text.length;) {
        *where = at;
        if ((unsigned char)text.bytes[at] < 0x80)
            at++;
        else if (!text_next_character(text, &at, &character))
            return true;
    }
    return false;
}

// Copies what stands between the quotes, each pair of quotes inside as one.
static Text unquote(Lexer *lexer, Text quoted, size_t pairs) {
    if (pairs == 0) return quoted;
    char *bytes = code_arena_allocate(lexer->arena, quoted.length - pairs);
    if (!bytes) return (Text){"", 0};
    size_t length = 0;
    for (size_t i = 0; i < quoted.length; i++) {
        if (quoted.bytes[i] == '\'') i++;
        bytes[length++] = quoted.bytes[i < quoted.length ? i : i - 1];
    }
    return (Text){bytes, length};
}

// The lexer stands at the opening quote; `start` may lie before it (#'...').
static Token scan_quoted(Lexer *lexer, size_t start, LiteralKind kind) {
    Text source = lexer->place->source;
    size_t from = lexer->at + 1, pairs = 0, bad;
    for (size_t at = from;; at += 2, pairs++) {
        const char *quote = memchr(source.bytes + at, '\'', source.length - at);
        if (!quote) {
            size_t opening = lexer->at;
            lexer->at = source.length;
            Token token = fail(lexer, DIAGNOSTIC_UNCLOSED_STRING, opening, source.length);
            diagnostics_mark_unfinished(lexer->diagnostics);
            return token;
        }
        at = (size_t)(quote - source.bytes);
        if (byte_at(lexer, at + 1) == '\'') continue;
        lexer->at = at + 1;
        break;
    }
    Text quoted = text_slice(source, from, lexer->at - 1);
    if (has_bad_bytes(quoted, &bad))
        return fail(lexer, DIAGNOSTIC_BAD_UTF8, from + bad, from + bad + 1);
    Literal literal = {.kind = kind, .text = unquote(lexer, quoted, pairs)};
    return literal_from(lexer, start, literal);
}

static Token scan_number(Lexer *lexer, size_t start) {
    static const DiagnosticKind kinds[] = {[NUMBER_BAD] = DIAGNOSTIC_BAD_NUMBER,
                                           [NUMBER_BAD_RADIX] = DIAGNOSTIC_BAD_RADIX,
                                           [NUMBER_LARGE] = DIAGNOSTIC_NUMBER_TOO_LARGE};
    Literal literal;
    NumberProblem problem = number_read(lexer->arena, lexer->place->source, &lexer->at, &literal);
    if (problem != NUMBER_FINE) return fail(lexer, kinds[problem], start, lexer->at);
    return literal_from(lexer, start, literal);
}

static Token scan_character(Lexer *lexer, size_t start) {
    uint32_t character;
    lexer->at++;
    if (peek(lexer) < 0) return fail(lexer, DIAGNOSTIC_CHARACTER_EXPECTED, start, lexer->at);
    size_t at = lexer->at;
    if (!text_next_character(lexer->place->source, &lexer->at, &character))
        return fail(lexer, DIAGNOSTIC_BAD_UTF8, at, lexer->at);
    return literal_from(lexer, start,
                        (Literal){.kind = LITERAL_CHARACTER, .integer = (int64_t)character});
}

// Behind #, of which there may be several.
static Token scan_hash(Lexer *lexer, size_t start) {
    while (peek(lexer) == '#')
        lexer->at++;
    size_t from = lexer->at;
    uint32_t character;
    size_t next;
    if (name_follows(lexer)) {
        Text text = scan_symbol(lexer, from);
        return literal_from(lexer, start, symbol_literal(text));
    }
    if (peek(lexer) == '\'') return scan_quoted(lexer, start, LITERAL_SYMBOL);
    if (peek(lexer) == '(' || peek(lexer) == '[') {
        lexer->at++;
        bool is_bytes = byte_at(lexer, from) == '[';
        return token_from(lexer, is_bytes ? TOKEN_BYTE_ARRAY : TOKEN_ARRAY, start);
    }
    if (peek_character(lexer, &character, &next) && character_is_operator(character)) {
        skip_operator(lexer);
        Text text = text_slice(lexer->place->source, from, lexer->at);
        return literal_from(lexer, start, symbol_literal(text));
    }
    return fail(lexer, DIAGNOSTIC_BAD_SYMBOL, start, lexer->at);
}

static Token scan_operator(Lexer *lexer, size_t start) {
    skip_operator(lexer);
    Token token = token_from(lexer, TOKEN_OPERATOR, start);
    if (!lexer->in_literal_array) return token;
    return literal_from(lexer, start, symbol_literal(token.text));
}

static Token scan_special(Lexer *lexer, size_t start) {
    int c = peek(lexer);
    lexer->at++;
    if (c == ':' && peek(lexer) == '=') {
        lexer->at++;
        return token_from(lexer, TOKEN_ASSIGN, start);
    }
    Token token = token_from(lexer, TOKEN_SPECIAL, start);
    token.special = (char)c;
    return token;
}

static Token scan_other(Lexer *lexer, size_t start) {
    uint32_t character;
    size_t next;
    bool is_good = peek_character(lexer, &character, &next);
    if (is_good && character_begins_name(character)) return scan_word(lexer, start);
    if (is_good && character_is_operator(character)) return scan_operator(lexer, start);
    lexer->at = next;
    return fail(lexer, is_good ? DIAGNOSTIC_UNKNOWN_CHARACTER : DIAGNOSTIC_BAD_UTF8, start, next);
}

Token lexer_next(Lexer *lexer) {
    if (!skip_blanks(lexer)) return token_from(lexer, TOKEN_ERROR, lexer->at);
    size_t start = lexer->at;
    int c = peek(lexer);
    if (c < 0) return token_from(lexer, TOKEN_END, start);
    if (is_digit(c) || (c == '-' && is_digit(byte_at(lexer, start + 1))))
        return scan_number(lexer, start);
    switch (c) {
    case '(':
    case ')':
    case '.':
    case ':':
    case ';':
    case '[':
    case ']':
    case '{':
    case '}':
    case '^':
        return scan_special(lexer, start);
    case '\'':
        return scan_quoted(lexer, start, LITERAL_STRING);
    case '#':
        return scan_hash(lexer, start);
    case '$':
        return scan_character(lexer, start);
    default:
        return scan_other(lexer, start);
    }
}

// ---- minus signs

bool token_is_negative_number(const Token *token) {
    return token->kind == TOKEN_LITERAL && literal_is_number(&token->literal) &&
           token->text.bytes[0] == '-';
}

Token lexer_split_minus(Token *token) {
    Token number = *token;
    number.start++;
    number.text = text_slice(token->text, 1, token->text.length);
    literal_negate(&number.literal);
    token->kind = TOKEN_OPERATOR;
    token->text = text_slice(token->text, 0, 1);
    token->end = token->start + 1;
    return number;
}
