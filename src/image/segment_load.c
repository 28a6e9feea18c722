// SPDX-License-Identifier: MIT
// Reading an image segment; see segment.h. Nothing in it is believed: first all objects are
// measured, then every class and every slot is checked, then room is made for all of them (as
// Arrays, so that whatever happens the heap is in order), and only then they become what they are.
#include <string.h>

#include "base/array.h"
#include "image/segment.h"
#include "image/segment_format.h"
#include "memory/object_map.h"
#include "memory/spaces.h"
#include "memory/store.h"

typedef struct Piece {
    uint64_t at; // the address of its header in the segment
    uint64_t slot_count;
    uint64_t made; // the object; 0: not yet
} Piece;

typedef struct Load {
    Heap *heap;
    uint64_t first, limit; // the segment's objects
    uint64_t out_pointers, out_count;
    ARRAY(Piece) pieces;
    ObjectMap offsets; // of headers plus 1: which piece
} Load;

// ---- measuring

static bool format_is_legal(uint64_t at, uint64_t slot_count) {
    unsigned format = raw_format(at);
    if (format >= 6 && format <= 8) return false;
    if (format == FORMAT_EMPTY && slot_count != 0) return false;
    if (format == FORMAT_EPHEMERON && slot_count == 0) return false;
    if (format_is_bits(format) && slot_count == 0 && format_unused_elements(format) != 0)
        return false;
    if (!format_is_method(format)) return true;
    if (slot_count == 0 || (raw_slot(at, 0) & TAG_MASK) != TAG_INT) return false;
    return (raw_method_literal_count(at) + 1) * 8 <=
           slot_count * 8 - format_unused_elements(format);
}

// The piece that begins at `start`.
static bool measure(const Load *load, uint64_t start, Piece *piece) {
    if (load->limit - start < 16) return false;
    *piece = (Piece){.at = start, .slot_count = raw_load(start) >> HEADER_SLOTS_SHIFT};
    if (piece->slot_count == HEADER_SLOTS_OVERFLOW) {
        piece->at = start + 8;
        piece->slot_count = raw_load(start) & OVERFLOW_COUNT_MASK;
        if (load->limit - piece->at < 16 || !raw_has_overflow(piece->at) ||
            piece->slot_count < HEADER_SLOTS_OVERFLOW)
            return false;
    }
    if (piece->slot_count > (load->limit - piece->at - 8) / 8) return false;
    return !(raw_load(piece->at) & HEADER_MARKED) && format_is_legal(piece->at, piece->slot_count);
}

static SegmentResult find_pieces(Load *load) {
    for (uint64_t start = load->first; start < load->limit;) {
        Piece piece;
        if (!measure(load, start, &piece)) return SEGMENT_INAPPROPRIATE;
        if (!object_map_put(&load->offsets, piece.at - load->first + 1, load->pieces.count) ||
            !array_push(&load->pieces, piece))
            return SEGMENT_NO_C_MEMORY;
        start = piece.at + raw_bytes_from_header(piece.slot_count);
    }
    if (load->pieces.count == 0) return SEGMENT_INAPPROPRIATE;
    return raw_format(load->pieces.items[0].at) == FORMAT_INDEXABLE ? SEGMENT_OK
                                                                    : SEGMENT_INAPPROPRIATE;
}

static Piece *piece_at(const Load *load, uint64_t offset) {
    uint64_t index;
    if (!object_map_get(&load->offsets, offset + 1, &index)) return NULL;
    return &load->pieces.items[index];
}

// ---- classes

typedef enum InstanceKind { POINTERS, BITS, METHOD, NONE } InstanceKind;

static InstanceKind kind_of_format(unsigned format) {
    if (format_is_pointers(format)) return POINTERS;
    if (format_is_method(format)) return METHOD;
    return format_is_bits(format) ? BITS : NONE;
}

static bool looks_like_class(uint64_t at, uint64_t slot_count) {
    unsigned format = raw_format(at);
    return format >= FORMAT_FIXED && format <= FORMAT_MIXED && slot_count > CLASS_FORMAT &&
           (raw_slot(at, CLASS_FORMAT) & TAG_MASK) == TAG_INT;
}

static bool is_class_piece(const Piece *piece) {
    uint64_t header = raw_load(piece->at);
    return (header & HEADER_REMEMBERED) && header_hash(header) == 0 &&
           looks_like_class(piece->at, piece->slot_count);
}

static uint64_t out_pointer(const Load *load, uint64_t index) {
    return oop_bits(heap_follow(load->heap, oop_from_bits(raw_slot(load->out_pointers, index))));
}

// The class outside that a class index names; 0: it names none.
static uint64_t outside_class(const Load *load, uint64_t class_index) {
    uint64_t index = class_index - SEGMENT_OUT_CLASS;
    if (index >= load->out_count) return 0;
    uint64_t raw = out_pointer(load, index);
    if (raw_is_immediate(raw) || !looks_like_class(raw, raw_slot_count(raw))) return 0;
    return raw;
}

static Piece *inside_class(const Load *load, uint64_t class_index) {
    if (class_index < SEGMENT_CLASS_BIAS) return NULL;
    Piece *piece = piece_at(load, (class_index - SEGMENT_CLASS_BIAS) * 8);
    return piece && is_class_piece(piece) ? piece : NULL;
}

static SegmentResult check_class(const Load *load, const Piece *piece) {
    uint64_t class_index = raw_class_index(piece->at), class_format;
    if (class_index & SEGMENT_OUT_CLASS) {
        uint64_t class_object = outside_class(load, class_index);
        if (!class_object) return SEGMENT_OUT_TOO_SMALL;
        class_format = raw_slot(class_object, CLASS_FORMAT);
    } else {
        const Piece *class_piece = inside_class(load, class_index);
        if (!class_piece) return SEGMENT_INAPPROPRIATE;
        class_format = raw_slot(class_piece->at, CLASS_FORMAT);
    }
    InstanceKind kind = kind_of_format(segment_instance_format(class_format));
    bool agrees = kind == kind_of_format(raw_format(piece->at)) && kind != NONE &&
                  piece->slot_count >= segment_named_fields(class_format);
    return agrees ? SEGMENT_OK : SEGMENT_INAPPROPRIATE;
}

// ---- slots

static bool is_context(const Load *load, const Piece *piece) {
    uint64_t class_index = raw_class_index(piece->at);
    if (!(class_index & SEGMENT_OUT_CLASS)) return false;
    uint64_t class_object = outside_class(load, class_index);
    return heap_class_index_of_class(load->heap, oop_from_bits(class_object)) ==
           CLASS_INDEX_CONTEXT;
}

static uint64_t live_slots(const Load *load, const Piece *piece) {
    uint64_t count = format_is_pointers(raw_format(piece->at)) ? piece->slot_count
                     : format_is_method(raw_format(piece->at))
                         ? raw_method_literal_count(piece->at) + 1
                         : 0;
    if (count <= CONTEXT_STACK_POINTER || !is_context(load, piece)) return count;
    return segment_live_slots(count, raw_slot(piece->at, CONTEXT_STACK_POINTER));
}

static SegmentResult check_slot(const Load *load, uint64_t value) {
    enum { CHARACTER_BITS = 30 };
    switch (value & TAG_MASK) {
    case TAG_INT:
    case TAG_FLOAT:
        return SEGMENT_OK;
    case TAG_CHAR:
        return value >> TAG_BITS >> CHARACTER_BITS == 0 ? SEGMENT_OK : SEGMENT_INAPPROPRIATE;
    case 0:
        break;
    default:
        return SEGMENT_INAPPROPRIATE;
    }
    if (value & SEGMENT_OUT_BIT)
        return (value & ~SEGMENT_OUT_BIT) / 8 < load->out_count ? SEGMENT_OK
                                                                : SEGMENT_OUT_TOO_SMALL;
    return piece_at(load, value) ? SEGMENT_OK : SEGMENT_INAPPROPRIATE;
}

static SegmentResult check_piece(const Load *load, const Piece *piece) {
    SegmentResult result = check_class(load, piece);
    if (result) return result;
    uint64_t count = live_slots(load, piece);
    for (uint64_t i = 0; i < count && result == SEGMENT_OK; i++)
        result = check_slot(load, raw_slot(piece->at, i));
    // A sender that is an integer would pass for a frame of a running VM.
    if (result == SEGMENT_OK && count > CONTEXT_SENDER && is_context(load, piece) &&
        raw_is_immediate(raw_slot(piece->at, CONTEXT_SENDER)))
        return SEGMENT_INAPPROPRIATE;
    return result;
}

// ---- making

// As Arrays of nil, at their final places: nothing moves between here and the end.
static bool allocate_pieces(Load *load) {
    for (size_t i = 0; i < load->pieces.count; i++) {
        Piece *piece = &load->pieces.items[i];
        bool pinned = raw_load(piece->at) & HEADER_PINNED;
        Oop made = pinned ? heap_allocate_old(load->heap, CLASS_INDEX_ARRAY, FORMAT_INDEXABLE,
                                              piece->slot_count)
                          : heap_allocate(load->heap, CLASS_INDEX_ARRAY, FORMAT_INDEXABLE,
                                          piece->slot_count);
        if (oop_is_none(made)) return false;
        piece->made = oop_bits(made);
    }
    return true;
}

static void leave_classes(Load *load, size_t count) {
    for (size_t i = 0; i < count; i++)
        if (is_class_piece(&load->pieces.items[i]))
            heap_leave_class(load->heap, oop_from_bits(load->pieces.items[i].made));
}

// Every class gets its index, those outside that had no instances yet too.
static bool enter_classes(Load *load) {
    for (size_t i = 0; i < load->pieces.count; i++) {
        const Piece *piece = &load->pieces.items[i];
        uint64_t class_index = raw_class_index(piece->at);
        bool entered =
            !is_class_piece(piece) || heap_enter_class(load->heap, oop_from_bits(piece->made)) != 0;
        if (entered && class_index & SEGMENT_OUT_CLASS)
            entered =
                heap_enter_class(load->heap, oop_from_bits(outside_class(load, class_index))) != 0;
        if (entered) continue;
        leave_classes(load, i + 1);
        return false;
    }
    return true;
}

static uint64_t real_class_index(const Load *load, uint64_t class_index) {
    uint64_t raw = class_index & SEGMENT_OUT_CLASS ? outside_class(load, class_index)
                                                   : inside_class(load, class_index)->made;
    return heap_class_index_of_class(load->heap, oop_from_bits(raw));
}

// Format, class, hash and read-only bit are the piece's; of a class the hash is its new index.
static void become_itself(const Load *load, const Piece *piece) {
    uint64_t carried = HEADER_FORMAT_MASK | HEADER_IMMUTABLE;
    uint64_t header = raw_load(piece->made), wanted = raw_load(piece->at);
    header = (header & ~carried) | (wanted & carried);
    header = header_with_class_index(header, real_class_index(load, header_class_index(wanted)));
    if (!is_class_piece(piece)) header = header_with_hash(header, header_hash(wanted));
    raw_store(piece->made, header);
}

static Oop slot_value(const Load *load, uint64_t value) {
    if (raw_is_immediate(value)) return oop_from_bits(value);
    if (value & SEGMENT_OUT_BIT)
        return oop_from_bits(out_pointer(load, (value & ~SEGMENT_OUT_BIT) / 8));
    return oop_from_bits(piece_at(load, value)->made);
}

static void fill(const Load *load, const Piece *piece) {
    Oop made = oop_from_bits(piece->made);
    bool pointers = format_is_pointers(raw_format(piece->at));
    uint64_t live = live_slots(load, piece);
    if (!pointers)
        memcpy((void *)(uintptr_t)(piece->made + 8), (const void *)(uintptr_t)(piece->at + 8),
               piece->slot_count * 8);
    for (uint64_t i = 0; i < live; i++)
        slot_at_put(load->heap, made, num((int64_t)i), slot_value(load, raw_slot(piece->at, i)));
}

static SegmentResult make_all(Load *load, Oop segment, Oop *roots) {
    Heap *heap = load->heap;
    Oop all = heap_allocate(heap, CLASS_INDEX_ARRAY, FORMAT_INDEXABLE, load->pieces.count);
    Oop former = heap_allocate(heap, CLASS_INDEX_ARRAY, FORMAT_INDEXABLE, 1);
    Oop latter = heap_allocate(heap, CLASS_INDEX_ARRAY, FORMAT_INDEXABLE, 1);
    if (oop_is_none(all) || oop_is_none(former) || oop_is_none(latter) || !allocate_pieces(load))
        return SEGMENT_NO_MEMORY;
    if (!enter_classes(load)) return SEGMENT_LIMIT;
    for (size_t i = 0; i < load->pieces.count; i++) {
        const Piece *piece = &load->pieces.items[i];
        become_itself(load, piece);
        fill(load, piece);
        slot_at_put(heap, all, num((int64_t)i), oop_from_bits(piece->made));
    }
    slot_at_put(heap, former, num(0), segment);
    slot_at_put(heap, latter, num(0), all);
    *roots = oop_from_bits(load->pieces.items[0].made);
    return heap_become(heap, former, latter, false, true) ? SEGMENT_NO_MEMORY : SEGMENT_OK;
}

static SegmentResult check_all(Load *load) {
    SegmentResult result = find_pieces(load);
    for (size_t i = 0; i < load->pieces.count && result == SEGMENT_OK; i++)
        result = check_piece(load, &load->pieces.items[i]);
    return result;
}

SegmentResult segment_load(Heap *heap, Oop segment, Oop out_pointers, Oop *roots) {
    uint64_t raw = oop_bits(segment), body = raw + 8, bytes = raw_slot_count(raw) * 8;
    Load load = {.heap = heap,
                 .first = body + SEGMENT_HEAD_BYTES,
                 .limit = body + bytes,
                 .out_pointers = oop_bits(out_pointers),
                 .out_count = raw_slot_count(oop_bits(out_pointers))};
    if (bytes < SEGMENT_HEAD_BYTES || raw_load(body) != SEGMENT_VERSION_WORD)
        return SEGMENT_INAPPROPRIATE;
    SegmentResult result = check_all(&load);
    if (result == SEGMENT_OK) result = make_all(&load, segment, roots);
    array_free(&load.pieces);
    object_map_release(&load.offsets);
    return result;
}
