// SPDX-License-Identifier: MIT
// Image headers: parse, check, encode. All fields go through format.tbl.
#include "image/format.h"

#include <stdbool.h>

#include "base/bits.h"

typedef struct FormatName {
    uint32_t number;
    const char *name;
} FormatName;

static const FormatName format_names[] = {
    {IMAGE_SPUR64, "Spur, 64 bits"},
    {IMAGE_SPUR64_MULTIPLE_SETS, "Spur, 64 bits, several bytecode sets"},
    {68019, "Spur, 64 bits, early version"},
    {6521, "Spur, 32 bits"},
    {7033, "Spur, 32 bits, several bytecode sets"},
    {6502, "V3, 32 bits"},
    {6504, "V3, 32 bits, closures"},
    {6505, "V3, 32 bits, closures, native floats"},
    {68000, "V3, 64 bits"},
    {68002, "V3, 64 bits, closures"},
    {68003, "V3, 64 bits, closures, native floats"},
};

const char *image_format_name(uint32_t format) {
    for (size_t i = 0; i < sizeof format_names / sizeof *format_names; i++)
        if (format_names[i].number == format) return format_names[i].name;
    return NULL;
}

static bool format_is_readable(uint32_t format) {
    return format == IMAGE_SPUR64 || format == IMAGE_SPUR64_MULTIPLE_SETS;
}

// Does a header seem to stand here, of any format and byte order?
static bool looks_like_header(const uint8_t *bytes) {
    uint32_t number = load_u32(bytes);
    return image_format_name(number) || image_format_name(__builtin_bswap32(number));
}

static Status check_format(uint32_t number, Diagnosis *diagnosis) {
    if (format_is_readable(number)) return STATUS_OK;
    const char *name = image_format_name(number);
    if (name)
        return diagnose(diagnosis, STATUS_UNSUPPORTED_FORMAT,
                        "image format %u (%s) is not supported; supported: %d (Spur, 64 bits)",
                        number, name, IMAGE_SPUR64);
    number = __builtin_bswap32(number);
    return diagnose(diagnosis, STATUS_UNSUPPORTED_FORMAT,
                    "image format %u (%s), of the other byte order, is not supported", number,
                    image_format_name(number));
}

static void read_fields(ImageHeader *header, const uint8_t *bytes) {
    memcpy(header->raw, bytes, IMAGE_HEADER_BYTES);
#define HEADER_FIELD(offset, type, name, text) header->name = load_##type(bytes + (offset));
#include "image/format.tbl"
#undef HEADER_FIELD
}

// Sizes that contradict each other or the file.
static Status check_sizes(const ImageHeader *header, uint64_t file_bytes, Diagnosis *diagnosis) {
    if (header->header_size < IMAGE_HEADER_LEAST_BYTES ||
        header->header_size > IMAGE_HEADER_MOST_BYTES || header->header_size % 8)
        return diagnose(diagnosis, STATUS_BAD_HEADER, "damaged image header: header size %u",
                        header->header_size);
    if (header->data_bytes % 8 || header->data_bytes < IMAGE_BRIDGE_BYTES ||
        header->data_bytes >> 56)
        return diagnose(diagnosis, STATUS_BAD_HEADER, "damaged image header: data size %llu",
                        (unsigned long long)header->data_bytes);
    uint64_t needed = header->prefix_bytes + header->header_size + header->data_bytes;
    if (needed > file_bytes)
        return diagnose(diagnosis, STATUS_TRUNCATED,
                        "image file is truncated: %llu bytes, its header says %llu",
                        (unsigned long long)file_bytes, (unsigned long long)needed);
    if (header->first_segment_bytes % 8 || header->first_segment_bytes < IMAGE_BRIDGE_BYTES ||
        header->first_segment_bytes > header->data_bytes)
        return diagnose(diagnosis, STATUS_BAD_HEADER,
                        "damaged image header: first segment size %llu of %llu",
                        (unsigned long long)header->first_segment_bytes,
                        (unsigned long long)header->data_bytes);
    return STATUS_OK;
}

static Status check_addresses(const ImageHeader *header, Diagnosis *diagnosis) {
    uint64_t end;
    if (header->base % 8 || __builtin_add_overflow(header->base, header->data_bytes, &end))
        return diagnose(diagnosis, STATUS_BAD_HEADER, "damaged image header: base address %#llx",
                        (unsigned long long)header->base);
    if (header->special_objects % 8 || header->special_objects < header->base)
        return diagnose(diagnosis, STATUS_BAD_HEADER,
                        "damaged image header: special objects array at %#llx",
                        (unsigned long long)header->special_objects);
    return STATUS_OK;
}

enum {
#define HEADER_FIELD(offset, type, name, text) OFFSET_##name = offset,
#include "image/format.tbl"
#undef HEADER_FIELD
};

Status image_header_parse(ImageHeader *header, const uint8_t *bytes, size_t count,
                          uint64_t file_bytes, Diagnosis *diagnosis) {
    memset(header, 0, sizeof *header);
    if (count < 4) return diagnose(diagnosis, STATUS_NOT_AN_IMAGE, "not a Smalltalk image");
    if (!looks_like_header(bytes)) {
        if (count < IMAGE_PREFIX_BYTES + 4 || !looks_like_header(bytes + IMAGE_PREFIX_BYTES))
            return diagnose(diagnosis, STATUS_NOT_AN_IMAGE, "not a Smalltalk image");
        memcpy(header->prefix, bytes, IMAGE_PREFIX_BYTES);
        header->prefix_bytes = IMAGE_PREFIX_BYTES;
        bytes += IMAGE_PREFIX_BYTES;
        count -= IMAGE_PREFIX_BYTES;
    }
    Status status = check_format(load_u32(bytes), diagnosis);
    if (status != STATUS_OK) return status;
    if (count < IMAGE_HEADER_LEAST_BYTES)
        return diagnose(diagnosis, STATUS_TRUNCATED, "image file is truncated: no whole header");
    uint8_t whole[IMAGE_HEADER_BYTES] = {0};
    uint32_t own_bytes = load_u32(bytes + OFFSET_header_size); // objects may begin behind
    if (own_bytes < count) count = own_bytes;
    memcpy(whole, bytes, count < sizeof whole ? count : sizeof whole);
    read_fields(header, whole);
    status = check_sizes(header, file_bytes, diagnosis);
    return status == STATUS_OK ? check_addresses(header, diagnosis) : status;
}

void image_header_default(ImageHeader *header) {
    memset(header, 0, sizeof *header);
    header->format = IMAGE_SPUR64;
    header->header_size = IMAGE_HEADER_BYTES;
    header->flags = IMAGE_FLAG_FLOATS_LITTLE_ENDIAN;
}

void image_header_encode(const ImageHeader *header, uint8_t bytes[IMAGE_HEADER_BYTES]) {
    memcpy(bytes, header->raw, IMAGE_HEADER_BYTES);
#define HEADER_FIELD(offset, type, name, text) store_##type(bytes + (offset), header->name);
#include "image/format.tbl"
#undef HEADER_FIELD
}
