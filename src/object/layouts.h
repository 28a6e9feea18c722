// SPDX-License-Identifier: MIT
// Names for positions: fields of the objects that the VM knows (CONTEXT_SENDER, CLOSURE_START_PC,
// ...) from layouts.tbl, entries of the special objects array (SPECIAL_CLASS_ARRAY, ...) from
// special_objects.tbl, and the class indices that every Spur image shares.
#ifndef PARLEY_OBJECT_LAYOUTS_H
#define PARLEY_OBJECT_LAYOUTS_H

enum {
#define LAYOUT(CLASS, FIELD, slot) CLASS##_##FIELD = slot,
#include "object/layouts.tbl"
#undef LAYOUT
};

typedef enum SpecialObject {
#define SPECIAL(index, NAME, required) SPECIAL_##NAME = index,
#include "object/special_objects.tbl"
#undef SPECIAL
    SPECIAL_OBJECT_COUNT = 60
} SpecialObject;

// Class indices that are the same in every image (see docs/format.md); all other classes are
// found through the special objects.
enum {
    CLASS_INDEX_LARGE_NEGATIVE_INTEGER = 32,
    CLASS_INDEX_LARGE_POSITIVE_INTEGER = 33,
    CLASS_INDEX_FLOAT = 34,
    CLASS_INDEX_MESSAGE = 35,
    CLASS_INDEX_CONTEXT = 36,
    CLASS_INDEX_USUAL_BLOCK_CLOSURE = 37, // when the special objects do not name the class
    CLASS_INDEX_USUAL_FULL_BLOCK_CLOSURE = 38,
    CLASS_INDEX_BYTE_ARRAY = 50,
    CLASS_INDEX_ARRAY = 51,
    CLASS_INDEX_BYTE_STRING = 52,
};

// Slots of a small and of a large Context behind its six fields.
enum { CONTEXT_SMALL_FRAME_SLOTS = 16, CONTEXT_LARGE_FRAME_SLOTS = 56 };

#endif
