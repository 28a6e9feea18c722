// SPDX-License-Identifier: MIT
// The checker of objects that come from a file, and their relocation, in one go. It believes
// nothing: sizes, formats, class indices, slots, method headers, the class table and the special
// objects are looked at before anything else in the VM reads them. What it lets through holds:
//
//   - the region is parsable from end to end, no object reaches beyond it
//   - every slot is a legal immediate or the address of an object of a real class
//   - no slot refers to a forwarder, no forwarder to another
//   - every class index names a class in the table, and is its hash; the object has at least its
//   named fields, and
//     is pointers, bits or a method as the class says; no class table entry is anything but a
//     class, and above the puns each class has one
//   - literals lie inside their method; unused bytes inside the object
//   - the special objects that special_objects.tbl calls required are there, and the classes among
//     them have the shape that class_shapes.tbl says
//   - mark, grey and remembered bits are clear; the hidden roots behind the class table are
//     nil, and what hung there is free space
//
// Bytecode is not looked at: a method is verified before its first activation.
#ifndef PARLEY_IMAGE_CHECK_H
#define PARLEY_IMAGE_CHECK_H

#include <stddef.h>
#include <stdint.h>

#include "base/status.h"

// Where a run of objects stood at the save, and where it is now.
typedef struct ImageSegment {
    uint64_t saved_start; // its address when it was saved
    uint64_t bytes;       // of objects, the bridge not counted
    uint64_t start;       // its address in memory
} ImageSegment;

// The objects in memory, all segments one behind the other without their bridges. The segments
// are in ascending order of both addresses.
typedef struct ImageRegion {
    uint64_t start, end;
    const ImageSegment *segments;
    size_t segment_count;
} ImageRegion;

// Checks all and rewrites every reference to the object's present address (stores nothing where
// it does not change). `saved_special_objects` is as the header says; its present address is
// answered. CORRUPT with a diagnosis, or NO_MEMORY.
MUST_USE Status image_check_objects(const ImageRegion *region, uint64_t saved_special_objects,
                                    uint64_t *special_objects, Diagnosis *diagnosis);

#endif
