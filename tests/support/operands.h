// SPDX-License-Identifier: MIT
// What the rows of operands.tbl are made with, in the VM of unit/prim_fixture.h.
#ifndef PARLEY_TEST_OPERANDS_H
#define PARLEY_TEST_OPERANDS_H

#include "../unit/prim_fixture.h"

enum { THING_SLOTS = 80 };

static inline Oop new_large_array(void) {
    Oop array = new_array(300);
    for (int i = 0; i < 300; i++)
        field_at_put(&vm->heap, array, i, INT(i));
    return array;
}

// With more fields than short bytecodes name.
static inline Oop new_thing(void) {
    Oop object = fixture_new(cls.mixed, FORMAT_MIXED, THING_SLOTS);
    for (int i = 0; i < THING_SLOTS; i++)
        field_at_put(&vm->heap, object, i, INT(1000 + i));
    return object;
}

static inline Oop new_association(Oop value) {
    Oop association = fixture_new(cls.association, FORMAT_FIXED, 2);
    field_at_put(&vm->heap, association, ASSOCIATION_VALUE, value);
    return association;
}

static inline Oop new_stream(void) {
    Oop stream = new_array(4);
    field_at_put(&vm->heap, stream, STREAM_ARRAY, new_string("stream"));
    field_at_put(&vm->heap, stream, STREAM_INDEX, INT(1));
    field_at_put(&vm->heap, stream, STREAM_LIMIT, INT(4));
    field_at_put(&vm->heap, stream, STREAM_WRITE_LIMIT, INT(6));
    return stream;
}

static inline Oop new_single_context(void) {
    Oop context = fixture_first_context();
    field_at_put(&vm->heap, context, CONTEXT_STACK_POINTER, INT(2));
    return context;
}

// An object with fields of both kinds, of a class that became class `mixed`, which names fewer of
// them. Its class index stays that of the old one; the class table knows the other there.
static inline Oop new_of_class_become(void) {
    uint64_t index = fixture_add_class(FORMAT_MIXED, 2, -1, 0);
    Oop object = fixture_new(index, FORMAT_MIXED, 4);
    Oop former = ARRAY_OF(fixture_class_object(index));
    Oop latter = ARRAY_OF(fixture_class_object(cls.mixed));
    assert_int_equal(heap_become(&vm->heap, former, latter, false, true), STATUS_OK);
    return object;
}

// The same, but the class table has a forwarder. Whoever follows the class table, as a become of
// classes does, makes an object like the one above of it.
static inline Oop new_of_forwarded_class(void) {
    uint64_t index = fixture_add_class(FORMAT_MIXED, 2, -1, 0);
    Oop page = slot_at(vm->heap.class_table_root, num((int64_t)(index / CLASS_TABLE_PAGE_SIZE)));
    slot_at_put(&vm->heap, page, num((int64_t)(index % CLASS_TABLE_PAGE_SIZE)),
                forwarder_to(fixture_class_object(cls.mixed)));
    return fixture_new(index, FORMAT_MIXED, 4);
}

// An old closure: its code (push nil, return it) stands in its home method, behind the bytecode
// that makes it.
static inline Oop new_old_closure(unsigned argument_count) {
    char code[] = "\x8F\x00\x00\x02\x73\x7D\x7C";
    code[1] = (char)argument_count;
    Oop home = new_single_context(), closure = fixture_new(cls.block_closure, FORMAT_MIXED, 3);
    Oop method = new_method(0, code, 7);
    field_at_put(&vm->heap, home, CONTEXT_METHOD, method);
    field_at_put(&vm->heap, closure, CLOSURE_OUTER_CONTEXT, home);
    field_at_put(&vm->heap, closure, CLOSURE_START_PC,
                 oop_from_num(num_add(method_first_pc(method), num(5))));
    field_at_put(&vm->heap, closure, CLOSURE_ARGUMENT_COUNT, INT(argument_count));
    return closure;
}

// A full closure on the code of a block.
static inline Oop new_full_closure(Oop code) {
    Oop closure = fixture_new(cls.full_block_closure, FORMAT_MIXED, 4);
    field_at_put(&vm->heap, closure, CLOSURE_OUTER_CONTEXT, new_single_context());
    field_at_put(&vm->heap, closure, FULL_CLOSURE_COMPILED_BLOCK, code);
    field_at_put(&vm->heap, closure, CLOSURE_ARGUMENT_COUNT,
                 oop_from_num(method_argument_count(code)));
    field_at_put(&vm->heap, closure, FULL_CLOSURE_RECEIVER, INT(7));
    return closure;
}

#endif
