// SPDX-License-Identifier: MIT
// A VM for tests of primitives: a heap of its own with the classes that primitives know, made by
// hand, and one running frame on a stack page. A primitive is called as a send would call it:
//
//     CALL(prim_at, array, INT(2))            the Outcome; then TOP is the answer
//     ANSWERS(INT(7), prim_at, array, INT(2)) answered exactly that, operands popped
//     FAILS(BAD_INDEX, prim_at, array, INT(9)) failed so, with the stack as it was
//
// PRIM_TEST(f) runs f in a fresh VM and verifies the heap afterwards. X
#ifndef PARLEY_TEST_PRIM_FIXTURE_H
#define PARLEY_TEST_PRIM_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "memory/roots.h"
#include "object/raw.h"
#include "run/context.h"
#include "run/interpreter.h"
#include "run/lookup.h"
#include "run/primitive.h"
#include "run/primitives.h"
#include "run/stack.h"
#include "run/verified.h"

// The classes of the fixture: FIXTURE_CLASS(name, format, named fields, special object or -1, fixed
// class index or 0).
#define FIXTURE_CLASSES(FIXTURE_CLASS)                                                             \
    FIXTURE_CLASS(class_class, FORMAT_FIXED, 4, -1, 0)                                             \
    FIXTURE_CLASS(undefined, FORMAT_EMPTY, 0, -1, 0)                                               \
    FIXTURE_CLASS(small_integer, FORMAT_FORWARDER, 0, SPECIAL_CLASS_SMALL_INTEGER, TAG_INT)        \
    FIXTURE_CLASS(character, FORMAT_FORWARDER, 0, SPECIAL_CLASS_CHARACTER, TAG_CHAR)               \
    FIXTURE_CLASS(small_float, FORMAT_FORWARDER, 0, -1, TAG_FLOAT)                                 \
    FIXTURE_CLASS(large_negative, FORMAT_8BIT, 0, SPECIAL_CLASS_LARGE_NEGATIVE_INTEGER, 32)        \
    FIXTURE_CLASS(large_positive, FORMAT_8BIT, 0, SPECIAL_CLASS_LARGE_POSITIVE_INTEGER, 33)        \
    FIXTURE_CLASS(boxed_float, FORMAT_32BIT, 0, SPECIAL_CLASS_FLOAT, 34)                           \
    FIXTURE_CLASS(message, FORMAT_FIXED, 3, SPECIAL_CLASS_MESSAGE, 35)                             \
    FIXTURE_CLASS(context, FORMAT_MIXED, 6, SPECIAL_CLASS_CONTEXT, 36)                             \
    FIXTURE_CLASS(byte_array, FORMAT_8BIT, 0, SPECIAL_CLASS_BYTE_ARRAY, 50)                        \
    FIXTURE_CLASS(array, FORMAT_INDEXABLE, 0, SPECIAL_CLASS_ARRAY, 51)                             \
    FIXTURE_CLASS(byte_string, FORMAT_8BIT, 0, SPECIAL_CLASS_BYTE_STRING, 52)                      \
    FIXTURE_CLASS(point, FORMAT_FIXED, 2, SPECIAL_CLASS_POINT, 0)                                  \
    FIXTURE_CLASS(block_closure, FORMAT_MIXED, 3, SPECIAL_CLASS_BLOCK_CLOSURE, 0)                  \
    FIXTURE_CLASS(full_block_closure, FORMAT_MIXED, 4, SPECIAL_CLASS_FULL_BLOCK_CLOSURE, 0)        \
    FIXTURE_CLASS(semaphore, FORMAT_FIXED, 3, SPECIAL_CLASS_SEMAPHORE, 0)                          \
    FIXTURE_CLASS(mutex, FORMAT_FIXED, 3, SPECIAL_CLASS_MUTEX, 0)                                  \
    FIXTURE_CLASS(process, FORMAT_FIXED, 4, SPECIAL_CLASS_PROCESS, 0)                              \
    FIXTURE_CLASS(linked_list, FORMAT_FIXED, 2, -1, 0)                                             \
    FIXTURE_CLASS(scheduler, FORMAT_FIXED, 2, -1, 0)                                               \
    FIXTURE_CLASS(association, FORMAT_FIXED, 2, -1, 0)                                             \
    FIXTURE_CLASS(compiled_method, FORMAT_COMPILED_METHOD, 0, SPECIAL_CLASS_COMPILED_METHOD, 0)    \
    FIXTURE_CLASS(bitmap, FORMAT_32BIT, 0, SPECIAL_CLASS_BITMAP, 0)                                \
    FIXTURE_CLASS(doubles, FORMAT_64BIT, 0, -1, 0)                                                 \
    FIXTURE_CLASS(shorts, FORMAT_16BIT, 0, -1, 0)                                                  \
    FIXTURE_CLASS(mixed, FORMAT_MIXED, 1, -1, 0)                                                   \
    FIXTURE_CLASS(weak, FORMAT_WEAK, 1, -1, 0)                                                     \
    FIXTURE_CLASS(ephemeron, FORMAT_EPHEMERON, 2, -1, 0)                                           \
    FIXTURE_CLASS(plain, FORMAT_FIXED, 2, -1, 0)                                                   \
    FIXTURE_CLASS(plain_twin, FORMAT_FIXED, 2, -1, 0)                                              \
    FIXTURE_CLASS(empty, FORMAT_EMPTY, 0, -1, 0)                                                   \
    FIXTURE_CLASS(external_address, FORMAT_8BIT, 0, SPECIAL_CLASS_EXTERNAL_ADDRESS, 0)

typedef struct FixtureClasses {
#define FIXTURE_CLASS(name, format, fixed, special, index) uint64_t name;
    FIXTURE_CLASSES(FIXTURE_CLASS)
#undef FIXTURE_CLASS
} FixtureClasses;

enum { FIXTURE_PRIORITIES = 4 };
static VM *vm __attribute__((unused));
static FixtureClasses cls __attribute__((unused));
static uint64_t fixture_code_bytes; // room for compiled code, of the VMs opened from now on

#define INT(value)       oop_from_num(num(value))
#define CHARACTER(code)  char_from_code(num(code))
#define REAL(value)      small_float_from_real(real(value))
#define NIL              (vm->heap.nil)
#define TRUE_OOP         (vm->heap.true_object)
#define FALSE_OOP        (vm->heap.false_object)
#define TOP              prim_stack_at(vm, 0)
#define OOP_EQUAL(a, b)  assert_int_equal(oop_bits(a), oop_bits(b))
#define INT_OF(oop)      num_concrete(num_from_oop(oop))
#define CLASS_OF(object) (uint64_t) num_concrete(class_index_of(object))

// ---- making objects

static inline Oop fixture_class_object(uint64_t class_index) {
    return heap_class_at(&vm->heap, class_index);
}
static inline Oop fixture_new(uint64_t class_index, unsigned format, uint64_t slots) {
    Oop object = heap_allocate(&vm->heap, class_index, format, slots);
    assert_false(oop_is_none(object));
    return object;
}
static inline Oop fixture_new_bits(uint64_t class_index, unsigned format, uint64_t elements) {
    unsigned shift = 3 - format_element_shift(format);
    uint64_t slots = (elements + (1u << shift) - 1) >> shift;
    return fixture_new(class_index, format + (unsigned)((slots << shift) - elements), slots);
}
static inline Oop new_plain(void) { return fixture_new(cls.plain, FORMAT_FIXED, 2); }
static inline Oop new_mixed(uint64_t indexed) {
    return fixture_new(cls.mixed, FORMAT_MIXED, 1 + indexed);
}
static inline Oop new_weak(uint64_t indexed) {
    return fixture_new(cls.weak, FORMAT_WEAK, 1 + indexed);
}
static inline Oop new_ephemeron(void) { return fixture_new(cls.ephemeron, FORMAT_EPHEMERON, 2); }
static inline Oop new_empty(void) { return fixture_new(cls.empty, FORMAT_EMPTY, 0); }
static inline Oop new_words64(uint64_t n) { return fixture_new_bits(cls.doubles, FORMAT_64BIT, n); }
static inline Oop new_words32(uint64_t n) { return fixture_new_bits(cls.bitmap, FORMAT_32BIT, n); }
static inline Oop new_shorts(uint64_t n) { return fixture_new_bits(cls.shorts, FORMAT_16BIT, n); }
static inline Oop new_bytes(uint64_t n) { return fixture_new_bits(cls.byte_array, FORMAT_8BIT, n); }
static inline Oop new_string(const char *text) {
    Oop string = prim_new_byte_string(vm, text, strlen(text));
    assert_false(oop_is_none(string));
    return string;
}
static inline Oop new_array(uint64_t n) { return fixture_new(cls.array, FORMAT_INDEXABLE, n); }
static inline Oop new_array_of(unsigned count, const Oop *elements) {
    Oop array = new_array(count);
    for (unsigned i = 0; i < count; i++)
        field_at_put(&vm->heap, array, (int)i, elements[i]);
    return array;
}
#define ARRAY_OF(...) new_array_of(sizeof((Oop[]){__VA_ARGS__}) / sizeof(Oop), (Oop[]){__VA_ARGS__})

// A LargeInteger of the digits given, low byte first.
static inline Oop new_large(bool negative, const char *hex_low_first, unsigned digits) {
    uint64_t of = negative ? cls.large_negative : cls.large_positive;
    Oop large = fixture_new_bits(of, FORMAT_8BIT, digits);
    memcpy(object_bytes(large), hex_low_first, digits);
    return large;
}
static inline Oop new_large_word(bool negative, uint64_t magnitude) {
    Oop large = new_large(negative, "", 0);
    large = fixture_new_bits(CLASS_OF(large), FORMAT_8BIT, 8);
    memcpy(object_bytes(large), &magnitude, 8);
    return large;
}
static inline Oop new_boxed_float(double value) {
    Oop boxed = fixture_new(cls.boxed_float, FORMAT_32BIT, 1);
    memcpy(object_bytes(boxed), &value, 8);
    return boxed;
}
static inline Oop read_only(Oop object) {
    heap_set_readonly(&vm->heap, object, true);
    return object;
}
// An object that became `target` in the meantime: a forwarder.
static inline Oop forwarder_to(Oop target) {
    Oop former = new_plain();
    assert_int_equal(heap_become(&vm->heap, ARRAY_OF(former), ARRAY_OF(target), false, false),
                     STATUS_OK);
    assert_true(oop_is_forwarder(former));
    return former;
}
// A method (V3PlusClosures) of the literals given, then selector and class binding (nil), then
// code.
static inline Oop new_method(unsigned literals, const char *code, unsigned code_bytes) {
    unsigned all = literals + 2, bytes = (all + 1) * 8 + code_bytes;
    Oop method = fixture_new(cls.compiled_method, FORMAT_COMPILED_METHOD + (unsigned)(-bytes & 7),
                             (bytes + 7) / 8);
    field_at_put(&vm->heap, method, 0, INT(all));
    for (unsigned i = 1; i <= all; i++)
        field_at_put(&vm->heap, method, (int)i, NIL);
    memcpy(object_bytes(method) + (all + 1) * 8, code, code_bytes);
    return method;
}

// ---- calling

static inline void fixture_push(Oop value) {
    vm->sp--;
    prim_stack_at_put(vm, 0, value);
}
// Operands: the receiver and the arguments. Those of the call before are dropped.
static inline Outcome fixture_call(PrimitiveFunction function, unsigned count,
                                   const Oop *operands) {
    vm->sp = vm->fp + FRAME_FIRST_TEMP + 1;
    for (unsigned i = 0; i < count; i++)
        fixture_push(operands[i]);
    vm->argument_count = count - 1;
    vm->failure = FAILURE_NONE;
    return function(vm);
}
#define OPERAND_COUNT(...)  (sizeof((Oop[]){__VA_ARGS__}) / sizeof(Oop))
#define CALL(function, ...) fixture_call(function, OPERAND_COUNT(__VA_ARGS__), (Oop[]){__VA_ARGS__})

static inline void fixture_fails(Failure failure, PrimitiveFunction function, unsigned count,
                                 const Oop *operands) {
    Outcome outcome = fixture_call(function, count, operands);
    assert_int_equal(outcome, OUTCOME_FAILED);
    assert_int_equal(vm->failure, failure);
    assert_ptr_equal(vm->sp, vm->fp + FRAME_FIRST_TEMP + 1 - count);
    for (unsigned i = 0; i < count; i++)
        OOP_EQUAL(prim_stack_at(vm, count - 1 - i), operands[i]);
}
#define FAILS(failure, function, ...)                                                              \
    fixture_fails(FAILURE_##failure, function, OPERAND_COUNT(__VA_ARGS__), (Oop[]){__VA_ARGS__})

static inline Oop fixture_answer(PrimitiveFunction function, unsigned count, const Oop *operands) {
    Outcome outcome = fixture_call(function, count, operands);
    assert_int_equal(vm->failure, FAILURE_NONE);
    assert_true(outcome == OUTCOME_ANSWERED || outcome == OUTCOME_SWITCHED);
    assert_ptr_equal(vm->sp, vm->fp + FRAME_FIRST_TEMP);
    return TOP;
}
// The answer of a primitive that must succeed, with nothing but it left on the stack.
#define ANSWER(function, ...)                                                                      \
    fixture_answer(function, OPERAND_COUNT(__VA_ARGS__), (Oop[]){__VA_ARGS__})
#define ANSWERS(expected, function, ...) OOP_EQUAL(ANSWER(function, __VA_ARGS__), expected)

// ---- the world

static inline Oop fixture_new_class(unsigned format, unsigned fixed) {
    Oop class_object = heap_allocate_old(&vm->heap, CLASS_INDEX_ARRAY_PUN, FORMAT_FIXED, 4);
    assert_false(oop_is_none(class_object));
    heap_pin(&vm->heap, class_object, false);
    field_at_put(&vm->heap, class_object, CLASS_FORMAT, INT((int64_t)format << 16 | fixed));
    return class_object;
}
// A class that has no instances yet, and no class index.
static inline Oop fixture_unentered_class(void) {
    Oop class_object = fixture_new_class(FORMAT_FIXED, 3);
    object_set_class_and_format(class_object, num((int64_t)cls.class_class), num(FORMAT_FIXED));
    return class_object;
}
// Enters a class at a class index that all images share.
static inline void fixture_enter_class_at(Oop class_object, uint64_t index) {
    Oop page = slot_at(vm->heap.class_table_root, num(0));
    slot_at_put(&vm->heap, page, num((int64_t)index), class_object);
    object_set_hash(class_object, num((int64_t)index));
}
static inline uint64_t fixture_add_class(unsigned format, unsigned fixed, int special,
                                         uint64_t index) {
    Oop class_object = fixture_new_class(format, fixed);
    if (index)
        fixture_enter_class_at(class_object, index);
    else
        index = heap_enter_class(&vm->heap, class_object);
    assert_int_not_equal(index, 0);
    if (special >= 0) slot_at_put(&vm->heap, vm->heap.special_objects, num(special), class_object);
    return index;
}

static inline void fixture_put_special(SpecialObject which, Oop value) {
    slot_at_put(&vm->heap, vm->heap.special_objects, num(which), value);
}

static inline void fixture_make_classes(void) {
    vm->heap.special_objects =
        heap_allocate_old(&vm->heap, CLASS_INDEX_ARRAY_PUN, FORMAT_INDEXABLE, SPECIAL_OBJECT_COUNT);
    fixture_put_special(SPECIAL_NIL, NIL);
    fixture_put_special(SPECIAL_FALSE, FALSE_OOP);
    fixture_put_special(SPECIAL_TRUE, TRUE_OOP);
#define FIXTURE_CLASS(name, format, fixed, special, index)                                         \
    cls.name = fixture_add_class(format, fixed, special, index);
    FIXTURE_CLASSES(FIXTURE_CLASS)
#undef FIXTURE_CLASS
#define FIXTURE_CLASS(name, format, fixed, special, index)                                         \
    object_set_class_and_format(fixture_class_object(cls.name), num((int64_t)cls.class_class),     \
                                num(FORMAT_FIXED));
    FIXTURE_CLASSES(FIXTURE_CLASS)
#undef FIXTURE_CLASS
    Num array = num((int64_t)cls.array);
    object_set_class_and_format(vm->heap.special_objects, array, num(FORMAT_INDEXABLE));
    vm_find_known_classes(vm);
}

static inline Oop fixture_old(uint64_t class_index, unsigned slots) {
    Oop object = heap_allocate_old(&vm->heap, class_index, FORMAT_FIXED, slots);
    heap_pin(&vm->heap, object, false);
    return object;
}

// Where the process begins: a method that pushes its receiver, pops it and returns.
static inline Oop fixture_first_context(void) {
    Oop method = new_method(0, "\x70\x87\x78", 3);
    Oop context = fixture_new(cls.context, FORMAT_MIXED, CONTEXT_FIRST_TEMP + 16);
    field_at_put(&vm->heap, context, CONTEXT_PC,
                 oop_from_num(num_add(method_first_pc(method), num(1))));
    field_at_put(&vm->heap, context, CONTEXT_STACK_POINTER, INT(0));
    field_at_put(&vm->heap, context, CONTEXT_METHOD, method);
    field_at_put(&vm->heap, context, CONTEXT_RECEIVER, INT(42));
    return context;
}

// Processor: four lists, one process.
static inline void fixture_make_scheduler(void) {
    Oop binding = fixture_old(cls.association, 2);
    Oop scheduler = fixture_old(cls.scheduler, 2);
    Oop process = fixture_old(cls.process, 4);
    Oop lists = new_array(FIXTURE_PRIORITIES);
    field_at_put(&vm->heap, binding, ASSOCIATION_VALUE, scheduler);
    field_at_put(&vm->heap, scheduler, SCHEDULER_PROCESS_LISTS, lists);
    field_at_put(&vm->heap, scheduler, SCHEDULER_ACTIVE_PROCESS, process);
    for (int i = 0; i < FIXTURE_PRIORITIES; i++)
        field_at_put(&vm->heap, lists, i, fixture_old(cls.linked_list, 2));
    field_at_put(&vm->heap, process, PROCESS_PRIORITY, INT(2));
    field_at_put(&vm->heap, process, PROCESS_SUSPENDED_CONTEXT, fixture_first_context());
    fixture_put_special(SPECIAL_PROCESSOR_BINDING, binding);
}

// The frame stands behind a send that answers one value: in front of the pop.
static inline void fixture_drop_operands(void) { vm->sp = vm->fp + FRAME_FIRST_TEMP + 1; }

static inline int fixture_open(void **state) {
    (void)state;
    VMOptions options;
    vm_default_options(&options);
    if (!fixture_code_bytes) {        // compiled code counts no ticks
        options.deterministic = true; // no waiting: time passes when somebody waits
        options.max_ticks = 1000;
    }
    options.reserve_bytes = 256 << 20;
    options.stack_page_count = 4;
    options.code_bytes = fixture_code_bytes;
    options.heap.eden_bytes = 1 << 20;
    Diagnosis why = {""};
    vm = vm_new(&options, 0, &why);
    if (!vm || heap_bootstrap(&vm->heap, &why)) {
        print_error("%s\n", why.text);
        return -1;
    }
    fixture_make_classes();
    fixture_make_scheduler();
    if (vm_image_loaded(vm, &why)) {
        print_error("%s\n", why.text);
        return -1;
    }
    vm->fp[FRAME_PC]++;
    return 0;
}

static inline int fixture_close(void **state) {
    (void)state;
    uint64_t violations = heap_verify(&vm->heap, stderr, 10, false);
    vm_destroy(vm);
    return violations == 0 ? 0 : -1;
}

#define PRIM_TEST(f) cmocka_unit_test_setup_teardown(f, fixture_open, fixture_close)

#endif
