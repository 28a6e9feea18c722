// SPDX-License-Identifier: MIT
// Text: bytes that somebody else owns, with their length. The compiler's names, selectors and
// literals are pieces of the source or of the arena; nothing is terminated, nothing is freed.
#ifndef PARLEY_COMPILE_TEXT_H
#define PARLEY_COMPILE_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

typedef struct Text {
    const char *bytes;
    size_t length;
} Text;

// The arguments of a "%.*s" in a format.
#define TEXT_ARGUMENTS(text) (int)(text).length, (text).bytes

static inline Text text_from_chars(const char *chars) { return (Text){chars, strlen(chars)}; }

static inline bool text_equals(Text a, Text b) {
    return a.length == b.length && (a.length == 0 || memcmp(a.bytes, b.bytes, a.length) == 0);
}

static inline bool text_is(Text text, const char *chars) {
    return text_equals(text, text_from_chars(chars));
}

// From start up to, but without, end.
static inline Text text_slice(Text text, size_t start, size_t end) {
    return (Text){text.bytes + start, end - start};
}

#endif
