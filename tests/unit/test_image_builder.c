// SPDX-License-Identifier: MIT
// What the builder lays out, looked at object by object: tests/build/mini, with a few more classes,
// is built, loaded and not run.
#include "compile/image_builder.h"
#include "image/read.h"
#include "memory/spaces.h"
#include "object/layouts.h"
#include "object/ops.h"
#include "run/interpreter.h"
#include "source_fixture.h"

// Slots of a class as tests/build/mini defines it.
enum {
    INSTANCE_VARIABLES = 3,
    PROTOCOLS,
    SUBCLASSES,
    NAME,
    CLASS_POOL,
    SHARED_POOLS,
    ENVIRONMENT,
    PACKAGE,
    TAG,
    COMMENT,
    TRAIT_COMPOSITION
};

static VM *vm;

static const char more[] =
    "Object subclass: #Umlaut instanceVariableNames: 'a b' classVariableNames: '' category: "
    "'More'!\n"
    "!Umlaut commentStamp: 'x' prior: 0!\nGr\xC3\xBC\xC3\x9F"
    "e!\n"
    "Object subclass: #Omega instanceVariableNames: '' classVariableNames: '' category: 'More'!\n"
    "!Omega commentStamp: 'x' prior: 0!\n\xCE\xA9!\n"
    "!Umlaut methodsFor: 'literals'!\nliterals\n\t<sample: 1 with: #two>\n"
    "\t^ { #(1 $a #(nil true foo)). 1.5e300. 12345678901234567890. 'text'. Unknown }! !\n";

static void load_built(const char *path) {
    VMOptions options;
    ImageFile file;
    Diagnosis diagnosis = {""};
    vm_default_options(&options);
    assert_int_equal(image_file_open(&file, path, &diagnosis), STATUS_OK);
    vm = vm_new(&options, file.header.base, &diagnosis);
    assert_non_null(vm);
    if (image_file_load(&file, &vm->heap, &diagnosis) != STATUS_OK) fail_msg("%s", diagnosis.text);
    image_file_close(&file);
}

static int image_open(void **state) {
    char path[600];
    const char *root = getenv("PARLEY_SOURCE");
    BuildOptions options = {.compile = {.bytecode_set = CODE_SISTA}};
    Diagnosis diagnosis = {""};
    if (tree_open(state)) return -1;
    snprintf(path, sizeof path, "%s/tests/build/mini", root ? root : ".");
    sources_read(tree, path);
    chunk_read_file(tree, source("More.st", more));
    if (image_builder_write(tree, &options, in_scratch("mini.image"), &diagnosis) != STATUS_OK)
        return -1;
    load_built(in_scratch("mini.image"));
    return 0;
}

static int image_close(void **state) {
    vm_destroy(vm);
    return tree_close(state);
}
#define IMAGE_TEST(f) cmocka_unit_test_setup_teardown(f, image_open, image_close)

// ---- looking

static Oop field(Oop object, int64_t index) { return slot_at(object, num(index)); }

static bool bytes_are(Oop bytes, const char *text) {
    size_t size = strlen(text);
    return oop_is_bytes(bytes) && num_concrete(byte_count(bytes)) == (int64_t)size &&
           memcmp((const char *)(uintptr_t)(oop_bits(bytes) + 8), text, size) == 0;
}
#define assert_name(oop, text) assert_true(bytes_are(oop, text))

static Oop class_called(const char *name) {
    for (uint64_t i = 1; i < 3000; i++) {
        Oop class = heap_class_at(&vm->heap, i);
        if (oop_is(class, vm->heap.nil) || num_concrete(slot_count(class)) <= COMMENT) continue;
        if (bytes_are(field(class, NAME), name)) return class;
    }
    fail_msg("no class %s", name);
    return oop_none();
}

static Oop metaclass_of(Oop class) {
    return heap_class_at(&vm->heap, raw_class_index(oop_bits(class)));
}

static Oop method_of(Oop class, const char *selector) {
    Oop dictionary = field(class, CLASS_METHOD_DICTIONARY);
    Oop methods = field(dictionary, METHOD_DICTIONARY_METHODS);
    for (int64_t i = 2; i < num_concrete(slot_count(dictionary)); i++)
        if (bytes_are(field(dictionary, i), selector)) return field(methods, i - 2);
    fail_msg("no method %s", selector);
    return oop_none();
}

// The value under a key of a dictionary that is not hashed yet.
static Oop unhashed_at(Oop dictionary, const char *key) {
    Oop array = field(dictionary, 1);
    for (int64_t i = 0; i < num_concrete(num_from_oop(field(dictionary, 0))); i++)
        if (bytes_are(field(field(array, i), ASSOCIATION_KEY), key))
            return field(field(array, i), ASSOCIATION_VALUE);
    fail_msg("no key %s", key);
    return oop_none();
}

// What the last five bytes of a method say.
static uint32_t source_position(Oop method) {
    const uint8_t *end = (const uint8_t *)(uintptr_t)(oop_bits(method) + 8 +
                                                      (uint64_t)num_concrete(byte_count(method)));
    assert_int_equal(end[-1], 0);
    return (uint32_t)(end[-5] | end[-4] << 8 | end[-3] << 16 | end[-2] << 24);
}

static const char *source_of(Oop method) {
    Oop sources = unhashed_at(field(class_called("MethodSource"), CLASS_POOL), "Sources");
    return (const char *)(uintptr_t)(oop_bits(sources) + 8) + source_position(method) - 1;
}

// ---- tests

static void classes_have_their_indices(void **state) {
    (void)state;
    static const struct {
        uint64_t index;
        const char *name;
    } rows[] = {{1, "SmallInteger"},
                {2, "Character"},
                {3, "SmallInteger"},
                {4, "SmallFloat64"},
                {32, "LargeNegativeInteger"},
                {33, "LargePositiveInteger"},
                {34, "BoxedFloat64"},
                {35, "Message"},
                {36, "Context"},
                {37, "BlockClosure"},
                {38, "FullBlockClosure"},
                {48, "Semaphore"},
                {50, "ByteArray"},
                {51, "Array"},
                {52, "ByteString"}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        assert_name(field(heap_class_at(&vm->heap, rows[i].index), NAME), rows[i].name);
    assert_int_equal(heap_verify(&vm->heap, stderr, 5, false), 0);
}

static void a_class_knows_all_about_itself(void **state) {
    (void)state;
    Oop class = class_called("Example"), meta = metaclass_of(class);
    assert_true(oop_is(field(class, CLASS_SUPERCLASS), class_called("ExampleBase")));
    assert_true(oop_is(field(field(class_called("ExampleBase"), SUBCLASSES), 0), class));
    assert_true(oop_is(field(meta, CLASS_SUPERCLASS), metaclass_of(class_called("ExampleBase"))));
    assert_true(oop_is(field(metaclass_of(class_called("ProtoObject")), CLASS_SUPERCLASS),
                       class_called("Class")));
    assert_name(field(field(class, INSTANCE_VARIABLES), 0), "greeting");
    assert_name(field(field(meta, INSTANCE_VARIABLES), 0), "count");
    assert_true(oop_is(field(field(class, SHARED_POOLS), 0), class_called("ExamplePool")));
    assert_name(field(class, PACKAGE), "Mini-System");
    assert_true(oop_is(unhashed_at(field(class, ENVIRONMENT), "Example"), class));
    assert_int_equal(num_concrete(num_from_oop(field(class, CLASS_FORMAT))), 1 << 16 | 2);
    Oop use = field(field(class, TRAIT_COMPOSITION), 0);
    assert_true(oop_is(field(use, 0), class_called("TGreeter")));
    assert_name(field(field(use, 1), 0), "hidden");
    assert_name(field(field(use, 2), 1), "greet:");
}

static void protocols_tell_extensions(void **state) {
    (void)state;
    assert_name(unhashed_at(field(class_called("Object"), PROTOCOLS), "at:"), "*Mini-System");
    assert_name(unhashed_at(field(class_called("Example"), PROTOCOLS), "kinds"), "accessing");
}

static void methods_find_their_source(void **state) {
    (void)state;
    Oop own = method_of(class_called("Example"), "kinds");
    assert_memory_equal(source_of(own), "kinds\n\n\t| text |", 16);
    Oop greet = method_of(class_called("Example"), "greet:");
    assert_string_equal(source_of(greet), "greet: aName\n\n\t^ greeting , aName , self mark");
    // That it is the trait's can be seen.
    assert_int_equal(source_position(greet),
                     source_position(method_of(class_called("TGreeter"), "greet:")));
}

static void strings_are_as_wide_as_they_must(void **state) {
    (void)state;
    assert_name(field(class_called("Umlaut"), COMMENT), "Gr\xFC\xDF"
                                                        "e");
    Oop omega = field(class_called("Omega"), COMMENT);
    assert_true(oop_is(heap_class_at(&vm->heap, raw_class_index(oop_bits(omega))),
                       class_called("WideString")));
    assert_int_equal(num_concrete(word32_at(omega, num(0))), 0x3A9);
}

static void literals_are_read_only(void **state) {
    (void)state;
    Oop method = method_of(class_called("Umlaut"), "literals"), array = field(method, 1);
    assert_int_equal(num_concrete(slot_count(array)), 3);
    assert_true(raw_load(oop_bits(array)) & HEADER_IMMUTABLE);
    assert_true(raw_load(oop_bits(field(array, 2))) & HEADER_IMMUTABLE);
    assert_true(oop_is(field(field(array, 2), 0), vm->heap.nil));
    assert_name(field(field(array, 2), 2), "foo");
    Oop boxed = field(method, 2);
    assert_int_equal(raw_class_index(oop_bits(boxed)), CLASS_INDEX_FLOAT);
    assert_true(raw_load(oop_bits(boxed)) & HEADER_IMMUTABLE);
    assert_int_equal(raw_class_index(oop_bits(field(method, 3))),
                     CLASS_INDEX_LARGE_POSITIVE_INTEGER);
    assert_name(field(method, 4), "text");
}

static void pragmas_are_kept(void **state) {
    (void)state;
    Oop method = method_of(class_called("Umlaut"), "literals");
    int64_t count = num_concrete(method_literal_count(method));
    Oop method_state = field(method, count - 1), pragma = field(method_state, 2);
    assert_true(oop_is(field(method_state, 0), method));
    assert_name(field(method_state, 1), "literals");
    assert_name(field(pragma, 1), "sample:with:");
    assert_name(field(field(pragma, 2), 1), "two");
    assert_true(oop_is(field(field(method, count), ASSOCIATION_VALUE), class_called("Umlaut")));
}

static void unknown_names_are_undeclared(void **state) {
    (void)state;
    Oop globals = field(class_called("Umlaut"), ENVIRONMENT);
    Oop undeclared = unhashed_at(globals, "Undeclared");
    Oop method = method_of(class_called("Umlaut"), "literals");
    assert_true(oop_is(unhashed_at(undeclared, "Unknown"), vm->heap.nil));
    assert_true(oop_is(field(field(undeclared, 1), 0), field(method, 5)));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        IMAGE_TEST(classes_have_their_indices),
        IMAGE_TEST(a_class_knows_all_about_itself),
        IMAGE_TEST(protocols_tell_extensions),
        IMAGE_TEST(methods_find_their_source),
        IMAGE_TEST(strings_are_as_wide_as_they_must),
        IMAGE_TEST(literals_are_read_only),
        IMAGE_TEST(pragmas_are_kept),
        IMAGE_TEST(unknown_names_are_undeclared),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
