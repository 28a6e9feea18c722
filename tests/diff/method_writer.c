// SPDX-License-Identifier: MIT
// See method_writer.h. Instructions are encoded by the encoders of the source compiler; jumps
// forward, whose distance is not known yet, take a form of fixed size.
#include "method_writer.h"

#include <string.h>

#include "compile/encoder.h"
#include "memory/store.h"
#include "object/header.h"
#include "object/layouts.h"
#include "object/ops.h"
#include "object/raw.h"

enum { TEMPS_SHIFT = 18, ARGUMENTS_SHIFT = 24, SMALL_FRAME_TEMPS = 8 };
#define HAS_PRIMITIVE   (1ll << 16)
#define HAS_LARGE_FRAME (1ll << 17)
#define IS_SISTA        (INT64_MIN >> 3)

void writer_begin(MethodWriter *w, VM *vm, bool is_sista, unsigned argument_count,
                  unsigned temp_count) {
    w->vm = vm;
    w->is_sista = is_sista;
    w->has_primitive = w->has_failed = false;
    w->argument_count = argument_count;
    w->temp_count = temp_count;
    w->literal_count = w->byte_count = 0;
}

void writer_put_bytes(MethodWriter *w, const uint8_t *bytes, unsigned count) {
    if (w->byte_count + count > WRITER_BYTES) {
        w->has_failed = true;
        return;
    }
    memcpy(w->bytes + w->byte_count, bytes, count);
    w->byte_count += count;
}

void writer_put(MethodWriter *w, BytecodeOp op, int64_t a, int64_t b, int64_t c) {
    Encoded encoded = (w->is_sista ? encoder_sista : encoder_v3plus).encode(op, a, b, c);
    if (!encoded.count) w->has_failed = true;
    writer_put_bytes(w, encoded.bytes, encoded.count);
}

void writer_primitive(MethodWriter *w, unsigned number) {
    w->has_primitive = true;
    writer_put(w, BC_CALL_PRIMITIVE, number, 0, 0);
}

unsigned writer_literal(MethodWriter *w, Oop literal) {
    for (unsigned i = 0; i < w->literal_count; i++)
        if (oop_is(w->literals[i], literal)) return i;
    writer_literal_at(w, w->literal_count, literal);
    return w->literal_count - 1;
}

void writer_literal_at(MethodWriter *w, unsigned index, Oop literal) {
    if (index >= WRITER_LITERALS) {
        w->has_failed = true;
        return;
    }
    while (w->literal_count <= index)
        w->literals[w->literal_count++] = w->vm->heap.nil;
    w->literals[index] = literal;
}

void writer_push_literal(MethodWriter *w, Oop literal) {
    writer_put(w, BC_PUSH_LITERAL, writer_literal(w, literal), 0, 0);
}

void writer_send(MethodWriter *w, Oop selector, unsigned argument_count) {
    writer_put(w, BC_SEND, writer_literal(w, selector), argument_count, 0);
}

// ---- jumps

// 16 bits of distance with Sista's prefix, 10 otherwise.
static void put_jump(MethodWriter *w, unsigned at, BytecodeOp op, int64_t distance) {
    uint8_t *bytes = w->bytes + at;
    if (w->is_sista) {
        bytes[0] = 225;
        bytes[1] = (uint8_t)(distance >> 8);
        bytes[2] = (uint8_t)(op == BC_JUMP ? 237 : op == BC_JUMP_IF_TRUE ? 238 : 239);
        bytes[3] = (uint8_t)distance;
        return;
    }
    int first = op == BC_JUMP ? 164 : op == BC_JUMP_IF_TRUE ? 168 : 172;
    bytes[0] = (uint8_t)(first + (distance >> 8));
    bytes[1] = (uint8_t)distance;
    if (distance >= 1024 || (op == BC_JUMP && distance > 1023)) w->has_failed = true;
}

static unsigned jump_bytes(const MethodWriter *w) { return w->is_sista ? 4 : 2; }

unsigned writer_jump(MethodWriter *w, BytecodeOp op) {
    static const uint8_t room[4];
    unsigned at = w->byte_count;
    writer_put_bytes(w, room, jump_bytes(w));
    if (!w->has_failed) put_jump(w, at, op, 0);
    // The operation, until the distance is known.
    return at << 8 | (unsigned)op;
}

void writer_land(MethodWriter *w, unsigned jump) {
    unsigned at = jump >> 8;
    if (w->has_failed) return;
    put_jump(w, at, (BytecodeOp)(jump & 255), (int64_t)w->byte_count - at - jump_bytes(w));
}

void writer_jump_back(MethodWriter *w, unsigned target) {
    unsigned bytes = jump_bytes(w);
    writer_put(w, BC_JUMP, (int64_t)target - w->byte_count - bytes, 0, 0);
}

// ---- the method

Oop writer_end(MethodWriter *w, Oop class_binding) {
    Heap *heap = &w->vm->heap;
    unsigned literals = w->literal_count + 2; // selector, class binding
    unsigned bytes = (literals + 1) * 8 + w->byte_count;
    if (w->has_failed) return oop_none();
    Oop method = heap_allocate(heap, w->vm->known.compiled_method,
                               FORMAT_COMPILED_METHOD + (unsigned)(-bytes & 7), (bytes + 7) / 8);
    if (oop_is_none(method)) return method;
    int64_t header = (int64_t)literals | (int64_t)w->temp_count << TEMPS_SHIFT |
                     (int64_t)w->argument_count << ARGUMENTS_SHIFT | HAS_LARGE_FRAME |
                     (w->has_primitive ? HAS_PRIMITIVE : 0) | (w->is_sista ? IS_SISTA : 0);
    field_at_put(heap, method, 0, oop_from_num(num(header)));
    for (unsigned i = 0; i < w->literal_count; i++)
        field_at_put(heap, method, (int)i + 1, w->literals[i]);
    field_at_put(heap, method, (int)literals - 1, heap->nil);
    field_at_put(heap, method, (int)literals, class_binding);
    memcpy(object_bytes(method) + (literals + 1) * 8, w->bytes, w->byte_count);
    return method;
}
