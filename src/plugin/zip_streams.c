// SPDX-License-Identifier: MIT
// ZipPlugin: the inner loops of the streams that compress and decompress (InflateStream,
// DeflateStream, ZipEncoder in the images), other half of the module whose checksums are in zip.c.
//
// A primitive takes the fields of its receiver into one of the structs of deflate_kernel.h, which
// does the work, and stores back what has moved on. Where the fields are depends on how many the
// plain stream classes have: those of the first superclass with few enough of them come before.
#include "object/raw.h"
#include "plugin/deflate_kernel.h"
#include "plugin/operands.h"
#include "plugin/registry.h"

// Fields of every collection stream.
enum { STREAM_FIELDS = STREAM_LIMIT + 1 };

// Fields behind those of the plain stream.
enum {
    INFLATE_STATE,
    INFLATE_BIT_BUFFER,
    INFLATE_BIT_POSITION,
    INFLATE_SOURCE,
    INFLATE_SOURCE_POSITION,
    INFLATE_SOURCE_LIMIT,
    INFLATE_FIELDS = 8,
};
enum {
    DEFLATE_HASH_HEAD,
    DEFLATE_HASH_TAIL,
    DEFLATE_HASH_VALUE,
    DEFLATE_BLOCK_POSITION,
    DEFLATE_BLOCK_START,
    DEFLATE_LITERALS,
    DEFLATE_DISTANCES,
    DEFLATE_LITERAL_COUNTS,
    DEFLATE_DISTANCE_COUNTS,
    DEFLATE_LITERAL_COUNT,
    DEFLATE_MATCH_COUNT,
    DEFLATE_FIELDS,
};
enum { ENCODER_BIT_BUFFER, ENCODER_BIT_POSITION, ENCODER_FIELDS };
enum { TREE_BIT_LENGTHS, TREE_CODES, TREE_FIELDS };

// Classes with so many fields and more are not the plain stream's.
enum { INFLATING_CLASS_FIELDS = 13, DEFLATING_CLASS_FIELDS = 7 };

// ---- reading fields

static bool has_fields(Oop oop, int count) {
    return oop_is_pointers(oop) && num_le(num(count), slot_count(oop));
}

// How many fields the first class has, from the object's own upwards, that has fewer than `limit`.
static bool plain_fields(VM *vm, Oop object, int limit, int *count) {
    enum { DEEPEST = 64 };
    Oop class_object = prim_class_of(vm, object);
    for (int depth = 0; depth < DEEPEST; depth++) {
        Num fixed, format;
        if (!oop_is_live_object(class_object)) return false;
        if (!prim_class_format(vm, class_object, &fixed, &format)) return false;
        *count = (int)num_concrete(fixed);
        if (num_lt(fixed, num(limit))) return num_le(num(STREAM_FIELDS), fixed);
        class_object = prim_follow(vm, field_at(class_object, CLASS_SUPERCLASS));
    }
    return false;
}

// A SmallInteger field between 0 and `most`.
static bool number_field(Oop object, int field, size_t most, size_t *number) {
    Oop value = field_at(object, field);
    if (!oop_is_int(value) || num_is_negative(num_from_oop(value))) return false;
    *number = (size_t)num_concrete(num_from_oop(value));
    return *number <= most;
}

static bool bytes_field(Oop object, int field, uint8_t **bytes, size_t *size) {
    Oop value = field_at(object, field);
    if (!oop_is_bytes(value)) return false;
    *bytes = object_bytes(value);
    *size = (size_t)num_concrete(byte_count(value));
    return true;
}

static bool words_of(Oop oop, uint32_t **words, size_t *count) {
    if (!oop_is_words32(oop)) return false;
    *words = (uint32_t *)(void *)object_bytes(oop);
    *count = (size_t)num_concrete(element_count(oop));
    return true;
}

static bool words_field(Oop object, int field, size_t exactly, uint32_t **words) {
    size_t count;
    return words_of(field_at(object, field), words, &count) && count == exactly;
}

static bool bits_fields(Oop object, int buffer_field, int count_field, BitBuffer *buffer) {
    size_t bits, count;
    if (!number_field(object, count_field, BIT_BUFFER_MOST, &count)) return false;
    if (!number_field(object, buffer_field, (UINT64_C(1) << count) - 1, &bits)) return false;
    *buffer = (BitBuffer){bits, (unsigned)count};
    return true;
}

static void set_number(VM *vm, Oop object, int field, uint64_t number) {
    field_at_put(&vm->heap, object, field, oop_from_num(num((int64_t)number)));
}

static bool field_is_constant(Oop object, int field) {
    return object_is_readonly(field_at(object, field));
}

// ---- inflating

static bool load_inflating(Oop stream, int first, Inflating *in) {
    uint8_t *source;
    size_t source_size;
    if (!bytes_field(stream, STREAM_ARRAY, &in->out, &in->out_size)) return false;
    if (!bytes_field(stream, first + INFLATE_SOURCE, &source, &source_size)) return false;
    in->source = source;
    return number_field(stream, STREAM_LIMIT, in->out_size, &in->out_count) &&
           number_field(stream, first + INFLATE_SOURCE_LIMIT, source_size, &in->source_count) &&
           number_field(stream, first + INFLATE_SOURCE_POSITION, source_size, &in->source_next) &&
           bits_fields(stream, first + INFLATE_BIT_BUFFER, first + INFLATE_BIT_POSITION,
                       &in->buffer);
}

static bool load_table(Oop oop, HuffmanTable *table) {
    uint32_t *words;
    if (!words_of(oop, &words, &table->count)) return false;
    table->words = words;
    return true;
}

static void store_inflating(VM *vm, Oop stream, int first, const Inflating *in, size_t state) {
    enum { STATE_NO_MORE_DATA = 1 };
    set_number(vm, stream, STREAM_LIMIT, in->out_count);
    set_number(vm, stream, first + INFLATE_BIT_BUFFER, in->buffer.pending);
    set_number(vm, stream, first + INFLATE_BIT_POSITION, in->buffer.count);
    set_number(vm, stream, first + INFLATE_SOURCE_POSITION, in->source_next);
    if (in->block_ended) set_number(vm, stream, first + INFLATE_STATE, state & STATE_NO_MORE_DATA);
}

// (table of literals and lengths, table of distances)
static Outcome prim_inflate_block(VM *vm) {
    Oop stream = prim_receiver(vm);
    Inflating in = {.block_ended = false};
    int first;
    size_t state;
    if (!load_table(prim_argument(vm, 0), &in.literals) ||
        !load_table(prim_argument(vm, 1), &in.distances))
        return prim_fail(vm, FAILURE_BAD_ARGUMENT);
    if (!oop_is_pointers(stream) || !plain_fields(vm, stream, INFLATING_CLASS_FIELDS, &first) ||
        !has_fields(stream, first + INFLATE_FIELDS) || !load_inflating(stream, first, &in) ||
        !number_field(stream, first + INFLATE_STATE, INT32_MAX, &state))
        return prim_fail(vm, FAILURE_BAD_RECEIVER);
    if (object_is_readonly(stream) || field_is_constant(stream, STREAM_ARRAY))
        return prim_fail(vm, FAILURE_NO_MODIFICATION);
    if (!inflate_block(&in)) return prim_fail(vm, FAILURE_GENERIC);
    store_inflating(vm, stream, first, &in, state);
    return prim_answer_receiver(vm);
}

// ---- deflating

static bool load_deflating(Oop stream, int first, Deflating *d) {
    uint8_t *bytes;
    size_t hash, literals, distances;
    if (!bytes_field(stream, STREAM_ARRAY, &bytes, &d->size)) return false;
    d->bytes = bytes;
    if (!number_field(stream, STREAM_INDEX, d->size, &d->count) ||
        !words_field(stream, first + DEFLATE_HASH_HEAD, DEFLATE_HASHES, &d->head) ||
        !words_field(stream, first + DEFLATE_HASH_TAIL, DEFLATE_WINDOW, &d->tail) ||
        !number_field(stream, first + DEFLATE_HASH_VALUE, DEFLATE_HASHES - 1, &hash) ||
        !number_field(stream, first + DEFLATE_BLOCK_POSITION, d->size, &d->next))
        return false;
    d->hash = (uint32_t)hash;
    if (!bytes_field(stream, first + DEFLATE_LITERALS, &d->literals, &literals) ||
        !words_of(field_at(stream, first + DEFLATE_DISTANCES), &d->distances, &distances) ||
        distances < literals)
        return false;
    d->literal_limit = literals;
    return words_field(stream, first + DEFLATE_LITERAL_COUNTS, DEFLATE_LITERAL_CODES,
                       &d->literal_counts) &&
           words_field(stream, first + DEFLATE_DISTANCE_COUNTS, DEFLATE_DISTANCE_CODES,
                       &d->distance_counts) &&
           number_field(stream, first + DEFLATE_LITERAL_COUNT, INT32_MAX, &d->literal_count) &&
           number_field(stream, first + DEFLATE_MATCH_COUNT, INT32_MAX, &d->match_count);
}

static bool deflating_is_constant(Oop stream, int first) {
    static const int changed[] = {DEFLATE_HASH_HEAD,      DEFLATE_HASH_TAIL,
                                  DEFLATE_LITERALS,       DEFLATE_DISTANCES,
                                  DEFLATE_LITERAL_COUNTS, DEFLATE_DISTANCE_COUNTS};
    for (unsigned i = 0; i < sizeof changed / sizeof *changed; i++)
        if (field_is_constant(stream, first + changed[i])) return true;
    return object_is_readonly(stream);
}

// (last byte to be dealt with, candidates to be tried, a length that is good enough): whether the
// block must be written
static Outcome prim_deflate_block(VM *vm) {
    Oop stream = prim_receiver(vm);
    int64_t numbers[3];
    Deflating d;
    int first;
    for (unsigned i = 0; i < 3; i++) {
        if (!oop_is_int(prim_argument(vm, i))) return prim_fail(vm, FAILURE_BAD_ARGUMENT);
        numbers[i] = num_concrete(num_from_oop(prim_argument(vm, i)));
    }
    if (!oop_is_pointers(stream) || !plain_fields(vm, stream, DEFLATING_CLASS_FIELDS, &first) ||
        !has_fields(stream, first + DEFLATE_FIELDS) || !load_deflating(stream, first, &d))
        return prim_fail(vm, FAILURE_BAD_RECEIVER);
    if (numbers[0] > (int64_t)d.size - DEFLATE_MARGIN) return prim_fail(vm, FAILURE_BAD_INDEX);
    if (deflating_is_constant(stream, first)) return prim_fail(vm, FAILURE_NO_MODIFICATION);
    bool flush = deflate_block(&d, numbers[0], numbers[1], numbers[2]);
    set_number(vm, stream, first + DEFLATE_HASH_VALUE, d.hash);
    set_number(vm, stream, first + DEFLATE_BLOCK_POSITION, d.next);
    set_number(vm, stream, first + DEFLATE_LITERAL_COUNT, d.literal_count);
    set_number(vm, stream, first + DEFLATE_MATCH_COUNT, d.match_count);
    return prim_answer_bool(vm, flush);
}

// (table of positions, how far the bytes were moved down)
static Outcome prim_update_hash_table(VM *vm) {
    Oop table = prim_argument(vm, 0), delta = prim_argument(vm, 1);
    uint32_t *positions;
    size_t count;
    if (!words_of(table, &positions, &count)) return prim_fail(vm, FAILURE_BAD_ARGUMENT);
    if (!oop_is_int(delta) || num_is_negative(num_from_oop(delta)))
        return prim_fail(vm, FAILURE_BAD_ARGUMENT);
    if (object_is_readonly(table)) return prim_fail(vm, FAILURE_NO_MODIFICATION);
    deflate_move_positions(positions, count, num_concrete(num_from_oop(delta)));
    return prim_answer_receiver(vm);
}

// ---- writing a block

static bool load_codes(Oop tree, HuffmanCodes *codes) {
    uint32_t *lengths, *values;
    size_t count;
    if (!has_fields(tree, TREE_FIELDS)) return false;
    if (!words_of(field_at(tree, TREE_BIT_LENGTHS), &lengths, &codes->count)) return false;
    if (!words_of(field_at(tree, TREE_CODES), &values, &count)) return false;
    codes->lengths = lengths;
    codes->codes = values;
    return count == codes->count;
}

// The streams of literals and of distances stand at the same place.
static bool load_literals(Oop literals, Oop distances, Encoding *e) {
    uint8_t *bytes;
    uint32_t *words;
    size_t byte_limit, word_limit, next, limit;
    if (!has_fields(literals, STREAM_FIELDS) || !has_fields(distances, STREAM_FIELDS)) return false;
    if (!bytes_field(literals, STREAM_ARRAY, &bytes, &byte_limit)) return false;
    if (!words_of(field_at(distances, STREAM_ARRAY), &words, &word_limit)) return false;
    if (!number_field(literals, STREAM_LIMIT, byte_limit, &e->literal_limit) ||
        !number_field(literals, STREAM_INDEX, e->literal_limit, &e->next) ||
        !number_field(distances, STREAM_LIMIT, word_limit, &limit) ||
        !number_field(distances, STREAM_INDEX, limit, &next))
        return false;
    e->literals = bytes;
    e->distances = words;
    return limit == e->literal_limit && next == e->next;
}

static bool load_encoding(Oop encoder, int first, Encoding *e) {
    return bytes_field(encoder, STREAM_ARRAY, &e->out, &e->out_size) &&
           number_field(encoder, STREAM_INDEX, e->out_size, &e->out_count) &&
           bits_fields(encoder, first + ENCODER_BIT_BUFFER, first + ENCODER_BIT_POSITION,
                       &e->buffer);
}

// (stream of literals, stream of distances, tree of literals, tree of distances): how many bytes
// were encoded
static Outcome prim_send_block(VM *vm) {
    Oop encoder = prim_receiver(vm), literals = prim_argument(vm, 0);
    Oop distances = prim_argument(vm, 1);
    Encoding e;
    int first;
    if (!load_literals(literals, distances, &e) ||
        !load_codes(prim_argument(vm, 2), &e.literal_codes) ||
        !load_codes(prim_argument(vm, 3), &e.distance_codes))
        return prim_fail(vm, FAILURE_BAD_ARGUMENT);
    if (!oop_is_pointers(encoder) || !plain_fields(vm, encoder, DEFLATING_CLASS_FIELDS, &first) ||
        !has_fields(encoder, first + ENCODER_FIELDS) || !load_encoding(encoder, first, &e))
        return prim_fail(vm, FAILURE_BAD_RECEIVER);
    if (object_is_readonly(encoder) || object_is_readonly(literals) ||
        object_is_readonly(distances) || field_is_constant(encoder, STREAM_ARRAY))
        return prim_fail(vm, FAILURE_NO_MODIFICATION);
    int64_t sum = encode_block(&e);
    if (sum < 0) return prim_fail(vm, FAILURE_GENERIC);
    set_number(vm, literals, STREAM_INDEX, e.next);
    set_number(vm, distances, STREAM_INDEX, e.next);
    set_number(vm, encoder, STREAM_INDEX, e.out_count);
    set_number(vm, encoder, first + ENCODER_BIT_BUFFER, e.buffer.pending);
    set_number(vm, encoder, first + ENCODER_BIT_POSITION, e.buffer.count);
    return prim_answer(vm, oop_from_num(num(sum)));
}

static const Primitive zip_stream_primitives[] = {
    NAMED("ZipPlugin", "primitiveInflateDecompressBlock", prim_inflate_block, 2, 1),
    NAMED("ZipPlugin", "primitiveDeflateBlock", prim_deflate_block, 3, 1),
    NAMED("ZipPlugin", "primitiveDeflateUpdateHashTable", prim_update_hash_table, 2, 0),
    NAMED("ZipPlugin", "primitiveZipSendBlock", prim_send_block, 4, 2),
    NAMED_END,
};

const Plugin plugin_zip_streams = {"ZipPlugin", zip_stream_primitives, NULL, NULL};
