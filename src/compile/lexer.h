// SPDX-License-Identifier: MIT
// The lexer: source text (UTF-8) to tokens, as Pharo's scanner cuts them.
//
// - `-` directly before a digit always begins a number; where an operator is wanted the parser
//   splits the token again (lexer_split_minus): `3-4` is a message, `#(3-4)` are two numbers.
// - Inside a literal array words are symbols, with any colons, and operators are too.
// - Comments and blanks are skipped. A bad token (TOKEN_ERROR) has been reported already.
#ifndef PARLEY_COMPILE_LEXER_H
#define PARLEY_COMPILE_LEXER_H

#include "compile/code.h"
#include "compile/diagnostic.h"

typedef enum TokenKind {
    TOKEN_END,
    TOKEN_ERROR,
    TOKEN_NAME,
    TOKEN_KEYWORD,  // with its colon
    TOKEN_OPERATOR, // a binary selector
    TOKEN_ASSIGN,
    TOKEN_LITERAL,
    TOKEN_ARRAY,      // #(
    TOKEN_BYTE_ARRAY, // #[
    TOKEN_SPECIAL,    // one of ( ) . : ; [ ] { } ^
} TokenKind;

typedef struct Token {
    TokenKind kind;
    char special;    // of TOKEN_SPECIAL
    Text text;       // the token as written
    Literal literal; // of TOKEN_LITERAL
    uint32_t start, end;
} Token;

typedef struct Lexer {
    SourcePlace *place;
    CodeArena *arena;
    Diagnostics *diagnostics;
    size_t at;
    bool in_literal_array;
} Lexer;

void lexer_start(Lexer *lexer, SourcePlace *place, CodeArena *arena, Diagnostics *diagnostics);
Token lexer_next(Lexer *lexer);

// Is this the literal of a negative number (-0 included)? Then it can be split.
bool token_is_negative_number(const Token *token);
// Makes an operator - of the token and answers the number behind it, without its sign.
Token lexer_split_minus(Token *token);

// ---- pieces that others use too
// Decodes the character at *at and moves on; a byte that is no UTF-8 answers false and is skipped.
bool text_next_character(Text text, size_t *at, uint32_t *character);
bool character_begins_name(uint32_t character);
bool character_is_operator(uint32_t character);

#endif
