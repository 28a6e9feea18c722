// SPDX-License-Identifier: MIT
// A VM for tests of plugins and system primitives: that of prim_fixture.h, with all plugins
// started, an image file that it believes it came from, and a scratch folder. Named primitives
// are called by name:
//
//     NAMED_ANSWER("FilePlugin", "primitiveFileOpen", NIL, PATH("a"), TRUE_OOP)    the answer
//     NAMED_FAILS(BAD_ARGUMENT, "FilePlugin", "primitiveFileOpen", NIL, NIL, NIL)
#ifndef PARLEY_TEST_PLUGIN_FIXTURE_H
#define PARLEY_TEST_PLUGIN_FIXTURE_H

#include "prim_fixture.h"
#include "scratch.h"

#include "image/image_info.h"
#include "plugin/registry.h"
#include "run/system.h"

static ImageInfo plugin_image __attribute__((unused));

static inline int plugin_open(void **state) {
    if (fixture_open(state) || scratch_open(state)) return -1;
    if (image_info_init(&plugin_image) != STATUS_OK) return -1;
    vm->image = &plugin_image;
    vm->options.deterministic = false;
    if (image_info_set_path(vm->image, in_scratch("test.image")) != STATUS_OK) return -1;
    return plugin_register_all(vm) == STATUS_OK ? 0 : -1;
}
static inline int plugin_close(void **state) {
    plugin_release_all(vm);
    system_release(vm);
    image_info_release(&plugin_image);
    return fixture_close(state) | scratch_close(state);
}

static inline PrimitiveFunction named(const char *module, const char *name) {
    const Primitive *row = primitive_named(vm, module, name);
    assert_non_null(row);
    assert_non_null(row->function);
    return row->function;
}
#define NAMED_ANSWER(module, name, ...)         ANSWER(named(module, name), __VA_ARGS__)
#define NAMED_FAILS(failure, module, name, ...) FAILS(failure, named(module, name), __VA_ARGS__)
// Fails with an error of the operating system, or of the plugin.
#define NAMED_FAILS_OS(error, module, name, ...)                                                   \
    do {                                                                                           \
        FAILS(OPERATING_SYSTEM, named(module, name), __VA_ARGS__);                                 \
        assert_int_equal(vm->os_error, error);                                                     \
    } while (0)

// The path of a name in the scratch folder, as a String.
#define PATH(name) new_string(in_scratch(name))

static inline void assert_bytes(Oop bytes, const char *expected) {
    assert_true(oop_is_bytes(bytes));
    assert_int_equal(num_concrete(byte_count(bytes)), strlen(expected));
    assert_memory_equal(object_bytes(bytes), expected, strlen(expected));
}

// Every kind of object that is not one of bytes; oop_none() behind the last.
static inline Oop not_bytes(unsigned i) {
    switch (i) {
    case 0:
        return NIL;
    case 1:
        return INT(7);
    case 2:
        return CHARACTER('a');
    case 3:
        return REAL(1.5);
    case 4:
        return new_plain();
    case 5:
        return new_array(2);
    case 6:
        return new_words64(2);
    case 7:
        return new_words32(3);
    case 8:
        return new_shorts(3);
    case 9:
        return new_weak(1);
    case 10:
        return new_method(0, "\x78", 1);
    case 11:
        return forwarder_to(new_string("x"));
    default:
        return oop_none();
    }
}

// Things that are neither true nor false; neither a SmallInteger.
static inline Oop not_boolean(unsigned i) { return i == 0 ? INT(1) : not_bytes(i - 1); }
static inline Oop not_integer(unsigned i) {
    switch (i) {
    case 0:
        return NIL;
    case 1:
        return CHARACTER('a');
    case 2:
        return REAL(1.0);
    case 3:
        return new_string("1");
    case 4:
        return new_plain();
    case 5:
        return TRUE_OOP;
    case 6:
        return new_boxed_float(1.0);
    case 7:
        return forwarder_to(new_array(1));
    default:
        return oop_none();
    }
}
// A loop over all of them: EACH_NOT_BYTES(wrong) FAILS(..., wrong);
#define EACH_OF(kinds, o)                                                                          \
    for (unsigned k_##o = 0; !oop_is_none(kinds(k_##o)); k_##o++)                                  \
        for (Oop o = kinds(k_##o), once_##o = o; !oop_is_none(once_##o); once_##o = oop_none())
#define EACH_NOT_BYTES(o)   EACH_OF(not_bytes, o)
#define EACH_NOT_BOOLEAN(o) EACH_OF(not_boolean, o)
#define EACH_NOT_INTEGER(o) EACH_OF(not_integer, o)

#define PLUGIN_TEST(f) cmocka_unit_test_setup_teardown(f, plugin_open, plugin_close)

#endif
