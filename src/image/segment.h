// SPDX-License-Identifier: MIT
// Image segments: a graph of objects as the words of a byte object, as Squeak's ImageSegment files
// them out and in again. Spur's format:
//
//   +---------+---------+----------------+----------------+---
//   | version | version | object         | object         |  ...     words of 32 and 64 bits
//   +---------+---------+----------------+----------------+---
//
// The version is the image format, 68021, with the letter 's' as its highest byte. Objects are
// laid out as in memory, the Array of roots first and the classes behind it. In their slots a
// reference to an object of the segment is its offset from the first object, one to any other the
// index in the Array of out pointers times 8 with the top bit set. Class indices likewise: offset
// in words plus 16, or the index with bit 21 set. Classes are marked by the remembered bit and
// have no hash; other objects keep theirs.
#ifndef PARLEY_IMAGE_SEGMENT_H
#define PARLEY_IMAGE_SEGMENT_H

#include "memory/heap.h"

typedef enum SegmentResult {
    SEGMENT_OK,
    SEGMENT_NO_MEMORY,     // in the heap
    SEGMENT_NO_C_MEMORY,   // for the tables
    SEGMENT_TOO_SMALL,     // the words do not hold all objects
    SEGMENT_OUT_TOO_SMALL, // the out pointers do not hold all others; or one is not among them
    SEGMENT_LIMIT,         // too many classes, too many out pointers
    SEGMENT_INAPPROPRIATE, // objects that cannot leave; or words that are no segment
} SegmentResult;

// Stores what only the roots lead to, they themselves included: everything else that is referred
// to becomes an out pointer. `segment` (32-bit words) and `out_pointers` (an Array) are large
// enough, and become others that are just as large as needed. Changes nothing unless it is OK.
MUST_USE SegmentResult segment_store(Heap *heap, Oop roots, Oop segment, Oop out_pointers);

// Makes the objects anew, checking everything; *roots is the Array of roots then, and `segment`
// becomes an Array of all of them. Changes nothing unless it is OK.
MUST_USE SegmentResult segment_load(Heap *heap, Oop segment, Oop out_pointers, Oop *roots);

#endif
