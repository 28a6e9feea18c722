// SPDX-License-Identifier: MIT
// An image file into a heap: one segment takes all objects, whatever the file had.
#include "image/read.h"
#include "object/header.h"

Status image_file_load(ImageFile *file, Heap *heap, Diagnosis *diagnosis) {
    uint64_t start, special_objects;
    Status status = heap_add_segment(heap, file->object_bytes, &start);
    if (status != STATUS_OK)
        return diagnose(diagnosis, status, "no memory for the %llu bytes of the image",
                        (unsigned long long)file->object_bytes);
    status = image_file_read(file, start, &special_objects, diagnosis);
    if (status != STATUS_OK) return status;
    return heap_adopt_image(heap, oop_from_bits(special_objects), file->header.last_hash,
                            diagnosis);
}
