// SPDX-License-Identifier: MIT
// The header of an image file: its fields (format.tbl), reading them from bytes that nobody has
// checked yet, and writing them back. Bytes that no field names are kept as they were.
//
//   file:  | prefix, 0 or 512 bytes | header | segment | segment | ...
//
// A segment is a run of objects that ends in a bridge of 16 bytes. In the file the bridge says
// where the next segment stood in memory and how long it is:
//
//   byte 0   the distance from this segment's end to the next one's start, as the slot count of an
//            overflow header (top byte 255, distance / 8 below); top byte 0: no distance
//   byte 8   the size in bytes of the next segment, bridge included; 0: this one is the last
#ifndef PARLEY_IMAGE_FORMAT_H
#define PARLEY_IMAGE_FORMAT_H

#include <stddef.h>
#include <stdint.h>

#include "base/status.h"

enum {
    IMAGE_SPUR64 = 68021,
    IMAGE_SPUR64_MULTIPLE_SETS = 68533, // says that methods of several bytecode sets occur
    IMAGE_PREFIX_BYTES = 512,
    IMAGE_HEADER_BYTES = 128,      // what is written
    IMAGE_HEADER_LEAST_BYTES = 88, // what is accepted: all fields of the table
    IMAGE_HEADER_MOST_BYTES = 4096,
    IMAGE_BRIDGE_BYTES = 16,
};

enum {
#define HEADER_FLAG(bit, NAME, text) IMAGE_FLAG_##NAME = bit,
#include "image/flags.tbl"
#undef HEADER_FLAG
};

typedef struct ImageHeader {
#define HEADER_TYPE_u16                        uint16_t
#define HEADER_TYPE_u32                        uint32_t
#define HEADER_TYPE_u64                        uint64_t
#define HEADER_FIELD(offset, type, name, text) HEADER_TYPE_##type name;
#include "image/format.tbl"
#undef HEADER_FIELD
    uint8_t raw[IMAGE_HEADER_BYTES];    // as read
    uint8_t prefix[IMAGE_PREFIX_BYTES]; // what stood before the header
    uint32_t prefix_bytes;
} ImageHeader;

// Reads a header from the first `count` bytes of a file that is `file_bytes` long, and checks all
// that can be checked without the objects. NOT_AN_IMAGE, UNSUPPORTED_FORMAT (a known format that
// this reader does not take), BAD_HEADER and TRUNCATED come with a diagnosis.
MUST_USE Status image_header_parse(ImageHeader *header, const uint8_t *bytes, size_t count,
                                   uint64_t file_bytes, Diagnosis *diagnosis);
// Enough bytes for image_header_parse to see the whole header of any image.
enum { IMAGE_PEEK_BYTES = IMAGE_PREFIX_BYTES + IMAGE_HEADER_BYTES };

// A header for an image that was made here.
void image_header_default(ImageHeader *header);
// The IMAGE_HEADER_BYTES bytes of the header in a file.
void image_header_encode(const ImageHeader *header, uint8_t bytes[IMAGE_HEADER_BYTES]);
// What a format number means: "Spur, 64 bits"; NULL when it is none.
const char *image_format_name(uint32_t format);

#endif
