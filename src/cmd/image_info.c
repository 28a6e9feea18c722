// SPDX-License-Identifier: MIT
// parley image info: what is in an image file, for people or as JSON.
#include <stdio.h>
#include <string.h>

#include "cmd/command.h"
#include "cmd/json.h"
#include "cmd/loaded_image.h"
#include "cmd/statistics.h"
#include "run/primitive.h"

typedef struct HeaderRow {
    const char *key, *text;
    uint64_t value;
} HeaderRow;

enum {
#define HEADER_FIELD(offset, type, name, text) ROW_##name,
#include "image/format.tbl"
#undef HEADER_FIELD
    HEADER_ROW_COUNT
};

static void header_rows(const ImageHeader *header, HeaderRow rows[HEADER_ROW_COUNT]) {
#define HEADER_FIELD(offset, type, name, text)                                                     \
    rows[ROW_##name] = (HeaderRow){#name, text, header->name};
#include "image/format.tbl"
#undef HEADER_FIELD
}

typedef struct FlagRow {
    uint64_t bit;
    const char *text;
} FlagRow;

static const FlagRow flag_rows[] = {
#define HEADER_FLAG(bit, NAME, text) {bit, text},
#include "image/flags.tbl"
#undef HEADER_FLAG
};
enum { FLAG_ROW_COUNT = sizeof flag_rows / sizeof *flag_rows };

static const char *primitive_name(unsigned number) {
    const Primitive *row = primitive_numbered(number);
    return row ? row->name : "?";
}

// ---- for people

static void print_header(const LoadedImage *image) {
    HeaderRow rows[HEADER_ROW_COUNT];
    header_rows(&image->header, rows);
    printf("format: %u (%s)\n", image->header.format, image_format_name(image->header.format));
    for (int i = 1; i < HEADER_ROW_COUNT; i++) {
        bool address = i == ROW_base || i == ROW_special_objects || i == ROW_last_hash;
        printf(address ? "  %-40s %#llx\n" : "  %-40s %llu\n", rows[i].text,
               (unsigned long long)rows[i].value);
    }
    for (int i = 0; i < FLAG_ROW_COUNT; i++)
        if (image->header.flags & flag_rows[i].bit) printf("    flag: %s\n", flag_rows[i].text);
    printf("  %-40s %llu\n", "segments", (unsigned long long)image->segment_count);
}

static void print_formats(const Statistics *s) {
    printf("\nobjects: %llu, %llu bytes\n", (unsigned long long)s->objects,
           (unsigned long long)s->bytes);
    for (unsigned i = 0; i < FORMAT_COUNT; i++)
        if (s->format_counts[i])
            printf("  %9llu %11llu bytes  format %2u, %s\n",
                   (unsigned long long)s->format_counts[i], (unsigned long long)s->format_bytes[i],
                   i, statistics_format_name(i));
}

static void print_primitives(const Statistics *s) {
    printf("\nmethods: %llu, %llu with V3PlusClosures bytecodes, %llu with SistaV1\n",
           (unsigned long long)s->methods, (unsigned long long)s->v3_methods,
           (unsigned long long)s->sista_methods);
    puts("primitives that they ask for:");
    for (unsigned i = 0; i <= PRIMITIVE_NUMBER_LIMIT; i++)
        if (s->numbered[i])
            printf("  %9llu  %4u %s%s\n", (unsigned long long)s->numbered[i], i, primitive_name(i),
                   statistics_has_primitive(i) ? "" : "  MISSING");
    for (size_t i = 0; i < s->named.count; i++) {
        const NamedCount *named = &s->named.items[i];
        printf("  %9llu  %s%s%s%s\n", (unsigned long long)named->methods, named->module,
               named->module[0] ? "." : "", named->name, named->is_here ? "" : "  MISSING");
    }
}

static void print_classes(const Statistics *s) {
    printf("\nclasses with instances: %zu\n", s->classes.count);
    for (size_t i = 0; i < s->classes.count; i++) {
        const ClassCount *c = &s->classes.items[i];
        printf("  %9llu %11llu bytes  %s (index %llu)\n", (unsigned long long)c->count,
               (unsigned long long)c->bytes, c->name, (unsigned long long)c->class_index);
    }
}

static void print_text(const LoadedImage *image, const Statistics *s) {
    print_header(image);
    print_formats(s);
    print_primitives(s);
    print_classes(s);
}

// ---- for programs

static void json_header(Json *json, const LoadedImage *image) {
    HeaderRow rows[HEADER_ROW_COUNT];
    header_rows(&image->header, rows);
    json_open(json, "header", '{');
    for (int i = 0; i < HEADER_ROW_COUNT; i++)
        json_number(json, rows[i].key, rows[i].value);
    json_close(json);
    json_open(json, "flags", '[');
    for (int i = 0; i < FLAG_ROW_COUNT; i++)
        if (image->header.flags & flag_rows[i].bit) json_string(json, NULL, flag_rows[i].text);
    json_close(json);
}

static void json_objects(Json *json, const Statistics *s) {
    json_number(json, "objects", s->objects);
    json_number(json, "bytes", s->bytes);
    json_open(json, "formats", '[');
    for (unsigned i = 0; i < FORMAT_COUNT; i++) {
        if (!s->format_counts[i]) continue;
        json_open(json, NULL, '{');
        json_number(json, "format", i);
        json_string(json, "kind", statistics_format_name(i));
        json_number(json, "count", s->format_counts[i]);
        json_number(json, "bytes", s->format_bytes[i]);
        json_close(json);
    }
    json_close(json);
    json_open(json, "classes", '[');
    for (size_t i = 0; i < s->classes.count; i++) {
        const ClassCount *c = &s->classes.items[i];
        json_open(json, NULL, '{');
        json_number(json, "class_index", c->class_index);
        json_string(json, "name", c->name);
        json_number(json, "count", c->count);
        json_number(json, "bytes", c->bytes);
        json_close(json);
    }
    json_close(json);
}

static void json_numbered(Json *json, const Statistics *s) {
    json_open(json, "numbered_primitives", '[');
    for (unsigned i = 0; i <= PRIMITIVE_NUMBER_LIMIT; i++) {
        if (!s->numbered[i]) continue;
        json_open(json, NULL, '{');
        json_number(json, "number", i);
        json_string(json, "name", primitive_name(i));
        json_number(json, "methods", s->numbered[i]);
        json_bool(json, "missing", !statistics_has_primitive(i));
        json_close(json);
    }
    json_close(json);
}

static void json_named(Json *json, const Statistics *s) {
    json_open(json, "named_primitives", '[');
    for (size_t i = 0; i < s->named.count; i++) {
        const NamedCount *named = &s->named.items[i];
        json_open(json, NULL, '{');
        json_string(json, "module", named->module);
        json_string(json, "name", named->name);
        json_number(json, "methods", named->methods);
        json_bool(json, "missing", !named->is_here);
        json_close(json);
    }
    json_close(json);
}

static void print_json(const LoadedImage *image, const Statistics *s) {
    Json json;
    json_begin(&json, stdout);
    json_open(&json, NULL, '{');
    json_string(&json, "format_name", image_format_name(image->header.format));
    json_number(&json, "prefix_bytes", image->header.prefix_bytes);
    json_number(&json, "segments", image->segment_count);
    json_header(&json, image);
    json_number(&json, "methods", s->methods);
    json_open(&json, "bytecode_sets", '{');
    json_number(&json, "V3PlusClosures", s->v3_methods);
    json_number(&json, "SistaV1", s->sista_methods);
    json_close(&json);
    json_numbered(&json, s);
    json_named(&json, s);
    json_objects(&json, s);
    json_close(&json);
    json_end(&json);
}

// ---- the command

int image_info_run(const char *path, bool as_json) {
    LoadedImage image;
    Statistics statistics;
    Diagnosis diagnosis = {""};
    if (loaded_image_open(&image, path, 0, &diagnosis) != STATUS_OK)
        return complain("%s: %s", path, diagnosis.text);
    int code = EXIT_OK;
    if (statistics_gather(&statistics, image.vm) != STATUS_OK) {
        code = complain("not enough memory");
    } else {
        if (as_json)
            print_json(&image, &statistics);
        else
            print_text(&image, &statistics);
        statistics_release(&statistics);
    }
    loaded_image_release(&image);
    return code;
}
