// SPDX-License-Identifier: MIT
// A heap into an image file: its parsable stretches, old space first, because that is where nil
// and its neighbours are. The file's base is the one that the image had before, wherever it lies
// now: a VM that can have that address relocates nothing, and what is saved does not depend on
// where this VM could have it. A heap that comes from no file says where it is.
#include <stdlib.h>

#include "image/write.h"
#include "memory/mourn.h"
#include "memory/spaces.h"

static size_t list_spans(const Heap *heap, bool young, ImageSpan *spans) {
    size_t count = 0;
    for (size_t i = 0; i < spaces_range_count(heap); i++) {
        SpaceRange range = spaces_range(heap, i);
        if (heap_address_is_young(heap, range.start) == young && range.end > range.start)
            spans[count++] = (ImageSpan){range.start, range.end};
    }
    return count;
}

Status image_write(Heap *heap, const ImageHeader *header, const char *path, Diagnosis *diagnosis) {
    ImageSpan *spans = calloc(spaces_range_count(heap), sizeof *spans);
    if (!spans) return diagnose(diagnosis, STATUS_NO_MEMORY, "not enough memory to save");
    size_t count = list_spans(heap, false, spans);
    count += list_spans(heap, true, spans + count);
    ImageContents contents = {
        .spans = spans,
        .span_count = count,
        .special_objects = oop_bits(heap->special_objects),
        .last_hash = heap->last_hash,
        .base = header->base && header->base % 8 == 0 ? header->base : spans[0].start,
    };
    mourn_begin_save(heap);
    Status status = image_write_contents(&contents, header, path, diagnosis);
    mourn_end_save(heap);
    free(spans);
    return status;
}
