// SPDX-License-Identifier: MIT
// The first half of the image checker: three passes over the objects of a region.
//
//   1. sizes and headers, no pointer followed: afterwards the region can be walked, and a bit map
//      says where objects begin
//   2. slots: immediates have a legal tag, references hit the beginning of an object; they are
//      rewritten to present addresses
//   3. only if there are forwarders: references to them are replaced by what they stand for
//
// Objects of the saving VM's own are dropped in the end.
#include "image/check.h"

#include <stdarg.h>
#include <stdio.h>

#include "image/check_state.h"
#include "object/layouts.h"

// Bits of a header that no Spur image uses.
#define HEADER_RESERVED (1ull << 22 | 1ull << 54)
// Bits that mean something in a running VM only.
#define HEADER_TRANSIENT (HEADER_MARKED | HEADER_GREY | HEADER_REMEMBERED)

enum { CHARACTER_BITS = 30 };

// ---- complaints and addresses

static uint64_t saved_address(const ImageRegion *region, uint64_t raw) {
    for (size_t i = region->segment_count; i-- > 0;)
        if (raw >= region->segments[i].start)
            return raw - region->segments[i].start + region->segments[i].saved_start;
    return raw;
}

Status check_complain(const ImageCheck *check, uint64_t raw, const char *format, ...) {
    char text[200];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    return diagnose(check->diagnosis, STATUS_CORRUPT, "damaged image: object at %#llx: %s",
                    (unsigned long long)saved_address(check->region, raw), text);
}

// The present address of what stood at `saved`; 0 when that lies outside of all segments.
static uint64_t present_address(const ImageRegion *region, uint64_t saved) {
    const ImageSegment *segments = region->segments;
    size_t low = 0, high = region->segment_count;
    while (high - low > 1) {
        size_t middle = low + (high - low) / 2;
        if (saved >= segments[middle].saved_start)
            low = middle;
        else
            high = middle;
    }
    uint64_t offset = saved - segments[low].saved_start;
    return offset < segments[low].bytes ? segments[low].start + offset : 0;
}

// ---- pass 1: sizes and headers

static Status check_method_header(const ImageCheck *check, uint64_t raw, uint64_t slot_count) {
    if (slot_count == 0 || (raw_slot(raw, 0) & TAG_MASK) != TAG_INT)
        return check_complain(check, raw, "a method without a header");
    uint64_t literal_bytes = (raw_method_literal_count(raw) + 1) * 8;
    if (literal_bytes > raw_byte_size(raw))
        return check_complain(check, raw, "%llu literals do not fit into the method",
                              (unsigned long long)raw_method_literal_count(raw));
    return STATUS_OK;
}

static Status check_format(const ImageCheck *check, uint64_t raw, uint64_t slot_count) {
    unsigned format = raw_format(raw);
    if (format == 6 || format == 8) return check_complain(check, raw, "illegal format %u", format);
    if (format == FORMAT_EMPTY && slot_count != 0)
        return check_complain(check, raw, "slots in a format without any");
    if (format == FORMAT_EPHEMERON && slot_count == 0)
        return check_complain(check, raw, "an ephemeron without a key");
    if (format_is_bits(format) && slot_count == 0 && format_unused_elements(format) != 0)
        return check_complain(check, raw, "unused bytes in an empty object");
    if (format_is_method(format)) return check_method_header(check, raw, slot_count);
    return STATUS_OK;
}

// Objects of the VM's own: class table, stacks of collectors, remembered set.
static Status check_pun(ImageCheck *check, uint64_t raw) {
    uint64_t class_index = raw_class_index(raw);
    unsigned format = raw_format(raw);
    bool legal = class_index == CLASS_INDEX_ARRAY_PUN  ? format == FORMAT_INDEXABLE
                 : class_index == CLASS_INDEX_WEAK_PUN ? format == FORMAT_WEAK
                 : class_index == CLASS_INDEX_32BIT_PUN || class_index == CLASS_INDEX_64BIT_PUN
                     ? format >= FORMAT_64BIT && format < FORMAT_16BIT
                     : false;
    if (!legal)
        return check_complain(check, raw, "illegal class index %llu with format %u",
                              (unsigned long long)class_index, format);
    return array_push(&check->puns, raw) ? STATUS_OK : STATUS_NO_MEMORY;
}

static void note_start(ImageCheck *check, uint64_t raw) {
    uint64_t word = (raw - check->region->start) / 8;
    check->starts[word / 64] |= 1ull << (word % 64);
}

static Status check_header(ImageCheck *check, uint64_t raw, uint64_t slot_count) {
    uint64_t header = raw_load(raw), class_index = header_class_index(header);
    if (class_index == CLASS_INDEX_FREE) return STATUS_OK;
    if (header & HEADER_RESERVED) return check_complain(check, raw, "reserved header bits are set");
    if (header & HEADER_TRANSIENT) raw_store(raw, header & ~HEADER_TRANSIENT);
    bool forwarder = class_index == CLASS_INDEX_FORWARDER;
    if (forwarder != (header_format(header) == FORMAT_FORWARDER))
        return check_complain(check, raw, "class index %llu with format %u",
                              (unsigned long long)class_index, header_format(header));
    if (!class_index_is_ordinary(class_index) && !forwarder) return check_pun(check, raw);
    note_start(check, raw);
    check->forwarders += forwarder;
    return forwarder ? STATUS_OK : check_format(check, raw, slot_count);
}

// Finds the header and the slot count of the object whose first byte is at `start`; the object
// lies inside the region.
static Status measure(ImageCheck *check, uint64_t start, uint64_t *raw, uint64_t *slot_count) {
    uint64_t end = check->region->end;
    *raw = start;
    if (end - start < 16) return check_complain(check, start, "no room for an object");
    *slot_count = raw_load(start) >> HEADER_SLOTS_SHIFT;
    if (*slot_count == HEADER_SLOTS_OVERFLOW) {
        *raw = start + 8;
        *slot_count = raw_load(start) & OVERFLOW_COUNT_MASK;
        if (end - *raw < 16 || raw_load(*raw) >> HEADER_SLOTS_SHIFT != HEADER_SLOTS_OVERFLOW ||
            *slot_count < HEADER_SLOTS_OVERFLOW)
            return check_complain(check, *raw, "bad size");
    }
    if (*slot_count > (end - *raw - 8) / 8)
        return check_complain(check, *raw, "%llu slots reach beyond the end",
                              (unsigned long long)*slot_count);
    return STATUS_OK;
}

static Status check_headers(ImageCheck *check) {
    for (uint64_t start = check->region->start; start < check->region->end;) {
        uint64_t raw = start, slot_count = 0;
        Status status = measure(check, start, &raw, &slot_count);
        if (status == STATUS_OK) status = check_header(check, raw, slot_count);
        if (status != STATUS_OK) return status;
        if (check->first_count < FIRST_COUNT) check->first[check->first_count++] = raw;
        start = raw + raw_bytes_from_header(slot_count);
    }
    return STATUS_OK;
}

static Status check_first_objects(const ImageCheck *check) {
    if (check->first_count < FIRST_COUNT)
        return check_complain(check, check->region->start, "the image has too few objects");
    for (int i = FIRST_NIL; i <= FIRST_TRUE; i++)
        if (!check_is_object(check, check->first[i]))
            return check_complain(check, check->first[i], "not nil, false or true");
    uint64_t free_lists = check->first[FIRST_FREE_LISTS], table = check->first[FIRST_CLASS_TABLE];
    if (raw_class_index(free_lists) != CLASS_INDEX_64BIT_PUN || raw_slot_count(free_lists) != 64)
        return check_complain(check, free_lists, "not the list of free chunks");
    if (raw_class_index(table) != CLASS_INDEX_ARRAY_PUN ||
        raw_slot_count(table) != CLASS_TABLE_ROOT_SLOTS + CLASS_TABLE_HIDDEN_SLOTS)
        return check_complain(check, table, "not the class table");
    return STATUS_OK;
}

// ---- pass 2: slots

static bool immediate_is_legal(uint64_t value) {
    switch (value & TAG_MASK) {
    case TAG_INT:
    case TAG_FLOAT:
        return true;
    case TAG_CHAR:
        return value >> TAG_BITS >> CHARACTER_BITS == 0;
    default:
        return false;
    }
}

// Rewrites one slot to present addresses; false when what it holds is neither.
static bool relocate_slot(const ImageCheck *check, uint64_t address) {
    uint64_t value = raw_load(address);
    if (raw_is_immediate(value)) return immediate_is_legal(value);
    uint64_t present = present_address(check->region, value);
    if (!check_is_object(check, present)) return false;
    if (present != value) raw_store(address, present);
    return true;
}

// Above its stack pointer a context may hold anything: no VM traces it there. Answers how many
// slots count; all of them when the stack pointer makes no sense.
static uint64_t context_live_slots(uint64_t raw, uint64_t slot_count) {
    uint64_t sp = slot_count > CONTEXT_STACK_POINTER ? raw_slot(raw, CONTEXT_STACK_POINTER) : 0;
    if ((sp & TAG_MASK) != TAG_INT || sp >> TAG_BITS > slot_count) return slot_count;
    uint64_t live = CONTEXT_FIRST_TEMP + (sp >> TAG_BITS);
    return live < slot_count ? live : slot_count;
}

static Status check_slots(const ImageCheck *check, uint64_t raw) {
    uint64_t count = raw_pointer_slot_count(raw), live = count;
    if (raw_class_index(raw) == CLASS_INDEX_CONTEXT && format_is_pointers(raw_format(raw)))
        live = context_live_slots(raw, count);
    for (uint64_t i = 0; i < count; i++) {
        uint64_t address = raw_slot_address(raw, i);
        if (relocate_slot(check, address)) continue;
        if (i < live)
            return check_complain(check, raw, "slot %llu holds %#llx, which is no object",
                                  (unsigned long long)i, (unsigned long long)raw_load(address));
        raw_store(address, check->first[FIRST_NIL]);
    }
    if (raw_format(raw) == FORMAT_FORWARDER && raw_is_immediate(raw_slot(raw, 0)))
        return check_complain(check, raw, "forwards to an immediate");
    return STATUS_OK;
}

static bool is_pun_at(const ImageCheck *check, uint64_t raw) {
    size_t low = 0, high = check->puns.count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (check->puns.items[middle] < raw)
            low = middle + 1;
        else
            high = middle;
    }
    return low < check->puns.count && check->puns.items[low] == raw;
}

// The pages of the class table, all in front, and behind them nil. The hidden roots are the
// saving VM's own business: collector stacks, remembered set.
static Status check_class_table_root(ImageCheck *check) {
    uint64_t root = check->first[FIRST_CLASS_TABLE], nil = check->first[FIRST_NIL];
    bool ended = false;
    for (uint64_t i = 0; i < CLASS_TABLE_ROOT_SLOTS; i++) {
        uint64_t page = present_address(check->region, raw_slot(root, i));
        raw_store(raw_slot_address(root, i), page);
        if (page == nil)
            ended = true;
        else if (ended || !is_pun_at(check, page) ||
                 raw_class_index(page) != CLASS_INDEX_ARRAY_PUN ||
                 raw_slot_count(page) != CLASS_TABLE_PAGE_SIZE)
            return check_complain(check, root, "bad class table page %llu", (unsigned long long)i);
        else
            check->page_count = i + 1;
    }
    for (uint64_t i = 0; i < CLASS_TABLE_HIDDEN_SLOTS; i++)
        raw_store(raw_slot_address(root, CLASS_TABLE_ROOT_SLOTS + i), nil);
    return STATUS_OK;
}

// What belonged to the saving VM alone, its remembered set and the like, becomes free space:
// nothing refers to it.
static void drop_puns(ImageCheck *check) {
    uint64_t root = check->first[FIRST_CLASS_TABLE];
    note_start(check, root);
    note_start(check, check->first[FIRST_FREE_LISTS]);
    for (uint64_t i = 0; i < check->page_count; i++)
        note_start(check, raw_slot(root, i));
    for (size_t i = 0; i < check->puns.count; i++) {
        uint64_t raw = check->puns.items[i], slots = raw_load(raw) & ~0ull << HEADER_SLOTS_SHIFT;
        if (!check_is_object(check, raw))
            raw_store(raw, slots | header_make(0, FORMAT_64BIT, CLASS_INDEX_FREE));
    }
}

static Status check_all_slots(ImageCheck *check) {
    uint64_t root = check->first[FIRST_CLASS_TABLE];
    Status status = check_class_table_root(check);
    for (uint64_t raw = check_first(check); raw < check->region->end && status == STATUS_OK;
         raw = check_next(check, raw)) {
        if (raw_class_index(raw) != CLASS_INDEX_FREE && raw != root)
            status = check_slots(check, raw);
    }
    return status;
}

// ---- pass 3: forwarders

// What a forwarder stands for in the end; 0 when it stands for itself. Every forwarder on the way
// is made to point there, so that all of them together take linear time.
static uint64_t resolve_forwarder(const ImageCheck *check, uint64_t forwarder) {
    uint64_t end = forwarder, steps = 0;
    while (raw_format(end) == FORMAT_FORWARDER) {
        if (steps++ > check->forwarders) return 0;
        end = raw_slot(end, 0);
    }
    while (raw_slot(forwarder, 0) != end) {
        uint64_t next = raw_slot(forwarder, 0);
        raw_store(raw_slot_address(forwarder, 0), end);
        forwarder = next;
    }
    return end;
}

static Status unforward_slots(const ImageCheck *check, uint64_t raw) {
    for (uint64_t i = 0, count = raw_pointer_slot_count(raw); i < count; i++) {
        uint64_t value = raw_slot(raw, i);
        if (raw_is_immediate(value) || raw_format(value) != FORMAT_FORWARDER) continue;
        uint64_t end = resolve_forwarder(check, value);
        if (end == 0) return check_complain(check, value, "a forwarder that leads to itself");
        raw_store(raw_slot_address(raw, i), end);
    }
    return STATUS_OK;
}

static Status check_forwarders(const ImageCheck *check) {
    if (check->forwarders == 0) return STATUS_OK;
    Status status = STATUS_OK;
    for (uint64_t raw = check_first(check); raw < check->region->end && status == STATUS_OK;
         raw = check_next(check, raw)) {
        if (raw_class_index(raw) != CLASS_INDEX_FREE) status = unforward_slots(check, raw);
    }
    return status;
}

// ---- all of it

static Status find_special_objects(ImageCheck *check, uint64_t saved) {
    uint64_t raw = present_address(check->region, saved);
    if (!check_is_object(check, raw))
        return diagnose(check->diagnosis, STATUS_CORRUPT,
                        "damaged image: no special objects array at %#llx",
                        (unsigned long long)saved);
    check->special_objects = raw;
    return STATUS_OK;
}

Status image_check_objects(const ImageRegion *region, uint64_t saved_special_objects,
                           uint64_t *special_objects, Diagnosis *diagnosis) {
    ImageCheck check = {.region = region, .diagnosis = diagnosis};
    uint64_t words = (region->end - region->start) / 8;
    check.starts = calloc(words / 64 + 1, sizeof *check.starts);
    Status status = check.starts ? STATUS_OK : STATUS_NO_MEMORY;
    if (status == STATUS_OK) status = check_headers(&check);
    if (status == STATUS_OK) status = check_first_objects(&check);
    if (status == STATUS_OK) status = check_all_slots(&check);
    if (status == STATUS_OK) status = check_forwarders(&check);
    if (status == STATUS_OK) status = find_special_objects(&check, saved_special_objects);
    if (status == STATUS_OK) drop_puns(&check);
    if (status == STATUS_OK) status = check_kernel(&check);
    if (status == STATUS_NO_MEMORY) diagnose(diagnosis, status, "not enough memory");
    *special_objects = check.special_objects;
    free(check.starts);
    array_free(&check.puns);
    return status;
}
