// SPDX-License-Identifier: MIT
// An image file into a heap: one segment takes all objects, whatever the file had.
#include "base/os_memory.h"
#include "image/read.h"
#include "object/header.h"

static Status add_segment(const ImageFile *file, Heap *heap, uint64_t *start,
                          Diagnosis *diagnosis) {
    Status status = heap_add_segment(heap, file->object_bytes, start);
    if (status == STATUS_OK) return STATUS_OK;
    return diagnose(diagnosis, status, "no memory for the %llu bytes of the image",
                    (unsigned long long)file->object_bytes);
}

static Status read_and_adopt(ImageFile *file, Heap *heap, uint64_t start, Diagnosis *diagnosis) {
    uint64_t special_objects;
    Status status = image_file_read(file, start, &special_objects, diagnosis);
    if (status != STATUS_OK) return status;
    return heap_adopt_image(heap, oop_from_bits(special_objects), file->header.last_hash,
                            diagnosis);
}

Status image_file_load(ImageFile *file, Heap *heap, Diagnosis *diagnosis) {
    uint64_t start;
    Status status = add_segment(file, heap, &start, diagnosis);
    return status == STATUS_OK ? read_and_adopt(file, heap, start, diagnosis) : status;
}

Status image_file_load_own(ImageFile *file, Heap *heap, Diagnosis *diagnosis) {
    uint64_t start;
    Status status = add_segment(file, heap, &start, diagnosis);
    if (status != STATUS_OK) return status;
    if (start != file->header.base || file->segments.count != 1)
        return read_and_adopt(file, heap, start, diagnosis);
    os_memory_copy_own(start, file->memory + file->header.prefix_bytes + file->header.header_size,
                       file->object_bytes);
    return heap_adopt_clean_image(heap, oop_from_bits(file->header.special_objects),
                                  file->header.last_hash, diagnosis);
}
