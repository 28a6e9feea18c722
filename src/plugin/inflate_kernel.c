// SPDX-License-Identifier: MIT
// Decoding a block of the deflate format; see deflate_kernel.h. A length and its distance are
// decoded as a whole or not at all.
#include "plugin/deflate_kernel.h"

enum { MOST_BITS = 16, LEADS_ON = 0x3F000000 };

// Where decoding was before the present symbol.
typedef struct Place {
    BitBuffer buffer;
    size_t source_next;
} Place;

static bool take_bits(Inflating *in, unsigned count, uint32_t *value) {
    BitBuffer *buffer = &in->buffer;
    while (buffer->count < count) {
        if (in->source_next >= in->source_count) return false;
        buffer->pending |= (uint64_t)in->source[in->source_next++] << buffer->count;
        buffer->count += 8;
    }
    *value = (uint32_t)(buffer->pending & ((UINT64_C(1) << count) - 1));
    buffer->pending >>= count;
    buffer->count -= count;
    return true;
}

// Every round but the first takes one bit at least, so the source bounds them.
static bool take_value(Inflating *in, HuffmanTable table, uint32_t *value) {
    if (table.count == 0) return false;
    uint32_t bits, needed = table.words[0] >> 24, start = 2;
    for (;;) {
        if (needed > MOST_BITS || start == 0 || !take_bits(in, needed, &bits)) return false;
        size_t index = (size_t)start + bits - 1;
        if (index >= table.count) return false;
        *value = table.words[index];
        if (!(*value & LEADS_ON)) return true;
        start = *value & 0xFFFF;
        needed = *value >> 24;
    }
}

// The number that a value stands for, with so many extra bits.
static bool take_extra(Inflating *in, uint32_t value, uint32_t extra, size_t *number) {
    uint32_t bits = 0;
    if (extra > MOST_BITS || !take_bits(in, extra, &bits)) return false;
    *number = (value & 0xFFFF) + bits;
    return true;
}

// The bytes may overlap: a short distance repeats what is being written.
static void copy_match(Inflating *in, size_t length, size_t distance) {
    uint8_t *to = in->out + in->out_count;
    for (size_t i = 0; i < length; i++)
        to[i] = to[(ptrdiff_t)i - (ptrdiff_t)distance];
    in->out_count += length;
}

typedef enum Step { STEP_DONE, STEP_NO_ROOM, STEP_BAD } Step;

static Step inflate_match(Inflating *in, uint32_t value) {
    size_t length, distance;
    uint32_t extra = value >> 16;
    if (!take_extra(in, value, extra ? extra - 1 : 0, &length)) return STEP_BAD;
    if (!take_value(in, in->distances, &value)) return STEP_BAD;
    if (!take_extra(in, value, value >> 16, &distance)) return STEP_BAD;
    if (distance == 0 || distance > in->out_count) return STEP_BAD;
    if (length >= in->out_size - in->out_count) return STEP_NO_ROOM;
    copy_match(in, length, distance);
    return STEP_DONE;
}

static Step inflate_step(Inflating *in) {
    uint32_t value;
    if (!take_value(in, in->literals, &value)) return STEP_BAD;
    if (value > DEFLATE_END_OF_BLOCK) return inflate_match(in, value);
    if (value == DEFLATE_END_OF_BLOCK)
        in->block_ended = true;
    else
        in->out[in->out_count++] = (uint8_t)value;
    return STEP_DONE;
}

bool inflate_block(Inflating *in) {
    bool progressed = false;
    while (in->out_count < in->out_size && !in->block_ended) {
        Place before = {in->buffer, in->source_next};
        Step step = inflate_step(in);
        if (step != STEP_DONE) {
            in->buffer = before.buffer;
            in->source_next = before.source_next;
            return progressed || step == STEP_NO_ROOM;
        }
        progressed = true;
    }
    return true;
}
