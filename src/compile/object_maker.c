// SPDX-License-Identifier: MIT
// Objects for a new image: see object_maker.h.
#include "compile/object_maker.h"

#include "compile/lexer.h"
#include "memory/spaces.h"
#include "memory/store.h"
#include "object/layouts.h"
#include "object/small_float.h"

Oop make_nil(const ObjectMaker *maker) { return maker->heap->nil; }

Oop make_bool(const ObjectMaker *maker, bool value) {
    return value ? maker->heap->true_object : maker->heap->false_object;
}

Oop make_character(int64_t code_point) {
    return oop_from_bits((uint64_t)code_point << TAG_BITS | TAG_CHAR);
}

Oop make_object(ObjectMaker *maker, uint64_t class_index, unsigned format, uint64_t slot_count) {
    uint64_t raw = old_space_allocate_object(maker->heap, class_index, format, slot_count);
    if (raw) return oop_from_bits(raw);
    maker->failed = true;
    return make_nil(maker);
}

Oop make_instance(ObjectMaker *maker, KnownClass role) {
    const GraphClass *class = maker->classes[role];
    if (!class) return make_nil(maker);
    size_t count = class->sides[INSTANCE_SIDE].all_variables.count;
    return make_object(maker, maker->class_indices[role], class_kind_format(class->kind, count > 0),
                       count);
}

void make_store(ObjectMaker *maker, Oop object, size_t index, Oop value) {
    uint64_t raw = oop_bits(object);
    if (maker->failed || index >= raw_slot_count(raw)) return;
    slot_at_put(maker->heap, object, num((int64_t)index), value);
}

static const char *const slot_names[KNOWN_SLOT_COUNT] = {
#define KNOWN_SLOT(NAME, name, text) name,
#include "compile/known_slots.tbl"
#undef KNOWN_SLOT
};

void make_fill_named(ObjectMaker *maker, Oop object, const GraphClass *shape, int side,
                     const char *name, Oop value) {
    const Texts *variables = shape ? &shape->sides[side].all_variables : NULL;
    for (size_t i = 0; variables && i < variables->count; i++)
        if (text_is(variables->items[i], name)) make_store(maker, object, i, value);
}

void make_fill(ObjectMaker *maker, Oop object, const GraphClass *shape, int side, KnownSlot slot,
               Oop value) {
    make_fill_named(maker, object, shape, side, slot_names[slot], value);
}

void make_fill_known(ObjectMaker *maker, Oop instance, KnownClass role, KnownSlot slot, Oop value) {
    make_fill(maker, instance, maker->classes[role], INSTANCE_SIDE, slot, value);
}

Oop make_copy(ObjectMaker *maker, Oop object) {
    uint64_t raw = oop_bits(object), count = raw_slot_count(raw);
    Oop copy = make_object(maker, raw_class_index(raw), raw_format(raw), count);
    for (uint64_t i = 0; i < count; i++)
        make_store(maker, copy, i, oop_from_bits(raw_slot(raw, i)));
    return copy;
}

void make_read_only(ObjectMaker *maker, Oop object) {
    if (!oop_is_immediate(object)) heap_set_readonly(maker->heap, object, true);
}

// ---- bytes and strings

Oop make_bytes(ObjectMaker *maker, KnownClass role, const void *bytes, size_t size) {
    size_t slots = (size + 7) / 8;
    Oop object = make_object(maker, maker->class_indices[role],
                             FORMAT_8BIT + (unsigned)(slots * 8 - size), slots);
    if (!maker->failed && size) memcpy((void *)(uintptr_t)(oop_bits(object) + 8), bytes, size);
    return object;
}

// How many characters, and the largest; false: no UTF-8.
static bool measure(Text text, size_t *count, uint32_t *largest) {
    uint32_t code;
    *count = *largest = 0;
    for (size_t at = 0; at < text.length; (*count)++) {
        if (!text_next_character(text, &at, &code)) return false;
        if (code > *largest) *largest = code;
    }
    return true;
}

static int64_t next_code_point(Text text, size_t *at) {
    uint32_t code = 0;
    return text_next_character(text, at, &code) ? code : 0;
}

static Oop make_wide(ObjectMaker *maker, KnownClass role, Text text, size_t count) {
    Oop object = make_object(maker, maker->class_indices[role],
                             FORMAT_32BIT + (unsigned)(count & 1), (count + 1) / 2);
    for (size_t at = 0, i = 0; !maker->failed && i < count; i++)
        word32_at_put(object, num((int64_t)i), num(next_code_point(text, &at)));
    return object;
}

static Oop make_characters(ObjectMaker *maker, KnownClass narrow, KnownClass wide, Text text) {
    size_t count;
    uint32_t largest;
    if (!measure(text, &count, &largest) || largest < 0x80 ||
        (largest > 0xFF && !maker->classes[wide]))
        return make_bytes(maker, narrow, text.bytes, text.length);
    if (largest > 0xFF) return make_wide(maker, wide, text, count);
    Oop object = make_object(maker, maker->class_indices[narrow],
                             FORMAT_8BIT + (unsigned)(-count & 7), (count + 7) / 8);
    for (size_t at = 0, i = 0; !maker->failed && i < count; i++)
        byte_at_put(object, num((int64_t)i), num(next_code_point(text, &at)));
    return object;
}

Oop make_string(ObjectMaker *maker, Text utf8) {
    return make_characters(maker, KNOWN_BYTE_STRING, KNOWN_WIDE_STRING, utf8);
}

Oop make_symbol(ObjectMaker *maker, Text text) {
    void *known = text_map_at(&maker->symbols, text);
    if (known) return oop_from_bits((uint64_t)(uintptr_t)known);
    Oop symbol = make_characters(maker, KNOWN_SYMBOL, KNOWN_WIDE_SYMBOL, text);
    Text key = code_arena_text(maker->arena, text);
    if (!text_map_put(&maker->symbols, maker->arena, key, (void *)(uintptr_t)oop_bits(symbol)))
        maker->failed = true;
    return symbol;
}

// ---- collections

Oop make_array(ObjectMaker *maker, size_t count) {
    return make_object(maker, maker->class_indices[KNOWN_ARRAY], FORMAT_INDEXABLE, count);
}

Oop make_symbols(ObjectMaker *maker, const Texts *texts) {
    Oop array = make_array(maker, texts->count);
    for (size_t i = 0; i < texts->count; i++)
        make_store(maker, array, i, make_symbol(maker, texts->items[i]));
    return array;
}

Oop make_binding(ObjectMaker *maker, KnownClass role, Oop key, Oop value) {
    Oop binding = make_instance(maker, role);
    make_store(maker, binding, ASSOCIATION_KEY, key);
    make_store(maker, binding, ASSOCIATION_VALUE, value);
    return binding;
}

Oop make_association(ObjectMaker *maker, Oop key, Oop value) {
    return make_binding(maker, KNOWN_ASSOCIATION, key, value);
}

// Room for a third more, so that hashing has free places.
static size_t hashed_capacity(size_t count) {
    size_t capacity = count + count / 3 + 1;
    return capacity < 5 ? 5 : capacity;
}

Oop make_dictionary(ObjectMaker *maker, KnownClass role, const Oop *associations, size_t count) {
    Oop dictionary = make_instance(maker, role), array = make_array(maker, hashed_capacity(count));
    for (size_t i = 0; i < count; i++)
        make_store(maker, array, i, associations[i]);
    make_fill_known(maker, dictionary, role, KNOWN_SLOT_TALLY, make_integer(maker, (int64_t)count));
    make_fill_known(maker, dictionary, role, KNOWN_SLOT_ARRAY, array);
    return dictionary;
}

static void enter_method(ObjectMaker *maker, Oop dictionary, Oop array, size_t capacity,
                         Oop selector, Oop method) {
    size_t mask = capacity - 1, at = heap_identity_hash(maker->heap, selector) & mask;
    while (raw_slot(oop_bits(dictionary), METHOD_DICTIONARY_FIRST_KEY + at) !=
           oop_bits(make_nil(maker)))
        at = (at + 1) & mask;
    make_store(maker, dictionary, METHOD_DICTIONARY_FIRST_KEY + at, selector);
    make_store(maker, array, at, method);
}

Oop make_method_dictionary(ObjectMaker *maker, const Oop *selectors, const Oop *methods,
                           size_t count) {
    size_t capacity = 2;
    while (capacity * 3 / 4 < count || capacity <= count)
        capacity *= 2;
    Oop array = make_array(maker, capacity);
    Oop dictionary = make_object(maker, maker->class_indices[KNOWN_METHOD_DICTIONARY], FORMAT_MIXED,
                                 METHOD_DICTIONARY_FIRST_KEY + capacity);
    make_store(maker, dictionary, METHOD_DICTIONARY_TALLY, make_integer(maker, (int64_t)count));
    make_store(maker, dictionary, METHOD_DICTIONARY_METHODS, array);
    for (size_t i = 0; i < count && !maker->failed; i++)
        enter_method(maker, dictionary, array, capacity, selectors[i], methods[i]);
    return dictionary;
}

// ---- numbers

Oop make_large_integer(ObjectMaker *maker, Text magnitude, bool is_negative) {
    while (magnitude.length && magnitude.bytes[magnitude.length - 1] == 0)
        magnitude.length--;
    return make_bytes(maker,
                      is_negative ? KNOWN_LARGE_NEGATIVE_INTEGER : KNOWN_LARGE_POSITIVE_INTEGER,
                      magnitude.bytes, magnitude.length);
}

Oop make_integer(ObjectMaker *maker, int64_t value) {
    if (raw_fits_int(value)) return oop_from_bits(raw_from_int(value));
    uint64_t magnitude = value < 0 ? -(uint64_t)value : (uint64_t)value;
    return make_large_integer(maker, (Text){(const char *)&magnitude, 8}, value < 0);
}

Oop make_float(ObjectMaker *maker, double value) {
    if (raw_fits_small_float(value)) return oop_from_bits(raw_from_small_float(value));
    Oop boxed = make_object(maker, maker->class_indices[KNOWN_FLOAT], FORMAT_32BIT, 1);
    uint64_t bits;
    memcpy(&bits, &value, 8);
    if (!maker->failed) raw_store(oop_bits(boxed) + 8, bits);
    return boxed;
}
