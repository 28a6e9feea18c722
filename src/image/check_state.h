// SPDX-License-Identifier: MIT
// What the two halves of the image checker share: check.c (sizes, headers, slots) runs first, then
// check_kernel.c (class table, special objects, instances against their classes).
#ifndef PARLEY_IMAGE_CHECK_STATE_H
#define PARLEY_IMAGE_CHECK_STATE_H

#include "base/array.h"
#include "image/check.h"
#include "object/header.h"

// The objects that stand first in every image, in this order.
enum { FIRST_NIL, FIRST_FALSE, FIRST_TRUE, FIRST_FREE_LISTS, FIRST_CLASS_TABLE, FIRST_COUNT };

typedef struct ImageCheck {
    const ImageRegion *region;
    Diagnosis *diagnosis;
    uint64_t *starts;     // one bit per word: an object of a real class, or a forwarder, begins
    ARRAY(uint64_t) puns; // objects of the VM's own (class table pages ...), ascending
    uint64_t forwarders;  // how many
    uint64_t first[FIRST_COUNT];
    unsigned first_count;
    uint64_t special_objects;
    uint64_t page_count; // of the class table
} ImageCheck;

// Says which object is wrong, by its address at the save, and answers CORRUPT.
Status check_complain(const ImageCheck *check, uint64_t raw, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

// Is `raw` the address in memory of an object of a real class, or of a forwarder?
static inline bool check_is_object(const ImageCheck *check, uint64_t raw) {
    uint64_t offset = raw - check->region->start;
    if (raw < check->region->start || raw >= check->region->end || offset % 8) return false;
    return check->starts[offset / 8 / 64] >> (offset / 8 % 64) & 1;
}
// The first object in the region, and the one behind; region->end when there is none. For the
// passes that run when all sizes are known to be right.
static inline uint64_t check_first(const ImageCheck *check) {
    return raw_object_at(check->region->start);
}
static inline uint64_t check_next(const ImageCheck *check, uint64_t raw) {
    uint64_t end = raw_end(raw);
    return end >= check->region->end ? check->region->end : raw_object_at(end);
}

// The second half.
MUST_USE Status check_kernel(ImageCheck *check);

#endif
