// SPDX-License-Identifier: MIT
// Names of objects, classes and methods for reports and traces. See report.h.
//
// The VM does not know where an image keeps the name of a class: it is the first string among the
// fields behind those that the VM knows. The one instance of a metaclass stands in a field of it.
#include "run/report.h"

#include <inttypes.h>
#include <string.h>

#include "run/primitive.h"

bool report_is_object(const VM *vm, Oop oop) {
    uint64_t bits = oop_bits(oop);
    if (oop_is_immediate(oop) || bits < vm->arena.new_space.start || bits + 16 > vm->arena.end)
        return false;
    uint64_t slots = (uint64_t)num_concrete(slot_count(oop));
    return slots <= (vm->arena.end - bits - 8) / 8;
}

bool report_has_fields(const VM *vm, Oop oop, unsigned count) {
    return report_is_object(vm, oop) && object_is_pointers(oop) &&
           num_le(num(count), slot_count(oop));
}

static bool is_string(const VM *vm, Oop oop) {
    return report_is_object(vm, oop) && object_is_bytes(oop);
}

void report_string(const VM *vm, Oop string, char *text, size_t size) {
    if (!is_string(vm, string)) {
        snprintf(text, size, "?");
        return;
    }
    size_t count = (size_t)num_concrete(byte_count(string)), at = 0;
    for (; at < count && at + 1 < size; at++) {
        char byte = (char)num_concrete(byte_at(string, num((int64_t)at)));
        text[at] = byte >= ' ' && byte <= '~' ? byte : '?';
    }
    text[at] = 0;
}

// ---- classes

static Oop follow(const VM *vm, Oop oop) {
    enum { LONGEST_CHAIN = 16 };
    for (int i = 0; i < LONGEST_CHAIN && report_is_object(vm, oop) && object_is_forwarder(oop); i++)
        oop = forwarder_target(oop);
    return oop;
}

// The first field, behind those the VM knows, that `accepts`; nil: none.
static Oop find_field(const VM *vm, Oop object, bool (*accepts)(const VM *, Oop, Oop)) {
    enum { FIELDS_SEEN = 24 };
    for (int i = CLASS_FORMAT + 1; i < FIELDS_SEEN && report_has_fields(vm, object, i + 1u); i++) {
        Oop field = follow(vm, field_at(object, i));
        if (accepts(vm, object, field)) return field;
    }
    return vm->heap.nil;
}

static bool accepts_name(const VM *vm, Oop object, Oop field) {
    (void)object;
    return is_string(vm, field);
}

static Oop class_of(const VM *vm, Oop object) {
    return follow(vm, heap_class_at(&vm->heap, (uint64_t)num_concrete(class_index_of(object))));
}

static bool accepts_sole_instance(const VM *vm, Oop object, Oop field) {
    return report_has_fields(vm, field, CLASS_FORMAT + 1) && oop_is(class_of(vm, field), object);
}

void report_name_of_class(const VM *vm, Oop class_object, char *name, size_t size) {
    Oop string = find_field(vm, class_object, accepts_name);
    if (is_string(vm, string)) {
        report_string(vm, string, name, size);
        return;
    }
    Oop instance = find_field(vm, class_object, accepts_sole_instance);
    report_string(vm, find_field(vm, instance, accepts_name), name, size);
    size_t length = strlen(name);
    if (!oop_is(instance, vm->heap.nil)) snprintf(name + length, size - length, " class");
}

void report_class_name(const VM *vm, Oop object, char *name, size_t size) {
    object = follow(vm, object);
    if (!oop_is_immediate(object) && !report_is_object(vm, object))
        snprintf(name, size, "?");
    else
        report_name_of_class(vm, class_of(vm, object), name, size);
}

// ---- literals

// A variable is shown by its name.
static Oop shown_literal(const VM *vm, Oop literal) {
    if (!report_has_fields(vm, literal, ASSOCIATION_VALUE + 1)) return literal;
    Oop key = field_at(literal, ASSOCIATION_KEY);
    return is_string(vm, key) ? key : literal;
}

void report_literal(void *context, Oop literal, char *text, size_t size) {
    const VM *vm = context;
    char name[REPORT_NAME_BYTES];
    literal = shown_literal(vm, literal);
    if (oop_is_int(literal)) {
        snprintf(text, size, "%" PRId64, num_concrete(num_from_oop(literal)));
    } else if (is_string(vm, literal)) {
        report_string(vm, literal, name, 100);
        snprintf(text, size, "'%s'", name);
    } else {
        report_class_name(vm, literal, name, sizeof name);
        snprintf(text, size, "(%s)", name);
    }
}

// ---- methods

static bool is_method(const VM *vm, Oop oop) {
    return report_is_object(vm, oop) && object_is_method(oop);
}

// Counted from the last one, 0; nil when there is none.
static Oop literal_from_end(const VM *vm, Oop method, int64_t position) {
    Num index = num_sub(method_literal_count(method), num(position));
    if (num_lt(index, num(1)) || num_le(slot_count(method), index)) return vm->heap.nil;
    return follow(vm, slot_at(method, index));
}

// The selector, or an object that holds it (of a method with pragmas and such).
static void name_selector(const VM *vm, Oop method, char *name, size_t size) {
    Oop selector = literal_from_end(vm, method, 1);
    if (!is_string(vm, selector) &&
        report_has_fields(vm, selector, ADDITIONAL_METHOD_STATE_SELECTOR + 1))
        selector = follow(vm, field_at(selector, ADDITIONAL_METHOD_STATE_SELECTOR));
    report_string(vm, selector, name, size);
}

// A CompiledBlock ends with its outer code.
static Oop home_of(const VM *vm, Oop method) {
    enum { DEEPEST_NESTING = 32 };
    for (int i = 0; i < DEEPEST_NESTING; i++) {
        Oop outer = literal_from_end(vm, method, 0);
        if (!is_method(vm, outer)) break;
        method = outer;
    }
    return method;
}

void report_method_name(const VM *vm, Oop receiver, Oop method, bool is_block, char *name,
                        size_t size) {
    char receiver_class[REPORT_NAME_BYTES], method_class[REPORT_NAME_BYTES] = "?";
    char selector[REPORT_NAME_BYTES] = "?";
    report_class_name(vm, receiver, receiver_class, sizeof receiver_class);
    method = follow(vm, method);
    if (is_method(vm, method)) {
        method = home_of(vm, method);
        name_selector(vm, method, selector, sizeof selector);
        Oop binding = literal_from_end(vm, method, 0);
        if (report_has_fields(vm, binding, ASSOCIATION_VALUE + 1))
            report_name_of_class(vm, follow(vm, field_at(binding, ASSOCIATION_VALUE)), method_class,
                                 sizeof method_class);
    }
    const char *prefix = is_block ? "[] in " : "";
    if (oop_is_none(receiver) || strcmp(receiver_class, method_class) == 0)
        snprintf(name, size, "%s%s>>%s", prefix, method_class, selector);
    else
        snprintf(name, size, "%s%s(%s)>>%s", prefix, receiver_class, method_class, selector);
}
