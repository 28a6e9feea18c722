// SPDX-License-Identifier: MIT
// Method lookup: the global cache, and the search through method dictionaries that fills it.
#ifndef PARLEY_RUN_LOOKUP_H
#define PARLEY_RUN_LOOKUP_H

#include "object/header.h"
#include "run/vm.h"

typedef enum LookupResult {
    LOOKUP_FOUND,
    LOOKUP_NOT_UNDERSTOOD,   // no class up to the root has it
    LOOKUP_REFUSED,          // the verifier refuses the method found: not understood
    LOOKUP_CANNOT_INTERPRET, // a class without method dictionary stands in the way: *where
    LOOKUP_WRONG_COUNT,      // the method found takes another number of arguments: not understood
    LOOKUP_NOT_A_METHOD,     // the dictionary holds another kind of object: *where
} LookupResult;

// Searches from the class upward and describes what it found; nothing is cached.
LookupResult lookup_search(VM *vm, Oop selector, Oop class_object, unsigned argument_count,
                           LookupEntry *entry, Oop *where);
// Describes a method as if it had been found for the class index; false: the verifier refuses it.
bool lookup_describe(VM *vm, Oop method, uint64_t class_index, LookupEntry *entry);
// The primitive that {module. function. ...} names, the first literal of a method with primitive
// 117; NULL: another method, or there is none of that name.
const Primitive *lookup_named_primitive(VM *vm, Oop method);
enum { QUICK_FIRST = 256, QUICK_LAST = 519 };
// The part of it about quick returns: 256 self, 257 to 263 constants, from 264 receiver variables.
void lookup_describe_quick(VM *vm, unsigned number, LookupEntry *entry);

#ifndef PARLEY_RECORDING // the cache is keyed by addresses
// An entry stands in one of two places. The loop looks into the first; the second is for those
// whose first place is taken, so that two sends that meet there do not search at every turn.
enum {
    LOOKUP_OFFSET_MASK = (LOOKUP_CACHE_SIZE - 1) * sizeof(LookupEntry),
    LOOKUP_PARTNER = 0x6d3 * sizeof(LookupEntry),
};
static inline uint64_t lookup_offset(Oop selector, uint64_t key) {
    return (oop_bits(selector) << 3 ^ key * sizeof(LookupEntry)) & LOOKUP_OFFSET_MASK;
}
static inline LookupEntry *lookup_at_offset(VM *vm, uint64_t offset) {
    return (LookupEntry *)(void *)((char *)vm->lookup_cache + offset);
}
static inline LookupEntry *lookup_slot(VM *vm, Oop selector, uint64_t key) {
    return lookup_at_offset(vm, lookup_offset(selector, key));
}
// The places are partners: each is the other's second one.
static inline LookupEntry *lookup_second_slot(VM *vm, Oop selector, uint64_t key) {
    return lookup_at_offset(vm, lookup_offset(selector, key) ^ LOOKUP_PARTNER);
}
static inline bool lookup_hits(const LookupEntry *entry, Oop selector, uint32_t key) {
    return oop_bits(entry->selector) == oop_bits(selector) && entry->key == key;
}
// The entry, in either place; NULL: not cached.
static inline const LookupEntry *lookup_cached(VM *vm, Oop selector, uint32_t key) {
    const LookupEntry *entry = lookup_slot(vm, selector, key);
    if (__builtin_expect(lookup_hits(entry, selector, key), 1)) return entry;
    entry = lookup_second_slot(vm, selector, key);
    return lookup_hits(entry, selector, key) ? entry : NULL;
}
// An entry that says that nothing was found.
static inline bool lookup_is_nothing(const LookupEntry *entry) {
    return (entry->flags & LOOKUP_NOTHING) != 0;
}
// Where a new entry belongs. What is in its way moves to its partner: it was used less recently.
LookupEntry *lookup_place(VM *vm, Oop selector, uint32_t key);
#endif

// How a method is activated by the interpreter, by its frame's flags.
static inline LookupKind lookup_activating(uint64_t frame_flags) {
    return frame_flags & FRAME_FLAG_SISTA ? LOOKUP_ACTIVATES_SISTA : LOOKUP_ACTIVATES_V3;
}

// ---- flushing: what must be forgotten when (docs/invariants.md has the table)
void lookup_flush_all(VM *vm);
void lookup_flush_selector(VM *vm, Oop selector);
void lookup_flush_method(VM *vm, Oop method); // and its verified summary
// Header, literals or bytes of the method were written: nothing known about it holds any more, and
// frames that run it are checked against what it is now.
void lookup_method_written(VM *vm, Oop method);
void lookup_update(VM *vm, Heap *heap); // for the heap client: entries follow what moved

#endif
