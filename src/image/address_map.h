// SPDX-License-Identifier: MIT
// Where each object will stand in the file: one bit for every word that is written, and for every
// 64 words the count of bytes written before them. The address of an object in the file is then
// a table entry and a population count, as in compacting collectors with mark bitmaps (Kermany
// and Petrank, "The Compressor", 2006).
#ifndef PARLEY_IMAGE_ADDRESS_MAP_H
#define PARLEY_IMAGE_ADDRESS_MAP_H

#include "image/write.h"

typedef struct MappedSpan {
    uint64_t start, end;
    uint64_t *written; // one bit per word
    uint64_t *before;  // per word of `written`: bytes of the file's objects in front of it
} MappedSpan;

typedef struct AddressMap {
    MappedSpan *spans;       // in the order of the contents
    MappedSpan **by_address; // the same, ascending
    size_t span_count;
    const MappedSpan *last_hit;
    uint64_t base;
    uint64_t object_bytes;
} AddressMap;

// Is the object written at all?
bool address_map_writes(uint64_t raw);
MUST_USE Status address_map_init(AddressMap *map, const ImageContents *contents);
void address_map_release(AddressMap *map);
// The address in the file of the object, or of what it is a forwarder to; 0: it is not written.
uint64_t address_map_find(AddressMap *map, uint64_t raw);

#endif
