// SPDX-License-Identifier: MIT
// Puts a method into an image file: tests write programs for real images, which have no compiler
// that this VM could ask.
//
//     inject IN OUT 'Class>>selector' TEMPS CODE [LITERAL...]
//
// The class has a method for that selector, which is replaced; the new one takes as many arguments,
// has TEMPS temporaries besides, and runs CODE, bytecodes of V3PlusClosures as hexadecimal digits
// (blanks between them are fine). A literal is
//     'text   a string           #text   the symbol of that name      12   a SmallInteger
//     Name    the class of that name
// Selector and class binding, the last two literals, are those of the method replaced. Exit code 2,
// with a line that says why, when something is not found.
#include <ctype.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "image/read.h"
#include "image/write.h"
#include "object/header.h"
#include "object/layouts.h"

// NO_TRAILER: the last byte of a method without source, as images know it.
enum { CODE_LIMIT = 1000, ROOM = 64 << 10, CLASS_NAME = 6, NO_TRAILER = 4 };

typedef struct Injector {
    uint64_t start, end;
    uint64_t string_class_index, symbol_class_index;
} Injector;

static _Noreturn void fail(const char *what, const char *which) {
    fprintf(stderr, "inject: %s%s%s\n", what, which ? ": " : "", which ? which : "");
    exit(2);
}

// ---- finding

static bool bytes_are(uint64_t raw, const char *text, size_t length) {
    if (raw_is_immediate(raw) || (raw_format(raw) & ~7u) != FORMAT_8BIT) return false;
    uint64_t bytes = raw_slot_count(raw) * 8 - (raw_format(raw) & 7);
    return bytes == length && memcmp((const char *)(uintptr_t)raw + 8, text, length) == 0;
}

static bool is_dictionary(uint64_t raw) {
    return !raw_is_immediate(raw) && format_is_pointers(raw_format(raw)) &&
           raw_slot_count(raw) > METHOD_DICTIONARY_FIRST_KEY;
}

static bool is_class_named(uint64_t raw, const char *name, size_t length) {
    if (raw_format(raw) != FORMAT_FIXED || raw_slot_count(raw) <= CLASS_NAME) return false;
    return (raw_slot(raw, CLASS_FORMAT) & TAG_MASK) == TAG_INT &&
           is_dictionary(raw_slot(raw, CLASS_METHOD_DICTIONARY)) &&
           bytes_are(raw_slot(raw, CLASS_NAME), name, length);
}

static uint64_t find_class(const Injector *in, const char *name, size_t length) {
    for (uint64_t raw = raw_object_at(in->start); raw < in->end;
         raw = raw_object_at(raw_end(raw))) {
        if (is_class_named(raw, name, length)) return raw;
        if (raw_end(raw) >= in->end) break;
    }
    fail("no such class", name);
}

static uint64_t find_symbol(const Injector *in, const char *text) {
    for (uint64_t raw = raw_object_at(in->start); raw < in->end;
         raw = raw_object_at(raw_end(raw))) {
        if (raw_class_index(raw) == in->symbol_class_index && bytes_are(raw, text, strlen(text)))
            return raw;
        if (raw_end(raw) >= in->end) break;
    }
    fail("no such symbol", text);
}

// The place of the method in its dictionary's array.
static uint64_t find_method(Injector *in, const char *name) {
    const char *arrows = strstr(name, ">>");
    if (!arrows) fail("not Class>>selector", name);
    uint64_t class_object = find_class(in, name, (size_t)(arrows - name));
    uint64_t dictionary = raw_slot(class_object, CLASS_METHOD_DICTIONARY);
    uint64_t methods = raw_slot(dictionary, METHOD_DICTIONARY_METHODS);
    for (uint64_t i = METHOD_DICTIONARY_FIRST_KEY; i < raw_slot_count(dictionary); i++) {
        uint64_t key = raw_slot(dictionary, i);
        if (!bytes_are(key, arrows + 2, strlen(arrows + 2))) continue;
        in->symbol_class_index = raw_class_index(key);
        return raw_slot_address(methods, i - METHOD_DICTIONARY_FIRST_KEY);
    }
    fail("no such method", name);
}

// ---- making

// A fresh object behind the others.
static uint64_t new_object(Injector *in, uint64_t class_index, unsigned format, uint64_t slots) {
    uint64_t raw = in->end;
    in->end += 8 * (1 + (slots ? slots : 1));
    raw_store(raw, header_make(slots, format, class_index));
    return raw;
}

static uint64_t new_bytes(Injector *in, uint64_t class_index, unsigned format, size_t bytes) {
    return new_object(in, class_index, format + (unsigned)(-bytes & 7), (bytes + 7) / 8);
}

static uint64_t new_string(Injector *in, const char *text) {
    uint64_t raw = new_bytes(in, in->string_class_index, FORMAT_8BIT, strlen(text));
    memcpy((char *)(uintptr_t)raw + 8, text, strlen(text));
    return raw;
}

static uint64_t literal_of(Injector *in, const char *text) {
    if (*text == '\'') return new_string(in, text + 1);
    if (*text == '#') return find_symbol(in, text + 1);
    if (isdigit((unsigned char)*text)) return raw_from_int(strtoll(text, NULL, 10));
    return find_class(in, text, strlen(text));
}

static size_t parse_code(const char *text, uint8_t code[CODE_LIMIT]) {
    size_t count = 0;
    for (; *text; text += isspace((unsigned char)*text) ? 1 : 2) {
        if (isspace((unsigned char)*text)) continue;
        char digits[3] = {text[0], text[1], 0}, *end;
        if (count == CODE_LIMIT) fail("too much code", NULL);
        code[count++] = (uint8_t)strtoul(digits, &end, 16);
        if (end != digits + 2) fail("not two hexadecimal digits", digits);
    }
    if (count == CODE_LIMIT) fail("too much code", NULL);
    code[count++] = NO_TRAILER;
    return count;
}

static uint64_t new_method(Injector *in, uint64_t old, uint64_t temps, const char *code_text,
                           int literal_count, char **literals) {
    uint8_t code[CODE_LIMIT];
    size_t code_bytes = parse_code(code_text, code);
    uint64_t all = (uint64_t)literal_count + 2;
    uint64_t made[16];
    for (int i = 0; i < literal_count; i++)
        made[i] = literal_of(in, literals[i]);
    uint64_t method =
        new_bytes(in, raw_class_index(old), FORMAT_COMPILED_METHOD, (all + 1) * 8 + code_bytes);
    uint64_t header = raw_slot(old, 0) >> TAG_BITS, arguments = header >> 24 & 15;
    const uint64_t large_frame = 1 << 17;
    raw_store(
        raw_slot_address(method, 0),
        raw_from_int((int64_t)(all | large_frame | (arguments + temps) << 18 | arguments << 24)));
    for (int i = 0; i < literal_count; i++)
        raw_store(raw_slot_address(method, (uint64_t)i + 1), made[i]);
    uint64_t old_literals = header & 0x7FFF;
    raw_store(raw_slot_address(method, all - 1), raw_slot(old, old_literals - 1));
    raw_store(raw_slot_address(method, all), raw_slot(old, old_literals));
    memcpy((char *)(uintptr_t)raw_slot_address(method, all + 1), code, code_bytes);
    return method;
}

int main(int argc, char **argv) {
    if (argc < 6 || argc > 6 + 16) {
        fprintf(stderr, "usage: inject IN OUT 'Class>>selector' TEMPS CODE [LITERAL...]\n");
        return 2;
    }
    ImageFile file;
    Diagnosis why = {""};
    uint64_t special;
    if (image_file_open(&file, argv[1], &why) != STATUS_OK) fail(argv[1], why.text);
    void *memory = calloc(1, file.object_bytes + ROOM);
    Injector in = {.string_class_index = CLASS_INDEX_BYTE_STRING};
    in.start = (uint64_t)(uintptr_t)memory;
    in.end = in.start + file.object_bytes;
    if (image_file_read(&file, in.start, &special, &why) != STATUS_OK) fail(argv[1], why.text);
    uint64_t place = find_method(&in, argv[3]);
    raw_store(place, new_method(&in, raw_load(place), strtoul(argv[4], NULL, 10), argv[5], argc - 6,
                                argv + 6));
    ImageSpan span = {in.start, in.end};
    ImageContents contents = {&span, 1, special, file.header.last_hash, file.header.base};
    if (image_write_contents(&contents, &file.header, argv[2], &why) != STATUS_OK)
        fail(argv[2], why.text);
    image_file_close(&file);
    free(memory);
    return 0;
}
