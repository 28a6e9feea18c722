// SPDX-License-Identifier: MIT
// Classes and allocation for primitives: what class an object has, what its instances look like,
// which class indices the VM knows by name, and how to make the common objects.
//
// A class is trusted only as far as it was looked at: prim_is_class_object asks for the shape that
// the VM relies on (superclass, method dictionary, format), prim_class_format for a format that
// instances can have. Named fields are counted from the object where its format says it, and never
// exceed the slots that the object really has: a damaged class does no harm.
#include "run/primitive.h"

#include <string.h>

#include "object/raw.h"

// ---- what the VM knows by name

// The special object of that position; nil when the image's array is too short.
static Oop special_object(const VM *vm, int position) {
    Oop specials = vm->heap.special_objects;
    if (oop_is_none(specials) || !oop_is_pointers(specials)) return vm->heap.nil;
    if (!num_lt(num(position), slot_count(specials))) return vm->heap.nil;
    return heap_follow(&vm->heap, slot_at(specials, num(position)));
}

static uint64_t known_index(VM *vm, int position) {
    Oop class_object = special_object(vm, position);
    if (!prim_is_class_object(vm, class_object)) return 0;
    return heap_enter_class(&vm->heap, class_object);
}

// Images need not name the classes of closures among the special objects: then they are where every
// Spur VM expects them.
static uint64_t known_or(VM *vm, int position, uint64_t usual_index) {
    uint64_t index = known_index(vm, position);
    if (index) return index;
    return prim_is_class_object(vm, heap_class_at(&vm->heap, usual_index)) ? usual_index : 0;
}

void vm_find_known_classes(VM *vm) {
    vm->known = (KnownClasses){
        .large_positive = known_index(vm, SPECIAL_CLASS_LARGE_POSITIVE_INTEGER),
        .large_negative = known_index(vm, SPECIAL_CLASS_LARGE_NEGATIVE_INTEGER),
        .boxed_float = known_index(vm, SPECIAL_CLASS_FLOAT),
        .array = known_index(vm, SPECIAL_CLASS_ARRAY),
        .byte_string = known_index(vm, SPECIAL_CLASS_BYTE_STRING),
        .byte_array = known_index(vm, SPECIAL_CLASS_BYTE_ARRAY),
        .context = known_index(vm, SPECIAL_CLASS_CONTEXT),
        .block_closure = known_or(vm, SPECIAL_CLASS_BLOCK_CLOSURE, CLASS_INDEX_USUAL_BLOCK_CLOSURE),
        .full_block_closure =
            known_or(vm, SPECIAL_CLASS_FULL_BLOCK_CLOSURE, CLASS_INDEX_USUAL_FULL_BLOCK_CLOSURE),
        .point = known_index(vm, SPECIAL_CLASS_POINT),
        .message = known_index(vm, SPECIAL_CLASS_MESSAGE),
        .semaphore = known_index(vm, SPECIAL_CLASS_SEMAPHORE),
        .mutex = known_index(vm, SPECIAL_CLASS_MUTEX),
        .character = known_index(vm, SPECIAL_CLASS_CHARACTER),
        .bitmap = known_index(vm, SPECIAL_CLASS_BITMAP),
        .process = known_index(vm, SPECIAL_CLASS_PROCESS),
        .compiled_method = known_index(vm, SPECIAL_CLASS_COMPILED_METHOD),
        .external_address = known_index(vm, SPECIAL_CLASS_EXTERNAL_ADDRESS),
    };
}

// ---- classes

// Forwarders are rare here: asked first, in line.
static inline Oop followed(VM *vm, Oop oop) {
    return oop_is_forwarder(oop) ? heap_follow(&vm->heap, oop) : oop;
}

Oop prim_class_of(VM *vm, Oop object) {
    uint64_t class_index = (uint64_t)num_concrete(class_index_of(object));
    return followed(vm, heap_class_at(&vm->heap, class_index));
}

bool prim_is_class_object(VM *vm, Oop object) {
    if (!oop_is_pointers(object)) return false;
    if (!num_lt(num(CLASS_FORMAT), slot_count(object))) return false;
    if (!oop_is_int(field_at(object, CLASS_FORMAT))) return false;
    Oop superclass = followed(vm, field_at(object, CLASS_SUPERCLASS));
    Oop methods = followed(vm, field_at(object, CLASS_METHOD_DICTIONARY));
    return oop_is_pointers(superclass) && oop_is_pointers(methods);
}

// Formats that a class may give its instances: those with pointers, and of the bits formats the
// first of each element size (the unused elements are counted per object).
static bool format_fits_a_class(Num format) {
    return num_le(num(FORMAT_EMPTY), format) &&
           (num_le(format, num(FORMAT_EPHEMERON)) || num_eq(format, num(FORMAT_64BIT)) ||
            num_eq(format, num(FORMAT_32BIT)) || num_eq(format, num(FORMAT_16BIT)) ||
            num_eq(format, num(FORMAT_8BIT)) || num_eq(format, num(FORMAT_COMPILED_METHOD)));
}

// The format field of a class: bits 0-15 the number of named fields, bits 16-20 the format.
bool prim_class_format(VM *vm, Oop class_object, Num *fixed_slots, Num *format) {
    if (!prim_is_class_object(vm, class_object)) return false;
    Num bits = num_from_oop(field_at(class_object, CLASS_FORMAT));
    *fixed_slots = num_and(bits, num(0xFFFF));
    *format = num_and(num_shift_right(bits, num(16)), num(31));
    return format_fits_a_class(*format);
}

Num prim_fixed_slots_of(VM *vm, Oop object) {
    if (!object_is_pointers(object) || object_is_array_format(object)) return num(0);
    Num slots = slot_count(object);
    if (object_is_fixed_pointers(object)) return slots;
    Num fixed, format;
    if (!prim_class_format(vm, prim_class_of(vm, object), &fixed, &format)) return slots;
    return num_lt(slots, fixed) ? slots : fixed;
}

// ---- allocating

Oop prim_new_object(VM *vm, Num class_index, int format, Num count) {
    if (num_is_zero(class_index) || num_is_negative(count)) return oop_none();
    return heap_allocate(&vm->heap, (uint64_t)num_concrete(class_index), (unsigned)format,
                         (uint64_t)num_concrete(count));
}

Oop prim_new_array(VM *vm, Num size) {
    return prim_new_object(vm, prim_known(vm, array), FORMAT_INDEXABLE, size);
}

static Oop new_bytes(VM *vm, Num class_index, Num size) {
    if (num_is_negative(size)) return oop_none();
    int unused = (int)num_concrete(num_and(num_negated(size), num(7)));
    Num words = num_quo(num_add(size, num(unused)), num(8));
    return prim_new_object(vm, class_index, FORMAT_8BIT + unused, words);
}

Oop prim_new_byte_array(VM *vm, Num size) {
    return new_bytes(vm, prim_known(vm, byte_array), size);
}

Oop prim_new_byte_string(VM *vm, const char *bytes, size_t size) {
    Oop string = new_bytes(vm, prim_known(vm, byte_string), num((int64_t)size));
    if (bytes && size > 0 && !oop_is_none(string)) memcpy(object_bytes(string), bytes, size);
    return string;
}

Oop prim_new_point(VM *vm, Oop x, Oop y) {
    Oop point = prim_new_object(vm, prim_known(vm, point), FORMAT_FIXED, num(2));
    if (oop_is_none(point)) return point;
    field_at_put(&vm->heap, point, POINT_X, x);
    field_at_put(&vm->heap, point, POINT_Y, y);
    return point;
}

// ---- strings and C

bool prim_c_string(VM *vm, Oop bytes, char *buffer, size_t buffer_size) {
    (void)vm;
    if (!oop_is_bytes(bytes)) return false;
    Num size = byte_count(bytes);
    if (!num_lt(size, num((int64_t)buffer_size))) return false;
    size_t length = (size_t)num_concrete(size);
    if (memchr(object_bytes(bytes), 0, length)) return false;
    memcpy(buffer, object_bytes(bytes), length);
    buffer[length] = '\0';
    return true;
}
