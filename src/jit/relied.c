// SPDX-License-Identifier: MIT
// See relied.h.
#include "jit/relied.h"

#include "jit/jit.h"
#include "run/lookup.h"
#include "run/primitive.h"

static const struct {
    uint8_t selector, arguments, primitive;
    uint32_t class_offset;
} rows[] = {
#define RELIED(NAME, selector, arguments, class, primitive, text)                                  \
    {selector, arguments, primitive, offsetof(VM, known.class)},
#include "jit/relied.tbl"
#undef RELIED
};

size_t relied_class_offset(Relied relied) { return rows[relied].class_offset; }

static bool holds(VM *vm, Relied relied) {
    uint64_t class_index;
    __builtin_memcpy(&class_index, (const char *)vm + rows[relied].class_offset,
                     sizeof class_index);
    if (!class_index) return false;
    LookupEntry entry;
    Oop where, class_object = heap_class_at(&vm->heap, class_index);
    LookupResult result =
        lookup_search(vm, special_selector(vm, rows[relied].selector), class_object,
                      rows[relied].arguments, &entry, &where);
    return result == LOOKUP_FOUND && entry.primitive &&
           entry.primitive_number == rows[relied].primitive;
}

bool relied_holds(VM *vm, Relied relied) {
    if (!holds(vm, relied)) return false;
    vm->jit->relied |= UINT32_C(1) << relied;
    return true;
}

bool relied_is_broken(VM *vm) {
    for (Relied i = 0; i < RELIED_COUNT; i++)
        if (vm->jit->relied >> i & 1 && !holds(vm, i)) return true;
    return false;
}
