// SPDX-License-Identifier: MIT
// JSON, written as it comes: nesting and commas are kept here, the caller says what comes next.
//
//     Json json;
//     json_begin(&json, stdout);
//     json_open(&json, NULL, '{');
//     json_number(&json, "count", 3);
//     json_close(&json);
//     json_end(&json);
#ifndef PARLEY_CMD_JSON_H
#define PARLEY_CMD_JSON_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

enum { JSON_DEPTH_LIMIT = 16 };

typedef struct Json {
    FILE *to;
    int depth;
    char closing[JSON_DEPTH_LIMIT];
    bool has_members[JSON_DEPTH_LIMIT];
} Json;

void json_begin(Json *json, FILE *to);
void json_end(Json *json);
// `key` is NULL inside an array. `bracket` is '{' or '['.
void json_open(Json *json, const char *key, char bracket);
void json_close(Json *json);
void json_number(Json *json, const char *key, uint64_t number);
void json_bool(Json *json, const char *key, bool value);
// Bytes that are no UTF-8 are taken for Latin-1.
void json_string(Json *json, const char *key, const char *text);

#endif
