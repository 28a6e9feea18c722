// SPDX-License-Identifier: MIT
// Writing JSON: see json.h.
#include "cmd/json.h"

#include <string.h>

void json_begin(Json *json, FILE *to) { *json = (Json){.to = to}; }

void json_end(Json *json) { fputc('\n', json->to); }

// The length of the UTF-8 sequence that begins here; 0 when it is none.
static unsigned utf8_length(const unsigned char *at) {
    unsigned length = at[0] < 0x80   ? 1
                      : at[0] < 0xC2 ? 0
                      : at[0] < 0xE0 ? 2
                      : at[0] < 0xF0 ? 3
                      : at[0] < 0xF5 ? 4
                                     : 0;
    for (unsigned i = 1; i < length; i++)
        if ((at[i] & 0xC0) != 0x80) return 0;
    return length;
}

static void put_text(FILE *to, const char *text) {
    fputc('"', to);
    for (const unsigned char *at = (const unsigned char *)text; *at;) {
        unsigned length = utf8_length(at);
        if (length == 0)
            fprintf(to, "\\u%04x", *at);
        else if (*at == '"' || *at == '\\')
            fprintf(to, "\\%c", *at);
        else if (*at < 32)
            fprintf(to, "\\u%04x", *at);
        else
            fwrite(at, 1, length, to);
        at += length ? length : 1;
    }
    fputc('"', to);
}

// The comma, line break and key in front of a member.
static void next_member(Json *json, const char *key) {
    if (json->depth > 0) {
        fputs(json->has_members[json->depth - 1] ? ",\n" : "\n", json->to);
        json->has_members[json->depth - 1] = true;
        fprintf(json->to, "%*s", 2 * json->depth, "");
    }
    if (!key) return;
    put_text(json->to, key);
    fputs(": ", json->to);
}

void json_open(Json *json, const char *key, char bracket) {
    next_member(json, key);
    fputc(bracket, json->to);
    json->closing[json->depth] = bracket == '{' ? '}' : ']';
    json->has_members[json->depth++] = false;
}

void json_close(Json *json) {
    json->depth--;
    if (json->has_members[json->depth]) fprintf(json->to, "\n%*s", 2 * json->depth, "");
    fputc(json->closing[json->depth], json->to);
}

void json_number(Json *json, const char *key, uint64_t number) {
    next_member(json, key);
    fprintf(json->to, "%llu", (unsigned long long)number);
}

void json_bool(Json *json, const char *key, bool value) {
    next_member(json, key);
    fputs(value ? "true" : "false", json->to);
}

void json_string(Json *json, const char *key, const char *text) {
    next_member(json, key);
    put_text(json->to, text);
}
