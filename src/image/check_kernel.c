// SPDX-License-Identifier: MIT
// The second half of the image checker, when every slot is known to hold an object or a legal
// immediate: the class table holds classes, every object fits its class, and the objects that the
// VM itself refers to are there and look as it needs them.
#include "image/check_state.h"
#include "object/layouts.h"

// What a class says of its instances, from the SmallInteger in its third slot: named fields in
// the low 16 bits, a format above (7: its instances are immediate).
static unsigned class_instance_format(uint64_t class_raw) {
    return raw_slot(class_raw, CLASS_FORMAT) >> TAG_BITS >> 16 & 31;
}
static uint64_t class_named_fields(uint64_t class_raw) {
    return raw_slot(class_raw, CLASS_FORMAT) >> TAG_BITS & 0xFFFF;
}

enum { INSTANCES_IMMEDIATE = 7 };

// Kinds of instances, as far as memory safety cares.
typedef enum InstanceKind { POINTERS, BITS, BYTES, METHOD, NO_INSTANCES, ANY } InstanceKind;

static InstanceKind kind_of_format(unsigned format) {
    if (format_is_pointers(format)) return POINTERS;
    if (format_is_method(format)) return METHOD;
    if (format == INSTANCES_IMMEDIATE) return NO_INSTANCES;
    return format_is_bytes(format) ? BYTES : BITS;
}

// Could the object be a class: superclass, method dictionary, format?
static bool looks_like_class(const ImageCheck *check, uint64_t raw) {
    if (raw_is_immediate(raw) || !check_is_object(check, raw)) return false;
    unsigned format = raw_format(raw);
    if (format < FORMAT_FIXED || format > FORMAT_MIXED) return false;
    if (raw_slot_count(raw) <= CLASS_FORMAT) return false;
    if ((raw_slot(raw, CLASS_FORMAT) & TAG_MASK) != TAG_INT) return false;
    unsigned instances = class_instance_format(raw);
    return instances != 6 && instances != 8;
}

// The class at an index; 0 when there is none.
static uint64_t class_at(const ImageCheck *check, uint64_t class_index) {
    if (class_index / CLASS_TABLE_PAGE_SIZE >= check->page_count) return 0;
    uint64_t page = raw_slot(check->first[FIRST_CLASS_TABLE], class_index / CLASS_TABLE_PAGE_SIZE);
    uint64_t found = raw_slot(page, class_index % CLASS_TABLE_PAGE_SIZE);
    return found == check->first[FIRST_NIL] ? 0 : found;
}

// A class is found under its identity hash. It may stand in the table a second time (immediates
// have two tags, bootstraps leave their first numbers behind).
static bool is_class_in_table(const ImageCheck *check, uint64_t raw) {
    return class_at(check, header_hash(raw_load(raw))) == raw;
}

static Status check_class_table(const ImageCheck *check) {
    for (uint64_t i = 0; i < check->page_count * CLASS_TABLE_PAGE_SIZE; i++) {
        uint64_t class_raw = class_at(check, i);
        if (class_raw == 0) continue;
        if (!looks_like_class(check, class_raw) || !is_class_in_table(check, class_raw))
            return check_complain(check, check->first[FIRST_CLASS_TABLE],
                                  "entry %llu of the class table is no class",
                                  (unsigned long long)i);
    }
    return STATUS_OK;
}

// ---- objects and their classes

// Bits of one element size may belong to a class of another: primitives ask the object.
static bool kinds_agree(InstanceKind object, InstanceKind class_says) {
    if (object == BYTES) object = BITS;
    if (class_says == BYTES) class_says = BITS;
    return object == class_says;
}

static Status check_instance(const ImageCheck *check, uint64_t raw) {
    uint64_t class_index = raw_class_index(raw), class_raw = class_at(check, class_index);
    if (class_raw == 0)
        return check_complain(check, raw, "class index %llu has no class",
                              (unsigned long long)class_index);
    unsigned format = raw_format(raw), class_format = class_instance_format(class_raw);
    if (!kinds_agree(kind_of_format(format), kind_of_format(class_format)))
        return check_complain(check, raw, "format %u, but its class makes format %u", format,
                              class_format);
    if (raw_slot_count(raw) < class_named_fields(class_raw))
        return check_complain(check, raw, "%llu slots, but its class has %llu named fields",
                              (unsigned long long)raw_slot_count(raw),
                              (unsigned long long)class_named_fields(class_raw));
    return STATUS_OK;
}

// A sender that is an integer would pass for a frame of a running VM.
static Status check_context(const ImageCheck *check, uint64_t raw) {
    if (raw_is_immediate(raw_slot(raw, CONTEXT_SENDER)))
        return check_complain(check, raw, "a context whose sender is no object");
    return STATUS_OK;
}

// An object that names its class by another of its places in the table names it by the hash then.
static void use_own_index(const ImageCheck *check, uint64_t raw) {
    uint64_t header = raw_load(raw), class_raw = class_at(check, header_class_index(header));
    uint64_t own = header_hash(raw_load(class_raw));
    if (own != header_class_index(header)) raw_store(raw, header_with_class_index(header, own));
}

static Status check_instances(const ImageCheck *check) {
    Status status = STATUS_OK;
    for (uint64_t raw = check_first(check); raw < check->region->end && status == STATUS_OK;
         raw = check_next(check, raw)) {
        uint64_t class_index = raw_class_index(raw);
        if (!class_index_is_ordinary(class_index)) continue;
        status = check_instance(check, raw);
        if (status == STATUS_OK) use_own_index(check, raw);
        if (status == STATUS_OK && class_index == CLASS_INDEX_CONTEXT)
            status = check_context(check, raw);
    }
    return status;
}

// Empties the places in the table that are no class's own: nobody uses them any more.
static void drop_second_places(const ImageCheck *check) {
    for (uint64_t i = CLASS_INDEX_LAST_PUN + 1; i < check->page_count * CLASS_TABLE_PAGE_SIZE;
         i++) {
        uint64_t class_raw = class_at(check, i);
        if (class_raw == 0 || header_hash(raw_load(class_raw)) == i) continue;
        uint64_t page = raw_slot(check->first[FIRST_CLASS_TABLE], i / CLASS_TABLE_PAGE_SIZE);
        raw_store(raw_slot_address(page, i % CLASS_TABLE_PAGE_SIZE), check->first[FIRST_NIL]);
    }
}

// ---- special objects

typedef struct SpecialRow {
    unsigned index;
    bool required;
    const char *name;
} SpecialRow;

static const SpecialRow special_rows[] = {
#define SPECIAL(index, NAME, required) {index, required, #NAME},
#include "object/special_objects.tbl"
#undef SPECIAL
};

typedef struct ShapeRow {
    unsigned special;
    InstanceKind kind;
    uint64_t named_fields, class_index;
    const char *name;
} ShapeRow;

static const ShapeRow shape_rows[] = {
#define SHAPE(NAME, kind, named_fields, class_index)                                               \
    {SPECIAL_##NAME, kind, named_fields, class_index, #NAME},
#include "image/class_shapes.tbl"
#undef SHAPE
};

// An entry; nil where the array is too short to have it.
static uint64_t special_at(const ImageCheck *check, unsigned index) {
    if (index >= raw_slot_count(check->special_objects)) return check->first[FIRST_NIL];
    return raw_slot(check->special_objects, index);
}

static Status complain_special(const ImageCheck *check, const char *name, const char *what) {
    return diagnose(check->diagnosis, STATUS_CORRUPT, "damaged image: special object %s %s", name,
                    what);
}

static Status check_special_presence(const ImageCheck *check) {
    if (raw_format(check->special_objects) != FORMAT_INDEXABLE)
        return check_complain(check, check->special_objects, "not the special objects array");
    for (int i = FIRST_NIL; i <= FIRST_TRUE; i++)
        if (special_at(check, (unsigned)i) != check->first[i])
            return complain_special(check, special_rows[i].name, "is another object");
    for (size_t i = FIRST_TRUE + 1; i < sizeof special_rows / sizeof *special_rows; i++) {
        uint64_t value = special_at(check, special_rows[i].index);
        if (!special_rows[i].required) continue;
        if (value == check->first[FIRST_NIL] || raw_is_immediate(value))
            return complain_special(check, special_rows[i].name, "is missing");
    }
    return STATUS_OK;
}

static bool shape_fits(const ImageCheck *check, const ShapeRow *row, uint64_t class_raw) {
    if (!looks_like_class(check, class_raw)) return false;
    if (row->class_index && class_at(check, row->class_index) != class_raw) return false;
    // A class that never had an instance has no place in the table yet.
    if (header_hash(raw_load(class_raw)) && !is_class_in_table(check, class_raw)) return false;
    InstanceKind kind = kind_of_format(class_instance_format(class_raw));
    return (row->kind == ANY || row->kind == kind) &&
           class_named_fields(class_raw) >= row->named_fields;
}

static Status check_shapes(const ImageCheck *check) {
    for (size_t i = 0; i < sizeof shape_rows / sizeof *shape_rows; i++) {
        const ShapeRow *row = &shape_rows[i];
        uint64_t class_raw = special_at(check, row->special);
        if (class_raw == check->first[FIRST_NIL]) continue;
        if (!shape_fits(check, row, class_raw))
            return complain_special(check, row->name, "is not the class it should be");
    }
    return STATUS_OK;
}

enum { SPECIAL_SELECTOR_COUNT = 32, ARGUMENT_COUNT_LIMIT = 15 };

// Pairs of a selector and its argument count.
static Status check_special_selectors(const ImageCheck *check) {
    uint64_t raw = special_at(check, SPECIAL_SPECIAL_SELECTORS);
    if (raw_format(raw) != FORMAT_INDEXABLE || raw_slot_count(raw) < 2 * SPECIAL_SELECTOR_COUNT)
        return complain_special(check, "SPECIAL_SELECTORS", "is too small");
    for (uint64_t i = 0; i < SPECIAL_SELECTOR_COUNT; i++) {
        uint64_t argument_count = raw_slot(raw, 2 * i + 1);
        if ((argument_count & TAG_MASK) != TAG_INT ||
            argument_count >> TAG_BITS > ARGUMENT_COUNT_LIMIT)
            return complain_special(check, "SPECIAL_SELECTORS", "has a bad argument count");
    }
    return STATUS_OK;
}

static bool has_fields(uint64_t raw, uint64_t count) {
    return !raw_is_immediate(raw) && format_is_pointers(raw_format(raw)) &&
           raw_slot_count(raw) >= count;
}

// The way from the special objects to the process that runs first.
static Status check_scheduler(const ImageCheck *check) {
    uint64_t binding = special_at(check, SPECIAL_PROCESSOR_BINDING);
    if (!has_fields(binding, ASSOCIATION_VALUE + 1))
        return complain_special(check, "PROCESSOR_BINDING", "is no association");
    uint64_t scheduler = raw_slot(binding, ASSOCIATION_VALUE);
    if (!has_fields(scheduler, SCHEDULER_ACTIVE_PROCESS + 1) ||
        !has_fields(raw_slot(scheduler, SCHEDULER_PROCESS_LISTS), 1))
        return complain_special(check, "PROCESSOR_BINDING", "leads to no scheduler");
    if (!has_fields(raw_slot(scheduler, SCHEDULER_ACTIVE_PROCESS), PROCESS_MY_LIST + 1))
        return complain_special(check, "PROCESSOR_BINDING", "leads to no active process");
    return STATUS_OK;
}

Status check_kernel(ImageCheck *check) {
    Status status = check_class_table(check);
    if (status == STATUS_OK) status = check_instances(check);
    if (status == STATUS_OK) drop_second_places(check);
    if (status == STATUS_OK) status = check_special_presence(check);
    if (status == STATUS_OK) status = check_shapes(check);
    if (status == STATUS_OK) status = check_special_selectors(check);
    if (status == STATUS_OK) status = check_scheduler(check);
    return status;
}
