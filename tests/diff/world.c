// SPDX-License-Identifier: MIT
// Makes the world of differential tests. See world.h.
#include "world.h"

#include <stdio.h>

#include "../support/operands.h"
#include "method_writer.h"

enum { DICTIONARY_CAPACITY = 256, CLASS_CAPACITY = 16, CODE_BYTES = 4 << 20 };

// ---- methods

static Oop new_dictionary(unsigned capacity) {
    Oop dictionary = new_array(METHOD_DICTIONARY_FIRST_KEY + capacity);
    field_at_put(&vm->heap, dictionary, METHOD_DICTIONARY_METHODS, new_array(capacity));
    return dictionary;
}

static void enter(Oop dictionary, Oop selector, Oop method) {
    Oop methods = field_at(dictionary, METHOD_DICTIONARY_METHODS);
    unsigned capacity = (unsigned)num_concrete(slot_count(methods));
    unsigned at = heap_identity_hash(&vm->heap, selector) & (capacity - 1);
    while (!oop_is(field_at(dictionary, METHOD_DICTIONARY_FIRST_KEY + (int)at), NIL) &&
           !oop_is(field_at(dictionary, METHOD_DICTIONARY_FIRST_KEY + (int)at), selector))
        at = (at + 1) & (capacity - 1);
    field_at_put(&vm->heap, methods, (int)at, method);
    field_at_put(&vm->heap, dictionary, METHOD_DICTIONARY_FIRST_KEY + (int)at, selector);
}

void world_define(World *world, Oop selector, Oop method) {
    enter(world->dictionary, selector, method);
}

// <primitive: number> self stop. 0: no primitive.
static Oop stopping_method(World *world, unsigned argument_count, unsigned primitive) {
    MethodWriter w;
    writer_begin(&w, vm, argument_count & 1, argument_count, argument_count);
    if (primitive) writer_primitive(&w, primitive);
    writer_put(&w, BC_PUSH_RECEIVER, 0, 0, 0);
    writer_send(&w, world->stop, 0);
    writer_put(&w, BC_RETURN_TOP, 0, 0, 0);
    return writer_end(&w, world->class_binding);
}

static void define_stop(World *world) {
    enum { PRIMITIVE_QUIT = 113 };
    MethodWriter w;
    writer_begin(&w, vm, false, 0, 0);
    writer_primitive(&w, PRIMITIVE_QUIT);
    writer_put(&w, BC_RETURN_RECEIVER, 0, 0, 0);
    world_define(world, world->stop, writer_end(&w, world->class_binding));
}

// Answers the last argument. The headers of those with two or more count one of them too few.
static Oop known_method(World *world, unsigned argument_count) {
    MethodWriter w;
    writer_begin(&w, vm, argument_count & 1, argument_count, argument_count - (argument_count > 1));
    if (argument_count) writer_put(&w, BC_PUSH_TEMP, argument_count - 1, 0, 0);
    writer_put(&w, argument_count ? BC_RETURN_TOP : BC_RETURN_RECEIVER, 0, 0, 0);
    return writer_end(&w, world->class_binding);
}

// Sends the message under test and stops. The operands are put there by who runs it.
static Oop driver(World *world, unsigned argument_count) {
    MethodWriter w;
    writer_begin(&w, vm, false, 0, 0);
    for (unsigned i = 0; i <= argument_count; i++)
        writer_put(&w, BC_PUSH_NIL, 0, 0, 0);
    writer_send(&w, world->test[argument_count], argument_count);
    writer_send(&w, world->stop, 0);
    writer_put(&w, BC_RETURN_TOP, 0, 0, 0);
    return writer_end(&w, world->class_binding);
}

// The first search for a selector gives it its hash: these have one, whoever searches first.
static Oop new_selector(World *world, const char *name) {
    Oop selector = new_string(name);
    heap_identity_hash(&world->vm->heap, selector);
    return selector;
}

static Oop numbered_selector(World *world, const char *name, unsigned number) {
    char text[20];
    snprintf(text, sizeof text, "%s%u", name, number);
    return new_selector(world, text);
}

static void define_messages(World *world) {
    for (unsigned i = 0; i <= WORLD_ARGUMENTS; i++) {
        world->known[i] = numbered_selector(world, "known", i);
        world->unknown[i] = numbered_selector(world, "unknown", i);
        world->test[i] = numbered_selector(world, "test", i);
        world_define(world, world->known[i], known_method(world, i));
        world->drivers[i] = driver(world, i);
    }
}

// What the VM itself sends.
static void define_complaints(World *world) {
    static const struct {
        SpecialObject which;
        unsigned argument_count;
        const char *name;
    } complaints[] = {
        {SPECIAL_SELECTOR_DOES_NOT_UNDERSTAND, 1, "doesNotUnderstand:"},
        {SPECIAL_SELECTOR_CANNOT_RETURN, 1, "cannotReturn:"},
        {SPECIAL_SELECTOR_MUST_BE_BOOLEAN, 0, "mustBeBoolean"},
        {SPECIAL_SELECTOR_CANNOT_INTERPRET, 1, "cannotInterpret:"},
        {SPECIAL_SELECTOR_ABOUT_TO_RETURN, 2, "aboutToReturn:through:"},
        {SPECIAL_SELECTOR_RUN_WITH_IN, 3, "run:with:in:"},
        {SPECIAL_SELECTOR_ATTEMPT_TO_ASSIGN, 2, "attemptToAssign:withIndex:"},
        {SPECIAL_SELECTOR_UNUSED_BYTECODE, 0, "unusedBytecode"},
        {SPECIAL_SELECTOR_CLASS_TRAP, 0, "classTrap"},
    };
    for (size_t i = 0; i < sizeof complaints / sizeof *complaints; i++) {
        Oop selector = new_string(complaints[i].name);
        fixture_put_special(complaints[i].which, selector);
        world_define(world, selector, stopping_method(world, complaints[i].argument_count, 0));
    }
}

// ---- special selectors, in their order, and the primitives that stand for them; 0: they are not
// understood.

typedef struct SpecialSend {
    const char *name;
    uint8_t argument_count;
    uint16_t primitive;
} SpecialSend;

static const SpecialSend special_sends[WORLD_SPECIAL_SENDS] = {
    {"+", 1, 1},          {"-", 1, 2},        {"<", 1, 3},        {">", 1, 4},
    {"<=", 1, 5},         {">=", 1, 6},       {"=", 1, 7},        {"~=", 1, 8},
    {"*", 1, 9},          {"/", 1, 10},       {"\\\\", 1, 11},    {"@", 1, 18},
    {"bitShift:", 1, 17}, {"//", 1, 12},      {"bitAnd:", 1, 14}, {"bitOr:", 1, 15},
    {"at:", 1, 60},       {"at:put:", 2, 61}, {"size", 0, 62},    {"next", 0, 65},
    {"nextPut:", 1, 66},  {"atEnd", 0, 67},   {"==", 1, 110},     {"class", 0, 111},
    {"~~", 1, 169},       {"value", 0, 201},  {"value:", 1, 202}, {"do:", 1, 0},
    {"new", 0, 70},       {"new:", 1, 71},    {"x", 0, 0},        {"y", 0, 0},
};

unsigned world_special_primitive(unsigned index) { return special_sends[index].primitive; }

// Other primitives of some classes. Floats have all of theirs: the interpreter does arithmetic of
// SmallFloat64s itself, as if nobody ever gave those messages another meaning.
static const struct {
    const char *name;
    size_t class_offset; // of the class index in `cls`
    uint16_t primitive;
} special_methods[] = {
#define OF(name, class, primitive) {name, offsetof(FixtureClasses, class), primitive},
#define OF_FLOATS(name, number)    OF(name, small_float, 500 + number) OF(name, boxed_float, number)
    OF_FLOATS("+", 41) OF_FLOATS("-", 42) OF_FLOATS("<", 43) OF_FLOATS(">", 44) OF_FLOATS("<=", 45)
        OF_FLOATS(">=", 46) OF_FLOATS("=", 47) OF_FLOATS("~=", 48) OF_FLOATS("*", 49)
            OF_FLOATS("/", 50) OF("+", large_positive, 21) OF("-", large_negative, 22)
                OF("*", large_positive, 29) OF("=", large_positive, 27) OF("at:", byte_string, 63)
                    OF("at:put:", byte_string, 64) OF("value", full_block_closure, 207)
                        OF("value:", full_block_closure, 207) OF("x", point, 264)
                            OF("y", point, 265) OF("x", association, 256) OF("y", array, 259)
#undef OF_FLOATS
#undef OF
};

static const SpecialSend *special_send_named(const char *name, unsigned *index) {
    for (*index = 0; *index < WORLD_SPECIAL_SENDS; ++*index)
        if (strcmp(special_sends[*index].name, name) == 0) break;
    return &special_sends[*index];
}

static void define_special_sends(World *world) {
    Oop pairs = new_array(2 * WORLD_SPECIAL_SENDS);
    fixture_put_special(SPECIAL_SPECIAL_SELECTORS, pairs);
    for (int i = 0; i < WORLD_SPECIAL_SENDS; i++) {
        const SpecialSend *send = &special_sends[i];
        Oop selector = new_selector(world, send->name);
        field_at_put(&vm->heap, pairs, 2 * i, selector);
        field_at_put(&vm->heap, pairs, 2 * i + 1, INT(send->argument_count));
        if (send->primitive)
            world_define(world, selector,
                         stopping_method(world, send->argument_count, send->primitive));
    }
    for (size_t i = 0; i < sizeof special_methods / sizeof *special_methods; i++) {
        unsigned index;
        const SpecialSend *send = special_send_named(special_methods[i].name, &index);
        uint64_t class_index;
        memcpy(&class_index, (char *)&cls + special_methods[i].class_offset, sizeof class_index);
        enter(field_at(fixture_class_object(class_index), CLASS_METHOD_DICTIONARY),
              field_at(pairs, 2 * (int)index),
              stopping_method(world, send->argument_count, special_methods[i].primitive));
    }
}

// ---- classes

static void make_hierarchy(World *world) {
    world->dictionary = new_dictionary(DICTIONARY_CAPACITY);
    world->root = fixture_class_object(fixture_add_class(FORMAT_FIXED, 0, -1, 0));
    object_set_class_and_format(world->root, num((int64_t)cls.class_class), num(FORMAT_FIXED));
    field_at_put(&vm->heap, world->root, CLASS_METHOD_DICTIONARY, world->dictionary);
#define FIXTURE_CLASS(name, format, fixed, special, index)                                         \
    field_at_put(&vm->heap, fixture_class_object(cls.name), CLASS_SUPERCLASS, world->root);        \
    field_at_put(&vm->heap, fixture_class_object(cls.name), CLASS_METHOD_DICTIONARY,               \
                 new_dictionary(CLASS_CAPACITY));
    FIXTURE_CLASSES(FIXTURE_CLASS)
#undef FIXTURE_CLASS
    object_set_class_and_format(NIL, num((int64_t)cls.undefined), num(FORMAT_EMPTY));
    object_set_class_and_format(TRUE_OOP, num((int64_t)cls.empty), num(FORMAT_EMPTY));
    object_set_class_and_format(FALSE_OOP, num((int64_t)cls.empty), num(FORMAT_EMPTY));
    world->class_binding = new_association(fixture_class_object(cls.plain));
}

// ---- kinds

static Oop old_array(void) { return heap_allocate_old(&vm->heap, cls.array, FORMAT_INDEXABLE, 3); }
static Oop old_plain(void) { return heap_allocate_old(&vm->heap, cls.plain, FORMAT_FIXED, 2); }
static Oop wide_string(void) {
    Oop string = new_words32(3);
    word32_at_put(string, num(0), num(0x10FFFF));
    word32_at_put(string, num(2), num(0xFFFFFFFF));
    return string;
}

// Code for full closures: answers the last argument, or nil.
static Oop block_code(const World *world, unsigned argument_count) {
    MethodWriter w;
    writer_begin(&w, vm, true, argument_count, argument_count + 4);
    if (argument_count)
        writer_put(&w, BC_PUSH_TEMP, argument_count - 1, 0, 0);
    else
        writer_put(&w, BC_PUSH_NIL, 0, 0, 0);
    writer_put(&w, BC_BLOCK_RETURN_TOP, 0, 0, 0);
    return writer_end(&w, world->class_binding);
}

// Behind those of operands.tbl: KIND(text, how to make one).
#define OTHER_KINDS(KIND)                                                                          \
    KIND("3", INT(3))                                                                              \
    KIND("-61", INT(-61))                                                                          \
    KIND("60", INT(60))                                                                            \
    KIND("1000", INT(1000))                                                                        \
    KIND("2^30", INT(1 << 30))                                                                     \
    KIND("2^59", INT(1ll << 59))                                                                   \
    KIND("a LargePositiveInteger of 20 bytes", new_large(false, "12345678901234567890", 20))       \
    KIND("0.0", REAL(0.0))                                                                         \
    KIND("-2.5", REAL(-2.5))                                                                       \
    KIND("1e38", REAL(1e38))                                                                       \
    KIND("1e-38", REAL(1e-38))                                                                     \
    KIND("a boxed 1.5", new_boxed_float(1.5))                                                      \
    KIND("the least Float", new_boxed_float(5e-324))                                               \
    KIND("an old Array", old_array())                                                              \
    KIND("a wide String", wide_string())                                                           \
    KIND("an old object", old_plain())                                                             \
    KIND("a read-only thing", read_only(new_thing()))                                              \
    KIND("class Float", fixture_class_object(cls.boxed_float))                                     \
    KIND("a method", known_method(world, 0))                                                       \
    KIND("a Context", fixture_first_context())                                                     \
    KIND("a full block", new_full_closure(world->blocks[0]))                                       \
    KIND("a full block of 1", new_full_closure(world->blocks[1]))                                  \
    KIND("a read-only full block", read_only(new_full_closure(world->blocks[0])))                  \
    KIND("a forwarder to an object", forwarder_to(new_plain()))                                    \
    KIND("a forwarder to true", forwarder_to(TRUE_OOP))                                            \
    KIND("a forwarder to 1e300", forwarder_to(new_boxed_float(1e300)))                             \
    KIND("a forwarder to a full block", forwarder_to(new_full_closure(world->blocks[0])))

static void make_kinds(World *world) {
    for (int i = 0; i < 4; i++)
        world->blocks[i] = block_code(world, (unsigned)i);
#define OTHER(text, expression)      world->kinds[world->kind_count++] = (WorldKind){text, expression};
#define KIND(name, text, expression) OTHER(text, expression)
#include "../support/operands.tbl"
    OTHER_KINDS(OTHER)
#undef KIND
#undef OTHER
    Oop old = heap_allocate_old(&vm->heap, cls.association, FORMAT_FIXED, 2);
    Oop larger = new_array(5);
    field_at_put(&vm->heap, larger, ASSOCIATION_VALUE, INT(12));
    Oop variables[] = {new_association(INT(10)), read_only(new_association(INT(11))), old, larger};
    memcpy(world->variables, variables, sizeof variables);
}

const char *world_kind_name(const World *world, Oop oop) {
    for (unsigned i = 0; i < world->kind_count; i++)
        if (oop_is(world->kinds[i].oop, oop)) return world->kinds[i].name;
    return NULL;
}

unsigned world_kind_numbered(const World *world, const char *name) {
    unsigned i = 0;
    while (i < world->kind_count && strcmp(world->kinds[i].name, name) != 0)
        i++;
    return i;
}

// ---- life

bool world_open(World *world, Diagnosis *diagnosis) {
    void *state = NULL;
    fixture_code_bytes = CODE_BYTES;
    *world = (World){.vm = NULL};
    if (fixture_open(&state)) {
        diagnose(diagnosis, STATUS_STATE, "no VM for the world");
        return false;
    }
    world->vm = vm;
    make_hierarchy(world);
    world->stop = new_string("stop");
    define_stop(world);
    define_messages(world);
    define_complaints(world);
    define_special_sends(world);
    make_kinds(world);
    vm_find_special_selectors(vm);
    vm_find_known_classes(vm);
    fixture_drop_operands();
    return true;
}

bool world_close(World *world) {
    void *state = NULL;
    (void)world;
    return fixture_close(&state) == 0;
}
