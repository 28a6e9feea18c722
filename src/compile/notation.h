// SPDX-License-Identifier: MIT
// The notations in which source files write their properties: STON as Tonel uses it (symbols,
// strings in single quotes, `{ #key : value }`, `[ value ]`) and JSON as FileTree does. One reader
// takes both, and the spellings in between that older tools have written.
#ifndef PARLEY_COMPILE_NOTATION_H
#define PARLEY_COMPILE_NOTATION_H

#include "compile/source_tree.h"

typedef enum NotationKind {
    NOTATION_TEXT, // a string or symbol, escapes resolved
    NOTATION_WORD, // a number, true, false, nil, null, a bare name: as written
    NOTATION_LIST, // items; also what follows a class name, as in Date['2020-01-01']
    NOTATION_MAP,  // keys and items
} NotationKind;

typedef struct Notation Notation;
struct Notation {
    NotationKind kind;
    size_t offset; // in the file
    Text text;
    Text *keys;
    Notation **items;
    size_t count, capacity, key_capacity;
};

// Reads the value that begins at *at, behind white space, and moves *at behind it. NULL after a
// complaint.
Notation *notation_read(SourceTree *tree, const SourceFile *file, size_t *at);

// What a map has under a key; NULL: nothing, or no map.
const Notation *notation_at(const Notation *map, const char *key);
// The text of a text or word; empty for anything else.
Text notation_text(const Notation *value);
Text notation_text_at(const Notation *map, const char *key);
// Adds the texts of a list; those of the words of a text, too, as some tools write lists.
void notation_texts_at(SourceTree *tree, const Notation *map, const char *key, Texts *texts);

#endif
