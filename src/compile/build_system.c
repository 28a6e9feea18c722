// SPDX-License-Identifier: MIT
// What makes classes a system: globals, special objects, the order of initialisers, the process
// that runs first.
#include "compile/builder.h"

#include <stdio.h>

#include "bytecode/instruction.h"
#include "memory/store.h"
#include "object/header.h"
#include "object/layouts.h"

enum {
    PRIORITY_COUNT = 80,
    FIRST_PRIORITY = 40,
    FIRST_SPECIAL_SEND = BC_SEND_ADD,
    LAST_SPECIAL_SEND = BC_SEND_Y,
};
_Static_assert(LAST_SPECIAL_SEND - FIRST_SPECIAL_SEND + 1 == 32, "there are 32 special sends");

static Oop known_class(Builder *builder, KnownClass role) {
    return builder_class_object(builder, builder->maker.classes[role]);
}

void build_set_global(Builder *builder, const char *name, Oop value) {
    make_store(&builder->maker, builder_global(builder, text_from_chars(name)), ASSOCIATION_VALUE,
               value);
}

// ---- special objects

static void set_special(Builder *builder, SpecialObject which, Oop value) {
    make_store(&builder->maker, builder->maker.heap->special_objects, which, value);
}

static void set_special_symbol(Builder *builder, SpecialObject which, const char *selector) {
    set_special(builder, which, make_symbol(&builder->maker, text_from_chars(selector)));
}

static void set_special_classes(Builder *builder) {
    static const struct {
        SpecialObject special;
        KnownClass role;
    } rows[] = {
        {SPECIAL_CLASS_BITMAP, KNOWN_BITMAP},
        {SPECIAL_CLASS_SMALL_INTEGER, KNOWN_SMALL_INTEGER},
        {SPECIAL_CLASS_BYTE_STRING, KNOWN_BYTE_STRING},
        {SPECIAL_CLASS_ARRAY, KNOWN_ARRAY},
        {SPECIAL_CLASS_FLOAT, KNOWN_FLOAT},
        {SPECIAL_CLASS_CONTEXT, KNOWN_CONTEXT},
        {SPECIAL_CLASS_POINT, KNOWN_POINT},
        {SPECIAL_CLASS_LARGE_POSITIVE_INTEGER, KNOWN_LARGE_POSITIVE_INTEGER},
        {SPECIAL_CLASS_MESSAGE, KNOWN_MESSAGE},
        {SPECIAL_CLASS_COMPILED_METHOD, KNOWN_COMPILED_METHOD},
        {SPECIAL_CLASS_SEMAPHORE, KNOWN_SEMAPHORE},
        {SPECIAL_CLASS_CHARACTER, KNOWN_CHARACTER},
        {SPECIAL_CLASS_BYTE_ARRAY, KNOWN_BYTE_ARRAY},
        {SPECIAL_CLASS_PROCESS, KNOWN_PROCESS},
        {SPECIAL_CLASS_FLOAT_32_ARRAY, KNOWN_FLOAT_32_ARRAY},
        {SPECIAL_CLASS_FLOAT_64_ARRAY, KNOWN_FLOAT_64_ARRAY},
        {SPECIAL_CLASS_BLOCK_CLOSURE, KNOWN_BLOCK_CLOSURE},
        {SPECIAL_CLASS_FULL_BLOCK_CLOSURE, KNOWN_FULL_BLOCK_CLOSURE},
        {SPECIAL_CLASS_MUTEX, KNOWN_MUTEX},
        {SPECIAL_CLASS_LARGE_NEGATIVE_INTEGER, KNOWN_LARGE_NEGATIVE_INTEGER},
        {SPECIAL_CLASS_EXTERNAL_ADDRESS, KNOWN_EXTERNAL_ADDRESS},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        set_special(builder, rows[i].special, known_class(builder, rows[i].role));
}

static void set_special_symbols(Builder *builder) {
    set_special_symbol(builder, SPECIAL_SELECTOR_DOES_NOT_UNDERSTAND, "doesNotUnderstand:");
    set_special_symbol(builder, SPECIAL_SELECTOR_CANNOT_RETURN, "cannotReturn:");
    set_special_symbol(builder, SPECIAL_SELECTOR_MUST_BE_BOOLEAN, "mustBeBoolean");
    set_special_symbol(builder, SPECIAL_SELECTOR_CANNOT_INTERPRET, "cannotInterpret:");
    set_special_symbol(builder, SPECIAL_SELECTOR_ABOUT_TO_RETURN, "aboutToReturn:through:");
    set_special_symbol(builder, SPECIAL_SELECTOR_RUN_WITH_IN, "run:with:in:");
    set_special_symbol(builder, SPECIAL_SELECTOR_ATTEMPT_TO_ASSIGN, "attemptToAssign:withIndex:");
    set_special_symbol(builder, SPECIAL_SELECTOR_UNUSED_BYTECODE, "unusedBytecode");
    set_special_symbol(builder, SPECIAL_SELECTOR_COUNTER_TRIPPED,
                       "conditionalBranchCounterTrippedOn:");
    set_special_symbol(builder, SPECIAL_SELECTOR_CLASS_TRAP, "classTrapFor:");
}

// The selectors of the special sends, as the instructions' texts have them behind "send ".
static Oop special_selectors(Builder *builder) {
    static const struct {
        unsigned pops;
        const char *text;
    } sends[] = {
#define a                                           0
#define c                                           0
#define b                                           0
#define INSTRUCTION(NAME, pops, pushes, flow, text) [BC_##NAME] = {pops, text},
#include "bytecode/instructions.tbl"
#undef INSTRUCTION
#undef a
#undef c
#undef b
    };
    ObjectMaker *maker = &builder->maker;
    Oop pairs = make_array(maker, 2 * (LAST_SPECIAL_SEND - FIRST_SPECIAL_SEND + 1));
    for (unsigned i = FIRST_SPECIAL_SEND; i <= LAST_SPECIAL_SEND; i++) {
        Text selector = text_from_chars(sends[i].text + strlen("send "));
        make_store(maker, pairs, 2 * (i - FIRST_SPECIAL_SEND), make_symbol(maker, selector));
        make_store(maker, pairs, 2 * (i - FIRST_SPECIAL_SEND) + 1,
                   make_integer(maker, sends[i].pops - 1));
    }
    return pairs;
}

// The last one, of the operating system, is a prototype where the sources have its class.
static Oop primitive_errors(Builder *builder) {
    static const char *const names[] = {
#define FAILURE(NAME, index, text) [index - 1] = text,
#include "run/failures.tbl"
#undef FAILURE
    };
    enum { COUNT = sizeof names / sizeof *names };
    ObjectMaker *maker = &builder->maker;
    Oop errors = make_array(maker, COUNT);
    for (unsigned i = 1; i < COUNT; i++) {
        const char *end = strstr(names[i], " (");
        Text name = text_from_chars(names[i]);
        if (end) name.length = (size_t)(end - names[i]);
        make_store(maker, errors, i, make_symbol(maker, name));
    }
    if (!maker->classes[KNOWN_PRIMITIVE_ERROR]) return errors;
    Oop prototype = make_instance(maker, KNOWN_PRIMITIVE_ERROR);
    make_fill_known(maker, prototype, KNOWN_PRIMITIVE_ERROR, KNOWN_SLOT_ERROR_NAME,
                    make_symbol(maker, text_from_chars(names[COUNT - 1])));
    make_store(maker, errors, COUNT - 1, prototype);
    return errors;
}

static void set_special_objects(Builder *builder) {
    ObjectMaker *maker = &builder->maker;
    set_special(builder, SPECIAL_FALSE, make_bool(maker, false));
    set_special(builder, SPECIAL_TRUE, make_bool(maker, true));
    set_special_classes(builder);
    set_special_symbols(builder);
    set_special(builder, SPECIAL_SPECIAL_SELECTORS, special_selectors(builder));
    set_special(builder, SPECIAL_PRIMITIVE_ERROR_TABLE, primitive_errors(builder));
    set_special(builder, SPECIAL_EXTERNAL_OBJECTS, make_array(maker, 0));
    set_special(builder, SPECIAL_PROCESSOR_BINDING,
                builder_global(builder, text_from_chars("Processor")));
}

// ---- the first process

// About to run the method's first bytecode.
static Oop first_context(Builder *builder, Oop method, Oop receiver) {
    ObjectMaker *maker = &builder->maker;
    int64_t temps = (int64_t)(raw_slot(oop_bits(method), 0) >> (TAG_BITS + 18) & 63);
    int64_t literals = (int64_t)raw_method_literal_count(oop_bits(method));
    Oop context = make_object(maker, maker->class_indices[KNOWN_CONTEXT], FORMAT_MIXED,
                              CONTEXT_FIRST_TEMP + CONTEXT_LARGE_FRAME_SLOTS);
    make_store(maker, context, CONTEXT_PC, make_integer(maker, (literals + 1) * 8 + 1));
    make_store(maker, context, CONTEXT_STACK_POINTER, make_integer(maker, temps));
    make_store(maker, context, CONTEXT_METHOD, method);
    make_store(maker, context, CONTEXT_RECEIVER, receiver);
    return context;
}

static Oop make_scheduler(Builder *builder, Oop context) {
    ObjectMaker *maker = &builder->maker;
    Oop process = make_instance(maker, KNOWN_PROCESS), lists = make_array(maker, PRIORITY_COUNT);
    make_store(maker, process, PROCESS_SUSPENDED_CONTEXT, context);
    make_store(maker, process, PROCESS_PRIORITY, make_integer(maker, FIRST_PRIORITY));
    for (size_t i = 0; i < PRIORITY_COUNT; i++)
        make_store(maker, lists, i, make_instance(maker, KNOWN_PROCESS_LIST));
    Oop scheduler = make_instance(maker, KNOWN_SCHEDULER);
    make_store(maker, scheduler, SCHEDULER_PROCESS_LISTS, lists);
    make_store(maker, scheduler, SCHEDULER_ACTIVE_PROCESS, process);
    return scheduler;
}

// ---- globals

static Oop make_smalltalk(Builder *builder) {
    ObjectMaker *maker = &builder->maker;
    Oop smalltalk = make_instance(maker, KNOWN_SMALLTALK);
    make_fill_known(maker, smalltalk, KNOWN_SMALLTALK, KNOWN_SLOT_GLOBALS, builder->globals_object);
    make_fill_known(maker, smalltalk, KNOWN_SMALLTALK, KNOWN_SLOT_SPECIAL_OBJECTS,
                    maker->heap->special_objects);
    return smalltalk;
}

// The associations of a map in their order; `count` of them.
static const Oop *associations_of(Builder *builder, const TextMap *map) {
    Oop *associations = arena_new_array(builder->maker.arena, Oop, map->count + 1);
    for (size_t i = 0; associations && i < map->count; i++)
        associations[i] = oop_from_bits((uint64_t)(uintptr_t)map->entries[i].value);
    if (!associations) builder->maker.failed = true;
    return associations;
}

static Oop make_undeclared(Builder *builder) {
    ObjectMaker *maker = &builder->maker;
    const Oop *associations = associations_of(builder, &builder->undeclared);
    if (!associations || !maker->classes[KNOWN_UNDECLARED_REGISTRY]) return make_nil(maker);
    KnownClass role = KNOWN_UNDECLARED_REGISTRY;
    return builder->dialect->dictionary(builder, role, associations, builder->undeclared.count);
}

// The object was made empty, so that classes could refer to it.
static void fill_globals(Builder *builder) {
    ObjectMaker *maker = &builder->maker;
    const Oop *associations = associations_of(builder, &builder->globals);
    if (!associations) return;
    Oop filled =
        builder->dialect->dictionary(builder, KNOWN_GLOBALS, associations, builder->globals.count);
    for (uint64_t i = 0; !maker->failed && i < raw_slot_count(oop_bits(filled)); i++)
        make_store(maker, builder->globals_object, i, oop_from_bits(raw_slot(oop_bits(filled), i)));
}

void build_system(Builder *builder) {
    ObjectMaker *maker = &builder->maker;
    const BuildDialect *dialect = builder->dialect;
    Oop receiver = make_nil(maker), method = dialect->first_method(builder, &receiver);
    if (oop_is_none(method) || maker->failed) return;
    build_set_global(builder, "Processor",
                     make_scheduler(builder, first_context(builder, method, receiver)));
    if (maker->classes[KNOWN_SMALLTALK]) {
        Oop smalltalk = make_smalltalk(builder);
        build_set_global(builder, "Smalltalk", smalltalk);
        set_special(builder, SPECIAL_SMALLTALK, smalltalk);
    }
    build_set_global(builder, "Undeclared", make_undeclared(builder));
    set_special_objects(builder);
    dialect->declare(builder);
    fill_globals(builder);
}
