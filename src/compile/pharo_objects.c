// SPDX-License-Identifier: MIT
// Instances of Pharo's classes, by names, and its hashed collections. An element stands at its hash
// modulo the capacity, or at the next free place behind; capacities are primes, since all hashes
// are multiples of 256.
#include "base/bytes.h"
#include "compile/pharo.h"
#include "memory/spaces.h"
#include "object/layouts.h"
#include "object/ops.h"
#include "object/raw.h"

// The identity hash of ByteString, which the hash of every string begins with: a class's identity
// hash is its index.
enum { IDENTITY_HASH_SHIFT = 8, BYTE_STRING_INDEX = 52 };

static size_t named_count(const GraphClass *class) {
    return class->sides[INSTANCE_SIDE].all_variables.count;
}

static void complain_of_absence(Builder *builder, const char *class_name) {
    SourcePlace nowhere = {.file = NULL};
    class_graph_complain(&builder->graph, SEVERITY_ERROR, &nowhere,
                         "the sources do not define %s, which every Pharo needs", class_name);
}

static const GraphClass *class_named(Builder *builder, const char *class_name) {
    const GraphClass *class = class_graph_at(&builder->graph, text_from_chars(class_name));
    if (!class) complain_of_absence(builder, class_name);
    return class;
}

PharoObject pharo_new(Builder *builder, const char *class_name, size_t indexed) {
    ObjectMaker *maker = &builder->maker;
    const GraphClass *class = class_named(builder, class_name);
    if (!class) return (PharoObject){make_nil(maker), NULL};
    size_t slots = named_count(class) + indexed;
    Oop oop = make_object(maker, builder_image(builder, class)->class_index,
                          class_kind_format(class->kind, slots > 0), slots);
    return (PharoObject){oop, class};
}

void pharo_put(Builder *builder, PharoObject object, const char *variable, Oop value) {
    if (object.class)
        make_fill_named(&builder->maker, object.oop, object.class, INSTANCE_SIDE, variable, value);
}

void pharo_at_put(Builder *builder, PharoObject object, size_t index, Oop value) {
    if (object.class)
        make_store(&builder->maker, object.oop, named_count(object.class) + index, value);
}

void pharo_put_class_variable(Builder *builder, const char *class_name, const char *variable,
                              Oop value) {
    const GraphClass *class = class_named(builder, class_name);
    if (class)
        make_fill_named(&builder->maker, builder_image(builder, class)->class_object, class,
                        CLASS_SIDE, variable, value);
}

// ---- hashes

uint64_t pharo_identity_hash(Builder *builder, Oop object) {
    return heap_identity_hash(builder->maker.heap, object) << IDENTITY_HASH_SHIFT;
}

uint64_t pharo_string_hash(Builder *builder, Oop string) {
    (void)builder;
    Bytes bytes = {object_bytes(string), (size_t)num_concrete(byte_count(string))};
    return bytes_hash(bytes, BYTE_STRING_INDEX << IDENTITY_HASH_SHIFT);
}

// ---- hashed collections

static bool is_prime(size_t number) {
    for (size_t divisor = 3; divisor * divisor <= number; divisor += 2)
        if (number % divisor == 0) return false;
    return true;
}

// At least a quarter stays free.
static size_t capacity_for(size_t count) {
    size_t capacity = (count + 1) * 4 / 3 | 1;
    if (capacity < 5) return 5;
    while (!is_prime(capacity))
        capacity += 2;
    return capacity;
}

static bool is_free(Builder *builder, Oop array, size_t index) {
    return raw_slot(oop_bits(array), index) == oop_bits(make_nil(&builder->maker));
}

static void enter(Builder *builder, Oop array, size_t capacity, uint64_t hash, Oop element) {
    size_t at = hash % capacity;
    while (!is_free(builder, array, at))
        at = (at + 1) % capacity;
    make_store(&builder->maker, array, at, element);
}

static Oop hashed(Builder *builder, const char *class_name, PharoHash *hash, const Oop *elements,
                  size_t count, bool by_key) {
    ObjectMaker *maker = &builder->maker;
    size_t capacity = capacity_for(count);
    PharoObject collection = pharo_new(builder, class_name, 0);
    Oop array = make_array(maker, capacity);
    for (size_t i = 0; i < count && !maker->failed; i++) {
        Oop hashed = by_key ? oop_from_bits(raw_slot(oop_bits(elements[i]), ASSOCIATION_KEY))
                            : elements[i];
        enter(builder, array, capacity, hash(builder, hashed), elements[i]);
    }
    pharo_put(builder, collection, "tally", make_integer(maker, (int64_t)count));
    pharo_put(builder, collection, "array", array);
    return collection.oop;
}

Oop pharo_dictionary(Builder *builder, const char *class_name, PharoHash *hash,
                     const Oop *associations, size_t count) {
    return hashed(builder, class_name, hash, associations, count, true);
}

Oop pharo_set(Builder *builder, const char *class_name, PharoHash *hash, const Oop *elements,
              size_t count) {
    return hashed(builder, class_name, hash, elements, count, false);
}

Oop pharo_ordered_collection(Builder *builder, const Oop *elements, size_t count) {
    ObjectMaker *maker = &builder->maker;
    PharoObject collection = pharo_new(builder, "OrderedCollection", 0);
    Oop array = make_array(maker, count < 10 ? 10 : count);
    for (size_t i = 0; i < count; i++)
        make_store(maker, array, i, elements[i]);
    pharo_put(builder, collection, "array", array);
    pharo_put(builder, collection, "firstIndex", make_integer(maker, 1));
    pharo_put(builder, collection, "lastIndex", make_integer(maker, (int64_t)count));
    return collection.oop;
}
