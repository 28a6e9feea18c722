// SPDX-License-Identifier: MIT
// Image files, the way out: map of addresses, header, objects, bridge. See write.h.
#include "image/write.h"

#include <stdlib.h>
#include <string.h>

#include "image/address_map.h"
#include "image/atomic_file.h"
#include "object/header.h"

enum { BUFFER_WORDS = 1 << 16 };

// The remembered set in the file: an object of the VM's own, pinned, all zeros.
enum { REMEMBERED_SET_SLOTS = 16384, REMEMBERED_SET_ROOT = CLASS_TABLE_ROOT_SLOTS + 3 };
_Static_assert(REMEMBERED_SET_SLOTS >= HEADER_SLOTS_OVERFLOW, "it has an overflow word");
#define REMEMBERED_SET_BYTES (16ull + 8ull * REMEMBERED_SET_SLOTS)

typedef struct Writer {
    AddressMap map;
    AtomicFile file;
    uint64_t *buffer;
    size_t buffered; // words
    uint64_t nil, free_lists, class_table_root;
    Diagnosis *diagnosis;
} Writer;

static Status flush(Writer *writer) {
    size_t words = writer->buffered;
    writer->buffered = 0;
    return atomic_file_write(&writer->file, writer->buffer, words * 8, writer->diagnosis);
}

static inline Status put(Writer *writer, uint64_t word) {
    if (writer->buffered == BUFFER_WORDS) {
        Status status = flush(writer);
        if (status != STATUS_OK) return status;
    }
    writer->buffer[writer->buffered++] = word;
    return STATUS_OK;
}

static Status put_reference(Writer *writer, uint64_t raw, uint64_t value) {
    if (raw_is_immediate(value)) return put(writer, value);
    uint64_t address = address_map_find(&writer->map, value);
    if (address == 0)
        return diagnose(writer->diagnosis, STATUS_CORRUPT,
                        "cannot save: the object at %#llx refers to %#llx, which is no object",
                        (unsigned long long)raw, (unsigned long long)value);
    return put(writer, address);
}

// What the file has behind the pages of the class table.
static Status put_hidden_root(Writer *writer, uint64_t raw, uint64_t i) {
    if (i == REMEMBERED_SET_ROOT)
        return put(writer, writer->map.base + writer->map.object_bytes + 8);
    return put_reference(writer, raw, writer->nil);
}

// What stands in slot i of the file's object; the free lists are empty there.
static Status put_slot(Writer *writer, uint64_t raw, uint64_t i, uint64_t pointers) {
    if (raw == writer->free_lists) return put(writer, 0);
    if (i >= pointers) return put(writer, raw_slot(raw, i));
    if (raw == writer->class_table_root && i >= CLASS_TABLE_ROOT_SLOTS)
        return put_hidden_root(writer, raw, i);
    return put_reference(writer, raw, raw_slot(raw, i));
}

static Status put_object(Writer *writer, uint64_t raw) {
    const uint64_t transient =
        HEADER_MARKED | HEADER_GREY | HEADER_REMEMBERED | HEADER_AGE_MASK;
    uint64_t slot_count = raw_slot_count(raw), pointers = raw_pointer_slot_count(raw);
    Status status = STATUS_OK;
    if (raw_has_overflow(raw))
        status = put(writer, HEADER_SLOTS_OVERFLOW << HEADER_SLOTS_SHIFT | slot_count);
    if (status == STATUS_OK) status = put(writer, raw_load(raw) & ~transient);
    for (uint64_t i = 0; i < slot_count && status == STATUS_OK; i++)
        status = put_slot(writer, raw, i, pointers);
    if (slot_count == 0 && status == STATUS_OK) status = put(writer, 0);
    return status;
}

static Status put_objects(Writer *writer) {
    Status status = STATUS_OK;
    for (size_t i = 0; i < writer->map.span_count; i++) {
        const MappedSpan *span = &writer->map.spans[i];
        for (uint64_t start = span->start; start < span->end && status == STATUS_OK;) {
            uint64_t raw = raw_object_at(start);
            if (address_map_writes(raw)) status = put_object(writer, raw);
            start = raw_end(raw);
        }
    }
    return status;
}

static Status put_header(Writer *writer, const ImageContents *contents, const ImageHeader *kept) {
    uint8_t bytes[IMAGE_HEADER_BYTES];
    ImageHeader header = *kept;
    header.format = IMAGE_SPUR64;
    header.header_size = IMAGE_HEADER_BYTES;
    header.data_bytes = writer->map.object_bytes + REMEMBERED_SET_BYTES + IMAGE_BRIDGE_BYTES;
    header.first_segment_bytes = header.data_bytes;
    header.free_old_bytes = 0;
    header.base = contents->base;
    header.last_hash = contents->last_hash;
    header.special_objects = address_map_find(&writer->map, contents->special_objects);
    image_header_encode(&header, bytes);
    Status status =
        atomic_file_write(&writer->file, header.prefix, header.prefix_bytes, writer->diagnosis);
    if (status != STATUS_OK) return status;
    return atomic_file_write(&writer->file, bytes, sizeof bytes, writer->diagnosis);
}

static Status put_remembered_set(Writer *writer) {
    Status status = put(writer, HEADER_SLOTS_OVERFLOW << HEADER_SLOTS_SHIFT | REMEMBERED_SET_SLOTS);
    if (status == STATUS_OK)
        status =
            put(writer, header_make(REMEMBERED_SET_SLOTS, FORMAT_64BIT, CLASS_INDEX_32BIT_PUN) |
                            HEADER_PINNED);
    for (uint64_t i = 0; i < REMEMBERED_SET_SLOTS && status == STATUS_OK; i++)
        status = put(writer, 0);
    return status;
}

// The bridge behind the last segment: nothing follows.
static Status put_bridge(Writer *writer) {
    Status status = put(writer, header_make(0, FORMAT_64BIT, CLASS_INDEX_BRIDGE) | HEADER_PINNED |
                                    HEADER_MARKED);
    return status == STATUS_OK ? put(writer, 0) : status;
}

static Status find_first_objects(Writer *writer, const ImageContents *contents) {
    uint64_t at = contents->spans[0].start, end = contents->spans[0].end, raw[5] = {0};
    for (int i = 0; i < 5 && at < end; i++) {
        raw[i] = raw_object_at(at);
        at = raw_end(raw[i]);
    }
    if (!raw[4] || raw_class_index(raw[3]) != CLASS_INDEX_64BIT_PUN ||
        raw_slot_count(raw[4]) != CLASS_TABLE_ROOT_SLOTS + CLASS_TABLE_HIDDEN_SLOTS)
        return diagnose(writer->diagnosis, STATUS_CORRUPT,
                        "cannot save: the first objects are not where they belong");
    writer->nil = raw[0];
    writer->free_lists = raw[3];
    writer->class_table_root = raw[4];
    return STATUS_OK;
}

static Status put_file(Writer *writer, const ImageContents *contents, const ImageHeader *header) {
    Status status = put_header(writer, contents, header);
    if (status == STATUS_OK) status = put_objects(writer);
    if (status == STATUS_OK) status = put_remembered_set(writer);
    if (status == STATUS_OK) status = put_bridge(writer);
    if (status == STATUS_OK) status = flush(writer);
    return status;
}

Status image_write_contents(const ImageContents *contents, const ImageHeader *header,
                            const char *path, Diagnosis *diagnosis) {
    Writer writer = {.diagnosis = diagnosis};
    writer.buffer = malloc(BUFFER_WORDS * 8);
    Status status = writer.buffer ? find_first_objects(&writer, contents) : STATUS_NO_MEMORY;
    if (status == STATUS_OK) status = address_map_init(&writer.map, contents);
    if (status == STATUS_NO_MEMORY) diagnose(diagnosis, status, "not enough memory to save");
    if (status == STATUS_OK) status = atomic_file_begin(&writer.file, path, diagnosis);
    if (status == STATUS_OK) {
        status = put_file(&writer, contents, header);
        if (status == STATUS_OK)
            status = atomic_file_commit(&writer.file, diagnosis);
        else
            atomic_file_abandon(&writer.file);
    }
    address_map_release(&writer.map);
    free(writer.buffer);
    return status;
}
