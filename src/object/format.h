// SPDX-License-Identifier: MIT
// The numbers in an object's header and in immediates that have names: formats, tags, limits, and
// the class indices that mean something to the memory system. Semantic code compares and passes
// them, so they are the same in every build.
#ifndef PARLEY_OBJECT_FORMAT_H
#define PARLEY_OBJECT_FORMAT_H

#define HEADER_HASH_LIMIT     (1ull << 22)
#define HEADER_SLOTS_OVERFLOW 255ull // in the slot count's field: the count is in the word before

enum { TAG_BITS = 3, TAG_MASK = 7, TAG_INT = 1, TAG_CHAR = 2, TAG_FLOAT = 4 };

// The values of the format field. Ranges of odd sizes count the unused units at the end of the
// last word: FORMAT_BYTES + 3 is a byte object whose last three bytes are not used.
typedef enum Format {
    FORMAT_EMPTY = 0,     // no fields
    FORMAT_FIXED = 1,     // named fields only
    FORMAT_INDEXABLE = 2, // indexed fields only
    FORMAT_MIXED = 3,     // named and indexed fields
    FORMAT_WEAK = 4,      // named strong, indexed weak
    FORMAT_EPHEMERON = 5, // fixed; the first field is the key
    FORMAT_FORWARDER = 7, // field 0 points to the object that this one became
    FORMAT_64BIT = 9,
    FORMAT_32BIT = 10,          // 10..11
    FORMAT_16BIT = 12,          // 12..15
    FORMAT_8BIT = 16,           // 16..23
    FORMAT_COMPILED_METHOD = 24 // 24..31
} Format;

// Class indices that mean something to the memory system itself.
enum {
    CLASS_INDEX_FREE = 0,   // a free chunk
    CLASS_INDEX_BRIDGE = 3, // segment bridge
    CLASS_INDEX_CORPSE = 7,    // what a scavenge has copied (never seen outside of one)
    CLASS_INDEX_FORWARDER = 8,
    CLASS_INDEX_LAST_PUN = 31, // up to here puns, and the classes of immediates at their tags
    CLASS_INDEX_ARRAY_PUN = 16,
    CLASS_INDEX_WEAK_PUN = 17,
    CLASS_INDEX_32BIT_PUN = 18,
    CLASS_INDEX_64BIT_PUN = 19,
    CLASS_TABLE_PAGE_SIZE = 1024,
    CLASS_TABLE_ROOT_SLOTS = 4096,
    CLASS_TABLE_HIDDEN_SLOTS = 8,
};

#endif
